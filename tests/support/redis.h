/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_REDIS_H
#define TESTS_SUPPORT_REDIS_H

#include <sys/types.h>

/*
 * A redis-server or valkey-server of the test's own, on a free port of the loopback interface; nothing is
 * kept on disk. It ends with the test program, however that ends. redis_start() skips the running test where
 * no server is installed; other failures end the process.
 */
struct redis;

struct redis *redis_start(void);
/* With its snapshots, after SAVE, in a folder, from which redis_again() loads them. Borrowed. */
struct redis *redis_start_in(const char *dir);
void redis_stop(struct redis *redis);             /* and frees it */
const char *redis_url(const struct redis *redis); /* "redis://127.0.0.1:PORT" */
pid_t redis_pid(const struct redis *redis);       /* to stop and to kill it */
/* Kills it without notice. Everything is lost. redis_again() starts another on the same port. */
void redis_kill(struct redis *redis);
void redis_again(struct redis *redis);

#endif
