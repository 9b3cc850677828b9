/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "store/store.h"
#include "support/orders.h"

/*
 * Readers and an updater in every order of their effects, on real files and locks. The model firmware is a
 * number; a table of N bytes of value v is the certificates of firmware state v.
 *
 *	I1  no reader has a table with certificates of another state than the firmware signs with
 *	I3  everybody ends, and nobody is told BUSY while no wait runs out
 *	I4  I1 holds also when the updater dies anywhere and another one follows
 *	I5  no descriptor, lock or temporary name is left
 *	I6  where the operator goes on past a reader, I1 may fail for a request that was in flight before
 *	    the command, and then the updater said so; for no other
 */
enum { OLD = 1, NEW = 2, AFTER_CRASH = 3, EMPTY = 0, TORN = -1 };
enum { WAIT_NS = 100000000, MAX_TABLE = 128 };

enum role { JURAT, QEMU, NAIVE, LEAVES_EARLY };

struct world {
	char dir[32], path[64];
	int firmware;
	bool first_publication;
	enum store_changed firmware_says;
	enum role role;
	bool may_be_busy; /* waits run out in this search */
	enum store_undrained undrained;
	struct store_reader kept;
	/* what happened */
	int replaced, recovered;
	struct store_result result;
	bool busy, commanded, overtaken;
	/* what is broken on purpose */
	bool skip_drain, skip_emptying, forget_old_name, skip_turns;
};

static size_t table_of(int state, uint8_t *to)
{
	size_t n = state == OLD ? 64 : state == NEW ? 96 : MAX_TABLE;

	memset(to, state, n);
	return n;
}

static int state_of(const uint8_t *table, size_t n)
{
	if (n == 0 || (n >= STORE_EMPTY_BYTES && bytes_all(table, STORE_EMPTY_BYTES, 0)))
		return EMPTY;
	return n >= STORE_EMPTY_BYTES && bytes_all(table, n, table[0]) ? table[0] : TORN;
}

/* in_flight: the lock was there before any command. */
static void sign(struct base_env *env, struct world *w, int certificates, bool in_flight)
{
	orders_note(env, "  has certificates of state", certificates);
	if (!orders_point(env, "SIGN"))
		return;
	orders_note(env, "  signed by state", w->firmware);
	if (certificates == EMPTY || certificates == w->firmware)
		return;
	if (w->undrained == STORE_UNDRAINED_PROCEED && in_flight && certificates == OLD)
		w->overtaken = true;
	else
		orders_violation(env, "I1: report and certificates disagree");
}

static void busy(struct base_env *env, struct world *w)
{
	w->busy = true;
	if (!w->may_be_busy)
		orders_violation(env, "I3: BUSY while nobody waited too long");
}

/* A reader as host/ uses it. LEAVES_EARLY drops the lock before the firmware is asked. */
static void jurat_reader(struct base_env *env, void *ctx)
{
	struct world *w = ctx;
	struct store_reader r;
	uint8_t table[MAX_TABLE];
	int certificates = EMPTY, e;
	bool in_flight;

	store_reader_init(&r, env, w->path);
	e = store_lock(&r, WAIT_NS, NULL);
	in_flight = !w->commanded;
	if (e == 0) {
		size_t n = (size_t)r.size;

		e = store_read(&r, table, n, 0, NULL);
		if (e == 0)
			certificates = state_of(table, n);
		else if (e == -EIO && (w->skip_drain || w->undrained == STORE_UNDRAINED_PROCEED))
			/* emptied under the reader: the guest is told EIO */
			goto out;
	}
	if (w->role == LEAVES_EARLY)
		store_unlock(&r);
	if (e == 0 || e == JURAT_NOT_FOUND)
		sign(env, w, certificates, in_flight);
	else if (e == JURAT_BUSY)
		busy(env, w);
	else
		orders_violation(env, "a reader failed");
out:
	store_unlock(&r);
	store_reader_done(&r);
}

/* Opens, locks and reads each time. QEMU's proposed reader compares inode numbers; the naive one does not. */
static void foreign_reader(struct base_env *env, void *ctx)
{
	struct world *w = ctx;
	struct base_stat mine = { 0 }, there = { 0 };
	uint8_t table[MAX_TABLE];
	bool in_flight;
	int fd;

	for (;;) {
		ssize_t n;

		fd = base_open(env, w->path, O_RDONLY, 0);
		if (fd == -ENOENT) {
			sign(env, w, EMPTY, false);
			return;
		}
		if (base_lock(env, fd, BASE_LOCK_SHARED, WAIT_NS) != 0) {
			busy(env, w);
			break;
		}
		in_flight = !w->commanded;
		if (w->role == QEMU) {
			base_fstat(env, fd, &mine);
			if (base_stat(env, w->path, &there) != 0 || mine.ino != there.ino) {
				base_close(env, fd);
				continue;
			}
		}
		n = base_pread(env, fd, table, sizeof(table), 0);
		sign(env, w, n < 0 ? TORN : state_of(table, (size_t)n), in_flight);
		break;
	}
	base_close(env, fd);
}

static void reader(struct base_env *env, void *ctx)
{
	struct world *w = ctx;

	if (w->role == QEMU || w->role == NAIVE)
		foreign_reader(env, ctx);
	else
		jurat_reader(env, ctx);
}

struct change {
	struct base_env *env;
	struct world *w;
	int to;
};

static enum store_changed issue(void *ctx, struct jurat_error *err)
{
	struct change *c = ctx;

	(void)err;
	if (!orders_point(c->env, "COMMAND"))
		return STORE_UNKNOWN;
	if (c->w->firmware_says != STORE_UNCHANGED)
		c->w->firmware = c->to;
	c->w->commanded = true;
	return c->w->firmware_says;
}

static int replace(struct base_env *env, struct world *w, int to)
{
	struct change c = { env, w, to };
	struct store_change change = { issue, &c };
	uint8_t table[MAX_TABLE];
	size_t n = table_of(to, table);
	const struct store_options options = { .wait_ns = WAIT_NS, .undrained = w->undrained };
	int e = store_replace(env, w->path, table, n, &change, &options, &w->result, NULL);

	if (e == JURAT_BUSY)
		busy(env, w);
	return e;
}

static void updater(struct base_env *env, void *ctx)
{
	struct world *w = ctx;

	w->replaced = replace(env, w, NEW);
}

static void recovering_updater(struct base_env *env, void *ctx)
{
	struct world *w = ctx;

	w->recovered = replace(env, w, AFTER_CRASH);
}

static const char *const suffixes[] = { "", STORE_LOCK_SUFFIX, STORE_EMPTY_SUFFIX, STORE_NEXT_SUFFIX };

static void begin(void *ctx)
{
	struct world *w = ctx;
	uint8_t table[MAX_TABLE];
	char name[96];

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		TEXT(name, "%s%s", w->path, suffixes[i]);
		unlink(name);
	}
	if (!w->first_publication) {
		int fd = open(w->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		size_t n = table_of(OLD, table);

		assert_true(fd >= 0 && write(fd, table, n) == (ssize_t)n);
		close(fd);
	}
	w->firmware = OLD;
	w->replaced = w->recovered = 1000;
	w->busy = w->commanded = w->overtaken = false;
}

static int state_at_path(struct world *w)
{
	uint8_t table[MAX_TABLE];
	int fd = open(w->path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return EMPTY;
	n = read(fd, table, sizeof(table));
	close(fd);
	return n < 0 ? TORN : state_of(table, (size_t)n);
}

static const char *any_temporary_left(struct world *w)
{
	char name[96];

	for (size_t i = 1; i < ARRAY_SIZE(suffixes); i++) {
		TEXT(name, "%s%s", w->path, suffixes[i]);
		if (access(name, F_OK) == 0)
			return "I5: a temporary name is left";
	}
	return NULL;
}

static const char *check(void *ctx)
{
	struct world *w = ctx;
	int there = state_at_path(w), last = w->recovered != 1000 ? w->recovered : w->replaced;

	if (there != EMPTY && there != w->firmware)
		return "I1: the table at the path disagrees with the firmware";
	if (last == 0 && (there == EMPTY || w->result.left != STORE_LEFT_NEW))
		return "a replacement that succeeded left no certificates";
	if (last == -ECANCELED && w->result.left == STORE_LEFT_OLD &&
	    there != (w->first_publication ? EMPTY : OLD))
		return "the old table was not put back";
	if (w->recovered == 1000 && !w->busy && last != 0 && w->firmware_says == STORE_CHANGED)
		return "a replacement failed";
	if (w->recovered != 1000 && w->recovered != 0 && !w->busy)
		return "I4: no replacement is possible after the crash";
	if (w->overtaken && !w->result.undrained[0])
		return "I6: nobody said that a request was overtaken";
	if (w->undrained == STORE_UNDRAINED_EMPTY && w->result.left == STORE_LEFT_EMPTY && there != EMPTY)
		return "the empty table did not stay";
	if (last == JURAT_BUSY)
		return NULL; /* what a crashed updater left may still be there */
	return any_temporary_left(w);
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = s ? strlen(s) : 0, k = strlen(end);

	return n >= k && !strcmp(s + n - k, end);
}

static bool is_op(const struct orders_call *call, const char *op)
{
	return !strcmp(call->op, op);
}

static bool on_temporary(const char *name)
{
	return ends_with(name, STORE_LOCK_SUFFIX) || ends_with(name, STORE_EMPTY_SUFFIX) ||
	       ends_with(name, STORE_NEXT_SUFFIX);
}

/*
 * What needs no decision. An updater that is alone (a recovering one starts when the first is dead) shares
 * with readers only what stands at the path, the locks on the files that stood there, and their bytes:
 *   - no reader opens, stats or unlinks a temporary name, so calls on those commute with all that readers do,
 *   but for
 *     the two that move a file to the path: rename and exchange;
 *   - a new file is written before it is at the path, thus before a reader can open it; the lock on the empty
 *   table is
 *     taken then too. Dropping that lock is decided, and so is every lock, write and truncation of the old
 *     file;
 *   - readers change no bytes and no names, so opening the path, looking at the old file and reading it
 *   (which is done
 *     under the exclusive lock) give the same at any time, and readers notice none of it.
 * Of a reader only closing a file it has no lock on (any more) is local.
 */
static bool is_local(void *ctx, const struct orders_call *call)
{
	(void)ctx;
	if (call->actor == 1)
		return false;
	if (is_op(call, "SIGN") || is_op(call, "COMMAND") || is_op(call, "rename") || is_op(call, "exchange"))
		return false;
	if (is_op(call, "open") || is_op(call, "stat") || is_op(call, "fstat") || is_op(call, "pread") ||
	    is_op(call, "fsync") || is_op(call, "fchmod") || is_op(call, "fchown"))
		return true;
	if (is_op(call, "unlink"))
		return on_temporary(call->path);
	if (is_op(call, "close"))
		return !ends_with(call->fd_path, "blob") && !ends_with(call->fd_path, STORE_EMPTY_SUFFIX);
	/* pwrite, truncate, lock */
	return ends_with(call->fd_path, STORE_LOCK_SUFFIX) || ends_with(call->fd_path, STORE_NEXT_SUFFIX) ||
	       (call->actor == 0 && ends_with(call->fd_path, STORE_EMPTY_SUFFIX));
}

static bool skips(void *ctx, const struct orders_call *call)
{
	struct world *w = ctx;

	if (w->skip_turns && is_op(call, "lock exclusive") && ends_with(call->fd_path, STORE_LOCK_SUFFIX))
		return true;
	if (call->actor == 1 || !ends_with(call->fd_path, "blob"))
		return false;
	if (w->skip_drain && is_op(call, "lock exclusive"))
		return true;
	return w->skip_emptying && (is_op(call, "pwrite") || is_op(call, "truncate"));
}

static void crashed(void *ctx)
{
	struct world *w = ctx;
	char name[96];

	TEXT(name, "%s" STORE_EMPTY_SUFFIX, w->path);
	if (w->forget_old_name)
		unlink(name);
}

static const struct orders_actor actors[] = {
	{ "updater", updater },
	{ "reader", reader },
	{ "next", recovering_updater },
};

static struct orders_options options_of(struct world *w)
{
	return (struct orders_options){
		.under = base_env_real(),
		.actors = actors,
		.n_actors = 2,
		.ctx = w,
		.begin = begin,
		.check = check,
		.is_local = is_local,
		.skips = skips,
		.crashed = crashed,
	};
}

/* Builds that repeat what another one has tried in full leave an actor that could go on twice at most. */
static void passes(const char *what, const struct orders_options *every)
{
	struct orders_options options = *every;
	struct orders_result r;
	bool ok;

	if (test_step() > 1)
		options.max_switches = 2;
	ok = orders_all(&options, &r);

	print_message("             %-58s %8llu orders, longest %u\n", what, (unsigned long long)r.orders,
		      r.longest);
	if (!ok)
		print_message("%s\n%s", r.violation, r.trace);
	assert_true(ok);
}

static void is_caught(const char *what, const struct orders_options *options, const char *violation)
{
	struct orders_result r;
	bool ok = orders_all(options, &r);

	print_message("             %-58s %s after %llu\n", what, ok ? "NOT FOUND" : "found",
		      (unsigned long long)r.orders);
	assert_false(ok);
	if (!strstr(r.violation, violation))
		print_message("%s\n%s", r.violation, r.trace);
	assert_non_null(strstr(r.violation, violation));
}

static const char *const role_names[] = { "jurat's reader", "a reader like QEMU's", "a naive reader" };

static void no_order_of_reader_and_replace_makes_them_disagree(void **state)
{
	struct world *w = *state;

	for (w->role = JURAT; w->role <= NAIVE; w->role++) {
		struct orders_options options = options_of(w);

		passes(role_names[w->role], &options);
	}
}

static void nor_does_one_where_waits_run_out(void **state)
{
	struct world *w = *state;

	w->may_be_busy = true;
	for (w->role = JURAT; w->role <= NAIVE; w->role++) {
		struct orders_options options = options_of(w);

		options.timeouts = true;
		passes(role_names[w->role], &options);
	}
}

/* What the operator may choose for readers that do not let go. */
static void nor_does_one_that_leaves_the_empty_table(void **state)
{
	struct world *w = *state;

	w->may_be_busy = true;
	w->undrained = STORE_UNDRAINED_EMPTY;
	for (w->role = JURAT; w->role <= NAIVE; w->role++) {
		struct orders_options options = options_of(w);

		options.timeouts = true;
		passes(role_names[w->role], &options);
	}
}

static void one_that_goes_on_past_readers_overtakes_only_those_in_flight_and_says_so(void **state)
{
	struct world *w = *state;
	struct orders_options naive;

	w->may_be_busy = true;
	w->undrained = STORE_UNDRAINED_PROCEED;
	for (w->role = JURAT; w->role <= NAIVE; w->role++) {
		struct orders_options options = options_of(w);

		options.timeouts = true;
		options.max_switches = w->role == NAIVE ? 0 : 3;
		passes(role_names[w->role], &options);
	}
	w->skip_emptying = true;
	w->role = NAIVE;
	naive = options_of(w);
	naive.timeouts = true;
	is_caught("and leaves the old file full", &naive, "I1");
}

static void nor_does_a_first_publication(void **state)
{
	struct world *w = *state;

	w->first_publication = true;
	for (w->role = JURAT; w->role <= NAIVE; w->role++) {
		struct orders_options options = options_of(w);

		passes(role_names[w->role], &options);
	}
}

static void nor_does_a_firmware_that_refuses_or_does_not_tell(void **state)
{
	struct world *w = *state;

	for (w->role = JURAT; w->role <= NAIVE; w->role++) {
		struct orders_options options = options_of(w);

		w->firmware_says = STORE_UNCHANGED;
		passes("unchanged", &options);
		w->firmware_says = STORE_UNKNOWN;
		passes("unknown", &options);
	}
}

/*
 * Every order for the naive reader. The others take more steps: with them an actor that could go on is left
 * at most three times, which is enough to find each fault that is put in below.
 */
static void nor_does_an_updater_that_dies_before_another_one(void **state)
{
	struct world *w = *state;

	for (w->role = JURAT; w->role <= NAIVE; w->role++) {
		struct orders_options options = options_of(w);

		options.n_actors = 3;
		options.crashes = true;
		options.last_actors_recover = 1;
		options.max_switches = w->role == NAIVE ? 0 : 3;
		passes(role_names[w->role], &options);
	}
}

static const char *check_two(void *ctx)
{
	struct world *w = ctx;

	if (w->replaced != 0 || w->recovered != 0)
		return "one of two updaters failed";
	if (state_at_path(w) != w->firmware || w->firmware == OLD)
		return "I1: the table at the path disagrees with the firmware";
	return any_temporary_left(w);
}

static const struct orders_actor two[] = { { "updater", updater }, { "other", recovering_updater } };

/* Nothing is local here, for updaters meet on the temporary names. */
static struct orders_options two_updaters(struct world *w)
{
	struct orders_options options = options_of(w);

	options.actors = two;
	options.is_local = NULL;
	options.check = check_two;
	options.max_switches = 2;
	return options;
}

static void two_updaters_take_turns(void **state)
{
	struct world *w = *state;
	struct orders_options options = two_updaters(w);

	passes("a file that is there", &options);
	w->first_publication = true;
	passes("a first publication", &options);
}

static void updaters_that_do_not_take_turns_are_caught(void **state)
{
	struct world *w = *state;
	struct orders_options options = two_updaters(w);

	w->skip_turns = true;
	is_caught("two updaters at once", &options, "updaters failed");
}

static void a_replace_that_does_not_wait_for_readers_is_caught(void **state)
{
	struct world *w = *state;

	w->skip_drain = true;
	for (w->role = JURAT; w->role <= NAIVE; w->role++) {
		struct orders_options options = options_of(w);

		is_caught(role_names[w->role], &options, "I1");
	}
}

static void a_replace_that_leaves_the_old_file_full_is_caught_by_a_naive_reader(void **state)
{
	struct world *w = *state;
	struct orders_options options = options_of(w);

	w->skip_emptying = true;
	w->role = NAIVE;
	is_caught(role_names[w->role], &options, "I1");
	w->role = JURAT;
	passes(role_names[w->role], &options);
}

static void a_reader_that_unlocks_before_the_firmware_is_asked_is_caught(void **state)
{
	struct world *w = *state;
	struct orders_options options = options_of(w);

	w->role = LEAVES_EARLY;
	is_caught("unlock, then sign", &options, "I1");
}

/* The old file had no name once the empty table was at the path: see doc/decisions/0003-store-protocol.md. */
static void a_crash_that_loses_the_undrained_file_is_caught(void **state)
{
	struct world *w = *state;

	w->forget_old_name = true;
	for (w->role = test_step() > 1 ? NAIVE : JURAT; w->role <= NAIVE; w->role++) {
		struct orders_options options = options_of(w);

		options.n_actors = 3;
		options.crashes = true;
		options.last_actors_recover = 1;
		options.max_switches = 3;
		is_caught(role_names[w->role], &options, "I1");
	}
}

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	if (!w)
		return -1;
	TEXT(w->dir, "%s/jurat-orders-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (!mkdtemp(w->dir))
		return -1;
	TEXT(w->path, "%s/blob", w->dir);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	w->first_publication = true;
	begin(w);
	rmdir(w->dir);
	free(w);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(no_order_of_reader_and_replace_makes_them_disagree),
		TEST(nor_does_one_where_waits_run_out),
		TEST(nor_does_one_that_leaves_the_empty_table),
		TEST(one_that_goes_on_past_readers_overtakes_only_those_in_flight_and_says_so),
		TEST(nor_does_a_first_publication),
		TEST(nor_does_a_firmware_that_refuses_or_does_not_tell),
		TEST(nor_does_an_updater_that_dies_before_another_one),
		TEST(two_updaters_take_turns),
		TEST(updaters_that_do_not_take_turns_are_caught),
		TEST(a_replace_that_does_not_wait_for_readers_is_caught),
		TEST(a_replace_that_leaves_the_old_file_full_is_caught_by_a_naive_reader),
		TEST(a_reader_that_unlocks_before_the_firmware_is_asked_is_caught),
		TEST(a_crash_that_loses_the_undrained_file_is_caught),
	};

	return cmocka_run_group_tests_name("store_orders", tests, NULL, NULL);
}
