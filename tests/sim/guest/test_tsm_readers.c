/* SPDX-License-Identifier: MIT */
#include "sim/guest/tsm_world.h"

#include <errno.h>
#include <fcntl.h>

static void readers_of_one_entry_share_one_report(void **state)
{
	static struct tsm_reader readers[4];
	struct tsm_world *w = *state;
	uint64_t id = tsm_make(w, "e");
	struct sim_tsm_file *out = tsm_open(w, id, SIM_TSM_OUTBLOB, O_RDONLY);
	struct sim_tsm_file *aux = tsm_open(w, id, SIM_TSM_AUXBLOB, O_RDONLY);

	w->answers_at_once = false;
	tsm_put_inblob(w, id, 1);
	tsm_start_read(&readers[0], out, 0, 100);
	tsm_start_read(&readers[1], out, 64, 100);
	tsm_start_read(&readers[2], aux, 0, 100);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(readers[i].ends, 0);
	tsm_answer(w, 0);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(readers[i].ends, 1);
		assert_int_equal(readers[i].result, 0);
	}
	assert_int_equal(readers[0].size, 65);
	assert_int_equal(readers[1].size, 1);
	assert_int_equal(readers[2].size, 3);
	assert_int_equal(w->reports, 1);
	sim_tsm_close(out);
	sim_tsm_close(aux);
}

static void each_reader_tries_for_itself_when_a_report_fails(void **state)
{
	static struct tsm_reader readers[2];
	struct tsm_world *w = *state;
	uint64_t id = tsm_make(w, "e");
	struct sim_tsm_file *out = tsm_open(w, id, SIM_TSM_OUTBLOB, O_RDONLY);

	w->answers_at_once = false;
	tsm_put_inblob(w, id, 1);
	tsm_start_read(&readers[0], out, 0, 100);
	tsm_start_read(&readers[1], out, 0, 100);
	tsm_answer(w, -EIO);
	assert_int_equal(readers[0].result, -EIO);
	assert_int_equal(readers[1].ends, 0);
	assert_int_equal(w->reports, 2);
	tsm_answer(w, 0);
	assert_int_equal(readers[1].ends, 1);
	assert_int_equal(readers[1].result, 0);
	sim_tsm_close(out);
}

static void reports_of_two_entries_are_made_one_after_the_other(void **state)
{
	static struct tsm_reader readers[2];
	struct tsm_world *w = *state;
	uint64_t a = tsm_make(w, "a"), b = tsm_make(w, "b");
	struct sim_tsm_file *of_a = tsm_open(w, a, SIM_TSM_OUTBLOB, O_RDONLY);
	struct sim_tsm_file *of_b = tsm_open(w, b, SIM_TSM_OUTBLOB, O_RDONLY);

	w->answers_at_once = false;
	tsm_put_inblob(w, a, 0xa);
	tsm_put_inblob(w, b, 0xb);
	tsm_start_read(&readers[0], of_a, 0, 100);
	tsm_start_read(&readers[1], of_b, 0, 100);
	assert_int_equal(w->reports, 1);
	tsm_answer(w, 0);
	assert_int_equal(w->reports, 2);
	assert_int_equal(readers[1].ends, 0);
	tsm_answer(w, 0);
	assert_int_equal(readers[0].data[0], 0xa);
	assert_int_equal(readers[1].data[0], 0xb);
	sim_tsm_close(of_a);
	sim_tsm_close(of_b);
}

/* A store that comes while a report is made does not make that report look up to date. */
static void a_store_during_a_report_comes_after_it(void **state)
{
	static struct tsm_reader reader;
	struct tsm_world *w = *state;
	uint64_t id = tsm_make(w, "e");
	struct sim_tsm_file *out = tsm_open(w, id, SIM_TSM_OUTBLOB, O_RDONLY);

	w->answers_at_once = false;
	tsm_put_inblob(w, id, 1);
	tsm_start_read(&reader, out, 0, 100);
	tsm_put_inblob(w, id, 2);
	assert_tsm_generation(w, id, 2);
	tsm_answer(w, 0);
	assert_int_equal(reader.data[0], 1);
	w->answers_at_once = true;
	assert_int_equal(tsm_cat(w, id, SIM_TSM_OUTBLOB), 0);
	assert_int_equal(tsm_scratch.data[0], 2);
	assert_int_equal(w->reports, 2);
	sim_tsm_close(out);
}

static void reads_under_way_outlive_their_entry_and_provider(void **state)
{
	static struct tsm_reader readers[2];
	struct tsm_world *w = *state;
	uint64_t id = tsm_make(w, "e");
	struct sim_tsm_file *out = tsm_open(w, id, SIM_TSM_OUTBLOB, O_RDONLY);
	struct sim_tsm_file *again = tsm_open(w, id, SIM_TSM_OUTBLOB, O_RDONLY);
	struct sim_tsm_file *in = tsm_open(w, id, SIM_TSM_INBLOB, O_WRONLY);
	struct sim_tsm_file *level = tsm_open(w, id, SIM_TSM_PRIVLEVEL, O_WRONLY);
	struct sim_tsm_file *generation = tsm_open(w, id, SIM_TSM_GENERATION, O_RDONLY), *none = NULL;

	w->answers_at_once = false;
	tsm_put_inblob(w, id, 1);
	tsm_start_read(&readers[0], out, 0, 100);
	assert_int_equal(sim_tsm_write(in, 0, "x", 1), 1);
	assert_int_equal(sim_tsm_rmdir(w->tsm, "e"), 0);
	sim_tsm_unregister(w->tsm);
	tsm_answer(w, 0);
	assert_int_equal(readers[0].result, 0);
	assert_int_equal(readers[0].size, 65);
	assert_int_equal(tsm_read_now(out, 64, 9), 0); /* its copy */
	assert_int_equal(tsm_scratch.size, 1);
	assert_int_equal(tsm_read_now(again, 0, 9), -ENOENT);
	assert_int_equal(tsm_read_now(generation, 0, 9), -ENOENT);
	assert_int_equal(sim_tsm_write(level, 0, "2", 1), -ENOENT);
	assert_int_equal(sim_tsm_open(w->tsm, id, SIM_TSM_OUTBLOB, O_RDONLY, &none), -ENOENT);
	assert_int_equal(sim_tsm_close(in), -ENOENT);
	sim_tsm_close(out);
	sim_tsm_close(again);
	sim_tsm_close(level);
	sim_tsm_close(generation);
	sim_tsm_close(none);
}

/* A reader that reads on, from inside its callback, on the same and on another entry. */
struct chain {
	struct sim_tsm_read read;
	struct sim_tsm_file *files[3];
	unsigned next, ends;
};

static void read_on(struct sim_tsm_read *read, int result, const uint8_t *data, size_t size)
{
	struct chain *chain = read->ctx;

	assert_int_equal(result, 0);
	assert_non_null(data);
	chain->ends++;
	sim_tsm_close(chain->files[chain->next]);
	if (++chain->next < ARRAY_SIZE(chain->files))
		sim_tsm_read(chain->files[chain->next], 0, size, read);
}

static void a_callback_may_close_and_read_on(void **state)
{
	struct tsm_world *w = *state;
	uint64_t a = tsm_make(w, "a"), b = tsm_make(w, "b");
	struct chain chain = { .files = { tsm_open(w, a, SIM_TSM_OUTBLOB, O_RDONLY),
					  tsm_open(w, b, SIM_TSM_OUTBLOB, O_RDONLY),
					  tsm_open(w, a, SIM_TSM_AUXBLOB, O_RDONLY) } };

	chain.read = (struct sim_tsm_read){ .done = read_on, .ctx = &chain };
	tsm_put_inblob(w, a, 1);
	tsm_put_inblob(w, b, 2);
	sim_tsm_read(chain.files[0], 0, 100, &chain.read);
	assert_int_equal(chain.ends, 3);
	assert_int_equal(w->reports, 2);
}

#define ROW(f) cmocka_unit_test_setup_teardown(f, tsm_set_up, tsm_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(readers_of_one_entry_share_one_report),
		ROW(each_reader_tries_for_itself_when_a_report_fails),
		ROW(reports_of_two_entries_are_made_one_after_the_other),
		ROW(a_store_during_a_report_comes_after_it),
		ROW(reads_under_way_outlive_their_entry_and_provider),
		ROW(a_callback_may_close_and_read_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
