/* SPDX-License-Identifier: MIT */
#include "stock/place.h"

#include <errno.h>
#include <ftw.h>
#include <unistd.h>

void place_make(struct place *place)
{
	TEXT(place->dir, "%s/jurat-stock-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(place->dir));
	TEXT(place->where, "dir:%s", place->dir);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

void place_remove(const struct place *place)
{
	assert_int_equal(nftw(place->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

int place_set_up(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	if (!place)
		return -1;
	place_make(place);
	*state = place;
	return 0;
}

int place_tear_down(void **state)
{
	place_remove(*state);
	free(*state);
	return 0;
}

static struct {
	void (*use)(const char *path, void *context);
	void *context;
	unsigned n;
} walk;

static int walk_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)at;
	if (kind != FTW_F && kind != FTW_SL && kind != FTW_SLN)
		return 0;
	walk.n++;
	if (walk.use)
		walk.use(path, walk.context);
	return 0;
}

unsigned place_files(const struct place *place, void (*use)(const char *path, void *context), void *context)
{
	walk.use = use;
	walk.context = context;
	walk.n = 0;
	assert_int_equal(nftw(place->dir, walk_one, 8, FTW_PHYS), 0);
	return walk.n;
}

static uint64_t clock_now_ns(struct base_env *env)
{
	return ((struct clock_env *)env)->now_ns;
}

static int64_t clock_realtime_s(struct base_env *env)
{
	return ((struct clock_env *)env)->realtime_s;
}

void clock_env_init(struct clock_env *env)
{
	*env = (struct clock_env){ .ops = *base_env_real()->ops,
				   .now_ns = 1000000000,
				   .realtime_s = 1760000000 };
	env->ops.now_ns = clock_now_ns;
	env->ops.realtime_s = clock_realtime_s;
	env->base.ops = &env->ops;
}

struct stock *must_open(const char *where, struct base_env *env)
{
	const struct stock_options options = { .env = env };
	struct jurat_error err;
	struct stock *stock;

	if (stock_open(where, &options, &stock, &err) != 0)
		FAIL_BECAUSE("%s: %s", where, err.text);
	return stock;
}

struct endorse_item item_of(unsigned i)
{
	struct endorse_item item = { .kind = i % ENDORSE_N_KINDS };

	if (endorse_item_service(&item) == ENDORSE_AMD_KDS)
		item.product = SNP_TURIN;
	if (item.kind == ENDORSE_VCEK) {
		item.chip_id[0] = (uint8_t)(i + 1);
		item.tcb = (struct snp_tcb){ 1, 2, 0, 4, 200 };
	}
	if (item.kind == ENDORSE_TCB_INFO)
		item.fmspc[0] = (uint8_t)i;
	return item;
}

struct endorse_value value_of(const struct endorse_item *item, unsigned version)
{
	char text[4000] = "a value";
	struct endorse_value value = { .size = sizeof(text) };

	TEXT(text, "a value%c%u", 0, version);
	TEXT(text, "%s, version %u", endorse_kind_name(item->kind), version);
	text[sizeof(text) - 1] = 'x';
	value.body = heap_copy(text, sizeof(text));
	if (endorse_chain_header(item))
		assert_true(asprintf(&value.issuer_chain, "chain %u", version) > 0);
	return value;
}

bool has_version(struct stock *stock, const struct endorse_item *item, unsigned version)
{
	struct endorse_value expected = value_of(item, version), value;
	struct jurat_error err = { "" };
	int64_t expires;
	int r = stock_get(stock, item, &value, &expires, &err);

	if (r != 0 && r != JURAT_NOT_FOUND)
		FAIL_BECAUSE("%d: %s", r, err.text);
	if (r == 0) {
		assert_int_equal(value.size, expected.size);
		assert_memory_equal(value.body, expected.body, value.size);
		assert_int_equal(!value.issuer_chain, !expected.issuer_chain);
		if (value.issuer_chain)
			assert_string_equal(value.issuer_chain, expected.issuer_chain);
		endorse_value_done(&value);
	}
	endorse_value_done(&expected);
	return r == 0;
}

void must_put(struct stock *stock, const struct endorse_item *item, unsigned version, int64_t expires)
{
	struct endorse_value value = value_of(item, version);
	struct jurat_error err;

	if (stock_put(stock, item, &value, expires, &err) != 0)
		FAIL_BECAUSE("%s", err.text);
	endorse_value_done(&value);
}

void values_are_shared(struct stock *a, struct stock *b, int64_t now)
{
	for (unsigned i = 0; i < 2 * ENDORSE_N_KINDS; i++) {
		const struct endorse_item item = item_of(i), other = item_of(i + ENDORSE_N_KINDS);
		const bool same = item.kind != ENDORSE_VCEK && item.kind != ENDORSE_TCB_INFO;
		struct endorse_value value;
		int64_t expires = 0;

		if (i < ENDORSE_N_KINDS)
			assert_false(has_version(a, &item, 1));
		must_put(a, &item, 1, now + 3600);
		assert_true(has_version(b, &item, 1));
		must_put(b, &item, 2, INT64_MAX);
		assert_true(has_version(a, &item, 2));
		must_put(b, &item, 2, now + 1800);
		assert_int_equal(stock_get(a, &item, &value, &expires, NULL), 0);
		if (item.kind != ENDORSE_VCEK)
			assert_true(expires == now + 1800);
		endorse_value_done(&value);
		if (!same && i < ENDORSE_N_KINDS)
			assert_false(has_version(a, &other, 2));
	}
}

void claims_exclude_each_other(struct stock *a, struct stock *b)
{
	for (unsigned i = 0; i < ENDORSE_N_KINDS; i++) {
		const struct endorse_item item = item_of(i), other = item_of((i + 1) % ENDORSE_N_KINDS);

		stock_release(a, &item); /* which it does not have */
		assert_int_equal(stock_claim(a, &item, 60000, NULL), 0);
		assert_int_equal(stock_claim(a, &item, 60000, NULL), JURAT_BUSY);
		assert_int_equal(stock_claim(b, &item, 60000, NULL), JURAT_BUSY);
		assert_int_equal(stock_claim(b, &other, 60000, NULL), 0);
		stock_release(b, &item); /* which is a's */
		assert_int_equal(stock_claim(b, &item, 60000, NULL), JURAT_BUSY);
		stock_release(a, &item);
		assert_int_equal(stock_claim(b, &item, 60000, NULL), 0);
		stock_release(b, &item);
		stock_release(b, &other);
		assert_int_equal(stock_claim(a, &item, 0, NULL), -EINVAL);
	}
}
