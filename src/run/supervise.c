/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "run/control.h"
#include "run/device.h"
#include "run/endorsements.h"
#include "run/environment.h"
#include "run/fault.h"
#include "run/spawn.h"
#include "run/temp.h"
#include "run/turns.h"
#include "run/vsock.h"

enum { ON_SIGNAL, ON_SETUP, ON_CONTROL, ON_FUSE, ON_QGS, ON_CALL, ON_ENDORSEMENTS, ON_COMMAND };

struct supervisor {
	struct run_platform platform;
	struct run_fs *fs;
	struct run_qgs *qgs; /* NULL: no quoting service */
	struct run_calls *calls;
	struct run_vsock *vsock;               /* NULL: no --qgs vsock:PORT */
	struct run_endorsements *endorsements; /* NULL: no --endorsements */
	struct run_control *commands;          /* NULL: no --control */
	struct run_devices devices;
	struct run_place places[RUN_MAX_DEVICES + RUN_ENDORSEMENTS_MAX_PLACES]; /* paths are borrowed */
	size_t n_places;
	struct run_monitor monitor;
	sigset_t to_pass_on, mask; /* forwarded and blocked; the caller's mask */
	int signals;
	struct run_turns turns;
	bool fuse_served, over;
	struct run_ended ended;
	int failed; /* 0, or -errno of a failed start */
};

/*
 * Signals that a user or service manager sends. The terminal's also reach the program directly once it
 * runs.
 */
static const int passed_on[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM };

static int watch(struct supervisor *s, int fd, uint32_t what)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u32 = what };

	return epoll_ctl(s->turns.epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static void on_signal(struct supervisor *s)
{
	struct signalfd_siginfo info;
	int signal;

	while (read(s->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_code == SI_KERNEL && s->ended.started)
			continue;
		signal = (int)info.ssi_signo;
		(void)!send(s->monitor.control, &signal, sizeof(signal), MSG_NOSIGNAL);
	}
}

static int attach(struct supervisor *s, enum run_word word, int fd, struct jurat_error *err)
{
	int r = fd < 0 ? -EPROTO : 0;

	if (r == 0 && word == RUN_ANSWER_THIS) {
		if (run_calls_fd(s->calls) >= 0)
			return -EPROTO;
		run_calls_attach(s->calls, fd);
		return watch(s, fd, ON_CALL);
	}
	if (r == 0)
		r = s->fuse_served ? -EPROTO : run_fs_attach(s->fs, fd, err);
	if (r == 0)
		r = watch(s, run_fs_fd(s->fs), ON_FUSE);
	s->fuse_served = r == 0;
	return r;
}

static void on_failed(struct supervisor *s, const struct run_message *message, struct jurat_error *err)
{
	s->failed = message->r;
	s->ended.status = 0; /* not the exit status of the failed child process */
	if (message->word == RUN_EXEC_FAILED)
		s->ended.status = message->r == -ENOENT ? 127 : 126;
	if (err)
		*err = message->err;
}

static int on_setup(struct supervisor *s, struct jurat_error *err)
{
	struct run_message message;
	int fd = -1, r = run_message_receive(s->monitor.setup, &message, &fd);

	if (r < 0) { /* the program was executed, or a failure was reported before */
		epoll_ctl(s->turns.epoll, EPOLL_CTL_DEL, s->monitor.setup, NULL);
		s->ended.started = s->failed == 0;
		if (s->ended.started)
			run_ready(&s->platform);
		return 0;
	}
	switch (message.word) {
	case RUN_SERVE_THIS:
	case RUN_ANSWER_THIS:
		return attach(s, message.word, fd, err);
	case RUN_EXEC_FAILED:
	case RUN_SETUP_FAILED:
		on_failed(s, &message, err);
		return 0;
	case RUN_PLACED:
		break;
	}
	return -EPROTO;
}

static void on_control(struct supervisor *s)
{
	int status;

	if (recv(s->monitor.control, &status, sizeof(status), 0) == sizeof(status)) {
		if (s->failed == 0)
			s->ended.status = status;
	} else {
		s->ended.status = SIGKILL; /* the monitor was killed: the program's status is unknown */
	}
	s->over = true;
}

static int on_fuse(struct supervisor *s)
{
	int r = run_fs_serve(s->fs);

	if (r < 0) /* unmounted: the last process in the namespace has ended */
		epoll_ctl(s->turns.epoll, EPOLL_CTL_DEL, run_fs_fd(s->fs), NULL);
	return r == -ENODEV ? 0 : r;
}

static int on_call(struct supervisor *s)
{
	int r = run_calls_serve(s->calls);

	if (r < 0) /* the last process with the filter has ended */
		epoll_ctl(s->turns.epoll, EPOLL_CTL_DEL, run_calls_fd(s->calls), NULL);
	return r == -ENODEV ? 0 : r;
}

/* The run goes on without the service. Other processes have its log open, so epoll would report it again. */
static void on_endorsements(struct supervisor *s)
{
	if (run_endorsements_serve(s->endorsements) < 0)
		epoll_ctl(s->turns.epoll, EPOLL_CTL_DEL, run_endorsements_fd(s->endorsements), NULL);
}

static int loop(struct supervisor *s, struct jurat_error *err)
{
	struct epoll_event events[4];
	int n, r = 0;

	while (!s->over && r == 0) {
		n = run_turns_wait(&s->turns, events, ARRAY_SIZE(events), err);
		if (n < 0)
			return n;
		for (int i = 0; i < n && r == 0; i++) {
			switch (events[i].data.u32) {
			case ON_SIGNAL:
				on_signal(s);
				break;
			case ON_SETUP:
				r = on_setup(s, err);
				break;
			case ON_CONTROL:
				on_control(s);
				break;
			case ON_COMMAND:
				run_control_serve(s->commands);
				break;
			case ON_QGS:
				run_qgs_serve(s->qgs);
				break;
			case ON_CALL:
				r = on_call(s);
				break;
			case ON_ENDORSEMENTS:
				on_endorsements(s);
				break;
			default:
				r = on_fuse(s);
				break;
			}
		}
	}
	return r;
}

static int open_loop(struct supervisor *s, struct jurat_error *err)
{
	int r = 0;

	s->signals = signalfd(-1, &s->to_pass_on, SFD_CLOEXEC | SFD_NONBLOCK);
	s->turns.platform = &s->platform;
	s->turns.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (s->signals < 0 || s->turns.epoll < 0)
		return jurat_fail(err, -errno, "cannot open signals or events: %s", strerror(errno));
	r = watch(s, s->signals, ON_SIGNAL);
	if (r == 0)
		r = watch(s, s->monitor.setup, ON_SETUP);
	if (r == 0)
		r = watch(s, s->monitor.control, ON_CONTROL);
	if (r == 0 && s->qgs)
		r = watch(s, run_qgs_fd(s->qgs), ON_QGS);
	if (r == 0 && s->endorsements)
		r = watch(s, run_endorsements_fd(s->endorsements), ON_ENDORSEMENTS);
	if (r == 0 && s->commands)
		r = watch(s, run_control_fd(s->commands), ON_COMMAND);
	return r < 0 ? jurat_fail(err, r, "cannot watch: %s", strerror(-r)) : 0;
}

/*
 * Reads the remaining messages of a program that ended before the loop handled its start. All writers have
 * ended.
 */
static void last_words(struct supervisor *s, struct jurat_error *err)
{
	struct run_message message;
	int fd = -1;

	while (run_message_receive(s->monitor.setup, &message, &fd) == 0) {
		if (fd >= 0)
			close(fd);
		if (message.word == RUN_EXEC_FAILED || message.word == RUN_SETUP_FAILED)
			on_failed(s, &message, err);
	}
	s->ended.started = s->failed == 0;
}

static void trace_ended(const struct supervisor *s)
{
	struct trace *t = s->platform.trace;

	if (!s->ended.started)
		trace_say(t, "guest program", "supervisor", "cannot be executed");
	else if (WIFSIGNALED(s->ended.status))
		trace_say(t, "guest program", "supervisor", "was killed by signal %d",
			  WTERMSIG(s->ended.status));
	else
		trace_say(t, "guest program", "supervisor", "exited with status %d",
			  WEXITSTATUS(s->ended.status));
}

/* From fork(2) to the end of the program. */
static int supervise(struct supervisor *s, const struct run_options *options, const char *temp, char **env,
		     struct jurat_error *err)
{
	struct run_spawn spawn = { .argv = options->argv,
				   .env = env,
				   .temp = temp,
				   .sockets = { run_qgs_path(s->qgs), run_control_path(s->commands) },
				   .places = s->places,
				   .n_places = s->n_places,
				   .user_map = options->user_map,
				   .intercept = run_calls_wanted(s->calls),
				   .mask = s->mask };
	struct sigaction on_child = { .sa_handler = SIG_DFL };
	int status = 0, r;

	sigaction(SIGCHLD, &on_child, &spawn.on_child);
	trace_say(s->platform.trace, "supervisor", "guest program", "starts '%s'", options->argv[0]);
	r = run_spawn(&spawn, &s->monitor, err);
	if (r == 0) {
		r = open_loop(s, err);
		if (r == 0)
			r = loop(s, err);
		close(s->monitor.control);              /* the monitor ends if it still waits */
		run_endorsements_free(s->endorsements); /* before its process is reaped with all others */
		s->endorsements = NULL;
		run_platform_stop(&s->platform); /* pending requests get a reply */
		run_fs_free(s->fs);
		s->fs = s->platform.fs = NULL;
		while (waitpid(s->monitor.pid, &status, 0) < 0 && errno == EINTR)
			;
		if (WIFSIGNALED(status)) /* killed: its children are now this process's */
			run_end_children();
		if (r == 0 && !s->ended.started)
			last_words(s, err);
		close(s->monitor.setup);
	}
	sigaction(SIGCHLD, &spawn.on_child, NULL);
	trace_ended(s);
	return r;
}

/*
 * Signals are blocked until everything is cleaned up. The loop forwards them to the program; later ones
 * take effect after the clean-up.
 */
static void block_signals(struct supervisor *s)
{
	sigset_t blocked;

	sigemptyset(&s->to_pass_on);
	for (size_t i = 0; i < ARRAY_SIZE(passed_on); i++)
		sigaddset(&s->to_pass_on, passed_on[i]);
	blocked = s->to_pass_on;
	sigaddset(&blocked, SIGCHLD);
	sigprocmask(SIG_BLOCK, &blocked, &s->mask);
}

/*
 * If the program may change its user, root owns the files, and every user may traverse (not list) the
 * directory above the roots.
 */
static void give_files(struct supervisor *s, const struct run_options *options, const char *temp)
{
	s->platform.fs = s->fs;
	if (options->user_map != RUN_MAP_SELF)
		run_fs_set_owner(s->fs, 0, 0);
	if (options->user_map != RUN_MAP_SELF || geteuid() == 0)
		(void)!chmod(temp, 0711);
}

/* Files of devices and of endorsements, and the program's variables. */
static int add_files(struct supervisor *s, char ***ret_env, struct jurat_error *err)
{
	int r = run_devices_add(&s->devices, s->fs, &s->platform, err);

	if (r == 0)
		r = run_environment_new(&s->platform, ret_env, err);
	if (r < 0)
		return r;
	if (s->endorsements) {
		run_endorsements_places(s->endorsements, s->places, &s->n_places);
		r = run_endorsements_set(s->endorsements, ret_env, err);
	}
	for (size_t i = 0; i < s->devices.n; i++)
		s->places[s->n_places++] = s->devices.places[i];
	return r;
}

/* The machine and its services; call end() in every case. */
static int begin(struct supervisor *s, const struct run_options *options, const char *temp,
		 struct jurat_error *err)
{
	int r = run_platform_init(&s->platform, options, temp, err);

	if (r == 0)
		r = run_calls_new(&s->platform, &s->calls, err);
	if (r == 0 && options->endorsements)
		r = run_endorsements_new(&s->platform, &s->mask, s->calls, &s->endorsements, err);
	if (r == 0 && options->qgs)
		r = run_qgs_new(options->qgs, &s->platform, RUN_QGS_LIMIT_MS, &s->qgs, err);
	if (r == 0 && run_qgs_port(options->qgs) != 0)
		r = run_vsock_new(&s->platform, s->qgs, run_qgs_port(options->qgs), s->calls, &s->vsock, err);
	if (r == 0 && options->control)
		r = run_control_new(options->control, &s->platform, s->qgs, &s->commands, err);
	if (r == 0)
		r = run_fs_new(&s->fs, err);
	if (r == 0)
		give_files(s, options, temp);
	return r;
}

static void end(struct supervisor *s)
{
	run_fs_free(s->fs);
	run_devices_done(&s->devices);
	run_control_free(s->commands);
	run_calls_free(s->calls);
	run_vsock_free(s->vsock);
	run_endorsements_free(s->endorsements);
	run_qgs_free(s->qgs);
	run_platform_done(&s->platform);
}

int run_program(const struct run_options *options, struct run_ended *ret, struct jurat_error *err)
{
	struct supervisor s = { .signals = -1, .turns.epoll = -1 };
	char **env = NULL;
	struct run_temp temp = { .path = NULL };
	int r;

	block_signals(&s);
	r = run_devices_check(options, err);
	for (size_t i = 0; i < options->n_faults && r == 0; i++)
		r = run_fault_parse(options->faults[i], &s.platform.faults, err);
	if (r == 0 && options->trace)
		r = run_trace_open(options->trace, &s.platform.trace, err);
	if (r == 0)
		r = run_temp_new(&temp, err);
	if (r == 0)
		r = begin(&s, options, temp.path, err);
	if (r == 0)
		r = add_files(&s, &env, err);
	if (r == 0)
		r = supervise(&s, options, temp.path, env, err);
	if (s.platform.memory_refused)
		fputs("jurat run: the kernel did not let this process reach the program's memory (sysctl "
		      "kernel.yama.ptrace_scope is 2 or 3, or the program is of another user): its requests "
		      "ended "
		      "with EFAULT\n",
		      stderr);
	end(&s);
	run_temp_done(&temp);
	run_environment_free(env);
	if (s.signals >= 0)
		close(s.signals);
	if (s.turns.epoll >= 0)
		close(s.turns.epoll);
	if (run_trace_close(s.platform.trace) < 0 && r == 0)
		r = jurat_fail(err, -EIO, "cannot write all of '%s'", options->trace);
	if (r == 0 && s.failed < 0 && s.ended.status == 0)
		r = s.failed;
	sigprocmask(SIG_SETMASK, &s.mask, NULL);
	if (r == 0)
		*ret = s.ended;
	return r;
}
