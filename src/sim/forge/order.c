/* SPDX-License-Identifier: MIT */
#include "sim/forge/order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "sim/forge/order_internal.h"

/* The edit is first, so that one is the address of the other; its strings are in `text`. */
struct edit_node {
	struct sim_edit edit;
	char text[];
};

struct sim_order {
	int64_t at;
	struct sim_edit *first, *last;
	struct jurat_error failure; /* of a hook; empty: none */
	struct order_seen seen;
};

int sim_order_new(int64_t at, struct sim_order **ret, struct jurat_error *err)
{
	struct sim_order *order = calloc(1, sizeof(*order));

	if (!order)
		return jurat_fail_memory(err);
	order->at = at;
	*ret = order;
	return 0;
}

static void free_edits(struct sim_edit *edit)
{
	while (edit) {
		struct sim_edit *next = edit->next;

		free(edit);
		edit = next;
	}
}

void sim_order_free(struct sim_order *order)
{
	if (!order)
		return;
	free_edits(order->first);
	free(order);
}

struct order_seen *order_seen(struct sim_order *order)
{
	return &order->seen;
}

int64_t sim_order_at(const struct sim_order *order)
{
	return order->at;
}

static int find_part(const char *name, enum sim_part *ret, struct jurat_error *err)
{
	struct order_near near = order_near(name);

	for (unsigned i = 0; i < SIM_N_PARTS; i++) {
		if (!strcmp(sim_part_name(i), name)) {
			*ret = i;
			return 0;
		}
		order_near_add(&near, sim_part_name(i));
	}
	return order_near_fail(&near, err, "no part '%s' of evidence", name);
}

/* Splits PART.FIELD=VALUE at its first '.' and '='. */
static int read_set(struct sim_edit *edit, char *text, struct jurat_error *err)
{
	char *value = strchr(text, '='), *field;

	if (!value)
		return jurat_fail(err, -EINVAL, "expected PART.FIELD=VALUE");
	*value++ = '\0';
	field = strchr(text, '.');
	if (!field || !field[1])
		return jurat_fail(err, -EINVAL, "expected PART.FIELD=VALUE, and '%s' has no field", text);
	*field++ = '\0';
	edit->field = field;
	edit->value = value;
	return find_part(text, &edit->part, err);
}

/* Splits PART[.FIELD][:BYTE]. */
static int read_damage(struct sim_edit *edit, char *text, struct jurat_error *err)
{
	char *byte = strrchr(text, ':'), *field;
	int r;

	edit->field = "";
	if (byte) {
		*byte++ = '\0';
		if (!strcmp(byte, "last"))
			edit->byte = UINT64_MAX;
		else if ((r = sim_order_number(byte, UINT32_MAX, &edit->byte, err)) < 0)
			return jurat_wrap(err, r, "byte");
	}
	field = strchr(text, '.');
	if (field) {
		*field++ = '\0';
		edit->field = field;
	}
	return find_part(text, &edit->part, err);
}

static const char *word_after(const char *item, const char *word)
{
	size_t n = strlen(word);

	return !strncmp(item, word, n) && item[n] == ' ' ? item + n + strspn(item + n, " ") : NULL;
}

static int add_edit(struct sim_order *order, enum sim_edit_kind kind, const char *text,
		    struct jurat_error *err)
{
	size_t n = strlen(text) + 1;
	auto_free struct edit_node *node = calloc(1, sizeof(*node) + n);
	struct sim_edit *edit;
	int r;

	if (!node)
		return jurat_fail_memory(err);
	memcpy(node->text, text, n);
	node->edit.kind = kind;
	r = kind == SIM_EDIT_DAMAGE ? read_damage(&node->edit, node->text, err)
				    : read_set(&node->edit, node->text, err);
	if (r < 0)
		return r;
	r = order_check(&node->edit, order->at, err);
	if (r < 0)
		return jurat_wrap(err, r, "%s%s%s", sim_part_name(node->edit.part),
				  *node->edit.field ? "." : "", node->edit.field);
	edit = &take_ptr(node)->edit;
	if (order->last)
		order->last->next = edit;
	else
		order->first = edit;
	order->last = edit;
	return 0;
}

static int add_preset(struct sim_order *order, const char *name, struct jurat_error *err)
{
	struct order_near near = order_near(name);
	const struct sim_preset *preset;

	for (size_t i = 0; (preset = sim_order_preset(i)) != NULL; i++) {
		order_near_add(&near, preset->name);
		if (strcmp(preset->name, name) != 0)
			continue;
		for (const char *const *item = preset->items; *item; item++) {
			int r = sim_order_add(order, *item, err);

			if (r < 0)
				return jurat_wrap(err, r, "preset %s", name);
		}
		return 0;
	}
	return order_near_fail(&near, err, "no preset '%s'", name);
}

/* All or nothing, presets too. */
int sim_order_add(struct sim_order *order, const char *item, struct jurat_error *err)
{
	struct sim_edit *last = order->last;
	const char *unsigned_item = word_after(item, "unsigned"), *damage = word_after(item, "damage");
	int r;

	if (unsigned_item)
		r = add_edit(order, SIM_EDIT_UNSIGNED, unsigned_item, err);
	else if (damage)
		r = add_edit(order, SIM_EDIT_DAMAGE, damage, err);
	else if (strchr(item, '='))
		r = add_edit(order, SIM_EDIT_SET, item, err);
	else
		r = add_preset(order, item, err);
	if (r == 0)
		return 0;
	free_edits(last ? last->next : order->first);
	order->last = last;
	if (last)
		last->next = NULL;
	else
		order->first = NULL;
	return r;
}

struct sim_edit *sim_order_next(struct sim_order *order, enum sim_part part, enum sim_edit_kind kind,
				const struct sim_edit *after)
{
	struct sim_edit *edit = after ? after->next : order->first;

	while (edit && (edit->part != part || edit->kind != kind))
		edit = edit->next;
	return edit;
}

const char *sim_order_value(struct sim_order *order, enum sim_part part, enum sim_edit_kind kind,
			    const char *field)
{
	const char *value = NULL;

	for (struct sim_edit *e = NULL; (e = sim_order_next(order, part, kind, e)) != NULL;)
		if (!strcmp(e->field, field)) {
			e->used = true;
			value = e->value;
		}
	return value;
}

bool sim_order_has(const struct sim_order *order, enum sim_part part)
{
	for (const struct sim_edit *e = order->first; e; e = e->next)
		if (e->part == part)
			return true;
	return false;
}

bool sim_part_of(enum sim_part part, bool tdx)
{
	return part == SIM_PART_PLATFORM || (part >= SIM_PART_TD) == tdx;
}

enum sim_part sim_order_foreign(const struct sim_order *order, bool tdx)
{
	for (unsigned part = 0; part < SIM_N_PARTS; part++)
		if (!sim_part_of(part, tdx) && sim_order_has(order, part))
			return part;
	return SIM_N_PARTS;
}

static int fail_edit(const struct sim_edit *edit, const char *why, struct jurat_error *err)
{
	static const char *const kinds[] = { "", "unsigned ", "damage " };

	return jurat_fail(err, -EINVAL, "%s%s%s%s%s%s: %s", kinds[edit->kind], sim_part_name(edit->part),
			  *edit->field ? "." : "", edit->field, edit->value ? "=" : "",
			  edit->value ? edit->value : "", why);
}

int order_failed(struct sim_order *order, int r, const struct sim_edit *edit, const struct jurat_error *err)
{
	if (!order->failure.text[0])
		(void)fail_edit(edit, err->text, &order->failure);
	return r;
}

int order_failure(const struct sim_order *order, struct jurat_error *err)
{
	return order->failure.text[0] ? jurat_fail(err, -EINVAL, "%s", order->failure.text) : 0;
}

int sim_order_unused(const struct sim_order *order, struct jurat_error *err)
{
	int r = order_failure(order, err);

	if (r < 0)
		return r;
	for (const struct sim_edit *e = order->first; e; e = e->next)
		if (!e->used)
			return fail_edit(e, "this evidence has no such part", err);
	return 0;
}

const struct sim_preset *sim_order_preset(size_t i)
{
	static const struct sim_preset *const tables[] = { order_presets_snp, order_presets_tdx };

	for (size_t t = 0; t < ARRAY_SIZE(tables); t++) {
		size_t n = 0;

		while (tables[t][n].name)
			n++;
		if (i < n)
			return &tables[t][i];
		i -= n;
	}
	return NULL;
}

const struct sim_field *sim_order_field(size_t i)
{
	static const struct sim_field *const tables[] = { order_fields_snp, order_fields_x509,
							  order_fields_tdx };

	for (size_t t = 0; t < ARRAY_SIZE(tables); t++) {
		size_t n = 0;

		while (tables[t][n].name)
			n++;
		if (i < n)
			return &tables[t][i];
		i -= n;
	}
	return NULL;
}
