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

/* Where edk2 draws the line in front of the first boot attempt: in RTMR1 from edk2-stable202411 on. */
enum measure_tdx_separator { MEASURE_TDX_SEPARATOR_RTMR1, MEASURE_TDX_SEPARATOR_RTMR0 };

/* Whether QEMU, as a boot loader, writes into the header of a kernel that it passes on: not from 10.2 on. */
enum measure_tdx_header { MEASURE_TDX_HEADER_PATCHED, MEASURE_TDX_HEADER_UNCHANGED };

/* The variable SecureBoot. AUTO: none without a PK; with one it is 1 unless SecureBootEnable is 0. */
enum measure_secure_boot {
	MEASURE_SECURE_BOOT_AUTO,
	MEASURE_SECURE_BOOT_NONE, /* no such variable: firmware without Secure Boot */
	MEASURE_SECURE_BOOT_OFF,
	MEASURE_SECURE_BOOT_ON
};

/* Whether the command line that is measured ends with a NUL. AUTO: when the VMM boots the kernel. */
enum measure_tdx_nul { MEASURE_TDX_NUL_AUTO, MEASURE_TDX_NUL_WITH, MEASURE_TDX_NUL_WITHOUT };

struct measure_tdx {
	struct measure_bytes firmware; /* TDVF */
	enum measure_tdx_order order;
	enum measure_vmm vmm; /* QEMU or GCE: whose TD HOB it is */
	enum measure_tdx_separator separator;
	/* RTMR0. Secure Boot's other variables are those in the firmware's configuration volume. */
	enum measure_secure_boot secure_boot;
	uint64_t memory_bytes;                   /* the TD HOB states it; 0: not known, no RTMR0 */
	const struct measure_bytes *acpi_tables; /* as the VMM passes them, in the order of measurement */
	size_t n_acpi_tables;                    /* 0: not known, no RTMR0 */
	const struct measure_bytes *boot_order,
		*boot_entries; /* contents of BootOrder and Boot####; NULL: OVMF's own */
	size_t n_boot_entries;
	const struct measure_bytes *authorities; /* EV_EFI_VARIABLE_AUTHORITY: data of the events */
	size_t n_authorities;
	/* RTMR1 and 2: a kernel that the VMM boots directly ... */
	struct measure_bytes kernel, initrd;
	const char *append;
	enum measure_tdx_header header;
	enum measure_tdx_nul nul;
	/*
	 * ... or EFI images in the order in which they are started, behind the partition table of their disk
	 * (its first bytes, or data of EV_EFI_GPT_EVENT; NULL: none), and what loaders (shim, GRUB) measured
	 * into RTMR2 before the kernel did.
	 */
	struct measure_bytes gpt;
	const struct measure_bytes *efi_images;
	size_t n_efi_images;
	const struct measure_bytes *loader_events;
	size_t n_loader_events;
	/*
	 * For a platform that measures itself. A value other than 0 ends it, and is returned; NULL: none.
	 *
	 * build     TDH.MEM.PAGE.ADD of a page at gpa (chunk is NULL), or TDH.MR.EXTEND of 256 bytes at gpa
	 * event     an event that TDVF or the kernel logs and extends, in the order of the log: index, type,
	 *           digest, data (measure/event_log.h); valid during the call. Events of an RTMR that is not
	 *           computed are left out
	 */
	int (*build)(void *closure, uint64_t gpa, const uint8_t *chunk);
	int (*event)(void *closure, const struct measure_event *event);
	void *closure;
};

struct measure_tdx_digests {
	uint8_t mrtd[MEASURE_DIGEST_BYTES];
	uint8_t rtmr[3][MEASURE_DIGEST_BYTES];
	bool has_rtmr[3];       /* what was given is enough for it */
	const char *missing[3]; /* otherwise: what else it needs, in the words of struct measure_tdx */
};

/*
 * Returns   0; -EBADMSG an input is malformed: `err` says what and where; -EINVAL an option
 */
JURAT_MUST_CHECK int measure_tdx(const struct measure_tdx *what, struct measure_tdx_digests *ret,
				 struct jurat_error *err);

/* digest = SHA-384(digest, value): TDG.MR.RTMR.EXTEND. */
void measure_extend(uint8_t digest[MEASURE_DIGEST_BYTES], const uint8_t value[MEASURE_DIGEST_BYTES]);

#endif
