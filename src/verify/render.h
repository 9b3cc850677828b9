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

enum { RENDER_LABEL = 15 };
void render_text_hex(FILE *f, const char *label, const uint8_t *p, size_t n);
void render_text_cert(FILE *f, const char *label, const struct verdict_cert *c);

/* What a verdict on a TD quote has of its own. */
void render_json_tdx(struct render_json *o, json_t *root, const struct jurat_verdict *v);
void render_text_tdx(FILE *f, const struct jurat_verdict *v);

#endif
