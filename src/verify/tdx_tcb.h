/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_TDX_TCB_H
#define VERIFY_TDX_TCB_H

#include "verify/tdx_collateral.h"

/*
 * TCB evaluation of a platform, its TDX module and its quoting enclave by Intel's collateral. Pure functions:
 * trust in the collateral is checked elsewhere. Spec: Intel PCS v4, TCB Info; QVL, EvaluateTcb
 * (doc/facts/tdx.md, 8).
 */
struct tcb_subject {
	uint8_t sgx[TCB_COMPONENTS]; /* of the PCK certificate */
	uint16_t pcesvn;             /* of the PCK certificate */
	uint16_t qe_isvsvn;
	uint8_t tee_tcb_svn[TCB_COMPONENTS];
	bool has_svn2; /* TDX 1.5: the module that runs now may be newer than the one that launched the TD */
	uint8_t tee_tcb_svn2[TCB_COMPONENTS];
	bool has_init; /* body type 4 of a TD that was launched on another platform: the module there */
	uint8_t init_tee_tcb_svn[TCB_COMPONENTS];
};

/* Bytes of tee_tcb_svn. */
enum { TEE_TCB_SVN_MODULE_ISVSVN = 0, TEE_TCB_SVN_MODULE_VERSION = 1 };

/* The status of one part, and the level that states it. */
struct tcb_part {
	enum tcb_status status; /* TCB_STATUS_NONE: not evaluated */
	int64_t date;
	struct advisories advisories;
};

enum tcb_part_id {
	TCB_PART_PLATFORM,
	TCB_PART_MODULE,
	TCB_PART_QE,
	TCB_PART_CURRENT_PLATFORM,
	TCB_PART_CURRENT_MODULE,
	TCB_PART_INIT_MODULE,
	TCB_N_PARTS
};
const char *tcb_part_name(enum tcb_part_id part); /* as in the verdict's JSON */

struct tcb_evaluation {
	enum tcb_status status; /* combined status */
	/* combined status of the platform that made the quote */
	enum tcb_status here;
	enum tcb_status launch, current;                  /* current: TCB_STATUS_NONE without tee_tcb_svn2 */
	struct tcb_part platform, module, qe;             /* at launch */
	struct tcb_part current_platform, current_module; /* by tee_tcb_svn2 */
	struct tcb_part init_module;                      /* by init_tee_tcb_svn: matters only if revoked */
	/*
	 * The parts that determine `status` and `current`; of several, the one with the oldest level. Not
	 * valid when all is up to date.
	 */
	enum tcb_part_id deciding, current_deciding;
	/* TCB date of the deciding part; if all are up to date, the oldest at launch. INT64_MIN: none. */
	int64_t date;
	char why[96]; /* for NOT_SUPPORTED, UNRECOGNIZED and REVOKED */
};

void tcb_evaluate(const struct tcb_info *info, const struct qe_identity *identity,
		  const struct tcb_subject *subject, struct tcb_evaluation *ret);

const struct tcb_part *tcb_part_of(const struct tcb_evaluation *e, enum tcb_part_id part);
/* Name of the part that decides; NULL: all is up to date. */
const char *tcb_deciding_name(const struct tcb_evaluation *e);

/* The lowest level above the met one that has a better status; NULL: there is none. */
const struct tcb_level *tcb_better_level(const struct tcb_info *info, const struct tcb_subject *subject,
					 const uint8_t svn[TCB_COMPONENTS]);
const struct svn_level *tcb_better_svn_level(const struct svn_levels *levels, unsigned isvsvn);
/*
 * The first TDX component to compare: a module with an identity of its own has its first two evaluated there
 * (V4).
 */
size_t tcb_first_tdx_component(const uint8_t svn[TCB_COMPONENTS]);

/* The combined status when module or QE are out of date or revoked (doc/facts/tdx.md, table of 8.4). */
enum tcb_status tcb_converge(enum tcb_status platform, bool any_out_of_date, bool any_revoked);
/*
 * Combines the statuses at launch and now: whether a relaunch with the current module would help
 * (doc/facts/tdx.md, 8.4 step 6). Stricter than Intel's library, which keeps the status at launch: a revoked
 * current module can read the TD's memory.
 */
enum tcb_status tcb_relaunch(enum tcb_status launch, enum tcb_status current);

/*
 * The identity of a module's major version; NULL when the TCB info has none. For version 0 it is tdxModule.
 */
const struct tdx_module *tcb_module(const struct tcb_info *info, uint8_t version);

#endif
