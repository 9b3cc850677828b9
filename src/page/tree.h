/* SPDX-License-Identifier: MIT */
#ifndef PAGE_TREE_H
#define PAGE_TREE_H

#include <jansson.h>
#include <stdbool.h>

#include "page/page.h"

/*
 * A value as nested lists that open and close without a script. Members of objects keep their order.
 *
 * An object with the member "" is one row: the value under that name, and with it, as far as they are there,
 * what the value says ("means"), what the field is ("note"), where it is ("offset", a number) and its bytes
 * ("bytes", hex) or another long text ("text").
 */
void page_tree(FILE *to, json_t *tree);

/* A whole page. What stands on top, and how it is meant: */
enum page_verdict { PAGE_NO_VERDICT, PAGE_ACCEPTED, PAGE_REFUSED };
void page_tree_begin(FILE *to, const char *title);
/* what: "report.bin: sev-snp"; summary: one line below, NULL: none */
void page_tree_verdict(FILE *to, enum page_verdict verdict, const char *what, const char *summary);
void page_tree_reason(FILE *to, const char *code, const char *detail);
/* A section with a heading; open: its content can be seen at once */
void page_tree_section(FILE *to, const char *heading, bool open, json_t *tree);
void page_tree_end(FILE *to);

#endif
