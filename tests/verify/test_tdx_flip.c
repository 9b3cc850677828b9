/* SPDX-License-Identifier: MIT */
#include "verify/tdx_given.h"

#include "crypto/x509.h"

/*
 * A quote with its collateral, one of the vectors and where there is one a real one, and every bit of every
 * part that somebody signed.
 */
struct world {
	uint8_t *quote;
	size_t size;
	struct tdx_quote parsed;
	struct jurat_verifier *verifier;
	struct jurat_tdx_collateral *collateral;
	int64_t at;
	struct tdx_case c;
};

static void world_init(struct world *w, const struct tdx_case *c)
{
	*w = (struct world){ .c = *c, .at = c->now };
	w->quote = evidence_read(c->folder, c->quote, &w->size);
	assert_int_equal(tdx_quote_read(w->quote, w->size, &w->parsed, NULL), 0);
	assert_int_equal(jurat_verifier_new(&w->verifier, NULL), 0);
	w->collateral = tdx_given_collateral(&w->c, 0);
}

static void world_done(struct world *w)
{
	free(w->quote);
	jurat_verifier_free(w->verifier);
	jurat_tdx_collateral_free(w->collateral);
}

static int judge(const struct world *w, const uint8_t *quote, size_t n)
{
	struct jurat_tdx_evidence e = { .size = sizeof(e), .quote = quote, .quote_size = n };

	return jurat_verify_tdx(w->verifier, &e, w->collateral, NULL, w->at, NULL, NULL);
}

static void assert_flips_refused(struct world *w, size_t off, size_t n)
{
	assert_int_equal(judge(w, w->quote, w->size), 0);
	for (size_t bit = 8 * off; bit < 8 * (off + n); bit += test_step()) {
		w->quote[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (judge(w, w->quote, w->size) != JURAT_REFUSED)
			FAIL_BECAUSE("bit %zu of byte %zu", bit % 8, bit / 8);
		w->quote[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_int_equal(judge(w, w->quote, w->size), 0);
}

static void flip_header_and_body(const struct tdx_case *c)
{
	struct world w;

	world_init(&w, c);
	assert_flips_refused(&w, 0, w.parsed.signed_bytes.size);
	world_done(&w);
}

/* Sizes, signatures, keys, QE report, authentication data: all between the body and the certificates. */
static void flip_signatures(const struct tdx_case *c)
{
	struct world w;
	size_t start, end;

	world_init(&w, c);
	start = w.parsed.signed_bytes.size;
	end = (size_t)(w.parsed.cert_data.data - w.quote);
	assert_flips_refused(&w, start, end - start);
	world_done(&w);
}

static size_t to_base64(const uint8_t *from, size_t n, char *to)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t off = 0;

	for (size_t i = 0; i < n; i += 3) {
		uint32_t group = (uint32_t)from[i] << 16;

		group |= i + 1 < n ? (uint32_t)from[i + 1] << 8 : 0;
		group |= i + 2 < n ? from[i + 2] : 0;
		to[off++] = digits[group >> 18];
		to[off++] = digits[group >> 12 & 63];
		to[off++] = i + 1 < n ? digits[group >> 6 & 63] : '=';
		to[off++] = i + 2 < n ? digits[group & 63] : '=';
	}
	return off;
}

/* The quote with another leaf in its chain. */
static size_t with_leaf(const struct world *w, const uint8_t *leaf, size_t n, size_t behind, uint8_t *to)
{
	static const char begin[] = "-----BEGIN CERTIFICATE-----\n", end[] = "\n-----END CERTIFICATE-----\n";
	size_t off = (size_t)(w->parsed.cert_data.data - w->quote), rest = w->parsed.cert_data.size - behind;

	memcpy(to, w->quote, off);
	memcpy(to + off, begin, sizeof(begin) - 1);
	off += sizeof(begin) - 1;
	off += to_base64(leaf, n, (char *)to + off);
	memcpy(to + off, end, sizeof(end) - 1);
	off += sizeof(end) - 1;
	memcpy(to + off, w->parsed.cert_data.data + behind, rest);
	off += rest;
	tdx_given_fix_sizes(&w->parsed, w->quote, to, off);
	return off;
}

static void flip_pck_certificate(const struct tdx_case *c)
{
	static uint8_t made[16384];
	auto_free uint8_t *leaf = NULL;
	struct world w;
	char label[32];
	size_t off = 0, n, size;

	world_init(&w, c);
	assert_int_equal(crypto_pem_next(w.parsed.cert_data.data, w.parsed.cert_data.size, &off, label, &leaf,
					 &n, NULL),
			 0);
	size = with_leaf(&w, leaf, n, off, made);
	assert_int_equal(judge(&w, made, size), 0);
	for (size_t bit = 0; bit < 8 * n; bit += test_step()) {
		leaf[bit / 8] ^= (uint8_t)(1u << bit % 8);
		size = with_leaf(&w, leaf, n, off, made);
		if (judge(&w, made, size) != JURAT_REFUSED)
			FAIL_BECAUSE("bit %zu of byte %zu", bit % 8, bit / 8);
		leaf[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	world_done(&w);
}

static bool is_blank(uint8_t c)
{
	return c == '\0' || c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Where the third block begins: the root. */
static size_t root_at(const struct world *w)
{
	const struct bytes_rd *data = &w->parsed.cert_data;
	size_t off = 0;

	for (unsigned i = 0; i < 2; i++) {
		auto_free uint8_t *skipped = NULL;
		char label[32];
		size_t size;

		assert_int_equal(crypto_pem_next(data->data, data->size, &off, label, &skipped, &size, NULL),
				 0);
	}
	return off;
}

/*
 * All that stands in the certification data: three blocks, their marks, and what is around them. One kind
 * of flip changes no certificate: it makes one blank out of another, such as a space of the NUL at the end.
 * The blanks that are there as spaces belong to marks.
 */
static void flip_certification_data_from(struct world *w, size_t from)
{
	size_t start = (size_t)(w->parsed.cert_data.data - w->quote);

	assert_int_equal(judge(w, w->quote, w->size), 0);
	for (size_t bit = 8 * from; bit < 8 * w->parsed.cert_data.size; bit += test_step()) {
		uint8_t *at = &w->quote[start + bit / 8], before = *at;
		bool harmless;

		*at ^= (uint8_t)(1u << bit % 8);
		harmless = before != ' ' && is_blank(before) && is_blank(*at);
		if ((judge(w, w->quote, w->size) == 0) != harmless)
			FAIL_BECAUSE("bit %zu of byte %zu of the certification data", bit % 8, bit / 8);
		*at = before;
	}
	assert_int_equal(judge(w, w->quote, w->size), 0);
}

/* The root comes with the collateral, so that the quote's own is not needed, or is supplied as trusted. */
static void flip_certification_data(const struct tdx_case *c)
{
	struct world w;
	auto_free uint8_t *root = NULL;
	size_t n;

	world_init(&w, c);
	flip_certification_data_from(&w, 0);
	root = evidence_read(c->folder, c->collateral[5], &n);
	assert_int_equal(jurat_verifier_add_roots(w.verifier, root, n, NULL), 0);
	flip_certification_data_from(&w, root_at(&w));
	world_done(&w);
}

/* Whether the evidence is accepted with these bytes for one part of its collateral. */
static bool accepts_with(const struct world *w, unsigned part, const uint8_t *bytes, size_t n)
{
	struct jurat_tdx_evidence e = { .size = sizeof(e), .quote = w->quote, .quote_size = w->size };
	struct jurat_tdx_collateral *c = tdx_given_collateral(&w->c, 1u << part);
	bool accepted = jurat_tdx_collateral_add(c, bytes, n, NULL) == 0 &&
			jurat_verify_tdx(w->verifier, &e, c, NULL, w->at, NULL, NULL) == 0;

	jurat_tdx_collateral_free(c);
	return accepted;
}

/*
 * Where the 128 hex digits of a document's signature stand: they end it, but for a quote and a brace. 0: no
 * signed document.
 */
static size_t signature_at(const uint8_t *bytes, size_t n)
{
	static const char before[] = ",\"signature\":\"", behind[] = "\"}";
	size_t at = n - 128 - (sizeof(behind) - 1);

	if (bytes[0] != '{')
		return 0;
	assert_memory_equal(bytes + n - (sizeof(behind) - 1), behind, sizeof(behind) - 1);
	assert_memory_equal(bytes + at - (sizeof(before) - 1), before, sizeof(before) - 1);
	return at;
}

/*
 * TCB info, QE identity, CRLs, TCB signing certificate: what cannot be read is as good as not there. One kind
 * of flip changes nothing that anybody signed and makes no other signature: bit 5 of a letter among the hex
 * digits of a signature is the letter's case. Exactly those are accepted.
 */
static void flip_collateral(const struct tdx_case *c)
{
	struct world w;

	world_init(&w, c);
	for (unsigned part = 0; part < 5; part++) {
		size_t n, signature, letters = 0;
		auto_free uint8_t *bytes = evidence_read(c->folder, c->collateral[part], &n);

		signature = signature_at(bytes, n);
		assert_int_equal(signature > 0, part < 2);
		for (size_t bit = 0; bit < 8 * n; bit += test_step()) {
			size_t i = bit / 8;
			uint8_t mask = (uint8_t)(1u << bit % 8);
			bool is_letter = signature > 0 && i >= signature && i < signature + 128 &&
					 bytes[i] >= 'a' && bytes[i] <= 'f';

			letters += is_letter;
			bytes[i] ^= mask;
			if (accepts_with(&w, part, bytes, n) != (is_letter && bit % 8 == 5))
				FAIL_BECAUSE("part %u, byte %zu, bit %zu", part, i, bit % 8);
			bytes[i] ^= mask;
			if (bit % 512 < test_step()) /* so that it was this flip that was refused */
				assert_true(accepts_with(&w, part, bytes, n));
		}
		assert_true(accepts_with(&w, part, bytes, n));
		assert_int_equal(letters > 0, part < 2);
	}
	world_done(&w);
}

static void every_flipped_bit_of_header_and_body_is_refused(void **state)
{
	tdx_given_each_accepted(flip_header_and_body);
}

static void every_flipped_bit_of_signatures_and_qe_report_is_refused(void **state)
{
	tdx_given_each_accepted(flip_signatures);
}

static void every_flipped_bit_of_the_pck_certificate_is_refused(void **state)
{
	tdx_given_each_accepted(flip_pck_certificate);
}

static void every_flipped_bit_of_the_certification_data_is_refused_but_blanks_V27(void **state)
{
	tdx_given_each_accepted(flip_certification_data);
}

static void every_flipped_bit_of_the_collateral_is_refused_but_case_of_signature_digits(void **state)
{
	tdx_given_each_accepted(flip_collateral);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_flipped_bit_of_header_and_body_is_refused),
		cmocka_unit_test(every_flipped_bit_of_signatures_and_qe_report_is_refused),
		cmocka_unit_test(every_flipped_bit_of_the_pck_certificate_is_refused),
		cmocka_unit_test(every_flipped_bit_of_the_certification_data_is_refused_but_blanks_V27),
		cmocka_unit_test(every_flipped_bit_of_the_collateral_is_refused_but_case_of_signature_digits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
