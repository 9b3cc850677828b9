/* SPDX-License-Identifier: MIT */
#include "cli/verify.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/fetch_subject.h"
#include "cli/fetcher.h"
#include "verify/tdx_collateral.h"
#include "verify/tdx_verdict.h"

/*
 * `jurat verify --fetch`: asks for what a verdict says is missing, once for each item, however many pieces of
 * evidence lack it.
 */

struct got {
	struct endorse_value value; /* if there is one */
	bool there;
	char *failure;            /* why the source could not say whether it has it; NULL: it could */
	enum snp_product product; /* the one that has it, of several */
};

/* A service that fails for one item may have others; one that fails so often, or is not reached, is away. */
enum { MAX_FAILURES = 3 };

struct source {
	char *away;          /* why it cannot be used; then it is not asked again. NULL: it can */
	unsigned n_failures; /* since it last answered */
};

struct fetching {
	struct cli *cli; /* for warnings */
	pthread_mutex_t open_lock;
	bool is_open;         /* under `open_lock` */
	pthread_mutex_t lock; /* of all that follows, also while something is fetched */
	struct cli_fetcher fetcher;
	json_t *numbers;  /* name of an item: its number in `got` */
	struct got **got; /* what was asked for */
	size_t n, room;
	struct source sources[ENDORSE_N_SERVICES]; /* by service; with --from, the first stands for all */
};

static struct got *new_got(struct fetching *g, const char *name)
{
	struct got *got = calloc(1, sizeof(*got));

	if (!got)
		return NULL;
	if (g->n == g->room) {
		size_t room = g->room ? 2 * g->room : 8;
		struct got **more = reallocarray(g->got, room, sizeof(struct got *));

		if (!more) {
			free(got);
			return NULL;
		}
		g->got = more;
		g->room = room;
	}
	if (json_object_set_new(g->numbers, name, json_integer((json_int_t)g->n)) < 0) {
		free(got);
		return NULL;
	}
	g->got[g->n++] = got;
	return got;
}

/* Whether it was asked for, for this piece of evidence. If not, it is now. */
static bool was_asked(struct cli_verify_asked *asked, size_t number)
{
	for (size_t i = 0; i < asked->n; i++)
		if (asked->items[i] == number)
			return true;
	if (asked->n == CLI_VERIFY_MAX_ASKED)
		return true;
	asked->items[asked->n++] = number;
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

static bool is_for_verifier(const struct endorse_item *item)
{
	return item->kind == ENDORSE_VCEK || item->kind == ENDORSE_VCEK_CHAIN ||
	       item->kind == ENDORSE_VLEK_CHAIN || item->kind == ENDORSE_VCEK_CRL ||
	       item->kind == ENDORSE_VLEK_CRL;
}

/* Adds what was got, now or for another piece of evidence, to what this one is verified with. */
static int use(struct cli *cli, struct cli_verify *v, const struct endorse_item *item, const struct got *got)
{
	int status =
		is_for_verifier(item) ? cli_verify_own_verifier(cli, v) : cli_verify_own_collateral(cli, v);
	struct jurat_error err = { "" };
	int r = 0;

	if (status == CLI_OK)
		r = add_value(v, item, &got->value, &err);
	return r == 0 ? status : cli_fail(cli, cli_fetcher_status(r), "%s", err.text);
}

static struct source *source_of(struct fetching *g, const struct endorse_item *item)
{
	return &g->sources[g->fetcher.from ? 0 : (size_t)endorse_item_service(item)];
}

static int note_failure(struct cli *cli, struct source *source, struct got *got, int r,
			const struct jurat_error *err)
{
	const int status = cli_fetcher_status(r);

	if (status != CLI_ENVIRONMENT)
		return cli_fail(cli, status, "%s", err->text);
	got->failure = strdup(err->text);
	if (!got->failure)
		return cli_fail_memory(cli);
	source->n_failures++;
	if (r != -EHOSTDOWN || source->n_failures == MAX_FAILURES)
		source->away = strdup(err->text);
	return cli_fail(cli, status, "%s", err->text);
}

/*
 * Asks the source. What it does not have, or has wrong, stays missing: a warning says why, and the verdict
 * refuses. No connection is an error: then there is no verdict.
 */
static int ask(struct cli *cli, struct cli_verify *v, struct endorse_item *item,
	       const enum snp_product *products, size_t n, const char *name)
{
	struct fetching *g = v->context;
	struct source *source = source_of(g, item);
	struct got *got;
	struct jurat_error err = { "" };
	json_t *row;
	int r;

	if (source->away)
		return cli_fail(cli, CLI_ENVIRONMENT, "%s", source->away);
	got = new_got(g, name);
	if (!got)
		return cli_fail_memory(cli);
	r = n > 0 ? cli_fetcher_get_any(&g->fetcher, item, products, n, &got->value, &err)
		  : cli_fetcher_get(&g->fetcher, item, &got->value, &err);
	if (r == 0 || cli_fetcher_status(r) == CLI_REFUSED)
		source->n_failures = 0;
	if (r != 0 && cli_fetcher_status(r) == CLI_REFUSED) {
		cli_warn(g->cli, "%s", err.text);
		return CLI_OK;
	}
	if (r != 0)
		return note_failure(cli, source, got, r, &err);
	got->there = true;
	got->product = item->product;
	row = json_pack("{s:s, s:s}", "item", name, "from", cli_fetcher_source(&g->fetcher, item));
	if (!row || json_array_append_new(v->fetched, row) < 0)
		return cli_fail_memory(cli);
	return CLI_OK;
}

/*
 * Gets an item, unless it was got. item->product is set. *ret stays NULL if this piece of evidence has it, or
 * the source does not.
 */
static int get_locked(struct cli *cli, struct cli_verify *v, struct endorse_item *item,
		      const enum snp_product *products, size_t n, const struct got **ret)
{
	struct fetching *g = v->context;
	char name[ENDORSE_TEXT_BYTES];
	const json_t *number;
	const struct got *got;
	int status = CLI_OK;

	if (n > 0)
		item->product = products[0];
	endorse_item_name(item, name, sizeof(name));
	number = json_object_get(g->numbers, name);
	if (was_asked(&v->asked, number ? (size_t)json_integer_value(number) : g->n))
		return CLI_OK;
	if (!number)
		status = ask(cli, v, item, products, n, name);
	number = json_object_get(g->numbers, name);
	if (status != CLI_OK || !number)
		return status;
	got = g->got[json_integer_value(number)];
	if (got->failure)
		return cli_fail(cli, CLI_ENVIRONMENT, "%s", got->failure);
	if (!got->there)
		return CLI_OK;
	item->product = got->product;
	*ret = got;
	return CLI_OK;
}

/* Gets an item and adds it. */
static int get(struct cli *cli, struct cli_verify *v, struct endorse_item *item,
	       const enum snp_product *products, size_t n, bool *ret_more)
{
	struct fetching *g = v->context;
	const struct got *got = NULL;
	int status;

	pthread_mutex_lock(&g->lock);
	status = get_locked(cli, v, item, products, n, &got);
	pthread_mutex_unlock(&g->lock);
	if (status != CLI_OK || !got)
		return status;
	status = use(cli, v, item, got); /* which does not change any more */
	*ret_more = *ret_more || status == CLI_OK;
	return status;
}

/* ---- SEV-SNP */

static int fetch_leaf(struct cli *cli, struct cli_verify *v, const struct jurat_verdict *verdict,
		      const struct verdict_missing *m, bool *ret_more)
{
	struct endorse_item item = { .kind = ENDORSE_VCEK, .tcb = m->tcb };
	bool more = false;
	int status;

	/* Nobody has a VLEK but its provider, and nobody finds the VCEK of a chip without its id. */
	if (m->vlek || !m->has_tcb || bytes_all(verdict->report.chip_id, sizeof(verdict->report.chip_id), 0))
		return CLI_OK;
	memcpy(item.chip_id, verdict->report.chip_id, sizeof(item.chip_id));
	status = get(cli, v, &item, m->products, m->n_products, &more);
	if (more)
		v->asked.product = item.product;
	*ret_more = *ret_more || more;
	return status;
}

static int fetch_chain(struct cli *cli, struct cli_verify *v, const struct verdict_missing *m, bool *ret_more)
{
	struct endorse_item item = { .kind = m->vlek ? ENDORSE_VLEK_CHAIN : ENDORSE_VCEK_CHAIN };

	if (v->asked.product != SNP_PRODUCT_UNKNOWN)
		return get(cli, v, &item, &v->asked.product, 1, ret_more);
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
	int status = CLI_OK;

	v->asked.product = verdict->product != SNP_PRODUCT_UNKNOWN ? verdict->product : v->asked.product;
	/* The check of a VCEK needs its chain, which is asked for once if it is first. */
	if (v->asked.product != SNP_PRODUCT_UNKNOWN)
		status = fetch_missing(cli, v, verdict, MISSING_CHAIN, ret_more);
	if (status == CLI_OK)
		status = fetch_missing(cli, v, verdict, MISSING_LEAF, ret_more);
	if (status == CLI_OK)
		status = fetch_missing(cli, v, verdict, MISSING_CHAIN, ret_more);
	if (status == CLI_OK && jurat_verdict_has_reason(verdict, JURAT_REASON_CRL_MISSING) &&
	    v->asked.product != SNP_PRODUCT_UNKNOWN)
		status = get(cli, v, &crl, &v->asked.product, 1, ret_more);
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

static int open_once(struct cli *cli, struct fetching *g)
{
	int status = CLI_OK;

	pthread_mutex_lock(&g->open_lock);
	if (!g->is_open) {
		status = cli_fetcher_open(cli, &g->fetcher);
		g->is_open = status == CLI_OK;
		if (status != CLI_OK)
			cli_fetcher_close(&g->fetcher);
	}
	pthread_mutex_unlock(&g->open_lock);
	return status;
}

static int fetch(struct cli *cli, struct cli_verify *v, const struct jurat_verdict *verdict, bool *ret_more)
{
	int status = open_once(cli, v->context);

	*ret_more = false;
	if (status != CLI_OK)
		return status;
	return verdict->tdx ? fetch_tdx(cli, v, verdict, ret_more) : fetch_snp(cli, v, verdict, ret_more);
}

static void fetching_done(struct fetching *g)
{
	for (size_t i = 0; i < g->n; i++) {
		endorse_value_done(&g->got[i]->value);
		free(g->got[i]->failure);
		free(g->got[i]);
	}
	free(g->got);
	for (size_t i = 0; i < ENDORSE_N_SERVICES; i++)
		free(g->sources[i].away);
	json_decref(g->numbers);
	cli_fetcher_close(&g->fetcher);
	pthread_mutex_destroy(&g->open_lock);
	pthread_mutex_destroy(&g->lock);
}

int cli_verify_network(struct cli *cli)
{
	struct fetching g = { .cli = cli, .numbers = json_object() };
	struct cli_verify v = { .fetch = cli_has(cli, "fetch") ? fetch : NULL, .context = &g };
	int status;

	if (!g.numbers)
		return cli_fail_memory(cli);
	pthread_mutex_init(&g.lock, NULL);
	pthread_mutex_init(&g.open_lock, NULL);
	status = cli_verify_with(cli, &v);
	fetching_done(&g);
	return status;
}
