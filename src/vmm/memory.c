/* SPDX-License-Identifier: MIT */
#include "vmm/memory.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "uapi/kvm.h"
#include "vmm/lock.h"
#include "vmm/next.h"
#include "vmm/objects.h"

#ifndef MADV_POPULATE_READ /* Linux 5.14 */
#define MADV_POPULATE_READ  22
#define MADV_POPULATE_WRITE 23
#endif

/* How soon a VMM that deletes a slot to set it anew has done so. */
enum { COMES_BACK_MS = 200 };

/* With the index held. */
static struct memory_change *changes;

static void lock_init(pthread_rwlock_t *lock)
{
	pthread_rwlockattr_t attributes;

	pthread_rwlockattr_init(&attributes);
	/* A guest that has something copied all the time does not keep the VMM from changing its slots. */
	pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(lock, &attributes);
	pthread_rwlockattr_destroy(&attributes);
}

void memory_init(struct memory *m)
{
	*m = (struct memory){ 0 };
	lock_init(&m->copies);
}

void memory_done(struct memory *m)
{
	next_pages_free(m->slots, m->room * sizeof(*m->slots));
	ranges_done(&m->gone);
	private_done(&m->private);
	pthread_rwlock_destroy(&m->copies);
}

void memory_forked(struct memory *m)
{
	lock_init(&m->copies);
}

void memory_changes_forked(void)
{
	changes = NULL;
}

void memory_lock(struct memory *m)
{
	int r = pthread_rwlock_wrlock(&m->copies);

	assert(r == 0);
}

void memory_share(struct memory *m)
{
	int r = pthread_rwlock_rdlock(&m->copies);

	assert(r == 0);
}

void memory_release(struct memory *m)
{
	int r = pthread_rwlock_unlock(&m->copies);

	assert(r == 0);
}

void memory_drain(struct memory *m)
{
	memory_lock(m);
	memory_release(m);
}

void memory_change_begin(struct memory_change *change)
{
	change->next = changes;
	changes = change;
}

void memory_change_end(struct memory_change *change)
{
	struct memory_change **at = &changes;

	while (*at != change)
		at = &(*at)->next;
	*at = change->next;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* How many slots begin at or below `gpa`. */
static size_t slots_upto(const struct memory *m, uint64_t gpa)
{
	size_t low = 0, high = m->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (m->slots[middle].gpa > gpa)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static bool grow(struct memory *m)
{
	size_t room = m->room ? 2 * m->room : 4096 / sizeof(*m->slots);
	struct vmm_slot *slots;

	if (m->n < m->room)
		return true;
	slots = next_pages(room * sizeof(*slots));
	if (!slots)
		return false;
	for (size_t i = 0; i < m->n; i++)
		slots[i] = m->slots[i];
	next_pages_free(m->slots, m->room * sizeof(*slots));
	m->slots = slots;
	m->room = room;
	return true;
}

/*
 * KVM has accepted it: it overlaps no other. A slot that there is no memory for is one that cannot be
 * copied to.
 */
void memory_set_slot(struct memory *m, const struct vmm_slot *slot)
{
	size_t i;

	lock_index();
	for (i = 0; i < m->n && m->slots[i].slot != slot->slot; i++)
		;
	if (i < m->n) {
		if (slot->size == 0)
			m->left[m->next_left++ % ARRAY_SIZE(m->left)] =
				(struct memory_left){ m->slots[i].gpa, m->slots[i].size, now_ns() };
		memmove(m->slots + i, m->slots + i + 1, (m->n - i - 1) * sizeof(*m->slots));
		m->n--;
	}
	if (slot->size > 0 && grow(m)) {
		i = slots_upto(m, slot->gpa);
		memmove(m->slots + i + 1, m->slots + i, (m->n - i) * sizeof(*m->slots));
		m->slots[i] = *slot;
		m->n++;
		ranges_remove(&m->gone, slot->hva, slot->hva + slot->size);
	}
	lock_index_release();
}

void memory_set_private(struct memory *m, uint64_t gpa, uint64_t size, bool is_private)
{
	lock_index();
	private_set(&m->private, gpa, size, is_private);
	lock_index_release();
}

bool memory_touches(const struct memory *m, uint64_t from, uint64_t to)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->slots[i].hva < to && m->slots[i].hva + m->slots[i].size > from)
			return true;
	return false;
}

/* Before pages go, what memory_set_gone() is going to need. */
void memory_reserve(struct memory *m)
{
	ranges_reserve(&m->gone);
}

void memory_set_gone(struct memory *m, uint64_t from, uint64_t to, bool gone)
{
	if (gone)
		ranges_add(&m->gone, from, to);
	else
		ranges_remove(&m->gone, from, to);
}

/* Where the guest's bytes are, by what is known of them; 0: nowhere. With the index held. */
static uint64_t find(const struct memory *m, uint64_t gpa, size_t n, bool writes)
{
	size_t i = slots_upto(m, gpa);
	const struct vmm_slot *slot = i > 0 ? &m->slots[i - 1] : NULL;
	uint64_t at;

	if (!slot || gpa - slot->gpa >= slot->size || n > slot->size - (gpa - slot->gpa))
		return 0;
	if (writes && slot->flags & UAPI_KVM_MEM_READONLY)
		return 0;
	at = slot->hva + (gpa - slot->gpa);
	if (private_get(&m->private, gpa) || ranges_overlap(&m->gone, at, at + n))
		return 0;
	for (const struct memory_change *c = changes; c; c = c->next)
		if (c->from < at + n && at < c->to)
			return 0;
	return at;
}

/*
 * Whether the page is there and may be accessed, as far as the kernel can say so: what was mapped without
 * our knowledge, such as a file that has become shorter, would end the VMM. A kernel that has no answer, or
 * a filter of system calls that refuses the question, leaves what is known from the slots.
 */
static bool present(uint64_t at, bool writes)
{
	static _Atomic(uint64_t) page_size;
	uint64_t size = atomic_load_explicit(&page_size, memory_order_relaxed);
	char here;

	if (size == 0) {
		size = (uint64_t)sysconf(_SC_PAGESIZE);
		atomic_store_explicit(&page_size, size, memory_order_relaxed);
	}
	if (madvise((void *)(uintptr_t)(at & ~(size - 1)), size,
		    writes ? MADV_POPULATE_WRITE : MADV_POPULATE_READ) == 0)
		return true;
	if (errno == EPERM || errno == ENOSYS)
		return true;
	if (errno != EINVAL)
		return false;
	/* EINVAL: such a mapping cannot be populated, for example a device's; or the kernel is older. */
	return madvise((void *)((uintptr_t)&here & ~(uintptr_t)(size - 1)), size, MADV_POPULATE_READ) == -1 &&
	       errno == EINVAL;
}

/* One access where a guest might see half of it. */
static void load(void *to, void *at, size_t n)
{
	uint64_t eight;
	uint32_t four;

	if (n == 8 && (uintptr_t)at % 8 == 0) {
		eight = atomic_load_explicit((_Atomic(uint64_t) *)at, memory_order_acquire);
		memcpy(to, &eight, 8);
	} else if (n == 4 && (uintptr_t)at % 4 == 0) {
		four = atomic_load_explicit((_Atomic(uint32_t) *)at, memory_order_acquire);
		memcpy(to, &four, 4);
	} else {
		memcpy(to, at, n);
	}
}

static void store(void *at, const void *from, size_t n)
{
	uint64_t eight;
	uint32_t four;

	if (n == 8 && (uintptr_t)at % 8 == 0) {
		memcpy(&eight, from, 8);
		atomic_store_explicit((_Atomic(uint64_t) *)at, eight, memory_order_release);
	} else if (n == 4 && (uintptr_t)at % 4 == 0) {
		memcpy(&four, from, 4);
		atomic_store_explicit((_Atomic(uint32_t) *)at, four, memory_order_release);
	} else {
		memcpy(at, from, n);
	}
}

/* Whether `gpa` is in no slot and was in one a moment ago. With the index held. */
static bool was_deleted(const struct memory *m, uint64_t gpa)
{
	const size_t i = slots_upto(m, gpa);
	const uint64_t now = now_ns();

	if (i > 0 && gpa - m->slots[i - 1].gpa < m->slots[i - 1].size)
		return false;
	for (const struct memory_left *l = m->left; l < m->left + ARRAY_SIZE(m->left); l++)
		if (gpa - l->gpa < l->size && now - l->at_ns < COMES_BACK_MS * 1000000u)
			return true;
	return false;
}

/* Reads to `to`, or writes from `from`; the other is NULL. 0; -EFAULT; -EAGAIN its slot was just deleted. */
static int try_copy(struct memory *m, uint64_t gpa, void *to, const void *from, size_t n)
{
	bool again = false;
	sigset_t was;
	uint64_t at;
	int r = 0;

	lock_quiet(&was);
	memory_share(m);
	lock_index();
	at = find(m, gpa, n, from != NULL);
	if (at == 0)
		again = was_deleted(m, gpa);
	lock_index_release();
	if (at == 0 || !present(at, from != NULL))
		r = again ? -EAGAIN : -EFAULT;
	else if (from)
		store((void *)(uintptr_t)at, from, n);
	else
		load(to, (void *)(uintptr_t)at, n);
	memory_release(m);
	lock_loud(&was);
	return r;
}

static int copy(struct vmm_vm *vm, uint64_t gpa, void *to, const void *from, size_t n)
{
	static const struct timespec a_moment = { .tv_nsec = 500000 };
	struct memory *m = &vm->private->memory;
	int saved = errno, r;

	if (n == 0)
		return 0;
	if (n > 4096 - gpa % 4096)
		return -EFAULT;
	while ((r = try_copy(m, gpa, to, from, n)) == -EAGAIN)
		nanosleep(&a_moment, NULL);
	errno = saved;
	return r;
}

int vmm_memory_read(struct vmm_vm *vm, uint64_t gpa, void *to, size_t n)
{
	return copy(vm, gpa, to, NULL, n);
}

int vmm_memory_write(struct vmm_vm *vm, uint64_t gpa, const void *from, size_t n)
{
	return copy(vm, gpa, NULL, from, n);
}

void vmm_memory_slots(struct vmm_vm *vm, void (*each)(void *ctx, const struct vmm_slot *slot), void *ctx)
{
	struct memory *m = &vm->private->memory;
	sigset_t was;

	lock_quiet(&was);
	memory_share(m);
	for (size_t i = 0; i < m->n; i++)
		each(ctx, &m->slots[i]);
	memory_release(m);
	lock_loud(&was);
}
