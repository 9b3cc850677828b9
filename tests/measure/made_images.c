/* SPDX-License-Identifier: MIT */
#include "firmware_made.h"
#include "pe_made.h"
#include "tdvf_made.h"

/* Writes images that test scripts launch guests from: made_images DIRECTORY */
static void write_file(const char *directory, const char *name, const uint8_t *bytes, size_t n)
{
	char path[4096];
	FILE *to;

	TEXT(path, "%s/%s", directory, name);
	to = fopen(path, "w");
	if (!to || fwrite(bytes, 1, n, to) != n || fclose(to) != 0) {
		perror(path);
		exit(1);
	}
}

int main(int argc, char **argv)
{
	/* As OVMF's: a configuration volume that holds nothing, code, TD HOB and memory. */
	static const struct tdvf_made_section sections[] = {
		{ 0x2000, 0xe000, 0xffff2000, 0xe000, TDVF_BFV, TDVF_MR_EXTEND },
		{ 0, 0x2000, 0xffff0000, 0x2000, TDVF_CFV, 0 },
		{ 0, 0, 0x810000, 0x10000, TDVF_TEMP_MEM, 0 },
		{ 0, 0, 0x809000, 0x2000, TDVF_TD_HOB, 0 },
	};
	static uint8_t image[TDVF_MADE_BYTES];

	if (argc != 2)
		return 2;
	made_firmware(image);
	write_file(argv[1], "ovmf.fd", image, MADE_BYTES);
	made_firmware_without_hashes(image);
	write_file(argv[1], "ovmf-without-hashes.fd", image, MADE_BYTES);
	tdvf_made(tdvf_made_sections, TDVF_MADE_N, image);
	write_file(argv[1], "tdvf.fd", image, TDVF_MADE_BYTES);
	tdvf_made(sections, ARRAY_SIZE(sections), image);
	memset(image, 0xff, 0x2000);
	write_file(argv[1], "tdvf-without-variables.fd", image, TDVF_MADE_BYTES);
	made_svsm(image, 0x1234);
	write_file(argv[1], "svsm.bin", image, MADE_BYTES);
	pe_made(image);
	write_file(argv[1], "kernel", image, PE_MADE_BYTES);
	return 0;
}
