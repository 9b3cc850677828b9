/* SPDX-License-Identifier: MIT */
/*
 * Spec: edk2, OvmfPkg/ResetVector/Ia16/ResetVectorVtf0.asm and X64/OvmfSevMetadata.asm;
 * doc/facts/measurement.md 2
 */
#include "measure/firmware.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "measure/launch.h"

enum {
	ENTRY_END_BYTES = 18, /* of an entry's size and GUID, which stand behind its data */
	GUID_BYTES = 16
};

/* 96b582de-1fb2-45f7-baea-a366c55a082d */
static const uint8_t table_guid[GUID_BYTES] = { 0xde, 0x82, 0xb5, 0x96, 0xb2, 0x1f, 0xf7, 0x45,
						0xba, 0xea, 0xa3, 0x66, 0xc5, 0x5a, 0x08, 0x2d };

static const struct entry_name {
	uint8_t guid[GUID_BYTES];
	const char *name;
} entry_names[MEASURE_N_ENTRIES] = {
	/* 00f771de-1a7e-4fcb-890e-68c77e2fb44e */
	[MEASURE_ENTRY_RESET] = { { 0xde, 0x71, 0xf7, 0x00, 0x7e, 0x1a, 0xcb, 0x4f, 0x89, 0x0e, 0x68, 0xc7,
				    0x7e, 0x2f, 0xb4, 0x4e },
				  "SEV-ES reset block" },
	/* 7255371f-3a3b-4b04-927b-1da6efa8d454 */
	[MEASURE_ENTRY_HASHES] = { { 0x1f, 0x37, 0x55, 0x72, 0x3b, 0x3a, 0x04, 0x4b, 0x92, 0x7b, 0x1d, 0xa6,
				     0xef, 0xa8, 0xd4, 0x54 },
				   "SEV hash table" },
	/* dc886566-984a-4798-a75e-5585a7bf67cc */
	[MEASURE_ENTRY_SEV_METADATA] = { { 0x66, 0x65, 0x88, 0xdc, 0x4a, 0x98, 0x98, 0x47, 0xa7, 0x5e, 0x55,
					   0x85, 0xa7, 0xbf, 0x67, 0xcc },
					 "SEV metadata" },
	/* e47a6535-984a-4798-865e-4685a7bf8ec2 */
	[MEASURE_ENTRY_TDX_METADATA] = { { 0x35, 0x65, 0x7a, 0xe4, 0x4a, 0x98, 0x98, 0x47, 0x86, 0x5e, 0x46,
					   0x85, 0xa7, 0xbf, 0x8e, 0xc2 },
					 "TDX metadata" },
	/* a789a612-0597-4c4b-a49f-cbb1fe9d1ddd */
	[MEASURE_ENTRY_SVSM] = { { 0x12, 0xa6, 0x89, 0xa7, 0x97, 0x05, 0x4b, 0x4c, 0xa4, 0x9f, 0xcb, 0xb1,
				   0xfe, 0x9d, 0x1d, 0xdd },
				 "SVSM information" },
};

/* What people pass instead of a firmware image. */
static const struct kind {
	size_t offset, n;
	const char *magic, *name;
	bool complete; /* the firmware volume that it is takes the whole file */
} kinds[] = {
	{ 0x202, 4, "HdrS", "a Linux kernel" },
	{ 0, 4,
	  "\x7f"
	  "ELF",
	  "an ELF file" },
	{ 0, 2, "MZ", "a PE image (an EFI program)" },
	{ 0, 4, "QFI\xfb", "a disk image in qcow2 form: convert it by `qemu-img convert -O raw`" },
	{ 0, 4, "IGVM", "an IGVM file" },
	{ 0, 2, "\x1f\x8b", "a file compressed by gzip" },
	{ 0, 6,
	  "\xfd"
	  "7zXZ",
	  "a file compressed by xz" },
	{ 0, 4, "\x28\xb5\x2f\xfd", "a file compressed by zstd" },
	{ 0, 6, "070701", "a cpio archive (an initrd)" },
	/* EFI firmware volume with the GUID of variables. Spec: edk2, gEfiSystemNvDataFvGuid */
	{ 16, 16, "\x8d\x2b\xf1\xff\x96\x76\x8b\x4c\xa9\x85\x27\x47\x07\x5b\x4f\x50",
	  "a variable store (OVMF_VARS): use OVMF or OVMF_CODE", true },
};

/* Otherwise the image goes on: it was cut. Spec: UEFI PI, EFI_FIRMWARE_VOLUME_HEADER.FvLength */
static bool is_one_volume(const uint8_t *image, size_t n)
{
	struct bytes_rd r = bytes_rd(image, n);

	bytes_rd_seek(&r, 32);
	return n == bytes_rd_le64(&r) && !r.bad;
}

/* The error for an image without a table: what it may be instead. */
static int no_table(const struct measure_firmware *f, struct jurat_error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct bytes_rd r = bytes_rd(f->image, f->n);
		const uint8_t *at;

		bytes_rd_seek(&r, kinds[i].offset);
		at = bytes_rd_take(&r, kinds[i].n);
		if (at && memcmp(at, kinds[i].magic, kinds[i].n) == 0 &&
		    (!kinds[i].complete || is_one_volume(f->image, f->n)))
			return jurat_fail(err, -EBADMSG, "expected a firmware image, found %s",
					  kinds[i].name);
	}
	if (f->n < MEASURE_PAGE_BYTES)
		return jurat_fail(err, -EBADMSG, "%zu bytes are too few for a firmware image", f->n);
	return jurat_fail(err, -EBADMSG,
			  "no table of GUIDed structures ends at offset 0x%zx: no image of OVMF, or not "
			  "all of it",
			  f->n - MEASURE_FIRMWARE_END_BYTES);
}

/* The entry that ends at `*end`, and not before `start`; `*end` is then where it begins. */
static int read_entry(struct measure_firmware *f, size_t start, size_t *end, struct jurat_error *err)
{
	struct bytes_rd whole = bytes_rd(f->image, f->n), r;
	const uint8_t *guid;
	size_t size;

	if (*end - start < ENTRY_END_BYTES)
		return jurat_fail(err, -EBADMSG,
				  "GUIDed table: %zu bytes at offset 0x%zx are too few for an entry",
				  *end - start, start);
	r = bytes_rd_at(&whole, *end - ENTRY_END_BYTES, ENTRY_END_BYTES);
	size = bytes_rd_le16(&r);
	guid = bytes_rd_take(&r, GUID_BYTES);
	if (r.bad || size < ENTRY_END_BYTES || size > *end - start)
		return jurat_fail(
			err, -EBADMSG,
			"GUIDed table: the entry that ends at offset 0x%zx has size %zu, expected %u to %zu",
			*end, size, ENTRY_END_BYTES, *end - start);
	*end -= size;
	for (unsigned i = 0; i < MEASURE_N_ENTRIES; i++) {
		struct measure_entry *e = &f->entries[i];

		if (memcmp(guid, entry_names[i].guid, GUID_BYTES) != 0)
			continue;
		if (e->bytes)
			return jurat_fail(err, -EBADMSG, "GUIDed table: a second entry '%s' at offset 0x%zx",
					  entry_names[i].name, *end);
		*e = (struct measure_entry){ f->image + *end, size - ENTRY_END_BYTES, *end };
	}
	return 0;
}

static int read_table(struct measure_firmware *f, struct jurat_error *err)
{
	size_t footer = f->n - MEASURE_FIRMWARE_END_BYTES - ENTRY_END_BYTES, end = footer, start, size;
	struct bytes_rd r = bytes_rd(f->image, f->n);
	const uint8_t *guid;
	int result = 0;

	bytes_rd_seek(&r, footer);
	size = bytes_rd_le16(&r);
	guid = bytes_rd_take(&r, GUID_BYTES);
	if (r.bad || memcmp(guid, table_guid, GUID_BYTES) != 0)
		return no_table(f, err);
	if (size < ENTRY_END_BYTES || size > footer + ENTRY_END_BYTES)
		return jurat_fail(err, -EBADMSG,
				  "GUIDed table: its footer at offset 0x%zx has size %zu, expected %u to %zu",
				  footer, size, ENTRY_END_BYTES, footer + ENTRY_END_BYTES);
	start = footer + ENTRY_END_BYTES - size;
	while (result == 0 && end > start)
		result = read_entry(f, start, &end, err);
	return result;
}

int measure_firmware_read(const struct measure_bytes *image, const char *name, uint64_t end,
			  struct measure_firmware *ret, struct jurat_error *err)
{
	struct measure_firmware f = { .name = name, .image = image->bytes, .n = image->n };
	int r;

	if (!image->bytes || image->n == 0)
		return jurat_fail(err, -EBADMSG, "%s: the image is empty", name);
	if (image->n > end)
		return jurat_fail(err, -EBADMSG, "%s: %zu bytes do not fit below address 0x%llx", name,
				  image->n, (unsigned long long)end);
	f.gpa = end - image->n;
	r = image->n >= MEASURE_PAGE_BYTES ? read_table(&f, err) : no_table(&f, err);
	if (r == 0 && image->n % MEASURE_PAGE_BYTES != 0)
		r = jurat_fail(err, -EBADMSG, "%zu bytes are not whole pages", image->n);
	if (r < 0)
		return jurat_wrap(err, r, "%s", name);
	*ret = f;
	return 0;
}

int measure_firmware_number(const struct measure_firmware *firmware, enum measure_entry_kind kind,
			    size_t offset, uint32_t *ret, struct jurat_error *err)
{
	const struct measure_entry *e = &firmware->entries[kind];
	struct bytes_rd r = bytes_rd(e->bytes, e->n);
	uint32_t value;

	if (!e->bytes)
		return jurat_fail(err, -EBADMSG, "%s: no entry '%s' in its GUIDed table", firmware->name,
				  entry_names[kind].name);
	bytes_rd_seek(&r, offset);
	value = bytes_rd_le32(&r);
	if (r.bad)
		return jurat_fail(err, -EBADMSG,
				  "%s: the entry '%s' at offset 0x%zx has %zu bytes, expected at least %zu",
				  firmware->name, entry_names[kind].name, e->offset, e->n, offset + 4);
	*ret = value;
	return 0;
}

bool measure_overlap(uint64_t a, uint64_t n_a, uint64_t b, uint64_t n_b)
{
	return n_a > 0 && n_b > 0 && (a < b ? b - a < n_a : a - b < n_b);
}

const struct measure_section *measure_firmware_section(const struct measure_firmware *firmware, uint32_t type)
{
	for (size_t i = 0; i < firmware->n_sections; i++)
		if (firmware->sections[i].type == type)
			return &firmware->sections[i];
	return NULL;
}
