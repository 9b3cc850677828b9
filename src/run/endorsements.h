/* SPDX-License-Identifier: MIT */
#ifndef RUN_ENDORSEMENTS_H
#define RUN_ENDORSEMENTS_H

#include <signal.h>

#include "run/calls.h"
#include "run/sandbox.h"

/*
 * --endorsements: the program reaches AMD's KDS and Intel's PCS by their names, and finds a juratd with the
 * endorsements of the run's platform (doc/decisions/0036). Its /etc/hosts has an address of this run for
 * these names; its files of CA certificates have a CA of this run. The service listens on port 443 of that
 * address if this user may bind it. Otherwise connections to that port are redirected, see redirect.h.
 * Threads   one
 */
struct run_endorsements;

enum { RUN_ENDORSEMENTS_MAX_PLACES = 16 };

/*
 * Returns when the service is ready.
 *
 * platform  initialized; borrowed
 * mask      signal mask of the service
 * calls     for a redirection
 * Returns   0; -EINVAL a fault that the service does not know; another -errno
 */
JURAT_MUST_CHECK int run_endorsements_new(struct run_platform *platform, const sigset_t *mask,
					  struct run_calls *calls, struct run_endorsements **ret,
					  struct jurat_error *err);
void run_endorsements_free(struct run_endorsements *endorsements); /* accepts NULL; ends the service */
/* Adds files that the program sees. */
void run_endorsements_places(const struct run_endorsements *endorsements,
			     struct run_place to[RUN_ENDORSEMENTS_MAX_PLACES], size_t *ret_n);
/* Sets variables of the program: JURAT_ENDORSEMENTS, trusted CAs, and hosts to reach without a proxy. */
JURAT_MUST_CHECK int run_endorsements_set(const struct run_endorsements *endorsements, char ***env,
					  struct jurat_error *err);
/* The service's log; readable when there is something to serve. */
int run_endorsements_fd(const struct run_endorsements *endorsements);
/* 0; -ENODEV the service has ended, which is printed: connections are refused from now on. */
JURAT_MUST_CHECK int run_endorsements_serve(struct run_endorsements *endorsements);

#endif
