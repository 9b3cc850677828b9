/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/fetch_subject.h"
#include "cli/fetcher.h"
#include "cli/tcb.h"
#include "verify/tdx_stated.h"

/* `jurat tcb --fetch`: both sets of collateral, for every platform that the quotes name. */

struct fetching {
	struct tcb_survey *s;
	struct cli_fetcher fetcher;
	struct jurat_verifier *verifier; /* reads quotes; trusts none of them */
	struct cli cli;                  /* whose messages are for the rows */
	struct cli_caught caught;
};

/* A value for a set. Not found or wrong: it stays missing, a warning says why, and the rows too. */
static int add(struct fetching *g, const struct endorse_item *item, struct jurat_tdx_collateral *to)
{
	struct endorse_value value auto_call(endorse_value_done) = { .body = NULL };
	struct jurat_error err = { "" };
	int r = cli_fetcher_get(&g->fetcher, item, &value, &err);

	if (r != 0 && cli_fetcher_status(r) == CLI_REFUSED) {
		cli_warn(g->s->cli, "%s", err.text);
		return CLI_OK;
	}
	if (r == 0)
		r = jurat_tdx_collateral_add(to, value.body, value.size, &err);
	if (r == 0 && value.issuer_chain)
		r = jurat_tdx_collateral_add(to, value.issuer_chain, strlen(value.issuer_chain), &err);
	return r == 0 ? CLI_OK : cli_fail(g->s->cli, cli_fetcher_status(r), "%s", err.text);
}

static int fetch_set(struct fetching *g, const uint8_t fmspc[6], enum endorse_ca ca,
		     enum endorse_update update, struct jurat_tdx_collateral **ret)
{
	struct endorse_item items[] = {
		{ .kind = ENDORSE_TCB_INFO, .tee = ENDORSE_TDX, .update = update },
		{ .kind = ENDORSE_QE_IDENTITY, .tee = ENDORSE_TDX, .update = update },
		{ .kind = ENDORSE_PCK_CRL, .ca = ca },
		{ .kind = ENDORSE_ROOT_CRL },
	};
	struct jurat_error err = { "" };
	int status = CLI_OK;

	memcpy(items[0].fmspc, fmspc, sizeof(items[0].fmspc));
	if (jurat_tdx_collateral_new(ret, &err) < 0)
		return cli_fail(g->s->cli, CLI_INTERNAL, "%s", err.text);
	for (size_t i = 0; status == CLI_OK && i < ARRAY_SIZE(items); i++)
		status = add(g, &items[i], *ret);
	return status;
}

/* Another CA of a platform that was fetched: its PCK certificates have another CRL. */
static int fetch_crl(struct fetching *g, struct tcb_fetched *to, enum endorse_ca ca)
{
	const struct endorse_item item = { .kind = ENDORSE_PCK_CRL, .ca = ca };
	int status = CLI_OK;

	if (to->cas >> ca & 1)
		return CLI_OK;
	to->cas |= 1u << ca;
	status = add(g, &item, to->standard);
	return status == CLI_OK ? add(g, &item, to->early) : status;
}

static int fetch_platform(struct fetching *g, const uint8_t fmspc[6], enum endorse_ca ca)
{
	struct tcb_survey *s = g->s;
	struct tcb_fetched *more, *to;
	int status;

	for (size_t i = 0; i < s->n_fetched; i++)
		if (memcmp(s->fetched[i].fmspc, fmspc, sizeof(s->fetched[i].fmspc)) == 0)
			return fetch_crl(g, &s->fetched[i], ca);
	more = reallocarray(s->fetched, s->n_fetched + 1, sizeof(*more));
	if (!more)
		return cli_fail_memory(s->cli);
	s->fetched = more;
	to = &more[s->n_fetched++];
	*to = (struct tcb_fetched){ .cas = 1u << ca };
	memcpy(to->fmspc, fmspc, sizeof(to->fmspc));
	status = fetch_set(g, fmspc, ca, ENDORSE_STANDARD, &to->standard);
	return status == CLI_OK ? fetch_set(g, fmspc, ca, ENDORSE_EARLY, &to->early) : status;
}

/* For a platform that states its FMSPC, but not its CA, whose CRL is needed for quotes only. */
static int fetch_stated(struct fetching *g, const char *name, bool *ret_found)
{
	json_t *json auto_call(render_json_drop) = NULL;
	auto_free uint8_t *bytes = NULL;
	struct jurat_error err = { "" };
	struct tdx_stated stated;
	size_t n;

	*ret_found = false;
	if (cli_read(name, &bytes, &n, &err) < 0)
		return CLI_OK;
	json = tcb_platform_load(bytes, n);
	if (!json)
		return CLI_OK;
	*ret_found = true;
	return tcb_platform_tdx(json, &stated, &err) == 0 ? fetch_platform(g, stated.fmspc, ENDORSE_PLATFORM)
							  : CLI_OK;
}

/* What is no quote, or a damaged one, has a row that says so. */
static int fetch_for(struct fetching *g, const char *name)
{
	struct cli_evidence e auto_call(cli_evidence_done) = { 0 };
	struct jurat_verdict *verdict auto_call(verdict_drop) = NULL;
	struct jurat_tdx_evidence quote = { .size = sizeof(quote) };
	struct jurat_error err = { "" };
	bool stated;
	int status = fetch_stated(g, name, &stated);

	if (status != CLI_OK || stated)
		return status;
	status = cli_load_evidence(&g->cli, name, &e);
	if (status != CLI_OK || !e.quote)
		return status == CLI_ENVIRONMENT ? CLI_OK : status;
	quote.quote = e.quote;
	quote.quote_size = e.quote_size;
	if (jurat_verify_tdx(g->verifier, &quote, NULL, &g->s->policy, g->s->at, &verdict, &err) < 0)
		return cli_fail(g->s->cli, CLI_INTERNAL, "%s", err.text);
	if (!verdict->tdx->has_pck || !verdict->leaf)
		return CLI_OK;
	return fetch_platform(g, verdict->tdx->pck.fmspc, fetch_subject_ca(&verdict->leaf->cert));
}

static int fetch_all(struct tcb_survey *s, const struct cli_name_list *names)
{
	struct fetching g = { .s = s, .cli = *s->cli };
	struct jurat_error err = { "" };
	int status;

	if (s->has_standard || s->has_early)
		return cli_fail(s->cli, CLI_USAGE,
				"--fetch cannot be used with --collateral and --early-collateral");
	for (size_t i = 0; i < names->n; i++)
		if (!strcmp(names->items[i], "-"))
			return cli_fail(s->cli, CLI_USAGE,
					"--fetch reads evidence twice: expected a file, found '-'");
	s->has_standard = s->has_early = true;
	g.cli.caught = &g.caught;
	status = cli_fetcher_open(s->cli, &g.fetcher);
	if (status == CLI_OK && jurat_verifier_new(&g.verifier, &err) < 0)
		status = cli_fail(s->cli, CLI_INTERNAL, "%s", err.text);
	for (size_t i = 0; status == CLI_OK && i < names->n; i++)
		status = fetch_for(&g, names->items[i]);
	jurat_verifier_free(g.verifier);
	cli_fetcher_close(&g.fetcher);
	free(g.caught.failure);
	return status;
}

int cli_tcb(struct cli *cli)
{
	return cli_tcb_with(cli, cli_has(cli, "fetch") ? fetch_all : NULL);
}
