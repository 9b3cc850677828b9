/* SPDX-License-Identifier: MIT */
#ifndef MEASURE_GPT_H
#define MEASURE_GPT_H

#include "measure/snp.h"

/*
 * UEFI_GPT_DATA, which firmware measures of the disk that it boots from: the table's header, how many of its
 * entries are used, and these. Spec: UEFI, GUID Partition Table; TCG PC Client Platform Firmware Profile.
 *
 * disk      the first bytes of a disk, blocks of 512 or 4096 bytes; or UEFI_GPT_DATA itself, as logs have it.
 *           Untrusted
 * ret       the caller frees it
 * Returns   0; -EBADMSG with what and where; -ENOMEM
 */
JURAT_MUST_CHECK int gpt_data(struct measure_bytes disk, uint8_t **ret, size_t *ret_n,
			      struct jurat_error *err);

#endif
