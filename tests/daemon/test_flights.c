/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <stdatomic.h>

#include "daemon/flights.h"

/* How many flights there may be of what, and when those that wait go on. */
enum { MAX = 64, MANY = 8192, OTHERS = 4, HOUR_MS = 3600000 };
enum { SOME = 40, ADDRESS = 1, ANOTHER, A_THIRD };

/* Lanes of the source: what is looked for by itself, and what needs a turn, which the test gives. */
enum { LANE_ITS_TIME, LANE_TURN };

static atomic_uint turns; /* that are to be had */

struct world {
	uv_loop_t loop;
	uv_timer_t alive; /* flights do not keep the loop running */
	struct flights *flights;
	size_t max;
	unsigned n_landed, n_without; /* without: asked to come again */
	char landed[MANY];            /* the first letters of their names */
};

static int open_slot(void *source, unsigned lane, void **ret_slot, struct jurat_error *err)
{
	*ret_slot = NULL;
	return 0;
}

static void close_slot(void *slot)
{
}

/* Waits once, as long as `state` says, and a VCEK then for its turn. */
static void step(void *slot, struct source_work *work)
{
	work->wait_ms = work->state;
	work->state = 0;
	if (work->lane == LANE_ITS_TIME && work->wait_ms > 0)
		return;
	if (work->lane == LANE_ITS_TIME && work->item.kind == ENDORSE_VCEK && !work->stock_only) {
		work->lane = LANE_TURN;
		return;
	}
	if (work->lane == LANE_TURN && atomic_load(&turns) == 0) {
		work->wait_ms = 1;
		return;
	}
	if (work->lane == LANE_TURN)
		atomic_fetch_sub(&turns, 1);
	work->lane = SOURCE_DONE;
	work->status = 200;
}

static void on_landed(void *context, struct flight *f)
{
	struct world *w = context;

	if (flight_work(f)->status == FLIGHTS_TOO_MANY)
		w->n_without++;
	else
		w->landed[w->n_landed++] = flight_name(f)[0];
}

static void on_alive(uv_timer_t *timer)
{
}

static void on_idle(void *context)
{
}

static void begin(struct world *w, size_t max, uint64_t forgotten_ms)
{
	static const struct source_ops ops = { .name = "test",
					       .lanes = { [LANE_ITS_TIME] = 1, [LANE_TURN] = 4 },
					       .turn_lane = LANE_TURN,
					       .open = open_slot,
					       .close = close_slot,
					       .step = step };
	static const struct source source = { .ops = &ops };
	struct jurat_error err;

	*w = (struct world){ .max = max };
	atomic_store(&turns, 0);
	assert_int_equal(uv_loop_init(&w->loop), 0);
	uv_timer_init(&w->loop, &w->alive);
	uv_timer_start(&w->alive, on_alive, 60000, 0);
	assert_int_equal(flights_new(&w->loop, &source, max, forgotten_ms, on_landed, w, &w->flights, &err),
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

static struct flight *join(struct world *w, char letter, unsigned n, enum endorse_kind kind, uint64_t wait_ms,
			   uint64_t address)
{
	const struct source_work work = { .item.kind = kind, .state = wait_ms };
	char name[32];

	TEXT(name, "%c%u", letter, n);
	return flights_join(w->flights, name, &work, address);
}

static struct flight *join_vcek(struct world *w, char letter, unsigned n, uint64_t address)
{
	return join(w, letter, n, ENDORSE_VCEK, 0, address);
}

static size_t most_vceks(const struct world *w)
{
	return w->max - OTHERS * w->max / FLIGHTS_SHARE;
}

/* Until all that have come wait for a turn: at most one is in a thread, to find that there is none. */
static void line_up(struct world *w)
{
	const struct flights_stats *stats = flights_stats(w->flights);

	while (stats->in_lane[LANE_ITS_TIME] > 0 || stats->in_lane[LANE_TURN] > 1)
		uv_run(&w->loop, UV_RUN_ONCE);
}

static void fill_with_vceks(struct world *w, uint64_t address)
{
	for (unsigned i = 0; i < most_vceks(w); i++)
		assert_false(flight_work(join_vcek(w, 'v', i, address))->stock_only);
	line_up(w);
	assert_int_equal(flights_stats(w->flights)->now, most_vceks(w));
}

/* Gives n turns, and waits until they have been used. */
static void give_turns(struct world *w, unsigned n)
{
	const unsigned until = w->n_landed + n;

	atomic_store(&turns, n);
	while (w->n_landed < until)
		uv_run(&w->loop, UV_RUN_ONCE);
	assert_int_equal(atomic_load(&turns), 0);
}

static void as_many_vceks_as_may_be_leave_room_for_everything_else(void **state)
{
	struct world w;
	unsigned n = 0;

	begin(&w, MAX, HOUR_MS);
	fill_with_vceks(&w, ADDRESS);
	for (; n < MAX && join_vcek(&w, 's', n, ADDRESS); n++)
		assert_true(flight_work(join_vcek(&w, 's', n, ADDRESS))->stock_only);
	assert_int_equal(n, MAX / FLIGHTS_SHARE);
	assert_non_null(join_vcek(&w, 'v', 0, ADDRESS)); /* is there */
	for (n = 0; n < MAX && join(&w, 't', n, ENDORSE_TCB_INFO, 0, ADDRESS); n++)
		;
	assert_int_equal(n, MAX / FLIGHTS_SHARE);
	assert_non_null(join(&w, 'c', 0, ENDORSE_VCEK_CHAIN, 0, ADDRESS));
	while (w.n_landed < 2 * MAX / FLIGHTS_SHARE + 1)
		uv_run(&w.loop, UV_RUN_ONCE);
	assert_non_null(join(&w, 't', 0, ENDORSE_TCB_INFO, 0, ADDRESS)); /* again */
	assert_int_equal(flights_stats(w.flights)->dropped, 0);
	end(&w);
}

static void a_vcek_that_nobody_asks_for_any_more_gives_its_place_to_another(void **state)
{
	static int waiter;
	struct world w;

	begin(&w, MAX, 0);
	for (unsigned i = 0; i < 2; i++) /* two are waited for */
		*flight_data(join_vcek(&w, 'u', i, ADDRESS)) = &waiter;
	for (unsigned i = 2; i < most_vceks(&w); i++)
		assert_non_null(join_vcek(&w, 'v', i, ADDRESS));
	line_up(&w);
	assert_false(flight_work(join_vcek(&w, 'w', 0, ADDRESS))->stock_only);
	assert_int_equal(flights_stats(w.flights)->dropped, most_vceks(&w) - 2);
	assert_int_equal(w.n_without, 0);
	assert_int_equal(flights_stats(w.flights)->now, 3);
	assert_non_null(join_vcek(&w, 'x', 0, ADDRESS)); /* the line is whole */
	give_turns(&w, 4);
	assert_memory_equal(w.landed, "uuwx", 4);
	end(&w);
}

static void the_earliest_goes_on_first_whoever_began_to_wait_first(void **state)
{
	struct world w;

	begin(&w, MAX, HOUR_MS);
	assert_non_null(join(&w, 'c', 0, ENDORSE_TCB_INFO, 300, ADDRESS));
	assert_non_null(join(&w, 'a', 0, ENDORSE_TCB_INFO, 1, ADDRESS));
	assert_non_null(join(&w, 'b', 0, ENDORSE_TCB_INFO, 150, ADDRESS));
	while (w.n_landed < 3)
		uv_run(&w.loop, UV_RUN_ONCE);
	assert_memory_equal(w.landed, "abc", 3);
	end(&w);
}

static void one_address_with_thousands_of_chips_delays_another_by_one(void **state)
{
	struct world w;

	begin(&w, MANY, HOUR_MS);
	for (unsigned i = 0; i < MANY / 2; i++)
		assert_non_null(join_vcek(&w, 'v', i, ADDRESS));
	line_up(&w);
	give_turns(&w, 3);
	assert_int_equal(flights_turns_before(w.flights, ANOTHER), 1);
	assert_int_equal(flights_turns_before(w.flights, ADDRESS), MANY / 2 - 3);
	assert_non_null(join_vcek(&w, 'h', 0, ANOTHER));
	line_up(&w);
	give_turns(&w, 2);
	assert_memory_equal(w.landed, "vvvvh", 5);
	end(&w);
}

/* However often nobody has a turn in between, and when several could have one at the same time. */
static void addresses_take_turns_one_chip_each(void **state)
{
	struct world w;

	begin(&w, MAX, HOUR_MS);
	for (unsigned i = 0; i < 10; i++)
		assert_non_null(join_vcek(&w, 'a', i, ADDRESS));
	line_up(&w);
	for (unsigned i = 0; i < 3; i++) {
		assert_non_null(join_vcek(&w, 'b', i, ANOTHER));
		assert_non_null(join_vcek(&w, 'c', i, A_THIRD));
	}
	line_up(&w);
	for (unsigned i = 0; i < 6; i++)
		give_turns(&w, 1);
	give_turns(&w, 10);
	assert_memory_equal(w.landed, "abcabcabcaaaaaaa", 16);
	assert_int_equal(flights_stats(w.flights)->now, 0);
	end(&w);
}

static void a_chip_that_several_addresses_want_goes_at_the_first_of_their_turns(void **state)
{
	struct world w;

	begin(&w, MAX, HOUR_MS);
	for (unsigned i = 0; i < 9; i++)
		assert_non_null(join_vcek(&w, 'a', i, ADDRESS));
	assert_non_null(join_vcek(&w, 'z', 0, ADDRESS));
	line_up(&w);
	assert_non_null(join_vcek(&w, 'z', 0, ANOTHER));
	assert_non_null(join_vcek(&w, 'z', 0, ANOTHER)); /* is there */
	give_turns(&w, 10);
	assert_memory_equal(w.landed, "azaaaaaaaa", 10);
	end(&w);
}

static void when_it_is_full_the_address_with_most_gives_up_its_last(void **state)
{
	struct world w;

	begin(&w, MAX, HOUR_MS);
	fill_with_vceks(&w, ADDRESS);
	for (unsigned i = 0; i < most_vceks(&w) / 2; i++) {
		assert_false(flight_work(join_vcek(&w, 'h', i, ANOTHER))->stock_only);
		assert_int_equal(w.n_without, i + 1);
	}
	assert_true(flight_work(join_vcek(&w, 'h', MAX, ANOTHER))->stock_only); /* has its share */
	assert_false(flight_work(join_vcek(&w, 't', 0, A_THIRD))->stock_only);
	assert_int_equal(flights_stats(w.flights)->of_class[FLIGHTS_VCEK], most_vceks(&w));
	line_up(&w);
	give_turns(&w, 6);
	assert_int_equal(w.n_landed, 7); /* with that of the stock only */
	assert_memory_equal(w.landed + 1, "vhtvhv", 6);
	end(&w);
}

/* Each flight may belong to many, and there may be as many places as that: then they are shared, too. */
static void places_are_bounded_and_shared(void **state)
{
	enum { ADDRESSES = 16, CROWD = 100 };
	struct world w;

	begin(&w, MAX, HOUR_MS);
	for (uint64_t address = 0; address < ADDRESSES; address++)
		for (unsigned i = 0; i < most_vceks(&w); i++)
			assert_non_null(join_vcek(&w, 'v', i, CROWD + address));
	line_up(&w);
	assert_int_equal(flights_stats(w.flights)->now, most_vceks(&w));
	assert_non_null(join_vcek(&w, 'v', most_vceks(&w) - 1, ANOTHER));
	assert_false(flight_work(join_vcek(&w, 'h', 0, ANOTHER))->stock_only);
	assert_int_equal(flights_stats(w.flights)->now, most_vceks(&w));
	line_up(&w);
	give_turns(&w, most_vceks(&w) > SOME ? SOME : 1);
	assert_non_null(memchr(w.landed, 'h', ADDRESSES + 2));
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_many_vceks_as_may_be_leave_room_for_everything_else),
		cmocka_unit_test(a_vcek_that_nobody_asks_for_any_more_gives_its_place_to_another),
		cmocka_unit_test(the_earliest_goes_on_first_whoever_began_to_wait_first),
		cmocka_unit_test(one_address_with_thousands_of_chips_delays_another_by_one),
		cmocka_unit_test(addresses_take_turns_one_chip_each),
		cmocka_unit_test(a_chip_that_several_addresses_want_goes_at_the_first_of_their_turns),
		cmocka_unit_test(when_it_is_full_the_address_with_most_gives_up_its_last),
		cmocka_unit_test(places_are_bounded_and_shared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
