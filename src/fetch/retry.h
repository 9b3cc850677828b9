/* SPDX-License-Identifier: MIT */
#ifndef FETCH_RETRY_H
#define FETCH_RETRY_H

#include <stdbool.h>
#include <stdint.h>

/*
 * When a request is repeated. Pure: the caller has the clock and the random numbers.
 */
enum {
	RETRY_FIRST_MS = 500,          /* the first wait after a failure; doubles with each attempt */
	RETRY_LONGEST_MS = 30 * 1000,  /* and grows no further */
	RETRY_BUSY_MS = 10 * 1000,     /* after a 429 that names no time: AMD's KDS serves one VCEK in 10 s */
	RETRY_MAX_AFTER_S = 24 * 3600, /* a longer Retry-After counts as this */
};

struct retry_after {
	bool known;
	uint64_t ms;
};

/*
 * Reads a Retry-After header: seconds, or an HTTP date, which is compared with `now`. Anything else is as if
 * it had not been sent. Spec: RFC 9110 10.2.3.
 *
 * text   untrusted; NULL: not sent
 * now    seconds since 1970
 */
struct retry_after retry_after_read(const char *text, int64_t now);

/* Whether a status says that the same request may succeed later. */
bool retry_status(unsigned status);

/*
 * The wait before the next attempt: what the service asked for and up to a second more, so that those who
 * were refused together do not come back together; otherwise half of a time that doubles with each attempt,
 * and a random part of the other half.
 *
 * attempt   the one that failed, from 1
 * status    of its answer; 0: none
 * random    any number
 */
uint64_t retry_wait_ms(unsigned attempt, unsigned status, const struct retry_after *after, uint32_t random);

#endif
