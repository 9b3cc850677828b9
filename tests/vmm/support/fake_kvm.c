/* SPDX-License-Identifier: MIT */
#undef _FORTIFY_SOURCE /* its open() is not a function that could be defined here */
#undef _FILE_OFFSET_BITS
#include "vmm/support/fake_kvm.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "uapi/kvm.h"
#include "wire/kvm_run.h"

enum { OBJECTS_MAX = 4096, RUN_BYTES = 12288, BODY = 32 };
enum kind { DEV = 1, VM, VCPU };

struct object {
	enum kind kind;
	ino_t inode;
	unsigned long type; /* of a VM */
	unsigned n_vcpus;
	struct object *vm;
	uint8_t *run;
	_Atomic(struct fake_exit *) next;
	struct fake_exit *pending;
	atomic_ulong entries;
};

static struct object objects[OBJECTS_MAX];
static atomic_uint n_objects;
static struct fake_kvm_state state;
static void (*on_entry)(int vcpu);

struct fake_kvm_state *fake_kvm(void)
{
	return &state;
}

static struct object *find(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return NULL;
	for (unsigned i = n_objects; i-- > 0;)
		if (objects[i].inode == st.st_ino)
			return &objects[i];
	return NULL;
}

static int make(enum kind kind, struct object *vm, unsigned long type)
{
	const int fd = memfd_create("fake-kvm", MFD_CLOEXEC);
	struct object *o = &objects[atomic_fetch_add(&n_objects, 1)];
	struct stat st;

	if (o >= objects + OBJECTS_MAX || fd < 0 || fstat(fd, &st) < 0 || ftruncate(fd, RUN_BYTES) < 0) {
		errno = ENOMEM;
		return -1;
	}
	o->vm = vm;
	o->type = type;
	if (kind == VCPU)
		o->run = mmap(NULL, RUN_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	o->kind = kind;
	o->inode = st.st_ino;
	return fd;
}

static int fail(int e)
{
	errno = e;
	return -1;
}

void fake_kvm_give(int vcpu, struct fake_exit *exit)
{
	atomic_store(&find(vcpu)->next, exit);
}

unsigned long fake_kvm_entries(int vcpu)
{
	return atomic_load(&find(vcpu)->entries);
}

void fake_kvm_on_entry(void (*entered)(int vcpu))
{
	on_entry = entered;
}

static uint8_t immediate_exit(const uint8_t *run)
{
	return __atomic_load_n(run + KVM_RUN_immediate_exit, __ATOMIC_SEQ_CST);
}

/* 0, or the errno of this KVM_RUN. */
static int complete(struct object *o)
{
	struct fake_exit *x = o->pending;

	o->pending = NULL;
	memcpy(x->left, o->run + BODY, sizeof(x->left));
	x->ret = bytes_get_le(x->left + KVM_RUN_SNP_REQ_CERTS_ret - BODY, 8);
	x->npages = bytes_get_le(x->left + KVM_RUN_SNP_REQ_CERTS_npages - BODY, 8);
	x->had_immediate_exit = immediate_exit(o->run) != 0;
	if (x->completing)
		x->completing(x);
	x->completed = true;
	if (x->fails_with)
		return x->fails_with;
	if (x->reason == UAPI_KVM_EXIT_SNP_REQ_CERTS && x->ret != 0 && x->ret != ENOSPC && x->ret != EAGAIN &&
	    x->ret != EIO)
		return EINVAL;
	return 0;
}

static bool has_signal(const sigset_t *blocked_before)
{
	sigset_t pending;

	sigpending(&pending);
	for (int number = 1; number < NSIG; number++)
		if (sigismember(&pending, number) == 1 && sigismember(blocked_before, number) == 0)
			return true;
	return false;
}

/* `mask`: the thread's while signals are blocked; NULL: they are not. */
static int run_object(int fd, struct object *o, const sigset_t *mask)
{
	bool immediate = immediate_exit(o->run) != 0; /* sampled once */
	int e;

	if (o->pending && o->pending->fails_before) {
		e = o->pending->fails_before;
		o->pending->fails_before = 0;
		return fail(e);
	}
	if (o->pending) {
		immediate &= !o->pending->enters;
		e = complete(o);
		if (e)
			return fail(e);
	}
	if (immediate || (mask && has_signal(mask)))
		return fail(EINTR);
	atomic_fetch_add(&o->entries, 1);
	if (on_entry)
		on_entry(fd);
	o->pending = atomic_exchange(&o->next, NULL);
	if (!o->pending) {
		bytes_put_le(o->run + KVM_RUN_exit_reason, UAPI_KVM_EXIT_HLT, 4);
		return 0;
	}
	memcpy(o->run + BODY, o->pending->body, sizeof(o->pending->body));
	bytes_put_le(o->run + KVM_RUN_exit_reason, o->pending->reason, 4);
	o->pending->made = true;
	return 0;
}

/*
 * A signal that comes during KVM_RUN ends it before the guest is entered, and its handler runs afterwards. A
 * handler that ran here instead, behind the look at immediate_exit, would seem to be a kick that was lost.
 */
static int run_vcpu(int fd, struct object *o)
{
	sigset_t all, mask;
	int r, e;

	if (!on_entry)
		return run_object(fd, o, NULL);
	sigfillset(&all);
	sigdelset(&all, SIGSEGV); /* faults are not deferred */
	sigdelset(&all, SIGBUS);
	pthread_sigmask(SIG_SETMASK, &all, &mask);
	r = run_object(fd, o, &mask);
	e = errno;
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
	errno = e;
	return r;
}

static int encrypt_op(const struct object *o, struct uapi_kvm_sev_cmd *command)
{
	if (o->type == UAPI_KVM_X86_TDX_VM) {
		struct uapi_kvm_tdx_capabilities *c = (void *)(uintptr_t)command->data;

		if (command->id != UAPI_KVM_TDX_CAPABILITIES)
			return fail(EINVAL);
		c->kernel_tdvmcallinfo_1_r11 = 0x10;
		c->user_tdvmcallinfo_1_r11 = 0x2; /* SetupEventNotifyInterrupt */
		c->kernel_tdvmcallinfo_1_r12 = 0x12;
		return 0;
	}
	if (o->type == UAPI_KVM_X86_DEFAULT_VM)
		return fail(ENOTTY);
	if (command->id != UAPI_KVM_SEV_SNP_ENABLE_REQ_CERTS)
		return state.launch_fails_with ? fail(state.launch_fails_with) : 0;
	state.n_enables++;
	state.n_vcpus_at_enable = o->n_vcpus;
	if (state.enable_fails_with && (state.enable_fails == 0 || state.n_enables <= state.enable_fails))
		return fail(state.enable_fails_with);
	return o->n_vcpus > 0 ? fail(EINVAL) : 0;
}

static int vm_ioctl(struct object *o, unsigned long request, void *arg)
{
	switch (request) {
	case UAPI_KVM_CREATE_VCPU:
		o->n_vcpus++;
		return make(VCPU, o, 0);
	case UAPI_KVM_SET_USER_MEMORY_REGION:
	case UAPI_KVM_SET_USER_MEMORY_REGION2:
	case UAPI_KVM_SET_MEMORY_ATTRIBUTES:
	case UAPI_KVM_CREATE_IRQCHIP:
	case UAPI_KVM_ENABLE_CAP:
		return 0;
	case UAPI_KVM_CREATE_GUEST_MEMFD:
		return memfd_create("fake-guest-memfd", MFD_CLOEXEC);
	case UAPI_KVM_CHECK_EXTENSION:
		return (uintptr_t)arg == UAPI_KVM_CAP_SIGNAL_MSI && !state.no_signal_msi;
	case UAPI_KVM_SIGNAL_MSI: {
		const struct uapi_kvm_msi *msi = arg;

		state.msi_lo = msi->address_lo;
		state.msi_hi = msi->address_hi;
		state.msi_data = msi->data;
		__atomic_fetch_add(&state.n_msis, 1, __ATOMIC_SEQ_CST);
		return 1;
	}
	case UAPI_KVM_MEMORY_ENCRYPT_OP:
		return encrypt_op(o, arg);
	default:
		return fail(ENOTTY);
	}
}

static int kvm_ioctl(int fd, struct object *o, unsigned long request, void *arg)
{
	switch (o->kind) {
	case DEV:
		return request == UAPI_KVM_GET_API_VERSION      ? 12
		       : request == UAPI_KVM_GET_VCPU_MMAP_SIZE ? RUN_BYTES
		       : request == UAPI_KVM_CREATE_VM          ? make(VM, NULL, (uintptr_t)arg)
								: fail(ENOTTY);
	case VM:
		return vm_ioctl(o, request, arg);
	case VCPU:
		return request == UAPI_KVM_RUN ? run_vcpu(fd, o) : fail(ENOTTY);
	}
	return fail(ENOTTY);
}

/* Exported: what a preload library finds behind itself. */
int ioctl(int fd, unsigned long request, ...)
{
	int (*real)(int, unsigned long, ...);
	struct object *o = NULL;
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if ((request >> 8 & 0xff) == UAPI_KVMIO)
		o = find(fd);
	if (o)
		return kvm_ioctl(fd, o, request, arg);
	*(void **)(void *)&real = dlsym(RTLD_NEXT, "ioctl");
	return real(fd, request, arg);
}

#define OPEN(name)                                                                                           \
	int name(const char *path, int flags, ...)                                                           \
	{                                                                                                    \
		int (*real)(const char *, int, ...);                                                         \
		va_list args;                                                                                \
		unsigned mode;                                                                               \
                                                                                                             \
		va_start(args, flags);                                                                       \
		mode = va_arg(args, unsigned);                                                               \
		va_end(args);                                                                                \
		if (strcmp(path, "/dev/kvm") == 0)                                                           \
			return make(DEV, NULL, 0);                                                           \
		*(void **)(void *)&real = dlsym(RTLD_NEXT, #name);                                           \
		return real(path, flags, mode);                                                              \
	}
OPEN(open)
OPEN(open64)
