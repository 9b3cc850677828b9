/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/cleanup.h"
#include "cases/run.h"

/* JUnit's XML, as CI services read it: a suite for each class. */

static void print_escaped(FILE *to, const char *text)
{
	static const struct {
		char c;
		const char *entity;
	} entities[] = { { '<', "&lt;" }, { '>', "&gt;" }, { '&', "&amp;" }, { '"', "&quot;" } };

	for (; *text; text++) {
		const char *entity = NULL;

		for (size_t i = 0; i < ARRAY_SIZE(entities); i++)
			entity = entities[i].c == *text ? entities[i].entity : entity;
		if (entity)
			fputs(entity, to);
		else
			fputc((*text & 0x80) || *text < ' ' ? '?' : *text,
			      to); /* XML has no other control characters */
	}
}

static void print_inner(const struct cases_run *run, size_t i, FILE *to)
{
	const struct cases_entry *e = &run->index->entries[i];
	const struct cases_result *r = &run->results[i];
	const bool expected = cases_is_expected(run, i);
	const char *tag = r->answer == CASES_ANSWERED_ERROR ? "error" : "failure";

	if (expected && cases_outcome(e, r) == CASES_RIGHT)
		return;
	if (expected)
		tag = "skipped"; /* unsupported, or a known difference */
	fprintf(to, "<%s message=\"", tag);
	print_escaped(to, cases_answer_name(r->answer));
	fprintf(to, ", expected %s: ", cases_verdict_name(e->verdict));
	print_escaped(to, e->what);
	if (r->text[0]) {
		fputs(" (", to);
		print_escaped(to, r->text);
		fputc(')', to);
	}
	fputs("\"/>", to);
}

static void print_suite(const struct cases_run *run, const char *class, FILE *to)
{
	unsigned n = 0, failures = 0, errors = 0, skipped = 0;

	for (size_t i = 0; i < run->index->n; i++) {
		const struct cases_entry *e = &run->index->entries[i];

		if (strcmp(e->class, class) != 0)
			continue;
		n++;
		if (cases_is_expected(run, i))
			skipped += cases_outcome(e, &run->results[i]) != CASES_RIGHT;
		else if (run->results[i].answer == CASES_ANSWERED_ERROR)
			errors++;
		else
			failures++;
	}
	if (n == 0)
		return;
	fprintf(to, "<testsuite name=\"%s\" tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"%u\">\n",
		class, n, failures, errors, skipped);
	for (size_t i = 0; i < run->index->n; i++) {
		if (strcmp(run->index->entries[i].class, class) != 0)
			continue;
		fprintf(to, "<testcase classname=\"%s\" name=\"%s\" time=\"%.6f\">", class,
			run->index->entries[i].id, (double)run->results[i].ns / 1e9);
		print_inner(run, i, to);
		fputs("</testcase>\n", to);
	}
	fputs("</testsuite>\n", to);
}

void cases_print_junit(const struct cases_run *run, FILE *to)
{
	const char *class;
	json_t *value;

	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n", to);
	json_object_foreach(json_object_get(run->index->json, "classes"), class, value)
		print_suite(run, class, to);
	fputs("</testsuites>\n", to);
}
