/* SPDX-License-Identifier: MIT */
#ifndef RUN_SPAWN_H
#define RUN_SPAWN_H

#include <signal.h>
#include <sys/types.h>

#include "run/sandbox.h"

/* Messages of the program while it starts, over a SOCK_SEQPACKET socket; end of file means that it runs. */
enum run_word {
	RUN_SERVE_THIS,
	RUN_ANSWER_THIS /* calls.h */,
	RUN_SETUP_FAILED,
	RUN_EXEC_FAILED,
	RUN_PLACED /* system.h */
};
struct run_message {
	enum run_word word;
	int r; /* -errno of a failure */
	struct jurat_error err;
};

struct run_spawn {
	char **argv, **env;
	const char *temp;
	const char *sockets[2]; /* NULL: none */
	const struct run_place *places;
	size_t n_places;
	enum run_user_map user_map;
	unsigned intercept;        /* of its system calls: enum run_intercept */
	sigset_t mask;             /* of the program */
	struct sigaction on_child; /* its SIGCHLD */
};

/* The program's parent, seen from the supervisor. */
struct run_monitor {
	pid_t pid;
	int setup;   /* struct run_message, with a descriptor for RUN_SERVE_THIS and RUN_ANSWER_THIS */
	int control; /* sends signals for the program; receives the wait status at the end */
};

/*
 * Forks monitor and program. All signals must be blocked. When the program or the supervisor ends, the
 * monitor kills the program and all its descendants, and removes `temp` and `sockets` if the supervisor died
 * before it could.
 */
JURAT_MUST_CHECK int run_spawn(const struct run_spawn *what, struct run_monitor *ret,
			       struct jurat_error *err);

/*
 * Whether a process is this one, or descends from it; those whose parent has ended descend from the
 * subreaper. false: it does not, it has ended, or there is no /proc.
 */
bool run_is_descendant(pid_t pid);
/* Kills and reaps all descendants that were reparented to this process, recursively. */
void run_end_children(void);

/* Sends a message. `err` may be NULL; fd -1: none. Ignored if the supervisor is gone. */
void run_message_send(int to, enum run_word word, int r, const struct jurat_error *err, int fd);
/*
 * Receives a message. 0; -ECONNRESET at end of file. *ret_fd is -1 if there is no descriptor; the caller
 * closes it.
 */
JURAT_MUST_CHECK int run_message_receive(int fd, struct run_message *ret, int *ret_fd);

#endif
