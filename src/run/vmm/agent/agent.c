/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "run/vmm/agent/object.h"
#include "run/vmm/agent/own_kvm.h"
#include "run/vmm/agent/run.h"
#include "uapi/kvm.h"
#include "vmm/settings.h"
#include "vmm/vmm.h"

/*
 * libjurat-vmm-check.so: sits between the VMM and KVM, or is its KVM, and does what the supervisor orders. It
 * simulates, verifies and judges nothing in the VMM's process. The hooks of VMs and of what is not KVM_RUN.
 */

/* What a pointer of the VMM points to, which may be wrong: KVM says so, not a fault of the agent's. */
static bool peek(void *to, const void *from, size_t n)
{
	struct iovec local = { to, n }, remote = { (void *)(uintptr_t)from, n };

	return process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == (ssize_t)n;
}

static void tell(struct vmm_vm *vm, struct vmm_event *event, struct vmm_order *ret)
{
	*ret = (struct vmm_order){ .kind = VMM_ORDER_OK };
	event->vm = vm->serial;
	if (agent_tell(vm->data, event, ret) != 0)
		ret->swallow = 0;
}

static int opened(const char *path, int flags, int fd)
{
	const char *forced = secure_getenv(VMM_ENV_OWN_KVM);
	int error = errno, own;

	if (fd >= 0 && !(forced && strcmp(forced, "1") == 0))
		return fd;
	own = own_kvm_open(flags);
	if (own < 0) {
		errno = error;
		return fd;
	}
	if (fd >= 0)
		vmm_next()->close(fd);
	return own;
}

static int vm_created(struct vmm_vm *vm, int fd)
{
	struct vmm_event event = { .kind = VMM_EVENT_VM, .a = VMM_PROTOCOL_VERSION, .b = vm->type };
	struct agent_object *o = agent_object_new();
	struct vmm_order order;
	int r;

	vm->data = o;
	if (!o)
		return -ENOMEM;
	o->own = own_kvm_is(fd);
	event.c = o->own;
	r = agent_connect(o);
	if (r == 0)
		tell(vm, &event, &order);
	return r == -ENOENT ? 0 : r;
}

static void vm_gone(struct vmm_vm *vm)
{
	agent_object_free(vm->data);
	vm->data = NULL;
}

static int vcpu_created(struct vmm_vcpu *vcpu, int fd)
{
	struct vmm_event event = { .kind = VMM_EVENT_CREATED, .a = vcpu->id };
	struct agent_object *o = agent_object_new();
	struct vmm_order order;

	vcpu->data = o;
	if (!o)
		return -ENOMEM;
	o->own = own_kvm_is(fd);
	tell(vcpu->vm, &event, &order);
	return 0;
}

static void vcpu_gone(struct vmm_vcpu *vcpu)
{
	agent_object_free(vcpu->data);
	vcpu->data = NULL;
}

static void forked(void)
{
	agent_objects_forked();
	own_kvm_forked();
}

/* An interrupt that is the test's does not reach the VM. Without an interrupt controller KVM refuses it. */
static bool swallow_msi(struct vmm_vm *vm, const void *arg)
{
	struct vmm_event event = { .kind = VMM_EVENT_MSI };
	const struct agent_object *o = vm->data;
	struct uapi_kvm_msi msi;
	struct vmm_order order;

	if (!atomic_load(&o->irqchip) || !peek(&msi, arg, sizeof(msi)))
		return false;
	event.c = (uint64_t)msi.address_hi << 32 | msi.address_lo;
	event.d = msi.data;
	tell(vm, &event, &order);
	return order.swallow;
}

/* KVM's mask replaces the thread's during KVM_RUN: the agent's signal has to come through it. */
static int set_signal_mask(int fd, void *arg)
{
	struct {
		uint32_t len;
		uint8_t set[8];
	} mask;
	int number = agent_signal(), r;

	if (number > 0 && peek(&mask, arg, sizeof(mask)) && mask.len == sizeof(mask.set)) {
		mask.set[(number - 1) / 8] &= (uint8_t) ~(1u << (number - 1) % 8);
		arg = &mask;
	}
	if (!own_kvm_ioctl(fd, UAPI_KVM_SET_SIGNAL_MASK, arg, &r))
		r = vmm_next()->ioctl(fd, UAPI_KVM_SET_SIGNAL_MASK, arg);
	return r;
}

static bool before(struct vmm_vm *vm, struct vmm_vcpu *vcpu, int fd, unsigned long request, void *arg,
		   int *ret_result)
{
	if (vm && vm->data && !vcpu && (uint32_t)request == UAPI_KVM_SIGNAL_MSI && swallow_msi(vm, arg)) {
		*ret_result = 1;
		return true;
	}
	if (vcpu && arg && (uint32_t)request == UAPI_KVM_SET_SIGNAL_MASK) {
		*ret_result = set_signal_mask(fd, arg);
		return true;
	}
	return own_kvm_ioctl(fd, request, arg, ret_result);
}

static void tell_slot(struct vmm_vm *vm, const void *arg, bool second)
{
	struct vmm_event event = { .kind = VMM_EVENT_SLOT };
	struct uapi_kvm_memory_region region;
	struct vmm_order order;

	if (!peek(&region, arg, sizeof(region)))
		return;
	event.a = region.slot;
	event.b = region.flags;
	event.c = region.guest_phys_addr;
	event.d = region.memory_size;
	event.e = region.userspace_addr;
	event.f = second && region.flags & UAPI_KVM_MEM_GUEST_MEMFD;
	tell(vm, &event, &order);
}

static void tell_private(struct vmm_vm *vm, const void *arg)
{
	struct vmm_event event = { .kind = VMM_EVENT_PRIVATE };
	struct uapi_kvm_memory_attributes attributes;
	struct vmm_order order;

	if (!peek(&attributes, arg, sizeof(attributes)))
		return;
	event.a = attributes.attributes;
	event.c = attributes.address;
	event.d = attributes.size;
	tell(vm, &event, &order);
}

static void tell_req_certs(struct vmm_vm *vm, const void *arg, int error)
{
	struct vmm_event event = { .kind = VMM_EVENT_REQ_CERTS, .a = (uint64_t)-error };
	struct uapi_kvm_sev_cmd cmd;
	struct vmm_order order;

	if (vm->type != UAPI_KVM_X86_TDX_VM && peek(&cmd, arg, sizeof(cmd)) &&
	    cmd.id == UAPI_KVM_SEV_SNP_ENABLE_REQ_CERTS)
		tell(vm, &event, &order);
}

static void note_irqchip(struct agent_object *o, unsigned long request, const void *arg)
{
	uint32_t capability;

	if (request == UAPI_KVM_CREATE_IRQCHIP ||
	    (peek(&capability, arg, sizeof(capability)) && capability == UAPI_KVM_CAP_SPLIT_IRQCHIP))
		atomic_store(&o->irqchip, true);
}

static void after(struct vmm_vm *vm, struct vmm_vcpu *vcpu, int fd, unsigned long request, void *arg,
		  int result)
{
	if (!vm || vcpu || !vm->data)
		return;
	switch ((uint32_t)request) {
	case UAPI_KVM_SET_USER_MEMORY_REGION:
	case UAPI_KVM_SET_USER_MEMORY_REGION2:
		if (result == 0)
			tell_slot(vm, arg, (uint32_t)request == UAPI_KVM_SET_USER_MEMORY_REGION2);
		break;
	case UAPI_KVM_SET_MEMORY_ATTRIBUTES:
		if (result == 0)
			tell_private(vm, arg);
		break;
	case UAPI_KVM_MEMORY_ENCRYPT_OP:
		tell_req_certs(vm, arg, result < 0 ? errno : 0);
		break;
	case UAPI_KVM_CREATE_IRQCHIP:
	case UAPI_KVM_ENABLE_CAP:
		if (result == 0)
			note_irqchip(vm->data, (uint32_t)request, arg);
		break;
	default:
		break;
	}
}

const struct vmm_hooks vmm_hooks = {
	.run = agent_run,
	.before = before,
	.after = after,
	.vm_created = vm_created,
	.vm_gone = vm_gone,
	.vcpu_created = vcpu_created,
	.vcpu_gone = vcpu_gone,
	.forked = forked,
	.opened = opened,
};
