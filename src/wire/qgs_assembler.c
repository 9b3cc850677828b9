/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "wire/qgs.h"
#include "wire/tdx_report.h"

void qgs_assembler_init(struct qgs_assembler *a, uint8_t *buf, size_t room, bool raw_too)
{
	*a = (struct qgs_assembler){ .buf = buf, .room = room, .raw_too = raw_too };
}

bool qgs_assembler_idle(const struct qgs_assembler *a)
{
	return a->failed == 0 &&
	       (a->n_prefix == 0 || (a->n_prefix == QGS_FRAME_BYTES && a->n_buf == a->want));
}

/* Decides, when the prefix is complete, what follows and whether it fits. */
static int begin_message(struct qgs_assembler *a, struct jurat_error *err)
{
	struct bytes_rd r = bytes_rd(a->prefix, sizeof(a->prefix));
	const uint32_t length = bytes_rd_be32(&r);

	a->n_buf = 0;
	a->raw = a->raw_too && a->prefix[0] == TDX_REPORT_TYPE; /* as a length, 2 GiB */
	a->want = a->raw ? TDX_REPORT_BYTES : length;
	if (a->want < QGS_HDR_BYTES)
		return jurat_fail(err, -EBADMSG, "QGS frame says %" PRIu32 " bytes, less than a header",
				  length);
	if (a->want > a->room)
		return jurat_fail(err, -E2BIG, "QGS frame says %zu bytes, more than %zu", a->want, a->room);
	if (!a->raw)
		return 0;
	memcpy(a->buf, a->prefix, sizeof(a->prefix));
	a->n_buf = sizeof(a->prefix);
	return 0;
}

/* Refuses an invalid header at once, instead of waiting for a message that may never arrive. */
static int check_header(const struct qgs_assembler *a, struct jurat_error *err)
{
	struct qgs_hdr hdr;
	int r;

	r = wire_read(&qgs_hdr_layout, a->buf, a->n_buf, &hdr, err);
	if (r < 0)
		return r;
	if (hdr.major_version != QGS_MAJOR_VERSION)
		return jurat_fail(err, -EPROTO, "QGS message has version %u.%u", hdr.major_version,
				  hdr.minor_version);
	if (hdr.type >= QGS_N_TYPES)
		return jurat_fail(err, -EPROTO, "QGS message has type %" PRIu32, hdr.type);
	if (hdr.size != a->want)
		return jurat_fail(err, -EBADMSG, "QGS header says %" PRIu32 " bytes, its frame %zu", hdr.size,
				  a->want);
	return 0;
}

/* Only its size and type are checked here: the service checks the rest. */
static int end_raw(size_t left, struct jurat_error *err)
{
	if (left > 0)
		return jurat_fail(err, -EBADMSG, "%zu bytes after a raw TDREPORT", left);
	return QGS_RAW_TDREPORT;
}

/* Appends input to `to` until it has `goal` bytes; true once it has. */
static bool collect(uint8_t *to, size_t *have, size_t goal, struct bytes_rd *in)
{
	size_t left = bytes_rd_left(in), n = goal - *have < left ? goal - *have : left;

	bytes_rd_copy(in, to + *have, n);
	*have += n;
	return *have == goal;
}

static int step(struct qgs_assembler *a, struct bytes_rd *in, struct jurat_error *err)
{
	int r;

	if (a->n_prefix < QGS_FRAME_BYTES) {
		if (!collect(a->prefix, &a->n_prefix, QGS_FRAME_BYTES, in))
			return 0;
		r = begin_message(a, err);
		if (r < 0)
			return r;
	}
	if (!a->raw && a->n_buf < QGS_HDR_BYTES) {
		if (!collect(a->buf, &a->n_buf, QGS_HDR_BYTES, in))
			return 0;
		r = check_header(a, err);
		if (r < 0)
			return r;
	}
	if (!collect(a->buf, &a->n_buf, a->want, in))
		return 0;
	return a->raw ? end_raw(bytes_rd_left(in), err) : QGS_MESSAGE;
}

int qgs_assembler_feed(struct qgs_assembler *a, const uint8_t *bytes, size_t n, size_t *ret_taken,
		       struct jurat_error *err)
{
	struct bytes_rd in = bytes_rd(bytes, n);
	int r;

	if (a->failed < 0)
		return jurat_fail(err, a->failed, "QGS stream: an earlier message was malformed");
	if (a->n_prefix == QGS_FRAME_BYTES && a->n_buf == a->want)
		a->n_prefix = 0;
	r = step(a, &in, err);
	if (r < 0)
		a->failed = r;
	else
		*ret_taken = in.off;
	return r;
}
