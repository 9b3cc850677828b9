/* SPDX-License-Identifier: MIT */
#include "measure/tdvf.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "measure/firmware.h"

/*
 * Where the descriptor is: the entry of the GUIDed table counts from the end of the image; images without one
 * have an offset from their start in the 32 bytes behind the table (TD-Shim, earlier TDVF).
 */
enum { DESCRIPTOR_BYTES = 16, SECTION_BYTES = 32, POINTER_FROM_END = 32, VERSION = 1 };
/* More is not firmware: what a VMM adds page by page is bounded, and so is the time for its measurement. */
static const uint64_t max_added = 1ULL << 30;

const char *tdvf_type_name(enum tdvf_type type)
{
	static const char *const names[TDVF_N_TYPES] = { "BFV",          "CFV",     "TD_HOB",
							 "TempMem",      "PermMem", "Payload",
							 "PayloadParam", "TdInfo",  "TdParams" };

	return names[type];
}

/* An image that has no table, or none with this entry, is looked at the older way. */
static int find_descriptor(struct measure_bytes image, size_t *ret, struct jurat_error *err)
{
	struct bytes_rd r = bytes_rd(image.bytes, image.n);
	struct measure_firmware firmware;
	const uint8_t *signature;
	uint32_t offset;
	int e = measure_firmware_read(&image, "firmware", MEASURE_4_GIB, &firmware, err);

	if (e == 0 && firmware.entries[MEASURE_ENTRY_TDX_METADATA].bytes) {
		e = measure_firmware_number(&firmware, MEASURE_ENTRY_TDX_METADATA, 0, &offset, err);
		if (e < 0)
			return e;
		if (offset > image.n)
			return jurat_fail(err, -EBADMSG,
					  "TDVF descriptor: %#" PRIx32
					  " before the end of an image of %#zx bytes",
					  offset, image.n);
		*ret = image.n - offset;
		return 0;
	}
	if (image.n >= POINTER_FROM_END)
		bytes_rd_seek(&r, image.n - POINTER_FROM_END);
	offset = bytes_rd_le32(&r);
	bytes_rd_seek(&r, offset);
	signature = bytes_rd_take(&r, 4);
	if (signature && memcmp(signature, "TDVF", 4) == 0) {
		*ret = offset;
		return 0;
	}
	return e < 0 ? e
		     : jurat_fail(err, -EBADMSG,
				  "firmware: not for TDX: no entry 'TDX metadata' in its GUIDed table");
}

/* What is not of one section alone is in check_overlaps(). */
static int check_section(const struct tdvf_section *s, unsigned i, size_t n_image, struct jurat_error *err)
{
	const char *name = tdvf_type_name(s->type);
	const char *what = NULL;

	if (s->attributes & ~(uint32_t)(TDVF_MR_EXTEND | TDVF_PAGE_AUG))
		return jurat_fail(err, -EBADMSG, "TDVF section %u (%s): unknown attributes %#" PRIx32, i,
				  name, s->attributes);
	if (s->data_offset > n_image || s->n_raw > n_image - s->data_offset)
		return jurat_fail(
			err, -EBADMSG,
			"TDVF section %u (%s): data at %#" PRIx32 ", %#" PRIx32 " bytes, "
			"is outside the image of %#zx bytes%s",
			i, name, s->data_offset, s->n_raw, n_image,
			s->type == TDVF_BFV && s->data_offset > 0 && s->n_raw == n_image
				? ": this is the code of a firmware; TDX measures variable store and "
				  "code as one image, such as OVMF.fd"
				: "");
	if (s->type == TDVF_TD_INFO || s->type == TDVF_TD_PARAMS) { /* describes; adds no memory */
		if (s->gpa != 0 || s->n_memory != 0 || s->attributes != 0)
			return jurat_fail(err, -EBADMSG, "TDVF section %u (%s) has memory or attributes", i,
					  name);
		return 0;
	}
	if (s->gpa % TDVF_PAGE_BYTES != 0 || s->n_memory % TDVF_PAGE_BYTES != 0)
		return jurat_fail(err, -EBADMSG,
				  "TDVF section %u (%s): memory at %#" PRIx64 ", %#" PRIx64 " bytes, is "
				  "not whole pages",
				  i, name, s->gpa, s->n_memory);
	if (s->n_memory == 0 || s->n_memory - 1 > UINT64_MAX - s->gpa)
		return jurat_fail(err, -EBADMSG,
				  "TDVF section %u (%s): memory at %#" PRIx64 ", %#" PRIx64 " bytes, is "
				  "no range of addresses",
				  i, name, s->gpa, s->n_memory);
	if (s->n_raw > s->n_memory)
		return jurat_fail(err, -EBADMSG,
				  "TDVF section %u (%s): %#" PRIx32 " bytes of data for %#" PRIx64
				  " bytes of memory",
				  i, name, s->n_raw, s->n_memory);
	if ((s->type == TDVF_BFV || s->type == TDVF_CFV) && s->n_raw == 0)
		what = "has no data";
	if ((s->type == TDVF_TD_HOB || s->type == TDVF_TEMP_MEM || s->type == TDVF_PERM_MEM) && s->n_raw != 0)
		what = "has data, which only the VMM or the guest writes";
	if (s->attributes == (TDVF_MR_EXTEND | TDVF_PAGE_AUG))
		what = "is measured and added while the TD runs, which excludes each other";
	if ((s->attributes & TDVF_MR_EXTEND) && s->n_raw == 0 && s->type != TDVF_TEMP_MEM)
		what = "is measured, but its content is not in the image";
	return what ? jurat_fail(err, -EBADMSG, "TDVF section %u (%s) %s", i, name, what) : 0;
}

static int read_section(struct bytes_rd *r, struct bytes_rd image, struct tdvf *tdvf, unsigned i,
			struct jurat_error *err)
{
	struct tdvf_section *s = &tdvf->sections[i];
	uint32_t type;
	int e;

	s->data_offset = bytes_rd_le32(r);
	s->n_raw = bytes_rd_le32(r);
	s->gpa = bytes_rd_le64(r);
	s->n_memory = bytes_rd_le64(r);
	type = bytes_rd_le32(r);
	s->attributes = bytes_rd_le32(r);
	if (type >= TDVF_N_TYPES)
		return jurat_fail(err, -EBADMSG, "TDVF section %u: unknown type %" PRIu32, i, type);
	s->type = (enum tdvf_type)type;
	e = check_section(s, i, image.size, err);
	if (e < 0)
		return e;
	bytes_rd_seek(&image, s->data_offset);
	s->raw = bytes_rd_take(&image, s->n_raw);
	return 0;
}

static int check_overlaps(const struct tdvf *tdvf, struct jurat_error *err)
{
	uint64_t added = 0;

	for (unsigned i = 0; i < tdvf->n; i++) {
		const struct tdvf_section *s = &tdvf->sections[i];

		for (unsigned k = 0; k < i; k++) {
			const struct tdvf_section *o = &tdvf->sections[k];

			if (measure_overlap(s->gpa, s->n_memory, o->gpa, o->n_memory))
				return jurat_fail(err, -EBADMSG,
						  "TDVF sections %u (%s) and %u (%s) overlap in memory at "
						  "%#" PRIx64,
						  k, tdvf_type_name(o->type), i, tdvf_type_name(s->type),
						  s->gpa > o->gpa ? s->gpa : o->gpa);
			/* TdInfo and TdParams are inside of a BFV. */
			if (s->n_memory > 0 && o->n_memory > 0 &&
			    measure_overlap(s->data_offset, s->n_raw, o->data_offset, o->n_raw))
				return jurat_fail(err, -EBADMSG,
						  "TDVF sections %u (%s) and %u (%s) overlap in the image "
						  "at %#" PRIx32,
						  k, tdvf_type_name(o->type), i, tdvf_type_name(s->type),
						  s->data_offset > o->data_offset ? s->data_offset
										  : o->data_offset);
		}
		if (s->attributes & TDVF_PAGE_AUG)
			continue;
		if (s->n_memory > max_added - added)
			return jurat_fail(err, -EBADMSG,
					  "TDVF section %u (%s): %#" PRIx64 " bytes of memory; the limit for "
					  "all sections is %#" PRIx64,
					  i, tdvf_type_name(s->type), s->n_memory, max_added);
		added += s->n_memory;
	}
	return 0;
}

int tdvf_read(struct measure_bytes image, struct tdvf *ret, struct jurat_error *err)
{
	const struct bytes_rd all = bytes_rd(image.bytes, image.n);
	struct bytes_rd r = all;
	struct tdvf tdvf = { .n = 0 };
	uint32_t n_bytes, version, n;
	const uint8_t *signature;
	size_t at = 0;
	int e = find_descriptor(image, &at, err);

	if (e < 0)
		return e;
	bytes_rd_seek(&r, at);
	signature = bytes_rd_take(&r, 4);
	n_bytes = bytes_rd_le32(&r);
	version = bytes_rd_le32(&r);
	n = bytes_rd_le32(&r);
	if (r.bad)
		return jurat_fail(err, -EBADMSG, "TDVF descriptor at %#zx: the image ends inside of it", at);
	if (memcmp(signature, "TDVF", 4) != 0)
		return jurat_fail(err, -EBADMSG, "TDVF descriptor at %#zx: its signature is not \"TDVF\"",
				  at);
	if (version != VERSION)
		return jurat_fail(err, -EBADMSG, "TDVF descriptor at %#zx: version %" PRIu32 ", expected %d",
				  at, version, VERSION);
	if (n == 0 || n > TDVF_MAX_SECTIONS)
		return jurat_fail(err, -EBADMSG,
				  "TDVF descriptor at %#zx: %" PRIu32 " sections, expected 1 to %d", at, n,
				  TDVF_MAX_SECTIONS);
	if (n_bytes != DESCRIPTOR_BYTES + n * SECTION_BYTES)
		return jurat_fail(err, -EBADMSG,
				  "TDVF descriptor at %#zx: length %" PRIu32 ", expected %" PRIu32
				  " for %" PRIu32 " sections",
				  at, n_bytes, DESCRIPTOR_BYTES + n * SECTION_BYTES, n);
	if (n_bytes - DESCRIPTOR_BYTES > bytes_rd_left(&r))
		return jurat_fail(
			err, -EBADMSG,
			"TDVF descriptor at %#zx: the image ends inside of its %" PRIu32 " sections", at, n);
	tdvf.n = n;
	for (unsigned i = 0; i < n && e == 0; i++)
		e = read_section(&r, all, &tdvf, i, err);
	if (e == 0)
		e = check_overlaps(&tdvf, err);
	if (e < 0)
		return e;
	*ret = tdvf;
	return 0;
}

const struct tdvf_section *tdvf_find(const struct tdvf *tdvf, enum tdvf_type type)
{
	const struct tdvf_section *found = NULL;

	for (unsigned i = 0; i < tdvf->n; i++) {
		if (tdvf->sections[i].type != type)
			continue;
		if (found)
			return NULL;
		found = &tdvf->sections[i];
	}
	return found;
}
