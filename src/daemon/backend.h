/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_BACKEND_H
#define DAEMON_BACKEND_H

#include <stdint.h>

#include "base/error.h"
#include "wire/qgs.h"

/*
 * Who answers requests: the software enclave (enclave.h) or other quote generation services (pool.h). All on
 * the loop's thread.
 *
 * submit    takes a job, in order: when it cannot be served now it waits, and later ones behind it
 * cancel    nobody wants the answer any more; done() is called all the same, perhaps from inside cancel()
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

	struct backend_job *next; /* from here on the backend's own */
	uint64_t tried;           /* one bit for each service */
	void *attempt;
	uint8_t *kept; /* an error response, in case nobody has a better answer */
	size_t kept_size;
};

struct backend_ops {
	void (*submit)(struct backend *b, struct backend_job *job);
	void (*cancel)(struct backend *b, struct backend_job *job);
	void (*free)(struct backend *b);
	void (*describe)(struct backend *b, struct metrics_text *text);
};

struct backend {
	const struct backend_ops *ops;
	const char *name;
	void (*freed)(struct backend *b, void *context);
	void *freed_context;
};

/* First in, first out. */
struct backend_queue {
	struct backend_job *first, **last;
	size_t n;
};

static inline void backend_queue_init(struct backend_queue *q)
{
	*q = (struct backend_queue){ .last = &q->first };
}

static inline void backend_queue_push(struct backend_queue *q, struct backend_job *job)
{
	job->next = NULL;
	*q->last = job;
	q->last = &job->next;
	q->n++;
}

static inline void backend_queue_push_front(struct backend_queue *q, struct backend_job *job)
{
	job->next = q->first;
	if (!q->first)
		q->last = &job->next;
	q->first = job;
	q->n++;
}

static inline struct backend_job *backend_queue_pop(struct backend_queue *q)
{
	struct backend_job *job = q->first;

	if (!job)
		return NULL;
	q->first = job->next;
	if (!q->first)
		q->last = &q->first;
	q->n--;
	return job;
}

/* false: it is not there. */
static inline bool backend_queue_remove(struct backend_queue *q, const struct backend_job *job)
{
	for (struct backend_job **at = &q->first; *at; at = &(*at)->next)
		if (*at == job) {
			*at = job->next;
			if (q->last == &job->next)
				q->last = at;
			q->n--;
			return true;
		}
	return false;
}

#endif
