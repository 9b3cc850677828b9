/* SPDX-License-Identifier: MIT */
#ifndef CLI_EXPLORE_H
#define CLI_EXPLORE_H

#include "cli/cli.h"
#include "explore/explore.h"

/* One `jurat explore`. */
struct cli_explore {
	struct cli *cli;
	struct explore_options options;
	const struct explore_case *known; /* of --break, --scenario or --sync */
	const char *kind;                 /* "break", "scenario" or "sync": the option that names it */
	bool is_own;                      /* the machine is exactly that of `known` */
	uint64_t timeout_ns;              /* 0: none */

	bool progress;                    /* standard error is a terminal */
	uint64_t began_ns;                /* the search that goes on */
	const struct search_result *last; /* of it */
	bool shortens;                    /* it looks for a shorter history */
	uint64_t spent_ns;                /* all searches */
	bool timed_out;
	int signal; /* that stopped it; 0 */
	struct explore_result result;
};

/* explore_print.c: what users see. They return an exit status, after an error message unless CLI_OK. */
int cli_explore_list(const struct cli *cli);
int cli_explore_print(const struct cli_explore *e);
/* The line of progress on the terminal, which the next one replaces; `so_far` NULL: it is removed. */
void cli_explore_progress(const struct cli_explore *e, const struct search_result *so_far, uint64_t now_ns);

#endif
