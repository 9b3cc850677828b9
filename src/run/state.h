/* SPDX-License-Identifier: MIT */
#ifndef RUN_STATE_H
#define RUN_STATE_H

#include "run/run.h"
#include "sim/psp/psp.h"

/*
 * A platform that outlives a run, in a directory: `platform` (the firmware's state, replaced as a whole),
 * `certs.blob` and `lock`. Every run has its own copy in memory and reloads changes of others before each
 * firmware command, so any number of runs can share it at once. Changes are made with the lock held.
 */
struct run_state;

/*
 * Creates the directory if it does not exist. It must belong to this user and not be writable for others. 0
 * or -errno.
 */
JURAT_MUST_CHECK int run_state_open(const char *dir, struct run_state **ret, struct jurat_error *err);
void run_state_close(struct run_state *state); /* releases the lock; accepts NULL */
const char *run_state_certs_path(const struct run_state *state);

/*
 * Takes the exclusive lock between processes. Blocks; -EINTR a blocked signal is pending that would end this
 * process.
 */
JURAT_MUST_CHECK int run_state_lock(struct run_state *state, struct jurat_error *err);
void run_state_unlock(struct run_state *state);

/*
 * Call it with the lock held. Fills in options that were not set from the state; *ret_new: there is no state
 * yet. The seed is borrowed until run_state_close().
 * Returns   0; -EINVAL an option contradicts the state; -EBADMSG the state is damaged; other -errno
 */
JURAT_MUST_CHECK int run_state_options(struct run_state *state, struct sim_psp_options *options,
				       bool *ret_new, struct jurat_error *err);
/*
 * Call it with the lock held. Shares the platform from now on, and writes the state of a new one. `psp` is
 * borrowed until run_state_close().
 */
JURAT_MUST_CHECK int run_state_attach(struct run_state *state, struct sim_psp *psp, bool is_new,
				      struct jurat_error *err);

#endif
