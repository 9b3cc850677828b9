/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "sim/forge/order_snp.h"

static const char *const contents[] = { "vcek", "vlek", "ask", "asvk", "ark", "crl", "text", "empty", NULL };

/* Kinds of entries; an ASVK has the GUID of an ASK. */
static const struct {
	const char *name;
	enum snp_cert_kind kind;
	enum order_content content;
} kinds[] = {
	{ "vcek", SNP_CERT_VCEK, ORDER_CONTENT_VCEK },     { "vlek", SNP_CERT_VLEK, ORDER_CONTENT_VLEK },
	{ "ask", SNP_CERT_ASK, ORDER_CONTENT_ASK },        { "asvk", SNP_CERT_ASK, ORDER_CONTENT_ASVK },
	{ "ark", SNP_CERT_ARK, ORDER_CONTENT_ARK },        { "crl", SNP_CERT_CRL, ORDER_CONTENT_CRL },
	{ "unknown", SNP_CERT_OTHER, ORDER_CONTENT_TEXT }, { "zero", SNP_CERT_OTHER, ORDER_CONTENT_TEXT },
};

/* A version-8 UUID (RFC 9562): no one's. */
static const uint8_t unknown_guid[SNP_CERTS_GUID_BYTES] = { 0x6a, 0x75, 0x72, 0x61, 0x74, 0x00, 0x80, 0x00,
							    0x80, 0x00, 0x75, 0x6e, 0x6b, 0x6e, 0x6f, 0x77 };

/* "63da758d-e664-4564-adc5-f4b93be8accd" */
static bool read_guid(const char *text, uint8_t ret[SNP_CERTS_GUID_BYTES])
{
	char hex[BYTES_HEX_SIZE(SNP_CERTS_GUID_BYTES)];
	size_t n = 0;

	if (strlen(text) != SNP_CERTS_GUID_TEXT_SIZE - 1)
		return false;
	for (size_t i = 0; text[i]; i++) {
		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (text[i] != '-')
				return false;
		} else {
			hex[n++] = text[i];
		}
	}
	hex[n] = '\0';
	return bytes_from_hex(hex, ret, SNP_CERTS_GUID_BYTES);
}

static int read_kind(const char *name, struct order_entry *ret, struct jurat_error *err)
{
	struct order_near near = order_near(name);
	const uint8_t *guid;

	if (read_guid(name, ret->guid))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		order_near_add(&near, kinds[i].name);
		if (strcmp(kinds[i].name, name) != 0)
			continue;
		guid = kinds[i].kind == SNP_CERT_OTHER ? unknown_guid : snp_cert_guid(kinds[i].kind);
		if (strcmp(name, "zero") != 0)
			memcpy(ret->guid, guid, sizeof(ret->guid));
		ret->content = kinds[i].content;
		return 0;
	}
	return order_near_fail(&near, err, "no kind '%s' of entries of a certificate table", name);
}

/* "Genoa/ask": takes the product off. */
static int take_product(char **text, struct order_entry *ret, struct jurat_error *err)
{
	char *slash = strchr(*text, '/');

	if (!slash)
		return 0;
	*slash = '\0';
	ret->product = snp_product_by_name(*text);
	if (ret->product == SNP_PRODUCT_UNKNOWN)
		return jurat_fail(err, -EINVAL, "no product '%s'", *text);
	*text = slash + 1;
	return 0;
}

static int read_content(char *text, struct order_entry *ret, struct jurat_error *err)
{
	unsigned content = ret->content;
	int r = take_product(&text, ret, err);

	if (r == 0)
		r = order_choice(text, contents, &content, err);
	ret->content = content;
	return r;
}

static int read_entry(char *text, struct order_entry *ret, struct jurat_error *err)
{
	char *content = strchr(text, ':');
	int r;

	*ret = (struct order_entry){ .content = ORDER_CONTENT_TEXT };
	if (content)
		*content++ = '\0';
	r = take_product(&text, ret, err);
	if (r == 0)
		r = read_kind(text, ret, err);
	return r < 0 || !content ? r : read_content(content, ret, err);
}

bool order_entry_next(const char **list, struct order_entry *ret, int *ret_r, struct jurat_error *err)
{
	size_t n = strcspn(*list, ",");
	char text[ORDER_NAME_BYTES];

	*ret_r = 0;
	if (**list == '\0' || !strcmp(*list, "none"))
		return false;
	if (n >= sizeof(text)) {
		*ret_r = jurat_fail(err, -EINVAL, "an entry has more than %zu characters", sizeof(text) - 1);
		return false;
	}
	memcpy(text, *list, n);
	text[n] = '\0';
	*list += n + ((*list)[n] == ',');
	*ret_r = read_entry(text, ret, err);
	return *ret_r == 0;
}

int order_kinds(const char *list, unsigned *ret, struct jurat_error *err)
{
	struct order_entry entry;
	int r;

	*ret = 0;
	if (!strcmp(list, "all")) {
		*ret = ~0u;
		return 0;
	}
	while (order_entry_next(&list, &entry, &r, err))
		*ret |= 1u << snp_cert_kind_of(entry.guid);
	return r;
}

int order_table_index(const char *field, unsigned *ret, struct jurat_error *err)
{
	uint64_t n;
	int r = sim_order_number(field + strcspn(field, ".") + 1, ORDER_TABLE_MAX_ENTRIES - 1, &n, err);

	if (r == 0)
		*ret = (unsigned)n;
	return r;
}

static int check_entries(const char *list, struct jurat_error *err)
{
	struct order_entry entry;
	unsigned n = 0;
	int r;

	while (order_entry_next(&list, &entry, &r, err))
		if (++n > ORDER_TABLE_MAX_ENTRIES)
			return jurat_fail(err, -EINVAL, "more than %d entries", ORDER_TABLE_MAX_ENTRIES);
	return r;
}

static int check_bytes(const char *value, struct jurat_error *err)
{
	uint8_t unused[SNP_CERTS_LINUX_MAX_BYTES];
	size_t n;

	return sim_order_some_bytes(value, unused, sizeof(unused), &n, err);
}

static int check_entry_number(const char *field, const char *value, struct jurat_error *err)
{
	unsigned index;
	int r = order_table_index(field, &index, err);

	return r < 0 ? r : order_number_check(value, UINT32_MAX, err);
}

int order_check_table(const struct sim_edit *edit, struct jurat_error *err)
{
	static const char *const names[] = { "entries",  "pem",      "guids",    "data", "gap", "terminator",
					     "offset.0", "length.0", "trailing", "size", "raw", "missing" };
	struct order_near near = order_near(edit->field);
	const char *field = edit->field, *value = edit->value;
	uint64_t number;
	unsigned kind;
	bool flag;

	if (!strcmp(field, "entries"))
		return check_entries(value, err);
	if (!strcmp(field, "pem"))
		return order_kinds(value, &kind, err);
	if (!strcmp(field, "guids"))
		return order_choice(value, (const char *const[]){ "printed", "mixed-endian", NULL }, &kind,
				    err);
	if (!strcmp(field, "data"))
		return order_choice(value, (const char *const[]){ "in-order", "reversed", NULL }, &kind, err);
	if (!strcmp(field, "gap"))
		return sim_order_number(value, SNP_CERTS_LINUX_MAX_BYTES, &number, err);
	if (!strcmp(field, "size"))
		return sim_order_number(value, ORDER_TABLE_MAX_BYTES, &number, err);
	if (!strcmp(field, "terminator") || !strcmp(field, "missing"))
		return sim_order_flag(value, &flag, err);
	if (!strcmp(field, "trailing") || !strcmp(field, "raw"))
		return check_bytes(value, err);
	if (!strncmp(field, "offset.", 7) || !strncmp(field, "length.", 7))
		return check_entry_number(field, value, err);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		order_near_add(&near, names[i]);
	return order_near_fail(&near, err, "no field '%s' of the certificate table", field);
}
