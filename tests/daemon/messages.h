/* SPDX-License-Identifier: MIT */
#ifndef TESTS_DAEMON_MESSAGES_H
#define TESTS_DAEMON_MESSAGES_H

#include "support/test.h"
#include "wire/qgs.h"
#include "wire/tdx_report.h"

/* Messages written byte for byte, not by the code under test: framed, little-endian behind the length. */
enum {
	QUOTE_BYTES = 5006,
	FRAMED_QUOTE_REQ = 4 + 24 + TDX_REPORT_BYTES, /* 1052 */
	FRAMED_QUOTE_RESP = 4 + 24 + QUOTE_BYTES,     /* 5034 */
	FRAMED_ERROR = 4 + 24,
	FRAMED_PLATFORM_REQ = 4 + 16,
	FRAMED_PLATFORM_RESP = 4 + 64,
	FRAMED_COLLATERAL_REQ = 4 + 24 + 6 + 8,
	MESSAGE_ROOM = 8192,
};

/* The message's length is `size`; minor version 1, no error. */
static inline void message_head(uint8_t *to, uint32_t type, uint32_t size)
{
	struct bytes_wr w = bytes_wr(to, 20);

	bytes_wr_be32(&w, size);
	bytes_wr_le16(&w, 1);
	bytes_wr_le16(&w, 1);
	bytes_wr_le32(&w, type);
	bytes_wr_le32(&w, size);
	bytes_wr_le32(&w, 0);
}

/* A TDREPORT whose fixed bytes are right. */
static inline void message_tdreport(uint8_t to[TDX_REPORT_BYTES])
{
	memset(to, 0, TDX_REPORT_BYTES);
	to[0] = 0x81;
}

static inline size_t message_quote_req(uint8_t *to)
{
	message_head(to, 0, 24 + TDX_REPORT_BYTES);
	bytes_put_le(to + 20, TDX_REPORT_BYTES, 4);
	bytes_put_le(to + 24, 0, 4);
	message_tdreport(to + 28);
	return FRAMED_QUOTE_REQ;
}

static inline size_t message_quote_resp(uint8_t *to, uint8_t fill)
{
	message_head(to, 1, 24 + QUOTE_BYTES);
	bytes_put_le(to + 20, 0, 4);
	bytes_put_le(to + 24, QUOTE_BYTES, 4);
	memset(to + 28, fill, QUOTE_BYTES);
	return FRAMED_QUOTE_RESP;
}

static inline size_t message_quote_error(uint8_t *to, uint32_t code)
{
	message_head(to, 1, 24);
	bytes_put_le(to + 16, code, 4);
	memset(to + 20, 0, 8);
	return FRAMED_ERROR;
}

static inline size_t message_platform_req(uint8_t *to)
{
	message_head(to, 4, 16);
	return FRAMED_PLATFORM_REQ;
}

static inline size_t message_platform_resp(uint8_t *to)
{
	message_head(to, 5, 64);
	bytes_put_le(to + 20, 7, 2);
	bytes_put_le(to + 22, 13, 2);
	bytes_put_le(to + 24, 16, 4);
	bytes_put_le(to + 28, 16, 4);
	memset(to + 32, 0x11, 32);
	memset(to + 64, 0, 4);
	return FRAMED_PLATFORM_RESP;
}

static inline size_t message_collateral_req(uint8_t *to)
{
	message_head(to, 2, 24 + 6 + 8);
	bytes_put_le(to + 20, 6, 4);
	bytes_put_le(to + 24, 8, 4);
	memcpy(to + 28, "\x50\x80\x6f\0\0\0platform", 14);
	return FRAMED_COLLATERAL_REQ;
}

#endif
