/* SPDX-License-Identifier: MIT */
#ifndef TESTS_VERIFY_FAIL_LIBRARIES_H
#define TESTS_VERIFY_FAIL_LIBRARIES_H

#include <stdbool.h>

/*
 * From now on OpenSSL's and jansson's allocations are among those that can be made to fail. First thing in
 * main(), before OpenSSL has allocated anything; false: it has.
 */
bool fail_libraries_begin(void);

#endif
