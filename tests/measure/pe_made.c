/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include "pe_made.h"

static void put_section(uint8_t *section, uint32_t at, uint32_t n)
{
	memset(section, 0, PE_MADE_SECTION_BYTES);
	bytes_put_le(section + 16, n, 4);
	bytes_put_le(section + 20, at, 4);
}

static void put_setup_header(uint8_t *image)
{
	memset(image + 0x1f1, 0, 0x268 - 0x1f1);
	image[0x1f1] = 1; /* setup_sects */
	memcpy(image + 0x202, "HdrS", 4);
	bytes_put_le(image + 0x206, 0x20f, 2);
	image[0x211] = 1;                           /* loaded high */
	bytes_put_le(image + 0x224, 0x50a0, 2);     /* heap_end_ptr */
	bytes_put_le(image + 0x22c, 0x7fffffff, 4); /* initrd_addr_max */
	bytes_put_le(image + 0x236, 0x3f, 2);       /* xloadflags */
}

void pe_made(uint8_t ret[PE_MADE_BYTES])
{
	uint8_t *optional = ret + PE_MADE_OPTIONAL;

	for (size_t i = 0; i < PE_MADE_BYTES; i++)
		ret[i] = (uint8_t)(i * 3 + (i >> 8));
	memcpy(ret, "MZ", 2);
	bytes_put_le(ret + 0x3c, PE_MADE_COFF, 4);
	memcpy(ret + PE_MADE_COFF, "PE\0", 4);
	bytes_put_le(ret + PE_MADE_COFF + 4, 0x8664, 2);
	bytes_put_le(ret + PE_MADE_COFF + 6, 3, 2);
	bytes_put_le(ret + PE_MADE_COFF + 20, 112 + 8 * PE_MADE_N_DIRECTORIES, 2);
	bytes_put_le(optional, 0x20b, 2);
	bytes_put_le(optional + 60, PE_MADE_HEADERS, 4);
	bytes_put_le(optional + 108, PE_MADE_N_DIRECTORIES, 4);
	bytes_put_le(ret + PE_MADE_SECURITY, PE_MADE_BYTES - PE_MADE_CERTIFICATES, 4);
	bytes_put_le(ret + PE_MADE_SECURITY + 4, PE_MADE_CERTIFICATES, 4);
	put_section(ret + PE_MADE_SECTIONS, 0x1400, 0x1234);
	put_section(ret + PE_MADE_SECTIONS + PE_MADE_SECTION_BYTES, 0, 0); /* bss */
	put_section(ret + PE_MADE_SECTIONS + 2 * PE_MADE_SECTION_BYTES, PE_MADE_HEADERS, 0x1000);
	put_setup_header(ret);
}
