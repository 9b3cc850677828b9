/* SPDX-License-Identifier: MIT */
#include "runner.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOBODY = 65534 };

const char *jurat, *clients[N_CLIENTS], *closed;
char dir[64];
bool unprivileged, real_device;
unsigned fuse_mode = 0666;
void (*before_exec)(void);

/* Of a child that cannot become what it is to run: its standard error is shown with its status. */
static _Noreturn void give_up(const char *what)
{
	dprintf(STDERR_FILENO, "the test's own child: %s: %s\n", what, strerror(errno));
	_exit(99);
}

/* A /dev of its own, with a character device where a guest of SEV-SNP has one. Nobody opens it. */
static void add_real_device(void)
{
	static const struct {
		const char *name;
		unsigned major, minor;
	} nodes[] = { { "null", 1, 3 }, { "fuse", 10, 229 }, { "sev-guest", 10, 250 } };
	char at[128], node[160];

	TEXT(at, "%s/real", dir);
	umask(0);
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    (mkdir(at, 0755) < 0 && errno != EEXIST) || mount("none", at, "tmpfs", 0, NULL) < 0)
		give_up("a /dev of its own");
	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++) {
		TEXT(node, "%s/%s", at, nodes[i].name);
		if (mknod(node, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor)) < 0)
			give_up(node);
	}
	if (mount(at, "/dev", NULL, MS_MOVE, NULL) < 0)
		give_up("/dev");
	umask(022);
}

/* Becomes a user without privileges, who can open /dev/fuse. */
void drop_privileges(void)
{
	char at[128];

	if (geteuid() != 0)
		return;
	TEXT(at, "%s/dev", dir);
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    (mkdir(at, 0755) < 0 && errno != EEXIST) || mount("none", at, "tmpfs", 0, NULL) < 0)
		give_up("a mount namespace");
	TEXT(at, "%s/dev/fuse", dir);
	umask(0);
	if (mknod(at, S_IFCHR | fuse_mode, makedev(10, 229)) < 0 ||
	    mount(at, "/dev/fuse", NULL, MS_BIND, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
	    setresuid(NOBODY, NOBODY, NOBODY) < 0)
		give_up("a user with /dev/fuse");
	umask(022);
}

bool has_seccomp_notification(void)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog program = { .len = 1, .filter = &allow };
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		_exit(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
			      &program) < 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status == 0;
}

void forbid_seccomp(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = ARRAY_SIZE(filter), .filter = filter };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

void read_back(const char *name, char to[OUTPUT_BYTES])
{
	char path[128];
	FILE *f;
	size_t n;

	TEXT(path, "%s/%s", dir, name);
	f = fopen(path, "r");
	assert_non_null(f);
	n = fread(to, 1, OUTPUT_BYTES - 1, f);
	to[n] = '\0';
	fclose(f);
}

/* Made by the parent: there, and empty, even when a signal is faster than the child. */
static int output_file(const char *name)
{
	char path[128];
	int fd;

	TEXT(path, "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	assert_true(fd >= 0);
	return fd;
}

pid_t start(char **words)
{
	int out = output_file("out"), err = output_file("err");
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid > 0) {
		close(out);
		close(err);
		return pid;
	}
	setpgid(0, 0);
	signal(SIGINT, SIG_DFL); /* a shell's background job, such as a CI's, ignores them */
	signal(SIGQUIT, SIG_DFL);
	if (dup2(out, 1) < 0 || dup2(err, 2) < 0)
		give_up("files for its output");
	if (real_device)
		add_real_device();
	if (unprivileged)
		drop_privileges();
	setenv("TMPDIR", dir, 1);
	setenv("JURAT", jurat, 1); /* for scripts, which are constants: a path in one would want quoting */
	setenv("PATH", "/usr/bin:/bin", 1); /* directories that every user may search */
	if (before_exec)
		before_exec();
	execv(words[0], words);
	give_up(words[0]);
}

struct outcome finish(pid_t pid)
{
	struct outcome o = { 0 };
	glob_t left;

	assert_int_equal(waitpid(pid, &o.status, 0), pid);
	read_back("out", o.out);
	read_back("err", o.err);
	/* Whatever happened: nothing is left in the directory for temporary files. */
	assert_int_equal(chdir(dir), 0);
	assert_int_equal(glob("jurat-run-*", 0, NULL, &left), GLOB_NOMATCH);
	return o;
}

/* jurat run, options up to "--", and the program: all words. A NULL ends them. */
void collect(char **words, const char *const *more)
{
	size_t n = 0;

	words[n++] = (char *)(uintptr_t)jurat;
	words[n++] = (char *)(uintptr_t) "run";
	while (*more && n < MAX_WORDS - 1)
		words[n++] = (char *)(uintptr_t)*more++;
	words[n] = NULL;
}

struct outcome run_words(const char *const *more)
{
	char *words[MAX_WORDS];

	collect(words, more);
	return finish(start(words));
}

void assert_exit_at(const struct outcome *o, int status, const char *file, int line)
{
	if (WIFEXITED(o->status) && WEXITSTATUS(o->status) == status)
		return;
	test_say("status %#x, not exit %d; it said:\n%s%s", o->status, status, o->err, o->out);
	_fail(file, line);
}

void assert_counters(const char *name, uint64_t requests)
{
	static const char asked[] = "SNP_GUEST_REQUEST sequence ", answered[] = "SUCCESS, sequence ";
	uint64_t n_asked = 0, n_answered = 0;
	char path[128], line[512];
	FILE *f;

	TEXT(path, "%s/%s", dir, name);
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		const char *ask = strstr(line, asked), *answer = strstr(line, answered);

		if (ask)
			assert_int_equal(strtoull(ask + strlen(asked), NULL, 10), 2 * n_asked++ + 1);
		if (answer)
			assert_int_equal(strtoull(answer + strlen(answered), NULL, 10), 2 * ++n_answered);
	}
	fclose(f);
	assert_int_equal(n_asked, requests);
	assert_int_equal(n_answered, requests);
}

/* A moment for others, in loops that the test's time limit bounds. */
void breathe(void)
{
	(void)!poll(NULL, 0, 1);
}

/* Waits until the program has written its first line. */
void wait_for_output(pid_t pid)
{
	char out[OUTPUT_BYTES] = "", path[128];
	int status = 0;

	TEXT(path, "%s/out", dir);
	while (!strchr(out, '\n')) {
		if (waitpid(pid, &status, WNOHANG) != 0) {
			read_back("err", out);
			FAIL_BECAUSE("it ended with status %#x before it wrote a line, and said:\n%s", status,
				     out);
		}
		if (access(path, R_OK) == 0)
			read_back("out", out);
		breathe();
	}
}

bool gone(pid_t pid)
{
	char path[64], line[512] = "";
	const char *after;
	FILE *f;

	TEXT(path, "/proc/%d/stat", (int)pid);
	f = fopen(path, "r");
	if (!f)
		return true;
	if (!fgets(line, sizeof(line), f))
		line[0] = '\0';
	fclose(f);
	after = strrchr(line, ')');
	return !after || after[2] == 'Z' || after[2] == 'X';
}

int run_find_out(void **state)
{
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC), status = 0;
	pid_t pid;

	if (fd < 0 && (geteuid() != 0 || errno != EACCES)) {
		closed = "/dev/fuse cannot be opened here";
		return 0;
	}
	close(fd);
	strcpy(dir, "/tmp/jurat-test-run-XXXXXX");
	assert_non_null(mkdtemp(dir));
	assert_int_equal(chmod(dir, 0777), 0);
	pid = fork();
	if (pid == 0) {
		if (unprivileged)
			drop_privileges();
		if (access(jurat, X_OK) < 0 || access(clients[1], X_OK) < 0)
			_exit(2);
		_exit(unshare(geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS) < 0 ||
		      mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WEXITSTATUS(status) == 2)
		closed = "the build directory is closed to other users";
	else if (status != 0)
		closed = "namespaces are closed here";
	return 0;
}

int run_clean_up(void **state)
{
	char command[128];
	pid_t pid;

	if (!dir[0])
		return 0;
	assert_int_equal(chdir("/"), 0);
	TEXT(command, "%s", dir);
	pid = fork();
	if (pid == 0) {
		execlp("rm", "rm", "-rf", command, NULL);
		_exit(1);
	}
	waitpid(pid, NULL, 0);
	closed = NULL;
	return 0;
}

int run_main(int argc, char **argv, int (*run_group)(const char *name))
{
	bool asked = argc > 1 && !strcmp(argv[1], "--unprivileged");

	argc -= asked;
	argv += asked;
	if (argc < 4 || argc > 2 + N_CLIENTS)
		return 2;
	jurat = realpath(argv[1], NULL); /* they are run from elsewhere; freed by the end */
	if (!jurat)
		return 2;
	for (int i = 0; i < argc - 2; i++) {
		clients[i] = realpath(argv[2 + i], NULL);
		if (!clients[i])
			return 2;
	}
	unprivileged = asked || geteuid() != 0;
	if (asked && geteuid() != 0) {
		puts("1..0 # SKIP without --unprivileged these cases have no privileges either");
		return 0;
	}
	return run_group(unprivileged ? "run without privileges" : "run");
}
