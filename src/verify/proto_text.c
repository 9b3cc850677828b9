/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "verify/proto.h"

enum { MAX_DEPTH = 8, NAME_BYTES = 64 };

static uint8_t peek(const struct bytes_rd *r)
{
	return bytes_rd_left(r) > 0 ? r->data[r->off] : 0;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Skips white space and comments. */
static void skip(struct bytes_rd *r)
{
	for (;;) {
		if (is_blank(peek(r))) {
			bytes_rd_skip(r, 1);
		} else if (peek(r) == '#') {
			while (bytes_rd_left(r) > 0 && peek(r) != '\n')
				bytes_rd_skip(r, 1);
		} else {
			return;
		}
	}
}

static bool take(struct bytes_rd *r, uint8_t c)
{
	skip(r);
	if (peek(r) != c || bytes_rd_left(r) == 0)
		return false;
	bytes_rd_skip(r, 1);
	return true;
}

static bool is_word(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
	       c == '.' || c == '-' || c == '+';
}

/* Reads a name, a number or an enumerator; false: too long, or none. */
static bool take_word(struct bytes_rd *r, char to[NAME_BYTES])
{
	size_t n = 0;

	skip(r);
	while (is_word(peek(r))) {
		if (n == NAME_BYTES - 1)
			return false;
		to[n++] = (char)bytes_rd_u8(r);
	}
	to[n] = '\0';
	return n > 0;
}

static int octal(struct bytes_rd *r, uint8_t first)
{
	int v = first - '0';

	for (unsigned i = 0; i < 2 && peek(r) >= '0' && peek(r) <= '7'; i++)
		v = v * 8 + (bytes_rd_u8(r) - '0');
	return v <= 0xff ? v : -1;
}

static int hexadecimal(struct bytes_rd *r)
{
	static const char digits[] = "0123456789abcdef";
	int v = -1;

	for (unsigned i = 0; i < 2; i++) {
		const char *at = peek(r) ? strchr(digits, peek(r) | 0x20) : NULL;

		if (!at || (peek(r) < 'A' && peek(r) > '9') || peek(r) < '0')
			break;
		v = (v < 0 ? 0 : v * 16) + (int)(at - digits);
		bytes_rd_skip(r, 1);
	}
	return v;
}

/* The byte for an escape sequence after its backslash; -1: unknown. */
static int escaped(struct bytes_rd *r)
{
	static const char letters[] = "abfnrtv\\'\"?", bytes[] = "\a\b\f\n\r\t\v\\'\"?";
	uint8_t c = bytes_rd_u8(r);
	const char *at;

	if (c >= '0' && c <= '7')
		return octal(r, c);
	if (c == 'x' || c == 'X')
		return hexadecimal(r);
	at = c ? strchr(letters, c) : NULL;
	return at ? (uint8_t)bytes[at - letters] : -1;
}

/* Reads a string; adjacent strings are concatenated. 0; JURAT_NOT_FOUND; -ENOMEM */
static int take_string(struct bytes_rd *r, json_t **ret)
{
	auto_free uint8_t *bytes = malloc(bytes_rd_left(r) + 1);
	auto_free char *hex = NULL;
	size_t n = 0;

	if (!bytes)
		return -ENOMEM;
	for (skip(r); peek(r) == '"' || peek(r) == '\''; skip(r)) {
		uint8_t quote = bytes_rd_u8(r);

		while (peek(r) != quote) {
			int c = bytes_rd_left(r) > 0 ? bytes_rd_u8(r) : -1;

			if (c == '\\')
				c = escaped(r);
			if (c < 0 || r->bad)
				return JURAT_NOT_FOUND;
			bytes[n++] = (uint8_t)c;
		}
		bytes_rd_skip(r, 1);
	}
	hex = malloc(BYTES_HEX_SIZE(n));
	if (!hex)
		return -ENOMEM;
	*ret = json_string(bytes_to_hex(bytes, n, hex));
	return *ret ? 0 : -ENOMEM;
}

static int take_fields(struct bytes_rd *r, uint8_t end, unsigned depth, json_t *to);

/* Reads the value of a field: a message, bytes, or a word. */
static int take_value(struct bytes_rd *r, bool colon, unsigned depth, json_t **ret)
{
	bool angle = take(r, '<');
	char word[NAME_BYTES];
	int e;

	if (angle || take(r, '{')) {
		*ret = json_object();
		e = !*ret                ? -ENOMEM
		    : depth == MAX_DEPTH ? JURAT_NOT_FOUND
					 : take_fields(r, angle ? '>' : '}', depth + 1, *ret);
		if (e != 0)
			json_decref(*ret);
		return e;
	}
	if (!colon)
		return JURAT_NOT_FOUND;
	skip(r);
	if (peek(r) == '"' || peek(r) == '\'')
		return take_string(r, ret);
	if (!take_word(r, word))
		return JURAT_NOT_FOUND;
	*ret = json_string(word);
	return *ret ? 0 : -ENOMEM;
}

/* Appends to the array of a field's values; takes ownership of the value. */
static int put(json_t *to, const char *name, json_t *value)
{
	json_t *array = json_object_get(to, name);

	if (!array) {
		array = json_array();
		if (!array || json_object_set_new(to, name, array) < 0) {
			json_decref(value);
			return -ENOMEM;
		}
	}
	return json_array_append_new(array, value) < 0 ? -ENOMEM : 0;
}

/* NAME: VALUE, NAME { FIELDS } or NAME: [VALUE, VALUE]. */
static int take_field(struct bytes_rd *r, unsigned depth, json_t *to)
{
	char name[NAME_BYTES];
	bool colon, list, more;

	if (!take_word(r, name))
		return JURAT_NOT_FOUND;
	colon = take(r, ':');
	list = colon && take(r, '[');
	do {
		json_t *value = NULL;
		int e = take_value(r, colon, depth, &value);

		if (e == 0)
			e = put(to, name, value);
		if (e != 0)
			return e;
		more = list && take(r, ',');
	} while (more);
	return list && !take(r, ']') ? JURAT_NOT_FOUND : 0;
}

/* Replaces an array of one element with the element. */
static int unwrap(json_t *to)
{
	const char *name;
	json_t *array;
	void *next;

	json_object_foreach_safe(to, next, name, array)
	{
		if (json_array_size(array) == 1 && json_object_set(to, name, json_array_get(array, 0)) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int take_fields(struct bytes_rd *r, uint8_t end, unsigned depth, json_t *to)
{
	for (skip(r); bytes_rd_left(r) > 0 && (end == 0 || peek(r) != end); skip(r)) {
		int e = take_field(r, depth, to);

		if (e != 0)
			return e;
		if (!take(r, ','))
			take(r, ';');
	}
	if (end != 0 && !take(r, end))
		return JURAT_NOT_FOUND;
	return r->bad ? JURAT_NOT_FOUND : unwrap(to);
}

int proto_read_text(const uint8_t *text, size_t n, json_t **ret)
{
	struct bytes_rd r = bytes_rd(text, n);
	json_t *to = json_object();

	return proto_end(to ? take_fields(&r, 0, 0, to) : -ENOMEM, to, ret);
}
