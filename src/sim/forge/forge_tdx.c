/* SPDX-License-Identifier: MIT */
#include "sim/forge/forge_tdx.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "crypto/hash.h"
#include "sim/pki/pki.h"

enum { TD_XFAM = 0xe7, TD_PAGES = 1, SEED_BYTES = 160 };

/* What one TD's evidence is made with. */
struct world {
	struct sim_tdx_platform *platform;
	struct sim_pki_intel *pki;
	struct sim_qe *qe;
	struct sim_td *td;
};

static void world_done(struct world *w)
{
	sim_td_free(w->td);
	sim_qe_free(w->qe);
	sim_pki_intel_free(w->pki);
	sim_tdx_platform_free(w->platform);
}

/* A TD whose measurements all differ, so that a verifier that mixes them up is found. */
static void usual_td(struct sim_td_params *td)
{
	*td = (struct sim_td_params){ .attributes = UINT64_C(1) << TDX_ATTR_SEPT_VE_DISABLE_BIT,
				      .xfam = TD_XFAM };
	crypto_derive("td", 2, "mrtd", NULL, 0, td->mrtd, sizeof(td->mrtd));
	for (uint8_t i = 0; i < TDX_N_RTMRS; i++)
		crypto_derive("td", 2, "rtmr", &i, 1, td->rtmr[i], sizeof(td->rtmr[i]));
}

/* Intel's root and CAs: those of the seed, or others by the same names. */
int sim_forge_roots_intel(struct sim_order *order, const char *seed, struct sim_pki_intel **ret,
			  struct jurat_error *err)
{
	const char *text = sim_order_value(order, SIM_PART_PLATFORM, SIM_EDIT_SET, "other_world");
	char other[SEED_BYTES];
	bool is_other = false;
	int r = text ? sim_order_flag(text, &is_other, err) : 0;

	snprintf(other, sizeof(other), "other %s", seed);
	return r == 0 ? sim_pki_intel_new(is_other ? other : seed, ret, err) : r;
}

static int make_world(const struct sim_forge_options *options, struct sim_order *order, struct world *w,
		      struct jurat_error *err)
{
	const char *seed = options->seed ? options->seed : SIM_PKI_DEFAULT_SEED;
	struct sim_tdx_options platform = { .seed = seed, .generation = options->generation };
	struct sim_qe_options qe = { .pck_not_before = sim_pki_leaf_begin(sim_order_at(order)) };
	struct sim_td_params td;
	int r;

	usual_td(&td);
	r = sim_forge_tdx_options(order, &platform, &qe, &td, err);
	if (r == 0)
		r = sim_tdx_platform_new(&platform, &w->platform, err);
	if (r == 0)
		r = sim_forge_roots_intel(order, seed, &w->pki, err);
	if (r == 0)
		r = sim_forge_install_intel(order, w->pki, err);
	if (r == 0)
		r = sim_qe_new(w->platform, w->pki, &qe, &w->qe, err);
	if (r == 0)
		r = sim_forge_install_qe(order, w->qe, err);
	return r == 0 ? sim_td_new(w->platform, &td, TD_PAGES, &w->td, err) : r;
}

static int add_quote(const struct sim_forge_options *options, const struct world *w, struct sim_forged *ret,
		     struct jurat_error *err)
{
	auto_free uint8_t *quote = NULL;
	uint8_t report[TDX_REPORT_BYTES];
	size_t size = 0;
	int r;

	if (sim_td_mr_report(w->td, options->report_data, report) != 0)
		return jurat_fail(err, -EIO, "the TDX module makes no report");
	r = sim_qe_quote(w->qe, report, sizeof(report), &quote, &size, err);
	return r == 0 ? forge_add_file(ret, "quote.bin", quote, size, err) : r;
}

static int add_collateral(const struct world *w, int64_t at, struct sim_forged *ret, struct jurat_error *err)
{
	const struct sim_collateral_options o = sim_collateral_up_to_date(at);
	auto_call(sim_collateral_done) struct sim_collateral collateral = { 0 };
	int r = sim_qe_collateral(w->qe, &o, &collateral, err);

	for (unsigned i = 0; r == 0 && i < SIM_N_COLLATERAL_PARTS; i++) {
		char name[64];

		snprintf(name, sizeof(name), "collateral/%s", sim_collateral_names[i]);
		r = forge_add(ret, name, collateral.parts[i].bytes, collateral.parts[i].size, err);
	}
	return r;
}

/* The root that a verifier trusts: the platform's own, or that of the seed where the platform has another. */
static int add_root(const struct sim_forge_options *options, struct sim_order *order, const struct world *w,
		    struct sim_forged *ret, struct jurat_error *err)
{
	const char *text = sim_order_value(order, SIM_PART_PLATFORM, SIM_EDIT_SET, "other_world");
	struct sim_pki_intel *trusted = NULL;
	bool is_other = false;
	const uint8_t *root;
	size_t n = 0;
	int r = text ? sim_order_flag(text, &is_other, err) : 0;

	if (r == 0 && is_other)
		r = sim_pki_intel_new(options->seed ? options->seed : SIM_PKI_DEFAULT_SEED, &trusted, err);
	if (r < 0)
		return r;
	root = sim_pki_intel_cert(trusted ? trusted : w->pki, SIM_INTEL_ROOT, &n);
	r = forge_add(ret, "root.der", root, n, err);
	sim_pki_intel_free(trusted);
	return r;
}

/* The log that comes with the quote; what it says of the RTMRs is the order's. */
static int add_event_log(struct sim_order *order, struct sim_forged *ret, struct jurat_error *err)
{
	const char *text = sim_order_value(order, SIM_PART_TD, SIM_EDIT_SET, "event_log");
	auto_free uint8_t *log = NULL;
	size_t n = 0;
	int r;

	if (!text)
		return 0;
	log = malloc(FORGE_MAX_BYTES);
	if (!log)
		return jurat_fail_memory(err);
	r = sim_order_some_bytes(text, log, FORGE_MAX_BYTES, &n, err);
	return r == 0 ? forge_add(ret, "event-log.bin", log, n, err) : r;
}

int forge_tdx(const struct sim_forge_options *options, struct sim_order *order, struct sim_forged *ret,
	      struct jurat_error *err)
{
	struct world w = { 0 };
	int r = make_world(options, order, &w, err);

	if (r == 0)
		r = add_quote(options, &w, ret, err);
	if (r == 0)
		r = add_root(options, order, &w, ret, err);
	if (r == 0)
		r = add_collateral(&w, sim_order_at(order), ret, err);
	if (r == 0)
		r = add_event_log(order, ret, err);
	world_done(&w);
	return r;
}

static int set_fields(struct sim_order *order, enum sim_part part, const struct wire_layout *layout,
		      uint8_t *bytes, struct jurat_error *err)
{
	for (struct sim_edit *e = NULL; (e = sim_order_next(order, part, SIM_EDIT_SET, e)) != NULL;) {
		struct order_place place;
		int r;

		if ((layout ? order_place_find(layout, e->field, &place, NULL)
			    : forge_td_place(e->field, &place, NULL)) < 0)
			continue;
		r = order_place_set(&place, SNP_PRODUCT_UNKNOWN, e->value, bytes, err);
		if (r < 0)
			return jurat_wrap(err, r, "%s.%s", sim_part_name(part), e->field);
		e->used = true;
	}
	return 0;
}

static void fill_platform(struct forge_platform *p, const struct sim_tdx_identity *identity,
			  const struct sim_tdx_tcb *tcb)
{
	*p = (struct forge_platform){ .pcesvn = tcb->pcesvn };
	memcpy(p->fmspc, identity->fmspc, sizeof(p->fmspc));
	memcpy(p->pceid, identity->pceid, sizeof(p->pceid));
	memcpy(p->ppid, identity->ppid, sizeof(p->ppid));
	memcpy(p->platform_instance_id, identity->platform_instance_id, sizeof(p->platform_instance_id));
	memcpy(p->qe_id, identity->qe_id, sizeof(p->qe_id));
	memcpy(p->cpusvn, tcb->cpusvn, sizeof(p->cpusvn));
	memcpy(p->tee_tcb_svn, tcb->tee_tcb_svn, sizeof(p->tee_tcb_svn));
	memcpy(p->later_tee_tcb_svn, tcb->tee_tcb_svn, sizeof(p->later_tee_tcb_svn));
}

static int edit_platform(struct sim_order *order, struct forge_platform *p, struct jurat_error *err)
{
	uint8_t bytes[FORGE_PLATFORM_BYTES];
	int r;

	wire_write(&forge_platform_layout, p, bytes);
	r = set_fields(order, SIM_PART_PLATFORM, &forge_platform_layout, bytes, err);
	return r == 0 ? wire_read(&forge_platform_layout, bytes, sizeof(bytes), p, err) : r;
}

/* Whether the order sets a field, or a byte of it. */
static bool sets(struct sim_order *order, enum sim_part part, const char *field)
{
	const size_t n = strlen(field);

	for (struct sim_edit *e = NULL; (e = sim_order_next(order, part, SIM_EDIT_SET, e)) != NULL;)
		if (strncmp(e->field, field, n) == 0 && (e->field[n] == '\0' || e->field[n] == '['))
			return true;
	return false;
}

/* Identity and TCB of the platform, which its module, PCK and collateral follow from. */
static int change_platform(void *ctx, struct sim_tdx_identity *identity, struct sim_tdx_tcb *tcb,
			   uint8_t later_svn[SIM_TDX_SVN_BYTES], struct jurat_error *err)
{
	struct forge_platform p, later;
	int r;

	fill_platform(&p, identity, tcb);
	r = edit_platform(ctx, &p, err);
	if (r < 0)
		return r;
	tcb->pcesvn = p.pcesvn;
	memcpy(identity->fmspc, p.fmspc, sizeof(p.fmspc));
	memcpy(identity->pceid, p.pceid, sizeof(p.pceid));
	memcpy(identity->ppid, p.ppid, sizeof(p.ppid));
	memcpy(identity->platform_instance_id, p.platform_instance_id, sizeof(p.platform_instance_id));
	memcpy(identity->qe_id, p.qe_id, sizeof(p.qe_id));
	memcpy(tcb->cpusvn, p.cpusvn, sizeof(p.cpusvn));
	memcpy(tcb->tee_tcb_svn, p.tee_tcb_svn, sizeof(p.tee_tcb_svn));
	fill_platform(&later, identity, tcb); /* the later module counts from the one that launches */
	if (sets(ctx, SIM_PART_PLATFORM, "later_tee_tcb_svn"))
		r = edit_platform(ctx, &later, err);
	memcpy(later_svn, later.later_tee_tcb_svn, SIM_TDX_SVN_BYTES);
	return r;
}

/* What a PCK certificate says that does not follow from the platform. */
static int change_pck(void *ctx, struct sim_pck *pck, struct jurat_error *err)
{
	const char *type = sim_order_value(ctx, SIM_PART_PLATFORM, SIM_EDIT_SET, "sgx_type");
	uint64_t n = pck->sgx_type;
	int r = type ? sim_order_number(type, 1, &n, err) : 0;

	pck->sgx_type = (uint8_t)n;
	return r;
}

static int set_td(struct sim_order *order, struct sim_td_params *td, struct jurat_error *err)
{
	struct tdx_td_info info = { .td_attributes = td->attributes, .xfam = td->xfam };
	uint8_t bytes[TDX_TD_INFO_BYTES];
	int r;

	memcpy(info.mrtd, td->mrtd, TDX_MR_BYTES);
	memcpy(info.mrconfigid, td->mrconfigid, TDX_MR_BYTES);
	memcpy(info.mrowner, td->mrowner, TDX_MR_BYTES);
	memcpy(info.mrownerconfig, td->mrownerconfig, TDX_MR_BYTES);
	memcpy(info.servtd_hash, td->servtd_hash, TDX_MR_BYTES);
	for (unsigned i = 0; i < TDX_N_RTMRS; i++)
		memcpy(tdx_td_info_rtmr(&info, i), td->rtmr[i], TDX_MR_BYTES);
	wire_write(&tdx_td_info_layout, &info, bytes);
	r = set_fields(order, SIM_PART_TD, NULL, bytes, err);
	if (r == 0)
		r = wire_read(&tdx_td_info_layout, bytes, sizeof(bytes), &info, err);
	if (r < 0)
		return r;
	td->attributes = info.td_attributes;
	td->xfam = info.xfam;
	memcpy(td->mrtd, info.mrtd, TDX_MR_BYTES);
	memcpy(td->mrconfigid, info.mrconfigid, TDX_MR_BYTES);
	memcpy(td->mrowner, info.mrowner, TDX_MR_BYTES);
	memcpy(td->mrownerconfig, info.mrownerconfig, TDX_MR_BYTES);
	memcpy(td->servtd_hash, info.servtd_hash, TDX_MR_BYTES);
	td->keeps_mrtd |= sets(order, SIM_PART_TD, "mrtd");
	for (unsigned i = 0; i < TDX_N_RTMRS; i++) {
		const char name[] = { 'r', 't', 'm', 'r', (char)('0' + i), '\0' };

		memcpy(td->rtmr[i], tdx_td_info_rtmr(&info, i), TDX_MR_BYTES);
		td->keeps_rtmrs |= (uint8_t)(sets(order, SIM_PART_TD, name) << i);
	}
	return 0;
}

static int set_enclave(struct sim_order *order, struct sim_qe_options *qe, struct jurat_error *err)
{
	const char *svn = sim_order_value(order, SIM_PART_PLATFORM, SIM_EDIT_SET, "qe_isv_svn");
	const char *debug = sim_order_value(order, SIM_PART_PLATFORM, SIM_EDIT_SET, "qe_debug");
	uint64_t n = qe->isv_svn;
	int r = svn ? sim_order_number(svn, UINT16_MAX, &n, err) : 0;

	qe->isv_svn = (uint16_t)n;
	if (r == 0 && debug)
		r = sim_order_flag(debug, &qe->is_debug, err);
	return r;
}

int sim_forge_tdx_options(struct sim_order *order, struct sim_tdx_options *platform,
			  struct sim_qe_options *qe, struct sim_td_params *td, struct jurat_error *err)
{
	const char *name = sim_order_value(order, SIM_PART_PLATFORM, SIM_EDIT_SET, "generation");
	unsigned generation = platform->generation;
	int r = name ? order_choice(name, forge_generations, &generation, err) : 0;

	if (r == 0)
		r = set_enclave(order, qe, err);
	if (r == 0)
		r = set_td(order, td, err);
	if (r < 0)
		return r;
	platform->generation = (enum sim_tdx_generation)generation;
	platform->change = change_platform;
	platform->ctx = order;
	return 0;
}

int sim_forge_install_qe(struct sim_order *order, struct sim_qe *qe, struct jurat_error *err)
{
	const struct sim_qe_hooks hooks = {
		.pck = change_pck,
		.quote = forge_tdx_quote,
		.collateral = forge_tdx_collateral,
		.chain = forge_tdx_chain,
		.ctx = order,
	};

	for (struct sim_edit *e = NULL;
	     (e = sim_order_next(order, SIM_PART_PLATFORM, SIM_EDIT_SET, e)) != NULL;)
		if (strcmp(e->field, "other_world") == 0 && !e->used)
			return jurat_fail(err, -EINVAL,
					  "platform.other_world: a running platform has one world; see jurat "
					  "forge");
	return sim_qe_set_hooks(qe, &hooks, err);
}
