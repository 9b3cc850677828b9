/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "crypto/hash.h"
#include "measure/event_log_parts.h"

/*
 * Event logs in JSON: dstack's list of events, Trustee's list of parsed events, and either, or a whole TCG
 * log in base64 or hex, as a member of what carries it: dstack's GetQuote response, Trustee's evidence and
 * others.
 */
enum { MAX_DEPTH = 32, MAX_TEXTS = 6, POOL_BYTES_PER_EVENT = 64 };

/* Members that hold a log. */
static const char *const log_members[] = { "event_log", "cc_eventlog", "uefi_event_logs", "eventlog",
					   "ccel" };

/* Where the log is: JSON text within a string is parsed, and freed with this. */
struct found {
	json_t *root, *value;
	json_t *parsed[MAX_TEXTS];
	unsigned n_parsed;
};

struct pool {
	struct measure_log *log;
	size_t off, size; /* of log->bytes */
};

bool event_log_is_json(const uint8_t *text, size_t n)
{
	static const char *const words[] = { "\"imr\"",         "\"event_log\"",
					     "\"cc_eventlog\"", "\"uefi_event_logs\"",
					     "\"eventlog\"",    "\"ccel\"",
					     "\\\"imr\\\"" };
	size_t i = n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

	while (i < n && memchr(" \t\r\n", text[i], 4))
		i++;
	if (i == n || (text[i] != '{' && text[i] != '['))
		return false;
	for (size_t k = 0; k < ARRAY_SIZE(words); k++)
		if (memmem(text, n, words[k], strlen(words[k])))
			return true;
	return false;
}

static int parse(const char *text, size_t n, json_t **ret, struct jurat_error *err)
{
	json_error_t bad;

	if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) /* a byte order mark. Spec: RFC 8259, 8.1 */
		text += 3, n -= 3;
	*ret = json_loadb(text, n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &bad);
	if (*ret)
		return 0;
	if (json_error_code(&bad) == json_error_out_of_memory)
		return jurat_fail_memory(err);
	return jurat_fail(err, -EBADMSG, "event log in JSON: line %d, column %d: %s", bad.line, bad.column,
			  bad.text);
}

static bool is_json_text(json_t *value)
{
	const char *text = json_string_value(value);

	return text && (text[strspn(text, " \t\r\n")] == '{' || text[strspn(text, " \t\r\n")] == '[');
}

static bool is_event_list(json_t *value)
{
	json_t *first = json_array_get(value, 0);

	return json_object_get(first, "imr") || json_object_get(first, "digests");
}

/* Text, which may be left out; NULL: something else is there. */
static const char *text_of(json_t *object, const char *name)
{
	json_t *value = json_object_get(object, name);
	const char *text = value ? json_string_value(value) : "";

	return text && value && strlen(text) != json_string_length(value) ? NULL : text; /* a NUL in it */
}

static bool is_same_member(json_t *a, json_t *b, const char *name)
{
	json_t *x = json_object_get(a, name), *y = json_object_get(b, name);

	return x == y || json_equal(x, y);
}

/* dstack leaves out the payload or the digest in one place, but not in the other. */
static bool is_same_event(json_t *a, json_t *b)
{
	const char *x = text_of(a, "digest"), *y = text_of(b, "digest");
	const char *p = text_of(a, "event_payload"), *q = text_of(b, "event_payload");

	if (json_equal(a, b))
		return true;
	return json_object_get(a, "imr") && is_same_member(a, b, "imr") &&
	       is_same_member(a, b, "event_type") && is_same_member(a, b, "event") && x && y && p && q &&
	       strcmp(*x && *y ? x : p, *x && *y ? y : q) == 0;
}

static bool is_same_log(json_t *a, json_t *b)
{
	if (!json_is_array(a) || !json_is_array(b) || json_array_size(a) != json_array_size(b))
		return json_equal(a, b);
	for (size_t i = 0; i < json_array_size(a); i++)
		if (!is_same_event(json_array_get(a, i), json_array_get(b, i)))
			return false;
	return true;
}

/* Services of dstack put the same log beside the quote, into Info's `tcb_info` and into a list of both. */
static int found_one(struct found *f, json_t *value, struct jurat_error *err)
{
	if (f->value && !is_same_log(f->value, value))
		return jurat_fail(err, -EBADMSG, "more than one event log");
	if (!f->value)
		f->value = value;
	return 0;
}

static int find(struct found *f, json_t *value, unsigned depth, struct jurat_error *err);

/* Text of JSON within a string: dstack's `event_log`, Info's `tcb_info`. */
static int find_in_text(struct found *f, json_t *value, unsigned depth, struct jurat_error *err)
{
	json_t *parsed;
	int r;

	if (f->n_parsed == MAX_TEXTS)
		return jurat_fail(err, -EBADMSG, "event log: more than %d strings with JSON in them",
				  MAX_TEXTS);
	r = parse(json_string_value(value), json_string_length(value), &parsed, err);
	if (r < 0)
		return r;
	f->parsed[f->n_parsed++] = parsed;
	return find(f, parsed, depth + 1, err);
}

/* A member whose name says that it is a log. */
static int find_log(struct found *f, json_t *value, unsigned depth, struct jurat_error *err)
{
	if (json_is_null(value) || (json_is_string(value) && json_string_length(value) == 0))
		return 0;
	if (is_json_text(value)) {
		json_t *before = f->value;
		int r = find_in_text(f, value, depth, err);

		if (r == 0 && f->value == before && json_array_size(f->parsed[f->n_parsed - 1]) == 0 &&
		    (!before || json_is_array(f->parsed[f->n_parsed - 1])))
			return found_one(f, f->parsed[f->n_parsed - 1], err); /* an empty list */
		return r;
	}
	if (json_is_object(value))
		return find(f, value, depth + 1, err);
	return found_one(f, value, err);
}

static bool is_log_member(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(log_members); i++)
		if (strcmp(name, log_members[i]) == 0)
			return true;
	return false;
}

/* Any other member, or an item of a list. */
static int find_within(struct found *f, const char *name, json_t *value, unsigned depth,
		       struct jurat_error *err)
{
	const uint8_t *text = (const uint8_t *)json_string_value(value);

	/* Other lists may have digests, too. */
	if (is_event_list(value) && !json_object_get(json_array_get(value, 0), "event_type") &&
	    !json_object_get(json_array_get(value, 0), "type_name"))
		return 0;
	if (json_is_object(value) || json_is_array(value))
		return find(f, value, depth + 1, err);
	if (is_json_text(value) &&
	    (strcmp(name, "tcb_info") == 0 || event_log_is_json(text, json_string_length(value))))
		return find_in_text(f, value, depth, err);
	return 0;
}

static int find(struct found *f, json_t *value, unsigned depth, struct jurat_error *err)
{
	const char *name;
	json_t *member;
	int r = 0;

	if (depth > MAX_DEPTH)
		return 0;
	if (is_event_list(value))
		return found_one(f, value, err);
	json_object_foreach(value, name, member)
	{
		if (r < 0)
			return r;
		if (is_log_member(name))
			r = find_log(f, member, depth, err);
		else
			r = find_within(f, name, member, depth, err);
	}
	for (size_t i = 0; r == 0 && i < json_array_size(value); i++)
		r = find_within(f, "", json_array_get(value, i), depth, err);
	return r;
}

static int fail_at(size_t i, struct jurat_error *err, const char *what)
{
	return jurat_fail(err, -EBADMSG, "event %zu: %s", i + 1, what);
}

static uint8_t *pool_take(struct pool *p, size_t n)
{
	uint8_t *to = p->log->bytes + p->off;

	if (n > p->size - p->off)
		return NULL;
	p->off += n;
	return to;
}

/* Any number of pairs of hex digits; what they encode takes half of their bytes in the pool. */
static bool take_hex(struct pool *p, json_t *value, const uint8_t **ret, size_t *ret_n)
{
	size_t n = json_string_length(value) / 2;
	uint8_t *to = pool_take(p, n);

	if (!json_is_string(value) || !to || strlen(json_string_value(value)) != json_string_length(value) ||
	    !bytes_from_hex(json_string_value(value), to, n))
		return false;
	*ret = to;
	*ret_n = n;
	return true;
}

static bool take_base64(struct pool *p, json_t *value, const uint8_t **ret, size_t *ret_n)
{
	size_t digits = json_string_length(value);
	uint8_t *to;

	if (digits == 0) {
		*ret = p->log->bytes + p->off;
		*ret_n = 0;
		return true;
	}
	to = pool_take(p, BASE64_ROOM(digits));
	if (!to || !base64_read(json_string_value(value), digits, to, ret_n))
		return false;
	p->off = (size_t)(to - p->log->bytes) + *ret_n;
	*ret = to;
	return true;
}

/* What dstack measures: the type, the name and the payload, with colons between them. */
static size_t write_preimage(const struct measure_event *e, uint8_t *to, size_t room)
{
	struct bytes_wr w = bytes_wr(to, room);

	bytes_wr_le32(&w, e->type);
	bytes_wr_u8(&w, ':');
	bytes_wr_copy(&w, e->name, strlen(e->name));
	bytes_wr_u8(&w, ':');
	bytes_wr_copy(&w, e->data, e->n);
	return w.bad ? 0 : w.off;
}

/* What its version 2 measures, in JSON's canonical form; 0: a name that it would escape. Spec: RFC 8785 */
static size_t write_canonical(const struct measure_event *e, uint8_t *to, size_t room)
{
	static const char begin[] = "{\"name\":\"", middle[] = "\",\"payload\":\"",
			  end[] = "\",\"type\":134217729}";
	struct bytes_wr w = bytes_wr(to, room);

	bytes_wr_copy(&w, begin, strlen(begin));
	for (const char *at = e->name; *at; at++) {
		if ((unsigned char)*at < 0x20)
			return 0;
		if (*at == '"' || *at == '\\')
			bytes_wr_u8(&w, '\\');
		bytes_wr_u8(&w, (uint8_t)*at);
	}
	bytes_wr_copy(&w, middle, strlen(middle));
	for (size_t i = 0; i < e->n; i++) {
		bytes_wr_u8(&w, (uint8_t) "0123456789abcdef"[e->data[i] >> 4]);
		bytes_wr_u8(&w, (uint8_t) "0123456789abcdef"[e->data[i] & 0xf]);
	}
	bytes_wr_copy(&w, end, strlen(end));
	return w.bad ? 0 : w.off;
}

/* The digest is that of name and payload; dstack leaves it out of the log to save space. */
static int match_runtime(struct pool *p, struct measure_event *e, bool canonical, size_t i,
			 struct jurat_error *err)
{
	const size_t room = 64 + 2 * strlen(e->name) + 2 * e->n;
	uint8_t digest[MEASURE_DIGEST_BYTES], *own;
	auto_free uint8_t *preimage = malloc(room);
	size_t n;

	if (!preimage)
		return jurat_fail_memory(err);
	n = canonical ? write_canonical(e, preimage, room) : write_preimage(e, preimage, room);
	if (n == 0)
		return e->digest ? 0 : fail_at(i, err, "has no digest, and a name with control characters");
	crypto_sha384(preimage, n, digest);
	if (!e->digest) {
		own = pool_take(p, sizeof(digest));
		if (!own)
			return fail_at(i, err, "does not fit");
		memcpy(own, digest, sizeof(digest));
		e->digest = own;
	}
	e->data_is_measured = memcmp(digest, e->digest, sizeof(digest)) == 0;
	if (e->data_is_measured) {
		e->measured = e->data;
		e->n_measured = e->n;
	}
	return 0;
}

/* A number of 32 bits without its sign. */
static bool read_u32(json_t *value, uint32_t *ret)
{
	json_int_t v = json_integer_value(value);

	if (!json_is_integer(value) || v < 0 || v > UINT32_MAX)
		return false;
	*ret = (uint32_t)v;
	return true;
}

static int read_name(struct pool *p, const char *name, const char **ret)
{
	size_t size = strlen(name) + 1;
	uint8_t *to = pool_take(p, size);

	if (!to)
		return -EBADMSG;
	memcpy(to, name, size);
	*ret = (const char *)to;
	return 0;
}

/* Spec: dstack, attestation: event log, {imr, event_type, digest, event, event_payload} */
static int read_dstack(struct pool *p, json_t *o, size_t i, struct measure_event *e, struct jurat_error *err)
{
	json_t *payload = json_object_get(o, "event_payload"), *digest = json_object_get(o, "digest");
	const char *name = text_of(o, "event"), *digits = text_of(o, "digest");
	uint32_t imr, version = 1;
	size_t n;

	if (!read_u32(json_object_get(o, "imr"), &imr) || imr >= MEASURE_N_RTMRS)
		return fail_at(i, err, "imr is not a number from 0 to 3");
	if (!read_u32(json_object_get(o, "event_type"), &e->type))
		return fail_at(i, err, "event_type is not a number of 32 bits");
	if (!name || !digits)
		return fail_at(i, err, "event or digest is not a string without NULs");
	if (json_object_get(o, "version") &&
	    (!read_u32(json_object_get(o, "version"), &version) || version < 1 || version > 2))
		return fail_at(i, err, "version is not 1 or 2");
	e->data = p->log->bytes;
	if (payload && !take_hex(p, payload, &e->data, &e->n))
		return fail_at(i, err, "event_payload is not hex");
	if (digits[0] && (!take_hex(p, digest, &e->digest, &n) || n != MEASURE_DIGEST_BYTES))
		return fail_at(i, err, "digest is not 48 bytes in hex");
	e->stated_index = imr;
	e->index = imr + 1;
	e->extends = e->type != MEASURE_EV_NO_ACTION;
	if (name[0] && read_name(p, name, &e->name) < 0)
		return fail_at(i, err, "does not fit");
	if (e->type == MEASURE_EV_DSTACK_RUNTIME && e->name)
		return match_runtime(p, e, version == 2, i, err);
	if (e->extends && !e->digest)
		return fail_at(i, err, "has no digest");
	event_log_match(e);
	return 0;
}

/* The SHA-384 digest among those of an event of Trustee's. */
static int read_digests(struct pool *p, json_t *list, size_t i, struct measure_event *e,
			struct jurat_error *err)
{
	json_t *one;
	size_t k, n;

	if (!json_is_array(list))
		return fail_at(i, err, "digests is not a list");
	json_array_foreach(list, k, one)
	{
		const char *alg = text_of(one, "alg");

		if (!alg || !text_of(one, "digest"))
			return fail_at(i, err, "a digest without alg and digest");
		if (strcmp(alg, "SHA-384") != 0 && strcmp(alg, "SHA384") != 0)
			continue;
		if (e->digest)
			return fail_at(i, err, "two SHA-384 digests");
		if (!take_hex(p, json_object_get(one, "digest"), &e->digest, &n) || n != MEASURE_DIGEST_BYTES)
			return fail_at(i, err, "the SHA-384 digest is not 48 bytes in hex");
	}
	return 0;
}

/* Spec: confidential-containers/trustee, deps/eventlog: the claims of a parsed log */
static int read_trustee(struct pool *p, json_t *o, size_t i, struct measure_event *e, struct jurat_error *err)
{
	const char *type = text_of(o, "type_name");
	json_t *data = json_object_get(o, "event");
	uint32_t index;
	int r;

	if (!read_u32(json_object_get(o, "index"), &index))
		return fail_at(i, err, "index is not a number of 32 bits");
	if (!type || !measure_event_type_by_name(type, &e->type))
		return fail_at(i, err, "type_name is not the name of a type");
	if (!json_is_string(data) || !take_base64(p, data, &e->data, &e->n))
		return fail_at(i, err, "event is not base64");
	r = read_digests(p, json_object_get(o, "digests"), i, e, err);
	if (r < 0)
		return r;
	e->index = e->stated_index = index;
	e->extends = e->type != MEASURE_EV_NO_ACTION;
	if (e->extends && !e->digest)
		return fail_at(i, err, "has no SHA-384 digest");
	event_log_match(e);
	return 0;
}

static int read_list(struct measure_log *log, json_t *list, size_t n_text, struct jurat_error *err)
{
	struct pool p = { .log = log };
	json_t *o;
	size_t i;

	if (json_array_size(list) > MEASURE_LOG_MAX_EVENTS)
		return jurat_fail(err, -EOVERFLOW, "event log with more than %d events",
				  MEASURE_LOG_MAX_EVENTS);
	log->form = json_object_get(json_array_get(list, 0), "digests") ? MEASURE_LOG_TRUSTEE
									: MEASURE_LOG_DSTACK;
	p.size = n_text + POOL_BYTES_PER_EVENT * (json_array_size(list) + 1);
	log->bytes = malloc(p.size);
	if (!log->bytes)
		return jurat_fail_memory(err);
	json_array_foreach(list, i, o)
	{
		struct measure_event e = { .offset = i };
		int r = log->form == MEASURE_LOG_TRUSTEE ? read_trustee(&p, o, i, &e, err)
							 : read_dstack(&p, o, i, &e, err);

		if (r == 0)
			r = event_log_add(log, &e, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* A TCG log as hex or base64. */
static int read_text(struct measure_log *log, json_t *value, struct jurat_error *err)
{
	const char *text = json_string_value(value);
	const size_t digits = json_string_length(value);
	auto_free uint8_t *bytes = malloc(BASE64_ROOM(digits));
	size_t n = digits / 2;

	if (!bytes)
		return jurat_fail_memory(err);
	if (!bytes_from_hex(text, bytes, n) && !base64_read(text, digits, bytes, &n))
		return jurat_fail(err, -EBADMSG, "event log within JSON: neither JSON nor hex nor base64");
	if (!event_log_is_tcg(bytes, n))
		return jurat_fail(err, -EBADMSG,
				  "event log within JSON: %zu bytes that do not begin with a Spec ID event",
				  n);
	return event_log_read_tcg(log, bytes, n, err);
}

static int find_root(struct found *f, const void *text, size_t n, struct jurat_error *err)
{
	int r = parse(text, n, &f->root, err);

	return r < 0 ? r : find(f, f->root, 0, err);
}

static void found_done(struct found *f)
{
	for (unsigned i = 0; i < f->n_parsed; i++)
		json_decref(f->parsed[i]);
	json_decref(f->root);
}

int measure_log_find_json(const void *bytes, size_t n, struct jurat_error *err)
{
	struct found f auto_call(found_done) = { .value = NULL };
	int r = find_root(&f, bytes, n, err);

	return r == 0 && !f.value ? JURAT_NOT_FOUND : r;
}

int event_log_read_json(struct measure_log *log, const uint8_t *text, size_t n, struct jurat_error *err)
{
	struct found f auto_call(found_done) = { .value = NULL };
	int r = find_root(&f, text, n, err);

	if (r < 0)
		return r;
	if (json_is_array(f.value))
		return read_list(log, f.value, n, err);
	if (json_is_string(f.value))
		return read_text(log, f.value, err);
	return jurat_fail(err, -EBADMSG, "JSON without an event log");
}
