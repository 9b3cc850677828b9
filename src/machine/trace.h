/* SPDX-License-Identifier: MIT */
#ifndef MACHINE_TRACE_H
#define MACHINE_TRACE_H

#include "base/env.h"
#include "machine/sequence.h"

/*
 * Takes note of what happens while it happens, and completes the events of a trace (sequence.h): a step
 * begins with trace_call() and ends with trace_return() or trace_end(); steps in between are in it. All that
 * is done for one request of a guest's program has its number, whoever does it and when.
 *
 * Events are kept until those before them are complete, and then go to the sink, in the order in which they
 * began. Equal steps that follow each other in the same step are one, with their count. What has not ended
 * when the trace does ends then, and is marked; so does everything that is open when 65536 events are kept.
 *
 * Every function accepts NULL for the trace: nothing is traced, and nothing is done. When memory runs out,
 * events are missing, and trace_free() says so.
 *
 * Threads   one thread per trace
 */
struct trace;

typedef void trace_sink_fn(void *ctx, const struct sequence_event *event);
struct trace_options {
	trace_sink_fn *sink;
	void *ctx;
	struct base_env *clock; /* NULL: base_env_real() */
	bool wants_bytes;       /* else trace_bytes() does nothing */
};
JURAT_MUST_CHECK int trace_new(const struct trace_options *options, struct trace **ret);
/* Ends what is open. 0; -ENOMEM events are missing */
int trace_free(struct trace *trace);
void *trace_ctx(struct trace *trace);

/* Time in which a guest slept, or a service worked, without anybody waiting for it. */
void trace_advance(struct trace *trace, uint64_t ns);

/* Where steps belong that begin from now on: in the innermost open step of this track. */
struct trace_place {
	uint32_t id; /* of a step; 0 or a step that has ended: not in another one */
	uint32_t request;
	int guest, vcpu;
	uint32_t thread;
};
#define TRACE_NOWHERE ((struct trace_place){ .guest = SEQUENCE_NONE, .vcpu = SEQUENCE_NONE })
/* Returns the place so far, which the caller goes back to. */
struct trace_place trace_go(struct trace *trace, struct trace_place to);
struct trace_place trace_here(const struct trace *trace);
/* In this step, which is open. */
struct trace_place trace_in(const struct trace *trace, uint32_t id);
/* Who does the innermost step here: its `from`; `otherwise` when there is none. */
const char *trace_actor(const struct trace *trace, const char *otherwise);
/* A number for a new guest, whose name is a literal. */
int trace_guest(struct trace *trace, const char *name);
/* A request of a guest's program begins: gives it a number, where there is none yet. */
struct trace_place trace_request(struct trace *trace, int guest, int vcpu, uint32_t thread);

/* `from` and `to` are literals. All return the id; 0: not traced. */
__attribute__((format(printf, 4, 5))) uint32_t trace_call(struct trace *trace, const char *from,
							  const char *to, const char *format, ...);
/* The same, of this place's request, but in no other step: it may outlast the one that it begins in. */
__attribute__((format(printf, 4, 5))) uint32_t trace_aside(struct trace *trace, const char *from,
							   const char *to, const char *format, ...);
/*
 * The same, in the step of this place, beside what else happens in it: on a track of the place's guest and
 * vCPU.
 */
__attribute__((format(printf, 4, 5))) uint32_t trace_beside(struct trace *trace, const char *from,
							    const char *to, const char *format, ...);
/* A step without duration. */
__attribute__((format(printf, 4, 5))) void trace_say(struct trace *trace, const char *from, const char *to,
						     const char *format, ...);
__attribute__((format(printf, 3, 4))) void trace_note(struct trace *trace, const char *about,
						      const char *format, ...);
/* `name` is copied. Ends with trace_end(). */
uint32_t trace_lock(struct trace *trace, const char *holder, const char *name, bool exclusive);

/*
 * `from` returns to `to`: ends the innermost step of this place in which `to` called `from`, and those in it.
 * Without one, it is a step by itself. An empty text: nothing to say.
 */
__attribute__((format(printf, 4, 5))) void trace_return(struct trace *trace, const char *from, const char *to,
							const char *format, ...);
/* The step that trace_return() would end; 0: none. */
uint32_t trace_caller(const struct trace *trace, const char *from, const char *to);
/* Ends this step and those in it. NULL: nothing to say. No such step, or it has ended: nothing is done. */
__attribute__((format(printf, 3, 4))) void trace_end(struct trace *trace, uint32_t id, const char *format,
						     ...);

/* The same: it took no time. */
void trace_end_at_once(struct trace *trace, uint32_t id);

/* Adds data to an open step. `name` is a literal; those beyond the room are left out. */
enum trace_number_how { TRACE_DECIMAL, TRACE_HEX, TRACE_SIGNED };
void trace_number(struct trace *trace, uint32_t id, const char *name, uint64_t value,
		  enum trace_number_how how);
void trace_bytes(struct trace *trace, uint32_t id, const char *name, const void *bytes, size_t n);
bool trace_wants_bytes(const struct trace *trace);

/*
 * Reads of one open file, each where the one before it ended, up to the end of the file, an error or close():
 * they are one step, with their number, so that the read which says that there is no more is not a request of
 * its own. Zeros: none yet. To forget the step, as when there is another trace, make it zeros.
 */
struct trace_reads {
	uint32_t step;
	uint64_t end; /* offset behind what was read */
	unsigned n;
};
/* A read at `off` begins: whether it is in reads->step. If not, that has ended; the caller sets another. */
bool trace_reads_go_on(struct trace *trace, struct trace_reads *reads, uint64_t off);
/* It has returned this: a number of bytes, or -errno. */
void trace_reads_returned(struct trace *trace, struct trace_reads *reads, uint64_t off, int64_t result);
/* The file is closed. */
void trace_reads_end(struct trace *trace, struct trace_reads *reads);

#endif
