/* SPDX-License-Identifier: MIT */
#ifndef MEASURE_TDX_H
#define MEASURE_TDX_H

#include "measure/snp.h"

struct measure_event;

/*
 * MRTD and RTMR0 to 2 of a TD, from what a VMM launches it with. Spec: TDX module (TDH.MEM.PAGE.ADD,
 * TDH.MR.EXTEND), TDVF design guide (metadata, measurement of TD HOB and CFV), doc/facts/measurement.md.
 */
enum measure_tdx_order {
	MEASURE_TDX_PAGE_BY_PAGE,   /* each page is added, then extended */
	MEASURE_TDX_ALL_THEN_EXTEND /* all pages of a section are added, then all are extended */
};

struct measure_tdx {
	struct measure_bytes firmware; /* TDVF */
	enum measure_tdx_order order;
	/* RTMR0 */
	uint64_t memory_bytes;                   /* the TD HOB states it; 0: not known, no RTMR0 */
	const struct measure_bytes *acpi_tables; /* as the VMM passes them, in the order of measurement */
	size_t n_acpi_tables;
	const struct measure_bytes *boot_order, *boot_entries; /* contents of BootOrder and Boot#### */
	size_t n_boot_entries;
	/* RTMR1 and 2: a kernel that the VMM boots directly ... */
	struct measure_bytes kernel, initrd;
	const char *append;
	/* ... or EFI images in the order in which they are started, and what the loader (GRUB) measured */
	const struct measure_bytes *efi_images;
	size_t n_efi_images;
	/*
	 * For a platform that measures itself. Another value than 0 ends it, and is returned; NULL: not called.
	 *
	 * build     TDH.MEM.PAGE.ADD of a page at gpa (chunk is NULL), or TDH.MR.EXTEND of the 256 bytes at gpa
	 * event     an event that TDVF or the kernel logs and extends, in the order of the log: index, type,
	 *           digest, data (measure/event_log.h); valid during the call
	 */
	int (*build)(void *closure, uint64_t gpa, const uint8_t *chunk);
	int (*event)(void *closure, const struct measure_event *event);
	void *closure;
};

struct measure_tdx_digests {
	uint8_t mrtd[MEASURE_DIGEST_BYTES];
	uint8_t rtmr[3][MEASURE_DIGEST_BYTES];
	bool has_rtmr[3]; /* what was given is enough for it */
};

JURAT_MUST_CHECK int measure_tdx(const struct measure_tdx *what, struct measure_tdx_digests *ret,
				 struct jurat_error *err);

/* digest = SHA-384(digest, value): TDG.MR.RTMR.EXTEND. */
void measure_extend(uint8_t digest[MEASURE_DIGEST_BYTES], const uint8_t value[MEASURE_DIGEST_BYTES]);

#endif
