/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "stock/dir.h"

/*
 * Claims: who has locked an item's file in the folder "claims" has its claim, until the time in the file. A
 * lock ends with its process, but not when the process is stopped: after that time the file is unlinked and
 * another one locked in its place. All of this happens with "claims.lock" locked, for so short a time that
 * nobody is seen to wait, so that no two processes find an item free.
 */
enum { RECORD_BYTES = 16 };

static struct dir_stock *of(struct stock *stock)
{
	return (struct dir_stock *)stock;
}

static void name_claim(const struct endorse_item *item, struct dir_claim *claim)
{
	endorse_item_name(item, claim->name, sizeof(claim->name));
	snprintf(claim->file, sizeof(claim->file), "claims/%s", claim->name);
	for (char *c = claim->file; *c; c++)
		if (*c == ':')
			*c = '_';
}

/* A descriptor; JURAT_BUSY is -EBUSY; < 0 -errno. */
static int lock_all(const struct dir_stock *d, struct jurat_error *err)
{
	return dir_lock_file(d, "claims.lock", err);
}

/* Whether the claim in a locked file has ended. A file that says nothing sensible has. */
static int has_ended(const struct dir_stock *d, int fd, uint64_t now, bool *ret)
{
	uint8_t record[RECORD_BYTES] = { 0 };
	ssize_t n = base_pread(d->base.env, fd, record, sizeof(record), 0);
	uint64_t begin = bytes_get_le(record, 8), end = bytes_get_le(record + 8, 8);

	if (n < 0)
		return (int)n;
	*ret = n != sizeof(record) || now < begin ||
	       now >= end; /* before it began: the machine was restarted */
	return 0;
}

/* Opens and locks an item's file. *ret_fd; JURAT_BUSY; < 0 -errno. */
static int lock_one(const struct dir_stock *d, const struct dir_place *place, uint64_t now, int *ret_fd,
		    struct jurat_error *err)
{
	for (unsigned i = 0; i < 2; i++) {
		int fd = dir_open_file(d, place, place->name, err), r;
		bool ended = false;

		if (fd < 0)
			return fd;
		dir_exclude_others(d, fd);
		r = base_lock(d->base.env, fd, BASE_LOCK_EXCLUSIVE, 0);
		if (r == 0) {
			*ret_fd = fd;
			return 0;
		}
		if (r == JURAT_BUSY)
			r = has_ended(d, fd, now, &ended);
		if (r == 0 && ended)
			r = base_unlink_at(d->base.env, place->folder, place->name);
		base_close(d->base.env, fd);
		if (r < 0)
			return dir_fail(r, "claim", place, place->name, err);
		if (!ended)
			return JURAT_BUSY;
	}
	return JURAT_BUSY;
}

static int write_record(const struct dir_stock *d, int fd, const struct dir_place *place, uint64_t now,
			uint64_t for_ms, struct jurat_error *err)
{
	uint8_t record[RECORD_BYTES];
	ssize_t n;

	bytes_put_le(record, now, 8);
	bytes_put_le(record + 8, now + for_ms * 1000000, 8);
	n = base_pwrite(d->base.env, fd, record, sizeof(record), 0);
	if (n == sizeof(record))
		return 0;
	return dir_fail(n < 0 ? (int)n : -EIO, "write", place, place->name, err);
}

static int claim_one(struct dir_stock *d, struct dir_claim *claim, uint64_t for_ms, struct jurat_error *err)
{
	const uint64_t now = base_now_ns(d->base.env);
	struct dir_place place;
	int fd = -1, r = dir_find(d, claim->file, true, &place, err);

	if (r < 0)
		return r;
	r = lock_one(d, &place, now, &fd, err);
	if (r == 0) {
		r = write_record(d, fd, &place, now, for_ms, err);
		if (r < 0)
			base_close(d->base.env, fd);
		else
			claim->fd = fd;
	}
	dir_place_done(d, &place);
	return r;
}

int dir_stock_claim(struct stock *stock, const struct endorse_item *item, uint64_t for_ms,
		    struct jurat_error *err)
{
	struct dir_stock *d = of(stock);
	struct dir_claim *claim = calloc(1, sizeof(*claim));
	int all, r;

	if (!claim)
		return jurat_fail_memory(err);
	name_claim(item, claim);
	all = lock_all(d, err);
	r = all < 0 ? all : claim_one(d, claim, for_ms, err);
	if (all >= 0)
		base_close(d->base.env, all);
	if (r != 0) {
		free(claim);
		return r;
	}
	claim->next = d->claims;
	d->claims = claim;
	return 0;
}

/* Unlinks the file unless another process has put its own there. */
static void unlink_named(const struct dir_stock *d, const struct dir_claim *claim)
{
	struct dir_place place;

	if (dir_find(d, claim->file, false, &place, NULL) != 0)
		return;
	if (dir_is_named(d, &place, place.name, claim->fd) == 0)
		base_unlink_at(d->base.env, place.folder, place.name);
	dir_place_done(d, &place);
}

static void unlink_own(const struct dir_stock *d, const struct dir_claim *claim)
{
	int all = lock_all(d, NULL);

	if (all < 0)
		return; /* the file stays, without a lock */
	unlink_named(d, claim);
	base_close(d->base.env, all);
}

static void release(struct dir_stock *d, struct dir_claim **at)
{
	struct dir_claim *claim = *at;

	*at = claim->next;
	unlink_own(d, claim);
	base_close(d->base.env, claim->fd);
	free(claim);
}

void dir_stock_release(struct stock *stock, const struct endorse_item *item)
{
	struct dir_stock *d = of(stock);
	struct dir_claim **at = &d->claims;
	char name[ENDORSE_TEXT_BYTES];

	endorse_item_name(item, name, sizeof(name));
	while (*at && strcmp((*at)->name, name) != 0)
		at = &(*at)->next;
	if (*at)
		release(d, at);
}

void dir_release_all(struct dir_stock *d)
{
	while (d->claims)
		release(d, &d->claims);
}
