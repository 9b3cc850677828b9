/* SPDX-License-Identifier: MIT */
#ifndef WIRE_TDX_GETQUOTE_H
#define WIRE_TDX_GETQUOTE_H

#include "wire/layout.h"

/*
 * The shared buffer of TDG.VP.VMCALL<GetQuote>: a header, then the TD's input, which the VMM replaces with
 * output. Code that reads it copies it once and parses the copy. Spec: GHCI 1.5, tables 3-10 and 3-11.
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
#define TDX_GETQUOTE_IN_FLIGHT   0xffffffffffffffffu /* the VMM owns the buffer */
#define TDX_GETQUOTE_ERROR       0x8000000000000000u
#define TDX_GETQUOTE_UNAVAILABLE 0x8000000000000001u /* no quoting service */
/* "success", "in flight", "error", "quoting service unavailable"; NULL for an unknown value. */
const char *tdx_getquote_status_name(uint64_t status);

/* The form of the input. */
enum tdx_getquote_form {
	TDX_GETQUOTE_TDREPORT, /* 1024 bytes; the output is a quote without framing */
	TDX_GETQUOTE_QGS,      /* a length-prefixed QGS request; the output is a length-prefixed response */
	TDX_GETQUOTE_OTHER,    /* neither: a quoting service will refuse it */
};

/*
 * Determines the form of n bytes of input. A QGS request is a big-endian length that equals the number of
 * bytes after it, followed by a request header of major version 1 with the same size; no TDREPORT has this
 * form, since it begins with 0x81. A TDREPORT is anything else of 1024 bytes that begins with 0x81; its other
 * bytes are not checked.
 */
enum tdx_getquote_form tdx_getquote_form_of(const uint8_t *input, size_t n);

struct tdx_getquote {
	struct tdx_getquote_hdr hdr;
	enum tdx_getquote_form form;
	struct bytes_rd input;   /* in_len bytes, borrowed */
	struct bytes_rd message; /* the input; without its length prefix when form is TDX_GETQUOTE_QGS */
};

/*
 * Checks a header alone, for a VMM that has not copied the input yet. The TD's status and out_len are not
 * checked, as in QEMU.
 *
 * size      of the whole buffer, as stated by the TD
 * Returns   0; -EPROTO a version other than 1; -E2BIG size above 128 KiB; -EBADMSG size smaller than the
 *           header, or in_len above size - 24
 */
JURAT_MUST_CHECK int tdx_getquote_check(const struct tdx_getquote_hdr *hdr, uint64_t size,
					struct jurat_error *err);
/*
 * Parses a whole request.
 *
 * copy      n bytes, untrusted, a private copy of the shared buffer, at least up to the end of the input;
 *           borrowed
 * Returns   0; -EBADMSG shorter than the header or than header and input; -EPROTO; -E2BIG as above
 */
JURAT_MUST_CHECK int tdx_getquote_read(const uint8_t *copy, size_t n, struct tdx_getquote *ret,
				       struct jurat_error *err);
/*
 * Parses what a TD finds in its buffer after the call.
 *
 * copy      n bytes, untrusted, a private copy of the whole shared buffer; borrowed by `ret_output`
 * Returns   0 and the output, at least one byte; JURAT_BUSY in flight; -EBADMSG n is smaller than the header,
 *           or out_len is 0 although status is success; -EFBIG out_len above n - 24; -EIO status is an error;
 *           -EPROTO the VMM changed the version or stored an undefined status
 */
JURAT_MUST_CHECK int tdx_getquote_read_output(const uint8_t *copy, size_t n, struct bytes_rd *ret_output,
					      struct jurat_error *err);
/*
 * Writes a new request: header (version 1, the rest 0), input, zeros up to `size`.
 * Returns   0; -EINVAL size is 0 or not a multiple of 4096; -E2BIG size above 128 KiB, or too small for the
 *           input
 */
JURAT_MUST_CHECK int tdx_getquote_write(const uint8_t *input, size_t n, uint8_t *to, size_t size,
					struct jurat_error *err);

#endif
