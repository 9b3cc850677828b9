/* SPDX-License-Identifier: MIT */
#include "show/show.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "crypto/x509.h"
#include "measure/event_log.h"
#include "verify/decode.h"
#include "verify/encoding.h"
#include "verify/render.h"
#include "verify/tdx_collateral.h"
#include "wire/sev_uapi.h"
#include "wire/snp_certs.h"
#include "wire/snp_report.h"

static void show_report(struct show *s, json_t *to, const struct snp_report *report)
{
	enum snp_product product = snp_product_of_report(report);
	struct render_json o = { 0 };
	json_t *meaning;

	show_add_fields(s, to, &snp_report_layout, report);
	if (s->form != SHOW_JSON) {
		show_add_text(s, to, "product", snp_product_name(product));
		return;
	}
	meaning = show_add(s, to, "meaning", render_snp_meaning(&o, report, product));
	if (product == SNP_PRODUCT_UNKNOWN && report->version < 3)
		product = SNP_MILAN; /* or Genoa: its TCBs have the same components */
	if (meaning)
		render_snp_tcbs(&o, meaning, report, product);
	s->failed = s->failed || o.bad;
}

static void show_table(struct show *s, json_t *to, const struct snp_certs *table)
{
	json_t *list = show_add(s, to, "entries", json_array());

	for (unsigned i = 0; list && i < table->n; i++) {
		const struct snp_cert_entry *e = &table->entries[i];
		char guid[SNP_CERTS_GUID_TEXT_SIZE];
		json_t *entry = json_object();
		struct jurat_error why;

		if (!entry || json_array_append_new(list, entry) < 0) {
			s->failed = true;
			return;
		}
		show_add_text(s, entry, "kind", snp_cert_name(e->kind));
		show_add_text(s, entry, "guid", snp_cert_guid_format(e->guid, guid));
		show_add(s, entry, "bytes", json_integer((json_int_t)e->data.size));
		if (show_der(s, entry, e->data.data, e->data.size, &why) < 0)
			show_add_text(s, entry, "content", why.text);
	}
}

static int show_table_bytes(struct show *s, const uint8_t *data, size_t n, struct jurat_error *err)
{
	struct snp_certs table;
	int r = snp_certs_read_any(data, n, &table, err);

	if (r == 0)
		show_table(s, s->root, &table);
	return r;
}

static int show_hashstick(struct show *s, const uint8_t *data, size_t n, struct jurat_error *err)
{
	struct snp_vlek_hashstick hashstick;
	int r = wire_read(&snp_vlek_hashstick_layout, data, n, &hashstick, err);

	if (r == 0)
		show_add_fields(s, s->root, &snp_vlek_hashstick_layout, &hashstick);
	return r;
}

/* Shows a report and its certificate table. */
static int show_snp(struct show *s, const struct decode_evidence *e, struct jurat_error *err)
{
	struct snp_report report;
	int r = snp_report_read(e->report->bytes, e->report->n, &report, err);

	show_add_text(s, s->root, "kind",
		      input_kind_name(e->table ? INPUT_SNP_EXTENDED_REPORT : INPUT_SNP_REPORT));
	if (r < 0)
		return r;
	show_report(s, s->root, &report);
	if (!e->table)
		return 0;
	r = show_table_bytes(s, e->table->bytes, e->table->n, err);
	return r < 0 ? jurat_wrap(err, r, "after the report") : r;
}

/* Shows certificates and CRLs found beside evidence, which need not belong to it. */
static int show_carried(struct show *s, const struct decoded *found, struct jurat_error *err)
{
	json_t *list = NULL;

	for (size_t i = 0; i < found->n; i++) {
		const struct decode_item *item = &found->items[i];
		json_t *one;
		int r;

		if (item->kind != INPUT_CERTIFICATE && item->kind != INPUT_CRL)
			continue;
		list = list ? list : show_add(s, s->root, "carried", json_array());
		one = json_object();
		if (!list || !one || json_array_append_new(list, one) < 0)
			return jurat_fail_memory(err);
		show_add_text(s, one, "kind", input_kind_name(item->kind));
		r = show_der(s, one, item->bytes, item->n, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static void show_how(struct show *s, const struct decode_item *item, const struct decode_item *table)
{
	char how[DECODE_TEXT_BYTES];

	decode_describe(item, table, how);
	if (how[0])
		show_add_text(s, s->root, "decoded", how);
}

/* Shows data that is not evidence: its first item, or all certificates and CRLs. */
static int show_items(struct show *s, const struct decoded *found, struct jurat_error *err)
{
	const struct decode_item *first = &found->items[0];

	show_how(s, first, first->kind == INPUT_SNP_TABLE ? first : NULL);
	switch (first->kind) {
	case INPUT_SNP_TABLE:
		show_add_text(s, s->root, "kind", input_kind_name(first->kind));
		return show_table_bytes(s, first->bytes, first->n, err);
	case INPUT_SNP_HASHSTICK:
		show_add_text(s, s->root, "kind", input_kind_name(first->kind));
		return show_hashstick(s, first->bytes, first->n, err);
	case INPUT_TDX_REPORT:
		show_add_text(s, s->root, "kind", input_kind_name(first->kind));
		return show_td_report(s, first->bytes, first->n, err);
	default:
		return show_found(s, s->root, found, err);
	}
}

static int show_evidence(struct show *s, const struct decoded *found, const struct decode_evidence *e,
			 struct jurat_error *err)
{
	int r;

	show_how(s, e->report ? e->report : e->quote, e->table);
	r = e->report ? show_snp(s, e, err) : show_quote(s, e->quote->bytes, e->quote->n, err);
	return r < 0 ? r : show_carried(s, found, err);
}

static int show_json(struct show *s, const struct encoding_bytes *plain, struct jurat_error *err)
{
	struct decode_item whole = { .kind = INPUT_JSON };

	snprintf(whole.how, sizeof(whole.how), "%s", plain->how);
	show_how(s, &whole, NULL);
	return show_collateral(s, plain->bytes, plain->n, err);
}

/* What stands beside evidence, and is read by itself. */
static int show_log(struct show *s, const struct encoding_bytes *plain, struct jurat_error *err)
{
	struct decode_item whole = { .kind = INPUT_UNKNOWN };

	snprintf(whole.how, sizeof(whole.how), "%s", plain->how);
	show_how(s, &whole, NULL);
	if (measure_ccel_is(plain->bytes, plain->n))
		return show_ccel(s, plain->bytes, plain->n, err);
	return show_event_log(s, s->root, plain->bytes, plain->n, err);
}

int show_any(struct show *s, const uint8_t *data, size_t n, struct jurat_error *err)
{
	struct encoding_bytes plain auto_call(encoding_done) = { .bytes = NULL };
	struct decoded found auto_call(decoded_done) = { .items = NULL };
	struct decode_evidence e;
	char name[DECODE_TEXT_BYTES];
	bool is_json, is_log;
	int r = encoding_undo(data, n, &plain, err);

	if (r < 0)
		return r;
	is_log = measure_log_is(plain.bytes, plain.n);
	is_json = input_kind(plain.bytes, plain.n) == INPUT_JSON;
	if (is_json && collateral_is(plain.bytes, plain.n))
		return show_json(s, &plain, err);
	if ((is_log && !is_json) || measure_ccel_is(plain.bytes, plain.n))
		return show_log(s, &plain, err);
	r = decode(data, n, &found, err);
	if (r == 0)
		r = decode_one_evidence(&found, &e, err);
	if (r == 0)
		r = show_evidence(s, &found, &e, err);
	if (r == 0 && is_log)
		show_carried_log(s, plain.bytes, plain.n);
	if (r <= 0)
		return r;
	if (is_log)
		return show_log(s, &plain, err);
	if (is_json && collateral_is_within(plain.bytes, plain.n))
		return show_json(s, &plain, err);
	decode_name(&found, data, n, name);
	if (found.n == 0 || input_kind(plain.bytes, plain.n) == INPUT_HCL)
		return jurat_fail(err, -ENOENT,
				  "expected evidence, endorsements, collateral or an event log, found: %s",
				  name);
	return show_items(s, &found, err);
}

json_t *show_rows(const uint8_t *data, size_t n)
{
	struct show s = { .form = SHOW_PAGE, .root = json_object() };
	struct jurat_error err;

	if (s.root && show_any(&s, data, n, &err) == 0 && !s.failed)
		return s.root;
	json_decref(s.root);
	return NULL;
}
