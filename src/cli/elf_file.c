/* SPDX-License-Identifier: MIT */
#include "cli/elf_file.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"

enum {
	HEADER_BYTES = 64, /* of a 64-bit file; a 32-bit one has 52 */
	PROGRAM_HEADER_BYTES = 56,
	IDENTITY_BYTES = 20,           /* up to e_machine, the same in every class */
	MAX_PROGRAM_HEADERS = 1 << 16, /* bytes; as in Linux */
	NOTE_HEADER_BYTES = 12,
	MAX_NOTE_BYTES = 512, /* of one segment; what follows is not read */
};

struct program_header {
	uint32_t type;
	uint64_t offset, file_size;
};

/* Reads exactly `n` bytes at `offset`. */
static int read_at(struct base_env *env, int fd, uint64_t offset, void *to, size_t n, const char *what,
		   struct jurat_error *err)
{
	uint8_t *at = to;

	if (offset > INT64_MAX - n)
		return jurat_fail(err, -ENOEXEC, "%s: offset 0x%llx is beyond the end of any file", what,
				  (unsigned long long)offset);
	while (n > 0) {
		ssize_t r = base_pread(env, fd, at, n, (int64_t)offset);

		if (r == -EINTR)
			continue;
		if (r < 0)
			return jurat_fail(err, (int)r, "cannot read %s: %s", what, strerror((int)-r));
		if (r == 0)
			return jurat_fail(err, -ENOEXEC,
					  "%s: expected %zu more bytes at offset 0x%llx, found the end", what,
					  n, (unsigned long long)offset);
		at += r;
		n -= (size_t)r;
		offset += (uint64_t)r;
	}
	return 0;
}

static struct program_header take_program_header(struct bytes_rd *r)
{
	struct program_header h = { .type = bytes_rd_le32(r) };

	bytes_rd_skip(r, 4); /* p_flags */
	h.offset = bytes_rd_le64(r);
	bytes_rd_skip(r, 16); /* p_vaddr, p_paddr */
	h.file_size = bytes_rd_le64(r);
	bytes_rd_skip(r, 16); /* p_memsz, p_align */
	return h;
}

static int read_interpreter(struct base_env *env, int fd, const struct program_header *h,
			    struct elf_file *ret, struct jurat_error *err)
{
	int r;

	if (h->file_size < 2 || h->file_size > PATH_MAX)
		return jurat_fail(err, -ENOEXEC, "PT_INTERP: expected 2 to %d bytes, found %llu", PATH_MAX,
				  (unsigned long long)h->file_size);
	r = read_at(env, fd, h->offset, ret->interpreter, (size_t)h->file_size, "PT_INTERP", err);
	if (r < 0)
		return r;
	if (ret->interpreter[h->file_size - 1] != '\0' || ret->interpreter[0] == '\0')
		return jurat_fail(err, -ENOEXEC, "PT_INTERP: expected a path that ends with NUL");
	return 0;
}

/* Names and descriptions of notes are padded to 4 bytes. */
static size_t padded(uint32_t n)
{
	return ((size_t)n + 3) & ~(size_t)3;
}

/* Linux reads no notes, so those that cannot be read are no reason to refuse a file. */
static int read_notes(struct base_env *env, int fd, const struct program_header *h, struct elf_file *ret)
{
	uint8_t bytes[MAX_NOTE_BYTES];
	size_t size = h->file_size < sizeof(bytes) ? (size_t)h->file_size : sizeof(bytes);
	struct bytes_rd r = bytes_rd(bytes, size);
	int status = read_at(env, fd, h->offset, bytes, size, "notes", NULL);

	while (status == 0 && bytes_rd_left(&r) >= NOTE_HEADER_BYTES) {
		uint32_t owner_size = bytes_rd_le32(&r), n = bytes_rd_le32(&r), type = bytes_rd_le32(&r);
		const uint8_t *owner = bytes_rd_take(&r, padded(owner_size));

		if (owner && owner_size == sizeof(ELF_NOTE_OWNER) && type == ELF_NOTE_HANDS_ON &&
		    memcmp(owner, ELF_NOTE_OWNER, owner_size) == 0)
			ret->hands_on = true;
		bytes_rd_skip(&r, padded(n));
	}
	return status == -ENOEXEC ? 0 : status;
}

static int read_program_headers(struct base_env *env, int fd, uint64_t offset, unsigned n,
				struct elf_file *ret, struct jurat_error *err)
{
	size_t size = (size_t)n * PROGRAM_HEADER_BYTES;
	auto_free uint8_t *bytes = NULL;
	struct bytes_rd r;
	int status;

	if (n == 0 || size > MAX_PROGRAM_HEADERS)
		return jurat_fail(err, -ENOEXEC, "expected 1 to %d program headers, found %u",
				  MAX_PROGRAM_HEADERS / PROGRAM_HEADER_BYTES, n);
	bytes = malloc(size);
	if (!bytes)
		return jurat_fail_memory(err);
	status = read_at(env, fd, offset, bytes, size, "program headers", err);
	r = bytes_rd(bytes, size);
	for (unsigned i = 0; status == 0 && i < n; i++) {
		struct program_header h = take_program_header(&r);

		ret->dynamic |= h.type == PT_DYNAMIC;
		if (h.type == PT_INTERP && !ret->interpreter[0]) /* Linux takes the first */
			status = read_interpreter(env, fd, &h, ret, err);
		if (h.type == PT_NOTE && status == 0)
			status = read_notes(env, fd, &h, ret);
	}
	return status;
}

int elf_read(struct base_env *env, int fd, struct elf_file *ret, struct jurat_error *err)
{
	uint8_t bytes[HEADER_BYTES] = { 0 };
	struct elf_file file = { 0 };
	struct bytes_rd r = bytes_rd(bytes, sizeof(bytes));
	unsigned type, entry_size, n;
	uint64_t offset;
	bool big;
	int status = read_at(env, fd, 0, bytes, IDENTITY_BYTES, "ELF header", err);

	if (status < 0)
		return status;
	if (memcmp(bytes_rd_take(&r, SELFMAG), ELFMAG, SELFMAG) != 0)
		return jurat_fail(err, -ENOEXEC, "expected an ELF file, found another kind");
	file.class = bytes_rd_u8(&r);
	file.data = bytes_rd_u8(&r);
	bytes_rd_seek(&r, EI_NIDENT);
	big = file.data == ELFDATA2MSB;
	type = big ? bytes_rd_be16(&r) : bytes_rd_le16(&r);
	file.machine = big ? bytes_rd_be16(&r) : bytes_rd_le16(&r);
	if (type != ET_EXEC && type != ET_DYN)
		return jurat_fail(err, -ENOEXEC, "expected an ELF program, found ELF type %u", type);
	if (file.class == ELFCLASS64 && file.data == ELFDATA2LSB) {
		status = read_at(env, fd, IDENTITY_BYTES, bytes + IDENTITY_BYTES,
				 HEADER_BYTES - IDENTITY_BYTES, "ELF header", err);
		if (status < 0)
			return status;
		bytes_rd_skip(&r, 4 + 8); /* e_version, e_entry */
		offset = bytes_rd_le64(&r);
		bytes_rd_skip(&r, 8 + 4 + 2); /* e_shoff, e_flags, e_ehsize */
		entry_size = bytes_rd_le16(&r);
		n = bytes_rd_le16(&r);
		if (entry_size != PROGRAM_HEADER_BYTES)
			return jurat_fail(err, -ENOEXEC, "expected program headers of %d bytes, found %u",
					  PROGRAM_HEADER_BYTES, entry_size);
		status = read_program_headers(env, fd, offset, n, &file, err);
		if (status < 0)
			return status;
	}
	*ret = file;
	return 0;
}

char *elf_name(const struct elf_file *file, char text[ELF_NAME_BYTES])
{
	static const struct {
		uint16_t machine;
		const char *name;
	} names[] = { { EM_386, "x86" },       { EM_X86_64, "x86-64" }, { EM_ARM, "ARM" },
		      { EM_AARCH64, "ARM64" }, { EM_PPC64, "POWER" },   { EM_RISCV, "RISC-V" },
		      { EM_S390, "s390" } };
	const char *bits = file->class == ELFCLASS64   ? "64-bit"
			   : file->class == ELFCLASS32 ? "32-bit"
						       : "unknown class of";

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].machine == file->machine) {
			snprintf(text, ELF_NAME_BYTES, "%s %s", bits, names[i].name);
			return text;
		}
	snprintf(text, ELF_NAME_BYTES, "%s machine %u", bits, file->machine);
	return text;
}
