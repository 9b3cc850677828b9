/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "sim/forge/order_snp.h"

enum word { WORD_ORDER, WORD_PLUS_ORDER, WORD_NEGATIVE, WORD_BIG_ENDIAN };
static const char *const words[] = { "order", "plus-order", "negative", "big-endian", NULL };
enum { NUMBER_BYTES = 48 };

/* The order of P-384, little-endian. Spec: FIPS 186-4 D.1.2.4. */
static const uint8_t p384_order[SNP_SIGNATURE_NUMBER_BYTES] = {
	0x73, 0x29, 0xc5, 0xcc, 0x6a, 0x19, 0xec, 0xec, 0x7a, 0xa7, 0xb0, 0x48, 0xb2, 0x0d, 0x1a, 0x58,
	0xdf, 0x2d, 0x37, 0xf4, 0x81, 0x4d, 0x63, 0xc7, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
};

bool order_is_signature_word(const struct sim_edit *edit)
{
	unsigned word;

	return (!strcmp(edit->field, "signature_r") || !strcmp(edit->field, "signature_s")) &&
	       order_choice(edit->value, words, &word, NULL) == 0;
}

static void add(uint8_t *number, const uint8_t *other)
{
	unsigned carry = 0;

	for (size_t i = 0; i < SNP_SIGNATURE_NUMBER_BYTES; i++) {
		carry += (unsigned)number[i] + other[i];
		number[i] = (uint8_t)carry;
		carry >>= 8;
	}
}

/* number = the order - number */
static void negate(uint8_t *number)
{
	int borrow = 0;

	for (size_t i = 0; i < SNP_SIGNATURE_NUMBER_BYTES; i++) {
		int d = p384_order[i] - number[i] - borrow;

		borrow = d < 0;
		number[i] = (uint8_t)d;
	}
}

static void reverse(uint8_t *number)
{
	for (size_t i = 0; i < NUMBER_BYTES / 2; i++) {
		uint8_t swapped = number[i];

		number[i] = number[NUMBER_BYTES - 1 - i];
		number[NUMBER_BYTES - 1 - i] = swapped;
	}
}

int order_set_signature(const struct sim_edit *edit, uint8_t *report, struct jurat_error *err)
{
	struct order_place place;
	unsigned word;
	int r = order_place_find(&snp_report_layout, edit->field, &place, err);

	if (r == 0)
		r = order_choice(edit->value, words, &word, err);
	if (r < 0)
		return r;
	switch ((enum word)word) {
	case WORD_ORDER:
		memcpy(report + place.off, p384_order, sizeof(p384_order));
		break;
	case WORD_PLUS_ORDER:
		add(report + place.off, p384_order);
		break;
	case WORD_NEGATIVE:
		negate(report + place.off);
		break;
	case WORD_BIG_ENDIAN:
		reverse(report + place.off);
		break;
	}
	return 0;
}
