/* SPDX-License-Identifier: MIT */
#include "host/snp_world.h"

#include <errno.h>
#include <fcntl.h>

/* host_snp_certs_mix() and host_snp_request_mix(): whatever changes what a later call does changes them. */

static struct base_mix mix_of(const struct world *w, const struct jurat_snp_request *request)
{
	struct base_mix mix = { 0 };

	host_snp_certs_mix(w->certs, &mix);
	host_snp_request_mix(request, &mix);
	return mix;
}

static bool same(struct base_mix a, struct base_mix b)
{
	return a.a == b.a && a.b == b.b;
}

static void add(struct base_mix *seen, unsigned *n, struct base_mix mix)
{
	for (unsigned i = 0; i < *n; i++)
		assert_false(same(seen[i], mix));
	seen[(*n)++] = mix;
}

/* Never used, in use, released, failed: all differ; and the same again is the same again. */
static void the_digest_sees_each_state_of_a_request(void **state)
{
	struct world *w = *state;
	struct base_mix seen[8];
	uint64_t pages;
	unsigned n = 0;

	put_table(w, 5000);
	add(seen, &n, mix_of(w, w->request));
	assert_false(host_snp_request_holds(w->request));
	assert_int_equal(serve(w, 4), 0);
	assert_true(host_snp_request_holds(w->request));
	add(seen, &n, mix_of(w, w->request)); /* held */
	assert_int_equal(jurat_snp_request_ran(w->request, 0, 0), 1);
	assert_false(host_snp_request_holds(w->request));
	add(seen, &n, mix_of(w, w->request)); /* a descriptor is kept */
	assert_int_equal(serve_at(w, RAM_GPA, 1, &pages), ENOSPC);
	assert_false(host_snp_request_holds(w->request));
	add(seen, &n, mix_of(w, w->request)); /* answered, without the lock */
	assert_int_equal(jurat_snp_request_ran(w->request, -EINTR, 0), 0);
	add(seen, &n, mix_of(w, w->request)); /* exit_reason is stale */
	assert_int_equal(jurat_snp_request_ran(w->request, 0, 0), 0);
	assert_true(same(mix_of(w, w->request), seen[2]));
	set_exit(w, REQ_CERTS, 4);
	assert_int_equal(jurat_snp_request_handle_exit(w->request, kvm_run(w), &w->memory, NULL), 0);
	add(seen, &n, mix_of(w, w->request)); /* and immediate_exit is its own */
}

static void the_digest_sees_when_a_waiting_request_gives_up(void **state)
{
	struct world *w = *state;
	struct base_mix idle = mix_of(w, w->request);
	uint64_t answer, npages;
	uint32_t wait_ms;
	int updater;

	put_table(w, 5000);
	updater = base_open(base_env_real(), w->path, O_RDWR, 0);
	assert_true(updater >= 0);
	assert_int_equal(base_lock(base_env_real(), updater, BASE_LOCK_EXCLUSIVE, 0), 0);
	assert_int_equal(jurat_snp_request_serve_nowait(w->request, RAM_GPA, 4, &w->memory, &answer, &npages,
							&wait_ms, NULL),
			 JURAT_BUSY);
	assert_false(same(mix_of(w, w->request), idle));
	base_close(base_env_real(), updater);
	(void)jurat_snp_request_ran(w->request, 0, 0);
}

/* Which of two descriptors a request has is in no list: two threads could have them the other way round. */
struct watched {
	struct world *w;
	struct jurat_snp_request *request;
	struct base_mix during;
};

static int watch(void *context, uint64_t gpa, const void *from, size_t n)
{
	struct watched *watched = context;

	watched->during = mix_of(watched->w, watched->request);
	return -EFAULT;
}

static void the_digest_sees_which_descriptor_a_request_has(void **state)
{
	struct world *w = *state;
	struct watched watched = { .w = w };
	struct jurat_guest_memory memory = { .size = sizeof(memory), .write = watch, .context = &watched };
	struct jurat_snp_request *requests[2], *third;
	struct base_mix during[2], held[2];
	uint64_t answer, npages;

	put_table(w, 5000);
	assert_int_equal(jurat_snp_request_new(w->certs, &third, NULL), 0);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(jurat_snp_request_new(w->certs, &requests[i], NULL), 0);
	for (unsigned i = 0; i < 2; i++) /* each its own descriptor */
		assert_int_equal(
			jurat_snp_request_serve(requests[i], RAM_GPA, 4, &w->memory, &answer, &npages, NULL),
			0);
	for (unsigned i = 0; i < 2; i++) { /* the third request uses that of the one that has ended */
		(void)jurat_snp_request_ran(requests[i], 0, 0);
		watched.request = third;
		assert_int_equal(jurat_snp_request_serve(third, RAM_GPA, 4, &memory, &answer, &npages, NULL),
				 0);
		assert_int_equal(answer, EIO);
		(void)jurat_snp_request_ran(third, 0, 0);
		during[i] = watched.during;
		assert_int_equal(
			jurat_snp_request_serve(third, RAM_GPA, 4, &w->memory, &answer, &npages, NULL), 0);
		held[i] = mix_of(w, third);
		(void)jurat_snp_request_ran(third, 0, 0);
		assert_int_equal(
			jurat_snp_request_serve(requests[i], RAM_GPA, 4, &w->memory, &answer, &npages, NULL),
			0);
	}
	assert_false(same(during[0], during[1]));
	assert_false(same(held[0], held[1]));
	for (unsigned i = 0; i < 2; i++)
		jurat_snp_request_free(requests[i]);
	jurat_snp_request_free(third);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_digest_sees_each_state_of_a_request, snp_world_set_up,
						snp_world_tear_down),
		cmocka_unit_test_setup_teardown(the_digest_sees_when_a_waiting_request_gives_up,
						snp_world_set_up, snp_world_tear_down),
		cmocka_unit_test_setup_teardown(the_digest_sees_which_descriptor_a_request_has,
						snp_world_set_up, snp_world_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
