/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_ENCLAVE_H
#define DAEMON_ENCLAVE_H

#include "daemon/workers.h"

/*
 * The software quoting enclave of the platform that `seed` names, behind workers: quotes, platform
 * information and collateral as Intel's service would give them, signed by test roots. A platform and its
 * enclave belong to one thread at a time, so each hand-over has its own; equal seeds make them equal.
 *
 * seed      NULL: the default one
 * Returns   0; -EINVAL; -ENOMEM
 */
JURAT_MUST_CHECK int enclave_backend_new(uv_loop_t *loop, unsigned n_workers, const char *seed,
					 struct backend **ret, struct jurat_error *err);

#endif
