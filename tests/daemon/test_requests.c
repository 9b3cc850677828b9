/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <malloc.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "daemon/requests.h"

/* The requests of the endorsement service with a source of the test's, and clients that do not read. */
enum { CLIENTS = 64, VALUE_BYTES = 1 << 20, LONG_MS = 3600000 };

#define REQUEST "GET /tdx/certification/v4/qe/identity HTTP/1.1\r\nHost: x\r\n\r\n"

struct world {
	uv_loop_t loop;
	uv_timer_t alive;
	uv_sem_t go; /* the source may answer */
	struct requests *requests;
	struct web *web;
	int listener, clients[CLIENTS];
};

static int open_slot(void *source, unsigned lane, void **ret_slot, struct jurat_error *err)
{
	*ret_slot = source;
	return 0;
}

static void close_slot(void *slot)
{
}

static void step(void *slot, struct source_work *work)
{
	struct world *w = slot;

	uv_sem_wait(&w->go);
	work->value.body = malloc(VALUE_BYTES);
	assert_non_null(work->value.body);
	memset(work->value.body, ' ', VALUE_BYTES);
	work->value.size = VALUE_BYTES;
	work->lane = SOURCE_DONE;
	work->status = 200;
	work->expires = INT64_MAX;
	work->from = "test";
}

static void on_alive(uv_timer_t *timer)
{
}

static void begin(struct world *w)
{
	static const struct source_ops ops = {
		.name = "test", .lanes = { 1 }, .open = open_slot, .close = close_slot, .step = step
	};
	const struct requests_options options = { .source = { &ops, w },
						  .memory_bytes = 8 * VALUE_BYTES,
						  .max_waiting = CLIENTS,
						  .max_flights = CLIENTS,
						  .wait_ms = LONG_MS };
	struct web_options web = { .max_connections = CLIENTS,
				   .memory_bytes = 16384,
				   .timeout_ms = LONG_MS,
				   .request = requests_serve,
				   .closing = requests_closing };
	struct sockaddr_un any = { .sun_family = AF_UNIX };

	assert_int_equal(uv_loop_init(&w->loop), 0);
	assert_int_equal(uv_sem_init(&w->go, 0), 0);
	uv_timer_init(&w->loop, &w->alive);
	uv_timer_start(&w->alive, on_alive, LONG_MS, 0);
	assert_int_equal(requests_new(&w->loop, &options, &w->requests, NULL), 0);
	web.context = w->requests;
	assert_int_equal(web_new(&w->loop, &web, &w->web, NULL), 0);
	w->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(w->listener, (struct sockaddr *)&any, sizeof(any.sun_family)),
			 0); /* any name */
	assert_int_equal(listen(w->listener, CLIENTS), 0);
	assert_int_equal(web_listen(w->web, w->listener), 0);
}

static void ask(struct world *w, unsigned i)
{
	struct sockaddr_un at;
	socklen_t n = sizeof(at);

	assert_int_equal(getsockname(w->listener, (struct sockaddr *)&at, &n), 0);
	w->clients[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(w->clients[i], (struct sockaddr *)&at, n), 0);
	assert_int_equal(send(w->clients[i], REQUEST, sizeof(REQUEST) - 1, MSG_NOSIGNAL),
			 sizeof(REQUEST) - 1);
}

static void on_idle(void *context)
{
}

static void end(struct world *w)
{
	for (unsigned i = 0; i < CLIENTS; i++)
		close(w->clients[i]);
	requests_stop(w->requests);
	web_free(w->web);
	requests_idle(w->requests, on_idle, NULL);
	requests_free(w->requests);
	uv_close((uv_handle_t *)&w->alive, NULL);
	uv_run(&w->loop, UV_RUN_DEFAULT);
	close(w->listener);
	uv_sem_destroy(&w->go);
	assert_int_equal(uv_loop_close(&w->loop), 0);
}

static size_t allocated(void)
{
	const struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

static void those_who_wait_for_one_item_share_its_answer(void **state)
{
	struct world w;
	size_t before;

	begin(&w);
	for (unsigned i = 0; i < CLIENTS; i++)
		ask(&w, i);
	while (web_stats(w.web)->pending < CLIENTS)
		uv_run(&w.loop, UV_RUN_ONCE);
	before = allocated();
	uv_sem_post(&w.go);
	while (web_stats(w.web)->pending > 0)
		uv_run(&w.loop, UV_RUN_ONCE);
	assert_true(allocated() - before <
		    (size_t)4 * VALUE_BYTES); /* the value, the answer; not one for each */
	for (unsigned i = 0; i < CLIENTS; i++) {
		char status[13] = "";

		while (recv(w.clients[i], status, 12, MSG_DONTWAIT | MSG_PEEK) != 12)
			uv_run(&w.loop, UV_RUN_ONCE);
		assert_string_equal(status, "HTTP/1.1 200");
	}
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(those_who_wait_for_one_item_share_its_answer) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
