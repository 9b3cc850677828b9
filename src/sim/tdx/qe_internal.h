/* SPDX-License-Identifier: MIT */
#ifndef SIM_QE_INTERNAL_H
#define SIM_QE_INTERNAL_H

#include "crypto/p256_signer.h"
#include "sim/tdx/qe.h"

/* What qe.c (quotes) and qe_collateral.c share. */
enum { QE_AUTH_DATA_BYTES = 32 };

struct sim_qe {
	const struct sim_tdx_platform *platform;
	const struct sim_pki_intel *pki;
	struct sim_qe_options options;
	struct sim_qe_hooks hooks;
	struct crypto_p256_signer *keys[SIM_QE_N_KEYS];
	uint8_t pck[SIM_INTEL_CERT_MAX_BYTES];
	size_t pck_size;
	uint8_t pck_serial[SIM_INTEL_SERIAL_BYTES];
	char *chain; /* PEM: PCK, Platform CA, root; with its NUL */
	size_t chain_size;
	uint8_t mrsigner[32];
	uint8_t auth_data[QE_AUTH_DATA_BYTES];
	/* The certification of the attestation key: made once, valid as long as the platform's TCB stays. */
	struct sgx_report report;
	uint8_t report_signature[TDX_QUOTE_SIGNATURE_BYTES];
};

/* Parts of collateral, on the heap: qe_collateral.c. */
int qe_make_tcb_info(const struct sim_qe *qe, const struct sim_collateral_options *o, bool is_sgx, char **ret,
		     size_t *ret_size, struct jurat_error *err);
int qe_make_identity(const struct sim_qe *qe, const struct sim_collateral_options *o, const char *id,
		     uint16_t isv_prod_id, char **ret, size_t *ret_size, struct jurat_error *err);
int qe_make_crl(const struct sim_qe *qe, const struct sim_collateral_options *o, enum sim_intel_cert issuer,
		uint8_t **ret, size_t *ret_size, struct jurat_error *err);
/* PEM of the signer of a part, and the root; NULL: an order leaves it out. */
int qe_make_chain(const struct sim_qe *qe, enum sim_collateral_part part, enum sim_intel_cert signer,
		  char **ret, size_t *ret_size, struct jurat_error *err);

#endif
