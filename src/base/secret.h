/* SPDX-License-Identifier: MIT */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <stddef.h>

/*
 * Memory for keys, in pages of its own: not in core dumps, and locked, so that it is not swapped, as far as
 * RLIMIT_MEMLOCK allows. For few and long-lived objects.
 *
 * Returns   size bytes, all zero, aligned as by malloc; NULL: out of memory
 */
void *base_secret_new(size_t size);
/* Wipes and frees; NULL is nothing. `size`: as it was made. */
void base_secret_free(void *secret, size_t size);

/*
 * This process dumps no core, whatever core_pattern says, and lets no other process of its user look into it.
 * For programs that hold keys. Whether it worked is no matter: it is one guard of several.
 */
void base_forbid_core_dumps(void);

#endif
