/* SPDX-License-Identifier: MIT */

#include "base/cleanup.h"
#include "verify/render.h"

static json_t *evidence(struct render_json *o, const struct jurat_verdict *v)
{
	json_t *object = json_object();

	render_fields(o, object, &snp_report_layout, &v->report);
	render_put(o, object, "product", json_string(snp_product_name(v->product)));
	render_put(o, object, "meaning", render_snp_meaning(o, &v->report, v->product));
	return object;
}

static json_t *tcbs(struct render_json *o, const struct jurat_verdict *v)
{
	json_t *object = json_object();

	render_snp_tcbs(o, object, &v->report, v->product);
	render_put(o, object, "shortfall", render_shortfalls(o, v));
	return object;
}

static json_t *signer(struct render_json *o, const struct jurat_verdict *v)
{
	const struct vek *says = &v->leaf_says;
	json_t *object = json_object();

	render_put(o, object, "kind", json_string(v->vlek ? "vlek" : "vcek"));
	render_put(o, object, "signature_holds", json_boolean(v->signature_holds));
	if (v->leaf) {
		render_put(o, object, "certificate", render_cert(o, v->leaf));
		render_put(o, object, "product_name", json_string(says->product));
		if (says->hwid_size > 0)
			render_put(o, object, "hwid", render_hex(says->hwid, says->hwid_size));
		if (says->csp_id[0])
			render_put(o, object, "csp_id", json_string(says->csp_id));
		render_put(o, object, "tcb", render_tcb(o, v->product, &says->tcb));
	}
	if (v->intermediate)
		render_put(o, object, "intermediate", render_cert(o, v->intermediate));
	if (v->root)
		render_put(o, object, "root", render_cert(o, v->root));
	return object;
}

static json_t *reasons(struct render_json *o, const struct jurat_verdict *v)
{
	json_t *array = json_array();

	for (size_t i = 0; i < v->n_reasons; i++) {
		json_t *object = json_object();

		render_put(o, object, "code", json_string(jurat_verdict_reason_code(v, i)));
		render_put(o, object, "detail", json_string(jurat_verdict_reason_detail(v, i)));
		render_append(o, array, object);
	}
	return array;
}

static json_t *not_judged(struct render_json *o, const struct jurat_verdict *v)
{
	json_t *array = json_array();

	for (size_t i = 0; i < jurat_verdict_not_judged_count(v); i++)
		render_append(o, array, json_string(jurat_verdict_not_judged_code(v, i)));
	return array;
}

json_t *render_verdict(const struct jurat_verdict *verdict)
{
	struct render_json o = { 0 };
	json_t *root = json_object();

	render_put(&o, root, "verdict", json_string(verdict->refused ? "refused" : "accepted"));
	render_put(&o, root, "reasons", reasons(&o, verdict));
	render_put(&o, root, "tee", json_string(verdict->tdx ? "tdx" : "sev-snp"));
	render_put(&o, root, "at", render_time(verdict->at));
	if (verdict->tdx) {
		render_json_tdx(&o, root, verdict);
	} else if (verdict->has_report) {
		render_put(&o, root, "evidence", evidence(&o, verdict));
		render_put(&o, root, "signer", signer(&o, verdict));
		render_put(&o, root, "tcb", tcbs(&o, verdict));
		render_put(&o, root, "missing", render_missing(&o, verdict));
	}
	render_put(&o, root, "roots", json_string(verdict->roots_given ? "given" : "vendor"));
	render_put(&o, root, "not_judged", not_judged(&o, verdict));
	if (!o.bad)
		return root;
	json_decref(root);
	return NULL;
}

char *jurat_verdict_json(const struct jurat_verdict *verdict)
{
	json_t *root = verdict ? render_verdict(verdict) : NULL;
	char *text = root ? json_dumps(root, JSON_INDENT(2)) : NULL;

	json_decref(root);
	return text;
}
