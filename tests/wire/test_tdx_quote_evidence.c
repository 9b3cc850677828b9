/* SPDX-License-Identifier: MIT */
#include "support/evidence.h"

#include <errno.h>

#include "wire/tdx_quote.h"

/* `n` bytes are what the facts say in hex behind `key`. */
static void assert_hex_fact(const struct evidence_row *row, const char *key, const uint8_t *bytes, size_t n)
{
	char hex[BYTES_HEX_SIZE(64)];

	assert_true(n <= 64);
	assert_memory_equal(evidence_fact(row, key), bytes_to_hex(bytes, n, hex), 2 * n);
}

static void check_quote(const struct evidence_row *row, const uint8_t *bytes, size_t n, void *context)
{
	struct tdx_quote q;
	uint8_t *back = malloc(n), attributes[8];
	size_t size;

	assert_non_null(back);
	assert_int_equal(tdx_quote_read(bytes, n, &q, NULL), 0);
	assert_int_equal(q.hdr.version, evidence_value(row, "cls")[7] - '0'); /* quote-v4-tdx */
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
	if (strcmp(evidence_value(row, "real"), "real") != 0)
		return;
	assert_int_equal(q.qe_report.isv_prod_id, 2);
	assert_int_equal(q.qe_report.attributes, 0x15);
	assert_int_equal(q.qe_report.xfrm, 0xe7);
	assert_int_equal(q.body.seam_attributes, 0);
	assert_int_equal(q.auth_data.size, 32);
	assert_memory_equal(q.cert_data.data, "-----BEGIN CERTIFICATE-----", 27);
}

static void quotes_say_what_their_manifest_says(void **state)
{
	assert_true(evidence_each_file("quote-v4-tdx", check_quote, NULL) >= 5);
	assert_true(evidence_each_file("quote-v5-tdx", check_quote, NULL) >= 4);
}

static void check_sizes(const struct evidence_row *row, const uint8_t *bytes, size_t n, void *context)
{
	struct tdx_quote q;
	unsigned *body_types = context;

	if (row->folder->is_real)
		return; /* their manifest does not say so much: see the known answers */
	assert_int_equal(tdx_quote_read(bytes, n, &q, NULL), 0);
	assert_int_equal(q.body_type, atoi(evidence_fact(row, "body=")));
	assert_int_equal(q.size, atoi(evidence_fact(row, "size=")));
	assert_int_equal(q.size - q.signed_bytes.size - 4, atoi(evidence_fact(row, "sig_data=")));
	assert_int_equal(q.cert_data.size, atoi(evidence_fact(row, "cert_data=")));
	assert_int_equal(q.cert_data.data[q.cert_data.size - 1] == 0,
			 atoi(evidence_fact(row, "nul="))); /* V17 */
	assert_int_equal(q.has_15, q.body_type != TDX_BODY_10);
	assert_int_equal(q.has_15ex, q.body_type == TDX_BODY_15EX);
	if (q.has_15)
		assert_hex_fact(row, "tee_tcb_svn2=", q.body.tee_tcb_svn2, 16);
	*body_types |= 1u << q.body_type;
}

static void quotes_have_the_sizes_and_bodies_of_their_manifest(void **state)
{
	unsigned body_types = 0;

	evidence_each_file("quote-v4-tdx", check_sizes, &body_types);
	evidence_each_file("quote-v5-tdx", check_sizes, &body_types);
	assert_int_equal(body_types, 1u << TDX_BODY_10 | 1u << TDX_BODY_15 | 1u << TDX_BODY_15EX);
}

/* Known answers, by the first digits of the file's digest. Source: samples of dcap-qvl and go-tdx-guest. */
static const struct {
	const char *digest;
	unsigned version, body_type, qe_svn;
	size_t size, signature_data, cert_data;
	bool nul;
	uint8_t svn[3], svn2[3];
	uint64_t attributes;
} known[] = {
	{ "4c453ea4", 5, 3, 7, 5006, 4300, 3678, true, { 7, 1, 3 }, { 13, 1, 3 }, 0x10000000 },
	{ "fd88575b", 5, 4, 8, 5247, 4304, 3682, true, { 15, 1, 4 }, { 15, 1, 4 }, 0x10000000 },
	{ "a123d490", 4, 2, 6, 4936, 4300, 3678, true, { 5, 1, 2 }, { 0 }, 0x10000000 },
	{ "3507b5f7", 4, 2, 4, 4935, 4299, 3677, false, { 3, 0, 4 }, { 0 }, 0x40000000 },
	{ "00b2526a", 4, 2, 6, 4935, 4299, 3677, false, { 4, 1, 7 }, { 0 }, 0x10000000 },
};

static void check_known_answer(const struct evidence_row *row, const uint8_t *bytes, size_t n, void *context)
{
	unsigned *seen = context;

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		struct tdx_quote q;

		if (!strstr(evidence_value(row, "file"), known[i].digest))
			continue;
		assert_int_equal(tdx_quote_read(bytes, n, &q, NULL), 0);
		assert_int_equal(q.hdr.version, known[i].version);
		assert_int_equal(q.body_type, known[i].body_type);
		assert_int_equal(q.size, known[i].size);
		assert_int_equal(q.size - q.signed_bytes.size - 4, known[i].signature_data);
		assert_int_equal(q.cert_data.size, known[i].cert_data);
		assert_int_equal(q.cert_data.data[q.cert_data.size - 1] == 0, known[i].nul); /* V17 */
		assert_int_equal(q.qe_report.isv_svn, known[i].qe_svn);
		assert_memory_equal(q.body.tee_tcb_svn, known[i].svn, 3);
		assert_memory_equal(q.body.tee_tcb_svn2, known[i].svn2, 3);
		assert_true(q.body.td_attributes == known[i].attributes);
		assert_true(q.hdr.qe_svn == 0 && q.hdr.pce_svn == 0);
		++*seen;
	}
}

static void real_quotes_have_the_known_sizes_and_numbers(void **state)
{
	unsigned seen = 0;

	EVIDENCE_SKIP_UNLESS_REAL();
	evidence_each_file("quote-v4-tdx", check_known_answer, &seen);
	evidence_each_file("quote-v5-tdx", check_known_answer, &seen);
	assert_true(seen >= 1);
}

/* One of the vectors and one real quote. */
static void check_truncation(const struct evidence_row *row, const uint8_t *bytes, size_t n, void *context)
{
	const char *file = evidence_value(row, "file");
	unsigned *seen = context;

	if (!strstr(file, "4c453ea4") && strcmp(file, "tdx/v5-body4.bin") != 0)
		return;
	for (size_t k = 0; k < n; k++) {
		uint8_t *cut = heap_copy(bytes, k);
		struct tdx_quote q;

		assert_int_equal(tdx_quote_read(cut, k, &q, NULL), -EBADMSG);
		free(cut);
	}
	++*seen;
}

static void V11_every_truncation_of_a_quote_is_refused(void **state)
{
	unsigned seen = 0;

	evidence_each_file("quote-v5-tdx", check_truncation, &seen);
	assert_true(seen >= 1);
}

static void check_sgx(const struct evidence_row *row, const uint8_t *bytes, size_t n, void *context)
{
	struct jurat_error err;
	struct tdx_quote q;

	assert_int_equal(tdx_quote_read(bytes, n, &q, &err), -EPROTO);
	assert_string_equal(err.text, "SGX quote (version 3), not a TD quote");
	assert_int_equal(tdx_quote_read_any(bytes, n, &q, NULL), -EPROTO);
}

static void sgx_quotes_are_refused_as_such(void **state)
{
	assert_true(evidence_each_file("quote-v3-sgx", check_sgx, NULL) >= 1);
}

/* The buffer of a driver, as real ones are: 8000 bytes, the quote and zeros. */
static void check_padded(const struct evidence_row *row, const uint8_t *bytes, size_t n, void *context)
{
	static const uint8_t svn[16] = { 4, 1, 7 };
	bool is_real = row->folder->is_real;
	size_t size = is_real ? 4935 : strtoul(evidence_fact(row, "size="), NULL, 10);
	struct tdx_quote q;

	assert_int_equal(n, 8000);
	assert_int_equal(tdx_quote_read(bytes, n, &q, NULL), 0);
	assert_int_equal(q.size, size);
	assert_int_equal(q.trailing, 8000 - size);
	assert_true(bytes_all(bytes + q.size, q.trailing, 0));
	assert_true(q.body.td_attributes == UINT64_C(1) << TDX_ATTR_SEPT_VE_DISABLE_BIT);
	if (is_real) {
		assert_int_equal(q.cert_data.size, 3677); /* no NUL at its end */
		assert_memory_equal(q.body.tee_tcb_svn, svn, 16);
	}
}

static void a_padded_quote_ends_where_its_sizes_say(void **state)
{
	assert_true(evidence_each_file("quote-file-padded", check_padded, NULL) >= 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quotes_say_what_their_manifest_says),
		cmocka_unit_test(quotes_have_the_sizes_and_bodies_of_their_manifest),
		cmocka_unit_test(real_quotes_have_the_known_sizes_and_numbers),
		cmocka_unit_test(V11_every_truncation_of_a_quote_is_refused),
		cmocka_unit_test(sgx_quotes_are_refused_as_such),
		cmocka_unit_test(a_padded_quote_ends_where_its_sizes_say),
	};

	return cmocka_run_group_tests_name("wire_tdx_quote_evidence", tests, NULL, NULL);
}
