/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/bytes.h"
#include "measure/tdvf.h"
#include "seeds/seeds.h"

enum {
	IMAGE_BYTES = 0x1000,
	CFV_BYTES = 0x300,
	DESCRIPTOR = 0xe00,
	N_SECTIONS = 4,
	VOLUME_HEADER = 72,
	KERNEL_BYTES = 0xa00,
	DISK_BYTES = 3 * 512,
};

/* As fuzz_measure_tdx.c has them. */
enum { WITH_KERNEL = 1 << 4, UNCHANGED = 1 << 5, WITH_IMAGES = 1 << 6 };

static void put_hex(struct bytes_wr *w, const char *hex)
{
	uint8_t bytes[16];

	must(bytes_from_hex(hex, bytes, sizeof(bytes)));
	bytes_wr_copy(w, bytes, sizeof(bytes));
}

/* A variable store with a PK and SecureBootEnable. */
static void put_variable(struct bytes_wr *w, const char *vendor, const char *name, const char *value)
{
	size_t n = strlen(name) + 1;

	bytes_wr_le16(w, 0x55aa);
	bytes_wr_u8(w, 0x3f);
	bytes_wr_zero(w, 33);
	bytes_wr_le32(w, (uint32_t)(2 * n));
	bytes_wr_le32(w, (uint32_t)strlen(value));
	put_hex(w, vendor);
	for (size_t i = 0; i < n; i++)
		bytes_wr_le16(w, (uint8_t)name[i]);
	bytes_wr_copy(w, value, strlen(value));
	bytes_wr_zero(w, (4 - w->off % 4) % 4);
}

static void put_volume(uint8_t *image)
{
	struct bytes_wr w = bytes_wr(image, CFV_BYTES);

	bytes_wr_zero(&w, 16);
	put_hex(&w, "8d2bf1ff96768b4ca9852747075b4f50");
	bytes_wr_le64(&w, CFV_BYTES);
	bytes_wr_copy(&w, "_FVH", 4);
	bytes_wr_le32(&w, 0);
	bytes_wr_le16(&w, VOLUME_HEADER);
	bytes_wr_zero(&w, VOLUME_HEADER - w.off);
	put_hex(&w, "782cf3aa7b949a43a1802e144ec37792");
	bytes_wr_le32(&w, CFV_BYTES - VOLUME_HEADER);
	bytes_wr_le32(&w, 0xfe5a);
	bytes_wr_le32(&w, 0);
	put_variable(&w, "61dfe48bca93d211aa0d00e098032b8c", "PK", "a platform key");
	put_variable(&w, "f0a30bf061bc284f9c8cc4f76b4dd831", "SecureBootEnable", "\1");
}

static void put_section(struct bytes_wr *w, uint32_t offset, uint32_t n_raw, uint64_t gpa, uint32_t type)
{
	bytes_wr_le32(w, offset);
	bytes_wr_le32(w, n_raw);
	bytes_wr_le64(w, gpa);
	bytes_wr_le64(w, TDVF_PAGE_BYTES);
	bytes_wr_le32(w, type);
	bytes_wr_le32(w, type == TDVF_BFV);
}

static void make_kernel(uint8_t k[KERNEL_BYTES])
{
	memset(k, 0, KERNEL_BYTES);
	memcpy(k, "MZ", 2);
	bytes_put_le(k + 0x3c, 0x40, 4);
	memcpy(k + 0x40, "PE", 2);
	bytes_put_le(k + 0x44, 0x8664, 2);
	bytes_put_le(k + 0x46, 2, 2);
	bytes_put_le(k + 0x54, 112 + 6 * 8, 2);
	bytes_put_le(k + 0x58, 0x20b, 2);
	bytes_put_le(k + 0x58 + 60, 0x400, 4);
	bytes_put_le(k + 0x58 + 108, 6, 4);
	bytes_put_le(k + 0x58 + 112 + 4 * 8, KERNEL_BYTES - 8, 4);
	bytes_put_le(k + 0x58 + 112 + 4 * 8 + 4, 8, 4);
	bytes_put_le(k + 0xf8 + 16, 0x200, 4);
	bytes_put_le(k + 0xf8 + 20, 0x600, 4);
	bytes_put_le(k + 0xf8 + 56, 0x200, 4);
	bytes_put_le(k + 0xf8 + 60, 0x400, 4);
	k[0x1f1] = 1;
	memcpy(k + 0x202, "HdrS", 4);
	bytes_put_le(k + 0x206, 0x20f, 2);
	k[0x211] = 1;
	bytes_put_le(k + 0x236, 0x3f, 2);
}

static void make_disk(uint8_t disk[DISK_BYTES])
{
	uint8_t *header = disk + 512;

	memset(disk, 0, DISK_BYTES);
	memcpy(header, "EFI PART", 8);
	bytes_put_le(header + 72, 2, 8);
	bytes_put_le(header + 80, 4, 4);
	bytes_put_le(header + 84, 128, 4);
	disk[1024] = 1;
}

static void put_boot(uint8_t options)
{
	uint8_t kernel[KERNEL_BYTES], disk[DISK_BYTES];

	make_kernel(kernel);
	make_disk(disk);
	if (options & WITH_KERNEL) {
		seed_part(kernel, sizeof(kernel));
		seed_part("an initrd", 9);
		seed_part("console=ttyS0 ro", 16);
	} else if (options & WITH_IMAGES) {
		seed_part(disk, sizeof(disk));
		seed_part(kernel, sizeof(kernel));
		seed_part("an event", 8);
		seed_part("ro", 2);
	}
}

static void put_image(const char *name, uint8_t options, uint64_t memory, bool with_table)
{
	uint8_t image[IMAGE_BYTES];
	struct bytes_wr w = bytes_wr(image + DESCRIPTOR, 16 + 32 * N_SECTIONS);

	memset(image, 0xff, sizeof(image));
	put_volume(image);
	bytes_wr_copy(&w, "TDVF", 4);
	bytes_wr_le32(&w, 16 + 32 * N_SECTIONS);
	bytes_wr_le32(&w, 1);
	bytes_wr_le32(&w, N_SECTIONS);
	put_section(&w, CFV_BYTES, IMAGE_BYTES - CFV_BYTES, 0xfffff000, TDVF_BFV);
	put_section(&w, 0, CFV_BYTES, 0xffffe000, TDVF_CFV);
	put_section(&w, 0, 0, 0x809000, TDVF_TD_HOB);
	put_section(&w, 0, 0, 0x800000, TDVF_TEMP_MEM);
	if (with_table) {
		w = bytes_wr(image + IMAGE_BYTES - 32 - 40, 40);
		bytes_wr_le32(&w, IMAGE_BYTES - DESCRIPTOR);
		bytes_wr_le16(&w, 22);
		put_hex(&w, "35657ae44a989847865e4685a7bf8ec2");
		bytes_wr_le16(&w, 40);
		put_hex(&w, "de82b596b21ff745baeaa366c55a082d");
	} else {
		bytes_put_le(image + IMAGE_BYTES - 32, DESCRIPTOR, 4);
	}
	seed_begin("fuzz_measure_tdx", "%s", name);
	seed_u8(options);
	seed_u64(memory);
	seed_part(image, sizeof(image));
	put_boot(options);
	seed_end();
}

void seeds_measure_tdx(void)
{
	uint8_t kernel[KERNEL_BYTES], disk[DISK_BYTES];

	make_kernel(kernel);
	make_disk(disk);
	seed_whole("fuzz_measure_pe", kernel, sizeof(kernel), "kernel");
	seed_whole("fuzz_measure_gpt", disk, sizeof(disk), "disk");
	put_image("qemu", 2, 2ULL << 30, true);
	put_image("gce", 1, 16ULL << 30, true);
	put_image("mrtd", 0, 0, true);
	put_image("td-shim", 2, 4ULL << 30, false);
	put_image("kernel", 2 | WITH_KERNEL, 2ULL << 30, true);
	put_image("kernel-unchanged", 2 | WITH_KERNEL | UNCHANGED, 8ULL << 30, true);
	put_image("disk", 2 | WITH_IMAGES, 2ULL << 30, true);
}
