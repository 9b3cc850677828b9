/* SPDX-License-Identifier: MIT */
#include "daemon/log_id.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/cleanup.h"

enum { TRACE_ID_AT = 3, TRACE_ID_CHARS = 32, TRACEPARENT_CHARS = 55 };

static const char hex[] = "0123456789abcdef";
static const char request_id_chars[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

static _Atomic uint64_t next;

static void begin(void)
{
	struct timespec now;
	uint64_t first;

	/* Before the kernel has random numbers, at boot, the time is as good: ids are no secrets. */
	if (getrandom(&first, sizeof(first), GRND_NONBLOCK) != sizeof(first)) {
		clock_gettime(CLOCK_REALTIME, &now);
		first = (uint64_t)now.tv_sec << 30 | (uint64_t)now.tv_nsec;
	}
	atomic_store(&next, first);
}

struct log_id log_id_new(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, begin);
	return (struct log_id){ .connection = atomic_fetch_add(&next, 1) };
}

char *log_id_text(const struct log_id *id, char *text)
{
	int n = snprintf(text, LOG_ID_BYTES, "%016" PRIx64, id->connection);

	if (id->request > 0)
		n += snprintf(text + n, (size_t)(LOG_ID_BYTES - n), "-%u", id->request);
	if (id->peer[0])
		snprintf(text + n, (size_t)(LOG_ID_BYTES - n), "/%s", id->peer);
	return text;
}

static bool is_request_id(const char *text)
{
	const size_t n = strnlen(text, LOG_ID_PEER_BYTES);

	return n > 0 && n < LOG_ID_PEER_BYTES && strspn(text, request_id_chars) == n;
}

static bool is_hex(const char *text, size_t n)
{
	return strspn(text, hex) >= n;
}

/* Spec: W3C Trace Context 3.2. Version 00 has no more fields; ff and the id of only zeros are invalid. */
static bool is_traceparent(const char *text)
{
	const size_t n = strnlen(text, TRACEPARENT_CHARS + 1);

	if (n < TRACEPARENT_CHARS || !is_hex(text, 2) || text[2] != '-' || !is_hex(text + TRACE_ID_AT, 32) ||
	    text[35] != '-' || !is_hex(text + 36, 16) || text[52] != '-' || !is_hex(text + 53, 2))
		return false;
	if (strncmp(text, "ff", 2) == 0 || strspn(text + TRACE_ID_AT, "0") >= TRACE_ID_CHARS ||
	    strspn(text + 36, "0") >= 16)
		return false;
	return n == TRACEPARENT_CHARS || (strncmp(text, "00", 2) != 0 && text[TRACEPARENT_CHARS] == '-');
}

void log_id_take(struct log_id *id, const char *x_request_id, const char *traceparent)
{
	id->peer[0] = '\0';
	if (x_request_id && is_request_id(x_request_id))
		snprintf(id->peer, sizeof(id->peer), "%s", x_request_id);
	else if (traceparent && is_traceparent(traceparent))
		snprintf(id->peer, sizeof(id->peer), "%.*s", TRACE_ID_CHARS, traceparent + TRACE_ID_AT);
}

char *log_id_answer(const struct log_id *id, char *text)
{
	if (!id->peer[0])
		return log_id_text(id, text);
	snprintf(text, LOG_ID_BYTES, "%s", id->peer);
	return text;
}
