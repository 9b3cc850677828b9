/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "cli/jobs.h"
#include "support/fail_memory.h"

enum { MAX_WORKERS = 4, MAX_ITEMS = 100000 };

/* ---- Threads that cannot be created */

static unsigned n_created, can_create = MAX_WORKERS;
int __real_pthread_create(pthread_t *id, const pthread_attr_t *attr, void *(*run)(void *), void *arg);
int __wrap_pthread_create(pthread_t *id, const pthread_attr_t *attr, void *(*run)(void *), void *arg);
int __wrap_pthread_create(pthread_t *id, const pthread_attr_t *attr, void *(*run)(void *), void *arg)
{
	if (n_created == can_create)
		return EAGAIN;
	n_created++;
	return __real_pthread_create(id, attr, run, arg);
}

/* ---- A world in which tests decide who waits for what */

struct item {
	size_t number; /* from 1 on */
	bool worked;
};

struct world {
	struct cli cli;
	struct cli_caught caught;
	size_t n_items, window;
	unsigned n_workers;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	size_t n_read, n_worked, n_handed, n_pauses; /* under the lock */
	bool reading;
	size_t slow; /* number of an item whose work waits until all others of the window are done */
	size_t last; /* done() is false from this item on; 0: never */
	bool reads_after_pause;
	size_t stop_at; /* number of the item whose work sets `stop` */
	atomic_bool stop;
};

static void change(struct world *w)
{
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

static bool next(void *context, void *item)
{
	static const struct item zero;
	struct world *w = context;
	struct item *to = item;
	bool more;

	pthread_mutex_lock(&w->lock);
	assert_false(w->reading); /* one at a time */
	w->reading = true;
	while (w->reads_after_pause && w->n_pauses < w->n_read)
		pthread_cond_wait(&w->changed, &w->lock);
	assert_memory_equal(to, &zero, sizeof(zero));
	more = w->n_read < w->n_items;
	if (more)
		to->number = ++w->n_read;
	assert_true(w->n_read - w->n_handed <= w->window);
	w->reading = false;
	change(w);
	return more;
}

static void work(void *worker, void *item)
{
	struct world *w = *(struct world **)worker;
	struct item *it = item;

	pthread_mutex_lock(&w->lock);
	while (it->number == w->slow && w->n_worked < w->window - 1)
		pthread_cond_wait(&w->changed, &w->lock);
	if (it->number == w->slow)
		assert_int_equal(w->n_read, w->window); /* full, and nobody has read more */
	if (it->number == w->stop_at)
		atomic_store(&w->stop, true);
	it->worked = true;
	w->n_worked++;
	change(w);
}

static bool done(void *context, void *item)
{
	struct world *w = context;
	const struct item *it = item;
	bool more;

	pthread_mutex_lock(&w->lock);
	assert_true(it->worked);
	assert_int_equal(it->number, ++w->n_handed);
	more = !w->last || it->number < w->last;
	change(w);
	return more;
}

static void pauses(void *context)
{
	struct world *w = context;

	pthread_mutex_lock(&w->lock);
	w->n_pauses = w->n_handed;
	change(w);
}

static int run(struct world *w)
{
	struct world *self[MAX_WORKERS] = { w, w, w, w };
	void *workers[MAX_WORKERS] = { &self[0], &self[1], &self[2], &self[3] };
	const struct cli_jobs jobs = { .n_workers = w->n_workers,
				       .workers = workers,
				       .item_size = sizeof(struct item),
				       .window = w->window,
				       .next = next,
				       .work = work,
				       .done = done,
				       .pauses = pauses,
				       .context = w,
				       .stop = &w->stop };

	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->changed, NULL);
	w->cli.caught = &w->caught;
	n_created = 0;
	return cli_jobs_run(&w->cli, &jobs);
}

static void world_done(struct world *w)
{
	pthread_cond_destroy(&w->changed);
	pthread_mutex_destroy(&w->lock);
	free(w->caught.failure);
}

static void runs_all(struct world w)
{
	assert_int_equal(run(&w), CLI_OK);
	assert_int_equal(w.n_handed, w.n_items);
	assert_int_equal(w.n_worked, w.n_items);
	world_done(&w);
}

/* ---- */

static void items_are_handed_over_in_the_order_in_which_they_were_read(void **state)
{
	static const size_t numbers[] = { 0, 1, 2, 3, 100, MAX_ITEMS };

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		for (unsigned n = 1; n <= MAX_WORKERS; n++)
			runs_all((struct world){
				.n_items = numbers[i], .n_workers = n, .window = n == 1 ? 1 : 8 });
}

static void a_slow_item_holds_up_a_window_and_no_more(void **state)
{
	for (unsigned n = 2; n <= MAX_WORKERS; n++)
		runs_all((struct world){ .n_items = 100, .n_workers = n, .window = 8, .slow = 1 });
}

static void a_window_of_one_item_is_enough(void **state)
{
	runs_all((struct world){ .n_items = 1000, .n_workers = 3, .window = 1 });
}

static void what_was_handed_over_can_be_flushed_before_the_next_item_is_there(void **state)
{
	for (unsigned n = 1; n <= MAX_WORKERS; n++)
		runs_all((struct world){ .n_items = 100,
					 .n_workers = n,
					 .window = n == 1 ? 1 : 8,
					 .reads_after_pause = true });
}

static void one_worker_needs_no_thread(void **state)
{
	can_create = 0;
	runs_all((struct world){ .n_items = 100, .n_workers = 1, .window = 1 });
	assert_int_equal(n_created, 0);
	can_create = MAX_WORKERS;
}

static void fewer_threads_than_wanted_do_the_same_and_so_does_none(void **state)
{
	for (can_create = 0; can_create < MAX_WORKERS; can_create++) {
		runs_all((struct world){ .n_items = 1000, .n_workers = MAX_WORKERS, .window = 8 });
		assert_int_equal(n_created, can_create);
	}
}

static void nothing_is_read_after_the_end_and_all_that_was_read_is_handed_over(void **state)
{
	for (unsigned n = 1; n <= MAX_WORKERS; n++) {
		struct world w = {
			.n_items = MAX_ITEMS, .n_workers = n, .window = n == 1 ? 1 : 8, .last = 5
		};

		assert_int_equal(run(&w), CLI_OK);
		assert_true(w.n_read >= 5 && w.n_read <= 5 + w.window);
		assert_int_equal(w.n_handed, w.n_read);
		world_done(&w);
	}
	for (unsigned n = 1; n <= MAX_WORKERS; n++) {
		struct world w = {
			.n_items = MAX_ITEMS, .n_workers = n, .window = n == 1 ? 1 : 8, .stop_at = 7
		};

		assert_int_equal(run(&w), CLI_OK);
		assert_true(w.n_read >= 7 && w.n_read <= 7 + w.window);
		assert_int_equal(w.n_handed, w.n_read);
		world_done(&w);
	}
}

static int attempt(void *ctx)
{
	struct world w = { .n_items = 20, .n_workers = *(unsigned *)ctx, .window = 8 };
	int r;

	fail_memory_resume();
	r = run(&w);
	fail_memory_pause();
	assert_true(r == CLI_OK || r == CLI_INTERNAL);
	assert_int_equal(w.n_handed, r == CLI_OK ? 20 : 0);
	world_done(&w);
	return r == CLI_OK ? 0 : -ENOMEM;
}

static void without_memory_nothing_is_begun(void **state)
{
	unsigned n = 1;

	assert_true(fail_memory_each(attempt, &n) >= 3);
	n = MAX_WORKERS;
	assert_true(fail_memory_each(attempt, &n) >= 3);
}

static void the_first_sigint_stops_and_the_second_would_end_the_program(void **state)
{
	struct sigaction now;
	atomic_bool stop = false;

	cli_jobs_reraise(); /* nothing to raise */
	cli_jobs_catch(&stop);
	assert_int_equal(raise(SIGINT), 0);
	assert_true(atomic_load(&stop));
	assert_int_equal(sigaction(SIGINT, NULL, &now), 0);
	assert_ptr_equal(now.sa_handler, SIG_DFL);
	signal(SIGINT, SIG_IGN);
	cli_jobs_catch(&stop);
	assert_int_equal(sigaction(SIGINT, NULL, &now), 0);
	assert_ptr_equal(now.sa_handler, SIG_IGN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(items_are_handed_over_in_the_order_in_which_they_were_read),
		cmocka_unit_test(a_slow_item_holds_up_a_window_and_no_more),
		cmocka_unit_test(a_window_of_one_item_is_enough),
		cmocka_unit_test(what_was_handed_over_can_be_flushed_before_the_next_item_is_there),
		cmocka_unit_test(one_worker_needs_no_thread),
		cmocka_unit_test(fewer_threads_than_wanted_do_the_same_and_so_does_none),
		cmocka_unit_test(nothing_is_read_after_the_end_and_all_that_was_read_is_handed_over),
		cmocka_unit_test(without_memory_nothing_is_begun),
		cmocka_unit_test(the_first_sigint_stops_and_the_second_would_end_the_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
