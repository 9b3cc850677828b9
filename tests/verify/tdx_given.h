/* SPDX-License-Identifier: MIT */
#ifndef TESTS_VERIFY_TDX_GIVEN_H
#define TESTS_VERIFY_TDX_GIVEN_H

#include "verify/given.h"

#include "wire/tdx_quote.h"

/* Rows of TDX-CASES.tsv: quotes with their collateral, and what is right for them. Borrows. */
struct tdx_case {
	const struct evidence_folder *folder;
	const char *name, *kind, *type, *quote;
	const char *collateral[6]; /* TCB info, QE identity, PCK CRL, root CRL, TCB signer, root; "": none */
	const char *bundle;        /* or one file with all of these; "": none */
	/* What is right: by Intel's library where a table has its answers, or else said in two columns. */
	const char *qvl_pckchain, *qvl_tcbinfo, *qvl_qeid, *qvl_quote;
	const char *status, *reasons;
	int64_t now;
};

/* Calls `judge` for every row of every folder; returns how many. */
unsigned tdx_given_each(void (*judge)(const struct tdx_case *c, void *context), void *context);
/*
 * One accepted quote of version 4 with its collateral in parts from the vectors and, where there is one, from
 * real evidence: `use` with each.
 */
void tdx_given_each_accepted(void (*use)(const struct tdx_case *c));
/* The row's collateral but for those parts whose bit is set in `without`. */
struct jurat_tdx_collateral *tdx_given_collateral(const struct tdx_case *c, unsigned without);

/* After the end of a quote's certification data was replaced: `to`, n bytes, gets sizes that fit again. */
void tdx_given_fix_sizes(const struct tdx_quote *from, const uint8_t *bytes, uint8_t *to, size_t n);

#endif
