/* SPDX-License-Identifier: MIT */
#ifndef WIRE_GHCB_H
#define WIRE_GHCB_H

#include <stdbool.h>

#include "wire/layout.h"

/* The GHCB, the page shared by guest and hypervisor. Spec: GHCB (AMD 56421) 2.6, 4. */
enum {
	GHCB_BYTES = 4096,
	GHCB_SHARED_BUFFER_OFF = 0x800,
	GHCB_SHARED_BUFFER_BYTES = 2032,
	GHCB_PROTOCOL_VERSION = 2,
	GHCB_USAGE_STANDARD = 0,
};

/* clang-format off */
#define GHCB_FIELDS(F) \
	F(0x000, BYTES, reserved_000,    203, "") \
	F(0x0cb, U8,    cpl,               1, "") \
	F(0x0cc, BYTES, reserved_0cc,    116, "") \
	F(0x140, LE64,  xss,               8, "") \
	F(0x148, BYTES, reserved_148,     24, "") \
	F(0x160, LE64,  dr7,               8, "") \
	F(0x168, BYTES, reserved_168,     16, "") \
	F(0x178, LE64,  rip,               8, "") \
	F(0x180, BYTES, reserved_180,     88, "") \
	F(0x1d8, LE64,  rsp,               8, "") \
	F(0x1e0, BYTES, reserved_1e0,     24, "") \
	F(0x1f8, LE64,  rax,               8, "") \
	F(0x200, BYTES, reserved_200,    264, "") \
	F(0x308, LE64,  rcx,               8, "") \
	F(0x310, LE64,  rdx,               8, "") \
	F(0x318, LE64,  rbx,               8, "") \
	F(0x320, BYTES, reserved_320,      8, "") \
	F(0x328, LE64,  rbp,               8, "") \
	F(0x330, LE64,  rsi,               8, "") \
	F(0x338, LE64,  rdi,               8, "") \
	F(0x340, LE64,  r8,                8, "") \
	F(0x348, LE64,  r9,                8, "") \
	F(0x350, LE64,  r10,               8, "") \
	F(0x358, LE64,  r11,               8, "") \
	F(0x360, LE64,  r12,               8, "") \
	F(0x368, LE64,  r13,               8, "") \
	F(0x370, LE64,  r14,               8, "") \
	F(0x378, LE64,  r15,               8, "") \
	F(0x380, BYTES, reserved_380,     16, "") \
	F(0x390, LE64,  sw_exit_code,      8, "") \
	F(0x398, LE64,  sw_exit_info_1,    8, "") \
	F(0x3a0, LE64,  sw_exit_info_2,    8, "") \
	F(0x3a8, LE64,  sw_scratch,        8, "") \
	F(0x3b0, BYTES, reserved_3b0,     56, "") \
	F(0x3e8, LE64,  xcr0,              8, "") \
	F(0x3f0, BYTES, valid_bitmap,     16, "bit i: the 8 bytes at 8 * i are valid") \
	F(0x400, LE64,  x87_state_gpa,     8, "") \
	F(0x408, BYTES, reserved_408,   1016, "") \
	F(0x800, BYTES, shared_buffer,  2032, "") \
	F(0xff0, BYTES, reserved_ff0,     10, "") \
	F(0xffa, LE16,  protocol_version,  2, "") \
	F(0xffc, LE32,  ghcb_usage,        4, "")
/* clang-format on */

WIRE_STRUCT(ghcb, GHCB_FIELDS);
extern const struct wire_layout ghcb_layout;

/* Offsets of the fields that requests use; the valid bit of one is its offset / 8. */
enum {
	GHCB_CPL = 0x0cb,
	GHCB_RAX = 0x1f8,
	GHCB_RCX = 0x308,
	GHCB_RDX = 0x310,
	GHCB_RBX = 0x318,
	GHCB_RSI = 0x330,
	GHCB_SW_EXIT_CODE = 0x390,
	GHCB_SW_EXIT_INFO_1 = 0x398,
	GHCB_SW_EXIT_INFO_2 = 0x3a0,
	GHCB_SW_SCRATCH = 0x3a8,
	GHCB_XCR0 = 0x3e8,
	GHCB_VALID_BITMAP = 0x3f0,
	GHCB_VALID_BITMAP_BYTES = 16,
	GHCB_PROTOCOL_VERSION_OFF = 0xffa,
	GHCB_USAGE_OFF = 0xffc,
};

/*
 * Set an 8-byte field and its valid bit; get a field; test a valid bit in a copy of the bitmap. `page` has
 * GHCB_BYTES; `off` is one of the GHCB_* above that the bitmap covers, never a value read from the page.
 */
void ghcb_put(uint8_t *page, unsigned off, uint64_t value);
uint64_t ghcb_get(const uint8_t *page, unsigned off);
bool ghcb_valid(const uint8_t bitmap[GHCB_VALID_BITMAP_BYTES], unsigned off);

/* Exit codes of the requests that jurat serves. */
enum {
	GHCB_EXIT_GUEST_REQUEST = 0x80000011,
	GHCB_EXIT_EXT_GUEST_REQUEST = 0x80000012,
	GHCB_EXIT_HV_FEATURES = 0x8000fffd,
	GHCB_EXIT_TERM_REQUEST = 0x8000fffe,
};
/* "GUEST_REQUEST" and so on; NULL for codes without a name. */
const char *ghcb_exit_name(uint64_t code);

/* sw_exit_info_2 when sw_exit_info_1 is 2: why the hypervisor refused the GHCB */
enum {
	GHCB_ERROR = 2,
	GHCB_ERR_NOT_REGISTERED = 1,
	GHCB_ERR_INVALID_USAGE = 2,
	GHCB_ERR_INVALID_SCRATCH_AREA = 3,
	GHCB_ERR_MISSING_INPUT = 4,
	GHCB_ERR_INVALID_INPUT = 5,
	GHCB_ERR_INVALID_EVENT = 6,
};

#endif
