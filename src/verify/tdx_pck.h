/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_TDX_PCK_H
#define VERIFY_TDX_PCK_H

#include "crypto/x509.h"

/*
 * What the certificate of a Provisioning Certification Key (PCK) states about its platform. Spec: Intel SGX
 * PCK certificate and CRL profile, 1.3.5.
 */
enum { PCK_COMPONENTS = 16 };

struct pck {
	uint8_t ppid[16];
	uint8_t components[PCK_COMPONENTS];
	uint16_t pcesvn;
	uint8_t cpusvn[16];
	uint8_t pceid[2];
	uint8_t fmspc[6];
	uint32_t sgx_type; /* 0 standard, 1 scalable, 2 scalable with integrity */
	bool has_platform_instance_id, has_configuration;
	uint8_t platform_instance_id[16];
	bool dynamic_platform, cached_keys, smt_enabled;
};

/*
 * Elements are identified by OID, in any order, without duplicates.
 *
 * Returns   0; JURAT_NOT_FOUND the certificate has no SGX extension; -EBADMSG the extension is malformed:
 *           `err` names the element
 */
JURAT_MUST_CHECK int pck_read(const struct crypto_cert *cert, struct pck *ret, struct jurat_error *err);

#endif
