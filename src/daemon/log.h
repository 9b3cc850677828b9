/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_LOG_H
#define DAEMON_LOG_H

#include <stdint.h>

/*
 * Lines for people and programs on standard error, one write(2) each:
 *
 *	time=2026-01-31T12:00:00.123Z level=info event=listening address=unix:/run/qgs.socket
 *
 * If standard error is the journal ($JOURNAL_STREAM), lines begin with a "<6>" prefix in place of the time.
 * Values may be untrusted: they are quoted and escaped where needed, and never used as format strings. Events
 * that a peer can cause are limited to LOG_BURST lines per second; the next line has the number of suppressed
 * ones.
 */
enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };
enum { LOG_BURST = 20, LOG_LINE_BYTES = 1024 };

void log_init(enum log_level least);
/* Pairs of key and value, ended by NULL: log_event(LOG_LEVEL_INFO, "listening", "address", text, NULL). */
__attribute__((sentinel)) void log_event(enum log_level level, const char *event, ...);
/* The same for events that a peer can cause. */
__attribute__((sentinel)) void log_peer_event(enum log_level level, const char *event, ...);

#endif
