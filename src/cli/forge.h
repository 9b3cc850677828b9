/* SPDX-License-Identifier: MIT */
#ifndef CLI_FORGE_H
#define CLI_FORGE_H

#include "cli/cli.h"
#include "sim/forge/forge.h"

/*
 * Writes the files to a directory that does not exist yet, or is empty: all of them or none.
 *
 * Returns   0; -EEXIST there is something else, or a directory that is not empty; another -errno
 */
JURAT_MUST_CHECK int forge_write(const char *dir, const struct sim_forged *forged, struct jurat_error *err);
/* --list. Returns an exit status. */
int forge_list(struct cli *cli);

#endif
