/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_POLICY_H
#define VERIFY_POLICY_H

#include <jurat/verify.h>

#include "wire/snp_report.h"

/* Allowed values of a field: `n` items, concatenated. Empty: any value. */
struct policy_list {
	uint8_t *items;
	size_t n;
};

struct policy_words {
	char **items;
	size_t n;
};

/* A minimum TCB for each product; if the policy has some products only, others are refused. */
struct policy_tcb {
	bool set;
	bool named[SNP_N_PRODUCTS];
	struct snp_tcb floor[SNP_N_PRODUCTS];
};

/* Digests that the events of a type may have. Of `every_other`: all types that have no entry of their own. */
struct policy_event {
	uint32_t type;
	bool every_other;
	struct policy_list digests; /* 48 bytes each; empty: none is allowed */
};

struct policy_events {
	struct policy_event *items;
	size_t n;
};

/* Minimum security versions (SVNs). */
enum { POLICY_SVNS = 16 };
struct policy_svns {
	bool set;
	uint8_t floor[POLICY_SVNS];
};

struct policy_version {
	bool set;
	uint8_t part[3]; /* major, minor, build */
};

/* Fields of the report that are compared byte for byte: B(field, bytes, REASON). */
/* clang-format off */
#define POLICY_BYTES(B) \
	B(report_data, 64, REPORT_DATA_MISMATCH) \
	B(measurement, 48, MEASUREMENT_MISMATCH) \
	B(host_data, 32, HOST_DATA_MISMATCH) \
	B(id_key_digest, 48, ID_KEY_DIGEST_MISMATCH) \
	B(author_key_digest, 48, AUTHOR_KEY_DIGEST_MISMATCH) \
	B(family_id, 16, FAMILY_ID_MISMATCH) \
	B(image_id, 16, IMAGE_ID_MISMATCH) \
	B(report_id, 32, REPORT_ID_MISMATCH) \
	B(chip_id, 64, CHIP_ID_MISMATCH)
/* clang-format on */

/*
 * Bits of the guest policy: G(member, SCOPE, default, bit, wrong, REASON): refused when the bit is `wrong`
 * and the member is not. So allow_x refuses a set bit unless true, require_x a clear one unless false.
 */
/* clang-format off */
#define POLICY_GUEST_BITS(G) \
	G(allow_debug, ANY, false, SNP_POLICY_DEBUG_BIT, true, DEBUG_ALLOWED) \
	G(allow_migrate_ma, SNP, true, SNP_POLICY_MIGRATE_MA_BIT, true, MIGRATE_MA_ALLOWED) \
	G(allow_smt, SNP, true, SNP_POLICY_SMT_BIT, true, SMT_ALLOWED) \
	G(allow_cxl, SNP, true, SNP_POLICY_CXL_ALLOW_BIT, true, CXL_ALLOWED) \
	G(require_single_socket, SNP, false, SNP_POLICY_SINGLE_SOCKET_BIT, false, \
	  SINGLE_SOCKET_NOT_REQUIRED) \
	G(require_mem_aes_256_xts, SNP, false, SNP_POLICY_MEM_AES_256_XTS_BIT, false, \
	  MEM_AES_256_XTS_NOT_REQUIRED) \
	G(require_rapl_dis, SNP, false, SNP_POLICY_RAPL_DIS_BIT, false, RAPL_DIS_NOT_REQUIRED) \
	G(require_ciphertext_hiding_dram, SNP, false, SNP_POLICY_CIPHERTEXT_HIDING_DRAM_BIT, false, \
	  CIPHERTEXT_HIDING_NOT_REQUIRED) \
	G(require_page_swap_disable, SNP, false, SNP_POLICY_PAGE_SWAP_DISABLE_BIT, false, \
	  PAGE_SWAP_DISABLE_NOT_REQUIRED)
/* clang-format on */

/*
 * The same of a TD quote: T(field of the body, bytes, REASON). report_data and measurement are shared with
 * SEV-SNP.
 */
/* clang-format off */
#define POLICY_TD_BYTES(T) \
	T(mrtd, 48, MRTD_MISMATCH) \
	T(mrseam, 48, MRSEAM_MISMATCH) \
	T(mrconfigid, 48, MRCONFIGID_MISMATCH) \
	T(mrowner, 48, MROWNER_MISMATCH) \
	T(mrownerconfig, 48, MROWNERCONFIG_MISMATCH) \
	T(rtmr0, 48, RTMR0_MISMATCH) \
	T(rtmr1, 48, RTMR1_MISMATCH) \
	T(rtmr2, 48, RTMR2_MISMATCH) \
	T(rtmr3, 48, RTMR3_MISMATCH) \
	T(mrservicetd, 48, MRSERVICETD_MISMATCH) \
	T(td_id, 32, TD_ID_MISMATCH) \
	T(devinfo_hash, 48, DEVINFO_HASH_MISMATCH) \
	T(init_servtd_hash, 48, INIT_SERVTD_HASH_MISMATCH) \
	T(curr_servtd_hash, 48, CURR_SERVTD_HASH_MISMATCH)
/* clang-format on */

/* The same of the PCK certificate of a TD quote: P(member, bytes, REASON). */
/* clang-format off */
#define POLICY_PCK_BYTES(P) \
	P(fmspc, 6, FMSPC_MISMATCH) \
	P(ppid, 16, PPID_MISMATCH) \
	P(platform_instance_id, 16, PLATFORM_INSTANCE_ID_MISMATCH)
/* clang-format on */

enum policy_tee { POLICY_SEV_SNP, POLICY_TDX };

/* Kinds of evidence: a report by its kind of signing key, or a TD quote. */
enum policy_scope {
	POLICY_OF_VCEK = 1 << 0,
	POLICY_OF_VLEK = 1 << 1,
	POLICY_OF_SNP = POLICY_OF_VCEK | POLICY_OF_VLEK,
	POLICY_OF_TDX = 1 << 2,
	POLICY_OF_ANY = POLICY_OF_SNP | POLICY_OF_TDX
};

enum { POLICY_MAX_MEMBERS = 112 };

struct jurat_policy {
#define POLICY_LIST_MEMBER(field, size, reason) struct policy_list field;
	POLICY_BYTES(POLICY_LIST_MEMBER)
#define POLICY_BOOL_MEMBER(member, scope, value, bit, wrong, reason) bool member;
	POLICY_GUEST_BITS(POLICY_BOOL_MEMBER)
	uint32_t vmpls;        /* bit n: VMPL n is allowed */
	uint32_t maximum_vmpl; /* 0 to 3 */
	uint32_t minimum_guest_svn;
	struct policy_version minimum_policy_abi, minimum_firmware, minimum_committed_firmware;
	struct policy_tcb minimum_tcb, minimum_committed_tcb, minimum_current_tcb, minimum_launch_tcb;
	uint64_t minimum_launch_mit_vector, minimum_current_mit_vector; /* bits that must be set */
	bool require_launch_mitigations;
	bool allow_provisional_firmware;
	uint64_t required_platform_info, forbidden_platform_info, allow_unknown_platform_info;
	uint32_t products; /* bit: enum snp_product */
	bool allow_vcek, allow_vlek, allow_masked_chip_id;
	struct policy_words csp_id;
	bool require_crl;
	uint32_t tees; /* bit: enum policy_tee */
	POLICY_TD_BYTES(POLICY_LIST_MEMBER)
	POLICY_PCK_BYTES(POLICY_LIST_MEMBER)
	uint32_t sgx_type; /* bit n: type n is allowed; all bits set: any type, also above 31 */
	struct policy_svns minimum_tee_tcb_svn;
	int64_t minimum_tcb_date; /* INT64_MAX: OutOfDate is never accepted because of its date */
	uint64_t allowed_td_attributes, required_td_attributes;
	uint64_t allowed_xfam, required_xfam;
	uint64_t allow_unknown_td_attributes, allow_unknown_xfam;
	bool allow_service_td, allow_no_collateral;
	uint32_t accepted_tcb_statuses, accepted_current_tcb_statuses; /* bit: enum tcb_status */
	struct policy_words accepted_advisories, rejected_advisories;
	uint32_t maximum_collateral_age_days; /* 0: only its own validity period applies */
	uint32_t minimum_tcb_evaluation_data_number;
	struct policy_events event_digests;
	struct policy_words kernel_cmdline;
	bool require_event_log, require_secure_boot, allow_unexplained_rtmr3;
	struct policy_words warnings;           /* of jurat_policy_warning() */
	bool set[POLICY_MAX_MEMBERS];           /* by row of the member: it was set, to any value */
	char *comments[POLICY_MAX_MEMBERS + 1]; /* the same, lines; NULL: none. The last is of the policy */
};

void policy_init(struct jurat_policy *policy);
void policy_done(struct jurat_policy *policy);
/* Whether a list allows a value of `size` bytes; an empty list allows every value. */
bool policy_list_has(const struct policy_list *list, const uint8_t *value, size_t size);
bool policy_words_have(const struct policy_words *words, const char *word);
/* The same, ignoring case. */
bool policy_words_have_alike(const struct policy_words *words, const char *word);

/* A row of the table of members, and its state in a policy. */
struct policy_member {
	const char *name;
	enum policy_scope scope; /* evidence that the member applies to */
	bool set;                /* in this policy */
	bool demands;            /* set to a value that refuses evidence which the default policy accepts */
};
/* Gets the i-th row; false past the end. */
bool policy_member_at(const struct jurat_policy *policy, size_t i, struct policy_member *ret);
/*
 * Replaces the comment of a member, or of the whole policy (`member` is "").
 *
 * comment   one or several lines, without a newline after the last; copied. NULL: none
 * Returns   0; -EINVAL there is no such member; -ENOMEM
 */
JURAT_MUST_CHECK int policy_set_comment(struct jurat_policy *policy, const char *member, const char *comment);
bool policy_is_set(const struct jurat_policy *policy, const char *member);

/*
 * A member restricts evidence to the kinds that it applies to: other evidence is refused, unless the policy
 * names its kind, too. In that case the verdict reports when no member restricts this kind specifically.
 *
 * evidence   one kind, or POLICY_OF_SNP for an unsigned report
 */
struct jurat_verdict;
void policy_judge_scope(const struct jurat_policy *policy, enum policy_scope evidence,
			struct jurat_verdict *out);

#endif
