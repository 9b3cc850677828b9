/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cases/cases_files.h"
#include "cases/describe.h"
#include "cases/evidence.h"
#include "cases/place.h"

struct making {
	const struct cases_make_options *options;
	struct cases_roots *roots;
	char *path;  /* where it is written first: in the directory, so that it can be moved by name */
	int dir;     /* of it */
	int cases;   /* the folder of all cases */
	json_t *all; /* what the index lists */
};

static int fail_path(struct jurat_error *err, const char *what, const char *path)
{
	int r = -errno;

	return jurat_fail(err, r, "cannot %s '%s': %s", what, path, strerror(-r));
}

/* ---- one case */

static int put_policy(struct cases_place *place, const struct cases_evidence *e, json_t **ret,
		      struct jurat_error *err)
{
	json_error_t where;
	int r;

	*ret = NULL;
	if (!e->policy)
		return 0;
	*ret = json_loads(e->policy, JSON_REJECT_DUPLICATES, &where);
	if (!*ret)
		return jurat_fail(err, -EINVAL, "the policy is not JSON: %s", where.text);
	r = cases_write_json(place->dir, "policy.json", *ret, err);
	return r < 0 ? r : cases_list(place, "policy", "policy.json", err);
}

static int fill_place(const struct making *m, struct cases_place *place, const struct cases_row *row,
		      const struct cases_evidence *e, struct jurat_error *err)
{
	json_t *policy = NULL, *object = NULL;
	int r = cases_put_evidence(place, e, row->tdx, err);

	if (r == 0)
		r = put_policy(place, e, &policy, err);
	if (r == 0)
		r = cases_describe(row, e, place->files, policy, &object, err);
	if (r == 0)
		r = cases_write_json(place->dir, "case.json", object, err);
	if (r == 0 && json_array_append(m->all, object) < 0)
		r = jurat_fail_memory(err);
	json_decref(policy);
	json_decref(object);
	return r;
}

static int put_case(const struct making *m, const struct cases_row *row, struct jurat_error *err)
{
	struct cases_place place = { .dir = -1 };
	struct cases_evidence e;
	int r = cases_evidence_make(m->roots, row, &e, err);

	if (r < 0)
		return r;
	if (mkdirat(m->cases, row->id, 0777) == 0)
		place.dir = openat(m->cases, row->id, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	place.files = json_object();
	if (place.dir < 0)
		r = jurat_fail(err, -errno, "cannot create a folder: %s", strerror(errno));
	else if (!place.files)
		r = jurat_fail_memory(err);
	else
		r = fill_place(m, &place, row, &e, err);
	if (place.dir >= 0)
		close(place.dir);
	json_decref(place.files);
	cases_evidence_done(&e);
	return r < 0 ? jurat_wrap(err, r, "%s", row->id) : 0;
}

static int put_cases(const struct making *m, const struct cases_table *table, struct jurat_error *err)
{
	const struct cases_make_options *o = m->options;
	size_t n = 0, done = 0;
	int r = 0;

	for (size_t i = 0; i < table->n; i++)
		n += cases_id_matches(table->rows[i].id, o->only);
	for (size_t i = 0; r == 0 && i < table->n; i++) {
		if (!cases_id_matches(table->rows[i].id, o->only))
			continue;
		r = put_case(m, &table->rows[i], err);
		if (r == 0 && o->go_on && !o->go_on(o->ctx, ++done, n))
			r = jurat_fail(err, -EINTR, "interrupted");
	}
	return r;
}

/* ---- the directory */

static const struct {
	const char *name, *text;
} documents[] = {
	{ "README.md", cases_readme },
	{ "LICENSE", cases_license },
	{ "cases.schema.json", cases_schema },
};

static int put_index(const struct making *m, struct jurat_error *err)
{
	json_t *index = NULL;
	int r = cases_describe_all(m->all, &index, err);

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(documents); i++)
		r = cases_write_file(m->dir, documents[i].name, documents[i].text, strlen(documents[i].text),
				     err);
	if (r == 0)
		r = cases_write_json(m->dir, "index.json", index, err);
	json_decref(index);
	return r;
}

/* 0: there is an empty directory, *ret_made: which was not there before. */
static int take_directory(const char *path, bool *ret_made, struct jurat_error *err)
{
	const struct dirent *entry;
	bool empty = true;
	DIR *dir;

	*ret_made = mkdir(path, 0777) == 0;
	if (*ret_made)
		return 0;
	if (errno != EEXIST)
		return fail_path(err, "create", path);
	dir = opendir(path);
	if (!dir)
		return fail_path(err, "read", path);
	while (empty && (entry = readdir(dir)))
		empty = !strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..");
	closedir(dir);
	return empty ? 0
		     : jurat_fail(err, -ENOTEMPTY, "'%s' is not empty: expected a new or empty directory",
				  path);
}

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)remove(path);
	return 0;
}

void cases_remove(const char *path)
{
	(void)nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static char *path_in(const char *dir, const char *name)
{
	char *path;

	return asprintf(&path, "%s/%s", dir, name) < 0 ? NULL : path;
}

/* Out of the folder in which all was written: index.json last, without which it is no corpus. */
static int move_all(const struct making *m, struct jurat_error *err)
{
	static const char *const names[] = { "cases", "README.md", "LICENSE", "cases.schema.json",
					     "index.json" };
	size_t moved = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(names); i++) {
		auto_free char *to = path_in(m->options->dir, names[i]);

		if (!to)
			r = jurat_fail_memory(err);
		else if (renameat(m->dir, names[i], AT_FDCWD, to) < 0)
			r = fail_path(err, "create", to);
		moved += r == 0;
	}
	while (r < 0 && moved > 0) { /* only these are ours */
		auto_free char *to = path_in(m->options->dir, names[--moved]);

		if (to)
			cases_remove(to);
	}
	return r;
}

static int open_making(struct making *m, struct jurat_error *err)
{
	if (asprintf(&m->path, "%s/.making-XXXXXX", m->options->dir) < 0) {
		m->path = NULL;
		return jurat_fail_memory(err);
	}
	if (!mkdtemp(m->path)) {
		int r = fail_path(err, "write into", m->options->dir);

		free(m->path);
		m->path = NULL;
		return r;
	}
	m->dir = open(m->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (m->dir < 0 || mkdirat(m->dir, "cases", 0777) < 0)
		return fail_path(err, "write into", m->path);
	m->cases = openat(m->dir, "cases", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return m->cases < 0 ? fail_path(err, "read", m->path) : 0;
}

static void close_making(struct making *m)
{
	if (m->cases >= 0)
		close(m->cases);
	if (m->dir >= 0)
		close(m->dir);
	if (m->path)
		cases_remove(m->path);
	free(m->path);
	cases_roots_free(m->roots);
	json_decref(m->all);
}

static int make(const struct cases_make_options *options, const struct cases_table *table,
		struct jurat_error *err)
{
	struct making m = { .options = options, .dir = -1, .cases = -1, .all = json_array() };
	int r = m.all ? 0 : jurat_fail_memory(err);

	if (r == 0)
		r = cases_roots_new(&m.roots, err);
	if (r == 0)
		r = open_making(&m, err);
	if (r == 0)
		r = put_cases(&m, table, err);
	if (r == 0)
		r = put_index(&m, err);
	if (r == 0)
		r = move_all(&m, err);
	close_making(&m);
	return r;
}

int cases_make(const struct cases_make_options *options, struct jurat_error *err)
{
	struct cases_table table;
	bool made = false;
	int r = cases_table_new(&table, err);

	if (r < 0)
		return r;
	r = cases_check_patterns(&table, options->only, err);
	if (r == 0)
		r = take_directory(options->dir, &made, err);
	if (r == 0)
		r = make(options, &table, err);
	if (r < 0 && made)
		(void)rmdir(options->dir);
	cases_table_done(&table);
	return r;
}
