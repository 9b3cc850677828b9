/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "sim/forge/x509_edit_internal.h"

/* ---- AMD's leaves: an extension for each value ---- */

enum amd { AMD_STRUCT_VERSION, AMD_PRODUCT_NAME, AMD_HWID, AMD_CSP_ID, AMD_SPL };

/* 1.3.6.1.4.1.3704.1, the arc of AMD's extensions */
static const uint8_t oid_amd[] = { 0x2b, 0x06, 0x01, 0x04, 0x01, 0x9c, 0x78, 0x01 };

/* Spec: AMD 57230, table 8: 1.3.6.1.4.1.3704.1.3.n. */
static const struct {
	const char *name;
	uint8_t number;
} spls[] = {
	{ "blSPL", 1 }, { "teeSPL", 2 }, { "snpSPL", 3 },   { "spl4", 4 },   { "spl5", 5 },
	{ "spl6", 6 },  { "spl7", 7 },   { "ucodeSPL", 8 }, { "fmcSPL", 9 },
};

static int amd_oid(const struct tbs_edit *e, uint8_t to[TBS_MAX_OID], size_t *ret_size)
{
	static const uint8_t last[] = { 1, 2, 4, 5, 3 };
	size_t n = sizeof(oid_amd);

	memcpy(to, oid_amd, n);
	to[n++] = last[e->arg];
	*ret_size = n;
	if (e->arg != AMD_SPL)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(spls); i++)
		if (strcmp(spls[i].name, e->suffix) == 0) {
			to[n] = spls[i].number;
			*ret_size = n + 1;
			return 0;
		}
	return jurat_fail(e->err, -EINVAL,
			  "expected blSPL, teeSPL, snpSPL, spl4 to spl7, ucodeSPL or fmcSPL, not '%s'",
			  e->suffix);
}

/* The value inside of the extension's DER. */
static struct tbs_node *find_amd(struct tbs_edit *e)
{
	uint8_t oid[TBS_MAX_OID];
	struct tbs_node *value;
	size_t n = 0;

	if (amd_oid(e, oid, &n) < 0)
		return NULL;
	value = tbs_extension_value(tbs_extension(e, oid, n));
	if (value && e->arg != AMD_HWID && tbs_open(e->tree, value))
		return value->first;
	return value;
}

/* "xNN" fills the HWID that there is: its size is the product's. */
static int hwid_value(struct tbs_edit *e, uint8_t to[TBS_MAX_VALUE], size_t *ret_size)
{
	const struct tbs_node *was = e->tree ? find_amd(e) : NULL;
	size_t n = was ? was->n : 64;

	if (strlen(e->value) != 3 || e->value[0] != 'x' || n > TBS_MAX_VALUE)
		return tbs_value_hex(e, to, ret_size);
	*ret_size = n;
	return sim_order_bytes(e->value, to, n, e->err);
}

static int amd_value(struct tbs_edit *e, uint8_t to[TBS_MAX_VALUE], size_t *ret_size)
{
	struct der_wr d = der_wr(to, TBS_MAX_VALUE);

	switch (e->arg) {
	case AMD_HWID: /* the raw bytes without a DER tag, as in AMD's certificates */
		return hwid_value(e, to, ret_size);
	case AMD_PRODUCT_NAME:
	case AMD_CSP_ID:
		der_put(&d, DER_IA5_STRING, e->value, strlen(e->value));
		if (d.w.bad)
			return jurat_fail(e->err, -EINVAL, "expected fewer than %d characters",
					  TBS_MAX_VALUE);
		*ret_size = d.w.off;
		return 0;
	default:
		return tbs_value_uint(e, to, ret_size);
	}
}

static int set_amd(struct tbs_edit *e)
{
	uint8_t oid[TBS_MAX_OID], value[TBS_MAX_VALUE];
	size_t n = 0, value_size = 0;
	int r = amd_oid(e, oid, &n);

	if (r == 0 && !tbs_is_absent(e))
		r = amd_value(e, value, &value_size);
	if (r < 0 || !e->tree)
		return r;
	if (tbs_is_absent(e))
		return tbs_drop_extension(e, oid, n);
	tbs_set_extension(e, oid, n, false, value, value_size);
	return 0;
}

const struct tbs_field tbs_fields_amd[] = {
	{ "struct_version", 1 << SIM_X509_AMD_LEAF, set_amd, find_amd, AMD_STRUCT_VERSION },
	{ "product_name", 1 << SIM_X509_AMD_LEAF, set_amd, find_amd, AMD_PRODUCT_NAME },
	{ "hwid", 1 << SIM_X509_AMD_LEAF, set_amd, find_amd, AMD_HWID },
	{ "csp_id", 1 << SIM_X509_AMD_LEAF, set_amd, find_amd, AMD_CSP_ID },
	{ "spl.", 1 << SIM_X509_AMD_LEAF, set_amd, find_amd, AMD_SPL },
	{ .name = NULL },
};

/* ---- PCK certificates: one extension, a list of OIDs with values ---- */

/* 1.2.840.113741.1.13.1 */
static const uint8_t oid_sgx[] = { 0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01 };
enum { SGX_TCB = 2, SGX_CONFIGURATION = 7, SGX_UNKNOWN = 99, SGX_COMPONENTS = 16 };

/* `number` and `inner` follow oid_sgx; inner 0: an element of the list itself. */
struct sgx_element {
	const char *name;
	uint8_t number, inner, tag; /* tag 0: neither set nor found, only removed or doubled */
};
static const struct sgx_element sgx_elements[] = {
	{ "ppid", 1, 0, DER_OCTET_STRING },
	{ "tcb", SGX_TCB, 0, 0 },
	{ "pcesvn", SGX_TCB, 17, DER_INTEGER },
	{ "cpusvn", SGX_TCB, 18, DER_OCTET_STRING },
	{ "pceid", 3, 0, DER_OCTET_STRING },
	{ "fmspc", 4, 0, DER_OCTET_STRING },
	{ "type", 5, 0, DER_ENUMERATED },
	{ "platform_instance_id", 6, 0, DER_OCTET_STRING },
	{ "configuration", SGX_CONFIGURATION, 0, 0 },
	{ "dynamic_platform", SGX_CONFIGURATION, 1, DER_BOOLEAN },
	{ "cached_keys", SGX_CONFIGURATION, 2, DER_BOOLEAN },
	{ "smt", SGX_CONFIGURATION, 3, DER_BOOLEAN },
};

static int sgx_element(struct tbs_edit *e, struct sgx_element *ret)
{
	static const char prefix[] = "component_";
	uint64_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(sgx_elements); i++)
		if (strcmp(sgx_elements[i].name, e->suffix) == 0) {
			*ret = sgx_elements[i];
			return 0;
		}
	if (strncmp(e->suffix, prefix, strlen(prefix)) == 0 &&
	    sim_order_number(e->suffix + strlen(prefix), SGX_COMPONENTS, &n, NULL) == 0 && n > 0) {
		*ret = (struct sgx_element){ e->suffix, SGX_TCB, (uint8_t)n, DER_INTEGER };
		return 0;
	}
	return jurat_fail(
		e->err, -EINVAL,
		"expected ppid, cpusvn, pceid, fmspc, platform_instance_id, component_1 to "
		"component_16, pcesvn, type, dynamic_platform, cached_keys, smt, tcb, configuration, "
		"unknown or order, not '%s'",
		e->suffix);
}

/* The list of the extension, taken apart; NULL: there is none. */
static struct tbs_node *sgx_list(struct tbs_edit *e)
{
	struct tbs_node *value = tbs_extension_value(tbs_extension(e, oid_sgx, sizeof(oid_sgx)));

	return value && tbs_open(e->tree, value) ? tbs_child(value, 0) : NULL;
}

static struct tbs_node *entry(struct tbs_node *list, const uint8_t *oid, size_t n)
{
	struct tbs_node *found = tbs_child(list, 0);

	while (found && !tbs_is(tbs_child(found, 0), DER_OID, oid, n))
		found = found->next;
	return found;
}

/* An entry, and the list that it is in. NULL: there is none. */
static struct tbs_node *sgx_entry(struct tbs_edit *e, const struct sgx_element *element,
				  struct tbs_node **ret_list)
{
	uint8_t oid[sizeof(oid_sgx) + 2];
	struct tbs_node *found;

	memcpy(oid, oid_sgx, sizeof(oid_sgx));
	oid[sizeof(oid_sgx)] = element->number;
	oid[sizeof(oid_sgx) + 1] = element->inner;
	*ret_list = sgx_list(e);
	found = entry(*ret_list, oid, sizeof(oid_sgx) + 1);
	if (element->inner == 0)
		return found;
	*ret_list = tbs_child(found, 1);
	return entry(*ret_list, oid, sizeof(oid));
}

static int sgx_value(struct tbs_edit *e, const struct sgx_element *element, uint8_t to[TBS_MAX_VALUE],
		     size_t *ret_size)
{
	struct bytes_rd r;
	bool flag = false;
	int n;

	switch (element->tag) {
	case DER_OCTET_STRING:
		return tbs_value_hex(e, to, ret_size);
	case DER_BOOLEAN:
		n = sim_order_flag(e->value, &flag, e->err);
		to[0] = flag ? 0xff : 0;
		*ret_size = 1;
		return n;
	case DER_INTEGER:
	case DER_ENUMERATED:
		n = tbs_value_uint(e, to, ret_size);
		if (n < 0)
			return n;
		r = bytes_rd(to + 2, *ret_size - 2); /* the content alone */
		memmove(to, r.data, r.size);
		*ret_size = r.size;
		return 0;
	default:
		return jurat_fail(e->err, -EINVAL, "expected absent or twice, not '%s'", e->value);
	}
}

/* One more entry: of an OID that Intel does not use, with a number. */
static int set_sgx_unknown(struct tbs_edit *e)
{
	struct tbs_node *list, *added;
	uint8_t oid[sizeof(oid_sgx) + 1];
	bool flag = false;
	int r = sim_order_flag(e->value, &flag, e->err);

	if (r < 0 || !e->tree || !flag)
		return r;
	list = sgx_list(e);
	if (!list)
		return tbs_none(e, "SGX extension");
	memcpy(oid, oid_sgx, sizeof(oid_sgx));
	oid[sizeof(oid_sgx)] = SGX_UNKNOWN;
	added = tbs_new_open(e->tree, DER_SEQUENCE);
	tbs_append(added, tbs_new(e->tree, DER_OID, oid, sizeof(oid)));
	tbs_append(added, tbs_new(e->tree, DER_INTEGER, "\1", 1));
	tbs_append(list, added);
	return 0;
}

static int set_sgx_order(struct tbs_edit *e)
{
	struct tbs_node *list;

	if (strcmp(e->value, "reversed") != 0)
		return jurat_fail(e->err, -EINVAL, "expected reversed, not '%s'", e->value);
	if (!e->tree)
		return 0;
	list = sgx_list(e);
	if (!list)
		return tbs_none(e, "SGX extension");
	tbs_reverse(list);
	return 0;
}

static int set_sgx(struct tbs_edit *e)
{
	const bool twice = strcmp(e->value, "twice") == 0;
	uint8_t value[TBS_MAX_VALUE];
	struct sgx_element element = { .name = NULL };
	struct tbs_node *list, *found;
	size_t n = 0;
	int r;

	if (strcmp(e->suffix, "unknown") == 0)
		return set_sgx_unknown(e);
	if (strcmp(e->suffix, "order") == 0)
		return set_sgx_order(e);
	r = sgx_element(e, &element);
	if (r == 0 && !tbs_is_absent(e) && !twice)
		r = sgx_value(e, &element, value, &n);
	if (r < 0 || !e->tree)
		return r;
	found = sgx_entry(e, &element, &list);
	if (!found)
		return tbs_none(e, "such element of an SGX extension");
	if (tbs_is_absent(e))
		tbs_remove(list, found);
	else if (twice)
		tbs_append(list, tbs_new_copy(e->tree, found));
	else
		tbs_replace(tbs_child(found, 1), tbs_new(e->tree, element.tag, value, n));
	return 0;
}

static struct tbs_node *find_sgx(struct tbs_edit *e)
{
	struct sgx_element element = { .name = NULL };
	struct tbs_node *list;

	if (sgx_element(&(struct tbs_edit){ .suffix = e->suffix }, &element) < 0)
		return NULL;
	return tbs_child(sgx_entry(e, &element, &list), 1);
}

const struct tbs_field tbs_fields_sgx[] = {
	{ "sgx.", 1 << SIM_X509_PCK, set_sgx, find_sgx, 0 },
	{ .name = NULL },
};
