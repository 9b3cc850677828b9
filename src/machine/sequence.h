/* SPDX-License-Identifier: MIT */
#ifndef MACHINE_SEQUENCE_H
#define MACHINE_SEQUENCE_H

#include <stdio.h>

#include "base/error.h"

/*
 * Writes what happens between parties, one event behind the other: as text, as a Mermaid sequence diagram, or
 * as Chrome trace events (Perfetto, chrome://tracing).
 */
enum sequence_format { SEQUENCE_TEXT, SEQUENCE_MERMAID, SEQUENCE_CHROME };
/* By the ending of a file's name: .txt, .mmd, .json. 0; -EINVAL */
JURAT_MUST_CHECK int sequence_format_of(const char *path, enum sequence_format *ret);

enum sequence_kind {
	SEQUENCE_STEP,      /* `from` does something at `to` */
	SEQUENCE_NOTE,      /* about `from`, or all of it if that is ""; `to` is "" */
	SEQUENCE_VIOLATION, /* the same: here a rule is broken */
};
struct sequence_event {
	enum sequence_kind kind;
	double at_us, duration_us;
	const char *at;        /* for people: the time of a step, with its unit */
	const char *from, *to; /* stay valid until sequence_end() */
	const char *text;      /* one line */
};

enum { SEQUENCE_MAX_PARTIES = 32 };
struct sequence {
	enum sequence_format format;
	FILE *to;
	/* In the order in which they appear; those beyond the last one share its row. */
	const char *parties[SEQUENCE_MAX_PARTIES];
	unsigned n_parties, n_events;
};
/* `to` is borrowed; its ferror() tells of failures. */
void sequence_begin(struct sequence *sequence, enum sequence_format format, FILE *to);
void sequence_add(struct sequence *sequence, const struct sequence_event *event);
void sequence_end(struct sequence *sequence);

#endif
