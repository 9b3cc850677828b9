/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include "base/cleanup.h"
#include "run/hosts.h"

static const char *const list[] = { "kdsintf.amd.com", "api.example" };
static const struct run_names names = { list, ARRAY_SIZE(list) };

#define OURS "127.1.2.3 kdsintf.amd.com\n127.1.2.3 api.example\n"

/* Of an exact-size copy. */
static char *hosts_of(const char *old, size_t n)
{
	auto_free char *copy = malloc(n ? n : 1);

	memcpy(copy, old, n);
	return run_hosts_text(copy, n, &names, "127.1.2.3");
}

static void the_names_come_first_and_every_other_line_stays(void **state)
{
	static const struct {
		const char *old, *rest;
	} rows[] = {
		{ "", "" },
		{ "127.0.0.1 localhost\n", "127.0.0.1 localhost\n" },
		{ "127.0.0.1 localhost", "127.0.0.1 localhost\n" },
		{ "# kdsintf.amd.com\n\n \t\n", "# kdsintf.amd.com\n\n \t\n" },
		{ "::1\tlocalhost ip6-localhost # api.example\n",
		  "::1\tlocalhost ip6-localhost # api.example\n" },
		{ "10.0.0.1 kdsintf.amd.com\n", "" },
		{ "10.0.0.1\tKDSintf.AMD.com.\t# cache\n", "" },
		{ "10.0.0.1 kds kdsintf.amd.com cache\n", "10.0.0.1 kds cache\n" },
		{ "  10.0.0.1 api.example a#b\n", "10.0.0.1 a\n" },
		{ "10.0.0.1 mykdsintf.amd.com kdsintf.amd.com.example\n",
		  "10.0.0.1 mykdsintf.amd.com kdsintf.amd.com.example\n" },
		{ "kdsintf.amd.com other\n", "kdsintf.amd.com other\n" }, /* no address, so no name */
		{ "10.0.0.1 a\n10.0.0.2 api.example\n10.0.0.3 c\n", "10.0.0.1 a\n10.0.0.3 c\n" },
		{ "10.0.0.1 api.example\r\n10.0.0.2 b\r\n", "10.0.0.2 b\r\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		auto_free char *text = hosts_of(rows[i].old, strlen(rows[i].old));

		assert_non_null(text);
		assert_int_equal(strncmp(text, OURS, strlen(OURS)), 0);
		assert_string_equal(text + strlen(OURS), rows[i].rest);
	}
}

static void every_truncation_and_any_byte_of_hosts_is_read(void **state)
{
	static const char old[] = "10.0.0.1 kdsintf.amd.com a # c\n\0 api.example\n\xff\xfe api.example\0b\n";

	for (size_t n = 0; n < sizeof(old); n++) {
		auto_free char *text = hosts_of(old, n);

		assert_non_null(text);
		assert_int_equal(strncmp(text, OURS, strlen(OURS)), 0);
	}
}

static void files_are_the_first_source_of_hosts(void **state)
{
	static const struct {
		const char *old, *wanted; /* NULL: unchanged */
	} rows[] = {
		{ "", "hosts: files dns\n" },
		{ "passwd: files systemd", "passwd: files systemd\nhosts: files dns\n" },
		{ "hosts: files dns\n", NULL },
		{ "hosts:files\n", NULL },
		{ " hosts:\tfiles [NOTFOUND=return] dns\n", NULL },
		{ "hosts: dns files\n", "hosts: files dns files\n" },
		{ "hosts:dns\n", "hosts: files dns\n" },
		{ "hosts:\n", "hosts: files\n" },
		{ "a: b\nhosts:  mymachines resolve [!UNAVAIL=return] files myhostname dns\nc: d\n",
		  "a: b\nhosts: files  mymachines resolve [!UNAVAIL=return] files myhostname dns\nc: d\n" },
		{ "hosts: filesystem dns\n", "hosts: files filesystem dns\n" },
		{ "# hosts: dns\n", "# hosts: dns\nhosts: files dns\n" },
		{ "hosts: # dns\n", "hosts: files # dns\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char unchanged[] = "", *text = unchanged;
		size_t n = strlen(rows[i].old);
		auto_free char *copy = malloc(n ? n : 1);

		memcpy(copy, rows[i].old, n);
		assert_int_equal(run_nsswitch_text(copy, n, &text), 0);
		assert_string_equal(text, rows[i].wanted ? rows[i].wanted : "");
		if (text != unchanged)
			free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_names_come_first_and_every_other_line_stays),
		cmocka_unit_test(every_truncation_and_any_byte_of_hosts_is_read),
		cmocka_unit_test(files_are_the_first_source_of_hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
