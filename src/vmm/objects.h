/* SPDX-License-Identifier: MIT */
#ifndef VMM_OBJECTS_H
#define VMM_OBJECTS_H

#include <stdbool.h>
#include <stdint.h>

#include "vmm/memory.h"
#include "vmm/vmm.h"

/*
 * Which descriptor is which object. A table by number, read without a lock: an object found there is the
 * one of that number if its count of references could be raised, and the table still says so afterwards.
 * That is why the memory of an object becomes another object's, but nothing else.
 *
 * A number that was closed behind our back, by a system call of the VMM's own, keeps its object until it is
 * seen to be another's: nothing is asked of the object meanwhile, for the kernel refuses KVM's requests.
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
	_Atomic(int) fd; /* one that was the VM's, to be tried first */
	struct vmm_vcpu *vcpus;
	struct vmm_vm *next; /* by serial */
};

struct vmm_vcpu_private {
	struct object object;
	struct vmm_vcpu *next; /* of the VM */
	/* A change that may unmap kvm_run, which is NULL meanwhile, and where it was. */
	struct memory_change *change;
	uint8_t *run_before;
};

/* Before all others; once. */
void objects_start(void);

/* The object of a descriptor, with a reference; NULL: none that is known. Takes no lock. */
struct object *objects_get(int fd);
void objects_put(struct object *o);
struct vmm_vm *object_vm(struct object *o);     /* NULL: a vCPU */
struct vmm_vcpu *object_vcpu(struct object *o); /* NULL: a VM */

/* What KVM_CREATE_VM or KVM_CREATE_VCPU has returned. errno stays as it was. */
void objects_new_vm(int fd, unsigned long type);
void objects_new_vcpu(struct vmm_vm *vm, int fd, unsigned long id);

/*
 * Descriptors. `fd` is now the object's, or is taken: nobody's that is known. What it was is returned, with
 * the table's reference. A VM's descriptor is not in use by vmm_vm_ioctl() any more when it has been taken.
 * A child of vfork(2) has numbers of its own: nothing changes.
 */
struct object *objects_set(int fd, struct object *o);
struct object *objects_take(int fd);
/* Takes all of first .. last. */
void objects_take_range(unsigned first, unsigned last);
/* Whether there is any VM: without one, mappings need no attention. */
bool objects_any(void);

/* With the index held. The VM after this one (NULL: the first); it may be on its way out. */
struct vmm_vm *objects_next_vm(const struct vmm_vm *vm);
/* The first VM whose serial is above that, with a reference, for a walk that lets go of the index. */
struct vmm_vm *objects_get_after(uint64_t serial);

#endif
