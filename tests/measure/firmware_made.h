/* SPDX-License-Identifier: MIT */
#ifndef TESTS_MEASURE_FIRMWARE_MADE_H
#define TESTS_MEASURE_FIRMWARE_MADE_H

#include "support/test.h"

#include "measure/firmware.h"

/*
 * A firmware image of two pages as OVMF lays one out: SEV metadata in the last page, the table of GUIDed
 * structures behind it, 32 bytes of reset vector. The offsets of what tests change.
 */
enum {
	MADE_BYTES = 2 * 4096,
	MADE_METADATA = MADE_BYTES - 0x400,
	MADE_SECTIONS = MADE_METADATA + 16,
	MADE_N_SECTIONS = 6,
	MADE_FOOTER = MADE_BYTES - 32 - 18, /* the size, then the GUID */
	MADE_RESET = MADE_FOOTER - 22,      /* entries in front of it: data, size, GUID */
	MADE_HASHES = MADE_RESET - 26,
	MADE_SEV = MADE_HASHES - 22,
	MADE_OTHER = MADE_SEV - 21, /* an entry that nobody knows */
	MADE_RESET_EIP = 0x80b004,
	MADE_HASHES_GPA = 0x810c00,
};

/* The sections of its metadata, by index: memory, secrets, CPUID, calling area, kernel hashes, memory. */
extern const uint32_t made_sections[MADE_N_SECTIONS][3];

void made_firmware(uint8_t ret[MADE_BYTES]);
/* The same without SNP_KERNEL_HASHES, which is another page of memory instead. */
void made_firmware_without_hashes(uint8_t ret[MADE_BYTES]);
/* Turned into an SVSM image, which starts at this offset. */
void made_svsm(uint8_t ret[MADE_BYTES], uint32_t entry);

#endif
