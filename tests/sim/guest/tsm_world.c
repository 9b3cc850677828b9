/* SPDX-License-Identifier: MIT */
#include "sim/guest/tsm_world.h"

#include <fcntl.h>

uint8_t *tsm_filled(size_t n, uint8_t value)
{
	uint8_t *p = malloc(n ? n : 1);

	assert_non_null(p);
	memset(p, value, n);
	return p;
}

/* outblob: inblob, then how many reports there were. */
void tsm_answer(struct tsm_world *w, int result)
{
	struct sim_tsm_blobs blobs = { 0 };

	if (result == 0) {
		blobs.outblob_size = w->last.inblob_size + 1;
		blobs.outblob = tsm_filled(blobs.outblob_size, (uint8_t)w->reports);
		memcpy(blobs.outblob, w->last.inblob, w->last.inblob_size);
		blobs.auxblob_size = w->aux_size;
		blobs.auxblob = w->aux_size ? tsm_filled(w->aux_size, (uint8_t)w->reports) : NULL;
		blobs.manifestblob_size = w->manifest_size;
		blobs.manifestblob =
			w->manifest_size ? tsm_filled(w->manifest_size, (uint8_t)w->reports) : NULL;
	}
	sim_tsm_answer(w->tsm, result, &blobs);
	if (result == 0)
		assert_null(blobs.outblob); /* taken */
	sim_tsm_blobs_done(&blobs);
}

static void tsm_report(void *ctx, const struct sim_tsm_request *request, struct sim_tsm *tsm)
{
	struct tsm_world *w = ctx;

	assert_ptr_equal(tsm, w->tsm);
	w->reports++;
	w->last = *request;
	w->last.service_provider = NULL;
	TEXT(w->last_service_provider, "%s", request->service_provider ? request->service_provider : "");
	if (w->answers_at_once)
		tsm_answer(w, w->result);
}

int tsm_set_up(void **state)
{
	struct tsm_world *w = calloc(1, sizeof(*w));

	if (!w || sim_tsm_new(&w->tsm, NULL) != 0)
		return -1;
	w->provider = (struct sim_tsm_provider){ .name = "test_guest",
						 .attributes = ALL,
						 .privlevel_floor = 1,
						 .outblob_max = 4096,
						 .report = tsm_report };
	w->answers_at_once = true;
	w->aux_size = 3;
	w->manifest_size = 2;
	*state = w;
	return sim_tsm_register(w->tsm, &w->provider, w);
}

int tsm_tear_down(void **state)
{
	struct tsm_world *w = *state;

	sim_tsm_free(w->tsm);
	free(w);
	return 0;
}

uint64_t tsm_make(struct tsm_world *w, const char *name)
{
	uint64_t id = 0;

	assert_int_equal(sim_tsm_mkdir(w->tsm, name, &id), 0);
	assert_true(id > 0);
	return id;
}

struct sim_tsm_file *tsm_open(struct tsm_world *w, uint64_t id, enum sim_tsm_attr attr, int flags)
{
	struct sim_tsm_file *file = NULL;

	assert_int_equal(sim_tsm_open(w->tsm, id, attr, flags, &file), 0);
	return file;
}

static void tsm_read_done(struct sim_tsm_read *read, int result, const uint8_t *data, size_t size)
{
	struct tsm_reader *r = read->ctx;

	assert_true(result <= 0);
	assert_true(size == 0 || result == 0);
	r->ends++;
	r->result = result;
	r->size = size;
	assert_true(size <= sizeof(r->data));
	if (size > 0)
		memcpy(r->data, data, size);
}

void tsm_start_read(struct tsm_reader *r, struct sim_tsm_file *file, uint64_t off, size_t n)
{
	*r = (struct tsm_reader){ .read = { .done = tsm_read_done, .ctx = r } };
	sim_tsm_read(file, off, n, &r->read);
}

struct tsm_reader tsm_scratch;

/* A read that ends at once: its result. */
int tsm_read_now(struct sim_tsm_file *file, uint64_t off, size_t n)
{
	tsm_start_read(&tsm_scratch, file, off, n);
	assert_int_equal(tsm_scratch.ends, 1);
	return tsm_scratch.result;
}

/* open, read all, close */
int tsm_cat(struct tsm_world *w, uint64_t id, enum sim_tsm_attr attr)
{
	struct sim_tsm_file *file = tsm_open(w, id, attr, O_RDONLY);
	int r = tsm_read_now(file, 0, sizeof(tsm_scratch.data));

	assert_int_equal(sim_tsm_close(file), 0);
	return r;
}

void assert_tsm_text(struct tsm_world *w, uint64_t id, enum sim_tsm_attr attr, const char *text)
{
	assert_int_equal(tsm_cat(w, id, attr), 0);
	assert_int_equal(tsm_scratch.size, strlen(text));
	assert_memory_equal(tsm_scratch.data, text, tsm_scratch.size);
}

void assert_tsm_generation(struct tsm_world *w, uint64_t id, unsigned long long generation)
{
	char text[32];

	TEXT(text, "%llu\n", generation);
	assert_tsm_text(w, id, SIM_TSM_GENERATION, text);
}

ssize_t tsm_echo(struct tsm_world *w, uint64_t id, enum sim_tsm_attr attr, const void *data, size_t n)
{
	struct sim_tsm_file *file = tsm_open(w, id, attr, O_WRONLY | O_TRUNC | O_CREAT);
	ssize_t r = sim_tsm_write(file, 0, data, n);

	(void)!sim_tsm_close(file);
	return r;
}

void tsm_put_inblob(struct tsm_world *w, uint64_t id, uint8_t value)
{
	uint8_t data[SIM_TSM_INBLOB_MAX_BYTES];

	memset(data, value, sizeof(data));
	assert_int_equal(tsm_echo(w, id, SIM_TSM_INBLOB, data, sizeof(data)), sizeof(data));
}
