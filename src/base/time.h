/* SPDX-License-Identifier: MIT */
#ifndef BASE_TIME_H
#define BASE_TIME_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The calendar, and times as text. Times are seconds since 1970, UTC; there are no leap seconds. Not libc's:
 * that one reads files and takes a lock of the process (doc/decisions/0011-own-calendar.md).
 */
enum { BASE_DAY_SECONDS = 24 * 60 * 60 };

/* A date of the proleptic Gregorian calendar, years 0 to 9999, as days since 1970; false: no such day. */
bool base_date_days(unsigned year, unsigned month, unsigned day, int64_t *ret);
/* The way back; false: not in those years. */
bool base_days_date(int64_t days, unsigned *ret_year, unsigned *ret_month, unsigned *ret_day);

/* The day of a time, as days since 1970. */
int64_t base_time_days(int64_t seconds);

/* The same day and time `years` later; 1 March where that year has no 29 February. Beyond 9999: `seconds`. */
int64_t base_time_years_later(int64_t seconds, unsigned years);

/*
 * RFC 3339: "2026-01-31T12:00:00Z", an offset in place of the Z, a fraction of a second (dropped), a blank
 * in place of the T, or small letters; or a date alone, which is its midnight, UTC. Years 1970 to 9999, also
 * after the offset. false: anything else, and *ret is unchanged.
 */
bool base_time_read(const char *text, int64_t *ret);

/* "2026-01-31T12:00:00Z"; of a year that has not four digits the seconds. Returns `text`. */
enum { BASE_TIME_BYTES = 24 };
char *base_time_text(int64_t seconds, char text[BASE_TIME_BYTES]);

#endif
