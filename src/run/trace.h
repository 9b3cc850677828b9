/* SPDX-License-Identifier: MIT */
#ifndef RUN_TRACE_H
#define RUN_TRACE_H

#include "machine/machine.h"

/*
 * Writes every step of a run to a file in a format chosen by its extension: .json Chrome trace events
 * (Perfetto, chrome://tracing), .mmd a Mermaid sequence diagram, .txt text. Times are real time since the
 * start, plus virtual time in which a guest slept.
 */
struct run_trace;

/* 0; -EINVAL an unknown extension; another -errno. `from` and `to` of events must be string literals. */
JURAT_MUST_CHECK int run_trace_open(const char *path, struct run_trace **ret, struct jurat_error *err);
/* For machine_set_trace(), with the trace as its ctx. */
machine_trace_fn run_trace_step;
/* Records a step outside the machine. Accepts NULL. */
__attribute__((format(printf, 4, 5))) void run_trace_say(struct run_trace *trace, const char *from,
							 const char *to, const char *format, ...);
/* 0; -EIO not all of it could be written. Accepts NULL. */
JURAT_MUST_CHECK int run_trace_close(struct run_trace *trace);

#endif
