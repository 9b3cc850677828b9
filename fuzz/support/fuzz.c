/* SPDX-License-Identifier: MIT */
#include "support/fuzz.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The linker's names for the ends of the section; weak, for a target without marks. */
extern struct fuzz_mark *const marks_begin[] __asm__("__start_fuzz_marks") __attribute__((weak));
extern struct fuzz_mark *const marks_end[] __asm__("__stop_fuzz_marks") __attribute__((weak));

const struct fuzz_mark *fuzz_mark(size_t i)
{
	return i < (size_t)(marks_end - marks_begin) ? marks_begin[i] : NULL;
}

__attribute__((destructor)) static void print_marks(void)
{
	const struct fuzz_mark *mark;

	for (size_t i = 0; (mark = fuzz_mark(i)) != NULL; i++)
		fprintf(stderr, "reached: %" PRIu64 " times: %s\n", mark->n, mark->what);
}

void fuzz_broken(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}

uint8_t fuzz_u8(struct bytes_rd *in)
{
	return bytes_rd_u8(in);
}

uint16_t fuzz_u16(struct bytes_rd *in)
{
	return bytes_rd_le16(in);
}

uint32_t fuzz_u32(struct bytes_rd *in)
{
	return bytes_rd_le32(in);
}

uint64_t fuzz_u64(struct bytes_rd *in)
{
	return bytes_rd_le64(in);
}

struct fuzz_bytes fuzz_copy(const void *bytes, size_t n)
{
	struct fuzz_bytes copy = { malloc(n), n };

	must(copy.p || n == 0);
	if (n > 0)
		memcpy(copy.p, bytes, n);
	return copy;
}

struct fuzz_bytes fuzz_part(struct bytes_rd *in)
{
	size_t n = bytes_rd_le16(in), left = bytes_rd_left(in);

	n = n < left ? n : left;
	return fuzz_copy(bytes_rd_take(in, n), n);
}

void fuzz_bytes_done(struct fuzz_bytes *bytes)
{
	free(bytes->p);
	*bytes = (struct fuzz_bytes){ 0 };
}

struct fuzz_bytes fuzz_item(struct bytes_rd *in, const void *own, size_t n)
{
	uint8_t mode = bytes_rd_u8(in) % FUZZ_N_MODES;
	struct fuzz_bytes item;

	if (mode == FUZZ_PART)
		return fuzz_part(in);
	item = fuzz_copy(own, n);
	if (mode == FUZZ_EDITED)
		fuzz_edit(in, item.p, item.n);
	return item;
}

void fuzz_edit(struct bytes_rd *in, uint8_t *bytes, size_t n)
{
	unsigned edits = bytes_rd_u8(in) % 8;

	for (unsigned i = 0; i < edits && n > 0; i++) {
		size_t at = bytes_rd_le16(in) % n, size = bytes_rd_u8(in), left = bytes_rd_left(in);

		size = size < left ? size : left;
		size = size < n - at ? size : n - at;
		bytes_rd_copy(in, bytes + at, size);
	}
}
