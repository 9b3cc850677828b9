/* SPDX-License-Identifier: MIT */
#ifndef CLI_JOBS_H
#define CLI_JOBS_H

#include "cli/cli.h"

/*
 * Many items of work on several cores, with results in the order of the items. With one worker there is no
 * thread.
 */
struct cli_jobs {
	size_t n;                              /* items */
	unsigned n_workers;                    /* at least 1 */
	void *const *workers;                  /* each is used by one thread at a time */
	void (*work)(void *worker, size_t i);  /* in any thread */
	void (*done)(void *context, size_t i); /* in the caller's thread, in order */
	void (*waits)(void *context,
		      size_t n); /* some times a second; `n` items are done; NULL: not called */
	void *context;
};

/* CLI_OK; CLI_INTERNAL after a message. */
int cli_jobs_run(struct cli *cli, const struct cli_jobs *jobs);

enum { CLI_MAX_JOBS = 512 };
/* The value of --jobs, or the number of usable cores; not more than `n`. false after a message. */
bool cli_jobs_workers(struct cli *cli, size_t n, unsigned *ret);

/*
 * The names of evidence: the arguments, then the lines of the values of --files-from. Empty lines are
 * skipped. Free them with cli_names_done(). CLI_OK; another status after a message.
 */
struct cli_names {
	char **items;
	size_t n, room;
};
int cli_names(struct cli *cli, struct cli_names *ret);
void cli_names_done(struct cli_names *names);

#endif
