/* SPDX-License-Identifier: MIT */
#ifndef MEASURE_MRTD_H
#define MEASURE_MRTD_H

#include "measure/tdvf.h"
#include "measure/tdx.h"

/* MRTD of a TD to which a VMM adds the sections of `tdvf` in their order. Spec: TDX module, TDH.MEM.PAGE.ADD, TDH.MR.EXTEND. */
void measure_mrtd(const struct tdvf *tdvf, enum measure_tdx_order order, uint8_t ret[MEASURE_DIGEST_BYTES]);

#endif
