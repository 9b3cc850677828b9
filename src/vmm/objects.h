/* SPDX-License-Identifier: MIT */
#ifndef VMM_OBJECTS_H
#define VMM_OBJECTS_H

#include <stdbool.h>
#include <stdint.h>

#include "vmm/memory.h"
#include "vmm/vmm.h"

/*
 * Maps descriptors to objects by a table that is read without a lock. A reader increments the reference
 * count of the object that it finds, and uses the object if the table still has it afterwards. Therefore the
 * memory of an object is reused for other objects only.
 *
 * If the VMM closes a descriptor without libc, the table keeps its object until the library sees that the
 * number refers to something else. This is harmless: meanwhile the kernel refuses KVM's ioctls on it.
 */
struct object {
	_Atomic(uint64_t) refs; /* one for each descriptor and each user; 0: free */
	bool is_vm;
	bool known; /* the library's hook has accepted it */
	struct object *next_free;
};

struct vmm_vm_private {
	struct object object;
	struct memory memory;
	_Atomic(int) fd; /* a former or present descriptor of the VM, tried first */
	struct vmm_vcpu *vcpus;
	struct vmm_vm *next; /* by serial */
};

struct vmm_vcpu_private {
	struct object object;
	struct vmm_vcpu *next; /* of the VM */
	/* A change in progress that may unmap kvm_run: `run` is NULL meanwhile, run_before its address. */
	struct memory_change *change;
	uint8_t *run_before;
};

/* Call once, before all other functions. */
void objects_start(void);

/* The object of a descriptor, with a reference; NULL: the descriptor is not known. Takes no lock. */
struct object *objects_get(int fd);
void objects_put(struct object *o);
struct vmm_vm *object_vm(struct object *o);     /* NULL: a vCPU */
struct vmm_vcpu *object_vcpu(struct object *o); /* NULL: a VM */

/* Records the descriptor that KVM_CREATE_VM or KVM_CREATE_VCPU returned. errno is preserved. */
void objects_new_vm(int fd, unsigned long type);
void objects_new_vcpu(struct vmm_vm *vm, int fd, unsigned long id);

/*
 * objects_set() records that `fd` refers to the object; objects_take() removes `fd` from the table. Both
 * return the object that `fd` referred to before, with the table's reference. Once a VM's descriptor has been
 * taken, vmm_vm_ioctl() no longer uses it. In a child of vfork(2), which has descriptors of its own, they
 * change nothing.
 */
struct object *objects_set(int fd, struct object *o);
struct object *objects_take(int fd);
/* Takes all of first .. last. */
void objects_take_range(unsigned first, unsigned last);
/* Whether there is any VM. Without one, changes of mappings need not be tracked. */
bool objects_any(void);

/* With the lock of the index held. The VM after this one (NULL: the first); it may be being destroyed. */
struct vmm_vm *objects_next_vm(const struct vmm_vm *vm);
/* The first VM with a higher serial, with a reference, for a walk that releases the lock of the index. */
struct vmm_vm *objects_get_after(uint64_t serial);

#endif
