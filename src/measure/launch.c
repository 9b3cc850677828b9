/* SPDX-License-Identifier: MIT */
/* Spec: SNP ABI, SNP_LAUNCH_UPDATE: PAGE_INFO; doc/facts/measurement.md 1. */
#include "measure/launch.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "crypto/hash.h"

/* The address that the firmware states for a VMSA: the highest page below bit 48. */
#define VMSA_GPA 0xfffffffff000

/* PAGE_INFO, of which what every page of a range has in common is written once. */
struct page_info {
	uint8_t bytes[SNP_PAGE_INFO_BYTES];
};

enum { CONTENTS_OFF = 0x30, GPA_OFF = 0x68 };

/* Not an initial migration image, and no permissions for other VMPLs: zero, as VMMs state it. */
static struct page_info page_info(enum snp_page_type type)
{
	struct snp_page_info fields = { .length = SNP_PAGE_INFO_BYTES, .page_type = (uint8_t)type };
	struct page_info info;

	wire_write(&snp_page_info_layout, &fields, info.bytes);
	return info;
}

/* With the digest of the page's contents in place. */
static void update(struct measure_launch *launch, struct page_info *info, uint64_t gpa)
{
	memcpy(info->bytes, launch->digest, MEASURE_DIGEST_BYTES);
	bytes_put_le(info->bytes + GPA_OFF, gpa, 8);
	crypto_sha384(info->bytes, SNP_PAGE_INFO_BYTES, launch->digest);
}

static int tell_page(const struct measure_launch *launch, uint64_t gpa, enum snp_page_type type,
		     const uint8_t *contents)
{
	return launch->page ? launch->page(launch->closure, gpa, (uint8_t)type, contents) : 0;
}

static int tell(const struct measure_launch *launch, const char *what, enum snp_page_type type, uint64_t gpa,
		uint64_t n_bytes)
{
	struct measure_step step = {
		.what = what, .gpa = gpa, .n_bytes = n_bytes, .page_type = (uint8_t)type
	};

	if (!launch->step)
		return 0;
	memcpy(step.digest, launch->digest, sizeof(step.digest));
	return launch->step(launch->closure, &step);
}

int measure_launch_normal(struct measure_launch *launch, const char *what, uint64_t gpa, const uint8_t *bytes,
			  size_t n)
{
	struct page_info info = page_info(SNP_PAGE_NORMAL);
	int r = 0;

	for (size_t at = 0; r == 0 && at < n; at += MEASURE_PAGE_BYTES) {
		/* Images have long runs of equal pages, whose digest is there already. */
		if (at == 0 || memcmp(bytes + at, bytes + at - MEASURE_PAGE_BYTES, MEASURE_PAGE_BYTES) != 0)
			crypto_sha384(bytes + at, MEASURE_PAGE_BYTES, info.bytes + CONTENTS_OFF);
		r = tell_page(launch, gpa + at, SNP_PAGE_NORMAL, bytes + at);
		update(launch, &info, gpa + at);
	}
	return r == 0 ? tell(launch, what, SNP_PAGE_NORMAL, gpa, n) : r;
}

int measure_launch_empty(struct measure_launch *launch, const char *what, enum snp_page_type type,
			 uint64_t gpa, uint64_t n_bytes)
{
	struct page_info info = page_info(type);
	int r = 0;

	for (uint64_t at = 0; r == 0 && at < n_bytes; at += MEASURE_PAGE_BYTES) {
		r = tell_page(launch, gpa + at, type, NULL);
		update(launch, &info, gpa + at);
	}
	return r == 0 ? tell(launch, what, type, gpa, n_bytes) : r;
}

int measure_launch_vmsa(struct measure_launch *launch, unsigned vcpu, const struct measure_vmsa_page *vmsa)
{
	struct page_info info = page_info(SNP_PAGE_VMSA);
	int r = tell_page(launch, VMSA_GPA, SNP_PAGE_VMSA, vmsa->bytes);
	char what[32];

	memcpy(info.bytes + CONTENTS_OFF, vmsa->digest, MEASURE_DIGEST_BYTES);
	update(launch, &info, VMSA_GPA);
	if (r != 0 || !launch->step)
		return r;
	snprintf(what, sizeof(what), "VMSA of vCPU %u", vcpu);
	return tell(launch, what, SNP_PAGE_VMSA, VMSA_GPA, MEASURE_PAGE_BYTES);
}
