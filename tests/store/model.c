/* SPDX-License-Identifier: MIT */
#include "model.h"

#include <errno.h>
#include <fcntl.h>

static size_t table_of(int state, uint8_t *to)
{
	size_t n = state == OLD ? 64 : state == NEW ? 96 : MAX_TABLE;

	memset(to, state, n);
	return n;
}

int model_state_of(const uint8_t *table, size_t n)
{
	if (n == 0 || (n >= STORE_EMPTY_BYTES && bytes_all(table, STORE_EMPTY_BYTES, 0)))
		return EMPTY;
	return n >= STORE_EMPTY_BYTES && bytes_all(table, n, table[0]) ? table[0] : TORN;
}

/* in_flight: the lock was there before any command. */
void model_sign(struct base_env *env, struct world *w, int certificates, bool in_flight)
{
	sched_note(env, "has certificates of state %d", certificates);
	if (!sched_step(env, "SIGN"))
		return;
	sched_note(env, "signed by state %d", w->firmware);
	if (certificates == EMPTY || certificates == w->firmware)
		return;
	if (w->undrained == STORE_UNDRAINED_PROCEED && in_flight && certificates == OLD)
		w->overtaken = true;
	else
		sched_violate(env, "I1: report and certificates disagree");
}

void model_busy(struct base_env *env, struct world *w)
{
	w->busy = true;
	if (!w->may_be_busy)
		sched_violate(env, "I3: BUSY while nobody waited too long");
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
	if (!sched_step(c->env, "COMMAND"))
		return STORE_UNKNOWN;
	if (c->w->firmware_says != STORE_UNCHANGED)
		c->w->firmware = c->to;
	c->w->commanded = true;
	return c->w->firmware_says;
}

int model_replace(struct base_env *env, struct world *w, int to)
{
	struct change c = { env, w, to };
	struct store_change change = { issue, &c };
	uint8_t table[MAX_TABLE];
	size_t n = table_of(to, table);
	const struct store_options options = { .wait_ns = WAIT_NS, .undrained = w->undrained };
	int e = store_replace(env, w->path, table, n, &change, &options, &w->result, NULL);

	if (e == JURAT_BUSY)
		model_busy(env, w);
	return e;
}

void model_updater(struct base_env *env, void *ctx)
{
	struct world *w = ctx;

	w->replaced = model_replace(env, w, NEW);
}

void model_recovering_updater(struct base_env *env, void *ctx)
{
	struct world *w = ctx;

	w->recovered = model_replace(env, w, AFTER_CRASH);
}

static const char *const suffixes[] = { "", STORE_SUFFIXES };

static struct base_env *set_up_env(struct world *w)
{
	return disk_env(w->disk, SET_UP);
}

int model_begin(void *ctx)
{
	struct world *w = ctx;
	struct base_env *env = set_up_env(w);
	uint8_t table[MAX_TABLE];

	disk_reset(w->disk);
	if (!w->first_publication) {
		int fd = base_open(env, w->path, O_RDWR | O_CREAT | O_EXCL, 0600);
		size_t n = table_of(OLD, table);

		assert_true(fd >= 0 && base_write(env, fd, table, n) == (ssize_t)n);
		base_close(env, fd);
	}
	w->firmware = OLD;
	w->replaced = w->recovered = 1000;
	w->result = (struct store_result){ 0 };
	w->busy = w->commanded = w->overtaken = false;
	return 0;
}

static struct base_env *under(void *ctx, unsigned actor)
{
	return disk_env(((struct world *)ctx)->disk, actor);
}

static void hash(void *ctx, struct base_mix *to)
{
	const struct world *w = ctx;

	disk_hash(w->disk, false, to);
	base_mix_u64(to, (uint64_t)w->firmware);
	base_mix_u64(to, (uint64_t)w->replaced);
	base_mix_u64(to, (uint64_t)w->recovered);
	base_mix_u64(to, w->result.left);
	base_mix_text(to, w->result.undrained);
	base_mix_u64(to, w->busy | w->commanded << 1 | w->overtaken << 2);
}

int model_state_at_path(struct world *w)
{
	struct base_env *env = set_up_env(w);
	uint8_t table[MAX_TABLE];
	int fd = base_open(env, w->path, O_RDONLY, 0);
	ssize_t n;

	if (fd < 0)
		return EMPTY;
	n = base_read(env, fd, table, sizeof(table));
	base_close(env, fd);
	return n < 0 ? TORN : model_state_of(table, (size_t)n);
}

const char *model_any_temporary_left(struct world *w, bool both_may_stay)
{
	struct base_stat st;
	char name[96];

	for (size_t i = 1; i < ARRAY_SIZE(suffixes); i++) {
		if (both_may_stay &&
		    (!strcmp(suffixes[i], STORE_NEXT_SUFFIX) || !strcmp(suffixes[i], STORE_OLD_SUFFIX)))
			continue;
		TEXT(name, "%s%s", w->path, suffixes[i]);
		if (base_stat(set_up_env(w), name, &st) == 0)
			return "I5: a temporary name is left";
	}
	return NULL;
}

static void keep_outcome(struct world *w, int there)
{
	const int end[] = { there,   w->firmware,  w->replaced,         w->recovered,
			    w->busy, w->overtaken, (int)w->result.left, w->result.undrained[0] };
	struct base_mix mix = { 0 };
	size_t i = 0;

	base_mix_bytes(&mix, end, sizeof(end));
	while (i < w->n_outcomes && w->outcomes[i] < mix.a)
		i++;
	if (i < w->n_outcomes && w->outcomes[i] == mix.a)
		return;
	assert_true(w->n_outcomes < MAX_OUTCOMES);
	memmove(&w->outcomes[i + 1], &w->outcomes[i], (w->n_outcomes++ - i) * sizeof(w->outcomes[0]));
	w->outcomes[i] = mix.a;
}

const char *model_check(void *ctx)
{
	struct world *w = ctx;
	int there = model_state_at_path(w), last = w->recovered != 1000 ? w->recovered : w->replaced;

	keep_outcome(w, there);
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
	/* The next table and the old one stay where it is not known of which the firmware has the key. */
	return model_any_temporary_left(w, last == -EINPROGRESS);
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = s ? strlen(s) : 0, k = strlen(end);

	return n >= k && !strcmp(s + n - k, end);
}

static bool is_op(const struct sched_call *call, const char *op)
{
	return !strcmp(call->op, op);
}

static bool on_temporary(const char *name)
{
	for (size_t i = 1; i < ARRAY_SIZE(suffixes); i++)
		if (ends_with(name, suffixes[i]))
			return true;
	return false;
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
 *   give the same at any time, and readers notice none of it.
 * Of a reader only closing a file it has no lock on (any more) is local.
 */
bool model_is_local(void *ctx, const struct sched_call *call)
{
	(void)ctx;
	if (call->actor == 1)
		return false;
	if (is_op(call, "exchange")) /* a first publication tries it on two temporary names */
		return on_temporary(call->path) && on_temporary(call->to);
	if (is_op(call, "SIGN") || is_op(call, "COMMAND") || is_op(call, "rename"))
		return false;
	if (is_op(call, "open") || is_op(call, "stat") || is_op(call, "fstat") || is_op(call, "pread") ||
	    is_op(call, "fsync") || is_op(call, "fchmod") || is_op(call, "fchown"))
		return true;
	if (is_op(call, "unlink"))
		return on_temporary(call->path);
	if (is_op(call, "close"))
		return !ends_with(call->fd_path, "blob") && !ends_with(call->fd_path, STORE_EMPTY_SUFFIX);
	/* pwrite, truncate, lock */
	if (ends_with(call->fd_path, STORE_EMPTY_SUFFIX))
		return call->actor == 0;
	return on_temporary(call->fd_path);
}

static bool skips(void *ctx, const struct sched_call *call)
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

static void died(void *ctx, unsigned actor)
{
	struct world *w = ctx;
	char name[96];

	(void)actor;
	TEXT(name, "%s" STORE_EMPTY_SUFFIX, w->path);
	if (w->forget_old_name)
		(void)!base_unlink(set_up_env(w), name);
}

struct sched_world model_world(struct world *w, const struct sched_actor *actors, unsigned n)
{
	return (struct sched_world){
		.actors = actors,
		.n_actors = n,
		.ctx = w,
		.under = under,
		.begin = model_begin,
		.check = model_check,
		.hash = hash,
		.is_local = model_is_local,
		.skips = skips,
		.died = died,
	};
}

static void print_violation(const struct search_result *r)
{
	print_message("%s\n", r->violation);
	history_print(r->history, SEQUENCE_TEXT, stdout);
}

void model_passes(const char *what, const struct sched_world *world)
{
	struct search_result r;
	int e = search_all(world, NULL, &r);

	print_message("             %-58s %8llu states, %8llu orders, longest %u\n", what,
		      (unsigned long long)r.states, (unsigned long long)r.orders, r.longest);
	if (e == JURAT_REFUSED)
		print_violation(&r);
	search_result_done(&r);
	assert_int_equal(e, 0);
}

void model_is_caught(const char *what, const struct sched_world *world, const char *violation)
{
	struct search_result r;
	int e = search_all(world, NULL, &r);

	print_message("             %-58s %s after %llu\n", what, e == JURAT_REFUSED ? "found" : "NOT FOUND",
		      (unsigned long long)r.orders);
	assert_int_equal(e, JURAT_REFUSED);
	if (!strstr(r.violation, violation))
		print_violation(&r);
	assert_non_null(strstr(r.violation, violation));
	search_result_done(&r);
}

void model_outcomes(struct world *w, const struct sched_world *world)
{
	struct search_result r;

	w->n_outcomes = 0;
	assert_int_equal(search_all(world, NULL, &r), 0);
	print_message("             %8llu states, %8llu orders, %zu outcomes\n", (unsigned long long)r.states,
		      (unsigned long long)r.orders, w->n_outcomes);
}

int model_set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	if (!w || disk_new(SET_UP + 1, &w->disk) < 0) {
		free(w);
		return -1;
	}
	w->path = "/blob";
	*state = w;
	return 0;
}

int model_tear_down(void **state)
{
	struct world *w = *state;

	disk_free(w->disk);
	free(w);
	return 0;
}
