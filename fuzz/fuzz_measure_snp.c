/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "crypto/hash.h"
#include "measure/snp.h"
#include "support/fuzz.h"
#include "wire/snp_launch.h"

enum { PAGE = 4096, MAX_IMAGE_PAGES = 16, MAX_PAGES = 128 };

/* Sections of 4 GiB take a second to measure: what has more pages than this ends at the next one. */
struct chain {
	uint8_t digest[MEASURE_DIGEST_BYTES];
	unsigned pages;
};

/* The end of an image says what it is: pages of zeros are put in front of it until they are whole. */
static struct fuzz_bytes image_of(struct fuzz_bytes part)
{
	size_t pages = (part.n + PAGE - 1) / PAGE, n = pages * PAGE;
	struct fuzz_bytes image = { calloc(pages ? pages : 1, PAGE), n };

	must(image.p && pages <= MAX_IMAGE_PAGES);
	if (part.n > 0)
		memcpy(image.p + n - part.n, part.p, part.n);
	return image;
}

/* The chain as the firmware ABI has it, from the pages alone. */
static int take_page(void *closure, uint64_t gpa, uint8_t type, const uint8_t *contents)
{
	struct snp_page_info info = { .length = SNP_PAGE_INFO_BYTES, .page_type = type, .gpa = gpa };
	uint8_t bytes[SNP_PAGE_INFO_BYTES];
	struct chain *chain = closure;

	must(type >= SNP_PAGE_NORMAL && type <= SNP_PAGE_CPUID && gpa % PAGE == 0);
	must((contents != NULL) == (type == SNP_PAGE_NORMAL || type == SNP_PAGE_VMSA));
	memcpy(info.digest_cur, chain->digest, sizeof(info.digest_cur));
	if (contents)
		crypto_sha384(contents, PAGE, info.contents);
	wire_write(&snp_page_info_layout, &info, bytes);
	crypto_sha384(bytes, sizeof(bytes), chain->digest);
	return ++chain->pages > MAX_PAGES ? -E2BIG : 0;
}

/*
 * A byte: the VMM in bits 0 and 1, a kernel by bit 2, an SVSM by bit 3. Then the parts firmware, kernel or
 * SVSM.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes_rd in = bytes_rd(data, size);
	uint8_t digest[MEASURE_DIGEST_BYTES], how = fuzz_u8(&in);
	struct chain chain = { .pages = 0 };
	auto_bytes firmware_part = fuzz_part(&in), other = fuzz_part(&in), firmware = image_of(firmware_part),
		   svsm = image_of(other);
	struct measure_snp what = {
		.firmware = { firmware.p, firmware.n },
		.vmm = (enum measure_vmm)((how & 3) % 3),
		.vcpus = 2,
		.vcpu_signature = 0xa00f11,
		.guest_features = 1,
		.page = take_page,
		.closure = &chain,
	};
	struct jurat_error err = { "" };
	int r;

	if (how & 4)
		what.kernel = (struct measure_bytes){ other.p, other.n };
	if (how & 8)
		what.svsm = (struct measure_bytes){ svsm.p, svsm.n };
	r = measure_snp(&what, digest, &err);
	must(r == 0 || r == -EBADMSG || r == -EINVAL || r == -E2BIG);
	must((r == 0 || r == -E2BIG) == (err.text[0] == '\0'));
	if (r != 0)
		return 0;
	must(memcmp(digest, chain.digest, sizeof(digest)) == 0);
	FUZZ_REACHED("a launch is measured");
	if (how & 8)
		FUZZ_REACHED("a launch with an SVSM is measured");
	else if (how & 4)
		FUZZ_REACHED("a launch with a kernel is measured");
	return 0;
}
