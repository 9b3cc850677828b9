/* SPDX-License-Identifier: MIT */
#ifndef EXPLORE_RESERVE_H
#define EXPLORE_RESERVE_H

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"

enum { RESERVE_FIRST_ROOM = 64 };

JURAT_MUST_CHECK static inline int reserve_bytes(void **array, size_t *room, size_t n, size_t bytes_each)
{
	size_t more = *room ? *room : RESERVE_FIRST_ROOM;
	void *grown;

	if (n <= *room)
		return 0;
	while (more < n)
		more *= 2;
	grown = reallocarray(*array, more, bytes_each);
	if (!grown)
		return -ENOMEM;
	*array = grown;
	*room = more;
	return 0;
}

/* Room for `n` elements in an array on the heap, which grows by doubling. 0; -ENOMEM, and nothing changes */
#define RESERVE(array, room, n)                                                                              \
	({                                                                                                   \
		void *array_ = (array);                                                                      \
		int r_ = reserve_bytes(&array_, &(room), (n), sizeof(*(array)));                             \
		(array) = array_;                                                                            \
		r_;                                                                                          \
	})

#endif
