/* SPDX-License-Identifier: MIT */
#ifndef CLI_CERTS_H
#define CLI_CERTS_H

#include <jansson.h>

#include "cli/load.h"
#include "verify/snp_fits.h"
#include "verify/snp_vek.h"
#include "wire/snp_certs.h"

/* `jurat certs`: what its files share. */

/* Loads a table, possibly a malformed one; refuses data that is clearly something else. */
JURAT_MUST_CHECK int certs_load_table(struct cli *cli, const char *what, const char *path, uint8_t **ret,
				      size_t *ret_size);
/* Prints one object to standard output, or returns CLI_INTERNAL. Takes ownership of `json`. */
int certs_print_json(struct cli *cli, json_t *json, int status);

int certs_check(struct cli *cli, const char *path);

/* The key that a table is to fit: that of a platform, or the one that signed a report. */
struct certs_signer {
	const char *whose; /* "platform", "report"; NULL: none was named */
	struct snp_signer signer;
	bool has_kind;                /* signer.vlek is known; otherwise the table decides */
	bool mask_chip_id, unsigned_; /* the reports have no chip_id; have no signature */
};

/* By --device, --host-status, or --chip-id with --tcb. CLI_OK; another exit status after a message. */
JURAT_MUST_CHECK int certs_signer_load(struct cli *cli, struct certs_signer *ret);
void certs_signer_of_report(const uint8_t *report, size_t n, struct certs_signer *ret);
/* What the signer leaves open is that of the table's certificate. */
void certs_signer_complete(struct certs_signer *signer, const struct snp_certs *table);
/* An object of key, product, chip_id, reported_tcb and tcb; NULL: out of memory. */
json_t *certs_signer_json(const struct certs_signer *signer);
/* "VCEK of Milan, chip 3ac3fe21..., boot_loader 3, ..." */
enum { CERTS_SIGNER_BYTES = 256 };
char *certs_signer_format(const struct certs_signer *signer, char to[CERTS_SIGNER_BYTES]);

/* The VCEK or VLEK of a table. */
struct certs_leaf {
	bool is_there;
	struct crypto_cert cert;
	struct vek vek;
};
void certs_leaf_read(const struct snp_certs *table, bool vlek, struct certs_leaf *ret);
json_t *certs_leaf_json(const struct certs_leaf *leaf); /* null without one; NULL: out of memory */

/*
 * In words, which change a reason for which a table does not fit points to, and what to do.
 *
 * code      of a reason of jurat-verify(1)
 * Returns   `to`; "" for a reason that says it all
 */
enum { CERTS_ADVICE_BYTES = 512 };
char *certs_advice(const char *code, const struct certs_signer *signer, const struct snp_certs *table,
		   char to[CERTS_ADVICE_BYTES]);

#endif
