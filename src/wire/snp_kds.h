/* SPDX-License-Identifier: MIT */
#ifndef WIRE_SNP_KDS_H
#define WIRE_SNP_KDS_H

#include "wire/snp_product.h"

/*
 * Addresses at AMD's key distribution service. Spec: VCEK certificate and KDS interface (AMD 57230). Contract
 * of wire_field_format().
 */

/* Of the VCEK of a chip at a TCB. chip_id: 64 bytes, as in the report. */
size_t snp_kds_vcek_url(enum snp_product product, const uint8_t chip_id[64], const struct snp_tcb *tcb,
			char *buf, size_t room);
/* Of the certificates that a VCEK, or a VLEK, chains to: ASK or ASVK, then ARK, as PEM. */
size_t snp_kds_chain_url(enum snp_product product, bool vlek, char *buf, size_t room);

#endif
