/* SPDX-License-Identifier: MIT */
#include "daemon/log.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/time.h"

/* The process has one standard error. */
static struct {
	/* A reload changes these while other threads log. */
	_Atomic enum log_level least;
	_Atomic enum log_format format;
	atomic_bool journal;
	pthread_mutex_t lock; /* of the members below */
	uint64_t second;      /* second of the last line caused by a peer */
	unsigned in_second, left_out;
} state = { .least = LOG_LEVEL_INFO, .lock = PTHREAD_MUTEX_INITIALIZER };

enum { TAIL_BYTES = 3 }; /* what ends the longest line: a quotation mark, a brace and a newline */

struct line {
	const enum log_format format; /* one, to its end */
	char text[LOG_LINE_BYTES];
	size_t n;
	bool has_pairs;
};

/* $JOURNAL_STREAM has device and inode of a stream, which may be that of a parent process. */
static bool is_journal(void)
{
	const char *text = getenv("JOURNAL_STREAM");
	char stream[64];
	struct stat st;

	if (!text || fstat(STDERR_FILENO, &st) < 0)
		return false;
	snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	return strcmp(text, stream) == 0;
}

void log_init(enum log_level least, enum log_format format)
{
	state.least = least;
	state.format = format;
	state.journal = is_journal();
}

bool log_wants(enum log_level level)
{
	return level <= state.least;
}

/* All of it or nothing: a truncated line has no part of an escape sequence. */
static bool put_text(struct line *l, const char *text)
{
	const size_t n = strlen(text);

	if (l->n + n > sizeof(l->text) - TAIL_BYTES)
		return false;
	memcpy(l->text + l->n, text, n);
	l->n += n;
	return true;
}

/* For the end of a value or line, which always fits. */
static void put_tail(struct line *l, char c)
{
	l->text[l->n++] = c;
}

static bool is_plain(const char *value)
{
	if (*value == '\0')
		return false;
	for (; *value; value++)
		if (*value <= ' ' || *value > '~' || *value == '"' || *value == '\\' || *value == '=')
			return false;
	return true;
}

/* In JSON, a byte beyond ASCII is written as the character of that number. */
static void put_quoted(struct line *l, const char *value)
{
	const char *escape = l->format == LOG_FORMAT_JSON ? "\\u00" : "\\x";
	char text[8];
	bool fits = put_text(l, "\"");

	if (!fits)
		return;
	for (; fits && *value; value++) {
		const unsigned char c = (unsigned char)*value;

		if (c == '"' || c == '\\')
			snprintf(text, sizeof(text), "\\%c", c);
		else if (c >= ' ' && c <= '~')
			snprintf(text, sizeof(text), "%c", c);
		else
			snprintf(text, sizeof(text), "%s%02x", escape, c);
		fits = put_text(l, text);
	}
	put_tail(l, '"');
}

static void put_pair(struct line *l, const char *key, const char *value)
{
	const size_t before = l->n;
	char head[64];
	bool fits;

	if (l->format == LOG_FORMAT_JSON)
		snprintf(head, sizeof(head), "%c\"%s\":", l->has_pairs ? ',' : '{', key);
	else
		snprintf(head, sizeof(head), "%s%s=", l->has_pairs ? " " : "", key);
	/* A key is written with the beginning of its value, or not at all. */
	fits = put_text(l, head) && l->n < sizeof(l->text) - TAIL_BYTES;
	if (fits)
		l->has_pairs = true;
	if (!fits)
		l->n = before;
	else if (l->format == LOG_FORMAT_TEXT && is_plain(value) && put_text(l, value))
		return;
	else
		put_quoted(l, value);
}

static void begin(struct line *l, enum log_level level, const char *event)
{
	static const char *const names[] = { "error", "warning", "info", "debug" };
	static const char *const priorities[] = { "<3>", "<4>", "<6>", "<7>" };
	char stamp[64], seconds[BASE_TIME_BYTES];
	struct timespec now;

	if (state.journal && l->format == LOG_FORMAT_TEXT) {
		put_text(l, priorities[level]);
	} else {
		clock_gettime(CLOCK_REALTIME, &now);
		snprintf(stamp, sizeof(stamp), "%.19s.%03dZ", base_time_text(now.tv_sec, seconds),
			 (int)(now.tv_nsec / 1000000));
		put_pair(l, "time", stamp);
	}
	put_pair(l, "level", names[level]);
	put_pair(l, "event", event);
}

static void log_pairs(enum log_level level, const char *event, va_list pairs)
{
	struct line l = { .format = state.format };
	const char *key;

	begin(&l, level, event);
	while ((key = va_arg(pairs, const char *))) {
		const char *value = va_arg(pairs, const char *);

		put_pair(&l, key, value ? value : "");
	}
	if (l.format == LOG_FORMAT_JSON)
		put_tail(&l, '}');
	put_tail(&l, '\n');
	(void)!write(STDERR_FILENO, l.text, l.n);
}

void log_event(enum log_level level, const char *event, ...)
{
	va_list pairs;

	if (level > state.least)
		return;
	va_start(pairs, event);
	log_pairs(level, event, pairs);
	va_end(pairs);
}

/* false: too many in this second. *ret: how many lines were left out before this one. */
static bool may_log(unsigned *ret)
{
	struct timespec now;
	bool may = true;

	*ret = 0;
	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	pthread_mutex_lock(&state.lock);
	if ((uint64_t)now.tv_sec != state.second) {
		*ret = state.left_out;
		state.second = (uint64_t)now.tv_sec;
		state.in_second = 0;
		state.left_out = 0;
	}
	if (state.in_second == LOG_BURST) {
		state.left_out++;
		may = false;
	} else {
		state.in_second++;
	}
	pthread_mutex_unlock(&state.lock);
	return may;
}

void log_peer_event(enum log_level level, const char *event, ...)
{
	unsigned left_out = 0;
	char text[16];
	va_list pairs;

	if (level > state.least || (level != LOG_LEVEL_DEBUG && !may_log(&left_out)))
		return;
	if (left_out > 0) {
		snprintf(text, sizeof(text), "%u", left_out);
		log_event(LOG_LEVEL_WARNING, "lines-left-out", "n", text, NULL);
	}
	va_start(pairs, event);
	log_pairs(level, event, pairs);
	va_end(pairs);
}
