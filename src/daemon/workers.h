/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_WORKERS_H
#define DAEMON_WORKERS_H

#include <uv.h>

#include "daemon/backend.h"

/*
 * A backend that computes its answers, in libuv's pool of threads. A worker gets
 * a few jobs at a time, the more the more are waiting, so that under load the threads meet seldom.
 */
struct worker_ops {
	const char *name;
	/* On the loop's thread. One context for each hand-over, so that two threads never share one. */
	int (*new_context)(void *arg, void **ret, struct jurat_error *err);
	void (*free_context)(void *context);
	/*
	 * In a worker's thread, where nothing of the loop may be touched. 0 and a framed message on the heap,
	 * the caller's; < 0: there is no answer.
	 */
	int (*answer)(void *context, const struct backend_job *job, uint8_t **ret_reply, size_t *ret_n,
		      struct jurat_error *err);
};

enum { WORKERS_MAX = 128 };

/*
 * n_workers   of libuv's pool, whose size ($UV_THREADPOOL_SIZE) the caller has set; 1 to WORKERS_MAX
 * Returns     0; -EINVAL; -ENOMEM; what new_context() returns
 */
JURAT_MUST_CHECK int workers_new(uv_loop_t *loop, unsigned n_workers, const struct worker_ops *ops, void *arg,
				 struct backend **ret, struct jurat_error *err);

#endif
