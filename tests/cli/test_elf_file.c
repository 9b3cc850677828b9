/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <elf.h>
#include <errno.h>

#include "cli/elf_file.h"

/* ELF files in memory, with pread(2) and nothing else. */
struct memory {
	struct base_env base;
	const uint8_t *bytes;
	size_t n;
	int fails; /* pread returns this, if it is not 0 */
};

static ssize_t read_memory(struct base_env *env, int fd, void *to, size_t n, int64_t off)
{
	struct memory *m = (struct memory *)env;

	if (m->fails)
		return m->fails;
	assert_true(off >= 0);
	if ((uint64_t)off >= m->n)
		return 0;
	if (n > m->n - (size_t)off)
		n = m->n - (size_t)off;
	if (n > 7) /* short reads are allowed */
		n = 7;
	memcpy(to, m->bytes + off, n);
	return (ssize_t)n;
}

static const struct base_env_ops memory_ops = { .pread = read_memory };

static int read_bytes(const uint8_t *bytes, size_t n, int fails, struct elf_file *ret,
		      struct jurat_error *err)
{
	uint8_t *copy = heap_copy(bytes, n);
	struct memory m = { .base.ops = &memory_ops, .bytes = copy, .n = n, .fails = fails };
	int r = elf_read(&m.base, 3, ret, err);

	free(copy);
	return r;
}

static const char loader[] = "/lib64/ld-linux-x86-64.so.2";
enum {
	PHOFF = 64,
	N_HEADERS = 3,
	INTERP_AT = PHOFF + 56 * N_HEADERS,
	FILE_BYTES = INTERP_AT + sizeof(loader)
};

static void put(uint8_t *file, size_t off, uint64_t v, unsigned size)
{
	bytes_put_le(file + off, v, size);
}

/* A program header: type, offset, size. */
static void put_header(uint8_t *file, unsigned i, uint32_t type, uint64_t offset, uint64_t size)
{
	put(file, PHOFF + 56 * i, type, 4);
	put(file, PHOFF + 56 * i + 8, offset, 8);
	put(file, PHOFF + 56 * i + 32, size, 8);
}

static void make(uint8_t file[FILE_BYTES])
{
	memset(file, 0, FILE_BYTES);
	memcpy(file, ELFMAG, SELFMAG);
	file[EI_CLASS] = ELFCLASS64;
	file[EI_DATA] = ELFDATA2LSB;
	put(file, 16, ET_DYN, 2);
	put(file, 18, EM_X86_64, 2);
	put(file, 32, PHOFF, 8);
	put(file, 54, 56, 2);
	put(file, 56, N_HEADERS, 2);
	put_header(file, 0, PT_LOAD, 0, FILE_BYTES);
	put_header(file, 1, PT_INTERP, INTERP_AT, sizeof(loader));
	put_header(file, 2, PT_DYNAMIC, 0, 16);
	memcpy(file + INTERP_AT, loader, sizeof(loader));
}

static void a_program_is_known_by_its_machine_and_loader(void **state)
{
	uint8_t file[FILE_BYTES];
	struct elf_file got;
	char name[ELF_NAME_BYTES];

	make(file);
	assert_int_equal(read_bytes(file, sizeof(file), 0, &got, NULL), 0);
	assert_string_equal(got.interpreter, loader);
	assert_true(got.dynamic);
	assert_string_equal(elf_name(&got, name), "64-bit x86-64");
	put(file, 16, ET_EXEC, 2);
	put_header(file, 1, PT_NULL, INTERP_AT, sizeof(loader));
	put_header(file, 2, PT_NULL, 0, 16);
	assert_int_equal(read_bytes(file, sizeof(file), 0, &got, NULL), 0);
	assert_string_equal(got.interpreter, "");
	assert_false(got.dynamic);
}

static void of_two_loaders_linux_takes_the_first(void **state)
{
	uint8_t file[FILE_BYTES];
	struct elf_file got;

	make(file);
	put_header(file, 2, PT_INTERP, INTERP_AT + 1, sizeof(loader) - 1);
	assert_int_equal(read_bytes(file, sizeof(file), 0, &got, NULL), 0);
	assert_string_equal(got.interpreter, loader);
}

static void a_program_that_starts_another_says_so_in_a_note(void **state)
{
	enum { AT = FILE_BYTES, NOTES = 16 + 20, END = AT + NOTES };
	static const uint8_t another[16] = { 4, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 'G', 'N', 'U' };
	static const uint8_t ours[20] = { 6, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 'j', 'u', 'r', 'a', 't' };
	static const struct {
		size_t off;
		uint64_t v;
		unsigned size;
		bool hands_on;
	} cases[] = {
		{ AT, 4, 4, true },
		{ AT + 16, 5, 4, false },         /* the owner ends before its NUL */
		{ AT + 16 + 8, 2, 4, false },     /* another type */
		{ AT + 16 + 12, 'J', 1, false },  /* another owner */
		{ AT + 4, 4, 4, false },          /* the first has a description, which is skipped */
		{ AT + 4, UINT32_MAX, 4, false }, /* longer than the segment */
		{ AT, UINT32_MAX, 4, false },     /* the same of an owner */
		{ PHOFF + 8, END, 8, false },     /* beyond the file: no note, and no error */
		{ PHOFF + 8, UINT64_MAX, 8, false },
		{ PHOFF + 32, 16, 8, false }, /* the segment ends before the second */
		{ PHOFF + 32, 16 + 11, 8, false },
		{ PHOFF + 32, 0, 8, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t file[END];
		struct elf_file got;

		make(file);
		put_header(file, 0, PT_NOTE, AT, NOTES);
		memcpy(file + AT, another, sizeof(another));
		memcpy(file + AT + 16, ours, sizeof(ours));
		put(file, cases[i].off, cases[i].v, cases[i].size);
		assert_int_equal(read_bytes(file, sizeof(file), 0, &got, NULL), 0);
		if (got.hands_on != cases[i].hands_on)
			FAIL_BECAUSE("case %zu", i);
	}
}

/* Their program headers are of no use here, and are not read. */
static void other_machines_are_named(void **state)
{
	static const struct {
		uint8_t class, data;
		uint8_t machine[2];
		const char *name;
	} cases[] = { { ELFCLASS32, ELFDATA2LSB, { EM_386, 0 }, "32-bit x86" },
		      { ELFCLASS32, ELFDATA2LSB, { EM_X86_64, 0 }, "32-bit x86-64" },
		      { ELFCLASS64, ELFDATA2MSB, { 0, EM_PPC64 }, "64-bit POWER" },
		      { ELFCLASS64, ELFDATA2LSB, { EM_AARCH64, 0 }, "64-bit ARM64" },
		      { 9, 9, { 0xef, 0xbe }, "unknown class of machine 48879" } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t file[FILE_BYTES];
		char name[ELF_NAME_BYTES];
		struct elf_file got;
		bool big = cases[i].data == ELFDATA2MSB;

		make(file);
		file[EI_CLASS] = cases[i].class;
		file[EI_DATA] = cases[i].data;
		file[16] = big ? 0 : ET_EXEC;
		file[17] = big ? ET_EXEC : 0;
		memcpy(file + 18, cases[i].machine, 2);
		assert_int_equal(read_bytes(file, sizeof(file), 0, &got, NULL), 0);
		assert_string_equal(elf_name(&got, name), cases[i].name);
	}
}

static void what_linux_would_not_execute_is_refused(void **state)
{
	static const struct {
		size_t off;
		uint64_t v;
		unsigned size;
		const char *text;
	} cases[] = {
		{ 0, 0, 1, "expected an ELF file, found another kind" },
		{ 3, 'f', 1, "expected an ELF file, found another kind" },
		{ 16, ET_REL, 2, "expected an ELF program, found ELF type 1" },
		{ 16, ET_CORE, 2, "expected an ELF program, found ELF type 4" },
		{ 32, 1 << 20, 8,
		  "program headers: expected 168 more bytes at offset 0x100000, found the end" },
		{ 32, UINT64_MAX, 8,
		  "program headers: offset 0xffffffffffffffff is beyond the end of any file" },
		{ 32, INT64_MAX - 100, 8, "is beyond the end of any file" },
		{ 54, 55, 2, "expected program headers of 56 bytes, found 55" },
		{ 56, 0, 2, "expected 1 to 1170 program headers, found 0" },
		{ 56, 1171, 2, "expected 1 to 1170 program headers, found 1171" },
		{ 56, 0xffff, 2, "expected 1 to 1170 program headers, found 65535" },
		{ PHOFF + 56 + 8, UINT64_MAX, 8, "PT_INTERP: offset 0xffffffffffffffff" },
		{ PHOFF + 56 + 8, INTERP_AT + 1, 8, "PT_INTERP: expected 1 more bytes at offset" },
		{ PHOFF + 56 + 32, 1, 8, "PT_INTERP: expected 2 to 4096 bytes, found 1" },
		{ PHOFF + 56 + 32, PATH_MAX + 1, 8, "PT_INTERP: expected 2 to 4096 bytes, found 4097" },
		{ PHOFF + 56 + 32, UINT64_MAX, 8, "PT_INTERP: expected 2 to 4096 bytes" },
		{ PHOFF + 56 + 32, sizeof(loader) - 1, 8, "PT_INTERP: expected a path that ends with NUL" },
		{ INTERP_AT, 0, 1, "PT_INTERP: expected a path that ends with NUL" },
		{ FILE_BYTES - 1, 'x', 1, "PT_INTERP: expected a path that ends with NUL" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct elf_file got = { .machine = 0x1234 };
		struct jurat_error err = { "" };
		uint8_t file[FILE_BYTES];

		make(file);
		put(file, cases[i].off, cases[i].v, cases[i].size);
		assert_int_equal(read_bytes(file, sizeof(file), 0, &got, &err), -ENOEXEC);
		if (!strstr(err.text, cases[i].text))
			FAIL_BECAUSE("case %zu: expected '%s', found '%s'", i, cases[i].text, err.text);
		assert_int_equal(got.machine, 0x1234);
	}
}

static void every_truncation_is_refused(void **state)
{
	uint8_t file[FILE_BYTES];
	struct elf_file got;

	make(file);
	for (size_t n = 0; n < sizeof(file); n++)
		assert_int_equal(read_bytes(file, n, 0, &got, NULL), -ENOEXEC);
}

static void an_error_of_reading_is_passed_on(void **state)
{
	struct jurat_error err = { "" };
	uint8_t file[FILE_BYTES];
	struct elf_file got;

	make(file);
	assert_int_equal(read_bytes(file, sizeof(file), -EIO, &got, &err), -EIO);
	assert_string_equal(err.text, "cannot read ELF header: Input/output error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_program_is_known_by_its_machine_and_loader),
		cmocka_unit_test(of_two_loaders_linux_takes_the_first),
		cmocka_unit_test(a_program_that_starts_another_says_so_in_a_note),
		cmocka_unit_test(other_machines_are_named),
		cmocka_unit_test(what_linux_would_not_execute_is_refused),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(an_error_of_reading_is_passed_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
