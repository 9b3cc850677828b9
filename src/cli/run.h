/* SPDX-License-Identifier: MIT */
#ifndef CLI_RUN_H
#define CLI_RUN_H

#include "cli/cli.h"
#include "run/run.h"

/*
 * Reads the options of `jurat run` and `jurat device` about the machine. `faults` has room for CLI_MAX_VALUES
 * and must live as long as `ret`. false after an error message: exit CLI_USAGE.
 */
bool cli_run_options(struct cli *cli, const char **faults, struct run_options *ret);

#endif
