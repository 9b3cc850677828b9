/* SPDX-License-Identifier: MIT */
#ifndef MEASURE_TD_HOB_H
#define MEASURE_TD_HOB_H

#include "measure/tdvf.h"

/*
 * The digest of the TD HOB that a VMM writes for a TD with that much memory, as TDVF measures it: the list
 * without its end. Spec: TDVF design guide, TD Hand-Off Block; UEFI PI, volume 3, HOB;
 * doc/facts/measurement.md 8.
 *
 * memory    bytes of memory of the TD
 * Returns   0; -EINVAL no TD has that memory with this firmware, or the VMM's TD HOB is not known for it;
 *           -EBADMSG the firmware has no TD HOB
 */
JURAT_MUST_CHECK int td_hob_measure(const struct tdvf *tdvf, enum measure_vmm vmm, uint64_t memory,
				    uint8_t ret[MEASURE_DIGEST_BYTES], struct jurat_error *err);

#endif
