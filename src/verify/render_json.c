/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "base/cleanup.h"
#include "verify/render.h"

void render_put(struct render_json *o, json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value) !=
	    0) /* takes the value, also when it fails; NULL fails */
		o->bad = true;
}

void render_append(struct render_json *o, json_t *array, json_t *value)
{
	if (json_array_append_new(array, value) != 0)
		o->bad = true;
}

json_t *render_hex(const void *p, size_t n)
{
	auto_free char *hex = malloc(BYTES_HEX_SIZE(n));

	return hex ? json_string(bytes_to_hex(p, n, hex)) : NULL;
}

json_t *render_number(uint64_t v)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%llx", (unsigned long long)v);
	return json_string(text);
}

json_t *render_time(int64_t seconds)
{
	char text[VERDICT_TIME_BYTES];

	return json_string(verdict_time(seconds, text));
}

/* 64-bit words are hex strings: not every reader of JSON keeps 64 bits. */
void render_fields(struct render_json *o, json_t *object, const struct wire_layout *layout, const void *from)
{
	for (size_t i = 0; i < layout->n_fields; i++) {
		const struct wire_field *f = &layout->fields[i];

		if (f->kind != WIRE_ZERO && wire_field_is_absent(layout, f, from, NULL)) {
			render_put(o, object, f->name, json_null());
			continue;
		}
		switch (f->kind) {
		case WIRE_U8:
		case WIRE_LE16:
		case WIRE_LE32:
			render_put(o, object, f->name, json_integer((json_int_t)wire_get(f, from)));
			break;
		case WIRE_LE64:
			render_put(o, object, f->name, render_number(wire_get(f, from)));
			break;
		case WIRE_BYTES:
			render_put(o, object, f->name,
				   render_hex((const uint8_t *)from + f->member, f->size));
			break;
		case WIRE_ZERO:
			break;
		}
	}
}

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

json_t *render_cert(struct render_json *o, const struct verdict_cert *c)
{
	json_t *object = json_object();

	render_put(o, object, "subject", json_string(c->subject));
	render_put(o, object, "issuer", json_string(c->issuer));
	render_put(o, object, "subject_dn", json_string(c->subject_dn));
	render_put(o, object, "issuer_dn", json_string(c->issuer_dn));
	render_put(o, object, "sha256", render_hex(c->sha256, sizeof(c->sha256)));
	render_put(o, object, "not_before", render_time(c->not_before));
	render_put(o, object, "not_after", render_time(c->not_after));
	return object;
}

static json_t *signer(struct render_json *o, const struct jurat_verdict *v)
{
	const struct vek *says = &v->leaf_says;
	json_t *object = json_object();

	render_put(o, object, "kind", json_string(v->vlek ? "vlek" : "vcek"));
	render_put(o, object, "signature_holds", json_boolean(v->signature_holds));
	if (v->leaf.there) {
		render_put(o, object, "certificate", render_cert(o, &v->leaf));
		render_put(o, object, "product_name", json_string(says->product));
		if (says->hwid_size > 0)
			render_put(o, object, "hwid", render_hex(says->hwid, says->hwid_size));
		if (says->csp_id[0])
			render_put(o, object, "csp_id", json_string(says->csp_id));
		render_put(o, object, "tcb", render_tcb(o, v->product, &says->tcb));
	}
	if (v->intermediate.there)
		render_put(o, object, "intermediate", render_cert(o, &v->intermediate));
	if (v->root.there)
		render_put(o, object, "root", render_cert(o, &v->root));
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

char *jurat_verdict_json(const struct jurat_verdict *verdict)
{
	struct render_json o = { 0 };
	json_t *root;
	char *text = NULL;

	if (!verdict)
		return NULL;
	root = json_object();
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
		text = json_dumps(root, JSON_INDENT(2));
	json_decref(root);
	return text;
}
