/* SPDX-License-Identifier: MIT */
#include "support/evidence.h"
#include "wire_test.h"

#include <errno.h>

#include "wire/snp_certs.h"

/* SOURCE: made for this project from the format: ARK "ARK!", ASK "ASK", VCEK "VCEK!", packed. */
static const char vector_hex[] = "c0b406a4a803495297433fb6014cd0ae6000000004000000"
				 "4ab7b379bbac4fe4a02f05aef327c7826400000003000000"
				 "63da758de6644564adc5f4b93be8accd6700000005000000"
				 "000000000000000000000000000000000000000000000000"
				 "41524b2141534b5643454b21";
enum { VECTOR_BYTES = 108 };

static const uint8_t google_platform_info[SNP_CERTS_GUID_BYTES] = { 0xec, 0xae, 0x0c, 0x0f, 0x95, 0x02,
								    0x43, 0xb1, 0xaf, 0xa2, 0x0a, 0xe2,
								    0xe0, 0xd5, 0x65, 0xb6 };

static uint8_t *vector(void)
{
	uint8_t bytes[VECTOR_BYTES];

	assert_true(bytes_from_hex(vector_hex, bytes, sizeof(bytes)));
	return heap_copy(bytes, sizeof(bytes));
}

static void put_entry(uint8_t *table, unsigned i, const uint8_t *guid, uint32_t off, uint32_t len)
{
	uint8_t *e = table + i * SNP_CERTS_ENTRY_BYTES;

	memcpy(e, guid, SNP_CERTS_GUID_BYTES);
	bytes_put_le(e + 16, off, 4);
	bytes_put_le(e + 20, len, 4);
}

static struct snp_cert_entry entry(enum snp_cert_kind kind, const char *text)
{
	return (struct snp_cert_entry){ .kind = kind, .data = bytes_rd(text, strlen(text)) };
}

static void the_vector_is_read(void **state)
{
	uint8_t *bytes = vector();
	const struct snp_cert_entry *vcek;
	struct snp_certs certs;

	(void)state;
	assert_int_equal(snp_certs_read(bytes, VECTOR_BYTES, &certs, NULL), 0);
	assert_int_equal(certs.n, 3);
	assert_int_equal(certs.size, VECTOR_BYTES);
	assert_int_equal(certs.entries[0].kind, SNP_CERT_ARK);
	assert_int_equal(certs.entries[1].kind, SNP_CERT_ASK);
	vcek = snp_certs_find(&certs, SNP_CERT_VCEK);
	assert_ptr_equal(vcek, &certs.entries[2]);
	assert_ptr_equal(vcek->data.data, bytes + 0x67);
	assert_int_equal(vcek->data.size, 5);
	assert_memory_equal(vcek->data.data, "VCEK!", 5);
	assert_null(snp_certs_find(&certs, SNP_CERT_VLEK));
	assert_null(snp_certs_find(&certs, SNP_CERT_OTHER));
	free(bytes);
}

/* Entries of GUIDs that nobody here knows are no kind: asking for one would be answered with any. */
static void an_entry_of_another_guid_is_never_found_by_its_kind(void **state)
{
	struct snp_certs certs = { .n = 3,
				   .entries = { entry(SNP_CERT_OTHER, "a"), entry(SNP_CERT_VCEK, "VCEK!"),
						entry(SNP_CERT_OTHER, "b") } };

	(void)state;
	assert_null(snp_certs_find(&certs, SNP_CERT_OTHER));
	assert_ptr_equal(snp_certs_find(&certs, SNP_CERT_VCEK), &certs.entries[1]);
}

/* The first 8 bytes of a GUID in EFI's order: 4, 2 and 2 of them turned around. */
static void turn(uint8_t *guid)
{
	static const uint8_t order[] = { 3, 2, 1, 0, 5, 4, 7, 6 };
	uint8_t was[sizeof(order)];

	memcpy(was, guid, sizeof(was));
	for (size_t i = 0; i < sizeof(order); i++)
		guid[i] = was[order[i]];
}

static void guids_in_the_other_order_are_read_by_who_asks_for_it(void **state)
{
	auto_free uint8_t *bytes = vector();
	struct jurat_error err = { "" };
	struct snp_certs certs;

	(void)state;
	assert_false(snp_certs_is_mixed_endian(bytes, VECTOR_BYTES));
	for (unsigned i = 0; i < 3; i++)
		turn(bytes + i * SNP_CERTS_ENTRY_BYTES);
	assert_true(snp_certs_is_mixed_endian(bytes, VECTOR_BYTES));
	assert_int_equal(snp_certs_read(bytes, VECTOR_BYTES, &certs, NULL), 0);
	assert_null(snp_certs_find(&certs, SNP_CERT_VCEK));
	assert_int_equal(snp_certs_read_any(bytes, VECTOR_BYTES, &certs, NULL), 0);
	assert_memory_equal(snp_certs_find(&certs, SNP_CERT_VCEK)->data.data, "VCEK!", 5);
	assert_memory_equal(certs.entries[0].guid, snp_cert_guid(SNP_CERT_ARK), SNP_CERTS_GUID_BYTES);
	for (unsigned i = 0; i < 3; i++) { /* one of them in each order */
		turn(bytes + i * SNP_CERTS_ENTRY_BYTES);
		assert_int_equal(snp_certs_read_any(bytes, VECTOR_BYTES, &certs, &err), i < 2 ? -EBADMSG : 0);
		assert_non_null(strstr(err.text, "both byte orders"));
	}
	for (size_t n = 0; n < VECTOR_BYTES; n++) {
		auto_free uint8_t *cut = heap_copy(bytes, n);

		snp_certs_is_mixed_endian(cut, n);
		assert_true(n == 0 || snp_certs_read_any(cut, n, &certs, NULL) < 0);
	}
}

static void the_vector_is_written(void **state)
{
	struct snp_certs certs = { .n = 3,
				   .entries = { entry(SNP_CERT_ARK, "ARK!"), entry(SNP_CERT_ASK, "ASK"),
						entry(SNP_CERT_VCEK, "VCEK!") } };
	uint8_t *want = vector(), *to = malloc(VECTOR_BYTES);
	size_t size = 0;

	(void)state;
	assert_non_null(to);
	assert_int_equal(snp_certs_size(&certs), VECTOR_BYTES);
	assert_int_equal(snp_certs_write(&certs, to, VECTOR_BYTES, &size, NULL), 0);
	assert_int_equal(size, VECTOR_BYTES);
	assert_memory_equal(to, want, VECTOR_BYTES);
	for (size_t room = 0; room < VECTOR_BYTES; room++) {
		uint8_t *small = malloc(room ? room : 1);

		assert_non_null(small);
		memset(small, 7, room ? room : 1);
		size = 0;
		assert_int_equal(snp_certs_write(&certs, small, room, &size, NULL), JURAT_TOO_SMALL);
		assert_int_equal(size, VECTOR_BYTES);
		assert_true(bytes_all(small, room, 7));
		free(small);
	}
	free(want);
	free(to);
}

static void B24_every_truncation_is_refused_and_changes_nothing(void **state)
{
	uint8_t *bytes = vector();
	struct snp_certs certs, before;

	(void)state;
	memset(&before, 0x5a, sizeof(before));
	certs = before;
	for (size_t n = 1; n < VECTOR_BYTES; n++) {
		uint8_t *cut = heap_copy(bytes, n);

		assert_int_equal(snp_certs_read(cut, n, &certs, NULL), -EBADMSG);
		free(cut);
	}
	assert_memory_equal(&certs, &before, sizeof(certs));
	free(bytes);
}

static void an_empty_table_is_no_bytes_or_24_zeros(void **state)
{
	uint8_t *zeros = calloc(1, 4096);
	struct snp_certs certs;
	size_t size;
	uint8_t to[24];

	(void)state;
	assert_non_null(zeros);
	assert_int_equal(snp_certs_read(zeros, 0, &certs, NULL), 0);
	assert_int_equal(certs.n, 0);
	assert_int_equal(certs.size, 0);
	assert_int_equal(snp_certs_read(NULL, 0, &certs, NULL), 0);
	assert_int_equal(snp_certs_read(zeros, 24, &certs, NULL), 0);
	assert_int_equal(certs.n, 0);
	assert_int_equal(certs.size, 24);
	assert_int_equal(snp_certs_read(zeros, 4096, &certs, NULL), 0);
	assert_int_equal(certs.size, 24);
	for (size_t n = 1; n < 24; n++) {
		uint8_t *cut = heap_copy(zeros, n);

		assert_int_equal(snp_certs_read(cut, n, &certs, NULL), -EBADMSG);
		free(cut);
	}
	assert_int_equal(snp_certs_write(&(struct snp_certs){ 0 }, to, sizeof(to), &size, NULL), 0);
	assert_int_equal(size, 24);
	assert_true(bytes_all(to, 24, 0));
	free(zeros);
}

static void certificates_may_be_in_any_order_with_gaps_and_unknown_guids(void **state)
{
	uint8_t *bytes = calloc(1, 512);
	struct snp_certs certs;
	char guid[SNP_CERTS_GUID_TEXT_SIZE];

	(void)state;
	assert_non_null(bytes);
	put_entry(bytes, 0, snp_cert_guid(SNP_CERT_VLEK), 300, 20);
	put_entry(bytes, 1, google_platform_info, 508, 4);         /* ends with the buffer */
	put_entry(bytes, 2, snp_cert_guid(SNP_CERT_CRL), 120, 10); /* begins where the entries end */
	put_entry(bytes, 3, google_platform_info, 290, 10);        /* touches entry 0 */
	assert_int_equal(snp_certs_read(bytes, 512, &certs, NULL), 0);
	assert_int_equal(certs.n, 4);
	assert_int_equal(certs.size, 512);
	assert_int_equal(certs.entries[1].kind, SNP_CERT_OTHER);
	assert_memory_equal(certs.entries[1].guid, google_platform_info, 16);
	assert_string_equal(snp_cert_guid_format(certs.entries[1].guid, guid),
			    "ecae0c0f-9502-43b1-afa2-0ae2e0d565b6");
	assert_int_equal(snp_certs_find(&certs, SNP_CERT_CRL)->data.size, 10);
	free(bytes);
}

static void B23_bad_tables_are_refused_by_entry(void **state)
{
	/* Entry 1 of a table whose entry 0 is an ARK at 96, 20 bytes; 200 bytes in all. */
	static const struct {
		enum snp_cert_kind kind;
		uint32_t off, len;
		const char *want;
	} cases[] = {
		{ SNP_CERT_VCEK, 190, 11, "offset 0xbe and length 0xb exceed the 200 bytes of the table" },
		{ SNP_CERT_VCEK, 200, 1, "offset 0xc8 and length 0x1 exceed the 200 bytes of the table" },
		{ SNP_CERT_VCEK, 201, 0, "offset 0xc9 and length 0x0 exceed the 200 bytes of the table" },
		{ SNP_CERT_VCEK, 0xfffffff0, 0x20,
		  "offset 0xfffffff0 and length 0x20 exceed the 200 bytes of the table" },
		{ SNP_CERT_VCEK, 0x20, 0xfffffff0,
		  "offset 0x20 and length 0xfffffff0 exceed the 200 bytes of the table" },
		{ SNP_CERT_VCEK, 120, 0xffffffff,
		  "offset 0x78 and length 0xffffffff exceed the 200 bytes of the table" },
		{ SNP_CERT_VCEK, 0xffffffff, 1,
		  "offset 0xffffffff and length 0x1 exceed the 200 bytes of the table" },
		{ SNP_CERT_VCEK, 0x80000000, 0x80000000,
		  "offset 0x80000000 and length 0x80000000 exceed the 200 bytes of the table" },
		{ SNP_CERT_VCEK, 120, 0, "its length is 0" },
		{ SNP_CERT_VCEK, 0, 24, "its offset 0x0 lies in the entries, which end at 0x48" },
		{ SNP_CERT_VCEK, 71, 10, "its offset 0x47 lies in the entries, which end at 0x48" },
		{ SNP_CERT_VCEK, 115, 10, "it overlaps entry 0" },
		{ SNP_CERT_VCEK, 90, 7, "it overlaps entry 0" },
		{ SNP_CERT_VCEK, 80, 100, "it overlaps entry 0" },
		{ SNP_CERT_VCEK, 100, 1, "it overlaps entry 0" },
		{ SNP_CERT_OTHER, 96, 20, "it overlaps entry 0" },
		{ SNP_CERT_ARK, 120, 10, "entry 0 is of the same kind" },
	};
	struct snp_certs certs;
	struct jurat_error err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const uint8_t *guid = snp_cert_guid(cases[i].kind);
		char want[200], text[SNP_CERTS_GUID_TEXT_SIZE];
		uint8_t *bytes = calloc(1, 200);

		assert_non_null(bytes);
		guid = guid ? guid : google_platform_info;
		put_entry(bytes, 0, snp_cert_guid(SNP_CERT_ARK), 96, 20);
		put_entry(bytes, 1, guid, cases[i].off, cases[i].len);
		assert_int_equal(snp_certs_read(bytes, 200, &certs, &err), -EBADMSG);
		TEXT(want, "certificate table entry 1 (%s, %s): %s", snp_cert_name(cases[i].kind),
		     snp_cert_guid_format(guid, text), cases[i].want);
		assert_string_equal(err.text, want);
		free(bytes);
	}
}

static void a_zero_guid_with_an_offset_is_not_a_terminator(void **state)
{
	static const uint8_t zero[SNP_CERTS_GUID_BYTES];
	uint8_t *bytes = calloc(1, 200);
	struct snp_certs certs;
	struct jurat_error err;

	(void)state;
	assert_non_null(bytes);
	put_entry(bytes, 0, zero, 100, 5);
	assert_int_equal(snp_certs_read(bytes, 200, &certs, &err), -EBADMSG);
	assert_string_equal(err.text,
			    "certificate table entry 0 (other, 00000000-0000-0000-0000-000000000000): "
			    "its GUID is zero, but it is not the terminator");
	free(bytes);
}

/* n entries of unknown GUIDs with one byte each, in a buffer of exactly that size. */
static uint8_t *many(unsigned n, bool terminated, size_t *ret_size)
{
	size_t entries = (n + terminated) * (size_t)SNP_CERTS_ENTRY_BYTES, size = entries + n;
	uint8_t *bytes = calloc(1, size);

	assert_non_null(bytes);
	for (unsigned i = 0; i < n; i++)
		put_entry(bytes, i, google_platform_info, (uint32_t)entries + i, 1);
	*ret_size = size;
	return bytes;
}

static void B24_at_most_64_entries_and_always_a_terminator(void **state)
{
	struct snp_certs certs;
	struct jurat_error err;
	uint8_t *bytes;
	size_t size;

	(void)state;
	bytes = many(SNP_CERTS_MAX_ENTRIES, true, &size);
	assert_int_equal(snp_certs_read(bytes, size, &certs, NULL), 0);
	assert_int_equal(certs.n, SNP_CERTS_MAX_ENTRIES);
	assert_int_equal(certs.size, size);
	free(bytes);

	bytes = many(SNP_CERTS_MAX_ENTRIES + 1, true, &size);
	assert_int_equal(snp_certs_read(bytes, size, &certs, &err), -EBADMSG);
	assert_string_equal(err.text, "certificate table: more than 64 entries before the terminator");
	free(bytes);

	bytes = many(3, false, &size);
	assert_int_equal(snp_certs_read(bytes, 72, &certs, &err), -EBADMSG);
	assert_string_equal(err.text, "certificate table: no terminator within its 72 bytes");
	assert_int_equal(snp_certs_read(bytes, size, &certs, NULL), -EBADMSG);
	free(bytes);
}

static void what_could_not_be_read_back_is_not_written(void **state)
{
	static const struct {
		struct snp_certs certs;
		const char *want;
	} cases[] = {
		{ { .n = 65 }, "certificate table: 65 entries, at most 64 are allowed" },
		{ { .n = 1, .entries = { { .kind = SNP_CERT_VCEK } } },
		  "certificate table entry 0 (vcek, 63da758d-e664-4564-adc5-f4b93be8accd): it is empty" },
		{ { .n = 2,
		    .entries = { { .kind = SNP_CERT_VLEK, .data = { (const uint8_t *)"x", 1, 0, false } },
				 { .kind = SNP_CERT_VLEK, .data = { (const uint8_t *)"y", 1, 0, false } } } },
		  "certificate table entry 1 (vlek, a8074bc2-a25a-483e-aae6-39c045a0b8a1): "
		  "an earlier entry is of the same kind" },
		{ { .n = 1, .entries = { { .data = { (const uint8_t *)"x", 1, 0, false } } } },
		  "certificate table entry 0 (other, 00000000-0000-0000-0000-000000000000): "
		  "a zero GUID would end the table" },
		{ { .n = 1, .entries = { { .kind = (enum snp_cert_kind)99 } } },
		  "certificate table entry 0: unknown kind" },
		{ { .n = 1, .entries = { { .kind = SNP_CERT_ARK, .data = { NULL, UINT32_MAX, 0, false } } } },
		  "certificate table: its offsets do not fit 32 bits" },
		{ { .n = 2,
		    .entries = { { .kind = SNP_CERT_ARK, .data = { NULL, SIZE_MAX, 0, false } },
				 { .kind = SNP_CERT_ASK, .data = { NULL, SIZE_MAX, 0, false } } } },
		  "certificate table: its offsets do not fit 32 bits" },
	};
	struct snp_certs disguised = { .n = 1, .entries = { entry(SNP_CERT_OTHER, "x") } };
	struct jurat_error err;
	uint8_t to[64] = { 7 };
	size_t size = 99;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(snp_certs_write(&cases[i].certs, to, sizeof(to), &size, &err), -EINVAL);
		assert_string_equal(err.text, cases[i].want);
	}
	memcpy(disguised.entries[0].guid, snp_cert_guid(SNP_CERT_ASK), 16);
	assert_int_equal(snp_certs_write(&disguised, to, sizeof(to), &size, &err), -EINVAL);
	assert_int_equal(size, 99);
	assert_int_equal(to[0], 7);
}

static void kinds_have_names_and_guids(void **state)
{
	static const struct {
		enum snp_cert_kind kind;
		const char *name, *guid;
	} cases[] = {
		{ SNP_CERT_VCEK, "vcek", "63da758d-e664-4564-adc5-f4b93be8accd" },
		{ SNP_CERT_VLEK, "vlek", "a8074bc2-a25a-483e-aae6-39c045a0b8a1" },
		{ SNP_CERT_ASK, "ask", "4ab7b379-bbac-4fe4-a02f-05aef327c782" },
		{ SNP_CERT_ARK, "ark", "c0b406a4-a803-4952-9743-3fb6014cd0ae" },
		{ SNP_CERT_CRL, "crl", "92f81bc3-5811-4d3d-97ff-d19f88dc67ea" },
	};
	char text[SNP_CERTS_GUID_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const uint8_t *guid = snp_cert_guid(cases[i].kind);

		assert_string_equal(snp_cert_name(cases[i].kind), cases[i].name);
		assert_string_equal(snp_cert_guid_format(guid, text), cases[i].guid);
		assert_int_equal(snp_cert_kind_of(guid), cases[i].kind);
	}
	assert_null(snp_cert_guid(SNP_CERT_OTHER));
	assert_string_equal(snp_cert_name(SNP_CERT_OTHER), "other");
	assert_int_equal(snp_cert_kind_of(google_platform_info), SNP_CERT_OTHER);
}

/* Tables of hosts that put PEM into them, in the order of what they had at hand. */
static void check_table(const struct evidence_row *row, const uint8_t *bytes, size_t n, void *context)
{
	static const enum snp_cert_kind order[] = { SNP_CERT_ARK, SNP_CERT_ASK, SNP_CERT_VCEK };
	struct snp_certs certs;

	assert_int_equal(snp_certs_read(bytes, n, &certs, NULL), 0);
	assert_int_equal(certs.n, ARRAY_SIZE(order));
	for (unsigned i = 0; i < certs.n; i++) {
		assert_int_equal(certs.entries[i].kind, order[i]);
		assert_memory_equal(certs.entries[i].data.data, "-----BEGIN CERTIFICATE-----", 27);
	}
}

static void tables_of_hosts_are_read(void **state)
{
	assert_true(evidence_each_file("snp-cert-table", check_table, NULL) >= 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_vector_is_read),
		cmocka_unit_test(an_entry_of_another_guid_is_never_found_by_its_kind),
		cmocka_unit_test(guids_in_the_other_order_are_read_by_who_asks_for_it),
		cmocka_unit_test(the_vector_is_written),
		cmocka_unit_test(B24_every_truncation_is_refused_and_changes_nothing),
		cmocka_unit_test(an_empty_table_is_no_bytes_or_24_zeros),
		cmocka_unit_test(certificates_may_be_in_any_order_with_gaps_and_unknown_guids),
		cmocka_unit_test(B23_bad_tables_are_refused_by_entry),
		cmocka_unit_test(a_zero_guid_with_an_offset_is_not_a_terminator),
		cmocka_unit_test(B24_at_most_64_entries_and_always_a_terminator),
		cmocka_unit_test(what_could_not_be_read_back_is_not_written),
		cmocka_unit_test(kinds_have_names_and_guids),
		cmocka_unit_test(tables_of_hosts_are_read),
	};

	return cmocka_run_group_tests_name("wire_snp_certs", tests, NULL, NULL);
}
