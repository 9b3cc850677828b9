/* SPDX-License-Identifier: MIT */
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/env.h"

/* The real program with real sockets. Hazards G of doc/hazards.md. */
static struct world w;

static int set_up(void **state)
{
	world_init(&w);
	return 0;
}

static int tear_down(void **state)
{
	world_done(&w);
	return 0;
}

static const char *in_dir(const char *name)
{
	static char paths[8][128];
	static unsigned next;
	char *path = paths[next++ % ARRAY_SIZE(paths)];

	test_text(path, sizeof(paths[0]), "%s/%s", w.dir, name);
	return path;
}

static const char *unix_in_dir(const char *name)
{
	static char texts[8][136];
	static unsigned next;
	char *text = texts[next++ % ARRAY_SIZE(texts)];

	test_text(text, sizeof(texts[0]), "unix:%s/%s", w.dir, name);
	return text;
}

/* `juratd qgs --listen unix:DIR/qgs` and these, ready. */
#define SERVE(...)                                                                                           \
	do {                                                                                                 \
		const char *words_[] = { "--listen", unix_in_dir("qgs"), __VA_ARGS__, NULL };                \
		world_start(&w, -1, words_);                                                                 \
		world_expect(&w, "READY=1");                                                                 \
	} while (0)

static int ask_quote(void)
{
	uint8_t request[MESSAGE_ROOM];
	int fd = world_connect(w.socket);

	world_send(fd, request, message_quote_req(request));
	return fd;
}

static void a_request_of_single_bytes_is_answered_to_the_byte(void **state) /* G1, G9 */
{
	struct service *s = service_new(in_dir("a"), SERVICE_GOOD, 0x71);
	uint8_t request[MESSAGE_ROOM], got[MESSAGE_ROOM], want[MESSAGE_ROOM];
	size_t n = message_quote_req(request);
	int fd;

	world_serve(&w, "a");
	fd = world_connect(w.socket);
	for (size_t i = 0; i < n; i++)
		world_send(fd, request + i, 1);
	world_expect_quote(fd, 0x71);
	fd = world_connect(w.socket);
	world_send(fd, request, message_platform_req(request));
	assert_int_equal(world_read_all(fd, got, sizeof(got)), FRAMED_PLATFORM_RESP);
	message_platform_resp(want);
	assert_memory_equal(got, want, FRAMED_PLATFORM_RESP);
	world_stop(&w);
	service_free(s);
}

static void a_bare_tdreport_is_answered_with_a_bare_quote(void **state)
{
	struct service *s = service_new(in_dir("a"), SERVICE_GOOD, 0x72);
	uint8_t report[TDX_REPORT_BYTES + 1] = { 0 }, got[MESSAGE_ROOM];
	int fd;

	message_tdreport(report);
	world_serve(&w, "a");
	fd = world_connect(w.socket);
	world_send(fd, report, TDX_REPORT_BYTES);
	assert_int_equal(world_read_all(fd, got, sizeof(got)), QUOTE_BYTES);
	assert_true(bytes_all(got, QUOTE_BYTES, 0x72));
	fd = world_connect(w.socket);
	world_send(fd, report, TDX_REPORT_BYTES + 1);
	assert_int_equal(world_read_all(fd, got, sizeof(got)), 0);
	world_stop(&w);
	service_free(s);
}

static void a_client_that_closes_its_half_still_gets_the_answer(void **state)
{
	struct service *s = service_new(in_dir("a"), SERVICE_SILENT, 0x73);
	int fd;

	world_serve(&w, "a");
	fd = ask_quote();
	shutdown(fd, SHUT_WR);
	service_wait(s, 1);
	service_release(s);
	world_expect_quote(fd, 0x73);
	world_stop(&w);
	service_free(s);
}

static void a_thousand_connections_at_once_are_all_answered(void **state) /* G3 */
{
	enum { N = 1000 };
	struct service *s = service_new(in_dir("a"), SERVICE_GOOD, 0x74);
	struct rlimit limit;
	static int fds[N];

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	if (limit.rlim_max < N + 100) {
		service_free(s);
		SKIP_BECAUSE("this process may have only %lu descriptors", (unsigned long)limit.rlim_max);
	}
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	world_serve(&w, "a");
	for (unsigned i = 0; i < N; i++)
		fds[i] = world_connect(w.socket);
	for (unsigned i = 0; i < N; i++) {
		uint8_t request[MESSAGE_ROOM];

		world_send(fds[i], request, message_quote_req(request));
	}
	for (unsigned i = 0; i < N; i++)
		world_expect_quote(fds[i], 0x74);
	assert_int_equal(world_metric(&w, "juratd_qgs_accepted_total"), N);
	assert_int_equal(world_metric(&w, "juratd_qgs_answers_total{code=\"SUCCESS\"}"), N);
	world_stop(&w);
	service_free(s);
}

static void slow_readers_hold_nobody_and_the_slowest_have_to_go(void **state) /* G3 */
{
	enum { SLOW = 12 };
	struct service *large = service_new(in_dir("a"), SERVICE_LARGE, 0x75);
	static uint8_t got[SERVICE_LARGE_QUOTE + 64];
	int slow[SLOW], fd;
	size_t whole = 0, n;

	SERVE("--service", unix_in_dir("a"), "--max-unsent", "1048576", "--metrics", unix_in_dir("metrics"));
	for (unsigned i = 0; i < SLOW; i++)
		slow[i] = ask_quote(); /* and read nothing */
	service_wait(large, SLOW);
	fd = ask_quote(); /* in order: when this one is answered all the others were */
	assert_int_equal(world_read_all(fd, got, sizeof(got)), SERVICE_LARGE_QUOTE + 28);
	assert_true(world_metric(&w, "juratd_qgs_evicted_total") > 0);
	assert_true(world_metric(&w, "juratd_qgs_unsent_bytes") <= 1048576);
	for (unsigned i = 0; i < SLOW; i++) {
		n = world_read_all(slow[i], got, sizeof(got));
		whole += n == SERVICE_LARGE_QUOTE + 28;
	}
	assert_true(whole > 0 && whole < SLOW);
	world_stop(&w);
	service_free(large);
}

static void when_descriptors_run_out_clients_wait_and_nobody_is_lost(void **state) /* G2 */
{
	enum { N = 40 };
	struct service *s = service_new(in_dir("a"), SERVICE_SILENT, 0x76);
	struct rlimit few, before;
	int fds[N];

	world_serve(&w, "a");
	fds[0] = ask_quote();
	service_wait(s, 1); /* its libraries have opened what they need */
	assert_int_equal(prlimit(w.pid, RLIMIT_NOFILE, NULL, &before), 0);
	few = (struct rlimit){ .rlim_cur = 26, .rlim_max = before.rlim_max };
	assert_int_equal(prlimit(w.pid, RLIMIT_NOFILE, &few, NULL), 0);
	for (unsigned i = 1; i < N; i++)
		fds[i] = ask_quote();
	service_release(s);
	for (unsigned i = 0; i < N; i++) {
		uint8_t got[MESSAGE_ROOM];
		size_t n = world_read_all(fds[i], got, sizeof(got));

		/* Without a descriptor to ask the service with, the answer is the error, not silence. */

		assert_true(n == FRAMED_QUOTE_RESP || n == FRAMED_ERROR);
	}
	assert_int_equal(prlimit(w.pid, RLIMIT_NOFILE, &before, NULL), 0);
	assert_true(world_metric(&w, "juratd_qgs_accept_failures_total") > 0);
	world_expect_quote(ask_quote(), 0x76);
	world_stop(&w);
	service_free(s);
}

/* Reads lines until one has `text`. */
static void wait_for_line(int fd, const char *text)
{
	char line[1024];
	size_t n = 0;

	do {
		if (n == 0 || line[n - 1] == '\n')
			n = 0;
		assert_true(n < sizeof(line) - 1);
		world_read(fd, (uint8_t *)line + n, 1);
		line[++n] = '\0';
	} while (line[n - 1] != '\n' || !strstr(line, text));
}

static void accepting_goes_on_also_when_none_of_its_own_connections_ends(void **state) /* G2 */
{
	struct service *s = service_new(in_dir("a"), SERVICE_GOOD, 0x76);
	struct rlimit few, before;
	int log[2], fd;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, log), 0);
	w.log_fd = log[1];
	world_serve(&w, "a");
	assert_int_equal(prlimit(w.pid, RLIMIT_NOFILE, NULL, &before), 0);
	few = (struct rlimit){ .rlim_cur = 3, .rlim_max = before.rlim_max };
	assert_int_equal(prlimit(w.pid, RLIMIT_NOFILE, &few, NULL), 0);
	fd = ask_quote();
	wait_for_line(log[0], "event=accept-failed");
	assert_int_equal(prlimit(w.pid, RLIMIT_NOFILE, &before, NULL), 0);
	world_expect_quote(fd, 0x76);
	world_stop(&w);
	close(log[0]);
	close(log[1]);
	service_free(s);
}

static void more_connections_than_the_cap_wait_their_turn(void **state)
{
	struct service *s = service_new(in_dir("a"), SERVICE_GOOD, 0x77);
	int a, b, c;

	SERVE("--service", unix_in_dir("a"), "--max-connections", "2");
	a = world_connect(w.socket); /* two that say nothing */
	b = world_connect(w.socket);
	c = ask_quote();
	close(a);
	world_expect_quote(c, 0x77);
	close(b);
	world_stop(&w);
	service_free(s);
}

static void sigterm_lets_what_was_begun_finish(void **state)
{
	struct service *s = service_new(in_dir("a"), SERVICE_SILENT, 0x78);
	uint8_t request[MESSAGE_ROOM], got[16];
	int asked, half, idle;

	world_serve(&w, "a");
	idle = world_connect(w.socket);
	half = world_connect(w.socket);
	world_send(half, request, message_quote_req(request) - 1);
	asked = ask_quote();
	service_wait(s, 1);
	kill(w.pid, SIGTERM);
	world_expect(&w, "STOPPING=1");
	assert_int_equal(world_read_all(idle, got, sizeof(got)), 0);
	assert_int_equal(access(w.socket, F_OK), -1); /* a successor may have the name */
	service_release(s);
	world_expect_quote(asked, 0x78);
	world_send(half, request + FRAMED_QUOTE_REQ - 1, 1);
	world_expect_quote(half, 0x78);
	assert_int_equal(world_wait(&w), 0);
	service_free(s);
}

static void draining_has_an_end(void **state)
{
	struct service *s = service_new(in_dir("a"), SERVICE_SILENT, 0x79);
	int fd;

	SERVE("--service", unix_in_dir("a"), "--drain", "60");
	fd = ask_quote();
	service_wait(s, 1);
	kill(w.pid, SIGTERM);
	world_expect_error(fd, QGS_E_UNEXPECTED);
	assert_int_equal(world_wait(&w), 0);
	service_free(s);
}

static void a_silent_client_is_closed_in_time(void **state)
{
	uint8_t got[16];
	int fd;

	SERVE("--service", unix_in_dir("a"), "--timeout", "100");
	fd = world_connect(w.socket);
	assert_int_equal(world_read_all(fd, got, sizeof(got)), 0);
	world_stop(&w);
}

static void a_stale_socket_is_replaced_and_a_live_one_is_not(void **state) /* G6 */
{
	struct service *s = service_new(in_dir("a"), SERVICE_GOOD, 0x7a);
	const char *words[] = { "--listen", unix_in_dir("qgs"), "--service", unix_in_dir("a"), NULL };
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct world second = w;
	struct stat st;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(a.sun_path, w.socket, strlen(w.socket));
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	close(fd); /* left behind, as by one that crashed */
	world_start(&w, -1, words);
	world_expect(&w, "READY=1");
	assert_int_equal(stat(w.socket, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	world_start(&second, -1, words);
	assert_int_equal(world_wait(&second), 3);
	world_expect_quote(ask_quote(), 0x7a); /* the first is as it was */
	world_stop(&w);
	service_free(s);
}

/* Its start may be stopped by nobody but one of its own. */
static void a_lock_of_somebody_else_does_not_stop_a_start(void **state)
{
	struct service *s = service_new(in_dir("a"), SERVICE_GOOD, 0x7a);
	const int dir = open(w.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_int_equal(flock(dir, LOCK_EX | LOCK_NB), 0); /* whoever can list the directory can do this */
	world_serve(&w, "a");
	world_expect_quote(ask_quote(), 0x7a);
	assert_int_equal(access(in_dir("qgs.lock"), F_OK), -1);
	world_stop(&w);
	close(dir);
	service_free(s);
}

static void another_start_is_waited_for_so_long_and_then_named(void **state)
{
	const char *words[] = {
		"--listen", unix_in_dir("qgs"), "--service", unix_in_dir("a"), "--start-wait", "20", NULL
	};
	char want[64];
	int log[2], fd;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, log), 0);
	w.log_fd = log[1];
	fd = open(in_dir("qgs.lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(base_lock(base_env_real(), fd, BASE_LOCK_EXCLUSIVE, 0), 0);
	world_start(&w, -1, words);
	TEXT(want, "is held by pid %d (", (int)getpid());
	wait_for_line(log[0], want);
	assert_int_equal(world_wait(&w), 3);
	close(fd); /* and what a start that was killed left is no obstacle */
	world_start(&w, -1, words);
	world_expect(&w, "READY=1");
	world_stop(&w);
	close(log[0]);
	close(log[1]);
}

static void a_place_that_strangers_can_write_to_is_refused(void **state)
{
	const char *words[] = { "--listen", unix_in_dir("qgs"), "--service", unix_in_dir("a"), NULL };
	int log[2], fd;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, log), 0);
	w.log_fd = log[1];
	assert_int_equal(chmod(w.dir, 0777), 0);
	world_start(&w, -1, words);
	wait_for_line(log[0], "has mode 0777 and owner");
	assert_int_equal(world_wait(&w), 3);
	assert_int_equal(chmod(w.dir, 01777), 0); /* such as /tmp */
	fd = open(in_dir("qgs.lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(fchmod(fd, 0644), 0);
	world_start(&w, -1, words);
	wait_for_line(log[0], "has mode 0644 and owner");
	assert_int_equal(world_wait(&w), 3);
	close(fd);
	unlink(in_dir("qgs.lock"));
	world_start(&w, -1, words);
	world_expect(&w, "READY=1");
	world_stop(&w);
	close(log[0]);
	close(log[1]);
}

static void what_is_no_socket_is_never_removed(void **state)
{
	const char *words[] = { "--listen", unix_in_dir("qgs"), "--service", unix_in_dir("a"), NULL };
	int fd = open(w.socket, O_CREAT | O_WRONLY, 0600);

	close(fd);
	world_start(&w, -1, words);
	assert_int_equal(world_wait(&w), 3);
	assert_int_equal(access(w.socket, F_OK), 0);
}

static void a_start_that_fails_half_way_leaves_nothing_behind(void **state)
{
	const char *words[] = { "--listen",  unix_in_dir("qgs"),     "--service", unix_in_dir("a"),
				"--metrics", unix_in_dir("metrics"), NULL };
	int fd = open(w.metrics, O_CREAT | O_WRONLY, 0600);

	close(fd);
	world_start(&w, -1, words);
	assert_int_equal(world_wait(&w), 3);
	assert_int_equal(access(w.socket, F_OK), -1);
	assert_int_equal(access(w.metrics, F_OK), 0);
}

static int listening_tcp(in_addr_t address, int type, struct sockaddr_in *ret)
{
	socklen_t n = sizeof(*ret);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	*ret = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(address) };
	assert_int_equal(bind(fd, (struct sockaddr *)ret, sizeof(*ret)), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)ret, &n), 0);
	return fd;
}

static void a_socket_of_the_service_manager_is_served(void **state)
{
	struct service *s = service_new(in_dir("a"), SERVICE_GOOD, 0x7b);
	const char *words[] = { "--service", unix_in_dir("a"), NULL };
	uint8_t request[MESSAGE_ROOM];
	struct sockaddr_in a;
	int listener = listening_tcp(INADDR_LOOPBACK, SOCK_STREAM, &a), fd;

	world_start(&w, listener, words);
	world_expect(&w, "READY=1");
	fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	world_send(fd, request, message_quote_req(request));
	world_send(fd, request, 100); /* more than is read: closing must not take the answer back */
	world_expect_quote(fd, 0x7b);
	kill(w.pid, SIGTERM);
	assert_int_equal(world_wait(&w), 0);
	close(listener);
	service_free(s);
}

static void a_socket_that_other_machines_reach_is_refused(void **state)
{
	const char *words[] = { "--service", unix_in_dir("a"), NULL };
	struct sockaddr_in a;
	int fd = listening_tcp(INADDR_ANY, SOCK_STREAM, &a);

	world_start(&w, fd, words);
	assert_int_equal(world_wait(&w), 3);
	close(fd);
	fd = listening_tcp(INADDR_LOOPBACK, SOCK_DGRAM, &a);
	world_start(&w, fd, words);
	assert_int_equal(world_wait(&w), 3);
	close(fd);
}

static void a_service_that_fails_costs_a_client_nothing(void **state) /* G8 */
{
	static const enum service_manner manners[] = { SERVICE_ERROR, SERVICE_CLOSES, SERVICE_GARBAGE,
						       SERVICE_SILENT };

	for (size_t i = 0; i < ARRAY_SIZE(manners); i++) {
		struct service *bad = service_new(in_dir("bad"), manners[i], 0x11);
		struct service *good = service_new(in_dir("good"), SERVICE_GOOD, 0x7c);

		SERVE("--service", unix_in_dir("dead"), "--service", unix_in_dir("bad"), "--service",
		      unix_in_dir("good"), "--service-timeout",
		      "1000"); /* within which a busy machine's answers */
		for (unsigned k = 0; k < 6; k++)
			world_expect_quote(ask_quote(), 0x7c);
		world_stop(&w);
		service_free(bad);
		service_free(good);
	}
}

static void when_every_service_fails_the_client_is_told(void **state) /* G5 */
{
	struct service *s = service_new(in_dir("b"), SERVICE_ERROR, 0);

	SERVE("--service", unix_in_dir("a"), "--service", unix_in_dir("c"));
	for (unsigned i = 0; i < 3; i++) /* the first answer and the following do not differ */
		world_expect_error(ask_quote(), QGS_E_UNEXPECTED);
	world_stop(&w);
	SERVE("--service", unix_in_dir("a"), "--service", unix_in_dir("b"));
	world_expect_error(ask_quote(), QGS_E_UNEXPECTED);
	world_stop(&w);
	service_free(s);
}

static void a_service_that_comes_back_is_found_by_its_probe(void **state)
{
	char up[160];
	struct service *s;

	TEXT(up, "juratd_qgs_service_up{service=\"%s\"}", unix_in_dir("a"));
	SERVE("--service", unix_in_dir("a"), "--probe", "20", "--metrics", unix_in_dir("metrics"));
	world_expect_error(ask_quote(), QGS_E_UNEXPECTED);
	assert_int_equal(world_metric(&w, up), 0);
	s = service_new(in_dir("a"), SERVICE_GOOD, 0x7d);
	while (world_metric(&w, up) != 1) /* each look takes a round trip; the test's time limit bounds it */
		;
	world_expect_quote(ask_quote(), 0x7d);
	world_stop(&w);
	service_free(s);
}

static void requests_start_in_the_order_they_came(void **state)
{
	struct service *s = service_new(in_dir("a"), SERVICE_SILENT, 0x7e);
	int fds[6];

	SERVE("--service", unix_in_dir("a"), "--service-requests", "2", "--metrics", unix_in_dir("metrics"));
	for (unsigned i = 0; i < ARRAY_SIZE(fds); i++)
		fds[i] = ask_quote();
	service_wait(s, 2);
	while (world_metric(&w, "juratd_qgs_requests_in_flight") != ARRAY_SIZE(fds))
		;
	assert_int_equal(service_n_quotes(s), 2); /* the rest waits in juratd, not on the service */
	service_release(s);
	for (unsigned i = 0; i < ARRAY_SIZE(fds); i++)
		world_expect_quote(fds[i], 0x7e);
	world_stop(&w);
	service_free(s);
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void sighup_reads_the_configuration_again(void **state)
{
	struct service *a = service_new(in_dir("a"), SERVICE_GOOD, 0xaa);
	struct service *b = service_new(in_dir("b"), SERVICE_GOOD, 0xbb);
	const char *words[] = { "--config", in_dir("config"), "--metrics", unix_in_dir("metrics"), NULL };
	char text[512], up[160];

	TEXT(text, "{\"listen\": [\"%s\"], \"service\": [\"%s\"], \"timeout\": 5000}", unix_in_dir("qgs"),
	     unix_in_dir("a"));
	write_file(in_dir("config"), text);
	world_start(&w, -1, words);
	world_expect(&w, "READY=1");
	world_expect_quote(ask_quote(), 0xaa);
	write_file(in_dir("config"), "{\"listen\": 7}"); /* wrong: all stays as it is */
	kill(w.pid, SIGHUP);
	world_expect(&w, "RELOADING=1");
	world_expect(&w, "READY=1");
	world_expect_quote(ask_quote(), 0xaa);
	TEXT(text, "{\"listen\": [\"%s\"], \"service\": [\"%s\"]}", unix_in_dir("qgs"), unix_in_dir("b"));
	write_file(in_dir("config"), text);
	kill(w.pid, SIGHUP);
	world_expect(&w, "RELOADING=1");
	world_expect(&w, "READY=1");
	TEXT(up, "juratd_qgs_service_up{service=\"%s\"}", unix_in_dir("b"));
	while (world_metric(&w, up) < 0)
		;
	world_expect_quote(ask_quote(), 0xbb);
	world_stop(&w);
	unlink(in_dir("config"));
	service_free(a);
	service_free(b);
}

static void what_makes_no_sense_is_refused_with_status_2(void **state)
{
	const char *const rows[][8] = {
		{ "--listen", "unix:/x" },
		{ "--service", "unix:/x" },
		{ "--listen", "unix:/x", "--service", "unix:/y", "--software-enclave" },
		{ "--listen", "/x", "--service", "unix:/y" },
		{ "--listen", "tcp:0.0.0.0:4050", "--service", "unix:/y" },
		{ "--listen", "tcp:192.0.2.1:4050", "--service", "unix:/y" },
		{ "--listen", "vsock:x", "--service", "unix:/y" },
		{ "--listen", "vsock:2:4050", "--service", "unix:/y" },
		{ "--listen", "unix:/x", "--service", "vsock:4050" },
		{ "--listen", "unix:/x", "--listen", "unix:/x", "--service", "unix:/y" },
		{ "--listen", "unix:/x", "--service", "unix:/y", "--timeout", "0" },
		{ "--listen", "unix:/x", "--service", "unix:/y", "--timeout", "1e3" },
		{ "--listen", "unix:/x", "--service", "unix:/y", "--socket-mode", "0999" },
		{ "--listen", "unix:/x", "--service", "unix:/y", "--probe" },
		{ "--listen", "unix:/x", "--service", "unix:/y", "--metrics", "vsock:9" },
		{ "--listen", "unix:/x", "--service", "unix:/y", "--timeout", "100", "--timeout", "100" },
		{ "--listen", "unix:/x", "--service", "unix:/y", "--nonsense" },
		{ "--listen", "unix:/x", "--service", "unix:/y", "more" },
		{ "--listen", "unix:/x", "--service", "unix:/y", "--seed", "s" },
		{ "--listen", "unix:/x", "--service", "unix:/y", "--config", "/nonexistent" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *words[9] = { NULL };
		int status;

		memcpy(words, rows[i], sizeof(rows[i]));
		world_start(&w, -1, words);
		status = world_wait(&w);
		if (status != 2)
			FAIL_BECAUSE("row %zu: status %d", i, status);
	}
}

int main(int argc, char **argv)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(a_request_of_single_bytes_is_answered_to_the_byte),
		T(a_bare_tdreport_is_answered_with_a_bare_quote),
		T(a_client_that_closes_its_half_still_gets_the_answer),
		T(a_thousand_connections_at_once_are_all_answered),
		T(slow_readers_hold_nobody_and_the_slowest_have_to_go),
		T(when_descriptors_run_out_clients_wait_and_nobody_is_lost),
		T(accepting_goes_on_also_when_none_of_its_own_connections_ends),
		T(more_connections_than_the_cap_wait_their_turn),
		T(sigterm_lets_what_was_begun_finish),
		T(draining_has_an_end),
		T(a_silent_client_is_closed_in_time),
		T(a_stale_socket_is_replaced_and_a_live_one_is_not),
		T(a_lock_of_somebody_else_does_not_stop_a_start),
		T(another_start_is_waited_for_so_long_and_then_named),
		T(a_place_that_strangers_can_write_to_is_refused),
		T(what_is_no_socket_is_never_removed),
		T(a_start_that_fails_half_way_leaves_nothing_behind),
		T(a_socket_of_the_service_manager_is_served),
		T(a_socket_that_other_machines_reach_is_refused),
		T(a_service_that_fails_costs_a_client_nothing),
		T(when_every_service_fails_the_client_is_told),
		T(a_service_that_comes_back_is_found_by_its_probe),
		T(requests_start_in_the_order_they_came),
		T(sighup_reads_the_configuration_again),
		T(what_makes_no_sense_is_refused_with_status_2),
	};

	if (argc < 2)
		return 2;
	world_juratd = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
