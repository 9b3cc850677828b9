/* SPDX-License-Identifier: MIT */
#ifndef CLI_JOBS_H
#define CLI_JOBS_H

#include <stdatomic.h>

#include "cli/cli.h"

/*
 * Many items of work on several cores: read one after another, worked on by several threads, and handed over
 * in the order in which they were read. A bounded number of items exists at a time, whatever their number.
 * With one worker there is no thread (doc/decisions/0059).
 */
struct cli_jobs {
	unsigned n_workers;   /* at least 1 */
	void *const *workers; /* each is used by one thread at a time */
	size_t item_size;     /* of what the functions below know as an item */
	size_t window;        /* items at a time; 0: enough for the workers */
	/*
	 * Reads an item into zeroed memory: true; false: there are no more. In any thread, one call at a
	 * time. Nothing that is handed over waits for it. It should not wait for long when *stop is set.
	 */
	bool (*next)(void *context, void *item);
	void (*work)(void *worker, void *item); /* in any thread */
	/* In the caller's thread: every item that was read, in order. false: reads no more. */
	bool (*done)(void *context, void *item);
	void (*pauses)(void *context);          /* nothing is ready: for a flush; NULL: not called */
	void (*waits)(void *context, size_t n); /* some times a second; `n` are worked on; NULL: not called */
	void *context;
	atomic_bool *stop; /* set here, by any thread or a signal: reads no more; NULL: never */
};

/*
 * Until all items are handed over. Does what it can with fewer threads than there should be.
 *
 * Returns   CLI_OK; CLI_INTERNAL after a message
 */
JURAT_MUST_CHECK int cli_jobs_run(struct cli *cli, const struct cli_jobs *jobs);

/*
 * Lets the first SIGINT set *stop, so that what is worked on is still handed over; the second one ends the
 * program. Not if the signal is ignored. cli_jobs_reraise() then ends the program as the signal would have,
 * if there was one, after what was printed.
 */
void cli_jobs_catch(atomic_bool *stop);
void cli_jobs_reraise(void);

enum { CLI_MAX_JOBS = 512 };
/* The value of --jobs, or the number of usable cores; not more than `n`. false after a message. */
bool cli_jobs_workers(struct cli *cli, size_t n, unsigned *ret);

/*
 * Progress of many items, a line on standard error that is overwritten: only if that is a terminal and
 * standard output is none.
 */
struct cli_progress {
	bool shown;
	int64_t start_ms;
};
void cli_progress_start(struct cli_progress *p);
/* n items are done, of `all`; 0: that is not known. */
void cli_progress_show(const struct cli_progress *p, size_t n, size_t all);
void cli_progress_clear(const struct cli_progress *p);

#endif
