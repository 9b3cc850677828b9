/* SPDX-License-Identifier: MIT */
#include "host/vmm.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "base/env.h"
#include "store/store.h"

/*
 * doc/integrating-a-vmm.md lists the system calls of libjurat-host, for the filters of VMMs. A child serves
 * requests with every outcome and is traced: what it calls is in the list, and what is in the list is called.
 * Rows of the list whose text begins with "libc:" depend on the C library, and need not be called.
 */
static const char *document; /* argv[1] */

#if defined(__has_feature)
#define HAS_FEATURE(x) __has_feature(x)
#else
#define HAS_FEATURE(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || HAS_FEATURE(address_sanitizer) ||       \
	HAS_FEATURE(thread_sanitizer) || HAS_FEATURE(memory_sanitizer)
#define SANITIZED true
#else
#define SANITIZED false
#endif

enum { MAX_CALLS = 1024, MARK = 0x6a757261 };

static struct row {
	bool listed, optional, called;
} rows[MAX_CALLS];

/* ---- the list */

static void read_row(char *line)
{
	char *end = strchr(line + 3, '`'), *text;
	int nr;

	assert_non_null(end);
	*end = '\0';
	text = strstr(end + 1, "| ");
	assert_non_null(text);
	nr = seccomp_syscall_resolve_name(line + 3);
	if (nr == __NR_SCMP_ERROR)
		FAIL_BECAUSE("no system call is called '%s'", line + 3);
	if (nr < 0) /* not on this machine */
		return;
	assert_true(nr < MAX_CALLS);
	rows[nr] = (struct row){ .listed = true, .optional = !strncmp(text + 2, "libc:", 5) };
}

static void read_list(void)
{
	FILE *file = fopen(document, "r");
	char line[512];
	unsigned n = 0;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file) && strcmp(line, "## System calls\n") != 0)
		;
	while (fgets(line, sizeof(line), file) && strncmp(line, "## ", 3) != 0)
		if (!strncmp(line, "| `", 3)) {
			read_row(line);
			n++;
		}
	fclose(file);
	assert_true(n > 0);
}

/* ---- the quoting services, in threads of the tracer */

enum service { GOOD, GARBAGE, CLOSES, SILENT, N_SERVICES };
static char directory[] = "/tmp/jurat-calls-XXXXXX";
static const char *const names[N_SERVICES] = { "good", "garbage", "closes", "silent" };

static bool read_request(int fd)
{
	uint8_t bytes[2048];
	size_t n = 0, want = QGS_FRAME_BYTES;

	while (n < want) {
		ssize_t r = read(fd, bytes + n, sizeof(bytes) - n);

		if (r <= 0)
			return false;
		n += (size_t)r;
		if (n >= QGS_FRAME_BYTES)
			want = QGS_FRAME_BYTES + ((size_t)bytes[2] << 8 | bytes[3]);
	}
	return true;
}

static void answer(int fd, enum service how)
{
	struct qgs_message m = { .type = QGS_QUOTE_RESP, .minor_version = 1 };
	static const uint8_t quote[100] = { 4 };
	uint8_t bytes[256] = { 0, 0, 0, 1, 0xff };
	size_t n = 5;

	m.parts[QGS_PART_QUOTE] = bytes_rd(quote, sizeof(quote));
	if (how == GOOD)
		assert_int_equal(qgs_write(&m, true, bytes, sizeof(bytes), &n, NULL), 0);
	if (how == SILENT)
		(void)!read(fd, bytes, 1); /* until the library closes it */
	else if (how != CLOSES)
		assert_int_equal(send(fd, bytes, n, MSG_NOSIGNAL), n);
}

struct listener {
	enum service how;
	int fd;
};

static void *serve(void *ctx)
{
	struct listener *l = ctx;

	for (;;) {
		int fd = accept(l->fd, NULL, NULL);

		if (fd < 0)
			return NULL;
		if (read_request(fd))
			answer(fd, l->how);
		close(fd);
	}
}

static int listen_at(const char *name, int backlog)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	TEXT(un.sun_path, "%s/%s", directory, name);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	assert_int_equal(listen(fd, backlog), 0);
	return fd;
}

/* ---- the child */

/* What is between mark(true) and mark(false) is the library's. */
static void mark(bool on)
{
	syscall(SYS_getppid, MARK, on);
}

#define RECORDED(call)                                                                                       \
	({                                                                                                   \
		__typeof__(call) result_;                                                                    \
                                                                                                             \
		mark(true);                                                                                  \
		result_ = (call);                                                                            \
		mark(false);                                                                                 \
		result_;                                                                                     \
	})
#define RECORDED_VOID(call)                                                                                  \
	do {                                                                                                 \
		mark(true);                                                                                  \
		call;                                                                                        \
		mark(false);                                                                                 \
	} while (0)

static void must(bool holds, int line)
{
	if (!holds) {
		dprintf(STDERR_FILENO, "# child: line %d\n", line);
		_exit(1);
	}
}
#define MUST(holds) must(holds, __LINE__)

static void write_blob(const char *path, size_t n, mode_t mode)
{
	static const uint8_t zeros[64];
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	MUST(fd >= 0 && write(fd, zeros, n) == (ssize_t)n && fchmod(fd, mode) == 0);
	close(fd);
}

static void serve_certs_of(const char *path, struct jurat_snp_request *request, struct vmm *v, uint64_t gpa,
			   uint64_t npages, uint64_t expected)
{
	uint64_t got, n;
	struct jurat_error err = { "" };

	MUST(RECORDED(jurat_snp_request_serve(request, gpa, npages, &v->memory, &got, &n, &err)) == 0);
	if (got != expected)
		dprintf(STDERR_FILENO, "# '%s': answer %d, expected %d: %s\n", path ? path : "", (int)got,
			(int)expected, err.text);
	MUST(got == expected);
	RECORDED(jurat_snp_request_ran(request, -EINTR, 0));
}

/* The calls that do not wait, while an updater has the lock and after it. */
static void serve_without_waiting(struct jurat_snp_request *request, struct vmm *v, const char *path)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = open(path, O_RDWR | O_CLOEXEC);
	uint64_t got, n;
	uint32_t wait_ms;

	MUST(fd >= 0 && fcntl(fd, F_OFD_SETLK, &lock) == 0);
	MUST(RECORDED(jurat_snp_request_serve_nowait(request, RAM_GPA, 1, &v->memory, &got, &n, &wait_ms,
						     NULL)) == JURAT_BUSY);
	close(fd);
	MUST(RECORDED(jurat_snp_request_serve_nowait(request, RAM_GPA, 1, &v->memory, &got, &n, &wait_ms,
						     NULL)) == 0);
	MUST(got == 0);
	RECORDED_VOID(jurat_snp_request_reset(request));
}

/* After a jail: the directory by its descriptor. */
static void serve_certs_of_directory(struct vmm *v)
{
	struct jurat_snp_certs_options options = { .size = sizeof(options), .has_dir_fd = 1 };
	struct jurat_snp_request *request;
	struct jurat_snp_certs *certs;

	options.dir_fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	MUST(options.dir_fd >= 0);
	MUST(RECORDED(jurat_snp_certs_new("certs", &options, &certs, NULL)) == 0);
	MUST(RECORDED(jurat_snp_request_new(certs, &request, NULL)) == 0);
	serve_certs_of("certs", request, v, RAM_GPA, 1, 0);
	RECORDED_VOID(jurat_snp_request_free(request));
	RECORDED_VOID(jurat_snp_certs_free(certs));
	close(options.dir_fd);
}

static void serve_certs(struct vmm *v)
{
	const struct jurat_snp_certs_options options = { .size = sizeof(options), .lock_wait_ms = 20 };
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	struct jurat_snp_request *request;
	struct jurat_snp_certs *certs;
	char path[64], next[64];
	int fd;

	TEXT(path, "%s/certs", directory);
	TEXT(next, "%s/next", directory);
	MUST(RECORDED(jurat_snp_certs_new(path, &options, &certs, NULL)) == 0);
	MUST(RECORDED(jurat_snp_request_new(certs, &request, NULL)) == 0);
	serve_certs_of(path, request, v, RAM_GPA, 1, 0); /* no file */
	write_blob(path, 24, 0640);
	for (unsigned i = 0; i < 3; i++)
		serve_certs_of(path, request, v, RAM_GPA, 1, 0);
	write_blob(next, 24, 0640);
	MUST(rename(next, path) == 0); /* replaced */
	serve_certs_of(path, request, v, RAM_GPA, 1, 0);
	serve_certs_of(path, request, v, RAM_GPA + 1, 1, EIO);
	serve_certs_of(path, request, v, 0, 1, EIO);
	fd = open(path, O_RDWR | O_CLOEXEC);
	MUST(fd >= 0 && fcntl(fd, F_OFD_SETLK, &lock) == 0); /* an updater */
	serve_certs_of(path, request, v, RAM_GPA, 1, EAGAIN);
	close(fd);
	write_blob(path, 10, 0640);
	serve_certs_of(path, request, v, RAM_GPA, 1, EIO); /* no table */
	write_blob(path, 24, 0666);
	serve_certs_of(path, request, v, RAM_GPA, 1, EIO);
	MUST(unlink(path) == 0 && mkfifo(path, 0640) == 0);
	serve_certs_of(path, request, v, RAM_GPA, 1, EIO);
	MUST(unlink(path) == 0 && mkdir(path, 0700) == 0);
	serve_certs_of(path, request, v, RAM_GPA, 1, EIO);
	MUST(rmdir(path) == 0);
	write_blob(path, 24, 0640);
	serve_certs_of(path, request, v, RAM_GPA, 1, 0);
	serve_without_waiting(request, v, path);
	RECORDED_VOID(jurat_snp_request_free(request));
	RECORDED_VOID(jurat_snp_certs_free(certs));
	serve_certs_of_directory(v);
}

/* Three requests, until they have ended. */
static void serve_quote(struct vmm *v, const char *service, uint32_t grace_ms)
{
	struct pollfd p = { .events = POLLIN };

	v->options.service = service;
	v->options.grace_ms = grace_ms;
	v->options.timeout_ms = 60;
	v->options.max_waiting = 0;
	MUST(RECORDED(jurat_tdx_quotes_open(&v->options, &v->memory, &v->quotes, &v->err)) == 0);
	MUST(RECORDED(jurat_tdx_quotes_setup_notify(v->quotes, VECTOR, 7)) == UAPI_TDVMCALL_SUCCESS);
	p.fd = RECORDED(jurat_tdx_quotes_fd(v->quotes));
	for (unsigned i = 0; i < 3; i++) {
		uint64_t answered;

		prepare(v, buf_gpa(i), BUF_BYTES);
		MUST(RECORDED(jurat_tdx_quotes_serve(v->quotes, buf_gpa(i), BUF_BYTES, &answered, &v->err)) ==
		     0);
		MUST(answered == UAPI_TDVMCALL_SUCCESS);
	}
	while (RECORDED(jurat_tdx_quotes_outstanding_count(v->quotes)) > 0) {
		MUST(poll(&p, 1, 5000) == 1);
		MUST(RECORDED(jurat_tdx_quotes_dispatch(v->quotes, &v->err)) == 0);
	}
	RECORDED_VOID(jurat_tdx_quotes_close(v->quotes));
}

/* Requests that the VMM ends, as for migration and reset. */
static void end_quotes(struct vmm *v, const char *service)
{
	uint64_t answered;

	v->options.service = service;
	v->options.grace_ms = JURAT_TDX_QUOTES_NONE;
	v->options.timeout_ms = 5000;
	MUST(RECORDED(jurat_tdx_quotes_open(&v->options, &v->memory, &v->quotes, &v->err)) == 0);
	for (unsigned i = 0; i < 2; i++) {
		prepare(v, buf_gpa(0), BUF_BYTES);
		MUST(RECORDED(jurat_tdx_quotes_serve(v->quotes, buf_gpa(0), BUF_BYTES, &answered, &v->err)) ==
		     0);
		MUST(answered == UAPI_TDVMCALL_SUCCESS);
		if (i == 0)
			RECORDED_VOID(jurat_tdx_quotes_cancel(v->quotes));
		else
			RECORDED_VOID(jurat_tdx_quotes_reset(v->quotes));
		MUST(RECORDED(jurat_tdx_quotes_outstanding_count(v->quotes)) == 0);
	}
	RECORDED_VOID(jurat_tdx_quotes_close(v->quotes));
}

static void serve_quotes(struct vmm *v)
{
	char address[96];

	for (unsigned i = 0; i < N_SERVICES; i++) {
		TEXT(address, "unix:%s/%s", directory, names[i]);
		serve_quote(v, address, 0);
		serve_quote(v, address, JURAT_TDX_QUOTES_NONE);
	}
	TEXT(address, "unix:%s/%s", directory, names[SILENT]);
	end_quotes(v, address);
	TEXT(address, "unix:%s/busy", directory);
	serve_quote(v, address, 0);
	TEXT(address, "unix:%s/absent", directory);
	serve_quote(v, address, 0);
	serve_quote(v, "tcp:127.0.0.1:1", 0);
	serve_quote(v, "vsock:2:1", 0);
	serve_quote(v, NULL, 0);
}

_Noreturn static void become_vmm(void)
{
	struct vmm *v = vmm_new();

	MUST(ptrace(PTRACE_TRACEME, 0, 0, 0) == 0);
	raise(SIGSTOP);
	serve_certs(v);
	serve_quotes(v);
	_exit(0);
}

/* ---- the tracer */

static void on_call(pid_t child, bool *recording)
{
	struct __ptrace_syscall_info info = { 0 };

	assert_true(ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof(info), &info) > 0);
	if (info.op != PTRACE_SYSCALL_INFO_ENTRY)
		return;
	if (info.entry.nr == SYS_getppid && info.entry.args[0] == MARK) {
		*recording = info.entry.args[1];
	} else if (*recording) {
		assert_true(info.entry.nr < MAX_CALLS);
		rows[info.entry.nr].called = true;
	}
}

/* The child's exit status. */
static int trace(pid_t child)
{
	bool recording = false;
	int status, signal = 0;

	assert_int_equal(waitpid(child, &status, 0), child);
	if (!WIFSTOPPED(status))
		SKIP_BECAUSE("a process here may not be traced by its parent");
	assert_int_equal(ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL), 0);
	for (;;) {
		assert_int_equal(ptrace(PTRACE_SYSCALL, child, 0, signal), 0);
		assert_int_equal(waitpid(child, &status, 0), child);
		if (WIFEXITED(status))
			return WEXITSTATUS(status);
		assert_true(WIFSTOPPED(status));
		signal = WSTOPSIG(status);
		if (signal == (SIGTRAP | 0x80)) {
			on_call(child, &recording);
			signal = 0;
		}
	}
}

static void compare(void)
{
	bool differs = false;

	for (int i = 0; i < MAX_CALLS; i++) {
		char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, i);

		if (rows[i].called && !rows[i].listed)
			test_say("%s is called and is not in the list", name);
		if (rows[i].listed && !rows[i].optional && !rows[i].called)
			test_say("%s is in the list and is not called", name);
		differs |= rows[i].called ? !rows[i].listed : rows[i].listed && !rows[i].optional;
		free(name);
	}
	assert_false(differs);
}

static void the_documented_system_calls_are_those_that_are_made(void **state)
{
	struct listener listeners[N_SERVICES];
	pthread_t threads[N_SERVICES];
	int busy, client;
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	pid_t child;
	int status;

	if (SANITIZED)
		SKIP_BECAUSE("a sanitizer makes system calls of its own");
	read_list();
	assert_non_null(mkdtemp(directory));
	for (int i = 0; i < N_SERVICES; i++)
		listeners[i] = (struct listener){ .how = (enum service)i, .fd = listen_at(names[i], 16) };
	busy = listen_at("busy", 0); /* and nobody accepts */
	client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	TEXT(un.sun_path, "%s/busy", directory);
	assert_int_equal(connect(client, (struct sockaddr *)&un, sizeof(un)), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		become_vmm();
	for (int i = 0; i < N_SERVICES; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, serve, &listeners[i]), 0);
	status = trace(child);
	for (int i = 0; i < N_SERVICES; i++) {
		shutdown(listeners[i].fd, SHUT_RDWR);
		pthread_join(threads[i], NULL);
		close(listeners[i].fd);
	}
	close(client);
	close(busy);
	assert_int_equal(status, 0);
	compare();
}

static int clean_up(void **state)
{
	char path[64];

	for (int i = 0; i < N_SERVICES + 2; i++) {
		TEXT(path, "%s/%s", directory,
		     i < N_SERVICES    ? names[i]
		     : i == N_SERVICES ? "busy"
				       : "certs");
		unlink(path);
	}
	rmdir(directory);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(the_documented_system_calls_are_those_that_are_made, clean_up),
	};

	document = argc > 1 ? argv[1] : "doc/integrating-a-vmm.md";
	return cmocka_run_group_tests(tests, NULL, NULL);
}
