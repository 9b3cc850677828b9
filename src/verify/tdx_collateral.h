/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_TDX_COLLATERAL_H
#define VERIFY_TDX_COLLATERAL_H

#include <jurat/verify.h>

#include "verify/tdx_collateral_json.h"
#include "verify/entry.h"
#include "verify/tdx_status.h"

/*
 * Intel's collateral as served: signed JSON, certificates, CRLs. Everything is parsed strictly when it is
 * added and does not change afterwards, so that several verifiers may share it. Parsing verifies no
 * signature.
 */
enum {
	COLLATERAL_MAX_ITEMS = 64, /* of each kind */
	COLLATERAL_MAX_LEVELS = 256,
	COLLATERAL_MAX_MODULES = 64,
	COLLATERAL_MAX_ADVISORIES = 256, /* of one level */
	ADVISORY_BYTES = 32,
	TCB_COMPONENTS = 16,
	COLLATERAL_WHY_BYTES = 128,
	COMPONENT_NAME_BYTES = 64,
};

enum collateral_document { COLLATERAL_TCB_INFO, COLLATERAL_QE_IDENTITY, COLLATERAL_N_DOCUMENTS };

/* The signed part: SHA-256 over the bytes of the member's value as served, and its signature. */
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
	char id[16]; /* "TDX_01", unchanged */
	uint8_t mrsigner[48];
	uint8_t attributes[8], attributes_mask[8];
	struct svn_levels levels;
};

typedef char advisory_id[ADVISORY_BYTES];
typedef char component_name[COMPONENT_NAME_BYTES];

/* Common members of TCB info and QE identity. */
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
	bool has_modules;         /* tdxModuleIdentities is present, even if empty */
	struct tdx_module module; /* tdxModule: for modules of major version 0 */
	struct tdx_module *modules;
	size_t n_modules;
	/* "BIOS, Early Microcode Update", from the first level as served; "": none */
	component_name sgx_names[TCB_COMPONENTS], tdx_names[TCB_COMPONENTS];
	struct tcb_level *levels; /* highest first: SGX components, then pcesvn, then TDX components */
	size_t n_levels;
};

/* Spec: Intel PCS API v4, enclave identity V2. */
struct qe_identity {
	struct signed_document doc;
	uint8_t miscselect[4], miscselect_mask[4]; /* little-endian, as in a report */
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
	uint8_t last_chain[CRYPTO_SHA256_BYTES]; /* digest of the last text with certificates or CRLs */
	/* Why the last document of each kind was refused, for verdicts that lack it. */
	char unusable[COLLATERAL_N_DOCUMENTS][COLLATERAL_WHY_BYTES];
};

/*
 * at        the value of the member "tcbInfo" or "enclaveIdentity"; the caller fills in the signed part
 * Returns   0; -EBADMSG a member is missing or malformed: `err` names it; -ENOMEM
 */
JURAT_MUST_CHECK int tcb_info_read(const struct json_rd *json, json_rd_at at, struct tcb_info **ret,
				   struct jurat_error *err);
void tcb_info_free(struct tcb_info *info);
JURAT_MUST_CHECK int qe_identity_read(const struct json_rd *json, json_rd_at at, struct qe_identity **ret,
				      struct jurat_error *err);
void qe_identity_free(struct qe_identity *identity);

/* Whether collateral can have an advisory of that name, such as INTEL-SA-00837. */
bool collateral_is_advisory(const char *id);
/* Reads "2026-02-01T14:49:26Z"; false for any other format. */
bool collateral_time(const char *text, int64_t *ret);

/*
 * Whether JSON of n bytes, untrusted, is collateral (a document as served, or a bundle), or has some at any
 * depth, as in {"quote", "collateral"}.
 */
bool collateral_is(const uint8_t *text, size_t n);
bool collateral_is_within(const uint8_t *text, size_t n);

/*
 * Whether `err` says why a TCB info or QE identity was refused; a verdict that lacks it has the same reason.
 */
bool collateral_has_unusable(const struct jurat_tdx_collateral *collateral, const struct jurat_error *err);

#endif
