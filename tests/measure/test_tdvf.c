/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "tdvf_made.h"

static uint8_t image[TDVF_MADE_BYTES];

static struct measure_bytes all(void)
{
	return (struct measure_bytes){ image, sizeof(image) };
}

static void make(void)
{
	tdvf_made(tdvf_made_sections, TDVF_MADE_N, image);
}

/* Reads from a copy of exactly that size, so that a sanitizer sees each byte too far. */
static int read_copy(size_t n, struct jurat_error *err)
{
	auto_free uint8_t *copy = malloc(n > 0 ? n : 1);
	struct tdvf tdvf;

	assert_non_null(copy);
	memcpy(copy, image + sizeof(image) - n, n);
	return tdvf_read((struct measure_bytes){ copy, n }, &tdvf, err);
}

static void sections_are_read_as_they_are_written(void **state)
{
	struct tdvf tdvf;

	(void)state;
	make();
	assert_int_equal(tdvf_read(all(), &tdvf, NULL), 0);
	assert_int_equal(tdvf.n, TDVF_MADE_N);
	for (unsigned i = 0; i < TDVF_MADE_N; i++) {
		const struct tdvf_made_section *want = &tdvf_made_sections[i];

		assert_int_equal(tdvf.sections[i].data_offset, want->data_offset);
		assert_int_equal(tdvf.sections[i].n_raw, want->n_raw);
		assert_int_equal(tdvf.sections[i].gpa, want->gpa);
		assert_int_equal(tdvf.sections[i].n_memory, want->n_memory);
		assert_int_equal(tdvf.sections[i].type, want->type);
		assert_int_equal(tdvf.sections[i].attributes, want->attributes);
		assert_ptr_equal(tdvf.sections[i].raw, image + want->data_offset);
	}
	assert_ptr_equal(tdvf_find(&tdvf, TDVF_TD_HOB), &tdvf.sections[4]);
	assert_null(tdvf_find(&tdvf, TDVF_TEMP_MEM)); /* several */
	assert_null(tdvf_find(&tdvf, TDVF_PAYLOAD));
}

/* TD-Shim's images: no table, an offset from the start in its place. */
static void an_image_without_the_table_has_an_offset_from_its_start(void **state)
{
	struct tdvf tdvf;

	(void)state;
	make();
	memset(image + TDVF_MADE_TABLE, 0, TDVF_MADE_TABLE_END - TDVF_MADE_TABLE);
	bytes_put_le(image + TDVF_MADE_TABLE_END, TDVF_MADE_DESCRIPTOR, 4);
	assert_int_equal(tdvf_read(all(), &tdvf, NULL), 0);
	assert_int_equal(tdvf.n, TDVF_MADE_N);
}

/* A table of other entries alone: the offset is what is left. */
static void a_table_without_the_entry_leaves_the_offset(void **state)
{
	struct tdvf tdvf;

	(void)state;
	make();
	image[TDVF_MADE_ENTRY + 6] ^= 1;
	bytes_put_le(image + TDVF_MADE_TABLE_END, TDVF_MADE_DESCRIPTOR, 4);
	assert_int_equal(tdvf_read(all(), &tdvf, NULL), 0);
}

static void sections_of_td_shim_are_read(void **state)
{
	static const struct tdvf_made_section sections[] = {
		{ 0x2000, 0x8000, 0xffff2000, 0x8000, TDVF_BFV, TDVF_MR_EXTEND },
		{ 0x2000, 0x20, 0, 0, TDVF_TD_INFO, 0 },
		{ 0x2100, 0x20, 0, 0, TDVF_TD_PARAMS, 0 },
		{ 0xb000, 0x1234, 0x1000000, 0x2000, TDVF_PAYLOAD, TDVF_MR_EXTEND },
		{ 0, 0, 0x1200000, 0x1000, TDVF_PAYLOAD_PARAM, 0 },
		{ 0, 0, 0x100000000, 0x1000000000, TDVF_PERM_MEM, TDVF_PAGE_AUG },
	};
	struct tdvf tdvf;

	(void)state;
	tdvf_made(sections, ARRAY_SIZE(sections), image);
	assert_int_equal(tdvf_read(all(), &tdvf, NULL), 0);
	assert_string_equal(tdvf_type_name(tdvf.sections[5].type), "PermMem");
}

struct patch {
	size_t at;
	uint64_t value;
	unsigned n;
	const char *error;
};

static void each_patch_is_refused(const struct patch *patches, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct jurat_error err = { "" };

		make();
		bytes_put_le(image + patches[i].at, patches[i].value, patches[i].n);
		assert_int_equal(read_copy(sizeof(image), &err), -EBADMSG);
		assert_string_equal(err.text, patches[i].error);
	}
}

static void each_fault_of_the_table_and_the_descriptor_is_named(void **state)
{
	enum { D = TDVF_MADE_DESCRIPTOR };
	static const struct patch patches[] = {
		{ TDVF_MADE_FOOTER, 17, 2,
		  "firmware: GUIDed table: its footer at offset 0xffce has size 17, expected 18 to 65504" },
		{ TDVF_MADE_FOOTER, 65505, 2,
		  "firmware: GUIDed table: its footer at offset 0xffce has size 65505, expected 18 to "
		  "65504" },
		{ TDVF_MADE_FOOTER, 19, 2,
		  "firmware: GUIDed table: 1 bytes at offset 0xffcd are too few for an entry" },
		{ TDVF_MADE_FOOTER - 18, 0, 2,
		  "firmware: GUIDed table: the entry that ends at offset 0xffce has size 0, expected 18 to "
		  "70" },
		{ TDVF_MADE_FOOTER - 18, 71, 2,
		  "firmware: GUIDed table: the entry that ends at offset 0xffce has size 71, expected 18 to "
		  "70" },
		{ TDVF_MADE_ENTRY, 0x10001, 4,
		  "TDVF descriptor: 0x10001 before the end of an image of 0x10000 bytes" },
		{ TDVF_MADE_ENTRY, 0xffffffff, 4,
		  "TDVF descriptor: 0xffffffff before the end of an image of 0x10000 bytes" },
		{ TDVF_MADE_ENTRY, 15, 4, "TDVF descriptor at 0xfff1: the image ends inside of it" },
		{ TDVF_MADE_ENTRY, 0, 4, "TDVF descriptor at 0x10000: the image ends inside of it" },
		{ TDVF_MADE_ENTRY, 0x1001, 4, "TDVF descriptor at 0xefff: its signature is not \"TDVF\"" },
		{ TDVF_MADE_ENTRY + 6, 0, 1,
		  "firmware: not for TDX: no entry 'TDX metadata' in its GUIDed table" },
		{ D + 4, 207, 4, "TDVF descriptor at 0xf000: length 207, expected 208 for 6 sections" },
		{ D + 4, 0xffffffff, 4,
		  "TDVF descriptor at 0xf000: length 4294967295, expected 208 for 6 sections" },
		{ D + 8, 2, 4, "TDVF descriptor at 0xf000: version 2, expected 1" },
		{ D + 12, 0, 4, "TDVF descriptor at 0xf000: 0 sections, expected 1 to 64" },
		{ D + 12, 65, 4, "TDVF descriptor at 0xf000: 65 sections, expected 1 to 64" },
		{ D + 12, 0x08000006, 4, "TDVF descriptor at 0xf000: 134217734 sections, expected 1 to 64" },
	};

	(void)state;
	each_patch_is_refused(patches, ARRAY_SIZE(patches));
}

#define SECTION(i, off) (TDVF_MADE_SECTIONS + TDVF_MADE_SECTION_BYTES * (i) + (off))
enum { OFFSET = 0, RAW = 4, GPA = 8, MEMORY = 16, TYPE = 24, ATTRIBUTES = 28 };

/* As distributions install it: code without the variable store in front of it. */
static void code_alone_is_named(void **state)
{
	struct jurat_error err = { "" };

	(void)state;
	make();
	assert_int_equal(read_copy(tdvf_made_sections[0].n_raw, &err), -EBADMSG);
	assert_string_equal(err.text, "TDVF section 0 (BFV): data at 0x2000, 0xe000 bytes, is outside the "
				      "image of 0xe000 bytes: this is the code of a firmware; TDX measures "
				      "variable store and code as one image, such as OVMF.fd");
}

static void each_fault_of_a_section_is_named(void **state)
{
	static const struct patch patches[] = {
		{ SECTION(0, OFFSET), 0x2001, 4,
		  "TDVF section 0 (BFV): data at 0x2001, 0xe000 bytes, is outside the image of 0x10000 "
		  "bytes" },
		{ SECTION(0, OFFSET), 0xfffffff0, 4,
		  "TDVF section 0 (BFV): data at 0xfffffff0, 0xe000 bytes, is outside the image of 0x10000 "
		  "bytes" },
		{ SECTION(0, RAW), 0xffffffff, 4,
		  "TDVF section 0 (BFV): data at 0x2000, 0xffffffff bytes, is outside the image of 0x10000 "
		  "bytes" },
		{ SECTION(0, RAW), 0, 4,
		  "TDVF section 0 (BFV) is measured, but its content is not in the image" },
		{ SECTION(1, RAW), 0, 4, "TDVF section 1 (CFV) has no data" },
		{ SECTION(1, RAW), 0x2001, 4,
		  "TDVF section 1 (CFV): 0x2001 bytes of data for 0x2000 bytes of memory" },
		{ SECTION(1, OFFSET), 0x1, 4,
		  "TDVF sections 0 (BFV) and 1 (CFV) overlap in the image at 0x2000" },
		{ SECTION(1, GPA), 0xffff0001, 8,
		  "TDVF section 1 (CFV): memory at 0xffff0001, 0x2000 bytes, is not whole pages" },
		{ SECTION(1, MEMORY), 0x2800, 8,
		  "TDVF section 1 (CFV): memory at 0xffff0000, 0x2800 bytes, is not whole pages" },
		{ SECTION(1, MEMORY), 0x3000, 8,
		  "TDVF sections 0 (BFV) and 1 (CFV) overlap in memory at 0xffff2000" },
		{ SECTION(5, GPA), 0x804000, 8,
		  "TDVF sections 4 (TD_HOB) and 5 (TempMem) overlap in memory at 0x809000" },
		{ SECTION(2, MEMORY), 0, 8,
		  "TDVF section 2 (TempMem): memory at 0x810000, 0 bytes, is no range of addresses" },
		{ SECTION(2, MEMORY), 0xfffffffffffff000, 8,
		  "TDVF section 2 (TempMem): memory at 0x810000, 0xfffffffffffff000 bytes, is no range of "
		  "addresses" },
		{ SECTION(5, GPA), 0xffffffffffffb000, 8,
		  "TDVF section 5 (TempMem): memory at 0xffffffffffffb000, 0x6000 bytes, is no range of "
		  "addresses" },
		{ SECTION(2, MEMORY), 0x40000000, 8,
		  "TDVF section 2 (TempMem): 0x40000000 bytes of memory; the limit for all sections is "
		  "0x40000000" },
		{ SECTION(4, RAW), 1, 4,
		  "TDVF section 4 (TD_HOB) has data, which only the VMM or the guest writes" },
		{ SECTION(4, ATTRIBUTES), 1, 4,
		  "TDVF section 4 (TD_HOB) is measured, but its content is not in the image" },
		{ SECTION(3, TYPE), 9, 4, "TDVF section 3: unknown type 9" },
		{ SECTION(3, TYPE), 0xffffffff, 4, "TDVF section 3: unknown type 4294967295" },
		{ SECTION(3, TYPE), TDVF_TD_INFO, 4, "TDVF section 3 (TdInfo) has memory or attributes" },
		{ SECTION(3, ATTRIBUTES), 4, 4, "TDVF section 3 (TempMem): unknown attributes 0x4" },
		{ SECTION(0, ATTRIBUTES), 3, 4,
		  "TDVF section 0 (BFV) is measured and added while the TD runs, which excludes each other" },
	};

	(void)state;
	each_patch_is_refused(patches, ARRAY_SIZE(patches));
}

/* From its start: all that is found from the end stays where it is. */
static void every_truncation_is_refused(void **state)
{
	struct jurat_error err;

	(void)state;
	make();
	for (size_t n = 0; n < sizeof(image); n++)
		assert_int_equal(read_copy(n, &err), -EBADMSG);
	assert_int_equal(read_copy(sizeof(image), &err), 0);
	assert_int_equal(read_copy(3, &err), -EBADMSG);
	assert_string_equal(err.text, "firmware: 3 bytes are too few for a firmware image");
}

static void sections_that_the_image_ends_inside_of_are_refused(void **state)
{
	struct jurat_error err;

	(void)state;
	make();
	bytes_put_le(image + TDVF_MADE_ENTRY, 16 + 8, 4);
	memcpy(image + sizeof(image) - 24, image + TDVF_MADE_DESCRIPTOR, 16);
	assert_int_equal(read_copy(sizeof(image), &err), -EBADMSG);
	assert_string_equal(err.text, "TDVF descriptor at 0xffe8: the image ends inside of its 6 sections");
}

static void outputs_change_on_success_only(void **state)
{
	struct tdvf tdvf, before;

	(void)state;
	make();
	memset(&tdvf, 0x5a, sizeof(tdvf));
	before = tdvf;
	image[SECTION(5, TYPE)] = 99;
	assert_int_equal(tdvf_read(all(), &tdvf, NULL), -EBADMSG);
	assert_memory_equal(&tdvf, &before, sizeof(tdvf));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sections_are_read_as_they_are_written),
		cmocka_unit_test(an_image_without_the_table_has_an_offset_from_its_start),
		cmocka_unit_test(a_table_without_the_entry_leaves_the_offset),
		cmocka_unit_test(sections_of_td_shim_are_read),
		cmocka_unit_test(each_fault_of_the_table_and_the_descriptor_is_named),
		cmocka_unit_test(code_alone_is_named),
		cmocka_unit_test(each_fault_of_a_section_is_named),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(sections_that_the_image_ends_inside_of_are_refused),
		cmocka_unit_test(outputs_change_on_success_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
