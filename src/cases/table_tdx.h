/* SPDX-License-Identifier: MIT */
#ifndef CASES_TABLE_TDX_H
#define CASES_TABLE_TDX_H

#include "cases/cases.h"

/*
 * The rows of TDX, in files by what they are about. Names, values and TCBs are those of the software
 * platform: FMSPC 544553540000, PCESVN 13, SGX components 3, 3, 2, 2, 4, 1, 0, 5, tee_tcb_svn 7, 1, 3, QE
 * isvsvn 7. Its collateral was issued a day before, and has two levels of each part: its own, UpToDate, and
 * one of zeros, OutOfDate.
 */

/* clang-format off */
#define ITEMS(...) .items = { __VA_ARGS__ }
#define POLICY(text) .policy = text
#define AT(time) .judged_at = time
#define BUG(number) .bug = number
#define MODULE(which) .generation = SIM_TDX_##which
#define BECAUSE(...) .reasons = { __VA_ARGS__ }
#define ACCEPT(id_, what_, spec_, ...) \
	{ .id = "tdx-" id_, .what = what_, .spec = spec_, .tdx = true, .verdict = CASES_ACCEPTED, \
	  .class = CASES_GOOD, __VA_ARGS__ }
#define REFUSE(id_, class_, what_, spec_, ...) \
	{ .id = "tdx-" id_, .what = what_, .spec = spec_, .tdx = true, .verdict = CASES_REFUSED, \
	  .class = CASES_##class_, __VA_ARGS__ }
/* The specifications leave it open, or verifiers may do without it. Without reasons: jurat accepts it. */
#define EITHER(id_, class_, what_, spec_, ...) \
	{ .id = "tdx-" id_, .what = what_, .spec = spec_, .tdx = true, .verdict = CASES_EITHER, \
	  .class = CASES_##class_, __VA_ARGS__ }

#define QUOTE_4 "Intel TDX DCAP Quoting Library API, A.3"
#define QUOTE_5 "Intel TDX DCAP Quoting Library API, A.4"
#define PROFILE "Intel SGX PCK Certificate and CRL Profile, "
#define PCS     "Intel PCS API v4, "
#define TDX_ABI "Intel TDX Module ABI, "
#define RFC5280 "RFC 5280, "

#define V5(type) "quote.version=5", "quote.body_type=" type
#define STATUS      "tcb-status-not-accepted"
#define UNSUPPORTED "tcb-not-supported"

#define ZEROS_16 "00000000000000000000000000000000"
#define ZEROS_32 ZEROS_16 ZEROS_16
#define ZEROS_48 ZEROS_32 ZEROS_16
#define ZEROS_64 ZEROS_32 ZEROS_32
#define ONES_16  "ffffffffffffffffffffffffffffffff"
#define ONES_32  ONES_16 ONES_16
#define ONES_48  ONES_32 ONES_16
#define ONE_32   ZEROS_16 "00000000000000000000000000000001"
/* Order of P-256. */
#define N_P256 "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
/* clang-format on */

int cases_add_tdx_quote(struct cases_builder *b);
int cases_add_tdx_signatures(struct cases_builder *b);
int cases_add_tdx_certs(struct cases_builder *b);
int cases_add_tdx_crls(struct cases_builder *b);
int cases_add_tdx_documents(struct cases_builder *b);
int cases_add_tdx_tcb(struct cases_builder *b);
int cases_add_tdx_levels(struct cases_builder *b);
int cases_add_tdx_state(struct cases_builder *b);
int cases_add_tdx_events(struct cases_builder *b);
int cases_add_tdx_policy(struct cases_builder *b);

#endif
