/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <stdatomic.h>

#include "daemon/flights.h"

/* How many flights there may be of what, and when those that wait go on. */
enum { MAX = 64, MANY = 8192, SHARE = MAX / 16, HOUR_MS = 3600000, ALIVE_MS = 20000 };
enum { SOME = 40, ADDRESS = 1, ANOTHER, A_THIRD };

/*
 * Lanes of the source: what is looked for by itself; what needs a turn, which the test gives; and a service,
 * for what has AT_SERVICE as its roots, which answers TCB infos when the test lets it.
 */
enum { LANE_ITS_TIME, LANE_TURN, LANE_SERVICE, AT_SERVICE = 1 };

static atomic_uint turns; /* that are to be had */
static uv_sem_t answers;
static atomic_uint n_at_service;

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
	if (work->lane == LANE_ITS_TIME && work->roots == AT_SERVICE && !work->stock_only) {
		work->lane = LANE_SERVICE;
		return;
	}
	if (work->lane == LANE_SERVICE && work->item.kind == ENDORSE_TCB_INFO) {
		atomic_fetch_add(&n_at_service, 1);
		uv_sem_wait(&answers);
	}
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
	assert_false("the test hangs");
}

static void on_idle(void *context)
{
}

static void begin(struct world *w, size_t max, uint64_t forgotten_ms)
{
	static const struct source_ops ops = {
		.name = "test",
		.lanes = { [LANE_ITS_TIME] = 1, [LANE_TURN] = 4, [LANE_SERVICE] = 4 },
		.turn_lane = LANE_TURN,
		.open = open_slot,
		.close = close_slot,
		.step = step
	};
	static const struct source source = { .ops = &ops };
	struct jurat_error err;

	*w = (struct world){ .max = max };
	atomic_store(&turns, 0);
	atomic_store(&n_at_service, 0);
	assert_int_equal(uv_sem_init(&answers, 0), 0);
	assert_int_equal(uv_loop_init(&w->loop), 0);
	uv_timer_init(&w->loop, &w->alive);
	uv_timer_start(&w->alive, on_alive, ALIVE_MS, 0);
	assert_int_equal(flights_new(&w->loop, &source, max, forgotten_ms, on_landed, w, &w->flights, &err),
			 0);
}

static void end(struct world *w)
{
	flights_stop(w->flights);
	uv_timer_stop(&w->alive);
	for (unsigned i = 0; i < 4; i++) /* threads at the service */
		uv_sem_post(&answers);
	uv_run(&w->loop, UV_RUN_DEFAULT);
	flights_idle(w->flights, on_idle, NULL);
	flights_free(w->flights);
	uv_close((uv_handle_t *)&w->alive, NULL);
	uv_run(&w->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&w->loop), 0);
	uv_sem_destroy(&answers);
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

/* What the service has to be asked for. */
static struct flight *join_at_service(struct world *w, char letter, unsigned n, struct endorse_item item,
				      int64_t newer_than)
{
	const struct source_work work = { .item = item, .roots = AT_SERVICE, .newer_than = newer_than };
	char name[32];

	TEXT(name, "%c%u", letter, n);
	return flights_join(w->flights, name, &work, ADDRESS);
}

static struct flight *join_tcb_info(struct world *w, char letter, unsigned n)
{
	return join_at_service(w, letter, n, (struct endorse_item){ .kind = ENDORSE_TCB_INFO }, 0);
}

static size_t most_vceks(const struct world *w)
{
	return w->max * 12 / 16;
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
	assert_int_equal(n, SHARE);
	assert_non_null(join_vcek(&w, 'v', 0, ADDRESS)); /* is there */
	for (n = 0; n < MAX && join(&w, 't', n, ENDORSE_TCB_INFO, 0, ADDRESS); n++)
		;
	assert_int_equal(n, 2 * SHARE); /* with those of the stock only */
	assert_non_null(join(&w, 'c', 0, ENDORSE_VCEK_CHAIN, 0, ADDRESS));
	while (w.n_landed < 3 * SHARE + 1)
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

static void made_up_numbers_leave_room_for_everything_else(void **state)
{
	const struct endorse_item by_number = { .kind = ENDORSE_QE_IDENTITY,
						.update = ENDORSE_NUMBERED,
						.number = 7 };
	const struct endorse_item tcb_info = { .kind = ENDORSE_TCB_INFO };
	struct world w;

	begin(&w, MAX, HOUR_MS);
	for (unsigned i = 0; i < SHARE; i++)
		assert_false(flight_work(join_tcb_info(&w, 't', i))->stock_only);
	for (unsigned i = 0; i < SHARE; i++) /* numbers of identities can be invented, too */
		assert_true(flight_work(join_at_service(&w, 's', i, by_number, 0))->stock_only);
	assert_null(join_tcb_info(&w, 's', SHARE));
	assert_false(flight_work(join_at_service(&w, 'r', 0, tcb_info, 1))->stock_only); /* a refresh */
	assert_non_null(join(&w, 'q', 0, ENDORSE_QE_IDENTITY, 0, ADDRESS));
	assert_non_null(join(&w, 'p', 0, ENDORSE_PCK_CRL, 0, ADDRESS));
	assert_non_null(join(&w, 'n', 0, ENDORSE_TCB_NUMBERS, 0, ADDRESS));
	assert_non_null(join_vcek(&w, 'v', 0, ADDRESS));
	end(&w);
}

static void made_up_numbers_use_half_of_the_threads(void **state)
{
	const struct endorse_item identity = { .kind = ENDORSE_QE_IDENTITY };
	struct world w;

	begin(&w, MANY, HOUR_MS);
	for (unsigned i = 0; i < SOME; i++)
		assert_non_null(join_tcb_info(&w, 't', i));
	line_up(&w);
	for (unsigned i = 0; i < SOME; i++)
		assert_non_null(join_at_service(&w, 'q', i, identity, 0));
	while (w.n_landed < SOME)
		uv_run(&w.loop, UV_RUN_ONCE);
	assert_null(memchr(w.landed, 't', SOME));
	assert_true(atomic_load(&n_at_service) <= 2);
	end(&w);
}

static void classes_take_turns_at_a_thread(void **state)
{
	struct world w;

	begin(&w, MAX, HOUR_MS);
	for (unsigned i = 0; i < SHARE; i++)
		assert_non_null(join(&w, 't', i, ENDORSE_TCB_INFO, 0, ADDRESS));
	for (unsigned i = 0; i < SHARE; i++)
		assert_non_null(join(&w, 'q', i, ENDORSE_QE_IDENTITY, 0, ADDRESS));
	while (w.n_landed < 2 * SHARE)
		uv_run(&w.loop, UV_RUN_ONCE);
	assert_memory_equal(w.landed, "tqtqtqtq", 2 * SHARE);
	end(&w);
}

/* More than it takes to fill it; a VCEK's is OF_NUMBERED times as long (NUMBERED_SOONER). */
enum { FORGOTTEN_MS = 300, OF_NUMBERED = 120 };

/* As many as half of the threads are on their way, the others wait for one. */
static void fill_with_tcb_infos(struct world *w)
{
	const unsigned threads = 2;

	for (unsigned i = 0; i < SHARE; i++)
		assert_false(flight_work(join_tcb_info(w, i < threads ? 't' : 'n', i))->stock_only);
	line_up(w);
	for (const uint64_t begin_ms = uv_now(&w->loop); uv_now(&w->loop) <= begin_ms + FORGOTTEN_MS;)
		uv_run(&w->loop, UV_RUN_NOWAIT);
}

static void a_made_up_number_that_nobody_waits_for_gives_its_place_to_another(void **state)
{
	static int waiter;
	struct world w;

	begin(&w, MAX, FORGOTTEN_MS * OF_NUMBERED);
	fill_with_tcb_infos(&w);
	*flight_data(join_tcb_info(&w, 'n', SHARE - 1)) = &waiter;
	assert_false(flight_work(join_tcb_info(&w, 'a', 0))->stock_only);
	assert_int_equal(flights_stats(w.flights)->dropped, 1);
	assert_true(flight_work(join_tcb_info(&w, 'a', 1))->stock_only);
	end(&w);
}

static void the_service_is_not_asked_for_a_made_up_number_that_nobody_waits_for(void **state)
{
	static int waiter;
	struct world w;

	begin(&w, MAX, FORGOTTEN_MS * OF_NUMBERED);
	fill_with_tcb_infos(&w);
	*flight_data(join_tcb_info(&w, 'n', SHARE - 1)) = &waiter;
	for (unsigned i = 0; i < SHARE; i++)
		uv_sem_post(&answers);
	while (flights_stats(w.flights)->now > 0)
		uv_run(&w.loop, UV_RUN_ONCE);
	assert_int_equal(flights_stats(w.flights)->dropped, 1);
	assert_int_equal(w.n_landed, SHARE - 1);
	assert_int_equal(atomic_load(&n_at_service), SHARE - 1);
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
		cmocka_unit_test(made_up_numbers_leave_room_for_everything_else),
		cmocka_unit_test(made_up_numbers_use_half_of_the_threads),
		cmocka_unit_test(classes_take_turns_at_a_thread),
		cmocka_unit_test(a_made_up_number_that_nobody_waits_for_gives_its_place_to_another),
		cmocka_unit_test(the_service_is_not_asked_for_a_made_up_number_that_nobody_waits_for),
		cmocka_unit_test(the_earliest_goes_on_first_whoever_began_to_wait_first),
		cmocka_unit_test(one_address_with_thousands_of_chips_delays_another_by_one),
		cmocka_unit_test(addresses_take_turns_one_chip_each),
		cmocka_unit_test(a_chip_that_several_addresses_want_goes_at_the_first_of_their_turns),
		cmocka_unit_test(when_it_is_full_the_address_with_most_gives_up_its_last),
		cmocka_unit_test(places_are_bounded_and_shared),
	};

	setenv("UV_THREADPOOL_SIZE", "9", 1); /* of all lanes */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
