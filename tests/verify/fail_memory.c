/* SPDX-License-Identifier: MIT */
#include "verify/fail_memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <openssl/crypto.h>

static struct fail_memory state;
static bool armed;

static bool fails(void)
{
	if (!armed)
		return false;
	state.calls++;
	if (state.at == 0 || (state.for_good ? state.calls < state.at : state.calls != state.at))
		return false;
	state.fired = true;
	errno = ENOMEM;
	return true;
}

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__real_reallocarray(void *p, size_t n, size_t size);
char *__real_strdup(const char *text);
void __real_free(void *p);

void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_reallocarray(void *p, size_t n, size_t size);
char *__wrap_strdup(const char *text);
void __wrap_free(void *p);

static void *counted(void *p)
{
	state.live += p != NULL;
	return p;
}

void *__wrap_malloc(size_t n)
{
	return fails() ? NULL : counted(__real_malloc(n));
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : counted(__real_calloc(n, size));
}

void *__wrap_realloc(void *p, size_t n)
{
	bool is_new = p == NULL;

	if (fails())
		return NULL;
	return is_new ? counted(__real_realloc(p, n)) : __real_realloc(p, n);
}

void *__wrap_reallocarray(void *p, size_t n, size_t size)
{
	bool is_new = p == NULL;

	if (fails())
		return NULL;
	return is_new ? counted(__real_reallocarray(p, n, size)) : __real_reallocarray(p, n, size);
}

char *__wrap_strdup(const char *text)
{
	return fails() ? NULL : counted(__real_strdup(text));
}

void __wrap_free(void *p)
{
	state.live -= p != NULL;
	__real_free(p);
}

static bool library_fails(void)
{
	bool now = fails();

	state.fired_in_library = state.fired_in_library || now;
	return now;
}

/* What jansson writes is freed by the program. */
static void *jansson_malloc(size_t n)
{
	return library_fails() ? NULL : counted(__real_malloc(n));
}

static void *openssl_malloc(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return library_fails() ? NULL : __real_malloc(n);
}

static void *openssl_realloc(void *p, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return library_fails() ? NULL : __real_realloc(p, n);
}

static void openssl_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	__real_free(p);
}

bool fail_memory_begin(void)
{
	json_set_alloc_funcs(jansson_malloc, __wrap_free);
	return CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free) == 1;
}

void fail_memory_arm(unsigned long at, bool for_good)
{
	state.at = at;
	state.calls = 0;
	state.for_good = for_good;
	state.fired = state.fired_in_library = false;
	armed = true;
}

struct fail_memory fail_memory_disarm(void)
{
	armed = false;
	return state;
}
