/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <unistd.h>

#include "jurat/host.h"
#include "vmm/settings.h"

static void clear(void)
{
	for (char **at = environ; *at;) {
		char name[128];

		if (strncmp(*at, "JURAT_", 6) != 0) {
			at++;
			continue;
		}
		TEXT(name, "%.*s", (int)strcspn(*at, "="), *at);
		unsetenv(name);
		at = environ;
	}
}

static int setup(void **state)
{
	clear();
	return 0;
}

static void without_variables_everything_has_its_default(void **state)
{
	struct vmm_settings s;

	assert_int_equal(vmm_settings_read(&s, NULL), 0);
	assert_true(!s.certs && !s.quoting_service && !s.log && !s.defer);
	assert_true(s.grace_ms == 0 && s.lock_wait_ms == 0);
}

static void every_variable_is_read_and_copied(void **state)
{
	char certs[] = VMM_ENV_CERTS "=/var/lib/certs";
	struct vmm_settings s;

	putenv(certs);
	setenv(VMM_ENV_QUOTING_SERVICE, "vsock:2:4050", 1);
	setenv(VMM_ENV_LOG, "/var/log/jurat", 1);
	setenv(VMM_ENV_GRACE_MS, "10000", 1);
	setenv(VMM_ENV_LOCK_WAIT_MS, "1", 1);
	setenv(VMM_ENV_DEFER, "1", 1);
	setenv("JURAT_VMM_CHECK", "@socket", 1);
	setenv("JURAT_VMM_OWN_KVM", "1", 1);
	setenv("JURAT_VM", "another's", 1);
	assert_int_equal(vmm_settings_read(&s, NULL), 0);
	memset(strchr(certs, '/'), 'x', 14); /* as a VMM that sets its title does */
	clear();
	assert_string_equal(s.certs, "/var/lib/certs");
	assert_string_equal(s.quoting_service, "vsock:2:4050");
	assert_string_equal(s.log, "/var/log/jurat");
	assert_true(s.grace_ms == 10000 && s.lock_wait_ms == 1 && s.defer);
	vmm_settings_done(&s);
}

static const struct {
	const char *name, *value;
	uint32_t grace_ms;
	bool defer;
} accepted[] = {
	{ VMM_ENV_GRACE_MS, "0", JURAT_TDX_QUOTES_NONE, false },
	{ VMM_ENV_GRACE_MS, "00020", 20, false },
	{ VMM_ENV_DEFER, "0", 0, false },
	{ VMM_ENV_QUOTING_SERVICE, "unix:/run/qgs", 0, false },
	{ VMM_ENV_QUOTING_SERVICE, "tcp:127.0.0.1:4050", 0, false },
};

static void numbers_mean_what_they_say(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(accepted); i++) {
		struct vmm_settings s;

		clear();
		setenv(accepted[i].name, accepted[i].value, 1);
		assert_int_equal(vmm_settings_read(&s, NULL), 0);
		assert_int_equal(s.grace_ms, accepted[i].grace_ms);
		assert_int_equal(s.defer, accepted[i].defer);
		vmm_settings_done(&s);
	}
}

static const struct {
	const char *name, *value, *text;
} refused[] = {
	{ VMM_ENV_CERTS, "", "JURAT_VMM_CERTS: expected an absolute path, found ''" },
	{ VMM_ENV_CERTS, "certs", "JURAT_VMM_CERTS: expected an absolute path, found 'certs'" },
	{ VMM_ENV_LOG, "log", "JURAT_VMM_LOG: expected an absolute path, found 'log'" },
	{ VMM_ENV_QUOTING_SERVICE, "", "JURAT_VMM_QUOTING_SERVICE: " },
	{ VMM_ENV_QUOTING_SERVICE, "unix:qgs", "expected unix: and an absolute path, found 'unix:qgs'" },
	{ VMM_ENV_QUOTING_SERVICE, "http://localhost", "JURAT_VMM_QUOTING_SERVICE: " },
	{ VMM_ENV_GRACE_MS, "", "JURAT_VMM_GRACE_MS: expected a number from 0 to 10000, found ''" },
	{ VMM_ENV_GRACE_MS, "10001", "from 0 to 10000, found '10001'" },
	{ VMM_ENV_GRACE_MS, "18446744073709551617", "from 0 to 10000" },
	{ VMM_ENV_GRACE_MS, "99999999999999999999999999999999999999990", "from 0 to 10000" },
	{ VMM_ENV_GRACE_MS, "-0", "from 0 to 10000" },
	{ VMM_ENV_GRACE_MS, "+1", "from 0 to 10000" },
	{ VMM_ENV_GRACE_MS, " 1", "from 0 to 10000" },
	{ VMM_ENV_GRACE_MS, "1 ", "from 0 to 10000" },
	{ VMM_ENV_GRACE_MS, "0x10", "from 0 to 10000" },
	{ VMM_ENV_GRACE_MS, "20ms", "from 0 to 10000" },
	{ VMM_ENV_LOCK_WAIT_MS, "0", "JURAT_VMM_LOCK_WAIT_MS: expected a number from 1 to 10000, found '0'" },
	{ VMM_ENV_DEFER, "2", "JURAT_VMM_DEFER: expected a number from 0 to 1, found '2'" },
	{ VMM_ENV_DEFER, "true", "JURAT_VMM_DEFER: " },
	{ "JURAT_VMM_CERT", "/certs", "JURAT_VMM_CERT: no such variable" },
	{ "JURAT_VMM_CERTS_", "/certs", "JURAT_VMM_CERTS_: no such variable" },
	{ "JURAT_VMM_", "", "JURAT_VMM_: no such variable" },
};

static void a_wrong_value_is_named_and_nothing_but_the_log_is_used(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		static char before[] = "before";
		struct vmm_settings s = { .certs = before };
		struct jurat_error err = { "" };

		clear();
		setenv(VMM_ENV_CERTS, "/certs", 1);
		setenv(VMM_ENV_LOG, "/log", 1);
		setenv(refused[i].name, refused[i].value, 1);
		assert_int_equal(vmm_settings_read(&s, &err), -EINVAL);
		if (!strstr(err.text, refused[i].text))
			FAIL_BECAUSE("%s=%s: %s", refused[i].name, refused[i].value, err.text);
		assert_true(!s.certs && !s.quoting_service && !s.defer);
		assert_true(strcmp(refused[i].name, VMM_ENV_LOG) == 0 ? !s.log : strcmp(s.log, "/log") == 0);
		vmm_settings_done(&s);
	}
}

int main(void)
{
#define T(name) cmocka_unit_test_setup(name, setup)
	const struct CMUnitTest tests[] = {
		T(without_variables_everything_has_its_default),
		T(every_variable_is_read_and_copied),
		T(numbers_mean_what_they_say),
		T(a_wrong_value_is_named_and_nothing_but_the_log_is_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
