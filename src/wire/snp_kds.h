/* SPDX-License-Identifier: MIT */
#ifndef WIRE_SNP_KDS_H
#define WIRE_SNP_KDS_H

#include "wire/snp_product.h"

/*
 * URLs at AMD's Key Distribution Service (KDS). `buf`, `room` and the result as in wire_field_format(). Spec:
 * VCEK certificate and KDS interface (AMD 57230).
 */

#define SNP_KDS_URL "https://kdsintf.amd.com"

/*
 * The parameter of a VCEK's URL with a component of its TCB: "blSPL" of SNP_TCB_BOOT_LOADER. Values are
 * decimal.
 */
const char *snp_kds_parameter(unsigned component);
/* URL of the VCEK of a chip at a TCB. chip_id: 64 bytes, as in the report. */
size_t snp_kds_vcek_url(enum snp_product product, const uint8_t chip_id[64], const struct snp_tcb *tcb,
			char *buf, size_t room);
/* URL of the certificates that a VCEK or VLEK chains to: ASK or ASVK, then ARK, in PEM. */
size_t snp_kds_chain_url(enum snp_product product, bool vlek, char *buf, size_t room);
/* URL of the CRL of a product's ARK, which can revoke the ASK or ASVK, in DER. */
size_t snp_kds_crl_url(enum snp_product product, bool vlek, char *buf, size_t room);

#endif
