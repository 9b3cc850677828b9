/* SPDX-License-Identifier: MIT */
#ifndef ENDORSE_VALUE_H
#define ENDORSE_VALUE_H

#include "endorse/item.h"

/*
 * What a service answers for an item, as served (enum endorse_form). Untrusted until endorse_check().
 */
enum { ENDORSE_MAX_BYTES = 1 << 20, ENDORSE_MAX_CHAIN_BYTES = 64 * 1024 };
/* Of an issuer chain, percent-encoded, in a header with its NUL; Intel's have 2500. */
enum { ENDORSE_MAX_CHAIN_HEADER_BYTES = 8192 };

struct endorse_value {
	uint8_t *body; /* heap */
	size_t size;
	char *issuer_chain; /* heap, PEM, percent-decoded; NULL: the service sends none for this kind */
	/* Set by endorse_check() of CRLs and documents; of the others, and of what has no number, 0. */
	int64_t issued;  /* thisUpdate, issueDate */
	uint64_t number; /* cRLNumber, tcbEvaluationDataNumber */
};
void endorse_value_done(struct endorse_value *value); /* accepts an all-zero struct */
/*
 * Whether a checked value is a later issue than another one: its number is higher; where the numbers are the
 * same, or one of them has none, it was issued later. Spec: RFC 5280 5.2.3; Intel PCS API v4, TcbInfo V3.
 */
bool endorse_value_is_later(const struct endorse_value *value, const struct endorse_value *other);

/* Whether percent-encoding leaves it as it is: as Intel's service, unreserved characters (RFC 3986). */
bool endorse_is_unreserved(uint8_t c);
/* The header in which Intel's services and a PCCS send the issuer chain of this item; NULL: none. */
const char *endorse_chain_header(const struct endorse_item *item);
/* "application/json", "application/pkix-crl" ... */
const char *endorse_content_type(const struct endorse_item *item, enum endorse_encoding encoding);

/*
 * One byte string that holds a value, for stores: versioned, with lengths. The caller frees *ret. Reading
 * is of untrusted bytes: -EBADMSG.
 *
 * expires  until when it may be served, seconds since 1970; INT64_MAX: for ever. ret_expires may be NULL
 */
JURAT_MUST_CHECK int endorse_value_pack(const struct endorse_value *value, int64_t expires, uint8_t **ret,
					size_t *ret_size, struct jurat_error *err);
JURAT_MUST_CHECK int endorse_value_unpack(const uint8_t *bytes, size_t n, struct endorse_value *ret,
					  int64_t *ret_expires, struct jurat_error *err);
/* The largest size of a packed value. */
enum { ENDORSE_PACKED_MAX_BYTES = ENDORSE_MAX_BYTES + ENDORSE_MAX_CHAIN_BYTES + 64 };

#endif
