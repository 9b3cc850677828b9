/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "support/fail_memory.h"
#include "support/fault_env.h"
#include "update/update_world.h"
#include "wire/snp_msg.h"

static const struct update_request refresh = { .kind = UPDATE_REFRESH }, recover = { .kind = UPDATE_RECOVER },
				   commit = { .kind = UPDATE_COMMIT };

static void assert_nothing_beside(const struct update_world *w)
{
	static const char *const suffixes[] = { STORE_SUFFIXES };

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++)
		assert_false(world_beside(w, suffixes[i]));
}

static void assert_done(struct update_world *w, int r)
{
	if (r != 0)
		FAIL_BECAUSE("%d: %s", r, w->err.text);
	assert_int_equal(w->result.store.left, STORE_LEFT_NEW);
	assert_int_equal(w->result.table, UPDATE_TABLE_NEW);
	assert_int_equal(world_table(w), WORLD_FITS);
	assert_nothing_beside(w);
	assert_int_equal(w->open_devices, 0);
}

static void publish(struct update_world *w)
{
	assert_done(w, world_update(w, NULL, &refresh));
}

static struct update_request vlek_request(struct update_world *w, uint8_t stick[SNP_VLEK_HASHSTICK_BYTES],
					  uint8_t der[SIM_CERT_MAX_BYTES])
{
	struct update_request request = { .kind = UPDATE_LOAD_VLEK,
					  .hashstick = stick,
					  .hashstick_size = SNP_VLEK_HASHSTICK_BYTES,
					  .vlek = der };
	uint64_t tcb = world_signing(w).reported_tcb;

	assert_int_equal(sim_kds_hashstick(w->psp, SIM_CSP_ID, tcb, stick, NULL), 0);
	assert_int_equal(sim_kds_vlek(w->psp, w->pki, SIM_CSP_ID, tcb, der, &request.vlek_size, NULL), 0);
	return request;
}

static struct update_request config_request(struct update_world *w)
{
	return (struct update_request){ .kind = UPDATE_SET_CONFIG,
					.has_tcb = true,
					.tcb = world_lower_tcb(w, SNP_TCB_MICROCODE) };
}

/* Every command in turn, on every product: table and firmware change together, and all of it is logged. */
static void firmware_and_certificates_change_together(void **state)
{
	(void)state;
	for (int product = SNP_MILAN; product < SNP_N_PRODUCTS; product++) {
		struct update_world *w = world_new((enum snp_product)product, true);
		uint8_t stick[SNP_VLEK_HASHSTICK_BYTES], der[SIM_CERT_MAX_BYTES];
		struct update_request mask = { .kind = UPDATE_SET_CONFIG,
					       .masks = SNP_STATUS_MASK_CHIP_ID,
					       .mask_values = SNP_STATUS_MASK_CHIP_ID };
		struct update_request request = config_request(w);

		publish(w); /* the first publication */
		assert_int_equal(w->commands, 0);
		request.tcb = world_signing(w).reported_tcb;
		assert_done(w, world_update(w, NULL, &request));
		assert_done(w, world_update(w, NULL, &commit));
		assert_int_equal(w->commands, 1);
		assert_int_equal(w->result.after.reported_tcb, w->result.before.current_tcb);
		assert_true(w->result.pause_ns >= w->result.command_ns);
		assert_non_null(world_logged(
			w, "after SNP_COMMIT, the firmware will sign with the VCEK for reported TCB"));
		assert_non_null(world_logged(w, "new readers wait"));
		assert_non_null(world_logged(w, "SNP_COMMIT: done"));
		request = config_request(w);
		assert_done(w, world_update(w, NULL, &request));
		assert_int_equal(world_signing(w).reported_tcb, request.tcb);
		assert_done(w, world_update(w, NULL, &mask));
		assert_int_equal(world_signing(w).reported_tcb, request.tcb);
		assert_int_equal(world_signing(w).flags, SNP_STATUS_MASK_CHIP_ID);
		request = vlek_request(w, stick, der);
		assert_done(w, world_update(w, NULL, &request));
		assert_true(world_signing(w).flags & SNP_STATUS_VLEK_EN);
		publish(w); /* with the VLEK of the table in place */
		assert_done(w, world_update(w, NULL, &commit));
		assert_non_null(world_logged(w, "discards the loaded VLEK"));
		assert_false(world_signing(w).flags & SNP_STATUS_VLEK_EN);
		request = (struct update_request){ .kind = UPDATE_SET_CONFIG, .reset = true };
		assert_done(w, world_update(w, NULL, &request));
		assert_int_equal(world_signing(w).flags, 0);
		w->options.source.with_crl = true;
		publish(w);
		world_free(w);
	}
}

static void a_dry_run_checks_everything_and_changes_nothing(void **state)
{
	struct update_world *w = *state;
	struct update_request request = config_request(w);
	struct update_signing before = world_signing(w), now;

	w->options.dry_run = true;
	assert_int_equal(world_update(w, NULL, &request), 0);
	assert_int_equal(w->result.after.reported_tcb, request.tcb);
	assert_non_null(world_logged(w, "verifies reports signed with that key"));
	assert_int_equal(w->commands, 0);
	now = world_signing(w);
	assert_true(update_signing_equal(&before, &now));
	assert_int_equal(world_table(w), WORLD_ABSENT);
	assert_nothing_beside(w);
	w->source_fails = JURAT_NOT_FOUND;
	assert_int_equal(world_update(w, NULL, &request), JURAT_NOT_FOUND);
	assert_int_equal(w->result.table, UPDATE_TABLE_NONE);
	world_assert_outcome(w, JURAT_NOT_FOUND, false);
}

/* What a source may serve in place of what was asked for. */
static void other_chip(struct update_world *w, const struct endorse_item *item, struct endorse_value *v)
{
	const struct sim_psp_options other = { .product = w->product, .seed = SIM_PKI_DEFAULT_SEED "/2" };
	uint8_t der[SIM_CERT_MAX_BYTES];
	struct sim_psp *psp;
	size_t n;

	if (item->kind != ENDORSE_VCEK)
		return;
	assert_int_equal(sim_psp_new(&other, &psp, NULL), 0);
	assert_int_equal(sim_kds_vcek(psp, w->pki, snp_tcb_write(w->product, &item->tcb), der, &n, NULL), 0);
	sim_psp_free(psp);
	endorse_value_done(v);
	*v = (struct endorse_value){ .body = heap_copy(der, n), .size = n };
}

static void other_tcb(struct update_world *w, const struct endorse_item *item, struct endorse_value *v)
{
	uint8_t der[SIM_CERT_MAX_BYTES];
	size_t n;

	if (item->kind != ENDORSE_VCEK)
		return;
	assert_int_equal(sim_kds_vcek(w->psp, w->pki, world_lower_tcb(w, SNP_TCB_BOOT_LOADER), der, &n, NULL),
			 0);
	endorse_value_done(v);
	*v = (struct endorse_value){ .body = heap_copy(der, n), .size = n };
}

static void damaged(struct update_world *w, const struct endorse_item *item, struct endorse_value *v)
{
	(void)w;
	if (item->kind == ENDORSE_VCEK)
		v->body[v->size - 1] ^= 1; /* in the signature */
}

static void damaged_chain(struct update_world *w, const struct endorse_item *item, struct endorse_value *v)
{
	(void)w;
	if (item->kind == ENDORSE_VCEK_CHAIN)
		v->size /= 2;
}

static void vlek_chain(struct update_world *w, const struct endorse_item *item, struct endorse_value *v)
{
	struct endorse_item other = *item;

	if (item->kind != ENDORSE_VCEK_CHAIN)
		return;
	other.kind = ENDORSE_VLEK_CHAIN;
	endorse_value_done(v);
	assert_int_equal(w->options.source.get(w, &other, v, NULL), 0);
}

static void empty(struct update_world *w, const struct endorse_item *item, struct endorse_value *v)
{
	(void)w;
	(void)item;
	v->size = 0;
}

/* A source that lies changes nothing: the command is issued when its certificates are right only. */
static void what_a_source_gets_wrong_is_refused_before_anything_changes(void **state)
{
	static void (*const lies[])(struct update_world *, const struct endorse_item *,
				    struct endorse_value *) = { other_chip,    other_tcb,  damaged,
								damaged_chain, vlek_chain, empty };
	struct update_world *w = *state;

	publish(w);
	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		struct update_signing before = world_signing(w), now;
		int r;

		w->alter = lies[i];
		r = world_update(w, NULL, &commit);
		if (r != JURAT_REFUSED || w->err.text[0] == '\0')
			FAIL_BECAUSE("lie %zu: %d, %s", i, r, w->err.text);
		now = world_signing(w);
		assert_true(update_signing_equal(&before, &now));
		assert_int_equal(w->commands, 0);
		assert_int_equal(w->result.pause_ns, 0);
		assert_int_equal(world_table(w), WORLD_FITS);
	}
	world_heal(w);
	assert_done(w, world_update(w, NULL, &commit));
}

static void a_vlek_certificate_must_be_that_of_the_hashstick(void **state)
{
	struct update_world *w = *state;
	uint8_t stick[SNP_VLEK_HASHSTICK_BYTES], der[SIM_CERT_MAX_BYTES];
	struct update_request request = vlek_request(w, stick, der), none = request;

	publish(w);
	none.vlek = NULL;
	assert_int_equal(world_update(w, NULL, &none), -ENODATA);
	assert_non_null(strstr(w->err.text, "--vlek"));
	assert_int_equal(sim_kds_vlek(w->psp, w->pki, SIM_CSP_ID, world_lower_tcb(w, SNP_TCB_BOOT_LOADER),
				      der, &request.vlek_size, NULL),
			 0);
	assert_int_equal(world_update(w, NULL, &request), JURAT_REFUSED);
	assert_non_null(strstr(w->err.text, "leaf-tcb-mismatch"));
	assert_int_equal(w->commands, 0);
	request = vlek_request(w, stick, der);
	der[request.vlek_size - 1] ^= 1;
	assert_int_equal(world_update(w, NULL, &request), JURAT_REFUSED);
	assert_non_null(strstr(w->err.text, "leaf-signature"));
	der[request.vlek_size - 1] ^= 1;
	stick[0x1a0] ^= 1; /* the tag: only the firmware notices */
	assert_int_equal(world_update(w, NULL, &request), JURAT_REFUSED);
	assert_non_null(strstr(w->err.text, "SNP_VLEK_LOAD: the firmware returned BAD_SIGNATURE"));
	assert_int_equal(w->result.store.left, STORE_LEFT_OLD);
	assert_int_equal(world_table(w), WORLD_FITS);
}

/* What the firmware's answer and the status after it mean for the table. */
static void after_every_answer_table_and_firmware_agree(void **state)
{
	static const struct {
		struct world_answer answer;
		unsigned hidden; /* SNP_PLATFORM_STATUS fails after the command, so many times */
		int r;
		enum store_left left;
		enum world_table table;
	} rows[] = {
		/* refused: the old pair */
		{ { -EIO, SNP_INVALID_CONFIG, false, 1 }, 0, JURAT_REFUSED, STORE_LEFT_OLD, WORLD_FITS },
		{ { -ENODEV, 0, false, 1 }, 0, JURAT_REFUSED, STORE_LEFT_OLD, WORLD_FITS },
		{ { -EPERM, 0, false, 1 }, 0, JURAT_REFUSED, STORE_LEFT_OLD, WORLD_FITS },
		/* the answer was lost: the status tells whether it was executed */
		{ { -ETIMEDOUT, 0, true, 1 }, 0, 0, STORE_LEFT_NEW, WORLD_FITS },
		{ { -ETIMEDOUT, 0, false, 1 }, 0, JURAT_REFUSED, STORE_LEFT_OLD, WORLD_FITS },
		{ { -EIO, 0, true, 1 }, 0, 0, STORE_LEFT_NEW, WORLD_FITS },
		{ { -EFAULT, 0, true, 1 }, 0, 0, STORE_LEFT_NEW, WORLD_FITS },
		/* refused, yet changed: the certificates of the state that is there */
		{ { -EIO, SNP_INVALID_CONFIG, true, 1 }, 0, -EIO, STORE_LEFT_NEW, WORLD_FITS },
		/* "done", yet not changed (B17) */
		{ { 0, 0, false, 1 }, 0, -EIO, STORE_LEFT_NEW, WORLD_FITS },
		/* the AMD Secure Processor is dead: nobody can tell */
		{ { -ETIMEDOUT, 0, true, 1 }, WORLD_STAYS, -EINPROGRESS, STORE_LEFT_EMPTY, WORLD_EMPTY },
		{ { -ETIMEDOUT, 0, false, 1 }, WORLD_STAYS, -EINPROGRESS, STORE_LEFT_EMPTY, WORLD_EMPTY },
		{ { -EBUSY, 0, false, 1 }, WORLD_STAYS, -EINPROGRESS, STORE_LEFT_EMPTY, WORLD_EMPTY },
		{ { 0, 0, true, 1 }, WORLD_STAYS, -EINPROGRESS, STORE_LEFT_EMPTY, WORLD_EMPTY },
		/* it answers again */
		{ { -ETIMEDOUT, 0, true, 1 }, 1, -EIO, STORE_LEFT_NEW, WORLD_FITS },
		{ { 0, 0, true, 1 }, 1, -EIO, STORE_LEFT_NEW, WORLD_FITS },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct update_world *w = world_new(SNP_MILAN, true);
		struct update_signing before, now;
		int r;

		publish(w);
		before = world_signing(w);
		w->answers[SEV_CMD_SNP_COMMIT] = rows[i].answer;
		w->answers[SEV_CMD_SNP_PLATFORM_STATUS] = (struct world_answer){ 0 };
		w->hide_after_command = rows[i].hidden;
		r = world_update(w, NULL, &commit);
		if (r != rows[i].r || w->result.store.left != rows[i].left || world_table(w) != rows[i].table)
			FAIL_BECAUSE("row %zu: %d, left %d, table %d: %s", i, r, w->result.store.left,
				     world_table(w), w->err.text);
		world_assert_outcome(w, r, false);
		assert_true(w->commands == 1 && w->result.issued);
		now = world_signing(w);
		assert_int_equal(w->result.executed, r == -EINPROGRESS ? UPDATE_EXECUTED_UNKNOWN
						     : update_signing_equal(&before, &now)
							     ? UPDATE_NOT_EXECUTED
							     : UPDATE_EXECUTED);
		assert_int_equal(w->result.has_after, r != -EINPROGRESS);
		assert_true(update_signing_equal(&w->result.before, &before)); /* the last command */
		assert_false(world_beside(w, STORE_LOCK_SUFFIX) || world_beside(w, STORE_EMPTY_SUFFIX));
		assert_int_equal(world_beside(w, STORE_NEXT_SUFFIX), r == -EINPROGRESS);
		world_heal(w);
		assert_int_equal(world_update(w, NULL, &recover), 0);
		assert_int_equal(world_table(w), WORLD_FITS);
		assert_done(w, world_update(w, NULL, &commit));
		world_free(w);
	}
}

/* Another VLEK of the same TCB does not show in the status: a lost answer leaves open which one it is. */
static void a_lost_answer_to_what_the_status_does_not_show_is_no_refusal(void **state)
{
	struct update_world *w = *state;
	uint8_t stick[SNP_VLEK_HASHSTICK_BYTES], der[SIM_CERT_MAX_BYTES];
	struct update_request request = vlek_request(w, stick, der);

	publish(w);
	assert_done(w, world_update(w, NULL, &request));
	for (int executes = 0; executes <= 1; executes++) {
		w->answers[SEV_CMD_SNP_VLEK_LOAD] = (struct world_answer){ -ETIMEDOUT, 0, executes, 1 };
		assert_int_equal(world_update(w, NULL, &request), -EIO);
		assert_non_null(strstr(w->err.text, "whether the firmware was changed is unknown"));
		world_heal(w);
		assert_done(w, world_update(w, NULL, &request));
	}
}

/* The firmware reports a TCB that was not foreseen: its certificates are published at once. */
static void a_state_that_was_not_foreseen_gets_its_certificates(void **state)
{
	static const struct update_request reset = { .kind = UPDATE_SET_CONFIG, .reset = true };
	struct update_world *w = *state;
	struct update_signing now;

	publish(w);
	assert_done(w, world_update(w, NULL, &reset)); /* committed is not current, as was assumed */
	now = world_signing(w);
	assert_true(now.reported_tcb != now.current_tcb);
	assert_true(w->result.after.reported_tcb == now.reported_tcb);
	assert_true(w->result.pause_ns >= world_logged_ns(w, "no reader holds", true) -
						  world_logged_ns(w, "new readers wait", false));
	assert_non_null(world_logged(w, "expected the VCEK for reported TCB"));
	/* and when they cannot be had, there are none */
	assert_done(w, world_update(w, NULL, &commit));
	w->shown = (struct snp_platform_status){ .state = 1,
						 .current_tcb = now.current_tcb,
						 .reported_tcb = world_lower_tcb(w, SNP_TCB_BOOT_LOADER) };
	w->shows_after = 3; /* of the plan, with the turn, before the command */
	w->shows = 2;       /* after it, and for the plan that follows */
	w->fails_after_shown = -EHOSTUNREACH;
	assert_int_equal(world_update(w, NULL, &commit), -EINPROGRESS);
	world_assert_outcome(w, -EINPROGRESS, false);
	assert_non_null(strstr(w->err.text, "until `jurat host recover` succeeds: the source fails"));
	assert_non_null(strstr(w->err.text, "before that: whether the firmware was changed is unknown"));
	assert_int_equal(world_table(w), WORLD_EMPTY);
	assert_true(w->result.pause_ns >= world_logged_ns(w, "whether the firmware was changed", true) -
						  world_logged_ns(w, "new readers wait", false));
	world_heal(w);
	assert_int_equal(world_update(w, NULL, &recover), 0);
	assert_int_equal(world_table(w), WORLD_FITS);
}

static void another_program_commits(struct update_world *w)
{
	assert_int_equal(sim_psp_commit(w->psp), SNP_SUCCESS);
}

/* Between the plan and the turn of this updater, another one was at work. */
static void a_change_by_another_program_means_a_new_plan(void **state)
{
	struct update_world *w = *state;
	struct update_request mask = { .kind = UPDATE_SET_CONFIG,
				       .masks = SNP_STATUS_MASK_CHIP_ID,
				       .mask_values = SNP_STATUS_MASK_CHIP_ID };

	publish(w);
	w->after_get = another_program_commits;
	assert_done(w, world_update(w, NULL, &mask));
	assert_non_null(world_logged(w, "starting over"));
	assert_int_equal(w->commands, 1);
	assert_int_equal(world_signing(w).reported_tcb, world_signing(w).current_tcb);
	assert_int_equal(world_signing(w).flags, SNP_STATUS_MASK_CHIP_ID);
}

static void recover_uses_what_fits_and_asks_no_service_for_it(void **state)
{
	struct update_world *w = *state;
	struct update_signing before;
	char next[96], empty_name[96];

	publish(w);
	TEXT(next, "%s" STORE_NEXT_SUFFIX, w->path);
	TEXT(empty_name, "%s" STORE_EMPTY_SUFFIX, w->path);
	/* nothing to do */
	assert_int_equal(world_update(w, NULL, &recover), 0);
	assert_int_equal(w->result.store.left, STORE_LEFT_OLD);
	assert_non_null(world_logged(w, "nothing to recover"));
	assert_int_equal(w->asked, 0);
	/* died after the exchange: the old table has the other name */
	assert_int_equal(rename(w->path, empty_name), 0);
	world_put(w, (uint8_t[STORE_EMPTY_BYTES]){ 0 }, STORE_EMPTY_BYTES);
	assert_done(w, world_update(w, NULL, &recover));
	assert_int_equal(w->asked, 0);
	/* died after the command: the new table is still beside the path */
	assert_int_equal(rename(w->path, next), 0);
	world_put(w, (uint8_t[STORE_EMPTY_BYTES]){ 0 }, STORE_EMPTY_BYTES);
	assert_done(w, world_update(w, NULL, &recover));
	assert_int_equal(w->asked, 0);
	/* a tool that knows no certificates changed the TCB */
	before = world_signing(w);
	assert_int_equal(sim_psp_commit(w->psp), SNP_SUCCESS);
	assert_int_equal(world_table(w), WORLD_DISAGREES);
	assert_done(w, world_update(w, NULL, &recover));
	assert_true(w->asked > 0 && w->result.after.reported_tcb != before.reported_tcb);
}

/* No service has the certificate of a VLEK: after a crash it is that of the right table among those left. */
static void an_update_after_a_crash_finds_the_vlek_certificate(void **state)
{
	struct update_world *w = *state;
	const struct snp_config lower = { .reported_tcb = world_lower_tcb(w, SNP_TCB_BOOT_LOADER) };
	uint8_t stick[SNP_VLEK_HASHSTICK_BYTES], der[SIM_CERT_MAX_BYTES];
	struct update_request request;
	char next[96], old[96], keep[96];

	TEXT(next, "%s" STORE_NEXT_SUFFIX, w->path);
	TEXT(old, "%s" STORE_OLD_SUFFIX, w->path);
	TEXT(keep, "%s/keep", w->dir);
	publish(w);
	assert_done(w, world_update(w, NULL, &commit));
	request = vlek_request(w, stick, der);
	assert_done(w, world_update(w, NULL, &request));
	assert_int_equal(rename(w->path, next), 0); /* that of another TCB, soon */
	world_put(w, (uint8_t[STORE_EMPTY_BYTES]){ 0 }, STORE_EMPTY_BYTES);
	assert_int_equal(sim_psp_config(w->psp, &lower), SNP_SUCCESS);
	request = vlek_request(w, stick, der);
	assert_int_equal(sim_psp_vlek_load(w->psp, stick), SNP_SUCCESS);
	assert_int_equal(world_update(w, NULL, &refresh), -ENODATA);
	assert_non_null(strstr(w->err.text, "--vlek"));
	assert_int_equal(rename(next, keep), 0);
	request.kind = UPDATE_REFRESH;
	assert_done(w, world_update(w, NULL, &request));
	assert_int_equal(rename(w->path, old), 0);
	assert_int_equal(rename(keep, next), 0);
	world_put(w, (uint8_t[STORE_EMPTY_BYTES]){ 0 }, STORE_EMPTY_BYTES);
	assert_done(w, world_update(w, NULL, &refresh));
	assert_true(world_signing(w).flags & SNP_STATUS_VLEK_EN);
}

/* Rather none than those of another key. */
static void recover_without_a_source_leaves_no_wrong_certificates(void **state)
{
	struct update_world *w = *state;

	publish(w);
	assert_int_equal(sim_psp_commit(w->psp), SNP_SUCCESS);
	w->source_fails = -EHOSTUNREACH;
	w->options.dry_run = true;
	assert_int_equal(world_update(w, NULL, &recover), -EHOSTUNREACH);
	assert_int_equal(world_table(w), WORLD_DISAGREES);
	w->options.dry_run = false;
	assert_int_equal(world_update(w, NULL, &recover), -ENODATA);
	world_assert_outcome(w, -ENODATA, false);
	assert_true(w->result.pause_ns > world_logged_ns(w, "directory is on disk", true) -
						 world_logged_ns(w, "new readers wait", false));
	assert_non_null(strstr(w->err.text, "the table before it was for another key: the source fails"));
	assert_non_null(world_logged(w, "the empty table is in place"));
	assert_null(world_logged(w, "the new table is in place"));
	assert_int_equal(w->result.store.left, STORE_LEFT_EMPTY);
	assert_int_equal(world_table(w), WORLD_EMPTY);
	/* again: nothing changes, and the empty table is still what guests get */
	assert_int_equal(world_update(w, NULL, &recover), -EHOSTUNREACH);
	assert_int_equal(w->result.table, UPDATE_TABLE_EMPTY);
	world_assert_outcome(w, -EHOSTUNREACH, false);
	w->options.device = "/dev/null/none";
	assert_true(world_update(w, NULL, &recover) < 0);
	world_assert_outcome(w, -ENOTDIR, false);
	w->options.device = "/dev/sev";
	world_heal(w);
	assert_done(w, world_update(w, NULL, &recover));
}

/* What is wrong is the clock, the roots or the product's name, not the table, which stays. */
static void a_failed_check_is_no_reason_to_empty_a_table(void **state)
{
	struct update_world *w = *state;
	const struct update_options options = w->options;
	struct jurat_verifier *no_roots;

	publish(w);
	assert_int_equal(jurat_verifier_new(&no_roots, NULL), 0);
	for (int row = 0; row < 8; row++) {
		int r;

		w->options = options;
		w->source_fails = row & 1 ? JURAT_REFUSED : -EHOSTUNREACH;
		if (row / 2 == 0)
			w->options.source.at = 946684800; /* 2000-01-01 */
		else if (row / 2 == 1)
			w->options.source.at = INT64_C(7258118400); /* 2200-01-01 */
		else if (row / 2 == 2)
			w->options.source.verifier = no_roots;
		else
			w->options.product = SNP_GENOA;
		r = world_update(w, NULL, &recover);
		if (r != w->source_fails || w->result.table != UPDATE_TABLE_OLD)
			FAIL_BECAUSE("row %d: %d, left %d: %s", row, r, w->result.store.left, w->err.text);
		w->options = options;
		assert_int_equal(world_table(w), WORLD_FITS);
		assert_null(strstr(w->err.text, "another key"));
	}
	jurat_verifier_free(no_roots);
}

static int recover_without_memory(void *ctx)
{
	struct update_world *w = ctx;
	int r;

	fail_memory_resume();
	r = world_update(w, NULL, &recover);
	fail_memory_pause();
	assert_int_equal(world_table(w), WORLD_FITS);
	return r;
}

static void nor_is_a_lack_of_memory(void **state)
{
	struct update_world *w = *state;

	publish(w);
	w->source_fails = -EHOSTUNREACH;
	assert_true(fail_memory_each(recover_without_memory, w) >= 4);
}

/* A table of another key is emptied also when the clock is wrong; one beside it may fit once it is right. */
static void what_was_left_beside_a_table_of_another_key_stays(void **state)
{
	struct update_world *w = *state;
	char next[96], old[96];

	publish(w);
	TEXT(next, "%s" STORE_NEXT_SUFFIX, w->path);
	TEXT(old, "%s/old", w->dir);
	assert_int_equal(link(w->path, old), 0);
	assert_int_equal(unlink(w->path), 0);
	assert_int_equal(sim_psp_commit(w->psp), SNP_SUCCESS);
	publish(w);
	assert_int_equal(rename(w->path, next), 0);
	assert_int_equal(rename(old, w->path), 0);
	assert_int_equal(world_table(w), WORLD_DISAGREES);
	w->source_fails = -EHOSTUNREACH;
	w->options.source.at = 946684800;
	assert_int_equal(world_update(w, NULL, &recover), -ENODATA);
	assert_int_equal(world_table(w), WORLD_EMPTY);
	w->options.source.at = world_time(w);
	assert_done(w, world_update(w, NULL, &recover));
}

static struct {
	struct update_world *w;
	uint8_t table[16384];
	size_t n;
	int (*open)(struct base_env *env, const char *path, int flags, unsigned mode);
} other_updater;

/* Another updater publishes the right table right before this one has its turn. */
static int open_after_another(struct base_env *env, const char *path, int flags, unsigned mode)
{
	if (strstr(path, STORE_LOCK_SUFFIX) && flags & O_CREAT)
		world_put(other_updater.w, other_updater.table, other_updater.n);
	return other_updater.open(env, path, flags, mode);
}

static void a_table_that_another_updater_made_right_is_not_emptied(void **state)
{
	struct update_world *w = *state;
	auto_free uint8_t *old = NULL;
	size_t n_old;
	uint8_t *right;
	int r;

	publish(w);
	assert_int_equal(base_read_file(base_env_real(), w->path, 16384, &old, &n_old, NULL), 0);
	assert_int_equal(sim_psp_commit(w->psp), SNP_SUCCESS);
	publish(w);
	assert_int_equal(base_read_file(base_env_real(), w->path, 16384, &right, &other_updater.n, NULL), 0);
	memcpy(other_updater.table, right, other_updater.n);
	free(right);
	world_put(w, old, n_old);
	assert_int_equal(world_table(w), WORLD_DISAGREES);
	other_updater.w = w;
	other_updater.open = w->ops.open;
	w->ops.open = open_after_another;
	w->source_fails = -EHOSTUNREACH;
	r = world_update(w, NULL, &recover);
	w->ops.open = other_updater.open;
	assert_int_equal(r, -EHOSTUNREACH);
	assert_int_equal(w->result.store.left, STORE_LEFT_OLD);
	assert_int_equal(world_table(w), WORLD_FITS);
}

static void what_strangers_can_touch_is_refused_first(void **state)
{
	struct update_world *w = *state;

	publish(w);
	assert_int_equal(chmod(w->path, 0666), 0);
	assert_int_equal(world_update(w, NULL, &commit), -EPERM);
	assert_true(w->commands == 0 && w->asked == 0);
	assert_int_equal(chmod(w->path, 0600), 0);
	assert_int_equal(chmod(w->dir, 0777), 0);
	assert_int_equal(world_update(w, NULL, &commit), -EPERM);
	assert_int_equal(chmod(w->dir, 0700), 0);
	assert_done(w, world_update(w, NULL, &commit));
}

/* The commands that the rows below repeat, from the same state. */
enum which { COMMIT, CONFIG, LOAD_VLEK, REFRESH, N_WHICH };

struct again {
	uint8_t stick[SNP_VLEK_HASHSTICK_BYTES], der[SIM_CERT_MAX_BYTES];
	uint8_t platform[SIM_PSP_STATE_BYTES];
	struct update_request request;
};

static void prepare(struct update_world *w, enum which which, struct again *a)
{
	publish(w);
	sim_psp_save(w->psp, a->platform);
	if (which == COMMIT || which == REFRESH)
		a->request = which == COMMIT ? commit : refresh;
	else if (which == CONFIG)
		a->request = config_request(w);
	else
		a->request = vlek_request(w, a->stick, a->der);
}

static void begin_again(struct update_world *w, const struct again *a)
{
	assert_int_equal(sim_psp_load(w->psp, a->platform, sizeof(a->platform), NULL), 0);
	publish(w);
}

static void check_and_recover(struct update_world *w, const struct fault_env *env, int r)
{
	enum world_table table = world_table(w);

	if (!env->crash)
		world_assert_outcome(w, r, env->fired);
	if (r == JURAT_REFUSED && !w->result.issued)
		FAIL_BECAUSE("call %u, %s: refused what was not asked for", env->at, env->fired_in);
	if (table != WORLD_EMPTY && table != WORLD_FITS)
		FAIL_BECAUSE("call %u, %s: %d, %s: table %d", env->at, env->fired_in, r, w->err.text, table);
	if (r == 0 && table != WORLD_FITS)
		FAIL_BECAUSE("call %u, %s: success without certificates", env->at, env->fired_in);
	w->source_fails = -EHOSTUNREACH; /* one right table is always on disk */
	r = world_update(w, NULL, &recover);
	if (r != 0)
		FAIL_BECAUSE("call %u, %s: recover: %d, %s", env->at, env->fired_in, r, w->err.text);
	assert_int_equal(world_table(w), WORLD_FITS);
	assert_nothing_beside(w);
	world_heal(w);
}

static void the_kth_effect_fails_or_is_the_last_and_they_still_agree(void **state)
{
	unsigned tried = 0;

	(void)state;
	for (int which = COMMIT; which < N_WHICH; which++)
		for (int crash = 0; crash <= 1; crash++) {
			struct update_world *w = world_new(SNP_MILAN, true);
			struct again a;

			prepare(w, (enum which)which, &a);
			for (unsigned k = 1;; k++) {
				struct fault_env env =
					crash ? fault_env_crash(&w->env, k) : fault_env_nth(&w->env, k, -EIO);
				int r;

				begin_again(w, &a);
				r = world_update(w, &env.base, &a.request);
				assert_true(w->commands <= 1);
				if (env.fired && crash && r == 0 && !world_beside(w, ""))
					FAIL_BECAUSE("a crash is no success");
				check_and_recover(w, &env, r);
				if (!env.fired)
					break;
				tried++;
			}
			world_free(w);
		}
	print_message("             %u effects failed or were the last\n", tried);
}

/* The next update in place of a recovery, which dies too: what fits is among the files of either. */
static void an_update_that_follows_a_crash_may_die_anywhere_too(void **state)
{
	struct update_world *w = *state;
	unsigned tried = 0;
	struct again first;

	prepare(w, CONFIG, &first);
	for (unsigned k = 1;; k += 3) {
		struct fault_env dead, env = { .fired = true };

		for (unsigned j = 1; env.fired; j += (unsigned)(1 + test_step())) {
			dead = fault_env_crash(&w->env, k);
			env = fault_env_crash(&w->env, j);
			begin_again(w, &first);
			(void)!world_update(w, &dead.base, &first.request);
			check_and_recover(w, &env, world_update(w, &env.base, &commit));
			tried++;
		}
		if (!dead.fired)
			break;
	}
	print_message("             %u pairs of effects were the last\n", tried);
}

static void recovery_itself_may_fail_or_die_anywhere(void **state)
{
	struct update_world *w = *state;
	unsigned tried = 0;

	for (int crash = 0; crash <= 1; crash++)
		for (unsigned k = 1;; k++) {
			struct fault_env env =
				crash ? fault_env_crash(&w->env, k) : fault_env_nth(&w->env, k, -EIO);
			char next[96];
			int r;

			publish(w);
			TEXT(next, "%s" STORE_NEXT_SUFFIX, w->path);
			assert_int_equal(rename(w->path, next), 0);
			world_put(w, (uint8_t[STORE_EMPTY_BYTES]){ 0 }, STORE_EMPTY_BYTES);
			r = world_update(w, &env.base, &recover);
			check_and_recover(w, &env, r);
			if (!env.fired)
				break;
			tried++;
		}
	print_message("             %u effects failed or were the last\n", tried);
}

static int set_up(void **state)
{
	*state = world_new(SNP_MILAN, true);
	return 0;
}

static int tear_down(void **state)
{
	world_free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		cmocka_unit_test(firmware_and_certificates_change_together),
		TEST(a_dry_run_checks_everything_and_changes_nothing),
		TEST(what_a_source_gets_wrong_is_refused_before_anything_changes),
		TEST(a_vlek_certificate_must_be_that_of_the_hashstick),
		cmocka_unit_test(after_every_answer_table_and_firmware_agree),
		TEST(a_lost_answer_to_what_the_status_does_not_show_is_no_refusal),
		TEST(a_state_that_was_not_foreseen_gets_its_certificates),
		TEST(a_change_by_another_program_means_a_new_plan),
		TEST(recover_uses_what_fits_and_asks_no_service_for_it),
		TEST(an_update_after_a_crash_finds_the_vlek_certificate),
		TEST(recover_without_a_source_leaves_no_wrong_certificates),
		TEST(a_failed_check_is_no_reason_to_empty_a_table),
		TEST(nor_is_a_lack_of_memory),
		TEST(what_was_left_beside_a_table_of_another_key_stays),
		TEST(a_table_that_another_updater_made_right_is_not_emptied),
		TEST(what_strangers_can_touch_is_refused_first),
		cmocka_unit_test(the_kth_effect_fails_or_is_the_last_and_they_still_agree),
		TEST(an_update_that_follows_a_crash_may_die_anywhere_too),
		TEST(recovery_itself_may_fail_or_die_anywhere),
	};

	return cmocka_run_group_tests_name("update_update", tests, NULL, NULL);
}
