/* SPDX-License-Identifier: MIT */
#include "base/time.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

enum {
	LAST_YEAR = 9999,
	YEARS_400 = 146097,   /* days of 400 years, after which the calendar repeats itself */
	DAYS_TO_1970 = 719468 /* from 1 March of the year 0 */
};

static bool is_leap(unsigned year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

bool base_date_days(unsigned year, unsigned month, unsigned day, int64_t *ret)
{
	static const uint8_t lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int64_t days;
	unsigned y;

	if (year > LAST_YEAR || month < 1 || month > 12 || day < 1 ||
	    day > lengths[month - 1] + (unsigned)(month == 2 && is_leap(year)))
		return false;
	/*
	 * In years that begin in March, the leap day is the last day. 400 is added so that no year is
	 * negative.
	 */
	y = year + 400 - (month <= 2);
	days = (int64_t)y * 365 + y / 4 - y / 100 + y / 400 - YEARS_400;
	days += (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
	*ret = days - DAYS_TO_1970;
	return true;
}

bool base_days_date(int64_t days, unsigned *ret_year, unsigned *ret_month, unsigned *ret_day)
{
	static const int64_t first = -719528, last = 2932896; /* 1 January of year 0, 31 December 9999 */
	unsigned era, day, year, march;
	int64_t z;

	if (days < first || days > last)
		return false;
	z = days + DAYS_TO_1970 + YEARS_400;
	era = (unsigned)(z / YEARS_400);
	day = (unsigned)(z % YEARS_400);
	year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	day -= 365 * year + year / 4 - year / 100;
	march = (5 * day + 2) / 153; /* months since 1 March */
	*ret_month = march < 10 ? march + 3 : march - 9;
	*ret_day = day - (153 * march + 2) / 5 + 1;
	*ret_year = year + era * 400 - 400 + (march >= 10);
	return true;
}

int64_t base_time_days(int64_t seconds)
{
	return seconds / BASE_DAY_SECONDS - (seconds % BASE_DAY_SECONDS < 0);
}

int64_t base_time_years_later(int64_t seconds, unsigned years)
{
	int64_t days = base_time_days(seconds), later;
	unsigned year, month, day;

	if (!base_days_date(days, &year, &month, &day) || years > LAST_YEAR - year)
		return seconds;
	if (!base_date_days(year + years, month, day, &later) && !base_date_days(year + years, 3, 1, &later))
		return seconds;
	return seconds + (later - days) * BASE_DAY_SECONDS;
}

/* Reads exactly `n` digits and advances *at past them; false: there are fewer. */
static bool digits(const char **at, size_t n, unsigned *ret)
{
	unsigned v = 0;

	for (size_t i = 0; i < n; i++) {
		char c = (*at)[i];

		if (c < '0' || c > '9')
			return false;
		v = v * 10 + (unsigned)(c - '0');
	}
	*at += n;
	*ret = v;
	return true;
}

static bool one_of(const char **at, char a, char b)
{
	if (**at != a && **at != b)
		return false;
	(*at)++;
	return true;
}

static bool two_digits(const char **at, char before, unsigned max, unsigned *ret)
{
	return one_of(at, before, before) && digits(at, 2, ret) && *ret <= max;
}

/*
 * "12:00:00", an optional fraction, and Z or an offset: seconds since midnight UTC, which an offset may move
 * to another day.
 */
static bool read_clock(const char **at, int64_t *ret)
{
	unsigned hour, minute, second, fraction;
	int64_t offset = 0;
	bool west;

	if (!digits(at, 2, &hour) || hour > 23 || !two_digits(at, ':', 59, &minute) ||
	    !two_digits(at, ':', 59, &second))
		return false;
	if (one_of(at, '.', '.')) {
		if (!digits(at, 1, &fraction))
			return false;
		while (digits(at, 1, &fraction))
			;
	}
	if (!one_of(at, 'Z', 'z')) {
		unsigned hours, minutes;

		west = **at == '-';
		if (!one_of(at, '+', '-') || !digits(at, 2, &hours) || hours > 23 ||
		    !two_digits(at, ':', 59, &minutes))
			return false;
		offset = (int64_t)(hours * 60 + minutes) * (west ? -60 : 60);
	}
	*ret = (int64_t)hour * 3600 + minute * 60 + second - offset;
	return true;
}

bool base_time_read(const char *text, int64_t *ret)
{
	int64_t days, clock = 0, end;
	unsigned year, month, day;

	if (!digits(&text, 4, &year) || !two_digits(&text, '-', 12, &month) ||
	    !two_digits(&text, '-', 31, &day) || !base_date_days(year, month, day, &days))
		return false;
	if (*text && ((!one_of(&text, 'T', 't') && !one_of(&text, ' ', ' ')) || !read_clock(&text, &clock)))
		return false;
	base_date_days(LAST_YEAR, 12, 31, &end);
	if (*text || days * BASE_DAY_SECONDS + clock < 0 ||
	    days * BASE_DAY_SECONDS + clock >= (end + 1) * BASE_DAY_SECONDS)
		return false;
	*ret = days * BASE_DAY_SECONDS + clock;
	return true;
}

char *base_time_text(int64_t seconds, char text[BASE_TIME_BYTES])
{
	int64_t days = base_time_days(seconds);
	unsigned year, month, day, rest;

	if (!base_days_date(days, &year, &month, &day)) {
		snprintf(text, BASE_TIME_BYTES, "%" PRId64, seconds);
		return text;
	}
	rest = (unsigned)(seconds - days * BASE_DAY_SECONDS);
	snprintf(text, BASE_TIME_BYTES, "%04u-%02u-%02uT%02u:%02u:%02uZ", year % 10000, month % 100,
		 day % 100, rest / 3600 % 24, rest / 60 % 60, rest % 60);
	return text;
}
