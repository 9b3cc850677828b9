/* SPDX-License-Identifier: MIT */
#include "run/system.h"

#include <errno.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "run/control.h"
#include "run/environment.h"
#include "run/fault.h"
#include "run/spawn.h"
#include "run/temp.h"
#include "run/turns.h"

enum { ON_SIGNAL, ON_HELPER, ON_FUSE, ON_COMMAND, ON_CUSE /* plus the index of the device */ };

struct server {
	struct run_platform platform;
	struct run_fs *fs;
	struct run_control *commands; /* NULL: no --control */
	struct run_devices devices;
	struct run_cuse *cuse[RUN_MAX_DEVICES];
	struct run_place places[RUN_MAX_DEVICES];
	size_t n_cuse, n_places;
	pid_t helper;
	sigset_t ends, mask; /* signals that end the server; the caller's mask */
	int socket, signals;
	struct run_turns turns;
	void (*ready)(const struct run_system_ready *what);
	struct run_system_ready what;
	bool over;
};

static int watch(struct server *s, int fd, uint32_t what)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u32 = what };

	return epoll_ctl(s->turns.epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static int on_helper(struct server *s, struct jurat_error *err)
{
	struct run_message message;
	int fd = -1, r = run_message_receive(s->socket, &message, &fd);

	if (r < 0)
		return jurat_fail(err, r, "the process that mounts the devices was killed");
	if (message.word == RUN_SERVE_THIS && fd >= 0 && run_fs_fd(s->fs) < 0) {
		r = run_fs_attach(s->fs, fd, err);
		return r < 0 ? r : watch(s, run_fs_fd(s->fs), ON_FUSE);
	}
	if (fd >= 0)
		close(fd);
	if (message.word == RUN_PLACED) {
		s->ready(&s->what);
		run_ready(&s->platform);
		return 0;
	}
	if (err)
		*err = message.err;
	return message.r < 0 ? message.r : -EPROTO;
}

static int on_event(struct server *s, uint32_t what, struct jurat_error *err)
{
	int r;

	switch (what) {
	case ON_SIGNAL:
		s->over = true;
		return 0;
	case ON_HELPER:
		return on_helper(s, err);
	case ON_COMMAND:
		run_control_serve(s->commands);
		return 0;
	case ON_FUSE:
		r = run_fs_serve(s->fs);
		if (r < 0) /* it was unmounted by another process */
			epoll_ctl(s->turns.epoll, EPOLL_CTL_DEL, run_fs_fd(s->fs), NULL);
		return r == -ENODEV ? 0 : r;
	default:
		r = run_cuse_serve(s->cuse[what - ON_CUSE]);
		return r < 0 ? jurat_fail(err, r, "/dev/cuse: %s", strerror(-r)) : 0;
	}
}

static int loop(struct server *s, struct jurat_error *err)
{
	struct epoll_event events[RUN_MAX_DEVICES];
	int n, r = 0;

	while (!s->over && r == 0) {
		n = run_turns_wait(&s->turns, events, ARRAY_SIZE(events), err);
		if (n < 0)
			return n;
		for (int i = 0; i < n && r == 0; i++)
			r = on_event(s, events[i].data.u32, err);
	}
	return r;
}

/* The kernel has allocated it; sysfs shows the same number. */
static void set_number(struct server *s, const struct run_cuse *cuse)
{
	for (unsigned i = 0; i < RUN_N_MISC; i++)
		if (!strcmp(run_cuse_name(cuse), run_misc_name((enum run_misc)i)))
			s->platform.numbers[i] = run_cuse_number(cuse);
}

/* Character devices use CUSE, directories FUSE. */
static int divide(struct server *s, struct jurat_error *err)
{
	int r = 0;

	for (size_t i = 0; i < s->devices.n && r == 0; i++) {
		const struct run_place *place = &s->devices.places[i];
		struct statfs fs;

		if (place->link) {
			s->places[s->n_places++] = *place;
		} else if (!place->directory) {
			r = run_cuse_new(s->fs, run_fs_find(s->fs, NULL, place->node), &s->cuse[s->n_cuse],
					 err);
			if (r == 0)
				set_number(s, s->cuse[s->n_cuse++]);
		} else if (statfs(place->path, &fs) == 0 && fs.f_type == FUSE_SUPER_MAGIC) {
			r = jurat_fail(err, -EEXIST, "'%s' already exists as a FUSE mount", place->path);
		} else {
			s->places[s->n_places++] = *place;
		}
	}
	return r;
}

static int open_loop(struct server *s, struct jurat_error *err)
{
	int r;

	s->signals = signalfd(-1, &s->ends, SFD_CLOEXEC | SFD_NONBLOCK);
	s->turns.platform = &s->platform;
	s->turns.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (s->signals < 0 || s->turns.epoll < 0)
		return jurat_fail(err, -errno, "cannot open signals or events: %s", strerror(errno));
	r = watch(s, s->signals, ON_SIGNAL);
	if (r == 0)
		r = watch(s, s->socket, ON_HELPER);
	if (r == 0 && s->commands)
		r = watch(s, run_control_fd(s->commands), ON_COMMAND);
	for (size_t i = 0; i < s->n_cuse && r == 0; i++)
		r = watch(s, run_cuse_fd(s->cuse[i]), ON_CUSE + (uint32_t)i);
	return r < 0 ? jurat_fail(err, r, "cannot watch: %s", strerror(-r)) : 0;
}

/*
 * Ends requests in progress, removes the devices, and waits until the mount helper has undone the mounts.
 */
static void stop(struct server *s)
{
	run_platform_stop(&s->platform);
	for (size_t i = 0; i < s->n_cuse; i++)
		run_cuse_free(s->cuse[i]);
	s->n_cuse = 0;
	run_fs_free(s->fs);
	s->fs = s->platform.fs = NULL;
	if (s->socket >= 0)
		close(s->socket);
	while (s->helper > 0 && waitpid(s->helper, NULL, 0) < 0 && errno == EINTR)
		;
}

static int serve(struct server *s, const char *temp, struct jurat_error *err)
{
	struct run_placing placing = { .temp = temp, .cuse = s->cuse, .places = s->places };
	int r = divide(s, err);

	placing.n_cuse = s->n_cuse;
	placing.n_places = s->n_places;
	if (r == 0)
		r = run_mount_helper_fork(&placing, &s->helper, &s->socket, err);
	if (r == 0)
		r = open_loop(s, err);
	if (r == 0)
		r = loop(s, err);
	stop(s);
	/* Discards the signal that ended the server, so that it does not end the process when unblocked. */
	while (s->signals >= 0 && s->over) {
		struct signalfd_siginfo info;

		if (read(s->signals, &info, sizeof(info)) <= 0)
			break;
	}
	return r;
}

/* Creates the directory of the roots: other users may traverse its parent, but not list it. */
static int make_roots(struct server *s, const char *temp, char **ret, struct jurat_error *err)
{
	char **env = NULL;
	int r = run_environment_new(&s->platform, &env, err);

	run_environment_free(env);
	if (r == 0 && asprintf(ret, "%s/roots", temp) < 0) {
		*ret = NULL;
		r = jurat_fail_memory(err);
	}
	if (r == 0 && chmod(temp, 0711) < 0)
		r = jurat_fail(err, -EIO, "cannot make '%s' accessible to others", temp);
	return r;
}

/* Terminating signals are blocked until the event loop runs, and then until everything is cleaned up. */
static void block_signals(struct server *s)
{
	static const int ends[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };

	sigemptyset(&s->ends);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		sigaddset(&s->ends, ends[i]);
	sigprocmask(SIG_BLOCK, &s->ends, &s->mask);
}

int run_system(const struct run_options *options, void (*ready)(const struct run_system_ready *what),
	       struct jurat_error *err)
{
	struct server s = { .socket = -1, .signals = -1, .turns.epoll = -1, .ready = ready };
	struct run_temp temp = { .path = NULL };
	auto_free char *roots = NULL;
	int r;

	if (geteuid() != 0)
		return jurat_fail(
			err, -EPERM,
			"only root can create devices for the whole machine (jurat run does not need root)");
	block_signals(&s);
	r = run_devices_check(options, err);
	for (size_t i = 0; i < options->n_faults && r == 0; i++)
		r = run_fault_parse(options->faults[i], &s.platform.faults, err);
	if (r == 0 && options->trace)
		r = run_trace_open(options->trace, &s.platform.trace, err);
	if (r == 0)
		r = run_temp_new(&temp, err);
	if (r == 0)
		r = run_platform_init(&s.platform, options, temp.path, err);
	if (r == 0 && options->control)
		r = run_control_new(options->control, &s.platform, NULL, &s.commands, err);
	if (r == 0)
		r = run_fs_new(&s.fs, err);
	if (r == 0)
		s.platform.fs = s.fs;
	if (r == 0)
		r = run_devices_add(&s.devices, s.fs, &s.platform, err);
	if (r == 0)
		r = make_roots(&s, temp.path, &roots, err);
	s.what = (struct run_system_ready){ .devices = &s.devices,
					    .roots = roots,
					    .certs = options->host ? s.platform.certs_path : NULL };
	if (r == 0)
		r = serve(&s, temp.path, err);
	run_control_free(s.commands);
	run_fs_free(s.fs);
	run_devices_done(&s.devices);
	run_platform_done(&s.platform);
	run_temp_done(&temp);
	if (s.signals >= 0)
		close(s.signals);
	if (s.turns.epoll >= 0)
		close(s.turns.epoll);
	if (run_trace_close(s.platform.trace) < 0 && r == 0)
		r = jurat_fail(err, -EIO, "cannot write all of '%s'", options->trace);
	sigprocmask(SIG_SETMASK, &s.mask, NULL);
	return r;
}
