/* SPDX-License-Identifier: MIT */
#include "runner.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static bool has_notification;

static int find_out(void **state)
{
	has_notification = has_seccomp_notification();
	return run_find_out(state);
}

#define NEEDS_VSOCK()                                                                                        \
	do {                                                                                                 \
		NEEDS_RUN();                                                                                 \
		if (!has_notification)                                                                       \
			SKIP_BECAUSE("there is no seccomp user notification here");                          \
	} while (0)
#define RUN_VSOCK(...) RUN("--tee", "tdx", "--qgs", "vsock:4050", __VA_ARGS__)

static void the_quoting_service_answers_on_a_socket_of_the_run(void **state)
{
	static const char script[] = "\"$0\" path $TMPDIR/qgs $JURAT_ROOTS/../q && stat -c %a $TMPDIR/qgs && "
				     "\"$JURAT\" verify --roots $JURAT_ROOTS --collateral "
				     "$JURAT_ROOTS/collateral $JURAT_ROOTS/../q";
	char address[128];
	struct outcome o;

	NEEDS_RUN();
	TEXT(address, "unix:%s/qgs", dir);
	FOR_EACH_CLIENT(linked)
	{
		o = RUN("--tee", "tdx", "--qgs", address, "--", "/bin/sh", "-c", script, clients[linked]);
		assert_exit(&o, 0);
		assert_int_equal(strncmp(o.out, "one answer\n600\naccepted", 23), 0);
		assert_int_equal(access(address + 5, F_OK), -1);
	}
	o = RUN("--tee", "tdx", "--qgs", address, "--fault", "qgs-half-close", "--", "/bin/sh", "-c", script,
		clients[0]);
	assert_int_equal(strncmp(o.out, "no whole answer\n", 16), 0);
	o = RUN("--tee", "tdx", "--qgs", address, "--fault", "qgs-down", "--", "/bin/sh", "-c", script,
		clients[0]);
	assert_int_equal(strncmp(o.out, "ECONNREFUSED\n", 13), 0);
	assert_int_equal(access(address + 5, F_OK), -1);
}

static void an_address_that_cannot_be_served_is_refused(void **state)
{
	static const struct {
		const char *address;
		int status;
	} bad[] = {
		{ "", 2 },
		{ "unix:", 2 },
		{ "vsock:", 2 },
		{ "vsock:0", 2 },
		{ "vsock:04050", 2 },
		{ "vsock:-1", 2 },
		{ "vsock: 1", 2 },
		{ "vsock:4050x", 2 },
		{ "vsock:65536", 2 },
		{ "vsock:4294971346", 2 }, /* 4050, in 32 bits */
		{ "vsock:99999999999999999999", 2 },
		{ "VSOCK:4050", 2 },
		{ "tcp:4050", 2 },
		{ "unix:/nowhere/qgs", 3 },
		{ "unix:/etc/passwd", 3 },
	};
	struct outcome o;

	NEEDS_RUN();
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		o = RUN("--tee", "tdx", "--qgs", bad[i].address, "--", "/bin/echo", "ran");
		assert_exit(&o, bad[i].status);
		assert_string_equal(o.out, "");
		assert_true(o.err[0] != '\0');
	}
	assert_int_equal(access("/etc/passwd", F_OK), 0);
	o = RUN("--tee", "sev-snp", "--qgs", "unix:/tmp/none", "--", "/bin/echo", "ran");
	assert_exit(&o, 2);
	o = RUN("--host", "--qgs", "vsock:4050", "--", "/bin/echo", "ran");
	assert_exit(&o, 2);
}

static void the_quoting_service_answers_on_a_port_of_the_host(void **state)
{
	static const char *const ports[] = { "vsock:1", "vsock:4050", "vsock:65535" };
	static const char script[] = "\"$0\" vsock $JURAT_ROOTS/../q && "
				     "\"$JURAT\" verify --roots $JURAT_ROOTS --collateral "
				     "$JURAT_ROOTS/collateral $JURAT_ROOTS/../q";
	struct outcome o;

	NEEDS_VSOCK();
	FOR_EACH_CLIENT(linked)
	for (size_t i = 0; i < ARRAY_SIZE(ports); i++) {
		o = RUN("--tee", "tdx", "--qgs", ports[i], "--", "/bin/sh", "-c", script, clients[linked]);
		assert_exit(&o, 0);
		assert_int_equal(strncmp(o.out, "one answer\naccepted", 19), 0);
		assert_string_equal(o.err, "");
	}
}

static void other_vsock_calls_fail_as_linux_has_it_and_other_sockets_are_the_kernel_s(void **state)
{
	static const char *const parts[] = { "refusals", "others", "names", "descriptors" };

	NEEDS_VSOCK();
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		FOR_EACH_CLIENT(linked)
		{
			struct outcome o = RUN_VSOCK("--", clients[linked], parts[i]);

			assert_exit(&o, 0);
		}
}

static void threads_under_a_flood_of_signals_all_get_their_own_quote(void **state)
{
	struct outcome o;

	NEEDS_VSOCK();
	FOR_EACH_CLIENT(linked)
	{
		o = RUN_VSOCK("--", clients[linked], "flood");
		assert_exit(&o, 0);
		assert_string_equal(o.out, "192\n");
		o = RUN_VSOCK("--", clients[linked], "flood", "without SA_RESTART");
		assert_exit(&o, 0);
		assert_string_equal(o.out, "192\n");
	}
}

static void a_program_that_dies_in_a_call_harms_nobody(void **state)
{
	struct outcome o;

	NEEDS_VSOCK();
	o = RUN_VSOCK("--", "/bin/sh", "-c", "\"$0\" deaths && \"$0\" vsock $JURAT_ROOTS/../q", clients[0]);
	assert_exit(&o, 0);
	assert_string_equal(o.out, "one answer\n");
}

static void faults_of_the_service_reach_vsock(void **state)
{
	struct outcome o;

	NEEDS_VSOCK();
	o = RUN_VSOCK("--fault", "qgs-down", "--", "/bin/sh", "-c", "exec \"$0\" vsock $JURAT_ROOTS/../q",
		      clients[0]);
	assert_exit(&o, 0);
	assert_string_equal(o.out, "ECONNRESET\n");
	o = RUN_VSOCK("--fault", "qgs-half-close", "--", "/bin/sh", "-c",
		      "exec \"$0\" vsock $JURAT_ROOTS/../q", clients[0]);
	assert_exit(&o, 0);
	assert_string_equal(o.out, "no whole answer\n");
}

static void the_port_is_in_the_program_s_etc_and_nowhere_else(void **state)
{
	struct outcome o;

	NEEDS_VSOCK();
	if (access("/etc/tdx-attest.conf", F_OK) == 0)
		SKIP_BECAUSE("this machine has an /etc/tdx-attest.conf");
	o = RUN_VSOCK("--", "/bin/sh", "-c",
		      "cat /etc/tdx-attest.conf && stat -c '%a %s' /etc/tdx-attest.conf && "
		      "tail -c 5 /etc/tdx-attest.conf && "
		      "test -r /etc/passwd && ls /etc | grep -c '^tdx-attest.conf$'");
	assert_exit(&o, 0);
	assert_string_equal(o.out, "port=4050\n444 10\n4050\n1\n");
	assert_int_equal(access("/etc/tdx-attest.conf", F_OK), -1);
	o = RUN("--tee", "tdx", "--", "/bin/sh", "-c", "test -e /etc/tdx-attest.conf || echo none");
	assert_string_equal(o.out, "none\n");
	o = RUN_VSOCK("--", "/bin/sh", "-c", "touch /etc/jurat-test 2>/dev/null && echo made");
	assert_string_equal(o.out, unprivileged ? "" : "made\n");
	assert_int_equal(access("/etc/jurat-test", F_OK), -1);
}

static void a_real_machine_s_port_is_not_seen(void **state)
{
	struct outcome o;

	NEEDS_VSOCK();
	/* The outer run's program is a machine with a file that says where its service is. */
	o = RUN_VSOCK("--", jurat, "run", "--tee", "tdx", "--", "/bin/sh", "-c",
		      "wc -c </etc/tdx-attest.conf");
	assert_exit(&o, 0);
	assert_string_equal(o.out, "0\n");
	o = RUN_VSOCK("--", jurat, "run", "--tee", "sev-snp", "--", "cat", "/etc/tdx-attest.conf");
	assert_exit(&o, 0);
	assert_string_equal(o.out, "port=4050\n"); /* no guest of TDX: nothing of its is covered */
}

static void a_run_within_a_run_is_told_why_it_cannot_intercept(void **state)
{
	struct outcome o;

	NEEDS_VSOCK();
	o = RUN_VSOCK("--", jurat, "run", "--tee", "tdx", "--qgs", "vsock:4051", "--", "/bin/echo", "ran");
	assert_exit(&o, 3);
	assert_string_equal(o.out, "");
	assert_non_null(
		strstr(o.err, "jurat run: --qgs vsock: another process (a jurat run with such an option"));
	o = RUN("--", jurat, "run", "--tee", "tdx", "--qgs", "vsock:4050", "--", "/bin/sh", "-c",
		"exec \"$0\" vsock $JURAT_ROOTS/../q", clients[0]);
	assert_exit(&o, 0);
	assert_string_equal(o.out, "one answer\n");
}

/* Before 5.14 the flag that gives descriptor and answer as one is not known; before 5.9 the call neither. */
static void forbid_descriptors(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)SECCOMP_IOCTL_NOTIF_ADDFD, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = ARRAY_SIZE(filter), .filter = filter };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

/* Before 5.19 a call that was taken up is given up for a signal. */
static void forbid_patience(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = ARRAY_SIZE(filter), .filter = filter };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static void older_kernels_that_give_calls_up_do_as_well(void **state)
{
	struct outcome o;

	NEEDS_VSOCK();
	before_exec = forbid_patience;
	o = RUN_VSOCK("--", clients[0], "flood");
	assert_exit(&o, 0);
	assert_string_equal(o.out, "192\n");
	o = RUN_VSOCK("--", clients[0], "flood", "without SA_RESTART");
	assert_exit(&o, 0);
	assert_string_equal(o.out, "192\n");
	before_exec = NULL;
}

static void a_machine_that_has_no_interception_says_what_to_do(void **state)
{
	struct outcome o;

	NEEDS_VSOCK();
	before_exec = forbid_seccomp;
	o = RUN_VSOCK("--", "/bin/echo", "ran");
	assert_exit(&o, 3);
	assert_string_equal(o.out, "");
	assert_non_null(strstr(o.err, "--qgs vsock: seccomp user notification is not available"));
	before_exec = forbid_descriptors;
	o = RUN_VSOCK("--", "/bin/echo", "ran");
	assert_exit(&o, 3);
	assert_string_equal(o.out, "");
	assert_non_null(strstr(o.err, "--qgs vsock: expected Linux 5.14 or later"));
	o = RUN("--tee", "tdx", "--", "/bin/echo", "ran"); /* and without it all is well */
	assert_exit(&o, 0);
	before_exec = NULL;
}

static void jurat_s_own_verb_asks_it_too(void **state)
{
	static const char script[] =
		"cd $JURAT_ROOTS && \"$JURAT\" attest --tee tdx --via ioctl --out q >/dev/null && "
		"\"$JURAT\" verify --roots . --collateral collateral q | head -n 1";
	struct outcome o;

	NEEDS_VSOCK();
	o = RUN_VSOCK("--", "/bin/sh", "-c", script);
	assert_exit(&o, 0);
	assert_int_equal(strncmp(o.out, "accepted", 8), 0);
}

static void nothing_of_the_program_s_privileges_changes(void **state)
{
	struct outcome with, without;

	NEEDS_VSOCK();
	with = RUN_VSOCK("--", "/bin/grep", "-E", "^(NoNewPrivs|Cap|Uid|Gid)", "/proc/self/status");
	without = RUN("--tee", "tdx", "--", "/bin/grep", "-E", "^(NoNewPrivs|Cap|Uid|Gid)",
		      "/proc/self/status");
	assert_exit(&with, 0);
	assert_string_equal(with.out, without.out);
	without = RUN("--tee", "tdx", "--", "/bin/grep", "Seccomp:", "/proc/self/status");
	with = RUN_VSOCK("--", "/bin/grep", "Seccomp:", "/proc/self/status");
	if (strcmp(without.out, "Seccomp:\t0\n") == 0)
		assert_string_equal(with.out, "Seccomp:\t2\n");
	with = RUN_VSOCK("--", "/bin/sh", "-c", "ls /proc/self/fd | wc -l");
	without = RUN("--tee", "tdx", "--", "/bin/sh", "-c", "ls /proc/self/fd | wc -l");
	assert_string_equal(with.out, without.out);
}

static void a_trace_has_the_way_of_a_connection(void **state)
{
	char path[128], text[OUTPUT_BYTES];
	struct outcome o;

	NEEDS_VSOCK();
	TEXT(path, "%s/trace%d.txt", dir, unprivileged);
	o = RUN_VSOCK("--trace", path, "--", "/bin/sh", "-c", "exec \"$0\" vsock $JURAT_ROOTS/../q",
		      clients[0]);
	assert_exit(&o, 0);
	read_back(strrchr(path, '/') + 1, text);
	assert_non_null(strstr(text, "socket(AF_VSOCK, 0x1): made"));
	assert_non_null(strstr(text, "connect(vsock 2:4050): connected"));
}

/* The host's VMM has no quotes, and its quoting service can be asked: only --via configfs fails. */
static void attest_asks_the_service_when_configfs_ends_in_an_error(void **state)
{
	static const char script[] = "cd $JURAT_ROOTS && \"$JURAT\" attest --out q >/dev/null && "
				     "\"$JURAT\" verify --roots . --collateral collateral q | head -n 1; "
				     "\"$JURAT\" attest --via configfs --out r >/dev/null 2>&1; echo $?";
	struct outcome o;

	NEEDS_RUN();
	o = RUN_VSOCK("--fault", "tdx-status:0x8000000000000001", "--", "/bin/sh", "-c", script);
	assert_exit(&o, 0);
	assert_string_equal(o.out, "accepted\n3\n");
}

static int run_group(const char *name)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attest_asks_the_service_when_configfs_ends_in_an_error),
		cmocka_unit_test(the_quoting_service_answers_on_a_socket_of_the_run),
		cmocka_unit_test(an_address_that_cannot_be_served_is_refused),
		cmocka_unit_test(the_quoting_service_answers_on_a_port_of_the_host),
		cmocka_unit_test(other_vsock_calls_fail_as_linux_has_it_and_other_sockets_are_the_kernel_s),
		cmocka_unit_test(threads_under_a_flood_of_signals_all_get_their_own_quote),
		cmocka_unit_test(a_program_that_dies_in_a_call_harms_nobody),
		cmocka_unit_test(faults_of_the_service_reach_vsock),
		cmocka_unit_test(the_port_is_in_the_program_s_etc_and_nowhere_else),
		cmocka_unit_test(a_real_machine_s_port_is_not_seen),
		cmocka_unit_test(a_run_within_a_run_is_told_why_it_cannot_intercept),
		cmocka_unit_test(older_kernels_that_give_calls_up_do_as_well),
		cmocka_unit_test(a_machine_that_has_no_interception_says_what_to_do),
		cmocka_unit_test(jurat_s_own_verb_asks_it_too),
		cmocka_unit_test(nothing_of_the_program_s_privileges_changes),
		cmocka_unit_test(a_trace_has_the_way_of_a_connection),
	};

	return cmocka_run_group_tests_name(name, tests, find_out, run_clean_up);
}

int main(int argc, char **argv)
{
	return run_main(argc, argv, run_group);
}
