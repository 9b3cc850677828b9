/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "stock/dir.h"

/* What a VCEK takes on most file systems: a block for its directory and one for its file. */
enum { NEED_BYTES = 8192 };

static const struct dir_stock *of(struct stock *stock)
{
	return (const struct dir_stock *)stock;
}

static int probe_reading(const struct dir_stock *d, struct jurat_error *err)
{
	struct dir_place place;
	struct base_stat st;
	int r = dir_find(d, "claims.lock", false, &place, err);

	if (r == JURAT_NOT_FOUND)
		return jurat_fail(err, -ENOENT, "cannot open directory '%s': %s", d->path, strerror(ENOENT));
	if (r < 0)
		return r;
	r = base_stat_at(d->base.env, place.folder, place.name, &st);
	if (r < 0 && r != -ENOENT)
		dir_fail(r, "examine", &place, place.name, err);
	dir_place_done(d, &place);
	return r == -ENOENT ? 0 : r;
}

static int fill(const struct dir_stock *d, int fd)
{
	static const uint8_t zeros[NEED_BYTES];
	size_t done = 0;

	while (done < sizeof(zeros)) {
		ssize_t n = base_pwrite(d->base.env, fd, zeros + done, sizeof(zeros) - done, (int64_t)done);

		if (n <= 0)
			return n < 0 ? (int)n : -EIO;
		done += (size_t)n;
	}
	return 0;
}

static int probe_writing(const struct dir_stock *d, struct jurat_error *err)
{
	int fd = dir_lock_file(d, "probe.lock", err), r, emptied;

	if (fd < 0)
		return fd;
	r = fill(d, fd);
	emptied = base_truncate(d->base.env, fd, 0);
	if (r == 0)
		r = emptied;
	base_close(d->base.env, fd);
	return r < 0 ? jurat_fail(err, r, "cannot write '%s/probe.lock': %s", d->path, strerror(-r)) : 0;
}

/* A file of another user's process would keep this one from the quota. */
static int probe_quota(const struct dir_stock *d, const char *quota, struct jurat_error *err)
{
	char file[ENDORSE_TEXT_BYTES];
	int fd;

	snprintf(file, sizeof(file), "quotas/%s", quota);
	fd = dir_lock_file(d, file, err);
	if (fd < 0)
		return fd;
	base_close(d->base.env, fd);
	return 0;
}

int dir_stock_probe(struct stock *stock, bool write, const char *quota, struct jurat_error *err)
{
	const struct dir_stock *d = of(stock);
	int r = probe_reading(d, err);

	if (r == 0 && write)
		r = probe_writing(d, err);
	if (r == 0 && write && quota)
		r = probe_quota(d, quota, err);
	return r;
}
