/* SPDX-License-Identifier: MIT */
#ifndef TESTS_DAEMON_WORLD_H
#define TESTS_DAEMON_WORLD_H

#include <sys/types.h>

#include "messages.h"

/*
 * A real juratd in a folder of its own, and services for it to ask. Nothing waits but for a descriptor, and
 * never longer than WORLD_MS.
 */
enum { WORLD_MS = 20000 };

struct world {
	char dir[64], socket[96], metrics[96], notify[96];
	pid_t pid;
	int notify_fd;
	int log_fd; /* where its lines go; 0: to this process's standard error */
};

extern const char *world_juratd; /* the program */

void world_init(struct world *w);
/* Runs `juratd qgs` with the words up to NULL; does not wait. fd: becomes descriptor 3; -1: none. */
void world_start(struct world *w, int fd, const char *const *words);
/* Waits for one line of sd_notify(3). */
void world_expect(struct world *w, const char *state);
/* Listens on w->socket, asks the service of that name, and is ready. */
void world_serve(struct world *w, const char *service);
/* Its exit status. */
int world_wait(struct world *w);
/* SIGTERM, exit status 0, and no name left behind. */
void world_stop(struct world *w);
void world_done(struct world *w);

int world_connect(const char *path); /* never fails */
void world_send(int fd, const void *bytes, size_t n);
/* Reads to the end of the connection, at most `room`; closes. */
size_t world_read_all(int fd, uint8_t *to, size_t room);
/* Exactly n bytes. */
void world_read(int fd, uint8_t *to, size_t n);
/* A whole quote request sent and answered with QUOTE_BYTES of `fill`, as Intel's service would. */
void world_expect_quote(int fd, uint8_t fill);
void world_expect_error(int fd, uint32_t code);
/* Value of one line of the metrics, -1: it is not there. */
long world_metric(const struct world *w, const char *name);

/* What a service does with a request. */
enum service_manner {
	SERVICE_GOOD,
	SERVICE_ERROR,
	SERVICE_CLOSES,
	SERVICE_GARBAGE,
	SERVICE_SILENT,
	SERVICE_LARGE,
	SERVICE_COUNTS /* silent, and then the n-th quote is of bytes n */
};
enum { SERVICE_LARGE_QUOTE = 400 * 1024 };
struct service;
/* Listens at `path`, on a thread. Quotes are of bytes `fill`. */
struct service *service_new(const char *path, enum service_manner manner, uint8_t fill);
/* A silent one answers what it has, and from now on. */
void service_release(struct service *s);
/* Waits until it has read n requests for quotes in all. */
void service_wait(struct service *s, unsigned n);
unsigned service_n_quotes(struct service *s);
void service_free(struct service *s);

#endif
