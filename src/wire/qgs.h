/* SPDX-License-Identifier: MIT */
#ifndef WIRE_QGS_H
#define WIRE_QGS_H

#include <stdbool.h>

#include "wire/layout.h"

/*
 * The protocol of Intel's quote generation service (QGS) over a stream socket: a big-endian length, then a
 * little-endian message of that length. Source: Intel DCAP, qgs_msg_lib.
 */
enum {
	QGS_FRAME_BYTES = 4, /* the length; it does not count itself */
	QGS_HDR_BYTES = 16,
	QGS_QUOTE_REQ_BYTES = 24, /* fixed-size parts of the messages, header included */
	QGS_QUOTE_RESP_BYTES = 24,
	QGS_COLLATERAL_REQ_BYTES = 24,
	QGS_COLLATERAL_RESP_BYTES = 48,
	QGS_PLATFORM_REQ_BYTES = QGS_HDR_BYTES,
	QGS_PLATFORM_RESP_BYTES = 28,
	QGS_MAJOR_VERSION = 1,
	QGS_MINOR_VERSION = 1,                          /* sent; any is accepted */
	QGS_MAX_REQUEST_BYTES = 4096 - QGS_FRAME_BYTES, /* longest request that Intel's server reads */
	QGS_TAIL_BYTES = 4,
};

enum qgs_type {
	QGS_QUOTE_REQ = 0,
	QGS_QUOTE_RESP = 1,
	QGS_COLLATERAL_REQ = 2,
	QGS_COLLATERAL_RESP = 3,
	QGS_PLATFORM_REQ = 4,
	QGS_PLATFORM_RESP = 5,
	QGS_N_TYPES = 6,
};
/* "GET_QUOTE_REQ" and so on; NULL for an unknown type. */
const char *qgs_type_name(uint32_t type);

static inline bool qgs_is_request(uint32_t type)
{
	return type < QGS_N_TYPES && type % 2 == 0;
}

/* error_code of a message, and the errors that qgs_read() returns. */
enum qgs_error {
	QGS_SUCCESS = 0,
	QGS_E_UNEXPECTED = 0x12001,
	QGS_E_OUT_OF_MEMORY = 0x12002,
	QGS_E_INVALID_PARAMETER = 0x12003,
	QGS_E_INVALID_VERSION = 0x12004,
	QGS_E_INVALID_TYPE = 0x12005,
	QGS_E_INVALID_SIZE = 0x12006,
	QGS_E_INVALID_CODE = 0x12007,
	QGS_E_MAX = 0x12008, /* this value and above are not error codes */
};
/* "UNEXPECTED" and so on; NULL for an unknown code. */
const char *qgs_error_name(uint32_t code);

/* clang-format off */
#define QGS_HDR_FIELDS(F) \
	F(0, LE16,  major_version, 2, "1") \
	F(2, LE16,  minor_version, 2, "1; 0 from older peers") \
	F(4, LE32,  type,          4, "0 to 5") \
	F(8, LE32,  size,          4, "of the whole message") \
	F(12, LE32, error_code,    4, "0 in requests")

#define QGS_QUOTE_REQ_FIELDS(F) \
	QGS_HDR_FIELDS(F) \
	F(16, LE32, report_size,   4, "") \
	F(20, LE32, id_list_size,  4, "attestation key ids")

#define QGS_QUOTE_RESP_FIELDS(F) \
	QGS_HDR_FIELDS(F) \
	F(16, LE32, selected_id_size, 4, "") \
	F(20, LE32, quote_size,    4, "")

#define QGS_COLLATERAL_REQ_FIELDS(F) \
	QGS_HDR_FIELDS(F) \
	F(16, LE32, fmspc_size,    4, "") \
	F(20, LE32, pck_ca_size,   4, "")

#define QGS_COLLATERAL_RESP_FIELDS(F) \
	QGS_HDR_FIELDS(F) \
	F(16, LE16, collateral_major, 2, "") \
	F(18, LE16, collateral_minor, 2, "") \
	F(20, LE32, pck_crl_issuer_chain_size, 4, "") \
	F(24, LE32, root_ca_crl_size, 4, "") \
	F(28, LE32, pck_crl_size,  4, "") \
	F(32, LE32, tcb_info_issuer_chain_size, 4, "") \
	F(36, LE32, tcb_info_size, 4, "") \
	F(40, LE32, qe_identity_issuer_chain_size, 4, "") \
	F(44, LE32, qe_identity_size, 4, "")

#define QGS_PLATFORM_RESP_FIELDS(F) \
	QGS_HDR_FIELDS(F) \
	F(16, LE16, tdqe_isvsvn,   2, "") \
	F(18, LE16, pce_isvsvn,    2, "") \
	F(20, LE32, platform_id_size, 4, "16") \
	F(24, LE32, cpusvn_size,   4, "16")
/* clang-format on */

WIRE_STRUCT(qgs_hdr, QGS_HDR_FIELDS);
WIRE_STRUCT(qgs_quote_req, QGS_QUOTE_REQ_FIELDS);
WIRE_STRUCT(qgs_quote_resp, QGS_QUOTE_RESP_FIELDS);
WIRE_STRUCT(qgs_collateral_req, QGS_COLLATERAL_REQ_FIELDS);
WIRE_STRUCT(qgs_collateral_resp, QGS_COLLATERAL_RESP_FIELDS);
WIRE_STRUCT(qgs_platform_resp, QGS_PLATFORM_RESP_FIELDS);
extern const struct wire_layout qgs_hdr_layout, qgs_quote_req_layout, qgs_quote_resp_layout,
	qgs_collateral_req_layout, qgs_collateral_resp_layout, qgs_platform_resp_layout;

/* Variable-size parts after the fixed-size part, in this order. */
enum qgs_part {
	QGS_PART_REPORT = 0, /* QGS_QUOTE_REQ */
	QGS_PART_ID_LIST = 1,

	QGS_PART_SELECTED_ID = 0, /* QGS_QUOTE_RESP */
	QGS_PART_QUOTE = 1,

	QGS_PART_FMSPC = 0, /* QGS_COLLATERAL_REQ */
	QGS_PART_PCK_CA = 1,

	QGS_PART_PCK_CRL_ISSUER_CHAIN = 0, /* QGS_COLLATERAL_RESP */
	QGS_PART_ROOT_CA_CRL = 1,
	QGS_PART_PCK_CRL = 2,
	QGS_PART_TCB_INFO_ISSUER_CHAIN = 3,
	QGS_PART_TCB_INFO = 4,
	QGS_PART_QE_IDENTITY_ISSUER_CHAIN = 5,
	QGS_PART_QE_IDENTITY = 6,

	QGS_PART_PLATFORM_ID = 0, /* QGS_PLATFORM_RESP */
	QGS_PART_CPUSVN = 1,

	QGS_MAX_PARTS = 7,
};
/* The number of parts of a type: 2, 2, 2, 7, 0, 2; 0 for an unknown type. */
unsigned qgs_n_parts(uint32_t type);

/*
 * One message. `version` holds the two 16-bit words of two kinds of response: major and minor version of the
 * collateral, or the ISVSVNs of TDQE and PCE. `tail` is the number of zero bytes after the parts, 0 or 4.
 */
struct qgs_message {
	enum qgs_type type;
	uint16_t minor_version;
	uint32_t error_code;
	uint16_t version[2];
	struct bytes_rd parts[QGS_MAX_PARTS]; /* borrowed */
	unsigned tail;
};

/* An empty message to fill in, of the version that Intel's library writes. */
static inline struct qgs_message qgs_message(enum qgs_type type)
{
	return (struct qgs_message){ .type = type, .minor_version = QGS_MINOR_VERSION };
}

/*
 * Parses a whole message without its length prefix, and checks it in the order and by the rules of Intel's
 * library. There are two exceptions, because that library cannot read two of the messages that it writes: a
 * collateral response may end in four zero bytes whatever its minor version, and a platform-information
 * response may lack them (its error response does).
 *
 * bytes     n bytes, untrusted; borrowed by `ret`
 * Returns   0; > 0 enum qgs_error, what is wrong with the message, which is also what a service would respond
 *           with; never < 0. A response that reports an error is well-formed: see ret->error_code
 */
JURAT_MUST_CHECK int qgs_read(enum qgs_type type, const uint8_t *bytes, size_t n, struct qgs_message *ret,
			      struct jurat_error *err);
/*
 * Reads the type of a message. 0; > 0 enum qgs_error (shorter than a header, major version, or unknown type).
 */
JURAT_MUST_CHECK int qgs_read_type(const uint8_t *bytes, size_t n, enum qgs_type *ret,
				   struct jurat_error *err);

/*
 * The number of zero bytes that Intel's service appends to a response to a request of this minor version: in
 * successful responses only, 4 after platform information, and after collateral for minor version 0.
 */
unsigned qgs_tail_of(enum qgs_type response, unsigned request_minor, uint32_t error_code);
/* Size of the message in bytes without length prefix; SIZE_MAX when it does not fit the size field. */
size_t qgs_size(const struct qgs_message *message);
/*
 * Writes the message, preceded by its length prefix when `framed`.
 *
 * Returns   0 and *ret_size; JURAT_TOO_SMALL and *ret_size is the required size, `to` is unchanged; -EINVAL
 *           what qgs_read() would refuse, or 4 GiB or more
 */
JURAT_MUST_CHECK int qgs_write(const struct qgs_message *message, bool framed, uint8_t *to, size_t room,
			       size_t *ret_size, struct jurat_error *err);

/*
 * Reassembles messages from a stream that may arrive in pieces of any size. It uses the caller's buffer and
 * compares the stated length with its size before using it for anything else.
 *
 * With `raw_too`, it also accepts plain TDREPORTs (the "raw mode" of Intel's service): a stream that begins
 * with the TDREPORT type, which would be a length of 2 GiB, is collected up to 1024 bytes. Nothing else in it
 * is checked here. Raw mode does not mark the end of a message, so bytes that arrive together with the 1024th
 * are an error, as with Intel's service.
 */
struct qgs_assembler {
	uint8_t *buf;
	size_t room;
	bool raw_too;

	uint8_t prefix[QGS_FRAME_BYTES];
	size_t n_prefix; /* bytes of the length so far */
	size_t n_buf;    /* bytes of the message so far */
	size_t want;     /* size of the message, once the prefix is complete */
	bool raw;
	int failed; /* result of every further qgs_assembler_feed() */
};

enum { QGS_MESSAGE = 1, QGS_RAW_TDREPORT = 2 };

/*
 * `buf` holds `room` bytes and must live as long as the assembler; messages larger than `room` are refused.
 */
void qgs_assembler_init(struct qgs_assembler *a, uint8_t *buf, size_t room, bool raw_too);
/*
 * Feeds n bytes, of which *ret_taken are consumed: all of them, or up to the end of the first message. The
 * message is then in `buf`, a->want bytes, until the next call, which starts a new one.
 *
 * Returns   0 more bytes are needed; QGS_MESSAGE a length-prefixed message is complete; QGS_RAW_TDREPORT a
 *           plain TDREPORT is complete; -EBADMSG the length is below that of a header or differs from
 *           header.size, or bytes follow a plain TDREPORT; -EPROTO unknown major version or type; -E2BIG
 *           larger than `room`. After an error the stream is unusable: every further call returns the same
 *           error
 */
JURAT_MUST_CHECK int qgs_assembler_feed(struct qgs_assembler *a, const uint8_t *bytes, size_t n,
					size_t *ret_taken, struct jurat_error *err);
/* Whether the stream may end here: no bytes were fed since the last message. */
bool qgs_assembler_idle(const struct qgs_assembler *a);

#endif
