/* SPDX-License-Identifier: MIT */
#include "vmm/support/world.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/address.h"
#include "vmm/settings.h"
#include "wire/qgs.h"
#include "wire/snp_certs.h"
#include "wire/tdx_getquote.h"

void world_give_up(const char *file, int line, const char *text)
{
	dprintf(STDERR_FILENO, "# %s:%d: not so: %s\n", file, line, text);
	_exit(1);
}

int world_setup(void **state)
{
	const char *tmp = getenv("TMPDIR");
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	TEXT(w->dir, "%s/jurat-vmm-XXXXXX", tmp && strlen(tmp) < 32 ? tmp : "/tmp");
	assert_non_null(mkdtemp(w->dir));
	TEXT(w->blob, "%s/certs", w->dir);
	TEXT(w->log, "%s/log", w->dir);
	TEXT(w->socket, "%s/qgs", w->dir);
	TEXT(w->service_address, "unix:%s", w->socket);
	w->shared = mmap(NULL, WORLD_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(w->shared != MAP_FAILED);
	assert_int_equal(pipe2(w->alive, O_CLOEXEC), 0);
	world_put_table(w, 6000, 0xc5);
	*state = w;
	return 0;
}

int world_teardown(void **state)
{
	struct world *w = *state;

	if (w->service) {
		kill(w->service, SIGKILL);
		waitpid(w->service, NULL, 0);
	}
	unlink(w->blob);
	unlink(w->log);
	unlink(w->socket);
	rmdir(w->dir);
	close(w->alive[0]);
	close(w->alive[1]);
	munmap((void *)(uintptr_t)w->shared, WORLD_PAGE);
	free(w);
	return 0;
}

void world_put_table(struct world *w, size_t size, uint8_t fill)
{
	const int fd = open(w->blob, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct bytes_wr wr = bytes_wr(w->table, size);

	assert_true(fd >= 0 && size <= sizeof(w->table));
	memset(w->table, fill, sizeof(w->table));
	if (size > (size_t)2 * SNP_CERTS_ENTRY_BYTES) {
		bytes_wr_copy(&wr, snp_cert_guid(SNP_CERT_VCEK), 16);
		bytes_wr_le32(&wr, 2 * SNP_CERTS_ENTRY_BYTES);
		bytes_wr_le32(&wr, (uint32_t)size - 2 * SNP_CERTS_ENTRY_BYTES);
		bytes_wr_zero(&wr, SNP_CERTS_ENTRY_BYTES);
	}
	w->table_size = size;
	assert_true(write(fd, w->table, size) == (ssize_t)size);
	close(fd);
}

static bool read_all(int fd, uint8_t *to, size_t n)
{
	for (size_t off = 0; off < n;) {
		const ssize_t part = read(fd, to + off, n - off);

		if (part <= 0)
			return false;
		off += (size_t)part;
	}
	return true;
}

__attribute__((noreturn)) static void serve(int listener, unsigned delay_ms)
{
	static uint8_t request[1052], quote[WORLD_QUOTE_BYTES], answer[WORLD_QUOTE_BYTES + 64];
	struct qgs_message m = { .type = QGS_QUOTE_RESP, .minor_version = 1 };
	size_t n = 0;
	int fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	memset(quote, 0x51, sizeof(quote));
	m.parts[QGS_PART_QUOTE] = bytes_rd(quote, sizeof(quote));
	if (qgs_write(&m, true, answer, sizeof(answer), &n, NULL) < 0)
		_exit(1);
	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		if (read_all(fd, request, sizeof(request))) {
			(void)poll(NULL, 0, (int)delay_ms);
			(void)!write(fd, answer, n);
		}
		close(fd);
	}
	_exit(1);
}

void world_start_service(struct world *w, unsigned delay_ms)
{
	const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct base_address a;

	assert_int_equal(base_address_read(w->service_address, &a, NULL), 0);
	assert_int_equal(bind(listener, &a.sockaddr.any, a.size), 0);
	assert_int_equal(listen(listener, 64), 0);
	w->service = fork();
	if (w->service == 0)
		serve(listener, delay_ms);
	close(listener);
}

bool world_locked(const struct world *w)
{
	struct flock lk = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	struct stat st = { 0 };
	int fd;

	if (stat(w->blob, &st) == 0 &&
	    !(st.st_mode & S_IRUSR)) /* a case's own mode, which keeps out its owner */
		chmod(w->blob, st.st_mode | S_IRUSR | S_IWUSR);
	fd = open(w->blob, O_RDWR | O_CLOEXEC);
	if (st.st_mode != 0)
		chmod(w->blob, st.st_mode & 07777);
	if (fd < 0 || fcntl(fd, F_OFD_GETLK, &lk) < 0)
		world_give_up(__FILE__, __LINE__, "the blob can be opened");
	close(fd);
	return lk.l_type != F_UNLCK;
}

static void set(const char *name_value)
{
	char text[256];
	char *value;

	TEXT(text, "%s", name_value);
	value = strchr(text, '=');
	if (value)
		*value++ = '\0';
	EXPECT((value ? setenv(text, value, 1) : unsetenv(text)) == 0);
}

pid_t world_start(struct world *w, const char *const *settings, void (*vmm)(struct world *w))
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(w->alive[1]);
	setenv(VMM_ENV_CERTS, w->blob, 1);
	setenv(VMM_ENV_QUOTING_SERVICE, w->service_address, 1);
	setenv(VMM_ENV_LOG, w->log, 1);
	while (settings && *settings)
		set(*settings++);
	vmm(w);
	_exit(0);
}

void world_wait(struct world *w, pid_t pid, int status)
{
	int is = -1;

	assert_int_equal(waitpid(pid, &is, 0), pid);
	if (is != status)
		test_say("the VMM ended with %#x; its log:\n%s", is, world_log(w));
	assert_int_equal(is, status);
	assert_true(access(w->blob, F_OK) < 0 || !world_locked(w));
}

void world_vmm(struct world *w, const char *const *settings, void (*vmm)(struct world *w))
{
	world_wait(w, world_start(w, settings, vmm), 0);
}

const char *world_log(const struct world *w)
{
	static char text[64 * 1024];
	const int fd = open(w->log, O_RDONLY | O_CLOEXEC);
	const ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void *memory(size_t n)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	EXPECT(p != MAP_FAILED);
	return p;
}

static void put_slot(int vm, uint32_t slot, uint32_t flags, uint64_t gpa, uint64_t size, const void *hva)
{
	struct uapi_kvm_memory_region region = {
		.slot = slot,
		.flags = flags,
		.guest_phys_addr = gpa,
		.memory_size = size,
		.userspace_addr = (uintptr_t)hva,
	};

	EXPECT(ioctl(vm, UAPI_KVM_SET_USER_MEMORY_REGION, &region) == 0);
}

void world_create(struct world *w, unsigned long type, unsigned n_vcpus)
{
	w->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	EXPECT(w->kvm >= 0);
	w->vm = ioctl(w->kvm, UAPI_KVM_CREATE_VM, type);
	EXPECT(w->vm >= 0);
	w->ram = memory(WORLD_RAM_BYTES);
	w->rom = memory(WORLD_ROM_BYTES);
	put_slot(w->vm, 0, 0, 0, WORLD_RAM_BYTES, w->ram);
	put_slot(w->vm, 1, UAPI_KVM_MEM_READONLY, WORLD_ROM_GPA, WORLD_ROM_BYTES, w->rom);
	for (unsigned i = 0; i < n_vcpus; i++)
		world_add_vcpu(w, i);
}

void world_add_vcpu(struct world *w, unsigned i)
{
	world_add_vcpu_of(w, i, i);
}

void world_add_vcpu_of(struct world *w, unsigned i, unsigned long id)
{
	w->vcpu[i] = ioctl(w->vm, UAPI_KVM_CREATE_VCPU, id);
	EXPECT(w->vcpu[i] >= 0);
	w->run[i] = mmap(NULL, 12288, PROT_READ | PROT_WRITE, MAP_SHARED, w->vcpu[i], 0);
	EXPECT(w->run[i] != MAP_FAILED);
}

void world_close(struct world *w)
{
	for (unsigned i = 0; i < WORLD_VCPUS && w->run[i]; i++) {
		munmap(w->run[i], 12288);
		close(w->vcpu[i]);
		w->run[i] = NULL;
	}
	put_slot(w->vm, 0, 0, 0, 0, NULL);
	put_slot(w->vm, 1, 0, WORLD_ROM_GPA, 0, NULL);
	close(w->vm);
	close(w->kvm);
	munmap(w->ram, WORLD_RAM_BYTES);
	munmap(w->rom, WORLD_ROM_BYTES);
}

uint8_t *world_flag(struct world *w, unsigned vcpu)
{
	return w->run[vcpu] + KVM_RUN_immediate_exit;
}

static uint32_t reason(const struct world *w, unsigned vcpu)
{
	return (uint32_t)bytes_get_le(w->run[vcpu] + KVM_RUN_exit_reason, 4);
}

int world_run(struct world *w, unsigned vcpu, struct fake_exit *exit)
{
	fake_kvm_give(w->vcpu[vcpu], exit);
	for (;;) {
		const int r = ioctl(w->vcpu[vcpu], UAPI_KVM_RUN, 0);
		const int e = errno;

		if (exit->completed)
			return r < 0 ? e : 0;
		if (r < 0)
			EXPECT(e == EINTR);
		else
			EXPECT(reason(w, vcpu) == UAPI_KVM_EXIT_HLT);
	}
}

struct fake_exit world_certs_exit(uint64_t gpa, uint64_t npages)
{
	struct fake_exit x = { .reason = UAPI_KVM_EXIT_SNP_REQ_CERTS };

	bytes_put_le(x.body + KVM_RUN_SNP_REQ_CERTS_gpa - 32, gpa, 8);
	bytes_put_le(x.body + KVM_RUN_SNP_REQ_CERTS_npages - 32, npages, 8);
	return x;
}

struct fake_exit world_quote_exit(uint64_t gpa, uint64_t size)
{
	struct fake_exit x = { .reason = 40 };

	bytes_put_le(x.body + KVM_RUN_TDX_nr - 32, 0x10002, 8);
	bytes_put_le(x.body + KVM_RUN_TDX_ret - 32, 0x8000000000000003, 8);
	bytes_put_le(x.body + KVM_RUN_TDX_GET_QUOTE_gpa - 32, gpa, 8);
	bytes_put_le(x.body + KVM_RUN_TDX_GET_QUOTE_size - 32, size, 8);
	return x;
}

void world_put_report(struct world *w, uint64_t gpa)
{
	uint8_t report[1024] = { 0x81 };

	EXPECT(tdx_getquote_write(report, sizeof(report), w->ram + gpa, 8192, NULL) >= 0);
}

uint64_t world_status(const struct world *w, uint64_t gpa)
{
	return __atomic_load_n((const uint64_t *)(const void *)(w->ram + gpa + TDX_GETQUOTE_STATUS_OFF),
			       __ATOMIC_ACQUIRE);
}
