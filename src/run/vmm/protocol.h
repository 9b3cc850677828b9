/* SPDX-License-Identifier: MIT */
#ifndef RUN_VMM_PROTOCOL_H
#define RUN_VMM_PROTOCOL_H

#include <stdint.h>

/*
 * Between the agent, a preload library below the VMM, and the supervisor, `jurat run --vmm`. Connections
 * of SOCK_SEQPACKET to the abstract or path address in $JURAT_VMM_CHECK; the agent opens one for each VM
 * when it is created, and one for each vCPU at its first KVM_RUN, in the thread that runs it. Each message
 * of the agent is a struct vmm_event and is answered by one struct vmm_order, for which the thread of the
 * VMM waits; so what the supervisor does in between happens between two instructions of the VMM's thread.
 * The supervisor knows the process by SO_PEERCRED and reads and writes its guest memory with
 * /proc/PID/mem at the slots' addresses.
 *
 * A connection that ends: the VM or vCPU is gone. A supervisor that ends: the agent makes no more exits,
 * and the VM goes on as if there were no agent.
 */
enum { VMM_PROTOCOL_VERSION = 1 };

enum vmm_event_kind {
	VMM_EVENT_VM = 1, /* first message: version in a, type of the VM in b; own KVM or the real one in c */
	VMM_EVENT_VCPU,   /* first message: version in a, id in b */
	/* on the VM's connection */
	VMM_EVENT_SLOT,    /* a slot number, b flags, c gpa, d size (0: deleted), e hva, f guest_memfd */
	VMM_EVENT_PRIVATE, /* c gpa, d size: attributes are now those in a */
	VMM_EVENT_MSI,     /* c address, d data: KVM_SIGNAL_MSI; not passed on when the order has `swallow` */
	VMM_EVENT_REQ_CERTS, /* KVM_SEV_SNP_ENABLE_REQ_CERTS: a -errno that the VMM gets */
	VMM_EVENT_CREATED,   /* KVM_CREATE_VCPU: a id; it may never call KVM_RUN */
	/* on the vCPU's connection */
	VMM_EVENT_RUN, /* KVM_RUN with nothing pending: a immediate_exit, b mp_state, c ret as it is */
	/*
	 * KVM_RUN completes the exit that was made: a immediate_exit, and as the VMM left them c ret,
	 * d npages, or for KVM_EXIT_TDX d, b, e, f: r11 to r14 (kvm_run from offset 64)
	 */
	VMM_EVENT_COMPLETE,
	VMM_EVENT_RAN, /* the real KVM_RUN after VMM_ORDER_ENTER returned: a -errno or 0, b exit_reason */
};

struct vmm_event {
	uint32_t kind, pad;
	uint64_t vm; /* serial number in the agent's process; (process, vm, vCPU) is unique */
	uint64_t a, b, c, d, e, f;
};

enum vmm_order_kind {
	VMM_ORDER_OK = 1, /* to all but RUN and COMPLETE */
	VMM_ORDER_ENTER,  /* to RUN: enter the guest, for at most `a` microseconds, then EINTR; 0: no limit */
	/* to RUN: return 0 with exit_reason a; `body` replaces kvm_run from offset 32 */
	VMM_ORDER_EXIT,
	/* to COMPLETE: what is pending is done. EINTR if immediate_exit was set, or -a if that is not 0 */
	VMM_ORDER_COMPLETED,
	VMM_ORDER_QUIET, /* to RUN: enter, and send no RUN any more: the test is over for this vCPU */
};

struct vmm_order {
	uint32_t kind;
	uint32_t swallow;   /* to MSI: the interrupt is the test's, the VM must not get it */
	uint32_t kick_us;   /* with EXIT, not 0: a signal without SA_RESTART to this thread, after that */
	uint32_t kick_flag; /* ... and sets immediate_exit, as a VMM's own handler does */
	uint64_t a;
	uint8_t body[96];
};

#endif
