/* SPDX-License-Identifier: MIT */
#ifndef TESTS_VERIFY_GIVEN_H
#define TESTS_VERIFY_GIVEN_H

#include "support/test.h"

/*
 * The evidence of real machines that JURAT_EVIDENCE names (see its README): not part of the project, so
 * every test that wants it skips without. Names are relative to it.
 */
bool given_there(void);
/* The whole file, exact-size heap bytes that the test frees; fails the test when it cannot be read. */
uint8_t *given_read(const char *name, size_t *ret_size);

/* One row of SNP-CASES.tsv; "-" where there is none. Borrows from `line`. */
struct given_case {
	const char *report, *vek, *intermediate, *root, *product, *signer, *version, *policy_debug, *outcome;
};
/* Calls `judge` for every row; returns how many. */
unsigned given_each(void (*judge)(const struct given_case *c, void *context), void *context);

/* A certificate table of up to three DER certificates (NULL: left out). Exact-size heap bytes. */
struct given_der {
	const uint8_t *data;
	size_t size;
};
uint8_t *given_table(bool vlek, struct given_der leaf, struct given_der intermediate, struct given_der root,
		     size_t *ret_size);

/* The certificate's first second, and a day more: a time at which a real chain is valid. */
int64_t given_day_after(const uint8_t *der, size_t n);

#endif
