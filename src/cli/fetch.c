/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/text_stream.h"
#include "cli/cli.h"
#include "cli/fetch_chips.h"
#include "cli/fetch_later.h"
#include "cli/fetch_out.h"
#include "cli/fetch_subject.h"
#include "crypto/x509.h"
#include "endorse/bundle.h"

/* Everything is fetched and checked before the first file is written. */
struct fetching {
	struct cli *cli;
	struct cli_fetcher fetcher;
	struct fetch_out out;
	struct fetch_subject subject;
};

static int fail(struct fetching *g, int r, const struct jurat_error *err)
{
	return cli_fail(g->cli, cli_fetcher_status(r), "%s", err->text);
}

static int put(struct fetching *g, const char *name, const void *bytes, size_t n,
	       const struct endorse_item *item)
{
	return fetch_out_put(&g->out, name, bytes, n, item, cli_fetcher_source(&g->fetcher, item));
}

/* ---- SEV-SNP */

/* A file of certificates: DER when its name says so, which holds one only; otherwise PEM. */
static int put_certs(struct fetching *g, const char *name, const uint8_t *const *ders, const size_t *sizes,
		     size_t n, const struct endorse_item *item)
{
	struct text_stream stream;
	auto_free char *pem = NULL;
	size_t size;

	if (g->out.is_file ? !fetch_out_ends(&g->out, ".pem") && n == 1 : strstr(name, ".der") != NULL)
		return put(g, name, ders[0], sizes[0], item);
	if (text_stream_open(&stream) < 0)
		return cli_fail_memory(g->cli);
	for (size_t i = 0; i < n; i++)
		crypto_pem_write(stream.to, ders[i], sizes[i]);
	if (text_stream_close(&stream, &pem, &size) < 0)
		return cli_fail_memory(g->cli);
	return put(g, name, pem, size, item);
}

static int no_subject(struct cli *cli, struct fetch_subject *ret)
{
	static const char *const others[] = { "report", "chip-id" };

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (cli_has(cli, others[i]))
			return cli_fail(cli, CLI_USAGE, "--chips cannot be used with --%s", others[i]);
	*ret = (struct fetch_subject){ .n_products = 0 };
	return CLI_OK;
}

static int fetch_vcek(struct fetching *g)
{
	const struct fetch_subject *s = &g->subject;
	struct endorse_value value auto_call(endorse_value_done) = { .body = NULL };
	struct endorse_item item = { .kind = ENDORSE_VCEK };
	struct jurat_error err = { "" };
	const uint8_t *der;
	int r;

	if (!s->has_chip)
		return cli_fail(g->cli, CLI_USAGE, "expected --report, or --chip-id, --tcb and --product");
	if (s->vlek)
		return cli_fail(g->cli, CLI_REFUSED,
				"the report is signed with a VLEK, whose certificate AMD issues only to the "
				"cloud provider: get it from the provider ('jurat fetch vlek-ca' fetches its "
				"CA certificates)");
	if (bytes_all(s->chip_id, sizeof(s->chip_id), 0))
		return cli_fail(g->cli, CLI_REFUSED,
				"chip_id is zero and does not identify the chip (the host has set "
				"MASK_CHIP_ID): get the VCEK certificate from the host");
	memcpy(item.chip_id, s->chip_id, sizeof(item.chip_id));
	if (!snp_tcb_read(s->products[0], s->reported_tcb, &item.tcb))
		return cli_fail(g->cli, CLI_REFUSED,
				"the TCB_VERSION %016llx sets bytes that are reserved on %s",
				(unsigned long long)s->reported_tcb, snp_product_name(s->products[0]));
	r = cli_fetcher_get_any(&g->fetcher, &item, s->products, s->n_products, &value, &err);
	if (r != 0)
		return fail(g, r, &err);
	der = value.body;
	return put_certs(g, "vcek.der", &der, &value.size, 1, &item);
}

static int fetch_vceks(struct fetching *g)
{
	return fetch_chips(&g->fetcher, &g->out);
}

/* The intermediate, then the root: two files, or one with both. */
static int put_chain(struct fetching *g, const struct endorse_value *value, const struct endorse_item *item)
{
	const bool vlek = item->kind == ENDORSE_VLEK_CHAIN;
	auto_free uint8_t *first = NULL, *second = NULL;
	struct jurat_error err = { "" };
	size_t sizes[2] = { 0 }, off = 0;
	char label[32];
	int r = crypto_pem_next(value->body, value->size, &off, label, &first, &sizes[0], &err);

	if (r == 0)
		r = crypto_pem_next(value->body, value->size, &off, label, &second, &sizes[1], &err);
	if (r != 0) /* the check has read both */
		return cli_fail(g->cli, CLI_INTERNAL, "the chain: expected two certificates");
	if (g->out.is_file)
		return put_certs(g, "", (const uint8_t *const[]){ first, second }, sizes, 2, item);
	r = put_certs(g, vlek ? "asvk.pem" : "ask.pem", (const uint8_t *const[]){ first }, sizes, 1, item);
	return r == CLI_OK ? put_certs(g, "ark.pem", (const uint8_t *const[]){ second }, &sizes[1], 1, item)
			   : r;
}

/* Sets the item's product, which has to be known. CLI_OK or CLI_USAGE. */
static int take_product(struct fetching *g, struct endorse_item *item)
{
	const struct fetch_subject *s = &g->subject;

	if (s->n_products > 1)
		return cli_fail(
			g->cli, CLI_USAGE,
			"a report of version 2 does not name its product: expected --product %s or %s",
			snp_product_name(s->products[0]), snp_product_name(s->products[1]));
	item->product = s->products[0];
	return CLI_OK;
}

static int fetch_chain(struct fetching *g, bool vlek)
{
	struct endorse_value value auto_call(endorse_value_done) = { .body = NULL };
	struct endorse_item item = { .kind = vlek ? ENDORSE_VLEK_CHAIN : ENDORSE_VCEK_CHAIN };
	struct jurat_error err = { "" };
	int r = take_product(g, &item);

	if (r != CLI_OK)
		return r;
	r = cli_fetcher_get(&g->fetcher, &item, &value, &err);
	return r == 0 ? put_chain(g, &value, &item) : fail(g, r, &err);
}

static int fetch_ca(struct fetching *g)
{
	return fetch_chain(g, g->subject.vlek);
}

static int fetch_vlek_ca(struct fetching *g)
{
	return fetch_chain(g, true);
}

static int fetch_crl(struct fetching *g)
{
	struct endorse_value value auto_call(endorse_value_done) = { .body = NULL };
	struct endorse_item item = { .kind = g->subject.vlek ? ENDORSE_VLEK_CRL : ENDORSE_VCEK_CRL };
	struct jurat_error err = { "" };
	int r = take_product(g, &item);

	if (r != CLI_OK)
		return r;
	r = cli_fetcher_get(&g->fetcher, &item, &value, &err);
	if (r != 0)
		return fail(g, r, &err);
	r = fetch_later(&g->out, &g->fetcher, (const char *const[]){ "crl.der", NULL }, &item, &value);
	return r == CLI_OK ? put(g, "crl.der", value.body, value.size, &item) : r;
}

/* ---- TDX */

/* In a directory: a body, and its issuer chain. */
static const char *const collateral_files[ENDORSE_BUNDLE_N][2] = {
	[ENDORSE_BUNDLE_TCB_INFO] = { "tcb_info.json", "tcb_info_issuer_chain.pem" },
	[ENDORSE_BUNDLE_QE_IDENTITY] = { "qe_identity.json", "qe_identity_issuer_chain.pem" },
	[ENDORSE_BUNDLE_PCK_CRL] = { "pck_crl.der", "pck_crl_issuer_chain.pem" },
	[ENDORSE_BUNDLE_ROOT_CRL] = { "root_ca_crl.der", NULL },
};

static int put_collateral(struct fetching *g, const struct endorse_item *items, struct endorse_value *values)
{
	int status = CLI_OK;

	for (size_t i = 0; status == CLI_OK && i < ENDORSE_BUNDLE_N; i++) {
		const char *const *names = collateral_files[i];
		const char *chain;

		status = fetch_later(&g->out, &g->fetcher, names, &items[i], &values[i]);
		chain = values[i].issuer_chain;
		if (status == CLI_OK && names[1] && chain)
			status = put(g, names[1], chain, strlen(chain), &items[i]);
		if (status == CLI_OK)
			status = put(g, names[0], values[i].body, values[i].size, &items[i]);
	}
	return status;
}

static int put_bundle(struct fetching *g, const struct endorse_item *items, struct endorse_value *values)
{
	struct jurat_error err = { "" };
	auto_free char *json = NULL;
	int status = CLI_OK, r;

	for (size_t i = 0; status == CLI_OK && i < ENDORSE_BUNDLE_N; i++)
		status = fetch_later(&g->out, &g->fetcher, NULL, &items[i], &values[i]);
	if (status != CLI_OK)
		return status;
	r = endorse_bundle(values, &json, &err);
	if (r < 0)
		return cli_fail(g->cli, cli_status(r), "%s", err.text);
	return fetch_out_put(&g->out, "", json, strlen(json), &items[0],
			     cli_fetcher_base(&g->fetcher, &items[0]));
}

static int fetch_collateral(struct fetching *g)
{
	const struct fetch_subject *s = &g->subject;
	const enum endorse_update update = cli_has(g->cli, "early") ? ENDORSE_EARLY : ENDORSE_STANDARD;
	struct endorse_item items[] = {
		[ENDORSE_BUNDLE_TCB_INFO] = { .kind = ENDORSE_TCB_INFO,
					      .tee = ENDORSE_TDX,
					      .update = update },
		[ENDORSE_BUNDLE_QE_IDENTITY] = { .kind = ENDORSE_QE_IDENTITY,
						 .tee = ENDORSE_TDX,
						 .update = update },
		[ENDORSE_BUNDLE_PCK_CRL] = { .kind = ENDORSE_PCK_CRL, .ca = s->ca },
		[ENDORSE_BUNDLE_ROOT_CRL] = { .kind = ENDORSE_ROOT_CRL },
	};
	struct endorse_value values[ENDORSE_BUNDLE_N] = { { .body = NULL } };
	struct jurat_error err = { "" };
	int r = 0, status;

	memcpy(items[ENDORSE_BUNDLE_TCB_INFO].fmspc, s->fmspc, sizeof(s->fmspc));
	for (size_t i = 0; r == 0 && i < ENDORSE_BUNDLE_N; i++)
		r = cli_fetcher_get(&g->fetcher, &items[i], &values[i], &err);
	status = r != 0           ? fail(g, r, &err)
		 : g->out.is_file ? put_bundle(g, items, values)
				  : put_collateral(g, items, values);
	for (size_t i = 0; i < ENDORSE_BUNDLE_N; i++)
		endorse_value_done(&values[i]);
	return status;
}

/* ---- */

static const struct what {
	const char *name;
	int (*subject)(struct cli *cli, struct fetch_subject *ret);
	int (*fetch)(struct fetching *g);
} whats[] = {
	{ "vcek", fetch_subject_snp, fetch_vcek },
	{ "ca", fetch_subject_snp, fetch_ca },
	{ "crl", fetch_subject_snp, fetch_crl },
	{ "vlek-ca", fetch_subject_snp, fetch_vlek_ca },
	{ "collateral", fetch_subject_tdx, fetch_collateral },
};

/* vcek, with --chips */
static const struct what vceks = { "vcek", no_subject, fetch_vceks };

/* `name` is one of them, by the table of verbs. */
static const struct what *find_what(const char *name)
{
	size_t i = 0;

	while (i < ARRAY_SIZE(whats) - 1 && strcmp(whats[i].name, name))
		i++;
	return &whats[i];
}

int cli_fetch(struct cli *cli)
{
	const bool chips = cli_has(cli, "chips");
	const struct what *what = find_what(cli->args[0]);
	struct fetching g = { .cli = cli };
	int status;

	if (chips)
		what = &vceks;
	if (!cli_reads_stdin_once(cli, NULL))
		return CLI_USAGE;
	status = cli_fetcher_named(what->subject(cli, &g.subject)); /* --report or --quote */
	if (status == CLI_OK)
		status = cli_fetcher_open(cli, &g.fetcher);
	if (status == CLI_OK)
		status = fetch_out_open(cli, &g.out);
	if (status == CLI_OK)
		status = what->fetch(&g);
	if (g.out.cli)
		status = fetch_out_finish(&g.out, status);
	fetch_out_done(&g.out);
	cli_fetcher_close(&g.fetcher);
	return status;
}
