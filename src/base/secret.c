/* SPDX-License-Identifier: MIT */
#include "base/secret.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/bytes.h"

#if defined(__SANITIZE_ADDRESS__)
#define WATCHED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WATCHED 1
#endif
#endif
#ifndef WATCHED
#define WATCHED 0 /* LeakSanitizer attaches to the process with ptrace(2), which needs it dumpable */
#endif

/* LeakSanitizer scans mmap(2)ed memory for pointers only if it is registered. */
#if WATCHED
#include <sanitizer/lsan_interface.h>
#define WATCH(p, n)   __lsan_register_root_region(p, n)
#define UNWATCH(p, n) __lsan_unregister_root_region(p, n)
#else
#define WATCH(p, n)   ((void)0)
#define UNWATCH(p, n) ((void)0)
#endif

void *base_secret_new(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	(void)madvise(p, size, MADV_DONTDUMP);
	(void)mlock(p, size);
	WATCH(p, size);
	return p;
}

void base_secret_free(void *secret, size_t size)
{
	if (!secret)
		return;
	bytes_wipe(secret, size);
	UNWATCH(secret, size);
	munmap(secret, size);
}

void base_forbid_core_dumps(void)
{
	const struct rlimit none = { 0, 0 };

	/* A core_pattern that is a pipe ignores RLIMIT_CORE, but not PR_SET_DUMPABLE. */
	(void)setrlimit(RLIMIT_CORE, &none);
	if (!WATCHED)
		(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}
