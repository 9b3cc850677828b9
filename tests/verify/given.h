/* SPDX-License-Identifier: MIT */
#ifndef TESTS_VERIFY_GIVEN_H
#define TESTS_VERIFY_GIVEN_H

#include "support/evidence.h"

#include <jurat/verify.h>

/* Rows of SNP-CASES.tsv: reports with what they are verified with, and what is right for them. */
struct given_case {
	const struct evidence_folder *folder;
	const char *report, *vek, *intermediate, *root, *product, *signer, *version; /* "-": there is none */
	const char *reasons; /* the expected codes, separated by commas; "-": accepted */
	bool has_leaf;       /* else it is to be refused for want of one */
	int64_t at;          /* 0: a day after the leaf begins */
};
/* Calls `judge` for every row of every folder; returns how many. */
unsigned given_each(void (*judge)(const struct given_case *c, void *context), void *context);

/* "a,b": true when the verdict has exactly these reasons, in any order and each perhaps more than once. */
bool given_reasons_are(const struct jurat_verdict *v, const char *codes);
void assert_given_reasons(const struct jurat_verdict *v, const char *codes, const char *what);

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
