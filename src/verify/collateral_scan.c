/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "verify/collateral.h"

/*
 * A walk over JSON text that jansson has judged already: it finds where things lie, not what they mean.
 * Intel signs the bytes of a member's value as served, so the bytes are what must be hashed (a second
 * writing of the same value is another text).
 */
static void skip_space(struct bytes_rd *r)
{
	while (bytes_rd_left(r) > 0 && strchr(" \t\r\n", r->data[r->off]) && r->data[r->off] != '\0')
		bytes_rd_skip(r, 1);
}

/* Past a string whose opening quote was read; its raw content. */
static struct bytes_rd take_string(struct bytes_rd *r)
{
	size_t start = r->off;

	while (bytes_rd_left(r) > 0) {
		uint8_t c = bytes_rd_u8(r);

		if (c == '\\')
			bytes_rd_skip(r, 1);
		else if (c == '"')
			return bytes_rd(r->data + start, r->off - 1 - start);
	}
	r->bad = true;
	return bytes_rd(NULL, 0);
}

/* Past one value of any kind, to the comma or bracket that ends it. */
static void skip_value(struct bytes_rd *r)
{
	size_t depth = 0;

	while (bytes_rd_left(r) > 0) {
		uint8_t c = r->data[r->off];

		if (depth == 0 && (c == ',' || c == '}' || c == ']'))
			return;
		bytes_rd_skip(r, 1);
		if (c == '"')
			take_string(r);
		else if (c == '{' || c == '[')
			depth++;
		else if (c == '}' || c == ']')
			depth--;
	}
	r->bad = true;
}

int collateral_member_range(const uint8_t *text, size_t n, const char *member, size_t *ret_off,
			    size_t *ret_size)
{
	struct bytes_rd r = bytes_rd(text, n);

	skip_space(&r);
	if (bytes_rd_u8(&r) != '{')
		return JURAT_NOT_FOUND;
	while (!r.bad) {
		struct bytes_rd name;
		size_t start, end;

		skip_space(&r);
		if (bytes_rd_u8(&r) != '"')
			break;
		name = take_string(&r);
		skip_space(&r);
		bytes_rd_skip(&r, 1); /* the colon */
		skip_space(&r);
		start = r.off;
		skip_value(&r);
		end = r.off;
		if (r.bad || bytes_rd_left(&r) == 0)
			break;
		while (end > start && strchr(" \t\r\n", text[end - 1]))
			end--;
		if (name.size == strlen(member) && memcmp(name.data, member, name.size) == 0) {
			*ret_off = start;
			*ret_size = end - start;
			return 0;
		}
		bytes_rd_skip(&r, 1); /* the comma, or the brace that ends the object */
	}
	return JURAT_NOT_FOUND;
}

int collateral_check_depth(const uint8_t *text, size_t n, struct jurat_error *err)
{
	struct bytes_rd r = bytes_rd(text, n);
	size_t depth = 0;

	while (bytes_rd_left(&r) > 0) {
		uint8_t c = bytes_rd_u8(&r);

		if (c == '"')
			take_string(&r);
		else if (c == '{' || c == '[')
			depth++;
		else if ((c == '}' || c == ']') && depth > 0)
			depth--;
		if (depth > COLLATERAL_MAX_DEPTH)
			return jurat_fail(err, -EBADMSG, "nested more than %d deep at byte %zu",
					  COLLATERAL_MAX_DEPTH, r.off);
	}
	return 0;
}

/* Days since 1970 of a date of the Gregorian calendar. */
static int64_t days_of(int64_t year, unsigned month, unsigned day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t days = 365 * y + y / 4 - y / 100 + y / 400;

	return days + (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1 - 719468;
}

static bool digits(const char *text, size_t n, unsigned *ret)
{
	unsigned v = 0;

	for (size_t i = 0; i < n; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		v = v * 10 + (unsigned)(text[i] - '0');
	}
	*ret = v;
	return true;
}

bool collateral_time(const char *text, int64_t *ret)
{
	static const uint8_t month_days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	unsigned year, month, day, hour, minute, second, last;

	if (strlen(text) != 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' ||
	    text[16] != ':' || text[19] != 'Z')
		return false;
	if (!digits(text, 4, &year) || !digits(text + 5, 2, &month) || !digits(text + 8, 2, &day) ||
	    !digits(text + 11, 2, &hour) || !digits(text + 14, 2, &minute) || !digits(text + 17, 2, &second))
		return false;
	if (year < 1970 || month < 1 || month > 12 || hour > 23 || minute > 59 || second > 59)
		return false;
	last = month_days[month - 1];
	if (month == 2 && (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)))
		last++;
	if (day < 1 || day > last)
		return false;
	*ret = days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
	return true;
}
