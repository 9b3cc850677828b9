/* SPDX-License-Identifier: MIT */
#include "wire_test.h"

#include <errno.h>

#include "wire/tdx_quote.h"

enum { AUTH_BYTES = 32, CERT_BYTES = 500, MAX_QUOTE_BYTES = 4096 };

/* Offsets into the quote that make() writes, of its parts behind the body. */
static size_t signed_size(const struct tdx_quote *q)
{
	size_t body = tdx_body_layout_of(q->body_type)->size;

	return q->hdr.version == 4 ? 48 + body : 48 + 6 + body;
}

static uint8_t cert_bytes[UINT16_MAX + 1];

/* A quote's parts with different bytes everywhere. */
static struct tdx_quote sample(unsigned version, enum tdx_body_type type)
{
	const struct wire_layout *layout = tdx_body_layout_of(type);
	struct tdx_quote q = { .body_type = type };
	uint8_t body[TDX_BODY_15EX_BYTES];
	uint64_t seed = version * 10 + type;

	fill(&seed, body, sizeof(body));
	assert_int_equal(wire_read(layout, body, sizeof(body), &q.body, NULL), 0);
	fill(&seed, &q.qe_report, sizeof(q.qe_report));
	fill(&seed, q.signature, sizeof(q.signature));
	fill(&seed, q.attestation_key, sizeof(q.attestation_key));
	fill(&seed, q.qe_report_signature, sizeof(q.qe_report_signature));
	fill(&seed, q.hdr.user_data, sizeof(q.hdr.user_data));
	fill(&seed, cert_bytes, sizeof(cert_bytes));
	q.hdr.version = (uint16_t)version;
	q.hdr.attestation_key_type = TDX_QUOTE_KEY_ECDSA_P256;
	q.hdr.tee_type = TDX_QUOTE_TEE_TDX;
	memcpy(q.hdr.vendor_id, tdx_quote_vendor_id, sizeof(q.hdr.vendor_id));
	q.auth_data = bytes_rd(cert_bytes + CERT_BYTES, AUTH_BYTES);
	q.cert_type = TDX_CERT_PCK_CHAIN;
	q.cert_data = bytes_rd(cert_bytes, CERT_BYTES);
	return q;
}

static size_t make(const struct tdx_quote *q, uint8_t to[MAX_QUOTE_BYTES])
{
	size_t size;

	assert_int_equal(tdx_quote_write(q, to, MAX_QUOTE_BYTES, &size, NULL), 0);
	return size;
}

static const struct {
	unsigned version;
	enum tdx_body_type type;
} kinds[] = {
	{ 4, TDX_BODY_10 },
	{ 5, TDX_BODY_10 },
	{ 5, TDX_BODY_15 },
	{ 5, TDX_BODY_15EX },
};

static void assert_same_parts(const struct tdx_quote *a, const struct tdx_quote *b)
{
	uint8_t x[SGX_REPORT_BYTES], y[SGX_REPORT_BYTES], body_a[TDX_BODY_15EX_BYTES],
		body_b[TDX_BODY_15EX_BYTES];

	wire_write(&tdx_body_layout, &a->body, body_a);
	wire_write(&tdx_body_layout, &b->body, body_b);
	assert_memory_equal(body_a, body_b, sizeof(body_a));
	wire_write(&sgx_report_layout, &a->qe_report, x);
	wire_write(&sgx_report_layout, &b->qe_report, y);
	assert_memory_equal(x, y, sizeof(x));
	assert_memory_equal(a->hdr.user_data, b->hdr.user_data, sizeof(a->hdr.user_data));
	assert_memory_equal(a->signature, b->signature, sizeof(a->signature));
	assert_memory_equal(a->attestation_key, b->attestation_key, sizeof(a->attestation_key));
	assert_memory_equal(a->qe_report_signature, b->qe_report_signature, sizeof(a->qe_report_signature));
	assert_int_equal(a->auth_data.size, b->auth_data.size);
	assert_memory_equal(a->auth_data.data, b->auth_data.data, a->auth_data.size);
	assert_int_equal(a->cert_type, b->cert_type);
	assert_int_equal(a->cert_data.size, b->cert_data.size);
	assert_memory_equal(a->cert_data.data, b->cert_data.data, a->cert_data.size);
}

static void what_was_written_is_read_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct tdx_quote q = sample(kinds[i].version, kinds[i].type), back;
		uint8_t bytes[MAX_QUOTE_BYTES], head[TDX_QUOTE_MAX_SIGNED_BYTES];
		size_t size = make(&q, bytes), head_size;
		uint8_t *exact = heap_copy(bytes, size);

		assert_int_equal(size,
				 signed_size(&q) + 4 + 134 + 384 + 64 + 2 + AUTH_BYTES + 6 + CERT_BYTES);
		assert_int_equal(tdx_quote_read(exact, size, &back, NULL), 0);
		assert_int_equal(back.hdr.version, kinds[i].version);
		assert_int_equal(back.body_type, kinds[i].type);
		assert_int_equal(back.has_15, kinds[i].type >= TDX_BODY_15);
		assert_int_equal(back.has_15ex, kinds[i].type == TDX_BODY_15EX);
		assert_same_parts(&back, &q);
		assert_ptr_equal(back.signed_bytes.data, exact);
		assert_int_equal(back.signed_bytes.size, signed_size(&q));
		assert_int_equal(back.qe_report_bytes.size, SGX_REPORT_BYTES);
		assert_ptr_equal(back.qe_report_bytes.data, exact + signed_size(&q) + 4 + 134);
		assert_int_equal(back.size, size);
		assert_int_equal(back.trailing, 0);
		assert_int_equal(tdx_quote_write_signed(&back, head, &head_size, NULL), 0);
		assert_int_equal(head_size, signed_size(&q));
		assert_memory_equal(head, exact, head_size);
		free(exact);
	}
}

static void version_5_signs_body_type_and_size_but_no_signature_size(void **state)
{
	struct tdx_quote q = sample(5, TDX_BODY_15);
	uint8_t bytes[MAX_QUOTE_BYTES];

	(void)state;
	make(&q, bytes);
	assert_int_equal(signed_size(&q), 702);
	assert_memory_equal(bytes + 48, "\x03\x00\x88\x02\x00\x00", 6);
	assert_int_equal(bytes_get_le(bytes + 702, 4), 134 + 384 + 64 + 2 + AUTH_BYTES + 6 + CERT_BYTES);
	q = sample(4, TDX_BODY_10);
	make(&q, bytes);
	assert_int_equal(signed_size(&q), 632);
	assert_memory_equal(bytes + 2, "\x02\x00\x81\x00\x00\x00", 6);
	assert_memory_equal(bytes + 48, q.body.tee_tcb_svn, 16);
	assert_memory_equal(bytes + 636, q.signature, 64);
	assert_memory_equal(bytes + 636 + 128, "\x06\x00", 2);
}

static void body_fields_lie_where_the_specification_says(void **state)
{
	static const struct {
		const char *name;
		unsigned off;
	} fields[] = {
		{ "tee_tcb_svn", 0 },
		{ "mrseam", 16 },
		{ "mrsignerseam", 64 },
		{ "seam_attributes", 112 },
		{ "td_attributes", 120 },
		{ "xfam", 128 },
		{ "mrtd", 136 },
		{ "mrconfigid", 184 },
		{ "mrowner", 232 },
		{ "mrownerconfig", 280 },
		{ "rtmr0", 328 },
		{ "rtmr1", 376 },
		{ "rtmr2", 424 },
		{ "rtmr3", 472 },
		{ "report_data", 520 },
		{ "tee_tcb_svn2", 584 },
		{ "mrservicetd", 600 },
		{ "vmid", 648 },
		{ "td_id", 649 },
		{ "devinfo_hash", 681 },
		{ "init_servtd_hash", 729 },
		{ "init_servtd_attr", 777 },
		{ "init_cpusvn", 785 },
		{ "init_tee_tcb_svn", 801 },
		{ "init_fmspc", 817 },
		{ "curr_servtd_hash", 829 },
		{ "curr_servtd_attr", 877 },
	};
	struct tdx_body body = { 0 };

	(void)state;
	assert_int_equal(tdx_body_layout.n_fields, ARRAY_SIZE(fields));
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		const struct wire_field *f = wire_find(&tdx_body_layout, fields[i].name);
		const struct wire_field *small = wire_find(&tdx_body_10_layout, fields[i].name);

		assert_int_equal(f->off, fields[i].off);
		assert_int_equal(small != NULL, fields[i].off < 584);
		assert_int_equal(wire_find(&tdx_body_15_layout, fields[i].name) != NULL, fields[i].off < 648);
	}
	assert_ptr_equal(tdx_body_rtmr(&body, 0), body.rtmr0);
	assert_ptr_equal(tdx_body_rtmr(&body, 3), body.rtmr3);
	assert_null(tdx_body_rtmr(&body, 4));
}

static void V11_every_truncation_is_refused_and_changes_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct tdx_quote q = sample(kinds[i].version, kinds[i].type), ret, before;
		uint8_t bytes[MAX_QUOTE_BYTES];
		size_t size = make(&q, bytes);

		memset(&before, 0x5a, sizeof(before));
		ret = before;
		for (size_t n = 0; n < size; n++) {
			uint8_t *cut = heap_copy(bytes, n);

			assert_int_equal(tdx_quote_read(cut, n, &ret, NULL), -EBADMSG);
			assert_int_equal(tdx_quote_read_any(cut, n, &ret, NULL), -EBADMSG);
			free(cut);
		}
		assert_memory_equal(&ret, &before, sizeof(ret));
	}
}

static void trailing_bytes_are_counted_not_judged(void **state)
{
	struct tdx_quote q = sample(5, TDX_BODY_15), back;
	uint8_t bytes[MAX_QUOTE_BYTES + 70];
	size_t size = make(&q, bytes);

	(void)state;
	memset(bytes + size, 0x41, 70);
	for (size_t extra = 0; extra <= 70; extra++) {
		assert_int_equal(tdx_quote_read(bytes, size + extra, &back, NULL), 0);
		assert_int_equal(back.size, size);
		assert_int_equal(back.trailing, extra);
	}
}

/* One number in a good quote replaced by another; offsets count from `from`. */
struct replaced {
	unsigned version;
	enum { HEADER, SIGNATURE_SIZE } from;
	unsigned off, size;
	uint32_t value;
	int want;
};

static void assert_refused(const struct replaced *cases, size_t n_cases)
{
	for (size_t i = 0; i < n_cases; i++) {
		struct tdx_quote q =
			sample(cases[i].version, cases[i].version == 4 ? TDX_BODY_10 : TDX_BODY_15);
		uint8_t bytes[MAX_QUOTE_BYTES], *exact;
		size_t size = make(&q, bytes);
		size_t off = cases[i].off + (cases[i].from == HEADER ? 0 : signed_size(&q));
		struct jurat_error err = { "" };
		struct tdx_quote back;

		exact = heap_copy(bytes, size);
		bytes_put_le(exact + off, cases[i].value, cases[i].size);
		assert_int_equal(tdx_quote_read(exact, size, &back, &err), cases[i].want);
		assert_true(err.text[0]);
		free(exact);
	}
}

static void V11_V20_numbers_of_header_and_body_that_do_not_agree_are_refused(void **state)
{
	static const struct replaced cases[] = {
		/* header combinations */
		{ 4, HEADER, 0, 2, 3, -EPROTO },
		{ 4, HEADER, 0, 2, 2, -EPROTO },
		{ 4, HEADER, 0, 2, 6, -EPROTO },
		{ 4, HEADER, 0, 2, 0x0400, -EPROTO },
		{ 4, HEADER, 2, 2, 3, -EPROTO },
		{ 4, HEADER, 2, 2, 0, -EPROTO },
		{ 4, HEADER, 4, 4, 0, -EPROTO },
		{ 4, HEADER, 4, 4, 0x80, -EPROTO },
		{ 4, HEADER, 4, 4, 0x181, -EPROTO },
		{ 4, HEADER, 12, 1, 0x92, -EPROTO },
		{ 4, HEADER, 27, 1, 0x06, -EPROTO },
		{ 5, HEADER, 4, 4, 0, -EPROTO },
		{ 5, HEADER, 48, 2, 0, -EPROTO },
		{ 5, HEADER, 48, 2, 1, -EPROTO },
		{ 5, HEADER, 48, 2, 5, -EPROTO },
		{ 5, HEADER, 48, 2, 0x0103, -EPROTO },
		/* body type and size */
		{ 5, HEADER, 48, 2, 2, -EBADMSG },
		{ 5, HEADER, 48, 2, 4, -EBADMSG },
		{ 5, HEADER, 50, 4, 647, -EBADMSG },
		{ 5, HEADER, 50, 4, 649, -EBADMSG },
		{ 5, HEADER, 50, 4, 0, -EBADMSG },
		{ 5, HEADER, 50, 4, 584, -EBADMSG },
		{ 5, HEADER, 50, 4, UINT32_MAX, -EBADMSG },
		{ 5, HEADER, 50, 4, 0x80000288, -EBADMSG },
		/* signature data size */
		{ 5, SIGNATURE_SIZE, 0, 4, 0, -EBADMSG },
		{ 5, SIGNATURE_SIZE, 0, 4, 127, -EBADMSG },
		{ 5, SIGNATURE_SIZE, 0, 4, 133, -EBADMSG },
		{ 5, SIGNATURE_SIZE, 0, 4, 134, -EBADMSG },
		{ 5, SIGNATURE_SIZE, 0, 4, 0x7fffffff, -EBADMSG },
		{ 5, SIGNATURE_SIZE, 0, 4, 0x80000000, -EBADMSG },
		{ 5, SIGNATURE_SIZE, 0, 4, UINT32_MAX, -EBADMSG },
	};

	(void)state;
	assert_refused(cases, ARRAY_SIZE(cases));
}

static void V11_V20_numbers_of_certification_data_that_do_not_agree_are_refused(void **state)
{
	static const struct replaced cases[] = {
		/* outer certification data */
		{ 4, SIGNATURE_SIZE, 4 + 128, 2, 5, -EPROTO },
		{ 4, SIGNATURE_SIZE, 4 + 128, 2, 0, -EPROTO },
		{ 4, SIGNATURE_SIZE, 4 + 128, 2, 0x0600, -EPROTO },
		{ 4, SIGNATURE_SIZE, 4 + 130, 4, 0, -EBADMSG },
		{ 4, SIGNATURE_SIZE, 4 + 130, 4, 987, -EBADMSG },
		{ 4, SIGNATURE_SIZE, 4 + 130, 4, 989, -EBADMSG },
		{ 4, SIGNATURE_SIZE, 4 + 130, 4, UINT32_MAX, -EBADMSG },
		/* authentication data */
		{ 4, SIGNATURE_SIZE, 4 + 582, 2, 0xffff, -EBADMSG },
		{ 4, SIGNATURE_SIZE, 4 + 582, 2, 533, -EBADMSG },
		/* inner certification data */
		{ 4, SIGNATURE_SIZE, 4 + 584 + 32, 2, 0, -EPROTO },
		{ 4, SIGNATURE_SIZE, 4 + 584 + 32, 2, 6, -EPROTO },
		{ 4, SIGNATURE_SIZE, 4 + 584 + 32, 2, 8, -EPROTO },
		{ 4, SIGNATURE_SIZE, 4 + 584 + 32, 2, 1, -EBADMSG }, /* of the wrong size for it */
		{ 4, SIGNATURE_SIZE, 4 + 584 + 32, 2, 2, -EBADMSG },
		{ 4, SIGNATURE_SIZE, 4 + 584 + 32, 2, 3, -EBADMSG },
		{ 4, SIGNATURE_SIZE, 4 + 584 + 34, 4, 0, -EBADMSG },
		{ 4, SIGNATURE_SIZE, 4 + 584 + 34, 4, 499, -EBADMSG },
		{ 4, SIGNATURE_SIZE, 4 + 584 + 34, 4, 501, -EBADMSG },
		{ 4, SIGNATURE_SIZE, 4 + 584 + 34, 4, UINT32_MAX, -EBADMSG },
		{ 4, SIGNATURE_SIZE, 4 + 584 + 34, 4, 0u - 590u, -EBADMSG },
	};

	(void)state;
	assert_refused(cases, ARRAY_SIZE(cases));
}

/* One byte less of certification data, seen from the outside in. */
static void V11_sizes_must_change_together(void **state)
{
	struct tdx_quote q = sample(4, TDX_BODY_10), back;
	uint8_t bytes[MAX_QUOTE_BYTES];
	size_t size = make(&q, bytes), at = signed_size(&q);

	(void)state;
	bytes_put_le(bytes + at, size - at - 4 - 1, 4);
	assert_int_equal(tdx_quote_read(bytes, size, &back, NULL), -EBADMSG);
	bytes_put_le(bytes + at + 4 + 130, size - at - 4 - 134 - 1, 4);
	assert_int_equal(tdx_quote_read(bytes, size, &back, NULL), -EBADMSG);
	bytes_put_le(bytes + at + 4 + 584 + 34, CERT_BYTES - 1, 4);
	bytes_put_le(bytes + at, size - at - 4, 4);
	assert_int_equal(tdx_quote_read(bytes, size, &back, NULL), -EBADMSG);
	bytes_put_le(bytes + at, size - at - 4 - 1, 4);
	assert_int_equal(tdx_quote_read(bytes, size, &back, NULL), 0);
	assert_int_equal(back.trailing, 1);
}

static void V20_inner_types_1_to_5_and_7_are_read(void **state)
{
	static const struct {
		unsigned type;
		size_t size;
		bool ppid;
	} cases[] = { { 1, 36, true }, { 2, 276, true },  { 3, 404, true }, { 4, 1, false },
		      { 4, 0, false }, { 5, 500, false }, { 7, 77, false } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct tdx_quote q = sample(4, TDX_BODY_10), back;
		const uint8_t *data = cert_bytes;
		uint8_t bytes[MAX_QUOTE_BYTES];
		struct tdx_cert_ppid ppid;
		size_t size;

		q.cert_type = (uint16_t)cases[i].type;
		q.cert_data.size = cases[i].size;
		size = make(&q, bytes);
		assert_int_equal(tdx_quote_read(bytes, size, &back, NULL), 0);
		assert_same_parts(&back, &q);
		assert_int_equal(tdx_quote_ppid(&back, &ppid), cases[i].ppid);
		if (!cases[i].ppid)
			continue;
		assert_int_equal(ppid.ppid.size, cases[i].size - 20);
		assert_memory_equal(ppid.ppid.data, data, ppid.ppid.size);
		assert_memory_equal(ppid.cpusvn, data + ppid.ppid.size, 16);
		assert_int_equal(ppid.pce_isvsvn, bytes_get_le(data + ppid.ppid.size + 16, 2));
		assert_int_equal(ppid.pce_id, bytes_get_le(data + ppid.ppid.size + 18, 2));
	}
	assert_string_equal(tdx_cert_data_name(5), "PCK certificate chain");
	assert_null(tdx_cert_data_name(0));
	assert_null(tdx_cert_data_name(8));
}

static void authentication_data_may_be_empty_or_64_kib(void **state)
{
	static const size_t sizes[] = { 0, 1, 31, 33, UINT16_MAX };
	uint8_t *room = malloc(128 * 1024);

	(void)state;
	assert_non_null(room);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct tdx_quote q = sample(5, TDX_BODY_10), back;
		size_t size;

		q.auth_data = bytes_rd(cert_bytes, sizes[i]);
		assert_int_equal(tdx_quote_write(&q, room, 128 * 1024, &size, NULL), 0);
		assert_int_equal(tdx_quote_read(room, size, &back, NULL), 0);
		assert_same_parts(&back, &q);
	}
	free(room);
}

static void what_could_not_be_read_is_not_written(void **state)
{
	uint8_t to[MAX_QUOTE_BYTES], untouched[MAX_QUOTE_BYTES];
	struct tdx_quote good = sample(5, TDX_BODY_15), q;
	size_t size = 7, want = make(&good, to);

	(void)state;
	memset(to, 0xee, sizeof(to));
	memcpy(untouched, to, sizeof(to));
#define REFUSED(change)                                                                                      \
	do {                                                                                                 \
		q = good;                                                                                    \
		change;                                                                                      \
		assert_int_equal(tdx_quote_write(&q, to, sizeof(to), &size, NULL), -EINVAL);                 \
		assert_int_equal(size, 7);                                                                   \
	} while (0)
	REFUSED(q.hdr.version = 3);
	REFUSED(q.hdr.version = 4); /* with a 1.5 body */
	REFUSED(q.hdr.tee_type = TDX_QUOTE_TEE_SGX);
	REFUSED(q.hdr.attestation_key_type = 3);
	REFUSED(q.hdr.vendor_id[3] ^= 1);
	REFUSED(q.body_type = TDX_BODY_SGX);
	REFUSED(q.body_type = (enum tdx_body_type)5);
	REFUSED(q.cert_type = TDX_CERT_QE_REPORT);
	REFUSED(q.cert_type = 0);
	REFUSED(q.cert_type = TDX_CERT_PPID); /* of 500 bytes */
	REFUSED(q.auth_data.size = UINT16_MAX + 1);
	REFUSED(q.cert_data.size = UINT32_MAX);
	REFUSED(q.cert_data.size = SIZE_MAX);
	for (size_t room = 0; room < want; room += room < want - 100 ? 97 : 1) {
		size = 0;
		assert_int_equal(tdx_quote_write(&good, to, room, &size, NULL), JURAT_TOO_SMALL);
		assert_int_equal(size, want);
	}
	assert_memory_equal(to, untouched, sizeof(to));
	assert_int_equal(tdx_quote_write(&good, to, want, &size, NULL), 0);
	assert_true(bytes_all(to + want, sizeof(to) - want, 0xee));
}

/* V19: a version 4 or 5 quote of an enclave is one only to tdx_quote_read_any(). */
static void V19_sgx_quotes_are_named(void **state)
{
	static const unsigned versions[] = { 4, 5 };
	uint8_t bytes[MAX_QUOTE_BYTES], sgx[MAX_QUOTE_BYTES];
	struct jurat_error err;
	char want[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		struct tdx_quote q = sample(versions[i], TDX_BODY_10), back;
		size_t size = make(&q, bytes), head = versions[i] == 4 ? 48 : 54, tail = size - head - 584;

		memcpy(sgx, bytes, head + 384);
		memcpy(sgx + head + 384, bytes + head + 584, tail);
		bytes_put_le(sgx + 4, 0, 4);
		if (versions[i] == 5)
			bytes_put_le(sgx + 48, 1 | 384 << 16, 6);
		TEXT(want, "SGX quote (version %u), not a TD quote", versions[i]);
		assert_int_equal(tdx_quote_read(sgx, size - 200, &back, &err), -EPROTO);
		assert_string_equal(err.text, want);
		assert_int_equal(tdx_quote_read_any(sgx, size - 200, &back, &err), 0);
		assert_int_equal(back.body_type, TDX_BODY_SGX);
		assert_false(back.has_15);
		assert_memory_equal(back.enclave.cpusvn, bytes + head, 16);
		assert_memory_equal(back.enclave.report_data, bytes + head + 320, 64);
		assert_true(bytes_all(&back.body, sizeof(back.body), 0));
		assert_int_equal(back.signed_bytes.size, head + 384);
		if (versions[i] == 5) { /* an enclave's TEE type with a TD's body, and the other way round */
			bytes_put_le(bytes + 4, 0, 4);
			assert_int_equal(tdx_quote_read_any(bytes, size, &back, NULL), -EPROTO);
			bytes_put_le(sgx + 4, 0x81, 4);
			assert_int_equal(tdx_quote_read_any(sgx, size - 200, &back, NULL), -EPROTO);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_is_read_back),
		cmocka_unit_test(version_5_signs_body_type_and_size_but_no_signature_size),
		cmocka_unit_test(body_fields_lie_where_the_specification_says),
		cmocka_unit_test(V11_every_truncation_is_refused_and_changes_nothing),
		cmocka_unit_test(trailing_bytes_are_counted_not_judged),
		cmocka_unit_test(V11_V20_numbers_of_header_and_body_that_do_not_agree_are_refused),
		cmocka_unit_test(V11_V20_numbers_of_certification_data_that_do_not_agree_are_refused),
		cmocka_unit_test(V11_sizes_must_change_together),
		cmocka_unit_test(V20_inner_types_1_to_5_and_7_are_read),
		cmocka_unit_test(authentication_data_may_be_empty_or_64_kib),
		cmocka_unit_test(what_could_not_be_read_is_not_written),
		cmocka_unit_test(V19_sgx_quotes_are_named),
	};

	return cmocka_run_group_tests_name("wire_tdx_quote", tests, NULL, NULL);
}
