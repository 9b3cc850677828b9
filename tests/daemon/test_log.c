/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <ctype.h>
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "daemon/log.h"
#include "daemon/log_id.h"

static int reader, stderr_before;

static int catch_lines(void **state)
{
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	stderr_before = dup(STDERR_FILENO);
	assert_true(dup2(fds[1], STDERR_FILENO) >= 0);
	close(fds[1]);
	reader = fds[0];
	unsetenv("JOURNAL_STREAM");
	return 0;
}

static int release(void **state)
{
	dup2(stderr_before, STDERR_FILENO);
	close(stderr_before);
	close(reader);
	return 0;
}

/* What was logged since the last call; lines end with a newline and consist of printable ASCII. */
static const char *lines(void)
{
	static char text[65536];
	ssize_t n = read(reader, text, sizeof(text) - 1);

	n = n < 0 ? 0 : n;
	text[n] = '\0';
	for (ssize_t i = 0; i < n; i++)
		if (text[i] != '\n' && (text[i] < ' ' || text[i] > '~'))
			FAIL_BECAUSE("byte 0x%02x in a line", (unsigned char)text[i]);
	assert_true(n == 0 || text[n - 1] == '\n');
	return text;
}

static const char *const hostile[] = {
	"",
	" ",
	"=",
	"\"",
	"\\",
	"\\\"",
	"a\nlevel=error event=forged",
	"\r\033[2J",
	"\x7f",
	("\xc2\x9b"
	 "1m"),
	"\xe2\x80\xae",
	"\xff\xfe",
	"a,\"x\":1}",
	"%s%n%d",
	"\\x41",
	"it's",
	"<3>",
	"ends with >",
};

static void whatever_a_peer_sends_one_line_comes_out_that_says_it(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(hostile); i++) {
		json_t *object;
		const char *line;

		log_init(LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
		log_event(LOG_LEVEL_INFO, "test", "a", hostile[i], "b", "last", NULL);
		line = lines();
		assert_ptr_equal(strchr(line, '\n'), strrchr(line, '\n'));
		assert_non_null(strstr(line, " level=info event=test a="));
		assert_non_null(strstr(line, " b=last\n"));
		log_init(LOG_LEVEL_INFO, LOG_FORMAT_JSON);
		log_event(LOG_LEVEL_INFO, "test", "a", hostile[i], "b", "last", NULL);
		line = lines();
		object = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
		if (!object)
			FAIL_BECAUSE("no JSON: %s", line);
		assert_int_equal(json_object_size(object), 5);
		assert_string_equal(json_string_value(json_object_get(object, "b")), "last");
		if (!strpbrk(hostile[i], "\xc2\xe2\xff"))
			assert_string_equal(json_string_value(json_object_get(object, "a")), hostile[i]);
		json_decref(object);
	}
}

/* Every length around the end of a line, of a value of one kind of character. */
static void check_cut(enum log_format format, char c)
{
	char value[LOG_LINE_BYTES + 64];

	log_init(LOG_LEVEL_INFO, format);
	for (size_t n = 100; n < sizeof(value); n += n < LOG_LINE_BYTES / 6 - 40 ? 20 : 1) {
		const char *line;

		memset(value, c, n);
		value[n] = '\0';
		log_event(LOG_LEVEL_INFO, "test", "a", value, "b", value, "c", "x", NULL);
		line = lines();
		assert_true(strlen(line) < LOG_LINE_BYTES + 1);
		assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
		if (format == LOG_FORMAT_JSON) {
			json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, NULL);

			if (!object)
				FAIL_BECAUSE("no JSON at %zu: %s", n, line);
			json_decref(object);
		}
	}
}

static void a_line_that_is_too_long_is_cut_and_stays_well_formed(void **state)
{
	static const char kinds[] = { 'x', ' ', '"', '\n', '\xff' };

	for (size_t i = 0; i < sizeof(kinds); i++) {
		check_cut(LOG_FORMAT_TEXT, kinds[i]);
		check_cut(LOG_FORMAT_JSON, kinds[i]);
	}
}

static unsigned count(const char *text, const char *what)
{
	unsigned n = 0;

	for (; (text = strstr(text, what)); text++)
		n++;
	return n;
}

static void peers_get_so_many_lines_but_those_of_verbose_are_all_there(void **state)
{
	unsigned n;

	log_init(LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
	for (unsigned i = 0; i < 10 * LOG_BURST; i++)
		log_peer_event(LOG_LEVEL_INFO, "peer", NULL);
	n = count(lines(), "event=peer");
	assert_in_range(n, LOG_BURST, 2 * LOG_BURST); /* the second may end meanwhile */
	log_peer_event(LOG_LEVEL_DEBUG, "peer", NULL);
	assert_string_equal(lines(), "");
	log_init(LOG_LEVEL_DEBUG, LOG_FORMAT_TEXT);
	for (unsigned i = 0; i < 10 * LOG_BURST; i++)
		log_peer_event(LOG_LEVEL_DEBUG, "peer", NULL);
	assert_int_equal(count(lines(), "event=peer"), 10 * LOG_BURST);
}

/* ---- ids */

static void ids_are_consecutive_and_fit(void **state)
{
	struct log_id a = log_id_new(), b = log_id_new();
	char text[LOG_ID_BYTES], long_id[LOG_ID_PEER_BYTES + 1];

	assert_int_equal(b.connection, a.connection + 1);
	a.connection = 0xab;
	assert_string_equal(log_id_text(&a, text), "00000000000000ab");
	a.request = UINT32_MAX;
	assert_string_equal(log_id_text(&a, text), "00000000000000ab-4294967295");
	assert_string_equal(log_id_answer(&a, text), "00000000000000ab-4294967295");
	memset(long_id, 'z', sizeof(long_id));
	long_id[LOG_ID_PEER_BYTES - 1] = '\0';
	log_id_take(&a, long_id, NULL);
	assert_int_equal(strlen(log_id_text(&a, text)), LOG_ID_BYTES - 1);
	assert_string_equal(log_id_answer(&a, text), long_id);
	long_id[LOG_ID_PEER_BYTES - 1] = 'z';
	long_id[LOG_ID_PEER_BYTES] = '\0';
	log_id_take(&a, long_id, NULL); /* a former one is dropped too */
	assert_string_equal(log_id_answer(&a, text), "00000000000000ab-4294967295");
}

static void every_truncation_of_a_traceparent_is_refused(void **state)
{
	static const char whole[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
	struct log_id id = { 0 };

	log_id_take(&id, NULL, whole);
	assert_string_equal(id.peer, "0af7651916cd43dd8448eb211c80319c");
	for (size_t n = 0; n < sizeof(whole) - 1; n++) {
		char *copy = strndup(whole, n);

		log_id_take(&id, NULL, copy);
		assert_string_equal(id.peer, "");
		free(copy);
	}
}

static atomic_bool logging;

static void *log_some(void *arg)
{
	for (int i = 0; i < 40; i++)
		log_event(LOG_LEVEL_INFO, "whole", "a", "1", "b", "x y", "c", "3", "d", "x y", "e", "5",
			  NULL);
	atomic_store(&logging, false);
	return NULL;
}

static void a_line_has_one_format_also_while_another_thread_changes_it(void **state)
{
	static const char text_end[] = "event=whole a=1 b=\"x y\" c=3 d=\"x y\" e=5";
	static const char json_end[] =
		"\"event\":\"whole\",\"a\":\"1\",\"b\":\"x y\",\"c\":\"3\",\"d\":\"x y\",\"e\":\"5\"}";

	for (int round = 0; round < 300; round++) {
		pthread_t thread;
		char *all, *rest = NULL;

		atomic_store(&logging, true);
		assert_int_equal(pthread_create(&thread, NULL, log_some, NULL), 0);
		for (unsigned i = 0; atomic_load(&logging); i++)
			log_init(LOG_LEVEL_INFO, i % 2 ? LOG_FORMAT_JSON : LOG_FORMAT_TEXT);
		pthread_join(thread, NULL);
		all = strdup(lines());
		for (char *line = strtok_r(all, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
			const char *end = line[0] == '{' ? json_end : text_end;
			const char *event = strstr(line, line[0] == '{' ? "\"event\"" : "event=");

			if (!event || strcmp(event, end) != 0)
				FAIL_BECAUSE("%s", line);
		}
		free(all);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(whatever_a_peer_sends_one_line_comes_out_that_says_it,
						catch_lines, release),
		cmocka_unit_test_setup_teardown(a_line_that_is_too_long_is_cut_and_stays_well_formed,
						catch_lines, release),
		cmocka_unit_test_setup_teardown(peers_get_so_many_lines_but_those_of_verbose_are_all_there,
						catch_lines, release),
		cmocka_unit_test_setup_teardown(a_line_has_one_format_also_while_another_thread_changes_it,
						catch_lines, release),
		cmocka_unit_test(ids_are_consecutive_and_fit),
		cmocka_unit_test(every_truncation_of_a_traceparent_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
