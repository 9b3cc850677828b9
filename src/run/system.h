/* SPDX-License-Identifier: MIT */
#ifndef RUN_SYSTEM_H
#define RUN_SYSTEM_H

#include "run/cuse.h"
#include "run/device.h"
#include "run/run.h"

/*
 * `jurat device`: the devices of `jurat run` for the whole machine, until a signal ends it.
 *
 * There are two processes. The *server* (the caller) runs the machine and serves the character devices
 * (cuse.h) and a FUSE filesystem with the entries below /sys. The *mount helper* (system_place.c) mounts
 * them where programs look, and unmounts them when the server ends for any reason.
 */
struct run_system_ready {
	const struct run_devices *devices; /* current devices */
	const char *roots;                 /* the directory that `jurat run` names in JURAT_ROOTS */
	const char *certs;                 /* and in JURAT_CERTS; NULL: not the host, or none */
};

/*
 * Serves the devices of `options` (argv is not used). `ready` is called once, when all are in place. SIGHUP,
 * SIGINT, SIGQUIT and SIGTERM end it.
 *
 * Returns   0 ended by a signal; -EPERM not root; -EBUSY a real TEE device would be hidden; -EEXIST another
 *           instance serves them; another -errno: `err` says what this machine lacks
 */
JURAT_MUST_CHECK int run_system(const struct run_options *options,
				void (*ready)(const struct run_system_ready *what), struct jurat_error *err);

/* Work of the mount helper: the devices' /dev/NAME and the mounts from the FUSE filesystem. */
struct run_placing {
	const char *temp;
	struct run_cuse *const *cuse; /* the mount helper closes their descriptors */
	size_t n_cuse;
	const struct run_place *places;
	size_t n_places;
};

/*
 * Forks the mount helper. It sends RUN_SERVE_THIS with the filesystem's descriptor if there are places, and
 * then RUN_PLACED or RUN_SETUP_FAILED. When the other end of *ret_socket is closed, it undoes everything,
 * removes `temp` and exits. All signals that end the server must be blocked.
 */
JURAT_MUST_CHECK int run_mount_helper_fork(const struct run_placing *placing, pid_t *ret_pid, int *ret_socket,
					   struct jurat_error *err);

#endif
