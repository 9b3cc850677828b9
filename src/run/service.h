/* SPDX-License-Identifier: MIT */
#ifndef RUN_SERVICE_H
#define RUN_SERVICE_H

#include <signal.h>
#include <sys/types.h>

#include "run/trace.h"

/*
 * A juratd that serves one run. It has its listening socket from here and says when it is ready, by the
 * protocols that it has for service managers (sd_listen_fds(3), sd_notify(3)). It ends with the process that
 * started it, whatever that ends by. Its log goes to the trace; what it said last explains its end.
 * Threads   one, the one that started it
 */
enum { RUN_SERVICE_LINE = 512 };
struct run_service {
	const char *role;
	pid_t pid;                   /* 0: it does not run */
	int log;                     /* its standard error; -1: it does not run */
	int notices;                 /* socket for its notification; -1 */
	char said[RUN_SERVICE_LINE]; /* what it said last: an error, or any line of its log */
	char part[RUN_SERVICE_LINE]; /* an incomplete line */
	size_t part_size;
	int status; /* of waitpid(2), when it has ended */
	struct trace *trace;
};

/*
 * Starts "juratd ARGV[1]...", and returns when it is ready.
 *
 * argv      NULL-terminated; [0] is replaced by the path of juratd, which belongs to this installation
 * listener  a listening socket; borrowed, to be closed when this returns
 * mask      its signal mask
 * ret       call run_service_end() also after a failure
 * Returns   0; -EINVAL it refused its options; -ENOENT there is no juratd; -ECANCELED it ended before it was
 *           ready; another -errno
 */
JURAT_MUST_CHECK int run_service_start(char **argv, int listener, const sigset_t *mask, struct trace *trace,
				       struct run_service *ret, struct jurat_error *err);
/* Call it when `log` is readable. 0; -ENODEV: it has ended, `status` says how; do not call it again. */
JURAT_MUST_CHECK int run_service_read(struct run_service *service);
/* Ends it; with a trace, after what it still has to say. Accepts an all-zero struct. */
void run_service_end(struct run_service *service);

#endif
