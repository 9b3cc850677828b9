/* SPDX-License-Identifier: MIT */
#ifndef JURAT_VERIFY_H
#define JURAT_VERIFY_H

#include <stddef.h>
#include <stdint.h>

#include <jurat/error.h>
#include <jurat/reasons.h>
#include <jurat/tee.h>

/*
 * The verifier: appraises evidence against endorsements and a policy, and returns a verdict with reasons. It
 * works offline and fails closed: anything missing, malformed or unknown is a refusal. `if
 * (jurat_verify_snp(...) != 0) deny();` is always right.
 *
 * Any number of threads may verify with one verifier: they share its caches, and none waits for another. A
 * function that adds to a verifier or frees it needs it alone: no other call with the same handle may run at
 * the same time. Give a running service a new CRL by replacing its verifier (examples/verify_threads.c).
 */

#ifdef __cplusplus
extern "C" {
#endif

struct jurat_verifier; /* roots, endorsements, CRLs, and bounded caches of earlier checks */
struct jurat_policy;   /* what the relying party requires */
struct jurat_verdict;  /* the result for one piece of evidence */

/*
 * Creates a verifier that trusts the vendors' roots, pinned by the SHA-256 of their public keys.
 *
 * The root *certificates* come with the evidence or from jurat_verifier_add_certificates(): only those whose
 * key is pinned are trusted.
 *
 * ret       freed by the caller with jurat_verifier_free, which accepts NULL. Verdicts may outlive it
 * Returns   0; -ENOMEM
 * Threads   any number of threads verify with one handle; freeing needs it alone
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_verifier_new(struct jurat_verifier **ret, struct jurat_error *err);
void jurat_verifier_free(struct jurat_verifier *verifier);

/*
 * Trusts the self-signed certificates in `bytes` *instead* of the vendors' roots. Further calls add roots.
 *
 * Other certificates in `bytes` (such as the rest of a chain as the vendor serves it) are added as
 * endorsements. Every verdict then says that its roots were supplied by the caller.
 *
 * bytes     n bytes, trusted, copied, in any form that jurat_verifier_add_certificates accepts;
 *           self-signatures are checked here
 * Returns   0; -EBADMSG `bytes` contains no root, or something malformed: `err` says what, and nothing was
 *           added; -ENOMEM
 * Threads   needs the handle alone: no other call with it at the same time
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_verifier_add_roots(struct jurat_verifier *verifier, const void *bytes, size_t n,
					      struct jurat_error *err);

/*
 * Adds endorsements that evidence may lack. They are used only if they chain to a trusted root.
 *
 * bytes      n bytes, untrusted, copied: DER, PEM with any number of blocks, a GHCB certificate table, or one
 *            of these in an encoding that jurat-verify(1) lists (hex, base64, percent-encoded, JSON ...).
 *            CRLs among them are added as by jurat_verifier_add_crl
 * ret_count  number of certificates added; may be NULL
 * Returns    0; -EBADMSG `bytes` contains something malformed: `err` says what, and nothing was added;
 *            -ENOMEM
 * Threads    as jurat_verifier_add_roots
 * Since      0.1
 */
JURAT_MUST_CHECK int jurat_verifier_add_certificates(struct jurat_verifier *verifier, const void *bytes,
						     size_t n, size_t *ret_count, struct jurat_error *err);

/*
 * Adds a CRL, which applies to the root that signed it. A root for which CRLs were supplied is no longer
 * trusted when none of them is usable at the time of verification (expired, or not yet valid). The same holds
 * for a root that a CRL names as its issuer without carrying that root's signature, whatever other CRLs there
 * are.
 *
 * bytes     n bytes, untrusted, copied: DER, or PEM with any number of blocks, in any encoding that
 *           jurat_verifier_add_certificates accepts
 * Returns   0; -EBADMSG not a CRL: `err` says why, and nothing was added; -ENOMEM
 * Threads   needs the handle alone: no other call with it at the same time
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_verifier_add_crl(struct jurat_verifier *verifier, const void *bytes, size_t n,
					    struct jurat_error *err);

/*
 * Creates the default policy: debug is refused, nothing else is restricted.
 *
 * ret       freed by the caller with jurat_policy_free, which accepts NULL
 * Returns   0; -ENOMEM
 * Threads   one thread per policy while it changes; afterwards any number of threads and verifiers at once
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_policy_new(struct jurat_policy **ret, struct jurat_error *err);
void jurat_policy_free(struct jurat_policy *policy);

/*
 * Reads a policy in JSON; jurat-policy(5) lists the members. A member in the JSON replaces that of the
 * policy; all others keep their values.
 *
 * json      n bytes, trusted, need not be NUL-terminated; parsed strictly: an unknown member is an error
 * Returns   0; -EBADMSG not JSON, an unknown member, or an invalid value: `err` names the line or member, and
 *           the policy is unchanged; -ENOMEM
 * Threads   as jurat_policy_new
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_policy_read_json(struct jurat_policy *policy, const char *json, size_t n,
					    struct jurat_error *err);

/*
 * Sets one member of a policy.
 *
 * member    its name, as in jurat-policy(5)
 * value     as in JSON, NUL-terminated; the quotes around a string may be omitted
 * Returns   as jurat_policy_read_json
 * Threads   as jurat_policy_new
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_policy_set(struct jurat_policy *policy, const char *member, const char *value,
				      struct jurat_error *err);

/*
 * Returns warnings about a policy that was accepted: it uses names from an earlier release.
 *
 * i         index of the warning, from 0
 * Returns   text that gives the current name, borrowed until the policy changes; NULL past the end
 * Threads   as jurat_policy_new
 * Since     0.1
 */
const char *jurat_policy_warning(const struct jurat_policy *policy, size_t i);

struct jurat_snp_evidence {
	size_t size;           /* sizeof(struct jurat_snp_evidence) */
	const uint8_t *report; /* untrusted, borrowed */
	size_t report_size;
	/* GHCB certificate table from the same response, untrusted, borrowed; NULL: none */
	const uint8_t *certs;
	size_t certs_size;
};

/*
 * Verifies an SEV-SNP attestation report.
 *
 * evidence     borrowed during the call
 * policy       borrowed; NULL: the default policy
 * at           time of verification, seconds since 1970-01-01 UTC
 * ret          may be NULL; set on 0 and on JURAT_REFUSED, freed by the caller with jurat_verdict_free
 * Returns      0 accepted; JURAT_REFUSED with reasons, the first of them also in `err`; -EINVAL, -E2BIG the
 *              evidence's size member is invalid, or of a newer release; -ENOMEM, -EIO nothing was verified
 * Threads      any number of threads at once, with the same verifier and policy as well
 * Since        0.1    Spec  SEV-SNP firmware ABI, ATTESTATION_REPORT; VCEK certificate and KDS specification
 */
JURAT_MUST_CHECK int jurat_verify_snp(struct jurat_verifier *verifier,
				      const struct jurat_snp_evidence *evidence,
				      const struct jurat_policy *policy, int64_t at,
				      struct jurat_verdict **ret, struct jurat_error *err);

struct jurat_tdx_collateral; /* TCB info, QE identity, CRLs and the certificates of their issuers */

/*
 * Creates an empty set of Intel's collateral for TD quotes.
 *
 * Verification never changes it: one set may be shared by several verifiers and threads.
 *
 * ret       freed by the caller with jurat_tdx_collateral_free, which accepts NULL
 * Returns   0; -ENOMEM
 * Threads   one thread while collateral is added; afterwards any number of threads and verifiers at once
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_tdx_collateral_new(struct jurat_tdx_collateral **ret, struct jurat_error *err);
void jurat_tdx_collateral_free(struct jurat_tdx_collateral *collateral);

/*
 * Adds collateral as served by Intel's PCS or a PCCS. Its kind is recognized from the content: TCB info or QE
 * identity in JSON with its signature; certificates or CRLs in any form that jurat_verifier_add_certificates
 * accepts; or JSON that has these at any depth: under the member names of Intel's library (pck_crl,
 * tcb_info, ...; case, underscores and hyphens are ignored), beside a quote, or as a PCCS or another tool
 * writes them. TCB info and QE identity include their signature, or have it in tcb_info_signature and
 * qe_identity_signature.
 *
 * bytes     n bytes, untrusted, copied: nothing is used before its signature has been checked
 * Returns   0; -EBADMSG none of these, malformed, or has a member that would be ignored (old_crl): `err` says
 *           what. Nothing was added, unless a TCB info or QE identity is of a version or form that this
 *           release does not read: then the rest was, and a verdict that lacks the document says why.
 *           -ENOMEM
 * Threads   as jurat_tdx_collateral_new
 * Since     0.1    Spec  Intel PCS API v4
 */
JURAT_MUST_CHECK int jurat_tdx_collateral_add(struct jurat_tdx_collateral *collateral, const void *bytes,
					      size_t n, struct jurat_error *err);

struct jurat_tdx_evidence {
	size_t size;          /* sizeof(struct jurat_tdx_evidence) */
	const uint8_t *quote; /* untrusted, borrowed; bytes after the quote are ignored */
	size_t quote_size;
	/*
	 * Event log of the TD, untrusted, borrowed; NULL: none. A CCEL, or JSON as dstack and Trustee write
	 * it. RTMR0 to RTMR2 of the quote must have the values that replaying it gives; RTMR3 as well if it
	 * has events for it.
	 */
	const uint8_t *event_log;
	size_t event_log_size;
};

/*
 * Verifies a TD quote, version 4 or 5, and its event log if there is one.
 *
 * Certificates, CRLs, TCB info and QE identity must all be valid at the time of verification: issued before
 * it and not expired. Only the TCB status UpToDate is accepted unless the policy names others.
 *
 * evidence     borrowed during the call
 * collateral   borrowed; NULL: none. The verdict then says what could not be checked, and refuses the
 *              evidence unless the policy sets allow_no_collateral
 * policy       borrowed; NULL: the default policy
 * at           time of verification, seconds since 1970-01-01 UTC
 * ret          may be NULL; set on 0 and on JURAT_REFUSED, freed by the caller with jurat_verdict_free
 * Returns      0 accepted; JURAT_REFUSED with reasons, the first of them also in `err`; -EINVAL, -E2BIG the
 *              evidence's size member is invalid, or of a newer release; -ENOMEM, -EIO nothing was verified
 * Threads      any number of threads at once, with the same verifier, collateral and policy as well
 * Since        0.1    Spec  Intel TDX DCAP quoting library API; Intel PCS API v4
 */
JURAT_MUST_CHECK int jurat_verify_tdx(struct jurat_verifier *verifier,
				      const struct jurat_tdx_evidence *evidence,
				      const struct jurat_tdx_collateral *collateral,
				      const struct jurat_policy *policy, int64_t at,
				      struct jurat_verdict **ret, struct jurat_error *err);

/*
 * Frees a verdict, and everything borrowed from it.
 *
 * verdict   may be NULL; its verifier may be freed already, and other threads may use that
 * Threads   any thread; needs the verdict alone
 * Since     0.1
 */
void jurat_verdict_free(struct jurat_verdict *verdict);

/*
 * Return the overall result of a verdict and what it is about: the kind of evidence, the time of
 * verification, and whether roots were supplied.
 *
 * All jurat_verdict_* functions except jurat_verdict_free() only read the verdict. Pointers that they return
 * are borrowed from it. All of them accept a NULL verdict and then return 0, NULL or JURAT_NOT_FOUND. For
 * refused evidence they return what that evidence claims, which is unverified.
 *
 * Returns   accepted: 1, or 0. tee: the kind of evidence. time: the time of verification, seconds since
 *           1970-01-01 UTC. roots_supplied: 1 when jurat_verifier_add_roots() replaced the vendors' roots, or
 *           0
 * Threads   any number of threads
 * Since     0.1
 */
int jurat_verdict_accepted(const struct jurat_verdict *verdict);
enum jurat_tee jurat_verdict_tee(const struct jurat_verdict *verdict);
int64_t jurat_verdict_time(const struct jurat_verdict *verdict);
int jurat_verdict_roots_supplied(const struct jurat_verdict *verdict);

/*
 * Return the reasons for a refusal, numbered 0 to count - 1, or whether a certain reason is among them.
 *
 * code      JURAT_REASON_* of <jurat/reasons.h>
 * Returns   count: 0 when the evidence was accepted. code: one of JURAT_REASON_*, to be compared with
 *           strcmp(3). detail: one line for people. code and detail: NULL past the end. has_reason: 1 or 0
 * Threads   any number of threads
 * Since     0.1
 */
size_t jurat_verdict_reason_count(const struct jurat_verdict *verdict);
const char *jurat_verdict_reason_code(const struct jurat_verdict *verdict, size_t i);
const char *jurat_verdict_reason_detail(const struct jurat_verdict *verdict, size_t i);
int jurat_verdict_has_reason(const struct jurat_verdict *verdict, const char *code);

/*
 * Return what was not checked, also in evidence that was accepted: items 0 to count - 1.
 *
 * Returns   count: the number of items. code: one of JURAT_NOT_JUDGED_* of <jurat/reasons.h>, to be compared
 *           with strcmp(3), or a field and a bit that the policy allows although this release does not know
 *           it, such as "platform_info bit-8". detail: why, one line for people. code and detail: NULL past
 *           the end
 * Threads   any number of threads
 * Since     0.1
 */
size_t jurat_verdict_not_judged_count(const struct jurat_verdict *verdict);
const char *jurat_verdict_not_judged_code(const struct jurat_verdict *verdict, size_t i);
const char *jurat_verdict_not_judged_detail(const struct jurat_verdict *verdict, size_t i);

/*
 * Return REPORT_DATA, the guest's 64 bytes that the evidence covers, and the launch measurement.
 *
 * Returns   report_data: 64 bytes. measurement: 48 bytes, MEASUREMENT of an SEV-SNP guest or MRTD of a TD
 *           (see also jurat_verdict_tdx_rtmr). Borrowed from the verdict; NULL: the evidence could not be
 *           parsed
 * Threads   any number of threads
 * Since     0.1
 */
const uint8_t *jurat_verdict_report_data(const struct jurat_verdict *verdict);
const uint8_t *jurat_verdict_measurement(const struct jurat_verdict *verdict);

/* The kind of key that signed the evidence. */
enum jurat_signer {
	JURAT_SIGNER_NONE = 0, /* unsigned, or not known */
	JURAT_SIGNER_VCEK = 1, /* SEV-SNP: Versioned Chip Endorsement Key */
	JURAT_SIGNER_VLEK = 2, /* SEV-SNP: Versioned Loaded Endorsement Key, of a cloud provider */
	JURAT_SIGNER_PCK = 3,  /* TDX: Provisioning Certification Key, which certifies the QE's key */
};

/*
 * Returns the kind of key that signed the evidence.
 *
 * Returns   the kind that the evidence states; JURAT_SIGNER_NONE when it could not be parsed
 * Threads   any number of threads
 * Since     0.1
 */
enum jurat_signer jurat_verdict_signer(const struct jurat_verdict *verdict);

/*
 * Return a field of the evidence by name. Names are those of `jurat show` and of the verdict's JSON, such as
 * "guest_svn", "vmpl", "policy", "host_data" or "chip_id" of a report, and "td_attributes", "xfam" or
 * "mrconfigid" of a quote.
 *
 * name      for field_number, the name of an integer field (8 to 64 bits); for field_bytes, of a byte string
 * ret       the integer in host byte order, or bytes borrowed from the verdict; changes on success only
 * ret_size  number of bytes; changes on success only
 * Returns   0; JURAT_NOT_FOUND this evidence has no such field, or its type is the other one
 * Threads   any number of threads
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_verdict_field_number(const struct jurat_verdict *verdict, const char *name,
						uint64_t *ret);
JURAT_MUST_CHECK int jurat_verdict_field_bytes(const struct jurat_verdict *verdict, const char *name,
					       const uint8_t **ret, size_t *ret_size);

/*
 * Return the product and the chip id of an SEV-SNP report.
 *
 * Returns   product: "Milan", "Genoa" or "Turin". chip_id: 64 bytes, all zero when the firmware masks it
 *           (MASK_CHIP_ID); Turin uses the first 8. Borrowed from the verdict; NULL: not known, or not a
 *           report
 * Threads   any number of threads
 * Since     0.1
 */
const char *jurat_verdict_snp_product(const struct jurat_verdict *verdict);
const uint8_t *jurat_verdict_snp_chip_id(const struct jurat_verdict *verdict);

enum jurat_snp_tcb_kind {
	JURAT_SNP_TCB_REPORTED = 0, /* the TCB that the VCEK or VLEK is derived from */
	JURAT_SNP_TCB_COMMITTED = 1,
	JURAT_SNP_TCB_CURRENT = 2,
	JURAT_SNP_TCB_LAUNCH = 3,
};

/* A TCB_VERSION. Compare it component by component, never as one number. */
struct jurat_snp_tcb {
	size_t size;   /* sizeof(struct jurat_snp_tcb) */
	uint64_t raw;  /* as in the report */
	int has_parts; /* 1: the members below are valid; always 1 for accepted evidence */
	uint32_t fmc;  /* Turin only; 0 for other products */
	uint32_t boot_loader, tee, snp, microcode;
};

/*
 * Returns one of the four TCB versions of an SEV-SNP report.
 *
 * ret       the caller sets its size; changes on success only
 * Returns   0; JURAT_NOT_FOUND not a report, or no such TCB; -EINVAL, -E2BIG the size of *ret is invalid, or
 *           of a newer release
 * Threads   any number of threads
 * Since     0.1    Spec  SEV-SNP firmware ABI, TCB_VERSION
 */
JURAT_MUST_CHECK int jurat_verdict_snp_tcb(const struct jurat_verdict *verdict, enum jurat_snp_tcb_kind kind,
					   struct jurat_snp_tcb *ret);

/*
 * Return a runtime measurement register (RTMR) of a TD quote, and the FMSPC of its platform.
 *
 * index     0 to 3
 * Returns   rtmr: 48 bytes. fmspc: 6 bytes, from the PCK certificate. Borrowed from the verdict; NULL: not a
 *           quote, or it has no such value
 * Threads   any number of threads
 * Since     0.1
 */
const uint8_t *jurat_verdict_tdx_rtmr(const struct jurat_verdict *verdict, unsigned index);
const uint8_t *jurat_verdict_tdx_fmspc(const struct jurat_verdict *verdict);

enum jurat_secure_boot {
	JURAT_SECURE_BOOT_UNKNOWN = 0, /* the log does not prove it */
	JURAT_SECURE_BOOT_DISABLED = 1,
	JURAT_SECURE_BOOT_ENABLED = 2,
};

/* What the event log of a TD says. */
struct jurat_tdx_event_log {
	size_t size; /* sizeof(struct jurat_tdx_event_log) */
	size_t event_count;
	/* bit n: replaying the log gives the value of RTMRn */
	uint32_t explained;
	/* by events that the firmware measured before it started anything else */
	enum jurat_secure_boot secure_boot;
	size_t kernel_cmdline_count;
};

/*
 * Return a summary of the event log that was supplied with a TD quote, and the kernel command lines that were
 * measured, numbered 0 to kernel_cmdline_count - 1. Only events of explained RTMRs count.
 *
 * ret       the caller sets its size; changes on success only
 * Returns   event_log: 0; JURAT_NOT_FOUND not a quote, or there was no readable log; -EINVAL, -E2BIG the size
 *           of *ret is invalid, or of a newer release. kernel_cmdline: borrowed from the verdict, any bytes
 *           but NUL; NULL past the end
 * Threads   any number of threads
 * Since     0.1    Spec  TCG PC Client Platform Firmware Profile; UEFI 2.10, 38.4
 */
JURAT_MUST_CHECK int jurat_verdict_tdx_event_log(const struct jurat_verdict *verdict,
						 struct jurat_tdx_event_log *ret);
const char *jurat_verdict_tdx_kernel_cmdline(const struct jurat_verdict *verdict, size_t i);

/* Intel's status of a TCB. Later releases may add values: treat an unknown one as not acceptable. */
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
	JURAT_TDX_TCB_NOT_SUPPORTED = 10, /* below every TCB level of the collateral */
	JURAT_TDX_TCB_UNRECOGNIZED = 11,  /* the collateral states a status unknown to this release */
};

enum jurat_tdx_tcb_part {
	JURAT_TDX_TCB_PART_ALL = 0, /* the combined status, which the policy is applied to */
	JURAT_TDX_TCB_PART_PLATFORM = 1,
	JURAT_TDX_TCB_PART_MODULE = 2, /* the TDX module */
	JURAT_TDX_TCB_PART_QE = 3,     /* the quoting enclave */
	/*
	 * The combined status of the platform that made the quote. For a TD that was migrated from another
	 * platform, this leaves out the platform that it was launched on.
	 */
	JURAT_TDX_TCB_PART_THIS_PLATFORM = 4,
};

struct jurat_tdx_tcb {
	size_t size; /* sizeof(struct jurat_tdx_tcb) */
	enum jurat_tdx_tcb_status status;
	/*
	 * Set for PART_ALL when the quote has TEE_TCB_SVN2: the status at launch, and with the TDX module
	 * that runs now.
	 */
	enum jurat_tdx_tcb_status launch_status, current_status;
	int has_date;
	/* of the TCB level, seconds since 1970; PART_ALL: of the part that decides; valid when has_date */
	int64_t date;
	/*
	 * PART_ALL, PART_THIS_PLATFORM: the part that decides, named as in struct jurat_shortfall. NULL: all
	 * is up to date. Constant.
	 */
	const char *decided_by;
};

/*
 * Returns the TCB status of a TD quote according to the collateral, combined or of one part at launch.
 *
 * ret       the caller sets its size; changes on success only
 * Returns   0; JURAT_NOT_FOUND not a quote, or not evaluated: there was no trusted collateral, or PART_ALL
 *           was requested for a TD that may have been launched on another platform, which the quote does not
 *           identify; -EINVAL, -E2BIG the size of *ret is invalid, or of a newer release
 * Threads   any number of threads
 * Since     0.1    Spec  Intel PCS API v4, TCB info
 */
JURAT_MUST_CHECK int jurat_verdict_tdx_tcb(const struct jurat_verdict *verdict, enum jurat_tdx_tcb_part part,
					   struct jurat_tdx_tcb *ret);

/*
 * Returns Intel's name of a TCB status, such as "UpToDate", which policies and the verdict's JSON use as
 * well.
 *
 * Returns   a constant string; NULL for JURAT_TDX_TCB_NONE and for values that are not a status
 * Threads   any thread
 * Since     0.1    Spec  Intel PCS API v4, TCB info
 */
const char *jurat_tdx_tcb_status_name(enum jurat_tdx_tcb_status status);

/*
 * Return the security advisories that apply to the TCB of a TD quote, such as "INTEL-SA-00837"; they are
 * numbered 0 to count - 1, without duplicates.
 *
 * Returns   count: the number of advisories. advisory: borrowed from the verdict; NULL past the end
 * Threads   any number of threads
 * Since     0.1
 */
size_t jurat_verdict_tdx_advisory_count(const struct jurat_verdict *verdict);
const char *jurat_verdict_tdx_advisory(const struct jurat_verdict *verdict, size_t i);

/*
 * A value that is too low: a TCB component of a report below a minimum of the policy, or a TCB component of a
 * TD quote below the next better TCB level of Intel's collateral.
 */
struct jurat_shortfall {
	size_t size;           /* sizeof(struct jurat_shortfall) */
	const char *part;      /* "reported_tcb", "committed_tcb" ..., "platform" ...; borrowed */
	const char *component; /* "microcode", "snp" ...; borrowed */
	/* for mitigation vectors, bit masks: some bits of `wanted` are not set in `is` */
	uint64_t is, wanted;
	/* TDX: the status of the TCB level that requires `wanted`. */
	enum jurat_tdx_tcb_status status; /* JURAT_TDX_TCB_NONE: there is no such level */
	int has_date;
	int64_t date; /* seconds since 1970; when has_date */
	size_t advisory_count;
	const char *name; /* what the collateral calls the component; may be empty; borrowed */
};

/*
 * Return the values that are too low: items 0 to count - 1. For TDX each has the security advisories that
 * still apply at the TCB level that requires the higher value, numbered 0 to advisory_count - 1.
 *
 * ret       the caller sets its size; changes on success only
 * Returns   count: 0 when nothing is too low. shortfall: 0; JURAT_NOT_FOUND past the end; -EINVAL, -E2BIG the
 *           size of *ret is invalid, or of a newer release. advisory: borrowed from the verdict; NULL past
 *           the end
 * Threads   any number of threads
 * Since     0.1
 */
size_t jurat_verdict_shortfall_count(const struct jurat_verdict *verdict);
JURAT_MUST_CHECK int jurat_verdict_shortfall(const struct jurat_verdict *verdict, size_t i,
					     struct jurat_shortfall *ret);
const char *jurat_verdict_shortfall_advisory(const struct jurat_verdict *verdict, size_t i, size_t k);

/*
 * Return the whole verdict as text or JSON, as `jurat verify` and `jurat verify --output json` print it. Both
 * are for people and logs: programs should decide by the other jurat_verdict_* functions.
 *
 * Returns   a NUL-terminated string that the caller frees with free(3); NULL: out of memory, or the verdict
 *           is NULL
 * Threads   any number of threads
 * Since     0.1
 */
char *jurat_verdict_json(const struct jurat_verdict *verdict);
char *jurat_verdict_text(const struct jurat_verdict *verdict);

#ifdef __cplusplus
}
#endif

#endif
