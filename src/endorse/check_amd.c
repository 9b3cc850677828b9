/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "endorse/check_internal.h"
#include "verify/snp_judge.h"

/* AMD's endorsements, by the verifier's functions for the certificates of a report. */

static void drop_cert(struct cert_entry **entry)
{
	cert_entry_free(*entry);
}

/* The state of a verification of a report that says what the item says. */
static struct snp_judge judge_of(struct endorse_case *c, bool vlek)
{
	struct snp_judge j = { .verifier = c->checker->verifier,
			       .policy = &c->policy,
			       .at = c->at,
			       .out = c->out,
			       .product = c->item->product,
			       .vlek = vlek,
			       .report = { .version = 3 } };

	memcpy(j.report.chip_id, c->item->chip_id, sizeof(j.report.chip_id));
	j.report.reported_tcb = snp_tcb_write(c->item->product, &c->item->tcb);
	return j;
}

static void chain_ends(struct endorse_case *c, const struct cert_entry *intermediate,
		       const struct cert_entry *root)
{
	endorse_check_expires(c, intermediate->cert.not_after);
	endorse_check_expires(c, root->cert.not_after);
}

static int check_chain(struct endorse_case *c, bool vlek, struct jurat_error *err)
{
	struct endorse_chain *keep = &c->checker->chains[c->item->product][vlek];
	struct snp_judge j = judge_of(c, vlek);
	struct cert_entry *certs[2] = { NULL };
	bool trusted = false;
	int r = endorse_read_chain(c->value->body, c->value->size, certs, err);
	struct cert_entry *intermediate auto_call(drop_cert) = certs[0];
	struct cert_entry *root auto_call(drop_cert) = certs[1];

	if (r < 0)
		return r;
	j.intermediate = intermediate;
	j.table_root = root;
	r = endorse_check_outcome(c, judge_authorities(&j, &trusted), VERIFY_N_REASONS, err);
	if (r < 0)
		return r;
	assert(trusted);
	r = endorse_is_root(root, j.root);
	if (r == JURAT_REFUSED)
		return jurat_fail(err, -EBADMSG, "the second certificate is not the trusted ARK-%s",
				  snp_product_name(c->item->product));
	if (r < 0)
		return verdict_not_reached(err, r, "chain");
	chain_ends(c, intermediate, root);
	endorse_keep(&keep->intermediate, intermediate);
	endorse_keep(&keep->root, root);
	return 0;
}

static int check_vcek(struct endorse_case *c, const struct endorse_chain *chain, struct jurat_error *err)
{
	struct cert_entry *leaf auto_call(drop_cert) = NULL;
	struct snp_judge j = judge_of(c, false);
	int r = cert_entry_new(c->value->body, c->value->size, &leaf, err);

	if (r < 0)
		return jurat_wrap(err, r, "VCEK");
	j.table_leaf = leaf;
	j.table_intermediate = chain->intermediate;
	j.table_root = chain->root;
	r = judge_leaf(&j);
	if (r == 0)
		r = judge_chain(&j);
	r = endorse_check_outcome(c, r, VERIFY_N_REASONS, err);
	if (r < 0)
		return r;
	assert(j.leaf == leaf && j.leaf_signed && j.root_trusted);
	endorse_check_expires(c, leaf->cert.not_after);
	chain_ends(c, j.intermediate, j.root);
	return 0;
}

/* A CRL that revokes the intermediate is as good as another: whoever gets it wants to know. */
static int check_crl(struct endorse_case *c, const struct endorse_chain *chain, bool vlek,
		     struct jurat_error *err)
{
	struct pointers *supplied = &c->checker->verifier->crls;
	struct snp_judge j = judge_of(c, vlek);
	auto_free struct crl_entry *crl = NULL;
	void *only[1];
	bool trusted = false;
	int r = crl_entry_new(c->value->body, c->value->size, &crl, err);

	if (r < 0)
		return jurat_wrap(err, r, "CRL");
	only[0] = crl;
	j.intermediate = chain->intermediate;
	j.table_root = chain->root;
	c->policy.require_crl = true;
	r = judge_authorities(&j, &trusted);
	if (r == 0 && trusted) {
		const struct pointers before = *supplied;

		*supplied = (struct pointers){ .items = only, .n = 1, .room = 1 };
		r = judge_crls(&j);
		*supplied = before;
	}
	r = endorse_check_outcome(c, r, REASON_INTERMEDIATE_REVOKED, err);
	if (r < 0)
		return r;
	assert(trusted && crl_entry_has_signer(crl));
	endorse_check_issue(c, &crl->crl);
	endorse_check_expires(c, j.root->cert.not_after);
	return 0;
}

int endorse_check_amd(struct endorse_case *c, struct jurat_error *err)
{
	const enum endorse_kind kind = c->item->kind;
	const bool vlek = kind == ENDORSE_VLEK_CHAIN || kind == ENDORSE_VLEK_CRL;
	const struct endorse_chain *chain;

	if (c->item->product == SNP_PRODUCT_UNKNOWN || c->item->product >= SNP_N_PRODUCTS)
		return jurat_fail(err, -EBADMSG, "unknown product");
	if (kind == ENDORSE_VCEK_CHAIN || kind == ENDORSE_VLEK_CHAIN)
		return check_chain(c, vlek, err);
	chain = &c->checker->chains[c->item->product][vlek];
	if (!chain->intermediate)
		return jurat_fail(err, -ENOKEY,
				  "the certificates of its issuers (%s of %s) have not been checked yet",
				  vlek ? "ASVK and ARK" : "ASK and ARK", snp_product_name(c->item->product));
	return kind == ENDORSE_VCEK ? check_vcek(c, chain, err) : check_crl(c, chain, vlek, err);
}
