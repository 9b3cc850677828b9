/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "vmm/log.h"
#include "vmm/vmm.h"

static char dir[64], path[96];
static time_t passed; /* seconds, beside the clock's own */

int __real_clock_gettime(clockid_t clock, struct timespec *ret);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ret);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ret)
{
	const int r = __real_clock_gettime(clock, ret);

	ret->tv_sec += passed;
	return r;
}

static const struct vmm_next libc = { .open = open, .close = close };

const struct vmm_next *vmm_next(void)
{
	return &libc;
}

static int setup(void **state)
{
	TEXT(dir, "/tmp/jurat-log-XXXXXX");
	assert_non_null(mkdtemp(dir));
	TEXT(path, "%s/log", dir);
	vmm_log_to(path);
	passed += 1000000; /* the bucket of the test before is empty again */
	return 0;
}

static int teardown(void **state)
{
	unlink(path);
	return rmdir(dir);
}

static const char *content(const char *of)
{
	static char text[256 * 1024];
	const int fd = open(of, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	const ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

static unsigned n_lines(const char *text)
{
	unsigned n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void lines_have_a_time_and_a_process_and_are_appended(void **state)
{
	char wanted[64];
	struct stat st;

	errno = EXDEV;
	vmm_log(VMM_LOG_VMM, "VM %d: %s", 1, "first");
	assert_int_equal(errno, EXDEV);
	vmm_log(VMM_LOG_VMM, "second");
	TEXT(wanted, "Z jurat-vmm[%ld]: VM 1: first\n", (long)getpid());
	assert_non_null(strstr(content(path), wanted));
	assert_non_null(strstr(content(path), "]: second\n"));
	assert_int_equal(n_lines(content(path)), 2);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0137, 0);
}

static void a_line_stays_one_line_whatever_is_in_it(void **state)
{
	char long_text[5000];

	memset(long_text, 'x', sizeof(long_text));
	long_text[sizeof(long_text) - 1] = '\0';
	vmm_log(VMM_LOG_VMM, "a\nb\x1b[2J%s", long_text);
	assert_int_equal(n_lines(content(path)), 1);
	assert_non_null(strstr(content(path), "a?b?[2J"));
	assert_in_range(strlen(content(path)), 100, 4096);
}

/* W7 */
static void what_a_guest_causes_is_limited_and_the_rest_is_counted(void **state)
{
	for (unsigned i = 0; i < 1000; i++)
		vmm_log(VMM_LOG_GUEST, "guest");
	assert_int_equal(n_lines(content(path)), VMM_LOG_BURST);
	vmm_log(VMM_LOG_VMM, "vmm");
	assert_int_equal(n_lines(content(path)), VMM_LOG_BURST + 1);
	passed += VMM_LOG_REFILL_S;
	vmm_log(VMM_LOG_GUEST, "guest");
	vmm_log(VMM_LOG_GUEST, "guest");
	assert_int_equal(n_lines(content(path)), VMM_LOG_BURST + 2);
	assert_non_null(strstr(content(path), "(940 lines were left out) guest\n"));
	passed += 100 * VMM_LOG_REFILL_S;
	for (unsigned i = 0; i < 1000; i++)
		vmm_log(VMM_LOG_GUEST, "guest");
	assert_int_equal(n_lines(content(path)), 2 * VMM_LOG_BURST + 2);
}

static void a_symbolic_link_is_not_followed(void **state)
{
	char other[128];

	TEXT(other, "%s/other", dir);
	assert_int_equal(symlink(other, path), 0);
	vmm_log(VMM_LOG_VMM, "line");
	assert_int_equal(access(other, F_OK), -1);
}

static void a_fifo_without_a_reader_or_full_is_not_waited_for(void **state)
{
	char filler[4096] = { 0 };
	int fd;

	assert_int_equal(mkfifo(path, 0600), 0);
	vmm_log(VMM_LOG_VMM, "nobody reads");
	fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	while (write(fd, filler, sizeof(filler)) > 0)
		;
	vmm_log(VMM_LOG_VMM, "full");
	close(fd);
}

/* In a process whose standard error is `fd`, and that any signal would end. */
static void logs_to_stderr(int fd, void (*body)(void))
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		dup2(fd, STDERR_FILENO);
		vmm_log_to(NULL);
		body();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void log_line(void)
{
	vmm_log(VMM_LOG_VMM, "to standard error");
}

static void log_much(void)
{
	for (unsigned i = 0; i < 10000; i++)
		vmm_log(VMM_LOG_VMM, "to standard error");
}

static void standard_error_is_the_log_without_a_file_and_is_not_waited_for(void **state)
{
	char text[4096] = "";
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	logs_to_stderr(fds[1], log_much); /* more than the pipe holds */
	assert_true(read(fds[0], text, sizeof(text) - 1) > 0);
	assert_non_null(strstr(text, "]: to standard error\n"));
	close(fds[0]);
	logs_to_stderr(fds[1], log_line); /* without a reader: no SIGPIPE */
	close(fds[1]);
}

static void keep_own_sigpipe(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	raise(SIGPIPE);
	log_line();
	sigpending(&set);
	if (!sigismember(&set, SIGPIPE))
		_exit(1);
}

static void exceed_limit(void)
{
	const struct rlimit limit = { 10, 10 };

	setrlimit(RLIMIT_FSIZE, &limit);
	log_much();
}

static void signals_that_writing_raises_do_not_reach_the_vmm_and_its_own_do(void **state)
{
	int fds[2];
	const int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	close(fds[0]);
	logs_to_stderr(fds[1], keep_own_sigpipe);
	close(fds[1]);
	logs_to_stderr(file, exceed_limit);
	close(file);
}

static void a_disk_with_the_number_of_standard_error_is_not_written_to(void **state)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	logs_to_stderr(fd, log_line);
	close(fd);
	assert_string_equal(content(path), "");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	logs_to_stderr(fd, log_line);
	close(fd);
	fd = open(path, O_WRONLY | O_CLOEXEC); /* as a shell's 2>FILE */
	logs_to_stderr(fd, log_line);
	close(fd);
	assert_int_equal(n_lines(content(path)), 1);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(lines_have_a_time_and_a_process_and_are_appended),
		T(a_line_stays_one_line_whatever_is_in_it),
		T(what_a_guest_causes_is_limited_and_the_rest_is_counted),
		T(a_symbolic_link_is_not_followed),
		T(a_fifo_without_a_reader_or_full_is_not_waited_for),
		T(standard_error_is_the_log_without_a_file_and_is_not_waited_for),
		T(signals_that_writing_raises_do_not_reach_the_vmm_and_its_own_do),
		T(a_disk_with_the_number_of_standard_error_is_not_written_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
