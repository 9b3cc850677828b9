/* SPDX-License-Identifier: MIT */
#include "run/device.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"

#define SYSFS_DIRECTORY(at, from, which, how)                                                                \
	{                                                                                                    \
		.place = { .path = at, .node = from, .directory = true }, .tees = which, .add = how,         \
		.done = run_misc_done                                                                        \
	}
#define SYSFS_LINK(at, to, which)                                                                            \
	{                                                                                                    \
		.place = { .path = at, .node = to, .link = true }, .tees = which                             \
	}
#define PROC(at, from, is_host, how)                                                                         \
	{                                                                                                    \
		.place = { .path = at, .node = from }, .tees = RUN_SEV_SNP | RUN_TDX, .host = is_host,       \
		.is_file = true, .wanted = run_proc_wanted, .add = how                                       \
	}

static const struct run_device devices[] = {
	{ .place = { .path = "/dev/sev-guest", .node = "sev-guest" },
	  .tees = RUN_SEV_SNP,
	  .add = run_sev_guest_add },
	{ .place = { .path = "/dev/tdx_guest", .node = "tdx_guest" },
	  .tees = RUN_TDX,
	  .add = run_tdx_guest_add },
	SYSFS_DIRECTORY("/sys/devices/virtual/misc/sev-guest", "misc.sev-guest", RUN_SEV_SNP,
			run_misc_sev_guest_add),
	SYSFS_LINK("/sys/class/misc/sev-guest", "../../devices/virtual/misc/sev-guest", RUN_SEV_SNP),
	SYSFS_DIRECTORY("/sys/devices/platform/sev-guest", "platform.sev-guest", RUN_SEV_SNP,
			run_platform_device_add),
	SYSFS_LINK("/sys/bus/platform/devices/sev-guest", "../../../devices/platform/sev-guest", RUN_SEV_SNP),
	SYSFS_DIRECTORY("/sys/devices/virtual/misc/tdx_guest", "misc.tdx_guest", RUN_TDX,
			run_misc_tdx_guest_add),
	SYSFS_LINK("/sys/class/misc/tdx_guest", "../../devices/virtual/misc/tdx_guest", RUN_TDX),
	{ .place = { .path = "/sys/kernel/config/tsm", .node = "tsm", .directory = true },
	  .tees = RUN_SEV_SNP | RUN_TDX,
	  .add = run_tsm_add,
	  .done = run_tsm_done },
	{ .place = { .path = RUN_ATTEST_CONF, .node = "tdx-attest.conf" },
	  .tees = RUN_TDX,
	  .is_file = true,
	  .wanted = run_attest_conf_wanted,
	  .add = run_attest_conf_add,
	  .done = free },
	{ .place = { .path = "/sys/firmware/acpi/tables/CCEL", .node = "acpi.CCEL" },
	  .tees = RUN_TDX,
	  .is_file = true,
	  .add = run_ccel_add },
	{ .place = { .path = "/sys/firmware/acpi/tables/data/CCEL", .node = "acpi.CCEL.log" },
	  .tees = RUN_TDX,
	  .is_file = true,
	  .add = run_ccel_log_add },
	PROC("/proc/misc", "proc.misc", false, run_proc_misc_add),
	PROC("/proc/filesystems", "proc.filesystems", false, run_proc_filesystems_add),
	{ .place = { .path = "/dev/sev", .node = "sev" },
	  .tees = RUN_SEV_SNP,
	  .host = true,
	  .add = run_sev_add },
	{ .place = { .path = "/sys/devices/virtual/misc/sev", .node = "misc.sev", .directory = true },
	  .tees = RUN_SEV_SNP,
	  .host = true,
	  .add = run_misc_sev_add,
	  .done = run_misc_done },
	{ .place = { .path = "/sys/class/misc/sev", .node = "../../devices/virtual/misc/sev", .link = true },
	  .tees = RUN_SEV_SNP,
	  .host = true },
	PROC("/proc/misc", "proc.misc", true, run_proc_misc_add),
};

static bool wanted(const struct run_device *device, const struct run_options *options)
{
	return device->host == options->host && device->tees & options->tees &&
	       (!device->wanted || device->wanted(options));
}

/* A device of an outer `jurat run` or of `jurat device` is not real. */
static bool is_real(const struct run_place *place)
{
	char cuse[PATH_MAX];
	struct statfs fs;

	snprintf(cuse, sizeof(cuse), "/sys/class/cuse/%s", place->node);
	return statfs(place->path, &fs) == 0 && fs.f_type != FUSE_SUPER_MAGIC && access(cuse, F_OK) < 0;
}

int run_devices_check(const struct run_options *options, struct jurat_error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++)
		if (!options->force && !devices[i].is_file && wanted(&devices[i], options) &&
		    is_real(&devices[i].place))
			return jurat_fail(err, -EBUSY,
					  "this machine has a real '%s', which would be hidden (use --force "
					  "to hide it)",
					  devices[i].place.path);
	return 0;
}

int run_devices_add(struct run_devices *to, struct run_fs *fs, struct run_platform *platform,
		    struct jurat_error *err)
{
	int r = 0;

	*to = (struct run_devices){ .n = 0 };
	for (size_t i = 0; i < ARRAY_SIZE(devices) && r == 0; i++) {
		if (!wanted(&devices[i], platform->options))
			continue;
		to->rows[to->n] = &devices[i];
		to->places[to->n] = devices[i].place;
		if (devices[i].add)
			r = devices[i].add(fs, platform, &to->ctx[to->n], err);
		to->n++;
	}
	return r;
}

void run_devices_done(struct run_devices *to)
{
	for (size_t i = 0; i < to->n; i++)
		if (to->rows[i]->done)
			to->rows[i]->done(to->ctx[i]);
	to->n = 0;
}
