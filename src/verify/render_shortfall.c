/* SPDX-License-Identifier: MIT */
#include "verify/render.h"

#include <inttypes.h>
#include <stdio.h>

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
		if (s->name[0])
			render_put(o, object, "name", json_string(s->name));
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
			s->is_flags ? "%s %s%s%s%s: is 0x%" PRIx64 ", wanted 0x%" PRIx64
				    : "%s %s%s%s%s: is %" PRIu64 ", wanted %" PRIu64,
			s->part, s->component, s->name[0] ? " (" : "", s->name, s->name[0] ? ")" : "", s->is,
			s->wanted);
		if (s->status != TCB_STATUS_NONE)
			fprintf(f, " for %s of %s", tcb_status_name(s->status), verdict_time(s->date, date));
		for (size_t k = 0; k < s->n_advisories; k++)
			fprintf(f, "%s%s", k == 0 ? ", with " : " ", s->advisories[k]);
		fputc('\n', f);
	}
}
