/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SIM_FAKE_PSP_H
#define TESTS_SIM_FAKE_PSP_H

#include "sim/psp/psp.h"

/*
 * A firmware that takes every page and says what it was given: linked instead of the real one where a test is
 * about what KVM passes on, and when.
 */
struct fake_psp {
	unsigned launched, decommissioned;
	unsigned calls;               /* of SNP_GUEST_REQUEST */
	uint32_t status;              /* its answer to the next ones */
	uint8_t seen[SNP_PAGE_BYTES]; /* the last request page */
};
extern struct fake_psp fake_psp;

/* What the n-th successful call (from 1) fills the response page with. */
#define FAKE_PSP_FILL(n) ((uint8_t)(0x40 + (n)))

#endif
