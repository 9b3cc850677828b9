/* SPDX-License-Identifier: MIT */
#include "run/vsock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <linux/vm_sockets.h>

#include "base/cleanup.h"
#include "run/user_memory.h"

enum { SOCKET_TYPE_MASK = 0xf, SOCKET_TYPES = 11 }; /* Source: Linux include/linux/net.h */
enum { FIRST_PORT = 1024 };                         /* first port that Linux assigns automatically */

struct run_vsock {
	struct run_platform *platform;
	struct run_qgs *qgs;
	unsigned port;
	int fd;                  /* -1: not attached yet */
	struct sockaddr_un mark; /* prefix of the names of all sockets of the run */
	size_t mark_bytes;
	uint64_t n_sockets;
	struct seccomp_notif *call; /* both as large as the kernel's structures */
	struct seccomp_notif_resp *answer;
	size_t call_bytes, answer_bytes;
};

int run_vsock_new(struct run_platform *platform, struct run_qgs *qgs, unsigned port, struct run_vsock **ret,
		  struct jurat_error *err)
{
	const char *name = strrchr(platform->temp, '/');
	struct run_vsock *v = calloc(1, sizeof(*v));
	struct seccomp_notif_sizes sizes = { 0 };

	if (!v)
		return jurat_fail_memory(err);
	/* If the kernel lacks it, the start of the program fails with a message. */
	(void)!syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes);
	v->call_bytes = sizes.seccomp_notif > sizeof(*v->call) ? sizes.seccomp_notif : sizeof(*v->call);
	v->answer_bytes =
		sizes.seccomp_notif_resp > sizeof(*v->answer) ? sizes.seccomp_notif_resp : sizeof(*v->answer);
	v->platform = platform;
	v->qgs = qgs;
	v->port = port;
	v->fd = -1;
	v->call = calloc(1, v->call_bytes);
	v->answer = calloc(1, v->answer_bytes);
	if (!v->call || !v->answer) {
		run_vsock_free(v);
		return jurat_fail_memory(err);
	}
	v->mark.sun_family = AF_UNIX; /* abstract names begin with a NUL */
	snprintf(v->mark.sun_path + 1, sizeof(v->mark.sun_path) / 2, "%s-%d-vsock-", name ? name + 1 : "",
		 (int)getpid());
	v->mark_bytes = offsetof(struct sockaddr_un, sun_path) + 1 + strlen(v->mark.sun_path + 1);
	*ret = v;
	return 0;
}

void run_vsock_free(struct run_vsock *v)
{
	if (!v)
		return;
	if (v->fd >= 0)
		close(v->fd);
	free(v->call);
	free(v->answer);
	free(v);
}

void run_vsock_attach(struct run_vsock *v, int fd)
{
	if (v->fd >= 0)
		close(v->fd);
	v->fd = fd;
}

int run_vsock_fd(const struct run_vsock *v)
{
	return v->fd;
}

/* Ignores failures: the caller may have been killed. */
static void answer(struct run_vsock *v, int r, uint32_t flags)
{
	memset(v->answer, 0, v->answer_bytes);
	v->answer->id = v->call->id;
	v->answer->error = r;
	v->answer->flags = flags;
	ioctl(v->fd, SECCOMP_IOCTL_NOTIF_SEND, v->answer);
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

static void on_socket(struct run_vsock *v)
{
	int type = (int)v->call->data.args[1], r = check_socket(type, (int)v->call->data.args[2]);
	struct seccomp_notif_addfd add = {
		.id = v->call->id,
		.flags = SECCOMP_ADDFD_FLAG_SEND,
		.newfd_flags = type & SOCK_CLOEXEC ? O_CLOEXEC : 0,
	};
	auto_close int fd = -1;

	if (r == 0)
		r = fd = new_socket(v, type);
	if (r >= 0) {
		add.srcfd = (unsigned)fd;
		r = ioctl(v->fd, SECCOMP_IOCTL_NOTIF_ADDFD, &add) < 0 ? -errno : 0; /* also answers */
	}
	run_trace_say(v->platform->trace, "guest program", "guest kernel", "socket(AF_VSOCK, %#x): %s", type,
		      r < 0 ? strerror(-r) : "made");
	if (r < 0)
		answer(v, r, 0);
}

static pid_t group_of(pid_t thread)
{
	char path[64], line[256];
	int group = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)thread);
	f = fopen(path, "re");
	while (f && group < 0 && fgets(line, sizeof(line), f))
		if (!strncmp(line, "Tgid:", 5))
			group = (int)strtol(line + 5, NULL, 10);
	if (f)
		fclose(f);
	return group;
}

/*
 * Duplicates the caller's descriptor. A thread can have its own descriptor table; PIDFD_THREAD (Linux 6.9)
 * selects it.
 */
static int copy_descriptor(pid_t thread, int number)
{
	auto_close int pid = (int)syscall(SYS_pidfd_open, thread, O_EXCL /* PIDFD_THREAD */);
	long fd;

	if (pid < 0)
		pid = (int)syscall(SYS_pidfd_open, group_of(thread), 0);
	fd = pid < 0 ? -1 : syscall(SYS_pidfd_getfd, pid, number, 0);
	return fd < 0 ? -errno : (int)fd;
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

/* The caller's descriptor if it is a socket of the run; -1: the kernel handles the call. */
static int copy_ours(struct run_vsock *v, uint64_t *ret_number)
{
	auto_close int fd = copy_descriptor((pid_t)v->call->pid, (int)v->call->data.args[0]);

	return fd >= 0 && is_ours(v, fd, ret_number) ? take_fd(fd) : -1;
}

/* Whether the caller is still waiting; otherwise its thread id may have been reused. */
static bool still_waits(const struct run_vsock *v)
{
	uint64_t id = v->call->id;

	return ioctl(v->fd, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
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

static void on_connect(struct run_vsock *v)
{
	struct run_user_memory user;
	struct sockaddr_vm to = { 0 };
	auto_close int fd = -1;
	uint64_t number;
	int r;

	/* Report inaccessible memory only for a program that needs it. */
	run_user_memory_init(&user, (pid_t)v->call->pid, v->platform);
	if (v->n_sockets == 0)
		user.refused = NULL;
	if (user.memory.read(user.memory.ctx, v->call->data.args[1], &to, sizeof(to)) == 0 &&
	    to.svm_family == AF_VSOCK)
		fd = copy_ours(v, &number);
	if (fd < 0) {
		answer(v, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
		return;
	}
	if (!still_waits(v))
		return;
	r = connect_to(v, fd, &to);
	run_trace_say(v->platform->trace, "guest program", "quoting service", "connect(vsock %u:%u): %s",
		      to.svm_cid, to.svm_port, r < 0 ? strerror(-r) : "connected");
	answer(v, r, 0);
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

/* Source: Linux net/socket.c, move_addr_to_user(). */
static int give_name(struct run_user_memory *user, const struct sockaddr_vm *name, uint64_t to,
		     uint64_t to_size)
{
	const int full = sizeof(*name);
	int size, r = user->memory.read(user->memory.ctx, to_size, &size, sizeof(size));

	if (r < 0)
		return r;
	if (size < 0)
		return -EINVAL;
	if (size > full)
		size = full;
	if (size > 0)
		r = user->memory.write(user->memory.ctx, to, name, (size_t)size);
	return r < 0 ? r : user->memory.write(user->memory.ctx, to_size, &full, sizeof(full));
}

static void on_name(struct run_vsock *v, bool peer)
{
	struct run_user_memory user;
	struct sockaddr_vm name;
	uint64_t number;
	auto_close int fd = copy_ours(v, &number);
	int r;

	if (fd < 0) {
		answer(v, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
		return;
	}
	if (!still_waits(v))
		return;
	run_user_memory_init(&user, (pid_t)v->call->pid, v->platform);
	r = name_of(v, fd, peer, number, &name);
	if (r == 0)
		r = give_name(&user, &name, v->call->data.args[1], v->call->data.args[2]);
	answer(v, r, 0);
}

static void on_call(struct run_vsock *v)
{
	switch (v->call->data.nr) {
	case SYS_socket:
		on_socket(v);
		break;
	case SYS_connect:
		on_connect(v);
		break;
	default:
		on_name(v, v->call->data.nr == SYS_getpeername);
		break;
	}
}

int run_vsock_serve(struct run_vsock *v)
{
	struct pollfd ready = { .fd = v->fd, .events = POLLIN };

	/* Older kernels block if no call is pending or the program has ended. */
	if (poll(&ready, 1, 0) <= 0)
		return 0;
	if (!(ready.revents & POLLIN))
		return -ENODEV;
	memset(v->call, 0, v->call_bytes);
	if (ioctl(v->fd, SECCOMP_IOCTL_NOTIF_RECV, v->call) < 0)
		return errno == ENOENT || errno == EINTR ? 0 : -errno; /* ENOENT: caller killed */
	on_call(v);
	return 0;
}
