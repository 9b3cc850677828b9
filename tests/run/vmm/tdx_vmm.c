/* SPDX-License-Identifier: MIT */
#include "tdx_vmm.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "uapi/tdx.h"
#include "wire/kvm_run.h"
#include "wire/qgs.h"
#include "wire/tdx_getquote.h"

enum {
	PAGE = 4096,
	IN_LEN_OFF = 16,
	SMALL_BYTES = 16 * 1024,
	BEHIND_HEADER = QGS_FRAME_BYTES + QGS_QUOTE_RESP_BYTES,
	LEAK_AT = 16,
	FORGET_AT = 20,
	FOR_EVER_MS = 600000,
	LATE = 40,
	LATE_MS = 5, /* between a status and what belongs before it */
};

static const char *const names[TDX_N_WRONG] = {
	[TDX_GOOD] = "good",
	[TDX_ALWAYS_INVALID] = "always-invalid",
	[TDX_KEEPS_PRESET] = "keeps-preset",
	[TDX_NEVER_IN_FLIGHT] = "never-in-flight",
	[TDX_STATUS_FIRST] = "status-first",
	[TDX_OUT_LEN_LAST] = "out-len-last",
	[TDX_LEAKS_SLOTS] = "leaks-slots",
	[TDX_FRAMES_TWICE] = "frames-twice",
	[TDX_PASSES_FRAMES] = "passes-frames",
	[TDX_QUIET_ON_ERROR] = "quiet-on-error",
	[TDX_NOTIFIES_EARLY] = "notifies-early",
	[TDX_WRONG_VCPU] = "wrong-vcpu",
	[TDX_ANY_VECTOR] = "any-vector",
	[TDX_RETRIES_AT_1] = "retries-at-1",
	[TDX_RETRIES_FOR_EVER] = "retries-for-ever",
	[TDX_MARKS_RETRIED] = "marks-retried",
	[TDX_TAKES_OVERLAP] = "takes-overlap",
	[TDX_NEVER_ENDS] = "never-ends",
	[TDX_NEVER_GIVES_UP] = "never-gives-up",
	[TDX_WAITS] = "waits",
	[TDX_ERROR_IS_ERROR] = "error-is-error",
	[TDX_KEEPS_OUT_LEN] = "keeps-out-len",
	[TDX_CHANGES_IN_LEN] = "changes-in-len",
	[TDX_WRITES_BEYOND] = "writes-beyond",
	[TDX_ALIGNS] = "aligns",
	[TDX_ANY_SIZE] = "any-size",
	[TDX_ANY_VERSION] = "any-version",
	[TDX_ANY_IN_LEN] = "any-in-len",
	[TDX_ANY_MEMORY] = "any-memory",
	[TDX_SMALL_ONLY] = "small-only",
	[TDX_READS_ONCE] = "reads-once",
	[TDX_BELIEVES] = "believes",
	[TDX_ANSWERS_UNKNOWN] = "answers-unknown",
	[TDX_SAYS_MORE] = "says-more",
	[TDX_SAYS_UNDEFINED] = "says-undefined",
	[TDX_BELIEVES_STALE] = "believes-stale",
	[TDX_ONE_VCPU] = "one-vcpu",
	[TDX_FORGETS_RESET] = "forgets-reset",
};

/* What this thread has stored last, for the interrupt that follows. */
static _Thread_local uint64_t last_status;

const char *tdx_wrong_name(enum tdx_wrong wrong)
{
	return names[wrong];
}

int tdx_wrong_of(const char *name)
{
	for (int i = 0; i < TDX_N_WRONG; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}

static bool is_header(uint64_t gpa, size_t n)
{
	return n == TDX_GETQUOTE_HDR_BYTES && gpa % PAGE == 0;
}

static int base_read(struct tdx_vmm *m, uint64_t gpa, void *to, size_t n)
{
	return m->options.memory.read(m->options.memory.context, gpa, to, n);
}

/* Also across pages, which the library never does. */
static int base_write(struct tdx_vmm *m, uint64_t gpa, const void *from, size_t n)
{
	const uint8_t *bytes = from;
	int r = 0;

	for (size_t off = 0, part; off < n && r == 0; off += part) {
		part = PAGE - (size_t)((gpa + off) % PAGE);
		part = part < n - off ? part : n - off;
		r = m->options.memory.write(m->options.memory.context, gpa + off, bytes + off, part);
	}
	return r;
}

static int read_guest(void *context, uint64_t gpa, void *to, size_t n)
{
	struct tdx_vmm *m = context;
	const enum tdx_wrong wrong = m->options.wrong;
	uint8_t *bytes = to;

	if (m->shadow && gpa >= m->shadow_gpa && gpa - m->shadow_gpa < m->shadow_size) {
		const size_t off = (size_t)(gpa - m->shadow_gpa);

		memcpy(to, m->shadow + off, n < m->shadow_size - off ? n : m->shadow_size - off);
		return 0;
	}
	if (base_read(m, gpa, to, n) < 0) {
		if (wrong != TDX_ANY_MEMORY)
			return -EFAULT;
		memset(to, 0, n);
		if (is_header(gpa, n)) {
			bytes[0] = TDX_GETQUOTE_VERSION;
			bytes_put_le(bytes + IN_LEN_OFF, 1024, 4);
		}
	}
	if (wrong == TDX_ANY_VERSION && is_header(gpa, n))
		bytes_put_le(bytes, TDX_GETQUOTE_VERSION, 8);
	if (wrong == TDX_ANY_IN_LEN && is_header(gpa, n) && bytes_get_le(bytes + IN_LEN_OFF, 4) > PAGE)
		bytes_put_le(bytes + IN_LEN_OFF, 1024, 4);
	return 0;
}

/* Keeps a write for later. */
static int postpone(struct tdx_vmm *m, uint64_t gpa, const void *from, size_t n)
{
	struct late *late;

	if (m->n_late == LATE)
		abort();
	late = &m->late[m->n_late++];
	late->gpa = gpa;
	late->n = n;
	memcpy(late->bytes, from, n);
	return 0;
}

static void write_late(struct tdx_vmm *m)
{
	poll(NULL, 0, LATE_MS);
	for (size_t i = 0; i < m->n_late; i++)
		base_write(m, m->late[i].gpa, m->late[i].bytes, m->late[i].n);
	m->n_late = 0;
}

static int write_status(struct tdx_vmm *m, uint64_t gpa, uint64_t status)
{
	uint8_t bytes[8];
	int r;

	last_status = status;
	if (status == TDX_GETQUOTE_IN_FLIGHT && m->options.wrong == TDX_NEVER_IN_FLIGHT)
		return 0;
	if (status != TDX_GETQUOTE_IN_FLIGHT) {
		switch (m->options.wrong) {
		case TDX_NEVER_ENDS:
			if (status != TDX_GETQUOTE_SUCCESS)
				return 0;
			break;
		case TDX_ERROR_IS_ERROR:
			status = status == TDX_GETQUOTE_UNAVAILABLE ? TDX_GETQUOTE_ERROR : status;
			break;
		case TDX_CHANGES_IN_LEN:
			base_write(m, gpa - TDX_GETQUOTE_STATUS_OFF + IN_LEN_OFF, "\0\0\0\0", 4);
			break;
		case TDX_NOTIFIES_EARLY:
			if (m->registered)
				m->options.interrupt(m->options.memory.context, m->vcpu, m->vector);
			break;
		default:
			break;
		}
	}
	bytes_put_le(bytes, status, sizeof(bytes));
	r = base_write(m, gpa, bytes, sizeof(bytes));
	if (status != TDX_GETQUOTE_IN_FLIGHT && m->n_late > 0)
		write_late(m);
	return r;
}

/* A frame in front of the data that is there, for TDX_PASSES_FRAMES. */
static void put_frame(struct tdx_vmm *m, uint64_t gpa, uint32_t quote_bytes)
{
	uint8_t frame[BEHIND_HEADER] = { 0 };

	frame[0] = (uint8_t)((quote_bytes + QGS_QUOTE_RESP_BYTES) >> 24);
	frame[1] = (uint8_t)((quote_bytes + QGS_QUOTE_RESP_BYTES) >> 16);
	frame[2] = (uint8_t)((quote_bytes + QGS_QUOTE_RESP_BYTES) >> 8);
	frame[3] = (uint8_t)(quote_bytes + QGS_QUOTE_RESP_BYTES);
	bytes_put_le(frame + 4, QGS_MAJOR_VERSION, 2);
	bytes_put_le(frame + 6, QGS_MINOR_VERSION, 2);
	bytes_put_le(frame + 8, QGS_QUOTE_RESP, 4);
	bytes_put_le(frame + 12, quote_bytes + QGS_QUOTE_RESP_BYTES, 4);
	bytes_put_le(frame + 24, quote_bytes, 4);
	base_write(m, gpa + TDX_GETQUOTE_DATA_OFF, frame, sizeof(frame));
}

static int write_out_len(struct tdx_vmm *m, uint64_t gpa, uint32_t out_len)
{
	uint8_t bytes[4];

	if (m->options.wrong == TDX_KEEPS_OUT_LEN && out_len == 0)
		out_len = 1024;
	if (m->options.wrong == TDX_PASSES_FRAMES && out_len > 0) {
		put_frame(m, gpa - TDX_GETQUOTE_OUT_LEN_OFF, out_len);
		out_len += BEHIND_HEADER;
	}
	bytes_put_le(bytes, out_len, sizeof(bytes));
	if (m->options.wrong == TDX_STATUS_FIRST || m->options.wrong == TDX_OUT_LEN_LAST)
		return postpone(m, gpa, bytes, sizeof(bytes));
	return base_write(m, gpa, bytes, sizeof(bytes));
}

static int write_guest(void *context, uint64_t gpa, const void *from, size_t n)
{
	struct tdx_vmm *m = context;
	int r;

	pthread_mutex_lock(&m->mutex);
	if (n == 8 && gpa % PAGE == TDX_GETQUOTE_STATUS_OFF)
		r = write_status(m, gpa, bytes_get_le(from, 8));
	else if (n == 4 && gpa % PAGE == TDX_GETQUOTE_OUT_LEN_OFF)
		r = write_out_len(m, gpa, (uint32_t)bytes_get_le(from, 4));
	else if (m->options.wrong == TDX_STATUS_FIRST)
		r = postpone(m, gpa, from, n);
	else
		r = base_write(m, m->options.wrong == TDX_PASSES_FRAMES ? gpa + BEHIND_HEADER : gpa, from, n);
	pthread_mutex_unlock(&m->mutex);
	return m->options.wrong == TDX_ANY_MEMORY ? 0 : r;
}

static void notify(void *context, uint32_t vcpu, uint8_t vector)
{
	struct tdx_vmm *m = context;

	if (m->options.wrong == TDX_QUIET_ON_ERROR && last_status != TDX_GETQUOTE_SUCCESS)
		return;
	if (m->options.wrong == TDX_NOTIFIES_EARLY)
		return;
	m->options.interrupt(m->options.memory.context, vcpu + (m->options.wrong == TDX_WRONG_VCPU), vector);
}

int tdx_vmm_open(struct tdx_vmm *m, const struct tdx_vmm_options *options)
{
	const struct jurat_guest_memory memory = { sizeof(memory), read_guest, write_guest, m };
	const struct jurat_tdx_quotes_options quotes = {
		.size = sizeof(quotes),
		.service = options->service,
		.timeout_ms = options->wrong == TDX_NEVER_GIVES_UP ? FOR_EVER_MS : options->timeout_ms,
		.grace_ms = options->wrong == TDX_WAITS ? FOR_EVER_MS : 0,
		.user_tdvmcallinfo_1_r11 = UAPI_TDVMCALL_INFO_1_R11_SETUP_EVENT_NOTIFY,
		.notify = notify,
		.context = m,
	};
	struct jurat_error err = { "" };
	int r;

	*m = (struct tdx_vmm){ .options = *options };
	pthread_mutex_init(&m->mutex, NULL);
	m->late = calloc(LATE, sizeof(*m->late));
	if (!m->late)
		return -ENOMEM;
	r = jurat_tdx_quotes_open(&quotes, &memory, &m->quotes, &err);
	if (r < 0)
		fprintf(stderr, "%s\n", err.text);
	return r;
}

void tdx_vmm_close(struct tdx_vmm *m)
{
	jurat_tdx_quotes_close(m->quotes);
	pthread_mutex_destroy(&m->mutex);
	free(m->late);
	free(m->shadow);
}

int tdx_vmm_fd(const struct tdx_vmm *m)
{
	return jurat_tdx_quotes_fd(m->quotes);
}

void tdx_vmm_dispatch(struct tdx_vmm *m)
{
	struct jurat_error err;

	if (jurat_tdx_quotes_dispatch(m->quotes, &err) < 0)
		fprintf(stderr, "%s\n", err.text);
}

/* The response of the service, as a VMM without libjurat-host might read it. */
static size_t ask_naively(struct tdx_vmm *m, const uint8_t *request, size_t n, uint8_t *to, size_t room)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	auto_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size_t got = 0;
	ssize_t part = 1;

	strncpy(name.sun_path, m->options.service + strlen("unix:"), sizeof(name.sun_path) - 1);
	if (fd < 0 || connect(fd, (struct sockaddr *)&name, sizeof(name)) < 0 ||
	    send(fd, request, n, MSG_NOSIGNAL) != (ssize_t)n)
		return 0;
	while (part > 0 && got < room) {
		part = recv(fd, to + got, room - got, 0);
		got += part > 0 ? (size_t)part : 0;
		if (m->options.wrong == TDX_READS_ONCE)
			break;
	}
	return got;
}

static uint64_t quote_naively(struct tdx_vmm *m, uint64_t gpa, uint64_t size)
{
	uint8_t input[TDX_GETQUOTE_HDR_BYTES + 1024], request[2048], response[8192], bytes[8];
	struct qgs_message message = qgs_message(QGS_QUOTE_REQ);
	uint64_t status = TDX_GETQUOTE_ERROR;
	uint32_t out_len = 0;
	size_t n;

	if (size < sizeof(response) || base_read(m, gpa, input, sizeof(input)) < 0)
		return UAPI_TDVMCALL_INVALID_OPERAND;
	message.parts[QGS_PART_REPORT] = bytes_rd(input + TDX_GETQUOTE_HDR_BYTES, 1024);
	if (qgs_write(&message, true, request, sizeof(request), &n, NULL) != 0)
		return UAPI_TDVMCALL_INVALID_OPERAND;
	n = ask_naively(m, request, n, response, sizeof(response));
	if (n > BEHIND_HEADER &&
	    (m->options.wrong == TDX_BELIEVES || qgs_read(QGS_QUOTE_RESP, response + QGS_FRAME_BYTES,
							  n - QGS_FRAME_BYTES, &message, NULL) == 0)) {
		out_len = (uint32_t)(n - BEHIND_HEADER);
		status = TDX_GETQUOTE_SUCCESS;
		base_write(m, gpa + TDX_GETQUOTE_DATA_OFF, response + BEHIND_HEADER, out_len);
	}
	bytes_put_le(bytes, out_len, 4);
	base_write(m, gpa + TDX_GETQUOTE_OUT_LEN_OFF, bytes, 4);
	bytes_put_le(bytes, status, 8);
	base_write(m, gpa + TDX_GETQUOTE_STATUS_OFF, bytes, 8);
	return UAPI_TDVMCALL_SUCCESS;
}

/* What the library will read: the guest's QGS message inside another one. */
static void frame_twice(struct tdx_vmm *m, uint64_t gpa)
{
	enum { FRAMED = QGS_FRAME_BYTES + QGS_QUOTE_REQ_BYTES + 1024, ROOM = 4096 };
	struct qgs_message message = qgs_message(QGS_QUOTE_REQ);
	uint8_t input[TDX_GETQUOTE_HDR_BYTES + FRAMED];
	size_t n;

	free(m->shadow);
	m->shadow = NULL;
	if (base_read(m, gpa, input, sizeof(input)) < 0 || bytes_get_le(input + IN_LEN_OFF, 4) != FRAMED)
		return;
	m->shadow = calloc(1, ROOM);
	if (!m->shadow)
		abort();
	message.parts[QGS_PART_REPORT] = bytes_rd(input + TDX_GETQUOTE_HDR_BYTES, FRAMED);
	if (qgs_write(&message, true, m->shadow + TDX_GETQUOTE_HDR_BYTES, ROOM - TDX_GETQUOTE_HDR_BYTES, &n,
		      NULL) != 0)
		abort();
	memcpy(m->shadow, input, TDX_GETQUOTE_HDR_BYTES);
	bytes_put_le(m->shadow + IN_LEN_OFF, n, 4);
	m->shadow_gpa = gpa;
	m->shadow_size = TDX_GETQUOTE_HDR_BYTES + n;
}

/* R10, before the library is asked; true: this is it. */
static bool answer_first(struct tdx_vmm *m, uint64_t gpa, uint64_t size, uint64_t *ret)
{
	switch (m->options.wrong) {
	case TDX_RETRIES_AT_1:
		*ret = UAPI_TDVMCALL_RETRY;
		return jurat_tdx_quotes_outstanding_count(m->quotes) > 0;
	case TDX_LEAKS_SLOTS:
		*ret = UAPI_TDVMCALL_RETRY;
		return m->counted >= LEAK_AT;
	case TDX_RETRIES_FOR_EVER:
		*ret = UAPI_TDVMCALL_RETRY;
		return m->counted >= FORGET_AT;
	case TDX_SMALL_ONLY:
		*ret = UAPI_TDVMCALL_INVALID_OPERAND;
		return size > SMALL_BYTES;
	case TDX_READS_ONCE:
	case TDX_BELIEVES:
		*ret = quote_naively(m, gpa, size);
		return true;
	default:
		return false;
	}
}

/* R10, after the library was asked. */
static uint64_t answer_last(struct tdx_vmm *m, uint64_t gpa, uint64_t answer)
{
	uint8_t in_flight[8];

	switch (m->options.wrong) {
	case TDX_LEAKS_SLOTS:
		m->counted += answer != UAPI_TDVMCALL_SUCCESS;
		break;
	case TDX_RETRIES_FOR_EVER:
		m->counted += answer == UAPI_TDVMCALL_SUCCESS;
		break;
	case TDX_MARKS_RETRIED:
		bytes_put_le(in_flight, TDX_GETQUOTE_IN_FLIGHT, sizeof(in_flight));
		if (answer == UAPI_TDVMCALL_RETRY)
			base_write(m, gpa + TDX_GETQUOTE_STATUS_OFF, in_flight, sizeof(in_flight));
		break;
	case TDX_TAKES_OVERLAP:
		return answer == UAPI_TDVMCALL_GPA_INUSE ? UAPI_TDVMCALL_SUCCESS : answer;
	default:
		break;
	}
	return answer;
}

static uint64_t get_quote(struct tdx_vmm *m, uint64_t gpa, uint64_t size)
{
	struct jurat_error err = { "" };
	uint64_t answer;

	if (answer_first(m, gpa, size, &answer))
		return answer;
	switch (m->options.wrong) {
	case TDX_WRITES_BEYOND:
		size += PAGE;
		break;
	case TDX_ALIGNS:
		gpa -= gpa % PAGE;
		size += (PAGE - size % PAGE) % PAGE;
		break;
	case TDX_ANY_SIZE:
		if (size == 0 || size > TDX_GETQUOTE_MAX_BYTES)
			size = 2 * (uint64_t)PAGE;
		break;
	case TDX_FRAMES_TWICE:
		frame_twice(m, gpa);
		break;
	default:
		break;
	}
	if (jurat_tdx_quotes_serve(m->quotes, gpa, size, &answer, &err) < 0)
		abort();
	return answer_last(m, gpa, answer);
}

static uint64_t setup_notify(struct tdx_vmm *m, uint64_t vector, uint32_t vcpu)
{
	if (m->options.wrong == TDX_SAYS_MORE)
		return UAPI_TDVMCALL_SUBFUNC_UNSUPPORTED;
	if (m->options.wrong == TDX_ANY_VECTOR)
		return UAPI_TDVMCALL_SUCCESS;
	m->registered = true;
	m->vcpu = vcpu;
	m->vector = (uint8_t)vector;
	return jurat_tdx_quotes_setup_notify(m->quotes, vector, vcpu);
}

/* Requests in flight end as they would have: the new guest has not used their memory yet. */
void tdx_vmm_reset(struct tdx_vmm *m)
{
	m->forgotten = m->options.wrong == TDX_FORGETS_RESET;
}

void tdx_vmm_exit(struct tdx_vmm *m, void *kvm_run, uint32_t vcpu)
{
	uint8_t *run = kvm_run;
	uint64_t answer = bytes_get_le(run + KVM_RUN_TDX_ret, 8), info[4];
	const uint64_t first = bytes_get_le(run + KVM_RUN_TDX_GET_QUOTE_gpa, 8),
		       second = bytes_get_le(run + KVM_RUN_TDX_GET_QUOTE_size, 8);

	if (!m->first_run)
		m->first_run = run;
	switch (bytes_get_le(run + KVM_RUN_TDX_nr, 8)) {
	case UAPI_TDVMCALL_GET_QUOTE:
		answer = get_quote(m, first, second);
		break;
	case UAPI_TDVMCALL_SETUP_EVENT_NOTIFY_INTERRUPT:
		answer = setup_notify(m, first, vcpu);
		break;
	case UAPI_TDVMCALL_GET_TD_VM_CALL_INFO:
		answer = jurat_tdx_quotes_vmcall_info(m->quotes, first, info);
		info[0] |= m->options.wrong == TDX_SAYS_UNDEFINED ? 0xff : 0;
		for (unsigned i = 0; i < ARRAY_SIZE(info) && answer == UAPI_TDVMCALL_SUCCESS; i++)
			bytes_put_le(run + KVM_RUN_TDX_GET_TDVMCALL_INFO_r11 + 8 * (size_t)i, info[i], 8);
		break;
	default:
		answer = m->options.wrong == TDX_ANSWERS_UNKNOWN ? UAPI_TDVMCALL_SUCCESS : answer;
		break;
	}
	if (m->options.wrong == TDX_KEEPS_PRESET || m->forgotten)
		return;
	if (m->options.wrong == TDX_ALWAYS_INVALID)
		answer = UAPI_TDVMCALL_INVALID_OPERAND;
	bytes_put_le((m->options.wrong == TDX_ONE_VCPU ? (uint8_t *)m->first_run : run) + KVM_RUN_TDX_ret,
		     answer, 8);
}
