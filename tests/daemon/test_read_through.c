/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <string.h>

#include "base/cleanup.h"
#include "daemon/read_through_internal.h"
#include "daemon/software_platform.h"
#include "stock/place.h"
#include "support/redis.h"

/* Steps of the source that reads through a stock, in which others write what they like. */
enum { CHIPS = 0, INTERVAL_MS = 1000, TEN_MINUTES_MS = 600000, CHAIN_MAX = 16384 };

struct world {
	struct place place;
	struct stock *stock;
	struct read_through *source;
	void *slot;
	struct endorse_item vcek;
};

/* The last certificate of a chain is its root. */
static void write_root(const struct endorse_value *chain, const char *path)
{
	static const char begin[] = "-----BEGIN";
	char text[CHAIN_MAX];
	const char *root;
	FILE *f;

	assert_in_range(chain->size, 1, sizeof(text) - 1);
	memcpy(text, chain->body, chain->size);
	text[chain->size] = '\0';
	root = strstr(strstr(text, begin) + 1, begin);
	assert_non_null(root);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(root, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* With what a VCEK's check needs in the stock, so that no service is asked for that. */
static void begin(struct world *w, const char *where)
{
	struct endorse_value chain auto_call(endorse_value_done) = { .body = NULL };
	struct read_through_options options = { .store = where,
						.upstream = "http://127.0.0.1:1",
						.kds_interval_ms = INTERVAL_MS,
						.kds_burst = 1 };
	struct software_platform *platform;
	struct endorse_item item;
	int64_t expires;
	char root[96];

	w->vcek = (struct endorse_item){ .kind = ENDORSE_VCEK, .product = SNP_MILAN };
	assert_true(endorse_check_needs(&w->vcek, &item));
	assert_int_equal(software_platform_new("jurat", CHIPS, NULL, &platform, NULL), 0);
	assert_int_equal(software_platform_get(platform, &item, base_realtime_s(base_env_real()), &chain,
					       &expires, NULL),
			 0);
	software_platform_free(platform);
	TEXT(root, "%s/root.pem", w->place.dir);
	write_root(&chain, root);
	options.roots = root;
	w->stock = must_open(where, NULL);
	assert_int_equal(stock_put(w->stock, &item, &chain, expires, NULL), 0);
	assert_int_equal(read_through_new(&options, &w->source, NULL), 0);
	assert_int_equal(read_through_open_slot(w->source, LANE_KDS, &w->slot, NULL), 0);
}

static void end(struct world *w)
{
	read_through_close_slot(w->slot);
	read_through_free(w->source);
	stock_close(w->stock);
}

/* As any other user of the stock can: for the longest time that there is. */
static void a_pause_of_a_year_is_asked_about_again_in_minutes(const char *where)
{
	const struct stock_quota quota = { .name = "kds-vcek", .interval_ms = INTERVAL_MS, .burst = 1 };
	struct world w;
	uint64_t wait_ms = 0;

	place_make(&w.place);
	begin(&w, where ? where : w.place.where);
	assert_int_equal(stock_pause(w.stock, &quota, UINT64_MAX, NULL), 0);
	assert_int_equal(stock_take(w.stock, &quota, &wait_ms, NULL), JURAT_BUSY);
	assert_true(wait_ms > TEN_MINUTES_MS);
	for (unsigned i = 0; i < 2; i++) { /* what the stock says; then what is remembered of it */
		struct source_work work = { .item = w.vcek, .lane = LANE_KDS };

		read_through_source(w.source).ops->step(w.slot, &work);
		assert_int_equal(work.lane, LANE_KDS);
		assert_in_range(work.wait_ms, 1, TEN_MINUTES_MS);
	}
	end(&w);
	place_remove(&w.place);
}

static void a_pause_in_a_directory_is_not_believed_for_long(void **state)
{
	a_pause_of_a_year_is_asked_about_again_in_minutes(NULL);
}

static void a_pause_in_redis_is_not_believed_for_long(void **state)
{
	struct redis *redis = redis_start();

	a_pause_of_a_year_is_asked_about_again_in_minutes(redis_url(redis));
	redis_stop(redis);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pause_in_a_directory_is_not_believed_for_long),
		cmocka_unit_test(a_pause_in_redis_is_not_believed_for_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
