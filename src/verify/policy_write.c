/* SPDX-License-Identifier: MIT */
#include "verify/policy_write.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/text_stream.h"
#include "base/time.h"
#include "verify/policy_bits.h"
#include "verify/policy_events.h"
#include "verify/policy_table.h"
#include "verify/tdx_status.h"

/* Every function returns a new value; NULL: no memory. */

/* A list of one value is that value. */
static json_t *one_or_several(json_t *list)
{
	json_t *only;

	if (json_array_size(list) != 1)
		return list;
	only = json_incref(json_array_get(list, 0));
	json_decref(list);
	return only;
}

/* Appends an item, and takes both; NULL: no memory. */
static json_t *with(json_t *list, json_t *item)
{
	if (list && json_array_append_new(list, item) == 0)
		return list;
	if (!list)
		json_decref(item);
	json_decref(list);
	return NULL;
}

/* The same of a member of an object. */
static json_t *with_member(json_t *object, const char *name, json_t *value)
{
	if (object && json_object_set_new(object, name, value) == 0)
		return object;
	if (!object)
		json_decref(value);
	json_decref(object);
	return NULL;
}

static json_t *write_list(const struct policy_list *list, size_t size)
{
	json_t *items = json_array();

	for (size_t i = 0; items && i < list->n; i++) {
		char hex[BYTES_HEX_SIZE(64)];

		bytes_to_hex(list->items + i * size, size, hex);
		items = with(items, json_string(hex));
	}
	return one_or_several(items);
}

static json_t *write_words(const struct policy_words *words)
{
	json_t *items = json_array();

	for (size_t i = 0; items && i < words->n; i++)
		items = with(items, json_string(words->items[i]));
	return one_or_several(items);
}

static json_t *write_hex(uint64_t value)
{
	return json_sprintf("0x%" PRIx64, value);
}

/* What the word for a bit of a set is. */
static json_t *write_bit(enum policy_kind kind, unsigned bit)
{
	switch (kind) {
	case POLICY_KIND_PRODUCTS:
		return json_string(snp_product_name((enum snp_product)bit));
	case POLICY_KIND_TEES:
		return json_string(bit == POLICY_TDX ? "tdx" : "sev-snp");
	case POLICY_KIND_STATUSES:
		return json_string(tcb_status_name((enum tcb_status)bit));
	default:
		return json_integer(bit);
	}
}

static json_t *write_bits(enum policy_kind kind, uint32_t bits)
{
	json_t *items = json_array();

	for (unsigned bit = 0; items && bit < 32; bit++)
		if (bits >> bit & 1)
			items = with(items, write_bit(kind, bit));
	return one_or_several(items);
}

static json_t *write_svns(const struct policy_svns *svns)
{
	json_t *items = json_array();
	size_t n = POLICY_SVNS;

	while (n > 1 && svns->floor[n - 1] == 0)
		n--;
	for (size_t i = 0; items && i < n; i++)
		items = with(items, json_integer(svns->floor[i]));
	return items;
}

static json_t *write_version(const struct policy_version *version, uint64_t parts)
{
	const uint8_t *p = version->part;

	return parts == 2 ? json_sprintf("%u.%u", p[0], p[1]) : json_sprintf("%u.%u.%u", p[0], p[1], p[2]);
}

/* All components of `product`, and others that are not 0. SNP_PRODUCT_UNKNOWN: those that are not 0. */
static json_t *write_tcb_parts(enum snp_product product, const struct snp_tcb *tcb)
{
	json_t *parts = json_object();

	for (unsigned i = 0; parts && i < SNP_TCB_COMPONENTS; i++)
		if (snp_tcb_get(tcb, i) || snp_tcb_has_component(product, i))
			parts = with_member(parts, snp_tcb_component_name(i),
					    json_integer(snp_tcb_get(tcb, i)));
	if (parts && json_object_size(parts) == 0)
		parts = with_member(parts, snp_tcb_component_name(SNP_TCB_SNP), json_integer(0));
	return parts;
}

static json_t *write_tcb(const struct policy_tcb *tcb)
{
	json_t *products;

	if (tcb->named[SNP_PRODUCT_UNKNOWN]) /* the same for all */
		return write_tcb_parts(SNP_PRODUCT_UNKNOWN, &tcb->floor[SNP_PRODUCT_UNKNOWN]);
	products = json_object();
	for (unsigned i = SNP_PRODUCT_UNKNOWN + 1; products && i < SNP_N_PRODUCTS; i++)
		if (tcb->named[i])
			products = with_member(products, snp_product_name((enum snp_product)i),
					       write_tcb_parts((enum snp_product)i, &tcb->floor[i]));
	return products;
}

static json_t *write_events(const struct policy_events *events)
{
	json_t *types = json_object();
	char name[POLICY_EVENT_TYPE_BYTES];

	for (size_t i = 0; types && i < events->n; i++) {
		const struct policy_event *event = &events->items[i];

		types = with_member(types, event->every_other ? "*" : policy_event_type(event->type, name),
				    write_list(&event->digests, 48));
	}
	return types;
}

static json_t *write_time(int64_t seconds)
{
	char text[BASE_TIME_BYTES];

	base_time_text(seconds, text);
	if (strcmp(text + strcspn(text, "T"), "T00:00:00Z") == 0)
		text[strcspn(text, "T")] = '\0';
	return json_string(text);
}

static json_t *write_row(const struct policy_row *row, const struct jurat_policy *policy)
{
	const void *at = (const char *)policy + row->off;

	switch (row->kind) {
	case POLICY_KIND_REPORT_DATA:
	case POLICY_KIND_BYTES:
	case POLICY_KIND_CHIP_ID:
		return write_list(at, row->arg);
	case POLICY_KIND_VECTOR:
		return write_hex(*(const uint64_t *)at);
	case POLICY_KIND_BOOL:
		return json_boolean(*(const bool *)at);
	case POLICY_KIND_NUMBER:
		return json_integer(*(const uint32_t *)at);
	case POLICY_KIND_NUMBERS:
	case POLICY_KIND_PRODUCTS:
	case POLICY_KIND_TEES:
	case POLICY_KIND_STATUSES:
		return write_bits(row->kind, *(const uint32_t *)at);
	case POLICY_KIND_SVNS:
		return write_svns(at);
	case POLICY_KIND_TIME:
		return write_time(*(const int64_t *)at);
	case POLICY_KIND_TCB:
		return write_tcb(at);
	case POLICY_KIND_VERSION:
		return write_version(at, row->arg);
	case POLICY_KIND_WORDS:
	case POLICY_KIND_TEXTS:
	case POLICY_KIND_ADVISORIES:
		return write_words(at);
	case POLICY_KIND_EVENTS:
		return write_events(at);
	case POLICY_KIND_FLAGS:
		return policy_write_bits(*(const uint64_t *)at, (enum policy_flags)row->arg);
	case POLICY_KIND_UNKNOWN:
		return policy_write_unknown_bits(*(const uint64_t *)at, (enum policy_flags)row->arg);
	}
	return NULL;
}

/* On one line; takes the value. */
static char *dump(json_t *value)
{
	char *text = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_ENSURE_ASCII) : NULL;

	json_decref(value);
	return text;
}

/* The text of the policy, as it grows. */
struct out {
	FILE *to;
	bool any, failed;
};

/* Takes the value. */
static void put(struct out *out, const char *slashes, const char *name, json_t *value)
{
	auto_free char *text = dump(value);

	if (!text) {
		out->failed = true;
		return;
	}
	fprintf(out->to, "%s\n  \"%s%s\": %s", out->any ? "," : "", slashes, name, text);
	out->any = true;
}

/* A comment of several lines is a list of them, one a line. */
static void put_comment(struct out *out, const char *name, const char *comment)
{
	const char *end = strchr(comment, '\n');

	if (!end) {
		put(out, "//", name, json_string(comment));
		return;
	}
	fprintf(out->to, "%s\n  \"//%s\": [", out->any ? "," : "", name);
	for (const char *line = comment; line; line = end ? end + 1 : NULL) {
		auto_free char *text = NULL;

		end = strchr(line, '\n');
		text = dump(end ? json_stringn(line, (size_t)(end - line)) : json_string(line));
		fprintf(out->to, "%s\n    %s", line == comment ? "" : ",", text ? text : "");
		out->failed = out->failed || !text;
	}
	fputs("\n  ]", out->to);
	out->any = true;
}

char *policy_write_json(const struct jurat_policy *policy)
{
	struct text_stream stream;
	struct out out = { 0 };
	char *text = NULL;

	if (text_stream_open(&stream) < 0)
		return NULL;
	out.to = stream.to;
	fputc('{', out.to);
	if (policy->comments[POLICY_MAX_MEMBERS])
		put_comment(&out, "", policy->comments[POLICY_MAX_MEMBERS]);
	for (size_t i = 0; i < policy_n_rows; i++) {
		if (policy->comments[i])
			put_comment(&out, policy_rows[i].name, policy->comments[i]);
		if (policy->set[i])
			put(&out, "", policy_rows[i].name, write_row(&policy_rows[i], policy));
	}
	fputs(out.any ? "\n}\n" : "}\n", out.to);
	if (text_stream_close(&stream, &text, NULL) < 0)
		return NULL;
	if (!out.failed)
		return text;
	free(text);
	return NULL;
}

char *policy_write_value(const struct jurat_policy *policy, const char *member)
{
	const struct policy_row *row = policy_row_find(member);

	return row ? dump(write_row(row, policy)) : NULL;
}
