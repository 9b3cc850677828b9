/* SPDX-License-Identifier: MIT */
#ifndef BASE_TIME_H
#define BASE_TIME_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Calendar dates, and times as text. Times are seconds since 1970, UTC, without leap seconds. libc's
 * functions are not used because they read files and take a process-wide lock
 * (doc/decisions/0011-own-calendar.md).
 */
enum { BASE_DAY_SECONDS = 24 * 60 * 60 };

/*
 * Converts a date of the proleptic Gregorian calendar, years 0 to 9999, to days since 1970; false: no such
 * date.
 */
bool base_date_days(unsigned year, unsigned month, unsigned day, int64_t *ret);
/* The inverse; false: outside those years. */
bool base_days_date(int64_t days, unsigned *ret_year, unsigned *ret_month, unsigned *ret_day);

/* The day of a time, as days since 1970. */
int64_t base_time_days(int64_t seconds);

/*
 * The same date and time `years` later; 1 March when that year has no 29 February. After the year 9999:
 * `seconds`.
 */
int64_t base_time_years_later(int64_t seconds, unsigned years);

/*
 * Parses an RFC 3339 time: "2026-01-31T12:00:00Z", with an offset in place of the Z, a fraction of a second
 * (ignored), a space in place of the T, or lower-case letters; or a date alone, which means midnight UTC. The
 * result must be in the years 1970 to 9999. false: anything else, and *ret is unchanged.
 */
bool base_time_read(const char *text, int64_t *ret);

/* "2026-01-31T12:00:00Z"; the number of seconds when the year does not have four digits. Returns `text`. */
enum { BASE_TIME_BYTES = 24 };
char *base_time_text(int64_t seconds, char text[BASE_TIME_BYTES]);

#endif
