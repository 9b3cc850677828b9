/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "cli/tcb.h"
#include "verify/verdict.h"

/* The TCB of SEV-SNP reports and platforms, by a user's table of minimums. */

struct platform {
	struct snp_minimum_subject is;
	struct snp_tcb current; /* of the firmware that runs; `is` has what it reports */
	bool has_current;
};

/* What the table says at one time. */
struct said {
	size_t n_rows, n_short;          /* rows for this processor; of these, not met */
	int64_t since;                   /* from when a row that is not met is required; INT64_MAX: none */
	const struct snp_minimum *first; /* that row */
	const struct snp_minimum
		*undecided; /* a row of which it is not known whether it is for the processor */
};

/* Of several rows that a component is too low for, the highest. */
static const struct snp_minimum *highest(const struct tcb_survey *s, const struct platform *p, int64_t at,
					 unsigned component)
{
	const struct snp_minimum *found = NULL;

	for (size_t i = 0; i < s->table.n; i++) {
		const struct snp_minimum *row = &s->table.rows[i];
		unsigned wanted = snp_tcb_get(&row->tcb, component);

		if (!row->named[component] || snp_tcb_get(&p->is.tcb, component) >= wanted ||
		    (found && wanted <= snp_tcb_get(&found->tcb, component)))
			continue;
		if (snp_minimum_state(row, &p->is, at) >= SNP_MINIMUM_SHORT)
			found = row;
	}
	return found;
}

static json_t *shortfalls_of(struct tcb_row *row, const struct tcb_survey *s, const struct platform *p,
			     int64_t at)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < SNP_TCB_COMPONENTS; i++) {
		const struct snp_minimum *minimum = highest(s, p, at, i);
		json_t *object;

		if (!minimum)
			continue;
		object = json_object();
		render_put(&row->o, object, "part", json_string("reported_tcb"));
		render_put(&row->o, object, "component", json_string(snp_tcb_component_name(i)));
		render_put(&row->o, object, "is", json_integer(snp_tcb_get(&p->is.tcb, i)));
		render_put(&row->o, object, "wanted", json_integer(snp_tcb_get(&minimum->tcb, i)));
		render_put(&row->o, object, "bulletin", json_string(minimum->bulletin));
		render_append(&row->o, array, object);
	}
	return array;
}

/* Whether the firmware that runs meets a row, and reports less than it could. */
static bool is_installed(const struct platform *p, const struct snp_minimum *minimum)
{
	struct snp_minimum_subject running = p->is;

	running.tcb = p->current;
	return p->has_current && snp_minimum_state(minimum, &running, INT64_MAX) == SNP_MINIMUM_MET;
}

static json_t *update_of(struct tcb_row *row, const struct platform *p, const struct snp_minimum *minimum)
{
	json_t *update = json_object();

	render_put(&row->o, update, "bulletin", json_string(minimum->bulletin));
	if (minimum->title[0])
		render_put(&row->o, update, "title", json_string(minimum->title));
	render_put(&row->o, update, "published",
		   minimum->has_published ? render_time(minimum->published) : json_null());
	render_put(&row->o, update, "required_from",
		   minimum->required_from == INT64_MIN ? json_null() : render_time(minimum->required_from));
	render_put(&row->o, update, "installed", json_boolean(is_installed(p, minimum)));
	return update;
}

static void take_row(struct tcb_row *row, const struct platform *p, const struct snp_minimum *minimum,
		     enum snp_minimum_state state, json_t *updates, struct said *said)
{
	if (state == SNP_MINIMUM_OTHER)
		return;
	said->n_rows++;
	if (state == SNP_MINIMUM_MET)
		return;
	said->n_short += state == SNP_MINIMUM_SHORT;
	if (state == SNP_MINIMUM_UNDECIDED)
		said->undecided = minimum;
	if (state == SNP_MINIMUM_SHORT && (!said->first || minimum->required_from < said->since)) {
		said->first = minimum;
		said->since = minimum->required_from;
	}
	render_append(&row->o, updates, update_of(row, p, minimum));
}

static struct said ask(struct tcb_row *row, const char *set, const struct tcb_survey *s,
		       const struct platform *p, int64_t at)
{
	struct said said = { .since = INT64_MAX };
	json_t *updates = json_array(), *object = json_object();
	const char *status;

	for (size_t i = 0; i < s->table.n; i++)
		take_row(row, p, &s->table.rows[i], snp_minimum_state(&s->table.rows[i], &p->is, at), updates,
			 &said);
	status = said.n_short > 0 ? "OutOfDate" : said.n_rows == 0 || said.undecided ? NULL : "UpToDate";
	render_put(&row->o, object, "status", status ? json_string(status) : json_null());
	render_put(&row->o, object, "tcb", render_tcb(&row->o, p->is.product, &p->is.tcb));
	render_put(&row->o, object, "shortfalls", shortfalls_of(row, s, p, at));
	render_put(&row->o, object, "updates", updates);
	render_put(&row->o, row->json, set, object);
	return said;
}

static void date_row(struct tcb_row *row, const struct said *said)
{
	char by[64];

	snprintf(by, sizeof(by), "required_from of %s", said->first->bulletin);
	if (said->since == INT64_MIN)
		tcb_row_out_of_date(row, NULL, "the table does not date it");
	else
		tcb_row_out_of_date(row, &said->since, by);
}

static void judge(const struct tcb_survey *s, struct tcb_row *row, const struct platform *p)
{
	const char *product = snp_product_name(p->is.product);
	struct said is, will;

	if (!s->has_table) {
		tcb_row_reason(row, NULL, "no-table", "SEV-SNP evidence requires --snp-table");
		tcb_row_worsen(row, ROW_UNKNOWN);
		return;
	}
	is = ask(row, "now", s, p, s->at);
	will = ask(row, "early", s, p, INT64_MAX);
	if (is.n_rows == 0) {
		tcb_row_reason(row, NULL, "no-minimum",
			       "the table has no minimum that is required of this %s now", product);
		tcb_row_worsen(row, ROW_UNKNOWN);
	} else if (will.undecided) {
		tcb_row_reason(row, NULL, "cpuid-missing",
			       "the evidence does not name its processor model, which %s depends on",
			       will.undecided->bulletin);
		tcb_row_worsen(row, ROW_UNKNOWN);
	}
	if (is.n_short > 0)
		tcb_row_worsen(row, ROW_SHORT);
	else if (will.n_short > 0)
		tcb_row_worsen(row, ROW_SHORT_EARLY);
	if (is.n_short > 0)
		date_row(row, &is);
	else if (will.n_short > 0)
		date_row(row, &will);
}

static void add_platform(struct tcb_row *row, const struct platform *p, const uint8_t *chip_id, bool vlek)
{
	json_t *platform = json_object();
	const size_t n = snp_hwid_bytes(p->is.product);

	render_put(&row->o, platform, "tee", json_string("sev-snp"));
	render_put(&row->o, platform, "product",
		   p->is.product == SNP_PRODUCT_UNKNOWN ? json_null()
							: json_string(snp_product_name(p->is.product)));
	render_put(&row->o, platform, "chip_id",
		   !chip_id || bytes_all(chip_id, 64, 0) ? json_null() : render_hex(chip_id, n));
	render_put(&row->o, platform, "signer", json_string(vlek ? "vlek" : "vcek"));
	render_put(&row->o, row->json, "platform", platform);
}

int tcb_report(const struct tcb_survey *s, struct cli *cli, struct jurat_verifier *verifier,
	       const struct cli_evidence *e, struct tcb_row *row)
{
	struct jurat_snp_evidence evidence = { .size = sizeof(evidence),
					       .report = e->report,
					       .report_size = e->report_size,
					       .certs = e->certs,
					       .certs_size = e->certs_size };
	struct jurat_verdict *v auto_call(verdict_drop) = NULL;
	struct platform p = { .has_current = true };
	struct jurat_error err = { "" };
	int status = cli_load_carried(cli, verifier, NULL, e);

	if (status != CLI_OK)
		return status;
	if (jurat_verify_snp(verifier, &evidence, &s->policy, s->at, &v, &err) < 0)
		return cli_fail(cli, CLI_INTERNAL, "%s", err.text);
	p.is = (struct snp_minimum_subject){ .product = v->product,
					     .has_cpuid = v->report.version >= 3,
					     .family = v->report.cpuid_fam_id,
					     .model = v->report.cpuid_mod_id,
					     .stepping = v->report.cpuid_step };
	render_put(&row->o, row->json, "kind", json_string("snp-report"));
	render_put(&row->o, row->json, "verified", json_boolean(jurat_verdict_accepted(v)));
	add_platform(row, &p, v->report.chip_id, v->vlek);
	for (size_t i = 0; i < jurat_verdict_reason_count(v); i++)
		tcb_row_reason(row, NULL, jurat_verdict_reason_code(v, i), "%s",
			       jurat_verdict_reason_detail(v, i));
	if (!jurat_verdict_accepted(v))
		tcb_row_worsen(row, ROW_UNVERIFIED);
	if (v->has_report && snp_tcb_read(p.is.product, v->report.reported_tcb, &p.is.tcb)) {
		p.has_current = snp_tcb_read(p.is.product, v->report.current_tcb, &p.current);
		judge(s, row, &p);
	} else {
		tcb_row_worsen(row, ROW_UNVERIFIED);
	}
	return CLI_OK;
}

/* "0x0000000000000018", as jurat-host(1) writes a TCB_VERSION. */
static bool read_tcb(enum snp_product product, const json_t *json, struct snp_tcb *ret)
{
	const char *text = json_string_value(json);
	uint8_t raw[8];
	uint64_t value = 0;

	if (!text || strncmp(text, "0x", 2) != 0 || !bytes_from_hex(text + 2, raw, sizeof(raw)))
		return false;
	for (size_t i = 0; i < sizeof(raw); i++)
		value = value << 8 | raw[i];
	return snp_tcb_read(product, value, ret);
}

static int read_platform(const json_t *json, struct platform *p, uint8_t chip_id[64], struct jurat_error *err)
{
	const char *product = json_string_value(json_object_get(json, "product"));
	const char *chip = json_string_value(json_object_get(json, "chip_id"));

	p->is.product = product ? snp_product_by_name(product) : SNP_PRODUCT_UNKNOWN;
	if (p->is.product == SNP_PRODUCT_UNKNOWN)
		return jurat_fail(err, -EBADMSG, "product: expected a product's name");
	if (!chip || !bytes_from_hex(chip, chip_id, snp_hwid_bytes(p->is.product)))
		return jurat_fail(err, -EBADMSG, "chip_id: expected %zu hex digits",
				  2 * snp_hwid_bytes(p->is.product));
	if (!read_tcb(p->is.product, json_object_get(json, "reported_tcb"), &p->is.tcb))
		return jurat_fail(err, -EBADMSG,
				  "reported_tcb: expected a TCB_VERSION of %s, 0x and 16 hex digits",
				  product);
	p->has_current = json_object_get(json, "current_tcb") != NULL;
	if (p->has_current && !read_tcb(p->is.product, json_object_get(json, "current_tcb"), &p->current))
		return jurat_fail(err, -EBADMSG,
				  "current_tcb: expected a TCB_VERSION of %s, 0x and 16 hex digits", product);
	return 0;
}

int tcb_snp_platform(const struct tcb_survey *s, const json_t *json, struct tcb_row *row,
		     struct jurat_error *err)
{
	const char *signs = json_string_value(json_object_get(json, "signs_with"));
	struct platform p = { .has_current = false };
	uint8_t chip_id[64] = { 0 };
	int r = read_platform(json, &p, chip_id, err);

	if (r < 0)
		return r;
	render_put(&row->o, row->json, "kind", json_string("snp-platform"));
	add_platform(row, &p, chip_id, signs && strncmp(signs, "VLEK", 4) == 0);
	if (!s->allow_unsigned) {
		tcb_row_reason(row, NULL, "unsigned",
			       "the statement of a platform is not signed (see --allow-unsigned)");
		tcb_row_worsen(row, ROW_UNVERIFIED);
	}
	judge(s, row, &p);
	return 0;
}
