/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "../store/model.h"
#include "explore/visited.h"
#include "sim/psp/sev_driver.h"
#include "support/fault_env.h"
#include "uapi/sev.h"
#include "update/update_world.h"

/*
 * The whole updater, with its checks of endorsements and its commands at the device, beside a reader in every
 * order of their effects; the readers and invariants are those of tests/store/model.h. Files and locks are
 * those of a disk in memory, on which a file stands for /dev/sev. No call is taken to be local.
 */
#define BLOB   "/blob"
#define DEVICE "/sev"

enum { MAX_BLOB = 8192, N_STATES = 2, NOT_RUN = 1000, MAX_KNOWN = 32 };
enum { UPDATER, READER, NEXT, OBSERVER, N_PROCESSES };

/* The disk of one process, but for commands at the device. */
struct process {
	struct fault_env files; /* fails nothing */
	struct base_env_ops ops;
	struct update_world *w;
};

/* What the digest of a state may leave out, on purpose. */
enum part { NO_PART, DISK, FIRMWARE, ANSWERS, RESULTS, N_PARTS };
#define WITHOUT(part) (1u << (part))

struct search {
	struct update_world *w;
	struct disk *disk;
	struct process processes[N_PROCESSES];
	uint8_t platform[SIM_PSP_STATE_BYTES];
	struct {
		uint8_t table[MAX_BLOB];
		size_t n;
		uint64_t tcb;
	} states[N_STATES]; /* OLD - 1, NEW - 1 */
	enum role role;
	struct world_answer answer;                          /* of the firmware to the command */
	const struct update_request *first, *second, *third; /* third: of the same actor as the second */
	bool may_be_busy, skip_drain; /* waits run out in this search; broken on purpose */
	/* what happened: all of it is in the digest of a state */
	int updated, then;
	bool busy;
	/* of comparisons with a search that knows no states */
	enum part without;
	bool compares;
	struct visited deeds; /* of all orders */
};

static const struct update_request commit = { .kind = UPDATE_COMMIT }, recover = { .kind = UPDATE_RECOVER },
				   refresh = { .kind = UPDATE_REFRESH };

/*
 * What the checks of certificates find depends on the key and on the bytes alone, and takes longer than all
 * else of an order: each is made once.
 */
static struct known {
	struct base_mix of;
	int r;
	uint8_t *table;
	size_t n;
} known[MAX_KNOWN];
static size_t n_known;

static struct known *look_up(const struct update_plan *plan, bool makes, const uint8_t *table, size_t n)
{
	struct base_mix of = { 0 };
	size_t i = 0;

	base_mix_u64(&of, makes);
	base_mix_u64(&of, plan->product);
	base_mix_bytes(&of, plan->chip_id, sizeof(plan->chip_id));
	base_mix_u64(&of, plan->after.current_tcb);
	base_mix_u64(&of, plan->after.reported_tcb);
	base_mix_u64(&of, plan->after.flags);
	base_mix_bytes(&of, table, n);
	while (i < n_known && (known[i].of.a != of.a || known[i].of.b != of.b))
		i++;
	assert_true(i < MAX_KNOWN);
	known[i].of = of;
	return &known[i];
}

static int fits(const struct update_source *source, const struct update_plan *plan, const uint8_t *table,
		size_t n, struct jurat_error *err)
{
	struct known *k = look_up(plan, false, table, n);

	assert_null(err);
	if (k == &known[n_known]) {
		k->r = update_table_fits(source, plan, table, n, NULL);
		n_known++;
	}
	return k->r;
}

static int make(const struct update_source *source, const struct update_plan *plan, const uint8_t *vlek,
		size_t n, uint8_t **ret, size_t *ret_size, struct jurat_error *err)
{
	struct known *k = look_up(plan, true, NULL, 0);

	assert_null(vlek);
	if (k == &known[n_known]) {
		assert_int_equal(update_table_make(source, plan, vlek, n, &k->table, &k->n, err), 0);
		n_known++;
	}
	*ret = heap_copy(k->table, k->n);
	*ret_size = k->n;
	return 0;
}

/* The world. */

static int device_ioctl(struct base_env *env, int fd, unsigned long request, void *arg)
{
	struct process *p = (struct process *)env;
	struct base_env *files = p->files.under;
	struct base_stat device, mine;

	assert_int_equal(base_stat(files, DEVICE, &device), 0);
	assert_int_equal(base_fstat(files, fd, &mine), 0);
	assert_int_equal(mine.ino, device.ino);
	return world_ioctl(p->w, base_pwrite(files, fd, "", 0, 0) == 0, request, arg);
}

/*
 * Nobody here uses times of change; but who had seen them would be in another state for each step of others
 * between its own.
 */
static int stat_without_time(struct base_env *env, const char *path, struct base_stat *ret)
{
	int r = base_stat(((struct process *)env)->files.under, path, ret);

	if (r == 0)
		ret->mtime_ns = 0;
	return r;
}

static int fstat_without_time(struct base_env *env, int fd, struct base_stat *ret)
{
	int r = base_fstat(((struct process *)env)->files.under, fd, ret);

	if (r == 0)
		ret->mtime_ns = 0;
	return r;
}

static struct base_env *env_of(void *ctx, unsigned actor)
{
	struct search *s = ctx;

	return &s->processes[actor].files.base;
}

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

static void put_file(struct search *s, const char *path, const void *from, size_t n)
{
	struct base_env *env = env_of(s, OBSERVER);
	int fd = base_open(env, path, O_RDWR | O_CREAT | O_EXCL, 0600);

	assert_true(fd >= 0);
	assert_int_equal(base_pwrite(env, fd, from, n, 0), n);
	base_close(env, fd);
}

static int begin(void *ctx)
{
	struct search *s = ctx;

	disk_reset(s->disk);
	put_file(s, DEVICE, NULL, 0);
	put_file(s, BLOB, s->states[OLD - 1].table, s->states[OLD - 1].n);
	assert_int_equal(sim_psp_load(s->w->psp, s->platform, sizeof(s->platform), NULL), 0);
	world_heal(s->w);
	s->w->answers[SEV_CMD_SNP_COMMIT] = s->answer;
	s->updated = s->then = NOT_RUN;
	s->busy = false;
	return 0;
}

/* What commands will answer. */
static void add_answers(const struct search *s, struct base_mix *to)
{
	for (size_t i = 0; i < ARRAY_SIZE(s->w->answers); i++) {
		const struct world_answer *a = &s->w->answers[i];

		base_mix_u64(to, a->times);
		if (a->times == 0)
			continue;
		base_mix_u64(to, (uint64_t)a->r);
		base_mix_u64(to, (uint64_t)a->error << 1 | a->executes);
	}
}

static void add_results(const struct search *s, struct base_mix *to)
{
	base_mix_u64(to, (uint64_t)s->updated);
	base_mix_u64(to, (uint64_t)s->then);
	base_mix_u64(to, s->busy);
}

static void add_all_but(struct search *s, enum part part, struct base_mix *to)
{
	uint8_t platform[SIM_PSP_STATE_BYTES];

	if (part != DISK)
		disk_hash(s->disk, false, to);
	if (part != FIRMWARE) {
		sim_psp_save(s->w->psp, platform);
		base_mix_bytes(to, platform, sizeof(platform));
	}
	if (part != ANSWERS)
		add_answers(s, to);
	if (part != RESULTS)
		add_results(s, to);
}

static void hash(void *ctx, struct base_mix *to)
{
	struct search *s = ctx;

	add_all_but(s, s->without, to);
}

static void saw_ioctl(void *ctx, unsigned long request, const void *arg, struct base_mix *to)
{
	(void)ctx, (void)request;
	sim_sev_saw_ioctl(arg, to);
}

/* What it would have returned has no meaning. */
static void died(void *ctx, unsigned actor)
{
	struct search *s = ctx;

	assert_int_equal(actor, UPDATER);
	s->updated = NOT_RUN;
}

/* Something that an order did, in the state that the world is in. */
static void did(struct search *s, const void *what, size_t n)
{
	struct base_mix deed = { 0 };

	if (!s->compares)
		return;
	base_mix_bytes(&deed, what, n);
	add_all_but(s, NO_PART, &deed);
	assert_true(visited_add(&s->deeds, &deed, 0, &(uint32_t){ 0 }) >= 0);
}

static const char *check(void *ctx)
{
	static const char *const suffixes[] = { STORE_SUFFIXES };
	struct search *s = ctx;
	int last = s->then != NOT_RUN ? s->then : s->updated, fd, there;
	struct base_env *env = env_of(s, OBSERVER);
	uint8_t table[MAX_BLOB];
	struct base_stat st;
	ssize_t n;

	did(s, "end", sizeof("end"));
	if (s->compares)
		return NULL;
	fd = base_open(env, BLOB, O_RDONLY, 0);
	n = base_pread(env, fd, table, sizeof(table), 0);
	base_close(env, fd);
	there = n < 0 ? TORN : state_of_table(s, table, (size_t)n);
	if (there != EMPTY && there != state_of_firmware(s))
		return "I1: the table at the path disagrees with the firmware";
	if (last == 0 && there == EMPTY)
		return "an update that succeeded left no certificates";
	if (s->then != NOT_RUN && s->then != 0 && !s->busy)
		return "I4: no recovery is possible after the crash";
	if (s->then == NOT_RUN && !s->busy && s->updated != 0 && !s->answer.times)
		return "an update failed";
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		char name[32];

		TEXT(name, BLOB "%s", suffixes[i]);
		if (last != JURAT_BUSY && last != -EINPROGRESS && base_stat(env, name, &st) == 0)
			return "I5: a temporary name is left";
	}
	return NULL;
}

/* The actors. */

static void sign(struct base_env *env, struct search *s, int certificates)
{
	int signer;

	sched_note(env, "has certificates of state %d", certificates);
	if (!sched_step(env, "SIGN"))
		return;
	signer = state_of_firmware(s);
	sched_saw(env, &signer, sizeof(signer));
	sched_note(env, "signed by state %d", signer);
	did(s, (const int[]){ certificates, signer }, 2 * sizeof(int));
	if (certificates != EMPTY && certificates != signer)
		sched_violate(env, "I1: report and certificates disagree");
}

static void be_busy(struct base_env *env, struct search *s)
{
	s->busy = true;
	if (!s->may_be_busy)
		sched_violate(env, "I3: BUSY while nobody waited too long");
}

static void jurat_reader(struct base_env *env, struct search *s)
{
	uint8_t table[MAX_BLOB];
	struct store_reader r;
	int e;

	store_reader_init(&r, env, BLOB);
	e = store_lock(&r, WAIT_NS, NULL);
	if (e == JURAT_BUSY)
		be_busy(env, s);
	else if (e < 0 || store_read(&r, table, (size_t)r.size, 0, NULL) < 0)
		sched_violate(env, "a reader failed");
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
		fd = base_open(env, BLOB, O_RDONLY, 0);
		if (base_lock(env, fd, BASE_LOCK_SHARED, WAIT_NS) != 0) {
			be_busy(env, s);
			break;
		}
		base_fstat(env, fd, &mine);
		if (s->role == QEMU && (base_stat(env, BLOB, &there) != 0 || mine.ino != there.ino)) {
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

static int update(struct base_env *env, struct search *s, const struct update_request *request)
{
	struct update_options options = s->w->options;
	struct update_result result;
	int r;

	options.env = env;
	options.device = DEVICE;
	options.blob = BLOB;
	options.store.wait_ns = WAIT_NS;
	options.event = NULL;
	r = update_run(&options, request, &result, NULL);
	if (r == JURAT_BUSY)
		be_busy(env, s);
	if (s->compares && sched_step(env, "END")) /* of one that is dead, nothing counts */
		did(s, (const int[]){ r, (int)result.table, (int)result.store.left }, 3 * sizeof(int));
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
	if (s->then == 0 && s->third)
		s->then = update(env, s, s->third);
}

static bool skips(void *ctx, const struct sched_call *call)
{
	const struct search *s = ctx;

	return s->skip_drain && call->actor == (s->third ? NEXT : UPDATER) &&
	       !strcmp(call->op, "lock exclusive") && !strcmp(call->fd_path, "blob");
}

static const struct sched_actor actors[] = {
	[UPDATER] = { "updater", updater, true, false },
	[READER] = { "reader", reader, false, false },
	[NEXT] = { "next", second_updater, false, true },
};

static struct sched_world world_of(struct search *s)
{
	return (struct sched_world){ .actors = actors,
				     .n_actors = READER + 1,
				     .ctx = s,
				     .under = env_of,
				     .begin = begin,
				     .check = check,
				     .hash = hash,
				     .skips = skips,
				     .saw_ioctl = saw_ioctl,
				     .died = died };
}

static void no_order_of_reader_and_updater_makes_them_disagree(void **state)
{
	static const struct {
		const char *what;
		struct world_answer answer;
	} rows[] = {
		{ "committed", { 0 } },
		{ "refused", { -EIO, 1, false, 1 } },
		{ "timed out, executed", { -ETIMEDOUT, 0, true, 1 } },
		{ "timed out, not executed", { -ETIMEDOUT, 0, false, 1 } },
		{ "executed, but refused", { -EIO, 1, true, 1 } },
	};
	struct search *s = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (s->role = JURAT; s->role <= NAIVE; s->role++) {
			struct sched_world world = world_of(s);

			s->answer = rows[i].answer;
			model_passes(rows[i].what, &world);
		}
}

static void nor_does_one_where_waits_run_out(void **state)
{
	struct search *s = *state;

	s->may_be_busy = true;
	for (s->role = JURAT; s->role <= NAIVE; s->role++) {
		struct sched_world world = world_of(s);

		world.timeouts = true;
		model_passes("waits run out", &world);
	}
}

static void nor_does_an_updater_that_dies_before_recovery(void **state)
{
	struct search *s = *state;

	s->second = &recover;
	for (s->role = JURAT; s->role <= NAIVE; s->role++) {
		struct sched_world world = world_of(s);

		world.n_actors = NEXT + 1;
		world.max_deaths = 1;
		world.max_switches = test_step() > 1 ? 1 : 0; /* less in builds that repeat it */
		model_passes("dies, then recover", &world);
	}
}

/* Recovery gives a reader's table back without waiting for the reader: the command that follows does. */
static void nor_does_a_command_that_follows_the_recovery(void **state)
{
	struct search *s = *state;
	struct sched_world world;

	s->second = &recover;
	s->third = &commit;
	for (s->role = JURAT; s->role <= NAIVE; s->role++) {
		world = world_of(s);
		world.n_actors = NEXT + 1;
		world.max_deaths = 1;
		world.max_switches = test_step() > 1 ? 1 : 2;
		model_passes("dies, recover, commit", &world);
	}
	s->skip_drain = true;
	s->role = NAIVE;
	world = world_of(s);
	world.n_actors = NEXT + 1;
	world.max_deaths = 1;
	model_is_caught("  and does not drain", &world, "I1");
}

/* One that does not wait for readers is caught, so that these searches are known to see it. */
static void an_updater_that_does_not_wait_for_readers_is_caught(void **state)
{
	struct search *s = *state;
	struct sched_world world;

	s->skip_drain = true;
	s->role = NAIVE;
	world = world_of(s);
	model_is_caught("does not drain", &world, "I1");
}

/* Each holds the turn while it works; the second one plans anew if the first was faster. */
static const struct sched_actor two[] = { { "commit", updater, false, false },
					  { "refresh", second_updater, false, false } };

static void two_updaters_at_once_take_turns(void **state)
{
	struct search *s = *state;
	struct sched_world world = world_of(s);

	s->second = &refresh;
	world.actors = two;
	model_passes("commit and refresh", &world);
}

static size_t n_deeds(struct search *s, const struct sched_world *world, const char *what)
{
	struct search_result r;

	visited_done(&s->deeds);
	s->compares = true;
	assert_int_equal(search_all(world, NULL, &r), 0);
	s->compares = false;
	print_message("             %-40s %8llu orders do %4zu things\n", what, (unsigned long long)r.orders,
		      s->deeds.n);
	return s->deeds.n;
}

/*
 * A search that takes two different states for one does not see all that orders do: what reports are signed
 * with, and the state of the world then, when an updater ends and when all have ended. In worlds of few
 * orders, this compares searches like those above with some that know no states, and shows that it would
 * notice if parts of the state were left out.
 */
static void known_states_hide_nothing_that_orders_do(void **state)
{
	static const struct {
		const char *what;
		const struct sched_actor *actors;
		unsigned n_actors;
		bool timeouts;
		const struct update_request *second;
		struct world_answer answer;
		unsigned is_seen;
	} rows[] = {
		{ "reader and updater", actors, 2, true, NULL, { 0 }, 0 },
		{ "commit and refresh", two, 2, true, &refresh, { 0 }, 0 },
		{ "dies, then commit",
		  actors,
		  3,
		  false,
		  &commit,
		  { -ETIMEDOUT, 0, false, 1 },
		  WITHOUT(ANSWERS) },
		{ "dies, then recover",
		  actors,
		  3,
		  true,
		  &recover,
		  { 0 },
		  WITHOUT(DISK) | WITHOUT(FIRMWARE) | WITHOUT(RESULTS) },
	};
	static const char *const parts[] = { "with known states", "  without the disk",
					     "  without the firmware", "  without answers",
					     "  without results" };
	struct search *s = *state;

	s->role = NAIVE;
	s->may_be_busy = true;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sched_world world = world_of(s);
		size_t all;

		s->second = rows[i].second;
		s->answer = rows[i].answer;
		world.actors = rows[i].actors;
		world.n_actors = rows[i].n_actors;
		world.max_deaths = rows[i].n_actors > 2;
		world.max_switches = 1;
		world.timeouts = rows[i].timeouts;
		world.hash = NULL;
		all = n_deeds(s, &world, rows[i].what);
		world.hash = hash;
		for (s->without = NO_PART; s->without < N_PARTS; s->without++)
			if (s->without == NO_PART)
				assert_int_equal(n_deeds(s, &world, parts[NO_PART]), all);
			else if (rows[i].is_seen & WITHOUT(s->without))
				assert_true(n_deeds(s, &world, parts[s->without]) < all);
	}
}

static struct base_mix seen_of_status(struct search *s, int fd)
{
	uint8_t status[SNP_PLATFORM_STATUS_BYTES] = { 0 }, bytes[SEV_ISSUE_CMD_BYTES];
	const struct sev_issue_cmd command = { .cmd = SEV_CMD_SNP_PLATFORM_STATUS,
					       .data = (uintptr_t)status };
	struct base_mix seen = { 0 };

	wire_write(&sev_issue_cmd_layout, &command, bytes);
	assert_int_equal(base_ioctl(env_of(s, UPDATER), fd, UAPI_SEV_ISSUE_CMD, bytes), 0);
	saw_ioctl(s, UAPI_SEV_ISSUE_CMD, bytes, &seen);
	return seen;
}

/* What the few orders above do is the same without: updaters come to know of others by files, too. */
static void an_actor_has_seen_what_the_firmware_answered(void **state)
{
	struct search *s = *state;
	struct base_mix before, again, after;
	int fd;

	assert_int_equal(begin(s), 0);
	fd = base_open(env_of(s, UPDATER), DEVICE, O_RDONLY, 0);
	before = seen_of_status(s, fd);
	again = seen_of_status(s, fd);
	assert_int_equal(sim_psp_commit(s->w->psp), SNP_SUCCESS);
	after = seen_of_status(s, fd);
	base_close(env_of(s, UPDATER), fd);
	assert_memory_equal(&before, &again, sizeof(before));
	assert_true(before.a != after.a && before.b != after.b);
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
	s->w->options.source.fits = fits;
	s->w->options.source.make = make;
	s->first = &commit;
	assert_int_equal(disk_new(N_PROCESSES, &s->disk), 0);
	for (unsigned i = 0; i < N_PROCESSES; i++) {
		struct process *p = &s->processes[i];

		*p = (struct process){ .files = fault_env_nth(disk_env(s->disk, i), 0, 0), .w = s->w };
		p->ops = *p->files.base.ops;
		p->ops.ioctl = device_ioctl;
		p->ops.stat = stat_without_time;
		p->ops.fstat = fstat_without_time;
		p->files.base.ops = &p->ops;
	}
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

	while (n_known > 0)
		free(known[--n_known].table);
	memset(known, 0, sizeof(known));
	visited_done(&s->deeds);
	disk_free(s->disk);
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
		TEST(nor_does_a_command_that_follows_the_recovery),
		TEST(an_updater_that_does_not_wait_for_readers_is_caught),
		TEST(two_updaters_at_once_take_turns),
		TEST(known_states_hide_nothing_that_orders_do),
		TEST(an_actor_has_seen_what_the_firmware_answered),
	};

	return cmocka_run_group_tests_name("update_orders", tests, NULL, NULL);
}
