/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>

#include "endorse/value.h"

static struct endorse_value value_of(const char *body, const char *chain)
{
	struct endorse_value value = { .body = heap_copy(body, strlen(body)), .size = strlen(body) };

	value.issuer_chain = chain ? strdup(chain) : NULL;
	return value;
}

static void assert_same(const struct endorse_value *a, const struct endorse_value *b)
{
	assert_int_equal(a->size, b->size);
	assert_memory_equal(a->body, b->body, a->size);
	assert_int_equal(!a->issuer_chain, !b->issuer_chain);
	if (a->issuer_chain)
		assert_string_equal(a->issuer_chain, b->issuer_chain);
}

static void packed_values_are_read_back(void **state)
{
	static const struct {
		const char *body, *chain;
	} rows[] = { { "body", "chain" }, { "body", "" }, { "body", NULL }, { "b", NULL } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct endorse_value value = value_of(rows[i].body, rows[i].chain), back = { .size = 77 };
		int64_t expires = 0;
		uint8_t *bytes;
		size_t n;

		assert_int_equal(endorse_value_pack(&value, INT64_MAX - 1, &bytes, &n, NULL), 0);
		assert_int_equal(endorse_value_unpack(bytes, n, &back, &expires, NULL), 0);
		assert_true(expires == INT64_MAX - 1);
		assert_same(&value, &back);
		free(bytes);
		endorse_value_done(&value);
		endorse_value_done(&back);
		assert_null(back.body);
	}
}

/* The sizes lie at 12 and 16. */
static void truncated_longer_and_damaged_bytes_are_refused(void **state)
{
	struct endorse_value value = value_of("body", "chain"), back = { .size = 77 };
	static const struct {
		size_t at;
		uint32_t to;
	} edits[] = { { 0, 0 },  { 4, 0 },  { 8, 0 },           { 8, 2 },           { 12, 0 },
		      { 12, 3 }, { 12, 5 }, { 12, 0xffffffff }, { 12, 0xfffffffc }, { 16, 4 },
		      { 16, 6 }, { 16, 0 }, { 16, 0xffffffff }, { 16, 0xfffffffe } };
	uint8_t *bytes, *longer;
	size_t n;

	(void)state;
	assert_int_equal(endorse_value_pack(&value, 77, &bytes, &n, NULL), 0);
	for (size_t k = 0; k < n; k++) {
		uint8_t *part = heap_copy(bytes, k);

		assert_int_equal(endorse_value_unpack(part, k, &back, NULL, NULL), -EBADMSG);
		free(part);
	}
	for (size_t i = 0; i < ARRAY_SIZE(edits); i++) {
		uint8_t *edited = heap_copy(bytes, n);

		bytes_put_le(edited + edits[i].at, edits[i].to, 4);
		assert_int_equal(endorse_value_unpack(edited, n, &back, NULL, NULL), -EBADMSG);
		free(edited);
	}
	longer = malloc(n + 1);
	assert_non_null(longer);
	memcpy(longer, bytes, n);
	longer[n] = 'x';
	assert_int_equal(endorse_value_unpack(longer, n + 1, &back, NULL, NULL), -EBADMSG);
	bytes[n - 1] = '\0'; /* the end of the chain */
	assert_int_equal(endorse_value_unpack(bytes, n, &back, NULL, NULL), -EBADMSG);
	assert_int_equal(endorse_value_unpack(NULL, 0, &back, NULL, NULL), -EBADMSG);
	assert_int_equal(back.size, 77);
	free(longer);
	free(bytes);
	endorse_value_done(&value);
}

static void values_are_bounded(void **state)
{
	const size_t sizes[] = { 0, ENDORSE_MAX_BYTES, ENDORSE_MAX_BYTES + 1 };
	const size_t chains[] = { ENDORSE_MAX_CHAIN_BYTES, ENDORSE_MAX_CHAIN_BYTES + 1 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		for (size_t k = 0; k < ARRAY_SIZE(chains); k++) {
			struct endorse_value value = { .body = calloc(1, sizes[i] + 1), .size = sizes[i] };
			struct endorse_value back = { .size = 0 };
			const bool fine = i == 1 && k == 0;
			uint8_t *bytes = NULL;
			size_t n;

			value.issuer_chain = calloc(1, chains[k] + 1);
			assert_true(value.body && value.issuer_chain);
			memset(value.issuer_chain, 'c', chains[k]);
			assert_int_equal(endorse_value_pack(&value, 77, &bytes, &n, NULL),
					 fine ? 0 : -EMSGSIZE);
			if (fine) {
				assert_int_equal(endorse_value_unpack(bytes, n, &back, NULL, NULL), 0);
				assert_same(&value, &back);
			}
			free(bytes);
			endorse_value_done(&value);
			endorse_value_done(&back);
		}
}

static void sizes_of_others_are_bounded_too(void **state)
{
	const size_t n = 28 + ENDORSE_MAX_BYTES + 1;
	struct endorse_value value = value_of("b", NULL), back;
	uint8_t *bytes, *big = calloc(1, n);
	size_t small;

	(void)state;
	assert_non_null(big);
	assert_int_equal(endorse_value_pack(&value, 77, &bytes, &small, NULL), 0);
	memcpy(big, bytes, 28);
	bytes_put_le(big + 12, ENDORSE_MAX_BYTES + 1, 4);
	assert_int_equal(endorse_value_unpack(big, n, &back, NULL, NULL), -EBADMSG);
	bytes_put_le(big + 12, ENDORSE_MAX_BYTES, 4);
	assert_int_equal(endorse_value_unpack(big, n - 1, &back, NULL, NULL), 0);
	endorse_value_done(&back);
	bytes_put_le(big + 12, 1, 4);
	memset(big + 28, 'c', n - 28);
	bytes_put_le(big + 16, ENDORSE_MAX_CHAIN_BYTES + 1, 4);
	assert_int_equal(endorse_value_unpack(big, 29 + ENDORSE_MAX_CHAIN_BYTES + 1, &back, NULL, NULL),
			 -EBADMSG);
	free(big);
	free(bytes);
	endorse_value_done(&value);
}

static void headers_and_types_are_those_of_the_services(void **state)
{
	static const struct {
		enum endorse_kind kind;
		enum endorse_encoding encoding;
		const char *header, *type;
	} rows[] = {
		{ ENDORSE_VCEK, ENDORSE_AS_SERVED, NULL, "application/pkix-cert" },
		{ ENDORSE_VLEK_CHAIN, ENDORSE_AS_SERVED, NULL, "application/x-pem-file" },
		{ ENDORSE_VCEK_CRL, ENDORSE_AS_SERVED, NULL, "application/pkix-crl" },
		{ ENDORSE_TCB_INFO, ENDORSE_AS_SERVED, "TCB-Info-Issuer-Chain", "application/json" },
		{ ENDORSE_QE_IDENTITY, ENDORSE_AS_SERVED, "SGX-Enclave-Identity-Issuer-Chain",
		  "application/json" },
		{ ENDORSE_QVE_IDENTITY, ENDORSE_AS_SERVED, "SGX-Enclave-Identity-Issuer-Chain",
		  "application/json" },
		{ ENDORSE_TCB_NUMBERS, ENDORSE_AS_SERVED, "TCB-Evaluation-Data-Numbers-Issuer-Chain",
		  "application/json" },
		{ ENDORSE_PCK_CRL, ENDORSE_PEM, "SGX-PCK-CRL-Issuer-Chain", "application/x-pem-file" },
		{ ENDORSE_PCK_CRL, ENDORSE_DER, "SGX-PCK-CRL-Issuer-Chain", "application/pkix-crl" },
		{ ENDORSE_ROOT_CRL, ENDORSE_HEX, NULL, "application/pkix-crl" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct endorse_item item = { .kind = rows[i].kind };
		const char *header = endorse_chain_header(&item);

		assert_int_equal(!header, !rows[i].header);
		if (header)
			assert_string_equal(header, rows[i].header);
		assert_string_equal(endorse_content_type(&item, rows[i].encoding), rows[i].type);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packed_values_are_read_back),
		cmocka_unit_test(truncated_longer_and_damaged_bytes_are_refused),
		cmocka_unit_test(values_are_bounded),
		cmocka_unit_test(sizes_of_others_are_bounded_too),
		cmocka_unit_test(headers_and_types_are_those_of_the_services),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
