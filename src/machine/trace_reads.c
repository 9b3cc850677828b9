/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <string.h>

#include "machine/trace.h"

static void end(struct trace *t, struct trace_reads *reads, int64_t result)
{
	trace_number(t, reads->step, "ret", (uint64_t)result, TRACE_SIGNED);
	if (reads->n > 1)
		trace_number(t, reads->step, "reads", reads->n, TRACE_DECIMAL);
	if (result < 0)
		trace_end(t, reads->step, "%s", strerror((int)-result));
	else if (reads->n > 1)
		trace_end(t, reads->step, "%" PRId64 " bytes in %u reads", result, reads->n);
	else
		trace_end(t, reads->step, "%" PRId64 " bytes", result);
	*reads = (struct trace_reads){ 0 };
}

void trace_reads_end(struct trace *t, struct trace_reads *reads)
{
	if (reads->step)
		end(t, reads, (int64_t)reads->end);
}

bool trace_reads_go_on(struct trace *t, struct trace_reads *reads, uint64_t off)
{
	if (reads->step && off == reads->end)
		return true;
	trace_reads_end(t, reads);
	return false;
}

void trace_reads_returned(struct trace *t, struct trace_reads *reads, uint64_t off, int64_t result)
{
	if (!reads->step)
		return;
	reads->n++;
	if (result > 0 && off + (uint64_t)result > reads->end)
		reads->end = off + (uint64_t)result;
	if (result < 0)
		end(t, reads, result);
	else if (result == 0)
		end(t, reads, (int64_t)reads->end);
}
