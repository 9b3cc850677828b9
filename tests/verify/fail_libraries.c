/* SPDX-License-Identifier: MIT */
#include "verify/fail_libraries.h"

#include <stdlib.h>

#include <jansson.h>
#include <openssl/crypto.h>

#include "support/fail_memory.h"

/* The linker's names for the C library's own functions: tests/support/meson.build. */
void *__real_malloc(size_t n);
void *__real_realloc(void *p, size_t n);
void __real_free(void *p);
void __wrap_free(void *p);

/* What jansson writes is freed by the program. */
static void *jansson_malloc(size_t n)
{
	void *p = fail_memory_in_library() ? NULL : __real_malloc(n);

	fail_memory_count(p);
	return p;
}

static void *openssl_malloc(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return fail_memory_in_library() ? NULL : __real_malloc(n);
}

static void *openssl_realloc(void *p, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return fail_memory_in_library() ? NULL : __real_realloc(p, n);
}

static void openssl_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	__real_free(p);
}

bool fail_libraries_begin(void)
{
	json_set_alloc_funcs(jansson_malloc, __wrap_free);
	return CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free) == 1;
}
