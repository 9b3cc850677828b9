/* SPDX-License-Identifier: MIT */
#ifndef SIM_PKI_INTEL_H
#define SIM_PKI_INTEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "crypto/p256_signer.h"

/*
 * Test roots with the profiles of Intel's SGX certificates: ECDSA P-256, the names, extensions and their
 * order as real ones have, but with a description "TEST ..." in front of every name
 * (doc/decisions/0005-intel-test-roots.md). With them the signed documents of Intel's provisioning
 * certification service: CRLs, TCB info, QE identity. Everything is derived from a seed and the arguments:
 * equal calls give equal bytes, on every machine.
 *
 * Threads   one thread per object
 */
struct sim_pki_intel;

enum sim_intel_cert {
	SIM_INTEL_ROOT,
	SIM_INTEL_PLATFORM_CA,
	SIM_INTEL_TCB_SIGNING,
	SIM_INTEL_PROCESSOR_CA, /* of platforms with one processor: only its CRL is asked for here */
	SIM_INTEL_N_CERTS
};

enum {
	SIM_INTEL_CERT_MAX_BYTES = 4096,
	SIM_INTEL_CRL_MAX_BYTES = 4096,
	SIM_INTEL_SERIAL_BYTES = 20,
	SIM_INTEL_N_COMPONENTS = 16,
};

/* seed: not empty; what follows its first '/' names a platform, not the roots. 0; -EINVAL; -ENOMEM. */
JURAT_MUST_CHECK int sim_pki_intel_new(const char *seed, struct sim_pki_intel **ret, struct jurat_error *err);
void sim_pki_intel_free(struct sim_pki_intel *pki);

/* DER, borrowed from the object. NULL: no such certificate. */
const uint8_t *sim_pki_intel_cert(const struct sim_pki_intel *pki, enum sim_intel_cert which,
				  size_t *ret_size);
/* When certificates begin, and when leaves end that are given no dates. Seconds since 1970. */
int64_t sim_pki_intel_not_before(void);
int64_t sim_pki_intel_not_after(void);

/* Contents of a PCK certificate: a platform and its TCB. */
struct sim_pck {
	uint8_t public_xy[64];
	uint8_t ppid[16], cpusvn[16], platform_instance_id[16];
	uint8_t components[SIM_INTEL_N_COMPONENTS];
	uint16_t pcesvn;
	uint8_t pceid[2], fmspc[6];
	uint8_t sgx_type; /* 0 standard, 1 scalable */
	bool is_dynamic_platform, has_cached_keys, has_smt;
	int64_t not_before, not_after;        /* both 0: as its CA's */
	const struct crypto_p256_signer *key; /* for a hook; NULL: only its public key is known */
};

/*
 * A PCK certificate by the Platform CA. DER into `to`, SIM_INTEL_CERT_MAX_BYTES; ret_serial may be NULL.
 * Returns   0; -EINVAL sgx_type above 1, or it ends before it begins
 */
JURAT_MUST_CHECK int sim_pki_intel_pck(const struct sim_pki_intel *pki, const struct sim_pck *pck,
				       uint8_t *to, size_t *ret_size,
				       uint8_t ret_serial[SIM_INTEL_SERIAL_BYTES], struct jurat_error *err);

/*
 * A CRL by the root or one of the two CAs of PCKs. DER into `to`, SIM_INTEL_CRL_MAX_BYTES.
 *
 * serials   n of them revoked, at this_update: big-endian, SIM_INTEL_SERIAL_BYTES each
 * Returns   0; -EINVAL an issuer that makes none, more than 16 serials, or next_update before this_update
 */
JURAT_MUST_CHECK int sim_pki_intel_crl(const struct sim_pki_intel *pki, enum sim_intel_cert issuer,
				       const uint8_t (*serials)[SIM_INTEL_SERIAL_BYTES], size_t n,
				       int64_t this_update, int64_t next_update, uint8_t *to,
				       size_t *ret_size, struct jurat_error *err);
void sim_pki_intel_serial(const struct sim_pki_intel *pki, enum sim_intel_cert which,
			  uint8_t ret[SIM_INTEL_SERIAL_BYTES]);

/*
 * One or more certificates as PEM, without those of size 0: heap text that the caller frees, *ret_size
 * without its NUL. 0; -ENOMEM.
 */
struct sim_der {
	const uint8_t *der;
	size_t size;
};
JURAT_MUST_CHECK int sim_pki_intel_pem(const struct sim_der *certs, size_t n, char **ret, size_t *ret_size,
				       struct jurat_error *err);

/*
 * TCB levels. `status` is written as it is given ("UpToDate", "SWHardeningNeeded", "ConfigurationNeeded",
 * "ConfigurationAndSWHardeningNeeded", "OutOfDate", "OutOfDateConfigurationNeeded", "Revoked"; or nonsense,
 * for tests); `advisories` are separated by spaces, NULL: none. Levels are written in the order they come in.
 */
struct sim_platform_level {
	uint8_t sgx[SIM_INTEL_N_COMPONENTS], tdx[SIM_INTEL_N_COMPONENTS];
	uint16_t pcesvn;
	int64_t date;
	const char *status, *advisories;
};
struct sim_svn_level { /* of a TDX module or a quoting enclave */
	uint16_t isvsvn;
	int64_t date;
	const char *status, *advisories;
};

struct sim_module_identity {
	uint8_t major; /* 1: "TDX_01" */
	const struct sim_svn_level *levels;
	size_t n_levels;
};

/* Signed by the TCB Signing certificate. Modules are Intel's kind: mrsigner and attributes 0. */
struct sim_tcb_info {
	bool is_sgx; /* for SGX enclaves: without TDX components and modules */
	int64_t issued, next_update;
	uint32_t evaluation; /* tcbEvaluationDataNumber */
	uint8_t fmspc[6], pceid[2];
	const struct sim_module_identity *modules;
	size_t n_modules;
	const struct sim_platform_level *levels;
	size_t n_levels;
};
struct sim_qe_identity {
	const char *id; /* NULL: "TD_QE"; "QE", "QVE" */
	int64_t issued, next_update;
	uint32_t evaluation;
	uint8_t mrsigner[32];
	uint16_t isv_prod_id;
	const struct sim_svn_level *levels;
	size_t n_levels;
};

/*
 * The documents as the service gives them: {"tcbInfo":{...},"signature":"..."}, one line, signed over the
 * inner object's bytes.
 *
 * ret       heap text that the caller frees, *ret_size without its NUL
 * Returns   0; -EINVAL a date outside the years 1970 to 9999; -ENOMEM
 */
JURAT_MUST_CHECK int sim_pki_intel_tcb_info(const struct sim_pki_intel *pki, const struct sim_tcb_info *info,
					    char **ret, size_t *ret_size, struct jurat_error *err);
JURAT_MUST_CHECK int sim_pki_intel_qe_identity(const struct sim_pki_intel *pki,
					       const struct sim_qe_identity *identity, char **ret,
					       size_t *ret_size, struct jurat_error *err);

/*
 * Evidence to order: who sets a hook makes the signed objects himself, of what the roots would have signed.
 *
 * make      `draft` says what it is; `tbs` is its tbsCertificate or tbsCertList. `to` has `room` bytes; a
 *           size of 0 leaves it out. Returns as sim_pki_intel_sign()
 * before    the inner object of TDX's TCB info or TD_QE's identity: heap text with a NUL that it may replace
 *           (it frees the old one), and the key that signs it. 0; -errno
 * after     the same of the whole document, after it was signed
 */
enum sim_intel_item { SIM_INTEL_IS_CERT, SIM_INTEL_IS_PCK, SIM_INTEL_IS_CRL };
struct sim_intel_draft {
	enum sim_intel_item item;
	enum sim_intel_cert which;                /* the certificate; else the issuer */
	const struct crypto_p256_signer *pck_key; /* of a PCK: as in struct sim_pck */
	const uint8_t *tbs;
	size_t tbs_size;
};
enum sim_intel_document { SIM_INTEL_TCB_INFO, SIM_INTEL_QE_IDENTITY };
struct sim_pki_intel_hook {
	int (*make)(void *ctx, const struct sim_pki_intel *pki, const struct sim_intel_draft *draft,
		    uint8_t *to, size_t room, size_t *ret_size, struct jurat_error *err);
	int (*before)(void *ctx, const struct sim_pki_intel *pki, enum sim_intel_document which, char **text,
		      size_t *size, const struct crypto_p256_signer **key, struct jurat_error *err);
	int (*after)(void *ctx, const struct sim_pki_intel *pki, enum sim_intel_document which, char **text,
		     size_t *size, struct jurat_error *err);
	void *ctx;
};
/* From now on everything is made by the hook, which is copied; the certificates are made anew here. */
JURAT_MUST_CHECK int sim_pki_intel_set_hook(struct sim_pki_intel *pki, const struct sim_pki_intel_hook *hook,
					    struct jurat_error *err);
/* As the roots sign. 0; -EINVAL it has more than `room` bytes. */
JURAT_MUST_CHECK int sim_pki_intel_sign(const struct sim_pki_intel *pki, const struct sim_intel_draft *draft,
					uint8_t *to, size_t room, size_t *ret_size, struct jurat_error *err);

/* The list of TCB recoveries, newest first: numbers[i] with its date. */
struct sim_tcb_numbers {
	bool is_sgx;
	int64_t issued, next_update;
	const struct sim_tcb_number {
		uint32_t number;
		int64_t date;
	} * numbers;
	size_t n;
};
JURAT_MUST_CHECK int sim_pki_intel_tcb_numbers(const struct sim_pki_intel *pki,
					       const struct sim_tcb_numbers *list, char **ret,
					       size_t *ret_size, struct jurat_error *err);

#endif
