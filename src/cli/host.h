/* SPDX-License-Identifier: MIT */
#ifndef CLI_HOST_H
#define CLI_HOST_H

#include <jansson.h>
#include <limits.h>

#include "cli/cli.h"
#include "fetch/fetch.h"
#include "update/update.h"

/* What every command of `jurat host` needs, from options and environment. Frees with host_done(). */
struct host {
	struct cli *cli;
	const char *command; /* "set-config" */
	struct update_options update;
	struct fetcher *fetcher; /* NULL: not needed yet */
};

/* CLI_OK; another exit status after an error message */
JURAT_MUST_CHECK int host_init(struct host *host, struct cli *cli);
void host_done(struct host *host);

/* host_status.c */
int host_status(struct host *host);

/*
 * host_dry_run.c. Changes nothing, and takes no lock.
 *
 * warnings   an array that gets objects of "code" and "detail"; NULL: they are printed
 * Returns    0; -errno a file that cannot be written to; -ENOMEM
 */
JURAT_MUST_CHECK int host_dry_run(const struct host *host, json_t *warnings, struct jurat_error *err);

/* host_lock.c */
struct host_lock {
	char name[PATH_MAX];
	bool is_there, unreadable; /* unreadable: whether it is locked cannot be found out */
	const char *kind;          /* "shared", "exclusive"; NULL: not locked by another */
	char who[BASE_HOLDERS_BYTES];
};
/* The lock on the blob (suffix ""), or on a file beside it. Returns whether the file is there. */
bool host_lock_inspect(const struct host *host, const char *suffix, struct host_lock *ret);
/* Whether an update is at work, as far as this user can see; *ret is its lock. */
bool host_update_at_work(const struct host *host, struct host_lock *ret);
/* What to do about a file that an interrupted update left. Returns `to`. */
enum { HOST_LEFTOVER_BYTES = PATH_MAX + BASE_HOLDERS_BYTES + 256 };
char *host_leftover_text(const struct host_lock *lock, char to[HOST_LEFTOVER_BYTES]);
/* The same for `jurat host recover` itself. */
char *host_leftover_found(const struct host_lock *lock, char to[HOST_LEFTOVER_BYTES]);

/* Options that name a TCB. false after an error message: exit CLI_USAGE. */
bool host_take_hex_tcb(const struct cli *cli, const char *option, uint64_t *ret);

#endif
