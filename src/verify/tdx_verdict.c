/* SPDX-License-Identifier: MIT */
#include "verify/tdx_verdict.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/struct.h"

static bool has(const struct verdict_tdx *tdx, const char *id)
{
	for (size_t i = 0; i < tdx->n_advisories; i++) {
		if (strcmp(tdx->advisories[i], id) == 0)
			return true;
	}
	return false;
}

int verdict_tdx_advise(struct verdict_tdx *tdx, const struct signed_document *doc,
		       const struct advisories *advisories)
{
	advisory_id *more;

	if (advisories->n == 0)
		return 0;
	more = reallocarray(tdx->advisories, tdx->n_advisories + advisories->n, sizeof(*more));
	if (!more)
		return -ENOMEM;
	tdx->advisories = more;
	for (size_t i = 0; i < advisories->n; i++) {
		const char *id = doc->advisories[advisories->first + i];

		if (!has(tdx, id))
			memcpy(tdx->advisories[tdx->n_advisories++], id, strlen(id) + 1);
	}
	return 0;
}

bool verdict_tdx_has_status(const struct verdict_tdx *tdx)
{
	return tdx->has_evaluation && (!tdx->launched_elsewhere || tdx->evaluation.status == TCB_REVOKED);
}

void verdict_tdx_free(struct verdict_tdx *tdx)
{
	if (!tdx)
		return;
	cert_entry_free(tdx->tcb_info.signer);
	cert_entry_free(tdx->qe_identity.signer);
	free(tdx->advisories);
	verdict_events_free(tdx->events);
	free(tdx);
}

enum jurat_signer verdict_tdx_signer(const struct jurat_verdict *verdict)
{
	return verdict->leaf ? JURAT_SIGNER_PCK : JURAT_SIGNER_NONE;
}

static const struct verdict_tdx *quote_of(const struct jurat_verdict *verdict)
{
	return verdict && verdict->has_report ? verdict->tdx : NULL;
}

const uint8_t *jurat_verdict_tdx_rtmr(const struct jurat_verdict *verdict, unsigned index)
{
	const struct verdict_tdx *tdx = quote_of(verdict);

	return tdx ? tdx_body_rtmr(&tdx->body, index) : NULL;
}

const uint8_t *jurat_verdict_tdx_fmspc(const struct jurat_verdict *verdict)
{
	const struct verdict_tdx *tdx = quote_of(verdict);

	return tdx && tdx->has_pck ? tdx->pck.fmspc : NULL;
}

/* The numbers of statuses are part of the public interface. */
#define SAME_STATUS(name, text)                                                                              \
	static_assert((int)JURAT_TDX_TCB_##name == (int)TCB_##name, "the ABI's number of " text);
TCB_STATUSES(SAME_STATUS)

/* A part at launch; NULL: there is no such part. */
static const struct tcb_part *part_of(const struct tcb_evaluation *e, enum jurat_tdx_tcb_part part)
{
	switch (part) {
	case JURAT_TDX_TCB_PART_PLATFORM:
		return &e->platform;
	case JURAT_TDX_TCB_PART_MODULE:
		return &e->module;
	case JURAT_TDX_TCB_PART_QE:
		return &e->qe;
	default:
		return NULL;
	}
}

int jurat_verdict_tdx_tcb(const struct jurat_verdict *verdict, enum jurat_tdx_tcb_part part,
			  struct jurat_tdx_tcb *ret)
{
	const struct verdict_tdx *tdx = quote_of(verdict);
	const struct tcb_evaluation *e = tdx ? &tdx->evaluation : NULL;
	const struct tcb_part *of_part;
	struct jurat_tdx_tcb tcb;
	int r = base_struct_take(&tcb, ret, date, "jurat_tdx_tcb", NULL);

	if (r < 0)
		return r;
	if (!tdx || !tdx->has_evaluation)
		return JURAT_NOT_FOUND;
	if (part == JURAT_TDX_TCB_PART_ALL && !verdict_tdx_has_status(tdx))
		return JURAT_NOT_FOUND;
	of_part = part_of(e, part);
	tcb = (struct jurat_tdx_tcb){ 0 };
	if (part == JURAT_TDX_TCB_PART_ALL || part == JURAT_TDX_TCB_PART_THIS_PLATFORM) {
		tcb.status =
			(enum jurat_tdx_tcb_status)(part == JURAT_TDX_TCB_PART_ALL ? e->status : e->here);
		if (e->current != TCB_STATUS_NONE) {
			if (!tdx->launched_elsewhere)
				tcb.launch_status = (enum jurat_tdx_tcb_status)e->launch;
			tcb.current_status = (enum jurat_tdx_tcb_status)e->current;
		}
		tcb.has_date = e->status != TCB_NOT_SUPPORTED && e->status != TCB_UNRECOGNIZED;
		tcb.date = tcb.has_date ? e->date : 0;
		tcb.decided_by = tcb_deciding_name(e);
	} else if (of_part && of_part->status != TCB_STATUS_NONE) {
		tcb.status = (enum jurat_tdx_tcb_status)of_part->status;
		tcb.has_date = of_part->status != TCB_NOT_SUPPORTED;
		tcb.date = tcb.has_date ? of_part->date : 0;
	} else {
		return JURAT_NOT_FOUND;
	}
	base_struct_give(ret, &tcb);
	return 0;
}

const char *jurat_tdx_tcb_status_name(enum jurat_tdx_tcb_status status)
{
	return (unsigned)status < TCB_N_STATUSES ? tcb_status_name((enum tcb_status)status) : NULL;
}

size_t jurat_verdict_tdx_advisory_count(const struct jurat_verdict *verdict)
{
	const struct verdict_tdx *tdx = quote_of(verdict);

	return tdx && tdx->has_evaluation ? tdx->n_advisories : 0;
}

const char *jurat_verdict_tdx_advisory(const struct jurat_verdict *verdict, size_t i)
{
	return i < jurat_verdict_tdx_advisory_count(verdict) ? verdict->tdx->advisories[i] : NULL;
}
