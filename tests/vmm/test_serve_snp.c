/* SPDX-License-Identifier: MIT */
#include "vmm/support/world.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/host.h"
#include "vmm/settings.h"

enum { GPA = 0x10000, PAGES = 2 /* the world's table needs two */, SEV_ES_VM = 3 };

static struct world *the_world; /* for callbacks, in the VMM's process */

static void lock_is_held(struct fake_exit *exit)
{
	EXPECT(world_locked(the_world));
}

static void lock_is_free(struct fake_exit *exit)
{
	EXPECT(!world_locked(the_world));
}

/* One certificate request, from the first instruction to the last, as the VMM sees it. */
static void gets_certificates(struct world *w, unsigned vcpu, uint64_t gpa)
{
	struct fake_exit exit = world_certs_exit(gpa, PAGES);

	the_world = w;
	exit.completing = lock_is_held;
	memset(w->ram + gpa, 0xee, (size_t)PAGES * WORLD_PAGE);
	EXPECT(world_run(w, vcpu, &exit) == EINTR);
	EXPECT(exit.ret == 0 && exit.npages == PAGES && exit.had_immediate_exit);
	EXPECT(memcmp(w->ram + gpa, w->table, w->table_size) == 0);
	for (size_t i = w->table_size; i < (size_t)PAGES * WORLD_PAGE; i++)
		EXPECT(w->ram[gpa + i] == 0);
	EXPECT(*world_flag(w, vcpu) == 0);
	EXPECT(bytes_get_le(w->run[vcpu] + KVM_RUN_exit_reason, 4) != UAPI_KVM_EXIT_SNP_REQ_CERTS);
}

static void serves_twice(struct world *w)
{
	world_create(w, UAPI_KVM_X86_SNP_VM, 1);
	gets_certificates(w, 0, GPA);
	EXPECT(!world_locked(w));
	gets_certificates(w, 0, 0);
	EXPECT(!world_locked(w));
	world_close(w);
}

/* W2, W5 */
static void the_lock_is_held_from_the_copy_until_kvm_has_completed_the_request(void **state)
{
	world_vmm(*state, NULL, serves_twice);
}

static const struct {
	uint64_t gpa, npages, ret, ret_npages;
} answers[] = {
	{ GPA, 0, ENOSPC, PAGES },
	{ GPA, 1, ENOSPC, PAGES },
	{ GPA, 3, 0, 3 },
	{ GPA, UINT64_MAX, 0, UINT64_MAX },
	{ GPA, UINT64_MAX / WORLD_PAGE + 2, 0, UINT64_MAX / WORLD_PAGE + 2 },
	{ GPA + 1, PAGES, EIO, PAGES },
	{ GPA + 2048, PAGES, EIO, PAGES },
	{ WORLD_RAM_BYTES, PAGES, EIO, PAGES },
	{ WORLD_RAM_BYTES - WORLD_PAGE, PAGES, EIO, PAGES }, /* the second page is in no slot */
	{ WORLD_ROM_GPA, PAGES, EIO, PAGES },
	{ 0xfee00000, PAGES, EIO, PAGES },
	{ UINT64_MAX - WORLD_PAGE + 1, PAGES, EIO, PAGES }, /* wraps around */
	{ UINT64_MAX, PAGES, EIO, PAGES },
	{ (uint64_t)1 << 63, PAGES, EIO, PAGES },
};

static void answers_all(struct world *w)
{
	world_create(w, UAPI_KVM_X86_SNP_VM, 1);
	the_world = w;
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		struct fake_exit exit = world_certs_exit(answers[i].gpa, answers[i].npages);

		exit.completing = answers[i].ret == 0 ? lock_is_held : lock_is_free;
		memset(w->rom, 0xee, WORLD_ROM_BYTES);
		EXPECT(world_run(w, 0, &exit) == EINTR);
		EXPECT(exit.ret == answers[i].ret && exit.npages == answers[i].ret_npages);
		EXPECT(!world_locked(w) && *world_flag(w, 0) == 0);
		for (size_t at = 0; at < WORLD_ROM_BYTES; at++)
			EXPECT(w->rom[at] == 0xee);
	}
}

static void numbers_of_the_guest_at_their_extremes_get_an_answer_that_kvm_accepts(void **state)
{
	world_vmm(*state, NULL, answers_all);
}

static uint64_t expected; /* the next VMM's answer */

static void answers_expected(struct world *w)
{
	struct fake_exit exit = world_certs_exit(GPA, PAGES);

	world_create(w, UAPI_KVM_X86_SNP_VM, 1);
	the_world = w;
	memset(w->ram + GPA, 0xee, WORLD_PAGE);
	EXPECT(world_run(w, 0, &exit) == EINTR);
	EXPECT(exit.ret == expected);
	for (size_t i = 0; i < 24; i++)
		EXPECT(w->ram[GPA + i] == (expected == 0 ? 0 : 0xee));
}

static void blob_is(struct world *w, uint64_t answer)
{
	expected = answer;
	world_vmm(w, NULL, answers_expected);
	unlink(w->blob);
}

static void a_blob_that_is_none_is_answered_with_eio_and_none_with_an_empty_table(void **state)
{
	struct world *w = *state;
	int fd;

	unlink(w->blob);
	blob_is(w, 0);
	world_put_table(w, 0, 0);
	blob_is(w, 0);
	world_put_table(w, 6000, 1);
	assert_int_equal(truncate(w->blob, 5999), 0);
	blob_is(w, EIO);
	world_put_table(w, 6000, 1);
	assert_int_equal(chmod(w->blob, 0602), 0);
	blob_is(w, EIO);
	assert_int_equal(mkfifo(w->blob, 0600), 0);
	fd = open(w->blob,
		  O_RDWR | O_CLOEXEC | O_NONBLOCK); /* for world_locked(), which would wait for a writer */
	blob_is(w, EIO);
	close(fd);
	world_put_table(w, 6000, 1);
	if (geteuid() != 0) {
		assert_int_equal(chmod(w->blob, 0), 0);
		blob_is(w, EIO);
	}
}

static void waits_for_the_lock(struct world *w)
{
	struct fake_exit exit = world_certs_exit(GPA, PAGES);
	const uint64_t before = base_now_ns(base_env_real());
	uint64_t took;

	world_create(w, UAPI_KVM_X86_SNP_VM, 1);
	EXPECT(world_run(w, 0, &exit) == EINTR);
	took = base_now_ns(base_env_real()) - before;
	EXPECT(exit.ret == EAGAIN && took >= 250 * 1000000ull && took < 60 * 1000000000ull);
}

static void an_updater_that_keeps_the_lock_makes_the_guest_try_again(void **state)
{
	static const char *const settings[] = { VMM_ENV_LOCK_WAIT_MS "=250", NULL };
	struct world *w = *state;
	struct flock lk = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	const int fd = open(w->blob, O_RDWR | O_CLOEXEC);
	int status;
	pid_t pid;

	assert_int_equal(fcntl(fd, F_OFD_SETLK, &lk), 0);
	pid = world_start(w, settings, waits_for_the_lock);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(fd);
	assert_non_null(strstr(world_log(w), "EAGAIN"));
}

/* Each errno that the completing KVM_RUN may have is the VMM's to see, and none keeps the lock. */
static void completes_badly(struct world *w)
{
	static const int errors[] = { EINVAL, EIO, EBUSY, ETIMEDOUT, ENOMEM, EFAULT };

	world_create(w, UAPI_KVM_X86_SNP_VM, 1);
	the_world = w;
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		struct fake_exit exit = world_certs_exit(GPA, PAGES);

		exit.fails_with = errors[i];
		exit.completing = lock_is_held;
		EXPECT(world_run(w, 0, &exit) == errors[i]);
		EXPECT(!world_locked(w) && *world_flag(w, 0) == 0);
	}
	gets_certificates(w, 0, GPA);
}

static void what_kvm_says_of_the_completion_reaches_the_vmm(void **state)
{
	world_vmm(*state, NULL, completes_badly);
}

/*
 * KVM_RUN of a vCPU that is not initialized, or has invalid registers, leaves the exit pending. A later one
 * completes it without the lock: the guest has to ask again.
 */
static void is_not_completed(struct world *w)
{
	static const int errors[] = { EINTR, EAGAIN, EINVAL };

	world_create(w, UAPI_KVM_X86_SNP_VM, 1);
	the_world = w;
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		struct fake_exit exit = world_certs_exit(GPA, PAGES);

		exit.fails_before = errors[i];
		fake_kvm_give(w->vcpu[0], &exit);
		EXPECT(ioctl(w->vcpu[0], UAPI_KVM_RUN, 0) == -1 && errno == errors[i]);
		EXPECT(!exit.completed && !world_locked(w));
		(void)ioctl(w->vcpu[0], UAPI_KVM_RUN, 0);
		EXPECT(exit.completed && exit.ret == EAGAIN);
	}
	gets_certificates(w, 0, GPA);
}

static void what_kvm_completes_without_the_lock_is_asked_for_again(void **state)
{
	world_vmm(*state, NULL, is_not_completed);
}

static void gives_another(struct fake_exit *exit)
{
	fake_kvm_give(the_world->vcpu[0], exit->ctx);
}

/* A kernel may look at immediate_exit before a signal has set it, or enter the guest in spite of it. */
static void exits_again_at_once(struct world *w)
{
	struct fake_exit first = world_certs_exit(GPA, PAGES), second = world_certs_exit(0, 0);

	world_create(w, UAPI_KVM_X86_SNP_VM, 1);
	the_world = w;
	first.enters = true;
	first.completing = gives_another;
	first.ctx = &second;
	EXPECT(world_run(w, 0, &first) == EINTR);
	EXPECT(first.ret == 0 && second.completed && second.ret == ENOSPC && !world_locked(w));
}

static void an_exit_of_the_completing_run_is_served_too(void **state)
{
	world_vmm(*state, NULL, exits_again_at_once);
}

/* The library did not see it. */
static void maps_by_a_system_call(struct world *w)
{
	world_create(w, UAPI_KVM_X86_SNP_VM, 0);
	w->vcpu[0] = ioctl(w->vm, UAPI_KVM_CREATE_VCPU, 0ul);
	w->run[0] = (void *)syscall(SYS_mmap, NULL, 12288ul, (long)(PROT_READ | PROT_WRITE), (long)MAP_SHARED,
				    (long)w->vcpu[0], 0l);
	EXPECT(w->run[0] != MAP_FAILED);
	gets_certificates(w, 0, GPA);
	EXPECT(!world_locked(w));
}

static void a_vcpu_that_was_mapped_unseen_is_served(void **state)
{
	world_vmm(*state, NULL, maps_by_a_system_call);
}

static void exit_is_the_vmms(struct world *w, unsigned reason)
{
	struct fake_exit exit = world_certs_exit(GPA, PAGES);

	exit.reason = reason;
	fake_kvm_give(w->vcpu[0], &exit);
	EXPECT(ioctl(w->vcpu[0], UAPI_KVM_RUN, 0) == 0);
	EXPECT(exit.made && !exit.completed);
	EXPECT(bytes_get_le(w->run[0] + KVM_RUN_exit_reason, 4) == reason);
	EXPECT(memcmp(w->run[0] + 32, exit.body, sizeof(exit.body)) == 0);
	(void)ioctl(w->vcpu[0], UAPI_KVM_RUN, 0);
	EXPECT(exit.completed);
}

static void every_other_exit_is_the_vmms(struct world *w)
{
	world_create(w, UAPI_KVM_X86_SNP_VM, 1);
	for (unsigned reason = 0; reason < 64; reason++)
		if (reason != UAPI_KVM_EXIT_SNP_REQ_CERTS)
			exit_is_the_vmms(w, reason);
	exit_is_the_vmms(w, UINT32_MAX);
}

static void certs_are_the_vmms(struct world *w)
{
	world_create(w, UAPI_KVM_X86_SNP_VM, 1);
	EXPECT(ioctl(w->vm, UAPI_KVM_MEMORY_ENCRYPT_OP,
		     &(struct uapi_kvm_sev_cmd){ .id = UAPI_KVM_SEV_INIT2 }) == 0);
	EXPECT(fake_kvm()->n_enables == 0);
	exit_is_the_vmms(w, UAPI_KVM_EXIT_SNP_REQ_CERTS);
}

static void other_exits_are_left_alone(void **state)
{
	world_vmm(*state, NULL, every_other_exit_is_the_vmms);
}

static void without_certificates_or_with_a_wrong_setting_nothing_is_served(void **state)
{
	static const char *const wrong[][2] = {
		{ VMM_ENV_CERTS, NULL },
		{ VMM_ENV_CERTS "=", "absolute path" },
		{ VMM_ENV_CERTS "=certs", "absolute path" },
		{ VMM_ENV_GRACE_MS "=-1", "from 0 to 10000" },
		{ VMM_ENV_LOCK_WAIT_MS "=0", "from 1 to 10000" },
		{ VMM_ENV_DEFER "=yes", "from 0 to 1" },
		{ VMM_ENV_QUOTING_SERVICE "=tcp:192.0.2.1:4050", VMM_ENV_QUOTING_SERVICE },
		{ "JURAT_VMM_CERT=/etc/certs", "no such variable" },
	};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		const char *settings[] = { wrong[i][0], NULL };

		unlink(w->log);
		world_vmm(w, settings, certs_are_the_vmms);
		if (wrong[i][1] &&
		    (!strstr(world_log(w), wrong[i][1]) || !strstr(world_log(w), "nothing is served")))
			FAIL_BECAUSE("%s: %s", wrong[i][0], world_log(w));
	}
}

static void command(struct world *w, uint32_t id)
{
	struct uapi_kvm_sev_cmd c = { .id = id };

	(void)ioctl(w->vm, UAPI_KVM_MEMORY_ENCRYPT_OP, &c);
}

static void enables_at_init2(struct world *w)
{
	world_create(w, UAPI_KVM_X86_SNP_VM, 0);
	EXPECT(fake_kvm()->n_enables == 0);
	command(w, UAPI_KVM_SEV_INIT2);
	EXPECT(fake_kvm()->n_enables == 1);
	command(w, UAPI_KVM_SEV_LAUNCH_START);
	EXPECT(fake_kvm()->n_enables == 1 && fake_kvm()->n_vcpus_at_enable == 0);
	world_add_vcpu(w, 0);
	command(w, UAPI_KVM_SEV_INIT2);
	EXPECT(fake_kvm()->n_enables == 1);
	gets_certificates(w, 0, GPA);
}

static void enables_at_launch_start(struct world *w)
{
	fake_kvm()->enable_fails_with = EINVAL;
	fake_kvm()->enable_fails = 1;
	world_create(w, UAPI_KVM_X86_SNP_VM, 0);
	command(w, UAPI_KVM_SEV_INIT2);
	command(w, UAPI_KVM_SEV_LAUNCH_START);
	EXPECT(fake_kvm()->n_enables == 2);
}

static void launch_fails(struct world *w)
{
	struct uapi_kvm_sev_cmd c = { .id = UAPI_KVM_SEV_INIT2 };

	world_create(w, UAPI_KVM_X86_SNP_VM, 0);
	fake_kvm()->launch_fails_with = EBUSY;
	EXPECT(ioctl(w->vm, UAPI_KVM_MEMORY_ENCRYPT_OP, &c) < 0 && errno == EBUSY);
	EXPECT(fake_kvm()->n_enables == 0);
	fake_kvm()->launch_fails_with = 0;
	command(w, UAPI_KVM_SEV_INIT2);
	EXPECT(fake_kvm()->n_enables == 1);
}

static void kernel_is_too_old(struct world *w)
{
	fake_kvm()->enable_fails_with = ENOTTY;
	enables_at_launch_start(w);
	fake_kvm()->enable_fails = 0;
	world_create(w, UAPI_KVM_X86_SNP_VM, 0);
	command(w, UAPI_KVM_SEV_INIT2);
	command(w, UAPI_KVM_SEV_LAUNCH_START);
	EXPECT(fake_kvm()->n_enables == 4);
}

static void has_a_vcpu_already(struct world *w)
{
	world_create(w, UAPI_KVM_X86_SNP_VM, 1);
	command(w, UAPI_KVM_SEV_INIT2);
	command(w, UAPI_KVM_SEV_LAUNCH_START);
	EXPECT(fake_kvm()->n_enables == 0);
}

static void is_no_snp_vm(struct world *w)
{
	world_create(w, SEV_ES_VM, 0);
	command(w, UAPI_KVM_SEV_INIT2);
	command(w, UAPI_KVM_SEV_LAUNCH_START);
	EXPECT(fake_kvm()->n_enables == 0);
}

static void requests_are_enabled_once_before_the_first_vcpu_where_the_kernel_has_them(void **state)
{
	struct world *w = *state;

	world_vmm(w, NULL, enables_at_init2);
	world_vmm(w, NULL, is_no_snp_vm);
	world_vmm(w, NULL, has_a_vcpu_already);
	assert_null(strstr(world_log(w), "get no certificates"));
	world_vmm(w, NULL, launch_fails);
	world_vmm(w, NULL, enables_at_launch_start);
	assert_null(strstr(world_log(w), "get no certificates"));
	world_vmm(w, NULL, kernel_is_too_old);
	assert_non_null(strstr(world_log(w), "get no certificates"));
}

static void serves_certs_itself(struct world *w)
{
	world_create(w, UAPI_KVM_X86_SNP_VM, 0);
	command(w, UAPI_KVM_SEV_INIT2);
	command(w, UAPI_KVM_SEV_SNP_ENABLE_REQ_CERTS);
	world_add_vcpu(w, 0);
	exit_is_the_vmms(w, UAPI_KVM_EXIT_SNP_REQ_CERTS);
	exit_is_the_vmms(w, 40);
}

static void does_not_serve_certs_itself(struct world *w)
{
	world_create(w, UAPI_KVM_X86_SNP_VM, 0);
	command(w, UAPI_KVM_SEV_INIT2);
	world_add_vcpu(w, 0);
	gets_certificates(w, 0, GPA);
}

static void a_vmm_that_serves_certificates_itself_is_left_alone_when_asked_to(void **state)
{
	static const char *const settings[] = { VMM_ENV_DEFER "=1", NULL };

	world_vmm(*state, settings, serves_certs_itself);
	world_vmm(*state, settings, does_not_serve_certs_itself);
}

/* What a VMM of another process would see of the flag, in every state it can be in at the exit. */
static void keeps_the_flag(struct world *w)
{
	struct fake_exit exit = world_certs_exit(GPA, PAGES);

	world_create(w, UAPI_KVM_X86_SNP_VM, 1);
	*world_flag(w, 0) = 1;
	fake_kvm_give(w->vcpu[0], &exit);
	EXPECT(ioctl(w->vcpu[0], UAPI_KVM_RUN, 0) < 0 && errno == EINTR);
	EXPECT(!exit.made && *world_flag(w, 0) == 1);
	*world_flag(w, 0) = 0;
	EXPECT(world_run(w, 0, &exit) == EINTR && *world_flag(w, 0) == 0);
}

static struct fake_exit *kicked_exit;
static uint8_t *kicked_flag;
static volatile sig_atomic_t n_kicks;

static void kick(int number)
{
	n_kicks++;
	EXPECT(!world_locked(the_world));
	__atomic_store_n(kicked_flag, 1, __ATOMIC_SEQ_CST);
}

static void raise_kick(struct fake_exit *exit)
{
	EXPECT(raise(SIGUSR1) == 0 && n_kicks == 0); /* no handler runs while the lock is held */
}

static void is_kicked(struct world *w)
{
	struct fake_exit exit = world_certs_exit(GPA, PAGES);

	EXPECT(sigaction(SIGUSR1, &(struct sigaction){ .sa_handler = kick }, NULL) == 0);
	world_create(w, UAPI_KVM_X86_SNP_VM, 1);
	the_world = w;
	kicked_exit = &exit;
	kicked_flag = world_flag(w, 0);
	exit.completing = raise_kick;
	EXPECT(world_run(w, 0, &exit) == EINTR);
	EXPECT(n_kicks == 1 && *kicked_flag == 1); /* it ran before the VMM had the EINTR */
}

static void a_kick_in_the_middle_comes_before_the_eintr_and_keeps_its_flag(void **state)
{
	world_vmm(*state, NULL, keeps_the_flag);
	world_vmm(*state, NULL, is_kicked);
}

static void fork_here(struct fake_exit *exit)
{
	const pid_t pid = fork();

	EXPECT(pid >= 0);
	if (pid > 0) {
		the_world->shared[0] = (unsigned)pid;
		return;
	}
	the_world->shared[1] = 1;
	(void)!read(the_world->alive[0], &(char){ 0 }, 1); /* lives on with what it inherited */
	_exit(0);
}

static void forks(struct world *w)
{
	struct fake_exit exit = world_certs_exit(GPA, PAGES);

	world_create(w, UAPI_KVM_X86_SNP_VM, 1);
	the_world = w;
	exit.completing = fork_here;
	EXPECT(world_run(w, 0, &exit) == EINTR && exit.ret == 0);
	EXPECT(!world_locked(w));
	gets_certificates(w, 0, GPA);
}

static void fork_and_die(struct fake_exit *exit)
{
	fork_here(exit);
	while (!the_world->shared[1])
		sched_yield();
	EXPECT(world_locked(the_world)); /* the parent's own */
	raise(SIGKILL);
}

static void forks_and_dies(struct world *w)
{
	struct fake_exit exit = world_certs_exit(GPA, PAGES);

	world_create(w, UAPI_KVM_X86_SNP_VM, 1);
	the_world = w;
	exit.completing = fork_and_die;
	(void)world_run(w, 0, &exit);
}

static void end_child(struct world *w)
{
	const pid_t child = (pid_t)w->shared[0];

	assert_true(child > 0 && kill(child, 0) == 0); /* it has lived all the time */
	kill(child, SIGKILL);
	w->shared[0] = w->shared[1] = 0;
}

/* W3 */
static void a_child_of_fork_keeps_no_lock_even_when_its_parent_is_killed(void **state)
{
	struct world *w = *state;

	world_vmm(w, NULL, forks);
	end_child(w);
	world_wait(w, world_start(w, NULL, forks_and_dies), SIGKILL);
	end_child(w);
}

static void runs_for_ever(struct world *w)
{
	world_create(w, UAPI_KVM_X86_SNP_VM, 1);
	for (;;) {
		gets_certificates(w, 0, GPA);
		w->shared[0]++;
	}
}

static void a_vmm_that_is_killed_at_any_moment_leaves_no_lock(void **state)
{
	struct world *w = *state;
	unsigned seed = 1;

	for (size_t i = 0; i < 200; i += test_step()) {
		struct timespec ts = { .tv_nsec = 0 };
		pid_t pid;

		w->shared[0] = 0;
		pid = world_start(w, NULL, runs_for_ever);
		while (w->shared[0] == 0 && waitpid(pid, NULL, WNOHANG) == 0)
			sched_yield();
		ts.tv_nsec = rand_r(&seed) % 300000;
		clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, NULL); /* the moment is what is random here */
		kill(pid, SIGKILL);
		world_wait(w, pid, SIGKILL);
	}
}

static void *cancelled(void *arg)
{
	for (;;) { /* until the other thread's call */
		gets_certificates(arg, 0, GPA);
		pthread_testcancel();
	}
	return NULL;
}

static void cancel_here(struct fake_exit *exit)
{
	EXPECT(pthread_cancel(pthread_self()) == 0);
}

static void *cancelled_inside(void *arg)
{
	struct world *w = arg;
	struct fake_exit exit = world_certs_exit(GPA, PAGES);

	exit.completing = cancel_here;
	EXPECT(world_run(w, 1, &exit) == EINTR);
	w->shared[0] = 1; /* no cancellation point but the VMM's own */
	pthread_testcancel();
	return NULL;
}

static void *cancelled_at_once(void *arg)
{
	struct fake_exit exit = world_certs_exit(GPA, PAGES);

	pthread_cancel(pthread_self());
	EXPECT(world_run(arg, 2, &exit) == EINTR && exit.ret == 0);
	EXPECT(!world_locked(arg));
	pthread_testcancel();
	return NULL;
}

static void loses_threads(struct world *w)
{
	void *(*const bodies[])(void *) = { cancelled, cancelled_inside, cancelled_at_once };
	pthread_t thread;
	void *result;

	world_create(w, UAPI_KVM_X86_SNP_VM, 3);
	for (size_t i = 0; i < ARRAY_SIZE(bodies); i++) {
		EXPECT(pthread_create(&thread, NULL, bodies[i], w) == 0);
		if (i == 0)
			pthread_cancel(thread);
		EXPECT(pthread_join(thread, &result) == 0 && result == PTHREAD_CANCELED);
		EXPECT(!world_locked(w));
	}
	EXPECT(w->shared[0] == 1);
	gets_certificates(w, 0, GPA);
}

static void a_thread_of_a_vcpu_that_is_cancelled_leaves_no_lock(void **state)
{
	if (TEST_ADDRESS_SANITIZER)
		SKIP_BECAUSE("AddressSanitizer takes a thread that is cancelled for one that overflows its "
			     "stack");
	world_vmm(*state, NULL, loses_threads);
}

static unsigned n_open(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void resets(struct world *w)
{
	const unsigned before = n_open();

	for (unsigned i = 0; i < 50; i++) {
		world_create(w, UAPI_KVM_X86_SNP_VM, WORLD_VCPUS);
		for (unsigned vcpu = 0; vcpu < WORLD_VCPUS; vcpu++)
			gets_certificates(w, vcpu, GPA);
		world_close(w);
		EXPECT(n_open() == before);
	}
}

static void keeps_many(struct world *w)
{
	static struct world many[30];

	for (size_t i = 0; i < ARRAY_SIZE(many); i++) {
		many[i] = *w;
		world_create(&many[i], UAPI_KVM_X86_SNP_VM, 2);
	}
	for (size_t i = 0; i < ARRAY_SIZE(many); i++)
		gets_certificates(&many[i], i % 2, GPA);
	for (size_t i = 0; i < ARRAY_SIZE(many); i += 2)
		world_close(&many[i]);
	for (size_t i = 1; i < ARRAY_SIZE(many); i += 2)
		gets_certificates(&many[i], 0, GPA);
}

static void vms_that_are_rebuilt_in_place_and_many_at_once_are_served_and_leave_nothing(void **state)
{
	world_vmm(*state, NULL, resets);
	world_vmm(*state, NULL, keeps_many);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
		T(the_lock_is_held_from_the_copy_until_kvm_has_completed_the_request),
		T(numbers_of_the_guest_at_their_extremes_get_an_answer_that_kvm_accepts),
		T(a_blob_that_is_none_is_answered_with_eio_and_none_with_an_empty_table),
		T(an_updater_that_keeps_the_lock_makes_the_guest_try_again),
		T(what_kvm_says_of_the_completion_reaches_the_vmm),
		T(what_kvm_completes_without_the_lock_is_asked_for_again),
		T(an_exit_of_the_completing_run_is_served_too),
		T(a_vcpu_that_was_mapped_unseen_is_served),
		T(other_exits_are_left_alone),
		T(without_certificates_or_with_a_wrong_setting_nothing_is_served),
		T(requests_are_enabled_once_before_the_first_vcpu_where_the_kernel_has_them),
		T(a_vmm_that_serves_certificates_itself_is_left_alone_when_asked_to),
		T(a_kick_in_the_middle_comes_before_the_eintr_and_keeps_its_flag),
		T(a_child_of_fork_keeps_no_lock_even_when_its_parent_is_killed),
		T(a_vmm_that_is_killed_at_any_moment_leaves_no_lock),
		T(a_thread_of_a_vcpu_that_is_cancelled_leaves_no_lock),
		T(vms_that_are_rebuilt_in_place_and_many_at_once_are_served_and_leave_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
