/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include "explore/disk.h"

enum { PROCESSES = 3 };

/*
 * Calls as letters, for tables: what to do, then the files of one letter that it is done to.
 *
 *	w W t c h g writes NEW, WEN; truncates to 1 byte; other mode; other owner, and another group
 *	s S         fsync of a file, of the directory
 *	r x u m     rename, exchange, unlink, mkdir
 *	o i p       opens and keeps it: to read and write, to read only, to append
 *	D R L X C   with what was opened last: dup, read a byte, lock shared, exclusively, close
 */
struct actor {
	struct base_env *env;
	int last;
};

static void on_file(struct base_env *env, const char *path, char what)
{
	int fd = base_open(env, path, O_RDWR | O_CREAT, 0600), r = -1;

	assert_true(fd >= 0);
	switch (what) {
	case 'w':
		r = base_pwrite(env, fd, "NEW", 3, 0) == 3 ? 0 : -1;
		break;
	case 'W':
		r = base_pwrite(env, fd, "WEN", 3, 0) == 3 ? 0 : -1;
		break;
	case 't':
		r = base_truncate(env, fd, 1);
		break;
	case 'c':
		r = base_fchmod(env, fd, 0640);
		break;
	case 'h':
		r = base_fchown(env, fd, 1, 2);
		break;
	case 'g':
		r = base_fchown(env, fd, 1, 3);
		break;
	case 's':
		r = base_fsync(env, fd);
		break;
	default:
		FAIL_BECAUSE("'%c' is no call", what);
	}
	assert_int_equal(r, 0);
	assert_int_equal(base_close(env, fd), 0);
}

static void on_last(struct actor *actor, char what)
{
	static const char *const whats = "DRLXC";
	char byte;
	int r = -1;

	assert_non_null(strchr(whats, what));
	if (what == 'D')
		r = actor->last = base_dup(actor->env, actor->last);
	else if (what == 'R')
		r = (int)base_read(actor->env, actor->last, &byte, 1) - 1;
	else if (what == 'C')
		r = base_close(actor->env, actor->last);
	else
		r = base_lock(actor->env, actor->last, what == 'L' ? BASE_LOCK_SHARED : BASE_LOCK_EXCLUSIVE,
			      0);
	assert_true(r >= 0 && (r == 0 || what == 'D'));
}

static void sync_directory(struct base_env *env, const char *path)
{
	int fd = base_open(env, path, O_RDONLY | O_DIRECTORY, 0);

	assert_true(fd >= 0);
	assert_int_equal(base_fsync(env, fd), 0);
	assert_int_equal(base_close(env, fd), 0);
}

/* One call; returns what is behind it. */
static const char *act(struct actor *actor, const char *at)
{
	struct base_env *env = actor->env;
	char a[] = "/w/?", b[] = "/w/?", what = *at++;

	if (strchr("DRLXC", what)) {
		on_last(actor, what);
	} else if (what == 'S') {
		sync_directory(env, "/w");
	} else {
		a[3] = *at++;
		if (strchr("rx", what))
			b[3] = *at++;
		if (what == 'r')
			assert_int_equal(base_rename(env, a, b), 0);
		else if (what == 'x')
			assert_int_equal(base_exchange(env, a, b), 0);
		else if (what == 'u')
			assert_int_equal(base_unlink(env, a), 0);
		else if (what == 'm')
			assert_int_equal(base_mkdir(env, a, 0755), 0);
		else if (strchr("oip", what))
			actor->last = base_open(env, a,
						what == 'o'   ? O_RDWR
						: what == 'i' ? O_RDONLY
							      : O_RDWR | O_APPEND,
						0);
		else
			on_file(env, a, what);
	}
	assert_true(actor->last >= 0);
	return at + strspn(at, " ");
}

static void act_all(struct disk *disk, unsigned process, const char *calls)
{
	struct actor actor = { .env = disk_env(disk, process) };

	while (*calls)
		calls = act(&actor, calls);
}

static void write_text(struct base_env *env, const char *path, const char *text)
{
	int fd = base_open(env, path, O_RDWR | O_CREAT, 0600);

	assert_true(fd >= 0);
	assert_int_equal(base_write(env, fd, text, strlen(text)), strlen(text));
	assert_int_equal(base_fsync(env, fd), 0);
	assert_int_equal(base_close(env, fd), 0);
}

/* Files a and b, "AAA" and "BBB", on disk. */
static void begin(struct disk *disk)
{
	struct base_env *env = disk_env(disk, 0);

	disk_reset(disk);
	assert_int_equal(base_mkdir(env, "/w", 0755), 0);
	sync_directory(env, "/");
	write_text(env, "/w/a", "AAA");
	write_text(env, "/w/b", "BBB");
	sync_directory(env, "/w");
}

static struct base_mix hash_of(struct disk *disk, bool power)
{
	struct base_mix mix = { 0 };

	disk_hash(disk, power, &mix);
	return mix;
}

static bool equal(struct base_mix a, struct base_mix b)
{
	return a.a == b.a && a.b == b.b;
}

static struct disk *new_disk(void)
{
	struct disk *disk;

	assert_int_equal(disk_new(PROCESSES, &disk), 0);
	return disk;
}

/* "AAA BBB -": a, b and n; mode and owner only where they are not those of a new file. */
static const char *contents(struct base_env *env, char ret[64])
{
	static const char *const paths[] = { "/w/a", "/w/b", "/w/n" };
	size_t used = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(paths); i++) {
		auto_free uint8_t *bytes = NULL;
		struct base_stat st;
		size_t n;
		int r = base_stat(env, paths[i], &st);

		used += (size_t)snprintf(ret + used, 64 - used, "%s", i ? " " : "");
		if (r == 0 && S_ISREG(st.mode))
			assert_int_equal(base_read_file(env, paths[i], 16, &bytes, &n, NULL), 0);
		used += (size_t)snprintf(ret + used, 64 - used, "%s",
					 r < 0   ? "-"
					 : bytes ? (char *)bytes
						 : "dir");
		if (bytes && (st.mode & 07777) != 0600)
			used += (size_t)snprintf(ret + used, 64 - used, "%o", st.mode & 07777u);
		if (bytes && st.uid)
			used += (size_t)snprintf(ret + used, 64 - used, ":%u:%u", st.uid, st.gid);
	}
	return ret;
}

static void a_power_loss_takes_what_was_not_synced(void **state)
{
	/* Left by a loss of nothing, of names, of data, of both. */
	static const struct {
		const char *calls, *left[4];
	} rows[] = {
		{ "", { "AAA BBB -", "AAA BBB -", "AAA BBB -", "AAA BBB -" } },
		{ "wa", { "NEW BBB -", "NEW BBB -", "AAA BBB -", "AAA BBB -" } },
		{ "wa sa", { "NEW BBB -", "NEW BBB -", "NEW BBB -", "NEW BBB -" } },
		{ "wa S", { "NEW BBB -", "NEW BBB -", "AAA BBB -", "AAA BBB -" } },
		{ "wa sa Wa", { "WEN BBB -", "WEN BBB -", "NEW BBB -", "NEW BBB -" } },
		{ "ta", { "A BBB -", "A BBB -", "AAA BBB -", "AAA BBB -" } },
		{ "ta sa", { "A BBB -", "A BBB -", "A BBB -", "A BBB -" } },
		{ "ca hb", { "AAA640 BBB:1:2 -", "AAA640 BBB:1:2 -", "AAA BBB -", "AAA BBB -" } },
		{ "ca sa hb sb",
		  { "AAA640 BBB:1:2 -", "AAA640 BBB:1:2 -", "AAA640 BBB:1:2 -", "AAA640 BBB:1:2 -" } },
		{ "wn", { "AAA BBB NEW", "AAA BBB -", "AAA BBB ", "AAA BBB -" } },
		{ "wn sn", { "AAA BBB NEW", "AAA BBB -", "AAA BBB NEW", "AAA BBB -" } },
		{ "wn S", { "AAA BBB NEW", "AAA BBB NEW", "AAA BBB ", "AAA BBB " } },
		{ "wn sn S", { "AAA BBB NEW", "AAA BBB NEW", "AAA BBB NEW", "AAA BBB NEW" } },
		{ "ran", { "- BBB AAA", "AAA BBB -", "- BBB AAA", "AAA BBB -" } },
		{ "ran S", { "- BBB AAA", "- BBB AAA", "- BBB AAA", "- BBB AAA" } },
		{ "rab", { "- AAA -", "AAA BBB -", "- AAA -", "AAA BBB -" } },
		{ "rab S", { "- AAA -", "- AAA -", "- AAA -", "- AAA -" } },
		{ "wn rnb", { "AAA NEW -", "AAA BBB -", "AAA  -", "AAA BBB -" } },
		{ "wn rnb S", { "AAA NEW -", "AAA NEW -", "AAA  -", "AAA  -" } },
		{ "wn sn rnb", { "AAA NEW -", "AAA BBB -", "AAA NEW -", "AAA BBB -" } },
		{ "xab", { "BBB AAA -", "AAA BBB -", "BBB AAA -", "AAA BBB -" } },
		{ "xab S", { "BBB AAA -", "BBB AAA -", "BBB AAA -", "BBB AAA -" } },
		{ "xab wa", { "NEW AAA -", "AAA NEW -", "BBB AAA -", "AAA BBB -" } },
		{ "ua", { "- BBB -", "AAA BBB -", "- BBB -", "AAA BBB -" } },
		{ "wa ua", { "- BBB -", "AAA BBB -", "- BBB -", "AAA BBB -" } },
		{ "wb rab", { "- AAA -", "AAA BBB -", "- AAA -", "AAA BBB -" } },
		{ "ua S", { "- BBB -", "- BBB -", "- BBB -", "- BBB -" } },
		{ "oa wa ua", { "- BBB -", "AAA BBB -", "- BBB -", "AAA BBB -" } },
		{ "mn", { "AAA BBB dir", "AAA BBB -", "AAA BBB dir", "AAA BBB -" } },
		{ "mn S", { "AAA BBB dir", "AAA BBB dir", "AAA BBB dir", "AAA BBB dir" } },
		{ "ua wa", { "NEW BBB -", "AAA BBB -", " BBB -", "AAA BBB -" } },
		{ "wn un wn sn", { "AAA BBB NEW", "AAA BBB -", "AAA BBB NEW", "AAA BBB -" } },
	};
	struct disk *disk = new_disk();
	char left[64];

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
		for (unsigned loss = 0; loss <= (DISK_LOSES_NAMES | DISK_LOSES_DATA); loss++) {
			struct base_mix after;

			begin(disk);
			act_all(disk, 1, rows[i].calls);
			disk_lose_power(disk, loss);
			contents(disk_env(disk, 2), left);
			if (strcmp(left, rows[i].left[loss]) != 0)
				FAIL_BECAUSE("'%s', loss %u: '%s' instead of '%s'", rows[i].calls, loss, left,
					     rows[i].left[loss]);
			assert_int_equal(disk_open_fds(disk, 1), 0);
			after = hash_of(disk, true);
			disk_lose_power(disk, DISK_LOSES_NAMES | DISK_LOSES_DATA);
			assert_true(equal(hash_of(disk, true), after));
		}
	disk_free(disk);
}

/* Only one of two directories is on disk: a file has two names then, or none, but a directory at most one. */
static void moves_between_directories_may_be_half_on_disk(void **state)
{
	struct disk *disk = new_disk();
	struct base_env *env = disk_env(disk, 0);
	struct base_stat a, b;

	(void)state;
	begin(disk);
	assert_int_equal(base_mkdir(env, "/v", 0755), 0);
	assert_int_equal(base_mkdir(env, "/w/d", 0755), 0);
	sync_directory(env, "/");
	sync_directory(env, "/w");
	assert_int_equal(base_rename(env, "/w/a", "/v/a"), 0);
	assert_int_equal(base_rename(env, "/w/d", "/v/d"), 0);
	sync_directory(env, "/v");
	disk_lose_power(disk, DISK_LOSES_NAMES);
	assert_int_equal(base_stat(env, "/w/a", &a), 0);
	assert_int_equal(base_stat(env, "/v/a", &b), 0);
	assert_int_equal(a.ino, b.ino);
	assert_int_equal(base_stat(env, "/v/d", &a), 0);
	assert_int_equal(base_stat(env, "/w/d", &b), -ENOENT);
	assert_int_equal(base_rename(env, "/v/a", "/w/a"), 0); /* two names of one file */
	assert_int_equal(base_unlink(env, "/v/a"), 0);
	assert_int_equal(base_rename(env, "/w/a", "/v/a"), 0);
	sync_directory(env, "/w");
	disk_lose_power(disk, DISK_LOSES_NAMES);
	assert_int_equal(base_stat(env, "/w/a", &a), -ENOENT);
	assert_int_equal(base_stat(env, "/v/a", &a), 0); /* its removal from /v was not on disk either */

	/* /w moves below /v/d, then /v/d/w, and only /v/d is on disk; /v moves into it, and only that is. */
	assert_int_equal(base_mkdir(env, "/p", 0755), 0);
	assert_int_equal(base_mkdir(env, "/p/q", 0755), 0);
	sync_directory(env, "/");
	sync_directory(env, "/p");
	assert_int_equal(base_rename(env, "/p/q", "/q"), 0);
	assert_int_equal(base_rename(env, "/p", "/q/p"), 0);
	sync_directory(env, "/q");
	hash_of(disk, true);
	disk_lose_power(disk, DISK_LOSES_NAMES);
	assert_int_equal(base_stat(env, "/p/q", &a), 0);
	assert_int_equal(base_stat(env, "/p/q/p", &a), -ENOENT);
	disk_free(disk);
}

static void the_digest_does_not_depend_on_the_order_of_independent_calls(void **state)
{
	static const char *const calls[PROCESSES] = {
		"wp op R sp cp mq L D wz",
		"mr ws os X us wt st it L it",
		"wu wv Wu su ruy hv py R ov D",
	};
	struct disk *disk = new_disk();
	struct base_mix first[2] = { 0 };

	(void)state;
	for (uint64_t seed = 0, i = 0; i < 100; i++) {
		struct actor actors[PROCESSES];
		const char *at[PROCESSES];
		unsigned left = PROCESSES;

		begin(disk);
		for (unsigned p = 0; p < PROCESSES; p++) {
			actors[p] = (struct actor){ .env = disk_env(disk, p) };
			at[p] = calls[p];
		}
		while (left > 0) {
			/* The first two rounds: one process behind the other, and the reverse. */
			unsigned p = i == 0   ? PROCESSES - left
				     : i == 1 ? left - 1
					      : (unsigned)(base_next_number(&seed) >> 33) % PROCESSES;

			if (*at[p])
				at[p] = act(&actors[p], at[p]);
			left = 0;
			for (unsigned k = 0; k < PROCESSES; k++)
				left += *at[k] != '\0';
		}
		for (unsigned power = 0; power < 2; power++) {
			if (i == 0)
				first[power] = hash_of(disk, power);
			assert_true(equal(hash_of(disk, power), first[power]));
		}
	}
	disk_free(disk);
}

static void the_digest_differs_with_every_part_of_the_state(void **state)
{
	/* Pairs of neighbours have the same numbers of calls, and mostly the same times. */
	static const char *const rows[] = {
		"",          "wa",        "Wa",    "wb",    "wn",    "wo",  "ca",      "cb",
		"ha",        "ga",        "ta",    "oa",    "ia",    "pa",  "ob",      "oa R",
		"oa D",      "oa oa",     "oa L",  "oa X",  "ia L",  "mn",  "mo",      "ua",
		"ub",        "ran",       "rbn",   "rab",   "rba",   "xab", "oa oa R", "oa R oa",
		"oa oa D R", "oa D R oa", "oa ua", "oa wa", "oa Wa",
	};
	/* Only after a power loss. */
	static const char *const synced[][2] = {
		{ "wa", "wa sa" },       { "ca", "ca sa" },          { "ran", "ran S" },
		{ "ua", "ua S" },        { "wn", "wn sn" },          { "wn", "wn S" },
		{ "wa ua", "wa sa ua" }, { "wa sa Wa", "Wa sa Wa" }, { "ran S rnm", "rao S rom" },
	};
	struct base_mix digests[2 * ARRAY_SIZE(rows)], powered[2 * ARRAY_SIZE(rows)];
	struct disk *disk = new_disk();

	(void)state;
	for (unsigned i = 0; i < 2 * ARRAY_SIZE(rows); i++) {
		begin(disk);
		hash_of(disk, true); /* what it keeps for the next one must not be used then */
		act_all(disk, i & 1, rows[i / 2]);
		digests[i] = hash_of(disk, false);
		powered[i] = hash_of(disk, true);
		for (unsigned k = 0; k < i / 2 * 2; k++)
			if (equal(digests[i], digests[k]) || equal(powered[i], powered[k]))
				FAIL_BECAUSE("'%s' and '%s' are equal", rows[i / 2], rows[k / 2]);
		/* Nobody can tell who changed a mode or an owner. */
		if (i & 1)
			assert_int_equal(equal(digests[i], digests[i - 1]),
					 strspn(rows[i / 2], "chgab ") == strlen(rows[i / 2]));
	}
	for (unsigned i = 0; i < ARRAY_SIZE(synced); i++) {
		struct base_mix without[2], with[2];

		for (unsigned k = 0; k < 2; k++) {
			struct actor actor = { .env = disk_env(disk, 1) };

			begin(disk);
			for (const char *at = synced[i][k]; *at; at = act(&actor, at))
				hash_of(disk, true);
			without[k] = hash_of(disk, false);
			with[k] = hash_of(disk, true);
		}
		assert_true(equal(without[0], without[1]));
		if (equal(with[0], with[1]))
			FAIL_BECAUSE("'%s' and '%s' are equal", synced[i][0], synced[i][1]);
	}
	disk_free(disk);
}

static void numbers_are_those_of_the_process(void **state)
{
	struct disk *disk = new_disk();
	struct base_env *env = disk_env(disk, 2);
	struct base_stat st;
	int64_t before;
	int fd;

	(void)state;
	begin(disk);
	fd = base_open(env, "/w/n", O_RDWR | O_CREAT, 0640);
	assert_int_equal(fd, 3);
	assert_int_equal(base_fstat(env, fd, &st), 0);
	assert_int_equal(st.ino, (UINT64_C(2) << 32) + 1);
	assert_int_equal(st.mode, S_IFREG | 0640);
	before = st.mtime_ns;
	assert_int_equal(base_pwrite(env, fd, "x", 1, 0), 1);
	assert_int_equal(base_fstat(env, fd, &st), 0);
	assert_true(st.mtime_ns != before);
	assert_int_equal(base_stat(env, "/w", &st), 0);
	before = st.mtime_ns;
	assert_int_equal(base_mkdir(env, "/w/d", 0700), 0);
	assert_int_equal(base_stat(env, "/w", &st), 0);
	assert_true(st.mtime_ns != before);
	assert_int_equal(base_stat(env, "/w/d", &st), 0);
	assert_int_equal(st.ino, (UINT64_C(2) << 32) + 2);
	assert_int_equal(base_open(env, "/w/a", O_RDONLY, 0), 4);
	assert_int_equal(base_open(env, "/w/a", O_RDONLY, 0), 5);
	assert_int_equal(base_close(env, 4), 0);
	assert_int_equal(base_dup(env, 5), 4);

	disk_kill(disk, 2);
	assert_int_equal(base_open(env, "/w/m", O_RDWR | O_CREAT, 0600), 3);
	assert_int_equal(base_fstat(env, 3, &st), 0);
	assert_int_equal(st.ino, (UINT64_C(2) << 32) + 3);
	disk_free(disk);
}

static void the_dead_hold_nothing(void **state)
{
	struct disk *disk = new_disk();
	struct base_env *one = disk_env(disk, 1), *two = disk_env(disk, 2);
	char who[BASE_HOLDERS_BYTES], few[12];

	(void)state;
	begin(disk);
	act_all(disk, 1, "oa D L oa oa");
	act_all(disk, 2, "oa L oa");
	assert_int_equal(disk_open_fds(disk, 1), 4);
	assert_int_equal(base_lock(two, 4, BASE_LOCK_EXCLUSIVE, UINT64_C(1000)), JURAT_BUSY);
	base_lock_holders(two, 4, who, sizeof(who));
	assert_string_equal(who, "process 1, process 2");
	base_lock_holders(two, 4, few, sizeof(few));
	assert_string_equal(few, "process 1, ");
	assert_int_equal(base_unlock(two, 3), 0);
	assert_int_equal(base_lock(two, 4, BASE_LOCK_EXCLUSIVE, 0), JURAT_BUSY);
	assert_int_equal(base_close(one, 3), 0); /* its copy holds the lock still */
	assert_int_equal(base_lock(two, 4, BASE_LOCK_EXCLUSIVE, 0), JURAT_BUSY);
	disk_kill(disk, 1);
	assert_int_equal(disk_open_fds(disk, 1), 0);
	assert_int_equal(disk_open_fds(disk, 2), 2);
	assert_int_equal(base_fsync(one, 4), -EBADF);
	base_lock_holders(two, 4, who, sizeof(who));
	assert_string_equal(who, "a process that has released its lock since");
	assert_int_equal(base_lock(two, 4, BASE_LOCK_EXCLUSIVE, 0), 0);
	disk_free(disk);
}

static void a_reset_disk_is_as_a_new_one(void **state)
{
	struct disk *disk = new_disk(), *other = new_disk();
	struct base_mix fresh = hash_of(disk, true);

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		begin(disk);
		act_all(disk, i,
			"wn oa L D ub xan rnb wa mo S wb ub"); /* names and data kept, a file removed */
		assert_false(equal(hash_of(disk, true), fresh));
		disk_reset(disk);
		assert_true(equal(hash_of(disk, true), fresh));
		assert_int_equal(disk_open_fds(disk, i), 0);
		begin(disk);
		begin(other);
		act_all(disk, 1, "wn ca ub oa R");
		act_all(other, 1, "wn ca ub oa R");
		assert_true(equal(hash_of(disk, true), hash_of(other, true)));
	}
	disk_free(disk);
	disk_free(other);
}

static void without_times_what_was_written_twice_is_the_same_as_once(void **state)
{
	struct disk *disk = new_disk();
	struct base_mix once, twice, with_times[2];
	struct base_env *env = disk_env(disk, 0);
	struct base_stat st;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		write_text(env, "/f", "text");
		with_times[i] = hash_of(disk, true);
	}
	assert_false(equal(with_times[0], with_times[1]));
	disk_free(disk);
	disk = new_disk();
	env = disk_env(disk, 0);
	disk_without_times(disk);
	write_text(env, "/f", "text");
	once = hash_of(disk, true);
	write_text(env, "/f", "text");
	twice = hash_of(disk, true);
	assert_true(equal(once, twice));
	assert_int_equal(base_stat(env, "/f", &st), 0);
	assert_int_equal(st.mtime_ns, 0);
	disk_free(disk);
}

static void limits_are_errors(void **state)
{
	struct disk *disk = NULL;
	struct base_env *env;
	char path[PATH_MAX + 1];
	uint64_t random = 1;

	(void)state;
	assert_int_equal(disk_new(0, &disk), -EINVAL);
	assert_int_equal(disk_new(DISK_MAX_PROCESSES + 1, &disk), -EINVAL);
	assert_null(disk);
	disk = new_disk();
	env = disk_env(disk, 0);
	begin(disk);
	for (int i = 0; i < DISK_MAX_FDS; i++)
		assert_int_equal(base_open(env, i ? "/w/a" : "/w", O_RDONLY, 0), 3 + i);
	assert_int_equal(base_open(env, "/w/a", O_RDONLY, 0), -EMFILE);
	assert_int_equal(base_open(env, "/w/new", O_RDWR | O_CREAT, 0600), -EMFILE);
	assert_int_equal(base_open_at(env, 3, "new", O_RDWR | O_CREAT, 0600), -EMFILE);
	assert_int_equal(base_dup(env, 3), -EMFILE);
	assert_int_equal(base_close(env, 9), 0);
	assert_int_equal(base_open(env, "/w/new", O_RDWR | O_CREAT, 0600), 9);
	assert_int_equal(base_truncate(env, 9, INT64_MAX), -EFBIG);
	assert_int_equal(base_pwrite(env, 9, "x", 1, INT64_MAX), -EFBIG);
	assert_int_equal(base_close(env, 10), 0);
	assert_int_equal(base_open_at(env, 9, "n", O_RDONLY, 0), -ENOTDIR);
	assert_int_equal(base_close(env, 2), -EBADF);
	assert_int_equal(base_close(env, 3 + DISK_MAX_FDS), -EBADF);
	memset(path, '/', sizeof(path));
	path[PATH_MAX] = '\0';
	assert_int_equal(base_mkdir(env, path, 0755), -ENAMETOOLONG);
	assert_int_equal(base_open(env, "/w/a", O_RDONLY | O_PATH, 0), -EINVAL);

	assert_int_equal(base_ioctl(env, 3, 1, NULL), -ENOTTY);
	assert_int_equal(base_ioctl(env, -1, 1, NULL), -EBADF);
	assert_int_equal(base_random(env, &random, sizeof(random)), 0);
	assert_int_equal(random, 0);
	base_sleep_ns(env, 1000);
	assert_int_equal(base_now_ns(env), 0);
	assert_true(base_realtime_s(env) > 0);
	assert_int_equal(base_connect(env, "unix:/w/a"), -ENOSYS);
	assert_int_equal(base_connected(env, 3), -ENOSYS);
	assert_int_equal(base_send(env, 3, "x", 1), -ENOSYS);
	assert_int_equal(base_recv(env, 3, path, 1), -ENOSYS);
	assert_int_equal(base_wait(env, 3, BASE_READ, 0), -ENOSYS);
	assert_int_equal(base_poll_open(env), -ENOSYS);
	assert_int_equal(base_poll_set(env, 3, 4, BASE_READ), -ENOSYS);
	assert_int_equal(base_timer_open(env), -ENOSYS);
	assert_int_equal(base_timer_set(env, 3, 0), -ENOSYS);
	disk_free(disk);
}

/* One call of a row; the descriptors are known. */
static int without_memory(struct base_env *env, unsigned i)
{
	static const char bytes[10000];

	switch (i) {
	case 0:
		return base_mkdir(env, "/d", 0755);
	case 1:
		return base_open(env, "/d", O_RDONLY | O_DIRECTORY, 0);
	case 2:
		return base_open(env, "/d/a", O_RDWR | O_CREAT, 0600);
	case 3:
		return (int)base_pwrite(env, 4, bytes, sizeof(bytes), 0);
	case 4:
	case 7:
		return base_fsync(env, 4);
	case 5:
		return base_fsync(env, 3);
	case 6:
		return base_fchmod(env, 4, 0644);
	case 8:
		return (int)base_write(env, 4, bytes, 100);
	case 9:
		return base_rename(env, "/d/a", "/d/b");
	case 10:
		return base_open_at(env, 3, "c", O_RDWR | O_CREAT | O_EXCL, 0600);
	case 11:
		return base_truncate(env, 5, 5000);
	case 12:
		return base_fsync(env, 5);
	case 13:
		return base_fsync(env, 3);
	case 14:
		return base_exchange(env, "/d/b", "/d/c");
	case 15:
		return base_fsync(env, 3);
	case 16:
		return base_unlink(env, "/d/b");
	case 17:
		return base_open(env, "/d/c", O_RDWR | O_TRUNC, 0);
	default:
		/* So many that the table of inodes grows. */
		return i < 40 ? base_mkdir_at(env, 3, &"qwertyuiopasdfghjklzxcvb"[i - 18], 0755) : -ERANGE;
	}
}

static int attempt(void *ctx)
{
	struct disk *disk = NULL;
	int r;

	(void)ctx;
	fail_memory_resume();
	r = disk_new(1, &disk);
	for (unsigned i = 0; r >= 0 && i < 40; i++) {
		struct base_mix before = hash_of(disk, true);

		r = without_memory(disk_env(disk, 0), i);
		if (r < 0)
			assert_true(equal(hash_of(disk, true), before));
	}
	if (r >= 0) {
		disk_lose_power(disk, DISK_LOSES_NAMES | DISK_LOSES_DATA);
		disk_reset(disk);
	}
	fail_memory_pause();
	disk_free(disk);
	return r < 0 ? r : 0;
}

static void without_memory_a_call_has_no_effect(void **state)
{
	(void)state;
	assert_true(fail_memory_each(attempt, NULL) >= 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_power_loss_takes_what_was_not_synced),
		cmocka_unit_test(moves_between_directories_may_be_half_on_disk),
		cmocka_unit_test(the_digest_does_not_depend_on_the_order_of_independent_calls),
		cmocka_unit_test(the_digest_differs_with_every_part_of_the_state),
		cmocka_unit_test(numbers_are_those_of_the_process),
		cmocka_unit_test(the_dead_hold_nothing),
		cmocka_unit_test(a_reset_disk_is_as_a_new_one),
		cmocka_unit_test(without_times_what_was_written_twice_is_the_same_as_once),
		cmocka_unit_test(limits_are_errors),
		cmocka_unit_test(without_memory_a_call_has_no_effect),
	};

	return cmocka_run_group_tests_name("explore_disk", tests, NULL, NULL);
}
