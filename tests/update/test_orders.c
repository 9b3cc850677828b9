/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "../store/model.h"
#include "update/update_world.h"

/*
 * The whole updater, with its checks of endorsements and its commands at the device, beside a reader in every
 * order of their effects; the readers and invariants are those of tests/store/model.h.
 */
enum { MAX_BLOB = 8192, N_STATES = 2 };

struct search {
	struct update_world *w;
	uint8_t platform[SIM_PSP_STATE_BYTES];
	struct {
		uint8_t table[MAX_BLOB];
		size_t n;
		uint64_t tcb;
	} states[N_STATES]; /* OLD - 1, NEW - 1 */
	enum role role;
	struct world_answer answer; /* of the firmware to the command */
	const struct update_request *first, *second;
	/* what happened */
	int updated, then;
	struct update_result result;
	bool busy, may_be_busy, drained;
	bool skip_drain; /* broken on purpose */
};

static const struct update_request commit = { .kind = UPDATE_COMMIT }, recover = { .kind = UPDATE_RECOVER },
				   refresh = { .kind = UPDATE_REFRESH };

static int state_of_table(const struct search *s, const uint8_t *table, size_t n)
{
	for (int i = 0; i < N_STATES; i++)
		if (n == s->states[i].n && memcmp(table, s->states[i].table, n) == 0)
			return i + 1;
	return model_state_of(table, n) == EMPTY ? EMPTY : TORN;
}

static int state_of_firmware(struct search *s)
{
	return world_signing(s->w).reported_tcb == s->states[NEW - 1].tcb ? NEW : OLD;
}

static void sign(struct base_env *env, struct search *s, int certificates)
{
	orders_note(env, "  has certificates of state", certificates);
	if (!orders_point(env, "SIGN"))
		return;
	orders_note(env, "  signed by state", state_of_firmware(s));
	if (certificates != EMPTY && certificates != state_of_firmware(s))
		orders_violation(env, "I1: report and certificates disagree");
}

static void be_busy(struct base_env *env, struct search *s)
{
	s->busy = true;
	if (!s->may_be_busy)
		orders_violation(env, "I3: BUSY while nobody waited too long");
}

static void jurat_reader(struct base_env *env, struct search *s)
{
	uint8_t table[MAX_BLOB];
	struct store_reader r;
	int e;

	store_reader_init(&r, env, s->w->path);
	e = store_lock(&r, WAIT_NS, NULL);
	if (e == JURAT_BUSY)
		be_busy(env, s);
	else if (e < 0 || store_read(&r, table, (size_t)r.size, 0, NULL) < 0)
		orders_violation(env, "a reader failed");
	else
		sign(env, s, state_of_table(s, table, (size_t)r.size));
	store_unlock(&r);
	store_reader_done(&r);
}

/* As QEMU's proposed reader, and one that does not compare after locking. */
static void foreign_reader(struct base_env *env, struct search *s)
{
	struct base_stat mine, there;
	uint8_t table[MAX_BLOB];
	ssize_t n;
	int fd;

	for (;;) {
		fd = base_open(env, s->w->path, O_RDONLY, 0);
		if (base_lock(env, fd, BASE_LOCK_SHARED, WAIT_NS) != 0) {
			be_busy(env, s);
			break;
		}
		base_fstat(env, fd, &mine);
		if (s->role == QEMU && (base_stat(env, s->w->path, &there) != 0 || mine.ino != there.ino)) {
			base_close(env, fd);
			continue;
		}
		n = base_pread(env, fd, table, sizeof(table), 0);
		sign(env, s, n < 0 ? TORN : state_of_table(s, table, (size_t)n));
		break;
	}
	base_close(env, fd);
}

static void reader(struct base_env *env, void *ctx)
{
	struct search *s = ctx;

	if (s->role == JURAT)
		jurat_reader(env, s);
	else
		foreign_reader(env, s);
}

/* The calls at the device before that are local: nobody else changes the firmware meanwhile. */
static void on_event(void *ctx, const struct update_event *e)
{
	struct search *s = ctx;

	s->drained |= e->phase == UPDATE_STORE && e->step == STORE_STEP_DRAINED;
}

static int update(struct base_env *env, struct search *s, const struct update_request *request)
{
	struct update_options options = s->w->options;
	int r;

	options.env = env;
	options.store.wait_ns = WAIT_NS;
	options.event = on_event;
	options.event_ctx = s;
	r = update_run(&options, request, &s->result, NULL);
	if (r == JURAT_BUSY)
		be_busy(env, s);
	return r;
}

static void updater(struct base_env *env, void *ctx)
{
	struct search *s = ctx;

	s->updated = update(env, s, s->first);
}

static void second_updater(struct base_env *env, void *ctx)
{
	struct search *s = ctx;

	s->then = update(env, s, s->second);
}

static const char *const suffixes[] = { "", STORE_SUFFIXES };

static void begin(void *ctx)
{
	struct search *s = ctx;
	char name[96];

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		TEXT(name, "%s%s", s->w->path, suffixes[i]);
		unlink(name);
	}
	assert_int_equal(sim_psp_load(s->w->psp, s->platform, sizeof(s->platform), NULL), 0);
	world_put(s->w, s->states[OLD - 1].table, s->states[OLD - 1].n);
	s->w->answers[SEV_CMD_SNP_COMMIT] = s->answer;
	s->updated = s->then = 1000;
	s->busy = s->drained = false;
}

static const char *check(void *ctx)
{
	struct search *s = ctx;
	int last = s->then != 1000 ? s->then : s->updated;
	uint8_t table[MAX_BLOB];
	int fd = open(s->w->path, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, table, sizeof(table));
	int there = n < 0 ? TORN : state_of_table(s, table, (size_t)n);

	close(fd);
	if (there != EMPTY && there != state_of_firmware(s))
		return "I1: the table at the path disagrees with the firmware";
	if (last == 0 && there == EMPTY)
		return "an update that succeeded left no certificates";
	if (s->then != 1000 && s->then != 0 && !s->busy)
		return "I4: no recovery is possible after the crash";
	if (s->then == 1000 && !s->busy && s->updated != 0 && !s->answer.times)
		return "an update failed";
	for (size_t i = 1; i < ARRAY_SIZE(suffixes); i++)
		if (last != JURAT_BUSY && last != -EINPROGRESS && world_beside(s->w, suffixes[i]))
			return "I5: a temporary name is left";
	return NULL;
}

static bool is_local(void *ctx, const struct orders_call *call)
{
	const struct search *s = ctx;

	if (call->actor != 1 && !strcmp(call->op, "ioctl"))
		return !s->drained;
	if (call->actor != 1 && !strcmp(call->op, "read"))
		return true;
	return model_is_local(NULL, call);
}

static bool skips(void *ctx, const struct orders_call *call)
{
	const struct search *s = ctx;
	size_t n = call->fd_path ? strlen(call->fd_path) : 0;

	return s->skip_drain && call->actor == 0 && !strcmp(call->op, "lock exclusive") && n >= 4 &&
	       !strcmp(call->fd_path + n - 4, "blob");
}

static const struct orders_actor actors[] = {
	{ "updater", updater },
	{ "reader", reader },
	{ "next", second_updater },
};

static struct orders_options options_of(struct search *s)
{
	return (struct orders_options){ .under = &s->w->env,
					.actors = actors,
					.n_actors = 2,
					.ctx = s,
					.begin = begin,
					.check = check,
					.is_local = is_local,
					.skips = skips };
}

/* Fewer in a build that repeats what another has tried. */
static unsigned some_switches(void)
{
	return test_step() > 1 ? 1 : 2;
}

static void no_order_of_reader_and_updater_makes_them_disagree(void **state)
{
	static const struct {
		const char *what;
		struct world_answer answer;
		unsigned max_switches; /* where a second table follows the empty one, there are many orders */
	} rows[] = {
		{ "committed", { 0 }, 0 },
		{ "refused", { -EIO, 1, false, 1 }, 0 },
		{ "timed out, executed", { -ETIMEDOUT, 0, true, 1 }, 0 },
		{ "timed out, not executed", { -ETIMEDOUT, 0, false, 1 }, 0 },
		{ "executed, but refused", { -EIO, 1, true, 1 }, 2 },
	};
	struct search *s = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (s->role = JURAT; s->role <= NAIVE; s->role++) {
			struct orders_options options = options_of(s);

			s->answer = rows[i].answer;
			options.max_switches = test_step() > 1 ? some_switches() : rows[i].max_switches;
			model_passes(rows[i].what, &options);
		}
}

static void nor_does_one_where_waits_run_out(void **state)
{
	struct search *s = *state;

	s->may_be_busy = true;
	for (s->role = JURAT; s->role <= NAIVE; s->role++) {
		struct orders_options options = options_of(s);

		options.timeouts = true;
		options.max_switches = some_switches();
		model_passes("waits run out", &options);
	}
}

static void nor_does_an_updater_that_dies_before_recovery(void **state)
{
	struct search *s = *state;

	s->second = &recover;
	for (s->role = JURAT; s->role <= NAIVE; s->role++) {
		struct orders_options options = options_of(s);

		options.n_actors = 3;
		options.crashes = true;
		options.last_actors_recover = 1;
		options.max_switches = some_switches();
		model_passes("dies, then recover", &options);
	}
}

/* One that does not wait for readers is caught, so that these searches are known to see it. */
static void an_updater_that_does_not_wait_for_readers_is_caught(void **state)
{
	struct search *s = *state;
	struct orders_options options;

	s->skip_drain = true;
	s->role = NAIVE;
	options = options_of(s);
	model_is_caught("does not drain", &options, "I1");
}

/* Each holds the turn while it works; the second one plans anew if the first was faster. */
static void two_updaters_at_once_take_turns(void **state)
{
	static const struct orders_actor two[] = { { "commit", updater }, { "refresh", second_updater } };
	struct search *s = *state;
	struct orders_options options = options_of(s);

	s->second = &refresh;
	options.actors = two;
	options.is_local = NULL;
	options.max_switches = some_switches();
	model_passes("commit and refresh", &options);
}

static void keep(struct search *s, int state)
{
	int fd = open(s->w->path, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, s->states[state - 1].table, MAX_BLOB);

	close(fd);
	assert_true(n > 0 && n < MAX_BLOB);
	s->states[state - 1].n = (size_t)n;
	s->states[state - 1].tcb = world_signing(s->w).reported_tcb;
}

static int set_up(void **state)
{
	struct search *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->w = world_new(SNP_MILAN, true);
	s->first = &commit;
	assert_int_equal(world_update(s->w, NULL, &refresh), 0);
	sim_psp_save(s->w->psp, s->platform);
	keep(s, OLD);
	assert_int_equal(world_update(s->w, NULL, &commit), 0);
	keep(s, NEW);
	assert_int_not_equal(s->states[0].tcb, s->states[1].tcb);
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct search *s = *state;

	world_free(s->w);
	free(s);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(no_order_of_reader_and_updater_makes_them_disagree),
		TEST(nor_does_one_where_waits_run_out),
		TEST(nor_does_an_updater_that_dies_before_recovery),
		TEST(an_updater_that_does_not_wait_for_readers_is_caught),
		TEST(two_updaters_at_once_take_turns),
	};

	return cmocka_run_group_tests_name("update_orders", tests, NULL, NULL);
}
