/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_TDX_VERDICT_H
#define VERIFY_TDX_VERDICT_H

#include "verify/tdx_events.h"
#include "verify/tdx_pck.h"
#include "verify/tdx_tcb.h"
#include "verify/verdict.h"
#include "wire/tdx_quote.h"

/* A signed document of the collateral, for display. */
struct verdict_document {
	bool there;
	int64_t issue_date, next_update;
	uint32_t evaluation_data_number;
	struct cert_entry *signer; /* shared; NULL: none */
};

/* What a quote's own signature was made by, over and with: the same bytes need no second verification. */
struct verdict_signed {
	bool holds; /* the attestation key made the signature; whose key that is, is another matter */
	uint8_t digest[CRYPTO_SHA256_BYTES];
	uint8_t key[TDX_QUOTE_KEY_BYTES], signature[TDX_QUOTE_SIGNATURE_BYTES];
};

/* TDX part of a verdict. Self-contained: borrows nothing. */
struct verdict_tdx {
	struct tdx_quote_hdr hdr;
	enum tdx_body_type body_type;
	bool has_15, has_15ex;
	/*
	 * The TD was, or may have been, migrated: the quote has nothing about the launch platform that this
	 * collateral could evaluate.
	 */
	bool launched_elsewhere;
	struct tdx_body body;
	struct sgx_report qe_report;
	uint16_t cert_type;
	size_t trailing;
	bool has_pck, has_evaluation;
	struct pck pck;
	struct tcb_evaluation evaluation; /* when has_evaluation */
	advisory_id *advisories;          /* of platform, QE and module, without duplicates; owned */
	size_t n_advisories;
	struct verdict_document tcb_info, qe_identity;
	struct verdict_signed signed_as;
	struct verdict_events *events; /* owned; NULL: there was no event log */
};

/*
 * jurat_verify_tdx() with other collateral or another policy, for a quote that has a verdict from the same
 * call already: the quote's own signature is not verified a second time. Everything else is.
 *
 * before    a verdict on the same quote; on another one, or NULL, this is jurat_verify_tdx()
 */
JURAT_MUST_CHECK int verdict_tdx_again(struct jurat_verifier *verifier,
				       const struct jurat_tdx_evidence *evidence,
				       const struct jurat_tdx_collateral *collateral,
				       const struct jurat_policy *policy, int64_t at,
				       const struct jurat_verdict *before, struct jurat_verdict **ret,
				       struct jurat_error *err);

/* 0; -ENOMEM. */
JURAT_MUST_CHECK int verdict_tdx_advise(struct verdict_tdx *tdx, const struct signed_document *doc,
					const struct advisories *advisories);
/*
 * Whether there is a combined status: not if the TD was launched on another platform, whose status is not
 * known, unless a part is revoked, which is final.
 */
bool verdict_tdx_has_status(const struct verdict_tdx *tdx);
void verdict_tdx_free(struct verdict_tdx *tdx);

#endif
