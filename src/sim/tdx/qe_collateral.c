/* SPDX-License-Identifier: MIT */
#include "sim/tdx/qe_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/time.h"
#include "sim/pki/pki.h"

enum { MAX_LEVELS = 3, TCB_AGE_S = 90 * 24 * 3600, VALID_DAYS = 30 /* as Intel's */ };

#define ADVISORIES "INTEL-SA-99990 INTEL-SA-99991" /* IDs that Intel does not use */

const char *const sim_collateral_names[SIM_N_COLLATERAL_PARTS] = {
	[SIM_PCK_CRL_ISSUER_CHAIN] = "pck_crl_issuer_chain.pem",
	[SIM_ROOT_CA_CRL] = "root_ca_crl.der",
	[SIM_PCK_CRL] = "pck_crl.der",
	[SIM_TCB_INFO_ISSUER_CHAIN] = "tcb_info_issuer_chain.pem",
	[SIM_TCB_INFO] = "tcb_info.json",
	[SIM_QE_IDENTITY_ISSUER_CHAIN] = "qe_identity_issuer_chain.pem",
	[SIM_QE_IDENTITY] = "qe_identity.json",
};

struct sim_collateral_options sim_collateral_up_to_date(int64_t now)
{
	const int64_t issued = sim_pki_leaf_begin(now);

	return (struct sim_collateral_options){ .platform_status = "UpToDate",
						.module_status = "UpToDate",
						.qe_status = "UpToDate",
						.issued = issued,
						.next_update = issued + VALID_DAYS * BASE_DAY_SECONDS,
						.evaluation = SIM_COLLATERAL_EVALUATION };
}

/* Midnight UTC, as Intel's dates. */
static int64_t tcb_date(const struct sim_collateral_options *o)
{
	return base_time_days(o->issued - TCB_AGE_S) * BASE_DAY_SECONDS;
}

/* The statuses of the TCB levels, highest first, and the index of the platform's level. */
struct ladder {
	const char *status[MAX_LEVELS];
	size_t n, own; /* own == n: there is none */
};

static struct ladder ladder_of(const char *own)
{
	if (!own)
		return (struct ladder){ .status = { "UpToDate" }, .n = 1, .own = 1 };
	if (strcmp(own, "UpToDate") == 0)
		return (struct ladder){ .status = { own, "OutOfDate" }, .n = 2, .own = 0 };
	return (struct ladder){ .status = { "UpToDate", own, "OutOfDate" }, .n = 3, .own = 1 };
}

static const char *advisories_of(const char *status)
{
	return strcmp(status, "UpToDate") == 0 ? NULL : ADVISORIES;
}

static size_t svn_levels(const char *status, uint16_t svn, int64_t date, struct sim_svn_level ret[MAX_LEVELS])
{
	struct ladder l = ladder_of(status);

	for (size_t i = 0; i < l.n; i++)
		ret[i] = (struct sim_svn_level){
			.isvsvn = i < l.own    ? (uint16_t)(svn + 1)
				  : i == l.own ? svn
					       : 0,
			.date = date,
			.status = l.status[i],
			.advisories = advisories_of(l.status[i]),
		};
	return l.n;
}

/* The level above the platform's has 1 more in the first SGX component; the one below is all zeros. */
static size_t platform_levels(const struct sim_tdx_tcb *tcb, const char *status, int64_t date,
			      struct sim_platform_level ret[MAX_LEVELS])
{
	struct ladder l = ladder_of(status);

	for (size_t i = 0; i < l.n; i++) {
		ret[i] = (struct sim_platform_level){
			.date = date,
			.status = l.status[i],
			.advisories = advisories_of(l.status[i]),
		};
		if (i > l.own)
			continue;
		memcpy(ret[i].sgx, tcb->cpusvn, sizeof(ret[i].sgx));
		memcpy(ret[i].tdx, tcb->tee_tcb_svn, sizeof(ret[i].tdx));
		ret[i].pcesvn = tcb->pcesvn;
		if (i < l.own)
			ret[i].sgx[0]++;
	}
	return l.n;
}

/* What an order does to the options. */
static int ask_hook(const struct sim_qe *qe, const struct sim_collateral_options *o,
		    struct sim_collateral_options *ret, struct jurat_error *err)
{
	*ret = *o;
	return qe->hooks.collateral ? qe->hooks.collateral(qe->hooks.ctx, ret, err) : 0;
}

int qe_make_tcb_info(const struct sim_qe *qe, const struct sim_collateral_options *asked, bool is_sgx,
		     char **ret, size_t *ret_size, struct jurat_error *err)
{
	const struct sim_tdx_identity *identity = sim_tdx_identity(qe->platform);
	const struct sim_tdx_tcb *tcb = sim_tdx_tcb(qe->platform);
	struct sim_platform_level levels[MAX_LEVELS];
	struct sim_svn_level module_levels[MAX_LEVELS];
	struct sim_module_identity module = { .major = tcb->tee_tcb_svn[1], .levels = module_levels };
	struct sim_collateral_options o;
	struct sim_tcb_info info = {
		.is_sgx = is_sgx,
		.modules = &module,
		.n_modules = module.major > 0 ? 1 : 0, /* major version 0 has no module identity */
		.levels = levels,
	};
	int r = ask_hook(qe, asked, &o, err);

	if (r < 0)
		return r;
	info.issued = o.issued;
	info.next_update = o.next_update;
	info.evaluation = o.evaluation;
	module.n_levels = svn_levels(o.module_status, tcb->tee_tcb_svn[0], tcb_date(&o), module_levels);
	info.n_levels = platform_levels(tcb, o.platform_status, tcb_date(&o), levels);
	memcpy(info.fmspc, identity->fmspc, sizeof(info.fmspc));
	memcpy(info.pceid, identity->pceid, sizeof(info.pceid));
	return sim_pki_intel_tcb_info(qe->pki, &info, ret, ret_size, err);
}

int qe_make_identity(const struct sim_qe *qe, const struct sim_collateral_options *asked, const char *id,
		     uint16_t isv_prod_id, char **ret, size_t *ret_size, struct jurat_error *err)
{
	struct sim_svn_level levels[MAX_LEVELS];
	struct sim_collateral_options o;
	struct sim_qe_identity identity = { .id = id, .isv_prod_id = isv_prod_id, .levels = levels };
	int r = ask_hook(qe, asked, &o, err);

	if (r < 0)
		return r;
	identity.issued = o.issued;
	identity.next_update = o.next_update;
	identity.evaluation = o.evaluation;
	memcpy(identity.mrsigner, qe->mrsigner, sizeof(identity.mrsigner));
	identity.n_levels = svn_levels(o.qe_status, qe->options.isv_svn, tcb_date(&o), levels);
	return sim_pki_intel_qe_identity(qe->pki, &identity, ret, ret_size, err);
}

int qe_make_crl(const struct sim_qe *qe, const struct sim_collateral_options *o, enum sim_intel_cert issuer,
		uint8_t **ret, size_t *ret_size, struct jurat_error *err)
{
	auto_free uint8_t *crl = calloc(1, SIM_INTEL_CRL_MAX_BYTES + 1);
	uint8_t serials[2][SIM_INTEL_SERIAL_BYTES];
	size_t n = 0;
	int r;

	if (!crl)
		return jurat_fail_memory(err);
	if (issuer == SIM_INTEL_PLATFORM_CA && o->revokes_pck)
		memcpy(serials[n++], qe->pck_serial, SIM_INTEL_SERIAL_BYTES);
	if (issuer == SIM_INTEL_ROOT && o->revokes_platform_ca)
		sim_pki_intel_serial(qe->pki, SIM_INTEL_PLATFORM_CA, serials[n++]);
	if (issuer == SIM_INTEL_ROOT && o->revokes_tcb_signing)
		sim_pki_intel_serial(qe->pki, SIM_INTEL_TCB_SIGNING, serials[n++]);
	r = sim_pki_intel_crl(qe->pki, issuer, serials, n, o->issued, o->next_update, crl, ret_size, err);
	if (r == 0)
		*ret = take_ptr(crl);
	return r;
}

int qe_make_chain(const struct sim_qe *qe, enum sim_collateral_part part, enum sim_intel_cert signer,
		  char **ret, size_t *ret_size, struct jurat_error *err)
{
	struct sim_der certs[SIM_QE_MAX_CHAIN] = { 0 };
	size_t n = 2;
	int r = 0;

	certs[0].der = sim_pki_intel_cert(qe->pki, signer, &certs[0].size);
	certs[1].der = sim_pki_intel_cert(qe->pki, SIM_INTEL_ROOT, &certs[1].size);
	if (qe->hooks.chain)
		r = qe->hooks.chain(qe->hooks.ctx, qe, part, certs, &n, err);
	*ret = NULL;
	*ret_size = 0;
	return r == 0 && n > 0 ? sim_pki_intel_pem(certs, n, ret, ret_size, err) : r;
}

static int make_part(const struct sim_qe *qe, const struct sim_collateral_options *o,
		     enum sim_collateral_part part, uint8_t **ret, size_t *ret_size, struct jurat_error *err)
{
	char *text = NULL;
	int r;

	switch (part) {
	case SIM_ROOT_CA_CRL:
		return qe_make_crl(qe, o, SIM_INTEL_ROOT, ret, ret_size, err);
	case SIM_PCK_CRL:
		return qe_make_crl(qe, o, SIM_INTEL_PLATFORM_CA, ret, ret_size, err);
	case SIM_TCB_INFO:
		r = qe_make_tcb_info(qe, o, false, &text, ret_size, err);
		break;
	case SIM_QE_IDENTITY:
		r = qe_make_identity(qe, o, NULL, SIM_QE_PROD_ID, &text, ret_size, err);
		break;
	case SIM_PCK_CRL_ISSUER_CHAIN:
		r = qe_make_chain(qe, part, SIM_INTEL_PLATFORM_CA, &text, ret_size, err);
		break;
	default:
		r = qe_make_chain(qe, part, SIM_INTEL_TCB_SIGNING, &text, ret_size, err);
	}
	*ret = (uint8_t *)text;
	return r;
}

int sim_qe_collateral(const struct sim_qe *qe, const struct sim_collateral_options *o,
		      struct sim_collateral *ret, struct jurat_error *err)
{
	struct sim_collateral made = { 0 };
	int r = 0;

	for (unsigned part = 0; r == 0 && part < SIM_N_COLLATERAL_PARTS; part++) {
		r = make_part(qe, o, part, &made.parts[part].bytes, &made.parts[part].size, err);
		if (r == 0 && made.parts[part].size == 0) { /* an order leaves it out */
			free(made.parts[part].bytes);
			made.parts[part].bytes = NULL;
		}
	}
	if (r < 0) {
		sim_collateral_done(&made);
		return r;
	}
	*ret = made;
	return 0;
}

void sim_collateral_done(struct sim_collateral *collateral)
{
	for (unsigned i = 0; i < SIM_N_COLLATERAL_PARTS; i++)
		free(collateral->parts[i].bytes);
	*collateral = (struct sim_collateral){ 0 };
}
