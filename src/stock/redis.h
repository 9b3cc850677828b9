/* SPDX-License-Identifier: MIT */
#ifndef STOCK_REDIS_H
#define STOCK_REDIS_H

#include <hiredis/hiredis.h>

#include "stock/stock_internal.h"

/* Shared by the files redis*.c. A server, and the connection to it while there is one. */
enum { REDIS_N_SCRIPTS = 3, REDIS_SHA_CHARS = 40, REDIS_DEFAULT_PORT = 6379 };

struct redis_url {
	char *path;            /* of a unix socket; NULL: host and port */
	char *host;            /* a name or an address, without brackets */
	char *user, *password; /* NULL: none */
	int port;
	unsigned db;
};

/* url: "redis://[[user]:password@]host[:port][/db]" or "redis+unix:[//[[user]:password@]]/path[?db=N]" */
JURAT_MUST_CHECK int redis_url_read(const char *url, struct redis_url *ret, struct jurat_error *err);
void redis_url_done(struct redis_url *url);

struct redis_conn {
	struct base_env *env;
	uint64_t timeout_ms;
	struct redis_url url;
	char name[96];         /* for messages: without the password */
	redisContext *context; /* NULL: not connected */
	bool signs_in;         /* the command on its way has the password, which an error may repeat */
	redisReplyObjectFunctions functions;
	char sha[REDIS_N_SCRIPTS][REDIS_SHA_CHARS + 1]; /* of scripts that the server has; "": not loaded */
};

struct redis_word {
	const void *bytes;
	size_t n;
};

void redis_conn_close(struct redis_conn *conn);
/*
 * Sends a command and waits for its reply, within the time of one call. Connects, or connects again, first.
 *
 * ret       the caller frees it with freeReplyObject(); no error and no array
 * Returns   0; -EHOSTDOWN the server is away; -EACCES, -EROFS, -ENOSPC, -EIO, -EBADMSG: it says so; -EPROTO
 *           another error, or no reply of this protocol; -ENOMEM
 */
JURAT_MUST_CHECK int redis_call(struct redis_conn *conn, const struct redis_word *words, size_t n,
				redisReply **ret, struct jurat_error *err);
/*
 * Runs a script whose result is a number: by its digest, and loads it where the server does not have it.
 *
 * which     index in conn->sha; `text` is always the same for it
 * words     n_keys keys, then arguments: n in all
 */
JURAT_MUST_CHECK int redis_run(struct redis_conn *conn, unsigned which, const char *text,
			       const struct redis_word *words, size_t n_keys, size_t n, int64_t *ret,
			       struct jurat_error *err);

#endif
