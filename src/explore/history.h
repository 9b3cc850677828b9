/* SPDX-License-Identifier: MIT */
#ifndef EXPLORE_HISTORY_H
#define EXPLORE_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "machine/sequence.h"

/*
 * What happened in one order, as a list of steps between parties. It can be printed as text, as a Mermaid
 * sequence diagram, or as Chrome trace events.
 */
struct history;

struct history_event {
	enum sequence_kind kind;
	uint64_t step;         /* number of steps of all parties so far */
	const char *from, *to; /* "vCPU 0", "KVM", "firmware", "certificates", "updater"; copied */
	const char *text;      /* one line; copied */
};

JURAT_MUST_CHECK int history_new(struct history **ret);
void history_free(struct history *history);
/* If memory runs out, history_error() returns -ENOMEM from then on. */
void history_add(struct history *history, const struct history_event *event);
int history_error(const struct history *history);
size_t history_count(const struct history *history);
/* i < count. Valid until the next event is added. */
struct history_event history_get(const struct history *history, size_t i);

/*
 * A lock is held, by whom and from which step on. Returns its number, for history_unlock(); 0: no memory.
 * Locks are on pages and among Chrome's events only: for text, the steps that take and release them say
 * enough.
 */
size_t history_lock(struct history *history, const struct history_event *event, bool exclusive);
/* It is not held any more when this step begins. Without it, it is held at the end. */
void history_unlock(struct history *history, size_t number, uint64_t step);
struct history_lock {
	uint64_t begin, end; /* steps; end is at least begin + 1 */
	bool exclusive, is_held;
	const char *holder, *name;
	uint32_t track; /* those of one do not overlap, and have one holder and name */
};
size_t history_lock_count(const struct history *history);
struct history_lock history_get_lock(const struct history *history, size_t i);

/* 0; -ENOMEM */
int history_print(const struct history *history, enum sequence_format format, FILE *to);

#endif
