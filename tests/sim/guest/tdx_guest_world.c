/* SPDX-License-Identifier: MIT */
#include "sim/guest/tdx_guest_world.h"

#include <errno.h>

#include "wire/kvm_run.h"

enum { QUOTE_FILL = 0x51, REPORT_DATA = 0x5a };

static int fails(struct world *w)
{
	return ++w->accesses == w->fail_at ? -EFAULT : 0;
}

static int driver_read(void *ctx, uint64_t gpa, void *to, size_t n)
{
	struct world *w = ctx;

	return fails(w) < 0 ? -EFAULT : sim_td_guest_read(w->td, gpa, to, n);
}

static int driver_write(void *ctx, uint64_t gpa, const void *from, size_t n)
{
	struct world *w = ctx;

	return fails(w) < 0 ? -EFAULT : sim_td_guest_write(w->td, gpa, from, n);
}

static uint64_t driver_report(void *ctx, const uint8_t data[TDX_REPORT_DATA_BYTES],
			      uint8_t ret[TDX_REPORT_BYTES])
{
	return sim_td_mr_report(((struct world *)ctx)->td, data, ret);
}

static uint64_t driver_extend(void *ctx, uint64_t index, const uint8_t digest[TDX_MR_BYTES])
{
	return sim_td_rtmr_extend(((struct world *)ctx)->td, index, digest);
}

static int user_at(struct world *w, const bool gone[U_PAGES], uint64_t addr, size_t n, uint8_t **ret)
{
	if (addr < U_BASE || addr - U_BASE >= sizeof(w->user) || n > sizeof(w->user) - (addr - U_BASE))
		return -EFAULT;
	for (uint64_t p = addr - U_BASE; p < addr - U_BASE + n; p++)
		if (gone[p / 4096])
			return -EFAULT;
	*ret = &w->user[0][0] + (addr - U_BASE);
	return 0;
}

static int user_read(void *ctx, uint64_t addr, void *to, size_t n)
{
	struct world *w = ctx;
	uint8_t *from;
	int r = user_at(w, w->unreadable, addr, n, &from);

	if (r == 0)
		memcpy(to, from, n);
	return r;
}

static int user_write(void *ctx, uint64_t addr, const void *from, size_t n)
{
	struct world *w = ctx;
	uint8_t *to;
	int r = user_at(w, w->unwritable, addr, n, &to);

	if (r == 0)
		memcpy(to, from, n);
	return r;
}

static enum sim_td_wants enter(void *ctx, struct uapi_tdvmcall *regs)
{
	struct world *w = ctx;

	sim_tdx_guest_step(w->guest, w->now_ns, regs, &w->last);
	return w->last.step == SIM_TDX_STEP_TDVMCALL ? SIM_TD_VMCALL : SIM_TD_HALT;
}

static void interrupt(void *ctx, uint8_t vector)
{
	sim_tdx_guest_interrupt(((struct world *)ctx)->guest, vector);
}

struct world *world_new_unprobed(enum sim_tdx_flavour flavour, uint32_t buffer_bytes, unsigned quirks)
{
	static const struct sim_td_guest_ops ops = { enter, interrupt };
	static const struct sim_td_params params = { .mrtd = { 1 }, .mrowner = { 2 } };
	struct world *w = calloc(1, sizeof(*w));
	const struct sim_tdx_guest_platform platform = {
		.memory = { driver_read, driver_write, w },
		.shared_bit = 1ull << 47,
		.mr_report = driver_report,
		.rtmr_extend = driver_extend,
	};

	assert_non_null(w);
	w->config = (struct sim_tdx_guest_config){
		flavour,  quirks & ~(unsigned)W_6_12,
		W_BUFFER, buffer_bytes,
		W_VECTOR, quirks & W_6_12 ? &sim_linux_6_12 : NULL,
	};
	w->user_memory = (struct sim_user_memory){ user_read, user_write, w };
	w->now_ns = 1234567;
	w->out_len = w->data_bytes = 5006;
	w->delay_ns = W_S / 1000;
	assert_int_equal(sim_tdx_platform_new(NULL, &w->tdx, NULL), 0);
	assert_int_equal(sim_td_new(w->tdx, &params, W_RAM_PAGES, &w->td, NULL), 0);
	assert_int_equal(sim_td_vcpu_new(w->td, &ops, w, &w->vcpu, NULL), 0);
	assert_int_equal(sim_tdx_guest_new(&platform, &w->config, &w->guest, NULL), 0);
	return w;
}

struct world *world_new(enum sim_tdx_flavour flavour, uint32_t buffer_bytes, unsigned quirks)
{
	struct world *w = world_new_unprobed(flavour, buffer_bytes, quirks);

	assert_int_equal(world_probe(w), 0);
	w->accesses = 0;
	return w;
}

void world_free(struct world *w)
{
	sim_tdx_guest_free(w->guest);
	sim_td_vcpu_free(w->vcpu);
	sim_td_free(w->td);
	sim_tdx_platform_free(w->tdx);
	free(w->request.quote);
	free(w->submitted);
	free(w);
}

void world_at(struct world *w, uint64_t in_ns, void (*happens)(struct world *w))
{
	assert_true(w->n_events < W_MAX_EVENTS);
	w->events[w->n_events++] = (struct world_event){ w->now_ns + in_ns, happens };
}

void world_put(struct world *w, unsigned off, uint64_t value, unsigned size)
{
	uint8_t bytes[8];

	bytes_put_le(bytes, value, size);
	assert_int_equal(sim_td_host_write(w->td, W_BUFFER + off, bytes, size), 0);
}

void world_complete(struct world *w)
{
	uint8_t byte = QUOTE_FILL;

	for (uint32_t i = 0; i < w->data_bytes; i++)
		assert_int_equal(sim_td_host_write(w->td, W_BUFFER + TDX_GETQUOTE_DATA_OFF + i, &byte, 1), 0);
	world_put(w, TDX_GETQUOTE_OUT_LEN_OFF, w->out_len, 4);
	world_put(w, TDX_GETQUOTE_STATUS_OFF, w->status, 8);
	if (!w->is_silent)
		sim_td_interrupt(w->vcpu, W_VECTOR);
}

static void get_quote(struct world *w)
{
	w->quotes++;
	free(w->submitted);
	w->submitted = malloc(w->size);
	assert_non_null(w->submitted);
	assert_int_equal(sim_td_host_read(w->td, w->gpa, w->submitted, w->size), 0);
	if (w->r10 != UAPI_TDVMCALL_SUCCESS)
		return;
	if (!w->keeps_status)
		world_put(w, TDX_GETQUOTE_STATUS_OFF, TDX_GETQUOTE_IN_FLIGHT, 8);
	if (w->is_synchronous)
		world_complete(w);
	else if (!w->is_never)
		world_at(w, w->delay_ns, world_complete);
}

static void vmm(struct world *w)
{
	uint8_t *run = sim_td_vcpu_run(w->vcpu);
	uint64_t leaf = bytes_get_le(run + 40, 8);

	bytes_put_le(run + KVM_RUN_TDX_ret, w->r10, 8);
	if (leaf == UAPI_TDVMCALL_SETUP_EVENT_NOTIFY_INTERRUPT) {
		w->vector = bytes_get_le(run + 56, 8);
		return;
	}
	assert_int_equal(leaf, UAPI_TDVMCALL_GET_QUOTE);
	w->gpa = bytes_get_le(run + 56, 8);
	w->size = bytes_get_le(run + 64, 8);
	get_quote(w);
}

/* The first event up to `until_ns`, which then is now. */
static bool happens(struct world *w, uint64_t until_ns)
{
	struct world_event event;
	unsigned first = 0;

	for (unsigned i = 1; i < w->n_events; i++)
		if (w->events[i].at_ns < w->events[first].at_ns)
			first = i;
	if (w->n_events == 0 || w->events[first].at_ns > until_ns)
		return false;
	event = w->events[first];
	w->events[first] = w->events[--w->n_events];
	if (event.at_ns > w->now_ns)
		w->now_ns = event.at_ns;
	event.happens(w);
	return true;
}

int world_drive(struct world *w)
{
	w->began_ns = w->now_ns;
	for (;;) {
		assert_int_equal(sim_td_run(w->vcpu), 0);
		if (bytes_get_le((uint8_t *)sim_td_vcpu_run(w->vcpu) + 8, 4) == UAPI_KVM_EXIT_TDX) {
			vmm(w);
			continue;
		}
		switch (w->last.step) {
		case SIM_TDX_STEP_DONE:
			return w->last.result;
		case SIM_TDX_STEP_SLEEP:
			assert_true(w->last.until_ns > w->now_ns);
			if (!happens(w, w->last.until_ns))
				w->now_ns = w->last.until_ns;
			break;
		case SIM_TDX_STEP_WAIT:
			if (!happens(w, UINT64_MAX))
				return W_STUCK;
			break;
		case SIM_TDX_STEP_TDVMCALL:
			fail();
		}
	}
}

int world_probe(struct world *w)
{
	int r = sim_tdx_guest_start_probe(w->guest);

	return r < 0 ? r : world_drive(w);
}

int world_remove(struct world *w)
{
	int r = sim_tdx_guest_start_remove(w->guest);

	return r < 0 ? r : world_drive(w);
}

int world_quote(struct world *w)
{
	static uint8_t data[TDX_REPORT_DATA_BYTES];
	int r;

	memset(data, REPORT_DATA, sizeof(data));
	free(w->request.quote);
	w->request = (struct sim_tdx_quote_request){ .inblob = data, .inblob_size = sizeof(data) };
	r = sim_tdx_guest_start_quote(w->guest, &w->request);
	return r < 0 ? r : world_drive(w);
}

int world_ioctl(struct world *w, uint64_t bytes)
{
	int r;

	bytes_put_le(w->user[0], U_BUFFER, 8);
	bytes_put_le(w->user[0] + 8, bytes, 8);
	r = sim_tdx_guest_start_ioctl(w->guest, &w->user_memory, U_ARG);
	return r < 0 ? r : world_drive(w);
}

uint64_t world_elapsed_ns(const struct world *w)
{
	return w->now_ns - w->began_ns;
}
