/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cases/run.h"

/* How the cases of one class, or all, came out. */
struct counts {
	const char *class;           /* NULL: all */
	unsigned n, must[2], met[2]; /* by enum cases_verdict: of those to be accepted, and refused */
	unsigned either, unsupported, wrong, errors;
};

static void count(struct counts *c, const struct cases_entry *entry, const struct cases_result *result)
{
	const enum cases_outcome outcome = cases_outcome(entry, result);

	c->n++;
	if (entry->verdict == CASES_EITHER) {
		c->either++;
	} else {
		c->must[entry->verdict]++;
		c->met[entry->verdict] += outcome == CASES_RIGHT;
	}
	c->unsupported += outcome == CASES_UNSUPPORTED;
	c->wrong += outcome == CASES_WRONG;
	c->errors += outcome == CASES_ERROR;
}

static struct counts count_all(const struct cases_run *run, const char *class)
{
	struct counts c = { .class = class };

	for (size_t i = 0; i < run->index->n; i++)
		if (!class || !strcmp(run->index->entries[i].class, class))
			count(&c, &run->index->entries[i], &run->results[i]);
	return c;
}

/* ---- text */

static const char *must_be(enum cases_verdict v)
{
	return v == CASES_EITHER ? "accepted or refused" : cases_verdict_name(v);
}

static void print_case(const struct cases_run *run, size_t i, FILE *to)
{
	const struct cases_entry *e = &run->index->entries[i];
	const struct cases_result *r = &run->results[i];
	const int known = e->known;

	if (r->answer == CASES_ANSWERED_ERROR) {
		fprintf(to, "%s: adapter error: %s\n", e->id, r->text);
		return;
	}
	fprintf(to, "%s: %s, expected %s: %s\n", e->id, cases_answer_name(r->answer),
		known >= 0 ? cases_answer_name((enum cases_answer)known) : must_be(e->verdict), e->what);
	if (r->text[0])
		fprintf(to, "    %s\n", r->text);
}

static void print_counts(const struct counts *c, FILE *to)
{
	char must[2][32];

	for (int v = 0; v < 2; v++)
		snprintf(must[v], sizeof(must[v]), "%u/%u", c->met[v], c->must[v]);
	fprintf(to, "%-12s %9s %9s %8u %12u %7u %7u\n", c->class ? c->class : "all", must[CASES_ACCEPTED],
		must[CASES_REFUSED], c->either, c->unsupported, c->wrong, c->errors);
}

static unsigned count_unexpected(const struct cases_run *run)
{
	unsigned n = 0;

	for (size_t i = 0; i < run->index->n; i++)
		n += !cases_is_expected(run, i);
	return n;
}

void cases_print_text(const struct cases_run *run, FILE *to)
{
	const unsigned differ = count_unexpected(run);
	struct counts c;
	const char *class;
	json_t *value;

	for (size_t i = 0; i < run->index->n; i++)
		if (!cases_is_expected(run, i))
			print_case(run, i, to);
	if (differ > 0)
		fputc('\n', to);
	fprintf(to, "%-12s %9s %9s %8s %12s %7s %7s\n", "class", "accepted", "refused", "either",
		"unsupported", "wrong", "errors");
	json_object_foreach(json_object_get(run->index->json, "classes"), class, value)
	{
		c = count_all(run, class);
		if (c.n > 0)
			print_counts(&c, to);
	}
	c = count_all(run, NULL);
	print_counts(&c, to);
	if (differ == 0)
		fprintf(to, "\n%zu cases, all as expected.\n", run->index->n);
	else
		fprintf(to, "\n%zu cases, %u not as expected.\n", run->index->n, differ);
}

/* ---- JSON */

static json_t *json_of_counts(const struct counts *c)
{
	return json_pack("{s:i, s:{s:i, s:i}, s:{s:i, s:i}, s:i, s:i, s:i, s:i}", "cases", c->n, "accepted",
			 "expected", c->must[CASES_ACCEPTED], "right", c->met[CASES_ACCEPTED], "refused",
			 "expected", c->must[CASES_REFUSED], "right", c->met[CASES_REFUSED], "either",
			 c->either, "unsupported", c->unsupported, "wrong", c->wrong, "errors", c->errors);
}

static json_t *json_of_case(const struct cases_run *run, size_t i)
{
	const struct cases_entry *e = &run->index->entries[i];
	const struct cases_result *r = &run->results[i];
	const int known = e->known;
	json_t *object =
		json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:f}", "case", e->id, "class", e->class, "tee",
			  e->tee, "expected", cases_verdict_name(e->verdict), "answer",
			  cases_answer_name(r->answer), "outcome", cases_outcome_name(cases_outcome(e, r)),
			  "as_expected", cases_is_expected(run, i), "seconds", (double)(r->ns / 1000) / 1e6);

	if (object && known >= 0 &&
	    json_object_set_new(object, "known", json_string(cases_answer_name((enum cases_answer)known))) <
		    0) {
		json_decref(object);
		return NULL;
	}
	/* What an adapter says need not be UTF-8 where it was cut. */
	if (object && r->text[0] && json_object_set_new(object, "reason", json_string(r->text)) < 0)
		(void)json_object_set_new(object, "reason", json_string("(not UTF-8)"));
	return object;
}

static json_t *json_of_classes(const struct cases_run *run)
{
	json_t *classes = json_object();
	const char *class;
	json_t *value;

	json_object_foreach(json_object_get(run->index->json, "classes"), class, value)
	{
		const struct counts c = count_all(run, class);

		if (c.n > 0 && classes && json_object_set_new(classes, class, json_of_counts(&c)) < 0) {
			json_decref(classes);
			return NULL;
		}
	}
	return classes;
}

json_t *cases_report_json(const struct cases_run *run)
{
	const struct counts all = count_all(run, NULL);
	json_t *adapter = json_array(), *results = json_array(), *report;
	bool ok = adapter && results;

	for (size_t i = 0; ok && i < run->n_adapter; i++) {
		json_t *word = json_string(run->adapter[i]);

		ok = json_array_append_new(adapter, word ? word : json_string("(not UTF-8)")) == 0;
	}
	for (size_t i = 0; ok && i < run->index->n; i++)
		ok = json_array_append_new(results, json_of_case(run, i)) == 0;
	if (!ok) {
		json_decref(adapter);
		json_decref(results);
		return NULL;
	}
	/* Takes all of them, also when it fails. */
	report = json_pack("{s:o*, s:o, s:b, s:o, s:o, s:o}", "corpus",
			   json_deep_copy(json_object_get(run->index->json, "jurat")), "adapter", adapter,
			   "as_expected", count_unexpected(run) == 0, "all", json_of_counts(&all), "classes",
			   json_of_classes(run), "results", results);
	return report;
}
