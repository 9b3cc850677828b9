/* SPDX-License-Identifier: MIT */
#ifndef VMM_CALLS_H
#define VMM_CALLS_H

#include <stddef.h>
#include <stdint.h>

/*
 * The functions that preload.c exports call these. Each passes the call on and records its effect. Results
 * and errors are those of the system calls.
 */
int call_ioctl(int fd, unsigned long request, unsigned long arg);

int call_close(int fd);
int call_close_range(unsigned first, unsigned last, int flags);
void call_closefrom(int first);
int call_dup(int fd);
int call_dup2(int fd, int to);
int call_dup3(int fd, int to, int flags);
int call_fcntl(int fd, int command, unsigned long arg);
int call_fcntl64(int fd, int command, unsigned long arg);

void *call_mmap(void *at, size_t n, int protection, int flags, int fd, int64_t offset);
int call_munmap(void *at, size_t n);
int call_mprotect(void *at, size_t n, int protection);
int call_pkey_mprotect(void *at, size_t n, int protection, int key);
void *call_mremap(void *at, size_t n, size_t to_n, int flags, void *to);

#endif
