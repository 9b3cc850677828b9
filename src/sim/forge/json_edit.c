/* SPDX-License-Identifier: MIT */
#include "sim/forge/json_edit.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "sim/forge/order.h"

enum { NAME_BYTES = 64, MAX_INDEX = 9999 };

/* One step of a path. */
struct step {
	char name[NAME_BYTES]; /* "": an element */
	size_t index;
	bool inserts, at_end; /* "[+N]"; "[+]" */
};

static bool read_index(const char **text, struct step *step)
{
	const char *p = *text + 1;

	step->inserts = *p == '+';
	p += step->inserts;
	step->at_end = step->inserts && *p == ']';
	if (!step->at_end && !isdigit((unsigned char)*p))
		return false;
	for (; isdigit((unsigned char)*p); p++) {
		step->index = 10 * step->index + (size_t)(*p - '0');
		if (step->index > MAX_INDEX)
			return false;
	}
	if (*p != ']')
		return false;
	*text = p + 1;
	return true;
}

static bool read_name(const char **text, struct step *step)
{
	size_t n = strcspn(*text, ".[]");

	if (n == 0 || n >= sizeof(step->name))
		return false;
	memcpy(step->name, *text, n);
	step->name[n] = '\0';
	*text += n;
	return true;
}

/* Takes the next step from `*text`. false: it is no path. */
static bool read_step(const char **text, bool is_first, struct step *ret)
{
	*ret = (struct step){ .index = 0 };
	if (**text == '[')
		return read_index(text, ret);
	if (!is_first && *(*text)++ != '.')
		return false;
	return read_name(text, ret);
}

static int check_path(const char *path, struct jurat_error *err)
{
	const char *p = path;
	struct step step = { .index = 0 };
	bool is_first = true;

	do {
		if (step.inserts || !read_step(&p, is_first, &step))
			return jurat_fail(err, -EINVAL,
					  "expected a path such as tcbLevels[0].tcb.pcesvn, not '%s'", path);
		is_first = false;
	} while (*p);
	return 0;
}

static bool ends_in(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && strcmp(text + n - m, end) == 0;
}

static bool is_date(const char *path)
{
	return ends_in(path, "Date") || ends_in(path, "Update");
}

/* +N, -N */
static bool read_distance(const char *value, json_int_t *ret)
{
	uint64_t n;

	if ((*value != '+' && *value != '-') || sim_order_number(value + 1, INT32_MAX, &n, NULL) < 0)
		return false;
	*ret = *value == '+' ? (json_int_t)n : -(json_int_t)n;
	return true;
}

/* In place of `old`: the digits of an FMSPC are no number. NULL: no memory. */
static json_t *value_of(const char *path, const json_t *old, const char *value, int64_t at)
{
	char text[BASE_TIME_BYTES];
	json_t *json;
	int64_t time;

	if (is_date(path) && sim_order_time(value, at, &time, NULL) == 0)
		return json_string(base_time_text(time, text));
	json = json_loads(value, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	if (json && !(json_is_number(json) && json_is_string(old)))
		return json;
	json_decref(json);
	return json_string(value);
}

int json_edit_check(const char *path, const char *value, int64_t at, struct jurat_error *err)
{
	int r = check_path(path, err);
	json_t *json;

	if (r == 0 && *value == '@')
		return check_path(value + 1, err);
	if (r < 0 || *value == '"')
		return r;
	if (is_date(path) && strncmp(value, "at", 2) == 0)
		return sim_order_time(value, at, &(int64_t){ 0 }, err);
	if (*value != '{' && *value != '[')
		return 0;
	json = json_loads(value, 0, NULL);
	if (!json)
		return jurat_fail(err, -EINVAL, "expected JSON, not '%s'", value);
	json_decref(json);
	return 0;
}

static json_t *child(const json_t *parent, const struct step *step)
{
	return *step->name ? json_object_get(parent, step->name) : json_array_get(parent, step->index);
}

/* The object or array that the last step is in; NULL: there is none, and `*path` is what there is not. */
static json_t *walk(json_t *document, const char *path, struct step *ret)
{
	bool is_first = true;

	while (document && read_step(&path, is_first, ret)) {
		if (!*path)
			return document;
		document = child(document, ret);
		is_first = false;
	}
	return NULL;
}

static int no_place(const char *path, struct jurat_error *err)
{
	return jurat_fail(err, -EINVAL, "the document has no '%s'", path);
}

static int removed(json_t *in, const struct step *step, const char *path, struct jurat_error *err)
{
	int r = *step->name ? json_object_del(in, step->name) : json_array_remove(in, step->index);

	return r == 0 ? 0 : no_place(path, err);
}

/* Takes the reference to `value`. */
static int put(json_t *in, const struct step *step, const char *path, json_t *value, struct jurat_error *err)
{
	size_t n = json_array_size(in);
	int r;

	if (!value)
		return jurat_fail_memory(err);
	if (*step->name ? !json_is_object(in)
			: !json_is_array(in) ||
				  (!step->at_end && (step->inserts ? step->index > n : step->index >= n))) {
		json_decref(value);
		return no_place(path, err);
	}
	if (*step->name)
		r = json_object_set_new(in, step->name, value);
	else if (step->inserts)
		r = json_array_insert_new(in, step->at_end ? n : step->index, value);
	else
		r = json_array_set_new(in, step->index, value);
	return r == 0 ? 0 : jurat_fail_memory(err);
}

int json_edit(json_t *document, const char *path, const char *value, int64_t at, struct jurat_error *err)
{
	struct step step = { .index = 0 }, from = { .index = 0 };
	json_t *in = walk(document, path, &step), *old = in && !step.inserts ? child(in, &step) : NULL,
	       *other;
	json_int_t distance;

	if (!in)
		return no_place(path, err);
	if (strcmp(value, "absent") == 0)
		return step.inserts ? no_place(path, err) : removed(in, &step, path, err);
	if (*value == '@') {
		other = walk(document, value + 1, &from);
		other = other && !from.inserts ? child(other, &from) : NULL;
		return other ? put(in, &step, path, json_deep_copy(other), err) : no_place(value + 1, err);
	}
	if (json_is_integer(old) && read_distance(value, &distance))
		return put(in, &step, path, json_integer(json_integer_value(old) + distance), err);
	return put(in, &step, path, value_of(path, old, value, at), err);
}
