/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>

#include "sim/tsm.h"

enum { ALL = (1u << SIM_TSM_N_ATTRS) - 1, WITHOUT_SVSM = 0xff & ~(1u << SIM_TSM_MANIFESTBLOB) };

/* A provider that answers when the test says so. What a report is made of can be read back from it. */
struct world {
	struct sim_tsm *tsm;
	struct sim_tsm_provider provider;
	bool answers_at_once;
	int result; /* of an answer at once */
	unsigned reports;
	struct sim_tsm_request last;
	char last_service_provider[8];
	size_t aux_size, manifest_size;
};

static uint8_t *filled(size_t n, uint8_t value)
{
	uint8_t *p = malloc(n ? n : 1);

	assert_non_null(p);
	memset(p, value, n);
	return p;
}

/* outblob: inblob, then how many reports there were. */
static void answer(struct world *w, int result)
{
	struct sim_tsm_blobs blobs = { 0 };

	if (result == 0) {
		blobs.outblob_size = w->last.inblob_size + 1;
		blobs.outblob = filled(blobs.outblob_size, (uint8_t)w->reports);
		memcpy(blobs.outblob, w->last.inblob, w->last.inblob_size);
		blobs.auxblob_size = w->aux_size;
		blobs.auxblob = w->aux_size ? filled(w->aux_size, (uint8_t)w->reports) : NULL;
		blobs.manifestblob_size = w->manifest_size;
		blobs.manifestblob = w->manifest_size ? filled(w->manifest_size, (uint8_t)w->reports) : NULL;
	}
	sim_tsm_answer(w->tsm, result, &blobs);
	if (result == 0)
		assert_null(blobs.outblob); /* taken */
	sim_tsm_blobs_done(&blobs);
}

static void report(void *ctx, const struct sim_tsm_request *request, struct sim_tsm *tsm)
{
	struct world *w = ctx;

	assert_ptr_equal(tsm, w->tsm);
	w->reports++;
	w->last = *request;
	w->last.service_provider = NULL;
	snprintf(w->last_service_provider, sizeof(w->last_service_provider), "%s",
		 request->service_provider ? request->service_provider : "");
	if (w->answers_at_once)
		answer(w, w->result);
}

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	if (!w || sim_tsm_new(&w->tsm, NULL) != 0)
		return -1;
	w->provider = (struct sim_tsm_provider){ .name = "test_guest",
						 .attributes = ALL,
						 .privlevel_floor = 1,
						 .outblob_max = 4096,
						 .report = report };
	w->answers_at_once = true;
	w->aux_size = 3;
	w->manifest_size = 2;
	*state = w;
	return sim_tsm_register(w->tsm, &w->provider, w);
}

static int tear_down(void **state)
{
	struct world *w = *state;

	sim_tsm_free(w->tsm);
	free(w);
	return 0;
}

static uint64_t make(struct world *w, const char *name)
{
	uint64_t id = 0;

	assert_int_equal(sim_tsm_mkdir(w->tsm, name, &id), 0);
	assert_true(id > 0);
	return id;
}

static struct sim_tsm_file *open_file(struct world *w, uint64_t id, enum sim_tsm_attr attr, int flags)
{
	struct sim_tsm_file *file = NULL;

	assert_int_equal(sim_tsm_open(w->tsm, id, attr, flags, &file), 0);
	return file;
}

/* One read that counts its ends. */
struct reader {
	struct sim_tsm_read read;
	unsigned ends;
	int result;
	size_t size;
	uint8_t data[64 * 1024];
};

static void read_done(struct sim_tsm_read *read, int result, const uint8_t *data, size_t size)
{
	struct reader *r = read->ctx;

	assert_true(result <= 0);
	assert_true(size == 0 || result == 0);
	r->ends++;
	r->result = result;
	r->size = size;
	assert_true(size <= sizeof(r->data));
	if (size > 0)
		memcpy(r->data, data, size);
}

static void start_read(struct reader *r, struct sim_tsm_file *file, uint64_t off, size_t n)
{
	*r = (struct reader){ .read = { .done = read_done, .ctx = r } };
	sim_tsm_read(file, off, n, &r->read);
}

static struct reader scratch;

/* A read that ends at once: its result. */
static int read_now(struct sim_tsm_file *file, uint64_t off, size_t n)
{
	start_read(&scratch, file, off, n);
	assert_int_equal(scratch.ends, 1);
	return scratch.result;
}

/* open, read all, close */
static int cat(struct world *w, uint64_t id, enum sim_tsm_attr attr)
{
	struct sim_tsm_file *file = open_file(w, id, attr, O_RDONLY);
	int r = read_now(file, 0, sizeof(scratch.data));

	assert_int_equal(sim_tsm_close(file), 0);
	return r;
}

static void assert_text(struct world *w, uint64_t id, enum sim_tsm_attr attr, const char *text)
{
	assert_int_equal(cat(w, id, attr), 0);
	assert_int_equal(scratch.size, strlen(text));
	assert_memory_equal(scratch.data, text, scratch.size);
}

static void assert_generation(struct world *w, uint64_t id, unsigned long long generation)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu\n", generation);
	assert_text(w, id, SIM_TSM_GENERATION, text);
}

static ssize_t echo(struct world *w, uint64_t id, enum sim_tsm_attr attr, const void *data, size_t n)
{
	struct sim_tsm_file *file = open_file(w, id, attr, O_WRONLY | O_TRUNC | O_CREAT);
	ssize_t r = sim_tsm_write(file, 0, data, n);

	(void)!sim_tsm_close(file);
	return r;
}

static void put_inblob(struct world *w, uint64_t id, uint8_t value)
{
	uint8_t data[SIM_TSM_INBLOB_MAX_BYTES];

	memset(data, value, sizeof(data));
	assert_int_equal(echo(w, id, SIM_TSM_INBLOB, data, sizeof(data)), sizeof(data));
}

static void entries_are_made_found_listed_and_removed(void **state)
{
	struct world *w = *state;
	char longest[256 + 1];
	uint64_t a, b, id = 77;

	memset(longest, 'x', sizeof(longest));
	longest[256] = '\0';
	assert_int_equal(sim_tsm_mkdir(w->tsm, longest, &id), -ENAMETOOLONG);
	assert_int_equal(sim_tsm_mkdir(w->tsm, "", &id), -EINVAL);
	assert_int_equal(sim_tsm_mkdir(w->tsm, ".", &id), -EINVAL);
	assert_int_equal(sim_tsm_mkdir(w->tsm, "..", &id), -EINVAL);
	assert_int_equal(sim_tsm_mkdir(w->tsm, "a/b", &id), -EINVAL);
	assert_int_equal(sim_tsm_next(w->tsm, 0), 0);
	a = make(w, "com.intel.dcap");
	longest[255] = '\0';
	b = make(w, longest);
	assert_int_equal(sim_tsm_mkdir(w->tsm, "com.intel.dcap", &id), -EEXIST);
	assert_int_equal(id, 77);
	assert_int_equal(sim_tsm_find(w->tsm, "com.intel.dcap"), a);
	assert_int_equal(sim_tsm_find(w->tsm, "com.intel"), 0);
	assert_string_equal(sim_tsm_name(w->tsm, b), longest);
	assert_int_equal(sim_tsm_next(w->tsm, 0), a);
	assert_int_equal(sim_tsm_next(w->tsm, a), b);
	assert_int_equal(sim_tsm_next(w->tsm, b), 0);
	assert_int_equal(sim_tsm_rmdir(w->tsm, "nobody"), -ENOENT);
	assert_int_equal(sim_tsm_rmdir(w->tsm, "com.intel.dcap"), 0);
	assert_null(sim_tsm_name(w->tsm, a));
	assert_int_equal(sim_tsm_next(w->tsm, 0), b);
	assert_int_not_equal(make(w, "com.intel.dcap"), a); /* a new one, not the old again */
}

static void attributes_have_the_kernels_modes_sizes_and_kinds(void **state)
{
	static const struct {
		const char *name;
		unsigned mode;
		uint32_t size;
		bool is_binary;
	} rows[] = {
		{ "inblob", 0200, 0, true },
		{ "outblob", 0444, 0, true },
		{ "auxblob", 0444, 0, true },
		{ "manifestblob", 0444, 0, true },
		{ "provider", 0444, 4096, false },
		{ "generation", 0444, 4096, false },
		{ "privlevel", 0200, 4096, false },
		{ "privlevel_floor", 0444, 4096, false },
		{ "service_provider", 0200, 4096, false },
		{ "service_guid", 0200, 4096, false },
		{ "service_manifest_version", 0200, 4096, false },
	};
	struct world *w = *state;
	uint64_t id = make(w, "e");

	assert_int_equal(ARRAY_SIZE(rows), SIM_TSM_N_ATTRS);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int attr = sim_tsm_lookup(w->tsm, id, rows[i].name);
		const struct sim_tsm_attr_info *info;

		assert_true(attr >= 0);
		info = sim_tsm_attr_info((enum sim_tsm_attr)attr);
		assert_string_equal(info->name, rows[i].name);
		assert_int_equal(info->mode, rows[i].mode);
		assert_int_equal(info->size, rows[i].size);
		assert_int_equal(info->is_binary, rows[i].is_binary);
	}
	assert_int_equal(sim_tsm_lookup(w->tsm, id, "inblo"), -ENOENT);
	assert_int_equal(sim_tsm_lookup(w->tsm, id + 1, "inblob"), -ENOENT);
	assert_null(sim_tsm_attr_info(SIM_TSM_N_ATTRS));
}

static void an_entry_has_what_its_provider_has_and_nothing_else(void **state)
{
	struct world *w = *state;
	struct sim_tsm_file *file = NULL;
	uint64_t id;

	w->provider.attributes = WITHOUT_SVSM;
	id = make(w, "e");
	w->provider.attributes = ALL; /* decided at mkdir */
	assert_int_equal(sim_tsm_lookup(w->tsm, id, "manifestblob"), -ENOENT);
	assert_int_equal(sim_tsm_open(w->tsm, id, SIM_TSM_MANIFESTBLOB, O_RDONLY, &file), -ENOENT);
	assert_int_equal(sim_tsm_open(w->tsm, id, SIM_TSM_SERVICE_GUID, O_WRONLY, &file), -ENOENT);
	assert_int_equal(sim_tsm_open(w->tsm, id + 1, SIM_TSM_INBLOB, O_WRONLY, &file), -ENOENT);
	assert_int_equal(sim_tsm_open(w->tsm, id, SIM_TSM_N_ATTRS, O_WRONLY, &file), -ENOENT);
	assert_null(file);
	assert_int_equal(sim_tsm_lookup(w->tsm, id, "auxblob"), SIM_TSM_AUXBLOB);
}

static void a_file_opens_in_one_direction_only(void **state)
{
	static const int modes[] = { O_RDONLY, O_WRONLY, O_RDWR, O_ACCMODE };
	struct world *w = *state;
	uint64_t id = make(w, "e");

	for (unsigned attr = 0; attr < SIM_TSM_N_ATTRS; attr++)
		for (size_t m = 0; m < ARRAY_SIZE(modes); m++) {
			bool is_writable = sim_tsm_attr_info(attr)->mode & 0200;
			bool is_good = modes[m] == (is_writable ? O_WRONLY : O_RDONLY);
			struct sim_tsm_file *file = NULL;

			assert_int_equal(sim_tsm_open(w->tsm, id, attr, modes[m] | O_CREAT | O_TRUNC, &file),
					 is_good ? 0 : -EACCES);
			if (!is_good)
				continue;
			if (is_writable)
				assert_int_equal(read_now(file, 0, 1), -EBADF);
			else
				assert_int_equal(sim_tsm_write(file, 0, "x", 1), -EBADF);
			assert_int_equal(sim_tsm_close(file), 0);
		}
	assert_generation(w, id, 0);
}

static void without_a_provider_there_is_nothing_to_be_had(void **state)
{
	struct world *w = *state;
	uint64_t id = make(w, "e"), other;

	assert_int_equal(sim_tsm_register(w->tsm, &w->provider, w), -EBUSY);
	put_inblob(w, id, 1);
	assert_int_equal(cat(w, id, SIM_TSM_OUTBLOB), 0);
	sim_tsm_unregister(w->tsm);
	assert_int_equal(sim_tsm_mkdir(w->tsm, "f", &other), -ENXIO);
	assert_int_equal(sim_tsm_register(w->tsm, &w->provider, w), -EBUSY); /* the entry */
	assert_int_equal(cat(w, id, SIM_TSM_OUTBLOB), 0);                    /* kept */
	put_inblob(w, id, 2);
	assert_int_equal(cat(w, id, SIM_TSM_OUTBLOB), -ENXIO);
	assert_int_equal(cat(w, id, SIM_TSM_PROVIDER), -ENXIO);
	assert_int_equal(cat(w, id, SIM_TSM_PRIVLEVEL_FLOOR), -ENXIO);
	assert_int_equal(echo(w, id, SIM_TSM_PRIVLEVEL, "2", 1), -ENXIO);
	assert_generation(w, id, 2);
	assert_int_equal(sim_tsm_rmdir(w->tsm, "e"), 0);
	assert_int_equal(sim_tsm_register(w->tsm, &w->provider, w), 0);
}

static void a_report_is_made_of_what_was_written(void **state)
{
	static const uint8_t guid[16] = { 0x12, 0xf1, 0x76, 0xc4, 0x23, 0x01, 0xa5, 0x45,
					  0x96, 0x41, 0xb4, 0xe7, 0xdd, 0xe5, 0xbf, 0xe3 };
	struct world *w = *state;
	uint64_t id = make(w, "e");

	assert_text(w, id, SIM_TSM_PROVIDER, "test_guest\n");
	assert_text(w, id, SIM_TSM_PRIVLEVEL_FLOOR, "1\n");
	assert_generation(w, id, 0);
	put_inblob(w, id, 0x5a);
	assert_int_equal(cat(w, id, SIM_TSM_OUTBLOB), 0);
	assert_int_equal(w->last.privlevel, 0); /* B35: not the floor */
	assert_string_equal(w->last_service_provider, "");
	assert_int_equal(echo(w, id, SIM_TSM_PRIVLEVEL, "2\n", 2), 2);
	assert_int_equal(echo(w, id, SIM_TSM_SERVICE_PROVIDER, "svsm\n", 5), 5);
	assert_int_equal(echo(w, id, SIM_TSM_SERVICE_GUID, "c476f112-0123-45a5-9641-b4e7dde5bfe3\n", 37), 37);
	assert_int_equal(echo(w, id, SIM_TSM_SERVICE_MANIFEST_VERSION, "0x10", 4), 4);
	assert_generation(w, id, 5);
	assert_int_equal(cat(w, id, SIM_TSM_OUTBLOB), 0);
	assert_int_equal(scratch.size, 65);
	assert_true(bytes_all(scratch.data, 64, 0x5a));
	assert_int_equal(scratch.data[64], 2);
	assert_int_equal(w->last.privlevel, 2);
	assert_string_equal(w->last_service_provider, "svsm");
	assert_memory_equal(w->last.service_guid, guid, sizeof(guid));
	assert_int_equal(w->last.service_manifest_version, 16);
	assert_int_equal(cat(w, id, SIM_TSM_AUXBLOB), 0); /* of the same report */
	assert_int_equal(scratch.size, 3);
	assert_true(bytes_all(scratch.data, 3, 2));
	assert_int_equal(cat(w, id, SIM_TSM_MANIFESTBLOB), 0);
	assert_int_equal(scratch.size, 2);
	assert_true(bytes_all(scratch.data, 2, 2));
	assert_int_equal(w->reports, 2);
}

static void text_is_judged_as_the_kernel_judges_it(void **state)
{
	static const struct {
		enum sim_tsm_attr attr;
		const char *text;
		int result; /* 0: all of it */
		unsigned generations;
	} rows[] = {
		{ SIM_TSM_PRIVLEVEL, "1", 0, 1 },
		{ SIM_TSM_PRIVLEVEL, "3\n", 0, 1 },
		{ SIM_TSM_PRIVLEVEL, "+2", 0, 1 },
		{ SIM_TSM_PRIVLEVEL, "0x2", 0, 1 },
		{ SIM_TSM_PRIVLEVEL, "0X3\n", 0, 1 },
		{ SIM_TSM_PRIVLEVEL, "002", 0, 1 },
		{ SIM_TSM_PRIVLEVEL, "0", -EINVAL, 0 }, /* below the floor */
		{ SIM_TSM_PRIVLEVEL, "4", -EINVAL, 0 },
		{ SIM_TSM_PRIVLEVEL, "0x", -EINVAL, 0 },
		{ SIM_TSM_PRIVLEVEL, "08", -EINVAL, 0 },
		{ SIM_TSM_PRIVLEVEL, "-1", -EINVAL, 0 },
		{ SIM_TSM_PRIVLEVEL, "+", -EINVAL, 0 },
		{ SIM_TSM_PRIVLEVEL, "\n", -EINVAL, 0 },
		{ SIM_TSM_PRIVLEVEL, "2\n\n", -EINVAL, 0 },
		{ SIM_TSM_PRIVLEVEL, " 2", -EINVAL, 0 },
		{ SIM_TSM_PRIVLEVEL, "2 ", -EINVAL, 0 },
		{ SIM_TSM_PRIVLEVEL, "4294967298", -ERANGE, 0 },
		{ SIM_TSM_PRIVLEVEL, "4294967298x", -EINVAL, 0 },
		{ SIM_TSM_PRIVLEVEL, "18446744073709551618", -ERANGE, 0 },
		{ SIM_TSM_PRIVLEVEL, "0x10000000000000002", -ERANGE, 0 },
		{ SIM_TSM_SERVICE_MANIFEST_VERSION, "4294967295", 0, 1 },
		{ SIM_TSM_SERVICE_MANIFEST_VERSION, "0xffffffff", 0, 1 },
		{ SIM_TSM_SERVICE_MANIFEST_VERSION, "one", -EINVAL, 0 },
		{ SIM_TSM_SERVICE_PROVIDER, "\n", 0, 1 },
		{ SIM_TSM_SERVICE_GUID, "00112233-4455-6677-8899-aabbccddeeff", 0, 1 },
		{ SIM_TSM_SERVICE_GUID, "00112233-4455-6677-8899-AABBCCDDEEFF, etc.", 0, 1 },
		{ SIM_TSM_SERVICE_GUID, "00112233-4455-6677-8899-aabbccddeef", -EINVAL, 1 },
		{ SIM_TSM_SERVICE_GUID, "00112233-4455-6677-8899-aabbccddeefg", -EINVAL, 1 },
		{ SIM_TSM_SERVICE_GUID, "001122334455-6677-8899-aabbccddeeff--", -EINVAL, 1 },
		{ SIM_TSM_SERVICE_GUID, "0011223-34455-6677-8899-aabbccddeeff", -EINVAL, 1 },
	};
	struct world *w = *state;
	uint64_t id = make(w, "e");
	unsigned long long generation = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		ssize_t n = (ssize_t)strlen(rows[i].text);
		ssize_t r = echo(w, id, rows[i].attr, rows[i].text, (size_t)n);

		if (r != (rows[i].result ? rows[i].result : n))
			fail_msg("'%s' gives %zd", rows[i].text, r);
		generation += rows[i].generations;
		assert_generation(w, id, generation);
	}
}

static void one_write_of_text_is_one_store_of_at_most_4095_bytes(void **state)
{
	struct world *w = *state;
	uint64_t id = make(w, "e");
	struct sim_tsm_file *file = open_file(w, id, SIM_TSM_PRIVLEVEL, O_WRONLY);
	char text[SIM_TSM_TEXT_MAX_BYTES + 1];

	assert_int_equal(sim_tsm_write(file, 0, "1", 1), 1);
	assert_int_equal(sim_tsm_write(file, 1, "2", 1), 1); /* 2, not 12 */
	assert_generation(w, id, 2);
	assert_int_equal(sim_tsm_write(file, 2, "", 0), -EFAULT);
	memset(text, '0', sizeof(text));
	text[SIM_TSM_TEXT_MAX_BYTES - 1] = '3';
	text[SIM_TSM_TEXT_MAX_BYTES] = 'x'; /* does not get there */
	assert_int_equal(sim_tsm_write(file, 2, text, sizeof(text)), SIM_TSM_TEXT_MAX_BYTES);
	assert_int_equal(sim_tsm_write(file, 2, "2\0 what?", 9), 9); /* text ends at its NUL */
	assert_int_equal(sim_tsm_close(file), 0);
	assert_generation(w, id, 4);
	put_inblob(w, id, 1);
	assert_int_equal(cat(w, id, SIM_TSM_OUTBLOB), 0);
	assert_int_equal(w->last.privlevel, 2);
}

static void inblob_is_stored_at_close_and_whole(void **state)
{
	struct world *w = *state;
	uint64_t id = make(w, "e");
	struct sim_tsm_file *file = open_file(w, id, SIM_TSM_INBLOB, O_WRONLY);

	assert_int_equal(sim_tsm_write(file, 0, "abc", 3), 3);
	assert_int_equal(sim_tsm_write(file, 5, "f", 1), 1);
	assert_int_equal(sim_tsm_write(file, 1, "x", 1), 1);
	assert_generation(w, id, 0);
	assert_int_equal(cat(w, id, SIM_TSM_OUTBLOB), -EINVAL);
	assert_int_equal(sim_tsm_close(file), 0);
	assert_generation(w, id, 1);
	assert_int_equal(cat(w, id, SIM_TSM_OUTBLOB), 0);
	assert_int_equal(w->last.inblob_size, 6); /* the highest end */
	assert_memory_equal(w->last.inblob, "axc\0\0f", 6);
	assert_int_equal(echo(w, id, SIM_TSM_INBLOB, "z", 1), 1);
	assert_int_equal(cat(w, id, SIM_TSM_OUTBLOB), 0);
	assert_int_equal(w->last.inblob_size, 1); /* replaced, not patched */
	file = open_file(w, id, SIM_TSM_INBLOB, O_WRONLY);
	assert_int_equal(sim_tsm_close(file), 0);
	assert_generation(w, id, 2); /* nothing was written */
}

static void inblob_takes_64_bytes_and_a_refused_write_still_stores(void **state)
{
	static const struct {
		uint64_t off;
		size_t n;
		ssize_t result;
	} rows[] = {
		{ 0, 64, 64 },
		{ 63, 1, 1 },
		{ 0, 65, -EFBIG },
		{ 64, 1, -EFBIG },
		{ 1, 64, -EFBIG },
		{ 65, 0, -EFBIG },
		{ 64, 0, -EFAULT },
		{ 0, 0, -EFAULT },
		{ UINT64_MAX, 1, -EFBIG },
		{ UINT64_MAX, SIZE_MAX, -EFBIG },
		{ 2, SIZE_MAX, -EFBIG },
		{ INT64_MAX, 64, -EFBIG },
	};
	static const uint8_t zeros[65];
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t id = make(w, "e");
		struct sim_tsm_file *file = open_file(w, id, SIM_TSM_INBLOB, O_WRONLY);

		assert_int_equal(sim_tsm_write(file, rows[i].off, zeros, rows[i].n), rows[i].result);
		assert_int_equal(sim_tsm_close(file), 0);
		assert_generation(w, id, 1);
		/* What a refused write leaves behind is an inblob of no bytes. */
		assert_int_equal(cat(w, id, SIM_TSM_OUTBLOB), rows[i].result > 0 ? 0 : -EINVAL);
		assert_int_equal(sim_tsm_rmdir(w->tsm, "e"), 0);
	}
}

static void nobody_sees_that_a_store_at_close_was_refused_B48(void **state)
{
	struct world *w = *state;
	uint64_t id = make(w, "e");
	struct sim_tsm_file *file;

	put_inblob(w, id, 1);
	sim_tsm_refuse_stores(w->tsm, 2);
	file = open_file(w, id, SIM_TSM_INBLOB, O_WRONLY);
	assert_int_equal(sim_tsm_write(file, 0, "2", 1), 1);
	assert_int_equal(sim_tsm_close(file), -EBUSY); /* told to us; close(2) is 0 */
	assert_generation(w, id, 1);
	assert_int_equal(echo(w, id, SIM_TSM_PRIVLEVEL, "1", 1), -EBUSY); /* text tells */
	assert_int_equal(echo(w, id, SIM_TSM_PRIVLEVEL, "1", 1), 1);
	assert_int_equal(cat(w, id, SIM_TSM_OUTBLOB), 0);
	assert_int_equal(w->last.inblob_size, 64);
}

static void stores_are_refused_before_generations_come_round(void **state)
{
	struct world *w = *state;
	uint64_t id = make(w, "e");

	put_inblob(w, id, 1);
	assert_int_equal(cat(w, id, SIM_TSM_OUTBLOB), 0); /* read generation 1 */
	assert_int_equal(sim_tsm_skip_generations(w->tsm, id, UINT64_MAX - 2), 0);
	assert_generation(w, id, UINT64_MAX - 1);
	assert_int_equal(echo(w, id, SIM_TSM_PRIVLEVEL, "1", 1), 1);
	assert_int_equal(echo(w, id, SIM_TSM_PRIVLEVEL, "1", 1), 1);
	assert_generation(w, id, 0);
	assert_int_equal(echo(w, id, SIM_TSM_PRIVLEVEL, "1", 1), -EBUSY);
	assert_int_equal(echo(w, id, SIM_TSM_SERVICE_PROVIDER, "x", 1), -EBUSY);
	assert_int_equal(echo(w, id, SIM_TSM_PRIVLEVEL, "9", 1), -EINVAL); /* judged first */
	assert_int_equal(cat(w, id, SIM_TSM_OUTBLOB), 0);
	assert_int_equal(w->reports, 2); /* not taken for the old one */
	assert_int_equal(echo(w, id, SIM_TSM_PRIVLEVEL, "1", 1), 1);
	assert_int_equal(sim_tsm_skip_generations(w->tsm, id + 1, 1), -ENOENT);
}

static void a_descriptor_keeps_what_it_read_first_K8(void **state)
{
	struct world *w = *state;
	uint64_t id = make(w, "e");
	struct sim_tsm_file *out, *generation = open_file(w, id, SIM_TSM_GENERATION, O_RDONLY);

	assert_int_equal(read_now(generation, 0, 9), 0);
	put_inblob(w, id, 1);
	out = open_file(w, id, SIM_TSM_OUTBLOB, O_RDONLY);
	assert_int_equal(read_now(out, 0, 10), 0);
	assert_int_equal(scratch.size, 10);
	assert_int_equal(echo(w, id, SIM_TSM_INBLOB, "other", 5), 5); /* and a shorter report */
	assert_int_equal(cat(w, id, SIM_TSM_OUTBLOB), 0);
	assert_int_equal(scratch.size, 6);
	assert_int_equal(read_now(out, 10, 100), 0);
	assert_int_equal(scratch.size, 55);
	assert_true(bytes_all(scratch.data, 55, 1));
	assert_int_equal(read_now(out, 64, 100), 0);
	assert_int_equal(scratch.size, 1);
	assert_int_equal(read_now(out, 65, 100), 0);
	assert_int_equal(scratch.size, 0);
	assert_int_equal(read_now(out, UINT64_MAX, SIZE_MAX), 0);
	assert_int_equal(scratch.size, 0);
	assert_int_equal(read_now(generation, 0, 9), 0);
	assert_memory_equal(scratch.data, "0\n", 2);
	sim_tsm_close(out);
	sim_tsm_close(generation);
	assert_int_equal(w->reports, 2);
}

static void an_empty_blob_is_the_end_of_the_file_and_looked_at_again(void **state)
{
	struct world *w = *state;
	uint64_t id = make(w, "e");
	struct sim_tsm_file *aux = open_file(w, id, SIM_TSM_AUXBLOB, O_RDONLY);

	w->aux_size = 0;
	put_inblob(w, id, 1);
	assert_int_equal(read_now(aux, 0, 100), 0);
	assert_int_equal(scratch.size, 0);
	assert_int_equal(cat(w, id, SIM_TSM_OUTBLOB), 0);
	assert_int_equal(w->reports, 1);
	w->aux_size = 3;
	put_inblob(w, id, 2);
	assert_int_equal(read_now(aux, 0, 100), 0);
	assert_int_equal(scratch.size, 3);
	sim_tsm_close(aux);
}

static void blobs_larger_than_their_attribute_are_refused(void **state)
{
	struct world *w = *state;
	uint64_t id = make(w, "e");

	w->provider.outblob_max = 32;
	assert_int_equal(sim_tsm_rmdir(w->tsm, "e"), 0);
	id = make(w, "e");
	put_inblob(w, id, 1);
	w->aux_size = SIM_TSM_BLOB_MAX_BYTES;
	assert_int_equal(cat(w, id, SIM_TSM_OUTBLOB), -EFBIG);
	assert_int_equal(cat(w, id, SIM_TSM_AUXBLOB), 0);
	assert_int_equal(scratch.size, SIM_TSM_BLOB_MAX_BYTES);
	assert_int_equal(w->reports, 1); /* the report is there all the same */
	w->aux_size++;
	put_inblob(w, id, 2);
	assert_int_equal(cat(w, id, SIM_TSM_AUXBLOB), -EFBIG);
	w->provider.outblob_max = 4096;
}

static void the_providers_errors_pass_through_and_are_not_kept(void **state)
{
	static const int errors[] = { -EIO, -EINVAL, -ENXIO, -ENOTTY, -EBUSY, -EINTR, -ETIMEDOUT, -ENOMEM };
	struct world *w = *state;
	uint64_t id = make(w, "e");
	struct sim_tsm_file *out = open_file(w, id, SIM_TSM_OUTBLOB, O_RDONLY);

	put_inblob(w, id, 1);
	assert_int_equal(cat(w, id, SIM_TSM_OUTBLOB), 0);
	put_inblob(w, id, 2);
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		w->result = errors[i];
		assert_int_equal(read_now(out, 0, 100), errors[i]);
		assert_int_equal(cat(w, id, SIM_TSM_AUXBLOB), errors[i]); /* and not the one of before */
	}
	w->result = 2; /* B13 */
	assert_int_equal(read_now(out, 0, 100), -EIO);
	w->result = 0;
	assert_int_equal(read_now(out, 0, 100), 0);
	assert_int_equal(scratch.data[0], 2);
	assert_int_equal(w->reports, 1 + 2 * ARRAY_SIZE(errors) + 2);
	sim_tsm_close(out);
}

/* Not even when generations have come round to where that report was made. */
static void after_a_failure_the_report_before_it_is_gone(void **state)
{
	struct world *w = *state;
	uint64_t id = make(w, "e");

	put_inblob(w, id, 1);
	assert_int_equal(cat(w, id, SIM_TSM_OUTBLOB), 0);
	put_inblob(w, id, 2);
	w->result = -EIO;
	assert_int_equal(cat(w, id, SIM_TSM_OUTBLOB), -EIO);
	assert_int_equal(sim_tsm_skip_generations(w->tsm, id, UINT64_MAX), 0);
	assert_generation(w, id, 1);
	w->result = 0;
	assert_int_equal(cat(w, id, SIM_TSM_OUTBLOB), 0);
	assert_int_equal(scratch.size, 65);
	assert_int_equal(w->reports, 3);
}

static void readers_of_one_entry_share_one_report(void **state)
{
	static struct reader readers[4];
	struct world *w = *state;
	uint64_t id = make(w, "e");
	struct sim_tsm_file *out = open_file(w, id, SIM_TSM_OUTBLOB, O_RDONLY);
	struct sim_tsm_file *aux = open_file(w, id, SIM_TSM_AUXBLOB, O_RDONLY);

	w->answers_at_once = false;
	put_inblob(w, id, 1);
	start_read(&readers[0], out, 0, 100);
	start_read(&readers[1], out, 64, 100);
	start_read(&readers[2], aux, 0, 100);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(readers[i].ends, 0);
	answer(w, 0);
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
	static struct reader readers[2];
	struct world *w = *state;
	uint64_t id = make(w, "e");
	struct sim_tsm_file *out = open_file(w, id, SIM_TSM_OUTBLOB, O_RDONLY);

	w->answers_at_once = false;
	put_inblob(w, id, 1);
	start_read(&readers[0], out, 0, 100);
	start_read(&readers[1], out, 0, 100);
	answer(w, -EIO);
	assert_int_equal(readers[0].result, -EIO);
	assert_int_equal(readers[1].ends, 0);
	assert_int_equal(w->reports, 2);
	answer(w, 0);
	assert_int_equal(readers[1].ends, 1);
	assert_int_equal(readers[1].result, 0);
	sim_tsm_close(out);
}

static void reports_of_two_entries_are_made_one_after_the_other(void **state)
{
	static struct reader readers[2];
	struct world *w = *state;
	uint64_t a = make(w, "a"), b = make(w, "b");
	struct sim_tsm_file *of_a = open_file(w, a, SIM_TSM_OUTBLOB, O_RDONLY);
	struct sim_tsm_file *of_b = open_file(w, b, SIM_TSM_OUTBLOB, O_RDONLY);

	w->answers_at_once = false;
	put_inblob(w, a, 0xa);
	put_inblob(w, b, 0xb);
	start_read(&readers[0], of_a, 0, 100);
	start_read(&readers[1], of_b, 0, 100);
	assert_int_equal(w->reports, 1);
	answer(w, 0);
	assert_int_equal(w->reports, 2);
	assert_int_equal(readers[1].ends, 0);
	answer(w, 0);
	assert_int_equal(readers[0].data[0], 0xa);
	assert_int_equal(readers[1].data[0], 0xb);
	sim_tsm_close(of_a);
	sim_tsm_close(of_b);
}

/* A store that comes while a report is made does not make that report look up to date. */
static void a_store_during_a_report_comes_after_it(void **state)
{
	static struct reader reader;
	struct world *w = *state;
	uint64_t id = make(w, "e");
	struct sim_tsm_file *out = open_file(w, id, SIM_TSM_OUTBLOB, O_RDONLY);

	w->answers_at_once = false;
	put_inblob(w, id, 1);
	start_read(&reader, out, 0, 100);
	put_inblob(w, id, 2);
	assert_generation(w, id, 2);
	answer(w, 0);
	assert_int_equal(reader.data[0], 1);
	w->answers_at_once = true;
	assert_int_equal(cat(w, id, SIM_TSM_OUTBLOB), 0);
	assert_int_equal(scratch.data[0], 2);
	assert_int_equal(w->reports, 2);
	sim_tsm_close(out);
}

static void reads_under_way_outlive_their_entry_and_provider(void **state)
{
	static struct reader readers[2];
	struct world *w = *state;
	uint64_t id = make(w, "e");
	struct sim_tsm_file *out = open_file(w, id, SIM_TSM_OUTBLOB, O_RDONLY);
	struct sim_tsm_file *again = open_file(w, id, SIM_TSM_OUTBLOB, O_RDONLY);
	struct sim_tsm_file *in = open_file(w, id, SIM_TSM_INBLOB, O_WRONLY);
	struct sim_tsm_file *level = open_file(w, id, SIM_TSM_PRIVLEVEL, O_WRONLY);
	struct sim_tsm_file *generation = open_file(w, id, SIM_TSM_GENERATION, O_RDONLY), *none = NULL;

	w->answers_at_once = false;
	put_inblob(w, id, 1);
	start_read(&readers[0], out, 0, 100);
	assert_int_equal(sim_tsm_write(in, 0, "x", 1), 1);
	assert_int_equal(sim_tsm_rmdir(w->tsm, "e"), 0);
	sim_tsm_unregister(w->tsm);
	answer(w, 0);
	assert_int_equal(readers[0].result, 0);
	assert_int_equal(readers[0].size, 65);
	assert_int_equal(read_now(out, 64, 9), 0); /* its copy */
	assert_int_equal(scratch.size, 1);
	assert_int_equal(read_now(again, 0, 9), -ENOENT);
	assert_int_equal(read_now(generation, 0, 9), -ENOENT);
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
	struct world *w = *state;
	uint64_t a = make(w, "a"), b = make(w, "b");
	struct chain chain = { .files = { open_file(w, a, SIM_TSM_OUTBLOB, O_RDONLY),
					  open_file(w, b, SIM_TSM_OUTBLOB, O_RDONLY),
					  open_file(w, a, SIM_TSM_AUXBLOB, O_RDONLY) } };

	chain.read = (struct sim_tsm_read){ .done = read_on, .ctx = &chain };
	put_inblob(w, a, 1);
	put_inblob(w, b, 2);
	sim_tsm_read(chain.files[0], 0, 100, &chain.read);
	assert_int_equal(chain.ends, 3);
	assert_int_equal(w->reports, 2);
}

#define ROW(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(entries_are_made_found_listed_and_removed),
		ROW(attributes_have_the_kernels_modes_sizes_and_kinds),
		ROW(an_entry_has_what_its_provider_has_and_nothing_else),
		ROW(a_file_opens_in_one_direction_only),
		ROW(without_a_provider_there_is_nothing_to_be_had),
		ROW(a_report_is_made_of_what_was_written),
		ROW(text_is_judged_as_the_kernel_judges_it),
		ROW(one_write_of_text_is_one_store_of_at_most_4095_bytes),
		ROW(inblob_is_stored_at_close_and_whole),
		ROW(inblob_takes_64_bytes_and_a_refused_write_still_stores),
		ROW(nobody_sees_that_a_store_at_close_was_refused_B48),
		ROW(stores_are_refused_before_generations_come_round),
		ROW(a_descriptor_keeps_what_it_read_first_K8),
		ROW(an_empty_blob_is_the_end_of_the_file_and_looked_at_again),
		ROW(blobs_larger_than_their_attribute_are_refused),
		ROW(the_providers_errors_pass_through_and_are_not_kept),
		ROW(after_a_failure_the_report_before_it_is_gone),
		ROW(readers_of_one_entry_share_one_report),
		ROW(each_reader_tries_for_itself_when_a_report_fails),
		ROW(reports_of_two_entries_are_made_one_after_the_other),
		ROW(a_store_during_a_report_comes_after_it),
		ROW(reads_under_way_outlive_their_entry_and_provider),
		ROW(a_callback_may_close_and_read_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
