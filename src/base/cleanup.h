/* SPDX-License-Identifier: MIT */
#ifndef BASE_CLEANUP_H
#define BASE_CLEANUP_H

#include <stdlib.h>
#include <unistd.h>

/*
 * Cleanup at the end of a scope: an `auto_free` pointer is freed and an `auto_close` descriptor closed,
 * unless take_ptr() or take_fd() moved it out. AUTO_DONE(type, function) defines `auto_<function>` for other
 * types.
 */
static inline void base_free_ptr(void *p)
{
	free(*(void **)p);
}

static inline void base_close_fd(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline int base_take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

#define auto_free           __attribute__((cleanup(base_free_ptr)))
#define auto_close          __attribute__((cleanup(base_close_fd)))
#define auto_call(function) __attribute__((cleanup(function)))

#define take_fd(fd)         base_take_fd(&(fd))
#define take_ptr(p)                                                                                          \
	({                                                                                                   \
		__typeof__(p) taken_ = (p);                                                                  \
		(p) = NULL;                                                                                  \
		taken_;                                                                                      \
	})

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
