/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_JSON_NAMES_H
#define VERIFY_JSON_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/*
 * One rule for every object of a policy, of collateral and of a bundle: no two members have names that differ
 * in case and underscores only. Readers differ in which of "Milan" and "milan", "pck_crl" and "pckCrl" they
 * take, and in whether the first or the last counts.
 */
bool json_names_alike(const char *a, size_t n_a, const char *b, size_t n_b);

#endif
