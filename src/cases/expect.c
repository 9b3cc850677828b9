/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cases/run.h"

static int find_answer(const char *name)
{
	for (int a = 0; a < CASES_N_ANSWERS; a++)
		if (!strcmp(cases_answer_name((enum cases_answer)a), name))
			return a;
	return -1;
}

/* One line without its end. It is changed. */
static int read_line(char *line, struct cases_index *index, struct jurat_error *err)
{
	char *rest = NULL, *pattern, *name;
	bool found = false;
	int answer;

	line[strcspn(line, "#")] = '\0';
	pattern = strtok_r(line, " \t\r", &rest);
	name = strtok_r(NULL, " \t\r", &rest);
	if (!pattern)
		return 0;
	if (!name || strtok_r(NULL, " \t\r", &rest))
		return jurat_fail(err, -EINVAL, "expected an id and an answer");
	answer = find_answer(name);
	if (answer < 0)
		return jurat_fail(err, -EINVAL,
				  "expected accepted, refused, unsupported or error, found '%s'", name);
	for (size_t i = 0; i < index->n; i++) {
		if (fnmatch(pattern, index->entries[i].id, 0) == 0) {
			index->entries[i].known = answer;
			found = true;
		}
	}
	return found ? 0 : jurat_fail(err, -EINVAL, "no case has an id that matches '%s'", pattern);
}

int cases_expect_read(const char *text, size_t n, struct cases_index *index, struct jurat_error *err)
{
	auto_free char *copy = malloc(n + 1);
	char *rest = copy;

	if (!copy)
		return jurat_fail_memory(err);
	if (memchr(text, '\0', n))
		return jurat_fail(err, -EINVAL, "expected text, found a byte 0");
	memcpy(copy, text, n);
	copy[n] = '\0';
	for (size_t number = 1; rest; number++) {
		int r = read_line(strsep(&rest, "\n"), index, err);

		if (r < 0)
			return jurat_wrap(err, r, "line %zu", number);
	}
	return 0;
}

bool cases_is_expected(const struct cases_run *run, size_t i)
{
	const enum cases_outcome outcome = cases_outcome(&run->index->entries[i], &run->results[i]);
	const int known = run->index->entries[i].known;

	if (known >= 0)
		return known == (int)run->results[i].answer;
	return outcome == CASES_RIGHT || (outcome == CASES_UNSUPPORTED && !run->has_expect);
}

void cases_print_expect(const struct cases_run *run, FILE *to)
{
	fputs("# What this adapter answers where that is not the verdict of the corpus:", to);
	for (size_t i = 0; i < run->n_adapter; i++) {
		fputc(' ', to);
		for (const char *at = run->adapter[i]; *at; at++)
			fputc(*at == '\n' ? ' ' : *at, to); /* all of it stays a comment */
	}
	fputs("\n", to);
	for (size_t i = 0; i < run->index->n; i++) {
		const struct cases_entry *e = &run->index->entries[i];

		if (cases_outcome(e, &run->results[i]) != CASES_RIGHT)
			fprintf(to, "%s %s # %s\n", e->id, cases_answer_name(run->results[i].answer),
				e->what);
	}
}
