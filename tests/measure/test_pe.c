/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>

#include "base/error.h"
#include "measure/linux_header.h"
#include "pe_made.h"

static uint8_t image[PE_MADE_BYTES];
static const struct measure_bytes no_head = { NULL, 0 };

static int digest_of(uint8_t ret[MEASURE_DIGEST_BYTES])
{
	return pe_authenticode((struct measure_bytes){ image, sizeof(image) }, no_head, "kernel", ret, NULL);
}

static int read_copy(size_t n, struct jurat_error *err)
{
	auto_free uint8_t *copy = heap_copy(image, n);
	uint8_t digest[MEASURE_DIGEST_BYTES];

	return pe_authenticode((struct measure_bytes){ copy, n }, no_head, "kernel", digest, err);
}

static void assert_digest(const uint8_t digest[MEASURE_DIGEST_BYTES], const char *want)
{
	char hex[BYTES_HEX_SIZE(MEASURE_DIGEST_BYTES)];

	assert_string_equal(bytes_to_hex(digest, MEASURE_DIGEST_BYTES, hex), want);
}

/* SOURCE: tests/e2e/tdx_oracle.py, which agrees with the signatures of Debian's shim and GRUB. */
static void sections_are_hashed_in_the_order_of_the_file(void **state)
{
	uint8_t digest[MEASURE_DIGEST_BYTES];

	(void)state;
	pe_made(image);
	assert_int_equal(digest_of(digest), 0);
	assert_digest(digest, "808e052d0c7c1bcdef16e53945abb2712d16813af4bb9db0"
			      "84e44f0b4593ec14efff2b71ed53029cfb272fe337f4c400");
}

static void an_image_without_a_security_directory_is_hashed_to_its_end(void **state)
{
	uint8_t digest[MEASURE_DIGEST_BYTES];

	(void)state;
	pe_made(image);
	bytes_put_le(image + PE_MADE_COFF + 20, 112 + 8 * 4, 2);
	bytes_put_le(image + PE_MADE_OPTIONAL + 108, 4, 4);
	memmove(image + PE_MADE_SECTIONS - 16, image + PE_MADE_SECTIONS, 3 * PE_MADE_SECTION_BYTES);
	assert_int_equal(digest_of(digest), 0);
	assert_digest(digest, "41687f935c14f64964401efea4c9e1c19209dcfcc4e39568"
			      "ae46bef16770a6769e906e2dd610e53475e5b3daeac7eb6e");
}

static void a_32_bit_image_has_its_directories_earlier(void **state)
{
	uint8_t digest[MEASURE_DIGEST_BYTES];

	(void)state;
	pe_made(image);
	bytes_put_le(image + PE_MADE_COFF + 4, 0x14c, 2);
	bytes_put_le(image + PE_MADE_COFF + 20, 96 + 8 * PE_MADE_N_DIRECTORIES, 2);
	bytes_put_le(image + PE_MADE_OPTIONAL, 0x10b, 2);
	bytes_put_le(image + PE_MADE_OPTIONAL + 92, PE_MADE_N_DIRECTORIES, 4);
	memmove(image + PE_MADE_DIRECTORIES - 16, image + PE_MADE_DIRECTORIES,
		8 * PE_MADE_N_DIRECTORIES + 3 * PE_MADE_SECTION_BYTES);
	assert_int_equal(digest_of(digest), 0);
	assert_digest(digest, "ad3ae1d571e8853dc37329902e8d82cac3587bdaecbe4cb4"
			      "051b38264a536e9a9532a6155727babdc0ff617a19294f05");
}

static void all_but_checksum_and_certificates_counts(void **state)
{
	static const struct {
		size_t at, n;
	} left_out[] = { { PE_MADE_OPTIONAL + 64, 4 },
			 { PE_MADE_SECURITY, 4 }, /* its size says how much is left out */
			 { PE_MADE_BYTES - PE_MADE_CERTIFICATES, PE_MADE_CERTIFICATES } };
	static const size_t counted[] = { 2,
					  PE_MADE_OPTIONAL + 59,
					  PE_MADE_OPTIONAL + 68,
					  PE_MADE_SECURITY - 1,
					  PE_MADE_SECURITY + 8,
					  PE_MADE_HEADERS - 1,
					  PE_MADE_HEADERS,
					  0x13ff,
					  0x1400,
					  0x2633,
					  0x2634,
					  PE_MADE_BYTES - PE_MADE_CERTIFICATES - 1 };
	uint8_t want[MEASURE_DIGEST_BYTES], got[MEASURE_DIGEST_BYTES];

	(void)state;
	pe_made(image);
	assert_int_equal(digest_of(want), 0);
	for (size_t i = 0; i < ARRAY_SIZE(left_out); i++) {
		for (size_t k = 0; k < left_out[i].n; k++) {
			image[left_out[i].at + k] ^= 0x55;
			assert_int_equal(digest_of(got), 0);
			assert_memory_equal(got, want, sizeof(got));
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(counted); i++) {
		image[counted[i]] ^= 0x55;
		assert_int_equal(digest_of(got), 0);
		assert_memory_not_equal(got, want, sizeof(got));
		image[counted[i]] ^= 0x55;
	}
}

static void first_bytes_can_be_given_apart(void **state)
{
	uint8_t head[PE_MADE_HEADERS + 8], want[MEASURE_DIGEST_BYTES], got[MEASURE_DIGEST_BYTES];

	(void)state;
	for (size_t n = 0x210; n <= sizeof(head); n++) {
		pe_made(image);
		memcpy(head, image, n);
		head[0x200] ^= 1;
		head[n - 1] ^= 1;
		assert_int_equal(pe_authenticode((struct measure_bytes){ image, sizeof(image) },
						 (struct measure_bytes){ head, n }, "kernel", got, NULL),
				 0);
		memcpy(image, head, n);
		assert_int_equal(digest_of(want), 0);
		assert_memory_equal(got, want, sizeof(got));
	}
}

struct patch {
	size_t at;
	uint64_t value;
	unsigned n;
	const char *error;
};

#define SECTION(i, off) (PE_MADE_SECTIONS + PE_MADE_SECTION_BYTES * (i) + (off))

static void each_fault_is_named(void **state)
{
	static const struct patch patches[] = {
		{ 0, 'm', 1, "kernel: not a PE image: it does not begin with \"MZ\"" },
		{ 0x3c, 0x2fff, 4, "kernel: not a PE image: PE header at 0x2fff in a file of 0x3000 bytes" },
		{ 0x3c, 0xffffffff, 4,
		  "kernel: not a PE image: PE header at 0xffffffff in a file of 0x3000 bytes" },
		{ PE_MADE_COFF + 2, 1, 1, "kernel: not a PE image: no PE signature at 0x40" },
		{ PE_MADE_COFF + 4, 0xaa64, 2, "kernel: PE image for machine 0xaa64, expected x86" },
		{ PE_MADE_COFF + 6, 97, 2, "kernel: 97 PE sections, expected at most 96" },
		{ PE_MADE_COFF + 6, 20, 2, "kernel: PE headers end at 0x400, expected 0x418 to 0x3000" },
		{ PE_MADE_COFF + 20, 159, 2, "kernel: PE optional header of 159 bytes has 6 directories" },
		{ PE_MADE_OPTIONAL, 0x107, 2,
		  "kernel: PE optional header at 0x58 has magic 0x107, expected 0x10b or 0x20b" },
		{ PE_MADE_OPTIONAL + 108, 17, 4,
		  "kernel: PE optional header of 160 bytes has 17 directories" },
		{ PE_MADE_OPTIONAL + 108, 0x20000006, 4,
		  "kernel: PE optional header of 160 bytes has 536870918 directories" },
		{ PE_MADE_OPTIONAL + 60, 0x3001, 4,
		  "kernel: PE headers end at 0x3001, expected 0x170 to 0x3000" },
		{ PE_MADE_OPTIONAL + 60, 0x16f, 4,
		  "kernel: PE headers end at 0x16f, expected 0x170 to 0x3000" },
		{ SECTION(0, 20), 0x3001, 4,
		  "kernel: PE section 0: data at 0x3001, 0x1234 bytes, is outside the file of 0x3000 bytes" },
		{ SECTION(0, 16), 0xffffffff, 4,
		  "kernel: PE section 0: data at 0x1400, 0xffffffff bytes, is outside the file of 0x3000 "
		  "bytes" },
		{ SECTION(0, 20), 0xfffff000, 4,
		  "kernel: PE section 0: data at 0xfffff000, 0x1234 bytes, is outside the file of 0x3000 "
		  "bytes" },
		{ SECTION(2, 20), 0x3ff, 4,
		  "kernel: PE section 2: data at 0x3ff is inside the headers, which end at 0x400" },
		{ SECTION(2, 16), 0x1001, 4, "kernel: PE sections overlap in the file at 0x1400" },
		{ PE_MADE_SECURITY + 4, 0x9cd, 4,
		  "kernel: 0x9cd bytes of PE certificates in a file whose 0x2634 of 0x3000 bytes are headers "
		  "and sections" },
		{ PE_MADE_SECURITY + 4, 0xffffffff, 4,
		  "kernel: 0xffffffff bytes of PE certificates in a file whose 0x2634 of 0x3000 bytes are "
		  "headers and "
		  "sections" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(patches); i++) {
		struct jurat_error err = { "" };

		pe_made(image);
		bytes_put_le(image + patches[i].at, patches[i].value, patches[i].n);
		assert_int_equal(read_copy(sizeof(image), &err), -EBADMSG);
		assert_string_equal(err.text, patches[i].error);
	}
}

/* Down to the end of the sections: of what is behind them the headers count the certificates only. */
static void every_truncation_is_refused(void **state)
{
	struct jurat_error err;

	(void)state;
	pe_made(image);
	for (size_t n = 0; n < 0x2634 + PE_MADE_CERTIFICATES; n++)
		assert_int_equal(read_copy(n, &err), -EBADMSG);
	assert_int_equal(read_copy(0x2634 + PE_MADE_CERTIFICATES, &err), 0);
	assert_int_equal(read_copy(0x150, &err), -EBADMSG);
	assert_string_equal(err.text, "kernel: the file of 0x150 bytes ends inside of its PE headers");
}

static struct linux_boot boot_of(size_t n_initrd, uint64_t memory, const char *append)
{
	return (struct linux_boot){ { image, sizeof(image) }, n_initrd, append, memory };
}

/*
 * SOURCE: Dstack-TEE/dstack, issue 1185: the bytes in which a kernel with an initrd of 0xa962c0 bytes
 * differs in a TD of 2 GiB, before and behind QEMU.
 */
static void qemu_fills_in_a_setup_header(void **state)
{
	const struct linux_boot boot = boot_of(0xa962c0, 2ULL << 30, "console=ttyS0");
	uint8_t want[LINUX_HEADER_BYTES], got[LINUX_HEADER_BYTES];

	(void)state;
	pe_made(image);
	memcpy(want, image, sizeof(want));
	memcpy(want + 0x210, "\xb0\x81", 2);
	memcpy(want + 0x219, "\x10\x54\x7f\xc0\x62\xa9", 6);
	memcpy(want + 0x224, "\x00\xfe", 2);
	memcpy(want + 0x22a, "\x02", 1);
	assert_int_equal(linux_header_patch(&boot, got, NULL), 0);
	assert_memory_equal(got, want, sizeof(want));
}

/* Spec: QEMU, hw/i386/x86-common.c; pc_q35.c for where low memory ends. */
static void an_initrd_is_at_the_end_of_low_memory(void **state)
{
	static const struct {
		uint64_t memory;
		uint16_t protocol, xloadflags;
		uint32_t max, want;
	} cases[] = {
		{ 1ULL << 30, 0x20f, 0x3f, 0, 0x3ffd6000 },
		{ 0xaffff000, 0x20f, 0x3f, 0, 0xaffd5000 },
		{ 0xb0000000, 0x20f, 0x3f, 0, 0x7ffd6000 },
		{ 1ULL << 40, 0x20f, 0x3f, 0, 0x7ffd6000 },
		{ 1ULL << 40, 0x20f, 0x3d, 0x37ffffff, 0x37ffe000 },
		{ 1ULL << 40, 0x20b, 0x3f, 0x37ffffff, 0x37ffe000 },
		{ 1ULL << 40, 0x202, 0x3f, 0x7fffffff, 0x37ffe000 },
	};
	uint8_t got[LINUX_HEADER_BYTES];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct linux_boot boot = boot_of(0x1001, cases[i].memory, NULL);

		pe_made(image);
		bytes_put_le(image + 0x206, cases[i].protocol, 2);
		bytes_put_le(image + 0x236, cases[i].xloadflags, 2);
		bytes_put_le(image + 0x22c, cases[i].max, 4);
		assert_int_equal(linux_header_patch(&boot, got, NULL), 0);
		assert_int_equal(bytes_get_le(got + 0x218, 4), cases[i].want);
		assert_int_equal(bytes_get_le(got + 0x21c, 4), 0x1001);
	}
}

static void older_protocols_have_their_command_line_elsewhere(void **state)
{
	const struct linux_boot boot =
		boot_of(0, 1 << 30, "0123456789abcdef"); /* 32 bytes with NUL and padding */
	uint8_t want[LINUX_HEADER_BYTES], got[LINUX_HEADER_BYTES];

	(void)state;
	pe_made(image);
	bytes_put_le(image + 0x206, 0x201, 2);
	memcpy(want, image, sizeof(want));
	bytes_put_le(want + 0x20, 0xa33f, 2);
	bytes_put_le(want + 0x22, 0xa000 - 32, 2);
	want[0x210] = 0xb0;
	want[0x211] = 0x81;
	bytes_put_le(want + 0x224, 0xa000 - 32 - 0x200, 2);
	assert_int_equal(linux_header_patch(&boot, got, NULL), 0);
	assert_memory_equal(got, want, sizeof(want));
	image[0x202] = 'h'; /* no setup header at all: another PE image */
	memcpy(want, image, sizeof(want));
	bytes_put_le(want + 0x20, 0xa33f, 2);
	bytes_put_le(want + 0x22, 0xa000 - 32, 2);
	assert_int_equal(linux_header_patch(&boot, got, NULL), 0);
	assert_memory_equal(got, want, sizeof(want));
}

static void vga_of_the_command_line_is_the_loaders(void **state)
{
	static const struct {
		const char *append;
		uint16_t want;
	} cases[] = { { "quiet", 0 },          { "vga=normal x", 0xffff },   { "vga=ext", 0xfffe },
		      { "a vga=ask", 0xfffd }, { "vga=0x317 quiet", 0x317 }, { "vga=792", 792 } };
	uint8_t got[LINUX_HEADER_BYTES];
	struct linux_boot boot;
	struct jurat_error err;

	(void)state;
	pe_made(image);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		boot = boot_of(0, 1 << 30, cases[i].append);
		assert_int_equal(linux_header_patch(&boot, got, NULL), 0);
		assert_int_equal(bytes_get_le(got + 0x1fa, 2), cases[i].want);
	}
	boot = boot_of(0, 1 << 30, "vga=best");
	assert_int_equal(linux_header_patch(&boot, got, &err), -EINVAL);
	assert_string_equal(err.text, "command line: vga= has no mode that QEMU knows");
}

static void what_qemu_does_not_boot_is_refused(void **state)
{
	uint8_t got[LINUX_HEADER_BYTES];
	struct jurat_error err;
	struct linux_boot boot;

	(void)state;
	pe_made(image);
	boot = boot_of(0x3ffd7fff, 1 << 30, NULL);
	assert_int_equal(linux_header_patch(&boot, got, &err), -EINVAL);
	assert_string_equal(err.text,
			    "initrd of 0x3ffd7fff bytes: QEMU loads at most 0x3ffd7fff into this memory");
	boot.n_initrd--;
	assert_int_equal(linux_header_patch(&boot, got, &err), 0);
	boot.memory = 0x28000;
	assert_int_equal(linux_header_patch(&boot, got, &err), -EINVAL);
	assert_string_equal(err.text, "0x28000 bytes of memory have no room for an initrd");
	image[0x1f1] = 0x18;
	assert_int_equal(linux_header_patch(&boot, got, &err), -EBADMSG);
	assert_string_equal(err.text, "kernel: setup code of 0x3200 bytes in a file of 0x3000");
	image[0x1f1] = 1;
	bytes_put_le(image + 0x206, 0x1ff, 2);
	assert_int_equal(linux_header_patch(&boot, got, &err), -EINVAL);
	assert_string_equal(err.text, "kernel: boot protocol 0x1ff is too old for an initrd");
	boot.kernel.n = LINUX_HEADER_BYTES - 1;
	assert_int_equal(linux_header_patch(&boot, got, &err), -EBADMSG);
	assert_string_equal(err.text, "kernel: 1023 bytes have no room for a setup header");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sections_are_hashed_in_the_order_of_the_file),
		cmocka_unit_test(an_image_without_a_security_directory_is_hashed_to_its_end),
		cmocka_unit_test(a_32_bit_image_has_its_directories_earlier),
		cmocka_unit_test(all_but_checksum_and_certificates_counts),
		cmocka_unit_test(first_bytes_can_be_given_apart),
		cmocka_unit_test(each_fault_is_named),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(qemu_fills_in_a_setup_header),
		cmocka_unit_test(an_initrd_is_at_the_end_of_low_memory),
		cmocka_unit_test(older_protocols_have_their_command_line_elsewhere),
		cmocka_unit_test(vga_of_the_command_line_is_the_loaders),
		cmocka_unit_test(what_qemu_does_not_boot_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
