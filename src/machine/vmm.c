/* SPDX-License-Identifier: MIT */
#include "machine/internal.h"

#include <errno.h>

#include "uapi/kvm.h"
#include "wire/kvm_run.h"

/*
 * The vCPU loop of a VMM, one iteration at a time. With the upstream scheme it only makes the two calls of
 * libjurat-host; the older schemes have other exits, which are served by the same library.
 */

static int memory_write(void *ctx, uint64_t gpa, const void *from, size_t n)
{
	return sim_kvm_host_write(ctx, gpa, from, n);
}

static void tell_answer(struct machine_vcpu *vcpu, uint64_t answer, uint64_t npages,
			const struct jurat_error *err)
{
	struct machine *m = vcpu->guest->machine;

	if (answer == 0)
		machine_event(m, "VMM", "store",
			      "shared lock, compare, copy to the guest's pages; the lock stays");
	else if (answer == ENOSPC)
		machine_event(m, "VMM", "store", "the blob needs %llu pages", (unsigned long long)npages);
	else
		machine_event(m, "VMM", "store", "%s", err->text);
}

static void drop(struct machine_vcpu *vcpu, const char *why)
{
	if (jurat_snp_request_ran(vcpu->certs, 0, 0) == 1)
		machine_event(vcpu->guest->machine, "VMM", "store", "unlock: %s", why);
}

static int serve_upstream(struct machine_vcpu *vcpu, uint8_t *run)
{
	struct jurat_guest_memory memory = { .size = sizeof(memory),
					     .write = memory_write,
					     .context = vcpu->guest->vm };
	struct machine *m = vcpu->guest->machine;
	struct jurat_error err = { "" };
	struct kvm_run_snp_req_certs now;
	int r = wire_read(&kvm_run_snp_req_certs_layout, run, SNP_PAGE_BYTES, &now, NULL);

	if (r < 0)
		return r;
	if (machine_fault_answer(m, &now.ret, &now.npages)) {
		bytes_put_le(run + KVM_RUN_SNP_REQ_CERTS_npages, now.npages, 8);
		bytes_put_le(run + KVM_RUN_SNP_REQ_CERTS_ret, now.ret, 8);
		return 0;
	}
	r = jurat_snp_request_handle_exit(vcpu->certs, (struct kvm_run *)run, &memory, &err);
	if (r < 0)
		return r;
	r = wire_read(&kvm_run_snp_req_certs_layout, run, SNP_PAGE_BYTES, &now, NULL);
	if (r < 0)
		return r;
	if (now.ret == 0)
		machine_fault_after_copy(vcpu, now.gpa, now.npages);
	tell_answer(vcpu, now.ret, now.npages, &err);
	if (m->options.sync == SIM_SYNC_NONE)
		drop(vcpu, "this scheme keeps nothing in step");
	return 0;
}

/* v14 and v15: EXT_GUEST_REQ (3), REQ_CERTS (1) of KVM_EXIT_VMGEXIT. ret is a u32 of the GHCB's codes. */
static int serve_vmgexit(struct machine_vcpu *vcpu, uint8_t *run)
{
	struct jurat_guest_memory memory = { .size = sizeof(memory),
					     .write = memory_write,
					     .context = vcpu->guest->vm };
	struct machine *m = vcpu->guest->machine;
	bool v15 = m->options.sync == SIM_SYNC_V15;
	uint64_t gpa = bytes_get_le(run + KVM_RUN_VMGEXIT_gpa, 8);
	uint64_t answer = EIO, npages = bytes_get_le(run + KVM_RUN_VMGEXIT_npages, 8);
	struct jurat_error err = { "" };
	uint32_t code;
	int r = 0;

	if (v15 && run[KVM_RUN_VMGEXIT_status] == KVM_VMGEXIT_DONE) {
		drop(vcpu, "KVM says the request is done");
		return 0;
	}
	if (!machine_fault_answer(m, &answer, &npages))
		r = jurat_snp_request_serve(vcpu->certs, gpa, npages, &memory, &answer, &npages, &err);
	if (r < 0)
		return r;
	if (answer == 0)
		machine_fault_after_copy(vcpu, gpa, npages);
	code = answer == 0        ? SNP_VMM_OK
	       : answer == ENOSPC ? SNP_VMM_INVALID_LEN
	       : answer == EAGAIN ? SNP_VMM_BUSY
				  : 1u << 31;
	bytes_put_le(run + KVM_RUN_VMGEXIT_ret, code, 4);
	if (answer == ENOSPC)
		bytes_put_le(run + KVM_RUN_VMGEXIT_npages, npages, 8);
	tell_answer(vcpu, answer, npages, &err);
	if (v15 && answer == 0)
		run[KVM_RUN_VMGEXIT_flags] = KVM_VMGEXIT_NOTIFY_DONE;
	else
		drop(vcpu, v15 ? "nothing to wait for" : "v14 relies on the kernel's transaction id");
	return 0;
}

int machine_vmm_run(struct machine_vcpu *vcpu)
{
	uint8_t *run = sim_kvm_vcpu_run(vcpu->kvm);
	struct machine *m = vcpu->guest->machine;
	int rc = sim_kvm_run(vcpu->kvm);
	int r = 0;

	vcpu->owes_run = false;
	/* v15 reports the end with an exit. A failed KVM_RUN ends the request in every scheme. */
	if ((m->options.sync == SIM_SYNC_UPSTREAM || m->options.sync == SIM_SYNC_NONE || rc < 0) &&
	    jurat_snp_request_handle_ran(vcpu->certs, (struct kvm_run *)run, rc, 0) == 1)
		machine_event(m, "VMM", "store", "KVM_RUN returned %s: unlock",
			      rc == -EINTR ? "EINTR"
			      : rc < 0     ? "an error"
					   : "");
	if (rc == -EINTR) {
		vcpu->owes_run = true; /* exit_reason is stale (B27): only enter again */
		return 0;
	}
	if (rc < 0)
		return rc;
	switch (bytes_get_le(run + KVM_RUN_exit_reason, 4)) {
	case UAPI_KVM_EXIT_HLT:
		return 0;
	case UAPI_KVM_EXIT_SNP_REQ_CERTS:
		r = serve_upstream(vcpu, run);
		break;
	case UAPI_KVM_EXIT_VMGEXIT:
		r = serve_vmgexit(vcpu, run);
		break;
	default:
		return -ENOTSUP; /* a VMM terminates a guest on an unknown exit */
	}
	vcpu->owes_run = r == 0;
	return r;
}
