/* SPDX-License-Identifier: MIT */
#include "vmm/serve.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "uapi/kvm.h"
#include "uapi/tdx.h"
#include "vmm/env.h"
#include "vmm/log.h"
#include "wire/kvm_run.h"

static void forked(void)
{
	vmm_env_forked();
	serve_tdx_forked();
}

static uint32_t exit_reason(const uint8_t *run)
{
	return (uint32_t)bytes_get_le(run + KVM_RUN_exit_reason, 4);
}

/* Whether an exit is the library's. Numbers of exits have been used for others before: those are not. */
static bool serves(const struct vmm_vcpu *vcpu, uint32_t reason)
{
	const struct vmm_vm *vm = vcpu->vm;
	const struct vmm_settings *with;

	if ((reason != UAPI_KVM_EXIT_SNP_REQ_CERTS && reason != UAPI_KVM_EXIT_TDX) || !vm->data)
		return false;
	with = serve_settings();
	if (reason == UAPI_KVM_EXIT_TDX)
		return with->quoting_service && vm->type != UAPI_KVM_X86_SNP_VM && !with->defer;
	return with->certs && vm->type != UAPI_KVM_X86_TDX_VM &&
	       !(with->defer && atomic_load(&((struct serve_vm *)vm->data)->vmm_serves_certs));
}

/*
 * Serves one exit and has KVM complete it. A handler of the VMM that sets immediate_exit runs before the
 * flag is borrowed or after it has been restored. Returns what that KVM_RUN returns, with errno set.
 */
static int serve(struct vmm_vcpu *vcpu, int fd, uint8_t *run)
{
	struct serve_snp snp = { 0 };
	uint8_t wanted;
	int r, e;

	if (exit_reason(run) == UAPI_KVM_EXIT_TDX)
		serve_tdx(vcpu, run);
	else
		serve_snp_begin(&snp, vcpu, run);
	wanted = __atomic_exchange_n(run + KVM_RUN_immediate_exit, 1, __ATOMIC_SEQ_CST);
	r = vmm_next()->ioctl(fd, UAPI_KVM_RUN, 0ul);
	e = errno;
	if (wanted == 0)
		__atomic_store_n(run + KVM_RUN_immediate_exit, 0, __ATOMIC_SEQ_CST);
	/*
	 * KVM can fail before it completes the exit: of a vCPU that another thread has reset, or whose
	 * registers are invalid. It would then do so later, without the lock.
	 */
	if (r < 0 && snp.certs)
		bytes_put_le(run + KVM_RUN_SNP_REQ_CERTS_ret, EAGAIN, 8);
	serve_snp_end(&snp);
	errno = e;
	return r;
}

/*
 * Answers an exit, and has KVM complete it by a KVM_RUN with immediate_exit, which does not enter the
 * guest. The VMM gets the EINTR of that, a kick that it has to expect at any time; so no kick of its own is
 * lost, whenever its handler sets immediate_exit: handlers that are due run before this returns to the VMM,
 * and EINTR comes after them. exit_reason would still be that of the exit, which the VMM does not know.
 *
 * Spec: KVM API, KVM_RUN and immediate_exit
 */
static int serve_exits(struct vmm_vcpu *vcpu, int fd, uint8_t *run)
{
	struct vmm_held held;
	int r, e;

	vmm_hold(&held);
	do {
		r = serve(vcpu, fd, run);
		e = errno;
	} while (r == 0 && serves(vcpu, exit_reason(run)));
	if (r < 0 && e == EINTR)
		bytes_put_le(run + KVM_RUN_exit_reason, UAPI_KVM_EXIT_INTR, 4);
	vmm_release(&held);
	errno = e;
	return r;
}

static int run_vcpu(struct vmm_vcpu *vcpu, int fd)
{
	const int r = vmm_next()->ioctl(fd, UAPI_KVM_RUN, 0ul);
	uint8_t *run, *own;
	int served;

	if (r != 0)
		return r;
	run = atomic_load_explicit(&vcpu->run, memory_order_acquire);
	if (run)
		return serves(vcpu, exit_reason(run)) ? serve_exits(vcpu, fd, run) : r;
	run = vmm_run_map(vcpu, fd, &own); /* the VMM has mapped it in a way that was not seen */
	if (!run)
		return r;
	served = serves(vcpu, exit_reason(run)) ? serve_exits(vcpu, fd, run) : r;
	vmm_run_unmap(own);
	return served;
}

static int vm_created(struct vmm_vm *vm, int fd)
{
	struct serve_vm *s;

	if (!serve_settings())
		return 0;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->vm = vm;
	s->stop_fd = -1;
	pthread_mutex_init(&s->opening, NULL);
	vm->data = s;
	return 0;
}

static void vm_gone(struct vmm_vm *vm)
{
	struct serve_vm *s = vm->data;
	struct vmm_held held;

	if (!s)
		return;
	vmm_hold(&held);
	serve_tdx_close(s);
	if (s->n_certs + s->n_quotes > 0)
		vmm_log(VMM_LOG_VMM,
			"VM %llu has ended: %lu certificate requests and %lu requests of TDX served",
			(unsigned long long)vm->serial, s->n_certs, s->n_quotes);
	vm->data = NULL;
	pthread_mutex_destroy(&s->opening);
	free(s);
	vmm_release(&held);
}

static int vcpu_created(struct vmm_vcpu *vcpu, int fd)
{
	struct serve_vm *s = vcpu->vm->data;

	if (!s)
		return 0;
	atomic_store(&s->has_vcpu, true);
	if (vcpu->vm->type == UAPI_KVM_X86_TDX_VM)
		serve_tdx_prepare(s);
	return 0;
}

/* struct kvm_enable_cap: the capability, flags, and args[0] at offset 8 */
static void note_capability(struct serve_vm *s, const uint8_t *cap)
{
	switch (bytes_get_le(cap, 4)) {
	case UAPI_KVM_CAP_SPLIT_IRQCHIP:
		atomic_store(&s->has_irqchip, true);
		break;
	case UAPI_KVM_CAP_X2APIC_API:
		atomic_fetch_or(&s->x2apic_api, bytes_get_le(cap + 8, 8)); /* as KVM does */
		break;
	default:
		break;
	}
}

static void after(struct vmm_vm *vm, struct vmm_vcpu *vcpu, int fd, unsigned long request, void *arg,
		  int result)
{
	struct serve_vm *s = vm ? vm->data : NULL;

	if (!s)
		return;
	switch (request) {
	case UAPI_KVM_MEMORY_ENCRYPT_OP:
		if (vm->type == UAPI_KVM_X86_TDX_VM)
			serve_tdx_capabilities(s, arg, result);
		else
			serve_snp_launched(s, fd, arg, result);
		break;
	case UAPI_KVM_CREATE_IRQCHIP:
		if (result == 0)
			atomic_store(&s->has_irqchip, true);
		break;
	case UAPI_KVM_ENABLE_CAP:
		if (result == 0)
			note_capability(s, arg);
		break;
	default:
		break;
	}
}

const struct vmm_hooks vmm_hooks = {
	.run = run_vcpu,
	.after = after,
	.vm_created = vm_created,
	.vm_gone = vm_gone,
	.vcpu_created = vcpu_created,
	.forked = forked,
	.owns = vmm_env_owns,
};
