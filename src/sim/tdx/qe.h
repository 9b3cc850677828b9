/* SPDX-License-Identifier: MIT */
#ifndef SIM_QE_H
#define SIM_QE_H

#include "sim/pki/pki_intel.h"
#include "sim/tdx/tdx_module.h"
#include "wire/tdx_quote.h"

/*
 * The TD quoting enclave of a platform, with its PCK certificate: checks TDREPORTs of this machine and
 * converts them to quotes; and the collateral that a verifier needs for them. The quote format depends on the
 * report as with Intel's enclave, without two bugs of its source: report data is copied in every format, and
 * a TEE TCB SVN that a report does not have never overwrites one that it has.
 *
 * Threads   one thread per platform and what is made of it
 * Spec      Intel DCAP, sgx_quote_4.h and sgx_quote_5.h; Intel PCS API v4
 */
struct sim_qe;

enum {
	SIM_QE_PROD_ID = 2,
	SIM_QE_DEFAULT_SVN = 7,
	SIM_QE_PADDING_MAX = 4096,
	SIM_QE_ID_BYTES = 16,
	SIM_QE_MAX_CHAIN = 8,
	/* tcbEvaluationDataNumber of TCB infos that Intel issued in August 2026, the newest that were seen */
	SIM_COLLATERAL_EVALUATION = 20,
};

struct sim_qe_options {
	uint16_t isv_svn; /* 0: SIM_QE_DEFAULT_SVN */
	bool has_no_nul;  /* without the NUL behind the PEM chain that newer quotes count as part of it */
	bool is_debug;    /* an enclave that a verifier must refuse */
	uint16_t padding; /* zeros behind a quote, as Intel's service leaves them: 70 in many; at most 4096 */
	/* Both 0: as its CA's; pck_not_after alone 0: Intel's 7 years. */
	int64_t pck_not_before, pck_not_after;
};

/*
 * platform, pki  borrowed
 * options        borrowed for the call; NULL: defaults
 * Returns        0; -EINVAL; -ENOMEM
 */
JURAT_MUST_CHECK int sim_qe_new(const struct sim_tdx_platform *platform, const struct sim_pki_intel *pki,
				const struct sim_qe_options *options, struct sim_qe **ret,
				struct jurat_error *err);
void sim_qe_free(struct sim_qe *qe);

/*
 * report    n bytes, untrusted
 * ret       heap copy that the caller frees
 * Returns   0; -EBADMSG not 1024 bytes, reserved bytes are not zero, or its digests are not its parts';
 *           -EKEYREJECTED it was not made on this machine; -ENOTSUP no TDREPORT, or its version and valid
 *           bitmap are a pair that no quote format is for; -ENOMEM
 */
JURAT_MUST_CHECK int sim_qe_quote(const struct sim_qe *qe, const uint8_t *report, size_t n, uint8_t **ret,
				  size_t *ret_size, struct jurat_error *err);

/* Platform information of a quoting service. */
struct sim_qe_platform_info {
	uint16_t qe_isv_svn, pce_isv_svn;
	uint8_t qe_id[SIM_QE_ID_BYTES], cpusvn[SIM_TDX_SVN_BYTES];
};
void sim_qe_platform_info(const struct sim_qe *qe, struct sim_qe_platform_info *ret);
/* The PCK certificate: DER, borrowed; its serial, for CRLs. */
const uint8_t *sim_qe_pck(const struct sim_qe *qe, size_t *ret_size);
void sim_qe_pck_serial(const struct sim_qe *qe, uint8_t ret[SIM_INTEL_SERIAL_BYTES]);

/*
 * Requested contents of the collateral. A status is that of the level which the platform, its current TDX
 * module or this enclave meets: "UpToDate" and so on. Above it is a level that is up to date, below it one
 * that is out of date, so that a TD of an older module is out of date. NULL: there is no level for it at all.
 */
struct sim_collateral_options {
	const char *platform_status, *module_status, *qe_status;
	int64_t issued, next_update; /* of all documents and CRLs; TCB dates: a midnight 90 days before */
	uint32_t evaluation;
	bool revokes_pck, revokes_platform_ca, revokes_tcb_signing;
};

/*
 * Collateral of a platform without faults, as every quoting service of the software platform has it on that
 * day: issued at the midnight (UTC) before last, for 30 days.
 */
struct sim_collateral_options sim_collateral_up_to_date(int64_t now);

/* The seven parts of a quoting service's answer, in its order: PEM chains end with the root. */
enum sim_collateral_part {
	SIM_PCK_CRL_ISSUER_CHAIN, /* PEM */
	SIM_ROOT_CA_CRL,          /* DER */
	SIM_PCK_CRL,              /* DER */
	SIM_TCB_INFO_ISSUER_CHAIN,
	SIM_TCB_INFO, /* JSON */
	SIM_QE_IDENTITY_ISSUER_CHAIN,
	SIM_QE_IDENTITY,
	SIM_N_COLLATERAL_PARTS,
};
/* The files that a directory of collateral has them in, as `jurat verify --collateral` takes them. */
extern const char *const sim_collateral_names[SIM_N_COLLATERAL_PARTS];
struct sim_collateral {
	struct {
		uint8_t *bytes; /* a NUL follows, which size does not count; NULL: an order leaves it out */
		size_t size;
	} parts[SIM_N_COLLATERAL_PARTS];
};

/*
 * 0; -EINVAL dates that cannot be written; -ENOMEM. Freed with sim_collateral_done, which takes zeros, too.
 */
JURAT_MUST_CHECK int sim_qe_collateral(const struct sim_qe *qe, const struct sim_collateral_options *o,
				       struct sim_collateral *ret, struct jurat_error *err);
void sim_collateral_done(struct sim_collateral *collateral);
/* The MRSIGNER of the enclave, for identities that the caller makes itself. */
void sim_qe_mrsigner(const struct sim_qe *qe, uint8_t ret[32]);

/* The keys of a quote, and one that nothing certifies. */
enum sim_qe_key { SIM_QE_ATTESTATION_KEY, SIM_QE_PCK_KEY, SIM_QE_OTHER_KEY, SIM_QE_N_KEYS };
/* x then y, borrowed. */
const uint8_t *sim_qe_public(const struct sim_qe *qe, enum sim_qe_key key);
void sim_qe_sign(const struct sim_qe *qe, enum sim_qe_key key, const void *bytes, size_t n,
		 uint8_t ret[TDX_QUOTE_SIGNATURE_BYTES]);
const struct sim_pki_intel *sim_qe_pki(const struct sim_qe *qe);

/*
 * Evidence to order (sim/forge/): what is called in place of the enclave's own steps. A member that is NULL
 * changes nothing.
 */
struct sim_qe_hooks {
	/* Changes what the certificate of the PCK will say. */
	int (*pck)(void *ctx, struct sim_pck *pck, struct jurat_error *err);
	/* Signs and writes a quote; it has neither signatures nor the QE's report data. */
	int (*quote)(void *ctx, const struct sim_qe *qe, const struct tdx_quote *quote, uint8_t **ret,
		     size_t *ret_size, struct jurat_error *err);
	/* Changes what collateral will say. */
	int (*collateral)(void *ctx, struct sim_collateral_options *o, struct jurat_error *err);
	/* Changes the certificates of an issuer chain, up to SIM_QE_MAX_CHAIN; none: there is no chain. */
	int (*chain)(void *ctx, const struct sim_qe *qe, enum sim_collateral_part part, struct sim_der *certs,
		     size_t *n, struct jurat_error *err);
	void *ctx;
};
/*
 * From now on. Issues the PCK certificate again, with what the roots' own hooks do.
 *
 * hooks     copied; its ctx is borrowed for the enclave's life
 */
JURAT_MUST_CHECK int sim_qe_set_hooks(struct sim_qe *qe, const struct sim_qe_hooks *hooks,
				      struct jurat_error *err);

#endif
