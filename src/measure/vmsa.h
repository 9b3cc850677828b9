/* SPDX-License-Identifier: MIT */
#ifndef MEASURE_VMSA_H
#define MEASURE_VMSA_H

#include "measure/launch.h"

/*
 * The page in which a vCPU's registers are when the guest starts. Spec: APM volume 2, table B-4;
 * doc/facts/measurement.md 4
 */
struct measure_vmsa {
	enum measure_vmm vmm;
	uint32_t eip; /* where it starts */
	uint32_t vcpu_signature;
	uint64_t guest_features;
	bool svsm; /* as an SVSM starts: 32-bit protected mode with flat segments */
};

/* Where the first vCPU starts, whatever the firmware is. */
#define MEASURE_RESET_VECTOR 0xfffffff0

void measure_vmsa_make(const struct measure_vmsa *vmsa, struct measure_vmsa_page *ret);

#endif
