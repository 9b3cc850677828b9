/* SPDX-License-Identifier: MIT */
#include "verify/tdx_collateral.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "verify/decode.h"
#include "verify/encoding.h"
#include "verify/json_names.h"

int jurat_tdx_collateral_new(struct jurat_tdx_collateral **ret, struct jurat_error *err)
{
	struct jurat_tdx_collateral *c = calloc(1, sizeof(*c));

	if (!c)
		return jurat_fail_memory(err);
	*ret = c;
	return 0;
}

/* Removes all but the first items of each kind, as counted in `keep`, after a failed addition. */
static void drop_behind(struct jurat_tdx_collateral *c, const struct jurat_tdx_collateral *keep)
{
	while (c->n_certs > keep->n_certs)
		cert_entry_free(c->certs[--c->n_certs]);
	while (c->n_crls > keep->n_crls)
		free(c->crls[--c->n_crls]);
	while (c->n_tcb_infos > keep->n_tcb_infos)
		tcb_info_free(c->tcb_infos[--c->n_tcb_infos]);
	while (c->n_identities > keep->n_identities)
		qe_identity_free(c->identities[--c->n_identities]);
}

void jurat_tdx_collateral_free(struct jurat_tdx_collateral *collateral)
{
	const struct jurat_tdx_collateral nothing = { .n_certs = 0 };

	if (!collateral)
		return;
	drop_behind(collateral, &nothing);
	free(collateral);
}

enum { TAKE_CERTS = 1, TAKE_CRLS = 2 };

static int full(const char *what, struct jurat_error *err)
{
	return jurat_fail(err, -EBADMSG, "more than %d %s", COLLATERAL_MAX_ITEMS, what);
}

/* Issuer chains repeat the same few certificates, so duplicates are dropped. */
static int take_cert(struct jurat_tdx_collateral *c, const uint8_t *der, size_t n, struct jurat_error *err)
{
	struct cert_entry *entry = NULL;
	int r;

	for (size_t i = 0; i < c->n_certs; i++) {
		const struct bytes_rd *known = &c->certs[i]->cert.der;

		if (known->size == n && memcmp(known->data, der, n) == 0)
			return 0;
	}
	if (c->n_certs == COLLATERAL_MAX_ITEMS)
		return full("certificates", err);
	r = cert_entry_new_plain(der, n, &entry, err);
	if (r < 0)
		return r;
	c->certs[c->n_certs++] = entry;
	return 0;
}

static int take_crl(struct jurat_tdx_collateral *c, const uint8_t *der, size_t n, struct jurat_error *err)
{
	int r;

	if (c->n_crls == COLLATERAL_MAX_ITEMS)
		return full("CRLs", err);
	r = crl_entry_new(der, n, &c->crls[c->n_crls], err);
	if (r == 0)
		c->n_crls++;
	return r;
}

static int take_item(struct jurat_tdx_collateral *c, const struct decode_item *item, unsigned take,
		     const char *expected, struct jurat_error *err)
{
	if (item->kind == INPUT_CERTIFICATE && take & TAKE_CERTS)
		return take_cert(c, item->bytes, item->n, err);
	if (item->kind == INPUT_CRL && take & TAKE_CRLS)
		return take_crl(c, item->bytes, item->n, err);
	return jurat_fail(err, -EBADMSG, "expected %s, found: %s", expected, input_kind_name(item->kind));
}

/* Adds certificates and CRLs in any encoding. `expected`: what the error text says was expected. */
static int take_certificates(struct jurat_tdx_collateral *c, const uint8_t *bytes, size_t n, unsigned take,
			     const char *expected, struct jurat_error *err)
{
	struct decoded decoded auto_call(decoded_done) = { .items = NULL };
	uint8_t digest[CRYPTO_SHA256_BYTES];
	int r;

	crypto_sha256(bytes, n, digest); /* the issuer chains of both documents are usually the same text */
	if (memcmp(digest, c->last_chain, sizeof(digest)) == 0)
		return 0;
	r = decode(bytes, n, &decoded, err);
	if (r == JURAT_NOT_FOUND)
		return jurat_fail(err, -EBADMSG, "expected %s, found: %s", expected, input_name(bytes, n));
	if (r < 0)
		return r == -EBADMSG ? jurat_wrap(err, r, "expected %s", expected) : r;
	for (size_t i = 0; r == 0 && i < decoded.n; i++)
		r = take_item(c, &decoded.items[i], take, expected, err);
	if (r == 0 && take == TAKE_CERTS)
		memcpy(c->last_chain, digest, sizeof(digest));
	return r;
}

/* `text` is the signed part. */
static int fill_part(const uint8_t *text, size_t n, const struct json_rd *json, json_rd_at signature,
		     struct signed_part *ret, struct jurat_error *err)
{
	uint8_t rs[64], whole[CRYPTO_SHA256_BYTES + 64];

	if (!json_rd_hex(json, signature, rs, sizeof(rs)))
		return jurat_fail(err, -EBADMSG, "signature: not 128 hex digits");
	crypto_sha256(text, n, ret->digest);
	memcpy(ret->r, rs, 32);
	memcpy(ret->s, rs + 32, 32);
	memcpy(whole, ret->digest, CRYPTO_SHA256_BYTES);
	memcpy(whole + CRYPTO_SHA256_BYTES, rs, sizeof(rs));
	crypto_sha256(whole, sizeof(whole), ret->sha256);
	return 0;
}

static int take_tcb_info(struct jurat_tdx_collateral *c, const struct json_rd *json, json_rd_at at,
			 const struct signed_part *part, struct jurat_error *err)
{
	int r;

	if (c->n_tcb_infos == COLLATERAL_MAX_ITEMS)
		return full("TCB infos", err);
	r = tcb_info_read(json, at, &c->tcb_infos[c->n_tcb_infos], err);
	if (r == 0)
		c->tcb_infos[c->n_tcb_infos++]->doc.part = *part;
	return r;
}

static int take_identity(struct jurat_tdx_collateral *c, const struct json_rd *json, json_rd_at at,
			 const struct signed_part *part, struct jurat_error *err)
{
	int r;

	if (c->n_identities == COLLATERAL_MAX_ITEMS)
		return full("QE identities", err);
	r = qe_identity_read(json, at, &c->identities[c->n_identities], err);
	if (r == 0)
		c->identities[c->n_identities++]->doc.part = *part;
	return r;
}

typedef int take_document(struct jurat_tdx_collateral *c, const struct json_rd *json, json_rd_at at,
			  const struct signed_part *part, struct jurat_error *err);

static const struct {
	const char *member, *text_member, *signature_member;
	take_document *take;
} documents[] = {
	[COLLATERAL_TCB_INFO] = { "tcbInfo", "tcb_info", "tcb_info_signature", take_tcb_info },
	[COLLATERAL_QE_IDENTITY] = { "enclaveIdentity", "qe_identity", "qe_identity_signature",
				     take_identity },
};

/* Adds one document. The reason why it is unusable is kept in the collateral. */
static int take(struct jurat_tdx_collateral *c, size_t which, const struct json_rd *json, json_rd_at at,
		const struct signed_part *part, struct jurat_error *err)
{
	struct jurat_error why;
	int r = documents[which].take(c, json, at, part, &why);

	if (r >= 0)
		return r;
	if (r == -EBADMSG)
		snprintf(c->unusable[which], sizeof(c->unusable[which]), "%.*s", COLLATERAL_WHY_BYTES - 1,
			 why.text);
	return jurat_fail(err, r, "%s", why.text);
}

/* Members of a bundle with certificates or CRLs. Names are compared with json_names_alike(). */
static const struct {
	const char *name;
	unsigned take;
} encoded_members[] = {
	{ "root_ca", TAKE_CERTS },
	{ "pck_crl_issuer_chain", TAKE_CERTS },
	{ "root_ca_crl", TAKE_CRLS },
	{ "pck_crl", TAKE_CRLS },
	{ "tcb_info_issuer_chain", TAKE_CERTS },
	{ "qe_identity_issuer_chain", TAKE_CERTS },
	{ "pck_certificate_chain", TAKE_CERTS },
};

static bool alike(const char *a, const char *b)
{
	return json_names_alike(a, strlen(a), b, strlen(b));
}

static bool is_read(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(encoded_members); i++) {
		if (alike(encoded_members[i].name, name))
			return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(documents); i++) {
		if (alike(documents[i].text_member, name) || alike(documents[i].signature_member, name))
			return true;
	}
	return false;
}

/* Whether a member's name, ignoring case and underscores, is one of collateral. */
static bool claims(const char *name)
{
	static const char *const words[] = { "crl", "cert", "chain", "tcb", "identity", "signature" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcasestr(name, words[i]))
			return true;
	}
	return false;
}

/*
 * Refuses collateral in members that are not read: ignoring a CRL could hide a revocation. Other members are
 * allowed, such as versions and sizes. `served`: NULL for a bundle.
 */
static int refuse_unread(const struct json_rd *json, const char *served, struct jurat_error *err)
{
	for (json_rd_at i = 1; i < json->tokens[0].next; i = json->tokens[i + 1].next) {
		const struct json_rd_token *t = &json->tokens[i];
		enum json_rd_kind kind = json->tokens[i + 1].kind;
		char name[64];

		if (kind == JSON_RD_NUMBER || kind == JSON_RD_WORD)
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)t->size, (const char *)json->text + t->start);
		if (served ? strcmp(name, served) == 0 || strcmp(name, "signature") == 0 : is_read(name))
			continue;
		if (claims(name))
			return jurat_fail(err, -EBADMSG, "'%s' is not read %s%s", name,
					  served ? "beside " : "in a bundle", served ? served : "");
	}
	return 0;
}

/* {"tcbInfo": {...}, "signature": "..."}, as served. */
static int take_served(struct jurat_tdx_collateral *c, const struct json_rd *json, size_t which,
		       struct jurat_error *err)
{
	json_rd_at value = json_rd_get(json, 0, documents[which].member);
	const struct json_rd_token *t = &json->tokens[value];
	struct signed_part part;
	int r;

	if (!json_rd_is(json, value, JSON_RD_OBJECT))
		return jurat_fail(err, -EBADMSG, "%s: not an object", documents[which].member);
	r = refuse_unread(json, documents[which].member, err);
	if (r < 0)
		return r;
	r = fill_part(json->text + t->start, t->size, json, json_rd_get(json, 0, "signature"), &part, err);
	return r < 0 ? r : take(c, which, json, value, &part, err);
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

/*
 * Adds a document, as a string or an object: as served, or the signed part with its signature in another
 * member.
 */
static int take_document_member(struct jurat_tdx_collateral *c, const struct json_rd *bundle,
				json_rd_at value, size_t which, struct jurat_error *err)
{
	struct json_rd inner auto_call(json_rd_done) = { 0 };
	auto_free uint8_t *text = NULL;
	struct signed_part part;
	size_t n;
	int r = json_rd_is(bundle, value, JSON_RD_OBJECT) ? read_object(bundle, value, &text, &n)
							  : json_rd_string(bundle, value, &text, &n);

	if (r < 0)
		return jurat_fail(err, r, "expected an object, or a string of ASCII");
	r = json_rd_open(text, n, &inner, err);
	if (r < 0)
		return r;
	if (json_rd_get(&inner, 0, documents[which].member) != JSON_RD_NONE)
		return take_served(c, &inner, which, err);
	r = fill_part(text, n, bundle, json_rd_get_alike(bundle, 0, documents[which].signature_member), &part,
		      err);
	return r < 0 ? r : take(c, which, &inner, 0, &part, err);
}

/* Reads an array of integers as bytes. */
static int read_array(const struct json_rd *bundle, json_rd_at value, uint8_t **ret, size_t *ret_n)
{
	size_t n = json_rd_count(bundle, value), i = 0;
	uint8_t *to = malloc(n + 1);

	if (!to)
		return -ENOMEM;
	for (json_rd_at at = json_rd_first(bundle, value); at != JSON_RD_NONE;
	     at = json_rd_next(bundle, value, at)) {
		uint32_t v;

		if (!json_rd_number(bundle, at, 0xff, &v)) {
			free(to);
			return -EBADMSG;
		}
		to[i++] = (uint8_t)v;
	}
	*ret = to;
	*ret_n = n;
	return 0;
}

/* Adds a string or array of integers with the content of a file. Some tools omit it when it is empty. */
static int take_encoded(struct jurat_tdx_collateral *c, const struct json_rd *bundle, json_rd_at value,
			unsigned which, struct jurat_error *err)
{
	const char *expected = which == TAKE_CRLS ? "a CRL" : "certificates";
	auto_free uint8_t *bytes = NULL;
	size_t n;
	int r = json_rd_is(bundle, value, JSON_RD_ARRAY) ? read_array(bundle, value, &bytes, &n)
							 : json_rd_string(bundle, value, &bytes, &n);

	if (r < 0)
		return jurat_fail(err, r, "expected %s as a string of ASCII or as integers from 0 to 255",
				  expected);
	if (n == 0 && which == TAKE_CERTS)
		return 0;
	return take_certificates(c, bytes, n, which, expected, err);
}

static bool is_null(const struct json_rd *json, json_rd_at at)
{
	return json_rd_is(json, at, JSON_RD_WORD) && json->text[json->tokens[at].start] == 'n';
}

static bool is_bundle(const struct json_rd *json)
{
	for (size_t i = 0; i < ARRAY_SIZE(encoded_members); i++) {
		if (json_rd_get_alike(json, 0, encoded_members[i].name) != JSON_RD_NONE)
			return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(documents); i++) {
		if (json_rd_get_alike(json, 0, documents[i].text_member) != JSON_RD_NONE)
			return true;
	}
	return false;
}

/* Adds one JSON object with all collateral, by the member names of Intel's quote verification library. */
static int take_members(struct jurat_tdx_collateral *c, const struct json_rd *bundle, struct jurat_error *err)
{
	int r = refuse_unread(bundle, NULL, err);

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(encoded_members); i++) {
		const char *name = encoded_members[i].name;
		json_rd_at value = json_rd_get_alike(bundle, 0, name);

		if (value != JSON_RD_NONE && !is_null(bundle, value))
			r = take_encoded(c, bundle, value, encoded_members[i].take, err);
		if (r < 0)
			jurat_wrap(err, r, "%s", name);
	}
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(documents); i++) {
		json_rd_at value = json_rd_get_alike(bundle, 0, documents[i].text_member);

		if (value != JSON_RD_NONE)
			r = take_document_member(c, bundle, value, i, err);
		if (r < 0)
			jurat_wrap(err, r, "%s", documents[i].text_member);
	}
	return r;
}

/* Adds a nested object as a bundle of its own. */
static int take_inner(struct jurat_tdx_collateral *c, const struct json_rd *json, json_rd_at at,
		      struct jurat_error *err)
{
	struct json_rd inner auto_call(json_rd_done) = { 0 };
	const struct json_rd_token *t = &json->tokens[at];
	int r;

	if (!json_rd_is(json, at, JSON_RD_OBJECT))
		return jurat_fail(err, -EBADMSG, "expected an object");
	r = json_rd_open(json->text + t->start, t->size, &inner, err);
	if (r == 0 && !is_bundle(&inner))
		r = jurat_fail(err, -EBADMSG, "expected a bundle of collateral");
	return r < 0 ? r : take_members(c, &inner, err);
}

/* Adds a bundle, a bundle beside its quote ({"quote", "collateral"}), or one for several platforms. */
static int take_bundle(struct jurat_tdx_collateral *c, const struct json_rd *json, struct jurat_error *err)
{
	json_rd_at inner = json_rd_get_alike(json, 0, "collateral");
	json_rd_at platforms = json_rd_get_alike(json, 0, "platforms");
	int r = take_members(c, json, err);

	if (r == 0 && inner != JSON_RD_NONE) {
		r = take_inner(c, json, inner, err);
		if (r < 0)
			jurat_wrap(err, r, "collateral");
	}
	for (json_rd_at at = json_rd_first(json, platforms); r == 0 && at != JSON_RD_NONE;
	     at = json_rd_next(json, platforms, at)) {
		r = take_inner(c, json, at, err);
		if (r < 0)
			jurat_wrap(err, r, "platforms");
	}
	return r;
}

static const char expected_any[] = "TCB info, QE identity, a bundle of collateral, certificates or CRLs";

static int take_json(struct jurat_tdx_collateral *c, const uint8_t *text, size_t n, struct jurat_error *err)
{
	struct json_rd json auto_call(json_rd_done) = { 0 };
	int r = json_rd_open(text, n, &json, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(documents); i++) {
		json_rd_at value = json_rd_get(&json, 0, documents[i].member);

		/* in a bundle, this member contains the served document */
		if (json_rd_is(&json, value, JSON_RD_OBJECT) &&
		    json_rd_get(&json, value, documents[i].member) == JSON_RD_NONE)
			return take_served(c, &json, i, err);
	}
	if (is_bundle(&json) || json_rd_is(&json, json_rd_get_alike(&json, 0, "collateral"), JSON_RD_OBJECT))
		return take_bundle(c, &json, err);
	return take_certificates(c, text, n, TAKE_CERTS | TAKE_CRLS, expected_any, err);
}

int jurat_tdx_collateral_add(struct jurat_tdx_collateral *collateral, const void *bytes, size_t n,
			     struct jurat_error *err)
{
	struct encoding_bytes plain auto_call(encoding_done) = { .bytes = NULL };
	struct jurat_tdx_collateral before = *collateral;
	int r = encoding_undo(bytes, n, &plain, err);

	if (r < 0)
		return jurat_wrap(err, r, "collateral");
	if (input_kind(plain.bytes, plain.n) == INPUT_JSON)
		r = take_json(collateral, plain.bytes, plain.n, err);
	else
		r = take_certificates(collateral, bytes, n, TAKE_CERTS | TAKE_CRLS, expected_any, err);
	if (r < 0) {
		drop_behind(collateral, &before);
		memcpy(before.unusable, collateral->unusable, sizeof(before.unusable));
		*collateral = before;
		return jurat_wrap(err, r, "collateral");
	}
	return 0;
}

bool collateral_has_unusable(const struct jurat_tdx_collateral *collateral, const struct jurat_error *err)
{
	for (size_t i = 0; i < COLLATERAL_N_DOCUMENTS; i++)
		if (collateral->unusable[i][0] && strstr(err->text, collateral->unusable[i]))
			return true;
	return false;
}

bool collateral_is(const uint8_t *text, size_t n)
{
	struct json_rd json auto_call(json_rd_done) = { 0 };

	if (json_rd_open(text, n, &json, NULL) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(documents); i++) {
		if (json_rd_get(&json, 0, documents[i].member) != JSON_RD_NONE)
			return true;
	}
	return is_bundle(&json);
}

bool collateral_is_beside_quote(const uint8_t *text, size_t n)
{
	struct json_rd json auto_call(json_rd_done) = { 0 };

	return json_rd_open(text, n, &json, NULL) == 0 &&
	       json_rd_is(&json, json_rd_get_alike(&json, 0, "collateral"), JSON_RD_OBJECT);
}
