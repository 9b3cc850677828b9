/* SPDX-License-Identifier: MIT */
#include "daemon/software_platform.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/time.h"
#include "sim/forge/forge.h"
#include "sim/psp/psp.h"
#include "sim/tdx/pcs.h"

enum { HWID_BYTES = 64, SEED_BYTES = 160 };

struct chip {
	uint8_t hwid[HWID_BYTES];
	unsigned i; /* 0: the one that the seed names */
};

struct software_platform {
	uv_mutex_t turn;
	char *seed;
	unsigned n_chips;        /* with the seed's own; one more answers for others, as a fault */
	struct sim_order *order; /* NULL: none */
	struct sim_pki *pki;
	struct sim_tdx_platform *platform;
	struct sim_pki_intel *pki_intel;
	struct sim_qe *qe;
	struct chip *chips[SNP_N_PRODUCTS]; /* by HWID; NULL: not made yet */
};

/* Intel's part: as ordered before the enclave has its certificate. */
static int make_enclave(struct software_platform *p, const char *seed, struct sim_order *order,
			struct jurat_error *err)
{
	struct sim_tdx_options options = { .seed = seed };
	struct sim_qe_options qe = { 0 };
	struct sim_td_params unused = { 0 };
	int r = order ? sim_forge_tdx_options(order, &options, &qe, &unused, err) : 0;

	if (r == 0)
		r = sim_tdx_platform_new(&options, &p->platform, err);
	if (r == 0)
		r = order ? sim_forge_roots_intel(order, seed, &p->pki_intel, err)
			  : sim_pki_intel_new(seed, &p->pki_intel, err);
	if (r == 0 && order)
		r = sim_forge_install_intel(order, p->pki_intel, err);
	if (r == 0)
		r = sim_qe_new(p->platform, p->pki_intel, &qe, &p->qe, err);
	return r == 0 && order ? sim_forge_install_qe(order, p->qe, err) : r;
}

int software_platform_new(const char *seed, unsigned n_chips, struct sim_order *order,
			  struct software_platform **ret, struct jurat_error *err)
{
	struct software_platform *p = calloc(1, sizeof(*p));
	int r;

	if (!p)
		return jurat_fail_memory(err);
	if (uv_mutex_init(&p->turn) < 0) {
		free(p);
		return jurat_fail_memory(err);
	}
	p->n_chips = n_chips + 1;
	p->order = order;
	p->seed = strdup(seed);
	r = p->seed ? sim_pki_new(seed, &p->pki, err) : jurat_fail_memory(err);
	if (r == 0 && order)
		r = sim_forge_install_snp(order, NULL, p->pki, err);
	if (r == 0)
		r = make_enclave(p, seed, order, err);
	if (r < 0)
		software_platform_free(p);
	else
		*ret = p;
	return r;
}

void software_platform_free(struct software_platform *p)
{
	if (!p)
		return;
	for (unsigned i = 0; i < SNP_N_PRODUCTS; i++)
		free(p->chips[i]);
	sim_qe_free(p->qe);
	sim_pki_intel_free(p->pki_intel);
	sim_tdx_platform_free(p->platform);
	sim_pki_free(p->pki);
	free(p->seed);
	uv_mutex_destroy(&p->turn);
	free(p);
}

/* ---- AMD */

static const char *chip_seed(const struct software_platform *p, unsigned i, char text[SEED_BYTES])
{
	if (i == 0)
		snprintf(text, SEED_BYTES, "%s", p->seed);
	else if (i == p->n_chips)
		snprintf(text, SEED_BYTES, "%s/wrong", p->seed);
	else
		snprintf(text, SEED_BYTES, "%s/%u", p->seed, i);
	return text;
}

/* The roots do not keep a chip that they have seen. */
static void close_chip(const struct software_platform *p, struct sim_psp *psp)
{
	if (p->order)
		(void)!sim_forge_install_snp(p->order, NULL, p->pki, NULL);
	sim_psp_free(psp);
}

/* The seed's own chip is as ordered. */
static int open_chip(const struct software_platform *p, enum snp_product product, unsigned i,
		     struct sim_psp **ret, struct jurat_error *err)
{
	char seed[SEED_BYTES];
	struct sim_psp_options options = { .product = product, .seed = chip_seed(p, i, seed) };
	bool ordered = p->order && i == 0;
	struct sim_launch unused = { 0 };
	struct sim_psp *psp = NULL;
	int r = ordered ? sim_forge_snp_options(p->order, &options, &unused, err) : 0;

	if (r == 0)
		r = sim_psp_new(&options, &psp, err);
	if (r == 0 && ordered)
		r = sim_forge_install_snp(p->order, psp, p->pki, err);
	if (r < 0)
		close_chip(p, psp);
	else
		*ret = psp;
	return r;
}

static int compare_chips(const void *a, const void *b)
{
	return memcmp(((const struct chip *)a)->hwid, ((const struct chip *)b)->hwid, HWID_BYTES);
}

/* The chips of a product, sorted by HWID. */
static int know_chips(struct software_platform *p, enum snp_product product, struct jurat_error *err)
{
	auto_free struct chip *chips = NULL;

	if (p->chips[product])
		return 0;
	chips = calloc(p->n_chips + 1, sizeof(*chips));
	if (!chips)
		return jurat_fail_memory(err);
	for (unsigned i = 0; i <= p->n_chips; i++) {
		struct sim_psp *psp = NULL;
		int r = open_chip(p, product, i, &psp, err);

		if (r < 0)
			return r;
		sim_psp_hwid(psp, chips[i].hwid);
		chips[i].i = i;
		close_chip(p, psp);
	}
	qsort(chips, p->n_chips + 1, sizeof(*chips), compare_chips);
	p->chips[product] = take_ptr(chips);
	return 0;
}

static int make_vcek(struct software_platform *p, const struct endorse_item *item, struct endorse_value *ret,
		     struct jurat_error *err)
{
	auto_free uint8_t *der = malloc(SIM_CERT_MAX_BYTES);
	const struct chip *chip;
	struct sim_psp *psp = NULL;
	struct chip key = { .i = 0 };
	int r = know_chips(p, item->product, err);

	if (r == 0 && !der)
		r = jurat_fail_memory(err);
	if (r < 0)
		return r;
	memcpy(key.hwid, item->chip_id, sizeof(key.hwid));
	chip = bsearch(&key, p->chips[item->product], p->n_chips + 1, sizeof(key), compare_chips);
	if (!chip) {
		(void)jurat_fail(err, -ENOENT, "no %s of this software platform has that HWID",
				 snp_product_name(item->product));
		return JURAT_NOT_FOUND;
	}
	r = open_chip(p, item->product, chip->i, &psp, err);
	if (r == 0)
		r = sim_kds_vcek(psp, p->pki, snp_tcb_write(item->product, &item->tcb), der, &ret->size, err);
	close_chip(p, psp);
	if (r == 0)
		ret->body = take_ptr(der);
	return r;
}

static int make_amd_chain(struct software_platform *p, const struct endorse_item *item,
			  struct endorse_value *ret, struct jurat_error *err)
{
	const enum sim_ca cas[] = { item->kind == ENDORSE_VLEK_CHAIN ? SIM_ASVK : SIM_ASK, SIM_ARK };
	struct sim_der certs[ARRAY_SIZE(cas)];
	char *text = NULL;
	size_t n = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(cas); i++) {
		r = sim_pki_ca(p->pki, item->product, cas[i], &certs[n].der, &certs[n].size, err);
		n += r == 0 && certs[n].size > 0; /* an order may leave it out */
	}
	if (r == 0)
		r = sim_pki_intel_pem(certs, n, &text, &ret->size, err);
	ret->body = (uint8_t *)text;
	return r;
}

static int make_amd_crl(struct software_platform *p, const struct endorse_item *item,
			struct endorse_value *ret, struct jurat_error *err)
{
	auto_free uint8_t *der = malloc(SIM_CERT_MAX_BYTES);
	int r;

	if (!der)
		return jurat_fail_memory(err);
	r = sim_pki_crl(p->pki, item->product, false, false, der, &ret->size, err);
	if (r == 0)
		ret->body = take_ptr(der);
	return r;
}

/* ---- Intel */

/* The number of the TCB recovery that is asked for. */
static int find_recovery(const struct endorse_item *item, uint32_t *ret, struct jurat_error *err)
{
	if (item->update == ENDORSE_STANDARD)
		*ret = SIM_PCS_STANDARD;
	else if (item->update == ENDORSE_EARLY)
		*ret = SIM_PCS_EARLY;
	else if (item->number < SIM_PCS_STANDARD)
		return jurat_fail(err, -ESTALE, "TCB evaluation data number %u is no longer published",
				  item->number);
	else if (item->number > SIM_PCS_EARLY) {
		(void)jurat_fail(err, -ENOENT, "there is no TCB evaluation data number %u", item->number);
		return JURAT_NOT_FOUND;
	} else
		*ret = item->number;
	return 0;
}

static int make_document(struct software_platform *p, const struct endorse_item *item, int64_t now,
			 struct endorse_value *ret, struct jurat_error *err)
{
	static const enum sim_pcs_document documents[ENDORSE_N_KINDS] = {
		[ENDORSE_TCB_INFO] = SIM_PCS_TCB_INFO,
		[ENDORSE_QE_IDENTITY] = SIM_PCS_QE_IDENTITY,
		[ENDORSE_QVE_IDENTITY] = SIM_PCS_QVE_IDENTITY,
		[ENDORSE_TCB_NUMBERS] = SIM_PCS_TCB_NUMBERS,
	};
	struct sim_collateral_options o = sim_collateral_up_to_date(now);
	const struct sim_tdx_identity *identity = sim_tdx_identity(p->platform);
	char *text = NULL;
	size_t n = 0;
	int r;

	if (item->kind == ENDORSE_TCB_INFO &&
	    memcmp(item->fmspc, identity->fmspc, sizeof(item->fmspc)) != 0) {
		(void)jurat_fail(err, -ENOENT, "this software platform has another FMSPC");
		return JURAT_NOT_FOUND;
	}
	r = find_recovery(item, &o.evaluation, err);
	if (r != 0)
		return r;
	r = sim_pcs_chain(p->qe, SIM_INTEL_TCB_SIGNING, &ret->issuer_chain, &n, err);
	if (r == 0)
		r = sim_pcs_document(p->qe, &o, documents[item->kind], item->tee == ENDORSE_SGX, &text,
				     &ret->size, err);
	ret->body = (uint8_t *)text;
	return r;
}

static int make_intel_crl(struct software_platform *p, const struct endorse_item *item, int64_t now,
			  struct endorse_value *ret, struct jurat_error *err)
{
	const struct sim_collateral_options o = sim_collateral_up_to_date(now);
	const enum sim_intel_cert issuer = item->kind == ENDORSE_ROOT_CRL ? SIM_INTEL_ROOT
					   : item->ca == ENDORSE_PLATFORM ? SIM_INTEL_PLATFORM_CA
									  : SIM_INTEL_PROCESSOR_CA;
	size_t n = 0;
	int r = 0;

	if (item->kind == ENDORSE_PCK_CRL)
		r = sim_pcs_chain(p->qe, issuer, &ret->issuer_chain, &n, err);
	return r == 0 ? sim_pcs_crl(p->qe, &o, issuer, &ret->body, &ret->size, err) : r;
}

/* ---- Both */

static int make(struct software_platform *p, const struct endorse_item *item, int64_t now,
		struct endorse_value *ret, struct jurat_error *err)
{
	switch (item->kind) {
	case ENDORSE_VCEK:
		return make_vcek(p, item, ret, err);
	case ENDORSE_VCEK_CHAIN:
	case ENDORSE_VLEK_CHAIN:
		return make_amd_chain(p, item, ret, err);
	case ENDORSE_VCEK_CRL:
	case ENDORSE_VLEK_CRL:
		return make_amd_crl(p, item, ret, err);
	case ENDORSE_PCK_CRL:
	case ENDORSE_ROOT_CRL:
		return make_intel_crl(p, item, now, ret, err);
	default:
		return make_document(p, item, now, ret, err);
	}
}

int software_platform_get(struct software_platform *p, const struct endorse_item *item, int64_t now,
			  struct endorse_value *ret, int64_t *ret_expires, struct jurat_error *err)
{
	struct endorse_value made = { .body = NULL };
	int r;

	uv_mutex_lock(&p->turn);
	sim_pki_use_amd_terms(p->pki, sim_pki_leaf_begin(now)); /* as `jurat run` of that day */
	r = make(p, item, now, &made, err);
	uv_mutex_unlock(&p->turn);
	if (r == 0 && made.size == 0) {
		(void)jurat_fail(err, -ENOENT, "the order of this software platform leaves it out");
		r = JURAT_NOT_FOUND;
	}
	if (r != 0) {
		endorse_value_done(&made);
		return r;
	}
	*ret = made;
	*ret_expires = (base_time_days(now) + 1) * BASE_DAY_SECONDS;
	return 0;
}

void software_platform_other_chip(struct software_platform *p, struct endorse_item *item)
{
	struct sim_psp *psp = NULL;

	uv_mutex_lock(&p->turn);
	if (open_chip(p, item->product, p->n_chips, &psp, NULL) == 0) {
		sim_psp_hwid(psp, item->chip_id);
		close_chip(p, psp);
	}
	uv_mutex_unlock(&p->turn);
}

static int add_chip(const struct software_platform *p, enum snp_product product, unsigned i, json_t *list,
		    struct jurat_error *err)
{
	char seed[SEED_BYTES], hex[BYTES_HEX_SIZE(HWID_BYTES)];
	uint8_t hwid[HWID_BYTES];
	struct sim_psp *psp = NULL;
	int r = open_chip(p, product, i, &psp, err);

	if (r < 0)
		return r;
	sim_psp_hwid(psp, hwid);
	close_chip(p, psp);
	r = json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "product", snp_product_name(product),
						  "hwid", bytes_to_hex(hwid, snp_hwid_bytes(product), hex),
						  "seed", chip_seed(p, i, seed)));
	return r < 0 ? jurat_fail_memory(err) : 0;
}

int software_platform_chips(struct software_platform *p, char **ret, size_t *ret_size,
			    struct jurat_error *err)
{
	json_t *list = json_array(), *json = json_pack("{s:o}", "chips", list);
	char *text = NULL;
	int r = json ? 0 : jurat_fail_memory(err);

	uv_mutex_lock(&p->turn);
	for (unsigned product = SNP_MILAN; product < SNP_N_PRODUCTS; product++)
		for (unsigned i = 0; r == 0 && i < p->n_chips; i++)
			r = add_chip(p, product, i, list, err);
	uv_mutex_unlock(&p->turn);
	if (r == 0)
		text = json_dumps(json, JSON_COMPACT);
	json_decref(json);
	if (r < 0)
		return r;
	if (!text)
		return jurat_fail_memory(err);
	*ret = text;
	*ret_size = strlen(text);
	return 0;
}
