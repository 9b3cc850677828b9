/* SPDX-License-Identifier: MIT */
#ifndef RUN_CALLS_H
#define RUN_CALLS_H

#include <linux/seccomp.h>
#include <stdint.h>

#include "run/platform.h"
#include "run/user_memory.h"

/*
 * System calls of the program that this process handles in place of the kernel, by seccomp user notification
 * (doc/decisions/0007). A filter, installed in the process that executes the program, notifies this process
 * of some calls on sockets. Handlers (vsock.h, redirect.h) take the calls that concern them; the kernel
 * executes all others unchanged.
 * Threads   one
 */
struct run_calls;

/* What is intercepted: getpeername(2) always, and */
enum run_intercept {
	RUN_INTERCEPT_NONE = 0,
	/* socket(2) with AF_VSOCK, connect(2) with addresses of the size of sockaddr_vm, getsockname(2) */
	RUN_INTERCEPT_VSOCK = 1 << 0,
	/* connect(2) with addresses of that size, which is also sockaddr_in's, or larger */
	RUN_INTERCEPT_TCP = 1 << 1,
};

/* Handles `run_calls_now()` and returns true, or false: it does not concern this handler. */
typedef bool run_call_fn(void *ctx, struct run_calls *calls);

/* platform: borrowed */
JURAT_MUST_CHECK int run_calls_new(struct run_platform *platform, struct run_calls **ret,
				   struct jurat_error *err);
void run_calls_free(struct run_calls *calls); /* accepts NULL; pending calls fail with ENOSYS */
enum { RUN_MAX_CALL_HANDLERS = 2 };
void run_calls_add(struct run_calls *calls, unsigned intercept, run_call_fn *handler, void *ctx);
/* enum run_intercept, of all handlers; NULL: RUN_INTERCEPT_NONE */
unsigned run_calls_wanted(const struct run_calls *calls);
/* Takes ownership of the descriptor of run_calls_intercept() and serves it. */
void run_calls_attach(struct run_calls *calls, int fd);
int run_calls_fd(const struct run_calls *calls);
/*
 * Call it when the descriptor is readable: handles one call. 0; -ENODEV no process with the filter is left;
 * another -errno.
 */
JURAT_MUST_CHECK int run_calls_serve(struct run_calls *calls);

/* For handlers. The call in progress. */
const struct seccomp_data *run_calls_now(const struct run_calls *calls);
/* The memory of its thread. If it cannot be read: `refused` is not set. */
void run_calls_memory(const struct run_calls *calls, struct run_user_memory *ret);
/*
 * Whether its thread is still waiting; otherwise its id, and with it what was read or copied, may be
 * another's.
 */
bool run_calls_waits(const struct run_calls *calls);
/* Duplicates its descriptor `number`. The descriptor, which the caller closes; -errno. */
JURAT_MUST_CHECK int run_calls_copy_descriptor(const struct run_calls *calls, int number);
/* Ends it. Failures are ignored: the program may have been killed. */
void run_calls_answer(struct run_calls *calls, int r); /* 0 or -errno */
void run_calls_continue(struct run_calls *calls);      /* the kernel executes it */
/* Answers with a new descriptor that refers to `fd`, in one step. 0; -errno: it is not answered. */
JURAT_MUST_CHECK int run_calls_give(struct run_calls *calls, int fd, bool close_on_exec);
/*
 * Writes an address as getpeername(2) does, where the call's arguments say. 0; -EFAULT; -EINVAL. Source:
 * Linux net/socket.c, move_addr_to_user().
 */
JURAT_MUST_CHECK int run_calls_give_name(const struct run_calls *calls, const void *name, int full);

/*
 * In calls_filter.c, for the process that executes the program: from here on, in it and all descendants,
 * those calls block until the process that serves *ret_fd handles them.
 *
 * intercept  enum run_intercept
 * Returns    0; -EBUSY an ancestor has such a filter; another -errno
 */
JURAT_MUST_CHECK int run_calls_intercept(unsigned intercept, int *ret_fd, struct jurat_error *err);

#endif
