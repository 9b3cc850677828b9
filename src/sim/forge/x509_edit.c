/* SPDX-License-Identifier: MIT */
#include "sim/forge/x509_edit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "sim/forge/order_internal.h"
#include "sim/forge/x509_edit_internal.h"

static const struct tbs_field *const tables[] = { tbs_fields_body, tbs_fields_extension, tbs_fields_amd,
						  tbs_fields_sgx,  tbs_fields_crl,       tbs_fields_signed };

static const char *suffix_of(const struct tbs_field *field, const char *name)
{
	size_t n = strlen(field->name);

	if (field->name[n - 1] == '.')
		return strncmp(field->name, name, n) == 0 && name[n] ? name + n : NULL;
	return strcmp(field->name, name) == 0 ? name + n : NULL;
}

/* Its entry, and what follows the name. -EINVAL: the nearest ones that there are. */
static int find_field(struct tbs_edit *e, const char *name, const struct tbs_field **ret)
{
	struct order_near near = order_near(name);

	for (size_t t = 0; t < ARRAY_SIZE(tables); t++)
		for (const struct tbs_field *f = tables[t]; f->name; f++) {
			if (!(f->kinds & 1U << e->kind))
				continue;
			order_near_add(&near, f->name);
			e->suffix = suffix_of(f, name);
			if (!e->suffix)
				continue;
			e->arg = f->arg;
			*ret = f;
			return 0;
		}
	return order_near_fail(&near, e->err, "no such field");
}

int sim_x509_check(enum sim_x509_kind kind, const char *field, const char *value, int64_t at,
		   struct jurat_error *err)
{
	struct tbs_edit e = { .kind = kind, .value = value, .at = at, .err = err };
	const struct tbs_field *f = NULL;
	int r;

	if (!value && !*field)
		return 0; /* damage of the whole */
	r = find_field(&e, field, &f);
	if (r < 0)
		return r;
	if (!value)
		return f->find ? 0 : jurat_fail(err, -EINVAL, "it has no place of its own to damage");
	return f->set(&e);
}

int sim_x509_edit(enum sim_x509_kind kind, const char *field, const char *value, int64_t at, uint8_t *tbs,
		  size_t *n, struct jurat_error *err)
{
	struct tbs_edit e = { .kind = kind, .value = value, .at = at, .err = err };
	auto_free struct tbs_tree *tree = NULL;
	auto_free uint8_t *made = malloc(SIM_X509_MAX_BYTES);
	const struct tbs_field *f = NULL;
	size_t size = 0;
	int r;

	if (!made)
		return jurat_fail_memory(err);
	r = find_field(&e, field, &f);
	if (r == 0)
		r = tbs_tree_read(tbs, *n, &tree, err);
	if (r < 0)
		return r;
	e.tree = tree;
	r = f->set(&e);
	if (r == 0)
		r = tbs_tree_write(tree, made, SIM_X509_MAX_BYTES, &size, err);
	if (r < 0)
		return r;
	memcpy(tbs, made, size);
	*n = size;
	return 0;
}

int sim_x509_find(enum sim_x509_kind kind, const char *field, const uint8_t *tbs, size_t n, size_t *ret_off,
		  size_t *ret_size, struct jurat_error *err)
{
	struct tbs_edit e = { .kind = kind, .err = err };
	auto_free struct tbs_tree *tree = NULL;
	const struct tbs_field *f = NULL;
	struct tbs_node *found;
	int r;

	r = find_field(&e, field, &f);
	if (r == 0)
		r = tbs_tree_read(tbs, n, &tree, err);
	if (r < 0)
		return r;
	e.tree = tree;
	found = f->find ? f->find(&e) : NULL;
	if (!found || found->n == 0)
		return jurat_fail(err, -EINVAL, "it has no such part to damage");
	*ret_off = (size_t)(found->data - tbs);
	*ret_size = found->n;
	return 0;
}
