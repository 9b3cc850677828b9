/* SPDX-License-Identifier: MIT */
#ifndef CLI_RUN_H
#define CLI_RUN_H

#include "cli/cli.h"
#include "run/run.h"

/*
 * What `jurat run` and `jurat device` say of the machine. `faults` has room for CLI_MAX_VALUES and lives as
 * long as `ret` does. false after telling the user: exit CLI_USAGE.
 */
bool cli_run_options(struct cli *cli, const char **faults, struct run_options *ret);

#endif
