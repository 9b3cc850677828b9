/* SPDX-License-Identifier: MIT */
#ifndef FUZZ_SNP_H
#define FUZZ_SNP_H

#include "sim/psp/psp_internal.h"
#include "support/fuzz.h"
#include "wire/snp_certs.h"

/*
 * SEV-SNP machines of the software platform, one for each product and report version, with a running guest
 * and a loaded VLEK: material for valid inputs, and keys to re-sign what a fuzzer has changed.
 */
enum { FUZZ_SNP_MACHINES = 6, FUZZ_SNP_AT = 1750000000 /* within all validities */ };

struct fuzz_snp {
	struct sim_psp *psp;
	uint32_t guest;
	struct fuzz_bytes tables[2]; /* the host's certificates: with the VCEK, with the VLEK */
	uint8_t reports[2]
		       [SNP_REPORT_BYTES]; /* over report data of 1, then zeros: by the VCEK, by the VLEK */
};

/* `which` is taken modulo FUZZ_SNP_MACHINES. Created on first use, and kept. */
struct fuzz_snp *fuzz_snp(unsigned which);
struct sim_pki *fuzz_snp_pki(void);

/* Signs the report, whatever its content, with this machine's VCEK or VLEK. */
void fuzz_snp_sign_report(struct fuzz_snp *machine, bool vlek, uint8_t report[SNP_REPORT_BYTES]);
/* A certificate or CRL signed anew by a CA of this machine's product. */
struct fuzz_bytes fuzz_snp_sign_der(struct fuzz_snp *machine, enum sim_ca ca, const uint8_t *der, size_t n);
/* The CRL of this product's ARK, and the ARK. */
struct fuzz_bytes fuzz_snp_crl(struct fuzz_snp *machine, bool revoke_ask, bool revoke_asvk);
struct fuzz_bytes fuzz_snp_ark(struct fuzz_snp *machine);

#endif
