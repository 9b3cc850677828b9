/* SPDX-License-Identifier: MIT */
#ifndef TESTS_MEASURE_PE_MADE_H
#define TESTS_MEASURE_PE_MADE_H

#include "measure/pe.h"

/*
 * A PE image as a kernel is one: headers of 0x400 bytes with a setup header of Linux amid them, two sections
 * that are not in the order of the file, some bytes behind them, and a certificate table.
 */
enum {
	PE_MADE_BYTES = 0x3000,
	PE_MADE_COFF = 0x40,
	PE_MADE_OPTIONAL = PE_MADE_COFF + 24,
	PE_MADE_DIRECTORIES = PE_MADE_OPTIONAL + 112,
	PE_MADE_SECURITY = PE_MADE_DIRECTORIES + 4 * 8,
	PE_MADE_N_DIRECTORIES = 6,
	PE_MADE_SECTIONS = PE_MADE_DIRECTORIES + 8 * PE_MADE_N_DIRECTORIES,
	PE_MADE_SECTION_BYTES = 40,
	PE_MADE_HEADERS = 0x400,
	PE_MADE_CERTIFICATES = 0x100,
};

void pe_made(uint8_t ret[PE_MADE_BYTES]);

#endif
