/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_TDX_JUDGE_H
#define VERIFY_TDX_JUDGE_H

#include "verify/policy.h"
#include "verify/tdx_tcb.h"
#include "verify/tdx_verdict.h"
#include "verify/verdict.h"
#include "verify/verifier.h"

/* State of one verification of a TD quote. Everything but `out` is borrowed, or freed with it. */
struct tdx_judge {
	struct jurat_verifier *verifier;
	const struct jurat_tdx_collateral *collateral; /* NULL: none */
	const struct jurat_policy *policy;
	int64_t at;
	struct jurat_verdict *out;
	struct verdict_tdx *tdx;             /* of `out` */
	const struct verdict_signed *before; /* of an earlier verdict, perhaps on another quote; NULL: none */
	const uint8_t *bytes;
	struct tdx_quote quote;
	struct qe_entry *qe;                           /* in the cache, or fresh_qe */
	struct qe_entry *fresh_qe;                     /* owned; NULL once the cache owns it */
	struct cache_slot *qe_slot;                    /* pinned when the cache has `qe`; NULL: it does not */
	struct cert_entry *leaf, *intermediate, *root; /* the chosen chain */
	bool root_trusted;                             /* pinned and self-signed, or supplied */
	bool intermediate_signed, leaf_signed;         /* by the chosen issuer */
	bool has_pck;
	struct pck pck;                     /* of the leaf, when has_pck */
	const struct tcb_info *info;        /* signed by a TCB signer below the trusted root; NULL: none */
	const struct qe_identity *identity; /* the same */
	const struct cert_entry *signer;    /* the TCB signer that was checked last */
	bool signer_good;
};

/* Each returns 0, also when it found reasons to refuse; < 0 -errno when it could not verify. */
JURAT_MUST_CHECK int tdx_judge_quote(struct tdx_judge *j, size_t n, bool *ret_readable);
JURAT_MUST_CHECK int tdx_judge_chain(struct tdx_judge *j);
JURAT_MUST_CHECK int tdx_judge_signatures(struct tdx_judge *j); /* QE report and quote; needs the chain */
JURAT_MUST_CHECK int tdx_judge_collateral(
	struct tdx_judge *j);                            /* chooses info and identity, checks their signers */
JURAT_MUST_CHECK int tdx_judge_tcb(struct tdx_judge *j); /* module, QE, TCB status */
/* TCB status of a platform without a quote; without info or identity there are reasons already. */
JURAT_MUST_CHECK int tdx_judge_stated(struct tdx_judge *j, const struct tcb_subject *subject);
void tdx_judge_policy(struct tdx_judge *j);
/* Compares an event log with the RTMRs; `bytes` untrusted. Then applies the policy to its events. */
JURAT_MUST_CHECK int tdx_judge_events(struct tdx_judge *j, const void *bytes, size_t n);
JURAT_MUST_CHECK int tdx_judge_event_policy(struct tdx_judge *j, const struct measure_log *log);
/* The same without a log: refuses evidence if the policy needs one. */
void tdx_judge_no_events(struct tdx_judge *j);
/* The digest of an event that most firmware measures alike, such as a separator. */
enum { TDX_N_USUAL_EVENTS = 5 };
void tdx_usual_event(size_t i, uint8_t to[MEASURE_DIGEST_BYTES]);
bool tdx_event_is_usual(const uint8_t *digest);
/* Notes in the verdict what each part lacks for the next better level; needs info and identity. */
JURAT_MUST_CHECK int tdx_note_shortfall(struct tdx_judge *j, const struct tcb_subject *subject);
/*
 * Formats the first shortfall of a part, "; pcesvn is 11, wanted 13 (and 2 more) for UpToDate of ...", or "".
 * Returns `buf`.
 */
char *tdx_shortfall_text(const struct jurat_verdict *verdict, const char *part, char *buf, size_t room);

/* What differs between the kinds of signed documents. */
struct tdx_document_kind {
	const char *name; /* "TCB info" */
	enum verify_reason signature, not_yet, expired;
};
extern const struct tdx_document_kind tdx_tcb_info_kind, tdx_qe_identity_kind;
/*
 * Checks the signature, signer and dates of a document; needs the root. *ret_trusted: its signature is valid
 * and trusted, whether or not the document is current.
 */
JURAT_MUST_CHECK int tdx_judge_document(struct tdx_judge *j, const struct tdx_document_kind *kind,
					const struct signed_document *doc, struct verdict_document *to,
					bool *ret_trusted);

/* Reasons for refusal of one kind of certificate. */
struct tdx_cert_reasons {
	enum verify_reason name, profile, key, critical, not_yet, expired, revoked;
};

/* Checks names, profile and validity period of a certificate; `cn` is the required common name. */
void tdx_judge_cert(struct tdx_judge *j, const struct cert_entry *entry, bool ca, const char *cn,
		    const struct tdx_cert_reasons *reasons);
/* The same for a PCK CA. */
void tdx_judge_intermediate(struct tdx_judge *j, const struct cert_entry *entry, bool processor);
/* Chooses the root of a certificate of a CA or TCB signer, among the certificates at hand, and checks it. */
JURAT_MUST_CHECK int tdx_judge_root(struct tdx_judge *j, const struct cert_entry *subject);
/* Checks whether `issuer` has revoked `subject`, by all supplied CRLs. */
JURAT_MUST_CHECK int tdx_judge_revocation(struct tdx_judge *j, struct cert_entry *issuer,
					  const struct cert_entry *subject, enum verify_reason revoked);
/* Whether collateral issued at that time is older than the policy allows. */
bool tdx_is_too_old(const struct tdx_judge *j, int64_t issued);
bool tdx_issued(const struct cert_entry *issuer, const struct cert_entry *subject);
#define TDX_TCB_SIGNER_CN "Intel SGX TCB Signing"
bool tdx_is_named(const struct bytes_rd *text, const char *name);

/*
 * Intel's root. Spec: Intel SGX PCK certificate profile; SHA-256 of SubjectPublicKeyInfo and of the whole
 * certificate.
 */
bool tdx_root_is_pinned(const uint8_t spki_sha256[32]);
/* Whether it is the certificate that Intel publishes, whose self-signature is known to be valid. */
bool tdx_root_is_published(const uint8_t sha256[32]);

#endif
