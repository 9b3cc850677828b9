/* SPDX-License-Identifier: MIT */
#include "cli/measure_explain.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/env.h"

enum { MAX_IMAGE_BYTES = 64 << 20 };

void explain_images_done(struct explain_images *images)
{
	for (size_t i = 0; i < images->n; i++) {
		free(images->paths[i]);
		free((void *)(uintptr_t)images->images[i].bytes);
	}
	*images = (struct explain_images){ .n = 0 };
}

static bool is_listed(const struct explain_images *images, const char *path)
{
	for (size_t i = 0; i < images->n; i++)
		if (!strcmp(images->paths[i], path))
			return true;
	return false;
}

/* Adds a file, unless it was added or there is no room. 0; -errno */
static int add(struct explain_images *images, const char *path, struct jurat_error *err)
{
	auto_free char *copy = NULL;
	uint8_t *bytes = NULL;
	size_t n;
	int r;

	if (is_listed(images, path))
		return 0;
	if (images->n == EXPLAIN_MAX_IMAGES) {
		images->left_out++;
		return 0;
	}
	copy = strdup(path);
	if (!copy)
		return jurat_fail_memory(err);
	r = base_read_file(base_env_real(), path, MAX_IMAGE_BYTES, &bytes, &n, err);
	if (r < 0)
		return r;
	images->paths[images->n] = take_ptr(copy);
	images->images[images->n++] = (struct measure_bytes){ bytes, n };
	return 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* Adds a neighbour, if it is a file with this suffix. What cannot be read is left out. */
static int add_neighbour(struct explain_images *images, const char *firmware, const char *suffix,
			 const char *name)
{
	const char *slash = strrchr(firmware, '/'), *dot = strrchr(name, '.');
	struct jurat_error err = { "" };
	auto_free char *path = NULL;
	struct stat st;
	int r;

	if (!dot || strcmp(dot, suffix) || !strcmp(name, slash ? slash + 1 : firmware))
		return 0;
	if (asprintf(&path, "%.*s%s", slash ? (int)(slash - firmware + 1) : 0, firmware, name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	r = add(images, path, &err);
	if (r < 0 && r != -ENOMEM)
		images->left_out++;
	return r == -ENOMEM ? r : 0;
}

static int add_neighbours(struct explain_images *images, const char *firmware)
{
	const char *slash = strrchr(firmware, '/');
	const char *suffix = strrchr(slash ? slash : firmware, '.');
	auto_free char *folder = slash ? strndup(firmware, (size_t)(slash - firmware + 1)) : strdup(".");
	struct dirent **entries;
	int n, r = 0;

	if (!folder)
		return -ENOMEM;
	n = suffix ? scandir(folder, &entries, NULL, by_name) : -1;
	if (n < 0)
		return 0;
	for (int i = 0; i < n; i++) {
		if (r == 0)
			r = add_neighbour(images, firmware, suffix, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return r;
}

int explain_images_load(struct measuring *m, struct explain_images *ret)
{
	const char *path, *firmware = cli_get(m->cli, "firmware");
	struct explain_images images = { .n = 0 };
	struct jurat_error err = { "" };
	int r = 0;

	for (size_t i = 0; r == 0 && (path = cli_get_nth(m->cli, "firmware-also", i)); i++)
		r = add(&images, path, &err);
	if (r == 0 && strcmp(firmware, "-"))
		r = add_neighbours(&images, firmware);
	if (r == 0) {
		*ret = images;
		return CLI_OK;
	}
	explain_images_done(&images);
	return r == -ENOMEM ? cli_fail_memory(m->cli)
			    : cli_fail(m->cli, CLI_ENVIRONMENT, "--firmware-also: %s", err.text);
}
