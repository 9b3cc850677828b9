/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>

#include "explore/snp.h"
#include "explore/visited.h"
#include "sim/psp/sev_driver.h"
#include "store/store.h"

/*
 * Updaters, the administrator and recovery of the SEV-SNP machine beside a reader that knows only which table
 * it has, and which TCB the firmware signs with: no guest, no KVM. So the searches are small, and every order
 * is tried: crashes, power losses, several updaters. No call is taken to be local.
 */
enum reader { NO_READER, COMPARES, COMPARES_NOTHING, LOCKS_NOTHING };
enum { MAX_ACTORS = SCHED_MAX_ACTORS, NOBODY = MAX_ACTORS, N_PROCESSES };

struct world {
	struct explore_snp m; /* first */
	uint8_t platform[SIM_PSP_STATE_BYTES];
	struct sched_actor actors[MAX_ACTORS];
	struct sched_world sched;
	enum reader reader;
	uint64_t old_ino;  /* of the file that is in place at the beginning */
	const char *wrong; /* when somebody died whom nobody recovers; NULL: nothing */
	bool collects;
	struct visited found; /* ends of orders, and what reports were signed with */
};

static struct base_env *under(void *ctx, unsigned actor)
{
	struct world *w = ctx;

	return &w->m.processes[actor].base;
}

static void put_file(struct world *w, const char *path, const void *from, size_t n)
{
	struct base_env *env = under(w, NOBODY);
	int fd = base_open(env, path, O_RDWR | O_CREAT | O_EXCL, 0600);

	assert_true(fd >= 0);
	assert_int_equal(base_pwrite(env, fd, from, n, 0), n);
	assert_int_equal(base_fsync(env, fd), 0);
	base_close(env, fd);
}

static void resume(struct world *w)
{
	uint64_t transaction;

	(void)!sim_kvm_resume_attestation(w->m.kvm, &transaction);
}

static int begin(void *ctx)
{
	struct world *w = ctx;
	struct base_env *env = under(w, NOBODY);
	struct base_stat st;
	int fd;

	disk_reset(w->m.disk);
	put_file(w, SNP_DEVICE, NULL, 0);
	put_file(w, SNP_BLOB, w->m.states[0].bytes, w->m.states[0].n);
	assert_int_equal(base_stat(env, SNP_BLOB, &st), 0);
	w->old_ino = st.ino;
	fd = base_open(env, "/", O_RDONLY | O_DIRECTORY, 0);
	assert_int_equal(base_fsync(env, fd), 0);
	base_close(env, fd);
	assert_int_equal(sim_psp_load(w->m.psp, w->platform, sizeof(w->platform), NULL), 0);
	resume(w);
	for (unsigned i = 0; i < SCHED_MAX_ACTORS; i++)
		w->m.updated[i] = SNP_NOT_RUN;
	w->m.busy = false;
	w->wrong = NULL;
	return 0;
}

static void hash(void *ctx, struct base_mix *to)
{
	struct world *w = ctx;
	uint8_t platform[SIM_PSP_STATE_BYTES];

	disk_hash(w->m.disk, w->m.world.setup.power_loss, to);
	sim_psp_save(w->m.psp, platform);
	base_mix_bytes(to, platform, sizeof(platform));
	base_mix_u64(to, sim_kvm_is_paused(w->m.kvm));
	base_mix_bytes(to, w->m.updated, sizeof(w->m.updated));
	base_mix_u64(to, w->m.busy);
	base_mix_text(to, w->wrong);
}

static void saw_ioctl(void *ctx, unsigned long request, const void *arg, struct base_mix *to)
{
	(void)ctx, (void)request;
	sim_sev_saw_ioctl(arg, to);
}

static bool skips(void *ctx, const struct sched_call *call)
{
	const struct world *w = ctx;

	return snp_updater_skips(&w->m, call);
}

static bool is_local(void *ctx, const struct sched_call *call)
{
	const struct world *w = ctx;

	return snp_updater_is_local(&w->m, call);
}

/* Commands that have ended survive; who paused does not matter to a machine that starts. */
static void lost_power(void *ctx, unsigned loss)
{
	struct world *w = ctx;

	disk_lose_power(w->m.disk, loss);
	resume(w);
}

static void collect(struct world *w, const struct base_mix *what)
{
	if (w->collects)
		assert_true(visited_add(&w->found, what, 0, &(uint32_t){ 0 }) >= 0);
}

static const char *check(void *ctx)
{
	struct base_mix end = { 0 };
	struct world *w = ctx;

	hash(w, &end);
	collect(w, &end);
	return snp_updater_check(&w->m);
}

/* The reader. */

static void sign(struct base_env *env, struct world *w, const uint8_t *table, size_t n)
{
	int state = snp_tables_state(&w->m, table, n);
	struct snp_platform_status status;
	struct base_mix pair = { 0 };

	sched_note(env, "has the table of state %d", state);
	if (!sched_step(env, "SNP_GUEST_REQUEST"))
		return;
	assert_int_equal(sim_psp_platform_status(w->m.psp, &status), SNP_SUCCESS);
	sched_saw(env, &status.reported_tcb, sizeof(status.reported_tcb));
	base_mix_u64(&pair, (uint64_t)state);
	base_mix_u64(&pair, status.reported_tcb);
	collect(w, &pair);
	if (state == -1 || (state >= 0 && w->m.states[state].tcb != status.reported_tcb))
		sched_violate(env, "I1: report and certificates disagree");
}

static void compares(struct base_env *env, struct world *w)
{
	uint8_t table[SNP_MAX_TABLE_BYTES];
	struct store_reader r;
	int e;

	store_reader_init(&r, env, SNP_BLOB);
	e = store_lock(&r, SNP_LOCK_WAIT_MS * UINT64_C(1000000), NULL);
	if (e == JURAT_BUSY)
		w->m.busy = true;
	else if (e != 0 || store_read(&r, table, (size_t)r.size, 0, NULL) < 0)
		sched_violate(env, "I3: the reader failed");
	else
		sign(env, w, table, (size_t)r.size);
	store_unlock(&r);
	store_reader_done(&r);
}

static void reader(struct base_env *env, void *ctx)
{
	uint8_t table[SNP_MAX_TABLE_BYTES];
	struct world *w = ctx;
	ssize_t n;
	int fd;

	if (w->reader == COMPARES) {
		compares(env, w);
		return;
	}
	fd = base_open(env, SNP_BLOB, O_RDONLY, 0);
	if (w->reader == COMPARES_NOTHING &&
	    base_lock(env, fd, BASE_LOCK_SHARED, SNP_LOCK_WAIT_MS * UINT64_C(1000000)) != 0) {
		w->m.busy = true;
	} else {
		n = base_pread(env, fd, table, sizeof(table), 0);
		if (!sched_is_dead(env))
			sign(env, w, table, n < 0 ? 0 : (size_t)n);
	}
	base_close(env, fd);
}

/* The world of a setup; of its parties, those that this test has. */

static unsigned add_actors(struct world *w, unsigned at, unsigned n, const struct sched_actor *actor)
{
	assert_true(at + n <= MAX_ACTORS);
	for (unsigned i = 0; i < n; i++)
		w->actors[at + i] = *actor;
	return at + n;
}

static void add_all_actors(struct world *w)
{
	const struct sched_actor read = { .name = "reader", .run = reader };
	const struct sched_actor update = { .name = "updater", .run = snp_updater_run, .mortal = true };
	const struct sched_actor pause = { .name = "administrator", .run = snp_administrator_run };
	const struct sched_actor recover = {
		.name = "recovery", .run = snp_recovery_run, .mortal = true, .recovers = true
	};
	const struct explore_setup *setup = &w->m.world.setup;
	unsigned n = 0;

	n = add_actors(w, n, w->reader != NO_READER, &read);
	w->m.first_updater = n;
	w->m.n_updaters = setup->updaters;
	n = add_actors(w, n, setup->updaters, &update);
	w->m.administrator = n;
	n = add_actors(w, n, setup->administrator, &pause);
	w->m.first_recovery = n;
	w->m.n_recoveries = setup->crashes;
	n = add_actors(w, n, setup->crashes, &recover);
	w->sched = (struct sched_world){ .actors = w->actors,
					 .n_actors = n,
					 .ctx = w,
					 .under = under,
					 .begin = begin,
					 .check = check,
					 .hash = hash,
					 .skips = skips,
					 .is_local = is_local,
					 .saw_ioctl = saw_ioctl,
					 .lost_power = setup->power_loss ? lost_power : NULL,
					 .timeouts = setup->timeouts,
					 .max_deaths = setup->crashes };
}

static struct world *world_new(const struct explore_setup *setup, enum reader reader)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	w->m.world.setup = *setup;
	w->reader = reader;
	assert_int_equal(snp_tables_new(&w->m, NULL), 0);
	assert_int_equal(sim_kvm_host_new(w->m.psp, setup->sync, NULL, &w->m.kvm, NULL), 0);
	assert_int_equal(disk_new(N_PROCESSES, &w->m.disk), 0);
	disk_without_times(w->m.disk);
	w->m.n_processes = N_PROCESSES;
	for (unsigned i = 0; i < N_PROCESSES; i++)
		snp_process_init(&w->m.processes[i], &w->m, i);
	sim_psp_save(w->m.psp, w->platform);
	add_all_actors(w);
	return w;
}

static void world_free(struct world *w)
{
	visited_done(&w->found);
	snp_tables_free(w->m.tables);
	disk_free(w->m.disk);
	sim_kvm_host_free(w->m.kvm);
	sim_psp_free(w->m.psp);
	sim_pki_free(w->m.pki);
	free(w);
}

/* One machine, and what it breaks; NULL: nothing. */
struct row {
	const char *what;
	enum reader reader;
	struct explore_setup setup;
	const char *breaks;
	bool only_power; /* nobody dies but with the machine */
};

static void print_history(const struct search_result *r)
{
	print_message("%s\n", r->violation);
	if (r->history)
		history_print(r->history, SEQUENCE_TEXT, stdout);
}

static void run(const struct row *row)
{
	struct world *w = world_new(&row->setup, row->reader);
	struct search_result r;
	int e;

	for (unsigned i = 0; i < w->sched.n_actors; i++)
		w->actors[i].mortal &= !row->only_power;
	if (!row->breaks && test_step() > 1) /* less in builds that repeat it */
		w->sched.max_switches = 1;
	e = search_all(&w->sched, NULL, &r);

	print_message("             %-50s %8llu states, %9llu steps%s%s\n", row->what,
		      (unsigned long long)r.states, (unsigned long long)r.steps, r.violation[0] ? ": " : "",
		      r.violation);
	if (e == JURAT_REFUSED && (!row->breaks || strncmp(r.violation, row->breaks, 2) != 0))
		print_history(&r);
	assert_int_equal(e, row->breaks ? JURAT_REFUSED : 0);
	if (row->breaks)
		assert_memory_equal(r.violation, row->breaks, 2);
	search_result_done(&r);
	world_free(w);
}

#define UPSTREAM .sync = SIM_SYNC_UPSTREAM
#define ONE      .updaters = 1, .updates = 1
#define TWO      .updaters = 2, .updates = 1
#define FLAW(f)  .flaws = EXPLORE_FLAW(EXPLORE_##f)

static void no_order_breaks_what_real_updaters_do(void **state)
{
	static const struct row rows[] = {
		{ "a reader", COMPARES, { UPSTREAM, .updaters = 1, .updates = 2 }, NULL },
		{ "a reader that compares nothing", COMPARES_NOTHING, { UPSTREAM, ONE }, NULL },
		{ "v15", COMPARES, { .sync = SIM_SYNC_V15, ONE }, NULL },
		{ "waits run out", COMPARES, { UPSTREAM, ONE, .timeouts = true }, NULL },
		{ "two updaters", NO_READER, { UPSTREAM, TWO }, NULL },
		{ "crash", COMPARES, { UPSTREAM, ONE, .crashes = 1 }, NULL },
		{ "two crashes", NO_READER, { UPSTREAM, ONE, .crashes = 2 }, NULL },
		{ "power loss", NO_READER, { UPSTREAM, ONE, .crashes = 1, .power_loss = true }, NULL },
		{ "two power losses", NO_READER, { UPSTREAM, ONE, .crashes = 2, .power_loss = true }, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		run(&rows[i]);
}

static void what_other_schemes_break_is_found(void **state)
{
	static const struct row rows[] = {
		{ "none", LOCKS_NOTHING, { .sync = SIM_SYNC_NONE, ONE }, "I1" },
		{ "none, crash", NO_READER, { .sync = SIM_SYNC_NONE, ONE, .crashes = 1 }, "I4" },
		{ "v14",
		  NO_READER,
		  { .sync = SIM_SYNC_V14, .updaters = 2, .updates = 2, .administrator = true },
		  NULL },
		{ "v14, crash", NO_READER, { .sync = SIM_SYNC_V14, ONE, .crashes = 1 }, "I3" },
		{ "v14, power loss",
		  NO_READER,
		  { .sync = SIM_SYNC_V14, ONE, .crashes = 1, .power_loss = true },
		  "I4",
		  true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		run(&rows[i]);
}

static void each_updater_that_is_broken_on_purpose_is_found(void **state)
{
	static const struct row rows[] = {
		{ "RENAME_UNLOCKED", COMPARES, { UPSTREAM, ONE, FLAW(RENAME_UNLOCKED) }, "I1" },
		{ "FIRMWARE_FIRST", COMPARES, { UPSTREAM, ONE, FLAW(FIRMWARE_FIRST) }, "I1" },
		{ "CURRENT_TCB",
		  COMPARES,
		  { UPSTREAM, .updaters = 1, .updates = 2, FLAW(CURRENT_TCB) },
		  "I1" },
		{ "UNLOCK_BETWEEN", COMPARES, { UPSTREAM, ONE, FLAW(UNLOCK_BETWEEN) }, "I1" },
		{ "NO_DRAIN", COMPARES, { UPSTREAM, ONE, FLAW(NO_DRAIN) }, "I1" },
		{ "NO_RECHECK", NO_READER, { UPSTREAM, TWO, FLAW(NO_RECHECK) }, "I1" },
		{ "NO_TURN", NO_READER, { UPSTREAM, TWO, FLAW(NO_TURN) }, "I3" },
		{ "NO_EMPTY_OLD", COMPARES_NOTHING, { UPSTREAM, ONE, FLAW(NO_EMPTY_OLD) }, "I1" },
		{ "NO_DIR_SYNC",
		  NO_READER,
		  { UPSTREAM, ONE, .crashes = 1, .power_loss = true, FLAW(NO_DIR_SYNC) },
		  "I4" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		run(&rows[i]);
}

/* Commits firmware in passing, before the old file is replaced: it knows of no locks and no table. */
static void other_tool(struct base_env *env, void *ctx)
{
	struct world *w = ctx;
	struct base_stat st;
	bool is_old;

	if (!sched_step(env, "SNP_COMMIT"))
		return;
	assert_int_equal(base_stat(under(w, NOBODY), SNP_BLOB, &st), 0);
	is_old = st.ino == w->old_ino;
	if (is_old)
		assert_int_equal(sim_psp_commit(w->m.psp), SNP_SUCCESS);
	sched_saw(env, &is_old, sizeof(is_old));
	w->m.updated[0] = 0;
}

/* While the old file is in place, it is not too late for the updater to notice. */
static void firmware_that_others_change_without_locks_gets_its_certificates(void **state)
{
	const struct explore_setup setup = { UPSTREAM, TWO };
	struct world *w = world_new(&setup, NO_READER);
	struct search_result r;

	(void)state;
	w->actors[0] = (struct sched_actor){ .name = "other tool", .run = other_tool };
	if (search_all(&w->sched, NULL, &r) == JURAT_REFUSED)
		print_history(&r);
	assert_string_equal(r.violation, "");
	assert_true(r.orders > 1);
	search_result_done(&r);
	world_free(w);
}

static void died(void *ctx, unsigned actor)
{
	struct world *w = ctx;

	w->m.updated[actor] = SNP_NOT_RUN;
	if (!w->wrong)
		w->wrong = snp_updater_check_crash(&w->m);
}

static const char *check_deaths(void *ctx)
{
	return ((struct world *)ctx)->wrong;
}

/*
 * The second one finds what the first has left, and may have made its plan before: it must not remove the
 * table that fits, since it may die too. Nobody recovers.
 */
static void two_updaters_that_both_die_leave_the_table_that_fits(void **state)
{
	const struct explore_setup setup = { UPSTREAM, TWO };
	struct world *w = world_new(&setup, NO_READER);
	struct search_result r;

	(void)state;
	w->sched.is_local = NULL; /* which expects that nobody dies */
	w->sched.died = died;
	w->sched.check = check_deaths;
	w->sched.max_deaths = 2;
	w->sched.max_switches = 1;
	if (search_all(&w->sched, NULL, &r) == JURAT_REFUSED)
		print_history(&r);
	print_message("             %llu states, %llu steps\n", (unsigned long long)r.states,
		      (unsigned long long)r.steps);
	assert_string_equal(r.violation, "");
	search_result_done(&r);
	world_free(w);
}

static size_t n_found(const struct row *row, bool has_local)
{
	struct world *w = world_new(&row->setup, row->reader);
	struct search_result r;
	size_t n;

	w->collects = true;
	if (!has_local)
		w->sched.is_local = NULL;
	assert_int_equal(search_all(&w->sched, NULL, &r), 0);
	n = w->found.n;
	print_message("             %-30s %8llu states, %4zu ends and reports\n",
		      has_local ? row->what : "  no step is local", (unsigned long long)r.states, n);
	search_result_done(&r);
	world_free(w);
	return n;
}

static void local_steps_hide_no_end_and_no_report(void **state)
{
	static const struct row rows[] = {
		{ "a reader", COMPARES, { UPSTREAM, ONE }, NULL },
		{ "one that compares nothing", COMPARES_NOTHING, { UPSTREAM, ONE, .timeouts = true }, NULL },
		{ "two updaters", NO_READER, { UPSTREAM, TWO, .timeouts = true }, NULL },
		{ "crash", NO_READER, { UPSTREAM, ONE, .crashes = 1 }, NULL },
		{ "power loss", NO_READER, { UPSTREAM, ONE, .crashes = 1, .power_loss = true }, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (test_step() == 1 || rows[i].setup.updaters == 1)
			assert_int_equal(n_found(&rows[i], true), n_found(&rows[i], false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_order_breaks_what_real_updaters_do),
		cmocka_unit_test(what_other_schemes_break_is_found),
		cmocka_unit_test(each_updater_that_is_broken_on_purpose_is_found),
		cmocka_unit_test(firmware_that_others_change_without_locks_gets_its_certificates),
		cmocka_unit_test(two_updaters_that_both_die_leave_the_table_that_fits),
		cmocka_unit_test(local_steps_hide_no_end_and_no_report),
	};

	return cmocka_run_group_tests_name("explore_snp_updater", tests, NULL, NULL);
}
