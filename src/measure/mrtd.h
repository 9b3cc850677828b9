/* SPDX-License-Identifier: MIT */
#ifndef MEASURE_MRTD_H
#define MEASURE_MRTD_H

#include "measure/tdvf.h"
#include "measure/tdx.h"

/*
 * MRTD of a TD to which a VMM adds the sections of `tdvf` in their order. Spec: TDX module, TDH.MEM.PAGE.ADD,
 * TDH.MR.EXTEND.
 *
 * what      its order, and its callback `build`
 * Returns   0; what the callback returned
 */
JURAT_MUST_CHECK int measure_mrtd(const struct tdvf *tdvf, const struct measure_tdx *what,
				  uint8_t ret[MEASURE_DIGEST_BYTES]);

#endif
