/* SPDX-License-Identifier: MIT */
#include "daemon/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"

/* Of one need each; 0: of all roles. */
enum { ALL = 0, VSOCK = SANDBOX_NEEDS_VSOCK, NETWORK = SANDBOX_NEEDS_NETWORK, FILES = SANDBOX_NEEDS_FILES };

/*
 * Allowed with any arguments. Names that an architecture or an older libseccomp lacks are skipped: glibc and
 * musl use different calls for the same, and so do x86-64 and aarch64.
 */
static const struct {
	unsigned needs;
	const char *call;
} allowed[] = {
	/* memory and threads */
	{ ALL, "brk" },
	{ ALL, "exit" },
	{ ALL, "exit_group" },
	{ ALL, "futex" },
	{ ALL, "getcpu" },
	{ ALL, "madvise" },
	{ ALL, "membarrier" },
	{ ALL, "mlock" },
	{ ALL, "mlock2" },
	{ ALL, "mremap" },
	{ ALL, "munlock" },
	{ ALL, "munmap" },
	{ ALL, "restart_syscall" },
	{ ALL, "rseq" },
	{ ALL, "rt_sigaction" },
	{ ALL, "rt_sigprocmask" },
	{ ALL, "rt_sigreturn" },
	{ ALL, "sched_getaffinity" },
	{ ALL, "sched_yield" },
	{ ALL, "set_robust_list" },
	{ ALL, "set_tid_address" },
	{ ALL, "sigaltstack" },
	/* who and when */
	{ ALL, "clock_getres" },
	{ ALL, "clock_gettime" },
	{ ALL, "clock_nanosleep" },
	{ ALL, "getegid" },
	{ ALL, "geteuid" },
	{ ALL, "getgid" },
	{ ALL, "getpid" },
	{ ALL, "getppid" },
	{ ALL, "getrandom" },
	{ ALL, "getrlimit" },
	{ ALL, "getrusage" },
	{ ALL, "gettid" },
	{ ALL, "gettimeofday" },
	{ ALL, "getuid" },
	{ ALL, "nanosleep" },
	{ ALL, "sysinfo" },
	{ ALL, "time" },
	{ ALL, "uname" },
	/* descriptors and events */
	{ ALL, "close" },
	{ ALL, "dup" },
	{ ALL, "epoll_create1" },
	{ ALL, "epoll_ctl" },
	{ ALL, "epoll_pwait" },
	{ ALL, "epoll_pwait2" },
	{ ALL, "epoll_wait" },
	{ ALL, "eventfd2" },
	{ ALL, "fcntl" },
	{ ALL, "lseek" },
	{ ALL, "pipe2" },
	{ ALL, "poll" },
	{ ALL, "ppoll" },
	{ ALL, "pread64" },
	{ ALL, "preadv" },
	{ ALL, "pselect6" },
	{ ALL, "read" },
	{ ALL, "readv" },
	{ ALL, "select" },
	{ ALL, "write" },
	{ ALL, "writev" },
	/* sockets */
	{ ALL, "accept" },
	{ ALL, "accept4" },
	{ ALL, "connect" },
	{ ALL, "getpeername" },
	{ ALL, "getsockname" },
	{ ALL, "getsockopt" },
	{ ALL, "recvfrom" },
	{ ALL, "recvmsg" },
	{ ALL, "sendmsg" },
	{ ALL, "sendto" },
	{ ALL, "setsockopt" },
	{ ALL, "shutdown" },
	/* files: the configuration is read again, and sockets are removed at the end */
	{ ALL, "access" },
	{ ALL, "faccessat" },
	{ ALL, "faccessat2" },
	{ ALL, "fstat" },
	{ ALL, "fstatfs" },
	{ ALL, "getcwd" },
	{ ALL, "getdents64" },
	{ ALL, "lstat" },
	{ ALL, "newfstatat" },
	{ ALL, "readlink" },
	{ ALL, "readlinkat" },
	{ ALL, "stat" },
	{ ALL, "statfs" },
	{ ALL, "statx" },
	{ ALL, "unlink" },
	{ ALL, "unlinkat" },
	/* host names: the resolver, and a netlink socket that tells it whether there is IPv6 */
	{ NETWORK, "bind" },
	{ NETWORK, "recvmmsg" },
	{ NETWORK, "sendmmsg" },
	{ NETWORK, "socketpair" },
	/* a stock of files */
	{ FILES, "chmod" },
	{ FILES, "copy_file_range" },
	{ FILES, "fadvise64" },
	{ FILES, "fallocate" },
	{ FILES, "fchmod" },
	{ FILES, "fchmodat" },
	{ FILES, "fdatasync" },
	{ FILES, "flock" },
	{ FILES, "fsync" },
	{ FILES, "ftruncate" },
	{ FILES, "link" },
	{ FILES, "linkat" },
	{ FILES, "mkdir" },
	{ FILES, "mkdirat" },
	{ FILES, "open" },
	{ FILES, "openat" },
	{ FILES, "pwrite64" },
	{ FILES, "rename" },
	{ FILES, "renameat" },
	{ FILES, "renameat2" },
	{ FILES, "rmdir" },
	{ FILES, "sendfile" },
	{ FILES, "umask" },
	{ FILES, "utimensat" },
};

enum {
	ANY_THREAD_FLAGS = CLONE_THREAD | CLONE_NEWNS | CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWPID |
			   CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP,
	WRITE_FLAGS = O_ACCMODE | O_CREAT | O_TRUNC,
	EXACT = -1,
};

/* Allowed if the bits of `mask` in the argument are `value`, the same for a second argument with a mask. */
static const struct condition {
	unsigned needs;
	const char *call;
	struct {
		unsigned number;
		int mask, value;
	} args[2];
} conditions[] = {
	/* threads, but no processes and namespaces */
	{ ALL, "clone", { { 0, ANY_THREAD_FLAGS, CLONE_THREAD } } },
	/* no memory and no file becomes executable: libraries are loaded before (resolver.h) */
	{ ALL, "mmap", { { 2, PROT_EXEC, 0 } } },
	{ ALL, "mmap2", { { 2, PROT_EXEC, 0 } } },
	{ ALL, "mprotect", { { 2, PROT_EXEC, 0 } } },
	{ ALL, "open", { { 1, WRITE_FLAGS, O_RDONLY } } },
	{ ALL, "openat", { { 2, WRITE_FLAGS, O_RDONLY } } },
	{ ALL, "ioctl", { { 1, EXACT, FIONBIO } } },
	{ ALL, "ioctl", { { 1, EXACT, FIOCLEX } } },
	{ ALL, "ioctl", { { 1, EXACT, FIONREAD } } },
	{ ALL, "prctl", { { 0, EXACT, PR_SET_NAME } } },
	{ ALL, "prlimit64", { { 0, EXACT, 0 } } }, /* its own limits */
	{ ALL, "socket", { { 0, EXACT, AF_UNIX } } },
	{ ALL, "socket", { { 0, EXACT, AF_INET }, { 1, 0xf, SOCK_STREAM } } },
	{ VSOCK, "socket", { { 0, EXACT, AF_VSOCK } } },
	{ NETWORK, "socket", { { 0, EXACT, AF_INET }, { 1, 0xf, SOCK_DGRAM } } },
	{ NETWORK, "socket", { { 0, EXACT, AF_INET6 } } },
	{ NETWORK, "socket", { { 0, EXACT, AF_NETLINK }, { 2, EXACT, 0 /* NETLINK_ROUTE */ } } },
};

/* Legitimate in no role, at no time after the start. */
static const char *const fatal[] = {
	"acct",
	"add_key",
	"adjtimex",
	"bpf",
	"chroot",
	"clock_adjtime",
	"clock_settime",
	"delete_module",
	"execve",
	"execveat",
	"finit_module",
	"fork",
	"fsconfig",
	"fsmount",
	"fsopen",
	"fspick",
	"init_module",
	"ioperm",
	"iopl",
	"kcmp",
	"kexec_file_load",
	"kexec_load",
	"keyctl",
	"mknod",
	"mknodat",
	"modify_ldt",
	"mount",
	"mount_setattr",
	"move_mount",
	"open_by_handle_at",
	"open_tree",
	"perf_event_open",
	"pidfd_getfd",
	"pivot_root",
	"process_madvise",
	"process_vm_readv",
	"process_vm_writev",
	"ptrace",
	"quotactl",
	"reboot",
	"request_key",
	"setdomainname",
	"setgid",
	"setgroups",
	"sethostname",
	"setns",
	"setregid",
	"setresgid",
	"setresuid",
	"setreuid",
	"settimeofday",
	"setuid",
	"swapoff",
	"swapon",
	"syslog",
	"umount2",
	"unshare",
	"userfaultfd",
	"vfork",
	"vhangup",
};

#ifdef DAEMON_COVERAGE
/* gcov writes its files when the process ends. */
static const unsigned always = SANDBOX_NEEDS_FILES;
#else
static const unsigned always;
#endif

const char *sandbox_mode_name(enum sandbox_mode mode)
{
	static const char *const names[] = { "on", "off", "log", "kill" };

	return names[mode];
}

enum sandbox_mode sandbox_effective_mode(enum sandbox_mode mode)
{
#ifdef DAEMON_SANITIZERS
	return SANDBOX_OFF;
#else
	return mode;
#endif
}

static bool needed(unsigned wants, unsigned needs)
{
	return wants == ALL || (needs | always) & wants;
}

static const char *name_at(size_t i)
{
	return i < ARRAY_SIZE(allowed) ? allowed[i].call : conditions[i - ARRAY_SIZE(allowed)].call;
}

const char *sandbox_allowed(unsigned needs, size_t i)
{
	for (size_t k = 0; k < ARRAY_SIZE(allowed) + ARRAY_SIZE(conditions); k++) {
		const unsigned wants = k < ARRAY_SIZE(allowed) ? allowed[k].needs
							       : conditions[k - ARRAY_SIZE(allowed)].needs;

		if (needed(wants, needs) && i-- == 0)
			return name_at(k);
	}
	return NULL;
}

/* ---- the filter */

/* The call's number, or __NR_SCMP_ERROR: this libseccomp knows no call of that name. */
static int add(scmp_filter_ctx filter, uint32_t action, const char *call, unsigned n,
	       const struct scmp_arg_cmp *args)
{
	const int number = seccomp_syscall_resolve_name(call);

	if (number == __NR_SCMP_ERROR)
		return 0;
	return seccomp_rule_add_array(filter, action, number, n, args);
}

static struct scmp_arg_cmp compare(unsigned number, int mask, int value)
{
	return (struct scmp_arg_cmp){
		.arg = number, .op = SCMP_CMP_MASKED_EQ, .datum_a = (uint32_t)mask, .datum_b = (uint32_t)value
	};
}

static int add_condition(scmp_filter_ctx filter, const struct condition *c)
{
	struct scmp_arg_cmp args[ARRAY_SIZE(c->args)];
	unsigned n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(c->args); i++)
		if (c->args[i].mask != 0)
			args[n++] = compare(c->args[i].number, c->args[i].mask, c->args[i].value);
	return add(filter, SCMP_ACT_ALLOW, c->call, n, args);
}

/* abort(3) and raise(3): signals to itself. */
static int add_own_signals(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp self = compare(0, EXACT, getpid());

	return add(filter, SCMP_ACT_ALLOW, "tgkill", 1, &self);
}

static int add_all(scmp_filter_ctx filter, enum sandbox_mode mode, unsigned needs)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(allowed); i++)
		if (needed(allowed[i].needs, needs))
			r = add(filter, SCMP_ACT_ALLOW, allowed[i].call, 0, NULL);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(conditions); i++)
		if (needed(conditions[i].needs, needs))
			r = add_condition(filter, &conditions[i]);
	if (r == 0)
		r = add_own_signals(filter);
	if (r == 0 && mode != SANDBOX_LOG)
		r = add(filter, SCMP_ACT_ERRNO(ENOSYS), "clone3", 0, NULL);
	for (size_t i = 0; r == 0 && mode == SANDBOX_ON && i < ARRAY_SIZE(fatal); i++)
		r = add(filter, SCMP_ACT_KILL_PROCESS, fatal[i], 0, NULL);
	return r;
}

static void release(scmp_filter_ctx *filter)
{
	if (*filter)
		seccomp_release(*filter);
}

int sandbox_install(enum sandbox_mode mode, unsigned needs, struct jurat_error *err)
{
	static const uint32_t defaults[] = { [SANDBOX_ON] = SCMP_ACT_ERRNO(EPERM),
					     [SANDBOX_LOG] = SCMP_ACT_LOG,
					     [SANDBOX_KILL] = SCMP_ACT_KILL_PROCESS };
	auto_call(release) scmp_filter_ctx filter = NULL;
	int r;

	mode = sandbox_effective_mode(mode);
	if (mode == SANDBOX_OFF)
		return 0;
	filter = seccomp_init(defaults[mode]);
	if (!filter)
		return jurat_fail_memory(err);
	/* Calls of other architectures that this processor has, such as those of i386. */
	r = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (r == 0)
		r = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	if (r == 0)
		r = seccomp_attr_set(filter, SCMP_FLTATR_CTL_LOG, 1);
	if (r == 0)
		r = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE,
				     2); /* a tree: each call costs the same */
	if (r == 0)
		r = seccomp_attr_set(filter, SCMP_FLTATR_API_SYSRAWRC,
				     1); /* the kernel's errors as they are */
	if (r == 0)
		r = add_all(filter, mode, needs);
	if (r == 0)
		r = seccomp_load(filter);
	if (r < 0)
		return jurat_fail(err, r, "cannot install the system call filter: %s (see --seccomp)",
				  strerror(-r));
	return 0;
}
