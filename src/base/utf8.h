/* SPDX-License-Identifier: MIT */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Decodes the first character of n > 0 bytes, which may be anything.
 *
 * Returns   its length; 0: these are not UTF-8, *ret is unchanged
 * Spec      RFC 3629, 4
 */
size_t base_utf8_read(const char *text, size_t n, uint32_t *ret);
/*
 * Whether a character would not be seen, or changes the order of what is seen: a control or format character,
 * a space that looks like another, one without a glyph. Spec: Unicode 15
 */
bool base_utf8_is_invisible(uint32_t c);

#endif
