/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SIM_FORGE_X509_WORLD_H
#define TESTS_SIM_FORGE_X509_WORLD_H

#include "support/test.h"

#include "sim/forge/forge.h"

/* What tests of certificates and CRLs to order share. */
#define X509_AT  INT64_C(1782864000) /* 2026-07-01 00:00:00 UTC */

#define PCK      "quote.bin"
#define PCK_CRL  "collateral/pck_crl.der"
#define ROOT_CRL "collateral/root_ca_crl.der"
#define CA_PEM   "collateral/pck_crl_issuer_chain.pem"
#define TCB_PEM  "collateral/tcb_info_issuer_chain.pem"

/* NULL at the end. */
struct sim_order *x509_order(const char *const *items);
/* Whether evidence with such a file is a TD's. */
bool x509_is_of_tdx(const char *file);
/* Evidence that has the file, to order. */
void x509_make(const char *const *items, const char *file, struct sim_forged *ret);
/* The DER of a file: itself, or its first PEM block. NULL: there is no such file. */
uint8_t *x509_der(const struct sim_forged *forged, const char *file, size_t *ret_size);
/* The same without an order: made once for each file. */
const uint8_t *x509_usual(const char *file, size_t *ret_size);

#endif
