/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_WORKERS_H
#define DAEMON_WORKERS_H

#include <uv.h>

#include "daemon/backend.h"

/*
 * A backend that computes responses in libuv's thread pool. A worker gets a batch of jobs, which grows with
 * the number of waiting jobs, so that threads rarely synchronize under load.
 */
struct worker_ops {
	const char *name;
	/*
	 * Called on the loop's thread. Each slot has a context of its own, so that two threads never share
	 * one.
	 */
	int (*new_context)(void *arg, void **ret, struct jurat_error *err);
	void (*free_context)(void *context);
	/*
	 * Called in a worker's thread, which must not access the loop. 0 and a length-prefixed message on the
	 * heap, owned by the caller; < 0: no response.
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
