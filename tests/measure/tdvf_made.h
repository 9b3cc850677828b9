/* SPDX-License-Identifier: MIT */
#ifndef TESTS_MEASURE_TDVF_MADE_H
#define TESTS_MEASURE_TDVF_MADE_H

#include "measure/tdvf.h"

/*
 * A firmware image of 64 KiB with the metadata of a TDVF: bytes that differ from page to page, the TDVF
 * descriptor at TDVF_MADE_DESCRIPTOR and, above it, OVMF's GUIDed table with an entry before and one behind
 * that of the descriptor.
 */
enum {
	TDVF_MADE_BYTES = 0x10000,
	TDVF_MADE_DESCRIPTOR = 0xf000,
	TDVF_MADE_SECTIONS = TDVF_MADE_DESCRIPTOR + 16,
	TDVF_MADE_SECTION_BYTES = 32,
	/* The GUIDed table: its first byte, the descriptor's entry, its end. */
	TDVF_MADE_TABLE_END = TDVF_MADE_BYTES - 32,
	TDVF_MADE_FOOTER = TDVF_MADE_TABLE_END - 18,
	TDVF_MADE_ENTRY = TDVF_MADE_FOOTER - 26 - 22,
	TDVF_MADE_TABLE = TDVF_MADE_ENTRY - 22,
};

struct tdvf_made_section {
	uint32_t data_offset, n_raw;
	uint64_t gpa, n_memory;
	uint32_t type, attributes;
};

/* Six sections, as OVMF has them: 12 pages of code, 2 of variables, TD HOB and memory. */
enum { TDVF_MADE_N = 6 };
extern const struct tdvf_made_section tdvf_made_sections[TDVF_MADE_N];

void tdvf_made(const struct tdvf_made_section *sections, unsigned n, uint8_t ret[TDVF_MADE_BYTES]);

#endif
