/* SPDX-License-Identifier: MIT */
#include "fetch/content.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "verify/decode.h"

/*
 * What services and web servers with plain files call each form. An error page of a proxy or a sign-in page
 * is none of them.
 */
static const char *const types[ENDORSE_N_FORMS][8] = {
	[ENDORSE_FORM_CERTIFICATE] = { "application/pkix-cert", "application/x-x509-ca-cert",
				       "application/x-pem-file", "application/octet-stream",
				       "binary/octet-stream" },
	[ENDORSE_FORM_CHAIN] = { "application/x-pem-file", "application/pem-certificate-chain",
				 "application/x-x509-ca-cert", "text/plain", "application/octet-stream",
				 "binary/octet-stream" },
	[ENDORSE_FORM_CRL] = { "application/pkix-crl", "application/x-pkcs7-crl",
			       "application/x-x509-ca-cert" /* of any file named *.der */,
			       "application/x-pem-file", "application/octet-stream", "binary/octet-stream" },
	[ENDORSE_FORM_DOCUMENT] = { "application/json", "text/json", "application/octet-stream",
				    "binary/octet-stream" },
};

static int check_type(const struct endorse_item *item, const struct http_answer *answer,
		      struct jurat_error *err)
{
	const enum endorse_form form = endorse_kind_form(item->kind);

	if (answer->encoded)
		return jurat_fail(err, -EBADMSG, "expected no Content-Encoding, found one");
	if (!answer->type[0])
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(types[form]) && types[form][i]; i++)
		if (!strcmp(answer->type, types[form][i]))
			return 0;
	return jurat_fail(err, -EBADMSG, "expected content of type %s, found %s", types[form][0],
			  answer->type);
}

/* Replaces PEM or hex with the DER in it. What cannot be decoded stays: the check says what is wrong. */
static int make_der(struct http_answer *answer, struct jurat_error *err)
{
	struct decoded decoded auto_call(decoded_done) = { .items = NULL };
	uint8_t *der;
	int r;

	if (answer->size > 0 && answer->body[0] == 0x30)
		return 0;
	r = decode(answer->body, answer->size, &decoded, NULL);
	if (r == -ENOMEM)
		return jurat_fail_memory(err);
	if (r != 0 || decoded.n != 1)
		return 0;
	der = malloc(decoded.items[0].n + 1);
	if (!der)
		return jurat_fail_memory(err);
	memcpy(der, decoded.items[0].bytes, decoded.items[0].n);
	der[decoded.items[0].n] = '\0';
	answer->size = decoded.items[0].n;
	free(answer->body);
	answer->body = der;
	return 0;
}

int fetch_take_content(const struct endorse_item *item, struct http_answer *answer, struct endorse_value *ret,
		       struct jurat_error *err)
{
	const char *header = endorse_chain_header(item);
	auto_free char *chain = NULL;
	const enum endorse_form form = endorse_kind_form(item->kind);
	int r = check_type(item, answer, err);

	if (r == 0 && (form == ENDORSE_FORM_CERTIFICATE || form == ENDORSE_FORM_CRL))
		r = make_der(answer, err);
	if (r < 0)
		return r;
	if (header && !answer->header)
		return jurat_fail(err, -EBADMSG, "expected an issuer chain in the header %s, found none",
				  header);
	r = header ? http_unescape(answer->header, ENDORSE_MAX_CHAIN_BYTES, &chain, err) : 0;
	if (r < 0)
		return jurat_wrap(err, r, "header %s", header);
	*ret = (struct endorse_value){ .body = take_ptr(answer->body),
				       .size = answer->size,
				       .issuer_chain = take_ptr(chain) };
	return 0;
}
