/* SPDX-License-Identifier: MIT */
#include "evidence.h"

#include <errno.h>

#include "wire/tdx_quote.h"

static void check_real_quote(const struct evidence_row *row, const uint8_t *bytes, size_t n)
{
	struct tdx_quote q;
	uint8_t *back = malloc(n), attributes[8];
	size_t size;

	assert_non_null(back);
	assert_int_equal(tdx_quote_read(bytes, n, &q, NULL), 0);
	assert_int_equal(q.hdr.version, row->cls[7] - '0'); /* quote-v4-tdx */
	assert_int_equal(q.trailing, 0);
	assert_hex_fact(row, "tee_tcb_svn=", q.body.tee_tcb_svn, 16);
	assert_hex_fact(row, "mrseam=", q.body.mrseam, 8);
	bytes_put_le(attributes, q.body.td_attributes, 8);
	assert_hex_fact(row, "td_attr=", attributes, 8);
	assert_int_equal(q.qe_report.isv_svn, strtoul(evidence_fact(row, "qe_isvsvn="), NULL, 10));
	assert_int_equal(q.cert_type, strtoul(evidence_fact(row, "cert_type="), NULL, 10));
	assert_int_equal(tdx_quote_write(&q, back, n, &size, NULL), 0);
	assert_int_equal(size, n);
	assert_memory_equal(back, bytes, n);
	free(back);
	if (strcmp(row->real, "real") != 0)
		return;
	assert_int_equal(q.qe_report.isv_prod_id, 2);
	assert_int_equal(q.qe_report.attributes, 0x15);
	assert_int_equal(q.qe_report.xfrm, 0xe7);
	assert_int_equal(q.body.seam_attributes, 0);
	assert_int_equal(q.auth_data.size, 32);
	assert_memory_equal(q.cert_data.data, "-----BEGIN CERTIFICATE-----", 27);
}

static void real_quotes_say_what_their_manifest_says(void **state)
{
	(void)state;
	assert_true(evidence_each("quote-v4-tdx", check_real_quote) >= 20);
	assert_true(evidence_each("quote-v5-tdx", check_real_quote) >= 4);
}

/* Known answers, by the first digits of the file's digest. Source: samples of dcap-qvl and go-tdx-guest. */
static const struct {
	const char *digest;
	unsigned version, qe_svn;
	size_t size, signature_data, cert_data;
	bool nul;
	uint8_t svn[3], svn2[3];
	uint64_t attributes;
} known[] = {
	{ "4c453ea4", 5, 7, 5006, 4300, 3678, true, { 7, 1, 3 }, { 13, 1, 3 }, 0x10000000 },
	{ "a123d490", 4, 6, 4936, 4300, 3678, true, { 5, 1, 2 }, { 0 }, 0x10000000 },
	{ "3507b5f7", 4, 4, 4935, 4299, 3677, false, { 3, 0, 4 }, { 0 }, 0x40000000 },
	{ "00b2526a", 4, 6, 4935, 4299, 3677, false, { 4, 1, 7 }, { 0 }, 0x10000000 },
};
static unsigned known_seen;

static void check_known_answer(const struct evidence_row *row, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		struct tdx_quote q;

		if (!strstr(row->file, known[i].digest))
			continue;
		assert_int_equal(tdx_quote_read(bytes, n, &q, NULL), 0);
		assert_int_equal(q.hdr.version, known[i].version);
		assert_int_equal(q.body_type, known[i].version == 5 ? TDX_BODY_15 : TDX_BODY_10);
		assert_int_equal(q.size, known[i].size);
		assert_int_equal(q.size - q.signed_bytes.size - 4, known[i].signature_data);
		assert_int_equal(q.cert_data.size, known[i].cert_data);
		assert_int_equal(q.cert_data.data[q.cert_data.size - 1] == 0, known[i].nul); /* V17 */
		assert_int_equal(q.qe_report.isv_svn, known[i].qe_svn);
		assert_memory_equal(q.body.tee_tcb_svn, known[i].svn, 3);
		assert_memory_equal(q.body.tee_tcb_svn2, known[i].svn2, 3);
		assert_true(q.body.td_attributes == known[i].attributes);
		assert_true(q.hdr.qe_svn == 0 && q.hdr.pce_svn == 0);
		known_seen++;
	}
}

static void real_quotes_have_the_known_sizes_and_numbers(void **state)
{
	(void)state;
	known_seen = 0;
	evidence_each("quote-v4-tdx", check_known_answer);
	evidence_each("quote-v5-tdx", check_known_answer);
	assert_int_equal(known_seen, ARRAY_SIZE(known));
}

static void check_real_truncation(const struct evidence_row *row, const uint8_t *bytes, size_t n)
{
	if (!strstr(row->file, "4c453ea4"))
		return;
	for (size_t k = 0; k < n; k++) {
		uint8_t *cut = heap_copy(bytes, k);
		struct tdx_quote q;

		assert_int_equal(tdx_quote_read(cut, k, &q, NULL), -EBADMSG);
		free(cut);
	}
}

static void V11_every_truncation_of_a_real_quote_is_refused(void **state)
{
	(void)state;
	assert_true(evidence_each("quote-v5-tdx", check_real_truncation) >= 4);
}

static void check_real_sgx(const struct evidence_row *row, const uint8_t *bytes, size_t n)
{
	struct jurat_error err;
	struct tdx_quote q;

	(void)row;
	assert_int_equal(tdx_quote_read(bytes, n, &q, &err), -EPROTO);
	assert_string_equal(err.text, "SGX quote (version 3), not a TD quote");
	assert_int_equal(tdx_quote_read_any(bytes, n, &q, NULL), -EPROTO);
}

static void real_sgx_quotes_are_refused_as_such(void **state)
{
	(void)state;
	assert_true(evidence_each("quote-v3-sgx", check_real_sgx) >= 16);
}

static void check_padded(const struct evidence_row *row, const uint8_t *bytes, size_t n)
{
	static const uint8_t svn[16] = { 4, 1, 7 };
	struct tdx_quote q;

	(void)row;
	assert_int_equal(n, 8000);
	assert_int_equal(tdx_quote_read(bytes, n, &q, NULL), 0);
	assert_int_equal(q.size, 4935);
	assert_int_equal(q.trailing, 8000 - 4935);
	assert_true(bytes_all(bytes + q.size, q.trailing, 0));
	assert_int_equal(q.cert_data.size, 3677); /* no NUL at its end */
	assert_memory_equal(q.body.tee_tcb_svn, svn, 16);
	assert_true(q.body.td_attributes == UINT64_C(1) << TDX_ATTR_SEPT_VE_DISABLE_BIT);
}

static void a_real_padded_quote_ends_where_its_sizes_say(void **state)
{
	(void)state;
	assert_int_equal(evidence_each("quote-file-padded", check_padded), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_quotes_say_what_their_manifest_says),
		cmocka_unit_test(real_quotes_have_the_known_sizes_and_numbers),
		cmocka_unit_test(V11_every_truncation_of_a_real_quote_is_refused),
		cmocka_unit_test(real_sgx_quotes_are_refused_as_such),
		cmocka_unit_test(a_real_padded_quote_ends_where_its_sizes_say),
	};

	return cmocka_run_group_tests_name("wire_tdx_quote_evidence", tests, NULL, NULL);
}
