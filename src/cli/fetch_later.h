/* SPDX-License-Identifier: MIT */
#ifndef CLI_FETCH_LATER_H
#define CLI_FETCH_LATER_H

#include "cli/fetch_out.h"

/*
 * Before a fetched CRL or document is written: a later issue of the same item in its file, if it passes its
 * check, takes the place of `value`. So a cache or mirror that lags behind, or an old answer that is sent
 * again, undoes no revocation and no TCB recovery. A warning says so; another one, what is wrong with a file
 * that is going to be replaced.
 *
 * names     of the file, and of the file with the issuer chain in the directory, or NULL; not used if --out
 *           names one file
 * value     fetched and checked
 * Returns   CLI_OK; another exit status after an error message
 */
int fetch_later(struct fetch_out *out, const struct cli_fetcher *f, const char *const names[2],
		const struct endorse_item *item, struct endorse_value *value);

#endif
