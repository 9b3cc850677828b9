/* SPDX-License-Identifier: MIT */
#include "run/redirect.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"

enum { MPTCP = 262 }; /* IPPROTO_MPTCP, Linux 5.6 */

struct run_redirect {
	struct run_platform *platform;
	struct in_addr address;
	in_port_t port, to; /* in network byte order */
};

/* An IPv4 address, possibly as an IPv4-mapped IPv6 address (RFC 4291 2.5.5.2), as dual-stack sockets use. */
union name {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

static run_call_fn on_call;

int run_redirect_new(struct run_platform *platform, struct in_addr address, in_port_t port, in_port_t to,
		     struct run_calls *calls, struct run_redirect **ret, struct jurat_error *err)
{
	struct run_redirect *r = malloc(sizeof(*r));

	if (!r)
		return jurat_fail_memory(err);
	*r = (struct run_redirect){
		.platform = platform, .address = address, .port = htons(port), .to = htons(to)
	};
	run_calls_add(calls, RUN_INTERCEPT_TCP, on_call, r);
	*ret = r;
	return 0;
}

void run_redirect_free(struct run_redirect *r)
{
	free(r);
}

/* The place of the port in a name of `size` bytes that has this run's address; NULL: it has another. */
static in_port_t *port_at_ours(const struct run_redirect *r, union name *name, size_t size)
{
	if (size >= sizeof(name->in) && name->any.sa_family == AF_INET)
		return name->in.sin_addr.s_addr == r->address.s_addr ? &name->in.sin_port : NULL;
	if (size >= sizeof(name->in6) && name->any.sa_family == AF_INET6 &&
	    IN6_IS_ADDR_V4MAPPED(&name->in6.sin6_addr) &&
	    memcmp(name->in6.sin6_addr.s6_addr + 12, &r->address, sizeof(r->address)) == 0)
		return &name->in6.sin6_port;
	return NULL;
}

static bool is_tcp(int fd)
{
	int protocol = 0;
	socklen_t size = sizeof(protocol);

	return getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) == 0 &&
	       (protocol == IPPROTO_TCP || protocol == MPTCP);
}

/*
 * Connects the program's socket, without waiting. 0 or -errno: the result of the program's call.
 * KERNEL_WAITS: the program's call has to wait, which it does in the kernel when it continues: for a socket
 * that is already connecting, connect(2) ignores the address. The socket's flags are the program's too; its
 * only thread that could depend on O_NONBLOCK now is the one that waits for this.
 */
enum { KERNEL_WAITS = 1 };

static int start_connecting(int fd, const union name *to, size_t size)
{
	int flags = fcntl(fd, F_GETFL), r = 0;
	bool blocks = flags >= 0 && !(flags & O_NONBLOCK);

	if (flags < 0 || (blocks && fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0))
		return -errno;
	if (connect(fd, &to->any, (socklen_t)size) < 0)
		r = -errno;
	if (blocks) {
		(void)fcntl(fd, F_SETFL, flags);
		if (r == -EINPROGRESS || r == -EALREADY)
			r = KERNEL_WAITS;
	}
	return r;
}

static bool on_connect(struct run_redirect *r, struct run_calls *calls)
{
	const struct seccomp_data *call = run_calls_now(calls);
	size_t size = (uint32_t)call->args[2];
	union name to = { .any.sa_family = AF_UNSPEC };
	struct run_user_memory user;
	auto_close int fd = -1;
	in_port_t *port;
	int result;

	if (size > sizeof(to))
		size = sizeof(to);
	run_calls_memory(calls, &user);
	if (user.memory.read(user.memory.ctx, call->args[1], &to, size) < 0)
		return false;
	port = port_at_ours(r, &to, size);
	if (!port || *port != r->port)
		return false;
	fd = run_calls_copy_descriptor(calls, (int)call->args[0]);
	if (fd < 0 || !is_tcp(fd))
		return false;
	if (!run_calls_waits(calls))
		return true;
	*port = r->to;
	result = start_connecting(fd, &to, size);
	trace_say(r->platform->trace, "guest program", "endorsement service", "connect(port %u): %s",
		  ntohs(r->port),
		  result == 0                            ? "connected"
		  : result > 0 || result == -EINPROGRESS ? "connecting"
							 : strerror(-result));
	if (result == KERNEL_WAITS)
		run_calls_continue(calls);
	else
		run_calls_answer(calls, result);
	return true;
}

static bool on_peer(struct run_redirect *r, struct run_calls *calls)
{
	auto_close int fd = run_calls_copy_descriptor(calls, (int)run_calls_now(calls)->args[0]);
	union name name = { .any.sa_family = AF_UNSPEC };
	socklen_t size = sizeof(name);
	in_port_t *port;

	if (fd < 0 || getpeername(fd, &name.any, &size) < 0 || size > sizeof(name))
		return false;
	port = port_at_ours(r, &name, size);
	if (!port || *port != r->to || !is_tcp(fd))
		return false;
	if (!run_calls_waits(calls))
		return true;
	*port = r->port;
	run_calls_answer(calls, run_calls_give_name(calls, &name, (int)size));
	return true;
}

static bool on_call(void *ctx, struct run_calls *calls)
{
	switch (run_calls_now(calls)->nr) {
	case SYS_connect:
		return on_connect(ctx, calls);
	case SYS_getpeername:
		return on_peer(ctx, calls);
	}
	return false;
}
