/* SPDX-License-Identifier: MIT */
#include "daemon/log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
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
	enum log_level least;
	bool journal;
	uint64_t second; /* second of the last line caused by a peer */
	unsigned in_second, left_out;
} state = { .least = LOG_LEVEL_INFO };

struct line {
	char text[LOG_LINE_BYTES];
	size_t n;
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

void log_init(enum log_level least)
{
	state.least = least;
	state.journal = is_journal();
}

/* The last byte is reserved for the newline: longer lines are truncated. */
static void put(struct line *l, char c)
{
	if (l->n < sizeof(l->text) - 1)
		l->text[l->n++] = c;
}

static void put_text(struct line *l, const char *text)
{
	while (*text)
		put(l, *text++);
}

static bool is_plain(const char *value)
{
	if (*value == '\0')
		return false;
	for (; *value; value++)
		if (*value <= ' ' || *value == '"' || *value == '\\' || *value == '=' || *value == 0x7f)
			return false;
	return true;
}

static void put_value(struct line *l, const char *value)
{
	if (is_plain(value)) {
		put_text(l, value);
		return;
	}
	put(l, '"');
	for (; *value; value++) {
		char hex[5];

		if (*value == '"' || *value == '\\')
			put(l, '\\');
		if ((unsigned char)*value >= ' ' && *value != 0x7f) {
			put(l, *value);
			continue;
		}
		snprintf(hex, sizeof(hex), "\\x%02x", (unsigned char)*value);
		put_text(l, hex);
	}
	put(l, '"');
}

static void begin(struct line *l, enum log_level level, const char *event)
{
	static const char *const names[] = { "error", "warning", "info", "debug" };
	static const char *const priorities[] = { "<3>", "<4>", "<6>", "<7>" };
	char stamp[64], seconds[BASE_TIME_BYTES];
	struct timespec now;

	if (state.journal) {
		put_text(l, priorities[level]);
	} else {
		clock_gettime(CLOCK_REALTIME, &now);
		snprintf(stamp, sizeof(stamp), "time=%.19s.%03dZ ", base_time_text(now.tv_sec, seconds),
			 (int)(now.tv_nsec / 1000000));
		put_text(l, stamp);
	}
	put_text(l, "level=");
	put_text(l, names[level]);
	put_text(l, " event=");
	put_value(l, event);
}

static void log_pairs(enum log_level level, const char *event, va_list pairs)
{
	struct line l = { .n = 0 };
	const char *key;

	begin(&l, level, event);
	while ((key = va_arg(pairs, const char *))) {
		const char *value = va_arg(pairs, const char *);

		put(&l, ' ');
		put_text(&l, key);
		put(&l, '=');
		put_value(&l, value ? value : "");
	}
	l.text[l.n++] = '\n';
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

/* false: too many in this second. */
static bool may_log(void)
{
	struct timespec now;
	char text[16];
	unsigned left_out = state.left_out;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	if ((uint64_t)now.tv_sec == state.second && state.in_second == LOG_BURST) {
		state.left_out++;
		return false;
	}
	if ((uint64_t)now.tv_sec != state.second) {
		state.second = (uint64_t)now.tv_sec;
		state.in_second = 0;
		state.left_out = 0;
		snprintf(text, sizeof(text), "%u", left_out);
		if (left_out > 0)
			log_event(LOG_LEVEL_WARNING, "lines-left-out", "n", text, NULL);
	}
	state.in_second++;
	return true;
}

void log_peer_event(enum log_level level, const char *event, ...)
{
	va_list pairs;

	if (level > state.least || !may_log())
		return;
	va_start(pairs, event);
	log_pairs(level, event, pairs);
	va_end(pairs);
}
