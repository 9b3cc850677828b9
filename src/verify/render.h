/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_RENDER_H
#define VERIFY_RENDER_H

#include <jansson.h>
#include <stdio.h>

#include "verify/verdict.h"

/*
 * Output functions shared by the verdicts of all TEEs. Every value written to JSON was generated here or is
 * printable ASCII, so jansson fails for lack of memory only.
 */
struct render_json {
	bool bad;
};

/* Both take ownership of the value, also on failure; NULL fails. */
void render_put(struct render_json *o, json_t *object, const char *key, json_t *value);
void render_append(struct render_json *o, json_t *array, json_t *value);
void render_json_drop(json_t **json);        /* for auto_call() */
json_t *render_hex(const void *p, size_t n); /* at most 160 bytes */
json_t *render_number(uint64_t v);           /* "0x..": not every JSON reader keeps 64 bits */
json_t *render_time(int64_t seconds);
/* A name of a file may have any bytes: if it is not UTF-8, with '?' for each that is not ASCII. */
json_t *render_path(const char *path);
json_t *render_cert(struct render_json *o, const struct cert_entry *entry);
/* Adds every field that is not reserved, by its name. */
void render_fields(struct render_json *o, json_t *object, const struct wire_layout *layout, const void *from);

json_t *render_verdict(const struct jurat_verdict *verdict); /* NULL: no memory */

/* The JSON format of a bit field, a TCB and SVNs; policies accept the same. */
json_t *render_bits(struct render_json *o, const struct wire_bits *set, uint64_t value); /* ["SMT_EN", ...] */
json_t *render_tcb(struct render_json *o, enum snp_product product, const struct snp_tcb *tcb);
json_t *render_svns(struct render_json *o, const uint8_t *svns, size_t n);
json_t *render_shortfalls(struct render_json *o, const struct jurat_verdict *v); /* tcb.shortfall */
json_t *render_missing(struct render_json *o, const struct jurat_verdict *v);
/* Explanations of fields, by their names, for verdicts and `jurat show`. */
json_t *render_snp_meaning(struct render_json *o, const struct snp_report *report, enum snp_product product);
json_t *render_td_meaning(struct render_json *o, const struct wire_layout *layout, const void *from);
/* Adds the report's four TCBs to an object; a malformed one is omitted. */
void render_snp_tcbs(struct render_json *o, json_t *to, const struct snp_report *report,
		     enum snp_product product);

enum { RENDER_LABEL = 20 };
/* Prints fields of a layout by name, in this order, with value and explanation. */
void render_text_fields(FILE *f, const struct wire_layout *layout, const void *from, const char *const *names,
			size_t n);
void render_text_hex(FILE *f, const char *label, const uint8_t *p, size_t n);
void render_text_cert(FILE *f, const char *label, const struct cert_entry *entry);
void render_text_missing(FILE *f, const struct jurat_verdict *v);
void render_text_shortfalls(FILE *f, const struct jurat_verdict *v);

/* Adds what is specific to verdicts on TD quotes. */
void render_json_tdx(struct render_json *o, json_t *root, const struct jurat_verdict *v);
void render_text_tdx(FILE *f, const struct jurat_verdict *v);
struct verdict_events;
json_t *render_events(struct render_json *o, const struct verdict_events *events);
void render_text_events(FILE *f, const struct verdict_events *events);

#endif
