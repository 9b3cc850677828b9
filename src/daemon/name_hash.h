/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_NAME_HASH_H
#define DAEMON_NAME_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "jurat/error.h"

/*
 * SipHash-2-4 (Aumasson and Bernstein, INDOCRYPT 2012), for tables of names that clients choose: who does not
 * know the key cannot choose names that all come into one bucket, and make each search as long as the table.
 */
struct name_hash {
	uint64_t key[2];
};

/* A random key. 0; -errno */
JURAT_MUST_CHECK int name_hash_init(struct name_hash *h);
uint64_t name_hash(const struct name_hash *h, const void *name, size_t n);

#endif
