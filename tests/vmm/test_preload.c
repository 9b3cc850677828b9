/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake_kvm.h"
#include "support/scratch.h"
#include "vmm/vmm.h"

/* What a fortified program calls for open(path, flags) and the like. */
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int folder, const char *path, int flags);
int __openat64_2(int folder, const char *path, int flags);

/* Not static, as in test_objects.c. */
struct seen {
	unsigned times;
	int fd, flags, error;
	int answer; /* -2: what the kernel said */
} seen;

static int opened(const char *path, int flags, int fd)
{
	assert_string_equal(path, "/dev/kvm");
	seen.times++;
	seen.flags = flags;
	seen.fd = fd;
	seen.error = errno;
	if (seen.answer == -2)
		return fd;
	errno = ENODEV;
	return seen.answer;
}

const struct vmm_hooks vmm_hooks = { .opened = opened };

static int by_open(const char *path, int flags)
{
	return (open)(path, flags);
}

static int by_open64(const char *path, int flags)
{
	return (open64)(path, flags);
}

static int by_openat(const char *path, int flags)
{
	return (openat)(AT_FDCWD, path, flags);
}

static int by_openat64(const char *path, int flags)
{
	return (openat64)(AT_FDCWD, path, flags);
}

static int by_fortified_openat(const char *path, int flags)
{
	return __openat_2(AT_FDCWD, path, flags);
}

static int by_fortified_openat64(const char *path, int flags)
{
	return __openat64_2(AT_FDCWD, path, flags);
}

static int (*const opens[])(const char *path, int flags) = {
	by_open,  by_open64,  by_openat,           by_openat64,
	__open_2, __open64_2, by_fortified_openat, by_fortified_openat64,
};

static int begin(void **state)
{
	seen = (struct seen){ .answer = -2 };
	fake_kvm.fails = 0;
	return 0;
}

static void every_way_to_open_opens(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(opens); i++) {
		int fd = opens[i]("/dev/null", O_WRONLY | O_CLOEXEC);

		assert_true(fd >= 0);
		assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_WRONLY);
		assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
		close(fd);
		assert_int_equal(opens[i]("/no/such/file", O_RDONLY), -1);
		assert_int_equal(errno, ENOENT);
		assert_int_equal(opens[i]("", O_RDONLY), -1);
		assert_int_equal(errno, ENOENT);
		/* A pointer that the kernel does not follow is not followed here. */
		assert_int_equal(opens[i]((const char *)16, O_RDONLY), -1);
		assert_int_equal(errno, EFAULT);
	}
	assert_int_equal(seen.times, 0);
}

static void every_way_to_open_kvm_is_the_librarys(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(opens); i++) {
		int kernel, fd;

		seen = (struct seen){ .answer = -2 };
		kernel = opens[i]("/dev/kvm", O_RDWR | O_CLOEXEC); /* it may not be there */
		assert_int_equal(seen.times, 1);
		assert_int_equal(seen.flags, O_RDWR | O_CLOEXEC);
		assert_int_equal(seen.fd, kernel);
		if (kernel < 0)
			assert_int_equal(errno, seen.error);
		else
			close(kernel);
		seen.answer = dup(0);
		fd = opens[i]("/dev/kvm", O_RDWR);
		assert_int_equal(fd, seen.answer);
		close(fd);
		if (seen.fd >= 0)
			close(seen.fd);
		seen.answer = -1;
		assert_int_equal(opens[i]("/dev/kvm", O_RDWR), -1);
		assert_int_equal(errno, ENODEV);
		if (seen.fd >= 0)
			close(seen.fd);
	}
}

static void a_file_is_created_with_its_mode(void **state)
{
	char where[SCRATCH_BYTES], name[SCRATCH_BYTES + 8];
	mode_t mask = umask(0);
	struct stat st;
	int fd;

	scratch_make(where);
	TEXT(name, "%s/f", scratch_path(where));
	for (unsigned i = 0; i < 4; i++) {
		mode_t mode = 0600 | i << 3;

		fd = i == 0   ? (open)(name, O_CREAT | O_RDWR, mode)
		     : i == 1 ? (open64)(name, O_CREAT | O_RDWR, mode)
		     : i == 2 ? (openat)(AT_FDCWD, name, O_CREAT | O_RDWR, mode)
			      : (openat64)(AT_FDCWD, name, O_CREAT | O_RDWR, mode);
		assert_true(fd >= 0);
		assert_int_equal(fstat(fd, &st), 0);
		assert_int_equal(st.st_mode & 07777, mode);
		close(fd);
		unlink(name);
	}
	fd = (open)(scratch_path(where), O_TMPFILE | O_RDWR, 0640);
	if (fd >= 0) {
		assert_int_equal(fstat(fd, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0640);
		close(fd);
	}
	scratch_remove(where);
	umask(mask);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(every_way_to_open_opens, begin),
		cmocka_unit_test_setup(every_way_to_open_kvm_is_the_librarys, begin),
		cmocka_unit_test_setup(a_file_is_created_with_its_mode, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
