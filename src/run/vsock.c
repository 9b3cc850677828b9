/* SPDX-License-Identifier: MIT */
#include "run/vsock.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <linux/vm_sockets.h>

#include "base/cleanup.h"

enum { SOCKET_TYPE_MASK = 0xf, SOCKET_TYPES = 11 }; /* Source: Linux include/linux/net.h */
enum { FIRST_PORT = 1024 };                         /* first port that Linux assigns automatically */

struct run_vsock {
	struct run_platform *platform;
	struct run_qgs *qgs;
	unsigned port;
	struct sockaddr_un mark; /* prefix of the names of all sockets of the run */
	size_t mark_bytes;
	uint64_t n_sockets;
};

static run_call_fn on_call;

int run_vsock_new(struct run_platform *platform, struct run_qgs *qgs, unsigned port, struct run_calls *calls,
		  struct run_vsock **ret, struct jurat_error *err)
{
	const char *name = strrchr(platform->temp, '/');
	struct run_vsock *v = calloc(1, sizeof(*v));

	if (!v)
		return jurat_fail_memory(err);
	v->platform = platform;
	v->qgs = qgs;
	v->port = port;
	v->mark.sun_family = AF_UNIX; /* abstract names begin with a NUL */
	snprintf(v->mark.sun_path + 1, sizeof(v->mark.sun_path) / 2, "%s-%d-vsock-", name ? name + 1 : "",
		 (int)getpid());
	v->mark_bytes = offsetof(struct sockaddr_un, sun_path) + 1 + strlen(v->mark.sun_path + 1);
	run_calls_add(calls, RUN_INTERCEPT_VSOCK, on_call, v);
	*ret = v;
	return 0;
}

void run_vsock_free(struct run_vsock *v)
{
	free(v);
}

/* In the order of Linux's checks. Source: net/socket.c, net/vmw_vsock/af_vsock.c. */
static int check_socket(int type, int protocol)
{
	int flags = type & ~SOCKET_TYPE_MASK, kind = type & SOCKET_TYPE_MASK;

	if (flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK) || kind >= SOCKET_TYPES)
		return -EINVAL;
	if (protocol != 0 && protocol != AF_VSOCK)
		return -EPROTONOSUPPORT;
	if (kind == SOCK_DGRAM)
		return -ENODEV;
	return kind == SOCK_STREAM ? 0 : -ESOCKTNOSUPPORT;
}

/* The abstract name identifies the socket in every process and under every descriptor. */
static int new_socket(struct run_vsock *v, int flags)
{
	struct sockaddr_un name = v->mark;
	auto_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | (flags & SOCK_NONBLOCK), 0);
	size_t at = v->mark_bytes - offsetof(struct sockaddr_un, sun_path);
	int n = snprintf(name.sun_path + at, sizeof(name.sun_path) - at, "%llu",
			 (unsigned long long)v->n_sockets++);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&name, (socklen_t)v->mark_bytes + (socklen_t)n) < 0)
		return -errno;
	return take_fd(fd);
}

static bool on_socket(struct run_vsock *v, struct run_calls *calls)
{
	const struct seccomp_data *call = run_calls_now(calls);
	int type = (int)call->args[1], r = check_socket(type, (int)call->args[2]);
	auto_close int fd = -1;

	if ((int)call->args[0] != AF_VSOCK)
		return false;
	if (r == 0)
		r = fd = new_socket(v, type);
	if (r >= 0)
		r = run_calls_give(calls, fd, type & SOCK_CLOEXEC);
	trace_say(v->platform->trace, "guest program", "guest kernel", "socket(AF_VSOCK, %#x): %s", type,
		  r < 0 ? strerror(-r) : "made");
	if (r < 0)
		run_calls_answer(calls, r);
	return true;
}

/* The socket's serial number. */
static bool is_ours(const struct run_vsock *v, int fd, uint64_t *ret_number)
{
	struct sockaddr_un name = { 0 };
	socklen_t size = sizeof(name);

	if (getsockname(fd, (struct sockaddr *)&name, &size) < 0 || size <= v->mark_bytes ||
	    size >= sizeof(name) || memcmp(&name, &v->mark, v->mark_bytes) != 0)
		return false;
	*ret_number = strtoull((const char *)&name + v->mark_bytes, NULL, 10);
	return true;
}

/* The caller's descriptor if it is a socket of the run; -1: it is not. */
static int copy_ours(struct run_vsock *v, const struct run_calls *calls, uint64_t *ret_number)
{
	auto_close int fd = run_calls_copy_descriptor(calls, (int)run_calls_now(calls)->args[0]);

	return fd >= 0 && is_ours(v, fd, ret_number) ? take_fd(fd) : -1;
}

/* connect(2) of a Linux guest whose host has one listener. */
static int connect_to(struct run_vsock *v, int fd, const struct sockaddr_vm *to)
{
	int r;

	if (to->svm_cid != VMADDR_CID_HOST)
		return -ENODEV;
	if (to->svm_port != v->port)
		return -ECONNRESET;
	r = run_qgs_connect(v->qgs, fd);
	return r == -ECONNREFUSED ? -ECONNRESET : r;
}

static bool on_connect(struct run_vsock *v, struct run_calls *calls)
{
	const struct seccomp_data *call = run_calls_now(calls);
	struct run_user_memory user;
	struct sockaddr_vm to = { 0 };
	auto_close int fd = -1;
	uint64_t number;
	int r;

	if ((uint32_t)call->args[2] != sizeof(to))
		return false;
	run_calls_memory(calls, &user);
	/* Report inaccessible memory only for a program that needs it. */
	if (v->n_sockets > 0)
		user.refused = &v->platform->memory_refused;
	if (user.memory.read(user.memory.ctx, call->args[1], &to, sizeof(to)) == 0 &&
	    to.svm_family == AF_VSOCK)
		fd = copy_ours(v, calls, &number);
	if (fd < 0)
		return false;
	if (!run_calls_waits(calls))
		return true;
	r = connect_to(v, fd, &to);
	trace_say(v->platform->trace, "guest program", "quoting service", "connect(vsock %u:%u): %s",
		  to.svm_cid, to.svm_port, r < 0 ? strerror(-r) : "connected");
	run_calls_answer(calls, r);
	return true;
}

/* As in Linux: an unbound socket is assigned a port but no CID. */
static int name_of(const struct run_vsock *v, int fd, bool peer, uint64_t number, struct sockaddr_vm *ret)
{
	struct sockaddr_un other;
	socklen_t size = sizeof(other);
	bool connected = getpeername(fd, (struct sockaddr *)&other, &size) == 0;

	if (peer && !connected)
		return -ENOTCONN;
	*ret = (struct sockaddr_vm){
		.svm_family = AF_VSOCK,
		.svm_cid = peer ? VMADDR_CID_HOST : VMADDR_CID_ANY,
		.svm_port = peer        ? v->port
			    : connected ? FIRST_PORT + (unsigned)number
					: VMADDR_PORT_ANY,
	};
	return 0;
}

static bool on_name(struct run_vsock *v, struct run_calls *calls, bool peer)
{
	struct sockaddr_vm name;
	uint64_t number;
	auto_close int fd = copy_ours(v, calls, &number);
	int r;

	if (fd < 0)
		return false;
	if (!run_calls_waits(calls))
		return true;
	r = name_of(v, fd, peer, number, &name);
	if (r == 0)
		r = run_calls_give_name(calls, &name, sizeof(name));
	run_calls_answer(calls, r);
	return true;
}

static bool on_call(void *ctx, struct run_calls *calls)
{
	const int nr = run_calls_now(calls)->nr;

	switch (nr) {
	case SYS_socket:
		return on_socket(ctx, calls);
	case SYS_connect:
		return on_connect(ctx, calls);
	case SYS_getsockname:
	case SYS_getpeername:
		return on_name(ctx, calls, nr == SYS_getpeername);
	}
	return false;
}
