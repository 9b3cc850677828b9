/* SPDX-License-Identifier: MIT */
#include "cli/verify.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/fetch_subject.h"
#include "cli/fetcher.h"
#include "verify/tdx_collateral.h"
#include "verify/tdx_verdict.h"

/* `jurat verify --fetch`: asks for what a verdict says is missing, once for each item. */

enum { MAX_ASKED = 16 };

struct fetching {
	struct cli_fetcher fetcher;
	struct endorse_item asked[MAX_ASKED];
	size_t n_asked;
	enum snp_product product; /* of a VCEK that was fetched for a report which does not name it */
};

static bool was_asked(struct fetching *g, const struct endorse_item *item)
{
	char name[ENDORSE_TEXT_BYTES], other[ENDORSE_TEXT_BYTES];

	endorse_item_name(item, name, sizeof(name));
	for (size_t i = 0; i < g->n_asked; i++) {
		endorse_item_name(&g->asked[i], other, sizeof(other));
		if (!strcmp(name, other))
			return true;
	}
	if (g->n_asked == MAX_ASKED)
		return true;
	g->asked[g->n_asked++] = *item;
	return false;
}

static int add_value(struct cli_verify *v, const struct endorse_item *item, const struct endorse_value *value,
		     struct jurat_error *err)
{
	const char *chain = value->issuer_chain;
	int r = 0;

	switch (item->kind) {
	case ENDORSE_VCEK:
	case ENDORSE_VCEK_CHAIN:
	case ENDORSE_VLEK_CHAIN:
		return jurat_verifier_add_certificates(v->verifier, value->body, value->size, NULL, err);
	case ENDORSE_VCEK_CRL:
	case ENDORSE_VLEK_CRL:
		return jurat_verifier_add_crl(v->verifier, value->body, value->size, err);
	default:
		r = jurat_tdx_collateral_add(v->collateral, value->body, value->size, err);
		if (r == 0 && chain)
			r = jurat_tdx_collateral_add(v->collateral, chain, strlen(chain), err);
		return r;
	}
}

/*
 * Gets an item and adds it. What the source does not have, or has wrong, stays missing: a warning says why,
 * and the verdict refuses. No connection is an error: then there is no verdict.
 */
static int get(struct cli *cli, struct cli_verify *v, struct endorse_item *item,
	       const enum snp_product *products, size_t n, bool *ret_more)
{
	struct endorse_value value auto_call(endorse_value_done) = { .body = NULL };
	struct fetching *g = v->context;
	struct jurat_error err = { "" };
	char name[ENDORSE_TEXT_BYTES];
	json_t *row;
	int r;

	if (n > 0)
		item->product = products[0];
	if (was_asked(g, item))
		return CLI_OK;
	r = n > 0 ? cli_fetcher_get_any(&g->fetcher, item, products, n, &value, &err)
		  : cli_fetcher_get(&g->fetcher, item, &value, &err);
	if (r != 0 && cli_fetcher_status(r) == CLI_REFUSED) {
		cli_warn(cli, "%s", err.text);
		return CLI_OK;
	}
	if (r == 0)
		r = add_value(v, item, &value, &err);
	if (r != 0)
		return cli_fail(cli, cli_fetcher_status(r), "%s", err.text);
	endorse_item_name(item, name, sizeof(name));
	row = json_pack("{s:s, s:s}", "item", name, "from", cli_fetcher_source(&g->fetcher, item));
	if (!row || json_array_append_new(v->fetched, row) < 0)
		return cli_fail_memory(cli);
	*ret_more = true;
	return CLI_OK;
}

/* ---- SEV-SNP */

static int fetch_leaf(struct cli *cli, struct cli_verify *v, const struct jurat_verdict *verdict,
		      const struct verdict_missing *m, bool *ret_more)
{
	struct endorse_item item = { .kind = ENDORSE_VCEK, .tcb = m->tcb };
	struct fetching *g = v->context;
	bool more = false;
	int status;

	/* Nobody has a VLEK but its provider, and nobody finds the VCEK of a chip without its id. */
	if (m->vlek || !m->has_tcb || bytes_all(verdict->report.chip_id, sizeof(verdict->report.chip_id), 0))
		return CLI_OK;
	memcpy(item.chip_id, verdict->report.chip_id, sizeof(item.chip_id));
	status = get(cli, v, &item, m->products, m->n_products, &more);
	if (more)
		g->product = item.product;
	*ret_more = *ret_more || more;
	return status;
}

static int fetch_chain(struct cli *cli, struct cli_verify *v, const struct verdict_missing *m, bool *ret_more)
{
	struct endorse_item item = { .kind = m->vlek ? ENDORSE_VLEK_CHAIN : ENDORSE_VCEK_CHAIN };
	struct fetching *g = v->context;

	if (g->product != SNP_PRODUCT_UNKNOWN)
		return get(cli, v, &item, &g->product, 1, ret_more);
	return m->n_products == 1 ? get(cli, v, &item, m->products, 1, ret_more) : CLI_OK;
}

static int fetch_missing(struct cli *cli, struct cli_verify *v, const struct jurat_verdict *verdict,
			 enum verdict_missing_kind kind, bool *ret_more)
{
	int status = CLI_OK;

	for (size_t i = 0; status == CLI_OK && i < verdict->n_missing; i++) {
		const struct verdict_missing *m = &verdict->missing[i];

		if (m->kind == kind)
			status = kind == MISSING_LEAF ? fetch_leaf(cli, v, verdict, m, ret_more)
						      : fetch_chain(cli, v, m, ret_more);
	}
	return status;
}

static int fetch_snp(struct cli *cli, struct cli_verify *v, const struct jurat_verdict *verdict,
		     bool *ret_more)
{
	struct endorse_item crl = { .kind = verdict->vlek ? ENDORSE_VLEK_CRL : ENDORSE_VCEK_CRL };
	struct fetching *g = v->context;
	int status = CLI_OK;

	g->product = verdict->product != SNP_PRODUCT_UNKNOWN ? verdict->product : g->product;
	/* The check of a VCEK needs its chain, which is asked for once if it is first. */
	if (g->product != SNP_PRODUCT_UNKNOWN)
		status = fetch_missing(cli, v, verdict, MISSING_CHAIN, ret_more);
	if (status == CLI_OK)
		status = fetch_missing(cli, v, verdict, MISSING_LEAF, ret_more);
	if (status == CLI_OK)
		status = fetch_missing(cli, v, verdict, MISSING_CHAIN, ret_more);
	if (status == CLI_OK && jurat_verdict_has_reason(verdict, JURAT_REASON_CRL_MISSING) &&
	    g->product != SNP_PRODUCT_UNKNOWN)
		status = get(cli, v, &crl, &g->product, 1, ret_more);
	return status;
}

/* ---- TDX */

static bool is_current(const struct signed_document *doc, int64_t at)
{
	return doc->issue_date <= at && at <= doc->next_update;
}

static bool has_tcb_info(const struct cli_verify *v, const uint8_t fmspc[6])
{
	for (size_t i = 0; i < v->collateral->n_tcb_infos; i++) {
		const struct tcb_info *info = v->collateral->tcb_infos[i];

		if (!strcmp(info->doc.id, "TDX") && memcmp(info->fmspc, fmspc, 6) == 0 &&
		    is_current(&info->doc, v->at))
			return true;
	}
	return false;
}

static bool has_identity(const struct cli_verify *v)
{
	for (size_t i = 0; i < v->collateral->n_identities; i++)
		if (!strcmp(v->collateral->identities[i]->doc.id, "TD_QE") &&
		    is_current(&v->collateral->identities[i]->doc, v->at))
			return true;
	return false;
}

static bool has_crl(const struct cli_verify *v, const char *issuer)
{
	for (size_t i = 0; i < v->collateral->n_crls; i++) {
		const struct crypto_crl *crl = &v->collateral->crls[i]->crl;

		if (crl->issuer_cn.size == strlen(issuer) &&
		    memcmp(crl->issuer_cn.data, issuer, crl->issuer_cn.size) == 0 &&
		    crl->this_update <= v->at && v->at <= crl->next_update)
			return true;
	}
	return false;
}

static int fetch_tdx(struct cli *cli, struct cli_verify *v, const struct jurat_verdict *verdict,
		     bool *ret_more)
{
	const bool signer = jurat_verdict_has_reason(verdict, JURAT_REASON_TCB_SIGNER_MISSING);
	const struct verdict_tdx *tdx = verdict->tdx;
	struct endorse_item info = { .kind = ENDORSE_TCB_INFO, .tee = ENDORSE_TDX };
	struct endorse_item identity = { .kind = ENDORSE_QE_IDENTITY, .tee = ENDORSE_TDX };
	struct endorse_item crl = { .kind = ENDORSE_PCK_CRL }, root_crl = { .kind = ENDORSE_ROOT_CRL };
	int status = CLI_OK;

	if (!tdx->has_pck || !verdict->leaf)
		return CLI_OK;
	memcpy(info.fmspc, tdx->pck.fmspc, sizeof(info.fmspc));
	crl.ca = fetch_subject_ca(&verdict->leaf->cert);
	if (signer || !has_tcb_info(v, info.fmspc))
		status = get(cli, v, &info, NULL, 0, ret_more);
	if (status == CLI_OK && (signer || !has_identity(v)))
		status = get(cli, v, &identity, NULL, 0, ret_more);
	if (status == CLI_OK && !has_crl(v, crl.ca == ENDORSE_PLATFORM ? "Intel SGX PCK Platform CA"
								       : "Intel SGX PCK Processor CA"))
		status = get(cli, v, &crl, NULL, 0, ret_more);
	if (status == CLI_OK && !has_crl(v, "Intel SGX Root CA"))
		status = get(cli, v, &root_crl, NULL, 0, ret_more);
	return status;
}

static int fetch(struct cli *cli, struct cli_verify *v, const struct jurat_verdict *verdict, bool *ret_more)
{
	struct fetching *g = v->context;

	*ret_more = false;
	if (!g->fetcher.fetcher) {
		int status = cli_fetcher_open(cli, &g->fetcher);

		if (status != CLI_OK)
			return status;
	}
	return verdict->tdx ? fetch_tdx(cli, v, verdict, ret_more) : fetch_snp(cli, v, verdict, ret_more);
}

int cli_verify_network(struct cli *cli)
{
	struct fetching g = { .n_asked = 0 };
	struct cli_verify v = { .fetch = cli_has(cli, "fetch") ? fetch : NULL, .context = &g };
	int status = cli_verify_with(cli, &v);

	cli_fetcher_close(&g.fetcher);
	return status;
}
