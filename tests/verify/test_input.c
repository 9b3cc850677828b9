/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "verify/made.h"
#include "verify/tdx_made.h"

#include "base/cleanup.h"
#include "verify/input.h"
#include "wire/sev_uapi.h"
#include "wire/snp_certs.h"

#define CERT_PEM "-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----\n"

/* On the heap to the letter, so that a byte too many is noticed. */
static enum input_kind kind_of(const void *bytes, size_t n)
{
	auto_free uint8_t *copy = heap_copy(bytes, n);

	return input_kind(copy, n);
}

static void assert_kind(const void *bytes, size_t n, enum input_kind kind, const char *what)
{
	enum input_kind found = kind_of(bytes, n);

	if (found != kind)
		FAIL_BECAUSE("%s: %s, not %s", what, input_kind_name(found), input_kind_name(kind));
}

static void text_is_known_by_its_first_words(void **state)
{
	static const struct {
		const char *text;
		enum input_kind kind;
	} rows[] = {
		{ "", INPUT_UNKNOWN },
		{ "\n", INPUT_UNKNOWN },
		{ "hello, world\n", INPUT_UNKNOWN },
		{ "a long line of text of no use to anybody, which is longer than the header of a quote\n",
		  INPUT_UNKNOWN },
		{ "{}", INPUT_JSON },
		{ " \t\r\n{\"tcbInfo\":", INPUT_JSON },
		{ "[1]", INPUT_JSON },
		{ "\"a\"", INPUT_UNKNOWN },
		{ CERT_PEM, INPUT_PEM },
		{ "Bag Attributes\nsubject: CN = x\n" CERT_PEM, INPUT_PEM },
		{ "-----BEGIN X509 CRL-----\nno more", INPUT_PEM },
		{ "not at the start of a line -----BEGIN CERTIFICATE-----\n", INPUT_UNKNOWN },
		{ "{\n" CERT_PEM, INPUT_JSON },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_kind(rows[i].text, strlen(rows[i].text), rows[i].kind, rows[i].text);
}

static void der_is_known_by_its_first_elements(void **state)
{
	static const uint8_t
		number[] = { 0x30, 0x03, 0x02, 0x01, 0x05 },
		two_sequences[] = { 0x30, 0x04, 0x30, 0x02, 0x30, 0x00 },
		crl_of_version_1[] = { 0x30, 0x08, 0x30, 0x06, 0x30, 0x00, 0x30, 0x00, 0x17, 0x00 },
		private_key[] = { 0x30, 0x05, 0x02, 0x01, 0x00, 0x30, 0x00 };
	struct made m;

	(void)state;
	made_init(&m, SNP_MILAN, false, 3);
	assert_kind(m.leaf, m.leaf_size, INPUT_CERTIFICATE, "VCEK");
	assert_kind(m.root, m.root_size, INPUT_CERTIFICATE, "ARK");
	assert_int_equal(sim_pki_crl(made_pki(), SNP_MILAN, false, false, m.crl, &m.crl_size, NULL), 0);
	assert_kind(m.crl, m.crl_size, INPUT_CRL, "CRL");
	assert_kind(crl_of_version_1, sizeof(crl_of_version_1), INPUT_CRL, "CRL without a version");
	assert_kind(number, sizeof(number), INPUT_UNKNOWN, "a number");
	assert_kind(two_sequences, sizeof(two_sequences), INPUT_UNKNOWN, "two sequences");
	assert_kind(private_key, sizeof(private_key), INPUT_UNKNOWN, "a private key");
	assert_kind(m.leaf, m.leaf_size - 1, INPUT_UNKNOWN, "a certificate cut short");
}

static void reports_are_known_in_any_version(void **state)
{
	uint8_t bytes[SNP_REPORT_BYTES + 64] = { 0 };
	struct made m;

	(void)state;
	made_init(&m, SNP_GENOA, false, 3);
	memcpy(bytes, m.report_bytes, m.report_size);
	for (unsigned version = 0; version <= 256; version++) {
		const bool is = version >= 1 && version <= 255;

		bytes_put_le(bytes, version, 4);
		assert_kind(bytes, SNP_REPORT_BYTES, is ? INPUT_SNP_REPORT : INPUT_UNKNOWN, "report");
		assert_kind(bytes, SNP_REPORT_BYTES + 1, is ? INPUT_SNP_EXTENDED_REPORT : INPUT_UNKNOWN,
			    "report and more");
	}
	bytes_put_le(bytes, 3, 4);
	for (size_t n = 0; n < SNP_REPORT_BYTES; n++)
		assert_kind(bytes, n, n < SNP_REPORT_ALGO_OFF + 4 ? INPUT_UNKNOWN : INPUT_SNP_REPORT,
			    "report cut short");
	bytes[SNP_REPORT_ALGO_OFF] ^= 2;
	assert_kind(bytes, SNP_REPORT_BYTES, INPUT_SNP_REPORT, "another algorithm");
	assert_kind(bytes, SNP_REPORT_BYTES - 1, INPUT_UNKNOWN, "cut short, and another algorithm");
}

/* 4ab7b379-bbac-4fe4-a02f-05aef327c782 */
#define ASK_IN_EFI_S_ORDER                                                                                   \
	0x79, 0xb3, 0xb7, 0x4a, 0xac, 0xbb, 0xe4, 0x4f, 0xa0, 0x2f, 0x05, 0xae, 0xf3, 0x27, 0xc7, 0x82

static void tables_are_known_by_a_guid_or_by_all_of_them(void **state)
{
	uint8_t table[8192], zeros[64] = { 0 };
	auto_free uint8_t *known = NULL;
	struct snp_certs certs = { .n = 1 };
	struct made m;
	size_t n;

	(void)state;
	made_init(&m, SNP_MILAN, false, 3);
	known = made_table(&m, &n);
	assert_kind(known, n, INPUT_SNP_TABLE, "table");
	assert_kind(known, SNP_CERTS_ENTRY_BYTES, INPUT_SNP_TABLE, "one entry of a table");
	assert_kind(known, SNP_CERTS_ENTRY_BYTES - 1, INPUT_UNKNOWN, "less than an entry");
	assert_kind(zeros, sizeof(zeros), INPUT_SNP_TABLE, "empty table");
	assert_kind(zeros, SNP_CERTS_ENTRY_BYTES - 1, INPUT_UNKNOWN, "few zeros");
	memset(certs.entries[0].guid, 0xa5, SNP_CERTS_GUID_BYTES);
	certs.entries[0].data = bytes_rd(m.leaf, m.leaf_size);
	assert_int_equal(snp_certs_write(&certs, table, sizeof(table), &n, NULL), 0);
	assert_kind(table, n, INPUT_SNP_TABLE, "table with a GUID of somebody's own");
	assert_kind(table, n - 1, INPUT_UNKNOWN, "the same, cut short");
	certs.n = 3;
	for (unsigned i = 1; i < certs.n; i++)
		certs.entries[i].data = certs.entries[0].data;
	certs.entries[1].kind = SNP_CERT_VCEK;
	memcpy(certs.entries[1].guid, snp_cert_guid(SNP_CERT_VCEK), SNP_CERTS_GUID_BYTES);
	memcpy(certs.entries[2].guid, (const uint8_t[]){ ASK_IN_EFI_S_ORDER }, SNP_CERTS_GUID_BYTES);
	assert_int_equal(snp_certs_write(&certs, table, sizeof(table), &n, NULL), 0);
	assert_int_equal(snp_certs_read_any(table, n, &certs, NULL), -EBADMSG);
	assert_kind(table, n, INPUT_SNP_TABLE, "the same with GUIDs in both byte orders");
}

static void tdx_and_hashsticks_are_known(void **state)
{
	static const enum tdx_body_type bodies[] = { TDX_BODY_10, TDX_BODY_15, TDX_BODY_15EX };
	uint8_t bytes[TDX_REPORT_BYTES] = { TDX_REPORT_TYPE }, hashstick[SNP_VLEK_HASHSTICK_BYTES];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bodies); i++) {
		struct tdx_made m;

		tdx_made_init(&m, bodies[i]);
		tdx_made_sign(&m);
		assert_kind(m.bytes, m.size, INPUT_QUOTE, "quote");
		assert_kind(m.bytes, TDX_QUOTE_HDR_BYTES, INPUT_QUOTE, "a quote's header");
		assert_kind(m.bytes, TDX_QUOTE_HDR_BYTES - 1, INPUT_UNKNOWN, "less than a header");
		m.bytes[0] = 77;
		assert_kind(m.bytes, m.size, INPUT_QUOTE, "a quote of a version to come");
		m.bytes[12] ^= 1;
		assert_kind(m.bytes, m.size, INPUT_QUOTE, "a quote of another vendor");
		m.bytes[4] ^= 1;
		assert_kind(m.bytes, m.size, INPUT_UNKNOWN, "of another TEE too");
		tdx_made_done(&m);
	}
	assert_kind(bytes, sizeof(bytes), INPUT_TDX_REPORT, "TDREPORT");
	assert_kind(bytes, sizeof(bytes) - 1, INPUT_UNKNOWN, "TDREPORT cut short");
	memset(hashstick, 0xa5, sizeof(hashstick));
	memset(hashstick + 0xc, 0, 4);
	memset(hashstick + 0x198, 0, 8);
	assert_kind(hashstick, sizeof(hashstick), INPUT_SNP_HASHSTICK, "hashstick");
	hashstick[0xc] = 1;
	assert_kind(hashstick, sizeof(hashstick), INPUT_UNKNOWN, "reserved bytes of a hashstick");
}

/* Every kind's file, cut anywhere, is of its kind or unknown, never of another. */
static void what_is_cut_becomes_no_other_kind(void **state)
{
	auto_free uint8_t *table = NULL;
	struct tdx_made q;
	struct made m;
	size_t n;

	(void)state;
	made_init(&m, SNP_TURIN, true, 5);
	table = made_table(&m, &n);
	tdx_made_init(&q, TDX_BODY_15);
	tdx_made_sign(&q);
	for (size_t i = 0; i < n; i++)
		assert_true(kind_of(table, i) ==
			    (i < SNP_CERTS_ENTRY_BYTES ? INPUT_UNKNOWN : INPUT_SNP_TABLE));
	for (size_t i = 0; i < q.size; i++)
		assert_true(kind_of(q.bytes, i) == (i < TDX_QUOTE_HDR_BYTES ? INPUT_UNKNOWN : INPUT_QUOTE));
	for (size_t i = 0; i < m.leaf_size; i++)
		assert_int_equal(kind_of(m.leaf, i), INPUT_UNKNOWN);
	tdx_made_done(&q);
}

static void every_kind_has_a_name(void **state)
{
	(void)state;
	for (enum input_kind kind = INPUT_UNKNOWN + 1; kind <= INPUT_CRL; kind++)
		assert_string_not_equal(input_kind_name(kind), input_kind_name(INPUT_UNKNOWN));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_known_by_its_first_words),
		cmocka_unit_test(der_is_known_by_its_first_elements),
		cmocka_unit_test(reports_are_known_in_any_version),
		cmocka_unit_test(tables_are_known_by_a_guid_or_by_all_of_them),
		cmocka_unit_test(tdx_and_hashsticks_are_known),
		cmocka_unit_test(what_is_cut_becomes_no_other_kind),
		cmocka_unit_test(every_kind_has_a_name),
	};

	return cmocka_run_group_tests_name("verify_input", tests, NULL, NULL);
}
