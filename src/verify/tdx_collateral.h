/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_TDX_COLLATERAL_H
#define VERIFY_TDX_COLLATERAL_H

#include <jurat/verify.h>

#include "verify/tdx_collateral_json.h"
#include "verify/entry.h"
#include "verify/tdx_status.h"

/*
 * Intel's collateral as it was served: signed JSON, certificates, CRLs. Everything is read strictly when it
 * is added and nothing changes afterwards, so that one collateral may serve several verifiers at once.
 * Reading proves nothing.
 */
enum {
	COLLATERAL_MAX_ITEMS = 64, /* of each kind in one collateral */
	COLLATERAL_MAX_LEVELS = 256,
	COLLATERAL_MAX_MODULES = 64,
	COLLATERAL_MAX_ADVISORIES = 256, /* of one level */
	ADVISORY_BYTES = 32,
	TCB_COMPONENTS = 16,
	COLLATERAL_WHY_BYTES = 128,
	COMPONENT_NAME_BYTES = 64,
};

enum collateral_document { COLLATERAL_TCB_INFO, COLLATERAL_QE_IDENTITY, COLLATERAL_N_DOCUMENTS };

/* What was signed: SHA-256 over the bytes of the member's value as served, and the signature beside it. */
struct signed_part {
	uint8_t digest[CRYPTO_SHA256_BYTES];
	uint8_t r[32], s[32];
	uint8_t sha256[CRYPTO_SHA256_BYTES]; /* of all three: the identity of the document */
};

/* Advisory ids of one level: `n` from the document's pool. */
struct advisories {
	size_t first, n;
};

struct tcb_level {
	uint8_t sgx[TCB_COMPONENTS], tdx[TCB_COMPONENTS];
	uint16_t pcesvn;
	enum tcb_status status;
	int64_t date;
	struct advisories advisories;
};

/* A level of a TDX module or of a quoting enclave. */
struct svn_level {
	uint16_t isvsvn;
	enum tcb_status status;
	int64_t date;
	struct advisories advisories;
};

struct svn_levels {
	struct svn_level *items; /* highest isvsvn first */
	size_t n;
};

struct tdx_module {
	char id[16]; /* "TDX_01", as it stands */
	uint8_t mrsigner[48];
	uint8_t attributes[8], attributes_mask[8];
	struct svn_levels levels;
};

typedef char advisory_id[ADVISORY_BYTES];
typedef char component_name[COMPONENT_NAME_BYTES];

/* What TCB info and QE identity have in common. */
struct signed_document {
	struct signed_part part;
	char id[8];
	int64_t issue_date, next_update;
	uint32_t evaluation_data_number;
	advisory_id *advisories;
	size_t n_advisories, room_advisories;
};

/* Spec: Intel PCS API v4, TCB info V3. */
struct tcb_info {
	struct signed_document doc;
	uint8_t fmspc[6], pceid[2];
	uint32_t tcb_type;
	bool has_modules;         /* tdxModuleIdentities is there, even if empty */
	struct tdx_module module; /* tdxModule: of modules of major version 0 */
	struct tdx_module *modules;
	size_t n_modules;
	/* "BIOS, Early Microcode Update", of the level that was served first; "": it says nothing */
	component_name sgx_names[TCB_COMPONENTS], tdx_names[TCB_COMPONENTS];
	struct tcb_level *levels; /* highest first: SGX components, then pcesvn, then TDX components */
	size_t n_levels;
};

/* Spec: Intel PCS API v4, enclave identity V2. */
struct qe_identity {
	struct signed_document doc;
	uint8_t miscselect[4], miscselect_mask[4]; /* little-endian, as a report has it */
	uint8_t attributes[16], attributes_mask[16];
	uint8_t mrsigner[32];
	uint16_t isvprodid;
	struct svn_levels levels;
};

struct jurat_tdx_collateral {
	struct cert_entry *certs[COLLATERAL_MAX_ITEMS];
	struct crl_entry *crls[COLLATERAL_MAX_ITEMS];
	struct tcb_info *tcb_infos[COLLATERAL_MAX_ITEMS];
	struct qe_identity *identities[COLLATERAL_MAX_ITEMS];
	size_t n_certs, n_crls, n_tcb_infos, n_identities;
	uint8_t last_chain[CRYPTO_SHA256_BYTES]; /* what brought certificates or CRLs last, to the letter */
	/* Why a document was not taken, the last of its kind: a verdict that lacks it says so. */
	char unusable[COLLATERAL_N_DOCUMENTS][COLLATERAL_WHY_BYTES];
};

/*
 * at        the value of the member "tcbInfo" or "enclaveIdentity"; the signed part is the caller's to fill
 *           in
 * Returns   0; -EBADMSG a member that is missing or not what it must be: `err` names it; -ENOMEM
 */
JURAT_MUST_CHECK int tcb_info_read(const struct json_rd *json, json_rd_at at, struct tcb_info **ret,
				   struct jurat_error *err);
void tcb_info_free(struct tcb_info *info);
JURAT_MUST_CHECK int qe_identity_read(const struct json_rd *json, json_rd_at at, struct qe_identity **ret,
				      struct jurat_error *err);
void qe_identity_free(struct qe_identity *identity);

/* "2026-02-01T14:49:26Z", nothing else. */
bool collateral_time(const char *text, int64_t *ret);

/*
 * Whether JSON claims to be collateral (a document as served, or a bundle), and whether it has a quote's
 * collateral in a member beside it. n bytes, untrusted.
 */
bool collateral_is(const uint8_t *text, size_t n);
bool collateral_is_beside_quote(const uint8_t *text, size_t n);

/* Whether `err` is why a TCB info or QE identity was refused: a verdict without it will give that reason. */
bool collateral_has_unusable(const struct jurat_tdx_collateral *collateral, const struct jurat_error *err);

#endif
