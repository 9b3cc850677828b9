/* SPDX-License-Identifier: MIT */
#include "run/service.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/env.h"
#include "base/installed.h"

enum { USAGE = 2, NOT_FOUND = 127 }; /* exit statuses of juratd, and of a child without one */
enum { START_MS = 60000, LAST_WORDS_MS = 1000, FIRST_FD = 3 /* of sd_listen_fds(3) */ };

/* ---- the child */

/* Where juratd is: beside this program's build directory, in its prefix, or where it was configured. */
static void execute(char **argv)
{
	const char *own = base_own_directory();
	const struct {
		const char *from, *to;
	} places[] = { { own, "/juratd" },
		       { own, "/../daemon/juratd" },
		       { own, "/../../bin/juratd" },
		       { "", JURAT_BINDIR "/juratd" } };
	char path[PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		if (!places[i].from ||
		    snprintf(path, sizeof(path), "%s%s", places[i].from, places[i].to) >= (int)sizeof(path))
			continue;
		argv[0] = path;
		execv(path, argv);
		if (errno != ENOENT && errno != ENOTDIR)
			break;
	}
	dprintf(STDERR_FILENO, "cannot execute juratd: %s (expected '%s'; reinstall jurat)\n",
		strerror(errno), path);
}

_Noreturn static void become_service(char **argv, int listener, int log, const char *notices, pid_t parent,
				     const sigset_t *mask)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	char pid[16];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(NOT_FOUND);
	setpgid(0, 0); /* a terminal's signals are for the program */
	/* First those that are replaced by 0 to 2, which this process may have had closed. */
	listener = fcntl(listener, F_DUPFD_CLOEXEC, FIRST_FD + 1);
	log = fcntl(log, F_DUPFD_CLOEXEC, FIRST_FD + 1);
	if (dup2(null, STDIN_FILENO) < 0 || dup2(log, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0 ||
	    dup2(listener, FIRST_FD) < 0)
		_exit(NOT_FOUND);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	if (setenv("LISTEN_FDS", "1", 1) == 0 && setenv("LISTEN_PID", pid, 1) == 0 &&
	    setenv("NOTIFY_SOCKET", notices, 1) == 0) {
		sigprocmask(SIG_SETMASK, mask, NULL);
		execute(argv);
	}
	_exit(NOT_FOUND);
}

/* ---- its log */

/* The last error, or the last line if there is none, explains an end. */
static void take_line(struct run_service *s)
{
	static const char error[] = "level=error";
	const char *text = s->part;

	s->part[s->part_size] = '\0';
	s->part_size = 0;
	if (strstr(s->part, error) || !strstr(s->said, error))
		memcpy(s->said, s->part, sizeof(s->said));
	/* A trace has times of its own, and room for lines that are not much longer. */
	if (!strncmp(s->part, "time=", 5) && strchr(s->part, ' '))
		text = strchr(s->part, ' ') + 1;
	trace_say(s->trace, "endorsement service", "endorsement service", "%s", text);
}

/* A line that is too long is taken in parts. */
static void take(struct run_service *s, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (bytes[i] == '\n' || s->part_size == sizeof(s->part) - 1)
			take_line(s);
		if (bytes[i] != '\n')
			s->part[s->part_size++] = bytes[i] >= ' ' && bytes[i] != 0x7f ? bytes[i] : '?';
	}
}

static void end_process(struct run_service *s)
{
	if (s->pid <= 0)
		return;
	kill(s->pid, SIGKILL);
	while (waitpid(s->pid, &s->status, 0) < 0 && errno == EINTR)
		;
	s->pid = 0;
}

int run_service_read(struct run_service *s)
{
	char bytes[4096];
	ssize_t n;

	while ((n = read(s->log, bytes, sizeof(bytes))) > 0)
		take(s, bytes, (size_t)n);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (s->part_size > 0)
		take_line(s);
	end_process(s); /* if it has only closed its log */
	return -ENODEV;
}

/* ---- its start */

/* On an abstract name that the kernel chooses; `path` is its form in $NOTIFY_SOCKET. */
static int open_notices(struct run_service *s, char path[static sizeof(struct sockaddr_un)],
			struct jurat_error *err)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	socklen_t size = sizeof(name);

	s->notices = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->notices < 0 || bind(s->notices, (const struct sockaddr *)&name, sizeof(sa_family_t)) < 0 ||
	    getsockname(s->notices, (struct sockaddr *)&name, &size) < 0)
		return jurat_fail(err, -errno, "cannot create a socket: %s", strerror(errno));
	snprintf(path, sizeof(name), "@%.*s", (int)(size - offsetof(struct sockaddr_un, sun_path)) - 1,
		 name.sun_path + 1);
	return 0;
}

static bool is_ready(const struct run_service *s)
{
	char text[256];
	ssize_t n = recv(s->notices, text, sizeof(text) - 1, 0);

	if (n <= 0)
		return false;
	text[n] = '\0';
	return !strncmp(text, "READY=1", 7);
}

static int has_ended(const struct run_service *s, struct jurat_error *err)
{
	int r = -ECANCELED;

	if (WIFEXITED(s->status) && WEXITSTATUS(s->status) == USAGE)
		r = -EINVAL;
	else if (WIFEXITED(s->status) && WEXITSTATUS(s->status) == NOT_FOUND)
		r = -ENOENT;
	return jurat_fail(err, r, "juratd %s did not start: %s", s->role,
			  s->said[0] ? s->said : "it was killed");
}

static int wait_until_ready(struct run_service *s, struct jurat_error *err)
{
	const uint64_t end = base_now_ns(base_env_real()) + START_MS * UINT64_C(1000000);
	struct pollfd fds[2] = { { .fd = s->log, .events = POLLIN }, { .fd = s->notices, .events = POLLIN } };

	for (;;) {
		uint64_t now = base_now_ns(base_env_real());

		if (now >= end)
			return jurat_fail(err, -ETIMEDOUT, "juratd %s was not ready after %d seconds: %s",
					  s->role, START_MS / 1000, s->said);
		if (poll(fds, ARRAY_SIZE(fds), (int)((end - now) / 1000000) + 1) < 0 && errno != EINTR)
			return jurat_fail(err, -errno, "cannot wait: %s", strerror(errno));
		if (fds[1].revents && is_ready(s))
			return 0;
		if (fds[0].revents && run_service_read(s) < 0)
			return has_ended(s, err);
	}
}

int run_service_start(char **argv, int listener, const sigset_t *mask, struct trace *trace,
		      struct run_service *ret, struct jurat_error *err)
{
	struct run_service *s = ret;
	char notices[sizeof(struct sockaddr_un)];
	const pid_t parent = getpid();
	int log[2], r;

	*s = (struct run_service){ .role = argv[1], .log = -1, .notices = -1, .trace = trace };
	r = open_notices(s, notices, err);
	if (r < 0)
		return r;
	if (pipe2(log, O_CLOEXEC) < 0)
		return jurat_fail(err, -errno, "cannot create a pipe: %s", strerror(errno));
	s->log = log[0];
	(void)fcntl(s->log, F_SETFL, O_NONBLOCK); /* this end's alone */
	s->pid = fork();
	if (s->pid == 0)
		become_service(argv, listener, log[1], notices, parent, mask);
	r = s->pid < 0 ? -errno : 0;
	close(log[1]);
	if (r < 0) {
		s->pid = 0;
		return jurat_fail(err, r, "cannot fork: %s", strerror(-r));
	}
	r = wait_until_ready(s, err);
	close(s->notices);
	s->notices = -1;
	return r;
}

/* Lets it write what it still has to say, for the trace. */
static void last_words(struct run_service *s)
{
	const uint64_t end = base_now_ns(base_env_real()) + LAST_WORDS_MS * UINT64_C(1000000);
	struct pollfd log = { .fd = s->log, .events = POLLIN };
	uint64_t now;

	kill(s->pid, SIGTERM);
	while (s->pid > 0 && (now = base_now_ns(base_env_real())) < end &&
	       poll(&log, 1, (int)((end - now) / 1000000) + 1) > 0)
		(void)!run_service_read(s);
}

void run_service_end(struct run_service *s)
{
	if (s->pid > 0 && s->trace)
		last_words(s);
	end_process(s);
	if (s->role && s->log >= 0)
		close(s->log);
	if (s->role && s->notices >= 0)
		close(s->notices);
	*s = (struct run_service){ .log = -1, .notices = -1 };
}
