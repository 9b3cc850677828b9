/* SPDX-License-Identifier: MIT */
#include "verify/encoding.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "verify/input.h"

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool begins(const uint8_t *text, size_t n, const char *with)
{
	return n >= strlen(with) && strncasecmp((const char *)text, with, strlen(with)) == 0;
}

static const uint8_t *find(const uint8_t *text, size_t n, const char *words)
{
	return memmem(text, n, words, strlen(words));
}

/* The value of a hex digit; -1: not one */
static int hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Removes the name of an HTTP header in front of its value. */
static int undo_header(const uint8_t *text, size_t n, uint8_t **ret, size_t *ret_n)
{
	static const char *const values[] = { "-----BEGIN", "%2D%2D", "\"-----BEGIN" };
	size_t at = 0;

	while (at < n && at < 64 && (text[at] == '-' || (text[at] | 0x20) >= 'a') && (text[at] | 0x20) <= 'z')
		at++;
	if (at == 0 || at == n || text[at] != ':')
		return JURAT_NOT_FOUND;
	for (at++; at < n && is_space(text[at]); at++)
		;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		if (!begins(text + at, n - at, values[i]))
			continue;
		*ret = malloc(n - at);
		if (!*ret)
			return -ENOMEM;
		*ret_n = n - at;
		memcpy(*ret, text + at, n - at);
		return 0;
	}
	return JURAT_NOT_FOUND;
}

/* Percent-decodes PEM, as in HTTP headers of Intel's services or form data. Spec: RFC 3986, 2.1. */
static int undo_percent(const uint8_t *text, size_t n, uint8_t **ret, size_t *ret_n)
{
	bool plus = begins(text, n, "-----BEGIN+");
	auto_free uint8_t *to = NULL;
	size_t off = 0;

	if (!plus && !begins(text, n, "-----BEGIN%20") && !begins(text, n, "%2D%2D"))
		return JURAT_NOT_FOUND;
	to = malloc(n);
	if (!to)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		if (text[i] != '%') {
			to[off++] = plus && text[i] == '+' ? ' ' : text[i];
			continue;
		}
		if (n - i < 3 || hex_digit(text[i + 1]) < 0 || hex_digit(text[i + 2]) < 0)
			return JURAT_NOT_FOUND;
		to[off++] = (uint8_t)(hex_digit(text[i + 1]) << 4 | hex_digit(text[i + 2]));
		i += 2;
	}
	*ret = take_ptr(to);
	*ret_n = off;
	return 0;
}

/* PEM with escape sequences in place of line ends. */
static int undo_escapes(const uint8_t *text, size_t n, uint8_t **ret, size_t *ret_n)
{
	auto_free uint8_t *to = NULL;
	size_t off = 0;

	if (!begins(text, n, "-----BEGIN ") || !memchr(text, '\\', n) || !find(text, n, "\\n"))
		return JURAT_NOT_FOUND;
	to = malloc(n);
	if (!to)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		if (text[i] == '\\' && n - i > 1 && (text[i + 1] == 'n' || text[i + 1] == 'r'))
			to[off++] = text[++i] == 'n' ? '\n' : '\r';
		else
			to[off++] = text[i];
	}
	*ret = take_ptr(to);
	*ret_n = off;
	return 0;
}

static int undo_json_string(const uint8_t *text, size_t n, uint8_t **ret, size_t *ret_n)
{
	json_t *value;

	if (n < 2 || text[0] != '"' || text[n - 1] != '"')
		return JURAT_NOT_FOUND;
	value = json_loadb((const char *)text, n, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	if (!json_is_string(value) || json_string_length(value) == 0) {
		json_decref(value);
		return JURAT_NOT_FOUND;
	}
	*ret_n = json_string_length(value);
	*ret = malloc(*ret_n);
	if (*ret)
		memcpy(*ret, json_string_value(value), *ret_n);
	json_decref(value);
	return *ret ? 0 : -ENOMEM;
}

/*
 * Reads digits in pairs, with white space anywhere, and colons, dashes, commas, 0x and \x between pairs.
 *
 * to  zeros, or NULL to count only
 */
static bool read_hex(const uint8_t *text, size_t n, uint8_t *to, size_t *ret_n)
{
	size_t digits = 0;

	for (size_t i = 0; i < n; i++) {
		const bool between = digits % 2 == 0;

		if (is_space(text[i]) || (between && memchr(":-,", text[i], 3)))
			continue;
		if (between && (begins(text + i, n - i, "0x") || begins(text + i, n - i, "\\x"))) {
			i++;
			continue;
		}
		if (hex_digit(text[i]) < 0)
			return false;
		if (to)
			to[digits / 2] = (uint8_t)(to[digits / 2] << 4 | hex_digit(text[i]));
		digits++;
	}
	*ret_n = digits / 2;
	return digits > 0 && digits % 2 == 0;
}

static int undo_hex(const uint8_t *text, size_t n, uint8_t **ret, size_t *ret_n)
{
	uint8_t *to;

	if (!read_hex(text, n, NULL, ret_n))
		return JURAT_NOT_FOUND;
	to = calloc(1, *ret_n);
	if (!to)
		return -ENOMEM;
	read_hex(text, n, to, ret_n);
	*ret = to;
	return 0;
}

/* Base64 with white space anywhere, usually lines of 64 or 76 digits. */
static int undo_base64(const uint8_t *text, size_t n, uint8_t **ret, size_t *ret_n)
{
	auto_free char *digits = malloc(n + 1);
	auto_free uint8_t *to = malloc(BASE64_ROOM(n));
	size_t n_digits = 0;

	if (!digits || !to)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		if (!is_space(text[i]))
			digits[n_digits++] = (char)text[i];
	if (!base64_read(digits, n_digits, to, ret_n))
		return JURAT_NOT_FOUND;
	*ret = take_ptr(to);
	return 0;
}

static size_t put_utf8(uint32_t c, uint8_t *to)
{
	const unsigned more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
	static const uint8_t first[] = { 0, 0xc0, 0xe0, 0xf0 };

	to[0] = (uint8_t)(first[more] | c >> 6 * more);
	for (unsigned i = 1; i <= more; i++)
		to[i] = (uint8_t)(0x80 | (c >> 6 * (more - i) & 0x3f));
	return more + 1;
}

/*
 * Converts UTF-16 with a byte order mark to UTF-8: text files of Windows, such as what PowerShell redirects.
 * Spec: RFC 2781.
 */
static int undo_utf16(const uint8_t *text, size_t n, uint8_t **ret, size_t *ret_n)
{
	const bool big = n >= 2 && text[0] == 0xfe && text[1] == 0xff;
	auto_free uint8_t *to = NULL;
	size_t off = 0;
	uint32_t high = 0;

	if (n < 4 || n % 2 != 0 || (!big && (text[0] != 0xff || text[1] != 0xfe)))
		return JURAT_NOT_FOUND;
	to = malloc(n / 2 * 3); /* a pair of units takes four bytes */
	if (!to)
		return -ENOMEM;
	for (size_t i = 2; i < n; i += 2) {
		uint32_t c = (uint32_t)text[i + !big] << 8 | text[i + big];
		const bool is_low = c >= 0xdc00 && c < 0xe000;

		if (is_low != (high != 0))
			return JURAT_NOT_FOUND;
		if (c >= 0xd800 && c < 0xdc00) {
			high = c;
			continue;
		}
		if (is_low)
			c = 0x10000 + ((high & 0x3ff) << 10) + (c & 0x3ff);
		high = 0;
		off += put_utf8(c, to + off);
	}
	if (high != 0 || !input_is_printable(to, off))
		return JURAT_NOT_FOUND;
	*ret = take_ptr(to);
	*ret_n = off;
	return 0;
}

typedef int undo_layer(const uint8_t *text, size_t n, uint8_t **ret, size_t *ret_n);

struct layer {
	const char *name;
	undo_layer *undo;
};

/* The first three are encoded PEM, which a PEM parser would take for malformed PEM. */
static const struct layer layers[] = {
	{ "an HTTP header", undo_header },
	{ "percent encoding", undo_percent },
	{ "escaped newlines", undo_escapes },
	{ "a JSON string", undo_json_string },
	{ "hex", undo_hex },
	{ "base64", undo_base64 },
};
enum { N_DISGUISES = 3 };

static const struct layer utf16 = { "UTF-16", undo_utf16 };

/* Whether bytes that end with a NUL are of a known binary kind, although all others may be printable. */
static bool is_zero_padded(const struct encoding_bytes *b)
{
	enum input_kind kind;

	if (b->n == 0 || b->bytes[b->n - 1] != '\0')
		return false;
	kind = input_kind(b->bytes, b->n);
	return kind != INPUT_UNKNOWN && kind != INPUT_JSON && kind != INPUT_PEM;
}

/* Removes a leading byte order mark, and white space and NULs at both ends. false: not a text. */
static bool trim(struct encoding_bytes *b)
{
	const uint8_t *p = b->bytes;
	size_t n = b->n;

	if (is_zero_padded(b))
		return false;
	if (n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
		p += 3, n -= 3;
	while (n > 0 && (p[n - 1] == '\0' || is_space(p[n - 1])))
		n--;
	while (n > 0 && is_space(p[0]))
		p++, n--;
	if (n == 0 || !input_is_printable(p, n))
		return false;
	b->bytes = p;
	b->n = n;
	return true;
}

/* Prepends the name of a removed layer, so that the outermost comes last. */
static void name_layer(struct encoding_bytes *b, const char *name)
{
	char inner[sizeof(b->how)];

	memcpy(inner, b->how, sizeof(inner));
	snprintf(b->how, sizeof(b->how), "%s%s%.60s", name, inner[0] ? " in " : "", inner);
}

/* 0 removed; JURAT_NOT_FOUND not there; -ENOMEM */
static int remove_layer(struct encoding_bytes *b, const struct layer *layer)
{
	uint8_t *to = NULL;
	size_t n;
	int r = layer->undo(b->bytes, b->n, &to, &n);

	if (r != 0)
		return r;
	free(b->own);
	b->own = to;
	b->bytes = to;
	b->n = n;
	name_layer(b, layer->name);
	return 0;
}

/* Removes one layer. 0 removed; JURAT_NOT_FOUND there is none; -ENOMEM */
static int undo_one(struct encoding_bytes *b)
{
	enum input_kind kind;
	int r = JURAT_NOT_FOUND;

	if (!trim(b))
		return remove_layer(b, &utf16);
	kind = input_kind(b->bytes, b->n);
	for (size_t i = 0; r == JURAT_NOT_FOUND && i < ARRAY_SIZE(layers); i++) {
		if (i >= N_DISGUISES && kind != INPUT_UNKNOWN)
			break;
		r = remove_layer(b, &layers[i]);
	}
	return r;
}

int encoding_undo(const uint8_t *text, size_t n, struct encoding_bytes *ret, struct jurat_error *err)
{
	struct encoding_bytes b = { .bytes = text, .n = n };
	int r = 0;

	for (unsigned i = 0; r == 0 && i < ENCODING_MAX_LAYERS; i++)
		r = undo_one(&b);
	if (r < 0) {
		encoding_done(&b);
		return jurat_fail_memory(err);
	}
	*ret = b;
	return 0;
}

void encoding_done(struct encoding_bytes *bytes)
{
	free(bytes->own);
	*bytes = (struct encoding_bytes){ .bytes = NULL };
}

static bool from_hex(const char *text, size_t size, uint8_t *to, size_t n)
{
	if (size != 2 * n)
		return false;
	for (size_t i = 0; i < n; i++) {
		int high = hex_digit((uint8_t)text[2 * i]), low = hex_digit((uint8_t)text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		to[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

bool encoding_read_bytes(const char *text, size_t size, uint8_t *to, size_t n)
{
	size_t start = begins((const uint8_t *)text, size, "0x") ? 2 : 0, digits = size, got;

	if (from_hex(text + start, size - start, to, n))
		return true;
	while (digits > 0 && text[digits - 1] == '=')
		digits--;
	return digits / 4 * 3 + digits % 4 * 3 / 4 == n && base64_read(text, size, to, &got) && got == n;
}

bool encoding_json_bytes(const json_t *value, uint8_t *to, size_t n)
{
	size_t items = json_array_size(value);

	if (json_is_string(value))
		return encoding_read_bytes(json_string_value(value), json_string_length(value), to, n);
	if (items == 0 || n % items != 0)
		return false;
	for (size_t i = 0; i < items; i++) {
		const json_t *item = json_array_get(value, i);
		json_int_t v = json_integer_value(item);

		if (json_is_string(item)) {
			if (!encoding_json_bytes(item, to + i * (n / items), n / items))
				return false;
			continue;
		}
		if (!json_is_integer(item) || items != n || v < 0 || v > 0xff)
			return false;
		to[i] = (uint8_t)v;
	}
	return true;
}

int encoding_json_array(const json_t *value, uint8_t **ret, size_t *ret_n)
{
	size_t n = json_array_size(value);
	uint8_t *to;

	if (n == 0 || !json_is_integer(json_array_get(value, 0)))
		return JURAT_NOT_FOUND;
	to = malloc(n);
	if (!to)
		return -ENOMEM;
	if (!encoding_json_bytes(value, to, n)) {
		free(to);
		return JURAT_NOT_FOUND;
	}
	*ret = to;
	*ret_n = n;
	return 0;
}
