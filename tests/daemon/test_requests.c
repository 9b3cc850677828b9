/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <malloc.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "daemon/requests.h"

/* The requests of the endorsement service with a source of the test's, and clients that do not read. */
enum { CLIENTS = 64, VALUE_BYTES = 1 << 20, LONG_MS = 3600000, KDS_INTERVAL_MS = 60000 };
/* Of the source: `go` is for what is in the stock; nothing else ever has a turn, or an answer. */
enum { LANE_STOCK, LANE_TURN, LANE_SERVICE };

#define QE_IDENTITY "/tdx/certification/v4/qe/identity"
#define CHAIN       "/vcek/v1/Milan/cert_chain"
struct world {
	uv_loop_t loop;
	uv_timer_t alive;
	uv_sem_t go, hang; /* the source may answer */
	unsigned n_requests;
	size_t value_bytes;
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

static bool is_in_stock(const struct endorse_item *item)
{
	return item->chip_id[63] == 0 && item->fmspc[5] == 0;
}

static void step(void *slot, struct source_work *work)
{
	struct world *w = slot;

	work->wait_ms = 0;
	if (work->lane == LANE_TURN) {
		work->wait_ms = LONG_MS;
		return;
	}
	if (work->lane == LANE_SERVICE)
		uv_sem_wait(&w->hang);
	if (work->lane == LANE_STOCK && !is_in_stock(&work->item)) {
		work->lane = work->item.kind == ENDORSE_VCEK ? LANE_TURN : LANE_SERVICE;
		return;
	}
	uv_sem_wait(&w->go);
	work->value.body = malloc(w->value_bytes);
	assert_non_null(work->value.body);
	memset(work->value.body, ' ', w->value_bytes);
	work->value.size = w->value_bytes;
	work->lane = SOURCE_DONE;
	work->status = 200;
	work->expires = INT64_MAX;
	work->from = "test";
}

static void on_alive(uv_timer_t *timer)
{
	assert_false("the test hangs");
}

static void on_request(void *context, struct web_request *r)
{
	struct world *w = context;

	w->n_requests++;
	requests_serve(w->requests, r);
}

static void on_closing(void *context, struct web_request *r)
{
	requests_closing(((struct world *)context)->requests, r);
}

static void begin(struct world *w, size_t max_waiting, size_t value_bytes)
{
	static const struct source_ops ops = {
		.name = "test",
		.lanes = { [LANE_STOCK] = 1, [LANE_TURN] = 1, [LANE_SERVICE] = 1 },
		.turn_lane = LANE_TURN,
		.open = open_slot,
		.close = close_slot,
		.step = step
	};
	const struct requests_options options = { .source = { &ops, w },
						  .memory_bytes = 8 * VALUE_BYTES,
						  .max_waiting = max_waiting,
						  .max_flights = 1024,
						  .wait_ms = LONG_MS,
						  .kds_interval_ms = KDS_INTERVAL_MS };
	struct web_options web = { .max_connections = CLIENTS + 1,
				   .memory_bytes = 16384,
				   .timeout_ms = LONG_MS,
				   .request = on_request,
				   .closing = on_closing,
				   .context = w };
	struct sockaddr_un any = { .sun_family = AF_UNIX };

	*w = (struct world){ .value_bytes = value_bytes };
	assert_int_equal(uv_loop_init(&w->loop), 0);
	assert_int_equal(uv_sem_init(&w->go, 0), 0);
	assert_int_equal(uv_sem_init(&w->hang, 0), 0);
	uv_timer_init(&w->loop, &w->alive);
	uv_timer_start(&w->alive, on_alive, 20000, 0);
	assert_int_equal(requests_new(&w->loop, &options, &w->requests, NULL), 0);
	assert_int_equal(web_new(&w->loop, &web, &w->web, NULL), 0);
	w->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(w->listener, (struct sockaddr *)&any, sizeof(any.sun_family)),
			 0); /* any name */
	assert_int_equal(listen(w->listener, CLIENTS), 0);
	assert_int_equal(web_listen(w->web, w->listener), 0);
}

static void ask(struct world *w, unsigned i, const char *target)
{
	const unsigned until = w->n_requests + 1;
	struct sockaddr_un at;
	socklen_t n = sizeof(at);
	char request[512];

	TEXT(request, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", target);
	assert_int_equal(getsockname(w->listener, (struct sockaddr *)&at, &n), 0);
	w->clients[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(w->clients[i], (struct sockaddr *)&at, n), 0);
	assert_int_equal(send(w->clients[i], request, strlen(request), MSG_NOSIGNAL), strlen(request));
	while (w->n_requests < until)
		uv_run(&w->loop, UV_RUN_ONCE);
}

/* The item of chip or platform n, of which those that end in 00 are in the stock. */
static void ask_for(struct world *w, unsigned i, enum endorse_kind kind, unsigned n)
{
	char target[256];

	if (kind == ENDORSE_VCEK)
		TEXT(target, "/vcek/v1/Milan/%0128x?blSPL=4&teeSPL=0&snpSPL=24&ucodeSPL=219", n);
	else
		TEXT(target, "/tdx/certification/v4/tcb?fmspc=%012x", n);
	ask(w, i, target);
}

/* The first n clients, each for another item that is not in the stock. */
static void ask_for_many(struct world *w, unsigned n, enum endorse_kind kind)
{
	for (unsigned i = 0; i < n; i++)
		ask_for(w, i, kind, i + 1);
}

/* What client i has been answered. */
static const char *answer(struct world *w, unsigned i)
{
	static char text[1024];
	ssize_t n;

	while ((n = recv(w->clients[i], text, sizeof(text) - 1, MSG_DONTWAIT | MSG_PEEK)) <= 0)
		uv_run(&w->loop, UV_RUN_ONCE);
	text[n] = '\0';
	return text;
}

static bool has_answer(struct world *w, unsigned i)
{
	char byte;

	return recv(w->clients[i], &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 1;
}

static void assert_status(struct world *w, unsigned i, const char *status)
{
	const char *text = answer(w, i);
	char start[16];

	TEXT(start, "%.12s", text);
	assert_string_equal(start, status);
}

static void assert_served(struct world *w, unsigned i)
{
	uv_sem_post(&w->go);
	assert_status(w, i, "HTTP/1.1 200");
}

/* The seconds that client i is to wait. */
static long retry_after(struct world *w, unsigned i)
{
	const char *at = strstr(answer(w, i), "\r\nRetry-After: ");

	assert_non_null(at);
	return strtol(at + strlen("\r\nRetry-After: "), NULL, 10);
}

static void on_idle(void *context)
{
}

static void end(struct world *w)
{
	for (unsigned i = 0; i < CLIENTS; i++)
		if (w->clients[i] > 0)
			close(w->clients[i]);
	requests_stop(w->requests);
	for (unsigned i = 0; i < CLIENTS; i++) {
		uv_sem_post(&w->go);
		uv_sem_post(&w->hang);
	}
	uv_timer_stop(&w->alive);
	web_free(w->web);
	uv_run(&w->loop, UV_RUN_DEFAULT);
	requests_idle(w->requests, on_idle, NULL);
	requests_free(w->requests);
	uv_close((uv_handle_t *)&w->alive, NULL);
	uv_run(&w->loop, UV_RUN_DEFAULT);
	close(w->listener);
	uv_sem_destroy(&w->go);
	uv_sem_destroy(&w->hang);
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

	begin(&w, 4 * CLIENTS, VALUE_BYTES);
	for (unsigned i = 0; i < CLIENTS; i++)
		ask(&w, i, QE_IDENTITY);
	assert_int_equal(web_stats(w.web)->pending, CLIENTS);
	before = allocated();
	uv_sem_post(&w.go);
	while (web_stats(w.web)->pending > 0)
		uv_run(&w.loop, UV_RUN_ONCE);
	assert_true(allocated() - before <
		    (size_t)4 * VALUE_BYTES); /* the value, the answer; not one for each */
	for (unsigned i = 0; i < CLIENTS; i++)
		assert_status(&w, i, "HTTP/1.1 200");
	end(&w);
}

static void what_is_in_the_stock_is_served_however_many_wait_for_made_up_items(void **state)
{
	static const struct {
		enum endorse_kind kind;
		unsigned share; /* of 64 waiting clients */
		const char *status;
	} made_up[] = { { ENDORSE_VCEK, 24, "HTTP/1.1 429" }, { ENDORSE_TCB_INFO, 12, "HTTP/1.1 503" } };
	enum { MANY = CLIENTS - 4, IN_STOCK = 0x100 };
	struct world w;

	for (size_t i = 0; i < ARRAY_SIZE(made_up); i++) {
		begin(&w, 64, 100);
		ask_for_many(&w, MANY, made_up[i].kind);
		assert_int_equal(web_stats(w.web)->pending, made_up[i].share);
		ask(&w, MANY, QE_IDENTITY);
		assert_served(&w, MANY);
		ask(&w, MANY + 1, CHAIN);
		assert_served(&w, MANY + 1);
		ask_for(&w, MANY + 2, ENDORSE_VCEK, IN_STOCK);
		assert_served(&w, MANY + 2);
		ask_for(&w, MANY + 3, ENDORSE_TCB_INFO, IN_STOCK);
		assert_served(&w, MANY + 3);
		assert_status(&w, 0, made_up[i].status); /* has waited longest */
		assert_false(has_answer(&w, MANY - 1));
		end(&w);
	}
}

static void only_for_vceks_is_it_long_until_the_client_is_to_come_again(void **state)
{
	enum { MOST = 4, VCEKS = 7 }; /* waiting clients; of 16: a quarter, and one more than may wait */
	struct world w;

	begin(&w, 16, 100);
	ask_for_many(&w, VCEKS, ENDORSE_VCEK);
	for (unsigned i = VCEKS; i <= VCEKS + MOST; i++)
		ask(&w, i, CHAIN);
	assert_status(&w, 0, "HTTP/1.1 429");
	assert_true(retry_after(&w, 0) >= KDS_INTERVAL_MS / 1000);
	assert_status(&w, VCEKS, "HTTP/1.1 429");
	assert_int_equal(retry_after(&w, VCEKS), 5);
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(those_who_wait_for_one_item_share_its_answer),
		cmocka_unit_test(what_is_in_the_stock_is_served_however_many_wait_for_made_up_items),
		cmocka_unit_test(only_for_vceks_is_it_long_until_the_client_is_to_come_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
