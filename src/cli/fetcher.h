/* SPDX-License-Identifier: MIT */
#ifndef CLI_FETCHER_H
#define CLI_FETCHER_H

#include "cli/cli.h"
#include "fetch/fetch.h"

/*
 * A fetcher set up by the options --from (or $JURAT_ENDORSEMENTS), --ca-file, --roots, --at, --attempts and
 * --timeout, as far as a verb has them. Everything that it gets is checked. It reports progress on a
 * terminal.
 */
struct cli_fetcher {
	struct cli *cli;
	struct endorse_checker *checker;
	struct fetcher *fetcher;
	const char *from; /* NULL: the vendors' services */
	int64_t at;
	bool progress;
	char sources[ENDORSE_N_KINDS][ENDORSE_TEXT_BYTES + 1024]; /* URL of the last item of each kind */
};

/* CLI_OK; another exit status after an error message. cli_fetcher_close() accepts an all-zero struct. */
int cli_fetcher_open(struct cli *cli, struct cli_fetcher *ret);
void cli_fetcher_close(struct cli_fetcher *f);
/*
 * Gets and checks one item. Prints nothing on failure: cli_fetcher_status() is the exit status for the
 * result.
 */
JURAT_MUST_CHECK int cli_fetcher_get(struct cli_fetcher *f, const struct endorse_item *item,
				     struct endorse_value *ret, struct jurat_error *err);
/* Where the last item of its kind came from: a URL or a directory. It was got before. */
const char *cli_fetcher_source(const struct cli_fetcher *f, const struct endorse_item *item);
/* The same without what names the item: for several items in one file. */
const char *cli_fetcher_base(const struct cli_fetcher *f, const struct endorse_item *item);

/*
 * Exit statuses of whoever fetches. Loops repeat CLI_ENVIRONMENT and nothing else, so only what may be
 * otherwise at the next run has this status: a source that is away, busy or failing, a full disk.
 *
 * CLI_REFUSED  there is no such item, or it is not what it should be; the source has no trusted TLS
 *              certificate, or refuses the request
 * CLI_USAGE    an option names what is not there, or cannot be used
 */
int cli_fetcher_status(int r);
/* After -errno of a path that an option names. */
int cli_fetcher_path_status(int r);
/* After a message about the value of an option. */
int cli_fetcher_named(int status);
/* Whether --ca-file can be read; libcurl reads it with the first request only. Status after a message. */
int cli_fetcher_check_ca_file(struct cli *cli);

/*
 * The first of several products that has an item, for a report that names none; item->product is set.
 *
 * Returns   as cli_fetcher_get()
 */
JURAT_MUST_CHECK int cli_fetcher_get_any(struct cli_fetcher *f, struct endorse_item *item,
					 const enum snp_product *products, size_t n,
					 struct endorse_value *ret, struct jurat_error *err);

#endif
