/* SPDX-License-Identifier: MIT */
#include "explore/fiber.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FIBER_ASAN 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define FIBER_ASAN 1
#endif
#ifdef FIBER_ASAN
#include <sanitizer/common_interface_defs.h>
#endif

/* Of a stack: the code below has tables of a page or two on it, and sanitizers make each frame larger. */
enum { STACK_BYTES = 512 * 1024 };

struct fiber {
	void (*run)(void *ctx);
	void *ctx;
	bool running; /* has been started, and has not ended */
	ucontext_t here, resumer;
	uint8_t *map; /* the guard page, then the stack */
	size_t guard_bytes;
#ifdef FIBER_ASAN
	void *fake_stack, *resumer_fake_stack;
	const void *resumer_stack;
	size_t resumer_bytes;
#endif
};

int fiber_new(struct fiber **ret)
{
	struct fiber *f = calloc(1, sizeof(*f));
	long page = sysconf(_SC_PAGESIZE);

	if (!f)
		return -ENOMEM;
	f->guard_bytes = (size_t)page;
	f->map = mmap(NULL, f->guard_bytes + STACK_BYTES, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (f->map == MAP_FAILED || mprotect(f->map, f->guard_bytes, PROT_NONE) < 0) {
		if (f->map != MAP_FAILED)
			munmap(f->map, f->guard_bytes + STACK_BYTES);
		free(f);
		return -ENOMEM;
	}
	*ret = f;
	return 0;
}

void fiber_free(struct fiber *f)
{
	if (!f)
		return;
	assert(!f->running);
	munmap(f->map, f->guard_bytes + STACK_BYTES);
	free(f);
}

static void leave(struct fiber *f, bool for_good)
{
#ifdef FIBER_ASAN
	__sanitizer_start_switch_fiber(for_good ? NULL : &f->fake_stack, f->resumer_stack, f->resumer_bytes);
#endif
	swapcontext(&f->here, &f->resumer);
#ifdef FIBER_ASAN
	__sanitizer_finish_switch_fiber(f->fake_stack, &f->resumer_stack, &f->resumer_bytes);
#endif
	(void)for_good;
}

/* makecontext() passes ints only: a pointer in two halves. */
static void enter(unsigned low, unsigned high)
{
	struct fiber *f = (struct fiber *)((uintptr_t)high << 16 << 16 | low);

#ifdef FIBER_ASAN
	__sanitizer_finish_switch_fiber(NULL, &f->resumer_stack, &f->resumer_bytes);
#endif
	f->run(f->ctx);
	f->running = false;
	leave(f, true);
	assert(false); /* a function that has returned is not resumed */
}

void fiber_start(struct fiber *f, void (*run)(void *ctx), void *ctx)
{
	uintptr_t p = (uintptr_t)f;

	assert(!f->running);
	f->run = run;
	f->ctx = ctx;
	f->running = true;
	getcontext(&f->here);
	f->here.uc_stack.ss_sp = f->map + f->guard_bytes;
	f->here.uc_stack.ss_size = STACK_BYTES;
	f->here.uc_link = NULL;
	makecontext(&f->here, (void (*)(void))enter, 2, (unsigned)p, (unsigned)(p >> 16 >> 16));
#ifdef FIBER_ASAN
	/*
	 * Of a context with a size, its swapcontext() clears the shadow at each switch, which takes longer
	 * than all else. `run` returns, and so leaves nothing poisoned; enter() and leave() poison nothing.
	 */
	f->here.uc_stack.ss_size = 0;
#endif
}

bool fiber_resume(struct fiber *f)
{
	assert(f->running);
#ifdef FIBER_ASAN
	__sanitizer_start_switch_fiber(&f->resumer_fake_stack, f->map + f->guard_bytes, STACK_BYTES);
#endif
	swapcontext(&f->resumer, &f->here);
#ifdef FIBER_ASAN
	__sanitizer_finish_switch_fiber(f->resumer_fake_stack, NULL, NULL);
#endif
	return f->running;
}

void fiber_stop(struct fiber *f)
{
	leave(f, false);
}
