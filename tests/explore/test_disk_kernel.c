/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "explore/disk.h"
#include "support/scratch.h"

/* The same calls on the disk and on the kernel's file system have the same results. */

enum { SLOTS = 6, PROCESSES = 3, OPS = 3000, SEEDS = 12, MAX_IO = 400, LONG_NAME = 256 };

/* A descriptor of both. */
struct slot {
	struct base_env *env;
	int fd, real;
};

struct both {
	struct disk *disk;
	struct base_env *real;
	char scratch[SCRATCH_BYTES], dir[SCRATCH_BYTES]; /* `dir` is "/w" of the disk */
	bool is_root, exchanges;                         /* the owner of files may change; exchange() works */
	uint64_t seed;
	unsigned op;
	struct slot slots[SLOTS];
};

/* Two paths, flags and so on of one call, drawn from the seed. */
struct draw {
	struct slot *slot;
	const char *name, *other; /* for the calls with a directory */
	char on_disk[2][LONG_NAME + 64], on_real[2][SCRATCH_BYTES + LONG_NAME + 64];
	int64_t off;
	size_t n;
	unsigned mode;
};

static unsigned below(struct both *b, unsigned n)
{
	return (unsigned)(base_next_number(&b->seed) >> 33) % n;
}

static void draw_path(struct both *b, char *on_disk, size_t disk_room, char *on_real, size_t real_room)
{
	static const char *const likely[] = { "a", "b", "c", "d", "d/x", "d/y", "e", "e/x", "e/d" };
	static const char *const rare[] = { "a/",  "d/",   "e/", ".",    "..",  "d/.",  "d/..",
					    "a/x", "../z", "",   "d//x", "c/.", "b/..", "new/" };
	char longest[LONG_NAME + 1] = "";
	const char *name = likely[below(b, ARRAY_SIZE(likely))];

	if (below(b, 8) == 0)
		name = rare[below(b, ARRAY_SIZE(rare))];
	if (below(b, 100) == 0) {
		memset(longest, 'n', below(b, 2) ? LONG_NAME : LONG_NAME - 1);
		name = longest;
	}
	test_text(on_disk, disk_room, "/w/%s", name);
	test_text(on_real, real_room, "%s/%s", b->dir, name);
	if (below(b, 200) == 0)
		on_disk[0] = on_real[0] = '\0';
}

static const char *draw_name(struct both *b)
{
	static const char *const names[] = { "x", "y", "d", "a", "x", "y", ".", "..", "a/b", "" };

	return names[below(b, ARRAY_SIZE(names))];
}

/* No sticky bit: in such directories, Linux has rules that an administrator can set. */
static struct draw draw(struct both *b)
{
	struct draw d = { .slot = &b->slots[below(b, SLOTS)] };

	for (unsigned i = 0; i < 2; i++)
		draw_path(b, d.on_disk[i], sizeof(d.on_disk[i]), d.on_real[i], sizeof(d.on_real[i]));
	d.name = draw_name(b);
	d.other = draw_name(b);
	d.off = below(b, 30) ? (int64_t)below(b, 1000) : -1;
	d.n = below(b, MAX_IO);
	d.mode = below(b, 2) ? 0644 : below(b, 010000) & ~(unsigned)S_ISVTX;
	if (!b->is_root)
		d.mode = (d.mode & 0777) | 0700;
	return d;
}

static void same(const struct both *b, const char *op, int64_t disk, int64_t real)
{
	if (disk != real)
		FAIL_BECAUSE("call %u, %s: %lld on the disk, %lld on the kernel's", b->op, op,
			     (long long)disk, (long long)real);
}

static void same_stat(const struct both *b, const struct base_stat *disk, const struct base_stat *real)
{
	same(b, "mode", disk->mode, real->mode);
	same(b, "rdev", (int64_t)disk->rdev, (int64_t)real->rdev);
	if (S_ISREG(real->mode))
		same(b, "size", disk->size, real->size);
	if (b->is_root) {
		same(b, "uid", disk->uid, real->uid);
		same(b, "gid", disk->gid, real->gid);
	}
}

static void close_slot(const struct both *b, struct slot *s)
{
	same(b, "close", base_close(s->env, s->fd), base_close(b->real, s->real));
	s->fd = s->real = -1;
}

/* A descriptor, or an error, of both. */
static void fill_slot(const struct both *b, const char *op, struct slot *s, struct base_env *env, int fd,
		      int real)
{
	same(b, op, fd < 0 ? fd : 0, real < 0 ? real : 0);
	if (fd < 0)
		return;
	if (s->fd >= 0)
		close_slot(b, s);
	*s = (struct slot){ env, fd, real };
}

static int draw_flags(struct both *b)
{
	static const int ways[] = { O_RDONLY, O_RDONLY, O_WRONLY, O_RDWR, O_RDWR, O_RDWR };
	static const int others[] = { O_CREAT,  O_CREAT | O_EXCL, O_TRUNC,
				      O_APPEND, O_NOFOLLOW,       O_NONBLOCK | O_NOCTTY };
	int flags = ways[below(b, ARRAY_SIZE(ways))];

	if (below(b, 6) == 0)
		return flags | O_DIRECTORY; /* with O_CREAT, kernels differ */
	for (unsigned i = 0; i < ARRAY_SIZE(others); i++)
		if (below(b, 4) == 0)
			flags |= others[i];
	return flags;
}

static void call_open(struct both *b, const struct draw *d)
{
	struct base_env *env = disk_env(b->disk, below(b, PROCESSES));
	struct slot *to = &b->slots[below(b, SLOTS)];
	int flags = draw_flags(b);

	switch (below(b, 4)) {
	case 0:
		fill_slot(b, "open_at", to, d->slot->env,
			  base_open_at(d->slot->env, d->slot->fd, d->name, flags, d->mode),
			  base_open_at(b->real, d->slot->real, d->name, flags, d->mode));
		break;
	case 1:
		fill_slot(b, "dup", to, d->slot->env, base_dup(d->slot->env, d->slot->fd),
			  base_dup(b->real, d->slot->real));
		break;
	default:
		fill_slot(b, "open", to, env, base_open(env, d->on_disk[0], flags, d->mode),
			  base_open(b->real, d->on_real[0], flags, d->mode));
	}
}

static void call_data(struct both *b, const struct draw *d)
{
	struct base_env *env = d->slot->env;
	int fd = d->slot->fd, real = d->slot->real;
	uint8_t from_disk[MAX_IO] = { 0 }, from_real[MAX_IO] = { 0 }, bytes[MAX_IO];

	memset(bytes, (int)below(b, 256), sizeof(bytes));
	switch (below(b, 5)) {
	case 0:
		same(b, "read", base_read(env, fd, from_disk, d->n),
		     base_read(b->real, real, from_real, d->n));
		break;
	case 1:
		same(b, "write", base_write(env, fd, bytes, d->n), base_write(b->real, real, bytes, d->n));
		break;
	case 2:
		same(b, "pread", base_pread(env, fd, from_disk, d->n, d->off),
		     base_pread(b->real, real, from_real, d->n, d->off));
		break;
	case 3:
		same(b, "pwrite", base_pwrite(env, fd, bytes, d->n, d->off),
		     base_pwrite(b->real, real, bytes, d->n, d->off));
		break;
	default:
		same(b, "truncate", base_truncate(env, fd, d->off), base_truncate(b->real, real, d->off));
	}
	same(b, "bytes", memcmp(from_disk, from_real, sizeof(from_disk)), 0);
}

static void call_stat(struct both *b, const struct draw *d)
{
	struct base_env *env = d->slot->env;
	struct base_stat disk = { 0 }, real = { 0 };
	int r;

	switch (below(b, 3)) {
	case 0:
		r = base_fstat(b->real, d->slot->real, &real);
		same(b, "fstat", base_fstat(env, d->slot->fd, &disk), r);
		break;
	case 1:
		r = base_stat(b->real, d->on_real[0], &real);
		same(b, "stat", base_stat(env, d->on_disk[0], &disk), r);
		break;
	default:
		r = base_stat_at(b->real, d->slot->real, d->name, &real);
		same(b, "stat_at", base_stat_at(env, d->slot->fd, d->name, &disk), r);
	}
	if (r == 0)
		same_stat(b, &disk, &real);
}

static void call_inode(struct both *b, const struct draw *d)
{
	struct base_env *env = d->slot->env;
	int fd = d->slot->fd, real = d->slot->real;
	uint32_t uid = below(b, 3) - 1, gid = below(b, 3) - 1; /* -1: as it is */
	enum base_lock_how how = below(b, 2) ? BASE_LOCK_SHARED : BASE_LOCK_EXCLUSIVE;

	switch (below(b, 8)) {
	case 0:
		same(b, "fsync", base_fsync(env, fd), base_fsync(b->real, real));
		break;
	case 1:
		same(b, "fchmod", base_fchmod(env, fd, d->mode), base_fchmod(b->real, real, d->mode));
		break;
	case 2:
		if (b->is_root)
			same(b, "fchown", base_fchown(env, fd, uid, gid),
			     base_fchown(b->real, real, uid, gid));
		break;
	case 3:
		same(b, "unlock", base_unlock(env, fd), base_unlock(b->real, real));
		break;
	default:
		same(b, "lock", base_lock(env, fd, how, 0), base_lock(b->real, real, how, 0));
	}
}

static void call_names(struct both *b, const struct draw *d)
{
	struct base_env *env = d->slot->env;
	int fd = d->slot->fd, real = d->slot->real;

	switch (below(b, 9)) {
	case 0:
	case 1:
		same(b, "rename", base_rename(env, d->on_disk[0], d->on_disk[1]),
		     base_rename(b->real, d->on_real[0], d->on_real[1]));
		break;
	case 2:
		if (b->exchanges)
			same(b, "exchange", base_exchange(env, d->on_disk[0], d->on_disk[1]),
			     base_exchange(b->real, d->on_real[0], d->on_real[1]));
		break;
	case 3:
		same(b, "unlink", base_unlink(env, d->on_disk[0]), base_unlink(b->real, d->on_real[0]));
		break;
	case 4:
		same(b, "mkdir", base_mkdir(env, d->on_disk[0], d->mode),
		     base_mkdir(b->real, d->on_real[0], d->mode));
		break;
	case 5:
		same(b, "rmdir", base_rmdir(env, d->on_disk[0]), base_rmdir(b->real, d->on_real[0]));
		break;
	case 6:
		same(b, "rename_at", base_rename_at(env, fd, d->name, d->other),
		     base_rename_at(b->real, real, d->name, d->other));
		break;
	case 7:
		same(b, "unlink_at", base_unlink_at(env, fd, d->name),
		     base_unlink_at(b->real, real, d->name));
		break;
	default:
		same(b, "mkdir_at", base_mkdir_at(env, fd, d->name, d->mode),
		     base_mkdir_at(b->real, real, d->name, d->mode));
	}
}

/* Which names and descriptors are of the same file. */
static void same_identities(struct both *b)
{
	static const char *const names[] = {
		"a", "b", "c", "d", "d/x", "d/y", "e", "e/x", "e/d", ".", "../z"
	};
	enum { N = ARRAY_SIZE(names) };
	struct base_stat disk[N + SLOTS] = { 0 }, real[N + SLOTS] = { 0 };
	char on_disk[64], on_real[SCRATCH_BYTES + 64];

	for (unsigned i = 0; i < N; i++) {
		TEXT(on_disk, "/w/%s", names[i]);
		TEXT(on_real, "%s/%s", b->dir, names[i]);
		same(b, names[i], base_stat(disk_env(b->disk, 0), on_disk, &disk[i]),
		     base_stat(b->real, on_real, &real[i]));
	}
	for (unsigned i = 0; i < SLOTS; i++)
		same(b, "descriptor", base_fstat(b->slots[i].env, b->slots[i].fd, &disk[N + i]),
		     base_fstat(b->real, b->slots[i].real, &real[N + i]));
	for (unsigned i = 0; i < N + SLOTS; i++) {
		same_stat(b, &disk[i], &real[i]);
		for (unsigned k = 0; k < i; k++)
			same(b, "identity", disk[i].ino == disk[k].ino, real[i].ino == real[k].ino);
	}
}

static void begin_both(struct both *b, uint64_t seed)
{
	scratch_make(b->scratch);
	TEXT(b->dir, "%s/w", scratch_path(b->scratch));
	disk_reset(b->disk);
	b->seed = seed;
	b->op = 0;
	for (unsigned i = 0; i < SLOTS; i++)
		b->slots[i] = (struct slot){ disk_env(b->disk, 0), -1, -1 };
	assert_int_equal(base_mkdir(disk_env(b->disk, 0), "/w", 0755), 0);
	assert_int_equal(base_mkdir(b->real, b->dir, 0755), 0);
	b->is_root = geteuid() == 0 && chown(b->dir, 1, 1) == 0 && chown(b->dir, 0, 0) == 0 &&
		     chown(scratch_path(b->scratch), 0, 0) == 0;
	assert_int_equal(chmod(scratch_path(b->scratch), 0755), 0);
}

static bool can_exchange(const struct both *b)
{
	return base_exchange(b->real, b->dir, b->dir) == 0;
}

static void run_both(bool exchanges)
{
	static void (*const calls[])(struct both *,
				     const struct draw *) = { call_open, call_open,  call_data,  call_data,
							      call_stat, call_inode, call_names, call_names };
	struct both b = { .real = base_env_real(), .exchanges = exchanges };
	mode_t mask = umask(0);

	assert_int_equal(disk_new(PROCESSES, &b.disk), 0);
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		begin_both(&b, seed);
		for (; b.op < OPS / test_step(); b.op++) {
			struct draw d = draw(&b);

			if (below(&b, 12) == 0)
				close_slot(&b, d.slot);
			else
				calls[below(&b, ARRAY_SIZE(calls))](&b, &d);
			if (b.op % 8 == 0)
				same_identities(&b);
		}
		for (unsigned i = 0; i < SLOTS; i++)
			close_slot(&b, &b.slots[i]);
		scratch_remove(b.scratch);
	}
	umask(mask);
	disk_free(b.disk);
}

static void calls_have_the_results_that_they_have_on_the_kernels(void **state)
{
	(void)state;
	run_both(false);
}

static void so_they_have_with_exchange(void **state)
{
	struct both b = { .real = base_env_real() };
	bool works;

	(void)state;
	assert_int_equal(disk_new(1, &b.disk), 0);
	begin_both(&b, 0);
	works = can_exchange(&b);
	scratch_remove(b.scratch);
	disk_free(b.disk);
	if (!works)
		SKIP_BECAUSE("the file system has no RENAME_EXCHANGE");
	run_both(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_have_the_results_that_they_have_on_the_kernels),
		cmocka_unit_test(so_they_have_with_exchange),
	};

	return cmocka_run_group_tests_name("explore_disk_kernel", tests, NULL, NULL);
}
