/* SPDX-License-Identifier: MIT */
#include "show/show.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/time.h"
#include "verify/render.h"

json_t *show_add(struct show *s, json_t *to, const char *name, json_t *value)
{
	if (!value || json_object_set_new(to, name, value) < 0)
		s->failed = true;
	return value;
}

void show_add_text(struct show *s, json_t *to, const char *name, const char *text)
{
	show_add(s, to, name, json_string(text));
}

void show_add_name(struct show *s, json_t *to, const char *name, const struct bytes_rd *text)
{
	char plain[128];

	show_add_text(s, to, name, verdict_name(text, plain, sizeof(plain)));
}

void show_add_hex(struct show *s, json_t *to, const char *name, const void *bytes, size_t n)
{
	auto_free char *hex = malloc(BYTES_HEX_SIZE(n));

	show_add(s, to, name, hex ? json_string(bytes_to_hex(bytes, n, hex)) : NULL);
}

static void add_place(struct show *s, json_t *row, const uint8_t *bytes, size_t n, size_t offset)
{
	show_add_number(s, row, "offset", s->base + s->offset + offset);
	if (s->brief)
		show_add_number(s, row, "size", n);
	else
		show_add_hex(s, row, "bytes", bytes, n);
}

void show_add_hex_at(struct show *s, json_t *to, const char *name, const void *bytes, size_t n, size_t offset)
{
	json_t *row = s->form == SHOW_PAGE ? show_add(s, to, name, json_object()) : NULL;

	if (!row) {
		show_add_hex(s, to, name, bytes, n);
		return;
	}
	show_add_hex(s, row, "", bytes, n);
	add_place(s, row, bytes, n, offset);
}

json_t *show_append_object(struct show *s, json_t *list)
{
	json_t *item = json_object();

	if (item && json_array_append_new(list, item) == 0)
		return item;
	s->failed = true;
	return NULL;
}

void show_add_time(struct show *s, json_t *to, const char *name, int64_t seconds)
{
	char text[BASE_TIME_BYTES];

	show_add_text(s, to, name, base_time_text(seconds, text));
}

static void add_field_row(struct show *s, json_t *to, const struct wire_layout *layout,
			  const struct wire_field *f, const void *from, const uint8_t *wire)
{
	size_t value = wire_field_format(layout, f, from, NULL, 0);
	size_t meaning = wire_field_meaning(layout, f, from, NULL, 0);
	auto_free char *text = malloc(value + 1), *means = malloc(meaning + 1);
	json_t *row = show_add(s, to, f->name, json_object());

	if (!row || !text || !means) {
		s->failed = true;
		return;
	}
	wire_field_format(layout, f, from, text, value + 1);
	wire_field_meaning(layout, f, from, means, meaning + 1);
	show_add_text(s, row, "", text);
	if (meaning > 0)
		show_add_text(s, row, "means", means);
	if (f->note && f->note[0])
		show_add_text(s, row, "note", f->note);
	add_place(s, row, wire + f->off, f->size, f->off);
}

static void add_field_rows(struct show *s, json_t *to, const struct wire_layout *layout, const void *from)
{
	auto_free uint8_t *wire = calloc(1, layout->size);

	if (!wire) {
		s->failed = true;
		return;
	}
	wire_write(layout, from, wire);
	for (size_t i = 0; i < layout->n_fields; i++) {
		const struct wire_field *f = &layout->fields[i];

		if (f->kind != WIRE_ZERO || !bytes_all(wire + f->off, f->size, 0))
			add_field_row(s, to, layout, f, from, wire);
	}
}

/* In text, a field's value is followed by its explanation. */
static void add_field_text(struct show *s, json_t *to, const struct wire_layout *layout,
			   const struct wire_field *f, const void *from)
{
	size_t value = wire_field_format(layout, f, from, NULL, 0);
	size_t meaning = wire_field_meaning(layout, f, from, NULL, 0);
	auto_free char *text = malloc(value + meaning + sizeof(": "));

	if (text) {
		wire_field_format(layout, f, from, text, value + 1);
		if (meaning > 0) {
			memcpy(text + value, ": ", 2);
			wire_field_meaning(layout, f, from, text + value + 2, meaning + 1);
		}
	}
	show_add(s, to, f->name, text ? json_string(text) : NULL);
}

void show_add_fields(struct show *s, json_t *to, const struct wire_layout *layout, const void *from)
{
	struct render_json o = { 0 };

	if (s->form == SHOW_PAGE) {
		add_field_rows(s, to, layout, from);
		return;
	}
	if (s->form == SHOW_JSON)
		render_fields(&o, to, layout, from);
	for (size_t i = 0; i < layout->n_fields; i++) {
		const struct wire_field *f = &layout->fields[i];

		if (f->kind == WIRE_ZERO && bytes_all((const uint8_t *)from + f->member, f->size, 0))
			continue;
		if (f->kind == WIRE_ZERO || s->form == SHOW_TEXT)
			add_field_text(s, to, layout, f, from);
	}
	s->failed = s->failed || o.bad;
}

void show_add_number(struct show *s, json_t *to, const char *name, uint64_t value)
{
	show_add(s, to, name, json_integer((json_int_t)value));
}

void show_add_svns(struct show *s, json_t *to, const char *name, const uint8_t *svns, size_t n)
{
	struct render_json o = { 0 };
	char text[80];

	wire_svns_format(svns, n, text, sizeof(text));
	show_add(s, to, name, s->form == SHOW_JSON ? render_svns(&o, svns, n) : json_string(text));
	s->failed = s->failed || o.bad;
}
