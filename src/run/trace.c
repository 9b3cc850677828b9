/* SPDX-License-Identifier: MIT */
#include "run/trace.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "show/show.h"

/* Longer than a line of any format but a page, whose lines have bytes. */
enum { LINE_ROOM = 64 * 1024 };

struct file {
	struct sequence sequence;
	FILE *to;    /* NULL: none */
	char *title; /* the file's name, for a page */
	trace_sink_fn *also;
	void *also_ctx;
	char buffer[LINE_ROOM]; /* of `to` */
};

static void file_free(struct file *file)
{
	if (file)
		free(file->title);
	free(file);
}

static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void add(void *ctx, const struct sequence_event *event)
{
	struct file *file = ctx;

	if (file->to)
		sequence_add(&file->sequence, event);
	if (file->also)
		file->also(file->also_ctx, event);
}

int run_trace_open(const char *path, struct trace **ret, struct jurat_error *err)
{
	return run_trace_open_with(path, NULL, NULL, ret, err);
}

int run_trace_open_with(const char *path, trace_sink_fn *also, void *ctx, struct trace **ret,
			struct jurat_error *err)
{
	struct trace_options options = { .sink = add };
	enum sequence_format format = SEQUENCE_TEXT;
	struct file *file;

	if (path && sequence_format_of(path, &format) < 0)
		return jurat_fail(err, -EINVAL, "trace file '%s': expected a name ending in %s", path,
				  sequence_endings());
	file = calloc(1, sizeof(*file));
	options.ctx = file;
	options.wants_bytes = sequence_wants_bytes(format);
	if (file && path)
		file->title = strdup(name_of(path));
	if (!file || (path && !file->title) || trace_new(&options, ret) < 0) {
		file_free(file);
		return jurat_fail_memory(err);
	}
	file->also = also;
	file->also_ctx = ctx;
	if (!path)
		return 0;
	file->to = fopen(path, "we");
	if (!file->to) {
		int e = errno;

		(void)trace_free(*ret);
		file_free(file);
		*ret = NULL;
		return jurat_fail(err, -e, "cannot write '%s': %s", path, strerror(e));
	}
	/*
	 * If this process is killed, whole lines are in the file: text, and an array that only lacks its end,
	 * as the JSON Array Format of Chrome's trace events allows. A page is nothing without its end.
	 */
	(void)!setvbuf(file->to, file->buffer, format == SEQUENCE_PAGE ? _IOFBF : _IOLBF,
		       sizeof(file->buffer));
	sequence_begin(&file->sequence, format, file->to);
	file->sequence.page = (struct sequence_page){ .title = file->title, .decode = show_bytes };
	return 0;
}

int run_trace_close(struct trace *t)
{
	struct file *file = t ? trace_ctx(t) : NULL;
	bool bad = false, missing;

	if (!t)
		return 0;
	missing = trace_free(t) < 0;
	if (file->to) {
		missing |= sequence_end(&file->sequence) < 0;
		bad = ferror(file->to);
		bad |= fclose(file->to) != 0;
	}
	file_free(file);
	return bad ? -EIO : missing ? -ENOMEM : 0;
}

struct trace_place run_trace_thread(struct trace *t, pid_t thread)
{
	struct trace_place place = TRACE_NOWHERE;

	place.thread = (uint32_t)thread;
	return trace_go(t, place);
}
