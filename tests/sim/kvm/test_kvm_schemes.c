/* SPDX-License-Identifier: MIT */
#include "sim/kvm/kvm_world.h"

#include <errno.h>

/*
 * v14, v15 and none. Sources: "[PATCH v14 22/22]" and "[PATCH v15 19/20] KVM: SEV: Provide support for
 * SNP_EXTENDED_GUEST_REQUEST NAE event".
 */
#define GENERIC UINT64_C(0x8000000000000000)
#define BUSY    UINT64_C(0x200000000)

static const struct kvm_ask ext = EXT_ASK, plain = PLAIN_ASK;

static uint64_t run_field(struct kvm_world *w, unsigned off, unsigned size)
{
	return kvm_world_run_get(w, off, size);
}

static int answer(struct kvm_world *w, uint32_t ret, uint8_t flags)
{
	kvm_world_run_put(w, KVM_RUN_VMGEXIT_ret, 4, ret);
	kvm_world_run_put(w, KVM_RUN_VMGEXIT_flags, 1, flags);
	return sim_kvm_run(w->vcpu);
}

static void both_exit_with_kvm_exit_vmgexit(void **state)
{
	static const struct {
		enum sim_sync sync;
		uint32_t type;
	} cases[] = { { SIM_SYNC_V14, 3 }, { SIM_SYNC_V15, 1 } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct kvm_world w;

		kvm_world_start(&w, cases[i].sync, false);
		memset(w.run + 32, 0xee, 32);
		kvm_world_message(&w, SNP_MSG_KEY_REQ, 0); /* the message type does not matter */
		assert_int_equal(kvm_world_ask(&w, &ext), 0);
		assert_exit(&w, 40);
		assert_int_equal(run_field(&w, 32, 4), cases[i].type);
		assert_int_equal(run_field(&w, 40, 8), CERTS_GPA);
		assert_int_equal(run_field(&w, 48, 8), 4);
		assert_int_equal(run_field(&w, 56, 4), 0xeeeeeeee); /* ret is not set */
		assert_int_equal(run_field(&w, 60, 2), cases[i].sync == SIM_SYNC_V15 ? 0 : 0xeeee);
		assert_int_equal(fake_psp.calls, 0);
		assert_int_equal(answer(&w, 0, 0), 0);
		assert_exit(&w, UAPI_KVM_EXIT_HLT);
		assert_info(&w, 0, 0);
		kvm_world_assert_response(&w, FAKE_PSP_FILL(1));
		kvm_world_end(&w);
	}
}

/* B11: with a firmware status of 0 where none was asked. */
static void the_vmms_answer_is_the_guests_vmm_error(void **state)
{
	static const struct {
		uint32_t ret;
		uint64_t rbx;
	} cases[] = { { 1, 9 }, { 2, 4 }, { 0x80000000, 4 }, { 22, 4 }, { UINT32_MAX, 4 } };

	for (size_t i = 0; i < 2 * ARRAY_SIZE(cases); i++) {
		uint32_t ret = cases[i / 2].ret;
		struct kvm_world w;

		kvm_world_start(&w, i % 2 ? SIM_SYNC_V14 : SIM_SYNC_V15, false);
		assert_int_equal(kvm_world_ask(&w, &ext), 0);
		kvm_world_run_put(&w, KVM_RUN_VMGEXIT_npages, 8, 9);
		assert_int_equal(answer(&w, ret, 0), 0);
		assert_exit(&w, UAPI_KVM_EXIT_HLT);
		assert_info(&w, 0, (uint64_t)ret << 32);
		assert_int_equal(kvm_world_ghcb(&w, GHCB_RBX), cases[i / 2].rbx);
		assert_int_equal(fake_psp.calls, 0);
		kvm_world_end(&w);
	}
}

/* B11, B26 */
static void an_unaligned_rax_is_the_generic_error_and_nobody_is_asked(void **state)
{
	static const struct kvm_ask bad = { .code = GHCB_EXIT_EXT_GUEST_REQUEST,
					    .info_1 = REQ_GPA,
					    .info_2 = RSP_GPA,
					    .rax = CERTS_GPA + 1,
					    .rbx = 1 };

	for (unsigned i = 0; i < 2; i++) {
		struct kvm_world w;

		kvm_world_start(&w, i ? SIM_SYNC_V14 : SIM_SYNC_V15, false);
		assert_int_equal(kvm_world_ask(&w, &bad), 0);
		assert_exit(&w, UAPI_KVM_EXIT_HLT);
		assert_info(&w, 0, GENERIC);
		assert_int_equal(fake_psp.calls, 0);
		kvm_world_end(&w);
	}
}

static void only_v15_wants_rax_and_rbx_valid(void **state)
{
	struct kvm_ask ask = EXT_ASK;
	struct kvm_world w;

	ask.without[0] = GHCB_RBX;
	kvm_world_start(&w, SIM_SYNC_V15, false);
	assert_int_equal(kvm_world_ask(&w, &ask), 0);
	assert_info(&w, GHCB_ERROR, GHCB_ERR_MISSING_INPUT);
	kvm_world_end(&w);
	kvm_world_start(&w, SIM_SYNC_V14, false);
	assert_int_equal(kvm_world_ask(&w, &ask), 0);
	assert_exit(&w, 40);
	assert_int_equal(run_field(&w, KVM_RUN_VMGEXIT_gpa, 8), CERTS_GPA);
	assert_int_equal(run_field(&w, KVM_RUN_VMGEXIT_npages, 8), 0);
	kvm_world_end(&w);
}

static void trouble_below_is_the_generic_error_and_the_response_is_untouched(void **state)
{
	for (unsigned i = 0; i < 2; i++) {
		enum sim_sync sync = i ? SIM_SYNC_V14 : SIM_SYNC_V15;
		struct kvm_ask lost = PLAIN_ASK;
		struct kvm_world w;

		kvm_world_start(&w, sync, false);
		assert_int_equal(kvm_world_ask(&w, &plain), 0);
		fake_psp.status = SNP_INVALID_PARAM;
		assert_int_equal(sim_kvm_guest_write(w.vm, RSP_GPA, (uint8_t[4096]){ 0 }, 4096), 0);
		assert_int_equal(kvm_world_ask(&w, &plain), 0);
		assert_info(&w, 0, GENERIC | SNP_INVALID_PARAM);
		kvm_world_assert_response(&w, 0);
		lost.info_2 = PRIVATE_GPA;
		assert_int_equal(kvm_world_ask(&w, &lost), 0);
		assert_info(&w, 0, GENERIC);
		assert_int_equal(fake_psp.calls, 2); /* the pages are looked up before firmware is asked */
		sim_kvm_inject(w.host, SIM_KVM_FAULT_PSP_TIMEOUT, 1, 0);
		assert_int_equal(kvm_world_ask(&w, &plain), 0);
		assert_info(&w, 0, GENERIC);
		assert_int_equal(kvm_world_ask(&w, &plain), 0);
		assert_info(&w, 0, GENERIC);
		kvm_world_end(&w);
	}
}

/* B12: the second exit is delivered, once, and what the VMM leaves in kvm_run then changes nothing. */
static void v15_notifies_when_the_request_is_done(void **state)
{
	static const struct {
		uint32_t ret, leave;
		unsigned calls;
	} cases[] = { { 0, 0, 1 }, { 0, 2, 1 }, { 1, 1, 0 }, { 2, 0, 0 } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t info_2 = (uint64_t)cases[i].ret << 32;
		struct kvm_world w;

		kvm_world_start(&w, SIM_SYNC_V15, false);
		assert_int_equal(kvm_world_ask(&w, &ext), 0);
		assert_int_equal(run_field(&w, KVM_RUN_VMGEXIT_status, 1), KVM_VMGEXIT_PENDING);
		kvm_world_run_put(&w, KVM_RUN_exit_reason, 4, 99);
		assert_int_equal(answer(&w, cases[i].ret, KVM_VMGEXIT_NOTIFY_DONE), 0);
		assert_exit(&w, 40);
		assert_int_equal(run_field(&w, KVM_RUN_VMGEXIT_type, 4), 1);
		assert_int_equal(run_field(&w, KVM_RUN_VMGEXIT_status, 1), KVM_VMGEXIT_DONE);
		assert_int_equal(run_field(&w, KVM_RUN_VMGEXIT_flags, 1), 0);
		assert_int_equal(fake_psp.calls, cases[i].calls); /* the lock can go */
		assert_info(&w, 0, info_2);
		assert_int_equal(answer(&w, cases[i].leave, KVM_VMGEXIT_NOTIFY_DONE), 0);
		assert_exit(&w, UAPI_KVM_EXIT_HLT);
		assert_info(&w, 0, info_2);
		assert_int_equal(fake_psp.calls, cases[i].calls);
		kvm_world_end(&w);
	}
}

static void v15_believes_a_vmm_that_says_done_itself(void **state)
{
	struct kvm_world w;

	kvm_world_start(&w, SIM_SYNC_V15, false);
	assert_int_equal(kvm_world_ask(&w, &ext), 0);
	kvm_world_run_put(&w, KVM_RUN_VMGEXIT_status, 1, KVM_VMGEXIT_DONE);
	assert_int_equal(answer(&w, 0, 0), 0);
	assert_info(&w, 0, 0);
	assert_int_equal(fake_psp.calls, 0);
	kvm_world_end(&w);
}

static void v14_is_busy_while_paused_and_does_not_ask_the_vmm(void **state)
{
	struct kvm_world w;
	uint64_t id = 0;

	kvm_world_start(&w, SIM_SYNC_V14, false);
	assert_int_equal(sim_kvm_pause_attestation(w.host, &id), 0);
	assert_int_equal(id, 1);
	assert_int_equal(kvm_world_ask(&w, &ext), 0);
	assert_exit(&w, UAPI_KVM_EXIT_HLT);
	assert_info(&w, 0, BUSY);
	assert_int_equal(kvm_world_ask(&w, &plain),
			 0); /* a plain request has no certificates to agree with */
	assert_info(&w, 0, 0);
	id = 99;
	assert_int_equal(sim_kvm_pause_attestation(w.host, &id), -EBUSY);
	assert_int_equal(id, 99);
	assert_int_equal(sim_kvm_resume_attestation(w.host, &id), 0);
	assert_int_equal(id, 1);
	assert_int_equal(sim_kvm_resume_attestation(w.host, &id), 0);
	assert_int_equal(id, 2);
	assert_int_equal(kvm_world_ask(&w, &ext), 0);
	assert_exit(&w, 40);
	kvm_world_end(&w);
}

/* B5: the guest is sent back before the firmware sees the message, never after. */
static void v14_is_busy_when_an_update_began_or_passed_during_the_exit(void **state)
{
	for (unsigned resume = 0; resume < 2; resume++) {
		struct kvm_world w;
		uint64_t id;

		kvm_world_start(&w, SIM_SYNC_V14, false);
		assert_int_equal(kvm_world_ask(&w, &ext), 0);
		assert_int_equal(sim_kvm_pause_attestation(w.host, &id), 0);
		if (resume)
			assert_int_equal(sim_kvm_resume_attestation(w.host, &id), 0);
		assert_int_equal(answer(&w, 0, 0), 0);
		assert_info(&w, 0, BUSY);
		assert_int_equal(fake_psp.calls, 0);
		if (!resume)
			assert_int_equal(sim_kvm_resume_attestation(w.host, &id), 0);
		assert_int_equal(kvm_world_ask(&w, &ext), 0);
		assert_int_equal(answer(&w, 0, 0), 0);
		assert_info(&w, 0, 0);
		assert_int_equal(fake_psp.calls, 1);
		kvm_world_end(&w);
	}
}

static void the_other_schemes_cannot_pause(void **state)
{
	static const enum sim_sync syncs[] = { SIM_SYNC_UPSTREAM, SIM_SYNC_V15, SIM_SYNC_NONE };

	for (size_t i = 0; i < ARRAY_SIZE(syncs); i++) {
		struct kvm_world w;
		uint64_t id;

		kvm_world_start(&w, syncs[i], true);
		assert_int_equal(sim_kvm_pause_attestation(w.host, &id), -EINVAL);
		assert_int_equal(sim_kvm_resume_attestation(w.host, &id), -EINVAL);
		kvm_world_end(&w);
	}
}

static void none_is_upstreams_kernel(void **state)
{
	struct kvm_world w;

	kvm_world_start(&w, SIM_SYNC_NONE, true);
	assert_int_equal(kvm_world_ask(&w, &ext), 0);
	assert_exit(&w, UAPI_KVM_EXIT_SNP_REQ_CERTS);
	kvm_world_run_put(&w, KVM_RUN_SNP_REQ_CERTS_ret, 8, EAGAIN);
	assert_int_equal(sim_kvm_run(w.vcpu), 0);
	assert_info(&w, 0, BUSY);
	kvm_world_end(&w);
}

static void immediate_exit_works_under_every_scheme(void **state)
{
	static const enum sim_sync syncs[] = { SIM_SYNC_UPSTREAM, SIM_SYNC_V15, SIM_SYNC_V14, SIM_SYNC_NONE };

	for (size_t i = 0; i < ARRAY_SIZE(syncs); i++) {
		struct kvm_world w;

		kvm_world_start(&w, syncs[i], true);
		assert_int_equal(kvm_world_ask(&w, &ext), 0);
		w.run[KVM_RUN_immediate_exit] = 1;
		assert_int_equal(sim_kvm_run(w.vcpu), -EINTR);
		assert_int_equal(fake_psp.calls, 1);
		kvm_world_end(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_exit_with_kvm_exit_vmgexit),
		cmocka_unit_test(the_vmms_answer_is_the_guests_vmm_error),
		cmocka_unit_test(an_unaligned_rax_is_the_generic_error_and_nobody_is_asked),
		cmocka_unit_test(only_v15_wants_rax_and_rbx_valid),
		cmocka_unit_test(trouble_below_is_the_generic_error_and_the_response_is_untouched),
		cmocka_unit_test(v15_notifies_when_the_request_is_done),
		cmocka_unit_test(v15_believes_a_vmm_that_says_done_itself),
		cmocka_unit_test(v14_is_busy_while_paused_and_does_not_ask_the_vmm),
		cmocka_unit_test(v14_is_busy_when_an_update_began_or_passed_during_the_exit),
		cmocka_unit_test(the_other_schemes_cannot_pause),
		cmocka_unit_test(none_is_upstreams_kernel),
		cmocka_unit_test(immediate_exit_works_under_every_scheme),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
