/* SPDX-License-Identifier: MIT */
#include "verify/tdx_collateral_bundle.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "verify/decode_parts.h"
#include "verify/encoding.h"
#include "verify/input.h"
#include "verify/json_names.h"
#include "verify/tdx_collateral_items.h"

enum { MAX_TEXTS = 4 }; /* limit of JSON in strings in JSON */

/* One run over JSON, with the JSON in its strings. */
struct walk {
	struct jurat_tdx_collateral *c;
	unsigned texts;         /* how many strings of JSON surround this value */
	struct jurat_error why; /* first document that cannot be used; "": none */
	struct jurat_error *err;
};

/*
 * The functions that take a value return 0 when it has collateral; JURAT_NOT_FOUND when it has none;
 * < 0 -errno.
 */
static int take_value(struct walk *w, const struct json_rd *json, json_rd_at at);

static bool is_null(const struct json_rd *json, json_rd_at at)
{
	return json_rd_is(json, at, JSON_RD_WORD) && json->text[json->tokens[at].start] == 'n';
}

/* Whether it is "" or [], which some services write for what they do not have. */
static bool is_empty(const struct json_rd *json, json_rd_at at)
{
	const struct json_rd_token *t = &json->tokens[at];

	return t->kind == JSON_RD_STRING ? t->size == 0 : t->kind == JSON_RD_ARRAY && t->next == at + 1;
}

static bool is_bytes(const struct json_rd *json, json_rd_at at)
{
	return json_rd_is(json, json_rd_first(json, at), JSON_RD_NUMBER);
}

/* Whether it is an array of items of their own, not of integers. */
static bool is_list(const struct json_rd *json, json_rd_at at)
{
	return json_rd_is(json, at, JSON_RD_ARRAY) && !is_empty(json, at) && !is_bytes(json, at);
}

/* Reads a string, or an array of integers as bytes. */
static int read_bytes(const struct json_rd *json, json_rd_at at, uint8_t **ret, size_t *ret_n)
{
	size_t n = json_rd_count(json, at), i = 0;
	auto_free uint8_t *to = NULL;

	if (json_rd_is(json, at, JSON_RD_STRING))
		return json_rd_string(json, at, ret, ret_n);
	to = malloc(n + 1);
	if (!to)
		return -ENOMEM;
	for (json_rd_at item = json_rd_first(json, at); item != JSON_RD_NONE;
	     item = json_rd_next(json, at, item)) {
		uint32_t v;

		if (!json_rd_number(json, item, 0xff, &v))
			return -EBADMSG;
		to[i++] = (uint8_t)v;
	}
	*ret = take_ptr(to);
	*ret_n = n;
	return 0;
}

/*
 * The service signs JSON without white space between tokens. A tool that re-serialized the document as an
 * object may have added some. Without it, these are the signed bytes, or the signature does not verify.
 */
static int read_object(const struct json_rd *json, json_rd_at at, uint8_t **ret, size_t *ret_n)
{
	const struct json_rd_token *t = &json->tokens[at];
	const uint8_t *from = json->text + t->start;
	uint8_t *to = malloc(t->size);
	bool in_string = false;
	size_t n = 0;

	if (!to)
		return -ENOMEM;
	for (size_t i = 0; i < t->size; i++) {
		if (!in_string && (from[i] == ' ' || from[i] == '\t' || from[i] == '\n' || from[i] == '\r'))
			continue;
		to[n++] = from[i];
		if (from[i] == '\\' && in_string) /* the next byte is escaped */
			to[n++] = from[++i];
		else if (from[i] == '"')
			in_string = !in_string;
	}
	*ret = to;
	*ret_n = n;
	return 0;
}

/* Reads the signature of a document: hex, base64, or integers. */
static int read_signature(const struct json_rd *json, json_rd_at at, uint8_t ret[64], struct jurat_error *err)
{
	auto_free uint8_t *bytes = NULL;
	size_t n = 0;
	int r = at == JSON_RD_NONE ? -EBADMSG : read_bytes(json, at, &bytes, &n);

	if (r == -ENOMEM)
		return jurat_fail_memory(err);
	if (r == 0 && json_rd_is(json, at, JSON_RD_STRING)) {
		if (encoding_read_bytes((const char *)bytes, n, ret, 64))
			return 0;
	} else if (r == 0 && n == 64) {
		memcpy(ret, bytes, 64);
		return 0;
	}
	return jurat_fail(err, -EBADMSG, "signature: %s",
			  at == JSON_RD_NONE ? "missing" : "not 128 hex digits");
}

/* What of collateral a member has by its name. */
struct role {
	unsigned certificates; /* COLLATERAL_TAKE_...: certificates or CRLs */
	int document;          /* enum collateral_document; -1: none */
	bool is_signature;     /* of a document in another member */
};

/* Names are compared with json_names_alike(). */
static const struct {
	const char *name;
	unsigned take;
} encoded_members[] = {
	{ "root_ca", COLLATERAL_TAKE_CERTS },
	{ "pck_crl_issuer_chain", COLLATERAL_TAKE_CERTS },
	{ "root_ca_crl", COLLATERAL_TAKE_CRLS },
	{ "pck_crl", COLLATERAL_TAKE_CRLS },
	{ "tcb_info_issuer_chain", COLLATERAL_TAKE_CERTS },
	{ "qe_identity_issuer_chain", COLLATERAL_TAKE_CERTS },
	{ "pck_certificate_chain", COLLATERAL_TAKE_CERTS },
};

static bool alike(const char *name, const struct json_rd *json, json_rd_at at)
{
	const struct json_rd_token *t = &json->tokens[at];

	return json_names_alike((const char *)json->text + t->start, t->size, name, strlen(name));
}

static struct role role_of(const struct json_rd *json, json_rd_at name)
{
	struct role role = { .document = -1 };

	for (size_t i = 0; i < ARRAY_SIZE(encoded_members); i++) {
		if (alike(encoded_members[i].name, json, name))
			role.certificates = encoded_members[i].take;
	}
	for (int i = 0; i < COLLATERAL_N_DOCUMENTS; i++) {
		if (alike(collateral_names[i].text_member, json, name))
			role.document = i;
		role.is_signature =
			role.is_signature || alike(collateral_names[i].signature_member, json, name);
	}
	return role;
}

/*
 * Whether an object is a bundle: it has a member of one. A TCB info without a signature beside it does not
 * count: dstack has a member of that name, which is something else.
 */
static bool is_bundle(const struct json_rd *json, json_rd_at object)
{
	for (size_t i = 0; i < ARRAY_SIZE(encoded_members); i++) {
		if (json_rd_get_alike(json, object, encoded_members[i].name) != JSON_RD_NONE)
			return true;
	}
	for (size_t i = 0; i < COLLATERAL_N_DOCUMENTS; i++) {
		if (json_rd_get_alike(json, object, collateral_names[i].signature_member) != JSON_RD_NONE)
			return true;
	}
	return false;
}

static const char *name_of(const struct json_rd *json, json_rd_at name, char to[64])
{
	const struct json_rd_token *t = &json->tokens[name];

	snprintf(to, 64, "%.*s", (int)t->size, (const char *)json->text + t->start);
	return to;
}

/*
 * Whether a member that has no collateral claims by its name to have some: ignoring a CRL could hide a
 * revocation. In a bundle every name of collateral counts, elsewhere only that of a CRL.
 */
static bool claims(const struct json_rd *json, json_rd_at name, bool in_bundle)
{
	static const char *const words[] = { "crl", "cert", "chain", "tcb", "identity", "signature" };
	const struct json_rd_token *value = &json->tokens[name + 1];
	char text[64];

	if (value->kind == JSON_RD_NUMBER || value->kind == JSON_RD_WORD ||
	    strncasecmp((const char *)json->text + value->start, "http", 4) == 0)
		return false;
	name_of(json, name, text);
	for (size_t i = 0; i < (in_bundle ? ARRAY_SIZE(words) : 1); i++) {
		if (strcasestr(text, words[i]))
			return true;
	}
	return false;
}

/* Adds a document whose value and signature have been found. One that cannot be used is noted. */
static int take_document(struct walk *w, enum collateral_document which, const uint8_t *text, size_t n,
			 const struct json_rd *json, json_rd_at at, const uint8_t rs[64])
{
	struct jurat_error why = { "" };
	int r = collateral_take_document(w->c, which, text, n, json, at, rs, &why);

	if (r == JURAT_REFUSED && !w->why.text[0])
		w->why = why;
	return r < 0 ? jurat_fail(w->err, r, "%s", why.text) : 0;
}

static bool is_served(const struct json_rd *json, json_rd_at object, size_t which)
{
	json_rd_at value = json_rd_get(json, object, collateral_names[which].member);

	/* a bundle may have the served document, or the signed part, under this name */
	return json_rd_is(json, value, JSON_RD_OBJECT) &&
	       json_rd_get(json, value, collateral_names[which].member) == JSON_RD_NONE &&
	       json_rd_get_alike(json, object, collateral_names[which].signature_member) == JSON_RD_NONE;
}

/* {"tcbInfo": {...}, "signature": "..."}, as served, with no other collateral beside it. */
static int take_served(struct walk *w, const struct json_rd *json, json_rd_at object, size_t which)
{
	const struct collateral_names *names = &collateral_names[which];
	json_rd_at value = json_rd_get(json, object, names->member);
	const struct json_rd_token *t = &json->tokens[value];
	auto_free uint8_t *text = NULL;
	uint8_t rs[64];
	char name[64];
	size_t n;
	int r;

	for (json_rd_at i = object + 1; i < json->tokens[object].next; i = json->tokens[i + 1].next) {
		name_of(json, i, name);
		if (i + 1 != value && strcmp(name, "signature") != 0 && claims(json, i, true))
			return jurat_fail(w->err, -EBADMSG, "'%s' is not read beside %s", name,
					  names->member);
	}
	r = read_signature(json, json_rd_get(json, object, "signature"), rs, w->err);
	if (r < 0)
		return r;
	if (object == 0) /* the text is as served */
		return take_document(w, which, json->text + t->start, t->size, json, value, rs);
	r = read_object(json, value, &text, &n);
	return r < 0 ? jurat_fail_memory(w->err) : take_document(w, which, text, n, json, value, rs);
}

/*
 * Adds the text of a document in a bundle: as served, or the signed part with its signature in the bundle.
 */
static int take_document_text(struct walk *w, const struct json_rd *bundle, json_rd_at object, size_t which,
			      const uint8_t *bytes, size_t n)
{
	const struct collateral_names *names = &collateral_names[which], *other = &collateral_names[!which];
	struct encoding_bytes plain auto_call(encoding_done) = { .bytes = NULL };
	struct json_rd inner auto_call(json_rd_done) = { 0 };
	json_rd_at signature = json_rd_get_alike(bundle, object, names->signature_member);
	uint8_t rs[64];
	int r = encoding_undo(bytes, n, &plain, w->err);

	if (r == 0)
		r = json_rd_open(plain.bytes, plain.n, &inner, w->err);
	if (r < 0)
		return r;
	if (is_served(&inner, 0, which))
		return take_served(w, &inner, 0, which);
	if (json_rd_get(&inner, 0, other->member) != JSON_RD_NONE)
		return jurat_fail(w->err, -EBADMSG, "expected %s, found: %s", names->title, other->title);
	r = read_signature(bundle, signature, rs, w->err);
	return r < 0 ? r : take_document(w, which, plain.bytes, plain.n, &inner, 0, rs);
}

/* Adds a document of a bundle: a string, an object, bytes as integers, or a list of these. */
static int take_document_member(struct walk *w, const struct json_rd *json, json_rd_at object,
				json_rd_at value, size_t which)
{
	auto_free uint8_t *text = NULL;
	size_t n;
	int r = -EBADMSG;

	if (is_list(json, value)) {
		r = 0;
		for (json_rd_at at = json_rd_first(json, value); r == 0 && at != JSON_RD_NONE;
		     at = json_rd_next(json, value, at))
			r = take_document_member(w, json, object, at, which);
		return r;
	}
	if (json_rd_is(json, value, JSON_RD_OBJECT))
		r = read_object(json, value, &text, &n);
	else if (json_rd_is(json, value, JSON_RD_STRING) || json_rd_is(json, value, JSON_RD_ARRAY))
		r = read_bytes(json, value, &text, &n);
	if (r < 0)
		return r == -ENOMEM ? jurat_fail_memory(w->err)
				    : jurat_fail(w->err, r, "expected an object, or a string of ASCII");
	return take_document_text(w, json, object, which, text, n);
}

/* Adds an object in the place of certificates or CRLs, which has them in one of its members. */
static int take_wrapped(struct walk *w, const struct json_rd *json, json_rd_at value, const char *expected)
{
	int r = take_value(w, json, value);

	return r == JURAT_NOT_FOUND ? jurat_fail(w->err, -EBADMSG, "expected %s, found an object", expected)
				    : r;
}

/*
 * Adds certificates or CRLs: a string, bytes as integers, or a list of these. Some tools leave a chain empty.
 */
static int take_encoded(struct walk *w, const struct json_rd *json, json_rd_at value, unsigned take)
{
	const char *expected = take == COLLATERAL_TAKE_CRLS ? "a CRL" : "certificates";
	auto_free uint8_t *bytes = NULL;
	size_t n;
	int r = -EBADMSG;

	if (is_list(json, value)) {
		r = 0;
		for (json_rd_at at = json_rd_first(json, value); r == 0 && at != JSON_RD_NONE;
		     at = json_rd_next(json, value, at))
			r = take_encoded(w, json, at, take);
		return r;
	}
	if (json_rd_is(json, value, JSON_RD_STRING) || json_rd_is(json, value, JSON_RD_ARRAY))
		r = read_bytes(json, value, &bytes, &n);
	else if (json_rd_is(json, value, JSON_RD_OBJECT))
		return take_wrapped(w, json, value, expected);
	if (r < 0)
		return r == -ENOMEM
			       ? jurat_fail_memory(w->err)
			       : jurat_fail(w->err, r,
					    "expected %s as a string of ASCII or as integers from 0 to 255",
					    expected);
	if (n == 0 && take == COLLATERAL_TAKE_CERTS)
		return 0;
	return collateral_take_text(w->c, bytes, n, take, expected, w->err);
}

static int take_member(struct walk *w, const struct json_rd *json, json_rd_at object, json_rd_at name,
		       bool in_bundle)
{
	struct role role = role_of(json, name);
	json_rd_at value = name + 1;
	char text[64];
	int r;

	if (role.is_signature || (role.certificates && is_null(json, value)))
		return 0;
	if (role.certificates)
		r = take_encoded(w, json, value, role.certificates);
	else if (role.document >= 0 && in_bundle)
		r = take_document_member(w, json, object, value, (size_t)role.document);
	else
		r = take_value(w, json, value);
	if (r == JURAT_NOT_FOUND && !is_empty(json, value) && claims(json, name, in_bundle))
		return jurat_fail(w->err, -EBADMSG, "'%s' is not read%s", name_of(json, name, text),
				  in_bundle ? " in a bundle" : "");
	return r < 0 ? jurat_wrap(w->err, r, "%s", name_of(json, name, text)) : r;
}

static int take_object(struct walk *w, const struct json_rd *json, json_rd_at object)
{
	bool in_bundle = is_bundle(json, object), any = false;

	for (size_t i = 0; i < COLLATERAL_N_DOCUMENTS; i++) {
		if (is_served(json, object, i))
			return take_served(w, json, object, i);
	}
	for (json_rd_at i = object + 1; i < json->tokens[object].next; i = json->tokens[i + 1].next) {
		int r = take_member(w, json, object, i, in_bundle);

		if (r < 0)
			return r;
		any = any || r == 0;
	}
	return any ? 0 : JURAT_NOT_FOUND;
}

/* Adds what a string has, or bytes as integers: JSON again, certificates or CRLs. */
static int take_text(struct walk *w, const struct json_rd *json, json_rd_at at)
{
	struct encoding_bytes plain auto_call(encoding_done) = { .bytes = NULL };
	struct json_rd inner auto_call(json_rd_done) = { 0 };
	auto_free uint8_t *bytes = NULL;
	size_t n = 0;
	int r = read_bytes(json, at, &bytes, &n);

	if (r == -ENOMEM)
		return jurat_fail_memory(w->err);
	if (r < 0 || n < DECODE_MIN_STRING_BYTES)
		return JURAT_NOT_FOUND;
	r = encoding_undo(bytes, n, &plain, w->err);
	if (r < 0)
		return r;
	if (input_kind(plain.bytes, plain.n) != INPUT_JSON)
		return collateral_take_text(w->c, plain.bytes, plain.n,
					    COLLATERAL_TAKE_CERTS | COLLATERAL_TAKE_CRLS, NULL, w->err);
	r = w->texts < MAX_TEXTS ? json_rd_open(plain.bytes, plain.n, &inner, w->err) : -EBADMSG;
	if (r < 0)
		return r == -EBADMSG ? JURAT_NOT_FOUND : r;
	w->texts++;
	r = take_value(w, &inner, 0);
	w->texts--;
	return r;
}

static int take_value(struct walk *w, const struct json_rd *json, json_rd_at at)
{
	bool any = false;

	if (json_rd_is(json, at, JSON_RD_OBJECT))
		return take_object(w, json, at);
	if (json_rd_is(json, at, JSON_RD_STRING) || is_bytes(json, at))
		return take_text(w, json, at);
	for (json_rd_at item = json_rd_first(json, at); item != JSON_RD_NONE;
	     item = json_rd_next(json, at, item)) {
		int r = take_value(w, json, item);

		if (r < 0)
			return r;
		any = any || r == 0;
	}
	return any ? 0 : JURAT_NOT_FOUND;
}

int collateral_take_json(struct jurat_tdx_collateral *c, const uint8_t *text, size_t n,
			 struct jurat_error *err)
{
	struct json_rd json auto_call(json_rd_done) = { 0 };
	struct walk w = { .c = c, .err = err };
	int r = json_rd_open(text, n, &json, err);

	if (r == 0)
		r = take_value(&w, &json, 0);
	return r == 0 && w.why.text[0] ? jurat_fail(err, JURAT_REFUSED, "%s", w.why.text) : r;
}

static bool has_collateral(const struct json_rd *json, json_rd_at at, unsigned depth);

/* Whether a string is JSON that has collateral. */
static bool has_text(const struct json_rd *json, json_rd_at at, unsigned depth)
{
	struct json_rd inner auto_call(json_rd_done) = { 0 };
	auto_free uint8_t *text = NULL;
	size_t n;

	return json->tokens[at].size > 0 && json->text[json->tokens[at].start] == '{' &&
	       json_rd_string(json, at, &text, &n) == 0 && json_rd_open(text, n, &inner, NULL) == 0 &&
	       has_collateral(&inner, 0, depth);
}

static bool has_collateral(const struct json_rd *json, json_rd_at at, unsigned depth)
{
	const struct json_rd_token *t = &json->tokens[at];
	const bool is_object = t->kind == JSON_RD_OBJECT;

	if (is_object && is_bundle(json, at))
		return true;
	for (size_t i = 0; i < COLLATERAL_N_DOCUMENTS; i++) {
		if (is_object && is_served(json, at, i) && json_rd_get(json, at, "signature") != JSON_RD_NONE)
			return true;
	}
	if (depth == 0)
		return false;
	if (t->kind == JSON_RD_STRING)
		return has_text(json, at, depth - 1);
	for (json_rd_at i = at + 1 + is_object; i < t->next; i = json->tokens[i].next + is_object) {
		if (has_collateral(json, i, depth))
			return true;
	}
	return false;
}

bool collateral_is(const uint8_t *text, size_t n)
{
	struct json_rd json auto_call(json_rd_done) = { 0 };

	return json_rd_open(text, n, &json, NULL) == 0 &&
	       (has_collateral(&json, 0, 0) || is_served(&json, 0, COLLATERAL_TCB_INFO) ||
		is_served(&json, 0, COLLATERAL_QE_IDENTITY));
}

bool collateral_is_within(const uint8_t *text, size_t n)
{
	struct json_rd json auto_call(json_rd_done) = { 0 };

	return json_rd_open(text, n, &json, NULL) == 0 && has_collateral(&json, 0, MAX_TEXTS);
}
