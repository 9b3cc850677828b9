/* SPDX-License-Identifier: MIT */
#ifndef JURAT_TEE_H
#define JURAT_TEE_H

/* The kinds of TEE that jurat knows. Values are never reused. */

#ifdef __cplusplus
extern "C" {
#endif

enum jurat_tee {
	JURAT_TEE_AUTO = 0, /* as an option: detect it; as a return value: none */
	JURAT_TEE_SEV_SNP = 1,
	JURAT_TEE_TDX = 2,
};

#ifdef __cplusplus
}
#endif

#endif
