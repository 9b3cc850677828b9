/* SPDX-License-Identifier: MIT */
#include "cli/fetch_chips.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "cli/fetch_subject.h"
#include "stock/stock.h"

struct chip {
	struct endorse_item item;
	unsigned line;
};

struct chips {
	struct cli *cli;
	struct cli_fetcher *fetcher;
	struct fetch_out *out;
	struct fetcher *present; /* from the directory that is filled */
	struct stock *stock;     /* the same directory */
	const char *path;        /* of the list */
	struct chip *list;
	size_t n, n_failed;
	bool has_chain[SNP_N_PRODUCTS], lacks_chain[SNP_N_PRODUCTS];
	bool is_refused; /* the source's TLS certificate: so would be the next request */
};

/* By a stock's own means: whoever else may write to it cannot lead this elsewhere by a link. */
static int keep(struct chips *c, const struct endorse_item *item, const struct endorse_value *value)
{
	struct jurat_error err = { "" };
	auto_free char *path = NULL;
	char file[ENDORSE_TEXT_BYTES];
	int r = stock_put(c->stock, item, value, INT64_MAX, &err);

	if (r < 0)
		return cli_fail(c->cli, cli_fetcher_path_status(r), "%s", err.text);
	endorse_item_file(item, file, sizeof(file));
	path = fetch_out_path(c->out, file);
	return path ? fetch_out_report(c->out, path, item, cli_fetcher_source(c->fetcher, item))
		    : cli_fail_memory(c->cli);
}

/* One item, unless the directory has it and it passes its check. */
static int fetch_one(struct chips *c, const struct endorse_item *item, unsigned line)
{
	struct endorse_value value auto_call(endorse_value_done) = { .body = NULL };
	struct jurat_error err = { "" };
	int r = fetch_item(c->present, item, &value, &err);

	if (r == 0)
		return CLI_OK;
	r = cli_fetcher_get(c->fetcher, item, &value, &err);
	c->is_refused = r == -EKEYREJECTED;
	if (r != 0)
		return cli_fail(c->cli, cli_fetcher_status(r), "%s:%u: %s", c->path, line, err.text);
	return keep(c, item, &value);
}

/* A chain that is refused, for example because its root is not trusted, is reported once. */
static int fetch_chip(struct chips *c, const struct chip *chip)
{
	const struct endorse_item *item = &chip->item;
	struct endorse_item chain;
	int status = CLI_OK;

	if (c->lacks_chain[item->product])
		return CLI_REFUSED;
	if (endorse_check_needs(item, &chain) && !c->has_chain[item->product])
		status = fetch_one(c, &chain, chip->line);
	c->lacks_chain[item->product] = status == CLI_REFUSED;
	if (status != CLI_OK)
		return status;
	c->has_chain[item->product] = true;
	return fetch_one(c, item, chip->line);
}

/* "CHIP_ID [PRODUCT [TCB]]"; what a line lacks, --product and --tcb have. */
static int read_words(struct chips *c, char *words[3], struct chip *chip)
{
	const char *product = words[1] ? words[1] : cli_get(c->cli, "product");
	const char *hex = words[2] ? words[2] : cli_get(c->cli, "tcb");
	struct endorse_item *item = &chip->item;
	uint64_t tcb;

	*item = (struct endorse_item){ .kind = ENDORSE_VCEK };
	item->product = product ? snp_product_by_name(product) : SNP_PRODUCT_UNKNOWN;
	if (item->product == SNP_PRODUCT_UNKNOWN)
		return cli_fail(c->cli, CLI_USAGE, "%s:%u: expected a product, or --product", c->path,
				chip->line);
	if (!fetch_subject_chip_id(words[0], item->chip_id))
		return cli_fail(c->cli, CLI_USAGE,
				"%s:%u: expected a chip_id of 128 hex digits (Turin: 16), found '%s'",
				c->path, chip->line, words[0]);
	if (bytes_all(item->chip_id, sizeof(item->chip_id), 0))
		return cli_fail(c->cli, CLI_USAGE, "%s:%u: chip_id is zero and does not identify a chip",
				c->path, chip->line);
	if (!hex || !fetch_subject_tcb(hex, &tcb))
		return cli_fail(c->cli, CLI_USAGE, "%s:%u: expected a TCB_VERSION of 16 hex digits%s",
				c->path, chip->line, hex ? "" : ", or --tcb");
	if (!snp_tcb_read(item->product, tcb, &item->tcb))
		return cli_fail(c->cli, CLI_USAGE,
				"%s:%u: the TCB_VERSION %016llx sets bytes that are reserved on %s", c->path,
				chip->line, (unsigned long long)tcb, snp_product_name(item->product));
	return CLI_OK;
}

static int read_line(struct chips *c, char *text, unsigned line)
{
	char *words[3] = { NULL }, *rest = NULL;
	struct chip *list;
	size_t n = 0;

	text[strcspn(text, "#")] = '\0';
	for (char *word = strtok_r(text, " \t\r", &rest); word; word = strtok_r(NULL, " \t\r", &rest)) {
		if (n == ARRAY_SIZE(words))
			return cli_fail(c->cli, CLI_USAGE,
					"%s:%u: expected CHIP_ID [PRODUCT [TCB]], found '%s' after it",
					c->path, line, word);
		words[n++] = word;
	}
	if (n == 0)
		return CLI_OK;
	list = reallocarray(c->list, c->n + 1, sizeof(*list));
	if (!list)
		return cli_fail_memory(c->cli);
	c->list = list;
	list[c->n] = (struct chip){ .line = line };
	return read_words(c, words, &list[c->n++]);
}

/* The whole list, before anything is fetched. */
static int read_list(struct chips *c)
{
	auto_free uint8_t *bytes = NULL;
	struct jurat_error err = { "" };
	int status = CLI_OK;
	unsigned line = 0;
	char *text, *next;
	size_t n;
	int r = cli_read(c->path, &bytes, &n, &err);

	if (r == -ENOMEM)
		return cli_fail_memory(c->cli);
	if (r < 0) /* not for a loop to repeat, which waits for the source */
		return cli_fail(c->cli, CLI_USAGE, "--chips: %s", err.text);
	if (memchr(bytes, 0, n))
		return cli_fail(c->cli, CLI_USAGE, "'%s' is not a text file: found a NUL byte", c->path);
	for (text = (char *)bytes; status == CLI_OK && text; text = next) {
		next = strchr(text, '\n');
		if (next)
			*next++ = '\0';
		status = read_line(c, text, ++line);
	}
	if (status == CLI_OK && c->n == 0)
		return cli_fail(c->cli, CLI_USAGE, "'%s' lists no chips", c->path);
	return status;
}

static int fetch_all(struct chips *c)
{
	int status = CLI_OK;

	for (size_t i = 0; i < c->n; i++) {
		status = fetch_chip(c, &c->list[i]);
		if (status == CLI_REFUSED && !c->is_refused)
			c->n_failed++;
		else if (status != CLI_OK)
			return cli_fail(c->cli, status, "stopped after %zu of %zu chips%s", i, c->n,
					status == CLI_ENVIRONMENT ? "; run the command again to resume" : "");
	}
	if (c->n_failed > 0)
		return cli_fail(c->cli, CLI_REFUSED, "the VCEKs of %zu of %zu chips were not fetched",
				c->n_failed, c->n);
	return CLI_OK;
}

static int open_directory(struct chips *c)
{
	const struct fetch_options options = { .from = c->out->path,
					       .at = cli_has(c->cli, "at") ? c->fetcher->at : 0 };
	struct jurat_error err = { "" };
	auto_free char *where = NULL;
	int r;

	if (asprintf(&where, "dir:%s", c->out->path) < 0) {
		where = NULL;
		return cli_fail_memory(c->cli);
	}
	r = stock_open(where, NULL, &c->stock, &err);
	if (r == 0)
		r = fetcher_new(&options, c->fetcher->checker, &c->present, &err);
	return r < 0 ? cli_fail(c->cli, cli_fetcher_path_status(r), "%s", err.text) : CLI_OK;
}

int fetch_chips(struct cli_fetcher *fetcher, struct fetch_out *out)
{
	struct chips c = {
		.cli = fetcher->cli, .fetcher = fetcher, .out = out, .path = cli_get(fetcher->cli, "chips")
	};
	int status;

	if (out->is_file)
		return cli_fail(c.cli, CLI_USAGE, "--chips needs a directory for --out, found '%s'",
				out->path);
	status = read_list(&c);
	if (status == CLI_OK)
		status = open_directory(&c);
	if (status == CLI_OK)
		status = fetch_all(&c);
	fetcher_free(c.present);
	stock_close(c.stock);
	free(c.list);
	return status;
}
