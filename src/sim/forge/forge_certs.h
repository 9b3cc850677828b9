/* SPDX-License-Identifier: MIT */
#ifndef SIM_FORGE_CERTS_H
#define SIM_FORGE_CERTS_H

#include "sim/forge/forge_seal.h"

/* A certificate or CRL that is made to order, by forge_certs.c, with what only one vendor's roots know. */
struct forge_job {
	struct sim_order *order;
	enum sim_part part;
	enum sim_x509_kind kind;
	bool has_trailer_field; /* of an RSA signature */
	struct sim_pki *pki;    /* AMD's; NULL: Intel's */
	/* The key of the part with this name; NULL: the issuer's. 0; -EINVAL; -ENOMEM */
	int (*key)(const struct forge_job *job, const char *name, struct forge_key *ret,
		   struct jurat_error *err);
	/* The serial number of the part with this name, if the order sets none: at most 20 bytes. */
	int (*serial)(const struct forge_job *job, const char *name, uint8_t ret[20], size_t *ret_size,
		      struct jurat_error *err);
	const void *of; /* these two's */
	int other_kind; /* what kind of key `other` is: of the issuer, and of the subject */
	int subject_kind;
};

/* Makes it of its signed part. `to` has `room` bytes. 0; -EINVAL; -ENOMEM; -EIO */
JURAT_MUST_CHECK int forge_make(const struct forge_job *job, const uint8_t *tbs, size_t tbs_size, uint8_t *to,
				size_t room, size_t *ret_size, struct jurat_error *err);
/* The key that a certificate has: `key` of the order, else `own`. */
JURAT_MUST_CHECK int forge_own_key(const struct forge_job *job, const struct forge_key *own,
				   struct forge_key *ret, struct jurat_error *err);

#endif
