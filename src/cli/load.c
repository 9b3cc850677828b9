/* SPDX-License-Identifier: MIT */
#include "cli/load.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "wire/snp_report.h"
#include "wire/tdx_quote.h"

static int add(struct jurat_verifier *verifier, enum cli_load_kind kind, const uint8_t *data, size_t n,
	       struct jurat_error *err)
{
	switch (kind) {
	case CLI_LOAD_ROOTS:
		return jurat_verifier_add_roots(verifier, data, n, err);
	case CLI_LOAD_CRL:
		return jurat_verifier_add_crl(verifier, data, n, err);
	default:
		return jurat_verifier_add_certificates(verifier, data, n, NULL, err);
	}
}

static int load_file(struct cli *cli, struct jurat_verifier *verifier, const char *path,
		     enum cli_load_kind kind)
{
	auto_free uint8_t *data = NULL;
	struct jurat_error err = { "" };
	size_t n;
	int r = cli_read(path, &data, &n, &err);

	if (r < 0)
		return cli_fail(cli, CLI_ENVIRONMENT, "%s", err.text);
	r = add(verifier, kind, data, n, &err);
	if (r == -ENOMEM)
		return cli_fail(cli, CLI_INTERNAL, "out of memory");
	if (r < 0 && kind == CLI_LOAD_ROOTS)
		return cli_fail(cli, CLI_ENVIRONMENT, "'%s': %s", path, err.text);
	if (r < 0)
		cli_fail(cli, 0, "'%s' is left out: %s", path, err.text);
	return CLI_OK;
}

static bool has_ending(const char *name, const char *const *endings, size_t n)
{
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < n; i++)
		if (!strcasecmp(dot, endings[i]))
			return true;
	return false;
}

static int is_certificate_name(const struct dirent *entry)
{
	static const char *const endings[] = { ".pem", ".der", ".crt", ".cer", ".cert", ".crl", ".bin" };

	return has_ending(entry->d_name, endings, ARRAY_SIZE(endings)) &&
	       strcasecmp(entry->d_name, "report.bin") != 0 && strcasecmp(entry->d_name, "quote.bin") != 0;
}

static int is_collateral_name(const struct dirent *entry)
{
	static const char *const endings[] = { ".json", ".pem", ".der", ".crt", ".cer", ".cert", ".crl" };

	return has_ending(entry->d_name, endings, ARRAY_SIZE(endings));
}

/* What a directory is walked for: `load` gets the path of each file and its name in the directory. */
typedef int load_one(struct cli *cli, void *to, const char *path, const char *name);

static int each_file(struct cli *cli, const char *path, int (*filter)(const struct dirent *entry),
		     load_one *load, void *to)
{
	struct dirent **entries;
	int n = scandir(path, &entries, filter, alphasort), status = CLI_OK;

	if (n < 0)
		return cli_fail(cli, CLI_ENVIRONMENT, "cannot read '%s': %s", path, strerror(errno));
	for (int i = 0; i < n; i++) {
		auto_free char *file = NULL;
		struct stat st;

		if (status == CLI_OK && asprintf(&file, "%s/%s", path, entries[i]->d_name) < 0) {
			file = NULL;
			status = cli_fail(cli, CLI_INTERNAL, "out of memory");
		}
		if (status == CLI_OK && stat(file, &st) == 0 && S_ISREG(st.st_mode))
			status = load(cli, to, file, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return status;
}

struct certificates {
	struct jurat_verifier *verifier;
	enum cli_load_kind kind;
};

static int load_certificates(struct cli *cli, void *to, const char *path, const char *name)
{
	const struct certificates *c = to;
	bool crl = c->kind == CLI_LOAD_CERTS && (!strncasecmp(name, "crl", 3) || strstr(name, ".crl"));

	return load_file(cli, c->verifier, path, crl ? CLI_LOAD_CRL : c->kind);
}

static bool is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int cli_load(struct cli *cli, struct jurat_verifier *verifier, const char *path, enum cli_load_kind kind)
{
	struct certificates certificates = { verifier, kind };

	return is_directory(path)
		       ? each_file(cli, path, is_certificate_name, load_certificates, &certificates)
		       : load_file(cli, verifier, path, kind);
}

int cli_load_all(struct cli *cli, struct jurat_verifier *verifier, const char *option,
		 enum cli_load_kind kind)
{
	const char *path;

	for (size_t i = 0; (path = cli_get_nth(cli, option, i)); i++) {
		int status = cli_load(cli, verifier, path, kind);

		if (status != CLI_OK)
			return status;
	}
	return CLI_OK;
}

static int load_collateral(struct cli *cli, void *to, const char *path, const char *name)
{
	auto_free uint8_t *data = NULL;
	struct jurat_error err = { "" };
	size_t n;
	int r = cli_read(path, &data, &n, &err);

	if (r < 0)
		return cli_fail(cli, CLI_ENVIRONMENT, "%s", err.text);
	r = jurat_collateral_add(to, data, n, &err);
	if (r == -ENOMEM)
		return cli_fail(cli, CLI_INTERNAL, "out of memory");
	if (r < 0)
		cli_fail(cli, 0, "'%s' is left out: %s", path, err.text);
	return CLI_OK;
}

int cli_load_collateral(struct cli *cli, struct jurat_collateral *collateral, const char *path)
{
	return is_directory(path) ? each_file(cli, path, is_collateral_name, load_collateral, collateral)
				  : load_collateral(cli, collateral, path, path);
}

/*
 * Where a report has the upper half of its version, which is 0, a quote has the type of its attestation
 * key, which is not. So a quote of any version, of a TD or of an enclave, is judged as one.
 */
static bool is_quote(const uint8_t *data, size_t n)
{
	return n >= TDX_QUOTE_HDR_BYTES &&
	       (memcmp(data + 12, tdx_quote_vendor_id, sizeof(tdx_quote_vendor_id)) == 0 ||
		bytes_get_le(data + 2, 2) != 0);
}

static int load_one_file(struct cli *cli, const char *path, struct cli_evidence *e)
{
	auto_free uint8_t *data = NULL;
	struct jurat_error err = { "" };
	size_t n;

	if (cli_read(path, &data, &n, &err) < 0)
		return cli_fail(cli, CLI_ENVIRONMENT, "%s", err.text);
	if (is_quote(data, n)) {
		e->quote = take_ptr(data);
		e->quote_size = n;
		return CLI_OK;
	}
	if (n > SNP_REPORT_BYTES) { /* an extended report: the table follows */
		e->certs_size = n - SNP_REPORT_BYTES;
		e->certs = malloc(e->certs_size);
		if (!e->certs)
			return cli_fail(cli, CLI_INTERNAL, "out of memory");
		memcpy(e->certs, data + SNP_REPORT_BYTES, e->certs_size);
		n = SNP_REPORT_BYTES;
	}
	e->report = take_ptr(data);
	e->report_size = n;
	return CLI_OK;
}

static int load_evidence_directory(struct cli *cli, const char *path, struct cli_evidence *e)
{
	auto_free char *report = NULL, *certs = NULL, *quote = NULL, *collateral = NULL;
	struct jurat_error err = { "" };
	struct stat st;
	bool has_quote;

	if (asprintf(&report, "%s/report.bin", path) < 0)
		report = NULL;
	if (asprintf(&certs, "%s/certs.bin", path) < 0)
		certs = NULL;
	if (asprintf(&quote, "%s/quote.bin", path) < 0)
		quote = NULL;
	if (asprintf(&collateral, "%s/collateral", path) < 0)
		collateral = NULL;
	if (!report || !certs || !quote || !collateral)
		return cli_fail(cli, CLI_INTERNAL, "out of memory");
	has_quote = stat(quote, &st) == 0;
	if (has_quote && cli_read(quote, &e->quote, &e->quote_size, &err) < 0)
		return cli_fail(cli, CLI_ENVIRONMENT, "%s", err.text);
	if (has_quote && is_directory(collateral))
		e->collateral = take_ptr(collateral);
	if (has_quote && stat(report, &st) != 0)
		return CLI_OK;
	if (cli_read(report, &e->report, &e->report_size, &err) < 0 ||
	    (stat(certs, &st) == 0 && cli_read(certs, &e->certs, &e->certs_size, &err) < 0))
		return cli_fail(cli, CLI_ENVIRONMENT, "%s", err.text);
	return CLI_OK;
}

void cli_evidence_done(struct cli_evidence *evidence)
{
	free(evidence->quote);
	free(evidence->collateral);
	free(evidence->report);
	free(evidence->certs);
	*evidence = (struct cli_evidence){ 0 };
}

int cli_load_evidence(struct cli *cli, const char *path, struct cli_evidence *ret)
{
	struct cli_evidence e = { 0 };
	int status =
		is_directory(path) ? load_evidence_directory(cli, path, &e) : load_one_file(cli, path, &e);

	if (status != CLI_OK)
		cli_evidence_done(&e);
	else
		*ret = e;
	return status;
}

int cli_load_time(struct cli *cli, int64_t *ret)
{
	const char *at = cli_get(cli, "at");
	struct jurat_error err = { "" };

	*ret = time(NULL);
	if (at && cli_time(at, ret, &err) < 0)
		return cli_fail(cli, CLI_USAGE, "--at: %s", err.text);
	return CLI_OK;
}
