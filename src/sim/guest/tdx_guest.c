/* SPDX-License-Identifier: MIT */
#include "sim/guest/tdx_guest_internal.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "uapi/tdx.h"
#include "wire/tdx_uapi.h"

#define POLL_NS 1000000000ull

enum {
	PAGE_BYTES = TDX_GETQUOTE_ALIGN_BYTES,
	KMALLOC_MAX_BYTES = 4 * 1024 * 1024, /* also the maximum of alloc_pages_exact() of Linux */
	MAP_RETRIES = 3,                     /* without progress. Spec: Linux tdx_map_gpa() */
};

/* What the driver does next: TDVMCALL, sleep, wait for an interrupt, or complete the request. */
enum outcome { CALL, SLEEP, WAIT, OVER };

static int guest_read(const struct sim_tdx_guest *g, uint64_t off, void *to, size_t n)
{
	const struct sim_guest_memory *memory = &g->platform.memory;

	return memory->read(memory->ctx, g->config.buffer_gpa + off, to, n) < 0 ? -EFAULT : 0;
}

static int guest_write(const struct sim_tdx_guest *g, uint64_t off, const void *from, size_t n)
{
	const struct sim_guest_memory *memory = &g->platform.memory;

	return memory->write(memory->ctx, g->config.buffer_gpa + off, from, n) < 0 ? -EFAULT : 0;
}

static int read_hdr(const struct sim_tdx_guest *g, struct tdx_getquote_hdr *ret)
{
	uint8_t bytes[TDX_GETQUOTE_HDR_BYTES];
	int r = guest_read(g, 0, bytes, sizeof(bytes));

	return r < 0 ? r : wire_read(&tdx_getquote_hdr_layout, bytes, sizeof(bytes), ret, NULL);
}

int sim_tdx_guest_new(const struct sim_tdx_guest_platform *platform, const struct sim_tdx_guest_config *from,
		      struct sim_tdx_guest **ret, struct jurat_error *err)
{
	struct sim_tdx_guest_config config = *from;
	uint64_t end;
	struct sim_tdx_guest *g;

	config.kernel = sim_linux_or_newest(config.kernel);
	if (config.buffer_bytes == 0)
		config.buffer_bytes = config.kernel->tdx_buffer_bytes;
	if (config.flavour != SIM_TDX_UPSTREAM && config.flavour != SIM_TDX_SEED)
		return jurat_fail(err, -EINVAL, "tdx_guest: unknown driver %d", (int)config.flavour);
	if (config.buffer_gpa % PAGE_BYTES || config.buffer_bytes % PAGE_BYTES ||
	    config.buffer_bytes > KMALLOC_MAX_BYTES)
		return jurat_fail(err, -EINVAL, "tdx_guest: a quote buffer of %u bytes at 0x%llx",
				  config.buffer_bytes, (unsigned long long)config.buffer_gpa);
	if (__builtin_add_overflow(config.buffer_gpa, config.buffer_bytes, &end) ||
	    end > platform->shared_bit)
		return jurat_fail(err, -EINVAL, "tdx_guest: its quote buffer reaches the shared bit");
	if (config.flavour == SIM_TDX_SEED && config.vector < TDX_EVENT_NOTIFY_FIRST_VECTOR)
		return jurat_fail(err, -EINVAL, "tdx_guest: vector %u is an exception's", config.vector);
	g = calloc(1, sizeof(*g));
	if (!g)
		return jurat_fail_memory(err);
	g->platform = *platform;
	g->config = config;
	*ret = g;
	return 0;
}

void sim_tdx_guest_free(struct sim_tdx_guest *g)
{
	free(g);
}

bool sim_tdx_guest_is_loaded(const struct sim_tdx_guest *g)
{
	return g->is_loaded;
}

uint64_t sim_tdx_guest_last_r10(const struct sim_tdx_guest *g)
{
	return g->last_r10;
}

static enum outcome call(struct sim_tdx_guest *g, struct uapi_tdvmcall *regs, enum tdx_guest_state next,
			 uint64_t leaf, uint64_t r12, uint64_t r13)
{
	*regs = (struct uapi_tdvmcall){ .r11 = leaf, .r12 = r12, .r13 = r13 };
	g->state = next;
	return CALL;
}

static enum outcome over(int *ret_r, int r)
{
	*ret_r = r;
	return OVER;
}

static uint64_t map_end(const struct sim_tdx_guest *g)
{
	return (g->config.buffer_gpa | (g->map_gpa & g->platform.shared_bit)) + g->config.buffer_bytes;
}

static enum outcome map_rest(struct sim_tdx_guest *g, struct uapi_tdvmcall *regs)
{
	return call(g, regs, TDX_GUEST_MAPPING, UAPI_TDVMCALL_MAP_GPA, g->map_gpa, map_end(g) - g->map_gpa);
}

static enum outcome map_all(struct sim_tdx_guest *g, struct uapi_tdvmcall *regs, bool shared)
{
	g->map_gpa = g->config.buffer_gpa | (shared ? g->platform.shared_bit : 0);
	g->map_retries = 0;
	return map_rest(g, regs);
}

/* Spec: Linux tdx_map_gpa(). The address to continue at comes from the VMM, so it is checked. */
static enum outcome mapped(struct sim_tdx_guest *g, struct uapi_tdvmcall *regs, int *ret_r)
{
	if (g->last_r10 == UAPI_TDVMCALL_RETRY && regs->r11 >= g->map_gpa && regs->r11 < map_end(g)) {
		g->map_retries = regs->r11 == g->map_gpa ? g->map_retries + 1 : 0;
		g->map_gpa = regs->r11;
		if (g->map_retries < MAP_RETRIES)
			return map_rest(g, regs);
	}
	if (g->last_r10 != UAPI_TDVMCALL_SUCCESS) {
		g->is_loaded = false;
		g->is_lost = true; /* some pages may be shared: Linux leaks all of them */
		return over(ret_r, g->task == TDX_GUEST_PROBE ? -ENOMEM : -EIO);
	}
	if (g->task == TDX_GUEST_REMOVE) {
		g->is_loaded = false;
		return over(ret_r, 0);
	}
	if (g->config.flavour == SIM_TDX_SEED)
		return call(g, regs, TDX_GUEST_NOTIFYING, UAPI_TDVMCALL_SETUP_EVENT_NOTIFY_INTERRUPT,
			    g->config.vector, 0);
	g->is_loaded = true;
	return over(ret_r, 0);
}

static enum outcome notifying(struct sim_tdx_guest *g, int *ret_r)
{
	g->is_loaded = g->last_r10 == UAPI_TDVMCALL_SUCCESS;
	g->is_lost = !g->is_loaded;
	return over(ret_r, g->is_loaded ? 0 : -EIO);
}

static enum outcome get_quote(struct sim_tdx_guest *g, struct uapi_tdvmcall *regs)
{
	return call(g, regs, TDX_GUEST_SUBMITTED, UAPI_TDVMCALL_GET_QUOTE,
		    g->config.buffer_gpa | g->platform.shared_bit, g->config.buffer_bytes);
}

/* Zeros the buffer from `off` on, so that the VMM does not see data of an earlier request. */
static int clear_buffer(struct sim_tdx_guest *g, uint32_t off)
{
	static const uint8_t zeros[PAGE_BYTES];
	int r = 0;

	while (off < g->config.buffer_bytes && r == 0) {
		uint32_t part = PAGE_BYTES - off % PAGE_BYTES;

		r = guest_write(g, off, zeros, part);
		off += part;
	}
	return r;
}

static int make_report(struct sim_tdx_guest *g, uint8_t ret[TDX_REPORT_BYTES])
{
	uint64_t status = g->platform.mr_report(g->platform.memory.ctx, g->request->inblob, ret);

	return status == UAPI_TDCALL_SUCCESS ? 0 : tdx_guest_tdcall_errno(g, status);
}

/* Older drivers: the TDREPORT first. If that fails, the buffer is unchanged. */
static int fill_buffer_at_once(struct sim_tdx_guest *g)
{
	uint8_t report[TDX_REPORT_BYTES], page[PAGE_BYTES];
	int r = make_report(g, report);

	if (r == 0)
		r = tdx_getquote_write(report, sizeof(report), page, sizeof(page), NULL);
	if (r == 0)
		r = clear_buffer(g, PAGE_BYTES);
	return r == 0 ? guest_write(g, 0, page, sizeof(page)) : r;
}

/* Newer drivers: the header first. If the TDREPORT fails, the buffer is zeroed again. */
static int fill_buffer_in_place(struct sim_tdx_guest *g)
{
	const struct tdx_getquote_hdr hdr = { .version = TDX_GETQUOTE_VERSION, .in_len = TDX_REPORT_BYTES };
	uint8_t report[TDX_REPORT_BYTES], bytes[TDX_GETQUOTE_HDR_BYTES];
	int r = clear_buffer(g, 0);

	wire_write(&tdx_getquote_hdr_layout, &hdr, bytes);
	if (r == 0)
		r = guest_write(g, 0, bytes, sizeof(bytes));
	if (r < 0)
		return r;
	r = make_report(g, report);
	if (r == 0)
		return guest_write(g, TDX_GETQUOTE_DATA_OFF, report, sizeof(report));
	(void)!clear_buffer(g, 0);
	return r;
}

/* Spec: Linux tdx_report_new(): the order of the checks. */
static enum outcome begin_quote(struct sim_tdx_guest *g, struct uapi_tdvmcall *regs, int *ret_r)
{
	struct tdx_getquote_hdr hdr;
	int r;

	r = read_hdr(g, &hdr);
	if (r < 0)
		return over(ret_r, r);
	if (hdr.status == TDX_GETQUOTE_IN_FLIGHT) /* since a timeout or a signal (K4) */
		return over(ret_r, -EBUSY);
	if (g->request->inblob_size != TDX_REPORT_DATA_BYTES)
		return over(ret_r, -EINVAL);
	r = g->config.kernel->tdx_clears_buffer_first ? fill_buffer_in_place(g) : fill_buffer_at_once(g);
	if (r < 0)
		return over(ret_r, r);
	g->polls = 0;
	return get_quote(g, regs);
}

static int take_quote(struct sim_tdx_guest *g, const struct tdx_getquote_hdr *hdr)
{
	const unsigned quirks = g->config.quirks;
	size_t n = hdr->out_len;
	auto_free uint8_t *quote = NULL;
	int r;

	if (hdr->status != TDX_GETQUOTE_SUCCESS && !g->config.kernel->tdx_ignores_status)
		return -EIO;
	if (n > g->config.buffer_bytes - TDX_GETQUOTE_HDR_BYTES &&
	    !(quirks & SIM_TDX_QUIRK_UNBOUNDED_OUT_LEN))
		return -EFBIG;
	if (n > KMALLOC_MAX_BYTES)
		return -ENOMEM;
	quote = malloc(n ? n : 1);
	if (!quote)
		return -ENOMEM;
	r = guest_read(g, TDX_GETQUOTE_DATA_OFF, quote, n);
	if (r < 0)
		return r;
	g->request->quote = take_ptr(quote);
	g->request->quote_size = n;
	return 0;
}

/*
 * Linux counts polls instead of measuring time, and decides by the count whether there was a timeout: a quote
 * found by the last poll becomes a timeout, and a quote still in flight after it a success (K3, a quirk).
 * Spec: Linux wait_for_quote_completion()
 */
static enum outcome poll_status(struct sim_tdx_guest *g, uint64_t now_ns, int *ret_r)
{
	struct tdx_getquote_hdr hdr;
	bool in_flight, timed_out;
	int r = read_hdr(g, &hdr);

	if (r < 0)
		return over(ret_r, r);
	in_flight = hdr.status == TDX_GETQUOTE_IN_FLIGHT;
	if (in_flight && g->polls < SIM_TDX_GUEST_POLLS) {
		if (g->is_killed)
			return over(ret_r, -EINTR);
		g->polls++;
		g->until_ns = now_ns + POLL_NS;
		g->state = TDX_GUEST_ASLEEP;
		return SLEEP;
	}
	timed_out = in_flight;
	if (g->config.quirks & SIM_TDX_QUIRK_TIMEOUT_OFF_BY_ONE)
		timed_out = !in_flight && g->polls == SIM_TDX_GUEST_POLLS;
	return over(ret_r, timed_out ? -ETIMEDOUT : take_quote(g, &hdr));
}

static int user_read(const struct sim_tdx_guest *g, uint64_t addr, void *to, size_t n)
{
	return g->user->read(g->user->ctx, addr, to, n) < 0 ? -EFAULT : 0;
}

/* The program's buffer is passed to the VMM unchanged. */
static enum outcome begin_ioctl(struct sim_tdx_guest *g, struct uapi_tdvmcall *regs, int *ret_r)
{
	uint8_t bytes[TDX_QUOTE_REQ_BYTES];
	auto_free uint8_t *copy = NULL;
	struct tdx_quote_req req;
	int r;

	r = user_read(g, g->ioctl_arg, bytes, sizeof(bytes));
	if (r == 0)
		r = wire_read(&tdx_quote_req_layout, bytes, sizeof(bytes), &req, NULL);
	if (r < 0)
		return over(ret_r, r);
	if (req.len == 0 || req.len > g->config.buffer_bytes)
		return over(ret_r, -EINVAL);
	g->user_buffer = req.buf;
	g->user_bytes = (uint32_t)req.len;
	copy = malloc(g->user_bytes);
	if (!copy)
		return over(ret_r, -ENOMEM);
	r = user_read(g, g->user_buffer, copy, g->user_bytes);
	if (r == 0)
		r = clear_buffer(g, 0);
	if (r == 0)
		r = guest_write(g, 0, copy, g->user_bytes);
	if (r < 0)
		return over(ret_r, r);
	g->is_complete = false;
	g->is_pending = true;
	return get_quote(g, regs);
}

/*
 * Whether the task goes on waiting. The status decides, and an interrupt is only a reason to look at it: the
 * mark is taken back before, so that an interrupt after that is not lost.
 */
static int must_wait(struct sim_tdx_guest *g, bool *ret)
{
	struct tdx_getquote_hdr hdr;
	int r;

	if (!g->config.rechecks) {
		*ret = !g->is_complete;
		return 0;
	}
	g->is_complete = false;
	r = read_hdr(g, &hdr);
	*ret = r == 0 && hdr.status == TDX_GETQUOTE_IN_FLIGHT;
	return r;
}

static enum outcome wait_complete(struct sim_tdx_guest *g, int *ret_r)
{
	auto_free uint8_t *copy = NULL;
	bool waits;
	int r = must_wait(g, &waits);

	if (r < 0)
		return over(ret_r, r);
	if (waits) {
		g->state = TDX_GUEST_WAITING;
		return WAIT;
	}
	copy = malloc(g->user_bytes);
	if (!copy)
		return over(ret_r, -ENOMEM);
	r = guest_read(g, 0, copy, g->user_bytes);
	if (r == 0 && g->user->write(g->user->ctx, g->user_buffer, copy, g->user_bytes) < 0)
		r = -EFAULT;
	return over(ret_r, r);
}

static enum outcome begin(struct sim_tdx_guest *g, struct uapi_tdvmcall *regs, int *ret_r)
{
	switch (g->task) {
	case TDX_GUEST_PROBE:
		return map_all(g, regs, true);
	case TDX_GUEST_REMOVE:
		return map_all(g, regs, false);
	case TDX_GUEST_QUOTE:
		return begin_quote(g, regs, ret_r);
	case TDX_GUEST_IOCTL:
		break;
	}
	return begin_ioctl(g, regs, ret_r);
}

static enum outcome submitted(struct sim_tdx_guest *g, uint64_t now_ns, int *ret_r)
{
	if (g->last_r10 != UAPI_TDVMCALL_SUCCESS) /* including RETRY (K5) */
		return over(ret_r, -EIO);
	return g->task == TDX_GUEST_QUOTE ? poll_status(g, now_ns, ret_r) : wait_complete(g, ret_r);
}

static enum outcome wake(struct sim_tdx_guest *g, uint64_t now_ns, int *ret_r)
{
	if (now_ns >= g->until_ns) /* even if a signal arrives as the sleep ends, the status is read first */
		return poll_status(g, now_ns, ret_r);
	return g->is_woken ? over(ret_r, -EINTR) : SLEEP;
}

static enum outcome advance(struct sim_tdx_guest *g, uint64_t now_ns, struct uapi_tdvmcall *regs, int *ret_r)
{
	switch (g->state) {
	case TDX_GUEST_STARTED:
		return begin(g, regs, ret_r);
	case TDX_GUEST_MAPPING:
		g->last_r10 = regs->r10;
		return mapped(g, regs, ret_r);
	case TDX_GUEST_NOTIFYING:
		g->last_r10 = regs->r10;
		return notifying(g, ret_r);
	case TDX_GUEST_SUBMITTED:
		g->last_r10 = regs->r10;
		return submitted(g, now_ns, ret_r);
	case TDX_GUEST_ASLEEP:
		return wake(g, now_ns, ret_r);
	case TDX_GUEST_WAITING:
		return wait_complete(g, ret_r);
	case TDX_GUEST_IDLE:
		break;
	}
	return over(ret_r, -EINVAL);
}

void sim_tdx_guest_step(struct sim_tdx_guest *g, uint64_t now_ns, struct uapi_tdvmcall *regs,
			struct sim_tdx_step_result *ret)
{
	int r = 0;

	*ret = (struct sim_tdx_step_result){ 0 };
	switch (advance(g, now_ns, regs, &r)) {
	case CALL:
		ret->step = SIM_TDX_STEP_TDVMCALL;
		break;
	case SLEEP:
		ret->step = SIM_TDX_STEP_SLEEP;
		ret->until_ns = g->until_ns;
		break;
	case WAIT:
		ret->step = SIM_TDX_STEP_WAIT;
		break;
	case OVER:
		ret->step = SIM_TDX_STEP_DONE;
		ret->result = r;
		g->state = TDX_GUEST_IDLE;
		g->is_pending = false;
		g->request = NULL;
		g->user = NULL;
		break;
	}
}

static int start(struct sim_tdx_guest *g, enum tdx_guest_task task)
{
	if (g->state != TDX_GUEST_IDLE)
		return -EBUSY;
	g->task = task;
	g->state = TDX_GUEST_STARTED;
	g->is_killed = g->is_woken = false;
	return 0;
}

int sim_tdx_guest_start_probe(struct sim_tdx_guest *g)
{
	if (g->is_loaded)
		return g->state == TDX_GUEST_IDLE ? -EEXIST : -EBUSY;
	return g->is_lost ? -ENOMEM : start(g, TDX_GUEST_PROBE);
}

int sim_tdx_guest_start_remove(struct sim_tdx_guest *g)
{
	return g->is_loaded ? start(g, TDX_GUEST_REMOVE) : -ENODEV;
}

int sim_tdx_guest_start_quote(struct sim_tdx_guest *g, struct sim_tdx_quote_request *request)
{
	int r;

	if (g->config.flavour != SIM_TDX_UPSTREAM)
		return -EOPNOTSUPP;
	r = g->is_loaded ? start(g, TDX_GUEST_QUOTE) : -ENODEV;
	if (r == 0)
		g->request = request;
	return r;
}

int sim_tdx_guest_start_ioctl(struct sim_tdx_guest *g, const struct sim_user_memory *user, uint64_t arg)
{
	int r;

	if (g->config.flavour != SIM_TDX_SEED)
		return -ENOTTY;
	r = g->is_loaded ? start(g, TDX_GUEST_IOCTL) : -ENODEV;
	if (r < 0)
		return r;
	g->user = user;
	g->ioctl_arg = arg;
	return 0;
}

void sim_tdx_guest_kill(struct sim_tdx_guest *g)
{
	if (g->state == TDX_GUEST_IDLE)
		return;
	g->is_killed = true;
	g->is_woken = g->state == TDX_GUEST_ASLEEP;
}

void sim_tdx_guest_interrupt(struct sim_tdx_guest *g, uint8_t vector)
{
	struct tdx_getquote_hdr hdr;

	if (g->config.flavour != SIM_TDX_SEED || vector != g->config.vector)
		return;
	if (!g->is_pending && !(g->config.quirks & SIM_TDX_QUIRK_NO_FLAG))
		return;
	if (read_hdr(g, &hdr) == 0 && hdr.status != TDX_GETQUOTE_IN_FLIGHT)
		g->is_complete = true;
}

bool sim_tdx_guest_is_woken(const struct sim_tdx_guest *g)
{
	return g->is_complete;
}

void sim_tdx_guest_mix(const struct sim_tdx_guest *g, uint64_t now_ns, struct base_mix *to)
{
	base_mix_u64(to, (uint64_t)g->is_loaded | (uint64_t)g->is_lost << 1 | (uint64_t)g->is_killed << 2 |
				 (uint64_t)g->is_woken << 3 | (uint64_t)g->is_pending << 4 |
				 (uint64_t)g->is_complete << 5);
	base_mix_u64(to, (uint64_t)g->task << 32 | (uint64_t)g->state);
	base_mix_u64(to, g->until_ns > now_ns ? g->until_ns - now_ns : 0);
	base_mix_u64(to, g->polls);
	base_mix_u64(to, g->last_r10);
	base_mix_u64(to, g->map_gpa);
	base_mix_u64(to, g->map_retries);
	base_mix_u64(to, g->user_buffer);
	base_mix_u64(to, g->user_bytes);
}
