/* SPDX-License-Identifier: MIT */
#include "support/redis.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/test.h"

enum { ATTEMPTS = 5 };

struct redis {
	pid_t pid;
	unsigned port;
	const char *dir;
	char url[64];
};

static void die(const char *what)
{
	perror(what);
	abort();
}

/* A port that was free a moment ago. */
static unsigned free_port(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, n) != 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &n) != 0)
		die("no free port");
	close(fd);
	return ntohs(address.sin_port);
}

static void run_server(const struct redis *redis, int log)
{
	static const char *const names[] = { "redis-server", "valkey-server" };
	char text[16];

	TEXT(text, "%u", redis->port);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (dup2(log, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0 || chdir(redis->dir) != 0)
		_exit(126);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		execlp(names[i], names[i], "--bind", "127.0.0.1", "--port", text, "--save", "",
		       "--appendonly", "no", "--daemonize", "no", "--logfile", "", "--loglevel", "notice",
		       NULL);
	_exit(127);
}

/* Reads the server's log up to the line that says it serves; false: it has ended. */
static bool is_ready(int log)
{
	static const char ready[] = "Ready to accept connections";
	size_t matched = 0;
	char c;

	while (matched < sizeof(ready) - 1) {
		ssize_t n = read(log, &c, 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		matched = c == ready[matched] ? matched + 1 : c == ready[0];
	}
	return true;
}

/* 0, or the exit status of a server that did not start. */
static int start(struct redis *redis)
{
	int log[2], status;
	bool ready;

	if (pipe2(log, O_CLOEXEC) != 0)
		die("pipe2");
	fflush(NULL);
	redis->pid = fork();
	if (redis->pid < 0)
		die("fork");
	if (redis->pid == 0)
		run_server(redis, log[1]);
	close(log[1]);
	ready = is_ready(log[0]);
	close(log[0]); /* the server ignores SIGPIPE: what it writes from now on is lost */
	if (ready)
		return 0;
	if (waitpid(redis->pid, &status, 0) != redis->pid)
		die("waitpid");
	redis->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

struct redis *redis_start_in(const char *dir)
{
	struct redis *redis = NEVER_FAILS(calloc(1, sizeof(*redis)));
	int status = -1;

	if (!redis)
		die("calloc");
	redis->dir = dir;
	for (unsigned i = 0; i < ATTEMPTS && status != 0; i++) {
		redis->port = free_port();
		status = start(redis);
		if (status == 127) {
			free(redis);
			SKIP_BECAUSE("redis-server is not installed");
		}
	}
	if (status != 0)
		FAIL_BECAUSE("redis-server does not start: status %d", status);
	TEXT(redis->url, "redis://127.0.0.1:%u", redis->port);
	return redis;
}

struct redis *redis_start(void)
{
	return redis_start_in("/");
}

const char *redis_url(const struct redis *redis)
{
	return redis->url;
}

pid_t redis_pid(const struct redis *redis)
{
	return redis->pid;
}

void redis_kill(struct redis *redis)
{
	if (redis->pid <= 0)
		return;
	kill(redis->pid, SIGKILL);
	waitpid(redis->pid, NULL, 0);
	redis->pid = 0;
}

void redis_again(struct redis *redis)
{
	if (start(redis) != 0)
		FAIL_BECAUSE("redis-server does not start again on port %u", redis->port);
}

void redis_stop(struct redis *redis)
{
	redis_kill(redis);
	free(redis);
}
