/* SPDX-License-Identifier: MIT */
#include "verify/render.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "verify/entry.h"

void render_put(struct render_json *o, json_t *object, const char *key, json_t *value)
{
	/* Takes ownership of the value, also on failure; NULL fails. Keys are ours: UTF-8. */
	if (json_object_set_new_nocheck(object, key, value) != 0)
		o->bad = true;
}

void render_append(struct render_json *o, json_t *array, json_t *value)
{
	if (json_array_append_new(array, value) != 0)
		o->bad = true;
}

json_t *render_hex(const void *p, size_t n)
{
	auto_free char *hex = malloc(BYTES_HEX_SIZE(n));

	return hex ? json_stringn_nocheck(bytes_to_hex(p, n, hex), 2 * n) : NULL;
}

json_t *render_number(uint64_t v)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%llx", (unsigned long long)v);
	return json_string_nocheck(text);
}

void render_json_drop(json_t **json)
{
	json_decref(*json);
}

json_t *render_time(int64_t seconds)
{
	char text[VERDICT_TIME_BYTES];

	return json_string(verdict_time(seconds, text));
}

json_t *render_path(const char *path)
{
	auto_free char *plain = NULL;
	json_t *text = json_string(path);

	if (text)
		return text;
	plain = strdup(path);
	for (char *p = plain; p && *p; p++)
		*p = (unsigned char)*p < 0x80 ? *p : '?';
	return plain ? json_string(plain) : NULL;
}

/* 64-bit integers are hex strings: not every JSON reader keeps 64 bits. */
void render_fields(struct render_json *o, json_t *object, const struct wire_layout *layout, const void *from)
{
	for (size_t i = 0; i < layout->n_fields; i++) {
		const struct wire_field *f = &layout->fields[i];

		if (f->kind != WIRE_ZERO && wire_field_is_absent(layout, f, from, NULL)) {
			render_put(o, object, f->name, json_null());
			continue;
		}
		switch (f->kind) {
		case WIRE_U8:
		case WIRE_LE16:
		case WIRE_LE32:
			render_put(o, object, f->name, json_integer((json_int_t)wire_get(f, from)));
			break;
		case WIRE_LE64:
			render_put(o, object, f->name, render_number(wire_get(f, from)));
			break;
		case WIRE_BYTES:
			render_put(o, object, f->name,
				   render_hex((const uint8_t *)from + f->member, f->size));
			break;
		case WIRE_ZERO:
			break;
		}
	}
}

/* A common name. */
static json_t *render_name(const struct bytes_rd *name)
{
	char text[VERDICT_NAME_BYTES];

	return json_string(verdict_name(name, text, sizeof(text)));
}

static json_t *render_dn(const struct bytes_rd *name)
{
	char text[VERDICT_DN_BYTES];

	crypto_name_format(name, text, sizeof(text));
	return json_string(text);
}

json_t *render_cert(struct render_json *o, const struct cert_entry *entry)
{
	const struct crypto_cert *c = &entry->cert;
	json_t *object = json_object();

	render_put(o, object, "subject", render_name(&c->subject_cn));
	render_put(o, object, "issuer", render_name(&c->issuer_cn));
	render_put(o, object, "subject_dn", render_dn(&c->subject));
	render_put(o, object, "issuer_dn", render_dn(&c->issuer));
	render_put(o, object, "sha256", render_hex(entry->sha256, sizeof(entry->sha256)));
	render_put(o, object, "not_before", render_time(c->not_before));
	render_put(o, object, "not_after", render_time(c->not_after));
	return object;
}

void render_text_hex(FILE *f, const char *label, const uint8_t *p, size_t n)
{
	char hex[BYTES_HEX_SIZE(64)];

	fprintf(f, "%-*s %s\n", RENDER_LABEL, label, bytes_all(p, n, 0) ? "zero" : bytes_to_hex(p, n, hex));
}

/* "name value: explanation"; bytes that are all zero as "zero". */
static void put_field(FILE *f, const struct wire_layout *layout, const struct wire_field *field,
		      const void *from)
{
	char value[BYTES_HEX_SIZE(160)], meaning[384];

	if (field->kind == WIRE_BYTES && bytes_all((const uint8_t *)from + field->member, field->size, 0))
		snprintf(value, sizeof(value), "zero");
	else
		wire_field_format(layout, field, from, value, sizeof(value));
	wire_field_meaning(layout, field, from, meaning, sizeof(meaning));
	fprintf(f, "%-*s %s%s%s\n", RENDER_LABEL, field->name, value, meaning[0] ? ": " : "", meaning);
}

void render_text_fields(FILE *f, const struct wire_layout *layout, const void *from, const char *const *names,
			size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct wire_field *field = wire_find(layout, names[i]);

		assert(field);
		put_field(f, layout, field, from);
	}
}

void render_text_cert(FILE *f, const char *label, const struct cert_entry *entry)
{
	char from[VERDICT_TIME_BYTES], to[VERDICT_TIME_BYTES], hex[BYTES_HEX_SIZE(32)];
	char name[VERDICT_NAME_BYTES], issuer[VERDICT_DN_BYTES];

	if (!entry)
		return;
	crypto_name_format(&entry->cert.issuer, issuer, sizeof(issuer));
	fprintf(f, "%-*s %s, %s to %s\n", RENDER_LABEL, label,
		verdict_name(&entry->cert.subject_cn, name, sizeof(name)),
		verdict_time(entry->cert.not_before, from), verdict_time(entry->cert.not_after, to));
	fprintf(f, "%-*s issued by %s\n", RENDER_LABEL, "", issuer);
	fprintf(f, "%-*s SHA-256 %s\n", RENDER_LABEL, "",
		bytes_to_hex(entry->sha256, sizeof(entry->sha256), hex));
}
