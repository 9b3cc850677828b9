/* SPDX-License-Identifier: MIT */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Upper bound of the bytes that n digits encode. */
#define BASE64_ROOM(n) ((n) / 4 * 3 + 3)

enum { BASE64_URL = 0x40 };

/* The value of each digit of base64 and base64url, plus one; 0: no digit. */
extern const uint8_t base64_table[256];

/* 0 to 63, with BASE64_URL for '-' and '_'; -1: no digit. */
static inline int base64_value(uint8_t c)
{
	return base64_table[c] - 1;
}

/*
 * Decodes one value in base64 or base64url (not a mixture), with or without padding, and nothing around it.
 * Strict: padding, if present, must be complete, and unused bits must be zero. Spec: RFC 4648, 4 and 5.
 *
 * text      n characters
 * to        BASE64_ROOM(n) bytes
 * Returns   false when it is malformed or empty: *ret_n is unchanged
 */
bool base64_read(const char *text, size_t n, uint8_t *to, size_t *ret_n);

/* Room for n bytes as base64 with padding and a NUL. */
#define BASE64_TEXT_SIZE(n) (((n) + 2) / 3 * 4 + 1)
/* Returns `to`, which has BASE64_TEXT_SIZE(n) bytes. */
char *base64_write(const uint8_t *bytes, size_t n, char *to);

#endif
