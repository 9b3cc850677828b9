/* SPDX-License-Identifier: MIT */
#ifndef MEASURE_FIRMWARE_H
#define MEASURE_FIRMWARE_H

#include "measure/snp.h"

/*
 * What a firmware image says of itself: OVMF's table of GUIDed structures, which ends 32 bytes before the end
 * of the image, and the SEV metadata that it points at. Spec: doc/facts/measurement.md 2.
 */
enum { MEASURE_MAX_SECTIONS = 64, MEASURE_FIRMWARE_END_BYTES = 32 };
#define MEASURE_4_GIB 0x100000000

/* Types of sections in SEV metadata. Spec: edk2, OvmfPkg/ResetVector/X64/OvmfSevMetadata.asm. */
enum measure_section_type {
	MEASURE_SECTION_MEMORY = 1,
	MEASURE_SECTION_SECRETS = 2,
	MEASURE_SECTION_CPUID = 3,
	MEASURE_SECTION_SVSM_CAA = 4,
	MEASURE_SECTION_KERNEL_HASHES = 0x10,
};

/* Whole pages, inside 4 GiB, disjoint. */
struct measure_section {
	uint32_t gpa, n_bytes, type;
	size_t offset; /* of its description in the image */
};

/* An entry of the GUIDed table that is read here: the bytes in front of its size. NULL: there is none. */
struct measure_entry {
	const uint8_t *bytes;
	size_t n, offset; /* of `bytes` in the image */
};

enum measure_entry_kind {
	MEASURE_ENTRY_RESET,        /* SEV-ES reset block: where vCPUs after the first one start */
	MEASURE_ENTRY_HASHES,       /* address and size of the table of kernel hashes */
	MEASURE_ENTRY_SEV_METADATA, /* its distance from the end of the image */
	MEASURE_ENTRY_TDX_METADATA, /* the same: TDVF's */
	MEASURE_ENTRY_SVSM,         /* what an SVSM image says of its entry point */
	MEASURE_N_ENTRIES,
};

struct measure_firmware {
	const char *name;     /* what errors call it; borrowed */
	const uint8_t *image; /* borrowed */
	size_t n;
	uint64_t gpa; /* of its first byte */
	struct measure_entry entries[MEASURE_N_ENTRIES];
	/* Of SEV metadata; none until measure_firmware_read_sev(). */
	struct measure_section sections[MEASURE_MAX_SECTIONS];
	size_t n_sections;
};

/*
 * The GUIDed table. An image without it is refused: what it seems to be is in the text of the error.
 *
 * name      names the image in errors, as "firmware"; borrowed
 * end       the address behind its last byte: 4 GiB, but for what lies below the firmware
 * Returns   0; -EBADMSG
 */
JURAT_MUST_CHECK int measure_firmware_read(const struct measure_bytes *image, const char *name, uint64_t end,
					   struct measure_firmware *ret, struct jurat_error *err);

/* The sections of SEV metadata; -EBADMSG: also without any. */
JURAT_MUST_CHECK int measure_firmware_read_sev(struct measure_firmware *firmware, struct jurat_error *err);

/* The 32-bit number at this offset of an entry that is there; -EBADMSG: it is shorter. */
JURAT_MUST_CHECK int measure_firmware_number(const struct measure_firmware *firmware,
					     enum measure_entry_kind kind, size_t offset, uint32_t *ret,
					     struct jurat_error *err);

/* Whether n_a bytes at a and n_b bytes at b have a byte in common. */
bool measure_overlap(uint64_t a, uint64_t n_a, uint64_t b, uint64_t n_b);

/* As the specification calls a type of section, as "SNP_SEC_MEM"; NULL: it knows none. */
const char *measure_section_name(uint32_t type);

/* The first section of this type; NULL: none. */
const struct measure_section *measure_firmware_section(const struct measure_firmware *firmware,
						       uint32_t type);

#endif
