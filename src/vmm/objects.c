/* SPDX-License-Identifier: MIT */
#include "vmm/objects.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vmm/lock.h"
#include "vmm/next.h"

/* Numbers of descriptors up to 4 Mi, in chunks of 1024 that stay. */
enum { CHUNK = 1024, CHUNKS = 4096 };
typedef _Atomic(struct object *) entry;
static _Atomic(entry *) table[CHUNKS];

struct vm_memory {
	struct vmm_vm vm;
	struct vmm_vm_private private;
};

struct vcpu_memory {
	struct vmm_vcpu vcpu;
	struct vmm_vcpu_private private;
};

/* With the index held. */
static struct vmm_vm *vms; /* by serial */
static struct object *free_vms, *free_vcpus;
static uint64_t last_serial;

static _Atomic(unsigned) n_vms;
/*
 * The process that the table is of. A child of vfork(2), which closes descriptors of its own, shares the
 * memory.
 */
static _Atomic(pid_t) owner;

#define CONTAINER(P, TYPE, MEMBER) ((TYPE *)(void *)((char *)(P)-offsetof(TYPE, MEMBER)))

struct vmm_vm *object_vm(struct object *o)
{
	return o->is_vm ? &CONTAINER(o, struct vm_memory, private.object)->vm : NULL;
}

struct vmm_vcpu *object_vcpu(struct object *o)
{
	return o->is_vm ? NULL : &CONTAINER(o, struct vcpu_memory, private.object)->vcpu;
}

/* NULL: no number that a descriptor can have, or no memory for its chunk. */
static entry *entry_of(int fd, bool make)
{
	_Atomic(entry *) *at;
	entry *chunk, *none = NULL;

	if (fd < 0 || fd / CHUNK >= CHUNKS)
		return NULL;
	at = &table[fd / CHUNK];
	chunk = atomic_load_explicit(at, memory_order_acquire);
	if (!chunk && make) {
		chunk = next_pages(CHUNK * sizeof(entry));
		if (chunk && !atomic_compare_exchange_strong(at, &none, chunk)) {
			next_pages_free(chunk, CHUNK * sizeof(entry));
			chunk = none;
		}
	}
	return chunk ? &chunk[fd % CHUNK] : NULL;
}

/* In a child, whose only thread this is; the index may be held by a thread that there is no more. */
static void forked(void)
{
	atomic_store(&owner, getpid());
	for (struct vmm_vm *vm = vms; vm; vm = vm->private->next)
		memory_forked(&vm->private->memory);
	memory_changes_forked();
	lock_index_forked();
	if (vmm_hooks.forked)
		vmm_hooks.forked();
}

static sigset_t fork_signals; /* with the index held */

static void fork_prepare(void)
{
	sigset_t was;

	lock_enter(&was);
	fork_signals = was;
}

static void fork_parent(void)
{
	sigset_t was = fork_signals;

	lock_leave(&was);
}

static void fork_child(void)
{
	sigset_t was = fork_signals;

	lock_index_release(); /* of this thread, which is the one that forked */
	forked();
	lock_loud(&was);
}

void objects_start(void)
{
	atomic_store(&owner, getpid());
	pthread_atfork(fork_prepare, fork_parent, fork_child);
}

static bool try_get(struct object *o)
{
	uint64_t refs = atomic_load_explicit(&o->refs, memory_order_relaxed);

	while (refs > 0)
		if (atomic_compare_exchange_weak_explicit(&o->refs, &refs, refs + 1, memory_order_acquire,
							  memory_order_relaxed))
			return true;
	return false;
}

struct object *objects_get(int fd)
{
	entry *e = entry_of(fd, false);
	struct object *o;

	while (e && (o = atomic_load_explicit(e, memory_order_acquire))) {
		if (!try_get(o))
			continue; /* on its way out: the entry has changed */
		if (atomic_load_explicit(e, memory_order_acquire) == o)
			return o;
		objects_put(o);
	}
	return NULL;
}

/* An object of the free list, or of new memory, with one reference, of which nobody else knows. */
static struct object *allocate(struct object **list, size_t size, size_t object_at)
{
	enum { BLOCK = 16384 };
	struct object *o;
	sigset_t was;

	lock_enter(&was);
	if (!*list) {
		char *block = next_pages(BLOCK);

		for (size_t at = 0; block && at + size <= BLOCK; at += size) {
			o = (struct object *)(void *)(block + at + object_at);
			o->next_free = *list;
			*list = o;
		}
	}
	o = *list;
	if (o)
		*list = o->next_free;
	lock_leave(&was);
	return o;
}

static void free_vm(struct vmm_vm *vm)
{
	struct object *o = &vm->private->object;
	sigset_t was;

	if (o->known && vmm_hooks.vm_gone)
		vmm_hooks.vm_gone(vm);
	lock_enter(&was);
	for (struct vmm_vm **at = &vms; *at; at = &(*at)->private->next)
		if (*at == vm) {
			*at = vm->private->next;
			atomic_fetch_sub(&n_vms, 1);
			break;
		}
	memory_done(&vm->private->memory);
	o->next_free = free_vms;
	free_vms = o;
	lock_leave(&was);
}

static void free_vcpu(struct vmm_vcpu *vcpu)
{
	struct object *o = &vcpu->private->object;
	struct vmm_vm *vm = vcpu->vm;
	sigset_t was;

	if (o->known && vmm_hooks.vcpu_gone)
		vmm_hooks.vcpu_gone(vcpu);
	lock_enter(&was);
	for (struct vmm_vcpu **at = &vm->private->vcpus; *at; at = &(*at)->private->next)
		if (*at == vcpu) {
			*at = vcpu->private->next;
			break;
		}
	o->next_free = free_vcpus;
	free_vcpus = o;
	lock_leave(&was);
	vmm_vm_put(vm);
}

void objects_put(struct object *o)
{
	int saved;

	if (atomic_fetch_sub_explicit(&o->refs, 1, memory_order_acq_rel) != 1)
		return;
	saved = errno;
	if (o->is_vm)
		free_vm(object_vm(o));
	else
		free_vcpu(object_vcpu(o));
	errno = saved;
}

void vmm_vm_get(struct vmm_vm *vm)
{
	atomic_fetch_add_explicit(&vm->private->object.refs, 1, memory_order_relaxed);
}

void vmm_vm_put(struct vmm_vm *vm)
{
	objects_put(&vm->private->object);
}

/* What another descriptor of that number was had been closed without our knowledge. */
static void publish(int fd, struct object *o)
{
	struct object *was = objects_set(fd, o);

	if (was)
		objects_put(was);
}

/* A child that was made by clone(2) itself, without the handlers of fork(2), has become a VMM. */
static void own(void)
{
	if (atomic_load(&owner) == getpid())
		return;
	forked();
}

void objects_new_vm(int fd, unsigned long type)
{
	int saved = errno;
	struct object *o;
	struct vm_memory *m;
	sigset_t was;

	own();
	o = allocate(&free_vms, sizeof(*m), offsetof(struct vm_memory, private.object));
	if (o) {
		m = CONTAINER(o, struct vm_memory, private.object);
		m->vm = (struct vmm_vm){ .type = type, .private = &m->private };
		m->private.vcpus = NULL;
		memory_init(&m->private.memory);
		atomic_store(&m->private.fd, fd);
		o->is_vm = true;
		o->known = false;
		atomic_store_explicit(&o->refs, 1, memory_order_release);
		lock_enter(&was);
		m->vm.serial = ++last_serial;
		lock_leave(&was);
		if (!vmm_hooks.vm_created || vmm_hooks.vm_created(&m->vm, fd) == 0) {
			struct vmm_vm **at = &vms;

			o->known = true;
			lock_enter(&was);
			while (*at && (*at)->serial < m->vm.serial)
				at = &(*at)->private->next;
			m->private.next = *at;
			*at = &m->vm;
			atomic_fetch_add(&n_vms, 1);
			lock_leave(&was);
			publish(fd, o);
		}
		objects_put(o);
	}
	errno = saved;
}

void objects_new_vcpu(struct vmm_vm *vm, int fd, unsigned long id)
{
	int saved = errno;
	struct object *o;
	struct vcpu_memory *m;
	sigset_t was;

	o = allocate(&free_vcpus, sizeof(*m), offsetof(struct vcpu_memory, private.object));
	if (o) {
		m = CONTAINER(o, struct vcpu_memory, private.object);
		vmm_vm_get(vm);
		m->vcpu = (struct vmm_vcpu){ .vm = vm, .id = id, .private = &m->private };
		m->private.change = NULL;
		o->is_vm = false;
		o->known = false;
		atomic_store_explicit(&o->refs, 1, memory_order_release);
		if (!vmm_hooks.vcpu_created || vmm_hooks.vcpu_created(&m->vcpu, fd) == 0) {
			o->known = true;
			lock_enter(&was);
			m->private.next = vm->private->vcpus;
			vm->private->vcpus = &m->vcpu;
			lock_leave(&was);
			publish(fd, o);
		}
		objects_put(o);
	}
	errno = saved;
}

struct object *objects_set(int fd, struct object *o)
{
	entry *e = atomic_load(&owner) == getpid() ? entry_of(fd, true) : NULL;

	if (!e)
		return NULL;
	atomic_fetch_add_explicit(&o->refs, 1, memory_order_relaxed);
	return atomic_exchange(e, o);
}

struct object *objects_take(int fd)
{
	entry *e = entry_of(fd, false);
	struct object *was;
	sigset_t signals;

	if (!e || !atomic_load_explicit(e, memory_order_acquire) || atomic_load(&owner) != getpid())
		return NULL;
	was = atomic_exchange(e, NULL);
	if (was && was->is_vm) {
		lock_quiet(&signals);
		memory_drain(&object_vm(was)->private->memory); /* vmm_vm_ioctl() */
		lock_loud(&signals);
	}
	return was;
}

void objects_take_range(unsigned first, unsigned last)
{
	for (unsigned c = first / CHUNK; c < CHUNKS && c <= last / CHUNK; c++) {
		entry *chunk = atomic_load_explicit(&table[c], memory_order_acquire);
		unsigned from = c == first / CHUNK ? first % CHUNK : 0;
		unsigned to = c == last / CHUNK ? last % CHUNK : CHUNK - 1;

		for (unsigned i = from; chunk && i <= to; i++) {
			struct object *o = atomic_load_explicit(&chunk[i], memory_order_acquire)
						   ? objects_take((int)(c * CHUNK + i))
						   : NULL;

			if (o)
				objects_put(o);
		}
	}
}

bool objects_any(void)
{
	return atomic_load_explicit(&n_vms, memory_order_acquire) > 0;
}

struct vmm_vm *objects_next_vm(const struct vmm_vm *vm)
{
	return vm ? vm->private->next : vms;
}

struct vmm_vm *objects_get_after(uint64_t serial)
{
	for (struct vmm_vm *vm = vms; vm; vm = vm->private->next)
		if (vm->serial > serial && try_get(&vm->private->object))
			return vm;
	return NULL;
}

int vmm_vm_fd(struct vmm_vm *vm)
{
	int fd = atomic_load(&vm->private->fd);
	entry *e = entry_of(fd, false);

	if (e && atomic_load(e) == &vm->private->object)
		return fd;
	for (int c = 0; c < CHUNKS; c++) {
		entry *chunk = atomic_load_explicit(&table[c], memory_order_acquire);

		for (int i = 0; chunk && i < CHUNK; i++)
			if (atomic_load(&chunk[i]) == &vm->private->object) {
				atomic_store(&vm->private->fd, c * CHUNK + i);
				return c * CHUNK + i;
			}
	}
	return -1;
}

int vmm_vm_ioctl(struct vmm_vm *vm, unsigned long request, void *arg)
{
	struct memory *m = &vm->private->memory;
	sigset_t was;
	int fd, r = -1;

	lock_quiet(&was);
	memory_share(m);
	fd = vmm_vm_fd(vm);
	if (fd >= 0)
		r = next()->vmm.ioctl(fd, request, arg);
	else
		errno = EBADF;
	memory_release(m);
	lock_loud(&was);
	return r;
}

uint8_t *vmm_run_map(struct vmm_vcpu *vcpu, int fd, uint8_t **ret_own)
{
	uint8_t *run = atomic_load_explicit(&vcpu->run, memory_order_acquire);
	void *own;

	if (run) {
		*ret_own = NULL;
		return run;
	}
	own = next()->vmm.mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (own == MAP_FAILED)
		return NULL;
	return *ret_own = own;
}

void vmm_run_unmap(uint8_t *own)
{
	int saved = errno;

	if (own)
		next()->vmm.munmap(own, 4096);
	errno = saved;
}
