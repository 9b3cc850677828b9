/* SPDX-License-Identifier: MIT */
#include "stock/redis.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"

/*
 * A Redis server as a stock, for several replicas. Keys:
 *
 *	jurat:value:NAME      packed (endorse/value.h); ends when the value does
 *	jurat:claim:NAME      the token of the holder, for the time of the claim
 *	jurat:{QUOTA}:bucket  when the bucket is full again, in microseconds of the server's clock, and the
 *	                      replication id of the server that wrote it
 *	jurat:{QUOTA}:pause   there while nobody may ask
 */
enum { TOKEN_BYTES = 16, KEY_BYTES = ENDORSE_TEXT_BYTES + 32 };

enum script { SCRIPT_TAKE, SCRIPT_PAUSE, SCRIPT_RELEASE };

/*
 * A bucket that this server did not write itself since it was started, or became primary, may be older than
 * the last request: of a snapshot, of a replica that was behind, of a backup. A server has a new replication
 * id after each of these. Then, and if there is no bucket or it cannot be read, what was taken is not known,
 * and the bucket begins empty. It has no expiry for the same reason.
 */
static const char *const scripts[REDIS_N_SCRIPTS] = {
	[SCRIPT_TAKE] = "local pause = redis.call('PTTL', KEYS[2])\n"
			"if pause > 0 then return pause end\n"
			"local id = string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)')\n"
			"if not id then return redis.error_reply('ERR INFO has no master_replid') end\n"
			"local t = redis.call('TIME')\n"
			"local now = tonumber(t[1]) * 1000000 + tonumber(t[2])\n"
			"local interval = tonumber(ARGV[1]) * 1000\n"
			"local depth = interval * tonumber(ARGV[2])\n"
			"local stored = redis.call('GET', KEYS[1]) or ''\n"
			"local full, writer = string.match(stored, '^(%d+) (%x+)$')\n"
			"if writer ~= id then full = now + depth end\n"
			"full = math.min(math.max(tonumber(full), now), now + depth)\n"
			"local wait = full + interval - now - depth\n"
			"if wait <= 0 then full = full + interval end\n"
			"local next = string.format('%.0f %s', full, id)\n"
			"if next ~= stored then redis.call('SET', KEYS[1], next) end\n"
			"return math.max(math.ceil(wait / 1000), 0)\n",
	[SCRIPT_PAUSE] = "if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then\n"
			 "  redis.call('SET', KEYS[1], '1', 'PX', ARGV[1])\n"
			 "end\n"
			 "return 0\n",
	[SCRIPT_RELEASE] = "if redis.call('GET', KEYS[1]) == ARGV[1] then\n"
			   "  return redis.call('DEL', KEYS[1])\n"
			   "end\n"
			   "return 0\n",
};

struct redis_claim {
	struct redis_claim *next;
	char key[KEY_BYTES], token[BYTES_HEX_SIZE(TOKEN_BYTES)];
};

struct redis_stock {
	struct stock base; /* first */
	struct redis_conn conn;
	struct redis_claim *claims;
};

#define WORD(text) ((struct redis_word){ (text), strlen(text) })

static struct redis_stock *of(struct stock *stock)
{
	return (struct redis_stock *)stock;
}

static void key_of(const struct endorse_item *item, const char *what, char key[KEY_BYTES])
{
	char name[ENDORSE_TEXT_BYTES];

	endorse_item_name(item, name, sizeof(name));
	snprintf(key, KEY_BYTES, "jurat:%s:%s", what, name);
}

static int get(struct stock *stock, const struct endorse_item *item, struct endorse_value *ret,
	       int64_t *ret_expires, struct jurat_error *err)
{
	struct redis_stock *s = of(stock);
	redisReply *reply;
	char key[KEY_BYTES];
	int r;

	key_of(item, "value", key);
	r = redis_call(&s->conn, (struct redis_word[]){ WORD("GET"), WORD(key) }, 2, &reply, err);
	if (r < 0)
		return r;
	if (reply->type == REDIS_REPLY_STRING)
		r = endorse_value_unpack((const uint8_t *)reply->str, reply->len, ret, ret_expires, err);
	else if (reply->type == REDIS_REPLY_NIL)
		r = JURAT_NOT_FOUND;
	else
		r = jurat_fail(err, -EBADMSG, "the reply to GET is not a string");
	freeReplyObject(reply);
	return r == -EBADMSG ? jurat_wrap(err, r, "%s", s->conn.name) : r;
}

/* SET and its options. 0 done; JURAT_BUSY an option kept it from being done; < 0 -errno. */
static int set(struct redis_stock *s, const struct redis_word *words, size_t n, struct jurat_error *err)
{
	redisReply *reply;
	int r = redis_call(&s->conn, words, n, &reply, err);

	if (r < 0)
		return r;
	if (reply->type == REDIS_REPLY_NIL)
		r = JURAT_BUSY;
	else if (reply->type != REDIS_REPLY_STATUS || strcmp(reply->str, "OK") != 0)
		r = jurat_fail(err, -EPROTO, "%s: the reply to SET is not OK", s->conn.name);
	freeReplyObject(reply);
	return r;
}

static int put(struct stock *stock, const struct endorse_item *item, const struct endorse_value *value,
	       int64_t expires, struct jurat_error *err)
{
	const int64_t now = base_realtime_s(stock->env);
	auto_free uint8_t *packed = NULL;
	struct redis_word words[5] = { WORD("SET") };
	char key[KEY_BYTES], ms[24];
	size_t n;
	int r;

	if (expires <= now)
		return jurat_fail(err, -ESTALE, "the value has expired");
	r = endorse_value_pack(value, expires, &packed, &n, err);
	if (r < 0)
		return r;
	key_of(item, "value", key);
	words[1] = WORD(key);
	words[2] = (struct redis_word){ packed, n };
	words[3] = WORD("PX");
	snprintf(ms, sizeof(ms), "%" PRId64, expires == INT64_MAX ? 0 : (expires - now) * 1000);
	words[4] = WORD(ms);
	r = set(of(stock), words, expires == INT64_MAX ? 3 : 5, err);
	return r == JURAT_BUSY ? jurat_fail(err, -EPROTO, "%s: the reply to SET is nil", of(stock)->conn.name)
			       : r;
}

/* ---- Claims */

static struct redis_claim **find_claim(struct redis_stock *s, const char *key)
{
	struct redis_claim **at = &s->claims;

	while (*at && strcmp((*at)->key, key) != 0)
		at = &(*at)->next;
	return at;
}

static int claim(struct stock *stock, const struct endorse_item *item, uint64_t for_ms,
		 struct jurat_error *err)
{
	struct redis_stock *s = of(stock);
	auto_free struct redis_claim *next = calloc(1, sizeof(*next));
	struct redis_claim **old;
	uint8_t token[TOKEN_BYTES];
	char ms[24];
	int r;

	if (!next)
		return jurat_fail_memory(err);
	r = base_random(stock->env, token, sizeof(token));
	if (r < 0)
		return jurat_fail(err, r, "cannot get a random number for a claim: %s", strerror(-r));
	bytes_to_hex(token, sizeof(token), next->token);
	key_of(item, "claim", next->key);
	snprintf(ms, sizeof(ms), "%" PRIu64, for_ms);
	r = set(s,
		(struct redis_word[]){ WORD("SET"), WORD(next->key), WORD(next->token), WORD("NX"),
				       WORD("PX"), WORD(ms) },
		6, err);
	if (r != 0)
		return r;
	old = find_claim(s, next->key); /* one whose time has ended */
	if (*old) {
		memcpy((*old)->token, next->token, sizeof(next->token));
		return 0;
	}
	*old = take_ptr(next);
	return 0;
}

/* Deletes the key only while it has this token: another's claim may be there by now. */
static int give_back(struct redis_stock *s, const struct redis_claim *claim)
{
	const struct redis_word words[] = { WORD(claim->key), WORD(claim->token) };
	int64_t ignored;

	return redis_run(&s->conn, SCRIPT_RELEASE, scripts[SCRIPT_RELEASE], words, 1, 2, &ignored, NULL);
}

static void release(struct stock *stock, const struct endorse_item *item)
{
	struct redis_stock *s = of(stock);
	struct redis_claim **at, *claim;
	char key[KEY_BYTES];

	key_of(item, "claim", key);
	at = find_claim(s, key);
	claim = *at;
	if (!claim)
		return;
	(void)give_back(s, claim); /* or it ends with its time */
	*at = claim->next;
	free(claim);
}

/* ---- Quotas */

struct quota_keys {
	char bucket[128], pause[128], interval[24], burst[16];
};

static void fill_keys(const struct stock_quota *quota, struct quota_keys *k)
{
	snprintf(k->bucket, sizeof(k->bucket), "jurat:{%s}:bucket", quota->name);
	snprintf(k->pause, sizeof(k->pause), "jurat:{%s}:pause", quota->name);
	snprintf(k->interval, sizeof(k->interval), "%" PRIu64, quota->interval_ms);
	snprintf(k->burst, sizeof(k->burst), "%" PRIu32, quota->burst);
}

static int take(struct stock *stock, const struct stock_quota *quota, uint64_t *ret_wait_ms,
		struct jurat_error *err)
{
	struct redis_stock *s = of(stock);
	struct quota_keys k;
	int64_t wait;
	int r;

	fill_keys(quota, &k);
	r = redis_run(&s->conn, SCRIPT_TAKE, scripts[SCRIPT_TAKE],
		      (struct redis_word[]){ WORD(k.bucket), WORD(k.pause), WORD(k.interval), WORD(k.burst) },
		      2, 4, &wait, err);
	if (r < 0)
		return r;
	if (wait < 0)
		return jurat_fail(err, -EPROTO, "%s: expected a wait of 0 ms or more, found %" PRId64 " ms",
				  s->conn.name, wait);
	if (wait == 0)
		return 0;
	*ret_wait_ms = (uint64_t)wait < STOCK_MAX_PAUSE_MS ? (uint64_t)wait : STOCK_MAX_PAUSE_MS;
	return JURAT_BUSY;
}

static int pause_quota(struct stock *stock, const struct stock_quota *quota, uint64_t for_ms,
		       struct jurat_error *err)
{
	struct redis_stock *s = of(stock);
	struct quota_keys k;
	char ms[24];
	int64_t ignored;

	fill_keys(quota, &k);
	snprintf(ms, sizeof(ms), "%" PRIu64, for_ms);
	return redis_run(&s->conn, SCRIPT_PAUSE, scripts[SCRIPT_PAUSE],
			 (struct redis_word[]){ WORD(k.pause), WORD(ms) }, 1, 2, &ignored, err);
}

/* ---- The stock */

/* Its own key: SET and a script, as a claim and a quota need them. */
static int probe(struct stock *stock, bool write, const char *quota, struct jurat_error *err)
{
	struct redis_stock *s = of(stock);
	redisReply *reply;
	int64_t ignored;
	int r = redis_call(&s->conn, (struct redis_word[]){ WORD("GET"), WORD("jurat:probe") }, 2, &reply,
			   err);

	(void)quota;
	if (r == 0)
		freeReplyObject(reply);
	if (r == 0 && write)
		r = set(s,
			(struct redis_word[]){ WORD("SET"), WORD("jurat:probe"), WORD("1"), WORD("PX"),
					       WORD("60000") },
			5, err);
	if (r == 0 && write)
		r = redis_run(&s->conn, SCRIPT_RELEASE, scripts[SCRIPT_RELEASE],
			      (struct redis_word[]){ WORD("jurat:probe"), WORD("1") }, 1, 2, &ignored, err);
	return r == JURAT_BUSY ? jurat_fail(err, -EPROTO, "%s: the reply to SET is nil", s->conn.name) : r;
}

static void close_redis(struct stock *stock)
{
	struct redis_stock *s = of(stock);
	int r = 0;

	while (s->claims) {
		struct redis_claim *claim = s->claims;

		s->claims = claim->next;
		if (r == 0) /* while the server answers */
			r = give_back(s, claim);
		free(claim);
	}
	redis_conn_close(&s->conn);
	redis_url_done(&s->conn.url);
	free(s);
}

int stock_open_redis(const char *url, struct base_env *env, uint64_t timeout_ms, struct stock **ret,
		     struct jurat_error *err)
{
	static const struct stock_ops ops = {
		.get = get,
		.put = put,
		.claim = claim,
		.release = release,
		.take = take,
		.pause = pause_quota,
		.probe = probe,
		.close = close_redis,
	};
	auto_free struct redis_stock *s = calloc(1, sizeof(*s));
	struct redis_url *read;
	int r;

	if (!s)
		return jurat_fail_memory(err);
	read = &s->conn.url;
	r = redis_url_read(url, read, err);
	if (r < 0)
		return r;
	s->base = (struct stock){ .ops = &ops, .env = env, .timeout_ms = timeout_ms };
	s->conn.env = env;
	s->conn.timeout_ms = timeout_ms;
	if (read->path)
		snprintf(s->conn.name, sizeof(s->conn.name), "redis+unix:%s", read->path);
	else
		snprintf(s->conn.name, sizeof(s->conn.name), "redis://%s:%d", read->host, read->port);
	*ret = &take_ptr(s)->base;
	return 0;
}
