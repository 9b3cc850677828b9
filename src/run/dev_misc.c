/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"
#include "run/device.h"

/*
 * sysfs attributes of the misc devices, and of the platform device that sev-guest's driver is bound to:
 * programs detect the TEE by them. Spec: Linux drivers/char/misc.c, drivers/base/core.c,
 * drivers/base/platform.c, Documentation/ABI/testing/sysfs-devices-virtual-misc-tdx_guest.
 */
enum { MISC_MAJOR = 10, MAX_ATTRS = 3, TEXT_BYTES = 128, SYSFS_SIZE = 4096 };

static const char *const names[RUN_N_MISC] = {
	[RUN_MISC_SEV_GUEST] = "sev-guest",
	[RUN_MISC_TDX_GUEST] = "tdx_guest",
	[RUN_MISC_SEV] = "sev",
};

const char *run_misc_name(enum run_misc which)
{
	return names[which];
}

struct attr {
	const struct run_platform *platform;
	enum run_misc which;
	int (*show)(const struct attr *attr, char *to, size_t room);
};

struct misc {
	struct attr attrs[MAX_ATTRS];
	unsigned n_attrs;
	void *measurements;
};

static int show_dev(const struct attr *a, char *to, size_t room)
{
	dev_t number = a->platform->numbers[a->which];

	return snprintf(to, room, "%u:%u\n", major(number), minor(number));
}

static int show_uevent(const struct attr *a, char *to, size_t room)
{
	dev_t number = a->platform->numbers[a->which];

	return snprintf(to, room, "MAJOR=%u\nMINOR=%u\nDEVNAME=%s\n", major(number), minor(number),
			names[a->which]);
}

static int show_platform_uevent(const struct attr *a, char *to, size_t room)
{
	return snprintf(to, room, "DRIVER=%s\nMODALIAS=platform:%s\n", names[a->which], names[a->which]);
}

static int show_modalias(const struct attr *a, char *to, size_t room)
{
	return snprintf(to, room, "platform:%s\n", names[a->which]);
}

static void attr_read(void *ctx, void *file, size_t size, uint64_t off, struct run_reply *reply)
{
	const struct attr *a = ctx;
	char text[TEXT_BYTES];
	size_t n = (size_t)a->show(a, text, sizeof(text)), from = off < n ? (size_t)off : n;

	run_reply_read(reply, 0, text + from, size < n - from ? size : n - from);
}

/* Accepts an action and its optional arguments; no event is sent. Spec: Linux lib/kobject_uevent.c. */
static ssize_t uevent_write(void *ctx, void *file, const void *data, size_t size, uint64_t off, pid_t thread)
{
	static const char *const actions[] = { "add",     "remove", "change", "move",
					       "offline", "online", "bind",   "unbind" };
	const char *text = data;

	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		size_t n = strlen(actions[i]);

		if (size >= n && memcmp(text, actions[i], n) == 0 &&
		    (size == n || text[n] == '\n' || text[n] == '\0' || text[n] == ' '))
			return (ssize_t)size;
	}
	return -EINVAL;
}

static int add_attr(struct run_fs *fs, struct run_node *dir, struct misc *misc, const struct attr *attr,
		    const char *name)
{
	static const struct run_node_ops fixed = { .seekable = true, .strict = true, .read = attr_read };
	static const struct run_node_ops uevent = {
		.seekable = true, .strict = true, .read = attr_read, .write = uevent_write
	};
	bool writable = !strcmp(name, "uevent");
	struct attr *at = &misc->attrs[misc->n_attrs++];

	*at = *attr;
	return run_fs_add(fs, dir, name, S_IFREG | (writable ? 0644 : 0444), SYSFS_SIZE,
			  writable ? &uevent : &fixed, at, NULL);
}

/* As the kernel allocates dynamic minors: the highest free one, from 127 down. */
static dev_t free_number(const struct run_platform *p)
{
	bool taken[128] = { false };
	unsigned number, at = ARRAY_SIZE(taken) - 1;
	FILE *f = fopen("/proc/misc", "re");
	char line[128];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%u", &number) == 1 && number < ARRAY_SIZE(taken))
			taken[number] = true;
	if (f)
		fclose(f);
	for (unsigned i = 0; i < RUN_N_MISC; i++)
		if (p->numbers[i] != 0)
			taken[minor(p->numbers[i])] = true;
	while (at > 0 && taken[at])
		at--;
	return makedev(MISC_MAJOR, at);
}

void run_misc_done(void *ctx)
{
	struct misc *misc = ctx;

	if (misc)
		free(misc->measurements);
	free(misc);
}

static int add_misc(struct run_fs *fs, struct run_platform *p, enum run_misc which, void **ret_ctx,
		    struct jurat_error *err)
{
	struct misc *misc = calloc(1, sizeof(*misc));
	struct attr attr = { .platform = p, .which = which };
	struct run_node *dir;
	char name[32];
	int r;

	*ret_ctx = misc;
	if (!misc)
		return jurat_fail_memory(err);
	if (p->numbers[which] == 0)
		p->numbers[which] = free_number(p);
	snprintf(name, sizeof(name), "misc.%s", names[which]);
	r = run_fs_add(fs, NULL, name, S_IFDIR | 0755, 0, NULL, NULL, &dir);
	attr.show = show_uevent;
	if (r == 0)
		r = add_attr(fs, dir, misc, &attr, "uevent");
	attr.show = show_dev;
	if (r == 0)
		r = add_attr(fs, dir, misc, &attr, "dev");
	if (r == 0)
		r = run_fs_add_link(fs, dir, "subsystem", "../../../../class/misc");
	if (r == 0 && which == RUN_MISC_TDX_GUEST)
		r = run_measurements_add(fs, dir, p, &misc->measurements, err);
	return r < 0 ? jurat_fail(err, r, "cannot create '%s' in sysfs", names[which]) : 0;
}

int run_misc_sev_guest_add(struct run_fs *fs, struct run_platform *p, void **ret_ctx, struct jurat_error *err)
{
	return add_misc(fs, p, RUN_MISC_SEV_GUEST, ret_ctx, err);
}

int run_misc_tdx_guest_add(struct run_fs *fs, struct run_platform *p, void **ret_ctx, struct jurat_error *err)
{
	return add_misc(fs, p, RUN_MISC_TDX_GUEST, ret_ctx, err);
}

int run_misc_sev_add(struct run_fs *fs, struct run_platform *p, void **ret_ctx, struct jurat_error *err)
{
	return add_misc(fs, p, RUN_MISC_SEV, ret_ctx, err);
}

int run_platform_device_add(struct run_fs *fs, struct run_platform *p, void **ret_ctx,
			    struct jurat_error *err)
{
	struct misc *misc = calloc(1, sizeof(*misc));
	struct attr attr = { .platform = p, .which = RUN_MISC_SEV_GUEST };
	struct run_node *dir;
	int r;

	*ret_ctx = misc;
	if (!misc)
		return jurat_fail_memory(err);
	r = run_fs_add(fs, NULL, "platform.sev-guest", S_IFDIR | 0755, 0, NULL, NULL, &dir);
	attr.show = show_platform_uevent;
	if (r == 0)
		r = add_attr(fs, dir, misc, &attr, "uevent");
	attr.show = show_modalias;
	if (r == 0)
		r = add_attr(fs, dir, misc, &attr, "modalias");
	if (r == 0)
		r = run_fs_add_link(fs, dir, "subsystem", "../../../bus/platform");
	return r < 0 ? jurat_fail(err, r, "cannot create the platform device in sysfs") : 0;
}
