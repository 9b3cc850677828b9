/* SPDX-License-Identifier: MIT */
#ifndef TESTS_MEASURE_CFV_MADE_H
#define TESTS_MEASURE_CFV_MADE_H

#include "measure/cfv.h"

/* A firmware volume with a store of variables, as OVMF's build makes it: all ones where nothing is. */
enum {
	CFV_MADE_BYTES = 0x400,
	CFV_MADE_STORE = 72,
	CFV_MADE_FIRST = CFV_MADE_STORE + 28, /* variable */
	CFV_MADE_ADDED = 0x3f,                /* its state */
};

struct cfv_made {
	uint8_t *volume;
	size_t end, last; /* of the variables; where the last one begins */
};

struct cfv_made cfv_made(uint8_t volume[CFV_MADE_BYTES]);
void cfv_made_put(struct cfv_made *made, uint8_t state, const uint8_t guid[16], const char *name,
		  const char *value);

#endif
