/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/vm_sockets.h>

#include "base/cleanup.h"
#include "run/vsock.h"

#if defined(__x86_64__)
#define FILTER_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define FILTER_ARCH AUDIT_ARCH_AARCH64
#endif

#ifdef FILTER_ARCH
#define LOAD(field)           BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define IF(value, then, else) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), (then), (else))
#define RETURN(action)        BPF_STMT(BPF_RET | BPF_K, (action))

/*
 * WAIT_KILLABLE_RECV (Linux 5.19): a signal does not interrupt a call that was received. SPEC_ALLOW:
 * kernels before 5.16 would otherwise slow down the program with their Spectre mitigations.
 */
static int install(void)
{
	/*
	 * The low half of the argument: the system call takes an int, and both architectures are
	 * little-endian.
	 */
	struct sock_filter filter[] = {
		LOAD(arch),
		IF(FILTER_ARCH, 0, 10), /* calls of 32-bit programs are not intercepted */
		LOAD(nr),
		IF(SYS_getsockname, 7, 0),
		IF(SYS_getpeername, 6, 0),
		IF(SYS_socket, 0, 2),
		LOAD(args[0]),
		IF(AF_VSOCK, 3, 4),
		IF(SYS_connect, 0, 3),
		LOAD(args[2]),
		IF(sizeof(struct sockaddr_vm), 0, 1),
		RETURN(SECCOMP_RET_USER_NOTIF),
		RETURN(SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = ARRAY_SIZE(filter), .filter = filter };
	unsigned long flags = SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	long fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			  flags | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, &program);

	if (fd < 0 && errno == EINVAL)
		fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
	return fd < 0 ? -errno : (int)fd;
}

/*
 * Whether the kernel can send a response and a descriptor together: it returns ENOENT for a nonexistent call.
 */
static bool is_recent(int fd)
{
	struct seccomp_notif_addfd add = { .flags = SECCOMP_ADDFD_FLAG_SEND, .srcfd = (unsigned)fd };

	return ioctl(fd, SECCOMP_IOCTL_NOTIF_ADDFD, &add) == 0 || errno == ENOENT;
}

/*
 * Whether an earlier filter refuses vsock sockets, as Docker's default profile does: its error takes
 * precedence over a notification. Without a filter, no kernel answers EPERM.
 */
static bool is_forbidden(void)
{
	auto_close int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd < 0 && errno == EPERM;
}
#endif

static int no_interception(int r, struct jurat_error *err)
{
	const char *why = "this kernel, or a container's policy, has no seccomp user notification: allow "
			  "seccomp(2) there, or use --qgs unix:PATH";

	if (r == -EBUSY)
		why = "calls are handed to a process around this one already, a jurat run --qgs vsock:PORT "
		      "or a container's supervisor, and the kernel has them go to one only: use --qgs "
		      "unix:PATH here or there";
	else if (r == -EOPNOTSUPP)
		why = "it needs Linux 5.14 on x86-64 or aarch64: use --qgs unix:PATH";
	return jurat_fail(err, r, "--qgs vsock: %s (%s)", why, strerror(-r));
}

int run_vsock_intercept(int *ret_fd, struct jurat_error *err)
{
#ifdef FILTER_ARCH
	auto_close int fd = -1;

	if (is_forbidden())
		return jurat_fail(
			err, -EPERM,
			"--qgs vsock: a seccomp profile forbids vsock sockets: %s (start the container with "
			"--security-opt seccomp=unconfined, or use --qgs unix:PATH)",
			strerror(EPERM));
	fd = install();
	if (fd < 0)
		return no_interception(fd, err);
	if (!is_recent(fd))
		return no_interception(-EOPNOTSUPP, err);
	*ret_fd = take_fd(fd);
	return 0;
#else
	return no_interception(-EOPNOTSUPP, err);
#endif
}
