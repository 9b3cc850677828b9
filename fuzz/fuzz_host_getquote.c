/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "host/host.h"
#include "support/fuzz.h"
#include "uapi/tdx.h"
#include "wire/kvm_run.h"
#include "wire/qgs.h"
#include "wire/tdx_getquote.h"

/*
 * A hostile guest and a hostile quoting service at once: the guest chooses addresses, sizes and the
 * content of its memory, takes pages away and changes them in flight; the service answers with any bytes,
 * cut anywhere. Whatever they do, a request that was taken on ends, no slot is lost, and nothing but guest
 * memory is written.
 */
enum { PAGE = 4096, PAGES = 4, GPA = 0x10000, MAX_CALLS = 8 };

struct world {
	struct base_env base;
	struct bytes_rd in; /* the fuzzer's bytes, in order of use */
	uint64_t now, timer_at;
	unsigned open, taken_on, ended, interrupts;
	uint8_t reply[256]; /* a right one to what was sent last */
	size_t reply_size, replied;
	uint8_t ram[PAGES * PAGE];
};

static struct world *self(struct base_env *env)
{
	return (struct world *)env;
}

static uint8_t next(struct world *w)
{
	return bytes_rd_left(&w->in) > 0 ? bytes_rd_u8(&w->in) : 0;
}

static uint64_t w_now_ns(struct base_env *env)
{
	return self(env)->now;
}

static int w_connect(struct base_env *env, const char *address)
{
	static const int errors[] = { -ECONNREFUSED, -EAGAIN, -EACCES, -EMFILE };
	uint8_t how = next(self(env));

	if (how >= 0xf0)
		return errors[how % 4];
	self(env)->open++;
	return 100;
}

static int w_connected(struct base_env *env, int fd)
{
	uint8_t how = next(self(env));

	return how >= 0xf8 ? -ECONNREFUSED : how >= 0xf0 ? -EINPROGRESS : 0;
}

/* The answer of a good service to a request that begins here. */
static void make_reply(struct world *w, const uint8_t *request, size_t n)
{
	static const uint8_t quote[] = "quote";
	struct qgs_message m;
	enum qgs_type type;

	w->replied = w->reply_size = 0;
	if (n <= QGS_FRAME_BYTES ||
	    qgs_read_type(request + QGS_FRAME_BYTES, n - QGS_FRAME_BYTES, &type, NULL) != 0 ||
	    !qgs_is_request(type))
		return;
	m = qgs_message((enum qgs_type)(type + 1));
	for (unsigned i = 0; i < qgs_n_parts(m.type); i++)
		m.parts[i] = bytes_rd(
			quote, m.type == QGS_QUOTE_RESP && i == QGS_PART_SELECTED_ID ? 0 : sizeof(quote));
	if (qgs_write(&m, true, w->reply, sizeof(w->reply), &w->reply_size, NULL) != 0)
		w->reply_size = 0;
}

static ssize_t w_send(struct base_env *env, int fd, const void *buf, size_t n)
{
	uint8_t how = next(self(env));

	if (how >= 0xf0)
		return how >= 0xf8 ? -EPIPE : -EAGAIN;
	make_reply(self(env), buf, n);
	return how >= 0x80 && how < n ? how : (ssize_t)n;
}

static ssize_t w_recv(struct base_env *env, int fd, void *buf, size_t n)
{
	struct world *w = self(env);
	uint8_t how = next(w);
	size_t part = how < 0xf0 ? how : 0, left = w->reply_size - w->replied;

	if (how >= 0xf8)
		return -EAGAIN;
	if (how == 0 && left > 0) { /* what a good service says */
		part = left < n ? left : n;
		memcpy(buf, w->reply + w->replied, part);
		w->replied += part;
		return (ssize_t)part;
	}
	if (part > bytes_rd_left(&w->in))
		part = bytes_rd_left(&w->in);
	if (part > n)
		part = n;
	bytes_rd_copy(&w->in, buf, part);
	return (ssize_t)part;
}

static int w_wait(struct base_env *env, int fd, unsigned events, uint64_t wait_ns)
{
	uint8_t how = next(self(env));

	if (how >= 0xe0)
		return -EINTR;
	self(env)->now += how >= 0x80 ? wait_ns : 1 + wait_ns / 256;
	return how < 0x80;
}

static int w_poll_open(struct base_env *env)
{
	return 10;
}

static int w_timer_open(struct base_env *env)
{
	return 11;
}

static int w_poll_set(struct base_env *env, int poll_fd, int fd, unsigned events)
{
	return events && fd == 100 && next(self(env)) == 0xff ? -ENOMEM : 0;
}

static int w_timer_set(struct base_env *env, int fd, uint64_t at_ns)
{
	if (next(self(env)) == 0xff)
		return -ENOMEM;
	self(env)->timer_at = at_ns;
	return 0;
}

static int w_close(struct base_env *env, int fd)
{
	self(env)->open -= fd == 100;
	return 0;
}

static bool inside(struct world *w, uint64_t gpa, size_t n)
{
	return next(w) != 0xff && gpa >= GPA && gpa < GPA + sizeof(w->ram) && n <= GPA + sizeof(w->ram) - gpa;
}

static int read_guest(void *context, uint64_t gpa, void *to, size_t n)
{
	struct world *w = context;

	if (!inside(w, gpa, n))
		return -EFAULT;
	memcpy(to, w->ram + (gpa - GPA), n);
	w->ram[next(w) * 64u] ^= next(w); /* the guest goes on meanwhile */
	return 0;
}

static int write_guest(void *context, uint64_t gpa, const void *from, size_t n)
{
	struct world *w = context;

	must(n > 0 && gpa % PAGE + n <= PAGE);
	if (!inside(w, gpa, n))
		return -EFAULT;
	memcpy(w->ram + (gpa - GPA), from, n);
	return 0;
}

static void interrupt(void *context, uint32_t vcpu, uint8_t vector)
{
	((struct world *)context)->interrupts++;
}

static void note_end(void *context, const struct jurat_tdx_quote_outcome *o)
{
	struct world *w = context;

	w->ended++;
	if (o->status == TDX_GETQUOTE_SUCCESS)
		FUZZ_REACHED("a guest gets a quote");
	else if (o->status == TDX_GETQUOTE_UNAVAILABLE)
		FUZZ_REACHED("no quoting service");
	else
		FUZZ_REACHED("a quoting service that refuses");
	must(o->status == TDX_GETQUOTE_SUCCESS ? o->out_bytes > 0 : o->out_bytes == 0);
	must(o->out_bytes <= sizeof(w->ram) - TDX_GETQUOTE_HDR_BYTES);
	must(o->status == TDX_GETQUOTE_SUCCESS || o->text[0] != '\0');
}

static const struct base_env_ops ops = {
	.now_ns = w_now_ns,
	.close = w_close,
	.connect = w_connect,
	.connected = w_connected,
	.send = w_send,
	.recv = w_recv,
	.wait = w_wait,
	.poll_open = w_poll_open,
	.poll_set = w_poll_set,
	.timer_open = w_timer_open,
	.timer_set = w_timer_set,
};

/* One KVM_EXIT_TDX of this leaf; R10. */
static uint64_t vmcall(struct jurat_tdx_quotes *q, uint64_t leaf, uint64_t a, uint64_t b)
{
	uint8_t run[KVM_RUN_TDX_UNKNOWN_BYTES] = { 0 };

	bytes_put_le(run + KVM_RUN_exit_reason, UAPI_KVM_EXIT_TDX, 4);
	bytes_put_le(run + KVM_RUN_TDX_nr, leaf, 8);
	bytes_put_le(run + KVM_RUN_TDX_ret, UAPI_TDVMCALL_SUBFUNC_UNSUPPORTED, 8);
	bytes_put_le(run + KVM_RUN_TDX_GET_QUOTE_gpa, a, 8);
	bytes_put_le(run + KVM_RUN_TDX_GET_QUOTE_size, b, 8);
	must(jurat_tdx_quotes_handle_exit(q, (struct kvm_run *)(void *)run, 0, NULL) == 0);
	return bytes_get_le(run + KVM_RUN_TDX_ret, 8);
}

/* Leaves other than GetQuote. */
static void other_call(struct jurat_tdx_quotes *q, uint8_t which, uint64_t value)
{
	uint64_t r10;

	if (which == 0xd) {
		must(vmcall(q, UAPI_TDVMCALL_MAP_GPA, value, 0) == UAPI_TDVMCALL_SUBFUNC_UNSUPPORTED);
		return;
	}
	if (which == 0xe) {
		r10 = vmcall(q, UAPI_TDVMCALL_GET_TD_VM_CALL_INFO, value, 0);
		if (r10 == UAPI_TDVMCALL_SUCCESS)
			FUZZ_REACHED("a guest is told what there is");
		return;
	}
	r10 = vmcall(q, UAPI_TDVMCALL_SETUP_EVENT_NOTIFY_INTERRUPT, value << 4, 0);
	must((r10 == UAPI_TDVMCALL_SUCCESS) == (value << 4 >= 32 && value << 4 <= 255));
}

static void call(struct world *w, struct jurat_tdx_quotes *q)
{
	uint64_t gpa = GPA + (next(w) & 7) * (PAGE / 2), answer = 0;
	size_t at = (gpa - GPA) % sizeof(w->ram);
	uint8_t how = next(w), n;

	if (how >> 4 >= 0xd) {
		other_call(q, how >> 4, how & 15);
		return;
	}
	n = next(w);
	bytes_put_le(w->ram + at, 1, 8);
	bytes_put_le(w->ram + at + 16, (uint64_t)next(w) << (next(w) & 31), 4);
	for (size_t i = 0; i < n && at + 24 + i < sizeof(w->ram); i++)
		w->ram[at + 24 + i] = next(w);
	answer = vmcall(q, UAPI_TDVMCALL_GET_QUOTE, gpa, (how & 15) * (PAGE / 2));
	w->taken_on += answer == UAPI_TDVMCALL_SUCCESS;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world *w = calloc(1, sizeof(*w));
	struct jurat_guest_memory memory = { sizeof(memory), read_guest, write_guest, w };
	struct jurat_tdx_quotes_options options = {
		.size = sizeof(options),
		.service = "unix:/x",
		.max_connections = 1,
		.max_waiting = 2,
		.notify = interrupt,
		.log = note_end,
		.context = w,
	};
	struct jurat_tdx_quotes *q = NULL;

	must(w);
	w->base.ops = &ops;
	w->in = bytes_rd(data, size);
	must(host_tdx_quotes_open(&w->base, &options, &memory, &q, NULL) == 0);
	must(jurat_tdx_quotes_setup_notify(q, 64, 0) == 0);
	for (unsigned i = 0; i < MAX_CALLS && bytes_rd_left(&w->in) > 0; i++) {
		call(w, q);
		w->now += (uint64_t)next(w) << 20;
		(void)(jurat_tdx_quotes_dispatch(q, NULL) < 0);
		must(w->taken_on == w->ended + jurat_tdx_quotes_outstanding_count(q));
	}
	w->now += 30000000000u; /* past every timeout */
	(void)(jurat_tdx_quotes_dispatch(q, NULL) < 0);
	must(jurat_tdx_quotes_outstanding_count(q) == 0 && w->taken_on == w->ended &&
	     w->interrupts == w->ended);
	must(w->open == 0);
	jurat_tdx_quotes_close(q);
	free(w);
	return 0;
}
