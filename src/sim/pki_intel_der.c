/* SPDX-License-Identifier: MIT */
#include "sim/pki_intel_internal.h"

#include <string.h>

#include "base/cleanup.h"

/* Contents of OBJECT IDENTIFIERs. */
static const uint8_t oid_ec_key[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01 };
static const uint8_t oid_p256[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
static const uint8_t oid_ecdsa_sha256[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02 };
static const uint8_t oid_subject_key_id[] = { 0x55, 0x1d, 0x0e };
static const uint8_t oid_key_usage[] = { 0x55, 0x1d, 0x0f };
static const uint8_t oid_basic_constraints[] = { 0x55, 0x1d, 0x13 };
static const uint8_t oid_crl_number[] = { 0x55, 0x1d, 0x14 };
static const uint8_t oid_crl_reason[] = { 0x55, 0x1d, 0x15 };
static const uint8_t oid_crl_points[] = { 0x55, 0x1d, 0x1f };
static const uint8_t oid_authority_key_id[] = { 0x55, 0x1d, 0x23 };
/* 1.2.840.113741.1.13.1 */
static const uint8_t oid_sgx[] = { 0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01 };

#define PUT_OID(d, oid) der_put(d, DER_OID, oid, sizeof(oid))

enum { SGX_PPID = 1, SGX_TCB, SGX_PCEID, SGX_FMSPC, SGX_TYPE, SGX_INSTANCE_ID, SGX_CONFIGURATION };

/* The attributes of Intel's names, in their order, and one in front of them that Intel's do not have. */
static const struct {
	uint8_t type; /* 2.5.4.type */
	uint8_t tag;
	const char *value; /* NULL: the common name */
} name_parts[] = {
	{ 13, DER_UTF8_STRING, "TEST ONLY: jurat software platform, not Intel" },
	{ 3, DER_UTF8_STRING, NULL },
	{ 10, DER_UTF8_STRING, "Intel Corporation" },
	{ 7, DER_UTF8_STRING, "Santa Clara" },
	{ 8, DER_UTF8_STRING, "CA" },
	{ 6, DER_PRINTABLE_STRING, "US" },
};

void intel_put_name(struct der_wr *d, const char *common_name)
{
	der_put_open(d, DER_SEQUENCE);
	for (size_t i = 0; i < ARRAY_SIZE(name_parts); i++) {
		const char *value = name_parts[i].value ? name_parts[i].value : common_name;
		const uint8_t oid[] = { 0x55, 0x04, name_parts[i].type };

		der_put_open(d, DER_SET);
		der_put_open(d, DER_SEQUENCE);
		PUT_OID(d, oid);
		der_put(d, name_parts[i].tag, value, strlen(value));
		der_put_close(d);
		der_put_close(d);
	}
	der_put_close(d);
}

void intel_put_serial(struct der_wr *d, const uint8_t serial[SIM_INTEL_SERIAL_BYTES])
{
	der_put_big_uint(d, serial, SIM_INTEL_SERIAL_BYTES);
}

void intel_put_algorithm(struct der_wr *d)
{
	der_put_open(d, DER_SEQUENCE);
	PUT_OID(d, oid_ecdsa_sha256);
	der_put_close(d);
}

void intel_put_validity(struct der_wr *d, int64_t from, int64_t to)
{
	der_put_open(d, DER_SEQUENCE);
	der_put_time(d, from);
	der_put_time(d, to);
	der_put_close(d);
}

void intel_put_key(struct der_wr *d, const uint8_t xy[64])
{
	uint8_t point[65] = { 0x04 };

	memcpy(point + 1, xy, 64);
	der_put_open(d, DER_SEQUENCE);
	der_put_open(d, DER_SEQUENCE);
	PUT_OID(d, oid_ec_key);
	PUT_OID(d, oid_p256);
	der_put_close(d);
	der_put_bits(d, point, sizeof(point), 0);
	der_put_close(d);
}

static void open_extension(struct der_wr *d, const uint8_t *oid, size_t oid_size, bool is_critical)
{
	static const uint8_t yes = 0xff;

	der_put_open(d, DER_SEQUENCE);
	der_put(d, DER_OID, oid, oid_size);
	if (is_critical)
		der_put(d, DER_BOOLEAN, &yes, 1);
	der_put_open(d, DER_OCTET_STRING);
}

static void close_extension(struct der_wr *d)
{
	der_put_close(d);
	der_put_close(d);
}

static void put_authority_key_id(struct der_wr *d, const uint8_t id[SIM_INTEL_SERIAL_BYTES])
{
	open_extension(d, oid_authority_key_id, sizeof(oid_authority_key_id), false);
	der_put_open(d, DER_SEQUENCE);
	der_put(d, DER_CONTEXT(0), id, SIM_INTEL_SERIAL_BYTES);
	der_put_close(d);
	close_extension(d);
}

static void put_crl_points(struct der_wr *d, const char *url)
{
	open_extension(d, oid_crl_points, sizeof(oid_crl_points), false);
	der_put_open(d, DER_SEQUENCE);
	der_put_open(d, DER_SEQUENCE);
	der_put_open(d, DER_CONTEXT_CONSTRUCTED(0));
	der_put_open(d, DER_CONTEXT_CONSTRUCTED(0));
	der_put(d, DER_CONTEXT(6), url, strlen(url));
	der_put_close(d);
	der_put_close(d);
	der_put_close(d);
	der_put_close(d);
	close_extension(d);
}

static void put_basic_constraints(struct der_wr *d, bool is_ca, unsigned path_len)
{
	static const uint8_t yes = 0xff;

	open_extension(d, oid_basic_constraints, sizeof(oid_basic_constraints), true);
	der_put_open(d, DER_SEQUENCE);
	if (is_ca) {
		der_put(d, DER_BOOLEAN, &yes, 1);
		der_put_uint(d, path_len);
	}
	der_put_close(d);
	close_extension(d);
}

/* An entry of the SGX extension begins: SEQUENCE { OID oid_sgx.suffix, value }. */
static void open_sgx(struct der_wr *d, const uint8_t *suffix, size_t n)
{
	uint8_t oid[sizeof(oid_sgx) + 2];

	memcpy(oid, oid_sgx, sizeof(oid_sgx));
	memcpy(oid + sizeof(oid_sgx), suffix, n);
	der_put_open(d, DER_SEQUENCE);
	der_put(d, DER_OID, oid, sizeof(oid_sgx) + n);
}

static void put_sgx_bytes(struct der_wr *d, uint8_t suffix, const uint8_t *bytes, size_t n)
{
	open_sgx(d, &suffix, 1);
	der_put(d, DER_OCTET_STRING, bytes, n);
	der_put_close(d);
}

static void put_sgx_tcb(struct der_wr *d, const struct sim_pck *pck)
{
	enum { PCESVN = SIM_INTEL_N_COMPONENTS + 1, CPUSVN };

	open_sgx(d, (const uint8_t[]){ SGX_TCB }, 1);
	der_put_open(d, DER_SEQUENCE);
	for (uint8_t i = 1; i <= SIM_INTEL_N_COMPONENTS; i++) {
		open_sgx(d, (const uint8_t[]){ SGX_TCB, i }, 2);
		der_put_uint(d, pck->components[i - 1]);
		der_put_close(d);
	}
	open_sgx(d, (const uint8_t[]){ SGX_TCB, PCESVN }, 2);
	der_put_uint(d, pck->pcesvn);
	der_put_close(d);
	open_sgx(d, (const uint8_t[]){ SGX_TCB, CPUSVN }, 2);
	der_put(d, DER_OCTET_STRING, pck->cpusvn, sizeof(pck->cpusvn));
	der_put_close(d);
	der_put_close(d);
	der_put_close(d);
}

static void put_sgx_configuration(struct der_wr *d, const struct sim_pck *pck)
{
	const bool flags[] = { pck->is_dynamic_platform, pck->has_cached_keys, pck->has_smt };

	open_sgx(d, (const uint8_t[]){ SGX_CONFIGURATION }, 1);
	der_put_open(d, DER_SEQUENCE);
	for (uint8_t i = 0; i < ARRAY_SIZE(flags); i++) {
		open_sgx(d, (const uint8_t[]){ SGX_CONFIGURATION, (uint8_t)(i + 1) }, 2);
		der_put(d, DER_BOOLEAN, &(const uint8_t){ flags[i] ? 0xff : 0 }, 1);
		der_put_close(d);
	}
	der_put_close(d);
	der_put_close(d);
}

/* Spec: Intel SGX PCK Certificate and CRL Profile Specification, SGX extensions */
static void put_sgx(struct der_wr *d, const struct sim_pck *pck)
{
	open_extension(d, oid_sgx, sizeof(oid_sgx), false);
	der_put_open(d, DER_SEQUENCE);
	put_sgx_bytes(d, SGX_PPID, pck->ppid, sizeof(pck->ppid));
	put_sgx_tcb(d, pck);
	put_sgx_bytes(d, SGX_PCEID, pck->pceid, sizeof(pck->pceid));
	put_sgx_bytes(d, SGX_FMSPC, pck->fmspc, sizeof(pck->fmspc));
	open_sgx(d, (const uint8_t[]){ SGX_TYPE }, 1);
	der_put(d, DER_ENUMERATED, &pck->sgx_type, 1);
	der_put_close(d);
	put_sgx_bytes(d, SGX_INSTANCE_ID, pck->platform_instance_id, sizeof(pck->platform_instance_id));
	put_sgx_configuration(d, pck);
	der_put_close(d);
	close_extension(d);
}

void intel_put_extensions(struct der_wr *d, const struct intel_extensions *what)
{
	static const uint8_t sign_certs_and_crls = 0x06, sign_and_not_repudiate = 0xc0;

	der_put_open(d, DER_CONTEXT_CONSTRUCTED(3));
	der_put_open(d, DER_SEQUENCE);
	put_authority_key_id(d, what->authority_key_id);
	put_crl_points(d, what->crl_url);
	open_extension(d, oid_subject_key_id, sizeof(oid_subject_key_id), false);
	der_put(d, DER_OCTET_STRING, what->subject_key_id, SIM_INTEL_SERIAL_BYTES);
	close_extension(d);
	open_extension(d, oid_key_usage, sizeof(oid_key_usage), true);
	if (what->is_ca)
		der_put_bits(d, &sign_certs_and_crls, 1, 1);
	else
		der_put_bits(d, &sign_and_not_repudiate, 1, 6);
	close_extension(d);
	put_basic_constraints(d, what->is_ca, what->path_len);
	if (what->pck)
		put_sgx(d, what->pck);
	der_put_close(d);
	der_put_close(d);
}

void intel_put_crl_extensions(struct der_wr *d, const uint8_t authority_key_id[SIM_INTEL_SERIAL_BYTES],
			      uint64_t number)
{
	der_put_open(d, DER_CONTEXT_CONSTRUCTED(0));
	der_put_open(d, DER_SEQUENCE);
	open_extension(d, oid_crl_number, sizeof(oid_crl_number), false);
	der_put_uint(d, number);
	close_extension(d);
	put_authority_key_id(d, authority_key_id);
	der_put_close(d);
	der_put_close(d);
}

void intel_put_revoked(struct der_wr *d, const uint8_t serial[SIM_INTEL_SERIAL_BYTES], int64_t when)
{
	static const uint8_t key_compromise = 1;

	der_put_open(d, DER_SEQUENCE);
	intel_put_serial(d, serial);
	der_put_time(d, when);
	der_put_open(d, DER_SEQUENCE);
	open_extension(d, oid_crl_reason, sizeof(oid_crl_reason), false);
	der_put(d, DER_ENUMERATED, &key_compromise, 1);
	close_extension(d);
	der_put_close(d);
	der_put_close(d);
}
