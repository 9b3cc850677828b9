/* SPDX-License-Identifier: MIT */
/* Spec: edk2, OvmfPkg/ResetVector/X64/OvmfSevMetadata.asm; doc/facts/measurement.md 2. */
#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "measure/launch.h"

enum { HEADER_BYTES = 16, SECTION_BYTES = 12 };

static const struct {
	uint32_t type;
	const char *name;
	bool is_one_page;
} types[] = {
	{ MEASURE_SECTION_MEMORY, "SNP_SEC_MEM", false },
	{ MEASURE_SECTION_SECRETS, "SNP_SECRETS", true },
	{ MEASURE_SECTION_CPUID, "CPUID", true },
	{ MEASURE_SECTION_SVSM_CAA, "SVSM_CAA", false },
	{ MEASURE_SECTION_KERNEL_HASHES, "SNP_KERNEL_HASHES", true },
};

const char *measure_section_name(uint32_t type)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (types[i].type == type)
			return types[i].name;
	return NULL;
}

static int check_section(const struct measure_firmware *f, const struct measure_section *s,
			 struct jurat_error *err)
{
	size_t type = 0;

	while (type < ARRAY_SIZE(types) && types[type].type != s->type)
		type++;
	if (type == ARRAY_SIZE(types))
		return jurat_fail(err, -EBADMSG, "unknown type 0x%x", s->type);
	if (s->gpa % MEASURE_PAGE_BYTES != 0 || s->n_bytes % MEASURE_PAGE_BYTES != 0 || s->n_bytes == 0)
		return jurat_fail(err, -EBADMSG, "0x%x bytes at address 0x%x are not whole pages", s->n_bytes,
				  s->gpa);
	if (s->n_bytes > MEASURE_4_GIB - s->gpa)
		return jurat_fail(err, -EBADMSG, "0x%x bytes at address 0x%x go past 4 GiB", s->n_bytes,
				  s->gpa);
	if (types[type].is_one_page && s->n_bytes != MEASURE_PAGE_BYTES)
		return jurat_fail(err, -EBADMSG, "%s has 0x%x bytes, expected one page", types[type].name,
				  s->n_bytes);
	if (types[type].is_one_page && measure_firmware_section(f, s->type))
		return jurat_fail(err, -EBADMSG, "a second %s", types[type].name);
	/* Of an SVSM: also below what is above it. */
	if (s->gpa >= f->gpa || s->n_bytes > f->gpa - s->gpa)
		return jurat_fail(err, -EBADMSG,
				  "0x%x bytes at address 0x%x are not below the image at 0x%llx", s->n_bytes,
				  s->gpa, (unsigned long long)f->gpa);
	for (size_t i = 0; i < f->n_sections; i++)
		if (measure_overlap(s->gpa, s->n_bytes, f->sections[i].gpa, f->sections[i].n_bytes))
			return jurat_fail(err, -EBADMSG,
					  "0x%x bytes at address 0x%x overlap section %zu at 0x%x",
					  s->n_bytes, s->gpa, i, f->sections[i].gpa);
	return 0;
}

static int read_sections(struct measure_firmware *f, struct bytes_rd *r, size_t n, struct jurat_error *err)
{
	for (size_t i = 0; i < n; i++) {
		struct measure_section s = { .offset = r->off };
		int result;

		s.gpa = bytes_rd_le32(r);
		s.n_bytes = bytes_rd_le32(r);
		s.type = bytes_rd_le32(r);
		result = check_section(f, &s, err);
		if (result < 0)
			return jurat_wrap(err, result, "section %zu at offset 0x%zx", i, s.offset);
		f->sections[f->n_sections++] = s;
	}
	return 0;
}

static int read_metadata(struct measure_firmware *f, size_t at, struct jurat_error *err)
{
	struct bytes_rd r = bytes_rd(f->image, f->n);
	const uint8_t *signature;
	uint32_t size, version, n;

	bytes_rd_seek(&r, at);
	signature = bytes_rd_take(&r, 4);
	size = bytes_rd_le32(&r);
	version = bytes_rd_le32(&r);
	n = bytes_rd_le32(&r);
	if (r.bad || memcmp(signature, "ASEV", 4) != 0)
		return jurat_fail(err, -EBADMSG, "does not begin with 'ASEV'");
	if (version != 1)
		return jurat_fail(err, -EBADMSG, "version %u, expected 1", version);
	if (n > MEASURE_MAX_SECTIONS)
		return jurat_fail(err, -EBADMSG, "%u sections, expected at most %u", n, MEASURE_MAX_SECTIONS);
	if (size != HEADER_BYTES + n * SECTION_BYTES)
		return jurat_fail(err, -EBADMSG, "has size %u, but %u sections take %u", size, n,
				  HEADER_BYTES + n * SECTION_BYTES);
	if (n * SECTION_BYTES > bytes_rd_left(&r))
		return jurat_fail(err, -EBADMSG, "%u sections go past the end of the image", n);
	return read_sections(f, &r, n, err);
}

int measure_firmware_read_sev(struct measure_firmware *firmware, struct jurat_error *err)
{
	struct measure_firmware f = *firmware;
	uint32_t from_end;
	int r;

	if (!f.entries[MEASURE_ENTRY_SEV_METADATA].bytes)
		return jurat_fail(err, -EBADMSG,
				  "%s: no SEV metadata in its GUIDed table: not an image for SEV-SNP",
				  f.name);
	r = measure_firmware_number(&f, MEASURE_ENTRY_SEV_METADATA, 0, &from_end, err);
	if (r < 0)
		return r;
	if (from_end > f.n || from_end < HEADER_BYTES)
		return jurat_fail(err, -EBADMSG,
				  "%s: SEV metadata begins 0x%x bytes before the end of the image, expected "
				  "0x%x to 0x%zx",
				  f.name, from_end, HEADER_BYTES, f.n);
	r = read_metadata(&f, f.n - from_end, err);
	if (r < 0) {
		r = jurat_wrap(err, r, "SEV metadata at offset 0x%zx", f.n - from_end);
		return jurat_wrap(err, r, "%s", f.name);
	}
	*firmware = f;
	return 0;
}
