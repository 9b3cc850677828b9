/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_FAIL_MEMORY_H
#define TESTS_SUPPORT_FAIL_MEMORY_H

#include <stdbool.h>

/*
 * The program's own allocations, of which one can be made to fail: a program that links this file is linked
 * with fail_memory_wraps of tests/support/meson.build. What the C library, OpenSSL and GMP allocate for
 * themselves always succeeds (tests/verify/fail_libraries.c has OpenSSL's and jansson's counted, too).
 */
struct fail_memory {
	unsigned long at, calls; /* since it was armed */
	bool for_good;           /* everything behind the failing one fails, too */
	bool fired;              /* some did fail */
	bool fired_in_library;   /* among them a library's, which does not always say so */
	long live;               /* blocks of the program's own, armed or not */
};

/* From now on the at-th allocation fails; 0: none. */
void fail_memory_arm(unsigned long at, bool for_good);
struct fail_memory fail_memory_disarm(void);

/*
 * One attempt at something: prepares what it needs, calls fail_memory_resume(), does it, calls
 * fail_memory_pause(), checks that what came of it is whole or nothing, frees everything. 0; -ENOMEM.
 */
typedef int fail_memory_attempt(void *ctx);
void fail_memory_resume(void);
bool fail_memory_pause(void); /* whether it was going on */

/* An allocation of the test's own world, amid an attempt. Works in programs without wraps, too. */
#define NEVER_FAILS(allocation)                                                                              \
	({                                                                                                   \
		bool was_going_on_ = fail_memory_pause();                                                    \
		__typeof__(allocation) allocated_ = (allocation);                                            \
                                                                                                             \
		if (was_going_on_)                                                                           \
			fail_memory_resume();                                                                \
		allocated_;                                                                                  \
	})

/*
 * Makes attempts in which each allocation fails, alone, and each test_step()-th with all behind it, and one
 * without a failure. The test fails when one returns anything but 0, or -ENOMEM where an allocation failed,
 * or leaves a block.
 * How many allocations there were.
 */
unsigned long fail_memory_each(fail_memory_attempt *attempt, void *ctx);

/* For allocators of libraries: whether this allocation fails; a block that the program will free. */
bool fail_memory_in_library(void);
void fail_memory_count(void *p);

#endif
