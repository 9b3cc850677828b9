/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "sim/forge/x509_edit_internal.h"

static const uint8_t oid_crl_number[] = { 0x55, 0x1d, 0x14 };

static struct tbs_node *find_part(struct tbs_edit *e)
{
	return tbs_part(e, (enum tbs_part)e->arg);
}

static int set_update(struct tbs_edit *e)
{
	uint8_t der[TBS_MAX_VALUE];
	struct tbs_node *old, *time, *before;
	size_t n = 0;
	int r = tbs_is_absent(e) ? 0 : tbs_value_time(e, der, &n);

	if (r < 0 || !e->tree)
		return r;
	old = find_part(e);
	if (tbs_is_absent(e)) {
		if (!old)
			return tbs_none(e, "such time");
		tbs_remove(e->tree->root, old);
		return 0;
	}
	time = tbs_new_der(e->tree, der, n);
	if (old) {
		tbs_replace(old, time);
		return 0;
	}
	before = tbs_part(e, TBS_THIS_UPDATE);
	tbs_insert(e->tree->root, before ? before : tbs_part(e, TBS_ISSUER), time);
	return 0;
}

static int set_number(struct tbs_edit *e)
{
	uint8_t value[TBS_MAX_VALUE], der[TBS_MAX_VALUE + 8];
	struct der_wr d = der_wr(der, sizeof(der));
	size_t n = 0;
	int r = tbs_is_absent(e) ? 0 : tbs_value_hex(e, value, &n);

	if (r < 0 || !e->tree)
		return r;
	if (tbs_is_absent(e))
		return tbs_drop_extension(e, oid_crl_number, sizeof(oid_crl_number));
	der_put(&d, DER_INTEGER, value, n);
	tbs_set_extension(e, oid_crl_number, sizeof(oid_crl_number), false, der, d.w.off);
	return 0;
}

static struct tbs_node *find_number(struct tbs_edit *e)
{
	struct tbs_node *value =
		tbs_extension_value(tbs_extension(e, oid_crl_number, sizeof(oid_crl_number)));

	return value && tbs_open(e->tree, value) ? value->first : value;
}

/* Names of parts that have serial numbers: the caller knows these. */
static bool is_part(const char *text, size_t n)
{
	static const char *const names[] = { "ark",  "ask",    "asvk",        "vcek", "vlek",
					     "root", "pck_ca", "tcb_signing", "pck" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strlen(names[i]) == n && strncmp(names[i], text, n) == 0)
			return true;
	return false;
}

/* The next serial number of a list. false: it is none. */
static bool next_serial(const char **text, uint8_t to[64], size_t *ret_size)
{
	char hex[BYTES_HEX_SIZE(64)] = { 0 };
	size_t n = strcspn(*text, ",");

	if (n >= sizeof(hex) || n == 0)
		return false;
	memcpy(hex, *text, n);
	*text += n;
	if (**text == ',')
		(*text)++;
	*ret_size = n / 2;
	return bytes_from_hex(hex, to, n / 2);
}

static int check_revoked(struct tbs_edit *e)
{
	const char *text = e->value;
	uint8_t serial[64];
	size_t size;

	while (*text) {
		size_t n = strcspn(text, ",");

		if (is_part(text, n)) {
			text += text[n] == ',' ? n + 1 : n;
			continue;
		}
		if (!next_serial(&text, serial, &size))
			return jurat_fail(
				e->err, -EINVAL,
				"expected names of certificates or serial numbers in HEX, separated "
				"by commas, not '%s'",
				e->value);
	}
	return 0;
}

/* The time of an entry: as those that are replaced, or that of the CRL. */
static struct tbs_node *entry_time(struct tbs_edit *e, const struct tbs_node *revoked)
{
	struct tbs_node *time = tbs_child(tbs_child(revoked, 0), 1);

	return time ? time : tbs_part(e, TBS_THIS_UPDATE);
}

static int set_revoked(struct tbs_edit *e)
{
	struct tbs_node *old, *list, *time, *issuer, *after;
	const char *text = e->value;
	uint8_t serial[64];
	size_t n = 0;
	int r = check_revoked(e);

	if (r < 0 || !e->tree)
		return r;
	old = tbs_part(e, TBS_REVOKED);
	time = entry_time(e, old);
	if (old)
		tbs_remove(e->tree->root, old);
	if (!*text)
		return 0;
	list = tbs_new_open(e->tree, DER_SEQUENCE);
	while (*text && !e->tree->full) {
		struct tbs_node *entry = tbs_new_open(e->tree, DER_SEQUENCE);

		if (!time || !next_serial(&text, serial, &n))
			return tbs_none(e, "time, or a name is no serial number");
		tbs_append(entry, tbs_new(e->tree, DER_INTEGER, serial, n));
		tbs_append(entry, tbs_new_copy(e->tree, time));
		tbs_append(list, entry);
	}
	issuer = tbs_part(e, TBS_ISSUER);
	after = tbs_part(e, TBS_NEXT_UPDATE);
	if (!after)
		after = tbs_part(e, TBS_THIS_UPDATE);
	tbs_insert(e->tree->root, after ? after : issuer, list);
	return 0;
}

static int set_revoked_at(struct tbs_edit *e)
{
	struct tbs_node *entry;
	uint8_t der[TBS_MAX_VALUE];
	size_t n = 0;
	int r = tbs_value_time(e, der, &n);

	if (r < 0 || !e->tree)
		return r;
	entry = tbs_child(tbs_part(e, TBS_REVOKED), 0);
	if (!entry)
		return tbs_none(e, "entries");
	for (; entry; entry = entry->next)
		tbs_replace(tbs_child(entry, 1), tbs_new_der(e->tree, der, n));
	return 0;
}

/* The extensions of an entry are a third element. Spec: RFC 5280 5.3 */
static int set_entry(struct tbs_edit *e)
{
	uint8_t oid[TBS_MAX_OID], value[TBS_MAX_VALUE];
	size_t n = 0, value_size = 0;
	struct tbs_node *entry;
	int r = tbs_suffix_oid(e, oid, &n);

	if (r == 0)
		r = tbs_value_hex(e, value, &value_size);
	if (r < 0 || !e->tree)
		return r;
	entry = tbs_child(tbs_part(e, TBS_REVOKED), 0);
	if (!entry)
		return tbs_none(e, "entries");
	for (; entry; entry = entry->next) {
		if (!tbs_child(entry, 2))
			tbs_append(entry, tbs_new_open(e->tree, DER_SEQUENCE));
		tbs_append(tbs_child(entry, 2), tbs_new_extension(e->tree, oid, n, false, value, value_size));
	}
	return 0;
}

static int set_entry_critical(struct tbs_edit *e)
{
	uint8_t oid[TBS_MAX_OID];
	bool critical = false, any = false;
	size_t n = 0;
	int r = tbs_suffix_oid(e, oid, &n);

	if (r == 0)
		r = sim_order_flag(e->value, &critical, e->err);
	if (r < 0 || !e->tree)
		return r;
	for (struct tbs_node *entry = tbs_child(tbs_part(e, TBS_REVOKED), 0); entry; entry = entry->next)
		for (struct tbs_node *x = tbs_child(tbs_child(entry, 2), 0); x; x = x->next)
			if (tbs_is(tbs_child(x, 0), DER_OID, oid, n)) {
				tbs_set_critical(e->tree, x, critical);
				any = true;
			}
	return any ? 0 : tbs_none(e, "entries with this extension");
}

enum { ONLY_CRLS = 1 << SIM_X509_CRL };

const struct tbs_field tbs_fields_crl[] = {
	{ "this_update", ONLY_CRLS, set_update, find_part, TBS_THIS_UPDATE },
	{ "next_update", ONLY_CRLS, set_update, find_part, TBS_NEXT_UPDATE },
	{ "number", ONLY_CRLS, set_number, find_number, 0 },
	{ "revoked", ONLY_CRLS, set_revoked, find_part, TBS_REVOKED },
	{ "revoked_at", ONLY_CRLS, set_revoked_at, NULL, 0 },
	{ "entry.", ONLY_CRLS, set_entry, NULL, 0 },
	{ "entry_critical.", ONLY_CRLS, set_entry_critical, NULL, 0 },
	{ .name = NULL },
};
