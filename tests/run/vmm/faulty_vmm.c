/* SPDX-License-Identifier: MIT */
/*
 * A VMM that serves KVM_EXIT_SNP_REQ_CERTS with a fault of its choice, for the tests of the conformance test:
 * faulty_vmm FAULT, or "good". Two vCPUs, 4 MiB of RAM with one private page, a ROM. It shares no code with
 * jurat.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	PAGE = 4096,
	RAM = 4 << 20,
	PRIVATE_AT = 0x10000,
	EXIT_SNP_REQ_CERTS = 43,
	N_VCPUS = 2,
	MAX_BLOB = 1 << 20,
	OFF_GPA = 32, /* of struct kvm_run */
	OFF_NPAGES = 40,
	OFF_RET = 48,
};
static const uint64_t rom_at = 0xfffff000u;

struct vcpu {
	int fd, lock; /* the blob, locked; -1: not */
	uint8_t *run;
	uint8_t blob[MAX_BLOB];
};

static const char *fault, *path;
static uint8_t *ram, *rom;
static struct vcpu vcpus[N_VCPUS];
static int shared_lock = -1;
static bool was_reset;

static bool has(const char *name)
{
	return !strcmp(fault, name);
}

static uint64_t get(const struct vcpu *v, unsigned at)
{
	uint64_t value;

	memcpy(&value, v->run + at, sizeof(value));
	return value;
}

static void put(struct vcpu *v, unsigned at, uint64_t value)
{
	memcpy(v->run + at, &value, sizeof(value));
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* 0; -1: a signal has come. */
static int wait_us(long us)
{
	return ppoll(NULL, 0, &(struct timespec){ .tv_nsec = us * 1000 }, NULL);
}

/* One page or less at a guest address. */
static int write_page(uint64_t gpa, const uint8_t *from, size_t n)
{
	if (has("writes-rom") && gpa == rom_at) {
		mprotect(rom, PAGE, PROT_READ | PROT_WRITE);
		memcpy(rom, from, n);
		return 0;
	}
	if (gpa >= RAM || n > RAM - gpa)
		return has("hole-is-fine") || (has("end-is-fine") && gpa == RAM) ? 0 : EIO;
	if (gpa == PRIVATE_AT && !has("writes-private"))
		return EIO;
	memcpy(ram + gpa, from, n);
	return 0;
}

static int write_guest(uint64_t gpa, const uint8_t *from, size_t n)
{
	int r = 0;

	if (has("rounds-gpa"))
		gpa &= ~(uint64_t)(PAGE - 1);
	if (gpa % PAGE != 0)
		r = EIO;
	for (size_t off = 0; off < n && r == 0; off += PAGE)
		r = write_page(gpa + off, from + off, n - off < PAGE ? n - off : PAGE);
	return r && has("bad-ret") ? EFAULT : r;
}

static int empty_table(uint64_t gpa, uint64_t npages)
{
	static const uint8_t zeros[24];

	return npages == 0 ? 0 : write_guest(gpa, zeros, sizeof(zeros));
}

static int open_blob(void)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | (has("opens-fifo") ? 0 : O_NONBLOCK));

	if (fd < 0 && errno == ENOENT && has("ends-without-blob"))
		exit(1);
	if (fd >= 0 && fstat(fd, &st) == 0 && !S_ISREG(st.st_mode) && !has("opens-fifo")) {
		close(fd);
		errno = EINVAL;
		return -1;
	}
	return fd;
}

static int try_lock(int fd)
{
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET };

	if (has("no-lock"))
		return 0;
	if (has("flock"))
		return flock(fd, LOCK_SH | LOCK_NB);
	return fcntl(fd, F_OFD_SETLK, &lock);
}

static bool is_at_path(int fd)
{
	struct stat own, there;

	return has("no-compare") ||
	       (fstat(fd, &own) == 0 && stat(path, &there) == 0 && own.st_ino == there.st_ino);
}

/* A descriptor, locked; -1 and errno. */
static int lock_blob(void)
{
	uint64_t until = now_ms() + (has("busy-at-once") ? 0 : has("busy-late") ? 10000 : 100);
	int fd = open_blob();

	while (fd >= 0) {
		if (try_lock(fd) == 0) {
			if (is_at_path(fd))
				return fd;
			close(fd);
			fd = open_blob();
			continue;
		}
		if (now_ms() >= until) {
			close(fd);
			errno = EAGAIN;
			return -1;
		}
		wait_us(200);
	}
	return -1;
}

static ssize_t read_blob(struct vcpu *v, int fd)
{
	static uint8_t cached[MAX_BLOB];
	static ssize_t n_cached;
	ssize_t n;

	if (has("caches-blob") && n_cached > 0) {
		memcpy(v->blob, cached, (size_t)n_cached);
		return n_cached;
	}
	n = pread(fd, v->blob, sizeof(v->blob), 0);
	if (has("caches-blob") && n > 0) {
		memcpy(cached, v->blob, (size_t)n);
		n_cached = n;
	}
	return n < 0 ? -errno : n;
}

/* The blob, and in v->lock its descriptor with the lock. Its size; -errno. */
static ssize_t load(struct vcpu *v)
{
	static uint8_t early[MAX_BLOB];
	ssize_t n = 0;
	int fd;

	if (has("reads-before-lock") && (fd = open_blob()) >= 0) {
		n = pread(fd, early, sizeof(early), 0);
		close(fd);
	}
	if (has("one-lock") && shared_lock >= 0 && is_at_path(shared_lock) && try_lock(shared_lock) == 0)
		v->lock = shared_lock;
	else
		v->lock = lock_blob();
	if (v->lock < 0)
		return -errno;
	if (has("one-lock"))
		shared_lock = v->lock;
	if (n > 0) {
		memcpy(v->blob, early, (size_t)n);
		return n;
	}
	return read_blob(v, v->lock);
}

static void unlock(struct vcpu *v)
{
	struct flock none = { .l_type = F_UNLCK, .l_whence = SEEK_SET };

	if (v->lock >= 0 && has("one-lock"))
		fcntl(v->lock, F_OFD_SETLK, &none);
	else if (v->lock >= 0 && !has("keeps-lock"))
		close(v->lock);
	v->lock = -1;
}

static bool is_too_few(uint64_t npages, uint64_t pages)
{
	if (has("32-bits"))
		return (uint32_t)(npages * PAGE) < (uint32_t)(pages * PAGE);
	return npages < pages;
}

static int too_few(struct vcpu *v, uint64_t pages)
{
	put(v, OFF_NPAGES, has("wrong-npages") ? pages + 1 : pages);
	return has("bad-ret-for-size") ? EMSGSIZE : ENOSPC;
}

/* `n` bytes of the blob are in v->blob. */
static int answer(struct vcpu *v, uint64_t gpa, uint64_t npages, size_t n)
{
	static const uint8_t zeros[24];
	uint64_t pages = (n + (has("counts-a-page-more") ? PAGE : PAGE - 1)) / PAGE;

	if (n == 0 || !memcmp(v->blob, zeros, sizeof(zeros)))
		return has("nothing-for-empty") ? 0 : empty_table(gpa, npages);
	if (n < 100 && has("nothing-for-short"))
		return 0;
	if (has("dies-of-huge") && npages >= UINT64_C(1) << 52)
		abort();
	if (is_too_few(npages, pages))
		return too_few(v, pages);
	memset(v->blob + n, 0, (size_t)pages * PAGE - n);
	if (has("copies-too-much") && npages > pages && npages < MAX_BLOB / PAGE)
		pages = npages;
	return write_guest(gpa, v->blob, (size_t)pages * PAGE);
}

static int serve(struct vcpu *v)
{
	uint64_t gpa = get(v, OFF_GPA), npages = get(v, OFF_NPAGES);
	ssize_t n;

	if (has("always-busy"))
		return EAGAIN;
	if (has("fails-after-reset") && was_reset)
		return EIO;
	if (has("signal-is-error") && wait_us(300) < 0)
		return EIO;
	n = load(v);
	if (n == -EAGAIN)
		return EAGAIN;
	if (n == -ENOENT)
		return has("nothing-without-blob") ? 0 : empty_table(gpa, npages);
	if (n < 0)
		return has("nothing-if-unreadable") ? 0 : EIO;
	return answer(v, gpa, npages, (size_t)n);
}

static void handle_exit(struct vcpu *v)
{
	int ret = serve(v);

	put(v, OFF_RET, (uint64_t)ret);
	if (ret != 0 || has("drops-early"))
		unlock(v);
	if (!has("no-immediate-exit"))
		__atomic_store_n(v->run + 1, 1, __ATOMIC_RELAXED);
}

static void close_vcpus(void)
{
	for (unsigned i = 0; i < N_VCPUS; i++) {
		close(vcpus[i].fd);
		if (has("closes-slowly")) /* the other vCPU runs meanwhile */
			poll(NULL, 0, 100);
	}
	for (;;)
		pause();
}

static void *run_vcpu(void *arg)
{
	struct vcpu *v = arg;
	uint32_t reason;
	int r;

	if ((has("starts-late") && v != vcpus) || (has("halts") && v == vcpus))
		poll(NULL, 0, 300);
	for (;;) {
		r = ioctl(v->fd, KVM_RUN, 0) < 0 ? -errno : 0;
		if (has("halts") && v != vcpus)
			for (;;)
				pause();
		if (has("ends-at-first-run"))
			errx(1, "KVM_RUN: %s", strerror(-r));
		memcpy(&reason, v->run + 8, sizeof(reason));
		if (r < 0 && r != -EINTR && has("keeps-lock-of-failed-run"))
			for (;;)
				pause();
		if (r < 0 && (r != -EINTR || has("eintr-is-error")))
			errx(1, "KVM_RUN: %s", strerror(-r));
		unlock(v);
		if (!has("leaves-immediate-exit"))
			__atomic_store_n(v->run + 1, 0, __ATOMIC_RELAXED);
		if (r < 0 && reason == EXIT_SNP_REQ_CERTS && has("ends-after-request"))
			_exit(0);
		if ((has("closes-vcpus") || has("closes-slowly")) &&
		    (r == -EBADF || (r < 0 && reason == EXIT_SNP_REQ_CERTS)))
			close_vcpus();
		if (r < 0 && !has("believes-exit-reason"))
			continue;
		if (reason == EXIT_SNP_REQ_CERTS)
			handle_exit(v);
		else if (reason == KVM_EXIT_SHUTDOWN)
			was_reset = true;
	}
	return NULL;
}

static void set_up(int kvm, int vm)
{
	struct kvm_userspace_memory_region memory[] = {
		{ 0, 0, 0, RAM, (uintptr_t)ram },
		{ 1, KVM_MEM_READONLY, rom_at, PAGE, (uintptr_t)rom },
	};
	uint64_t attributes[4] = { PRIVATE_AT, PAGE, 8, 0 }; /* struct kvm_memory_attributes */
	int size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);

	for (unsigned i = 0; i < 2; i++)
		if (ioctl(vm, KVM_SET_USER_MEMORY_REGION, &memory[i]) < 0)
			err(1, "KVM_SET_USER_MEMORY_REGION");
	if (!has("no-private-page") && ioctl(vm, _IOW(KVMIO, 0xd2, uint64_t[4]), attributes) < 0)
		err(1, "KVM_SET_MEMORY_ATTRIBUTES");
	for (unsigned i = 0; i < N_VCPUS; i++) {
		vcpus[i].fd = ioctl(vm, KVM_CREATE_VCPU, (unsigned long)i);
		vcpus[i].lock = -1;
		vcpus[i].run = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpus[i].fd, 0);
		if (vcpus[i].run == MAP_FAILED)
			err(1, "vCPU");
	}
}

int main(int argc, char **argv)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC), vm;
	pthread_t threads[N_VCPUS];

	fault = argc > 1 ? argv[1] : "good";
	path = getenv("JURAT_CERTS");
	ram = mmap(NULL, RAM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	rom = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	vm = ioctl(kvm, KVM_CREATE_VM, 4ul); /* of SEV-SNP: it can have private memory */
	if (!path || ram == MAP_FAILED || rom == MAP_FAILED || vm < 0)
		err(1, "KVM");
	set_up(kvm, vm);
	for (unsigned i = 0; i < N_VCPUS; i++)
		pthread_create(&threads[i], NULL, run_vcpu, &vcpus[i]);
	pthread_join(threads[0], NULL);
	return 0;
}
