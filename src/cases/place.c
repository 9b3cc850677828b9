/* SPDX-License-Identifier: MIT */
#include "cases/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

static int write_all(int fd, const char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t done = write(fd, bytes, n);

		if (done < 0 && errno != EINTR)
			return -errno;
		if (done > 0) {
			bytes += done;
			n -= (size_t)done;
		}
	}
	return 0;
}

int cases_write_file(int dir, const char *name, const void *bytes, size_t n, struct jurat_error *err)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	int r = fd < 0 ? -errno : write_all(fd, bytes, n);

	if (fd >= 0 && close(fd) < 0 && r == 0)
		r = -errno;
	return r < 0 ? jurat_fail(err, r, "cannot write '%s': %s", name, strerror(-r)) : 0;
}

int cases_write_json(int dir, const char *name, const json_t *json, struct jurat_error *err)
{
	auto_free char *text = json_dumps(json, JSON_INDENT(2));
	size_t n = text ? strlen(text) : 0;

	if (!text)
		return jurat_fail_memory(err);
	text[n] = '\n'; /* in place of its NUL */
	return cases_write_file(dir, name, text, n + 1, err);
}

int cases_list(struct cases_place *place, const char *role, const char *name, struct jurat_error *err)
{
	return json_object_set_new(place->files, role, json_string(name)) == 0 ? 0 : jurat_fail_memory(err);
}

int cases_put(struct cases_place *place, const char *role, const char *name, const void *bytes, size_t n,
	      struct jurat_error *err)
{
	int r = cases_write_file(place->dir, name, bytes, n, err);

	return r < 0 || !role ? r : cases_list(place, role, name, err);
}
