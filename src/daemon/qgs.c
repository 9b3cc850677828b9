/* SPDX-License-Identifier: MIT */
/* `juratd qgs`: puts backend and server together on the service's loop. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "daemon/enclave.h"
#include "daemon/log.h"
#include "daemon/metrics_http.h"
#include "daemon/pool.h"
#include "daemon/roles.h"
#include "daemon/server.h"
#include "daemon/settings.h"

enum { SPARE_FDS = 32 }; /* descriptors reserved for everything but clients and services */

struct qgs {
	struct service *service;
	struct server *server;
};

/* ---- settings */

/* Raises the descriptor limit; returns how many clients may use. */
static size_t max_clients(const struct qgs_settings *s)
{
	size_t others = SPARE_FDS + (s->common.metrics[0] ? METRICS_HTTP_CONNECTIONS : 0) +
			s->service.n * (s->service_requests + 1);

	return service_descriptors(s->max_connections, others);
}

static struct server_limits limits_of(const struct qgs_settings *s)
{
	return (struct server_limits){ .conn = { .timeout_ms = s->common.timeout_ms,
						 .drain_ms = s->drain_ms,
						 .max_requests = (unsigned)s->requests_per_connection,
						 .raw_too = !s->no_raw },
				       .max_connections = max_clients(s),
				       .max_per_guest = s->max_per_guest,
				       .max_unsent_bytes = s->max_unsent_bytes };
}

/* libuv reads the size of its pool from the environment, when the first work is queued. */
static int new_enclave(struct qgs *q, const struct qgs_settings *s, struct backend **ret,
		       struct jurat_error *err)
{
	long n = s->workers > 0 ? (long)s->workers : sysconf(_SC_NPROCESSORS_ONLN);
	char text[16];

	n = n < 1 ? 1 : n > WORKERS_MAX ? WORKERS_MAX : n;
	snprintf(text, sizeof(text), "%ld", n);
	if (setenv("UV_THREADPOOL_SIZE", text, 1) < 0)
		return jurat_fail_memory(err);
	return enclave_backend_new(service_loop(q->service), (unsigned)n, s->seed[0] ? s->seed : NULL, ret,
				   err);
}

static int new_backend(struct qgs *q, const struct qgs_settings *s, struct backend **ret,
		       struct jurat_error *err)
{
	struct pool_options options = { .n_services = s->service.n,
					.timeout_ms = s->service_timeout_ms,
					.probe_ms = s->probe_ms,
					.max_requests = (unsigned)s->service_requests };
	int r = 0;

	if (s->software_enclave)
		return new_enclave(q, s, ret, err);
	for (size_t i = 0; r == 0 && i < s->service.n; i++)
		r = base_address_read(s->service.text[i], &options.services[i], err);
	if (r == 0)
		r = pool_new(service_loop(q->service), &options, ret);
	return r;
}

/* ---- the role */

static int start(void *context, struct service *service, struct jurat_error *err)
{
	struct qgs *q = context;
	const struct qgs_settings *s = service_settings(service);
	const struct server_limits limits = limits_of(s);
	const struct listener *listeners;
	struct backend *backend = NULL;
	size_t n;
	int r;

	q->service = service;
	r = service_listen(service, &s->listen, listen_address_read, err);
	if (r == 0)
		r = new_backend(q, s, &backend, err);
	if (r < 0)
		return r;
	r = server_new(service_loop(service), &limits, backend, &q->server);
	if (r < 0) {
		backend->ops->free(backend);
		return jurat_fail_memory(err);
	}
	listeners = service_listeners(service, &n);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = server_listen(q->server, &listeners[i]);
	if (r < 0)
		return jurat_fail(err, r, "cannot watch a socket: %s", strerror(-r));
	if (s->software_enclave)
		log_event(LOG_LEVEL_WARNING, "test-quotes", "why",
			  "signed by the software enclave, not by a TEE", NULL);
	return 0;
}

static void on_drained(void *context)
{
	service_stopped(((struct qgs *)context)->service);
}

static void stop(void *context)
{
	struct qgs *q = context;

	if (q->server)
		server_drain(q->server, on_drained, q);
	else
		on_drained(q);
}

/* The software enclave is for good, and so are the services instead of it. */
static int apply(void *context, void *settings, struct jurat_error *err)
{
	struct qgs *q = context;
	const struct qgs_settings *now = service_settings(q->service);
	struct qgs_settings *next = settings;
	struct server_limits limits;
	struct backend *backend = NULL;
	int r;

	if (next->software_enclave == (next->service.n > 0))
		next->service = now->service;
	if (!next->software_enclave) {
		r = new_backend(q, next, &backend, err);
		if (r < 0)
			return r;
		server_set_backend(q->server, backend);
	}
	limits = limits_of(next);
	server_set_limits(q->server, &limits);
	return 0;
}

static void describe(void *context, struct metrics_text *to)
{
	server_describe(((struct qgs *)context)->server, to);
}

static void status(void *context, char *text)
{
	const struct qgs *q = context;
	const struct qgs_settings *s = service_settings(q->service);

	if (s->software_enclave)
		snprintf(text, SERVICE_STATUS_BYTES, "Serving test quotes of the software enclave");
	else
		snprintf(text, SERVICE_STATUS_BYTES, "Serving quotes of %zu quoting service%s", s->service.n,
			 s->service.n == 1 ? "" : "s");
}

static bool stalled(void *context, uint64_t now_ms, const char **ret)
{
	*ret = "signing threads";
	return server_stalled(((struct qgs *)context)->server, now_ms);
}

int qgs_run(int argc, char **argv)
{
	static const struct service_role role = { .name = "qgs",
						  .options = &qgs_options,
						  .settings_size = sizeof(struct qgs_settings),
						  .sandbox_needs = QGS_SANDBOX_NEEDS,
						  .init = qgs_settings_init,
						  .check = qgs_settings_check,
						  .start = start,
						  .stop = stop,
						  .apply = apply,
						  .describe = describe,
						  .status = status,
						  .stalled = stalled };
	struct qgs q = { 0 };
	int exit_status = service_run(&role, &q, argc, argv);

	server_free(q.server);
	return exit_status;
}
