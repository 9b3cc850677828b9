/* SPDX-License-Identifier: MIT */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The bounds-checked reader for untrusted bytes. A reader that was asked for more than it has is *bad* from
 * then on: every further read returns zero or NULL, so a parser reads all its fields, one statement each, and
 * checks `bad` once. A writer works the same way over a caller's buffer.
 *
 * Readers borrow their input: what bytes_rd_take() returns lives as long as the input does.
 */
struct bytes_rd {
	const uint8_t *data;
	size_t size, off; /* off <= size always */
	bool bad;
};

static inline struct bytes_rd bytes_rd(const void *data, size_t size)
{
	return (struct bytes_rd){ .data = data, .size = size };
}

static inline size_t bytes_rd_left(const struct bytes_rd *r)
{
	return r->bad ? 0 : r->size - r->off;
}

/*
 * The next `n` bytes of the input, or NULL, and the reader is bad. Not NULL for n = 0 while the reader is
 * good.
 */
static inline const uint8_t *bytes_rd_take(struct bytes_rd *r, size_t n)
{
	const uint8_t *p;

	if (r->bad || n > r->size - r->off) {
		r->bad = true;
		return NULL;
	}
	p = r->data ? r->data + r->off : (const uint8_t *)"";
	r->off += n;
	return p;
}

/* Copies `n` bytes; zeroes `to` when there are fewer. */
void bytes_rd_copy(struct bytes_rd *r, void *to, size_t n);
static inline void bytes_rd_skip(struct bytes_rd *r, size_t n)
{
	bytes_rd_take(r, n);
}

/* Moves to an absolute offset; one past the end makes the reader bad. */
void bytes_rd_seek(struct bytes_rd *r, size_t off);
static inline uint8_t bytes_rd_u8(struct bytes_rd *r)
{
	const uint8_t *p = bytes_rd_take(r, 1);

	return p ? *p : 0;
}

uint16_t bytes_rd_le16(struct bytes_rd *r);
uint32_t bytes_rd_le32(struct bytes_rd *r);
uint64_t bytes_rd_le64(struct bytes_rd *r);
uint16_t bytes_rd_be16(struct bytes_rd *r);
uint32_t bytes_rd_be32(struct bytes_rd *r);
/* A reader over the `size` bytes at `off`: bad when they do not lie inside, also when off + size wraps. */
struct bytes_rd bytes_rd_at(const struct bytes_rd *r, uint64_t off, uint64_t size);

struct bytes_wr {
	uint8_t *data;
	size_t size, off;
	bool bad;
};

static inline struct bytes_wr bytes_wr(void *data, size_t size)
{
	return (struct bytes_wr){ .data = data, .size = size };
}

void bytes_wr_copy(struct bytes_wr *w, const void *from, size_t n);
void bytes_wr_zero(struct bytes_wr *w, size_t n);
void bytes_wr_u8(struct bytes_wr *w, uint8_t v);
void bytes_wr_le16(struct bytes_wr *w, uint16_t v);
void bytes_wr_le32(struct bytes_wr *w, uint32_t v);
void bytes_wr_le64(struct bytes_wr *w, uint64_t v);
void bytes_wr_be16(struct bytes_wr *w, uint16_t v);
void bytes_wr_be32(struct bytes_wr *w, uint32_t v);

/* Integers at an address whose bounds the caller has checked. */
static inline uint64_t bytes_get_le(const uint8_t *p, unsigned size)
{
	uint64_t v = 0;

	while (size-- > 0)
		v = v << 8 | p[size];
	return v;
}

static inline void bytes_put_le(uint8_t *p, uint64_t v, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

bool bytes_all(const void *p, size_t n, uint8_t value);
/* Overwrites key material in a way that the compiler does not optimize away. */
void bytes_wipe(void *p, size_t n);

#define BYTES_HEX_SIZE(n) (2 * (n) + 1)
/* Lower-case hex with a NUL; `hex` holds BYTES_HEX_SIZE(n). Returns `hex`. */
char *bytes_to_hex(const void *p, size_t n, char *hex);
/* Decodes exactly 2 * n hex digits that end the string; otherwise returns false, and `p` is unchanged. */
bool bytes_from_hex(const char *hex, void *p, size_t n);

#endif
