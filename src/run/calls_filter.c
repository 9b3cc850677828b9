/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/vm_sockets.h>

#include "base/cleanup.h"
#include "run/calls.h"

#if defined(__x86_64__)
#define FILTER_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define FILTER_ARCH AUDIT_ARCH_AARCH64
#endif

#ifdef FILTER_ARCH
#define LOAD(field)             BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define IF(value, then, else)   BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), (then), (else))
#define AT_LEAST(v, then, else) BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (v), (then), (else))
#define RETURN(action)          BPF_STMT(BPF_RET | BPF_K, (action))

struct filter {
	struct sock_filter code[32];
	unsigned short n;
};

static void add(struct filter *f, const struct sock_filter *code, size_t n)
{
	assert(n <= ARRAY_SIZE(f->code) - f->n);
	for (size_t i = 0; i < n; i++)
		f->code[f->n++] = code[i];
}
#define ADD(f, ...)                                                                                          \
	add(f, (const struct sock_filter[]){ __VA_ARGS__ },                                                  \
	    sizeof((const struct sock_filter[]){ __VA_ARGS__ }) / sizeof(struct sock_filter))

/*
 * A filter cannot inspect a descriptor or follow a pointer. Of an argument it loads the low half: the system
 * calls take an int, and both architectures are little-endian.
 */
static void write_filter(struct filter *f, unsigned intercept)
{
	ADD(f, LOAD(arch), IF(FILTER_ARCH, 1, 0), /* calls of 32-bit programs are not intercepted */
	    RETURN(SECCOMP_RET_ALLOW), LOAD(nr));
	ADD(f, IF(SYS_getpeername, 0, 1), RETURN(SECCOMP_RET_USER_NOTIF));
	if (intercept & RUN_INTERCEPT_VSOCK) {
		ADD(f, IF(SYS_getsockname, 0, 1), RETURN(SECCOMP_RET_USER_NOTIF));
		ADD(f, IF(SYS_socket, 0, 4), LOAD(args[0]), IF(AF_VSOCK, 0, 1),
		    RETURN(SECCOMP_RET_USER_NOTIF), RETURN(SECCOMP_RET_ALLOW));
	}
	ADD(f, IF(SYS_connect, 0, 4), LOAD(args[2]));
	if (intercept & RUN_INTERCEPT_TCP)
		ADD(f, AT_LEAST(sizeof(struct sockaddr_in), 0, 1));
	else
		ADD(f, IF(sizeof(struct sockaddr_vm), 0, 1));
	ADD(f, RETURN(SECCOMP_RET_USER_NOTIF), RETURN(SECCOMP_RET_ALLOW));
	ADD(f, RETURN(SECCOMP_RET_ALLOW));
}
static_assert(sizeof(struct sockaddr_vm) == sizeof(struct sockaddr_in), "one interception serves both");

/*
 * WAIT_KILLABLE_RECV (Linux 5.19): a signal does not interrupt a call that was received. SPEC_ALLOW:
 * kernels before 5.16 would otherwise slow down the program with their Spectre mitigations.
 */
static int install(unsigned intercept)
{
	struct filter filter = { .n = 0 };
	struct sock_fprog program = { .filter = filter.code };
	unsigned long flags = SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	long fd;

	write_filter(&filter, intercept);
	program.len = filter.n;
	fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
		     &program);
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

/* The option that needs it, and what else to do. */
struct advice {
	const char *option, *instead, *or_there;
};

static struct advice advice_for(unsigned intercept)
{
	if (intercept & RUN_INTERCEPT_VSOCK)
		return (struct advice){ "--qgs vsock", "use --qgs unix:PATH",
					"use --qgs unix:PATH in one of them" };
	return (struct advice){ "--endorsements",
				"run it as root, or set sysctl net.ipv4.ip_unprivileged_port_start=443",
				"use the option in one of them, or run this one as root" };
}

static int no_interception(int r, unsigned intercept, struct jurat_error *err)
{
	const struct advice advice = advice_for(intercept);

	if (r == -EBUSY)
		return jurat_fail(
			err, r,
			"%s: another process (a jurat run with such an option, or a container's supervisor) "
			"already intercepts system calls here, and the kernel allows only one: %s (%s)",
			advice.option, advice.or_there, strerror(-r));
	if (r == -EOPNOTSUPP)
		return jurat_fail(err, r, "%s: expected Linux 5.14 or later on x86-64 or aarch64: %s (%s)",
				  advice.option, advice.instead, strerror(-r));
	return jurat_fail(err, r,
			  "%s: seccomp user notification is not available with this kernel or container "
			  "policy: allow seccomp(2), or %s (%s)",
			  advice.option, advice.instead, strerror(-r));
}

int run_calls_intercept(unsigned intercept, int *ret_fd, struct jurat_error *err)
{
#ifdef FILTER_ARCH
	auto_close int fd = -1;

	if (intercept & RUN_INTERCEPT_VSOCK && is_forbidden())
		return jurat_fail(
			err, -EPERM,
			"--qgs vsock: a seccomp profile forbids vsock sockets: %s (start the container with "
			"--security-opt seccomp=unconfined, or use --qgs unix:PATH)",
			strerror(EPERM));
	fd = install(intercept);
	if (fd < 0)
		return no_interception(fd, intercept, err);
	if (!is_recent(fd))
		return no_interception(-EOPNOTSUPP, intercept, err);
	*ret_fd = take_fd(fd);
	return 0;
#else
	return no_interception(-EOPNOTSUPP, intercept, err);
#endif
}
