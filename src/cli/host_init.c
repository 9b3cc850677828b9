/* SPDX-License-Identifier: MIT */
#include "cli/host.h"

#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "cli/fetcher.h"
#include "cli/load.h"
#include "fetch/http.h"
#include "verify/verifier.h"

enum { DEFAULT_WAIT_MS = 1000, MAX_WAIT_MS = 3600 * 1000 };

/* The product of the processor that this runs on; SNP_PRODUCT_UNKNOWN when it is not an SNP server's. */
static enum snp_product own_product(void)
{
#if defined(__x86_64__)
	unsigned a, b, c, d, family, model;

	if (!__get_cpuid(0, &a, &b, &c, &d) || b != signature_AMD_ebx || c != signature_AMD_ecx ||
	    !__get_cpuid(1, &a, &b, &c, &d))
		return SNP_PRODUCT_UNKNOWN;
	family = (a >> 8 & 0xf) + (a >> 20 & 0xff);
	model = (a >> 4 & 0xf) | (a >> 12 & 0xf0);
	return snp_product_by_cpuid(family, model);
#else
	return SNP_PRODUCT_UNKNOWN;
#endif
}

static int take_product(struct host *host)
{
	const char *name = cli_get(host->cli, "product"), *from = "--product";
	char names[SNP_PRODUCT_NAMES_BYTES];

	if (!name) {
		name = cli_getenv("JURAT_PRODUCT");
		from = "$JURAT_PRODUCT";
	}
	host->update.product = name ? snp_product_by_name(name) : own_product();
	if (host->update.product != SNP_PRODUCT_UNKNOWN)
		return CLI_OK;
	snp_product_names("or", names);
	if (name)
		return cli_fail(host->cli, CLI_USAGE, "%s: expected %s, found '%s'", from, names, name);
	return cli_fail(
		host->cli, CLI_ENVIRONMENT,
		"expected a %s processor, found another: name the product of the device with --product",
		names);
}

static bool take_store_options(struct host *host)
{
	const char *undrained = cli_get(host->cli, "undrained");
	uint64_t wait_ms;

	if (!cli_get_number(host->cli, "wait", MAX_WAIT_MS, DEFAULT_WAIT_MS, &wait_ms))
		return false;
	host->update.store.wait_ns = wait_ms * 1000000;
	if (undrained && !strcmp(undrained, "empty"))
		host->update.store.undrained = STORE_UNDRAINED_EMPTY;
	else if (undrained && !strcmp(undrained, "proceed"))
		host->update.store.undrained = STORE_UNDRAINED_PROCEED;
	return true;
}

/* The same roots for the endorsements and for the table that they make. */
static int load_roots(struct host *host)
{
	struct update_source *source = &host->update.source;
	const struct pointers *roots;
	struct jurat_error err = { "" };
	int status = CLI_OK, r;

	r = jurat_verifier_new(&source->verifier, &err);
	if (r == 0)
		r = endorse_checker_new(&source->checker, &err);
	if (r == 0)
		status = cli_load_all(host->cli, source->verifier, "roots", CLI_LOAD_ROOTS);
	roots = r == 0 ? &source->verifier->roots : NULL;
	for (size_t i = 0; r == 0 && status == CLI_OK && i < roots->n; i++) {
		const struct cert_entry *root = roots->items[i];

		r = endorse_checker_add_roots(source->checker, root->cert.der.data, root->cert.der.size,
					      &err);
	}
	return r < 0 ? cli_fail(host->cli, cli_status(r), "%s", err.text) : status;
}

static void warn_of_retries(void *ctx, const struct fetch_event *event)
{
	struct host *host = ctx;

	if (event->what == FETCH_RETRIES)
		cli_warn(host->cli, "%s: %s; retrying in %.1f s", event->url, event->why,
			 (double)event->wait_ms / 1000);
}

static const char *source_of(const struct cli *cli)
{
	const char *from = cli_get(cli, "endorsements");

	return from ? from : cli_getenv("JURAT_ENDORSEMENTS");
}

static int open_source(struct host *host, struct jurat_error *err)
{
	const struct fetch_options options = { .from = source_of(host->cli),
					       .ca_file = cli_get(host->cli, "ca-file"),
					       .at = host->update.source.at,
					       .event = warn_of_retries,
					       .context = host };

	return fetcher_new(&options, NULL, &host->fetcher, err);
}

/* Opens the source when it is first needed, which may be never. The update checks what it returns. */
static int get(void *ctx, const struct endorse_item *item, struct endorse_value *ret, struct jurat_error *err)
{
	struct host *host = ctx;
	int r = host->fetcher ? 0 : open_source(host, err);

	return r < 0 ? r : fetch_item(host->fetcher, item, ret, err);
}

/* What is wrong with the options is reported first. A directory that is missing may not be needed. */
static int check_source(struct host *host)
{
	const char *from = source_of(host->cli);
	struct jurat_error err = { "" };
	int status = cli_fetcher_check_ca_file(host->cli), r;

	if (status != CLI_OK || !from || !http_is_url(from))
		return status;
	r = open_source(host, &err);
	return r < 0 ? cli_fail(host->cli, cli_fetcher_status(r), "--endorsements: %s", err.text) : CLI_OK;
}

static int take_paths(struct host *host)
{
	const char *device = cli_get(host->cli, "device");

	host->update.device = device ? device : "/dev/sev";
	host->update.blob = cli_get(host->cli, "blob");
	if (!host->update.blob)
		host->update.blob = cli_getenv("JURAT_CERTS");
	if (!host->update.blob)
		return cli_fail(
			host->cli, CLI_USAGE,
			"expected --blob FILE, or $JURAT_CERTS: the certificate blob that VMMs serve");
	return CLI_OK;
}

int host_init(struct host *host, struct cli *cli)
{
	int status;

	*host = (struct host){ .cli = cli, .command = cli->args[0] };
	host->update.dry_run = cli_has(cli, "dry-run");
	host->update.source.with_crl = cli_has(cli, "with-crl");
	host->update.source.get = get;
	host->update.source.ctx = host;
	status = take_paths(host);
	if (status == CLI_OK)
		status = take_product(host);
	if (status == CLI_OK && !take_store_options(host))
		status = CLI_USAGE;
	if (status == CLI_OK)
		status = cli_load_time(cli, &host->update.source.at);
	if (status == CLI_OK)
		status = check_source(host);
	if (status == CLI_OK)
		status = load_roots(host);
	return status;
}

void host_done(struct host *host)
{
	fetcher_free(host->fetcher);
	endorse_checker_free(host->update.source.checker);
	jurat_verifier_free(host->update.source.verifier);
}
