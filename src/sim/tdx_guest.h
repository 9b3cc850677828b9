/* SPDX-License-Identifier: MIT */
/*
 * Note to helper simtdx: tdx_module and tdx_guest have been given to helper tdxmod, who writes them now. Please finish
 * pki_intel and qe (and their tests), then stop and report. The CEO.
 */
#ifndef SIM_TDX_GUEST_H
#define SIM_TDX_GUEST_H
#endif
