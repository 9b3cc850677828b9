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

static char *claim_path(const struct dir_stock *d, const char *name)
{
	char *path = dir_path(d, "claims", name);

	for (char *c = path ? strrchr(path, '/') : NULL; c && *c; c++)
		if (*c == ':')
			*c = '_';
	return path;
}

/* Enters the folder and locks "claims.lock". A descriptor; JURAT_BUSY is -EBUSY; < 0 -errno. */
static int lock_all(const struct dir_stock *d, struct jurat_error *err)
{
	auto_free char *folder = dir_path(d, "", "claims"), *path = dir_path(d, "", "claims.lock");

	return folder && path ? dir_lock_file(d, folder, path, err) : jurat_fail_memory(err);
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
static int lock_one(const struct dir_stock *d, const char *path, uint64_t now, int *ret_fd,
		    struct jurat_error *err)
{
	for (unsigned i = 0; i < 2; i++) {
		int fd = dir_open_file(d, path, LOCK_MODE, err), r;
		bool ended = false;

		if (fd < 0)
			return fd;
		r = base_lock(d->base.env, fd, BASE_LOCK_EXCLUSIVE, 0);
		if (r == 0) {
			*ret_fd = fd;
			return 0;
		}
		if (r == JURAT_BUSY)
			r = has_ended(d, fd, now, &ended);
		if (r == 0 && ended)
			r = base_unlink(d->base.env, path);
		base_close(d->base.env, fd);
		if (r < 0)
			return dir_fail(r, "claim", path, err);
		if (!ended)
			return JURAT_BUSY;
	}
	return JURAT_BUSY;
}

static int write_record(const struct dir_stock *d, int fd, const char *path, uint64_t now, uint64_t for_ms,
			struct jurat_error *err)
{
	uint8_t record[RECORD_BYTES];
	ssize_t n;

	bytes_put_le(record, now, 8);
	bytes_put_le(record + 8, now + for_ms * 1000000, 8);
	n = base_pwrite(d->base.env, fd, record, sizeof(record), 0);
	if (n == sizeof(record))
		return 0;
	return dir_fail(n < 0 ? (int)n : -EIO, "write", path, err);
}

static int claim_one(struct dir_stock *d, struct dir_claim *claim, uint64_t for_ms, struct jurat_error *err)
{
	const uint64_t now = base_now_ns(d->base.env);
	int fd = -1, r = lock_one(d, claim->path, now, &fd, err);

	if (r != 0)
		return r;
	r = write_record(d, fd, claim->path, now, for_ms, err);
	if (r < 0) {
		base_close(d->base.env, fd);
		return r;
	}
	claim->fd = fd;
	return 0;
}

static void free_claim(struct dir_claim *claim)
{
	if (claim)
		free(claim->path);
	free(claim);
}

int dir_stock_claim(struct stock *stock, const struct endorse_item *item, uint64_t for_ms,
		    struct jurat_error *err)
{
	struct dir_stock *d = of(stock);
	struct dir_claim *claim = calloc(1, sizeof(*claim));
	int all, r;

	if (!claim)
		return jurat_fail_memory(err);
	endorse_item_name(item, claim->name, sizeof(claim->name));
	claim->path = claim_path(d, claim->name);
	if (!claim->path) {
		free_claim(claim);
		return jurat_fail_memory(err);
	}
	all = lock_all(d, err);
	r = all < 0 ? all : claim_one(d, claim, for_ms, err);
	if (all >= 0)
		base_close(d->base.env, all);
	if (r != 0) {
		free_claim(claim);
		return r;
	}
	claim->next = d->claims;
	d->claims = claim;
	return 0;
}

/* Unlinks the file unless another process has put its own there. */
static void unlink_own(const struct dir_stock *d, const struct dir_claim *claim)
{
	struct base_stat own, named;
	int all = lock_all(d, NULL);

	if (all < 0)
		return; /* the file stays, without a lock */
	if (base_fstat(d->base.env, claim->fd, &own) == 0 &&
	    base_stat(d->base.env, claim->path, &named) == 0 && own.dev == named.dev && own.ino == named.ino)
		base_unlink(d->base.env, claim->path);
	base_close(d->base.env, all);
}

static void release(struct dir_stock *d, struct dir_claim **at)
{
	struct dir_claim *claim = *at;

	*at = claim->next;
	unlink_own(d, claim);
	base_close(d->base.env, claim->fd);
	free_claim(claim);
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
