/* SPDX-License-Identifier: MIT */
#ifndef TESTS_VERIFY_FAIL_MEMORY_H
#define TESTS_VERIFY_FAIL_MEMORY_H

#include <stdbool.h>

/*
 * The program's own allocations, OpenSSL's and jansson's, of which one can be made to fail: the program is
 * linked with --wrap for each of the functions in tests/verify/meson.build. What the C library and GMP
 * allocate for themselves always succeeds.
 */
struct fail_memory {
	unsigned long at, calls; /* since it was armed */
	bool for_good;           /* everything behind the failing one fails, too */
	bool fired;              /* some did fail */
	bool fired_in_library;   /* among them a library's, which does not always say so */
	long live;               /* blocks of the program's own, armed or not */
};

/* First thing in main(), before OpenSSL has allocated anything. False: it has. */
bool fail_memory_begin(void);
/* From now on the at-th allocation fails; 0: none. */
void fail_memory_arm(unsigned long at, bool for_good);
struct fail_memory fail_memory_disarm(void);

#endif
