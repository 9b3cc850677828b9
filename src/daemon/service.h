/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_SERVICE_H
#define DAEMON_SERVICE_H

#include <uv.h>

#include "daemon/listen.h"
#include "daemon/metrics_text.h"
#include "daemon/notify.h"
#include "daemon/options.h"
#include "daemon/sandbox.h"

/*
 * What all roles of juratd share: settings from a file and the command line, and again on SIGHUP; sockets of
 * the service manager, readiness, status and watchdog; the system call filter; the metrics endpoint; signals.
 * A role is the functions below, around one loop.
 */
enum { SERVICE_MAX_LISTENERS = 16, SERVICE_STATUS_BYTES = 256 };

/* Settings of all roles: the first member of a role's own. */
struct service_settings {
	char metrics[OPTION_TEXT_BYTES]; /* "": none */
	uint64_t timeout_ms, socket_mode, start_wait_ms;
	uint64_t log_format; /* enum log_format */
	uint64_t seccomp;    /* enum sandbox_mode */
	bool verbose;
};

/* Their rows in a role's table of options; `type` is the role's settings, and begins with `member`. */
#define SERVICE_OPTION_ROWS(type, member)                                                                    \
	{ .name = "timeout",                                                                                 \
	  .value = "MS",                                                                                     \
	  .help = "time limit for a request (default 30000)",                                                \
	  .kind = OPTION_NUMBER,                                                                             \
	  .offset = offsetof(type, member.timeout_ms),                                                       \
	  .min = 10,                                                                                         \
	  .max = 3600 * 1000 },                                                                              \
		{ .name = "socket-mode",                                                                     \
		  .value = "MODE",                                                                           \
		  .help = "mode of unix sockets (default 0660)",                                             \
		  .kind = OPTION_MODE,                                                                       \
		  .offset = offsetof(type, member.socket_mode),                                              \
		  .max = 0777,                                                                               \
		  .restart = true },                                                                         \
		{ .name = "start-wait",                                                                      \
		  .value = "MS",                                                                             \
		  .help = "maximum wait for another start on the same unix socket to finish (default 5000)", \
		  .kind = OPTION_NUMBER,                                                                     \
		  .offset = offsetof(type, member.start_wait_ms),                                            \
		  .max = 3600 * 1000,                                                                        \
		  .restart = true },                                                                         \
		{ .name = "metrics",                                                                         \
		  .value = "ADDRESS",                                                                        \
		  .help = "serve OpenMetrics over HTTP at unix:PATH or tcp:127.x.y.z:PORT",                  \
		  .kind = OPTION_TEXT,                                                                       \
		  .offset = offsetof(type, member.metrics),                                                  \
		  .restart = true },                                                                         \
		{ .name = "log-format",                                                                      \
		  .value = "text|json",                                                                      \
		  .help = "format of log lines (default text)",                                              \
		  .kind = OPTION_CHOICE,                                                                     \
		  .offset = offsetof(type, member.log_format) },                                             \
		{ .name = "seccomp",                                                                         \
		  .value = SANDBOX_MODE_WORDS,                                                               \
		  .help = "system call filter: refuse calls, allow all, allow and log, or end the process "  \
			  "(default on)",                                                                    \
		  .kind = OPTION_CHOICE,                                                                     \
		  .offset = offsetof(type, member.seccomp),                                                  \
		  .restart = true },                                                                         \
	{                                                                                                    \
		.name = "verbose", .help = "log every connection and request", .kind = OPTION_FLAG,          \
		.offset = offsetof(type, member.verbose)                                                     \
	}

struct service;

struct service_role {
	const char *name; /* "qgs": its metrics are called juratd_qgs_... */
	const struct option_table *options;
	size_t settings_size; /* of a struct that begins with struct service_settings and holds no pointers */
	unsigned sandbox_needs;
	bool public; /* sockets of the service manager may be on any address */

	/* Defaults; service_settings are set already, the rest is zero. */
	void (*init)(void *settings);
	/* Combinations of options. `adopted`: sockets to serve on came from the service manager. */
	int (*check)(const void *settings, bool adopted, struct jurat_error *err);
	/*
	 * Opens what it needs with service_loop(), service_settings(), service_listeners(). Reads no client's
	 * bytes before it returns. After < 0, stop() is called.
	 */
	int (*start)(void *context, struct service *s, struct jurat_error *err);
	/* Once, also before start() has succeeded: end what is begun, and call service_stopped() then. */
	void (*stop)(void *context);
	/*
	 * New settings after SIGHUP. < 0: none of them took effect. May change `next`, where something stays.
	 */
	int (*apply)(void *context, void *next, struct jurat_error *err);
	void (*describe)(void *context, struct metrics_text *to);
	/* STATUS= for the service manager, when it is ready; one line in SERVICE_STATUS_BYTES. */
	void (*status)(void *context, char *text);
	/*
	 * Whether its workers make no progress: the watchdog is then left to run out. NULL: it has none.
	 * `*ret`: what does not.
	 */
	bool (*stalled)(void *context, uint64_t now_ms, const char **ret);
};

/* Runs the role to its end: reads argv from the role's name on, returns the exit status. */
int service_run(const struct service_role *role, void *context, int argc, char **argv);

/* Raises the descriptor limit; returns how many of `wanted` clients it allows beside `others`, 1 at least. */
size_t service_descriptors(size_t wanted, size_t others);
uv_loop_t *service_loop(struct service *s);
/* The settings in effect, of the role's type. */
const void *service_settings(const struct service *s);
/*
 * Opens the addresses of `listen`, or adopts the service manager's sockets, apart from the one named
 * "metrics". They stay the service's, which removes their names and closes them when it stops.
 *
 * read     a text to an address, such as listen_address_read()
 */
JURAT_MUST_CHECK int service_listen(struct service *s, const struct option_list *listen,
				    int (*read)(const char *text, struct base_address *ret,
						struct jurat_error *err),
				    struct jurat_error *err);
const struct listener *service_listeners(const struct service *s, size_t *ret_n);
/* A role may stop by itself, as SIGTERM does. */
void service_stop(struct service *s);
/* From stop(), when no connection is left: the loop then ends. */
void service_stopped(struct service *s);

#endif
