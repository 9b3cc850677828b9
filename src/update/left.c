/* SPDX-License-Identifier: MIT */
#include "update/left.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "store/store.h"
#include "verify/entry.h"
#include "wire/snp_certs.h"

static const char *const tables[] = { "", STORE_TABLE_SUFFIXES }, *const files[] = { STORE_SUFFIXES };

static void entry_drop(struct cert_entry **entry)
{
	cert_entry_free(*entry);
}

static int name_of(const char *blob, const char *suffix, char **ret)
{
	if (asprintf(ret, "%s%s", blob, suffix) >= 0)
		return 0;
	*ret = NULL;
	return -ENOMEM;
}

int left_stat(struct base_env *env, const char *blob, const char *suffix, struct base_stat *ret)
{
	auto_free char *name = NULL;

	return name_of(blob, suffix, &name) < 0 ? -ENOMEM : base_stat(env, name, ret);
}

/*
 * Reads a whole table, without a lock: an updater may change it at the same time. 0; JURAT_NOT_FOUND there is
 * none that can be read; -ENOMEM
 */
static int read_table(struct base_env *env, const char *blob, const char *suffix, uint8_t **ret,
		      size_t *ret_size)
{
	auto_free char *name = NULL;
	struct base_stat st;
	int fd, r = name_of(blob, suffix, &name);

	if (r < 0)
		return r;
	fd = base_open(env, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
	if (fd < 0)
		return JURAT_NOT_FOUND;
	r = base_fstat(env, fd, &st);
	if (r == 0 && S_ISREG(st.mode))
		r = base_read_fd(env, fd, name, STORE_MAX_BYTES, ret, ret_size, NULL);
	else
		r = -EINVAL;
	base_close(env, fd);
	return r == 0 || r == -ENOMEM ? r : JURAT_NOT_FOUND;
}

bool left_is_empty(const uint8_t *table, size_t n)
{
	return n == 0 || (n >= STORE_EMPTY_BYTES && bytes_all(table, STORE_EMPTY_BYTES, 0));
}

/* Allocates nothing, so that a lack of memory does not hide it. */
enum left_in_place left_in_place(struct base_env *env, const char *blob)
{
	uint8_t head[STORE_EMPTY_BYTES];
	struct base_stat st;
	ssize_t n = -1;
	int fd = base_open(env, blob, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);

	if (fd < 0)
		return fd == -ENOENT ? LEFT_NONE : LEFT_UNKNOWN;
	if (base_fstat(env, fd, &st) == 0 && S_ISREG(st.mode))
		n = base_pread(env, fd, head, sizeof(head), 0);
	base_close(env, fd);
	if (n < 0)
		return LEFT_UNKNOWN;
	return left_is_empty(head, (size_t)n) ? LEFT_EMPTY : LEFT_TABLE;
}

int left_find(struct base_env *env, const char *blob, const struct update_source *source,
	      const struct update_plan *plan, struct left *ret, struct jurat_error *err)
{
	struct left left = { 0 };
	struct base_stat st;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		left.leftovers |= left_stat(env, blob, files[i], &st) == 0;
	for (size_t i = 0; !left.suffix && i < ARRAY_SIZE(tables); i++) {
		auto_free uint8_t *table = NULL;
		int r = read_table(env, blob, tables[i], &table, &left.size);

		if (r == 0)
			r = update_source_fits(source, plan, table, left.size, NULL);
		if (r < 0)
			return jurat_fail(err, r, "cannot check '%s%s': %s", blob, tables[i], strerror(-r));
		if (r != 0)
			continue;
		left.suffix = tables[i];
		left.table = take_ptr(table);
	}
	*ret = left;
	return 0;
}

void left_done(struct left *left)
{
	free(left->table);
}

/*
 * By what the certificate says alone. A check that fails for another reason (the time, the roots, the chain,
 * a product that the operator named wrongly) may say more about this program than about the table.
 */
static bool is_of_another_key(const struct vek *vek, const struct update_plan *plan)
{
	bool vlek = plan->before.flags & SNP_STATUS_VLEK_EN;
	size_t n = snp_hwid_bytes(plan->product);

	if (!vlek && vek->kind == VEK_VCEK && vek->has_hwid &&
	    memcmp(vek->hwid, plan->chip_id, n < vek->hwid_size ? n : vek->hwid_size) != 0)
		return true;
	return vek->kind == (vlek ? VEK_VLEK : VEK_VCEK) && vek->issued_for == plan->product &&
	       snp_tcb_write(plan->product, &vek->tcb) != plan->before.reported_tcb;
}

/* 1; 0 it is not, or that is not known; -ENOMEM */
static int table_is_of_another_key(const struct snp_certs *certs, const struct update_plan *plan)
{
	bool vlek = plan->before.flags & SNP_STATUS_VLEK_EN;
	struct cert_entry *leaf auto_call(entry_drop) = NULL;
	const struct snp_cert_entry *entry = snp_certs_find(certs, vlek ? SNP_CERT_VLEK : SNP_CERT_VCEK);
	int r;

	if (!entry)
		return snp_certs_find(certs, vlek ? SNP_CERT_VCEK : SNP_CERT_VLEK) != NULL;
	r = cert_entry_new(entry->data.data, entry->data.size, &leaf, NULL);
	if (r < 0 || leaf->vek_fault != VEK_FINE)
		return r == -ENOMEM ? r : 0;
	return is_of_another_key(&leaf->vek, plan);
}

int left_is_of_another_key(struct base_env *env, const char *blob, const struct update_plan *plan)
{
	auto_free uint8_t *table = NULL;
	struct snp_certs certs;
	size_t n;
	int r = read_table(env, blob, "", &table, &n);

	if (r != 0 || snp_certs_read_any(table, n, &certs, NULL) < 0)
		return r < 0 ? r : 0;
	return table_is_of_another_key(&certs, plan);
}

/* 0; JURAT_NOT_FOUND the table has none, or that of another key; -ENOMEM */
static int read_vlek(struct base_env *env, const char *blob, const char *suffix,
		     const struct update_plan *plan, uint8_t **ret, size_t *ret_size)
{
	auto_free uint8_t *table = NULL;
	const struct snp_cert_entry *entry;
	struct snp_certs certs;
	size_t n;
	int r = read_table(env, blob, suffix, &table, &n);

	if (r != 0)
		return r;
	if (snp_certs_read(table, n, &certs, NULL) < 0)
		return JURAT_NOT_FOUND;
	entry = snp_certs_find(&certs, SNP_CERT_VLEK);
	r = entry ? table_is_of_another_key(&certs, plan) : 1;
	if (r != 0)
		return r < 0 ? r : JURAT_NOT_FOUND;
	*ret = malloc(entry->data.size);
	if (!*ret)
		return -ENOMEM;
	memcpy(*ret, entry->data.data, entry->data.size);
	*ret_size = entry->data.size;
	return 0;
}

int left_vlek(struct base_env *env, const char *blob, const struct update_plan *plan, uint8_t **ret,
	      size_t *ret_size, struct jurat_error *err)
{
	*ret = NULL;
	*ret_size = 0;
	for (size_t i = 0; !*ret && i < ARRAY_SIZE(tables); i++)
		if (read_vlek(env, blob, tables[i], plan, ret, ret_size) < 0)
			return jurat_fail_memory(err);
	return 0;
}
