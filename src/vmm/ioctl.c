/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "uapi/kvm.h"
#include "vmm/calls.h"
#include "vmm/lock.h"
#include "vmm/next.h"
#include "vmm/objects.h"

/* Address space 0; System Management Mode has its own slots, which no request of these exits is about. */
static void note_slot(struct vmm_vm *vm, const void *arg)
{
	struct uapi_kvm_memory_region region;
	struct vmm_slot slot;

	memcpy(&region, arg, sizeof(region)); /* the kernel takes it from any address */
	slot = (struct vmm_slot){
		.slot = region.slot,
		.flags = region.flags,
		.gpa = region.guest_phys_addr,
		.size = region.memory_size,
		.hva = region.userspace_addr,
		.guest_memfd = region.flags & UAPI_KVM_MEM_GUEST_MEMFD,
	};
	if (slot.slot >> 16 == 0)
		memory_set_slot(&vm->private->memory, &slot);
}

static void note_attributes(struct vmm_vm *vm, const void *arg)
{
	struct uapi_kvm_memory_attributes a;

	memcpy(&a, arg, sizeof(a));
	memory_set_private(&vm->private->memory, a.address, a.size,
			   a.attributes & UAPI_KVM_MEMORY_ATTRIBUTE_PRIVATE);
}

static int pass_on(int fd, unsigned long request, unsigned long arg, int handled, int result)
{
	return handled ? result : next()->vmm.ioctl(fd, request, arg);
}

/*
 * Requests that change guest memory, under the lock that copies share: they are noted in the order KVM had
 * them in.
 */
static int change_memory(struct vmm_vm *vm, int fd, unsigned long request, unsigned long arg, int handled,
			 int result)
{
	struct memory *m = &vm->private->memory;
	sigset_t was;

	lock_quiet(&was);
	memory_lock(m);
	result = pass_on(fd, request, arg, handled, result);
	if (result >= 0) { /* so the kernel could read what it points to */
		if (request == UAPI_KVM_SET_MEMORY_ATTRIBUTES)
			note_attributes(vm, (const void *)arg);
		else
			note_slot(vm, (const void *)arg);
	}
	memory_release(m);
	lock_loud(&was);
	return result;
}

static int kvm_ioctl(struct object *o, int fd, unsigned long request, unsigned long arg)
{
	struct vmm_vm *vm = o ? object_vm(o) : NULL;
	struct vmm_vcpu *vcpu = o ? object_vcpu(o) : NULL;
	int r = -1, handled, saved;

	request = (uint32_t)request; /* from an int of the VMM's: with its sign */
	handled = vmm_hooks.before && vmm_hooks.before(vm, vcpu, fd, request, (void *)arg, &r);
	if (vm && (request == UAPI_KVM_SET_USER_MEMORY_REGION ||
		   request == UAPI_KVM_SET_USER_MEMORY_REGION2 || request == UAPI_KVM_SET_MEMORY_ATTRIBUTES))
		r = change_memory(vm, fd, request, arg, handled, r);
	else
		r = pass_on(fd, request, arg, handled, r);
	if (r >= 0 && request == UAPI_KVM_CREATE_VM)
		objects_new_vm(r, arg);
	else if (r >= 0 && vm && request == UAPI_KVM_CREATE_VCPU)
		objects_new_vcpu(vm, r, arg);
	if (vmm_hooks.after) {
		saved = errno;
		vmm_hooks.after(vm, vcpu, fd, request, (void *)arg, r);
		errno = saved;
	}
	return r;
}

int call_ioctl(int fd, unsigned long request, unsigned long arg)
{
	struct object *o;
	int r;

	if ((request >> 8 & 0xff) != UAPI_KVMIO)
		return next()->vmm.ioctl(fd, request, arg);
	o = objects_get(fd);
	if (request != UAPI_KVM_RUN)
		r = kvm_ioctl(o, fd, request, arg);
	else if (o && object_vcpu(o) && vmm_hooks.run)
		r = vmm_hooks.run(object_vcpu(o), fd);
	else
		r = next()->vmm.ioctl(fd, request, arg);
	if (o)
		objects_put(o);
	return r;
}
