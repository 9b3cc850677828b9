/* SPDX-License-Identifier: MIT */
#ifndef MEASURE_CFV_H
#define MEASURE_CFV_H

#include "measure/snp.h"

/*
 * UEFI variables in a configuration firmware volume: edk2's store of authenticated variables. Spec: UEFI PI,
 * volume 3, Firmware Volume; edk2, MdeModulePkg/Include/Guid/VariableFormat.h.
 */
struct cfv {
	struct measure_bytes
		variables; /* from the first one's header to the end of the store; NULL: no store */
};

/*
 * volume    untrusted, borrowed. One without variables is all zero or all ones, or has no store
 * Returns   0; -EBADMSG with what and where in the volume
 */
JURAT_MUST_CHECK int cfv_read(struct measure_bytes volume, struct cfv *ret, struct jurat_error *err);

/*
 * The value of a variable of that vendor (GUID as in memory, 16 bytes) and name (ASCII). `ret->bytes` is
 * NULL: there is none.
 *
 * Returns   0; -EBADMSG
 */
JURAT_MUST_CHECK int cfv_find(const struct cfv *cfv, const uint8_t vendor[16], const char *name,
			      struct measure_bytes *ret, struct jurat_error *err);

#endif
