/* SPDX-License-Identifier: MIT */
#include "crypto/der.h"

#include <string.h>

#include "base/time.h"

/* Spec: X.690 8.1 (tags, lengths), 10.1 (definite, minimal), 11 (restrictions of DER) */
enum { TAG_NUMBER = 0x1f, LENGTH_LONG = 0x80, LENGTH_BYTES_MAX = 4 };

static const struct bytes_rd bad_reader = { .bad = true };

/* The long form: further bytes of the length. */
static size_t rd_long_length(struct bytes_rd *r, unsigned count)
{
	size_t length = 0;

	if (count == 0 || count > LENGTH_BYTES_MAX) {
		r->bad = true;
		return 0;
	}
	for (unsigned i = 0; i < count; i++)
		length = length << 8 | bytes_rd_u8(r);
	/* DER: the long form only where it is needed, and without leading zeros */
	if (length < LENGTH_LONG || length >> 8 * (count - 1) == 0)
		r->bad = true;
	return length;
}

/* Reads tag and length, and skips the content, which begins at the returned address; NULL: bad. */
static inline const uint8_t *rd_content(struct bytes_rd *r, uint8_t *ret_tag, size_t *ret_length)
{
	const uint8_t *head = bytes_rd_take(r, 2);

	if (!head)
		return NULL;
	*ret_tag = head[0];
	*ret_length = head[1];
	if (head[1] >= LENGTH_LONG)
		*ret_length = rd_long_length(r, head[1] - LENGTH_LONG);
	if ((head[0] & TAG_NUMBER) == TAG_NUMBER)
		r->bad = true;
	return bytes_rd_take(r, *ret_length);
}

int der_peek(const struct bytes_rd *r)
{
	return bytes_rd_left(r) > 0 ? r->data[r->off] : -1;
}

struct bytes_rd der_enter(struct bytes_rd *r, uint8_t tag)
{
	uint8_t found;
	size_t length;
	const uint8_t *content = rd_content(r, &found, &length);

	if (content && found == tag)
		return bytes_rd(content, length);
	r->bad = true;
	return bad_reader;
}

struct bytes_rd der_whole(struct bytes_rd *r)
{
	size_t start = r->off, length;
	uint8_t tag;

	return rd_content(r, &tag, &length) ? bytes_rd(r->data + start, r->off - start) : bad_reader;
}

void der_leave(struct bytes_rd *r, const struct bytes_rd *inner)
{
	if (inner->bad || inner->off != inner->size)
		r->bad = true;
}

bool der_bool(struct bytes_rd *r)
{
	struct bytes_rd content = der_enter(r, DER_BOOLEAN);
	uint8_t value = bytes_rd_u8(&content);

	der_leave(r, &content);
	if (value != 0x00 && value != 0xff)
		r->bad = true;
	return !r->bad && value;
}

struct bytes_rd der_big_uint(struct bytes_rd *r)
{
	struct bytes_rd n = der_enter(r, DER_INTEGER);
	bool negative, padded;

	if (n.bad || n.size == 0) {
		r->bad = true;
		return bad_reader;
	}
	negative = n.data[0] & 0x80;
	padded = n.size > 1 && n.data[0] == 0;
	if (negative || (padded && !(n.data[1] & 0x80))) {
		r->bad = true;
		return bad_reader;
	}
	return padded ? bytes_rd(n.data + 1, n.size - 1) : n;
}

uint64_t der_uint(struct bytes_rd *r)
{
	struct bytes_rd n = der_big_uint(r);
	uint64_t value = 0;

	if (n.size > sizeof(value)) {
		r->bad = true;
		return 0;
	}
	while (bytes_rd_left(&n) > 0)
		value = value << 8 | bytes_rd_u8(&n);
	return value;
}

struct bytes_rd der_bits(struct bytes_rd *r)
{
	struct bytes_rd content = der_enter(r, DER_BIT_STRING);
	uint8_t unused = bytes_rd_u8(&content);

	if (content.bad || unused != 0) {
		r->bad = true;
		return bad_reader;
	}
	return bytes_rd(content.data + 1, content.size - 1);
}

uint32_t der_named_bits(struct bytes_rd *r)
{
	struct bytes_rd content = der_enter(r, DER_BIT_STRING);
	uint8_t unused = bytes_rd_u8(&content);
	size_t n = bytes_rd_left(&content);
	uint32_t value = 0;
	uint8_t byte = 0;

	if (content.bad || unused > 7 || n > sizeof(value) || (n == 0 && unused != 0)) {
		r->bad = true;
		return 0;
	}
	for (size_t i = 0; i < n; i++) {
		byte = bytes_rd_u8(&content);
		for (unsigned bit = 0; bit < 8; bit++)
			if (byte & 0x80 >> bit)
				value |= UINT32_C(1) << (8 * i + bit);
	}
	if (byte & ((1U << unused) - 1)) {
		r->bad = true;
		return 0;
	}
	return value;
}

static unsigned rd_two_digits(struct bytes_rd *r)
{
	uint8_t tens = bytes_rd_u8(r), ones;

	ones = bytes_rd_u8(r);
	if (tens < '0' || tens > '9' || ones < '0' || ones > '9') {
		r->bad = true;
		return 0;
	}
	return (unsigned)(tens - '0') * 10 + (unsigned)(ones - '0');
}

int64_t der_time(struct bytes_rd *r)
{
	bool utc = der_peek(r) == DER_UTC_TIME;
	struct bytes_rd t = der_enter(r, utc ? DER_UTC_TIME : DER_GENERALIZED_TIME);
	unsigned century = utc ? 0 : rd_two_digits(&t);
	unsigned two = rd_two_digits(&t);
	unsigned month = rd_two_digits(&t);
	unsigned day = rd_two_digits(&t);
	unsigned hour = rd_two_digits(&t);
	unsigned minute = rd_two_digits(&t);
	unsigned second = rd_two_digits(&t);
	uint8_t zone = bytes_rd_u8(&t);
	int64_t days = 0;

	if (utc)
		century = two >= 50 ? 19 : 20; /* Spec: RFC 5280 4.1.2.5.1 */
	der_leave(r, &t);
	if (zone != 'Z' || hour > 23 || minute > 59 || second > 59 ||
	    !base_date_days(century * 100 + two, month, day, &days))
		r->bad = true;
	if (r->bad)
		return 0;
	return days * BASE_DAY_SECONDS + hour * 3600 + minute * 60 + second;
}

bool der_equal(const struct bytes_rd *r, const void *bytes, size_t n)
{
	return !r->bad && r->size == n && (n == 0 || memcmp(r->data, bytes, n) == 0);
}

struct der_wr der_wr(void *buf, size_t size)
{
	return (struct der_wr){ .w = bytes_wr(buf, size) };
}

void der_put_open(struct der_wr *d, uint8_t tag)
{
	if (d->depth == sizeof(d->open) / sizeof(d->open[0])) {
		d->w.bad = true;
		return;
	}
	bytes_wr_u8(&d->w, tag);
	bytes_wr_u8(&d->w, 0); /* placeholder of the length */
	d->open[d->depth++] = d->w.off;
}

void der_put_close(struct der_wr *d)
{
	size_t start, n, more = 0;
	uint8_t *at;

	if (d->depth == 0)
		d->w.bad = true;
	if (d->w.bad)
		return;
	start = d->open[--d->depth];
	n = d->w.off - start;
	if (n >= LENGTH_LONG)
		for (size_t rest = n; rest > 0; rest >>= 8)
			more++;
	bytes_wr_zero(&d->w, more);
	if (more > LENGTH_BYTES_MAX)
		d->w.bad = true;
	if (d->w.bad)
		return;
	at = d->w.data + start;
	at[-1] = (uint8_t)(more ? LENGTH_LONG | more : n);
	if (more == 0)
		return;
	memmove(at + more, at, n);
	for (size_t i = 0; i < more; i++)
		at[i] = (uint8_t)(n >> 8 * (more - 1 - i));
}

void der_put(struct der_wr *d, uint8_t tag, const void *content, size_t n)
{
	der_put_open(d, tag);
	der_put_raw(d, content, n);
	der_put_close(d);
}

void der_put_raw(struct der_wr *d, const void *bytes, size_t n)
{
	bytes_wr_copy(&d->w, bytes, n);
}

void der_put_uint(struct der_wr *d, uint64_t v)
{
	uint8_t big_endian[sizeof(v)];

	for (unsigned i = 0; i < sizeof(v); i++)
		big_endian[i] = (uint8_t)(v >> 8 * (sizeof(v) - 1 - i));
	der_put_big_uint(d, big_endian, sizeof(v));
}

void der_put_big_uint(struct der_wr *d, const uint8_t *big_endian, size_t n)
{
	while (n > 0 && big_endian[0] == 0) {
		big_endian++;
		n--;
	}
	der_put_open(d, DER_INTEGER);
	if (n == 0 || big_endian[0] & 0x80)
		bytes_wr_u8(&d->w, 0);
	der_put_raw(d, big_endian, n);
	der_put_close(d);
}

void der_put_bits(struct der_wr *d, const void *bytes, size_t n, unsigned unused_bits)
{
	der_put_open(d, DER_BIT_STRING);
	bytes_wr_u8(&d->w, (uint8_t)unused_bits);
	der_put_raw(d, bytes, n);
	der_put_close(d);
}

static void put_two_digits(struct der_wr *d, unsigned v)
{
	bytes_wr_u8(&d->w, (uint8_t)('0' + v / 10 % 10));
	bytes_wr_u8(&d->w, (uint8_t)('0' + v % 10));
}

void der_put_time(struct der_wr *d, int64_t seconds)
{
	int64_t days = base_time_days(seconds);
	unsigned year, month, day, rest;
	bool utc;

	if (!base_days_date(days, &year, &month, &day)) {
		d->w.bad = true;
		return;
	}
	rest = (unsigned)(seconds - days * BASE_DAY_SECONDS);
	utc = year >= 1950 && year < 2050;
	der_put_open(d, utc ? DER_UTC_TIME : DER_GENERALIZED_TIME);
	if (!utc)
		put_two_digits(d, year / 100);
	put_two_digits(d, year % 100);
	put_two_digits(d, month);
	put_two_digits(d, day);
	put_two_digits(d, rest / 3600);
	put_two_digits(d, rest / 60 % 60);
	put_two_digits(d, rest % 60);
	bytes_wr_u8(&d->w, 'Z');
	der_put_close(d);
}
