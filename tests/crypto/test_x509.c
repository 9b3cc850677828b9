/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>

#include "base/env.h"
#include "build.h"
#include "crypto/der.h"
#include "crypto/hash.h"
#include "crypto/x509.h"

static void assert_range(const struct bytes_rd *r, const uint8_t *bytes, size_t n)
{
	assert_int_equal(r->size, n);
	if (n > 0)
		assert_memory_equal(r->data, bytes, n);
}

static void assert_unread_when_cut(const uint8_t *der, size_t n)
{
	for (size_t cut = 0; cut < n; cut++) {
		auto_free uint8_t *part = heap_copy(der, cut);
		struct crypto_cert c, before;

		memset(&c, 0x5a, sizeof(c));
		before = c;
		assert_int_equal(crypto_cert_read(part, cut, &c, NULL), -EBADMSG);
		assert_memory_equal(&c, &before, sizeof(c)); /* outputs change on success only */
	}
}

static void every_truncation_of_a_made_certificate_is_refused(void **state)
{
	uint8_t buf[2048];
	size_t n = build_with(build_cert_parts, PART_SERIAL, NULL, buf, sizeof(buf));

	assert_unread_when_cut(buf, n);
}

static void a_made_certificate_has_what_was_put_in(void **state)
{
	uint8_t buf[2048];
	size_t n = build_with(build_cert_parts, PART_SERIAL, NULL, buf, sizeof(buf));
	struct crypto_cert c;

	assert_int_equal(crypto_cert_read(buf, n, &c, NULL), 0);
	assert_range(&c.der, buf, n);
	assert_ptr_equal(c.tbs.data, buf + 4);
	assert_range(&c.serial, (const uint8_t *)"\x01\x23", 2);
	assert_range(&c.subject_cn, (const uint8_t *)"Test leaf", 9);
	assert_range(&c.issuer_cn, (const uint8_t *)"Test CA", 7);
	assert_int_equal(c.not_before, 1577836800);
	assert_int_equal(c.not_after, 2524607999);
	assert_int_equal(c.key_kind, CRYPTO_KEY_P256);
	assert_int_equal(c.key_point.size, 64);
	assert_int_equal(c.signature_kind, CRYPTO_SIG_ECDSA_SHA256);
	assert_true(c.has_basic_constraints && c.is_ca && c.has_path_len);
	assert_int_equal(c.path_len, 3);
	assert_int_equal(c.key_usage, CRYPTO_USAGE_KEY_CERT_SIGN | CRYPTO_USAGE_CRL_SIGN);
	assert_range(&c.subject_key_id, (const uint8_t *)"\x0a\x0b", 2);
	assert_range(&c.authority_key_id, (const uint8_t *)"\x0c\x0d", 2);
	assert_false(c.has_unknown_critical);
}

#define SHA384         "30{06{608648016503040202}0500}"
#define PSS            "06{2a864886f70d01010a}"
#define MGF1           "30{06{2a864886f70d010108}" SHA384 "}"
#define EC_OID         "06{2a8648ce3d0201}"
#define P256           "06{2a8648ce3d030107}"
#define RSA_OID        "06{2a864886f70d010101}"
#define X16            "000102030405060708090a0b0c0d0e0f"
#define X64            X16 X16 X16 X16
#define X96            X64 X16 X16
#define CN(s)          "30{31{30{06{550403}" s "}}}"
#define EXT(s)         "a3{30{" s "}}"
#define CONSTRAINTS(s) EXT("30{06{551d13}04{" s "}}")
#define USAGE(s)       EXT("30{06{551d0f}04{" s "}}")

static void good_certificates_are_read(void **state)
{
	static const struct {
		enum build_part part;
		const char *text;
		enum crypto_signature_kind signature;
		enum crypto_key_kind key;
		bool unknown_critical;
	} good[] = {
		{ PART_SERIAL, "02{00}", CRYPTO_SIG_ECDSA_SHA256, CRYPTO_KEY_P256, false }, /* B56 */
		{ PART_SERIAL, "02{00ff" X16 "010203}", CRYPTO_SIG_ECDSA_SHA256, CRYPTO_KEY_P256, false },
		{ PART_ALGORITHM, "30{06{2a8648ce3d040303}}", CRYPTO_SIG_ECDSA_SHA384, CRYPTO_KEY_P256,
		  false },
		{ PART_ALGORITHM, "30{" PSS "30{a0{" SHA384 "}a1{" MGF1 "}a2{0201 30}}}",
		  CRYPTO_SIG_RSA_PSS_SHA384, CRYPTO_KEY_P256, false },
		/* B56 */
		{ PART_ALGORITHM, "30{" PSS "30{a0{" SHA384 "}a1{" MGF1 "}a2{0201 30}a3{0201 01}}}",
		  CRYPTO_SIG_RSA_PSS_SHA384, CRYPTO_KEY_P256, false },
		/* well-formed, but nothing accepted: a salt of 32, another trailer, defaults, SHA-1 */
		{ PART_ALGORITHM, "30{" PSS "30{a0{" SHA384 "}a1{" MGF1 "}a2{0201 20}}}", CRYPTO_SIG_OTHER,
		  CRYPTO_KEY_P256, false },
		{ PART_ALGORITHM, "30{" PSS "30{a0{" SHA384 "}a1{" MGF1 "}a2{0201 30}a3{0201 02}}}",
		  CRYPTO_SIG_OTHER, CRYPTO_KEY_P256, false },
		{ PART_ALGORITHM, "30{" PSS "30{}}", CRYPTO_SIG_OTHER, CRYPTO_KEY_P256, false },
		{ PART_ALGORITHM, "30{06{2a864886f70d010105}0500}", CRYPTO_SIG_OTHER, CRYPTO_KEY_P256,
		  false },
		{ PART_ALGORITHM, "30{06{2a8648ce3d040302}0500}", CRYPTO_SIG_OTHER, CRYPTO_KEY_P256, false },
		{ PART_ISSUER, "30{}", CRYPTO_SIG_ECDSA_SHA256, CRYPTO_KEY_P256, false },
		{ PART_SUBJECT, CN("0c{c3a9 e282ac f09f9880}"), CRYPTO_SIG_ECDSA_SHA256, CRYPTO_KEY_P256,
		  false },
		{ PART_VALIDITY, "30{17{'200101000000Z'}18{'99991231235959Z'}}", CRYPTO_SIG_ECDSA_SHA256,
		  CRYPTO_KEY_P256, false },
		{ PART_KEY, "30{30{" EC_OID "06{2b81040022}}03{0004" X96 "}}", CRYPTO_SIG_ECDSA_SHA256,
		  CRYPTO_KEY_P384, false },
		{ PART_KEY, "30{30{" EC_OID "06{2b81040023}}03{0004" X96 "}}", CRYPTO_SIG_ECDSA_SHA256,
		  CRYPTO_KEY_OTHER, false },
		{ PART_KEY, "30{30{06{2b6570}}03{00" X16 X16 "}}", CRYPTO_SIG_ECDSA_SHA256, CRYPTO_KEY_OTHER,
		  false },
		{ PART_KEY, "30{30{" RSA_OID "0500}03{0030{02{00ff01}02{010001}}}}", CRYPTO_SIG_ECDSA_SHA256,
		  CRYPTO_KEY_RSA, false },
		{ PART_EXTENSIONS, "", CRYPTO_SIG_ECDSA_SHA256, CRYPTO_KEY_P256, false },
		{ PART_EXTENSIONS, EXT("30{06{2a03}01{ff}04{}}"), CRYPTO_SIG_ECDSA_SHA256, CRYPTO_KEY_P256,
		  true },
		{ PART_EXTENSIONS, EXT("30{06{551d0e}01{ff}04{0401 aa}}"), CRYPTO_SIG_ECDSA_SHA256,
		  CRYPTO_KEY_P256, true },
		{ PART_EXTENSIONS, EXT("30{06{2a03}04{ffff}}30{06{2a04}04{}}"), CRYPTO_SIG_ECDSA_SHA256,
		  CRYPTO_KEY_P256, false },
		{ PART_EXTENSIONS, EXT("30{06{551d23}04{30{}}}"), CRYPTO_SIG_ECDSA_SHA256, CRYPTO_KEY_P256,
		  false },
		{ PART_EXTENSIONS, EXT("30{06{551d23}04{30{80{01}a1{}82{01}}}}"), CRYPTO_SIG_ECDSA_SHA256,
		  CRYPTO_KEY_P256, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		uint8_t buf[2048];
		size_t n = build_with(build_cert_parts, good[i].part, good[i].text, buf, sizeof(buf));
		auto_free uint8_t *copy = heap_copy(buf, n);
		struct jurat_error err = { 0 };
		struct crypto_cert c;

		if (crypto_cert_read(copy, n, &c, &err) != 0)
			FAIL_BECAUSE("%s: %s", good[i].text, err.text);
		assert_int_equal(c.signature_kind, good[i].signature);
		assert_int_equal(c.key_kind, good[i].key);
		assert_int_equal(c.has_unknown_critical, good[i].unknown_critical);
	}
}

struct bad_part {
	enum build_part part;
	const char *text, *says;
};

static void assert_refused(const struct bad_part *bad, size_t n_bad)
{
	for (size_t i = 0; i < n_bad; i++) {
		char says[128];
		uint8_t buf[2048];
		size_t n = build_with(build_cert_parts, bad[i].part, bad[i].text, buf, sizeof(buf));
		auto_free uint8_t *copy = heap_copy(buf, n);
		struct jurat_error err = { 0 };
		struct crypto_cert c;

		TEXT(says, "certificate: %s", bad[i].says);
		assert_int_equal(crypto_cert_read(copy, n, &c, NULL), -EBADMSG);
		assert_int_equal(crypto_cert_read(copy, n, &c, &err), -EBADMSG);
		if (strncmp(err.text, says, strlen(says)) != 0)
			FAIL_BECAUSE("%s: '%s' is not '%s'", bad[i].text, err.text, says);
	}
}

static void a_certificate_of_a_bad_form_is_refused_with_the_field(void **state)
{
	static const struct bad_part bad[] = {
		{ PART_VERSION, "", "version: not v3" },
		{ PART_VERSION, "a0{02{00}}", "version: not v3" },
		{ PART_VERSION, "a0{02{01}}", "version: not v3" },
		{ PART_VERSION, "a0{02{03}}", "version: not v3" },
		{ PART_VERSION, "a0{02{0002}}", "version: not v3" },
		{ PART_VERSION, "a0{02{02}0500}", "version: not v3" },
		{ PART_SERIAL, "02{80}", "serial number: " }, /* negative */
		{ PART_SERIAL, "02{}", "serial number: " },
		{ PART_SERIAL, "02{0001}", "serial number: " },
		{ PART_SERIAL, "02{01" X16 "01020304}", "serial number: " },
		{ PART_SERIAL, "04{01}", "serial number: " },
		{ PART_ALGORITHM, "30{}", "signature algorithm: " },
		{ PART_ALGORITHM, "30{06{}}", "signature algorithm: " },
		{ PART_ALGORITHM, "30{06{2a03}05000500}", "signature algorithm: " },
		{ PART_ALGORITHM, "31{06{2a03}}", "signature algorithm: " },
		{ PART_OUTER_ALGORITHM, "30{06{2a8648ce3d040303}}", "signature algorithm: differs" },
		{ PART_OUTER_ALGORITHM, "30{06{2a8648ce3d040302}0500}", "signature algorithm: differs" },
		{ PART_OUTER_ALGORITHM, "", "expected a signed part" },
		{ PART_SIGNATURE, "03{}", "expected a signed part" },
		{ PART_SIGNATURE, "03{0101fe}", "expected a signed part" },
		{ PART_SIGNATURE, "03{00}0500", "expected a signed part" },
		{ PART_SIGNATURE, "04{00}", "expected a signed part" },
	};

	assert_refused(bad, ARRAY_SIZE(bad));
}

static void bad_names_are_refused_with_the_field(void **state)
{
	static const struct bad_part bad[] = {
		{ PART_ISSUER, "31{}", "issuer: not a Name" },
		{ PART_ISSUER, "30{31{}}", "issuer: not a Name" },
		{ PART_ISSUER, "30{30{}}", "issuer: not a Name" },
		{ PART_ISSUER, "30{31{30{06{550403}0c{'a'}0500}}}", "issuer: not a Name" },
		{ PART_ISSUER, "30{31{30{06{550403}}}}", "issuer: not a Name" },
		{ PART_ISSUER, "30{31{30{06{}0c{'a'}}}}", "issuer: not a Name" },
		{ PART_ISSUER, "30{31{30{06{550403}0c{'b'}}30{06{550403}0c{'a'}}}}", "issuer: not a Name" },
		{ PART_SUBJECT, "30{31{0500}}", "subject: not a Name" },
		{ PART_SUBJECT, CN("0c{'a' 00 'b'}"), "subject: commonName: " },
		{ PART_SUBJECT, CN("0c{'a' 0a}"), "subject: commonName: " },
		{ PART_SUBJECT, CN("0c{7f}"), "subject: commonName: " },
		{ PART_SUBJECT, CN("0c{}"), "subject: commonName: " },
		{ PART_SUBJECT, CN("0c{c080}"), "subject: commonName: " },
		{ PART_SUBJECT, CN("0c{e08080}"), "subject: commonName: " },
		{ PART_SUBJECT, CN("0c{eda080}"), "subject: commonName: " },
		{ PART_SUBJECT, CN("0c{f0808080}"), "subject: commonName: " },
		{ PART_SUBJECT, CN("0c{f4908080}"), "subject: commonName: " },
		{ PART_SUBJECT, CN("0c{f5808080}"), "subject: commonName: " },
		{ PART_SUBJECT, CN("0c{e282}"), "subject: commonName: " },
		{ PART_SUBJECT, CN("0c{c3}"), "subject: commonName: " },
		{ PART_SUBJECT, CN("0c{e28241}"), "subject: commonName: " },
		{ PART_SUBJECT, CN("0c{80}"), "subject: commonName: " },
		{ PART_SUBJECT, CN("1e{0041}"), "subject: commonName: " },
	};

	assert_refused(bad, ARRAY_SIZE(bad));
}

static void bad_validities_and_keys_are_refused_with_the_field(void **state)
{
	static const struct bad_part bad[] = {
		{ PART_VALIDITY, "30{17{'200101000000Z'}}", "validity: not two RFC 5280 times" },
		{ PART_VALIDITY, "30{17{'200101000000Z'}17{'200101000000Z'}0500}",
		  "validity: not two RFC 5280 times" },
		{ PART_VALIDITY, "30{17{'200101000000Z'}17{'200230000000Z'}}",
		  "validity: not two RFC 5280 times" },
		{ PART_VALIDITY, "30{17{'200101000001Z'}17{'200101000000Z'}}",
		  "validity: notAfter is before" },
		{ PART_KEY, "30{30{" EC_OID P256 "}03{0004" X64 "00}}",
		  "public key: not an uncompressed point" },
		{ PART_KEY, "30{30{" EC_OID P256 "}03{0002" X16 X16 "}}",
		  "public key: not an uncompressed point" },
		{ PART_KEY, "30{30{" EC_OID P256 "}03{0006" X64 "}}",
		  "public key: not an uncompressed point" },
		{ PART_KEY, "30{30{" EC_OID P256 "}03{00}}", "public key: not an uncompressed point" },
		{ PART_KEY, "30{30{" EC_OID "06{2b81040022}}03{0004" X64 "}}",
		  "public key: not an uncompressed point" },
		{ PART_KEY, "30{30{" EC_OID P256 "}03{0004" X64 "}0500}",
		  "public key: not a SubjectPublicKeyInfo" },
		{ PART_KEY, "30{30{" EC_OID P256 "0500}03{0004" X64 "}}",
		  "public key: not a SubjectPublicKeyInfo" },
		{ PART_KEY, "30{30{" EC_OID P256 "}03{0104" X64 "}}",
		  "public key: not a SubjectPublicKeyInfo" },
		{ PART_KEY, "30{30{" EC_OID "30{}}03{0004" X64 "}}", "public key: not on a named curve" },
		{ PART_KEY, "30{30{" EC_OID "}03{0004" X64 "}}", "public key: not on a named curve" },
		{ PART_KEY, "30{30{" EC_OID "0500}03{0004" X64 "}}", "public key: not on a named curve" },
		{ PART_KEY, "30{30{" RSA_OID "}03{0030{02{03}02{03}}}}",
		  "public key: rsaEncryption without NULL" },
		{ PART_KEY, "30{30{" RSA_OID "0500}03{0030{02{03}}}}", "public key: not an RSAPublicKey" },
		{ PART_KEY, "30{30{" RSA_OID "0500}03{0030{02{03}02{03}02{03}}}}",
		  "public key: not an RSAPublicKey" },
		{ PART_KEY, "30{30{" RSA_OID "0500}03{0030{02{03}02{03}}00}}",
		  "public key: not an RSAPublicKey" },
		{ PART_KEY, "30{30{" RSA_OID "0500}03{0030{02{83}02{03}}}}",
		  "public key: not an RSAPublicKey" },
		{ PART_KEY, "30{30{" RSA_OID "0500}03{0030{02{04}02{03}}}}", "public key: even modulus" },
		{ PART_KEY, "30{30{" RSA_OID "0500}03{0030{02{00}02{03}}}}", "public key: even modulus" },
		{ PART_KEY, "30{30{" RSA_OID "0500}03{0030{02{03}02{02}}}}", "public key: even modulus" },
		{ PART_KEY, "30{30{" RSA_OID "0500}03{0030{02{03}02{01}}}}", "public key: even modulus" },
	};

	assert_refused(bad, ARRAY_SIZE(bad));
}

static void bad_extensions_are_refused_with_the_field(void **state)
{
	static const struct bad_part bad[] = {
		{ PART_EXTENSIONS, "0500", "extensions: unexpected element" },
		{ PART_EXTENSIONS, "82{00}" EXT("30{06{2a03}04{}}"),
		  "extensions: unexpected element" }, /* unique id */
		{ PART_EXTENSIONS, "a3{}", "extensions: not a SEQUENCE" },
		{ PART_EXTENSIONS, EXT(""), "extensions: not a SEQUENCE" },
		{ PART_EXTENSIONS, "a3{30{30{06{2a03}04{}}}0500}", "extensions: unexpected bytes" },
		{ PART_EXTENSIONS, EXT("30{06{2a03}04{}}") "0500", "extensions: unexpected bytes" },
		{ PART_EXTENSIONS, EXT("30{06{2a03}04{}}30{06{2a04}04{}}30{06{2a03}04{00}}"),
		  "extensions: duplicate " },
		{ PART_EXTENSIONS, EXT("30{06{2a03}01{00}04{}}"), "extensions: extension 1 is malformed" },
		{ PART_EXTENSIONS, EXT("30{06{2a03}01{01}04{}}"), "extensions: extension 1 is malformed" },
		{ PART_EXTENSIONS, EXT("30{06{2a03}04{}}30{06{2a04}}"),
		  "extensions: extension 2 is malformed" },
		{ PART_EXTENSIONS, EXT("30{06{2a03}04{}0500}"), "extensions: extension 1 is malformed" },
		{ PART_EXTENSIONS, EXT("30{06{}04{}}"), "extensions: extension 1 is malformed" },
		{ PART_EXTENSIONS, EXT("0500"), "extensions: extension 1 is malformed" },
		{ PART_EXTENSIONS, CONSTRAINTS(""), "extensions: basicConstraints: malformed" },
		{ PART_EXTENSIONS, CONSTRAINTS("30{01{00}}"), "extensions: basicConstraints: malformed" },
		{ PART_EXTENSIONS, CONSTRAINTS("30{01{01}}"), "extensions: basicConstraints: malformed" },
		{ PART_EXTENSIONS, CONSTRAINTS("30{}00"), "extensions: basicConstraints: malformed" },
		{ PART_EXTENSIONS, CONSTRAINTS("30{01{ff}02{81}}"),
		  "extensions: basicConstraints: malformed" },
		{ PART_EXTENSIONS, CONSTRAINTS("30{01{ff}02{0100000000}}"),
		  "extensions: basicConstraints: malformed" },
		{ PART_EXTENSIONS, CONSTRAINTS("30{01{ff}02{01}02{01}}"),
		  "extensions: basicConstraints: malformed" },
		{ PART_EXTENSIONS, CONSTRAINTS("30{02{01}}"), "extensions: basicConstraints: a path length" },
		{ PART_EXTENSIONS, USAGE(""), "extensions: keyUsage: malformed" },
		{ PART_EXTENSIONS, USAGE("03{00}"), "extensions: keyUsage: malformed" },
		{ PART_EXTENSIONS, USAGE("03{0206 05}"), "extensions: keyUsage: malformed" },
		{ PART_EXTENSIONS, USAGE("03{0606ff}"), "extensions: keyUsage: malformed" },
		{ PART_EXTENSIONS, USAGE("03{06 00 40}"), "extensions: keyUsage: malformed" },
		{ PART_EXTENSIONS, USAGE("03{0106}00"), "extensions: keyUsage: malformed" },
		{ PART_EXTENSIONS, EXT("30{06{551d0e}04{04{}}}"),
		  "extensions: subjectKeyIdentifier: malformed" },
		{ PART_EXTENSIONS, EXT("30{06{551d0e}04{04{01}00}}"),
		  "extensions: subjectKeyIdentifier: malformed" },
		{ PART_EXTENSIONS, EXT("30{06{551d23}04{30{80{}}}}"),
		  "extensions: authorityKeyIdentifier: malformed" },
		{ PART_EXTENSIONS, EXT("30{06{551d23}04{30{83{01}}}}"),
		  "extensions: authorityKeyIdentifier: malformed" },
		{ PART_EXTENSIONS, EXT("30{06{551d23}04{04{01}}}"),
		  "extensions: authorityKeyIdentifier: malformed" },
	};

	assert_refused(bad, ARRAY_SIZE(bad));
}

static void the_whole_input_must_be_one_certificate(void **state)
{
	uint8_t buf[2048] = { 0 };
	size_t n = build_with(build_cert_parts, PART_SERIAL, NULL, buf, sizeof(buf));
	struct jurat_error err;
	struct crypto_cert c;

	assert_int_equal(crypto_cert_read(buf, n, &c, NULL), 0);
	assert_int_equal(crypto_cert_read(buf, n + 1, &c, NULL), -EBADMSG);
	buf[0] = DER_SET;
	assert_int_equal(crypto_cert_read(buf, n, &c, NULL), -EBADMSG);
	assert_int_equal(crypto_cert_read(NULL, 0, &c, NULL), -EBADMSG);
	assert_int_equal(crypto_cert_read((const uint8_t *)"-----BEGIN CERTIFICATE-----", 27, &c, &err),
			 -EBADMSG);
	assert_string_equal(err.text, "certificate: expected DER, found PEM");
}

static void hostile_lengths_and_depths_are_refused(void **state)
{
	static const char *const hostile[] = {
		"3084ffffffff",
		"308000",
		"3080a0030201020000",
		"30847fffffff00",
		"3085010000000030",
		"30883030303030303030",
		"3082ffff30",
		"1f30",
		"3f8100",
	};
	uint8_t deep[4096];
	struct crypto_cert c;
	struct crypto_crl crl;

	for (size_t i = 0; i < ARRAY_SIZE(hostile); i++) {
		size_t n = build_der(hostile[i], deep, sizeof(deep));
		auto_free uint8_t *copy = heap_copy(deep, n);

		assert_int_equal(crypto_cert_read(copy, n, &c, NULL), -EBADMSG);
		assert_int_equal(crypto_crl_read(copy, n, &crl, NULL), -EBADMSG);
	}
	for (size_t i = 0; i + 4 <= sizeof(deep); i += 4) { /* SEQUENCE in SEQUENCE, a thousand deep */
		size_t left = sizeof(deep) - i - 4;

		deep[i] = DER_SEQUENCE;
		deep[i + 1] = 0x82;
		deep[i + 2] = (uint8_t)(left >> 8);
		deep[i + 3] = (uint8_t)left;
	}
	assert_int_equal(crypto_cert_read(deep, sizeof(deep), &c, NULL), -EBADMSG);
}

static void a_list_of_very_many_extensions_is_refused(void **state)
{
	char text[4096] = "a3{30{";
	uint8_t buf[4096];
	struct jurat_error err;
	struct crypto_cert c;

	for (unsigned i = 0; i < 65; i++) {
		char one[32];
		size_t n;

		TEXT(one, "30{06{2a%02x}04{}}", i);
		strcat(text, one);
		strcat(text, "}}");
		n = build_with(build_cert_parts, PART_EXTENSIONS, text, buf, sizeof(buf));
		text[strlen(text) - 2] = '\0';
		assert_int_equal(crypto_cert_read(buf, n, &c, &err), i < 64 ? 0 : -EBADMSG);
	}
	assert_string_equal(err.text, "certificate: extensions: more than 64 extensions");
}

/* A certificate with this key and this algorithm, signed by `key` over `digest_of`. */
struct signer {
	enum crypto_curve curve;
	struct crypto_ec_private *key;
	char spki[512];
};

static struct signer signer_new(enum crypto_curve curve, const char *secret)
{
	struct signer s = { .curve = curve };
	uint8_t xy[2 * CRYPTO_EC_MAX_BYTES];
	char hex[BYTES_HEX_SIZE(sizeof(xy))];

	assert_int_equal(crypto_ec_private_derive(curve, secret, strlen(secret), &s.key, NULL), 0);
	crypto_ec_private_public(s.key, xy);
	TEXT(s.spki, "30{30{" EC_OID "%s}03{0004%s}}", curve == CRYPTO_P256 ? P256 : "06{2b81040022}",
	     bytes_to_hex(xy, 2 * crypto_curve_bytes(curve), hex));
	return s;
}

/* The text of a BIT STRING with the signature over the signed part of what `parts` make. */
static void sign(const struct signer *s, const char *const parts[PART_COUNT], char *text, size_t size)
{
	uint8_t buf[2048], digest[CRYPTO_SHA384_BYTES], rs[2][CRYPTO_EC_MAX_BYTES], der[256];
	size_t n = build_signed(build_cert_parts, parts, buf, sizeof(buf)),
	       bytes = crypto_curve_bytes(s->curve);
	struct der_wr d = der_wr(der, sizeof(der));
	char hex[BYTES_HEX_SIZE(sizeof(der))];
	struct crypto_cert c;

	assert_int_equal(crypto_cert_read(buf, n, &c, NULL), 0);
	if (s->curve == CRYPTO_P256)
		crypto_sha256(c.tbs.data, c.tbs.size, digest);
	else
		crypto_sha384(c.tbs.data, c.tbs.size, digest);
	assert_int_equal(crypto_ec_sign(s->key, base_env_real(), digest, bytes, rs[0], rs[1]), 0);
	der_put_open(&d, DER_SEQUENCE);
	der_put_big_uint(&d, rs[0], bytes);
	der_put_big_uint(&d, rs[1], bytes);
	der_put_close(&d);
	assert_false(d.w.bad);
	test_text(text, size, "03{00%s}", bytes_to_hex(der, d.w.off, hex));
}

static void check_signed(enum crypto_curve curve, const char *algorithm)
{
	struct signer s = signer_new(curve, "a test key"), other = signer_new(curve, "another");
	char signature[512];
	const char *parts[PART_COUNT] = { [PART_ALGORITHM] = algorithm, [PART_KEY] = s.spki };
	struct crypto_public key = { 0 }, wrong = { 0 };
	uint8_t buf[2048];
	struct crypto_cert c;
	size_t n;

	sign(&s, parts, signature, sizeof(signature));
	parts[PART_SIGNATURE] = signature;
	n = build_signed(build_cert_parts, parts, buf, sizeof(buf));
	assert_int_equal(crypto_cert_read(buf, n, &c, NULL), 0);
	assert_int_equal(crypto_public_init(&key, &c, NULL), 0);
	assert_int_equal(crypto_cert_check_signature(&c, &key), 0);

	/* the other curve's algorithm does not suit the key */
	c.signature_kind = curve == CRYPTO_P256 ? CRYPTO_SIG_ECDSA_SHA384 : CRYPTO_SIG_ECDSA_SHA256;
	assert_int_equal(crypto_cert_check_signature(&c, &key), JURAT_REFUSED);
	c.signature_kind = CRYPTO_SIG_RSA_PSS_SHA384;
	assert_int_equal(crypto_cert_check_signature(&c, &key), JURAT_REFUSED);
	c.signature_kind = CRYPTO_SIG_OTHER;
	assert_int_equal(crypto_cert_check_signature(&c, &key), JURAT_REFUSED);

	parts[PART_SERIAL] = "02{0124}"; /* another content under the same signature */
	n = build_signed(build_cert_parts, parts, buf, sizeof(buf));
	assert_int_equal(crypto_cert_read(buf, n, &c, NULL), 0);
	assert_int_equal(crypto_cert_check_signature(&c, &key), JURAT_REFUSED);

	parts[PART_SERIAL] = NULL;
	parts[PART_KEY] = other.spki;
	n = build_signed(build_cert_parts, parts, buf, sizeof(buf));
	assert_int_equal(crypto_cert_read(buf, n, &c, NULL), 0);
	assert_int_equal(crypto_public_init(&wrong, &c, NULL), 0);
	assert_int_equal(crypto_cert_check_signature(&c, &wrong), JURAT_REFUSED);
	crypto_public_done(&key);
	crypto_public_done(&wrong);
	crypto_ec_private_free(s.key);
	crypto_ec_private_free(other.key);
}

static void made_signatures_hold_for_their_key_content_and_algorithm_only(void **state)
{
	check_signed(CRYPTO_P256, "30{06{2a8648ce3d040302}}");
	check_signed(CRYPTO_P384, "30{06{2a8648ce3d040303}}");
}

static void signatures_in_another_form_are_refused(void **state)
{
	static const char *const forms[] = {
		"03{00}",
		"03{0030{}}",
		"03{0030{02{11}}}",
		"03{0030{02{11}02{22}02{33}}}",
		"03{0030{02{11}02{22}}00}",
		"03{0030{02{0011}02{22}}}",
		"03{0030{02{91}02{22}}}",
		"03{0030{02{01" X16 X16 "}02{22}}}", /* 33 bytes */
		"03{0030{02{00}02{00}}}",
		"03{003080020111020122 0000}",
	};
	struct signer s = signer_new(CRYPTO_P256, "a test key");

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		const char *parts[PART_COUNT] = { [PART_KEY] = s.spki, [PART_SIGNATURE] = forms[i] };
		struct crypto_public key = { 0 };
		uint8_t buf[2048];
		size_t n = build_signed(build_cert_parts, parts, buf, sizeof(buf));
		auto_free uint8_t *copy = heap_copy(buf, n);
		struct crypto_cert c;

		assert_int_equal(crypto_cert_read(copy, n, &c, NULL), 0);
		assert_int_equal(crypto_public_init(&key, &c, NULL), 0);
		assert_int_equal(crypto_cert_check_signature(&c, &key), JURAT_REFUSED);
		crypto_public_done(&key);
	}
	crypto_ec_private_free(s.key);
}

static void keys_that_are_none_are_refused(void **state)
{
	static const struct {
		const char *key;
		int error;
	} bad[] = {
		{ "30{30{" EC_OID P256 "}03{0004" X64 "}}", -EBADMSG }, /* not on the curve */
		{ "30{30{" EC_OID "06{2b81040022}}03{0004" X96 "}}", -EBADMSG },
		{ "30{30{" RSA_OID "0500}03{0030{02{00ff01}02{010001}}}}", -EBADMSG }, /* 16 bits */
		{ "30{30{06{2b6570}}03{00" X16 X16 "}}", -ENOTSUP },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct crypto_public key = { 0 };
		struct jurat_error err = { 0 };
		uint8_t buf[2048];
		size_t n = build_with(build_cert_parts, PART_KEY, bad[i].key, buf, sizeof(buf));
		struct crypto_cert c;

		assert_int_equal(crypto_cert_read(buf, n, &c, NULL), 0);
		assert_int_equal(crypto_public_init(&key, &c, &err), bad[i].error);
		assert_int_equal(strncmp(err.text, "public key: ", 12), 0);
		assert_null(key.ec);
		assert_null(key.rsa);
		crypto_public_done(&key);
	}
	crypto_public_done(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_truncation_of_a_made_certificate_is_refused),
		cmocka_unit_test(a_made_certificate_has_what_was_put_in),
		cmocka_unit_test(good_certificates_are_read),
		cmocka_unit_test(a_certificate_of_a_bad_form_is_refused_with_the_field),
		cmocka_unit_test(bad_names_are_refused_with_the_field),
		cmocka_unit_test(bad_validities_and_keys_are_refused_with_the_field),
		cmocka_unit_test(bad_extensions_are_refused_with_the_field),
		cmocka_unit_test(the_whole_input_must_be_one_certificate),
		cmocka_unit_test(hostile_lengths_and_depths_are_refused),
		cmocka_unit_test(a_list_of_very_many_extensions_is_refused),
		cmocka_unit_test(made_signatures_hold_for_their_key_content_and_algorithm_only),
		cmocka_unit_test(signatures_in_another_form_are_refused),
		cmocka_unit_test(keys_that_are_none_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
