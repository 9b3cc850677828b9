/* SPDX-License-Identifier: MIT */
#ifndef BASE_LOCK_HOLDERS_H
#define BASE_LOCK_HOLDERS_H

#include <stddef.h>

/* What base_env's lock_holders() is in the real world. */
void base_find_lock_holders(int fd, char *text, size_t room);

#endif
