/* SPDX-License-Identifier: MIT */
#include "verify/tdx_collateral_json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "verify/json_names.h"

struct reading {
	const uint8_t *text;
	size_t n, off; /* off <= n always */
	struct json_rd json;
	const char *why; /* NULL: no error so far */
	bool no_memory;
};

/* The next byte; 0 at the end, since NUL is not allowed anywhere. */
static uint8_t peek(const struct reading *r)
{
	return r->off < r->n ? r->text[r->off] : 0;
}

static bool fail(struct reading *r, const char *why)
{
	if (!r->why)
		r->why = why;
	return false;
}

static void skip_space(struct reading *r)
{
	for (uint8_t c = peek(r); c == ' ' || c == '\n' || c == '\r' || c == '\t'; c = peek(r))
		r->off++;
}

/* JSON_RD_NONE: out of memory. The token is completed once its value has been read. */
static json_rd_at new_token(struct reading *r, enum json_rd_kind kind)
{
	struct json_rd *j = &r->json;

	if (j->n == j->room) {
		uint32_t room = j->room ? 2 * j->room : 512; /* never more tokens than bytes */
		struct json_rd_token *more = reallocarray(j->tokens, room, sizeof(*more));

		if (!more) {
			r->no_memory = true;
			return JSON_RD_NONE;
		}
		j->tokens = more;
		j->room = room;
	}
	j->tokens[j->n] = (struct json_rd_token){ .start = (uint32_t)r->off, .kind = (uint8_t)kind };
	return j->n++;
}

static bool end_token(struct reading *r, json_rd_at at)
{
	r->json.tokens[at].size = (uint32_t)r->off - r->json.tokens[at].start;
	r->json.tokens[at].next = r->json.n;
	return true;
}

static bool is_hex(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool skip_escape(struct reading *r)
{
	uint8_t c;

	r->off++;
	c = peek(r);
	if (c == 0 || !strchr("\"\\/bfnrtu", c))
		return fail(r, "an unknown escape");
	r->off++;
	for (unsigned i = 0; c == 'u' && i < 4; i++, r->off++) {
		if (!is_hex(peek(r)))
			return fail(r, "a \\u without four hex digits");
	}
	return true;
}

/*
 * Skips one non-ASCII UTF-8 character; no overlong forms, surrogates or control characters. Spec: RFC 3629,
 * 4.
 */
static bool skip_utf8(struct reading *r)
{
	static const struct {
		uint8_t mask, lead;
		uint32_t least;
	} forms[] = { { 0xe0, 0xc0, 0xa0 }, { 0xf0, 0xe0, 0x800 }, { 0xf8, 0xf0, 0x10000 } };
	uint8_t c = peek(r);

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		uint32_t code = c & (uint8_t)~forms[i].mask;
		size_t n = i + 1; /* continuation bytes */

		if ((c & forms[i].mask) != forms[i].lead)
			continue;
		for (r->off++; n > 0 && (peek(r) & 0xc0) == 0x80; n--)
			code = code << 6 | (r->text[r->off++] & 0x3f);
		return n == 0 && code >= forms[i].least && code <= 0x10ffff &&
		       (code < 0xd800 || code > 0xdfff);
	}
	return false;
}

static bool read_string(struct reading *r)
{
	bool escaped = false;
	json_rd_at at;

	r->off++; /* the quote */
	at = new_token(r, JSON_RD_STRING);
	if (at == JSON_RD_NONE)
		return false;
	for (;;) {
		uint8_t c = peek(r);

		if (c == '"')
			break;
		if (c >= 0x80 && skip_utf8(r))
			continue;
		if (c < 0x20 || c > 0x7e)
			return fail(r, "a string that does not end, has a control character or is not UTF-8");
		if (c != '\\') {
			r->off++;
			continue;
		}
		escaped = true;
		if (!skip_escape(r))
			return false;
	}
	r->json.tokens[at].escaped = escaped;
	end_token(r, at);
	r->off++;
	return true;
}

static size_t skip_digits(struct reading *r)
{
	size_t start = r->off;

	while (peek(r) >= '0' && peek(r) <= '9')
		r->off++;
	return r->off - start;
}

static bool read_number(struct reading *r)
{
	json_rd_at at = new_token(r, JSON_RD_NUMBER);
	uint8_t first;
	size_t n;

	if (at == JSON_RD_NONE)
		return false;
	if (peek(r) == '-')
		r->off++;
	first = peek(r);
	n = skip_digits(r);
	if (n == 0 || (n > 1 && first == '0'))
		return fail(r, "a number that begins wrongly");
	if (peek(r) == '.') {
		r->off++;
		if (skip_digits(r) == 0)
			return fail(r, "a number without digits behind its point");
	}
	if (peek(r) == 'e' || peek(r) == 'E') {
		r->off++;
		if (peek(r) == '+' || peek(r) == '-')
			r->off++;
		if (skip_digits(r) == 0)
			return fail(r, "a number without digits in its exponent");
	}
	return end_token(r, at);
}

static bool read_word(struct reading *r)
{
	static const char *const words[] = { "true", "false", "null" };
	json_rd_at at = new_token(r, JSON_RD_WORD);

	for (size_t i = 0; at != JSON_RD_NONE && i < ARRAY_SIZE(words); i++) {
		size_t n = strlen(words[i]);

		if (r->n - r->off < n || memcmp(r->text + r->off, words[i], n) != 0)
			continue;
		r->off += n;
		return end_token(r, at);
	}
	return fail(r, "something that begins no value");
}

static bool read_value(struct reading *r, unsigned depth);

/* Reads a unique member name, a colon and a value. */
static bool read_member(struct reading *r, json_rd_at object, unsigned depth)
{
	const struct json_rd *j = &r->json;
	json_rd_at name = j->n;

	if (peek(r) != '"')
		return fail(r, "an object's member without a name");
	if (!read_string(r))
		return false;
	if (j->tokens[name].escaped)
		return fail(r, "a name with an escape");
	for (json_rd_at other = object + 1; other < name; other = j->tokens[other + 1].next) {
		if (json_names_alike((const char *)r->text + j->tokens[other].start, j->tokens[other].size,
				     (const char *)r->text + j->tokens[name].start, j->tokens[name].size))
			return fail(r, "a name that comes twice (case, _ and - do not count)");
	}
	skip_space(r);
	if (peek(r) != ':')
		return fail(r, "a name without a colon");
	r->off++;
	return read_value(r, depth);
}

/* Reads the items of an array or object, and the closing bracket. */
static bool read_items(struct reading *r, json_rd_at at, uint8_t end, unsigned depth)
{
	r->off++; /* the bracket */
	skip_space(r);
	for (unsigned i = 0; peek(r) != end || i > 0; i++) {
		if (end == '}' && i == JSON_MAX_MEMBERS)
			return fail(r, "an object with too many members");
		if (!(end == '}' ? read_member(r, at, depth) : read_value(r, depth)))
			return false;
		skip_space(r);
		if (peek(r) == end)
			break;
		if (peek(r) != ',')
			return fail(r, "neither a comma nor an end");
		r->off++;
		skip_space(r);
	}
	r->off++;
	return end_token(r, at);
}

static bool read_value(struct reading *r, unsigned depth)
{
	json_rd_at at;
	uint8_t c;

	skip_space(r);
	c = peek(r);
	if (c == '{' || c == '[') {
		if (depth == JSON_MAX_DEPTH)
			return fail(r, "nested too deep");
		at = new_token(r, c == '{' ? JSON_RD_OBJECT : JSON_RD_ARRAY);
		return at != JSON_RD_NONE && read_items(r, at, c == '{' ? '}' : ']', depth + 1);
	}
	if (c == '"')
		return read_string(r);
	if (c == '-' || (c >= '0' && c <= '9'))
		return read_number(r);
	return read_word(r);
}

int json_rd_open(const uint8_t *text, size_t n, struct json_rd *ret, struct jurat_error *err)
{
	struct reading r = { .text = text, .n = n, .json.text = text };
	bool good;

	if (n > JSON_MAX_BYTES)
		return jurat_fail(err, -EBADMSG, "%zu bytes of JSON, at most %d", n, JSON_MAX_BYTES);
	good = read_value(&r, 0);
	skip_space(&r);
	if (good && r.off != n)
		good = fail(&r, "something behind the end");
	if (!good) {
		free(r.json.tokens);
		return r.no_memory ? jurat_fail_memory(err)
				   : jurat_fail(err, -EBADMSG, "JSON: byte %zu: %s", r.off, r.why);
	}
	*ret = r.json;
	return 0;
}

void json_rd_done(struct json_rd *json)
{
	free(json->tokens);
	*json = (struct json_rd){ 0 };
}

bool json_rd_is(const struct json_rd *json, json_rd_at at, enum json_rd_kind kind)
{
	return at < json->n && json->tokens[at].kind == kind;
}

json_rd_at json_rd_get(const struct json_rd *json, json_rd_at object, const char *name)
{
	size_t n = strlen(name);

	if (!json_rd_is(json, object, JSON_RD_OBJECT))
		return JSON_RD_NONE;
	for (json_rd_at i = object + 1; i < json->tokens[object].next; i = json->tokens[i + 1].next) {
		const struct json_rd_token *t = &json->tokens[i];

		if (t->size == n && memcmp(json->text + t->start, name, n) == 0)
			return i + 1;
	}
	return JSON_RD_NONE;
}

json_rd_at json_rd_get_alike(const struct json_rd *json, json_rd_at object, const char *name)
{
	size_t n = strlen(name);

	if (!json_rd_is(json, object, JSON_RD_OBJECT))
		return JSON_RD_NONE;
	for (json_rd_at i = object + 1; i < json->tokens[object].next; i = json->tokens[i + 1].next) {
		const struct json_rd_token *t = &json->tokens[i];

		if (json_names_alike((const char *)json->text + t->start, t->size, name, n))
			return i + 1;
	}
	return JSON_RD_NONE;
}

json_rd_at json_rd_first(const struct json_rd *json, json_rd_at array)
{
	if (!json_rd_is(json, array, JSON_RD_ARRAY) || json->tokens[array].next == array + 1)
		return JSON_RD_NONE;
	return array + 1;
}

json_rd_at json_rd_next(const struct json_rd *json, json_rd_at array, json_rd_at item)
{
	json_rd_at next = json->tokens[item].next;

	return next < json->tokens[array].next ? next : JSON_RD_NONE;
}

uint32_t json_rd_count(const struct json_rd *json, json_rd_at array)
{
	uint32_t n = 0;

	for (json_rd_at i = json_rd_first(json, array); i != JSON_RD_NONE; i = json_rd_next(json, array, i))
		n++;
	return n;
}

bool json_rd_number(const struct json_rd *json, json_rd_at at, uint32_t max, uint32_t *ret)
{
	uint64_t v = 0;

	if (!json_rd_is(json, at, JSON_RD_NUMBER) || json->tokens[at].size > 10)
		return false;
	for (uint32_t i = 0; i < json->tokens[at].size; i++) {
		uint8_t c = json->text[json->tokens[at].start + i];

		if (c < '0' || c > '9')
			return false;
		v = v * 10 + (c - '0');
	}
	if (v > max)
		return false;
	*ret = (uint32_t)v;
	return true;
}

bool json_rd_text(const struct json_rd *json, json_rd_at at, char *to, size_t size)
{
	const struct json_rd_token *t;

	if (!json_rd_is(json, at, JSON_RD_STRING))
		return false;
	t = &json->tokens[at];
	if (t->escaped || t->size == 0 || t->size >= size)
		return false;
	for (uint32_t i = 0; i < t->size; i++) {
		if (json->text[t->start + i] >= 0x80)
			return false;
	}
	memcpy(to, json->text + t->start, t->size);
	to[t->size] = '\0';
	return true;
}

bool json_rd_hex(const struct json_rd *json, json_rd_at at, uint8_t *to, size_t n)
{
	char hex[BYTES_HEX_SIZE(64)];

	return n <= 64 && json_rd_text(json, at, hex, sizeof(hex)) && bytes_from_hex(hex, to, n);
}

/* The four digits of \uXXXX; -1 when malformed. */
static int32_t code_unit(struct bytes_rd *from)
{
	char hex[5] = { 0 };
	uint8_t code[2];

	bytes_rd_copy(from, hex, 4);
	return bytes_from_hex(hex, code, sizeof(code)) ? code[0] << 8 | code[1] : -1;
}

/* The character of an escape sequence; -1: an unpaired surrogate. `from` is after the backslash. */
static int32_t unescape(struct bytes_rd *from)
{
	static const char letters[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
	uint8_t c = bytes_rd_u8(from);
	int32_t high, low;

	if (c != 'u')
		return bytes[strchr(letters, c) - letters];
	high = code_unit(from);
	if (high < 0xd800 || high > 0xdfff)
		return high;
	if (high > 0xdbff || bytes_rd_u8(from) != '\\' || bytes_rd_u8(from) != 'u')
		return -1;
	low = code_unit(from);
	return low < 0xdc00 || low > 0xdfff ? -1 : 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

static void put_utf8(struct bytes_wr *to, int32_t c)
{
	if (c < 0x80) {
		bytes_wr_u8(to, (uint8_t)c);
		return;
	}
	if (c < 0x800) {
		bytes_wr_u8(to, (uint8_t)(0xc0 | c >> 6));
	} else if (c < 0x10000) {
		bytes_wr_u8(to, (uint8_t)(0xe0 | c >> 12));
		bytes_wr_u8(to, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
	} else {
		bytes_wr_u8(to, (uint8_t)(0xf0 | c >> 18));
		bytes_wr_u8(to, (uint8_t)(0x80 | (c >> 12 & 0x3f)));
		bytes_wr_u8(to, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
	}
	bytes_wr_u8(to, (uint8_t)(0x80 | (c & 0x3f)));
}

int json_rd_string(const struct json_rd *json, json_rd_at at, uint8_t **ret, size_t *ret_size)
{
	auto_free uint8_t *bytes = NULL;
	struct bytes_rd from;
	struct bytes_wr to;

	if (!json_rd_is(json, at, JSON_RD_STRING))
		return -EBADMSG;
	from = bytes_rd(json->text + json->tokens[at].start, json->tokens[at].size);
	bytes = malloc(from.size + 1); /* no escape sequence is shorter than its UTF-8 character */
	if (!bytes)
		return -ENOMEM;
	to = bytes_wr(bytes, from.size);
	while (bytes_rd_left(&from) > 0) {
		uint8_t byte = bytes_rd_u8(&from);
		int32_t c = byte == '\\' ? unescape(&from) : byte;

		/* the string may end in the NUL of a C string */
		if (c < 0 || from.bad || (c == 0 && bytes_rd_left(&from) > 0))
			return -EBADMSG;
		if (byte != '\\')
			bytes_wr_u8(&to, byte);
		else if (c != 0)
			put_utf8(&to, c);
	}
	bytes[to.off] = '\0';
	*ret = take_ptr(bytes);
	*ret_size = to.off;
	return 0;
}
