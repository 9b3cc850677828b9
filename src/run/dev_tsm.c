/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "run/device.h"
#include "run/tsm_source.h"

/*
 * /sys/kernel/config/tsm/report: the files of the simulated configfs-tsm (sim/guest/tsm). mkdir(2) and
 * rmdir(2) create and remove entries; every call on an attribute is passed on.
 */
struct attribute {
	struct tree *tree;
	uint64_t entry;
	enum sim_tsm_attr attr;
};

struct entry {
	struct entry *next;
	struct run_node *node;
	struct attribute attributes[SIM_TSM_N_ATTRS];
};

struct tree {
	struct run_fs *fs;
	struct run_platform *platform;
	struct run_node *report;
	struct sim_tsm *tsm;
	const struct run_tsm_source *source;
	void *source_ctx;
	struct entry *entries;
};

/* What a call on the file needs: the entry, and `ctx`, may have been removed since open(2). */
struct opened {
	struct tree *tree;
	enum sim_tsm_attr attr;
	struct sim_tsm_file *file;
	struct trace_reads reads;
};

static int attribute_open(void *ctx, int flags, void **ret_file)
{
	struct attribute *a = ctx;
	struct opened *opened = calloc(1, sizeof(*opened));
	int r = opened ? sim_tsm_open(a->tree->tsm, a->entry, a->attr, flags, &opened->file) : -ENOMEM;

	if (r < 0) {
		free(opened);
		return r;
	}
	opened->tree = a->tree;
	opened->attr = a->attr;
	*ret_file = opened;
	return 0;
}

static struct trace *trace_of(const struct opened *opened)
{
	return opened->tree->platform->trace;
}

static void attribute_release(void *ctx, void *file)
{
	struct opened *opened = file;

	trace_reads_end(trace_of(opened), &opened->reads);
	(void)sim_tsm_close(opened->file);
	free(opened);
}

struct pending {
	struct sim_tsm_read read;
	struct run_reply *reply;
	struct opened *opened; /* is not released while it is read */
	uint64_t off;
};

/* Begins a step of the program, and goes into it. */
static uint32_t traced(const struct opened *opened, const char *op, pid_t thread)
{
	struct run_platform *p = opened->tree->platform;
	uint32_t step;

	if (!p->trace)
		return 0;
	(void)trace_go(p->trace, p->options->reported == RUN_TDX
					 ? machine_td_program(p->td, (uint32_t)thread)
					 : machine_program(p->guest, 0, (uint32_t)thread));
	step = trace_call(p->trace, "guest program", "configfs-tsm", "%s %s", op,
			  sim_tsm_attr_info(opened->attr)->name);
	(void)trace_go(p->trace, trace_in(p->trace, step));
	return step;
}

static void traced_end(struct trace *t, uint32_t step, const char *bytes, const void *data, ssize_t result)
{
	if (result > 0 && bytes)
		trace_bytes(t, step, bytes, data, (size_t)result);
	trace_number(t, step, "ret", (uint64_t)(int64_t)result, TRACE_SIGNED);
	if (result < 0)
		trace_end(t, step, "%s", strerror((int)-result));
	else
		trace_end(t, step, "%zd bytes", result);
}

static void read_done(struct sim_tsm_read *read, int result, const uint8_t *data, size_t size)
{
	struct pending *pending = read->ctx;

	trace_reads_returned(trace_of(pending->opened), &pending->opened->reads, pending->off,
			     result < 0 ? result : (int64_t)size);
	run_reply_read(pending->reply, result, data, size);
	free(pending);
}

static void attribute_read(void *ctx, void *file, size_t size, uint64_t off, struct run_reply *reply)
{
	struct pending *pending = calloc(1, sizeof(*pending));
	struct opened *opened = file;
	struct trace *trace = trace_of(opened);
	struct trace_place before = trace_here(trace);

	if (!pending) {
		run_reply_read(reply, -ENOMEM, NULL, 0);
		return;
	}
	pending->reply = reply;
	pending->read.done = read_done;
	pending->read.ctx = pending;
	pending->opened = opened;
	pending->off = off;
	if (trace_reads_go_on(trace, &opened->reads, off))
		(void)trace_go(trace, trace_in(trace, opened->reads.step));
	else
		opened->reads.step = traced(opened, "reads", run_reply_thread(reply));
	sim_tsm_read(opened->file, off, size, &pending->read);
	(void)trace_go(trace, before);
}

static ssize_t attribute_write(void *ctx, void *file, const void *data, size_t size, uint64_t off,
			       pid_t thread)
{
	struct opened *opened = file;
	struct trace *trace = trace_of(opened);
	struct trace_place before = trace_here(trace);
	uint32_t step = traced(opened, "writes", thread);
	ssize_t r = sim_tsm_write(opened->file, off, data, size);

	traced_end(trace, step, opened->attr == SIM_TSM_INBLOB ? "report data" : NULL, data, r);
	(void)trace_go(trace, before);
	return r;
}

static void forget(struct tree *tree, struct run_node *node)
{
	struct entry **at = &tree->entries, *entry;

	while ((*at)->node != node)
		at = &(*at)->next;
	entry = *at;
	*at = entry->next;
	run_fs_remove(tree->fs, node);
	free(entry);
}

static int add_attributes(struct tree *tree, struct entry *entry, uint64_t id)
{
	static const struct run_node_ops text = { .seekable = true,
						  .strict = true,
						  .truncates = true,
						  .open = attribute_open,
						  .release = attribute_release,
						  .read = attribute_read,
						  .write = attribute_write };
	/*
	 * FUSE supports lseek(2), pread(2) and pwrite(2), or none of them; configfs lacks only lseek(2)
	 * here.
	 */
	static const struct run_node_ops binary = { .seekable = true,
						    .strict = true,
						    .truncates = true,
						    .open = attribute_open,
						    .release = attribute_release,
						    .read = attribute_read,
						    .write = attribute_write };
	/* In the order in which configfs lists them: the reverse of the driver's. */
	static const enum sim_tsm_attr order[SIM_TSM_N_ATTRS] = {
		SIM_TSM_MANIFESTBLOB,
		SIM_TSM_AUXBLOB,
		SIM_TSM_OUTBLOB,
		SIM_TSM_INBLOB,
		SIM_TSM_SERVICE_MANIFEST_VERSION,
		SIM_TSM_SERVICE_GUID,
		SIM_TSM_SERVICE_PROVIDER,
		SIM_TSM_PRIVLEVEL_FLOOR,
		SIM_TSM_PRIVLEVEL,
		SIM_TSM_PROVIDER,
		SIM_TSM_GENERATION,
	};
	int r = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(order) && r == 0; i++) {
		const struct sim_tsm_attr_info *info = sim_tsm_attr_info(order[i]);
		struct attribute *a = &entry->attributes[i];

		if (!sim_tsm_has(tree->tsm, id, order[i]))
			continue;
		*a = (struct attribute){ .tree = tree, .entry = id, .attr = order[i] };
		r = run_fs_add(tree->fs, entry->node, info->name, S_IFREG | info->mode, info->size,
			       info->is_binary ? &binary : &text, a, NULL);
	}
	return r;
}

static int report_mkdir(void *ctx, const char *name)
{
	struct tree *tree = ctx;
	struct entry *entry = calloc(1, sizeof(*entry));
	uint64_t id;
	int r = entry ? sim_tsm_mkdir(tree->tsm, name, &id) : -ENOMEM;

	if (r < 0) {
		free(entry);
		return r;
	}
	r = run_fs_add(tree->fs, tree->report, name, S_IFDIR | 0755, 0, NULL, NULL, &entry->node);
	if (r < 0) {
		free(entry);
		(void)!sim_tsm_rmdir(tree->tsm, name);
		return r;
	}
	entry->next = tree->entries;
	tree->entries = entry;
	r = add_attributes(tree, entry, id);
	if (r < 0) {
		forget(tree, entry->node);
		(void)!sim_tsm_rmdir(tree->tsm, name);
	}
	return r;
}

static int report_rmdir(void *ctx, const char *name)
{
	struct tree *tree = ctx;
	int r = sim_tsm_rmdir(tree->tsm, name);

	if (r == 0)
		forget(tree, run_fs_find(tree->fs, tree->report, name));
	return r;
}

void run_tsm_done(void *ctx)
{
	struct tree *tree = ctx;

	if (!tree)
		return;
	while (tree->entries) {
		struct entry *entry = tree->entries;

		tree->entries = entry->next;
		free(entry);
	}
	if (tree->tsm && tree->source->done)
		tree->source->done(tree->tsm, tree->source_ctx);
	free(tree);
}

int run_tsm_add(struct run_fs *fs, struct run_platform *platform, void **ret_ctx, struct jurat_error *err)
{
	static const struct run_node_ops ops = { .mkdir = report_mkdir, .rmdir = report_rmdir };
	struct tree *tree = calloc(1, sizeof(*tree));
	struct run_node *top;
	int r;

	*ret_ctx = tree;
	if (!tree)
		return jurat_fail_memory(err);
	tree->fs = fs;
	tree->platform = platform;
	tree->source = run_tsm_source_find(platform->options->reported);
	r = tree->source->start(platform, &tree->tsm, &tree->source_ctx, err);
	if (r == 0) {
		platform->tsm = tree->tsm;
		sim_tsm_refuse_stores(tree->tsm, platform->faults.configfs_ebusy);
	}
	if (r == 0)
		r = run_fs_add(fs, NULL, "tsm", S_IFDIR | 0755, 0, NULL, NULL, &top);
	if (r == 0)
		r = run_fs_add(fs, top, "report", S_IFDIR | 0755, 0, &ops, tree, &tree->report);
	return r < 0 ? jurat_wrap(err, r, "configfs-tsm") : 0;
}
