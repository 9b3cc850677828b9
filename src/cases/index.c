/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cases/run.h"

/* An id is also the name of a folder, and a class that of a suite: nothing else may be in it. */
static bool is_id(const char *id)
{
	return id[0] && strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(id);
}

static bool find_verdict(const char *name, enum cases_verdict *ret)
{
	for (int v = CASES_ACCEPTED; v <= CASES_EITHER; v++) {
		if (!strcmp(cases_verdict_name((enum cases_verdict)v), name)) {
			*ret = (enum cases_verdict)v;
			return true;
		}
	}
	return false;
}

/* It is printed to terminals, and into the lines of a file for --expect. */
static bool has_control(const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	while (*at >= 0x20 && *at != 0x7f && !(at[0] == 0xc2 && at[1] < 0xa0))
		at++;
	return *at != '\0';
}

static int get_text(const json_t *object, const char *member, const char **ret, struct jurat_error *err)
{
	*ret = json_string_value(json_object_get(object, member));
	if (!*ret)
		return jurat_fail(err, -EBADMSG, "expected a string '%s'", member);
	if (has_control(*ret))
		return jurat_fail(err, -EBADMSG, "'%s' has a control character", member);
	return 0;
}

static int read_entry(const struct cases_index *index, const json_t *object, const char *dir,
		      struct cases_entry *ret, struct jurat_error *err)
{
	struct cases_entry e = { .known = -1 };
	const char *verdict = "";
	int r = get_text(object, "id", &e.id, err);

	if (r == 0)
		r = get_text(object, "what", &e.what, err);
	if (r == 0)
		r = get_text(object, "class", &e.class, err);
	if (r == 0)
		r = get_text(object, "tee", &e.tee, err);
	if (r == 0)
		r = get_text(object, "verdict", &verdict, err);
	if (r < 0)
		return r;
	if (!is_id(e.id))
		return jurat_fail(err, -EBADMSG, "'%s' is not an id", e.id);
	for (size_t i = 0; i < index->n; i++)
		if (!strcmp(index->entries[i].id, e.id))
			return jurat_fail(err, -EBADMSG, "'%s' is there twice", e.id);
	if (!is_id(e.class) || !json_object_get(json_object_get(index->json, "classes"), e.class))
		return jurat_fail(err, -EBADMSG, "'%s': unknown class '%s'", e.id, e.class);
	if (!find_verdict(verdict, &e.verdict))
		return jurat_fail(err, -EBADMSG, "'%s': unknown verdict '%s'", e.id, verdict);
	if (asprintf(&e.dir, "%s/cases/%s", dir, e.id) < 0)
		return jurat_fail_memory(err);
	*ret = e;
	return 0;
}

static int read_entries(struct cases_index *index, const char *dir, struct jurat_error *err)
{
	const json_t *cases = json_object_get(index->json, "cases");
	const size_t n = json_array_size(cases);

	if (n == 0)
		return jurat_fail(err, -EBADMSG, "it has no cases");
	index->entries = calloc(n, sizeof(*index->entries));
	if (!index->entries)
		return jurat_fail_memory(err);
	for (size_t i = 0; i < n; i++) {
		int r = read_entry(index, json_array_get(cases, i), dir, &index->entries[i], err);

		if (r < 0)
			return r == -ENOMEM ? r : jurat_wrap(err, r, "case %zu", i + 1);
		index->n++;
	}
	return 0;
}

static int check_format(const json_t *json, struct jurat_error *err)
{
	const json_t *format = json_object_get(json, "format");

	if (!json_is_integer(format))
		return jurat_fail(err, -EBADMSG, "it is not the index of a corpus: it has no 'format'");
	if (json_integer_value(format) != CASES_INDEX_FORMAT)
		return jurat_fail(err, -EPROTO, "it is of format %lld; this release reads format %d",
				  (long long)json_integer_value(format), CASES_INDEX_FORMAT);
	return 0;
}

/* The directory of a file, or `dir`, as an absolute path: adapters may have another working directory. */
static int find_dir(const char *path, const char *dir, char **ret, struct jurat_error *err)
{
	auto_free char *own = NULL;

	if (!dir) {
		const char *slash = strrchr(path, '/');

		own = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
		if (!own)
			return jurat_fail_memory(err);
		dir = own;
	}
	*ret = realpath(dir, NULL);
	return *ret ? 0 : jurat_fail(err, -errno, "cannot read '%s': %s", dir, strerror(errno));
}

int cases_index_read(const char *path, const char *dir, struct cases_index *ret, struct jurat_error *err)
{
	struct cases_index index = { 0 };
	auto_free char *absolute = NULL;
	json_error_t where;
	int r = find_dir(path, dir, &absolute, err);

	if (r < 0)
		return r;
	errno = 0;
	index.json = json_load_file(path, JSON_REJECT_DUPLICATES, &where);
	if (!index.json && json_error_code(&where) == json_error_cannot_open_file)
		return jurat_fail(err, errno ? -errno : -ENOENT, "%s", where.text);
	if (!index.json)
		return jurat_fail(err, -EBADMSG, "'%s': line %d: %s", path, where.line, where.text);
	r = check_format(index.json, err);
	if (r == 0)
		r = read_entries(&index, absolute, err);
	if (r < 0) {
		cases_index_done(&index);
		return r == -ENOMEM ? r : jurat_wrap(err, r, "'%s'", path);
	}
	*ret = index;
	return 0;
}

void cases_index_done(struct cases_index *index)
{
	for (size_t i = 0; i < index->n; i++)
		free(index->entries[i].dir);
	free(index->entries);
	json_decref(index->json);
	*index = (struct cases_index){ 0 };
}

static bool is_in(const struct cases_index *index, const char *pattern)
{
	for (size_t i = 0; i < index->n; i++)
		if (fnmatch(pattern, index->entries[i].id, 0) == 0)
			return true;
	return false;
}

int cases_index_select(struct cases_index *index, const char *const *only, struct jurat_error *err)
{
	size_t n = 0;

	for (size_t i = 0; only && only[i]; i++)
		if (!is_in(index, only[i]))
			return jurat_fail(err, -EINVAL, "no case has an id that matches '%s'", only[i]);
	for (size_t i = 0; i < index->n; i++) {
		if (cases_id_matches(index->entries[i].id, only))
			index->entries[n++] = index->entries[i];
		else
			free(index->entries[i].dir);
	}
	index->n = n;
	return 0;
}
