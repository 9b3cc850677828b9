/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include "daemon/flights.h"

/* How many flights there may be of what, and when those that wait go on. */
enum { MAX = 64, VCEKS = MAX - 4 * MAX / FLIGHTS_SHARE, HOUR_MS = 3600000 };

struct world {
	uv_loop_t loop;
	uv_timer_t alive; /* flights do not keep the loop running */
	struct flights *flights;
	unsigned n_landed;
	char landed[8]; /* the first letters of their names */
};

static int open_slot(void *source, unsigned lane, void **ret_slot, struct jurat_error *err)
{
	*ret_slot = NULL;
	return 0;
}

static void close_slot(void *slot)
{
}

/* Waits once, as long as `state` says. */
static void step(void *slot, struct source_work *work)
{
	work->wait_ms = work->state;
	work->state = 0;
	work->lane = work->wait_ms > 0 ? 0 : SOURCE_DONE;
}

static void on_landed(void *context, struct flight *f)
{
	struct world *w = context;

	if (w->n_landed < sizeof(w->landed))
		w->landed[w->n_landed] = flight_name(f)[0];
	w->n_landed++;
}

static void on_alive(uv_timer_t *timer)
{
}

static void on_idle(void *context)
{
}

static void begin(struct world *w, uint64_t forgotten_ms)
{
	static const struct source_ops ops = {
		.name = "test", .lanes = { 1 }, .open = open_slot, .close = close_slot, .step = step
	};
	static const struct source source = { .ops = &ops };
	struct jurat_error err;

	*w = (struct world){ .n_landed = 0 };
	assert_int_equal(uv_loop_init(&w->loop), 0);
	uv_timer_init(&w->loop, &w->alive);
	uv_timer_start(&w->alive, on_alive, 60000, 0);
	assert_int_equal(flights_new(&w->loop, &source, MAX, forgotten_ms, on_landed, w, &w->flights, &err),
			 0);
}

static void end(struct world *w)
{
	flights_stop(w->flights);
	uv_timer_stop(&w->alive);
	uv_run(&w->loop, UV_RUN_DEFAULT);
	flights_idle(w->flights, on_idle, NULL);
	flights_free(w->flights);
	uv_close((uv_handle_t *)&w->alive, NULL);
	uv_run(&w->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&w->loop), 0);
}

static struct flight *join(struct world *w, char letter, unsigned n, enum endorse_kind kind, uint64_t wait_ms)
{
	const struct source_work work = { .item.kind = kind, .state = wait_ms };
	char name[32];

	TEXT(name, "%c%u", letter, n);
	return flights_join(w->flights, name, &work);
}

static void fill_with_vceks(struct world *w)
{
	for (unsigned i = 0; i < VCEKS; i++)
		assert_false(flight_work(join(w, 'v', i, ENDORSE_VCEK, HOUR_MS))->stock_only);
	while (flights_stats(w->flights)->in_lane[0] > 0) /* all wait */
		uv_run(&w->loop, UV_RUN_ONCE);
	assert_int_equal(flights_stats(w->flights)->now, VCEKS);
}

static void as_many_vceks_as_may_be_leave_room_for_everything_else(void **state)
{
	struct world w;
	unsigned n = 0;

	begin(&w, HOUR_MS);
	fill_with_vceks(&w);
	for (; n < MAX && join(&w, 's', n, ENDORSE_VCEK, 0); n++)
		assert_true(flight_work(join(&w, 's', n, ENDORSE_VCEK, 0))->stock_only);
	assert_int_equal(n, MAX / FLIGHTS_SHARE);
	assert_non_null(join(&w, 'v', 0, ENDORSE_VCEK, 0)); /* is there */
	for (n = 0; n < MAX && join(&w, 't', n, ENDORSE_TCB_INFO, 0); n++)
		;
	assert_int_equal(n, MAX / FLIGHTS_SHARE);
	assert_non_null(join(&w, 'c', 0, ENDORSE_VCEK_CHAIN, 0));
	while (w.n_landed < 2 * MAX / FLIGHTS_SHARE + 1)
		uv_run(&w.loop, UV_RUN_ONCE);
	assert_non_null(join(&w, 't', 0, ENDORSE_TCB_INFO, 0)); /* again */
	assert_int_equal(flights_stats(w.flights)->dropped, 0);
	end(&w);
}

static void a_vcek_that_nobody_asks_for_any_more_gives_its_place_to_another(void **state)
{
	static int waiter;
	struct world w;

	begin(&w, 0);
	for (unsigned i = 0; i < 2; i++) /* two are waited for */
		*flight_data(join(&w, 'v', i, ENDORSE_VCEK, HOUR_MS)) = &waiter;
	fill_with_vceks(&w);
	assert_false(flight_work(join(&w, 'w', 0, ENDORSE_VCEK, HOUR_MS))->stock_only);
	assert_int_equal(flights_stats(w.flights)->dropped, VCEKS - 2);
	assert_int_equal(flights_stats(w.flights)->now, 3);
	assert_non_null(join(&w, 'x', 0, ENDORSE_VCEK, 1)); /* the list is whole */
	while (w.n_landed == 0)
		uv_run(&w.loop, UV_RUN_ONCE);
	assert_int_equal(w.landed[0], 'x');
	end(&w);
}

static void the_earliest_goes_on_first_whoever_began_to_wait_first(void **state)
{
	struct world w;

	begin(&w, HOUR_MS);
	assert_non_null(join(&w, 'c', 0, ENDORSE_VCEK, 300));
	assert_non_null(join(&w, 'a', 0, ENDORSE_VCEK, 1));
	assert_non_null(join(&w, 'b', 0, ENDORSE_VCEK, 150));
	while (w.n_landed < 3)
		uv_run(&w.loop, UV_RUN_ONCE);
	assert_memory_equal(w.landed, "abc", 3);
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_many_vceks_as_may_be_leave_room_for_everything_else),
		cmocka_unit_test(a_vcek_that_nobody_asks_for_any_more_gives_its_place_to_another),
		cmocka_unit_test(the_earliest_goes_on_first_whoever_began_to_wait_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
