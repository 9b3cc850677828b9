/* SPDX-License-Identifier: MIT */
#include "sim/pki/pki_internal.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "crypto/rsa.h"

/* Contents of OBJECT IDENTIFIERs. */
static const uint8_t oid_rsa[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01 };
static const uint8_t oid_mgf1[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08 };
static const uint8_t oid_pss[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a };
static const uint8_t oid_sha384[] = { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02 };
/* 1.3.6.1.4.1.3704.1, the arc of AMD's extensions */
static const uint8_t oid_amd[] = { 0x2b, 0x06, 0x01, 0x04, 0x01, 0x9c, 0x78, 0x01 };

static void put_sha384(struct der_wr *d)
{
	der_put_open(d, DER_SEQUENCE);
	X509_PUT_OID(d, oid_sha384);
	der_put(d, DER_NULL, NULL, 0);
	der_put_close(d);
}

void pki_put_pss(struct der_wr *d, bool trailer_field)
{
	der_put_open(d, DER_SEQUENCE);
	X509_PUT_OID(d, oid_pss);
	der_put_open(d, DER_SEQUENCE);
	der_put_open(d, DER_CONTEXT_CONSTRUCTED(0));
	put_sha384(d);
	der_put_close(d);
	der_put_open(d, DER_CONTEXT_CONSTRUCTED(1));
	der_put_open(d, DER_SEQUENCE);
	X509_PUT_OID(d, oid_mgf1);
	put_sha384(d);
	der_put_close(d);
	der_put_close(d);
	der_put_open(d, DER_CONTEXT_CONSTRUCTED(2));
	der_put_uint(d, CRYPTO_RSA_SALT_BYTES);
	der_put_close(d);
	if (trailer_field) {
		der_put_open(d, DER_CONTEXT_CONSTRUCTED(3));
		der_put_uint(d, 1);
		der_put_close(d);
	}
	der_put_close(d);
	der_put_close(d);
}

void pki_put_version(struct der_wr *d, unsigned tag, uint64_t version)
{
	der_put_open(d, (uint8_t)tag);
	der_put_uint(d, version);
	der_put_close(d);
}

/* The attributes of AMD's names, in their order, after one that only test names have. */
static const struct x509_name_part name_parts[] = {
	{ 13, DER_UTF8_STRING, "TEST ONLY: jurat software platform, not AMD" },
	{ 11, DER_UTF8_STRING, "Engineering" },
	{ 6, DER_PRINTABLE_STRING, "US" },
	{ 7, DER_UTF8_STRING, "Santa Clara" },
	{ 8, DER_UTF8_STRING, "CA" },
	{ 10, DER_UTF8_STRING, "Advanced Micro Devices" },
	{ 3, DER_UTF8_STRING, NULL },
};

void pki_put_name(struct der_wr *d, const char *common_name)
{
	x509_put_name(d, name_parts, ARRAY_SIZE(name_parts), common_name);
}

void pki_put_rsa_key(struct der_wr *d, const uint8_t n[512])
{
	uint8_t key[540];
	struct der_wr k = der_wr(key, sizeof(key));

	der_put_open(&k, DER_SEQUENCE);
	der_put_big_uint(&k, n, 512);
	der_put_uint(&k, 65537);
	der_put_close(&k);

	der_put_open(d, DER_SEQUENCE);
	der_put_open(d, DER_SEQUENCE);
	X509_PUT_OID(d, oid_rsa);
	der_put(d, DER_NULL, NULL, 0);
	der_put_close(d);
	der_put_bits(d, key, k.w.off, 0);
	der_put_close(d);
}

static void put_crl_points(struct der_wr *d, enum snp_product product, enum sim_ca ca)
{
	char url[64];

	snprintf(url, sizeof(url), "https://kdsintf.amd.com/%s/v1/%s/crl", ca == SIM_ASVK ? "vlek" : "vcek",
		 snp_product_name(product));
	x509_put_crl_points(d, url);
}

/* AMD encodes both with one unused bit; strict DER would have two for the second. */
enum { SIGN_CERTS_AND_CRLS = 0x06, SIGN_CERTS = 0x04 };

void pki_put_ca_extensions(struct der_wr *d, enum snp_product product, enum sim_ca ca,
			   const uint8_t subject_key_id[SIM_SKI_BYTES],
			   const uint8_t authority_key_id[SIM_SKI_BYTES])
{
	der_put_open(d, DER_CONTEXT_CONSTRUCTED(3));
	der_put_open(d, DER_SEQUENCE);
	if (ca == SIM_ARK) {
		x509_put_key_usage(d, SIGN_CERTS_AND_CRLS, 1);
		x509_put_subject_key_id(d, subject_key_id);
		x509_put_basic_constraints(d, true, -1);
	} else {
		x509_put_subject_key_id(d, subject_key_id);
		x509_put_authority_key_id(d, authority_key_id);
		x509_put_basic_constraints(d, true, 0);
		x509_put_key_usage(d, SIGN_CERTS, 1);
	}
	put_crl_points(d, product, ca);
	der_put_close(d);
	der_put_close(d);
}

static void open_amd_extension(struct der_wr *d, const uint8_t *suffix, size_t n)
{
	uint8_t oid[sizeof(oid_amd) + 2];

	memcpy(oid, oid_amd, sizeof(oid_amd));
	memcpy(oid + sizeof(oid_amd), suffix, n);
	x509_open_extension(d, oid, sizeof(oid_amd) + n, false);
}

static void put_amd_uint(struct der_wr *d, const uint8_t *suffix, size_t n, uint64_t value)
{
	open_amd_extension(d, suffix, n);
	der_put_uint(d, value);
	x509_close_extension(d);
}

static void put_amd_string(struct der_wr *d, uint8_t suffix, const char *value)
{
	open_amd_extension(d, &suffix, 1);
	der_put(d, DER_IA5_STRING, value, strlen(value));
	x509_close_extension(d);
}

static uint8_t security_patch_level(const struct snp_tcb *tcb, unsigned number)
{
	switch (number) {
	case 1:
		return tcb->boot_loader;
	case 2:
		return tcb->tee;
	case 3:
		return tcb->snp;
	case 8:
		return tcb->microcode;
	case 9:
		return tcb->fmc;
	default:
		return 0;
	}
}

/* Milan's VCEKs name product and stepping; Genoa's, Turin's and all VLEKs only the product. */
static const char *leaf_product_name(const struct sim_endorsement *what)
{
	if (what->product == SNP_MILAN && !what->vlek)
		return "Milan-B0";
	return snp_product_name(what->product);
}

void pki_put_leaf_extensions(struct der_wr *d, const struct sim_endorsement *what)
{
	static const uint8_t order_to_genoa[] = { 1, 2, 4, 5, 6, 7, 3, 8, 0 };
	static const uint8_t order_turin[] = { 9, 1, 2, 3, 5, 6, 7, 8, 0 };
	static const uint8_t struct_version = 1, hwid = 4;
	const bool has_fmc = snp_tcb_has_component(what->product, SNP_TCB_FMC);
	struct snp_tcb tcb = { 0 };

	snp_tcb_read(what->product, what->tcb, &tcb);
	der_put_open(d, DER_CONTEXT_CONSTRUCTED(3));
	der_put_open(d, DER_SEQUENCE);
	put_amd_uint(d, &struct_version, 1, has_fmc ? 1 : 0);
	put_amd_string(d, 2, leaf_product_name(what));
	for (const uint8_t *n = has_fmc ? order_turin : order_to_genoa; *n; n++)
		put_amd_uint(d, (const uint8_t[]){ 3, *n }, 2, security_patch_level(&tcb, *n));
	if (what->vlek) {
		put_amd_string(d, 5, what->csp_id);
	} else {
		/* The raw bytes without a DER tag, as in AMD's certificates. */
		open_amd_extension(d, &hwid, 1);
		der_put_raw(d, what->hwid, snp_hwid_bytes(what->product));
		x509_close_extension(d);
	}
	der_put_close(d);
	der_put_close(d);
}

void pki_put_crl_extensions(struct der_wr *d, const uint8_t authority_key_id[SIM_SKI_BYTES], uint64_t number)
{
	der_put_open(d, DER_CONTEXT_CONSTRUCTED(0));
	der_put_open(d, DER_SEQUENCE);
	x509_put_authority_key_id(d, authority_key_id);
	x509_put_crl_number(d, number);
	der_put_close(d);
	der_put_close(d);
}
