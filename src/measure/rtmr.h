/* SPDX-License-Identifier: MIT */
#ifndef MEASURE_RTMR_H
#define MEASURE_RTMR_H

#include "measure/tdvf.h"
#include "measure/tdx.h"

/*
 * RTMR0 to 2 as edk2's TDVF, loaders and the EFI stub of Linux extend them on the first boot attempt. Spec:
 * TDVF design guide, measured boot; TCG PC Client Platform Firmware Profile; doc/facts/measurement.md.
 *
 * ret       rtmr, has_rtmr and missing
 * Returns   as measure_tdx()
 */
JURAT_MUST_CHECK int rtmr_measure(const struct tdvf *tdvf, const struct measure_tdx *what,
				  struct measure_tdx_digests *ret, struct jurat_error *err);

#endif
