/* SPDX-License-Identifier: MIT */
#ifndef VMM_NEXT_H
#define VMM_NEXT_H

#include <stddef.h>
#include <stdint.h>

#include "vmm/vmm.h"

/* Every function of the next library that preload.c replaces. NULL: the next library does not have it. */
struct next {
	struct vmm_next vmm;
	int (*close_range)(unsigned first, unsigned last, int flags);
	void (*closefrom)(int first);
	int (*dup)(int fd);
	int (*dup2)(int fd, int to);
	int (*dup3)(int fd, int to, int flags);
	int (*fcntl)(int fd, int command, ...);
	int (*fcntl64)(int fd, int command, ...);
	int (*mprotect)(void *at, size_t n, int protection);
	int (*pkey_mprotect)(void *at, size_t n, int protection, int key);
	void *(*mremap)(void *at, size_t n, size_t to_n, int flags, ...);
	int (*open64)(const char *path, int flags, ...);
	int (*openat)(int folder, const char *path, int flags, ...);
	int (*openat64)(int folder, const char *path, int flags, ...);
	int (*open_2)(const char *path, int flags);
	int (*open64_2)(const char *path, int flags);
	int (*openat_2)(int folder, const char *path, int flags);
	int (*openat64_2)(int folder, const char *path, int flags);
};

/* Looks them up at the first call. Any thread; also in a signal handler. */
const struct next *next(void);

/*
 * Memory for code that must not call malloc(3), because the VMM may call close(2) in a signal handler that
 * interrupted malloc(). Zeroed whole pages. NULL: out of memory. errno is preserved.
 */
void *next_pages(size_t n);
void next_pages_free(void *pages, size_t n);

#endif
