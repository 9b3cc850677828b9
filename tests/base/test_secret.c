/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/secret.h"

/* The flags of the mapping that `p` lies in, as /proc/self/smaps has them. */
static void flags_of(const void *p, char *ret, size_t room)
{
	FILE *f = fopen("/proc/self/smaps", "re");
	unsigned long from, to;
	bool here = false;
	char line[512];

	assert_non_null(f);
	*ret = '\0';
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			here = (unsigned long)p >= from && (unsigned long)p < to;
		if (here && !strncmp(line, "VmFlags:", 8))
			test_text(ret, room, "%s", line + 8);
	}
	fclose(f);
}

#ifdef __has_feature
#define CAN_LOCK (!__has_feature(address_sanitizer)) /* which makes mlock(2) do nothing */
#elif defined(__SANITIZE_ADDRESS__)
#define CAN_LOCK 0
#else
#define CAN_LOCK 1
#endif

static void it_is_zero_locked_and_in_no_core_dump(void **state)
{
	static const size_t sizes[] = { 1, 33, 4096, 4097, 30000 };
	struct rlimit limit;
	char flags[512];

	assert_int_equal(getrlimit(RLIMIT_MEMLOCK, &limit), 0);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		uint8_t *p = base_secret_new(sizes[i]);

		assert_non_null(p);
		assert_true(bytes_all(p, sizes[i], 0));
		memset(p, 0xa5, sizes[i]);
		flags_of(p, flags, sizeof(flags));
		assert_non_null(strstr(flags, " dd"));
		if (CAN_LOCK && limit.rlim_cur >= 1 << 16)
			assert_non_null(strstr(flags, " lo"));
		base_secret_free(p, sizes[i]);
		flags_of(p, flags, sizeof(flags));
		assert_string_equal(flags, ""); /* and nothing is there any more */
	}
	base_secret_free(NULL, 7);
}

static void a_process_may_forbid_its_core_dumps(void **state)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct rlimit limit;
		bool good;

		base_forbid_core_dumps();
		good = getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_cur == 0 && limit.rlim_max == 0;
#if !defined(__SANITIZE_ADDRESS__) && !defined(__clang__)
		good = good && prctl(PR_GET_DUMPABLE) == 0;
#endif
		_exit(good ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_zero_locked_and_in_no_core_dump),
		cmocka_unit_test(a_process_may_forbid_its_core_dumps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
