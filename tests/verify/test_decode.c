/* SPDX-License-Identifier: MIT */
#include "support/fail_memory.h"
#include "support/test.h"

#include <errno.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "verify/decode.h"
#include "wire/snp_report.h"

/* A report of version 2 as no machine signs it: what it takes to be one. */
static void make_report(uint8_t report[SNP_REPORT_BYTES])
{
	for (size_t i = 0; i < SNP_REPORT_BYTES; i++)
		report[i] = (uint8_t)(i * 7);
	memcpy(report, (uint8_t[]){ 2, 0, 0, 0 }, 4);
	memcpy(report + SNP_REPORT_ALGO_OFF, (uint8_t[]){ 1, 0, 0, 0 }, 4);
}

static int decode_copy(const void *bytes, size_t n, struct decoded *ret, struct jurat_error *err)
{
	auto_free uint8_t *copy = heap_copy(bytes, n);
	int r = decode(copy, n, ret, err);

	/* what borrows from the input would be of freed memory */
	for (size_t i = 0; r == 0 && i < ret->n; i++)
		if (!ret->items[i].own) {
			ret->items[i].own = heap_copy(ret->items[i].bytes, ret->items[i].n);
			ret->items[i].bytes = ret->items[i].own;
		}
	return r;
}

static char *hex_member(const char *name, const uint8_t *p, size_t n)
{
	auto_free char *hex = malloc(BYTES_HEX_SIZE(n));
	char *text;

	assert_true(asprintf(&text, "{\"%s\":\"%s\"}", name, bytes_to_hex(p, n, hex)) > 0);
	return text;
}

/* Each container cut behind every byte: an error, nothing, or a part of the report and nothing else. */
static void no_truncation_gives_what_was_not_there(void **state)
{
	uint8_t report[SNP_REPORT_BYTES], response[4000] = { 0 }, hcl[1400] = "HCLA",
					  dstack[1300] = { 0, 3, 0x81, 0x12 };
	auto_free char *json = NULL;
	struct {
		const void *bytes;
		size_t n;
	} whole[4] = { { response, sizeof(response) }, { hcl, sizeof(hcl) }, { dstack, sizeof(dstack) } };

	(void)state;
	make_report(report);
	memcpy(response + 4, (uint8_t[]){ 0xa0, 0x04 }, 2);
	memcpy(response + 32, report, sizeof(report));
	memcpy(hcl + 32, report, sizeof(report));
	memcpy(dstack + 4, report, sizeof(report));
	json = hex_member("report", report, sizeof(report));
	whole[3].bytes = json;
	whole[3].n = strlen(json);
	for (size_t i = 0; i < ARRAY_SIZE(whole); i++) {
		for (size_t n = 0; n <= whole[i].n; n++) {
			struct decoded d auto_call(decoded_done) = { .items = NULL };
			struct jurat_error err = { "" };
			int r = decode_copy(whole[i].bytes, n, &d, &err);

			assert_true(r == 0 || r == JURAT_NOT_FOUND || (r == -EBADMSG && err.text[0]));
			if (n == whole[i].n)
				assert_true(r == 0 && d.n == 1 && d.items[0].n == sizeof(report));
			for (size_t k = 0; k < d.n; k++) {
				assert_int_equal(d.items[k].kind, INPUT_SNP_REPORT);
				assert_memory_equal(d.items[k].bytes, report, d.items[k].n);
			}
		}
	}
}

/* A report in fields with one of them as this. */
static char *fields_with(const char *name, const char *value)
{
	static const struct {
		const char *name, *value;
		int zeros;
	} fields[] = {
		{ "version", "2", 0 },       { "policy", "0", 0 },       { "report_data", NULL, 128 },
		{ "measurement", NULL, 96 }, { "reported_tcb", "0", 0 }, { "signature", NULL, 1024 },
		{ "chip_id", NULL, 128 },    { "current_tcb", "0", 0 },  { "cpuid1eax_fms", "0", 0 },
		{ "committed", "null", 0 },
	};
	char *text = strdup("{");

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		char *before = text;
		bool other = strcmp(fields[i].name, name) == 0;

		if (other || fields[i].value)
			assert_true(asprintf(&text, "%s%s\"%s\":%s", before, i > 0 ? "," : "", fields[i].name,
					     other ? value : fields[i].value) > 0);
		else
			assert_true(asprintf(&text, "%s%s\"%s\":\"%0*d\"", before, i > 0 ? "," : "",
					     fields[i].name, fields[i].zeros, 0) > 0);
		free(before);
	}
	text = realloc(text, strlen(text) + 2);
	assert_non_null(text);
	return strcat(text, "}");
}

static void a_field_that_is_wrong_is_named(void **state)
{
	static const struct {
		const char *name, *value;
		bool good;
	} rows[] = {
		{ "version", "2", true },
		{ "version", "\"2\"", true },
		{ "version", "\"0x2\"", true },
		{ "version", "4294967296", false },
		{ "version", "-1", false },
		{ "version", "\"\"", false },
		{ "version", "\"2x\"", false },
		{ "version", "2.0", false },
		{ "version", "true", false },
		{ "policy", "\"18446744073709551615\"", true },
		{ "policy", "\"18446744073709551616\"", false },
		{ "measurement", "\"00\"", false },
		{ "measurement", "[0]", false },
		{ "measurement", "{}", false },
		{ "measurement", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"",
		  true },
		{ "chip_id", "[0,256]", false },
		{ "current_tcb", "{\"bootloader\":1,\"tee\":0,\"snp\":2,\"microcode\":3}", true },
		{ "current_tcb", "{\"fmc\":1,\"bootloader\":1,\"tee\":0,\"snp\":2,\"microcode\":3}", true },
		{ "current_tcb", "{\"bootloader\":1,\"tee\":0,\"microcode\":3}", false },
		{ "current_tcb", "{\"bootloader\":256,\"tee\":0,\"snp\":2,\"microcode\":3}", false },
		{ "current_tcb", "[1,2,3,4,5,6,7,8]", true },
		{ "committed", "{\"major\":1,\"minor\":55,\"build\":29}", true },
		{ "committed", "{\"major\":1,\"minor\":55}", false },
		{ "cpuid1eax_fms", "10489617", true },
		{ "cpuid1eax_fms", "\"x\"", false },
		{ "signature", "{\"r\":[0],\"s\":[0]}", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct decoded d auto_call(decoded_done) = { .items = NULL };
		auto_free char *text = fields_with(rows[i].name, rows[i].value);
		struct jurat_error err = { "" };
		int r = decode_copy(text, strlen(text), &d, &err);

		if (r != (rows[i].good ? 0 : -EBADMSG) || (r < 0 && !strstr(err.text, rows[i].name)))
			FAIL_BECAUSE("%s: %s: %d %s", rows[i].name, rows[i].value, r, err.text);
		assert_int_equal(d.n, rows[i].good ? 1 : 0);
	}
}

static void fields_stand_where_the_specification_has_them(void **state)
{
	struct decoded d auto_call(decoded_done) = { .items = NULL };
	auto_free char *text = fields_with(
		"current_tcb", "{\"fmc\":9,\"bootloader\":1,\"tee\":5,\"snp\":2,\"microcode\":3}");
	static const uint8_t turin[] = { 9, 1, 5, 2, 0, 0, 0, 3 };

	(void)state;
	assert_int_equal(decode_copy(text, strlen(text), &d, NULL), 0);
	assert_memory_equal(d.items[0].bytes + 0x38, turin, sizeof(turin));
	assert_int_equal(d.items[0].bytes[0], 2);
	assert_string_equal(d.items[0].how, "JSON, put together from its fields");
}

static void nesting_has_an_end(void **state)
{
	enum { DEEP = 64 };
	char text[2 * DEEP + 1] = "", *json = strdup("\"x\"");
	struct decoded d auto_call(decoded_done) = { .items = NULL };
	struct jurat_error err = { "" };

	(void)state;
	memset(text, '[', DEEP);
	memset(text + DEEP, ']', DEEP);
	assert_int_equal(decode_copy(text, strlen(text), &d, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "nested deeper than 32"));
	/* each text is a member of the next: JSON in JSON */
	for (unsigned i = 0; i < 12; i++) {
		auto_free char *inner = json;
		size_t at = 0;

		json = calloc(1, 2 * strlen(inner) + 128);
		at += (size_t)sprintf(json, "{\"member\":\"");
		for (const char *p = inner; *p; p++)
			at += (size_t)sprintf(json + at, *p == '"' || *p == '\\' ? "\\%c" : "%c", *p);
		sprintf(json + at, "\", \"a name that makes it long enough\": 1}");
	}
	assert_int_equal(decode_copy(json, strlen(json), &d, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "more than 8 containers"));
	free(json);
}

static int attempt(void *ctx)
{
	const char *text = ctx;
	struct decoded d = { .items = NULL };
	struct jurat_error err = { "" };
	int r;

	fail_memory_resume();
	r = decode((const uint8_t *)text, strlen(text), &d, &err);
	fail_memory_pause();
	if (r == 0)
		assert_true(d.n > 0);
	else if (r != -ENOMEM || !err.text[0] || d.n != 0)
		FAIL_BECAUSE("%.40s: %d, '%s'", text, r, err.text);
	decoded_done(&d);
	return r;
}

static void memory_that_fails_is_an_error_and_leaves_nothing(void **state)
{
	uint8_t report[SNP_REPORT_BYTES];
	auto_free char *hex = NULL, *fields = fields_with("version", "3");
	char proto[] = "header { version: 4 attestation_key_type: 2 tee_type: 129 } td_quote_body { xfam: "
		       "'01234567' } "
		       "signed_data { certification_data { size: 0 } }";

	(void)state;
	make_report(report);
	hex = hex_member("report", report, sizeof(report));
	assert_true(fail_memory_each(attempt, hex) >= 3);
	assert_true(fail_memory_each(attempt, fields) >= 3);
	assert_true(fail_memory_each(attempt, proto) > 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_truncation_gives_what_was_not_there),
		cmocka_unit_test(a_field_that_is_wrong_is_named),
		cmocka_unit_test(fields_stand_where_the_specification_has_them),
		cmocka_unit_test(nesting_has_an_end),
		cmocka_unit_test(memory_that_fails_is_an_error_and_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
