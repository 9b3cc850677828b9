/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include "crypto/der.h"
#include "crypto/x509.h"

enum { MAX_PARTS = 4 };

/* Each part is an RDN of its own, but where `joins` the one before it. */
static const struct {
	const char *text; /* RFC 4514 */
	struct part {
		const char *oid, *value;
		bool joins;
	} parts[MAX_PARTS];
} rows[] = {
	{ "", { { NULL } } },
	{ "CN=SEV-Milan", { { "\x55\x04\x03", "SEV-Milan" } } },
	{ "CN=ARK-Milan,O=Advanced Micro Devices,C=US",
	  { { "\x55\x04\x06", "US" },
	    { "\x55\x04\x0a", "Advanced Micro Devices" },
	    { "\x55\x04\x03", "ARK-Milan" } } },
	{ "CN=a,description=TEST ONLY: not AMD\\, not at all",
	  { { "\x55\x04\x0d", "TEST ONLY: not AMD, not at all" }, { "\x55\x04\x03", "a" } } },
	/* RFC 4514, 4 */
	{ "OU=Sales+CN=J.  Smith,C=US",
	  { { "\x55\x04\x06", "US" }, { "\x55\x04\x0b", "Sales" }, { "\x55\x04\x03", "J.  Smith", true } } },
	{ "CN=James \\\"Jim\\\" Smith\\, III", { { "\x55\x04\x03", "James \"Jim\" Smith, III" } } },
	{ "CN=Before\\0dAfter", { { "\x55\x04\x03", "Before\rAfter" } } },
	{ "CN=Lu\\c4\\8di\\c4\\87", { { "\x55\x04\x03", "Lu\xc4\x8di\xc4\x87" } } },
	{ "CN=\\#a\\+b\\;c\\<d\\>e\\\\f#", { { "\x55\x04\x03", "#a+b;c<d>e\\f#" } } },
	{ "CN=\\ a b\\ ", { { "\x55\x04\x03", " a b " } } },
	{ "CN=\\1b[31mred", { { "\x55\x04\x03", "\x1b[31mred" } } },
	{ "OID.0992268993=x,OID.550464=y", { { "\x55\x04\x64", "y" }, { "\x09\x92\x26\x89\x93", "x" } } },
};

static size_t build(const struct part parts[MAX_PARTS], uint8_t *to, size_t room)
{
	struct der_wr d = der_wr(to, room);

	der_put_open(&d, DER_SEQUENCE);
	for (size_t i = 0; i < MAX_PARTS && parts[i].oid; i++) {
		if (!parts[i].joins)
			der_put_open(&d, DER_SET);
		der_put_open(&d, DER_SEQUENCE);
		der_put(&d, DER_OID, parts[i].oid, strlen(parts[i].oid));
		der_put(&d, DER_UTF8_STRING, parts[i].value, strlen(parts[i].value));
		der_put_close(&d);
		if (i + 1 == MAX_PARTS || !parts[i + 1].oid || !parts[i + 1].joins)
			der_put_close(&d);
	}
	der_put_close(&d);
	assert_false(d.w.bad);
	return d.w.off;
}

static void a_name_is_written_as_rfc_4514_has_it(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint8_t der[256];
		size_t n = build(rows[i].parts, der, sizeof(der));
		auto_free uint8_t *copy = heap_copy(der, n);
		struct bytes_rd name = bytes_rd(copy, n);
		char text[128];

		assert_int_equal(crypto_name_format(&name, text, sizeof(text)), strlen(rows[i].text));
		assert_string_equal(text, rows[i].text);
	}
}

static void text_that_does_not_fit_is_cut(void **state)
{
	uint8_t der[256];
	size_t n = build(rows[2].parts, der, sizeof(der)), length = strlen(rows[2].text);
	struct bytes_rd name = bytes_rd(der, n);

	for (size_t room = 0; room <= length + 1; room++) {
		auto_free char *text = NEVER_FAILS(malloc(room ? room : 1));

		assert_int_equal(crypto_name_format(&name, text, room), length);
		if (room == 0)
			continue;
		assert_int_equal(strlen(text), room - 1);
		assert_memory_equal(text, rows[2].text, room - 1);
	}
}

/* Only names that were read get here; a broken one must do no harm all the same. */
static void a_name_that_is_cut_is_written_as_far_as_it_goes(void **state)
{
	uint8_t der[256];
	size_t n = build(rows[4].parts, der, sizeof(der));

	for (size_t cut = 0; cut < n; cut++) {
		auto_free uint8_t *copy = heap_copy(der, cut);
		struct bytes_rd name = bytes_rd(copy, cut);
		char text[128];

		assert_true(crypto_name_format(&name, text, sizeof(text)) < sizeof(text));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_written_as_rfc_4514_has_it),
		cmocka_unit_test(text_that_does_not_fit_is_cut),
		cmocka_unit_test(a_name_that_is_cut_is_written_as_far_as_it_goes),
	};

	return cmocka_run_group_tests_name("x509_name", tests, NULL, NULL);
}
