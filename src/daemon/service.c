/* SPDX-License-Identifier: MIT */
#include "daemon/service.h"

#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/env.h"
#include "base/secret.h"
#include "daemon/log.h"
#include "daemon/metrics_http.h"
#include "daemon/resolver.h"
#include "daemon/roles.h"
#include "jurat/version.h"

enum {
	MAX_CONFIG_BYTES = 1 << 20,
	KEEP_HEAP_BYTES = 4 << 20,
	WATCHDOG_PINGS = 3, /* in the time of the watchdog */
};

struct service {
	const struct service_role *role;
	void *context;
	int argc;
	char **argv;
	struct service_settings *settings; /* the role's, which begin with these */
	struct notify_fds fds;
	uv_loop_t loop;
	struct listener listeners[SERVICE_MAX_LISTENERS], metrics_listener;
	size_t n_listeners;
	struct metrics_http *metrics;
	uv_signal_t signals[3];
	size_t n_signals;
	uint64_t watchdog_us;
	uv_timer_t watchdog;
	bool has_watchdog, stalled, ready, stopping;
	time_t started;
	uint64_t n_reloads, n_failed_reloads;
};

/* ---- settings */

static bool is_for_metrics(const struct service *s, int i)
{
	return strcmp(s->fds.names[i], "metrics") == 0;
}

static bool has_adopted(const struct service *s, bool metrics)
{
	for (int i = 0; i < s->fds.n; i++)
		if (is_for_metrics(s, i) == metrics)
			return true;
	return false;
}

static int read_config(const struct service *s, const char *path, void *to, struct jurat_error *err)
{
	auto_free uint8_t *text = NULL;
	size_t n;
	int r = base_read_file(base_env_real(), path, MAX_CONFIG_BYTES, &text, &n, err);

	if (r == 0)
		r = options_read_json(s->role->options, (const char *)text, n, to, s->role->settings_size,
				      err);
	return r < 0 ? jurat_wrap(err, r, "%s", path) : 0;
}

static int check_metrics(const struct service *s, const char *text, struct jurat_error *err)
{
	struct base_address a;

	if (!text[0])
		return 0;
	if (has_adopted(s, true))
		return jurat_fail(
			err, -EINVAL,
			"--metrics cannot be used with the socket 'metrics' of the service manager");
	if (listen_address_read(text, &a, err) < 0)
		return jurat_wrap(err, -EINVAL, "--metrics");
	if (a.sockaddr.any.sa_family == AF_VSOCK)
		return jurat_fail(err, -EINVAL, "--metrics: expected a unix socket or loopback TCP");
	return 0;
}

/* Reads the file, then the command line; again on SIGHUP. NULL: failed. */
static struct service_settings *read_settings(const struct service *s, struct jurat_error *err)
{
	const struct service_role *role = s->role;
	auto_free struct service_settings *new = calloc(1, role->settings_size);
	const char *path = NULL;
	int r;

	if (!new) {
		jurat_fail_memory(err);
		return NULL;
	}
	new->timeout_ms = 30000; /* as Intel's service and QEMU's client */
	new->socket_mode = 0660;
	new->start_wait_ms = 5000;
	role->init(new);
	r = options_find_config(role->options, s->argc, s->argv, &path, err);
	if (r == 0 && path)
		r = read_config(s, path, new, err);
	if (r == 0)
		r = options_read_words(role->options, s->argc, s->argv, new, role->settings_size, err);
	if (r == 0)
		r = check_metrics(s, new->metrics, err);
	if (r == 0)
		r = role->check(new, has_adopted(s, false), err);
	return r == 0 ? take_ptr(new) : NULL;
}

size_t service_descriptors(size_t wanted, size_t others)
{
	struct rlimit limit;
	size_t n;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return wanted;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY)
		return wanted;
	n = limit.rlim_cur > others ? limit.rlim_cur - others : 1;
	return n < wanted ? n : wanted;
}

uv_loop_t *service_loop(struct service *s)
{
	return &s->loop;
}

const void *service_settings(const struct service *s)
{
	return s->settings;
}

static void begin_log(const struct service_settings *s)
{
	log_init(s->verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO, (enum log_format)s->log_format);
}

/* ---- sockets */

static int adopt(struct service *s, struct jurat_error *err)
{
	int r = 0;

	for (int i = 0; r == 0 && i < s->fds.n; i++) {
		if (is_for_metrics(s, i))
			continue;
		r = listener_adopt(NOTIFY_FIRST_FD + i, s->role->public, &s->listeners[s->n_listeners], err);
		s->n_listeners += r == 0;
	}
	return r;
}

int service_listen(struct service *s, const struct option_list *listen,
		   int (*read)(const char *text, struct base_address *ret, struct jurat_error *err),
		   struct jurat_error *err)
{
	struct base_address a;
	int r = adopt(s, err);

	for (size_t i = 0; r == 0 && i < listen->n; i++) {
		if (s->n_listeners == SERVICE_MAX_LISTENERS)
			return jurat_fail(err, -E2BIG, "expected at most %d addresses",
					  SERVICE_MAX_LISTENERS);
		r = read(listen->text[i], &a, err);
		if (r == 0)
			r = listener_open(&a, (mode_t)s->settings->socket_mode, s->settings->start_wait_ms,
					  &s->listeners[s->n_listeners], err);
		s->n_listeners += r == 0;
	}
	return r;
}

const struct listener *service_listeners(const struct service *s, size_t *ret_n)
{
	*ret_n = s->n_listeners;
	return s->listeners;
}

static int open_metrics_socket(struct service *s, struct jurat_error *err)
{
	const char *text = s->settings->metrics;
	struct base_address a;
	int r;

	for (int i = 0; i < s->fds.n; i++)
		if (is_for_metrics(s, i))
			return listener_adopt(NOTIFY_FIRST_FD + i, false, &s->metrics_listener, err);
	if (!text[0])
		return 0;
	r = listen_address_read(text, &a, err);
	return r < 0 ? r
		     : listener_open(&a, (mode_t)s->settings->socket_mode, s->settings->start_wait_ms,
				     &s->metrics_listener, err);
}

/* ---- metrics */

static void print_name(const struct service *s, char name[64], const char *what)
{
	snprintf(name, 64, "juratd_%s_%s", s->role->name, what);
}

static void describe_reloads(const struct service *s, struct metrics_text *to)
{
	char name[64];

	print_name(s, name, "reloads");
	metrics_head(to, name, "counter", "Configuration reloads, by result.");
	metrics_print(to, "%s_total{result=\"done\"} %" PRIu64 "\n", name, s->n_reloads);
	metrics_print(to, "%s_total{result=\"failed\"} %" PRIu64 "\n", name, s->n_failed_reloads);
}

static void describe_seccomp(const struct service *s, struct metrics_text *to)
{
	const enum sandbox_mode mode = sandbox_effective_mode((enum sandbox_mode)s->settings->seccomp);
	char name[64];

	print_name(s, name, "seccomp");
	metrics_head(to, name, "stateset", "Mode of the system call filter.");
	for (int i = 0; i < SANDBOX_N_MODES; i++)
		metrics_print(to, "%s{%s=\"%s\"} %d\n", name, name, sandbox_mode_name((enum sandbox_mode)i),
			      i == (int)mode);
}

static void describe(void *context, struct metrics_text *to)
{
	const struct service *s = context;
	char name[64];

	print_name(s, name, "build");
	metrics_head(to, name, "info", "Version of juratd.");
	metrics_print(to, "%s_info{version=\"%s\"} 1\n", name, JURAT_VERSION_STRING);
	print_name(s, name, "start_time_seconds");
	metrics_one(to, name, "gauge", "Start time of the process, in Unix time.", (uint64_t)s->started);
	print_name(s, name, "watchdog");
	metrics_one(to, name, "gauge", "1 if the service manager has a watchdog for the process.",
		    s->has_watchdog);
	describe_reloads(s, to);
	describe_seccomp(s, to);
	s->role->describe(s->context, to);
}

/* ---- the service manager */

static void say_ready(struct service *s)
{
	char status[SERVICE_STATUS_BYTES] = "", text[SERVICE_STATUS_BYTES + 32];

	s->role->status(s->context, status);
	snprintf(text, sizeof(text), "READY=1\nSTATUS=%s", status);
	notify_send(text);
}

/* This timer shows that the loop runs. */
static void on_watchdog(uv_timer_t *timer)
{
	struct service *s = timer->data;
	const char *what = "";
	bool stalled = s->role->stalled && s->role->stalled(s->context, uv_hrtime() / 1000000, &what);

	if (stalled && !s->stalled) {
		log_event(LOG_LEVEL_ERROR, "stalled", "what", what, "why",
			  "no progress; the service manager's watchdog will end this process", NULL);
		notify_send("STATUS=Stalled: workers make no progress");
	}
	s->stalled = stalled;
	if (!stalled)
		notify_send("WATCHDOG=1");
}

static void begin_watchdog(struct service *s)
{
	const uint64_t ms = s->watchdog_us / WATCHDOG_PINGS / 1000;

	if (s->watchdog_us == 0)
		return;
	uv_timer_init(&s->loop, &s->watchdog);
	s->watchdog.data = s;
	s->has_watchdog = uv_timer_start(&s->watchdog, on_watchdog, 0, ms > 0 ? ms : 1) == 0;
}

/* ---- the end */

void service_stopped(struct service *s)
{
	for (size_t i = 0; i < s->n_signals; i++) {
		const int number = s->signals[i].signum;

		uv_close((uv_handle_t *)&s->signals[i], NULL);
		(void)signal(number, SIG_IGN); /* one more does not change the exit status */
	}
	if (s->has_watchdog)
		uv_close((uv_handle_t *)&s->watchdog, NULL);
	metrics_http_free(s->metrics);
	s->metrics = NULL;
	listener_close(&s->metrics_listener);
	log_event(LOG_LEVEL_INFO, "stopped", NULL);
}

void service_stop(struct service *s)
{
	if (s->stopping)
		return;
	s->stopping = true;
	if (s->ready)
		notify_send("STOPPING=1\nSTATUS=Answering pending requests");
	/*
	 * Unlink the names first, so that a successor can start while this process drains, and no client
	 * connects too late.
	 */
	for (size_t i = 0; i < s->n_listeners; i++)
		listener_unlink(&s->listeners[i]);
	s->role->stop(s->context);
	for (size_t i = 0; i < s->n_listeners; i++)
		listener_close(&s->listeners[i]);
}

static void on_stop(uv_signal_t *handle, int number)
{
	log_event(LOG_LEVEL_INFO, "stopping", NULL);
	service_stop(handle->data);
}

/* ---- reload */

static int reload(struct service *s, char *changed, char *restart, struct jurat_error *err)
{
	const struct option_table *options = s->role->options;
	auto_free struct service_settings *next = read_settings(s, err);
	int r;

	if (!next)
		return -EINVAL;
	options_keep(options, s->settings, next, restart);
	r = s->role->apply(s->context, next, err);
	if (r < 0)
		return r;
	options_changed(options, s->settings, next, changed);
	memcpy(s->settings, next, s->role->settings_size);
	return 0;
}

static void on_reload(uv_signal_t *handle, int number)
{
	struct service *s = handle->data;
	char changed[OPTION_NAMES_BYTES] = "", restart[OPTION_NAMES_BYTES] = "";
	struct jurat_error err = { "" };

	if (s->stopping)
		return;
	notify_reloading();
	if (reload(s, changed, restart, &err) < 0) {
		s->n_failed_reloads++;
		log_event(LOG_LEVEL_ERROR, "reload-failed", "why", err.text, "kept", "all former settings",
			  NULL);
		say_ready(s);
		return;
	}
	s->n_reloads++;
	begin_log(s->settings);
	log_event(LOG_LEVEL_INFO, "reloaded", "changed", changed, NULL);
	if (restart[0])
		log_event(LOG_LEVEL_WARNING, "reload-incomplete", "needs-restart", restart, NULL);
	say_ready(s);
}

/* ---- start */

static int catch_signals(struct service *s, struct jurat_error *err)
{
	static const struct {
		int number;
		uv_signal_cb callback;
	} rows[] = { { SIGTERM, on_stop }, { SIGINT, on_stop }, { SIGHUP, on_reload } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uv_signal_init(&s->loop, &s->signals[i]);
		s->n_signals++;
		s->signals[i].data = s;
		if (uv_signal_start(&s->signals[i], rows[i].callback, rows[i].number) < 0)
			return jurat_fail(err, -EIO, "cannot catch signals");
	}
	return 0;
}

static int install_filter(struct service *s, struct jurat_error *err)
{
	const enum sandbox_mode asked = (enum sandbox_mode)s->settings->seccomp;
	const enum sandbox_mode mode = sandbox_effective_mode(asked);
	int r;

	if (s->role->sandbox_needs & SANDBOX_NEEDS_NETWORK)
		resolver_load(RESOLVER_NSSWITCH);
	r = sandbox_install(mode, s->role->sandbox_needs, err);
	if (r < 0)
		return r;
	log_event(mode == SANDBOX_ON || mode == SANDBOX_KILL ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING, "seccomp",
		  "mode", sandbox_mode_name(mode), "why",
		  mode == asked ? "as configured"
				: "this build has sanitizers, which need unrestricted system calls",
		  NULL);
	return 0;
}

static int start(struct service *s, struct jurat_error *err)
{
	int r = s->role->start(s->context, s, err);

	if (r == 0)
		r = open_metrics_socket(s, err);
	if (r == 0 && s->metrics_listener.fd >= 0)
		r = metrics_http_new(&s->loop, s->metrics_listener.fd, s->settings->timeout_ms, describe, s,
				     &s->metrics);
	if (r == 0)
		r = catch_signals(s, err);
	if (r == 0)
		r = install_filter(s, err); /* the last step: what it opens, it opens before */
	return r;
}

static void log_start(const struct service *s)
{
	char text[DAEMON_ADDRESS_BYTES];

	for (size_t i = 0; i < s->n_listeners; i++)
		log_event(LOG_LEVEL_INFO, "listening", "address",
			  address_text(&s->listeners[i].address, text), NULL);
	log_event(LOG_LEVEL_INFO, "ready", "role", s->role->name, "version", JURAT_VERSION_STRING, NULL);
}

static int serve(struct service *s)
{
	struct jurat_error err = { "" };
	int r = start(s, &err);

	if (r < 0) {
		log_event(LOG_LEVEL_ERROR, "start-failed", "why", err.text[0] ? err.text : strerror(-r),
			  NULL);
		service_stop(s);
	} else {
		log_start(s);
		s->ready = true;
		say_ready(s);
		begin_watchdog(s);
	}
	uv_run(&s->loop, UV_RUN_DEFAULT);
	return r == 0 ? DAEMON_OK : DAEMON_ENVIRONMENT;
}

static int run(struct service *s)
{
	struct jurat_error err = { "" };
	int status;

	if (notify_take_fds(&s->fds) < 0) {
		fprintf(stderr, "juratd %s: LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES are inconsistent\n",
			s->role->name);
		return DAEMON_ENVIRONMENT;
	}
	s->settings = read_settings(s, &err);
	if (!s->settings) {
		fprintf(stderr, "juratd %s: %s (see juratd %s --help)\n", s->role->name, err.text,
			s->role->name);
		return DAEMON_USAGE;
	}
	/* libuv's io_uring would be calls that the filter does not see. */
	setenv("UV_USE_IO_URING", "0", 1);
	if (uv_loop_init(&s->loop) < 0)
		return DAEMON_INTERNAL;
	signal(SIGPIPE, SIG_IGN);
	/*
	 * Workers allocate memory that the loop frees: without this, heaps would shrink and grow with each
	 * batch.
	 */
	mallopt(M_TRIM_THRESHOLD, KEEP_HEAP_BYTES);
	begin_log(s->settings);
	status = serve(s);
	uv_loop_close(&s->loop);
	return status;
}

int service_run(const struct service_role *role, void *context, int argc, char **argv)
{
	struct service *s = calloc(1, sizeof(*s));
	int status;

	base_forbid_core_dumps();
	if (!s)
		return DAEMON_INTERNAL;
	s->role = role;
	s->context = context;
	s->argc = argc;
	s->argv = argv;
	s->metrics_listener.fd = -1;
	s->started = time(NULL);
	s->watchdog_us = notify_take_watchdog();
	status = run(s);
	free(s->settings);
	free(s);
	return status;
}
