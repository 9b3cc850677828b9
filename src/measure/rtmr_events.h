/* SPDX-License-Identifier: MIT */
#ifndef MEASURE_RTMR_EVENTS_H
#define MEASURE_RTMR_EVENTS_H

#include "measure/event_log.h"
#include "measure/rtmr.h"

/* What is being measured. */
struct rtmr_state {
	const struct tdvf *tdvf;
	const struct measure_tdx *what;
	struct measure_tdx_digests *ret;
	struct jurat_error *err;
};

/* Extends RTMR `rtmr`, and tells of the event; nothing where that RTMR is not computed. */
int rtmr_extend(struct rtmr_state *s, unsigned rtmr, uint32_t type,
		const uint8_t digest[MEASURE_DIGEST_BYTES], struct measure_bytes data);
/* The same with the digest of these bytes, which are the data of the event, too. */
int rtmr_extend_data(struct rtmr_state *s, unsigned rtmr, uint32_t type, struct measure_bytes data);
int rtmr_extend_text(struct rtmr_state *s, unsigned rtmr, uint32_t type,
		     const char *text); /* without its NUL */

/* Where a UEFI variable is, and which part of it is measured. */
struct rtmr_variable {
	const uint8_t *vendor; /* GUID as in memory */
	const char *name;
	struct measure_bytes value;
	uint32_t type;
};

/* Into RTMR0. EV_EFI_VARIABLE_DRIVER_CONFIG measures UEFI_VARIABLE_DATA, EV_EFI_VARIABLE_BOOT the value. */
int rtmr_extend_variable(struct rtmr_state *s, const struct rtmr_variable *v);

extern const uint8_t rtmr_global_guid[16], rtmr_security_guid[16];

/* RTMR0 up to ACPI: TD HOB, configuration volume, Secure Boot. */
int rtmr_measure_firmware(struct rtmr_state *s);
/* BootOrder and Boot####. */
int rtmr_measure_boot_options(struct rtmr_state *s);
/* The kernel that the VMM boots, as QEMU hands it to TDVF; the images of a chain. */
int rtmr_measure_kernel(struct rtmr_state *s);
int rtmr_measure_images(struct rtmr_state *s);
/* RTMR2 as the EFI stub of Linux extends it. */
int rtmr_measure_stub(struct rtmr_state *s);

#endif
