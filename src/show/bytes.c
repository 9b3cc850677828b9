/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/cleanup.h"
#include "show/show.h"
#include "wire/qgs.h"
#include "wire/snp_msg.h"
#include "wire/tdx_getquote.h"

/* Bytes of a trace: what `jurat show` knows, and the messages that carry it. */

enum { QGS_TYPE_OFF = 4 }; /* in struct qgs_hdr: the low byte, of a type that is known */

/* Adds fields that are at the front of the bytes. Returns how many bytes they are; 0: too short for them. */
static size_t add_head(struct show *s, const struct wire_layout *layout, const uint8_t *bytes, size_t n)
{
	auto_free void *head = n >= layout->size ? calloc(1, layout->struct_size) : NULL;
	struct jurat_error err;

	if (!head || wire_read(layout, bytes, n, head, &err) < 0)
		return 0;
	show_add_fields(s, s->root, layout, head);
	return layout->size;
}

/* Adds what is behind a head as `jurat show` does, and nothing where it does not know it. */
static void add_content(struct show *s, const uint8_t *bytes, size_t n)
{
	struct show inner = {
		.form = s->form, .root = json_object(), .base = s->base + s->offset, .brief = true
	};
	struct jurat_error err;

	if (inner.root && n > 0 && show_any(&inner, bytes, n, &err) == 0 && !inner.failed)
		show_add(s, s->root, "content", inner.root);
	else
		json_decref(inner.root);
}

static const struct wire_layout *qgs_body(const uint8_t *bytes, size_t n)
{
	static const struct wire_layout *const layouts[] = {
		&qgs_quote_req_layout,       &qgs_quote_resp_layout, &qgs_collateral_req_layout,
		&qgs_collateral_resp_layout, &qgs_hdr_layout,        &qgs_platform_resp_layout
	};
	struct qgs_hdr hdr;
	struct jurat_error err;

	if (wire_read(&qgs_hdr_layout, bytes, n, &hdr, &err) < 0 || hdr.major_version != QGS_MAJOR_VERSION ||
	    hdr.type >= ARRAY_SIZE(layouts))
		return NULL;
	return layouts[hdr.type];
}

/* The TDREPORT of a request for a quote, or the quote. */
static void add_evidence(struct show *s, const uint8_t *bytes, size_t n)
{
	struct qgs_quote_req request;
	struct qgs_quote_resp response;
	struct jurat_error err;
	size_t off = 0, size = 0;

	if (bytes[QGS_TYPE_OFF] == QGS_QUOTE_REQ &&
	    wire_read(&qgs_quote_req_layout, bytes, n, &request, &err) == 0) {
		off = QGS_QUOTE_REQ_BYTES;
		size = request.report_size;
	} else if (bytes[QGS_TYPE_OFF] == QGS_QUOTE_RESP &&
		   wire_read(&qgs_quote_resp_layout, bytes, n, &response, &err) == 0 &&
		   response.selected_id_size <= n - QGS_QUOTE_RESP_BYTES) {
		off = QGS_QUOTE_RESP_BYTES + response.selected_id_size;
		size = response.quote_size;
	}
	s->offset = off;
	if (size > 0 && size <= n - off)
		add_content(s, bytes + off, size);
}

/* With or without the length in front of it, which is the only big-endian number. */
static void add_qgs(struct show *s, const uint8_t *bytes, size_t n)
{
	const bool framed = n > QGS_FRAME_BYTES && bytes[0] == 0 && bytes[QGS_FRAME_BYTES] == 1;
	const struct wire_layout *body;

	if (framed) {
		show_add_number(s, s->root, "frame", n - QGS_FRAME_BYTES);
		bytes += QGS_FRAME_BYTES;
		n -= QGS_FRAME_BYTES;
		s->base += QGS_FRAME_BYTES;
	}
	body = qgs_body(bytes, n); /* which has the header, too */
	if (!body)
		return;
	if (add_head(s, body, bytes, n) == 0)
		add_head(s, &qgs_hdr_layout, bytes, n);
	else
		add_evidence(s, bytes, n);
}

static void add_getquote(struct show *s, const uint8_t *bytes, size_t n)
{
	struct tdx_getquote_hdr hdr;
	struct jurat_error err;
	size_t length;

	s->offset = add_head(s, &tdx_getquote_hdr_layout, bytes, n);
	if (wire_read(&tdx_getquote_hdr_layout, bytes, n, &hdr, &err) < 0)
		return;
	length = hdr.out_len > 0 ? hdr.out_len : hdr.in_len;
	bytes += s->offset;
	n -= s->offset;
	add_content(s, bytes, n < length ? n : length);
}

/* Sealed: in clear is the header alone. */
static void add_message(struct show *s, const uint8_t *bytes, size_t n)
{
	add_head(s, &snp_msg_hdr_layout, bytes, n);
}

static void add_any(struct show *s, const uint8_t *bytes, size_t n)
{
	struct jurat_error err;

	if (show_any(s, bytes, n, &err) < 0)
		json_object_clear(s->root);
}

char *show_bytes(const struct sequence_bytes *bytes)
{
	static const struct {
		const char *name;
		void (*add)(struct show *s, const uint8_t *bytes, size_t n);
	} messages[] = {
		{ "message", add_message },          { "response message", add_message },
		{ "GetQuote buffer", add_getquote }, { "QGS request", add_qgs },
		{ "QGS response", add_qgs },
	};
	struct show s = { .form = SHOW_PAGE, .root = json_object(), .brief = true };
	char *text = NULL;
	size_t i = 0;

	while (i < ARRAY_SIZE(messages) && strcmp(messages[i].name, bytes->name) != 0)
		i++;
	if (s.root && i < ARRAY_SIZE(messages))
		messages[i].add(&s, bytes->bytes, bytes->n);
	else if (s.root && strcmp(bytes->name, "report data") != 0)
		add_any(&s, bytes->bytes, bytes->n);
	if (s.root && !s.failed && json_object_size(s.root) > 0)
		text = json_dumps(s.root, JSON_COMPACT | JSON_ENSURE_ASCII);
	json_decref(s.root);
	return text;
}
