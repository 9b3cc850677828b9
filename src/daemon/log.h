/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_LOG_H
#define DAEMON_LOG_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Lines for people and programs on standard error, one write(2) each, from any thread:
 *
 *	time=2026-01-31T12:00:00.123Z level=info event=listening address=unix:/run/qgs.socket
 *	{"time":"2026-01-31T12:00:00.123Z","level":"info","event":"listening","address":"unix:/q"}
 *
 * If standard error is the journal ($JOURNAL_STREAM), lines of text begin with a "<6>" prefix in place of the
 * time. Values may be untrusted: they are quoted and escaped where needed, so that a line is printable ASCII,
 * and never used as format strings. A line that would be too long loses the end of a value, in JSON too.
 *
 * Events that a peer can cause are limited to LOG_BURST lines per second; the next line has the number of
 * suppressed ones. Lines of level debug, which only --verbose prints, are not limited.
 */
enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };
enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };
enum { LOG_BURST = 20, LOG_LINE_BYTES = 1024 };

void log_init(enum log_level least, enum log_format format);
/* Whether lines of this level are printed: for lines whose values cost something. */
bool log_wants(enum log_level level);
/* Pairs of key and value, ended by NULL: log_event(LOG_LEVEL_INFO, "listening", "address", text, NULL). */
__attribute__((sentinel)) void log_event(enum log_level level, const char *event, ...);
/* The same for events that a peer can cause. */
__attribute__((sentinel)) void log_peer_event(enum log_level level, const char *event, ...);

#endif
