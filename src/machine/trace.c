/* SPDX-License-Identifier: MIT */
#include "machine/trace.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

enum {
	TEXT_BYTES = 256,
	MAX_GUESTS = 64,              /* those beyond it have no name */
	MAX_KEPT = 64 * 1024,         /* events; then what is open is ended, so that a trace has bounds */
	MAX_BYTES = 16 * 1024 * 1024, /* all bytes of a trace */
};

struct kept {
	struct sequence_event event;
	struct sequence_number numbers[SEQUENCE_MAX_NUMBERS];
	struct sequence_bytes bytes[SEQUENCE_MAX_BYTES];
	char *result;
	bool open, folded;
	uint32_t last;   /* the step in it that ended last; 0: none, or something else came after it */
	uint32_t n_open; /* steps that are in this one and open */
	uint64_t hash;   /* of what it says, and of the steps in it */
	char text[];
};

/* Tracks of the same guest and vCPU, or party, are told apart by `lane`. */
struct track {
	int guest, vcpu;
	const char *party; /* where there is no vCPU, and of locks */
	bool is_lock;
	uint32_t lane;
	uint32_t top; /* the innermost open event; 0: none */
};

struct name {
	struct name *next;
	char text[];
};

struct trace {
	struct trace_options options;
	struct base_env *clock;
	uint64_t start_ns, virtual_ns;
	double last_us;
	struct trace_place place;
	/* Events with the ids first, first + 1, ... */
	struct kept **kept;
	size_t n, room;
	uint32_t first;
	struct track *tracks;
	size_t n_tracks;
	struct name *names;
	uint32_t n_requests;
	const char *guests[MAX_GUESTS];
	int n_guests;
	size_t bytes_left;
	int error;
};

int trace_new(const struct trace_options *options, struct trace **ret)
{
	struct trace *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->options = *options;
	t->clock = base_env_or_real(options->clock);
	t->start_ns = base_now_ns(t->clock);
	t->place = TRACE_NOWHERE;
	t->first = 1;
	t->bytes_left = MAX_BYTES;
	*ret = t;
	return 0;
}

void *trace_ctx(struct trace *t)
{
	return t->options.ctx;
}

bool trace_wants_bytes(const struct trace *t)
{
	return t && t->options.wants_bytes;
}

static double now_us(struct trace *t)
{
	double now = (double)(base_now_ns(t->clock) - t->start_ns + t->virtual_ns) / 1e3;

	if (now > t->last_us)
		t->last_us = now;
	return t->last_us;
}

void trace_advance(struct trace *t, uint64_t ns)
{
	if (t)
		t->virtual_ns += ns;
}

static struct kept *find(const struct trace *t, uint32_t id)
{
	return id >= t->first && id - t->first < t->n ? t->kept[id - t->first] : NULL;
}

static struct kept *find_open(const struct trace *t, uint32_t id)
{
	struct kept *k = find(t, id);

	return k && k->open ? k : NULL;
}

static void free_kept(struct kept *k)
{
	for (size_t i = 0; i < k->event.n_bytes; i++)
		free((void *)(uintptr_t)k->bytes[i].bytes);
	free(k->result);
	free(k);
}

/* Passes on the events before the first one that is open. */
static void flush(struct trace *t)
{
	size_t n = 0;

	for (; n < t->n && !t->kept[n]->open; n++) {
		struct kept *k = t->kept[n];

		k->event.result = k->result;
		k->event.numbers = k->numbers;
		k->event.bytes = k->bytes;
		if (!k->folded)
			t->options.sink(t->options.ctx, &k->event);
		free_kept(k);
	}
	if (n == 0)
		return; /* each event would move all others */
	t->n -= n;
	t->first += (uint32_t)n;
	memmove(t->kept, t->kept + n, t->n * sizeof(t->kept[0]));
}

/* ---- folding */

static void mix(uint64_t *hash, const void *from, size_t n)
{
	const uint8_t *p = from;

	/* FNV-1a */
	for (size_t i = 0; i < n; i++)
		*hash = (*hash ^ p[i]) * UINT64_C(0x100000001b3);
}

static void mix_text(uint64_t *hash, const char *text)
{
	mix(hash, text ? text : "", text ? strlen(text) + 1 : 1);
}

static void mix_own(struct kept *k)
{
	const struct sequence_event *e = &k->event;

	mix(&k->hash, &e->kind, sizeof(e->kind));
	mix_text(&k->hash, e->from);
	mix_text(&k->hash, e->to);
	mix_text(&k->hash, e->text);
	mix_text(&k->hash, k->result);
	for (size_t i = 0; i < e->n_numbers; i++) {
		mix_text(&k->hash, k->numbers[i].name);
		mix(&k->hash, &k->numbers[i].value, sizeof(k->numbers[i].value));
	}
}

static bool is_in(const struct trace *t, const struct kept *k, uint32_t id)
{
	for (; k; k = find(t, k->event.parent))
		if (k->event.id == id)
			return true;
	return false;
}

/* A step has ended: if the one before it, in the same step, says the same, it is one more of them. */
static void fold(struct trace *t, struct kept *k)
{
	struct kept *parent = find(t, k->event.parent), *before;

	if (!parent)
		return;
	before = find(t, parent->last);
	mix(&parent->hash, &k->hash, sizeof(k->hash));
	if (!before || before == k || before->open || before->folded || before->hash != k->hash ||
	    before->event.track != k->event.track) {
		parent->last = k->event.id;
		return;
	}
	before->event.count++;
	before->event.end_us = k->event.end_us;
	for (size_t i = k->event.id - t->first; i < t->n; i++)
		if (is_in(t, t->kept[i], k->event.id))
			t->kept[i]->folded = true;
}

/* ---- steps */

static void end_one(struct trace *t, struct kept *k, double at_us, const char *result)
{
	struct kept *parent = find(t, k->event.parent);

	k->open = false;
	k->event.end_us = at_us;
	if (result && result[0]) {
		k->result = strdup(result);
		if (!k->result)
			t->error = -ENOMEM;
	}
	if (t->tracks[k->event.track].top == k->event.id)
		t->tracks[k->event.track].top =
			parent && parent->event.track == k->event.track ? k->event.parent : 0;
	if (k->event.kind != SEQUENCE_STEP)
		return;
	mix_own(k);
	if (parent)
		parent->n_open--;
	fold(t, k);
}

/* The steps in it first. A lock may be held on. */
static void end_all(struct trace *t, struct kept *k, double at_us, const char *result, bool unfinished)
{
	for (size_t i = t->n; k->n_open > 0 && i-- > k->event.id - t->first + 1;) {
		struct kept *inner = t->kept[i];

		if (!inner->open || inner->event.kind != SEQUENCE_STEP || !is_in(t, inner, k->event.id))
			continue;
		inner->event.unfinished = unfinished;
		end_one(t, inner, at_us, NULL);
	}
	k->event.unfinished = unfinished;
	end_one(t, k, at_us, result);
}

static void end_everything(struct trace *t)
{
	double at_us = now_us(t);

	for (size_t i = 0; i < t->n; i++)
		if (t->kept[i]->open)
			end_all(t, t->kept[i], at_us, NULL, true);
	flush(t);
}

int trace_free(struct trace *t)
{
	int r;

	if (!t)
		return 0;
	end_everything(t);
	while (t->names) {
		struct name *name = t->names;

		t->names = name->next;
		free(name);
	}
	r = t->error;
	free(t->kept);
	free(t->tracks);
	free(t);
	return r;
}

static struct track *take_track(struct trace *t, int guest, int vcpu, const char *party, bool is_lock)
{
	struct track *grown;
	uint32_t lane = 0;

	for (size_t i = 0; i < t->n_tracks; i++) {
		struct track *track = &t->tracks[i];

		if (track->guest != guest || track->vcpu != vcpu || track->is_lock != is_lock ||
		    (track->party != party && (!track->party || !party || strcmp(track->party, party) != 0)))
			continue;
		if (!track->top)
			return track;
		lane++;
	}
	grown = reallocarray(t->tracks, t->n_tracks + 1, sizeof(*grown));
	if (!grown)
		return NULL;
	t->tracks = grown;
	t->tracks[t->n_tracks] = (struct track){
		.guest = guest, .vcpu = vcpu, .party = party, .is_lock = is_lock, .lane = lane
	};
	return &t->tracks[t->n_tracks++];
}

static int make_room(struct trace *t)
{
	struct kept **grown;
	size_t room = t->room ? 2 * t->room : 64;

	if (t->n == MAX_KEPT)
		end_everything(t);
	if (t->n < t->room)
		return 0;
	grown = reallocarray(t->kept, room, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	t->kept = grown;
	t->room = room;
	return 0;
}

/* The innermost open step here. */
static struct kept *innermost(const struct trace *t)
{
	struct kept *k = find_open(t, t->place.id);

	return k ? find_open(t, t->tracks[k->event.track].top) : NULL;
}

enum where { INSIDE, BESIDE, ASIDE };

/* Where it goes: on the parent's track, if nothing else is open there. */
static struct track *track_of(struct trace *t, const struct sequence_event *e, const struct kept *parent,
			      enum where where)
{
	const char *party = e->kind == SEQUENCE_LOCK ? e->to : e->vcpu == SEQUENCE_NONE ? e->from : NULL;

	if (parent && where == INSIDE && e->kind != SEQUENCE_LOCK)
		return &t->tracks[parent->event.track];
	return take_track(t, e->guest, e->vcpu, party, e->kind == SEQUENCE_LOCK);
}

__attribute__((format(printf, 2, 0))) static struct kept *new_kept(struct trace *t, const char *format,
								   va_list ap)
{
	char text[TEXT_BYTES];
	struct kept *k;
	size_t n;

	(void)!vsnprintf(text, sizeof(text), format, ap);
	n = strlen(text) + 1;
	k = calloc(1, sizeof(*k) + n);
	if (k)
		memcpy(k->text, text, n);
	return k;
}

/* Keeps an event that begins now. `event` has its kind and parties. */
__attribute__((format(printf, 4, 0))) static struct kept *begin(struct trace *t, struct sequence_event event,
								enum where where, const char *format,
								va_list ap)
{
	struct kept *k = make_room(t) == 0 ? new_kept(t, format, ap) : NULL;
	struct kept *parent = where == ASIDE    ? NULL
			      : where == BESIDE ? find_open(t, t->place.id)
						: innermost(t);
	struct track *track;

	event.guest = t->place.guest;
	event.vcpu = t->place.vcpu;
	track = k ? track_of(t, &event, parent, where) : NULL;
	if (!track) {
		free(k);
		t->error = -ENOMEM;
		return NULL;
	}
	k->event = event;
	k->event.id = t->first + (uint32_t)t->n;
	k->event.parent = parent ? parent->event.id : 0;
	k->event.depth = parent ? parent->event.depth + 1 : 0;
	k->event.request = t->place.request;
	k->event.thread = t->place.thread;
	k->event.guest_name = event.guest >= 0 && event.guest < MAX_GUESTS ? t->guests[event.guest] : NULL;
	k->event.track = (uint32_t)(track - t->tracks);
	k->event.lane = track->lane;
	k->event.count = 1;
	k->event.begin_us = k->event.end_us = now_us(t);
	k->event.text = k->text;
	k->hash = UINT64_C(0xcbf29ce484222325);
	t->kept[t->n++] = k;
	if (event.kind == SEQUENCE_STEP || event.kind == SEQUENCE_LOCK) {
		k->open = true;
		track->top = k->event.id;
	}
	if (parent && event.kind == SEQUENCE_STEP)
		parent->n_open++;
	if (parent && event.kind != SEQUENCE_STEP) {
		parent->last = 0;
		mix_text(&parent->hash, k->text);
	}
	return k;
}

uint32_t trace_call(struct trace *t, const char *from, const char *to, const char *format, ...)
{
	struct kept *k;
	va_list ap;

	if (!t)
		return 0;
	va_start(ap, format);
	k = begin(t, (struct sequence_event){ .kind = SEQUENCE_STEP, .from = from, .to = to }, INSIDE, format,
		  ap);
	va_end(ap);
	return k ? k->event.id : 0;
}

uint32_t trace_aside(struct trace *t, const char *from, const char *to, const char *format, ...)
{
	struct kept *k;
	va_list ap;

	if (!t)
		return 0;
	va_start(ap, format);
	k = begin(t, (struct sequence_event){ .kind = SEQUENCE_STEP, .from = from, .to = to }, ASIDE, format,
		  ap);
	va_end(ap);
	return k ? k->event.id : 0;
}

uint32_t trace_beside(struct trace *t, const char *from, const char *to, const char *format, ...)
{
	struct kept *k;
	va_list ap;

	if (!t)
		return 0;
	va_start(ap, format);
	k = begin(t, (struct sequence_event){ .kind = SEQUENCE_STEP, .from = from, .to = to }, BESIDE, format,
		  ap);
	va_end(ap);
	return k ? k->event.id : 0;
}

void trace_say(struct trace *t, const char *from, const char *to, const char *format, ...)
{
	struct kept *k;
	va_list ap;

	if (!t)
		return;
	va_start(ap, format);
	k = begin(t, (struct sequence_event){ .kind = SEQUENCE_STEP, .from = from, .to = to }, INSIDE, format,
		  ap);
	va_end(ap);
	if (k)
		end_one(t, k, k->event.begin_us, NULL);
	flush(t);
}

void trace_note(struct trace *t, const char *about, const char *format, ...)
{
	va_list ap;

	if (!t)
		return;
	va_start(ap, format);
	(void)begin(t, (struct sequence_event){ .kind = SEQUENCE_NOTE, .from = about, .to = "" }, INSIDE,
		    format, ap);
	va_end(ap);
	flush(t);
}

static const char *intern(struct trace *t, const char *text)
{
	struct name *name = t->names;
	size_t n = strlen(text) + 1;

	while (name && strcmp(name->text, text) != 0)
		name = name->next;
	if (name)
		return name->text;
	name = malloc(sizeof(*name) + n);
	if (!name)
		return NULL;
	memcpy(name->text, text, n);
	name->next = t->names;
	t->names = name;
	return name->text;
}

__attribute__((format(printf, 3, 4))) static uint32_t begin_lock(struct trace *t, struct sequence_event event,
								 const char *format, ...)
{
	struct kept *k;
	va_list ap;

	va_start(ap, format);
	k = begin(t, event, INSIDE, format, ap);
	va_end(ap);
	return k ? k->event.id : 0;
}

uint32_t trace_lock(struct trace *t, const char *holder, const char *name, bool exclusive)
{
	struct sequence_event event = { .kind = SEQUENCE_LOCK, .from = holder, .exclusive = exclusive };

	if (!t)
		return 0;
	event.to = intern(t, name);
	if (!event.to) {
		t->error = -ENOMEM;
		return 0;
	}
	return begin_lock(t, event, "holds %s, %s", event.to, exclusive ? "exclusive" : "shared");
}

void trace_end(struct trace *t, uint32_t id, const char *format, ...)
{
	struct kept *k = t ? find_open(t, id) : NULL;
	char text[TEXT_BYTES] = "";
	va_list ap;

	if (!k)
		return;
	if (format) {
		va_start(ap, format);
		(void)!vsnprintf(text, sizeof(text), format, ap);
		va_end(ap);
	}
	end_all(t, k, now_us(t), text, false);
	flush(t);
}

void trace_end_at_once(struct trace *t, uint32_t id)
{
	struct kept *k = t ? find_open(t, id) : NULL;

	if (!k)
		return;
	end_all(t, k, k->event.begin_us, NULL, false);
	flush(t);
}

uint32_t trace_caller(const struct trace *t, const char *from, const char *to)
{
	struct kept *k = t ? innermost(t) : NULL;

	while (k && (strcmp(k->event.from, to) != 0 || strcmp(k->event.to, from) != 0))
		k = find_open(t, k->event.parent);
	return k ? k->event.id : 0;
}

void trace_return(struct trace *t, const char *from, const char *to, const char *format, ...)
{
	uint32_t step = trace_caller(t, from, to);
	char text[TEXT_BYTES];
	va_list ap;

	if (!t)
		return;
	va_start(ap, format);
	(void)!vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	if (step)
		trace_end(t, step, "%s", text);
	else
		trace_say(t, from, to, "%s", text);
}

/* ---- places */

struct trace_place trace_here(const struct trace *t)
{
	return t ? t->place : TRACE_NOWHERE;
}

struct trace_place trace_go(struct trace *t, struct trace_place to)
{
	struct trace_place from = trace_here(t);

	if (t)
		t->place = to;
	return from;
}

struct trace_place trace_in(const struct trace *t, uint32_t id)
{
	const struct kept *k = t ? find(t, id) : NULL;

	if (!k)
		return TRACE_NOWHERE;
	return (struct trace_place){ .id = id,
				     .request = k->event.request,
				     .guest = k->event.guest,
				     .vcpu = k->event.vcpu,
				     .thread = k->event.thread };
}

const char *trace_actor(const struct trace *t, const char *otherwise)
{
	const struct kept *k = t ? innermost(t) : NULL;

	return k ? k->event.from : otherwise;
}

int trace_guest(struct trace *t, const char *name)
{
	if (!t)
		return SEQUENCE_NONE;
	if (t->n_guests < MAX_GUESTS)
		t->guests[t->n_guests] = name;
	return t->n_guests++;
}

struct trace_place trace_request(struct trace *t, int guest, int vcpu, uint32_t thread)
{
	if (!t)
		return TRACE_NOWHERE;
	return (struct trace_place){
		.request = ++t->n_requests, .guest = guest, .vcpu = vcpu, .thread = thread
	};
}

/* ---- data */

void trace_number(struct trace *t, uint32_t id, const char *name, uint64_t value, enum trace_number_how how)
{
	struct kept *k = t ? find_open(t, id) : NULL;

	if (k && k->event.n_numbers < SEQUENCE_MAX_NUMBERS)
		k->numbers[k->event.n_numbers++] =
			(struct sequence_number){ .name = name,
						  .value = value,
						  .hex = how == TRACE_HEX,
						  .is_signed = how == TRACE_SIGNED };
}

void trace_bytes(struct trace *t, uint32_t id, const char *name, const void *bytes, size_t n)
{
	struct kept *k = trace_wants_bytes(t) ? find_open(t, id) : NULL;
	size_t keep = n < SEQUENCE_BYTES_KEPT ? n : SEQUENCE_BYTES_KEPT;
	uint8_t *copy = NULL;

	if (!k || k->event.n_bytes == SEQUENCE_MAX_BYTES)
		return;
	/* Also those that are not kept: steps with other bytes are other steps. */
	mix_text(&k->hash, name);
	mix(&k->hash, bytes, n);
	if (keep > t->bytes_left)
		keep = 0;
	if (keep > 0)
		copy = malloc(keep);
	if (copy)
		memcpy(copy, bytes, keep);
	else if (keep > 0)
		t->error = -ENOMEM;
	k->bytes[k->event.n_bytes++] =
		(struct sequence_bytes){ .name = name, .bytes = copy, .n = copy ? keep : 0, .total = n };
	t->bytes_left -= copy ? keep : 0;
}
