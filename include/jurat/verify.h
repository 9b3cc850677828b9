/* SPDX-License-Identifier: MIT */
#ifndef JURAT_VERIFY_H
#define JURAT_VERIFY_H

#include <stddef.h>
#include <stdint.h>

#include <jurat/error.h>
#include <jurat/reasons.h>
#include <jurat/tee.h>

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
struct jurat_verdict;  /* the result for one piece of evidence */

/*
 * Makes a verifier that trusts the vendors' roots, pinned by the SHA-256 of their public keys.
 *
 * The root *certificates* come with the evidence or by jurat_verifier_add_certificates(): only those whose
 * key is pinned count.
 *
 * ret       freed by the caller with jurat_verifier_free, which accepts NULL
 * Returns   0; -ENOMEM
 * Threads   one thread per handle
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_verifier_new(struct jurat_verifier **ret, struct jurat_error *err);
void jurat_verifier_free(struct jurat_verifier *verifier);

/*
 * Trusts the self-signed certificates in `bytes` *instead* of the vendors' roots; calls add up.
 *
 * Other certificates among them (a chain as the vendor serves it) are taken as endorsements. Every verdict
 * then says that its roots were supplied.
 *
 * bytes     n bytes, in a form as for jurat_verifier_add_certificates, trusted; their signatures on
 *           themselves are checked here; copied
 * Returns   0; -EBADMSG no root in it, or something in it is malformed: `err` says what, nothing was added;
 *           -ENOMEM
 * Threads   one thread per handle
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_verifier_add_roots(struct jurat_verifier *verifier, const void *bytes, size_t n,
					      struct jurat_error *err);

/*
 * Adds endorsements that evidence may lack. They count when they chain to a root.
 *
 * bytes      n bytes, untrusted: DER, PEM with any number of blocks, a GHCB certificate table, or one of
 *            these in a form that jurat-verify(1) lists (hex, base64, percent-encoded, JSON ...); copied.
 *            CRLs among them are taken as by jurat_verifier_add_crl
 * ret_count  how many certificates were taken; may be NULL
 * Returns    0; -EBADMSG something in it is malformed: `err` says what, nothing was added; -ENOMEM
 * Threads    one thread per handle
 * Since      0.1
 */
JURAT_MUST_CHECK int jurat_verifier_add_certificates(struct jurat_verifier *verifier, const void *bytes,
						     size_t n, size_t *ret_count, struct jurat_error *err);

/*
 * Adds a CRL: it counts for the root whose signature it carries. A root for which CRLs were supplied and none
 * of them can be used (stale, of a later time) is no longer trusted. Nor is one whose name stands in a CRL
 * that does not carry its signature, whatever other CRLs there are.
 *
 * bytes     n bytes, untrusted: DER or PEM with any number of blocks, in a form as for
 *           jurat_verifier_add_certificates; copied
 * Returns   0; -EBADMSG not a CRL: `err` says why, nothing was added; -ENOMEM
 * Threads   one thread per handle
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_verifier_add_crl(struct jurat_verifier *verifier, const void *bytes, size_t n,
					    struct jurat_error *err);

/*
 * Makes the default policy: no debug, everything else free.
 *
 * ret       freed by the caller with jurat_policy_free, which accepts NULL
 * Returns   0; -ENOMEM
 * Threads   one thread per policy while it changes; afterwards any number of verifiers at once
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_policy_new(struct jurat_policy **ret, struct jurat_error *err);
void jurat_policy_free(struct jurat_policy *policy);

/*
 * Reads a policy in JSON; jurat-policy(5) lists the members. They replace those that they name and leave the
 * others.
 *
 * json      n bytes, trusted, need not end with a NUL; read strictly: an unknown member is an error
 * Returns   0; -EBADMSG not JSON, an unknown member, or an invalid value: `err` says line or member, and the
 *           policy is unchanged; -ENOMEM
 * Threads   as jurat_policy_new
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_policy_read_json(struct jurat_policy *policy, const char *json, size_t n,
					    struct jurat_error *err);

/*
 * Sets one member of a policy.
 *
 * member    its name, as in jurat-policy(5)
 * value     as in JSON; a string may be without its quotes
 * Returns   as jurat_policy_read_json
 * Threads   as jurat_policy_new
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_policy_set(struct jurat_policy *policy, const char *member, const char *value,
				      struct jurat_error *err);

/*
 * What a person should know about a policy that was read all the same: it has names of an earlier release.
 *
 * i         from 0 on
 * Returns   text that names what took their place, borrowed until the policy changes; NULL past the end
 * Threads   as jurat_policy_new
 * Since     0.1
 */
const char *jurat_policy_warning(const struct jurat_policy *policy, size_t i);

struct jurat_snp_evidence {
	size_t size;           /* sizeof(struct jurat_snp_evidence) */
	const uint8_t *report; /* untrusted, borrowed */
	size_t report_size;
	const uint8_t *certs; /* certificate table of the same reply, untrusted, borrowed; NULL: none */
	size_t certs_size;
};

/*
 * Verifies an SEV-SNP attestation report.
 *
 * evidence     borrowed during the call
 * policy       borrowed; NULL: the default policy
 * at           the time to verify at, seconds since 1970
 * ret          may be NULL; set on 0 and on JURAT_REFUSED, freed by the caller with jurat_verdict_free
 * Returns      0 accepted; JURAT_REFUSED with reasons, the first of them also in `err`; -EINVAL, -E2BIG the
 *              evidence's size member; -ENOMEM, -EIO: nothing was verified
 * Threads      one thread per verifier
 * Since        0.1    Spec  SEV-SNP firmware ABI, ATTESTATION_REPORT; VCEK certificate and KDS specification
 */
JURAT_MUST_CHECK int jurat_verify_snp(struct jurat_verifier *verifier,
				      const struct jurat_snp_evidence *evidence,
				      const struct jurat_policy *policy, int64_t at,
				      struct jurat_verdict **ret, struct jurat_error *err);

struct jurat_tdx_collateral; /* TCB info, QE identity, CRLs and the certificates of their issuers */

/*
 * Makes a place for Intel's collateral for TD quotes.
 *
 * What was added is copied and changes no more: one collateral may serve several verifiers, each in its own
 * thread.
 *
 * ret       freed by the caller with jurat_tdx_collateral_free, which accepts NULL
 * Returns   0; -ENOMEM
 * Threads   one thread while it is added to; afterwards any number of verifiers at once
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_tdx_collateral_new(struct jurat_tdx_collateral **ret, struct jurat_error *err);
void jurat_tdx_collateral_free(struct jurat_tdx_collateral *collateral);

/*
 * Adds what Intel's service has served. The kind shows from the content: TCB info or QE identity as JSON with
 * its signature, certificates or CRLs in a form as for jurat_verifier_add_certificates, or one JSON object
 * with all of these by the member names of Intel's library (pck_crl, tcb_info, ..., whatever their case and
 * underscores; the documents whole, or alone with their signature in tcb_info_signature and
 * qe_identity_signature), which may be the member "collateral" beside a quote.
 *
 * bytes     n bytes, untrusted: nothing counts before its signatures were checked; copied
 * Returns   0; -EBADMSG none of these, malformed, or with a member that would be ignored (old_crl): `err`
 *           says what, and nothing was added; -ENOMEM
 * Threads   as jurat_tdx_collateral_new
 * Since     0.1    Spec  Intel PCS API v4
 */
JURAT_MUST_CHECK int jurat_tdx_collateral_add(struct jurat_tdx_collateral *collateral, const void *bytes,
					      size_t n, struct jurat_error *err);

struct jurat_tdx_evidence {
	size_t size;          /* sizeof(struct jurat_tdx_evidence) */
	const uint8_t *quote; /* untrusted, borrowed; bytes behind the quote do not matter */
	size_t quote_size;
};

/*
 * Verifies a TD quote, version 4 or 5.
 *
 * The time counts for everything that has one: certificates, CRLs, TCB info, QE identity, both ways. Only the
 * status UpToDate is accepted unless the policy names others.
 *
 * evidence     borrowed during the call
 * collateral   borrowed; NULL: none. The verdict then says what could not be checked, and is a refusal unless
 *              the policy has allow_no_collateral
 * policy       borrowed; NULL: the default policy
 * at           the time to verify at, seconds since 1970
 * ret          may be NULL; set on 0 and on JURAT_REFUSED, freed by the caller with jurat_verdict_free
 * Returns      0 accepted; JURAT_REFUSED with reasons, the first of them also in `err`; -EINVAL, -E2BIG the
 *              evidence's size member; -ENOMEM, -EIO: nothing was verified
 * Threads      one thread per verifier
 * Since        0.1    Spec  Intel TDX DCAP quoting library API; Intel PCS API v4
 */
JURAT_MUST_CHECK int jurat_verify_tdx(struct jurat_verifier *verifier,
				      const struct jurat_tdx_evidence *evidence,
				      const struct jurat_tdx_collateral *collateral,
				      const struct jurat_policy *policy, int64_t at,
				      struct jurat_verdict **ret, struct jurat_error *err);

/*
 * Frees a verdict, and with it all that was borrowed from it.
 *
 * verdict   may be NULL
 * Threads   one thread at a time
 * Since     0.1
 */
void jurat_verdict_free(struct jurat_verdict *verdict);

/*
 * What a verdict says as a whole: was the evidence accepted, and what was it?
 *
 * All functions jurat_verdict_* only read the verdict. What they return borrows from it, and all of them
 * accept NULL for a verdict that there is not, which says nothing: 0, NULL or JURAT_NOT_FOUND. What they say
 * of refused evidence is what that evidence claims; nothing vouches for it.
 *
 * Returns   accepted: 1, or 0. tee: the kind of evidence that was to be verified. time: what it was verified
 *           at, seconds since 1970. roots_supplied: 1 when jurat_verifier_add_roots() has replaced the
 *           vendors' roots, or 0
 * Threads   any number of threads
 * Since     0.1
 */
int jurat_verdict_accepted(const struct jurat_verdict *verdict);
enum jurat_tee jurat_verdict_tee(const struct jurat_verdict *verdict);
int64_t jurat_verdict_time(const struct jurat_verdict *verdict);
int jurat_verdict_roots_supplied(const struct jurat_verdict *verdict);

/*
 * Why evidence was refused: reasons 0 to count - 1, or whether a certain one is among them.
 *
 * code      JURAT_REASON_* of <jurat/reasons.h>
 * Returns   count: 0 when it was accepted. code: one of JURAT_REASON_*, to compare by strcmp(3). detail: a
 *           line for people. Both NULL past the end. has_reason: 1 or 0
 * Threads   any number of threads
 * Since     0.1
 */
size_t jurat_verdict_reason_count(const struct jurat_verdict *verdict);
const char *jurat_verdict_reason_code(const struct jurat_verdict *verdict, size_t i);
const char *jurat_verdict_reason_detail(const struct jurat_verdict *verdict, size_t i);
int jurat_verdict_has_reason(const struct jurat_verdict *verdict, const char *code);

/*
 * What the verdict does not cover, also when the evidence was accepted: items 0 to count - 1.
 *
 * Returns   count. code: one of JURAT_NOT_JUDGED_* of <jurat/reasons.h>, to compare by strcmp(3), or a field
 *           and a bit that the policy allows although this release does not know it, "platform_info bit-8".
 *           detail: why, a line for people. Both NULL past the end
 * Threads   any number of threads
 * Since     0.1
 */
size_t jurat_verdict_not_judged_count(const struct jurat_verdict *verdict);
const char *jurat_verdict_not_judged_code(const struct jurat_verdict *verdict, size_t i);
const char *jurat_verdict_not_judged_detail(const struct jurat_verdict *verdict, size_t i);

/*
 * The caller's bytes that the evidence is bound to, and the measurement of what was started.
 *
 * Returns   report_data: 64 bytes. measurement: 48 bytes, MEASUREMENT of an SEV-SNP guest or MRTD of a TD
 *           (see also jurat_verdict_tdx_rtmr). Borrowed from the verdict; NULL: the evidence could not be
 *           read
 * Threads   any number of threads
 * Since     0.1
 */
const uint8_t *jurat_verdict_report_data(const struct jurat_verdict *verdict);
const uint8_t *jurat_verdict_measurement(const struct jurat_verdict *verdict);

/* The kind of key that vouches for the evidence. */
enum jurat_signer {
	JURAT_SIGNER_NONE = 0, /* unsigned, or the evidence does not say */
	JURAT_SIGNER_VCEK = 1, /* SEV-SNP: a key of the chip */
	JURAT_SIGNER_VLEK = 2, /* SEV-SNP: a key that AMD has issued to a cloud provider */
	JURAT_SIGNER_PCK = 3,  /* TDX: a key of the platform, which certifies that of the quoting enclave */
};

/*
 * Which kind of key has signed the evidence.
 *
 * Returns   what the evidence says; JURAT_SIGNER_NONE when it could not be read
 * Threads   any number of threads
 * Since     0.1
 */
enum jurat_signer jurat_verdict_signer(const struct jurat_verdict *verdict);

/*
 * A field of the evidence by its name in `jurat show` and in the verdict's JSON: "guest_svn", "vmpl",
 * "policy", "host_data" or "chip_id" of a report, "td_attributes", "xfam" or "mrconfigid" of a quote.
 *
 * name      of a number (8 to 64 bits) for field_number, of a string of bytes for field_bytes
 * ret       a value in host order, or bytes borrowed from the verdict; changes on success only
 * ret_size  how many bytes
 * Returns   0; JURAT_NOT_FOUND this evidence has no such field, or one of the other kind
 * Threads   any number of threads
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_verdict_field_number(const struct jurat_verdict *verdict, const char *name,
						uint64_t *ret);
JURAT_MUST_CHECK int jurat_verdict_field_bytes(const struct jurat_verdict *verdict, const char *name,
					       const uint8_t **ret, size_t *ret_size);

/*
 * The product and the chip of an SEV-SNP report.
 *
 * Returns   product: "Milan", "Genoa" or "Turin". chip_id: 64 bytes, zero when the firmware masks it; Turin
 *           uses the first 8. Borrowed; NULL: not known, or no report
 * Threads   any number of threads
 * Since     0.1
 */
const char *jurat_verdict_snp_product(const struct jurat_verdict *verdict);
const uint8_t *jurat_verdict_snp_chip_id(const struct jurat_verdict *verdict);

enum jurat_snp_tcb_kind {
	JURAT_SNP_TCB_REPORTED = 0, /* the signing key is of this one */
	JURAT_SNP_TCB_COMMITTED = 1,
	JURAT_SNP_TCB_CURRENT = 2,
	JURAT_SNP_TCB_LAUNCH = 3,
};

/* A TCB_VERSION. Compare by component, never whole. */
struct jurat_snp_tcb {
	size_t size;   /* sizeof(struct jurat_snp_tcb) */
	uint64_t raw;  /* as in the report */
	int has_parts; /* 1: what follows is known; always so in accepted evidence */
	uint32_t fmc;  /* Turin; 0 elsewhere */
	uint32_t boot_loader, tee, snp, microcode;
};

/*
 * One of the four TCBs of an SEV-SNP report.
 *
 * ret       its size set by the caller; changes on success only
 * Returns   0; JURAT_NOT_FOUND no report, or no such TCB; -EINVAL, -E2BIG the size of *ret
 * Threads   any number of threads
 * Since     0.1    Spec  SEV-SNP firmware ABI, TCB_VERSION
 */
JURAT_MUST_CHECK int jurat_verdict_snp_tcb(const struct jurat_verdict *verdict, enum jurat_snp_tcb_kind kind,
					   struct jurat_snp_tcb *ret);

/*
 * A run-time measurement register of a TD quote, and the FMSPC of its platform.
 *
 * index     0 to 3
 * Returns   rtmr: 48 bytes. fmspc: 6 bytes, of the PCK certificate. Borrowed; NULL: no quote, or no such one
 * Threads   any number of threads
 * Since     0.1
 */
const uint8_t *jurat_verdict_tdx_rtmr(const struct jurat_verdict *verdict, unsigned index);
const uint8_t *jurat_verdict_tdx_fmspc(const struct jurat_verdict *verdict);

/* What Intel says of a TCB. Later releases may add values: none that is unknown is good. */
enum jurat_tdx_tcb_status {
	JURAT_TDX_TCB_NONE = 0, /* not evaluated */
	JURAT_TDX_TCB_UP_TO_DATE = 1,
	JURAT_TDX_TCB_SW_HARDENING_NEEDED = 2,
	JURAT_TDX_TCB_CONFIGURATION_NEEDED = 3,
	JURAT_TDX_TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED = 4,
	JURAT_TDX_TCB_OUT_OF_DATE = 5,
	JURAT_TDX_TCB_OUT_OF_DATE_CONFIGURATION_NEEDED = 6,
	JURAT_TDX_TCB_REVOKED = 7,
	JURAT_TDX_TCB_TD_RELAUNCH_ADVISED = 8,
	JURAT_TDX_TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED = 9,
	JURAT_TDX_TCB_NOT_SUPPORTED = 10, /* below every level of the collateral */
	JURAT_TDX_TCB_UNRECOGNIZED = 11,  /* the collateral has a status that this release does not know */
};

enum jurat_tdx_tcb_part {
	JURAT_TDX_TCB_PART_ALL = 0, /* the whole: what the policy is about */
	JURAT_TDX_TCB_PART_PLATFORM = 1,
	JURAT_TDX_TCB_PART_MODULE = 2, /* the TDX module */
	JURAT_TDX_TCB_PART_QE = 3,     /* the quoting enclave */
	/*
	 * All of the platform that the quote comes from. Of a TD that was launched on another: all but
	 * that.
	 */
	JURAT_TDX_TCB_PART_THIS_PLATFORM = 4,
};

struct jurat_tdx_tcb {
	size_t size; /* sizeof(struct jurat_tdx_tcb) */
	enum jurat_tdx_tcb_status status;
	/* Of PART_ALL, when the quote names the TDX module that runs now: at launch, and with that one. */
	enum jurat_tdx_tcb_status launch_status, current_status;
	int has_date;
	int64_t date; /* of the TCB level, of PART_ALL that of the part that decides; when has_date */
};

/*
 * The TCB status of a TD quote, by the collateral: of the whole, or of a part at launch.
 *
 * ret       its size set by the caller; changes on success only
 * Returns   0; JURAT_NOT_FOUND no quote, or not evaluated: no collateral that could be trusted, or PART_ALL
 *           of a TD that may have been launched on another platform, which nothing says anything of; -EINVAL,
 *           -E2BIG the size of *ret
 * Threads   any number of threads
 * Since     0.1    Spec  Intel PCS API v4, TCB info
 */
JURAT_MUST_CHECK int jurat_verdict_tdx_tcb(const struct jurat_verdict *verdict, enum jurat_tdx_tcb_part part,
					   struct jurat_tdx_tcb *ret);

/*
 * The name of a TCB status as Intel writes it, "UpToDate" and so on: as in policies and in the verdict's
 * JSON.
 *
 * Returns   a constant string; NULL for JURAT_TDX_TCB_NONE and for what is not a status
 * Threads   any thread
 * Since     0.1    Spec  Intel PCS API v4, TCB info
 */
const char *jurat_tdx_tcb_status_name(enum jurat_tdx_tcb_status status);

/*
 * The security advisories that apply to the TCB of a TD quote, "INTEL-SA-00837" and so on: 0 to count - 1,
 * each once.
 *
 * Returns   count. advisory: borrowed; NULL past the end
 * Threads   any number of threads
 * Since     0.1
 */
size_t jurat_verdict_tdx_advisory_count(const struct jurat_verdict *verdict);
const char *jurat_verdict_tdx_advisory(const struct jurat_verdict *verdict, size_t i);

/*
 * What is below what was asked for: a component of a TCB of a report that is below a minimum of the policy,
 * or one of a TD quote that is below the next better TCB level of Intel's collateral.
 */
struct jurat_shortfall {
	size_t size;           /* sizeof(struct jurat_shortfall) */
	const char *part;      /* "reported_tcb", "committed_tcb" ..., "platform" ...; borrowed */
	const char *component; /* "microcode", "snp" ...; borrowed */
	uint64_t is, wanted;   /* of mitigation vectors: flags, of which it lacks some that are wanted */
	/* TDX: what the level that asks for it is. */
	enum jurat_tdx_tcb_status status; /* JURAT_TDX_TCB_NONE: no such level */
	int has_date;
	int64_t date; /* seconds since 1970; when has_date */
	size_t advisory_count;
	const char *name; /* what the collateral calls the component; may be empty; borrowed */
};

/*
 * What is short, items 0 to count - 1; with TDX, what the level that asks for it still has of security
 * advisories, 0 to advisory_count - 1.
 *
 * ret       its size set by the caller; changes on success only
 * Returns   count: 0 when nothing is short. shortfall: 0; JURAT_NOT_FOUND past the end; -EINVAL, -E2BIG the
 *           size of *ret. advisory: borrowed; NULL past the end
 * Threads   any number of threads
 * Since     0.1
 */
size_t jurat_verdict_shortfall_count(const struct jurat_verdict *verdict);
JURAT_MUST_CHECK int jurat_verdict_shortfall(const struct jurat_verdict *verdict, size_t i,
					     struct jurat_shortfall *ret);
const char *jurat_verdict_shortfall_advisory(const struct jurat_verdict *verdict, size_t i, size_t k);

/*
 * The whole verdict as text, as `jurat verify` prints it, or in JSON, as `jurat verify --output json` does.
 * For people and logs: what a program decides on has functions of its own above.
 *
 * Returns   text that the caller frees with free(3); NULL: out of memory
 * Threads   any number of threads
 * Since     0.1
 */
char *jurat_verdict_json(const struct jurat_verdict *verdict);
char *jurat_verdict_text(const struct jurat_verdict *verdict);

#ifdef __cplusplus
}
#endif

#endif
