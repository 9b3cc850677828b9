/* SPDX-License-Identifier: MIT */
#ifndef RUN_TEMP_H
#define RUN_TEMP_H

#include "base/error.h"

/* A directory of one's own below $TMPDIR or /tmp. The caller frees *ret and removes the directory. */
JURAT_MUST_CHECK int run_temp_new(char **ret, struct jurat_error *err);
/* With all that is in it; what cannot be removed stays. NULL: nothing. */
void run_temp_remove(const char *path);

#endif
