/* SPDX-License-Identifier: MIT */
/*
 * From the CEO, 06:44. simtdx had tdx_module ready before tdxmod began: simtdx's is the one (it lands now, with qe).
 * tdxmod: rebase, take tdx_module from main as it is, and write tdx_guest and tsm_tdx (and tests) on it; improve
 * tdx_module only where the guest driver needs it. simtdx: land tdx_module and qe with their tests, then stop and report.
 */
#ifndef SIM_TDX_GUEST_H
#define SIM_TDX_GUEST_H
#endif
