/* SPDX-License-Identifier: MIT */
#include "cli/verify_page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text_stream.h"
#include "show/show.h"
#include "page/tree.h"
#include "verify/verdict.h"

static void put_reasons(FILE *to, const struct jurat_verdict *verdict)
{
	for (size_t i = 0; i < jurat_verdict_reason_count(verdict); i++)
		page_tree_reason(to, jurat_verdict_reason_code(verdict, i),
				 jurat_verdict_reason_detail(verdict, i));
}

static const char *tee_of(const struct jurat_verdict *verdict)
{
	return jurat_verdict_tee(verdict) == JURAT_TEE_TDX ? "TDX" : "SEV-SNP";
}

/* Shows bytes as `jurat show` does; nothing for what it does not know. Returns whether it does. */
static bool put_shown(FILE *to, const char *heading, bool open, const uint8_t *bytes, size_t n)
{
	json_t *rows = bytes ? show_rows(bytes, n) : NULL;

	if (rows)
		page_tree_section(to, heading, open, rows);
	json_decref(rows);
	return rows;
}

/* What the verdict found, without what stands above it, or is shown below it with its bytes. */
static void put_findings(FILE *to, json_t *root, bool open)
{
	json_object_del(root, "verdict");
	json_object_del(root, "reasons");
	json_object_del(root, "evidence");
	page_tree_section(to, "What was verified", open, root);
}

static void put_one(FILE *to, const struct jurat_verdict *verdict, const struct cli_verify *v, json_t *root)
{
	const struct cli_evidence *e = v->evidence;
	const bool accepted = jurat_verdict_accepted(verdict);
	const char *at = json_string_value(json_object_get(root, "at"));
	const char *roots = json_string_value(json_object_get(root, "roots"));
	char summary[128];

	(void)!snprintf(summary, sizeof(summary), "%s, verified as of %s, with %s", tee_of(verdict),
			at ? at : "",
			roots && !strcmp(roots, "given") ? "the roots of --roots" : "the vendor's roots");
	page_tree_verdict(to, accepted ? PAGE_ACCEPTED : PAGE_REFUSED, e->path, summary);
	put_reasons(to, verdict);
	put_findings(to, root, true);
	if (verdict->tdx) {
		put_shown(to, "Quote", !accepted, e->quote, e->quote_size);
		put_shown(to, "Event log", false, e->event_log, e->event_log_size);
	} else {
		put_shown(to, "Report", !accepted, e->report, e->report_size);
		put_shown(to, "Certificates with the report", false, e->certs, e->certs_size);
	}
}

char *cli_verify_page_one(const struct jurat_verdict *verdict, const struct cli_verify *v,
			  json_t *explanation)
{
	json_t *root = cli_verify_json(verdict, v);
	struct text_stream stream;
	char *text = NULL;

	if (root && explanation && json_object_set(root, "explanation", explanation) < 0) {
		json_decref(root);
		root = NULL;
	}
	if (root && text_stream_open(&stream) == 0) {
		put_one(stream.to, verdict, v, root);
		if (text_stream_close(&stream, &text, NULL) < 0)
			text = NULL;
	}
	json_decref(root);
	return text;
}

static void begin_row(FILE *to, const char *class, const char *word, const char *tee, const char *name)
{
	fprintf(to,
		"<details class=\"part one %s\"><summary><b>%s</b> <span class=n0>%s</span> <span "
		"class=mono>",
		class, word, tee);
	page_string(to, name);
	fputs("</span> ", to);
}

char *cli_verify_page_row(const char *name, const struct jurat_verdict *verdict, const struct cli_verify *v)
{
	const bool accepted = jurat_verdict_accepted(verdict);
	json_t *root = cli_verify_json(verdict, v);
	struct text_stream stream;
	char *text = NULL;

	if (root && text_stream_open(&stream) == 0) {
		begin_row(stream.to, accepted ? "yes" : "no", accepted ? "accepted" : "refused",
			  tee_of(verdict), name);
		if (jurat_verdict_reason_count(verdict) > 0) {
			fputs("<code>", stream.to);
			page_string(stream.to, jurat_verdict_reason_code(verdict, 0));
			fputs("</code>", stream.to);
		}
		fputs("</summary>\n", stream.to);
		put_reasons(stream.to, verdict);
		json_object_del(root, "verdict");
		json_object_del(root, "reasons");
		page_tree(stream.to, root);
		fputs("</details>\n", stream.to);
		if (text_stream_close(&stream, &text, NULL) < 0)
			text = NULL;
	}
	json_decref(root);
	return text;
}

char *cli_verify_page_unreadable(const char *name, const char *why)
{
	struct text_stream stream;
	char *text = NULL;

	if (text_stream_open(&stream) < 0)
		return NULL;
	begin_row(stream.to, "no", "unreadable", "", name);
	fputs("</summary>\n", stream.to);
	page_tree_reason(stream.to, "unreadable", why);
	fputs("</details>\n", stream.to);
	return text_stream_close(&stream, &text, NULL) == 0 ? text : NULL;
}
