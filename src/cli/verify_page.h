/* SPDX-License-Identifier: MIT */
#ifndef CLI_VERIFY_PAGE_H
#define CLI_VERIFY_PAGE_H

#include "cli/verify.h"

/* Verdicts as parts of a page (page/tree.h). */

/* A verdict, its reasons, and all of its evidence, opened. explanation: NULL: none. NULL: no memory */
char *cli_verify_page_one(const struct jurat_verdict *verdict, const struct cli_verify *v,
			  json_t *explanation);
/* One of many: closed, and what it says in one line. NULL: no memory */
char *cli_verify_page_row(const char *name, const struct jurat_verdict *verdict, const struct cli_verify *v);
/* The same of what could not be read. */
char *cli_verify_page_unreadable(const char *name, const char *why);

#endif
