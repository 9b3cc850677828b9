/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/struct.h"
#include "verify/render.h"

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

static json_t *value_of(const struct verdict_shortfall *s, uint64_t v)
{
	return s->is_flags ? render_number(v) : json_integer((json_int_t)v);
}

json_t *render_shortfalls(struct render_json *o, const struct jurat_verdict *v)
{
	json_t *array = json_array();

	for (size_t i = 0; i < v->n_shortfalls; i++) {
		const struct verdict_shortfall *s = &v->shortfalls[i];
		json_t *object = json_object(), *ids;

		render_put(o, object, "part", json_string(s->part));
		render_put(o, object, "component", json_string(s->component));
		render_put(o, object, "is", value_of(s, s->is));
		render_put(o, object, "wanted", value_of(s, s->wanted));
		if (s->status != TCB_STATUS_NONE) {
			ids = json_array();
			for (size_t k = 0; k < s->n_advisories; k++)
				render_append(o, ids, json_string(s->advisories[k]));
			render_put(o, object, "status", json_string(tcb_status_name(s->status)));
			render_put(o, object, "date", render_time(s->date));
			render_put(o, object, "advisories", ids);
		}
		render_append(o, array, object);
	}
	return array;
}

void render_text_shortfalls(FILE *f, const struct jurat_verdict *v)
{
	for (size_t i = 0; i < v->n_shortfalls; i++) {
		const struct verdict_shortfall *s = &v->shortfalls[i];
		char date[VERDICT_TIME_BYTES];

		fprintf(f, "%-*s ", RENDER_LABEL, i == 0 ? "shortfall" : "");
		fprintf(f,
			s->is_flags ? "%s %s: is 0x%" PRIx64 ", wanted 0x%" PRIx64
				    : "%s %s: is %" PRIu64 ", wanted %" PRIu64,
			s->part, s->component, s->is, s->wanted);
		if (s->status != TCB_STATUS_NONE)
			fprintf(f, " for %s of %s", tcb_status_name(s->status), verdict_time(s->date, date));
		for (size_t k = 0; k < s->n_advisories; k++)
			fprintf(f, "%s%s", k == 0 ? ", with " : " ", s->advisories[k]);
		fputc('\n', f);
	}
}
