/* SPDX-License-Identifier: MIT */
#include "wire_test.h"

#include <errno.h>

#include "wire/qgs.h"

enum { ROOM = 16384 };

static uint8_t filler[ROOM];

static struct bytes_rd part(size_t n)
{
	return bytes_rd(filler, n);
}

/* A good message of each type, as Intel's library makes it. */
static struct qgs_message sample(enum qgs_type type)
{
	struct qgs_message m = qgs_message(type);
	uint64_t seed = 7;

	fill(&seed, filler, sizeof(filler));
	switch (type) {
	case QGS_QUOTE_REQ:
		m.parts[QGS_PART_REPORT] = part(1024);
		break;
	case QGS_QUOTE_RESP:
		m.parts[QGS_PART_QUOTE] = part(5006);
		break;
	case QGS_COLLATERAL_REQ:
		m.parts[QGS_PART_FMSPC] = part(6);
		m.parts[QGS_PART_PCK_CA] = part(8);
		break;
	case QGS_COLLATERAL_RESP:
		m.version[0] = 3;
		m.version[1] = 0;
		for (unsigned i = 0; i < QGS_MAX_PARTS; i++)
			m.parts[i] = bytes_rd(filler + 10 * (size_t)i, 100 + i);
		break;
	case QGS_PLATFORM_RESP:
		m.version[0] = 0x0104;
		m.version[1] = 0x000d;
		m.parts[QGS_PART_PLATFORM_ID] = part(16);
		m.parts[QGS_PART_CPUSVN] = bytes_rd(filler + 16, 16);
		m.tail = 4;
		break;
	default:
		break;
	}
	return m;
}

static size_t written(const struct qgs_message *m, bool framed, uint8_t to[ROOM])
{
	size_t size;

	assert_int_equal(qgs_write(m, framed, to, ROOM, &size, NULL), 0);
	return size;
}

static void the_byte_examples_are_met_to_the_letter(void **state)
{
	static const struct {
		enum qgs_type type;
		uint32_t error_code;
		size_t total, n;
		uint8_t want[28];
	} cases[] = {
		{ QGS_QUOTE_REQ,
		  0,
		  4 + 1048,
		  28,
		  { 0x00, 0x00, 0x04, 0x18, 1, 0, 1, 0, 0, 0, 0, 0, 0x18, 4,
		    0,    0,    0,    0,    0, 0, 0, 4, 0, 0, 0, 0, 0,    0 } },
		{ QGS_QUOTE_RESP, 0, 4 + 5030, 28, { 0x00, 0x00, 0x13, 0xa6, 1,    0,    1, 0, 1, 0,
						     0,    0,    0xa6, 0x13, 0,    0,    0, 0, 0, 0,
						     0,    0,    0,    0,    0x8e, 0x13, 0, 0 } },
		{ QGS_QUOTE_RESP, /* an error */
		  QGS_E_UNEXPECTED,
		  4 + 24,
		  28,
		  { 0x00, 0x00, 0x00, 0x18, 1, 0, 1, 0, 1, 0, 0, 0, 0x18, 0,
		    0,    0,    1,    0x20, 1, 0, 0, 0, 0, 0, 0, 0, 0,    0 } },
		{ QGS_PLATFORM_REQ, 0, 4 + 16, 20, { 0x00, 0x00, 0x00, 0x10, 1, 0, 1, 0, 4, 0,
						     0,    0,    0x10, 0,    0, 0, 0, 0, 0, 0 } },
	};
	uint8_t to[ROOM];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct qgs_message m =
			cases[i].error_code ? qgs_message(cases[i].type) : sample(cases[i].type);

		m.error_code = cases[i].error_code;
		assert_int_equal(written(&m, true, to), cases[i].total);
		assert_memory_equal(to, cases[i].want, cases[i].n);
		if (!cases[i].error_code && m.parts[0].size > 0)
			assert_memory_equal(to + cases[i].n, m.parts[0].data, m.parts[0].size);
	}
}

static void what_was_written_is_read_back(void **state)
{
	(void)state;
	for (unsigned type = 0; type < QGS_N_TYPES; type++) {
		struct qgs_message m = sample((enum qgs_type)type), back;
		uint8_t to[ROOM], again[ROOM], *exact;
		size_t size = written(&m, false, to);
		enum qgs_type got;

		exact = heap_copy(to, size);
		assert_int_equal(size, qgs_size(&m));
		assert_int_equal(qgs_read_type(exact, size, &got, NULL), 0);
		assert_int_equal(got, type);
		assert_int_equal(qgs_read((enum qgs_type)type, exact, size, &back, NULL), 0);
		assert_int_equal(back.type, type);
		assert_int_equal(back.minor_version, 1);
		assert_int_equal(back.error_code, 0);
		assert_int_equal(back.tail, m.tail);
		assert_int_equal(back.version[0], m.version[0]);
		assert_int_equal(back.version[1], m.version[1]);
		for (unsigned i = 0; i < QGS_MAX_PARTS; i++) {
			assert_int_equal(back.parts[i].size, m.parts[i].size);
			if (m.parts[i].size > 0)
				assert_memory_equal(back.parts[i].data, m.parts[i].data, m.parts[i].size);
		}
		assert_int_equal(written(&back, false, again), size);
		assert_memory_equal(again, to, size);
		free(exact);
	}
}

/* Bytes of a whole reply, its length prefix not counted. */
static void G9_replies_have_the_lengths_of_intels_library(void **state)
{
	static const struct {
		enum qgs_type type;
		unsigned request_minor;
		uint32_t error_code;
		size_t want;
	} cases[] = {
		{ QGS_QUOTE_RESP, 1, 0, 24 + 5006 },
		{ QGS_QUOTE_RESP, 0, 0, 24 + 5006 },
		{ QGS_QUOTE_RESP, 1, QGS_E_UNEXPECTED, 24 },
		{ QGS_COLLATERAL_RESP, 1, 0, 48 + 721 },
		{ QGS_COLLATERAL_RESP, 0, 0, 48 + 721 + 4 },
		{ QGS_COLLATERAL_RESP, 7, 0, 48 + 721 },
		{ QGS_COLLATERAL_RESP, 0, QGS_E_UNEXPECTED, 48 },
		{ QGS_PLATFORM_RESP, 1, 0, 64 },
		{ QGS_PLATFORM_RESP, 0, 0, 64 },
		{ QGS_PLATFORM_RESP, 1, QGS_E_UNEXPECTED, 28 },
	};
	uint8_t to[ROOM];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct qgs_message m = sample(cases[i].type), back;

		if (cases[i].error_code) {
			m = qgs_message(cases[i].type);
			m.error_code = cases[i].error_code;
		}
		m.tail = qgs_tail_of(cases[i].type, cases[i].request_minor, cases[i].error_code);
		memset(to, 0xee, sizeof(to));
		assert_int_equal(written(&m, false, to), cases[i].want);
		assert_int_equal(bytes_get_le(to + 2, 2), 1); /* the minor version stays 1 */
		assert_int_equal(bytes_get_le(to + 8, 4), cases[i].want);
		assert_true(bytes_all(to + cases[i].want - m.tail, m.tail, 0));
		/* What Intel's library cannot read: its answer to a 1.0 request, its platform error. */
		assert_int_equal(qgs_read(cases[i].type, to, cases[i].want, &back, NULL), 0);
		assert_int_equal(back.tail, m.tail);
		assert_int_equal(back.error_code, cases[i].error_code);
	}
}

static void every_truncation_gives_the_code_of_intels_library(void **state)
{
	(void)state;
	for (unsigned type = 0; type < QGS_N_TYPES; type++) {
		static const size_t fixed[] = { 24, 24, 24, 48, 16, 28 };
		struct qgs_message m = sample((enum qgs_type)type), ret, before;
		uint8_t to[ROOM];
		size_t size = written(&m, false, to);

		memset(&before, 0x5a, sizeof(before));
		ret = before;
		for (size_t n = 0; n < size; n++) {
			uint8_t *cut = heap_copy(to, n);

			assert_int_equal(qgs_read((enum qgs_type)type, cut, n, &ret, NULL),
					 n < fixed[type] ? QGS_E_INVALID_PARAMETER : QGS_E_INVALID_SIZE);
			free(cut);
		}
		assert_memory_equal(&ret, &before, sizeof(ret));
	}
}

/* A number in a good message replaced; the first thing wrong decides, in the order of Intel's library. */
static void G4_G9_bad_numbers_give_the_code_of_intels_library(void **state)
{
	static const struct {
		enum qgs_type type;
		unsigned off, size;
		uint32_t value;
		int want;
	} cases[] = {
		{ QGS_QUOTE_REQ, 0, 2, 0, QGS_E_INVALID_VERSION },
		{ QGS_QUOTE_REQ, 0, 2, 2, QGS_E_INVALID_VERSION },
		{ QGS_QUOTE_REQ, 0, 2, 0x0100, QGS_E_INVALID_VERSION },
		{ QGS_QUOTE_REQ, 2, 2, 0, 0 },  /* 1.0 */
		{ QGS_QUOTE_REQ, 2, 2, 77, 0 }, /* an unknown minor version */
		{ QGS_QUOTE_REQ, 4, 4, 1, QGS_E_INVALID_TYPE },
		{ QGS_QUOTE_REQ, 4, 4, 6, QGS_E_INVALID_TYPE },
		{ QGS_QUOTE_REQ, 4, 4, UINT32_MAX, QGS_E_INVALID_TYPE },
		{ QGS_QUOTE_REQ, 8, 4, 1047, QGS_E_INVALID_SIZE },
		{ QGS_QUOTE_REQ, 8, 4, 0, QGS_E_INVALID_SIZE },
		{ QGS_QUOTE_REQ, 8, 4, UINT32_MAX, QGS_E_INVALID_SIZE },
		{ QGS_QUOTE_REQ, 12, 4, 1, QGS_E_INVALID_CODE },
		{ QGS_QUOTE_REQ, 16, 4, 0, QGS_E_INVALID_CODE },
		{ QGS_QUOTE_REQ, 16, 4, 1023, QGS_E_INVALID_SIZE },
		{ QGS_QUOTE_REQ, 16, 4, 1025, QGS_E_INVALID_SIZE },
		{ QGS_QUOTE_REQ, 16, 4, UINT32_MAX - 24, QGS_E_UNEXPECTED },
		{ QGS_QUOTE_REQ, 16, 4, UINT32_MAX - 25, QGS_E_INVALID_SIZE },
		{ QGS_QUOTE_REQ, 16, 4, UINT32_MAX, QGS_E_UNEXPECTED },
		{ QGS_QUOTE_REQ, 20, 4, 1, QGS_E_INVALID_SIZE },
		{ QGS_QUOTE_REQ, 20, 4, UINT32_MAX - 1023,
		  QGS_E_UNEXPECTED }, /* 32-bit sum wraps to what it was */
		{ QGS_QUOTE_RESP, 4, 4, 0, QGS_E_INVALID_TYPE },
		{ QGS_QUOTE_RESP, 12, 4, 0x12001, QGS_E_INVALID_SIZE }, /* an error with a quote */
		{ QGS_QUOTE_RESP, 12, 4, 0x12008, QGS_E_INVALID_CODE },
		{ QGS_QUOTE_RESP, 12, 4, UINT32_MAX, QGS_E_INVALID_CODE },
		{ QGS_QUOTE_RESP, 20, 4, 0, QGS_E_INVALID_SIZE },
		{ QGS_QUOTE_RESP, 16, 4, UINT32_MAX, QGS_E_UNEXPECTED },
		{ QGS_COLLATERAL_REQ, 16, 4, 0, QGS_E_INVALID_SIZE },
		{ QGS_COLLATERAL_REQ, 20, 4, 0, QGS_E_INVALID_SIZE },
		{ QGS_COLLATERAL_REQ, 20, 4, UINT32_MAX, QGS_E_UNEXPECTED },
		{ QGS_COLLATERAL_REQ, 12, 4, 0x12001, QGS_E_INVALID_CODE },
		{ QGS_COLLATERAL_RESP, 20, 4, UINT32_MAX, QGS_E_UNEXPECTED },
		{ QGS_COLLATERAL_RESP, 44, 4, UINT32_MAX - 600, QGS_E_UNEXPECTED },
		{ QGS_COLLATERAL_RESP, 44, 4, 0, QGS_E_INVALID_SIZE },
		{ QGS_COLLATERAL_RESP, 44, 4, 105, QGS_E_INVALID_SIZE },
		{ QGS_COLLATERAL_RESP, 44, 4, 107, QGS_E_INVALID_SIZE },
		{ QGS_COLLATERAL_RESP, 44, 4, 101, QGS_E_INVALID_SIZE },
		{ QGS_COLLATERAL_RESP, 44, 4, 102, QGS_E_INVALID_SIZE }, /* the four bytes are not zero */
		{ QGS_PLATFORM_REQ, 8, 4, 17, QGS_E_INVALID_SIZE },
		{ QGS_PLATFORM_REQ, 12, 4, 9, QGS_E_INVALID_CODE },
		{ QGS_PLATFORM_RESP, 20, 4, 17, QGS_E_INVALID_SIZE },
		{ QGS_PLATFORM_RESP, 24, 4, 0, QGS_E_INVALID_SIZE },
		{ QGS_PLATFORM_RESP, 24, 4, 20, 0 }, /* the tail belongs to the part */
		{ QGS_PLATFORM_RESP, 24, 4, UINT32_MAX, QGS_E_UNEXPECTED },
		{ QGS_PLATFORM_RESP, 60, 4, 1, QGS_E_INVALID_SIZE }, /* the tail is not zero */
		{ QGS_PLATFORM_RESP, 12, 4, 0x12001, QGS_E_INVALID_SIZE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct qgs_message m = sample(cases[i].type), ret;
		uint8_t to[ROOM], *exact;
		size_t size = written(&m, false, to);
		struct jurat_error err = { "" };

		exact = heap_copy(to, size);
		bytes_put_le(exact + cases[i].off, cases[i].value, cases[i].size);
		assert_int_equal(qgs_read(cases[i].type, exact, size, &ret, &err), cases[i].want);
		assert_int_equal(err.text[0] != 0, cases[i].want != 0);
		free(exact);
	}
}

static void an_empty_error_of_every_response_is_read(void **state)
{
	static const enum qgs_type responses[] = { QGS_QUOTE_RESP, QGS_COLLATERAL_RESP, QGS_PLATFORM_RESP };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(responses); i++)
		for (uint32_t code = 1; code < 10; code++) {
			struct qgs_message m = qgs_message(responses[i]), ret;
			uint8_t to[ROOM];
			size_t size;

			m.error_code = QGS_E_UNEXPECTED + code - 1;
			if (m.error_code < QGS_E_MAX) {
				size = written(&m, false, to);
				assert_int_equal(qgs_read(responses[i], to, size, &ret, NULL), 0);
				assert_int_equal(ret.error_code, m.error_code);
			} else {
				assert_int_equal(qgs_write(&m, false, to, ROOM, &size, NULL), -EINVAL);
			}
		}
}

static void the_type_is_told_before_the_rest_is_judged(void **state)
{
	uint8_t hdr[16] = { 1, 0, 1, 0, 5 };
	enum qgs_type type = QGS_QUOTE_REQ;

	(void)state;
	assert_int_equal(qgs_read_type(hdr, 16, &type, NULL), 0);
	assert_int_equal(type, QGS_PLATFORM_RESP);
	for (size_t n = 0; n < 16; n++)
		assert_int_equal(qgs_read_type(hdr, n, &type, NULL), QGS_E_INVALID_PARAMETER);
	hdr[4] = 6; /* Intel's library calls this a version too */
	assert_int_equal(qgs_read_type(hdr, 16, &type, NULL), QGS_E_INVALID_VERSION);
	hdr[4] = 0;
	hdr[0] = 0;
	assert_int_equal(qgs_read_type(hdr, 16, &type, NULL), QGS_E_INVALID_VERSION);
	assert_int_equal(type, QGS_PLATFORM_RESP);
}

static void what_could_not_be_read_is_not_written(void **state)
{
	uint8_t to[ROOM];
	size_t size = 7;

	(void)state;
	memset(to, 0xee, sizeof(to));
#define REFUSED(type, change)                                                                                \
	do {                                                                                                 \
		struct qgs_message m = sample(type);                                                         \
		change;                                                                                      \
		assert_int_equal(qgs_write(&m, true, to, ROOM, &size, NULL), -EINVAL);                       \
		assert_int_equal(size, 7);                                                                   \
	} while (0)
	REFUSED(QGS_QUOTE_REQ, m.parts[QGS_PART_REPORT].size = 0);
	REFUSED(QGS_QUOTE_REQ, m.parts[QGS_PART_REPORT].size = UINT32_MAX);
	REFUSED(QGS_QUOTE_REQ, m.parts[QGS_PART_REPORT].size = UINT32_MAX - 24);
	REFUSED(QGS_QUOTE_REQ, m.parts[QGS_PART_ID_LIST].size = SIZE_MAX);
	REFUSED(QGS_QUOTE_REQ, m.error_code = 1);
	REFUSED(QGS_QUOTE_REQ, m.tail = 4);
	REFUSED(QGS_QUOTE_RESP, m.parts[QGS_PART_QUOTE].size = 0);
	REFUSED(QGS_QUOTE_RESP, m.error_code = QGS_E_UNEXPECTED);
	REFUSED(QGS_QUOTE_RESP, m.tail = 4);
	REFUSED(QGS_COLLATERAL_REQ, m.parts[QGS_PART_PCK_CA].size = 0);
	REFUSED(QGS_COLLATERAL_RESP, m.parts[QGS_PART_QE_IDENTITY].size = 0);
	REFUSED(QGS_COLLATERAL_RESP, m.tail = 3);
	REFUSED(QGS_PLATFORM_REQ, m.error_code = 1);
	REFUSED(QGS_PLATFORM_RESP, m.parts[QGS_PART_CPUSVN].size = 0);
	assert_true(bytes_all(to, sizeof(to), 0xee));
}

static void a_buffer_too_small_is_told_the_size(void **state)
{
	struct qgs_message m = sample(QGS_PLATFORM_RESP);
	uint8_t to[ROOM];

	(void)state;
	memset(to, 0xee, sizeof(to));
	for (size_t room = 0; room < 68; room++) {
		uint8_t *exact = heap_copy(to, room);
		size_t size = 0;

		assert_int_equal(qgs_write(&m, true, exact, room, &size, NULL), JURAT_TOO_SMALL);
		assert_int_equal(size, 68);
		assert_true(bytes_all(exact, room, 0xee));
		assert_int_equal(qgs_write(&m, false, exact, room, &size, NULL),
				 room < 64 ? JURAT_TOO_SMALL : 0);
		assert_int_equal(size, 64);
		free(exact);
	}
}

static void types_and_codes_have_names(void **state)
{
	(void)state;
	assert_string_equal(qgs_type_name(QGS_QUOTE_REQ), "GET_QUOTE_REQ");
	assert_string_equal(qgs_type_name(QGS_PLATFORM_RESP), "GET_PLATFORM_INFO_RESP");
	assert_null(qgs_type_name(6));
	assert_int_equal(qgs_n_parts(QGS_COLLATERAL_RESP), 7);
	assert_int_equal(qgs_n_parts(QGS_PLATFORM_REQ), 0);
	assert_int_equal(qgs_n_parts(6), 0);
	assert_string_equal(qgs_error_name(0), "SUCCESS");
	assert_string_equal(qgs_error_name(0x12001), "UNEXPECTED");
	assert_string_equal(qgs_error_name(0x12007), "INVALID_CODE");
	assert_null(qgs_error_name(0x12008));
	assert_null(qgs_error_name(1));
	assert_null(qgs_error_name(0x12000));
	assert_true(qgs_is_request(0) && qgs_is_request(2) && qgs_is_request(4));
	assert_false(qgs_is_request(1) || qgs_is_request(5) || qgs_is_request(6));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_byte_examples_are_met_to_the_letter),
		cmocka_unit_test(what_was_written_is_read_back),
		cmocka_unit_test(G9_replies_have_the_lengths_of_intels_library),
		cmocka_unit_test(every_truncation_gives_the_code_of_intels_library),
		cmocka_unit_test(G4_G9_bad_numbers_give_the_code_of_intels_library),
		cmocka_unit_test(an_empty_error_of_every_response_is_read),
		cmocka_unit_test(the_type_is_told_before_the_rest_is_judged),
		cmocka_unit_test(what_could_not_be_read_is_not_written),
		cmocka_unit_test(a_buffer_too_small_is_told_the_size),
		cmocka_unit_test(types_and_codes_have_names),
	};

	return cmocka_run_group_tests_name("wire_qgs", tests, NULL, NULL);
}
