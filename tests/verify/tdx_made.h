/* SPDX-License-Identifier: MIT */
#ifndef TESTS_VERIFY_TDX_MADE_H
#define TESTS_VERIFY_TDX_MADE_H

#include "support/test.h"

#include <jurat/verify.h>

#include "crypto/p256_signer.h"
#include "sim/pki/pki_intel.h"
#include "wire/tdx_quote.h"

/* A certificate instead of the one that the roots of this world issued; size 0: none. */
struct tdx_made_cert {
	uint8_t der[SIM_INTEL_CERT_MAX_BYTES];
	size_t size;
};

/* TD quotes and collateral made to order from test roots: one thing at a time can be wrong with them. */
enum { TDX_MADE_LEVELS = 8, TDX_MADE_DAY = 86400 };

struct tdx_made {
	int64_t at;
	struct tdx_quote quote; /* what it will say; its signatures are made by tdx_made_sign() */
	struct sim_pck pck;
	uint8_t auth_data[32];
	/* What the documents will say; made by tdx_made_documents(). */
	struct sim_platform_level levels[TDX_MADE_LEVELS];
	struct sim_svn_level module_levels[TDX_MADE_LEVELS], qe_levels[TDX_MADE_LEVELS];
	struct sim_module_identity module;
	struct sim_tcb_info info;
	struct sim_qe_identity identity;
	/* What comes of it, for tests to spoil. Heap; NULL: left out of the collateral. */
	char *tcb_info, *qe_identity;
	uint8_t *bytes; /* the quote */
	size_t size;
	uint8_t leaf[SIM_INTEL_CERT_MAX_BYTES];
	size_t leaf_size;
	char *chain; /* PEM of the quote; made of the certificates unless it is there already */
	bool revokes_leaf, revokes_intermediate, revokes_signer;
	int64_t crl_issued, crl_next;
	bool no_pck_crl, no_root_crl, no_signer, leaf_for_signer;
	bool other_signs_report, other_signs_quote, other_signs_crls;
	bool loose_auth; /* the QE report is over other authentication data */
	struct tdx_made_cert instead[SIM_INTEL_N_CERTS];
	void (*alters_crl)(uint8_t *der, size_t n); /* in place, before its issuer signs it again */
};

/* The roots of this world: made once per program. */
struct sim_pki_intel *tdx_made_pki(void);
/* A good one of everything. body: TDX_BODY_10 (version 4) to TDX_BODY_15EX (version 5). */
void tdx_made_init(struct tdx_made *m, enum tdx_body_type body);
void tdx_made_done(struct tdx_made *m);
/* Issues the leaf, then signs the QE report and the quote. */
void tdx_made_sign(struct tdx_made *m);
void tdx_made_documents(struct tdx_made *m);
/* Replaces the first occurrence in a document; the signature is then of another text. */
void tdx_made_patch(char **text, const char *from, const char *to);
/* Signs a patched document again, as TCB signer of this world. */
void tdx_made_resign(char **text, const char *member);
/* After a certificate or CRL was changed in place: signs it again with one of the world's keys. */
void tdx_made_reissue(uint8_t *der, size_t room, size_t *size, enum sim_intel_cert issuer);
/* The certificate that evidence and collateral of `m` will have for this one: the world's own at first. */
struct tdx_made_cert *tdx_made_instead(struct tdx_made *m, enum sim_intel_cert which);
struct jurat_tdx_collateral *tdx_made_collateral(const struct tdx_made *m);
/* One with no root but that of `m`. NULL: the world's own. */
struct jurat_verifier *tdx_made_verifier(const struct tdx_made *m);
/* The test frees the verdict. */
struct jurat_verdict *tdx_made_judge(const struct tdx_made *m, struct jurat_verifier *v,
				     const struct jurat_tdx_collateral *collateral,
				     const struct jurat_policy *policy);

/* One thing wrong with everything else good, and the codes that come of it. */
struct tdx_spoilt {
	const char *what;
	enum tdx_body_type body;           /* 0: TDX_BODY_10 */
	void (*early)(struct tdx_made *m); /* before anything is signed */
	void (*late)(struct tdx_made *m);  /* after */
	const char *member, *value;        /* of the policy; of more members: NULL, and JSON */
	const char *codes[6];
	const char *status; /* NULL: not looked at */
};
/* Judges each twice: the second time with what is remembered. */
void tdx_spoilt_judge_all(const struct tdx_spoilt *rows, size_t n);

#endif
