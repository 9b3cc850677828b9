/* SPDX-License-Identifier: MIT */
#include "support/evidence.h"
#include "support/test.h"

#include <errno.h>

#include "base/error.h"
#include "measure/event_log.h"
#include "measure/gpt.h"

enum { DISK_BYTES = 0x9000, HEADER = 92, MAX_BLOCK = 4096, ENTRY = 128, N_ENTRIES = 8 };

static uint8_t disk[DISK_BYTES], want[DISK_BYTES];
static size_t n_want;

/* Entries 1 and 5 of 8 are used. */
static void make(size_t block)
{
	uint8_t *header = disk + block, *entries = disk + 2 * block;

	for (size_t i = 0; i < sizeof(disk); i++)
		disk[i] = (uint8_t)(i * 7 + (i >> 8));
	memcpy(header, "EFI PART", 8);
	bytes_put_le(header + 72, 2, 8);
	bytes_put_le(header + 80, N_ENTRIES, 4);
	bytes_put_le(header + 84, ENTRY, 4);
	memcpy(want, header, HEADER);
	bytes_put_le(want + HEADER, 2, 8);
	n_want = HEADER + 8;
	for (unsigned i = 0; i < N_ENTRIES; i++) {
		if (i != 1 && i != 5) {
			memset(entries + i * ENTRY, 0, 16);
			continue;
		}
		memcpy(want + n_want, entries + i * ENTRY, ENTRY);
		n_want += ENTRY;
	}
}

static int read_copy(const uint8_t *bytes, size_t n, uint8_t **ret, size_t *ret_n, struct jurat_error *err)
{
	auto_free uint8_t *copy = heap_copy(bytes, n);

	return gpt_data((struct measure_bytes){ copy, n }, ret, ret_n, err);
}

static void used_entries_of_a_disk_are_taken(void **state)
{
	static const size_t blocks[] = { 512, 4096 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(blocks); i++) {
		auto_free uint8_t *got = NULL, *again = NULL;
		size_t n, n_again;

		make(blocks[i]);
		assert_int_equal(read_copy(disk, sizeof(disk), &got, &n, NULL), 0);
		assert_int_equal(n, n_want);
		assert_memory_equal(got, want, n);
		/* What logs have is passed on. */
		assert_int_equal(read_copy(got, n, &again, &n_again, NULL), 0);
		assert_int_equal(n_again, n);
		assert_memory_equal(again, want, n);
	}
}

static void every_truncation_is_refused(void **state)
{
	uint8_t *got;
	size_t n;

	(void)state;
	make(512);
	for (size_t i = 0; i < 2 * 512 + N_ENTRIES * ENTRY; i++)
		assert_int_equal(read_copy(disk, i, &got, &n, NULL), -EBADMSG);
	for (size_t i = 0; i < n_want; i++)
		assert_int_equal(read_copy(want, i, &got, &n, NULL), -EBADMSG);
}

static void each_fault_is_named(void **state)
{
	static const struct {
		bool of_data;
		size_t at;
		uint64_t value;
		unsigned n;
		const char *error;
	} patches[] = {
		{ false, 512, 'e', 1,
		  "GPT: neither UEFI_GPT_DATA nor a disk: no \"EFI PART\" at 0, 0x200 or 0x1000" },
		{ false, 512 + 80, 0, 4, "GPT: 0 entries of 128 bytes, expected 1 to 1024 of at least 128" },
		{ false, 512 + 80, 1025, 4,
		  "GPT: 1025 entries of 128 bytes, expected 1 to 1024 of at least 128" },
		{ false, 512 + 84, 127, 4,
		  "GPT: 8 entries of 127 bytes, expected 1 to 1024 of at least 128" },
		{ false, 512 + 84, 0xffffff80, 4,
		  "GPT: 8 entries of 4294967168 bytes, expected 1 to 1024 of at least 128" },
		{ false, 512 + 72, 0x47, 8,
		  "GPT: 8 entries from block 71 on are beyond the file's 0x9000 bytes" },
		{ false, 512 + 72, UINT64_MAX, 8,
		  "GPT: 8 entries from block 18446744073709551615 on are beyond the file's 0x9000 bytes" },
		{ false, 512 + 72, UINT64_MAX / 512 + 1, 8,
		  "GPT: 8 entries from block 36028797018963968 on are beyond the file's 0x9000 bytes" },
		{ true, HEADER, 3, 8, "GPT: UEFI_GPT_DATA of 356 bytes with 3 of 8 entries" },
		{ true, HEADER, UINT64_MAX, 8,
		  "GPT: UEFI_GPT_DATA of 356 bytes with 18446744073709551615 of 8 entries" },
		{ true, 80, 1, 4, "GPT: UEFI_GPT_DATA of 356 bytes with 2 of 1 entries" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(patches); i++) {
		struct jurat_error err = { "" };
		uint8_t *got;
		size_t n;

		make(512);
		bytes_put_le((patches[i].of_data ? want : disk) + patches[i].at, patches[i].value,
			     patches[i].n);
		assert_int_equal(read_copy(patches[i].of_data ? want : disk,
					   patches[i].of_data ? n_want : sizeof(disk), &got, &n, &err),
				 -EBADMSG);
		assert_string_equal(err.text, patches[i].error);
	}
}

static void a_failed_allocation_is_told(void **state)
{
	struct jurat_error err;
	uint8_t *got;
	size_t n;

	(void)state;
	make(512);
	fail_memory_arm(1, false);
	assert_int_equal(gpt_data((struct measure_bytes){ disk, sizeof(disk) }, &got, &n, &err), -ENOMEM);
	assert_true(fail_memory_disarm().fired);
}

/* A disk whose table is that of a real log: it has the data of the log's event. */
static void put_log(const struct evidence_row *row, const uint8_t *bytes, size_t n, void *context)
{
	unsigned *count = context;
	struct measure_log *log;

	if (measure_log_read(bytes, n, &log, NULL) != 0)
		return; /* an ACPI table */
	for (size_t i = 0; i < measure_log_count(log); i++) {
		const struct measure_event *e = measure_log_event(log, i);
		auto_free uint8_t *got = NULL;
		uint64_t lba;
		size_t n_got;

		if (e->type != MEASURE_EV_EFI_GPT_EVENT)
			continue;
		memset(disk, 0, sizeof(disk));
		memcpy(disk + 512, e->data, HEADER);
		lba = bytes_get_le(e->data + 72, 8);
		assert_true(lba * 512 + 128 * ENTRY <= sizeof(disk));
		memcpy(disk + lba * 512, e->data + HEADER + 8, e->n - HEADER - 8);
		assert_int_equal(read_copy(disk, sizeof(disk), &got, &n_got, NULL), 0);
		assert_int_equal(n_got, e->n);
		assert_memory_equal(got, e->data, n_got);
		assert_true(e->data_is_measured);
		++*count;
	}
	measure_log_free(log);
}

static void the_data_is_that_of_real_logs(void **state)
{
	unsigned count = 0;

	(void)state;
	EVIDENCE_SKIP_UNLESS_REAL();
	evidence_each_file("ccel", put_log, &count);
	test_say("%u tables of logs", count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(used_entries_of_a_disk_are_taken),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(each_fault_is_named),
		cmocka_unit_test(a_failed_allocation_is_told),
		cmocka_unit_test(the_data_is_that_of_real_logs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
