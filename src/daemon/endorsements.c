/* SPDX-License-Identifier: MIT */
/* `juratd endorsements`: the HTTP server, its requests and the source of endorsements as a service. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/env.h"
#include "base/time.h"
#include "daemon/endorsements_settings.h"
#include "daemon/log.h"
#include "daemon/metrics_http.h"
#include "daemon/read_through.h"
#include "daemon/requests.h"
#include "daemon/roles.h"
#include "daemon/software_source.h"

enum {
	MAX_FILE_BYTES = 1 << 20,
	SPARE_FDS = 96,              /* descriptors reserved for everything but clients */
	CONNECTION_BYTES = 16 << 10, /* a target of 2 KiB, headers, and an answer's chain in its headers */
	MAX_FLIGHTS = 16384,         /* a fleet's chips after a change of the TCB */
	MISSING_S = 60,
};

struct endorsements {
	struct service *service;
	struct software_platform *platform; /* one of the two */
	struct read_through *read_through;
	struct sim_order *order; /* of the software platform; NULL: none */
	struct software_services services;
	struct service_fault faults[OPTION_LIST_MAX];
	struct requests *requests;
	struct web *web, *old_web; /* old: it ends with its connections, after a change of certificates */
	struct web_stats ended;    /* counts of the web servers that have ended */
	uv_timer_t drain;
	bool has_drain, stopping, finished;
};

/* Raises the descriptor limit; returns how many clients may use. */
static size_t max_connections(const struct endorsements_settings *s)
{
	const size_t others = SPARE_FDS + (s->common.metrics[0] ? METRICS_HTTP_CONNECTIONS : 0);

	return service_descriptors(s->max_connections, others);
}

/* ---- the end */

static void add_counts(struct web_stats *to, const struct web_stats *from)
{
	to->accepted += from->accepted;
	to->accept_failures += from->accept_failures;
	to->closed_for_others += from->closed_for_others;
	to->timeouts += from->timeouts;
	to->cut += from->cut;
	to->refused += from->refused;
}

/* Ends one of the two servers. The metrics, which are served to the end, keep what it has counted. */
static void end_web(struct endorsements *e, struct web **web)
{
	if (!*web)
		return;
	add_counts(&e->ended, web_stats(*web));
	web_free(take_ptr(*web));
}

static void on_idle(void *context)
{
	struct endorsements *e = context;

	requests_free(take_ptr(e->requests));
	service_stopped(e->service);
}

static void finish(struct endorsements *e)
{
	if (e->finished)
		return;
	e->finished = true;
	if (e->has_drain)
		uv_close((uv_handle_t *)&e->drain, NULL);
	if (e->read_through)
		read_through_unwatch(e->read_through);
	if (e->requests)
		requests_stop(e->requests);
	end_web(e, &e->old_web);
	end_web(e, &e->web);
	if (e->requests)
		requests_idle(e->requests, on_idle, e);
	else
		on_idle(e);
}

static void finish_if_drained(struct endorsements *e)
{
	if (e->stopping && !e->web && !e->old_web)
		finish(e);
}

static void on_drained(void *context)
{
	struct endorsements *e = context;

	end_web(e, &e->web);
	finish_if_drained(e);
}

static void on_old_drained(void *context)
{
	struct endorsements *e = context;

	end_web(e, &e->old_web);
	finish_if_drained(e);
}

static void on_drain_over(uv_timer_t *timer)
{
	finish(timer->data);
}

static void stop(void *context)
{
	struct endorsements *e = context;
	const struct endorsements_settings *s = service_settings(e->service);

	e->stopping = true;
	if (!e->web) {
		finish(e);
		return;
	}
	e->has_drain = true;
	e->drain.data = e;
	uv_timer_init(service_loop(e->service), &e->drain);
	uv_timer_start(&e->drain, on_drain_over, s->drain_ms, 0);
	web_drain(e->web, on_drained, e); /* the old one drains already */
}

/* ---- start and reload */

static const char *text_or_null(const char *text)
{
	return text[0] ? text : NULL;
}

/* A file as text with its NUL. */
static int read_text(const char *path, char **ret, size_t *ret_size, struct jurat_error *err)
{
	auto_free uint8_t *bytes = NULL;
	size_t n;
	char *text;
	int r = base_read_file(base_env_real(), path, MAX_FILE_BYTES, &bytes, &n, err);

	if (r < 0)
		return jurat_wrap(err, r, "%s", path);
	text = malloc(n + 1);
	if (!text)
		return jurat_fail_memory(err);
	memcpy(text, bytes, n);
	text[n] = '\0';
	bytes_wipe(bytes, n);
	*ret = text;
	*ret_size = n;
	return 0;
}

static int new_web(struct endorsements *e, const struct endorsements_settings *s, struct web **ret,
		   struct jurat_error *err)
{
	struct web_options options = { .max_connections = max_connections(s),
				       .memory_bytes = CONNECTION_BYTES,
				       .timeout_ms = s->common.timeout_ms,
				       .logs = true,
				       .request = requests_serve,
				       .closing = requests_closing,
				       .context = e->requests };
	auto_free char *cert = NULL, *key = NULL;
	size_t n_cert = 0, n_key = 0;
	int r = 0;

	if (s->tls_cert[0])
		r = read_text(s->tls_cert, &cert, &n_cert, err);
	if (r == 0 && s->tls_key[0])
		r = read_text(s->tls_key, &key, &n_key, err);
	options.tls_cert = cert;
	options.tls_key = key;
	if (r == 0)
		r = web_new(service_loop(e->service), &options, ret, err);
	if (key)
		bytes_wipe(key, n_key);
	if (r == -EINVAL)
		return jurat_wrap(err, r, "'%s' and '%s'", s->tls_cert, s->tls_key);
	return r;
}

static int listen_to_all(struct endorsements *e, struct jurat_error *err)
{
	size_t n;
	const struct listener *listeners = service_listeners(e->service, &n);

	for (size_t i = 0; i < n; i++)
		if (web_listen(e->web, listeners[i].fd) < 0)
			return jurat_fail(err, -EIO, "cannot watch a socket");
	return 0;
}

/* New connections see the new certificate; those that are open end after their answers. */
static int change_web(struct endorsements *e, struct web *new, struct jurat_error *err)
{
	struct web *old = e->web;

	e->web = new;
	end_web(e, &e->old_web);
	e->old_web = old;
	web_drain(old, on_old_drained, e); /* a socket has one watcher at a time */
	return listen_to_all(e, err);
}

static int apply(void *context, void *next, struct jurat_error *err)
{
	struct endorsements *e = context;
	struct endorsements_settings *s = next;
	const struct endorsements_settings *now = service_settings(e->service);
	struct web *new = NULL;
	int r = 0;

	if (!s->tls_cert[0] != !now->tls_cert[0])
		return jurat_fail(err, -EINVAL,
				  "--tls-cert: a change between HTTP and HTTPS needs a restart");
	if (s->tls_cert[0] || s->common.timeout_ms != now->common.timeout_ms)
		r = new_web(e, s, &new, err);
	if (r == 0 && e->read_through)
		r = read_through_reload_roots(e->read_through, text_or_null(s->roots), err);
	if (r < 0) {
		web_free(new);
		return r;
	}
	if (e->read_through)
		requests_forget(e->requests);
	return new ? change_web(e, new, err) : 0;
}

/* libuv reads the size of its pool from the environment, when the first work is queued. */
static int set_threads(unsigned n, struct jurat_error *err)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", n);
	return setenv("UV_THREADPOOL_SIZE", text, 1) < 0 ? jurat_fail_memory(err) : 0;
}

static int open_read_through(struct endorsements *e, const struct endorsements_settings *s,
			     struct source *ret, struct jurat_error *err)
{
	const struct read_through_options options = { .store = s->store[0] ? s->store : ENDORSEMENTS_STORE,
						      .local_copy = text_or_null(s->local_copy),
						      .offline = s->offline,
						      .upstream = text_or_null(s->upstream),
						      .upstream_ca = text_or_null(s->upstream_ca),
						      .kds_interval_ms = s->kds_interval_ms,
						      .kds_burst = (uint32_t)s->kds_burst,
						      .roots = text_or_null(s->roots) };
	int r = read_through_new(&options, &e->read_through, err);

	if (r == 0)
		*ret = read_through_source(e->read_through);
	return r;
}

/* An order of one item a line. */
static int read_order(const char *path, int64_t at, struct sim_order **ret, struct jurat_error *err)
{
	auto_free uint8_t *text = NULL;
	char *rest, *line;
	size_t n;
	int r = base_read_file(base_env_real(), path, MAX_FILE_BYTES, &text, &n, err);

	if (r == 0 && strlen((char *)text) != n)
		r = jurat_fail(err, -EINVAL, "expected text, found a byte 0");
	if (r == 0)
		r = sim_order_new(at ? at : base_realtime_s(base_env_real()), ret, err);
	rest = r == 0 ? (char *)text : NULL;
	for (unsigned number = 1; r == 0 && (line = strsep(&rest, "\n")); number++) {
		r = *line ? sim_order_add(*ret, line, err) : 0;
		if (r < 0)
			(void)jurat_wrap(err, r, "line %u", number);
	}
	return r;
}

static int open_software_platform(struct endorsements *e, const struct endorsements_settings *s,
				  struct source *ret, struct jurat_error *err)
{
	int64_t at = 0;
	int r = 0;

	(void)base_time_read(s->at, &at); /* empty, or checked */
	for (size_t i = 0; r == 0 && i < s->fault.n; i++)
		r = service_fault_read(s->fault.text[i], &e->faults[i], err);
	if (r == 0 && s->evidence[0] && read_order(s->evidence, at, &e->order, err) < 0)
		r = jurat_wrap(err, -EINVAL, "--evidence");
	if (r == 0)
		r = software_platform_new(s->software_platform, (unsigned)s->chips, e->order, &e->platform,
					  err);
	if (r < 0)
		return r;
	e->services = (struct software_services){ .platform = e->platform, .at = at };
	*ret = software_source(&e->services);
	log_event(LOG_LEVEL_WARNING, "test-endorsements", "why",
		  "they chain to the test roots of a software platform", NULL);
	return 0;
}

static int listen_somewhere(struct service *service, const struct endorsements_settings *s,
			    struct jurat_error *err)
{
	const struct option_list ours = { .text = { ENDORSEMENTS_LISTEN }, .n = 1 };
	size_t n;
	int r = service_listen(service, &s->listen, public_address_read, err);

	(void)service_listeners(service, &n);
	return r == 0 && n == 0 ? service_listen(service, &ours, public_address_read, err) : r;
}

static int start(void *context, struct service *service, struct jurat_error *err)
{
	struct endorsements *e = context;
	const struct endorsements_settings *s = service_settings(service);
	struct requests_options options = { .faults = e->faults,
					    .n_faults = s->fault.n,
					    .memory_bytes = s->memory_bytes,
					    .max_waiting = (max_connections(s) + 1) / 2,
					    .max_flights = MAX_FLIGHTS,
					    .wait_ms = s->wait_ms,
					    .kds_interval_ms = s->kds_interval_ms };
	int r;

	e->service = service;
	r = listen_somewhere(service, s, err);
	if (r == 0)
		r = s->software_platform[0] ? open_software_platform(e, s, &options.source, err)
					    : open_read_through(e, s, &options.source, err);
	options.platform = e->platform;
	options.missing_s = e->platform ? 0 : MISSING_S;
	if (r == 0)
		r = set_threads(flights_threads(options.source.ops) + READ_THROUGH_WATCH_THREADS, err);
	if (r == 0 && e->read_through)
		r = read_through_watch(e->read_through, service_loop(service), err);
	if (r == 0)
		r = requests_new(service_loop(service), &options, &e->requests, err);
	if (r == 0)
		r = new_web(e, s, &e->web, err);
	return r == 0 ? listen_to_all(e, err) : r;
}

static void describe(void *context, struct metrics_text *to)
{
	const struct endorsements *e = context;
	const struct web *webs[] = { e->web, e->old_web };
	struct web_stats sum = e->ended;

	for (size_t i = 0; i < ARRAY_SIZE(webs); i++) {
		if (!webs[i])
			continue;
		add_counts(&sum, web_stats(webs[i]));
		sum.connections += web_stats(webs[i])->connections;
		sum.pending += web_stats(webs[i])->pending;
	}
	requests_describe(e->requests, &sum, to);
}

static void status(void *context, char *text)
{
	const struct endorsements *e = context;

	snprintf(text, SERVICE_STATUS_BYTES, "Serving %s endorsements",
		 e->platform ? "test" : "AMD's and Intel's");
}

static bool stalled(void *context, uint64_t now_ms, const char **ret)
{
	const struct endorsements *e = context;

	*ret = "threads that obtain endorsements";
	return e->requests && requests_stalled(e->requests, now_ms);
}

int endorsements_run(int argc, char **argv)
{
	static const struct service_role role = {
		.name = "endorsements",
		.options = &endorsements_options,
		.settings_size = sizeof(struct endorsements_settings),
		.sandbox_needs = ENDORSEMENTS_SANDBOX_NEEDS,
		.public = true,
		.init = endorsements_settings_init,
		.check = endorsements_settings_check,
		.start = start,
		.stop = stop,
		.apply = apply,
		.describe = describe,
		.status = status,
		.stalled = stalled,
	};
	struct endorsements e = { 0 };
	int exit_status = service_run(&role, &e, argc, argv);

	software_platform_free(e.platform);
	sim_order_free(e.order);
	read_through_free(e.read_through);
	return exit_status;
}
