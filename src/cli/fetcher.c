/* SPDX-License-Identifier: MIT */
#include "cli/fetcher.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/load.h"

/* ---- Progress, one line on a terminal that is overwritten */

static void show(void *context, const struct fetch_event *event)
{
	struct cli_fetcher *f = context;
	const char *name = endorse_kind_name(event->item->kind);

	if (event->what == FETCH_GOT)
		snprintf(f->sources[event->item->kind], sizeof(f->sources[0]), "%s", event->url);
	if (!f->progress)
		return;
	fputs("\r\033[K", stderr);
	if (event->what == FETCH_ASKS)
		fprintf(stderr, "%s: attempt %u", name, event->attempt);
	else if (event->what == FETCH_RETRIES)
		fprintf(stderr, "%s: %s; waiting %llu s", name, event->why,
			(unsigned long long)(event->wait_ms + 999) / 1000);
	fflush(stderr);
}

/* ---- Roots */

static int add_root_file(struct cli *cli, struct endorse_checker *checker, const char *path)
{
	auto_free uint8_t *bytes = NULL;
	struct jurat_error err = { "" };
	size_t n;
	int r = cli_read(path, &bytes, &n, &err);

	if (r < 0)
		return cli_fail(cli, cli_status(r), "%s", err.text);
	r = endorse_checker_add_roots(checker, bytes, n, &err);
	if (r < 0)
		return cli_fail(cli, r == -ENOMEM ? CLI_INTERNAL : CLI_ENVIRONMENT, "'%s': %s", path,
				err.text);
	return CLI_OK;
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* Adds every file of a directory; subdirectories are not read, as with `jurat verify --roots`. */
static int add_root_directory(struct cli *cli, struct endorse_checker *checker, const char *path)
{
	struct dirent **entries;
	int n = scandir(path, &entries, is_visible, alphasort), status = CLI_OK;
	unsigned added = 0;

	if (n < 0)
		return cli_fail(cli, CLI_ENVIRONMENT, "cannot read '%s': %s", path, strerror(errno));
	for (int i = 0; i < n; i++) {
		auto_free char *file = NULL;
		struct stat st;

		if (status == CLI_OK && asprintf(&file, "%s/%s", path, entries[i]->d_name) < 0) {
			file = NULL;
			status = cli_fail_memory(cli);
		}
		if (status == CLI_OK && stat(file, &st) == 0 && S_ISREG(st.st_mode)) {
			status = add_root_file(cli, checker, file);
			added++;
		}
		free(entries[i]);
	}
	free(entries);
	if (status == CLI_OK && added == 0)
		return cli_fail(cli, CLI_ENVIRONMENT, "'%s' contains no root certificate", path);
	return status;
}

static int add_roots(struct cli *cli, struct endorse_checker *checker)
{
	const char *path;
	struct stat st;
	int status = CLI_OK;

	for (size_t i = 0; status == CLI_OK && (path = cli_get_nth(cli, "roots", i)); i++)
		status = strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISDIR(st.st_mode)
				 ? add_root_directory(cli, checker, path)
				 : add_root_file(cli, checker, path);
	return status;
}

/* ---- */

int cli_fetcher_check_ca_file(struct cli *cli)
{
	const char *path = cli_get(cli, "ca-file");
	auto_free uint8_t *bytes = NULL;
	struct jurat_error err = { "" };
	size_t n;
	int r = path ? cli_read(path, &bytes, &n, &err) : 0;

	return r < 0 ? cli_fail(cli, r == -ENOMEM ? CLI_INTERNAL : CLI_USAGE, "--ca-file: %s", err.text)
		     : CLI_OK;
}

int cli_fetcher_named(int status)
{
	return status == CLI_ENVIRONMENT ? CLI_USAGE : status;
}

static bool take_options(struct cli *cli, struct fetch_options *o)
{
	uint64_t attempts, seconds;

	if (!cli_get_number(cli, "attempts", 1000, 0, &attempts) ||
	    !cli_get_number(cli, "timeout", 24 * 3600, 0, &seconds))
		return false;
	o->attempts = (unsigned)attempts;
	o->limit_ms = seconds * 1000;
	return true;
}

int cli_fetcher_open(struct cli *cli, struct cli_fetcher *ret)
{
	const char *from = cli_get(cli, "from");
	struct fetch_options options = { .ca_file = cli_get(cli, "ca-file"), .event = show, .context = ret };
	struct jurat_error err = { "" };
	int status, r;

	if (!from)
		from = cli_getenv("JURAT_ENDORSEMENTS");
	*ret = (struct cli_fetcher){ .cli = cli, .progress = isatty(STDERR_FILENO) };
	ret->from = from && from[0] ? from : NULL;
	if (!take_options(cli, &options))
		return CLI_USAGE;
	status = cli_load_time(cli, &ret->at);
	if (status != CLI_OK)
		return status;
	options.from = ret->from;
	options.at = cli_has(cli, "at") ? ret->at : 0;
	r = endorse_checker_new(&ret->checker, &err);
	if (r < 0)
		return cli_fail(cli, cli_status(r), "%s", err.text);
	status = add_roots(cli, ret->checker);
	if (status == CLI_OK)
		status = cli_fetcher_check_ca_file(cli);
	if (status != CLI_OK)
		return cli_fetcher_named(status);
	r = fetcher_new(&options, ret->checker, &ret->fetcher, &err);
	return r < 0 ? cli_fail(cli, cli_fetcher_named(cli_fetcher_status(r)), "%s", err.text) : CLI_OK;
}

void cli_fetcher_close(struct cli_fetcher *f)
{
	fetcher_free(f->fetcher);
	endorse_checker_free(f->checker);
	*f = (struct cli_fetcher){ .cli = NULL };
}

int cli_fetcher_get(struct cli_fetcher *f, const struct endorse_item *item, struct endorse_value *ret,
		    struct jurat_error *err)
{
	int r = fetch_item(f->fetcher, item, ret, err);

	if (f->progress)
		fputs("\r\033[K", stderr);
	return r;
}

int cli_fetcher_get_any(struct cli_fetcher *f, struct endorse_item *item, const enum snp_product *products,
			size_t n, struct endorse_value *ret, struct jurat_error *err)
{
	int r = JURAT_NOT_FOUND;

	for (size_t i = 0; r == JURAT_NOT_FOUND && i < n; i++) {
		item->product = products[i];
		r = cli_fetcher_get(f, item, ret, err);
	}
	return r;
}

const char *cli_fetcher_source(const struct cli_fetcher *f, const struct endorse_item *item)
{
	return f->sources[item->kind][0] ? f->sources[item->kind] : f->from;
}

const char *cli_fetcher_base(const struct cli_fetcher *f, const struct endorse_item *item)
{
	return f->from ? f->from : endorse_service_url(endorse_item_service(item));
}

int cli_fetcher_path_status(int r)
{
	switch (r) {
	case 0:
		return CLI_OK;
	case -ENOENT:
	case -ENOTDIR:
	case -EISDIR:
	case -EACCES:
	case -EPERM:
	case -EROFS:
	case -ELOOP:
	case -ENAMETOOLONG:
	case -EOPNOTSUPP:
		return CLI_USAGE;
	case -ENOMEM:
		return CLI_INTERNAL;
	default:
		return CLI_ENVIRONMENT;
	}
}

int cli_fetcher_status(int r)
{
	switch (r) {
	case JURAT_NOT_FOUND:
	case -EBADMSG:
	case -ESTALE:
	case -EMSGSIZE:
	case -EPROTO:
	case -EKEYREJECTED:
		return CLI_REFUSED;
	case -EINVAL:
	case -E2BIG:
		return CLI_USAGE;
	default:
		return cli_fetcher_path_status(r);
	}
}
