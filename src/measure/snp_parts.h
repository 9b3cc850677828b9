/* SPDX-License-Identifier: MIT */
#ifndef MEASURE_SNP_PARTS_H
#define MEASURE_SNP_PARTS_H

#include "measure/hashes.h"
#include "measure/vmsa.h"

/*
 * measure_snp() in its three parts, each of which goes on from a launch that may be a copy: images, then the
 * sections of the metadata, then the vCPUs. With all options checked at first by measure_snp_check().
 */
struct measure_snp_images {
	struct measure_firmware firmware;
	struct measure_firmware svsm; /* image NULL: there is none */
	uint32_t reset_eip;           /* where all vCPUs start, but the first one without an SVSM */
};

JURAT_MUST_CHECK int measure_snp_check(const struct measure_snp *what, struct jurat_error *err);

/* Reads the images, and checks a kernel and that there is a place for its hashes; measures nothing. */
JURAT_MUST_CHECK int measure_snp_read(const struct measure_snp *what, struct measure_snp_images *ret,
				      struct jurat_error *err);

/* From here on: 0; what `step` returned; -EBADMSG where errors are told. */
int measure_snp_launch_images(const struct measure_snp_images *images, struct measure_launch *launch);

/* hashes: NULL: without a kernel */
int measure_snp_launch_sections(const struct measure_snp_images *images, enum measure_vmm vmm,
				const struct measure_hashes *hashes, struct measure_launch *launch,
				struct jurat_error *err);

/* What differs between vCPUs: the first one's page, and everyone else's. */
struct measure_snp_vcpus {
	struct measure_vmsa_page first, others;
};

void measure_snp_vcpus_make(const struct measure_snp_images *images, enum measure_vmm vmm,
			    uint32_t vcpu_signature, uint64_t guest_features, struct measure_snp_vcpus *ret);

/* The launch of one more vCPU: `vcpu` is how many there are already. */
int measure_snp_launch_vcpu(const struct measure_snp_vcpus *vcpus, unsigned vcpu,
			    struct measure_launch *launch);

#endif
