/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_JSON_NAMES_H
#define VERIFY_JSON_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/*
 * In every JSON object of a policy, collateral or bundle, no two member names may differ only in case,
 * underscores and hyphens: readers differ in which of "Milan" and "milan", or "pck_crl" and "pckCrl", they
 * accept, and in whether the first or the last wins.
 */
bool json_names_alike(const char *a, size_t n_a, const char *b, size_t n_b);

#endif
