/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/text_stream.h"
#include "verify/render.h"

enum { LABEL = RENDER_LABEL };

static void put_report(FILE *f, const struct jurat_verdict *v)
{
	static const char *const first[] = {
		"version",     "vmpl",      "guest_svn",     "report_data",
		"measurement", "host_data", "id_key_digest", "author_key_digest"
	};
	static const char *const second[] = { "policy",       "platform_info",     "key_info",
					      "reported_tcb", "committed_tcb",     "current_tcb",
					      "launch_tcb",   "launch_mit_vector", "current_mit_vector" };
	const struct snp_report *r = &v->report;

	fprintf(f, "%-*s sev-snp\n%-*s %s\n", LABEL, "tee", LABEL, "product", snp_product_name(v->product));
	render_text_fields(f, &snp_report_layout, r, first, ARRAY_SIZE(first));
	render_text_hex(f, "chip_id", r->chip_id, snp_hwid_bytes(v->product));
	render_text_fields(f, &snp_report_layout, r, second, ARRAY_SIZE(second));
	fprintf(f, "%-*s %u.%u.%u\n%-*s %u.%u.%u\n", LABEL, "firmware", r->current_major, r->current_minor,
		r->current_build, LABEL, "committed_firmware", r->committed_major, r->committed_minor,
		r->committed_build);
}

static void put_signer(FILE *f, const struct jurat_verdict *v)
{
	char tcb[96];

	render_text_cert(f, v->vlek ? "VLEK" : "VCEK", v->leaf);
	if (v->leaf) {
		snp_tcb_format(v->product, &v->leaf_says.tcb, tcb, sizeof(tcb));
		fprintf(f, "%-*s %s\n", LABEL, "", tcb);
		if (v->leaf_says.csp_id[0])
			fprintf(f, "%-*s cloud provider %s\n", LABEL, "", v->leaf_says.csp_id);
	}
	render_text_cert(f, v->vlek ? "ASVK" : "ASK", v->intermediate);
	render_text_cert(f, "ARK", v->root);
}

static void put_not_judged(FILE *f, const struct jurat_verdict *v)
{
	for (size_t i = 0; i < jurat_verdict_not_judged_count(v); i++)
		fprintf(f, "not judged: %s: %s\n", jurat_verdict_not_judged_code(v, i),
			jurat_verdict_not_judged_detail(v, i));
}

char *jurat_verdict_text(const struct jurat_verdict *verdict)
{
	char at[VERDICT_TIME_BYTES];
	struct text_stream stream;
	char *text = NULL;
	FILE *f;

	if (!verdict || text_stream_open(&stream) < 0)
		return NULL;
	f = stream.to;
	fputs(verdict->refused ? "refused\n" : "accepted\n", f);
	for (size_t i = 0; i < verdict->n_reasons; i++)
		fprintf(f, "  %s: %s\n", jurat_verdict_reason_code(verdict, i),
			jurat_verdict_reason_detail(verdict, i));
	fprintf(f, "\n%-*s at %s, with %s\n", LABEL, "verified", verdict_time(verdict->at, at),
		verdict->roots_given ? "SUPPLIED ROOTS, not the vendor's" : "the vendor's roots");
	if (verdict->tdx) {
		render_text_tdx(f, verdict);
	} else if (verdict->has_report) {
		put_report(f, verdict);
		put_signer(f, verdict);
		render_text_missing(f, verdict);
	}
	render_text_shortfalls(f, verdict);
	put_not_judged(f, verdict);
	return text_stream_close(&stream, &text, NULL) == 0 ? text : NULL;
}
