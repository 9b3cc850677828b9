/* SPDX-License-Identifier: MIT */
#include "cli/names_directory.h"

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"

/*
 * Entries of a directory, in order. Without padding and pointers: there may be a million. A byte of the type
 * is before each name.
 */
struct frame {
	char *path;
	char *names;
	uint32_t *starts;
	size_t used, room, n, n_room, at;
};

struct names_walk {
	char *top; /* to be entered; NULL: it was */
	struct frame *frames;
	size_t n, room;
};

bool cli_is_evidence_directory(const char *path)
{
	static const char *const parts[] = { "report.bin", "quote.bin" };
	struct stat st;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		auto_free char *part = NULL;

		if (asprintf(&part, "%s/%s", path, parts[i]) < 0) {
			part = NULL;
			continue; /* whoever reads the directory has no memory, either */
		}
		if (lstat(part, &st) == 0)
			return true;
	}
	return false;
}

static void frame_done(struct frame *f)
{
	free(f->path);
	free(f->names);
	free(f->starts);
	*f = (struct frame){ .path = NULL };
}

static int add_entry(struct frame *f, const struct dirent *entry)
{
	const size_t size = strlen(entry->d_name) + 2;

	if (f->room - f->used < size) {
		size_t room = f->room ? 2 * f->room : 4096;
		char *more = room <= UINT32_MAX ? realloc(f->names, room) : NULL;

		if (!more)
			return -ENOMEM;
		f->names = more;
		f->room = room;
	}
	if (f->n == f->n_room) {
		size_t room = f->n_room ? 2 * f->n_room : 128;
		uint32_t *more = reallocarray(f->starts, room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		f->starts = more;
		f->n_room = room;
	}
	f->starts[f->n++] = (uint32_t)f->used;
	f->names[f->used] = (char)entry->d_type;
	memcpy(f->names + f->used + 1, entry->d_name, size - 1);
	f->used += size;
	return 0;
}

static int by_name(const void *a, const void *b, void *names)
{
	const uint32_t *x = a, *y = b;

	return strcmp((const char *)names + *x + 1, (const char *)names + *y + 1);
}

/* Reads all entries. 0; -ENOMEM; another -errno */
static int read_entries(struct frame *f)
{
	DIR *dir = opendir(f->path);
	const struct dirent *entry;
	int r = dir ? 0 : -errno;

	while (r == 0) {
		errno = 0;
		entry = readdir(dir);
		if (!entry) {
			r = -errno;
			break;
		}
		if (entry->d_name[0] != '.')
			r = add_entry(f, entry);
	}
	if (dir)
		closedir(dir);
	if (r == 0 && f->n > 0)
		qsort_r(f->starts, f->n, sizeof(*f->starts), by_name, f->names);
	return r;
}

/* Takes the path. 0; -ENOMEM; another -errno */
static int enter(struct names_walk *w, char **path, size_t *ret_n)
{
	struct frame *f;
	int r;

	if (w->n == w->room) {
		size_t room = w->room ? 2 * w->room : 8;
		struct frame *more = reallocarray(w->frames, room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		w->frames = more;
		w->room = room;
	}
	f = &w->frames[w->n];
	*f = (struct frame){ .path = *path };
	r = read_entries(f);
	if (r < 0) {
		f->path = NULL;
		frame_done(f);
		return r;
	}
	*path = NULL;
	*ret_n += f->n;
	w->n++;
	return 0;
}

static mode_t type_of(const char *path, unsigned char type)
{
	struct stat st;

	if (type != DT_UNKNOWN)
		return DTTOIF(type);
	return lstat(path, &st) == 0 ? st.st_mode & S_IFMT : S_IFREG; /* whoever opens it says why not */
}

/* What an entry is: NAMES_END for a directory to be entered. */
static enum names_entry classify(const char *path, unsigned char type, const char **ret_why)
{
	mode_t mode = type_of(path, type);
	struct stat st;

	if (S_ISLNK(mode)) {
		if (stat(path, &st) < 0)
			return NAMES_FILE;
		*ret_why = "a symbolic link to a directory, which is not followed";
		if (S_ISDIR(st.st_mode))
			return NAMES_FAULT;
		mode = st.st_mode & S_IFMT;
	}
	*ret_why = "not a regular file";
	if (S_ISDIR(mode))
		return cli_is_evidence_directory(path) ? NAMES_DIRECTORY : NAMES_END;
	return S_ISREG(mode) ? NAMES_FILE : NAMES_FAULT;
}

int names_walk_new(const char *path, struct names_walk **ret)
{
	struct names_walk *w = calloc(1, sizeof(*w));

	if (w)
		w->top = strdup(path);
	if (!w || !w->top) {
		free(w);
		return -ENOMEM;
	}
	*ret = w;
	return 0;
}

void names_walk_free(struct names_walk *walk)
{
	if (!walk)
		return;
	for (size_t i = 0; i < walk->n; i++)
		frame_done(&walk->frames[i]);
	free(walk->frames);
	free(walk->top);
	free(walk);
}

/* Enters a directory, or returns it as a fault. */
static int try_to_enter(struct names_walk *w, char **path, const char **ret_why, size_t *ret_n,
			char **ret_path)
{
	const size_t before = *ret_n;
	int r = enter(w, path, ret_n);

	if (r == -ENOMEM)
		return r;
	*ret_why = r < 0 ? strerrordesc_np(-r) : "a directory without evidence";
	if (r == 0 && *ret_n > before)
		return NAMES_END;
	if (r < 0) {
		*ret_path = take_ptr(*path);
	} else {
		struct frame *empty = &w->frames[--w->n];

		*ret_path = take_ptr(empty->path);
		frame_done(empty);
	}
	return NAMES_FAULT;
}

int names_walk_next(struct names_walk *w, char **ret_path, const char **ret_why, size_t *ret_n)
{
	int r = NAMES_END;

	*ret_n = 0;
	if (w->top)
		r = try_to_enter(w, &w->top, ret_why, ret_n, ret_path);
	while (r == NAMES_END && w->n > 0) {
		struct frame *f = &w->frames[w->n - 1];
		auto_free char *path = NULL;
		const char *entry;
		size_t length = strlen(f->path);

		if (f->at == f->n) {
			frame_done(f);
			w->n--;
			continue;
		}
		entry = f->names + f->starts[f->at++];
		if (asprintf(&path, "%s%s%s", f->path, length > 0 && f->path[length - 1] == '/' ? "" : "/",
			     entry + 1) < 0) {
			path = NULL;
			return -ENOMEM;
		}
		r = classify(path, (unsigned char)entry[0], ret_why);
		if (r == NAMES_END)
			r = try_to_enter(w, &path, ret_why, ret_n, ret_path);
		else
			*ret_path = take_ptr(path);
	}
	return r;
}
