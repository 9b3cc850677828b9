/* SPDX-License-Identifier: MIT */
#ifndef WIRE_TDX_GETQUOTE_H
#define WIRE_TDX_GETQUOTE_H

#include "wire/layout.h"

/*
 * The buffer that TDG.VP.VMCALL<GetQuote> shares between TD and VMM: a header, then input, later replaced by
 * output. Whoever reads it copies it once and reads the copy. Spec: GHCI 1.5, tables 3-10 and 3-11.
 */
enum {
	TDX_GETQUOTE_HDR_BYTES = 24,
	TDX_GETQUOTE_STATUS_OFF = 8,
	TDX_GETQUOTE_OUT_LEN_OFF = 20,
	TDX_GETQUOTE_DATA_OFF = TDX_GETQUOTE_HDR_BYTES,
	TDX_GETQUOTE_VERSION = 1,
	TDX_GETQUOTE_ALIGN_BYTES = 4096,     /* address and size of the buffer */
	TDX_GETQUOTE_MAX_BYTES = 128 * 1024, /* QEMU's limit, and the size that Linux 7.0 and MigTD use */
	TDX_GETQUOTE_LINUX_6_7_BYTES = 8192, /* Linux 6.7 to 6.19 */
	TDX_GETQUOTE_SEED_BYTES = 16 * 1024, /* seed v2; also libtdx_attest's legacy path */
};

/* clang-format off */
#define TDX_GETQUOTE_HDR_FIELDS(F) \
	F(0, LE64,  version, 8, "1") \
	F(8, LE64,  status,  8, "0 from the TD; the VMM writes it last") \
	F(16, LE32, in_len,  4, "bytes of input") \
	F(20, LE32, out_len, 4, "bytes of output; 0 from the TD")
/* clang-format on */

WIRE_STRUCT(tdx_getquote_hdr, TDX_GETQUOTE_HDR_FIELDS);
extern const struct wire_layout tdx_getquote_hdr_layout;

/* status */
#define TDX_GETQUOTE_SUCCESS     0x0000000000000000u
#define TDX_GETQUOTE_IN_FLIGHT   0xffffffffffffffffu /* the buffer is the VMM's */
#define TDX_GETQUOTE_ERROR       0x8000000000000000u
#define TDX_GETQUOTE_UNAVAILABLE 0x8000000000000001u /* no quoting service */
/* "success", "in flight", "error", "quoting service unavailable"; NULL for another value. */
const char *tdx_getquote_status_name(uint64_t status);

/* What the input is. */
enum tdx_getquote_form {
	TDX_GETQUOTE_TDREPORT, /* 1024 bytes; the output is a bare quote */
	TDX_GETQUOTE_QGS,      /* a framed request for the quoting service; so is the output */
	TDX_GETQUOTE_OTHER,    /* neither: a quoting service will refuse it */
};

/*
 * The form of n bytes of input. Framed means: a big-endian length that is exactly the rest, and behind it the
 * header of a request of major version 1 with that size; a TDREPORT cannot look like that, because it begins
 * with 0x81. TDREPORT means 1024 bytes that begin with 0x81 and are not framed; the rest of it is not judged.
 */
enum tdx_getquote_form tdx_getquote_form_of(const uint8_t *input, size_t n);

struct tdx_getquote {
	struct tdx_getquote_hdr hdr;
	enum tdx_getquote_form form;
	struct bytes_rd input;   /* in_len bytes, borrowed */
	struct bytes_rd message; /* the input; without its length prefix when form is TDX_GETQUOTE_QGS */
};

/*
 * A header on its own, for a VMM that has not copied the input yet. The TD's status and out_len are not
 * judged: QEMU does not either.
 *
 * size      of the whole buffer, as the TD stated it
 * Returns   0; -EPROTO version other than 1; -E2BIG size above 128 KiB; -EBADMSG size below the header, or
 *           in_len above size - 24
 */
JURAT_MUST_CHECK int tdx_getquote_check(const struct tdx_getquote_hdr *hdr, uint64_t size,
					struct jurat_error *err);
/*
 * A whole request.
 *
 * copy      n bytes, untrusted, a copy of the shared buffer or of its front up to the end of the input;
 *           borrowed
 * Returns   0; -EBADMSG shorter than the header or than header and input; -EPROTO; -E2BIG as above
 */
JURAT_MUST_CHECK int tdx_getquote_read(const uint8_t *copy, size_t n, struct tdx_getquote *ret,
				       struct jurat_error *err);
/*
 * What a TD finds in its buffer after the call.
 *
 * copy      n bytes, untrusted, a copy of the whole shared buffer; borrowed by `ret_output`
 * Returns   0 and the output, at least one byte; JURAT_BUSY in flight; -EBADMSG no room for the header, or
 *           out_len is 0 although status says success; -EFBIG out_len above n - 24; -EIO status says that it
 *           failed; -EPROTO the VMM changed the version or left a status that nobody defined
 */
JURAT_MUST_CHECK int tdx_getquote_read_output(const uint8_t *copy, size_t n, struct bytes_rd *ret_output,
					      struct jurat_error *err);
/*
 * A fresh request: header (version 1, the rest 0), input, zeros up to `size`.
 * Returns   0; -EINVAL size not a multiple of 4096, or 0; -E2BIG size above 128 KiB, or no room for the input
 */
JURAT_MUST_CHECK int tdx_getquote_write(const uint8_t *input, size_t n, uint8_t *to, size_t size,
					struct jurat_error *err);

#endif
