/* SPDX-License-Identifier: MIT */
#include "show/show.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/text_stream.h"
#include "crypto/der.h"
#include "crypto/hash.h"
#include "verify/decode.h"
#include "verify/tdx_pck.h"

enum { PEM_BYTES_A_LINE = 48 }; /* RFC 7468: 64 digits */

/* Shows an INTEGER or an IA5String as such, and any other content, which may be malformed, as bytes. */
static void show_content(struct show *s, json_t *to, const char *name, const struct bytes_rd *content)
{
	struct bytes_rd r = *content, text;

	if (der_peek(content) == DER_INTEGER) {
		uint64_t v = der_uint(&r);

		if (!r.bad && bytes_rd_left(&r) == 0 && v <= INT64_MAX) {
			show_add(s, to, name, json_integer((json_int_t)v));
			return;
		}
	} else if (der_peek(content) == DER_IA5_STRING) {
		text = der_enter(&r, DER_IA5_STRING);
		if (!r.bad && bytes_rd_left(&r) == 0) {
			show_add_name(s, to, name, &text);
			return;
		}
	}
	show_add_hex(s, to, name, content->data, content->size);
}

/* AMD's extensions, 1.3.6.1.4.1.3704.1.x. Spec: VCEK certificate and KDS interface (AMD 57230). */
static void show_amd_extensions(struct show *s, json_t *to, const struct crypto_cert *cert)
{
	static const uint8_t prefix[] = { 0x2b, 0x06, 0x01, 0x04, 0x01, 0x9c, 0x78, 0x01 };
	static const struct {
		uint8_t suffix[2];
		size_t n;
		const char *name;
		bool raw; /* bytes, which may look like a tag (B38) */
	} known[] = {
		{ { 1 }, 1, "struct_version", false }, { { 2 }, 1, "product_name", false },
		{ { 3, 9 }, 2, "fmc_spl", false },     { { 3, 1 }, 2, "bl_spl", false },
		{ { 3, 2 }, 2, "tee_spl", false },     { { 3, 3 }, 2, "snp_spl", false },
		{ { 3, 8 }, 2, "ucode_spl", false },   { { 4 }, 1, "hwid", true },
		{ { 5 }, 1, "csp_id", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		uint8_t oid[sizeof(prefix) + 2];
		struct bytes_rd value;
		bool critical;

		memcpy(oid, prefix, sizeof(prefix));
		memcpy(oid + sizeof(prefix), known[i].suffix, known[i].n);
		if (crypto_cert_extension(cert, oid, sizeof(prefix) + known[i].n, &value, &critical) != 0)
			continue;
		if (known[i].raw)
			show_add_hex(s, to, known[i].name, value.data, value.size);
		else
			show_content(s, to, known[i].name, &value);
	}
}

/* Adds a PCK certificate's SGX extension; nothing for other certificates. */
static void show_sgx_extension(struct show *s, json_t *to, const struct crypto_cert *cert)
{
	struct jurat_error why;
	struct pck pck;
	int r = pck_read(cert, &pck, &why);

	if (r == JURAT_NOT_FOUND)
		return;
	if (r < 0) {
		show_add_text(s, to, "sgx_extension", why.text);
		return;
	}
	show_add_hex(s, to, "fmspc", pck.fmspc, sizeof(pck.fmspc));
	show_add_hex(s, to, "pceid", pck.pceid, sizeof(pck.pceid));
	show_add_hex(s, to, "ppid", pck.ppid, sizeof(pck.ppid));
	show_add_svns(s, to, "sgx_components", pck.components, sizeof(pck.components));
	show_add_number(s, to, "pcesvn", pck.pcesvn);
	show_add_hex(s, to, "cpusvn", pck.cpusvn, sizeof(pck.cpusvn));
	show_add_number(s, to, "sgx_type", pck.sgx_type);
	if (pck.has_platform_instance_id)
		show_add_hex(s, to, "platform_instance_id", pck.platform_instance_id,
			     sizeof(pck.platform_instance_id));
	if (pck.has_configuration) {
		show_add(s, to, "dynamic_platform", json_boolean(pck.dynamic_platform));
		show_add(s, to, "cached_keys", json_boolean(pck.cached_keys));
		show_add(s, to, "smt_enabled", json_boolean(pck.smt_enabled));
	}
}

/* The certificate or CRL as other programs take it. */
static void show_pem(struct show *s, json_t *to, const char *label, const uint8_t *der, size_t n)
{
	json_t *row = s->form == SHOW_PAGE ? show_add(s, to, "pem", json_object()) : NULL;
	auto_free char *text = NULL;
	struct text_stream stream;
	char value[32];

	if (!row)
		return;
	(void)!snprintf(value, sizeof(value), "%zu bytes in DER", n);
	show_add_text(s, row, "", value);
	if (text_stream_open(&stream) < 0) {
		s->failed = true;
		return;
	}
	fprintf(stream.to, "-----BEGIN %s-----\n", label);
	for (size_t at = 0; at < n; at += PEM_BYTES_A_LINE) {
		char line[BASE64_TEXT_SIZE(PEM_BYTES_A_LINE)];

		fprintf(stream.to, "%s\n",
			base64_write(der + at, n - at < PEM_BYTES_A_LINE ? n - at : PEM_BYTES_A_LINE, line));
	}
	fprintf(stream.to, "-----END %s-----", label);
	if (text_stream_close(&stream, &text, NULL) < 0)
		s->failed = true;
	else
		show_add_text(s, row, "text", text);
}

static const char *key_kind_name(enum crypto_key_kind kind)
{
	switch (kind) {
	case CRYPTO_KEY_RSA:
		return "RSA";
	case CRYPTO_KEY_P256:
		return "EC P-256";
	case CRYPTO_KEY_P384:
		return "EC P-384";
	default:
		return "other";
	}
}

static void show_cert(struct show *s, json_t *to, const struct crypto_cert *cert)
{
	uint8_t digest[CRYPTO_SHA256_BYTES];

	show_add_name(s, to, "subject", &cert->subject_cn);
	show_add_name(s, to, "issuer", &cert->issuer_cn);
	show_add_hex(s, to, "serial", cert->serial.data, cert->serial.size);
	show_add_time(s, to, "not_before", cert->not_before);
	show_add_time(s, to, "not_after", cert->not_after);
	show_add_text(s, to, "key", key_kind_name(cert->key_kind));
	show_amd_extensions(s, to, cert);
	show_sgx_extension(s, to, cert);
	crypto_sha256(cert->der.data, cert->der.size, digest);
	show_add_hex(s, to, "sha256", digest, sizeof(digest));
	crypto_sha256(cert->spki.data, cert->spki.size, digest);
	show_add_hex(s, to, "spki_sha256", digest, sizeof(digest));
	show_pem(s, to, "CERTIFICATE", cert->der.data, cert->der.size);
}

static void show_crl(struct show *s, json_t *to, const struct crypto_crl *crl)
{
	struct bytes_rd rest = crl->revoked, serial;
	json_t *revoked;

	show_add_name(s, to, "issuer", &crl->issuer_cn);
	show_add_hex(s, to, "number", crl->crl_number.data, crl->crl_number.size);
	show_add_time(s, to, "this_update", crl->this_update);
	if (crl->next_update != INT64_MIN)
		show_add_time(s, to, "next_update", crl->next_update);
	revoked = show_add(s, to, "revoked_serials", json_array());
	while (revoked && crypto_crl_next(&rest, &serial)) {
		char hex[BYTES_HEX_SIZE(20)];

		if (json_array_append_new(revoked,
					  json_string(serial.size <= 20
							      ? bytes_to_hex(serial.data, serial.size, hex)
							      : "malformed")) < 0)
			s->failed = true;
	}
}

int show_der(struct show *s, json_t *to, const uint8_t *der, size_t n, struct jurat_error *err)
{
	enum input_kind kind = input_kind(der, n);
	struct crypto_cert cert;
	struct crypto_crl crl;
	int r;

	switch (kind) {
	case INPUT_CERTIFICATE:
		r = crypto_cert_read(der, n, &cert, err);
		if (r == 0)
			show_cert(s, to, &cert);
		return r;
	case INPUT_CRL:
		r = crypto_crl_read(der, n, &crl, err);
		if (r == 0) {
			show_crl(s, to, &crl);
			show_pem(s, to, "X509 CRL", der, n);
		}
		return r;
	default:
		return jurat_fail(err, -EBADMSG, "expected a certificate or a CRL in DER, found: %s",
				  input_kind_name(kind));
	}
}

int show_found(struct show *s, json_t *to, const struct decoded *found, struct jurat_error *err)
{
	for (size_t i = 0; i < found->n; i++) {
		const struct decode_item *item = &found->items[i];
		json_t *one = to;
		char name[40];
		int r;

		snprintf(name, sizeof(name), "%s %zu", input_kind_name(item->kind), i);
		if (i > 0)
			one = show_add(s, to, name, json_object());
		else
			show_add_text(s, to, "kind", input_kind_name(item->kind));
		r = one ? show_der(s, one, item->bytes, item->n, err) : jurat_fail_memory(err);
		if (r < 0)
			return r;
	}
	return 0;
}

int show_certificates(struct show *s, json_t *to, const uint8_t *data, size_t n, struct jurat_error *err)
{
	struct decoded found auto_call(decoded_done) = { .items = NULL };
	int r = decode(data, n, &found, err);

	if (r == JURAT_NOT_FOUND)
		return jurat_fail(err, -EBADMSG, "expected certificates, found: %s", input_name(data, n));
	return r < 0 ? r : show_found(s, to, &found, err);
}
