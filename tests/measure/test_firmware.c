/* SPDX-License-Identifier: MIT */
#include "measure/firmware_made.h"

#include <errno.h>

/* From bytes of exactly this size on the heap, so that a read behind them is found. */
static int read_image(const uint8_t *bytes, size_t n, struct measure_firmware *ret, struct jurat_error *err)
{
	auto_free uint8_t *copy = n ? heap_copy(bytes, n) : NULL;
	struct measure_bytes image = { copy ? copy : (const uint8_t *)"", n };
	int r = measure_firmware_read(&image, "firmware", MEASURE_4_GIB, ret, err);

	return r == 0 ? measure_firmware_read_sev(ret, err) : r;
}

static void table_and_metadata_of_an_image_are_read(void **state)
{
	uint8_t image[MADE_BYTES];
	struct measure_firmware f;
	uint32_t number;

	(void)state;
	made_firmware(image);
	assert_int_equal(measure_firmware_read(&(struct measure_bytes){ image, sizeof(image) }, "firmware",
					       MEASURE_4_GIB, &f, NULL),
			 0);
	assert_int_equal(f.gpa, 0xffffe000);
	assert_int_equal(f.n_sections, 0);
	assert_int_equal(measure_firmware_read_sev(&f, NULL), 0);
	assert_int_equal(f.n_sections, MADE_N_SECTIONS);
	for (size_t i = 0; i < MADE_N_SECTIONS; i++) {
		assert_int_equal(f.sections[i].gpa, made_sections[i][0]);
		assert_int_equal(f.sections[i].n_bytes, made_sections[i][1]);
		assert_int_equal(f.sections[i].type, made_sections[i][2]);
		assert_int_equal(f.sections[i].offset, MADE_SECTIONS + 12 * i);
	}
	assert_int_equal(measure_firmware_number(&f, MEASURE_ENTRY_RESET, 0, &number, NULL), 0);
	assert_int_equal(number, MADE_RESET_EIP);
	assert_int_equal(measure_firmware_number(&f, MEASURE_ENTRY_HASHES, 4, &number, NULL), 0);
	assert_int_equal(number, 0x400);
	assert_ptr_equal(measure_firmware_section(&f, MEASURE_SECTION_CPUID), &f.sections[2]);
	assert_null(measure_firmware_section(&f, 7));
	assert_string_equal(measure_section_name(MEASURE_SECTION_KERNEL_HASHES), "SNP_KERNEL_HASHES");
	assert_null(measure_section_name(7));
}

/* Three changes at most: a number of `size` bytes at an offset. */
static const struct bad {
	struct {
		size_t offset, size;
		uint64_t value;
	} changes[3];
	const char *text;
} bads[] = {
	{ { { MADE_FOOTER + 2, 1, 0 } },
	  "firmware: no table of GUIDed structures ends at offset 0x1fe0: no image of OVMF, or not all of "
	  "it" },
	{ { { MADE_FOOTER, 2, 17 } },
	  "firmware: GUIDed table: its footer at offset 0x1fce has size 17, expected 18 to 8160" },
	{ { { MADE_FOOTER, 2, 8161 } },
	  "firmware: GUIDed table: its footer at offset 0x1fce has size 8161, expected 18 to 8160" },
	{ { { MADE_FOOTER, 2, 0xffff } },
	  "firmware: GUIDed table: its footer at offset 0x1fce has size 65535, expected 18 to 8160" },
	{ { { MADE_FOOTER, 2, 18 + 22 + 17 } },
	  "firmware: GUIDed table: 17 bytes at offset 0x1fa7 are too few for an entry" },
	{ { { MADE_RESET + 4, 2, 17 } },
	  "firmware: GUIDed table: the entry that ends at offset 0x1fce has size 17, expected 18 to 91" },
	{ { { MADE_RESET + 4, 2, 0xffff } },
	  "firmware: GUIDed table: the entry that ends at offset 0x1fce has size 65535, expected 18 to 91" },
	{ { { MADE_OTHER + 3, 2, 22 } },
	  "firmware: GUIDed table: the entry that ends at offset 0x1f88 has size 22, expected 18 to 21" },
	{ { { MADE_RESET + 4, 2, 0 } },
	  "firmware: GUIDed table: the entry that ends at offset 0x1fce has size 0, expected 18 to 91" },
	/* the reset block's GUID on the entry of the metadata */
	{ { { MADE_SEV + 6, 8, 0x4fcb1a7e00f771de }, { MADE_SEV + 14, 8, 0x4eb42f7ec7680e89 } },
	  "firmware: GUIDed table: a second entry 'SEV-ES reset block' at offset 0x1f88" },
	{ { { MADE_SEV + 6, 1, 0 } },
	  "firmware: no SEV metadata in its GUIDed table: not an image for SEV-SNP" },
	{ { { MADE_SEV, 4, 15 } },
	  "firmware: SEV metadata begins 0xf bytes before the end of the image, expected 0x10 to 0x2000" },
	{ { { MADE_SEV, 4, 0x2001 } },
	  "firmware: SEV metadata begins 0x2001 bytes before the end of the image, expected 0x10 to 0x2000" },
	{ { { MADE_SEV, 4, 0xffffffff } },
	  "firmware: SEV metadata begins 0xffffffff bytes before the end of the image, expected 0x10 to "
	  "0x2000" },
	{ { { MADE_SEV, 4, 0x2000 } }, "firmware: SEV metadata at offset 0x0: does not begin with 'ASEV'" },
	{ { { MADE_METADATA + 8, 4, 2 } }, "firmware: SEV metadata at offset 0x1c00: version 2, expected 1" },
	{ { { MADE_METADATA + 4, 4, 87 } },
	  "firmware: SEV metadata at offset 0x1c00: has size 87, but 6 sections take 88" },
	{ { { MADE_METADATA + 12, 4, 7 } },
	  "firmware: SEV metadata at offset 0x1c00: has size 88, but 7 sections take 100" },
	{ { { MADE_METADATA + 12, 4, 65 }, { MADE_METADATA + 4, 4, 16 + 65 * 12 } },
	  "firmware: SEV metadata at offset 0x1c00: 65 sections, expected at most 64" },
	/* 16 + 12 * n wraps to 88 in 32 bits */
	{ { { MADE_METADATA + 12, 4, 0x55555555 + 7 } },
	  "firmware: SEV metadata at offset 0x1c00: 1431655772 sections, expected at most 64" },
	{ { { MADE_BYTES - 16, 8, 0x1056455341 }, { MADE_BYTES - 8, 8, 1 }, { MADE_SEV, 4, 16 } }, NULL },
	{ { { MADE_SECTIONS + 8, 4, 0 } },
	  "firmware: SEV metadata at offset 0x1c00: section 0 at offset 0x1c10: unknown type 0x0" },
	{ { { MADE_SECTIONS + 12 + 8, 4, 5 } },
	  "firmware: SEV metadata at offset 0x1c00: section 1 at offset 0x1c1c: unknown type 0x5" },
	{ { { MADE_SECTIONS, 4, 0x800001 } },
	  "firmware: SEV metadata at offset 0x1c00: section 0 at offset 0x1c10: 0x9000 bytes at address "
	  "0x800001 are "
	  "not whole pages" },
	{ { { MADE_SECTIONS + 4, 4, 0xfff } },
	  "firmware: SEV metadata at offset 0x1c00: section 0 at offset 0x1c10: 0xfff bytes at address "
	  "0x800000 are "
	  "not whole pages" },
	{ { { MADE_SECTIONS + 4, 4, 0 } },
	  "firmware: SEV metadata at offset 0x1c00: section 0 at offset 0x1c10: 0x0 bytes at address "
	  "0x800000 are not "
	  "whole pages" },
	{ { { MADE_SECTIONS, 4, 0xfffff000 }, { MADE_SECTIONS + 4, 4, 0xfffff000 } },
	  "firmware: SEV metadata at offset 0x1c00: section 0 at offset 0x1c10: 0xfffff000 bytes at address "
	  "0xfffff000 go past 4 GiB" },
	{ { { MADE_SECTIONS, 4, 0xffff8000 } },
	  "firmware: SEV metadata at offset 0x1c00: section 0 at offset 0x1c10: 0x9000 bytes at address "
	  "0xffff8000 go "
	  "past 4 GiB" },
	{ { { MADE_SECTIONS, 4, 0xffff6000 } },
	  "firmware: SEV metadata at offset 0x1c00: section 0 at offset 0x1c10: 0x9000 bytes at address "
	  "0xffff6000 "
	  "are not below the image at 0xffffe000" },
	{ { { MADE_SECTIONS + 12 + 4, 4, 0x2000 } },
	  "firmware: SEV metadata at offset 0x1c00: section 1 at offset 0x1c1c: SNP_SECRETS has 0x2000 "
	  "bytes, expected one "
	  "page" },
	{ { { MADE_SECTIONS + 24 + 4, 4, 0x2000 } },
	  "firmware: SEV metadata at offset 0x1c00: section 2 at offset 0x1c28: CPUID has 0x2000 bytes, "
	  "expected one page" },
	{ { { MADE_SECTIONS + 36 + 8, 4, 3 } },
	  "firmware: SEV metadata at offset 0x1c00: section 3 at offset 0x1c34: a second CPUID" },
	{ { { MADE_SECTIONS + 36 + 8, 4, 2 } },
	  "firmware: SEV metadata at offset 0x1c00: section 3 at offset 0x1c34: a second SNP_SECRETS" },
	{ { { MADE_SECTIONS + 60, 4, 0x7fe000 } },
	  "firmware: SEV metadata at offset 0x1c00: section 5 at offset 0x1c4c: 0x3000 bytes at address "
	  "0x7fe000 "
	  "overlap section 0 at 0x800000" },
	{ { { MADE_SECTIONS + 60, 4, 0x808000 } },
	  "firmware: SEV metadata at offset 0x1c00: section 5 at offset 0x1c4c: 0x3000 bytes at address "
	  "0x808000 "
	  "overlap section 0 at 0x800000" },
	{ { { MADE_SECTIONS + 36, 4, 0x80e000 } },
	  "firmware: SEV metadata at offset 0x1c00: section 3 at offset 0x1c34: 0x1000 bytes at address "
	  "0x80e000 "
	  "overlap section 2 at 0x80e000" },
};

static void every_wrong_number_is_named_with_its_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bads); i++) {
		uint8_t image[MADE_BYTES];
		struct jurat_error err = { "" };
		struct measure_firmware f;
		int r;

		made_firmware(image);
		for (size_t k = 0; k < ARRAY_SIZE(bads[i].changes); k++)
			bytes_put_le(image + bads[i].changes[k].offset, bads[i].changes[k].value,
				     (unsigned)bads[i].changes[k].size);
		r = read_image(image, sizeof(image), &f, &err);
		assert_string_equal(err.text, bads[i].text ? bads[i].text : "");
		assert_int_equal(r, bads[i].text ? -EBADMSG : 0);
	}
}

/* Metadata at the end of the image: its sections go past it. */
static void sections_that_go_past_the_image_are_refused(void **state)
{
	uint8_t image[MADE_BYTES];
	struct jurat_error err = { "" };
	struct measure_firmware f;

	(void)state;
	made_firmware(image);
	bytes_put_le(image + MADE_SEV, 16, 4);
	memcpy(image + MADE_BYTES - 16, image + MADE_METADATA, 16);
	assert_int_equal(read_image(image, sizeof(image), &f, &err), -EBADMSG);
	assert_string_equal(
		err.text, "firmware: SEV metadata at offset 0x1ff0: 6 sections go past the end of the image");
}

static void an_image_cut_anywhere_is_refused(void **state)
{
	uint8_t image[MADE_BYTES];
	struct measure_firmware f;

	(void)state;
	made_firmware(image);
	for (size_t n = 0; n < sizeof(image); n++) {
		struct jurat_error err = { "" };

		assert_int_equal(read_image(image, n, &f, &err), -EBADMSG);
		assert_non_null(strstr(err.text, "firmware: "));
		/* the end is kept, the beginning lost: only whole pages are an image */
		if (n > 0 && n != 4096) {
			assert_int_equal(read_image(image + sizeof(image) - n, n, &f, &err), -EBADMSG);
		}
	}
	assert_int_equal(read_image(image + 4096, 4096, &f, NULL), 0);
}

static void what_is_no_firmware_is_named(void **state)
{
	static const struct {
		const char *bytes;
		size_t n, offset;
		const char *text;
	} kinds[] = {
		{ "HdrS", 4, 0x202, "a Linux kernel" },
		{ "\177ELF", 4, 0, "an ELF file" },
		{ "MZ", 2, 0, "a PE image (an EFI program)" },
		{ "QFI\373", 4, 0, "a disk image in qcow2 form: convert it by `qemu-img convert -O raw`" },
		{ "IGVM", 4, 0, "an IGVM file" },
		{ "\037\213", 2, 0, "a file compressed by gzip" },
		{ "\3757zXZ", 6, 0, "a file compressed by xz" },
		{ "\050\265\057\375", 4, 0, "a file compressed by zstd" },
		{ "070701", 6, 0, "a cpio archive (an initrd)" },
		{ "\x8d\x2b\xf1\xff\x96\x76\x8b\x4c\xa9\x85\x27\x47\x07\x5b\x4f\x50", 16, 16,
		  "a variable store (OVMF_VARS): use OVMF or OVMF_CODE" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		for (size_t n = kinds[i].offset + kinds[i].n; n <= 8192;
		     n += 8192 - kinds[i].offset - kinds[i].n) {
			uint8_t file[8192] = { 0 };
			char wanted[120];
			struct jurat_error err = { "" };
			struct measure_firmware f;

			memcpy(file + kinds[i].offset, kinds[i].bytes, kinds[i].n);
			if (kinds[i].offset == 16) { /* a firmware volume of the size of the file */
				n = sizeof(file);
				bytes_put_le(file + 32, n, 8);
			}
			TEXT(wanted, "firmware: expected a firmware image, found %s", kinds[i].text);
			assert_int_equal(read_image(file, n, &f, &err), -EBADMSG);
			assert_string_equal(err.text, wanted);
		}
}

/* An image begins with its variable store, whose volume is then smaller than the file. */
static void a_part_of_an_image_is_not_a_variable_store(void **state)
{
	static const uint8_t variables[16] = { 0x8d, 0x2b, 0xf1, 0xff, 0x96, 0x76, 0x8b, 0x4c,
					       0xa9, 0x85, 0x27, 0x47, 0x07, 0x5b, 0x4f, 0x50 };
	uint8_t file[8192] = { 0 };
	struct jurat_error err = { "" };
	struct measure_firmware f;

	(void)state;
	memcpy(file + 16, variables, sizeof(variables));
	bytes_put_le(file + 32, 4096, 8);
	assert_int_equal(read_image(file, sizeof(file), &f, &err), -EBADMSG);
	assert_string_equal(err.text, "firmware: no table of GUIDed structures ends at offset 0x1fe0: no "
				      "image of OVMF, or not all of it");
}

static void an_empty_file_and_one_that_does_not_fit_are_refused(void **state)
{
	uint8_t image[MADE_BYTES];
	struct jurat_error err = { "" };
	struct measure_firmware f;

	(void)state;
	made_firmware(image);
	assert_int_equal(read_image(image, 0, &f, &err), -EBADMSG);
	assert_string_equal(err.text, "firmware: the image is empty");
	assert_int_equal(read_image(image, 4095, &f, &err), -EBADMSG);
	assert_string_equal(err.text, "firmware: 4095 bytes are too few for a firmware image");
	assert_int_equal(measure_firmware_read(&(struct measure_bytes){ image, sizeof(image) }, "SVSM",
					       0x1000, &f, &err),
			 -EBADMSG);
	assert_string_equal(err.text, "SVSM: 8192 bytes do not fit below address 0x1000");
}

static void an_entry_that_is_too_short_has_no_number(void **state)
{
	uint8_t image[MADE_BYTES];
	struct jurat_error err = { "" };
	struct measure_firmware f;
	uint32_t number = 7;

	(void)state;
	made_firmware(image);
	assert_int_equal(read_image(image, sizeof(image), &f, NULL), 0);
	assert_int_equal(measure_firmware_number(&f, MEASURE_ENTRY_RESET, 4, &number, &err), -EBADMSG);
	assert_string_equal(
		err.text,
		"firmware: the entry 'SEV-ES reset block' at offset 0x1fb8 has 4 bytes, expected at least 8");
	assert_int_equal(measure_firmware_number(&f, MEASURE_ENTRY_SVSM, 0, &number, &err), -EBADMSG);
	assert_string_equal(err.text, "firmware: no entry 'SVSM information' in its GUIDed table");
	assert_int_equal(number, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_and_metadata_of_an_image_are_read),
		cmocka_unit_test(every_wrong_number_is_named_with_its_place),
		cmocka_unit_test(sections_that_go_past_the_image_are_refused),
		cmocka_unit_test(an_image_cut_anywhere_is_refused),
		cmocka_unit_test(what_is_no_firmware_is_named),
		cmocka_unit_test(a_part_of_an_image_is_not_a_variable_store),
		cmocka_unit_test(an_empty_file_and_one_that_does_not_fit_are_refused),
		cmocka_unit_test(an_entry_that_is_too_short_has_no_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
