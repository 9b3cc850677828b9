/* SPDX-License-Identifier: MIT */
#include "verify/policy_bits.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "verify/verdict.h"
#include "wire/tdx_report.h"

/*
 * Unknown bits that report platform state may be allowed by the relying party. Unknown bits that may weaken
 * guarantees of the other evidence may not.
 */
static const struct {
	const struct wire_bits *set;
	uint64_t can_pass;
	enum verify_reason reason;
} flag_words[] = {
	[POLICY_PLATFORM_INFO] = { &snp_platform_info_bits, UINT64_MAX, REASON_PLATFORM_INFO_RESERVED },
	[POLICY_TD_ATTRIBUTES] = { &tdx_attr_bits, TDX_ATTR_OTHER_MASK, REASON_TD_ATTRIBUTES_NOT_ALLOWED },
	[POLICY_XFAM] = { &tdx_xfam_bits, UINT64_MAX, REASON_XFAM_NOT_ALLOWED },
};

static size_t count(const json_t *value)
{
	return json_is_array(value) ? json_array_size(value) : 1;
}

static const json_t *item(const json_t *value, size_t i)
{
	return json_is_array(value) ? json_array_get(value, i) : value;
}

bool policy_words_have(const struct policy_words *words, const char *word)
{
	for (size_t i = 0; i < words->n; i++) {
		if (strcmp(words->items[i], word) == 0)
			return true;
	}
	return false;
}

bool policy_words_have_alike(const struct policy_words *words, const char *word)
{
	for (size_t i = 0; i < words->n; i++) {
		if (strcasecmp(words->items[i], word) == 0)
			return true;
	}
	return false;
}

int policy_warn(struct policy_words *warnings, struct jurat_error *err, const char *format, ...)
{
	auto_free char *text = NULL;
	char **items;
	va_list ap;
	int n;

	va_start(ap, format);
	n = vasprintf(&text, format, ap);
	va_end(ap);
	if (n < 0) {
		text = NULL;
		return jurat_fail_memory(err);
	}
	if (policy_words_have(warnings, text))
		return 0;
	items = reallocarray(warnings->items, warnings->n + 1, sizeof(*items));
	if (!items)
		return jurat_fail_memory(err);
	warnings->items = items;
	items[warnings->n++] = take_ptr(text);
	return 0;
}

static int read_name(const char *name, const struct wire_bits *set, struct policy_words *warnings,
		     unsigned *ret, struct jurat_error *err)
{
	const struct wire_bit *bit = name ? wire_bits_find(set, name) : NULL;
	char names[256];

	if (name && !bit) {
		bit = wire_bits_find_old(set, name);
		if (bit &&
		    policy_warn(warnings, err, "%s: '%s' is now '%s' (the old name is accepted until 0.2)",
				set->name, name, bit->name) < 0)
			return -ENOMEM;
	}
	if (!bit) {
		wire_bits_format(set, wire_bits_mask(set), names, sizeof(names));
		return jurat_fail(err, -EBADMSG,
				  "expected \"0x\" and up to 16 hex digits, or names of bits: %s", names);
	}
	*ret = bit->bit;
	return 0;
}

bool policy_read_hex_number(const char *text, uint64_t *ret)
{
	char *end;

	if (!text || strncmp(text, "0x", 2) != 0 || strlen(text) > 18 ||
	    strspn(text + 2, "0123456789abcdefABCDEF") == 0)
		return false;
	*ret = strtoull(text + 2, &end, 16);
	return *end == '\0';
}

int policy_read_bits(const json_t *value, enum policy_flags flags, struct policy_words *warnings,
		     uint64_t *ret, struct jurat_error *err)
{
	uint64_t bits = 0;

	if (policy_read_hex_number(json_string_value(value), ret))
		return 0;
	for (size_t i = 0; i < count(value); i++) {
		unsigned bit = 0;
		int r = read_name(json_string_value(item(value, i)), flag_words[flags].set, warnings, &bit,
				  err);

		if (r < 0)
			return r;
		bits |= UINT64_C(1) << bit;
	}
	*ret = bits;
	return 0;
}

/* 8, "bit-8" or a name. */
static bool read_bit(const json_t *value, const struct wire_bits *set, unsigned *ret)
{
	const char *text = json_string_value(value);
	const struct wire_bit *bit = text ? wire_bits_find(set, text) : NULL;
	char name[WIRE_BIT_NAME_BYTES];

	if (json_is_integer(value) && json_integer_value(value) >= 0 && json_integer_value(value) < 64) {
		*ret = (unsigned)json_integer_value(value);
		return true;
	}
	if (bit) {
		*ret = bit->bit;
		return true;
	}
	for (unsigned i = 0; text && i < 64; i++) {
		snprintf(name, sizeof(name), "bit-%u", i);
		if (strcmp(name, text) == 0) {
			*ret = i;
			return true;
		}
	}
	return false;
}

int policy_read_unknown_bits(const json_t *value, enum policy_flags flags, uint64_t *ret,
			     struct jurat_error *err)
{
	const struct wire_bits *set = flag_words[flags].set;
	const uint64_t can_pass = flag_words[flags].can_pass;
	uint64_t bits = 0;

	if (json_is_boolean(value)) {
		*ret = json_is_true(value) ? wire_bits_unknown(set, can_pass) : 0;
		return 0;
	}
	for (size_t i = 0; i < count(value); i++) {
		unsigned bit;

		if (!read_bit(item(value, i), set, &bit))
			return jurat_fail(err, -EBADMSG,
					  "expected true, false, or bits as numbers from 0 to 63 or by name");
		if (!(can_pass >> bit & 1))
			return jurat_fail(
				err, -EBADMSG,
				"bit %u may weaken what is promised, so it cannot be allowed unknown", bit);
		bits |= UINT64_C(1) << bit;
	}
	*ret = bits;
	return 0;
}

/* Takes the list; a list of one value is that value. NULL: no memory. */
static json_t *one_or_several(json_t *list, bool complete)
{
	json_t *only;

	if (complete && json_array_size(list) != 1)
		return list;
	only = complete ? json_incref(json_array_get(list, 0)) : NULL;
	json_decref(list);
	return only;
}

json_t *policy_write_bits(uint64_t bits, enum policy_flags flags)
{
	const struct wire_bits *set = flag_words[flags].set;
	char name[WIRE_BIT_NAME_BYTES];
	json_t *names;
	bool complete;

	if (bits == 0 || (bits & ~wire_bits_mask(set)) != 0)
		return json_sprintf("0x%llx", (unsigned long long)bits);
	names = json_array();
	complete = names != NULL;
	for (unsigned bit = 0; bit < 64; bit++)
		if (complete && bits >> bit & 1)
			complete =
				json_array_append_new(names, json_string(wire_bit_name(set, bit, name))) == 0;
	return one_or_several(names, complete);
}

json_t *policy_write_unknown_bits(uint64_t bits, enum policy_flags flags)
{
	const struct wire_bits *set = flag_words[flags].set;
	json_t *numbers;
	bool complete;

	if (bits == 0 || bits == wire_bits_unknown(set, flag_words[flags].can_pass))
		return json_boolean(bits != 0);
	numbers = json_array();
	complete = numbers != NULL;
	for (unsigned bit = 0; bit < 64; bit++)
		if (complete && bits >> bit & 1)
			complete = json_array_append_new(numbers, json_integer(bit)) == 0;
	return one_or_several(numbers, complete);
}

void policy_judge_unknown_bits(struct jurat_verdict *out, enum policy_flags flags, uint64_t value,
			       uint64_t allowed)
{
	verdict_unknown_bits(out, flag_words[flags].set, value, flag_words[flags].can_pass, allowed,
			     flag_words[flags].reason);
}
