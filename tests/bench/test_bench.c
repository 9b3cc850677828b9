/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <unistd.h>

#include "bench/bench.h"
#include "bench/bench_qgs.h"

/* bench.c with figures of the test's own making: what limits, failures and --strict come to. */
static struct bench_figure made; /* what the next run prints */
static const char *failing, *lacking;
static int daemon_result;
static struct bench_qgs daemon_figure;
static bool operation_fails;

static unsigned n_prepared;

/* Every batch is prepared for as many operations as it has. */
static void prepare(void *ctx, unsigned n)
{
	assert_int_equal(n_prepared, 0);
	n_prepared = n;
}

static void operation(void *ctx)
{
	assert_true(n_prepared > 0);
	n_prepared--;
	*(bool *)ctx |= operation_fails;
}

static void bare(void *ctx)
{
}

int bench_snp(struct bench *b)
{
	bool failed;

	bench_measure(b, "snp-sign",
		      &(struct bench_pair){ .ours = operation,
					    .bare = bare,
					    .prepare = prepare,
					    .ctx = &failed,
					    .failed = &failed,
					    .beside = "itself" });
	if (made.name)
		bench_print(b, &made);
	return BENCH_OK;
}

int bench_tdx(struct bench *b)
{
	if (failing)
		bench_fail(b, failing, "it is \"broken\"");
	return BENCH_OK;
}

int bench_endorsements(struct bench *b)
{
	return BENCH_OK;
}

int bench_run(struct bench *b)
{
	if (lacking)
		bench_skip(b, lacking, "no C:\\FUSE \"here\"");
	return BENCH_OK;
}

int bench_process(struct bench *b)
{
	return BENCH_OK;
}

int bench_update(struct bench *b)
{
	return BENCH_OK;
}

int bench_explore(struct bench *b)
{
	return BENCH_OK;
}

int bench_tcb(struct bench *b)
{
	return BENCH_OK;
}

int bench_many(struct bench *b)
{
	return BENCH_OK;
}

int bench_log(struct bench *b)
{
	return BENCH_OK;
}

int bench_measure_snp(struct bench *b)
{
	return BENCH_OK;
}

int bench_vmm(struct bench *b)
{
	return BENCH_OK;
}

int bench_qgs(const char *juratd, uint64_t seconds, struct bench_qgs *ret, struct jurat_error *err)
{
	if (daemon_result != 0)
		TEXT(err->text, "no daemon");
	else
		*ret = daemon_figure;
	return daemon_result;
}

/* Runs it; *ret_list is what it printed, which must be whole JSON. */
static int run(const char *figure, bool is_strict, json_t **ret_list)
{
	struct bench b = { .json = true, .strict = is_strict };
	char path[] = "/tmp/jurat-bench-test-XXXXXX";
	int fd = mkstemp(path), before = dup(STDOUT_FILENO), status;

	if (figure)
		b.only[b.n_only++] = figure;
	assert_true(fd >= 0 && before >= 0);
	fflush(stdout);
	assert_true(dup2(fd, STDOUT_FILENO) >= 0);
	status = bench_all(&b);
	fflush(stdout);
	assert_true(dup2(before, STDOUT_FILENO) >= 0);
	close(before);
	*ret_list = status == BENCH_USAGE ? NULL : json_load_file(path, 0, NULL);
	close(fd);
	unlink(path);
	return status;
}

static int reset(void **state)
{
	made = (struct bench_figure){ 0 };
	failing = lacking = NULL;
	operation_fails = false;
	daemon_result = JURAT_NOT_FOUND;
	return 0;
}

static void each_limit_is_kept_or_missed(void **state)
{
	static const struct {
		struct bench_figure figure;
		const char *result; /* NULL: it has no limit */
	} rows[] = {
		{ { .name = "snp-verify-warm", .ratio = 1.05 }, "ok" },
		{ { .name = "snp-verify-warm", .ratio = 1.0501 }, "missed" },
		{ { .name = "snp-verify-new-chip", .ratio = 0.45 }, "ok" },
		{ { .name = "snp-verify-new-chip", .ratio = 0.46 }, "missed" },
		{ { .name = "snp-verify-cold", .ratio = 0.65 }, "ok" },
		{ { .name = "snp-verify-cold", .ratio = 0.66 }, "missed" },
		{ { .name = "snp-ext-request", .ratio = 1.4 }, "ok" },
		{ { .name = "snp-ext-request", .ratio = 1.41 }, "missed" },
		{ { .name = "snp-req-certs", .ours_ns = 9999, .ratio = 100 }, "ok" },
		{ { .name = "snp-req-certs", .ours_ns = 10000 }, "missed" },
		{ { .name = "snp-guest-memory", .bytes = 65535 }, "ok" },
		{ { .name = "snp-guest-memory", .bytes = 65536 }, "missed" },
		{ { .name = "tdx-verify-warm", .ratio = 1.3 }, "ok" },
		{ { .name = "tdx-verify-warm", .ratio = 1.31 }, "missed" },
		{ { .name = "tdx-verify-cold", .ratio = 1.12 }, "ok" },
		{ { .name = "tdx-verify-cold", .ratio = 1.13 }, "missed" },
		{ { .name = "tdx-quote-grace", .ours_ns = 9999999 }, "ok" },
		{ { .name = "tdx-quote-grace", .ours_ns = 1e7 }, "missed" },
		{ { .name = "tdx-quote-no-grace", .ours_ns = 1e9 }, NULL },
		{ { .name = "run-ioctl", .ours_ns = 1e6, .beyond_ns = 59999 }, "ok" },
		{ { .name = "run-ioctl", .ours_ns = 1e6, .beyond_ns = 60000 }, "missed" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		bool missed = rows[i].result && !strcmp(rows[i].result, "missed");
		const char *limit, *result, *name;
		json_t *list;

		made = rows[i].figure;
		made.beside = "a \"quoted\" one";
		assert_int_equal(run(made.name, false, &list), BENCH_OK);
		name = json_string_value(json_object_get(json_array_get(list, 0), "name"));
		limit = json_string_value(json_object_get(json_array_get(list, 0), "limit"));
		result = json_string_value(json_object_get(json_array_get(list, 0), "limit_result"));
		assert_non_null(name);
		if (strcmp(name, made.name) || !limit != !rows[i].result ||
		    (result ? !rows[i].result || strcmp(result, rows[i].result) : rows[i].result != NULL))
			FAIL_BECAUSE("row %zu, %s: %s", i, made.name, result ? result : "no limit");
		json_decref(list);
		assert_int_equal(run(made.name, true, &list), missed ? BENCH_MISSED : BENCH_OK);
		json_decref(list);
	}
}

/* Its throughput, its memory, and that nobody is left without a response. */
static void the_daemon_keeps_three_limits(void **state)
{
	static const struct {
		struct bench_qgs figure;
		int status;
	} rows[] = {
		{ { .ours_ns = 10, .bare_ns = 8, .ratio = 0.8, .n = 1, .rss_bytes = (64 << 20) - 1 },
		  BENCH_OK },
		{ { .ours_ns = 10, .bare_ns = 8, .ratio = 0.79, .n = 1 }, BENCH_MISSED },
		{ { .ours_ns = 10, .bare_ns = 8, .ratio = 0.8, .n = 1, .failed = 1 }, BENCH_MISSED },
		{ { .ours_ns = 10, .bare_ns = 8, .ratio = 0.8, .n = 1, .rss_bytes = 64 << 20 },
		  BENCH_MISSED },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		json_t *list;

		daemon_result = 0;
		daemon_figure = rows[i].figure;
		assert_int_equal(run("qgs-1000", true, &list), rows[i].status);
		assert_int_equal(json_array_size(list), 1);
		json_decref(list);
	}
}

static void what_fails_is_internal_and_what_lacks_is_no_failure(void **state)
{
	json_t *list;

	lacking = "run-ioctl";
	assert_int_equal(run(NULL, true, &list), BENCH_OK);
	assert_int_equal(json_array_size(list), 3);
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 2), "skipped")),
			    "no C:\\FUSE \"here\"");
	json_decref(list);
	failing = "tdx-verify-warm"; /* the others are measured all the same */
	assert_int_equal(run(NULL, false, &list), BENCH_INTERNAL);
	assert_int_equal(json_array_size(list), 4);
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 1), "failed")),
			    "it is \"broken\"");
	json_decref(list);
	failing = NULL;
	operation_fails = true;
	assert_int_equal(run("snp-sign", false, &list), BENCH_INTERNAL);
	assert_non_null(json_object_get(json_array_get(list, 0), "failed"));
	json_decref(list);
	operation_fails = false;
	daemon_result = -EIO;
	assert_int_equal(run("qgs-1000", false, &list), BENCH_INTERNAL);
	json_decref(list);
}

static void an_unknown_name_is_a_usage_error(void **state)
{
	json_t *list;

	assert_int_equal(run("snp-sign", false, &list), BENCH_OK);
	json_decref(list);
	assert_int_equal(run("snp-sig", false, &list), BENCH_USAGE);
	assert_int_equal(run("", false, &list), BENCH_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(each_limit_is_kept_or_missed, reset),
		cmocka_unit_test_setup(the_daemon_keeps_three_limits, reset),
		cmocka_unit_test_setup(what_fails_is_internal_and_what_lacks_is_no_failure, reset),
		cmocka_unit_test_setup(an_unknown_name_is_a_usage_error, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
