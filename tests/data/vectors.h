/* SPDX-License-Identifier: MIT */
#ifndef TESTS_DATA_VECTORS_H
#define TESTS_DATA_VECTORS_H

#include "support/test.h"

/* What make_vectors.c, vectors_snp.c and vectors_tdx.c share: a folder of evidence that is being written. */
struct vectors {
	const char *dir;
	FILE *manifest;
};

/* The program ends, saying what went wrong. */
void vectors_check(bool good, const char *what);
/* Writes a file and its row of MANIFEST.tsv. */
void vectors_put(const struct vectors *v, const char *name, const char *cls, const void *bytes, size_t n,
		 const char *facts);
/* Begins a table with its first line; the caller writes the rows and closes it. */
FILE *vectors_table(const struct vectors *v, const char *name, const char *columns);

void vectors_put_snp(const struct vectors *v);
void vectors_put_tdx(const struct vectors *v);

#endif
