/* SPDX-License-Identifier: MIT */
#ifndef RUN_REDIRECT_H
#define RUN_REDIRECT_H

#include <netinet/in.h>

#include "run/calls.h"

/*
 * A TCP port that this user may not bind: connections of the program to it are made to another port of the
 * same address (doc/decisions/0036). The program's own socket is connected, so that its copies, options and
 * pollers stay what they are; connect(2) blocks, returns EINPROGRESS, times out and is interrupted as always,
 * and getpeername(2) returns the port that the program asked for.
 * Threads   one
 */
struct run_redirect;

/*
 * address   in network byte order
 * port, to  the port that programs ask for, and the one that is listened on
 * platform  borrowed. Handles calls of `calls` from here on.
 */
JURAT_MUST_CHECK int run_redirect_new(struct run_platform *platform, struct in_addr address, in_port_t port,
				      in_port_t to, struct run_calls *calls, struct run_redirect **ret,
				      struct jurat_error *err);
void run_redirect_free(struct run_redirect *redirect); /* accepts NULL; after its calls */

#endif
