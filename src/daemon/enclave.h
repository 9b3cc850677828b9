/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_ENCLAVE_H
#define DAEMON_ENCLAVE_H

#include "daemon/workers.h"

/*
 * Backend with worker threads and the software quoting enclave of a platform derived from `seed`: quotes,
 * platform information and collateral as from Intel's service, signed below test roots. A platform and its
 * enclave can be used by one thread at a time, so each slot has its own; equal seeds make them equal.
 *
 * seed      NULL: the default one
 * Returns   0; -EINVAL; -ENOMEM
 */
JURAT_MUST_CHECK int enclave_backend_new(uv_loop_t *loop, unsigned n_workers, const char *seed,
					 struct backend **ret, struct jurat_error *err);

#endif
