/* SPDX-License-Identifier: MIT */
#include "base/bytes.h"

#include <string.h>

void bytes_rd_copy(struct bytes_rd *r, void *to, size_t n)
{
	const uint8_t *p = bytes_rd_take(r, n);

	if (p)
		memcpy(to, p, n);
	else
		memset(to, 0, n);
}

void bytes_rd_seek(struct bytes_rd *r, size_t off)
{
	if (r->bad || off > r->size)
		r->bad = true;
	else
		r->off = off;
}

static uint64_t rd_le(struct bytes_rd *r, unsigned size)
{
	const uint8_t *p = bytes_rd_take(r, size);

	return p ? bytes_get_le(p, size) : 0;
}

uint16_t bytes_rd_le16(struct bytes_rd *r)
{
	return (uint16_t)rd_le(r, 2);
}

uint32_t bytes_rd_le32(struct bytes_rd *r)
{
	return (uint32_t)rd_le(r, 4);
}

uint64_t bytes_rd_le64(struct bytes_rd *r)
{
	return rd_le(r, 8);
}

uint16_t bytes_rd_be16(struct bytes_rd *r)
{
	return __builtin_bswap16(bytes_rd_le16(r));
}

uint32_t bytes_rd_be32(struct bytes_rd *r)
{
	return __builtin_bswap32(bytes_rd_le32(r));
}

struct bytes_rd bytes_rd_at(const struct bytes_rd *r, uint64_t off, uint64_t size)
{
	if (r->bad || off > r->size || size > r->size - off)
		return (struct bytes_rd){ .bad = true };
	return bytes_rd(r->data + off, (size_t)size);
}

static uint8_t *wr_room(struct bytes_wr *w, size_t n)
{
	uint8_t *p;

	if (w->bad || n > w->size - w->off) {
		w->bad = true;
		return NULL;
	}
	p = w->data + w->off;
	w->off += n;
	return p;
}

void bytes_wr_copy(struct bytes_wr *w, const void *from, size_t n)
{
	uint8_t *p = wr_room(w, n);

	if (p && n > 0)
		memcpy(p, from, n);
}

void bytes_wr_zero(struct bytes_wr *w, size_t n)
{
	uint8_t *p = wr_room(w, n);

	if (p && n > 0)
		memset(p, 0, n);
}

static void wr_le(struct bytes_wr *w, uint64_t v, unsigned size)
{
	uint8_t *p = wr_room(w, size);

	if (p)
		bytes_put_le(p, v, size);
}

void bytes_wr_u8(struct bytes_wr *w, uint8_t v)
{
	wr_le(w, v, 1);
}

void bytes_wr_le16(struct bytes_wr *w, uint16_t v)
{
	wr_le(w, v, 2);
}

void bytes_wr_le32(struct bytes_wr *w, uint32_t v)
{
	wr_le(w, v, 4);
}

void bytes_wr_le64(struct bytes_wr *w, uint64_t v)
{
	wr_le(w, v, 8);
}

void bytes_wr_be16(struct bytes_wr *w, uint16_t v)
{
	wr_le(w, __builtin_bswap16(v), 2);
}

void bytes_wr_be32(struct bytes_wr *w, uint32_t v)
{
	wr_le(w, __builtin_bswap32(v), 4);
}

bool bytes_all(const void *p, size_t n, uint8_t value)
{
	const uint8_t *b = p;

	return n == 0 || (b[0] == value && memcmp(b, b + 1, n - 1) == 0);
}

void bytes_wipe(void *p, size_t n)
{
	if (n > 0)
		explicit_bzero(p, n);
}

char *bytes_to_hex(const void *p, size_t n, char *hex)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *b = p;

	for (size_t i = 0; i < n; i++) {
		hex[2 * i] = digits[b[i] >> 4];
		hex[2 * i + 1] = digits[b[i] & 15];
	}
	hex[2 * n] = '\0';
	return hex;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool bytes_from_hex(const char *hex, void *p, size_t n)
{
	uint8_t *b = p;

	if (strlen(hex) != 2 * n)
		return false;
	for (size_t i = 0; i < 2 * n; i++)
		if (hex_digit(hex[i]) < 0)
			return false;
	for (size_t i = 0; i < n; i++)
		b[i] = (uint8_t)(hex_digit(hex[2 * i]) << 4 | hex_digit(hex[2 * i + 1]));
	return true;
}
