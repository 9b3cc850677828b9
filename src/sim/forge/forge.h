/* SPDX-License-Identifier: MIT */
#ifndef SIM_FORGE_H
#define SIM_FORGE_H

#include "sim/forge/order.h"
#include "sim/psp/psp.h"
#include "sim/tdx/qe.h"

/*
 * Makes the evidence of an order. It changes nothing about how the software platform makes evidence: the
 * roots, AMD-SP and quoting enclave call the functions that this installs, with each certificate, CRL,
 * document, report and quote that they make. So `jurat forge`, `jurat run --evidence` and the corpus have the
 * same evidence for the same order.
 *
 * Threads   one thread per order and what it is installed into
 */

/*
 * What a platform, its guests and TDs are made with: an order's `guest`, `platform` and `td` items are put
 * into these. Strings and `tcb` are borrowed from the order. 0; -EINVAL.
 */
JURAT_MUST_CHECK int sim_forge_snp_options(struct sim_order *order, struct sim_psp_options *psp,
					   struct sim_launch *launch, struct jurat_error *err);
JURAT_MUST_CHECK int sim_forge_tdx_options(struct sim_order *order, struct sim_tdx_options *platform,
					   struct sim_qe_options *qe, struct sim_td_params *td,
					   struct jurat_error *err);

/*
 * From now on what these make is as ordered. The order is borrowed for their lives. Called before they have
 * made anything. `psp` may be NULL: the roots alone.
 */
JURAT_MUST_CHECK int sim_forge_install_snp(struct sim_order *order, struct sim_psp *psp, struct sim_pki *pki,
					   struct jurat_error *err);
JURAT_MUST_CHECK int sim_forge_install_intel(struct sim_order *order, struct sim_pki_intel *pki,
					     struct jurat_error *err);
JURAT_MUST_CHECK int sim_forge_install_qe(struct sim_order *order, struct sim_qe *qe,
					  struct jurat_error *err);

/* Intel's roots of a seed, or those of another world if the order says so. 0; -EINVAL; -ENOMEM. */
JURAT_MUST_CHECK int sim_forge_roots_intel(struct sim_order *order, const char *seed,
					   struct sim_pki_intel **ret, struct jurat_error *err);

/* All evidence of one guest or TD with everything that a verifier needs. */
struct sim_forge_options {
	bool tdx;
	enum snp_product product; /* SNP_PRODUCT_UNKNOWN: Milan */
	uint32_t report_version;  /* 0: the product's */
	bool vlek;
	enum sim_tdx_generation generation; /* SIM_TDX_15: quote v4 or v5 as the order's quote.version says */
	const char *seed;                   /* NULL: SIM_PKI_DEFAULT_SEED */
	uint8_t report_data[64];
	/*
	 * SEV-SNP: roots that are used for many orders, of the same seed, borrowed; NULL: made for this one.
	 * Each order changes when their leaves begin and end.
	 */
	struct sim_pki *pki;
};

/*
 * Names are relative paths: report.bin, vcek.der (or vlek.der), ask.der (asvk.der), ark.der, crl.der,
 * certs.bin (the table); quote.bin, event-log.bin, root.der, collateral/NAME as sim_collateral_names. What
 * the order leaves out is not there, nor an event log that it does not have. Bytes are heap.
 */
enum { SIM_FORGED_MAX = 16 };
struct sim_forged {
	struct sim_forged_file {
		char name[64];
		uint8_t *bytes;
		size_t size;
	} files[SIM_FORGED_MAX];
	size_t n;
};
JURAT_MUST_CHECK int sim_forge(const struct sim_forge_options *options, struct sim_order *order,
			       struct sim_forged *ret, struct jurat_error *err);
void sim_forged_done(struct sim_forged *forged);
/* NULL: there is no such file. */
const struct sim_forged_file *sim_forged_find(const struct sim_forged *forged, const char *name);

/* Whether a certificate (DER; n 0: none) has the key of a root, and is signed with it. */
JURAT_MUST_CHECK bool sim_forge_is_root(const uint8_t *der, size_t n, const uint8_t *root, size_t root_size);

/*
 * The root that a verifier trusts: as ordered while it has the platform's key and is signed with it, else
 * that of the platform. A verifier has its root before it sees evidence.
 *
 * options   tdx, product and seed
 * ordered   DER, n bytes; 0: there is none
 * ret       heap bytes that the caller frees
 * Returns   0; -EINVAL; -ENOMEM
 */
JURAT_MUST_CHECK int sim_forge_root(const struct sim_forge_options *options, const uint8_t *ordered, size_t n,
				    uint8_t **ret, size_t *ret_size, struct jurat_error *err);

#endif
