/* SPDX-License-Identifier: MIT */
#ifndef MACHINE_LOCK_ENV_H
#define MACHINE_LOCK_ENV_H

#include "base/env.h"
#include "machine/trace.h"

/* An environment that traces which locks are taken, how long that takes, and how long they are held. */
enum { LOCK_ENV_FILES = 64, LOCK_ENV_NAME_BYTES = 64 };

struct lock_env {
	struct base_env base; /* first */
	struct base_env *under;
	struct trace *trace; /* NULL: none */
	struct lock_env_file {
		int fd;
		bool used;
		uint32_t held; /* id in the trace; 0: no lock */
		char name[LOCK_ENV_NAME_BYTES];
	} files[LOCK_ENV_FILES]; /* others have no name */
};

/* `under` is borrowed. Nothing is traced yet. */
void lock_env_init(struct lock_env *env, struct base_env *under);
/* From now on; borrowed. NULL: nothing. Files that are open already are not in it. */
void lock_env_trace(struct lock_env *env, struct trace *trace);

#endif
