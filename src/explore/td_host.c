/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "base/bytes.h"
#include "explore/td.h"
#include "host/tdx_quotes.h"
#include "wire/tdx_getquote.h"

/* Later than any time: only td_service_run() makes a response arrive. */
#define LATENCY_NS (UINT64_C(1) << 60)

static struct td_host_env *self(struct base_env *env)
{
	return (struct td_host_env *)env;
}

static struct base_env *below(struct base_env *env)
{
	return &self(env)->machine->qgs.base;
}

static unsigned channel_of(int fd)
{
	return fd >= MACHINE_QGS_FIRST_FD && fd < MACHINE_QGS_FIRST_FD + MACHINE_QGS_CHANNELS
		       ? (unsigned)(fd - MACHINE_QGS_FIRST_FD)
		       : MACHINE_QGS_CHANNELS;
}

static bool has_arrived(const struct explore_td *m, unsigned channel)
{
	return channel < MACHINE_QGS_CHANNELS && m->qgs.channels[channel] &&
	       m->qgs.channels[channel]->ready_at_ns <= m->now_ns;
}

/* The service takes connections and requests at once: of all calls, only those whose result it can change. */

/* An actor need not say that it saw the time: it stays the same until it waits again. */
static uint64_t h_now_ns(struct base_env *env)
{
	return self(env)->machine->now_ns;
}

static int h_connect(struct base_env *env, const char *address)
{
	int fd = td_is_dead(self(env)->machine) ? -EIO : base_connect(below(env), address);

	td_saw_number(self(env)->machine, fd);
	return fd;
}

static int h_connected(struct base_env *env, int fd)
{
	return base_connected(below(env), fd);
}

static ssize_t h_send(struct base_env *env, int fd, const void *buf, size_t n)
{
	return td_is_dead(self(env)->machine) ? -EIO : base_send(below(env), fd, buf, n);
}

static ssize_t h_recv(struct base_env *env, int fd, void *buf, size_t n)
{
	ssize_t r;

	if (!td_step(self(env)->machine, "try to receive the response"))
		return -EIO;
	r = base_recv(below(env), fd, buf, n);
	td_saw_number(self(env)->machine, r);
	return r;
}

/*
 * The grace time of GetQuote: the response comes within it, or the call returns, as if a signal had ended the
 * wait. Both are tried, and no time passes.
 */
static int h_wait(struct base_env *env, int fd, unsigned events, uint64_t wait_ns)
{
	struct explore_td *m = self(env)->machine;
	int r;

	(void)wait_ns;
	if (!td_step(m, "GetQuote: wait for the service"))
		return -EINTR;
	r = events & BASE_WRITE || has_arrived(m, channel_of(fd)) ? 1 : -EINTR;
	td_saw_number(m, r);
	return r;
}

static int h_poll_open(struct base_env *env)
{
	return base_poll_open(below(env));
}

static int h_poll_set(struct base_env *env, int poll_fd, int fd, unsigned events)
{
	unsigned channel = channel_of(fd);

	if (channel < MACHINE_QGS_CHANNELS)
		self(env)->polled[channel] = events != 0;
	return base_poll_set(below(env), poll_fd, fd, events);
}

static int h_timer_open(struct base_env *env)
{
	return base_timer_open(below(env));
}

static int h_timer_set(struct base_env *env, int fd, uint64_t at_ns)
{
	return base_timer_set(below(env), fd, at_ns);
}

static int h_close(struct base_env *env, int fd)
{
	if (channel_of(fd) < MACHINE_QGS_CHANNELS)
		self(env)->polled[channel_of(fd)] = false;
	return base_close(below(env), fd);
}

/* Guest memory. */

static int host_read(void *ctx, uint64_t gpa, void *to, size_t n)
{
	struct explore_td *m = ctx;
	int r;

	if (!td_step(m, "GetQuote: read the request"))
		return -EFAULT;
	r = sim_td_host_read(m->td, gpa, to, n);
	td_saw(m, to, n);
	return r;
}

/*
 * The library sets a terminal status under its mutex, where no actor may stop: so the step is made after what
 * it writes before that, which is out_len.
 */
static int host_write(void *ctx, uint64_t gpa, const void *from, size_t n)
{
	struct explore_td *m = ctx;
	bool is_status = gpa == TD_BUFFER_GPA + TDX_GETQUOTE_STATUS_OFF;
	bool ends = is_status && bytes_get_le(from, n < 8 ? n : 8) != TDX_GETQUOTE_IN_FLIGHT;
	int r;

	if (ends ? td_is_dead(m)
		 : !td_step(m, is_status ? "GetQuote: set the status: in flight" : "write the quote"))
		return -EFAULT;
	if (m->owner == TD_GUEST && !explore_has(&m->world.setup, EXPLORE_TDX_TWO_BUFFERS))
		td_violate(m, "I2: the VMM writes the buffer after it has given it back");
	r = sim_td_host_write(m->td, gpa, from, n);
	if (is_status && r == 0)
		m->owner = ends ? TD_GUEST : TD_VMM;
	if (gpa == TD_BUFFER_GPA + TDX_GETQUOTE_OUT_LEN_OFF && !td_step(m, "set the status"))
		return -EFAULT;
	return r;
}

static void notify(void *ctx, uint32_t vcpu, uint8_t vector)
{
	struct explore_td *m = ctx;

	if (td_step(m, "inject the interrupt"))
		sim_td_interrupt(m->vcpus[vcpu].kvm, vector);
}

static void ended(void *ctx, const struct jurat_tdx_quote_outcome *o)
{
	struct explore_td *m = ctx;
	const char *name = tdx_getquote_status_name(o->status);

	if (m->running && !td_is_dead(m))
		sched_say(m->running, "VMM", "buffer", "%s, %llu bytes%s%s", name ? name : "?",
			  (unsigned long long)o->out_bytes, o->text[0] ? ": " : "", o->text);
}

int td_host_new(struct explore_td *m)
{
	static const struct base_env_ops ops = {
		.now_ns = h_now_ns,
		.close = h_close,
		.connect = h_connect,
		.connected = h_connected,
		.send = h_send,
		.recv = h_recv,
		.wait = h_wait,
		.poll_open = h_poll_open,
		.poll_set = h_poll_set,
		.timer_open = h_timer_open,
		.timer_set = h_timer_set,
	};
	struct jurat_tdx_quotes_options options = {
		.size = sizeof(options),
		.service = "unix:/qgs",
		.notify = notify,
		.log = ended,
		.context = m,
	};
	const struct jurat_guest_memory memory = {
		.size = sizeof(memory), .read = host_read, .write = host_write, .context = m
	};

	machine_qgs_init(&m->qgs, m->quotes.qe, &m->now_ns, LATENCY_NS);
	m->qgs.respond = td_quotes_respond;
	m->qgs.ctx = m;
	m->env = (struct td_host_env){ .base = { &ops }, .machine = m };
	return host_tdx_quotes_open(&m->env.base, &options, &memory, &m->host, NULL);
}

bool td_host_is_readable(const struct explore_td *m)
{
	for (unsigned i = 0; i < MACHINE_QGS_CHANNELS; i++)
		if (m->env.polled[i] && has_arrived(m, i))
			return true;
	return m->qgs.timer_at_ns <= m->now_ns;
}

struct machine_qgs_channel *td_host_asked(struct explore_td *m)
{
	for (unsigned i = 0; i < MACHINE_QGS_CHANNELS; i++)
		if (m->qgs.channels[i] && m->qgs.channels[i]->reply && !has_arrived(m, i))
			return m->qgs.channels[i];
	return NULL;
}

static void mix_time(const struct explore_td *m, uint64_t at_ns, struct base_mix *to)
{
	base_mix_u64(to, at_ns == BASE_NEVER ? BASE_NEVER : at_ns > m->now_ns ? at_ns - m->now_ns : 0);
}

static void mix_request(const struct explore_td *m, const struct tdx_request *r, struct base_mix *to)
{
	base_mix_u64(to, (uint64_t)r->state << 32 | (uint64_t)r->end << 8 | (uint64_t)r->active << 2 |
				 (uint64_t)r->framed << 1 | r->in_call);
	base_mix_u64(to, r->gpa);
	mix_time(m, r->give_up_ns, to);
	base_mix_u64(to, r->status);
	base_mix_u64(to, r->out_len);
	base_mix_bytes(to, r->ask, r->ask_size);
	base_mix_u64(to, r->reply != NULL);
	base_mix_u64(to,
		     (uint64_t)r->client.state << 32 | (uint64_t)r->client.connects << 16 | r->client.asks);
	base_mix_u64(to, (uint64_t)(unsigned)r->client.fd);
	mix_time(m, r->client.again_ns, to);
	base_mix_u64(to, r->client.sent);
	base_mix_u64(to, r->client.answer.want);
	base_mix_u64(to, r->client.answer.n_prefix);
}

static void mix_library(const struct explore_td *m, struct base_mix *to)
{
	const struct jurat_tdx_quotes *q = m->host;

	base_mix_u64(to, q->n_requests);
	for (const struct tdx_request *r = q->requests; r; r = r->next)
		mix_request(m, r, to);
	base_mix_u64(to, q->n_active);
	base_mix_u64(to, q->n_telling);
	mix_time(m, q->armed_ns, to);
	base_mix_u64(to, (uint64_t)q->has_vector << 8 | q->vector);
}

static void mix_service(const struct explore_td *m, struct base_mix *to)
{
	mix_time(m, m->qgs.timer_at_ns, to);
	for (unsigned i = 0; i < MACHINE_QGS_CHANNELS; i++) {
		const struct machine_qgs_channel *c = m->qgs.channels[i];

		if (!c)
			continue;
		base_mix_u64(to, (uint64_t)i << 8 | (uint64_t)m->env.polled[i] << 2 |
					 (uint64_t)(c->reply != NULL) << 1 | has_arrived(m, i));
		base_mix_u64(to, c->reply_off);
		base_mix_u64(to, c->reply_size);
	}
}

void td_host_mix(struct explore_td *m, struct base_mix *to)
{
	if (!(m->without & TD_PART_LIBRARY))
		mix_library(m, to);
	if (!(m->without & TD_PART_SERVICE))
		mix_service(m, to);
}
