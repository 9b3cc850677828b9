/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"
#include "explore/history.h"

/* The formats of `jurat run --trace` (run/trace.c), with a step's number in place of its time. */
enum { MAX_PARTIES = 32, MAX_LINE = 72 };

/* In the order in which they appear. */
struct parties {
	const char *names[MAX_PARTIES];
	unsigned n;
};

/* From 1; those beyond the last one share its number. */
static unsigned number_of(struct parties *p, const char *name)
{
	for (unsigned i = 0; i < p->n; i++)
		if (!strcmp(p->names[i], name))
			return i + 1;
	if (p->n == MAX_PARTIES)
		return MAX_PARTIES;
	p->names[p->n++] = name;
	return p->n;
}

static struct parties parties_of(const struct history *h)
{
	struct parties p = { .n = 0 };

	for (size_t i = 0; i < history_count(h); i++) {
		struct history_event e = history_get(h, i);

		if (e.from[0])
			number_of(&p, e.from);
		if (e.to[0])
			number_of(&p, e.to);
	}
	return p;
}

static const char *sign_of(const struct history_event *e)
{
	return e->kind == HISTORY_VIOLATION ? "VIOLATION " : "";
}

static void print_line(FILE *to, const char *text)
{
	for (; *text; text++)
		fputc((unsigned char)*text < 0x20 ? ' ' : *text, to);
}

/*
 * Steps that follow each other, of one party at another, are one line for people, while it is not too long:
 * "open certs; fstat certs". Returns the number of events in it, from the i-th on; at least 1.
 */
static size_t line_of(const struct history *h, size_t i, struct history_event *ret, char text[MAX_LINE + 1])
{
	struct history_event last = history_get(h, i);
	size_t n = strlen(last.text), k = i + 1;

	*ret = last;
	if (last.kind != HISTORY_STEP || n > MAX_LINE)
		return 1;
	memcpy(text, last.text, n + 1);
	for (; k < history_count(h); k++) {
		struct history_event e = history_get(h, k);
		size_t more = strlen(e.text);

		if (e.kind != HISTORY_STEP || e.step != last.step + 1 || strcmp(e.from, last.from) != 0 ||
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

static void print_text(const struct history *h, FILE *to)
{
	for (size_t i = 0, n; i < history_count(h); i += n) {
		char text[MAX_LINE + 1], steps[48];
		struct history_event e;

		n = line_of(h, i, &e, text);
		(void)!snprintf(steps, sizeof(steps), n > 1 ? "%llu-%llu" : "%llu",
				(unsigned long long)e.step, (unsigned long long)e.step + n - 1);
		if (e.kind == HISTORY_STEP)
			fprintf(to, "%9s  %-13s > %-13s ", steps, e.from, e.to);
		else
			fprintf(to, "%9s  %-13s   %-13s %s", "", e.from, "", sign_of(&e));
		print_line(to, e.text);
		fputc('\n', to);
	}
}

/* What Mermaid gives a meaning to becomes an entity: its own are "#NUMBER;". */
static void print_mermaid_text(FILE *to, const char *text)
{
	for (; *text; text++) {
		if (strchr(";#%<>&\"{}", *text))
			fprintf(to, "#%d;", *text);
		else
			fputc((unsigned char)*text < 0x20 ? ' ' : *text, to);
	}
}

static void print_mermaid(const struct history *h, FILE *to)
{
	struct parties p = parties_of(h);

	fputs("sequenceDiagram\n", to);
	for (unsigned i = 0; i < p.n; i++) {
		fprintf(to, "    participant P%u as ", i + 1);
		print_mermaid_text(to, p.names[i]);
		fputc('\n', to);
	}
	for (size_t i = 0, n; i < history_count(h); i += n) {
		struct history_event e;
		char text[MAX_LINE + 1];

		n = line_of(h, i, &e, text);
		if (e.kind == HISTORY_STEP)
			fprintf(to, "    P%u->>P%u: ", number_of(&p, e.from), number_of(&p, e.to));
		else if (e.from[0])
			fprintf(to, "    Note over P%u: %s", number_of(&p, e.from), sign_of(&e));
		else
			fprintf(to, "    Note over P1,P%u: %s", p.n ? p.n : 1, sign_of(&e));
		print_mermaid_text(to, e.text);
		fputc('\n', to);
	}
}

static void print_json_text(FILE *to, const char *text)
{
	fputc('"', to);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			fprintf(to, "\\%c", c);
		else if (c < 0x20)
			fprintf(to, "\\u%04x", c);
		else
			fputc(c, to);
	}
	fputc('"', to);
}

/* A slice in the row of the receiver for each step, one microsecond long; an instant for each note. */
static void print_chrome(const struct history *h, FILE *to)
{
	struct parties p = parties_of(h);

	fputc('[', to);
	for (unsigned i = 0; i < p.n; i++) {
		fprintf(to,
			"%s\n{\"name\": \"thread_name\", \"ph\": \"M\", \"pid\": 1, \"tid\": %u, \"args\": "
			"{\"name\": ",
			i ? "," : "", i + 1);
		print_json_text(to, p.names[i]);
		fputs("}}", to);
	}
	for (size_t i = 0; i < history_count(h); i++) {
		struct history_event e = history_get(h, i);
		unsigned long long at_us = e.step;

		fputs(i || p.n ? ",\n{\"name\": " : "\n{\"name\": ", to);
		print_json_text(to, e.text);
		if (e.kind == HISTORY_STEP)
			fprintf(to,
				", \"ph\": \"X\", \"pid\": 1, \"tid\": %u, \"ts\": %llu, \"dur\": 1, "
				"\"args\": "
				"{\"from\": ",
				number_of(&p, e.to), at_us);
		else
			fprintf(to,
				", \"ph\": \"i\", \"s\": \"%c\", \"pid\": 1, \"tid\": %u, \"ts\": %llu, "
				"\"args\": {\"violation\": %s, \"from\": ",
				e.from[0] ? 't' : 'p', e.from[0] ? number_of(&p, e.from) : 1, at_us,
				e.kind == HISTORY_VIOLATION ? "true" : "false");
		print_json_text(to, e.from);
		fputs("}}", to);
	}
	fputs("\n]\n", to);
}

static const struct {
	const char *ending;
	void (*print)(const struct history *history, FILE *to);
} formats[] = {
	[HISTORY_TEXT] = { ".txt", print_text },
	[HISTORY_MERMAID] = { ".mmd", print_mermaid },
	[HISTORY_CHROME] = { ".json", print_chrome },
};

int history_format_of(const char *path, enum history_format *ret)
{
	const char *ending = strrchr(path, '.');

	for (size_t i = 0; ending && i < ARRAY_SIZE(formats); i++)
		if (!strcmp(ending, formats[i].ending)) {
			*ret = (enum history_format)i;
			return 0;
		}
	return -EINVAL;
}

void history_print(const struct history *h, enum history_format format, FILE *to)
{
	formats[format].print(h, to);
}
