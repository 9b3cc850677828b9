/* SPDX-License-Identifier: MIT */
#ifndef RUN_VMM_AGENT_OWN_STATE_H
#define RUN_VMM_AGENT_OWN_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "uapi/kvm.h"

/* The contents of own_kvm.h's memfds, and the ioctls of each kind. All ioctls run under one lock. */
enum own_kind { OWN_KVM = 1, OWN_VM, OWN_VCPU };

enum {
	OWN_RUN_SIZE = 3 * 4096, /* of a vCPU's mapping, as on x86 */
	OWN_MAX_SLOTS = 512,
	OWN_MAX_VCPUS = 1024,
	OWN_MAX_VCPU_ID = 4096,
	OWN_REGS_SIZE = 144, /* struct kvm_regs and kvm_sregs of x86 */
	OWN_SREGS_SIZE = 312,
};

struct own_head {
	uint64_t magic;
	uint32_t kind; /* enum own_kind */
	int32_t pid;   /* of the process that created it; 0: any process */
};

enum own_launch { OWN_LAUNCH_NEW, OWN_LAUNCH_INIT, OWN_LAUNCH_STARTED, OWN_LAUNCH_FINISHED };

struct own_vm {
	struct own_head head;
	uint64_t type;
	uint32_t launch; /* enum own_launch */
	uint32_t n_vcpus;
	bool irqchip, pit, req_certs;
	uint8_t ids[OWN_MAX_VCPU_ID / 8];
	struct uapi_kvm_memory_region slots[OWN_MAX_SLOTS]; /* memory_size 0: free */
};

struct own_vcpu {
	struct own_head head;
	uint32_t mp_state;
	bool irqchip, has_mask, tdx;
	uint64_t mask; /* of KVM_SET_SIGNAL_MASK */
	uint8_t regs[OWN_REGS_SIZE], sregs[OWN_SREGS_SIZE];
};

/* Load and store the state of a descriptor of known kind. */
int own_load(int fd, void *state, size_t n);
int own_store(int fd, const void *state, size_t n);
/* Copy from and to the VMM's memory through the descriptor's file. -EFAULT as in the kernel. */
int own_copy_in(int fd, void *to, unsigned long from, size_t n);
int own_copy_out(int fd, unsigned long to, const void *from, size_t n);
/* A new close-on-exec descriptor with the kernel's name; or -errno. */
int own_new(enum own_kind kind, const char *name, const void *state, size_t n);

/* An ioctl: a result >= 0, or -errno. */
struct own_ioctl {
	unsigned long request;
	int (*answer)(int fd, unsigned long arg);
};
extern const struct own_ioctl own_kvm_ioctls[], own_vm_ioctls[],
	own_vcpu_ioctls[]; /* end with `answer` NULL */

int own_check_extension(int fd, unsigned long capability);
/* KVM_MEMORY_ENCRYPT_OP of a VM and of a vCPU. */
int own_vm_encrypt(int fd, unsigned long arg);
int own_vcpu_encrypt(int fd, unsigned long arg);

#endif
