/* SPDX-License-Identifier: MIT */
#ifndef BASE_LOCK_HOLDERS_H
#define BASE_LOCK_HOLDERS_H

#include <stddef.h>

/* Implements lock_holders() of base_env_real(). */
void base_find_lock_holders(int fd, char *text, size_t room);

#endif
