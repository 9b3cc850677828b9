/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_BACKEND_H
#define DAEMON_BACKEND_H

#include <stdint.h>

#include "base/error.h"
#include "daemon/turns.h"
#include "wire/qgs.h"

/*
 * Who answers requests: the software enclave (enclave.h) or other quote generation services (pool.h). All on
 * the loop's thread.
 *
 * wake      something waits in `turns`: take as much of it, by backend_take(), as can be served now; the rest
 *           waits there until there is room, and whose turn it is then is decided then
 * cancel    nobody wants the answer any more of a job that was taken; done() is called all the same, perhaps
 *           from inside cancel()
 * free      when no job is with it. `freed` is called later, when the loop has forgotten it
 * describe  appends the backend's own OpenMetrics lines; may be NULL
 */
struct backend;
struct metrics_text;

struct backend_job {
	const uint8_t
		*request; /* one message without its length, checked by qgs_read(); stays until done() */
	size_t request_size;
	enum qgs_type type;
	uint16_t minor_version;

	/* `reply`: n bytes on the heap, a framed message, the callee's; NULL: none, and `why` says why. */
	void (*done)(struct backend_job *job, uint8_t *reply, size_t n, const char *why);

	struct turn_job waits;
	struct backend *backend; /* that took it; NULL: it waits */

	struct backend_job *next; /* from here on the backend's own */
	uint64_t tried;           /* one bit for each service */
	void *attempt;
	uint8_t *kept; /* an error response, in case nobody has a better answer */
	size_t kept_size;
};

struct backend_ops {
	void (*wake)(struct backend *b);
	void (*cancel)(struct backend *b, struct backend_job *job);
	void (*free)(struct backend *b);
	void (*describe)(struct backend *b, struct metrics_text *text);
};

struct backend {
	const struct backend_ops *ops;
	const char *name;
	struct turns *turns; /* the server's; NULL: it takes no more */
	size_t n_jobs;       /* taken and not done */
	void (*freed)(struct backend *b, void *context);
	void *freed_context;
};

static inline bool backend_has_work(const struct backend *b)
{
	return b->turns && b->turns->n > 0;
}

/* The job whose turn it is; NULL: none waits. */
static inline struct backend_job *backend_take(struct backend *b)
{
	struct turn_job *waits = b->turns ? turns_pop(b->turns) : NULL;
	struct backend_job *job;

	if (!waits)
		return NULL;
	job = (struct backend_job *)(void *)((char *)waits - offsetof(struct backend_job, waits));
	job->backend = b;
	b->n_jobs++;
	return job;
}

#endif
