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
	bool is_own;                      /* the machine is that of `known`, unchanged */
	uint64_t timeout_ns;              /* 0: none */

	bool progress;                    /* standard error is a terminal */
	uint64_t began_ns;                /* the current search */
	const struct search_result *last; /* its latest result so far */
	bool shortens;                    /* the current search looks for a shorter history */
	uint64_t spent_ns;                /* by the searches before it */
	bool timed_out;
	int signal; /* that stopped the search; 0: none */
	struct explore_result result;
};

/* explore_print.c: the word of --readers. */
const char *cli_explore_reader(enum explore_reader reader);
/* What users see. Returns an exit status; unless it is CLI_OK, a message was printed. */
int cli_explore_list(const struct cli *cli);
int cli_explore_print(const struct cli_explore *e);
/* Prints a line of progress on the terminal, over the previous one; `so_far` NULL: only removes that. */
void cli_explore_progress(const struct cli_explore *e, const struct search_result *so_far, uint64_t now_ns);

#endif
