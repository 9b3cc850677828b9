/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/env.h"
#include "base/lock_holders.h"

enum kind { OFD, OLD, FLOCK };

struct world {
	char path[64];
	pid_t children[8];
	size_t n;
};

static int take(int fd, enum kind kind)
{
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET };

	if (kind == FLOCK)
		return flock(fd, LOCK_SH);
	return fcntl(fd, kind == OFD ? F_OFD_SETLK : F_SETLK, &lock);
}

/* A process of that name and user that holds a shared lock. */
static pid_t holder(struct world *w, enum kind kind, const char *name, uid_t user)
{
	int fds[2];
	pid_t pid;
	char byte;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		int fd = open(w->path, O_RDONLY);

		prctl(PR_SET_NAME, name);
		if (take(fd, kind) < 0 || (user && setuid(user) < 0) ||
		    prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || write(fds[1], "", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	close(fds[1]);
	assert_int_equal(read(fds[0], &byte, 1), 1);
	close(fds[0]);
	w->children[w->n++] = pid;
	return pid;
}

/* A clock that each look moves on by `step_ns`, from when `text` is not empty. */
struct clock {
	struct base_env base; /* first */
	struct base_env_ops ops;
	uint64_t now_ns, step_ns;
	const char *text;
	unsigned looks;
};

static uint64_t move_on(struct base_env *env)
{
	struct clock *c = (struct clock *)env;

	c->looks++;
	if (!c->text || c->text[0])
		c->now_ns += c->step_ns;
	return c->now_ns;
}

static void ask_by(struct clock *c, struct world *w, char text[BASE_HOLDERS_BYTES])
{
	int fd = open(w->path, O_RDWR | O_CLOEXEC);

	text[0] = '\0';
	c->ops.now_ns = move_on;
	c->base.ops = &c->ops;
	base_find_lock_holders(&c->base, fd, text, BASE_HOLDERS_BYTES);
	close(fd);
}

/* Without a limit of time: the clock stands still. */
static void ask(struct world *w, char text[BASE_HOLDERS_BYTES])
{
	struct clock c = { 0 };

	ask_by(&c, w, text);
}

static void expect(struct world *w, const char *want)
{
	char text[BASE_HOLDERS_BYTES];

	ask(w, text);
	assert_string_equal(text, want);
}

static void the_process_of_each_kind_of_lock_is_named(void **state)
{
	struct world *w = *state;
	char want[64], text[BASE_HOLDERS_BYTES];

	TEXT(want, "pid %d (patient)", (int)holder(w, OFD, "patient", 0));
	expect(w, want);
	TEXT(want, "pid %d (elderly)", (int)holder(w, OLD, "elderly", 0));
	ask(w, text);
	assert_non_null(strstr(text, "(patient)"));
	assert_non_null(strstr(text, want));
	assert_non_null(strstr(text, "), pid "));
}

static void a_lock_of_flock_is_none_of_those(void **state)
{
	struct world *w = *state;

	holder(w, FLOCK, "flock", 0);
	expect(w, "a process that has released its lock since");
}

static void a_name_cannot_break_the_line(void **state)
{
	struct world *w = *state;
	char want[64];

	TEXT(want, "pid %d (a?b?c)", (int)holder(w, OFD, "a\nb\033c", 0));
	expect(w, want);
}

static void of_many_only_some_are_named(void **state)
{
	struct world *w = *state;
	char text[BASE_HOLDERS_BYTES];
	const char *at = text;
	unsigned n = 0;

	for (unsigned i = 0; i < 6; i++)
		holder(w, OFD, "a_name_15_bytes", 0);
	ask(w, text);
	for (; (at = strstr(at, "pid ")); at++)
		n++;
	assert_int_equal(n, 4);
	assert_string_equal(text + strlen(text) - strlen(", and others"), ", and others");
}

/* Whoever may open files could otherwise make it take as long as they like. */
static void the_search_looks_at_the_clock_between_two_files_and_ends_in_time(void **state)
{
	struct clock before = { 0 }, after = { 0 }, ms = { .step_ns = 10000000 };
	struct world *w = *state;
	char text[BASE_HOLDERS_BYTES];
	int fds[500];

	holder(w, OFD, "plain", 0);
	ask_by(&before, w, text);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) /* the child has them in front of the one it locks */
		assert_true((fds[i] = open("/proc/self/stat", O_RDONLY | O_CLOEXEC)) >= 0);
	holder(w, OFD, "crowded", 0);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
	ask_by(&after, w, text);
	assert_non_null(strstr(text, "(crowded)"));
	assert_true(after.looks > before.looks + ARRAY_SIZE(fds) / 2); /* other processes come and go */
	ask_by(&ms, w, text);
	assert_null(strstr(text, "(crowded)"));
	assert_true(ms.looks < 110);
}

static void a_search_that_ends_early_does_not_claim_to_have_found_all(void **state)
{
	struct world *w = *state;
	char text[BASE_HOLDERS_BYTES], want[2][64];
	struct clock c = { .step_ns = 1000000000, .text = text };

	for (size_t i = 0; i < ARRAY_SIZE(want); i++)
		TEXT(want[i], "pid %d (one_of_two), and perhaps others",
		     (int)holder(w, OFD, "one_of_two", 0));
	ask_by(&c, w, text);
	if (strcmp(text, want[0]) != 0)
		assert_string_equal(text, want[1]);
}

static void a_search_that_ends_before_it_has_found_one_says_so(void **state)
{
	struct clock c = { .step_ns = 1000000000 };
	struct world *w = *state;
	char text[BASE_HOLDERS_BYTES];

	holder(w, OFD, "patient", 0);
	ask_by(&c, w, text);
	assert_string_equal(text, "a process that was not found within 1 s");
}

/* The kernel knows it at once. */
static void a_traditional_lock_needs_no_search(void **state)
{
	struct clock c = { .step_ns = 1000000000 };
	struct world *w = *state;
	char text[BASE_HOLDERS_BYTES], want[64];

	TEXT(want, "pid %d (elderly)", (int)holder(w, OLD, "elderly", 0));
	ask_by(&c, w, text);
	assert_string_equal(text, want);
}

/* Asked by a user who may not look into the process: the kernel names it only for a lock of the old kind. */
static void what_another_user_holds_is_said_as_far_as_it_can_be(void **state)
{
	struct world *w = *state;
	int status;
	pid_t pid;

	if (geteuid() != 0)
		SKIP_BECAUSE("only root can be two users");
	assert_int_equal(chmod(w->path, 0666), 0);
	for (unsigned i = 0; i < 2; i++) {
		char want[64] = "a process that this one cannot see";
		pid_t other = holder(w, i == 0 ? OFD : OLD, "stranger", 12345);

		if (i == 1)
			TEXT(want, "pid %d (stranger)", (int)other);
		pid = fork();
		if (pid == 0) {
			int fd = open(w->path, O_RDWR);
			char text[BASE_HOLDERS_BYTES];

			if (setuid(23456) < 0)
				_exit(2);
			base_lock_holders(base_env_real(), fd, text, sizeof(text));
			_exit(strcmp(text, want) != 0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
		kill(other, SIGKILL);
		waitpid(other, NULL, 0);
		w->n--;
	}
}

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	int fd;

	if (!w)
		return -1;
	TEXT(w->path, "/tmp/jurat-locks-XXXXXX");
	fd = mkostemp(w->path, O_CLOEXEC);
	if (fd < 0)
		return -1;
	close(fd);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < w->n; i++) {
		kill(w->children[i], SIGKILL);
		waitpid(w->children[i], NULL, 0);
	}
	unlink(w->path);
	free(w);
	return 0;
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(the_process_of_each_kind_of_lock_is_named),
		T(a_lock_of_flock_is_none_of_those),
		T(a_name_cannot_break_the_line),
		T(of_many_only_some_are_named),
		T(the_search_looks_at_the_clock_between_two_files_and_ends_in_time),
		T(a_search_that_ends_early_does_not_claim_to_have_found_all),
		T(a_search_that_ends_before_it_has_found_one_says_so),
		T(a_traditional_lock_needs_no_search),
		T(what_another_user_holds_is_said_as_far_as_it_can_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
