/* SPDX-License-Identifier: MIT */
#ifndef RUN_DEVICE_H
#define RUN_DEVICE_H

#include "run/fs.h"
#include "run/platform.h"
#include "run/sandbox.h"

/*
 * Files and devices that the program sees: one row each in device.c. To add one, write its file and its row.
 *
 * add   creates its nodes in the filesystem; NULL: a link, which has no node. *ret_ctx is freed with `done`,
 *       after the filesystem
 */
struct run_device {
	struct run_place place;
	unsigned tees; /* enum run_tee: with any of them */
	bool host;     /* with --host, and only then */
	bool is_file;  /* a regular file, not mistaken for a real TEE device */
	/* NULL: always */
	bool (*wanted)(const struct run_options *options);
	int (*add)(struct run_fs *fs, struct run_platform *platform, void **ret_ctx, struct jurat_error *err);
	void (*done)(void *ctx);
};

/* attest_conf.c: file from which clients read the port of the quoting service. */
#define RUN_ATTEST_CONF "/etc/tdx-attest.conf"

enum { RUN_MAX_DEVICES = 20 };
struct run_devices {
	const struct run_device *rows[RUN_MAX_DEVICES];
	void *ctx[RUN_MAX_DEVICES];
	struct run_place places[RUN_MAX_DEVICES];
	size_t n;
};

/* -EBUSY: a real device exists, and `force` is not set. */
JURAT_MUST_CHECK int run_devices_check(const struct run_options *options, struct jurat_error *err);
JURAT_MUST_CHECK int run_devices_add(struct run_devices *devices, struct run_fs *fs,
				     struct run_platform *platform, struct jurat_error *err);
void run_devices_done(struct run_devices *devices);

int run_sev_guest_add(struct run_fs *fs, struct run_platform *platform, void **ret_ctx,
		      struct jurat_error *err);
int run_sev_add(struct run_fs *fs, struct run_platform *platform, void **ret_ctx, struct jurat_error *err);
int run_tdx_guest_add(struct run_fs *fs, struct run_platform *platform, void **ret_ctx,
		      struct jurat_error *err);
/* Adds nodes below the device's directory in sysfs. */
int run_measurements_add(struct run_fs *fs, struct run_node *device, struct run_platform *platform,
			 void **ret_ctx, struct jurat_error *err);
/* dev_misc.c: sysfs entries of each device. */
int run_misc_sev_guest_add(struct run_fs *fs, struct run_platform *platform, void **ret_ctx,
			   struct jurat_error *err);
int run_misc_tdx_guest_add(struct run_fs *fs, struct run_platform *platform, void **ret_ctx,
			   struct jurat_error *err);
int run_misc_sev_add(struct run_fs *fs, struct run_platform *platform, void **ret_ctx,
		     struct jurat_error *err);
int run_platform_device_add(struct run_fs *fs, struct run_platform *platform, void **ret_ctx,
			    struct jurat_error *err);
void run_misc_done(void *ctx);
const char *run_misc_name(enum run_misc which);
/* dev_ccel.c */
int run_ccel_add(struct run_fs *fs, struct run_platform *platform, void **ret_ctx, struct jurat_error *err);
int run_ccel_log_add(struct run_fs *fs, struct run_platform *platform, void **ret_ctx,
		     struct jurat_error *err);
/* dev_proc.c */
bool run_proc_wanted(const struct run_options *options);
int run_proc_misc_add(struct run_fs *fs, struct run_platform *platform, void **ret_ctx,
		      struct jurat_error *err);
int run_proc_filesystems_add(struct run_fs *fs, struct run_platform *platform, void **ret_ctx,
			     struct jurat_error *err);
int run_tsm_add(struct run_fs *fs, struct run_platform *platform, void **ret_ctx, struct jurat_error *err);
void run_tsm_done(void *ctx);
bool run_attest_conf_wanted(const struct run_options *options);
int run_attest_conf_add(struct run_fs *fs, struct run_platform *platform, void **ret_ctx,
			struct jurat_error *err);

#endif
