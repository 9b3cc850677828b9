/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_BACKEND_H
#define DAEMON_BACKEND_H

#include <stdint.h>

#include "base/error.h"
#include "daemon/log_id.h"
#include "daemon/turns.h"
#include "wire/qgs.h"

/*
 * A backend answers requests: the software enclave (enclave.h) or other quote generation services (pool.h).
 * All functions run on the loop's thread.
 *
 * wake      jobs are waiting in `turns`: take as many with backend_take() as can be served now; the others
 *           stay there, so that their order is decided when there is capacity
 * cancel    the response to a job that was taken is not needed any more; done() must be called nevertheless,
 *           possibly from inside cancel()
 * free      called when the backend has no jobs. `freed` is called later, when its handles are closed
 * stalled   whether its threads make no progress; NULL: it has none
 * describe  appends the backend's own OpenMetrics lines; may be NULL
 */
struct backend;
struct metrics_text;

struct backend_job {
	const uint8_t
		*request; /* one message without length prefix, checked by qgs_read(); valid until done() */
	size_t request_size;
	enum qgs_type type;
	uint16_t minor_version;
	const struct log_id *id; /* the request's, for log lines */

	/*
	 * `reply`: n bytes on the heap, a length-prefixed message, owned by the callee; NULL: none, for the
	 * reason `why`.
	 */
	void (*done)(struct backend_job *job, uint8_t *reply, size_t n, const char *why);

	struct turn_job waits;
	struct backend *backend; /* backend that took it; NULL: waiting */

	struct backend_job *next; /* the members from here on belong to the backend */
	uint64_t tried;           /* one bit for each service */
	void *attempt;
	uint8_t *kept; /* an error response, in case no service has a better one */
	size_t kept_size;
};

struct backend_ops {
	void (*wake)(struct backend *b);
	void (*cancel)(struct backend *b, struct backend_job *job);
	void (*free)(struct backend *b);
	void (*describe)(struct backend *b, struct metrics_text *text);
	bool (*stalled)(const struct backend *b, uint64_t now_ms);
};

struct backend {
	const struct backend_ops *ops;
	const char *name;
	struct turns *turns; /* the server's; NULL: it accepts no more jobs */
	size_t n_jobs;       /* taken and not done */
	void (*freed)(struct backend *b, void *context);
	void *freed_context;
};

static inline bool backend_has_work(const struct backend *b)
{
	return b->turns && b->turns->n > 0;
}

/* Takes the next job; NULL: none is waiting. */
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
