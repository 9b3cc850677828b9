/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "run/vmm/check.h"

/*
 * A VMM that attacks its supervisor: `jurat run --vmm` ends in bounded time, leaves neither a process nor a
 * file, and does not say that a check holds that was not made.
 */
static const char *vmm_path, *library_path;

struct run {
	unsigned n[CHECK_SKIPPED + 1];
	char first_failure[512];
};

static void report(void *ctx, const struct check *check, const struct check_result *result)
{
	struct run *run = ctx;

	if (!result)
		return;
	run->n[result->verdict]++;
	if (result->verdict == CHECK_FAILED && !run->first_failure[0])
		TEXT(run->first_failure, "%s: %s", check->name, result->text);
}

static int run_vmm(const char *attack, int fd, const char *only, struct run *run, struct jurat_error *err)
{
	char number[16] = "";
	char *argv[] = { (char *)(uintptr_t)vmm_path, (char *)(uintptr_t)attack, fd < 0 ? NULL : number,
			 NULL };
	struct run_options options = { .argv = argv, .tees = RUN_SEV_SNP, .ready_fd = -1 };
	const struct check_options check = { .run = &options,
					     .only = only ? &only : NULL,
					     .n_only = only != NULL,
					     .library = library_path,
					     .exits = 50,
					     .wait_ms = fd >= 0 ? 1500 : 20000,
					     .report = report,
					     .ctx = run };

	TEXT(number, "%d", fd);
	if (fd >= 0)
		assert_int_equal(fcntl(fd, F_SETFD, 0), 0);
	*run = (struct run){ .first_failure = "" };
	return check_vmm(&check, err);
}

struct attack {
	const char *name;
	const char *only;
	int result;       /* 1; -errno: nothing could be tested; 0: one of them */
	const char *says; /* the first failure, or the error */
};

static const char ended[] = "the VMM exited with status 0 before any of its vCPUs ran";
static const char no_memory[] = "checks were skipped: the VM has too little memory that it does not use";

static const struct attack attacks[] = {
	{ "too-long", NULL, -ECHILD, ended },
	{ "too-short", NULL, -ECHILD, ended },
	{ "zeros", NULL, -ECHILD, ended },
	{ "slot-of-exabytes", NULL, -ECHILD, ended },
	{ "slot-beyond-the-end", NULL, -ECHILD, ended },
	{ "slot-without-memory", "snp-lock-held", -ENOSPC, no_memory },
	{ "junk-memory", NULL, -ENOSPC, no_memory },
	{ "executes", "snp-lock-held", -ENOSPC, no_memory },
	{ "private-flood", "snp-lock-held", -ECHILD, ended },
	{ "many-connections", "snp-lock-held", -ECHILD, ended },
	{ "huge-blob", "snp-too-few-pages", 1, "snp-too-few-pages: expected" },
	{ "never-completes", "snp-lock-held", 1, "snp-lock-held: expected" },
	{ "completes-what-was-not-made", "snp-hole", 0, "" },
	{ "leaves-early", NULL, 1, "snp-" },
	{ "runs-away", "snp-lock-held", 1, "snp-lock-held: expected" },
};

/* No child is left, and no directory of a run: this process has TMPDIR for itself. */
static void assert_nothing_left(const char *attack)
{
	char left[NAME_MAX + 1] = "";
	DIR *dir = opendir(getenv("TMPDIR"));

	assert_non_null(dir);
	for (struct dirent *e; (e = readdir(dir));)
		if (e->d_name[0] != '.')
			TEXT(left, "%s", e->d_name);
	if (left[0])
		FAIL_BECAUSE("%s has left '%s'", attack, left);
	closedir(dir);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void an_attack_ends_in_time_and_no_check_holds(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(attacks); i++) {
		const struct attack *a = &attacks[i];
		struct jurat_error err = { "" };
		const char *says;
		struct run run;
		int r;

		/* Whose shadow memory is where this attack has none. */
		if (TEST_ADDRESS_SANITIZER && strcmp(a->name, "slot-without-memory") == 0)
			continue;
		r = run_vmm(a->name, -1, a->only, &run, &err);
		says = r < 0 ? err.text : run.first_failure;
		if (r == 0 || (a->result != 0 && r != a->result) ||
		    strncmp(says, a->says, strlen(a->says)) != 0)
			FAIL_BECAUSE("%s: expected %d and '%s', found %d and '%s'", a->name, a->result,
				     a->says, r, says);
		assert_nothing_left(a->name);
	}
}

/* 0: accepted, and answered; -1: closed */
static int connect_as_vm(const char *address)
{
	const struct vmm_event event = { .kind = VMM_EVENT_VM, .a = VMM_PROTOCOL_VERSION };
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	struct timeval limit = { .tv_sec = 30 };
	struct vmm_order order;
	auto_close int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	TEXT(name.sun_path, "%s", address);
	name.sun_path[0] = '\0';
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&name,
				 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(address))),
			 0);
	(void)!send(fd, &event, sizeof(event), MSG_NOSIGNAL);
	return recv(fd, &order, sizeof(order), 0) == sizeof(order) ? 0 : -1;
}

/* Any user finds the address in /proc/net/unix. This process is the parent of the supervisor. */
static void a_process_that_is_not_the_vmms_is_refused(void **state)
{
	char address[108] = "";
	struct jurat_error err;
	struct run run;
	int ends[2], status;
	pid_t pid;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(run_vmm("waits", ends[1], NULL, &run, &err) == -ETIMEDOUT ? 0 : 1);
	close(ends[1]);
	assert_true(read(ends[0], address, sizeof(address) - 1) > 0);
	close(ends[0]);
	assert_int_equal(connect_as_vm(address), -1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_nothing_left("waits");
}

static int own_directory(void **state)
{
	static char path[64];

	TEXT(path, "/tmp/jurat-test-hostile-XXXXXX");
	*state = mkdtemp(path);
	return *state && setenv("TMPDIR", path, 1) == 0 ? 0 : -1;
}

static int remove_directory(void **state)
{
	return rmdir(*state);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_process_that_is_not_the_vmms_is_refused),
		cmocka_unit_test(an_attack_ends_in_time_and_no_check_holds),
	};

	assert_true(argc > 2);
	vmm_path = argv[1];
	library_path = argv[2];
	return cmocka_run_group_tests(tests, own_directory, remove_directory);
}
