/* SPDX-License-Identifier: MIT */
#include "cli/certs.h"

#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "crypto/x509.h"
#include "verify/input.h"
#include "wire/snp_certs.h"

/* Names of certificates in host tools, and their table entries: an ASVK uses the ASK's entry. */
static const struct {
	const char *stem;
	enum snp_cert_kind kind;
	const char *cn; /* prefix of its subject CN */
} stems[] = {
	{ "vcek", SNP_CERT_VCEK, "SEV-VCEK" }, { "vlek", SNP_CERT_VLEK, "SEV-VLEK" },
	{ "ask", SNP_CERT_ASK, "SEV-" },       { "asvk", SNP_CERT_ASK, "SEV-VLEK-" },
	{ "ark", SNP_CERT_ARK, "ARK-" },
};

enum { MAX_CERTS = ARRAY_SIZE(stems) + 1 };

struct blob {
	struct snp_certs table;
	uint8_t *owned[MAX_CERTS];
};

static void blob_done(struct blob *blob)
{
	for (size_t i = 0; i < MAX_CERTS; i++)
		free(blob->owned[i]);
}

/* A table has one entry per kind: refuse a file with more certificates, which would be lost. */
static int refuse_more(const uint8_t *data, size_t n, size_t off, struct jurat_error *err)
{
	auto_free uint8_t *der = NULL;
	char label[32];
	size_t der_size;
	int r = crypto_pem_next(data, n, &off, label, &der, &der_size, err);

	if (r == JURAT_NOT_FOUND)
		return 0;
	return r < 0 ? r : jurat_fail(err, -EBADMSG, "has more than one certificate or CRL");
}

/* Adds the certificate (or CRL) of a file, converted to DER: most clients support nothing else (B46). */
static int take_file(struct blob *blob, const char *path, enum snp_cert_kind kind, const char *cn,
		     struct jurat_error *err)
{
	const enum input_kind wanted = kind == SNP_CERT_CRL ? INPUT_CRL : INPUT_CERTIFICATE;
	struct snp_cert_entry *entry = &blob->table.entries[blob->table.n];
	auto_free uint8_t *data = NULL;
	enum input_kind found;
	struct crypto_cert cert;
	struct crypto_crl crl;
	char label[32];
	size_t n, off = 0, der_size;
	int r = cli_read(path, &data, &n, err);

	if (r < 0)
		return r;
	r = crypto_pem_next(data, n, &off, label, &blob->owned[blob->table.n], &der_size, err);
	if (r != 0)
		return r < 0 ? jurat_wrap(err, r, "'%s'", path)
			     : jurat_fail(err, -EBADMSG, "'%s' is empty", path);
	r = refuse_more(data, n, off, err);
	if (r < 0)
		return jurat_wrap(err, r, "'%s'", path);
	entry->kind = kind;
	entry->data = bytes_rd(blob->owned[blob->table.n], der_size);
	found = input_kind(entry->data.data, der_size);
	if (found != wanted)
		r = jurat_fail(err, -EBADMSG, "expected a %s, found: %s", input_kind_name(wanted),
			       input_kind_name(found));
	else
		r = kind == SNP_CERT_CRL ? crypto_crl_read(entry->data.data, der_size, &crl, err)
					 : crypto_cert_read(entry->data.data, der_size, &cert, err);
	if (r == 0 && kind != SNP_CERT_CRL &&
	    (cert.subject_cn.size < strlen(cn) || memcmp(cert.subject_cn.data, cn, strlen(cn))))
		r = jurat_fail(err, -EBADMSG, "it contains the certificate of '%.*s'",
			       (int)cert.subject_cn.size, (const char *)cert.subject_cn.data);
	blob->table.n++;
	return r < 0 ? jurat_wrap(err, r, "'%s'", path) : 0;
}

/* Finds the one file of a directory whose name before the first dot is `stem`; NULL when there is none. */
static char *find_file(const char *dir, const char *stem, struct jurat_error *err, int *r)
{
	DIR *d = opendir(dir);
	char *found = NULL;
	struct dirent *entry;

	*r = 0;
	if (!d) {
		*r = jurat_fail(err, -errno, "cannot read '%s': %s", dir, strerror(errno));
		return NULL;
	}
	while (*r == 0 && (entry = readdir(d))) {
		size_t n = strcspn(entry->d_name, ".");

		if (n != strlen(stem) || strncasecmp(entry->d_name, stem, n))
			continue;
		if (found)
			*r = jurat_fail(err, -EEXIST, "'%s' has more than one %s", dir, stem);
		else if (asprintf(&found, "%s/%s", dir, entry->d_name) < 0)
			*r = jurat_fail_memory(err), found = NULL;
	}
	closedir(d);
	if (*r < 0) {
		free(found);
		return NULL;
	}
	return found;
}

static int gather(struct blob *blob, const char *dir, const char *crl, struct jurat_error *err)
{
	bool has_leaf = false, has_ask = false;
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(stems); i++) {
		auto_free char *path = find_file(dir, stems[i].stem, err, &r);

		if (r < 0)
			return r;
		if (!path)
			continue;
		if (stems[i].kind == SNP_CERT_ASK && has_ask)
			return jurat_fail(err, -EEXIST,
					  "'%s' has an ask and an asvk: the table has one entry for both, "
					  "remove the wrong one",
					  dir);
		if (i < 2 && has_leaf)
			return jurat_fail(err, -EEXIST,
					  "'%s' has a vcek and a vlek: only one of them signs the reports, "
					  "remove the other",
					  dir);
		has_leaf |= i < 2;
		has_ask |= stems[i].kind == SNP_CERT_ASK;
		r = take_file(blob, path, stems[i].kind, stems[i].cn, err);
		if (r < 0)
			return r;
	}
	if (blob->table.n == 0)
		return jurat_fail(err, -ENOENT, "'%s' has no vcek, vlek, ask, asvk or ark", dir);
	return crl ? take_file(blob, crl, SNP_CERT_CRL, "", err) : 0;
}

static int build(struct cli *cli, const char *dir, const char *path)
{
	auto_free uint8_t *bytes = NULL;
	struct jurat_error err = { "" };
	struct blob blob = { 0 };
	size_t size = 0;
	int r = gather(&blob, dir, cli_get(cli, "crl"), &err);

	if (r == 0) {
		size = snp_certs_size(&blob.table);
		bytes = malloc(size);
		r = bytes ? snp_certs_write(&blob.table, bytes, size, &size, &err) : jurat_fail_memory(&err);
	}
	if (r == 0)
		r = cli_write(path, bytes, size, 0640, &err); /* see store/access.h */
	blob_done(&blob);
	if (r < 0)
		return cli_fail(cli, cli_status(r), "build: %s", err.text);
	if (size > SNP_CERTS_LINUX_MAX_BYTES)
		cli_warn(cli, "build: the table has %zu bytes, but a Linux guest accepts at most %d", size,
			 SNP_CERTS_LINUX_MAX_BYTES);
	return CLI_OK;
}

/* File names as in host tools; a VLEK's intermediate is an ASVK, whatever its entry (B42). */
static void name_entry(const struct snp_certs *table, unsigned i, char *name, size_t room)
{
	const struct snp_cert_entry *e = &table->entries[i];
	char guid[SNP_CERTS_GUID_TEXT_SIZE];

	if (e->kind == SNP_CERT_OTHER)
		snprintf(name, room, "other-%s.bin", snp_cert_guid_format(e->guid, guid));
	else if (e->kind == SNP_CERT_ASK && snp_certs_find(table, SNP_CERT_VLEK))
		snprintf(name, room, "asvk.der");
	else
		snprintf(name, room, "%s.%s", snp_cert_name(e->kind),
			 e->kind == SNP_CERT_CRL ? "crl" : "der");
}

static int split_entry(struct cli *cli, const struct snp_certs *table, unsigned i, const char *dir,
		       json_t *files)
{
	const struct snp_cert_entry *e = &table->entries[i];
	auto_free char *file = NULL;
	struct jurat_error err = { "" };
	char name[64];

	name_entry(table, i, name, sizeof(name));
	if (asprintf(&file, "%s/%s", dir, name) < 0) {
		file = NULL;
		return cli_fail_memory(cli);
	}
	if (cli_write(file, e->data.data, e->data.size, 0644, &err) < 0)
		return cli_fail(cli, CLI_ENVIRONMENT, "split: %s", err.text);
	if (!files)
		puts(file);
	else if (json_array_append_new(files, json_pack("{s:s, s:s, s:I}", "name", name, "kind",
							snp_cert_name(e->kind), "bytes",
							(json_int_t)e->data.size)) < 0)
		return cli_fail_memory(cli);
	return CLI_OK;
}

static int split(struct cli *cli, const char *path, const char *dir)
{
	auto_free uint8_t *bytes = NULL;
	struct jurat_error err = { "" };
	struct snp_certs table;
	json_t *files;
	size_t n;
	int status = CLI_OK;

	if (!strcmp(dir, "-"))
		return cli_fail(cli, CLI_USAGE, "split: expected a directory, found standard output");
	status = certs_load_table(cli, "split", path, &bytes, &n);
	if (status != CLI_OK)
		return status;
	if (snp_certs_read_any(bytes, n, &table, &err) < 0)
		return cli_fail(cli, CLI_REFUSED, "split: '%s': %s", path, err.text);
	if (table.n == 0)
		return cli_fail(cli, CLI_REFUSED, "split: '%s' has no entries", path);
	if (snp_certs_is_mixed_endian(bytes, n))
		cli_warn(cli, "split: '%s': the GUIDs are in mixed-endian order", path);
	if (mkdir(dir, 0777) < 0 && errno != EEXIST)
		return cli_fail(cli, CLI_ENVIRONMENT, "split: cannot create '%s': %s", dir, strerror(errno));
	files = cli_wants_json(cli) ? json_array() : NULL;
	for (unsigned i = 0; i < table.n && status == CLI_OK; i++)
		status = split_entry(cli, &table, i, dir, files);
	if (status == CLI_OK && cli_wants_json(cli))
		return certs_print_json(cli, json_pack("{s:o}", "files", files), CLI_OK);
	json_decref(files);
	return status;
}

int cli_certs(struct cli *cli)
{
	const char *what = cli->args[0];

	if (!cli_reads_stdin_once(cli, strcmp(what, "build") ? cli->args[1] : NULL))
		return CLI_USAGE;
	if (!strcmp(what, "build"))
		return build(cli, cli->args[1], cli->args[2]);
	if (!strcmp(what, "split"))
		return split(cli, cli->args[1], cli->args[2]);
	return certs_check(cli, cli->args[1]);
}
