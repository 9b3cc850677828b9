/* SPDX-License-Identifier: MIT */
#include "daemon/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

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

int notify_take_fds(void)
{
	const bool is_there = getenv("LISTEN_PID") && getenv("LISTEN_FDS");
	const long pid = env_number("LISTEN_PID"), n = env_number("LISTEN_FDS");

	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	if (!is_there)
		return 0;
	if (pid < 0 || n < 0)
		return -EINVAL;
	if (pid != getpid()) /* meant for another process */
		return 0;
	if (n > NOTIFY_MAX_FDS)
		return -E2BIG;
	for (int fd = NOTIFY_FIRST_FD; fd < NOTIFY_FIRST_FD + n; fd++)
		if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
			return -errno;
	return (int)n;
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
