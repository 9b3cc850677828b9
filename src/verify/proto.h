/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_PROTO_H
#define VERIFY_PROTO_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * Converts protocol buffers to JSON, from which rebuild.h reassembles evidence: members are named as in the
 * messages, bytes are hex, integers decimal strings, repeated fields arrays.
 */

/*
 * text      n bytes, untrusted: the text format
 * Returns   0 and an object that the caller releases with json_decref(); JURAT_NOT_FOUND not in this format;
 *           -ENOMEM
 * Spec      protobuf.dev, Text Format Language Specification
 */
JURAT_MUST_CHECK int proto_read_text(const uint8_t *text, size_t n, json_t **ret);

/*
 * For proto*.c: ends a conversion. Passes the tree on if r is 0 and the tree has members, else releases it.
 * Returns r; JURAT_NOT_FOUND for a tree without members.
 */
JURAT_MUST_CHECK int proto_end(int r, json_t *tree, json_t **ret);

/* Messages whose field numbers are known. */
enum proto_message {
	PROTO_SNP_ATTESTATION, /* go-sev-guest, sevsnp.proto: Attestation */
	PROTO_SNP_REPORT,
	PROTO_QUOTE_V4, /* go-tdx-guest, tdx.proto */
	PROTO_QUOTE_V5,
	PROTO_N_MESSAGES,
};

/*
 * bytes     n bytes, untrusted: the binary format
 * Returns   as proto_read_text(); also JURAT_NOT_FOUND for a field that the message does not have
 * Spec      protobuf.dev, Encoding
 */
JURAT_MUST_CHECK int proto_read(enum proto_message message, const uint8_t *bytes, size_t n, json_t **ret);

#endif
