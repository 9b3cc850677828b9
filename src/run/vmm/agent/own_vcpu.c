/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "run/vmm/agent/own_state.h"

/* The ioctls of a vCPU but KVM_RUN. Its registers are what was stored last: it halts whatever they are. */

static int get_state(int fd, unsigned long to, size_t offset, size_t n)
{
	struct own_vcpu vcpu;
	int r = own_load(fd, &vcpu, sizeof(vcpu));

	return r ? r : own_copy_out(fd, to, (const uint8_t *)&vcpu + offset, n);
}

static int set_state(int fd, unsigned long from, size_t offset, size_t n)
{
	struct own_vcpu vcpu;
	int r = own_load(fd, &vcpu, sizeof(vcpu));

	if (r == 0)
		r = own_copy_in(fd, (uint8_t *)&vcpu + offset, from, n);
	return r ? r : own_store(fd, &vcpu, sizeof(vcpu));
}

static int get_regs(int fd, unsigned long arg)
{
	return get_state(fd, arg, offsetof(struct own_vcpu, regs), OWN_REGS_SIZE);
}

static int set_regs(int fd, unsigned long arg)
{
	return set_state(fd, arg, offsetof(struct own_vcpu, regs), OWN_REGS_SIZE);
}

static int get_sregs(int fd, unsigned long arg)
{
	return get_state(fd, arg, offsetof(struct own_vcpu, sregs), OWN_SREGS_SIZE);
}

static int set_sregs(int fd, unsigned long arg)
{
	return set_state(fd, arg, offsetof(struct own_vcpu, sregs), OWN_SREGS_SIZE);
}

static int get_mp_state(int fd, unsigned long arg)
{
	return get_state(fd, arg, offsetof(struct own_vcpu, mp_state), sizeof(uint32_t));
}

static int set_mp_state(int fd, unsigned long arg)
{
	struct own_vcpu vcpu;
	uint32_t state;
	int r = own_copy_in(fd, &state, arg, sizeof(state));

	if (r == 0)
		r = own_load(fd, &vcpu, sizeof(vcpu));
	if (r != 0)
		return r;
	if (state > UAPI_KVM_MP_STATE_HALTED || (state != UAPI_KVM_MP_STATE_RUNNABLE && !vcpu.irqchip))
		return -EINVAL;
	vcpu.mp_state = state;
	return own_store(fd, &vcpu, sizeof(vcpu));
}

/* struct kvm_signal_mask: the length of the kernel's sigset_t, and that. NULL: the thread's own mask. */
static int set_signal_mask(int fd, unsigned long arg)
{
	struct own_vcpu vcpu;
	uint32_t len = 0;
	int r = own_load(fd, &vcpu, sizeof(vcpu));

	vcpu.has_mask = arg != 0;
	if (r == 0 && vcpu.has_mask) {
		r = own_copy_in(fd, &len, arg, sizeof(len));
		if (r == 0 && len != sizeof(vcpu.mask))
			r = -EINVAL;
		if (r == 0)
			r = own_copy_in(fd, &vcpu.mask, arg + sizeof(len), sizeof(vcpu.mask));
	}
	return r ? r : own_store(fd, &vcpu, sizeof(vcpu));
}

static int set_cpuid2(int fd, unsigned long arg)
{
	enum { MAX_ENTRIES = 256, ENTRY_SIZE = 40 };
	uint8_t entries[MAX_ENTRIES * ENTRY_SIZE];
	uint32_t head[2];
	int r = own_copy_in(fd, head, arg, sizeof(head));

	if (r != 0)
		return r;
	return head[0] > MAX_ENTRIES ? -E2BIG
				     : own_copy_in(fd, entries, arg + sizeof(head), head[0] * ENTRY_SIZE);
}

const struct own_ioctl own_vcpu_ioctls[] = {
	{ UAPI_KVM_GET_REGS, get_regs },
	{ UAPI_KVM_SET_REGS, set_regs },
	{ UAPI_KVM_GET_SREGS, get_sregs },
	{ UAPI_KVM_SET_SREGS, set_sregs },
	{ UAPI_KVM_GET_MP_STATE, get_mp_state },
	{ UAPI_KVM_SET_MP_STATE, set_mp_state },
	{ UAPI_KVM_SET_SIGNAL_MASK, set_signal_mask },
	{ UAPI_KVM_SET_CPUID2, set_cpuid2 },
	{ UAPI_KVM_MEMORY_ENCRYPT_OP, own_vcpu_encrypt },
	{ 0 },
};
