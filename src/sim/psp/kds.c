/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "sim/psp/psp_internal.h"
#include "wire/snp_certs.h"

static int check_tcb(const struct sim_psp *psp, uint64_t tcb, struct jurat_error *err)
{
	if (!psp_tcb_valid(psp, tcb))
		return jurat_fail(err, -EINVAL,
				  "TCB 0x%016llx: a component that %s does not have is not zero",
				  (unsigned long long)tcb, snp_product_name(psp->product));
	return 0;
}

static int check_csp_id(const char *csp_id, struct jurat_error *err)
{
	size_t n = csp_id ? strnlen(csp_id, SIM_CSP_ID_MAX_CHARS + 1) : 0;

	if (n == 0 || n > SIM_CSP_ID_MAX_CHARS)
		return jurat_fail(err, -EINVAL, "a CSP_ID has 1 to %d characters", SIM_CSP_ID_MAX_CHARS);
	return 0;
}

void psp_hashstick(const struct sim_psp *psp, const char *csp_id, uint64_t tcb,
		   uint8_t ret[PSP_HASHSTICK_BYTES])
{
	uint8_t context[8 + SIM_CSP_ID_MAX_CHARS];
	struct bytes_wr w = bytes_wr(context, sizeof(context));

	bytes_wr_le64(&w, tcb);
	bytes_wr_copy(&w, csp_id, strlen(csp_id));
	crypto_derive(psp->csp_secret, sizeof(psp->csp_secret), "jurat sim hashstick", context, w.off, ret,
		      PSP_HASHSTICK_BYTES);
}

/* Takes the key, which a hook of the roots may see. */
static int endorse(struct sim_pki *pki, struct sim_endorsement *what, struct crypto_ec_private *key,
		   uint8_t *to, size_t *ret_size, struct jurat_error *err)
{
	int r;

	crypto_ec_private_public(key, what->public_xy);
	what->key = key;
	r = sim_pki_endorse(pki, what, to, ret_size, err);
	crypto_ec_private_free(key);
	return r;
}

/* What the order says about a request for a certificate. */
static int request_of(const struct sim_psp *psp, struct sim_psp_request *request, struct jurat_error *err)
{
	const struct sim_psp_edit *edit = &psp->edit;
	int r = check_tcb(psp, request->tcb, err);

	if (r < 0 || !edit->endorse)
		return r;
	r = edit->endorse(edit->ctx, psp, request, err);
	return r < 0 ? r : check_tcb(psp, request->tcb, err);
}

int sim_kds_vcek(struct sim_psp *psp, struct sim_pki *pki, uint64_t tcb, uint8_t *to, size_t *ret_size,
		 struct jurat_error *err)
{
	struct sim_psp_request request = { .tcb = tcb };
	struct sim_endorsement what = { .product = psp->product };
	struct crypto_ec_private *key;
	int r;

	r = request_of(psp, &request, err);
	if (r < 0)
		return r;
	what.tcb = request.tcb;
	if (request.chip) {
		r = psp_other_vcek(psp, request.chip, what.tcb, what.hwid, &key, err);
	} else {
		memcpy(what.hwid, psp->hwid, sizeof(what.hwid));
		r = psp_vcek_derive(psp, what.tcb, &key, err);
	}
	return r < 0 ? r : endorse(pki, &what, key, to, ret_size, err);
}

int sim_kds_vlek(struct sim_psp *psp, struct sim_pki *pki, const char *csp_id, uint64_t tcb, uint8_t *to,
		 size_t *ret_size, struct jurat_error *err)
{
	struct sim_psp_request request = { .vlek = true, .tcb = tcb, .csp_id = psp_csp_id(psp, csp_id) };
	struct sim_endorsement what = { .product = psp->product, .vlek = true };
	uint8_t hashstick[PSP_HASHSTICK_BYTES];
	struct crypto_ec_private *key;
	int r;

	r = request_of(psp, &request, err);
	if (r < 0)
		return r;
	r = check_csp_id(request.csp_id, err);
	if (r < 0)
		return r;
	what.tcb = request.tcb;
	what.csp_id = request.csp_id;
	psp_hashstick(psp, what.csp_id, what.tcb, hashstick);
	r = psp_vlek_derive(hashstick, what.tcb, &key, err);
	bytes_wipe(hashstick, sizeof(hashstick));
	return r < 0 ? r : endorse(pki, &what, key, to, ret_size, err);
}

int sim_kds_hashstick(struct sim_psp *psp, const char *csp_id, uint64_t tcb,
		      uint8_t ret[SNP_VLEK_HASHSTICK_BYTES], struct jurat_error *err)
{
	uint8_t plain[PSP_HASHSTICK_BYTES], key[CRYPTO_AEAD_KEY_BYTES], aad[16] = { 0 };
	struct snp_vlek_hashstick h = { .tcb_version = tcb };
	int r;

	csp_id = psp_csp_id(psp, csp_id);
	r = check_tcb(psp, tcb, err);
	if (r < 0)
		return r;
	r = check_csp_id(csp_id, err);
	if (r < 0)
		return r;
	psp_hashstick(psp, csp_id, tcb, plain);
	/* The IV is derived from the plaintext: deterministic, and unique for each plaintext. */
	crypto_derive(plain, sizeof(plain), "jurat sim hashstick iv", NULL, 0, h.iv, sizeof(h.iv));
	bytes_put_le(aad, tcb, 8);
	psp_wrapping_key(psp, key);
	r = crypto_aead_seal(key, h.iv, aad, sizeof(aad), plain, sizeof(plain), h.wrapped, h.authtag);
	bytes_wipe(key, sizeof(key));
	bytes_wipe(plain, sizeof(plain));
	if (r < 0)
		return jurat_fail(err, r, "cannot wrap the hashstick");
	wire_write(&snp_vlek_hashstick_layout, &h, ret);
	memcpy(psp->csp_id, csp_id, strlen(csp_id) + 1);
	return 0;
}

/* The cloud provider of the loaded VLEK: the one that the last hashstick was made for, or the default. */
static const char *loaded_csp_id(const struct sim_psp *psp)
{
	const char *const known[] = { psp->csp_id, psp_csp_id(psp, SIM_CSP_ID) };
	uint8_t hashstick[PSP_HASHSTICK_BYTES];

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		bool same;

		psp_hashstick(psp, known[i], psp->reported_tcb, hashstick);
		same = memcmp(hashstick, psp->hashstick, sizeof(hashstick)) == 0;
		bytes_wipe(hashstick, sizeof(hashstick));
		if (same)
			return known[i];
	}
	return NULL;
}

/* What an order leaves out is no entry. */
static void add_entry(struct snp_certs *certs, enum snp_cert_kind kind, const uint8_t *der, size_t n)
{
	if (n == 0)
		return;
	certs->entries[certs->n].kind = kind;
	certs->entries[certs->n++].data = bytes_rd(der, n);
}

static int write_table(const struct snp_certs *certs, uint8_t **ret, size_t *ret_size,
		       struct jurat_error *err)
{
	size_t size = snp_certs_size(certs);
	auto_free uint8_t *table = malloc(size);
	int r;

	if (!table)
		return jurat_fail_memory(err);
	r = snp_certs_write(certs, table, size, ret_size, err);
	if (r != 0)
		return r < 0 ? r : jurat_fail(err, -EINVAL, "the certificate table is larger than it said");
	*ret = take_ptr(table);
	return 0;
}

int sim_kds_table_for(struct sim_psp *psp, struct sim_pki *pki, uint64_t tcb, const char *csp_id,
		      uint8_t **ret, size_t *ret_size, struct jurat_error *err)
{
	const struct sim_psp_edit *edit = &psp->edit;
	struct snp_certs certs = { .n = 0 };
	uint8_t leaf[SIM_CERT_MAX_BYTES];
	const uint8_t *ca, *ark;
	size_t leaf_size, ca_size, ark_size, size;
	auto_free uint8_t *table = NULL;
	int r;

	r = csp_id ? sim_kds_vlek(psp, pki, csp_id, tcb, leaf, &leaf_size, err)
		   : sim_kds_vcek(psp, pki, tcb, leaf, &leaf_size, err);
	if (r < 0)
		return r;
	r = sim_pki_ca(pki, psp->product, csp_id ? SIM_ASVK : SIM_ASK, &ca, &ca_size, err);
	if (r < 0)
		return r;
	r = sim_pki_ca(pki, psp->product, SIM_ARK, &ark, &ark_size, err);
	if (r < 0)
		return r;
	add_entry(&certs, csp_id ? SNP_CERT_VLEK : SNP_CERT_VCEK, leaf, leaf_size);
	add_entry(&certs, SNP_CERT_ASK, ca, ca_size);
	add_entry(&certs, SNP_CERT_ARK, ark, ark_size);
	r = write_table(&certs, &table, &size, err);
	if (r == 0 && edit->table)
		r = edit->table(edit->ctx, psp, pki, tcb, csp_id, &table, &size, err);
	if (r < 0)
		return r;
	*ret = take_ptr(table);
	*ret_size = size;
	return 0;
}

int sim_kds_table(struct sim_psp *psp, struct sim_pki *pki, uint8_t **ret, size_t *ret_size,
		  struct jurat_error *err)
{
	const char *csp_id = psp->vlek_en ? loaded_csp_id(psp) : NULL;

	if (psp->vlek_en && !csp_id)
		return jurat_fail(err, -ENOENT, "the loaded VLEK was not made here: its CSP_ID is not known");
	return sim_kds_table_for(psp, pki, psp->reported_tcb, csp_id, ret, ret_size, err);
}
