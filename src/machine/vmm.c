/* SPDX-License-Identifier: MIT */
#include "machine/vmm.h"

#include <errno.h>
#include <stdio.h>

#include "base/bytes.h"
#include "uapi/kvm.h"
#include "wire/kvm_run.h"

enum { TABLE_PAGES = 8 }; /* of a traced certificate table */

static int memory_write(void *ctx, uint64_t gpa, const void *from, size_t n)
{
	return sim_kvm_host_write(ctx, gpa, from, n);
}

static void say(const struct machine_vmm *vmm, const char *text)
{
	if (vmm->hooks->say)
		vmm->hooks->say(vmm->ctx, "VMM", "store", text);
	trace_say(vmm->trace, "VMM", "store", "%s", text);
}

static void trace_table(const struct machine_vmm *vmm, uint32_t step, uint64_t gpa, uint64_t npages)
{
	uint8_t table[TABLE_PAGES * SNP_PAGE_BYTES];
	size_t n = (npages < TABLE_PAGES ? (size_t)npages : TABLE_PAGES) * SNP_PAGE_BYTES;

	if (trace_wants_bytes(vmm->trace) && sim_kvm_host_read(vmm->vm, gpa, table, n) == 0)
		trace_bytes(vmm->trace, step, "certificate table", table, n);
}

/* The step at the store ends. */
static void tell_answer(const struct machine_vmm *vmm, uint32_t step, uint64_t answer, uint64_t npages,
			const struct jurat_error *err)
{
	char needs[64] = "";
	const char *text = answer == 0 ? "shared lock, compare, copy to the guest's pages; the lock stays"
			   : answer == ENOSPC ? needs
					      : err->text;

	if (answer == ENOSPC)
		snprintf(needs, sizeof(needs), "the blob needs %llu pages", (unsigned long long)npages);
	if (vmm->hooks->say)
		vmm->hooks->say(vmm->ctx, "VMM", "store", text);
	trace_number(vmm->trace, step, "ret", answer, TRACE_DECIMAL);
	trace_number(vmm->trace, step, "npages", npages, TRACE_DECIMAL);
	trace_end(vmm->trace, step, "%s", text);
}

static void drop(const struct machine_vmm *vmm, const char *why)
{
	if (jurat_snp_request_ran(vmm->certs, 0, 0) == 1)
		say(vmm, why);
}

static bool answered_by_fault(const struct machine_vmm *vmm, uint64_t *answer, uint64_t *npages)
{
	return vmm->hooks->answer && vmm->hooks->answer(vmm->ctx, answer, npages);
}

static void copied(const struct machine_vmm *vmm, uint64_t gpa, uint64_t npages)
{
	if (vmm->hooks->copied)
		vmm->hooks->copied(vmm->ctx, gpa, npages);
}

static int serve_upstream(const struct machine_vmm *vmm, uint8_t *run)
{
	struct jurat_guest_memory memory = { .size = sizeof(memory),
					     .write = memory_write,
					     .context = vmm->vm };
	struct jurat_error err = { "" };
	struct kvm_run_snp_req_certs now;
	uint32_t step;
	int r = wire_read(&kvm_run_snp_req_certs_layout, run, SNP_PAGE_BYTES, &now, NULL);

	if (r < 0)
		return r;
	if (answered_by_fault(vmm, &now.ret, &now.npages)) {
		bytes_put_le(run + KVM_RUN_SNP_REQ_CERTS_npages, now.npages, 8);
		bytes_put_le(run + KVM_RUN_SNP_REQ_CERTS_ret, now.ret, 8);
		return 0;
	}
	step = trace_call(vmm->trace, "VMM", "store", "serves the certificates");
	r = jurat_snp_request_handle_exit(vmm->certs, (struct kvm_run *)run, &memory, &err);
	if (r == 0)
		r = wire_read(&kvm_run_snp_req_certs_layout, run, SNP_PAGE_BYTES, &now, NULL);
	if (r < 0) {
		trace_end(vmm->trace, step, "%s", err.text);
		return r;
	}
	if (now.ret == 0) {
		copied(vmm, now.gpa, now.npages);
		trace_table(vmm, step, now.gpa, now.npages);
	}
	tell_answer(vmm, step, now.ret, now.npages, &err);
	if (vmm->sync == SIM_SYNC_NONE)
		drop(vmm, "unlock: this scheme does not keep the lock");
	return 0;
}

/* v14 and v15: EXT_GUEST_REQ (3), REQ_CERTS (1) of KVM_EXIT_VMGEXIT. ret is a u32 of the GHCB's codes. */
static int serve_vmgexit(const struct machine_vmm *vmm, uint8_t *run)
{
	struct jurat_guest_memory memory = { .size = sizeof(memory),
					     .write = memory_write,
					     .context = vmm->vm };
	bool v15 = vmm->sync == SIM_SYNC_V15 || vmm->sync == SIM_SYNC_V15_FIXED;
	uint64_t gpa = bytes_get_le(run + KVM_RUN_VMGEXIT_gpa, 8);
	uint64_t answer = EIO, npages = bytes_get_le(run + KVM_RUN_VMGEXIT_npages, 8);
	struct jurat_error err = { "" };
	uint32_t code, step;
	int r = 0;

	if (v15 && run[KVM_RUN_VMGEXIT_status] == KVM_VMGEXIT_DONE) {
		drop(vmm, "unlock: KVM reports that the request is done");
		return 0;
	}
	step = trace_call(vmm->trace, "VMM", "store", "serves the certificates");
	if (!answered_by_fault(vmm, &answer, &npages))
		r = jurat_snp_request_serve(vmm->certs, gpa, npages, &memory, &answer, &npages, &err);
	if (r < 0) {
		trace_end(vmm->trace, step, "%s", err.text);
		return r;
	}
	if (answer == 0) {
		copied(vmm, gpa, npages);
		trace_table(vmm, step, gpa, npages);
	}
	code = answer == 0        ? SNP_VMM_OK
	       : answer == ENOSPC ? SNP_VMM_INVALID_LEN
	       : answer == EAGAIN ? SNP_VMM_BUSY
				  : 1u << 31;
	bytes_put_le(run + KVM_RUN_VMGEXIT_ret, code, 4);
	if (answer == ENOSPC)
		bytes_put_le(run + KVM_RUN_VMGEXIT_npages, npages, 8);
	tell_answer(vmm, step, answer, npages, &err);
	if (v15 && answer == 0)
		run[KVM_RUN_VMGEXIT_flags] = KVM_VMGEXIT_NOTIFY_DONE;
	else
		drop(vmm, v15 ? "unlock: nothing to wait for"
			      : "unlock: v14 relies on the kernel's transaction id");
	return 0;
}

/* v15 reports the end with an exit. A failed KVM_RUN ends the request in every scheme. */
static void after_run(const struct machine_vmm *vmm, uint8_t *run)
{
	bool any_return = vmm->sync == SIM_SYNC_UPSTREAM || vmm->sync == SIM_SYNC_NONE;

	if ((any_return || vmm->ran < 0) &&
	    jurat_snp_request_handle_ran(vmm->certs, (struct kvm_run *)run, vmm->ran, 0) == 1)
		say(vmm, vmm->ran == -EINTR ? "KVM_RUN returned EINTR: unlock"
			 : vmm->ran < 0     ? "KVM_RUN returned an error: unlock"
					    : "KVM_RUN returned: unlock");
}

int machine_vmm_run(struct machine_vmm *vmm)
{
	uint8_t *run = sim_kvm_vcpu_run(vmm->vcpu);
	int r = 0;

	vmm->ran = sim_kvm_run(vmm->vcpu);
	vmm->owes_run = false;
	after_run(vmm, run);
	if (vmm->ran == -EINTR) {
		vmm->owes_run = true; /* exit_reason is stale (B27): only enter again */
		return 0;
	}
	if (vmm->ran < 0)
		return vmm->ran;
	switch (bytes_get_le(run + KVM_RUN_exit_reason, 4)) {
	case UAPI_KVM_EXIT_HLT:
		return 0;
	case UAPI_KVM_EXIT_SNP_REQ_CERTS:
		r = serve_upstream(vmm, run);
		break;
	case UAPI_KVM_EXIT_VMGEXIT:
		r = serve_vmgexit(vmm, run);
		break;
	default:
		return -ENOTSUP; /* a VMM terminates a guest on an unknown exit */
	}
	vmm->owes_run = r == 0;
	return r;
}

static int guest_read(void *vm, uint64_t gpa, void *to, size_t n)
{
	return sim_kvm_guest_read(vm, gpa, to, n);
}

static int guest_write(void *vm, uint64_t gpa, const void *from, size_t n)
{
	return sim_kvm_guest_write(vm, gpa, from, n);
}

static int guest_set_shared(void *vm, uint64_t gpa, uint64_t npages, bool shared)
{
	return sim_kvm_set_shared(vm, gpa, npages, shared);
}

struct sim_guest_memory machine_guest_memory(struct sim_kvm_vm *vm)
{
	return (struct sim_guest_memory){
		.read = guest_read, .write = guest_write, .set_shared = guest_set_shared, .ctx = vm
	};
}
