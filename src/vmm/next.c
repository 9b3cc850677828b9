/* SPDX-License-Identifier: MIT */
#include "vmm/next.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#define PAGES_OF(n) (((n) + 4095) & ~(size_t)4095)

static struct next found;
static _Atomic(const struct next *) ready;

/* Where each of them is kept: a pointer to a function is no void * in C, but for dlsym(3). */
static const struct {
	const char *name;
	size_t at;
} names[] = {
#define ROW(NAME, MEMBER)                                                                                    \
	{                                                                                                    \
		NAME, offsetof(struct next, MEMBER)                                                          \
	}
	ROW("ioctl", vmm.ioctl),     ROW("close", vmm.close),
	ROW("mmap64", vmm.mmap),     ROW("munmap", vmm.munmap),
	ROW("open", vmm.open),       ROW("close_range", close_range),
	ROW("closefrom", closefrom), ROW("dup", dup),
	ROW("dup2", dup2),           ROW("dup3", dup3),
	ROW("fcntl", fcntl),         ROW("fcntl64", fcntl64),
	ROW("mprotect", mprotect),   ROW("pkey_mprotect", pkey_mprotect),
	ROW("mremap", mremap),       ROW("open64", open64),
	ROW("openat", openat),       ROW("openat64", openat64),
	ROW("__open_2", open_2),     ROW("__open64_2", open64_2),
	ROW("__openat_2", openat_2), ROW("__openat64_2", openat64_2),
#undef ROW
};

/*
 * Two threads that come here at once write the same values; a reader sees `ready` only after one has
 * finished.
 */
static const struct next *find(void)
{
	int saved = errno;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		void *function = dlsym(RTLD_NEXT, names[i].name);

		__atomic_store_n((void **)(void *)((char *)&found + names[i].at), function, __ATOMIC_RELAXED);
	}
	if (!found.fcntl64)
		found.fcntl64 = found.fcntl; /* before glibc 2.28 */
	atomic_store_explicit(&ready, &found, memory_order_release);
	errno = saved;
	return &found;
}

const struct next *next(void)
{
	const struct next *n = atomic_load_explicit(&ready, memory_order_acquire);

	return __builtin_expect(n != NULL, 1) ? n : find();
}

const struct vmm_next *vmm_next(void)
{
	return &next()->vmm;
}

void *next_pages(size_t n)
{
	int saved = errno;
	void *pages = next()->vmm.mmap(NULL, PAGES_OF(n), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
				       -1, 0);

	errno = saved;
	return pages == MAP_FAILED ? NULL : pages;
}

void next_pages_free(void *pages, size_t n)
{
	int saved = errno;

	if (pages)
		next()->vmm.munmap(pages, PAGES_OF(n));
	errno = saved;
}
