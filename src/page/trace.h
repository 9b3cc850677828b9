/* SPDX-License-Identifier: MIT */
#ifndef PAGE_TRACE_H
#define PAGE_TRACE_H

#include "page/page.h"

/*
 * A page of steps between parties. Between begin and end come lines of JSON, each an object that was written
 * with page_json_string() and page_json(): {"blob": ...} and steps, see machine/sequence_page.c.
 */
void page_trace_begin(FILE *to, const char *title);
void page_trace_end(FILE *to);

#endif
