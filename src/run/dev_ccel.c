/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "run/device.h"

/*
 * /sys/firmware/acpi/tables/CCEL and data/CCEL: the table that names a TD's event log, and the log. Spec:
 * Linux drivers/acpi/sysfs.c.
 */
static void reply_part(struct run_reply *reply, int error, const uint8_t *bytes, size_t n, size_t size,
		       uint64_t off)
{
	size_t from = off < n ? (size_t)off : n;

	run_reply_read(reply, error, bytes + from, size < n - from ? size : n - from);
}

static void table_read(void *ctx, void *file, size_t size, uint64_t off, struct run_reply *reply)
{
	const struct run_platform *p = ctx;
	uint8_t table[MEASURE_CCEL_BYTES];
	int r = machine_td_ccel(p->td, table);

	reply_part(reply, r, table, sizeof(table), size, off);
}

static void log_read(void *ctx, void *file, size_t size, uint64_t off, struct run_reply *reply)
{
	const struct run_platform *p = ctx;
	uint8_t *log = malloc(MEASURE_LOG_AREA_BYTES);
	int r = log ? machine_td_read_log(p->td, 0, log, MEASURE_LOG_AREA_BYTES) : -ENOMEM;

	if (r < 0)
		run_reply_read(reply, r, NULL, 0);
	else
		reply_part(reply, 0, log, MEASURE_LOG_AREA_BYTES, size, off);
	free(log);
}

static int add(struct run_fs *fs, struct run_platform *p, const char *node, off_t size,
	       const struct run_node_ops *ops, struct jurat_error *err)
{
	int r = run_fs_add(fs, NULL, node, S_IFREG | 0400, size, ops, p, NULL);

	return r < 0 ? jurat_fail(err, r, "cannot create the ACPI table CCEL") : 0;
}

int run_ccel_add(struct run_fs *fs, struct run_platform *p, void **ret_ctx, struct jurat_error *err)
{
	static const struct run_node_ops ops = { .seekable = true, .strict = true, .read = table_read };

	*ret_ctx = NULL;
	return add(fs, p, "acpi.CCEL", MEASURE_CCEL_BYTES, &ops, err);
}

int run_ccel_log_add(struct run_fs *fs, struct run_platform *p, void **ret_ctx, struct jurat_error *err)
{
	static const struct run_node_ops ops = { .seekable = true, .strict = true, .read = log_read };

	*ret_ctx = NULL;
	return add(fs, p, "acpi.CCEL.log", MEASURE_LOG_AREA_BYTES, &ops, err);
}
