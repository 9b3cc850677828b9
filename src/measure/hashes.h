/* SPDX-License-Identifier: MIT */
#ifndef MEASURE_HASHES_H
#define MEASURE_HASHES_H

#include "measure/firmware.h"

/*
 * The table of hashes of what a VMM boots directly: command line, initrd, kernel. Spec: edk2,
 * OvmfPkg/AmdSev/BlobVerifierLibSevHashes; QEMU, struct SevHashTable.
 */
enum { MEASURE_HASHES_BYTES = 176 };

/* Whether this is a kernel that a VMM can boot directly: -EBADMSG says what it is not. */
JURAT_MUST_CHECK int measure_kernel_check(const struct measure_bytes *kernel, struct jurat_error *err);

struct measure_hashes {
	uint8_t cmdline[32], initrd[32], kernel[32];
};

/* Kernel and initrd: as they are in their files. append: NULL is empty; its NUL is hashed, too. */
void measure_hashes_make(const struct measure_bytes *kernel, const struct measure_bytes *initrd,
			 const char *append, struct measure_hashes *ret);

/* Whether the firmware has a place for the table: -EBADMSG, as measure_hashes_page(). */
JURAT_MUST_CHECK int measure_hashes_check_place(const struct measure_firmware *firmware,
						struct jurat_error *err);

/*
 * The page that holds the table where the firmware looks for it.
 *
 * Returns   0; -EBADMSG the firmware has no place for it, or not in the section of its metadata
 */
JURAT_MUST_CHECK int measure_hashes_page(const struct measure_hashes *hashes,
					 const struct measure_firmware *firmware, uint8_t ret[4096],
					 struct jurat_error *err);

#endif
