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

static int is_certificate_name(const struct dirent *entry)
{
	static const char *const endings[] = { ".pem", ".der", ".crt", ".cer", ".cert", ".crl", ".bin" };
	const char *dot = strrchr(entry->d_name, '.');

	for (size_t i = 0; dot && i < ARRAY_SIZE(endings); i++)
		if (!strcasecmp(dot, endings[i]))
			return strcasecmp(entry->d_name, "report.bin") != 0;
	return 0;
}

static int load_directory(struct cli *cli, struct jurat_verifier *verifier, const char *path,
			  enum cli_load_kind kind)
{
	struct dirent **entries;
	int n = scandir(path, &entries, is_certificate_name, alphasort), status = CLI_OK;

	if (n < 0)
		return cli_fail(cli, CLI_ENVIRONMENT, "cannot read '%s': %s", path, strerror(errno));
	for (int i = 0; i < n; i++) {
		const char *name = entries[i]->d_name;
		auto_free char *file = NULL;
		struct stat st;

		if (status != CLI_OK)
			continue;
		if (asprintf(&file, "%s/%s", path, name) < 0) {
			file = NULL;
			status = cli_fail(cli, CLI_INTERNAL, "out of memory");
		} else if (stat(file, &st) == 0 && S_ISREG(st.st_mode)) {
			bool crl = kind == CLI_LOAD_CERTS &&
				   (!strncasecmp(name, "crl", 3) || strstr(name, ".crl"));

			status = load_file(cli, verifier, file, crl ? CLI_LOAD_CRL : kind);
		}
	}
	for (int i = 0; i < n; i++)
		free(entries[i]);
	free(entries);
	return status;
}

static bool is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int cli_load(struct cli *cli, struct jurat_verifier *verifier, const char *path, enum cli_load_kind kind)
{
	return is_directory(path) ? load_directory(cli, verifier, path, kind)
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

int cli_load_evidence(struct cli *cli, const char *path, struct cli_evidence *ret)
{
	struct cli_evidence e = { 0 };
	auto_free char *report = NULL, *certs = NULL;
	struct jurat_error err = { "" };
	struct stat st;

	if (!is_directory(path)) {
		if (cli_read(path, &e.report, &e.report_size, &err) < 0)
			return cli_fail(cli, CLI_ENVIRONMENT, "%s", err.text);
		if (e.report_size > SNP_REPORT_BYTES) { /* an extended report: the table follows */
			e.certs_size = e.report_size - SNP_REPORT_BYTES;
			e.certs = malloc(e.certs_size);
			if (!e.certs) {
				free(e.report);
				return cli_fail(cli, CLI_INTERNAL, "out of memory");
			}
			memcpy(e.certs, e.report + SNP_REPORT_BYTES, e.certs_size);
			e.report_size = SNP_REPORT_BYTES;
		}
		*ret = e;
		return CLI_OK;
	}
	if (asprintf(&report, "%s/report.bin", path) < 0)
		report = NULL;
	if (asprintf(&certs, "%s/certs.bin", path) < 0)
		certs = NULL;
	if (!report || !certs)
		return cli_fail(cli, CLI_INTERNAL, "out of memory");
	if (cli_read(report, &e.report, &e.report_size, &err) < 0)
		return cli_fail(cli, CLI_ENVIRONMENT, "%s", err.text);
	if (stat(certs, &st) == 0 && cli_read(certs, &e.certs, &e.certs_size, &err) < 0) {
		free(e.report);
		return cli_fail(cli, CLI_ENVIRONMENT, "%s", err.text);
	}
	*ret = e;
	return CLI_OK;
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
