/* SPDX-License-Identifier: MIT */
#include "page/page.h"

void page_begin(FILE *to, const struct page_part *style, const struct page_part *script, const char *title)
{
	fprintf(to,
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '%s'; "
		"script-src '%s'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; "
		"trusted-types 'none'\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<meta name=\"color-scheme\" content=\"light dark\">\n"
		"<meta name=\"referrer\" content=\"no-referrer\">\n<title>",
		style->hash, script->hash);
	page_string(to, title);
	fputs("</title>\n<style>", to);
	fwrite(style->text, 1, style->n, to);
	fputs("</style>\n</head>\n<body>\n", to);
}

void page_end(FILE *to, const struct page_part *script)
{
	fputs("<script>", to);
	fwrite(script->text, 1, script->n, to);
	fputs("</script>\n</body>\n</html>\n", to);
}
