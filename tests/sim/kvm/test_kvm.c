/* SPDX-License-Identifier: MIT */
#include "sim/kvm/kvm_world.h"

#include <errno.h>
#include <malloc.h>

/* GHCB checks, upstream's exit and completion, immediate_exit, faults. Spec: GHCB 4; Linux 7.0 api.rst */

#define CODE   GHCB_SW_EXIT_CODE
#define INFO_1 GHCB_SW_EXIT_INFO_1
#define INFO_2 GHCB_SW_EXIT_INFO_2

static int up(void **state)
{
	struct kvm_world *w = malloc(sizeof(*w));

	kvm_world_start(w, SIM_SYNC_UPSTREAM, true);
	*state = w;
	return 0;
}

static int down(void **state)
{
	kvm_world_end(*state);
	free(*state);
	return 0;
}

#define EXT   .code = GHCB_EXIT_EXT_GUEST_REQUEST
#define PLAIN .code = GHCB_EXIT_GUEST_REQUEST
#define PAGES .info_1 = REQ_GPA, .info_2 = RSP_GPA
#define CERTS .rax = CERTS_GPA, .rbx = 4

/* B26: nothing a guest writes into its GHCB gets past these. B55: RAX and RBX want their valid bits. */
static void bad_ghcbs_are_refused_with_the_exact_reason(void **state)
{
	static const struct {
		struct kvm_ask ask;
		uint64_t reason;
	} cases[] = {
		{ { EXT, PAGES, CERTS, .usage = 1 }, GHCB_ERR_INVALID_USAGE },
		{ { PLAIN, PAGES, .usage = UINT32_MAX }, GHCB_ERR_INVALID_USAGE },
		{ { PLAIN, PAGES, .usage = 1, .without = { CODE } }, GHCB_ERR_INVALID_USAGE },
		{ { EXT, PAGES, CERTS, .without = { CODE } }, GHCB_ERR_MISSING_INPUT },
		{ { EXT, PAGES, CERTS, .without = { INFO_1 } }, GHCB_ERR_MISSING_INPUT },
		{ { EXT, PAGES, CERTS, .without = { INFO_2 } }, GHCB_ERR_MISSING_INPUT },
		{ { PLAIN, PAGES, .without = { INFO_1, INFO_2 } }, GHCB_ERR_MISSING_INPUT },
		{ { .code = 0x80000099, .without = { INFO_1 } }, GHCB_ERR_MISSING_INPUT },
		{ { PLAIN, .info_1 = REQ_GPA + 1, .info_2 = RSP_GPA }, GHCB_ERR_INVALID_INPUT },
		{ { PLAIN, .info_1 = REQ_GPA, .info_2 = RSP_GPA + 0x800 }, GHCB_ERR_INVALID_INPUT },
		{ { PLAIN, .info_1 = REQ_GPA, .info_2 = REQ_GPA }, GHCB_ERR_INVALID_INPUT },
		{ { EXT, .info_1 = REQ_GPA, .info_2 = REQ_GPA, CERTS }, GHCB_ERR_INVALID_INPUT },
		{ { EXT, .info_1 = UINT64_MAX, .info_2 = RSP_GPA, CERTS }, GHCB_ERR_INVALID_INPUT },
		{ { .code = GHCB_EXIT_TERM_REQUEST, .without = { INFO_1 } }, GHCB_ERR_MISSING_INPUT },
		{ { .code = 0, PAGES }, GHCB_ERR_INVALID_EVENT },
		{ { .code = 0x80000013, PAGES }, GHCB_ERR_INVALID_EVENT },
		{ { .code = UINT64_C(0x180000011), PAGES }, GHCB_ERR_INVALID_EVENT },
		{ { .code = UINT64_MAX, PAGES }, GHCB_ERR_INVALID_EVENT },
		{ { EXT, PAGES, CERTS, .without = { GHCB_RAX } }, GHCB_ERR_INVALID_INPUT },
		{ { EXT, PAGES, CERTS, .without = { GHCB_RBX } }, GHCB_ERR_INVALID_INPUT },
		{ { EXT, PAGES, .rax = CERTS_GPA + 8, .rbx = 4 }, GHCB_ERR_INVALID_INPUT },
		{ { EXT, PAGES, .rax = UINT64_MAX, .rbx = 0 }, GHCB_ERR_INVALID_INPUT },
	};
	struct kvm_world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(kvm_world_ask(w, &cases[i].ask), 0);
		assert_exit(w, UAPI_KVM_EXIT_HLT);
		assert_info(w, GHCB_ERROR, cases[i].reason);
		assert_true(kvm_world_ghcb_valid(w, INFO_1) && kvm_world_ghcb_valid(w, INFO_2));
	}
	assert_int_equal(fake_psp.calls, 0);
}

/* sim_linux: kvm_refuses_pages_as_invalid */
static void bad_request_pages_have_another_reason_since_7_2(void **state)
{
	static const struct kvm_ask asks[] = {
		{ PLAIN, .info_1 = REQ_GPA + 1, .info_2 = RSP_GPA },
		{ PLAIN, .info_1 = REQ_GPA, .info_2 = RSP_GPA + 0x800 },
		{ PLAIN, .info_1 = REQ_GPA, .info_2 = REQ_GPA },
		{ EXT, .info_1 = REQ_GPA, .info_2 = REQ_GPA, CERTS },
	};

	for (size_t i = 0; i < 2 * ARRAY_SIZE(asks); i++) {
		bool old = i % 2;
		struct kvm_world w;

		kvm_world_start_on(&w, old ? &sim_linux_6_12 : &sim_linux_7_3);
		assert_int_equal(kvm_world_ask(&w, &asks[i / 2]), 0);
		assert_exit(&w, UAPI_KVM_EXIT_HLT);
		assert_info(&w, GHCB_ERROR, old ? GHCB_ERR_MISSING_INPUT : GHCB_ERR_INVALID_INPUT);
		kvm_world_end(&w);
	}
}

static void every_answer_has_exactly_the_valid_bits_that_kvm_wrote(void **state)
{
	static const struct kvm_ask ask = PLAIN_ASK;
	static const uint8_t want[GHCB_VALID_BITMAP_BYTES] = { [7] = 0x80, [12] = 0x0e, [14] = 0x18 };
	uint8_t bitmap[GHCB_VALID_BITMAP_BYTES];
	struct kvm_world *w = *state;

	/* The four registers go back always, info_1 and info_2 when answered; the exit code's bit is gone. */
	assert_int_equal(kvm_world_ask(w, &ask), 0);
	assert_int_equal(sim_kvm_guest_read(w->vm, GHCB_GPA + GHCB_VALID_BITMAP, bitmap, sizeof(bitmap)), 0);
	assert_memory_equal(bitmap, want, sizeof(want));
	assert_int_equal(kvm_world_ghcb(w, GHCB_RAX), 0); /* its bit was clear: 0, not what the page held */
}

static void a_ghcb_that_is_nowhere_is_ignored(void **state)
{
	static const uint64_t gpas[] = { 0, END_GPA, UINT64_C(1) << 52, UINT64_MAX - 4095 };
	static const struct kvm_ask ask = PLAIN_ASK;
	struct kvm_world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(gpas); i++) {
		w->msr = gpas[i];
		assert_int_equal(kvm_world_ask(w, &ask), 0);
		assert_exit(w, UAPI_KVM_EXIT_HLT);
		assert_int_equal(kvm_world_ghcb(w, INFO_1), REQ_GPA);
		assert_true(kvm_world_ghcb_valid(w, CODE));
	}
	assert_int_equal(fake_psp.calls, 0);
}

/* KVM maps what the slot has behind a private page: zeros, and what it answers there the guest never sees. */
static void a_private_ghcb_is_read_as_the_slot_has_it(void **state)
{
	static const struct kvm_ask ask = PLAIN_ASK;
	struct kvm_world *w = *state;

	assert_int_equal(sim_kvm_set_shared(w->vm, GHCB_GPA, 1, false), 0);
	assert_int_equal(kvm_world_ask(w, &ask), 0);
	assert_exit(w, UAPI_KVM_EXIT_HLT);
	assert_non_null(strstr(w->trace, "MISSING_INPUT"));
	assert_int_equal(kvm_world_ghcb(w, INFO_1), REQ_GPA);
	assert_true(kvm_world_ghcb_valid(w, CODE));
	assert_int_equal(fake_psp.calls, 0);
}

/* sim_linux: kvm_answers_unregistered_ghcb */
static void a_ghcb_that_is_not_registered_stops_the_vm_before_7_2_only(void **state)
{
	static const struct kvm_ask ask = PLAIN_ASK;

	for (int old = 0; old < 2; old++) {
		struct kvm_world w;

		kvm_world_start_on(&w, old ? &sim_linux_6_12 : &sim_linux_7_3);
		assert_int_equal(sim_kvm_register_ghcb(w.vcpu, RSP_GPA), 0);
		assert_int_equal(sim_kvm_register_ghcb(w.vcpu, RSP_GPA + 1), -EINVAL);
		assert_int_equal(kvm_world_ask(&w, &ask), old ? -EINVAL : 0);
		assert_exit(&w, old ? 0 : UAPI_KVM_EXIT_HLT);
		if (!old)
			assert_info(&w, GHCB_ERROR, GHCB_ERR_NOT_REGISTERED);
		assert_false(
			kvm_world_ghcb_valid(&w, CODE)); /* the bitmap was cleared before that was found */
		assert_int_equal(fake_psp.calls, 0);
		kvm_world_end(&w);
	}
}

static void the_msr_protocol_answers_what_a_guest_asks_at_boot(void **state)
{
	static const struct {
		uint64_t msr, answer;
	} cases[] = {
		{ 0x002, UINT64_C(0x0002000133000001) },
		{ 0x010, UINT64_C(0xfffffffffffff011) },
		{ 0x12345012, 0x12345013 },
		{ 0x080, 0x3081 },
		/* What is no request, or none that is simulated, stays there. */
		{ 0x001, 0x001 },
		{ 0xabc123, 0xabc123 },
		{ UINT64_MAX, UINT64_MAX },
	};
	struct kvm_world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		w->msr = cases[i].msr;
		w->exits = 1;
		assert_int_equal(sim_kvm_run(w->vcpu), 0);
		assert_exit(w, UAPI_KVM_EXIT_HLT);
		assert_int_equal(w->msr_now, cases[i].answer);
	}
	w->msr = GHCB_GPA | 0x012;
	w->exits = 1;
	assert_int_equal(sim_kvm_run(w->vcpu), 0);
	w->msr = GHCB_GPA;
	assert_int_equal(kvm_world_ask(w, &(struct kvm_ask)PLAIN_ASK), 0);
	assert_int_equal(fake_psp.calls, 1);
}

static void assert_terminated(struct kvm_world *w, uint64_t ghcb_msr)
{
	assert_exit(w, UAPI_KVM_EXIT_SYSTEM_EVENT);
	assert_int_equal(kvm_world_run_get(w, KVM_RUN_SYSTEM_EVENT_type, 4), UAPI_KVM_SYSTEM_EVENT_SEV_TERM);
	assert_int_equal(kvm_world_run_get(w, KVM_RUN_SYSTEM_EVENT_ndata, 4), 1);
	assert_int_equal(kvm_world_run_get(w, KVM_RUN_SYSTEM_EVENT_data, 8), ghcb_msr);
}

static void a_guest_that_terminates_is_a_system_event(void **state)
{
	struct kvm_world *w = *state;

	w->msr = 0x12100; /* reason set 2, reason 1 */
	w->exits = 1;
	assert_int_equal(sim_kvm_run(w->vcpu), 0);
	assert_terminated(w, 0x12100);
	assert_int_equal(sim_kvm_run(w->vcpu), 0); /* whoever enters it again finds it there */
	assert_exit(w, UAPI_KVM_EXIT_HLT);
	w->msr = GHCB_GPA;
	assert_int_equal(kvm_world_ask(w, &(struct kvm_ask){ .code = GHCB_EXIT_TERM_REQUEST, .info_1 = 2 }),
			 0);
	assert_terminated(w, GHCB_GPA);
}

static void hypervisor_features_are_snp_and_ap_creation(void **state)
{
	struct kvm_world *w = *state;

	assert_int_equal(kvm_world_ask(w, &(struct kvm_ask){ .code = GHCB_EXIT_HV_FEATURES }), 0);
	assert_info(w, 0, 3);
}

static void a_plain_request_goes_to_firmware_and_back(void **state)
{
	static const struct kvm_ask ask = PLAIN_ASK;
	struct kvm_world *w = *state;

	kvm_world_message(w, SNP_MSG_KEY_REQ, 0xc3);
	assert_int_equal(kvm_world_ask(w, &ask), 0);
	assert_exit(w, UAPI_KVM_EXIT_HLT);
	assert_info(w, 0, 0);
	assert_int_equal(fake_psp.seen[0], 0xc3); /* whole page */
	assert_int_equal(fake_psp.seen[SNP_PAGE_BYTES - 1], 0xc3);
	kvm_world_assert_response(w, FAKE_PSP_FILL(1));
}

/* B47: an error brings the previous response again, and zeros when there was none. */
static void a_firmware_error_returns_the_previous_response(void **state)
{
	static const struct kvm_ask ask = PLAIN_ASK;
	struct kvm_world *w = *state;
	uint8_t dirt[SNP_PAGE_BYTES];

	memset(dirt, 0xdd, sizeof(dirt));
	fake_psp.status = SNP_AEAD_OFLOW;
	assert_int_equal(sim_kvm_guest_write(w->vm, RSP_GPA, dirt, sizeof(dirt)), 0);
	assert_int_equal(kvm_world_ask(w, &ask), 0);
	assert_info(w, 0, SNP_AEAD_OFLOW);
	kvm_world_assert_response(w, 0);
	fake_psp.status = SNP_SUCCESS;
	assert_int_equal(kvm_world_ask(w, &ask), 0);
	kvm_world_assert_response(w, FAKE_PSP_FILL(2));
	fake_psp.status = SNP_INVALID_PARAM;
	assert_int_equal(sim_kvm_guest_write(w->vm, RSP_GPA, dirt, sizeof(dirt)), 0);
	assert_int_equal(kvm_world_ask(w, &ask), 0);
	assert_info(w, 0, SNP_INVALID_PARAM);
	kvm_world_assert_response(w, FAKE_PSP_FILL(2));
}

/* B10: nothing stays mapped or firmware-owned when a page cannot be had. */
static void request_pages_that_are_not_ram_fail_kvm_run(void **state)
{
	static const struct {
		struct kvm_ask ask;
		unsigned calls;
	} cases[] = {
		{ { PLAIN, .info_1 = END_GPA, .info_2 = RSP_GPA }, 0 },
		{ { PLAIN, .info_1 = UINT64_MAX - 4095, .info_2 = RSP_GPA }, 0 },
		{ { EXT, .info_1 = END_GPA, .info_2 = RSP_GPA, CERTS }, 0 },
		{ { EXT, .info_1 = UINT64_MAX - 4095, .info_2 = RSP_GPA, CERTS }, 0 },
		{ { PLAIN, .info_1 = REQ_GPA, .info_2 = END_GPA }, 1 }, /* firmware had the message by then */
		{ { PLAIN, .info_1 = REQ_GPA, .info_2 = UINT64_MAX - 4095 }, 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct kvm_world w;

		kvm_world_start(&w, SIM_SYNC_UPSTREAM, true);
		assert_int_equal(kvm_world_ask(&w, &cases[i].ask), -EIO);
		assert_int_equal(fake_psp.calls, cases[i].calls);
		kvm_world_end(&w);
	}
}

/* KVM uses what the slot has behind a private page: firmware gets zeros, the guest no answer. */
static void private_request_pages_are_those_of_the_slot(void **state)
{
	static const struct kvm_ask asks[] = {
		{ PLAIN, .info_1 = PRIVATE_GPA, .info_2 = RSP_GPA },
		{ EXT, .info_1 = PRIVATE_GPA, .info_2 = RSP_GPA, CERTS }, /* of message type 0: a plain one */
		{ PLAIN, .info_1 = REQ_GPA, .info_2 = PRIVATE_GPA },
	};
	uint8_t page[SNP_PAGE_BYTES];

	for (size_t i = 0; i < ARRAY_SIZE(asks); i++) {
		struct kvm_world w;

		kvm_world_start(&w, SIM_SYNC_UPSTREAM, true);
		memset(page, 0x99, sizeof(page));
		assert_int_equal(sim_kvm_guest_write(w.vm, PRIVATE_GPA, page, sizeof(page)), 0);
		assert_int_equal(kvm_world_ask(&w, &asks[i]), 0);
		assert_exit(&w, UAPI_KVM_EXIT_HLT);
		assert_int_equal(fake_psp.calls, 1);
		if (asks[i].info_1 == PRIVATE_GPA)
			assert_true(bytes_all(fake_psp.seen, sizeof(fake_psp.seen), 0));
		assert_int_equal(sim_kvm_guest_read(w.vm, PRIVATE_GPA, page, sizeof(page)), 0);
		assert_true(bytes_all(page, sizeof(page), 0x99));
		kvm_world_end(&w);
	}
}

static void an_extended_request_asks_the_vmm_with_the_guests_words(void **state)
{
	/* B21: KVM passes on what the guest said, whatever it is. */
	static const struct {
		uint64_t rax, rbx;
	} cases[] = {
		{ CERTS_GPA, 4 },
		{ CERTS_GPA, 0 },
		{ CERTS_GPA, UINT64_C(1) << 52 },
		{ CERTS_GPA, UINT64_C(1) << 63 },
		{ CERTS_GPA, UINT64_MAX },
		{ PRIVATE_GPA, 4 },
		{ UINT64_MAX - 4095, 4 },
		{ REQ_GPA, 1 },
		{ 0, 1 },
	};
	struct kvm_world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct kvm_ask ask = { EXT, PAGES, .rax = cases[i].rax, .rbx = cases[i].rbx };

		kvm_world_run_put(w, KVM_RUN_SNP_REQ_CERTS_ret, 8, UINT64_MAX);
		assert_int_equal(kvm_world_ask(w, &ask), 0);
		assert_exit(w, UAPI_KVM_EXIT_SNP_REQ_CERTS);
		assert_int_equal(kvm_world_run_get(w, KVM_RUN_SNP_REQ_CERTS_gpa, 8), cases[i].rax);
		assert_int_equal(kvm_world_run_get(w, KVM_RUN_SNP_REQ_CERTS_npages, 8), cases[i].rbx);
		assert_int_equal(kvm_world_run_get(w, KVM_RUN_SNP_REQ_CERTS_ret, 8), 0);
		assert_int_equal(fake_psp.calls, i);
		assert_int_equal(sim_kvm_run(w->vcpu), 0);
		assert_exit(w, UAPI_KVM_EXIT_HLT);
		assert_info(w, 0, 0);
		assert_int_equal(kvm_world_ghcb(w, GHCB_RAX), cases[i].rax);
		assert_int_equal(kvm_world_ghcb(w, GHCB_RBX), cases[i].rbx);
	}
}

static void each_answer_of_the_vmm_has_its_effect(void **state)
{
	static const struct {
		uint64_t ret, npages, info_2, rbx;
		int r;
		unsigned calls;
	} cases[] = {
		{ 0, 9, 0, 4, 0, 1 },
		{ ENOSPC, 9, UINT64_C(0x100000000), 9, 0, 0 },
		{ ENOSPC, UINT64_C(1) << 52, UINT64_C(0x100000000), UINT64_C(1) << 52, 0, 0 },
		{ EAGAIN, 9, UINT64_C(0x200000000), 4, 0, 0 },
		{ EIO, 9, UINT64_C(0xffffffff00000000), 4, 0, 0 },
		{ EINVAL, 9, 0, 4, -EINVAL, 0 },
		{ 1, 9, 0, 4, -EINVAL, 0 },
		{ 2, 9, 0, 4, -EINVAL, 0 },
		{ (uint64_t)-EAGAIN, 9, 0, 4, -EINVAL, 0 },
		{ UINT64_C(1) << 32 | EAGAIN, 9, 0, 4, -EINVAL, 0 },
		{ UINT64_C(1) << 32, 9, 0, 4, -EINVAL, 0 },
		{ UINT64_C(1) << 63, 9, 0, 4, -EINVAL, 0 },
	};
	static const struct kvm_ask ask = EXT_ASK;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct kvm_world w;

		kvm_world_start(&w, SIM_SYNC_UPSTREAM, true);
		assert_int_equal(kvm_world_ask(&w, &ask), 0);
		kvm_world_run_put(&w, KVM_RUN_SNP_REQ_CERTS_ret, 8, cases[i].ret);
		kvm_world_run_put(&w, KVM_RUN_SNP_REQ_CERTS_npages, 8, cases[i].npages);
		assert_int_equal(sim_kvm_run(w.vcpu), cases[i].r);
		if (cases[i].r < 0) { /* consumed: the next run enters the guest, which sees info_2 = 0 */
			assert_exit(&w, UAPI_KVM_EXIT_SNP_REQ_CERTS);
			assert_int_equal(sim_kvm_run(w.vcpu), 0);
		}
		assert_exit(&w, UAPI_KVM_EXIT_HLT);
		assert_info(&w, 0, cases[i].info_2);
		assert_int_equal(kvm_world_ghcb(&w, GHCB_RBX), cases[i].rbx);
		assert_int_equal(fake_psp.calls, cases[i].calls);
		kvm_world_assert_response(&w, cases[i].calls ? FAKE_PSP_FILL(1) : 0);
		kvm_world_end(&w);
	}
}

/* B30: also when a VMM left ENOSPC in kvm_run. */
static void a_plain_request_never_asks_the_vmm(void **state)
{
	static const struct kvm_ask ask = PLAIN_ASK;
	struct kvm_world *w = *state;

	kvm_world_run_put(w, KVM_RUN_SNP_REQ_CERTS_ret, 8, ENOSPC);
	assert_int_equal(kvm_world_ask(w, &ask), 0);
	assert_exit(w, UAPI_KVM_EXIT_HLT);
	assert_info(w, 0, 0);
	assert_int_equal(fake_psp.calls, 1);
}

static void other_messages_in_an_extended_request_are_plain(void **state)
{
	/* RAX and RBX are not looked at then. */
	static const struct kvm_ask ask = { EXT, PAGES, .rax = 7, .without = { GHCB_RBX } };
	struct kvm_world *w = *state;

	kvm_world_message(w, SNP_MSG_KEY_REQ, 1);
	assert_int_equal(kvm_world_ask(w, &ask), 0);
	assert_exit(w, UAPI_KVM_EXIT_HLT);
	assert_info(w, 0, 0);
	assert_int_equal(fake_psp.calls, 1);
}

/* B26: the type byte is read apart from the page, so this guest gets certificates for a key request. */
static void a_type_changed_between_exit_and_completion_hurts_the_guest_alone(void **state)
{
	static const struct kvm_ask ask = EXT_ASK;
	struct kvm_world *w = *state;

	assert_int_equal(kvm_world_ask(w, &ask), 0);
	kvm_world_message(w, SNP_MSG_KEY_REQ, 2);
	assert_int_equal(sim_kvm_run(w->vcpu), 0);
	assert_int_equal(fake_psp.seen[SNP_MSG_TYPE_OFF], SNP_MSG_KEY_REQ);
}

/* B9: what the guest writes into its GHCB after the exit is not seen. */
static void the_ghcb_is_read_once(void **state)
{
	static const struct kvm_ask ask = EXT_ASK;
	struct kvm_world *w = *state;
	uint8_t page[GHCB_BYTES] = { 0 };

	assert_int_equal(kvm_world_ask(w, &ask), 0);
	ghcb_put(page, INFO_1, PRIVATE_GPA);
	ghcb_put(page, INFO_2, PRIVATE_GPA);
	ghcb_put(page, GHCB_RBX, 77);
	assert_int_equal(sim_kvm_guest_write(w->vm, GHCB_GPA, page, sizeof(page)), 0);
	assert_int_equal(sim_kvm_run(w->vcpu), 0);
	assert_int_equal(kvm_world_ghcb(w, INFO_2), 0);
	assert_int_equal(kvm_world_ghcb(w, GHCB_RBX), 4);
	kvm_world_assert_response(w, FAKE_PSP_FILL(1));
}

/* B25: any page may become private while the VMM works. */
static void pages_that_become_private_during_the_exit_fail_cleanly(void **state)
{
	static const struct {
		uint64_t gpa;
		int r;
	} cases[] = { { REQ_GPA, 0 }, { RSP_GPA, 0 }, { CERTS_GPA, 0 }, { GHCB_GPA, 0 } };
	static const struct kvm_ask ask = EXT_ASK;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct kvm_world w;

		kvm_world_start(&w, SIM_SYNC_UPSTREAM, true);
		assert_int_equal(kvm_world_ask(&w, &ask), 0);
		assert_int_equal(sim_kvm_set_shared(w.vm, cases[i].gpa, 1, false), 0);
		assert_int_equal(sim_kvm_host_write(w.vm, CERTS_GPA, "x", 1),
				 cases[i].gpa == CERTS_GPA ? -EFAULT : 0);
		assert_int_equal(sim_kvm_run(w.vcpu), cases[i].r);
		if (cases[i].gpa == GHCB_GPA) /* private memory is not written to */
			assert_int_equal(kvm_world_ghcb(&w, GHCB_RAX), 0);
		kvm_world_end(&w);
	}
}

static void without_req_certs_the_table_is_empty(void **state)
{
	static const struct {
		uint64_t rax, rbx;
		int r;
	} cases[] = {
		{ CERTS_GPA, 4, 0 },   { CERTS_GPA, 0, 0 },
		{ PRIVATE_GPA, 0, 0 }, { PRIVATE_GPA, 1, 0 }, /* what the slot has there is cleared */
		{ END_GPA, 1, -EIO },  { UINT64_MAX - 4095, 1, -EIO },
	};
	uint8_t got[25], dirt[25];

	memset(dirt, 0xdd, sizeof(dirt));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct kvm_ask ask = { EXT, PAGES, .rax = cases[i].rax, .rbx = cases[i].rbx };
		struct kvm_world w;

		kvm_world_start(&w, SIM_SYNC_UPSTREAM, false);
		assert_int_equal(sim_kvm_guest_write(w.vm, CERTS_GPA, dirt, sizeof(dirt)), 0);
		assert_int_equal(kvm_world_ask(&w, &ask), cases[i].r);
		assert_int_equal(fake_psp.calls, cases[i].r == 0);
		assert_int_equal(sim_kvm_guest_read(w.vm, CERTS_GPA, got, sizeof(got)), 0);
		assert_true(bytes_all(got, 24, i == 0 ? 0 : 0xdd));
		assert_int_equal(got[24], 0xdd);
		kvm_world_end(&w);
	}
}

static void req_certs_must_be_enabled_before_the_first_vcpu(void **state)
{
	struct kvm_world *w = *state;

	assert_int_equal(sim_kvm_enable_req_certs(w->vm), -EINVAL);
}

/* B28: what KVM_RUN does first, second and third. */
static void immediate_exit_comes_after_the_completion(void **state)
{
	static const struct {
		uint64_t ret;
		int r;
		unsigned calls;
	} cases[] = { { 0, -EINTR, 1 },
		      { ENOSPC, -EINTR, 0 },
		      { EAGAIN, -EINTR, 0 },
		      { EIO, -EINTR, 0 },
		      { 99, -EINVAL, 0 } };
	static const struct kvm_ask ask = EXT_ASK;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct kvm_world w;

		kvm_world_start(&w, SIM_SYNC_UPSTREAM, true);
		assert_int_equal(kvm_world_ask(&w, &ask), 0);
		w.exits = 99; /* it must not be entered */
		kvm_world_run_put(&w, KVM_RUN_SNP_REQ_CERTS_ret, 8, cases[i].ret);
		w.run[KVM_RUN_immediate_exit] = 1;
		assert_int_equal(sim_kvm_run(w.vcpu), cases[i].r);
		assert_int_equal(fake_psp.calls, cases[i].calls);
		assert_exit(&w, UAPI_KVM_EXIT_SNP_REQ_CERTS);       /* B27: stale */
		assert_int_equal(w.run[KVM_RUN_immediate_exit], 1); /* KVM does not clear it */
		assert_int_equal(sim_kvm_run(w.vcpu), -EINTR);      /* nothing is completed twice */
		assert_int_equal(fake_psp.calls, cases[i].calls);
		assert_int_equal(w.exits, 99);
		w.run[KVM_RUN_immediate_exit] = 0;
		w.exits = 0;
		assert_int_equal(sim_kvm_run(w.vcpu), 0);
		assert_exit(&w, UAPI_KVM_EXIT_HLT);
		kvm_world_end(&w);
	}
}

static void an_uninitialized_vcpu_answers_immediate_exit_before_the_completion(void **state)
{
	static const struct kvm_ask ask = EXT_ASK;
	struct kvm_world *w = *state;

	assert_int_equal(kvm_world_ask(w, &ask), 0);
	sim_kvm_vcpu_set_uninitialized(w->vcpu, true);
	w->run[KVM_RUN_immediate_exit] = 1;
	assert_int_equal(sim_kvm_run(w->vcpu), -EINTR);
	assert_int_equal(fake_psp.calls, 0); /* -EINTR, and the firmware is still to be asked */
	w->run[KVM_RUN_immediate_exit] = 0;
	assert_int_equal(sim_kvm_run(w->vcpu), -EAGAIN);
	assert_int_equal(fake_psp.calls, 0);
	sim_kvm_vcpu_set_uninitialized(w->vcpu, false);
	w->run[KVM_RUN_immediate_exit] = 1;
	assert_int_equal(sim_kvm_run(w->vcpu), -EINTR);
	assert_int_equal(fake_psp.calls, 1);
}

static void a_dead_psp_times_out_once_and_is_busy_for_ever(void **state)
{
	static const struct kvm_ask ask = EXT_ASK;
	struct kvm_world *w = *state;

	sim_kvm_inject(w->host, SIM_KVM_FAULT_PSP_TIMEOUT, 2, 0);
	for (unsigned i = 1; i <= 4; i++) {
		int want = i == 1 ? -EINTR : i == 2 ? -ETIMEDOUT : -EBUSY;

		w->run[KVM_RUN_immediate_exit] = 0;
		assert_int_equal(kvm_world_ask(w, &ask), 0);
		w->run[KVM_RUN_immediate_exit] = 1;
		assert_int_equal(sim_kvm_run(w->vcpu), want);
		assert_int_equal(fake_psp.calls, 1);
	}
}

static void an_injected_status_is_the_firmwares_answer_to_the_kth_call(void **state)
{
	static const struct kvm_ask ask = PLAIN_ASK;
	struct kvm_world *w = *state;

	sim_kvm_inject(w->host, SIM_KVM_FAULT_FW_STATUS, 2, SNP_INVALID_KEY);
	assert_int_equal(kvm_world_ask(w, &ask), 0);
	assert_info(w, 0, 0);
	assert_int_equal(kvm_world_ask(w, &ask), 0);
	assert_info(w, 0, SNP_INVALID_KEY);
	assert_int_equal(fake_psp.calls, 1); /* it did not see the message */
	assert_int_equal(kvm_world_ask(w, &ask), 0);
	assert_info(w, 0, 0);
	sim_kvm_inject(w->host, SIM_KVM_FAULT_FW_STATUS, 1, SNP_SUCCESS); /* none */
	assert_int_equal(kvm_world_ask(w, &ask), 0);
	assert_int_equal(fake_psp.calls, 3);
}

static void the_trace_tells_the_story(void **state)
{
	static const char want[] =
		"guest driver > KVM: VMGEXIT EXT_GUEST_REQUEST, req 0x11000, rsp 0x12000, certs 0x13000 x4\n"
		"KVM > VMM: KVM_EXIT_SNP_REQ_CERTS gpa=0x13000 npages=4\n"
		"VMM > KVM: KVM_RUN, ret = 28 (ENOSPC)\n"
		"KVM > guest driver: info_2 = 0x100000000 (INVALID_LEN), RBX = 6 pages\n"
		"guest driver > KVM: VMGEXIT EXT_GUEST_REQUEST, req 0x11000, rsp 0x12000, certs 0x13000 x4\n"
		"KVM > VMM: KVM_EXIT_SNP_REQ_CERTS gpa=0x13000 npages=4\n"
		"VMM > KVM: KVM_RUN, ret = 0, immediate_exit\n"
		"KVM > firmware: SNP_GUEST_REQUEST sequence 11936128518282651045\n" /* eight 0xa5 */
		"firmware > KVM: SUCCESS, sequence 4702111234474983745\n"           /* eight 0x41 */
		"KVM > guest driver: info_2 = 0 (success)\n"
		"KVM > VMM: KVM_RUN: -EINTR, the request is finished\n";
	static const struct kvm_ask ask = EXT_ASK;
	struct kvm_world *w = *state;

	assert_int_equal(kvm_world_ask(w, &ask), 0);
	kvm_world_run_put(w, KVM_RUN_SNP_REQ_CERTS_ret, 8, ENOSPC);
	kvm_world_run_put(w, KVM_RUN_SNP_REQ_CERTS_npages, 8, 6);
	assert_int_equal(sim_kvm_run(w->vcpu), 0);
	assert_int_equal(kvm_world_ask(w, &ask), 0);
	w->run[KVM_RUN_immediate_exit] = 1;
	assert_int_equal(sim_kvm_run(w->vcpu), -EINTR);
	assert_string_equal(w->trace, want);
}

static void bad_vms_are_not_made(void **state)
{
	struct sim_launch good = { .policy = 0x30000 }, bad = { 0 };
	struct kvm_world *w = *state;
	struct sim_kvm_vm *vm = NULL;
	struct sim_kvm_host *host = NULL;
	uint8_t secrets[SNP_PAGE_BYTES];

	assert_int_equal(sim_kvm_vm_new(w->host, &good, 0, &vm, secrets, NULL), -EINVAL);
	assert_int_equal(sim_kvm_vm_new(w->host, &good, (UINT64_C(1) << 40) + 1, &vm, secrets, NULL),
			 -EINVAL);
	assert_int_equal(sim_kvm_vm_new(w->host, &bad, 1, &vm, secrets, NULL), -EINVAL);
	assert_null(vm);
	assert_int_equal(sim_kvm_host_new(NULL, (enum sim_sync)9, NULL, &host, NULL), -EINVAL);
	assert_null(host);
	assert_int_equal(sim_kvm_vm_new(w->host, &good, UINT64_C(1) << 40, &vm, secrets, NULL), 0);
	assert_int_equal(sim_kvm_vm_psp_guest(vm), 71);
	sim_kvm_vm_free(vm);
	assert_int_equal(fake_psp.decommissioned, 1);
	sim_kvm_vm_free(NULL);
	sim_kvm_vcpu_free(NULL);
	sim_kvm_host_free(NULL);
}

static void an_idle_vm_and_its_vcpu_take_less_than_40_kib(void **state)
{
	enum { VMS = 64 };
	size_t before = mallinfo2().uordblks, each;
	struct kvm_world *w;

	if (before == 0)
		SKIP_BECAUSE("this allocator does not count");
	w = malloc(VMS * sizeof(*w));
	before = mallinfo2().uordblks;
	for (unsigned i = 0; i < VMS; i++)
		kvm_world_start(&w[i], SIM_SYNC_UPSTREAM, true);
	each = (mallinfo2().uordblks - before) / VMS;
	print_message("[   MEASURED] %zu bytes for each VM with a vCPU, GHCB and one message page\n", each);
	assert_true(each < 40 * 1024);
	for (unsigned i = 0; i < VMS; i++)
		kvm_world_end(&w[i]);
	free(w);
}

#define WITH_VM(test) cmocka_unit_test_setup_teardown(test, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_VM(bad_ghcbs_are_refused_with_the_exact_reason),
		WITH_VM(bad_request_pages_have_another_reason_since_7_2),
		WITH_VM(every_answer_has_exactly_the_valid_bits_that_kvm_wrote),
		WITH_VM(a_ghcb_that_is_nowhere_is_ignored),
		WITH_VM(a_private_ghcb_is_read_as_the_slot_has_it),
		WITH_VM(a_ghcb_that_is_not_registered_stops_the_vm_before_7_2_only),
		WITH_VM(the_msr_protocol_answers_what_a_guest_asks_at_boot),
		WITH_VM(a_guest_that_terminates_is_a_system_event),
		WITH_VM(hypervisor_features_are_snp_and_ap_creation),
		WITH_VM(a_plain_request_goes_to_firmware_and_back),
		WITH_VM(a_firmware_error_returns_the_previous_response),
		cmocka_unit_test(request_pages_that_are_not_ram_fail_kvm_run),
		cmocka_unit_test(private_request_pages_are_those_of_the_slot),
		WITH_VM(an_extended_request_asks_the_vmm_with_the_guests_words),
		cmocka_unit_test(each_answer_of_the_vmm_has_its_effect),
		WITH_VM(a_plain_request_never_asks_the_vmm),
		WITH_VM(other_messages_in_an_extended_request_are_plain),
		WITH_VM(a_type_changed_between_exit_and_completion_hurts_the_guest_alone),
		WITH_VM(the_ghcb_is_read_once),
		cmocka_unit_test(pages_that_become_private_during_the_exit_fail_cleanly),
		cmocka_unit_test(without_req_certs_the_table_is_empty),
		WITH_VM(req_certs_must_be_enabled_before_the_first_vcpu),
		cmocka_unit_test(immediate_exit_comes_after_the_completion),
		WITH_VM(an_uninitialized_vcpu_answers_immediate_exit_before_the_completion),
		WITH_VM(a_dead_psp_times_out_once_and_is_busy_for_ever),
		WITH_VM(an_injected_status_is_the_firmwares_answer_to_the_kth_call),
		WITH_VM(the_trace_tells_the_story),
		WITH_VM(bad_vms_are_not_made),
		cmocka_unit_test(an_idle_vm_and_its_vcpu_take_less_than_40_kib),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
