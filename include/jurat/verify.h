/* SPDX-License-Identifier: MIT */
#ifndef JURAT_VERIFY_H
#define JURAT_VERIFY_H

#include <stddef.h>
#include <stdint.h>

#include <jurat/error.h>

/*
 * The verifier: evidence, endorsements and a policy in, a verdict with reasons out. Offline, and closed on
 * failure: anything missing, malformed or unknown is a refusal. `if (jurat_verify_snp(...) != 0) deny();` is
 * always right.
 */

#ifdef __cplusplus
extern "C" {
#endif

struct jurat_verifier; /* roots, endorsements, CRLs, and bounded caches of what was already checked */
struct jurat_policy;   /* what the relying party demands */
struct jurat_verdict;

/*
 * A verifier that trusts the vendors' roots, pinned by the SHA-256 of their public keys. The root
 * *certificates* come with the evidence or by jurat_verifier_add_certificates(): only those whose key is
 * pinned count.
 *
 * Returns   0; -ENOMEM. Freed with jurat_verifier_free.
 * Threads   one thread per handle
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_verifier_new(struct jurat_verifier **ret, struct jurat_error *err);
void jurat_verifier_free(struct jurat_verifier *verifier);

/*
 * Trusts the self-signed certificates in `bytes` *instead* of the vendors' roots; calls add up. Other
 * certificates among them (a chain as the vendor serves it) are taken as endorsements. Every verdict then
 * says that its roots were given.
 *
 * bytes     n bytes, DER or PEM with any number of blocks; their signatures on themselves are checked here;
 *           copied
 * Returns   0; -EBADMSG no root in it, or something in it is broken: `err` says what, nothing was added;
 *           -ENOMEM
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_verifier_add_roots(struct jurat_verifier *verifier, const void *bytes, size_t n,
					      struct jurat_error *err);

/*
 * Endorsements that evidence may lack. Untrusted: they count when they chain to a root.
 *
 * bytes     n bytes, untrusted: DER, PEM with any number of blocks, or a GHCB certificate table; copied.
 *           CRLs among them are taken as by jurat_verifier_add_crl
 * ret_n     how many certificates were taken; may be NULL
 * Returns   0; -EBADMSG something in it is broken: `err` says what, nothing was added; -ENOMEM
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_verifier_add_certificates(struct jurat_verifier *verifier, const void *bytes,
						     size_t n, size_t *ret_n, struct jurat_error *err);

/*
 * A CRL: it counts for the root whose signature it carries. A root for which CRLs were given and none of
 * them can be used (stale, of a later time, not signed by it) is no longer believed.
 *
 * bytes     n bytes, untrusted: DER, or PEM with any number of blocks; copied
 * Returns   0; -EBADMSG not a CRL: `err` says why, nothing was added; -ENOMEM
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_verifier_add_crl(struct jurat_verifier *verifier, const void *bytes, size_t n,
					    struct jurat_error *err);

/*
 * The default policy: no debug, everything else free. JSON is read strictly (unknown members are refused);
 * jurat-policy(5) lists the members. What is read replaces the members it names and leaves the others.
 *
 * json      n bytes, need not end with a NUL
 * Returns   0; -EBADMSG not JSON, a member that is unknown, or a value that is not what it must be: `err`
 *           says line or member, and the policy is unchanged; -ENOMEM
 * Threads   one thread per policy while it changes; afterwards by any number of verifiers at once
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_policy_new(struct jurat_policy **ret, struct jurat_error *err);
JURAT_MUST_CHECK int jurat_policy_read_json(struct jurat_policy *policy, const char *json, size_t n,
					    struct jurat_error *err);
/* One member, its value as in JSON or as a bare word: what the command line's options use. */
JURAT_MUST_CHECK int jurat_policy_set(struct jurat_policy *policy, const char *member, const char *value,
				      struct jurat_error *err);
void jurat_policy_free(struct jurat_policy *policy);

struct jurat_snp_evidence {
	size_t size;           /* sizeof(struct jurat_snp_evidence) */
	const uint8_t *report; /* untrusted, borrowed */
	size_t report_size;
	const uint8_t *certs; /* certificate table of the same reply, untrusted, borrowed; NULL: none */
	size_t certs_size;
};

/*
 * Judges an SEV-SNP attestation report.
 *
 * policy       NULL: the default policy
 * at           the time to judge at, seconds since 1970
 * ret          may be NULL; set on 0 and on JURAT_REFUSED, freed with jurat_verdict_free
 * Returns      0 accepted; JURAT_REFUSED with reasons, the first of them also in `err`; -EINVAL the
 *              evidence's size member; -ENOMEM, -EIO: nothing was judged
 * Since        0.1
 * Spec         SEV-SNP firmware ABI, ATTESTATION_REPORT; VCEK certificate and KDS specification
 */
JURAT_MUST_CHECK int jurat_verify_snp(struct jurat_verifier *verifier,
				      const struct jurat_snp_evidence *evidence,
				      const struct jurat_policy *policy, int64_t at,
				      struct jurat_verdict **ret, struct jurat_error *err);

/*
 * Intel's collateral for TD quotes: TCB info, QE identity, CRLs and the certificates of their issuers.
 * Everything is copied, and changes no more once it was added: one collateral may serve several verifiers,
 * each in its own thread.
 *
 * Since     0.1
 */
struct jurat_tdx_collateral;

JURAT_MUST_CHECK int jurat_tdx_collateral_new(struct jurat_tdx_collateral **ret, struct jurat_error *err);
/*
 * Adds what was served; the kind shows from the content: TCB info or QE identity as JSON with its
 * signature, certificates or CRLs as PEM or DER, or one JSON object with all of these by the member names
 * of Intel's library (pck_crl, tcb_info, ...; the documents whole, or bare with their signature in
 * tcb_info_signature, qe_identity_signature).
 *
 * bytes     n bytes, untrusted: nothing counts before its signatures were checked
 * Returns   0; -EBADMSG none of these, malformed, or with a member that would be passed over (pckCrl): `err`
 *           says what, and nothing was added; -ENOMEM
 */
JURAT_MUST_CHECK int jurat_tdx_collateral_add(struct jurat_tdx_collateral *collateral, const void *bytes,
					      size_t n, struct jurat_error *err);
void jurat_tdx_collateral_free(struct jurat_tdx_collateral *collateral);

struct jurat_tdx_evidence {
	size_t size;          /* sizeof(struct jurat_tdx_evidence) */
	const uint8_t *quote; /* untrusted, borrowed; bytes behind the quote do not matter */
	size_t quote_size;
};

/*
 * Judges a TD quote, version 4 or 5. The time counts for everything that has one: certificates, CRLs, TCB
 * info, QE identity, both ways. Only the status UpToDate is accepted unless the policy names others.
 *
 * collateral   NULL: none. The verdict then says what was not judged, and is a refusal unless the policy has
 *              allow_no_collateral
 * policy       NULL: the default policy
 * at           the time to judge at, seconds since 1970
 * ret          may be NULL; set on 0 and on JURAT_REFUSED, freed with jurat_verdict_free
 * Returns      0 accepted; JURAT_REFUSED with reasons; -ENOMEM: nothing was judged
 * Since        0.1   Spec  Intel TDX DCAP quoting library API; Intel PCS API v4
 */
JURAT_MUST_CHECK int jurat_verify_tdx(struct jurat_verifier *verifier,
				      const struct jurat_tdx_evidence *evidence,
				      const struct jurat_tdx_collateral *collateral,
				      const struct jurat_policy *policy, int64_t at,
				      struct jurat_verdict **ret, struct jurat_error *err);

void jurat_verdict_free(struct jurat_verdict *verdict);
int jurat_verdict_accepted(const struct jurat_verdict *verdict); /* 1 or 0; 0 for NULL */
/*
 * Why it was refused: 0 to n - 1. Codes are stable words, listed in jurat-verify(1); details are for people.
 * NULL past the end.
 */
size_t jurat_verdict_reason_count(const struct jurat_verdict *verdict);
const char *jurat_verdict_reason_code(const struct jurat_verdict *verdict, size_t i);
const char *jurat_verdict_reason_detail(const struct jurat_verdict *verdict, size_t i);
/*
 * The whole verdict, as `jurat verify` prints it. Heap text that the caller frees with free(); NULL: out of
 * memory.
 */
char *jurat_verdict_json(const struct jurat_verdict *verdict);
char *jurat_verdict_text(const struct jurat_verdict *verdict);

#ifdef __cplusplus
}
#endif

#endif
