/* SPDX-License-Identifier: MIT */
#include "sim/kvm/kvm_world.h"

#include <errno.h>

/*
 * The steps of sim_kvm_set_steps(), and the digests: what an explorer needs. Two vCPUs of one VM, the second
 * with pages of its own.
 */
enum { OTHER_GHCB_GPA = 0x21000, OTHER_REQ_GPA = 0x22000, OTHER_RSP_GPA = 0x23000 };

struct pair {
	struct kvm_world w;
	struct sim_kvm_vcpu *other;
	unsigned other_exits; /* VMGEXITs that it will still do */
	bool in_other;
	char steps[512];          /* of the first vCPU */
	unsigned n_steps, end_at; /* the first vCPU's thread ends before this step; 0: never */
	const char *switch_at;    /* others run before this step of the first, once; NULL: never */
	bool kicks;               /* at that place the VMM sets immediate_exit */
	struct base_mix then;     /* digest at that place */
	bool pauses;              /* that is an administrator who pauses attestation, not the other vCPU */
	int other_ran;
	bool other_waits; /* for a mutex, and so it ended */
};

static struct base_mix mix_of(struct pair *p)
{
	struct base_mix mix = { 0 };

	sim_kvm_host_mix(p->w.host, &mix);
	sim_kvm_vm_mix(p->w.vm, &mix);
	sim_kvm_vcpu_mix(p->w.vcpu, &mix);
	sim_kvm_vcpu_mix(p->other, &mix);
	return mix;
}

static enum sim_guest_wants enter_other(void *ctx, uint64_t *ret_ghcb_gpa)
{
	struct pair *p = ctx;

	if (p->other_exits == 0)
		return SIM_GUEST_HALT;
	p->other_exits--;
	*ret_ghcb_gpa = OTHER_GHCB_GPA;
	return SIM_GUEST_VMGEXIT;
}

static void run_other(struct pair *p)
{
	uint64_t id;

	p->in_other = true;
	p->other_ran = p->pauses ? sim_kvm_pause_attestation(p->w.host, &id) : sim_kvm_run(p->other);
	p->in_other = false;
}

static bool step(void *ctx, const char *what)
{
	struct pair *p = ctx;
	size_t n = strlen(p->steps);

	if (p->in_other)
		return !p->other_waits;
	p->n_steps++;
	if (p->end_at && p->n_steps >= p->end_at)
		return false;
	test_text(p->steps + n, sizeof(p->steps) - n, "%s%s", n ? ", " : "", what);
	if (p->switch_at && !strcmp(what, p->switch_at)) {
		p->switch_at = NULL;
		if (!p->kicks)
			run_other(p);
		p->w.run[KVM_RUN_immediate_exit] |= p->kicks;
		p->then = mix_of(p);
	}
	return true;
}

static bool wait_for(void *ctx, const char *what, bool (*is_ready)(void *ready), void *ready)
{
	struct pair *p = ctx;

	if (p->in_other && !is_ready(ready))
		p->other_waits = true;
	return step(ctx, what);
}

static void put_other_request(struct pair *p, const struct kvm_ask *from)
{
	uint8_t page[SNP_PAGE_BYTES] = { 0 };

	ghcb_put(page, GHCB_SW_EXIT_CODE, from->code);
	ghcb_put(page, GHCB_SW_EXIT_INFO_1, OTHER_REQ_GPA);
	ghcb_put(page, GHCB_SW_EXIT_INFO_2, OTHER_RSP_GPA);
	bytes_put_le(page + GHCB_PROTOCOL_VERSION_OFF, GHCB_PROTOCOL_VERSION, 2);
	assert_int_equal(sim_kvm_guest_write(p->w.vm, OTHER_GHCB_GPA, page, sizeof(page)), 0);
	memset(page, 0x77, sizeof(page));
	assert_int_equal(sim_kvm_guest_write(p->w.vm, OTHER_REQ_GPA, page, sizeof(page)), 0);
	p->other_exits = 1;
}

static const struct kvm_ask ext = EXT_ASK, plain = PLAIN_ASK;

static void start(struct pair *p, enum sim_sync sync, unsigned defects)
{
	static const struct sim_kvm_guest_ops ops = { .enter = enter_other };
	const struct sim_kvm_steps steps = { .step = step, .wait = wait_for, .ctx = p };

	*p = (struct pair){ .other_ran = 1 };
	kvm_world_start(&p->w, sync, true);
	assert_int_equal(sim_kvm_vcpu_new(p->w.vm, &ops, p, &p->other, NULL), 0);
	assert_int_equal(sim_kvm_set_shared(p->w.vm, OTHER_GHCB_GPA, 3, true), 0);
	assert_int_equal(sim_kvm_register_ghcb(p->other, OTHER_GHCB_GPA), 0);
	put_other_request(p, &plain);
	sim_kvm_set_steps(p->w.host, &steps);
	sim_kvm_set_defects(p->w.host, defects);
}

static void end(struct pair *p)
{
	sim_kvm_vcpu_free(p->other);
	kvm_world_end(&p->w);
}

/* A request with certificates, and the VMM's answer, which is 0. What the last KVM_RUN returns. */
static int ask_and_answer(struct pair *p)
{
	int r = kvm_world_ask(&p->w, &ext);
	uint32_t reason = (uint32_t)kvm_world_run_get(&p->w, KVM_RUN_exit_reason, 4);

	if (r < 0 || reason == UAPI_KVM_EXIT_HLT)
		return r;
	if (reason == UAPI_KVM_EXIT_VMGEXIT) {
		kvm_world_run_put(&p->w, KVM_RUN_VMGEXIT_ret, 4, 0);
		kvm_world_run_put(&p->w, KVM_RUN_VMGEXIT_flags, 1, 0);
	}
	return sim_kvm_run(p->w.vcpu);
}

static const struct {
	enum sim_sync sync;
	unsigned defects;
	const char *steps;
} schemes[] = {
	{ SIM_SYNC_UPSTREAM, 0, "mutex_lock, SNP_GUEST_REQUEST, mutex_unlock" },
	{ SIM_SYNC_UPSTREAM, SIM_KVM_NO_MUTEX,
	  "copy the request page, SNP_GUEST_REQUEST, copy the response page" },
	{ SIM_SYNC_NONE, 0, "mutex_lock, SNP_GUEST_REQUEST, mutex_unlock" },
	{ SIM_SYNC_V15, 0, "SNP_GUEST_REQUEST" },
	{ SIM_SYNC_V15_FIXED, 0, "SNP_GUEST_REQUEST" },
	{ SIM_SYNC_V14, 0,
	  "read transaction, check transaction, mutex_lock, SNP_GUEST_REQUEST, mutex_unlock" },
	{ SIM_SYNC_V14, SIM_KVM_NO_EARLY_CHECK,
	  "read transaction, mutex_lock, SNP_GUEST_REQUEST, mutex_unlock" },
	{ SIM_SYNC_V14, SIM_KVM_CHECK_UNLOCKED,
	  "read transaction, check transaction, mutex_lock, mutex_unlock, SNP_GUEST_REQUEST" },
};

static void each_scheme_has_its_steps(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++) {
		struct pair p;

		start(&p, schemes[i].sync, schemes[i].defects);
		assert_int_equal(ask_and_answer(&p), 0);
		assert_string_equal(p.steps, schemes[i].steps);
		assert_info(&p.w, 0, 0);
		kvm_world_assert_response(&p.w, FAKE_PSP_FILL(1));
		end(&p);
	}
}

static void a_thread_that_ends_does_nothing_more_and_holds_nothing(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++) {
		bool ended = true;

		for (unsigned k = 1; ended; k++) {
			struct pair p;
			unsigned calls;
			uint64_t id;
			int r;

			start(&p, schemes[i].sync, schemes[i].defects);
			p.end_at = k;
			r = ask_and_answer(&p);
			ended = p.n_steps >= k;
			assert_int_equal(r, ended ? -EINTR : 0);
			calls = fake_psp.calls;
			assert_int_equal(calls, strstr(p.steps, "SNP_GUEST_REQUEST") != NULL);
			if (ended)
				assert_int_equal(ask_and_answer(&p), -EINTR);
			assert_int_equal(fake_psp.calls, calls);
			run_other(&p);
			assert_false(p.other_waits);
			assert_int_equal(p.other_ran, 0);
			p.end_at = 0;
			if (schemes[i].sync == SIM_SYNC_V14)
				assert_int_equal(sim_kvm_pause_attestation(p.w.host, &id), 0);
			end(&p);
		}
	}
}

static void a_thread_that_ends_neither_pauses_nor_resumes(void **state)
{
	struct pair p;
	uint64_t id = 77;

	start(&p, SIM_SYNC_V14, 0);
	p.end_at = 1;
	assert_int_equal(sim_kvm_pause_attestation(p.w.host, &id), -EINTR);
	p.end_at = 0;
	assert_int_equal(sim_kvm_pause_attestation(p.w.host, &id), 0);
	p.end_at = 1;
	assert_int_equal(sim_kvm_resume_attestation(p.w.host, &id), -EINTR);
	p.end_at = 0;
	assert_int_equal(sim_kvm_pause_attestation(p.w.host, &id), -EBUSY);
	end(&p);
}

/* The firmware is sent the message of whoever copied last, and both get the answer to that one. */
static void without_its_mutex_the_vcpus_of_a_vm_mix_their_messages(void **state)
{
	struct pair p;

	start(&p, SIM_SYNC_UPSTREAM, SIM_KVM_NO_MUTEX);
	p.switch_at = "SNP_GUEST_REQUEST";
	assert_int_equal(kvm_world_ask(&p.w, &plain), 0);
	assert_int_equal(p.other_ran, 0);
	assert_int_equal(fake_psp.calls, 2);
	assert_int_equal(fake_psp.seen[0], 0x77); /* the second was to be 0xa5 */
	end(&p);
	start(&p, SIM_SYNC_UPSTREAM, SIM_KVM_NO_MUTEX);
	p.switch_at = "copy the response page";
	assert_int_equal(kvm_world_ask(&p.w, &plain), 0);
	kvm_world_assert_response(&p.w, FAKE_PSP_FILL(2)); /* the other's */
	end(&p);
}

static void with_its_mutex_they_wait_for_each_other(void **state)
{
	struct pair p;

	start(&p, SIM_SYNC_UPSTREAM, 0);
	p.switch_at = "SNP_GUEST_REQUEST";
	assert_int_equal(kvm_world_ask(&p.w, &plain), 0);
	assert_true(p.other_waits);
	assert_int_equal(fake_psp.calls, 1);
	assert_int_equal(fake_psp.seen[0], 0xa5);
	kvm_world_assert_response(&p.w, FAKE_PSP_FILL(1));
	end(&p);
}

/* From the check on no update may start until the firmware has been called. */
static void v14_keeps_its_mutex_from_the_check_over_the_firmware_call(void **state)
{
	for (unsigned broken = 0; broken < 2; broken++) {
		struct pair p;

		start(&p, SIM_SYNC_V14, broken ? SIM_KVM_CHECK_UNLOCKED : 0);
		p.switch_at = "SNP_GUEST_REQUEST";
		p.pauses = true;
		assert_int_equal(ask_and_answer(&p), 0);
		assert_info(&p.w, 0, 0);
		assert_int_equal(fake_psp.calls, 1);
		assert_int_equal(p.other_waits, !broken);
		assert_int_equal(p.other_ran,
				 broken ? 0 : -EINTR); /* paused, and then the firmware is called */
		end(&p);
	}
}

/* Digests. */

static bool same(struct base_mix a, struct base_mix b)
{
	return a.a == b.a && a.b == b.b;
}

static void the_digest_sees_what_is_written_and_what_is_taken_back(void **state)
{
	static const uint8_t one[1] = { 1 }, none[1] = { 0 };
	const uint64_t places[] = { REQ_GPA, REQ_GPA + 4095, RSP_GPA + 127, RSP_GPA + 128, PRIVATE_GPA };
	struct base_mix seen[2 * ARRAY_SIZE(places)];
	struct pair p;
	unsigned n = 0;

	start(&p, SIM_SYNC_UPSTREAM, 0);
	kvm_world_message(&p.w, 0, 0);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		seen[n] = mix_of(&p);
		assert_int_equal(sim_kvm_guest_write(p.w.vm, places[i], one, 1), 0);
		assert_false(same(mix_of(&p), seen[n]));
		assert_int_equal(sim_kvm_guest_write(p.w.vm, places[i], none, 1), 0);
		assert_true(same(mix_of(&p), seen[n])); /* as if it had never been written */
		assert_int_equal(sim_kvm_guest_write(p.w.vm, places[i], one, 1), 0);
		n++;
	}
	for (unsigned i = 0; i < n; i++)
		for (unsigned k = 0; k < i; k++)
			assert_false(same(seen[i], seen[k]));
	seen[0] = mix_of(&p);
	assert_int_equal(sim_kvm_host_write(p.w.vm, CERTS_GPA, one, 1), 0);
	assert_false(same(mix_of(&p), seen[0]));
	assert_int_equal(sim_kvm_set_shared(p.w.vm, CERTS_GPA, 1, false), 0);
	seen[1] = mix_of(&p);
	assert_false(same(seen[1], seen[0]));
	assert_int_equal(sim_kvm_set_shared(p.w.vm, CERTS_GPA, 1, true), 0);
	assert_true(same(mix_of(&p), seen[0]));
	end(&p);
}

/* B47: the guest wipes its page, the bounce page is still another. */
static void the_digest_sees_the_last_response_of_the_vm(void **state)
{
	static const uint8_t zeros[SNP_PAGE_BYTES];
	struct base_mix seen[2];
	struct pair p;

	start(&p, SIM_SYNC_UPSTREAM, 0);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(kvm_world_ask(&p.w, &plain), 0);
		assert_int_equal(sim_kvm_guest_write(p.w.vm, RSP_GPA, zeros, sizeof(zeros)), 0);
		seen[i] = mix_of(&p);
	}
	assert_false(same(seen[0], seen[1]));
	end(&p);
}

static void the_digest_sees_what_the_vmm_answers(void **state)
{
	struct base_mix before;
	struct pair p;

	start(&p, SIM_SYNC_UPSTREAM, 0);
	assert_int_equal(kvm_world_ask(&p.w, &ext), 0);
	before = mix_of(&p);
	kvm_world_run_put(&p.w, KVM_RUN_SNP_REQ_CERTS_ret, 8, EAGAIN);
	assert_false(same(mix_of(&p), before));
	kvm_world_run_put(&p.w, KVM_RUN_SNP_REQ_CERTS_ret, 8, 0);
	assert_true(same(mix_of(&p), before));
	p.w.run[KVM_RUN_immediate_exit] = 1;
	assert_false(same(mix_of(&p), before));
	end(&p);
}

static void the_digest_sees_how_far_a_request_is(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++) {
		struct base_mix seen[8];
		struct pair p;
		unsigned n = 0;

		start(&p, schemes[i].sync, schemes[i].defects);
		seen[n++] = mix_of(&p);
		assert_int_equal(kvm_world_ask(&p.w, &ext), 0);
		seen[n++] = mix_of(&p); /* the VMM is asked */
		assert_int_equal(sim_kvm_run(p.w.vcpu), 0);
		seen[n++] = mix_of(&p); /* the guest has its answer */
		sim_kvm_inject(p.w.host, SIM_KVM_FAULT_FW_STATUS, 2, SNP_INVALID_PARAM);
		seen[n++] = mix_of(&p);
		sim_kvm_inject(p.w.host, SIM_KVM_FAULT_FW_STATUS, 1, SNP_INVALID_PARAM);
		seen[n++] = mix_of(&p);
		for (unsigned a = 0; a < n; a++)
			for (unsigned b = 0; b < a; b++)
				assert_false(same(seen[a], seen[b]));
		end(&p);
	}
}

static void the_digest_sees_pauses_and_transactions(void **state)
{
	struct base_mix before, paused;
	struct pair p;
	uint64_t id;

	start(&p, SIM_SYNC_V14, 0);
	before = mix_of(&p);
	assert_int_equal(sim_kvm_pause_attestation(p.w.host, &id), 0);
	paused = mix_of(&p);
	assert_false(same(paused, before));
	assert_int_equal(sim_kvm_resume_attestation(p.w.host, &id), 0);
	assert_false(same(mix_of(&p), before));
	assert_false(same(mix_of(&p), paused));
	end(&p);
}

/* immediate_exit is read once: whoever sets it later has no effect on this KVM_RUN. */
static void the_digest_sees_whether_immediate_exit_came_in_time(void **state)
{
	struct base_mix then[2];

	for (unsigned late = 0; late < 2; late++) {
		struct pair p;

		start(&p, SIM_SYNC_UPSTREAM, 0);
		assert_int_equal(kvm_world_ask(&p.w, &ext), 0);
		p.w.run[KVM_RUN_immediate_exit] = !late;
		p.switch_at = "SNP_GUEST_REQUEST";
		p.kicks = true;
		assert_int_equal(sim_kvm_run(p.w.vcpu), late ? 0 : -EINTR);
		assert_int_equal(fake_psp.calls, 1);
		then[late] = p.then;
		end(&p);
	}
	assert_false(same(then[0], then[1]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_scheme_has_its_steps),
		cmocka_unit_test(a_thread_that_ends_does_nothing_more_and_holds_nothing),
		cmocka_unit_test(a_thread_that_ends_neither_pauses_nor_resumes),
		cmocka_unit_test(without_its_mutex_the_vcpus_of_a_vm_mix_their_messages),
		cmocka_unit_test(with_its_mutex_they_wait_for_each_other),
		cmocka_unit_test(v14_keeps_its_mutex_from_the_check_over_the_firmware_call),
		cmocka_unit_test(the_digest_sees_what_is_written_and_what_is_taken_back),
		cmocka_unit_test(the_digest_sees_the_last_response_of_the_vm),
		cmocka_unit_test(the_digest_sees_what_the_vmm_answers),
		cmocka_unit_test(the_digest_sees_whether_immediate_exit_came_in_time),
		cmocka_unit_test(the_digest_sees_how_far_a_request_is),
		cmocka_unit_test(the_digest_sees_pauses_and_transactions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
