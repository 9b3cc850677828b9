/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <string.h>

#include "daemon/shelf.h"

/* What the endorsement service has in memory: found until it expires, bounded, the least used dropped. */
enum { MIB = 1 << 20, BODY_BYTES = 10000, NOW = 1000, LATER = 500000, DAY = 86400 };

static struct shelf *new_shelf(size_t bytes)
{
	struct shelf *s = NULL;

	assert_int_equal(shelf_new(bytes, &s), 0);
	return s;
}

static bool put(struct shelf *s, const char *name, enum endorse_kind kind, size_t n, int64_t expires)
{
	const struct endorse_item item = { .kind = kind };
	struct endorse_value value = { .body = calloc(1, n), .size = n };
	bool done;

	assert_non_null(value.body);
	done = shelf_put(s, name, &item, &value, expires, NOW);
	assert_int_equal(value.body == NULL, done); /* taken on success only */
	endorse_value_done(&value);
	return done;
}

static void an_item_is_found_until_it_expires(void **state)
{
	struct shelf *s = new_shelf(MIB);
	struct shelf_entry *e;

	assert_true(put(s, "a", ENDORSE_VCEK, 100, LATER));
	e = shelf_find(s, "a", LATER - 1);
	assert_non_null(e);
	assert_int_equal(shelf_status(e), 200);
	assert_int_equal(shelf_expires(e), LATER);
	assert_null(shelf_find(s, "b", NOW));
	assert_null(shelf_find(s, "a", LATER));
	assert_int_equal(shelf_stats(s)->entries, 0);
	assert_int_equal(shelf_stats(s)->bytes, 0);
	shelf_free(s);
}

static void a_newer_value_replaces_an_older_one_and_a_missing_one(void **state)
{
	struct shelf *s = new_shelf(MIB);

	shelf_put_missing(s, "a", 404, LATER, NOW);
	assert_int_equal(shelf_status(shelf_find(s, "a", NOW)), 404);
	assert_false(shelf_wants_refresh(shelf_find(s, "a", NOW), LATER));
	assert_true(put(s, "a", ENDORSE_VCEK, 100, LATER));
	assert_true(put(s, "a", ENDORSE_VCEK, 200, LATER + 1));
	assert_int_equal(shelf_value(shelf_find(s, "a", NOW))->size, 200);
	assert_int_equal(shelf_stats(s)->entries, 1);
	shelf_free(s);
}

static void what_a_wrong_clock_found_is_forgotten_with_it(void **state)
{
	struct shelf *s = new_shelf(MIB);

	shelf_put_missing(s, "a", 502, LATER, NOW);
	assert_true(put(s, "b", ENDORSE_VCEK, 100, LATER));
	assert_non_null(shelf_find(s, "a", NOW));
	assert_null(shelf_find(s, "a", NOW - 1));
	assert_null(shelf_find(s, "b", NOW - 1));
	assert_int_equal(shelf_stats(s)->entries, 0);
	shelf_free(s);
}

static void all_can_be_forgotten(void **state)
{
	struct shelf *s = new_shelf(MIB);

	assert_true(put(s, "a", ENDORSE_VCEK, 100, LATER));
	shelf_put_missing(s, "b", 404, LATER, NOW);
	shelf_clear(s);
	assert_null(shelf_find(s, "a", NOW));
	assert_int_equal(shelf_stats(s)->entries, 0);
	assert_int_equal(shelf_stats(s)->bytes, 0);
	assert_true(put(s, "a", ENDORSE_VCEK, 100, LATER));
	assert_non_null(shelf_find(s, "a", NOW));
	shelf_free(s);
}

static void memory_is_bounded_and_the_least_used_go_first(void **state)
{
	struct shelf *s = new_shelf(MIB);
	char name[16];

	for (unsigned i = 0; i < 1000; i++) {
		TEXT(name, "%u", i);
		assert_true(put(s, name, ENDORSE_VCEK, BODY_BYTES, LATER));
		assert_non_null(shelf_content(s, shelf_find(s, name, NOW), ENDORSE_AS_SERVED));
		assert_non_null(shelf_find(s, "0", NOW)); /* in use, so it stays */
		assert_in_range(shelf_stats(s)->bytes, 1, MIB);
	}
	assert_null(shelf_find(s, "1", NOW));
	assert_non_null(shelf_find(s, "999", NOW));
	assert_int_equal(shelf_stats(s)->evicted + shelf_stats(s)->entries, 1000);
	assert_false(put(s, "large", ENDORSE_TCB_INFO, 2 * MIB, LATER));
	shelf_free(s);
}

static void documents_are_asked_for_again_after_a_day_and_certificates_near_their_end(void **state)
{
	struct shelf *s = new_shelf(MIB);
	struct shelf_entry *e;

	assert_true(put(s, "document", ENDORSE_TCB_INFO, 100, NOW + 30 * DAY));
	e = shelf_find(s, "document", NOW);
	assert_false(shelf_wants_refresh(e, NOW + DAY - 1));
	assert_true(shelf_wants_refresh(e, NOW + DAY));
	assert_false(shelf_wants_refresh(e, NOW + DAY + 1)); /* once, for a while */
	assert_true(shelf_wants_refresh(e, NOW + DAY + 3600));
	assert_true(put(s, "short", ENDORSE_PCK_CRL, 100, NOW + 1000));
	assert_true(shelf_wants_refresh(shelf_find(s, "short", NOW), NOW + 900));
	assert_true(put(s, "vcek", ENDORSE_VCEK, 100, NOW + 1000 * DAY));
	assert_false(shelf_wants_refresh(shelf_find(s, "vcek", NOW), NOW + 899 * DAY));
	assert_true(shelf_wants_refresh(shelf_find(s, "vcek", NOW), NOW + 900 * DAY));
	shelf_free(s);
}

static void an_issuer_chain_that_no_header_has_room_for_is_no_answer(void **state)
{
	const struct endorse_item item = { .kind = ENDORSE_TCB_INFO };
	char chain[9000];
	uint8_t body[] = { '{', '}' };
	struct endorse_value value = { .body = body, .size = sizeof(body), .issuer_chain = chain };
	struct web_content *c;

	memset(chain, 'a', sizeof(chain) - 1);
	chain[sizeof(chain) - 1] = '\0';
	assert_null(answer_new(&item, &value, ENDORSE_AS_SERVED, NULL, false));
	chain[100] = '\0';
	c = answer_new(&item, &value, ENDORSE_AS_SERVED, NULL, false);
	assert_non_null(c);
	web_content_drop(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_item_is_found_until_it_expires),
		cmocka_unit_test(a_newer_value_replaces_an_older_one_and_a_missing_one),
		cmocka_unit_test(what_a_wrong_clock_found_is_forgotten_with_it),
		cmocka_unit_test(all_can_be_forgotten),
		cmocka_unit_test(memory_is_bounded_and_the_least_used_go_first),
		cmocka_unit_test(documents_are_asked_for_again_after_a_day_and_certificates_near_their_end),
		cmocka_unit_test(an_issuer_chain_that_no_header_has_room_for_is_no_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
