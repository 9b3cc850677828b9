/* SPDX-License-Identifier: MIT */
#include "verify/tdx_collateral.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "verify/input.h"

int jurat_tdx_collateral_new(struct jurat_tdx_collateral **ret, struct jurat_error *err)
{
	struct jurat_tdx_collateral *c = calloc(1, sizeof(*c));

	if (!c)
		return jurat_fail_memory(err);
	*ret = c;
	return 0;
}

/* Everything behind the first so many of each kind: what a failed addition has left. */
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

static int full(const char *what, struct jurat_error *err)
{
	return jurat_fail(err, -EBADMSG, "more than %d %s", COLLATERAL_MAX_ITEMS, what);
}

/* Issuer chains name the same few certificates again and again. */
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

/* PEM with any number of certificates and CRLs. */
static int take_pem(struct jurat_tdx_collateral *c, const uint8_t *bytes, size_t n, struct jurat_error *err)
{
	uint8_t digest[CRYPTO_SHA256_BYTES];
	size_t off = 0;

	crypto_sha256(bytes, n, digest); /* the issuer chains of both documents are one text */
	if (memcmp(digest, c->last_chain, sizeof(digest)) == 0)
		return 0;
	for (;;) {
		auto_free uint8_t *der = NULL;
		char label[32];
		size_t size;
		int r = crypto_pem_next(bytes, n, &off, label, &der, &size, err);

		if (r == JURAT_NOT_FOUND)
			break;
		if (r == 0)
			r = strcmp(label, "CERTIFICATE") == 0 ? take_cert(c, der, size, err)
							      : take_crl(c, der, size, err);
		if (r < 0)
			return r;
	}
	memcpy(c->last_chain, digest, sizeof(digest));
	return 0;
}

/* Certificates and CRLs. `expected` is what else could have been there. */
static int take_certificates(struct jurat_tdx_collateral *c, const uint8_t *bytes, size_t n,
			     const char *expected, struct jurat_error *err)
{
	enum input_kind kind = input_kind(bytes, n);

	switch (kind) {
	case INPUT_PEM:
		return take_pem(c, bytes, n, err);
	case INPUT_CERTIFICATE:
		return take_cert(c, bytes, n, err);
	case INPUT_CRL:
		return take_crl(c, bytes, n, err);
	default:
		return jurat_fail(err, -EBADMSG, "expected %scertificates or CRLs, found: %s", expected,
				  input_kind_name(kind));
	}
}

/* `text` is what is signed. */
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

/* One document; why it is of no use stays with the collateral. */
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

static const char *const encoded_members[] = {
	"pck_crl_issuer_chain",     "root_ca_crl",          "pck_crl", "tcb_info_issuer_chain",
	"qe_identity_issuer_chain", "pck_certificate_chain"
};

static bool is_read(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(encoded_members); i++) {
		if (strcmp(encoded_members[i], name) == 0)
			return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(documents); i++) {
		if (strcmp(documents[i].text_member, name) == 0 ||
		    strcmp(documents[i].signature_member, name) == 0)
			return true;
	}
	return false;
}

/* Whether a member claims to be collateral by its name, however it is spelt. */
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
 * Whoever wrote a CRL into this object wants it to count: one that would be passed over is an error. What is
 * no collateral may stand beside it, as versions and sizes do. `served`: NULL for a bundle.
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
 * The text of a document as a string: the served whole, or the signed value alone and its signature beside
 * it.
 */
static int take_text(struct jurat_tdx_collateral *c, const struct json_rd *bundle, size_t which,
		     struct jurat_error *err)
{
	struct json_rd inner auto_call(json_rd_done) = { 0 };
	auto_free uint8_t *text = NULL;
	struct signed_part part;
	size_t n;
	int r = json_rd_string(bundle, json_rd_get(bundle, 0, documents[which].text_member), &text, &n);

	if (r < 0)
		return jurat_fail(err, r, "not a string of ASCII");
	r = json_rd_open(text, n, &inner, err);
	if (r < 0)
		return r;
	if (json_rd_get(&inner, 0, documents[which].member) != JSON_RD_NONE)
		return take_served(c, &inner, which, err);
	r = fill_part(text, n, bundle, json_rd_get(bundle, 0, documents[which].signature_member), &part, err);
	return r < 0 ? r : take(c, which, &inner, 0, &part, err);
}

/* PEM, or DER written as hex. */
static int take_encoded(struct jurat_tdx_collateral *c, const struct json_rd *bundle, json_rd_at value,
			struct jurat_error *err)
{
	auto_free uint8_t *text = NULL, *der = NULL;
	size_t n;
	int r = json_rd_string(bundle, value, &text, &n);

	if (r < 0)
		return jurat_fail(err, r, "not a string of ASCII");
	if (input_kind(text, n) == INPUT_PEM)
		return take_pem(c, text, n, err);
	der = malloc(n / 2 + 1);
	if (!der)
		return jurat_fail_memory(err);
	if (n == 0 || n % 2 != 0 || !bytes_from_hex((const char *)text, der, n / 2))
		return jurat_fail(err, -EBADMSG, "expected PEM or hex");
	return take_certificates(c, der, n / 2, "", err);
}

static bool is_null(const struct json_rd *json, json_rd_at at)
{
	return json_rd_is(json, at, JSON_RD_WORD) && json->text[json->tokens[at].start] == 'n';
}

/* One JSON object with everything in it, by the member names of Intel's quote verification library. */
static int take_bundle(struct jurat_tdx_collateral *c, const struct json_rd *bundle, struct jurat_error *err)
{
	int r = refuse_unread(bundle, NULL, err);

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(encoded_members); i++) {
		const char *name = encoded_members[i];
		json_rd_at value = json_rd_get(bundle, 0, name);

		if (value != JSON_RD_NONE && !is_null(bundle, value))
			r = take_encoded(c, bundle, value, err);
		if (r < 0)
			jurat_wrap(err, r, "%s", name);
	}
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(documents); i++) {
		if (json_rd_get(bundle, 0, documents[i].text_member) != JSON_RD_NONE)
			r = take_text(c, bundle, i, err);
		if (r < 0)
			jurat_wrap(err, r, "%s", documents[i].text_member);
	}
	return r;
}

static bool is_bundle(const struct json_rd *json)
{
	static const char *const members[] = { "tcb_info", "qe_identity", "pck_crl", "root_ca_crl" };

	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		if (json_rd_get(json, 0, members[i]) != JSON_RD_NONE)
			return true;
	}
	return false;
}

static int take_json(struct jurat_tdx_collateral *c, const uint8_t *text, size_t n, struct jurat_error *err)
{
	struct json_rd json auto_call(json_rd_done) = { 0 };
	int r;

	if (text[n - 1] == '\0') /* C strings are stored with their end */
		n--;
	r = json_rd_open(text, n, &json, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(documents); i++) {
		if (json_rd_get(&json, 0, documents[i].member) != JSON_RD_NONE)
			return take_served(c, &json, i, err);
	}
	if (is_bundle(&json))
		return take_bundle(c, &json, err);
	return jurat_fail(err, -EBADMSG, "expected TCB info, QE identity or a bundle of collateral");
}

int jurat_tdx_collateral_add(struct jurat_tdx_collateral *collateral, const void *bytes, size_t n,
			     struct jurat_error *err)
{
	struct jurat_tdx_collateral before = *collateral;
	int r;

	if (input_kind(bytes, n) == INPUT_JSON)
		r = take_json(collateral, bytes, n, err);
	else
		r = take_certificates(collateral, bytes, n, "JSON, ", err);
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
