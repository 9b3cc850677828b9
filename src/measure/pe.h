/* SPDX-License-Identifier: MIT */
#ifndef MEASURE_PE_H
#define MEASURE_PE_H

#include "measure/snp.h"

/*
 * The Authenticode digest of a PE image, by SHA-384, as firmware measures what it starts. Spec: Microsoft,
 * Windows Authenticode Portable Executable Signature Format, "Calculating the PE Image Hash"; edk2,
 * OvmfPkg/Tcg/TdTcg2Dxe/MeasureBootPeCoff.c.
 *
 * image     untrusted, borrowed
 * head      bytes that stand in for the first ones of the image; the structure is that of the image
 * what      names the image in errors, as "kernel"
 * Returns   0; -EBADMSG with what and where
 */
JURAT_MUST_CHECK int pe_authenticode(struct measure_bytes image, struct measure_bytes head, const char *what,
				     uint8_t ret[MEASURE_DIGEST_BYTES], struct jurat_error *err);

#endif
