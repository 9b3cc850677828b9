/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "stock/redis.h"

/*
 * The connection to a server, which is not trusted: what it sends is bounded in size and time, and an array,
 * whose memory it could choose, is no reply to any command of ours. hiredis connects, writes and parses the
 * protocol; it does not send or receive, as it would raise SIGPIPE and start its time anew for every byte.
 */
enum { READ_BYTES = 16 * 1024, MAX_REPLY_BYTES = ENDORSE_PACKED_MAX_BYTES + 1024, MAX_WORDS = 16 };

#if HIREDIS_MAJOR >= 1
typedef size_t redis_count;
#else
typedef int redis_count;
#endif

static void *refuse_array(const redisReadTask *task, redis_count n)
{
	(void)task;
	(void)n;
	return NULL;
}

void redis_conn_close(struct redis_conn *conn)
{
	redisFree(conn->context);
	conn->context = NULL;
	memset(conn->sha, 0, sizeof(conn->sha));
}

static int lost(struct redis_conn *conn, const char *why, struct jurat_error *err)
{
	jurat_fail(err, -EHOSTDOWN, "%s: %s", conn->name, why);
	redis_conn_close(conn);
	return -EHOSTDOWN;
}

static int not_redis(struct redis_conn *conn, const char *why, struct jurat_error *err)
{
	redis_conn_close(conn);
	return jurat_fail(err, -EPROTO, "%s: %s", conn->name, why);
}

/* Waits for the socket, until `end`. 0; -EHOSTDOWN. */
static int wait_for(struct redis_conn *conn, short events, uint64_t end, struct jurat_error *err)
{
	for (;;) {
		const uint64_t now = base_now_ns(conn->env);
		struct pollfd p = { .fd = conn->context->fd, .events = events };
		int n;

		if (now >= end)
			return lost(conn, "no reply in time", err);
		n = poll(&p, 1, (int)((end - now + 999999) / 1000000));
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return lost(conn, strerror(errno), err);
	}
}

static int send_all(struct redis_conn *conn, const char *bytes, size_t n, uint64_t end,
		    struct jurat_error *err)
{
	while (n > 0) {
		ssize_t put = send(conn->context->fd, bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT);
		int r = 0;

		if (put > 0) {
			bytes += put;
			n -= (size_t)put;
		} else if (errno == EAGAIN) {
			r = wait_for(conn, POLLOUT, end, err);
		} else if (errno != EINTR) {
			r = lost(conn, strerror(errno), err);
		}
		if (r < 0)
			return r;
	}
	return 0;
}

static int receive(struct redis_conn *conn, uint64_t end, redisReply **ret, struct jurat_error *err)
{
	size_t got = 0;
	char bytes[READ_BYTES];

	for (;;) {
		redisReader *reader = conn->context->reader;
		void *reply = NULL;
		ssize_t n;
		int r;

		if (redisReaderGetReply(reader, &reply) != REDIS_OK)
			return not_redis(
				conn, "its reply is not in the Redis protocol, or not of the expected type",
				err);
		if (reply && reader->pos < reader->len) {
			freeReplyObject(reply);
			return not_redis(conn, "it sent more than one reply", err);
		}
		if (reply) {
			*ret = reply;
			return 0;
		}
		r = wait_for(conn, POLLIN, end, err);
		if (r < 0)
			return r;
		n = recv(conn->context->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n <= 0)
			return lost(conn, n < 0 ? strerror(errno) : "the connection was closed", err);
		got += (size_t)n;
		if (got > MAX_REPLY_BYTES)
			return not_redis(conn, "its reply is too large", err);
		if (redisReaderFeed(reader, bytes, (size_t)n) != REDIS_OK)
			return not_redis(conn, "its reply cannot be buffered", err);
	}
}

/* Errors that the server names. */
static int refused(struct redis_conn *conn, const char *text, struct jurat_error *err)
{
	static const struct {
		const char *begin;
		int r;
	} rows[] = {
		{ "NOAUTH", -EACCES },     { "WRONGPASS", -EACCES },     { "NOPERM", -EACCES },
		{ "LOADING", -EHOSTDOWN }, { "MASTERDOWN", -EHOSTDOWN }, { "CLUSTERDOWN", -EHOSTDOWN },
		{ "WRONGTYPE", -EBADMSG }, { "OOM", -ENOSPC },           { "READONLY", -EROFS },
		{ "MISCONF", -EIO },       { "NOSCRIPT", -ENOEXEC },
	};
	int r = -EPROTO;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!strncmp(text, rows[i].begin, strlen(rows[i].begin)))
			r = rows[i].r;
	return jurat_fail(err, r, "%s: %.*s", conn->name, conn->signs_in ? (int)strcspn(text, " ") : 160,
			  text);
}

/* Sends a command over the connection there is. */
static int exchange(struct redis_conn *conn, const struct redis_word *words, size_t n, uint64_t end,
		    redisReply **ret, struct jurat_error *err)
{
	const char *texts[MAX_WORDS];
	size_t sizes[MAX_WORDS];
	char *command = NULL;
	redisReply *reply = NULL;
	int size, r;

	for (size_t i = 0; i < n; i++) {
		texts[i] = words[i].bytes;
		sizes[i] = words[i].n;
	}
	size = redisFormatCommandArgv(&command, (int)n, texts, sizes);
	if (size < 0)
		return jurat_fail_memory(err);
	r = send_all(conn, command, (size_t)size, end, err);
	redisFreeCommand(command);
	if (r == 0)
		r = receive(conn, end, &reply, err);
	if (r < 0)
		return r;
	if (reply->type == REDIS_REPLY_ERROR) {
		r = refused(conn, reply->str, err);
		freeReplyObject(reply);
		return r;
	}
	*ret = reply;
	return 0;
}

#define WORD(text) ((struct redis_word){ (text), strlen(text) })

static int expect_ok(struct redis_conn *conn, const struct redis_word *words, size_t n, uint64_t end,
		     struct jurat_error *err)
{
	redisReply *reply = NULL;
	int r = exchange(conn, words, n, end, &reply, err);

	if (r < 0)
		return r;
	r = reply->type == REDIS_REPLY_STATUS ? 0 : -EPROTO;
	freeReplyObject(reply);
	return r < 0 ? not_redis(conn, "its reply is not OK", err) : 0;
}

static int sign_in(struct redis_conn *conn, uint64_t end, struct jurat_error *err)
{
	const struct redis_url *url = &conn->url;
	struct redis_word words[3] = { WORD("AUTH") };
	char db[16];
	size_t n = 1;
	int r = 0;

	if (url->user)
		words[n++] = WORD(url->user);
	if (url->password) {
		words[n++] = WORD(url->password);
		conn->signs_in = true;
		r = expect_ok(conn, words, n, end, err);
		conn->signs_in = false;
	}
	if (r == 0 && url->db > 0) {
		snprintf(db, sizeof(db), "%u", url->db);
		words[0] = WORD("SELECT");
		words[1] = WORD(db);
		r = expect_ok(conn, words, 2, end, err);
	}
	if (r < 0)
		redis_conn_close(conn);
	return r;
}

static int need_connection(struct redis_conn *conn, uint64_t end, struct jurat_error *err)
{
	const struct redis_url *url = &conn->url;
	const struct timeval limit = { .tv_sec = (time_t)(conn->timeout_ms / 1000),
				       .tv_usec = (suseconds_t)(conn->timeout_ms % 1000 * 1000) };

	if (conn->context)
		return 0;
	conn->context = url->path ? redisConnectUnixWithTimeout(url->path, limit)
				  : redisConnectWithTimeout(url->host, url->port, limit);
	if (!conn->context)
		return jurat_fail_memory(err);
	if (conn->context->err)
		return lost(conn, conn->context->errstr, err);
	conn->functions = *conn->context->reader->fn;
	conn->functions.createArray = refuse_array;
	conn->context->reader->fn = &conn->functions;
	return sign_in(conn, end, err);
}

/*
 * A connection from an earlier call may have ended since, which shows only when it is used: then, and only
 * then, the command is sent again over another one. No command does harm when it is done twice.
 */
int redis_call(struct redis_conn *conn, const struct redis_word *words, size_t n, redisReply **ret,
	       struct jurat_error *err)
{
	const uint64_t end = base_now_ns(conn->env) + conn->timeout_ms * 1000000;
	const bool was_there = conn->context != NULL;
	int r = need_connection(conn, end, err);

	if (r == 0)
		r = exchange(conn, words, n, end, ret, err);
	if (r != -EHOSTDOWN || !was_there || conn->context || base_now_ns(conn->env) >= end)
		return r;
	r = need_connection(conn, end, err);
	return r < 0 ? r : exchange(conn, words, n, end, ret, err);
}

static int load(struct redis_conn *conn, unsigned which, const char *text, struct jurat_error *err)
{
	const struct redis_word words[] = { WORD("SCRIPT"), WORD("LOAD"), WORD(text) };
	redisReply *reply;
	int r = redis_call(conn, words, ARRAY_SIZE(words), &reply, err);

	if (r < 0)
		return r == -ENOEXEC ? -EPROTO : r;
	if (reply->type == REDIS_REPLY_STRING && reply->len == REDIS_SHA_CHARS)
		memcpy(conn->sha[which], reply->str, REDIS_SHA_CHARS);
	else
		r = not_redis(conn, "it returned no digest for a script", err);
	freeReplyObject(reply);
	return r;
}

int redis_run(struct redis_conn *conn, unsigned which, const char *text, const struct redis_word *words,
	      size_t n_keys, size_t n, int64_t *ret, struct jurat_error *err)
{
	struct redis_word all[MAX_WORDS] = { WORD("EVALSHA") };
	redisReply *reply = NULL;
	char count[8];
	int r = -ENOEXEC;

	snprintf(count, sizeof(count), "%zu", n_keys);
	all[2] = WORD(count);
	memcpy(all + 3, words, n * sizeof(words[0]));
	/* The server may have been started anew, also between the two. */
	for (unsigned i = 0; r == -ENOEXEC && i < 3; i++) {
		r = conn->sha[which][0] ? 0 : load(conn, which, text, err);
		if (r < 0)
			return r;
		all[1] = WORD(conn->sha[which]);
		r = redis_call(conn, all, n + 3, &reply, err);
		if (r == -ENOEXEC)
			conn->sha[which][0] = '\0';
	}
	if (r < 0)
		return r == -ENOEXEC ? -EPROTO : r;
	if (reply->type == REDIS_REPLY_INTEGER)
		*ret = reply->integer;
	else
		r = not_redis(conn, "the reply of a script is not a number", err);
	freeReplyObject(reply);
	return r;
}
