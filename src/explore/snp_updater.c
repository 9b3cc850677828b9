/* SPDX-License-Identifier: MIT */
#include "explore/snp.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"
#include "store/store.h"
#include "update/sev_device.h"

/*
 * Who changes firmware and certificates: updaters that are update_run(), as `jurat host` is, and careless
 * ones, which are other schemes' or broken on purpose.
 */
#define NEW_SUFFIX ".new"
#define WAIT_NS    (SNP_LOCK_WAIT_MS * UINT64_C(1000000))
#define CARELESS                                                                                             \
	(EXPLORE_FLAW(EXPLORE_RENAME_UNLOCKED) | EXPLORE_FLAW(EXPLORE_FIRMWARE_FIRST) |                      \
	 EXPLORE_FLAW(EXPLORE_UNLOCK_BETWEEN) | EXPLORE_FLAW(EXPLORE_NO_RECHECK))

/* One update of a careless updater. */
struct careless {
	struct explore_snp *m;
	struct base_env *env;
	const struct update_request *request;
	struct sev_device dev;
	struct update_plan plan;
	uint8_t *table;
	size_t n;
};

/* Does it do without store_replace(), or without what that expects? */
static bool is_careless(const struct explore_snp *m)
{
	const struct explore_setup *setup = &m->world.setup;

	return setup->sync == SIM_SYNC_NONE || setup->sync == SIM_SYNC_V14 || setup->flaws & CARELESS;
}

/* What reports are signed with after the command, and the table for that. */
static int prepare(struct careless *c)
{
	struct update_source source = snp_tables_source(c->m);
	struct snp_platform_status status;
	uint8_t hwid[64];
	int r = sev_device_open(c->env, SNP_DEVICE, true, &c->dev, NULL);

	if (r == 0)
		r = sev_device_status(&c->dev, &status, NULL);
	if (r == 0)
		r = sev_device_hwid(&c->dev, hwid, NULL);
	if (r == 0)
		r = update_plan_make(sim_psp_product(c->m->psp), hwid, &status, c->request, &c->plan, NULL);
	return r == 0 ? update_source_make(&source, &c->plan, NULL, 0, &c->table, &c->n, NULL) : r;
}

static int command(struct careless *c)
{
	if (c->request->kind == UPDATE_COMMIT)
		return sev_device_commit(&c->dev, NULL);
	if (c->request->kind == UPDATE_SET_CONFIG)
		return sev_device_set_config(&c->dev, &c->plan.config, NULL);
	return 0;
}

static int put(struct careless *c, int fd)
{
	return base_pwrite(c->env, fd, c->table, c->n, 0) == (ssize_t)c->n ? 0 : -EIO;
}

/* As src/machine/update.c does without a protocol. */
static int rename_over(struct careless *c)
{
	int fd, r;

	(void)!base_unlink(c->env, SNP_BLOB NEW_SUFFIX);
	fd = base_open(c->env, SNP_BLOB NEW_SUFFIX, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	if (fd < 0)
		return fd;
	r = put(c, fd);
	base_close(c->env, fd);
	return r == 0 ? base_rename(c->env, SNP_BLOB NEW_SUFFIX, SNP_BLOB) : r;
}

/* As KVM's documentation has it, but that the lock is not held until the command was issued. */
static int overwrite_locked(struct careless *c)
{
	int fd = base_open(c->env, SNP_BLOB, O_RDWR | O_NOFOLLOW, 0), r;

	if (fd < 0)
		return fd;
	r = base_lock(c->env, fd, BASE_LOCK_EXCLUSIVE, WAIT_NS);
	if (r == 0)
		r = base_truncate(c->env, fd, (int64_t)c->n);
	if (r == 0)
		r = put(c, fd);
	base_close(c->env, fd);
	return r;
}

static enum store_changed issue(void *ctx, struct jurat_error *err)
{
	(void)err;
	return command(ctx) == 0 ? STORE_CHANGED : STORE_UNKNOWN;
}

/* By the store's protocol, but that nothing is read again in between. */
static int replace(struct careless *c, bool issues)
{
	const struct store_options options = { .wait_ns = WAIT_NS };
	const struct store_change change = { .issue = issue, .ctx = c };
	struct store_result result;

	return store_replace(c->env, SNP_BLOB, c->table, c->n, issues ? &change : NULL, &options, &result,
			     NULL);
}

/* In the order of the scheme, or of what is broken. */
static int in_order(struct careless *c)
{
	const struct explore_setup *setup = &c->m->world.setup;
	int r;

	if (explore_has(setup, EXPLORE_NO_RECHECK))
		return replace(c, true);
	if (explore_has(setup, EXPLORE_FIRMWARE_FIRST)) {
		r = command(c);
		return r == 0 ? replace(c, false) : r;
	}
	r = explore_has(setup, EXPLORE_UNLOCK_BETWEEN) ? overwrite_locked(c) : rename_over(c);
	return r == 0 ? command(c) : r;
}

/* v14. JURAT_BUSY: somebody has paused it */
static int pause_attestation(struct base_env *env, struct explore_snp *m)
{
	uint64_t transaction;
	int r;

	if (!sched_step(env, "SNP_PAUSE_ATTESTATION"))
		return -EIO;
	r = sim_kvm_pause_attestation(m->kvm, &transaction);
	sched_saw(env, &r, sizeof(r));
	if (r != 0)
		sched_note(env, "attestation is already paused");
	return r == -EBUSY ? JURAT_BUSY : r;
}

static void resume_attestation(struct base_env *env, struct explore_snp *m)
{
	uint64_t transaction;

	if (sched_step(env, "SNP_RESUME_ATTESTATION"))
		(void)!sim_kvm_resume_attestation(m->kvm, &transaction);
}

static int careless_update(struct base_env *env, struct explore_snp *m, const struct update_request *request)
{
	struct careless c = { .m = m, .env = env, .request = request, .dev.fd = -1 };
	bool pauses = m->world.setup.sync == SIM_SYNC_V14;
	int r = pauses ? pause_attestation(env, m) : 0;

	if (r != 0)
		return r;
	r = prepare(&c);
	if (r == 0)
		r = in_order(&c);
	sev_device_close(&c.dev);
	free(c.table);
	if (pauses)
		resume_attestation(env, m);
	return r;
}

static void say(void *ctx, const struct update_event *event)
{
	sched_note(ctx, "%s", event->text);
}

static int update(struct base_env *env, struct explore_snp *m, const struct update_request *request)
{
	const struct update_options options = { .env = env,
						.device = SNP_DEVICE,
						.blob = SNP_BLOB,
						.product = sim_psp_product(m->psp),
						.source = snp_tables_source(m),
						.store.wait_ns = WAIT_NS,
						.event = say,
						.event_ctx = env };
	struct jurat_error why = { "" };
	struct update_result result;
	int r = is_careless(m) ? careless_update(env, m, request)
			       : update_run(&options, request, &result, &why);

	if (sched_is_dead(env)) /* what its calls returned has no meaning */
		return SNP_NOT_RUN;
	if (r == JURAT_BUSY)
		m->busy = true;
	if (r != 0)
		sched_note(env, "the update failed: %s",
			   why.text[0]       ? why.text
			   : r == JURAT_BUSY ? "busy"
			   : r < 0           ? strerror(-r)
					     : "no result");
	return r;
}

void snp_updater_run(struct base_env *env, void *machine)
{
	unsigned actor = sched_self(env);
	struct explore_snp *m = machine;
	int r = 0;

	for (unsigned k = 0; k < m->world.setup.updates && r == 0; k++)
		r = update(env, m, snp_tables_request(m, actor - m->first_updater, k));
	m->updated[actor] = r;
}

/* He changes nothing. What somebody else has paused he leaves. */
void snp_administrator_run(struct base_env *env, void *machine)
{
	if (pause_attestation(env, machine) == 0)
		resume_attestation(env, machine);
}

/* The end, and what is found after a crash. */

static uint64_t reported_tcb(struct explore_snp *m)
{
	struct snp_platform_status status = { 0 };

	(void)!sim_psp_platform_status(m->psp, &status);
	return status.reported_tcb;
}

/* As of snp_tables_state(); guests get no certificates from a file that does not exist, either. */
static int state_of(struct explore_snp *m, const char *path)
{
	struct base_env *env = &m->processes[m->n_processes - 1].base;
	uint8_t table[SNP_MAX_TABLE_BYTES];
	int fd = base_open(env, path, O_RDONLY, 0);
	ssize_t n;

	if (fd < 0)
		return SNP_EMPTY_TABLE;
	n = base_pread(env, fd, table, sizeof(table), 0);
	base_close(env, fd);
	return n < 0 ? -1 : snp_tables_state(m, table, (size_t)n);
}

static bool fits_firmware(struct explore_snp *m, int state)
{
	return state >= 0 && m->states[state].tcb == reported_tcb(m);
}

static const char *name_beside(const char *suffix, char to[64])
{
	struct bytes_wr w = bytes_wr(to, 63);

	bytes_wr_copy(&w, SNP_BLOB, strlen(SNP_BLOB));
	bytes_wr_copy(&w, suffix, strlen(suffix));
	to[w.off] = '\0';
	return to;
}

static const char *const suffixes[] = { "", NEW_SUFFIX, STORE_SUFFIXES };

const char *snp_updater_check_crash(struct explore_snp *m)
{
	int there = state_of(m, SNP_BLOB);
	char name[64];

	if (there != SNP_EMPTY_TABLE && !fits_firmware(m, there) && !sim_kvm_is_paused(m->kvm))
		return "I4: after the crash, the table at the path disagrees with the firmware";
	if (is_careless(m))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++)
		if (fits_firmware(m, state_of(m, name_beside(suffixes[i], name))))
			return NULL;
	return "I4: after the crash, no file has the table for the firmware's current key";
}

/* v14 has no way to know that whoever has paused attestation is dead. */
void snp_recovery_run(struct base_env *env, void *machine)
{
	static const struct update_request recover = { .kind = UPDATE_RECOVER };
	struct explore_snp *m = machine;
	const char *wrong =
		snp_updater_check_crash(m); /* before its first step, so at the moment of the crash */

	if (wrong)
		sched_violate(env, wrong);
	m->updated[sched_self(env)] = update(env, m, &recover);
}

bool snp_updater_skips(const struct explore_snp *m, const struct sched_call *call)
{
	const struct explore_setup *setup = &m->world.setup;
	const char *blob = &SNP_BLOB[1];

	if (call->actor < m->first_updater || !call->fd_path)
		return false;
	if (!strcmp(call->op, "lock exclusive"))
		return (explore_has(setup, EXPLORE_NO_DRAIN) && !strcmp(call->fd_path, blob)) ||
		       (explore_has(setup, EXPLORE_NO_TURN) &&
			!strcmp(call->fd_path, &SNP_BLOB STORE_LOCK_SUFFIX[1]));
	if (!strcmp(call->op, "fsync"))
		return explore_has(setup, EXPLORE_NO_DIR_SYNC) && !*call->fd_path;
	if (!strcmp(call->op, "pwrite") || !strcmp(call->op, "truncate"))
		return explore_has(setup, EXPLORE_NO_EMPTY_OLD) && !strcmp(call->fd_path, blob);
	return false;
}

/* Of a path or descriptor that begins with SNP_BLOB, what follows; NULL: another. */
static const char *suffix_of(const struct sched_call *call)
{
	const char *path = call->path ? call->path : call->fd_path, *blob = &SNP_BLOB[1];

	if (path && *path == '/')
		path++;
	return path && !strncmp(path, blob, strlen(blob)) ? path + strlen(blob) : NULL;
}

static bool is_one_of(const char *text, const char *const *words)
{
	while (*words && strcmp(text, *words) != 0)
		words++;
	return *words != NULL;
}

/*
 * Reads, by an updater that has its turn: nobody else changes these files then, and whoever dies before or
 * after a read leaves the same. What is read out of turn (mode and owner of the blob, and whether it is empty
 * when the update is over) makes a text only.
 */
static bool is_read(const char *op, const char *suffix)
{
	static const char *const reads[] = { "fstat", "pread", NULL };
	/* Who has one of these open in turn has no lock on it, but that of the empty table. */
	static const char *const tables[] = { STORE_NEXT_SUFFIX, STORE_OLD_SUFFIX, STORE_SPARE_SUFFIX, NULL };

	if (!strcmp(suffix, STORE_LOCK_SUFFIX))
		return false;
	if (!strcmp(op, "stat"))
		return *suffix == '\0' || !strcmp(suffix, STORE_EMPTY_SUFFIX);
	return is_one_of(op, reads) || (!strcmp(op, "close") && is_one_of(suffix, tables));
}

/* Steps with files that only an updater in turn looks at, where nobody dies. */
static bool is_private(const char *op, const char *suffix, bool has_others)
{
	static const char *const files[] = { STORE_NEXT_SUFFIX, STORE_OLD_SUFFIX, STORE_SPARE_SUFFIX, NULL };
	static const char *const steps[] = { "open",   "stat",           "fstat", "pwrite", "truncate",
					     "unlink", "lock exclusive", "close", NULL };
	static const char *const of_empty[] = { "open", "pwrite", "truncate", "unlink", NULL };

	if (*suffix == '\0')
		return !strcmp(op, "open");
	if (!strcmp(suffix, STORE_EMPTY_SUFFIX))
		return is_one_of(op, of_empty);
	if (!strcmp(suffix, STORE_LOCK_SUFFIX))
		return !has_others && is_one_of(op, steps);
	return is_one_of(suffix, files) && is_one_of(op, steps);
}

bool snp_updater_is_local(const struct explore_snp *m, const struct sched_call *call)
{
	static const char *const others[] = { "open", "close", "fstat", "stat", NULL };
	const struct explore_setup *setup = &m->world.setup;
	const char *suffix = suffix_of(call);

	if (call->actor < m->first_updater || call->actor >= m->first_updater + m->n_updaters)
		return false;
	if (!strcmp(call->op, "fsync"))
		return !setup->power_loss;
	if (!suffix) /* the directory and the device, which nobody changes */
		return is_one_of(call->op, others);
	if (!strcmp(call->op, "fchmod")) /* to the mode that the file has already */
		return true;
	if (is_careless(m) || explore_has(setup, EXPLORE_NO_TURN))
		return false;
	return is_read(call->op, suffix) ||
	       (setup->crashes == 0 && is_private(call->op, suffix, setup->updaters > 1));
}

/* Of those who ran to their end. */
struct results {
	bool ran, failed, died, recovery_failed;
};

static struct results results(const struct explore_snp *m)
{
	struct results all = { 0 };

	for (unsigned i = 0; i < m->n_updaters + m->n_recoveries; i++) {
		bool recovers = i >= m->n_updaters;
		int r = m->updated[recovers ? m->first_recovery + i - m->n_updaters : m->first_updater + i];

		all.ran |= r != SNP_NOT_RUN;
		all.died |= recovers && r != SNP_NOT_RUN; /* somebody did before it */
		all.failed |= r != SNP_NOT_RUN && r != 0;
		all.recovery_failed |= recovers && r != SNP_NOT_RUN && r != 0;
	}
	return all;
}

const char *snp_updater_check(struct explore_snp *m)
{
	struct results all = results(m);
	int there = state_of(m, SNP_BLOB);
	struct base_stat st;
	char name[64];

	if (there != SNP_EMPTY_TABLE && !fits_firmware(m, there) && !sim_kvm_is_paused(m->kvm))
		return all.died ? "I4: after a crash and a recovery, the table disagrees with the firmware"
				: "I1: the table at the path disagrees with the firmware";
	if (sim_kvm_is_paused(m->kvm))
		return "I3: attestation is still paused, and nobody will resume it";
	if (all.recovery_failed && !m->busy)
		return "I4: recovery after the crash failed";
	if (all.failed && !m->busy && !is_careless(m))
		return "I3: an update failed although nothing prevented it";
	if (all.ran && !all.failed && there == SNP_EMPTY_TABLE)
		return "I4: all updates succeeded, but the table is empty";
	for (size_t i = 1; i < ARRAY_SIZE(suffixes); i++)
		if (all.ran && !all.failed &&
		    base_stat(&m->processes[m->n_processes - 1].base, name_beside(suffixes[i], name), &st) ==
			    0)
			return "I4: a temporary file is left";
	return NULL;
}
