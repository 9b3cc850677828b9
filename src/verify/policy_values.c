/* SPDX-License-Identifier: MIT */
#include "verify/policy_values.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/time.h"
#include "verify/policy_bits.h"
#include "verify/report_data.h"

struct wanted {
	const char *text;
	enum report_data_hash hash;
	bool left;
};

static int read_object_member(const char *key, const json_t *value, struct wanted *w, struct jurat_error *err)
{
	const char *text = json_string_value(value);

	if (strcmp(key, "padding") == 0)
		return report_data_padding(text, &w->left)
			       ? 0
			       : jurat_fail(err, -EBADMSG, "padding: expected \"zero\" or \"left\"");
	for (unsigned hash = 0; hash < REPORT_DATA_N_HASHES; hash++) {
		if (strcmp(key, report_data_hash_name((enum report_data_hash)hash)) != 0)
			continue;
		if (!text)
			return jurat_fail(err, -EBADMSG, "%s: expected a string", key);
		if (w->text)
			return jurat_fail(err, -EBADMSG,
					  "expected one of value, sha256, sha384 and sha512, found two");
		w->text = text;
		w->hash = (enum report_data_hash)hash;
		return 0;
	}
	return jurat_fail(err, -EBADMSG, "%.40s: unknown member", key);
}

static int read_wanted(json_t *value, struct wanted *ret, struct jurat_error *err)
{
	struct wanted w = { .text = json_string_value(value) };
	const char *key;
	json_t *v;

	json_object_foreach(value, key, v)
	{
		int r = read_object_member(key, v, &w, err);

		if (r < 0)
			return r;
	}
	if (!w.text)
		return jurat_fail(err, -EBADMSG,
				  "expected 1 to 64 bytes as a string of hex or base64, or an object");
	*ret = w;
	return 0;
}

int policy_read_items(json_t *value, size_t size, policy_read_item *read, void *context,
		      struct policy_list *list, struct jurat_error *err)
{
	const bool several = json_is_array(value);
	const size_t n = several ? json_array_size(value) : 1;
	auto_free uint8_t *items = reallocarray(NULL, n ? n : 1, size);

	if (!items)
		return jurat_fail_memory(err);
	for (size_t i = 0; i < n; i++) {
		int r = read(several ? json_array_get(value, i) : value, items + i * size, context, err);

		if (r < 0)
			return r;
	}
	free(list->items);
	list->items = take_ptr(items);
	list->n = n;
	return 0;
}

static int read_one(json_t *value, uint8_t *to, void *context, struct jurat_error *err)
{
	struct policy_words *warnings = context;
	auto_free uint8_t *bytes = NULL;
	struct wanted w = { 0 };
	bool ambiguous = false;
	size_t n;
	int r = read_wanted(value, &w, err);

	if (r < 0)
		return r;
	r = report_data_bytes(w.text, w.hash == REPORT_DATA_PLAIN ? REPORT_DATA_BYTES : SIZE_MAX, &bytes, &n,
			      &ambiguous, err);
	if (r == 0 && ambiguous)
		r = policy_warn(warnings, err,
				"report_data: '%.24s%s' is read as hex, %zu bytes (0x... says so; base64:... "
				"is base64)",
				w.text, strlen(w.text) > 24 ? "..." : "", n);
	if (r == 0)
		r = report_data_make(w.hash, bytes, n, w.left, to, err);
	return r == -EINVAL ? -EBADMSG : r;
}

int policy_read_report_data(json_t *value, struct policy_list *list, struct policy_words *warnings,
			    struct jurat_error *err)
{
	return policy_read_items(value, REPORT_DATA_BYTES, read_one, warnings, list, err);
}

int policy_read_vector(const json_t *value, uint64_t *ret, struct jurat_error *err)
{
	const char *text = json_string_value(value);

	if (json_is_integer(value) && json_integer_value(value) >= 0) {
		*ret = (uint64_t)json_integer_value(value);
		return 0;
	}
	if (policy_read_hex_number(text, ret))
		return 0;
	return jurat_fail(err, -EBADMSG, "expected a whole number, or \"0x\" and up to 16 hex digits");
}

int policy_read_svns(const json_t *value, struct policy_svns *ret, struct jurat_error *err)
{
	struct policy_svns svns = { .set = true };
	size_t n = json_array_size(value); /* 0 if not an array */

	for (size_t i = 0; i < n && i < POLICY_SVNS; i++) {
		const json_t *item = json_array_get(value, i);
		json_int_t svn = json_integer_value(item);

		if (!json_is_integer(item) || svn < 0 || svn > UINT8_MAX)
			n = 0;
		else
			svns.floor[i] = (uint8_t)svn;
	}
	if (n == 0 || n > POLICY_SVNS)
		return jurat_fail(err, -EBADMSG, "expected 1 to %d numbers from 0 to 255, such as [7, 1, 3]",
				  POLICY_SVNS);
	*ret = svns;
	return 0;
}

int policy_read_time(const json_t *value, int64_t *ret, struct jurat_error *err)
{
	const char *text = json_string_value(value);

	if (text && base_time_read(text, ret))
		return 0;
	return jurat_fail(err, -EBADMSG,
			  "expected a date such as \"2026-01-31\" or \"2026-01-31T12:00:00Z\"");
}
