/* SPDX-License-Identifier: MIT */
#include "verify/tdx_collateral_items.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "verify/decode.h"

const struct collateral_names collateral_names[COLLATERAL_N_DOCUMENTS] = {
	[COLLATERAL_TCB_INFO] = { "TCB info", "tcbInfo", "tcb_info", "tcb_info_signature" },
	[COLLATERAL_QE_IDENTITY] = { "QE identity", "enclaveIdentity", "qe_identity",
				     "qe_identity_signature" },
};

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
	if (item->kind == INPUT_CERTIFICATE && take & COLLATERAL_TAKE_CERTS)
		return take_cert(c, item->bytes, item->n, err);
	if (item->kind == INPUT_CRL && take & COLLATERAL_TAKE_CRLS)
		return take_crl(c, item->bytes, item->n, err);
	if (!expected)
		return JURAT_NOT_FOUND;
	return jurat_fail(err, -EBADMSG, "expected %s, found: %s", expected, input_kind_name(item->kind));
}

int collateral_take_text(struct jurat_tdx_collateral *c, const uint8_t *bytes, size_t n, unsigned take,
			 const char *expected, struct jurat_error *err)
{
	struct decoded decoded auto_call(decoded_done) = { .items = NULL };
	const bool is_chain = take == COLLATERAL_TAKE_CERTS;
	uint8_t digest[CRYPTO_SHA256_BYTES];
	bool any = false;
	int r = 0;

	crypto_sha256(bytes, n, digest); /* the issuer chains of both documents are usually the same text */
	if (is_chain && memcmp(digest, c->last_chain, sizeof(digest)) == 0)
		return 0;
	r = decode(bytes, n, &decoded, err);
	if (r == JURAT_NOT_FOUND && expected)
		return jurat_fail(err, -EBADMSG, "expected %s, found: %s", expected, input_name(bytes, n));
	if (r == -EBADMSG && expected)
		return jurat_wrap(err, r, "expected %s", expected);
	if (r != 0)
		return r;
	for (size_t i = 0; r >= 0 && i < decoded.n; i++) {
		r = take_item(c, &decoded.items[i], take, expected, err);
		any = any || r == 0;
	}
	if (r < 0)
		return r;
	if (is_chain && any)
		memcpy(c->last_chain, digest, sizeof(digest));
	return any ? 0 : JURAT_NOT_FOUND;
}

void collateral_fill_part(const uint8_t *text, size_t n, const uint8_t rs[64], struct signed_part *ret)
{
	uint8_t whole[CRYPTO_SHA256_BYTES + 64];

	crypto_sha256(text, n, ret->digest);
	memcpy(ret->r, rs, 32);
	memcpy(ret->s, rs + 32, 32);
	memcpy(whole, ret->digest, CRYPTO_SHA256_BYTES);
	memcpy(whole + CRYPTO_SHA256_BYTES, rs, 64);
	crypto_sha256(whole, sizeof(whole), ret->sha256);
}

static int take_tcb_info(struct jurat_tdx_collateral *c, const struct json_rd *json, json_rd_at at,
			 const struct signed_part *part, struct jurat_error *err)
{
	int r = tcb_info_read(json, at, &c->tcb_infos[c->n_tcb_infos], err);

	if (r == 0)
		c->tcb_infos[c->n_tcb_infos++]->doc.part = *part;
	return r;
}

static int take_identity(struct jurat_tdx_collateral *c, const struct json_rd *json, json_rd_at at,
			 const struct signed_part *part, struct jurat_error *err)
{
	int r = qe_identity_read(json, at, &c->identities[c->n_identities], err);

	if (r == 0)
		c->identities[c->n_identities++]->doc.part = *part;
	return r;
}

int collateral_take_document(struct jurat_tdx_collateral *c, enum collateral_document which,
			     const uint8_t *text, size_t n, const struct json_rd *json, json_rd_at at,
			     const uint8_t rs[64], struct jurat_error *err)
{
	const bool is_info = which == COLLATERAL_TCB_INFO;
	struct signed_part part;
	struct jurat_error why = { "" };
	int r;

	if ((is_info ? c->n_tcb_infos : c->n_identities) == COLLATERAL_MAX_ITEMS)
		return full(is_info ? "TCB infos" : "QE identities", err);
	collateral_fill_part(text, n, rs, &part);
	r = is_info ? take_tcb_info(c, json, at, &part, &why) : take_identity(c, json, at, &part, &why);
	if (r == -EBADMSG) {
		snprintf(c->unusable[which], sizeof(c->unusable[which]), "%.*s", COLLATERAL_WHY_BYTES - 1,
			 why.text);
		return jurat_fail(err, JURAT_REFUSED, "%s", why.text);
	}
	return r < 0 ? jurat_fail(err, r, "%s", why.text) : r;
}
