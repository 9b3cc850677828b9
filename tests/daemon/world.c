/* SPDX-License-Identifier: MIT */
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

const char *world_juratd;

static struct sockaddr_un un(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	assert_true(strlen(path) < sizeof(a.sun_path));
	memcpy(a.sun_path, path, strlen(path));
	return a;
}

void world_init(struct world *w)
{
	struct sockaddr_un a;

	memset(w, 0, sizeof(*w));
	TEXT(w->dir, "/tmp/jurat-daemon-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	TEXT(w->socket, "%s/qgs", w->dir);
	TEXT(w->metrics, "%s/metrics", w->dir);
	TEXT(w->notify, "%s/notify", w->dir);
	w->notify_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	a = un(w->notify);
	assert_int_equal(bind(w->notify_fd, (struct sockaddr *)&a, sizeof(a)), 0);
}

static void become_juratd(const struct world *w, int fd, const char *const *words)
{
	/* A call that its filter does not allow ends it, instead of failing where no test looks. */
	const char *argv[64] = { world_juratd, "qgs", "--seccomp", "kill" };
	char pid[16];
	for (size_t i = 0; words[i]; i++)
		argv[i + 4] = words[i];
	setenv("NOTIFY_SOCKET", w->notify, 1);
	if (w->log_fd > 0)
		dup2(w->log_fd, STDERR_FILENO);
	if (fd >= 0) {
		if (fd == 3)
			fcntl(fd, F_SETFD, 0);
		else
			dup2(fd, 3);
		TEXT(pid, "%d", (int)getpid());
		setenv("LISTEN_PID", pid, 1);
		setenv("LISTEN_FDS", "1", 1);
	}
	execv(world_juratd, (char **)(uintptr_t)argv);
	dprintf(STDERR_FILENO, "%s: %s\n", world_juratd, strerror(errno));
	_exit(127);
}

void world_start(struct world *w, int fd, const char *const *words)
{
	w->pid = fork();
	assert_true(w->pid >= 0);
	if (w->pid == 0)
		become_juratd(w, fd, words);
}

static void wait_for(int fd, short events, const char *what)
{
	struct pollfd p = { .fd = fd, .events = events };

	if (poll(&p, 1, WORLD_MS) != 1)
		FAIL_BECAUSE("juratd did not send %s within %d ms", what, WORLD_MS);
}

/* Whether one of its lines is `state`. */
static bool has_line(const char *text, const char *state)
{
	const size_t n = strlen(state);

	for (; text; text = strchr(text, '\n')) {
		text += *text == '\n';
		if (strncmp(text, state, n) == 0 && (text[n] == '\n' || text[n] == '\0'))
			return true;
	}
	return false;
}

void world_expect(struct world *w, const char *state)
{
	char text[512] = "";

	wait_for(w->notify_fd, POLLIN, state);
	assert_true(recv(w->notify_fd, text, sizeof(text) - 1, 0) > 0);
	if (!has_line(text, state))
		FAIL_BECAUSE("juratd sent \"%s\", expected a line \"%s\"", text, state);
}

void world_serve(struct world *w, const char *service)
{
	char listen[128], ask[128], metrics[128];
	const char *words[] = { "--listen", listen, "--service", ask, "--metrics", metrics, NULL };

	TEXT(listen, "unix:%s", w->socket);
	TEXT(ask, "unix:%s/%s", w->dir, service);
	TEXT(metrics, "unix:%s", w->metrics);
	world_start(w, -1, words);
	world_expect(w, "READY=1");
}

/* Waits for the end through a descriptor, for there is no waitpid() with a deadline. */
int world_wait(struct world *w)
{
	int status = -1;
	struct timespec ms = { .tv_sec = WORLD_MS / 1000 };
	sigset_t set, before;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, &before);
	while (waitpid(w->pid, &status, WNOHANG) == 0)
		if (sigtimedwait(&set, NULL, &ms) < 0 && errno == EAGAIN) {
			kill(w->pid, SIGKILL);
			waitpid(w->pid, &status, 0);
			FAIL_BECAUSE("juratd does not end");
		}
	sigprocmask(SIG_SETMASK, &before, NULL);
	w->pid = 0;
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

void world_stop(struct world *w)
{
	assert_int_equal(kill(w->pid, SIGTERM), 0);
	world_expect(w, "STOPPING=1");
	assert_int_equal(world_wait(w), 0);
	assert_int_equal(access(w->socket, F_OK), -1);
	assert_int_equal(access(w->metrics, F_OK), -1);
}

void world_done(struct world *w)
{
	if (w->pid > 0) {
		kill(w->pid, SIGKILL);
		waitpid(w->pid, NULL, 0);
	}
	close(w->notify_fd);
	unlink(w->notify);
	unlink(w->socket);
	unlink(w->metrics);
	rmdir(w->dir);
}

int world_connect(const char *path)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un a = un(path);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

void world_send(int fd, const void *bytes, size_t n)
{
	assert_int_equal(send(fd, bytes, n, MSG_NOSIGNAL), n);
}

size_t world_read_all(int fd, uint8_t *to, size_t room)
{
	size_t n = 0;
	ssize_t got;

	do {
		wait_for(fd, POLLIN, "the end of its answer");
		got = recv(fd, to + n, room - n, 0);
		n += got > 0 ? (size_t)got : 0;
	} while (got > 0 && n < room);
	close(fd);
	return n;
}

void world_read(int fd, uint8_t *to, size_t n)
{
	while (n > 0) {
		ssize_t got;

		wait_for(fd, POLLIN, "the rest of its answer");
		got = recv(fd, to, n, 0);
		if (got <= 0)
			FAIL_BECAUSE("juratd closed the connection, %zu bytes before the end of its answer",
				     n);
		to += got;
		n -= (size_t)got;
	}
}

void world_expect_quote(int fd, uint8_t fill)
{
	uint8_t got[MESSAGE_ROOM], want[MESSAGE_ROOM];
	size_t n = message_quote_resp(want, fill);

	assert_int_equal(world_read_all(fd, got, sizeof(got)), n);
	assert_memory_equal(got, want, n);
}

void world_expect_error(int fd, uint32_t code)
{
	uint8_t got[MESSAGE_ROOM], want[MESSAGE_ROOM];
	size_t n = message_quote_error(want, code);

	assert_int_equal(world_read_all(fd, got, sizeof(got)), n);
	assert_memory_equal(got, want, n);
}

long world_metric(const struct world *w, const char *name)
{
	static const char request[] = "GET /metrics HTTP/1.0\r\n\r\n";
	char text[32768] = "", line[160], *at;
	int fd = world_connect(w->metrics);

	world_send(fd, request, sizeof(request) - 1);
	world_read_all(fd, (uint8_t *)text, sizeof(text) - 1);
	assert_non_null(strstr(text, "application/openmetrics-text"));
	assert_non_null(strstr(text, "\n# EOF\n"));
	TEXT(line, "\n%s ", name);
	at = strstr(text, line);
	return at ? strtol(at + strlen(line), NULL, 10) : -1;
}

/* ---- services */

enum { SERVICE_MAX_HELD = 64 };

struct service {
	char path[108];
	enum service_manner manner;
	uint8_t fill;
	bool counts;
	int fd, wake[2];
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned n_quotes;
	struct {
		int fd;
		bool quote;
		unsigned n_th;
	} held[SERVICE_MAX_HELD];
	unsigned n_held;
};

static void send_large(int fd, uint8_t fill)
{
	static uint8_t bytes[28 + SERVICE_LARGE_QUOTE];

	message_head(bytes, 1, 24 + SERVICE_LARGE_QUOTE);
	bytes_put_le(bytes + 20, 0, 4);
	bytes_put_le(bytes + 24, SERVICE_LARGE_QUOTE, 4);
	memset(bytes + 28, fill, SERVICE_LARGE_QUOTE);
	(void)!send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL);
}

static void answer(const struct service *s, enum service_manner manner, int fd, bool quote, unsigned n_th)
{
	uint8_t bytes[MESSAGE_ROOM];
	size_t n;

	if (manner == SERVICE_LARGE && quote) {
		send_large(fd, s->fill);
		close(fd);
		return;
	}
	n = quote ? message_quote_resp(bytes, s->counts ? (uint8_t)n_th : s->fill)
		  : message_platform_resp(bytes);
	if (manner == SERVICE_ERROR && quote)
		n = message_quote_error(bytes, QGS_E_UNEXPECTED);
	else if (manner == SERVICE_GARBAGE)
		memset(bytes, 0xa5, n);
	if (manner != SERVICE_CLOSES)
		(void)!send(fd, bytes, n, MSG_NOSIGNAL);
	close(fd);
}

static void serve_one(struct service *s, int fd)
{
	uint8_t bytes[4 + 4092];
	struct bytes_rd r;
	enum service_manner manner;
	bool quote, hold = false;
	unsigned n_th;
	size_t n;

	if (recv(fd, bytes, 4, MSG_WAITALL) != 4) {
		close(fd);
		return;
	}
	r = bytes_rd(bytes, 4);
	n = bytes_rd_be32(&r);
	if (n > sizeof(bytes) - 4 || recv(fd, bytes + 4, n, MSG_WAITALL) != (ssize_t)n) {
		close(fd);
		return;
	}
	quote = bytes_get_le(bytes + 8, 4) == 0;
	pthread_mutex_lock(&s->lock);
	manner = s->manner;
	s->n_quotes += quote;
	n_th = s->n_quotes;
	hold = (manner == SERVICE_SILENT || manner == SERVICE_COUNTS) && s->n_held < SERVICE_MAX_HELD;
	if (hold) {
		s->held[s->n_held].fd = fd;
		s->held[s->n_held].n_th = n_th;
		s->held[s->n_held++].quote = quote;
	}
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
	if (!hold)
		answer(s, manner, fd, quote, n_th);
}

static void *serve(void *arg)
{
	struct service *s = arg;
	struct pollfd p[2] = { { .fd = s->fd, .events = POLLIN }, { .fd = s->wake[0], .events = POLLIN } };
	int fd;

	while (poll(p, 2, -1) > 0 && !p[1].revents) {
		fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd >= 0)
			serve_one(s, fd);
	}
	return NULL;
}

struct service *service_new(const char *path, enum service_manner manner, uint8_t fill)
{
	struct service *s = calloc(1, sizeof(*s));
	struct sockaddr_un a = un(path);

	assert_non_null(s);
	TEXT(s->path, "%s", path);
	s->manner = manner;
	s->fill = fill;
	s->counts = manner == SERVICE_COUNTS;
	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(s->fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(s->fd, 128), 0);
	assert_int_equal(pipe2(s->wake, O_CLOEXEC), 0);
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->changed, NULL);
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
	return s;
}

void service_release(struct service *s)
{
	pthread_mutex_lock(&s->lock);
	s->manner = SERVICE_GOOD;
	for (unsigned i = 0; i < s->n_held; i++)
		answer(s, SERVICE_GOOD, s->held[i].fd, s->held[i].quote, s->held[i].n_th);
	s->n_held = 0;
	pthread_mutex_unlock(&s->lock);
}

void service_wait(struct service *s, unsigned n)
{
	struct timespec until;
	int r = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += WORLD_MS / 1000;
	pthread_mutex_lock(&s->lock);
	while (s->n_quotes < n && r == 0)
		r = pthread_cond_timedwait(&s->changed, &s->lock, &until);
	pthread_mutex_unlock(&s->lock);
	assert_int_equal(r, 0);
}

unsigned service_n_quotes(struct service *s)
{
	unsigned n;

	pthread_mutex_lock(&s->lock);
	n = s->n_quotes;
	pthread_mutex_unlock(&s->lock);
	return n;
}

void service_free(struct service *s)
{
	(void)!write(s->wake[1], "", 1);
	pthread_join(s->thread, NULL);
	for (unsigned i = 0; i < s->n_held; i++)
		close(s->held[i].fd);
	close(s->fd);
	close(s->wake[0]);
	close(s->wake[1]);
	unlink(s->path);
	free(s);
}
