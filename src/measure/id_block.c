/* SPDX-License-Identifier: MIT */
#include "measure/id_block.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "crypto/hash.h"
#include "wire/snp_report.h"

enum { POLICY_ONE_BIT = 17 }; /* Spec: SNP ABI, guest policy: reserved, must be one */

static void put_key(const struct crypto_ec_private *key, uint8_t to[SNP_PUBLIC_KEY_BYTES])
{
	struct snp_public_key k = { .curve = SNP_CURVE_P384 };
	uint8_t xy[2 * CRYPTO_EC_MAX_BYTES];

	crypto_ec_private_public(key, xy);
	snp_number_write(xy, k.qx);
	snp_number_write(xy + CRYPTO_EC_MAX_BYTES, k.qy);
	wire_write(&snp_public_key_layout, &k, to);
}

/*
 * Signs without randomness, so that with hogweed the same inputs give the same files: they are made by builds
 * that are repeated and compared. The nonce depends on key and message, as in RFC 6979.
 */
static int sign(const struct crypto_ec_private *key, const uint8_t *message, size_t n, uint8_t *ret_r,
		uint8_t *ret_s, struct jurat_error *err)
{
	uint8_t digest[CRYPTO_SHA384_BYTES], r[CRYPTO_EC_MAX_BYTES], s[CRYPTO_EC_MAX_BYTES];
	int status;

	crypto_sha384(message, n, digest);
	status = crypto_ec_sign(key, NULL, digest, sizeof(digest), r, s);
	if (status < 0)
		return jurat_fail(err, status, "cannot sign the ID block");
	snp_number_write(r, ret_r);
	snp_number_write(s, ret_s);
	return 0;
}

static void digest_keys(const struct snp_id_auth *a, bool has_author_key, struct id_block_keys *ret)
{
	*ret = (struct id_block_keys){ .has_author_key = has_author_key };
	crypto_sha384(a->id_key, sizeof(a->id_key), ret->id_key_digest);
	if (has_author_key)
		crypto_sha384(a->author_key, sizeof(a->author_key), ret->author_key_digest);
}

int id_block_make(const struct snp_id_block *block, const struct crypto_ec_private *id_key,
		  const struct crypto_ec_private *author_key, uint8_t ret_block[SNP_ID_BLOCK_BYTES],
		  uint8_t ret_auth[SNP_ID_AUTH_BYTES], struct id_block_keys *ret_keys,
		  struct jurat_error *err)
{
	struct snp_id_block b = *block;
	struct snp_id_auth a = { .id_key_algo = SNP_ID_ALGO_ECDSA_P384_SHA384 };
	uint8_t bytes[SNP_ID_BLOCK_BYTES];
	int r;

	if (!(b.policy >> POLICY_ONE_BIT & 1))
		return jurat_fail(err, -EINVAL, "the guest policy 0x%" PRIx64 ": firmware requires bit %d",
				  b.policy, POLICY_ONE_BIT);
	b.version = SNP_ID_BLOCK_VERSION;
	wire_write(&snp_id_block_layout, &b, bytes);
	put_key(id_key, a.id_key);
	r = sign(id_key, bytes, sizeof(bytes), a.id_block_sig_r, a.id_block_sig_s, err);
	if (r == 0 && author_key) {
		a.auth_key_algo = SNP_ID_ALGO_ECDSA_P384_SHA384;
		put_key(author_key, a.author_key);
		r = sign(author_key, a.id_key, sizeof(a.id_key), a.id_key_sig_r, a.id_key_sig_s, err);
	}
	if (r < 0)
		return r;
	memcpy(ret_block, bytes, sizeof(bytes));
	wire_write(&snp_id_auth_layout, &a, ret_auth);
	digest_keys(&a, author_key != NULL, ret_keys);
	return 0;
}

int id_block_read(const void *bytes, size_t n, struct snp_id_block *ret, struct jurat_error *err)
{
	struct snp_id_block block;
	int r;

	if (n != SNP_ID_BLOCK_BYTES)
		return jurat_fail(err, -EBADMSG, "ID block: expected %d bytes, found %zu", SNP_ID_BLOCK_BYTES,
				  n);
	r = wire_read(&snp_id_block_layout, bytes, n, &block, err);
	if (r < 0)
		return r;
	if (block.version != SNP_ID_BLOCK_VERSION)
		return jurat_fail(err, -EBADMSG, "ID block: version at 0x50: expected %d, found %" PRIu32,
				  SNP_ID_BLOCK_VERSION, block.version);
	*ret = block;
	return 0;
}

static int read_auth(const void *bytes, size_t n, struct snp_id_auth *ret, struct jurat_error *err)
{
	if (n != SNP_ID_AUTH_BYTES)
		return jurat_fail(err, -EBADMSG,
				  "ID authentication information: expected %d bytes, found %zu",
				  SNP_ID_AUTH_BYTES, n);
	return wire_read(&snp_id_auth_layout, bytes, n, ret, err);
}

/* ---- checking */

__attribute__((format(printf, 3, 4))) static void refuse(struct id_block_result *to, const char *code,
							 const char *format, ...)
{
	va_list ap;

	if (to->n_reasons == ID_BLOCK_MAX_REASONS)
		return;
	to->reasons[to->n_reasons].code = code;
	va_start(ap, format);
	vsnprintf(to->reasons[to->n_reasons].detail, ID_BLOCK_DETAIL_BYTES, format, ap);
	va_end(ap);
	to->n_reasons++;
}

/* One key of the two, and what it signs. */
struct signer {
	const char *name, *key_code, *signature_code, *signs;
	uint32_t algorithm;
	const uint8_t *key, *r, *s, *message;
	size_t n;
};

static bool read_point(const struct signer *s, uint8_t ret_xy[2 * CRYPTO_EC_MAX_BYTES],
		       struct jurat_error *err)
{
	struct snp_public_key k;

	if (wire_read(&snp_public_key_layout, s->key, SNP_PUBLIC_KEY_BYTES, &k, err) < 0 ||
	    wire_check_zero(&snp_public_key_layout, &k, err) < 0)
		return false;
	if (k.curve != SNP_CURVE_P384) {
		jurat_fail(err, 0, "curve: expected %d (P-384), found %" PRIu32, SNP_CURVE_P384, k.curve);
		return false;
	}
	if (snp_number_read(k.qx, ret_xy) && snp_number_read(k.qy, ret_xy + CRYPTO_EC_MAX_BYTES))
		return true;
	jurat_fail(err, 0, "qx or qy is larger than 384 bits");
	return false;
}

/* 0, also after reasons; -ENOMEM */
static int check_signer(struct id_block_result *to, const struct signer *s)
{
	uint8_t xy[2 * CRYPTO_EC_MAX_BYTES], digest[CRYPTO_SHA384_BYTES];
	uint8_t sig_r[CRYPTO_EC_MAX_BYTES], sig_s[CRYPTO_EC_MAX_BYTES];
	struct crypto_ec_public *key;
	struct jurat_error err = { "" };
	int r;

	if (s->algorithm != SNP_ID_ALGO_ECDSA_P384_SHA384)
		refuse(to, s->key_code, "algorithm: expected 1 (ECDSA P-384 with SHA-384), found %" PRIu32,
		       s->algorithm);
	r = read_point(s, xy, &err) ? crypto_ec_public_new(CRYPTO_P384, xy, &key, &err) : -EBADMSG;
	if (r == -EBADMSG)
		refuse(to, s->key_code, "%s", err.text);
	if (r < 0)
		return r == -EBADMSG ? 0 : r;
	crypto_sha384(s->message, s->n, digest);
	r = snp_number_read(s->r, sig_r) && snp_number_read(s->s, sig_s)
		    ? crypto_ec_verify(key, digest, sizeof(digest), sig_r, sig_s)
		    : JURAT_REFUSED;
	crypto_ec_public_free(key);
	if (r == JURAT_REFUSED)
		refuse(to, s->signature_code, "the signature of %s is not that of the %s", s->signs, s->name);
	return r < 0 ? r : 0;
}

static void compare(struct id_block_result *to, const char *code, const uint8_t *found,
		    const uint8_t *expected, size_t n)
{
	char hex[2][BYTES_HEX_SIZE(MEASURE_DIGEST_BYTES)];

	if (expected && memcmp(found, expected, n) != 0)
		refuse(to, code, "expected %s, found %s", bytes_to_hex(expected, n, hex[0]),
		       bytes_to_hex(found, n, hex[1]));
}

static void compare_block(struct id_block_result *to, const struct id_block_expected *e)
{
	const struct snp_id_block *b = &to->block;

	compare(to, "id-block-measurement", b->ld, e->measurement, sizeof(b->ld));
	compare(to, "id-block-family-id", b->family_id, e->family_id, sizeof(b->family_id));
	compare(to, "id-block-image-id", b->image_id, e->image_id, sizeof(b->image_id));
	if (e->guest_svn && b->guest_svn != *e->guest_svn)
		refuse(to, "id-block-guest-svn", "expected %" PRIu32 ", found %" PRIu32, *e->guest_svn,
		       b->guest_svn);
	if (!(b->policy >> POLICY_ONE_BIT & 1))
		refuse(to, "id-block-policy", "0x%" PRIx64 ": firmware requires bit %d", b->policy,
		       POLICY_ONE_BIT);
	if (e->policy && b->policy != *e->policy)
		refuse(to, "id-block-policy", "expected 0x%" PRIx64 ", found 0x%" PRIx64, *e->policy,
		       b->policy);
}

/* A flag of its command tells firmware whether there is an author key; here, its algorithm or bytes do. */
static bool has_author_key(const struct snp_id_auth *a)
{
	return a->auth_key_algo != 0 || !bytes_all(a->author_key, sizeof(a->author_key), 0) ||
	       !bytes_all(a->id_key_sig_r, sizeof(a->id_key_sig_r), 0) ||
	       !bytes_all(a->id_key_sig_s, sizeof(a->id_key_sig_s), 0);
}

static int check_signers(struct id_block_result *to, const void *block, const struct snp_id_auth *a)
{
	const struct signer id = { "ID key",       "id-key",          "id-block-signature", "the ID block",
				   a->id_key_algo, a->id_key,         a->id_block_sig_r,    a->id_block_sig_s,
				   block,          SNP_ID_BLOCK_BYTES };
	const struct signer author = { "author key",     "author-key",     "id-key-signature",
				       "the ID key",     a->auth_key_algo, a->author_key,
				       a->id_key_sig_r,  a->id_key_sig_s,  a->id_key,
				       sizeof(a->id_key) };
	int r = check_signer(to, &id);

	return r == 0 && to->keys.has_author_key ? check_signer(to, &author) : r;
}

int id_block_check(const void *block, size_t block_size, const void *auth, size_t auth_size,
		   const struct id_block_expected *expected, struct id_block_result *ret,
		   struct jurat_error *err)
{
	struct id_block_result result = { .n_reasons = 0 };
	struct jurat_error why = { "" };
	struct snp_id_auth a;
	int r = id_block_read(block, block_size, &result.block, err);

	if (r == 0)
		r = read_auth(auth, auth_size, &a, err);
	if (r < 0)
		return r;
	digest_keys(&a, has_author_key(&a), &result.keys);
	compare_block(&result, expected);
	if (wire_check_zero(&snp_id_auth_layout, &a, &why) < 0)
		refuse(&result, "id-auth-reserved", "%s", why.text);
	if (check_signers(&result, block, &a) < 0)
		return jurat_fail_memory(err);
	compare(&result, "id-key-digest", result.keys.id_key_digest, expected->id_key_digest,
		MEASURE_DIGEST_BYTES);
	compare(&result, "author-key-digest", result.keys.author_key_digest, expected->author_key_digest,
		MEASURE_DIGEST_BYTES);
	*ret = result;
	return result.n_reasons == 0 ? 0 : JURAT_REFUSED;
}
