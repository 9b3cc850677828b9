/* SPDX-License-Identifier: MIT */
#include "run/vmm/checks_tdx.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "run/vmm/session.h"
#include "uapi/kvm.h"

/* The list, and the calls other than GetQuote. */
enum { MSI_DESTINATION_SHIFT = 12, NS_PER_MS = 1000000, MSI_MS = 2000, SETTLE_MS = 200 };

/* Bit 0 of R11: once of GetQuote, which every VMM serves today. KVM itself serves none of these calls. */
enum { GET_QUOTE_ONCE = 1 };

/* Interrupts of the VM since tdx_check_notify() began to watch. */
struct watch {
	struct tdx_check *t;
	const struct tdx_buffer *buffer; /* that the next one is about */
	unsigned n;
	uint64_t vcpu; /* of the last one: APIC id and vector, or its data as it is where it is not fixed */
	uint32_t data;
	bool arrived, early; /* in flight still when it came */
};

static bool on_msi(struct check_vmm *vmm, uint64_t address, uint32_t data, void *ctx)
{
	struct watch *w = ctx;

	w->n++;
	w->arrived = true;
	w->vcpu = (address >> MSI_DESTINATION_SHIFT & 0xff) | (address >> 32 & 0xffffff00);
	w->data = data;
	w->early |= tdx_has_status(w->t, w->buffer, TDX_GETQUOTE_IN_FLIGHT);
	return true;
}

static bool vmcall_info(struct tdx_check *t, struct tdx_call *call)
{
	*call = (struct tdx_call){ .nr = UAPI_TDVMCALL_GET_TD_VM_CALL_INFO, .args = { 1 } };
	return tdx_make(t, call) &&
	       tdx_expect_answer(t, call->answer, UAPI_TDVMCALL_SUCCESS, "GetTdVmCallInfo of leaf 1");
}

/* Registers; *ret_supported: not answered with SUBFUNC_UNSUPPORTED. */
static bool register_vector(struct tdx_check *t, struct check_vcpu *vcpu, uint64_t vector, uint64_t *ret)
{
	struct tdx_call call = { .nr = UAPI_TDVMCALL_SETUP_EVENT_NOTIFY_INTERRUPT, .args = { vector } };

	tdx_give(t, vcpu, &call);
	if (!tdx_finish(t, vcpu, &call))
		return false;
	*ret = call.answer;
	return true;
}

/* One request with that service, and its interrupt. */
static bool notifies(struct watch *w, struct qgs_fault fault, uint64_t vcpu, uint8_t vector, const char *what)
{
	struct tdx_check *t = w->t;
	struct tdx_buffer b;
	int r;

	w->arrived = w->early = false;
	w->n = 0;
	w->buffer = &b;
	if (!tdx_behave(t, fault) || !tdx_prepare(t, &b, 0, TDX_BUFFER_PAGES, false) ||
	    !tdx_submit(t, &b, what) || !tdx_wait_end(t, &b, TDX_END_MS, what))
		return false;
	r = check_wait(t->vmm, &w->arrived, MSI_MS);
	if (r == -ETIMEDOUT)
		check_fail(t->result,
			   "%s: the request has ended, and no KVM_SIGNAL_MSI came: expected vector %#x for "
			   "vCPU %" PRIu64 "; MigTD waits for it without a limit",
			   what, vector, vcpu);
	else if (r < 0)
		check_fail_wait(t->vmm, t->result, r);
	else if (w->early)
		check_fail(t->result, "%s: the interrupt came while the status was in flight", what);
	else if (w->data != vector || w->vcpu != vcpu)
		check_fail(t->result,
			   "%s: expected the fixed interrupt %#x for the vCPU that registered it, %" PRIu64
			   ", found MSI data %#x for vCPU %" PRIu64,
			   what, vector, vcpu, w->data, w->vcpu);
	else
		return true;
	return false;
}

static const struct {
	struct qgs_fault fault;
	const char *what;
} endings[] = {
	{ { QGS_GOOD }, "a quote that comes at once" },
	{ { QGS_SLOW, .delay_ms = 60 }, "a quote that comes after 60 ms" },
	{ { QGS_ERROR, .code = 0x12001 }, "an error of the service" },
	{ { QGS_CLOSES, .after = 100 }, "a service that dies" },
	{ { QGS_GARBAGE }, "garbage" },
	{ { QGS_ABSENT }, "a service that is absent" },
};

void tdx_check_notify(struct check_vmm *vmm, struct check_result *result)
{
	struct check_vcpu *other = check_vcpu(vmm, 1);
	struct tdx_check t;
	struct watch w = { .t = &t };
	uint64_t answer;
	bool goes_on = true;

	if (!tdx_begin(&t, vmm, result, TDX_BUFFER_PAGES))
		return;
	other = other ? other : t.vcpu;
	if (!register_vector(&t, other, TDX_VECTOR, &answer))
		return;
	if (answer == UAPI_TDVMCALL_SUBFUNC_UNSUPPORTED) {
		check_skip(result, "the VMM does not support SetupEventNotifyInterrupt");
		return;
	}
	if (!tdx_expect_answer(&t, answer, UAPI_TDVMCALL_SUCCESS,
			       "SetupEventNotifyInterrupt with vector 0x51"))
		return;
	check_set_msi(vmm, on_msi, &w);
	for (size_t i = 0; i < ARRAY_SIZE(endings) && goes_on; i++)
		goes_on = notifies(&w, endings[i].fault, check_vcpu_id(other), TDX_VECTOR, endings[i].what);
	for (unsigned vector = 32; vector < 256 && goes_on; vector += 223) /* the lowest and the highest */
		goes_on =
			register_vector(&t, t.vcpu, vector, &answer) &&
			tdx_expect_answer(&t, answer, UAPI_TDVMCALL_SUCCESS,
					  "SetupEventNotifyInterrupt from another vCPU, vector 32 or 255") &&
			notifies(&w, endings[0].fault, check_vcpu_id(t.vcpu), (uint8_t)vector,
				 "after the registration of another vector");
	tdx_swallow_interrupts(&t);
}

void tdx_check_notify_bad_vector(struct check_vmm *vmm, struct check_result *result)
{
	static const uint64_t vectors[] = { 0, 1, 31, 256, 0x151, UINT64_C(1) << 32 | 0x51, UINT64_MAX };
	struct tdx_check t;
	uint64_t answer;
	char what[64];

	if (!tdx_begin(&t, vmm, result, 1))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		snprintf(what, sizeof(what), "SetupEventNotifyInterrupt with vector %#" PRIx64, vectors[i]);
		if (!register_vector(&t, t.vcpu, vectors[i], &answer))
			return;
		if (i == 0 && answer == UAPI_TDVMCALL_SUBFUNC_UNSUPPORTED) {
			check_skip(result, "the VMM does not support SetupEventNotifyInterrupt");
			return;
		}
		if (!tdx_expect_answer(&t, answer, UAPI_TDVMCALL_INVALID_OPERAND, what))
			return;
	}
}

void tdx_check_vmcall_info(struct check_vmm *vmm, struct check_result *result)
{
	struct tdx_check t;
	struct tdx_call call;
	uint64_t answer;
	bool says, does;

	if (!tdx_begin(&t, vmm, result, 1) || !vmcall_info(&t, &call) ||
	    !register_vector(&t, t.vcpu, TDX_VECTOR, &answer))
		return;
	says = call.info[0] & UAPI_TDVMCALL_INFO_1_R11_SETUP_EVENT_NOTIFY;
	does = answer == UAPI_TDVMCALL_SUCCESS;
	if (says && !does)
		check_fail(result,
			   "GetTdVmCallInfo says in R11 (%#" PRIx64
			   ") that SetupEventNotifyInterrupt is supported, which answers %s",
			   call.info[0], tdx_answer_name(answer));
	else if (call.info[0] & ~(uint64_t)(GET_QUOTE_ONCE | UAPI_TDVMCALL_INFO_1_R11_SETUP_EVENT_NOTIFY))
		check_fail(result,
			   "GetTdVmCallInfo says in R11 (%#" PRIx64
			   ") that calls are supported that neither KVM nor the VMM serves: bits %#" PRIx64,
			   call.info[0],
			   call.info[0] &
				   ~(uint64_t)(GET_QUOTE_ONCE | UAPI_TDVMCALL_INFO_1_R11_SETUP_EVENT_NOTIFY));
	else if (call.info[2] || call.info[3])
		check_fail(result, "expected 0 in R13 and R14, found %#" PRIx64 " and %#" PRIx64,
			   call.info[2], call.info[3]);
}

void tdx_check_unknown_call(struct check_vmm *vmm, struct check_result *result)
{
	static const uint64_t calls[] = { UAPI_TDVMCALL_SERVICE, 0x10006, 0x1ffff, UINT64_MAX };
	struct tdx_check t;
	char what[64];

	if (!tdx_begin(&t, vmm, result, TDX_BUFFER_PAGES))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		/* Arguments that GetQuote would take. */
		struct tdx_call call = { .nr = calls[i], .args = { t.ram, TDX_PAGE } };

		snprintf(what, sizeof(what), "the call %#" PRIx64, calls[i]);
		if (!tdx_make(&t, &call) ||
		    !tdx_expect_answer(&t, call.answer, UAPI_TDVMCALL_SUBFUNC_UNSUPPORTED, what))
			return;
	}
	(void)tdx_still_serves(&t, "after calls that are not known");
}

/* A triple fault, at which most VMMs reset the VM, while a request is in flight. */
void tdx_check_reset(struct check_vmm *vmm, struct check_result *result)
{
	struct check_exit shutdown = { .reason = UAPI_KVM_EXIT_SHUTDOWN };
	struct tdx_buffer before, after;
	struct tdx_check t;
	int r;

	if (!tdx_begin(&t, vmm, result, 2 * (uint64_t)TDX_BUFFER_PAGES) ||
	    !tdx_behave(&t, (struct qgs_fault){ QGS_HELD }) ||
	    !tdx_prepare(&t, &before, TDX_BUFFER_PAGES, TDX_BUFFER_PAGES, false) ||
	    !tdx_submit(&t, &before, "before the reset") || !tdx_behave(&t, (struct qgs_fault){ QGS_GOOD }))
		return;
	r = check_exit_and_wait(vmm, t.vcpu, &shutdown, CHECK_RESET_MS);
	if (r == 0 || r == -ENODEV)
		r = check_wait(vmm, NULL, SETTLE_MS); /* it may end, or make new vCPUs */
	vmm->lost = false;                            /* the vCPU may be gone, with the exit */
	qgs_faults_release(check_qgs(vmm));
	t.vcpu = r < 0 ? NULL : check_vcpu(vmm, 0);
	if (!t.vcpu) {
		check_skip(result, "the VMM ends, or does not reset a VM, when the guest shuts down");
		return;
	}
	/* Some VMMs make a new VM, with new memory. */
	if (tdx_guard(&t) && tdx_prepare(&t, &after, 0, TDX_BUFFER_PAGES, false) &&
	    tdx_submit(&t, &after, "after the reset") &&
	    tdx_wait_end(&t, &after, TDX_END_MS, "after the reset"))
		(void)tdx_expect_quote(&t, &after, "after the reset");
}

/* Where the words are from. */
#define GET_QUOTE "GHCI 1.5, TDG.VP.VMCALL<GetQuote>"
#define BUFFER    "GHCI 1.5, tables 3-10 and 3-11"
#define QGS       "Intel DCAP, qgs_msg_lib"
#define NOTIFY    "GHCI 1.5, TDG.VP.VMCALL<SetupEventNotifyInterrupt>"

/* clang-format off */
const struct check check_tdx_list[] = {
	{ .name = "tdx-vmcall-info", .tee = RUN_TDX, .run = tdx_check_vmcall_info,
	  .says = "GetTdVmCallInfo of leaf 1 names only calls that the VMM serves, with 0 in R13 and "
	          "R14.",
	  .spec = "GHCI 1.5, TDG.VP.VMCALL<GetTdVmCallInfo>" },
	{ .name = "tdx-unknown-call", .tee = RUN_TDX, .run = tdx_check_unknown_call,
	  .says = "A call that the VMM does not know keeps the answer that KVM has set, "
	          "SUBFUNC_UNSUPPORTED.",
	  .spec = "Linux Documentation/virt/kvm/api.rst, KVM_EXIT_TDX" },
	{ .name = "tdx-quote", .tee = RUN_TDX, .run = tdx_check_quote,
	  .says = "GetQuote with a TDREPORT ends with status 0 and a quote over that TDREPORT.",
	  .spec = GET_QUOTE },
	{ .name = "tdx-quote-framed", .tee = RUN_TDX, .run = tdx_check_quote_framed,
	  .says = "GetQuote with a QGS message and its length, as MigTD and libtdx_attest send it, ends "
	          "with the service's response.",
	  .spec = "Intel DCAP, servtd_attest and tdx_attest" },
	{ .name = "tdx-in-flight-first", .tee = RUN_TDX, .run = tdx_check_in_flight_first,
	  .says = "The status is in flight before GetQuote returns SUCCESS, until the result is there.",
	  .spec = BUFFER },
	{ .name = "tdx-status-last", .tee = RUN_TDX, .run = tdx_check_status_last,
	  .says = "The status is stored last, after the data and out_len.",
	  .spec = BUFFER },
	{ .name = "tdx-128-kib", .tee = RUN_TDX, .run = tdx_check_128_kib,
	  .says = "Buffers of 16 and 128 KiB, the size that Linux 7.0 and MigTD use, get their quotes.",
	  .spec = GET_QUOTE },
	{ .name = "tdx-two-vcpus", .tee = RUN_TDX, .run = tdx_check_two_vcpus,
	  .says = "GetQuote on two vCPUs at once ends with a quote for each.",
	  .spec = GET_QUOTE },
	{ .name = "tdx-stale-exit", .tee = RUN_TDX, .run = tdx_check_stale_exit,
	  .says = "After a KVM_RUN that failed with EINTR, exit_reason is stale: there is no new exit.",
	  .spec = "Linux Documentation/virt/kvm/api.rst, KVM_RUN" },
	{ .name = "tdx-kick", .tee = RUN_TDX, .run = tdx_check_kick,
	  .says = "A signal to the vCPU's thread during GetQuote does not fail the request.",
	  .spec = "Linux Documentation/virt/kvm/api.rst, KVM_RUN" },
	{ .name = "tdx-sixteen", .tee = RUN_TDX, .run = tdx_check_sixteen,
	  .says = "16 requests may be outstanding; one more is answered with RETRY or SUCCESS.",
	  .spec = GET_QUOTE },
	{ .name = "tdx-retry", .tee = RUN_TDX, .run = tdx_check_retry,
	  .says = "RETRY leaves the buffer to the guest; when requests have ended, others are accepted.",
	  .spec = GET_QUOTE },
	{ .name = "tdx-overlap", .tee = RUN_TDX, .run = tdx_check_overlap,
	  .says = "A buffer that overlaps one in flight is refused, and the one in flight gets its "
	          "quote.",
	  .spec = "GHCI 1.5, TDG.VP.VMCALL<GetQuote>, GPA_INUSE" },
	{ .name = "tdx-alignment", .tee = RUN_TDX, .run = tdx_check_alignment,
	  .says = "A buffer whose address or size is not a multiple of 4096 is refused with ALIGN_ERROR.",
	  .spec = GET_QUOTE },
	{ .name = "tdx-too-large", .tee = RUN_TDX, .run = tdx_check_too_large,
	  .says = "A size of 0, or one beyond the end of memory, is refused with INVALID_OPERAND.",
	  .spec = GET_QUOTE },
	{ .name = "tdx-bad-header", .tee = RUN_TDX, .run = tdx_check_bad_header,
	  .says = "A version other than 1, or an in_len beyond the buffer, is refused with INVALID_OPERAND.",
	  .spec = BUFFER },
	{ .name = "tdx-refused-slots", .tee = RUN_TDX, .run = tdx_check_refused_slots,
	  .says = "Requests that are refused do not count as outstanding.",
	  .spec = GET_QUOTE },
	{ .name = "tdx-hole", .tee = RUN_TDX, .run = tdx_check_hole,
	  .says = "A buffer that is not in writable memory is refused with INVALID_OPERAND.",
	  .spec = GET_QUOTE },
	{ .name = "tdx-service-absent", .tee = RUN_TDX, .run = tdx_check_service_absent,
	  .says = "Without a quoting service, a request ends with the status \"service unavailable\".",
	  .spec = BUFFER },
	{ .name = "tdx-service-slow", .tee = RUN_TDX, .run = tdx_check_service_slow,
	  .says = "A slow quoting service does not block the vCPU; the quote arrives later.",
	  .spec = GET_QUOTE },
	{ .name = "tdx-service-pieces", .tee = RUN_TDX, .run = tdx_check_service_pieces,
	  .says = "A response may arrive in pieces of any size.",
	  .spec = QGS },
	{ .name = "tdx-service-large", .tee = RUN_TDX, .run = tdx_check_service_large,
	  .says = "A request whose quote does not fit the buffer ends with an error, and memory outside "
	          "it does not change.",
	  .spec = BUFFER },
	{ .name = "tdx-service-garbage", .tee = RUN_TDX, .run = tdx_check_service_garbage,
	  .says = "A malformed response ends the request with an error.",
	  .spec = QGS },
	{ .name = "tdx-service-dies", .tee = RUN_TDX, .run = tdx_check_service_dies,
	  .says = "When the service closes the connection early, the request soon ends with an error.",
	  .spec = BUFFER },
	{ .name = "tdx-service-error", .tee = RUN_TDX, .run = tdx_check_service_error,
	  .says = "An error response of the service ends the request with an error.",
	  .spec = QGS },
	{ .name = "tdx-notify-bad-vector", .tee = RUN_TDX, .run = tdx_check_notify_bad_vector,
	  .says = "SetupEventNotifyInterrupt with a vector below 32 or above 255 is refused with "
	          "INVALID_OPERAND.",
	  .spec = NOTIFY },
	{ .name = "tdx-notify", .tee = RUN_TDX, .run = tdx_check_notify,
	  .says = "Every request that ends, with or without a quote, raises the interrupt after its "
	          "status, on the vCPU that registered it.",
	  .spec = NOTIFY },
	{ .name = "tdx-service-silent", .tee = RUN_TDX, .run = tdx_check_service_silent, .slow = true,
	  .says = "A request ends within 30 s when the service never answers; Linux then ignores the "
	          "buffer.",
	  .spec = "Linux, drivers/virt/coco/tdx-guest/tdx-guest.c" },
	{ .name = "tdx-reset", .tee = RUN_TDX, .run = tdx_check_reset, .last = true,
	  .says = "After a reset, the VM is served as before, whatever was in flight.",
	  .spec = "Linux Documentation/virt/kvm/api.rst, KVM_EXIT_SHUTDOWN" },
	{ .name = NULL },
};
/* clang-format on */
