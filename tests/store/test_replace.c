/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "replace_world.h"
#include "support/fail_memory.h"
#include "support/fault_env.h"

/* B18: the table is empty while the command runs: no report meets certificates of the other key. */
static void a_table_and_the_firmware_change_as_one(void **state)
{
	struct world *w = *state;
	struct store_reader kept;
	enum store_left left;

	put(w, 1);
	store_reader_init(&kept, NULL, w->path);
	assert_int_equal(store_lock(&kept, 0, NULL), 0);
	store_unlock(&kept);
	w->must_be_shut_out = &kept;
	assert_int_equal(replace(NULL, w, 2, &left, NULL), 0);
	w->must_be_shut_out = NULL;
	assert_int_equal(left, STORE_LEFT_NEW);
	assert_int_equal(w->issued, 1);
	assert_int_equal(at_path(w), 2);
	assert_nothing_beside(w);
	assert_int_equal(store_lock(&kept, 0, NULL), 0); /* B19: the kept descriptor is of the old file */
	assert_int_equal(kept.size, MAX_TABLE);
	store_reader_done(&kept);
}

static void a_first_publication_is_for_the_group_and_for_no_stranger(void **state)
{
	struct world *w = *state;
	enum store_left left;
	mode_t mask = umask(077);
	struct stat st;

	assert_int_equal(replace(NULL, w, 2, &left, NULL), 0);
	umask(mask);
	assert_int_equal(at_path(w), 2);
	assert_int_equal(stat(w->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_nothing_beside(w);
}

static void mode_and_group_stay(void **state)
{
	struct world *w = *state;
	enum store_left left;
	struct stat st;

	put(w, 1);
	assert_int_equal(chmod(w->path, 0640), 0);
	if (geteuid() == 0)
		assert_int_equal(chown(w->path, 0, 23456), 0);
	for (w->says = STORE_CHANGED; w->says <= STORE_UNKNOWN; w->says++) {
		(void)!replace(NULL, w, 2, &left, NULL);
		assert_int_equal(stat(w->path, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0640);
		if (geteuid() == 0)
			assert_true(st.st_uid == 0 && st.st_gid == 23456);
	}
}

static void a_firmware_that_did_not_change_gets_its_table_back(void **state)
{
	struct world *w = *state;
	struct jurat_error err;
	enum store_left left;

	put(w, 1);
	w->says = STORE_UNCHANGED;
	assert_int_equal(replace(NULL, w, 2, &left, &err), -ECANCELED);
	assert_non_null(strstr(err.text, "INVALID_CONFIG"));
	assert_int_equal(left, STORE_LEFT_OLD);
	assert_int_equal(at_path(w), 1);
	assert_nothing_beside(w);
	unlink(w->path);
	assert_int_equal(replace(NULL, w, 2, &left, &err), -ECANCELED);
	assert_int_equal(left, STORE_LEFT_OLD);
	assert_int_equal(at_path(w), -1);
	assert_nothing_beside(w);
}

/* B17: what a command did is believed only after the status was read back. */
static void a_firmware_that_does_not_tell_leaves_the_empty_table(void **state)
{
	struct world *w = *state;
	struct jurat_error err;
	enum store_left left;

	put(w, 1);
	w->says = STORE_UNKNOWN;
	assert_int_equal(replace(NULL, w, 2, &left, &err), -EINPROGRESS);
	assert_int_equal(left, STORE_LEFT_EMPTY);
	assert_int_equal(at_path(w), 0);
	assert_true(has_table(w, STORE_NEXT_SUFFIX, 2)); /* for the case that it was changed */
	assert_true(has_table(w, STORE_OLD_SUFFIX, 1));  /* that it was not */
	assert_false(exists(w, STORE_LOCK_SUFFIX) || exists(w, STORE_EMPTY_SUFFIX));
	assert_usable(w);
}

static void renewal_needs_no_command(void **state)
{
	struct world *w = *state;
	uint8_t table[MAX_TABLE];
	size_t n = table_of(2, table);

	put(w, 1);
	assert_int_equal(store_replace(NULL, w->path, table, n, NULL, NULL, &w->result, NULL), 0);
	assert_int_equal(w->result.left, STORE_LEFT_NEW);
	assert_int_equal(at_path(w), 2);
	assert_nothing_beside(w);
}

struct watched {
	struct world *w;
	enum store_step steps[8];
	unsigned n;
	int waiting; /* a reader that came when it was QUEUED: its descriptor */
	int at_queued, at_published;
};

static void reached(void *ctx, enum store_step step)
{
	struct watched *seen = ctx;

	assert_true(seen->n < ARRAY_SIZE(seen->steps));
	seen->steps[seen->n++] = step;
	if (step == STORE_STEP_QUEUED) {
		seen->waiting = open(seen->w->path, O_RDONLY | O_CLOEXEC);
		seen->at_queued = base_lock(base_env_real(), seen->waiting, BASE_LOCK_SHARED, 0);
	} else if (step == STORE_STEP_PUBLISHED) {
		seen->at_published = base_lock(base_env_real(), seen->waiting, BASE_LOCK_SHARED, 0);
	}
}

/* Readers wait from QUEUED on, and not for the sync that follows PUBLISHED. */
static void each_step_is_told_when_it_is_done(void **state)
{
	static const enum store_step changed[] = { STORE_STEP_TURN,      STORE_STEP_WRITTEN,
						   STORE_STEP_QUEUED,    STORE_STEP_DRAINED,
						   STORE_STEP_PUBLISHED, STORE_STEP_SYNCED },
				     unchanged[] = { STORE_STEP_TURN, STORE_STEP_WRITTEN, STORE_STEP_QUEUED,
						     STORE_STEP_DRAINED, STORE_STEP_RESTORED };
	struct world *w = *state;
	struct store_change change = { issue, w };
	uint8_t table[MAX_TABLE];
	size_t n = table_of(2, table);

	for (int says = STORE_CHANGED; says <= STORE_UNCHANGED; says++) {
		struct watched seen = { .w = w };
		const struct store_options options = { .reached = reached, .ctx = &seen };
		bool is_changed = says == STORE_CHANGED;

		put(w, 1);
		w->says = (enum store_changed)says;
		w->to = 2;
		assert_int_equal(store_replace(NULL, w->path, table, n, &change, &options, NULL, NULL),
				 is_changed ? 0 : -ECANCELED);
		assert_int_equal(seen.n, is_changed ? ARRAY_SIZE(changed) : ARRAY_SIZE(unchanged));
		assert_memory_equal(seen.steps, is_changed ? changed : unchanged,
				    seen.n * sizeof(changed[0]));
		assert_int_equal(seen.at_queued, JURAT_BUSY);
		assert_int_equal(seen.at_published, 0);
		close(seen.waiting);
	}
}

static int fail_to_publish(struct base_env *env, const char *from, const char *to)
{
	(void)env;
	return strstr(from, STORE_NEXT_SUFFIX) ? -EIO : base_rename(base_env_real(), from, to);
}

/* After the command, it is what recovery needs. */
static void a_table_that_cannot_be_published_stays_beside_the_empty_one(void **state)
{
	struct world *w = *state;
	struct base_env_ops ops = *base_env_real()->ops;
	struct base_env env = { &ops };
	enum store_left left;

	put(w, 1);
	ops.rename = fail_to_publish;
	assert_int_equal(replace(&env, w, 2, &left, NULL), -EIO);
	assert_int_equal(left, STORE_LEFT_EMPTY);
	assert_int_equal(at_path(w), 0);
	assert_int_equal(w->firmware, 2);
	assert_true(exists(w, STORE_NEXT_SUFFIX));
	assert_false(exists(w, STORE_LOCK_SUFFIX) || exists(w, STORE_EMPTY_SUFFIX));
	assert_usable(w);
}

/* B18, B5: the command is not issued under a reader, and the reader's file comes back as it was. */
static void a_reader_that_does_not_let_go_is_busy_and_changes_nothing(void **state)
{
	struct world *w = *state;
	struct store_reader r;
	enum store_left left;
	struct stat before, after;

	put(w, 1);
	assert_int_equal(stat(w->path, &before), 0);
	store_reader_init(&r, NULL, w->path);
	assert_int_equal(store_lock(&r, 0, NULL), 0);
	assert_int_equal(replace(NULL, w, 2, &left, NULL), JURAT_BUSY);
	assert_int_equal(left, STORE_LEFT_OLD);
	assert_int_equal(w->issued, 0);
	assert_int_equal(at_path(w), 1);
	assert_int_equal(stat(w->path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino); /* so the next updater meets this reader too */
	assert_nothing_beside(w);
	assert_int_equal(replace(NULL, w, 2, &left, NULL), JURAT_BUSY);
	store_unlock(&r);
	store_reader_done(&r);
	assert_usable(w);
}

/* The name of this process, which holds all locks here, as it stands in the words of an error. */
static void assert_names_us(const char *text)
{
	char pid[32];

	TEXT(pid, "pid %d (test_store_repl)", (int)getpid());
	if (!strstr(text, pid))
		FAIL_BECAUSE("'%s' does not name '%s'", text, pid);
}

static void who_does_not_let_go_is_named(void **state)
{
	struct world *w = *state;
	struct jurat_error err = { "" };
	struct store_reader r;
	enum store_left left;
	char name[96];
	int fd;

	put(w, 1);
	store_reader_init(&r, NULL, w->path);
	assert_int_equal(store_lock(&r, 0, NULL), 0);
	assert_int_equal(replace(NULL, w, 2, &left, &err), JURAT_BUSY);
	assert_names_us(err.text);
	assert_names_us(w->result.undrained);
	store_reader_done(&r);
	TEXT(name, "%s" STORE_LOCK_SUFFIX, w->path);
	fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(base_lock(base_env_real(), fd, BASE_LOCK_EXCLUSIVE, 0), 0);
	assert_int_equal(replace(NULL, w, 2, &left, &err), JURAT_BUSY);
	assert_names_us(err.text);
	close(fd);
	assert_usable(w);
	assert_string_equal(w->result.undrained, "");
}

/* No command under the reader, and the file it holds keeps its name until it lets go. */
static void the_empty_table_may_stay_when_a_reader_does(void **state)
{
	struct world *w = *state;
	struct jurat_error err = { "" };
	struct store_reader r;
	enum store_left left;

	put(w, 1);
	store_reader_init(&r, NULL, w->path);
	assert_int_equal(store_lock(&r, 0, NULL), 0);
	w->undrained = STORE_UNDRAINED_EMPTY;
	for (unsigned i = 0; i < 2; i++) { /* and the next update meets the same reader */
		assert_int_equal(replace(NULL, w, 2, &left, &err), JURAT_BUSY);
		assert_int_equal(w->issued, 0);
		assert_names_us(err.text);
		assert_int_equal(at_path(w), 0);
		assert_true(exists(w, STORE_EMPTY_SUFFIX));
		assert_int_equal(left, i == 0 ? STORE_LEFT_EMPTY : STORE_LEFT_OLD);
	}
	store_reader_done(&r);
	assert_usable(w);
}

static void the_operator_may_go_on_past_a_reader(void **state)
{
	struct world *w = *state;
	struct jurat_error err = { "" };
	struct store_reader held;
	enum store_left left;
	uint8_t first;

	for (int leftover = 0; leftover <= 1; leftover++) {
		w->firmware = 1;
		put(w, 1);
		store_reader_init(&held, NULL, w->path);
		assert_int_equal(store_lock(&held, 0, NULL), 0);
		if (leftover) { /* of an update that was not made */
			w->undrained = STORE_UNDRAINED_EMPTY;
			assert_int_equal(replace(NULL, w, 2, &left, &err), JURAT_BUSY);
		}
		w->undrained = STORE_UNDRAINED_PROCEED;
		assert_int_equal(replace(NULL, w, 2, &left, &err), 0);
		assert_int_equal(left, STORE_LEFT_NEW);
		assert_int_equal(w->issued, 1);
		assert_names_us(w->result.undrained);
		assert_int_equal(at_path(w), 2);
		assert_nothing_beside(w);
		/* The old file was emptied: whoever reads it only now gets nothing of it. */
		assert_int_equal(store_read(&held, &first, 1, 0, NULL), 0);
		assert_int_equal(first, 0);
		store_reader_done(&held);
		w->undrained = STORE_UNDRAINED_PUT_BACK;
		assert_usable(w);
	}
}

static void modes_and_owners_that_admit_strangers_are_refused(void **state)
{
	static const struct {
		mode_t dir, blob;
		uid_t dir_owner, blob_owner;
		const char *why; /* NULL: good */
	} rows[] = {
		{ 0700, 0600, 0, 0, NULL },
		{ 0755, 0640, 0, 0, NULL },
		{ 0750, 0644, 0, 0, NULL }, /* strangers cannot reach it */
		{ 0755, 0644, 0, 0, "mode 0644 and owner 0: everyone can read it" },
		{ 0751, 0604, 0, 0, "everyone can read it" },
		{ 0755, 0660, 0, 0, "mode 0660 and owner 0: only its owner may be able to write" },
		{ 0755, 0602, 0, 0, "only its owner may be able to write" },
		{ 0775, 0640, 0, 0, "mode 0775 and owner 0: only its owner may be able to write" },
		{ 01777, 0640, 0, 0, "mode 1777 and owner 0: only its owner" },
		{ 0755, 0640, 12345, 0, "mode 0755 and owner 12345: it must belong to root" },
		{ 0755, 0640, 0, 12345, "mode 0640 and owner 12345: it must belong to root" },
	};
	struct world *w = *state;

	if (geteuid() != 0)
		SKIP_BECAUSE("only root can make files of other users");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct jurat_error err = { "" };
		enum store_left left;
		struct stat st;
		int e;

		put(w, 1);
		assert_int_equal(chown(w->path, rows[i].blob_owner, 0), 0);
		assert_int_equal(chmod(w->path, rows[i].blob), 0);
		assert_int_equal(chown(w->dir, rows[i].dir_owner, 0), 0);
		assert_int_equal(chmod(w->dir, rows[i].dir), 0);
		e = replace(NULL, w, 2, &left, &err);
		if (e != (rows[i].why ? -EPERM : 0) || (rows[i].why && !strstr(err.text, rows[i].why)))
			FAIL_BECAUSE("row %zu: %d, %s", i, e, err.text);
		assert_int_equal(left, rows[i].why ? STORE_LEFT_OLD : STORE_LEFT_NEW);
		assert_int_equal(stat(w->path, &st), 0);
		assert_int_equal(st.st_mode & 07777, rows[i].blob); /* nor is anything changed */
		assert_nothing_beside(w);
		unlink(w->path);
	}
	assert_int_equal(chown(w->dir, 0, 0), 0);
}

static void a_second_updater_waits(void **state)
{
	struct world *w = *state;
	enum store_left left;
	char name[96];
	int fd;

	put(w, 1);
	TEXT(name, "%s" STORE_LOCK_SUFFIX, w->path);
	fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(base_lock(base_env_real(), fd, BASE_LOCK_EXCLUSIVE, 0), 0);
	assert_int_equal(replace(NULL, w, 2, &left, NULL), JURAT_BUSY);
	assert_int_equal(left, STORE_LEFT_OLD);
	assert_int_equal(at_path(w), 1);
	assert_true(exists(w, STORE_LOCK_SUFFIX)); /* it is not ours to remove */
	close(fd);
	assert_usable(w);
}

/* Readers of the file that a crashed updater took away must have ended before another command. */
static void what_a_crashed_updater_left_is_drained_first(void **state)
{
	struct world *w = *state;
	struct store_reader r;
	enum store_left left;
	char name[96];

	put(w, 1);
	store_reader_init(&r, NULL, w->path);
	assert_int_equal(store_lock(&r, 0, NULL), 0);
	TEXT(name, "%s" STORE_EMPTY_SUFFIX, w->path);
	assert_int_equal(rename(w->path, name), 0);
	assert_int_equal(replace(NULL, w, 2, &left, NULL), JURAT_BUSY);
	assert_int_equal(w->issued, 0);
	assert_true(exists(w, STORE_EMPTY_SUFFIX));
	store_reader_done(&r);
	assert_usable(w);
}

static void put_beside(struct world *w, const char *suffix, int state)
{
	struct world beside = *w;

	TEXT(beside.path, "%s%s", w->path, suffix);
	put(&beside, state);
}

/* After an interrupted update: the path has the empty table, and `suffix` the only one that fits. */
static void interrupted(struct world *w, const char *suffix)
{
	char name[96];

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		TEXT(name, "%s%s", w->path, suffixes[i]);
		unlink(name);
	}
	for (size_t i = 1; i < ARRAY_SIZE(suffixes); i++)
		if (strcmp(suffixes[i], STORE_LOCK_SUFFIX))
			put_beside(w, suffixes[i], 3);
	put_beside(w, suffix, 1);
	put(w, 1);
	assert_int_equal(truncate(w->path, 0), 0);
	assert_int_equal(truncate(w->path, STORE_EMPTY_BYTES), 0);
	w->firmware = 1;
}

static void assert_one_fits(struct world *w, unsigned call, const char *how)
{
	if (!which_fits(w))
		FAIL_BECAUSE("%s %u: no file has the table of the firmware's state", how, call);
}

/* Whichever effect of the next update fails or is its last: of a command, or of a recovery (to == 1). */
static void the_only_table_that_fits_is_not_lost(void **state)
{
	static const struct {
		const char *suffix;
		int to;
		enum store_changed says;
	} rows[] = {
		{ STORE_NEXT_SUFFIX, 1, STORE_CHANGED },    { STORE_OLD_SUFFIX, 1, STORE_CHANGED },
		{ STORE_SPARE_SUFFIX, 1, STORE_CHANGED },   { STORE_EMPTY_SUFFIX, 1, STORE_CHANGED },
		{ STORE_NEXT_SUFFIX, 2, STORE_CHANGED },    { STORE_OLD_SUFFIX, 2, STORE_CHANGED },
		{ STORE_SPARE_SUFFIX, 2, STORE_CHANGED },   { STORE_EMPTY_SUFFIX, 2, STORE_CHANGED },
		{ STORE_NEXT_SUFFIX, 2, STORE_UNCHANGED },  { STORE_OLD_SUFFIX, 2, STORE_UNCHANGED },
		{ STORE_EMPTY_SUFFIX, 2, STORE_UNCHANGED }, { STORE_NEXT_SUFFIX, 2, STORE_UNKNOWN },
		{ STORE_OLD_SUFFIX, 2, STORE_UNKNOWN },     { STORE_EMPTY_SUFFIX, 2, STORE_UNKNOWN },
	};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (int crash = 0; crash <= 1; crash++)
			for (unsigned k = 1;; k++) {
				struct fault_env env = crash ? fault_env_crash(base_env_real(), k)
							     : fault_env_nth(base_env_real(), k, -EIO);
				enum store_left left;

				interrupted(w, rows[i].suffix);
				w->says = rows[i].says;
				(void)!replace(&env.base, w, rows[i].to, &left, NULL);
				assert_one_fits(w, k, rows[i].suffix);
				assert_usable(w);
				if (!env.fired)
					break;
			}
}

/* Nor by a reader that keeps the lock of what a crashed updater took away, or of the empty table. */
static void nor_is_it_while_a_reader_does_not_let_go(void **state)
{
	static const char *const held[] = { STORE_EMPTY_SUFFIX, "" };
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(held); i++) {
		enum store_left left;
		char name[96];
		int fd;

		interrupted(w, STORE_NEXT_SUFFIX);
		put_beside(w, STORE_EMPTY_SUFFIX, 4);
		TEXT(name, "%s%s", w->path, held[i]);
		fd = open(name, O_RDWR | O_CLOEXEC);
		assert_int_equal(base_lock(base_env_real(), fd, BASE_LOCK_SHARED, 0), 0);
		assert_int_equal(replace(NULL, w, 1, &left, NULL), JURAT_BUSY);
		assert_one_fits(w, (unsigned)i, held[i]);
		close(fd);
		assert_usable(w);
	}
}

static void a_path_that_cannot_be_replaced_is_refused(void **state)
{
	struct world *w = *state;
	static const uint8_t big[STORE_MAX_BYTES + 1];
	enum store_left left;
	char other[96], missing[96];

	TEXT(other, "%s/other", w->dir);
	TEXT(missing, "%s/none/blob", w->dir);
	assert_int_equal(store_replace(NULL, w->path, big, sizeof(big), NULL, NULL, NULL, NULL), -EFBIG);
	assert_int_equal(store_replace(NULL, "", big, 24, NULL, NULL, NULL, NULL), -EINVAL);
	assert_int_equal(store_replace(NULL, "/", big, 24, NULL, NULL, NULL, NULL), -EINVAL);
	assert_int_equal(store_replace(NULL, "/tmp/..", big, 24, NULL, NULL, NULL, NULL), -EINVAL);
	assert_int_equal(store_replace(NULL, missing, big, 24, NULL, NULL, NULL, NULL), -ENOENT);
	assert_int_equal(symlink(other, w->path), 0);
	assert_int_equal(replace(NULL, w, 2, &left, NULL), -ELOOP);
	unlink(w->path);
	assert_int_equal(mkfifo(w->path, 0600), 0);
	assert_int_equal(replace(NULL, w, 2, &left, NULL), -EINVAL);
	assert_int_equal(left, STORE_LEFT_OLD);
	unlink(w->path);
	assert_nothing_beside(w);
}

/* It is what names the table that must stay. */
static void a_begin_that_fails_changes_nothing(void **state)
{
	struct world *w = *state;
	enum store_left left;

	interrupted(w, STORE_OLD_SUFFIX);
	w->begin_fails = -ECANCELED;
	assert_int_equal(replace(NULL, w, 2, &left, NULL), -ECANCELED);
	assert_int_equal(left, STORE_LEFT_OLD);
	assert_int_equal(w->issued, 0);
	assert_true(has_table(w, STORE_OLD_SUFFIX, 1) && has_table(w, STORE_NEXT_SUFFIX, 3));
	w->begin_fails = 0;
	assert_usable(w);
}

/* Without a next table the path gets the empty one, and what an interrupted update left stays. */
static void a_table_may_go_without_another(void **state)
{
	struct world *w = *state;
	struct store_result result;

	interrupted(w, STORE_OLD_SUFFIX);
	put(w, 2);
	assert_int_equal(store_replace(NULL, w->path, NULL, 0, NULL, NULL, &result, NULL), 0);
	assert_int_equal(result.left, STORE_LEFT_EMPTY);
	assert_int_equal(at_path(w), 0);
	assert_true(has_table(w, STORE_OLD_SUFFIX, 1) && has_table(w, STORE_NEXT_SUFFIX, 3));
	assert_false(exists(w, STORE_EMPTY_SUFFIX) || exists(w, STORE_LOCK_SUFFIX));
	assert_usable(w);
	unlink(w->path);
	assert_int_equal(store_replace(NULL, w->path, NULL, 0, NULL, NULL, &result, NULL), 0);
	assert_int_equal(at_path(w), 0);
	assert_nothing_beside(w);
}

/* Something that takes no lock, such as mv, replaces the file right before the swap: its file stays. */
struct meddler {
	struct base_env base;
	struct world *w;
};

static int meddle(struct base_env *env, const char *a, const char *b)
{
	struct meddler *m = (struct meddler *)env;

	unlink(m->w->path);
	put(m->w, 3);
	return base_exchange(base_env_real(), a, b);
}

static void another_hand_at_the_same_time_is_noticed(void **state)
{
	struct world *w = *state;
	struct base_env_ops ops = *base_env_real()->ops;
	struct meddler m = { .base = { &ops }, .w = w };
	enum store_left left;

	put(w, 1);
	ops.exchange = meddle;
	assert_int_equal(replace(&m.base, w, 2, &left, NULL), -EAGAIN);
	assert_int_equal(left, STORE_LEFT_OLD);
	assert_int_equal(w->issued, 0);
	assert_int_equal(at_path(w), 3);
	assert_nothing_beside(w);
}

static int overwrite(struct base_env *env, const char *a, const char *b)
{
	struct meddler *m = (struct meddler *)env;

	put(m->w, 3);
	return base_exchange(base_env_real(), a, b);
}

/* The same in place: what would be restored is no longer a copy of it. */
static void nor_is_a_file_lost_that_it_overwrites(void **state)
{
	struct world *w = *state;
	struct base_env_ops ops = *base_env_real()->ops;
	struct meddler m = { .base = { &ops }, .w = w };
	enum store_left left;

	put(w, 1);
	ops.exchange = overwrite;
	assert_int_equal(replace(&m.base, w, 2, &left, NULL), -EAGAIN);
	assert_int_equal(left, STORE_LEFT_OLD);
	assert_int_equal(w->issued, 0);
	assert_int_equal(at_path(w), 3);
	assert_nothing_beside(w);
}

static void assert_left_is_true(struct world *w, enum store_left left, int old, int to)
{
	int there = at_path(w);

	if (left == STORE_LEFT_OLD)
		assert_int_equal(there, old);
	else if (left == STORE_LEFT_NEW)
		assert_int_equal(there, to);
	else
		assert_int_equal(there, 0);
}

static void the_kth_effect_fails_and_they_still_agree(void **state)
{
	struct world *w = *state;
	unsigned tried = 0;

	for (int first = 0; first <= 1; first++)
		for (int says = STORE_CHANGED; says <= STORE_UNKNOWN; says++)
			for (unsigned k = 1;; k++) {
				struct fault_env env = fault_env_nth(base_env_real(), k, -EIO);
				struct jurat_error err = { "" };
				enum store_left left;
				int e;

				unlink(w->path);
				if (!first)
					put(w, 1);
				w->firmware = 1;
				w->says = (enum store_changed)says;
				e = replace(&env.base, w, 2, &left, &err);
				assert_true(w->issued <= 1);
				assert_true(e <= 0);
				if (e < 0)
					assert_true(err.text[0] != '\0');
				if (e == 0)
					assert_int_equal(left, STORE_LEFT_NEW);
				assert_left_is_true(w, left, first ? -1 : 1, 2);
				assert_agreement(w);
				if (!first)
					assert_one_fits(w, k, "failure");
				assert_usable(w);
				if (!env.fired)
					break;
				tried++;
			}
	print_message("             %u effects failed\n", tried);
}

static void a_crash_at_the_kth_effect_leaves_them_agreeing(void **state)
{
	struct world *w = *state;
	unsigned tried = 0;

	for (int first = 0; first <= 1; first++)
		for (int says = STORE_CHANGED; says <= STORE_UNKNOWN; says++)
			for (unsigned k = 1;; k++) {
				struct fault_env env = fault_env_crash(base_env_real(), k);
				enum store_left left;
				int e;

				unlink(w->path);
				if (!first)
					put(w, 1);
				w->firmware = 1;
				w->says = (enum store_changed)says;
				e = replace(&env.base, w, 2, &left, NULL);
				assert_true(e <= 0);
				assert_agreement(w);
				if (!first)
					assert_one_fits(w, k, "crash");
				assert_usable(w);
				if (!env.fired)
					break;
				tried++;
			}
	print_message("             %u crashes\n", tried);
}

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	if (!w)
		return -1;
	w->firmware = 1;
	TEXT(w->dir, "%s/jurat-store-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (!mkdtemp(w->dir))
		return -1;
	TEXT(w->path, "%s/blob", w->dir);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;
	char name[96];
	int e;

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		TEXT(name, "%s%s", w->path, suffixes[i]);
		unlink(name);
	}
	e = rmdir(w->dir);
	free(w);
	return e;
}

static int replace_without_memory(void *ctx)
{
	struct world *w = ctx;
	enum store_left left = STORE_LEFT_OLD;
	int r;

	put(w, 1);
	w->firmware = 1;
	w->says = STORE_CHANGED;
	fail_memory_resume();
	r = replace(NULL, w, 2, &left, NULL);
	fail_memory_pause();
	assert_int_equal(w->firmware, r == 0 ? 2 : 1);
	assert_int_equal(at_path(w), w->firmware);
	assert_nothing_beside(w);
	return r;
}

static void without_memory_nothing_has_changed(void **state)
{
	assert_true(fail_memory_each(replace_without_memory, *state) >= 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(a_table_and_the_firmware_change_as_one),
		TEST(a_first_publication_is_for_the_group_and_for_no_stranger),
		TEST(mode_and_group_stay),
		TEST(a_firmware_that_did_not_change_gets_its_table_back),
		TEST(a_firmware_that_does_not_tell_leaves_the_empty_table),
		TEST(renewal_needs_no_command),
		TEST(each_step_is_told_when_it_is_done),
		TEST(a_table_that_cannot_be_published_stays_beside_the_empty_one),
		TEST(a_reader_that_does_not_let_go_is_busy_and_changes_nothing),
		TEST(who_does_not_let_go_is_named),
		TEST(the_empty_table_may_stay_when_a_reader_does),
		TEST(the_operator_may_go_on_past_a_reader),
		TEST(modes_and_owners_that_admit_strangers_are_refused),
		TEST(a_second_updater_waits),
		TEST(what_a_crashed_updater_left_is_drained_first),
		TEST(the_only_table_that_fits_is_not_lost),
		TEST(nor_is_it_while_a_reader_does_not_let_go),
		TEST(a_begin_that_fails_changes_nothing),
		TEST(a_table_may_go_without_another),
		TEST(a_path_that_cannot_be_replaced_is_refused),
		TEST(another_hand_at_the_same_time_is_noticed),
		TEST(nor_is_a_file_lost_that_it_overwrites),
		TEST(the_kth_effect_fails_and_they_still_agree),
		TEST(a_crash_at_the_kth_effect_leaves_them_agreeing),
		TEST(without_memory_nothing_has_changed),
	};

	return cmocka_run_group_tests_name("store_replace", tests, NULL, NULL);
}
