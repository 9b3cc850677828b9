/* SPDX-License-Identifier: MIT */
#ifndef MEASURE_SNP_H
#define MEASURE_SNP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * The launch digest of an SEV-SNP guest, from what a VMM launches it with. Spec: SNP ABI, launch digest and
 * PAGE_INFO; doc/facts/measurement.md for what firmware images and VMMs decide.
 */
enum { MEASURE_DIGEST_BYTES = 48, MEASURE_MAX_VCPUS = 4096 };

/* Bytes of a file: untrusted, borrowed. NULL: none (an empty file is not NULL). */
struct measure_bytes {
	const uint8_t *bytes;
	size_t n;
};

enum measure_vmm { MEASURE_QEMU, MEASURE_EC2, MEASURE_GCE };

/* A step of --steps: a range of pages of one type that was measured, and the digest after it. */
struct measure_step {
	const char *what; /* "firmware", "cpuid page", "VMSA of vCPU 3"; valid during the call */
	uint64_t gpa, n_bytes;
	uint8_t page_type; /* SNP ABI, PAGE_TYPE_* */
	uint8_t digest[MEASURE_DIGEST_BYTES];
};

struct measure_snp {
	struct measure_bytes firmware;
	/* With a kernel, and only then, the table of its hashes is measured. append: NULL is empty. */
	struct measure_bytes kernel, initrd;
	const char *append;
	unsigned vcpus;
	uint32_t vcpu_signature; /* CPUID 1 EAX: family, model, stepping */
	uint64_t guest_features; /* SEV_FEATURES of the VMSA */
	enum measure_vmm vmm;
	struct measure_bytes
		svsm;        /* an SVSM image (IGVM is not read), which then runs at VMPL0; NULL: none */
	uint64_t vars_bytes; /* with it: the size of the variable store, below which it is loaded */
	/* Called after each range of pages; NULL: not. Another value than 0 ends it, and is returned. */
	int (*step)(void *closure, const struct measure_step *step);
	/*
	 * The same before each page, for a platform that measures the pages itself: they come in the order of
	 * SNP_LAUNCH_UPDATE. contents: 4096 bytes, of normal pages and VMSAs (wire/snp_launch.h); else NULL.
	 */
	int (*page)(void *closure, uint64_t gpa, uint8_t page_type, const uint8_t *contents);
	void *closure;
};

/*
 * Returns   0; -EBADMSG the image or kernel is malformed or lacks what these options need: `err` says what
 *           and where; -EINVAL an option
 */
JURAT_MUST_CHECK int measure_snp(const struct measure_snp *what, uint8_t ret[MEASURE_DIGEST_BYTES],
				 struct jurat_error *err);

/*
 * "EPYC-Milan-v2" and the like, any case; 0: there is no such type. Names are listed by index, NULL past the
 * end.
 */
uint32_t measure_vcpu_signature(const char *name);
const char *measure_vcpu_type_name(size_t i);
/* The same, or family, model and stepping as in "25-1-1". 0: neither. */
uint32_t measure_vcpu_type(const char *text);

#endif
