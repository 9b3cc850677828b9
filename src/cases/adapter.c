/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/env.h"
#include "cases/run.h"

extern char **environ;

enum {
	OUTPUT_MAX = 64 * 1024, /* of one answer: more is no answer */
	ERRORS_MAX = 4096,      /* the end of what it prints to standard error */
	PIPE_BYTES = 64 * 1024, /* what a pipe holds */
	SLICE_MS = 100,         /* how often `stopped` is asked */
	NS_PER_MS = 1000000,
};

struct cases_adapter {
	struct cases_adapter_options options;
	char **argv; /* room for one more argument */
	/* The process; pid 0: there is none. */
	pid_t pid;
	int pidfd, in, out, errors;
	int status; /* as waitpid has it, after it ended */
	uint64_t deadline_ns;
	char output[OUTPUT_MAX];
	size_t n_output;
	bool too_much;
	char errors_text[ERRORS_MAX];
	size_t n_errors;
	struct cases_result *last; /* --lines: what the process has answered last; NULL: nothing yet */
};

int cases_adapter_new(const struct cases_adapter_options *options, struct cases_adapter **ret,
		      struct jurat_error *err)
{
	struct cases_adapter *a = calloc(1, sizeof(*a));

	if (!a)
		return jurat_fail_memory(err);
	a->options = *options;
	a->pidfd = a->in = a->out = a->errors = -1;
	a->argv = calloc(options->n + 2, sizeof(*a->argv));
	if (!a->argv) {
		free(a);
		return jurat_fail_memory(err);
	}
	memcpy(a->argv, options->argv, options->n * sizeof(*a->argv));
	*ret = a;
	return 0;
}

static uint64_t now_ns(void)
{
	return base_now_ns(base_env_real());
}

__attribute__((format(printf, 2, 3))) static void fault(struct cases_result *ret, const char *format, ...)
{
	va_list args;

	ret->answer = CASES_ANSWERED_ERROR;
	va_start(args, format);
	vsnprintf(ret->text, sizeof(ret->text), format, args);
	va_end(args);
	base_plain_text(ret->text);
}

/* ---- starting and ending */

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* What it started goes with it. Until it is waited for, its process group cannot be another's. */
static void end(struct cases_adapter *a)
{
	if (a->pid > 0) {
		kill(-a->pid, SIGKILL);
		while (waitpid(a->pid, &a->status, 0) < 0 && errno == EINTR)
			;
	}
	a->pid = 0;
	close_fd(&a->pidfd);
	close_fd(&a->in);
	close_fd(&a->out);
	close_fd(&a->errors);
}

static int spawn(struct cases_adapter *a, int in, int out, int errors)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, usual;
	int r = posix_spawn_file_actions_init(&actions);

	if (r != 0)
		return r;
	sigemptyset(&none);
	sigemptyset(&usual);
	sigaddset(&usual, SIGINT);
	sigaddset(&usual, SIGTERM);
	sigaddset(&usual, SIGPIPE);
	r = posix_spawnattr_init(&attributes);
	if (r == 0) {
		posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
							      POSIX_SPAWN_SETSIGDEF);
		posix_spawnattr_setpgroup(&attributes, 0);
		posix_spawnattr_setsigmask(&attributes, &none);
		posix_spawnattr_setsigdefault(&attributes, &usual);
		r = posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
		if (r == 0)
			r = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
		if (r == 0)
			r = posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO);
		if (r == 0)
			r = posix_spawnp(&a->pid, a->argv[0], &actions, &attributes, a->argv, environ);
		posix_spawnattr_destroy(&attributes);
	}
	posix_spawn_file_actions_destroy(&actions);
	if (r != 0)
		a->pid = 0;
	return r;
}

/* Standard input is a socket, so that a process which ended costs an error and not a SIGPIPE. */
static int open_input(const struct cases_adapter *a, int ends[2])
{
	if (a->options.lines)
		return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends);
	ends[0] = -1;
	ends[1] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return ends[1] < 0 ? -1 : 0;
}

/* `argument` is the last of its command line. false: it could not be started, and *ret says why. */
static bool start(struct cases_adapter *a, char *argument, struct cases_result *ret)
{
	int in[2] = { -1, -1 }, out[2] = { -1, -1 }, errors[2] = { -1, -1 };
	int r = 0;

	a->argv[a->options.n] = argument;
	a->n_output = a->n_errors = 0;
	a->too_much = false;
	if (open_input(a, in) < 0 || pipe2(out, O_CLOEXEC) < 0 || pipe2(errors, O_CLOEXEC) < 0)
		r = errno;
	if (r == 0)
		r = spawn(a, in[1], out[1], errors[1]);
	close_fd(&in[1]);
	close_fd(&out[1]);
	close_fd(&errors[1]);
	a->in = in[0];
	a->out = out[0];
	a->errors = errors[0];
	if (r == 0) {
		a->pidfd = pidfd_open(a->pid, 0);
		r = a->pidfd < 0 || fcntl(a->out, F_SETFL, O_NONBLOCK) < 0 ||
				    fcntl(a->errors, F_SETFL, O_NONBLOCK) < 0
			    ? errno
			    : 0;
	}
	if (r != 0) {
		fault(ret, "cannot run '%s': %s", a->argv[0], strerror(r));
		end(a);
	}
	return r == 0;
}

/* ---- what it prints */

static void read_output(struct cases_adapter *a)
{
	char more;
	ssize_t n = 1;

	while (n > 0 && a->n_output < sizeof(a->output)) {
		n = read(a->out, a->output + a->n_output, sizeof(a->output) - a->n_output);
		a->n_output += n > 0 ? (size_t)n : 0;
	}
	if (n > 0 && read(a->out, &more, 1) > 0)
		a->too_much = true;
	if (n == 0)
		close_fd(&a->out);
}

/*
 * Keeps the end of it, which says why a program ended. Not more than a pipe holds at a time: a program that
 * never stops must not keep us from its time limit.
 */
static void read_errors(struct cases_adapter *a)
{
	size_t got = 0;
	ssize_t n = 1;

	while (n > 0 && got < PIPE_BYTES) {
		if (a->n_errors == sizeof(a->errors_text)) {
			a->n_errors /= 2;
			memmove(a->errors_text, a->errors_text + a->n_errors, a->n_errors);
		}
		n = read(a->errors, a->errors_text + a->n_errors, sizeof(a->errors_text) - a->n_errors);
		a->n_errors += n > 0 ? (size_t)n : 0;
		got += n > 0 ? (size_t)n : 0;
	}
	if (n == 0)
		close_fd(&a->errors);
}

enum waited { WAITED_OUTPUT, WAITED_ENDED, WAITED_TOO_LONG, WAITED_STOPPED };

/* Until it has printed something more, or has ended. */
static enum waited wait_for(struct cases_adapter *a)
{
	for (;;) {
		const uint64_t now = now_ns();
		struct pollfd polls[] = { { .fd = a->out, .events = POLLIN },
					  { .fd = a->errors, .events = POLLIN },
					  { .fd = a->pidfd, .events = POLLIN } };
		uint64_t left_ms;

		if (a->options.stopped && a->options.stopped())
			return WAITED_STOPPED;
		if (now >= a->deadline_ns)
			return WAITED_TOO_LONG;
		left_ms = (a->deadline_ns - now) / NS_PER_MS + 1;
		if (poll(polls, ARRAY_SIZE(polls), left_ms < SLICE_MS ? (int)left_ms : SLICE_MS) < 0)
			continue;
		if (polls[1].revents)
			read_errors(a);
		if (polls[0].revents)
			read_output(a);
		if (polls[2].revents) {
			if (a->out >= 0)
				read_output(a);
			if (a->errors >= 0)
				read_errors(a);
			return WAITED_ENDED;
		}
		if (polls[0].revents)
			return WAITED_OUTPUT;
	}
}

/* The last line that it printed to standard error. */
static void last_error(const struct cases_adapter *a, char *to, size_t room)
{
	size_t n = a->n_errors, begin;

	while (n > 0 && (a->errors_text[n - 1] == '\n' || a->errors_text[n - 1] == ' '))
		n--;
	begin = n;
	while (begin > 0 && a->errors_text[begin - 1] != '\n')
		begin--;
	snprintf(to, room, "%s%.*s", n > begin ? ": " : "", (int)(n - begin), a->errors_text + begin);
}

/* Ends it, and says how it ended. */
static void fault_end(struct cases_adapter *a, struct cases_result *ret)
{
	char why[CASES_RESULT_TEXT / 2];

	last_error(a, why, sizeof(why));
	end(a);
	if (WIFSIGNALED(a->status))
		fault(ret, "ended by signal %d (%s)%s", WTERMSIG(a->status), strsignal(WTERMSIG(a->status)),
		      why);
	else
		fault(ret, "ended with exit status %d%s%s", WEXITSTATUS(a->status),
		      WEXITSTATUS(a->status) == 0 ? " and without an answer" : "", why);
}

static void fault_waited(struct cases_adapter *a, enum waited waited, struct cases_result *ret)
{
	if (waited == WAITED_STOPPED)
		fault(ret, "interrupted");
	else if (waited == WAITED_TOO_LONG)
		fault(ret, "no answer within %g s", a->options.limit_ms / 1000.0);
	else if (a->too_much)
		fault(ret, "printed more than %d bytes", OUTPUT_MAX);
	else
		fault(ret, "printed more than one line");
	end(a);
}

static bool failed(const struct cases_adapter *a)
{
	return !WIFEXITED(a->status) || WEXITSTATUS(a->status) != 0;
}

/* It has ended by itself. If it failed, nobody knows what its last answer is worth. */
static void retire(struct cases_adapter *a)
{
	end(a);
	if (a->last && failed(a))
		fault_end(a, a->last);
	a->last = NULL;
}

/* ---- one process for each case */

static void ask_once(struct cases_adapter *a, const struct cases_entry *entry, struct cases_result *ret)
{
	enum waited waited;

	if (!start(a, entry->dir, ret))
		return;
	do
		waited = wait_for(a);
	while (waited == WAITED_OUTPUT && !a->too_much);
	if (waited != WAITED_ENDED || a->too_much) {
		fault_waited(a, waited, ret);
		return;
	}
	/* waitpid() in end() has the status; before, the group is killed, which has no effect on it. */
	end(a);
	if (failed(a))
		fault_end(a, ret);
	else
		cases_answer_read(a->output, a->n_output, entry->id, ret);
}

/* ---- one process for many */

/* The socket has room for it: what was sent before has been answered. */
static bool send_line(struct cases_adapter *a, const char *dir)
{
	const size_t n = strlen(dir);

	return send(a->in, dir, n, MSG_NOSIGNAL | MSG_DONTWAIT | MSG_MORE) == (ssize_t)n &&
	       send(a->in, "\n", 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1;
}

static bool has_ended(const struct cases_adapter *a)
{
	struct pollfd poll_pid = { .fd = a->pidfd, .events = POLLIN };

	return poll(&poll_pid, 1, 0) == 1;
}

static void ask_line(struct cases_adapter *a, const struct cases_entry *entry, struct cases_result *ret)
{
	static char lines[] = "--lines";
	enum waited waited = WAITED_OUTPUT;

	if (a->pid > 0 && has_ended(a))
		retire(a);
	if (a->pid == 0 && !start(a, lines, ret))
		return;
	a->last = NULL;
	read_output(a);
	if (a->n_output > 0) {
		fault(ret, "printed a line before it was asked");
		end(a);
		return;
	}
	if (!send_line(a, entry->dir))
		waited = wait_for(a); /* it has ended, or does not read */
	while (waited == WAITED_OUTPUT && !a->too_much && !memchr(a->output, '\n', a->n_output))
		waited = wait_for(a);
	if (a->n_output > 0 && !a->too_much && a->output[a->n_output - 1] == '\n') {
		cases_answer_read(a->output, a->n_output, entry->id, ret);
		a->n_output = 0;
		a->last = ret;
		if (ret->answer == CASES_ANSWERED_ERROR)
			end(a);
		else if (waited == WAITED_ENDED)
			retire(a);
	} else if (waited == WAITED_ENDED && !a->too_much) {
		fault_end(a, ret);
	} else {
		fault_waited(a, waited, ret);
	}
}

void cases_adapter_ask(struct cases_adapter *a, const struct cases_entry *entry, struct cases_result *ret)
{
	const uint64_t began = now_ns();

	*ret = (struct cases_result){ .answer = CASES_ANSWERED_ERROR };
	a->deadline_ns = began + (uint64_t)a->options.limit_ms * NS_PER_MS;
	if (a->options.lines)
		ask_line(a, entry, ret);
	else
		ask_once(a, entry, ret);
	ret->ns = now_ns() - began;
}

/* The end of its input is the end of its work: it may still write what it has found. */
static void close_lines(struct cases_adapter *a)
{
	enum waited waited;

	a->deadline_ns = now_ns() + (uint64_t)a->options.limit_ms * NS_PER_MS;
	close_fd(&a->in);
	do {
		waited = wait_for(a);
		a->n_output = 0;
	} while (waited == WAITED_OUTPUT);
	if (waited == WAITED_ENDED)
		retire(a);
}

void cases_adapter_free(struct cases_adapter *adapter)
{
	if (!adapter)
		return;
	if (adapter->pid > 0)
		close_lines(adapter);
	end(adapter);
	free(adapter->argv);
	free(adapter);
}
