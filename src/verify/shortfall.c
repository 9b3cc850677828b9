/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/struct.h"
#include "verify/tdx_verdict.h"

struct verdict_shortfall *verdict_short(struct jurat_verdict *verdict, const char *part,
					const char *component, uint64_t is, uint64_t wanted)
{
	struct verdict_shortfall *s;

	assert(verdict->n_shortfalls < VERDICT_MAX_SHORTFALLS);
	s = &verdict->shortfalls[verdict->n_shortfalls++];
	*s = (struct verdict_shortfall){ .part = part, .is = is, .wanted = wanted };
	snprintf(s->component, sizeof(s->component), "%s", component);
	return s;
}

void verdict_shortfalls_free(struct jurat_verdict *verdict)
{
	for (size_t i = 0; i < verdict->n_shortfalls; i++) {
		struct verdict_shortfall *s = &verdict->shortfalls[i];

		for (size_t k = 0; k < s->n_advisories; k++)
			free(s->advisories[k]);
		free(s->advisories);
	}
	verdict->n_shortfalls = 0;
}

size_t jurat_verdict_shortfall_count(const struct jurat_verdict *verdict)
{
	return verdict ? verdict->n_shortfalls : 0;
}

int jurat_verdict_shortfall(const struct jurat_verdict *verdict, size_t i, struct jurat_shortfall *ret)
{
	const struct verdict_shortfall *s;
	struct jurat_shortfall out;
	int r = base_struct_take(&out, ret, advisory_count, "jurat_shortfall", NULL);

	if (r < 0)
		return r;
	if (i >= jurat_verdict_shortfall_count(verdict))
		return JURAT_NOT_FOUND;
	s = &verdict->shortfalls[i];
	out = (struct jurat_shortfall){
		.part = s->part,
		.component = s->component,
		.is = s->is,
		.wanted = s->wanted,
		.status = (enum jurat_tdx_tcb_status)s->status,
		.has_date = s->status != TCB_STATUS_NONE,
		.date = s->status != TCB_STATUS_NONE ? s->date : 0,
		.advisory_count = s->n_advisories,
		.name = s->name,
	};
	base_struct_give(ret, &out);
	return 0;
}

const char *jurat_verdict_shortfall_advisory(const struct jurat_verdict *verdict, size_t i, size_t k)
{
	if (i >= jurat_verdict_shortfall_count(verdict) || k >= verdict->shortfalls[i].n_advisories)
		return NULL;
	return verdict->shortfalls[i].advisories[k];
}
