/* SPDX-License-Identifier: MIT */
#ifndef RUN_STATE_H
#define RUN_STATE_H

#include "run/run.h"
#include "sim/psp/psp.h"

/*
 * A platform that outlives a run, in a directory: `platform` (the firmware's state, replaced as a whole),
 * `certs.blob` and `lock`. Every run of it has a platform of its own in memory and takes what others
 * changed before each firmware command, so any number of runs share it at once. Who changes it holds the
 * lock.
 */
struct run_state;

/*
 * Makes the directory when it is not there. One that is there must be this user's, and not for others to
 * write. -errno in words.
 */
JURAT_MUST_CHECK int run_state_open(const char *dir, struct run_state **ret, struct jurat_error *err);
void run_state_close(struct run_state *state); /* with the lock; NULL: nothing */
const char *run_state_certs_path(const struct run_state *state);

/* One at a time, over all processes. Waits; -EINTR a signal that is blocked, and would end this process. */
JURAT_MUST_CHECK int run_state_lock(struct run_state *state, struct jurat_error *err);
void run_state_unlock(struct run_state *state);

/*
 * With the lock: what the platform is made from. Options that were not given are taken from the state;
 * *ret_new says that there is none yet. The seed is borrowed until run_state_close().
 * Returns   0; -EINVAL an option contradicts the state; -EBADMSG the state is damaged; other -errno
 */
JURAT_MUST_CHECK int run_state_options(struct run_state *state, struct sim_psp_options *options,
				       bool *ret_new, struct jurat_error *err);
/*
 * With the lock: shares the platform from now on; a new one's state is written. `psp` is borrowed until
 * close.
 */
JURAT_MUST_CHECK int run_state_attach(struct run_state *state, struct sim_psp *psp, bool is_new,
				      struct jurat_error *err);

#endif
