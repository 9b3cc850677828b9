/* SPDX-License-Identifier: MIT */
#include "runner.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* What careless and hostile programs do, and impatient people. */

static void an_ioctl_on_a_directory_is_no_request(void **state)
{
	struct outcome o;

	NEEDS_RUN();
	o = RUN("--", "/bin/sh", "-c", "\"$0\" directory && \"$0\" tcb", clients[0]);
	assert_exit(&o, 0);
	assert_string_equal(o.out, "ENOTTY\ndb18000000000004\n");
}

static void pointers_into_the_run_s_own_files_are_bad_addresses(void **state)
{
	struct outcome o;

	NEEDS_RUN();
	FOR_EACH_CLIENT(i)
	{
		o = RUN("--", clients[i], "mapped");
		assert_exit(&o, 0);
		assert_string_equal(o.out, "EFAULT\n");
	}
}

/* finish() finds what is left in the directory for temporary files. */
static void a_signal_at_any_time_of_the_start_leaves_nothing(void **state)
{
	char address[128];
	int n_early = 0;

	NEEDS_RUN();
	TEXT(address, "unix:%s/early", dir);
	for (int delay_ms = 0; delay_ms < 60; delay_ms += 3) {
		const char *const words[] = { "--tee", "tdx",        "--qgs", address,
					      "--",    "/bin/sleep", "1000",  NULL };
		char *line[MAX_WORDS];
		struct outcome o;
		pid_t pid;

		collect(line, words);
		pid = start(line);
		for (int i = 0; i < delay_ms; i++)
			breathe();
		n_early += access(address + 5, F_OK) < 0;
		assert_int_equal(kill(pid, delay_ms % 2 ? SIGTERM : SIGINT), 0);
		o = finish(pid);
		assert_true(WIFSIGNALED(o.status));
		assert_int_equal(WTERMSIG(o.status), delay_ms % 2 ? SIGTERM : SIGINT);
		assert_int_equal(access(address + 5, F_OK), -1);
	}
	assert_true(n_early > 0);
}

/* The processor time of all that has been waited for: other programs of a busy machine do not count. */
static time_t used_s(void)
{
	struct rusage usage;

	assert_int_equal(getrusage(RUSAGE_CHILDREN, &usage), 0);
	return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec;
}

static void a_thousand_leftovers_are_ended_at_once(void **state)
{
	enum { BOUND_S = 10 }; /* one look at all processes for each of them takes longer */
	static const char script[] = "(i=0; while [ $i -lt 1500 ]; do sleep 1000 & i=$((i + 1)); done) && "
				     "echo started || echo fewer";
	const char *const words[] = { "--", "/bin/sh", "-c", script, NULL };
	char *line[MAX_WORDS];
	struct outcome o;
	time_t used;
	pid_t pid;

	NEEDS_RUN();
	collect(line, words);
	pid = start(line);
	wait_for_output(pid);
	used = used_s();
	o = finish(pid);
	assert_exit(&o, 0);
	used = used_s() - used;
	if (used > BOUND_S)
		FAIL_BECAUSE("it took %ld s of a processor, expected at most %d", (long)used, BOUND_S);
	if (strcmp(o.out, "started\n") != 0)
		SKIP_BECAUSE("there may not be 1,500 more processes here");
}

static void a_request_in_memory_of_memfd_secret_works_and_what_it_points_to_there_is_efault(void **state)
{
	NEEDS_RUN();
	FOR_EACH_CLIENT(i)
	{
		struct outcome o = RUN("--tee", "both", "--", clients[i], "secret");

		assert_exit(&o, 0);
		if (strcmp(o.out, "done\n") != 0)
			SKIP_BECAUSE("%s", o.out);
		assert_string_equal(o.err, ""); /* nothing about Yama */
	}
}

static int run_group(const char *name)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_request_in_memory_of_memfd_secret_works_and_what_it_points_to_there_is_efault),
		cmocka_unit_test(an_ioctl_on_a_directory_is_no_request),
		cmocka_unit_test(pointers_into_the_run_s_own_files_are_bad_addresses),
		cmocka_unit_test(a_signal_at_any_time_of_the_start_leaves_nothing),
		cmocka_unit_test(a_thousand_leftovers_are_ended_at_once),
	};

	return cmocka_run_group_tests_name(name, tests, run_find_out, run_clean_up);
}

int main(int argc, char **argv)
{
	return run_main(argc, argv, run_group);
}
