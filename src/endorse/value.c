/* SPDX-License-Identifier: MIT */
#include "endorse/value.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"

void endorse_value_done(struct endorse_value *value)
{
	free(value->body);
	free(value->issuer_chain);
	*value = (struct endorse_value){ .body = NULL };
}

bool endorse_value_is_later(const struct endorse_value *value, const struct endorse_value *other)
{
	if (value->number != other->number && value->number > 0 && other->number > 0)
		return value->number > other->number;
	return value->issued > other->issued;
}

bool endorse_is_unreserved(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
	       c == '_' || c == '.' || c == '~';
}

const char *endorse_chain_header(const struct endorse_item *item)
{
	switch (item->kind) {
	case ENDORSE_TCB_INFO:
		return "TCB-Info-Issuer-Chain";
	case ENDORSE_QE_IDENTITY:
	case ENDORSE_QVE_IDENTITY:
		return "SGX-Enclave-Identity-Issuer-Chain";
	case ENDORSE_TCB_NUMBERS:
		return "TCB-Evaluation-Data-Numbers-Issuer-Chain";
	case ENDORSE_PCK_CRL:
		return "SGX-PCK-CRL-Issuer-Chain";
	default:
		return NULL;
	}
}

const char *endorse_content_type(const struct endorse_item *item, enum endorse_encoding encoding)
{
	static const char pem[] = "application/x-pem-file";

	switch (endorse_kind_form(item->kind)) {
	case ENDORSE_FORM_CERTIFICATE:
		return encoding == ENDORSE_PEM ? pem : "application/pkix-cert";
	case ENDORSE_FORM_CHAIN:
		return pem;
	case ENDORSE_FORM_CRL:
		return encoding == ENDORSE_PEM ? pem : "application/pkix-crl";
	default:
		return "application/json";
	}
}

/* ---- Packed: magic, version, sizes of body and chain (NO_CHAIN: none), expiry, body, chain */

static const uint8_t magic[8] = { 'J', 'U', 'R', 'A', 'T', 'E', 'N', 'D' };

enum { VERSION = 1, HEADER_BYTES = sizeof(magic) + 3 * sizeof(uint32_t) + sizeof(int64_t) };
#define NO_CHAIN UINT32_MAX

int endorse_value_pack(const struct endorse_value *value, int64_t expires, uint8_t **ret, size_t *ret_size,
		       struct jurat_error *err)
{
	const size_t chain = value->issuer_chain ? strlen(value->issuer_chain) : 0;
	const size_t size = HEADER_BYTES + value->size + chain;
	struct bytes_wr w;
	uint8_t *bytes;

	if (value->size == 0 || value->size > ENDORSE_MAX_BYTES || chain > ENDORSE_MAX_CHAIN_BYTES)
		return jurat_fail(err, -EMSGSIZE,
				  "expected 1 to %d bytes, an issuer chain of up to %d; found %zu and %zu",
				  ENDORSE_MAX_BYTES, ENDORSE_MAX_CHAIN_BYTES, value->size, chain);
	bytes = malloc(size);
	if (!bytes)
		return jurat_fail_memory(err);
	w = bytes_wr(bytes, size);
	bytes_wr_copy(&w, magic, sizeof(magic));
	bytes_wr_le32(&w, VERSION);
	bytes_wr_le32(&w, (uint32_t)value->size);
	bytes_wr_le32(&w, value->issuer_chain ? (uint32_t)chain : NO_CHAIN);
	bytes_wr_le64(&w, (uint64_t)expires);
	bytes_wr_copy(&w, value->body, value->size);
	bytes_wr_copy(&w, value->issuer_chain, chain);
	*ret = bytes;
	*ret_size = size;
	return 0;
}

int endorse_value_unpack(const uint8_t *bytes, size_t n, struct endorse_value *ret, int64_t *ret_expires,
			 struct jurat_error *err)
{
	struct bytes_rd r = bytes_rd(bytes, n);
	const uint8_t *start = bytes_rd_take(&r, sizeof(magic)), *body, *chain;
	const uint32_t version = bytes_rd_le32(&r), size = bytes_rd_le32(&r), chain_size = bytes_rd_le32(&r);
	const int64_t expires = (int64_t)bytes_rd_le64(&r);
	const size_t chain_bytes = chain_size == NO_CHAIN ? 0 : chain_size;
	struct endorse_value value auto_call(endorse_value_done) = { .size = size };

	if (r.bad || memcmp(start, magic, sizeof(magic)) != 0)
		return jurat_fail(err, -EBADMSG, "expected a packed endorsement, found other data");
	if (version != VERSION)
		return jurat_fail(err, -EBADMSG, "packed endorsement: expected version %d, found %u", VERSION,
				  version);
	body = bytes_rd_take(&r, size);
	chain = bytes_rd_take(&r, chain_bytes);
	if (r.bad || bytes_rd_left(&r) > 0 || size == 0 || size > ENDORSE_MAX_BYTES ||
	    chain_bytes > ENDORSE_MAX_CHAIN_BYTES)
		return jurat_fail(err, -EBADMSG,
				  "packed endorsement: its sizes do not match its length of %zu bytes", n);
	if (memchr(chain, 0, chain_bytes))
		return jurat_fail(err, -EBADMSG, "packed endorsement: its issuer chain contains a NUL byte");
	value.body = malloc(size);
	value.issuer_chain = chain_size == NO_CHAIN ? NULL : strndup((const char *)chain, chain_bytes);
	if (!value.body || (chain_size != NO_CHAIN && !value.issuer_chain))
		return jurat_fail_memory(err);
	memcpy(value.body, body, size);
	if (ret_expires)
		*ret_expires = expires;
	*ret = value;
	value = (struct endorse_value){ .body = NULL };
	return 0;
}
