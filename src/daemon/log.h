/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_LOG_H
#define DAEMON_LOG_H

#include <stdint.h>

/*
 * Lines for people and programs on standard error, one write(2) each:
 *
 *	time=2026-01-31T12:00:00.123Z level=info event=listening address=unix:/run/qgs.socket
 *
 * When that is the journal ($JOURNAL_STREAM), a "<6>" in front instead of the time. Values come from
 * anywhere: what would break a line or a value is quoted and escaped, and no value is ever a format. Events
 * that a peer can cause at will are limited to LOG_BURST lines a second; the next line says how many were
 * left out.
 */
enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };
enum { LOG_BURST = 20, LOG_LINE_BYTES = 1024 };

void log_init(enum log_level least);
/* Pairs of key and value, ended by NULL: log_event(LOG_LEVEL_INFO, "listening", "address", text, NULL). */
__attribute__((sentinel)) void log_event(enum log_level level, const char *event, ...);
/* The same for what a peer causes. */
__attribute__((sentinel)) void log_peer_event(enum log_level level, const char *event, ...);

#endif
