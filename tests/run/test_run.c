/* SPDX-License-Identifier: MIT */
#include "runner.h"

#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void every_ioctl_answers_as_the_kernel_s_driver_does(void **state)
{
	static const char *const parts[] = {
		"report", "extended", "key", "errors", "processes", "descriptors"
	};

	NEEDS_RUN();
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		FOR_EACH_CLIENT(linked)
		{
			struct outcome o = RUN("--", clients[linked], parts[i]);

			assert_exit(&o, 0);
		}
}

static void evidence_of_a_client(const char *client)
{
	struct outcome o;

	o = RUN("--", "/bin/sh", "-c",
		"\"$0\" evidence $JURAT_ROOTS/e && \"$JURAT\" verify --roots $JURAT_ROOTS $JURAT_ROOTS/e",
		client);
	assert_exit(&o, 0);
	assert_int_equal(strncmp(o.out, "accepted\n", 9), 0);
}

static void clients_attest_linked_dynamically_and_statically(void **state)
{
	NEEDS_RUN();
	evidence_of_a_client(clients[0]);
	evidence_of_a_client(clients[1]);
}

/* Wherever this one runs, every case here that goes through all clients has run it too. */
static void a_client_linked_against_musl_attests(void **state)
{
	NEEDS_RUN();
	if (!clients[MUSL])
		SKIP_BECAUSE("no musl-gcc when this was built");
	evidence_of_a_client(clients[MUSL]);
}

static void a_thousand_requests_of_sixteen_threads_all_get_their_own_answer_and_counter(void **state)
{
	char trace[128];
	struct outcome o;

	NEEDS_RUN();
	TEXT(trace, "%s/threads.txt", dir);
	o = RUN("--trace", trace, "--", clients[0], "threads");
	assert_exit(&o, 0);
	assert_string_equal(o.out, "992\n");
	assert_counters("threads.txt", 992);
}

static void a_flood_of_signals_neither_fails_nor_repeats_a_request(void **state)
{
	char trace[128];

	NEEDS_RUN();
	TEXT(trace, "%s/flood.txt", dir);
	FOR_EACH_CLIENT(linked)
	{
		struct outcome o = RUN("--trace", trace, "--", clients[linked], "flood");

		assert_exit(&o, 0);
		assert_string_equal(o.out, "400\n");
		assert_counters("flood.txt", 400);
	}
}

static void configfs_serves_a_shell(void **state)
{
	struct outcome o;

	NEEDS_RUN();
	o = RUN("--", "/bin/sh", "-c",
		"cd /sys/kernel/config/tsm/report && mkdir a && cat a/provider && head -c 64 /dev/zero "
		">a/inblob && "
		"cat a/generation && cat a/outblob | wc -c && rmdir a && ls | wc -l");
	assert_exit(&o, 0);
	assert_string_equal(o.out, "sev_guest\n1\n1184\n0\n");
}

static void a_td_has_its_device_its_measurements_and_quotes(void **state)
{
	struct outcome o;

	NEEDS_RUN();
	FOR_EACH_CLIENT(linked)
	{
		o = RUN("--tee", "tdx", "--", clients[linked], "tdreport");
		assert_exit(&o, 0);
	}
	o = RUN("--tee", "tdx", "--", "/bin/sh", "-c",
		"cd /sys/kernel/config/tsm/report && mkdir a && cat a/provider && head -c 64 /dev/zero "
		">a/inblob && "
		"cat a/outblob | od -An -tx1 -N 6; rmdir a; test -e /dev/sev-guest || echo alone; "
		"ls $JURAT_ROOTS/collateral | wc -l; head -n 1 $JURAT_ROOTS/intel-root.pem");
	assert_exit(&o, 0);
	assert_string_equal(o.out, "tdx_guest\n 04 00 02 00 81 00\nalone\n7\n-----BEGIN CERTIFICATE-----\n");
}

static void the_ioctl_of_2023_is_there_when_asked_for_and_its_quote_verifies(void **state)
{
	static const char script[] =
		"\"$0\" quote $JURAT_ROOTS/q && "
		"\"$JURAT\" verify --roots $JURAT_ROOTS --collateral $JURAT_ROOTS/collateral $JURAT_ROOTS/q";
	struct outcome o;

	NEEDS_RUN();
	FOR_EACH_CLIENT(linked)
	{
		o = RUN("--tee", "tdx", "--legacy-quote-ioctl", "--", "/bin/sh", "-c", script,
			clients[linked]);
		assert_exit(&o, 0);
		assert_int_equal(strncmp(o.out, "status 0, a quote\naccepted", 26), 0);
	}
	/* That driver is no provider of configfs-tsm: mkdir(2) says ENXIO. */
	o = RUN("--tee", "tdx", "--legacy-quote-ioctl", "--", "/bin/mkdir",
		"/sys/kernel/config/tsm/report/a");
	assert_exit(&o, 1);
	assert_non_null(strstr(o.err, "No such device or address"));
	o = RUN("--tee", "tdx", "--", "/bin/sh", "-c", script, clients[0]);
	assert_exit(&o, 1);
	assert_non_null(strstr(o.err, "(errno 25)")); /* ENOTTY */
}

static void one_tee_is_there_unless_both_are_asked_for(void **state)
{
	static const char script[] =
		"cd /sys/kernel/config/tsm/report && mkdir a && cat a/provider && rmdir a && "
		"for d in sev-guest tdx_guest; do test -e /dev/$d && echo $d; done; :";
	static const struct {
		const char *tee, *seen;
	} cases[] = {
		{ "sev-snp", "sev_guest\nsev-guest\n" },
		{ "tdx", "tdx_guest\ntdx_guest\n" },
		{ "both", "sev_guest\nsev-guest\ntdx_guest\n" },
	};
	struct outcome o;

	NEEDS_RUN();
	o = RUN("--", "/bin/sh", "-c", script);
	assert_exit(&o, 0);
	assert_string_equal(o.out, cases[0].seen);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		o = RUN("--tee", cases[i].tee, "--", "/bin/sh", "-c", script);
		assert_exit(&o, 0);
		assert_string_equal(o.out, cases[i].seen);
	}
}

static void jurat_s_own_verbs_work_in_it_and_the_roots_are_there(void **state)
{
	static const char *const products[] = { "milan", "genoa", "turin" };
	static const char script[] =
		"cd $JURAT_ROOTS/.. && \"$JURAT\" attest --extended --out e.bin >/dev/null && "
		"\"$JURAT\" verify --roots $JURAT_ROOTS e.bin >v && grep -q '^accepted' v && \"$JURAT\" key "
		"| wc -c && "
		"head -n 1 $JURAT_ROOTS/$0/cert_chain.pem";

	NEEDS_RUN();
	for (size_t i = 0; i < ARRAY_SIZE(products); i++) {
		struct outcome o;

		o = RUN("--product", products[i], "--", "/bin/sh", "-c", script, products[i]);
		assert_exit(&o, 0);
		assert_string_equal(o.out, "65\n-----BEGIN CERTIFICATE-----\n");
	}
}

static void exit_status_and_signals_are_passed_on(void **state)
{
	struct outcome o;

	NEEDS_RUN();
	o = RUN("--", "/bin/sh", "-c", "exit 42");
	assert_exit(&o, 42);
	o = RUN("--", "/bin/sh", "-c", "kill -USR1 $$");
	assert_true(WIFSIGNALED(o.status) && WTERMSIG(o.status) == SIGUSR1);
	o = RUN("--", "/bin/sh", "-c", "kill -KILL $$");
	assert_true(WIFSIGNALED(o.status) && WTERMSIG(o.status) == SIGKILL);
	o = RUN("--", "no-such-program-anywhere");
	assert_exit(&o, 127);
	assert_non_null(strstr(o.err, "jurat run: cannot run 'no-such-program-anywhere': No such file"));
	o = RUN("--", "/etc/passwd");
	assert_exit(&o, 126);
}

static pid_t start_sleeper(const char *trap)
{
	char script[256], address[128];
	char *words[MAX_WORDS];
	pid_t pid;

	TEXT(address, "unix:%s/qgs", dir);
	TEXT(script, "%s sleep 1000 & echo $! $$; wait; wait", trap);
	collect(words, (const char *const[]){ "--tee", "tdx", "--qgs", address, "--", "/bin/sh", "-c", script,
					      NULL });
	pid = start(words);
	wait_for_output(pid);
	return pid;
}

static void signals_reach_the_program_and_nothing_is_left_running(void **state)
{
	struct outcome o;
	pid_t pid;
	int sleeper;

	NEEDS_RUN();
	pid = start_sleeper("trap 'exit 7' TERM;");
	assert_int_equal(kill(pid, SIGTERM), 0);
	o = finish(pid);
	assert_exit(&o, 7);
	assert_int_equal(sscanf(o.out, "%d", &sleeper), 1);
	assert_true(gone(sleeper));

	pid = start_sleeper("");
	assert_int_equal(kill(pid, SIGINT), 0);
	o = finish(pid);
	assert_true(WIFSIGNALED(o.status) && WTERMSIG(o.status) == SIGINT);
	assert_int_equal(sscanf(o.out, "%d", &sleeper), 1);
	assert_true(gone(sleeper));
}

static void a_killed_supervisor_leaves_no_process_and_no_file(void **state)
{
	char out[OUTPUT_BYTES], pattern[128];
	int sleeper, shell, status;
	glob_t left;
	pid_t pid;

	NEEDS_RUN();
	pid = start_sleeper("");
	read_back("out", out);
	assert_int_equal(sscanf(out, "%d %d", &sleeper, &shell), 2);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	while (!gone(sleeper) || !gone(shell)) /* the monitor's work; the test's time limit is the bound */
		breathe();
	TEXT(pattern, "%s/jurat-run-*", dir);
	while (glob(pattern, 0, NULL, &left) == 0) {
		globfree(&left);
		breathe();
	}
	TEXT(pattern, "%s/qgs", dir);
	assert_int_equal(access(pattern, F_OK), -1); /* the socket is removed before the directory */
}

static void a_killed_monitor_leaves_no_process_and_no_file(void **state)
{
	int sleeper, shell, monitor = 0;
	char path[64], line[512] = "";
	struct outcome o;
	FILE *f;
	pid_t pid;

	NEEDS_RUN();
	pid = start_sleeper("");
	read_back("out", o.out);
	assert_int_equal(sscanf(o.out, "%d %d", &sleeper, &shell), 2);
	TEXT(path, "/proc/%d/stat", shell);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_non_null(fgets(line, sizeof(line), f));
	fclose(f);
	assert_int_equal(sscanf(strrchr(line, ')'), ") %*c %d", &monitor), 1);
	assert_int_not_equal(monitor, pid);
	assert_int_equal(kill(monitor, SIGKILL), 0);
	o = finish(pid);
	assert_true(WIFSIGNALED(o.status) && WTERMSIG(o.status) == SIGKILL);
	while (!gone(sleeper) || !gone(shell))
		breathe();
}

static void children_that_were_there_before_are_left_alone(void **state)
{
	char *words[] = { (char *)(uintptr_t) "/bin/sh", (char *)(uintptr_t) "-c",
			  (char *)(uintptr_t) "sleep 1000 & echo $!; exec \"$0\" run -- /bin/true",
			  (char *)(uintptr_t)jurat, NULL };
	struct outcome o;
	int sleeper;

	NEEDS_RUN();
	o = finish(start(words));
	assert_exit(&o, 0);
	assert_int_equal(sscanf(o.out, "%d", &sleeper), 1);
	assert_false(gone(sleeper));
	assert_int_equal(kill(sleeper, SIGKILL), 0);
}

static void the_machine_s_own_view_is_untouched(void **state)
{
	struct outcome o;

	NEEDS_RUN();
	o = RUN("--", "/bin/sh", "-c",
		"test -w /dev/null && test -d /dev/pts && test -e /sys/kernel/mm && ls /dev | grep -c "
		"'^sev-guest$'");
	assert_exit(&o, 0);
	assert_string_equal(o.out, "1\n");
	assert_int_equal(access("/dev/sev-guest", F_OK), -1);
	assert_int_equal(access("/sys/kernel/config/tsm", F_OK), -1);
}

static void a_user_keeps_name_and_has_no_privilege(void **state)
{
	/* Root becomes nobody for these tests; anybody else stays who he is. */
	unsigned uid = geteuid() == 0 ? 65534 : geteuid(), gid = geteuid() == 0 ? 65534 : getegid();
	struct outcome o;
	char expected[96];

	NEEDS_RUN();
	if (!unprivileged)
		SKIP_BECAUSE("this is root");
	TEXT(expected, "%u\n%u\nCapEff:\t0000000000000000\nno\n", uid, gid);
	o = RUN("--", "/bin/sh", "-c",
		"id -u; id -g; grep CapEff /proc/self/status; touch /dev/x 2>/dev/null || echo no");
	assert_exit(&o, 0);
	assert_string_equal(o.out, expected);
}

static void a_closed_dev_fuse_is_told_with_what_to_do(void **state)
{
	struct outcome o;

	NEEDS_RUN();
	if (!unprivileged || geteuid() != 0)
		SKIP_BECAUSE("only root can close /dev/fuse for somebody");
	fuse_mode = 0600;
	o = RUN("--", "/bin/true");
	fuse_mode = 0666;
	assert_exit(&o, 3);
	assert_string_equal(o.err, "jurat run: /dev/fuse: permission denied (expected mode 0666, as udev "
				   "creates it; in a container it has "
				   "the mode that it has on the host)\n");
}

/* It lingers after a request, and not for ever: this test's time limit ends one that never sleeps. */
static void the_supervisor_sleeps_when_nobody_asks(void **state)
{
	static const char script[] =
		"\"$0\" once && supervisor=$(sed -n 's/^PPid:\t//p' /proc/$PPID/status) && "
		"until grep -q '^State:.S' /proc/$supervisor/status; do :; done; cat /proc/$supervisor/comm";
	struct outcome o;

	NEEDS_RUN();
	o = RUN("--", "/bin/sh", "-c", script, clients[0]);
	assert_exit(&o, 0);
	assert_string_equal(strrchr(o.out, '=') + 1, "1\njurat-platform\n");
}

static void a_real_device_is_not_hidden_unless_forced(void **state)
{
	struct outcome o;

	NEEDS_RUN();
	if (geteuid() != 0)
		SKIP_BECAUSE("only root can make a device");
	real_device = true;
	o = RUN("--", clients[0], "report");
	assert_exit(&o, 3);
	assert_non_null(strstr(o.err, "this machine has a real '/dev/sev-guest', which would be hidden"));
	o = RUN("--force", "--", clients[0], "report");
	assert_exit(&o, 0);
	real_device = false;
}

static void command_lines_that_cannot_be_are_refused(void **state)
{
	static const struct {
		const char *words[4];
		int status;
		const char *says;
	} bad[] = {
		{ { NULL }, 2, "expected a program" },
		{ { "--fault", "nonsense", "true" }, 2, "unknown fault 'nonsense'" },
		{ { "--trace", "/tmp/x.doc", "true" }, 2, "expected a name ending in" },
		{ { "--trace", "/nonexistent/x.txt", "true" }, 3, "/nonexistent/x.txt" },
		{ { "--firmware", "12", "true" }, 2, "16 hex digits" },
		{ { "--firmware", "0100000000000004", "true" }, 3, "BAD_SVN" }, /* below what is committed */
		{ { "--state", "/nonexistent/dir", "true" }, 3, "/nonexistent/dir" },
		{ { "--tee", "sgx", "true" }, 2, "--tee: expected one of" },
	};

	NEEDS_RUN();
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct outcome o = run_words(bad[i].words);

		if (!WIFEXITED(o.status) || WEXITSTATUS(o.status) != bad[i].status ||
		    (bad[i].says && !strstr(o.err, bad[i].says)))
			FAIL_BECAUSE("row %zu: status %#x: %s", i, o.status, o.err);
	}
}

static void keep_temporary_files_far_down(void)
{
	static char path[PATH_MAX];

	memset(path, '/', sizeof(path) - 1);
	setenv("TMPDIR", path, 1);
}

/* Names are put behind it, and none may be cut. */
static void a_directory_for_temporary_files_with_too_long_a_name_is_refused(void **state)
{
	struct outcome o;

	NEEDS_RUN();
	before_exec = keep_temporary_files_far_down;
	o = RUN("--", "/bin/true");
	before_exec = NULL;
	assert_exit(&o, 3);
	assert_string_equal(o.err, "jurat run: $TMPDIR is longer than 3840 characters\n");
}

static void runs_nest(void **state)
{
	struct outcome o;

	NEEDS_RUN();
	o = RUN("--", jurat, "run", "--seed", "inner/1", "--", clients[0], "report");
	assert_exit(&o, 0);
}

/* What a program sees of the release: sev_checks_key_first and tdx_ignores_status of sim_linux. */
static void the_release_of_linux_is_the_one_asked_for(void **state)
{
	static const struct {
		const char *release, *tee, *fault, *script;
		int status;
	} cases[] = {
		{ "6.12", "sev-snp", "vmpck-wipe", "\"$0\" wiped", 0 },
		{ "7.3", "sev-snp", "vmpck-wipe", "\"$0\" wiped", 1 },
		{ "6.12", "tdx", "tdx-status:5",
		  "mkdir $T/a && head -c 64 /dev/zero >$T/a/inblob && cat $T/a/outblob", 0 },
		{ "7.3", "tdx", "tdx-status:5",
		  "mkdir $T/a && head -c 64 /dev/zero >$T/a/inblob && cat $T/a/outblob", 1 },
		{ "7.0", "tdx", "tdx-hang", "true", 2 },
	};

	NEEDS_RUN();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char script[256];
		struct outcome o;

		TEXT(script, "T=/sys/kernel/config/tsm/report; %s", cases[i].script);
		o = RUN("--linux", cases[i].release, "--tee", cases[i].tee, "--fault", cases[i].fault, "--",
			"/bin/sh", "-c", script, clients[0]);
		if (!WIFEXITED(o.status) || WEXITSTATUS(o.status) != cases[i].status)
			FAIL_BECAUSE("%s, %s: status %#x\n%s%s", cases[i].release, cases[i].tee, o.status,
				     o.out, o.err);
	}
}

static void a_host_tool_finds_dev_sev(void **state)
{
	struct outcome o;

	NEEDS_RUN();
	o = RUN("--host", "--", clients[0], "host");
	assert_exit(&o, 0);
	o = RUN("--host", "--", "/bin/sh", "-c", "exec \"$0\" vlek $JURAT_ROOTS/host/vlek_hashstick.bin",
		clients[0]);
	assert_exit(&o, 0);
}

/* --roots with the directory, --certs and --collateral with those below it. */
static void each_directory_of_roots_is_read_without_a_warning(void **state)
{
	/* A host has no guest's device: the evidence is that of a guest of the same platform. */
	static const char script[] =
		"cd $JURAT_ROOTS/.. && "
		"\"$JURAT\" run --product \"$0\" -- \"$JURAT\" attest --extended --out e >/dev/null && "
		"\"$JURAT\" verify --roots \"$JURAT_ROOTS\" --certs \"$JURAT_ROOTS/$0\" e >v && head -n 1 v";
	static const char quote[] = "cd $JURAT_ROOTS/.. && \"$JURAT\" attest --out q >/dev/null && "
				    "\"$JURAT\" verify --roots \"$JURAT_ROOTS\" --collateral "
				    "\"$JURAT_ROOTS/collateral\" q >v && head -n 1 v";
	static const char *const products[] = { "milan", "genoa", "turin" };
	struct outcome o;

	NEEDS_RUN();
	for (size_t i = 0; i < ARRAY_SIZE(products); i++) {
		o = RUN("--host", "--product", products[i], "--", "/bin/sh", "-c", script, products[i]);
		assert_exit(&o, 0);
		assert_string_equal(o.out, "accepted\n");
		assert_string_equal(o.err, "");
	}
	o = RUN("--tee", "tdx", "--", "/bin/sh", "-c", quote);
	assert_exit(&o, 0);
	assert_string_equal(o.out, "accepted\n");
	assert_string_equal(o.err, "");
}

static void the_crls_of_the_roots_meet_a_policy_that_requires_them(void **state)
{
	static const char script[] =
		"cd $JURAT_ROOTS/.. && echo '{\"require_crl\": true}' >p && "
		"\"$JURAT\" attest --extended --out e >/dev/null && "
		"\"$JURAT\" verify --roots \"$JURAT_ROOTS\" --policy p e | sed -n 2p && "
		"\"$JURAT\" verify --roots \"$JURAT_ROOTS\" --crl \"$JURAT_ROOTS/$0/crl.der\" --policy p e "
		">v && "
		"\"$JURAT\" verify --roots \"$JURAT_ROOTS\" --crl \"$JURAT_ROOTS/$0\" --policy p e >w && "
		"head -qn 1 v w";
	static const char *const products[] = { "milan", "turin" };
	struct outcome o;

	NEEDS_RUN();
	for (size_t i = 0; i < ARRAY_SIZE(products); i++) {
		o = RUN("--product", products[i], "--", "/bin/sh", "-c", script, products[i]);
		assert_exit(&o, 0);
		assert_memory_equal(o.out, "  crl-missing: ", 15);
		assert_string_equal(strchr(o.out, '\n'), "\naccepted\naccepted\n");
	}
}

static void a_host_commits_and_the_guest_s_next_report_has_the_new_tcb_and_its_certificate(void **state)
{
	/* One guest that lives through the change: $0 is the client, $1 the platform. */
	static const char script[] =
		"\"$0\" tcb && "
		"\"$JURAT\" run --state \"$1\" --firmware db18000000000005 --host -- \"$0\" commit && \"$0\" "
		"tcb && "
		"cd $JURAT_ROOTS/.. && \"$JURAT\" attest --extended --out e.bin >/dev/null && "
		"\"$JURAT\" verify --roots $JURAT_ROOTS e.bin | grep -c '^accepted'";
	char platform[128];
	struct outcome o;

	NEEDS_RUN();
	TEXT(platform, "%s/platform-%d", dir, unprivileged);
	o = RUN("--state", platform, "--", clients[0], "tcb");
	assert_exit(&o, 0);
	assert_string_equal(o.out, "db18000000000004\n");
	o = RUN("--state", platform, "--", "/bin/sh", "-c", script, clients[0], platform);
	assert_exit(&o, 0);
	assert_string_equal(o.out, "db18000000000004\ndb18000000000005\ndb18000000000005\n1\n");
	o = RUN("--state", platform, "--", clients[0], "tcb");
	assert_string_equal(o.out, "db18000000000005\n");
	o = RUN("--state", platform, "--product", "turin", "--", clients[0], "tcb");
	assert_exit(&o, 2);
}

static void a_platform_without_certificates_says_so(void **state)
{
	struct outcome o;

	NEEDS_RUN();
	o = RUN("--no-certs", "--", clients[0], "once");
	assert_exit(&o, 0);
	assert_string_equal(o.out, "ok exitinfo2=1234 certs_len=16384 first=0\n");
}

static int run_group(const char *name)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_ioctl_answers_as_the_kernel_s_driver_does),
		cmocka_unit_test(clients_attest_linked_dynamically_and_statically),
		cmocka_unit_test(a_client_linked_against_musl_attests),
		cmocka_unit_test(a_thousand_requests_of_sixteen_threads_all_get_their_own_answer_and_counter),
		cmocka_unit_test(a_flood_of_signals_neither_fails_nor_repeats_a_request),
		cmocka_unit_test(configfs_serves_a_shell),
		cmocka_unit_test(a_td_has_its_device_its_measurements_and_quotes),
		cmocka_unit_test(the_ioctl_of_2023_is_there_when_asked_for_and_its_quote_verifies),
		cmocka_unit_test(one_tee_is_there_unless_both_are_asked_for),
		cmocka_unit_test(jurat_s_own_verbs_work_in_it_and_the_roots_are_there),
		cmocka_unit_test(exit_status_and_signals_are_passed_on),
		cmocka_unit_test(signals_reach_the_program_and_nothing_is_left_running),
		cmocka_unit_test(a_killed_supervisor_leaves_no_process_and_no_file),
		cmocka_unit_test(a_killed_monitor_leaves_no_process_and_no_file),
		cmocka_unit_test(children_that_were_there_before_are_left_alone),
		cmocka_unit_test(the_machine_s_own_view_is_untouched),
		cmocka_unit_test(a_user_keeps_name_and_has_no_privilege),
		cmocka_unit_test(a_closed_dev_fuse_is_told_with_what_to_do),
		cmocka_unit_test(the_supervisor_sleeps_when_nobody_asks),
		cmocka_unit_test(a_real_device_is_not_hidden_unless_forced),
		cmocka_unit_test(command_lines_that_cannot_be_are_refused),
		cmocka_unit_test(a_directory_for_temporary_files_with_too_long_a_name_is_refused),
		cmocka_unit_test(runs_nest),
		cmocka_unit_test(a_host_tool_finds_dev_sev),
		cmocka_unit_test(each_directory_of_roots_is_read_without_a_warning),
		cmocka_unit_test(the_crls_of_the_roots_meet_a_policy_that_requires_them),
		cmocka_unit_test(the_release_of_linux_is_the_one_asked_for),
		cmocka_unit_test(
			a_host_commits_and_the_guest_s_next_report_has_the_new_tcb_and_its_certificate),
		cmocka_unit_test(a_platform_without_certificates_says_so),
	};

	return cmocka_run_group_tests_name(name, tests, run_find_out, run_clean_up);
}

int main(int argc, char **argv)
{
	return run_main(argc, argv, run_group);
}
