/* SPDX-License-Identifier: MIT */
#include "support/fail_memory.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "support/test.h"

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
void *__real_aligned_alloc(size_t alignment, size_t n);
char *__real_strdup(const char *text);
void __real_free(void *p);

void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_reallocarray(void *p, size_t n, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t n);
char *__wrap_strdup(const char *text);
void __wrap_free(void *p);

static void *counted(void *p)
{
	state.live += p != NULL;
	return p;
}

/* What the C library allocates for its caller. With FORTIFY_SOURCE it has other names. */
char *__real_strndup(const char *text, size_t n);
int __real_vasprintf(char **ret, const char *format, va_list ap);
FILE *__real_open_memstream(char **text, size_t *size);
FILE *__real_fopencookie(void *cookie, const char *mode, cookie_io_functions_t functions);

char *__wrap_strndup(const char *text, size_t n);
int __wrap_vasprintf(char **ret, const char *format, va_list ap);
int __wrap___vasprintf_chk(char **ret, int flag, const char *format, va_list ap);
int __wrap_asprintf(char **ret, const char *format, ...);
int __wrap___asprintf_chk(char **ret, int flag, const char *format, ...);
FILE *__wrap_open_memstream(char **text, size_t *size);
FILE *__wrap_fopencookie(void *cookie, const char *mode, cookie_io_functions_t functions);

void *__real_mmap64(void *at, size_t n, int protection, int flags, int fd, off_t off);
void *__wrap_mmap64(void *at, size_t n, int protection, int flags, int fd, off_t off);

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

void *__wrap_aligned_alloc(size_t alignment, size_t n)
{
	return fails() ? NULL : counted(__real_aligned_alloc(alignment, n));
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

char *__wrap_strndup(const char *text, size_t n)
{
	return fails() ? NULL : counted(__real_strndup(text, n));
}

/* Where it fails, what the caller's pointer holds is not defined: nothing that may be freed. */
int __wrap_vasprintf(char **ret, const char *format, va_list ap)
{
	int n;

	if (fails()) {
		*ret = (char *)(uintptr_t)1;
		return -1;
	}
	n = __real_vasprintf(ret, format, ap);
	if (n >= 0)
		counted(*ret);
	return n;
}

int __wrap___vasprintf_chk(char **ret, int flag, const char *format, va_list ap)
{
	(void)flag;
	return __wrap_vasprintf(ret, format, ap);
}

int __wrap_asprintf(char **ret, const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = __wrap_vasprintf(ret, format, ap);
	va_end(ap);
	return n;
}

int __wrap___asprintf_chk(char **ret, int flag, const char *format, ...)
{
	va_list ap;
	int n;

	(void)flag;
	va_start(ap, format);
	n = __wrap_vasprintf(ret, format, ap);
	va_end(ap);
	return n;
}

/* Memory for secrets: base/secret.c, built with 64-bit file offsets. */
void *__wrap_mmap64(void *at, size_t n, int protection, int flags, int fd, off_t off)
{
	return fails() ? MAP_FAILED : __real_mmap64(at, n, protection, flags, fd, off);
}

/* Of tests only. The text belongs to the caller from fclose() on. */
FILE *__wrap_open_memstream(char **text, size_t *size)
{
	FILE *f = __real_open_memstream(text, size);

	state.live += f != NULL;
	return f;
}

/* A stream is the C library's own; what base/text_stream.c keeps of it is allocated there. */
FILE *__wrap_fopencookie(void *cookie, const char *mode, cookie_io_functions_t functions)
{
	return fails() ? NULL : __real_fopencookie(cookie, mode, functions);
}

bool fail_memory_in_library(void)
{
	bool now = fails();

	state.fired_in_library = state.fired_in_library || now;
	return now;
}

void fail_memory_count(void *p)
{
	counted(p);
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

void fail_memory_resume(void)
{
	armed = true;
}

bool fail_memory_pause(void)
{
	bool was = armed;

	armed = false;
	return was;
}

/* Whether the attempt is over: no allocation was left to fail. */
static bool attempt_with(fail_memory_attempt *attempt, void *ctx, unsigned long at, bool for_good)
{
	long live = state.live;
	int r;

	fail_memory_arm(at, for_good);
	armed = false;
	r = attempt(ctx);
	if (armed)
		FAIL_BECAUSE("the attempt did not end with fail_memory_pause()");
	if (r != 0 && !(r == -ENOMEM && state.fired))
		FAIL_BECAUSE("allocation %lu%s: %d", at, for_good ? " and all behind it" : "", r);
	if (state.live != live)
		FAIL_BECAUSE("allocation %lu%s: %ld blocks are left", at,
			     for_good ? " and all behind it" : "", state.live - live);
	return !state.fired;
}

unsigned long fail_memory_each(fail_memory_attempt *attempt, void *ctx)
{
	unsigned long at = 1;

	fail_memory_arm(0, false);
	armed = false;
	assert_int_equal(attempt(ctx), 0); /* and what is kept from then on is there */
	assert_true(attempt_with(attempt, ctx, 0, false));
	while (!attempt_with(attempt, ctx, at, false))
		at++;
	for (unsigned long i = 1; i < at; i += test_step())
		assert_false(attempt_with(attempt, ctx, i, true));
	return at - 1;
}
