/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SIM_KVM_WORLD_H
#define TESTS_SIM_KVM_WORLD_H

#include "support/test.h"

#include "sim/kvm/fake_psp.h"
#include "sim/kvm/kvm.h"
#include "uapi/kvm.h"

/* One VM with one vCPU, and a guest that VMGEXITs what a test puts into its GHCB. */
enum {
	RAM_PAGES = 64,
	GHCB_GPA = 0x10000,
	REQ_GPA = 0x11000,
	RSP_GPA = 0x12000,
	CERTS_GPA = 0x13000, /* 4 pages */
	PRIVATE_GPA = 0x20000,
	END_GPA = RAM_PAGES * 4096,
};

struct kvm_world {
	const struct sim_linux *kernel; /* NULL: the newest */
	struct sim_kvm_host *host;
	struct sim_kvm_vm *vm;
	struct sim_kvm_vcpu *vcpu;
	uint8_t *run;
	uint64_t msr;     /* what the guest VMGEXITs with */
	uint64_t msr_now; /* what it found there when it was entered last */
	unsigned exits;   /* VMGEXITs that the guest will still do; then it halts */
	char trace[4096];
	uint8_t secrets[SNP_PAGE_BYTES]; /* as firmware gave them at launch */
};

/* What goes into a GHCB; `without` are the offsets (0-terminated) whose valid bits are left out. */
struct kvm_ask {
	uint64_t code, info_1, info_2, rax, rbx;
	uint32_t usage;
	unsigned without[4];
};

#define EXT_ASK                                                                                              \
	{                                                                                                    \
		.code = GHCB_EXIT_EXT_GUEST_REQUEST, .info_1 = REQ_GPA, .info_2 = RSP_GPA, .rax = CERTS_GPA, \
		.rbx = 4                                                                                     \
	}
#define PLAIN_ASK                                                                                            \
	{                                                                                                    \
		.code = GHCB_EXIT_GUEST_REQUEST, .info_1 = REQ_GPA, .info_2 = RSP_GPA                        \
	}

/* Over the fake firmware, which starts anew (fake_psp.c); over another. */
void kvm_world_start(struct kvm_world *w, enum sim_sync sync, bool req_certs);
void kvm_world_start_over(struct kvm_world *w, struct sim_psp *psp, enum sim_sync sync, bool req_certs);
/* The upstream scheme with certificates, on this kernel. */
void kvm_world_start_on(struct kvm_world *w, const struct sim_linux *kernel);
void kvm_world_end(struct kvm_world *w);

/* A request page of this message type, `fill` everywhere else. */
void kvm_world_message(struct kvm_world *w, uint8_t type, uint8_t fill);
/* Puts the question into the GHCB and runs the guest. Returns what KVM_RUN does. */
int kvm_world_ask(struct kvm_world *w, const struct kvm_ask *ask);

uint64_t kvm_world_ghcb(struct kvm_world *w, unsigned off);
bool kvm_world_ghcb_valid(struct kvm_world *w, unsigned off);
uint64_t kvm_world_run_get(struct kvm_world *w, unsigned off, unsigned size);
void kvm_world_run_put(struct kvm_world *w, unsigned off, unsigned size, uint64_t value);
/* The response page is filled with `value`. */
void kvm_world_assert_response(struct kvm_world *w, uint8_t value);
#define assert_info(w, info_1, info_2)                                                                       \
	do {                                                                                                 \
		assert_int_equal(kvm_world_ghcb(w, GHCB_SW_EXIT_INFO_1), info_1);                            \
		assert_int_equal(kvm_world_ghcb(w, GHCB_SW_EXIT_INFO_2), info_2);                            \
	} while (0)
#define assert_exit(w, reason) assert_int_equal(kvm_world_run_get(w, KVM_RUN_exit_reason, 4), reason)

#endif
