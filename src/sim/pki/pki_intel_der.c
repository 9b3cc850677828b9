/* SPDX-License-Identifier: MIT */
#include "sim/pki/pki_intel_internal.h"

#include <string.h>

#include "base/cleanup.h"

/* Contents of OBJECT IDENTIFIERs. */
static const uint8_t oid_ecdsa_sha256[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02 };
static const uint8_t oid_crl_reason[] = { 0x55, 0x1d, 0x15 };
/* 1.2.840.113741.1.13.1 */
static const uint8_t oid_sgx[] = { 0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01 };

enum { SGX_PPID = 1, SGX_TCB, SGX_PCEID, SGX_FMSPC, SGX_TYPE, SGX_INSTANCE_ID, SGX_CONFIGURATION };

/* The attributes of Intel's names, in their order, after one that only test names have. */
static const struct x509_name_part name_parts[] = {
	{ 13, DER_UTF8_STRING, "TEST" },
	{ 3, DER_UTF8_STRING, NULL },
	{ 10, DER_UTF8_STRING, "Intel Corporation" },
	{ 7, DER_UTF8_STRING, "Santa Clara" },
	{ 8, DER_UTF8_STRING, "CA" },
	{ 6, DER_PRINTABLE_STRING, "US" },
};

void intel_put_name(struct der_wr *d, const char *common_name)
{
	x509_put_name(d, name_parts, ARRAY_SIZE(name_parts), common_name);
}

void intel_put_serial(struct der_wr *d, const uint8_t serial[SIM_INTEL_SERIAL_BYTES])
{
	der_put_big_uint(d, serial, SIM_INTEL_SERIAL_BYTES);
}

void intel_put_algorithm(struct der_wr *d)
{
	der_put_open(d, DER_SEQUENCE);
	X509_PUT_OID(d, oid_ecdsa_sha256);
	der_put_close(d);
}

/* Opens an entry of the SGX extension: SEQUENCE { OID oid_sgx.suffix, value }. */
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
	x509_open_extension(d, oid_sgx, sizeof(oid_sgx), false);
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
	x509_close_extension(d);
}

void intel_put_extensions(struct der_wr *d, const struct intel_extensions *what)
{
	enum { SIGN_CERTS_AND_CRLS = 0x06, SIGN_AND_NOT_REPUDIATE = 0xc0 };

	der_put_open(d, DER_CONTEXT_CONSTRUCTED(3));
	der_put_open(d, DER_SEQUENCE);
	x509_put_authority_key_id(d, what->authority_key_id);
	x509_put_crl_points(d, what->crl_url);
	x509_put_subject_key_id(d, what->subject_key_id);
	x509_put_key_usage(d, what->is_ca ? SIGN_CERTS_AND_CRLS : SIGN_AND_NOT_REPUDIATE,
			   what->is_ca ? 1 : 6);
	x509_put_basic_constraints(d, what->is_ca, (int)what->path_len);
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
	x509_put_crl_number(d, number);
	x509_put_authority_key_id(d, authority_key_id);
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
	x509_open_extension(d, oid_crl_reason, sizeof(oid_crl_reason), false);
	der_put(d, DER_ENUMERATED, &key_compromise, 1);
	x509_close_extension(d);
	der_put_close(d);
	der_put_close(d);
}
