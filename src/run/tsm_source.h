/* SPDX-License-Identifier: MIT */
#ifndef RUN_TSM_SOURCE_H
#define RUN_TSM_SOURCE_H

#include "run/platform.h"
#include "sim/guest/tsm.h"

/*
 * Providers of configfs-tsm: one row for each TEE in tsm_source.c. A kernel has one provider, so a machine
 * with several TEEs has that of `reported` in struct run_options.
 *
 * start  a tree with its provider
 * done   called with all files closed and no report in progress: frees what start created. NULL: owned by the
 *        machine
 */
struct run_tsm_source {
	unsigned tees;
	int (*start)(struct run_platform *platform, struct sim_tsm **ret, void **ret_ctx,
		     struct jurat_error *err);
	void (*done)(struct sim_tsm *tsm, void *ctx);
};

/* NULL: none of these TEEs has one. */
const struct run_tsm_source *run_tsm_source_find(unsigned tees);

#endif
