/* SPDX-License-Identifier: MIT */
#include "measure/firmware_made.h"

const uint32_t made_sections[MADE_N_SECTIONS][3] = {
	{ 0x800000, 0x9000, MEASURE_SECTION_MEMORY },        { 0x80d000, 0x1000, MEASURE_SECTION_SECRETS },
	{ 0x80e000, 0x1000, MEASURE_SECTION_CPUID },         { 0x80f000, 0x1000, MEASURE_SECTION_SVSM_CAA },
	{ 0x810000, 0x1000, MEASURE_SECTION_KERNEL_HASHES }, { 0x811000, 0x3000, MEASURE_SECTION_MEMORY },
};

/* As text in the order of their bytes: the first three groups of a GUID are little-endian numbers. */
static const char footer[] = "de82b596b21ff745baeaa366c55a082d", reset[] = "de71f7007e1acb4f890e68c77e2fb44e",
		  hashes[] = "1f3755723b3a044b927b1da6efa8d454", sev[] = "666588dc4a989847a75e5585a7bf67cc",
		  svsm[] = "12a689a797054b4ca49fcbb1fe9d1ddd", other[] = "00112233445566778899aabbccddeeff";

static void put_end(uint8_t *at, size_t size, const char *guid)
{
	bytes_put_le(at, size, 2);
	assert_true(bytes_from_hex(guid, at + 2, 16));
}

void made_firmware(uint8_t ret[MADE_BYTES])
{
	for (size_t i = 0; i < MADE_BYTES; i++)
		ret[i] = (uint8_t)(i * 31 + i / 4096);
	memcpy(ret + MADE_METADATA, "ASEV", 4);
	bytes_put_le(ret + MADE_METADATA + 4, 16 + 12 * MADE_N_SECTIONS, 4);
	bytes_put_le(ret + MADE_METADATA + 8, 1, 4);
	bytes_put_le(ret + MADE_METADATA + 12, MADE_N_SECTIONS, 4);
	for (size_t i = 0; i < MADE_N_SECTIONS; i++)
		for (size_t k = 0; k < 3; k++)
			bytes_put_le(ret + MADE_SECTIONS + 12 * i + 4 * k, made_sections[i][k], 4);
	bytes_put_le(ret + MADE_RESET, MADE_RESET_EIP, 4);
	put_end(ret + MADE_RESET + 4, 22, reset);
	bytes_put_le(ret + MADE_HASHES, MADE_HASHES_GPA, 4);
	bytes_put_le(ret + MADE_HASHES + 4, 0x400, 4);
	put_end(ret + MADE_HASHES + 8, 26, hashes);
	bytes_put_le(ret + MADE_SEV, MADE_BYTES - MADE_METADATA, 4);
	put_end(ret + MADE_SEV + 4, 22, sev);
	put_end(ret + MADE_OTHER + 3, 21, other);
	put_end(ret + MADE_FOOTER, MADE_FOOTER + 18 - MADE_OTHER, footer);
}

void made_firmware_without_hashes(uint8_t ret[MADE_BYTES])
{
	made_firmware(ret);
	bytes_put_le(ret + MADE_SECTIONS + 12 * 4 + 8, MEASURE_SECTION_MEMORY, 4);
}

void made_svsm(uint8_t ret[MADE_BYTES], uint32_t entry)
{
	made_firmware_without_hashes(ret);
	bytes_put_le(ret + MADE_RESET, entry, 4);
	put_end(ret + MADE_RESET + 4, 22, svsm);
}
