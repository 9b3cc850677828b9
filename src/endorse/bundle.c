/* SPDX-License-Identifier: MIT */
#include "endorse/bundle.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "verify/tdx_collateral_json.h"

static int put(json_t *object, const char *name, json_t *value, struct jurat_error *err)
{
	return value && json_object_set_new(object, name, value) == 0 ? 0 : jurat_fail_memory(err);
}

/* A document as served has its signed part and the signature as two members. */
static int put_document(json_t *object, const char *member, const char *name, const char *signature_name,
			const struct endorse_value *value, struct jurat_error *err)
{
	struct json_rd json = { .tokens = NULL };
	json_rd_at part, signature;
	int r = json_rd_open(value->body, value->size, &json, err);

	if (r < 0)
		return r;
	part = json_rd_get(&json, 0, member);
	signature = json_rd_get(&json, 0, "signature");
	if (part == JSON_RD_NONE || signature == JSON_RD_NONE) {
		r = jurat_fail(err, -EBADMSG, "%s has no signature", member);
	} else {
		const struct json_rd_token *p = &json.tokens[part], *s = &json.tokens[signature];

		r = put(object, name, json_stringn((const char *)value->body + p->start, p->size), err);
		if (r == 0)
			r = put(object, signature_name,
				json_stringn((const char *)value->body + s->start, s->size), err);
	}
	json_rd_done(&json);
	return r;
}

static int put_hex(json_t *object, const char *name, const struct endorse_value *value,
		   struct jurat_error *err)
{
	auto_free char *hex = malloc(BYTES_HEX_SIZE(value->size));

	if (!hex)
		return jurat_fail_memory(err);
	return put(object, name, json_string(bytes_to_hex(value->body, value->size, hex)), err);
}

static int put_chain(json_t *object, const char *name, const struct endorse_value *value,
		     struct jurat_error *err)
{
	return put(object, name, json_string(value->issuer_chain ? value->issuer_chain : ""), err);
}

static int put_all(json_t *o, const struct endorse_value *v, struct jurat_error *err)
{
	int r = put_chain(o, "pck_crl_issuer_chain", &v[ENDORSE_BUNDLE_PCK_CRL], err);

	if (r == 0)
		r = put_hex(o, "root_ca_crl", &v[ENDORSE_BUNDLE_ROOT_CRL], err);
	if (r == 0)
		r = put_hex(o, "pck_crl", &v[ENDORSE_BUNDLE_PCK_CRL], err);
	if (r == 0)
		r = put_chain(o, "tcb_info_issuer_chain", &v[ENDORSE_BUNDLE_TCB_INFO], err);
	if (r == 0)
		r = put_document(o, "tcbInfo", "tcb_info", "tcb_info_signature", &v[ENDORSE_BUNDLE_TCB_INFO],
				 err);
	if (r == 0)
		r = put_chain(o, "qe_identity_issuer_chain", &v[ENDORSE_BUNDLE_QE_IDENTITY], err);
	if (r == 0)
		r = put_document(o, "enclaveIdentity", "qe_identity", "qe_identity_signature",
				 &v[ENDORSE_BUNDLE_QE_IDENTITY], err);
	return r;
}

int endorse_bundle(const struct endorse_value *values, char **ret, struct jurat_error *err)
{
	json_t *object = json_object();
	char *text = NULL;
	int r = object ? put_all(object, values, err) : jurat_fail_memory(err);

	if (r == 0) {
		text = json_dumps(object, JSON_INDENT(2));
		r = text ? 0 : jurat_fail_memory(err);
	}
	json_decref(object);
	if (r == 0)
		*ret = text;
	return r;
}
