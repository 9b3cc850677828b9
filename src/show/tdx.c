/* SPDX-License-Identifier: MIT */
#include "show/show.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "verify/render.h"
#include "verify/tdx_collateral.h"
#include "wire/tdx_quote.h"
#include "wire/tdx_report.h"

static void add_meaning(struct show *s, json_t *to, const struct wire_layout *layout, const void *from)
{
	struct render_json o = { 0 };

	if (s->form == SHOW_JSON)
		show_add(s, to, "meaning", render_td_meaning(&o, layout, from));
	s->failed = s->failed || o.bad;
}

int show_td_report(struct show *s, const uint8_t *data, size_t n, struct jurat_error *err)
{
	struct tdx_report report;
	struct jurat_error why;
	json_t *part;
	int r = tdx_report_read(data, n, &report, err);

	if (r < 0)
		return r;
	part = show_add(s, s->root, "report_mac_struct", json_object());
	if (part)
		show_add_fields(s, part, &tdx_report_mac_layout, &report.mac);
	s->offset = TDX_TCB_INFO_OFF;
	part = show_add(s, s->root, "tee_tcb_info", json_object());
	if (part) {
		show_add_fields(s, part, &tdx_tcb_info_layout, &report.tcb);
		add_meaning(s, part, &tdx_tcb_info_layout, &report.tcb);
	}
	s->offset = TDX_TD_INFO_OFF;
	part = show_add(s, s->root, "td_info", json_object());
	if (part) {
		show_add_fields(s, part, &tdx_td_info_layout, &report.td);
		add_meaning(s, part, &tdx_td_info_layout, &report.td);
	}
	if (tdx_report_check_reserved(&report, &why) < 0)
		show_add_text(s, s->root, "note", why.text);
	return 0;
}

/*
 * Shows the certification data: a certificate chain, or the platform whose PCK certificate must be fetched.
 */
static void show_certification(struct show *s, json_t *to, const struct tdx_quote *q)
{
	struct tdx_cert_ppid ppid;
	struct jurat_error why;

	show_add_number(s, to, "type", q->cert_type);
	show_add_text(s, to, "meaning", tdx_cert_data_name(q->cert_type));
	if (tdx_quote_ppid(q, &ppid)) {
		show_add_hex(s, to, "ppid", ppid.ppid.data, ppid.ppid.size);
		show_add_hex(s, to, "cpusvn", ppid.cpusvn, sizeof(ppid.cpusvn));
		show_add_number(s, to, "pce_isvsvn", ppid.pce_isvsvn);
		show_add_number(s, to, "pce_id", ppid.pce_id);
	} else if (q->cert_type == TDX_CERT_PCK_LEAF || q->cert_type == TDX_CERT_PCK_CHAIN) {
		if (show_certificates(s, to, q->cert_data.data, q->cert_data.size, &why) < 0)
			show_add_text(s, to, "note", why.text);
	} else {
		show_add_number(s, to, "bytes", q->cert_data.size);
	}
}

static void show_quote_parts(struct show *s, json_t *to, const struct tdx_quote *q)
{
	const struct wire_layout *body = tdx_body_layout_of(q->body_type);
	const uint8_t *quote = q->signed_bytes.data;
	const size_t signature = q->signed_bytes.size + 4,
		     qe_report = (size_t)(q->qe_report_bytes.data - quote);
	json_t *part;

	part = show_add(s, to, "header", json_object());
	if (part)
		show_add_fields(s, part, &tdx_quote_hdr_layout, &q->hdr);
	show_add_number(s, to, "body_type", q->body_type);
	part = show_add(s, to, "body", json_object());
	s->offset = q->signed_bytes.size - (body ? body : &sgx_report_layout)->size;
	if (part && body) {
		show_add_fields(s, part, body, &q->body);
		add_meaning(s, part, body, &q->body);
	} else if (part) {
		show_add_fields(s, part, &sgx_report_layout, &q->enclave);
	}
	s->offset = 0;
	show_add_hex_at(s, to, "signature", q->signature, sizeof(q->signature), signature);
	show_add_hex_at(s, to, "attestation_key", q->attestation_key, sizeof(q->attestation_key),
			signature + sizeof(q->signature));
	part = show_add(s, to, "qe_report", json_object());
	s->offset = qe_report;
	if (part)
		show_add_fields(s, part, &sgx_report_layout, &q->qe_report);
	s->offset = 0;
	show_add_hex_at(s, to, "qe_report_signature", q->qe_report_signature, sizeof(q->qe_report_signature),
			qe_report + sgx_report_layout.size);
	show_add_hex_at(s, to, "authentication_data", q->auth_data.data, q->auth_data.size,
			(size_t)(q->auth_data.data - quote));
	part = show_add(s, to, "certification_data", json_object());
	if (part)
		show_certification(s, part, q);
	show_add_number(s, to, "bytes", q->size);
	show_add_number(s, to, "trailing_bytes", q->trailing);
}

static void show_advisories(struct show *s, json_t *to, const struct signed_document *doc,
			    const struct advisories *advisories)
{
	json_t *list = advisories->n > 0 ? show_add(s, to, "advisories", json_array()) : NULL;

	for (size_t i = 0; list && i < advisories->n; i++) {
		if (json_array_append_new(list, json_string(doc->advisories[advisories->first + i])) < 0)
			s->failed = true;
	}
}

static void show_svn_levels(struct show *s, json_t *to, const struct signed_document *doc,
			    const struct svn_levels *levels)
{
	json_t *list = show_add(s, to, "tcb_levels", json_array());

	for (size_t i = 0; list && i < levels->n; i++) {
		const struct svn_level *level = &levels->items[i];
		json_t *item = show_append_object(s, list);

		if (!item)
			return;
		show_add_number(s, item, "isvsvn", level->isvsvn);
		show_add_text(s, item, "status", tcb_status_name(level->status));
		show_add_time(s, item, "date", level->date);
		show_advisories(s, item, doc, &level->advisories);
	}
}

static void show_levels(struct show *s, json_t *to, const struct tcb_info *info)
{
	json_t *list = show_add(s, to, "tcb_levels", json_array());

	for (size_t i = 0; list && i < info->n_levels; i++) {
		const struct tcb_level *level = &info->levels[i];
		json_t *item = show_append_object(s, list);

		if (!item)
			return;
		show_add_svns(s, item, "sgx_components", level->sgx, sizeof(level->sgx));
		show_add_number(s, item, "pcesvn", level->pcesvn);
		if (strcmp(info->doc.id, "TDX") == 0)
			show_add_svns(s, item, "tdx_components", level->tdx, sizeof(level->tdx));
		show_add_text(s, item, "status", tcb_status_name(level->status));
		show_add_time(s, item, "date", level->date);
		show_advisories(s, item, &info->doc, &level->advisories);
	}
}

static void show_document(struct show *s, json_t *to, const char *kind, const struct signed_document *doc)
{
	show_add_text(s, to, "kind", kind);
	show_add_text(s, to, "id", doc->id);
	show_add_time(s, to, "issue_date", doc->issue_date);
	show_add_time(s, to, "next_update", doc->next_update);
	show_add_number(s, to, "tcb_evaluation_data_number", doc->evaluation_data_number);
	show_add_hex(s, to, "signed_sha256", doc->part.digest, sizeof(doc->part.digest));
}

static void show_tcb_info(struct show *s, json_t *to, const struct tcb_info *info)
{
	json_t *list;

	show_document(s, to, "TCB info", &info->doc);
	show_add_hex(s, to, "fmspc", info->fmspc, sizeof(info->fmspc));
	show_add_hex(s, to, "pceid", info->pceid, sizeof(info->pceid));
	show_add_number(s, to, "tcb_type", info->tcb_type);
	list = info->has_modules ? show_add(s, to, "tdx_modules", json_array()) : NULL;
	for (size_t i = 0; list && i < info->n_modules; i++) {
		json_t *item = show_append_object(s, list);

		if (!item)
			return;
		show_add_text(s, item, "id", info->modules[i].id);
		show_add_hex(s, item, "mrsigner", info->modules[i].mrsigner,
			     sizeof(info->modules[i].mrsigner));
		show_svn_levels(s, item, &info->doc, &info->modules[i].levels);
	}
	show_levels(s, to, info);
}

static void show_identity(struct show *s, json_t *to, const struct qe_identity *q)
{
	show_document(s, to, "QE identity", &q->doc);
	show_add_hex(s, to, "mrsigner", q->mrsigner, sizeof(q->mrsigner));
	show_add_number(s, to, "isvprodid", q->isvprodid);
	show_add_hex(s, to, "attributes", q->attributes, sizeof(q->attributes));
	show_add_hex(s, to, "attributes_mask", q->attributes_mask, sizeof(q->attributes_mask));
	show_svn_levels(s, to, &q->doc, &q->levels);
}

/*
 * Where one of `n` documents of a kind goes: the root if there is nothing else; a member; of several, an item
 * of the list under the plural.
 */
static json_t *place(struct show *s, bool alone, size_t n, const char *name, const char *plural)
{
	json_t *list;

	if (alone)
		return s->root;
	if (n == 1)
		return show_add(s, s->root, name, json_object());
	list = json_object_get(s->root, plural);
	if (!list)
		list = show_add(s, s->root, plural, json_array());
	return list ? show_append_object(s, list) : NULL;
}

/* Shows one document, or all documents of a bundle; certificates and CRLs in it are only counted. */
int show_collateral(struct show *s, const uint8_t *data, size_t n, struct jurat_error *err)
{
	struct jurat_tdx_collateral *c = NULL;
	bool alone;
	int r = jurat_tdx_collateral_new(&c, err);

	if (r == 0)
		r = jurat_tdx_collateral_add(c, data, n, err);
	if (r < 0) {
		jurat_tdx_collateral_free(c);
		return r;
	}
	alone = c->n_tcb_infos + c->n_identities == 1 && c->n_certs + c->n_crls == 0;
	if (!alone) {
		show_add_text(s, s->root, "kind", "collateral");
		show_add_number(s, s->root, "certificates", c->n_certs);
		show_add_number(s, s->root, "revocation_lists", c->n_crls);
	}
	for (size_t i = 0; i < c->n_tcb_infos; i++) {
		json_t *part = place(s, alone, c->n_tcb_infos, "tcb_info", "tcb_infos");

		if (part)
			show_tcb_info(s, part, c->tcb_infos[i]);
	}
	for (size_t i = 0; i < c->n_identities; i++) {
		json_t *part = place(s, alone, c->n_identities, "qe_identity", "qe_identities");

		if (part)
			show_identity(s, part, c->identities[i]);
	}
	jurat_tdx_collateral_free(c);
	return 0;
}

int show_quote(struct show *s, const uint8_t *data, size_t n, struct jurat_error *err)
{
	struct tdx_quote quote;
	int r = tdx_quote_read_any(data, n, &quote, err);

	if (r < 0)
		return r;
	show_add_text(s, s->root, "kind", quote.body_type == TDX_BODY_SGX ? "SGX quote" : "TD quote");
	show_quote_parts(s, s->root, &quote);
	return 0;
}
