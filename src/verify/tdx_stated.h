/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_TDX_STATED_H
#define VERIFY_TDX_STATED_H

#include "verify/tdx_tcb.h"
#include "verify/tdx_verdict.h"

/* The TCB of a TDX platform as somebody states it: no quote, nothing signed. */
struct tdx_stated {
	uint8_t fmspc[6], pceid[2];
	struct tcb_subject tcb;
};

/*
 * Compares it with collateral, which is verified as for a quote.
 *
 * ret       never means that evidence was accepted: it has no reasons but those of the collateral and of the
 *           status. jurat_verdict_tdx_tcb() and the shortfalls are as for a quote
 * Returns   0 without reasons; JURAT_REFUSED; -ENOMEM, -EIO
 */
JURAT_MUST_CHECK int tdx_stated_judge(struct jurat_verifier *verifier, const struct tdx_stated *stated,
				      const struct jurat_tdx_collateral *collateral,
				      const struct jurat_policy *policy, int64_t at,
				      struct jurat_verdict **ret, struct jurat_error *err);

#endif
