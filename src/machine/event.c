/* SPDX-License-Identifier: MIT */
#include "machine/internal.h"

#include "base/bytes.h"
#include "sim/guest/sev_guest.h"
#include "uapi/sev.h"
#include "wire/snp_msg.h"
#include "wire/snp_report.h"

/* What a trace gets of a request to the driver of an SEV-SNP guest. */

enum { /* struct snp_guest_request_ioctl, and certs_address and certs_len of struct snp_ext_report_req */
       IOCTL_BYTES = 32,
       IOCTL_REQ_DATA_OFF = 8,
       IOCTL_RESP_DATA_OFF = 16,
       REPORT_DATA_BYTES = 64,
};

static const char *name_of(unsigned long request)
{
	switch (request) {
	case UAPI_SNP_GET_REPORT:
		return "SNP_GET_REPORT";
	case UAPI_SNP_GET_DERIVED_KEY:
		return "SNP_GET_DERIVED_KEY";
	case UAPI_SNP_GET_EXT_REPORT:
		return "SNP_GET_EXT_REPORT";
	default:
		return "an unknown request";
	}
}

static bool is_report(const struct machine_request *request)
{
	if (request->kernel)
		return request->kernel->msg_type == SNP_MSG_REPORT_REQ;
	return request->number == UAPI_SNP_GET_REPORT || request->number == UAPI_SNP_GET_EXT_REPORT;
}

/* One of the addresses in the ioctl's structure; 0: it cannot be read. */
static uint64_t user_word(const struct machine_request *request, unsigned off)
{
	uint8_t ioctl[IOCTL_BYTES];

	if (request->user->read(request->user->ctx, request->arg, ioctl, sizeof(ioctl)) < 0)
		return 0;
	return bytes_get_le(ioctl + off, 8);
}

static void trace_report_data(struct trace *t, const struct machine_request *request)
{
	uint8_t data[REPORT_DATA_BYTES];

	if (!trace_wants_bytes(t) || !is_report(request))
		return;
	if (request->kernel && request->kernel->payload_size >= sizeof(data))
		trace_bytes(t, request->place.id, "report data", request->kernel->payload, sizeof(data));
	else if (!request->kernel &&
		 request->user->read(request->user->ctx, user_word(request, IOCTL_REQ_DATA_OFF), data,
				     sizeof(data)) == 0)
		trace_bytes(t, request->place.id, "report data", data, sizeof(data));
}

/* Of reports only: other responses have keys. */
static void trace_report(struct trace *t, const struct machine_request *request)
{
	uint8_t copy[SNP_MSG_REPORT_RSP_BYTES];
	const uint8_t *response = request->kernel ? request->kernel->response : copy;
	uint32_t size;

	if (!trace_wants_bytes(t) || !is_report(request))
		return;
	if (request->kernel && request->kernel->response_size < sizeof(copy))
		return;
	if (!request->kernel &&
	    request->user->read(request->user->ctx, user_word(request, IOCTL_RESP_DATA_OFF), copy,
				sizeof(copy)) < 0)
		return;
	size = (uint32_t)bytes_get_le(response + 4, 4);
	if (size > 0 && size <= sizeof(copy) - SNP_MSG_REPORT_RSP_HDR_BYTES)
		trace_bytes(t, request->place.id, "report", response + SNP_MSG_REPORT_RSP_HDR_BYTES, size);
}

struct trace_place machine_program(struct machine_guest *guest, unsigned vcpu, uint32_t thread)
{
	struct trace *t = guest->machine->trace;

	if (t && guest->traced_as == SEQUENCE_NONE)
		guest->traced_as = trace_guest(t, "SEV-SNP guest");
	return trace_request(t, guest->traced_as, (int)vcpu, thread);
}

void machine_trace_start(struct machine_guest *guest, struct machine_request *request)
{
	struct trace *t = guest->machine->trace;
	struct trace_place before = trace_here(t), place = before;
	uint32_t step;

	if (!t)
		return;
	if (!place.request)
		place = machine_program(guest, request->vcpu, place.thread);
	place.guest = guest->traced_as;
	place.vcpu = (int)request->vcpu;
	(void)trace_go(t, place);
	if (request->kernel) {
		step = trace_call(t, "configfs-tsm", "guest driver", "guest request, message type %u",
				  request->kernel->msg_type);
		trace_number(t, step, "msg_type", request->kernel->msg_type, TRACE_DECIMAL);
	} else {
		step = trace_call(t, "guest program", "guest driver", "ioctl(/dev/sev-guest, %s)",
				  name_of(request->number));
		trace_number(t, step, "ioctl", request->number, TRACE_HEX);
	}
	request->place = trace_in(t, step);
	trace_report_data(t, request);
	(void)trace_go(t, before);
}

void machine_trace_end(struct machine_guest *guest, struct machine_request *request, int result)
{
	struct trace *t = guest->machine->trace;
	uint32_t step = request->place.id;

	if (!t || !step)
		return;
	trace_end(t, request->attempt, NULL);
	if (result == 0) {
		(void)trace_go(t, request->place);
		trace_say(t, "guest driver", "guest driver",
			  "copies the response once, checks sequence number and tag, decrypts it");
		trace_report(t, request);
	}
	trace_number(t, step, "ret", (uint64_t)(int64_t)result, TRACE_SIGNED);
	if (request->kernel)
		trace_number(t, step, "exitinfo2", request->kernel->exitinfo2, TRACE_HEX);
	trace_end(t, step, "%s %d", request->kernel ? "result" : "ioctl returns", result);
}

void machine_trace_attempt(struct machine_guest *guest, struct machine_request *request)
{
	struct trace *t = guest->machine->trace;
	unsigned long long seqno = sim_sev_guest_seqno(guest->driver);

	if (!t)
		return;
	trace_end(t, request->attempt, NULL);
	request->attempt =
		trace_call(t, "guest driver", "guest driver",
			   guest->sent ? "resends the identical page, sequence %llu"
				       : "seals the message in private memory, sequence %llu, then copies "
					 "the page once and sends it",
			   seqno);
	trace_number(t, request->attempt, "sequence", seqno, TRACE_DECIMAL);
}

void machine_trace_kvm(void *ctx, const struct sim_kvm_event *event)
{
	struct machine *m = ctx;
	struct trace *t = m->trace;
	uint32_t step = 0;

	if (event->step == SIM_KVM_RETURN)
		step = trace_caller(t, event->from, event->to);
	if (!step)
		step = trace_call(t, event->from, event->to, "%s", event->text);
	for (int i = 0; i < SIM_KVM_NUMBERS && event->numbers[i].name; i++)
		trace_number(t, step, event->numbers[i].name, event->numbers[i].value,
			     event->numbers[i].hex ? TRACE_HEX : TRACE_DECIMAL);
	if (event->message)
		trace_bytes(t, step, event->step == SIM_KVM_RETURN ? "response message" : "message",
			    event->message, SNP_PAGE_BYTES);
	if (event->step == SIM_KVM_RETURN)
		trace_end(t, step, "%s", event->text);
	else if (event->step == SIM_KVM_SAY)
		trace_end_at_once(t, step);
}
