/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

#include "base/cleanup.h"
#include "daemon/progress.h"
#include "daemon/workers.h"

/* The watchdog's question to worker threads: whether those that have work complete any of it. */
enum { LATER_MS = 60 * 1000 };

static int gate[2]; /* a job ends when a byte arrives */

static int new_context(void *arg, void **ret, struct jurat_error *err)
{
	*ret = arg;
	return 0;
}

static void free_context(void *context)
{
}

static int answer(void *context, const struct backend_job *job, uint8_t **ret_reply, size_t *ret_n,
		  struct jurat_error *err)
{
	char c;

	return read(gate[0], &c, 1) == 1 ? jurat_fail(err, -1, "done") : -1;
}

static unsigned n_done;

static void done(struct backend_job *job, uint8_t *reply, size_t n, const char *why)
{
	n_done++;
	job->backend->n_jobs--;
}

static uint64_t now_ms(void)
{
	return uv_hrtime() / 1000000;
}

static void workers_that_have_work_and_complete_none_are_noticed(void **state)
{
	static const struct worker_ops ops = {
		.name = "test", .new_context = new_context, .free_context = free_context, .answer = answer
	};
	struct backend_job jobs[3];
	struct backend *b;
	struct turns turns;
	struct turn leaf;
	uv_loop_t loop;

	assert_int_equal(pipe(gate), 0);
	assert_int_equal(uv_loop_init(&loop), 0);
	turns_init(&turns);
	turn_init(&leaf, &turns.root);
	turns.n_leaves = 1;
	assert_int_equal(workers_new(&loop, 1, &ops, NULL, &b, NULL), 0);
	b->turns = &turns;
	assert_false(b->ops->stalled(b, now_ms() + LATER_MS)); /* there is no work */
	for (size_t i = 0; i < ARRAY_SIZE(jobs); i++) {
		jobs[i] = (struct backend_job){ .done = done, .waits.turn = &leaf };
		turns_push(&turns, &jobs[i].waits);
	}
	b->ops->wake(b);
	assert_false(b->ops->stalled(b, now_ms()));
	assert_true(b->ops->stalled(b, now_ms() + LATER_MS));
	for (unsigned i = 1; i <= ARRAY_SIZE(jobs); i++) {
		assert_int_equal(write(gate[1], "", 1), 1);
		while (n_done < i)
			uv_run(&loop, UV_RUN_ONCE);
		assert_false(b->ops->stalled(b, now_ms())); /* some was completed just now */
		assert_int_equal(b->ops->stalled(b, now_ms() + LATER_MS), i < ARRAY_SIZE(jobs));
	}
	b->turns = NULL;
	b->ops->free(b);
	assert_int_equal(uv_loop_close(&loop), 0);
	close(gate[0]);
	close(gate[1]);
}

static void progress_is_late_only_when_there_is_work(void **state)
{
	struct progress p = { 0 };

	assert_false(progress_stalled(&p, 1000000, 10));
	progress_begin(&p, 100);
	assert_false(progress_stalled(&p, 110, 10));
	assert_true(progress_stalled(&p, 111, 10));
	progress_begin(&p, 120); /* more work is no progress */
	assert_true(progress_stalled(&p, 121, 10));
	progress_end(&p, 130);
	assert_false(progress_stalled(&p, 140, 10));
	assert_true(progress_stalled(&p, 141, 10));
	progress_end(&p, 150);
	assert_false(progress_stalled(&p, 1000000, 10));
	progress_begin(&p, 1000000); /* after a pause, the time begins anew */
	assert_false(progress_stalled(&p, 1000001, 10));
	assert_false(progress_stalled(&p, 999999, 10)); /* another thread's clock was read earlier */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(workers_that_have_work_and_complete_none_are_noticed),
		cmocka_unit_test(progress_is_late_only_when_there_is_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
