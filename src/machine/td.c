/* SPDX-License-Identifier: MIT */
#include "machine/td_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "sim/forge/forge.h"
#include "sim/pki/pki.h"
#include "uapi/kvm.h"
#include "uapi/tdx.h"
#include "wire/kvm_run.h"

enum {
	PAGE = 4096,
	BUFFER_GPA = 16 * PAGE,
	BUFFER_BYTES = 128 * 1024, /* of the newest driver, which has the largest */
	LOG_GPA = BUFFER_GPA + BUFFER_BYTES,
	MEMORY_PAGES = (LOG_GPA + MEASURE_LOG_AREA_BYTES) / PAGE,
	EVENT_VECTOR = 0x51,
	DEFAULT_LATENCY_NS = 3000000,
};

static void finish(struct machine_td *m, int result)
{
	struct td_request *request = m->queue;

	m->queue = request->next;
	m->started = false;
	td_trace_end(m, request, result);
	request->done(request->ctx, result);
	free(request);
}

/* Ends all pending requests with an error; no others are started. */
static void die(struct machine_td *m, int r)
{
	m->dead = r;
	while (m->queue)
		finish(m, r);
}

/* Passes the first request of the queue to the driver. */
static int start(struct machine_td *m)
{
	struct td_request *request = m->queue;
	uint32_t step = 0;
	int r;

	(void)trace_go(m->trace, request->place);
	if (request->quote)
		step = trace_call(m->trace, "guest driver", "TDX module",
				  "TDCALL[TDG.MR.REPORT] with the report data");
	r = request->quote ? sim_tdx_guest_start_quote(m->driver, request->quote)
			   : sim_tdx_guest_start_ioctl(m->driver, request->user, request->arg);
	trace_end(m->trace, step, r == 0 ? "a TDREPORT with its MAC" : "not called: result %d", r);
	m->started = r == 0;
	return r;
}

/* One step of the driver; false: it waits, or has nothing to do. */
static bool step_driver(struct machine_td *m, struct uapi_tdvmcall *regs, bool *ret_call)
{
	struct sim_tdx_step_result step;
	int r;

	*ret_call = false;
	m->waiting = false;
	m->until_ns = 0;
	trace_end(m->trace, m->traced_pause, NULL);
	if (m->traced_call)
		trace_number(m->trace, m->traced_call, "ret", regs->r10, TRACE_HEX);
	trace_end(m->trace, m->traced_call, "returns 0x%llx", (unsigned long long)regs->r10);
	m->traced_call = m->traced_pause = 0;
	if (!m->probing && !m->started) {
		if (!m->queue)
			return false;
		r = start(m);
		if (r < 0) {
			finish(m, r);
			return true;
		}
	}
	sim_tdx_guest_step(m->driver, m->now_ns, regs, &step);
	switch (step.step) {
	case SIM_TDX_STEP_TDVMCALL:
		*ret_call = true;
		if (regs->r11 == UAPI_TDVMCALL_GET_QUOTE)
			td_trace_getquote(m, regs);
		return true;
	case SIM_TDX_STEP_SLEEP:
		m->until_ns = step.until_ns;
		m->traced_pause = trace_call(m->trace, "guest driver", "guest driver",
					     "still in flight: sleeps %.0f ms",
					     (double)(step.until_ns - m->now_ns) / 1e6);
		return false;
	case SIM_TDX_STEP_WAIT:
		m->waiting = true;
		m->traced_pause =
			trace_call(m->trace, "guest driver", "guest driver", "waits for the interrupt");
		return false;
	default:
		if (m->probing) {
			m->probing = false;
			m->probed = step.result;
		} else {
			finish(m, step.result);
		}
		return true;
	}
}

static enum sim_td_wants enter(void *ctx, struct uapi_tdvmcall *regs)
{
	bool call;

	while (step_driver(ctx, regs, &call))
		if (call)
			return SIM_TD_VMCALL;
	return SIM_TD_HALT;
}

static void interrupted(void *ctx, uint8_t vector)
{
	struct machine_td *m = ctx;

	sim_tdx_guest_interrupt(m->driver, vector);
}

static int host_read(void *ctx, uint64_t gpa, void *to, size_t n)
{
	return sim_td_host_read(ctx, gpa, to, n);
}

static int host_write(void *ctx, uint64_t gpa, const void *from, size_t n)
{
	return sim_td_host_write(ctx, gpa, from, n);
}

static void notify(void *ctx, uint32_t vcpu, uint8_t vector)
{
	struct machine_td *m = ctx;

	trace_say(m->trace, "VMM", "guest driver", "interrupt, vector 0x%02x", vector);
	sim_td_interrupt(m->vcpu, vector);
}

static void outcome(void *ctx, const struct jurat_tdx_quote_outcome *o)
{
	td_trace_outcome(ctx, o);
}

static int send_quote(void *ctx, struct sim_tdx_quote_request *request,
		      void (*done)(void *done_ctx, int result), void *done_ctx)
{
	return machine_td_start_quote(ctx, request, done, done_ctx);
}

static int make_host(struct machine_td *m, struct jurat_error *err)
{
	struct jurat_tdx_quotes_options options = {
		.size = sizeof(options),
		.service = "unix:/software/qgs",
		.grace_ms = m->options.grace_ms,
		.notify = notify,
		.log = outcome,
		.context = m,
	};
	struct jurat_guest_memory memory = {
		.size = sizeof(memory), .read = host_read, .write = host_write, .context = m->td
	};

	machine_qgs_init(&m->qgs, m->qe, &m->now_ns,
			 m->options.latency_ns ? m->options.latency_ns : DEFAULT_LATENCY_NS);
	m->qgs.down = m->options.no_service;
	m->qgs.half_close = m->options.half_close;
	return host_tdx_quotes_open(&m->qgs.base, &options, &memory, &m->quotes, err);
}

/* Launches the TD, loads its driver, and gives its kernel configfs-tsm. */
static int make_guest(struct machine_td *m, struct jurat_error *err)
{
	static const struct sim_td_guest_ops ops = { .enter = enter, .interrupt = interrupted };
	struct sim_tdx_guest_config config = {
		.flavour = m->options.flavour,
		.quirks = m->options.quirks,
		.buffer_gpa = BUFFER_GPA,
		.buffer_bytes = m->options.flavour == SIM_TDX_SEED ? 16 * 1024 : 0,
		.kernel = m->options.kernel,
		.vector = EVENT_VECTOR,
	};
	struct sim_tdx_guest_platform platform = machine_td_guest_platform(m->td);
	int r = sim_td_vcpu_new(m->td, &ops, m, &m->vcpu, err);

	if (r == 0)
		r = sim_tdx_guest_new(&platform, &config, &m->driver, err);
	if (r == 0)
		r = sim_tdx_guest_start_probe(m->driver);
	if (r < 0)
		return r;
	m->probing = true;
	m->owes_run = true;
	while (m->probing && machine_td_runnable(m))
		machine_td_step(m);
	if (m->dead == -ENOMEM || m->probed == -ENOMEM)
		return jurat_fail_memory(err);
	if (m->probing || m->probed < 0 || m->dead < 0)
		return jurat_fail(err, -EIO, "the guest driver could not be loaded");
	r = sim_tsm_new(&m->tsm, err);
	if (r == 0)
		r = sim_tsm_tdx_new(sim_linux_or_newest(m->options.kernel)->tsm_outblob_max, send_quote, m,
				    &m->provider, err);
	return r == 0 ? sim_tsm_register(m->tsm, sim_tsm_tdx_provider(m->provider), m->provider) : r;
}

/* What runs in the TD before the driver. */
static int boot(struct machine_td *m, struct jurat_error *err)
{
	int r = 0;

	if (m->options.boot)
		r = machine_td_boot_run(m->options.boot, m->td, LOG_GPA);
	m->has_log = m->options.boot != NULL;
	m->options.boot = NULL; /* was borrowed */
	return r < 0 ? jurat_fail(err, r, "the TD does not boot") : 0;
}

/* The platform, its roots and its quoting enclave: what they make from now on is as ordered. */
static int make_platform(struct machine_td *m, struct jurat_error *err)
{
	struct machine_td_options *o = &m->options;
	const char *seed = o->pki_seed ? o->pki_seed : SIM_PKI_DEFAULT_SEED;
	int r = 0;

	if (o->order)
		r = sim_forge_tdx_options(o->order, &o->platform, &o->qe, &o->td, err);
	if (r == 0)
		r = sim_tdx_platform_new(&o->platform, &m->platform, err);
	if (r == 0)
		r = o->order ? sim_forge_roots_intel(o->order, seed, &m->pki, err)
			     : sim_pki_intel_new(seed, &m->pki, err);
	if (r == 0 && o->order)
		r = sim_forge_install_intel(o->order, m->pki, err);
	if (r == 0)
		r = sim_qe_new(m->platform, m->pki, &o->qe, &m->qe, err);
	return r == 0 && o->order ? sim_forge_install_qe(o->order, m->qe, err) : r;
}

int machine_td_new(const struct machine_td_options *options, struct machine_td **ret, struct jurat_error *err)
{
	struct machine_td *m = calloc(1, sizeof(*m));
	int r;

	if (!m)
		return jurat_fail_memory(err);
	if (options)
		m->options = *options;
	m->traced_as = SEQUENCE_NONE;
	if (m->options.qe.pck_not_before == 0 && m->options.qe.pck_not_after == 0)
		m->options.qe.pck_not_before =
			sim_pki_leaf_begin(m->options.at ? m->options.at : base_realtime_s(base_env_real()));
	td_env_init(m);
	if (m->options.boot)
		machine_td_boot_params(m->options.boot, &m->options.td);
	r = make_platform(m, err);
	if (r == 0)
		r = sim_td_new(m->platform, &m->options.td, MEMORY_PAGES, &m->td, err);
	if (r == 0)
		r = boot(m, err);
	if (r == 0)
		r = make_host(m, err);
	if (r == 0)
		r = make_guest(m, err);
	if (r < 0) {
		machine_td_free(m);
		return r;
	}
	*ret = m;
	return 0;
}

void machine_td_free(struct machine_td *m)
{
	if (!m)
		return;
	die(m, -ENODEV);
	td_env_done(m);
	sim_tsm_free(m->tsm);
	sim_tsm_tdx_free(m->provider);
	jurat_tdx_quotes_close(m->quotes);
	machine_qgs_done(&m->qgs);
	sim_tdx_guest_free(m->driver);
	sim_td_vcpu_free(m->vcpu);
	sim_td_free(m->td);
	sim_qe_free(m->qe);
	sim_pki_intel_free(m->pki);
	sim_tdx_platform_free(m->platform);
	free(m);
}

void machine_td_set_trace(struct machine_td *m, struct trace *trace)
{
	m->trace = trace;
	machine_qgs_set_trace(&m->qgs, trace);
	m->traced_as = SEQUENCE_NONE;
	m->traced_call = m->traced_pause = 0;
	for (int i = 0; i < TD_ENV_FILES; i++)
		m->env.files[i].reads = (struct trace_reads){ 0 };
	for (struct td_request *request = m->queue; request; request = request->next)
		request->place = TRACE_NOWHERE;
}

uint64_t machine_td_now_ns(const struct machine_td *m)
{
	return m->now_ns;
}

struct sim_qe *machine_td_qe(struct machine_td *m)
{
	return m->qe;
}

struct sim_pki_intel *machine_td_pki(struct machine_td *m)
{
	return m->pki;
}

struct sim_td *machine_td_module(struct machine_td *m)
{
	return m->td;
}

int machine_td_ccel(const struct machine_td *m, uint8_t ret[MEASURE_CCEL_BYTES])
{
	const struct measure_ccel ccel = { .cc_type = MEASURE_CCEL_TDX,
					   .log_area_bytes = MEASURE_LOG_AREA_BYTES,
					   .log_area_address = LOG_GPA };

	if (!m->has_log)
		return -ENOENT;
	measure_ccel_write(&ccel, ret);
	return 0;
}

int machine_td_read_log(const struct machine_td *m, size_t off, void *to, size_t n)
{
	if (!m->has_log)
		return -ENOENT;
	if (off > MEASURE_LOG_AREA_BYTES || n > MEASURE_LOG_AREA_BYTES - off)
		return -EINVAL;
	return sim_td_guest_read(m->td, LOG_GPA + off, to, n) < 0 ? -EIO : 0;
}

struct sim_tdx_guest *machine_td_driver(struct machine_td *m)
{
	return m->driver;
}

struct sim_tsm *machine_td_tsm(struct machine_td *m)
{
	return m->tsm;
}

static int enqueue(struct machine_td *m, const struct td_request *request)
{
	struct td_request *copy, **tail = &m->queue;

	if (m->dead) {
		struct td_request refused = *request;

		td_trace_start(m, &refused);
		td_trace_end(m, &refused, m->dead);
		return m->dead;
	}
	copy = malloc(sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	*copy = *request;
	td_trace_start(m, copy);
	while (*tail)
		tail = &(*tail)->next;
	*tail = copy;
	return 0;
}

int machine_td_start_quote(struct machine_td *m, struct sim_tdx_quote_request *quote,
			   void (*done)(void *ctx, int result), void *ctx)
{
	return enqueue(m, &(struct td_request){ .quote = quote, .done = done, .ctx = ctx });
}

static bool can_move(const struct machine_td *m)
{
	if (m->dead)
		return false;
	if (m->owes_run || sim_td_interrupt_pending(m->vcpu))
		return true;
	if (!m->queue && !m->probing)
		return false;
	return !m->waiting && m->until_ns <= m->now_ns;
}

static bool runnable(struct machine_td *m)
{
	uint64_t first;

	while (!can_move(m)) {
		if (m->dead || !m->queue)
			return false;
		first = machine_qgs_next_ns(&m->qgs);
		if (m->until_ns && m->until_ns < first)
			first = m->until_ns;
		if (first == BASE_NEVER)
			return false;
		if (first > m->now_ns) {
			trace_advance(m->trace, first - m->now_ns);
			m->now_ns = first;
		}
		if (jurat_tdx_quotes_dispatch(m->quotes, NULL) < 0)
			return false;
		if (machine_qgs_next_ns(&m->qgs) <= m->now_ns && !can_move(m))
			return false; /* written but never read: a bug, so do not wait */
	}
	return true;
}

bool machine_td_runnable(struct machine_td *m)
{
	struct trace_place before = td_trace_enter(m);
	bool is_runnable = runnable(m);

	(void)trace_go(m->trace, before);
	return is_runnable;
}

void machine_td_set_faults(struct machine_td *m, const struct machine_td_options *faults)
{
	m->options.no_service = m->qgs.down = faults->no_service;
	m->options.half_close = m->qgs.half_close = faults->half_close;
	m->options.fixed_status = faults->fixed_status;
	m->options.status = faults->status;
}

/* The VMM that machine_td_options.fixed_status describes. */
static int answer_by_itself(struct machine_td *m, uint8_t *run)
{
	uint64_t gpa = bytes_get_le(run + KVM_RUN_TDX_GET_QUOTE_gpa, 8);
	uint8_t status[8], out_len[4];
	uint32_t step;
	int r;

	bytes_put_le(out_len, m->options.out_len, sizeof(out_len));
	bytes_put_le(status, m->options.status, sizeof(status));
	r = sim_td_host_write(m->td, gpa + TDX_GETQUOTE_OUT_LEN_OFF, out_len, sizeof(out_len));
	if (r == 0)
		r = sim_td_host_write(m->td, gpa + TDX_GETQUOTE_STATUS_OFF, status, sizeof(status));
	if (r < 0)
		return r;
	bytes_put_le(run + KVM_RUN_TDX_ret, UAPI_TDVMCALL_SUCCESS, 8);
	step = trace_call(m->trace, "VMM", "guest driver", "status 0x%llx, out_len %u and no quote",
			  (unsigned long long)m->options.status, m->options.out_len);
	trace_number(m->trace, step, "status", m->options.status, TRACE_HEX);
	trace_number(m->trace, step, "out_len", m->options.out_len, TRACE_DECIMAL);
	trace_end_at_once(m->trace, step);
	if (m->options.flavour == SIM_TDX_SEED && m->options.status != TDX_GETQUOTE_IN_FLIGHT)
		notify(m, 0, EVENT_VECTOR);
	return 0;
}

static int handle_exit(struct machine_td *m, uint8_t *run, struct jurat_error *err)
{
	uint64_t leaf = bytes_get_le(run + KVM_RUN_TDX_nr, 8);

	uint32_t step =
		trace_call(m->trace, "KVM", "VMM", "KVM_EXIT_TDX, leaf 0x%llx", (unsigned long long)leaf);
	int r;

	trace_number(m->trace, step, "leaf", leaf, TRACE_HEX);
	if (m->options.fixed_status && leaf == UAPI_TDVMCALL_GET_QUOTE)
		r = answer_by_itself(m, run);
	else
		r = jurat_tdx_quotes_handle_exit(m->quotes, (struct kvm_run *)run, 0, err);
	trace_number(m->trace, step, "ret", bytes_get_le(run + KVM_RUN_TDX_ret, 8), TRACE_HEX);
	if (r < 0)
		trace_end(m->trace, step, "%s", err->text);
	else
		trace_end(m->trace, step, "KVM_RUN, ret = 0x%llx",
			  (unsigned long long)bytes_get_le(run + KVM_RUN_TDX_ret, 8));
	return r;
}

static void step(struct machine_td *m)
{
	struct jurat_error err = { "" };
	uint8_t *run;
	int r;

	m->owes_run = false;
	run = sim_td_vcpu_run(m->vcpu);
	r = sim_td_run(m->vcpu);
	if (r == 0 && bytes_get_le(run + KVM_RUN_exit_reason, 4) == UAPI_KVM_EXIT_TDX) {
		r = handle_exit(m, run, &err);
		m->owes_run = true;
	} else if (r == 0 && bytes_get_le(run + KVM_RUN_exit_reason, 4) != UAPI_KVM_EXIT_HLT) {
		r = -ENOTSUP;
	}
	if (r == 0)
		r = jurat_tdx_quotes_dispatch(m->quotes, &err);
	if (r < 0)
		die(m, r);
}

void machine_td_step(struct machine_td *m)
{
	struct trace_place before;

	if (!can_move(m))
		return;
	before = td_trace_enter(m);
	step(m);
	(void)trace_go(m->trace, before);
}

struct td_outcome {
	bool done;
	int result;
};

static void note(void *ctx, int result)
{
	*(struct td_outcome *)ctx = (struct td_outcome){ .done = true, .result = result };
}

/* Steps until the request of this outcome is completed. */
static int complete(struct machine_td *m, const struct td_outcome *outcome)
{
	while (!outcome->done && machine_td_runnable(m))
		machine_td_step(m);
	if (!outcome->done) /* the driver would wait forever, with pointers to a stack frame */
		die(m, -EIO);
	return outcome->result;
}

int machine_td_quote(struct machine_td *m, struct sim_tdx_quote_request *request)
{
	struct td_outcome outcome = { 0 };
	int r = machine_td_start_quote(m, request, note, &outcome);

	return r < 0 ? r : complete(m, &outcome);
}

int machine_td_ioctl(struct machine_td *m, const struct sim_user_memory *user, unsigned long request,
		     uint64_t arg)
{
	struct td_outcome outcome = { 0 };
	struct trace_place before;
	int r;

	if (request != UAPI_TDX_CMD_GET_QUOTE || m->options.flavour != SIM_TDX_SEED) {
		before = td_trace_ioctl(m, request);
		r = sim_tdx_guest_ioctl(m->driver, user, request, arg);
		td_trace_ioctl_end(m, before, user, request, arg, r);
		return r;
	}
	r = enqueue(m, &(struct td_request){ .user = user, .arg = arg, .done = note, .ctx = &outcome });
	return r < 0 ? r : complete(m, &outcome);
}
