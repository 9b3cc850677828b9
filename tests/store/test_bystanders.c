/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/bystanders.h"
#include "store/store.h"

/* Processes beside an updater, and what `jurat host status` is to say of them (B62). */
enum kind { OFD, POSIX, FLOCK, OPEN, MAPPED };

struct world {
	char dir[32], path[64];
	pid_t children[8];
	size_t n;
};

static bool take(const char *path, enum kind kind)
{
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	switch (kind) {
	case OFD:
		return fcntl(fd, F_OFD_SETLK, &lock) == 0;
	case POSIX:
		return fcntl(fd, F_SETLK, &lock) == 0;
	case FLOCK:
		return flock(fd, LOCK_SH) == 0;
	case MAPPED:
		return mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) != MAP_FAILED && close(fd) == 0;
	default:
		return fd >= 0;
	}
}

/* "pid 812 (name)" */
static void start(struct world *w, const char *path, enum kind kind, const char *name, uid_t user,
		  char said[64])
{
	int fds[2];
	pid_t pid;
	char byte;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_NAME, name);
		if (!take(path, kind) || (user && setuid(user) < 0) || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ||
		    write(fds[1], "", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	close(fds[1]);
	assert_int_equal(read(fds[0], &byte, 1), 1);
	close(fds[0]);
	w->children[w->n++] = pid;
	test_text(said, 64, "pid %d (%s)", (int)pid, name);
}

static void ask(struct world *w, struct store_bystanders *ret)
{
	struct jurat_error err = { "" };

	assert_int_equal(store_bystanders(w->path, ret, &err), 0);
}

static void replace(struct world *w)
{
	uint8_t table[100];

	assert_int_equal(store_replace(NULL, w->path, memset(table, 1, sizeof(table)), sizeof(table), NULL,
				       NULL, NULL, NULL),
			 0);
}

static void nobody_is_named_where_nobody_is(void **state)
{
	struct store_bystanders b;
	auto_close int mine = open(((struct world *)*state)->path, O_RDONLY | O_CLOEXEC);

	assert_true(mine >= 0);
	ask(*state, &b);
	assert_string_equal(b.flock, "");
	assert_string_equal(b.open, "");
	assert_string_equal(b.mapped, "");
}

static void each_is_named_by_what_its_lock_is_worth(void **state)
{
	struct world *w = *state;
	char locks[64], old[64], flocks[64], opens[64], maps[64];
	struct store_bystanders b;

	start(w, w->path, OFD, "locks", 0, locks);
	start(w, w->path, POSIX, "old", 0, old);
	start(w, w->path, FLOCK, "flocks", 0, flocks);
	start(w, w->path, OPEN, "opens", 0, opens);
	start(w, w->path, MAPPED, "maps", 0, maps);
	ask(w, &b);
	assert_string_equal(b.flock, flocks);
	assert_string_equal(b.open, opens);
	assert_string_equal(b.mapped, maps);
}

/* The file that it has stays empty: "opens once" in doc/store-readers.md. */
static void so_is_one_that_has_the_file_of_an_earlier_table(void **state)
{
	struct world *w = *state;
	char opens[64], maps[64];
	struct store_bystanders b;

	start(w, w->path, OPEN, "opens", 0, opens);
	start(w, w->path, MAPPED, "maps", 0, maps);
	replace(w);
	ask(w, &b);
	assert_string_equal(b.open, opens);
	assert_string_equal(b.mapped, maps);
}

static void other_files_are_no_concern(void **state)
{
	struct world *w = *state;
	char other[96], said[64];
	struct store_bystanders b;

	TEXT(other, "%s/other", w->dir);
	assert_int_equal(mkdir(other, 0700), 0);
	TEXT(other, "%s/other/blob", w->dir); /* of the same name */
	close(open(other, O_RDWR | O_CREAT | O_CLOEXEC, 0600));
	start(w, other, FLOCK, "flocks", 0, said);
	start(w, other, OPEN, "opens", 0, said);
	start(w, other, MAPPED, "maps", 0, said);
	ask(w, &b);
	unlink(other);
	TEXT(other, "%s/other", w->dir);
	rmdir(other);
	assert_string_equal(b.flock, "");
	assert_string_equal(b.open, "");
	assert_string_equal(b.mapped, "");
}

/* Another table of the same name, that its own updater has replaced or somebody has deleted. */
static void nor_are_deleted_files_of_other_tables(void **state)
{
	struct world *w = *state;
	char dir[64], other[96], said[64];
	struct store_bystanders b;

	TEXT(dir, "%s/other", w->dir);
	assert_int_equal(mkdir(dir, 0700), 0);
	TEXT(other, "%s/blob", dir);
	for (int rounds = 0; rounds < 2; rounds++) {
		assert_int_equal(store_replace(NULL, other, "a table", 7, NULL, NULL, NULL, NULL), 0);
		start(w, other, FLOCK, "flocks", 0, said);
		start(w, other, OPEN, "opens", 0, said);
		start(w, other, MAPPED, "maps", 0, said);
	}
	assert_int_equal(store_replace(NULL, other, "the next", 8, NULL, NULL, NULL, NULL), 0);
	ask(w, &b);
	assert_string_equal(b.flock, "");
	assert_string_equal(b.open, "");
	assert_string_equal(b.mapped, "");
	unlink(other);
	rmdir(dir);
	ask(w, &b);
	assert_string_equal(b.flock, "");
	assert_string_equal(b.open, "");
	assert_string_equal(b.mapped, "");
}

/*
 * In another mount namespace the table has another path there: that of the bind mount of its directory, or of
 * the file alone.
 */
static void an_earlier_table_is_known_below_a_bind_mount(void **state)
{
	struct world *w = *state;
	char dir[64], there[96], said[2][64], both[160];
	struct store_bystanders b;

	if (geteuid() != 0)
		SKIP_BECAUSE("only root can mount");
	for (int alone = 0; alone < 2; alone++) {
		int ready[2];
		char byte;
		pid_t pid;

		TEXT(dir, "%s/mount%d", w->dir, alone);
		assert_int_equal(mkdir(dir, 0700), 0);
		TEXT(there, "%s/blob", dir);
		assert_int_equal(pipe(ready), 0);
		pid = fork();
		if (pid == 0) {
			int made = alone ? open(there, O_CREAT | O_RDWR | O_CLOEXEC, 0600) : -1;

			prctl(PR_SET_NAME, "jailed");
			if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
				_exit(77);
			if ((alone && made < 0) ||
			    mount(alone ? w->path : w->dir, alone ? there : dir, NULL, MS_BIND, NULL) < 0 ||
			    open(there, O_RDONLY | O_CLOEXEC) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ||
			    write(ready[1], "", 1) != 1)
				_exit(1);
			pause();
			_exit(0);
		}
		close(ready[1]);
		w->children[w->n++] = pid;
		if (read(ready[0], &byte, 1) != 1)
			SKIP_BECAUSE("this machine gives no mount namespace");
		close(ready[0]);
		TEXT(said[alone], "pid %d (jailed)", (int)pid);
	}
	replace(w);
	ask(w, &b);
	TEXT(both, "%s, %s", said[0], said[1]);
	assert_string_equal(b.open, both);
}

/* An ordinary user sees no descriptors of others, but /proc/locks. */
static void a_lock_of_another_user_is_seen_in_proc_locks(void **state)
{
	struct world *w = *state;
	char flocks[64];
	int status;
	pid_t pid;

	if (geteuid() != 0)
		SKIP_BECAUSE("only root can be two users");
	assert_int_equal(chmod(w->dir, 0755), 0);
	assert_int_equal(chmod(w->path, 0644), 0);
	start(w, w->path, FLOCK, "stranger", 12345, flocks);
	pid = fork();
	if (pid == 0) {
		struct store_bystanders b;

		if (setuid(23456) < 0 || store_bystanders(w->path, &b, NULL) != 0)
			_exit(2);
		_exit(strcmp(b.flock, flocks) != 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void a_blob_that_is_absent_is_an_error(void **state)
{
	struct store_bystanders b;
	struct jurat_error err = { "" };

	(void)state;
	assert_int_equal(store_bystanders("/absent/blob", &b, &err), -ENOENT);
	assert_non_null(strstr(err.text, "/absent/blob"));
}

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	if (!w)
		return -1;
	TEXT(w->dir, "/tmp/jurat-by-XXXXXX");
	if (!mkdtemp(w->dir))
		return -1;
	TEXT(w->path, "%s/blob", w->dir);
	*state = w;
	replace(w);
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

static int tear_down(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < w->n; i++) {
		kill(w->children[i], SIGKILL);
		waitpid(w->children[i], NULL, 0);
	}
	nftw(w->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(w);
	return 0;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(nobody_is_named_where_nobody_is),
		TEST(each_is_named_by_what_its_lock_is_worth),
		TEST(so_is_one_that_has_the_file_of_an_earlier_table),
		TEST(other_files_are_no_concern),
		TEST(nor_are_deleted_files_of_other_tables),
		TEST(an_earlier_table_is_known_below_a_bind_mount),
		TEST(a_lock_of_another_user_is_seen_in_proc_locks),
		TEST(a_blob_that_is_absent_is_an_error),
	};

	return cmocka_run_group_tests_name("store_bystanders", tests, NULL, NULL);
}
