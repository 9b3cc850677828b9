/* SPDX-License-Identifier: MIT */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <stddef.h>

/*
 * Allocates memory for keys in separate pages, which are excluded from core dumps and locked against swapping
 * as far as RLIMIT_MEMLOCK allows. For few, long-lived objects.
 *
 * Returns   size bytes, all zero, aligned as by malloc; NULL: out of memory
 */
void *base_secret_new(size_t size);
/* Wipes and frees; accepts NULL. `size`: as passed to base_secret_new(). */
void base_secret_free(void *secret, size_t size);

/*
 * Disables core dumps of this process, whatever core_pattern is, and ptrace(2) by other processes of its
 * user. For programs that hold keys. Failures are ignored: it is one protection of several.
 */
void base_forbid_core_dumps(void);

#endif
