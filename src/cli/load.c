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
#include "verify/input.h"
#include "wire/snp_report.h"

/* Where what is found goes, and how much of it was of use. */
struct sink {
	struct jurat_verifier *verifier; /* NULL: collateral */
	struct jurat_tdx_collateral *collateral;
	enum cli_load_kind kind;
	bool lenient; /* a file found in a directory may be anything: it is skipped with a warning */
	unsigned n;
};

static int add(const struct sink *to, enum cli_load_kind kind, const uint8_t *data, size_t n,
	       struct jurat_error *err)
{
	if (!to->verifier)
		return jurat_tdx_collateral_add(to->collateral, data, n, err);
	switch (kind) {
	case CLI_LOAD_ROOTS:
		return jurat_verifier_add_roots(to->verifier, data, n, err);
	case CLI_LOAD_CRL:
		return jurat_verifier_add_crl(to->verifier, data, n, err);
	default:
		return jurat_verifier_add_certificates(to->verifier, data, n, NULL, err);
	}
}

static int load_file(struct cli *cli, struct sink *to, const char *path, enum cli_load_kind kind)
{
	auto_free uint8_t *data = NULL;
	struct jurat_error err = { "" };
	size_t n;
	int r = cli_read(path, &data, &n, &err);

	if (r < 0)
		return cli_fail(cli, r == -ENOMEM ? CLI_INTERNAL : CLI_ENVIRONMENT, "%s", err.text);
	r = add(to, kind, data, n, &err);
	if (r == -ENOMEM)
		return cli_fail_memory(cli);
	if (r < 0 && !to->lenient)
		return cli_fail(cli, CLI_ENVIRONMENT, "'%s': %s", path, err.text);
	if (r < 0)
		cli_warn(cli, "'%s' is skipped: %s", path, err.text);
	to->n += r == 0;
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

static int load_directory(struct cli *cli, struct sink *to, const char *path)
{
	struct dirent **entries;
	int n = scandir(path, &entries, to->verifier ? is_certificate_name : is_collateral_name, alphasort);
	int status = CLI_OK;

	if (n < 0)
		return cli_fail(cli, CLI_ENVIRONMENT, "cannot read '%s': %s", path, strerror(errno));
	for (int i = 0; i < n; i++) {
		auto_free char *file = NULL;
		struct stat st;

		const char *name = entries[i]->d_name;
		enum cli_load_kind kind = to->kind;

		if (kind == CLI_LOAD_CERTS && (!strncasecmp(name, "crl", 3) || strstr(name, ".crl")))
			kind = CLI_LOAD_CRL;
		if (status == CLI_OK && asprintf(&file, "%s/%s", path, name) < 0) {
			file = NULL;
			status = cli_fail_memory(cli);
		}
		if (status == CLI_OK && stat(file, &st) == 0 && S_ISREG(st.st_mode))
			status = load_file(cli, to, file, kind);
		free(entries[i]);
	}
	free(entries);
	return status;
}

static bool is_directory(const char *path)
{
	struct stat st;

	return strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* A path that the user named has what it was named for: to go on without would judge by something else. */
static int load_named(struct cli *cli, struct sink *to, const char *path, const char *what)
{
	int status;

	if (!is_directory(path))
		return load_file(cli, to, path, to->kind);
	to->lenient = to->kind != CLI_LOAD_ROOTS || !to->verifier;
	status = load_directory(cli, to, path);
	if (status == CLI_OK && to->n == 0)
		return cli_fail(cli, CLI_ENVIRONMENT, "'%s' holds no %s (files are taken by their endings)",
				path, what);
	return status;
}

int cli_load_all(struct cli *cli, struct jurat_verifier *verifier, const char *option,
		 enum cli_load_kind kind)
{
	static const char *const what[] = {
		[CLI_LOAD_CERTS] = "certificate",
		[CLI_LOAD_ROOTS] = "root",
		[CLI_LOAD_CRL] = "revocation list",
	};
	const char *path;
	int status = CLI_OK;

	for (size_t i = 0; status == CLI_OK && (path = cli_get_nth(cli, option, i)); i++) {
		struct sink to = { .verifier = verifier, .kind = kind };

		status = load_named(cli, &to, path, what[kind]);
	}
	return status;
}

int cli_load_collateral(struct cli *cli, struct jurat_tdx_collateral *collateral, const char *beside)
{
	const char *path;
	int status = CLI_OK;

	if (!cli_has(cli, "collateral") && beside) {
		struct sink to = { .collateral = collateral, .lenient = true };

		return load_directory(cli, &to, beside);
	}
	for (size_t i = 0; status == CLI_OK && (path = cli_get_nth(cli, "collateral", i)); i++) {
		struct sink to = { .collateral = collateral };

		status = load_named(cli, &to, path, "collateral");
	}
	return status;
}

enum { EXPECT_REPORT = 1, EXPECT_QUOTE = 2 };

/* Takes a report, with the table that may follow it, or a quote. */
static int load_one_file(struct cli *cli, const char *path, unsigned expected, struct cli_evidence *e)
{
	static const char *const words[] = {
		[EXPECT_REPORT] = "an SEV-SNP report",
		[EXPECT_QUOTE] = "a quote",
		[EXPECT_REPORT | EXPECT_QUOTE] = "an SEV-SNP report or a quote",
	};
	auto_free uint8_t *data = NULL;
	struct jurat_error err = { "" };
	enum input_kind kind;
	size_t n;

	if (cli_read(path, &data, &n, &err) < 0)
		return cli_fail(cli, CLI_ENVIRONMENT, "%s", err.text);
	kind = input_kind(data, n);
	if (kind == INPUT_QUOTE && expected & EXPECT_QUOTE) {
		e->quote = take_ptr(data);
		e->quote_size = n;
		return CLI_OK;
	}
	if ((kind != INPUT_SNP_REPORT && kind != INPUT_SNP_EXTENDED_REPORT) || !(expected & EXPECT_REPORT))
		return cli_fail(cli, CLI_ENVIRONMENT, "'%s': expected %s, found: %s", path, words[expected],
				input_kind_name(kind));
	if (kind == INPUT_SNP_EXTENDED_REPORT) {
		e->certs_size = n - SNP_REPORT_BYTES;
		e->certs = malloc(e->certs_size);
		if (!e->certs)
			return cli_fail_memory(cli);
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
	int status = CLI_OK;

	if (asprintf(&report, "%s/report.bin", path) < 0)
		report = NULL;
	if (asprintf(&certs, "%s/certs.bin", path) < 0)
		certs = NULL;
	if (asprintf(&quote, "%s/quote.bin", path) < 0)
		quote = NULL;
	if (asprintf(&collateral, "%s/collateral", path) < 0)
		collateral = NULL;
	if (!report || !certs || !quote || !collateral)
		return cli_fail_memory(cli);
	has_quote = stat(quote, &st) == 0;
	if (has_quote)
		status = load_one_file(cli, quote, EXPECT_QUOTE, e);
	if (status == CLI_OK && has_quote && is_directory(collateral))
		e->collateral = take_ptr(collateral);
	if (status != CLI_OK || (has_quote && stat(report, &st) != 0))
		return status;
	status = load_one_file(cli, report, EXPECT_REPORT, e);
	if (status != CLI_OK || stat(certs, &st) != 0)
		return status;
	free(e->certs); /* the file beside the report counts */
	e->certs = NULL;
	return cli_read(certs, &e->certs, &e->certs_size, &err) < 0
		       ? cli_fail(cli, CLI_ENVIRONMENT, "%s", err.text)
		       : CLI_OK;
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
	int status = is_directory(path) ? load_evidence_directory(cli, path, &e)
					: load_one_file(cli, path, EXPECT_REPORT | EXPECT_QUOTE, &e);

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
