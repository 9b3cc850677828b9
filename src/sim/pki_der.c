/* SPDX-License-Identifier: MIT */
#include "sim/pki_internal.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "crypto/rsa.h"

/* Contents of OBJECT IDENTIFIERs. */
static const uint8_t oid_rsa[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01 };
static const uint8_t oid_mgf1[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08 };
static const uint8_t oid_pss[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a };
static const uint8_t oid_sha384[] = { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02 };
static const uint8_t oid_ec_key[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01 };
static const uint8_t oid_p384[] = { 0x2b, 0x81, 0x04, 0x00, 0x22 };
static const uint8_t oid_subject_key_id[] = { 0x55, 0x1d, 0x0e };
static const uint8_t oid_key_usage[] = { 0x55, 0x1d, 0x0f };
static const uint8_t oid_basic_constraints[] = { 0x55, 0x1d, 0x13 };
static const uint8_t oid_crl_number[] = { 0x55, 0x1d, 0x14 };
static const uint8_t oid_crl_points[] = { 0x55, 0x1d, 0x1f };
static const uint8_t oid_authority_key_id[] = { 0x55, 0x1d, 0x23 };
/* 1.3.6.1.4.1.3704.1: what AMD's extensions are under */
static const uint8_t oid_amd[] = { 0x2b, 0x06, 0x01, 0x04, 0x01, 0x9c, 0x78, 0x01 };

#define PUT_OID(d, oid) der_put(d, DER_OID, oid, sizeof(oid))

static void put_sha384(struct der_wr *d)
{
	der_put_open(d, DER_SEQUENCE);
	PUT_OID(d, oid_sha384);
	der_put(d, DER_NULL, NULL, 0);
	der_put_close(d);
}

void pki_put_pss(struct der_wr *d, bool trailer_field)
{
	der_put_open(d, DER_SEQUENCE);
	PUT_OID(d, oid_pss);
	der_put_open(d, DER_SEQUENCE);
	der_put_open(d, DER_CONTEXT_CONSTRUCTED(0));
	put_sha384(d);
	der_put_close(d);
	der_put_open(d, DER_CONTEXT_CONSTRUCTED(1));
	der_put_open(d, DER_SEQUENCE);
	PUT_OID(d, oid_mgf1);
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

/* The attributes of AMD's names, in their order, and one in front of them that AMD's do not have. */
struct name_part {
	uint8_t type; /* 2.5.4.type */
	uint8_t tag;
	const char *value; /* NULL: the common name */
};

static const struct name_part name_parts[] = {
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
	der_put_open(d, DER_SEQUENCE);
	for (size_t i = 0; i < ARRAY_SIZE(name_parts); i++) {
		const struct name_part *part = &name_parts[i];
		const char *value = part->value ? part->value : common_name;
		const uint8_t oid[] = { 0x55, 0x04, part->type };

		der_put_open(d, DER_SET);
		der_put_open(d, DER_SEQUENCE);
		PUT_OID(d, oid);
		der_put(d, part->tag, value, strlen(value));
		der_put_close(d);
		der_put_close(d);
	}
	der_put_close(d);
}

void pki_put_validity(struct der_wr *d, int64_t from, int64_t to)
{
	der_put_open(d, DER_SEQUENCE);
	der_put_time(d, from);
	der_put_time(d, to);
	der_put_close(d);
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
	PUT_OID(d, oid_rsa);
	der_put(d, DER_NULL, NULL, 0);
	der_put_close(d);
	der_put_bits(d, key, k.w.off, 0);
	der_put_close(d);
}

void pki_put_p384_key(struct der_wr *d, const uint8_t xy[96])
{
	uint8_t point[97] = { 0x04 };

	memcpy(point + 1, xy, 96);
	der_put_open(d, DER_SEQUENCE);
	der_put_open(d, DER_SEQUENCE);
	PUT_OID(d, oid_ec_key);
	PUT_OID(d, oid_p384);
	der_put_close(d);
	der_put_bits(d, point, sizeof(point), 0);
	der_put_close(d);
}

static void open_extension(struct der_wr *d, const uint8_t *oid, size_t oid_size, bool critical)
{
	static const uint8_t yes = 0xff;

	der_put_open(d, DER_SEQUENCE);
	der_put(d, DER_OID, oid, oid_size);
	if (critical)
		der_put(d, DER_BOOLEAN, &yes, 1);
	der_put_open(d, DER_OCTET_STRING);
}

static void close_extension(struct der_wr *d)
{
	der_put_close(d);
	der_put_close(d);
}

static void put_key_usage(struct der_wr *d, enum sim_ca ca)
{
	static const uint8_t sign_certs_and_crls = 0x06, sign_certs = 0x04;

	open_extension(d, oid_key_usage, sizeof(oid_key_usage), true);
	/* AMD writes one unused bit for both, where strict DER would have two for the second. */
	der_put_bits(d, ca == SIM_ARK ? &sign_certs_and_crls : &sign_certs, 1, 1);
	close_extension(d);
}

static void put_subject_key_id(struct der_wr *d, const uint8_t id[SIM_SKI_BYTES])
{
	open_extension(d, oid_subject_key_id, sizeof(oid_subject_key_id), false);
	der_put(d, DER_OCTET_STRING, id, SIM_SKI_BYTES);
	close_extension(d);
}

static void put_authority_key_id(struct der_wr *d, const uint8_t id[SIM_SKI_BYTES])
{
	open_extension(d, oid_authority_key_id, sizeof(oid_authority_key_id), false);
	der_put_open(d, DER_SEQUENCE);
	der_put(d, DER_CONTEXT(0), id, SIM_SKI_BYTES);
	der_put_close(d);
	close_extension(d);
}

static void put_basic_constraints(struct der_wr *d, enum sim_ca ca)
{
	static const uint8_t yes = 0xff;

	open_extension(d, oid_basic_constraints, sizeof(oid_basic_constraints), true);
	der_put_open(d, DER_SEQUENCE);
	der_put(d, DER_BOOLEAN, &yes, 1);
	if (ca != SIM_ARK)
		der_put_uint(d, 0);
	der_put_close(d);
	close_extension(d);
}

static void put_crl_points(struct der_wr *d, enum snp_product product, enum sim_ca ca)
{
	char url[64];

	snprintf(url, sizeof(url), "https://kdsintf.amd.com/%s/v1/%s/crl", ca == SIM_ASVK ? "vlek" : "vcek",
		 snp_product_name(product));
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

void pki_put_ca_extensions(struct der_wr *d, enum snp_product product, enum sim_ca ca,
			   const uint8_t subject_key_id[SIM_SKI_BYTES],
			   const uint8_t authority_key_id[SIM_SKI_BYTES])
{
	der_put_open(d, DER_CONTEXT_CONSTRUCTED(3));
	der_put_open(d, DER_SEQUENCE);
	if (ca == SIM_ARK) {
		put_key_usage(d, ca);
		put_subject_key_id(d, subject_key_id);
		put_basic_constraints(d, ca);
	} else {
		put_subject_key_id(d, subject_key_id);
		put_authority_key_id(d, authority_key_id);
		put_basic_constraints(d, ca);
		put_key_usage(d, ca);
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
	open_extension(d, oid, sizeof(oid_amd) + n, false);
}

static void put_amd_uint(struct der_wr *d, const uint8_t *suffix, size_t n, uint64_t value)
{
	open_amd_extension(d, suffix, n);
	der_put_uint(d, value);
	close_extension(d);
}

static void put_amd_string(struct der_wr *d, uint8_t suffix, const char *value)
{
	open_amd_extension(d, &suffix, 1);
	der_put(d, DER_IA5_STRING, value, strlen(value));
	close_extension(d);
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

/* Milan's VCEKs name a stepping; Genoa's and Turin's, and all VLEKs, the product alone. */
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
	struct snp_tcb tcb = { 0 };

	snp_tcb_read(what->product, what->tcb, &tcb);
	der_put_open(d, DER_CONTEXT_CONSTRUCTED(3));
	der_put_open(d, DER_SEQUENCE);
	put_amd_uint(d, &struct_version, 1, what->product == SNP_TURIN ? 1 : 0);
	put_amd_string(d, 2, leaf_product_name(what));
	for (const uint8_t *n = what->product == SNP_TURIN ? order_turin : order_to_genoa; *n; n++)
		put_amd_uint(d, (const uint8_t[]){ 3, *n }, 2, security_patch_level(&tcb, *n));
	if (what->vlek) {
		put_amd_string(d, 5, what->csp_id);
	} else {
		/* The bytes themselves, without a tag of their own: as AMD's are. */
		open_amd_extension(d, &hwid, 1);
		der_put_raw(d, what->hwid, snp_hwid_bytes(what->product));
		close_extension(d);
	}
	der_put_close(d);
	der_put_close(d);
}

void pki_put_crl_extensions(struct der_wr *d, const uint8_t authority_key_id[SIM_SKI_BYTES], uint64_t number)
{
	der_put_open(d, DER_CONTEXT_CONSTRUCTED(0));
	der_put_open(d, DER_SEQUENCE);
	put_authority_key_id(d, authority_key_id);
	open_extension(d, oid_crl_number, sizeof(oid_crl_number), false);
	der_put_uint(d, number);
	close_extension(d);
	der_put_close(d);
	der_put_close(d);
}
