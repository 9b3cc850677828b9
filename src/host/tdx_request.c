/* SPDX-License-Identifier: MIT */
#include "host/tdx_request.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "uapi/tdx.h"

static_assert((int)TDX_GETQUOTE_ALIGN_BYTES == (int)HOST_PAGE_BYTES, "pages");

/*
 * Bytes from gpa to the end of its page, at most n. The caller has checked that gpa + n does not wrap around.
 */
static size_t part_of_page(uint64_t gpa, size_t n)
{
	size_t left = HOST_PAGE_BYTES - (size_t)(gpa % HOST_PAGE_BYTES);

	return n < left ? n : left;
}

static int copy_in(const struct jurat_guest_memory *memory, uint64_t gpa, uint8_t *to, size_t n,
		   struct jurat_error *err)
{
	for (size_t off = 0, part; off < n; off += part) {
		part = part_of_page(gpa + off, n - off);
		if (memory->read(memory->context, gpa + off, to + off, part) != 0)
			return jurat_fail(err, -EFAULT, "guest address %#" PRIx64 " cannot be read",
					  gpa + off);
	}
	return 0;
}

static int copy_out(const struct jurat_guest_memory *memory, uint64_t gpa, const uint8_t *from, size_t n,
		    struct jurat_error *err)
{
	for (size_t off = 0, part; off < n; off += part) {
		part = part_of_page(gpa + off, n - off);
		if (memory->write(memory->context, gpa + off, from + off, part) != 0)
			return jurat_fail(err, -EFAULT, "guest address %#" PRIx64 " cannot be written",
					  gpa + off);
	}
	return 0;
}

/* Release fence: makes earlier writes visible to the guest before later ones (Q11). */
static void order_stores(void)
{
	__atomic_thread_fence(__ATOMIC_RELEASE);
}

int tdx_store_status(const struct jurat_guest_memory *memory, uint64_t gpa, uint64_t status)
{
	uint8_t bytes[8];

	bytes_put_le(bytes, status, sizeof(bytes));
	order_stores();
	return memory->write(memory->context, gpa + TDX_GETQUOTE_STATUS_OFF, bytes, sizeof(bytes)) == 0
		       ? 0
		       : -EFAULT;
}

int tdx_store_out_len(const struct jurat_guest_memory *memory, uint64_t gpa, uint32_t out_len)
{
	uint8_t bytes[4];

	bytes_put_le(bytes, out_len, sizeof(bytes));
	order_stores();
	return memory->write(memory->context, gpa + TDX_GETQUOTE_OUT_LEN_OFF, bytes, sizeof(bytes)) == 0
		       ? 0
		       : -EFAULT;
}

static uint64_t refuse(uint64_t answer, struct jurat_error *err, const char *why)
{
	(void)jurat_wrap(err, -EINVAL, "GetQuote refused: %s", why);
	return answer;
}

uint64_t tdx_request_check(const struct jurat_guest_memory *memory, uint64_t gpa, uint64_t size,
			   struct tdx_getquote_hdr *ret, struct jurat_error *err)
{
	uint8_t bytes[TDX_GETQUOTE_HDR_BYTES];
	struct tdx_getquote_hdr hdr;
	uint64_t last;

	if (size == 0) {
		(void)jurat_fail(err, -EINVAL, "the size is 0");
		return refuse(UAPI_TDVMCALL_INVALID_OPERAND, err, "INVALID_OPERAND");
	}
	if (gpa % TDX_GETQUOTE_ALIGN_BYTES != 0 || size % TDX_GETQUOTE_ALIGN_BYTES != 0) {
		(void)jurat_fail(err, -EINVAL,
				 "address %#" PRIx64 " or size %" PRIu64 " is not of whole pages", gpa, size);
		return refuse(UAPI_TDVMCALL_ALIGN_ERROR, err, "ALIGN_ERROR");
	}
	if (__builtin_add_overflow(gpa, size - 1, &last)) {
		(void)jurat_fail(err, -EINVAL, "%" PRIu64 " bytes at %#" PRIx64 " wrap", size, gpa);
		return refuse(UAPI_TDVMCALL_INVALID_OPERAND, err, "INVALID_OPERAND");
	}
	if (copy_in(memory, gpa, bytes, sizeof(bytes), err) < 0 ||
	    wire_read(&tdx_getquote_hdr_layout, bytes, sizeof(bytes), &hdr, err) < 0 ||
	    tdx_getquote_check(&hdr, size, err) < 0)
		return refuse(UAPI_TDVMCALL_INVALID_OPERAND, err, "INVALID_OPERAND");
	*ret = hdr;
	return UAPI_TDVMCALL_SUCCESS;
}

/*
 * Builds the request to the service: the guest's own message, or one that wraps its input, which the service
 * will check.
 */
static int make_ask(struct tdx_request *q, const uint8_t *input, struct jurat_error *err)
{
	struct qgs_message m = { .type = QGS_QUOTE_REQ, .minor_version = QGS_MINOR_VERSION };
	int r;

	q->framed = tdx_getquote_form_of(input, q->in_len) == TDX_GETQUOTE_QGS;
	if (q->framed) {
		memcpy(q->ask, input, q->in_len); /* in_len <= size - 24, which is the size of the buffer */
		q->ask_size = q->in_len;
		return 0;
	}
	m.parts[QGS_PART_REPORT] = bytes_rd(input, q->in_len);
	r = qgs_write(&m, true, q->ask, QGS_FRAME_BYTES + QGS_QUOTE_REQ_BYTES + (size_t)q->in_len,
		      &q->ask_size, err);
	return r == 0 ? 0 : -EINVAL;
}

uint64_t tdx_request_take_on(struct tdx_request *q, const struct jurat_guest_memory *memory,
			     struct jurat_error *err)
{
	auto_free uint8_t *input = malloc(q->in_len + (size_t)1);

	q->ask = malloc(QGS_FRAME_BYTES + QGS_QUOTE_REQ_BYTES + (size_t)q->in_len);
	if (!input || !q->ask) {
		(void)jurat_fail_memory(err);
		return refuse(UAPI_TDVMCALL_RETRY, err, "RETRY");
	}
	if (copy_in(memory, q->gpa + TDX_GETQUOTE_DATA_OFF, input, q->in_len, err) < 0)
		return refuse(UAPI_TDVMCALL_INVALID_OPERAND, err, "INVALID_OPERAND");
	if (tdx_store_status(memory, q->gpa, TDX_GETQUOTE_IN_FLIGHT) < 0) {
		(void)jurat_fail(err, -EFAULT, "the buffer at %#" PRIx64 " cannot be written", q->gpa);
		return refuse(UAPI_TDVMCALL_INVALID_OPERAND, err, "INVALID_OPERAND");
	}
	if (make_ask(q, input, &q->err) < 0)
		q->ask_size = 0; /* no valid request: ends with an error, as with QEMU */
	return UAPI_TDVMCALL_SUCCESS;
}

/*
 * Size limit of the response so that the output fits the guest's buffer (K1, Q2): a quote is stored without
 * the message's 24 bytes, a QGS response with its length prefix.
 */
static size_t reply_room(const struct tdx_request *q)
{
	size_t capacity = q->size - TDX_GETQUOTE_HDR_BYTES;

	return q->framed ? capacity - QGS_FRAME_BYTES : capacity + QGS_QUOTE_RESP_BYTES;
}

int tdx_request_begin(struct tdx_request *q, struct base_env *env, const char *service)
{
	if (q->ask_size == 0)
		return jurat_wrap(&q->err, -EINVAL, "the request is empty");
	q->reply = malloc(reply_room(q));
	if (!q->reply)
		return jurat_fail_memory(&q->err);
	qgs_client_init(&q->client, env, service, q->ask, q->ask_size, q->reply, reply_room(q),
			q->give_up_ns);
	return 0;
}

/* Checks a response that goes to the guest as it is: it must match the guest's request. */
static int judge_framed(struct tdx_request *q, struct bytes_rd *ret)
{
	size_t n = q->client.answer.want;
	struct qgs_hdr ask, hdr;
	int r;

	r = wire_read(&qgs_hdr_layout, q->ask + QGS_FRAME_BYTES, q->ask_size - QGS_FRAME_BYTES, &ask,
		      &q->err);
	if (r == 0)
		r = wire_read(&qgs_hdr_layout, q->reply, n, &hdr, &q->err);
	if (r < 0)
		return r;
	if (hdr.type != ask.type + 1)
		return jurat_fail(&q->err, -EPROTO, "the service answered a request of type %u with type %u",
				  ask.type, hdr.type);
	q->qgs_error = hdr.error_code;
	*ret = bytes_rd(q->reply, n);
	return 0;
}

static int judge_quote(struct tdx_request *q, struct bytes_rd *ret)
{
	struct qgs_message m;
	const char *name;

	if (qgs_read(QGS_QUOTE_RESP, q->reply, q->client.answer.want, &m, &q->err) != 0)
		return jurat_wrap(&q->err, -EPROTO, "response of the service");
	if (m.error_code != QGS_SUCCESS) {
		name = qgs_error_name(m.error_code);
		q->qgs_error = m.error_code;
		return jurat_fail(&q->err, -EIO, "the service reports an error: %#x (%s)", m.error_code,
				  name ? name : "unknown");
	}
	if (m.parts[QGS_PART_QUOTE].size > q->size - TDX_GETQUOTE_HDR_BYTES)
		return jurat_fail(&q->err, -E2BIG, "a quote of %zu bytes does not fit the buffer",
				  m.parts[QGS_PART_QUOTE].size);
	*ret = m.parts[QGS_PART_QUOTE];
	return 0;
}

/* Writes the output in the guest's form. *ret_n changes on success only. */
static int put_data(struct tdx_request *q, const struct jurat_guest_memory *memory, uint32_t *ret_n)
{
	uint64_t to = q->gpa + TDX_GETQUOTE_DATA_OFF;
	size_t prefix = q->framed ? QGS_FRAME_BYTES : 0;
	struct bytes_rd data = { 0 };
	int r = q->framed ? judge_framed(q, &data) : judge_quote(q, &data);

	if (r == 0 && q->framed)
		r = copy_out(memory, to, q->client.answer.prefix, prefix, &q->err);
	if (r == 0)
		r = copy_out(memory, to + prefix, data.data, data.size, &q->err);
	if (r == 0)
		*ret_n = (uint32_t)(prefix + data.size);
	return r;
}

/* Whether a failure is not one of the service. */
static bool is_ours(int result)
{
	return result == -ETIMEDOUT || result == -ENOMEM || result == -EINVAL;
}

void tdx_request_conclude(struct tdx_request *q, const struct jurat_guest_memory *memory, int result)
{
	q->status = TDX_GETQUOTE_ERROR;
	q->out_len = 0;
	if (result == QGS_MESSAGE && put_data(q, memory, &q->out_len) == 0)
		q->status = TDX_GETQUOTE_SUCCESS;
	else if (result < 0 && !q->client.reached && !is_ours(result))
		q->status = TDX_GETQUOTE_UNAVAILABLE;
	if (tdx_store_out_len(memory, q->gpa, q->out_len) < 0 && q->status == TDX_GETQUOTE_SUCCESS) {
		(void)jurat_fail(&q->err, -EFAULT, "the buffer's header cannot be written");
		q->status = TDX_GETQUOTE_ERROR;
		q->out_len = 0;
	}
}

void tdx_request_free(struct tdx_request *q)
{
	if (!q)
		return;
	qgs_client_done(&q->client);
	free(q->ask);
	free(q->reply);
	free(q);
}
