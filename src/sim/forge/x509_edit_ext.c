/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "sim/forge/x509_edit_internal.h"

static const uint8_t oid_subject_key_id[] = { 0x55, 0x1d, 0x0e };
static const uint8_t oid_key_usage[] = { 0x55, 0x1d, 0x0f };
static const uint8_t oid_basic_constraints[] = { 0x55, 0x1d, 0x13 };
static const uint8_t oid_authority_key_id[] = { 0x55, 0x1d, 0x23 };

static const uint8_t yes = 0xff;

struct tbs_node *tbs_extensions(const struct tbs_edit *e)
{
	return tbs_child(tbs_part(e, TBS_EXTENSIONS), 0);
}

struct tbs_node *tbs_extension(struct tbs_edit *e, const uint8_t *oid, size_t n)
{
	struct tbs_node *extension = tbs_child(tbs_extensions(e), 0);

	while (extension && !tbs_is(extension->first, DER_OID, oid, n))
		extension = extension->next;
	return extension;
}

struct tbs_node *tbs_extension_value(const struct tbs_node *extension)
{
	struct tbs_node *last = extension ? tbs_last(extension) : NULL;

	return last && last->tag == DER_OCTET_STRING ? last : NULL;
}

void tbs_set_critical(struct tbs_tree *tree, struct tbs_node *extension, bool critical)
{
	struct tbs_node *flag = tbs_child(extension, 1);

	if (flag && flag->tag == DER_BOOLEAN)
		tbs_remove(extension, flag);
	if (critical)
		tbs_insert(extension, extension->first, tbs_new(tree, DER_BOOLEAN, &yes, 1));
}

struct tbs_node *tbs_new_extension(struct tbs_tree *tree, const uint8_t *oid, size_t n, bool critical,
				   const uint8_t *value, size_t value_size)
{
	struct tbs_node *extension = tbs_new_open(tree, DER_SEQUENCE);

	tbs_append(extension, tbs_new(tree, DER_OID, oid, n));
	tbs_append(extension, tbs_new(tree, DER_OCTET_STRING, value, value_size));
	tbs_set_critical(tree, extension, critical);
	return extension;
}

struct tbs_node *tbs_add_extension(struct tbs_edit *e, const uint8_t *oid, size_t n, bool critical,
				   const uint8_t *value, size_t value_size)
{
	struct tbs_node *list = tbs_extensions(e), *extension;

	if (!list) {
		struct tbs_node *tagged =
			tbs_new_open(e->tree, DER_CONTEXT_CONSTRUCTED(e->kind == SIM_X509_CRL ? 0 : 3));

		list = tbs_new_open(e->tree, DER_SEQUENCE);
		tbs_append(tagged, list);
		tbs_append(e->tree->root, tagged);
	}
	extension = tbs_new_extension(e->tree, oid, n, critical, value, value_size);
	tbs_append(list, extension);
	return extension;
}

void tbs_set_extension(struct tbs_edit *e, const uint8_t *oid, size_t n, bool critical, const uint8_t *value,
		       size_t value_size)
{
	struct tbs_node *found = tbs_extension_value(tbs_extension(e, oid, n));

	if (found)
		tbs_replace(found, tbs_new(e->tree, DER_OCTET_STRING, value, value_size));
	else
		tbs_add_extension(e, oid, n, critical, value, value_size);
}

int tbs_drop_extension(struct tbs_edit *e, const uint8_t *oid, size_t n)
{
	struct tbs_node *extension = tbs_extension(e, oid, n);

	if (!extension)
		return tbs_none(e, "such extension");
	tbs_remove(tbs_extensions(e), extension);
	return 0;
}

/* ---- by OID ---- */

static int set_extension(struct tbs_edit *e)
{
	uint8_t oid[TBS_MAX_OID], value[TBS_MAX_VALUE];
	size_t n = 0, value_size = 0;
	int r = tbs_suffix_oid(e, oid, &n);

	if (r == 0 && !tbs_is_absent(e))
		r = tbs_value_hex(e, value, &value_size);
	if (r < 0 || !e->tree)
		return r;
	if (tbs_is_absent(e))
		return tbs_drop_extension(e, oid, n);
	tbs_set_extension(e, oid, n, false, value, value_size);
	return 0;
}

static struct tbs_node *find_extension(struct tbs_edit *e)
{
	uint8_t oid[TBS_MAX_OID];
	size_t n = 0;

	if (tbs_suffix_oid(e, oid, &n) < 0)
		return NULL;
	return tbs_extension_value(tbs_extension(e, oid, n));
}

static int set_critical(struct tbs_edit *e)
{
	uint8_t oid[TBS_MAX_OID];
	struct tbs_node *extension;
	bool critical = false;
	size_t n = 0;
	int r = tbs_suffix_oid(e, oid, &n);

	if (r == 0)
		r = sim_order_flag(e->value, &critical, e->err);
	if (r < 0 || !e->tree)
		return r;
	extension = tbs_extension(e, oid, n);
	if (!extension)
		return tbs_none(e, "such extension");
	tbs_set_critical(e->tree, extension, critical);
	return 0;
}

static int add_another(struct tbs_edit *e)
{
	uint8_t oid[TBS_MAX_OID], value[TBS_MAX_VALUE];
	size_t n = 0, value_size = 0;
	int r = tbs_suffix_oid(e, oid, &n);

	if (r == 0)
		r = tbs_value_hex(e, value, &value_size);
	if (r == 0 && e->tree)
		tbs_add_extension(e, oid, n, false, value, value_size);
	return r;
}

static int set_list(struct tbs_edit *e)
{
	struct tbs_node *tagged, *list;
	bool empty = strcmp(e->value, "empty") == 0;

	if (!tbs_is_absent(e) && !empty && strcmp(e->value, "reversed") != 0)
		return jurat_fail(e->err, -EINVAL, "expected absent, reversed or empty, not '%s'", e->value);
	if (!e->tree)
		return 0;
	tagged = tbs_part(e, TBS_EXTENSIONS);
	list = tbs_child(tagged, 0);
	if (!list)
		return tbs_none(e, "extensions");
	if (tbs_is_absent(e))
		tbs_remove(e->tree->root, tagged);
	else if (empty)
		list->first = NULL;
	else
		tbs_reverse(list);
	return 0;
}

static struct tbs_node *find_list(struct tbs_edit *e)
{
	return tbs_extensions(e);
}

/* ---- by their names ---- */

/* The content of basicConstraints, taken apart; NULL: none, or one that is no SEQUENCE. */
static struct tbs_node *basic_constraints(struct tbs_edit *e)
{
	struct tbs_node *value =
		tbs_extension_value(tbs_extension(e, oid_basic_constraints, sizeof(oid_basic_constraints)));

	return value && tbs_open(e->tree, value) ? tbs_child(value, 0) : NULL;
}

/* The flag comes first, and is not written where it is false (DEFAULT); then the length. */
static struct tbs_node *ca_flag(struct tbs_node *constraints)
{
	struct tbs_node *first = tbs_child(constraints, 0);

	return first && first->tag == DER_BOOLEAN ? first : NULL;
}

static struct tbs_node *path_len(struct tbs_node *constraints)
{
	struct tbs_node *last = constraints ? tbs_last(constraints) : NULL;

	return last && last->tag == DER_INTEGER ? last : NULL;
}

static struct tbs_node *need_constraints(struct tbs_edit *e)
{
	static const uint8_t none[] = { DER_SEQUENCE, 0 };

	if (!tbs_extension(e, oid_basic_constraints, sizeof(oid_basic_constraints)))
		tbs_add_extension(e, oid_basic_constraints, sizeof(oid_basic_constraints), true, none,
				  sizeof(none));
	return basic_constraints(e);
}

static int set_ca(struct tbs_edit *e)
{
	struct tbs_node *constraints, *flag;
	bool is_ca = false;
	int r = tbs_is_absent(e) ? 0 : sim_order_flag(e->value, &is_ca, e->err);

	if (r < 0 || !e->tree)
		return r;
	if (tbs_is_absent(e))
		return tbs_drop_extension(e, oid_basic_constraints, sizeof(oid_basic_constraints));
	constraints = need_constraints(e);
	if (!constraints)
		return tbs_none(e, "basicConstraints that can be changed");
	flag = ca_flag(constraints);
	if (flag)
		tbs_remove(constraints, flag);
	if (is_ca)
		tbs_insert(constraints, NULL, tbs_new(e->tree, DER_BOOLEAN, &yes, 1));
	return 0;
}

static struct tbs_node *find_ca(struct tbs_edit *e)
{
	return ca_flag(basic_constraints(e));
}

static int set_path_len(struct tbs_edit *e)
{
	struct tbs_node *constraints, *length;
	uint8_t der[16];
	size_t n = 0;
	int r = tbs_is_absent(e) ? 0 : tbs_value_uint(e, der, &n);

	if (r < 0 || !e->tree)
		return r;
	constraints = tbs_is_absent(e) ? basic_constraints(e) : need_constraints(e);
	length = path_len(constraints);
	if (!constraints || (tbs_is_absent(e) && !length))
		return tbs_none(e, "path length");
	if (length)
		tbs_remove(constraints, length);
	if (!tbs_is_absent(e))
		tbs_append(constraints, tbs_new_der(e->tree, der, n));
	return 0;
}

static struct tbs_node *find_path_len(struct tbs_edit *e)
{
	return path_len(basic_constraints(e));
}

static int set_key_usage(struct tbs_edit *e)
{
	uint8_t bits[TBS_MAX_VALUE], der[TBS_MAX_VALUE];
	struct der_wr d = der_wr(der, sizeof(der));
	unsigned unused = 0;
	size_t n = 0;
	int r = tbs_is_absent(e) ? 0 : tbs_value_hex(e, bits, &n);

	if (r == 0 && n > 4)
		r = jurat_fail(e->err, -EINVAL, "expected at most 4 bytes of named bits, not %zu", n);
	if (r < 0 || !e->tree)
		return r;
	if (tbs_is_absent(e))
		return tbs_drop_extension(e, oid_key_usage, sizeof(oid_key_usage));
	while (n > 0 && bits[n - 1] == 0) /* Spec: X.690 11.2.2 */
		n--;
	while (n > 0 && !(bits[n - 1] >> unused & 1))
		unused++;
	der_put_bits(&d, bits, n, unused);
	tbs_set_extension(e, oid_key_usage, sizeof(oid_key_usage), true, der, d.w.off);
	return 0;
}

static struct tbs_node *find_by_name(struct tbs_edit *e)
{
	static const struct {
		const uint8_t *oid;
		size_t n;
	} of[] = {
		{ oid_key_usage, sizeof(oid_key_usage) },
		{ oid_subject_key_id, sizeof(oid_subject_key_id) },
		{ oid_authority_key_id, sizeof(oid_authority_key_id) },
	};

	return tbs_extension_value(tbs_extension(e, of[e->arg].oid, of[e->arg].n));
}

/* Whether the word stands for bytes that the caller knows: its check is that it is one. */
static bool is_word(const struct tbs_edit *e)
{
	return !e->tree && strcmp(e->value, "other") == 0;
}

static int set_key_id(struct tbs_edit *e)
{
	const bool is_subject = e->arg == 1;
	const uint8_t *oid = is_subject ? oid_subject_key_id : oid_authority_key_id;
	const size_t oid_size = sizeof(oid_subject_key_id);
	uint8_t id[TBS_MAX_VALUE], der[TBS_MAX_VALUE + 16];
	struct der_wr d = der_wr(der, sizeof(der));
	size_t n = 0;
	int r = tbs_is_absent(e) || is_word(e) ? 0 : tbs_value_hex(e, id, &n);

	if (r < 0 || !e->tree)
		return r;
	if (tbs_is_absent(e))
		return tbs_drop_extension(e, oid, oid_size);
	if (is_subject) {
		der_put(&d, DER_OCTET_STRING, id, n);
	} else {
		der_put_open(&d, DER_SEQUENCE);
		der_put(&d, DER_CONTEXT(0), id, n);
		der_put_close(&d);
	}
	tbs_set_extension(e, oid, oid_size, false, der, d.w.off);
	return 0;
}

const struct tbs_field tbs_fields_extension[] = {
	{ "extension.", TBS_ALL, set_extension, find_extension, 0 },
	{ "critical.", TBS_ALL, set_critical, NULL, 0 },
	{ "another.", TBS_ALL, add_another, NULL, 0 },
	{ "extensions", TBS_ALL, set_list, find_list, 0 },
	{ "ca", TBS_CERTS, set_ca, find_ca, 0 },
	{ "path_len", TBS_CERTS, set_path_len, find_path_len, 0 },
	{ "key_usage", TBS_CERTS, set_key_usage, find_by_name, 0 },
	{ "subject_key_id", TBS_CERTS, set_key_id, find_by_name, 1 },
	{ "authority_key_id", TBS_ALL, set_key_id, find_by_name, 2 },
	{ .name = NULL },
};
