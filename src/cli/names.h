/* SPDX-License-Identifier: MIT */
#ifndef CLI_NAMES_H
#define CLI_NAMES_H

#include <stdatomic.h>
#include <stdio.h>

#include "cli/cli.h"

/*
 * The names of evidence, one after another: the arguments, then what the values of --files-from have, one a
 * line or, with --null, each ended by a NUL. Empty names are skipped. Names of a list are not kept; those in
 * one directory are, to be in order.
 */
struct cli_names;

struct cli_name {
	char *path;  /* owned */
	bool listed; /* by a list or directory: it must be a regular file, or a directory of evidence */
	char *error; /* why it is no name of evidence, owned; NULL: it may be */
};
void cli_name_done(struct cli_name *name);

/* Whether EVIDENCE, --files-from, --null and the options of --fetch go together; false after a message. */
bool cli_names_words(const struct cli *cli);

/*
 * Opens all lists.
 *
 * directories   whether a directory without report.bin and quote.bin stands for all that is below it
 * stop          see struct cli_jobs; NULL: never
 * Returns       CLI_OK; another status after a message
 */
int cli_names_open(struct cli *cli, bool directories, const atomic_bool *stop, struct cli_names **ret);
/* Another one; false: no more, see cli_names_close(). In any thread, one call at a time. */
bool cli_names_next(struct cli_names *names, struct cli_name *ret);
/*
 * How many there are, as far as is known; 0: it is not known. The first call reads all lists that are regular
 * files. In any thread.
 */
size_t cli_names_count(struct cli_names *names);
/* CLI_OK; a status, after a message, if the names ended because of a failure, or there was none at all. */
int cli_names_status(const struct cli_names *names);
void cli_names_close(struct cli_names *names);

/* All names at once, without directories. Free them with cli_name_list_done(). CLI_OK or another status. */
struct cli_name_list {
	char **items;
	size_t n, room;
};
int cli_name_list(struct cli *cli, struct cli_name_list *ret);
void cli_name_list_done(struct cli_name_list *list);

/*
 * A name on a line of text: it may have any bytes, also those of another line, or of commands to a terminal.
 * What is not printable UTF-8 is written as \xNN, and so is a backslash.
 */
void cli_put_name(FILE *f, const char *name);

#endif
