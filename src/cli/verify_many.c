/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/text_stream.h"
#include "cli/jobs.h"
#include "cli/names.h"
#include "cli/verify.h"
#include "cli/verify_page.h"
#include "page/tree.h"
#include "verify/render.h"

/* `jurat verify` of several pieces of evidence: a line for each verdict, in order, and a summary. */

struct counts {
	size_t accepted, refused, unreadable;
	size_t reasons[VERIFY_N_REASONS]; /* verdicts with each */
};

/* What all pieces of evidence are verified with; it does not change while there are workers. */
struct shared {
	struct cli *cli;
	bool json, page;
	bool has_collateral;
	char *unusable; /* why some of --collateral is; NULL: nothing */
};

/* One name, and what is printed of it: a line, or two of a directory with a report and a quote. */
struct piece {
	struct cli_name name;
	char *text;
	char *failure; /* why there is none: the message of an internal error */
	int status;
	struct {
		bool accepted;
		uint8_t has[VERIFY_N_REASONS];
	} verdicts[2];
	unsigned n_verdicts;
};

struct worker {
	const struct shared *s;
	struct cli cli; /* whose messages are for the lines */
	struct cli_caught caught;
	struct cli_verify v;
};

/* ---- The line of a verdict */

static void put_name_json(struct render_json *o, json_t *root, const char *name)
{
	auto_free char *hex = NULL;
	const size_t n = strlen(name);
	json_t *value = json_string(name);

	render_put(o, root, "file", value ? json_incref(value) : render_path(name));
	if (value) {
		json_decref(value);
		return;
	}
	hex = malloc(2 * n + 1);
	render_put(o, root, "file_hex",
		   hex ? json_string(bytes_to_hex((const uint8_t *)name, n, hex)) : NULL);
}

static const char *platform_of(const struct jurat_verdict *verdict, char hex[BYTES_HEX_SIZE(6)])
{
	const uint8_t *fmspc = jurat_verdict_tdx_fmspc(verdict);
	const char *product = jurat_verdict_snp_product(verdict);

	if (fmspc)
		return bytes_to_hex(fmspc, 6, hex);
	return product ? product : "-";
}

static void put_row(FILE *f, const char *result, const char *tee, const char *platform, const char *name)
{
	fprintf(f, "%-10s  %-7s  %-12s  ", result, tee, platform);
	cli_put_name(f, name);
}

static void put_verdict(FILE *f, const char *name, const struct jurat_verdict *verdict)
{
	const size_t n = jurat_verdict_reason_count(verdict);
	char hex[BYTES_HEX_SIZE(6)];

	put_row(f, jurat_verdict_accepted(verdict) ? "accepted" : "refused",
		jurat_verdict_tee(verdict) == JURAT_TEE_TDX ? "tdx" : "sev-snp", platform_of(verdict, hex),
		name);
	if (n > 0)
		fprintf(f, ": %s: %s", jurat_verdict_reason_code(verdict, 0),
			jurat_verdict_reason_detail(verdict, 0));
	if (n > 1)
		fprintf(f, " (and %zu more)", n - 1);
	fputc('\n', f);
}

static char *verdict_line(const struct worker *w, const char *name, const struct jurat_verdict *verdict)
{
	struct render_json o = { 0 };
	struct text_stream stream;
	json_t *root, *members;
	char *text = NULL;

	if (w->s->page)
		return cli_verify_page_row(name, verdict, &w->v);
	if (!w->s->json) {
		if (text_stream_open(&stream) < 0)
			return NULL;
		put_verdict(stream.to, name, verdict);
		return text_stream_close(&stream, &text, NULL) == 0 ? text : NULL;
	}
	root = json_object();
	put_name_json(&o, root, name);
	members = cli_verify_json(verdict, &w->v);
	if (!o.bad && members && json_object_update(root, members) == 0)
		text = json_dumps(root, JSON_COMPACT);
	json_decref(members);
	json_decref(root);
	return text;
}

static char *error_line(const struct shared *s, const char *name, const char *why)
{
	struct render_json o = { 0 };
	struct text_stream stream;
	char *text = NULL;
	json_t *root;

	if (s->page)
		return cli_verify_page_unreadable(name, why);
	if (!s->json) {
		if (text_stream_open(&stream) < 0)
			return NULL;
		put_row(stream.to, "unreadable", "-", "-", name);
		fputs(": ", stream.to);
		cli_put_name(stream.to, why);
		fputc('\n', stream.to);
		return text_stream_close(&stream, &text, NULL) == 0 ? text : NULL;
	}
	root = json_object();
	put_name_json(&o, root, name);
	render_put(&o, root, "error", render_path(why));
	if (!o.bad)
		text = json_dumps(root, JSON_COMPACT);
	json_decref(root);
	return text;
}

/* ---- One name */

static int add_line(struct piece *p, char *line)
{
	auto_free char *before = take_ptr(p->text);

	if (!line || !before) {
		p->text = line;
		return line ? CLI_OK : CLI_INTERNAL;
	}
	if (asprintf(&p->text, "%s%s%s", before, before[strlen(before) - 1] == '\n' ? "" : "\n", line) < 0)
		p->text = NULL;
	free(line);
	return p->text ? CLI_OK : CLI_INTERNAL;
}

static int take_verdict(struct worker *w, struct piece *p, bool quote)
{
	struct jurat_verdict *verdict auto_call(verdict_drop) = NULL;
	int status = cli_verify_evidence(&w->cli, &w->v, quote, &verdict);
	const bool accepted = status == CLI_OK && jurat_verdict_accepted(verdict);

	if (status != CLI_OK)
		return status;
	if (quote && accepted && w->v.evidence->unusable) /* collateral that was named must be used */
		return cli_fail(&w->cli, CLI_ENVIRONMENT, "%s", w->v.evidence->unusable);
	p->verdicts[p->n_verdicts].accepted = accepted;
	for (size_t i = 0; i < verdict->n_reasons; i++)
		p->verdicts[p->n_verdicts].has[verdict->reasons[i].reason] = 1;
	p->n_verdicts++;
	return add_line(p, verdict_line(w, p->name.path, verdict));
}

static int take_what_it_brings(struct worker *w, struct cli_evidence *e)
{
	const struct shared *s = w->s;
	int status = CLI_OK;

	if (s->has_collateral && s->unusable) {
		e->unusable = strdup(s->unusable);
		if (!e->unusable)
			return cli_fail_memory(&w->cli);
	}
	if (cli_evidence_has_endorsements(e))
		status = cli_verify_own_verifier(&w->cli, &w->v);
	if (status == CLI_OK && !s->has_collateral && (e->collateral || e->with_quote.file)) {
		status = cli_verify_own_collateral(&w->cli, &w->v);
		if (status == CLI_OK)
			status = cli_load_collateral(&w->cli, w->v.collateral, e);
	}
	return status == CLI_OK ? cli_load_carried(&w->cli, w->v.verifier, w->v.collateral, e) : status;
}

static int judge(struct worker *w, struct piece *p, struct cli_evidence *e)
{
	int status;

	cli_verify_begin(&w->v, e);
	status = take_what_it_brings(w, e);
	if (status == CLI_OK && e->report)
		status = take_verdict(w, p, false);
	if (status == CLI_OK && e->quote)
		status = take_verdict(w, p, true);
	cli_verify_end(&w->v);
	return status;
}

/* A name of a list or directory is that of a regular file, or of a directory of evidence. */
static int load(struct worker *w, const struct cli_name *name, struct cli_evidence *e)
{
	auto_free uint8_t *bytes = NULL;
	struct jurat_error err = { "" };
	size_t n;
	int r;

	if (!name->listed)
		return cli_load_evidence(&w->cli, name->path, e);
	r = cli_read_regular(name->path, &bytes, &n, &err);
	if (r == -EISDIR)
		return cli_load_evidence(&w->cli, name->path, e);
	if (r < 0)
		return cli_fail(&w->cli, r == -ENOMEM ? CLI_INTERNAL : CLI_ENVIRONMENT, "%s", err.text);
	return cli_load_evidence_bytes(&w->cli, name->path, &bytes, n, e);
}

static void work(void *context, void *item)
{
	struct worker *w = context;
	struct piece *p = item;
	struct cli_evidence e = { 0 };

	if (p->name.error)
		p->status = cli_fail(&w->cli, CLI_ENVIRONMENT, "%s", p->name.error);
	else
		p->status = load(w, &p->name, &e);
	if (p->status == CLI_OK)
		p->status = judge(w, p, &e);
	cli_evidence_done(&e);
	if (p->status == CLI_ENVIRONMENT) {
		free(take_ptr(p->text)); /* half of a directory */
		p->n_verdicts = 0;
		p->text = error_line(w->s, p->name.path, w->caught.failure ? w->caught.failure : "");
		p->status = p->text ? CLI_OK : CLI_INTERNAL;
	}
	if (p->status != CLI_OK)
		p->failure = take_ptr(w->caught.failure);
	free(take_ptr(w->caught.failure));
}

/* ---- All names */

struct many {
	struct cli *cli;
	struct cli_names *names;
	struct shared shared;
	struct cli_progress progress;
	struct counts counts;
	int status; /* of a failure that ends everything */
};

static atomic_bool stop;

static bool next_name(void *context, void *item)
{
	struct many *m = context;
	struct piece *p = item;

	return cli_names_next(m->names, &p->name);
}

static void count(struct counts *c, const struct piece *p)
{
	c->unreadable += p->n_verdicts == 0;
	for (unsigned i = 0; i < p->n_verdicts; i++) {
		c->accepted += p->verdicts[i].accepted;
		c->refused += !p->verdicts[i].accepted;
		for (size_t k = 0; k < VERIFY_N_REASONS; k++)
			c->reasons[k] += p->verdicts[i].has[k];
	}
}

static void piece_done(struct piece *p)
{
	cli_name_done(&p->name);
	free(p->text);
	free(p->failure);
}

static bool print_piece(void *context, void *item)
{
	struct many *m = context;
	struct piece *p = item;

	if (m->status == CLI_OK && p->status != CLI_OK)
		m->status =
			p->failure ? cli_fail(m->cli, p->status, "%s", p->failure) : cli_fail_memory(m->cli);
	if (m->status == CLI_OK) {
		count(&m->counts, p);
		fputs(p->text, stdout);
		if (m->shared.json)
			putchar('\n');
		if (ferror(stdout)) /* cli_flush() says so */
			m->status = CLI_ENVIRONMENT;
	}
	piece_done(p);
	return m->status == CLI_OK;
}

static void flush_lines(void *context)
{
	struct many *m = context;

	if (fflush(stdout) == 0)
		return;
	m->status = CLI_ENVIRONMENT;
	atomic_store(&stop, true); /* whoever writes names may never write another */
}

static void show_progress(void *context, size_t n)
{
	const struct many *m = context;

	cli_progress_show(&m->progress, n, m->progress.shown ? cli_names_count(m->names) : 0);
}

/* ---- Summary */

enum { SUMMARY_BYTES = 160 };

static const char *summary_of(const struct counts *c, char to[SUMMARY_BYTES])
{
	(void)!snprintf(to, SUMMARY_BYTES, "%zu verdicts: %zu accepted, %zu refused; %zu unreadable",
			c->accepted + c->refused, c->accepted, c->refused, c->unreadable);
	return to;
}

static void print_summary_text(const struct counts *c)
{
	char text[SUMMARY_BYTES];

	puts(summary_of(c, text));
	for (size_t i = 0; i < VERIFY_N_REASONS; i++)
		if (c->reasons[i] > 0)
			printf("    refused with %s: %zu\n", verify_reason_code((enum verify_reason)i),
			       c->reasons[i]);
}

/* The last on the page, whose style moves it to the top. */
static void print_summary_page(const struct counts *c)
{
	json_t *reasons = json_object();
	char text[SUMMARY_BYTES];

	for (size_t i = 0; reasons && i < VERIFY_N_REASONS; i++)
		if (c->reasons[i] > 0)
			json_object_set_new(reasons, verify_reason_code((enum verify_reason)i),
					    json_integer((json_int_t)c->reasons[i]));
	fputs("<div class=top>", stdout);
	page_tree_verdict(stdout, c->refused + c->unreadable > 0 ? PAGE_REFUSED : PAGE_ACCEPTED,
			  summary_of(c, text), NULL);
	if (json_object_size(reasons) > 0)
		page_tree_section(stdout, "Refused with", true, reasons);
	fputs("</div>\n", stdout);
	json_decref(reasons);
}

static int print_summary_json(const struct many *m)
{
	const struct counts *c = &m->counts;
	json_t *root = json_object(), *summary = json_object(), *reasons = json_object();
	struct render_json o = { 0 };
	auto_free char *text = NULL;

	render_put(&o, summary, "accepted", json_integer((json_int_t)c->accepted));
	render_put(&o, summary, "refused", json_integer((json_int_t)c->refused));
	render_put(&o, summary, "unreadable", json_integer((json_int_t)c->unreadable));
	for (size_t i = 0; i < VERIFY_N_REASONS; i++)
		if (c->reasons[i] > 0)
			render_put(&o, reasons, verify_reason_code((enum verify_reason)i),
				   json_integer((json_int_t)c->reasons[i]));
	render_put(&o, summary, "reasons", reasons);
	render_put(&o, root, "summary", summary);
	text = o.bad ? NULL : json_dumps(root, JSON_COMPACT);
	json_decref(root);
	if (!text)
		return cli_fail_memory(m->cli);
	puts(text);
	return CLI_OK;
}

static int sum_up(struct many *m)
{
	int status = m->status;

	if (status == CLI_OK)
		status = cli_names_status(m->names);
	if (status == CLI_INTERNAL)
		return status;
	if (m->counts.accepted + m->counts.refused + m->counts.unreadable > 0) {
		if (m->shared.page)
			print_summary_page(&m->counts);
		else if (!m->shared.json)
			print_summary_text(&m->counts);
		else if (print_summary_json(m) != CLI_OK)
			return CLI_INTERNAL;
	}
	if (status != CLI_OK)
		return status;
	if (m->counts.unreadable > 0)
		return CLI_ENVIRONMENT;
	return m->counts.refused > 0 ? CLI_REFUSED : CLI_OK;
}

/* ---- */

static int run_workers(struct many *m, struct worker *workers, unsigned n)
{
	void *contexts[CLI_MAX_JOBS];
	const struct cli_jobs jobs = { .n_workers = n,
				       .workers = contexts,
				       .item_size = sizeof(struct piece),
				       .next = next_name,
				       .work = work,
				       .done = print_piece,
				       .pauses = flush_lines,
				       .waits = show_progress,
				       .context = m,
				       .stop = &stop };
	/* A line of JSON is longer than the C library's buffer, and would be two writes. */
	static char lines[64 * 1024];
	int status;

	setvbuf(stdout, lines, _IOFBF, sizeof(lines));
	for (unsigned i = 0; i < n; i++)
		contexts[i] = &workers[i];
	if (m->shared.page)
		page_tree_begin(stdout, "Verdicts");
	cli_progress_start(&m->progress);
	if (m->progress.shown)
		cli_names_count(m->names); /* before they are read */
	cli_jobs_catch(&stop);
	status = cli_jobs_run(m->cli, &jobs);
	cli_progress_clear(&m->progress);
	if (status == CLI_OK)
		status = sum_up(m);
	if (m->shared.page)
		page_tree_end(stdout);
	cli_jobs_reraise();
	return status;
}

static int start_workers(struct many *m, const struct cli_verify *v)
{
	auto_free struct worker *workers = NULL;
	unsigned n = 0, wanted;
	int status = CLI_OK;

	if (!cli_jobs_workers(m->cli, SIZE_MAX, &wanted))
		return CLI_USAGE;
	workers = calloc(wanted, sizeof(*workers));
	if (!workers)
		return cli_fail_memory(m->cli);
	for (; n < wanted; n++) {
		struct worker *w = &workers[n];

		*w = (struct worker){ .s = &m->shared, .cli = *m->cli, .v = *v };
		w->cli.caught = &w->caught;
		w->v.fetched = json_array();
		if (!w->v.fetched) {
			status = cli_fail_memory(m->cli);
			break;
		}
	}
	if (status == CLI_OK)
		status = run_workers(m, workers, n);
	for (unsigned i = 0; i < wanted; i++) {
		json_decref(workers[i].v.fetched);
		free(workers[i].caught.failure);
	}
	return status;
}

bool cli_verify_many_words(struct cli *cli)
{
	static const char *const of_one[] = { "event-log", "explain" };

	for (size_t i = 0; i < ARRAY_SIZE(of_one); i++)
		if (cli_has(cli, of_one[i]))
			return cli_misuse(cli, "--%s is for one EVIDENCE", of_one[i]);
	return true;
}

int cli_verify_many(struct cli *cli, struct cli_verify *v)
{
	struct many m = { .cli = cli,
			  .shared = { .cli = cli,
				      .json = cli_wants_json(cli),
				      .page = cli_wants_page(cli),
				      .has_collateral = cli_has(cli, "collateral") } };
	int status = cli_names_open(cli, true, &stop, &m.names);

	v->several = true;
	if (status == CLI_OK && m.shared.has_collateral)
		status = cli_load_collateral_of(cli, "collateral", v->shared_collateral,
						v->fetch ? &v->kept : NULL, &m.shared.unusable);
	if (status == CLI_OK)
		status = start_workers(&m, v);
	cli_names_close(m.names);
	free(m.shared.unusable);
	return status;
}
