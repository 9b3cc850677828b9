/* SPDX-License-Identifier: MIT */
#ifndef MACHINE_SEQUENCE_H
#define MACHINE_SEQUENCE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

/*
 * Writes what happens between parties: as text, as a Mermaid sequence diagram, as Chrome trace events
 * (Perfetto, chrome://tracing), or as a page. machine/trace.h makes the events of a run and completes them.
 */
enum sequence_format { SEQUENCE_TEXT, SEQUENCE_MERMAID, SEQUENCE_CHROME, SEQUENCE_PAGE, SEQUENCE_N_FORMATS };
/* By the ending of a file's name, see sequence_endings(). 0; -EINVAL */
JURAT_MUST_CHECK int sequence_format_of(const char *path, enum sequence_format *ret);
/* Whether the bytes of events are in it. */
bool sequence_wants_bytes(enum sequence_format format);
/* For messages: ".html, .json, .mmd or .txt" */
const char *sequence_endings(void);

enum sequence_kind {
	SEQUENCE_STEP, /* `from` calls, or sends something to `to`; or works by itself: both are the same */
	SEQUENCE_NOTE, /* about `from`, or all of it if that is ""; `to` is "" */
	SEQUENCE_VIOLATION, /* the same: here a rule is broken */
	SEQUENCE_LOCK,      /* `from` holds the lock `to` from begin to end; may outlast its parent */
};

/* A value as data: also in `text` if it matters to people. */
struct sequence_number {
	const char *name; /* "gpa", "npages", "sequence", "status", "ret", ...; a literal */
	uint64_t value;
	bool hex;       /* how people write it */
	bool is_signed; /* `value` is an int64_t, such as -errno */
};

/* Bytes that passed from `from` to `to`, or came back. Never a private key, and never a VMPCK. */
struct sequence_bytes {
	/*
	 * What they are, a literal: "report data", "message" and "response message" (sealed), "report"
	 * (SEV-SNP ATTESTATION_REPORT), "certificate table", "TDREPORT", "GetQuote buffer" (header and data),
	 * "QGS request", "QGS response" (without the length in front), "quote"
	 */
	const char *name;
	const uint8_t *bytes;
	size_t n;     /* up to SEQUENCE_BYTES_KEPT: those that are here, the first of ... */
	size_t total; /* as many. n is 0 where a trace has become too large to keep them. */
};

enum {
	SEQUENCE_MAX_NUMBERS = 8,
	SEQUENCE_MAX_BYTES = 4,
	SEQUENCE_BYTES_KEPT = 32 * 1024,
	SEQUENCE_NONE = -1, /* no such guest or vCPU */
};

/*
 * An event is complete when a writer gets it. They come in the order in which they begin, a call before what
 * happens in it. Steps of one track nest: each is in the one before it, or begins when that has ended.
 * Everything is borrowed during sequence_add(), but `from` and `to`, which stay valid until sequence_end().
 */
struct sequence_event {
	enum sequence_kind kind;
	uint32_t id;      /* from 1; unique in the trace. 0: the source does not number its events */
	uint32_t parent;  /* id of the step that it belongs to: within its begin and end. 0: none */
	uint32_t request; /* of a guest's program, from 1: all that is done for it has its number. 0: none */
	uint32_t track;   /* from 0: what happens at the same time is on another one */
	uint32_t lane;    /* from 0: of tracks for the same vCPU or party */
	uint32_t depth;   /* from 0: number of steps that it is in */
	uint32_t count; /* so many equal ones after each other, from the first's begin to the last's end; 1 */
	int guest, vcpu;        /* from 0; SEQUENCE_NONE */
	const char *guest_name; /* "SEV-SNP guest", "TD", a literal; NULL: none */
	uint32_t thread;        /* of the guest's or the host's program; 0: unknown */
	double begin_us, end_us;
	const char *at;        /* for people: its time in a unit of its own; NULL: microseconds */
	const char *from, *to; /* parties */
	const char *text;      /* one line: what it does */
	const char *result;    /* one line: how it ended. NULL: nothing to say */
	bool exclusive;        /* LOCK: else shared */
	bool unfinished;       /* it had not ended when the trace ended */
	const struct sequence_number *numbers;
	size_t n_numbers;
	const struct sequence_bytes *bytes;
	size_t n_bytes;
};
/* An event without numbers, guest and all that: the rest is set by name. */
#define SEQUENCE_EVENT(...)                                                                                  \
	{                                                                                                    \
		.count = 1, .guest = SEQUENCE_NONE, .vcpu = SEQUENCE_NONE, __VA_ARGS__                       \
	}

/* What a page has besides the events; other formats have no use for it. */
struct sequence_page {
	const char *title; /* NULL: "trace". In any encoding; borrowed until sequence_end() */
	/*
	 * What bytes say, as an object of rows (page/tree.h) in JSON; the caller frees it. NULL: they are of
	 * no known kind, or no memory
	 */
	char *(*decode)(const struct sequence_bytes *bytes);
};

enum { SEQUENCE_MAX_PARTIES = 32 };
struct sequence {
	enum sequence_format format;
	FILE *to;
	struct sequence_page page; /* set after sequence_begin(), before the first event */
	/* In the order in which they appear; those beyond the last one share its row. */
	const char *parties[SEQUENCE_MAX_PARTIES];
	unsigned n_parties;
	uint64_t n_events; /* before this one */
	void *own;         /* the writer's */
	int error;         /* -ENOMEM: a writer could not keep what it needs */
};

/*
 * A format. To add one: its struct in a file of its own, declared here, a row in sequence.c and a word in
 * enum sequence_format. `begin` and `end` write what is before and behind the events, and make and free
 * `own`; NULL: nothing.
 */
struct sequence_writer {
	const char *ending; /* ".txt" */
	bool wants_bytes;
	void (*begin)(struct sequence *s);
	void (*party)(struct sequence *s, unsigned number, const char *name); /* first seen; may be NULL */
	void (*event)(struct sequence *s, const struct sequence_event *event);
	void (*end)(struct sequence *s);
};
extern const struct sequence_writer sequence_text, sequence_mermaid, sequence_chrome, sequence_page;

/* `to` is borrowed; its ferror() tells of failures. */
void sequence_begin(struct sequence *sequence, enum sequence_format format, FILE *to);
void sequence_add(struct sequence *sequence, const struct sequence_event *event);
/* 0; -ENOMEM events are missing */
int sequence_end(struct sequence *sequence);
/*
 * For writers: n bytes on one line, in UTF-8, of which all can be seen: control characters of ASCII as ' ',
 * what else a terminal may obey as '?'.
 */
void sequence_put(FILE *to, const char *text, size_t n);
/* The row of a party, from 1. */
unsigned sequence_row(const struct sequence *sequence, const char *party);

#endif
