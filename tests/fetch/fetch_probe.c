/* SPDX-License-Identifier: MIT */
/*
 * fetch_probe FROM TARGET [NAME=VALUE]...
 *
 * Gets one item, named by a request's path, through fetch/fetch.h without a check, and prints what happened:
 * a line for each event, then the result, as JSON. Waits between attempts take no time: they advance the
 * clock of the environment. NAME: ca_file, attempts, limit_ms, request_ms, stop_after (events).
 */
#include "support/test.h"

#include <assert.h>
#include <jansson.h>

#include "crypto/hash.h"
#include "fetch/fetch.h"

static struct {
	struct base_env base;
	struct base_env_ops ops;
	uint64_t slept_ns;
	unsigned events, stop_after;
} world;

static uint64_t now_ns(struct base_env *env)
{
	return base_now_ns(base_env_real()) + world.slept_ns;
}

static int64_t realtime_s(struct base_env *env)
{
	return base_realtime_s(base_env_real()) + (int64_t)(world.slept_ns / 1000000000u);
}

static void sleep_ns(struct base_env *env, uint64_t ns)
{
	world.slept_ns += ns;
}

static bool stop(void *context)
{
	return world.stop_after > 0 && world.events >= world.stop_after;
}

static void print(json_t *line)
{
	assert(json_dumpf(line, stdout, JSON_COMPACT) == 0);
	putchar('\n');
	fflush(stdout);
	json_decref(line);
}

static void tell(void *context, const struct fetch_event *event)
{
	static const char *const names[] = { "asks", "retries", "got", "failed" };

	world.events++;
	print(json_pack("{s:s, s:i, s:i, s:I, s:s, s:s}", "what", names[event->what], "attempt",
			(int)event->attempt, "status", (int)event->status, "wait_ms",
			(json_int_t)event->wait_ms, "why", event->why ? event->why : "", "url", event->url));
}

static const char *value_of(int argc, char **argv, const char *name)
{
	for (int i = 3; i < argc; i++) {
		size_t n = strlen(name);

		if (!strncmp(argv[i], name, n) && argv[i][n] == '=')
			return argv[i] + n + 1;
	}
	return NULL;
}

static unsigned number(int argc, char **argv, const char *name)
{
	const char *text = value_of(argc, argv, name);

	return text ? (unsigned)strtoul(text, NULL, 10) : 0;
}

int main(int argc, char **argv)
{
	struct fetch_options options = { .event = tell, .stop = stop, .env = &world.base };
	struct endorse_value value = { .body = NULL };
	uint8_t digest[CRYPTO_SHA256_BYTES] = { 0 };
	enum endorse_encoding encoding;
	char hex[BYTES_HEX_SIZE(sizeof(digest))];
	struct fetcher *fetcher = NULL;
	struct jurat_error err = { "" };
	struct endorse_item item;
	int r;

	assert(argc >= 3);
	world.ops = *base_env_real()->ops;
	world.ops.now_ns = now_ns;
	world.ops.realtime_s = realtime_s;
	world.ops.sleep_ns = sleep_ns;
	world.base.ops = &world.ops;
	world.stop_after = number(argc, argv, "stop_after");
	options.from = argv[1][0] ? argv[1] : NULL;
	options.ca_file = value_of(argc, argv, "ca_file");
	options.attempts = number(argc, argv, "attempts");
	options.limit_ms = number(argc, argv, "limit_ms");
	options.request_ms = number(argc, argv, "request_ms");
	r = endorse_item_of_request(argv[2], &item, &encoding, &err);
	assert(r == 0);
	r = fetcher_new(&options, NULL, &fetcher, &err);
	if (r == 0)
		r = fetch_item(fetcher, &item, &value, &err);
	if (value.body)
		crypto_sha256(value.body, value.size, digest);
	print(json_pack("{s:i, s:s, s:s, s:I, s:s, s:s*, s:I, s:I}", "r", r, "name",
			r < 0             ? strerrorname_np(-r)
			: r == 0          ? "ok"
			: r == JURAT_BUSY ? "BUSY"
					  : "NOT_FOUND",
			"error", r != 0 ? err.text : "", "size", (json_int_t)value.size, "sha256",
			bytes_to_hex(digest, sizeof(digest), hex), "chain", value.issuer_chain,
			"retry_after_ms", (json_int_t)(fetcher ? fetcher_retry_after_ms(fetcher) : 0),
			"slept_ms", (json_int_t)(world.slept_ns / 1000000)));
	endorse_value_done(&value);
	fetcher_free(fetcher);
	return 0;
}
