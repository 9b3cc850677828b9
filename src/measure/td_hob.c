/* SPDX-License-Identifier: MIT */
#include "measure/td_hob.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "crypto/hash.h"

enum {
	HANDOFF_BYTES = 56,
	RESOURCE_BYTES = 48,
	END_BYTES = 8,
	HOB_HANDOFF = 1,
	HOB_RESOURCE = 3,
	HANDOFF_VERSION = 9,
	SYSTEM_MEMORY = 0,
	UNACCEPTED_MEMORY = 7,
	PRESENT_INITIALIZED_TESTED = 7,
	/* Of Google's VMM and firmware: memory that the firmware accepts before the system starts. */
	NEEDS_EARLY_ACCEPT = 0x10000000,
	MAX_BANKS = 3,
	MAX_RANGES = MAX_BANKS + 2 * TDVF_MAX_SECTIONS,
};

#define GIB (1ULL << 30)
/* QEMU's q35: memory from here on is at 4 GiB, and where there is that much, all above 2 GiB. */
static const uint64_t qemu_low_limit = 0xb0000000, qemu_low = 2 * GIB, four_gib = 4 * GIB;
/* Google Compute Engine, machine series C3. More memory has several nodes, whose order is not known. */
static const uint64_t gce_low = 3 * GIB, gce_firmware = 2 << 20, gce_max = 176 * GIB;
/* More is no address of a TD: 52 bits, of which the upper one says shared. */
static const uint64_t max_memory = 1ULL << 51;

struct range {
	uint64_t start, n;
	uint32_t type, attributes;
};

struct ranges {
	struct range r[MAX_RANGES];
	unsigned n;
};

static void add(struct ranges *to, uint64_t start, uint64_t n, uint32_t type, uint32_t attributes)
{
	if (n > 0)
		to->r[to->n++] = (struct range){ start, n, type, attributes };
}

/* Takes the section's memory out of the range that contains it; what is left of that range stays sorted. */
static bool take(struct ranges *ranges, const struct tdvf_section *s, uint32_t type, uint32_t attributes)
{
	for (unsigned i = 0; i < ranges->n; i++) {
		const struct range whole = ranges->r[i];
		struct ranges tail = { .n = 0 };

		if (whole.type != UNACCEPTED_MEMORY || s->gpa < whole.start ||
		    s->gpa - whole.start > whole.n || s->n_memory > whole.n - (s->gpa - whole.start))
			continue;
		for (unsigned k = i + 1; k < ranges->n; k++)
			tail.r[tail.n++] = ranges->r[k];
		ranges->n = i;
		add(ranges, whole.start, s->gpa - whole.start, whole.type, whole.attributes);
		if (type != UNACCEPTED_MEMORY)
			add(ranges, s->gpa, s->n_memory, type, attributes);
		add(ranges, s->gpa + s->n_memory, whole.start + whole.n - s->gpa - s->n_memory, whole.type,
		    whole.attributes);
		for (unsigned k = 0; k < tail.n; k++)
			ranges->r[ranges->n++] = tail.r[k];
		return true;
	}
	return false;
}

static int no_room(const struct tdvf_section *s, uint64_t memory, struct jurat_error *err)
{
	return jurat_fail(err, -EINVAL,
			  "TDVF section %s at %#" PRIx64 ", %#" PRIx64
			  " bytes, is not in a memory of %#" PRIx64 " bytes",
			  tdvf_type_name(s->type), s->gpa, s->n_memory, memory);
}

/* Every range in the order of addresses; what TDVF keeps its own data in is accepted. */
static int qemu_ranges(const struct tdvf *tdvf, uint64_t memory, struct ranges *ret, struct jurat_error *err)
{
	uint64_t low = memory < qemu_low_limit ? memory : qemu_low;

	ret->n = 0;
	add(ret, 0, low, UNACCEPTED_MEMORY, PRESENT_INITIALIZED_TESTED);
	add(ret, four_gib, memory - low, UNACCEPTED_MEMORY, PRESENT_INITIALIZED_TESTED);
	for (unsigned i = 0; i < tdvf->n; i++) {
		const struct tdvf_section *s = &tdvf->sections[i];

		if ((s->type == TDVF_TD_HOB || s->type == TDVF_TEMP_MEM) &&
		    !take(ret, s, SYSTEM_MEMORY, PRESENT_INITIALIZED_TESTED))
			return no_room(s, memory, err);
	}
	return 0;
}

/* All sections in their own order, firmware volumes too, then what is left of the memory. */
static int gce_ranges(const struct tdvf *tdvf, uint64_t memory, struct ranges *ret, struct jurat_error *err)
{
	const uint32_t attributes = PRESENT_INITIALIZED_TESTED | NEEDS_EARLY_ACCEPT;
	struct ranges left = { .n = 0 };

	if (memory <= gce_low || memory > gce_max)
		return jurat_fail(err, -EINVAL,
				  "the TD HOB of Google Compute Engine is known for more than 3 GiB and up "
				  "to 176 GiB of memory, not for %#" PRIx64 " bytes",
				  memory);
	add(&left, 0, gce_low, UNACCEPTED_MEMORY, attributes);
	add(&left, four_gib - gce_firmware, gce_firmware, UNACCEPTED_MEMORY, attributes);
	add(&left, four_gib, memory - gce_low, UNACCEPTED_MEMORY, attributes);
	ret->n = 0;
	for (unsigned i = 0; i < tdvf->n; i++) {
		const struct tdvf_section *s = &tdvf->sections[i];

		if (s->n_memory == 0)
			continue;
		if (!take(&left, s, UNACCEPTED_MEMORY, 0))
			return no_room(s, memory, err);
		add(ret, s->gpa, s->n_memory, SYSTEM_MEMORY, PRESENT_INITIALIZED_TESTED);
	}
	for (unsigned i = 0; i < left.n; i++)
		ret->r[ret->n++] = left.r[i];
	return 0;
}

static void digest(const struct ranges *ranges, uint64_t end_of_list, uint8_t ret[MEASURE_DIGEST_BYTES])
{
	uint8_t hob[HANDOFF_BYTES];
	struct bytes_wr w = bytes_wr(hob, sizeof(hob));
	struct crypto_sha384 c;

	bytes_wr_le16(&w, HOB_HANDOFF);
	bytes_wr_le16(&w, HANDOFF_BYTES);
	bytes_wr_zero(&w, 4);
	bytes_wr_le32(&w, HANDOFF_VERSION);
	bytes_wr_zero(&w, 4 + 4 * 8); /* boot mode; where memory is, which nobody fills in */
	bytes_wr_le64(&w, end_of_list);
	crypto_sha384_init(&c);
	crypto_sha384_add(&c, hob, HANDOFF_BYTES);
	for (unsigned i = 0; i < ranges->n; i++) {
		w = bytes_wr(hob, sizeof(hob));
		bytes_wr_le16(&w, HOB_RESOURCE);
		bytes_wr_le16(&w, RESOURCE_BYTES);
		bytes_wr_zero(&w, 4 + 16); /* no owner */
		bytes_wr_le32(&w, ranges->r[i].type);
		bytes_wr_le32(&w, ranges->r[i].attributes);
		bytes_wr_le64(&w, ranges->r[i].start);
		bytes_wr_le64(&w, ranges->r[i].n);
		crypto_sha384_add(&c, hob, RESOURCE_BYTES);
	}
	crypto_sha384_end(&c, ret);
}

int td_hob_measure(const struct tdvf *tdvf, enum measure_vmm vmm, uint64_t memory,
		   uint8_t ret[MEASURE_DIGEST_BYTES], struct jurat_error *err)
{
	const struct tdvf_section *hob = tdvf_find(tdvf, TDVF_TD_HOB);
	struct ranges ranges;
	uint64_t n_list;
	int r;

	if (!hob)
		return jurat_fail(err, -EBADMSG,
				  "TDVF metadata has no TD_HOB section, or several: there is no RTMR0");
	if (memory == 0 || memory % TDVF_PAGE_BYTES != 0 || memory > max_memory)
		return jurat_fail(err, -EINVAL,
				  "a TD has whole pages of memory, up to %#" PRIx64 " bytes, not %#" PRIx64,
				  max_memory, memory);
	r = vmm == MEASURE_GCE ? gce_ranges(tdvf, memory, &ranges, err)
			       : qemu_ranges(tdvf, memory, &ranges, err);
	if (r < 0)
		return r;
	n_list = HANDOFF_BYTES + (uint64_t)RESOURCE_BYTES * ranges.n;
	if (n_list + END_BYTES > hob->n_memory)
		return jurat_fail(err, -EBADMSG,
				  "the TD HOB has %#" PRIx64 " bytes, its TDVF section %#" PRIx64,
				  n_list + END_BYTES, hob->n_memory);
	/* QEMU's end is that of the whole list, Google's that of its resources. */
	digest(&ranges, hob->gpa + n_list + (vmm == MEASURE_GCE ? 0 : END_BYTES), ret);
	return 0;
}
