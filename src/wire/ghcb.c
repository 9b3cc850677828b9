/* SPDX-License-Identifier: MIT */
#include "wire/ghcb.h"

#include <assert.h>

#define WIRE_ROW_STRUCT ghcb
WIRE_LAYOUT(GHCB_FIELDS, GHCB_BYTES, "GHCB", "GHCB (AMD 56421) 2.6");
/* clang-format off */
#define AT(field, off) static_assert(offsetof(struct WIRE_SHADOW, field) == (off), #off)
AT(cpl, GHCB_CPL);
AT(rax, GHCB_RAX);
AT(rcx, GHCB_RCX);
AT(rdx, GHCB_RDX);
AT(rbx, GHCB_RBX);
AT(rsi, GHCB_RSI);
AT(sw_exit_code, GHCB_SW_EXIT_CODE);
AT(sw_exit_info_1, GHCB_SW_EXIT_INFO_1);
AT(sw_exit_info_2, GHCB_SW_EXIT_INFO_2);
AT(sw_scratch, GHCB_SW_SCRATCH);
AT(xcr0, GHCB_XCR0);
AT(valid_bitmap, GHCB_VALID_BITMAP);
AT(shared_buffer, GHCB_SHARED_BUFFER_OFF);
AT(protocol_version, GHCB_PROTOCOL_VERSION_OFF);
AT(ghcb_usage, GHCB_USAGE_OFF);
#undef AT
/* clang-format on */
static_assert(sizeof(((struct WIRE_SHADOW *)0)->valid_bitmap) == GHCB_VALID_BITMAP_BYTES, "bitmap");
static_assert(sizeof(((struct WIRE_SHADOW *)0)->shared_buffer) == GHCB_SHARED_BUFFER_BYTES, "shared buffer");
#undef WIRE_ROW_STRUCT

void ghcb_put(uint8_t *page, unsigned off, uint64_t value)
{
	assert(off <= GHCB_XCR0 && off % 8 == 0);
	bytes_put_le(page + off, value, 8);
	page[GHCB_VALID_BITMAP + off / 64] |= (uint8_t)(1u << off / 8 % 8);
}

uint64_t ghcb_get(const uint8_t *page, unsigned off)
{
	assert(off <= GHCB_XCR0 && off % 8 == 0);
	return bytes_get_le(page + off, 8);
}

bool ghcb_valid(const uint8_t bitmap[GHCB_VALID_BITMAP_BYTES], unsigned off)
{
	assert(off < 8 * 8 * GHCB_VALID_BITMAP_BYTES);
	return bitmap[off / 64] >> off / 8 % 8 & 1;
}

const char *ghcb_exit_name(uint64_t code)
{
	static const struct {
		uint64_t code;
		const char *name;
	} names[] = {
		{ 0x80000001, "MMIO_READ" },
		{ 0x80000002, "MMIO_WRITE" },
		{ 0x80000003, "NMI_COMPLETE" },
		{ 0x80000004, "AP_HLT_LOOP" },
		{ 0x80000005, "AP_JUMP_TABLE" },
		{ 0x80000010, "PSC" },
		{ GHCB_EXIT_GUEST_REQUEST, "GUEST_REQUEST" },
		{ GHCB_EXIT_EXT_GUEST_REQUEST, "EXT_GUEST_REQUEST" },
		{ 0x80000013, "AP_CREATION" },
		{ 0x80000018, "SNP_RUN_VMPL" },
		{ GHCB_EXIT_HV_FEATURES, "HV_FEATURES" },
		{ 0x8000fffe, "TERM_REQUEST" },
		{ 0x8000ffff, "UNSUPPORTED_EVENT" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].code == code)
			return names[i].name;
	return NULL;
}
