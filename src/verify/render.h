/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_RENDER_H
#define VERIFY_RENDER_H

#include <jansson.h>
#include <stdio.h>

#include "verify/verdict.h"

/*
 * Parts that the verdicts of all TEEs are written with. Every value that goes into JSON was made by us or
 * is printable ASCII, so jansson refuses it for want of memory alone.
 */
struct render_json {
	bool bad;
};

/* Both take the value, also when they fail; NULL fails. */
void render_put(struct render_json *o, json_t *object, const char *key, json_t *value);
void render_append(struct render_json *o, json_t *array, json_t *value);
json_t *render_hex(const void *p, size_t n); /* at most 160 bytes */
json_t *render_number(uint64_t v);           /* "0x..": not every reader of JSON keeps 64 bits */
json_t *render_time(int64_t seconds);
json_t *render_cert(struct render_json *o, const struct verdict_cert *c);
/* Every field that is not reserved, by its name. */
void render_fields(struct render_json *o, json_t *object, const struct wire_layout *layout, const void *from);

/* The one shape in JSON of a word of flags, a TCB and security versions; policies take the same. */
json_t *render_bits(struct render_json *o, const struct wire_bits *set, uint64_t value); /* ["SMT_EN", ...] */
json_t *render_tcb(struct render_json *o, enum snp_product product, const struct snp_tcb *tcb);
json_t *render_svns(struct render_json *o, const uint8_t *svns, size_t n);
json_t *render_shortfalls(struct render_json *o, const struct jurat_verdict *v); /* tcb.shortfall */
json_t *render_missing(struct render_json *o, const struct jurat_verdict *v);
/* What fields say, by their names, for verdicts and `jurat show`. */
json_t *render_snp_meaning(struct render_json *o, const struct snp_report *report, enum snp_product product);
json_t *render_td_meaning(struct render_json *o, const struct wire_layout *layout, const void *from);
/* The report's four TCBs into an object; one that the product cannot have is left out. */
void render_snp_tcbs(struct render_json *o, json_t *to, const struct snp_report *report,
		     enum snp_product product);

enum { RENDER_LABEL = 20 };
/* Fields of a layout by their names, in this order, each with its value and what it says. */
void render_text_fields(FILE *f, const struct wire_layout *layout, const void *from, const char *const *names,
			size_t n);
void render_text_hex(FILE *f, const char *label, const uint8_t *p, size_t n);
void render_text_cert(FILE *f, const char *label, const struct verdict_cert *c);
void render_text_missing(FILE *f, const struct jurat_verdict *v);
void render_text_shortfalls(FILE *f, const struct jurat_verdict *v);

/* What a verdict on a TD quote has of its own. */
void render_json_tdx(struct render_json *o, json_t *root, const struct jurat_verdict *v);
void render_text_tdx(FILE *f, const struct jurat_verdict *v);

#endif
