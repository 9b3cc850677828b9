/* SPDX-License-Identifier: MIT */
#ifndef CRYPTO_DER_H
#define CRYPTO_DER_H

#include "base/bytes.h"

/*
 * Strict DER (X.690): definite minimal lengths, one-byte tags, no trailing bytes. Built on the reader of
 * base/bytes.h: read everything, then check `bad` once. Nothing recurses or allocates.
 *
 * A returned reader starts at its `data` (off = 0), borrows the input, and is bad when the reader it came
 * from is bad.
 */
enum {
	DER_BOOLEAN = 0x01,
	DER_INTEGER = 0x02,
	DER_BIT_STRING = 0x03,
	DER_OCTET_STRING = 0x04,
	DER_NULL = 0x05,
	DER_OID = 0x06,
	DER_ENUMERATED = 0x0a,
	DER_UTF8_STRING = 0x0c,
	DER_PRINTABLE_STRING = 0x13,
	DER_IA5_STRING = 0x16,
	DER_UTC_TIME = 0x17,
	DER_GENERALIZED_TIME = 0x18,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
};
#define DER_CONTEXT(n)             (0x80 | (n)) /* [n] IMPLICIT, primitive */
#define DER_CONTEXT_CONSTRUCTED(n) (0xa0 | (n)) /* [n] EXPLICIT, or IMPLICIT constructed */

/* The tag of the next element; -1 at the end, or when `r` is bad. */
int der_peek(const struct bytes_rd *r);
/* The content of the next element. If it has another tag, `r` and the returned reader become bad. */
struct bytes_rd der_enter(struct bytes_rd *r, uint8_t tag);
/* The whole next element with tag and length, whatever its tag. */
struct bytes_rd der_whole(struct bytes_rd *r);
/* Marks `r` bad when the inner reader is bad or has bytes left. */
void der_leave(struct bytes_rd *r, const struct bytes_rd *inner);
bool der_bool(struct bytes_rd *r);
/* A minimally encoded, non-negative INTEGER that fits in 64 bits. */
uint64_t der_uint(struct bytes_rd *r);
/*
 * A minimally encoded, non-negative INTEGER of any size: its bytes without leading zeros; one 00 byte for
 * zero.
 */
struct bytes_rd der_big_uint(struct bytes_rd *r);
/* A BIT STRING with no unused bits: its bytes. */
struct bytes_rd der_bits(struct bytes_rd *r);
/*
 * A BIT STRING of named bits: bit n of the value is bit n in ASN.1. `r` becomes bad beyond 32 bits, and when
 * an unused bit is not zero. Trailing zero bits are accepted, contrary to X.690 11.2.2, because AMD's ASKs
 * have them.
 */
uint32_t der_named_bits(struct bytes_rd *r);
/* A UTCTime or GeneralizedTime with seconds and Z (RFC 5280 4.1.2.5), as seconds since 1970. */
int64_t der_time(struct bytes_rd *r);
/* Whether the whole data of `r`, from its first byte, equals these bytes; false for a bad reader. */
bool der_equal(const struct bytes_rd *r, const void *bytes, size_t n);

/*
 * A writer: open an element, write its content, close it. It has a fixed buffer and a `bad` flag, like
 * bytes_wr: when all elements are closed, `w.bad` says whether it fitted and `w.off` is its length.
 */
struct der_wr {
	struct bytes_wr w;
	size_t open[16]; /* offsets of the contents of open elements */
	unsigned depth;
};

struct der_wr der_wr(void *buf, size_t size);
void der_put_open(struct der_wr *d, uint8_t tag);
void der_put_close(struct der_wr *d);
void der_put(struct der_wr *d, uint8_t tag, const void *content, size_t n);
void der_put_raw(struct der_wr *d, const void *bytes, size_t n);
void der_put_uint(struct der_wr *d, uint64_t v);
/* Leading zeros of the input are dropped; n = 0 writes zero. */
void der_put_big_uint(struct der_wr *d, const uint8_t *big_endian, size_t n);
void der_put_bits(struct der_wr *d, const void *bytes, size_t n, unsigned unused_bits);
/* UTCTime from 1950 to 2049, else GeneralizedTime (RFC 5280); bad outside the years 0000 to 9999. */
void der_put_time(struct der_wr *d, int64_t seconds);

#endif
