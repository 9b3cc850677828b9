/* SPDX-License-Identifier: MIT */
#ifndef RUN_TRACE_H
#define RUN_TRACE_H

#include "machine/trace.h"

/*
 * A trace (machine/trace.h) that goes to a file, in the format that its name says. Times are real time since
 * the start, plus virtual time in which a guest slept or a service worked.
 */

/* 0; -EINVAL an unknown extension; another -errno */
JURAT_MUST_CHECK int run_trace_open(const char *path, struct trace **ret, struct jurat_error *err);
/* The same, and `also`, which may be NULL, gets the events, too. `path` NULL: there is no file. */
JURAT_MUST_CHECK int run_trace_open_with(const char *path, trace_sink_fn *also, void *ctx, struct trace **ret,
					 struct jurat_error *err);
/* 0; -EIO not all of it could be written; -ENOMEM events are missing. Accepts NULL. */
JURAT_MUST_CHECK int run_trace_close(struct trace *trace);
/* The steps of a thread of the program begin here, until the caller goes back to the place returned. */
struct trace_place run_trace_thread(struct trace *trace, pid_t thread);

#endif
