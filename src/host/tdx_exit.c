/* SPDX-License-Identifier: MIT */
#include "host/tdx_quotes.h"

#include <errno.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "uapi/tdx.h"
#include "wire/kvm_run.h"

static void handle_info(const struct jurat_tdx_quotes *q, uint8_t *run)
{
	uint64_t registers[4], answer;

	answer = jurat_tdx_quotes_vmcall_info(q, bytes_get_le(run + KVM_RUN_TDX_GET_TDVMCALL_INFO_leaf, 8),
					      registers);
	if (answer == UAPI_TDVMCALL_SUCCESS)
		for (unsigned i = 0; i < ARRAY_SIZE(registers); i++)
			bytes_put_le(run + KVM_RUN_TDX_GET_TDVMCALL_INFO_r11 + (size_t)8 * i, registers[i],
				     8);
	bytes_put_le(run + KVM_RUN_TDX_ret, answer, 8);
}

int jurat_tdx_quotes_handle_exit(struct jurat_tdx_quotes *q, struct kvm_run *kvm_run, uint32_t vcpu,
				 struct jurat_error *err)
{
	uint8_t *run = (uint8_t *)kvm_run;
	uint32_t reason = (uint32_t)bytes_get_le(run + KVM_RUN_exit_reason, 4);
	uint64_t answer;
	int e;

	if (reason != q->options.exit_reason)
		return jurat_fail(err, -EINVAL, "exit reason %u is not KVM_EXIT_TDX (%u)", reason,
				  q->options.exit_reason);
	switch (bytes_get_le(run + KVM_RUN_TDX_nr, 8)) {
	case UAPI_TDVMCALL_GET_QUOTE:
		e = jurat_tdx_quotes_serve(q, bytes_get_le(run + KVM_RUN_TDX_GET_QUOTE_gpa, 8),
					   bytes_get_le(run + KVM_RUN_TDX_GET_QUOTE_size, 8), &answer, err);
		if (e < 0)
			return e;
		bytes_put_le(run + KVM_RUN_TDX_ret, answer, 8);
		return 0;
	case UAPI_TDVMCALL_GET_TD_VM_CALL_INFO:
		handle_info(q, run);
		return 0;
	case UAPI_TDVMCALL_SETUP_EVENT_NOTIFY_INTERRUPT:
		answer = jurat_tdx_quotes_setup_notify(
			q, bytes_get_le(run + KVM_RUN_TDX_SETUP_EVENT_NOTIFY_vector, 8), vcpu);
		bytes_put_le(run + KVM_RUN_TDX_ret, answer, 8);
		return 0;
	default: /* an unknown leaf: KVM has preset the answer to "not supported" */
		return 0;
	}
}
