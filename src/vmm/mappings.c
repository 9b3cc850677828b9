/* SPDX-License-Identifier: MIT */
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vmm/calls.h"
#include "vmm/lock.h"
#include "vmm/next.h"
#include "vmm/objects.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

/* What became of pages: nothing; they are no memory for the guest any more; they are again. */
enum outcome { AS_BEFORE, GONE, BACK };

struct pending {
	struct memory_change change;
	bool entered; /* somebody has to be careful */
	sigset_t was;
};

/* The whole pages that a call is about; false: none, or not what the kernel accepts. */
static bool range_of(const void *at, size_t n, struct memory_change *ret)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), from = (uint64_t)(uintptr_t)at;

	if (n == 0 || from % page != 0 || n > UINT64_MAX - page - from)
		return false;
	ret->from = from;
	ret->to = from + (n + page - 1) / page * page;
	return true;
}

static bool covers(const struct memory_change *c, const uint8_t *run)
{
	uint64_t at = (uint64_t)(uintptr_t)run;

	return run && at < c->to && at + 4096 > c->from;
}

/*
 * Copies that began before the change was entered; with no index, for which a copy that is under way may
 * have to wait.
 */
static void drain(const struct memory_change *c)
{
	struct vmm_vm *vm;

	for (uint64_t serial = 0;; vmm_vm_put(vm)) {
		bool touches;

		lock_index();
		vm = objects_get_after(serial);
		touches = vm && memory_touches(&vm->private->memory, c->from, c->to);
		lock_index_release();
		if (!vm)
			return;
		serial = vm->serial;
		if (touches)
			memory_drain(&vm->private->memory);
	}
}

/* Until end(), nobody copies from or to these pages, and no kvm_run is among them. */
static void begin(struct pending *p, const void *at, size_t n)
{
	struct memory_change *c = &p->change;

	p->entered = false;
	if (!objects_any() || !range_of(at, n, c))
		return;
	lock_enter(&p->was);
	for (struct vmm_vm *vm = objects_next_vm(NULL); vm; vm = objects_next_vm(vm)) {
		if (memory_touches(&vm->private->memory, c->from, c->to)) {
			p->entered = true;
			memory_reserve(&vm->private->memory);
		}
		for (struct vmm_vcpu *v = vm->private->vcpus; v; v = v->private->next)
			if (covers(c, atomic_load(&v->run))) {
				p->entered = true;
				v->private->change = c;
				v->private->run_before = atomic_exchange(&v->run, NULL);
			}
	}
	if (!p->entered) {
		lock_leave(&p->was);
		return;
	}
	memory_change_begin(c);
	lock_index_release();
	drain(c);
}

/* `to`: where the pages are now; NULL: where they were. */
static void end(struct pending *p, enum outcome outcome, uint8_t *to)
{
	struct memory_change *c = &p->change;

	if (!p->entered)
		return;
	lock_index();
	for (struct vmm_vm *vm = objects_next_vm(NULL); vm; vm = objects_next_vm(vm)) {
		if (outcome != AS_BEFORE && memory_touches(&vm->private->memory, c->from, c->to))
			memory_set_gone(&vm->private->memory, c->from, c->to, outcome == GONE);
		for (struct vmm_vcpu *v = vm->private->vcpus; v; v = v->private->next) {
			uint8_t *none = NULL, *run = v->private->run_before;

			if (v->private->change != c)
				continue;
			v->private->change = NULL;
			if (to)
				run = to + ((uint64_t)(uintptr_t)run - c->from);
			if (to || outcome == AS_BEFORE)
				atomic_compare_exchange_strong(&v->run, &none, run);
		}
	}
	memory_change_end(c);
	lock_leave(&p->was);
}

/* Pages that were made readable and writable where they are. */
static void back(const void *at, size_t n)
{
	struct memory_change c;
	sigset_t was;

	if (!objects_any() || !range_of(at, n, &c))
		return;
	lock_enter(&was);
	for (struct vmm_vm *vm = objects_next_vm(NULL); vm; vm = objects_next_vm(vm))
		memory_set_gone(&vm->private->memory, c.from, c.to, false);
	lock_leave(&was);
}

static bool both_ways(int protection)
{
	return (protection & (PROT_READ | PROT_WRITE)) == (PROT_READ | PROT_WRITE);
}

static void note_run(int fd, uint8_t *run)
{
	struct object *o = objects_get(fd);
	struct vmm_vcpu *vcpu = o ? object_vcpu(o) : NULL;
	sigset_t was;

	if (vcpu) {
		lock_enter(&was);
		atomic_store(&vcpu->run, run);
		lock_leave(&was);
	}
	if (o)
		objects_put(o);
}

void *call_mmap(void *at, size_t n, int protection, int flags, int fd, int64_t offset)
{
	struct pending p = { 0 };
	void *result;

	if (flags & MAP_FIXED && !(flags & MAP_FIXED_NOREPLACE))
		begin(&p, at, n);
	result = next()->vmm.mmap(at, n, protection, flags, fd, offset);
	if (p.entered)
		end(&p, result == MAP_FAILED ? AS_BEFORE : both_ways(protection) ? BACK : GONE, NULL);
	else if (result != MAP_FAILED && both_ways(protection))
		back(result, n);
	if (result != MAP_FAILED && fd >= 0 && offset == 0 && flags & MAP_SHARED &&
	    !(flags & MAP_ANONYMOUS) && both_ways(protection))
		note_run(fd, result);
	return result;
}

int call_munmap(void *at, size_t n)
{
	struct pending p;
	int r;

	begin(&p, at, n);
	r = next()->vmm.munmap(at, n);
	end(&p, r == 0 ? GONE : AS_BEFORE, NULL);
	return r;
}

/* key < 0: mprotect(2) */
static int protect(void *at, size_t n, int protection, int key)
{
	struct pending p = { 0 };
	int r;

	if (!both_ways(protection))
		begin(&p, at, n);
	r = key < 0 ? next()->mprotect(at, n, protection) : next()->pkey_mprotect(at, n, protection, key);
	end(&p, r == 0 ? GONE : AS_BEFORE, NULL);
	if (r == 0 && both_ways(protection))
		back(at, n);
	return r;
}

int call_mprotect(void *at, size_t n, int protection)
{
	return protect(at, n, protection, -1);
}

int call_pkey_mprotect(void *at, size_t n, int protection, int key)
{
	return key < 0 ? next()->pkey_mprotect(at, n, protection, key) : protect(at, n, protection, key);
}

void *call_mremap(void *at, size_t n, size_t to_n, int flags, void *to)
{
	bool shrinks = to_n < n && !(flags & MREMAP_FIXED);
	struct pending from = { 0 }, target = { 0 };
	void *result;
	bool moved;

	if (shrinks) /* it stays where it is, without its end */
		begin(&from, (char *)at + to_n, n - to_n);
	else
		begin(&from, at, n);
	if (flags & MREMAP_FIXED)
		begin(&target, to, to_n);
	result = next()->mremap(at, n, to_n, flags, to);
	moved = result != MAP_FAILED && result != at;
	end(&target, result == MAP_FAILED ? AS_BEFORE : GONE, NULL);
	if (shrinks)
		end(&from, result == MAP_FAILED ? AS_BEFORE : GONE, NULL);
	else
		end(&from, moved && !(flags & MREMAP_DONTUNMAP) ? GONE : AS_BEFORE, moved ? result : NULL);
	return result;
}
