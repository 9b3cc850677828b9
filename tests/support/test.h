/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_TEST_H
#define TESTS_SUPPORT_TEST_H

/* What every test program includes first: cmocka with the headers it wants before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "jurat/error.h"
#include "support/fail_memory.h"

/* Ends the running test as skipped, saying why. */
#define SKIP_BECAUSE(...)                                                                                    \
	do {                                                                                                 \
		print_message("# reason: " __VA_ARGS__);                                                     \
		print_message("\n");                                                                         \
		skip();                                                                                      \
	} while (0)

/*
 * Ends the running test as failed, saying why. cmocka's fail_msg() says it on standard error, apart from
 * the case that failed; here it is comment lines of the TAP stream, in front of the case's "not ok".
 */
#define FAIL_BECAUSE(...)                                                                                    \
	do {                                                                                                 \
		test_say(__VA_ARGS__);                                                                       \
		fail();                                                                                      \
	} while (0)

/* Prints a text as comment lines of TAP. */
__attribute__((format(printf, 1, 2))) void test_say(const char *format, ...);

/*
 * Puts a text into an array of characters, and ends the whole program where it does not fit: half a path or
 * half a script would fail somewhere else, and only on the machine whose paths are long.
 */
#define TEXT(array, ...) test_text(array, ARRAY_SIZE(array), __VA_ARGS__)
__attribute__((format(printf, 3, 4))) void test_text(char *to, size_t room, const char *format, ...);

/*
 * How far apart the members of a long row are that are tried, such as the flips of every bit: 1, all of
 * them, unless JURAT_TEST_STEP is an odd number, which still comes to each bit of a byte. For builds that
 * repeat what another one has tried in full.
 */
size_t test_step(void);

/* Whether this build has AddressSanitizer: its libraries cannot be preloaded into a program that has not. */
#if defined(__SANITIZE_ADDRESS__)
#define TEST_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TEST_ADDRESS_SANITIZER 1
#endif
#endif
#ifndef TEST_ADDRESS_SANITIZER
#define TEST_ADDRESS_SANITIZER 0
#endif

/* An exact-size heap copy, so that a sanitizer sees a read one byte past the end. The test frees it. */
static inline uint8_t *heap_copy(const void *p, size_t n)
{
	uint8_t *copy = NEVER_FAILS(malloc(n ? n : 1));

	assert_non_null(copy);
	if (n > 0)
		memcpy(copy, p, n);
	return copy;
}

#endif
