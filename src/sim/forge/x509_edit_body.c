/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "sim/forge/x509_edit_internal.h"

static const uint8_t oid_common_name[] = { 0x55, 0x04, 0x03 };

static bool is_time(const struct tbs_node *node)
{
	return node && (node->tag == DER_UTC_TIME || node->tag == DER_GENERALIZED_TIME);
}

/* Spec: RFC 5280 4.1 */
static struct tbs_node *cert_part(const struct tbs_node *body, enum tbs_part part)
{
	struct tbs_node *first = body->first, *last = tbs_last(body);
	bool has_version = first && first->tag == DER_CONTEXT_CONSTRUCTED(0);

	if (part == TBS_VERSION)
		return has_version ? first : NULL;
	if (part == TBS_EXTENSIONS)
		return last && last->tag == DER_CONTEXT_CONSTRUCTED(3) ? last : NULL;
	return part <= TBS_SPKI ? tbs_child(body, (unsigned)part - (has_version ? 0 : 1)) : NULL;
}

/* Spec: RFC 5280 5.1 */
static struct tbs_node *crl_part(const struct tbs_node *body, enum tbs_part part)
{
	struct tbs_node *n = body->first, *version = NULL, *found[TBS_EXTENSIONS + 1] = { NULL };

	if (n && n->tag == DER_INTEGER) {
		version = n;
		n = n->next;
	}
	found[TBS_VERSION] = version;
	found[TBS_ALGORITHM] = n;
	found[TBS_ISSUER] = tbs_child(body, version ? 2 : 1);
	n = tbs_child(body, version ? 3 : 2);
	if (is_time(n)) {
		found[TBS_THIS_UPDATE] = n;
		n = n->next;
	}
	if (is_time(n)) {
		found[TBS_NEXT_UPDATE] = n;
		n = n->next;
	}
	if (n && n->tag == DER_SEQUENCE) {
		found[TBS_REVOKED] = n;
		n = n->next;
	}
	if (n && n->tag == DER_CONTEXT_CONSTRUCTED(0))
		found[TBS_EXTENSIONS] = n;
	return found[part];
}

struct tbs_node *tbs_part(const struct tbs_edit *e, enum tbs_part part)
{
	return e->kind == SIM_X509_CRL ? crl_part(e->tree->root, part) : cert_part(e->tree->root, part);
}

/* A certificate's version is tagged. */
static struct tbs_node *find_version(struct tbs_edit *e)
{
	struct tbs_node *version = tbs_part(e, TBS_VERSION);

	return e->kind == SIM_X509_CRL ? version : tbs_child(version, 0);
}

static int set_version(struct tbs_edit *e)
{
	struct tbs_node *old, *number, *tagged;
	uint8_t der[16];
	size_t n = 0;
	int r = tbs_value_uint(e, der, &n);

	if (r < 0 || !e->tree)
		return r;
	old = tbs_part(e, TBS_VERSION);
	if (old)
		tbs_remove(e->tree->root, old);
	if (n == 3 && der[2] == 0) /* the default: v1 */
		return 0;
	number = tbs_new_der(e->tree, der, n);
	if (e->kind == SIM_X509_CRL) {
		tbs_insert(e->tree->root, NULL, number);
		return 0;
	}
	tagged = tbs_new_open(e->tree, DER_CONTEXT_CONSTRUCTED(0));
	tbs_append(tagged, number);
	tbs_insert(e->tree->root, NULL, tagged);
	return 0;
}

static struct tbs_node *find_part(struct tbs_edit *e)
{
	return tbs_part(e, (enum tbs_part)e->arg);
}

static int set_serial(struct tbs_edit *e)
{
	uint8_t value[TBS_MAX_VALUE];
	struct tbs_node *serial;
	size_t n = 0;
	int r = tbs_value_hex(e, value, &n);

	if (r < 0 || !e->tree)
		return r;
	serial = find_part(e);
	if (!serial)
		return tbs_none(e, "serial number");
	tbs_replace(serial, tbs_new(e->tree, DER_INTEGER, value, n));
	return 0;
}

static struct tbs_node *find_date(struct tbs_edit *e)
{
	return tbs_child(tbs_part(e, TBS_VALIDITY), (unsigned)e->arg);
}

static int set_date(struct tbs_edit *e)
{
	uint8_t der[TBS_MAX_VALUE];
	struct tbs_node *date;
	size_t n = 0;
	int r = tbs_value_time(e, der, &n);

	if (r < 0 || !e->tree)
		return r;
	date = find_date(e);
	if (!date)
		return tbs_none(e, "validity");
	tbs_replace(date, tbs_new_der(e->tree, der, n));
	return 0;
}

/* The value of the last commonName of a Name. */
static struct tbs_node *find_common_name(struct tbs_edit *e)
{
	struct tbs_node *name = find_part(e), *found = NULL;

	for (struct tbs_node *rdn = tbs_child(name, 0); rdn; rdn = rdn->next)
		for (struct tbs_node *a = tbs_child(rdn, 0); a; a = a->next)
			if (tbs_is(tbs_child(a, 0), DER_OID, oid_common_name, sizeof(oid_common_name)))
				found = tbs_child(a, 1);
	return found;
}

static int set_common_name(struct tbs_edit *e)
{
	uint8_t der[TBS_MAX_VALUE];
	struct tbs_node *name;
	size_t n = 0;
	int r = tbs_value_name(e, der, &n);

	if (r < 0 || !e->tree)
		return r;
	name = find_common_name(e);
	if (!name)
		return tbs_none(e, "common name");
	tbs_replace(name, tbs_new_der(e->tree, der, n));
	return 0;
}

/* Sets a part to DER; `absent`, of a Name: to an empty SEQUENCE. */
static int set_part(struct tbs_edit *e)
{
	const bool is_name = e->arg == TBS_ISSUER || e->arg == TBS_SUBJECT;
	uint8_t der[TBS_MAX_VALUE] = { DER_SEQUENCE, 0 };
	struct tbs_node *part;
	size_t n = 2;
	int r = is_name && tbs_is_absent(e) ? 0 : tbs_value_der(e, der, &n);

	if (r < 0 || !e->tree)
		return r;
	part = find_part(e);
	if (!part)
		return tbs_none(e, "such part");
	tbs_replace(part, tbs_new_der(e->tree, der, n));
	return 0;
}

static int set_algorithm(struct tbs_edit *e)
{
	uint8_t der[TBS_MAX_VALUE];
	struct tbs_node *part;
	size_t n = 0;
	int r = tbs_algorithm_der(e->value, der, &n, e->err);

	if (r < 0 || !e->tree)
		return r;
	part = find_part(e);
	if (!part)
		return tbs_none(e, "algorithm");
	tbs_replace(part, tbs_new_der(e->tree, der, n));
	return 0;
}

/* Words for other keys are the caller's, who sets `spki`. */
static bool is_other_key(const char *value)
{
	static const char *const words[] = { "other", "other-p256", "other-p384", "other-rsa" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(value, words[i]) == 0)
			return true;
	return false;
}

static struct tbs_node *find_key(struct tbs_edit *e)
{
	return tbs_child(tbs_part(e, TBS_SPKI), 1);
}

static int set_key(struct tbs_edit *e)
{
	uint8_t value[TBS_MAX_VALUE + 1] = { 0 }; /* no unused bits */
	struct tbs_node *key;
	size_t n = 0;
	int r = !e->tree && is_other_key(e->value) ? 0 : tbs_value_hex(e, value + 1, &n);

	if (r < 0 || !e->tree)
		return r;
	key = find_key(e);
	if (!key)
		return tbs_none(e, "public key");
	tbs_replace(key, tbs_new(e->tree, DER_BIT_STRING, value, n + 1));
	return 0;
}

static int append(struct tbs_edit *e)
{
	uint8_t der[TBS_MAX_VALUE];
	size_t n = 0;
	int r = tbs_value_der(e, der, &n);

	if (r == 0 && e->tree)
		tbs_append(e->tree->root, tbs_new_der(e->tree, der, n));
	return r;
}

const struct tbs_field tbs_fields_body[] = {
	{ "version", TBS_ALL, set_version, find_version, 0 },
	{ "serial", TBS_CERTS, set_serial, find_part, TBS_SERIAL },
	{ "not_before", TBS_CERTS, set_date, find_date, 0 },
	{ "not_after", TBS_CERTS, set_date, find_date, 1 },
	{ "issuer", TBS_ALL, set_common_name, find_common_name, TBS_ISSUER },
	{ "subject", TBS_CERTS, set_common_name, find_common_name, TBS_SUBJECT },
	{ "issuer_name", TBS_ALL, set_part, find_part, TBS_ISSUER },
	{ "subject_name", TBS_CERTS, set_part, find_part, TBS_SUBJECT },
	{ "key", TBS_CERTS, set_key, find_key, 0 },
	{ "spki", TBS_CERTS, set_part, find_part, TBS_SPKI },
	{ "inner_algorithm", TBS_ALL, set_algorithm, find_part, TBS_ALGORITHM },
	{ "append", TBS_ALL, append, NULL, 0 },
	{ .name = NULL },
};
