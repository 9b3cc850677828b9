/* SPDX-License-Identifier: MIT */
#include "run/spawn.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "run/calls.h"
#include "run/temp.h"

union control { /* room and alignment for one descriptor */
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(int))];
};

void run_message_send(int to, enum run_word word, int r, const struct jurat_error *err, int fd)
{
	/* -EINVAL from the kernel must not be reported as a usage error. */
	struct run_message message = { .word = word, .r = r == -EINVAL ? -EOPNOTSUPP : r };
	struct iovec iov = { .iov_base = &message, .iov_len = sizeof(message) };
	union control control = { .bytes = { 0 } };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (err)
		message.err = *err;
	if (fd >= 0) {
		m.msg_control = control.bytes;
		m.msg_controllen = sizeof(control.bytes);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	}
	(void)!sendmsg(to, &m, MSG_NOSIGNAL); /* if the supervisor has ended, the monitor notices */
}

int run_message_receive(int from, struct run_message *ret, int *ret_fd)
{
	struct run_message message;
	struct iovec iov = { .iov_base = &message, .iov_len = sizeof(message) };
	union control control = { .bytes = { 0 } };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control.bytes,
			    .msg_controllen = sizeof(control.bytes) };
	struct cmsghdr *header;
	ssize_t n;

	do
		n = recvmsg(from, &m, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n != sizeof(message))
		return -ECONNRESET;
	*ret_fd = -1;
	header = CMSG_FIRSTHDR(&m);
	if (header && header->cmsg_type == SCM_RIGHTS && header->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(ret_fd, CMSG_DATA(header), sizeof(int));
	*ret = message;
	return 0;
}

_Noreturn static void become_program(const struct run_spawn *what, int setup)
{
	struct jurat_error err = { "" };
	int fd = -1, r;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	r = run_sandbox_enter(what->temp, what->user_map, &fd, &err);
	if (r == 0) {
		run_message_send(setup, RUN_SERVE_THIS, 0, NULL, fd);
		close(fd);
		r = run_sandbox_place(what->temp, what->places, what->n_places, &err);
	}
	if (r == 0 && what->intercept != RUN_INTERCEPT_NONE) {
		r = run_calls_intercept(what->intercept, &fd, &err);
		if (r == 0) {
			run_message_send(setup, RUN_ANSWER_THIS, 0, NULL, fd);
			close(fd);
		}
	}
	if (r < 0) {
		run_message_send(setup, RUN_SETUP_FAILED, r, &err, -1);
		_exit(126);
	}
	/* Again: the change of credentials in the user namespace has cleared it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigaction(SIGCHLD, &what->on_child, NULL);
	sigprocmask(SIG_SETMASK, &what->mask, NULL);
	environ = what->env;
	execvp(what->argv[0], what->argv);
	r = -errno;
	jurat_fail(&err, r, "cannot run '%s': %s", what->argv[0], strerror(-r));
	run_message_send(setup, RUN_EXEC_FAILED, r, &err, -1);
	_exit(r == -ENOENT ? 127 : 126);
}

static pid_t parent_of(const char *pid)
{
	char path[64], line[512];
	const char *after;
	int parent = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%.32s/stat", pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	/* "pid (name) state ppid ..."; the name may contain spaces and parentheses. */
	if (fgets(line, sizeof(line), f) && (after = strrchr(line, ')')) && strlen(after) > 4)
		parent = (int)strtol(after + 4, NULL, 10);
	fclose(f);
	return parent;
}

bool run_is_descendant(pid_t pid)
{
	char text[16];

	while (pid > 1 && pid != getpid()) {
		snprintf(text, sizeof(text), "%d", (int)pid);
		pid = parent_of(text);
	}
	return pid == getpid();
}

static void kill_children(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	while (proc && (entry = readdir(proc)))
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
		    parent_of(entry->d_name) == getpid())
			kill((pid_t)strtol(entry->d_name, NULL, 10), SIGKILL);
	if (proc)
		closedir(proc);
}

void run_end_children(void)
{
	pid_t pid;

	do {
		kill_children(); /* children of killed processes are reparented to this one */
		pid = waitpid(-1, NULL, 0);
		while (pid > 0 && waitpid(-1, NULL, WNOHANG) > 0) /* scanning all processes is expensive */
			;
	} while (pid > 0 || errno == EINTR);
}

/* Reaps ended processes. true: the program has ended, with *ret_status. */
static bool reap(pid_t program, int *ret_status)
{
	bool ended = false;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == program) {
			*ret_status = status;
			ended = true;
		}
	return ended;
}

/* Returns when the program has ended (true), or the supervisor (false). */
static bool keep(pid_t program, int control, int *ret_status)
{
	struct signalfd_siginfo info;
	sigset_t child;
	struct pollfd fds[2] = { { .fd = control, .events = POLLIN }, { .events = POLLIN } };
	int signal;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	fds[1].fd = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fds[1].fd < 0)
		return false;
	for (;;) {
		if (reap(program, ret_status))
			return true;
		if (poll(fds, ARRAY_SIZE(fds), -1) < 0 && errno != EINTR)
			return false;
		while (read(fds[1].fd, &info, sizeof(info)) > 0)
			;
		if (!fds[0].revents)
			continue;
		if (recv(control, &signal, sizeof(signal), 0) != sizeof(signal))
			return false;
		kill(program, signal); /* not reaped yet, so the ID is not reused */
	}
}

_Noreturn static void become_monitor(const struct run_spawn *what, int setup, int control)
{
	int status = 0;
	bool ended;
	pid_t program;

	prctl(PR_SET_NAME, "jurat-monitor");
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	program = fork();
	if (program == 0)
		become_program(what, setup);
	if (program < 0) {
		struct jurat_error err;
		int r = jurat_fail(&err, -errno, "cannot fork: %s", strerror(errno));

		run_message_send(setup, RUN_SETUP_FAILED, r, &err, -1);
		_exit(126);
	}
	close(setup);
	ended = keep(program, control, &status);
	run_end_children();
	if (!ended || send(control, &status, sizeof(status), MSG_NOSIGNAL) < 0) {
		for (size_t i = 0; i < ARRAY_SIZE(what->sockets); i++)
			if (what->sockets[i])
				unlink(what->sockets[i]);
		run_temp_remove(what->temp);
	}
	_exit(0);
}

int run_spawn(const struct run_spawn *what, struct run_monitor *ret, struct jurat_error *err)
{
	int setup[2] = { -1, -1 }, control[2] = { -1, -1 }, r = 0;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, setup) < 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) < 0)
		r = -errno;
	if (r == 0) {
		prctl(PR_SET_CHILD_SUBREAPER, 1); /* for the case that the monitor is killed */
		ret->pid = fork();
		if (ret->pid == 0) {
			close(setup[0]);
			close(control[0]);
			become_monitor(what, setup[1], control[1]);
		}
		r = ret->pid < 0 ? -errno : 0;
	}
	if (setup[1] >= 0)
		close(setup[1]);
	if (control[1] >= 0)
		close(control[1]);
	ret->setup = setup[0];
	ret->control = control[0];
	if (r == 0)
		return 0;
	if (setup[0] >= 0)
		close(setup[0]);
	if (control[0] >= 0)
		close(control[0]);
	return jurat_fail(err, r, "cannot start a process: %s", strerror(-r));
}
