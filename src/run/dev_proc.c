/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text_stream.h"
#include "run/device.h"

/*
 * /proc/misc and /proc/filesystems: the machine's own, read at each open(2), with the entries of the
 * guest's kernel added. Spec: Linux drivers/char/misc.c, misc_seq_show(); fs/filesystems.c.
 */
struct text {
	char *bytes;
	size_t n;
};

bool run_proc_wanted(const struct run_options *options)
{
	return options->argv && access("/proc/misc", R_OK) == 0 && access("/proc/filesystems", R_OK) == 0;
}

/* Appends the machine's file. true: it contains the line. */
static bool copy_file(FILE *to, const char *path, const char *line)
{
	FILE *from = fopen(path, "re");
	char text[256];
	bool found = false;

	while (from && fgets(text, sizeof(text), from)) {
		found |= !strcmp(text, line);
		fputs(text, to);
	}
	if (from)
		fclose(from);
	return found;
}

static void write_misc(FILE *to, const struct run_platform *p)
{
	for (int i = RUN_N_MISC - 1; i >= 0; i--) /* newest first */
		if (p->numbers[i] != 0)
			fprintf(to, "%3u %s\n", minor(p->numbers[i]), run_misc_name((enum run_misc)i));
	(void)copy_file(to, "/proc/misc", "");
}

static void write_filesystems(FILE *to, const struct run_platform *p)
{
	static const char line[] = "nodev\tconfigfs\n";

	if (!copy_file(to, "/proc/filesystems", line))
		fputs(line, to);
}

static int text_open(void *ctx, void **ret_file, void (*write)(FILE *to, const struct run_platform *p))
{
	auto_free struct text *text = calloc(1, sizeof(*text));
	struct text_stream stream;

	if (!text || text_stream_open(&stream) < 0)
		return -ENOMEM;
	write(stream.to, ctx);
	if (text_stream_close(&stream, &text->bytes, &text->n) < 0)
		return -ENOMEM;
	*ret_file = take_ptr(text);
	return 0;
}

static int misc_open(void *ctx, int flags, void **ret_file)
{
	return text_open(ctx, ret_file, write_misc);
}

static int filesystems_open(void *ctx, int flags, void **ret_file)
{
	return text_open(ctx, ret_file, write_filesystems);
}

static void text_read(void *ctx, void *file, size_t size, uint64_t off, struct run_reply *reply)
{
	const struct text *text = file;
	size_t from = off < text->n ? (size_t)off : text->n;

	run_reply_read(reply, 0, text->bytes + from, size < text->n - from ? size : text->n - from);
}

static void text_release(void *ctx, void *file)
{
	struct text *text = file;

	free(text->bytes);
	free(text);
}

int run_proc_misc_add(struct run_fs *fs, struct run_platform *p, void **ret_ctx, struct jurat_error *err)
{
	static const struct run_node_ops ops = {
		.seekable = true, .open = misc_open, .release = text_release, .read = text_read
	};
	int r = run_fs_add(fs, NULL, "proc.misc", S_IFREG | 0444, 0, &ops, p, NULL);

	*ret_ctx = NULL;
	return r < 0 ? jurat_fail(err, r, "cannot create /proc/misc") : 0;
}

int run_proc_filesystems_add(struct run_fs *fs, struct run_platform *p, void **ret_ctx,
			     struct jurat_error *err)
{
	static const struct run_node_ops ops = {
		.seekable = true, .open = filesystems_open, .release = text_release, .read = text_read
	};
	int r = run_fs_add(fs, NULL, "proc.filesystems", S_IFREG | 0444, 0, &ops, p, NULL);

	*ret_ctx = NULL;
	return r < 0 ? jurat_fail(err, r, "cannot create /proc/filesystems") : 0;
}
