/* SPDX-License-Identifier: MIT */
/*
 * A guest program that asks a quoting service by itself, as Intel's library does: it knows the kernel's
 * interfaces and nothing of jurat. test_qgs.c runs it under `jurat run`. It ends with 0, or tells what was
 * not as expected and ends with 1.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK(x)                                                                                             \
	do {                                                                                                 \
		if (!(x)) {                                                                                  \
			fprintf(stderr, "%s:%d: %s (errno %d)\n", __FILE__, __LINE__, #x, errno);            \
			exit(1);                                                                             \
		}                                                                                            \
	} while (0)
#define FAILS(call, with) CHECK((call) == -1 && errno == (with))

/* Source: Linux include/uapi/linux/vm_sockets.h; other libcs come without the kernel's headers. */
struct sockaddr_vm {
	sa_family_t svm_family;
	unsigned short svm_reserved1;
	unsigned svm_port, svm_cid;
	unsigned char svm_zero[4];
};
enum { VMADDR_CID_HOST = 2 };
#define VMADDR_CID_ANY  0xffffffffu
#define VMADDR_PORT_ANY 0xffffffffu

/* Source: Linux include/uapi/linux/tdx-guest.h. */
struct tdx_report_req {
	uint8_t reportdata[64], tdreport[1024];
};
#define GET_REPORT0 _IOWR('T', 1, struct tdx_report_req)

enum { REQUEST_BYTES = 4 + 24 + 1024, ANSWER_BYTES = 16 * 1024, PORT = 4050 };

/* Spec: Intel DCAP qgs_msg_lib. */
static void write_request(uint8_t request[REQUEST_BYTES], uint8_t mark)
{
	static const uint8_t header[28] = { 0, 0, 4, 24, 1, 0, 1, 0, 0, 0, 0, 0, 24, 4, 0, 0, [21] = 4 };
	struct tdx_report_req report = { .reportdata = { 8, mark } };
	int device = open("/dev/tdx_guest", O_RDWR);

	CHECK(device >= 0 && ioctl(device, GET_REPORT0, &report) == 0);
	memcpy(request, header, sizeof(header));
	memcpy(request + sizeof(header), report.tdreport, sizeof(report.tdreport));
	close(device);
}

/* All that comes until the end of file. */
static size_t read_answer(int fd, uint8_t answer[ANSWER_BYTES])
{
	size_t got = 0;
	ssize_t n;

	while ((n = recv(fd, answer + got, ANSWER_BYTES - got, 0)) > 0)
		got += (size_t)n;
	return n == 0 ? got : 0;
}

/* Whether it is one answer with a quote. */
static bool is_quote(const uint8_t *answer, size_t n)
{
	return n > 28 + 1020 && ((size_t)answer[2] << 8 | answer[3]) + 4 == n && answer[8] == 1 &&
	       memcmp(answer + 16, "\0\0\0\0", 4) == 0 && answer[28] == 4;
}

static void keep(const char *path, const uint8_t *answer, size_t n)
{
	int out = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);

	printf("%s\n", is_quote(answer, n) ? "one answer" : "no whole answer");
	CHECK(out >= 0);
	if (is_quote(answer, n))
		CHECK(write(out, answer + 28, n - 28) == (ssize_t)(n - 28));
	close(out);
}

static void give_up(void)
{
	printf("%s\n", errno == ECONNREFUSED ? "ECONNREFUSED"
		       : errno == ECONNRESET ? "ECONNRESET"
					     : strerror(errno));
	exit(0);
}

static int service(const char *path)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strncpy(name.sun_path, path, sizeof(name.sun_path) - 1);
	if (connect(fd, (struct sockaddr *)&name, sizeof(name)) < 0)
		give_up();
	return fd;
}

/* Byte by byte. Others are connected meanwhile, and say nothing or nonsense. */
static void ask_path(const char *path, const char *to)
{
	static uint8_t answer[ANSWER_BYTES];
	uint8_t request[REQUEST_BYTES];
	int silent = service(path), wrong = service(path), fd = service(path);

	write_request(request, 0);
	CHECK(send(wrong, "\0\0\0\1nonsense", 12, 0) == 12);
	CHECK(recv(wrong, answer, 1, 0) <= 0); /* closed, without a response */
	for (size_t i = 0; i < sizeof(request); i++)
		CHECK(send(fd, request + i, 1, MSG_NOSIGNAL) == 1);
	keep(to, answer, read_answer(fd, answer));
	close(silent);
	close(wrong);
	close(fd);
}

static int connect_vsock(int fd, unsigned cid, unsigned port)
{
	const struct sockaddr_vm name = { .svm_family = AF_VSOCK, .svm_cid = cid, .svm_port = port };

	return connect(fd, (const struct sockaddr *)&name, sizeof(name));
}

/* Where Intel's library reads it. */
static unsigned configured_port(void)
{
	FILE *f = fopen("/etc/tdx-attest.conf", "r");
	unsigned port = 0;

	CHECK(f && fscanf(f, " port = %10u ", &port) == 1 && fgetc(f) == EOF);
	fclose(f);
	return port;
}

static void ask_vsock(const char *to)
{
	static uint8_t answer[ANSWER_BYTES];
	uint8_t request[REQUEST_BYTES];
	int fd = socket(AF_VSOCK, SOCK_STREAM, 0);

	CHECK(fd >= 0);
	write_request(request, 0);
	if (connect_vsock(fd, VMADDR_CID_HOST, configured_port()) < 0)
		give_up();
	CHECK(send(fd, request, sizeof(request), 0) == sizeof(request));
	keep(to, answer, read_answer(fd, answer));
	close(fd);
}

/* What Linux answers, in the order of its checks. */
static void refusals(void)
{
	int fd = socket(AF_VSOCK, SOCK_STREAM, 0), closed = dup(fd);

	close(closed);
	FAILS(socket(AF_VSOCK, SOCK_DGRAM, 0), ENODEV);
	FAILS(socket(AF_VSOCK, SOCK_RAW, 0), ESOCKTNOSUPPORT);
	FAILS(socket(AF_VSOCK, SOCK_STREAM, IPPROTO_TCP), EPROTONOSUPPORT);
	FAILS(socket(AF_VSOCK, SOCK_DGRAM, IPPROTO_TCP), EPROTONOSUPPORT);
	FAILS(socket(AF_VSOCK, SOCK_STREAM | 0x10, 0), EINVAL);
	FAILS(socket(AF_VSOCK, 12, 0), EINVAL);
	FAILS(connect_vsock(fd, VMADDR_CID_HOST, PORT + 1), ECONNRESET);
	FAILS(connect_vsock(fd, 77, PORT), ENODEV);
	FAILS(connect_vsock(fd, VMADDR_CID_ANY, PORT), ENODEV);
	FAILS(connect_vsock(closed, VMADDR_CID_HOST, PORT), EBADF);
	FAILS(connect(fd, (struct sockaddr *)16, sizeof(struct sockaddr_vm)), EFAULT);
	FAILS(send(fd, "x", 1, MSG_NOSIGNAL), ENOTCONN);
	CHECK(connect_vsock(fd, VMADDR_CID_HOST, PORT) == 0);
	CHECK(send(fd, "\0\0\0", 3, 0) == 3);
	while (connect_vsock(fd, VMADDR_CID_HOST, PORT) == 0) /* until these bytes are read */
		;
	CHECK(errno == EISCONN);
	close(fd);
}

/* What is no vsock socket is none of ours, whatever address it is connected to. */
static void others(void)
{
	struct sockaddr_in port = { .sin_family = AF_INET };
	struct sockaddr_un path = { .sun_family = AF_UNIX, .sun_path = "/nowhere/at-all" };
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	struct sockaddr_un abstract = { .sun_family = AF_UNIX };
	socklen_t size = sizeof(port);
	int inet = socket(AF_INET, SOCK_STREAM, 0), local = socket(AF_UNIX, SOCK_STREAM, 0), fd, pair[2];

	port.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK(bind(inet, (struct sockaddr *)&port, sizeof(port)) == 0); /* and does not listen */
	CHECK(getsockname(inet, (struct sockaddr *)&port, &size) == 0);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	FAILS(connect(fd, (struct sockaddr *)&port, sizeof(port)), ECONNREFUSED);
	CHECK(listen(inet, 1) == 0 && connect(fd, (struct sockaddr *)&port, sizeof(port)) == 0);
	close(fd);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	FAILS(connect_vsock(fd, VMADDR_CID_HOST, PORT), EAFNOSUPPORT);
	FAILS(connect_vsock(local, VMADDR_CID_HOST, PORT), EINVAL);
	FAILS(connect_vsock(open("/dev/null", O_RDONLY), VMADDR_CID_HOST, PORT), ENOTSOCK);
	FAILS(connect(local, (struct sockaddr *)&path, sizeof(path)), ENOENT);
	FAILS(connect(local, (struct sockaddr *)&path, sizeof(struct sockaddr_vm)), ENOENT);
	CHECK(bind(local, (struct sockaddr *)&name, sizeof(sa_family_t)) == 0); /* of the kernel's choice */
	FAILS(connect_vsock(local, VMADDR_CID_HOST, PORT), EINVAL);
	local = socket(AF_UNIX, SOCK_STREAM, 0);
	/* longer than the path of a device; the network's names are shared with whatever else runs */
	CHECK(snprintf(abstract.sun_path + 1, 50, "%049d", getpid()) == 49);
	CHECK(bind(local, (struct sockaddr *)&abstract, sizeof(sa_family_t) + 50) == 0);
	FAILS(connect_vsock(local, VMADDR_CID_HOST, PORT), EINVAL);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 && write(pair[0], "x", 1) == 1);
}

/* call: the system call itself, as a sanitizer would look behind bad addresses. */
static void is_named(int fd, long call, unsigned cid, unsigned port)
{
	struct sockaddr_vm name, names[2];
	socklen_t size = sizeof(names);

	memset(names, 0xee, sizeof(names));
	CHECK(syscall(call, fd, names, &size) == 0 && size == sizeof(name));
	CHECK(names[1].svm_family == 0xeeee && names[1].svm_port == 0xeeeeeeee); /* and no more */
	name = names[0];
	CHECK(name.svm_family == AF_VSOCK && name.svm_reserved1 == 0 && name.svm_cid == cid);
	CHECK(port ? name.svm_port == port : name.svm_port >= 1024);
	size = 1; /* what does not fit is cut off */
	memset(&name, 0, sizeof(name));
	CHECK(syscall(call, fd, &name, &size) == 0 && size == sizeof(name));
	CHECK(name.svm_family == (AF_VSOCK & 0xff) && name.svm_cid == 0);
	size = (socklen_t)-1;
	FAILS(syscall(call, fd, &name, &size), EINVAL);
	FAILS(syscall(call, fd, &name, 16), EFAULT);
	size = sizeof(name);
	FAILS(syscall(call, fd, 16, &size), EFAULT);
}

/* A vsock socket has vsock's names, others have their own. */
static void names(void)
{
	int fd = socket(AF_VSOCK, SOCK_STREAM, 0), local = socket(AF_UNIX, SOCK_STREAM, 0);
	struct sockaddr_storage name;
	socklen_t size = sizeof(name);

	is_named(fd, SYS_getsockname, VMADDR_CID_ANY, VMADDR_PORT_ANY);
	FAILS(getpeername(fd, (struct sockaddr *)&name, &size), ENOTCONN);
	FAILS(connect_vsock(fd, VMADDR_CID_HOST, PORT + 1), ECONNRESET);
	CHECK(connect_vsock(fd, VMADDR_CID_HOST, PORT) == 0);
	is_named(fd, SYS_getsockname, VMADDR_CID_ANY, 0);
	is_named(fd, SYS_getpeername, VMADDR_CID_HOST, PORT);
	CHECK(getsockname(local, (struct sockaddr *)&name, &size) == 0);
	CHECK(size == sizeof(sa_family_t) && name.ss_family == AF_UNIX);
	FAILS(getpeername(local, (struct sockaddr *)&name, &size), ENOTCONN);
	FAILS(getsockname(-1, (struct sockaddr *)&name, &size), EBADF);
	FAILS(getsockname(open("/dev/null", O_RDONLY), (struct sockaddr *)&name, &size), ENOTSOCK);
}

/* A descriptor keeps what was set on it, and its copies are the same socket. */
static void descriptors(void)
{
	static uint8_t answer[ANSWER_BYTES];
	uint8_t request[REQUEST_BYTES];
	int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, AF_VSOCK), copy, epoll, status;
	struct epoll_event event = { .events = EPOLLIN | EPOLLRDHUP };
	struct timeval limit = { .tv_sec = 77 };
	socklen_t size = sizeof(limit);

	CHECK(fcntl(fd, F_GETFD) == FD_CLOEXEC && (fcntl(fd, F_GETFL) & O_NONBLOCK));
	CHECK(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) == 0);
	copy = dup(fd);
	epoll = epoll_create1(0);
	CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0);
	CHECK(connect_vsock(fd, VMADDR_CID_HOST, PORT) == 0);
	CHECK(fcntl(fd, F_GETFD) == FD_CLOEXEC && (fcntl(copy, F_GETFL) & O_NONBLOCK));
	limit.tv_sec = 0;
	CHECK(getsockopt(copy, SOL_SOCKET, SO_RCVTIMEO, &limit, &size) == 0 && limit.tv_sec == 77);
	write_request(request, 1);
	CHECK(send(copy, request, sizeof(request), 0) == sizeof(request));
	CHECK(epoll_wait(epoll, &event, 1, -1) == 1); /* registered before it was connected */
	CHECK(fcntl(fd, F_SETFL, 0) == 0 && is_quote(answer, read_answer(fd, answer)));
	fd = socket(AF_VSOCK, SOCK_STREAM, 0);
	CHECK(fcntl(fd, F_GETFD) == 0 && !(fcntl(fd, F_GETFL) & O_NONBLOCK));
	if (fork() == 0) /* another process connects it, we use it */
		_exit(connect_vsock(fd, VMADDR_CID_HOST, PORT) == 0 ? 0 : 1);
	CHECK(wait(&status) > 0 && status == 0);
	CHECK(send(fd, request, sizeof(request), 0) == sizeof(request));
	CHECK(is_quote(answer, read_answer(fd, answer)));
}

struct shared {
	unsigned each;
	bool restarts; /* without it a call may be interrupted, and is made again */
	atomic_uint good, over;
};

static void *thread(void *ctx)
{
	struct shared *s = ctx;
	uint8_t request[REQUEST_BYTES], *answer = malloc(ANSWER_BYTES);

	for (unsigned i = 0; i < s->each; i++) {
		size_t got = 0;
		ssize_t n;
		int fd;

		write_request(request, (uint8_t)i);
		do
			fd = socket(AF_VSOCK, SOCK_STREAM, 0);
		while (fd < 0 && errno == EINTR && !s->restarts);
		CHECK(fd >= 0);
		while (connect_vsock(fd, VMADDR_CID_HOST, PORT) < 0)
			CHECK(errno == EINTR && !s->restarts);
		CHECK(send(fd, request, sizeof(request), 0) == sizeof(request));
		while ((n = recv(fd, answer + got, ANSWER_BYTES - got, 0)) != 0) {
			CHECK(n > 0 || (errno == EINTR && !s->restarts));
			got += n > 0 ? (size_t)n : 0;
		}
		/* Its own: the quote is over what was asked. */
		if (is_quote(answer, got) && memcmp(answer + 28 + 48 + 520, request + 28 + 128, 64) == 0)
			atomic_fetch_add(&s->good, 1);
		close(fd);
	}
	free(answer);
	atomic_fetch_add(&s->over, 1);
	return NULL;
}

static void nothing(int signal)
{
}

/* More threads than the service has connections, and a signal for each all the time. */
static void flood(bool restarts)
{
	enum { THREADS = 24, EACH = 8 };
	struct shared s = { .each = EACH, .restarts = restarts };
	struct sigaction action = { .sa_handler = nothing, .sa_flags = restarts ? SA_RESTART : 0 };
	pthread_t ids[THREADS];

	sigaction(SIGURG, &action, NULL);
	for (int i = 0; i < THREADS; i++)
		CHECK(pthread_create(&ids[i], NULL, thread, &s) == 0);
	while (atomic_load(&s.over) < THREADS) {
		for (int i = 0; i < THREADS; i++)
			pthread_kill(ids[i], SIGURG);
		poll(NULL, 0, 1); /* some progress in between: a call that waits is made again and again */
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(ids[i], NULL);
	CHECK(atomic_load(&s.good) == THREADS * EACH);
	printf("%u\n", atomic_load(&s.good));
}

static void *connects_for_ever(void *ctx)
{
	for (;;) {
		int fd = socket(AF_VSOCK, SOCK_STREAM, 0);

		connect_vsock(fd, VMADDR_CID_HOST, PORT + 1);
		close(fd);
	}
	return ctx;
}

/* Children that die while they ask. */
static void deaths(void)
{
	for (int i = 0; i < 20; i++) {
		pid_t child = fork();
		pthread_t id;
		int status;

		if (child == 0) {
			for (int j = 0; j < 4; j++)
				pthread_create(&id, NULL, connects_for_ever, NULL);
			connects_for_ever(NULL);
		}
		poll(NULL, 0, 3);
		CHECK(kill(child, SIGKILL) == 0 && waitpid(child, &status, 0) == child);
	}
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!strcmp(what, "path") && argc > 3)
		ask_path(argv[2], argv[3]);
	else if (!strcmp(what, "vsock") && argc > 2)
		ask_vsock(argv[2]);
	else if (!strcmp(what, "refusals"))
		refusals();
	else if (!strcmp(what, "others"))
		others();
	else if (!strcmp(what, "names"))
		names();
	else if (!strcmp(what, "descriptors"))
		descriptors();
	else if (!strcmp(what, "flood"))
		flood(argc < 3);
	else if (!strcmp(what, "deaths"))
		deaths();
	else
		return 2;
	return 0;
}
