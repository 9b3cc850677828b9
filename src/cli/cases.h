/* SPDX-License-Identifier: MIT */
#ifndef CLI_CASES_H
#define CLI_CASES_H

#include "cases/cases.h"
#include "cli/cli.h"

/* `jurat cases run`. */
int cli_cases_run(struct cli *cli);

/* The values of --only, with a NULL behind the last. NULL: no memory. The caller frees it, not the values. */
const char **cli_cases_only(const struct cli *cli);
/* Makes a corpus; progress is shown on a terminal. CLI_OK; another status after a message. */
int cli_cases_make(struct cli *cli, const char *dir, const char *const *only);

/* SIGINT and SIGTERM, from cli_cases_catch() on: the work ends early, and removes what it made. */
void cli_cases_catch(void);
/* The signal that came; 0: none. */
int cli_cases_caught(void);
/* A line on a terminal that replaces the last; NULL: removes it. */
void cli_cases_progress(const char *what, size_t done, size_t n);

#endif
