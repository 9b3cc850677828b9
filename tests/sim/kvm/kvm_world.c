/* SPDX-License-Identifier: MIT */
#include "sim/kvm/kvm_world.h"

static enum sim_guest_wants enter(void *ctx, uint64_t *ret_ghcb_gpa)
{
	struct kvm_world *w = ctx;

	w->msr_now = *ret_ghcb_gpa;
	if (w->exits == 0)
		return SIM_GUEST_HALT;
	w->exits--;
	*ret_ghcb_gpa = w->msr;
	return SIM_GUEST_VMGEXIT;
}

static const struct sim_kvm_guest_ops ops = { .enter = enter };

static void on_event(void *ctx, const struct sim_kvm_event *event)
{
	struct kvm_world *w = ctx;
	size_t n = strlen(w->trace);

	test_text(w->trace + n, sizeof(w->trace) - n, "%s > %s: %s\n", event->from, event->to, event->text);
}

static void start(struct kvm_world *w, struct sim_psp *psp, enum sim_sync sync,
		  const struct sim_linux *kernel, bool req_certs)
{
	struct sim_launch launch = { .policy = 0x30000 };
	struct sim_kvm_trace trace = { .event = on_event, .ctx = w };

	*w = (struct kvm_world){ .kernel = kernel, .msr = GHCB_GPA };
	assert_int_equal(sim_kvm_host_new(psp, sync, w->kernel, &w->host, NULL), 0);
	assert_int_equal(sim_kvm_vm_new(w->host, &launch, RAM_PAGES, &w->vm, w->secrets, NULL), 0);
	if (req_certs)
		assert_int_equal(sim_kvm_enable_req_certs(w->vm), 0);
	assert_int_equal(sim_kvm_vcpu_new(w->vm, &ops, w, &w->vcpu, NULL), 0);
	w->run = sim_kvm_vcpu_run(w->vcpu);
	assert_int_equal(sim_kvm_set_shared(w->vm, GHCB_GPA, 7, true), 0);
	assert_int_equal(sim_kvm_register_ghcb(w->vcpu, GHCB_GPA), 0);
	kvm_world_message(w, SNP_MSG_REPORT_REQ, 0xa5);
	sim_kvm_set_trace(w->host, &trace);
}

void kvm_world_start_over(struct kvm_world *w, struct sim_psp *psp, enum sim_sync sync, bool req_certs)
{
	start(w, psp, sync, NULL, req_certs);
}

void kvm_world_start_on(struct kvm_world *w, const struct sim_linux *kernel)
{
	start(w, NULL, SIM_SYNC_UPSTREAM, kernel, true);
}

void kvm_world_end(struct kvm_world *w)
{
	sim_kvm_vcpu_free(w->vcpu);
	sim_kvm_vm_free(w->vm);
	sim_kvm_host_free(w->host);
}

void kvm_world_message(struct kvm_world *w, uint8_t type, uint8_t fill)
{
	uint8_t page[SNP_PAGE_BYTES];

	memset(page, fill, sizeof(page));
	page[SNP_MSG_TYPE_OFF] = type;
	assert_int_equal(sim_kvm_guest_write(w->vm, REQ_GPA, page, sizeof(page)), 0);
}

static bool is_without(const struct kvm_ask *ask, unsigned off)
{
	for (size_t i = 0; i < ARRAY_SIZE(ask->without); i++) {
		if (ask->without[i] == off)
			return true;
	}
	return false;
}

static void put(uint8_t *page, const struct kvm_ask *ask, unsigned off, uint64_t value)
{
	ghcb_put(page, off, value);
	if (is_without(ask, off))
		page[GHCB_VALID_BITMAP + off / 64] &= (uint8_t) ~(1u << off / 8 % 8);
}

int kvm_world_ask(struct kvm_world *w, const struct kvm_ask *ask)
{
	uint8_t page[GHCB_BYTES] = { 0 };

	put(page, ask, GHCB_SW_EXIT_CODE, ask->code);
	put(page, ask, GHCB_SW_EXIT_INFO_1, ask->info_1);
	put(page, ask, GHCB_SW_EXIT_INFO_2, ask->info_2);
	if (ask->code == GHCB_EXIT_EXT_GUEST_REQUEST) {
		put(page, ask, GHCB_RAX, ask->rax);
		put(page, ask, GHCB_RBX, ask->rbx);
	}
	bytes_put_le(page + GHCB_PROTOCOL_VERSION_OFF, GHCB_PROTOCOL_VERSION, 2);
	bytes_put_le(page + GHCB_USAGE_OFF, ask->usage, 4);
	assert_int_equal(sim_kvm_guest_write(w->vm, GHCB_GPA, page, sizeof(page)), 0);
	w->exits = 1;
	return sim_kvm_run(w->vcpu);
}

uint64_t kvm_world_ghcb(struct kvm_world *w, unsigned off)
{
	uint8_t page[GHCB_BYTES];

	assert_int_equal(sim_kvm_guest_read(w->vm, GHCB_GPA, page, sizeof(page)), 0);
	return ghcb_get(page, off);
}

bool kvm_world_ghcb_valid(struct kvm_world *w, unsigned off)
{
	uint8_t bitmap[GHCB_VALID_BITMAP_BYTES];

	assert_int_equal(sim_kvm_guest_read(w->vm, GHCB_GPA + GHCB_VALID_BITMAP, bitmap, sizeof(bitmap)), 0);
	return ghcb_valid(bitmap, off);
}

uint64_t kvm_world_run_get(struct kvm_world *w, unsigned off, unsigned size)
{
	return bytes_get_le(w->run + off, size);
}

void kvm_world_run_put(struct kvm_world *w, unsigned off, unsigned size, uint64_t value)
{
	bytes_put_le(w->run + off, value, size);
}

void kvm_world_assert_response(struct kvm_world *w, uint8_t value)
{
	uint8_t page[SNP_PAGE_BYTES];

	assert_int_equal(sim_kvm_guest_read(w->vm, RSP_GPA, page, sizeof(page)), 0);
	assert_true(bytes_all(page, sizeof(page), value));
}
