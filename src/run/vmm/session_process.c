/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/env.h"
#include "base/installed.h"
#include "run/environment.h"
#include "run/spawn.h"
#include "run/vmm/qgs_faults.h"
#include "run/vmm/session.h"
#include "uapi/tdx.h"
#include "vmm/settings.h"

/*
 * The VMM runs as it is: in no namespace, with the caller's devices, files and user. Its environment names
 * what it is to serve, and preloads the agent.
 */
static const int passed_on[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM };

static int find_library(const struct check_vmm *vmm, char **ret, struct jurat_error *err)
{
	static const struct base_library library = { .name = "libjurat-vmm-check.so",
						     .in_build = "../run/vmm/agent",
						     .to_libdir = JURAT_LIBEXEC_TO_LIB,
						     .libdir = JURAT_LIBDIR };

	if (!vmm->options->library)
		return base_library_find(&library, ret, err);
	*ret = realpath(vmm->options->library, NULL);
	return *ret ? 0 : jurat_fail(err, -errno, "'%s': %s", vmm->options->library, strerror(errno));
}

/* The agent comes last: what makes a VMM serve certificates is above it. */
static int set_preload(const struct check_vmm *vmm, char ***env, struct jurat_error *err)
{
	auto_free char *path = NULL, *link = NULL, *value = NULL;
	int r = find_library(vmm, &path, err);

	if (r == 0 && strpbrk(path, " :")) { /* LD_PRELOAD cannot name it there */
		if (asprintf(&link, "%s/libjurat-vmm-check.so", vmm->temp.path) < 0)
			return jurat_fail_memory(err);
		if (symlink(path, link) < 0)
			return jurat_fail(err, -errno, "cannot make '%s': %s", link, strerror(errno));
	}
	if (r == 0)
		r = base_preload_value(link ? link : path, getenv("LD_PRELOAD"), false, &value, err);
	return r < 0 ? r : run_environment_set(env, "LD_PRELOAD", value, err);
}

static int make_environment(struct check_vmm *vmm, char ***env, struct jurat_error *err)
{
	char service[PATH_MAX];
	int r = run_environment_new(&vmm->platform, env, err);

	snprintf(service, sizeof(service), "unix:%s/qgs", vmm->temp.path);
	if (r == 0)
		r = set_preload(vmm, env, err);
	if (r == 0 && vmm->platform.certs_path)
		r = run_environment_set(env, "JURAT_CERTS", vmm->platform.certs_path, err);
	if (r == 0 && vmm->platform.certs_path)
		r = run_environment_set(env, VMM_ENV_CERTS, vmm->platform.certs_path, err);
	/* Also where no TD is tested and nobody listens: how the VMM is started does not depend on it. */
	if (r == 0)
		r = run_environment_set(env, VMM_ENV_QUOTING_SERVICE, service, err);
	if (r == 0)
		r = run_environment_set(env, VMM_ENV_CHECK, vmm->address, err);
	if (r == 0 && vmm->options->own_kvm)
		r = run_environment_set(env, VMM_ENV_OWN_KVM, "1", err);
	return r;
}

_Noreturn static void become_vmm(const struct check_vmm *vmm, char **env, int failed)
{
	int e;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigprocmask(SIG_SETMASK, &vmm->mask, NULL);
	environ = env;
	execvp(vmm->run.argv[0], vmm->run.argv);
	e = errno;
	(void)!write(failed, &e, sizeof(e));
	_exit(e == ENOENT ? 127 : 126);
}

/* 0 once it is executed. */
static int spawn(struct check_vmm *vmm, char **env, struct jurat_error *err)
{
	int failed[2], e = 0;

	if (pipe2(failed, O_CLOEXEC) < 0)
		return jurat_fail(err, -errno, "cannot make a pipe: %s", strerror(errno));
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	vmm->pid = fork();
	if (vmm->pid == 0)
		become_vmm(vmm, env, failed[1]);
	close(failed[1]);
	if (vmm->pid < 0) {
		e = errno;
		vmm->pid = 0;
		close(failed[0]);
		return jurat_fail(err, -e, "cannot fork: %s", strerror(e));
	}
	if (read(failed[0], &e, sizeof(e)) == sizeof(e)) {
		waitpid(vmm->pid, &vmm->status, 0);
		vmm->pid = 0;
	}
	close(failed[0]);
	if (vmm->pid == 0)
		return jurat_fail(err, -e, "cannot run '%s': %s", vmm->run.argv[0], strerror(e));
	vmm->pidfd = (int)syscall(SYS_pidfd_open, vmm->pid, 0);
	return vmm->pidfd < 0 ? jurat_fail(err, -errno, "cannot watch the VMM: %s", strerror(errno)) : 0;
}

int session_start(struct check_vmm *vmm, struct jurat_error *err)
{
	char **env = NULL;
	sigset_t blocked;
	int r;

	sigemptyset(&blocked);
	for (size_t i = 0; i < ARRAY_SIZE(passed_on); i++)
		sigaddset(&blocked, passed_on[i]);
	sigprocmask(SIG_BLOCK, &blocked, &vmm->mask);
	vmm->started = true;
	vmm->signals = signalfd(-1, &blocked, SFD_CLOEXEC | SFD_NONBLOCK);
	if (vmm->signals < 0)
		return jurat_fail(err, -errno, "cannot open signals: %s", strerror(errno));
	if (geteuid() == 0) /* for a VMM that changes its user */
		(void)!chmod(vmm->temp.path, 0711);
	r = session_listen(vmm, err);
	if (r == 0)
		r = make_environment(vmm, &env, err);
	if (r == 0)
		r = spawn(vmm, env, err);
	run_environment_free(env);
	return r;
}

void session_on_signal(struct check_vmm *vmm)
{
	struct signalfd_siginfo info;

	while (read(vmm->signals, &info, sizeof(info)) == sizeof(info)) {
		int signal = (int)info.ssi_signo;

		vmm->interrupted |=
			signal == SIGHUP || signal == SIGINT || signal == SIGQUIT || signal == SIGTERM;
		if (vmm->pid > 0 && info.ssi_code != SI_KERNEL) /* the terminal's also reach the VMM */
			kill(vmm->pid, signal);
	}
}

void session_reap(struct check_vmm *vmm)
{
	if (vmm->pid == 0 || waitpid(vmm->pid, &vmm->status, WNOHANG) != vmm->pid)
		return;
	vmm->pid = 0;
	vmm->ended = true;
	trace_say(vmm->platform.trace, "VMM", "supervisor", "ends");
}

const char *session_how_ended(const struct check_vmm *vmm, char to[128])
{
	if (WIFSIGNALED(vmm->status))
		snprintf(to, 128, "was killed by signal %d (%s)", WTERMSIG(vmm->status),
			 strsignal(WTERMSIG(vmm->status)));
	else
		snprintf(to, 128, "exited with status %d", WEXITSTATUS(vmm->status));
	return to;
}

static void describe_exit(const struct session_last *last, char *to, size_t n)
{
	if (last->reason == UAPI_KVM_EXIT_TDX)
		snprintf(to, n, "KVM_EXIT_TDX for leaf %#llx", (unsigned long long)last->words[1]);
	else
		snprintf(to, n, "KVM_EXIT_SNP_REQ_CERTS with gpa %#llx, npages %llu",
			 (unsigned long long)last->words[0], (unsigned long long)last->words[1]);
}

const char *session_last_run(const struct check_vmm *vmm, char to[200])
{
	static const char eintr[] = ": EINTR, as after any signal, is not an error";
	const struct session_last *last = NULL;
	char exit[100];

	for (const struct check_vcpu *vcpu = vmm->vcpus; vcpu; vcpu = vcpu->next)
		if (vcpu->last.run > (last ? last->run : SESSION_NO_RUN))
			last = &vcpu->last;
	to[0] = '\0';
	if (!last)
		return to;
	describe_exit(last, exit, sizeof(exit));
	switch (last->run) {
	case SESSION_EXIT:
		snprintf(to, 200, "while it handled %s", exit);
		break;
	case SESSION_COMPLETED:
		snprintf(to, 200, "after KVM_RUN completed %s; ret was %llu%s", exit,
			 (unsigned long long)last->ret, last->immediate_exit ? eintr : "");
		break;
	case SESSION_ENTERED:
		snprintf(to, 200, "after a KVM_RUN without such an exit%s", eintr);
		break;
	case SESSION_NO_RUN:
		break;
	}
	return to;
}

void session_kill(struct check_vmm *vmm)
{
	if (vmm->pid > 0) {
		kill(vmm->pid, SIGKILL);
		while (waitpid(vmm->pid, &vmm->status, 0) < 0 && errno == EINTR)
			;
		vmm->pid = 0;
	}
	if (vmm->pidfd >= 0)
		close(vmm->pidfd);
	if (vmm->started) {
		run_end_children(); /* what it has left behind */
		sigprocmask(SIG_SETMASK, &vmm->mask, NULL);
	}
	if (vmm->signals >= 0)
		close(vmm->signals);
	vmm->pidfd = vmm->signals = -1;
}
