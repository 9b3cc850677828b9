/* SPDX-License-Identifier: MIT */
#include "vmm/serve.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "host/host.h"
#include "uapi/kvm.h"
#include "vmm/env.h"
#include "vmm/log.h"
#include "wire/kvm_run.h"

static int write_guest(void *context, uint64_t gpa, const void *from, size_t n)
{
	return vmm_memory_write(context, gpa, from, n);
}

static const char *answer_name(uint64_t answer)
{
	return answer == ENOSPC ? "ENOSPC" : answer == EAGAIN ? "EAGAIN" : "EIO";
}

/*
 * The handle of the blob lives for one exit: it would keep a descriptor for the next one, which a VMM that
 * closes what it does not know, or a child process, would have to be kept from.
 */
void serve_snp_begin(struct serve_snp *snp, struct vmm_vcpu *vcpu, uint8_t *run)
{
	const struct vmm_settings *settings = serve_settings();
	const struct jurat_snp_certs_options options = {
		.size = sizeof(options),
		.lock_wait_ms = settings->lock_wait_ms,
	};
	const struct jurat_guest_memory memory = {
		.size = sizeof(memory),
		.write = write_guest,
		.context = vcpu->vm,
	};
	const uint64_t gpa = bytes_get_le(run + KVM_RUN_SNP_REQ_CERTS_gpa, 8);
	uint64_t npages = bytes_get_le(run + KVM_RUN_SNP_REQ_CERTS_npages, 8), answer = EIO;
	const bool asks_for_size = npages == 0;
	struct serve_vm *s = vcpu->vm->data;
	struct jurat_error err = { "" };
	int e;

	*snp = (struct serve_snp){ 0 };
	e = host_snp_certs_new(vmm_env(), settings->certs, &options, &snp->certs, &err);
	if (e == 0)
		e = jurat_snp_request_new(snp->certs, &snp->request, &err);
	if (e == 0)
		e = jurat_snp_request_serve(snp->request, gpa, npages, &memory, &answer, &npages, &err);
	bytes_put_le(run + KVM_RUN_SNP_REQ_CERTS_npages, npages, 8);
	bytes_put_le(run + KVM_RUN_SNP_REQ_CERTS_ret, answer, 8);
	atomic_fetch_add(&s->n_certs, 1);
	if (e < 0 || (answer != 0 && !asks_for_size))
		vmm_log(VMM_LOG_GUEST, "VM %llu, vCPU %lu: certificates: %s: %s",
			(unsigned long long)vcpu->vm->serial, vcpu->id, answer_name(answer), err.text);
}

void serve_snp_end(struct serve_snp *snp)
{
	jurat_snp_request_free(snp->request); /* drops the lock */
	jurat_snp_certs_free(snp->certs);
}

static void enable(struct serve_vm *s, int fd, bool last_chance)
{
	struct uapi_kvm_sev_cmd command = { .id = UAPI_KVM_SEV_SNP_ENABLE_REQ_CERTS };
	const int r = vmm_next()->ioctl(fd, UAPI_KVM_MEMORY_ENCRYPT_OP, (unsigned long)(uintptr_t)&command);
	const int e = errno;

	atomic_store(&s->enabled, r == 0);
	if (r == 0)
		vmm_log(VMM_LOG_VMM, "VM %llu: certificate requests are served from '%s'",
			(unsigned long long)s->vm->serial, serve_settings()->certs);
	else if (last_chance)
		vmm_log(VMM_LOG_VMM,
			"VM %llu: guests get no certificates: KVM_SEV_SNP_ENABLE_REQ_CERTS: %s (Linux 7.0 "
			"has it)",
			(unsigned long long)s->vm->serial, strerror(e));
}

void serve_snp_launched(struct serve_vm *s, int fd, const struct uapi_kvm_sev_cmd *command, int result)
{
	if (result != 0 || s->vm->type != UAPI_KVM_X86_SNP_VM)
		return;
	if (command->id == UAPI_KVM_SEV_SNP_ENABLE_REQ_CERTS)
		atomic_store(&s->vmm_serves_certs, true);
	if (!serve_settings()->certs || atomic_load(&s->enabled) || atomic_load(&s->has_vcpu))
		return;
	if (command->id == UAPI_KVM_SEV_INIT2)
		enable(s, fd, false);
	else if (command->id == UAPI_KVM_SEV_LAUNCH_START)
		enable(s, fd, true);
}
