/* SPDX-License-Identifier: MIT */
#ifndef CLI_FETCH_SUBJECT_H
#define CLI_FETCH_SUBJECT_H

#include "cli/cli.h"
#include "crypto/x509.h"
#include "endorse/item.h"

/* What endorsements are fetched for: a chip or a platform, by its evidence or by options. */
struct fetch_subject {
	enum snp_product products[2]; /* one of these */
	size_t n_products;
	bool vlek; /* the report is signed by a VLEK */
	bool has_chip;
	uint8_t chip_id[64];
	uint64_t reported_tcb;
	bool has_platform;
	uint8_t fmspc[6];
	enum endorse_ca ca;
};

/* For vcek, ca, crl, vlek-ca: --report, or --product with --chip-id and --tcb. Status after a message. */
int fetch_subject_snp(struct cli *cli, struct fetch_subject *ret);
/* For collateral: --quote, or --fmspc and --ca. */
int fetch_subject_tdx(struct cli *cli, struct fetch_subject *ret);

/* A chip_id: 64 bytes as in a report, or the 8 of a HWID of Turin. A TCB_VERSION: 16 digits. */
bool fetch_subject_chip_id(const char *hex, uint8_t ret[64]);
bool fetch_subject_tcb(const char *hex, uint64_t *ret);

/* The CA that issued a PCK certificate, by its name. */
enum endorse_ca fetch_subject_ca(const struct crypto_cert *pck);

#endif
