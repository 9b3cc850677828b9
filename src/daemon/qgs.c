/* SPDX-License-Identifier: MIT */
/* `juratd qgs`: puts settings, sockets, backend, server, metrics and signals together on one loop. */
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/cleanup.h"
#include "base/env.h"
#include "base/secret.h"
#include "daemon/enclave.h"
#include "daemon/log.h"
#include "daemon/metrics_http.h"
#include "daemon/notify.h"
#include "daemon/pool.h"
#include "daemon/roles.h"
#include "daemon/server.h"
#include "daemon/settings.h"

enum {
	MAX_CONFIG_BYTES = 1 << 20,
	SPARE_FDS = 32, /* descriptors reserved for everything but clients and services */
	KEEP_HEAP_BYTES = 4 << 20,
};

struct qgs {
	int argc;
	char **argv;
	struct qgs_settings settings;
	bool adopted;
	uv_loop_t loop;
	struct server *server;
	struct listener listeners[OPTION_LIST_MAX], metrics_listener;
	size_t n_listeners;
	struct metrics_http *metrics;
	uv_signal_t signals[3];
	size_t n_signals;
	bool stopping;
};

/* ---- settings */

static int read_config(const char *path, struct qgs_settings *s, struct jurat_error *err)
{
	auto_free uint8_t *text = NULL;
	size_t n;
	int r = base_read_file(base_env_real(), path, MAX_CONFIG_BYTES, &text, &n, err);

	if (r == 0)
		r = options_read_json(&qgs_options, (const char *)text, n, s, sizeof(*s), err);
	return r < 0 ? jurat_wrap(err, r, "%s", path) : 0;
}

/* Reads the file, then the command line; again on SIGHUP. */
static int read_settings(const struct qgs *q, struct qgs_settings *ret, struct jurat_error *err)
{
	const char *path = NULL;
	struct qgs_settings s;
	int r = options_find_config(&qgs_options, q->argc, q->argv, &path, err);

	qgs_settings_init(&s);
	if (r == 0 && path)
		r = read_config(path, &s, err);
	if (r == 0)
		r = options_read_words(&qgs_options, q->argc, q->argv, &s, sizeof(s), err);
	if (r == 0)
		r = qgs_settings_check(&s, q->adopted, err);
	if (r == 0)
		*ret = s;
	return r;
}

/* Raises the descriptor limit; returns how many clients may use. */
static size_t max_clients(const struct qgs_settings *s)
{
	struct rlimit limit;
	size_t others = SPARE_FDS + (s->metrics[0] ? METRICS_HTTP_CONNECTIONS : 0) +
			s->service.n * (s->service_requests + 1),
	       n;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return s->max_connections;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY)
		return s->max_connections;
	n = limit.rlim_cur > others ? limit.rlim_cur - others : 1;
	return n < s->max_connections ? n : s->max_connections;
}

static struct server_limits limits_of(const struct qgs_settings *s)
{
	return (struct server_limits){ .conn = { .timeout_ms = s->timeout_ms,
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
	return enclave_backend_new(&q->loop, (unsigned)n, s->seed[0] ? s->seed : NULL, ret, err);
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
		r = pool_new(&q->loop, &options, ret);
	return r;
}

/* ---- signals */

static void on_drained(void *context)
{
	struct qgs *q = context;

	for (size_t i = 0; i < q->n_signals; i++)
		uv_close((uv_handle_t *)&q->signals[i], NULL);
	metrics_http_free(q->metrics);
	q->metrics = NULL;
	listener_close(&q->metrics_listener);
	log_event(LOG_LEVEL_INFO, "stopped", NULL);
}

static void stop(struct qgs *q)
{
	if (q->stopping)
		return;
	q->stopping = true;
	notify_send("STOPPING=1");
	/*
	 * Unlink the names first, so that a successor can start while this process drains, and no client
	 * connects too late.
	 */
	for (size_t i = 0; i < q->n_listeners; i++)
		listener_unlink(&q->listeners[i]);
	server_drain(q->server, on_drained, q);
	for (size_t i = 0; i < q->n_listeners; i++)
		listener_close(&q->listeners[i]);
}

static void on_stop(uv_signal_t *handle, int number)
{
	log_event(LOG_LEVEL_INFO, "stopping", NULL);
	stop(handle->data);
}

/* Whether a change affects sockets, keys or threads, and so needs a restart. */
static bool needs_restart(const struct qgs_settings *a, const struct qgs_settings *b)
{
	return memcmp(&a->listen, &b->listen, sizeof(a->listen)) != 0 ||
	       strcmp(a->metrics, b->metrics) != 0 || a->software_enclave != b->software_enclave ||
	       strcmp(a->seed, b->seed) != 0 || a->workers != b->workers || a->socket_mode != b->socket_mode;
}

static int apply(struct qgs *q, const struct qgs_settings *s, struct jurat_error *err)
{
	struct server_limits limits = limits_of(s);
	struct backend *backend = NULL;
	int r = 0;

	if (!s->software_enclave && !q->settings.software_enclave) {
		r = new_backend(q, s, &backend, err);
		if (r == 0)
			server_set_backend(q->server, backend);
	}
	if (r == 0)
		server_set_limits(q->server, &limits);
	return r;
}

static void on_reload(uv_signal_t *handle, int number)
{
	struct qgs *q = handle->data;
	struct jurat_error err = { "" };
	struct qgs_settings s;
	int r;

	if (q->stopping)
		return;
	r = read_settings(q, &s, &err);
	if (r == 0)
		r = apply(q, &s, &err);
	if (r < 0) {
		log_event(LOG_LEVEL_ERROR, "reload-failed", "why", err.text, NULL);
		return;
	}
	if (needs_restart(&s, &q->settings))
		log_event(LOG_LEVEL_WARNING, "reload-incomplete", "why",
			  "listen, metrics, socket-mode, software-enclave, seed and workers need a restart",
			  NULL);
	log_init(s.verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
	q->settings = s;
	log_event(LOG_LEVEL_INFO, "reloaded", NULL);
}

static int catch_signals(struct qgs *q)
{
	static const struct {
		int number;
		uv_signal_cb callback;
	} rows[] = { { SIGTERM, on_stop }, { SIGINT, on_stop }, { SIGHUP, on_reload } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uv_signal_init(&q->loop, &q->signals[i]);
		q->n_signals++;
		q->signals[i].data = q;
		if (uv_signal_start(&q->signals[i], rows[i].callback, rows[i].number) < 0)
			return -EIO;
	}
	return 0;
}

/* ---- start and end */

static void describe(void *context, struct metrics_text *to)
{
	server_describe(((struct qgs *)context)->server, to);
}

static int open_listeners(struct qgs *q, int n_adopted, struct jurat_error *err)
{
	struct base_address a;
	int r = 0;

	for (int i = 0; r == 0 && i < n_adopted; i++) {
		r = listener_adopt(NOTIFY_FIRST_FD + i, &q->listeners[q->n_listeners], err);
		q->n_listeners += r == 0;
	}
	for (size_t i = 0; r == 0 && i < q->settings.listen.n; i++) {
		r = listen_address_read(q->settings.listen.text[i], &a, err);
		if (r == 0)
			r = listener_open(&a, (mode_t)q->settings.socket_mode, q->settings.start_wait_ms,
					  &q->listeners[q->n_listeners], err);
		q->n_listeners += r == 0;
	}
	return r;
}

static int open_metrics(struct qgs *q, struct jurat_error *err)
{
	struct base_address a;
	int r;

	if (!q->settings.metrics[0])
		return 0;
	r = listen_address_read(q->settings.metrics, &a, err);
	if (r == 0)
		r = listener_open(&a, (mode_t)q->settings.socket_mode, q->settings.start_wait_ms,
				  &q->metrics_listener, err);
	if (r == 0)
		r = metrics_http_new(&q->loop, q->metrics_listener.fd, q->settings.timeout_ms, describe, q,
				     &q->metrics);
	return r;
}

static int start(struct qgs *q, struct jurat_error *err)
{
	const struct server_limits limits = limits_of(&q->settings);
	struct backend *backend = NULL;
	int r = new_backend(q, &q->settings, &backend, err);

	if (r < 0)
		return r;
	r = server_new(&q->loop, &limits, backend, &q->server);
	if (r < 0) {
		backend->ops->free(backend);
		return jurat_fail_memory(err);
	}
	for (size_t i = 0; r == 0 && i < q->n_listeners; i++)
		r = server_listen(q->server, &q->listeners[i]);
	if (r < 0)
		return jurat_fail(err, r, "cannot watch a socket: %s", strerror(-r));
	r = open_metrics(q, err);
	if (r == 0 && catch_signals(q) < 0)
		r = jurat_fail(err, -EIO, "cannot catch signals");
	return r;
}

static void log_start(const struct qgs *q)
{
	char text[DAEMON_ADDRESS_BYTES];

	for (size_t i = 0; i < q->n_listeners; i++)
		log_event(LOG_LEVEL_INFO, "listening", "address",
			  address_text(&q->listeners[i].address, text), NULL);
	if (q->settings.software_enclave)
		log_event(LOG_LEVEL_WARNING, "test-quotes", "why",
			  "signed by the software enclave, not by a TEE", NULL);
	log_event(LOG_LEVEL_INFO, "ready", "backend",
		  q->settings.software_enclave ? "software-enclave" : "services", NULL);
}

static int serve(struct qgs *q, int n_adopted)
{
	struct jurat_error err = { "" };
	int r = open_listeners(q, n_adopted, &err);

	if (r == 0)
		r = start(q, &err);
	if (r < 0)
		log_event(LOG_LEVEL_ERROR, "start-failed", "why", err.text, NULL);
	if (r == 0) {
		log_start(q);
		notify_send("READY=1");
	} else if (q->server) {
		stop(q);
	} else {
		for (size_t i = 0; i < q->n_listeners; i++)
			listener_close(&q->listeners[i]);
	}
	uv_run(&q->loop, UV_RUN_DEFAULT);
	server_free(q->server);
	return r == 0 ? DAEMON_OK : DAEMON_ENVIRONMENT;
}

int qgs_run(int argc, char **argv)
{
	struct qgs *q = calloc(1, sizeof(*q));
	struct jurat_error err = { "" };
	int n_adopted = notify_take_fds(), status = DAEMON_INTERNAL;

	base_forbid_core_dumps();
	if (!q)
		return DAEMON_INTERNAL;
	q->argc = argc;
	q->argv = argv;
	q->adopted = n_adopted > 0;
	q->metrics_listener.fd = -1;
	if (n_adopted < 0) {
		fputs("juratd qgs: LISTEN_PID and LISTEN_FDS make no sense\n", stderr);
		status = DAEMON_ENVIRONMENT;
	} else if (read_settings(q, &q->settings, &err) < 0) {
		fprintf(stderr, "juratd qgs: %s (see juratd qgs --help)\n", err.text);
		status = DAEMON_USAGE;
	} else if (uv_loop_init(&q->loop) == 0) {
		signal(SIGPIPE, SIG_IGN);
		/*
		 * Workers allocate memory that the loop frees: without this, heaps would shrink and grow with
		 * each batch.
		 */
		mallopt(M_TRIM_THRESHOLD, KEEP_HEAP_BYTES);
		log_init(q->settings.verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
		status = serve(q, n_adopted);
		uv_loop_close(&q->loop);
	}
	free(q);
	return status;
}
