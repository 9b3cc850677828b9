/* SPDX-License-Identifier: MIT */
#include "daemon/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "base/cleanup.h"

/* An integer in the environment; -1 if there is none. */
static long env_number(const char *name)
{
	const char *text = getenv(name);
	char *end;
	long v;

	if (!text || *text < '0' || *text > '9')
		return -1;
	errno = 0;
	v = strtol(text, &end, 10);
	return errno == 0 && *end == '\0' ? v : -1;
}

/* Names are separated by colons; there is one for each descriptor. */
static int take_names(const char *text, long n, struct notify_fds *fds)
{
	for (long i = 0; i < n; i++) {
		const size_t size = strcspn(text, ":");

		if (size >= NOTIFY_NAME_BYTES || (text[size] == ':') != (i < n - 1))
			return -EINVAL;
		memcpy(fds->names[i], text, size);
		fds->names[i][size] = '\0';
		text += size + 1;
	}
	return 0;
}

static int take_fds(long pid, long n, const char *names, struct notify_fds *fds)
{
	if (pid < 0 || n < 0)
		return -EINVAL;
	if (pid != getpid()) /* meant for another process */
		return 0;
	if (n > NOTIFY_MAX_FDS)
		return -E2BIG;
	if (n > 0 && names && take_names(names, n, fds) < 0)
		return -EINVAL;
	for (int fd = NOTIFY_FIRST_FD; fd < NOTIFY_FIRST_FD + n; fd++)
		if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
			return -errno;
	fds->n = (int)n;
	return 0;
}

int notify_take_fds(struct notify_fds *ret)
{
	const bool is_there = getenv("LISTEN_PID") && getenv("LISTEN_FDS");
	struct notify_fds fds = { 0 };
	int r = is_there ? take_fds(env_number("LISTEN_PID"), env_number("LISTEN_FDS"),
				    getenv("LISTEN_FDNAMES"), &fds)
			 : 0;

	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	if (r == 0)
		*ret = fds;
	return r;
}

uint64_t notify_take_watchdog(void)
{
	const bool is_mine = !getenv("WATCHDOG_PID") || env_number("WATCHDOG_PID") == getpid();
	const long us = env_number("WATCHDOG_USEC");

	unsetenv("WATCHDOG_PID");
	unsetenv("WATCHDOG_USEC");
	return is_mine && us > 0 ? (uint64_t)us : 0;
}

void notify_send(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	size_t n = path ? strlen(path) : 0;
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	auto_close int fd = -1;

	if (n == 0 || n >= sizeof(a.sun_path) || (*path != '/' && *path != '@'))
		return;
	memcpy(a.sun_path, path, n);
	if (*path == '@') /* an abstract socket */
		a.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	(void)!sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&a,
		      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
}

void notify_reloading(void)
{
	char text[64];
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
		 (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000);
	notify_send(text);
}
