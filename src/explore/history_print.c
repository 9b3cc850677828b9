/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "explore/history.h"

enum { MAX_LINE = 72 };

/*
 * Steps that follow each other, of one party at another, are one line for people, while it is not too long:
 * "open certs; fstat certs". Returns the number of events in it, from the i-th on; at least 1.
 */
static size_t line_of(const struct history *h, size_t i, struct history_event *ret, char text[MAX_LINE + 1])
{
	struct history_event last = history_get(h, i);
	size_t n = strlen(last.text), k = i + 1;

	*ret = last;
	if (last.kind != SEQUENCE_STEP || n > MAX_LINE)
		return 1;
	memcpy(text, last.text, n + 1);
	for (; k < history_count(h); k++) {
		struct history_event e = history_get(h, k);
		size_t more = strlen(e.text);

		if (e.kind != SEQUENCE_STEP || e.step != last.step + 1 || strcmp(e.from, last.from) != 0 ||
		    strcmp(e.to, last.to) != 0 || n + 2 + more > MAX_LINE)
			break;
		memcpy(text + n, "; ", 2);
		memcpy(text + n + 2, e.text, more + 1);
		n += 2 + more;
		last = e;
	}
	ret->text = text;
	return k - i;
}

/* A step takes a microsecond. */
static void print_line(struct sequence *to, const struct history_event *e, size_t n, const char *steps)
{
	const struct sequence_event event =
		SEQUENCE_EVENT(.kind = e->kind, .begin_us = (double)e->step, .end_us = (double)(e->step + n),
			       .at = steps, .from = e->from, .to = e->to, .text = e->text);

	sequence_add(to, &event);
}

/* A long note, for people: lines, each ends at a space. What is left of it is in `text`. */
static void print_long_note(struct sequence *to, struct history_event *e, const char *column, char *text)
{
	const char *rest = e->text;

	while (e->kind == SEQUENCE_NOTE && strlen(rest) > MAX_LINE) {
		size_t n = MAX_LINE;

		while (n > 0 && rest[n] != ' ')
			n--;
		if (n == 0)
			break;
		memcpy(text, rest, n);
		text[n] = '\0';
		e->text = text;
		print_line(to, e, 1, column);
		rest += n + 1;
		e->from = "";
	}
	e->text = rest;
}

static bool shows_locks(enum sequence_format format)
{
	return format == SEQUENCE_PAGE || format == SEQUENCE_CHROME;
}

/* The locks from the i-th on that were taken before this step. Returns the number of the next one. */
static size_t print_locks(struct sequence *to, const struct history *h, size_t i, uint64_t before)
{
	for (; i < history_lock_count(h) && shows_locks(to->format); i++) {
		const struct history_lock lock = history_get_lock(h, i);
		char text[160], steps[48];

		if (lock.begin >= before)
			break;
		(void)!snprintf(text, sizeof(text), "holds %s, %s", lock.name,
				lock.exclusive ? "exclusive" : "shared");
		(void)!snprintf(steps, sizeof(steps), "%llu-%llu", (unsigned long long)lock.begin,
				(unsigned long long)lock.end - 1);
		sequence_add(to,
			     &(const struct sequence_event)
				     SEQUENCE_EVENT(.kind = SEQUENCE_LOCK, .track = lock.track,
						    .begin_us = (double)lock.begin,
						    .end_us = (double)lock.end, .at = steps,
						    .from = lock.holder, .to = lock.name, .text = text,
						    .exclusive = lock.exclusive, .unfinished = lock.is_held));
	}
	return i;
}

int history_print(const struct history *h, enum sequence_format format, FILE *to)
{
	struct sequence sequence;
	size_t locks = 0;

	sequence_begin(&sequence, format, to);
	for (size_t i = 0, n; i < history_count(h); i += n) {
		char text[MAX_LINE + 1], steps[48], column[64];
		struct history_event e = history_get(h, i);

		locks = print_locks(&sequence, h, locks, e.step);
		n = format == SEQUENCE_CHROME ? 1 : line_of(h, i, &e, text);
		(void)!snprintf(steps, sizeof(steps), n > 1 ? "%llu-%llu" : "%llu",
				(unsigned long long)e.step, (unsigned long long)e.step + n - 1);
		(void)!snprintf(column, sizeof(column), "%9s", steps);
		if (format == SEQUENCE_TEXT)
			print_long_note(&sequence, &e, column, text);
		print_line(&sequence, &e, n, column);
	}
	(void)print_locks(&sequence, h, locks, UINT64_MAX);
	return sequence_end(&sequence);
}
