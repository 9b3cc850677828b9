/* SPDX-License-Identifier: MIT */
/*
 * Spec: edk2, OvmfPkg/AmdSev/BlobVerifierLibSevHashes; Linux, Documentation/arch/x86/boot.rst;
 * doc/facts/measurement.md 3
 */
#include "measure/hashes.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "crypto/hash.h"
#include "measure/launch.h"

enum {
	GUID_BYTES = 16,
	ENTRY_BYTES = GUID_BYTES + 2 + CRYPTO_SHA256_BYTES,
	TABLE_BYTES = GUID_BYTES + 2 + 3 * ENTRY_BYTES
};

/* 9438d606-4f22-4cc9-b479-a793d411fd21 */
static const uint8_t table_guid[GUID_BYTES] = { 0x06, 0xd6, 0x38, 0x94, 0x22, 0x4f, 0xc9, 0x4c,
						0xb4, 0x79, 0xa7, 0x93, 0xd4, 0x11, 0xfd, 0x21 };
/* 97d02dd8-bd20-4c94-aa78-e7714d36ab2a */
static const uint8_t cmdline_guid[GUID_BYTES] = { 0xd8, 0x2d, 0xd0, 0x97, 0x20, 0xbd, 0x94, 0x4c,
						  0xaa, 0x78, 0xe7, 0x71, 0x4d, 0x36, 0xab, 0x2a };
/* 44baf731-3a2f-4bd7-9af1-41e29169781d */
static const uint8_t initrd_guid[GUID_BYTES] = { 0x31, 0xf7, 0xba, 0x44, 0x2f, 0x3a, 0xd7, 0x4b,
						 0x9a, 0xf1, 0x41, 0xe2, 0x91, 0x69, 0x78, 0x1d };
/* 4de79437-abd2-427f-b835-d5b172d2045b */
static const uint8_t kernel_guid[GUID_BYTES] = { 0x37, 0x94, 0xe7, 0x4d, 0xd2, 0xab, 0x7f, 0x42,
						 0xb8, 0x35, 0xd5, 0xb1, 0x72, 0xd2, 0x04, 0x5b };

/*
 * A bzImage has "HdrS" in its setup header, behind a sector that ends in 0x55 0xaa, and as many sectors of
 * setup as that states. A file of no bytes is hashed, too: published digests have one as kernel.
 */
int measure_kernel_check(const struct measure_bytes *kernel, struct jurat_error *err)
{
	struct bytes_rd r = bytes_rd(kernel->bytes, kernel->n), pe;
	const uint8_t *mz, *magic;
	uint32_t pe_at;
	size_t sectors;
	uint16_t flag;

	if (kernel->n == 0)
		return 0;
	pe = r;
	mz = bytes_rd_take(&pe, 2);
	bytes_rd_seek(&pe, 0x3c);
	pe_at = bytes_rd_le32(&pe);
	bytes_rd_seek(&pe, pe_at);
	magic = bytes_rd_take(&pe, 4);
	if (!pe.bad && memcmp(mz, "MZ", 2) == 0 && memcmp(magic, "PE\0", 4) == 0)
		return 0;
	bytes_rd_seek(&r, 0x1f1);
	sectors = bytes_rd_u8(&r);
	bytes_rd_seek(&r, 0x1fe);
	flag = bytes_rd_le16(&r);
	bytes_rd_seek(&r, 0x202);
	magic = bytes_rd_take(&r, 4);
	if (r.bad || flag != 0xaa55 || memcmp(magic, "HdrS", 4) != 0)
		return jurat_fail(
			err, -EBADMSG,
			"kernel: expected a bzImage ('HdrS' at offset 0x202) or a PE image ('MZ' at 0)");
	if (sectors == 0)
		sectors = 4;
	if (kernel->n <= 512 * (sectors + 1))
		return jurat_fail(err, -EBADMSG, "kernel: %zu bytes end inside its %zu sectors of setup",
				  kernel->n, sectors + 1);
	return 0;
}

void measure_hashes_make(const struct measure_bytes *kernel, const struct measure_bytes *initrd,
			 const char *append, struct measure_hashes *ret)
{
	if (!append)
		append = "";
	crypto_sha256(append, strlen(append) + 1, ret->cmdline);
	crypto_sha256(initrd->bytes, initrd->bytes ? initrd->n : 0, ret->initrd);
	crypto_sha256(kernel->bytes, kernel->n, ret->kernel);
}

static void put_entry(struct bytes_wr *w, const uint8_t *guid, const uint8_t *hash)
{
	bytes_wr_copy(w, guid, GUID_BYTES);
	bytes_wr_le16(w, ENTRY_BYTES);
	bytes_wr_copy(w, hash, CRYPTO_SHA256_BYTES);
}

/* Where in the page of its section the table is. */
static int find_place(const struct measure_firmware *firmware, size_t *ret, struct jurat_error *err)
{
	const struct measure_section *section =
		measure_firmware_section(firmware, MEASURE_SECTION_KERNEL_HASHES);
	uint32_t gpa, n;
	int r;

	if (!section)
		return jurat_fail(err, -EBADMSG,
				  "%s: its SEV metadata has no section SNP_KERNEL_HASHES: this image cannot "
				  "measure a kernel",
				  firmware->name);
	r = measure_firmware_number(firmware, MEASURE_ENTRY_HASHES, 0, &gpa, err);
	if (r == 0)
		r = measure_firmware_number(firmware, MEASURE_ENTRY_HASHES, 4, &n, err);
	if (r < 0)
		return r;
	if (gpa < section->gpa || gpa - section->gpa > MEASURE_PAGE_BYTES - MEASURE_HASHES_BYTES ||
	    n < MEASURE_HASHES_BYTES)
		return jurat_fail(
			err, -EBADMSG,
			"%s: SEV hash table: 0x%x bytes at address 0x%x do not hold the %u bytes of hashes "
			"inside SNP_KERNEL_HASHES at 0x%x",
			firmware->name, n, gpa, MEASURE_HASHES_BYTES, section->gpa);
	*ret = gpa - section->gpa;
	return 0;
}

int measure_hashes_check_place(const struct measure_firmware *firmware, struct jurat_error *err)
{
	size_t offset = 0;

	return find_place(firmware, &offset, err);
}

int measure_hashes_page(const struct measure_hashes *hashes, const struct measure_firmware *firmware,
			uint8_t ret[4096], struct jurat_error *err)
{
	struct bytes_wr w;
	size_t offset = 0;
	int r = find_place(firmware, &offset, err);

	if (r < 0)
		return r;
	memset(ret, 0, MEASURE_PAGE_BYTES);
	w = bytes_wr(ret + offset, MEASURE_HASHES_BYTES);
	bytes_wr_copy(&w, table_guid, GUID_BYTES);
	bytes_wr_le16(&w, TABLE_BYTES);
	put_entry(&w, cmdline_guid, hashes->cmdline);
	put_entry(&w, initrd_guid, hashes->initrd);
	put_entry(&w, kernel_guid, hashes->kernel);
	return 0;
}
