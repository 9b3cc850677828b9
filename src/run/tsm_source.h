/* SPDX-License-Identifier: MIT */
#ifndef RUN_TSM_SOURCE_H
#define RUN_TSM_SOURCE_H

#include "run/platform.h"
#include "sim/tsm.h"

/*
 * Whose reports configfs-tsm gives: one row for each TEE in tsm_source.c. A kernel has one provider, so a
 * machine with several TEEs has that of the first row.
 *
 * start     makes the provider. What it sends must have ended when `done` is called
 * provider  of what start made; registered with it as its ctx
 */
struct run_tsm_source {
	unsigned tees;
	int (*start)(struct run_platform *platform, void **ret_ctx, struct jurat_error *err);
	const struct sim_tsm_provider *(*provider)(const void *ctx);
	void (*done)(void *ctx);
};

/* NULL: none of these TEEs has one. */
const struct run_tsm_source *run_tsm_source_find(unsigned tees);

#endif
