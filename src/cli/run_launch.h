/* SPDX-License-Identifier: MIT */
#ifndef CLI_RUN_LAUNCH_H
#define CLI_RUN_LAUNCH_H

#include "cli/cli.h"
#include "run/run.h"

/* Files that the guest of a software platform is launched from. */
struct run_launch {
	struct sim_launch snp;
	struct machine_td_boot *td; /* NULL: none */
};

/*
 * Reads and measures the files of --firmware-image and the options with it, and sets `options` to it; nothing
 * without these options.
 *
 * ret       zeros; borrowed by `options`. Free it with cli_run_launch_done(), also after a failure
 * Returns   CLI_OK; another exit status after an error message
 */
JURAT_MUST_CHECK int cli_run_launch(struct cli *cli, struct run_options *options, struct run_launch *ret);
void cli_run_launch_done(struct run_launch *launch);

#endif
