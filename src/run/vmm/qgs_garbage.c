/* SPDX-License-Identifier: MIT */
#include "run/vmm/qgs_faults.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "wire/qgs.h"

/*
 * Offsets into a framed GET_QUOTE_RESP, whose length comes first, big-endian; the message is little-endian.
 * Source: Intel DCAP, qgs_msg_lib.h.
 */
enum {
	AT_LENGTH = 0,
	AT_MAJOR = 4,
	AT_TYPE = 8,
	AT_SIZE = 12,
	AT_CODE = 16,
	AT_ID_SIZE = 20,
	AT_QUOTE_SIZE = 24,
	AT_QUOTE = 28,
};

struct edit {
	unsigned at, bytes; /* 0 bytes: none */
	uint32_t value;
	bool adds; /* to what is there */
};

/* A literal, or the first `keep` bytes (0: all) of a good response with edits. */
static const struct garbage {
	const char *name;
	const char *literal;
	size_t n_literal, keep;
	struct edit edits[3];
} garbages[] = {
	{ "a length of 0", .keep = AT_QUOTE, .edits = { { AT_LENGTH, 4, 0 } } },
	/* QEMU subtracts a header of 24 bytes from it. */
	{ "a length shorter than a header", .keep = AT_QUOTE, .edits = { { AT_LENGTH, 4, 0x17000000 } } },
	{ "a length of 4 GiB", .edits = { { AT_LENGTH, 4, 0xffffffff } } },
	{ "a length of 2 GiB", .edits = { { AT_LENGTH, 4, 0x00000080 } } },
	{ "a size that is not the length", .edits = { { AT_SIZE, 4, 0x100 } } },
	{ "a size of 0", .edits = { { AT_SIZE, 4, 0 } } },
	{ "another major version", .edits = { { AT_MAJOR, 2, 2 } } },
	{ "a request instead of a response", .edits = { { AT_TYPE, 4, QGS_QUOTE_REQ } } },
	{ "the response to another request", .edits = { { AT_TYPE, 4, QGS_COLLATERAL_RESP } } },
	{ "an unknown type", .edits = { { AT_TYPE, 4, 77 } } },
	{ "an error code together with a quote", .edits = { { AT_CODE, 4, QGS_E_UNEXPECTED } } },
	{ "a code that is no error code", .edits = { { AT_CODE, 4, QGS_E_MAX } } },
	{ "a quote larger than its message", .edits = { { AT_QUOTE_SIZE, 4, 0x7fffffff } } },
	{ "a quote smaller than its message", .edits = { { AT_QUOTE_SIZE, 4, 1 } } },
	{ "a quote of 0 bytes", .keep = AT_QUOTE,
	  .edits = { { AT_LENGTH, 4, 0x18000000 }, { AT_SIZE, 4, 24 }, { AT_QUOTE_SIZE, 4, 0 } } },
	/* Their sum is right in 32 bits. */
	{ "sizes that wrap around",
	  .edits = { { AT_ID_SIZE, 4, 0xffffffff }, { AT_QUOTE_SIZE, 4, 1, true } } },
	{ "text", .literal = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", .n_literal = 47 },
	{ "zeros", .literal = "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
	  .n_literal = 32 },
};

const char *qgs_garbage_name(unsigned garbage)
{
	return garbage < ARRAY_SIZE(garbages) ? garbages[garbage].name : NULL;
}

int qgs_garbage_make(unsigned garbage, const uint8_t *good, size_t n, uint8_t **ret, size_t *ret_size)
{
	const struct garbage *g = &garbages[garbage];
	const size_t size = g->literal ? g->n_literal : g->keep ? g->keep : n;
	uint8_t *bytes;

	if (!g->literal && (n < AT_QUOTE || size > n))
		return -EINVAL;
	bytes = malloc(size);
	if (!bytes)
		return -ENOMEM;
	memcpy(bytes, g->literal ? (const void *)g->literal : good, size);
	for (size_t i = 0; i < ARRAY_SIZE(g->edits) && g->edits[i].bytes; i++) {
		const struct edit *e = &g->edits[i];
		const uint64_t there = e->adds ? bytes_get_le(bytes + e->at, e->bytes) : 0;

		bytes_put_le(bytes + e->at, there + e->value, e->bytes);
	}
	*ret = bytes;
	*ret_size = size;
	return 0;
}
