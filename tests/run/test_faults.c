/* SPDX-License-Identifier: MIT */
#include "runner.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run/fault.h"

/* Every fault of the table reaches a program. What a plain client sees of it, request by request. */
static const struct {
	const char *spec;
	const char *first,
		*second; /* two extended requests, each in a process of its own, with 4 pages of room */
} seen[] = {
#define GOOD "ok exitinfo2=1234 certs_len=16384 first=1\n"
#define GONE "ENOTTY exitinfo2=1234 certs_len=16384 first=0\n"
#define LEN  "EIO exitinfo2=100000000 certs_len=20480 first=0\n"
	{ "busy:1", GOOD, GOOD },
	{ "busy:31", GOOD, GOOD }, /* sixty seconds, not more */
	{ "busy:32", "ETIMEDOUT exitinfo2=200000000 certs_len=16384 first=0\n", GONE },
	{ "invalid-len", LEN, GOOD },
	{ "invalid-len:2", LEN, LEN },
	{ "fw-error:0x16", "EIO exitinfo2=16 certs_len=16384 first=0\n", GONE },
	{ "fw-error:39@2", GOOD, "EIO exitinfo2=27 certs_len=16384 first=0\n" },
	{ "vmpck-wipe", GONE, GONE },
	{ "certs:truncated", GOOD, GOOD }, /* the driver does not look at them */
	{ "certs:oversized", LEN, LEN },
	{ "certs:none", "ok exitinfo2=1234 certs_len=16384 first=0\n",
	  "ok exitinfo2=1234 certs_len=16384 first=0\n" },
	{ "certs:stale", GOOD, GOOD },
	{ "tcb-flip@2", GOOD, GOOD },
	{ "configfs-ebusy:1", GOOD, GOOD },
	{ "qgs-down", GOOD, GOOD }, /* these are of TDX: see below */
	{ "qgs-half-close", GOOD, GOOD },
	{ "tdx-status:1", GOOD, GOOD },
	{ "tdx-hang", GOOD, GOOD },
	{ "tdx-empty", GOOD, GOOD },
	{ "tdx-oversized", GOOD, GOOD },
};

static void a_plain_client_sees_each_fault(void **state)
{
	NEEDS_RUN();
	for (size_t i = 0; i < ARRAY_SIZE(seen); i++) {
		char expected[256];
		struct outcome o;

		o = RUN("--fault", seen[i].spec, "--", "/bin/sh", "-c", "\"$0\" once && \"$0\" once",
			clients[0]);
		assert_exit(&o, 0);
		TEXT(expected, "%s%s", seen[i].first, seen[i].second);
		if (strcmp(o.out, expected) != 0)
			FAIL_BECAUSE("%s: %s", seen[i].spec, o.out);
	}
}

/* Attests, verifies, and prints the first line of the verdict or of what went wrong. */
static struct outcome attest_and_verify(const char *fault, const char *how)
{
	static const char script[] =
		"cd $JURAT_ROOTS/.. && \"$JURAT\" attest $0 --extended --out e.bin >/dev/null || exit 40; "
		"\"$JURAT\" verify --roots $JURAT_ROOTS e.bin";

	return RUN("--fault", fault, "--", "/bin/sh", "-c", script, how);
}

static void jurat_attest_rides_out_what_can_be_ridden_out_and_fails_on_the_rest(void **state)
{
	static const struct {
		const char *fault, *how;
		int status; /* of verify, or 40: attest failed */
		const char *says;
	} cases[] = {
		{ "busy:3", "--via ioctl", 0, "accepted" },
		{ "busy:3", "--via configfs", 0, "accepted" },
		{ "invalid-len", "--via ioctl", 40, "" }, /* it offers all that the driver takes */
		{ "fw-error:0x16", "--via ioctl", 40, "" },
		{ "vmpck-wipe", "--via ioctl", 40, "" },
		{ "vmpck-wipe", "--via configfs", 40, "" },
		{ "certs:oversized", "--via configfs", 40, "" },
		{ "certs:truncated", "--via ioctl", 1, "refused" },
		{ "certs:none", "--via ioctl", 1, "refused" },
		{ "certs:stale", "--via ioctl", 1, "refused" },
		{ "tcb-flip@1", "--via configfs", 0, "accepted" },
		{ "tcb-flip@1", "--via ioctl", 0, "accepted" },
		{ "configfs-ebusy:1", "--via configfs", 0, "accepted" },
	};

	NEEDS_RUN();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct outcome o = attest_and_verify(cases[i].fault, cases[i].how);

		if (!WIFEXITED(o.status) || WEXITSTATUS(o.status) != cases[i].status ||
		    strncmp(o.out, cases[i].says, strlen(cases[i].says)) != 0)
			FAIL_BECAUSE("%s %s: status %#x\n%s%s", cases[i].fault, cases[i].how, o.status, o.out,
				     o.err);
	}
}

static void a_text_attribute_is_busy_as_often_as_asked(void **state)
{
	struct outcome o;

	NEEDS_RUN();
	o = RUN("--fault", "configfs-ebusy:2", "--", "/bin/sh", "-c",
		"cd /sys/kernel/config/tsm/report && mkdir a && for i in 1 2 3; do "
		"echo 1 2>&1 >a/privlevel && echo stored; done; cat a/generation; rmdir a");
	assert_exit(&o, 0);
	assert_non_null(strstr(o.out, "stored\n1\n"));
	assert_null(strstr(strstr(o.out, "stored") + 1, "stored"));
}

/* Two quotes, in one entry, by a shell: what each cat(1) of outblob says and how many bytes it has. */
static void a_td_sees_each_fault_of_quotes(void **state)
{
#define BAD  "cat: a/outblob: Input/output error\n"
#define BUSY "cat: a/outblob: Device or resource busy\n"
#define BIG  "cat: a/outblob: File too large\n"
	static const struct {
		const char *spec, *says;
	} cases[] = {
		{ "qgs-down", BAD "0\n" BAD "0\n" },
		{ "qgs-half-close", BAD "0\n" BAD "0\n" },
		{ "tdx-status:0x8000000000000000", BAD "0\n" BAD "0\n" },
		{ "tdx-status:0x8000000000000001", BAD "0\n" BAD "0\n" },
		{ "tdx-status:5", BAD "0\n" BAD "0\n" },
		{ "tdx-hang", BAD "0\n" BUSY "0\n" },     /* K3, then K4 */
		{ "tdx-empty", "0\n0\n" },                /* and no error */
		{ "tdx-oversized", BIG "0\n" BIG "0\n" }, /* K1 */
	};

	NEEDS_RUN();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct outcome o = RUN("--tee", "tdx", "--fault", cases[i].spec, "--", "/bin/sh", "-c",
				       "cd /sys/kernel/config/tsm/report && mkdir a && for i in 1 2; do "
				       "head -c 64 /dev/zero >a/inblob; cat a/outblob 2>&1 >$JURAT_ROOTS/q; "
				       "echo $(($(wc -c <$JURAT_ROOTS/q))); done; rmdir a");

		assert_exit(&o, 0);
		if (strcmp(o.out, cases[i].says) != 0)
			FAIL_BECAUSE("%s: %s", cases[i].spec, o.out);
	}
}

/* jurat attest in a TD: no fault of the host's ends in evidence. */
static void jurat_attest_takes_no_quote_from_a_host_at_fault(void **state)
{
	static const char *const specs[] = { "qgs-down", "qgs-half-close", "tdx-status:5",
					     "tdx-hang", "tdx-empty",      "tdx-oversized" };
	static const char script[] =
		"cd $JURAT_ROOTS/.. && \"$JURAT\" attest --via configfs --out e.bin; r=$?; "
		"test -e e.bin || exit $r";

	NEEDS_RUN();
	for (size_t i = 0; i < ARRAY_SIZE(specs); i++) {
		struct outcome o = RUN("--tee", "tdx", "--fault", specs[i], "--", "/bin/sh", "-c", script);

		if (!WIFEXITED(o.status) || WEXITSTATUS(o.status) == 0 || o.err[0] == '\0')
			FAIL_BECAUSE("%s: status %#x\n%s%s", specs[i], o.status, o.out, o.err);
	}
}

static void the_ioctl_of_2023_leaves_the_status_to_the_program(void **state)
{
	static const struct {
		const char *spec, *says;
	} cases[] = {
		{ "tdx-status:5", "status 5, nothing\n" },
		{ "tdx-empty", "status 0, nothing\n" },
		{ "tdx-oversized", "status 0, too much\n" },
		{ "qgs-down", "status 8000000000000001, nothing\n" },
		{ "qgs-half-close", "status 8000000000000000, nothing\n" },
	};
	struct outcome o;

	NEEDS_RUN();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		o = RUN("--tee", "tdx", "--legacy-quote-ioctl", "--fault", cases[i].spec, "--", clients[0],
			"quote", "/dev/null");
		assert_exit(&o, 0);
		if (strcmp(o.out, cases[i].says) != 0)
			FAIL_BECAUSE("%s: %s", cases[i].spec, o.out);
	}
	o = RUN("--tee", "tdx", "--legacy-quote-ioctl", "--fault", "tdx-hang", "--", clients[0], "quote",
		"/dev/null");
	assert_exit(&o, 2);
	assert_non_null(strstr(o.err, "waits without limit"));
}

static void the_tcb_flips_once_and_for_good(void **state)
{
	struct outcome o;

	NEEDS_RUN();
	o = RUN("--fault", "tcb-flip@2", "--", "/bin/sh", "-c", "\"$0\" tcb; \"$0\" tcb; \"$0\" tcb",
		clients[0]);
	assert_string_equal(o.out, "db18000000000004\ndb19000000000004\ndb19000000000004\n");
}

static void a_trace_tells_every_step_in_three_formats(void **state)
{
	static const struct {
		const char *name, *begins, *holds;
	} files[] = {
		{ "t.mmd", "sequenceDiagram\n", "    firmware-->>-KVM: SUCCESS, sequence 2\n" },
		{ "t.json", "[\n{\"name\": ", "\"ph\": \"X\"" },
		{ "t.txt", "", "KVM > firmware: SNP_GUEST_REQUEST sequence 1 -> SUCCESS, sequence 2\n" },
	};

	NEEDS_RUN();
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		char path[128], text[OUTPUT_BYTES];
		struct outcome o;

		TEXT(path, "%s/%s", dir, files[i].name);
		o = RUN("--trace", path, "--", clients[0], "key");
		assert_exit(&o, 0);
		read_back(files[i].name, text);
		assert_int_equal(strncmp(text, files[i].begins, strlen(files[i].begins)), 0);
		assert_non_null(strstr(text, files[i].holds));
	}
}

static unsigned occurrences(const char *text, const char *of)
{
	unsigned n = 0;

	while ((text = strstr(text, of)) != NULL) {
		text++;
		n++;
	}
	return n;
}

static void a_message_that_is_resent_keeps_its_counter_and_a_trace_shows_it(void **state) /* B1, B2 */
{
	char path[128], text[OUTPUT_BYTES];
	struct outcome o;

	NEEDS_RUN();
	TEXT(path, "%s/again.txt", dir);
	o = RUN("--fault", "busy:3", "--trace", path, "--", clients[0], "once");
	assert_exit(&o, 0);
	assert_counters("again.txt", 1);
	read_back("again.txt", text);
	assert_int_equal(occurrences(text, "seals the message in private memory, sequence 1, then"), 1);
	assert_int_equal(occurrences(text, "resends the identical page, sequence 1 (2 times)\n"),
			 1); /* BUSY */
	assert_int_equal(occurrences(text, "resends the identical page, sequence 1\n"), 1);
	/* After INVALID_LEN the same page goes as a plain request; the next message has the next counter. */
	o = RUN("--fault", "invalid-len", "--trace", path, "--", "/bin/sh", "-c", "\"$0\" once; \"$0\" once",
		clients[0]);
	assert_exit(&o, 0);
	assert_counters("again.txt", 2);
	read_back("again.txt", text);
	assert_int_equal(occurrences(text, "seals the message in private memory, sequence 1, then"), 1);
	assert_int_equal(occurrences(text, "resends the identical page, sequence 1\n"), 1);
	assert_int_equal(occurrences(text, "seals the message in private memory, sequence 3, then"), 1);
	assert_int_equal(occurrences(text, "resends"), 1);
}

static void what_is_no_fault_is_refused(void **state)
{
	static const char *const bad[] = { "",
					   "busy",
					   "busy:",
					   "busy:0",
					   "busy:x",
					   "busy:1x",
					   "busy@1",
					   "busy:1000001",
					   "busy:-1",
					   "invalid-len:",
					   "invalid-len:0",
					   "fw-error",
					   "fw-error:",
					   "fw-error:0",
					   "fw-error:22@",
					   "fw-error:22@0",
					   "fw-error:0x100000000",
					   "fw-error:22:1",
					   "vmpck-wipe:1",
					   "vmpck-wipex",
					   "certs",
					   "certs:",
					   "certs:good",
					   "tcb-flip",
					   "tcb-flip:1",
					   "tcb-flip@0",
					   "configfs-ebusy",
					   "tdx-status",
					   "tdx-status:",
					   "tdx-status:0",
					   "tdx-status:5x",
					   "tdx-status:-1",
					   "tdx-status:0xffffffffffffffff",
					   "tdx-status:0x10000000000000000",
					   "tdx-hang:1",
					   "tdx-empty:",
					   "tdx-oversized:1",
					   "qgs-half-close:1",
					   "nonsense:1" };
	struct run_faults none = { .fw_at = 0 }, to = none;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct jurat_error err = { "" };

		if (run_fault_parse(bad[i], &to, &err) != -EINVAL || err.text[0] == '\0')
			FAIL_BECAUSE("'%s' is taken", bad[i]);
		assert_memory_equal(&to, &none, sizeof(to));
	}
}

static void every_row_of_the_table_is_tried_here(void **state)
{
	const struct run_fault *row;

	for (size_t i = 0; (row = run_fault_row(i)); i++) {
		size_t name = strcspn(row->syntax, ":@["), tried = 0;

		assert_true(row->happens[0] && row->advice[0]);
		for (size_t k = 0; k < ARRAY_SIZE(seen); k++)
			tried += !strncmp(seen[k].spec, row->syntax, name);
		if (tried == 0)
			FAIL_BECAUSE("%s is not tried", row->syntax);
	}
}

/* A command on the socket of --control, answered before the shell goes on; and an attempt to attest. */
#define CONTROL                                                                                              \
	"ctl() { python3 -c 'import socket,sys\n"                                                            \
	"s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.sendall((sys.argv[2] + "               \
	"chr(10)).encode())\n"                                                                               \
	"print(s.makefile().readline(), end=\"\")' \"$0\" \"$1\"; }\n"                                       \
	"at() { \"$JURAT\" attest --out $JURAT_ROOTS/e \"$@\" >/dev/null 2>&1 && echo good || echo bad; }\n"
#define RUN_CONTROLLED(path, script, ...)                                                                    \
	RUN("--control", path, __VA_ARGS__, "--", "/bin/bash", "-c", CONTROL script, path)

static void faults_change_while_the_program_runs(void **state)
{
	struct outcome o;
	char path[128];

	NEEDS_RUN();
	TEXT(path, "%s/control", dir);
	o = RUN_CONTROLLED(
		path,
		"at --via ioctl; ctl 'faults fw-error:0x16'; at --via ioctl; ctl faults; at --via ioctl\n"
		"ctl restart; at --via ioctl\n"
		"verdict() { at --extended; \"$JURAT\" verify --roots $JURAT_ROOTS $JURAT_ROOTS/e | "
		"head -n 1; }\n"
		"ctl 'faults certs:stale busy:2'; verdict; ctl faults; verdict\n"
		"ctl 'faults busy:1 nonsense'; ctl 'faults busy'; ctl quit; verdict\n"
		"stat -c %a \"$0\"",
		"--tee", "sev-snp");
	assert_exit(&o, 0);
	assert_string_equal(o.out, "good\nok\nbad\nok\nbad\nok\ngood\n"
				   "ok\ngood\nrefused\nok\ngood\naccepted\n"
				   "error unknown fault 'nonsense' (see --list-faults)\n"
				   "error invalid fault 'busy'; expected busy:N\n"
				   "error expected 'faults [SPEC]...' or 'restart', found 'quit'\n"
				   "good\naccepted\n600\n");
	assert_int_equal(access(path, F_OK), -1);
}

static void the_quoting_service_goes_down_and_comes_back(void **state)
{
	char path[128], qgs[136];
	struct outcome o;

	NEEDS_RUN();
	TEXT(path, "%s/control", dir);
	TEXT(qgs, "unix:%s/qgs", dir);
	o = RUN_CONTROLLED(
		path,
		"both() { at --via configfs; at --via ioctl --quoting-service \"unix:${0%/*}/qgs\"; }\n"
		"both; ctl 'faults qgs-down'; both; ctl faults; both; ctl 'faults tdx-status:1'; both\n"
		"ctl 'faults configfs-ebusy:1'; mkdir /sys/kernel/config/tsm/report/a; "
		"cd /sys/kernel/config/tsm/report/a; cat generation; printf %064d 0 >inblob; cat generation; "
		"printf %064d 0 >inblob; cat generation; ctl restart",
		"--tee", "tdx", "--qgs", qgs);
	assert_exit(&o, 0);
	assert_string_equal(o.out, "good\ngood\nok\nbad\nbad\nok\ngood\ngood\nok\nbad\ngood\nok\n0\n0\n1\n"
				   "error there is no SEV-SNP guest to restart\n");
}

/* One line while the program runs; none when it cannot. */
static void readiness_is_said_once_when_there_is_something_to_use(void **state)
{
	char *words[MAX_WORDS], path[128];
	struct outcome o;
	pid_t pid;

	NEEDS_RUN();
	TEXT(path, "%s/out", dir);
	unlink(path);
	collect(words, (const char *const[]){ "--ready-fd", "1", "--", "/bin/sleep", "1000", NULL });
	pid = start(words);
	wait_for_output(pid);
	assert_int_equal(kill(pid, SIGTERM), 0);
	o = finish(pid);
	assert_int_equal(strncmp(o.out, "JURAT_ROOTS=/", 13), 0);
	assert_ptr_equal(strchr(o.out, '\n'), o.out + strlen(o.out) - 1);
	o = RUN("--ready-fd", "1", "--", "no-such-program-anywhere");
	assert_exit(&o, 127);
	assert_string_equal(o.out, "");
	o = RUN("--ready-fd", "77", "--", "/bin/true");
	assert_exit(&o, 2);
	assert_non_null(strstr(o.err, "--ready-fd: expected an open descriptor, found 77"));
}

static void devices_have_the_mode_that_was_asked_for(void **state)
{
	struct outcome o;

	NEEDS_RUN();
	o = RUN("--device-mode", "0666", "--tee", "both", "--", "/usr/bin/stat", "-c", "%a", "/dev/sev-guest",
		"/dev/tdx_guest");
	assert_exit(&o, 0);
	assert_string_equal(o.out, "666\n666\n");
	o = RUN("--device-mode", "0888", "--", "/bin/true");
	assert_exit(&o, 2);
	if (geteuid() == 0 && !unprivileged) { /* and a user that root becomes can use them */
		o = RUN("--device-mode", "0666", "--", "/usr/bin/setpriv", "--reuid", "65534",
			"--clear-groups", clients[0], "report");
		assert_exit(&o, 0);
	}
}

static int run_group(const char *name)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_fault_is_refused),
		cmocka_unit_test(every_row_of_the_table_is_tried_here),
		cmocka_unit_test(a_plain_client_sees_each_fault),
		cmocka_unit_test(jurat_attest_rides_out_what_can_be_ridden_out_and_fails_on_the_rest),
		cmocka_unit_test(a_text_attribute_is_busy_as_often_as_asked),
		cmocka_unit_test(a_td_sees_each_fault_of_quotes),
		cmocka_unit_test(jurat_attest_takes_no_quote_from_a_host_at_fault),
		cmocka_unit_test(the_ioctl_of_2023_leaves_the_status_to_the_program),
		cmocka_unit_test(the_tcb_flips_once_and_for_good),
		cmocka_unit_test(a_trace_tells_every_step_in_three_formats),
		cmocka_unit_test(a_message_that_is_resent_keeps_its_counter_and_a_trace_shows_it),
		cmocka_unit_test(faults_change_while_the_program_runs),
		cmocka_unit_test(the_quoting_service_goes_down_and_comes_back),
		cmocka_unit_test(readiness_is_said_once_when_there_is_something_to_use),
		cmocka_unit_test(devices_have_the_mode_that_was_asked_for),
	};

	return cmocka_run_group_tests_name(name, tests, run_find_out, run_clean_up);
}

int main(int argc, char **argv)
{
	return run_main(argc, argv, run_group);
}
