/* SPDX-License-Identifier: MIT */
#include "wire_test.h"

#include <errno.h>

#include "wire/qgs.h"
#include "wire/tdx_report.h"

enum { ROOM = QGS_MAX_REQUEST_BYTES };

static uint8_t report[TDX_REPORT_BYTES];

/* A framed request for a quote with `n_ids` bytes of ids; returns its size, frame included. */
static size_t request(size_t n_ids, uint8_t to[8192])
{
	static const uint8_t ids[4096];
	struct qgs_message m = qgs_message(QGS_QUOTE_REQ);
	uint64_t seed = 3;
	size_t size;

	fill(&seed, report, sizeof(report));
	memset(report, 0, 16);
	report[0] = TDX_REPORT_TYPE;
	m.parts[QGS_PART_REPORT] = bytes_rd(report, sizeof(report));
	m.parts[QGS_PART_ID_LIST] = bytes_rd(ids, n_ids);
	assert_int_equal(qgs_write(&m, true, to, 8192, &size, NULL), 0);
	return size;
}

/* A TDREPORT that stands on its own. */
static void raw_report(uint8_t to[TDX_REPORT_BYTES])
{
	memset(to, 0, TDX_REPORT_BYTES);
	to[0] = TDX_REPORT_TYPE;
	memset(to + 128, 0x77, 64);
	memset(to + 528, 0x55, 48);
}

static struct qgs_assembler assembler(uint8_t **ret_buf, size_t room, bool raw_too)
{
	struct qgs_assembler a;

	*ret_buf = malloc(room ? room : 1); /* exact, so that a sanitizer sees one byte too many */
	assert_non_null(*ret_buf);
	qgs_assembler_init(&a, *ret_buf, room, raw_too);
	assert_true(qgs_assembler_idle(&a));
	return a;
}

/* Feeds pieces of `piece` bytes until something happens; returns it and how many bytes it took in all. */
static int feed_in_pieces(struct qgs_assembler *a, const uint8_t *bytes, size_t n, size_t piece,
			  size_t *ret_taken)
{
	size_t off = 0;

	*ret_taken = 0;
	while (off < n) {
		size_t k = piece < n - off ? piece : n - off, taken = 0;
		uint8_t *exact = heap_copy(bytes + off, k);
		int r = qgs_assembler_feed(a, exact, k, &taken, NULL);

		free(exact);
		off += taken;
		*ret_taken = off;
		if (r != 0)
			return r;
		assert_int_equal(taken, k);
	}
	return 0;
}

static void G1_a_request_arrives_whole_however_it_was_cut(void **state)
{
	uint8_t bytes[8192], *buf;
	size_t size = request(16, bytes);
	static const size_t pieces[] = { 1, 2, 3, 4, 5, 7, 16, 19, 20, 21, 1000, 1052, 8192 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		struct qgs_assembler a = assembler(&buf, ROOM, true);
		struct qgs_message m;
		size_t taken;

		assert_int_equal(feed_in_pieces(&a, bytes, size, pieces[i], &taken), QGS_MESSAGE);
		assert_int_equal(taken, size);
		assert_int_equal(a.want, size - 4);
		assert_memory_equal(buf, bytes + 4, a.want);
		assert_true(qgs_assembler_idle(&a));
		assert_int_equal(qgs_read(QGS_QUOTE_REQ, buf, a.want, &m, NULL), 0);
		assert_memory_equal(m.parts[QGS_PART_REPORT].data, report, sizeof(report));
		free(buf);
	}
}

static void nothing_is_complete_before_the_last_byte(void **state)
{
	uint8_t bytes[8192], *buf;
	size_t size = request(0, bytes);

	(void)state;
	for (size_t n = 1; n < size; n += n < 32 ? 1 : 31) {
		struct qgs_assembler a = assembler(&buf, ROOM, true);
		uint8_t *cut = heap_copy(bytes, n);
		size_t taken;

		assert_int_equal(qgs_assembler_feed(&a, cut, n, &taken, NULL), 0);
		assert_int_equal(taken, n);
		assert_false(qgs_assembler_idle(&a)); /* the stream may not end here */
		assert_int_equal(qgs_assembler_feed(&a, cut, 0, &taken, NULL), 0);
		assert_int_equal(taken, 0);
		assert_int_equal(qgs_assembler_feed(&a, bytes + n, size - n, &taken, NULL), QGS_MESSAGE);
		free(cut);
		free(buf);
	}
}

static void two_messages_in_one_stream_come_one_after_the_other(void **state)
{
	uint8_t bytes[8192], all[16384], *buf;
	size_t first = request(16, bytes), second, taken;
	static const size_t pieces[] = { 1, 3, 1000, 1100, 16384 };

	(void)state;
	memcpy(all, bytes, first);
	second = request(64, all + first);
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		struct qgs_assembler a = assembler(&buf, ROOM, false);

		assert_int_equal(feed_in_pieces(&a, all, first + second, pieces[i], &taken), QGS_MESSAGE);
		assert_int_equal(taken, first);
		assert_int_equal(a.want, first - 4);
		assert_memory_equal(buf, all + 4, a.want);
		assert_int_equal(feed_in_pieces(&a, all + first, second, pieces[i], &taken), QGS_MESSAGE);
		assert_int_equal(taken, second);
		assert_int_equal(a.want, second - 4);
		assert_memory_equal(buf, all + first + 4, a.want);
		assert_int_equal(qgs_assembler_feed(&a, NULL, 0, &taken, NULL), 0);
		assert_true(qgs_assembler_idle(&a));
		free(buf);
	}
}

static void G4_G10_bad_frames_are_refused_for_good(void **state)
{
	static const struct {
		uint8_t bytes[20];
		size_t n; /* bytes after which the answer is known */
		int want;
	} cases[] = {
		{ { 0, 0, 0, 0 }, 4, -EBADMSG },
		{ { 0, 0, 0, 1 }, 4, -EBADMSG },
		{ { 0, 0, 0, 15 }, 4, -EBADMSG },
		{ { 0, 0, 0x0f, 0xfd }, 4, -E2BIG }, /* one more than the room */
		{ { 0, 0, 0x10, 0 }, 4, -E2BIG },
		{ { 0x7f, 0xff, 0xff, 0xff }, 4, -E2BIG },
		{ { 0xff, 0xff, 0xff, 0xfb }, 4, -E2BIG },
		{ { 0xff, 0xff, 0xff, 0xfc }, 4, -E2BIG }, /* + 4 wraps */
		{ { 0xff, 0xff, 0xff, 0xff }, 4, -E2BIG },
		{ { 0x80, 0, 0, 0 }, 4, -E2BIG }, /* like a TDREPORT, but of another TEE */
		{ { 0x82, 0, 0, 0 }, 4, -E2BIG },
		{ { 0x01, 0, 0, 0 }, 4, -E2BIG },
		{ { 0, 0, 0, 24, 1, 0, 1, 0, 0, 0, 0, 0, 23 }, 20, -EBADMSG },
		{ { 0, 0, 0, 24, 1, 0, 1, 0, 0, 0, 0, 0, 25 }, 20, -EBADMSG },
		{ { 0, 0, 0, 24, 1, 0, 1, 0, 0, 0, 0, 0, 24, 0, 0, 1 }, 20, -EBADMSG },
		{ { 0, 0, 0, 24, 2, 0, 1, 0, 0, 0, 0, 0, 24 }, 20, -EPROTO },
		{ { 0, 0, 0, 24, 0, 0, 1, 0, 0, 0, 0, 0, 24 }, 20, -EPROTO },
		{ { 0, 0, 0, 24, 1, 0, 1, 0, 6, 0, 0, 0, 24 }, 20, -EPROTO },
		{ { 0, 0, 0, 24, 1, 0, 1, 0, 0, 1, 0, 0, 24 }, 20, -EPROTO },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t *buf;
		struct qgs_assembler a = assembler(&buf, ROOM, true);
		size_t taken;

		assert_int_equal(feed_in_pieces(&a, cases[i].bytes, cases[i].n - 1, 1, &taken), 0);
		assert_int_equal(feed_in_pieces(&a, cases[i].bytes + cases[i].n - 1, 1, 1, &taken),
				 cases[i].want);
		assert_int_equal(qgs_assembler_feed(&a, cases[i].bytes, 20, &taken, NULL), cases[i].want);
		assert_false(qgs_assembler_idle(&a));
		free(buf);
		a = assembler(&buf, ROOM, true);
		assert_int_equal(qgs_assembler_feed(&a, cases[i].bytes, 20, &taken, NULL), cases[i].want);
		free(buf);
	}
}

static void the_largest_and_the_smallest_message_fit(void **state)
{
	static const uint8_t smallest[] = { 0, 0, 0, 16, 1, 0, 0, 0, 4, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0 };
	uint8_t bytes[8192], *buf;
	size_t size = request(ROOM - 24 - 1024, bytes), taken;
	struct qgs_assembler a = assembler(&buf, ROOM, true);

	(void)state;
	assert_int_equal(size, 4096);
	assert_int_equal(qgs_assembler_feed(&a, bytes, size, &taken, NULL), QGS_MESSAGE);
	assert_int_equal(a.want, ROOM);
	free(buf);
	a = assembler(&buf, ROOM - 1, true);
	assert_int_equal(qgs_assembler_feed(&a, bytes, size, &taken, NULL), -E2BIG);
	free(buf);
	a = assembler(&buf, QGS_HDR_BYTES, true);
	assert_int_equal(qgs_assembler_feed(&a, smallest, sizeof(smallest), &taken, NULL), QGS_MESSAGE);
	assert_int_equal(taken, sizeof(smallest));
	free(buf);
	a = assembler(&buf, 0, true);
	assert_int_equal(qgs_assembler_feed(&a, smallest, sizeof(smallest), &taken, NULL), -E2BIG);
	free(buf);
}

static void a_bare_tdreport_of_1024_bytes_is_taken(void **state)
{
	static const size_t pieces[] = { 1, 3, 5, 1000, 1023, 1024, 1025 };
	uint8_t raw[TDX_REPORT_BYTES + 1] = { 0 }, *buf;
	size_t taken;

	(void)state;
	raw_report(raw);
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		struct qgs_assembler a = assembler(&buf, ROOM, true);

		assert_int_equal(feed_in_pieces(&a, raw, 1024, pieces[i], &taken), QGS_RAW_TDREPORT);
		assert_int_equal(taken, 1024);
		assert_int_equal(a.want, 1024);
		assert_memory_equal(buf, raw, 1024);
		free(buf);
	}
}

/* What is in it is for the service to decide: subtypes, versions and reserved bytes that nobody knows yet. */
static void of_a_bare_tdreport_only_the_type_is_read(void **state)
{
	uint8_t raw[TDX_REPORT_BYTES], *buf;
	size_t taken;

	for (size_t at = 0; at < sizeof(raw); at++) {
		struct qgs_assembler a = assembler(&buf, ROOM, true);

		raw_report(raw);
		raw[at] ^= 0xff;
		assert_int_equal(qgs_assembler_feed(&a, raw, sizeof(raw), &taken, NULL),
				 at == 0 ? -E2BIG : QGS_RAW_TDREPORT);
		free(buf);
	}
}

static void a_bare_tdreport_of_1023_or_1025_bytes_is_not(void **state)
{
	uint8_t raw[TDX_REPORT_BYTES + 1] = { 0 }, *buf;
	struct qgs_assembler a = assembler(&buf, ROOM, true);
	size_t taken;

	(void)state;
	raw_report(raw);
	assert_int_equal(qgs_assembler_feed(&a, raw, 1023, &taken, NULL), 0);
	assert_false(qgs_assembler_idle(&a));
	free(buf);
	a = assembler(&buf, ROOM, true);
	assert_int_equal(qgs_assembler_feed(&a, raw, 1025, &taken, NULL), -EBADMSG);
	free(buf);
	a = assembler(&buf, TDX_REPORT_BYTES - 1, true);
	assert_int_equal(qgs_assembler_feed(&a, raw, 1024, &taken, NULL), -E2BIG);
	free(buf);
	a = assembler(&buf, ROOM, false); /* raw mode not asked for: 0x81000000 is a length */
	assert_int_equal(qgs_assembler_feed(&a, raw, 1024, &taken, NULL), -E2BIG);
	free(buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(G1_a_request_arrives_whole_however_it_was_cut),
		cmocka_unit_test(nothing_is_complete_before_the_last_byte),
		cmocka_unit_test(two_messages_in_one_stream_come_one_after_the_other),
		cmocka_unit_test(G4_G10_bad_frames_are_refused_for_good),
		cmocka_unit_test(the_largest_and_the_smallest_message_fit),
		cmocka_unit_test(a_bare_tdreport_of_1024_bytes_is_taken),
		cmocka_unit_test(a_bare_tdreport_of_1023_or_1025_bytes_is_not),
		cmocka_unit_test(of_a_bare_tdreport_only_the_type_is_read),
	};

	return cmocka_run_group_tests_name("wire_qgs_assembler", tests, NULL, NULL);
}
