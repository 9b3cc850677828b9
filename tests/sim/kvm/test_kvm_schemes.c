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
static const enum sim_sync olds[] = { SIM_SYNC_V14, SIM_SYNC_V15, SIM_SYNC_V15_FIXED };
static const enum sim_sync v15s[] = { SIM_SYNC_V15, SIM_SYNC_V15_FIXED };

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
	} cases[] = { { SIM_SYNC_V14, 3 }, { SIM_SYNC_V15, 1 }, { SIM_SYNC_V15_FIXED, 1 } };

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
		assert_int_equal(run_field(&w, 60, 2), cases[i].sync == SIM_SYNC_V14 ? 0xeeee : 0);
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

	for (size_t i = 0; i < 3 * ARRAY_SIZE(cases); i++) {
		uint32_t ret = cases[i / 3].ret;
		struct kvm_world w;

		kvm_world_start(&w, olds[i % 3], false);
		assert_int_equal(kvm_world_ask(&w, &ext), 0);
		kvm_world_run_put(&w, KVM_RUN_VMGEXIT_npages, 8, 9);
		assert_int_equal(answer(&w, ret, 0), 0);
		assert_exit(&w, UAPI_KVM_EXIT_HLT);
		assert_info(&w, 0, (uint64_t)ret << 32);
		assert_int_equal(kvm_world_ghcb(&w, GHCB_RBX), cases[i / 3].rbx);
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

	for (size_t i = 0; i < ARRAY_SIZE(olds); i++) {
		struct kvm_world w;

		kvm_world_start(&w, olds[i], false);
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
	for (size_t i = 0; i < ARRAY_SIZE(v15s); i++) {
		kvm_world_start(&w, v15s[i], false);
		assert_int_equal(kvm_world_ask(&w, &ask), 0);
		assert_info(&w, GHCB_ERROR, GHCB_ERR_MISSING_INPUT);
		kvm_world_end(&w);
	}
	kvm_world_start(&w, SIM_SYNC_V14, false);
	assert_int_equal(kvm_world_ask(&w, &ask), 0);
	assert_exit(&w, 40);
	assert_int_equal(run_field(&w, KVM_RUN_VMGEXIT_gpa, 8), CERTS_GPA);
	assert_int_equal(run_field(&w, KVM_RUN_VMGEXIT_npages, 8), 0);
	kvm_world_end(&w);
}

static void trouble_below_is_the_generic_error_and_the_response_is_untouched(void **state)
{
	static const enum sim_sync syncs[] = { SIM_SYNC_V14, SIM_SYNC_V15_FIXED };

	for (size_t i = 0; i < ARRAY_SIZE(syncs); i++) {
		struct kvm_ask lost = PLAIN_ASK;
		struct kvm_world w;

		kvm_world_start(&w, syncs[i], false);
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

/* B10: under v15 as posted, for good. */
static void after_a_firmware_error_only_v15_as_posted_leaves_the_page_with_the_firmware(void **state)
{
	static const enum sim_sync all[] = { SIM_SYNC_UPSTREAM, SIM_SYNC_V14, SIM_SYNC_V15_FIXED,
					     SIM_SYNC_NONE, SIM_SYNC_V15 };
	struct base_mix mixes[ARRAY_SIZE(all)] = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		bool loses = all[i] == SIM_SYNC_V15;
		bool bounces = all[i] == SIM_SYNC_UPSTREAM || all[i] == SIM_SYNC_NONE;
		struct kvm_world w;
		uint8_t byte = 0;

		kvm_world_start(&w, all[i], true);
		assert_int_equal(kvm_world_ask(&w, &plain), 0);
		assert_false(sim_kvm_vm_lost_pages(w.vm));
		sim_kvm_inject(w.host, SIM_KVM_FAULT_FW_STATUS, 1, SNP_INVALID_PARAM);
		assert_int_equal(kvm_world_ask(&w, &plain), 0);
		assert_info(&w, 0, bounces ? SNP_INVALID_PARAM : GENERIC | SNP_INVALID_PARAM);
		assert_int_equal(sim_kvm_vm_lost_pages(w.vm), loses);
		sim_kvm_vm_mix(w.vm, &mixes[i]);
		assert_int_equal(sim_kvm_guest_read(w.vm, RSP_GPA, &byte, 1), loses ? -EFAULT : 0);
		assert_int_equal(sim_kvm_guest_write(w.vm, RSP_GPA + 4095, &byte, 1), loses ? -EFAULT : 0);
		assert_int_equal(sim_kvm_guest_write(w.vm, RSP_GPA - 1, &byte, 1), 0);
		assert_int_equal(sim_kvm_guest_write(w.vm, RSP_GPA + 4096, &byte, 1), 0);
		assert_int_equal(sim_kvm_set_shared(w.vm, RSP_GPA, 1, true), loses ? -EFAULT : 0);
		assert_int_equal(sim_kvm_set_shared(w.vm, REQ_GPA, 3, true), loses ? -EFAULT : 0);
		assert_int_equal(kvm_world_ask(&w, &plain), 0);
		assert_info(&w, 0, loses ? GENERIC : 0);
		assert_int_equal(fake_psp.calls, loses ? 1 : 2);
		kvm_world_end(&w);
	}
	assert_true(mixes[1].a == mixes[2].a && mixes[1].b == mixes[2].b);
	assert_true(mixes[4].a != mixes[2].a && mixes[4].b != mixes[2].b);
}

/* It takes a command to get a page back. */
static void a_dead_firmware_keeps_the_page_wherever_it_works_on_the_guests_own(void **state)
{
	static const enum sim_sync all[] = { SIM_SYNC_V14, SIM_SYNC_V15, SIM_SYNC_V15_FIXED,
					     SIM_SYNC_UPSTREAM };

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		bool bounces = all[i] == SIM_SYNC_UPSTREAM;
		struct kvm_world w;

		kvm_world_start(&w, all[i], true);
		sim_kvm_inject(w.host, SIM_KVM_FAULT_PSP_TIMEOUT, 1, 0);
		assert_int_equal(kvm_world_ask(&w, &plain), bounces ? -ETIMEDOUT : 0);
		assert_int_equal(sim_kvm_vm_lost_pages(w.vm), !bounces);
		kvm_world_end(&w);
	}
}

/*
 * B12: the second exit is delivered, once, and what the VMM leaves in kvm_run then changes nothing. As posted
 * it is what the VMM left there: the VMM here left another exit_reason.
 */
static void v15_notifies_when_the_request_is_done(void **state)
{
	static const struct {
		uint32_t ret, leave;
		unsigned calls;
	} cases[] = { { 0, 0, 1 }, { 0, 2, 1 }, { 1, 1, 0 }, { 2, 0, 0 } };

	for (size_t i = 0; i < 3 * ARRAY_SIZE(cases); i++) {
		bool fixed = i % 3 == 0, spoilt = i % 3 != 1;
		uint32_t ret = cases[i / 3].ret, calls = cases[i / 3].calls;
		uint64_t info_2 = (uint64_t)ret << 32;
		struct kvm_world w;

		kvm_world_start(&w, fixed ? SIM_SYNC_V15_FIXED : SIM_SYNC_V15, false);
		assert_int_equal(kvm_world_ask(&w, &ext), 0);
		assert_int_equal(run_field(&w, KVM_RUN_VMGEXIT_status, 1), KVM_VMGEXIT_PENDING);
		if (spoilt)
			kvm_world_run_put(&w, KVM_RUN_exit_reason, 4, 99);
		assert_int_equal(answer(&w, ret, KVM_VMGEXIT_NOTIFY_DONE), 0);
		assert_exit(&w, fixed || !spoilt ? 40 : 99);
		assert_int_equal(run_field(&w, KVM_RUN_VMGEXIT_type, 4), 1);
		assert_int_equal(run_field(&w, KVM_RUN_VMGEXIT_status, 1), KVM_VMGEXIT_DONE);
		assert_int_equal(run_field(&w, KVM_RUN_VMGEXIT_flags, 1), 0);
		assert_int_equal(fake_psp.calls, calls); /* the lock can go */
		assert_info(&w, 0, info_2);
		assert_int_equal(answer(&w, cases[i / 3].leave, KVM_VMGEXIT_NOTIFY_DONE), 0);
		assert_exit(&w, UAPI_KVM_EXIT_HLT);
		assert_info(&w, 0, info_2);
		assert_int_equal(fake_psp.calls, calls);
		kvm_world_end(&w);
	}
}

/* `ret` is not initialised; upstream it is. */
static void a_vmm_that_does_not_answer_repeats_its_last_answer_but_upstream(void **state)
{
	struct kvm_world w;

	for (size_t i = 0; i < ARRAY_SIZE(olds); i++) {
		kvm_world_start(&w, olds[i], false);
		assert_int_equal(kvm_world_ask(&w, &ext), 0);
		assert_int_equal(answer(&w, SNP_VMM_BUSY, 0), 0);
		assert_int_equal(kvm_world_ask(&w, &ext), 0);
		assert_int_equal(sim_kvm_run(w.vcpu), 0);
		assert_info(&w, 0, BUSY);
		assert_int_equal(fake_psp.calls, 0);
		kvm_world_end(&w);
	}
	kvm_world_start(&w, SIM_SYNC_UPSTREAM, true);
	assert_int_equal(kvm_world_ask(&w, &ext), 0);
	kvm_world_run_put(&w, KVM_RUN_SNP_REQ_CERTS_ret, 8, EAGAIN);
	assert_int_equal(sim_kvm_run(w.vcpu), 0);
	assert_info(&w, 0, BUSY);
	assert_int_equal(kvm_world_ask(&w, &ext), 0);
	assert_int_equal(sim_kvm_run(w.vcpu), 0);
	assert_info(&w, 0, 0);
	kvm_world_end(&w);
}

static void v15_believes_a_vmm_that_says_done_itself(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(v15s); i++) {
		struct kvm_world w;

		kvm_world_start(&w, v15s[i], false);
		assert_int_equal(kvm_world_ask(&w, &ext), 0);
		kvm_world_run_put(&w, KVM_RUN_VMGEXIT_status, 1, KVM_VMGEXIT_DONE);
		assert_int_equal(answer(&w, 0, 0), 0);
		assert_info(&w, 0, 0);
		assert_int_equal(fake_psp.calls, 0);
		kvm_world_end(&w);
	}
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
	static const enum sim_sync syncs[] = { SIM_SYNC_UPSTREAM, SIM_SYNC_V15, SIM_SYNC_V15_FIXED,
					       SIM_SYNC_NONE };

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
	static const enum sim_sync syncs[] = { SIM_SYNC_UPSTREAM, SIM_SYNC_V15, SIM_SYNC_V15_FIXED,
					       SIM_SYNC_V14, SIM_SYNC_NONE };

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

static void a_scheme_is_found_by_its_word(void **state)
{
	static const char *const words[] = { "upstream", "v15", "v15-fixed", "v14", "none" };
	static const enum sim_sync schemes[] = { SIM_SYNC_UPSTREAM, SIM_SYNC_V15, SIM_SYNC_V15_FIXED,
						 SIM_SYNC_V14, SIM_SYNC_NONE };
	enum sim_sync found = SIM_SYNC_V14;

	assert_false(sim_sync_find("v16", &found));
	assert_int_equal(found, SIM_SYNC_V14);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		assert_true(sim_sync_find(words[i], &found));
		assert_int_equal(found, schemes[i]);
	}
}

/* Defects on purpose; test_kvm_steps.c has those that show only when others run in between. */

/* B5. Under v14 because an update passed, under the others always; a refusal of the VMM is still early. */
static void busy_late_comes_after_the_firmware_has_seen_the_message(void **state)
{
	static const enum sim_sync syncs[] = { SIM_SYNC_UPSTREAM, SIM_SYNC_V15_FIXED, SIM_SYNC_V14 };

	for (size_t i = 0; i < 2 * ARRAY_SIZE(syncs); i++) {
		bool v14 = syncs[i / 2] == SIM_SYNC_V14, broken = i % 2;
		struct kvm_world w;
		uint64_t id;

		kvm_world_start(&w, syncs[i / 2], true);
		sim_kvm_set_defects(w.host, broken ? SIM_KVM_BUSY_LATE : 0);
		assert_int_equal(kvm_world_ask(&w, &plain), 0);
		assert_info(&w, 0, 0); /* has no certificates */
		assert_int_equal(kvm_world_ask(&w, &ext), 0);
		if (v14) {
			assert_int_equal(sim_kvm_pause_attestation(w.host, &id), 0);
			assert_int_equal(sim_kvm_resume_attestation(w.host, &id), 0);
		}
		if (syncs[i / 2] == SIM_SYNC_UPSTREAM)
			assert_int_equal(sim_kvm_run(w.vcpu), 0);
		else
			assert_int_equal(answer(&w, 0, 0), 0);
		assert_info(&w, 0, broken || v14 ? BUSY : 0);
		assert_int_equal(fake_psp.calls, v14 && !broken ? 1 : 2);
		kvm_world_end(&w);
	}
}

static void an_early_check_alone_misses_an_update_during_the_exit(void **state)
{
	for (unsigned broken = 0; broken < 2; broken++) {
		struct kvm_world w;
		uint64_t id;

		kvm_world_start(&w, SIM_SYNC_V14, false);
		sim_kvm_set_defects(w.host, broken ? SIM_KVM_CHECK_EARLY : 0);
		assert_int_equal(kvm_world_ask(&w, &ext), 0);
		assert_int_equal(sim_kvm_pause_attestation(w.host, &id), 0);
		assert_int_equal(answer(&w, 0, 0), 0);
		assert_info(&w, 0, broken ? 0 : BUSY);
		assert_int_equal(fake_psp.calls, broken);
		assert_int_equal(kvm_world_ask(&w, &ext), 0); /* the exit's check is made */
		assert_info(&w, 0, BUSY);
		kvm_world_end(&w);
	}
}

static void without_the_early_check_the_vmm_is_asked_in_vain(void **state)
{
	for (unsigned without = 0; without < 2; without++) {
		struct kvm_world w;
		uint64_t id;

		kvm_world_start(&w, SIM_SYNC_V14, false);
		sim_kvm_set_defects(w.host, without ? SIM_KVM_NO_EARLY_CHECK : 0);
		assert_int_equal(sim_kvm_pause_attestation(w.host, &id), 0);
		assert_int_equal(kvm_world_ask(&w, &ext), 0);
		assert_exit(&w, without ? UAPI_KVM_EXIT_VMGEXIT : UAPI_KVM_EXIT_HLT);
		assert_int_equal(sim_kvm_resume_attestation(w.host, &id), 0);
		if (without)
			assert_int_equal(answer(&w, 0, 0), 0);
		assert_info(&w, 0, BUSY); /* the id was read while it was paused */
		assert_int_equal(fake_psp.calls, 0);
		kvm_world_end(&w);
	}
}

static void eintr_first_leaves_the_request_for_the_next_run(void **state)
{
	for (unsigned broken = 0; broken < 2; broken++) {
		struct kvm_world w;

		kvm_world_start(&w, SIM_SYNC_UPSTREAM, true);
		sim_kvm_set_defects(w.host, broken ? SIM_KVM_EINTR_FIRST : 0);
		assert_int_equal(kvm_world_ask(&w, &ext), 0);
		w.run[KVM_RUN_immediate_exit] = 1;
		assert_int_equal(sim_kvm_run(w.vcpu), -EINTR);
		assert_int_equal(fake_psp.calls, !broken);
		w.run[KVM_RUN_immediate_exit] = 0;
		assert_int_equal(sim_kvm_run(w.vcpu), 0);
		assert_int_equal(fake_psp.calls, 1);
		assert_info(&w, 0, 0);
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
		cmocka_unit_test(after_a_firmware_error_only_v15_as_posted_leaves_the_page_with_the_firmware),
		cmocka_unit_test(a_dead_firmware_keeps_the_page_wherever_it_works_on_the_guests_own),
		cmocka_unit_test(v15_notifies_when_the_request_is_done),
		cmocka_unit_test(a_vmm_that_does_not_answer_repeats_its_last_answer_but_upstream),
		cmocka_unit_test(v15_believes_a_vmm_that_says_done_itself),
		cmocka_unit_test(v14_is_busy_while_paused_and_does_not_ask_the_vmm),
		cmocka_unit_test(v14_is_busy_when_an_update_began_or_passed_during_the_exit),
		cmocka_unit_test(the_other_schemes_cannot_pause),
		cmocka_unit_test(none_is_upstreams_kernel),
		cmocka_unit_test(immediate_exit_works_under_every_scheme),
		cmocka_unit_test(a_scheme_is_found_by_its_word),
		cmocka_unit_test(busy_late_comes_after_the_firmware_has_seen_the_message),
		cmocka_unit_test(an_early_check_alone_misses_an_update_during_the_exit),
		cmocka_unit_test(without_the_early_check_the_vmm_is_asked_in_vain),
		cmocka_unit_test(eintr_first_leaves_the_request_for_the_next_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
