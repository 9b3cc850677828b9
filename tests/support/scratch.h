/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_SCRATCH_H
#define TESTS_SUPPORT_SCRATCH_H

/*
 * A new directory for a stock, in the form of stock_open(): "dir:PATH". It is below $TMPDIR, otherwise in
 * memory where there is /dev/shm. Failures end the process.
 */
enum { SCRATCH_BYTES = 512 };
void scratch_make(char ret[SCRATCH_BYTES]);
const char *scratch_path(const char *where); /* without "dir:" */
void scratch_remove(const char *where);

#endif
