/* SPDX-License-Identifier: MIT */
#include "cli/tcb.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "verify/tdx_collateral.h"
#include "verify/verdict.h"

/* `jurat tcb`: how far the TCB of a fleet is, one row for each piece of evidence. */

/* What is printed of one name: a row, or two of a directory. */
struct printed {
	const char *name; /* borrowed */
	char *text;       /* NULL: `status` says why, after a message */
	int status;
	unsigned n[ROW_N_RESULTS];
};

struct worker {
	const struct tcb_survey *s;
	enum tcb_format format;
	struct cli cli; /* whose messages become rows */
	struct cli_caught caught;
	struct jurat_verifier *verifier;
};

/* ---- One name */

/* Appends a row to what is printed. */
static int take_row(struct worker *w, struct tcb_row *row, struct printed *to)
{
	auto_free char *text = tcb_row_text(row, w->format), *before = take_ptr(to->text);

	if (!text)
		return CLI_INTERNAL;
	to->n[row->result]++;
	if (!before)
		to->text = take_ptr(text);
	else if (asprintf(&to->text, "%s%s", before, text) < 0)
		to->text = NULL;
	return to->text ? CLI_OK : CLI_INTERNAL;
}

static int print_unreadable(struct worker *w, const char *name, const char *why, struct printed *to)
{
	struct tcb_row row auto_call(tcb_row_done) = { .json = NULL };

	if (tcb_row_init(&row, name) < 0)
		return CLI_INTERNAL;
	tcb_row_reason(&row, NULL, "unreadable", "%s", why);
	tcb_row_worsen(&row, ROW_UNREADABLE);
	return take_row(w, &row, to);
}

/*
 * Certificates and CRLs that came with one piece of evidence must not serve others, or results would depend
 * on their order: then a verifier of its own is used.
 */
static int print_evidence(struct worker *w, const char *name, struct cli_evidence *e, struct printed *to)
{
	struct jurat_verifier *own = NULL, *verifier = w->verifier;
	int status = cli_evidence_has_endorsements(e) ? cli_load_verifier(&w->cli, NULL, &own) : CLI_OK;

	verifier = own ? own : verifier;
	for (int quote = 0; status == CLI_OK && quote < 2; quote++) {
		struct tcb_row row auto_call(tcb_row_done) = { .json = NULL };

		if (quote ? !e->quote : !e->report)
			continue;
		if (tcb_row_init(&row, name) < 0)
			status = CLI_INTERNAL;
		else
			status = quote ? tcb_quote(w->s, &w->cli, verifier, e, &row)
				       : tcb_report(w->s, &w->cli, verifier, e, &row);
		if (status == CLI_OK)
			status = take_row(w, &row, to);
	}
	jurat_verifier_free(own);
	return status;
}

static int print_platform(struct worker *w, const char *name, json_t *json, struct printed *to)
{
	struct tcb_row row auto_call(tcb_row_done) = { .json = NULL };
	struct jurat_error err = { "" };
	int r;

	if (tcb_row_init(&row, name) < 0)
		return CLI_INTERNAL;
	r = tcb_platform(w->s, w->verifier, json, &row, &err);
	if (r == -EBADMSG)
		return print_unreadable(w, name, err.text, to);
	return r == 0 ? take_row(w, &row, to) : CLI_INTERNAL;
}

static int load_and_print(struct worker *w, const char *name, struct printed *to)
{
	struct cli_evidence e auto_call(cli_evidence_done) = { 0 };
	json_t *platform auto_call(render_json_drop) = NULL;
	auto_free uint8_t *bytes = NULL;
	struct jurat_error err = { "" };
	int status, r;
	size_t n;

	r = cli_read(name, &bytes, &n, &err);
	if (r == -EISDIR) {
		status = cli_load_evidence(&w->cli, name, &e);
	} else if (r < 0) {
		return r == -ENOMEM ? CLI_INTERNAL : print_unreadable(w, name, err.text, to);
	} else {
		platform = tcb_platform_load(bytes, n);
		if (platform)
			return print_platform(w, name, platform, to);
		status = cli_load_evidence_bytes(&w->cli, name, &bytes, n, &e);
	}
	return status == CLI_OK ? print_evidence(w, name, &e, to) : status;
}

static void work(void *context, void *item)
{
	struct worker *w = context;
	struct printed *to = item;

	to->status = load_and_print(w, to->name, to);
	if (to->status == CLI_ENVIRONMENT) {
		free(take_ptr(to->text)); /* half of a directory */
		*to = (struct printed){ .name = to->name };
		to->status = print_unreadable(w, to->name, w->caught.failure ? w->caught.failure : "", to);
	}
	free(take_ptr(w->caught.failure));
}

/* ---- All names */

struct printing {
	struct cli *cli;
	const struct cli_name_list *names;
	size_t next; /* of the names */
	enum tcb_format format;
	struct cli_progress progress;
	bool failed;
	unsigned n[ROW_N_RESULTS];
};

static bool next_name(void *context, void *item)
{
	struct printing *p = context;

	if (p->next == p->names->n)
		return false;
	((struct printed *)item)->name = p->names->items[p->next++];
	return true;
}

static bool print_one(void *context, void *item)
{
	struct printing *p = context;
	struct printed *printed = item;

	for (int k = 0; k < ROW_N_RESULTS; k++)
		p->n[k] += printed->n[k];
	if (printed->status == CLI_OK)
		fputs(printed->text, stdout);
	else
		p->failed = true;
	free(take_ptr(printed->text));
	return true;
}

static void flush_rows(void *context)
{
	(void)context;
	fflush(stdout);
}

static void show_progress(void *context, size_t n)
{
	const struct printing *p = context;

	cli_progress_show(&p->progress, n, p->names->n);
}

/* The last line, for people. */
static void print_sum(const struct printing *p)
{
	unsigned all = 0;
	bool first = true;

	for (int k = 0; k < ROW_N_RESULTS; k++)
		all += p->n[k];
	if (p->format != TCB_TEXT || all < 2)
		return;
	printf("%u rows:", all);
	for (int k = 0; k < ROW_N_RESULTS; k++) {
		if (p->n[k] > 0)
			printf("%s %u %s", first ? "" : ",", p->n[k], tcb_result_name((enum tcb_result)k));
		first = first && p->n[k] == 0;
	}
	putchar('\n');
}

static int status_of(const struct printing *p)
{
	if (p->failed)
		return cli_fail_memory(p->cli);
	if (p->n[ROW_UNREADABLE] > 0)
		return CLI_ENVIRONMENT;
	for (int k = ROW_CURRENT + 1; k < ROW_N_RESULTS; k++)
		if (p->n[k] > 0)
			return CLI_REFUSED;
	return CLI_OK;
}

static int run_workers(struct tcb_survey *s, struct worker *workers, unsigned n_workers, struct printing *p)
{
	void *contexts[CLI_MAX_JOBS];
	struct cli_jobs jobs = { .n_workers = n_workers,
				 .workers = contexts,
				 .item_size = sizeof(struct printed),
				 .next = next_name,
				 .work = work,
				 .done = print_one,
				 .pauses = flush_rows,
				 .waits = show_progress,
				 .context = p };
	int status;

	for (unsigned i = 0; i < n_workers; i++) {
		workers[i].cli.caught = &workers[i].caught;
		contexts[i] = &workers[i];
	}
	if (p->format == TCB_CSV)
		fputs(tcb_csv_header, stdout);
	cli_progress_start(&p->progress);
	status = cli_jobs_run(s->cli, &jobs);
	cli_progress_clear(&p->progress);
	if (status != CLI_OK)
		return status;
	print_sum(p);
	return status_of(p);
}

static int survey(struct tcb_survey *s, const struct cli_name_list *names, enum tcb_format format)
{
	auto_free struct worker *workers = NULL;
	struct printing p = { .cli = s->cli, .names = names, .format = format };
	unsigned n = 0, wanted;
	int status = CLI_OK;

	if (!cli_jobs_workers(s->cli, names->n, &wanted))
		return CLI_USAGE;
	workers = calloc(wanted, sizeof(*workers));
	if (!workers)
		return cli_fail_memory(s->cli);
	for (; status == CLI_OK && n < wanted; n++) {
		workers[n] = (struct worker){ .s = s, .format = format, .cli = *s->cli };
		if (n > 0) /* its warnings were printed */
			workers[n].cli.caught = &workers[n].caught;
		status = cli_load_verifier(&workers[n].cli, NULL, &workers[n].verifier);
	}
	if (status == CLI_OK)
		status = run_workers(s, workers, n, &p);
	while (n > 0) {
		jurat_verifier_free(workers[--n].verifier);
		free(workers[n].caught.failure);
	}
	return status;
}

/* ---- What evidence is compared with */

static int load_set(struct cli *cli, const char *option, struct jurat_tdx_collateral **ret)
{
	struct jurat_error err = { "" };
	char *unusable = NULL;
	int status;

	if (jurat_tdx_collateral_new(ret, &err) < 0)
		return cli_fail(cli, CLI_INTERNAL, "%s", err.text);
	status = cli_load_collateral_of(cli, option, *ret, NULL, &unusable);
	if (status == CLI_OK && unusable)
		status = cli_fail(cli, CLI_ENVIRONMENT, "%s", unusable);
	free(unusable);
	return status;
}

static int load_table(struct tcb_survey *s)
{
	const char *path = cli_get(s->cli, "snp-table");
	auto_free uint8_t *json = NULL;
	struct jurat_error err = { "" };
	size_t n;
	int r;

	if (!path)
		return CLI_OK;
	if (cli_read(path, &json, &n, &err) < 0)
		return cli_fail(s->cli, CLI_ENVIRONMENT, "--snp-table: %s", err.text);
	r = snp_minimums_read((const char *)json, n, &s->table, &err);
	if (r < 0)
		return cli_fail(s->cli, r == -ENOMEM ? CLI_INTERNAL : CLI_ENVIRONMENT,
				"--snp-table: '%s': %s", path, err.text);
	s->has_table = true;
	return CLI_OK;
}

/* Statuses that count as current; those of a TCB that is revoked or not known never do. */
static int load_accepted(struct tcb_survey *s)
{
	const char *word;

	s->accepted = 1u << TCB_UP_TO_DATE;
	for (size_t i = 0; (word = cli_get_nth(s->cli, "accept", i)); i++) {
		enum tcb_status status = tcb_status_by_word(word);

		if (status == TCB_STATUS_NONE || status == TCB_REVOKED || status >= TCB_NOT_SUPPORTED)
			return cli_fail(
				s->cli, CLI_USAGE,
				"--accept: expected a TCB status such as SWHardeningNeeded, found '%s'",
				word);
		s->accepted |= 1u << status;
	}
	return CLI_OK;
}

/* A policy for which a guest may be as it likes: its owner's policy is for `jurat verify`. */
static void take_policy(struct jurat_policy *policy)
{
	policy_init(policy);
	policy->allow_debug = true;
	policy->allow_masked_chip_id = true;
	policy->allow_service_td = true;
	policy->allow_unknown_platform_info = UINT64_MAX;
	policy->allowed_td_attributes = UINT64_MAX;
	policy->allow_unknown_td_attributes = UINT64_MAX;
	policy->allowed_xfam = UINT64_MAX;
	policy->allow_unknown_xfam = UINT64_MAX;
	policy->required_xfam = 0;
	policy->accepted_tcb_statuses = UINT32_MAX;
}

static int load_survey(struct tcb_survey *s)
{
	struct cli *cli = s->cli;
	int status = load_accepted(s);

	take_policy(&s->policy);
	s->allow_unsigned = cli_has(cli, "allow-unsigned");
	s->has_standard = cli_has(cli, "collateral");
	s->has_early = cli_has(cli, "early-collateral");
	if (status == CLI_OK)
		status = cli_load_time(cli, &s->at);
	if (status == CLI_OK)
		status = load_table(s);
	if (status == CLI_OK && s->has_standard)
		status = load_set(cli, "collateral", &s->standard);
	if (status == CLI_OK && s->has_early)
		status = load_set(cli, "early-collateral", &s->early);
	return status;
}

static void survey_done(struct tcb_survey *s)
{
	jurat_tdx_collateral_free(s->standard);
	jurat_tdx_collateral_free(s->early);
	for (size_t i = 0; i < s->n_fetched; i++) {
		jurat_tdx_collateral_free(s->fetched[i].standard);
		jurat_tdx_collateral_free(s->fetched[i].early);
	}
	free(s->fetched);
	snp_minimums_done(&s->table);
	policy_done(&s->policy);
}

/* Standard input can be read once, and every worker reads what verifies. */
static bool check_stdin(const struct cli *cli)
{
	static const char *const read_often[] = { "certs", "roots", "crl" };
	const char *path;

	for (size_t i = 0; i < ARRAY_SIZE(read_often); i++)
		for (size_t k = 0; (path = cli_get_nth(cli, read_often[i], k)); k++)
			if (!strcmp(path, "-"))
				return cli_misuse(cli, "--%s: expected a file or directory, found '-'",
						  read_often[i]);
	return true;
}

int cli_tcb_with(struct cli *cli, tcb_fetch *fetch)
{
	const char *output = cli_get(cli, "output");
	struct tcb_survey s auto_call(survey_done) = { .cli = cli };
	struct cli_name_list names auto_call(cli_name_list_done) = { .items = NULL };
	int status;

	if (!cli_names_words(cli) || !check_stdin(cli))
		return CLI_USAGE;
	status = cli_name_list(cli, &names);
	if (status == CLI_OK)
		status = load_survey(&s);
	if (status == CLI_OK)
		status = tcb_write_policy(&s);
	if (status == CLI_OK && fetch)
		status = fetch(&s, &names);
	if (status == CLI_OK)
		status = survey(&s, &names,
				!output || !strcmp(output, "text") ? TCB_TEXT
				: !strcmp(output, "csv")           ? TCB_CSV
								   : TCB_JSON);
	return status;
}
