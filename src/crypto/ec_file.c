/* SPDX-License-Identifier: MIT */
/* Private keys in files. Spec: RFC 5915 (ECPrivateKey), RFC 5958 (PKCS #8), RFC 5480 (curves). */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/secret.h"
#include "crypto/der.h"
#include "crypto/ec.h"
#include "crypto/x509.h"

enum { MAX_DER_BYTES = 4096 };

static const uint8_t oid_ec_key[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01 };
static const uint8_t oid_p256[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
static const uint8_t oid_p384[] = { 0x2b, 0x81, 0x04, 0x00, 0x22 };

/* What a file says; wiped as a whole. */
struct key_file {
	uint8_t der[MAX_DER_BYTES];
	uint8_t scalar[CRYPTO_EC_MAX_BYTES];
	struct bytes_rd curve, point; /* in `der`; no data: not stated */
};

static bool is_curve(const struct bytes_rd *oid, enum crypto_curve curve)
{
	return curve == CRYPTO_P256 ? der_equal(oid, oid_p256, sizeof(oid_p256))
				    : der_equal(oid, oid_p384, sizeof(oid_p384));
}

static const char *curve_name(enum crypto_curve curve)
{
	return curve == CRYPTO_P256 ? "P-256" : "P-384";
}

/* ECPrivateKey. Sets the scalar, and what else is stated. */
static int read_ec_key(struct bytes_rd r, enum crypto_curve curve, struct key_file *k,
		       struct jurat_error *err)
{
	struct bytes_rd key = der_enter(&r, DER_SEQUENCE), scalar, inner;
	const size_t size = crypto_curve_bytes(curve);
	uint64_t version = der_uint(&key);

	scalar = der_enter(&key, DER_OCTET_STRING);
	if (der_peek(&key) == DER_CONTEXT_CONSTRUCTED(0)) {
		inner = der_enter(&key, DER_CONTEXT_CONSTRUCTED(0));
		k->curve = der_enter(&inner, DER_OID);
		der_leave(&key, &inner);
	}
	if (der_peek(&key) == DER_CONTEXT_CONSTRUCTED(1)) {
		inner = der_enter(&key, DER_CONTEXT_CONSTRUCTED(1));
		k->point = der_bits(&inner);
		der_leave(&key, &inner);
	}
	der_leave(&r, &key);
	if (r.bad || bytes_rd_left(&r) > 0 || version != 1)
		return jurat_fail(err, -EBADMSG, "private key: expected an ECPrivateKey (RFC 5915)");
	if (!k->curve.data)
		return jurat_fail(err, -EBADMSG, "private key: does not name its curve");
	if (!is_curve(&k->curve, curve))
		return jurat_fail(err, -EBADMSG, "private key: expected the curve %s, found another",
				  curve_name(curve));
	if (scalar.size == 0 || scalar.size > size)
		return jurat_fail(err, -EBADMSG, "private key: expected %zu bytes, found %zu", size,
				  scalar.size);
	bytes_rd_copy(&scalar, k->scalar + size - scalar.size, scalar.size);
	return 0;
}

/* PrivateKeyInfo, around an ECPrivateKey. */
static int read_pkcs8(struct bytes_rd r, enum crypto_curve curve, struct key_file *k, struct jurat_error *err)
{
	struct bytes_rd info = der_enter(&r, DER_SEQUENCE), algorithm, oid, inner;
	uint64_t version = der_uint(&info);

	algorithm = der_enter(&info, DER_SEQUENCE);
	oid = der_enter(&algorithm, DER_OID);
	if (!info.bad && !algorithm.bad && !der_equal(&oid, oid_ec_key, sizeof(oid_ec_key)))
		return jurat_fail(err, -EBADMSG, "private key: expected an EC key, found another algorithm");
	k->curve = der_enter(&algorithm, DER_OID);
	der_leave(&info, &algorithm);
	inner = der_enter(&info, DER_OCTET_STRING);
	while (bytes_rd_left(&info) > 0) /* attributes, or the public key again */
		der_whole(&info);
	der_leave(&r, &info);
	if (r.bad || bytes_rd_left(&r) > 0 || version > 1)
		return jurat_fail(err, -EBADMSG, "private key: expected PKCS #8 (RFC 5958)");
	return read_ec_key(inner, curve, k, err);
}

static bool is_ec_key(struct bytes_rd r)
{
	struct bytes_rd key = der_enter(&r, DER_SEQUENCE);

	der_uint(&key);
	return der_peek(&key) == DER_OCTET_STRING;
}

/* A point that the file states: uncompressed, or compressed. Spec: SEC 1, 2.3.3. */
static bool is_point_of(const struct bytes_rd *point, const struct crypto_ec_private *key, size_t size)
{
	uint8_t xy[2 * CRYPTO_EC_MAX_BYTES];

	crypto_ec_private_public(key, xy);
	if (point->size == 1 + 2 * size)
		return point->data[0] == 4 && !memcmp(point->data + 1, xy, 2 * size);
	return point->size == 1 + size && point->data[0] == (2 | (xy[2 * size - 1] & 1)) &&
	       !memcmp(point->data + 1, xy, size);
}

static int read_key(enum crypto_curve curve, const uint8_t *file, size_t n, struct key_file *k,
		    struct crypto_ec_private **ret, struct jurat_error *err)
{
	static const char *const labels[] = { "EC PRIVATE KEY", "PRIVATE KEY", "ENCRYPTED PRIVATE KEY",
					      NULL };
	struct crypto_ec_private *key;
	struct bytes_rd der = bytes_rd(file, n);
	size_t label = 0, size;
	int r;

	if (crypto_pem_is(file, n)) {
		r = crypto_pem_find(file, n, labels, k->der, sizeof(k->der), &size, &label, err);
		if (r == JURAT_NOT_FOUND)
			return jurat_fail(err, -EBADMSG, "PEM: expected a private key, found none");
		if (r < 0)
			return r;
		der = bytes_rd(k->der, size);
	}
	if (label == 2)
		return jurat_fail(err, -EBADMSG, "private key: it is encrypted: decrypt it first");
	r = is_ec_key(der) ? read_ec_key(der, curve, k, err) : read_pkcs8(der, curve, k, err);
	if (r == 0)
		r = crypto_ec_private_new(curve, k->scalar, &key, err);
	if (r < 0)
		return r;
	if (k->point.data && !is_point_of(&k->point, key, crypto_curve_bytes(curve))) {
		crypto_ec_private_free(key);
		return jurat_fail(err, -EBADMSG, "private key: the file states another public key");
	}
	*ret = key;
	return 0;
}

int crypto_ec_private_read(enum crypto_curve curve, const uint8_t *file, size_t n,
			   struct crypto_ec_private **ret, struct jurat_error *err)
{
	struct key_file *k = base_secret_new(sizeof(*k));
	int r = k ? read_key(curve, file, n, k, ret, err) : jurat_fail_memory(err);

	base_secret_free(k, sizeof(*k));
	return r;
}
