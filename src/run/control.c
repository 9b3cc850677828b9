/* SPDX-License-Identifier: MIT */
#include "run/control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/unix_socket.h"
#include "run/fault.h"

enum { CLIENTS = 8, LISTENER = CLIENTS, LINE_BYTES = 4096, BACKLOG = 16, START_WAIT_MS = 1000 };

struct client {
	int fd; /* -1: free */
	char line[LINE_BYTES];
	size_t n;
};

struct run_control {
	struct run_platform *platform;
	struct run_qgs *qgs;
	char *path;
	struct stat name;
	int listener, epoll;
	struct client clients[CLIENTS];
};

static int faults(struct run_control *c, char *specs, struct jurat_error *err)
{
	struct run_faults next = { .qgs_down = false };
	bool was_down = c->platform->faults.qgs_down;
	char *rest = NULL;
	int r = 0;

	for (char *spec = strtok_r(specs, " \t", &rest); spec && r == 0; spec = strtok_r(NULL, " \t", &rest))
		r = run_fault_parse(spec, &next, err);
	if (r == 0)
		r = run_faults_replace(c->platform, &next, err);
	if (r == 0 && c->qgs && was_down != next.qgs_down)
		r = run_qgs_reopen(c->qgs, err);
	return r;
}

static int command(struct run_control *c, char *line, struct jurat_error *err)
{
	size_t n = strcspn(line, " \t");
	char *rest = line + n + strspn(line + n, " \t");

	run_platform_settle(c->platform);
	if (n == 6 && !strncmp(line, "faults", n))
		return faults(c, rest, err);
	if (n == 7 && !strncmp(line, "restart", n) && !*rest)
		return run_platform_restart(c->platform, err);
	return jurat_fail(err, -EINVAL, "expected 'faults [SPEC]...' or 'restart', found '%.64s'", line);
}

static void end(struct client *client)
{
	close(client->fd);
	client->fd = -1;
}

static void answer(struct run_control *c, struct client *client, char *line)
{
	char text[sizeof(struct jurat_error) + 16];
	struct jurat_error err = { "" };
	size_t n = strlen(line);
	struct trace_place before;
	uint32_t step;
	int r;

	if (n > 0 && line[n - 1] == '\r')
		line[n - 1] = '\0';
	step = trace_call(c->platform->trace, "test", "platform", "%s", line);
	before = trace_go(c->platform->trace, trace_in(c->platform->trace, step));
	r = command(c, line, &err);
	(void)trace_go(c->platform->trace, before);
	trace_end(c->platform->trace, step, "%s", r < 0 ? err.text : "ok");
	if (r < 0)
		snprintf(text, sizeof(text), "error %s\n", err.text);
	else
		snprintf(text, sizeof(text), "ok\n");
	n = strlen(text);
	if (send(client->fd, text, n, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)n)
		end(client);
}

static void on_client(struct run_control *c, struct client *client)
{
	ssize_t n =
		recv(client->fd, client->line + client->n, sizeof(client->line) - client->n, MSG_DONTWAIT);
	char *newline;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		end(client);
		return;
	}
	client->n += (size_t)n;
	while (client->fd >= 0 && (newline = memchr(client->line, '\n', client->n))) {
		size_t size = (size_t)(newline - client->line) + 1;

		*newline = '\0';
		answer(c, client, client->line);
		client->n -= size;
		memmove(client->line, newline + 1, client->n);
	}
	if (client->fd >= 0 && client->n == sizeof(client->line)) /* longer than any command */
		end(client);
}

static void on_listener(struct run_control *c)
{
	int fd = accept4(c->listener, NULL, NULL, SOCK_CLOEXEC);
	struct epoll_event event = { .events = EPOLLIN };

	if (fd < 0)
		return;
	for (uint32_t i = 0; i < CLIENTS; i++) {
		if (c->clients[i].fd >= 0)
			continue;
		event.data.u32 = i;
		if (epoll_ctl(c->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
			break;
		c->clients[i].fd = fd;
		c->clients[i].n = 0;
		return;
	}
	close(fd); /* too many words */
}

void run_control_serve(struct run_control *c)
{
	struct epoll_event events[CLIENTS + 1];
	int n = epoll_wait(c->epoll, events, ARRAY_SIZE(events), 0);

	for (int i = 0; i < n; i++) {
		if (events[i].data.u32 == LISTENER)
			on_listener(c);
		else if (c->clients[events[i].data.u32].fd >= 0)
			on_client(c, &c->clients[events[i].data.u32]);
	}
}

static int open_socket(struct run_control *c, const char *path, struct jurat_error *err)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u32 = LISTENER };
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	auto_free char *cwd = path[0] == '/' ? strdup("") : getcwd(NULL, 0);
	auto_free char *absolute = NULL;
	int r;

	if (!cwd || asprintf(&absolute, "%s%s%s", cwd, cwd[0] ? "/" : "", path) < 0) {
		absolute = NULL;
		return jurat_fail_memory(err);
	}
	if (strlen(path) >= sizeof(name.sun_path))
		return jurat_fail(err, -ENAMETOOLONG, "the path is longer than %zu bytes",
				  sizeof(name.sun_path) - 1);
	memcpy(name.sun_path, path, strlen(path) + 1);
	c->epoll = epoll_create1(EPOLL_CLOEXEC);
	c->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->epoll < 0 || c->listener < 0)
		return jurat_fail(err, -errno, "cannot make a socket: %s", strerror(errno));
	r = base_unix_listen(c->listener, &name, sizeof(name), 0600, START_WAIT_MS, BACKLOG, &c->name, err);
	if (r < 0)
		return r;
	c->path = take_ptr(absolute);
	if (epoll_ctl(c->epoll, EPOLL_CTL_ADD, c->listener, &event) < 0)
		return jurat_fail(err, -errno, "cannot watch it: %s", strerror(errno));
	return 0;
}

int run_control_new(const char *path, struct run_platform *platform, struct run_qgs *qgs,
		    struct run_control **ret, struct jurat_error *err)
{
	struct run_control *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return jurat_fail_memory(err);
	c->platform = platform;
	c->qgs = qgs;
	c->listener = c->epoll = -1;
	for (size_t i = 0; i < CLIENTS; i++)
		c->clients[i].fd = -1;
	r = open_socket(c, path, err);
	if (r < 0) {
		run_control_free(c);
		return jurat_wrap(err, r, "--control '%s'", path);
	}
	*ret = c;
	return 0;
}

void run_control_free(struct run_control *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < CLIENTS; i++)
		if (c->clients[i].fd >= 0)
			end(&c->clients[i]);
	if (c->listener >= 0)
		close(c->listener);
	if (c->epoll >= 0)
		close(c->epoll);
	if (c->path)
		base_unix_remove(c->path, &c->name);
	free(c->path);
	free(c);
}

const char *run_control_path(const struct run_control *c)
{
	return c ? c->path : NULL;
}

int run_control_fd(const struct run_control *c)
{
	return c->epoll;
}
