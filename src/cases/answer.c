/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "cases/run.h"

static const char *const answer_names[CASES_N_ANSWERS] = { "accepted", "refused", "unsupported", "error" };
static const char *const outcome_names[CASES_N_OUTCOMES] = { "right", "wrong", "unsupported", "error" };

const char *cases_answer_name(enum cases_answer answer)
{
	return answer_names[answer];
}

const char *cases_outcome_name(enum cases_outcome outcome)
{
	return outcome_names[outcome];
}

enum cases_outcome cases_outcome(const struct cases_entry *entry, const struct cases_result *result)
{
	if (result->answer == CASES_ANSWERED_ERROR)
		return CASES_ERROR;
	if (result->answer == CASES_ANSWERED_UNSUPPORTED)
		return CASES_UNSUPPORTED;
	if (entry->verdict == CASES_EITHER)
		return CASES_RIGHT;
	return (entry->verdict == CASES_ACCEPTED) == (result->answer == CASES_ANSWERED_ACCEPTED)
		       ? CASES_RIGHT
		       : CASES_WRONG;
}

__attribute__((format(printf, 2, 3))) static void fault(struct cases_result *ret, const char *format, ...)
{
	va_list args;

	ret->answer = CASES_ANSWERED_ERROR;
	va_start(args, format);
	vsnprintf(ret->text, sizeof(ret->text), format, args);
	va_end(args);
	base_plain_text(ret->text);
}

static void read_object(const json_t *object, const char *id, struct cases_result *ret)
{
	const char *named = json_string_value(json_object_get(object, "case"));
	const char *verdict = json_string_value(json_object_get(object, "verdict"));
	const json_t *reason = json_object_get(object, "reason");

	if (!named || !verdict || (reason && !json_is_string(reason))) {
		fault(ret, "expected an object with the strings 'case', 'verdict' and 'reason'");
		return;
	}
	if (strcmp(named, id) != 0) {
		fault(ret, "answered for the case '%.80s'", named);
		return;
	}
	for (int a = CASES_ANSWERED_ACCEPTED; a < CASES_ANSWERED_ERROR; a++) {
		if (strcmp(verdict, answer_names[a]) != 0)
			continue;
		ret->answer = (enum cases_answer)a;
		snprintf(ret->text, sizeof(ret->text), "%s", reason ? json_string_value(reason) : "");
		base_plain_text(ret->text);
		return;
	}
	fault(ret, "unknown verdict '%.80s'", verdict);
}

void cases_answer_read(const char *text, size_t n, const char *id, struct cases_result *ret)
{
	const char *end = memchr(text, '\n', n);
	const size_t line = end ? (size_t)(end - text) : n;
	json_error_t where;
	json_t *object;

	if (n == 0) {
		fault(ret, "printed no answer");
		return;
	}
	if (n > line + 1) {
		fault(ret, "printed more than one line");
		return;
	}
	object = json_loadb(text, line, JSON_REJECT_DUPLICATES, &where);
	if (json_is_object(object))
		read_object(object, id, ret);
	else
		fault(ret, "expected a JSON object, found '%.*s'", line < 80 ? (int)line : 80, text);
	json_decref(object);
}
