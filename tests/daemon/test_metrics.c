/* SPDX-License-Identifier: MIT */
#include "world.h"

#include <jurat/version.h>

#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/metrics_http.h"

/* The metrics endpoint of the real program, beside clients that are many, slow, silent or deaf. */
enum { CROWD = 3 * METRICS_HTTP_CONNECTIONS, SCRAPES = 64, ROUNDS = 5 };

static const char request[] = "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
static const char kept_alive[] = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";

static struct world w;
static struct service *service;
static int fds[CROWD];

static int set_up(void **state)
{
	char name[80];

	world_init(&w);
	TEXT(name, "%s/a", w.dir);
	service = service_new(name, SERVICE_GOOD, 0x11);
	return 0;
}

static int tear_down(void **state)
{
	service_free(service);
	world_done(&w);
	return 0;
}

static void serve(const char *timeout)
{
	char listen[128], ask[128], metrics[128];
	const char *words[] = { "--listen", listen,      "--service", ask, "--metrics",
				metrics,    "--timeout", timeout,     NULL };

	TEXT(listen, "unix:%s", w.socket);
	TEXT(ask, "unix:%s/a", w.dir);
	TEXT(metrics, "unix:%s", w.metrics);
	world_start(&w, -1, words);
	world_expect(&w, "READY=1");
}

static void expect_scrape(int fd)
{
	char text[32768] = "";

	world_read_all(fd, (uint8_t *)text, sizeof(text) - 1);
	assert_non_null(strstr(text, "HTTP/1.1 200 "));
	assert_non_null(strstr(text, "\n# EOF\n"));
}

static void scrape(void)
{
	int fd = world_connect(w.metrics);

	world_send(fd, request, sizeof(request) - 1);
	expect_scrape(fd);
}

/* As many as there may be three times over, each with the first n bytes of the request. */
static void crowd(const char *text, size_t n, unsigned times)
{
	for (unsigned i = 0; i < CROWD; i++) {
		fds[i] = world_connect(w.metrics);
		for (unsigned k = 0; k < times; k++)
			(void)!send(fds[i], text, n, MSG_NOSIGNAL | MSG_DONTWAIT);
	}
}

static void leave(void)
{
	for (unsigned i = 0; i < CROWD; i++)
		close(fds[i]);
}

static void sixty_four_scrapes_at_once_are_all_answered_again_and_again(void **state)
{
	serve("30000");
	for (unsigned round = 0; round < ROUNDS; round++) {
		for (unsigned i = 0; i < SCRAPES; i++)
			fds[i] = world_connect(w.metrics);
		for (unsigned i = 0; i < SCRAPES; i++)
			world_send(fds[i], request, sizeof(request) - 1);
		for (unsigned i = 0; i < SCRAPES; i++)
			expect_scrape(fds[i]);
	}
	scrape();
	world_stop(&w);
}

static void clients_that_send_one_byte_keep_nobody_waiting(void **state)
{
	serve("3600000");
	crowd(request, 1, 1);
	scrape();
	leave();
	scrape();
	world_stop(&w);
}

static void clients_that_send_nothing_keep_nobody_waiting(void **state)
{
	serve("3600000");
	crowd(request, 0, 0);
	scrape();
	world_stop(&w); /* nor does the end wait for them */
	leave();
}

static void clients_that_never_read_keep_nobody_waiting(void **state)
{
	serve("3600000");
	crowd(kept_alive, sizeof(kept_alive) - 1, 200); /* more answers than their socket takes */
	scrape();
	leave();
	scrape();
	world_stop(&w);
}

static void one_connection_may_scrape_again_and_again(void **state)
{
	char text[32768];
	int fd;

	serve("30000");
	fd = world_connect(w.metrics);
	for (unsigned i = 0; i < ROUNDS; i++) {
		size_t n = 0;

		world_send(fd, kept_alive, sizeof(kept_alive) - 1);
		do {
			assert_true(n < sizeof(text) - 1);
			world_read(fd, (uint8_t *)text + n, 1);
			text[++n] = '\0';
		} while (n < 7 || strcmp(text + n - 7, "\n# EOF\n") != 0);
		assert_non_null(strstr(text, "HTTP/1.1 200 "));
	}
	close(fd);
	world_stop(&w);
}

static void a_request_has_only_so_much_time_however_it_is_fed(void **state)
{
	uint8_t got[64];
	int fd;

	serve("20");
	fd = world_connect(w.metrics);
	for (size_t i = 0; i < sizeof(request) && send(fd, request + i % 4, 1, MSG_NOSIGNAL) == 1; i++)
		if (recv(fd, got, sizeof(got), MSG_DONTWAIT) == 0)
			break;
	assert_int_equal(world_read_all(fd, got, sizeof(got)), 0);
	world_stop(&w);
}

static void when_descriptors_run_out_the_next_scrape_is_still_answered(void **state)
{
	struct rlimit few, before;

	serve("3600000");
	scrape();
	assert_int_equal(prlimit(w.pid, RLIMIT_NOFILE, NULL, &before), 0);
	few = (struct rlimit){ .rlim_cur = 30, .rlim_max = before.rlim_max };
	assert_int_equal(prlimit(w.pid, RLIMIT_NOFILE, &few, NULL), 0);
	crowd(request, 1, 1);
	scrape();
	leave();
	few.rlim_cur = 3; /* not even one: it waits, and is answered later */
	assert_int_equal(prlimit(w.pid, RLIMIT_NOFILE, &few, NULL), 0);
	fds[0] = world_connect(w.metrics);
	world_send(fds[0], request, sizeof(request) - 1);
	assert_int_equal(prlimit(w.pid, RLIMIT_NOFILE, &before, NULL), 0);
	expect_scrape(fds[0]);
	world_stop(&w);
}

static void health_and_the_release_are_told(void **state)
{
	static const struct {
		const char *path, *status, *body;
	} cases[] = {
		{ "/healthz", " 200 ", "\r\n\r\nok\n" },
		{ "/metrics", " 200 ", "\njuratd_qgs_build_info{version=\"" JURAT_VERSION_STRING "\"} 1\n" },
		{ "/", " 404 ", "not found; available: /metrics, /healthz\n" },
	};

	serve("3600000");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char ask[64], text[32768] = "";
		int fd = world_connect(w.metrics);

		TEXT(ask, "GET %s HTTP/1.0\r\n\r\n", cases[i].path);
		world_send(fd, ask, strlen(ask));
		world_read_all(fd, (uint8_t *)text, sizeof(text) - 1);
		assert_non_null(strstr(text, cases[i].status));
		assert_non_null(strstr(text, cases[i].body));
	}
	world_stop(&w);
}

int main(int argc, char **argv)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(health_and_the_release_are_told),
		T(sixty_four_scrapes_at_once_are_all_answered_again_and_again),
		T(clients_that_send_one_byte_keep_nobody_waiting),
		T(clients_that_send_nothing_keep_nobody_waiting),
		T(clients_that_never_read_keep_nobody_waiting),
		T(one_connection_may_scrape_again_and_again),
		T(a_request_has_only_so_much_time_however_it_is_fed),
		T(when_descriptors_run_out_the_next_scrape_is_still_answered),
	};

	if (argc < 2)
		return 2;
	world_juratd = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
