/* SPDX-License-Identifier: MIT */
#include "verify/snp_minimum.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/time.h"
#include "verify/render.h"

/* A number, or one as AMD's bulletins write it, "0x1b". */
static int read_byte(const json_t *value, uint8_t *ret, struct jurat_error *err)
{
	const char *text = json_string_value(value);
	char *end = NULL;
	long n = -1;

	if (json_is_integer(value) && json_integer_value(value) >= 0 &&
	    json_integer_value(value) <= UINT8_MAX)
		n = (long)json_integer_value(value);
	else if (text && strncmp(text, "0x", 2) == 0 && strlen(text) <= 4 && isxdigit((unsigned char)text[2]))
		n = strtol(text + 2, &end, 16);
	if (n < 0 || (end && *end))
		return jurat_fail(err, -EBADMSG, "expected a number from 0 to 255, or \"0x00\" to \"0xff\"");
	*ret = (uint8_t)n;
	return 0;
}

static int read_text(const json_t *value, char *to, size_t size, struct jurat_error *err)
{
	const char *text = json_string_value(value);
	size_t n = text ? strlen(text) : 0;
	bool good = text && n > 0 && n < size && json_string_length(value) == n;

	for (size_t i = 0; good && i < n; i++)
		good = text[i] >= 0x20 && text[i] <= 0x7e;
	if (!good)
		return jurat_fail(err, -EBADMSG, "expected text of 1 to %zu printable ASCII characters",
				  size - 1);
	memcpy(to, text, n + 1);
	return 0;
}

static int read_time(const json_t *value, int64_t *ret, struct jurat_error *err)
{
	const char *text = json_string_value(value);

	if (!text || !base_time_read(text, ret))
		return jurat_fail(err, -EBADMSG,
				  "expected a date such as \"2026-01-31\" or \"2026-01-31T12:00:00Z\"");
	return 0;
}

static int read_product(const json_t *value, struct snp_minimum *row, struct jurat_error *err)
{
	const char *name = json_string_value(value);
	char names[SNP_PRODUCT_NAMES_BYTES];

	row->product = name ? snp_product_by_name(name) : SNP_PRODUCT_UNKNOWN;
	if (row->product == SNP_PRODUCT_UNKNOWN)
		return jurat_fail(err, -EBADMSG, "expected %s", snp_product_names("or", names));
	return 0;
}

static int read_cpuid(json_t *value, struct snp_minimum *row, struct jurat_error *err)
{
	const char *key;
	json_t *v;
	bool family = false, model = false;

	json_object_foreach(value, key, v)
	{
		bool *has = !strcmp(key, "family")     ? &family
			    : !strcmp(key, "model")    ? &model
			    : !strcmp(key, "stepping") ? &row->has_stepping
						       : NULL;
		int r;

		if (!has)
			return jurat_fail(err, -EBADMSG, "%.40s: unknown member", key);
		r = read_byte(v,
			      has == &family  ? &row->family
			      : has == &model ? &row->model
					      : &row->stepping,
			      err);
		if (r < 0)
			return jurat_wrap(err, r, "%s", key);
		*has = true;
	}
	if (!family || !model)
		return jurat_fail(err, -EBADMSG,
				  "expected an object of family, model and, optionally, stepping");
	row->has_cpuid = true;
	return 0;
}

static int read_tcb(json_t *value, struct snp_minimum *row, struct jurat_error *err)
{
	const char *key;
	json_t *v;

	if (!json_is_object(value) || json_object_size(value) == 0)
		return jurat_fail(err, -EBADMSG,
				  "expected an object of TCB components, such as {\"snp\": 27}");
	json_object_foreach(value, key, v)
	{
		unsigned i = 0;
		int r;

		while (i < SNP_TCB_COMPONENTS && strcmp(key, snp_tcb_component_name(i)) != 0)
			i++;
		if (i == SNP_TCB_COMPONENTS)
			return jurat_fail(err, -EBADMSG, "%.40s: unknown TCB component", key);
		r = read_byte(v, snp_tcb_component(&row->tcb, key), err);
		if (r < 0)
			return jurat_wrap(err, r, "%s", key);
		row->named[i] = true;
	}
	return 0;
}

static int read_member(const char *key, json_t *value, struct snp_minimum *row, bool *required_from,
		       struct jurat_error *err)
{
	if (!strcmp(key, "product"))
		return read_product(value, row, err);
	if (!strcmp(key, "cpuid"))
		return read_cpuid(value, row, err);
	if (!strcmp(key, "bulletin"))
		return read_text(value, row->bulletin, sizeof(row->bulletin), err);
	if (!strcmp(key, "title"))
		return read_text(value, row->title, sizeof(row->title), err);
	if (!strcmp(key, "minimum_tcb"))
		return read_tcb(value, row, err);
	if (!strcmp(key, "published")) {
		row->has_published = true;
		return read_time(value, &row->published, err);
	}
	if (!strcmp(key, "required_from")) {
		*required_from = true;
		return read_time(value, &row->required_from, err);
	}
	return jurat_fail(err, -EBADMSG, "unknown member");
}

/* Without a product or a component, a row would require nothing of anyone. */
static int check_row(const json_t *json, const struct snp_minimum *row, struct jurat_error *err)
{
	static const char *const wanted[] = { "product", "bulletin", "minimum_tcb" };

	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		if (!json_object_get(json, wanted[i]))
			return jurat_fail(err, -EBADMSG, "%s: missing", wanted[i]);
	for (unsigned i = 0; i < SNP_TCB_COMPONENTS; i++)
		if (row->named[i] && !snp_tcb_has_component(row->product, i))
			return jurat_fail(err, -EBADMSG, "minimum_tcb: %s: not a TCB component of %s",
					  snp_tcb_component_name(i), snp_product_name(row->product));
	if (row->has_cpuid && snp_product_by_cpuid(row->family, row->model) != row->product)
		return jurat_fail(err, -EBADMSG, "cpuid: family 0x%x, model 0x%x is not of %s", row->family,
				  row->model, snp_product_name(row->product));
	return 0;
}

static int read_row(json_t *json, struct snp_minimum *ret, struct jurat_error *err)
{
	struct snp_minimum row = { .product = SNP_PRODUCT_UNKNOWN };
	bool required_from = false;
	const char *key;
	json_t *value;
	int r;

	if (!json_is_object(json))
		return jurat_fail(err, -EBADMSG, "expected an object");
	json_object_foreach(json, key, value)
	{
		r = read_member(key, value, &row, &required_from, err);
		if (r < 0)
			return jurat_wrap(err, r, "%.40s", key);
	}
	r = check_row(json, &row, err);
	if (r < 0)
		return r;
	if (!required_from)
		row.required_from = row.has_published ? row.published : INT64_MIN;
	*ret = row;
	return 0;
}

static int read_rows(json_t *rows, struct snp_minimums *to, struct jurat_error *err)
{
	size_t n = json_array_size(rows);

	if (!json_is_array(rows) || n == 0 || n > SNP_MINIMUM_MAX_ROWS)
		return jurat_fail(err, -EBADMSG, "minimums: expected an array of 1 to %d rows",
				  SNP_MINIMUM_MAX_ROWS);
	to->rows = calloc(n, sizeof(*to->rows));
	if (!to->rows)
		return jurat_fail_memory(err);
	for (; to->n < n; to->n++) {
		int r = read_row(json_array_get(rows, to->n), &to->rows[to->n], err);

		if (r < 0)
			return jurat_wrap(err, r, "minimums, %zu", to->n + 1);
	}
	return 0;
}

int snp_minimums_read(const char *json, size_t n, struct snp_minimums *ret, struct jurat_error *err)
{
	struct snp_minimums table auto_call(snp_minimums_done) = { .rows = NULL };
	json_t *root auto_call(render_json_drop) = NULL;
	json_error_t bad;
	const char *key;
	json_t *value;
	int r;

	root = json_loadb(json, n, JSON_REJECT_DUPLICATES, &bad);
	if (!root)
		return jurat_fail(err, -EBADMSG, "line %d, column %d: %s", bad.line, bad.column, bad.text);
	if (!json_is_object(root) || !json_object_get(root, "minimums"))
		return jurat_fail(err, -EBADMSG, "expected an object with the member minimums");
	json_object_foreach(root, key, value)
	{
		if (strcmp(key, "minimums") != 0 && strcmp(key, "comment") != 0)
			return jurat_fail(err, -EBADMSG, "%.40s: unknown member", key);
	}
	r = read_rows(json_object_get(root, "minimums"), &table, err);
	if (r < 0)
		return r;
	*ret = table;
	table = (struct snp_minimums){ .rows = NULL };
	return 0;
}

void snp_minimums_done(struct snp_minimums *minimums)
{
	free(minimums->rows);
	*minimums = (struct snp_minimums){ .rows = NULL };
}

static bool is_met(const struct snp_minimum *row, const struct snp_tcb *tcb)
{
	for (unsigned i = 0; i < SNP_TCB_COMPONENTS; i++)
		if (row->named[i] && snp_tcb_get(tcb, i) < snp_tcb_get(&row->tcb, i))
			return false;
	return true;
}

enum snp_minimum_state snp_minimum_state(const struct snp_minimum *row,
					 const struct snp_minimum_subject *subject, int64_t at)
{
	const bool met = is_met(row, &subject->tcb);

	if (row->product != subject->product || row->required_from > at)
		return SNP_MINIMUM_OTHER;
	if (row->has_cpuid && !subject->has_cpuid)
		return met ? SNP_MINIMUM_MET : SNP_MINIMUM_UNDECIDED;
	if (row->has_cpuid && (row->family != subject->family || row->model != subject->model ||
			       (row->has_stepping && row->stepping != subject->stepping)))
		return SNP_MINIMUM_OTHER;
	return met ? SNP_MINIMUM_MET : SNP_MINIMUM_SHORT;
}
