/* SPDX-License-Identifier: MIT */
#ifndef RUN_TEMP_H
#define RUN_TEMP_H

#include "base/error.h"

/* Creates a private directory below $TMPDIR or /tmp. The caller frees *ret and removes the directory. */
JURAT_MUST_CHECK int run_temp_new(char **ret, struct jurat_error *err);
/* Removes the directory with its contents, as far as possible. Accepts NULL. */
void run_temp_remove(const char *path);

#endif
