/* SPDX-License-Identifier: MIT */
#ifndef TESTS_VMM_FAKE_KVM_H
#define TESTS_VMM_FAKE_KVM_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A KVM for tests of the preload libraries: a shared library that has the functions of libc which a preload
 * library calls next, open(2) and ioctl(2). It knows /dev/kvm, VMs and vCPUs, which are memfds; a vCPU has
 * no guest: each KVM_RUN makes the exit that the test supplied, or KVM_EXIT_HLT. Completion and
 * immediate_exit are as in KVM (kvm_arch_vcpu_ioctl_run). What it does not know fails with ENOTTY.
 */
struct fake_exit {
	uint32_t reason;
	uint8_t body[96]; /* kvm_run from offset 32 */
	/* Called in the KVM_RUN that completes it, as firmware would be. May be NULL. */
	void (*completing)(struct fake_exit *exit);
	void *ctx;
	int fails_with;   /* errno of the completing KVM_RUN; 0: none */
	int fails_before; /* errno of a KVM_RUN before it, which leaves the exit pending; 0: none */
	bool enters;      /* the guest, in spite of immediate_exit */
	/* set by the fake */
	volatile bool made, completed, had_immediate_exit;
	uint64_t ret, npages; /* as the VMM left them */
	uint8_t left[96];     /* the same, all of it */
};

/* The next KVM_RUN of the vCPU that enters the guest makes this exit. Borrowed until it is completed. */
void fake_kvm_give(int vcpu, struct fake_exit *exit);
/* How often the guest was entered. */
unsigned long fake_kvm_entries(int vcpu);
/* Called when a guest is entered, in the vCPU's thread. */
void fake_kvm_on_entry(void (*entered)(int vcpu));

struct fake_kvm_state {
	int enable_fails_with; /* errno of KVM_SEV_SNP_ENABLE_REQ_CERTS; 0: none */
	unsigned enable_fails; /* that many times; 0: always */
	unsigned n_enables;    /* calls */
	int launch_fails_with; /* errno of the other commands; 0: none */
	unsigned n_vcpus_at_enable;
	bool no_signal_msi;
	unsigned n_msis;
	uint32_t msi_lo, msi_hi, msi_data;
};
struct fake_kvm_state *fake_kvm(void);

#endif
