/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_SNP_FITS_H
#define VERIFY_SNP_FITS_H

#include <jurat/verify.h>

#include "wire/snp_product.h"

/* The key with which firmware signs reports. */
struct snp_signer {
	enum snp_product product;
	bool vlek;
	uint8_t chip_id[64]; /* of a VCEK: as in reports when it is not masked */
	uint64_t reported_tcb;
};

/*
 * Whether a host's certificate table verifies the reports of this key: what a guest's verifier checks with
 * jurat_verify_snp() before it sees the report's signature, and the entries and the size that guests need.
 *
 * verifier  its roots are trusted; it has no other certificates
 * table     n bytes, untrusted
 * ret       may be NULL; set on 0 and on JURAT_REFUSED, freed by the caller with jurat_verdict_free
 * Returns   0; JURAT_REFUSED with reasons, the first of them also in `err`; -ENOMEM, -EIO nothing was checked
 */
JURAT_MUST_CHECK int snp_table_fits(struct jurat_verifier *verifier, const struct snp_signer *signer,
				    const uint8_t *table, size_t n, int64_t at, struct jurat_verdict **ret,
				    struct jurat_error *err);

#endif
