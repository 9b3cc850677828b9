/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "machine/sequence.h"
#include "page/page.h"

/*
 * Chrome trace events: a process for each guest and one for the host, a thread for each track, a slice for
 * each step. Slices of a thread nest, as Perfetto wants them.
 */

enum { HOST_PID = 1, FIRST_GUEST_PID = 2, HEX_BYTES = 64 };
#define MAX_EXACT (UINT64_C(1) << 53) /* what every reader of JSON keeps */

struct chrome {
	bool has_events;
	bool *pids, *tids; /* that have a name */
	size_t n_pids, n_tids;
};

static void begin_object(struct sequence *s)
{
	struct chrome *own = s->own;

	fputs(own && own->has_events ? ",\n{\"name\": " : "\n{\"name\": ", s->to);
	if (own)
		own->has_events = true;
}

/* Whether the n-th is seen for the first time. */
static bool is_new(struct sequence *s, bool **seen, size_t *room, size_t n)
{
	if (n >= *room) {
		size_t bigger = 2 * n + 16;
		bool *grown = realloc(*seen, bigger * sizeof(**seen));

		if (!grown) {
			s->error = -ENOMEM;
			return false;
		}
		memset(grown + *room, 0, (bigger - *room) * sizeof(*grown));
		*seen = grown;
		*room = bigger;
	}
	if ((*seen)[n])
		return false;
	(*seen)[n] = true;
	return true;
}

static int pid_of(const struct sequence_event *e)
{
	return e->guest >= 0 ? FIRST_GUEST_PID + e->guest : HOST_PID;
}

/* Without numbers of events, each party has a track, see sequence_row(); behind them are those of locks. */
static unsigned tid_of(const struct sequence *s, const struct sequence_event *e)
{
	const char *party = e->kind == SEQUENCE_STEP ? e->to : e->from;

	if (e->id)
		return e->track + 1;
	if (e->kind == SEQUENCE_LOCK)
		return SEQUENCE_MAX_PARTIES + 1 + e->track;
	return party[0] ? sequence_row(s, party) : 1;
}

static void metadata(struct sequence *s, const char *what, int pid, unsigned tid, const char *name)
{
	begin_object(s);
	fprintf(s->to, "\"%s\", \"ph\": \"M\", \"pid\": %d, \"tid\": %u, \"args\": {\"name\": ", what, pid,
		tid);
	page_json_string(s->to, name);
	fputs("}}", s->to);
}

static void name_process(struct sequence *s, const struct sequence_event *e)
{
	struct chrome *own = s->own;
	char name[80];

	if (!is_new(s, &own->pids, &own->n_pids, (size_t)pid_of(e)))
		return;
	if (e->guest < 0)
		(void)!snprintf(name, sizeof(name), "host");
	else
		(void)!snprintf(name, sizeof(name), "%s %d", e->guest_name ? e->guest_name : "guest",
				e->guest);
	metadata(s, "process_name", pid_of(e), 0, name);
}

static void name_track(struct sequence *s, const struct sequence_event *e)
{
	struct chrome *own = s->own;
	char name[160], lane[16] = "";

	if (!is_new(s, &own->tids, &own->n_tids, tid_of(s, e)))
		return;
	if (e->lane > 0)
		(void)!snprintf(lane, sizeof(lane), " (%u)", (unsigned)e->lane + 1);
	if (!e->id && e->kind == SEQUENCE_LOCK)
		(void)!snprintf(name, sizeof(name), "%s holds %s", e->from, e->to);
	else if (!e->id)
		(void)!snprintf(name, sizeof(name), "%s", e->kind == SEQUENCE_STEP ? e->to : e->from);
	else if (e->kind == SEQUENCE_LOCK && e->vcpu >= 0)
		(void)!snprintf(name, sizeof(name), "vCPU %d holds %s%s", e->vcpu, e->to, lane);
	else if (e->kind == SEQUENCE_LOCK)
		(void)!snprintf(name, sizeof(name), "holds %s%s", e->to, lane);
	else if (e->vcpu >= 0)
		(void)!snprintf(name, sizeof(name), "vCPU %d%s", e->vcpu, lane);
	else
		(void)!snprintf(name, sizeof(name), "%s%s", e->from, lane);
	metadata(s, "thread_name", pid_of(e), tid_of(s, e), name);
}

static void number(FILE *to, const struct sequence_number *n)
{
	fputs(", ", to);
	page_json_string(to, n->name);
	if (n->hex)
		fprintf(to, ": \"0x%" PRIx64 "\"", n->value);
	else if (n->is_signed)
		fprintf(to, ": %" PRId64, (int64_t)n->value);
	else
		fprintf(to, n->value < MAX_EXACT ? ": %" PRIu64 : ": \"%" PRIu64 "\"", n->value);
}

static void bytes(FILE *to, const struct sequence_bytes *b)
{
	fputs(", ", to);
	page_json_string(to, b->name);
	fprintf(to, ": {\"size\": %zu, \"hex\": \"", b->total);
	for (size_t i = 0; i < b->n && i < HEX_BYTES; i++)
		fprintf(to, "%02x", b->bytes[i]);
	fputs(b->total > b->n || b->n > HEX_BYTES ? "...\"}" : "\"}", to);
}

static void args(struct sequence *s, const struct sequence_event *e)
{
	FILE *to = s->to;

	fputs("\"from\": ", to);
	page_json_string(to, e->from);
	if (e->to[0]) {
		fputs(", \"to\": ", to);
		page_json_string(to, e->to);
	}
	if (e->id)
		fprintf(to, ", \"id\": %u, \"parent\": %u", (unsigned)e->id, (unsigned)e->parent);
	if (e->request)
		fprintf(to, ", \"request\": %u", (unsigned)e->request);
	if (e->guest >= 0)
		fprintf(to, ", \"guest\": %d", e->guest);
	if (e->vcpu >= 0)
		fprintf(to, ", \"vcpu\": %d", e->vcpu);
	if (e->thread)
		fprintf(to, ", \"thread\": %u", (unsigned)e->thread);
	if (e->count > 1)
		fprintf(to, ", \"count\": %u", (unsigned)e->count);
	if (e->unfinished)
		fputs(", \"unfinished\": true", to);
	if (e->kind == SEQUENCE_LOCK)
		fprintf(to, ", \"exclusive\": %s", e->exclusive ? "true" : "false");
	if (e->result) {
		fputs(", \"returned\": ", to);
		page_json_string(to, e->result);
	}
	for (size_t i = 0; i < e->n_numbers; i++)
		number(to, &e->numbers[i]);
	for (size_t i = 0; i < e->n_bytes; i++)
		bytes(to, &e->bytes[i]);
}

static void event(struct sequence *s, const struct sequence_event *e)
{
	bool is_slice = e->kind == SEQUENCE_STEP || e->kind == SEQUENCE_LOCK;

	if (!s->own)
		return;
	if (e->id)
		name_process(s, e);
	name_track(s, e);
	begin_object(s);
	page_json_string(s->to, e->text);
	if (is_slice)
		fprintf(s->to,
			", \"cat\": \"%s\", \"ph\": \"X\", \"pid\": %d, \"tid\": %u, \"ts\": %.3f, "
			"\"dur\": %.3f, \"args\": {",
			e->kind == SEQUENCE_LOCK ? "lock" : "step", pid_of(e), tid_of(s, e), e->begin_us,
			e->end_us - e->begin_us);
	else
		fprintf(s->to,
			", \"cat\": \"note\", \"ph\": \"i\", \"s\": \"%c\", \"pid\": %d, \"tid\": %u, "
			"\"ts\": %.3f, \"args\": {\"violation\": %s, ",
			e->from[0] ? 't' : 'p', pid_of(e), tid_of(s, e), e->begin_us,
			e->kind == SEQUENCE_VIOLATION ? "true" : "false");
	args(s, e);
	fputs("}}", s->to);
}

static void begin(struct sequence *s)
{
	fputc('[', s->to);
	s->own = calloc(1, sizeof(struct chrome));
	if (!s->own)
		s->error = -ENOMEM;
}

static void end(struct sequence *s)
{
	struct chrome *own = s->own;

	fputs("\n]\n", s->to);
	if (!own)
		return;
	free(own->pids);
	free(own->tids);
	free(own);
	s->own = NULL;
}

const struct sequence_writer sequence_chrome = {
	.ending = ".json", .wants_bytes = true, .begin = begin, .event = event, .end = end
};
