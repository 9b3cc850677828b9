/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "explore/td.h"
#include "uapi/tdx.h"
#include "wire/tdx_getquote.h"

/* Memory of a task for the seed's ioctl: its argument at one address, the buffer at another. */
enum { ARGUMENT = 0, USER_BUFFER = TD_PAGE_BYTES };

static const struct explore_setup *setup_of(const struct explore_td *m)
{
	return &m->world.setup;
}

static void check_owner(struct explore_td *m, const char *rule)
{
	if (m->owner != TD_GUEST && !explore_has(setup_of(m), EXPLORE_TDX_TWO_BUFFERS))
		td_violate(m, rule);
}

static bool is_interrupted(const struct explore_td *m)
{
	return m->running && m->vcpus[sched_self(m->running)].interrupted;
}

/* The header alone may be read at any time: for its status. */
static int guest_read(void *ctx, uint64_t gpa, void *to, size_t n)
{
	struct explore_td *m = ctx;
	bool is_header = gpa == TD_BUFFER_GPA && n == TDX_GETQUOTE_HDR_BYTES;
	int r;

	if (!td_step(m, is_header ? "read the status" : "read the buffer"))
		return -EFAULT;
	if (!is_header)
		check_owner(m, "I2: the guest reads the buffer while the VMM owns it");
	r = sim_td_guest_read(m->td, gpa, to, n);
	td_saw(m, to, n);
	/* What was read and what is done about it are two things, where both use the completion. */
	if (is_header && setup_of(m)->posted_driver)
		(void)!td_step(m, is_interrupted(m) ? "complete()" : "evaluate the status");
	return r;
}

static int guest_write(void *ctx, uint64_t gpa, const void *from, size_t n)
{
	struct explore_td *m = ctx;

	if (!td_step(m, "write the buffer"))
		return -EFAULT;
	check_owner(m, "I2: the guest writes the buffer while the VMM owns it");
	return sim_td_guest_write(m->td, gpa, from, n);
}

static uint64_t mr_report(void *ctx, const uint8_t report_data[TDX_REPORT_DATA_BYTES],
			  uint8_t ret[TDX_REPORT_BYTES])
{
	const uint8_t *report = td_quotes_report(ctx, report_data);

	if (!report)
		return UAPI_TDCALL_OPERAND_INVALID;
	memcpy(ret, report, TDX_REPORT_BYTES);
	return UAPI_TDCALL_SUCCESS;
}

static uint64_t rtmr_extend(void *ctx, uint64_t index, const uint8_t digest[TDX_MR_BYTES])
{
	(void)ctx;
	(void)index;
	(void)digest;
	return UAPI_TDCALL_OPERAND_INVALID; /* no task does */
}

int td_guest_new(struct explore_td *m, struct sim_tdx_guest **ret)
{
	const struct explore_setup *setup = setup_of(m);
	const struct sim_tdx_guest_platform platform = {
		.memory = { guest_read, guest_write, m },
		.shared_bit = sim_td_shared_bit(m->td),
		.mr_report = mr_report,
		.rtmr_extend = rtmr_extend,
	};
	const struct sim_tdx_guest_config config = {
		.flavour = setup->posted_driver ? SIM_TDX_SEED : SIM_TDX_UPSTREAM,
		.quirks = SIM_TDX_QUIRKS_LINUX |
			  (explore_has(setup, EXPLORE_TDX_NO_FLAG) ? SIM_TDX_QUIRK_NO_FLAG : 0),
		.buffer_gpa = TD_BUFFER_GPA,
		.buffer_bytes = TD_BUFFER_BYTES,
		.vector = TD_VECTOR,
		.rechecks = !explore_has(setup, EXPLORE_TDX_NO_RECHECK),
	};

	return sim_tdx_guest_new(&platform, &config, ret, NULL);
}

static int user_read(void *ctx, uint64_t addr, void *to, size_t n)
{
	struct td_vcpu *v = ctx;
	uint8_t argument[2 * 8];

	if (addr == ARGUMENT && n == sizeof(argument)) {
		bytes_put_le(argument, USER_BUFFER, 8);
		bytes_put_le(argument + 8, sizeof(v->bytes), 8);
		memcpy(to, argument, n);
		return 0;
	}
	if (addr != USER_BUFFER || n > sizeof(v->bytes))
		return -EFAULT;
	memcpy(to, v->bytes, n);
	return 0;
}

static int user_write(void *ctx, uint64_t addr, const void *from, size_t n)
{
	struct td_vcpu *v = ctx;

	if (addr != USER_BUFFER || n > sizeof(v->bytes))
		return -EFAULT;
	memcpy(v->bytes, from, n);
	return 0;
}

/* Judgement of what a task received. */

static void check_quote(struct td_vcpu *v, const uint8_t *quote, size_t n)
{
	struct explore_td *m = v->machine;
	char text[96];

	for (unsigned task = 0; task < m->n_tasks; task++)
		for (unsigned i = 0; i < setup_of(m)->requests; i++) {
			const struct td_bytes *of = &m->quotes.quotes[task][i];

			if (of->n != n || memcmp(of->bytes, quote, n) != 0)
				continue;
			if (task == v->index && i == v->made)
				return;
			(void)!snprintf(text, sizeof(text),
					"I1: task %u receives the quote of task %u, request %u", v->index + 1,
					task + 1, i + 1);
			td_violate(m, text);
			return;
		}
	td_violate(m, n == 0 ? "I1: success without a quote" : "I1: the quote matches no TDREPORT");
}

/* The seed's driver returns the buffer whatever its status is. */
static int check_buffer(struct td_vcpu *v)
{
	struct bytes_rd output;
	int r = tdx_getquote_read_output(v->bytes, sizeof(v->bytes), &output, NULL);

	if (r == 0)
		check_quote(v, output.data, output.size);
	else if (r != -EIO)
		td_violate(v->machine, r == JURAT_BUSY ? "I1: a task receives a buffer that is in flight"
						       : "I1: success without a quote");
	return r;
}

static void end_request(struct td_vcpu *v, int result)
{
	struct explore_td *m = v->machine;

	if (m->mutex == v->index)
		m->mutex = TD_NOBODY;
	if (v->loading || td_is_dead(m)) {
		v->loaded = result;
		v->phase = TD_OVER;
	} else {
		if (result == 0 && setup_of(m)->posted_driver)
			result = check_buffer(v);
		else if (result == 0)
			check_quote(v, v->quote.quote, v->quote.quote_size);
		sched_note(m->running, "request %u: %s", v->made + 1,
			   result == 0 ? "success" : strerror(result < 0 ? -result : EBUSY));
		v->results[v->made++] = result;
		v->phase = v->made < setup_of(m)->requests ? TD_BETWEEN : TD_OVER;
	}
	free(v->quote.quote);
	v->quote = (struct sim_tdx_quote_request){ 0 };
}

static bool mutex_is_free(void *ctx)
{
	return ((const struct explore_td *)ctx)->mutex == TD_NOBODY;
}

/* False: the actor is dead. */
static bool begin_request(struct td_vcpu *v)
{
	struct explore_td *m = v->machine;
	int r;

	td_forget(m, TD_BETWEEN);
	if (explore_has(setup_of(m), EXPLORE_TDX_TWO_BUFFERS)) {
		if (!td_step(m, "begin a request"))
			return false;
	} else {
		if (!td_wait(m, "lock the mutex", mutex_is_free, m))
			return false;
		m->mutex = v->index;
	}
	td_quotes_data(v->index, v->made, v->report_data);
	v->phase = TD_IN_DRIVER;
	if (setup_of(m)->posted_driver) {
		v->user = (struct sim_user_memory){ user_read, user_write, v };
		r = tdx_getquote_write(m->quotes.reports[v->index][v->made], TDX_REPORT_BYTES, v->bytes,
				       sizeof(v->bytes), NULL);
		if (r == 0)
			r = sim_tdx_guest_start_ioctl(v->driver, &v->user, ARGUMENT);
	} else {
		v->quote = (struct sim_tdx_quote_request){ v->report_data, sizeof(v->report_data), NULL, 0 };
		r = sim_tdx_guest_start_quote(v->driver, &v->quote);
	}
	if (r < 0) {
		td_violate(m, "I3: the driver is busy with another task's request");
		end_request(v, r);
	}
	return true;
}

enum sim_td_wants td_guest_enter(void *ctx, struct uapi_tdvmcall *regs)
{
	struct td_vcpu *v = ctx;
	struct explore_td *m = v->machine;
	struct sim_tdx_step_result step;

	while (v->phase != TD_OVER && (v->phase != TD_BETWEEN || begin_request(v))) {
		if (v->phase == TD_BETWEEN || v->phase == TD_OVER) /* it could not begin */
			continue;
		v->phase = TD_IN_DRIVER;
		sim_tdx_guest_step(v->driver, m->now_ns, regs, &step);
		switch (step.step) {
		case SIM_TDX_STEP_TDVMCALL:
			if (regs->r11 == UAPI_TDVMCALL_GET_QUOTE &&
			    explore_has(setup_of(m), EXPLORE_TDX_ODD_SIZE))
				regs->r13 = TD_ODD_BYTES;
			return SIM_TD_VMCALL;
		case SIM_TDX_STEP_SLEEP:
			v->phase = TD_SLEEPS;
			v->until_ns = step.until_ns;
			return SIM_TD_HALT;
		case SIM_TDX_STEP_WAIT:
			v->phase = TD_WAITS;
			return SIM_TD_HALT;
		case SIM_TDX_STEP_DONE:
			end_request(v, step.result);
			break;
		}
	}
	return SIM_TD_HALT;
}

void td_guest_interrupt(void *ctx, uint8_t vector)
{
	struct td_vcpu *v = ctx;
	struct explore_td *m = v->machine;

	v->interrupted = true;
	for (unsigned i = 0; i < TD_MAX_TASKS; i++)
		if (m->drivers[i])
			sim_tdx_guest_interrupt(m->drivers[i], vector);
	v->interrupted = false;
}
