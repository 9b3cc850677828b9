/* SPDX-License-Identifier: MIT */
#include "vmm/support/world.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/env.h"
#include "vmm/settings.h"

/*
 * Four vCPUs that take certificates and quotes, while other threads kick them, change the certificates under
 * the lock, and take guest memory away and bring it back. Meant for ThreadSanitizer, too.
 */
enum {
	N_ROUNDS = 400,
	CERTS_GPA = 0x10000, /* + 64 KiB for each vCPU */
	QUOTE_GPA = 0x18000,
	STRIDE = 0x10000,
	QUOTE_SIZE = 8192,
	MOVING_GPA = 0x10000000,
	MOVING_BYTES = WORLD_VCPUS * 2 * WORLD_PAGE,
};

struct vcpu {
	struct world *w;
	unsigned index, n_certs, n_quotes, n_moved;
	pthread_t thread;
	atomic_bool ready;
	atomic_uint kicks, seen;
};

static struct vcpu vcpus[WORLD_VCPUS];
static atomic_bool over;
static __thread struct vcpu *me;
static __thread volatile sig_atomic_t kicked;

static void kick(int number)
{
	if (!me)
		return;
	kicked = 1;
	__atomic_store_n(world_flag(me->w, me->index), 1, __ATOMIC_SEQ_CST);
	atomic_fetch_add(&me->kicks, 1);
}

static void entered(int vcpu)
{
	EXPECT(!kicked); /* the kick was lost */
}

/* Both at once: a kick between them would be forgotten in one of them. */
static void forget_kick(struct vcpu *v)
{
	sigset_t kick_signal, before;

	sigemptyset(&kick_signal);
	sigaddset(&kick_signal, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &kick_signal, &before);
	kicked = 0;
	__atomic_store_n(world_flag(v->w, v->index), 0, __ATOMIC_SEQ_CST);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void take(struct vcpu *v, struct fake_exit *exit)
{
	fake_kvm_give(v->w->vcpu[v->index], exit);
	while (!exit->completed) {
		EXPECT(ioctl(v->w->vcpu[v->index], UAPI_KVM_RUN, 0) == -1 && errno == EINTR);
		if (!kicked)
			continue;
		forget_kick(v);
		atomic_fetch_add(&v->seen, 1);
	}
}

/* All of one version, which the updater wrote under its lock. */
static void check_certs(const uint8_t *at, size_t n)
{
	for (size_t i = 49; i < n; i++)
		EXPECT(at[i] == at[48]);
}

static void take_certs(struct vcpu *v, uint64_t gpa)
{
	struct fake_exit exit = world_certs_exit(gpa, 2);

	take(v, &exit);
	EXPECT(exit.ret == 0 || exit.ret == EIO || exit.ret == EAGAIN);
	if (gpa >= MOVING_GPA) {
		v->n_moved += exit.ret == 0;
	} else if (exit.ret == 0) {
		check_certs(v->w->ram + gpa, 6000);
		v->n_certs++;
	} else {
		EXPECT(exit.ret == EAGAIN);
	}
}

static void take_quote(struct vcpu *v, uint64_t gpa)
{
	struct fake_exit exit = world_quote_exit(gpa, QUOTE_SIZE);

	world_put_report(v->w, gpa);
	take(v, &exit);
	EXPECT(bytes_get_le(exit.left + KVM_RUN_TDX_ret - 32, 8) == 0);
	while (world_status(v->w, gpa) == UINT64_MAX)
		(void)poll(NULL, 0, 1);
	EXPECT(world_status(v->w, gpa) == 0);
	v->n_quotes++;
}

static void *run_vcpu(void *arg)
{
	struct vcpu *v = arg;

	me = v;
	atomic_store(&v->ready, true);
	for (unsigned i = 0; i < N_ROUNDS; i++) {
		take_certs(v, CERTS_GPA + (uint64_t)v->index * STRIDE);
		take_certs(v, MOVING_GPA + (uint64_t)v->index * 2 * WORLD_PAGE);
		if (i % 16 == 0)
			take_quote(v, QUOTE_GPA + (uint64_t)v->index * STRIDE);
	}
	me = NULL;
	return NULL;
}

static void *kick_all(void *arg)
{
	unsigned i = 0;

	while (!atomic_load(&over)) {
		struct vcpu *v = &vcpus[i++ % WORLD_VCPUS];

		if (atomic_load(&v->ready))
			pthread_kill(v->thread, SIGUSR1);
		(void)poll(NULL, 0, 1);
	}
	return NULL;
}

static void *update(void *arg)
{
	struct world *w = arg;
	struct flock lk = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	const int fd = open(w->blob, O_RDWR | O_CLOEXEC);
	uint8_t table[6000];

	EXPECT(fd >= 0);
	memcpy(table, w->table, sizeof(table));
	for (uint8_t fill = 1; !atomic_load(&over); fill++) {
		lk.l_type = F_WRLCK;
		if (fcntl(fd, F_OFD_SETLK, &lk) == 0) {
			memset(table + 48, fill, sizeof(table) - 48);
			EXPECT(pwrite(fd, table, sizeof(table), 0) == sizeof(table));
			lk.l_type = F_UNLCK;
			EXPECT(fcntl(fd, F_OFD_SETLK, &lk) == 0);
		}
		(void)poll(NULL, 0, 1);
	}
	close(fd);
	return NULL;
}

static void set_moving(struct world *w, void *hva, uint64_t size)
{
	struct uapi_kvm_memory_region region = {
		.slot = 7,
		.guest_phys_addr = MOVING_GPA,
		.memory_size = size,
		.userspace_addr = (uintptr_t)hva,
	};

	EXPECT(ioctl(w->vm, UAPI_KVM_SET_USER_MEMORY_REGION, &region) == 0);
}

/* A slot that comes, loses its pages under it, and goes, in each order. */
static void *move_memory(void *arg)
{
	struct world *w = arg;
	const int both = PROT_READ | PROT_WRITE, flags = MAP_PRIVATE | MAP_ANONYMOUS;

	for (unsigned i = 0; !atomic_load(&over); i++) {
		uint8_t *hva = mmap(NULL, MOVING_BYTES, both, flags, -1, 0);

		EXPECT(hva != MAP_FAILED);
		set_moving(w, hva, MOVING_BYTES);
		if (i % 4 == 1)
			EXPECT(mprotect(hva + WORLD_PAGE, MOVING_BYTES / 2, PROT_READ) == 0);
		if (i % 4 == 2)
			EXPECT(mmap(hva, MOVING_BYTES / 2, PROT_NONE, flags | MAP_FIXED, -1, 0) == hva);
		(void)poll(NULL, 0, 0);
		if (i % 4 != 3)
			set_moving(w, hva, 0);
		EXPECT(munmap(hva, MOVING_BYTES) == 0);
		if (i % 4 == 3)
			set_moving(w, hva, 0);
	}
	return NULL;
}

static void runs_threads(struct world *w)
{
	void *(*const others[])(void *) = { kick_all, update, move_memory };
	pthread_t threads[ARRAY_SIZE(others)];
	unsigned n_moved = 0, n_kicks = 0;

	EXPECT(sigaction(SIGUSR1, &(struct sigaction){ .sa_handler = kick }, NULL) == 0);
	world_create(w, UAPI_KVM_X86_DEFAULT_VM, WORLD_VCPUS);
	fake_kvm_on_entry(entered);
	for (unsigned i = 0; i < WORLD_VCPUS; i++) {
		vcpus[i].w = w;
		vcpus[i].index = i;
		EXPECT(pthread_create(&vcpus[i].thread, NULL, run_vcpu, &vcpus[i]) == 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		EXPECT(pthread_create(&threads[i], NULL, others[i], w) == 0);
	for (unsigned i = 0; i < WORLD_VCPUS; i++) {
		while (!atomic_load(&vcpus[i].ready))
			sched_yield();
	}
	for (unsigned i = 0; i < WORLD_VCPUS; i++)
		pthread_join(vcpus[i].thread, NULL);
	atomic_store(&over, true);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		pthread_join(threads[i], NULL);
	for (unsigned i = 0; i < WORLD_VCPUS; i++) {
		EXPECT(vcpus[i].n_certs > N_ROUNDS / 2 && vcpus[i].n_quotes == N_ROUNDS / 16);
		n_moved += vcpus[i].n_moved;
		n_kicks += vcpus[i].seen;
	}
	w->shared[0] = n_moved;
	w->shared[1] = n_kicks;
	EXPECT(!world_locked(w));
	world_close(w);
}

/* W6 */
static void vcpus_are_served_while_they_are_kicked_and_certificates_and_memory_change(void **state)
{
	static const char *const settings[] = { VMM_ENV_GRACE_MS "=1", VMM_ENV_LOCK_WAIT_MS "=1000", NULL };
	struct world *w = *state;

	world_start_service(w, 1);
	world_vmm(w, settings, runs_threads);
	test_say("%u of %d requests in memory that moves, %u kicks", w->shared[0], WORLD_VCPUS * N_ROUNDS,
		 w->shared[1]);
	assert_true(w->shared[0] > 0 && w->shared[1] > 0);
}

/* A process without a lock, which is what the lock cannot help against: whatever it does, the VMM lives. */
static void *spoil(void *arg)
{
	const struct world *w = arg;
	unsigned seed = 1;

	while (!atomic_load(&over)) {
		const int fd = open(w->blob, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

		EXPECT(fd >= 0);
		switch (rand_r(&seed) % 4) {
		case 0:
			(void)!ftruncate(fd, rand_r(&seed) % 70000);
			break;
		case 1:
			(void)!pwrite(fd, w->table, sizeof(w->table), 0);
			break;
		case 2:
			(void)!pwrite(fd, w->table, w->table_size, rand_r(&seed) % 6000);
			break;
		case 3:
			unlink(w->blob);
			break;
		}
		close(fd);
	}
	return NULL;
}

static void reads_spoilt(struct world *w)
{
	pthread_t thread;

	world_create(w, UAPI_KVM_X86_SNP_VM, 1);
	vcpus[0].w = w;
	EXPECT(pthread_create(&thread, NULL, spoil, w) == 0);
	for (unsigned i = 0; i < 2000; i++) {
		struct fake_exit exit = world_certs_exit(CERTS_GPA, i % 20);

		EXPECT(world_run(w, 0, &exit) == EINTR);
		EXPECT(exit.ret == 0 || exit.ret == ENOSPC || exit.ret == EIO || exit.ret == EAGAIN);
		EXPECT(*world_flag(w, 0) == 0);
	}
	atomic_store(&over, true);
	pthread_join(thread, NULL);
}

static void a_blob_that_changes_while_it_is_read_gets_an_answer_that_kvm_accepts(void **state)
{
	static const char *const settings[] = { VMM_ENV_LOCK_WAIT_MS "=1", NULL };

	world_vmm(*state, settings, reads_spoilt);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
		T(vcpus_are_served_while_they_are_kicked_and_certificates_and_memory_change),
		T(a_blob_that_changes_while_it_is_read_gets_an_answer_that_kvm_accepts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
