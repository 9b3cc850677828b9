/* SPDX-License-Identifier: MIT */
#ifndef SIM_TDX_INTERNAL_H
#define SIM_TDX_INTERNAL_H

#include "sim/kvm/kvm_memory.h"
#include "sim/tdx/tdx_module.h"

/* What tdx_module.c (platform, TDs, TDCALLs) and tdx_kvm.c (vCPUs, TDVMCALLs) share. */
struct sim_tdx_platform {
	enum sim_tdx_generation generation;
	struct sim_tdx_tcb tcb;
	struct sim_tdx_identity identity;
	uint8_t secret[64]; /* extracted: crypto_expand() derives from it */
	uint8_t mrseam[TDX_MR_BYTES];
	bool updates_module;
	uint8_t later_svn[SIM_TDX_SVN_BYTES];
	unsigned n_tds;
	uint64_t n_launched;
};

struct sim_td {
	struct sim_tdx_platform *platform;
	struct kvm_memory memory;
	struct tdx_td_info info;
	uint8_t launch_svn[SIM_TDX_SVN_BYTES];
	uint64_t shared_bit;
	uint8_t keeps_rtmrs; /* by bit */
	unsigned n_vcpus;
	unsigned fail_in; /* TDCALLs until then; 0: none */
	uint64_t fail_status;
};

#endif
