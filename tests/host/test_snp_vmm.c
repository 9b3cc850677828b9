/* SPDX-License-Identifier: MIT */
#include "host/snp_world.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/fault_env.h"

/*
 * What a VMM does around its vCPU loop: it may not wait, lives in a jail, moves handles between threads,
 * forks, and resets its VM.
 */

/* The real world with a clock that only the test moves, and locks that are never waited for. */
struct no_wait_env {
	struct base_env base;
	struct base_env_ops ops;
	uint64_t now;
	unsigned locks;
};

static uint64_t its_now(struct base_env *env)
{
	return ((struct no_wait_env *)env)->now;
}

static void no_sleep(struct base_env *env, uint64_t ns)
{
	(void)env;
	FAIL_BECAUSE("the library sleeps for %llu ns", (unsigned long long)ns);
}

static int lock_at_once(struct base_env *env, int fd, enum base_lock_how how, uint64_t wait_ns)
{
	((struct no_wait_env *)env)->locks++;
	assert_int_equal(wait_ns, 0);
	return base_lock(base_env_real(), fd, how, 0);
}

static void no_wait_env_init(struct no_wait_env *e)
{
	*e = (struct no_wait_env){ .ops = *base_env_real()->ops, .now = 1000 };
	e->ops.now_ns = its_now;
	e->ops.sleep_ns = no_sleep;
	e->ops.lock = lock_at_once;
	e->base.ops = &e->ops;
}

static int updater_locks(struct world *w)
{
	int fd = open(w->path, O_RDWR | O_CLOEXEC);

	assert_int_equal(base_lock(base_env_real(), fd, BASE_LOCK_EXCLUSIVE, 0), 0);
	return fd;
}

static int step(struct world *w, uint32_t *ret_wait_ms)
{
	return jurat_snp_request_handle_exit_nowait(w->request, kvm_run(w), &w->memory, ret_wait_ms, NULL);
}

static void in_env(struct world *w, struct base_env *env, const struct jurat_snp_certs_options *options)
{
	jurat_snp_request_free(w->request);
	jurat_snp_certs_free(w->certs);
	assert_int_equal(host_snp_certs_new(env, w->path, options, &w->certs, NULL), 0);
	assert_int_equal(jurat_snp_request_new(w->certs, &w->request, NULL), 0);
}

/* B4 */
static void a_vmm_that_may_not_wait_is_called_back_until_the_updater_is_done(void **state)
{
	struct world *w = *state;
	struct no_wait_env env;
	uint32_t wait_ms = 99;
	int updater, calls = 0;

	no_wait_env_init(&env);
	in_env(w, &env.base, NULL);
	put_table(w, 5000);
	updater = updater_locks(w);
	set_exit(w, REQ_CERTS, 4);
	for (; calls < 50; calls++) {
		assert_int_equal(step(w, &wait_ms), JURAT_BUSY);
		assert_int_equal(wait_ms, 1);
		assert_int_equal(run_u64(w, KVM_RUN_SNP_REQ_CERTS_ret),
				 EAGAIN); /* whatever the VMM does now */
		assert_int_equal(run_u64(w, KVM_RUN_SNP_REQ_CERTS_npages), 4);
		assert_int_equal(w->run[KVM_RUN_immediate_exit], 0);
		assert_guest_has_nothing(w);
		env.now += (uint64_t)wait_ms * 1000000;
	}
	assert_int_equal(env.locks, calls);
	close(updater);
	assert_int_equal(step(w, &wait_ms), 0);
	assert_int_equal(wait_ms, 0);
	assert_int_equal(run_u64(w, KVM_RUN_SNP_REQ_CERTS_ret), 0);
	assert_int_equal(w->run[KVM_RUN_immediate_exit], 1);
	assert_guest_has_blob(w);
	assert_false(updater_could_lock(w));
	assert_int_equal(step(w, &wait_ms), -EBUSY); /* answered already */
	assert_int_equal(jurat_snp_request_handle_ran(w->request, kvm_run(w), -EINTR, 0), 1);
	assert_true(updater_could_lock(w));
	in_env(w, NULL, NULL);
}

static void the_time_runs_from_the_first_call_however_seldom_it_is_repeated(void **state)
{
	static const uint64_t pauses_ms[] = { 1, 14, 15, 1000000 };
	const struct jurat_snp_certs_options options = { .size = sizeof(options), .lock_wait_ms = 15 };
	struct world *w = *state;
	struct no_wait_env env;
	uint32_t wait_ms;
	int updater;

	no_wait_env_init(&env);
	in_env(w, &env.base, &options);
	put_table(w, 5000);
	updater = updater_locks(w);
	for (size_t i = 0; i < ARRAY_SIZE(pauses_ms); i++) {
		uint64_t began = env.now;
		unsigned calls = 0;

		set_exit(w, REQ_CERTS, 4);
		for (; step(w, &wait_ms) == JURAT_BUSY; calls++)
			env.now += pauses_ms[i] * 1000000;
		assert_int_equal(run_u64(w, KVM_RUN_SNP_REQ_CERTS_ret), EAGAIN);
		assert_int_equal(wait_ms, 0);
		assert_true(env.now - began >= 15000000);
		assert_int_equal(calls, (15 + pauses_ms[i] - 1) / pauses_ms[i]);
		assert_int_equal(jurat_snp_request_handle_ran(w->request, kvm_run(w), 0, 0), 0);
	}
	/* One late call finds the lock free, and serves. */
	set_exit(w, REQ_CERTS, 4);
	assert_int_equal(step(w, &wait_ms), JURAT_BUSY);
	env.now += 1000000000;
	close(updater);
	assert_int_equal(step(w, &wait_ms), 0);
	assert_guest_has_blob(w);
	in_env(w, NULL, NULL);
}

static void a_run_in_between_ends_the_request_and_the_next_has_its_whole_time(void **state)
{
	struct world *w = *state;
	struct no_wait_env env;
	uint32_t wait_ms;
	int updater;

	no_wait_env_init(&env);
	in_env(w, &env.base, NULL);
	put_table(w, 5000);
	updater = updater_locks(w);
	set_exit(w, REQ_CERTS, 4);
	for (int way = 0; way < 2; way++) {
		assert_int_equal(step(w, &wait_ms), JURAT_BUSY);
		env.now += 99000000;
		assert_int_equal(step(w, &wait_ms), JURAT_BUSY);
		if (way == 0)
			assert_int_equal(jurat_snp_request_handle_ran(w->request, kvm_run(w), 0, 0), 0);
		else
			jurat_snp_request_reset(w->request);
	}
	assert_int_equal(step(w, &wait_ms), JURAT_BUSY);
	env.now += 99000000;
	assert_int_equal(step(w, &wait_ms), JURAT_BUSY);
	close(updater);
	in_env(w, NULL, NULL);
}

/* Without the clock of above: the call that may wait goes on where the other left off. */
static void the_call_that_waits_takes_over(void **state)
{
	const struct jurat_snp_certs_options options = { .size = sizeof(options), .lock_wait_ms = 30 };
	struct world *w = *state;
	uint64_t answer, npages, start;
	uint32_t wait_ms;
	int updater;

	in_env(w, NULL, &options);
	put_table(w, 5000);
	updater = updater_locks(w);
	start = base_now_ns(base_env_real());
	assert_int_equal(jurat_snp_request_serve_nowait(w->request, RAM_GPA, 4, &w->memory, &answer, &npages,
							&wait_ms, NULL),
			 JURAT_BUSY);
	assert_int_equal(answer, EAGAIN);
	assert_int_equal(npages, 4);
	assert_int_equal(serve(w, 4), EAGAIN);
	assert_true(base_now_ns(base_env_real()) - start >= 30000000);
	close(updater);
}

static void not_waiting_serves_everything_else_as_waiting_does(void **state)
{
	struct world *w = *state;
	uint64_t answer, npages;
	uint32_t wait_ms = 99;

	put_table(w, 5000);
	set_exit(w, REQ_CERTS + 1, 4);
	assert_int_equal(step(w, &wait_ms), -EINVAL);
	assert_int_equal(wait_ms, 0);
	set_exit(w, REQ_CERTS, 1);
	assert_int_equal(step(w, &wait_ms), 0);
	assert_int_equal(run_u64(w, KVM_RUN_SNP_REQ_CERTS_ret), ENOSPC);
	assert_int_equal(run_u64(w, KVM_RUN_SNP_REQ_CERTS_npages), 2);
	(void)jurat_snp_request_handle_ran(w->request, kvm_run(w), 0, 0);
	assert_int_equal(jurat_snp_request_serve_nowait(w->request, RAM_GPA + 1, 4, &w->memory, &answer,
							&npages, &wait_ms, NULL),
			 0);
	assert_int_equal(answer, EIO);
	(void)jurat_snp_request_ran(w->request, 0, 0);
	unlink(w->path);
	assert_int_equal(jurat_snp_request_serve_nowait(w->request, RAM_GPA, 4, &w->memory, &answer, &npages,
							&wait_ms, NULL),
			 0);
	assert_int_equal(answer, 0);
	assert_true(bytes_all(w->ram, 24, 0) && w->ram[24] == 0xee);
}

static struct jurat_snp_certs_options in_directory(int fd)
{
	return (struct jurat_snp_certs_options){ .size = sizeof(struct jurat_snp_certs_options),
						 .has_dir_fd = 1,
						 .dir_fd = fd };
}

static void serve_blob_by(struct world *w, const struct jurat_snp_certs_options *options)
{
	wipe(w);
	jurat_snp_request_free(w->request);
	jurat_snp_certs_free(w->certs);
	assert_int_equal(jurat_snp_certs_new("blob", options, &w->certs, NULL), 0);
	assert_int_equal(jurat_snp_request_new(w->certs, &w->request, NULL), 0);
	assert_int_equal(serve(w, 4), 0);
	assert_guest_has_blob(w);
	assert_false(updater_could_lock(w));
	assert_int_equal(jurat_snp_request_ran(w->request, -EINTR, 0), 1);
}

static void a_directory_that_is_open_serves_where_no_path_leads(void **state)
{
	struct world *w = *state;
	struct jurat_snp_certs_options options;
	char next[80], link[80];
	int fd, zero;

	put_table(w, 5000);
	fd = open(w->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	options = in_directory(fd);
	serve_blob_by(w, &options);
	close(fd); /* it was duplicated */
	assert_int_equal(serve(w, 4), 0);
	assert_int_equal(jurat_snp_request_ran(w->request, -EINTR, 0), 1);

	/* The replacement is followed, and a symbolic link is not. */
	TEXT(next, "%s.next", w->path);
	TEXT(link, "%s.link", w->path);
	assert_int_equal(rename(w->path, next), 0);
	put_table(w, 9000);
	assert_int_equal(serve(w, 4), 0);
	assert_guest_has_blob(w);
	assert_false(updater_could_lock(w));
	assert_int_equal(jurat_snp_request_ran(w->request, -EINTR, 0), 1);
	assert_int_equal(rename(w->path, link), 0);
	assert_int_equal(symlink(link, w->path), 0);
	assert_int_equal(serve(w, 4), EIO);
	(void)jurat_snp_request_ran(w->request, 0, 0);
	assert_int_equal(rename(link, w->path), 0);
	unlink(next);

	/* 0 is a descriptor like any other. */
	zero = dup(0);
	fd = open(w->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(dup2(fd, 0), 0);
	close(fd);
	options = in_directory(0);
	serve_blob_by(w, &options);
	dup2(zero, 0);
	close(zero);
}

static void what_is_no_name_in_an_open_directory_is_refused(void **state)
{
	static const char *const names[] = { NULL, "", ".", "..", "/blob", "a/blob", "blob/" };
	struct world *w = *state;
	struct jurat_snp_certs *certs = NULL;
	struct jurat_snp_certs_options options;
	struct jurat_error err;
	int dir = open(w->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), file;

	put_table(w, 5000);
	file = open(w->path, O_RDONLY | O_CLOEXEC);
	options = in_directory(dir);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_int_equal(jurat_snp_certs_new(names[i], &options, &certs, &err), -EINVAL);
	options = in_directory(file); /* it could not be followed when it is replaced */
	assert_int_equal(jurat_snp_certs_new("blob", &options, &certs, &err), -ENOTDIR);
	assert_non_null(strstr(err.text, "is not a directory"));
	options = in_directory(-1);
	assert_int_equal(jurat_snp_certs_new("blob", &options, &certs, &err), -EBADF);
	options = in_directory(dir);
	options.has_dir_fd = 0;
	assert_int_equal(jurat_snp_certs_new(w->path, &options, &certs, &err), -EINVAL);
	assert_null(certs);
	close(file);
	close(dir);
}

static void the_kth_effect_fails_in_an_open_directory_and_no_lock_is_left(void **state)
{
	struct world *w = *state;
	int dir = open(w->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct jurat_snp_certs_options options = in_directory(dir);

	put_table(w, 5000);
	for (unsigned k = 1;; k++) {
		struct fault_env env = fault_env_nth(base_env_real(), k, -EIO);
		struct jurat_snp_certs *certs = NULL;
		struct jurat_snp_request *request = NULL;
		uint64_t answer = 99, npages;
		int e = host_snp_certs_new(&env.base, "blob", &options, &certs, NULL);

		assert_int_equal(certs == NULL, e < 0);
		if (e == 0) {
			assert_int_equal(jurat_snp_request_new(certs, &request, NULL), 0);
			assert_int_equal(jurat_snp_request_serve(request, RAM_GPA, 4, &w->memory, &answer,
								 &npages, NULL),
					 0);
			assert_int_equal(updater_could_lock(w), answer != 0);
		}
		jurat_snp_request_free(request);
		jurat_snp_certs_free(certs);
		assert_true(updater_could_lock(w));
		if (!env.fired)
			break;
	}
	close(dir);
}

static void *ran_elsewhere(void *context)
{
	struct world *w = context;

	return jurat_snp_request_handle_ran(w->request, kvm_run(w), -EINTR, 0) == 1 ? w : NULL;
}

static void *serve_elsewhere(void *context)
{
	struct world *w = context;

	return jurat_snp_request_handle_exit(w->request, kvm_run(w), &w->memory, NULL) == 0 ? w : NULL;
}

static void *in_thread(void *(*function)(void *), void *context)
{
	pthread_t thread;
	void *ret = NULL;

	assert_int_equal(pthread_create(&thread, NULL, function, context), 0);
	assert_int_equal(pthread_join(thread, &ret), 0);
	return ret;
}

static void a_thread_that_ends_leaves_the_lock_to_the_one_that_reports_the_run(void **state)
{
	struct world *w = *state;

	put_table(w, 5000);
	for (int i = 0; i < 20; i++) {
		set_exit(w, REQ_CERTS, 4);
		(void)jurat_snp_request_handle_ran(w->request, kvm_run(w), 0, 0);
		assert_ptr_equal(in_thread(serve_elsewhere, w), w);
		assert_guest_has_blob(w);
		assert_false(updater_could_lock(w));
		assert_ptr_equal(in_thread(ran_elsewhere, w), w);
		assert_int_equal(w->run[KVM_RUN_immediate_exit], 0);
		assert_true(updater_could_lock(w));
	}
}

/* A child that has a copy of every descriptor there is now, until it is let go. */
static pid_t fork_child(int *ret_let_go)
{
	int ends[2];
	pid_t child;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		char byte;

		close(ends[1]);
		(void)!read(ends[0], &byte, 1);
		_exit(0);
	}
	close(ends[0]);
	*ret_let_go = ends[1];
	return child;
}

static void let_child_go(pid_t child, int let_go)
{
	int status;

	close(let_go);
	assert_int_equal(waitpid(child, &status, 0), child);
}

enum { BY_RAN, BY_RESET, BY_FREE, N_WAYS };

static void a_forked_child_keeps_no_lock(void **state)
{
	struct world *w = *state;

	put_table(w, 5000);
	for (int way = 0; way < N_WAYS; way++) {
		int let_go;
		pid_t child;

		assert_int_equal(serve(w, 4), 0);
		child = fork_child(&let_go);
		assert_false(updater_could_lock(w));
		if (way == BY_RAN) {
			assert_int_equal(jurat_snp_request_ran(w->request, -EINTR, 0), 1);
		} else if (way == BY_RESET) {
			jurat_snp_request_reset(w->request);
		} else {
			jurat_snp_request_free(w->request);
			w->request = NULL;
		}
		assert_true(updater_could_lock(w));
		let_child_go(child, let_go);
	}
}

/* The lock on a blob that turns out to have been replaced: the updater waits for that one, too. */
struct forks {
	struct world *w;
	char old[80];
	pid_t child;
	int let_go;
};

static void replace_and_fork(void *context)
{
	struct forks *f = context;

	assert_int_equal(rename(f->w->path, f->old), 0);
	put_table(f->w, 9000);
	f->child = fork_child(&f->let_go);
}

static void a_forked_child_keeps_no_lock_on_a_replaced_blob(void **state)
{
	struct world *w = *state;

	for (unsigned k = 1;; k++) {
		struct forks f = { .w = w };
		struct fault_env env = fault_env_nth(base_env_real(), k, 0);
		int fd;

		env.meanwhile = replace_and_fork;
		env.context = &f;
		TEXT(f.old, "%s.old", w->path);
		put_table(w, 5000);
		in_env(w, &env.base, NULL);
		(void)serve(w, 4);
		(void)jurat_snp_request_ran(w->request, 0, 0);
		in_env(w, NULL, NULL);
		if (!env.fired)
			break;
		fd = open(f.old, O_RDWR | O_CLOEXEC);
		assert_int_equal(base_lock(base_env_real(), fd, BASE_LOCK_EXCLUSIVE, 0), 0);
		close(fd);
		assert_true(updater_could_lock(w));
		let_child_go(f.child, f.let_go);
		unlink(f.old);
	}
}

/* vCPUs, a thread for each, which take slots from the same list. */
enum { N_VCPUS = 4, N_REQUESTS = 20000 };

struct vcpu {
	struct world *w;
	uint8_t page[PAGE];
	unsigned wrong;
};

static int write_page(void *context, uint64_t gpa, const void *from, size_t n)
{
	struct vcpu *vcpu = context;

	memcpy(vcpu->page + gpa % PAGE, from, n);
	return 0;
}

static void *run_vcpu(void *context)
{
	struct vcpu *vcpu = context;
	const struct jurat_guest_memory memory = { sizeof(memory), NULL, write_page, vcpu };
	struct jurat_snp_request *request;
	uint64_t answer, n;

	if (jurat_snp_request_new(vcpu->w->certs, &request, NULL) < 0)
		return NULL;
	for (unsigned i = 0; i < N_REQUESTS; i += test_step()) {
		memset(vcpu->page, 0, sizeof(vcpu->page));
		if (jurat_snp_request_serve(request, RAM_GPA, 1, &memory, &answer, &n, NULL) < 0 ||
		    answer != 0 || memcmp(vcpu->page, vcpu->w->blob, vcpu->w->blob_size) != 0 ||
		    jurat_snp_request_ran(request, 0, 0) != 1)
			vcpu->wrong++;
	}
	jurat_snp_request_free(request);
	return vcpu;
}

static void threads_do_not_take_the_same_slot(void **state)
{
	struct vcpu vcpus[N_VCPUS] = { 0 };
	struct world *w = *state;
	pthread_t threads[N_VCPUS];

	put_table(w, 3000);
	for (int i = 0; i < N_VCPUS; i++) {
		vcpus[i].w = w;
		assert_int_equal(pthread_create(&threads[i], NULL, run_vcpu, &vcpus[i]), 0);
	}
	for (int i = 0; i < N_VCPUS; i++) {
		void *ret;

		assert_int_equal(pthread_join(threads[i], &ret), 0);
		assert_ptr_equal(ret, &vcpus[i]);
		assert_int_equal(vcpus[i].wrong, 0);
	}
	assert_true(updater_could_lock(w));
}

static void a_request_that_was_reset_is_as_a_new_one(void **state)
{
	struct world *w = *state;

	put_table(w, 5000);
	set_exit(w, REQ_CERTS, 4);
	assert_int_equal(jurat_snp_request_handle_exit(w->request, kvm_run(w), &w->memory, NULL), 0);
	jurat_snp_request_reset(w->request); /* the vCPU was closed between the exit and KVM_RUN */
	assert_true(updater_could_lock(w));
	set_exit(w, REQ_CERTS, 4); /* the kvm_run of its successor */
	w->run[KVM_RUN_immediate_exit] = 1;
	assert_int_equal(jurat_snp_request_handle_ran(w->request, kvm_run(w), -EINTR, 0), 0);
	assert_int_equal(w->run[KVM_RUN_immediate_exit], 1); /* the VMM's own */
	jurat_snp_request_reset(w->request);                 /* nor is its failed KVM_RUN remembered */
	wipe(w);
	assert_int_equal(jurat_snp_request_handle_exit(w->request, kvm_run(w), &w->memory, NULL), 0);
	assert_guest_has_blob(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, snp_world_set_up, snp_world_tear_down)
		TEST(a_vmm_that_may_not_wait_is_called_back_until_the_updater_is_done),
		TEST(the_time_runs_from_the_first_call_however_seldom_it_is_repeated),
		TEST(a_run_in_between_ends_the_request_and_the_next_has_its_whole_time),
		TEST(the_call_that_waits_takes_over),
		TEST(not_waiting_serves_everything_else_as_waiting_does),
		TEST(a_directory_that_is_open_serves_where_no_path_leads),
		TEST(what_is_no_name_in_an_open_directory_is_refused),
		TEST(the_kth_effect_fails_in_an_open_directory_and_no_lock_is_left),
		TEST(a_thread_that_ends_leaves_the_lock_to_the_one_that_reports_the_run),
		TEST(a_forked_child_keeps_no_lock),
		TEST(a_forked_child_keeps_no_lock_on_a_replaced_blob),
		TEST(threads_do_not_take_the_same_slot),
		TEST(a_request_that_was_reset_is_as_a_new_one),
	};

	return cmocka_run_group_tests_name("host_snp_vmm", tests, NULL, NULL);
}
