/* SPDX-License-Identifier: MIT */
#include "run/qgs_server.h"

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
#include "sim/qgs_service.h"
#include "wire/qgs.h"

enum { LISTENER = RUN_QGS_CONNECTIONS };

struct connection {
	int fd; /* -1: free */
	struct qgs_assembler assembler;
	uint8_t buffer[QGS_MAX_REQUEST_BYTES];
	uint8_t *reply;
	size_t size, sent;
};

struct run_qgs {
	const struct run_platform *platform;
	char *path; /* NULL: there is no socket yet */
	int listener, epoll;
	unsigned n;
	struct connection connections[RUN_QGS_CONNECTIONS];
};

static int control(struct run_qgs *q, int how, int fd, uint32_t events, uint32_t who)
{
	struct epoll_event event = { .events = events, .data.u32 = who };

	return epoll_ctl(q->epoll, how, fd, &event) < 0 ? -errno : 0;
}

static void end(struct run_qgs *q, struct connection *c)
{
	close(c->fd);
	free(c->reply);
	c->reply = NULL;
	c->fd = -1;
	if (q->n-- == RUN_QGS_CONNECTIONS)
		(void)!control(q, EPOLL_CTL_MOD, q->listener, EPOLLIN, LISTENER);
}

static void begin(struct run_qgs *q)
{
	int fd = accept4(q->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	unsigned i = 0;

	if (fd < 0)
		return;
	while (q->connections[i].fd >= 0)
		i++;
	if (control(q, EPOLL_CTL_ADD, fd, EPOLLIN, i) < 0) {
		close(fd);
		return;
	}
	q->connections[i].fd = fd;
	q->connections[i].size = q->connections[i].sent = 0;
	qgs_assembler_init(&q->connections[i].assembler, q->connections[i].buffer,
			   sizeof(q->connections[i].buffer), false);
	if (++q->n == RUN_QGS_CONNECTIONS)
		(void)!control(q, EPOLL_CTL_MOD, q->listener, 0, LISTENER);
}

/* As much as the socket takes; the end of it ends the connection. */
static void send_some(struct run_qgs *q, struct connection *c)
{
	ssize_t n = send(c->fd, c->reply + c->sent, c->size - c->sent, MSG_NOSIGNAL);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	c->sent += n > 0 ? (size_t)n : 0;
	if (n < 0 || c->sent == c->size)
		end(q, c);
}

static void receive_some(struct run_qgs *q, struct connection *c)
{
	uint8_t bytes[QGS_MAX_REQUEST_BYTES];
	ssize_t n = recv(c->fd, bytes, sizeof(bytes), 0);
	size_t taken;
	int r;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	r = n > 0 ? qgs_assembler_feed(&c->assembler, bytes, (size_t)n, &taken, NULL) : -ECONNRESET;
	if (r == 0)
		return;
	if (r == QGS_MESSAGE)
		r = sim_qgs_answer(machine_td_qe(q->platform->td), NULL, c->buffer, c->assembler.want,
				   &c->reply, &c->size, NULL);
	if (r == 0 && q->platform->faults.qgs_half_close)
		c->size /= 2;
	if (r == 0)
		r = control(q, EPOLL_CTL_MOD, c->fd, EPOLLOUT, (uint32_t)(c - q->connections));
	if (r != 0)
		end(q, c);
}

void run_qgs_serve(struct run_qgs *q)
{
	struct epoll_event events[RUN_QGS_CONNECTIONS + 1];
	int n = epoll_wait(q->epoll, events, ARRAY_SIZE(events), 0);

	for (int i = 0; i < n; i++) {
		struct connection *c;

		if (events[i].data.u32 == LISTENER) {
			begin(q);
			continue;
		}
		c = &q->connections[events[i].data.u32];
		if (c->reply)
			send_some(q, c);
		else
			receive_some(q, c);
	}
}

static int listen_at(struct run_qgs *q, const char *path)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	auto_free char *cwd = path[0] == '/' ? strdup("") : getcwd(NULL, 0);
	auto_free char *absolute = NULL;

	if (!cwd || asprintf(&absolute, "%s%s%s", cwd, cwd[0] ? "/" : "", path) < 0) {
		absolute = NULL;
		return -ENOMEM;
	}
	if (strlen(path) >= sizeof(name.sun_path))
		return -ENAMETOOLONG;
	memcpy(name.sun_path, path, strlen(path) + 1);
	q->epoll = epoll_create1(EPOLL_CLOEXEC);
	q->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (q->epoll < 0 || q->listener < 0)
		return -errno;
	if (bind(q->listener, (const struct sockaddr *)&name, sizeof(name)) < 0)
		return -errno;
	q->path = take_ptr(absolute);
	if (chmod(q->path, 0600) < 0)
		return -errno;
	if (q->platform->faults.qgs_down) /* connections are refused */
		return 0;
	if (listen(q->listener, SOMAXCONN) < 0)
		return -errno;
	return control(q, EPOLL_CTL_ADD, q->listener, EPOLLIN, LISTENER);
}

int run_qgs_new(const char *address, const struct run_platform *platform, struct run_qgs **ret,
		struct jurat_error *err)
{
	struct run_qgs *q;
	int r;

	if (strncmp(address, "unix:", 5) != 0 || address[5] == '\0')
		return jurat_fail(err, -EINVAL, "--qgs wants unix:PATH, not '%s'", address);
	if (!platform->td)
		return jurat_fail(err, -EINVAL, "--qgs wants a guest of TDX");
	q = calloc(1, sizeof(*q));
	if (!q)
		return jurat_fail(err, -ENOMEM, "out of memory");
	q->platform = platform;
	q->listener = q->epoll = -1;
	for (int i = 0; i < RUN_QGS_CONNECTIONS; i++)
		q->connections[i].fd = -1;
	r = listen_at(q, address + 5);
	if (r < 0) {
		run_qgs_free(q);
		return jurat_fail(err, r, "cannot listen on '%s': %s", address + 5, strerror(-r));
	}
	*ret = q;
	return 0;
}

void run_qgs_free(struct run_qgs *q)
{
	if (!q)
		return;
	for (int i = 0; i < RUN_QGS_CONNECTIONS; i++)
		if (q->connections[i].fd >= 0)
			end(q, &q->connections[i]);
	if (q->listener >= 0)
		close(q->listener);
	if (q->epoll >= 0)
		close(q->epoll);
	if (q->path)
		unlink(q->path);
	free(q->path);
	free(q);
}

const char *run_qgs_path(const struct run_qgs *q)
{
	return q ? q->path : NULL;
}

int run_qgs_fd(const struct run_qgs *q)
{
	return q->epoll;
}
