/* SPDX-License-Identifier: MIT */
#include "sim/guest/tsm_world.h"

#include <errno.h>
#include <fcntl.h>

static void entries_are_made_found_listed_and_removed(void **state)
{
	struct tsm_world *w = *state;
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
	a = tsm_make(w, "com.intel.dcap");
	longest[255] = '\0';
	b = tsm_make(w, longest);
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
	assert_int_not_equal(tsm_make(w, "com.intel.dcap"), a); /* a new one, not the old again */
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
	struct tsm_world *w = *state;
	uint64_t id = tsm_make(w, "e");

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
	struct tsm_world *w = *state;
	struct sim_tsm_file *file = NULL;
	uint64_t id;

	w->provider.attributes = WITHOUT_SVSM;
	id = tsm_make(w, "e");
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
	struct tsm_world *w = *state;
	uint64_t id = tsm_make(w, "e");

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
				assert_int_equal(tsm_read_now(file, 0, 1), -EBADF);
			else
				assert_int_equal(sim_tsm_write(file, 0, "x", 1), -EBADF);
			assert_int_equal(sim_tsm_close(file), 0);
		}
	assert_tsm_generation(w, id, 0);
}

static void without_a_provider_there_is_nothing_to_be_had(void **state)
{
	struct tsm_world *w = *state;
	uint64_t id = tsm_make(w, "e"), other;

	assert_int_equal(sim_tsm_register(w->tsm, &w->provider, w), -EBUSY);
	tsm_put_inblob(w, id, 1);
	assert_int_equal(tsm_cat(w, id, SIM_TSM_OUTBLOB), 0);
	sim_tsm_unregister(w->tsm);
	assert_int_equal(sim_tsm_mkdir(w->tsm, "f", &other), -ENXIO);
	assert_int_equal(sim_tsm_register(w->tsm, &w->provider, w), -EBUSY); /* the entry */
	assert_int_equal(tsm_cat(w, id, SIM_TSM_OUTBLOB), 0);                /* kept */
	tsm_put_inblob(w, id, 2);
	assert_int_equal(tsm_cat(w, id, SIM_TSM_OUTBLOB), -ENXIO);
	assert_int_equal(tsm_cat(w, id, SIM_TSM_PROVIDER), -ENXIO);
	assert_int_equal(tsm_cat(w, id, SIM_TSM_PRIVLEVEL_FLOOR), -ENXIO);
	assert_int_equal(tsm_echo(w, id, SIM_TSM_PRIVLEVEL, "2", 1), -ENXIO);
	assert_tsm_generation(w, id, 2);
	assert_int_equal(sim_tsm_rmdir(w->tsm, "e"), 0);
	assert_int_equal(sim_tsm_register(w->tsm, &w->provider, w), 0);
}

static void a_report_is_made_of_what_was_written(void **state)
{
	static const uint8_t guid[16] = { 0x12, 0xf1, 0x76, 0xc4, 0x23, 0x01, 0xa5, 0x45,
					  0x96, 0x41, 0xb4, 0xe7, 0xdd, 0xe5, 0xbf, 0xe3 };
	struct tsm_world *w = *state;
	uint64_t id = tsm_make(w, "e");

	assert_tsm_text(w, id, SIM_TSM_PROVIDER, "test_guest\n");
	assert_tsm_text(w, id, SIM_TSM_PRIVLEVEL_FLOOR, "1\n");
	assert_tsm_generation(w, id, 0);
	tsm_put_inblob(w, id, 0x5a);
	assert_int_equal(tsm_cat(w, id, SIM_TSM_OUTBLOB), 0);
	assert_int_equal(w->last.privlevel, 0); /* B35: not the floor */
	assert_string_equal(w->last_service_provider, "");
	assert_int_equal(tsm_echo(w, id, SIM_TSM_PRIVLEVEL, "2\n", 2), 2);
	assert_int_equal(tsm_echo(w, id, SIM_TSM_SERVICE_PROVIDER, "svsm\n", 5), 5);
	assert_int_equal(tsm_echo(w, id, SIM_TSM_SERVICE_GUID, "c476f112-0123-45a5-9641-b4e7dde5bfe3\n", 37),
			 37);
	assert_int_equal(tsm_echo(w, id, SIM_TSM_SERVICE_MANIFEST_VERSION, "0x10", 4), 4);
	assert_tsm_generation(w, id, 5);
	assert_int_equal(tsm_cat(w, id, SIM_TSM_OUTBLOB), 0);
	assert_int_equal(tsm_scratch.size, 65);
	assert_true(bytes_all(tsm_scratch.data, 64, 0x5a));
	assert_int_equal(tsm_scratch.data[64], 2);
	assert_int_equal(w->last.privlevel, 2);
	assert_string_equal(w->last_service_provider, "svsm");
	assert_memory_equal(w->last.service_guid, guid, sizeof(guid));
	assert_int_equal(w->last.service_manifest_version, 16);
	assert_int_equal(tsm_cat(w, id, SIM_TSM_AUXBLOB), 0); /* of the same report */
	assert_int_equal(tsm_scratch.size, 3);
	assert_true(bytes_all(tsm_scratch.data, 3, 2));
	assert_int_equal(tsm_cat(w, id, SIM_TSM_MANIFESTBLOB), 0);
	assert_int_equal(tsm_scratch.size, 2);
	assert_true(bytes_all(tsm_scratch.data, 2, 2));
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
	struct tsm_world *w = *state;
	uint64_t id = tsm_make(w, "e");
	unsigned long long generation = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		ssize_t n = (ssize_t)strlen(rows[i].text);
		ssize_t r = tsm_echo(w, id, rows[i].attr, rows[i].text, (size_t)n);

		if (r != (rows[i].result ? rows[i].result : n))
			FAIL_BECAUSE("'%s' gives %zd", rows[i].text, r);
		generation += rows[i].generations;
		assert_tsm_generation(w, id, generation);
	}
}

static void one_write_of_text_is_one_store_of_at_most_4095_bytes(void **state)
{
	struct tsm_world *w = *state;
	uint64_t id = tsm_make(w, "e");
	struct sim_tsm_file *file = tsm_open(w, id, SIM_TSM_PRIVLEVEL, O_WRONLY);
	char text[SIM_TSM_TEXT_MAX_BYTES + 1];

	assert_int_equal(sim_tsm_write(file, 0, "1", 1), 1);
	assert_int_equal(sim_tsm_write(file, 1, "2", 1), 1); /* 2, not 12 */
	assert_tsm_generation(w, id, 2);
	assert_int_equal(sim_tsm_write(file, 2, "", 0), -EFAULT);
	memset(text, '0', sizeof(text));
	text[SIM_TSM_TEXT_MAX_BYTES - 1] = '3';
	text[SIM_TSM_TEXT_MAX_BYTES] = 'x'; /* does not get there */
	assert_int_equal(sim_tsm_write(file, 2, text, sizeof(text)), SIM_TSM_TEXT_MAX_BYTES);
	assert_int_equal(sim_tsm_write(file, 2, "2\0 what?", 9), 9); /* text ends at its NUL */
	assert_int_equal(sim_tsm_close(file), 0);
	assert_tsm_generation(w, id, 4);
	tsm_put_inblob(w, id, 1);
	assert_int_equal(tsm_cat(w, id, SIM_TSM_OUTBLOB), 0);
	assert_int_equal(w->last.privlevel, 2);
}

static void inblob_is_stored_at_close_and_whole(void **state)
{
	struct tsm_world *w = *state;
	uint64_t id = tsm_make(w, "e");
	struct sim_tsm_file *file = tsm_open(w, id, SIM_TSM_INBLOB, O_WRONLY);

	assert_int_equal(sim_tsm_write(file, 0, "abc", 3), 3);
	assert_int_equal(sim_tsm_write(file, 5, "f", 1), 1);
	assert_int_equal(sim_tsm_write(file, 1, "x", 1), 1);
	assert_tsm_generation(w, id, 0);
	assert_int_equal(tsm_cat(w, id, SIM_TSM_OUTBLOB), -EINVAL);
	assert_int_equal(sim_tsm_close(file), 0);
	assert_tsm_generation(w, id, 1);
	assert_int_equal(tsm_cat(w, id, SIM_TSM_OUTBLOB), 0);
	assert_int_equal(w->last.inblob_size, 6); /* the highest end */
	assert_memory_equal(w->last.inblob, "axc\0\0f", 6);
	assert_int_equal(tsm_echo(w, id, SIM_TSM_INBLOB, "z", 1), 1);
	assert_int_equal(tsm_cat(w, id, SIM_TSM_OUTBLOB), 0);
	assert_int_equal(w->last.inblob_size, 1); /* replaced, not patched */
	file = tsm_open(w, id, SIM_TSM_INBLOB, O_WRONLY);
	assert_int_equal(sim_tsm_close(file), 0);
	assert_tsm_generation(w, id, 2); /* nothing was written */
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
	struct tsm_world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t id = tsm_make(w, "e");
		struct sim_tsm_file *file = tsm_open(w, id, SIM_TSM_INBLOB, O_WRONLY);

		assert_int_equal(sim_tsm_write(file, rows[i].off, zeros, rows[i].n), rows[i].result);
		assert_int_equal(sim_tsm_close(file), 0);
		assert_tsm_generation(w, id, 1);
		/* What a refused write leaves behind is an inblob of no bytes. */
		assert_int_equal(tsm_cat(w, id, SIM_TSM_OUTBLOB), rows[i].result > 0 ? 0 : -EINVAL);
		assert_int_equal(sim_tsm_rmdir(w->tsm, "e"), 0);
	}
}

static void nobody_sees_that_a_store_at_close_was_refused_B48(void **state)
{
	struct tsm_world *w = *state;
	uint64_t id = tsm_make(w, "e");
	struct sim_tsm_file *file;

	tsm_put_inblob(w, id, 1);
	sim_tsm_refuse_stores(w->tsm, 2);
	file = tsm_open(w, id, SIM_TSM_INBLOB, O_WRONLY);
	assert_int_equal(sim_tsm_write(file, 0, "2", 1), 1);
	assert_int_equal(sim_tsm_close(file), -EBUSY); /* told to us; close(2) is 0 */
	assert_tsm_generation(w, id, 1);
	assert_int_equal(tsm_echo(w, id, SIM_TSM_PRIVLEVEL, "1", 1), -EBUSY); /* text tells */
	assert_int_equal(tsm_echo(w, id, SIM_TSM_PRIVLEVEL, "1", 1), 1);
	assert_int_equal(tsm_cat(w, id, SIM_TSM_OUTBLOB), 0);
	assert_int_equal(w->last.inblob_size, 64);
}

static void stores_are_refused_before_generations_come_round(void **state)
{
	struct tsm_world *w = *state;
	uint64_t id = tsm_make(w, "e");

	tsm_put_inblob(w, id, 1);
	assert_int_equal(tsm_cat(w, id, SIM_TSM_OUTBLOB), 0); /* read generation 1 */
	assert_int_equal(sim_tsm_skip_generations(w->tsm, id, UINT64_MAX - 2), 0);
	assert_tsm_generation(w, id, UINT64_MAX - 1);
	assert_int_equal(tsm_echo(w, id, SIM_TSM_PRIVLEVEL, "1", 1), 1);
	assert_int_equal(tsm_echo(w, id, SIM_TSM_PRIVLEVEL, "1", 1), 1);
	assert_tsm_generation(w, id, 0);
	assert_int_equal(tsm_echo(w, id, SIM_TSM_PRIVLEVEL, "1", 1), -EBUSY);
	assert_int_equal(tsm_echo(w, id, SIM_TSM_SERVICE_PROVIDER, "x", 1), -EBUSY);
	assert_int_equal(tsm_echo(w, id, SIM_TSM_PRIVLEVEL, "9", 1), -EINVAL); /* judged first */
	assert_int_equal(tsm_cat(w, id, SIM_TSM_OUTBLOB), 0);
	assert_int_equal(w->reports, 2); /* not taken for the old one */
	assert_int_equal(tsm_echo(w, id, SIM_TSM_PRIVLEVEL, "1", 1), 1);
	assert_int_equal(sim_tsm_skip_generations(w->tsm, id + 1, 1), -ENOENT);
}

static void a_descriptor_keeps_what_it_read_first_K8(void **state)
{
	struct tsm_world *w = *state;
	uint64_t id = tsm_make(w, "e");
	struct sim_tsm_file *out, *generation = tsm_open(w, id, SIM_TSM_GENERATION, O_RDONLY);

	assert_int_equal(tsm_read_now(generation, 0, 9), 0);
	tsm_put_inblob(w, id, 1);
	out = tsm_open(w, id, SIM_TSM_OUTBLOB, O_RDONLY);
	assert_int_equal(tsm_read_now(out, 0, 10), 0);
	assert_int_equal(tsm_scratch.size, 10);
	assert_int_equal(tsm_echo(w, id, SIM_TSM_INBLOB, "other", 5), 5); /* and a shorter report */
	assert_int_equal(tsm_cat(w, id, SIM_TSM_OUTBLOB), 0);
	assert_int_equal(tsm_scratch.size, 6);
	assert_int_equal(tsm_read_now(out, 10, 100), 0);
	assert_int_equal(tsm_scratch.size, 55);
	assert_true(bytes_all(tsm_scratch.data, 55, 1));
	assert_int_equal(tsm_read_now(out, 64, 100), 0);
	assert_int_equal(tsm_scratch.size, 1);
	assert_int_equal(tsm_read_now(out, 65, 100), 0);
	assert_int_equal(tsm_scratch.size, 0);
	assert_int_equal(tsm_read_now(out, UINT64_MAX, SIZE_MAX), 0);
	assert_int_equal(tsm_scratch.size, 0);
	assert_int_equal(tsm_read_now(generation, 0, 9), 0);
	assert_memory_equal(tsm_scratch.data, "0\n", 2);
	sim_tsm_close(out);
	sim_tsm_close(generation);
	assert_int_equal(w->reports, 2);
}

static void an_empty_blob_is_the_end_of_the_file_and_looked_at_again(void **state)
{
	struct tsm_world *w = *state;
	uint64_t id = tsm_make(w, "e");
	struct sim_tsm_file *aux = tsm_open(w, id, SIM_TSM_AUXBLOB, O_RDONLY);

	w->aux_size = 0;
	tsm_put_inblob(w, id, 1);
	assert_int_equal(tsm_read_now(aux, 0, 100), 0);
	assert_int_equal(tsm_scratch.size, 0);
	assert_int_equal(tsm_cat(w, id, SIM_TSM_OUTBLOB), 0);
	assert_int_equal(w->reports, 1);
	w->aux_size = 3;
	tsm_put_inblob(w, id, 2);
	assert_int_equal(tsm_read_now(aux, 0, 100), 0);
	assert_int_equal(tsm_scratch.size, 3);
	sim_tsm_close(aux);
}

static void blobs_larger_than_their_attribute_are_refused(void **state)
{
	struct tsm_world *w = *state;
	uint64_t id = tsm_make(w, "e");

	w->provider.outblob_max = 32;
	assert_int_equal(sim_tsm_rmdir(w->tsm, "e"), 0);
	id = tsm_make(w, "e");
	tsm_put_inblob(w, id, 1);
	w->aux_size = SIM_TSM_BLOB_MAX_BYTES;
	assert_int_equal(tsm_cat(w, id, SIM_TSM_OUTBLOB), -EFBIG);
	assert_int_equal(tsm_cat(w, id, SIM_TSM_AUXBLOB), 0);
	assert_int_equal(tsm_scratch.size, SIM_TSM_BLOB_MAX_BYTES);
	assert_int_equal(w->reports, 1); /* the report is there all the same */
	w->aux_size++;
	tsm_put_inblob(w, id, 2);
	assert_int_equal(tsm_cat(w, id, SIM_TSM_AUXBLOB), -EFBIG);
	w->provider.outblob_max = 4096;
}

static void the_providers_errors_pass_through_and_are_not_kept(void **state)
{
	static const int errors[] = { -EIO, -EINVAL, -ENXIO, -ENOTTY, -EBUSY, -EINTR, -ETIMEDOUT, -ENOMEM };
	struct tsm_world *w = *state;
	uint64_t id = tsm_make(w, "e");
	struct sim_tsm_file *out = tsm_open(w, id, SIM_TSM_OUTBLOB, O_RDONLY);

	tsm_put_inblob(w, id, 1);
	assert_int_equal(tsm_cat(w, id, SIM_TSM_OUTBLOB), 0);
	tsm_put_inblob(w, id, 2);
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		w->result = errors[i];
		assert_int_equal(tsm_read_now(out, 0, 100), errors[i]);
		assert_int_equal(tsm_cat(w, id, SIM_TSM_AUXBLOB), errors[i]); /* and not the one of before */
	}
	w->result = 2; /* B61: what sev-guest has for a GHCB error (B13) is none to tsm.c */
	assert_int_equal(tsm_read_now(out, 0, 100), 0);
	assert_int_equal(tsm_scratch.size, 0);
	assert_int_equal(tsm_read_now(out, 0, 100), 0);
	assert_int_equal(tsm_scratch.size, 0);
	w->result = 0;
	assert_int_equal(tsm_read_now(out, 0, 100), 0);
	assert_int_equal(tsm_scratch.data[0], 2);
	assert_int_equal(w->reports, 1 + 2 * ARRAY_SIZE(errors) + 3); /* each read had tried again */
	sim_tsm_close(out);
}

/* Not even when generations have come round to where that report was made. */
static void after_a_failure_the_report_before_it_is_gone(void **state)
{
	struct tsm_world *w = *state;
	uint64_t id = tsm_make(w, "e");

	tsm_put_inblob(w, id, 1);
	assert_int_equal(tsm_cat(w, id, SIM_TSM_OUTBLOB), 0);
	tsm_put_inblob(w, id, 2);
	w->result = -EIO;
	assert_int_equal(tsm_cat(w, id, SIM_TSM_OUTBLOB), -EIO);
	assert_int_equal(sim_tsm_skip_generations(w->tsm, id, UINT64_MAX), 0);
	assert_tsm_generation(w, id, 1);
	w->result = 0;
	assert_int_equal(tsm_cat(w, id, SIM_TSM_OUTBLOB), 0);
	assert_int_equal(tsm_scratch.size, 65);
	assert_int_equal(w->reports, 3);
}

#define ROW(f) cmocka_unit_test_setup_teardown(f, tsm_set_up, tsm_tear_down)

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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
