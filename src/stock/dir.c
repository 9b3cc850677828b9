/* SPDX-License-Identifier: MIT */
#include "stock/dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "verify/entry.h"

/*
 * A directory as a stock. VCEKs are files as Trustee's offline store has them, everything else is packed
 * (endorse/value.h) in a folder of its kind. A file is written beside its place under a lock, and renamed
 * when it is on the disk, so that its name holds all of it or what was there before. Layout and reasons:
 * doc/decisions/0033-endorsements-and-stocks.md.
 */
enum { MAX_TRIES = 16 };

static struct dir_stock *of(struct stock *stock)
{
	return (struct dir_stock *)stock;
}

/* ---- Reading */

/* 0; JURAT_NOT_FOUND; < 0 -errno. At most `max` bytes of a regular file. */
static int read_name(const struct dir_stock *d, const struct dir_place *place, const char *name, size_t max,
		     uint8_t **ret, size_t *ret_n, struct jurat_error *err)
{
	int fd = base_open_at(d->base.env, place->folder, name, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0), r;
	struct base_stat st;

	if (fd == -ENOENT)
		return JURAT_NOT_FOUND;
	if (fd < 0)
		return dir_fail(fd, "open", place, name, err);
	r = base_fstat(d->base.env, fd, &st);
	if (r < 0)
		dir_fail(r, "examine", place, name, err);
	else if (!S_ISREG(st.mode))
		r = jurat_fail(err, -EBADMSG, "'%s' is not a regular file", place->path);
	else
		r = base_read_fd(d->base.env, fd, place->path, max, ret, ret_n, err);
	base_close(d->base.env, fd);
	return r == -EFBIG ? -EBADMSG : r;
}

/* Whether DER is a certificate that names this chip and TCB. */
static bool is_vcek_of(const struct endorse_item *item, const uint8_t *der, size_t n)
{
	struct cert_entry *entry;
	bool is;

	if (cert_entry_new(der, n, &entry, NULL) != 0)
		return false;
	is = entry->vek.kind == VEK_VCEK && entry->vek_fault == VEK_FINE &&
	     memcmp(entry->vek.hwid, item->chip_id, sizeof(item->chip_id)) == 0 &&
	     snp_tcb_at_least(&entry->vek.tcb, &item->tcb) && snp_tcb_at_least(&item->tcb, &entry->vek.tcb);
	cert_entry_free(entry);
	return is;
}

/* Trustee's fallback: one certificate for the chip, at whichever TCB. */
static int read_fallback(const struct dir_stock *d, const struct dir_place *place,
			 const struct endorse_item *item, uint8_t **ret, size_t *ret_n,
			 struct jurat_error *err)
{
	auto_free uint8_t *der = NULL;
	size_t n;
	int r = read_name(d, place, "vcek.der", ENDORSE_MAX_BYTES, &der, &n, err);

	if (r != 0)
		return r;
	if (!is_vcek_of(item, der, n))
		return JURAT_NOT_FOUND;
	*ret = take_ptr(der);
	*ret_n = n;
	return 0;
}

static int get_vcek(const struct dir_stock *d, const struct dir_place *place, const struct endorse_item *item,
		    struct endorse_value *ret, int64_t *ret_expires, struct jurat_error *err)
{
	auto_free uint8_t *bytes = NULL;
	size_t n;
	int r = read_name(d, place, place->name, ENDORSE_MAX_BYTES, &bytes, &n, err);

	if (r == JURAT_NOT_FOUND)
		r = read_fallback(d, place, item, &bytes, &n, err);
	if (r == 0 && n == 0)
		r = jurat_fail(err, -EBADMSG, "'%s' is empty", place->path);
	if (r != 0)
		return r;
	*ret = (struct endorse_value){ .body = take_ptr(bytes), .size = n };
	*ret_expires = INT64_MAX;
	return 0;
}

static int get_packed(const struct dir_stock *d, const struct dir_place *place, struct endorse_value *ret,
		      int64_t *ret_expires, struct jurat_error *err)
{
	auto_free uint8_t *bytes = NULL;
	size_t n;
	int r = read_name(d, place, place->name, ENDORSE_PACKED_MAX_BYTES, &bytes, &n, err);

	if (r == 0)
		r = endorse_value_unpack(bytes, n, ret, ret_expires, err);
	return r == -EBADMSG ? jurat_wrap(err, r, "%s", place->path) : r;
}

static int get(struct stock *stock, const struct endorse_item *item, struct endorse_value *ret,
	       int64_t *ret_expires, struct jurat_error *err)
{
	const struct dir_stock *d = of(stock);
	char file[ENDORSE_TEXT_BYTES];
	struct dir_place place;
	int r;

	endorse_item_file(item, file, sizeof(file));
	r = dir_find(d, file, false, &place, err);
	if (r != 0)
		return r;
	r = item->kind == ENDORSE_VCEK ? get_vcek(d, &place, item, ret, ret_expires, err)
				       : get_packed(d, &place, ret, ret_expires, err);
	dir_place_done(d, &place);
	return r;
}

/* ---- Writing */

static int write_all(const struct dir_stock *d, int fd, const uint8_t *bytes, size_t n)
{
	size_t done = 0;

	while (done < n) {
		ssize_t put = base_pwrite(d->base.env, fd, bytes + done, n - done, (int64_t)done);

		if (put <= 0)
			return put < 0 ? (int)put : -EIO;
		done += (size_t)put;
	}
	return 0;
}

/*
 * Removes the name of a file that a reader has locked: an earlier release, or a writer that was interrupted,
 * let others read it. A writer's lock excludes this one's shared lock; and nobody else removes such a name
 * meanwhile, because all do so with "claims.lock" locked. 0: start over; -EBUSY; another -errno.
 */
static int drop_name(const struct dir_stock *d, const struct dir_place *place, const char *beside, int fd,
		     struct jurat_error *err)
{
	int all = dir_lock_file(d, "claims.lock", err), r;

	if (all < 0)
		return all;
	r = base_lock(d->base.env, fd, BASE_LOCK_SHARED, 0);
	if (r == 0)
		r = dir_is_named(d, place, beside, fd);
	if (r == 0)
		r = base_unlink_at(d->base.env, place->folder, beside);
	base_close(d->base.env, all);
	if (r == JURAT_BUSY)
		return -EBUSY;
	return r == JURAT_NOT_FOUND ? 0 : r;
}

/*
 * Opens and locks the file beside the place, which only its owner can read. Another process may have renamed
 * it into its place while this one waited for its lock: it is not to be written then. A descriptor; < 0
 * -errno.
 */
static int open_beside(const struct dir_stock *d, const struct dir_place *place, const char *beside,
		       struct jurat_error *err)
{
	for (unsigned i = 0; i < MAX_TRIES; i++) {
		int r, fd = dir_open_file(d, place, beside, err);

		if (fd < 0)
			return fd;
		r = base_lock(d->base.env, fd, BASE_LOCK_EXCLUSIVE, d->base.timeout_ms * 1000000);
		if (r == JURAT_BUSY)
			r = drop_name(d, place, beside, fd, err);
		else if (r == 0) {
			r = dir_is_named(d, place, beside, fd);
			if (r == 0) {
				dir_exclude_others(d, fd);
				return fd;
			}
		}
		base_close(d->base.env, fd);
		if (r < 0)
			return dir_fail(r, "lock", place, beside, err);
	}
	return dir_fail(-EBUSY, "lock", place, beside, err);
}

/* Writes `bytes` beside the place, then renames them to it. */
static int write_file(const struct dir_stock *d, const struct dir_place *place, const char *beside,
		      const uint8_t *bytes, size_t n, struct jurat_error *err)
{
	struct base_env *env = d->base.env;
	int fd = open_beside(d, place, beside, err), r;

	if (fd < 0)
		return fd;
	r = base_truncate(env, fd, 0);
	if (r == 0)
		r = write_all(d, fd, bytes, n);
	if (r == 0) /* as late as it can be on the disk before the name is */
		r = base_fchmod(env, fd, FILE_MODE);
	if (r == 0)
		r = base_fsync(env, fd);
	if (r < 0)
		dir_fail(r, "write", place, beside, err);
	if (r == 0) {
		r = base_rename_at(env, place->folder, beside, place->name);
		if (r < 0)
			dir_fail(r, "replace", place, place->name, err);
	}
	if (r < 0) {
		base_unlink_at(env, place->folder, beside);
		base_close(env, fd);
		return r;
	}
	base_close(env, fd);
	r = base_fsync(env, place->folder);
	return r < 0 ? dir_fail(r, "sync the directory of", place, place->name, err) : 0;
}

static int put_bytes(const struct dir_stock *d, const struct endorse_item *item, const uint8_t *bytes,
		     size_t n, struct jurat_error *err)
{
	char file[ENDORSE_TEXT_BYTES];
	auto_free char *beside = NULL;
	struct dir_place place;
	int r;

	endorse_item_file(item, file, sizeof(file));
	r = dir_find(d, file, true, &place, err);
	if (r < 0)
		return r;
	if (asprintf(&beside, ".%s.new", place.name) < 0) {
		beside = NULL;
		r = jurat_fail_memory(err);
	}
	if (r == 0)
		r = write_file(d, &place, beside, bytes, n, err);
	dir_place_done(d, &place);
	return r;
}

static int put(struct stock *stock, const struct endorse_item *item, const struct endorse_value *value,
	       int64_t expires, struct jurat_error *err)
{
	auto_free uint8_t *packed = NULL;
	size_t n;
	int r;

	r = endorse_value_pack(value, expires, &packed, &n, err); /* also checks its sizes */
	if (r < 0)
		return r;
	if (item->kind != ENDORSE_VCEK)
		return put_bytes(of(stock), item, packed, n, err);
	return put_bytes(of(stock), item, value->body, value->size, err);
}

/* ---- The stock */

static void close_dir(struct stock *stock)
{
	struct dir_stock *d = of(stock);

	dir_release_all(d);
	free(d->path);
	free(d);
}

int stock_open_dir(const char *path, struct base_env *env, uint64_t timeout_ms, struct stock **ret,
		   struct jurat_error *err)
{
	static const struct stock_ops ops = {
		.get = get,
		.put = put,
		.claim = dir_stock_claim,
		.release = dir_stock_release,
		.take = dir_stock_take,
		.pause = dir_stock_pause,
		.probe = dir_stock_probe,
		.close = close_dir,
	};
	auto_free struct dir_stock *d = calloc(1, sizeof(*d));
	struct base_stat st;
	int r;

	if (!*path)
		return jurat_fail(err, -EINVAL, "dir: expected a path");
	if (!d)
		return jurat_fail_memory(err);
	r = base_mkdir(env, path, DIR_MODE);
	if (r == -EEXIST || r == -EROFS) {
		r = base_stat(env, path, &st);
		if (r == 0 && !S_ISDIR(st.mode))
			r = -ENOTDIR;
	}
	if (r == -ENOENT)
		return jurat_fail(
			err, r, "cannot create directory '%s': the directory above it does not exist", path);
	if (r < 0)
		return jurat_fail(err, r, "cannot open directory '%s': %s", path, strerror(-r));
	d->base = (struct stock){ .ops = &ops, .env = env, .timeout_ms = timeout_ms };
	d->path = strdup(path);
	if (!d->path)
		return jurat_fail_memory(err);
	*ret = &take_ptr(d)->base;
	return 0;
}
