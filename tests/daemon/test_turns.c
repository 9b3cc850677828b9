/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include "daemon/turns.h"

enum { MAX_JOBS = 64 };

/* root - guest 0, guest 1, ... each with processes 0, 1, ... */
enum { GUESTS = 3, PROCESSES = 2 };

struct world {
	struct turns turns;
	struct turn guests[GUESTS], processes[GUESTS][PROCESSES];
	struct turn_job jobs[MAX_JOBS];
};

static void begin(struct world *w)
{
	turns_init(&w->turns);
	for (unsigned g = 0; g < GUESTS; g++) {
		turn_init(&w->guests[g], &w->turns.root);
		for (unsigned p = 0; p < PROCESSES; p++)
			turn_init(&w->processes[g][p], &w->guests[g]);
	}
}

/* Job number n, of a process of a guest. */
static void push(struct world *w, unsigned n, unsigned guest, unsigned process)
{
	w->jobs[n] = (struct turn_job){ .turn = &w->processes[guest][process] };
	turns_push(&w->turns, &w->jobs[n]);
}

static int pop(struct world *w)
{
	struct turn_job *job = turns_pop(&w->turns);

	return job ? (int)(job - w->jobs) : -1;
}

static void jobs_of_one_process_keep_their_order(void **state)
{
	struct world w;

	begin(&w);
	assert_int_equal(pop(&w), -1);
	for (unsigned n = 0; n < 10; n++)
		push(&w, n, 0, 0);
	assert_int_equal(w.turns.n, 10);
	for (int n = 0; n < 10; n++)
		assert_int_equal(pop(&w), n);
	assert_int_equal(pop(&w), -1);
	assert_int_equal(w.turns.n, 0);
}

static void who_comes_late_with_one_job_waits_for_one_of_each_other(void **state)
{
	struct world w;

	begin(&w);
	for (unsigned n = 0; n < 20; n++)
		push(&w, n, 0, 0);
	for (unsigned n = 20; n < 40; n++)
		push(&w, n, 1, 0);
	assert_int_equal(pop(&w), 0);
	push(&w, 40, 2, 0);
	assert_int_equal(pop(&w), 20);
	assert_int_equal(pop(&w), 1);
	assert_int_equal(pop(&w), 40);
	assert_int_equal(pop(&w), 21);
}

static void many_processes_of_one_user_have_the_turns_of_one(void **state)
{
	static const int order[] = { 0, 3, 1, 4, 2, 5 };
	struct world w;

	begin(&w);
	push(&w, 0, 0, 0);
	push(&w, 2, 0, 0);
	push(&w, 1, 0, 1);
	for (unsigned n = 3; n < 6; n++)
		push(&w, n, 1, 0);
	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		assert_int_equal(pop(&w), order[i]);
	assert_int_equal(pop(&w), -1);
}

/* Every set of jobs that may leave, among three guests: all others come out, each guest's in order. */
static void jobs_may_leave_from_anywhere(void **state)
{
	enum { N = 12 };

	for (unsigned gone = 0; gone < 1u << N; gone++) {
		struct world w;
		unsigned came = 0, late = N;
		int last[GUESTS][PROCESSES], n;

		begin(&w);
		memset(last, -1, sizeof(last));
		for (unsigned i = 0; i < N; i++)
			push(&w, i, i % GUESTS, i / GUESTS % PROCESSES);
		for (unsigned i = 0; i < N; i++)
			if (gone >> i & 1) {
				assert_true(turns_remove(&w.turns, &w.jobs[i]));
				assert_false(turns_remove(&w.turns, &w.jobs[i]));
			}
		push(&w, late, 1, 1); /* all lists are in order: whoever comes now is found, too */
		while ((n = pop(&w)) >= 0) {
			unsigned g = n == (int)late ? 1 : (unsigned)n % GUESTS;
			unsigned p = n == (int)late ? 1 : (unsigned)n / GUESTS % PROCESSES;

			assert_true(n > last[g][p]);
			last[g][p] = n;
			came |= 1u << n;
		}
		assert_int_equal(came, (~gone & ((1u << N) - 1)) | 1u << late);
		assert_int_equal(w.turns.n, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(jobs_of_one_process_keep_their_order),
		cmocka_unit_test(who_comes_late_with_one_job_waits_for_one_of_each_other),
		cmocka_unit_test(many_processes_of_one_user_have_the_turns_of_one),
		cmocka_unit_test(jobs_may_leave_from_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
