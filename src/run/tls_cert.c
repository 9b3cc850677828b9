/* SPDX-License-Identifier: MIT */
#include "run/tls_cert.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text_stream.h"
#include "crypto/hash.h"
#include "crypto/p256_signer.h"
#include "crypto/x509.h"
#include "sim/pki/x509_put.h"

/* Contents of OBJECT IDENTIFIERs. */
static const uint8_t oid_ecdsa_sha256[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02 };
static const uint8_t oid_p256[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
static const uint8_t oid_subject_alt_name[] = { 0x55, 0x1d, 0x11 };
static const uint8_t oid_name_constraints[] = { 0x55, 0x1d, 0x1e };
static const uint8_t oid_extended_key_usage[] = { 0x55, 0x1d, 0x25 };
static const uint8_t oid_server_auth[] = { 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01 };

enum { CERT_BYTES = 1024, SECRET_BYTES = 32, DNS_NAME = 2, IP_ADDRESS = 7 };

struct party {
	const char *name;
	struct crypto_p256_signer *key;
	uint8_t id[CRYPTO_SHA256_BYTES]; /* hash of the public key: key identifier and serial number */
};

struct request {
	const struct run_names *names;
	const uint8_t *address;
	int64_t from, to;
	const struct party *issuer, *subject;
};

static void put_name(struct der_wr *d, const char *common_name)
{
	static const struct x509_name_part parts[] = {
		{ 13, DER_UTF8_STRING, "TEST" },
		{ 10, DER_UTF8_STRING, "jurat run --endorsements" },
		{ 3, DER_UTF8_STRING, NULL },
	};

	x509_put_name(d, parts, ARRAY_SIZE(parts), common_name);
}

static void put_algorithm(struct der_wr *d)
{
	der_put_open(d, DER_SEQUENCE);
	X509_PUT_OID(d, oid_ecdsa_sha256);
	der_put_close(d);
}

/* GeneralNames of the service. As constraints, each in a GeneralSubtree, and the address with a mask. */
static void put_general_names(struct der_wr *d, const struct request *q, bool constraints)
{
	uint8_t address[8];

	for (size_t i = 0; i < q->names->n; i++) {
		if (constraints)
			der_put_open(d, DER_SEQUENCE);
		der_put(d, DER_CONTEXT(DNS_NAME), q->names->names[i], strlen(q->names->names[i]));
		if (constraints)
			der_put_close(d);
	}
	memcpy(address, q->address, 4);
	memset(address + 4, 0xff, 4);
	if (constraints)
		der_put_open(d, DER_SEQUENCE);
	der_put(d, DER_CONTEXT(IP_ADDRESS), address, constraints ? 8 : 4);
	if (constraints)
		der_put_close(d);
}

/* Not critical, contrary to RFC 5280 4.2.1.10: Mbed TLS does not know it and would refuse the CA. */
static void put_name_constraints(struct der_wr *d, const struct request *q)
{
	x509_open_extension(d, oid_name_constraints, sizeof(oid_name_constraints), false);
	der_put_open(d, DER_SEQUENCE);
	der_put_open(d, DER_CONTEXT_CONSTRUCTED(0)); /* permittedSubtrees */
	put_general_names(d, q, true);
	der_put_close(d);
	der_put_close(d);
	x509_close_extension(d);
}

static void put_server(struct der_wr *d, const struct request *q)
{
	x509_open_extension(d, oid_subject_alt_name, sizeof(oid_subject_alt_name), false);
	der_put_open(d, DER_SEQUENCE);
	put_general_names(d, q, false);
	der_put_close(d);
	x509_close_extension(d);
	x509_open_extension(d, oid_extended_key_usage, sizeof(oid_extended_key_usage), false);
	der_put_open(d, DER_SEQUENCE);
	X509_PUT_OID(d, oid_server_auth);
	der_put_close(d);
	x509_close_extension(d);
}

/* Spec: RFC 5280 4.1 */
static void put_tbs(struct der_wr *d, const struct request *q)
{
	enum { SIGN_CERTS = 0x04, DIGITAL_SIGNATURE = 0x80, SERIAL_BYTES = 16 };
	const bool is_ca = q->issuer == q->subject;
	uint8_t serial[SERIAL_BYTES];

	memcpy(serial, q->subject->id, sizeof(serial));
	serial[0] = (uint8_t)((serial[0] & 0x7f) | 0x40); /* positive, and of full length */
	der_put_open(d, DER_SEQUENCE);
	der_put_open(d, DER_CONTEXT_CONSTRUCTED(0));
	der_put_uint(d, 2);
	der_put_close(d);
	der_put_big_uint(d, serial, sizeof(serial));
	put_algorithm(d);
	put_name(d, q->issuer->name);
	x509_put_validity(d, q->from, q->to);
	put_name(d, q->subject->name);
	x509_put_ec_key(d, CRYPTO_P256, crypto_p256_signer_public(q->subject->key));
	der_put_open(d, DER_CONTEXT_CONSTRUCTED(3));
	der_put_open(d, DER_SEQUENCE);
	x509_put_basic_constraints(d, is_ca, is_ca ? 0 : -1);
	x509_put_key_usage(d, is_ca ? SIGN_CERTS : DIGITAL_SIGNATURE, is_ca ? 2 : 7);
	x509_put_subject_key_id(d, q->subject->id);
	x509_put_authority_key_id(d, q->issuer->id);
	if (is_ca)
		put_name_constraints(d, q);
	else
		put_server(d, q);
	der_put_close(d);
	der_put_close(d);
	der_put_close(d);
}

static int write_pem(const char *label, const struct der_wr *d, char **ret)
{
	struct text_stream pem;

	if (d->w.bad)
		return -EOVERFLOW;
	if (text_stream_open(&pem) < 0)
		return -ENOMEM;
	crypto_pem_write_as(pem.to, label, d->w.data, d->w.off);
	return text_stream_close(&pem, ret, NULL);
}

static int issue(const struct request *q, char **ret)
{
	uint8_t tbs[CERT_BYTES], cert[CERT_BYTES], signature[2 * CRYPTO_P256_BYTES],
		encoded[sizeof(signature) + 16], digest[CRYPTO_SHA256_BYTES];
	struct der_wr t = der_wr(tbs, sizeof(tbs)), d = der_wr(cert, sizeof(cert)),
		      s = der_wr(encoded, sizeof(encoded));

	put_tbs(&t, q);
	if (t.w.bad)
		return -EOVERFLOW;
	crypto_sha256(tbs, t.w.off, digest);
	crypto_p256_signer_sign(q->issuer->key, digest, signature);
	der_put_open(&s, DER_SEQUENCE);
	der_put_big_uint(&s, signature, CRYPTO_P256_BYTES);
	der_put_big_uint(&s, signature + CRYPTO_P256_BYTES, CRYPTO_P256_BYTES);
	der_put_close(&s);
	der_put_open(&d, DER_SEQUENCE);
	der_put_raw(&d, tbs, t.w.off);
	put_algorithm(&d);
	der_put_bits(&d, encoded, s.w.off, 0);
	der_put_close(&d);
	return write_pem("CERTIFICATE", &d, ret);
}

/* Spec: RFC 5915 */
static int write_key(const struct crypto_p256_signer *key, char **ret)
{
	uint8_t der[192], point[1 + 2 * CRYPTO_P256_BYTES] = { 0x04 };
	struct der_wr d = der_wr(der, sizeof(der));
	int r;

	memcpy(point + 1, crypto_p256_signer_public(key), 2 * CRYPTO_P256_BYTES);
	der_put_open(&d, DER_SEQUENCE);
	der_put_uint(&d, 1);
	der_put(&d, DER_OCTET_STRING, crypto_p256_signer_private(key), CRYPTO_P256_BYTES);
	der_put_open(&d, DER_CONTEXT_CONSTRUCTED(0));
	X509_PUT_OID(&d, oid_p256);
	der_put_close(&d);
	der_put_open(&d, DER_CONTEXT_CONSTRUCTED(1));
	der_put_bits(&d, point, sizeof(point), 0);
	der_put_close(&d);
	der_put_close(&d);
	r = write_pem("EC PRIVATE KEY", &d, ret);
	bytes_wipe(der, sizeof(der));
	return r;
}

static int make_party(struct base_env *env, const char *name, struct party *ret, struct jurat_error *err)
{
	uint8_t secret[SECRET_BYTES];
	int r = base_random(env, secret, sizeof(secret));

	if (r < 0)
		return jurat_fail(err, r, "cannot get random numbers: %s", strerror(-r));
	ret->name = name;
	r = crypto_p256_signer_derive(secret, sizeof(secret), &ret->key, err);
	bytes_wipe(secret, sizeof(secret));
	if (r == 0)
		crypto_sha256(crypto_p256_signer_public(ret->key), 2 * CRYPTO_P256_BYTES, ret->id);
	return r;
}

int run_tls_cert_new(struct base_env *env, const struct run_names *names, const uint8_t address[4],
		     int64_t from, int64_t to, struct run_tls_cert *ret, struct jurat_error *err)
{
	struct party ca = { .key = NULL }, server = { .key = NULL };
	struct request q = { .names = names, .address = address, .from = from, .to = to, .issuer = &ca };
	struct run_tls_cert cert = { .ca = NULL };
	int r = make_party(env, "TEST CA of a run", &ca, err);

	if (r == 0)
		r = make_party(env, "TEST endorsement service of a run", &server, err);
	if (r == 0) {
		q.subject = &ca;
		r = issue(&q, &cert.ca);
		q.subject = &server;
		if (r == 0)
			r = issue(&q, &cert.cert);
		if (r == 0)
			r = write_key(server.key, &cert.key);
		if (r < 0)
			r = jurat_fail(err, r, "cannot create a TLS certificate: %s", strerror(-r));
	}
	crypto_p256_signer_free(ca.key);
	crypto_p256_signer_free(server.key);
	if (r < 0) {
		run_tls_cert_done(&cert);
		return r;
	}
	*ret = cert;
	return 0;
}

void run_tls_cert_done(struct run_tls_cert *cert)
{
	if (cert->key)
		bytes_wipe(cert->key, strlen(cert->key));
	free(cert->key);
	free(cert->cert);
	free(cert->ca);
	*cert = (struct run_tls_cert){ .ca = NULL };
}
