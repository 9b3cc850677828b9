/* SPDX-License-Identifier: MIT */
#include "runner.h"

#include <sys/wait.h>

/* What a program finds where Linux has a TEE, and what its files answer. */

/* clients: the table, and the program that reads it. */
static void every_operation_is_answered_as_the_table_says(void **state)
{
	static const char *const tees[] = { "sev-snp", "tdx" };

	NEEDS_RUN();
	for (size_t i = 0; i < ARRAY_SIZE(tees); i++) {
		struct outcome o = RUN("--tee", tees[i], "--", clients[1], clients[0]);

		assert_exit(&o, 0);
	}
}

/* Looked up from each of the places that programs know. */
static void sysfs_and_proc_have_the_tee_that_is_there_and_no_other(void **state)
{
	static const char script[] =
		"cd /sys; for d in sev-guest tdx_guest; do test -e /dev/$d || { "
		"test -e class/misc/$d || test -e devices/virtual/misc/$d || test -e devices/platform/$d || "
		"grep -q $d /proc/misc || continue; echo \"$d is not there, and seen\"; continue; }; "
		"test -L class/misc/$d && test -d devices/virtual/misc/$d/subsystem/$d && "
		"echo $(cat class/misc/$d/dev) $(cat class/misc/$d/uevent) | sed -E 's/10:([0-9]+) MAJOR=10 "
		"MINOR=\\1 /same number /' && "
		"grep -qx \"$(cut -d: -f2 class/misc/$d/dev) $d\" /proc/misc && echo in /proc/misc; done; "
		"test -d devices/platform/sev-guest && cat bus/platform/devices/sev-guest/uevent; "
		"test -d class/misc/tdx_guest/measurements && ls class/misc/tdx_guest/measurements; "
		"grep -c 'nodev.configfs' /proc/filesystems; "
		"cut -d' ' -f2 /proc/misc | sort | uniq -d; test -e class/misc/fuse/dev || echo lost";
	static const char
		sev[] = "same number DEVNAME=sev-guest\nin /proc/misc\n"
			"DRIVER=sev-guest\nMODALIAS=platform:sev-guest\n1\n",
		tdx[] = "same number DEVNAME=tdx_guest\nin /proc/misc\n"
			"mrconfigid\nmrowner\nmrownerconfig\nmrtd:sha384\nrtmr0:sha384\nrtmr1:sha384\n"
			"rtmr2:sha384\nrtmr3:sha384\n1\n";
	struct outcome o;

	NEEDS_RUN();
	o = RUN("--", "/bin/sh", "-c", script);
	assert_exit(&o, 0);
	assert_string_equal(o.out, sev);
	o = RUN("--tee", "tdx", "--", "/bin/sh", "-c", script);
	assert_exit(&o, 0);
	assert_string_equal(o.out, tdx);
	o = RUN("--host", "--", "/bin/sh", "-c", "cat /sys/class/misc/sev/uevent | tail -n 1; ls /dev/sev*");
	assert_exit(&o, 0);
	assert_string_equal(o.out, "DEVNAME=sev\n/dev/sev\n");
}

static int run_all(const char *name)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_operation_is_answered_as_the_table_says),
		cmocka_unit_test(sysfs_and_proc_have_the_tee_that_is_there_and_no_other),
	};

	return cmocka_run_group_tests_name(name, tests, run_find_out, run_clean_up);
}

int main(int argc, char **argv)
{
	return run_main(argc, argv, run_all);
}
