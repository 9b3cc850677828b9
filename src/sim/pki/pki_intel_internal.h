/* SPDX-License-Identifier: MIT */
#ifndef SIM_PKI_INTEL_INTERNAL_H
#define SIM_PKI_INTEL_INTERNAL_H

#include "crypto/der.h"
#include "crypto/p256_signer.h"
#include "sim/pki/pki_intel.h"
#include "sim/pki/x509_put.h"

/* Shared by the files pki_intel*.c. */
struct sim_pki_intel {
	struct intel_issued {
		struct crypto_p256_signer *key;
		uint8_t key_id[SIM_INTEL_SERIAL_BYTES]; /* also the serial, as in Intel's */
		uint8_t der[SIM_INTEL_CERT_MAX_BYTES];
		size_t size;
	} certs[SIM_INTEL_N_CERTS];
	struct sim_pki_intel_hook hook; /* `make` NULL: sim_pki_intel_sign() */
};

/* A SHA-256 and ECDSA signature of n bytes: r then s. */
void intel_sign_with(const struct crypto_p256_signer *key, const void *bytes, size_t n, uint8_t ret[64]);
void intel_sign(const struct sim_pki_intel *pki, enum sim_intel_cert key, const void *bytes, size_t n,
		uint8_t ret[64]);

/* DER of Intel's profiles, in pki_intel_der.c. */
void intel_put_name(struct der_wr *d, const char *common_name);
void intel_put_serial(struct der_wr *d, const uint8_t serial[SIM_INTEL_SERIAL_BYTES]);
void intel_put_algorithm(struct der_wr *d);

struct intel_extensions {
	const uint8_t *authority_key_id, *subject_key_id; /* SIM_INTEL_SERIAL_BYTES */
	const char *crl_url;
	bool is_ca;
	unsigned path_len;
	const struct sim_pck *pck; /* NULL: no SGX extension */
};
void intel_put_extensions(struct der_wr *d, const struct intel_extensions *what);
void intel_put_crl_extensions(struct der_wr *d, const uint8_t authority_key_id[SIM_INTEL_SERIAL_BYTES],
			      uint64_t number);
/* A revoked serial, for key compromise. */
void intel_put_revoked(struct der_wr *d, const uint8_t serial[SIM_INTEL_SERIAL_BYTES], int64_t when);

#endif
