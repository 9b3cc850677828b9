/* SPDX-License-Identifier: MIT */
#include "run/vmm/agent/own_kvm.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "run/vmm/agent/own_state.h"
#include "vmm/lock.h"
#include "vmm/vmm.h"

static const uint64_t own_magic = 0x4d564b2074617275; /* "urat KVM" */
/* In the file: what a vCPU maps, the state, and a place through which memory of the VMM is copied. */
enum { OFF_STATE = OWN_RUN_SIZE, OFF_COPY = 0x20000, FILE_SIZE = 0x40000 };
enum { RUN_IMMEDIATE_EXIT = 1, RUN_EXIT_REASON = 8 };

_Static_assert(sizeof(struct own_vm) <= OFF_COPY - OFF_STATE, "the state ends before the place for copies");

static pthread_mutex_t own_mutex = PTHREAD_MUTEX_INITIALIZER;

int own_load(int fd, void *state, size_t n)
{
	return pread(fd, state, n, OFF_STATE) == (ssize_t)n ? 0 : -EIO;
}

int own_store(int fd, const void *state, size_t n)
{
	return pwrite(fd, state, n, OFF_STATE) == (ssize_t)n ? 0 : -EIO;
}

int own_copy_in(int fd, void *to, unsigned long from, size_t n)
{
	if (n > FILE_SIZE - OFF_COPY)
		return -E2BIG;
	if (pwrite(fd, (const void *)from, n, OFF_COPY) != (ssize_t)n)
		return -EFAULT;
	return pread(fd, to, n, OFF_COPY) == (ssize_t)n ? 0 : -EIO;
}

int own_copy_out(int fd, unsigned long to, const void *from, size_t n)
{
	if (n > FILE_SIZE - OFF_COPY)
		return -E2BIG;
	if (pwrite(fd, from, n, OFF_COPY) != (ssize_t)n)
		return -EIO;
	return pread(fd, (void *)to, n, OFF_COPY) == (ssize_t)n ? 0 : -EFAULT;
}

int own_new(enum own_kind kind, const char *name, const void *state, size_t n)
{
	struct own_head head = { own_magic, kind, kind == OWN_KVM ? 0 : getpid() };
	int fd = memfd_create(name, MFD_CLOEXEC), r;

	if (fd < 0)
		return -errno;
	r = ftruncate(fd, FILE_SIZE) == 0 ? 0 : -errno;
	if (r == 0)
		r = own_store(fd, state, n);
	if (r == 0)
		r = own_store(fd, &head, sizeof(head));
	if (r == 0)
		return fd;
	vmm_next()->close(fd);
	return r;
}

/* pread() fails for what cannot be a file of ours, and its end is before OFF_STATE for most of the others. */
static bool read_head(int fd, struct own_head *ret)
{
	int was = errno;
	bool is = own_load(fd, ret, sizeof(*ret)) == 0 && ret->magic == own_magic;

	errno = was;
	return is;
}

bool own_kvm_is(int fd)
{
	struct own_head head;

	return read_head(fd, &head);
}

int own_kvm_open(int flags)
{
	struct own_head head = { own_magic, OWN_KVM, 0 };
	int fd = own_new(OWN_KVM, "kvm", &head, sizeof(head));

	if (fd < 0) {
		errno = -fd;
		return -1;
	}
	if (!(flags & O_CLOEXEC))
		fcntl(fd, F_SETFD, 0);
	return fd;
}

static int answer(int fd, const struct own_head *head, unsigned long request, unsigned long arg)
{
	const struct own_ioctl *known = head->kind == OWN_KVM  ? own_kvm_ioctls
					: head->kind == OWN_VM ? own_vm_ioctls
							       : own_vcpu_ioctls;

	if (head->pid != 0 && head->pid != getpid())
		return -EIO;
	for (; known->answer; known++)
		if (known->request == request)
			return known->answer(fd, arg);
	return -ENOTTY;
}

bool own_kvm_ioctl(int fd, unsigned long request, void *arg, int *ret_result)
{
	struct own_head head;
	sigset_t was;
	int r;

	if (!read_head(fd, &head))
		return false;
	lock_quiet(&was);
	pthread_mutex_lock(&own_mutex);
	r = answer(fd, &head, (uint32_t)request, (unsigned long)arg);
	pthread_mutex_unlock(&own_mutex);
	lock_loud(&was);
	if (r < 0)
		errno = -r;
	*ret_result = r < 0 ? -1 : r;
	return true;
}

static void set_exit_reason(uint8_t *run, uint32_t reason)
{
	memcpy(run + RUN_EXIT_REASON, &reason, sizeof(reason));
}

/* In the kernel a halted vCPU with an interrupt controller there waits for interrupts, and none comes. */
static int halt(const struct own_vcpu *vcpu, uint8_t *run, const sigset_t *thread_mask)
{
	sigset_t mask = *thread_mask;

	if (!vcpu->irqchip) {
		set_exit_reason(run, UAPI_KVM_EXIT_HLT);
		return 0;
	}
	if (vcpu->has_mask) {
		sigemptyset(&mask);
		for (int i = 1; i < 65; i++)
			if (vcpu->mask >> (i - 1) & 1)
				sigaddset(&mask, i);
	}
	ppoll(NULL, 0, NULL, &mask);
	set_exit_reason(run, UAPI_KVM_EXIT_INTR);
	return -EINTR;
}

int own_kvm_run(int fd, uint8_t *run)
{
	struct own_vcpu vcpu;
	sigset_t was;
	int r;

	/* From here on a signal is one that comes during KVM_RUN: it ends the wait, however early it is. */
	lock_quiet(&was);
	r = own_load(fd, &vcpu, sizeof(vcpu));
	if (r == 0 && vcpu.head.pid != getpid())
		r = -EIO;
	if (r == 0 && __atomic_load_n(run + RUN_IMMEDIATE_EXIT, __ATOMIC_RELAXED))
		r = -EINTR;
	if (r == 0)
		r = halt(&vcpu, run, &was);
	lock_loud(&was);
	if (r < 0)
		errno = -r;
	return r < 0 ? -1 : r;
}

void own_kvm_forked(void)
{
	pthread_mutex_init(&own_mutex, NULL);
}
