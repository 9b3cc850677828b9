/* SPDX-License-Identifier: MIT */
#include "stock/place.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "endorse/world.h"
#include "support/fault_env.h"

#define HWID "0100000000000000"
#define VCEK HWID "/bl02_tee00_snp04_ucode200_fmc01_vcek.der"

enum { NOW = 1760000000 };

static void values_and_claims_are_shared(void **state)
{
	const struct place *place = *state;
	struct stock *a = must_open(place->where, NULL), *b = must_open(place->where, NULL);

	values_are_shared(a, b, NOW);
	claims_exclude_each_other(a, b);
	stock_close(a);
	stock_close(b);
}

static void write_file(const char *path, const void *bytes, size_t n)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

static void path_in(const struct place *place, const char *name, char path[400])
{
	test_text(path, 400, "%s/%s", place->dir, name);
}

/* Spec: Trustee, attestation-service, snp verifier: the offline store of VCEKs. */
static void vceks_lie_where_trustee_looks_for_them(void **state)
{
	const struct place *place = *state;
	struct stock *stock = must_open(place->where, NULL);
	const struct endorse_item item = item_of(0);
	struct endorse_value value = value_of(&item, 1), back;
	uint8_t bytes[5000];
	int64_t expires;
	char path[400];
	struct stat st;
	FILE *f;

	must_put(stock, &item, 1, NOW);
	path_in(place, "vcek/" VCEK, path);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_int_equal(fread(bytes, 1, sizeof(bytes), f), value.size);
	fclose(f);
	assert_memory_equal(bytes, value.body, value.size); /* as it is */
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0133, 0);
	assert_int_equal(unlink(path), 0);
	assert_false(has_version(stock, &item, 1));
	write_file(path, "from Trustee", 12);
	assert_int_equal(stock_get(stock, &item, &back, &expires, NULL), 0);
	assert_int_equal(back.size, 12);
	assert_true(expires == INT64_MAX);
	endorse_value_done(&back);
	endorse_value_done(&value);
	stock_close(stock);
}

static void trustees_fallback_is_read_where_it_is_of_this_tcb(void **state)
{
	const struct place *place = *state;
	struct stock *stock = must_open(place->where, NULL);
	char path[400], folder[400], hex[BYTES_HEX_SIZE(64)];
	struct endorse_value back;
	struct endorse_item other;
	struct one one;
	int64_t expires;

	world_one(&one, ENDORSE_VCEK);
	path_in(place, "vcek", path);
	assert_int_equal(mkdir(path, 0755), 0);
	TEXT(folder, "%s/%s", path, bytes_to_hex(one.item.chip_id, 64, hex));
	assert_int_equal(mkdir(folder, 0755), 0);
	TEXT(path, "%s/vcek.der", folder);
	write_file(path, one.value.body, one.value.size);
	assert_int_equal(stock_get(stock, &one.item, &back, &expires, NULL), 0);
	assert_int_equal(back.size, one.value.size);
	endorse_value_done(&back);
	other = one.item;
	other.tcb.microcode++;
	assert_int_equal(stock_get(stock, &other, &back, &expires, NULL), JURAT_NOT_FOUND);
	other.tcb.microcode -= 2;
	assert_int_equal(stock_get(stock, &other, &back, &expires, NULL), JURAT_NOT_FOUND);
	write_file(path, "no certificate", 14);
	assert_int_equal(stock_get(stock, &one.item, &back, &expires, NULL), JURAT_NOT_FOUND);
	world_one_done(&one);
	stock_close(stock);
}

static void what_it_did_not_make_is_neither_read_nor_written(void **state)
{
	const struct place *place = *state;
	struct stock *stock = must_open(place->where, NULL);
	const struct endorse_item item = item_of(ENDORSE_ROOT_CRL);
	struct endorse_value value = value_of(&item, 1), back;
	struct jurat_error err;
	char path[400], outside[400];
	int64_t expires;
	struct stat st;

	must_put(stock, &item, 1, NOW);
	path_in(place, "root-crl/intel.endorsement", path);
	path_in(place, "outside", outside);
	write_file(outside, "secret", 6);
	/* a link in its place is not followed, but replaced */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink(outside, path), 0);
	assert_int_equal(stock_get(stock, &item, &back, &expires, &err), -ELOOP);
	assert_non_null(strstr(err.text, "intel.endorsement"));
	must_put(stock, &item, 2, NOW);
	assert_true(has_version(stock, &item, 2));
	/* a FIFO and a directory do not block or end it */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0644), 0);
	assert_int_equal(stock_get(stock, &item, &back, &expires, &err), -EBADMSG);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0755), 0);
	assert_int_equal(stock_get(stock, &item, &back, &expires, &err), -EBADMSG);
	assert_int_equal(stock_put(stock, &item, &value, NOW, &err), -EISDIR);
	assert_int_equal(rmdir(path), 0);
	/* beside it */
	path_in(place, "root-crl/.intel.endorsement.new", path);
	assert_int_equal(symlink(outside, path), 0);
	assert_int_equal(stock_put(stock, &item, &value, NOW, &err), -ELOOP);
	assert_int_equal(unlink(path), 0);
	/* a folder that is a link leads out of the stock */
	path_in(place, "root-crl", path);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(symlink("/", path), 0);
	assert_int_equal(stock_put(stock, &item, &value, NOW, &err), -ENOTDIR);
	assert_int_equal(stock_get(stock, &item, &back, &expires, &err), -ENOTDIR);
	assert_non_null(strstr(err.text, "root-crl': expected a directory, found a symbolic link"));
	assert_int_equal(stat(outside, &st), 0);
	assert_int_equal(st.st_size, 6);
	endorse_value_done(&value);
	stock_close(stock);
}

static void damaged_files_are_named(void **state)
{
	const struct place *place = *state;
	struct stock *stock = must_open(place->where, NULL);
	const struct endorse_item item = item_of(ENDORSE_TCB_INFO), vcek = item_of(0);
	struct endorse_value back;
	struct jurat_error err;
	auto_free char *big = calloc(1, 2u << 20);
	char path[400];
	int64_t expires;

	assert_non_null(big);
	must_put(stock, &item, 1, NOW);
	path_in(place, "tcb-info/sgx_050000000000_standard.endorsement", path);
	assert_int_equal(truncate(path, 100), 0);
	assert_int_equal(stock_get(stock, &item, &back, &expires, &err), -EBADMSG);
	assert_non_null(strstr(err.text, path));
	write_file(path, big, 2u << 20);
	assert_int_equal(stock_get(stock, &item, &back, &expires, &err), -EBADMSG);
	must_put(stock, &item, 2, NOW);
	assert_true(has_version(stock, &item, 2));
	must_put(stock, &vcek, 1, NOW);
	path_in(place, "vcek/" VCEK, path);
	assert_int_equal(truncate(path, 0), 0);
	assert_int_equal(stock_get(stock, &vcek, &back, &expires, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "is empty"));
	stock_close(stock);
}

static void only_directories_are_stocks(void **state)
{
	const struct place *place = *state;
	struct stock *stock;
	struct jurat_error err;
	char path[400], where[420];

	path_in(place, "file", path);
	write_file(path, "", 0);
	TEXT(where, "dir:%s", path);
	assert_int_equal(stock_open(where, NULL, &stock, &err), -ENOTDIR);
	assert_non_null(strstr(err.text, path));
	TEXT(where, "dir:%s/new", place->dir);
	stock_close(must_open(where, NULL));
	TEXT(where, "dir:%s/a/b", place->dir);
	assert_int_equal(stock_open(where, NULL, &stock, &err), -ENOENT);
	assert_int_equal(stock_open("dir:", NULL, &stock, &err), -EINVAL);
	assert_int_equal(stock_open("", NULL, &stock, &err), -EINVAL);
	assert_int_equal(stock_open("memcached://x", NULL, &stock, &err), -EINVAL);
	assert_int_equal(stock_open("rediss://x", NULL, &stock, &err), -EINVAL);
	assert_non_null(strstr(err.text, "TLS"));
}

static void others_cannot_lock_what_guards_a_claim_or_a_quota(void **state)
{
	static const char *const files[] = { "claims.lock", "quotas/kds" };
	const struct place *place = *state;
	const struct stock_quota quota = { "kds", 1000, 1000 };
	const struct endorse_item item = item_of(0);
	struct stock *stock = must_open(place->where, NULL);
	struct jurat_error err = { "" };
	char path[400];
	struct stat st;
	uint64_t wait;

	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(stock_claim(stock, &item, 60000, &err), 0);
		assert_int_equal(stock_take(stock, &quota, &wait, &err), 0);
		for (size_t k = 0; k < ARRAY_SIZE(files); k++) {
			path_in(place, files[k], path);
			assert_int_equal(stat(path, &st), 0);
			assert_int_equal(st.st_mode & 0777, 0600);
			assert_int_equal(chmod(path, 0644), 0); /* as an earlier release left it */
		}
		stock_release(stock, &item);
	}
	stock_close(stock);
}

/* ---- Faults */

/*
 * What is seen after each call has failed, or the process has ended there: all of the old value or all of
 * the new one, and a stock that can be used.
 */
static void put_with_fault(const struct place *place, unsigned i, int error, bool crash)
{
	const struct endorse_item item = item_of(i);
	struct stock *good = must_open(place->where, NULL);

	for (unsigned k = 1;; k++) {
		struct fault_env env = crash ? fault_env_crash(base_env_real(), k)
					     : fault_env_nth(base_env_real(), k, error);
		struct endorse_value value = value_of(&item, 2), back;
		struct endorse_value old = value_of(&item, 1);
		const struct stock_options options = { .env = &env.base };
		struct jurat_error err = { "" };
		struct stock *stock;
		int64_t expires;
		int r;

		must_put(good, &item, 1, NOW);
		r = stock_open(place->where, &options, &stock, &err);
		if (r == 0) {
			r = stock_put(stock, &item, &value, NOW, &err);
			stock_close(stock);
		}
		if (r < 0 && (!env.fired || !strstr(err.text, place->dir)))
			FAIL_BECAUSE("call %u: %d, %s", k, r, err.text);
		if (r < 0 && !crash)
			assert_int_equal(r, error);
		assert_int_equal(stock_get(good, &item, &back, &expires, NULL), 0);
		assert_int_equal(back.size, value.size);
		if (memcmp(back.body, value.body, value.size) != 0)
			assert_true(r < 0 && memcmp(back.body, old.body, old.size) == 0);
		endorse_value_done(&back);
		must_put(good, &item, 3, NOW);
		assert_true(has_version(good, &item, 3));
		assert_int_equal(place_files(place, NULL, NULL), 1); /* nothing beside it */
		endorse_value_done(&value);
		endorse_value_done(&old);
		if (!env.fired)
			break;
		assert_true(k < 100);
	}
	stock_close(good);
}

static void a_value_is_whole_whatever_fails(void **state)
{
	static const int errors[] = { -ENOSPC, -EIO, -EROFS };
	const struct place *place = *state;

	for (size_t i = 0; i < ARRAY_SIZE(errors); i++)
		put_with_fault(place, ENDORSE_TCB_INFO, errors[i], false);
	put_with_fault(place, ENDORSE_TCB_INFO, 0, true);
}

static void a_vcek_is_whole_whatever_fails(void **state)
{
	put_with_fault(*state, ENDORSE_VCEK, -ENOSPC, false);
	place_tear_down(state);
	assert_int_equal(place_set_up(state), 0);
	put_with_fault(*state, ENDORSE_VCEK, 0, true);
}

/* A claim or a token that is not certain is none; afterwards all goes on. */
static void claims_and_quotas_fail_closed(void **state)
{
	const struct place *place = *state;
	const struct endorse_item item = item_of(0);
	const struct stock_quota quota = { "kds", 1000, 1000 }, other = { "pcs", 1000, 1000 };
	struct stock *good = must_open(place->where, NULL);

	for (unsigned crash = 0; crash < 2; crash++)
		for (unsigned k = 1;; k++) {
			struct fault_env env = crash ? fault_env_crash(base_env_real(), k)
						     : fault_env_nth(base_env_real(), k, -EIO);
			const struct stock_options options = { .env = &env.base };
			struct stock *stock;
			uint64_t wait;
			int r = stock_open(place->where, &options, &stock, NULL);

			if (r == 0) {
				r = stock_claim(stock, &item, 60000, NULL);
				assert_int_equal(stock_claim(good, &item, 60000, NULL),
						 r == 0 ? JURAT_BUSY : 0);
				stock_release(good, &item);
				r = stock_take(stock, &quota, &wait, NULL);
				assert_true(r == 0 || (r < 0 && env.fired));
				stock_release(stock, &item);
				r = stock_pause(stock, &other, 1, NULL);
				assert_true(r == 0 || (r < 0 && env.fired));
				stock_close(stock);
			}
			assert_int_equal(stock_claim(good, &item, 60000, NULL), 0);
			stock_release(good, &item);
			if (!env.fired)
				break;
			assert_true(k < 200);
		}
	stock_close(good);
}

/* ---- Time */

static void a_claim_ends_with_its_time_or_its_process(void **state)
{
	const struct place *place = *state;
	const struct endorse_item item = item_of(0);
	struct clock_env env;
	struct stock *a, *b, *c;

	clock_env_init(&env);
	a = must_open(place->where, &env.base);
	b = must_open(place->where, &env.base);
	c = must_open(place->where, &env.base);
	assert_int_equal(stock_claim(a, &item, 1000, NULL), 0);
	env.now_ns += 999999999;
	assert_int_equal(stock_claim(b, &item, 1000, NULL), JURAT_BUSY);
	env.now_ns += 1;
	assert_int_equal(stock_claim(b, &item, 1000, NULL), 0); /* as if a were stopped */
	assert_int_equal(stock_claim(c, &item, 1000, NULL), JURAT_BUSY);
	stock_release(a, &item); /* which is b's by now */
	assert_int_equal(stock_claim(c, &item, 1000, NULL), JURAT_BUSY);
	stock_close(b); /* as at the end of its process */
	assert_int_equal(stock_claim(c, &item, 1000, NULL), 0);
	env.now_ns = 5; /* the machine was started anew, and c is stopped */
	assert_int_equal(stock_claim(a, &item, 1000, NULL), 0);
	stock_close(a);
	stock_close(c);
	assert_int_equal(place_files(place, NULL, NULL), 1); /* claims.lock */
}

static void a_bucket_gains_one_request_each_interval(void **state)
{
	const struct place *place = *state;
	const struct stock_quota quota = { "kds", 1000, 3 }, other = { "pcs", 1000, 1 };
	struct clock_env env;
	struct stock *a, *b;
	uint64_t wait = 0;

	clock_env_init(&env);
	a = must_open(place->where, &env.base);
	b = must_open(place->where, &env.base);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(stock_take(i % 2 ? a : b, &quota, &wait, NULL), 0);
	assert_int_equal(stock_take(a, &quota, &wait, NULL), JURAT_BUSY);
	assert_int_equal(wait, 1000);
	assert_int_equal(stock_take(a, &other, &wait, NULL), 0);
	env.now_ns += 400000000;
	assert_int_equal(stock_take(b, &quota, &wait, NULL), JURAT_BUSY);
	assert_int_equal(wait, 600);
	env.now_ns += 600000000;
	assert_int_equal(stock_take(b, &quota, &wait, NULL), 0);
	assert_int_equal(stock_take(a, &quota, &wait, NULL), JURAT_BUSY);
	env.now_ns += 3600ull * 1000000000; /* no more than the burst is saved up */
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(stock_take(a, &quota, &wait, NULL), 0);
	assert_int_equal(stock_take(b, &quota, &wait, NULL), JURAT_BUSY);
	env.now_ns = 7; /* the machine was started anew: as if all was taken just before */
	assert_int_equal(stock_take(b, &quota, &wait, NULL), JURAT_BUSY);
	assert_int_equal(wait, 1000);
	stock_close(a);
	stock_close(b);
}

static void a_pause_holds_for_all_and_is_not_shortened(void **state)
{
	const struct place *place = *state;
	const struct stock_quota quota = { "kds", 1000, 100 };
	struct clock_env env;
	struct stock *a, *b;
	uint64_t wait = 0;

	clock_env_init(&env);
	a = must_open(place->where, &env.base);
	b = must_open(place->where, &env.base);
	assert_int_equal(stock_pause(a, &quota, 30000, NULL), 0);
	assert_int_equal(stock_pause(a, &quota, 10, NULL), 0);
	assert_int_equal(stock_take(b, &quota, &wait, NULL), JURAT_BUSY);
	assert_int_equal(wait, 30000);
	env.now_ns += 30000000000;
	assert_int_equal(stock_take(b, &quota, &wait, NULL), 0);
	assert_int_equal(stock_pause(a, &quota, UINT64_MAX, NULL), 0);
	assert_int_equal(stock_take(b, &quota, &wait, NULL), JURAT_BUSY);
	assert_true(wait <= 367ull * 86400000);
	env.now_ns = 7; /* the machine was started anew */
	assert_int_equal(stock_take(b, &quota, &wait, NULL), 0);
	stock_close(a);
	stock_close(b);
}

static void a_damaged_quota_is_an_empty_one(void **state)
{
	const struct place *place = *state;
	const struct stock_quota quota = { "kds", 1000, 3 };
	struct stock *stock = must_open(place->where, NULL);
	uint8_t bytes[40] = { 0 };
	uint64_t wait;
	char path[400];

	path_in(place, "quotas/kds", path);
	for (size_t n = 1; n < sizeof(bytes); n++) {
		assert_int_equal(stock_pause(stock, &quota, 1, NULL), 0);
		write_file(path, bytes, n);
		assert_int_equal(stock_take(stock, &quota, &wait, NULL), JURAT_BUSY);
		assert_true(wait <= 1000);
	}
	stock_close(stock);
}

static void quotas_have_bounds(void **state)
{
	static const struct stock_quota bad[] = {
		{ "", 1, 1 },    { "../x", 1, 1 },         { "K", 1, 1 },           { "kds", 0, 1 },
		{ "kds", 1, 0 }, { "kds", UINT64_MAX, 1 }, { "kds", 1, UINT32_MAX }
	};
	const struct place *place = *state;
	struct stock *stock = must_open(place->where, NULL);
	uint64_t wait;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(stock_take(stock, &bad[i], &wait, NULL), -EINVAL);
		assert_int_equal(stock_pause(stock, &bad[i], 1, NULL), -EINVAL);
	}
	stock_close(stock);
}

/* ---- Processes */

enum { PROCESSES = 6, ROUNDS = 60 };

/*
 * Puts, gets, claims and takes without pause. `held` is a file that only who has the claim may have; the exit
 * status counts the tokens that were taken.
 */
static int busy_process(const struct place *place, unsigned seed)
{
	const struct stock_quota quota = { "kds", 3600000, 50 };
	const struct stock_options options = { .timeout_ms = 20000 };
	const struct endorse_item claimed = item_of(0);
	struct stock *stock;
	unsigned taken = 0;
	char held[400];

	if (stock_open(place->where, &options, &stock, NULL) != 0)
		return 255;
	path_in(place, "held", held);
	for (unsigned i = 0; i < ROUNDS; i++) {
		const struct endorse_item item =
			item_of(ENDORSE_TCB_INFO + ENDORSE_N_KINDS * ((seed + i) % 2));
		struct endorse_value value = value_of(&item, seed), back;
		int64_t expires;
		uint64_t wait;
		int r;

		if (stock_put(stock, &item, &value, NOW, NULL) != 0)
			return 254;
		endorse_value_done(&value);
		if (stock_get(stock, &item, &back, &expires, NULL) != 0 || back.size != 4000)
			return 253;
		endorse_value_done(&back);
		r = stock_take(stock, &quota, &wait, NULL);
		if (r < 0)
			return 252;
		taken += r == 0;
		if (stock_claim(stock, &claimed, 60000, NULL) != 0)
			continue;
		r = open(held, O_CREAT | O_EXCL | O_WRONLY, 0600);
		if (r < 0)
			return 251;
		close(r);
		unlink(held);
		stock_release(stock, &claimed);
	}
	stock_close(stock);
	return (int)taken;
}

static void processes_share_it(void **state)
{
	const struct place *place = *state;
	pid_t children[PROCESSES];
	unsigned taken = 0;

	for (unsigned i = 0; i < PROCESSES; i++) {
		fflush(NULL);
		children[i] = fork();
		assert_true(children[i] >= 0);
		if (children[i] == 0)
			_exit(busy_process(place, i));
	}
	for (unsigned i = 0; i < PROCESSES; i++) {
		int status;

		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_true(WIFEXITED(status));
		if (WEXITSTATUS(status) > ROUNDS)
			FAIL_BECAUSE("a process ended with %d", WEXITSTATUS(status));
		taken += (unsigned)WEXITSTATUS(status);
	}
	assert_int_equal(taken, 50); /* the burst, and no more */
}

static void a_killed_process_leaves_no_claim(void **state)
{
	const struct place *place = *state;
	struct stock *stock = must_open(place->where, NULL);
	const struct endorse_item item = item_of(0);
	int ready[2], status;
	pid_t child;
	char c;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	fflush(NULL);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct stock *own;

		if (stock_open(place->where, NULL, &own, NULL) != 0 ||
		    stock_claim(own, &item, 3600000, NULL) != 0)
			_exit(1);
		if (write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	assert_int_equal(stock_claim(stock, &item, 1000, NULL), JURAT_BUSY);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(stock_claim(stock, &item, 1000, NULL), 0);
	close(ready[0]);
	stock_close(stock);
}

/* ---- Without memory */

static int use_without_memory(void *ctx)
{
	const struct place *place = ctx;
	const struct endorse_item item = item_of(ENDORSE_TCB_INFO);
	struct endorse_value value = value_of(&item, 1), back = { .size = 0 };
	struct stock *stock = NULL;
	int64_t expires;
	int r;

	fail_memory_resume();
	r = stock_open(place->where, NULL, &stock, NULL);
	if (r == 0)
		r = stock_put(stock, &item, &value, NOW, NULL);
	if (r == 0)
		r = stock_get(stock, &item, &back, &expires, NULL);
	if (r == 0)
		r = stock_claim(stock, &item, 60000, NULL);
	if (r == 0)
		r = stock_pause(stock, &(struct stock_quota){ "kds", 1, 1 }, 1, NULL);
	stock_close(stock);
	fail_memory_pause();
	endorse_value_done(&value);
	endorse_value_done(&back);
	return r;
}

static void without_memory_nothing_is_lost(void **state)
{
	assert_true(fail_memory_each(use_without_memory, *state) >= 8);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, place_set_up, place_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(values_and_claims_are_shared),
		CASE(vceks_lie_where_trustee_looks_for_them),
		CASE(trustees_fallback_is_read_where_it_is_of_this_tcb),
		CASE(what_it_did_not_make_is_neither_read_nor_written),
		CASE(damaged_files_are_named),
		CASE(only_directories_are_stocks),
		CASE(others_cannot_lock_what_guards_a_claim_or_a_quota),
		CASE(a_value_is_whole_whatever_fails),
		CASE(a_vcek_is_whole_whatever_fails),
		CASE(claims_and_quotas_fail_closed),
		CASE(a_claim_ends_with_its_time_or_its_process),
		CASE(a_bucket_gains_one_request_each_interval),
		CASE(a_pause_holds_for_all_and_is_not_shortened),
		CASE(a_damaged_quota_is_an_empty_one),
		CASE(quotas_have_bounds),
		CASE(processes_share_it),
		CASE(a_killed_process_leaves_no_claim),
		CASE(without_memory_nothing_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
