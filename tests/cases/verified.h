/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CASES_VERIFIED_H
#define TESTS_CASES_VERIFIED_H

#include <jurat/verify.h>

#include "cases/evidence.h"

/* Verifies the evidence of a row with jurat's own verifier, in this process. */
enum { VERIFIED_REASONS_BYTES = 1024 };

/* 0 or JURAT_REFUSED: a verdict, which the caller frees; < 0 -errno: none. */
int verified_verdict(const struct cases_row *row, const struct cases_evidence *e, struct jurat_verdict **ret,
		     struct jurat_error *err);
/* The codes, each once, in the order in which the verdict has them; "" when it accepts. */
void verified_reasons(const struct jurat_verdict *v, char list[VERIFIED_REASONS_BYTES]);
/* Adds a word behind a space. */
void verified_add(char list[VERIFIED_REASONS_BYTES], const char *word);

#endif
