/* SPDX-License-Identifier: MIT */
#ifndef SIM_TDX_MODULE_H
#define SIM_TDX_MODULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "crypto/hash.h"
#include "uapi/tdx.h"
#include "wire/tdx_report.h"

/*
 * A TDX platform, its TDs, and KVM's handling of their TDVMCALLs: TDREPORTs and runtime measurements as made
 * by the TDX module; GetQuote, SetupEventNotifyInterrupt and GetTdVmCallInfo as KVM passes them to the VMM,
 * with the real `struct kvm_run` layout (wire/tdx_uapi.h). MapGPA is handled here, as if the VMM had agreed.
 * It simulates module and kernel only: the VMM above is host/, the guest driver sim/guest, the quoting
 * enclave sim/tdx/qe.
 *
 * Memory: guest pages are sparse, private until shared, and allocated when first written.
 * Threads   one thread per platform and what runs on it
 * Order     free vCPUs before their TD, TDs before their platform
 * Spec      Intel TDX module ABI; GHCI 1.5; Linux Documentation/virt/kvm/api.rst, KVM_EXIT_TDX
 */
struct sim_tdx_platform;
struct sim_td;
struct sim_td_vcpu;

/* What the module and its processor are; decides how TDREPORTs look. */
enum sim_tdx_generation {
	SIM_TDX_15,   /* version 0, or 1 for a TD with service TDs; names the SVN of the running module */
	SIM_TDX_10,   /* version 0 */
	SIM_TDX_15EX, /* version 3: td_id and vmid */
};

enum { SIM_TDX_SVN_BYTES = 16, SIM_TDX_DEFAULT_PCESVN = 13 };

struct sim_tdx_tcb {
	uint8_t cpusvn[SIM_TDX_SVN_BYTES]; /* its bytes are the SGX TCB components, too */
	uint16_t pcesvn;
	uint8_t tee_tcb_svn
		[SIM_TDX_SVN_BYTES]; /* of the module that runs: minor SVN, major version, SEAM loader */
};

/* Constant properties of a platform. */
struct sim_tdx_identity {
	uint8_t ppid[16], platform_instance_id[16], qe_id[16];
	uint8_t fmspc[6], pceid[2];
};

struct sim_tdx_options {
	const char *seed; /* NULL: "jurat". What the machine's secrets and identity follow from */
	enum sim_tdx_generation generation;
	const struct sim_tdx_tcb
		*tcb; /* NULL: defaults of a TDX_01 module. The same seed with another TCB is the same
				          machine after an update. */
	/*
	 * NULL, or changes what follows from the seed and `tcb`: 0; -errno, and there is no platform.
	 * later_svn: the module that the platform's one is updated to as soon as a TD was launched; as it
	 * comes, the same.
	 */
	int (*change)(void *ctx, struct sim_tdx_identity *identity, struct sim_tdx_tcb *tcb,
		      uint8_t later_svn[SIM_TDX_SVN_BYTES], struct jurat_error *err);
	void *ctx;
};

/* options: borrowed; NULL: defaults. -EINVAL an empty seed, no such generation; -ENOMEM */
JURAT_MUST_CHECK int sim_tdx_platform_new(const struct sim_tdx_options *options,
					  struct sim_tdx_platform **ret, struct jurat_error *err);
void sim_tdx_platform_free(struct sim_tdx_platform *platform);
const struct sim_tdx_identity *sim_tdx_identity(const struct sim_tdx_platform *platform);
const struct sim_tdx_tcb *sim_tdx_tcb(const struct sim_tdx_platform *platform);
/* A secret of this machine, for its enclaves: HKDF over label and context. */
void sim_tdx_secret(const struct sim_tdx_platform *platform, const char *label, const void *context, size_t n,
		    void *ret, size_t ret_size);
/*
 * Replaces the module under running TDs: they keep the SVN they were launched with, and their reports name
 * the new one beside it (tee_tcb_svn2), from SIM_TDX_15 on.
 */
void sim_tdx_update_module(struct sim_tdx_platform *platform, const uint8_t tee_tcb_svn[SIM_TDX_SVN_BYTES]);

/*
 * SEAMREPORT's counterpart EVERIFYREPORT2: whether a REPORTMACSTRUCT (the first 256 bytes of a TDREPORT) was
 * made here, with the CPUSVN that is current. 0; JURAT_REFUSED.
 */
int sim_tdx_verify_report(const struct sim_tdx_platform *platform,
			  const uint8_t report_mac[TDX_REPORT_MAC_BYTES]);

/* How a TD was launched. */
struct sim_td_params {
	uint64_t attributes, xfam; /* xfam: 0 is 3, x87 and SSE, which every TD has */
	uint8_t mrtd[TDX_MR_BYTES], mrconfigid[TDX_MR_BYTES], mrowner[TDX_MR_BYTES],
		mrownerconfig[TDX_MR_BYTES];
	uint8_t servtd_hash[TDX_MR_BYTES];       /* not 0: service TDs are bound; not with SIM_TDX_10 */
	uint8_t rtmr[TDX_N_RTMRS][TDX_MR_BYTES]; /* what they begin with; 0 but in evidence to order */
	/* To order, too: the TD's MRTD and RTMRs (by bit) are these, whatever it boots and extends. */
	bool keeps_mrtd;
	uint8_t keeps_rtmrs;
	bool has_gpaw_52; /* the shared bit is 51, not 47 */
};

/*
 * Measures what a VMM builds a TD from: TDH.MEM.PAGE.ADD of a page, TDH.MR.EXTEND of 256 bytes of one, and
 * TDH.MR.FINALIZE, which sets params->mrtd and ends the building.
 */
enum { SIM_TD_CHUNK_BYTES = 256 };
struct sim_td_build {
	struct crypto_sha384 mrtd;
};
void sim_td_build_init(struct sim_td_build *build);
void sim_td_page_add(struct sim_td_build *build, uint64_t gpa);
void sim_td_mr_extend(struct sim_td_build *build, uint64_t gpa, const uint8_t chunk[SIM_TD_CHUNK_BYTES]);
void sim_td_mr_finalize(struct sim_td_build *build, struct sim_td_params *params);

/*
 * A TD with memory_pages pages, all private.
 * Returns   0; -EINVAL no pages or more than the address width has, an xfam without its two fixed bits,
 *           service TDs on a module that has none; -ENOMEM
 */
JURAT_MUST_CHECK int sim_td_new(struct sim_tdx_platform *platform, const struct sim_td_params *params,
				uint64_t memory_pages, struct sim_td **ret, struct jurat_error *err);
void sim_td_free(struct sim_td *td);

/* As in sim/kvm/kvm_memory.h. The guest view does not take the shared bit: these are addresses of memory. */
int sim_td_set_shared(struct sim_td *td, uint64_t gpa, uint64_t npages, bool shared);
int sim_td_guest_read(const struct sim_td *td, uint64_t gpa, void *to, size_t n);
int sim_td_guest_write(struct sim_td *td, uint64_t gpa, const void *from, size_t n);
int sim_td_host_read(const struct sim_td *td, uint64_t gpa, void *to, size_t n);
int sim_td_host_write(struct sim_td *td, uint64_t gpa, const void *from, size_t n);
/* 1 << 47 or 1 << 51: what the guest puts into addresses of shared memory that it tells the VMM. */
uint64_t sim_td_shared_bit(const struct sim_td *td);

/* TDG.MR.REPORT, subtype 0. `ret` changes on success only. */
uint64_t sim_td_mr_report(struct sim_td *td, const uint8_t report_data[TDX_REPORT_DATA_BYTES],
			  uint8_t ret[TDX_REPORT_BYTES]);
/* TDG.MR.RTMR.EXTEND: RTMR = SHA-384(RTMR || digest). OPERAND_INVALID: no such register. */
uint64_t sim_td_rtmr_extend(struct sim_td *td, uint64_t index, const uint8_t digest[TDX_MR_BYTES]);
/*
 * Faults: the k-th following TDCALL of this TD (1 = the next) does nothing and has this status. 0 takes it
 * back.
 */
void sim_td_fail_tdcall(struct sim_td *td, unsigned k, uint64_t status);

enum sim_td_wants {
	SIM_TD_VMCALL, /* *regs is the call */
	SIM_TD_HALT,   /* nothing to do until an interrupt comes: KVM_EXIT_HLT */
};
struct sim_td_guest_ops {
	/*
	 * Runs the guest until it wants something. After a VMCALL it is called again, with the answer in
	 * *regs.
	 */
	enum sim_td_wants (*enter)(void *ctx, struct uapi_tdvmcall *regs);
	/*
	 * An interrupt is delivered, before the guest is entered. NULL: it has them masked, and they are
	 * lost.
	 */
	void (*interrupt)(void *ctx, uint8_t vector);
};

/* ops and ctx are borrowed for the vCPU's life. -ENOMEM */
JURAT_MUST_CHECK int sim_td_vcpu_new(struct sim_td *td, const struct sim_td_guest_ops *ops, void *ctx,
				     struct sim_td_vcpu **ret, struct jurat_error *err);
void sim_td_vcpu_free(struct sim_td_vcpu *vcpu);
/* The vCPU's `struct kvm_run`, one page. Lives as long as the vCPU. */
void *sim_td_vcpu_run(struct sim_td_vcpu *vcpu);
/*
 * ioctl(vcpu, KVM_RUN): 0 an exit is in kvm_run: KVM_EXIT_TDX or KVM_EXIT_HLT; -EINTR with immediate_exit,
 * after what was pending is complete.
 */
int sim_td_run(struct sim_td_vcpu *vcpu);
/*
 * The VMM injects a fixed interrupt. It stays pending until the vCPU runs; equal ones merge, as in an APIC's
 * IRR.
 */
void sim_td_interrupt(struct sim_td_vcpu *vcpu, uint8_t vector);
bool sim_td_interrupt_pending(const struct sim_td_vcpu *vcpu);

#endif
