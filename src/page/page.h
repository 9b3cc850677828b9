/* SPDX-License-Identifier: MIT */
#ifndef PAGE_PAGE_H
#define PAGE_PAGE_H

#include <stddef.h>
#include <stdio.h>

#include "page/part.h"

/*
 * Pages that need nothing but themselves: one file with its style, its script and its data. What they show is
 * evidence, which may come from an attacker. So every text is escaped, and the page's Content-Security-Policy
 * allows nothing from elsewhere, and of styles and scripts only those two (doc/decisions/0063).
 *
 * `to` is borrowed everywhere; its ferror(3) tells of failures.
 */

/* All before the content of <body>. title: in any encoding */
void page_begin(FILE *to, const struct page_part *style, const struct page_part *script, const char *title);
void page_end(FILE *to, const struct page_part *script);

/*
 * n bytes as text of an element or of an attribute in double quotes. What would not be seen, or would change
 * the order of what is seen, is spelt out: control characters, marks of direction and other invisible ones as
 * \u{202e}, bytes that are not UTF-8 as \xff.
 */
void page_text(FILE *to, const char *text, size_t n);
void page_string(FILE *to, const char *text);
/* The same as a string of JSON, with its quotes, that can be within <script>. */
void page_json_string(FILE *to, const char *text);
/* JSON as it is, but for '<', '>' and '&', which are only in its strings. */
void page_json(FILE *to, const char *json);

#endif
