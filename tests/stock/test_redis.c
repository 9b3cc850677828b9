/* SPDX-License-Identifier: MIT */
#include "stock/place.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <hiredis/hiredis.h>

#include "support/redis.h"

static struct redis *server;

static int set_up(void **state)
{
	(void)state;
	server = NULL;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	if (server)
		redis_stop(server);
	return 0;
}

/* A command straight to the server. The caller frees the reply, which is no error. */
static redisReply *call(const char *format, ...)
{
	const char *port = strrchr(redis_url(server), ':') + 1;
	redisContext *c = redisConnect("127.0.0.1", atoi(port));
	redisReply *reply;
	va_list words;

	assert_non_null(c);
	assert_int_equal(c->err, 0);
	va_start(words, format);
	reply = redisvCommand(c, format, words);
	va_end(words);
	assert_non_null(reply);
	if (reply->type == REDIS_REPLY_ERROR)
		FAIL_BECAUSE("%s: %s", format, reply->str);
	redisFree(c);
	return reply;
}

static void tell(const char *command)
{
	freeReplyObject(call(command));
}

/* Writes what the server itself would have written: full again at that time; "0": it is full. */
static void write_bucket(const char *full)
{
	static const char name[] = "master_replid:";
	redisReply *info = call("INFO replication");
	const char *id = strstr(info->str, name);
	char text[512];

	assert_non_null(id);
	TEXT(text, "%s %.40s", full, id + strlen(name));
	freeReplyObject(info);
	freeReplyObject(call("SET jurat:{kds}:bucket %s", text));
}

static void values_and_claims_are_shared(void **state)
{
	struct stock *a, *b;

	(void)state;
	server = redis_start();
	a = must_open(redis_url(server), NULL);
	b = must_open(redis_url(server), NULL);
	values_are_shared(a, b, time(NULL));
	claims_exclude_each_other(a, b);
	stock_close(a);
	stock_close(b);
}

static void values_end_with_their_time(void **state)
{
	const struct endorse_item item = item_of(ENDORSE_TCB_INFO);
	struct endorse_value value = value_of(&item, 1);
	struct clock_env env;
	struct stock *stock;

	(void)state;
	server = redis_start();
	clock_env_init(&env);
	stock = must_open(redis_url(server), &env.base);
	assert_int_equal(stock_put(stock, &item, &value, env.realtime_s, NULL), -ESTALE);
	must_put(stock, &item, 1, env.realtime_s + 1);
	tell("PEXPIRE jurat:value:tcb-info:sgx:050000000000:standard 0");
	assert_false(has_version(stock, &item, 1));
	endorse_value_done(&value);
	stock_close(stock);
}

static long long pttl(const char *key)
{
	redisReply *reply = call("PTTL %s", key);
	long long ms = reply->integer;

	assert_int_equal(reply->type, REDIS_REPLY_INTEGER);
	freeReplyObject(reply);
	return ms;
}

/* The server drops what nobody asks for any more; a VCEK has no end, also in the place of one that had. */
static void the_server_knows_when_a_value_ends(void **state)
{
	static const char info[] = "jurat:value:tcb-info:sgx:050000000000:standard",
			  vcek[] = "jurat:value:vcek:Turin:0100000000000000:bl02_tee00_snp04_ucode200_fmc01";
	const struct endorse_item document = item_of(ENDORSE_TCB_INFO), certificate = item_of(0);
	struct clock_env env;
	struct stock *stock;

	(void)state;
	server = redis_start();
	clock_env_init(&env);
	stock = must_open(redis_url(server), &env.base);
	must_put(stock, &document, 1, env.realtime_s + 100);
	assert_true(pttl(info) > 0 && pttl(info) <= 100000);
	must_put(stock, &document, 2, env.realtime_s + 1000);
	assert_true(pttl(info) > 100000 && pttl(info) <= 1000000);
	must_put(stock, &certificate, 1, env.realtime_s + 100);
	must_put(stock, &certificate, 2, INT64_MAX);
	assert_int_equal(pttl(vcek), -1);
	stock_close(stock);
}

/* Until another one has it; a claim of a millisecond is over soon. */
static void wait_for_claim(struct stock *stock, const struct endorse_item *item)
{
	const struct timespec start = { .tv_sec = time(NULL) };
	int r;

	do
		r = stock_claim(stock, item, 60000, NULL);
	while (r == JURAT_BUSY && time(NULL) < start.tv_sec + 60);
	assert_int_equal(r, 0);
}

static void a_claim_that_has_ended_is_not_released(void **state)
{
	const struct endorse_item item = item_of(0);
	struct stock *a, *b;

	(void)state;
	server = redis_start();
	a = must_open(redis_url(server), NULL);
	b = must_open(redis_url(server), NULL);
	assert_int_equal(stock_claim(a, &item, 1, NULL), 0);
	wait_for_claim(b, &item);
	stock_release(a, &item);
	assert_int_equal(stock_claim(a, &item, 1000, NULL), JURAT_BUSY);
	tell("DEL jurat:claim:vcek:Turin:0100000000000000:bl02_tee00_snp04_ucode200_fmc01");
	assert_int_equal(stock_claim(b, &item, 60000, NULL), 0); /* anew: it replaces the one it had */
	stock_close(b);
	assert_int_equal(stock_claim(a, &item, 1000, NULL), 0);
	stock_close(a);
}

static void a_bucket_is_shared_and_begins_empty(void **state)
{
	const struct stock_quota quota = { "kds", 3600000, 3 }, fast = { "pcs", 1, 1 };
	struct stock *a, *b;
	uint64_t wait = 0;
	int r;

	(void)state;
	server = redis_start();
	a = must_open(redis_url(server), NULL);
	b = must_open(redis_url(server), NULL);
	assert_int_equal(stock_take(a, &quota, &wait, NULL), JURAT_BUSY);
	assert_true(wait > 3500000 && wait <= 3600000);
	write_bucket("0");
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(stock_take(i % 2 ? a : b, &quota, &wait, NULL), 0);
	assert_int_equal(stock_take(b, &quota, &wait, NULL), JURAT_BUSY);
	assert_true(wait > 3500000 && wait <= 3600000);
	write_bucket("99999999999999999");
	assert_int_equal(stock_take(b, &quota, &wait, NULL), JURAT_BUSY);
	assert_true(wait > 3500000 && wait <= 3600000);
	do
		r = stock_take(a, &fast, &wait, NULL);
	while (r == JURAT_BUSY);
	assert_int_equal(r, 0);
	tell("SCRIPT FLUSH");
	assert_int_equal(stock_take(a, &quota, &wait, NULL), JURAT_BUSY);
	stock_close(a);
	stock_close(b);
}

static void take_is_refused(struct stock *stock)
{
	const struct stock_quota quota = { "kds", 3600000, 2 };
	uint64_t wait = 0;

	assert_int_equal(stock_take(stock, &quota, &wait, NULL), JURAT_BUSY);
	assert_true(wait > 3500000 && wait <= 3600000);
}

static void take_one_of_two(struct stock *stock)
{
	const struct stock_quota quota = { "kds", 3600000, 2 };
	uint64_t wait = 0;

	write_bucket("0");
	assert_int_equal(stock_take(stock, &quota, &wait, NULL), 0);
}

static void a_bucket_that_cannot_be_read_is_empty(void **state)
{
	/* with the server's id, and without */
	static const char *const texts[] = {
		"",         "nan",
		"-nan",     "inf",
		"-inf",     "1e400",
		"-1e400",   "-1",
		"0x0",      "1e0",
		"0.5",      " 0",
		"0 ",       "0 0",
		"nonsense", "99999999999999999999999999999999999999999999999999999999999999999"
	};
	struct stock *stock;

	(void)state;
	server = redis_start();
	stock = must_open(redis_url(server), NULL);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		write_bucket(texts[i]);
		take_is_refused(stock);
		take_is_refused(stock); /* also by what was written instead */
		freeReplyObject(call("SET jurat:{kds}:bucket %s", texts[i]));
		take_is_refused(stock);
	}
	tell("SET jurat:{kds}:bucket 0");
	take_is_refused(stock);
	tell("DEL jurat:{kds}:bucket");
	tell("RPUSH jurat:{kds}:bucket 0");
	assert_int_equal(stock_take(stock, &(struct stock_quota){ "kds", 1, 1 }, &(uint64_t){ 0 }, NULL),
			 -EBADMSG);
	stock_close(stock);
}

/* A snapshot, a replica and an empty server do not know of the last requests. */
static void a_bucket_is_empty_after_a_restart_a_failover_and_a_loss(void **state)
{
	struct place place;
	struct stock *stock;
	redisReply *reply;

	(void)state;
	place_make(&place);
	server = redis_start_in(place.dir);
	stock = must_open(redis_url(server), NULL);
	take_one_of_two(stock);
	tell("SAVE");
	redis_kill(server);
	redis_again(server);
	reply = call("EXISTS jurat:{kds}:bucket");
	assert_int_equal(reply->integer, 1); /* the snapshot has it */
	freeReplyObject(reply);
	take_is_refused(stock);
	take_one_of_two(stock);
	tell("REPLICAOF 127.0.0.1 1");
	tell("REPLICAOF NO ONE");
	take_is_refused(stock);
	take_one_of_two(stock);
	tell("FLUSHALL");
	take_is_refused(stock);
	stock_close(stock);
	place_remove(&place);
}

static void a_user_needs_no_other_commands_than_the_manual_names(void **state)
{
	const struct endorse_item item = item_of(ENDORSE_TCB_INFO);
	struct stock *stock;
	char url[100];

	(void)state;
	server = redis_start();
	tell("ACL SETUSER jurat on >secret ~jurat:* +get +set +del +pttl +time +info +select +evalsha "
	     "+script|load");
	TEXT(url, "redis://jurat:secret@%s/3", redis_url(server) + 8);
	stock = must_open(url, NULL);
	must_put(stock, &item, 1, INT64_MAX);
	assert_true(has_version(stock, &item, 1));
	assert_int_equal(stock_claim(stock, &item, 60000, NULL), 0);
	stock_release(stock, &item);
	take_is_refused(stock);
	assert_int_equal(stock_pause(stock, &(struct stock_quota){ "kds", 1, 1 }, 60000, NULL), 0);
	stock_close(stock);
}

static void a_pause_holds_for_all_and_is_not_shortened(void **state)
{
	const struct stock_quota quota = { "kds", 1, 100 };
	struct stock *a, *b;
	uint64_t wait = 0;

	(void)state;
	server = redis_start();
	a = must_open(redis_url(server), NULL);
	b = must_open(redis_url(server), NULL);
	write_bucket("0");
	assert_int_equal(stock_pause(a, &quota, 3600000, NULL), 0);
	assert_int_equal(stock_pause(a, &quota, 5, NULL), 0);
	assert_int_equal(stock_take(b, &quota, &wait, NULL), JURAT_BUSY);
	assert_true(wait > 3500000 && wait <= 3600000);
	tell("DEL jurat:{kds}:pause");
	assert_int_equal(stock_take(b, &quota, &wait, NULL), 0);
	stock_close(a);
	stock_close(b);
}

static unsigned take_all(const char *url)
{
	const struct stock_quota quota = { "kds", 3600000, 50 };
	const struct stock_options options = { .timeout_ms = 20000 };
	struct stock *stock;
	unsigned taken = 0;

	if (stock_open(url, &options, &stock, NULL) != 0)
		return 255;
	for (unsigned i = 0; i < 40; i++) {
		uint64_t wait;
		int r = stock_take(stock, &quota, &wait, NULL);

		if (r < 0)
			return 254;
		taken += r == 0;
	}
	stock_close(stock);
	return taken;
}

static void replicas_take_no_more_than_the_bucket_has(void **state)
{
	enum { REPLICAS = 4 };
	pid_t children[REPLICAS];
	unsigned taken = 0;

	(void)state;
	server = redis_start();
	write_bucket("0");
	for (unsigned i = 0; i < REPLICAS; i++) {
		fflush(NULL);
		children[i] = fork();
		assert_true(children[i] >= 0);
		if (children[i] == 0)
			_exit((int)take_all(redis_url(server)));
	}
	for (unsigned i = 0; i < REPLICAS; i++) {
		int status;

		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) <= 40);
		taken += (unsigned)WEXITSTATUS(status);
	}
	assert_int_equal(taken, 50);
}

static void a_server_that_was_killed_is_asked_again(void **state)
{
	const struct endorse_item item = item_of(ENDORSE_TCB_INFO);
	const struct stock_quota quota = { "kds", 3600000, 10 };
	struct endorse_value back;
	struct jurat_error err;
	struct stock *stock;
	int64_t expires;
	uint64_t wait;

	(void)state;
	server = redis_start();
	stock = must_open(redis_url(server), NULL);
	must_put(stock, &item, 1, INT64_MAX);
	write_bucket("0");
	assert_int_equal(stock_take(stock, &quota, &wait, NULL), 0);
	redis_kill(server);
	assert_int_equal(stock_get(stock, &item, &back, &expires, &err), -EHOSTDOWN);
	assert_non_null(strstr(err.text, redis_url(server)));
	assert_int_equal(stock_claim(stock, &item, 1000, &err), -EHOSTDOWN);
	assert_int_equal(stock_take(stock, &quota, &wait, &err), -EHOSTDOWN);
	assert_int_equal(stock_pause(stock, &quota, 1, &err), -EHOSTDOWN);
	redis_again(server);
	assert_false(has_version(stock, &item, 1));
	must_put(stock, &item, 2, INT64_MAX);
	assert_true(has_version(stock, &item, 2));
	/* what it had counted is lost: nothing is free until an interval is over */
	assert_int_equal(stock_take(stock, &quota, &wait, NULL), JURAT_BUSY);
	stock_close(stock);
}

static void a_server_that_is_away_full_or_read_only_shows_in_a_probe(void **state)
{
	const struct endorse_item item = item_of(ENDORSE_TCB_INFO);
	struct jurat_error err;
	struct stock *stock;

	(void)state;
	server = redis_start();
	stock = must_open(redis_url(server), NULL);
	must_put(stock, &item, 1, INT64_MAX);
	assert_int_equal(stock_probe(stock, true, "kds", &err), 0);
	tell("CONFIG SET maxmemory-policy noeviction");
	tell("CONFIG SET maxmemory 1");
	assert_int_equal(stock_probe(stock, true, "kds", &err), -ENOSPC);
	assert_int_equal(stock_probe(stock, false, NULL, &err), 0);
	tell("CONFIG SET maxmemory 0");
	tell("REPLICAOF 127.0.0.1 1");
	assert_int_equal(stock_probe(stock, true, "kds", &err), -EROFS);
	assert_int_equal(stock_probe(stock, false, NULL, &err), 0);
	tell("REPLICAOF NO ONE");
	assert_int_equal(stock_probe(stock, true, "kds", &err), 0);
	redis_kill(server);
	assert_int_equal(stock_probe(stock, false, NULL, &err), -EHOSTDOWN);
	assert_non_null(strstr(err.text, redis_url(server)));
	stock_close(stock);
}

static void a_connection_that_ended_is_made_again(void **state)
{
	const struct endorse_item item = item_of(ENDORSE_TCB_INFO);
	struct stock *stock;

	(void)state;
	server = redis_start();
	stock = must_open(redis_url(server), NULL);
	must_put(stock, &item, 1, INT64_MAX);
	tell("CLIENT KILL TYPE normal SKIPME yes");
	assert_true(has_version(stock, &item, 1));
	stock_close(stock);
}

static void a_server_that_stands_still_is_away(void **state)
{
	const struct endorse_item item = item_of(ENDORSE_TCB_INFO);
	const struct stock_options options = { .timeout_ms = 50 };
	struct endorse_value back;
	struct stock *stock;
	int64_t expires;
	time_t start;

	(void)state;
	server = redis_start();
	assert_int_equal(stock_open(redis_url(server), &options, &stock, NULL), 0);
	must_put(stock, &item, 1, INT64_MAX);
	kill(redis_pid(server), SIGSTOP);
	start = time(NULL);
	for (unsigned i = 0; i < 3; i++) /* also when it has to be connected to first */
		assert_int_equal(stock_get(stock, &item, &back, &expires, NULL), -EHOSTDOWN);
	assert_true(time(NULL) - start < 30);
	kill(redis_pid(server), SIGCONT);
	stock_close(stock);
	stock = must_open(redis_url(server), NULL);
	assert_true(has_version(stock, &item, 1)); /* no late answer is taken for that of another question */
	stock_close(stock);
}

static void passwords_and_databases_are_used_and_not_shown(void **state)
{
	const struct endorse_item item = item_of(ENDORSE_TCB_INFO);
	struct endorse_value back;
	struct jurat_error err;
	struct stock *stock;
	char url[100];
	int64_t expires;

	(void)state;
	server = redis_start();
	tell("CONFIG SET requirepass se:cr@et");
	stock = must_open(redis_url(server), NULL);
	assert_int_equal(stock_get(stock, &item, &back, &expires, &err), -EACCES);
	stock_close(stock);
	TEXT(url, "redis://:wrong@%s", redis_url(server) + 8);
	stock = must_open(url, NULL);
	assert_int_equal(stock_get(stock, &item, &back, &expires, &err), -EACCES);
	assert_null(strstr(err.text, "wrong"));
	stock_close(stock);
	TEXT(url, "redis://default:se%%3Acr%%40et@%s/3", redis_url(server) + 8);
	stock = must_open(url, NULL);
	must_put(stock, &item, 1, INT64_MAX);
	stock_close(stock);
	TEXT(url, "redis://:se:cr@et@%s/4", redis_url(server) + 8);
	stock = must_open(url, NULL);
	assert_false(has_version(stock, &item, 1));
	stock_close(stock);
	TEXT(url, "redis://:se:cr@et@%s/3", redis_url(server) + 8);
	stock = must_open(url, NULL);
	assert_true(has_version(stock, &item, 1));
	stock_close(stock);
}

static void urls_are_read_strictly(void **state)
{
	static const char *const good[] = {
		"redis://host",       "redis://host:1/0",           "redis://[::1]:6379/",
		"redis://u:p@[::1]",  "redis+unix:/run/redis.sock", "redis+unix:///run/redis.sock?db=7",
		"redis+unix://u:p@/s"
	};
	static const char *const bad[] = {
		"redis://",
		"valkey://:secret@host",
		"secret@host:6379",
		"secret:secret@host",
		":secret@host",
		"redis:secret@host",
		"secret@host",
		"secret@://host",
		"reids://secret@host",
		"redis://:secret@",
		"redis://:secret@:1",
		"redis://secret@host:0",
		"redis://secret@host:65536",
		"redis://secret@host:x",
		"redis://secret@host:",
		"redis://secret@host/x",
		"redis://secret@host/-1",
		"redis://secret@[::1",
		"redis://secret@[::1]x",
		"redis://secret%@host",
		"redis://secret%00@host",
		"redis://secret%4@host",
		"redis+unix:",
		"redis+unix:secret",
		"redis+unix://secret",
		"redis+unix://secret@",
		"redis+unix:/secret?db=",
		"redis+unix:/secret?x=1",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		stock_close(must_open(good[i], NULL));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct jurat_error err = { "" };
		struct stock *stock;

		if (stock_open(bad[i], NULL, &stock, &err) != -EINVAL || strstr(err.text, "secret"))
			FAIL_BECAUSE("%s: %s", bad[i], err.text);
	}
}

/* ---- A server that lies */

#define SHA "$40\r\n0123456789012345678901234567890123456789\r\n"

struct lie {
	const char *replies[4]; /* to one command each; the last one to all further ones. NULL: it hangs up */
	bool endless;           /* the last one has no end */
	bool slow;              /* a byte now and then */
};

static void send_lie(int fd, const struct lie *lie, const char *text)
{
	static const char junk[4096];

	for (const char *at = text; lie->slow && *at; at++)
		if (send(fd, at, 1, MSG_NOSIGNAL) != 1 || poll(NULL, 0, 20) != 0)
			return;
	if (!lie->slow && send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
		return;
	while (lie->endless && send(fd, junk, sizeof(junk), MSG_NOSIGNAL) > 0)
		;
}

static void serve_lies(int listener, const struct lie *lie)
{
	char request[8192];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		int fd = accept(listener, NULL, NULL);
		size_t i = 0;

		while (fd >= 0 && recv(fd, request, sizeof(request), 0) > 0 && lie->replies[i]) {
			send_lie(fd, lie, lie->replies[i]);
			i += i + 1 < ARRAY_SIZE(lie->replies) && lie->replies[i + 1];
		}
		close(fd);
	}
}

struct liar {
	struct place place;
	pid_t pid;
	struct stock *stock;
};

static void liar_start(struct liar *liar, const struct lie *lie)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const struct stock_options options = { .timeout_ms = 300 };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char url[160];

	place_make(&liar->place);
	TEXT(address.sun_path, "%s/s", liar->place.dir);
	TEXT(url, "redis+unix:%s", address.sun_path);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 8), 0);
	fflush(NULL);
	liar->pid = fork();
	assert_true(liar->pid >= 0);
	if (liar->pid == 0)
		serve_lies(listener, lie);
	close(listener);
	assert_int_equal(stock_open(url, &options, &liar->stock, NULL), 0);
}

static void liar_stop(struct liar *liar)
{
	stock_close(liar->stock);
	kill(liar->pid, SIGKILL);
	assert_int_equal(waitpid(liar->pid, NULL, 0), liar->pid);
	place_remove(&liar->place);
}

static void hostile_answers_to_get_are_refused(void **state)
{
	static const struct {
		struct lie lie;
		int r;
	} rows[] = {
		{ { { "$-1\r\n" } }, JURAT_NOT_FOUND },
		{ { { "*-1\r\n" } }, JURAT_NOT_FOUND },
		{ { { "+OK\r\n" } }, -EBADMSG },
		{ { { ":5\r\n" } }, -EBADMSG },
		{ { { "$5\r\nhello\r\n" } }, -EBADMSG },
		{ { { "$0\r\n\r\n" } }, -EBADMSG },
		{ { { "*2\r\n$1\r\na\r\n$1\r\nb\r\n" } }, -EPROTO },
		{ { { "*0\r\n" } }, -EPROTO },
		{ { { "*2000000000\r\n" } }, -EPROTO },
		{ { { "*9999999999999999999999\r\n" } }, -EPROTO },
		{ { { "HTTP/1.1 200 OK\r\n\r\n" } }, -EPROTO },
		{ { { "+OK\r\n+OK\r\n" } }, -EPROTO },
		{ { { "$2000000000\r\n" }, .endless = true }, -EPROTO },
		{ { { "+" }, .endless = true }, -EPROTO },
		{ { { NULL } }, -EHOSTDOWN },
		{ { { "$100\r\nhalf" } }, -EHOSTDOWN },
		{ { { "$100\r\n..........................................................................."
		      "." },
		    .slow = true },
		  -EHOSTDOWN },
		{ { { "-ERR no\r\n" } }, -EPROTO },
		{ { { "-LOADING Redis is loading the dataset in memory\r\n" } }, -EHOSTDOWN },
		{ { { "-NOAUTH Authentication required.\r\n" } }, -EACCES },
		{ { { "-OOM command not allowed when used memory > 'maxmemory'.\r\n" } }, -ENOSPC },
		{ { { "-READONLY You can't write against a read only replica.\r\n" } }, -EROFS },
		{ { { "-MISCONF Errors writing to the AOF file\r\n" } }, -EIO },
		{ { { "-WRONGTYPE Operation against a key\r\n" } }, -EBADMSG },
		{ { { "-\x1b[2J\r\n" } }, -EPROTO },
	};
	const struct endorse_item item = item_of(ENDORSE_TCB_INFO);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct endorse_value value = { .size = 77 };
		struct jurat_error err = { "" };
		int64_t expires = 77;
		struct liar liar;

		liar_start(&liar, &rows[i].lie);
		for (unsigned again = 0; again < 2; again++) {
			int r = stock_get(liar.stock, &item, &value, &expires, &err);

			/* An endless reply may meet the time limit first, on a busy machine. */
			if ((r != rows[i].r && !(rows[i].lie.endless && r == -EHOSTDOWN)) ||
			    strchr(err.text, 0x1b))
				FAIL_BECAUSE("row %zu: %d, %s", i, r, err.text);
		}
		assert_true(value.size == 77 && expires == 77);
		liar_stop(&liar);
	}
}

/* What an operation makes of each lie. */
struct lie_row {
	struct lie lie;
	int r;
};

static void try_lies(const struct lie_row *rows, size_t n,
		     int (*try)(struct stock *stock, struct jurat_error *err))
{
	for (size_t i = 0; i < n; i++) {
		struct jurat_error err = { "" };
		struct liar liar;
		int r;

		liar_start(&liar, &rows[i].lie);
		r = try(liar.stock, &err);
		if (r != rows[i].r)
			FAIL_BECAUSE("row %zu: %d, %s", i, r, err.text);
		liar_stop(&liar);
	}
}

static int try_take(struct stock *stock, struct jurat_error *err)
{
	const struct stock_quota quota = { "kds", 1000, 3 };
	uint64_t wait = 0;
	int r = stock_take(stock, &quota, &wait, err);

	assert_true(r == JURAT_BUSY ? wait > 0 && wait <= 367ull * 86400000 : wait == 0);
	return r;
}

static int try_claim(struct stock *stock, struct jurat_error *err)
{
	const struct endorse_item item = item_of(0);

	return stock_claim(stock, &item, 1000, err);
}

static int try_put(struct stock *stock, struct jurat_error *err)
{
	const struct endorse_item item = item_of(0);
	struct endorse_value value = value_of(&item, 1);
	int r = stock_put(stock, &item, &value, INT64_MAX, err);

	endorse_value_done(&value);
	return r;
}

static void hostile_answers_to_scripts_and_sets_are_refused(void **state)
{
	static const struct lie_row takes[] = {
		{ { { SHA, ":0\r\n" } }, 0 },
		{ { { SHA, ":-1\r\n" } }, -EPROTO },
		{ { { SHA, ":9223372036854775807\r\n" } }, JURAT_BUSY },
		{ { { SHA, "+OK\r\n" } }, -EPROTO },
		{ { { SHA, "$-1\r\n" } }, -EPROTO },
		{ { { "$4\r\nabcd\r\n" } }, -EPROTO },
		{ { { ":1\r\n" } }, -EPROTO },
		{ { { "-NOSCRIPT No matching script\r\n" } }, -EPROTO },
		{ { { SHA, "-NOSCRIPT No matching script\r\n" } }, -EPROTO },
		{ { { SHA, "-NOSCRIPT no\r\n", SHA, ":0\r\n" } }, 0 },
		{ { { SHA, NULL } }, -EPROTO }, /* the digest again, as the answer to the script */
	};
	static const struct lie_row claims[] = {
		{ { { "+OK\r\n" } }, 0 },           { { { "$-1\r\n" } }, JURAT_BUSY },
		{ { { "+QUEUED\r\n" } }, -EPROTO }, { { { "$2\r\nOK\r\n" } }, -EPROTO },
		{ { { ":1\r\n" } }, -EPROTO },
	};
	static const struct lie_row puts[] = {
		{ { { "+OK\r\n" } }, 0 },
		{ { { "$-1\r\n" } }, -EPROTO },
		{ { { ":1\r\n" } }, -EPROTO },
	};

	(void)state;
	try_lies(takes, ARRAY_SIZE(takes), try_take);
	try_lies(claims, ARRAY_SIZE(claims), try_claim);
	try_lies(puts, ARRAY_SIZE(puts), try_put);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(values_and_claims_are_shared),
		CASE(values_end_with_their_time),
		CASE(the_server_knows_when_a_value_ends),
		CASE(a_claim_that_has_ended_is_not_released),
		CASE(a_bucket_is_shared_and_begins_empty),
		CASE(a_bucket_that_cannot_be_read_is_empty),
		CASE(a_bucket_is_empty_after_a_restart_a_failover_and_a_loss),
		CASE(a_user_needs_no_other_commands_than_the_manual_names),
		CASE(a_pause_holds_for_all_and_is_not_shortened),
		CASE(replicas_take_no_more_than_the_bucket_has),
		CASE(a_server_that_was_killed_is_asked_again),
		CASE(a_server_that_is_away_full_or_read_only_shows_in_a_probe),
		CASE(a_connection_that_ended_is_made_again),
		CASE(a_server_that_stands_still_is_away),
		CASE(passwords_and_databases_are_used_and_not_shown),
		CASE(urls_are_read_strictly),
		CASE(hostile_answers_to_get_are_refused),
		CASE(hostile_answers_to_scripts_and_sets_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
