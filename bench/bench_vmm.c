/* SPDX-License-Identifier: MIT */
#include "bench/bench.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/kvm.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/cleanup.h"

/*
 * `vmm-ioctl` and `vmm-run`: what libjurat-vmm.so costs a VMM when there is nothing to serve. This program,
 * with that library preloaded, is a VMM whose guest writes to a port for ever. It calls ioctl(2) through the
 * library and, in turn, the ioctl(2) that the library would have called. Where /dev/kvm cannot be opened,
 * that is the conformance test's, with a KVM of its own.
 *
 * Batches are short and many: on a virtual machine, the time of a KVM_RUN changes from one millisecond to
 * the next by more than the library adds.
 */
enum { MAX_BATCHES = 4001, MIN_BATCHES = 41 };

enum { IOCTL, RUN, FIGURES };

static const struct {
	const char *name;
	unsigned batch;
} figures[FIGURES] = { { "vmm-ioctl", 200 }, { "vmm-run", 10 } };

struct shared { /* between the two processes */
	double ours[FIGURES][MAX_BATCHES], bare[FIGURES][MAX_BATCHES], beyond[FIGURES][MAX_BATCHES];
	size_t n[FIGURES];
	uint64_t seconds;
	bool own_kvm, lacks_kvm;
	char why[160]; /* why nothing was measured */
};

typedef int ioctl_function(int fd, unsigned long request, ...);

struct vmm {
	struct shared *shared;
	ioctl_function *bare;
	int kvm, vm, vcpu;
	struct kvm_run *run;
	bool failed;
};

__attribute__((format(printf, 2, 3))) static int give_up(struct vmm *v, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(v->shared->why, sizeof(v->shared->why), format, ap);
	va_end(ap);
	return -1;
}

/* The ioctl(2) below the library: of the file `next`, or libc's. */
static int find_bare(struct vmm *v, const char *next)
{
	void *file = dlopen(next[0] ? next : "libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
	void *bare = file ? dlsym(file, "ioctl") : NULL, *ours = dlsym(RTLD_DEFAULT, "ioctl");

	if (!bare || !ours)
		return give_up(v, "no ioctl(2): %s", dlerror());
	if (bare == ours)
		return give_up(v, "the library to measure was not loaded");
	v->bare = (ioctl_function *)bare;
	return 0;
}

/* A vCPU at its reset vector, in a page of guest memory. */
static int start_vm(struct vmm *v)
{
	static const uint8_t code[] = { 0xe6, 0x80, 0xeb, 0xfc }; /* 1: out %al,$0x80; jmp 1b */
	struct kvm_userspace_memory_region slot = { .guest_phys_addr = 0xfffff000, .memory_size = 4096 };
	uint8_t *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int bytes;

	if (page == MAP_FAILED)
		return give_up(v, "mmap: %s", strerror(errno));
	for (size_t i = 0; i < sizeof(code); i++)
		page[0xff0 + i] = code[i];
	slot.userspace_addr = (uintptr_t)page;
	v->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (v->kvm < 0) {
		v->shared->lacks_kvm = true;
		return give_up(v, "/dev/kvm: %s", strerror(errno));
	}
	v->vm = ioctl(v->kvm, KVM_CREATE_VM, 0);
	if (v->vm < 0 || ioctl(v->vm, KVM_SET_USER_MEMORY_REGION, &slot) < 0)
		return give_up(v, "a VM: %s", strerror(errno));
	v->vcpu = ioctl(v->vm, KVM_CREATE_VCPU, 0);
	bytes = ioctl(v->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (v->vcpu < 0 || bytes < 0)
		return give_up(v, "a vCPU: %s", strerror(errno));
	v->run = mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE, MAP_SHARED, v->vcpu, 0);
	return v->run == MAP_FAILED ? give_up(v, "kvm_run: %s", strerror(errno)) : 0;
}

/* Nanoseconds that each of n calls takes. */
static double time_calls(struct vmm *v, int figure, ioctl_function *call, unsigned n)
{
	const int fd = figure == RUN ? v->vcpu : v->vm;
	const unsigned long request = figure == RUN ? KVM_RUN : KVM_CHECK_EXTENSION;
	uint64_t start = bench_now_ns();

	for (unsigned i = 0; i < n; i++)
		v->failed |= call(fd, request, 0) < 0;
	return (double)(bench_now_ns() - start) / n;
}

static void measure(struct vmm *v, int figure)
{
	struct shared *s = v->shared;
	const uint64_t end = bench_now_ns() + s->seconds * 1000000000;
	const unsigned batch = figures[figure].batch;
	size_t n;

	time_calls(v, figure, ioctl, batch);
	for (n = 0; n < MIN_BATCHES || (n < MAX_BATCHES && bench_now_ns() < end); n++) {
		if (n % 2) /* neither is always the first */
			s->bare[figure][n] = time_calls(v, figure, v->bare, batch);
		s->ours[figure][n] = time_calls(v, figure, ioctl, batch);
		if (n % 2 == 0)
			s->bare[figure][n] = time_calls(v, figure, v->bare, batch);
		s->beyond[figure][n] = s->ours[figure][n] - s->bare[figure][n];
	}
	s->n[figure] = n;
}

static struct shared *map_shared(const char *path)
{
	auto_close int fd = open(path, O_RDWR | O_CLOEXEC);
	void *p = fd < 0 ? MAP_FAILED
			 : mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return p == MAP_FAILED ? NULL : p;
}

int bench_vmm_program(const char *shared_file, const char *next)
{
	struct vmm v = { .shared = map_shared(shared_file) };

	if (!v.shared || find_bare(&v, next) < 0 || start_vm(&v) < 0)
		return 1;
	for (int i = 0; i < FIGURES; i++)
		measure(&v, i);
	if (v.failed)
		give_up(&v, "an ioctl failed; the last exit was %u", v.run->exit_reason);
	return v.failed;
}

/*
 * Runs this program with the library preloaded, above `next`, which is "" for libc. Its wait status, or
 * -errno.
 */
static int run_vmm(const struct bench *b, const char *shared_file, const char *library, const char *next)
{
	char preload[256], certs[96], log[96];
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		snprintf(preload, sizeof(preload), "%s %s", library, next);
		snprintf(certs, sizeof(certs), "%s/certs.bin", b->dir);
		snprintf(log, sizeof(log), "%s/log", b->dir);
		if (setenv("LD_PRELOAD", preload, 1) < 0 || setenv("JURAT_VMM_CERTS", certs, 1) < 0 ||
		    setenv("JURAT_VMM_QUOTING_SERVICE", "unix:/none", 1) < 0 ||
		    setenv("JURAT_VMM_LOG", log, 1) < 0 ||
		    (next[0] ? setenv("JURAT_VMM_OWN_KVM", "1", 1) : unsetenv("JURAT_VMM_OWN_KVM")) < 0)
			_exit(126);
		execl(b->self, b->self, "vmm-program", shared_file, next, (char *)NULL);
		_exit(127);
	}
	if (pid < 0)
		return -errno;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return status;
}

/* Measures with the real KVM, or, where that cannot be opened, with the one of the library `b->vmm_check`. */
static int run_either(const struct bench *b, const char *shared_file, struct shared *s)
{
	char log[96], library[96],
		next[96]; /* links, since $LD_PRELOAD takes no path that has a space or a colon */
	auto_free char *vmm = realpath(b->vmm, NULL), *check = realpath(b->vmm_check, NULL);
	int status;

	snprintf(library, sizeof(library), "%s/libjurat-vmm.so", b->dir);
	snprintf(next, sizeof(next), "%s/libjurat-vmm-check.so", b->dir);
	if (!vmm || symlink(vmm, library) < 0 || (check && symlink(check, next) < 0))
		return -errno;
	status = run_vmm(b, shared_file, library, "");
	if (s->lacks_kvm && check) {
		s->own_kvm = true;
		s->lacks_kvm = false;
		s->why[0] = '\0';
		status = run_vmm(b, shared_file, library, next);
	}
	snprintf(log, sizeof(log), "%s/log", b->dir);
	unlink(log);
	unlink(library);
	unlink(next);
	return status;
}

static void print_figure(struct bench *b, struct shared *s, int figure)
{
	const size_t n = s->n[figure];
	double ours = bench_median(s->ours[figure], n), bare = bench_median(s->bare[figure], n),
	       beyond = bench_median(s->beyond[figure], n);
	const char *kvm = s->own_kvm ? " of the conformance test's KVM" : "";
	char beside[160];

	if (figure == RUN)
		snprintf(beside, sizeof(beside),
			 "KVM_RUN%s; %+.0f ns, %.0f exits/s with the library, %.0f without", kvm, beyond,
			 1e9 / ours, 1e9 / bare);
	else
		snprintf(beside, sizeof(beside), "KVM_CHECK_EXTENSION%s; %+.0f ns", kvm, beyond);
	bench_print(b, &(struct bench_figure){ .name = figures[figure].name,
					       .ours_ns = ours,
					       .bare_ns = bare,
					       .ratio = ours / bare,
					       .beside = beside,
					       .n = n * figures[figure].batch,
					       .beyond_ns = beyond });
}

static void report(struct bench *b, int figure, int status, struct shared *s)
{
	const char *name = figures[figure].name;

	if (!bench_wanted(b, name))
		return;
	if (s->lacks_kvm)
		bench_skip(b, name, s->why);
	else if (status != 0)
		bench_fail(b, name, s->why[0] ? s->why : "the program that was to be measured ended");
	else
		print_figure(b, s, figure);
}

/* NULL: the library can be loaded. */
static const char *why_not(const struct bench *b)
{
#ifdef BENCH_SANITIZED
	return "a sanitizer's library is the first to be loaded";
#endif
	return access(b->vmm, R_OK) != 0 ? "no libjurat-vmm.so to measure" : NULL;
}

static void skip(struct bench *b, const char *why)
{
	for (int i = 0; i < FIGURES; i++)
		if (bench_wanted(b, figures[i].name))
			bench_skip(b, figures[i].name, why);
}

int bench_vmm(struct bench *b)
{
	auto_free struct shared *zeros = calloc(1, sizeof(*zeros));
	struct jurat_error err = { "" };
	struct shared *shared;
	char shared_file[96];
	const char *why;
	int status;

	if (!zeros)
		return bench_error(BENCH_ENVIRONMENT, "out of memory");
	if (!bench_wanted(b, "vmm-ioctl") && !bench_wanted(b, "vmm-run"))
		return BENCH_OK;
	why = why_not(b);
	if (why) {
		skip(b, why);
		return BENCH_OK;
	}
	snprintf(shared_file, sizeof(shared_file), "%s/vmm", b->dir);
	zeros->seconds = b->seconds;
	if (bench_write(shared_file, zeros, sizeof(*zeros), &err) < 0)
		return bench_error(BENCH_ENVIRONMENT, "%s", err.text);
	shared = map_shared(shared_file);
	status = shared ? run_either(b, shared_file, shared) : -ENOMEM;
	for (int i = 0; i < FIGURES && shared; i++)
		report(b, i, status, shared);
	if (shared)
		munmap(shared, sizeof(*shared));
	unlink(shared_file);
	return shared ? BENCH_OK : bench_error(BENCH_ENVIRONMENT, "out of memory");
}
