/* SPDX-License-Identifier: MIT */
#include "verify/tdx_tcb.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"

enum tcb_status tcb_converge(enum tcb_status platform, bool any_out_of_date, bool any_revoked)
{
	if (platform == TCB_REVOKED || any_revoked)
		return TCB_REVOKED;
	if (!any_out_of_date)
		return platform;
	switch (platform) {
	case TCB_UP_TO_DATE:
	case TCB_SW_HARDENING_NEEDED:
		return TCB_OUT_OF_DATE;
	case TCB_CONFIGURATION_NEEDED:
	case TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED:
		return TCB_OUT_OF_DATE_CONFIGURATION_NEEDED;
	default:
		return platform;
	}
}

static bool needs_configuration(enum tcb_status status)
{
	return status == TCB_CONFIGURATION_NEEDED || status == TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED ||
	       status == TCB_OUT_OF_DATE_CONFIGURATION_NEEDED;
}

enum tcb_status tcb_relaunch(enum tcb_status launch, enum tcb_status current)
{
	bool old = launch == TCB_OUT_OF_DATE || launch == TCB_OUT_OF_DATE_CONFIGURATION_NEEDED;
	bool good = current == TCB_UP_TO_DATE || current == TCB_SW_HARDENING_NEEDED ||
		    current == TCB_CONFIGURATION_NEEDED ||
		    current == TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED;

	if (current == TCB_REVOKED)
		return TCB_REVOKED;
	if (!old || !good)
		return launch;
	return needs_configuration(launch) || needs_configuration(current)
		       ? TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED
		       : TCB_TD_RELAUNCH_ADVISED;
}

const struct tdx_module *tcb_module(const struct tcb_info *info, uint8_t version)
{
	char id[sizeof("TDX_00")];

	if (version == 0)
		return &info->module;
	snprintf(id, sizeof(id), "TDX_%02X", version);
	for (size_t i = 0; i < info->n_modules; i++) {
		if (strcasecmp(info->modules[i].id, id) == 0)
			return &info->modules[i];
	}
	return NULL;
}

static bool at_least(const uint8_t *is, const uint8_t *floor, size_t first)
{
	for (size_t i = first; i < TCB_COMPONENTS; i++) {
		if (is[i] < floor[i])
			return false;
	}
	return true;
}

size_t tcb_first_tdx_component(const uint8_t svn[TCB_COMPONENTS])
{
	return svn[TEE_TCB_SVN_MODULE_VERSION] > 0 ? 2 : 0;
}

/* Index of the first level that is met; n_levels: none. */
static size_t met_level(const struct tcb_info *info, const struct tcb_subject *subject, const uint8_t *svn)
{
	size_t first = tcb_first_tdx_component(svn), i = 0;

	for (; i < info->n_levels; i++) {
		const struct tcb_level *level = &info->levels[i];

		if (at_least(subject->sgx, level->sgx, 0) && subject->pcesvn >= level->pcesvn &&
		    at_least(svn, level->tdx, first))
			break;
	}
	return i;
}

static struct tcb_part platform_part(const struct tcb_info *info, const struct tcb_subject *subject,
				     const uint8_t *svn)
{
	size_t i = met_level(info, subject, svn);
	const struct tcb_level *level;

	if (i == info->n_levels)
		return (struct tcb_part){ .status = TCB_NOT_SUPPORTED };
	level = &info->levels[i];
	return (struct tcb_part){ level->status, level->date, level->advisories };
}

/* The statuses in collateral are ordered, the best first. A revoked level is never a target. */
static bool is_better(enum tcb_status status, enum tcb_status than)
{
	return status < TCB_REVOKED && (status < than || than > TCB_REVOKED);
}

const struct tcb_level *tcb_better_level(const struct tcb_info *info, const struct tcb_subject *subject,
					 const uint8_t svn[TCB_COMPONENTS])
{
	size_t met = met_level(info, subject, svn), i = met;
	enum tcb_status is = met < info->n_levels ? info->levels[met].status : TCB_NOT_SUPPORTED;

	while (i-- > 0) {
		if (is_better(info->levels[i].status, is))
			return &info->levels[i];
	}
	return NULL;
}

const struct svn_level *tcb_better_svn_level(const struct svn_levels *levels, unsigned isvsvn)
{
	enum tcb_status is;
	size_t i = 0;

	while (i < levels->n && isvsvn < levels->items[i].isvsvn)
		i++;
	is = i < levels->n ? levels->items[i].status : TCB_NOT_SUPPORTED;
	while (i-- > 0) {
		if (is_better(levels->items[i].status, is))
			return &levels->items[i];
	}
	return NULL;
}

static struct tcb_part svn_part(const struct svn_levels *levels, uint16_t isvsvn,
				const enum tcb_status *known, size_t n_known)
{
	for (size_t i = 0; i < levels->n; i++) {
		const struct svn_level *level = &levels->items[i];
		struct tcb_part part = { level->status, level->date, level->advisories };

		if (isvsvn < level->isvsvn)
			continue;
		for (size_t k = 0; k < n_known; k++) {
			if (part.status == known[k])
				return part;
		}
		part.status = TCB_UNRECOGNIZED;
		return part;
	}
	return (struct tcb_part){ .status = TCB_NOT_SUPPORTED };
}

static struct tcb_part module_part(const struct tcb_info *info, const uint8_t *svn)
{
	static const enum tcb_status known[] = { TCB_UP_TO_DATE, TCB_OUT_OF_DATE, TCB_REVOKED };
	const struct tdx_module *module = tcb_module(info, svn[TEE_TCB_SVN_MODULE_VERSION]);

	if (svn[TEE_TCB_SVN_MODULE_VERSION] == 0)
		return (struct tcb_part){ .status = TCB_STATUS_NONE };
	if (!module)
		return (struct tcb_part){ .status = TCB_NOT_SUPPORTED };
	return svn_part(&module->levels, svn[TEE_TCB_SVN_MODULE_ISVSVN], known, ARRAY_SIZE(known));
}

static struct tcb_part qe_part(const struct qe_identity *identity, uint16_t isvsvn)
{
	static const enum tcb_status known[] = { TCB_UP_TO_DATE, TCB_OUT_OF_DATE, TCB_CONFIGURATION_NEEDED,
						 TCB_OUT_OF_DATE_CONFIGURATION_NEEDED, TCB_REVOKED };

	return svn_part(&identity->levels, isvsvn, known, ARRAY_SIZE(known));
}

/*
 * Only out-of-date and revoked matter for module and QE; a QE with ConfigurationNeeded has no effect, as in
 * Intel's library.
 */
static enum tcb_status converge(const struct tcb_part *platform, const struct tcb_part *module,
				const struct tcb_part *qe)
{
	return tcb_converge(platform->status,
			    module->status == TCB_OUT_OF_DATE || qe->status == TCB_OUT_OF_DATE,
			    module->status == TCB_REVOKED || qe->status == TCB_REVOKED);
}

const char *tcb_part_name(enum tcb_part_id part)
{
	static const char *const names[TCB_N_PARTS] = {
		[TCB_PART_PLATFORM] = "platform",
		[TCB_PART_MODULE] = "tdx_module",
		[TCB_PART_QE] = "quoting_enclave",
		[TCB_PART_CURRENT_PLATFORM] = "current_platform",
		[TCB_PART_CURRENT_MODULE] = "current_tdx_module",
		[TCB_PART_INIT_MODULE] = "init_tdx_module",
	};

	return names[part];
}

const struct tcb_part *tcb_part_of(const struct tcb_evaluation *e, enum tcb_part_id part)
{
	const struct tcb_part *const parts[TCB_N_PARTS] = {
		[TCB_PART_PLATFORM] = &e->platform,
		[TCB_PART_MODULE] = &e->module,
		[TCB_PART_QE] = &e->qe,
		[TCB_PART_CURRENT_PLATFORM] = &e->current_platform,
		[TCB_PART_CURRENT_MODULE] = &e->current_module,
		[TCB_PART_INIT_MODULE] = &e->init_module,
	};

	return parts[part];
}

/* The part in a sentence. */
static const struct {
	const char *name, *by;
} words[TCB_N_PARTS] = {
	[TCB_PART_PLATFORM] = { "platform", "" },
	[TCB_PART_MODULE] = { "TDX module", "" },
	[TCB_PART_QE] = { "quoting enclave", "" },
	[TCB_PART_CURRENT_PLATFORM] = { "platform", " by tee_tcb_svn2" },
	[TCB_PART_CURRENT_MODULE] = { "TDX module", " by tee_tcb_svn2" },
	[TCB_PART_INIT_MODULE] = { "TDX module that launched the TD,", " by init_tee_tcb_svn," },
};

/*
 * A part that is missing in the collateral, or has an unknown status, decides the combined status; else
 * false.
 */
static bool is_failure(struct tcb_evaluation *e, enum tcb_part_id id)
{
	const struct tcb_part *part = tcb_part_of(e, id);

	if (part->status != TCB_NOT_SUPPORTED && part->status != TCB_UNRECOGNIZED)
		return false;
	e->status = part->status;
	e->deciding = id;
	snprintf(e->why, sizeof(e->why),
		 part->status == TCB_NOT_SUPPORTED ? "no TCB level of the %s is met%s"
						   : "the TCB level of the %s has an unrecognized status%s",
		 words[id].name, words[id].by);
	return true;
}

/* Weight of a part in the combined status; see converge(). */
static unsigned weight(const struct tcb_evaluation *e, enum tcb_part_id part)
{
	enum tcb_status status = tcb_part_of(e, part)->status;
	bool is_platform = part == TCB_PART_PLATFORM || part == TCB_PART_CURRENT_PLATFORM;

	switch (status) {
	case TCB_NOT_SUPPORTED:
	case TCB_UNRECOGNIZED:
		return 4;
	case TCB_REVOKED:
		return 3;
	case TCB_OUT_OF_DATE:
		return 2;
	case TCB_OUT_OF_DATE_CONFIGURATION_NEEDED:
		return is_platform ? 2 : 0;
	default:
		return is_platform && status > TCB_UP_TO_DATE ? 1 : 0;
	}
}

static enum tcb_part_id find_deciding(const struct tcb_evaluation *e, enum tcb_part_id platform,
				      enum tcb_part_id module)
{
	const enum tcb_part_id others[] = { module, TCB_PART_QE };
	enum tcb_part_id is = platform;

	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		unsigned a = weight(e, others[i]), b = weight(e, is);

		if (a > b || (a == b && a > 0 && tcb_part_of(e, others[i])->date < tcb_part_of(e, is)->date))
			is = others[i];
	}
	return is;
}

const char *tcb_deciding_name(const struct tcb_evaluation *e)
{
	return e->status == TCB_UP_TO_DATE ? NULL : tcb_part_name(e->deciding);
}

static bool is_failed(const struct tcb_evaluation *e)
{
	return e->status == TCB_NOT_SUPPORTED || e->status == TCB_UNRECOGNIZED;
}

static void decide(struct tcb_evaluation *e)
{
	e->current_deciding = find_deciding(e, TCB_PART_CURRENT_PLATFORM, TCB_PART_CURRENT_MODULE);
	if (!is_failed(e)) { /* the part that failed decides */
		e->deciding = find_deciding(e, TCB_PART_PLATFORM, TCB_PART_MODULE);
		/* Of the other TCBs only a revoked part decides. */
		if (weight(e, e->deciding) < 3 && weight(e, e->current_deciding) >= 3)
			e->deciding = e->current_deciding;
		if (weight(e, e->deciding) < 3 && weight(e, TCB_PART_INIT_MODULE) == 3)
			e->deciding = TCB_PART_INIT_MODULE;
	}
	if (weight(e, e->deciding) > 0)
		e->date = tcb_part_of(e, e->deciding)->date;
	if (e->status == TCB_REVOKED)
		snprintf(e->why, sizeof(e->why), "the %s%s is revoked", words[e->deciding].name,
			 words[e->deciding].by);
}

static int64_t oldest(const struct tcb_part *const *parts, size_t n)
{
	int64_t date = INT64_MIN;

	for (size_t i = 0; i < n; i++) {
		if (parts[i]->status != TCB_STATUS_NONE && parts[i]->status != TCB_NOT_SUPPORTED &&
		    (date == INT64_MIN || parts[i]->date < date))
			date = parts[i]->date;
	}
	return date;
}

static void evaluate_current(const struct tcb_info *info, const struct tcb_subject *subject,
			     struct tcb_evaluation *e)
{
	e->current_platform = platform_part(info, subject, subject->tee_tcb_svn2);
	e->current_module = module_part(info, subject->tee_tcb_svn2);
	if (is_failure(e, TCB_PART_CURRENT_PLATFORM) || is_failure(e, TCB_PART_CURRENT_MODULE)) {
		e->current = e->status;
		return;
	}
	e->current = converge(&e->current_platform, &e->current_module, &e->qe);
	e->status = tcb_relaunch(e->launch, e->current);
}

void tcb_evaluate(const struct tcb_info *info, const struct qe_identity *identity,
		  const struct tcb_subject *subject, struct tcb_evaluation *ret)
{
	struct tcb_evaluation e = { .platform = platform_part(info, subject, subject->tee_tcb_svn),
				    .module = module_part(info, subject->tee_tcb_svn),
				    .qe = qe_part(identity, subject->qe_isvsvn) };
	const struct tcb_part *parts[] = { &e.platform, &e.module, &e.qe };

	e.date = oldest(parts, ARRAY_SIZE(parts));
	if (is_failure(&e, TCB_PART_PLATFORM) || is_failure(&e, TCB_PART_MODULE) ||
	    is_failure(&e, TCB_PART_QE)) {
		e.launch = e.here = e.status;
		decide(&e);
		*ret = e;
		return;
	}
	e.launch = converge(&e.platform, &e.module, &e.qe);
	e.status = e.launch;
	if (subject->has_svn2)
		evaluate_current(info, subject, &e);
	e.here = e.status;
	if (subject->has_init)
		e.init_module = module_part(info, subject->init_tee_tcb_svn);
	if (e.init_module.status == TCB_REVOKED)
		e.status = TCB_REVOKED;
	decide(&e);
	*ret = e;
}
