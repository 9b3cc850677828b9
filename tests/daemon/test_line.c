/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>

#include "daemon/address.h"
#include "daemon/line.h"

enum { ADDRESSES = 5, MEMBERS = 12, PLACES = 20, STEPS = 200000, NONE = -1 };

/* The same as a line, with arrays that are searched. */
struct model {
	bool of[MEMBERS][ADDRESSES], waits[MEMBERS];
	int addresses[MEMBERS][ADDRESSES], n_addresses[MEMBERS]; /* as it joined them */
	int turn[MEMBERS];                                       /* an address, or NONE */
	int queue[ADDRESSES][MEMBERS], n[ADDRESSES];             /* of members that wait */
	int round[ADDRESSES], n_round;
	int n_places;
};

struct world {
	struct line *line;
	struct line_member members[MEMBERS];
	struct model model;
};

static void take_out(int *list, int *n, int what)
{
	int to = 0;

	for (int i = 0; i < *n; i++)
		if (list[i] != what)
			list[to++] = list[i];
	*n = to;
}

static void model_enter(struct model *o, int m, int a)
{
	o->queue[a][o->n[a]++] = m;
	if (o->n[a] == 1)
		o->round[o->n_round++] = a;
}

static void model_leave(struct model *o, int m, int a)
{
	take_out(o->queue[a], &o->n[a], m);
	if (o->n[a] == 0)
		take_out(o->round, &o->n_round, a);
}

static int model_next(struct model *o)
{
	for (int i = 0; i < o->n_round; i++) {
		const int a = o->round[i];

		for (int k = 0; k < o->n[a]; k++) {
			const int m = o->queue[a][k];

			if (o->turn[m] != NONE)
				continue;
			o->turn[m] = a;
			take_out(o->round, &o->n_round, a);
			o->round[o->n_round++] = a;
			return m;
		}
	}
	return NONE;
}

static void model_again(struct model *o, int m)
{
	const int a = o->turn[m];

	o->turn[m] = NONE;
	take_out(o->round, &o->n_round, a);
	memmove(o->round + 1, o->round, (size_t)o->n_round * sizeof(o->round[0]));
	o->round[0] = a;
	o->n_round++;
}

/* An address whose turn it was goes behind those that have come since. */
static void model_stop(struct model *o, int m)
{
	const int a = o->turn[m];

	for (int i = 0; i < o->n_addresses[m]; i++)
		model_leave(o, m, o->addresses[m][i]);
	if (a != NONE && o->n[a] > 0) {
		take_out(o->round, &o->n_round, a);
		o->round[o->n_round++] = a;
	}
	o->waits[m] = false;
	o->turn[m] = NONE;
}

static int n_places_of(const struct model *o, int a)
{
	int n = 0;

	for (int m = 0; m < MEMBERS; m++)
		n += o->of[m][a];
	return n;
}

static void join_one(struct world *w, int m, int a)
{
	struct model *o = &w->model;
	const bool room = o->of[m][a] || o->n_places < PLACES;

	assert_int_equal(line_join(w->line, &w->members[m], (uint64_t)a), room);
	if (!room || o->of[m][a])
		return;
	o->of[m][a] = true;
	o->addresses[m][o->n_addresses[m]++] = a;
	o->n_places++;
	if (o->waits[m])
		model_enter(o, m, a);
}

static void wait_or_leave(struct world *w, int m)
{
	struct model *o = &w->model;
	const bool waits = !o->waits[m];

	if (o->n_addresses[m] == 0)
		return;
	if (!waits) {
		line_leave(w->line, &w->members[m]);
		model_stop(o, m);
		return;
	}
	line_wait(w->line, &w->members[m]);
	o->waits[m] = true;
	for (int i = 0; i < o->n_addresses[m]; i++)
		model_enter(o, m, o->addresses[m][i]);
}

static void end_one(struct world *w, int m)
{
	struct model *o = &w->model;

	if (o->waits[m])
		wait_or_leave(w, m);
	line_end(w->line, &w->members[m]);
	for (int a = 0; a < ADDRESSES; a++) {
		o->n_places -= o->of[m][a];
		o->of[m][a] = false;
	}
	o->n_addresses[m] = 0;
}

static bool some_are_all_on_their_way(const struct model *o, int most)
{
	for (int a = 0; a < ADDRESSES; a++) {
		int n = 0;

		for (int k = 0; k < o->n[a]; k++)
			n += o->turn[o->queue[a][k]] != NONE;
		if (n == most && o->n[a] == most)
			return true;
	}
	return false;
}

/* Which of those with most loses is the line's choice; that it is one of them, and its last, is not. */
static void give_up_one(struct world *w, int for_address)
{
	struct model *o = &w->model;
	struct line_member *without = NULL;
	bool was[MEMBERS][ADDRESSES];
	int most = 0, lost = 0;

	for (int a = 0; a < ADDRESSES; a++)
		most = o->n[a] > most ? o->n[a] : most;
	if (!line_give_up_place(w->line, (uint64_t)for_address, &without)) {
		assert_true(most < n_places_of(o, for_address) + 2 || some_are_all_on_their_way(o, most));
		return;
	}
	assert_true(most >= n_places_of(o, for_address) + 2);
	memcpy(was, o->of, sizeof(was));
	for (int a = 0; a < ADDRESSES; a++)
		for (int m = 0; m < MEMBERS; m++) {
			const bool is_of = was[m][a] && line_is_of(&w->members[m], (uint64_t)a);

			if (!was[m][a] || is_of)
				continue;
			lost++;
			assert_int_equal(o->n[a], most);
			for (int k = o->n[a] - 1; o->queue[a][k] != m;
			     k--) /* those behind are on their way */
				assert_int_not_equal(o->turn[o->queue[a][k]], NONE);
			model_leave(o, m, a);
			o->of[m][a] = false;
			take_out(o->addresses[m], &o->n_addresses[m], a);
			o->n_places--;
			assert_int_equal(without != NULL, o->n_addresses[m] == 0);
			if (without)
				o->waits[m] = false;
		}
	assert_int_equal(lost, 1);
}

static void step(struct world *w)
{
	const int m = rand() % MEMBERS, a = rand() % ADDRESSES;
	struct model *o = &w->model;
	const struct line_member *next;
	int expected;

	switch (rand() % 8) {
	case 0:
	case 1:
		join_one(w, m, a);
		break;
	case 2:
		wait_or_leave(w, m);
		break;
	case 3:
	case 4:
		next = line_next(w->line);
		expected = model_next(o);
		assert_ptr_equal(next, expected == NONE ? NULL : &w->members[expected]);
		break;
	case 5:
		if (o->turn[m] == NONE)
			break;
		line_again(w->line, &w->members[m]);
		model_again(o, m);
		break;
	case 6:
		give_up_one(w, a);
		break;
	default:
		end_one(w, m);
	}
	assert_int_equal(line_stats(w->line)->places, o->n_places);
	assert_int_equal(line_stats(w->line)->addresses, o->n_round);
}

static void a_line_does_what_its_description_does(void **state)
{
	struct world w = { .line = line_new(PLACES) };

	assert_non_null(w.line);
	for (int m = 0; m < MEMBERS; m++)
		w.model.turn[m] = NONE;
	srand(1);
	for (unsigned i = 0; i < STEPS; i++)
		step(&w);
	for (int m = 0; m < MEMBERS; m++)
		end_one(&w, m);
	assert_int_equal(line_stats(w.line)->waiting, 0);
	line_free(w.line);
}

static int attempt(void *ctx)
{
	struct line_member members[3] = { { .turn = NULL } };
	struct line *line;
	bool done = false;

	fail_memory_resume();
	line = line_new(PLACES);
	for (unsigned i = 0; line && i < ARRAY_SIZE(members); i++) {
		done = line_join(line, &members[i], i) && line_join(line, &members[i], 0);
		if (!done)
			break;
		line_wait(line, &members[i]);
	}
	fail_memory_pause();
	for (unsigned i = 0; line && i < ARRAY_SIZE(members); i++)
		line_end(line, &members[i]);
	if (line)
		assert_int_equal(line_stats(line)->places, 0);
	line_free(line);
	return done ? 0 : -ENOMEM;
}

static void without_memory_a_line_stays_whole(void **state)
{
	assert_true(fail_memory_each(attempt, NULL) > 5);
}

static uint64_t number(const char *text)
{
	struct base_address a;

	assert_int_equal(public_address_read(text, &a, NULL), 0);
	return address_number(&a.sockaddr.any);
}

static void a_network_is_one_address_and_no_two_are_the_same(void **state)
{
	static const char *const others[] = {
		"tcp:192.0.2.1:1", "tcp:192.0.2.2:1",        "tcp:0.0.0.1:1",
		"unix:/a",         "tcp:[2001:db8::1]:1",    "tcp:[2001:db8:0:1::1]:1",
		"vsock:1",         "tcp:[::ffff:1.2.3.4]:1", "tcp:[fe80::1]:1"
	};
	struct base_address a = { .sockaddr.vm = { .svm_family = AF_VSOCK, .svm_cid = 3 } }, b = a;

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		for (size_t k = 0; k < i; k++)
			assert_true(number(others[i]) != number(others[k]));
	assert_true(number("tcp:192.0.2.1:1") == number("tcp:192.0.2.1:65535"));
	assert_true(number("tcp:192.0.2.1:1") == number("tcp:[::ffff:192.0.2.1]:1"));
	assert_true(number("tcp:[2001:db8::1]:1") == number("tcp:[2001:db8::ffff:ffff:ffff:ffff]:1"));
	assert_true(number("unix:/a") == number("unix:/b"));
	b.sockaddr.vm.svm_cid = 4;
	assert_true(address_number(&a.sockaddr.any) != address_number(&b.sockaddr.any));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_does_what_its_description_does),
		cmocka_unit_test(without_memory_a_line_stays_whole),
		cmocka_unit_test(a_network_is_one_address_and_no_two_are_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
