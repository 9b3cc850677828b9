/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/env.h"
#include "cli/output.h"
#include "support/fault_env.h"
#include "support/sync_env.h"

/* Everything happens in a directory of the test's own, which is the working directory. */
static char dir[] = "/tmp/jurat-output-XXXXXX";
static const char was[] = "what was there", new[] = "what is new";

static int enter(void **state)
{
	return mkdtemp(dir) && chdir(dir) == 0 ? 0 : -1;
}

static unsigned empty(bool remove_them)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	unsigned n = 0;

	assert_non_null(d);
	while ((entry = readdir(d)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
			n++;
			if (remove_them)
				assert_int_equal(remove(entry->d_name), 0);
		}
	closedir(d);
	return n;
}

static int clean(void **state)
{
	umask(022);
	empty(true);
	return 0;
}

static int leave(void **state)
{
	return chdir("/") == 0 && rmdir(dir) == 0 ? 0 : -1;
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (int)strlen(text));
	close(fd);
}

static void assert_holds(const char *path, const char *text)
{
	auto_free uint8_t *data = NULL;
	size_t n;

	assert_int_equal(base_read_file(base_env_real(), path, 1000, &data, &n, NULL), 0);
	assert_string_equal((const char *)data, text);
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode;
}

static int out(const char *path, struct jurat_error *err)
{
	return output_write(base_env_real(), path, new, strlen(new), 0644, err);
}

static void a_file_is_made_or_replaced_as_a_whole(void **state)
{
	struct stat before, after;

	assert_int_equal(out("f", NULL), 0);
	assert_holds("f", new);
	put("f", was);
	assert_int_equal(stat("f", &before), 0);
	assert_int_equal(out("f", NULL), 0);
	assert_holds("f", new);
	assert_int_equal(stat("f", &after), 0);
	assert_int_not_equal(before.st_ino, after.st_ino);
	assert_int_equal(empty(false), 1);
}

static void modes_are_less_the_umask(void **state)
{
	static const struct {
		mode_t mask, wanted, got;
	} rows[] = { { 022, 0644, 0644 }, { 077, 0644, 0600 }, { 0, 0644, 0644 },
		     { 0, 0600, 0600 },   { 027, 0600, 0600 }, { 027, 0644, 0640 } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		umask(rows[i].mask);
		assert_int_equal(output_write(base_env_real(), "f", new, 1, rows[i].wanted, NULL), 0);
		assert_int_equal(mode_of("f") & 07777, rows[i].got);
	}
	put("secret", was); /* for all to read, before */
	assert_int_equal(output_write(base_env_real(), "secret", new, 1, 0600, NULL), 0);
	assert_int_equal(mode_of("secret") & 07777, 0600);
}

static void symlinks_stay_and_what_they_lead_to_is_replaced(void **state)
{
	char absolute[64];

	assert_int_equal(mkdir("d", 0755), 0);
	put("d/f", was);
	TEXT(absolute, "%s/d/g", dir);
	assert_int_equal(symlink("d/f", "link"), 0);
	assert_int_equal(symlink("link", "again"), 0);
	assert_int_equal(symlink(absolute, "dangling"), 0);
	assert_int_equal(symlink("h", "d/near"), 0);
	assert_int_equal(out("again", NULL), 0);
	assert_int_equal(out("dangling", NULL), 0);
	assert_int_equal(out("d/near", NULL), 0);
	assert_holds("d/f", new);
	assert_holds("d/g", new);
	assert_holds("d/h", new);
	assert_true(S_ISLNK(mode_of("link")) && S_ISLNK(mode_of("again")) && S_ISLNK(mode_of("dangling")) &&
		    S_ISLNK(mode_of("d/near")));
	assert_int_equal(unlink("d/f") | unlink("d/g") | unlink("d/h") | unlink("d/near"), 0);
	assert_int_equal(empty(false), 4);
}

/* Such as the one of the VMMs, of a blob that only they and root may read. */
static void a_file_that_is_replaced_keeps_its_group(void **state)
{
	struct stat st;

	if (geteuid() != 0)
		SKIP_BECAUSE("only root can give files to any group");
	put("f", was);
	assert_int_equal(chown("f", 0, 23456), 0);
	assert_int_equal(out("f", NULL), 0);
	assert_holds("f", new);
	assert_int_equal(stat("f", &st), 0);
	assert_int_equal(st.st_gid, 23456);
	assert_int_equal(empty(false), 1);
}

static void a_fifo_is_written_to(void **state)
{
	char text[64] = "";
	int fd;

	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_int_equal(symlink("fifo", "link"), 0);
	fd = open("fifo", O_RDONLY | O_NONBLOCK);
	assert_true(fd >= 0);
	assert_int_equal(out("fifo", NULL), 0);
	assert_int_equal(read(fd, text, sizeof(text) - 1), (int)strlen(new));
	assert_string_equal(text, new);
	assert_int_equal(out("link", NULL), 0);
	assert_int_equal(read(fd, text, sizeof(text) - 1), (int)strlen(new));
	close(fd);
	assert_true(S_ISFIFO(mode_of("fifo")) && S_ISLNK(mode_of("link")));
	assert_int_equal(empty(false), 2);
}

/* A reader that is gone when its bytes are written. */
struct hang_up {
	struct base_env base;
	int reader;
};

static ssize_t hang_up_write(struct base_env *env, int fd, const void *buf, size_t n)
{
	struct hang_up *h = (struct hang_up *)env;

	close(h->reader);
	return base_write(base_env_real(), fd, buf, n);
}

static void a_reader_that_goes_away_is_an_error_and_no_signal(void **state)
{
	struct base_env_ops ops = *base_env_real()->ops;
	struct hang_up h = { .base.ops = &ops };

	ops.write = hang_up_write;
	assert_int_equal(mkfifo("fifo", 0600), 0);
	h.reader = open("fifo", O_RDONLY | O_NONBLOCK);
	assert_true(h.reader >= 0);
	assert_int_equal(output_write(&h.base, "fifo", new, 1, 0644, NULL), -EPIPE);
}

/* The nodes of /dev/null and /dev/full, made here: those of the machine are not for tests. */
static void a_device_is_written_to_and_stays(void **state)
{
	struct jurat_error err = { "" };

	if (mknod("null", S_IFCHR | 0666, makedev(1, 3)) < 0 ||
	    mknod("full", S_IFCHR | 0666, makedev(1, 7)) < 0)
		SKIP_BECAUSE("device nodes cannot be made here: %s", strerror(errno));
	if (out("null", &err) == -EACCES)
		SKIP_BECAUSE("device nodes cannot be used here");
	assert_int_equal(out("null", NULL), 0);
	assert_int_equal(out("full", &err), -ENOSPC);
	assert_non_null(strstr(err.text, "full"));
	assert_true(S_ISCHR(mode_of("null")) && S_ISCHR(mode_of("full")));
	assert_int_equal(empty(false), 2);
}

static void anything_else_is_refused(void **state)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "socket" };
	auto_close int fd = socket(AF_UNIX, SOCK_STREAM, 0), lost = -1;
	char path[64];

	assert_int_equal(mkdir("d", 0755), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(symlink("d", "to-d"), 0);
	assert_int_equal(symlink("loop", "loop"), 0);
	put("f", was);
	lost = open("f", O_WRONLY);
	assert_int_equal(unlink("f"), 0);
	TEXT(path, "/proc/self/fd/%d", lost);
	assert_int_equal(out("d", NULL), -EISDIR);
	assert_int_equal(out("to-d", NULL), -EISDIR);
	assert_int_equal(out("socket", NULL), -EOPNOTSUPP);
	assert_int_equal(out("loop", NULL), -ELOOP);
	assert_int_equal(out("absent/f", NULL), -ENOENT);
	assert_int_equal(out("absent/", NULL), -ENOENT);
	assert_int_equal(out("", NULL), -ENOENT);
	assert_int_equal(out(path, NULL), -ESTALE);
	assert_true(S_ISSOCK(mode_of("socket")));
	assert_int_equal(empty(false), 4);
}

static void whatever_fails_the_old_file_stays_and_nothing_beside_it(void **state)
{
	for (unsigned k = 1;; k++) {
		struct fault_env env = fault_env_nth(base_env_real(), k, -EIO);

		int r;

		put("f", was);
		r = output_write(&env.base, "f", new, strlen(new), 0644, NULL);
		assert_int_equal(r, env.fired ? -EIO : 0);
		assert_holds("f", env.fired ? was : new);
		assert_int_equal(empty(false), 1);
		if (!env.fired)
			break;
		assert_true(k < 100);
	}
}

static void a_check_tells_what_writing_would_and_leaves_everything(void **state)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "socket" };
	auto_close int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	static const struct {
		const char *path;
		int expected;
	} paths[] = { { "f", 0 },
		      { "none", 0 },
		      { "to-none", 0 },
		      { "fifo", 0 },
		      { "/dev/full", 0 },
		      { "d", -EISDIR },
		      { "socket", -EOPNOTSUPP },
		      { "loop", -ELOOP },
		      { "absent/f", -ENOENT } };

	put("f", was);
	assert_int_equal(mkdir("d", 0755), 0);
	assert_int_equal(mkfifo("fifo", 0644), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(symlink("loop", "loop"), 0);
	assert_int_equal(symlink("none", "to-none"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		assert_int_equal(output_check(base_env_real(), paths[i].path, NULL), paths[i].expected);
	assert_holds("f", was);
	assert_int_equal(empty(false), 6);
	for (unsigned k = 1;; k++) {
		struct fault_env env = fault_env_nth(base_env_real(), k, -EIO);
		int r = output_check(&env.base, "f", NULL);

		assert_int_equal(r, env.fired ? -EIO : 0);
		assert_in_range(empty(false), 6, 7); /* what cannot be removed stays */
		if (!env.fired)
			break;
		assert_true(k < 100);
	}
}

/* The file may be written, but not replaced. */
static void a_check_is_about_the_directory(void **state)
{
	const char *in[] = { "d/f", "sticky/f" };
	int expected[] = { -EACCES, -EPERM };
	struct jurat_error err;

	if (geteuid() != 0)
		skip(); /* only root can try another user */
	assert_int_equal(mkdir("d", 0755), 0);
	assert_int_equal(mkdir("sticky", 0755), 0);
	assert_int_equal(chmod("sticky", 01777), 0);
	assert_int_equal(chmod(dir, 0755), 0);
	for (size_t i = 0; i < ARRAY_SIZE(in); i++) {
		put(in[i], was);
		assert_int_equal(chmod(in[i], 0666), 0);
		assert_int_equal(output_check(base_env_real(), in[i], NULL), 0);
		assert_int_equal(seteuid(65534), 0);
		assert_int_equal(output_check(base_env_real(), in[i], &err), expected[i]);
		assert_int_equal(out(in[i], NULL), expected[i]);
		assert_int_equal(seteuid(0), 0);
		assert_non_null(strstr(err.text, in[i]));
		assert_holds(in[i], was);
		assert_int_equal(unlink(in[i]), 0);
	}
}

/* Or a power loss after the rename could leave an empty file. */
static void a_file_is_on_disk_before_it_has_its_name(void **state)
{
	struct sync_env env = sync_env();

	for (int there = 0; there <= 1; there++) {
		assert_int_equal(output_write(&env.base, "f", new, strlen(new), 0644, NULL), 0);
		assert_string_equal(env.wrong, "");
		assert_int_equal(env.renames, 1 + there);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_file_is_made_or_replaced_as_a_whole, clean),
		cmocka_unit_test_teardown(modes_are_less_the_umask, clean),
		cmocka_unit_test_teardown(symlinks_stay_and_what_they_lead_to_is_replaced, clean),
		cmocka_unit_test_teardown(a_file_that_is_replaced_keeps_its_group, clean),
		cmocka_unit_test_teardown(a_fifo_is_written_to, clean),
		cmocka_unit_test_teardown(a_reader_that_goes_away_is_an_error_and_no_signal, clean),
		cmocka_unit_test_teardown(a_device_is_written_to_and_stays, clean),
		cmocka_unit_test_teardown(anything_else_is_refused, clean),
		cmocka_unit_test_teardown(a_check_tells_what_writing_would_and_leaves_everything, clean),
		cmocka_unit_test_teardown(a_check_is_about_the_directory, clean),
		cmocka_unit_test_teardown(a_file_is_on_disk_before_it_has_its_name, clean),
		cmocka_unit_test_teardown(whatever_fails_the_old_file_stays_and_nothing_beside_it, clean),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
