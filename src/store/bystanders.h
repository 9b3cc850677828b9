/* SPDX-License-Identifier: MIT */
#ifndef STORE_BYSTANDERS_H
#define STORE_BYSTANDERS_H

#include "base/env.h"
#include "base/error.h"

/*
 * Processes that have the blob, or one that an update replaced, without a lock for which an update waits. As
 * far as this process may see in /proc: root sees all of its PID namespace. A moment's view, for an operator:
 * a reader between two requests has no lock, and libjurat-host's has the file open then.
 */
struct store_bystanders {                /* "pid 812 (qemu-system-x86), pid 93 (cat)"; "": none */
	char flock[BASE_HOLDERS_BYTES];  /* with a lock of flock(2), which excludes nobody */
	char open[BASE_HOLDERS_BYTES];   /* without a lock */
	char mapped[BASE_HOLDERS_BYTES]; /* in memory, without a descriptor */
};

/* Returns 0; -errno the blob cannot be found, and `err` says so */
JURAT_MUST_CHECK int store_bystanders(const char *path, struct store_bystanders *ret,
				      struct jurat_error *err);

#endif
