/* SPDX-License-Identifier: MIT */
#ifndef FUZZ_TDX_H
#define FUZZ_TDX_H

#include "sim/tdx/qe.h"
#include "support/fuzz.h"
#include "wire/tdx_quote.h"

/*
 * TDX machines of the software platform, one for each kind of quote, with a TD, a quoting enclave and its
 * collateral: material for valid inputs, and keys to re-sign what a fuzzer has changed.
 */
enum { FUZZ_TDX_MACHINES = 3, FUZZ_TDX_AT = 1760000000 /* within all validities */ };

struct fuzz_tdx {
	struct sim_tdx_platform *platform;
	struct sim_qe *qe;
	struct sim_td *td;
	uint8_t tdreport[TDX_REPORT_BYTES];
	struct fuzz_bytes quote;          /* of that TDREPORT */
	struct sim_collateral collateral; /* by which it is UpToDate */
};

/* Modulo FUZZ_TDX_MACHINES: quotes of body type 2, 3 and 4. Made when first asked for, and kept. */
struct fuzz_tdx *fuzz_tdx(unsigned which);
struct sim_pki_intel *fuzz_tdx_pki(void);
struct fuzz_bytes fuzz_tdx_root(void);

/*
 * Replaces the signatures of a quote with valid ones, as well as its attestation key and the QE report's
 * data. Data that does not parse as a TD's quote is returned unchanged.
 *
 * pck       the certification data becomes the chain of this certificate; n = 0: stays as it is
 */
struct fuzz_bytes fuzz_tdx_sign_quote(struct fuzz_tdx *machine, const uint8_t *quote, size_t n,
				      const struct fuzz_bytes *pck);
struct fuzz_bytes fuzz_tdx_sign_der(enum sim_intel_cert issuer, const uint8_t *der, size_t n);
/* {"MEMBER": body, "signature": "..."} as Intel serves it. */
struct fuzz_bytes fuzz_tdx_sign_json(const char *member, const uint8_t *body, size_t n);
/* Computes MAC and digests of a TDREPORT, whatever its content. */
void fuzz_tdx_sign_report(struct fuzz_tdx *machine, uint8_t tdreport[TDX_REPORT_BYTES]);

#endif
