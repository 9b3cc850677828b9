/* SPDX-License-Identifier: MIT */
#include "cli/fetch_later.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/env.h"
#include "base/time.h"
#include "fetch/directory.h"

enum {
	MAX_BYTES = 8 * (ENDORSE_MAX_BYTES + ENDORSE_MAX_CHAIN_BYTES), /* of a bundle, whose CRLs are hex */
	MAX_TRIES = 256,                                               /* of documents with certificates */
};

/* Adds a file. 0; JURAT_NOT_FOUND there is none, or it is a device or a pipe; another -errno. */
static int add_file(struct fetch_directory *to, const char *path, struct jurat_error *err)
{
	auto_free uint8_t *bytes = NULL;
	struct base_stat st;
	size_t n;
	int r = base_stat(base_env_real(), path, &st);

	if (r == -ENOENT || (r == 0 && !S_ISREG(st.mode)))
		return JURAT_NOT_FOUND;
	r = base_read_file(base_env_real(), path, MAX_BYTES, &bytes, &n, err);
	return r < 0 ? r : fetch_directory_add(to, bytes, n, err);
}

/*
 * Reads what is in place. The fetched issuer chain helps if the one in place is missing.
 *
 * Returns   0; JURAT_NOT_FOUND there is no file; -errno, -ENOMEM
 */
static int read_place(const struct fetch_out *out, const char *const names[2],
		      const struct endorse_value *fetched, struct fetch_directory *to,
		      struct jurat_error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < 2 && names[i]; i++) {
		auto_free char *path = fetch_out_path(out, names[i]);

		r = path ? add_file(to, path, err) : jurat_fail_memory(err);
		if (i == 1 && r == JURAT_NOT_FOUND)
			r = 0;
	}
	if (r == 0 && fetched->issuer_chain)
		r = fetch_directory_add(to, fetched->issuer_chain, strlen(fetched->issuer_chain), err);
	return r;
}

/* The issue in place. As endorse_check(), or JURAT_NOT_FOUND; `err` is about the first of several. */
static int find(struct fetch_directory *in, const struct cli_fetcher *f, const struct endorse_item *item,
		struct endorse_value *ret, struct jurat_error *err)
{
	struct jurat_error later, *text = err;
	int first = JURAT_NOT_FOUND;

	for (size_t n = 0; n < MAX_TRIES; n++) {
		struct endorse_value value auto_call(endorse_value_done) = { .body = NULL };
		int64_t expires;
		int r = fetch_directory_get(in, item, n, &value, text);

		if (r == JURAT_NOT_FOUND)
			break;
		if (r == 0)
			r = endorse_check(f->checker, item, &value, f->at, &expires, text);
		if (r == 0) {
			*ret = value;
			value = (struct endorse_value){ .body = NULL };
		}
		if (r == 0 || r == -ENOMEM)
			return r;
		first = n == 0 ? r : first;
		text = &later;
	}
	return first;
}

static void directory_done(struct fetch_directory **directory)
{
	fetch_directory_free(*directory);
}

static const char *describe(const struct endorse_value *value, char to[64])
{
	char time[BASE_TIME_BYTES];

	base_time_text(value->issued, time);
	if (value->number > 0)
		snprintf(to, 64, "issued %s, number %llu", time, (unsigned long long)value->number);
	else
		snprintf(to, 64, "issued %s", time);
	return to;
}

static int keep(struct fetch_out *out, const char *path, const struct endorse_item *item,
		struct endorse_value *value, struct endorse_value *in_place)
{
	struct endorse_value fetched = *value;
	char name[ENDORSE_TEXT_BYTES], here[64], there[64];

	endorse_item_name(item, name, sizeof(name));
	cli_warn(out->cli, "'%s' is kept: it has a later %s (%s) than the source (%s)", path, name,
		 describe(in_place, here), describe(value, there));
	*value = *in_place;
	*in_place = fetched;
	return json_array_append_new(out->kept, json_string(name)) == 0 ? CLI_OK : cli_fail_memory(out->cli);
}

int fetch_later(struct fetch_out *out, const struct cli_fetcher *f, const char *const names[2],
		const struct endorse_item *item, struct endorse_value *value)
{
	const char *const one[2] = { "", NULL }, *const *files = out->is_file ? one : names;
	struct fetch_directory *directory auto_call(directory_done) = NULL;
	struct endorse_value in_place auto_call(endorse_value_done) = { .body = NULL };
	auto_free char *path = fetch_out_path(out, files[0]);
	struct jurat_error err = { "" };
	int r;

	if (!path)
		return cli_fail_memory(out->cli);
	if (!out->is_file)
		json_array_clear(out->kept);
	if (out->is_quiet)
		return CLI_OK;
	r = fetch_directory_new_empty(path, &directory, &err);
	if (r == 0)
		r = read_place(out, files, value, directory, &err);
	if (r == JURAT_NOT_FOUND)
		return CLI_OK;
	if (r == 0)
		r = find(directory, f, item, &in_place, &err);
	if (r == -ENOMEM)
		return cli_fail_memory(out->cli);
	if (r == 0)
		return endorse_value_is_later(&in_place, value) ? keep(out, path, item, value, &in_place)
								: CLI_OK;
	if (r != -ESTALE) /* that it expires is why it is fetched again */
		cli_warn(out->cli, "'%s' is replaced: %s", path, err.text);
	return CLI_OK;
}
