/* SPDX-License-Identifier: MIT */
#ifndef MEASURE_TDVF_H
#define MEASURE_TDVF_H

#include "measure/snp.h"

/*
 * What a TD's firmware image says about itself: the sections that a VMM adds to the TD before its first
 * instruction. Spec: TDVF design guide, TDVF descriptor; TD-Shim specification, metadata.
 */
enum { TDVF_MAX_SECTIONS = 64, TDVF_PAGE_BYTES = 4096 };

enum tdvf_type {
	TDVF_BFV,
	TDVF_CFV,
	TDVF_TD_HOB,
	TDVF_TEMP_MEM,
	TDVF_PERM_MEM,
	TDVF_PAYLOAD,
	TDVF_PAYLOAD_PARAM,
	TDVF_TD_INFO,
	TDVF_TD_PARAMS,
	TDVF_N_TYPES
};

enum { TDVF_MR_EXTEND = 1, TDVF_PAGE_AUG = 2 };

struct tdvf_section {
	const uint8_t *raw; /* in the image; the rest of the section's memory is zero */
	uint32_t data_offset, n_raw;
	uint64_t gpa, n_memory; /* whole pages that overlap no other section's */
	enum tdvf_type type;
	uint32_t attributes;
};

struct tdvf {
	struct tdvf_section sections[TDVF_MAX_SECTIONS];
	unsigned n;
};

/*
 * image     untrusted, borrowed: `ret` points into it
 * Returns   0; -EBADMSG with what and where
 */
JURAT_MUST_CHECK int tdvf_read(struct measure_bytes image, struct tdvf *ret, struct jurat_error *err);

/* The only section of that type; NULL: there is none, or several. */
const struct tdvf_section *tdvf_find(const struct tdvf *tdvf, enum tdvf_type type);
const char *tdvf_type_name(enum tdvf_type type);

#endif
