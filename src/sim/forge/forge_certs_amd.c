/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "sim/forge/forge_certs.h"
#include "sim/forge/forge_internal.h"
#include "sim/forge/order_internal.h"
#include "sim/pki/pki_internal.h"
#include "sim/psp/psp_internal.h"

static const struct {
	enum sim_part part;
	enum sim_x509_kind kind;
	enum sim_ca ca, issuer; /* ca: of a CA's certificate */
} items[] = {
	[SIM_PKI_ARK] = { SIM_PART_ARK, SIM_X509_CERT, SIM_ARK, SIM_ARK },
	[SIM_PKI_ASK] = { SIM_PART_ASK, SIM_X509_CERT, SIM_ASK, SIM_ARK },
	[SIM_PKI_ASVK] = { SIM_PART_ASVK, SIM_X509_CERT, SIM_ASVK, SIM_ARK },
	[SIM_PKI_VCEK] = { SIM_PART_VCEK, SIM_X509_AMD_LEAF, SIM_ARK, SIM_ASK },
	[SIM_PKI_VLEK] = { SIM_PART_VLEK, SIM_X509_AMD_LEAF, SIM_ARK, SIM_ASVK },
	[SIM_PKI_CRL] = { SIM_PART_CRL, SIM_X509_CRL, SIM_ARK, SIM_ARK },
};

static const struct sim_pki_draft *draft_of(const struct forge_job *job)
{
	return job->of;
}

/* The CA of this name. false: it is none. */
static bool find_ca(const char *name, enum sim_ca *ret)
{
	static const char *const names[] = { [SIM_ARK] = "ark", [SIM_ASK] = "ask", [SIM_ASVK] = "asvk" };

	for (unsigned ca = 0; ca < SIM_N_CAS; ca++)
		if (strcmp(names[ca], name) == 0) {
			*ret = ca;
			return true;
		}
	return false;
}

static int ca_key(const struct forge_job *job, enum sim_ca ca, struct forge_key *ret, struct jurat_error *err)
{
	*ret = (struct forge_key){ .kind = FORGE_RSA };
	return sim_pki_ca_key(job->pki, draft_of(job)->product, ca, &ret->rsa, err);
}

/* The key that signs reports, of the chip whose evidence this is. */
static int chip_key(const struct forge_job *job, bool vlek, struct forge_key *ret, struct jurat_error *err)
{
	const struct sim_psp *psp = order_seen(job->order)->psp;
	struct forge_key key = { .kind = FORGE_P384 };
	int r;

	if (!psp || (vlek && !psp->vlek_en))
		return jurat_fail(err, -EINVAL, "there is no %s here", vlek ? "VLEK" : "VCEK");
	r = vlek ? psp_vlek_derive(psp->hashstick, psp->reported_tcb, &key.own_p384, err)
		 : psp_vcek_derive(psp, psp->reported_tcb, &key.own_p384, err);
	key.p384 = key.own_p384;
	if (r == 0)
		*ret = key;
	return r;
}

/* The key of the certificate itself; of a CRL, its issuer's. */
static int self_key(const struct forge_job *job, struct forge_key *ret, struct jurat_error *err)
{
	const struct sim_pki_draft *draft = draft_of(job);
	struct forge_key own = { .kind = FORGE_P384 };
	int r = 0;

	if (draft->leaf)
		own.p384 = draft->leaf->key;
	else
		r = ca_key(job, items[draft->item].ca, &own, err);
	if (r < 0)
		return r;
	r = draft->item == SIM_PKI_CRL ? 0 : forge_own_key(job, &own, ret, err);
	if (draft->item == SIM_PKI_CRL)
		*ret = own;
	if (r == 0 && !ret->rsa && !ret->p256 && !ret->p384)
		return jurat_fail(err, -EINVAL, "its private key is not known here");
	return r;
}

static int amd_key(const struct forge_job *job, const char *name, struct forge_key *ret,
		   struct jurat_error *err)
{
	enum sim_ca ca;

	if (!name)
		return ca_key(job, items[draft_of(job)->item].issuer, ret, err);
	if (find_ca(name, &ca))
		return ca_key(job, ca, ret, err);
	if (strcmp(name, "self") == 0)
		return self_key(job, ret, err);
	if (strcmp(name, "vcek") == 0 || strcmp(name, "vlek") == 0)
		return chip_key(job, name[1] == 'l', ret, err);
	return jurat_fail(err, -EINVAL, "expected ark, ask, asvk, vcek, vlek, self or other, not '%s'", name);
}

static int amd_serial(const struct forge_job *job, const char *name, uint8_t ret[20], size_t *ret_size,
		      struct jurat_error *err)
{
	struct bytes_wr w = bytes_wr(ret, 20);
	enum sim_ca ca;

	if (find_ca(name, &ca)) {
		uint32_t serial = sim_pki_ca_serial(draft_of(job)->product, ca);

		bytes_wr_u8(&w, (uint8_t)(serial >> 16));
		bytes_wr_u8(&w, (uint8_t)(serial >> 8));
		bytes_wr_u8(&w, (uint8_t)serial);
	} else if (strcmp(name, "vcek") == 0 || strcmp(name, "vlek") == 0) {
		bytes_wr_u8(&w, 0);
	} else {
		return jurat_fail(err, -EINVAL, "expected ark, ask, asvk, vcek, vlek or HEX, not '%s'", name);
	}
	*ret_size = w.off;
	return 0;
}

/* The same of another product, made by this hook, too. */
static int of_product(struct sim_pki *pki, const struct sim_pki_draft *draft, enum snp_product product,
		      uint8_t *to, size_t *ret_size, struct jurat_error *err)
{
	struct sim_endorsement leaf;
	struct snp_tcb tcb;
	const uint8_t *der;
	int r;

	if (draft->item == SIM_PKI_CRL)
		return sim_pki_crl(pki, product, false, false, to, ret_size, err);
	if (!draft->leaf) {
		r = sim_pki_ca(pki, product, items[draft->item].ca, &der, ret_size, err);
		if (r == 0)
			memcpy(to, der, *ret_size);
		return r;
	}
	leaf = *draft->leaf;
	leaf.product = product;
	snp_tcb_read(draft->product, draft->leaf->tcb, &tcb);
	if (!snp_tcb_has_component(product, SNP_TCB_FMC))
		tcb.fmc = 0;
	leaf.tcb = snp_tcb_write(product, &tcb);
	return sim_pki_endorse(pki, &leaf, to, ret_size, err);
}

/* `other`: the one behind the platform's; of roots without a platform, none. */
static enum snp_product ordered_product(const struct forge_job *job, enum snp_product own)
{
	const char *name = sim_order_value(job->order, job->part, SIM_EDIT_SET, "product");
	const struct sim_psp *psp = order_seen(job->order)->psp;

	if (!name || (!psp && strcmp(name, "other") == 0))
		return own;
	return strcmp(name, "other") == 0 ? sim_psp_product(psp) % (SNP_N_PRODUCTS - 1) + 1
					  : snp_product_by_name(name);
}

static int make(void *ctx, struct sim_pki *pki, const struct sim_pki_draft *draft, uint8_t *to,
		size_t *ret_size, struct jurat_error *err)
{
	struct forge_job job = {
		.order = ctx,
		.part = items[draft->item].part,
		.kind = items[draft->item].kind,
		.has_trailer_field = draft->leaf ? draft->product == SNP_MILAN && !draft->leaf->vlek
						 : draft->item != SIM_PKI_CRL,
		.pki = pki,
		.key = amd_key,
		.serial = amd_serial,
		.of = draft,
		.other_kind = FORGE_RSA,
		.subject_kind = draft->leaf ? FORGE_P384 : FORGE_RSA,
	};
	enum snp_product product;

	if (!sim_order_has(job.order, job.part))
		return sim_pki_sign(pki, draft, to, ret_size, err);
	product = ordered_product(&job, draft->product);
	if (product != draft->product)
		return of_product(pki, draft, product, to, ret_size, err);
	return forge_make(&job, draft->tbs, draft->tbs_size, to, SIM_CERT_MAX_BYTES, ret_size, err);
}

void forge_install_pki(struct sim_order *order, const struct sim_psp *psp, struct sim_pki *pki)
{
	order_seen(order)->psp = psp;
	sim_pki_set_hook(pki, make, order);
}
