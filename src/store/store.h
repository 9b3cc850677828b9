/* SPDX-License-Identifier: MIT */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>

#include "base/env.h"
#include "base/error.h"

/*
 * The certificate blob of a host: one file in the GHCB's certificate table format, shared by readers (VMMs,
 * on each extended guest request) and an updater (TCB, VLEK, certificate renewal) so that a report never
 * disagrees with its certificates. doc/architecture.md, "The certificate store", describes the protocol,
 * doc/decisions/0003-store-protocol.md the reasons for it. Needs libc only.
 *
 * Locks are OFD locks on the whole file, as the kernel's documentation of KVM_EXIT_SNP_REQ_CERTS requires: a
 * process that uses flock(2) instead is not excluded.
 */
enum { STORE_MAX_BYTES = 1 << 20, STORE_EMPTY_BYTES = 24 /* an empty table: one entry of zeros */ };

/*
 * A reader caches one descriptor between requests. Each request in flight needs a reader of its own: an open
 * file description has one lock, so with a shared reader one vCPU would release another's lock (B29).
 */
struct store_reader {
	struct base_env *env;
	int dir;          /* -1: none */
	const char *path; /* borrowed; may be or lead through a symbolic link; with `dir` a name in that */
	int fd;           /* -1: none */
	bool locked;
	uint64_t dev, ino; /* of fd */
	int64_t size;      /* of the locked file */
};

void store_reader_init(struct store_reader *r, struct base_env *env, const char *path);
/* The same for a name in an open directory, which is borrowed; a symbolic link is not followed. */
void store_reader_init_at(struct store_reader *r, struct base_env *env, int dir, const char *name);
/*
 * Releases the lock and closes the descriptor; the reader may be used again. The lock is released even if a
 * child process, forked meanwhile, has a copy of the descriptor.
 */
void store_reader_done(struct store_reader *r);

/*
 * Takes the shared lock on the file that is at the path *now*: locks, compares fstat of the descriptor with
 * stat of the path, and starts over when the file was replaced meanwhile (B19).
 *
 * wait_ns   limit of the total wait for an updater; a file that was replaced since the last request needs no
 *           wait
 * Returns   0 locked, r->size bytes to read; JURAT_BUSY an updater holds it; JURAT_NOT_FOUND no file at the
 *           path (nothing is locked); -EFBIG larger than STORE_MAX_BYTES; -EINVAL not a regular file; -EPERM
 *           the file is world-writable; -EBUSY this reader holds its lock already; another -errno. The lock
 *           is held on 0 and -EBUSY only.
 */
JURAT_MUST_CHECK int store_lock(struct store_reader *r, uint64_t wait_ns, struct jurat_error *err);
/*
 * Reads exactly [off, off + n) of the locked file. 0; < 0 -errno, and `to` is undefined: -EIO also when the
 * file has been truncated.
 */
JURAT_MUST_CHECK int store_read(struct store_reader *r, void *to, size_t n, int64_t off,
				struct jurat_error *err);
/* Releases the lock and keeps the descriptor. Cannot fail: if unlocking fails, the descriptor is closed. */
void store_unlock(struct store_reader *r);

/*
 * What is at the path after a replacement. OLD: the same as before, which may be nothing, or an empty table
 * left by a crashed updater.
 */
enum store_left { STORE_LEFT_OLD, STORE_LEFT_EMPTY, STORE_LEFT_NEW };

/*
 * What to do when readers still hold the old table at the end of the wait. A reader that never releases its
 * lock could block all updates; but while a reader may be between copying the certificates and calling the
 * firmware, a command can cause a report for its guest that those certificates do not verify.
 */
enum store_undrained {
	STORE_UNDRAINED_PUT_BACK, /* no command, the old table is restored: guests notice nothing */
	STORE_UNDRAINED_EMPTY,    /* no command, the empty table stays: new requests get no certificates */
	/*
	 * The command is issued nevertheless, by the operator's decision: a request in flight may get a
	 * report that its certificates do not verify, and is not waited for again.
	 */
	STORE_UNDRAINED_PROCEED,
};

/* Steps of a replacement, in order; not all of them are reached. */
enum store_step {
	STORE_STEP_TURN,      /* no other updater is at work */
	STORE_STEP_WRITTEN,   /* the next table and a copy of the old one are on disk beside the path */
	STORE_STEP_QUEUED,    /* the empty table is at the path: new readers wait */
	STORE_STEP_DRAINED,   /* no reader has the old table, which is emptied */
	STORE_STEP_OVERTAKEN, /* in its place: readers have it, it is emptied, and STORE_UNDRAINED_PROCEED */
	STORE_STEP_PUBLISHED, /* the next table is at the path, and readers get it */
	STORE_STEP_RESTORED,  /* the old table is, because the firmware was not changed */
	STORE_STEP_SYNCED     /* what is at the path survives a power loss */
};

/* Zero is the default of every member. */
struct store_options {
	/* limit of all waiting: for another updater, for leftovers of a crashed one, for readers */
	uint64_t wait_ns;
	enum store_undrained undrained;
	/*
	 * `change` issues no command. Then readers of a table that an interrupted update left undrained have
	 * the right one, if it equals the next: that file is put back at the path, without waiting for them.
	 */
	bool no_command;
	/* called after each step, for logs and times; must not touch the store */
	void (*reached)(void *ctx, enum store_step step);
	/*
	 * Called when no other updater is at work, before anything is changed; may read the store, must not
	 * change it.
	 *
	 * ret_keep  suffix of the file beside the path, left by an interrupted update, whose table must not
	 *           be lost before the new one is in place; NULL, as before the call: none, and what was left
	 *           is removed
	 * Returns   0; < 0 -errno: the replacement ends with that, and nothing was changed
	 */
	int (*begin)(void *ctx, const char **ret_keep, struct jurat_error *err);
	void *ctx;
};

struct store_result {
	enum store_left left; /* what is at the path now */
	/*
	 * Processes that still held a table at the end of the wait, as base_lock_holders() names them once no
	 * reader waits: "pid 812 (qemu-system-x86)"; "": none.
	 */
	char undrained[BASE_HOLDERS_BYTES];
};

enum store_changed {
	STORE_CHANGED,
	STORE_UNCHANGED,
	STORE_UNKNOWN /* not known: leave the empty table */
};
struct store_change {
	/* Issues the command and reads the status back. Must not touch the store. */
	enum store_changed (*issue)(void *ctx, struct jurat_error *err);
	void *ctx;
};

/*
 * Replaces blob and firmware state together: steps 2 to 6 of the protocol. `change` issues the firmware
 * command and is called at most once, while no reader holds or can take a lock on a table with certificates
 * (but see options->no_command); with a NULL `change`, the same steps replace the certificates only
 * (renewal). `next` is the new table, which the caller has checked against the key that the firmware will
 * sign with (step 1); its bytes are not parsed here. When `change` reports that the firmware did not change,
 * the old table is restored. With a NULL `next`, the empty table stays at the path, and so do the tables that
 * an interrupted update left beside it.
 *
 * The file keeps its mode and group; a new file gets mode 0640, and the directory's group if that has its
 * set-group-ID bit. Directory and blob must not be accessible to other users: both belong to root or to the
 * caller's effective user, only that owner can write to them, and the blob is world-readable only if the
 * directory is not world-searchable. A path that is itself a symbolic link is refused: readers may know the
 * file by its other name, which replacing the link would not affect. The file system must support
 * RENAME_EXCHANGE (ext4, xfs, btrfs, tmpfs, overlayfs; not NFS), which a first publication tries too:
 * doc/store-readers.md has what was tried.
 *
 * options   NULL: no waiting, STORE_UNDRAINED_PUT_BACK
 * ret       always set, whatever is returned
 * Returns   0 the new blob and firmware state are in place; JURAT_BUSY not drained in time, or another
 *           updater is at work: the command was not issued, and `err` names the holders of the lock; -EPERM
 *           mode or owner allow access by other users; -ECANCELED `change` returned UNCHANGED (its text is in
 *           `err`); -EINPROGRESS it returned UNKNOWN; -ELOOP a symbolic link; -EINVAL not a regular file, or
 *           no file name; -EFBIG next_size over STORE_MAX_BYTES; -EAGAIN a process that takes no turn
 *           replaced or changed the file at the same time; -EOPNOTSUPP the file system does not support
 *           RENAME_EXCHANGE; another -errno, also of options->begin(). With STORE_LEFT_NEW and < 0, blob and
 *           firmware state are in place but may not survive a power loss, after which the path has the empty
 *           table.
 */
JURAT_MUST_CHECK int store_replace(struct base_env *env, const char *path, const void *next, size_t next_size,
				   const struct store_change *change, const struct store_options *options,
				   struct store_result *ret, struct jurat_error *err);

/*
 * Suffixes of the files that store_replace creates beside the path. A crash may leave them behind; the next
 * call cleans up. LOCK serializes updaters. EMPTY is the empty table at first and, after the exchange, the
 * file that readers may still hold: as long as that name exists, its file has not been drained. NEXT is the
 * new table, OLD a copy of the one at the path: whether an update dies before its command or after it, one of
 * the two fits. SPARE is the one of these that still fits, during the next replacement.
 */
#define STORE_LOCK_SUFFIX  ".jurat-lock"
#define STORE_EMPTY_SUFFIX ".jurat-empty"
#define STORE_NEXT_SUFFIX  ".jurat-next"
#define STORE_OLD_SUFFIX   ".jurat-old"
#define STORE_SPARE_SUFFIX ".jurat-spare"
/* All of them; those of tables first. */
#define STORE_TABLE_SUFFIXES STORE_NEXT_SUFFIX, STORE_OLD_SUFFIX, STORE_SPARE_SUFFIX, STORE_EMPTY_SUFFIX
#define STORE_SUFFIXES       STORE_TABLE_SUFFIXES, STORE_LOCK_SUFFIX

#endif
