/* SPDX-License-Identifier: MIT */
#ifndef CLI_RUN_VMM_H
#define CLI_RUN_VMM_H

#include "cli/cli.h"
#include "run/run.h"

/* Whether the options of `jurat run` with and without --vmm are not mixed. false after an error message. */
bool cli_run_vmm_options(struct cli *cli);
/*
 * `jurat run --vmm` and `jurat run --list-checks`. An exit status.
 *
 * run   the platform; run->argv is the VMM. run->tees may change
 */
int cli_run_vmm(struct cli *cli, struct run_options *run);

#endif
