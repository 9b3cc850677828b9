/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "sim/kvm/kvm_internal.h"

/*
 * SNP_GUEST_REQUEST: upstream through bounce pages of the VM, which its mutex guards; in v14 and v15 on the
 * guest's own pages. Sources: Linux 6.12 snp_handle_guest_req(); "[PATCH v14 21/22]" and "[PATCH v15 18/20]
 * KVM: SEV: Provide support for SNP_GUEST_REQUEST NAE event".
 */

/* The sequence number in the message header, which is not encrypted. For traces only. */
static unsigned long long seqno_of(const uint8_t *page)
{
	return bytes_get_le(page + SNP_MSG_SEQNO_OFF, 8);
}

static void trace_status(const struct sim_kvm_host *host, uint32_t status, const uint8_t *response)
{
	const char *name = snp_status_name(status);
	struct sim_kvm_event event = { .step = SIM_KVM_RETURN,
				       .from = KVM_FIRMWARE,
				       .to = KVM_SELF,
				       .numbers = { { "status", status, true } } };

	if (status == SNP_SUCCESS) {
		event.numbers[1] =
			(struct sim_kvm_number){ .name = "response sequence", .value = seqno_of(response) };
		event.message = response;
		kvm_trace(host, &event, "%s, sequence %llu", name, seqno_of(response));
	} else if (name) {
		kvm_trace(host, &event, "%s", name);
	} else {
		kvm_trace(host, &event, "status 0x%x", (unsigned)status);
	}
}

static void trace_request(const struct sim_kvm_host *host, const uint8_t *request)
{
	const struct sim_kvm_event event = { .step = SIM_KVM_CALL,
					     .from = KVM_SELF,
					     .to = KVM_FIRMWARE,
					     .numbers = { { "sequence", seqno_of(request) } },
					     .message = request };

	kvm_trace(host, &event, "SNP_GUEST_REQUEST sequence %llu", seqno_of(request));
}

/* The fault to inject into this firmware call, if any. */
static enum sim_kvm_fault take_fault(struct sim_kvm_host *host)
{
	enum sim_kvm_fault fault = host->fault;

	if (fault == SIM_KVM_FAULT_NONE || --host->fault_in > 0)
		return SIM_KVM_FAULT_NONE;
	host->fault = SIM_KVM_FAULT_NONE;
	return fault;
}

/* SNP_GUEST_REQUEST on these pages. -EIO: firmware failed with *ret_status, which is 0 otherwise. */
static int firmware(const struct sim_kvm_vm *vm, const uint8_t *request, uint8_t *response,
		    uint32_t *ret_status)
{
	struct sim_kvm_host *host = vm->host;

	*ret_status = SNP_SUCCESS;
	if (host->psp_dead) {
		kvm_trace(host, KVM_SAY(KVM_FIRMWARE, KVM_SELF), "-EBUSY: the PSP is dead");
		return -EBUSY;
	}
	trace_request(host, request);
	switch (take_fault(host)) {
	case SIM_KVM_FAULT_PSP_TIMEOUT:
		host->psp_dead = true;
		kvm_trace(host, KVM_RETURN(KVM_FIRMWARE, KVM_SELF),
			  "no answer in time: the PSP is dead from now on");
		return -ETIMEDOUT;
	case SIM_KVM_FAULT_FW_STATUS:
		*ret_status = host->fault_status;
		break;
	case SIM_KVM_FAULT_NONE:
		*ret_status = sim_psp_guest_request(host->psp, vm->psp_guest, request, response);
		break;
	}
	trace_status(host, *ret_status, response);
	return *ret_status == SNP_SUCCESS ? 0 : -EIO;
}

/* v14 looks at its transaction instead. */
static bool is_busy_late(const struct sim_kvm_vcpu *vcpu, uint32_t status)
{
	const struct sim_kvm_host *host = vcpu->vm->host;

	return host->defects & SIM_KVM_BUSY_LATE && host->sync != SIM_SYNC_V14 &&
	       vcpu->ghcb.exit_code == GHCB_EXIT_EXT_GUEST_REQUEST && status == SNP_SUCCESS;
}

int kvm_fail_run(const struct sim_kvm_vcpu *vcpu, int r, const char *why)
{
	const char *name = r == -EIO         ? "-EIO"
			   : r == -EBUSY     ? "-EBUSY"
			   : r == -ETIMEDOUT ? "-ETIMEDOUT"
					     : "-EINVAL";

	kvm_trace(vcpu->vm->host, KVM_SAY(KVM_SELF, KVM_VMM), "KVM_RUN: %s, %s", name, why);
	return r;
}

/*
 * The whole response page is copied back even if firmware failed: the guest then sees the previous response
 * again (B47). `alone`: nobody else uses the bounce pages meanwhile, so that copying is no step.
 */
static int bounce(struct sim_kvm_vcpu *vcpu, bool alone)
{
	struct sim_kvm_vm *vm = vcpu->vm;
	struct kvm_progress *p = &vcpu->progress;

	if (!alone && !kvm_step(vm->host, "copy the request page"))
		return -EINTR;
	if (kvm_memory_read(&vm->memory, KVM_VIEW_SLOT, vcpu->ghcb.info_1, vm->request, SNP_PAGE_BYTES) < 0)
		return kvm_fail_run(vcpu, -EIO, "the request page cannot be read");
	if (!kvm_step(vm->host, "SNP_GUEST_REQUEST"))
		return -EINTR;
	vm->response_known = false;
	p->result = firmware(vm, vm->request, vm->response, &p->status);
	if (!alone && !kvm_step(vm->host, "copy the response page"))
		return -EINTR;
	if (p->result < 0 && p->status == SNP_SUCCESS)
		return kvm_fail_run(vcpu, p->result, "firmware did not answer");
	if (kvm_memory_write(&vm->memory, KVM_VIEW_SLOT, vcpu->ghcb.info_2, vm->response, SNP_PAGE_BYTES) < 0)
		return kvm_fail_run(vcpu, -EIO, "the response page cannot be written");
	kvm_ghcb_answer(vcpu,
			SNP_EXITINFO2(is_busy_late(vcpu, p->status) ? SNP_VMM_BUSY : SNP_VMM_OK, p->status));
	return 1;
}

int kvm_request_bounced(struct sim_kvm_vcpu *vcpu)
{
	struct sim_kvm_vm *vm = vcpu->vm;
	bool alone = !(vm->host->defects & SIM_KVM_NO_MUTEX);
	int r;

	if (alone && !kvm_lock(vm->host, &vm->mutex))
		return -EINTR;
	vm->n_bouncing++;
	r = bounce(vcpu, alone);
	vm->n_bouncing--;
	vcpu->progress.result = r;
	return !alone || kvm_unlock(vm->host, &vm->mutex) ? r : -EINTR;
}

/*
 * The response page belongs to the firmware for as long as the command runs. v15 as posted returns at once
 * when the command fails, before it takes the page back (B10); v14 takes it back in any case, and so does v15
 * as it was meant. Taking it back is a command, too: a dead firmware keeps it under all three.
 */
static bool is_page_lost(const struct sim_kvm_host *host, int r)
{
	return r < 0 && (host->sync == SIM_SYNC_V15 || host->psp_dead);
}

int kvm_request_in_place(struct sim_kvm_vcpu *vcpu, uint64_t *ret_info_2)
{
	struct kvm_memory *memory = &vcpu->vm->memory;
	uint8_t request[SNP_PAGE_BYTES], response[SNP_PAGE_BYTES];
	uint64_t to = vcpu->ghcb.info_2;
	uint32_t status;
	int r;

	if (!kvm_step(vcpu->vm->host, "SNP_GUEST_REQUEST"))
		return -EINTR;
	*ret_info_2 = SNP_EXITINFO2(V15_VMM_GENERIC, 0);
	if (kvm_memory_check(memory, KVM_VIEW_HOST, to, SNP_PAGE_BYTES) < 0 ||
	    kvm_memory_read(memory, KVM_VIEW_HOST, vcpu->ghcb.info_1, request, SNP_PAGE_BYTES) < 0)
		return 0;
	r = firmware(vcpu->vm, request, response, &status);
	if (is_page_lost(vcpu->vm->host, r)) {
		kvm_memory_lose(memory, to);
		kvm_trace(vcpu->vm->host, KVM_SAY(KVM_SELF, KVM_SELF),
			  "the response page stays with the firmware");
	}
	if (r < 0)
		*ret_info_2 = SNP_EXITINFO2(V15_VMM_GENERIC, status);
	else if (kvm_memory_write(memory, KVM_VIEW_HOST, to, response, SNP_PAGE_BYTES) == 0)
		*ret_info_2 = SNP_EXITINFO2(is_busy_late(vcpu, status) ? SNP_VMM_BUSY : SNP_VMM_OK, 0);
	return 0;
}
