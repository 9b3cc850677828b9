/* SPDX-License-Identifier: MIT */
#include "support/orders.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "support/test.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ORDERS_ASAN 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define ORDERS_ASAN 1
#endif
#ifdef ORDERS_ASAN
#include <sanitizer/common_interface_defs.h>
#endif

enum {
	STACK_BYTES = 512 * 1024,
	MAX_FDS = 24,
	MAX_DECISIONS = 4096, /* an order longer than this does not end */
	MAX_NOTES = 8192,
	MAX_CHOICES = 3 * ORDERS_MAX_ACTORS,
};

enum state { READY, WAITING_TO_START, DONE };
enum move { GO, TIME_OUT, DIE };

struct open_fd {
	int fd; /* -1: free */
	char name[64];
	bool locked;
	enum base_lock_how how;
	uint64_t dev, ino;
};

struct actor {
	struct base_env base; /* first: an env is an actor */
	struct orders *o;
	unsigned index;
	enum state state;
	bool dead, wait_ran_out;
	struct orders_call next; /* what it is about to do */
	bool next_is_lock;
	struct open_fd *lock_fd;
	enum base_lock_how lock_how;
	uint64_t lock_wait_ns;
	struct open_fd fds[MAX_FDS];
	ucontext_t context;
	char *stack;
	void *fake_stack;
};

struct note {
	const char *actor, *what;
	char on[32];
	long value;
	bool has_value;
};

struct decision {
	uint8_t taken, of;
};

struct choice {
	unsigned actor;
	enum move move;
};

struct orders {
	const struct orders_options *options;
	struct orders_result *result;
	struct actor actors[ORDERS_MAX_ACTORS];
	struct decision decisions[MAX_DECISIONS];
	unsigned depth, known; /* decisions taken in this order; those that are replayed */
	struct note notes[MAX_NOTES];
	unsigned n_notes;
	unsigned last, switches;
	uint64_t now_ns;
	ucontext_t scheduler;
	void *fake_stack;
	const void *main_stack;
	size_t main_size;
};

static struct actor *self(struct base_env *env)
{
	return (struct actor *)env;
}

static const char *base_name(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path ? path : "";
}

static void note(struct actor *a, const char *what, const char *on, long value, bool has_value)
{
	struct orders *o = a->o;
	struct note *n;

	if (o->n_notes == MAX_NOTES)
		return;
	n = &o->notes[o->n_notes++];
	n->actor = o->options->actors[a->index].name;
	n->what = what;
	n->value = value;
	n->has_value = has_value;
	(void)!snprintf(n->on, sizeof(n->on), "%.*s", (int)sizeof(n->on) - 1, on);
}

static void violate(struct orders *o, const char *what)
{
	if (!o->result->violation[0])
		(void)!snprintf(o->result->violation, sizeof(o->result->violation), "%s", what);
}

/* Fibers. ASan must be told of each change of stack. */

static void to_scheduler(struct actor *a, bool for_good)
{
#ifdef ORDERS_ASAN
	__sanitizer_start_switch_fiber(for_good ? NULL : &a->fake_stack, a->o->main_stack, a->o->main_size);
#endif
	swapcontext(&a->context, &a->o->scheduler);
#ifdef ORDERS_ASAN
	__sanitizer_finish_switch_fiber(a->fake_stack, &a->o->main_stack, &a->o->main_size);
#endif
	(void)for_good;
}

static void to_actor(struct orders *o, struct actor *a)
{
#ifdef ORDERS_ASAN
	__sanitizer_start_switch_fiber(&o->fake_stack, a->stack, STACK_BYTES);
#endif
	swapcontext(&o->scheduler, &a->context);
#ifdef ORDERS_ASAN
	__sanitizer_finish_switch_fiber(o->fake_stack, NULL, NULL);
#endif
}

static void actor_main(unsigned low, unsigned high)
{
	struct actor *a = (struct actor *)((uintptr_t)high << 16 << 16 | low);

#ifdef ORDERS_ASAN
	__sanitizer_finish_switch_fiber(NULL, &a->o->main_stack, &a->o->main_size);
#endif
	a->o->options->actors[a->index].run(&a->base, a->o->options->ctx);
	a->state = DONE;
	to_scheduler(a, true);
	abort();
}

/* Stops before a call, unless it is local. False: it must not be made, the actor is dead. */
static bool stop_call(struct actor *a, struct orders_call call)
{
	const struct orders_options *options = a->o->options;

	call.actor = a->index;
	a->next = call;
	a->o->result->calls++;
	if (!a->dead && (!options->is_local || !options->is_local(options->ctx, &a->next)))
		to_scheduler(a, false);
	if (a->dead)
		return false;
	note(a, a->next.op, base_name(call.path ? call.path : call.fd_path), 0, false);
	return true;
}

static bool skipped(struct actor *a)
{
	const struct orders_options *options = a->o->options;

	return options->skips && options->skips(options->ctx, &a->next);
}

static struct open_fd *fd_find(struct actor *a, int fd)
{
	for (unsigned i = 0; i < MAX_FDS; i++)
		if (a->fds[i].fd == fd && fd >= 0)
			return &a->fds[i];
	return NULL;
}

static struct orders_call fd_call(struct actor *a, const char *op, int fd)
{
	struct open_fd *f = fd_find(a, fd);

	return (struct orders_call){ .op = op, .fd = fd, .fd_path = f ? f->name : "?" };
}

#define ON_FD(name, skip_result, ...)                                                                        \
	struct actor *a = self(env);                                                                         \
	if (!stop_call(a, fd_call(a, #name, fd)))                                                            \
		return -EIO;                                                                                 \
	return skipped(a) ? skip_result : a->o->options->under->ops->name(a->o->options->under, __VA_ARGS__)
#define ON_PATH(name, from, second, ...)                                                                     \
	struct actor *a = self(env);                                                                         \
	if (!stop_call(a, (struct orders_call){ .op = #name, .path = (from), .to = (second), .fd = -1 }))    \
		return -EIO;                                                                                 \
	return skipped(a) ? 0 : a->o->options->under->ops->name(a->o->options->under, __VA_ARGS__)

static uint64_t o_now_ns(struct base_env *env)
{
	return self(env)->o->now_ns;
}

static int64_t o_realtime_s(struct base_env *env)
{
	(void)env;
	return 0;
}

static void o_sleep_ns(struct base_env *env, uint64_t ns)
{
	self(env)->o->now_ns += ns;
}

static int o_random(struct base_env *env, void *buf, size_t n)
{
	(void)env;
	memset(buf, 0, n);
	return 0;
}

static int o_open(struct base_env *env, const char *path, int flags, unsigned mode)
{
	struct actor *a = self(env);
	int fd;

	if (!stop_call(a, (struct orders_call){ .op = "open", .path = path, .fd = -1 }))
		return -EIO;
	fd = base_open(a->o->options->under, path, flags, mode);
	for (unsigned i = 0; fd >= 0; i++) {
		assert(i < MAX_FDS);
		if (a->fds[i].fd >= 0)
			continue;
		a->fds[i] = (struct open_fd){ .fd = fd };
		if ((size_t)snprintf(a->fds[i].name, sizeof(a->fds[i].name), "%s", base_name(path)) >=
		    sizeof(a->fds[i].name))
			abort();
		break;
	}
	return fd;
}

static int o_close(struct base_env *env, int fd)
{
	struct actor *a = self(env);
	struct open_fd *f;

	if (!stop_call(a, fd_call(a, "close", fd)))
		return 0; /* dying closed it */
	f = fd_find(a, fd);
	assert(f);
	f->fd = -1;
	f->locked = false;
	return base_close(a->o->options->under, fd);
}

static ssize_t o_read(struct base_env *env, int fd, void *buf, size_t n)
{
	ON_FD(read, (ssize_t)n, fd, buf, n);
}

static ssize_t o_write(struct base_env *env, int fd, const void *buf, size_t n)
{
	ON_FD(write, (ssize_t)n, fd, buf, n);
}

static ssize_t o_pread(struct base_env *env, int fd, void *buf, size_t n, int64_t off)
{
	ON_FD(pread, (ssize_t)n, fd, buf, n, off);
}

static ssize_t o_pwrite(struct base_env *env, int fd, const void *buf, size_t n, int64_t off)
{
	ON_FD(pwrite, (ssize_t)n, fd, buf, n, off);
}

static int o_truncate(struct base_env *env, int fd, int64_t size)
{
	ON_FD(truncate, 0, fd, size);
}

static int o_fstat(struct base_env *env, int fd, struct base_stat *ret)
{
	ON_FD(fstat, 0, fd, ret);
}

static int o_fsync(struct base_env *env, int fd)
{
	struct actor *a = self(env);

	/* Durability is another test's: this one's machine does not lose power. */
	return stop_call(a, fd_call(a, "fsync", fd)) ? 0 : -EIO;
}

static int o_fchmod(struct base_env *env, int fd, unsigned mode)
{
	ON_FD(fchmod, 0, fd, mode);
}

static int o_fchown(struct base_env *env, int fd, uint32_t uid, uint32_t gid)
{
	ON_FD(fchown, 0, fd, uid, gid);
}

static int o_stat(struct base_env *env, const char *path, struct base_stat *ret)
{
	ON_PATH(stat, path, NULL, path, ret);
}

static int o_rename(struct base_env *env, const char *from, const char *to)
{
	ON_PATH(rename, from, to, from, to);
}

static int o_exchange(struct base_env *env, const char *x, const char *y)
{
	ON_PATH(exchange, x, y, x, y);
}

static int o_unlink(struct base_env *env, const char *path)
{
	ON_PATH(unlink, path, NULL, path);
}

static int o_mkdir(struct base_env *env, const char *path, unsigned mode)
{
	ON_PATH(mkdir, path, NULL, path, mode);
}

static int o_rmdir(struct base_env *env, const char *path)
{
	ON_PATH(rmdir, path, NULL, path);
}

static int o_ioctl(struct base_env *env, int fd, unsigned long request, void *arg)
{
	ON_FD(ioctl, 0, fd, request, arg);
}

static bool can_lock(struct orders *o, const struct open_fd *mine, enum base_lock_how how)
{
	for (unsigned i = 0; i < o->options->n_actors; i++)
		for (unsigned k = 0; k < MAX_FDS; k++) {
			const struct open_fd *f = &o->actors[i].fds[k];

			if (f != mine && f->fd >= 0 && f->locked && f->dev == mine->dev &&
			    f->ino == mine->ino &&
			    (how == BASE_LOCK_EXCLUSIVE || f->how == BASE_LOCK_EXCLUSIVE))
				return false;
		}
	return true;
}

static int o_lock(struct base_env *env, int fd, enum base_lock_how how, uint64_t wait_ns)
{
	struct actor *a = self(env);
	struct open_fd *f = fd_find(a, fd);
	struct base_stat st;
	bool alive;
	int e;

	assert(a->dead || f);
	if (f && base_fstat(a->o->options->under, fd, &st) == 0) {
		f->dev = st.dev;
		f->ino = st.ino;
	}
	a->lock_fd = f;
	a->lock_how = how;
	a->lock_wait_ns = wait_ns;
	a->next = fd_call(a, how == BASE_LOCK_SHARED ? "lock shared" : "lock exclusive", fd);
	a->next.actor = a->index;
	a->next_is_lock = !skipped(a);
	alive = stop_call(a, a->next);
	a->next_is_lock = false;
	if (!alive)
		return -EIO;
	if (skipped(a))
		return 0;
	if (a->wait_ran_out || !can_lock(a->o, f, how)) {
		a->wait_ran_out = false;
		a->o->now_ns += wait_ns;
		note(a, "  busy", f->name, 0, false);
		return JURAT_BUSY;
	}
	e = base_lock(a->o->options->under, fd, how, 0);
	if (e != 0) {
		violate(a->o, "the scheduler's idea of who holds a lock is not the kernel's");
		return e;
	}
	f->locked = true;
	f->how = how;
	return 0;
}

static int o_unlock(struct base_env *env, int fd)
{
	struct actor *a = self(env);
	struct open_fd *f;

	if (!stop_call(a, fd_call(a, "unlock", fd)))
		return -EIO;
	f = fd_find(a, fd);
	assert(f);
	f->locked = false;
	return base_unlock(a->o->options->under, fd);
}

/* No step: it has no effect, and its result none but on words. */
static void o_lock_holders(struct base_env *env, int fd, char *text, size_t room)
{
	test_text(text, room, "another actor");
}

bool orders_point(struct base_env *env, const char *what)
{
	return stop_call(self(env), (struct orders_call){ .op = what, .fd = -1, .fd_path = "" });
}

void orders_note(struct base_env *env, const char *what, long value)
{
	note(self(env), what, "", value, true);
}

void orders_violation(struct base_env *env, const char *what)
{
	note(self(env), "  VIOLATION", "", 0, false);
	violate(self(env)->o, what);
}

static const struct base_env_ops ops = {
	.now_ns = o_now_ns,
	.realtime_s = o_realtime_s,
	.sleep_ns = o_sleep_ns,
	.random = o_random,
	.open = o_open,
	.close = o_close,
	.read = o_read,
	.write = o_write,
	.pread = o_pread,
	.pwrite = o_pwrite,
	.truncate = o_truncate,
	.fstat = o_fstat,
	.stat = o_stat,
	.fsync = o_fsync,
	.fchmod = o_fchmod,
	.fchown = o_fchown,
	.rename = o_rename,
	.exchange = o_exchange,
	.unlink = o_unlink,
	.mkdir = o_mkdir,
	.rmdir = o_rmdir,
	.lock = o_lock,
	.unlock = o_unlock,
	.lock_holders = o_lock_holders,
	.ioctl = o_ioctl,
};

/* Process death: descriptors close, locks go, nothing that follows has an effect. */
static void die(struct actor *a)
{
	const struct orders_options *options = a->o->options;

	a->dead = true;
	note(a, "DIES", "", 0, false);
	for (unsigned i = 0; i < MAX_FDS; i++)
		if (a->fds[i].fd >= 0) {
			base_close(options->under, a->fds[i].fd);
			a->fds[i].fd = -1;
		}
	if (options->crashed)
		options->crashed(options->ctx);
	for (unsigned i = options->n_actors - options->last_actors_recover; i < options->n_actors; i++)
		a->o->actors[i].state = READY;
}

static bool blocked(struct orders *o, const struct actor *a)
{
	return a->next_is_lock && a->lock_wait_ns > 0 && !can_lock(o, a->lock_fd, a->lock_how);
}

static unsigned choices(struct orders *o, struct choice *ret)
{
	const struct orders_options *options = o->options;
	bool stay = options->max_switches > 0 && o->switches >= options->max_switches &&
		    o->actors[o->last].state == READY && !blocked(o, &o->actors[o->last]);
	unsigned n = 0;

	for (unsigned i = 0; i < options->n_actors; i++) {
		struct actor *a = &o->actors[i];

		if (a->state != READY)
			continue;
		if (!blocked(o, a) && (!stay || i == o->last))
			ret[n++] = (struct choice){ i, GO };
		else if (blocked(o, a) && options->timeouts)
			ret[n++] = (struct choice){ i, TIME_OUT };
		if (i == 0 && options->crashes && !a->dead && a->next.op)
			ret[n++] = (struct choice){ i, DIE };
	}
	for (unsigned i = 0; n == 0 && i < options->n_actors; i++)
		if (o->actors[i].state == READY) /* all wait: time passes */
			ret[n++] = (struct choice){ i, TIME_OUT };
	return n;
}

/* Who goes on, and how; false: all have ended. */
static bool decide(struct orders *o, struct choice *ret)
{
	struct choice can[MAX_CHOICES];
	unsigned n = choices(o, can);
	struct decision *d = &o->decisions[o->depth];

	if (n == 0)
		return false;
	if (o->depth == MAX_DECISIONS) {
		violate(o, "the order does not end");
		return false;
	}
	if (o->depth >= o->known)
		*d = (struct decision){ .taken = 0 };
	d->of = (uint8_t)n;
	assert(d->taken < n); /* else the replay is not the order that was taken before */
	*ret = can[d->taken];
	o->depth++;
	return true;
}

static void one_order(struct orders *o)
{
	const struct orders_options *options = o->options;
	struct choice choice;
	const char *wrong;

	options->begin(options->ctx);
	o->depth = o->n_notes = o->switches = o->last = 0;
	o->now_ns = 0;
	for (unsigned i = 0; i < options->n_actors; i++) {
		struct actor *a = &o->actors[i];
		char *stack = a->stack;
		uintptr_t p = (uintptr_t)a;

		*a = (struct actor){ .base = { &ops }, .o = o, .index = i, .stack = stack };
		if (i >= options->n_actors - options->last_actors_recover)
			a->state = WAITING_TO_START;
		for (unsigned k = 0; k < MAX_FDS; k++)
			a->fds[k].fd = -1;
		getcontext(&a->context);
		a->context.uc_stack.ss_sp = stack;
		a->context.uc_stack.ss_size = STACK_BYTES;
		makecontext(&a->context, (void (*)(void))actor_main, 2, (unsigned)p,
			    (unsigned)(p >> 16 >> 16));
		if (a->state == READY) /* up to its first call */
			to_actor(o, a);
	}
	while (decide(o, &choice)) {
		struct actor *a = &o->actors[choice.actor];
		struct actor *last = &o->actors[o->last];

		if (choice.actor != o->last && last->state == READY && !blocked(o, last))
			o->switches++;
		o->last = choice.actor;
		a->wait_ran_out = choice.move == TIME_OUT;
		if (choice.move == DIE)
			die(a);
		to_actor(o, a);
		for (unsigned i = 0; choice.move == DIE && i < options->n_actors; i++)
			if (o->actors[i].state == READY && !o->actors[i].next.op)
				to_actor(o, &o->actors[i]);
	}
	for (unsigned i = 0; i < options->n_actors; i++)
		for (unsigned k = 0; k < MAX_FDS; k++)
			if (o->actors[i].fds[k].fd >= 0) {
				violate(o, "a descriptor, and any lock on it, outlived its actor");
				base_close(options->under, o->actors[i].fds[k].fd);
			}
	wrong = options->check ? options->check(options->ctx) : NULL;
	if (wrong)
		violate(o, wrong);
}

/* The next order in depth-first order; false: there is none. */
static bool advance(struct orders *o)
{
	while (o->depth > 0) {
		struct decision *d = &o->decisions[o->depth - 1];

		if (d->taken + 1 < d->of) {
			d->taken++;
			o->known = o->depth;
			return true;
		}
		o->depth--;
	}
	return false;
}

static void print_trace(struct orders *o)
{
	size_t used = 0;

	for (unsigned i = 0; i < o->n_notes && used < sizeof(o->result->trace); i++) {
		const struct note *n = &o->notes[i];
		char *to = o->result->trace + used;
		size_t room = sizeof(o->result->trace) - used;
		int k = n->has_value ? snprintf(to, room, "%-10s %s %ld\n", n->actor, n->what, n->value)
				     : snprintf(to, room, "%-10s %s %s\n", n->actor, n->what, n->on);

		used += k > 0 ? (size_t)k : 0;
	}
}

bool orders_all(const struct orders_options *options, struct orders_result *ret)
{
	struct orders *o = calloc(1, sizeof(*o));

	assert(o && options->n_actors <= ORDERS_MAX_ACTORS);
	*ret = (struct orders_result){ 0 };
	o->options = options;
	o->result = ret;
	for (unsigned i = 0; i < options->n_actors; i++) {
		o->actors[i].stack = malloc(STACK_BYTES);
		assert(o->actors[i].stack);
	}
	do {
		one_order(o);
		ret->orders++;
		if (o->depth > ret->longest)
			ret->longest = o->depth;
	} while (!ret->violation[0] && advance(o));
	if (ret->violation[0])
		print_trace(o);
	for (unsigned i = 0; i < options->n_actors; i++)
		free(o->actors[i].stack);
	free(o);
	return !ret->violation[0];
}
