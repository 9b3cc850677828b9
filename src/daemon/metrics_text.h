/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_METRICS_TEXT_H
#define DAEMON_METRICS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The text format of metrics, OpenMetrics 1.0: for each metric metrics_head(), then its samples. */
struct metrics_text {
	char *text; /* grows; the caller frees it */
	size_t size, room;
	bool failed; /* out of memory */
};

__attribute__((format(printf, 2, 3))) void metrics_print(struct metrics_text *to, const char *format, ...);
/* Prints a label's value, escaped as in OpenMetrics and truncated to 128 bytes; not ASCII: '?'. */
void metrics_print_label(struct metrics_text *to, const char *value);
/*
 * name  with the role: "juratd_qgs_latency_seconds"; one that ends with "_seconds" or "_bytes" has that unit
 * type  "counter" (whose samples' names end with "_total"), "gauge", "histogram", "info", "stateset"
 * help  one sentence, plain ASCII
 */
void metrics_head(struct metrics_text *to, const char *name, const char *type, const char *help);
/* A whole metric of one sample without labels. */
void metrics_one(struct metrics_text *to, const char *name, const char *type, const char *help,
		 uint64_t value);
/* Prints the line that ends the text. */
void metrics_print_end(struct metrics_text *to);

#endif
