/* SPDX-License-Identifier: MIT */
#ifndef CLI_FETCH_OUT_H
#define CLI_FETCH_OUT_H

#include <jansson.h>

#include "cli/fetcher.h"

/*
 * Where `jurat fetch` puts what it fetched: a directory, or one file. A file is written beside its place,
 * synced and renamed: a reader, also after a crash, finds the old one or the new one, and never a part.
 */
struct fetch_out {
	struct cli *cli;
	const char *path;
	bool is_file;  /* the path names a file, or standard output */
	bool is_quiet; /* standard output is the file */
	json_t *files; /* what was written, for --output json */
	json_t *kept;  /* names of items whose later issue stays in the file that is written next */
};

/*
 * --out: a directory, created if it is missing; "-", or a name that ends in .der, .pem, .crt, .cer or .json,
 * is a file.
 *
 * Returns   CLI_OK; another exit status after an error message. fetch_out_done() accepts an all-zero struct
 */
int fetch_out_open(struct cli *cli, struct fetch_out *ret);
void fetch_out_done(struct fetch_out *out);
/* The path of a file in the directory, or of the one file, on the heap; NULL: no memory. */
char *fetch_out_path(const struct fetch_out *out, const char *name);
/* Whether the path ends in this extension (".pem"). */
bool fetch_out_ends(const struct fetch_out *out, const char *extension);
/*
 * Writes bytes to the file `name` of the directory, or to the file, and reports it.
 *
 * item, from  what they are, and where they came from, for the report
 */
int fetch_out_put(struct fetch_out *out, const char *name, const void *bytes, size_t n,
		  const struct endorse_item *item, const char *from);
/* Reports a file that was written. */
int fetch_out_report(struct fetch_out *out, const char *path, const struct endorse_item *item,
		     const char *from);
/* Prints the JSON. Returns `status`, or another exit status. */
int fetch_out_finish(const struct fetch_out *out, int status);

#endif
