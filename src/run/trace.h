/* SPDX-License-Identifier: MIT */
#ifndef RUN_TRACE_H
#define RUN_TRACE_H

#include "machine/machine.h"

/*
 * Every step of a run in a file, by the file's ending: .json Chrome trace events (Perfetto,
 * chrome://tracing), .mmd a Mermaid sequence diagram, .txt. Times are real ones since the start, and the
 * machine's where a guest slept.
 */
struct run_trace;

/* -EINVAL an ending that is not known; -errno. `from` and `to` of events must be literals. */
JURAT_MUST_CHECK int run_trace_open(const char *path, struct run_trace **ret, struct jurat_error *err);
/* For machine_set_trace(), with the trace as its ctx. */
machine_trace_fn run_trace_step;
/* A step outside the machine. NULL: nothing. */
__attribute__((format(printf, 4, 5))) void run_trace_say(struct run_trace *trace, const char *from,
							 const char *to, const char *format, ...);
/* -EIO: not all of it could be written. NULL: 0. */
JURAT_MUST_CHECK int run_trace_close(struct run_trace *trace);

#endif
