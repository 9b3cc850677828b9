/* SPDX-License-Identifier: MIT */
#ifndef RUN_SYSTEM_H
#define RUN_SYSTEM_H

#include "run/cuse.h"
#include "run/device.h"
#include "run/run.h"

/*
 * `jurat device`: the devices of `jurat run` for the whole machine, until a signal ends it.
 *
 * Two processes. The *server* (the caller) has the machine and serves the character devices (cuse.h) and a
 * FUSE filesystem with what is below /sys. The *placer* (system_place.c) puts them where programs look, and
 * takes them away when the server ends, however it ends.
 */
struct run_system_ready {
	const struct run_devices *devices; /* what there is now */
	const char *roots;                 /* the directory that `jurat run` names in JURAT_ROOTS */
	const char *certs;                 /* and in JURAT_CERTS; NULL: not the host, or none */
};

/*
 * Serves the devices of `options` (argv and program are not used). `ready` is called once, when all is in
 * its place. SIGHUP, SIGINT, SIGQUIT and SIGTERM end it.
 *
 * Returns   0 it was ended; -EPERM not root; -EBUSY a real TEE device would be hidden; -EEXIST another one
 *           serves them; other -errno: what this machine lacks, in words
 */
JURAT_MUST_CHECK int run_system(const struct run_options *options,
				void (*ready)(const struct run_system_ready *what), struct jurat_error *err);

/* What the placer is to do; the devices' /dev/NAME and the places in the FUSE filesystem. */
struct run_placing {
	const char *temp;
	struct run_cuse *const *cuse; /* the placer closes their descriptors */
	size_t n_cuse;
	const struct run_place *places;
	size_t n_places;
};

/*
 * Forks the placer. It sends RUN_SERVE_THIS with the filesystem's descriptor if there are places, and then
 * RUN_PLACED or RUN_SETUP_FAILED. It undoes all, removes `temp` and exits when the other end
 * of *ret_socket is closed. All signals that end the server must be blocked.
 */
JURAT_MUST_CHECK int run_placer_fork(const struct run_placing *placing, pid_t *ret_pid, int *ret_socket,
				     struct jurat_error *err);

#endif
