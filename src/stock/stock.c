/* SPDX-License-Identifier: MIT */
#include "stock/stock.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "stock/redis.h"
#include "stock/stock_internal.h"

enum { DEFAULT_TIMEOUT_MS = 1000, MAX_QUOTA_NAME = 64 };

/* How much of it a message may quote: the scheme, or a path. Before an '@' there may be a password. */
static int quotable(const char *where)
{
	const size_t n = strcspn(where, ":");
	const bool is_url = !strncmp(where + n, "://", 3);

	if (is_url ? memchr(where, '@', n) : strchr(where, '@'))
		return 0;
	return (int)(n < 32 ? n : 32);
}

int stock_check_where(const char *where, struct jurat_error *err)
{
	struct redis_url url;
	int r;

	if (!strncmp(where, "dir:", 4))
		return where[4] ? 0 : jurat_fail(err, -EINVAL, "dir: expected a path");
	if (!strncmp(where, "redis://", 8) || !strncmp(where, "redis+unix:", 11)) {
		r = redis_url_read(where, &url, err);
		if (r == 0)
			redis_url_done(&url);
		return r;
	}
	if (!strncmp(where, "rediss:", 7))
		return jurat_fail(err, -EINVAL,
				  "rediss: is not supported; use redis: with a TLS proxy on this machine");
	return jurat_fail(err, -EINVAL,
			  "expected dir:PATH, redis://HOST:PORT or redis+unix:PATH, found '%.*s%s'",
			  quotable(where), where, strchr(where, ':') ? ":..." : "");
}

int stock_open(const char *where, const struct stock_options *options, struct stock **ret,
	       struct jurat_error *err)
{
	struct base_env *env = base_env_or_real(options ? options->env : NULL);
	const uint64_t timeout = options && options->timeout_ms ? options->timeout_ms : DEFAULT_TIMEOUT_MS;
	int r = stock_check_where(where, err);

	if (r < 0)
		return r;
	return !strncmp(where, "dir:", 4) ? stock_open_dir(where + 4, env, timeout, ret, err)
					  : stock_open_redis(where, env, timeout, ret, err);
}

void stock_close(struct stock *stock)
{
	if (stock)
		stock->ops->close(stock);
}

int stock_probe(struct stock *stock, bool write, const char *quota, struct jurat_error *err)
{
	return stock->ops->probe(stock, write, quota, err);
}

int stock_get(struct stock *stock, const struct endorse_item *item, struct endorse_value *ret,
	      int64_t *ret_expires, struct jurat_error *err)
{
	return stock->ops->get(stock, item, ret, ret_expires, err);
}

int stock_put(struct stock *stock, const struct endorse_item *item, const struct endorse_value *value,
	      int64_t expires, struct jurat_error *err)
{
	return stock->ops->put(stock, item, value, expires, err);
}

int stock_claim(struct stock *stock, const struct endorse_item *item, uint64_t for_ms,
		struct jurat_error *err)
{
	if (for_ms == 0 || for_ms > STOCK_MAX_PAUSE_MS)
		return jurat_fail(err, -EINVAL, "the time of a claim is out of range: %llu ms",
				  (unsigned long long)for_ms);
	return stock->ops->claim(stock, item, for_ms, err);
}

void stock_release(struct stock *stock, const struct endorse_item *item)
{
	stock->ops->release(stock, item);
}

/* The name is part of a file's name. */
static int check_quota(const struct stock_quota *quota, struct jurat_error *err)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
	const size_t n = strlen(quota->name);

	if (n == 0 || n > MAX_QUOTA_NAME || strspn(quota->name, allowed) != n)
		return jurat_fail(err, -EINVAL,
				  "quota name: expected 1 to %d lower-case letters, digits and dashes",
				  MAX_QUOTA_NAME);
	if (quota->burst == 0 || quota->burst > STOCK_MAX_BURST || quota->interval_ms == 0 ||
	    quota->interval_ms > STOCK_MAX_INTERVAL_MS)
		return jurat_fail(err, -EINVAL, "quota %s: burst or interval is out of range", quota->name);
	return 0;
}

int stock_take(struct stock *stock, const struct stock_quota *quota, uint64_t *ret_wait_ms,
	       struct jurat_error *err)
{
	int r = check_quota(quota, err);

	return r < 0 ? r : stock->ops->take(stock, quota, ret_wait_ms, err);
}

int stock_pause(struct stock *stock, const struct stock_quota *quota, uint64_t for_ms,
		struct jurat_error *err)
{
	int r = check_quota(quota, err);

	if (r < 0 || for_ms == 0)
		return r;
	return stock->ops->pause(stock, quota, for_ms < STOCK_MAX_PAUSE_MS ? for_ms : STOCK_MAX_PAUSE_MS,
				 err);
}
