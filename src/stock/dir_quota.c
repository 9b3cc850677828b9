/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "stock/dir.h"

/*
 * Quotas: a record in a locked file of its own. A bucket is one time, at which it will be full again: each
 * request moves it on by an interval, and it may not be further away than `burst` intervals. Times are of
 * the monotonic clock; one that is too far away is of another start of the machine, and is cut to what it
 * can be at most.
 */
enum { RECORD_BYTES = 32 };

struct record {
	uint64_t full_ns;            /* the bucket is full again */
	uint64_t paused_ns, from_ns; /* no requests before, since */
};

static struct dir_stock *of(struct stock *stock)
{
	return (struct dir_stock *)stock;
}

static uint64_t depth_ns(const struct stock_quota *quota)
{
	return quota->interval_ms * quota->burst * 1000000;
}

/* A new file has a full bucket. One whose record cannot be read has an empty one. */
static int read_record(const struct dir_stock *d, int fd, const struct stock_quota *quota, uint64_t now,
		       struct record *ret)
{
	uint8_t bytes[RECORD_BYTES] = { 0 };
	ssize_t n = base_pread(d->base.env, fd, bytes, sizeof(bytes), 0);
	struct record r;

	if (n < 0)
		return (int)n;
	r.full_ns = bytes_get_le(bytes, 8);
	r.paused_ns = bytes_get_le(bytes + 8, 8);
	r.from_ns = bytes_get_le(bytes + 16, 8);
	if (n > 0 && (n != sizeof(bytes) ||
		      bytes_get_le(bytes + 24, 8) != (r.full_ns ^ r.paused_ns ^ r.from_ns ^ UINT64_MAX)))
		r = (struct record){ .full_ns = UINT64_MAX };
	if (r.full_ns < now)
		r.full_ns = now;
	if (r.full_ns > now + depth_ns(quota))
		r.full_ns = now + depth_ns(quota);
	if (r.from_ns > now)
		r.paused_ns = 0;
	*ret = r;
	return 0;
}

static int write_record(const struct dir_stock *d, int fd, const struct record *r)
{
	uint8_t bytes[RECORD_BYTES];
	ssize_t n;

	bytes_put_le(bytes, r->full_ns, 8);
	bytes_put_le(bytes + 8, r->paused_ns, 8);
	bytes_put_le(bytes + 16, r->from_ns, 8);
	bytes_put_le(bytes + 24, r->full_ns ^ r->paused_ns ^ r->from_ns ^ UINT64_MAX, 8);
	n = base_pwrite(d->base.env, fd, bytes, sizeof(bytes), 0);
	return n == sizeof(bytes) ? 0 : n < 0 ? (int)n : -EIO;
}

/* Opens and locks the quota's file. A descriptor and its path; < 0 -errno. */
static int lock_quota(const struct dir_stock *d, const struct stock_quota *quota, char **ret_path,
		      struct jurat_error *err)
{
	auto_free char *folder = dir_path(d, "", "quotas"), *path = dir_path(d, "quotas", quota->name);
	int fd;

	if (!folder || !path)
		return jurat_fail_memory(err);
	fd = dir_lock_file(d, folder, path, err);
	if (fd >= 0)
		*ret_path = take_ptr(path);
	return fd;
}

/* How long until a request may be made; 0: it is taken from the bucket. */
static uint64_t take_ns(struct record *r, const struct stock_quota *quota, uint64_t now)
{
	const uint64_t next = r->full_ns + quota->interval_ms * 1000000, limit = now + depth_ns(quota);

	if (r->paused_ns > now)
		return r->paused_ns - now;
	if (next > limit)
		return next - limit;
	r->full_ns = next;
	return 0;
}

int dir_stock_take(struct stock *stock, const struct stock_quota *quota, uint64_t *ret_wait_ms,
		   struct jurat_error *err)
{
	const struct dir_stock *d = of(stock);
	auto_free char *path = NULL;
	uint64_t now, wait = 0;
	struct record record;
	int r, fd = lock_quota(d, quota, &path, err);

	if (fd < 0)
		return fd;
	now = base_now_ns(d->base.env);
	r = read_record(d, fd, quota, now, &record);
	if (r == 0) {
		wait = take_ns(&record, quota, now);
		r = wait == 0 ? write_record(d, fd, &record) : 0;
	}
	base_close(d->base.env, fd);
	if (r < 0)
		return dir_fail(r, "take from", path, err);
	if (wait == 0)
		return 0;
	*ret_wait_ms = (wait + 999999) / 1000000;
	return JURAT_BUSY;
}

int dir_stock_pause(struct stock *stock, const struct stock_quota *quota, uint64_t for_ms,
		    struct jurat_error *err)
{
	const struct dir_stock *d = of(stock);
	auto_free char *path = NULL;
	struct record record;
	uint64_t now;
	int r, fd = lock_quota(d, quota, &path, err);

	if (fd < 0)
		return fd;
	now = base_now_ns(d->base.env);
	r = read_record(d, fd, quota, now, &record);
	if (r == 0 && record.paused_ns < now + for_ms * 1000000) {
		record.paused_ns = now + for_ms * 1000000;
		record.from_ns = now;
		r = write_record(d, fd, &record);
	}
	base_close(d->base.env, fd);
	return r < 0 ? dir_fail(r, "pause", path, err) : 0;
}
