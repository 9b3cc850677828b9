/* SPDX-License-Identifier: MIT */
#ifndef RUN_VMM_PROTOCOL_H
#define RUN_VMM_PROTOCOL_H

#include <stdint.h>

/*
 * Protocol between the agent, a library preloaded into the VMM, and the supervisor, `jurat run --vmm`. The
 * agent opens SOCK_SEQPACKET connections to the abstract or path address in $JURAT_VMM_CHECK: one for each VM
 * when the VM is created, and one for each vCPU at its first KVM_RUN, in the thread that runs the vCPU. Each
 * message of the agent is a struct vmm_event, which the supervisor answers with one struct vmm_order. The
 * VMM's thread waits for the order; so what the supervisor does meanwhile happens between two instructions of
 * that thread. The supervisor identifies the process by SO_PEERCRED, and accesses its guest memory through
 * /proc/PID/mem at the slots' addresses.
 *
 * When a connection ends, its VM or vCPU is gone. When the supervisor ends, the agent makes no more exits,
 * and the VM continues as if there were no agent.
 */
enum { VMM_PROTOCOL_VERSION = 1 };

enum vmm_event_kind {
	VMM_EVENT_VM = 1, /* first message: version in a, type of the VM in b, c: 1 own KVM, 0 real KVM */
	VMM_EVENT_VCPU,   /* first message: version in a, id in b */
	/* on the VM's connection */
	VMM_EVENT_SLOT,      /* a slot number, b flags, c gpa, d size (0: deleted), e hva, f guest_memfd */
	VMM_EVENT_PRIVATE,   /* c gpa, d size, a the new attributes */
	VMM_EVENT_MSI,       /* KVM_SIGNAL_MSI: c address, d data; not passed on if the order has `swallow` */
	VMM_EVENT_REQ_CERTS, /* KVM_SEV_SNP_ENABLE_REQ_CERTS: a -errno that the VMM gets */
	VMM_EVENT_CREATED,   /* KVM_CREATE_VCPU: a id; the VMM may never run it */
	/* on the vCPU's connection */
	VMM_EVENT_RUN, /* KVM_RUN, no exit pending: a immediate_exit, b mp_state, c present value of ret */
	/*
	 * KVM_RUN that completes the exit: a immediate_exit, and the VMM's answer: c ret, d npages, or, for
	 * KVM_EXIT_TDX, r11 to r14 in d, b, e, f (kvm_run from offset 64)
	 */
	VMM_EVENT_COMPLETE,
	VMM_EVENT_RAN, /* the real KVM_RUN after VMM_ORDER_ENTER returned: a -errno or 0, b exit_reason */
};

struct vmm_event {
	uint32_t kind, pad;
	uint64_t vm; /* serial number in the VMM's process; (process, vm, vCPU) is unique */
	uint64_t a, b, c, d, e, f;
};

enum vmm_order_kind {
	VMM_ORDER_OK = 1, /* to all events except RUN and COMPLETE */
	VMM_ORDER_ENTER,  /* to RUN: enter the guest, for at most `a` microseconds, then EINTR; 0: no limit */
	/* to RUN: return 0 with exit_reason a; `body` replaces kvm_run from offset 32 */
	VMM_ORDER_EXIT,
	/* to COMPLETE: done. KVM_RUN fails with errno a, if not 0, or EINTR if immediate_exit is set */
	VMM_ORDER_COMPLETED,
	VMM_ORDER_QUIET, /* to RUN: enter the guest, and send no more RUN: the test of this vCPU is over */
};

struct vmm_order {
	uint32_t kind;
	uint32_t swallow;   /* to MSI: the interrupt belongs to the test and must not reach the VM */
	uint32_t kick_us;   /* with EXIT: signal this thread (no SA_RESTART) after this time; 0: no signal */
	uint32_t kick_flag; /* ... whose handler sets immediate_exit, as a VMM's own does */
	uint64_t a;
	uint8_t body[96];
};

#endif
