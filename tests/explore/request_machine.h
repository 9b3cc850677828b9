/* SPDX-License-Identifier: MIT */
#ifndef TESTS_EXPLORE_REQUEST_MACHINE_H
#define TESTS_EXPLORE_REQUEST_MACHINE_H

#include "support/test.h"

/*
 * A vCPU whose guest makes one request after the other, keeps each answer in its memory, and halts after the
 * last. Each request is an exit to the VMM, whose answer KVM gives to the guest at the next KVM_RUN. Two
 * such machines exist, so that the same moves can be made on both:
 *   - real: a virtual machine of the kernel below /dev/kvm, whose guest reads a port or an address without
 *     memory;
 *   - simulated: sim/kvm with the upstream scheme, whose guest makes extended guest requests.
 */
enum { MACHINE_MAX_REQUESTS = 32 };

/* An answer is one byte on both: what the kernel's guest reads, and what `ret` stands for in sim/kvm. */
enum machine_answer {
	ANSWER_OF_KVM = 0,  /* as KVM presets it at the exit. sim/kvm: 0, firmware is called */
	ANSWER_A = 1,       /* sim/kvm: ENOSPC */
	ANSWER_B = 2,       /* sim/kvm: EAGAIN */
	ANSWER_NONE = 0xee, /* the guest has none yet */
};

enum machine_exit {
	MACHINE_EXIT_UNKNOWN, /* there was no exit yet */
	MACHINE_EXIT_REQUEST,
	MACHINE_EXIT_HLT,
	MACHINE_EXIT_INTR,
	MACHINE_EXIT_OTHER,
};

/* What can be seen of a machine from outside. */
struct machine_seen {
	int result; /* of the last KVM_RUN; 0 before the first */
	enum machine_exit exit_reason;
	uint8_t immediate_exit;
	uint8_t field;        /* the VMM's answer, in kvm_run */
	unsigned n_completed; /* requests that KVM has completed */
	unsigned n_stored;    /* answers that the guest's code has stored: less, unless it ran since */
	uint8_t answers[MACHINE_MAX_REQUESTS]; /* of the completed requests */
};

struct machine_ops {
	const char *name;
	/* As new: a guest that will make this many requests, and an empty kvm_run. */
	void (*restart)(void *ctx, unsigned requests);
	/* KVM_RUN; with a signal pending for the thread that KVM_SET_SIGNAL_MASK unblocks. */
	void (*run)(void *ctx, bool immediate_exit, bool signal);
	void (*answer)(void *ctx, enum machine_answer answer);
	/* mp_state: UNINITIALIZED or RUNNABLE. */
	void (*set_uninitialized)(void *ctx, bool uninitialized);
	void (*see)(void *ctx, struct machine_seen *ret);
};

struct machine {
	const struct machine_ops *ops;
	void *ctx;
};

/* defects: of enum sim_kvm_defect. */
struct machine simulated_machine_new(unsigned defects);
void simulated_machine_free(struct machine *m);

enum real_guest {
	REAL_GUEST_PORT,         /* reads a port */
	REAL_GUEST_MMIO,         /* reads an address that has no memory */
	REAL_GUEST_MMIO_TWICE,   /* an address that has two exits for each request */
	REAL_GUEST_PORT_IRQCHIP, /* the first, with the kernel's APIC: has an mp_state */
};
/* Ends the test as skipped where there is no KVM, or one that cannot run such a guest. */
struct machine real_machine_new(enum real_guest guest);
/* KVM_RUN with immediate_exit and what is not a register in kvm_run. */
enum real_registers { REAL_REGISTERS_VALID, REAL_REGISTERS_DIRTY, REAL_REGISTERS_CR8 };
void real_machine_run_with_bad_registers(struct machine *m, enum real_registers registers);
void real_machine_free(struct machine *m);

#endif
