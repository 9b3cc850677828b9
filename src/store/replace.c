/* SPDX-License-Identifier: MIT */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "store/access.h"

/*
 * The order of file system operations is the protocol, explained in doc/decisions/0003-store-protocol.md.
 * Invariant between any two of them, and so also after a crash:
 *
 *	a table with certificates that a reader can lock, at the path or by a descriptor it had before,
 *	agrees with the firmware; and where it is no longer at the path it is at EMPTY_SUFFIX, and no
 *	command is issued until it was drained and emptied;
 *
 *	one of the files at the path and beside it has the table of the firmware's present key.
 */
#define UPDATER_FLAGS (O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)

enum { LOOKS_WITHOUT_WAITING = 2, MODE_MASK = 0777, MODE_DEFAULT = 0640 };

static const uint8_t empty_table[STORE_EMPTY_BYTES];

struct replace {
	struct base_env *env;
	const char *path;
	char *dir_name, *lock_name, *empty_name, *next_name, *old_name, *spare_name;
	int dir, lock, empty, old; /* descriptors; -1: none */
	bool has_lock_name, has_next_name, has_old_name, has_spare_name;
	bool keep_next, keep_old; /* it may be the only table that fits the firmware */
	bool may_drop_empty_name; /* the file with that name is not a table that a reader may hold */
	bool published;           /* the empty table is at the path */
	bool touched_old;         /* the old file may have been overwritten */
	bool old_is_held;         /* it was, when the time to wait was over */
	uint8_t *old_table;       /* NULL: none, or larger than readers accept */
	size_t old_size;
	struct base_stat dir_stat,
		old_stat; /* old_stat: before the exchange; all zero when there was no file */
	uint64_t start_ns;
	struct store_options options;
	struct store_result result;
	struct jurat_error *err;
};

#define fail(u, e, what, name) jurat_fail((u)->err, e, "cannot %s '%s': %s", what, name, strerror(-(e)))

static uint64_t wait_left(const struct replace *u)
{
	uint64_t waited = base_now_ns(u->env) - u->start_ns;

	return waited < u->options.wait_ns ? u->options.wait_ns - waited : 0;
}

static void reached(const struct replace *u, enum store_step step)
{
	if (u->options.reached)
		u->options.reached(u->options.ctx, step);
}

static bool same_file(const struct base_stat *a, const struct base_stat *b)
{
	return a->dev == b->dev && a->ino == b->ino;
}

static int write_all(struct replace *u, int fd, const void *from, size_t n)
{
	const uint8_t *p = from;
	int64_t off = 0;

	while (n > 0) {
		ssize_t put = base_pwrite(u->env, fd, p, n, off);

		if (put <= 0)
			return put < 0 ? (int)put : -EIO;
		p += put;
		off += put;
		n -= (size_t)put;
	}
	return 0;
}

static int read_all(struct replace *u, int fd, uint8_t *to, size_t n)
{
	int64_t off = 0;

	while (n > 0) {
		ssize_t got = base_pread(u->env, fd, to, n, off);

		if (got <= 0)
			return got < 0 ? (int)got : -EIO;
		to += got;
		off += got;
		n -= (size_t)got;
	}
	return 0;
}

/*
 * Waits for the readers of the file at `fd`. 0: there are none, and there can be no new ones; or there are
 * some, and the operator chose to proceed.
 */
static int drain(struct replace *u, int fd, bool *ret_held)
{
	int e = base_lock(u->env, fd, BASE_LOCK_EXCLUSIVE, wait_left(u));

	*ret_held = e == JURAT_BUSY;
	return *ret_held && u->options.undrained == STORE_UNDRAINED_PROCEED ? 0 : e;
}

/* Readers that wait for the lock of the empty table go on, and look at the path again. */
static void release_empty(struct replace *u)
{
	if (u->empty >= 0)
		base_close(u->env, u->empty);
	u->empty = -1;
}

/*
 * Overwrites the file at `fd` with the empty table. The entries are zeroed first: from then on the table *is*
 * empty, even if the process dies before the rest is cleared. This is for processes that have the file open,
 * which no power loss survives, so it need not be synced.
 */
static int empty_in_place(struct replace *u, int fd)
{
	int e = write_all(u, fd, empty_table, sizeof(empty_table));

	return e == 0 ? base_truncate(u->env, fd, sizeof(empty_table)) : e;
}

/* Unlinks a name if it exists. */
static int remove_name(struct replace *u, const char *name)
{
	int e = base_unlink(u->env, name);

	return e == 0 || e == -ENOENT ? 0 : fail(u, e, "remove", name);
}

static char *beside(const struct replace *u, const char *suffix)
{
	char *name;

	return asprintf(&name, "%s%s", u->path, suffix) < 0 ? NULL : name;
}

static int names(struct replace *u)
{
	const char *slash = strrchr(u->path, '/');
	const char *last = slash ? slash + 1 : u->path;

	if (!*last || !strcmp(last, ".") || !strcmp(last, ".."))
		return jurat_fail(u->err, -EINVAL, "'%s' is not a file name", u->path);
	if (!slash)
		u->dir_name = strdup(".");
	else
		u->dir_name = strndup(u->path, slash == u->path ? 1 : (size_t)(slash - u->path));
	u->lock_name = beside(u, STORE_LOCK_SUFFIX);
	u->empty_name = beside(u, STORE_EMPTY_SUFFIX);
	u->next_name = beside(u, STORE_NEXT_SUFFIX);
	u->old_name = beside(u, STORE_OLD_SUFFIX);
	u->spare_name = beside(u, STORE_SPARE_SUFFIX);
	if (!u->dir_name || !u->lock_name || !u->empty_name || !u->next_name || !u->old_name ||
	    !u->spare_name)
		return jurat_wrap(u->err, jurat_fail_memory(u->err), "replacing '%s'", u->path);
	return 0;
}

/*
 * Takes the lock of the updaters. Its holder unlinks the lock file, so check that the locked file still has
 * its name, and start over otherwise, as readers do with the blob.
 */
static int lock_out_updaters(struct replace *u)
{
	for (unsigned look = 0; look < LOOKS_WITHOUT_WAITING || wait_left(u) > 0; look++) {
		struct base_stat mine, there;
		int e;

		u->lock = base_open(u->env, u->lock_name, UPDATER_FLAGS | O_CREAT, 0600);
		if (u->lock < 0)
			return fail(u, u->lock, "open", u->lock_name);
		e = base_lock(u->env, u->lock, BASE_LOCK_EXCLUSIVE, wait_left(u));
		if (e == JURAT_BUSY) {
			char who[BASE_HOLDERS_BYTES];

			base_lock_holders(u->env, u->lock, who, sizeof(who));
			return jurat_fail(u->err, e, "another updater is replacing '%s': %s", u->path, who);
		}
		if (e < 0)
			return fail(u, e, "lock", u->lock_name);
		e = base_fstat(u->env, u->lock, &mine);
		if (e < 0)
			return fail(u, e, "stat", u->lock_name);
		e = base_stat(u->env, u->lock_name, &there);
		if (e < 0 && e != -ENOENT)
			return fail(u, e, "stat", u->lock_name);
		if (e == 0 && same_file(&mine, &there)) {
			u->has_lock_name = true;
			return 0;
		}
		base_close(u->env, u->lock);
		u->lock = -1;
	}
	return jurat_fail(u->err, JURAT_BUSY, "'%s' was replaced by other updaters too many times", u->path);
}

/* Handles the file that a crashed updater left undrained: its readers may still wait for their report. */
static int settle_undrained(struct replace *u)
{
	struct base_stat st;
	bool held = false;
	int fd, e;

	fd = base_open(u->env, u->empty_name, UPDATER_FLAGS, 0);
	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return fail(u, fd, "open", u->empty_name);
	e = base_fstat(u->env, fd, &st);
	if (e == 0 && !S_ISREG(st.mode))
		e = -EINVAL;
	if (e == 0)
		e = drain(u, fd, &held);
	if (held)
		base_lock_holders(u->env, fd, u->result.undrained, sizeof(u->result.undrained));
	if (e == 0)
		e = empty_in_place(u, fd);
	if (e == 0)
		e = base_unlink(u->env, u->empty_name);
	base_close(u->env, fd);
	if (e == JURAT_BUSY)
		return jurat_fail(u->err, e, "'%s', left by an interrupted update, was still held by %s",
				  u->empty_name, u->result.undrained);
	return e == 0 ? 0 : fail(u, e, "remove", u->empty_name);
}

static int open_old(struct replace *u)
{
	int e;

	u->old = base_open(u->env, u->path, UPDATER_FLAGS, 0);
	if (u->old == -ENOENT) /* the first publication */
		return 0;
	if (u->old == -ELOOP)
		return jurat_fail(u->err, -ELOOP, "'%s' is a symbolic link; expected the file itself",
				  u->path);
	if (u->old < 0)
		return fail(u, u->old, "open", u->path);
	e = base_fstat(u->env, u->old, &u->old_stat);
	if (e < 0)
		return fail(u, e, "stat", u->path);
	if (!S_ISREG(u->old_stat.mode))
		return jurat_fail(u->err, -EINVAL, "'%s' is not a regular file", u->path);
	return store_check_blob(u->path, &u->old_stat, &u->dir_stat, u->err);
}

/* Sets mode and group as those of the old file, whatever the umask is. */
static int take_after_old(struct replace *u, int fd)
{
	struct base_stat st;
	int e;

	if (u->old < 0)
		return base_fchmod(u->env, fd, MODE_DEFAULT);
	e = base_fstat(u->env, fd, &st);
	if (e == 0 && (st.uid != u->old_stat.uid || st.gid != u->old_stat.gid))
		e = base_fchown(u->env, fd, u->old_stat.uid, u->old_stat.gid);
	if (e == 0)
		e = base_fchmod(u->env, fd, u->old_stat.mode & MODE_MASK);
	return e;
}

/* Creates a file that only this user can open. O_EXCL: leftovers were removed. A descriptor; < 0 -errno. */
static int create(struct replace *u, const char *name, bool *ret_has_name)
{
	int fd = base_open(u->env, name, UPDATER_FLAGS | O_CREAT | O_EXCL, 0600);

	*ret_has_name = fd >= 0;
	return fd >= 0 ? fd : fail(u, fd, "create", name);
}

/* Makes it a table that readers can open, and that is complete and on disk. */
static int fill(struct replace *u, int fd, const char *name, const void *from, size_t n)
{
	int e = take_after_old(u, fd);

	if (e < 0)
		return fail(u, e, "set mode and owner of", name);
	e = write_all(u, fd, from, n);
	if (e == 0)
		e = base_fsync(u->env, fd);
	return e == 0 ? 0 : fail(u, e, "write", name);
}

/* One that is on disk before it is needed, and then only moved to the path; the updater does not lock it. */
static int make_table(struct replace *u, const char *name, const void *from, size_t n, bool *ret_has_name)
{
	int fd = create(u, name, ret_has_name), e;

	if (fd < 0)
		return fd;
	e = fill(u, fd, name, from, n);
	base_close(u->env, fd);
	return e;
}

/*
 * The lock comes before the mode of the old file: who can open a file can lock it, and a reader that did so
 * first would stop the update, whatever the operator chose for readers.
 */
static int make_empty(struct replace *u)
{
	int e;

	u->empty = create(u, u->empty_name, &u->may_drop_empty_name);
	if (u->empty < 0)
		return u->empty;
	e = base_lock(u->env, u->empty, BASE_LOCK_EXCLUSIVE, 0);
	if (e == JURAT_BUSY) {
		char who[BASE_HOLDERS_BYTES];

		base_lock_holders(u->env, u->empty, who, sizeof(who));
		return jurat_fail(u->err, e, "the new file '%s' is held by %s", u->empty_name, who);
	}
	if (e < 0)
		return fail(u, e, "lock", u->empty_name);
	return fill(u, u->empty, u->empty_name, empty_table, sizeof(empty_table));
}

/* Reads a whole table. *ret is NULL, if readers refuse it because of its size. */
static int read_table(struct replace *u, int fd, const char *name, uint8_t **ret, size_t *ret_size)
{
	auto_free uint8_t *table = NULL;
	struct base_stat st;
	int e = base_fstat(u->env, fd, &st);

	*ret = NULL;
	if (e < 0)
		return fail(u, e, "stat", name);
	if (!S_ISREG(st.mode))
		return jurat_fail(u->err, -EINVAL, "'%s' is not a regular file", name);
	if (st.size > STORE_MAX_BYTES)
		return 0;
	table = malloc((size_t)st.size + 1);
	if (!table)
		return jurat_wrap(u->err, jurat_fail_memory(u->err), "replacing '%s'", u->path);
	e = read_all(u, fd, table, (size_t)st.size);
	if (e < 0)
		return fail(u, e, "read", name);
	*ret_size = (size_t)st.size;
	*ret = take_ptr(table);
	return 0;
}

/* The file that was not drained is emptied later: its table is copied, not moved. */
static int copy_undrained(struct replace *u)
{
	auto_free uint8_t *table = NULL;
	size_t n;
	int fd = base_open(u->env, u->empty_name, UPDATER_FLAGS, 0), e;

	if (fd < 0)
		return fail(u, fd, "open", u->empty_name);
	e = read_table(u, fd, u->empty_name, &table, &n);
	base_close(u->env, fd);
	if (e == 0)
		e = remove_name(u, u->spare_name);
	if (e == 0 && table)
		e = make_table(u, u->spare_name, table, n, &u->has_spare_name);
	return e;
}

/*
 * Of what interrupted updates left, the table that must not be lost gets the spare name, and the others go.
 * The move is on disk before anything else is.
 */
static int put_aside(struct replace *u, const char *keep)
{
	auto_free char *name = keep ? beside(u, keep) : NULL;
	int e = 0;

	if (keep && !name)
		return jurat_wrap(u->err, jurat_fail_memory(u->err), "replacing '%s'", u->path);
	if (!keep) {
		e = remove_name(u, u->spare_name);
	} else if (!strcmp(keep, STORE_EMPTY_SUFFIX)) {
		e = copy_undrained(u);
	} else {
		e = strcmp(keep, STORE_SPARE_SUFFIX) ? base_rename(u->env, name, u->spare_name) : 0;
		u->has_spare_name = e == 0;
		if (e < 0)
			return fail(u, e, "move", name);
	}
	if (e == 0 && keep) {
		e = base_fsync(u->env, u->dir);
		if (e < 0)
			return fail(u, e, "sync", u->dir_name);
	}
	if (e == 0)
		e = remove_name(u, u->next_name);
	return e == 0 ? remove_name(u, u->old_name) : e;
}

/* What an update that was interrupted left at the path: as good as the empty table that replaces it. */
static bool old_was_empty(const struct replace *u)
{
	return u->old_table && u->old_size >= sizeof(empty_table) &&
	       !memcmp(u->old_table, empty_table, sizeof(empty_table));
}

/*
 * Before the command: a full disk must not be found out after it. From the moment the old file is emptied
 * until the command, the copy of it is the only table that fits.
 */
static int write_tables(struct replace *u, const void *next, size_t n)
{
	int e = 0;

	if (u->old >= 0)
		e = read_table(u, u->old, u->path, &u->old_table, &u->old_size);
	if (e == 0 && u->old_table && !old_was_empty(u))
		e = make_table(u, u->old_name, u->old_table, u->old_size, &u->has_old_name);
	if (e == 0)
		e = make_table(u, u->next_name, next, n, &u->has_next_name);
	if (e == 0)
		reached(u, STORE_STEP_WRITTEN);
	return e;
}

/*
 * The first publication needs no exchange, but the next one will: a file system without it is refused now,
 * not on the day of a TCB change. Exchanges the two new files, and back. A crash between the two is no
 * different from one before them: both files are leftovers, and whatever has EMPTY_SUFFIX is emptied.
 */
static int try_exchange(struct replace *u)
{
	int e = base_exchange(u->env, u->next_name, u->empty_name);

	return e == 0 ? base_exchange(u->env, u->next_name, u->empty_name) : e;
}

/*
 * Exchanges the empty table, which is locked, with the file at the path. New readers wait for that lock, so
 * they cannot starve the updater. The old file keeps a name until it has been drained, so readers in flight
 * are not lost track of after a crash.
 */
static int publish_empty(struct replace *u)
{
	struct base_stat swapped;
	int e;

	e = make_empty(u);
	if (e != 0)
		return e;
	if (u->old >= 0)
		e = base_exchange(u->env, u->empty_name, u->path);
	else if (u->has_next_name)
		e = try_exchange(u);
	if (e == -EINVAL || e == -ENOSYS || e == -EOPNOTSUPP)
		return jurat_fail(
			u->err, -EOPNOTSUPP,
			"the file system of '%s' cannot exchange two names (renameat2 RENAME_EXCHANGE): put "
			"the blob on a local one, such as tmpfs, ext4, xfs or btrfs",
			u->path);
	if (e == 0 && u->old < 0)
		e = base_rename(u->env, u->empty_name, u->path);
	if (e < 0)
		return fail(u, e, "publish the empty table at", u->path);
	u->published = true;
	u->may_drop_empty_name = false;
	reached(u, STORE_STEP_QUEUED);
	if (u->old >= 0) {
		e = base_stat(u->env, u->empty_name, &swapped);
		if (e < 0)
			return fail(u, e, "stat", u->empty_name);
		if (!same_file(&swapped, &u->old_stat))
			return jurat_fail(u->err, -EAGAIN,
					  "'%s' was replaced by another program at the same time", u->path);
	}
	e = base_fsync(u->env, u->dir);
	return e == 0 ? 0 : fail(u, e, "sync", u->dir_name);
}

/* The copy of the old table must be one when that is emptied. */
static int check_copy(struct replace *u)
{
	auto_free uint8_t *table = NULL;
	size_t n = 0;
	int e = u->old_table ? read_table(u, u->old, u->path, &table, &n) : 0;

	if (e < 0 || !u->old_table)
		return e;
	if (table && n == u->old_size && !memcmp(table, u->old_table, n))
		return 0;
	return jurat_fail(u->err, -EAGAIN, "'%s' was changed by another program at the same time", u->path);
}

/*
 * Waits for readers in flight. Then empties the old file too, for readers that do not compare the inode after
 * locking, and for those that have opened it but not locked it yet.
 */
static int drain_old(struct replace *u)
{
	int e;

	if (u->old < 0)
		return 0;
	e = drain(u, u->old, &u->old_is_held);
	if (e == JURAT_BUSY)
		return e; /* name_holders() has the message */
	if (e < 0)
		return fail(u, e, "lock the old table of", u->path);
	e = check_copy(u);
	if (e < 0)
		return e;
	u->touched_old = true;
	e = empty_in_place(u, u->old);
	if (e < 0)
		return fail(u, e, "empty the old table of", u->path);
	u->may_drop_empty_name = true;
	return 0;
}

/*
 * Readers that wait need not wait for the sync: after a power loss the path has one of these two tables.
 * Without a next one, they get the empty one.
 */
static int publish_next(struct replace *u)
{
	int e = u->has_next_name ? base_rename(u->env, u->next_name, u->path) : 0;

	if (e < 0)
		return fail(u, e, "publish the new table at", u->path);
	if (u->has_next_name)
		u->result.left = STORE_LEFT_NEW;
	u->has_next_name = false;
	release_empty(u);
	reached(u, STORE_STEP_PUBLISHED);
	return 0;
}

/*
 * Restores the old table after the firmware did not change. Until the old file is overwritten, this moves the
 * file itself back, so that readers in flight and the next updater use the same lock; after that, its copy.
 */
static void roll_back(struct replace *u)
{
	int e;

	if (!u->published)
		return;
	if (u->old < 0)
		e = base_unlink(u->env, u->path);
	else if (!u->touched_old)
		e = base_rename(u->env, u->empty_name, u->path);
	else if (u->has_old_name)
		e = base_rename(u->env, u->old_name, u->path);
	else
		e = old_was_empty(u) ? 0 : -ENODATA;
	u->result.left = e == 0 ? STORE_LEFT_OLD : STORE_LEFT_EMPTY;
	u->keep_old = e != 0;
	if (e != 0)
		return;
	if (u->touched_old)
		u->has_old_name = false;
	release_empty(u);
	reached(u, STORE_STEP_RESTORED);
	(void)base_fsync(u->env, u->dir); /* if it fails, a power loss may restore the empty table */
}

/* Reads the table at the name, which must be a file that the updater would accept at the path. */
static uint8_t *table_at(struct replace *u, const char *name, size_t *ret_size)
{
	uint8_t *table = NULL;
	struct base_stat st;
	int fd = base_open(u->env, name, UPDATER_FLAGS, 0);

	if (fd < 0)
		return NULL;
	if (base_fstat(u->env, fd, &st) == 0 && S_ISREG(st.mode) &&
	    store_check_blob(name, &st, &u->dir_stat, NULL) == 0)
		(void)!read_table(u, fd, name, &table, ret_size);
	base_close(u->env, fd);
	return table;
}

/*
 * Whether an update died, before its command, between the exchange and the end of its wait, and its old table
 * is the next one. What cannot be read is waited for.
 */
static bool undrained_is_next(struct replace *u, const void *next, size_t next_size)
{
	struct jurat_error *err = take_ptr(u->err);
	size_t n = 0, there_size = 0;
	auto_free uint8_t *undrained = table_at(u, u->empty_name, &n);
	auto_free uint8_t *there = undrained ? table_at(u, u->path, &there_size) : NULL;

	u->err = err;
	return there && there_size >= sizeof(empty_table) &&
	       !memcmp(there, empty_table, sizeof(empty_table)) && n == next_size &&
	       !memcmp(undrained, next, n);
}

/*
 * What the update that died would have done had its wait run out: the very same file goes back, so that its
 * readers and the next updater use the same lock. The tables beside it go once that is on disk.
 */
static int put_back_undrained(struct replace *u, const struct store_change *change)
{
	const char *const beside_it[] = { u->next_name, u->old_name, u->spare_name };
	struct jurat_error said = { "" };
	int e;

	if (change && change->issue(change->ctx, &said) != STORE_CHANGED)
		return jurat_fail(u->err, -ECANCELED, "another program changed the firmware: %s", said.text);
	e = base_rename(u->env, u->empty_name, u->path);
	if (e < 0)
		return fail(u, e, "put back the table at", u->path);
	u->result.left = STORE_LEFT_NEW;
	reached(u, STORE_STEP_RESTORED);
	e = base_fsync(u->env, u->dir);
	if (e < 0)
		return fail(u, e, "sync", u->dir_name);
	for (size_t i = 0; e == 0 && i < ARRAY_SIZE(beside_it); i++)
		e = remove_name(u, beside_it[i]);
	if (e == 0)
		reached(u, STORE_STEP_SYNCED);
	return e;
}

/* With the turn, and nothing changed. */
static int begin(struct replace *u, const char **ret_keep)
{
	int e;

	u->dir = base_open(u->env, u->dir_name, O_RDONLY | O_DIRECTORY, 0);
	if (u->dir < 0)
		return fail(u, u->dir, "open the directory", u->dir_name);
	e = base_fstat(u->env, u->dir, &u->dir_stat);
	if (e < 0)
		return fail(u, e, "stat the directory", u->dir_name);
	e = store_check_directory(u->dir_name, &u->dir_stat, u->err);
	if (e == 0)
		e = lock_out_updaters(u);
	if (e == 0)
		e = open_old(u);
	if (e != 0)
		return e;
	reached(u, STORE_STEP_TURN);
	return u->options.begin ? u->options.begin(u->options.ctx, ret_keep, u->err) : 0;
}

static int prepare(struct replace *u, const void *next, size_t next_size, const char *keep)
{
	int e = next ? put_aside(u, keep) : 0;

	if (e == 0 && next)
		e = write_tables(u, next, next_size);
	if (e != 0)
		return e;
	e = settle_undrained(u);
	if (e == 0)
		e = publish_empty(u);
	if (e == 0)
		e = drain_old(u);
	if (e == 0)
		reached(u,
			u->old_is_held || u->result.undrained[0] ? STORE_STEP_OVERTAKEN : STORE_STEP_DRAINED);
	return e;
}

static int run(struct replace *u, const void *next, size_t next_size, const struct store_change *change)
{
	enum store_changed changed = STORE_CHANGED;
	struct jurat_error said = { "" };
	const char *keep = NULL;
	int e = begin(u, &keep);

	if (e == 0 && next && u->options.no_command && undrained_is_next(u, next, next_size))
		return put_back_undrained(u, change);
	if (e == 0)
		e = prepare(u, next, next_size, keep);
	/* The undrained file keeps its name, so no later command is issued before it is drained. */
	if (e == JURAT_BUSY && u->published && u->options.undrained == STORE_UNDRAINED_EMPTY) {
		u->result.left = STORE_LEFT_EMPTY;
		u->keep_old = true;
		return e;
	}
	if (e != 0) {
		roll_back(u);
		return e;
	}
	if (change)
		changed = change->issue(change->ctx, &said);
	u->result.left = STORE_LEFT_EMPTY;
	u->keep_next = u->keep_old = changed != STORE_UNCHANGED;
	if (changed == STORE_UNCHANGED) {
		roll_back(u);
		return jurat_fail(u->err, -ECANCELED, "this update did not change the firmware: %s",
				  said.text);
	}
	if (changed != STORE_CHANGED)
		return jurat_fail(u->err, -EINPROGRESS, "whether the firmware was changed is unknown: %s",
				  said.text);
	e = publish_next(u);
	if (e < 0)
		return e;
	e = base_fsync(u->env, u->dir);
	if (e < 0)
		return fail(u, e, "sync", u->dir_name);
	u->keep_old = false;
	if (u->has_spare_name)
		(void)base_unlink(u->env, u->spare_name);
	reached(u, STORE_STEP_SYNCED);
	return 0;
}

/*
 * When the update is over: to search all processes takes a while, and readers must not wait for it behind the
 * empty table. Whoever held the old table may have released it by now, which the name then says.
 */
static int name_holders(struct replace *u, int e)
{
	release_empty(u);
	base_lock_holders(u->env, u->old, u->result.undrained, sizeof(u->result.undrained));
	if (e != JURAT_BUSY)
		return e;
	return jurat_fail(u->err, e, "the old table of '%s' was still held by %s", u->path,
			  u->result.undrained);
}

/*
 * Names that cannot be unlinked are left for the next updater. Closing releases the locks, that of the
 * updaters last.
 */
static void finish(struct replace *u)
{
	if (u->has_next_name && !u->keep_next)
		(void)base_unlink(u->env, u->next_name);
	if (u->has_old_name && !u->keep_old)
		(void)base_unlink(u->env, u->old_name);
	if (u->may_drop_empty_name)
		(void)base_unlink(u->env, u->empty_name);
	release_empty(u);
	if (u->old >= 0)
		base_close(u->env, u->old);
	if (u->has_lock_name)
		(void)base_unlink(u->env, u->lock_name);
	if (u->lock >= 0)
		base_close(u->env, u->lock);
	if (u->dir >= 0)
		base_close(u->env, u->dir);
	free(u->old_table);
	free(u->dir_name);
	free(u->lock_name);
	free(u->empty_name);
	free(u->next_name);
	free(u->old_name);
	free(u->spare_name);
}

int store_replace(struct base_env *env, const char *path, const void *next, size_t next_size,
		  const struct store_change *change, const struct store_options *options,
		  struct store_result *ret, struct jurat_error *err)
{
	struct replace u = {
		.env = base_env_or_real(env),
		.path = path,
		.dir = -1,
		.lock = -1,
		.empty = -1,
		.old = -1,
		.options = options ? *options : (struct store_options){ 0 },
		.result = { .left = STORE_LEFT_OLD },
		.err = err,
	};
	int e;

	if (next_size > STORE_MAX_BYTES) {
		e = jurat_fail(err, -EFBIG, "a table of %zu bytes is larger than %d", next_size,
			       STORE_MAX_BYTES);
	} else {
		u.start_ns = base_now_ns(u.env);
		e = names(&u);
		if (e == 0)
			e = run(&u, next, next_size, change);
		if (u.old_is_held)
			e = name_holders(&u, e);
	}
	finish(&u);
	if (ret)
		*ret = u.result;
	return e;
}
