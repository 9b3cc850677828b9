/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "machine/trace.h"
#include "run/vmm/session.h"
#include "run/vmm/snp_answer.h"
#include "run/vmm/tdx_answer.h"
#include "uapi/kvm.h"

/* An exit is one step: from the KVM_RUN that returned it to the one that completes it. */

typedef unsigned long long ull;

/* Words of kvm_run from offset 32. Source: Linux include/uapi/linux/kvm.h, struct kvm_run */
enum { SNP_GPA, SNP_NPAGES };
enum { TDX_NR = 1, TDX_FIRST = 3, TDX_SECOND };

static const struct session_call {
	uint64_t nr;
	const char *name, *first, *second; /* of the arguments; NULL: none */
} calls[] = {
	{ UAPI_TDVMCALL_GET_QUOTE, "GetQuote", "gpa", "size" },
	{ UAPI_TDVMCALL_GET_TD_VM_CALL_INFO, "GetTdVmCallInfo", "leaf", NULL },
	{ UAPI_TDVMCALL_SETUP_EVENT_NOTIFY_INTERRUPT, "SetupEventNotifyInterrupt", "vector", NULL },
};

static uint64_t word(const struct check_exit *exit, size_t i)
{
	return bytes_get_le(exit->body + 8 * i, 8);
}

static const struct session_call *call_of(const struct check_exit *exit)
{
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		if (calls[i].nr == word(exit, TDX_NR))
			return &calls[i];
	return NULL;
}

static void describe(const struct check_exit *exit, char *to, size_t n)
{
	const struct session_call *call;

	switch (exit->reason) {
	case UAPI_KVM_EXIT_SNP_REQ_CERTS:
		snprintf(to, n, "KVM_EXIT_SNP_REQ_CERTS gpa=%#llx npages=%llu", (ull)word(exit, SNP_GPA),
			 (ull)word(exit, SNP_NPAGES));
		break;
	case UAPI_KVM_EXIT_TDX:
		call = call_of(exit);
		if (!call)
			snprintf(to, n, "KVM_EXIT_TDX nr=%#llx", (ull)word(exit, TDX_NR));
		else if (!call->second)
			snprintf(to, n, "KVM_EXIT_TDX %s %s=%#llx", call->name, call->first,
				 (ull)word(exit, TDX_FIRST));
		else
			snprintf(to, n, "KVM_EXIT_TDX %s %s=%#llx %s=%llu", call->name, call->first,
				 (ull)word(exit, TDX_FIRST), call->second, (ull)word(exit, TDX_SECOND));
		break;
	case UAPI_KVM_EXIT_SHUTDOWN:
		snprintf(to, n, "KVM_EXIT_SHUTDOWN");
		break;
	default:
		snprintf(to, n, "exit %u", exit->reason);
	}
}

static void add_numbers(struct trace *t, uint32_t step, const struct check_exit *exit)
{
	const struct session_call *call;

	trace_number(t, step, "exit_reason", exit->reason, TRACE_DECIMAL);
	if (exit->reason == UAPI_KVM_EXIT_SNP_REQ_CERTS) {
		trace_number(t, step, "gpa", word(exit, SNP_GPA), TRACE_HEX);
		trace_number(t, step, "npages", word(exit, SNP_NPAGES), TRACE_DECIMAL);
	} else if (exit->reason == UAPI_KVM_EXIT_TDX) {
		call = call_of(exit);
		trace_number(t, step, "nr", word(exit, TDX_NR), TRACE_HEX);
		if (call)
			trace_number(t, step, call->first, word(exit, TDX_FIRST), TRACE_HEX);
		if (call && call->second)
			trace_number(t, step, call->second, word(exit, TDX_SECOND), TRACE_DECIMAL);
	}
}

/* In the check, and on the vCPU's own track. */
void session_trace_exit(struct check_vcpu *vcpu, const struct check_exit *exit)
{
	struct trace *t = vcpu->vmm->platform.trace;
	struct trace_place before = trace_here(t), place = before;
	char what[160];

	place.guest = vcpu->vm->traced_as;
	place.vcpu = (int)vcpu->id;
	(void)trace_go(t, place);
	trace_end(t, vcpu->traced, "the VMM has not completed it");
	describe(exit, what, sizeof(what));
	vcpu->traced = trace_beside(t, "KVM", "VMM", "vCPU %llu: %s", (ull)vcpu->id, what);
	add_numbers(t, vcpu->traced, exit);
	(void)trace_go(t, before);
}

void session_trace_completion(struct check_vcpu *vcpu, const struct check_exit *exit)
{
	struct trace *t = vcpu->vmm->platform.trace;
	const uint32_t step = vcpu->traced;
	char ret[64];

	vcpu->traced = 0;
	if (!t)
		return;
	trace_number(t, step, "immediate_exit", exit->immediate_exit, TRACE_DECIMAL);
	switch (exit->reason) {
	case UAPI_KVM_EXIT_SNP_REQ_CERTS:
		trace_number(t, step, "ret", exit->ret, TRACE_SIGNED);
		trace_number(t, step, "answered npages", exit->npages, TRACE_DECIMAL);
		trace_end(t, step, "KVM_RUN, %s, npages %llu, immediate_exit %d",
			  snp_ret_name(exit->ret, ret), (ull)exit->npages, exit->immediate_exit);
		break;
	case UAPI_KVM_EXIT_TDX:
		trace_number(t, step, "R10", exit->ret, TRACE_HEX);
		trace_end(t, step, "KVM_RUN, ret %#llx (%s)", (ull)exit->ret, tdx_answer_name(exit->ret));
		break;
	default:
		trace_end(t, step, "KVM_RUN");
	}
}
