/* SPDX-License-Identifier: MIT */
#include "base/words.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

/* Index of an option; BASE_OPTIONS_MAX: there is no such option. */
static size_t find(const struct base_words *w, const char *name, size_t n, struct base_option *ret)
{
	for (size_t i = 0; i < BASE_OPTIONS_MAX && w->option(w->table, i, ret); i++)
		if (strlen(ret->name) == n && !strncmp(ret->name, name, n))
			return i;
	return BASE_OPTIONS_MAX;
}

static bool is_choice(const struct base_option *o, const char *value)
{
	int (*compare)(const char *, const char *, size_t) = o->any_case ? strncasecmp : strncmp;
	size_t n = strlen(value);

	for (const char *at = o->choices; at; at = strchr(at, '|')) {
		at += *at == '|';
		if (n > 0 && !compare(at, value, n) && (at[n] == '|' || at[n] == '\0'))
			return true;
	}
	return false;
}

static int next_option(struct base_words *w, const char *word, size_t *ret_option, const char **ret_value,
		       struct jurat_error *err)
{
	const char *name = word + 2, *equals = strchr(name, '='), *value = equals ? equals + 1 : NULL;
	struct base_option o;
	size_t i = find(w, name, equals ? (size_t)(equals - name) : strlen(name), &o);

	if (word[1] != '-' || i == BASE_OPTIONS_MAX)
		return jurat_fail(err, -EINVAL, "unknown option '%s'", word);
	if (!o.value && equals)
		return jurat_fail(err, -EINVAL, "--%s: takes no value", o.name);
	if (o.value && !equals) {
		if (w->at == w->n)
			return jurat_fail(err, -EINVAL, "--%s: expected %s", o.name, o.value);
		value = w->words[w->at++];
	}
	if (o.choices && !is_choice(&o, value))
		return jurat_fail(err, -EINVAL, "--%s: expected one of %s, found '%s'", o.name, o.choices,
				  value);
	if (!o.repeatable && w->seen >> i & 1)
		return jurat_fail(err, -EINVAL, "--%s: used more than once", o.name);
	w->seen |= UINT64_C(1) << i;
	*ret_option = i;
	*ret_value = value;
	return BASE_WORD_OPTION;
}

int base_words_next(struct base_words *w, size_t *ret_option, const char **ret_value, struct jurat_error *err)
{
	const char *word;

	if (w->at < w->n && !w->only_arguments && !strcmp(w->words[w->at], "--")) {
		w->only_arguments = true;
		w->at++;
	}
	if (w->at == w->n)
		return BASE_WORD_END;
	word = w->words[w->at++];
	if (w->only_arguments || word[0] != '-' || !word[1]) {
		*ret_value = word;
		return BASE_WORD_ARGUMENT;
	}
	if (!strcmp(word, "--help") || !strcmp(word, "-h"))
		return BASE_WORD_HELP;
	return next_option(w, word, ret_option, ret_value, err);
}
