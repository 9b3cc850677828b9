/* SPDX-License-Identifier: MIT */
#include <elf.h>
#include <string.h>

#include "seeds/seeds.h"

/* The head of an ELF program for fuzz_elf, whose program headers have these types. */
static void put_elf(const char *name, const uint32_t *types, uint16_t n)
{
	static const char loader[] = "/lib64/ld-linux-x86-64.so.2";
	const uint8_t ident[EI_NIDENT] = { ELFMAG0,    ELFMAG1,     ELFMAG2,   ELFMAG3,
					   ELFCLASS64, ELFDATA2LSB, EV_CURRENT };

	seed_begin("fuzz_elf", "%s", name);
	seed_bytes(ident, sizeof(ident));
	seed_u16(ET_DYN);
	seed_u16(EM_X86_64);
	seed_u32(EV_CURRENT);
	seed_u64(0);
	seed_u64(64); /* e_phoff */
	seed_zeros(8 + 4);
	seed_u16(64);
	seed_u16(56);
	seed_u16(n);
	seed_zeros(6);
	for (uint16_t i = 0; i < n; i++) {
		seed_u32(types[i]);
		seed_u32(0);
		seed_u64(64 + 56u * n); /* p_offset */
		seed_zeros(16);
		seed_u64(sizeof(loader));
		seed_zeros(16);
	}
	seed_bytes(loader, sizeof(loader));
	seed_end();
}

void seeds_cli(void)
{
	put_elf("program", (const uint32_t[]){ PT_LOAD, PT_INTERP, PT_DYNAMIC }, 3);
	put_elf("shared", (const uint32_t[]){ PT_LOAD, PT_DYNAMIC }, 2);
	put_elf("static", (const uint32_t[]){ PT_LOAD }, 1);
}
