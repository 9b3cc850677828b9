/* SPDX-License-Identifier: MIT */
#ifndef BASE_LOCK_HOLDERS_H
#define BASE_LOCK_HOLDERS_H

#include <stddef.h>

enum { BASE_COMM_BYTES = 32 };
/* Name of a process, printable; `process` is its directory in /proc. Returns `to`, "" when it is gone. */
char *base_process_name(int process, char to[BASE_COMM_BYTES]);
/* The kinds of locks that a process has on the file of a descriptor: those of fcntl(2) conflict with ours. */
enum { BASE_LOCK_OF_FCNTL = 1, BASE_LOCK_OF_FLOCK = 2 };
unsigned base_lock_kinds(int process, const char *fd);

/* Implements lock_holders() of base_env_real(). The clock is that of an environment, which needs no more. */
struct base_env;
void base_find_lock_holders(struct base_env *clock, int fd, char *text, size_t room);

#endif
