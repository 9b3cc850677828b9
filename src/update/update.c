/* SPDX-License-Identifier: MIT */
#include "update/update.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "store/access.h"
#include "update/left.h"
#include "update/sev_device.h"

enum { MAX_PLANS = 4, TEXT_BYTES = 2 * UPDATE_SIGNING_BYTES + 128 };

struct run {
	const struct update_options *o;
	const struct update_request *request;
	struct base_env *env;
	struct sev_device dev;
	struct update_plan plan;
	uint8_t *table;
	size_t table_size;
	uint64_t start_ns, queued_ns;
	bool queued;                    /* since queued_ns, new readers wait or get the empty table */
	bool planned;                   /* `plan` is valid */
	bool moved;                     /* the state was no longer that of the plan when the turn came */
	bool emptying;                  /* a table of another key goes, and none takes its place */
	int command;                    /* result of the command; valid if result.issued */
	struct update_signing expected; /* after it, likewise */
	struct update_result result;
	struct jurat_error *err;
};

__attribute__((format(printf, 4, 5))) static void event(struct run *u, enum update_phase phase,
							enum store_step step, const char *format, ...)
{
	struct update_event e = { .phase = phase, .step = step };
	char text[TEXT_BYTES];
	va_list ap;

	if (!u->o->event)
		return;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	e.at_ns = base_now_ns(u->env) - u->start_ns;
	e.text = base_plain_text(text);
	u->o->event(u->o->event_ctx, &e);
}

static int read_signing(struct run *u, struct update_signing *ret, struct jurat_error *err)
{
	struct snp_platform_status status;
	int r = sev_device_status(&u->dev, &status, err);

	if (r == 0)
		*ret = update_signing_of(&status);
	return r;
}

/* Step 1. */
static int make_plan(struct run *u, const struct update_request *request)
{
	struct snp_platform_status status;
	struct update_signing now;
	char text[UPDATE_SIGNING_BYTES];
	uint8_t hwid[64];
	int r = sev_device_status(&u->dev, &status, u->err);

	if (r == 0)
		r = sev_device_hwid(&u->dev, hwid, u->err);
	if (r < 0)
		return r;
	now = update_signing_of(&status);
	if (!u->result.issued) /* after a command, `before` is what was before that */
		u->result.before = now;
	u->result.has_before = true;
	if (u->result.issued)
		u->result.after = now;
	u->result.has_after |= u->result.issued;
	event(u, UPDATE_STATUS, 0, "the firmware signs with the %s",
	      update_signing_format(u->o->product, &now, text));
	r = update_plan_make(u->o->product, hwid, &status, request, &u->plan, u->err);
	if (r != 0)
		return r;
	u->planned = true;
	for (unsigned i = 0; i < u->plan.n_notes; i++)
		event(u, UPDATE_NOTE, 0, "%s", u->plan.notes[i]);
	if (update_command_name(request->kind))
		event(u, UPDATE_PLANNED, 0, "after %s, the firmware will sign with the %s",
		      update_command_name(request->kind),
		      update_signing_format(u->o->product, &u->plan.after, text));
	return 0;
}

/* Step 2. */
static int make_table(struct run *u)
{
	auto_free uint8_t *vlek = NULL;
	const uint8_t *certificate = u->request->vlek;
	size_t n = u->request->vlek_size;
	int r = 0;

	free(u->table);
	u->table = NULL;
	if (!certificate && u->plan.after.flags & SNP_STATUS_VLEK_EN) {
		r = left_vlek(u->env, u->o->blob, &u->plan, &vlek, &n, u->err);
		certificate = vlek;
	}
	if (r == 0)
		r = update_source_make(&u->o->source, &u->plan, certificate, n, &u->table, &u->table_size,
				       u->err);
	if (r == 0)
		event(u, UPDATE_CHECKED, 0,
		      "the new certificate table (%zu bytes) verifies reports signed with that key",
		      u->table_size);
	return r;
}

static int command(struct run *u, struct jurat_error *err)
{
	uint64_t start = base_now_ns(u->env);
	int r;

	u->result.issued = true;
	u->result.has_after = false;
	u->expected = u->plan.after;
	if (u->plan.kind == UPDATE_COMMIT)
		r = sev_device_commit(&u->dev, err);
	else if (u->plan.kind == UPDATE_SET_CONFIG)
		r = sev_device_set_config(&u->dev, &u->plan.config, err);
	else
		r = sev_device_vlek_load(&u->dev, u->request->hashstick, err);
	u->result.command_ns = base_now_ns(u->env) - start;
	if (r == 0)
		event(u, UPDATE_COMMAND, 0, "%s: done", update_command_name(u->plan.kind));
	else
		event(u, UPDATE_COMMAND, 0, "%s", err->text);
	return r;
}

/*
 * What a command did is believed after the status was read back only (B17). A firmware that refused and
 * reports the old state did not change; one that may have executed a lost command shows it, unless the
 * command changes nothing that the status shows.
 */
static enum store_changed read_back(struct run *u, const struct jurat_error *said, struct jurat_error *err)
{
	const struct update_plan *plan = &u->plan;
	bool visible = !update_signing_equal(&plan->before, &plan->after);
	char is[UPDATE_SIGNING_BYTES], expected[UPDATE_SIGNING_BYTES];
	struct update_signing now;

	if (read_signing(u, &now, err) < 0)
		return STORE_UNKNOWN;
	u->result.after = now;
	u->result.has_after = true;
	update_signing_format(plan->product, &now, is);
	event(u, UPDATE_READ_BACK, 0, "the firmware signs with the %s", is);
	if (update_signing_equal(&now, &plan->after) && (u->command == 0 || (u->command < 0 && visible)))
		return STORE_CHANGED;
	if (update_signing_equal(&now, &plan->before) &&
	    (u->command == JURAT_REFUSED || (u->command < 0 && visible))) {
		*err = *said;
		return STORE_UNCHANGED;
	}
	update_signing_format(plan->product, &plan->after, expected);
	if (said->text[0])
		jurat_fail(err, -EIO, "it signs with the %s, expected the %s: %s", is, expected, said->text);
	else
		jurat_fail(err, -EIO, "it signs with the %s, expected the %s", is, expected);
	return STORE_UNKNOWN;
}

/* 0; -ECANCELED the state is no longer that of the plan; another -errno: it cannot be read */
static int check_unmoved(struct run *u, struct jurat_error *err)
{
	struct update_signing now;
	int r = read_signing(u, &now, err);

	if (r < 0)
		return r;
	u->result.after = now;
	u->result.has_after = true;
	u->moved = !update_signing_equal(&now, &u->plan.before);
	return u->moved ? jurat_fail(err, -ECANCELED, "another program changed it at the same time") : 0;
}

/* Step 3, with the turn: only now are files beside the table none of an updater that is at work. */
static int begin(void *ctx, const char **ret_keep, struct jurat_error *err)
{
	struct run *u = ctx;
	struct update_plan present = u->plan;
	struct left left auto_call(left_done) = { 0 };
	int r = check_unmoved(u, err);

	if (r == 0 && u->emptying && left_is_of_another_key(u->env, u->o->blob, &u->plan) != 1)
		return jurat_fail(err, -ECANCELED, "another program replaced the table at the same time");
	if (r < 0 || u->emptying)
		return r;
	present.after = present.before;
	r = left_find(u->env, u->o->blob, &u->o->source, &present, &left, err);
	if (r == 0 && left.suffix && left.suffix[0])
		*ret_keep = left.suffix;
	return r;
}

/* Step 4, while no reader has certificates, or without a command. */
static enum store_changed issue(void *ctx, struct jurat_error *err)
{
	struct jurat_error said = { "" };
	struct run *u = ctx;

	if (check_unmoved(u, err) < 0)
		return STORE_UNCHANGED; /* no command was issued */
	if (!update_command_name(u->plan.kind))
		return STORE_CHANGED;
	u->command = command(u, &said);
	return read_back(u, &said, err);
}

/* Goes on from one replacement to the next, if the first ends with the empty table. */
static void begin_pause(struct run *u)
{
	if (!u->queued)
		u->queued_ns = base_now_ns(u->env);
	u->queued = true;
}

static void end_pause(struct run *u)
{
	if (u->queued)
		u->result.pause_ns += base_now_ns(u->env) - u->queued_ns;
	u->queued = false;
}

static void reached(void *ctx, enum store_step step)
{
	static const char *const texts[] = {
		[STORE_STEP_TURN] = "no other updater is running",
		[STORE_STEP_WRITTEN] = "the new table is on disk, and a copy of the present table",
		[STORE_STEP_QUEUED] = "the empty table is in place: new readers wait",
		[STORE_STEP_DRAINED] = "no reader holds the old table, which is now empty",
		[STORE_STEP_OVERTAKEN] = "readers still hold an older table: going on (--undrained proceed)",
		[STORE_STEP_PUBLISHED] = "the new table is in place: readers continue",
		[STORE_STEP_RESTORED] = "the old table is in place again: readers continue",
		[STORE_STEP_SYNCED] = "the directory is on disk",
	};
	struct run *u = ctx;

	if (step == STORE_STEP_QUEUED)
		begin_pause(u);
	else if ((step == STORE_STEP_PUBLISHED && !u->emptying) || step == STORE_STEP_RESTORED)
		end_pause(u);
	event(u, UPDATE_STORE, step, "%s",
	      u->emptying && step == STORE_STEP_PUBLISHED ? "the empty table is in place: readers continue"
							  : texts[step]);
}

/* Steps 3 to 5. */
static int replace(struct run *u, const void *table, size_t n)
{
	const struct store_change change = { .issue = issue, .ctx = u };
	struct store_options options = u->o->store;

	options.reached = reached;
	options.begin = begin;
	options.no_command = !update_command_name(u->plan.kind);
	options.ctx = u;
	/* whatever the firmware does meanwhile, the empty table is right */
	return store_replace(u->env, u->o->blob, table, n, u->emptying ? NULL : &change, &options,
			     &u->result.store, u->err);
}

/* Steps 1 to 5, again as long as others change the firmware between 1 and 4. */
static int change_both(struct run *u, const struct update_request *request,
		       int (*prepare)(struct run *u, bool *ret_done))
{
	bool done = false;
	int r = 0;

	for (unsigned i = 0; i < MAX_PLANS; i++) {
		u->moved = false;
		r = make_plan(u, request);
		if (r == 0)
			r = prepare(u, &done);
		if (r != 0 || done || u->o->dry_run) {
			if (r == 0) {
				u->result.after = u->plan.after;
				u->result.has_after = true;
			}
			return r;
		}
		r = replace(u, u->table, u->table_size);
		if (r != -ECANCELED || !u->moved)
			break;
		event(u, UPDATE_AGAIN, 0, "another program changed the firmware: starting over");
	}
	if (r == -ECANCELED) /* the firmware refused, or it could not be asked; or the old table is lost */
		return u->result.issued && !u->moved && u->result.store.left == STORE_LEFT_OLD ? JURAT_REFUSED
											       : -EIO;
	return r;
}

static int fetch_table(struct run *u, bool *ret_done)
{
	(void)ret_done;
	return make_table(u);
}

/*
 * After an interrupted update, one of its files usually is what is needed now, and then no service is asked:
 * the old table when the command was not executed, the new one when it was.
 */
static int table_left(struct run *u, bool *ret_done)
{
	struct left left auto_call(left_done) = { 0 };
	int r = left_find(u->env, u->o->blob, &u->o->source, &u->plan, &left, u->err);
	bool in_place = left.suffix && !left.suffix[0];

	if (r < 0)
		return r;
	if (in_place && !left.leftovers) {
		event(u, UPDATE_CHECKED, 0,
		      "the table in place verifies reports signed with that key: nothing to recover");
		*ret_done = true;
		return 0;
	}
	if (!left.suffix)
		return make_table(u);
	event(u, UPDATE_CHECKED, 0, "%s verifies reports signed with that key",
	      in_place ? "the table in place" : "a table that an interrupted update left");
	free(u->table);
	u->table = take_ptr(left.table);
	u->table_size = left.size;
	return 0;
}

/*
 * No certificates are better than those of another key. What an interrupted update left stays: it may fit
 * once the clock is right, or with other roots.
 */
static int empty_if_wrong(struct run *u, int r)
{
	struct jurat_error why = *u->err;
	int e;

	if (u->o->dry_run || !u->planned || left_is_of_another_key(u->env, u->o->blob, &u->plan) != 1)
		return r;
	u->emptying = true;
	e = replace(u, NULL, 0);
	if (e == -ECANCELED) { /* another program was faster: nothing was emptied */
		*u->err = why;
		return r;
	}
	if (e != 0 && u->result.store.left == STORE_LEFT_EMPTY)
		return e;
	if (e != 0) {
		struct jurat_error kept = *u->err;

		return jurat_fail(u->err, -EIO,
				  "the table in place is for another key and could not be replaced with the "
				  "empty table: %.100s; before that: %s",
				  kept.text, why.text);
	}
	*u->err = why;
	return jurat_wrap(u->err, -ENODATA, "the table before it was for another key");
}

/* The firmware is in a state that was not foreseen, and the path has the empty table. */
static int settle(struct run *u)
{
	const struct update_request refresh = { .kind = UPDATE_REFRESH,
						.vlek = u->request->vlek,
						.vlek_size = u->request->vlek_size };
	struct jurat_error said = *u->err;
	bool assumed = u->plan.assumed;
	int r;

	event(u, UPDATE_AGAIN, 0, "%s", said.text);
	r = change_both(u, &refresh, table_left);
	if (r != 0) {
		struct jurat_error missing = *u->err;

		return jurat_fail(u->err, -EINPROGRESS, "%.110s; before that: %s", missing.text, said.text);
	}
	if (u->command == 0 && assumed)
		return 0;
	*u->err = said;
	return -EIO;
}

static int run(struct run *u)
{
	bool recover = u->request->kind == UPDATE_RECOVER;
	int r = store_check_path(u->env, u->o->blob, u->err);

	if (r == 0)
		r = sev_device_open(u->env, u->o->device, !u->o->dry_run, &u->dev, u->err);
	if (r < 0)
		return r;
	r = change_both(u, u->request, recover ? table_left : fetch_table);
	if (recover && r != 0 && r != JURAT_BUSY)
		r = empty_if_wrong(u, r);
	return r == -EINPROGRESS ? settle(u) : r;
}

static enum update_table table_in_place(struct run *u)
{
	enum store_left left = u->result.store.left;

	switch (left_in_place(u->env, u->o->blob)) {
	case LEFT_NONE:
		return UPDATE_TABLE_NONE;
	case LEFT_EMPTY:
		return UPDATE_TABLE_EMPTY;
	case LEFT_TABLE: /* after an empty one, it is another program's */
		return left == STORE_LEFT_OLD ? UPDATE_TABLE_OLD : UPDATE_TABLE_NEW;
	default:
		return left == STORE_LEFT_NEW     ? UPDATE_TABLE_NEW
		       : left == STORE_LEFT_EMPTY ? UPDATE_TABLE_EMPTY
						  : UPDATE_TABLE_UNKNOWN;
	}
}

/* By the status that was read last: a command's own result proves nothing (B17). */
static enum update_executed executed(const struct run *u)
{
	const struct update_result *is = &u->result;
	bool visible = !update_signing_equal(&is->before, &u->expected);

	if (!is->issued)
		return UPDATE_NOT_EXECUTED;
	if (!is->has_after)
		return UPDATE_EXECUTED_UNKNOWN;
	if (!update_signing_equal(&is->before, &is->after))
		return UPDATE_EXECUTED; /* if not as expected */
	if (visible || u->command == JURAT_REFUSED)
		return UPDATE_NOT_EXECUTED;
	return u->command == 0 ? UPDATE_EXECUTED : UPDATE_EXECUTED_UNKNOWN;
}

/* The first words of every failure: whether anything was changed. "": the words after them say it */
enum { DONE_BYTES = 64 };
static char *what_was_done(const struct run *u, char to[DONE_BYTES])
{
	const struct update_result *is = &u->result;
	const char *name = update_command_name(u->request->kind);

	to[0] = '\0';
	if (is->store.left == STORE_LEFT_OLD &&
	    (!is->issued || (is->executed == UPDATE_NOT_EXECUTED && is->table != UPDATE_TABLE_EMPTY)))
		snprintf(to, DONE_BYTES, "nothing was changed");
	else if (name && !is->issued)
		snprintf(to, DONE_BYTES, "%s was not issued", name);
	else if (name && is->executed == UPDATE_NOT_EXECUTED)
		snprintf(to, DONE_BYTES, "%s changed nothing", name);
	else if (name && is->executed == UPDATE_EXECUTED)
		snprintf(to, DONE_BYTES, "%s was done", name);
	else if (name)
		snprintf(to, DONE_BYTES, "whether %s was done is unknown", name);
	return to;
}

/* What guests get, if it is not the table of before. NULL: it is */
static const char *what_is_in_place(const struct run *u, int r)
{
	bool held = u->result.store.undrained[0] != '\0';

	switch (u->result.table) {
	case UPDATE_TABLE_EMPTY:
		if (r == JURAT_BUSY && held)
			return "the empty table is in place, and guests get no certificates: end the process "
			       "that holds the lock, or run `jurat host recover --undrained proceed`";
		if (r == JURAT_BUSY)
			return "the empty table is in place: guests get no certificates until the other "
			       "update ends";
		return "the empty table is in place: guests get no certificates until `jurat host recover` "
		       "succeeds";
	case UPDATE_TABLE_NONE:
		return "no table is in place: guests get no certificates";
	case UPDATE_TABLE_NEW:
		return u->result.store.left == STORE_LEFT_NEW
			       ? "the certificates of the firmware's present key are in place"
			       : "another program's table is in place";
	default:
		return NULL;
	}
}

/* About a lock, when guests notice nothing. NULL: nothing */
static const char *what_to_do(const struct run *u, int r)
{
	if (r != JURAT_BUSY)
		return NULL;
	return u->result.store.undrained[0] ? "end the process that holds the lock, repeat with a longer "
					      "--wait, or see --undrained in jurat-host(1)"
					    : "repeat when the other update has ended";
}

/*
 * A text that is too long is cut at its end: what was done and what guests get now come first, then what to
 * do, and the reason last.
 */
static int put_outcome_first(struct run *u, int r)
{
	const char *place = what_is_in_place(u, r), *rest = place ? place : what_to_do(u, r);
	char done[DONE_BYTES];

	what_was_done(u, done);
	if (!done[0] || u->o->dry_run)
		return rest ? jurat_wrap(u->err, r, "%s", rest) : r;
	if (!rest)
		return jurat_wrap(u->err, r, "%s", done);
	return jurat_wrap(u->err, r, "%s%s %s", done, place ? ", and" : ":", rest);
}

int update_run(const struct update_options *options, const struct update_request *request,
	       struct update_result *ret, struct jurat_error *err)
{
	struct jurat_error text = { "" };
	struct run u = { .o = options,
			 .request = request,
			 .env = base_env_or_real(options->env),
			 .dev.fd = -1,
			 .result.store.left = STORE_LEFT_OLD,
			 .err = err ? err : &text };
	int r;

	u.start_ns = base_now_ns(u.env);
	r = run(&u);
	u.result.executed = executed(&u);
	end_pause(&u); /* of an empty table that stays, as long as this program knows */
	u.result.table = table_in_place(&u);
	if (r != 0)
		r = put_outcome_first(&u, r);
	sev_device_close(&u.dev);
	free(u.table);
	*ret = u.result;
	return r;
}
