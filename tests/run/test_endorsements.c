/* SPDX-License-Identifier: MIT */
/* `jurat run --endorsements`: unmodified programs reach the vendors' services at the run's own platform. */
#include "runner.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define KDS "https://kdsintf.amd.com/"

static const char *https; /* https.py */
static bool may_bind, has_notification;

static int find_out(void **state)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 77),
				  .sin_port = htons(443) };
	int status = 0, r = run_find_out(state);
	pid_t pid = fork();

	if (pid == 0) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		if (unprivileged && geteuid() == 0 && setresuid(65534, 65534, 65534) < 0)
			_exit(4);
		_exit(bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	may_bind = WIFEXITED(status) && WEXITSTATUS(status) == 1;
	has_notification = has_seccomp_notification();
	return r;
}

#define NEEDS_SERVICE()                                                                                      \
	do {                                                                                                 \
		NEEDS_RUN();                                                                                 \
		if (!may_bind && !has_notification)                                                          \
			SKIP_BECAUSE("this user may not bind port 443, and there is no seccomp user "        \
				     "notification here");                                                   \
	} while (0)

/* Variables of whoever runs the tests, which would change what is tested. */
static void plain_environment(void)
{
	static const char *const names[] = { "SSL_CERT_FILE",       "SSL_CERT_DIR", "NIX_SSL_CERT_FILE",
					     "CURL_CA_BUNDLE",      "https_proxy",  "HTTPS_PROXY",
					     "REQUESTS_CA_BUNDLE",  "all_proxy",    "ALL_PROXY",
					     "NODE_EXTRA_CA_CERTS", "no_proxy",     "NO_PROXY",
					     "JURAT_ENDORSEMENTS" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		unsetenv(names[i]);
	setenv("HTTPS", https, 1);
}

#define RUN_SERVED(...) RUN("--endorsements", __VA_ARGS__)

static void python_gets_what_the_vendors_serve_and_the_roots_agree(void **state)
{
	static const char script[] =
		"python3 \"$HTTPS\" " KDS
		"vcek/v1/Milan/cert_chain | cmp - $JURAT_ROOTS/milan/cert_chain.pem && "
		"python3 \"$HTTPS\" https://api.trustedservices.intel.com/tdx/certification/v4/qe/identity | "
		"cmp - $JURAT_ROOTS/collateral/qe_identity.json && "
		"python3 \"$HTTPS\" https://certificates.trustedservices.intel.com/IntelSGXRootCA.der | "
		"cmp - $JURAT_ROOTS/collateral/root_ca_crl.der && "
		"python3 \"$HTTPS\" $JURAT_ENDORSEMENTS/vcek/v1/Milan/cert_chain | "
		"cmp - $JURAT_ROOTS/milan/cert_chain.pem && python3 \"$HTTPS\" " KDS "nonsense && echo all";
	struct outcome o;

	NEEDS_SERVICE();
	o = RUN_SERVED("--tee", "both", "--", "/bin/sh", "-c", script);
	assert_exit(&o, 0);
	assert_string_equal(o.out, "status 404\nall\n");
	assert_string_equal(o.err, "");
	o = RUN_SERVED("--tee", "both", "--at", "2024-02-03", "--seed", "other/3", "--", "/bin/sh", "-c",
		       script);
	assert_exit(&o, 0);
	assert_string_equal(o.out, "status 404\nall\n");
}

static void curl_gets_it_too(void **state)
{
	struct outcome o;

	NEEDS_SERVICE();
	if (access("/usr/bin/curl", X_OK) < 0)
		SKIP_BECAUSE("there is no curl");
	o = RUN_SERVED("--", "/bin/sh", "-c",
		       "curl -sS " KDS
		       "vcek/v1/Milan/cert_chain | cmp - $JURAT_ROOTS/milan/cert_chain.pem && "
		       "env -i curl -sS " KDS "vcek/v1/Milan/cert_chain | "
		       "cmp - $JURAT_ROOTS/milan/cert_chain.pem && echo same");
	assert_exit(&o, 0);
	assert_string_equal(o.out, "same\n");
}

/* By $JURAT_ENDORSEMENTS, and without it by the vendors' names; and no root is trusted that was not named. */
static void jurat_s_own_verbs_fetch_from_it(void **state)
{
	static const char script[] =
		"cd $JURAT_ROOTS/.. && \"$JURAT\" attest --tee $0 --out e >/dev/null && "
		"\"$JURAT\" verify --fetch --roots $JURAT_ROOTS e | head -n 1 && unset JURAT_ENDORSEMENTS && "
		"\"$JURAT\" verify --fetch --roots $JURAT_ROOTS e | head -n 1; "
		"\"$JURAT\" verify --fetch e 2>/dev/null | head -n 1";
	static const char *const tees[] = { "sev-snp", "tdx" };

	NEEDS_SERVICE();
	for (size_t i = 0; i < ARRAY_SIZE(tees); i++) {
		struct outcome o =
			RUN_SERVED("--tee", tees[i], "--no-certs", "--", "/bin/sh", "-c", script, tees[i]);

		assert_exit(&o, 0);
		assert_string_equal(o.out, "accepted\naccepted\nrefused\n");
	}
}

static void programs_of_every_libc_connect_to_the_port_that_they_have_built_in(void **state)
{
	struct outcome o;

	NEEDS_SERVICE();
	FOR_EACH_CLIENT(linked)
	{
		o = RUN_SERVED("--", clients[linked], "connect");
		assert_exit(&o, 0);
		assert_string_equal(o.out, "connected\n");
	}
}

static void the_files_of_the_machine_are_covered_and_not_changed(void **state)
{
	static const char script[] =
		"sed -n '/kdsintf.amd.com/,$!d; s/^127[.0-9]* /127 /p' /etc/hosts | head -n 3; "
		"grep -c localhost /etc/hosts; ls $JURAT_ROOTS/../endorsements/key.pem 2>/dev/null; "
		"test -w /etc/hosts && echo changed >>/etc/hosts; true";
	struct stat before, after;
	struct outcome o;

	NEEDS_SERVICE();
	assert_int_equal(stat("/etc/hosts", &before), 0);
	o = RUN_SERVED("--", "/bin/sh", "-c", script);
	assert_exit(&o, 0);
	assert_non_null(strstr(o.out, "127 kdsintf.amd.com\n127 api.trustedservices.intel.com\n"
				      "127 certificates.trustedservices.intel.com\n"));
	assert_null(strstr(o.out, "key.pem"));
	assert_int_equal(stat("/etc/hosts", &after), 0);
	assert_true(before.st_size == after.st_size && before.st_mtim.tv_sec == after.st_mtim.tv_sec);
	o = RUN("--", "/bin/sh", "-c",
		"grep -c kdsintf.amd.com /etc/hosts; env | grep -c -e ENDORSEMENTS -e SSL_CERT; "
		"grep Seccomp: /proc/self/status");
	assert_int_equal(strncmp(o.out, "0\n0\n", 4), 0);
}

static void set_own_bundle(void)
{
	char path[128];

	plain_environment();
	TEXT(path, "%s/own.pem", dir);
	setenv("SSL_CERT_FILE", path, 1);
	setenv("NODE_EXTRA_CA_CERTS", path, 1);
	setenv("HTTPS_PROXY", "http://127.0.0.1:9", 1);
	setenv("no_proxy", "example.org", 1);
}

static void what_the_user_has_set_stays_set(void **state)
{
	static const char script[] =
		"test $SSL_CERT_FILE = $NODE_EXTRA_CA_CERTS && head -n 1 $SSL_CERT_FILE && "
		"grep -c BEGIN $SSL_CERT_FILE && grep -c BEGIN $REQUESTS_CA_BUNDLE >/dev/null && "
		"echo $no_proxy | cut -d, -f1,2 && test $no_proxy = $NO_PROXY && "
		"python3 \"$HTTPS\" " KDS
		"vcek/v1/Milan/cert_chain | cmp - $JURAT_ROOTS/milan/cert_chain.pem";
	char path[128], text[OUTPUT_BYTES];
	struct outcome o;
	FILE *f;

	NEEDS_SERVICE();
	TEXT(path, "%s/own.pem", dir);
	f = fopen(path, "w");
	assert_true(f && fputs("# mine, without a line's end", f) >= 0 && fclose(f) == 0);
	before_exec = set_own_bundle;
	o = RUN_SERVED("--", "/bin/sh", "-c", script);
	before_exec = plain_environment;
	assert_exit(&o, 0);
	assert_string_equal(o.out, "# mine, without a line's end\n1\nexample.org,kdsintf.amd.com\n");
	read_back("own.pem", text);
	assert_string_equal(text, "# mine, without a line's end");
}

/* The service's process, from within its run: its command line names the run's directory. */
#define FIND_SERVICE                                                                                         \
	"service() { for f in $(grep -l '[e]ndorsements/key.pem' /proc/[0-9]*/cmdline 2>/dev/null); do "     \
	"tr '\\0' '\\n' <$f | grep -q \"^${JURAT_ROOTS%/roots}/\" && echo $f | tr -dc 0-9; done; }; "

static void a_service_that_dies_refuses_and_the_run_goes_on(void **state)
{
	static const char script[] = FIND_SERVICE
		"kill -9 $(service) && \"$0\" refused && \"$JURAT\" attest --out $JURAT_ROOTS/r >&2 && "
		"python3 \"$HTTPS\" " KDS "vcek/v1/Milan/cert_chain && exit 7";
	const char *said;
	struct outcome o;

	NEEDS_SERVICE();
	FOR_EACH_CLIENT(linked)
	{
		o = RUN_SERVED("--", "/bin/sh", "-c", script, clients[linked]);
		assert_exit(&o, 7);
		assert_string_equal(o.out, "ECONNREFUSED\nerror: [Errno 111] Connection refused\n");
		said = strstr(o.err, "jurat run: the endorsement service was killed by signal 9: connections "
				     "to it are refused from now on\n");
		assert_non_null(said);
		assert_null(strstr(said + 1, "jurat run: the endorsement"));
	}
}

static void the_service_dies_with_the_run_whatever_is_killed(void **state)
{
	static const char script[] = FIND_SERVICE "echo $(service) $PPID $$; exec sleep 1000";
	char *words[MAX_WORDS], out[OUTPUT_BYTES];
	int service, monitor, program, status;
	pid_t pid;

	NEEDS_SERVICE();
	for (int victim = 0; victim < 4; victim++) {
		collect(words,
			(const char *const[]){ "--endorsements", "--", "/bin/sh", "-c", script, NULL });
		pid = start(words);
		wait_for_output(pid);
		read_back("out", out);
		assert_int_equal(sscanf(out, "%d %d %d", &service, &monitor, &program), 3);
		switch (victim) {
		case 0:
			assert_int_equal(kill(pid, SIGKILL), 0);
			break;
		case 1:
			assert_int_equal(kill(monitor, SIGKILL), 0);
			break;
		case 2:
			assert_int_equal(kill(pid, SIGTERM), 0);
			break;
		default: /* a terminal's, which the service does not see */
			assert_int_equal(kill(-pid, SIGINT), 0);
			break;
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		while (!gone(service) || !gone(monitor) || !gone(program))
			breathe();
	}
	(void)RUN("--", "/bin/true"); /* removes the directory that the first one left */
}

static void a_fault_is_the_service_s(void **state)
{
	struct outcome o;

	NEEDS_SERVICE();
	o = RUN_SERVED("--endorsements-fault", "429:1", "--", "/bin/sh", "-c",
		       "python3 \"$HTTPS\" " KDS "vcek/v1/Milan/crl " KDS
		       "vcek/v1/Milan/crl | head -n 1 | tr -d '\\0'");
	assert_exit(&o, 0);
	assert_string_equal(o.out, "status 429\n");
	o = RUN_SERVED("--endorsements-fault", "outage@vcek-chain", "--endorsements-fault", "half@vcek-crl",
		       "--", "/bin/sh", "-c", "python3 \"$HTTPS\" " KDS "vcek/v1/Milan/cert_chain");
	assert_exit(&o, 0);
	assert_int_equal(strncmp(o.out, "status 50", 9), 0);
	o = RUN_SERVED("--endorsements-fault", "nonsense", "--", "/bin/echo", "ran");
	assert_exit(&o, 2);
	assert_string_equal(o.out, "");
	assert_non_null(strstr(o.err, "nonsense"));
	o = RUN("--endorsements-fault", "429", "--", "/bin/echo", "ran");
	assert_exit(&o, 2);
	assert_string_equal(o.out, "");
}

static void it_works_beside_the_other_options(void **state)
{
	static const char fetch[] = "python3 \"$HTTPS\" " KDS "vcek/v1/Milan/cert_chain | "
				    "cmp - $JURAT_ROOTS/milan/cert_chain.pem && echo same";
	static const char both[] =
		"python3 \"$HTTPS\" " KDS "nonsense && "
		"\"$JURAT\" attest --tee tdx --via ioctl --out $JURAT_ROOTS/q >/dev/null && "
		"\"$0\" connect";
	struct outcome o;

	NEEDS_SERVICE();
	if (has_notification) {
		o = RUN_SERVED("--tee", "tdx", "--qgs", "vsock:4050", "--", "/bin/sh", "-c", both,
			       clients[1]);
		assert_exit(&o, 0);
		assert_string_equal(o.out, "status 404\nconnected\n");
	}
	o = RUN_SERVED("--host", "--", "/bin/sh", "-c", fetch);
	assert_exit(&o, 0);
	assert_string_equal(o.out, "same\n");
	o = RUN_SERVED("--user-map", "root", "--", "/bin/sh", "-c", fetch);
	assert_exit(&o, 0);
	assert_string_equal(o.out, "same\n");
}

static void the_state_s_platform_is_the_one_that_is_served(void **state)
{
	static const char script[] = "python3 \"$HTTPS\" " KDS "vcek/v1/Turin/cert_chain | "
				     "cmp - $JURAT_ROOTS/turin/cert_chain.pem && echo same";
	char path[128];
	struct outcome o;

	NEEDS_SERVICE();
	TEXT(path, "%s/state%d", dir, unprivileged);
	o = RUN("--state", path, "--seed", "of a state", "--product", "turin", "--", "/bin/true");
	assert_exit(&o, 0);
	o = RUN_SERVED("--state", path, "--", "/bin/sh", "-c", script);
	assert_exit(&o, 0);
	assert_string_equal(o.out, "same\n");
}

static void a_run_within_a_run_has_its_own_service_if_the_kernel_can(void **state)
{
	static const char script[] = "python3 \"$HTTPS\" " KDS "vcek/v1/Milan/cert_chain | "
				     "cmp - $JURAT_ROOTS/milan/cert_chain.pem && "
				     "grep -c kdsintf.amd.com /etc/hosts";
	struct outcome o;

	NEEDS_SERVICE();
	o = RUN_SERVED("--", jurat, "run", "--endorsements", "--seed", "inner", "--", "/bin/sh", "-c",
		       script);
	if (may_bind) {
		assert_exit(&o, 0);
		assert_string_equal(o.out, "1\n");
		return;
	}
	assert_exit(&o, 3);
	assert_non_null(
		strstr(o.err, "jurat run: --endorsements: another process (a jurat run with such an option"));
	/* and without an option of its own, it is the outer's */
	o = RUN_SERVED("--", jurat, "run", "--", "/bin/sh", "-c", script);
	assert_exit(&o, 0);
	assert_string_equal(o.out, "1\n");
}

/* An image without anything in /etc, and one whose file system is read-only. */
static void cover_etc(void)
{
	plain_environment();
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("none", "/etc", "tmpfs", 0, NULL) < 0)
		_exit(95);
}

static void cover_etc_and_forbid_writing(void)
{
	cover_etc();
	if (mount(NULL, "/etc", NULL, MS_REMOUNT | MS_RDONLY, NULL) < 0)
		_exit(96);
}

static void an_image_without_hosts_or_certificates_gets_them(void **state)
{
	static const char script[] =
		"python3 \"$HTTPS\" " KDS
		"vcek/v1/Milan/cert_chain | cmp - $JURAT_ROOTS/milan/cert_chain.pem && "
		"cat /etc/nsswitch.conf && case $SSL_CERT_FILE in ${JURAT_ROOTS%/roots}/*) \"$0\" connect;; "
		"esac";
	void (*const images[])(void) = { cover_etc, cover_etc_and_forbid_writing };

	NEEDS_SERVICE();
	if (unprivileged)
		SKIP_BECAUSE("only root can make such an image");
	for (size_t i = 0; i < ARRAY_SIZE(images); i++) {
		struct outcome o;

		before_exec = images[i];
		o = RUN_SERVED("--", "/bin/sh", "-c", script, clients[1]);
		before_exec = plain_environment;
		assert_exit(&o, 0);
		assert_string_equal(o.out, "hosts: files dns\nconnected\n");
	}
}

static void without_seccomp(void)
{
	plain_environment();
	forbid_seccomp();
}

static void a_machine_without_interception_needs_the_port_or_says_so(void **state)
{
	struct outcome o;

	NEEDS_SERVICE();
	before_exec = without_seccomp;
	o = RUN_SERVED("--", clients[1], "connect");
	before_exec = plain_environment;
	if (may_bind) {
		assert_exit(&o, 0);
		assert_string_equal(o.out, "connected\n");
		return;
	}
	assert_exit(&o, 3);
	assert_string_equal(o.out, "");
	assert_non_null(strstr(o.err, "ip_unprivileged_port_start=443"));
}

static void a_trace_has_connections_and_requests(void **state)
{
	char path[128], text[OUTPUT_BYTES];
	struct outcome o;

	NEEDS_SERVICE();
	TEXT(path, "%s/trace%d.txt", dir, unprivileged);
	o = RUN_SERVED("--trace", path, "--", "/bin/sh", "-c",
		       "python3 \"$HTTPS\" " KDS "vcek/v1/Milan/cert_chain");
	assert_exit(&o, 0);
	read_back(strrchr(path, '/') + 1, text);
	assert_non_null(strstr(text, "item=vcek-chain:Milan status=200"));
	if (!may_bind)
		assert_non_null(strstr(text, "connect(port 443): connecting"));
}

static int run_group(const char *name)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(python_gets_what_the_vendors_serve_and_the_roots_agree),
		cmocka_unit_test(curl_gets_it_too),
		cmocka_unit_test(jurat_s_own_verbs_fetch_from_it),
		cmocka_unit_test(programs_of_every_libc_connect_to_the_port_that_they_have_built_in),
		cmocka_unit_test(the_files_of_the_machine_are_covered_and_not_changed),
		cmocka_unit_test(what_the_user_has_set_stays_set),
		cmocka_unit_test(a_service_that_dies_refuses_and_the_run_goes_on),
		cmocka_unit_test(the_service_dies_with_the_run_whatever_is_killed),
		cmocka_unit_test(a_fault_is_the_service_s),
		cmocka_unit_test(it_works_beside_the_other_options),
		cmocka_unit_test(the_state_s_platform_is_the_one_that_is_served),
		cmocka_unit_test(a_run_within_a_run_has_its_own_service_if_the_kernel_can),
		cmocka_unit_test(an_image_without_hosts_or_certificates_gets_them),
		cmocka_unit_test(a_machine_without_interception_needs_the_port_or_says_so),
		cmocka_unit_test(a_trace_has_connections_and_requests),
	};

	before_exec = plain_environment;
	return cmocka_run_group_tests_name(name, tests, find_out, run_clean_up);
}

/* The last word is https.py; the others are run_main()'s. */
int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	https = realpath(argv[argc - 1], NULL);
	return https ? run_main(argc - 1, argv, run_group) : 2;
}
