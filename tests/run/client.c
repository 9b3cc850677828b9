/* SPDX-License-Identifier: MIT */
/*
 * A guest or host program like any other: it knows the kernel's interfaces and nothing of jurat. Tests run
 * it under `jurat run`, linked dynamically, statically and against musl. It ends with 0, or tells what was
 * not as expected and ends with 1.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Source: Linux include/uapi/linux/sev-guest.h, psp-sev.h. Spec: 8.1, 9.1. */
struct guest_request {
	uint8_t msg_version;
	uint64_t req_data, resp_data, exitinfo2;
};
struct report_req {
	uint8_t user_data[64];
	uint32_t vmpl;
	uint8_t rsvd[28];
};
struct ext_report_req {
	struct report_req data;
	uint64_t certs_address;
	uint32_t certs_len;
};
struct derived_key_req {
	uint32_t root_key_select, rsvd;
	uint64_t guest_field_select;
	uint32_t vmpl, guest_svn;
	uint64_t tcb_version;
};
#define GET_REPORT      _IOWR('S', 0, struct guest_request)
#define GET_DERIVED_KEY _IOWR('S', 1, struct guest_request)
#define GET_EXT_REPORT  _IOWR('S', 2, struct guest_request)

enum {
	RESP_BYTES = 4000,
	REPORT_OFF = 32,
	REPORT_BYTES = 1184,
	REPORT_DATA_OFF = 0x50,
	CHIP_TCB_OFF = 0x180,
	KEY_OFF = 32,
	PAGE = 4096
};

#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447 /* on every architecture. Source: Linux include/uapi/asm-generic/unistd.h */
#endif

#define CHECK(x)                                                                                             \
	do {                                                                                                 \
		if (!(x)) {                                                                                  \
			fprintf(stderr, "client: line %d: %s (errno %d)\n", __LINE__, #x, errno);            \
			exit(1);                                                                             \
		}                                                                                            \
	} while (0)

/* strerrorname_np(3), which musl lacks. */
static const char *error_name(int error)
{
	static const struct {
		int error;
		const char *name;
	} names[] = { { EIO, "EIO" },       { EBUSY, "EBUSY" },         { EAGAIN, "EAGAIN" },
		      { EINVAL, "EINVAL" }, { ETIMEDOUT, "ETIMEDOUT" }, { ENOTTY, "ENOTTY" },
		      { ENOSPC, "ENOSPC" }, { ENOENT, "ENOENT" } };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].error == error)
			return names[i].name;
	return "another errno";
}

static uint64_t le64(const uint8_t *p)
{
	uint64_t v = 0;

	for (int i = 7; i >= 0; i--)
		v = v << 8 | p[i];
	return v;
}

static int open_guest(void)
{
	int fd = open("/dev/sev-guest", O_RDWR | O_CLOEXEC);

	CHECK(fd >= 0);
	return fd;
}

static int ask(int fd, unsigned long number, const void *req, void *resp, struct guest_request *ret)
{
	*ret = (struct guest_request){ .msg_version = 1,
				       .req_data = (uintptr_t)req,
				       .resp_data = (uintptr_t)resp,
				       .exitinfo2 = 0x1234 };
	return ioctl(fd, number, ret);
}

static void report(void)
{
	struct report_req req = { .user_data = { 1, 2, 3 } };
	uint8_t resp[RESP_BYTES];
	struct guest_request g;
	int fd = open_guest();

	memset(resp, 0xee, sizeof(resp));
	CHECK(ask(fd, GET_REPORT, &req, resp, &g) == 0);
	CHECK(g.exitinfo2 == 0x1234); /* a zero is not copied back */
	CHECK(le64(resp) == (uint64_t)1184 << 32);
	CHECK(memcmp(resp + REPORT_OFF + REPORT_DATA_OFF, req.user_data, 64) == 0);
	CHECK(resp[RESP_BYTES - 1] == 0);
	close(fd);
}

static void extended(void)
{
	struct ext_report_req req = { .data.user_data = { 9 } };
	uint8_t resp[RESP_BYTES], *certs;
	struct guest_request g;
	int fd = open_guest();

	CHECK(ask(fd, GET_EXT_REPORT, &req, resp, &g) == -1 && errno == EIO); /* how large? */
	CHECK(g.exitinfo2 == (uint64_t)1 << 32 && req.certs_len == 2 * PAGE);
	certs = malloc(req.certs_len);
	memset(certs, 0xee, req.certs_len);
	req.certs_address = (uintptr_t)certs;
	CHECK(ask(fd, GET_EXT_REPORT, &req, resp, &g) == 0);
	CHECK(g.exitinfo2 == 0x1234 && certs[2 * PAGE - 1] == 0 && le64(certs) != 0);
	req.certs_len = PAGE + 1;
	CHECK(ask(fd, GET_EXT_REPORT, &req, resp, &g) == -1 && errno == EINVAL && g.exitinfo2 == 0xff);
	free(certs);
	close(fd);
}

static void key(void)
{
	struct derived_key_req req = { .guest_field_select = 1 };
	uint8_t one[64], two[64];
	struct guest_request g;
	int fd = open_guest();

	CHECK(ask(fd, GET_DERIVED_KEY, &req, one, &g) == 0);
	CHECK(ask(fd, GET_DERIVED_KEY, &req, two, &g) == 0);
	CHECK(memcmp(one, two, sizeof(one)) == 0 && le64(one + KEY_OFF) != 0);
	req.guest_field_select = 2;
	CHECK(ask(fd, GET_DERIVED_KEY, &req, two, &g) == 0);
	CHECK(memcmp(one, two, sizeof(one)) != 0);
	close(fd);
}

/* What is copied back, and when nothing is. Spec: 8.2. */
static void errors(void)
{
	struct report_req req = { .vmpl = 0 };
	uint8_t resp[RESP_BYTES], *readonly;
	struct guest_request g;
	int fd = open_guest();

	CHECK(ioctl(fd, GET_REPORT, 16) == -1 && errno == EFAULT);
	CHECK(ask(fd, GET_REPORT, NULL, resp, &g) == -1 && errno == EINVAL && g.exitinfo2 == 0xff);
	CHECK(ask(fd, GET_REPORT, &req, (void *)16, &g) == -1 && errno == EFAULT);
	CHECK(ask(fd, GET_REPORT, (void *)16, resp, &g) == -1 && errno == EFAULT && g.exitinfo2 == 0xff);
	CHECK(ask(fd, _IOWR('S', 9, struct guest_request), &req, resp, &g) == -1 && errno == ENOTTY);
	CHECK(g.exitinfo2 == 0xff);
	g = (struct guest_request){ .msg_version = 0, .exitinfo2 = 0x1234 };
	CHECK(ioctl(fd, GET_REPORT, &g) == -1 && errno == EINVAL && g.exitinfo2 == 0x1234);
	readonly = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(readonly != MAP_FAILED);
	memcpy(readonly, &(struct guest_request){ .msg_version = 1 }, sizeof(struct guest_request));
	CHECK(mprotect(readonly, PAGE, PROT_READ) == 0);
	CHECK(ioctl(fd, GET_REPORT, readonly) == -1 && errno == EFAULT);
	CHECK(ask(fd, GET_REPORT, &req, resp, &g) == 0); /* and it goes on */
	close(fd);
}

struct shared {
	int fd;
	unsigned requests;
	atomic_uint good, interrupted;
};

static void *thread(void *ctx)
{
	struct shared *s = ctx;
	struct report_req req = { .vmpl = 0 };
	uint8_t resp[RESP_BYTES];
	struct guest_request g;

	for (unsigned i = 0; i < s->requests; i++) {
		unsigned mark = atomic_fetch_add(&s->good, 0) * 131 + i;

		memcpy(req.user_data, &mark, sizeof(mark));
		memcpy(req.user_data + 8, &(pthread_t){ pthread_self() }, sizeof(pthread_t));
		if (ask(s->fd, GET_REPORT, &req, resp, &g) == 0 &&
		    memcmp(resp + REPORT_OFF + REPORT_DATA_OFF, req.user_data, 64) == 0)
			atomic_fetch_add(&s->good, 1);
		else if (errno == EINTR)
			atomic_fetch_add(&s->interrupted, 1);
	}
	return NULL;
}

static void nothing(int signal)
{
}

/*
 * 16 threads, and with `flood` a signal for each of them all the time, as Go's runtime does to preempt
 * goroutines.
 */
static void threads(unsigned requests, bool flood)
{
	enum { N = 16 };
	struct shared s = { .fd = open_guest(), .requests = requests / N };
	struct sigaction action = { .sa_handler = nothing }; /* no SA_RESTART: an EINTR would be seen */
	pthread_t ids[N];

	sigaction(SIGURG, &action, NULL);
	for (int i = 0; i < N; i++)
		CHECK(pthread_create(&ids[i], NULL, thread, &s) == 0);
	while (flood && atomic_load(&s.good) + atomic_load(&s.interrupted) < requests / N * N)
		for (int i = 0; i < N; i++)
			pthread_kill(ids[i], SIGURG);
	for (int i = 0; i < N; i++)
		pthread_join(ids[i], NULL);
	CHECK(atomic_load(&s.interrupted) == 0);
	CHECK(atomic_load(&s.good) == requests / N * N);
	printf("%u\n", atomic_load(&s.good));
}

static void processes(void)
{
	for (int i = 0; i < 4; i++)
		if (fork() == 0) {
			report();
			_exit(0);
		}
	for (int i = 0; i < 4; i++) {
		int status;

		CHECK(wait(&status) > 0 && status == 0);
	}
}

/* A descriptor outlives its name and is shared by fork and dup. */
static void descriptors(void)
{
	struct report_req req = { .vmpl = 0 };
	uint8_t resp[RESP_BYTES];
	struct guest_request g;
	int fd = open_guest(), copy = dup(fd), status;
	struct stat st;

	close(fd);
	if (fork() == 0)
		_exit(ask(copy, GET_REPORT, &req, resp, &g) == 0 ? 0 : 1);
	CHECK(wait(&status) > 0 && status == 0);
	CHECK(ask(copy, GET_REPORT, &req, resp, &g) == 0);
	CHECK(access("/dev/sev-guest", R_OK | W_OK) == 0);
	CHECK(stat("/dev/sev-guest", &st) == 0 && (st.st_mode & 0777) == 0600);
	CHECK(access("/dev/null", W_OK) == 0 && access("/dev/sev", F_OK) == -1 && errno == ENOENT);
	CHECK(lseek(copy, 0, SEEK_SET) == -1 && errno == ESPIPE);
	CHECK(read(copy, resp, 1) == -1 && errno == EINVAL);
	close(copy);
}

/* Prints the reported TCB of one extended report, which has certificates. */
static void tcb(void)
{
	static uint8_t certs[4 * PAGE];
	struct ext_report_req req = { .certs_address = (uintptr_t)certs, .certs_len = sizeof(certs) };
	uint8_t resp[RESP_BYTES];
	struct guest_request g;
	int fd = open_guest();

	CHECK(ask(fd, GET_EXT_REPORT, &req, resp, &g) == 0);
	printf("%016llx\n", (unsigned long long)le64(resp + REPORT_OFF + CHIP_TCB_OFF));
	close(fd);
}

/* A report and its certificates, one behind the other, into a file. */
static void evidence(const char *path)
{
	static uint8_t certs[4 * PAGE];
	struct ext_report_req req = { .certs_address = (uintptr_t)certs, .certs_len = sizeof(certs) };
	uint8_t resp[RESP_BYTES];
	struct guest_request g;
	int fd = open_guest(), out = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);

	CHECK(ask(fd, GET_EXT_REPORT, &req, resp, &g) == 0);
	CHECK(out >= 0 && write(out, resp + REPORT_OFF, REPORT_BYTES) == REPORT_BYTES);
	CHECK(write(out, certs, req.certs_len) == (ssize_t)req.certs_len);
	close(fd);
	close(out);
}

/* One extended request: how it ended, for tests of faults. */
static void once(void)
{
	static uint8_t certs[4 * PAGE];
	struct ext_report_req req = { .certs_address = (uintptr_t)certs, .certs_len = sizeof(certs) };
	uint8_t resp[RESP_BYTES];
	struct guest_request g;
	int fd = open_guest(), r = ask(fd, GET_EXT_REPORT, &req, resp, &g);

	printf("%s exitinfo2=%llx certs_len=%u first=%d\n", r == 0 ? "ok" : error_name(errno),
	       (unsigned long long)g.exitinfo2, req.certs_len, certs[0] != 0);
	close(fd);
}

/* Source: Linux include/uapi/linux/tdx-guest.h. */
struct tdx_report_req {
	uint8_t reportdata[64], tdreport[1024];
};
#define GET_REPORT0 _IOWR('T', 1, struct tdx_report_req)

static void tdreport(void)
{
	static const char name[] = "/sys/class/misc/tdx_guest/measurements/rtmr3:sha384";
	struct tdx_report_req req = { .reportdata = { 5, 6 } };
	uint8_t before[64], after[64], digest[48] = { 1 };
	int fd = open("/dev/tdx_guest", O_RDWR), mr = open(name, O_RDWR);

	CHECK(fd >= 0 && mr >= 0);
	CHECK(ioctl(fd, GET_REPORT0, &req) == 0);
	CHECK(req.tdreport[0] == 0x81 && memcmp(req.tdreport + 128, req.reportdata, 64) == 0);
	CHECK(ioctl(fd, GET_REPORT0, 16) == -1 && errno == EFAULT);
	CHECK(ioctl(fd, _IOWR('T', 9, struct tdx_report_req), &req) == -1 && errno == ENOTTY);
	CHECK(pread(mr, before, sizeof(before), 0) == 48 && pread(mr, before, sizeof(before), 48) == 0);
	CHECK(pwrite(mr, digest, 47, 0) == -1 && errno == EINVAL);
	CHECK(pwrite(mr, digest, 48, 0) == 48);
	CHECK(pread(mr, after, sizeof(after), 0) == 48 && memcmp(before, after, 48) != 0);
	CHECK(open("/sys/class/misc/tdx_guest/measurements/mrowner", O_RDONLY) >= 0);
	close(fd);
	close(mr);
}

/* Source: the driver posted in 2023; the header is that of GHCI's GetQuote. */
struct tdx_quote_req {
	uint64_t buf, len;
};
struct quote_buffer {
	uint64_t version, status;
	uint32_t in_len, out_len;
	uint8_t data[16 * 1024 - 24];
};
#define TDX_GET_QUOTE _IOWR('T', 2, struct tdx_quote_req)

/* One quote through the device alone, into a file; prints what the host wrote into the buffer's header. */
static void quote(const char *path)
{
	static struct quote_buffer buffer = { .version = 1, .in_len = 1024 };
	struct tdx_quote_req req = { .buf = (uintptr_t)&buffer, .len = sizeof(buffer) };
	struct tdx_report_req report = { .reportdata = { 7 } };
	int fd = open("/dev/tdx_guest", O_RDWR), out = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);

	CHECK(fd >= 0 && out >= 0);
	CHECK(ioctl(fd, GET_REPORT0, &report) == 0);
	CHECK(ioctl(fd, TDX_GET_QUOTE, 16) == -1 && errno == EFAULT);
	CHECK(ioctl(fd, TDX_GET_QUOTE, &(struct tdx_quote_req){ 16, sizeof(buffer) }) == -1 &&
	      errno == EFAULT);
	CHECK(ioctl(fd, TDX_GET_QUOTE, &(struct tdx_quote_req){ req.buf, 0 }) == -1 && errno == EINVAL);
	memcpy(buffer.data, report.tdreport, sizeof(report.tdreport));
	CHECK(ioctl(fd, TDX_GET_QUOTE, &req) == 0);
	if (buffer.out_len > sizeof(buffer.data)) {
		printf("status %llx, too much\n", (unsigned long long)buffer.status);
		return;
	}
	CHECK(write(out, buffer.data, buffer.out_len) == (ssize_t)buffer.out_len);
	printf("status %llx, %s\n", (unsigned long long)buffer.status,
	       buffer.out_len ? "a quote" : "nothing");
	close(fd);
	close(out);
}

/* Requests whose pointers lead into a file of the same filesystem, whose pages nobody can bring meanwhile. */
static void mapped(void)
{
	static const char *const paths[] = { "/sys/kernel/config/tsm/report/mapped/provider",
					     "/sys/kernel/config/tsm/report/mapped/generation" };
	struct report_req req = { .vmpl = 0 };
	struct guest_request call = { .msg_version = 1 };
	uint8_t answer[4000], *page[2];
	int fd = open("/dev/sev-guest", O_RDWR);

	CHECK(mkdir("/sys/kernel/config/tsm/report/mapped", 0755) == 0);
	for (int i = 0; i < 2; i++) {
		int attribute = open(paths[i], O_RDONLY);

		page[i] = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, attribute, 0);
		CHECK(page[i] != MAP_FAILED);
		close(attribute);
	}
	call.req_data = (uintptr_t)page[0];
	call.resp_data = (uintptr_t)answer;
	CHECK(ioctl(fd, GET_REPORT, &call) == -1 && errno == EFAULT);
	call.req_data = (uintptr_t)&req;
	call.resp_data = (uintptr_t)page[1];
	CHECK(ioctl(fd, GET_REPORT, &call) == -1 && errno == EFAULT);
	CHECK(memcmp(page[0], "sev_guest\n", 10) == 0); /* while nobody else is in need of it, it is there */
	call.resp_data = (uintptr_t)answer;
	CHECK(ioctl(fd, GET_REPORT, &call) == 0);
	for (int i = 0; i < 2; i++)
		munmap(page[i], 4096);
	CHECK(rmdir("/sys/kernel/config/tsm/report/mapped") == 0);
	close(fd);
	puts("EFAULT");
}

/*
 * Memory that no other process reaches: the kernel copies an ioctl's argument to and from it, and nothing
 * that the argument points to, where Linux copies that too.
 */
static void secret(void)
{
	struct tdx_report_req *td;
	struct report_req *req, ordinary = { .user_data = { 1 } };
	struct guest_request *call;
	uint8_t resp[RESP_BYTES] = { 0 }, *page;
	int fd = (int)syscall(SYS_memfd_secret, 0), guest = open_guest(),
	    tdx = open("/dev/tdx_guest", O_RDWR);

	if (fd < 0) {
		puts("this kernel has no memfd_secret");
		return;
	}
	CHECK(ftruncate(fd, 2 * PAGE) == 0);
	page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(page != MAP_FAILED);
	td = (void *)page;
	td->reportdata[0] = 7;
	CHECK(ioctl(tdx, GET_REPORT0, td) == 0);
	CHECK(td->tdreport[0] == 0x81 && memcmp(td->tdreport + 128, td->reportdata, 64) == 0);
	call = (void *)page;
	*call = (struct guest_request){ .msg_version = 1,
					.req_data = (uintptr_t)&ordinary,
					.resp_data = (uintptr_t)resp };
	CHECK(ioctl(guest, GET_REPORT, call) == 0 && resp[REPORT_OFF + REPORT_DATA_OFF] == 1);
	call->msg_version = 0;
	CHECK(ioctl(guest, GET_REPORT, call) == -1 && errno == EINVAL);
	call->msg_version = 1;
	req = (void *)(page + PAGE);
	*req = ordinary;
	call->req_data = (uintptr_t)req;
	CHECK(ioctl(guest, GET_REPORT, call) == -1 && errno == EFAULT);
	call->req_data = (uintptr_t)&ordinary;
	call->resp_data = (uintptr_t)req;
	CHECK(ioctl(guest, GET_REPORT, call) == -1 && errno == EFAULT);
	CHECK(mprotect(page, PAGE, PROT_READ) == 0); /* copied in, and not out */
	CHECK(ioctl(tdx, GET_REPORT0, td) == -1 && errno == EFAULT);
	close(fd);
	close(guest);
	close(tdx);
	puts("done");
}

/* What lsattr asks of a directory. Source: Linux include/uapi/linux/fs.h, FS_IOC_GETFLAGS. */
#define GETFLAGS 0x80086601ul

static void directory(void)
{
	int fd = open("/sys/kernel/config/tsm/report", O_RDONLY | O_DIRECTORY);
	long flags = 0;

	CHECK(fd >= 0 && ioctl(fd, GETFLAGS, &flags) == -1);
	puts(errno == ENOTTY ? "ENOTTY" : "another error");
	close(fd);
}

#define ISSUE_CMD 0xc0105300ul

static int sev(int fd, uint32_t cmd, void *data, uint32_t *ret_error)
{
	uint8_t call[16];
	uint64_t address = (uintptr_t)data;
	int r;

	memcpy(call, &cmd, 4);
	memcpy(call + 4, &address, 8);
	memset(call + 12, 0xee, 4);
	r = ioctl(fd, ISSUE_CMD, call);
	memcpy(ret_error, call + 12, 4);
	return r;
}

enum { UNTOUCHED = 0xeeeeeeee };

/* Spec: 9.1, the checks and their order. */
static void host(void)
{
	int fd = open("/dev/sev", O_RDWR), ro = open("/dev/sev", O_RDONLY);
	uint8_t status[32], config[64] = { 0 }, load[16] = { 16 }, id[64];
	struct {
		uint64_t address;
		uint32_t length;
	} id2 = { (uintptr_t)id, 1 };
	uint32_t error;

	CHECK(fd >= 0 && ro >= 0 && access("/dev/sev-guest", F_OK) == -1);
	CHECK(ioctl(fd, 0x1234, 0) == -1 && errno == EINVAL);
	CHECK(ioctl(fd, ISSUE_CMD, 0) == -1 && errno == EFAULT);
	CHECK(sev(fd, 13, status, &error) == -1 && errno == EINVAL && error == UNTOUCHED);
	CHECK(sev(ro, 9, status, &error) == 0 && error == 0 && status[2] == 1);
	CHECK(sev(ro, 9, NULL, &error) == -1 && errno == EINVAL && error == UNTOUCHED);
	CHECK(sev(ro, 9, (void *)16, &error) == -1 && errno == EFAULT);
	CHECK(sev(ro, 11, NULL, &error) == -1 && errno == EINVAL);
	CHECK(sev(ro, 11, config, &error) == -1 && errno == EPERM);
	CHECK(sev(fd, 11, (void *)16, &error) == -1 && errno == EFAULT);
	CHECK(sev(fd, 11, config, &error) == 0 && error == 0);
	config[60] = 1; /* reserved */
	CHECK(sev(fd, 11, config, &error) == -1 && errno == EIO && error == 0x16);
	memset(config, 0, sizeof(config));
	memset(config, 0xff, 8); /* no product has such a TCB */
	CHECK(sev(fd, 11, config, &error) == -1 && errno == EIO && error == 0x16);
	CHECK(sev(ro, 12, load, &error) == -1 && errno == EPERM);
	CHECK(sev(fd, 12, load, &error) == -1 && errno == EINVAL); /* the hashstick's address is 0 */
	load[8] = 16;
	CHECK(sev(fd, 12, load, &error) == -1 && errno == EFAULT);
	load[4] = 1;
	CHECK(sev(fd, 12, load, &error) == -1 && errno == EINVAL && error == UNTOUCHED);
	CHECK(sev(fd, 8, &id2, &error) == -1 && errno == EIO && error == 4 && id2.length == 64);
	CHECK(sev(fd, 8, &id2, &error) == 0 && error == 0 && le64(id) != 0);
	CHECK(sev(fd, 1, status, &error) == -1 && errno == EIO && error == 0x15);
	CHECK(getenv("JURAT_CERTS") && access(getenv("JURAT_CERTS"), R_OK) == 0);
	close(fd);
	close(ro);
}

/* Whose key is gone: whether that comes before what is wrong with the request. */
static void wiped(void)
{
	struct guest_request call = { .msg_version = 1 };
	int fd = open("/dev/sev-guest", O_RDWR);

	CHECK(ioctl(fd, GET_REPORT, &call) == -1);
	if (errno == EINVAL)
		exit(1);
	CHECK(errno == ENOTTY);
	close(fd);
}

static void commit(void)
{
	int fd = open("/dev/sev", O_RDWR);
	uint8_t status[32];
	uint32_t error;

	CHECK(sev(fd, 10, NULL, &error) == 0 && error == 0);
	CHECK(sev(fd, 9, status, &error) == 0);
	printf("%016llx\n", (unsigned long long)le64(status + 24));
	close(fd);
}

/* Starts as root, gives the device to a user, becomes that user for good, and attests. */
static void daemon_of(const char *user, const char *path)
{
	uid_t uid = (uid_t)strtoul(user, NULL, 10);
	struct stat st;

	CHECK(getuid() == 0 && geteuid() == 0);
	CHECK(stat("/dev/sev-guest", &st) == 0 && st.st_uid == 0 && st.st_gid == 0);
	CHECK(chown("/dev/sev-guest", uid, uid + 1) == 0 && chmod("/dev/sev-guest", 0640) == 0);
	CHECK(setgroups(0, NULL) == 0 && setgid(uid) == 0 && setuid(uid) == 0);
	CHECK(setuid(0) == -1 && errno == EPERM);
	CHECK(stat("/dev/sev-guest", &st) == 0 && st.st_uid == uid && st.st_gid == uid + 1);
	CHECK((st.st_mode & 07777) == 0640);
	CHECK(mkdir("/sys/kernel/config/tsm/report/d", 0700) == -1 && errno == EACCES); /* root's */
	evidence(path);
}

static void vlek(const char *path)
{
	int fd = open("/dev/sev", O_RDWR), file = open(path, O_RDONLY);
	uint8_t hashstick[432], load[16] = { 16 }, status[32];
	uint64_t address = (uintptr_t)hashstick;
	uint32_t error;

	CHECK(file >= 0 && read(file, hashstick, sizeof(hashstick)) == sizeof(hashstick));
	memcpy(load + 8, &address, 8);
	hashstick[0x20] ^= 1;
	CHECK(sev(fd, 12, load, &error) == -1 && errno == EIO && error == 0x0a);
	hashstick[0x20] ^= 1;
	CHECK(sev(fd, 12, load, &error) == 0 && error == 0);
	CHECK(sev(fd, 9, status, &error) == 0 && status[8] & 4);
	close(fd);
	close(file);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	static const struct {
		const char *name;
		void (*run)(void);
	} programs[] = { { "report", report }, { "extended", extended },       { "key", key },
			 { "errors", errors }, { "processes", processes },     { "tcb", tcb },
			 { "once", once },     { "descriptors", descriptors }, { "host", host },
			 { "commit", commit }, { "tdreport", tdreport },       { "directory", directory },
			 { "mapped", mapped }, { "secret", secret },           { "wiped", wiped } };

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		if (!strcmp(what, programs[i].name)) {
			programs[i].run();
			return 0;
		}
	if (!strcmp(what, "threads"))
		threads(1000, false);
	else if (!strcmp(what, "flood"))
		threads(400, true);
	else if (!strcmp(what, "evidence") && argc > 2)
		evidence(argv[2]);
	else if (!strcmp(what, "daemon") && argc > 3)
		daemon_of(argv[2], argv[3]);
	else if (!strcmp(what, "vlek") && argc > 2)
		vlek(argv[2]);
	else if (!strcmp(what, "quote") && argc > 2)
		quote(argv[2]);
	else
		return 2;
	return 0;
}
