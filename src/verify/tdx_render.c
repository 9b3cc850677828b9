/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "verify/render.h"
#include "verify/tdx_verdict.h"
#include "wire/tdx_report.h"

static json_t *evidence(struct render_json *o, const struct verdict_tdx *t)
{
	json_t *object = json_object();

	render_fields(o, object, &tdx_quote_hdr_layout, &t->hdr);
	render_put(o, object, "body_type", json_integer(t->body_type));
	render_fields(o, object, tdx_body_layout_of(t->body_type), &t->body);
	render_put(o, object, "meaning", render_td_meaning(o, tdx_body_layout_of(t->body_type), &t->body));
	render_put(o, object, "trailing_bytes", json_integer((json_int_t)t->trailing));
	return object;
}

static json_t *pck(struct render_json *o, const struct pck *p)
{
	json_t *object = json_object();

	render_put(o, object, "fmspc", render_hex(p->fmspc, sizeof(p->fmspc)));
	render_put(o, object, "pceid", render_hex(p->pceid, sizeof(p->pceid)));
	render_put(o, object, "ppid", render_hex(p->ppid, sizeof(p->ppid)));
	if (p->has_platform_instance_id)
		render_put(o, object, "platform_instance_id",
			   render_hex(p->platform_instance_id, sizeof(p->platform_instance_id)));
	render_put(o, object, "cpusvn", render_hex(p->cpusvn, sizeof(p->cpusvn)));
	render_put(o, object, "pcesvn", json_integer(p->pcesvn));
	render_put(o, object, "sgx_type", json_integer(p->sgx_type));
	return object;
}

static json_t *signer(struct render_json *o, const struct jurat_verdict *v)
{
	const struct verdict_tdx *t = v->tdx;
	json_t *object = json_object();

	render_put(o, object, "kind", json_string("pck"));
	render_put(o, object, "signature_holds", json_boolean(v->signature_holds));
	if (v->leaf)
		render_put(o, object, "certificate", render_cert(o, v->leaf));
	if (v->intermediate)
		render_put(o, object, "intermediate", render_cert(o, v->intermediate));
	if (v->root)
		render_put(o, object, "root", render_cert(o, v->root));
	if (t->has_pck)
		render_put(o, object, "platform", pck(o, &t->pck));
	render_put(o, object, "qe_mrsigner",
		   render_hex(t->qe_report.mrsigner, sizeof(t->qe_report.mrsigner)));
	render_put(o, object, "qe_isvprodid", json_integer(t->qe_report.isv_prod_id));
	render_put(o, object, "qe_isvsvn", json_integer(t->qe_report.isv_svn));
	return object;
}

static void put_part(struct render_json *o, json_t *to, const char *name, const struct tcb_part *part)
{
	json_t *object;

	if (part->status == TCB_STATUS_NONE)
		return;
	object = json_object();
	render_put(o, object, "status", json_string(tcb_status_name(part->status)));
	if (part->status != TCB_NOT_SUPPORTED)
		render_put(o, object, "date", render_time(part->date));
	render_put(o, to, name, object);
}

static void put_document(struct render_json *o, json_t *to, const char *name,
			 const struct verdict_document *d)
{
	json_t *object;

	if (!d->there)
		return;
	object = json_object();
	render_put(o, object, "issue_date", render_time(d->issue_date));
	render_put(o, object, "next_update", render_time(d->next_update));
	render_put(o, object, "tcb_evaluation_data_number", json_integer(d->evaluation_data_number));
	if (d->signer)
		render_put(o, object, "signer", render_cert(o, d->signer));
	render_put(o, to, name, object);
}

static json_t *tcb(struct render_json *o, const struct jurat_verdict *v)
{
	const struct verdict_tdx *t = v->tdx;
	const struct tcb_evaluation *e = &t->evaluation;
	json_t *object = json_object(), *ids;

	if (t->has_pck) {
		render_put(o, object, "sgx_components", render_svns(o, t->pck.components, TCB_COMPONENTS));
		render_put(o, object, "pcesvn", json_integer(t->pck.pcesvn));
	}
	if (t->has_evaluation) {
		ids = json_array();
		put_part(o, object, "platform", &e->platform);
		put_part(o, object, "tdx_module", &e->module);
		put_part(o, object, "quoting_enclave", &e->qe);
		put_part(o, object, "init_tdx_module", &e->init_module);
		if (t->launched_elsewhere)
			render_put(o, object, "this_platform", json_string(tcb_status_name(e->here)));
		else if (e->current != TCB_STATUS_NONE)
			render_put(o, object, "at_launch", json_string(tcb_status_name(e->launch)));
		if (e->current != TCB_STATUS_NONE)
			render_put(o, object, "current", json_string(tcb_status_name(e->current)));
		if (tcb_deciding_name(e))
			render_put(o, object, "decided_by", json_string(tcb_deciding_name(e)));
		if (e->status != TCB_NOT_SUPPORTED && e->status != TCB_UNRECOGNIZED)
			render_put(o, object, "date", render_time(e->date));
		for (size_t i = 0; i < t->n_advisories; i++)
			render_append(o, ids, json_string(t->advisories[i]));
		render_put(o, object, "advisories", ids);
	}
	render_put(o, object, "shortfall", render_shortfalls(o, v));
	put_document(o, object, "tcb_info", &t->tcb_info);
	put_document(o, object, "qe_identity", &t->qe_identity);
	return object;
}

void render_json_tdx(struct render_json *o, json_t *root, const struct jurat_verdict *v)
{
	const struct verdict_tdx *t = v->tdx;

	if (!v->has_report)
		return;
	render_put(o, root, "evidence", evidence(o, t));
	render_put(o, root, "signer", signer(o, v));
	render_put(o, root, "tcb", tcb(o, v));
	if (verdict_tdx_has_status(t))
		render_put(o, root, "tcb_status", json_string(tcb_status_name(t->evaluation.status)));
	else
		render_put(o, root, "tcb_status", json_null());
	if (t->events)
		render_put(o, root, "event_log", render_events(o, t->events));
}

static void text_svns(FILE *f, const char *label, const uint8_t *svns)
{
	char text[4 * TCB_COMPONENTS];

	wire_svns_format(svns, TCB_COMPONENTS, text, sizeof(text));
	fprintf(f, "%-*s %s\n", RENDER_LABEL, label, text);
}

static void text_body(FILE *f, const struct verdict_tdx *t)
{
	static const char *const names[] = {
		"report_data",   "mrtd",       "rtmr0",       "rtmr1",         "rtmr2",
		"rtmr3",         "mrconfigid", "mrowner",     "mrownerconfig", "mrseam",
		"td_attributes", "xfam",       "tee_tcb_svn",
	};
	static const char *const names_15[] = { "tee_tcb_svn2", "mrservicetd" };
	static const char *const names_15ex[] = {
		"vmid",        "td_id",      "devinfo_hash",     "init_servtd_hash", "init_servtd_attr",
		"init_cpusvn", "init_fmspc", "init_tee_tcb_svn", "curr_servtd_hash", "curr_servtd_attr",
	};
	const struct wire_layout *layout = tdx_body_layout_of(t->body_type);

	fprintf(f, "%-*s tdx\n%-*s %u\n%-*s %d\n", RENDER_LABEL, "tee", RENDER_LABEL, "version",
		t->hdr.version, RENDER_LABEL, "body_type", t->body_type);
	render_text_fields(f, layout, &t->body, names, ARRAY_SIZE(names));
	if (t->has_15)
		render_text_fields(f, layout, &t->body, names_15, ARRAY_SIZE(names_15));
	if (t->has_15ex)
		render_text_fields(f, layout, &t->body, names_15ex, ARRAY_SIZE(names_15ex));
}

static void text_part(FILE *f, const char *label, const struct tcb_part *part)
{
	char date[VERDICT_TIME_BYTES];

	if (part->status == TCB_STATUS_NONE)
		return;
	fprintf(f, "%-*s %s", RENDER_LABEL, label, tcb_status_name(part->status));
	if (part->status != TCB_NOT_SUPPORTED)
		fprintf(f, ", of %s", verdict_time(part->date, date));
	fputc('\n', f);
}

static void text_document(FILE *f, const char *label, const struct verdict_document *d)
{
	char from[VERDICT_TIME_BYTES], to[VERDICT_TIME_BYTES], name[VERDICT_NAME_BYTES] = "an unknown signer";

	if (d->signer)
		verdict_name(&d->signer->cert.subject_cn, name, sizeof(name));
	if (d->there)
		fprintf(f, "%-*s number %u, %s to %s, signed by %s\n", RENDER_LABEL, label,
			d->evaluation_data_number, verdict_time(d->issue_date, from),
			verdict_time(d->next_update, to), name);
}

static void text_statuses(FILE *f, const struct verdict_tdx *t)
{
	const struct tcb_evaluation *e = &t->evaluation;

	fprintf(f, "%-*s %s\n", RENDER_LABEL, "tcb_status",
		verdict_tdx_has_status(t) ? tcb_status_name(e->status)
					  : "not evaluated for the platform it was launched on");
	if (tcb_deciding_name(e))
		fprintf(f, "%-*s %s\n", RENDER_LABEL, "  decided_by", tcb_deciding_name(e));
	if (t->launched_elsewhere)
		fprintf(f, "%-*s %s\n", RENDER_LABEL, "  this_platform", tcb_status_name(e->here));
	text_part(f, "  platform", &e->platform);
	text_part(f, "  tdx_module", &e->module);
	text_part(f, "  quoting_enclave", &e->qe);
	text_part(f, "  init_tdx_module", &e->init_module);
	if (e->current != TCB_STATUS_NONE && t->launched_elsewhere)
		fprintf(f, "%-*s %s\n", RENDER_LABEL, "  current", tcb_status_name(e->current));
	else if (e->current != TCB_STATUS_NONE)
		fprintf(f, "%-*s %s, and %s now\n", RENDER_LABEL, "  at_launch", tcb_status_name(e->launch),
			tcb_status_name(e->current));
}

static void text_tcb(FILE *f, const struct verdict_tdx *t)
{
	char hex[BYTES_HEX_SIZE(6)];

	if (t->has_pck) {
		fprintf(f, "%-*s %s\n%-*s %u\n", RENDER_LABEL, "fmspc",
			bytes_to_hex(t->pck.fmspc, sizeof(t->pck.fmspc), hex), RENDER_LABEL, "pcesvn",
			t->pck.pcesvn);
		text_svns(f, "sgx_components", t->pck.components);
	}
	text_document(f, "tcb_info", &t->tcb_info);
	text_document(f, "qe_identity", &t->qe_identity);
	if (!t->has_evaluation)
		return;
	text_statuses(f, t);
	if (t->n_advisories > 0)
		fprintf(f, "%-*s", RENDER_LABEL, "advisories");
	for (size_t i = 0; i < t->n_advisories; i++)
		fprintf(f, " %s", t->advisories[i]);
	if (t->n_advisories > 0)
		fputc('\n', f);
}

void render_text_tdx(FILE *f, const struct jurat_verdict *v)
{
	if (!v->has_report)
		return;
	text_body(f, v->tdx);
	render_text_cert(f, "PCK", v->leaf);
	render_text_cert(f, "PCK CA", v->intermediate);
	render_text_cert(f, "root", v->root);
	text_tcb(f, v->tdx);
	if (v->tdx->events)
		render_text_events(f, v->tdx->events);
}
