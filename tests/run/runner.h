/* SPDX-License-Identifier: MIT */
#ifndef TESTS_RUN_RUNNER_H
#define TESTS_RUN_RUNNER_H

#include "support/test.h"

#include <sys/types.h>

/*
 * Unmodified programs under `jurat run`. As root everything is run twice: as root, and as a user without
 * any privilege in a mount namespace whose /dev/fuse has the mode that udev gives it.
 */
enum { MAX_WORDS = 40, OUTPUT_BYTES = 8192 };

struct outcome {
	int status; /* of waitpid(2) */
	char out[OUTPUT_BYTES], err[OUTPUT_BYTES];
};

enum { N_CLIENTS = 3, MUSL = 2 };
extern const char *jurat;
/* A client linked dynamically, statically, and against musl (NULL where there is none). */
extern const char *clients[N_CLIENTS];
extern const char *closed; /* why nothing can be run here; NULL: it can */
extern char dir[64];       /* for temporary files, open to everybody */
extern bool unprivileged;
extern bool real_device;   /* the machine has a /dev/sev-guest; for root only */
extern unsigned fuse_mode; /* of the /dev/fuse that a user without privileges sees */

extern void (*before_exec)(void); /* in the process that becomes jurat; NULL: nothing */

/*
 * Runs `jurat run` with these words, from options to the program's arguments, to its end. A shell's script
 * finds jurat in $JURAT.
 */
struct outcome run_words(const char *const *more);
#define RUN(...) run_words((const char *const[]){ __VA_ARGS__, NULL })

void assert_exit_at(const struct outcome *o, int status, const char *file, int line);
#define assert_exit(o, status) assert_exit_at(o, status, __FILE__, __LINE__)

/* The same in steps: the words of a command line (MAX_WORDS), the start, what was written so far, the end. */
void collect(char **words, const char *const *more);
pid_t start(char **words);
void read_back(const char *name, char to[OUTPUT_BYTES]);
void wait_for_output(pid_t pid); /* its first line */
struct outcome finish(pid_t pid);
bool gone(pid_t pid);
/*
 * The text of a trace: this many requests reached the firmware, and their message counters are 1, 3, 5 ...,
 * each used once; each answer's is its request's + 1.
 */
void assert_counters(const char *name, uint64_t requests);
/* A moment for others, in loops that the test's time limit bounds. */
void breathe(void);
/* In a child of root: becomes nobody, with a /dev/fuse of mode `fuse_mode`. Of others: nothing. */
void drop_privileges(void);
/* Whether there is seccomp user notification, asked of the kernel and not of jurat. */
bool has_seccomp_notification(void);
/* In a child: as under a container's policy, or a kernel without it, no call of seccomp(2) succeeds. */
void forbid_seccomp(void);

#define FOR_EACH_CLIENT(i) for (int i = 0; i < N_CLIENTS && clients[i]; i++)

#define NEEDS_RUN()                                                                                          \
	do {                                                                                                 \
		if (closed)                                                                                  \
			SKIP_BECAUSE("%s", closed);                                                          \
	} while (0)

/* Fixtures of a group. */
int run_find_out(void **state);
int run_clean_up(void **state);
/*
 * main() of a test program: [--unprivileged] JURAT CLIENT... With --unprivileged, what root tests is run
 * without privileges.
 */
int run_main(int argc, char **argv, int (*run_group)(const char *name));

#endif
