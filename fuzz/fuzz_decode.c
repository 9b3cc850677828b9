/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "support/fuzz.h"
#include "verify/decode.h"

/*
 * Any file, as `jurat verify`, `jurat show` and every option for certificates, CRLs and roots reads it: what
 * comes out was identified, none of it twice, and says how it came about in printable text. The input is the
 * file.
 */
static void reached(const struct decode_item *item)
{
	static const struct {
		const char *words;
		unsigned i;
	} ways[] = {
		{ "hex", 0 },
		{ "base64", 1 },
		{ "JSON", 2 },
		{ "JSON string", 3 },
		{ "percent encoding", 4 },
		{ "escaped newlines", 5 },
		{ "an HTTP header", 6 },
		{ "protocol buffer in text form", 7 },
		{ "protocol buffer", 8 },
		{ "put together from its fields", 9 },
		{ "MSG_REPORT_RSP", 10 },
		{ "Azure HCL report", 11 },
		{ "dstack", 12 },
		{ "padding", 13 },
	};
	uint32_t found = 0;

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++)
		if (strstr(item->how, ways[i].words))
			found |= UINT32_C(1) << ways[i].i;
	if (found & 1 << 0)
		FUZZ_REACHED("hex");
	if (found & 1 << 1)
		FUZZ_REACHED("base64");
	if (found & 1 << 2)
		FUZZ_REACHED("JSON");
	if (found & 1 << 3)
		FUZZ_REACHED("a JSON string");
	if (found & 1 << 4)
		FUZZ_REACHED("percent encoding");
	if (found & 1 << 5)
		FUZZ_REACHED("escaped newlines");
	if (found & 1 << 6)
		FUZZ_REACHED("an HTTP header");
	if (found & 1 << 7)
		FUZZ_REACHED("a protocol buffer in text form");
	if (found & 1 << 8)
		FUZZ_REACHED("a protocol buffer");
	if (found & 1 << 9 && item->kind == INPUT_SNP_REPORT)
		FUZZ_REACHED("a report by its fields");
	if (found & 1 << 9 && item->kind == INPUT_QUOTE)
		FUZZ_REACHED("a quote by its fields");
	if (found & 1 << 10)
		FUZZ_REACHED("MSG_REPORT_RSP");
	if (found & 1 << 11)
		FUZZ_REACHED("an Azure HCL report");
	if (found & 1 << 12)
		FUZZ_REACHED("dstack");
	if (found & 1 << 13)
		FUZZ_REACHED("padding");
}

static void check_text(const char *text)
{
	must(memchr(text, '\0', DECODE_TEXT_BYTES));
	must(input_is_printable((const uint8_t *)text, strlen(text)) && !strchr(text, '\n'));
}

static void check_items(const struct decoded *d)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct decode_item *item = &d->items[i];
		char how[DECODE_TEXT_BYTES];

		must(item->kind != INPUT_UNKNOWN && item->kind != INPUT_JSON && item->kind != INPUT_PEM);
		must(item->kind == INPUT_SNP_TABLE || item->kind == INPUT_CERTIFICATE ||
		     item->kind == INPUT_CRL || item->kind == INPUT_TDX_REPORT ||
		     input_kind(item->bytes, item->n) == item->kind);
		decode_describe(item, NULL, how);
		check_text(how);
		reached(item);
		for (size_t k = 0; k < i; k++)
			must(d->items[k].kind != item->kind || d->items[k].n != item->n ||
			     memcmp(d->items[k].bytes, item->bytes, item->n) != 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct decoded d auto_call(decoded_done) = { .items = NULL };
	struct decode_evidence e = { .report = NULL };
	struct jurat_error err = { "" };
	char name[DECODE_TEXT_BYTES];
	int r = decode(data, size, &d, &err);

	if (r < 0) {
		must(r == -EBADMSG && err.text[0] && d.n == 0);
		return 0;
	}
	must((r == 0) == (d.n > 0));
	check_items(&d);
	decode_name(&d, data, size, name);
	check_text(name);
	r = decode_one_evidence(&d, &e, &err);
	must(r != 0 || !e.report != !e.quote);
	if (r == 0 && d.n > 1)
		FUZZ_REACHED("evidence with endorsements");
	if (r < 0)
		FUZZ_REACHED("more than one piece of evidence");
	return 0;
}
