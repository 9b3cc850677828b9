/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_PROTO_H
#define VERIFY_PROTO_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * Protocol buffers as JSON, the one form that evidence in fields is put together from: members by the names
 * of the messages, bytes as hex, numbers as decimal strings, a field that repeats as an array.
 */

/*
 * text      n bytes, untrusted: the text format
 * Returns   0 and an object that the caller releases; JURAT_NOT_FOUND it is not that; -ENOMEM
 * Spec      protobuf.dev, Text Format Language Specification
 */
JURAT_MUST_CHECK int proto_read_text(const uint8_t *text, size_t n, json_t **ret);

/* The messages that are known by the numbers of their fields. */
enum proto_message {
	PROTO_SNP_ATTESTATION, /* go-sev-guest, sevsnp.proto: Attestation */
	PROTO_SNP_REPORT,
	PROTO_QUOTE_V4, /* go-tdx-guest, tdx.proto */
	PROTO_QUOTE_V5,
	PROTO_N_MESSAGES,
};

/*
 * bytes     n bytes, untrusted: the binary format
 * Returns   as proto_read_text(): also JURAT_NOT_FOUND for a field that the message does not have
 * Spec      protobuf.dev, Encoding
 */
JURAT_MUST_CHECK int proto_read(enum proto_message message, const uint8_t *bytes, size_t n, json_t **ret);

#endif
