/* SPDX-License-Identifier: MIT */
#include <jansson.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "verify/verdict.h"

/*
 * Every value that goes in here was made by us or is printable ASCII, so jansson refuses it for want of
 * memory alone.
 */
struct out {
	bool bad;
};

static void put(struct out *o, json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value) !=
	    0) /* takes the value, also when it fails; NULL fails */
		o->bad = true;
}

static void append(struct out *o, json_t *array, json_t *value)
{
	if (json_array_append_new(array, value) != 0)
		o->bad = true;
}

static json_t *hex_bytes(const void *p, size_t n)
{
	char hex[BYTES_HEX_SIZE(160)];

	return n <= 160 ? json_string(bytes_to_hex(p, n, hex)) : NULL;
}

static json_t *hex_number(uint64_t v)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%llx", (unsigned long long)v);
	return json_string(text);
}

static json_t *time_text(int64_t seconds)
{
	char text[VERDICT_TIME_BYTES];

	return json_string(verdict_time(seconds, text));
}

/*
 * The report's fields by their names. 64-bit words are hex strings: not every reader of JSON keeps 64
 * bits.
 */
static json_t *evidence(struct out *o, const struct jurat_verdict *v)
{
	json_t *object = json_object();

	for (size_t i = 0; i < snp_report_layout.n_fields; i++) {
		const struct wire_field *f = &snp_report_layout.fields[i];
		const uint8_t *at = (const uint8_t *)&v->report + f->member;

		switch (f->kind) {
		case WIRE_U8:
			put(o, object, f->name, json_integer(*at));
			break;
		case WIRE_LE16:
			put(o, object, f->name, json_integer(*(const uint16_t *)(const void *)at));
			break;
		case WIRE_LE32:
			put(o, object, f->name, json_integer(*(const uint32_t *)(const void *)at));
			break;
		case WIRE_LE64:
			put(o, object, f->name, hex_number(*(const uint64_t *)(const void *)at));
			break;
		case WIRE_BYTES:
			put(o, object, f->name, hex_bytes(at, f->size));
			break;
		case WIRE_ZERO:
			break;
		}
	}
	put(o, object, "product", json_string(snp_product_name(v->product)));
	return object;
}

static json_t *tcb_parts(struct out *o, enum snp_product product, const struct snp_tcb *tcb)
{
	json_t *object = json_object();

	if (product == SNP_TURIN)
		put(o, object, "fmc", json_integer(tcb->fmc));
	put(o, object, "boot_loader", json_integer(tcb->boot_loader));
	put(o, object, "tee", json_integer(tcb->tee));
	put(o, object, "snp", json_integer(tcb->snp));
	put(o, object, "microcode", json_integer(tcb->microcode));
	return object;
}

static void put_tcb(struct out *o, json_t *object, const char *name, enum snp_product product, uint64_t raw)
{
	struct snp_tcb tcb;

	if (product != SNP_PRODUCT_UNKNOWN && snp_tcb_read(product, raw, &tcb))
		put(o, object, name, tcb_parts(o, product, &tcb));
}

static json_t *tcbs(struct out *o, const struct jurat_verdict *v)
{
	json_t *object = json_object();

	put_tcb(o, object, "reported", v->product, v->report.reported_tcb);
	put_tcb(o, object, "committed", v->product, v->report.committed_tcb);
	put_tcb(o, object, "current", v->product, v->report.current_tcb);
	put_tcb(o, object, "launch", v->product, v->report.launch_tcb);
	return object;
}

static json_t *cert(struct out *o, const struct verdict_cert *c)
{
	json_t *object = json_object();

	put(o, object, "subject", json_string(c->subject));
	put(o, object, "issuer", json_string(c->issuer));
	put(o, object, "sha256", hex_bytes(c->sha256, sizeof(c->sha256)));
	put(o, object, "not_before", time_text(c->not_before));
	put(o, object, "not_after", time_text(c->not_after));
	return object;
}

static json_t *signer(struct out *o, const struct jurat_verdict *v)
{
	const struct vek *says = &v->leaf_says;
	json_t *object = json_object();

	put(o, object, "kind", json_string(v->vlek ? "vlek" : "vcek"));
	put(o, object, "signature_holds", json_boolean(v->signature_holds));
	if (v->leaf.there) {
		put(o, object, "certificate", cert(o, &v->leaf));
		put(o, object, "product_name", json_string(says->product));
		if (says->hwid_size > 0)
			put(o, object, "hwid", hex_bytes(says->hwid, says->hwid_size));
		if (says->csp_id[0])
			put(o, object, "csp_id", json_string(says->csp_id));
		put(o, object, "tcb", tcb_parts(o, v->product, &says->tcb));
	}
	if (v->intermediate.there)
		put(o, object, "intermediate", cert(o, &v->intermediate));
	if (v->root.there)
		put(o, object, "root", cert(o, &v->root));
	return object;
}

static json_t *reasons(struct out *o, const struct jurat_verdict *v)
{
	json_t *array = json_array();

	for (size_t i = 0; i < v->n_reasons; i++) {
		json_t *object = json_object();

		put(o, object, "code", json_string(jurat_verdict_reason_code(v, i)));
		put(o, object, "detail", json_string(jurat_verdict_reason_detail(v, i)));
		append(o, array, object);
	}
	return array;
}

static json_t *not_judged(struct out *o, const struct jurat_verdict *v)
{
	json_t *array = json_array();
	const char *code, *text;

	for (size_t i = 0; verify_not_judged_at(i, &code, &text); i++) {
		if (v->not_judged >> i & 1)
			append(o, array, json_string(code));
	}
	return array;
}

char *jurat_verdict_json(const struct jurat_verdict *verdict)
{
	struct out o = { 0 };
	json_t *root = json_object();
	char *text = NULL;

	put(&o, root, "verdict", json_string(verdict->refused ? "refused" : "accepted"));
	put(&o, root, "reasons", reasons(&o, verdict));
	put(&o, root, "tee", json_string("sev-snp"));
	put(&o, root, "at", time_text(verdict->at));
	if (verdict->has_report) {
		put(&o, root, "evidence", evidence(&o, verdict));
		put(&o, root, "signer", signer(&o, verdict));
		put(&o, root, "tcb", tcbs(&o, verdict));
	}
	put(&o, root, "roots", json_string(verdict->roots_given ? "given" : "vendor"));
	put(&o, root, "not_judged", not_judged(&o, verdict));
	if (!o.bad)
		text = json_dumps(root, JSON_INDENT(2));
	json_decref(root);
	return text;
}
