/* SPDX-License-Identifier: MIT */
#include "fetch/retry.h"

#include <curl/curl.h>
#include <string.h>

struct retry_after retry_after_read(const char *text, int64_t now)
{
	struct retry_after after = { .known = true };
	uint64_t seconds = 0;
	size_t digits;
	time_t date;

	if (!text || !text[0])
		return (struct retry_after){ 0 };
	digits = strspn(text, "0123456789");
	if (text[digits] == '\0') {
		for (size_t i = 0; i < digits && seconds <= RETRY_MAX_AFTER_S; i++)
			seconds = seconds * 10 + (uint64_t)(text[i] - '0');
	} else {
		date = curl_getdate(text, NULL);
		if (digits > 0 || date < 0)
			return (struct retry_after){ 0 };
		seconds = date > now ? (uint64_t)date - (uint64_t)now : 0;
	}
	after.ms = (seconds < RETRY_MAX_AFTER_S ? seconds : RETRY_MAX_AFTER_S) * 1000;
	return after;
}

bool retry_status(unsigned status)
{
	return status == 429 || (status >= 500 && status < 600 && status != 501 && status != 505);
}

/* A random number from 0 to `most`. */
static uint64_t part(uint64_t most, uint32_t random)
{
	return (most + 1) * random >> 32;
}

uint64_t retry_wait_ms(unsigned attempt, unsigned status, const struct retry_after *after, uint32_t random)
{
	uint64_t ms = RETRY_LONGEST_MS;

	/* Zero would be an invitation to ask without pause. */
	if (after->known && after->ms > 0 && (status == 429 || status == 503))
		return after->ms + part(after->ms < 1000 ? after->ms : 1000, random);
	if (attempt < 8 && (uint64_t)RETRY_FIRST_MS << (attempt - 1) < ms)
		ms = (uint64_t)RETRY_FIRST_MS << (attempt - 1);
	if (status == 429 && ms < RETRY_BUSY_MS)
		return RETRY_BUSY_MS + part(1000, random);
	return ms / 2 + part(ms / 2, random);
}
