/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_SNP_VEK_H
#define VERIFY_SNP_VEK_H

#include "crypto/x509.h"
#include "wire/snp_report.h"

/*
 * Contents of AMD's extensions in a VCEK or VLEK certificate. Spec: VCEK certificate and KDS interface (AMD
 * 57230), certificate extensions.
 */
enum { VEK_CSP_ID_BYTES = 128 + 1, VEK_PRODUCT_BYTES = 32 };

enum vek_kind { VEK_OTHER, VEK_VCEK, VEK_VLEK }; /* by the subject's common name */

struct vek {
	enum vek_kind kind;
	enum snp_product issued_for; /* by the issuer's common name; SNP_PRODUCT_UNKNOWN for other issuers */
	bool issued_as_vlek;         /* the issuer is an ASVK */
	char product[VEK_PRODUCT_BYTES]; /* productName, unchanged: "Milan-B0" */
	enum snp_product product_name;   /* the product that productName denotes */
	struct snp_tcb tcb;
	bool has_fmc, has_hwid, has_csp_id;
	size_t hwid_size; /* 64, or 8 on Turin */
	uint8_t hwid[64]; /* zeros after hwid_size */
	char csp_id[VEK_CSP_ID_BYTES];
};

enum vek_fault { VEK_FINE, VEK_MISSING, VEK_MALFORMED, VEK_NEWER };

/* Only kind, issued_for and issued_as_vlek: what there is of a CA. */
void vek_read_names(const struct crypto_cert *cert, struct vek *vek);
/*
 * Reads names and extensions. Does not stop at the first error, so that `ret` holds all that could be read.
 *
 * ret_fault, err  the first error found
 */
void vek_read(const struct crypto_cert *cert, struct vek *ret, enum vek_fault *ret_fault,
	      struct jurat_error *err);

/* Whether a text of a certificate is exactly `prefix` followed by `rest`. */
bool vek_text_is(const struct bytes_rd *text, const char *prefix, const char *rest);

#endif
