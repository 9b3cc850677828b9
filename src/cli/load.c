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
#include "verify/decode.h"
#include "verify/tdx_collateral.h"

/* Destination of loaded items, and the number of wanted ones. */
struct sink {
	struct jurat_verifier *verifier; /* NULL: collateral */
	struct jurat_tdx_collateral *collateral;
	struct cli_endorsements *kept; /* NULL: nothing is kept */
	enum cli_load_kind kind;
	unsigned n;
	char **unusable; /* of collateral: see cli_load_collateral() */
};

static int add_to_verifier(struct jurat_verifier *verifier, enum cli_load_kind kind, const uint8_t *data,
			   size_t n, struct jurat_error *err)
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

static int keep(struct cli_endorsements *to, enum cli_load_kind kind, const uint8_t *data, size_t n,
		struct jurat_error *err)
{
	uint8_t *copy;

	if (to->n == to->room) {
		size_t room = to->room ? 2 * to->room : 8;
		struct cli_endorsement *more = reallocarray(to->items, room, sizeof(*more));

		if (!more)
			return jurat_fail_memory(err);
		to->items = more;
		to->room = room;
	}
	copy = malloc(n + 1);
	if (!copy)
		return jurat_fail_memory(err);
	memcpy(copy, data, n);
	to->items[to->n++] = (struct cli_endorsement){ .kind = kind, .bytes = copy, .n = n };
	return 0;
}

static int add(const struct sink *to, enum cli_load_kind kind, const uint8_t *data, size_t n,
	       struct jurat_error *err)
{
	struct jurat_error memory;
	int r;

	r = to->verifier ? add_to_verifier(to->verifier, kind, data, n, err)
			 : jurat_tdx_collateral_add(to->collateral, data, n, err);
	if (!to->kept)
		return r;
	if (r == 0)
		return keep(to->kept, to->verifier ? kind : CLI_LOAD_COLLATERAL, data, n, err);
	/* An unusable document is part of the collateral, too: with the reason for which it is refused. */
	if (!to->verifier && r == -EBADMSG && collateral_has_unusable(to->collateral, err) &&
	    keep(to->kept, CLI_LOAD_COLLATERAL, data, n, &memory) < 0) {
		*err = memory;
		return -ENOMEM;
	}
	return r;
}

static int fail_file(struct cli *cli, const char *path, int r, const struct jurat_error *err)
{
	return r == -ENOMEM ? cli_fail_memory(cli)
			    : cli_fail(cli, CLI_ENVIRONMENT, "'%s': %s", path, err->text);
}

/*
 * Whether a failure is that of an unusable signed document of the collateral: then the verdict has the
 * reason, and refuses.
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

/* In a directory of CRLs, files with certificates are added as endorsements, which are untrusted. */
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

/* Loads one entry of a directory that the user named. */
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
	if (!S_ISREG(st.st_mode)) /* opening a FIFO would block */
		return cli_fail(cli, CLI_ENVIRONMENT, "'%s': not a regular file", path);
	r = cli_read_regular(path, &data, &n, &err);
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

/* A path that the user named must have what it was named for: without it, the result would be another. */
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

static int load_all(struct cli *cli, struct jurat_verifier *verifier, struct cli_endorsements *kept,
		    const char *option, enum cli_load_kind kind)
{
	static const char *const what[] = {
		[CLI_LOAD_CERTS] = "certificate",
		[CLI_LOAD_ROOTS] = "root",
		[CLI_LOAD_CRL] = "revocation list",
	};
	const char *path;
	int status = CLI_OK;

	for (size_t i = 0; status == CLI_OK && (path = cli_get_nth(cli, option, i)); i++) {
		struct sink to = { .verifier = verifier, .kept = kept, .kind = kind };

		status = load_named(cli, &to, path, what[kind]);
	}
	return status;
}

int cli_load_all(struct cli *cli, struct jurat_verifier *verifier, const char *option,
		 enum cli_load_kind kind)
{
	return load_all(cli, verifier, NULL, option, kind);
}

void cli_endorsements_done(struct cli_endorsements *kept)
{
	for (size_t i = 0; i < kept->n; i++)
		free(kept->items[i].bytes);
	free(kept->items);
	*kept = (struct cli_endorsements){ .items = NULL };
}

int cli_endorsements_verifier(struct cli *cli, const struct cli_endorsements *kept,
			      struct jurat_verifier **ret)
{
	struct jurat_verifier *verifier = NULL;
	struct jurat_error err = { "" };
	int r = jurat_verifier_new(&verifier, &err);

	for (size_t i = 0; r == 0 && i < kept->n; i++)
		if (kept->items[i].kind != CLI_LOAD_COLLATERAL)
			r = add_to_verifier(verifier, kept->items[i].kind, kept->items[i].bytes,
					    kept->items[i].n, &err);
	if (r == 0) {
		*ret = verifier;
		return CLI_OK;
	}
	jurat_verifier_free(verifier);
	return cli_fail(cli, CLI_INTERNAL, "%s", err.text);
}

int cli_endorsements_collateral(struct cli *cli, const struct cli_endorsements *kept,
				struct jurat_tdx_collateral **ret)
{
	struct jurat_tdx_collateral *collateral = NULL;
	struct jurat_error err = { "" };
	int r = jurat_tdx_collateral_new(&collateral, &err);

	for (size_t i = 0; r == 0 && i < kept->n; i++) {
		if (kept->items[i].kind != CLI_LOAD_COLLATERAL)
			continue;
		r = jurat_tdx_collateral_add(collateral, kept->items[i].bytes, kept->items[i].n, &err);
		if (r == -EBADMSG) /* it was unusable then, too */
			r = 0;
	}
	if (r == 0) {
		*ret = collateral;
		return CLI_OK;
	}
	jurat_tdx_collateral_free(collateral);
	return cli_fail(cli, CLI_INTERNAL, "%s", err.text);
}

int cli_load_verifier(struct cli *cli, struct cli_endorsements *kept, struct jurat_verifier **ret)
{
	struct jurat_verifier *verifier = NULL;
	struct jurat_error err = { "" };
	int status;

	if (jurat_verifier_new(&verifier, &err) < 0)
		return cli_fail(cli, CLI_INTERNAL, "%s", err.text);
	status = load_all(cli, verifier, kept, "roots", CLI_LOAD_ROOTS);
	if (status == CLI_OK)
		status = load_all(cli, verifier, kept, "certs", CLI_LOAD_CERTS);
	if (status == CLI_OK)
		status = load_all(cli, verifier, kept, "crl", CLI_LOAD_CRL);
	if (status != CLI_OK)
		jurat_verifier_free(verifier);
	else
		*ret = verifier;
	return status;
}

int cli_load_collateral_of(struct cli *cli, const char *option, struct jurat_tdx_collateral *collateral,
			   struct cli_endorsements *kept, char **unusable)
{
	const char *path;
	int status = CLI_OK;

	for (size_t i = 0; status == CLI_OK && (path = cli_get_nth(cli, option, i)); i++) {
		struct sink to = { .collateral = collateral, .kept = kept, .unusable = unusable };

		status = load_named(cli, &to, path, "collateral");
	}
	return status;
}

int cli_load_collateral(struct cli *cli, struct jurat_tdx_collateral *collateral,
			struct cli_evidence *evidence)
{
	const char *beside = evidence->collateral;

	if (!cli_has(cli, "collateral") && beside) {
		struct sink to = { .collateral = collateral, .unusable = &evidence->unusable };

		return load_directory(cli, &to, beside);
	}
	return cli_load_collateral_of(cli, "collateral", collateral, NULL, &evidence->unusable);
}

enum { EXPECT_REPORT = 1, EXPECT_QUOTE = 2 };

static int copy_item(struct cli *cli, const struct decode_item *item, uint8_t **ret, size_t *ret_n)
{
	*ret = malloc(item->n + 1);
	if (!*ret)
		return cli_fail_memory(cli);
	memcpy(*ret, item->bytes, item->n);
	*ret_n = item->n;
	return CLI_OK;
}

static int take_evidence(struct cli *cli, const struct decode_evidence *found, struct cli_evidence *e)
{
	int status;

	if (found->quote) {
		decode_describe(found->quote, NULL, e->quote_how);
		return copy_item(cli, found->quote, &e->quote, &e->quote_size);
	}
	decode_describe(found->report, found->table, e->report_how);
	status = copy_item(cli, found->report, &e->report, &e->report_size);
	if (status == CLI_OK && found->table)
		status = copy_item(cli, found->table, &e->certs, &e->certs_size);
	return status;
}

/* Takes the file and its items. */
static void carry(struct cli_carried *to, uint8_t **file, size_t size, struct decoded *items)
{
	to->file = take_ptr(*file);
	to->size = size;
	to->items = *items;
	*items = (struct decoded){ .items = NULL };
}

static void carried_done(struct cli_carried *carried)
{
	decoded_done(&carried->items);
	free(carried->file);
}

/*
 * Loads a report, with a table that may follow it, or a quote, in any encoding. Takes `*file` if it carries
 * more.
 */
static int load_one(struct cli *cli, const char *path, uint8_t **file, size_t n, unsigned expected,
		    struct cli_evidence *e)
{
	static const char *const words[] = {
		[EXPECT_REPORT] = "an SEV-SNP report",
		[EXPECT_QUOTE] = "a quote",
		[EXPECT_REPORT | EXPECT_QUOTE] = "an SEV-SNP report or a quote",
	};
	struct decoded decoded auto_call(decoded_done) = { .items = NULL };
	struct decode_evidence found = { .report = NULL };
	struct jurat_error err = { "" };
	char name[DECODE_TEXT_BYTES];
	int r = decode(*file, n, &decoded, &err);

	if (r == 0)
		r = decode_one_evidence(&decoded, &found, &err);
	if (r < 0)
		return fail_file(cli, path, r, &err);
	if (r == JURAT_NOT_FOUND || !(expected & (found.quote ? EXPECT_QUOTE : EXPECT_REPORT))) {
		decode_name(&decoded, *file, n, name);
		return cli_fail(cli, CLI_ENVIRONMENT, "'%s': expected %s, found: %s", path, words[expected],
				name);
	}
	r = take_evidence(cli, &found, e);
	if (r == CLI_OK && found.quote && found.quote->how[0])
		r = cli_load_carried_log(cli, path, *file, n, e);
	if (r == CLI_OK && decoded.n > 1)
		carry(found.quote ? &e->with_quote : &e->with_report, file, n, &decoded);
	return r;
}

/* A file of a directory, which may have become a FIFO. */
static int load_part(struct cli *cli, const char *path, unsigned expected, struct cli_evidence *e)
{
	auto_free uint8_t *data = NULL;
	struct jurat_error err = { "" };
	size_t n;

	if (cli_read_regular(path, &data, &n, &err) < 0)
		return cli_fail(cli, CLI_ENVIRONMENT, "%s", err.text);
	return load_one(cli, path, &data, n, expected, e);
}

static bool is_endorsement(const struct decode_item *item)
{
	return item->kind == INPUT_CERTIFICATE || item->kind == INPUT_CRL;
}

static int add_carried(struct sink *to, const struct cli_carried *carried, struct jurat_error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < carried->items.n; i++) {
		const struct decode_item *item = &carried->items.items[i];

		if (is_endorsement(item))
			r = add(to, CLI_LOAD_CERTS, item->bytes, item->n, err);
	}
	return r;
}

static bool has_endorsements(const struct cli_carried *carried)
{
	for (size_t i = 0; i < carried->items.n; i++)
		if (is_endorsement(&carried->items.items[i]))
			return true;
	return false;
}

bool cli_evidence_has_endorsements(const struct cli_evidence *evidence)
{
	return has_endorsements(&evidence->with_report) || has_endorsements(&evidence->with_certs);
}

int cli_load_carried(struct cli *cli, struct jurat_verifier *verifier,
		     struct jurat_tdx_collateral *collateral, const struct cli_evidence *evidence)
{
	const struct cli_carried *quote = &evidence->with_quote;
	struct sink to_verifier = { .verifier = verifier }, to_collateral = { .collateral = collateral };
	struct jurat_error err = { "" };
	int r = add_carried(&to_verifier, &evidence->with_report, &err);

	if (r == 0)
		r = add_carried(&to_verifier, &evidence->with_certs, &err);
	if (r == 0 && collateral && quote->file && !cli_has(cli, "collateral"))
		r = collateral_is_within(quote->file, quote->size)
			    ? jurat_tdx_collateral_add(collateral, quote->file, quote->size, &err)
			    : add_carried(&to_collateral, quote, &err);
	return r < 0 ? fail_file(cli, evidence->path, r, &err) : CLI_OK;
}

/*
 * Finds an optional file in a directory of evidence; *ret is NULL only if it does not exist. One that exists
 * but is unusable is an error: without it the verdict would cover less.
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

static bool are_endorsements(const struct decoded *decoded)
{
	for (size_t i = 0; i < decoded->n; i++)
		if (!is_endorsement(&decoded->items[i]))
			return false;
	return decoded->n > 0;
}

/*
 * Loads the table beside a report, in any encoding, or the certificates that are there in its place. The
 * verdict reports what is wrong with other data.
 */
static int load_table(struct cli *cli, const char *path, struct cli_evidence *e)
{
	struct decoded decoded auto_call(decoded_done) = { .items = NULL };
	struct decode_item as_it_is = { .kind = INPUT_SNP_TABLE, .bytes = e->certs, .n = e->certs_size };
	const struct decode_item *table = &as_it_is;
	struct jurat_error err = { "" };
	uint8_t *copy = NULL;
	size_t n = 0;
	int status = CLI_OK, r = decode(e->certs, e->certs_size, &decoded, &err);

	if (r == -ENOMEM)
		return fail_file(cli, path, r, &err);
	if (r == 0 && are_endorsements(&decoded)) {
		carry(&e->with_certs, &e->certs, e->certs_size, &decoded);
		e->certs_size = 0;
		return CLI_OK;
	}
	if (r == 0 && decoded.n == 1 && decoded.items[0].kind == INPUT_SNP_TABLE)
		table = &decoded.items[0];
	if (!e->report_how[0])
		decode_describe(&(struct decode_item){ .kind = INPUT_SNP_TABLE }, table, e->report_how);
	if (table == &as_it_is || table->bytes == e->certs)
		return status;
	status = copy_item(cli, table, &copy, &n);
	if (status == CLI_OK) {
		free(e->certs);
		e->certs = copy;
		e->certs_size = n;
	}
	return status;
}

static int load_evidence_directory(struct cli *cli, const char *path, struct cli_evidence *e)
{
	auto_free char *report = NULL, *certs = NULL, *quote = NULL, *log = NULL;
	struct jurat_error err = { "" };
	int status = find_beside(cli, path, "quote.bin", S_IFREG, &quote);

	if (status == CLI_OK)
		status = find_beside(cli, path, "report.bin", S_IFREG, &report);
	if (status == CLI_OK && quote)
		status = find_beside(cli, path, "collateral", S_IFDIR, &e->collateral);
	if (status == CLI_OK)
		status = find_beside(cli, path, "event-log.bin", S_IFREG, &log);
	if (status == CLI_OK && report)
		status = find_beside(cli, path, "certs.bin", S_IFREG, &certs);
	if (status == CLI_OK && !report && !quote)
		return cli_fail(cli, CLI_ENVIRONMENT, "'%s' has neither report.bin nor quote.bin", path);
	if (status == CLI_OK && log && !quote)
		return cli_fail(cli, CLI_ENVIRONMENT, "'%s': an event log without quote.bin", log);
	if (status == CLI_OK && quote)
		status = load_part(cli, quote, EXPECT_QUOTE, e);
	if (status == CLI_OK && log)
		status = cli_load_log_file(cli, log, e);
	if (status == CLI_OK && report)
		status = load_part(cli, report, EXPECT_REPORT, e);
	if (status != CLI_OK || !certs)
		return status;
	free(e->certs); /* the file beside the report takes precedence */
	e->certs = NULL;
	if (cli_read_regular(certs, &e->certs, &e->certs_size, &err) < 0)
		return cli_fail(cli, CLI_ENVIRONMENT, "%s", err.text);
	return load_table(cli, certs, e);
}

void cli_evidence_done(struct cli_evidence *evidence)
{
	free(evidence->quote);
	free(evidence->collateral);
	free(evidence->unusable);
	free(evidence->event_log);
	carried_done(&evidence->with_report);
	carried_done(&evidence->with_quote);
	carried_done(&evidence->with_certs);
	free(evidence->report);
	free(evidence->certs);
	*evidence = (struct cli_evidence){ 0 };
}

int cli_load_evidence(struct cli *cli, const char *path, struct cli_evidence *ret)
{
	const unsigned any = EXPECT_REPORT | EXPECT_QUOTE;
	struct cli_evidence e = { .path = path };
	auto_free uint8_t *data = NULL;
	struct jurat_error err = { "" };
	size_t n;
	int status;

	if (is_directory(path))
		status = load_evidence_directory(cli, path, &e);
	else if (cli_read(path, &data, &n, &err) < 0)
		status = cli_fail(cli, CLI_ENVIRONMENT, "%s", err.text);
	else
		status = load_one(cli, path, &data, n, any, &e);
	if (status != CLI_OK)
		cli_evidence_done(&e);
	else
		*ret = e;
	return status;
}

int cli_load_evidence_bytes(struct cli *cli, const char *path, uint8_t **file, size_t n,
			    struct cli_evidence *ret)
{
	struct cli_evidence e = { .path = path };
	int status = load_one(cli, path, file, n, EXPECT_REPORT | EXPECT_QUOTE, &e);

	if (status != CLI_OK)
		cli_evidence_done(&e);
	else
		*ret = e;
	return status;
}

int cli_load_platform_time(struct cli *cli, int64_t *ret)
{
	const char *at = cli_get(cli, "at");
	struct jurat_error err = { "" };

	*ret = 0;
	if (at && cli_time(at, ret, &err) < 0)
		return cli_fail(cli, CLI_USAGE, "--at: %s", err.text);
	if (at && *ret <= 0)
		return cli_fail(cli, CLI_USAGE, "--at: expected a time after 1970");
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
