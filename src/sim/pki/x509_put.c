/* SPDX-License-Identifier: MIT */
#include "sim/pki/x509_put.h"

#include <string.h>

/* Contents of OBJECT IDENTIFIERs. */
static const uint8_t oid_ec_key[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01 };
static const uint8_t oid_p256[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
static const uint8_t oid_p384[] = { 0x2b, 0x81, 0x04, 0x00, 0x22 };
static const uint8_t oid_subject_key_id[] = { 0x55, 0x1d, 0x0e };
static const uint8_t oid_key_usage[] = { 0x55, 0x1d, 0x0f };
static const uint8_t oid_basic_constraints[] = { 0x55, 0x1d, 0x13 };
static const uint8_t oid_crl_number[] = { 0x55, 0x1d, 0x14 };
static const uint8_t oid_crl_points[] = { 0x55, 0x1d, 0x1f };
static const uint8_t oid_authority_key_id[] = { 0x55, 0x1d, 0x23 };

static const uint8_t yes = 0xff;

void x509_put_name(struct der_wr *d, const struct x509_name_part *parts, size_t n, const char *common_name)
{
	der_put_open(d, DER_SEQUENCE);
	for (size_t i = 0; i < n; i++) {
		const char *value = parts[i].value ? parts[i].value : common_name;
		const uint8_t oid[] = { 0x55, 0x04, parts[i].type };

		der_put_open(d, DER_SET);
		der_put_open(d, DER_SEQUENCE);
		X509_PUT_OID(d, oid);
		der_put(d, parts[i].tag, value, strlen(value));
		der_put_close(d);
		der_put_close(d);
	}
	der_put_close(d);
}

void x509_put_validity(struct der_wr *d, int64_t from, int64_t to)
{
	der_put_open(d, DER_SEQUENCE);
	der_put_time(d, from);
	der_put_time(d, to);
	der_put_close(d);
}

void x509_put_ec_key(struct der_wr *d, enum crypto_curve curve, const uint8_t *xy)
{
	uint8_t point[1 + 2 * CRYPTO_EC_MAX_BYTES] = { 0x04 };
	size_t n = 2 * crypto_curve_bytes(curve);

	memcpy(point + 1, xy, n);
	der_put_open(d, DER_SEQUENCE);
	der_put_open(d, DER_SEQUENCE);
	X509_PUT_OID(d, oid_ec_key);
	if (curve == CRYPTO_P256)
		X509_PUT_OID(d, oid_p256);
	else
		X509_PUT_OID(d, oid_p384);
	der_put_close(d);
	der_put_bits(d, point, 1 + n, 0);
	der_put_close(d);
}

void x509_open_extension(struct der_wr *d, const uint8_t *oid, size_t oid_size, bool critical)
{
	der_put_open(d, DER_SEQUENCE);
	der_put(d, DER_OID, oid, oid_size);
	if (critical)
		der_put(d, DER_BOOLEAN, &yes, 1);
	der_put_open(d, DER_OCTET_STRING);
}

void x509_close_extension(struct der_wr *d)
{
	der_put_close(d);
	der_put_close(d);
}

void x509_put_key_usage(struct der_wr *d, uint8_t bits, unsigned unused_bits)
{
	x509_open_extension(d, oid_key_usage, sizeof(oid_key_usage), true);
	der_put_bits(d, &bits, 1, unused_bits);
	x509_close_extension(d);
}

void x509_put_subject_key_id(struct der_wr *d, const uint8_t id[X509_KEY_ID_BYTES])
{
	x509_open_extension(d, oid_subject_key_id, sizeof(oid_subject_key_id), false);
	der_put(d, DER_OCTET_STRING, id, X509_KEY_ID_BYTES);
	x509_close_extension(d);
}

void x509_put_authority_key_id(struct der_wr *d, const uint8_t id[X509_KEY_ID_BYTES])
{
	x509_open_extension(d, oid_authority_key_id, sizeof(oid_authority_key_id), false);
	der_put_open(d, DER_SEQUENCE);
	der_put(d, DER_CONTEXT(0), id, X509_KEY_ID_BYTES);
	der_put_close(d);
	x509_close_extension(d);
}

void x509_put_basic_constraints(struct der_wr *d, bool is_ca, int path_len)
{
	x509_open_extension(d, oid_basic_constraints, sizeof(oid_basic_constraints), true);
	der_put_open(d, DER_SEQUENCE);
	if (is_ca)
		der_put(d, DER_BOOLEAN, &yes, 1);
	if (is_ca && path_len >= 0)
		der_put_uint(d, (uint64_t)path_len);
	der_put_close(d);
	x509_close_extension(d);
}

void x509_put_crl_points(struct der_wr *d, const char *url)
{
	x509_open_extension(d, oid_crl_points, sizeof(oid_crl_points), false);
	der_put_open(d, DER_SEQUENCE);
	der_put_open(d, DER_SEQUENCE);
	der_put_open(d, DER_CONTEXT_CONSTRUCTED(0));
	der_put_open(d, DER_CONTEXT_CONSTRUCTED(0));
	der_put(d, DER_CONTEXT(6), url, strlen(url));
	der_put_close(d);
	der_put_close(d);
	der_put_close(d);
	der_put_close(d);
	x509_close_extension(d);
}

void x509_put_crl_number(struct der_wr *d, uint64_t number)
{
	x509_open_extension(d, oid_crl_number, sizeof(oid_crl_number), false);
	der_put_uint(d, number);
	x509_close_extension(d);
}
