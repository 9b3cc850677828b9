/* SPDX-License-Identifier: MIT */
#include "explore/disk_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/*
 * Which error comes first is as in Linux (fs/namei.c, 6.18).
 *
 * A place is what a path leads to: the directory that the last part is in, and that part.
 */
enum last { LAST_NAME, LAST_DOT, LAST_DOT_DOT, LAST_ROOT };

struct place {
	struct disk_inode *dir;
	enum last last;
	const char *name;
	size_t n;
	bool has_slash;          /* behind it */
	struct disk_name *found; /* NULL: there is none */
};

enum {
	FLAGS = O_ACCMODE | O_CREAT | O_EXCL | O_TRUNC | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY |
		O_DIRECTORY | O_CLOEXEC
};

static enum last kind_of(const char *name, size_t n)
{
	if (n == 1 && name[0] == '.')
		return LAST_DOT;
	return n == 2 && name[0] == '.' && name[1] == '.' ? LAST_DOT_DOT : LAST_NAME;
}

static struct disk_inode *parent_of(struct disk_inode *dir)
{
	return dir->parent ? dir->parent : dir;
}

static int check_length(const struct place *at)
{
	return at->n > NAME_MAX ? -ENAMETOOLONG : 0;
}

/* Why there is none. */
static int no_name(const struct place *at)
{
	return check_length(at) < 0 ? -ENAMETOOLONG : -ENOENT;
}

/* The part in `at` becomes the directory. */
static int enter(struct place *at)
{
	if (at->last == LAST_DOT_DOT)
		at->dir = parent_of(at->dir);
	if (at->last != LAST_NAME)
		return 0;
	if (!at->found)
		return no_name(at);
	if (!disk_is_dir(at->found->inode))
		return -ENOTDIR;
	at->dir = at->found->inode;
	return 0;
}

/* A place that may be without a name. Paths begin at the root. */
static int find(struct disk *disk, const char *path, struct place *ret)
{
	struct place at = { .dir = disk->root, .last = LAST_ROOT };

	if (!*path)
		return -ENOENT;
	if (strlen(path) >= PATH_MAX)
		return -ENAMETOOLONG;
	path += strspn(path, "/");
	while (*path) {
		int e = enter(&at);

		if (e < 0)
			return e;
		at.name = path;
		at.n = strcspn(path, "/");
		at.last = kind_of(path, at.n);
		at.found = at.last == LAST_NAME ? disk_find_name(at.dir, path, at.n) : NULL;
		path += at.n;
		at.has_slash = *path == '/';
		path += strspn(path, "/");
	}
	*ret = at;
	return 0;
}

/* A name that is no path. */
static bool is_name(const char *name)
{
	size_t n = strlen(name);

	return n && kind_of(name, n) == LAST_NAME && !memchr(name, '/', n);
}

static int find_at(struct disk_process *process, int fd, const char *name, struct place *ret)
{
	size_t n = strlen(name);
	const struct disk_open *dir;

	if (!is_name(name))
		return -EINVAL;
	dir = disk_open_of(process, fd);
	if (!dir)
		return -EBADF;
	if (!disk_is_dir(dir->inode))
		return -ENOTDIR;
	*ret = (struct place){
		.dir = dir->inode,
		.name = name,
		.n = n,
		.found = disk_find_name(dir->inode, name, n),
	};
	return 0;
}

/* NULL: there is none. */
static struct disk_inode *inode_at(const struct place *at)
{
	if (at->last == LAST_NAME)
		return at->found ? at->found->inode : NULL;
	return at->last == LAST_DOT_DOT ? parent_of(at->dir) : at->dir;
}

/* Of an open directory that was removed. */
static bool is_dead(const struct disk_inode *dir)
{
	return dir->links == 0;
}

static int make(struct disk_process *process, const struct place *at, uint32_t mode, struct disk_inode **ret)
{
	struct disk *disk = process->disk;
	bool is_group = at->dir->now.attr.mode & S_ISGID; /* the directory gives its group on */
	int e;

	if (is_dead(at->dir))
		return -ENOENT;
	e = disk_reserve_names(disk, at->dir, NULL);
	if (e == 0)
		e = disk_reserve_inode(disk);
	if (e < 0)
		return e;
	if (is_group && S_ISDIR(mode))
		mode |= S_ISGID;
	*ret = disk_add_inode(disk, (uint64_t)process->number << 32 | ++process->creations, mode,
			      is_group ? at->dir->now.attr.gid : 0);
	disk_touch(process, *ret);
	disk_add_name(disk, at->dir, at->name, at->n, *ret);
	disk_touch(process, at->dir);
	return 0;
}

static int check_flags(int flags)
{
	if ((flags & ~FLAGS) || ((flags & O_CREAT) && (flags & O_DIRECTORY)))
		return -EINVAL;
	return 0;
}

/* Whether what is there may be opened so. */
static int check_there(const struct place *at, const struct disk_inode *inode, int flags)
{
	bool is_dir = disk_is_dir(inode);

	if ((flags & O_CREAT) && (flags & O_EXCL))
		return -EEXIST;
	if ((flags & O_CREAT) && is_dir)
		return -EISDIR;
	if (((flags & O_DIRECTORY) || at->has_slash) && !is_dir)
		return -ENOTDIR;
	return is_dir && ((flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC)) ? -EISDIR : 0;
}

/* A descriptor is free. */
static int open_place(struct disk_process *process, const struct place *at, int flags, unsigned mode)
{
	struct disk_inode *inode = inode_at(at);
	int e;

	if ((flags & O_CREAT) && at->last == LAST_NAME && at->has_slash)
		return -EISDIR;
	e = check_length(at);
	if (e < 0)
		return e;
	if (inode) {
		e = check_there(at, inode, flags);
		if (e == 0 && (flags & O_TRUNC))
			e = disk_reserve_data(inode, 0);
		if (e == 0 && (flags & O_TRUNC)) {
			disk_resize(inode, 0);
			disk_touch(process, inode);
		}
	} else {
		e = flags & O_CREAT ? make(process, at, S_IFREG | (mode & 07777), &inode) : -ENOENT;
	}
	return e < 0 ? e : disk_add_open(process, inode, flags);
}

int disk_open(struct base_env *env, const char *path, int flags, unsigned mode)
{
	struct disk_process *process = disk_process_of(env);
	struct place at;
	int e = check_flags(flags);

	if (e == 0 && !*path)
		e = -ENOENT;
	if (e == 0)
		e = disk_free_fd(process) < 0 ? -EMFILE : find(process->disk, path, &at);
	return e < 0 ? e : open_place(process, &at, flags, mode);
}

int disk_open_at(struct base_env *env, int dir, const char *name, int flags, unsigned mode)
{
	struct disk_process *process = disk_process_of(env);
	struct place at;
	int e = find_at(process, dir, name, &at);

	if (e == -EINVAL)
		return e;
	if (check_flags(flags) < 0)
		return -EINVAL;
	if (disk_free_fd(process) < 0)
		return -EMFILE;
	return e < 0 ? e : open_place(process, &at, flags, mode);
}

static int stat_place(const struct place *at, struct base_stat *ret)
{
	const struct disk_inode *inode = inode_at(at);

	if (!inode)
		return no_name(at);
	if (at->has_slash && !disk_is_dir(inode))
		return -ENOTDIR;
	disk_stat_of(inode, ret);
	return 0;
}

int disk_stat(struct base_env *env, const char *path, struct base_stat *ret)
{
	struct place at;
	int e = find(disk_process_of(env)->disk, path, &at);

	return e < 0 ? e : stat_place(&at, ret);
}

int disk_stat_at(struct base_env *env, int dir, const char *name, struct base_stat *ret)
{
	struct place at;
	int e = find_at(disk_process_of(env), dir, name, &at);

	return e < 0 ? e : stat_place(&at, ret);
}

/* Whether `dir` is `above`, or below it. */
static bool is_below(const struct disk_inode *dir, const struct disk_inode *above)
{
	while (dir != above && dir->parent)
		dir = dir->parent;
	return dir == above;
}

/* What of the two places does not depend on what the kinds of both are. */
static int check_two(const struct place *from, const struct place *to, bool exchanges)
{
	if (from->last != LAST_NAME || to->last != LAST_NAME)
		return -EBUSY;
	if (!from->found)
		return no_name(from);
	if (check_length(to) < 0)
		return -ENAMETOOLONG;
	if (exchanges && !to->found)
		return -ENOENT;
	if (exchanges && to->has_slash && !disk_is_dir(to->found->inode))
		return -ENOTDIR;
	if (!disk_is_dir(from->found->inode) && (from->has_slash || (to->has_slash && !exchanges)))
		return -ENOTDIR;
	if (is_below(to->dir, from->found->inode))
		return -EINVAL;
	if (to->found && is_below(from->dir, to->found->inode))
		return exchanges ? -EINVAL : -ENOTEMPTY;
	return 0;
}

static int rename_place(struct disk_process *process, const struct place *from, const struct place *to)
{
	struct disk *disk = process->disk;
	struct disk_inode *from_dir = from->dir, *to_dir = to->dir;
	int e = check_two(from, to, false);

	if (e < 0)
		return e;
	if (to->found) {
		if (to->found->inode == from->found->inode)
			return 0;
		if (disk_is_dir(to->found->inode) != disk_is_dir(from->found->inode))
			return disk_is_dir(to->found->inode) ? -EISDIR : -ENOTDIR;
		if (to->found->inode->now.names)
			return -ENOTEMPTY;
	}
	e = disk_reserve_names(disk, from_dir, to_dir);
	if (e < 0)
		return e;
	if (to->found)
		disk_set_name(disk, to_dir, to->found, from->found->inode);
	else
		disk_add_name(disk, to_dir, to->name, to->n, from->found->inode);
	disk_remove_name(disk, from_dir, from->found);
	disk_touch(process, from_dir);
	if (to_dir != from_dir)
		disk_touch(process, to_dir);
	return 0;
}

int disk_rename(struct base_env *env, const char *from, const char *to)
{
	struct disk_process *process = disk_process_of(env);
	struct place a, b;
	int e = find(process->disk, from, &a);

	if (e == 0)
		e = find(process->disk, to, &b);
	return e < 0 ? e : rename_place(process, &a, &b);
}

int disk_rename_at(struct base_env *env, int dir, const char *from, const char *to)
{
	struct disk_process *process = disk_process_of(env);
	struct place a, b;
	int e;

	if (!is_name(to))
		return -EINVAL;
	e = find_at(process, dir, from, &a);
	if (e)
		return e;
	e = find_at(process, dir, to, &b);
	return e ? e : rename_place(process, &a, &b);
}

int disk_exchange(struct base_env *env, const char *a, const char *b)
{
	struct disk_process *process = disk_process_of(env);
	struct disk_inode *other;
	struct place x, y;
	int e = find(process->disk, a, &x);

	if (e == 0)
		e = find(process->disk, b, &y);
	if (e == 0)
		e = check_two(&x, &y, true);
	if (e < 0 || x.found->inode == y.found->inode)
		return e;
	e = disk_reserve_names(process->disk, x.dir, y.dir);
	if (e < 0)
		return e;
	other = y.found->inode;
	other->links++; /* it stays, between its names */
	disk_set_name(process->disk, y.dir, y.found, x.found->inode);
	disk_set_name(process->disk, x.dir, x.found, other);
	other->links--;
	disk_touch(process, x.dir);
	if (y.dir != x.dir)
		disk_touch(process, y.dir);
	return 0;
}

static int remove_place(struct disk_process *process, const struct place *at)
{
	int e = disk_reserve_names(process->disk, at->dir, NULL);

	if (e < 0)
		return e;
	disk_remove_name(process->disk, at->dir, at->found);
	disk_touch(process, at->dir);
	return 0;
}

static int unlink_place(struct disk_process *process, const struct place *at)
{
	if (at->last != LAST_NAME)
		return -EISDIR;
	if (!at->found)
		return no_name(at);
	if (disk_is_dir(at->found->inode))
		return -EISDIR;
	return at->has_slash ? -ENOTDIR : remove_place(process, at);
}

int disk_unlink(struct base_env *env, const char *path)
{
	struct disk_process *process = disk_process_of(env);
	struct place at;
	int e = find(process->disk, path, &at);

	return e < 0 ? e : unlink_place(process, &at);
}

int disk_unlink_at(struct base_env *env, int dir, const char *name)
{
	struct disk_process *process = disk_process_of(env);
	struct place at;
	int e = find_at(process, dir, name, &at);

	return e < 0 ? e : unlink_place(process, &at);
}

static int mkdir_place(struct disk_process *process, const struct place *at, unsigned mode)
{
	struct disk_inode *inode;

	if (at->last != LAST_NAME || at->found)
		return -EEXIST;
	if (check_length(at) < 0)
		return -ENAMETOOLONG;
	return make(process, at, S_IFDIR | (mode & 01777), &inode);
}

int disk_mkdir(struct base_env *env, const char *path, unsigned mode)
{
	struct disk_process *process = disk_process_of(env);
	struct place at;
	int e = find(process->disk, path, &at);

	return e < 0 ? e : mkdir_place(process, &at, mode);
}

int disk_mkdir_at(struct base_env *env, int dir, const char *name, unsigned mode)
{
	struct disk_process *process = disk_process_of(env);
	struct place at;
	int e = find_at(process, dir, name, &at);

	return e < 0 ? e : mkdir_place(process, &at, mode);
}

int disk_rmdir(struct base_env *env, const char *path)
{
	static const int others[] = {
		[LAST_DOT] = -EINVAL, [LAST_DOT_DOT] = -ENOTEMPTY, [LAST_ROOT] = -EBUSY
	};
	struct disk_process *process = disk_process_of(env);
	struct place at;
	int e = find(process->disk, path, &at);

	if (e < 0)
		return e;
	if (at.last != LAST_NAME)
		return others[at.last];
	if (!at.found)
		return no_name(&at);
	if (!disk_is_dir(at.found->inode))
		return -ENOTDIR;
	return at.found->inode->now.names ? -ENOTEMPTY : remove_place(process, &at);
}
