/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <limits.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/time.h"

static void times_are_read(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds;
	} rows[] = {
		{ "1970-01-01", 0 },
		{ "1970-01-01T00:00:00Z", 0 },
		{ "1970-01-01T00:00:01.999999999999Z", 1 },
		{ "2026-01-31T12:00:00Z", 1769860800 },
		{ "2026-01-31t12:00:00z", 1769860800 },
		{ "2026-01-31 12:00:00Z", 1769860800 },
		{ "2026-01-31T14:30:00+02:30", 1769860800 },
		{ "2026-01-31T00:00:00-12:00", 1769860800 },
		{ "2024-02-29T23:59:59Z", 1709251199 },
		{ "2000-02-29", 951782400 },
		{ "9999-12-31T23:59:59Z", 253402300799 },
		{ "1970-01-01T00:00:00-00:01", 60 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int64_t t = -1;

		if (!base_time_read(rows[i].text, &t) || t != rows[i].seconds)
			FAIL_BECAUSE("%s: %lld", rows[i].text, (long long)t);
	}
}

static void what_is_no_time_is_refused(void **state)
{
	static const char *const rows[] = {
		"",
		"now",
		"2026",
		"2026-01",
		"2026-1-1",
		"26-01-01",
		"+2026-01-01",
		" 2026-01-01",
		"2026-01-01 ",
		/* days that are not */
		"2024-02-30",
		"2026-02-29",
		"2100-02-29",
		"2026-04-31",
		"2026-06-31",
		"2026-09-31",
		"2026-11-31",
		"2026-01-32",
		"2026-01-00",
		"2026-00-01",
		"2026-13-01",
		/* years */
		"0000-01-01",
		"0001-01-01",
		"1969-12-31",
		"10000-01-01",
		"1969-12-31T23:59:59Z",
		"1970-01-01T00:00:00+00:01",
		"9999-12-31T23:59:59-00:01",
		/* clocks */
		"2026-01-01T24:00:00Z",
		"2026-01-01T23:60:00Z",
		"2026-01-01T23:59:60Z",
		"2026-01-01T23:59:61Z",
		"2026-01-01T1:00:00Z",
		"2026-01-01T01:00Z",
		"2026-01-01T01:00:00",
		"2026-01-01T01:00:00.Z",
		"2026-01-01T01:00:00.5",
		"2026-01-01T01:00:00Zx",
		"2026-01-01T01:00:00ZZ",
		"2026-01-01T",
		"2026-01-01Z",
		"2026-01-01_01:00:00Z",
		"2026-01-01T 1:00:00Z",
		"2026-01-01T+1:00:00Z",
		/* offsets */
		"2026-01-01T01:00:00+",
		"2026-01-01T01:00:00+2",
		"2026-01-01T01:00:00+02",
		"2026-01-01T01:00:00+0200",
		"2026-01-01T01:00:00+24:00",
		"2026-01-01T01:00:00+02:60",
		"2026-01-01T01:00:00+02:00Z",
		"2026-01-01T01:00:00+-2:00",
		"2026-01-01T01:00:00+ 2:00",
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int64_t t = 42;

		if (base_time_read(rows[i], &t) || t != 42)
			FAIL_BECAUSE("'%s' is taken for a time", rows[i]);
	}
}

static void every_truncation_is_refused(void **state)
{
	static const char text[] = "2026-01-31T12:34:56.75+01:30";

	for (size_t n = 0; n <= strlen(text); n++) {
		auto_free char *copy = (char *)heap_copy(text, n + 1);
		int64_t t;

		copy[n] = '\0';
		assert_int_equal(base_time_read(copy, &t), n == strlen(text) || n == strlen("2026-01-31"));
	}
}

/* Against the C library's calendar, each day of ten thousand years and back. */
static void days_agree_with_the_c_library(void **state)
{
	for (int64_t days = -719528; days <= 2932896; days++) {
		time_t at = (time_t)days * 86400;
		unsigned year, month, day;
		struct tm tm;
		int64_t back;

		if (!base_days_date(days, &year, &month, &day) || !gmtime_r(&at, &tm) ||
		    tm.tm_year + 1900 != (int)year || tm.tm_mon + 1 != (int)month || tm.tm_mday != (int)day ||
		    !base_date_days(year, month, day, &back) || back != days)
			FAIL_BECAUSE("day %lld", (long long)days);
	}
}

static void years_later_is_the_same_day(void **state)
{
	static const struct {
		const char *from, *later;
		unsigned years;
	} rows[] = {
		{ "2025-12-31T00:00:00Z", "2032-12-31T00:00:00Z", 7 },
		{ "2024-12-10T22:14:21Z", "2025-12-10T22:14:21Z", 1 },
		{ "2024-02-29T12:00:00Z", "2025-03-01T12:00:00Z", 1 },
		{ "2024-02-29T12:00:00Z", "2028-02-29T12:00:00Z", 4 },
		{ "9998-06-01T00:00:00Z", "9999-06-01T00:00:00Z", 1 },
		{ "9998-06-01T00:00:00Z", "9998-06-01T00:00:00Z", 2 },
		{ "2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z", UINT_MAX },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int64_t from, later;

		assert_true(base_time_read(rows[i].from, &from));
		assert_true(base_time_read(rows[i].later, &later));
		assert_int_equal(base_time_years_later(from, rows[i].years), later);
	}
	assert_int_equal(base_time_years_later(INT64_MAX, 1), INT64_MAX);
	assert_int_equal(base_time_years_later(INT64_MIN, 1), INT64_MIN);
}

/* What verifies evidence may be confined already: libc's calendar opens the file of the time zone. */
static void no_system_call_is_made(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		char text[BASE_TIME_BYTES];
		int64_t t;

		if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == 0)
			syscall(SYS_exit,
				!base_time_read("2026-01-31T12:00:00Z", &t) ||
					strcmp(base_time_text(t, text), "2026-01-31T12:00:00Z") != 0);
		_exit(77);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		SKIP_BECAUSE("seccomp is closed here");
	assert_int_equal(status, 0);
}

static void days_outside_of_the_years_are_refused(void **state)
{
	static const int64_t days[] = { -719529, 2932897, INT64_MIN, INT64_MAX };
	unsigned year, month, day;
	int64_t back;

	for (size_t i = 0; i < ARRAY_SIZE(days); i++)
		assert_false(base_days_date(days[i], &year, &month, &day));
	assert_false(base_date_days(10000, 1, 1, &back));
	assert_false(base_date_days(1900, 2, 29, &back));
	assert_false(base_date_days(2026, UINT32_MAX, UINT32_MAX, &back));
}

static void times_are_written_with_all_their_digits(void **state)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} rows[] = {
		{ 0, "1970-01-01T00:00:00Z" },        { 1769860801, "2026-01-31T12:00:01Z" },
		{ -1, "1969-12-31T23:59:59Z" },       { -62167219200, "0000-01-01T00:00:00Z" },
		{ -62167219201, "-62167219201" },     { 253402300799, "9999-12-31T23:59:59Z" },
		{ 253402300800, "253402300800" },     { INT64_MIN, "-9223372036854775808" },
		{ INT64_MAX, "9223372036854775807" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char text[BASE_TIME_BYTES];

		assert_string_equal(base_time_text(rows[i].seconds, text), rows[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_system_call_is_made), /* before libc has read its file */
		cmocka_unit_test(times_are_read),
		cmocka_unit_test(what_is_no_time_is_refused),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(days_agree_with_the_c_library),
		cmocka_unit_test(years_later_is_the_same_day),
		cmocka_unit_test(days_outside_of_the_years_are_refused),
		cmocka_unit_test(times_are_written_with_all_their_digits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
