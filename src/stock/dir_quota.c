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

/* "quotas/NAME" */
static const char *file_of(const struct stock_quota *quota, char file[ENDORSE_TEXT_BYTES])
{
	snprintf(file, ENDORSE_TEXT_BYTES, "quotas/%s",
		 quota->name); /* whose length stock_take() has checked */
	return file;
}

static int fail(const struct dir_stock *d, int r, const char *what, const char *file, struct jurat_error *err)
{
	return jurat_fail(err, r, "cannot %s '%s/%s': %s", what, d->path, file, strerror(-r));
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
	char file[ENDORSE_TEXT_BYTES];
	uint64_t now, wait = 0;
	struct record record;
	int r, fd = dir_lock_file(d, file_of(quota, file), err);

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
		return fail(d, r, "take from the quota in", file, err);
	if (wait == 0)
		return 0;
	*ret_wait_ms = (wait + 999999) / 1000000;
	return JURAT_BUSY;
}

int dir_stock_pause(struct stock *stock, const struct stock_quota *quota, uint64_t for_ms,
		    struct jurat_error *err)
{
	const struct dir_stock *d = of(stock);
	char file[ENDORSE_TEXT_BYTES];
	struct record record;
	uint64_t now;
	int r, fd = dir_lock_file(d, file_of(quota, file), err);

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
	return r < 0 ? fail(d, r, "pause", file, err) : 0;
}
