/* SPDX-License-Identifier: MIT */
#include "machine/td_internal.h"

#include <stdlib.h>

#include "uapi/tdx.h"
#include "wire/tdx_getquote.h"
#include "wire/tdx_report.h"

/* What a trace gets of a TD's requests. */

struct trace_place machine_td_program(struct machine_td *m, uint32_t thread)
{
	if (m->trace && m->traced_as == SEQUENCE_NONE)
		m->traced_as = trace_guest(m->trace, "TD");
	return trace_request(m->trace, m->traced_as, 0, thread);
}

static struct trace_place place_of(struct machine_td *m)
{
	struct trace_place place = trace_here(m->trace);

	if (!place.request)
		return machine_td_program(m, place.thread);
	place.guest = m->traced_as;
	place.vcpu = 0;
	return place;
}

struct trace_place td_trace_program(struct machine_td *m)
{
	return m->trace ? trace_go(m->trace, place_of(m)) : TRACE_NOWHERE;
}

void td_trace_start(struct machine_td *m, struct td_request *request)
{
	struct trace_place before;
	uint32_t step;

	if (!m->trace)
		return;
	before = td_trace_program(m);
	step = request->quote ? trace_call(m->trace, "configfs-tsm", "guest driver", "quote request")
			      : trace_call(m->trace, "guest program", "guest driver",
					   "ioctl(/dev/tdx_guest, TDX_CMD_GET_QUOTE)");
	if (request->quote)
		trace_bytes(m->trace, step, "report data", request->quote->inblob,
			    request->quote->inblob_size);
	request->place = trace_in(m->trace, step);
	(void)trace_go(m->trace, before);
}

void td_trace_end(struct machine_td *m, struct td_request *request, int result)
{
	uint32_t step = request->place.id;

	trace_number(m->trace, step, "ret", (uint64_t)(int64_t)result, TRACE_SIGNED);
	if (request->quote && result == 0 && request->quote->quote_size > 0)
		trace_bytes(m->trace, step, "quote", request->quote->quote, request->quote->quote_size);
	trace_end(m->trace, step, "%s %d", request->quote ? "result" : "ioctl returns", result);
	if (step)
		m->traced_call = m->traced_pause = 0;
}

struct trace_place td_trace_ioctl(struct machine_td *m, unsigned long request)
{
	struct trace_place before, step;
	uint32_t id;

	if (!m->trace)
		return TRACE_NOWHERE;
	before = td_trace_program(m);
	id = trace_call(m->trace, "guest program", "guest driver", "ioctl(/dev/tdx_guest, %s)",
			request == UAPI_TDX_CMD_GET_REPORT0 ? "TDX_CMD_GET_REPORT0" : "an unknown request");
	trace_number(m->trace, id, "ioctl", request, TRACE_HEX);
	step = trace_in(m->trace, id);
	(void)trace_go(m->trace, before);
	return step;
}

void td_trace_ioctl_end(struct machine_td *m, struct trace_place step, const struct sim_user_memory *user,
			unsigned long request, uint64_t arg, int result)
{
	uint8_t both[TDX_REPORT_DATA_BYTES + TDX_REPORT_BYTES]; /* struct tdx_report_req */

	if (!m->trace)
		return;
	if (result == 0 && request == UAPI_TDX_CMD_GET_REPORT0 && trace_wants_bytes(m->trace) &&
	    user->read(user->ctx, arg, both, sizeof(both)) == 0) {
		trace_bytes(m->trace, step.id, "report data", both, TDX_REPORT_DATA_BYTES);
		trace_bytes(m->trace, step.id, "TDREPORT", both + TDX_REPORT_DATA_BYTES, TDX_REPORT_BYTES);
	}
	trace_number(m->trace, step.id, "ret", (uint64_t)(int64_t)result, TRACE_SIGNED);
	trace_end(m->trace, step.id, "ioctl returns %d", result);
}

void td_trace_getquote(struct machine_td *m, const struct uapi_tdvmcall *regs)
{
	uint64_t gpa = regs->r12 & ~sim_td_shared_bit(m->td);
	uint8_t buffer[TDX_GETQUOTE_DATA_OFF + QGS_MAX_REQUEST_BYTES];
	uint32_t in_len;

	m->traced_call =
		trace_call(m->trace, "guest driver", "KVM", "TDVMCALL<GetQuote> with the shared buffer");
	trace_number(m->trace, m->traced_call, "gpa", gpa, TRACE_HEX);
	trace_number(m->trace, m->traced_call, "size", regs->r13, TRACE_DECIMAL);
	if (!trace_wants_bytes(m->trace) || sim_td_host_read(m->td, gpa, buffer, TDX_GETQUOTE_DATA_OFF) < 0)
		return;
	in_len = (uint32_t)bytes_get_le(buffer + TDX_GETQUOTE_OUT_LEN_OFF - 4, 4);
	if (in_len > QGS_MAX_REQUEST_BYTES ||
	    sim_td_host_read(m->td, gpa + TDX_GETQUOTE_DATA_OFF, buffer + TDX_GETQUOTE_DATA_OFF, in_len) < 0)
		return;
	trace_bytes(m->trace, m->traced_call, "GetQuote buffer", buffer, TDX_GETQUOTE_DATA_OFF + in_len);
}

void td_trace_outcome(struct machine_td *m, const struct jurat_tdx_quote_outcome *o)
{
	uint32_t step = trace_call(
		m->trace, "VMM", "guest driver",
		"buffer at 0x%llx: %llu bytes, then out_len, then status 0x%llx%s%s%s",
		(unsigned long long)o->gpa, (unsigned long long)o->out_bytes, (unsigned long long)o->status,
		o->in_call ? ", before GetQuote returns" : "", o->text[0] ? ": " : "", o->text);

	trace_number(m->trace, step, "gpa", o->gpa, TRACE_HEX);
	trace_number(m->trace, step, "out_len", o->out_bytes, TRACE_DECIMAL);
	trace_number(m->trace, step, "status", o->status, TRACE_HEX);
	trace_number(m->trace, step, "QGS error", o->qgs_error, TRACE_HEX);
	trace_end_at_once(m->trace, step);
}

struct trace_place td_trace_enter(struct machine_td *m)
{
	struct trace_place place = TRACE_NOWHERE;

	if (!m->trace)
		return TRACE_NOWHERE;
	place.guest = m->traced_as;
	return trace_go(m->trace, m->queue ? m->queue->place : place);
}
