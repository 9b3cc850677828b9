/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/tcb.h"
#include "verify/tdx_stated.h"

/* The TCB of TD quotes, by the verifier: one verdict for each set of collateral. */

/* Reasons that are statuses: all others mean that the status is not known. */
static bool is_status(const char *code)
{
	static const char *const codes[] = { JURAT_REASON_TCB_NOT_SUPPORTED,
					     JURAT_REASON_TCB_STATUS_UNRECOGNIZED,
					     JURAT_REASON_TCB_STATUS_NOT_ACCEPTED,
					     JURAT_REASON_CURRENT_TCB_STATUS_NOT_ACCEPTED };

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (!strcmp(codes[i], code))
			return true;
	return false;
}

/* Adds why nothing is known. false: all that was verified holds. */
static bool add_reasons(struct tcb_row *row, const char *set, const struct jurat_verdict *v)
{
	bool any = v->n_reasons == VERDICT_MAX_REASONS; /* there may be more */

	for (size_t i = 0; i < jurat_verdict_reason_count(v); i++) {
		const char *code = jurat_verdict_reason_code(v, i);

		if (is_status(code))
			continue;
		tcb_row_reason(row, set, code, "%s", jurat_verdict_reason_detail(v, i));
		any = true;
	}
	return any;
}

static json_t *advisories_of(struct tcb_row *row, const struct jurat_verdict *v)
{
	json_t *ids = json_array();

	for (size_t i = 0; i < jurat_verdict_tdx_advisory_count(v); i++)
		render_append(&row->o, ids, json_string(jurat_verdict_tdx_advisory(v, i)));
	return ids;
}

/* The TCB level that a part would have to meet, of its first shortfall. */
static json_t *update_of(struct tcb_row *row, const struct verdict_tdx *tdx,
			 const struct verdict_shortfall *s)
{
	const bool enclave = !strcmp(s->part, tcb_part_name(TCB_PART_QE));
	json_t *update = json_object(), *ids = json_array();

	for (size_t i = 0; i < s->n_advisories; i++)
		render_append(&row->o, ids, json_string(s->advisories[i]));
	render_put(&row->o, update, "part", json_string(s->part));
	render_put(&row->o, update, "status", json_string(tcb_status_name(s->status)));
	render_put(&row->o, update, "tcb_date", render_time(s->date));
	render_put(&row->o, update, "tcb_evaluation_data_number",
		   json_integer(enclave ? tdx->qe_identity.evaluation_data_number
					: tdx->tcb_info.evaluation_data_number));
	render_put(&row->o, update, "remaining_advisories", ids);
	return update;
}

static json_t *updates_of(struct tcb_row *row, const struct jurat_verdict *v)
{
	const struct verdict_shortfall *last = NULL;
	json_t *updates = json_array();

	for (size_t i = 0; i < v->n_shortfalls; i++) {
		const struct verdict_shortfall *s = &v->shortfalls[i];

		if (!last || strcmp(last->part, s->part) != 0)
			render_append(&row->o, updates, update_of(row, v->tdx, s));
		last = s;
	}
	return updates;
}

static json_t *shortfalls_of(struct tcb_row *row, const struct jurat_verdict *v)
{
	json_t *array = json_array();

	for (size_t i = 0; i < v->n_shortfalls; i++) {
		const struct verdict_shortfall *s = &v->shortfalls[i];
		json_t *object = json_object();

		render_put(&row->o, object, "part", json_string(s->part));
		render_put(&row->o, object, "component", json_string(s->component));
		if (s->name[0])
			render_put(&row->o, object, "name", json_string(s->name));
		render_put(&row->o, object, "is", json_integer((json_int_t)s->is));
		render_put(&row->o, object, "wanted", json_integer((json_int_t)s->wanted));
		render_append(&row->o, array, object);
	}
	return array;
}

/* What one set says. */
struct said {
	bool known;
	enum tcb_status status;
	const char *decided_by; /* NULL: all is up to date */
};

static struct said ask(const struct jurat_verdict *v)
{
	struct jurat_tdx_tcb tcb = { .size = sizeof(tcb) };
	int r = jurat_verdict_tdx_tcb(v, JURAT_TDX_TCB_PART_ALL, &tcb);

	if (r != 0)
		r = jurat_verdict_tdx_tcb(v, JURAT_TDX_TCB_PART_THIS_PLATFORM, &tcb);
	return (struct said){ r == 0, (enum tcb_status)tcb.status, tcb.decided_by };
}

static struct said add_set(struct tcb_row *row, const char *set, const struct jurat_verdict *v)
{
	struct said said = { .known = false };
	const struct verdict_document *info = &v->tdx->tcb_info;
	json_t *object;

	if (add_reasons(row, set, v)) {
		tcb_row_worsen(row, ROW_UNVERIFIED);
		return said;
	}
	said = ask(v);
	if (!said.known) {
		tcb_row_worsen(row, ROW_UNKNOWN);
		return said;
	}
	object = json_object();
	render_put(&row->o, object, "status", json_string(tcb_status_name(said.status)));
	render_put(&row->o, object, "decided_by",
		   said.decided_by ? json_string(said.decided_by) : json_null());
	render_put(&row->o, object, "tcb_evaluation_data_number", json_integer(info->evaluation_data_number));
	render_put(&row->o, object, "issued", render_time(info->issue_date));
	render_put(&row->o, object, "next_update", render_time(info->next_update));
	render_put(&row->o, object, "advisories", advisories_of(row, v));
	render_put(&row->o, object, "shortfalls", shortfalls_of(row, v));
	render_put(&row->o, object, "updates", updates_of(row, v));
	render_put(&row->o, row->json, set, object);
	return said;
}

/*
 * The day from which a status is not that of an up-to-date TCB: that of the level above, up to whose
 * advisories it protects. Spec: Intel PCS API v4, tcbDate
 */
static void date_status(struct tcb_row *row, const struct jurat_verdict *v, const struct said *said)
{
	const struct verdict_shortfall *deciding = NULL;

	for (size_t i = 0; i < v->n_shortfalls; i++) {
		const struct verdict_shortfall *s = &v->shortfalls[i];

		if (!deciding && (!said->decided_by || !strcmp(s->part, said->decided_by)))
			deciding = s;
	}
	if (deciding)
		tcb_row_out_of_date(row, &deciding->date, "tcbDate of the next better TCB level");
	else
		tcb_row_out_of_date(row, NULL, "the collateral has no better TCB level");
}

static bool is_accepted(const struct tcb_survey *s, const struct said *said)
{
	return s->accepted >> said->status & 1;
}

static void add_platform(struct tcb_row *row, const uint8_t *fmspc)
{
	json_t *platform = json_object();

	render_put(&row->o, platform, "tee", json_string("tdx"));
	render_put(&row->o, platform, "fmspc", fmspc ? render_hex(fmspc, 6) : json_null());
	render_put(&row->o, row->json, "platform", platform);
}

/* Nobody says in advance on which day the standard set follows the early one. */
static void will_be(const struct jurat_verdict *now, const struct jurat_verdict *early, char *by, size_t size)
{
	const unsigned is = now->tdx->tcb_info.evaluation_data_number,
		       will = early->tdx->tcb_info.evaluation_data_number;

	if (will > is)
		snprintf(by, size, "when the standard set has tcbEvaluationDataNumber %u (now %u)", will, is);
	else
		snprintf(by, size,
			 "tcbEvaluationDataNumber is %u in the early set and %u in the standard one: "
			 "expected a "
			 "later one",
			 will, is);
}

/* Both verdicts; `early` NULL: there is no early set. */
static void judge(const struct tcb_survey *s, struct tcb_row *row, const struct jurat_verdict *now,
		  const struct jurat_verdict *early)
{
	struct said is = add_set(row, "now", now), will = { .known = false };
	char by[128];

	if (early)
		will = add_set(row, "early", early);
	if (is.known && now->signature_holds)
		render_put(&row->o, row->json, "verified", json_true());
	if (is.known && now->tdx->launched_elsewhere)
		tcb_row_reason(row, NULL, "launch-platform",
			       "the TD may have been launched on another platform, which is not in this row");
	if (is.known && !is_accepted(s, &is)) {
		tcb_row_worsen(row, ROW_SHORT);
		date_status(row, now, &is);
	} else if (is.known && will.known && !is_accepted(s, &will)) {
		tcb_row_worsen(row, ROW_SHORT_EARLY);
		will_be(now, early, by, sizeof(by));
		tcb_row_out_of_date(row, NULL, by);
	}
}

/* Sets of collateral for one quote. */
struct sets {
	const struct jurat_tdx_collateral *standard, *early;
	struct jurat_tdx_collateral *own; /* that came with the quote */
};

static void sets_done(struct sets *sets)
{
	jurat_tdx_collateral_free(sets->own);
}

static int choose_sets(const struct tcb_survey *s, struct cli *cli, struct jurat_verifier *verifier,
		       struct cli_evidence *e, struct sets *ret)
{
	struct jurat_error err = { "" };
	int status;

	*ret = (struct sets){ .standard = s->standard, .early = s->early };
	if (s->has_standard || s->fetched)
		return CLI_OK;
	if (jurat_tdx_collateral_new(&ret->own, &err) < 0)
		return cli_fail(cli, CLI_INTERNAL, "%s", err.text);
	ret->standard = ret->own;
	status = cli_load_collateral(cli, ret->own, e);
	return status == CLI_OK ? cli_load_carried(cli, verifier, ret->own, e) : status;
}

/* The sets that were fetched for a platform. */
static void find_fetched(const struct tcb_survey *s, const uint8_t *fmspc, struct sets *sets)
{
	for (size_t i = 0; fmspc && i < s->n_fetched; i++) {
		if (memcmp(s->fetched[i].fmspc, fmspc, sizeof(s->fetched[i].fmspc)) != 0)
			continue;
		sets->standard = s->fetched[i].standard;
		sets->early = s->fetched[i].early;
	}
}

int tcb_quote(const struct tcb_survey *s, struct cli *cli, struct jurat_verifier *verifier,
	      struct cli_evidence *e, struct tcb_row *row)
{
	struct jurat_tdx_evidence quote = { .size = sizeof(quote),
					    .quote = e->quote,
					    .quote_size = e->quote_size };
	struct jurat_verdict *now auto_call(verdict_drop) = NULL, *early auto_call(verdict_drop) = NULL;
	struct jurat_verdict *first auto_call(verdict_drop) = NULL;
	struct sets sets auto_call(sets_done);
	struct jurat_error err = { "" };
	int status = choose_sets(s, cli, verifier, e, &sets), r = 0;

	if (status != CLI_OK)
		return status;
	if (s->fetched) {
		r = jurat_verify_tdx(verifier, &quote, NULL, &s->policy, s->at, &first, &err);
		find_fetched(s, jurat_verdict_tdx_fmspc(first), &sets);
	}
	if (r >= 0)
		r = verdict_tdx_again(verifier, &quote, sets.standard, &s->policy, s->at, first, &now, &err);
	if (r >= 0 && s->has_early)
		r = verdict_tdx_again(verifier, &quote, sets.early, &s->policy, s->at, now, &early, &err);
	if (r < 0)
		return cli_fail(cli, CLI_INTERNAL, "%s", err.text);
	render_put(&row->o, row->json, "kind", json_string("td-quote"));
	add_platform(row, jurat_verdict_tdx_fmspc(now));
	judge(s, row, now, early);
	if (e->unusable) { /* collateral that is there must be used */
		tcb_row_reason(row, "now", JURAT_REASON_COLLATERAL_UNUSABLE, "%s", e->unusable);
		tcb_row_worsen(row, ROW_UNVERIFIED);
	}
	return CLI_OK;
}

int tcb_stated(const struct tcb_survey *s, struct jurat_verifier *verifier, const struct tdx_stated *stated,
	       struct tcb_row *row, struct jurat_error *err)
{
	struct jurat_verdict *now auto_call(verdict_drop) = NULL, *early auto_call(verdict_drop) = NULL;
	struct sets sets = { .standard = s->standard, .early = s->early };
	int r;

	find_fetched(s, stated->fmspc, &sets);
	r = tdx_stated_judge(verifier, stated, sets.standard, &s->policy, s->at, &now, err);
	if (r >= 0 && s->has_early)
		r = tdx_stated_judge(verifier, stated, sets.early, &s->policy, s->at, &early, err);
	if (r < 0)
		return r;
	render_put(&row->o, row->json, "kind", json_string("tdx-platform"));
	add_platform(row, stated->fmspc);
	if (!s->allow_unsigned) {
		tcb_row_reason(row, NULL, "unsigned",
			       "the statement of a platform is not signed (see --allow-unsigned)");
		tcb_row_worsen(row, ROW_UNVERIFIED);
	}
	judge(s, row, now, early);
	return 0;
}
