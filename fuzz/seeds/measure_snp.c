/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "measure/firmware.h"
#include "seeds/seeds.h"

/* The end of an image as OVMF and COCONUT-SVSM have it: metadata, the table of GUIDed structures. */
enum { METADATA = 16 + 6 * 12, IMAGE = METADATA + 22 + 26 + 22 + 22 + 18 + 32 };

static const uint32_t sections[6][3] = {
	{ 0x800000, 0x3000, MEASURE_SECTION_MEMORY },        { 0x80d000, 0x1000, MEASURE_SECTION_SECRETS },
	{ 0x80e000, 0x1000, MEASURE_SECTION_CPUID },         { 0x80f000, 0x1000, MEASURE_SECTION_SVSM_CAA },
	{ 0x810000, 0x1000, MEASURE_SECTION_KERNEL_HASHES }, { 0x811000, 0x2000, MEASURE_SECTION_MEMORY },
};

static void put_guid(struct bytes_wr *w, uint16_t size, const char *hex)
{
	uint8_t guid[16];

	must(bytes_from_hex(hex, guid, sizeof(guid)));
	bytes_wr_le16(w, size);
	bytes_wr_copy(w, guid, sizeof(guid));
}

static void make_image(uint8_t ret[IMAGE])
{
	struct bytes_wr w = bytes_wr(ret, IMAGE);

	bytes_wr_copy(&w, "ASEV", 4);
	bytes_wr_le32(&w, METADATA);
	bytes_wr_le32(&w, 1);
	bytes_wr_le32(&w, 6);
	for (size_t i = 0; i < 6; i++)
		for (size_t k = 0; k < 3; k++)
			bytes_wr_le32(&w, sections[i][k]);
	bytes_wr_le32(&w, IMAGE);
	put_guid(&w, 22, "666588dc4a989847a75e5585a7bf67cc");
	bytes_wr_le32(&w, 0x810c00);
	bytes_wr_le32(&w, 0x400);
	put_guid(&w, 26, "1f3755723b3a044b927b1da6efa8d454");
	bytes_wr_le32(&w, 0x80b004);
	put_guid(&w, 22, "de71f7007e1acb4f890e68c77e2fb44e");
	bytes_wr_le32(&w, 0x10);
	put_guid(&w, 22, "12a689a797054b4ca49fcbb1fe9d1ddd");
	put_guid(&w, 22 + 26 + 22 + 22 + 18, "de82b596b21ff745baeaa366c55a082d");
	bytes_wr_zero(&w, 32);
	must(!w.bad && w.off == IMAGE);
}

void seeds_measure_snp(void)
{
	static const char *const names[] = { "qemu", "ec2", "gce" };
	uint8_t image[IMAGE], kernel[0x48] = "MZ";

	make_image(image);
	kernel[0x3c] = 0x40;
	memcpy(kernel + 0x40, "PE\0", 4);
	for (unsigned vmm = 0; vmm < 3; vmm++)
		for (unsigned with_kernel = 0; with_kernel < 2; with_kernel++) {
			seed_begin("fuzz_measure_snp", "%s-%s", names[vmm], with_kernel ? "kernel" : "disk");
			seed_u8((uint8_t)(vmm | 4 * with_kernel));
			seed_part(image, sizeof(image));
			seed_part(kernel, with_kernel ? sizeof(kernel) : 0);
			seed_end();
		}
	seed_begin("fuzz_measure_snp", "svsm");
	seed_u8(8);
	seed_part(image, sizeof(image));
	seed_part(image, sizeof(image));
	seed_end();
}
