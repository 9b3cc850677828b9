/* SPDX-License-Identifier: MIT */
#ifndef SIM_X509_PUT_H
#define SIM_X509_PUT_H

#include "crypto/der.h"
#include "crypto/ec.h"

/* What test certificates and CRLs of every vendor's profile are written with. Spec: RFC 5280. */
#define X509_PUT_OID(d, oid) der_put(d, DER_OID, oid, sizeof(oid))

enum { X509_KEY_ID_BYTES = 20 };

/* An attribute of a name, 2.5.4.type. A NULL value stands for the common name. */
struct x509_name_part {
	uint8_t type, tag;
	const char *value;
};
void x509_put_name(struct der_wr *d, const struct x509_name_part *parts, size_t n, const char *common_name);
void x509_put_validity(struct der_wr *d, int64_t from, int64_t to);
/* SubjectPublicKeyInfo of a key on a named curve. */
void x509_put_ec_key(struct der_wr *d, enum crypto_curve curve, const uint8_t *xy);

/* An extension's content is written between the two. */
void x509_open_extension(struct der_wr *d, const uint8_t *oid, size_t oid_size, bool critical);
void x509_close_extension(struct der_wr *d);
void x509_put_key_usage(struct der_wr *d, uint8_t bits, unsigned unused_bits);
void x509_put_subject_key_id(struct der_wr *d, const uint8_t id[X509_KEY_ID_BYTES]);
void x509_put_authority_key_id(struct der_wr *d, const uint8_t id[X509_KEY_ID_BYTES]);
/* path_len < 0: none */
void x509_put_basic_constraints(struct der_wr *d, bool is_ca, int path_len);
void x509_put_crl_points(struct der_wr *d, const char *url);
void x509_put_crl_number(struct der_wr *d, uint64_t number);

#endif
