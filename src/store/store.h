/* SPDX-License-Identifier: MIT */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>

#include "base/env.h"
#include "base/error.h"

/*
 * The certificate blob of a host: one file in the GHCB's certificate-table format, which readers (VMMs, on
 * each
 * extended guest request) and an updater (TCB, VLEK, certificate renewal) share without a report and its
 * certificates
 * ever disagreeing. doc/architecture.md, "The certificate store", states the protocol; needs libc only.
 */
enum { STORE_MAX_BYTES = 1 << 20 };

/*
 * A reader keeps one descriptor between requests. One per vCPU: an open file description has one lock, so
 * sharing a
 * reader would let one vCPU's release drop another's lock (spec pack B29).
 */
struct store_reader {
	struct base_env *env;
	const char *path; /* borrowed */
	int fd;		  /* -1: none kept */
	bool locked;
	uint64_t dev, ino; /* of fd */
	int64_t size;	  /* of the locked file */
};

void store_reader_init(struct store_reader *r, struct base_env *env, const char *path);
void store_reader_done(struct store_reader *r);

/*
 * Takes the shared lock on the file that is at the path *now*: lock, then compare fstat of the descriptor
 * with stat of
 * the path, and start over when the file was replaced meanwhile.
 *
 * wait_ns   how long in all to wait for an updater
 * Returns   0 locked, r->size bytes to read; JURAT_BUSY an updater holds it; JURAT_NOT_FOUND no file at the
 *           path (nothing
 *           is locked); -EFBIG larger than STORE_MAX_BYTES; other -errno. Anything but 0 holds no lock.
 */
JURAT_MUST_CHECK int store_lock(struct store_reader *r, uint64_t wait_ns, struct jurat_error *err);
/* Reads exactly [off, off + n) of the locked file. 0; -EIO also when the file is shorter than it was. */
JURAT_MUST_CHECK int store_read(struct store_reader *r, void *to, size_t n, int64_t off, struct jurat_error *err);
/* Drops the lock and keeps the descriptor. Never fails: when unlocking does, the descriptor is closed instead. */
void store_unlock(struct store_reader *r);

/*
 * Replaces blob and firmware state as one: steps 2 to 6 of the protocol. `change` issues the firmware
 * command and is
 * called exactly once, while no reader holds or can take a lock on a table with certificates; a NULL
 * `change` replaces
 * certificates alone (renewal). `next` is the new table, already checked by the caller against what the
 * firmware will
 * sign with (step 1). When `change` says that the firmware did not change, the old table is put back.
 *
 * wait_ns   bound on draining readers; on JURAT_BUSY the old table is back in place
 * Returns   0 new pair in place; JURAT_BUSY; < 0 -errno: `ret_left` says what is at the path
 */
enum store_left { STORE_LEFT_OLD, STORE_LEFT_EMPTY, STORE_LEFT_NEW };

enum store_changed { STORE_CHANGED, STORE_UNCHANGED, STORE_UNKNOWN /* could not tell: leave the empty table */ };
struct store_change {
	/* Issues the command and reads the status back. */
	enum store_changed (*issue)(void *ctx, struct jurat_error *err);
	void *ctx;
};

JURAT_MUST_CHECK int store_replace(struct base_env *env, const char *path, const void *next, size_t next_size,
				   const struct store_change *change, uint64_t wait_ns, enum store_left *ret_left,
				   struct jurat_error *err);

/* The temporary names that store_replace uses beside the path; a crash may leave them, and the next call removes them. */
#define STORE_EMPTY_SUFFIX ".jurat-empty"
#define STORE_NEXT_SUFFIX ".jurat-next"

#endif
