/* SPDX-License-Identifier: MIT */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>

#include "base/env.h"
#include "base/error.h"

/*
 * The certificate blob of a host: one file in the GHCB's certificate-table format, which readers (VMMs, on
 * each extended guest request) and an updater (TCB, VLEK, certificate renewal) share without a report and its
 * certificates ever disagreeing. doc/architecture.md, "The certificate store", states the protocol, and
 * doc/decisions/0003-store-protocol.md why it is this one; needs libc only.
 *
 * Locks are OFD locks on the whole file, as the kernel's documentation of KVM_EXIT_SNP_REQ_CERTS wants them:
 * a partner that uses flock(2) excludes nobody.
 */
enum { STORE_MAX_BYTES = 1 << 20, STORE_EMPTY_BYTES = 24 /* an empty table: one entry of zeros */ };

/*
 * A reader keeps one descriptor between requests. One per request in flight: an open file description has one
 * lock, so sharing a reader would let one vCPU's release drop another's lock (B29).
 */
struct store_reader {
	struct base_env *env;
	const char *path; /* borrowed; may be or lead through a symbolic link */
	int fd;           /* -1: none kept */
	bool locked;
	uint64_t dev, ino; /* of fd */
	int64_t size;      /* of the locked file */
};

void store_reader_init(struct store_reader *r, struct base_env *env, const char *path);
/* Drops the lock and the descriptor; the reader may be used again. */
void store_reader_done(struct store_reader *r);

/*
 * Takes the shared lock on the file that is at the path *now*: lock, then compare fstat of the descriptor
 * with stat of the path, and start over when the file was replaced meanwhile (B19).
 *
 * wait_ns   how long in all to wait for an updater; a file that was replaced since the last request costs no
 *           waiting
 * Returns   0 locked, r->size bytes to read; JURAT_BUSY an updater holds it; JURAT_NOT_FOUND no file at the
 *           path (nothing is locked); -EFBIG larger than STORE_MAX_BYTES; -EINVAL not a regular file; -EPERM
 *           everyone can write to it; -EBUSY this reader holds its lock already; other -errno. Anything but 0
 *           and -EBUSY holds no lock.
 */
JURAT_MUST_CHECK int store_lock(struct store_reader *r, uint64_t wait_ns, struct jurat_error *err);
/* Reads exactly [off, off + n) of the locked file. 0; < 0 -errno, and `to` is undefined: -EIO also when the
 * file is shorter than it was. */
JURAT_MUST_CHECK int store_read(struct store_reader *r, void *to, size_t n, int64_t off,
				struct jurat_error *err);
/* Drops the lock and keeps the descriptor. Never fails: when unlocking does, the descriptor is closed. */
void store_unlock(struct store_reader *r);

/*
 * What a replacement did to the path. OLD: what was there before, which may be nothing, or what an updater
 * that crashed left there: an empty table.
 */
enum store_left { STORE_LEFT_OLD, STORE_LEFT_EMPTY, STORE_LEFT_NEW };

/*
 * What to do when readers still hold the old table after the longest wait. Somebody who does not let go of it
 * would otherwise stop every update; but as long as a reader may be between copying the certificates and
 * asking the firmware, a command can make its guest a report that those certificates do not verify.
 */
enum store_undrained {
	STORE_UNDRAINED_PUT_BACK, /* no command, the old table is back: guests notice nothing */
	STORE_UNDRAINED_EMPTY,    /* no command, the empty table stays: new requests get no certificates */
	/*
	 * The command is issued all the same, the operator's decision: a request that is in flight now may
	 * get a report that its certificates do not verify, and is not waited for again.
	 */
	STORE_UNDRAINED_PROCEED,
};

/* Zero is the default of every member. */
struct store_options {
	uint64_t wait_ns; /* bound on all waiting: another updater, what a crashed one left, readers */
	enum store_undrained undrained;
};

struct store_result {
	enum store_left left; /* what is at the path now */
	/* Who still held a table when the wait was over, "pid 812 (qemu-system-x86)"; "": nobody. */
	char undrained[BASE_HOLDERS_BYTES];
};

enum store_changed {
	STORE_CHANGED,
	STORE_UNCHANGED,
	STORE_UNKNOWN /* could not tell: leave the empty table */
};
struct store_change {
	/* Issues the command and reads the status back. Must not touch the store. */
	enum store_changed (*issue)(void *ctx, struct jurat_error *err);
	void *ctx;
};

/*
 * Replaces blob and firmware state as one: steps 2 to 6 of the protocol. `change` issues the firmware command
 * and is called at most once, while no reader holds or can take a lock on a table with certificates; a NULL
 * `change` replaces certificates alone (renewal), by the same steps. `next` is the new table, already checked
 * by the caller against what the firmware will sign with (step 1); its bytes are not looked at. When `change`
 * says that the firmware did not change, the old table is put back.
 *
 * The file keeps its mode and group; a first publication gets 0640, and the directory's group where that has
 * its set-group-ID bit. Directory and blob must exclude strangers: both belong to root or to the caller's
 * effective user, only that owner can write to them, and the blob is not readable for everyone unless the
 * directory cannot be searched by everyone. A path that is itself a symbolic link is refused: readers may
 * know the file by its other name, which a replacement of the link would not reach. The file system must be
 * able to swap two names (ext4, xfs, btrfs, tmpfs, overlayfs; not NFS).
 *
 * options   NULL: no waiting, STORE_UNDRAINED_PUT_BACK
 * ret       set whatever is returned
 * Returns   0 new pair in place; JURAT_BUSY not drained in time, or another updater is at work: the command
 *           was not issued, and `err` names who holds what; -EPERM mode or owner admit strangers; -ECANCELED
 *           `change` said UNCHANGED (its words are in `err`); -EINPROGRESS it said UNKNOWN; -ELOOP a symbolic
 *           link; -EINVAL not a regular file, or no file name; -EFBIG next_size over STORE_MAX_BYTES; -EAGAIN
 *           something that does not lock replaced the file at the same time; -EOPNOTSUPP the file system
 *           cannot swap names; other -errno. With STORE_LEFT_NEW and < 0 the new pair is in place but may not
 *           survive a power loss, after which the path has the empty table.
 */
JURAT_MUST_CHECK int store_replace(struct base_env *env, const char *path, const void *next, size_t next_size,
				   const struct store_change *change, const struct store_options *options,
				   struct store_result *ret, struct jurat_error *err);

/*
 * The names beside the path that store_replace uses. A crash may leave them; the next call deals with them.
 * LOCK serialises updaters. EMPTY first names the empty table and, once the two are swapped, the file that
 * readers may still hold: as long as that name exists, its file has not been drained. NEXT is the new table.
 */
#define STORE_LOCK_SUFFIX  ".jurat-lock"
#define STORE_EMPTY_SUFFIX ".jurat-empty"
#define STORE_NEXT_SUFFIX  ".jurat-next"

#endif
