/* SPDX-License-Identifier: MIT */
#ifndef PAGE_PART_H
#define PAGE_PART_H

#include <stddef.h>

/* A style or a script, and the hash by which the page's policy allows it: "sha256-...". */
struct page_part {
	const char *text;
	size_t n;
	const char *hash;
};
extern const struct page_part page_tree_style, page_tree_script;   /* evidence as a tree */
extern const struct page_part page_trace_style, page_trace_script; /* steps between parties */

#endif
