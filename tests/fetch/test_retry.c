/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>

#include "fetch/http.h"
#include "fetch/retry.h"

enum { NOW = 1700000000 }; /* Tue, 14 Nov 2023 22:13:20 GMT */

static void retry_after_is_seconds_or_a_date(void **state)
{
	static const struct {
		const char *text;
		bool known;
		uint64_t ms;
	} rows[] = {
		{ NULL, false, 0 },
		{ "", false, 0 },
		{ "0", true, 0 },
		{ "12", true, 12000 },
		{ "86400", true, 86400000 },
		{ "86401", true, 86400000 },
		{ "18446744073709551617", true, 86400000 },
		{ "Tue, 14 Nov 2023 22:13:50 GMT", true, 30000 },
		{ "Tuesday, 14-Nov-23 22:13:50 GMT", true, 30000 },
		{ "Tue, 14 Nov 2023 22:13:20 GMT", true, 0 },
		{ "Tue, 14 Nov 2023 22:13:19 GMT", true, 0 },
		{ "Wed, 01 Jan 2200 00:00:00 GMT", true, 86400000 },
		{ "-1", false, 0 },
		{ "12.5", false, 0 },
		{ "1e3", false, 0 },
		{ "12 s", false, 0 },
		{ "soon", false, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct retry_after after = retry_after_read(rows[i].text, NOW);

		if (after.known != rows[i].known || after.ms != rows[i].ms)
			FAIL_BECAUSE("'%s': known %d, %llu ms", rows[i].text ? rows[i].text : "(none)",
				     after.known, (unsigned long long)after.ms);
	}
}

static void what_may_pass_is_a_429_and_most_of_5xx(void **state)
{
	for (unsigned status = 100; status < 600; status++)
		assert_int_equal(retry_status(status),
				 status == 429 || (status >= 500 && status != 501 && status != 505));
}

static void waits_double_up_to_a_bound_for_any_attempt(void **state)
{
	static const struct retry_after none = { 0 };

	for (unsigned attempt = 1; attempt < 100000; attempt += attempt < 100 ? 1 : 997) {
		uint64_t whole = attempt > 6 ? RETRY_LONGEST_MS : (uint64_t)RETRY_FIRST_MS << (attempt - 1);

		assert_int_equal(retry_wait_ms(attempt, 500, &none, 0), whole / 2);
		assert_int_equal(retry_wait_ms(attempt, 500, &none, UINT32_MAX), whole / 2 + whole / 2);
	}
}

static void what_the_service_asks_for_is_never_undercut(void **state)
{
	for (uint64_t ms = 1000; ms <= 60000; ms += 1000)
		for (uint64_t random = 0; random <= UINT32_MAX; random += UINT32_MAX / 7) {
			struct retry_after after = { true, ms };
			uint64_t wait = retry_wait_ms(1, 429, &after, (uint32_t)random);

			assert_in_range(wait, ms, ms + 1000);
		}
}

static void retry_after_counts_with_429_and_503_only(void **state)
{
	struct retry_after after = { true, 60000 };

	assert_true(retry_wait_ms(1, 503, &after, 0) >= 60000);
	assert_true(retry_wait_ms(1, 500, &after, 0) <= 500);
}

static void redirects_stay_at_their_host(void **state)
{
	static const struct {
		const char *from, *to;
		bool good;
	} rows[] = {
		{ "https://a.example/x", "https://a.example/y", true },
		{ "https://a.example/x", "https://A.EXAMPLE/y", true },
		{ "https://a.example/x", "https://a.example:443/y", true },
		{ "http://a.example/x", "https://a.example/y", true },
		{ "http://a.example:8080/x", "https://a.example:8443/y", true },
		{ "https://a.example/x", "http://a.example/y", false },
		{ "https://a.example/x", "https://a.example:444/y", false },
		{ "https://a.example/x", "https://a.example.evil.example/y", false },
		{ "https://a.example/x", "https://a.example@evil.example/y", false },
		{ "https://a.example/x", "https://evil.example/a.example", false },
		{ "https://a.example/x", "https://user@a.example/y", false },
		{ "https://a.example/x", "https://a.example\\@evil.example/", false },
		{ "https://a.example/x", "file://a.example/etc/passwd", false },
		{ "https://a.example/x", "ftp://a.example/", false },
		{ "https://a.example/x", "", false },
		{ "https://[::1]/x", "https://[::1]/y", true },
		{ "https://[::1]/x", "https://[::2]/y", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct jurat_error err = { "" };
		int r = http_check_redirect(rows[i].from, rows[i].to, &err);

		if ((r == 0) != rows[i].good || (r != 0 && (r != -EPROTO || !err.text[0])))
			FAIL_BECAUSE("'%s': %d %s", rows[i].to, r, err.text);
	}
}

static void hosts_in_messages_have_no_credentials(void **state)
{
	char host[HTTP_HOST_BYTES];

	assert_string_equal(http_host("https://a.example:81/x?y@z", host), "a.example:81");
	assert_string_equal(http_host("https://user:secret@a.example/x", host), "a.example");
	assert_string_equal(http_host("https://user:sec@ret@a.example/x", host), "a.example");
	assert_string_equal(http_host("https://[::1]:8081", host), "[::1]:8081");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(retry_after_is_seconds_or_a_date),
		cmocka_unit_test(what_may_pass_is_a_429_and_most_of_5xx),
		cmocka_unit_test(waits_double_up_to_a_bound_for_any_attempt),
		cmocka_unit_test(what_the_service_asks_for_is_never_undercut),
		cmocka_unit_test(retry_after_counts_with_429_and_503_only),
		cmocka_unit_test(redirects_stay_at_their_host),
		cmocka_unit_test(hosts_in_messages_have_no_credentials),
	};

	return cmocka_run_group_tests_name("fetch_retry", tests, NULL, NULL);
}
