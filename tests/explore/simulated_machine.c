/* SPDX-License-Identifier: MIT */
#include "request_machine.h"

#include <errno.h>

#include "sim/kvm/kvm_world.h"

struct simulated {
	struct kvm_world world; /* its own vCPU is never run */
	struct sim_kvm_vcpu *vcpu;
	uint8_t *run;
	unsigned defects, requests_left;
	bool has_asked;     /* the last request's answer is not stored yet */
	unsigned psp_calls; /* at that request */
	unsigned n_stored;
	uint8_t stored[MACHINE_MAX_REQUESTS];
	int result;
};

/* What `ret` says; ANSWER_NONE is a value that none of the moves writes. */
static const uint64_t errnos[] = { [ANSWER_OF_KVM] = 0, [ANSWER_A] = ENOSPC, [ANSWER_B] = EAGAIN };

/* The answer to the last request as the guest finds it; ANSWER_NONE before KVM has completed it. */
static uint8_t answer_of(struct simulated *s)
{
	uint64_t info_2 = kvm_world_ghcb(&s->world, GHCB_SW_EXIT_INFO_2);

	assert_int_equal(kvm_world_ghcb(&s->world, GHCB_SW_EXIT_INFO_1), 0);
	if (info_2 == SNP_EXITINFO2(SNP_VMM_INVALID_LEN, 0))
		return ANSWER_A;
	if (info_2 == SNP_EXITINFO2(SNP_VMM_BUSY, 0))
		return ANSWER_B;
	assert_int_equal(info_2, 0);
	return fake_psp.calls > s->psp_calls ? ANSWER_OF_KVM : ANSWER_NONE;
}

static enum sim_guest_wants enter(void *ctx, uint64_t *ret_ghcb_gpa)
{
	struct simulated *s = ctx;
	uint8_t page[GHCB_BYTES] = { 0 };

	if (s->has_asked)
		s->stored[s->n_stored++] = answer_of(s);
	s->has_asked = s->requests_left > 0;
	if (!s->has_asked)
		return SIM_GUEST_HALT;
	s->requests_left--;
	s->psp_calls = fake_psp.calls;
	ghcb_put(page, GHCB_SW_EXIT_CODE, GHCB_EXIT_EXT_GUEST_REQUEST);
	ghcb_put(page, GHCB_SW_EXIT_INFO_1, REQ_GPA);
	ghcb_put(page, GHCB_SW_EXIT_INFO_2, RSP_GPA);
	ghcb_put(page, GHCB_RAX, CERTS_GPA);
	ghcb_put(page, GHCB_RBX, 4);
	bytes_put_le(page + GHCB_PROTOCOL_VERSION_OFF, GHCB_PROTOCOL_VERSION, 2);
	assert_int_equal(sim_kvm_guest_write(s->world.vm, GHCB_GPA, page, sizeof(page)), 0);
	*ret_ghcb_gpa = GHCB_GPA;
	return SIM_GUEST_VMGEXIT;
}

static void start(struct simulated *s, unsigned defects, unsigned requests)
{
	static const struct sim_kvm_guest_ops ops = { .enter = enter };

	assert_true(requests <= MACHINE_MAX_REQUESTS);
	*s = (struct simulated){ .defects = defects, .requests_left = requests };
	kvm_world_start(&s->world, SIM_SYNC_UPSTREAM, true);
	sim_kvm_set_trace(s->world.host, NULL);
	sim_kvm_set_defects(s->world.host, defects);
	assert_int_equal(sim_kvm_vcpu_new(s->world.vm, &ops, s, &s->vcpu, NULL), 0);
	assert_int_equal(sim_kvm_register_ghcb(s->vcpu, GHCB_GPA), 0);
	s->run = sim_kvm_vcpu_run(s->vcpu);
}

static void end(struct simulated *s)
{
	sim_kvm_vcpu_free(s->vcpu);
	kvm_world_end(&s->world);
}

static void restart(void *ctx, unsigned requests)
{
	struct simulated *s = ctx;

	end(s);
	start(s, s->defects, requests);
}

/*
 * The simulated machine has no signals. That a signal is immediate_exit with KVM_EXIT_INTR is what the
 * comparison with the kernel shows.
 */
static void run(void *ctx, bool immediate_exit, bool signal)
{
	struct simulated *s = ctx;

	s->run[KVM_RUN_immediate_exit] = immediate_exit || signal;
	s->result = sim_kvm_run(s->vcpu);
	if (signal && !immediate_exit) {
		s->run[KVM_RUN_immediate_exit] = 0;
		bytes_put_le(s->run + KVM_RUN_exit_reason, UAPI_KVM_EXIT_INTR, 4);
	}
}

static void answer(void *ctx, enum machine_answer answer)
{
	struct simulated *s = ctx;

	bytes_put_le(s->run + KVM_RUN_SNP_REQ_CERTS_ret, errnos[answer], 8);
}

static void set_uninitialized(void *ctx, bool uninitialized)
{
	struct simulated *s = ctx;

	sim_kvm_vcpu_set_uninitialized(s->vcpu, uninitialized);
}

static enum machine_exit exit_of(const struct simulated *s)
{
	switch (bytes_get_le(s->run + KVM_RUN_exit_reason, 4)) {
	case UAPI_KVM_EXIT_UNKNOWN:
		return MACHINE_EXIT_UNKNOWN;
	case UAPI_KVM_EXIT_SNP_REQ_CERTS:
		assert_int_equal(bytes_get_le(s->run + KVM_RUN_SNP_REQ_CERTS_gpa, 8), CERTS_GPA);
		return MACHINE_EXIT_REQUEST;
	case UAPI_KVM_EXIT_HLT:
		return MACHINE_EXIT_HLT;
	case UAPI_KVM_EXIT_INTR:
		return MACHINE_EXIT_INTR;
	default:
		return MACHINE_EXIT_OTHER;
	}
}

static void see(void *ctx, struct machine_seen *ret)
{
	struct simulated *s = ctx;
	uint64_t field = bytes_get_le(s->run + KVM_RUN_SNP_REQ_CERTS_ret, 8);
	uint8_t last = s->has_asked ? answer_of(s) : ANSWER_NONE;

	*ret = (struct machine_seen){
		.result = s->result,
		.exit_reason = exit_of(s),
		.immediate_exit = s->run[KVM_RUN_immediate_exit],
		.field = ANSWER_NONE,
		.n_completed = s->n_stored,
		.n_stored = s->n_stored,
	};
	for (uint8_t i = 0; i < ARRAY_SIZE(errnos); i++) {
		if (field == errnos[i])
			ret->field = i;
	}
	memcpy(ret->answers, s->stored, s->n_stored);
	if (last != ANSWER_NONE)
		ret->answers[ret->n_completed++] = last;
}

struct machine simulated_machine_new(unsigned defects)
{
	static const struct machine_ops ops = {
		.name = "sim/kvm",
		.restart = restart,
		.run = run,
		.answer = answer,
		.set_uninitialized = set_uninitialized,
		.see = see,
	};
	struct simulated *s = NEVER_FAILS(malloc(sizeof(*s)));

	assert_non_null(s);
	start(s, defects, 0);
	return (struct machine){ .ops = &ops, .ctx = s };
}

void simulated_machine_free(struct machine *m)
{
	end(m->ctx);
	free(m->ctx);
}
