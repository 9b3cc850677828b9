/* SPDX-License-Identifier: MIT */
#include "store/access.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "store/store.h"

enum { WRITE_BY_OTHERS = 0022, READ_BY_STRANGERS = 0004, SEARCH_BY_STRANGERS = 0001, MODE_MASK = 07777 };

static bool is_foreign(const struct base_stat *st)
{
	return st->uid != 0 && st->uid != geteuid();
}

int store_check_directory(const char *name, const struct base_stat *st, struct jurat_error *err)
{
	const char *why = NULL;

	if (is_foreign(st))
		why = "it must belong to root or to the user that updates";
	else if (st->mode & WRITE_BY_OTHERS)
		why = "only its owner may be able to write to it (chmod go-w)";
	if (!why)
		return 0;
	return jurat_fail(err, -EPERM, "the directory '%s' has mode %04o and owner %u: %s", name,
			  st->mode & MODE_MASK, st->uid, why);
}

int store_check_blob(const char *path, const struct base_stat *st, const struct base_stat *dir,
		     struct jurat_error *err)
{
	const char *why = NULL;

	if (is_foreign(st))
		why = "it must belong to root or to the user that updates";
	else if (st->mode & WRITE_BY_OTHERS)
		why = "only its owner may be able to write to it (chmod go-w)";
	else if (st->mode & READ_BY_STRANGERS && dir->mode & SEARCH_BY_STRANGERS)
		why = "everyone can read it, and so lock it and stop every update (chmod o-r)";
	if (!why)
		return 0;
	return jurat_fail(err, -EPERM, "'%s' has mode %04o and owner %u: %s", path, st->mode & MODE_MASK,
			  st->uid, why);
}

int store_check_path(struct base_env *env, const char *path, struct jurat_error *err)
{
	const char *slash = strrchr(path, '/');
	auto_free char *dir =
		!slash ? strdup(".") : strndup(path, slash == path ? 1 : (size_t)(slash - path));
	struct base_stat there, blob;
	int r;

	if (!dir)
		return jurat_fail_memory(err);
	r = base_stat(env, dir, &there);
	if (r < 0)
		return jurat_fail(err, r, "cannot stat the directory '%s': %s", dir, strerror(-r));
	r = store_check_directory(dir, &there, err);
	if (r < 0)
		return r;
	r = base_stat(env, path, &blob);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return jurat_fail(err, r, "cannot stat '%s': %s", path, strerror(-r));
	return store_check_blob(path, &blob, &there, err);
}
