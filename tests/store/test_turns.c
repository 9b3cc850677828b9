/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "replace_world.h"
#include "support/fault_env.h"

/* What other processes do between two steps of store_replace(). */
struct meddler {
	struct base_env base; /* first */
	struct base_env_ops ops;
	struct world w;
	char lock_name[96], next_name[96];
	int theirs; /* the lock of an updater that began after the one this one waited for; -1: none yet */
	int lock;   /* this one's descriptor of the lock */
	bool took_a_turn; /* it reached STORE_STEP_TURN */
	bool was_unlinked;
	struct stat old; /* the file at the path before */
	int queued;      /* a descriptor of the empty table, of a reader that waits for its lock */
	int found;       /* what readers get during the search for holders */
	unsigned searches;
	const char *wanted; /* the name that a reader wants to lock */
	int held;           /* its descriptor; -1: it could not */
};

static void step(void *ctx, enum store_step reached)
{
	((struct meddler *)ctx)->took_a_turn |= reached == STORE_STEP_TURN;
}

static int replace_it(struct meddler *m, struct jurat_error *err)
{
	const struct store_options options = { .wait_ns = WAIT_NS, .reached = step, .ctx = m };
	uint8_t table[MAX_TABLE];
	size_t n = table_of(2, table);

	return store_replace(&m->base, m->w.path, table, n, NULL, &options, NULL, err);
}

/* While it waits: the one that has the turn ends and unlinks the file; another one takes the next turn. */
static int lock_is_replaced(struct base_env *env, int fd, enum base_lock_how how, uint64_t wait_ns)
{
	struct meddler *m = (struct meddler *)env;

	if (m->theirs < 0) {
		assert_int_equal(unlink(m->lock_name), 0);
		m->theirs = open(m->lock_name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		assert_int_equal(base_lock(base_env_real(), m->theirs, BASE_LOCK_EXCLUSIVE, 0), 0);
	}
	return base_lock(base_env_real(), fd, how, wait_ns);
}

static void the_lock_of_a_file_that_lost_its_name_is_no_turn(void **state)
{
	struct meddler *m = *state;
	struct jurat_error err = { "" };

	put(&m->w, 1);
	m->ops.lock = lock_is_replaced;
	assert_int_equal(replace_it(m, &err), JURAT_BUSY);
	assert_non_null(strstr(err.text, "another updater"));
	assert_false(m->took_a_turn);
	assert_true(exists(&m->w, STORE_LOCK_SUFFIX)); /* theirs */
	assert_int_equal(at_path(&m->w), 1);
	close(m->theirs);
	assert_int_equal(replace_it(m, NULL), 0);
	assert_true(m->took_a_turn);
	assert_nothing_beside(&m->w);
}

static int open_watched(struct base_env *env, const char *path, int flags, unsigned mode)
{
	struct meddler *m = (struct meddler *)env;
	int fd = base_open(base_env_real(), path, flags, mode);

	if (!strcmp(path, m->lock_name))
		m->lock = fd;
	return fd;
}

static int close_watched(struct base_env *env, int fd)
{
	struct meddler *m = (struct meddler *)env;

	if (fd == m->lock) {
		m->was_unlinked = access(m->lock_name, F_OK) < 0 && errno == ENOENT;
		m->lock = -1;
	}
	return base_close(base_env_real(), fd);
}

/* Or it would unlink the file of the next one, and the one after that would make another. */
static void the_lock_loses_its_name_before_it_is_released(void **state)
{
	struct meddler *m = *state;

	put(&m->w, 1);
	m->ops.open = open_watched;
	m->ops.close = close_watched;
	assert_int_equal(replace_it(m, NULL), 0);
	assert_int_equal(m->lock, -1);
	assert_true(m->was_unlinked);
}

static int open_second(struct base_env *env, const char *path, int flags, unsigned mode)
{
	struct meddler *m = (struct meddler *)env;

	if (!strcmp(path, m->next_name) && flags & O_CREAT) {
		struct world theirs = m->w;

		TEXT(theirs.path, "%s", path);
		put(&theirs, 3);
	}
	return base_open(base_env_real(), path, flags, mode);
}

static void a_file_that_appears_at_a_temporary_name_is_not_written(void **state)
{
	struct meddler *m = *state;

	put(&m->w, 1);
	m->ops.open = open_second;
	assert_int_equal(replace_it(m, NULL), -EEXIST);
	assert_true(has_table(&m->w, STORE_NEXT_SUFFIX, 3));
	assert_int_equal(at_path(&m->w), 1);
}

/* For a process that has it open and does not look at its first entry. */
static void nothing_of_the_old_table_is_left_in_its_file(void **state)
{
	struct meddler *m = *state;
	uint8_t bytes[MAX_TABLE];
	struct stat st;
	int fd;

	put(&m->w, 1);
	fd = open(m->w.path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(replace_it(m, NULL), 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, STORE_EMPTY_BYTES);
	assert_int_equal(pread(fd, bytes, sizeof(bytes), 0), STORE_EMPTY_BYTES);
	assert_true(bytes_all(bytes, STORE_EMPTY_BYTES, 0));
	close(fd);
	m->w.firmware = 2;
	assert_agreement(&m->w);
	assert_usable(&m->w);
}

static int exchange_before_a_reader(struct base_env *env, const char *a, const char *b)
{
	struct meddler *m = (struct meddler *)env;
	int e = base_exchange(base_env_real(), a, b);

	m->queued = open(m->w.path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(base_lock(base_env_real(), m->queued, BASE_LOCK_SHARED, 0), JURAT_BUSY);
	return e;
}

static void search(struct base_env *env, int fd, char *text, size_t room)
{
	struct meddler *m = (struct meddler *)env;
	struct stat st;

	m->searches++;
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_ino, m->old.st_ino);
	assert_int_equal(base_lock(base_env_real(), m->queued, BASE_LOCK_SHARED, 0), 0);
	m->found = at_path(&m->w);
	test_text(text, room, "pid 1 (reader)");
}

static void remove_all(struct meddler *m)
{
	char name[96];

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		TEXT(name, "%s%s", m->w.path, suffixes[i]);
		unlink(name);
	}
}

/* It reads what other users have in /proc, which takes as long as they like. */
static void no_reader_waits_while_the_updater_searches_for_holders(void **state)
{
	static const struct {
		enum store_undrained undrained;
		enum store_changed says;
		int result, found;
	} rows[] = {
		{ STORE_UNDRAINED_PUT_BACK, STORE_CHANGED, JURAT_BUSY, 1 },
		{ STORE_UNDRAINED_EMPTY, STORE_CHANGED, JURAT_BUSY, 0 },
		{ STORE_UNDRAINED_PROCEED, STORE_CHANGED, 0, 2 },
		{ STORE_UNDRAINED_PROCEED, STORE_UNCHANGED, -ECANCELED, 1 },
		{ STORE_UNDRAINED_PROCEED, STORE_UNKNOWN, -EINPROGRESS, 0 },
	};
	struct meddler *m = *state;

	m->ops.exchange = exchange_before_a_reader;
	m->ops.lock_holders = search;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct jurat_error err = { "" };
		struct store_reader reader;
		enum store_left left;

		put(&m->w, 1);
		assert_int_equal(stat(m->w.path, &m->old), 0);
		store_reader_init(&reader, NULL, m->w.path);
		assert_int_equal(store_lock(&reader, 0, NULL), 0);
		m->w.firmware = 1;
		m->w.says = rows[i].says;
		m->w.undrained = rows[i].undrained;
		m->searches = 0;
		assert_int_equal(replace(&m->base, &m->w, 2, &left, &err), rows[i].result);
		assert_int_equal(m->searches, 1);
		assert_int_equal(m->found, rows[i].found);
		assert_int_equal(at_path(&m->w), rows[i].found);
		assert_string_equal(m->w.result.undrained, "pid 1 (reader)");
		if (rows[i].result == JURAT_BUSY)
			assert_non_null(strstr(err.text, "was still held by pid 1 (reader)"));
		close(m->queued);
		store_reader_done(&reader);
		remove_all(m);
	}
}

/* What a process of the blob's group does with a file that it finds: it locks it if the mode lets it. */
static void lock_as_the_group(void *context)
{
	struct meddler *m = context;
	struct stat st;

	if (stat(m->wanted, &st) < 0 || !(st.st_mode & 0077))
		return;
	m->held = open(m->wanted, O_RDONLY | O_CLOEXEC);
	if (m->held < 0 || base_lock(base_env_real(), m->held, BASE_LOCK_SHARED, 0) == 0)
		return;
	close(m->held);
	m->held = -1;
}

static void name_nobody(struct base_env *env, int fd, char *text, size_t room)
{
	(void)env;
	(void)fd;
	test_text(text, room, "pid 1 (reader)");
}

/* At whichever time a reader of the group locks whichever file: the operator's choice is what counts. */
static void no_reader_can_stop_an_update_that_is_to_proceed(void **state)
{
	struct meddler *m = *state;
	unsigned locked = 0;
	char name[96];

	m->ops.lock_holders = name_nobody;
	m->w.undrained = STORE_UNDRAINED_PROCEED;
	m->wanted = name;
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++)
		for (unsigned k = 1;; k++) {
			struct fault_env env = fault_env_nth(&m->base, k, 0);
			struct jurat_error err = { "" };
			enum store_left left;

			put(&m->w, 1);
			assert_int_equal(chmod(m->w.path, 0640), 0);
			TEXT(name, "%s%s", m->w.path, suffixes[i]);
			m->held = -1;
			m->w.firmware = 1;
			m->w.says = STORE_CHANGED;
			env.meanwhile = lock_as_the_group;
			env.context = m;
			if (replace(&env.base, &m->w, 2, &left, &err) != 0)
				FAIL_BECAUSE("'%s' before call %u: %s", suffixes[i], k, err.text);
			if (m->held >= 0) {
				locked++;
				close(m->held);
			}
			remove_all(m);
			if (!env.fired)
				break;
		}
	assert_true(locked > 0);
}

static int set_up(void **state)
{
	struct meddler *m = calloc(1, sizeof(*m));

	if (!m)
		return -1;
	m->ops = *base_env_real()->ops;
	m->base.ops = &m->ops;
	m->theirs = m->lock = -1;
	TEXT(m->w.dir, "%s/jurat-store-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (!mkdtemp(m->w.dir))
		return -1;
	TEXT(m->w.path, "%s/blob", m->w.dir);
	TEXT(m->lock_name, "%s" STORE_LOCK_SUFFIX, m->w.path);
	TEXT(m->next_name, "%s" STORE_NEXT_SUFFIX, m->w.path);
	*state = m;
	return 0;
}

static int tear_down(void **state)
{
	struct meddler *m = *state;
	int e;

	remove_all(m);
	e = rmdir(m->w.dir);
	free(m);
	return e;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(the_lock_of_a_file_that_lost_its_name_is_no_turn),
		TEST(the_lock_loses_its_name_before_it_is_released),
		TEST(a_file_that_appears_at_a_temporary_name_is_not_written),
		TEST(nothing_of_the_old_table_is_left_in_its_file),
		TEST(no_reader_waits_while_the_updater_searches_for_holders),
		TEST(no_reader_can_stop_an_update_that_is_to_proceed),
	};

	return cmocka_run_group_tests_name("store_turns", tests, NULL, NULL);
}
