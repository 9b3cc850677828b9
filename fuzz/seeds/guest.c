/* SPDX-License-Identifier: MIT */
#include "seeds/seeds.h"

/* As fuzz_guest.c has them. */
enum { TDX = 1, BY_IOCTL = 2, BY_CONFIGFS = 4, BY_SERVICE = 8, FRAMED = 16, WITH_OPTIONS = 32, ANY_TEE = 64 };

static const uint8_t ways[] = {
	0,
	TDX,
	ANY_TEE,
	BY_IOCTL,
	BY_IOCTL | TDX,
	BY_IOCTL | TDX | FRAMED,
	BY_IOCTL | TDX | BY_SERVICE,
	BY_CONFIGFS,
	BY_CONFIGFS | TDX,
	BY_IOCTL | WITH_OPTIONS,
	BY_CONFIGFS | WITH_OPTIONS,
};

/* Within a report, a response with one, a TDREPORT, a quote: their heads and their report data. */
static const uint16_t offsets[] = { 0, 0x50, 0x20 + 0x50, 128, 48 + 520, 24 + 48 + 520 };

void seeds_guest(void)
{
	for (unsigned i = 0; i < sizeof(ways); i++) {
		seed_begin("fuzz_guest", "good-%u", i);
		seed_u8(ways[i]);
		seed_zeros(200);
		seed_end();
		/* The k-th answer is an error, or something else. */
		for (unsigned k = 0; k < 36; k++)
			for (unsigned v = 0x80; v < 0x100; v += 63) {
				seed_begin("fuzz_guest", "answer-%u-%u-%x", i, k, v);
				seed_u8(ways[i]);
				seed_zeros(k);
				seed_u8((uint8_t)v);
				seed_zeros(100);
				seed_end();
			}
	}
	/* The k-th answer is the right one but for a byte: of the report data, say. */
	for (unsigned i = 0; i < sizeof(ways); i++)
		for (unsigned k = 0; k < 24; k++)
			for (unsigned off = 0; off < ARRAY_SIZE(offsets); off++) {
				seed_begin("fuzz_guest", "edited-%u-%u-%u", i, k, offsets[off]);
				seed_u8(ways[i]);
				seed_zeros(k);
				seed_u8(0x80);
				seed_u8(1);
				seed_u16(offsets[off]);
				seed_u8(1);
				seed_u8(0x77);
				seed_zeros(100);
				seed_end();
			}
	/* The device has no configuration file and no quoting service: the ioctls of other drivers. */
	for (unsigned framed = 0; framed < 2; framed++)
		for (unsigned k = 1; k < 8; k++) {
			seed_begin("fuzz_guest", "quote-ioctl-%u-%u", framed, k);
			seed_u8((uint8_t)(BY_IOCTL | TDX | (framed ? FRAMED : 0)));
			seed_zeros(k);
			seed_u8(0xc0);
			seed_zeros(100);
			seed_end();
		}
}
