/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <netinet/in.h>

#include "daemon/address.h"
#include "base/cleanup.h"
#include "base/env.h"
#include "daemon/endorsements_settings.h"
#include "daemon/metrics.h"
#include "daemon/settings.h"

static void a_configuration_file_says_what_the_words_say(void **state)
{
	static const char json[] =
		"{\"listen\": [\"unix:/a\", \"vsock:4050\"], \"service\": [\"vsock:2:4050\"],"
		" \"timeout\": 1234, \"socket-mode\": \"0600\", \"no-raw\": true}";
	const char *words[] = { "qgs",       "--listen",     "unix:/a",   "--listen", "vsock:4050",
				"--service", "vsock:2:4050", "--timeout", "1234",     "--socket-mode",
				"0600",      "--no-raw",     NULL };
	struct qgs_settings a = { 0 }, b = { 0 };

	qgs_settings_init(&a);
	qgs_settings_init(&b);
	assert_int_equal(options_read_json(&qgs_options, json, sizeof(json) - 1, &a, sizeof(a), NULL), 0);
	assert_int_equal(options_read_words(&qgs_options, ARRAY_SIZE(words) - 1, (char **)(uintptr_t)words,
					    &b, sizeof(b), NULL),
			 0);
	assert_memory_equal(&a, &b, sizeof(a));
	assert_int_equal(a.listen.n, 2);
	assert_int_equal(a.common.timeout_ms, 1234);
	assert_int_equal(a.common.socket_mode, 0600);
	assert_true(a.no_raw);
	assert_int_equal(qgs_settings_check(&a, false, NULL), 0);
}

static void the_words_replace_a_list_of_the_file(void **state)
{
	static const char json[] = "{\"listen\": [\"unix:/a\", \"unix:/b\"]}";
	const char *words[] = { "qgs", "--listen=unix:/c", NULL };
	struct qgs_settings s = { 0 };

	qgs_settings_init(&s);
	assert_int_equal(options_read_json(&qgs_options, json, sizeof(json) - 1, &s, sizeof(s), NULL), 0);
	assert_int_equal(options_read_words(&qgs_options, 2, (char **)(uintptr_t)words, &s, sizeof(s), NULL),
			 0);
	assert_int_equal(s.listen.n, 1);
	assert_string_equal(s.listen.text[0], "unix:/c");
}

static void a_file_that_is_not_exactly_right_changes_nothing(void **state)
{
	static const struct {
		const char *json;
		int r;
	} rows[] = {
		{ "", -EBADMSG },
		{ "[]", -EBADMSG },
		{ "{", -EBADMSG },
		{ "{} {}", -EBADMSG },
		{ "{\"timeout\": 100, \"timeout\": 100}", -EBADMSG },
		{ "{\"timeout\": 100, \"nonsense\": 1}", -EINVAL },
		{ "{\"timeout\": \"100\"}", -EINVAL },
		{ "{\"timeout\": 100.0}", -EINVAL },
		{ "{\"timeout\": -1}", -EINVAL },
		{ "{\"timeout\": 9}", -EINVAL },
		{ "{\"timeout\": 3600001}", -EINVAL },
		{ "{\"timeout\": null}", -EINVAL },
		{ "{\"no-raw\": 1}", -EINVAL },
		{ "{\"listen\": \"unix:/a\"}", -EINVAL },
		{ "{\"listen\": [1]}", -EINVAL },
		{ "{\"listen\": [\"\"]}", -EINVAL },
		{ "{\"socket-mode\": 432}", -EINVAL },
		{ "{\"socket-mode\": \"0888\"}", -EINVAL },
		{ "{\"seed\": \"a\\u0000b\"}", -EBADMSG },
		{ "{\"config\": \"/x\"}", -EINVAL },
	};
	struct qgs_settings before = { 0 }, s;

	qgs_settings_init(&before);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint8_t *copy = heap_copy(rows[i].json, strlen(rows[i].json));

		s = before;
		if (options_read_json(&qgs_options, (char *)copy, strlen(rows[i].json), &s, sizeof(s),
				      NULL) != rows[i].r)
			FAIL_BECAUSE("'%s' is judged wrongly", rows[i].json);
		assert_memory_equal(&s, &before, sizeof(s));
		free(copy);
	}
}

static void lists_and_texts_have_their_limits(void **state)
{
	char json[4096] = "{\"listen\": [", *at = json + strlen(json);
	char word[200], *words[] = { (char[]){ "qgs" }, (char[]){ "--seed" }, word, NULL };
	struct qgs_settings s = { 0 };

	for (unsigned i = 0; i <= OPTION_LIST_MAX; i++)
		at += sprintf(at, "%s\"unix:/%u\"", i ? "," : "", i);
	sprintf(at, "]}");
	qgs_settings_init(&s);
	assert_int_equal(options_read_json(&qgs_options, json, strlen(json), &s, sizeof(s), NULL), -EINVAL);
	memset(word, 'x', OPTION_TEXT_BYTES - 1);
	word[OPTION_TEXT_BYTES - 1] = '\0';
	assert_int_equal(options_read_words(&qgs_options, 3, words, &s, sizeof(s), NULL), 0);
	word[OPTION_TEXT_BYTES - 1] = 'x';
	word[OPTION_TEXT_BYTES] = '\0';
	assert_int_equal(options_read_words(&qgs_options, 3, words, &s, sizeof(s), NULL), -EINVAL);
}

static void words_are_exact(void **state)
{
	static const struct {
		const char *words[4];
		int r;
	} rows[] = {
		{ { "qgs", "--verbose" }, 0 },          { { "qgs", "--verb" }, -EINVAL },
		{ { "qgs", "--max-c", "5" }, -EINVAL }, { { "qgs", "--verbose", "--verbose" }, -EINVAL },
		{ { "qgs", "--verbose=1" }, -EINVAL },  { { "qgs", "--listen" }, -EINVAL },
		{ { "qgs", "word" }, -EINVAL },         { { "qgs", "--help", "--nonsense" }, OPTIONS_HELP },
		{ { "qgs", "--seed", "--help" }, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct qgs_settings before = { 0 }, s;
		int n = 0, r;

		qgs_settings_init(&before);
		s = before;
		while (n < 4 && rows[i].words[n])
			n++;
		r = options_read_words(&qgs_options, n, (char **)(uintptr_t)rows[i].words, &s, sizeof(s),
				       NULL);
		if (r != rows[i].r)
			FAIL_BECAUSE("'%s': %d, not %d", rows[i].words[1], r, rows[i].r);
		if (r != 0)
			assert_memory_equal(&s, &before, sizeof(s));
	}
}

static void the_file_is_found_where_the_words_name_it(void **state)
{
	static const struct {
		const char *words[5], *path;
		int r;
	} rows[] = {
		{ { "qgs" }, NULL, 0 },
		{ { "qgs", "--config=/a" }, "/a", 0 },
		{ { "qgs", "--verbose", "--config", "/a" }, "/a", 0 },
		{ { "qgs", "--seed", "--config=/a" }, NULL, 0 },
		{ { "qgs", "--config=/a", "--config=/b" }, NULL, -EINVAL },
		{ { "qgs", "--config" }, NULL, -EINVAL },
		{ { "qgs", "--config=/a", "-h" }, NULL, OPTIONS_HELP },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *path = NULL;
		int n = 0;

		while (n < 5 && rows[i].words[n])
			n++;
		assert_int_equal(
			options_find_config(&qgs_options, n, (char **)(uintptr_t)rows[i].words, &path, NULL),
			rows[i].r);
		assert_true(!path == !rows[i].path && (!path || !strcmp(path, rows[i].path)));
	}
}

static void addresses_are_told_as_they_are_written(void **state)
{
	static const char *const texts[] = { "unix:/run/qgs", "vsock:4050", "tcp:127.0.0.1:4050" };
	char text[DAEMON_ADDRESS_BYTES], longest[160] = "unix:/";
	struct base_address a;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		assert_int_equal(listen_address_read(texts[i], &a, NULL), 0);
		assert_string_equal(address_text(&a, text), texts[i]);
		assert_int_equal(address_check(&a, NULL), 0);
	}
	assert_int_equal(base_address_read("vsock:2:4050", &a, NULL), 0);
	assert_string_equal(address_text(&a, text), "vsock:2:4050");
	memset(longest + 6, 'x', 106);
	assert_int_equal(listen_address_read(longest, &a, NULL), 0);
	assert_string_equal(address_text(&a, text), longest);
	longest[112] = 'x';
	assert_int_equal(listen_address_read(longest, &a, NULL), -EINVAL);
	assert_int_equal(base_address_read("tcp:127.0.0.1:4050", &a, NULL), 0);
	a.sockaddr.in.sin_addr.s_addr = htonl(INADDR_ANY);
	assert_int_equal(address_check(&a, NULL), -EACCES);
	a.sockaddr.any.sa_family = AF_INET6;
	assert_int_equal(address_check(&a, NULL), -EACCES);
}

static void the_histogram_counts_each_answer_once(void **state)
{
	static const struct {
		uint64_t ns;
		unsigned bucket;
	} rows[] = {
		{ 0, 0 }, { 500000, 0 }, { 500001, 1 }, { UINT64_C(30000000000), 13 }, { UINT64_MAX / 2, 14 }
	};
	struct metrics m = { 0 };
	struct metrics_text text = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		metrics_count_latency(&m, rows[i].ns);
		assert_true(m.late_buckets[rows[i].bucket] > 0);
	}
	assert_int_equal(m.late_n, ARRAY_SIZE(rows));
	metrics_count_answer(&m, QGS_SUCCESS);
	metrics_count_answer(&m, QGS_E_INVALID_CODE);
	assert_int_equal(m.answers[0], 1);
	assert_int_equal(m.answers[METRICS_CODES - 1], 1);
	metrics_print_all(&m, &text);
	metrics_print_end(&text);
	assert_false(text.failed);
	assert_non_null(strstr(text.text, "juratd_qgs_latency_seconds_bucket{le=\"+Inf\"} 5\n"));
	assert_non_null(strstr(text.text, "juratd_qgs_answers_total{code=\"INVALID_CODE\"} 1\n"));
	assert_string_equal(text.text + text.size - 6, "# EOF\n");
	free(text.text);
}

static void a_label_cannot_break_out_of_its_quotes(void **state) /* G7 */
{
	struct metrics_text text = { 0 };

	metrics_print_label(&text, "a\"b\\c\nd%s%n");
	assert_string_equal(text.text, "a\\\"b\\\\c\\nd%s%n");
	free(text.text);
}

static void a_choice_is_one_of_its_words(void **state)
{
	static const struct {
		const char *word;
		int r;
		uint64_t value;
	} rows[] = { { "on", 0, 0 },       { "off", 0, 1 },          { "log", 0, 2 },
		     { "kill", 0, 3 },     { "o", -EINVAL, 0 },      { "onn", -EINVAL, 0 },
		     { "", -EINVAL, 0 },   { "on|off", -EINVAL, 0 }, { "|", -EINVAL, 0 },
		     { "ON", -EINVAL, 0 }, { "kill|", -EINVAL, 0 } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *words[] = { "qgs", "--seccomp", rows[i].word, NULL };
		struct qgs_settings s = { .common.seccomp = 7 };
		char json[64];

		if (options_read_words(&qgs_options, 3, (char **)(uintptr_t)words, &s, sizeof(s), NULL) !=
		    rows[i].r)
			FAIL_BECAUSE("--seccomp '%s'", rows[i].word);
		assert_int_equal(s.common.seccomp, rows[i].r == 0 ? rows[i].value : 7);
		s.common.seccomp = 7;
		TEXT(json, "{\"seccomp\": \"%s\"}", rows[i].word);
		assert_int_equal(options_read_json(&qgs_options, json, strlen(json), &s, sizeof(s), NULL),
				 rows[i].r);
		assert_int_equal(s.common.seccomp, rows[i].r == 0 ? rows[i].value : 7);
	}
}

static void a_reload_keeps_what_needs_a_restart_and_names_what_changed(void **state)
{
	static const char before_json[] =
		"{\"listen\": [\"unix:/a\"], \"seed\": \"long-one\", \"timeout\": 100, \"verbose\": true,"
		" \"service\": [\"unix:/x\"]}";
	static const char after_json[] =
		"{\"listen\": [\"unix:/b\"], \"seed\": \"b\", \"timeout\": 200, \"socket-mode\": \"0600\","
		" \"service\": [\"unix:/x\", \"unix:/y\"], \"seccomp\": \"off\"}";
	struct qgs_settings before = { 0 }, after = { 0 };
	char text[OPTION_NAMES_BYTES];

	assert_int_equal(options_read_json(&qgs_options, before_json, sizeof(before_json) - 1, &before,
					   sizeof(before), NULL),
			 0);
	assert_int_equal(options_read_json(&qgs_options, after_json, sizeof(after_json) - 1, &after,
					   sizeof(after), NULL),
			 0);
	assert_string_equal(options_changed(&qgs_options, &before, &before, text), "");
	assert_string_equal(options_keep(&qgs_options, &before, &after, text),
			    "listen,seed,socket-mode,seccomp");
	assert_string_equal(after.listen.text[0], "unix:/a");
	assert_string_equal(after.seed, "long-one");
	assert_int_equal(after.common.socket_mode, 0);
	assert_int_equal(after.common.timeout_ms, 200);
	assert_string_equal(options_changed(&qgs_options, &before, &after, text), "service,timeout,verbose");
}

static void the_names_of_all_options_fit(void **state)
{
	size_t n = 0;

	for (size_t i = 0; i < qgs_options.n; i++)
		n += strlen(qgs_options.rows[i].name) + 1;
	assert_true(n <= OPTION_NAMES_BYTES);
}

static const char *manual;

/* The names between two texts of the manual page, as "*--a*, *--b*". */
static char *manual_part(const char *page, const char *from, const char *to)
{
	const char *begin = strstr(page, from), *end;

	assert_non_null(begin);
	end = strstr(begin, to);
	assert_non_null(end);
	return strndup(begin, (size_t)(end - begin));
}

static void the_manual_lists(const char *common, const char *own, const struct option_table *options)
{
	unsigned n = 0;

	for (size_t i = 0; i < options->n; i++) {
		char name[64];
		bool listed;

		TEXT(name, "*--%s*", options->rows[i].name);
		listed = strstr(common, name) || strstr(own, name);
		if (listed != options->rows[i].restart)
			FAIL_BECAUSE("--%s: %s", options->rows[i].name,
				     listed ? "listed, but needs no restart" : "needs a restart: not listed");
		n += listed;
	}
	assert_true(n > 5);
}

static void the_manual_names_what_needs_a_restart(void **state)
{
	auto_free uint8_t *page = NULL;
	auto_free char *common = NULL, *qgs = NULL, *endorsements = NULL;
	size_t n;

	(void)state;
	assert_non_null(manual);
	assert_int_equal(base_read_file(base_env_real(), manual, 1 << 20, &page, &n, NULL), 0);
	page[n - 1] = '\0';
	common = manual_part((char *)page, "keep their former values. These are", "for all roles;");
	qgs = manual_part((char *)page, "for all roles;", "for *qgs*; and");
	endorsements = manual_part((char *)page, "for *qgs*; and", "*endorsements*. If the file");
	the_manual_lists(common, qgs, &qgs_options);
	the_manual_lists(common, endorsements, &endorsements_options);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_choice_is_one_of_its_words),
		cmocka_unit_test(a_reload_keeps_what_needs_a_restart_and_names_what_changed),
		cmocka_unit_test(the_names_of_all_options_fit),
		cmocka_unit_test(the_manual_names_what_needs_a_restart),
		cmocka_unit_test(a_configuration_file_says_what_the_words_say),
		cmocka_unit_test(the_words_replace_a_list_of_the_file),
		cmocka_unit_test(a_file_that_is_not_exactly_right_changes_nothing),
		cmocka_unit_test(lists_and_texts_have_their_limits),
		cmocka_unit_test(words_are_exact),
		cmocka_unit_test(the_file_is_found_where_the_words_name_it),
		cmocka_unit_test(addresses_are_told_as_they_are_written),
		cmocka_unit_test(the_histogram_counts_each_answer_once),
		cmocka_unit_test(a_label_cannot_break_out_of_its_quotes),
	};

	manual = argc > 1 ? argv[1] : NULL;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
