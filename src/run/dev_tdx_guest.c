/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "run/device.h"
#include "run/user_memory.h"

/* /dev/tdx_guest, and its measurements in sysfs. */
static void tdx_guest_ioctl(void *ctx, void *file, const struct run_ioctl *call, struct run_reply *reply)
{
	struct run_platform *p = ctx;
	struct run_user_memory user;
	struct trace_place before;
	int r;

	if (call->compat) { /* the driver has no compat_ioctl */
		run_reply_ioctl(reply, -ENOTTY);
		return;
	}
	run_user_memory_of_ioctl(&user, call, p);
	before = run_trace_thread(p->trace, call->pid);
	r = machine_td_ioctl(p->td, &user.memory, call->request, call->arg);
	(void)trace_go(p->trace, before);
	run_user_memory_reply(&user, reply, r);
}

int run_tdx_guest_add(struct run_fs *fs, struct run_platform *platform, void **ret_ctx,
		      struct jurat_error *err)
{
	static const struct run_node_ops ops = { .device = true, .ioctl = tdx_guest_ioctl };
	int r = run_fs_add(fs, NULL, "tdx_guest", S_IFREG | run_platform_mode(platform), 0, &ops, platform,
			   NULL);

	*ret_ctx = NULL;
	return r < 0 ? jurat_fail(err, r, "cannot make /dev/tdx_guest") : 0;
}

struct measurement {
	struct sim_tdx_guest *driver;
	const char *name;
};

enum { MAX_MEASUREMENTS = 16 };

static void measurement_read(void *ctx, void *file, size_t size, uint64_t off, struct run_reply *reply)
{
	struct measurement *m = ctx;
	uint8_t value[TDX_MR_BYTES];
	int r = off < sizeof(value) ? sim_tdx_guest_mr_read(m->driver, m->name, value) : 0;
	size_t left = off < sizeof(value) ? sizeof(value) - (size_t)off : 0;

	run_reply_read(reply, r, left ? value + off : value, size < left ? size : left);
}

static ssize_t measurement_write(void *ctx, void *file, const void *data, size_t size, uint64_t off,
				 pid_t thread)
{
	struct measurement *m = ctx;
	int r;

	/* Writes are cut to the attribute's size. Spec: Linux fs/sysfs/file.c, sysfs_kf_bin_write(). */
	if (off >= TDX_MR_BYTES)
		return 0;
	size = size < TDX_MR_BYTES - off ? size : TDX_MR_BYTES - (size_t)off;
	r = off == 0 ? sim_tdx_guest_mr_write(m->driver, m->name, data, size) : -EINVAL;
	return r < 0 ? r : (ssize_t)size;
}

int run_measurements_add(struct run_fs *fs, struct run_node *device, struct run_platform *platform,
			 void **ret_ctx, struct jurat_error *err)
{
	static const struct run_node_ops ops = {
		.seekable = true, .strict = true, .read = measurement_read, .write = measurement_write
	};
	struct measurement *all = calloc(MAX_MEASUREMENTS, sizeof(*all));
	struct run_node *dir;
	bool writable;
	int r;

	*ret_ctx = all;
	if (!all)
		return jurat_fail_memory(err);
	r = run_fs_add(fs, device, "measurements", S_IFDIR | 0755, 0, NULL, NULL, &dir);
	for (unsigned i = 0; r == 0 && i < MAX_MEASUREMENTS; i++) {
		all[i].driver = machine_td_driver(platform->td);
		all[i].name = sim_tdx_guest_mr_name(i, &writable);
		if (!all[i].name)
			break;
		r = run_fs_add(fs, dir, all[i].name, S_IFREG | (writable ? 0644 : 0444), TDX_MR_BYTES, &ops,
			       &all[i], NULL);
	}
	return r < 0 ? jurat_fail(err, r, "cannot make the measurements") : 0;
}
