/* SPDX-License-Identifier: MIT */
#include "crypto/x509.h"

#include <errno.h>

#include "base/cleanup.h"
#include "crypto/x509_parts.h"

static int read_validity(struct bytes_rd *tbs, struct crypto_cert *c, struct jurat_error *err)
{
	struct bytes_rd validity = der_enter(tbs, DER_SEQUENCE);

	c->not_before = der_time(&validity);
	c->not_after = der_time(&validity);
	if (validity.bad || validity.off != validity.size)
		return jurat_fail(err, -EBADMSG, "not two RFC 5280 times");
	if (c->not_before > c->not_after)
		return jurat_fail(err, -EBADMSG, "notAfter is before notBefore");
	return 0;
}

static int read_rsa_key(const struct bytes_rd *bits, struct crypto_cert *c, struct jurat_error *err)
{
	struct bytes_rd in = *bits;
	struct bytes_rd key = der_enter(&in, DER_SEQUENCE);
	struct bytes_rd n = der_big_uint(&key);
	struct bytes_rd e = der_big_uint(&key);

	der_leave(&in, &key);
	if (in.bad || in.off != in.size)
		return jurat_fail(err, -EBADMSG, "not an RSAPublicKey");
	if (!(n.data[n.size - 1] & 1) || !(e.data[e.size - 1] & 1) || der_equal(&e, "\x01", 1))
		return jurat_fail(err, -EBADMSG, "even modulus, or an exponent that is even or 1");
	c->key_n = n;
	c->key_e = e;
	c->key_kind = CRYPTO_KEY_RSA;
	return 0;
}

static int read_ec_key(const struct bytes_rd *bits, enum crypto_curve curve, struct crypto_cert *c,
		       struct jurat_error *err)
{
	struct bytes_rd point = *bits;
	size_t size = 2 * crypto_curve_bytes(curve);

	if (point.size != 1 + size || bytes_rd_u8(&point) != 0x04)
		return jurat_fail(err, -EBADMSG, "not an uncompressed point of %zu bytes", 1 + size);
	c->key_point = bytes_rd(point.data + 1, size);
	c->key_kind = curve == CRYPTO_P256 ? CRYPTO_KEY_P256 : CRYPTO_KEY_P384;
	return 0;
}

/* Spec: RFC 3279 2.3.1 (parameters NULL), RFC 5480 2.1.1 (named curves only) */
static int read_key(struct bytes_rd *tbs, struct crypto_cert *c, struct jurat_error *err)
{
	static const uint8_t rsa[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01 };
	static const uint8_t ec[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01 };
	static const uint8_t p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
	static const uint8_t p384[] = { 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22 };
	struct bytes_rd whole = der_whole(tbs);
	struct bytes_rd in = whole;
	struct bytes_rd spki = der_enter(&in, DER_SEQUENCE);
	struct bytes_rd algorithm = der_enter(&spki, DER_SEQUENCE);
	struct bytes_rd oid = der_enter(&algorithm, DER_OID);
	int tag = der_peek(&algorithm);
	struct bytes_rd parameters = { 0 };
	struct bytes_rd bits;

	if (tag >= 0)
		parameters = der_whole(&algorithm);
	der_leave(&spki, &algorithm);
	bits = der_bits(&spki);
	if (spki.bad || spki.off != spki.size || oid.size == 0)
		return jurat_fail(err, -EBADMSG, "not a SubjectPublicKeyInfo");
	c->spki = whole;
	c->key_kind = CRYPTO_KEY_OTHER;
	if (der_equal(&oid, rsa, sizeof(rsa))) {
		if (!der_equal(&parameters, "\x05\x00", 2))
			return jurat_fail(err, -EBADMSG, "rsaEncryption without NULL parameters");
		return read_rsa_key(&bits, c, err);
	}
	if (!der_equal(&oid, ec, sizeof(ec)))
		return 0;
	if (tag != DER_OID)
		return jurat_fail(err, -EBADMSG, "not on a named curve");
	if (der_equal(&parameters, p256, sizeof(p256)))
		return read_ec_key(&bits, CRYPTO_P256, c, err);
	if (der_equal(&parameters, p384, sizeof(p384)))
		return read_ec_key(&bits, CRYPTO_P384, c, err);
	return 0;
}

/* Spec: RFC 5280 4.2.1.9 */
static int basic_constraints(const struct bytes_rd *value, struct crypto_cert *c, struct jurat_error *err)
{
	struct bytes_rd r = *value;
	struct bytes_rd content = der_enter(&r, DER_SEQUENCE);
	uint64_t path_len = 0;

	c->has_basic_constraints = true;
	if (der_peek(&content) == DER_BOOLEAN) {
		c->is_ca = der_bool(&content);
		if (!c->is_ca)
			content.bad = true; /* DER omits default values */
	}
	if (der_peek(&content) == DER_INTEGER) {
		c->has_path_len = true;
		path_len = der_uint(&content);
	}
	der_leave(&r, &content);
	if (r.bad || r.off != r.size || path_len > UINT32_MAX)
		return jurat_fail(err, -EBADMSG, "basicConstraints: malformed");
	if (c->has_path_len && !c->is_ca)
		return jurat_fail(err, -EBADMSG, "basicConstraints: a path length without cA");
	c->path_len = (uint32_t)path_len;
	return 0;
}

/* Spec: RFC 5280 4.2.1.3 */
static int key_usage(const struct bytes_rd *value, struct crypto_cert *c, struct jurat_error *err)
{
	struct bytes_rd r = *value;
	uint32_t usage = der_named_bits(&r);

	if (r.bad || r.off != r.size || usage == 0 || usage >= 1U << 9)
		return jurat_fail(err, -EBADMSG, "keyUsage: malformed");
	c->has_key_usage = true;
	c->key_usage = usage;
	return 0;
}

static int subject_key_id(const struct bytes_rd *value, struct crypto_cert *c, struct jurat_error *err)
{
	struct bytes_rd r = *value;
	struct bytes_rd id = der_enter(&r, DER_OCTET_STRING);

	if (r.bad || r.off != r.size || id.size == 0)
		return jurat_fail(err, -EBADMSG, "subjectKeyIdentifier: malformed");
	c->subject_key_id = id;
	return 0;
}

static int authority_key_id(const struct bytes_rd *value, struct crypto_cert *c, struct jurat_error *err)
{
	return x509_authority_key_id_read(value, &c->authority_key_id, err);
}

static int read_one_extension(const struct x509_extension *e, struct crypto_cert *c, struct jurat_error *err)
{
	static const struct {
		uint8_t oid[3];
		bool may_be_critical;
		int (*read)(const struct bytes_rd *value, struct crypto_cert *c, struct jurat_error *err);
	} known[] = {
		{ { 0x55, 0x1d, 0x13 }, true, basic_constraints },
		{ { 0x55, 0x1d, 0x0f }, true, key_usage },
		{ { 0x55, 0x1d, 0x0e }, false, subject_key_id },
		{ { 0x55, 0x1d, 0x23 }, false, authority_key_id },
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (!der_equal(&e->oid, known[i].oid, sizeof(known[i].oid)))
			continue;
		if (e->critical && !known[i].may_be_critical)
			c->has_unknown_critical = true;
		return known[i].read(&e->value, c, err);
	}
	if (e->critical)
		c->has_unknown_critical = true;
	return 0;
}

static int read_extensions(struct bytes_rd *tbs, struct crypto_cert *c, struct jurat_error *err)
{
	struct bytes_rd explicit, list;
	int r;

	if (der_peek(tbs) < 0 && !tbs->bad)
		return 0;
	explicit = der_enter(tbs, DER_CONTEXT_CONSTRUCTED(3));
	if (explicit.bad)
		return jurat_fail(err, -EBADMSG, "unexpected element after the key");
	r = x509_extensions_read(&explicit, &c->extensions, err);
	if (r < 0)
		return r;
	der_leave(tbs, &explicit);
	if (tbs->bad || tbs->off != tbs->size)
		return jurat_fail(err, -EBADMSG, "unexpected bytes after them");
	list = c->extensions;
	while (r == 0 && bytes_rd_left(&list) > 0) {
		struct x509_extension e = x509_extension_next(&list);

		r = read_one_extension(&e, c, err);
	}
	return r;
}

static int read_version(struct bytes_rd *tbs, struct jurat_error *err)
{
	struct bytes_rd explicit = der_enter(tbs, DER_CONTEXT_CONSTRUCTED(0));
	uint64_t version = der_uint(&explicit);

	der_leave(tbs, &explicit);
	if (tbs->bad || version != 2)
		return jurat_fail(err, -EBADMSG, "not v3");
	return 0;
}

static int read_cert(const uint8_t *der, size_t n, struct crypto_cert *c, struct jurat_error *err)
{
	struct x509_signed s;
	int r;

	r = x509_signed_read(der, n, &s, err);
	if (r < 0)
		return r;
	c->der = bytes_rd(der, n);
	c->tbs = s.tbs_whole;
	c->signature = s.signature;
	r = read_version(&s.tbs, err);
	if (r < 0)
		return jurat_wrap(err, r, "version");
	r = x509_serial_read(&s.tbs, &c->serial, err);
	if (r < 0)
		return jurat_wrap(err, r, "serial number");
	r = x509_algorithm_read(&s.tbs, &s, &c->signature_kind, err);
	if (r < 0)
		return jurat_wrap(err, r, "signature algorithm");
	r = x509_name_read(&s.tbs, &c->issuer, &c->issuer_cn, err);
	if (r < 0)
		return jurat_wrap(err, r, "issuer");
	r = read_validity(&s.tbs, c, err);
	if (r < 0)
		return jurat_wrap(err, r, "validity");
	r = x509_name_read(&s.tbs, &c->subject, &c->subject_cn, err);
	if (r < 0)
		return jurat_wrap(err, r, "subject");
	r = read_key(&s.tbs, c, err);
	if (r < 0)
		return jurat_wrap(err, r, "public key");
	r = read_extensions(&s.tbs, c, err);
	if (r < 0)
		return jurat_wrap(err, r, "extensions");
	return 0;
}

int crypto_cert_read(const uint8_t *der, size_t n, struct crypto_cert *ret, struct jurat_error *err)
{
	struct crypto_cert c = { 0 };
	int r = read_cert(der, n, &c, err);

	if (r < 0)
		return jurat_wrap(err, r, "certificate");
	*ret = c;
	return 0;
}

int crypto_cert_extension(const struct crypto_cert *cert, const uint8_t *oid, size_t oid_size,
			  struct bytes_rd *ret, bool *ret_critical)
{
	struct bytes_rd list = cert->extensions;

	while (bytes_rd_left(&list) > 0) {
		struct x509_extension e = x509_extension_next(&list);

		if (!der_equal(&e.oid, oid, oid_size))
			continue;
		*ret = e.value;
		if (ret_critical)
			*ret_critical = e.critical;
		return 0;
	}
	return JURAT_NOT_FOUND;
}

int crypto_public_init(struct crypto_public *key, const struct crypto_cert *cert, struct jurat_error *err)
{
	struct crypto_public k = { .kind = cert->key_kind };
	int r;

	switch (cert->key_kind) {
	case CRYPTO_KEY_RSA:
		r = crypto_rsa_public_new(cert->key_n.data, cert->key_n.size, cert->key_e.data,
					  cert->key_e.size, &k.rsa, err);
		break;
	case CRYPTO_KEY_P256:
		r = crypto_ec_public_new(CRYPTO_P256, cert->key_point.data, &k.ec, err);
		break;
	case CRYPTO_KEY_P384:
		r = crypto_ec_public_new(CRYPTO_P384, cert->key_point.data, &k.ec, err);
		break;
	case CRYPTO_KEY_OTHER:
	default:
		return jurat_fail(err, -ENOTSUP, "public key: not RSA, P-256 or P-384");
	}
	if (r < 0)
		return jurat_wrap(err, r, "public key");
	*key = k;
	return 0;
}

void crypto_public_done(struct crypto_public *key)
{
	if (!key)
		return;
	crypto_rsa_public_free(key->rsa);
	crypto_ec_public_free(key->ec);
	*key = (struct crypto_public){ 0 };
}

int crypto_cert_check_signature(const struct crypto_cert *cert, const struct crypto_public *issuer)
{
	return x509_signature_check(&cert->tbs, cert->signature_kind, &cert->signature, issuer);
}
