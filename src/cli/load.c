/* SPDX-License-Identifier: MIT */
#include "cli/load.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "cli/kind.h"
#include "verify/input.h"
#include "verify/tdx_collateral.h"
#include "wire/snp_report.h"

/* Where what is found goes, and how much of what was wanted it was. */
struct sink {
	struct jurat_verifier *verifier; /* NULL: collateral */
	struct jurat_tdx_collateral *collateral;
	enum cli_load_kind kind;
	unsigned n;
	char **unusable; /* of collateral: see cli_load_collateral() */
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

static int fail_file(struct cli *cli, const char *path, int r, const struct jurat_error *err)
{
	return r == -ENOMEM ? cli_fail_memory(cli)
			    : cli_fail(cli, CLI_ENVIRONMENT, "'%s': %s", path, err->text);
}

/*
 * A signed document of the collateral that cannot be used: the verdict gives the reason, and nothing is
 * accepted. false: what failed is something else.
 */
static bool is_unusable_document(struct cli *cli, struct sink *to, const char *path, int r,
				 const struct jurat_error *err)
{
	if (to->verifier || r != -EBADMSG || !collateral_has_unusable(to->collateral, err))
		return false;
	cli_warn(cli, "'%s': %s", path, err->text);
	to->n++;
	if (!*to->unusable && asprintf(to->unusable, "'%s': %s", path, err->text) < 0)
		*to->unusable = NULL;
	return *to->unusable != NULL;
}

static int load_file(struct cli *cli, struct sink *to, const char *path)
{
	auto_free uint8_t *data = NULL;
	struct jurat_error err = { "" };
	size_t n;
	int r = cli_read(path, &data, &n, &err);

	if (r < 0)
		return cli_fail(cli, r == -ENOMEM ? CLI_INTERNAL : CLI_ENVIRONMENT, "%s", err.text);
	r = add(to, to->kind, data, n, &err);
	if (is_unusable_document(cli, to, path, r, &err))
		return CLI_OK;
	if (r < 0)
		return fail_file(cli, path, r, &err);
	to->n++;
	return CLI_OK;
}

/* Among CRLs a file of certificates is read as endorsements, which nothing is trusted for. */
static int add_from_directory(struct sink *to, const char *name, const uint8_t *data, size_t n,
			      struct jurat_error *err)
{
	bool is_crl = to->verifier && to->kind != CLI_LOAD_ROOTS && cli_kind_names_crl(name);
	int r = add(to, is_crl ? CLI_LOAD_CRL : to->kind, data, n, err);

	if (r == -EBADMSG && to->verifier && to->kind == CLI_LOAD_CRL && !is_crl) {
		r = add(to, CLI_LOAD_CERTS, data, n, err);
		to->n += r == 0 && memmem(data, n, "BEGIN X509 CRL", 14);
		return r;
	}
	to->n += r == 0;
	return r;
}

/* One entry of a directory that the user named; he named this file with it. */
static int load_entry(struct cli *cli, struct sink *to, const char *path, const char *name)
{
	auto_free uint8_t *data = NULL;
	struct jurat_error err = { "" };
	const char *other;
	struct stat st;
	size_t n;
	int r;

	if (stat(path, &st) < 0)
		return cli_fail(cli, CLI_ENVIRONMENT, "cannot read '%s': %s", path, strerror(errno));
	if (S_ISDIR(st.st_mode) && !cli_kind_claims(name, !to->verifier))
		return CLI_OK;
	if (!S_ISREG(st.st_mode)) /* opening a FIFO would wait for somebody */
		return cli_fail(cli, CLI_ENVIRONMENT, "'%s': not a regular file", path);
	r = cli_read(path, &data, &n, &err);
	if (r < 0)
		return cli_fail(cli, r == -ENOMEM ? CLI_INTERNAL : CLI_ENVIRONMENT, "%s", err.text);
	other = cli_kind_other(name, !to->verifier, data, n);
	if (other) {
		cli_warn(cli, "'%s' is skipped: %s", path, other);
		return CLI_OK;
	}
	r = add_from_directory(to, name, data, n, &err);
	if (is_unusable_document(cli, to, path, r, &err))
		return CLI_OK;
	return r < 0 ? fail_file(cli, path, r, &err) : CLI_OK;
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int load_directory(struct cli *cli, struct sink *to, const char *path)
{
	struct dirent **entries;
	int n = scandir(path, &entries, is_visible, alphasort);
	int status = CLI_OK;

	if (n < 0)
		return cli_fail(cli, CLI_ENVIRONMENT, "cannot read '%s': %s", path, strerror(errno));
	for (int i = 0; i < n; i++) {
		auto_free char *file = NULL;

		if (status == CLI_OK && asprintf(&file, "%s/%s", path, entries[i]->d_name) < 0) {
			file = NULL;
			status = cli_fail_memory(cli);
		}
		if (status == CLI_OK)
			status = load_entry(cli, to, file, entries[i]->d_name);
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
		return load_file(cli, to, path);
	status = load_directory(cli, to, path);
	if (status == CLI_OK && to->n == 0)
		return cli_fail(cli, CLI_ENVIRONMENT, "'%s' holds no %s", path, what);
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

int cli_load_collateral(struct cli *cli, struct jurat_tdx_collateral *collateral,
			struct cli_evidence *evidence)
{
	const char *beside = evidence->collateral;
	const char *path;
	int status = CLI_OK;

	if (!cli_has(cli, "collateral") && beside) {
		struct sink to = { .collateral = collateral, .unusable = &evidence->unusable };

		return load_directory(cli, &to, beside);
	}
	for (size_t i = 0; status == CLI_OK && (path = cli_get_nth(cli, "collateral", i)); i++) {
		struct sink to = { .collateral = collateral, .unusable = &evidence->unusable };

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

/*
 * What a directory of evidence may hold: *ret NULL only when there is no such name. What is there and cannot
 * be used is an error: without it the verdict would be about less, or by less.
 */
static int find_beside(struct cli *cli, const char *dir, const char *name, mode_t type, char **ret)
{
	auto_free char *path = NULL;
	struct stat st;

	if (asprintf(&path, "%s/%s", dir, name) < 0) {
		path = NULL;
		return cli_fail_memory(cli);
	}
	*ret = NULL;
	if (lstat(path, &st) < 0 && errno == ENOENT)
		return CLI_OK;
	if (stat(path, &st) < 0)
		return cli_fail(cli, CLI_ENVIRONMENT, "cannot read '%s': %s", path, strerror(errno));
	if ((st.st_mode & S_IFMT) != type)
		return cli_fail(cli, CLI_ENVIRONMENT, "'%s': not a %s", path,
				type == S_IFDIR ? "directory" : "regular file");
	*ret = take_ptr(path);
	return CLI_OK;
}

static int load_evidence_directory(struct cli *cli, const char *path, struct cli_evidence *e)
{
	auto_free char *report = NULL, *certs = NULL, *quote = NULL;
	struct jurat_error err = { "" };
	int status = find_beside(cli, path, "quote.bin", S_IFREG, &quote);

	if (status == CLI_OK)
		status = find_beside(cli, path, "report.bin", S_IFREG, &report);
	if (status == CLI_OK && quote)
		status = find_beside(cli, path, "collateral", S_IFDIR, &e->collateral);
	if (status == CLI_OK && report)
		status = find_beside(cli, path, "certs.bin", S_IFREG, &certs);
	if (status == CLI_OK && !report && !quote)
		return cli_fail(cli, CLI_ENVIRONMENT, "'%s' has neither report.bin nor quote.bin", path);
	if (status == CLI_OK && quote)
		status = load_one_file(cli, quote, EXPECT_QUOTE, e);
	if (status == CLI_OK && report)
		status = load_one_file(cli, report, EXPECT_REPORT, e);
	if (status != CLI_OK || !certs)
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
	free(evidence->unusable);
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
