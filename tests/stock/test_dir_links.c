/* SPDX-License-Identifier: MIT */
#include "stock/place.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/fault_env.h"

/*
 * Who may write to a directory's stock puts a link to another directory in the place of one of its folders or
 * files, in front of each call in turn. What is there has the same names, a lock, a claim that has ended and
 * a quota that is paused; nothing of it may be read, written, locked or removed.
 */
enum { NOW = 1760000000, VERSION_OUTSIDE = 9, MS = 1000000 };
#define HWID "vcek/0100000000000000"
#define VCEK "bl02_tee00_snp04_ucode200_fmc01_vcek.der"

static const struct stock_quota quota = { "kds", 1000, 1000 };

struct world {
	struct place inside, outside;
	struct clock_env clock;
	struct stock *good, *elsewhere; /* open at both */
};

static struct endorse_item crl(void)
{
	return item_of(ENDORSE_ROOT_CRL);
}

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	const struct endorse_item items[] = { item_of(ENDORSE_VCEK), crl() };

	if (!w)
		return -1;
	place_make(&w->inside);
	place_make(&w->outside);
	clock_env_init(&w->clock);
	w->good = must_open(w->inside.where, &w->clock.base);
	w->elsewhere = must_open(w->outside.where, &w->clock.base);
	for (size_t i = 0; i < ARRAY_SIZE(items); i++) {
		must_put(w->elsewhere, &items[i], VERSION_OUTSIDE, NOW);
		assert_int_equal(stock_claim(w->elsewhere, &items[i], 1, NULL), 0);
	}
	assert_int_equal(stock_pause(w->elsewhere, &quota, 3600000, NULL), 0);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	stock_close(w->good);
	stock_close(w->elsewhere);
	place_remove(&w->inside);
	place_remove(&w->outside);
	free(w);
	return 0;
}

/* ---- All that is in a directory, as text */

static FILE *picture;

static int draw(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	char bytes[8192] = "";
	int fd = kind == FTW_F ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	ssize_t n = fd < 0 ? 0 : read(fd, bytes, sizeof(bytes));

	(void)at;
	assert_true(n >= 0);
	fprintf(picture, "%s %o %ju %jd %ld.%ld ", path, st->st_mode, (uintmax_t)st->st_ino,
		(intmax_t)st->st_size, st->st_mtim.tv_sec, st->st_mtim.tv_nsec);
	fwrite(bytes, 1, (size_t)n, picture);
	fputc('\n', picture);
	if (fd >= 0)
		close(fd);
	return 0;
}

static char *picture_of(const struct place *place, size_t *ret_size)
{
	char *text;

	picture = open_memstream(&text, ret_size);
	assert_non_null(picture);
	assert_int_equal(nftw(place->dir, draw, 8, FTW_PHYS), 0);
	assert_int_equal(fclose(picture), 0);
	return text;
}

/* ---- The swap */

struct swap {
	const struct world *world;
	const char *name;
};

static void paths_of(const struct swap *s, char in[400], char out[400], char away[400])
{
	test_text(in, 400, "%s/%s", s->world->inside.dir, s->name);
	test_text(out, 400, "%s/%s", s->world->outside.dir, s->name);
	test_text(away, 400, "%s/away", s->world->inside.dir);
}

/* Whatever has the name, or would get it, makes way for a link. */
static void swap(void *context)
{
	char in[400], out[400], away[400];

	paths_of(context, in, out, away);
	assert_true(rename(in, away) == 0 || errno == ENOENT);
	assert_true(symlink(out, in) == 0 || errno == ENOENT);
}

static void swap_back(struct swap *s)
{
	char in[400], out[400], away[400];
	struct stat st;

	paths_of(s, in, out, away);
	if (lstat(in, &st) == 0 && S_ISLNK(st.st_mode)) /* or a file was renamed to it */
		assert_int_equal(unlink(in), 0);
	if (lstat(in, &st) == 0)
		assert_true(unlink(away) == 0 || errno == ENOENT);
	else
		assert_true(rename(away, in) == 0 || errno == ENOENT);
}

/* ---- What is done meanwhile */

static int get_item(struct stock *stock, struct endorse_item item)
{
	struct endorse_value outside = value_of(&item, VERSION_OUTSIDE), value = { .body = NULL };
	int64_t expires;
	int r = stock_get(stock, &item, &value, &expires, NULL);

	assert_true(r <= 0 || r == JURAT_NOT_FOUND);
	if (r == 0)
		assert_true(value.size != outside.size || memcmp(value.body, outside.body, value.size) != 0);
	endorse_value_done(&value);
	endorse_value_done(&outside);
	return r;
}

static int put_item(struct stock *stock, struct endorse_item item)
{
	struct endorse_value value = value_of(&item, 2);
	int r = stock_put(stock, &item, &value, NOW, NULL);

	endorse_value_done(&value);
	return r;
}

static int get_vcek(struct stock *stock)
{
	return get_item(stock, item_of(ENDORSE_VCEK));
}

static int put_vcek(struct stock *stock)
{
	return put_item(stock, item_of(ENDORSE_VCEK));
}

static int get_crl(struct stock *stock)
{
	return get_item(stock, crl());
}

static int put_crl(struct stock *stock)
{
	return put_item(stock, crl());
}

/* Finds that of a stopped process, which has ended: it is removed, and another one made. */
static int claim(struct stock *stock)
{
	const struct endorse_item item = crl();
	int r = stock_claim(stock, &item, 60000, NULL);

	assert_true(r <= 0); /* a claim that is in force is there */
	stock_release(stock, &item);
	return r;
}

static int take(struct stock *stock)
{
	uint64_t wait = 0;
	int r = stock_take(stock, &quota, &wait, NULL);

	assert_true(r <= 0); /* the other quota is paused */
	return r;
}

static int pause_quota(struct stock *stock)
{
	return stock_pause(stock, &(struct stock_quota){ "pcs", 1000, 1000 }, 1, NULL);
}

static void use_it(struct world *w, int (*use)(struct stock *stock), const char *name)
{
	const struct endorse_item vcek = item_of(ENDORSE_VCEK), other = crl();

	for (unsigned k = 1;; k++) {
		struct swap s = { .world = w, .name = name };
		struct fault_env env = fault_env_nth(&w->clock.base, k, 0);
		size_t n_before, n_after;
		auto_free char *before = NULL, *after = NULL;
		struct stock *stopped = must_open(w->inside.where, &w->clock.base), *stock;
		int r;

		env.meanwhile = swap;
		env.context = &s;
		must_put(w->good, &vcek, 1, NOW);
		must_put(w->good, &other, 1, NOW);
		assert_int_equal(stock_claim(stopped, &other, 1, NULL), 0);
		w->clock.now_ns += 3600ull * 1000 * MS / 4; /* less than the other quota's pause */
		assert_int_equal(stock_pause(w->elsewhere, &quota, 3600000, NULL), 0);
		before = picture_of(&w->outside, &n_before);
		stock = must_open(w->inside.where, &env.base);
		r = use(stock);
		if (r < 0 && !env.fired)
			FAIL_BECAUSE("%s, call %u: %d", name, k, r);
		stock_close(stock);
		after = picture_of(&w->outside, &n_after);
		if (n_before != n_after || memcmp(before, after, n_after) != 0)
			FAIL_BECAUSE("%s becomes a link in front of call %u:\n%s\nbecame\n%s", name, k,
				     before, after);
		if (env.fired)
			swap_back(&s);
		stock_close(stopped);
		if (!env.fired)
			break;
		assert_true(k < 200);
	}
}

static void a_link_in_the_place_of_a_folder_or_file_leads_nowhere(void **state)
{
	static const char *const names[] = {
		"vcek",
		HWID,
		HWID "/" VCEK,
		HWID "/." VCEK ".new",
		HWID "/vcek.der",
		"root-crl",
		"root-crl/intel.endorsement",
		"root-crl/.intel.endorsement.new",
		"claims",
		"claims/root-crl_intel",
		"claims.lock",
		"quotas",
		"quotas/kds",
		"quotas/pcs",
	};
	static int (*const uses[])(struct stock * stock) = {
		get_vcek, put_vcek, get_crl, put_crl, claim, take, pause_quota,
	};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(uses); i++)
		for (size_t k = 0; k < ARRAY_SIZE(names); k++)
			use_it(w, uses[i], names[k]);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_link_in_the_place_of_a_folder_or_file_leads_nowhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
