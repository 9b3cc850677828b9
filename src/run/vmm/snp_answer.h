/* SPDX-License-Identifier: MIT */
#ifndef RUN_VMM_SNP_ANSWER_H
#define RUN_VMM_SNP_ANSWER_H

#include <stdint.h>

/* "ret 22 (EINVAL)". Returns `to`. */
const char *snp_ret_name(uint64_t ret, char to[64]);

#endif
