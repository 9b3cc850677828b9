/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_WORKERS_H
#define DAEMON_WORKERS_H

#include <uv.h>

#include "daemon/backend.h"

/*
 * A backend that computes its answers, in libuv's pool of threads. Jobs wait in one queue; a worker gets a
 * few at a time, the more the longer the queue is, so that under load the threads meet seldom.
 */
struct worker_ops {
	/*
	 * In a worker's thread, where nothing of the loop may be touched. `context` is shared by all workers.
	 * 0 and a framed message on the heap, the caller's; < 0: there is no answer.
	 */
	int (*answer)(void *context, const struct backend_job *job, uint8_t **ret_reply, size_t *ret_n,
		      struct jurat_error *err);
	void (*free)(void *context); /* on the loop's thread, when no worker uses it */
};

enum { WORKERS_MAX = 128 };

/* n_workers   of libuv's pool, whose size ($UV_THREADPOOL_SIZE) the caller has set; 1 to WORKERS_MAX */
JURAT_MUST_CHECK int workers_new(uv_loop_t *loop, unsigned n_workers, const struct worker_ops *ops,
				 void *context, const char *name, struct backend **ret);

#endif
