/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <string.h>

#include "sim/guest/tsm.h"
#include "support/fuzz.h"

/*
 * Programs that do anything to configfs-tsm, in any order, over a provider that answers when it likes: every
 * read ends once, and what a descriptor has read it reads again.
 */
enum { N_FILES = 6, N_READS = 8, ALL_ATTRS = (1u << SIM_TSM_N_ATTRS) - 1 };

struct slot {
	struct sim_tsm_file *file;
	unsigned n_reads; /* under way */
	bool is_known;
	uint8_t first; /* the byte that this descriptor has at offset 0 */
};

struct reader {
	struct sim_tsm_read read;
	struct slot *slot; /* NULL: free */
	uint64_t off;
};

struct world {
	struct sim_tsm *tsm;
	struct bytes_rd in;
	struct slot slots[N_FILES];
	struct reader readers[N_READS];
	bool is_asked;
	uint8_t serial;
};

static void report(void *ctx, const struct sim_tsm_request *request, struct sim_tsm *tsm)
{
	struct world *w = ctx;

	must(!w->is_asked && request->inblob_size > 0);
	w->is_asked = true;
	if (bytes_rd_u8(&w->in) & 1) { /* at once */
		w->is_asked = false;
		sim_tsm_answer(tsm, -5, NULL);
	}
}

static void answer(struct world *w, uint8_t how)
{
	struct sim_tsm_blobs blobs = { 0 };
	int result = how & 1 ? -5 : 0;

	if (!w->is_asked)
		return;
	w->is_asked = false;
	if (result == 0) {
		blobs.outblob_size = 1 + (how & 0x7e);
		blobs.outblob = calloc(1, blobs.outblob_size);
		blobs.auxblob_size = how & 0x80 ? 40000 : 0;
		blobs.auxblob = calloc(1, blobs.auxblob_size + 1);
		must(blobs.outblob && blobs.auxblob);
		blobs.outblob[0] = ++w->serial;
	}
	sim_tsm_answer(w->tsm, result, &blobs);
	sim_tsm_blobs_done(&blobs);
}

static void done(struct sim_tsm_read *read, int result, const uint8_t *data, size_t size)
{
	struct reader *reader = read->ctx;
	struct slot *slot = reader->slot;

	must(slot && slot->n_reads > 0 && result <= 0 && (result == 0 || size == 0));
	slot->n_reads--;
	reader->slot = NULL;
	if (size == 0 || reader->off != 0)
		return;
	must(!slot->is_known || slot->first == data[0]);
	FUZZ_REACHED("an attribute is read");
	if (size > 4)
		FUZZ_REACHED("a blob is read");
	slot->is_known = true;
	slot->first = data[0];
}

static void start_read(struct world *w, struct slot *slot, uint64_t off)
{
	for (unsigned i = 0; i < N_READS; i++) {
		struct reader *reader = &w->readers[i];

		if (reader->slot)
			continue;
		*reader =
			(struct reader){ .read = { .done = done, .ctx = reader }, .slot = slot, .off = off };
		slot->n_reads++;
		sim_tsm_read(slot->file, off, 100, &reader->read);
		return;
	}
}

static void open_or_close(struct world *w, struct slot *slot, uint8_t arg)
{
	if (slot->file && slot->n_reads == 0) {
		(void)!sim_tsm_close(slot->file);
		*slot = (struct slot){ 0 };
	} else if (!slot->file) {
		uint64_t id = sim_tsm_next(w->tsm, arg >> 6);

		(void)!sim_tsm_open(w->tsm, id, arg % 12, arg & 0x20 ? O_WRONLY : O_RDONLY, &slot->file);
	}
}

static void step(struct world *w, uint8_t op)
{
	struct slot *slot = &w->slots[op % N_FILES];
	uint8_t arg = bytes_rd_u8(&w->in);
	const uint8_t *bytes;
	uint64_t id;
	char name[2] = { (char)('a' + (arg & 3)), '\0' };

	switch (op >> 5) {
	case 0:
		(void)!sim_tsm_mkdir(w->tsm, name, &id);
		break;
	case 1:
		(void)!sim_tsm_rmdir(w->tsm, name);
		break;
	case 2:
		open_or_close(w, slot, arg);
		break;
	case 3:
	case 4:
		if (slot->file)
			start_read(w, slot, arg & 3);
		break;
	case 5:
		bytes = bytes_rd_take(&w->in, arg);
		if (slot->file && bytes)
			(void)!sim_tsm_write(slot->file, op & 1, bytes, arg);
		break;
	case 6:
		answer(w, arg);
		break;
	default:
		sim_tsm_refuse_stores(w->tsm, arg & 1);
		(void)!sim_tsm_skip_generations(w->tsm, sim_tsm_next(w->tsm, 0),
						arg & 2 ? UINT64_MAX - 1 : 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct sim_tsm_provider provider = { .name = "fuzz_guest",
							  .attributes = ALL_ATTRS,
							  .privlevel_floor = 1,
							  .outblob_max = 100,
							  .report = report };
	struct world w = { .in = bytes_rd(data, n) };
	int r = sim_tsm_new(&w.tsm, NULL);

	must(r == 0);
	r = sim_tsm_register(w.tsm, &provider, &w);
	must(r == 0);
	while (bytes_rd_left(&w.in) > 0)
		step(&w, bytes_rd_u8(&w.in));
	while (w.is_asked) /* each ends a read */
		answer(&w, 1);
	for (unsigned i = 0; i < N_FILES; i++) {
		must(w.slots[i].n_reads == 0);
		(void)!sim_tsm_close(w.slots[i].file);
	}
	sim_tsm_free(w.tsm);
	return 0;
}
