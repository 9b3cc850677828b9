/* SPDX-License-Identifier: MIT */
#ifndef RUN_SPAWN_H
#define RUN_SPAWN_H

#include <signal.h>
#include <sys/types.h>

#include "run/sandbox.h"

/* What the program sends while it starts, on a SOCK_SEQPACKET; the end of file says that it runs. */
enum run_word {
	RUN_SERVE_THIS,
	RUN_ANSWER_THIS /* vsock.h */,
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
	bool vsock;                /* its vsock calls are intercepted */
	sigset_t mask;             /* of the program */
	struct sigaction on_child; /* its SIGCHLD */
};

/* The program's parent, seen from the supervisor. */
struct run_keeper {
	pid_t pid;
	int setup;   /* struct run_message, with a descriptor for RUN_SERVE_THIS and RUN_ANSWER_THIS */
	int control; /* to it: signals for the program; from it, at the end: the wait status */
};

/*
 * Forks keeper and program. All signals must be blocked. The keeper ends the program and whatever it left
 * running when the program ends or the supervisor does, and removes `temp` and `sockets` when the supervisor
 * did not live to do it.
 */
JURAT_MUST_CHECK int run_spawn(const struct run_spawn *what, struct run_keeper *ret, struct jurat_error *err);

/* Kills and reaps all descendants that have become children of this process, and theirs. */
void run_end_children(void);

/* `err` may be NULL, fd -1: none. A supervisor that is gone does not hear it. */
void run_message_send(int to, enum run_word word, int r, const struct jurat_error *err, int fd);
/* 0, or -ECONNRESET at the end of file. *ret_fd is -1 when none came; the caller closes it. */
JURAT_MUST_CHECK int run_message_receive(int fd, struct run_message *ret, int *ret_fd);

#endif
