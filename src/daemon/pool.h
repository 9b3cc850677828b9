/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_POOL_H
#define DAEMON_POOL_H

#include <uv.h>

#include "daemon/address.h"
#include "daemon/backend.h"

/*
 * A backend that forwards requests to other quote generation services, Intel's or a `juratd qgs`, over a new
 * connection for each request, as those require. A request goes to the least busy service that answers its
 * probes. If that fails, times out, or responds with an invalid message or "unexpected error", it goes to the
 * next. When all were tried, the client gets the last error response, or none.
 */
enum { POOL_MAX_SERVICES = 16, POOL_MAX_REPLY_BYTES = 512 * 1024 };

struct pool_options {
	struct base_address services[POOL_MAX_SERVICES];
	size_t n_services; /* 1 or more */
	uint64_t timeout_ms;
	uint64_t probe_ms;
	unsigned max_requests; /* concurrent requests per service */
};

JURAT_MUST_CHECK int pool_new(uv_loop_t *loop, const struct pool_options *options, struct backend **ret);

#endif
