/* SPDX-License-Identifier: MIT */
#include "crypto/x509_parts.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "crypto/hash.h"

const uint8_t x509_oid_authority_key_id[3] = { 0x55, 0x1d, 0x23 };

int x509_signed_read(const uint8_t *der, size_t n, struct x509_signed *ret, struct jurat_error *err)
{
	struct bytes_rd r = bytes_rd(der, n);
	struct bytes_rd all = der_enter(&r, DER_SEQUENCE);
	struct x509_signed s;
	struct bytes_rd inner;

	if (n >= 11 && memcmp(der, "-----BEGIN ", 11) == 0)
		return jurat_fail(err, -EBADMSG, "expected DER, found PEM");
	if (r.bad)
		return jurat_fail(err, -EBADMSG, "not one DER SEQUENCE of %zu bytes", n);
	if (r.off != r.size)
		return jurat_fail(err, -EBADMSG, "not one DER SEQUENCE of %zu bytes: it ends at byte %zu", n,
				  r.off);
	s.tbs_whole = der_whole(&all);
	s.algorithm = der_whole(&all);
	s.signature = der_bits(&all);
	if (all.bad || all.off != all.size)
		return jurat_fail(err, -EBADMSG, "expected a signed part, an algorithm and a signature");
	inner = s.tbs_whole;
	s.tbs = der_enter(&inner, DER_SEQUENCE);
	if (s.tbs.bad)
		return jurat_fail(err, -EBADMSG, "signed part: not a SEQUENCE");
	*ret = s;
	return 0;
}

/*
 * Each accepted algorithm has one DER form, except RSASSA-PSS: AMD's older certificates encode the default
 * trailerField, which DER forbids but other implementations accept (B56).
 */
#define OID_SHA384       0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02
#define OID_MGF1         0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08
#define OID_RSASSA_PSS   0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a
#define SHA384_NULL      0x30, 0x0d, OID_SHA384, 0x05, 0x00
#define PSS_HASH         0xa0, 0x0f, SHA384_NULL
#define PSS_MGF1         0xa1, 0x1c, 0x30, 0x1a, OID_MGF1, SHA384_NULL
#define PSS_SALT_48      0xa2, 0x03, 0x02, 0x01, 0x30
#define PSS_TRAILER_1    0xa3, 0x03, 0x02, 0x01, 0x01
#define OID_ECDSA_SHA(n) 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, (n)

static const uint8_t pss_sha384[] = {
	0x30, 0x41, OID_RSASSA_PSS, 0x30, 0x34, PSS_HASH, PSS_MGF1, PSS_SALT_48
};
static const uint8_t pss_sha384_trailer[] = { 0x30,     0x46,     OID_RSASSA_PSS, 0x30,         0x39,
					      PSS_HASH, PSS_MGF1, PSS_SALT_48,    PSS_TRAILER_1 };
static const uint8_t ecdsa_sha256[] = { 0x30, 0x0a, OID_ECDSA_SHA(0x02) };
static const uint8_t ecdsa_sha384[] = { 0x30, 0x0a, OID_ECDSA_SHA(0x03) };

static enum crypto_signature_kind signature_kind(const struct bytes_rd *algorithm)
{
	static const struct {
		const uint8_t *der;
		size_t size;
		enum crypto_signature_kind kind;
	} known[] = {
		{ pss_sha384, sizeof(pss_sha384), CRYPTO_SIG_RSA_PSS_SHA384 },
		{ pss_sha384_trailer, sizeof(pss_sha384_trailer), CRYPTO_SIG_RSA_PSS_SHA384 },
		{ ecdsa_sha256, sizeof(ecdsa_sha256), CRYPTO_SIG_ECDSA_SHA256 },
		{ ecdsa_sha384, sizeof(ecdsa_sha384), CRYPTO_SIG_ECDSA_SHA384 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (der_equal(algorithm, known[i].der, known[i].size))
			return known[i].kind;
	return CRYPTO_SIG_OTHER;
}

int x509_algorithm_read(struct bytes_rd *r, const struct x509_signed *outer, enum crypto_signature_kind *ret,
			struct jurat_error *err)
{
	struct bytes_rd whole = der_whole(r);
	struct bytes_rd inner = whole;
	struct bytes_rd content = der_enter(&inner, DER_SEQUENCE);
	struct bytes_rd oid = der_enter(&content, DER_OID);

	if (der_peek(&content) >= 0)
		der_whole(&content);
	if (content.bad || oid.size == 0 || content.off != content.size)
		return jurat_fail(err, -EBADMSG, "not an AlgorithmIdentifier");
	if (!der_equal(&whole, outer->algorithm.data, outer->algorithm.size))
		return jurat_fail(err, -EBADMSG, "differs between the signed part and outside it");
	*ret = signature_kind(&whole);
	return 0;
}

/* The length of the UTF-8 character at `s`; 0 when it is invalid. Spec: RFC 3629 section 4 */
static size_t utf8_length(const uint8_t *s, size_t n)
{
	uint8_t low = 0x80, high = 0xbf;
	size_t length;

	if (s[0] < 0x80)
		return 1;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	length = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	if (s[0] == 0xe0)
		low = 0xa0; /* overlong forms */
	if (s[0] == 0xed)
		high = 0x9f; /* surrogates */
	if (s[0] == 0xf0)
		low = 0x90;
	if (s[0] == 0xf4)
		high = 0x8f; /* beyond U+10FFFF */
	if (length > n || s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < length; i++)
		if (s[i] < 0x80 || s[i] > 0xbf)
			return 0;
	return length;
}

/* Names are compared and printed, so they must be valid UTF-8 without control characters and NUL. */
static bool is_text(const struct bytes_rd *text)
{
	size_t length;

	for (size_t i = 0; i < text->size; i += length) {
		length = utf8_length(text->data + i, text->size - i);
		if (length == 0 || text->data[i] < 0x20 || text->data[i] == 0x7f)
			return false;
	}
	return true;
}

static int attribute_read(struct bytes_rd *set, struct bytes_rd *cn, struct jurat_error *err)
{
	static const uint8_t common_name[] = { 0x55, 0x04, 0x03 };
	struct bytes_rd attribute = der_enter(set, DER_SEQUENCE);
	struct bytes_rd oid = der_enter(&attribute, DER_OID);
	int tag = der_peek(&attribute);
	struct bytes_rd whole = der_whole(&attribute);
	struct bytes_rd text = der_enter(&whole, (uint8_t)tag);

	if (attribute.bad || oid.size == 0 || attribute.off != attribute.size)
		return jurat_fail(err, -EBADMSG, "not a Name");
	if (!der_equal(&oid, common_name, sizeof(common_name)))
		return 0;
	if ((tag != DER_UTF8_STRING && tag != DER_PRINTABLE_STRING) || text.size == 0 || !is_text(&text))
		return jurat_fail(err, -EBADMSG, "commonName: not a readable UTF8String or PrintableString");
	*cn = text;
	return 0;
}

/* Spec: X.690 11.6, order of a SET OF. Elements include their length, so none is a prefix of another. */
static bool is_sorted(const struct bytes_rd *first, const struct bytes_rd *second)
{
	return memcmp(first->data, second->data, first->size < second->size ? first->size : second->size) <=
	       0;
}

static int rdn_read(struct bytes_rd *names, struct bytes_rd *cn, struct jurat_error *err)
{
	struct bytes_rd set = der_enter(names, DER_SET);
	struct bytes_rd last = { 0 };
	int r;

	if (set.bad || set.size == 0)
		return jurat_fail(err, -EBADMSG, "not a Name");
	while (bytes_rd_left(&set) > 0) {
		struct bytes_rd whole = der_whole(&set);
		struct bytes_rd attribute = whole;

		if (whole.bad || (last.size > 0 && !is_sorted(&last, &whole)))
			return jurat_fail(err, -EBADMSG, "not a Name");
		r = attribute_read(&attribute, cn, err);
		if (r < 0)
			return r;
		last = whole;
	}
	return 0;
}

int x509_name_read(struct bytes_rd *r, struct bytes_rd *ret_name, struct bytes_rd *ret_cn,
		   struct jurat_error *err)
{
	struct bytes_rd whole = der_whole(r);
	struct bytes_rd inner = whole;
	struct bytes_rd names = der_enter(&inner, DER_SEQUENCE);
	struct bytes_rd cn = { 0 };
	int status;

	if (names.bad)
		return jurat_fail(err, -EBADMSG, "not a Name");
	while (bytes_rd_left(&names) > 0) {
		status = rdn_read(&names, &cn, err);
		if (status < 0)
			return status;
	}
	*ret_name = whole;
	*ret_cn = cn;
	return 0;
}

/*
 * Zero is accepted: it is the serial number of every VCEK and VLEK (B56). Spec: RFC 5280 4.1.2.2 for the
 * length
 */
int x509_serial_read(struct bytes_rd *r, struct bytes_rd *ret, struct jurat_error *err)
{
	struct bytes_rd serial = der_big_uint(r);

	if (serial.bad || serial.size > X509_SERIAL_BYTES_MAX)
		return jurat_fail(err, -EBADMSG, "not a minimal non-negative INTEGER of at most %d bytes",
				  X509_SERIAL_BYTES_MAX);
	*ret = serial;
	return 0;
}

struct x509_extension x509_extension_next(struct bytes_rd *list)
{
	struct bytes_rd content = der_enter(list, DER_SEQUENCE);
	struct x509_extension e = { 0 };

	e.oid = der_enter(&content, DER_OID);
	if (der_peek(&content) == DER_BOOLEAN) {
		e.critical = der_bool(&content);
		if (!e.critical)
			list->bad = true; /* DER omits default values */
	}
	e.value = der_enter(&content, DER_OCTET_STRING);
	der_leave(list, &content);
	if (e.oid.size == 0)
		list->bad = true;
	return list->bad ? (struct x509_extension){ .oid = { .bad = true }, .value = { .bad = true } } : e;
}

int x509_extensions_read(struct bytes_rd *r, struct bytes_rd *ret, struct jurat_error *err)
{
	struct bytes_rd oids[X509_EXTENSIONS_MAX];
	struct bytes_rd content = der_enter(r, DER_SEQUENCE);
	struct bytes_rd list = content;
	size_t n = 0;

	if (content.bad || content.size == 0)
		return jurat_fail(err, -EBADMSG, "not a SEQUENCE of extensions");
	while (bytes_rd_left(&list) > 0) {
		struct x509_extension e = x509_extension_next(&list);

		if (list.bad)
			break;
		if (n == ARRAY_SIZE(oids))
			return jurat_fail(err, -EBADMSG, "more than %d extensions", X509_EXTENSIONS_MAX);
		for (size_t i = 0; i < n; i++)
			if (der_equal(&oids[i], e.oid.data, e.oid.size))
				return jurat_fail(err, -EBADMSG, "duplicate extension");
		oids[n++] = e.oid;
	}
	if (list.bad)
		return jurat_fail(err, -EBADMSG, "extension %zu is malformed", n + 1);
	*ret = content;
	return 0;
}

int x509_authority_key_id_read(const struct bytes_rd *value, struct bytes_rd *ret, struct jurat_error *err)
{
	struct bytes_rd r = *value;
	struct bytes_rd content = der_enter(&r, DER_SEQUENCE);
	struct bytes_rd id = { 0 };

	if (der_peek(&content) == DER_CONTEXT(0)) {
		id = der_enter(&content, DER_CONTEXT(0));
		if (id.size == 0)
			content.bad = true;
	}
	if (der_peek(&content) == DER_CONTEXT_CONSTRUCTED(1))
		der_whole(&content);
	if (der_peek(&content) == DER_CONTEXT(2))
		der_whole(&content);
	der_leave(&r, &content);
	if (r.bad || r.off != r.size)
		return jurat_fail(err, -EBADMSG, "authorityKeyIdentifier: malformed");
	*ret = id;
	return 0;
}

/* Pads a big-endian integer of at most `size` bytes to `size`. */
static bool pad_number(const struct bytes_rd *number, uint8_t *to, size_t size)
{
	if (number->bad || number->size > size)
		return false;
	memset(to, 0, size - number->size);
	memcpy(to + size - number->size, number->data, number->size);
	return true;
}

/*
 * Ecdsa-Sig-Value (RFC 3279 2.2.3). The hash must have the size of the curve, as in all vendors'
 * certificates.
 */
static int ecdsa_check(const struct bytes_rd *signature, enum crypto_curve curve,
		       const struct crypto_ec_public *key, const uint8_t *digest)
{
	size_t size = crypto_curve_bytes(curve);
	uint8_t r_bytes[CRYPTO_EC_MAX_BYTES], s_bytes[CRYPTO_EC_MAX_BYTES];
	struct bytes_rd in = *signature;
	struct bytes_rd pair = der_enter(&in, DER_SEQUENCE);
	struct bytes_rd r = der_big_uint(&pair);
	struct bytes_rd s = der_big_uint(&pair);

	der_leave(&in, &pair);
	if (in.bad || in.off != in.size || !pad_number(&r, r_bytes, size) || !pad_number(&s, s_bytes, size))
		return JURAT_REFUSED;
	return crypto_ec_verify(key, digest, size, r_bytes, s_bytes);
}

int x509_signature_check(const struct bytes_rd *tbs, enum crypto_signature_kind kind,
			 const struct bytes_rd *signature, const struct crypto_public *issuer)
{
	uint8_t digest[CRYPTO_SHA384_BYTES];

	if (kind == CRYPTO_SIG_RSA_PSS_SHA384 && issuer->kind == CRYPTO_KEY_RSA) {
		crypto_sha384(tbs->data, tbs->size, digest);
		return crypto_rsa_pss_verify(issuer->rsa, digest, signature->data, signature->size);
	}
	if (kind == CRYPTO_SIG_ECDSA_SHA384 && issuer->kind == CRYPTO_KEY_P384) {
		crypto_sha384(tbs->data, tbs->size, digest);
		return ecdsa_check(signature, CRYPTO_P384, issuer->ec, digest);
	}
	if (kind == CRYPTO_SIG_ECDSA_SHA256 && issuer->kind == CRYPTO_KEY_P256) {
		crypto_sha256(tbs->data, tbs->size, digest);
		return ecdsa_check(signature, CRYPTO_P256, issuer->ec, digest);
	}
	return JURAT_REFUSED;
}
