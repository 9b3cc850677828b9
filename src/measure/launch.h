/* SPDX-License-Identifier: MIT */
#ifndef MEASURE_LAUNCH_H
#define MEASURE_LAUNCH_H

#include "measure/firmware.h"
#include "wire/snp_launch.h"

/*
 * The launch digest as a chain: a copy of it goes on from where it is, so that launches with a common start
 * share the work. Spec: SNP ABI, SNP_LAUNCH_UPDATE and its PAGE_INFO structure.
 */
enum { MEASURE_PAGE_BYTES = 4096 };

struct measure_launch {
	uint8_t digest[MEASURE_DIGEST_BYTES];
	/* As in struct measure_snp; NULL: not called. */
	int (*step)(void *closure, const struct measure_step *step);
	int (*page)(void *closure, uint64_t gpa, uint8_t page_type, const uint8_t *contents);
	void *closure;
};

/* Whole pages with contents. Returns 0, or what `step` or `page` returned; so do the others. */
int measure_launch_normal(struct measure_launch *launch, const char *what, uint64_t gpa, const uint8_t *bytes,
			  size_t n);

/* Whole pages of a type whose contents are not measured. */
int measure_launch_empty(struct measure_launch *launch, const char *what, enum snp_page_type type,
			 uint64_t gpa, uint64_t n_bytes);

/* The page of a vCPU's VMSA and its digest, which most vCPUs of a launch have in common. */
struct measure_vmsa_page {
	uint8_t bytes[MEASURE_PAGE_BYTES], digest[MEASURE_DIGEST_BYTES];
};

int measure_launch_vmsa(struct measure_launch *launch, unsigned vcpu, const struct measure_vmsa_page *vmsa);

#endif
