/* SPDX-License-Identifier: MIT */
#ifndef EXPLORE_HISTORY_H
#define EXPLORE_HISTORY_H

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

/* 0; -ENOMEM */
int history_print(const struct history *history, enum sequence_format format, FILE *to);

#endif
