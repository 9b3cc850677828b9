/* SPDX-License-Identifier: MIT */
#ifndef SIM_PCS_H
#define SIM_PCS_H

#include "sim/tdx/qe.h"

/*
 * Intel's Provisioning Certification Service for one platform: each document, CRL and issuer chain that its
 * API serves, where a quoting service passes on only what a TD's quote needs (sim/tdx/qe.h).
 *
 * Threads   as of the enclave
 * Spec      Intel PCS API v4
 */
enum sim_pcs_document {
	SIM_PCS_TCB_INFO,
	SIM_PCS_QE_IDENTITY,
	SIM_PCS_QVE_IDENTITY,
	SIM_PCS_TCB_NUMBERS, /* TcbEvaluationDataNumbers */
};

/*
 * Two TCB recoveries are in force: the standard one, and the one that `update=early` asks for. Older ones
 * are gone (410), later ones unknown (404).
 */
enum {
	SIM_PCS_STANDARD = SIM_COLLATERAL_EVALUATION,
	SIM_PCS_EARLY = SIM_COLLATERAL_EVALUATION + 1,
};

/*
 * o         its `evaluation` is the number of the document
 * is_sgx    what SGX enclaves need, not TDs; a QvE identity is the same for both
 * ret       heap text that the caller frees, *ret_size without its NUL
 * Returns   0; -EINVAL dates that cannot be written; -ENOMEM
 */
JURAT_MUST_CHECK int sim_pcs_document(const struct sim_qe *qe, const struct sim_collateral_options *o,
				      enum sim_pcs_document which, bool is_sgx, char **ret, size_t *ret_size,
				      struct jurat_error *err);
/* DER, on the heap. */
JURAT_MUST_CHECK int sim_pcs_crl(const struct sim_qe *qe, const struct sim_collateral_options *o,
				 enum sim_intel_cert issuer, uint8_t **ret, size_t *ret_size,
				 struct jurat_error *err);
/* PEM of an issuer and the root, on the heap. */
JURAT_MUST_CHECK int sim_pcs_chain(const struct sim_qe *qe, enum sim_intel_cert issuer, char **ret,
				   size_t *ret_size, struct jurat_error *err);

#endif
