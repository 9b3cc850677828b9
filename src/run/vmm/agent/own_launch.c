/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "run/vmm/agent/own_state.h"

/*
 * KVM_MEMORY_ENCRYPT_OP: the order of the launch commands. Nothing is measured or encrypted.
 * Source: Linux arch/x86/kvm/svm/sev.c, sev_mem_enc_ioctl(); Linux arch/x86/kvm/vmx/tdx.c, tdx_vm_ioctl()
 */

static int snp_command(struct own_vm *vm, uint32_t id)
{
	switch (id) {
	case UAPI_KVM_SEV_INIT2:
		if (vm->type != UAPI_KVM_X86_SNP_VM || vm->n_vcpus > 0 || vm->launch != OWN_LAUNCH_NEW)
			return -EINVAL;
		vm->launch = OWN_LAUNCH_INIT;
		return 0;
	case UAPI_KVM_SEV_LAUNCH_START:
		if (vm->launch != OWN_LAUNCH_INIT)
			return -EINVAL;
		vm->launch = OWN_LAUNCH_STARTED;
		return 0;
	case UAPI_KVM_SEV_SNP_LAUNCH_UPDATE:
		return vm->launch == OWN_LAUNCH_STARTED ? 0 : -EINVAL;
	case UAPI_KVM_SEV_SNP_LAUNCH_FINISH:
		if (vm->launch != OWN_LAUNCH_STARTED)
			return -EINVAL;
		vm->launch = OWN_LAUNCH_FINISHED;
		return 0;
	case UAPI_KVM_SEV_SNP_ENABLE_REQ_CERTS:
		if (vm->launch == OWN_LAUNCH_NEW || vm->n_vcpus > 0)
			return -EINVAL;
		vm->req_certs = true;
		return 0;
	default:
		return -EINVAL;
	}
}

/* Followed by a struct kvm_cpuid2, whose nent says how many entries there is room for. */
static int tdx_capabilities(int fd, unsigned long to)
{
	struct uapi_kvm_tdx_capabilities all = {
		.supported_xfam = 3,
		.kernel_tdvmcallinfo_1_r11 = 0,
		.user_tdvmcallinfo_1_r11 = 1u << 1, /* SetupEventNotifyInterrupt */
	};
	uint32_t cpuid[2];
	int r = own_copy_in(fd, cpuid, to + sizeof(all), sizeof(cpuid));

	if (r != 0)
		return r;
	cpuid[0] = 0;
	r = own_copy_out(fd, to, &all, sizeof(all));
	return r ? r : own_copy_out(fd, to + sizeof(all), cpuid, sizeof(cpuid));
}

static int tdx_command(struct own_vm *vm, int fd, const struct uapi_kvm_tdx_cmd *cmd)
{
	if (cmd->hw_error != 0)
		return -EINVAL;
	switch (cmd->id) {
	case UAPI_KVM_TDX_CAPABILITIES:
		return cmd->flags ? -EINVAL : tdx_capabilities(fd, (unsigned long)cmd->data);
	case UAPI_KVM_TDX_INIT_VM:
		if (cmd->flags != 0 || vm->launch != OWN_LAUNCH_NEW || vm->n_vcpus > 0)
			return -EINVAL;
		vm->launch = OWN_LAUNCH_STARTED;
		return 0;
	case UAPI_KVM_TDX_FINALIZE_VM:
		if (vm->launch != OWN_LAUNCH_STARTED)
			return -EINVAL;
		vm->launch = OWN_LAUNCH_FINISHED;
		return 0;
	default:
		return -EINVAL;
	}
}

int own_vm_encrypt(int fd, unsigned long arg)
{
	struct own_vm vm;
	struct uapi_kvm_sev_cmd sev;
	struct uapi_kvm_tdx_cmd tdx;
	int r = own_load(fd, &vm, sizeof(vm));

	if (r != 0)
		return r;
	if (vm.type == UAPI_KVM_X86_TDX_VM) {
		r = own_copy_in(fd, &tdx, arg, sizeof(tdx));
		if (r == 0)
			r = tdx_command(&vm, fd, &tdx);
	} else {
		r = own_copy_in(fd, &sev, arg, sizeof(sev));
		if (r == 0)
			r = snp_command(&vm, sev.id);
	}
	return r ? r : own_store(fd, &vm, sizeof(vm));
}

int own_vcpu_encrypt(int fd, unsigned long arg)
{
	struct own_vcpu vcpu;
	struct uapi_kvm_tdx_cmd tdx;
	int r = own_load(fd, &vcpu, sizeof(vcpu));

	if (r == 0 && !vcpu.tdx)
		r = -ENOTTY;
	if (r == 0)
		r = own_copy_in(fd, &tdx, arg, sizeof(tdx));
	if (r == 0 && tdx.id != UAPI_KVM_TDX_INIT_VCPU && tdx.id != UAPI_KVM_TDX_INIT_MEM)
		r = -EINVAL;
	return r;
}
