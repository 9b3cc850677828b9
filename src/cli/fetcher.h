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
	char source[ENDORSE_TEXT_BYTES + 1024]; /* where the last item came from: a URL or a directory */
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
/* CLI_REFUSED: there is no such item, or it is not what it should be; CLI_ENVIRONMENT: try again. */
int cli_fetcher_status(int r);

/*
 * The first of several products that has an item, for a report that names none; item->product is set.
 *
 * Returns   as cli_fetcher_get()
 */
JURAT_MUST_CHECK int cli_fetcher_get_any(struct cli_fetcher *f, struct endorse_item *item,
					 const enum snp_product *products, size_t n,
					 struct endorse_value *ret, struct jurat_error *err);

#endif
