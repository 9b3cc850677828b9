/* SPDX-License-Identifier: MIT */
#ifndef TESTS_VERIFY_TDX_GIVEN_H
#define TESTS_VERIFY_TDX_GIVEN_H

#include "verify/given.h"

#include <jurat/verify.h>

#include "wire/tdx_quote.h"

/* One row of TDX-CASES.tsv. Borrows. */
struct tdx_case {
	const char *name, *kind, *type, *fmspc, *now, *quote;
	const char *collateral[6]; /* TCB info, QE identity, PCK CRL, root CRL, TCB signer, root */
	const char *qvl_pckchain, *qvl_tcbinfo, *qvl_qeid, *qvl_quote;
};

bool tdx_given_there(void);
/* Calls `judge` for every row; returns how many. */
unsigned tdx_given_each(void (*judge)(const struct tdx_case *c, void *context), void *context);
/* The first row of this kind with this result; everything is copied to `line`. */
struct tdx_case tdx_given_find(const char *kind, const char *type, const char *qvl_quote, char line[4096]);
/* The row's collateral but for those whose bit is set in `without`. */
struct jurat_tdx_collateral *tdx_given_collateral(const struct tdx_case *c, unsigned without);

/* After the end of a quote's certification data was replaced: `to`, n bytes, gets sizes that fit again. */
void tdx_given_fix_sizes(const struct tdx_quote *from, const uint8_t *bytes, uint8_t *to, size_t n);

#endif
