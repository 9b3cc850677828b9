/* SPDX-License-Identifier: MIT */
#include "puppeteer.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

const char *puppet_path, *puppet_library;
bool real_kvm;
static char address[64];

static void limit(int fd)
{
	struct timeval limit = { .tv_sec = 30 };

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), 0);
}

static int listen_here(void)
{
	static unsigned n;
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	TEXT(address, "@jurat-test-agent-%d-%u", (int)getpid(), n++);
	TEXT(name.sun_path, "%s", address);
	name.sun_path[0] = '\0';
	assert_int_equal(bind(fd, (struct sockaddr *)&name,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(address))),
			 0);
	assert_int_equal(listen(fd, 8), 0);
	limit(fd);
	return fd;
}

static void become(const struct puppet_setup *setup, const int *theirs)
{
	char fds[N_THREADS][16];

	for (int i = 0; i < N_THREADS; i++) {
		TEXT(fds[i], "%d", theirs[i]);
		if (fcntl(theirs[i], F_SETFD, 0) != 0)
			_exit(96);
	}
	if (setup->enter)
		setup->enter();
	setenv("LD_PRELOAD", puppet_library, 1);
	if (setup->alone)
		unsetenv("JURAT_VMM_CHECK");
	else
		setenv("JURAT_VMM_CHECK", address, 1);
	unsetenv("JURAT_VMM_OWN_KVM");
	if (!real_kvm && !setup->choose)
		setenv("JURAT_VMM_OWN_KVM", "1", 1);
	execl(puppet_path, puppet_path, fds[FIRST], fds[SECOND], NULL);
	_exit(95);
}

void puppet_start(struct puppet *p, const struct puppet_setup *setup)
{
	int ends[N_THREADS][2], theirs[N_THREADS];

	*p = (struct puppet){ .listener = -1, .vm = -1, .vcpu = { -1, -1 } };
	for (int i = 0; i < N_THREADS; i++) {
		assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends[i]), 0);
		p->threads[i] = ends[i][0];
		theirs[i] = ends[i][1];
		limit(p->threads[i]);
	}
	if (!setup->alone)
		p->listener = listen_here();
	p->pid = fork();
	assert_true(p->pid >= 0);
	if (p->pid == 0)
		become(setup, theirs);
	for (int i = 0; i < N_THREADS; i++)
		close(theirs[i]);
}

static void close_if_open(int fd)
{
	if (fd >= 0)
		close(fd);
}

void puppet_end(struct puppet *p)
{
	kill(p->pid, SIGKILL);
	waitpid(p->pid, NULL, 0);
	close_if_open(p->listener);
	close_if_open(p->vm);
	for (int i = 0; i < N_THREADS; i++) {
		close(p->threads[i]);
		close_if_open(p->vcpu[i]);
	}
}

void puppet_send(struct puppet *p, unsigned thread, const struct puppet_call *call)
{
	assert_int_equal(send(p->threads[thread], call, sizeof(*call), MSG_NOSIGNAL), sizeof(*call));
}

struct puppet_result puppet_result(struct puppet *p, unsigned thread)
{
	struct puppet_result result = { 0 };

	assert_int_equal(recv(p->threads[thread], &result, sizeof(result), 0), sizeof(result));
	return result;
}

struct puppet_result puppet_call(struct puppet *p, unsigned thread, const struct puppet_call *call)
{
	puppet_send(p, thread, call);
	return puppet_result(p, thread);
}

static struct puppet_call run_call(unsigned thread, bool immediate_exit)
{
	return (struct puppet_call){ .op = PUPPET_RUN,
				     .file = VCPU + thread,
				     .immediate_exit = immediate_exit };
}

void puppet_run(struct puppet *p, unsigned thread, bool immediate_exit)
{
	struct puppet_call call = run_call(thread, immediate_exit);

	puppet_send(p, thread, &call);
}

void puppet_run_with(struct puppet *p, unsigned thread, bool immediate_exit, uint64_t ret, uint64_t npages)
{
	struct puppet_call call = run_call(thread, immediate_exit);

	call.at = 40;
	call.size = 16;
	bytes_put_le(call.data, npages, 8);
	bytes_put_le(call.data + 8, ret, 8);
	puppet_send(p, thread, &call);
}

int puppet_accept(struct puppet *p)
{
	int fd = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC);

	assert_true(fd >= 0);
	limit(fd);
	return fd;
}

struct vmm_event puppet_event(int fd, enum vmm_event_kind kind)
{
	struct vmm_event event = { 0 };

	assert_int_equal(recv(fd, &event, sizeof(event), 0), sizeof(event));
	assert_int_equal(event.kind, kind);
	return event;
}

void puppet_order(int fd, const struct vmm_order *order)
{
	assert_int_equal(send(fd, order, sizeof(*order), MSG_NOSIGNAL), sizeof(*order));
}

void assert_closed(int fd)
{
	struct vmm_event event;

	assert_int_equal(recv(fd, &event, sizeof(event), 0), 0);
}

void assert_silent(const struct puppet *p, int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	assert_int_equal(poll(&poll_fd, 1, 0), 0);
}

struct puppet_result puppet_slot(struct puppet *p, const struct uapi_kvm_memory_region *region,
				 struct vmm_event *ret)
{
	struct puppet_call call = { .op = PUPPET_IOCTL_AT,
				    .file = VM,
				    .request = UAPI_KVM_SET_USER_MEMORY_REGION };

	memcpy(call.data, region, sizeof(*region));
	puppet_send(p, FIRST, &call);
	*ret = puppet_event(p->vm, VMM_EVENT_SLOT);
	ORDER(p->vm, .kind = VMM_ORDER_OK);
	return puppet_result(p, FIRST);
}

static void add_memory(struct puppet *p)
{
	struct uapi_kvm_memory_region region = { .guest_phys_addr = PUPPET_RAM,
						 .memory_size = PUPPET_RAM_BYTES };
	struct puppet_result r = CALL(p, .op = PUPPET_MEMORY, .arg = PUPPET_RAM_BYTES);
	struct vmm_event event;

	assert_true(r.result > 0);
	region.userspace_addr = (uint64_t)r.result;
	r = puppet_slot(p, &region, &event);
	assert_result(r, 0, 0);
	assert_int_equal(event.a, 0);
	assert_int_equal(event.b, 0);
	assert_int_equal(event.c, PUPPET_RAM);
	assert_int_equal(event.d, PUPPET_RAM_BYTES);
	assert_int_equal(event.e, region.userspace_addr);
	assert_int_equal(event.f, 0);
}

void puppet_create_vcpu(struct puppet *p, unsigned i)
{
	struct puppet_call call = { .op = PUPPET_IOCTL,
				    .file = VM,
				    .new_file = VCPU + i,
				    .request = UAPI_KVM_CREATE_VCPU,
				    .arg = i };
	struct vmm_event event;

	puppet_send(p, FIRST, &call);
	event = puppet_event(p->vm, VMM_EVENT_CREATED);
	assert_int_equal(event.a, i);
	ORDER(p->vm, .kind = VMM_ORDER_OK);
	assert_true(puppet_result(p, FIRST).result >= 0);
}

void puppet_start_vm(struct puppet *p, unsigned long type, bool irqchip, unsigned vcpus)
{
	struct puppet_result r;
	struct vmm_event event;

	puppet_start(p, &(struct puppet_setup){ 0 });
	r = CALL(p, .op = PUPPET_OPEN, .new_file = KVM);
	assert_true(r.result >= 0);
	puppet_send(p, FIRST,
		    &(struct puppet_call){ .op = PUPPET_IOCTL,
					   .file = KVM,
					   .new_file = VM,
					   .request = UAPI_KVM_CREATE_VM,
					   .arg = type });
	p->vm = puppet_accept(p);
	event = puppet_event(p->vm, VMM_EVENT_VM);
	assert_int_equal(event.a, VMM_PROTOCOL_VERSION);
	assert_int_equal(event.b, type);
	assert_int_equal(event.c, !real_kvm);
	ORDER(p->vm, .kind = VMM_ORDER_OK);
	r = puppet_result(p, FIRST);
	assert_true(r.result >= 0);
	if (irqchip) {
		r = CALL(p, .op = PUPPET_IOCTL, .file = VM, .request = UAPI_KVM_CREATE_IRQCHIP);
		assert_result(r, 0, 0);
	}
	add_memory(p);
	for (unsigned i = 0; i < vcpus; i++) {
		puppet_create_vcpu(p, i);
		r = CALL(p, .op = PUPPET_MAP, .file = VCPU + i);
		assert_result(r, 0, 0);
	}
}

struct vmm_event puppet_first_run(struct puppet *p, unsigned thread, bool immediate_exit)
{
	struct vmm_event event;

	puppet_run(p, thread, immediate_exit);
	p->vcpu[thread] = puppet_accept(p);
	event = puppet_event(p->vcpu[thread], VMM_EVENT_VCPU);
	assert_int_equal(event.a, VMM_PROTOCOL_VERSION);
	assert_int_equal(event.b, thread);
	assert_true(event.c != 0 && event.c % 4096 == 0);
	ORDER(p->vcpu[thread], .kind = VMM_ORDER_OK);
	event = puppet_event(p->vcpu[thread], VMM_EVENT_RUN);
	assert_int_equal(event.a, immediate_exit);
	return event;
}

void puppet_make_exit(struct puppet *p, unsigned thread, uint32_t reason)
{
	struct vmm_order order = { .kind = VMM_ORDER_EXIT, .a = reason };
	struct puppet_result r;

	for (size_t i = 0; i < sizeof(order.body); i++)
		order.body[i] = (uint8_t)(0x40 + i);
	puppet_order(p->vcpu[thread], &order);
	r = puppet_result(p, thread);
	assert_result(r, 0, 0);
	assert_int_equal(r.exit_reason, reason);
	assert_int_equal(r.immediate_exit, 0);
	assert_memory_equal(r.body, order.body, sizeof(order.body));
}

void assert_result_at(const struct puppet_result *r, int64_t result, int error, const char *file, int line)
{
	if (r->result != result || r->error != error)
		FAIL_BECAUSE("%s:%d: expected %lld and errno %d, found %lld and %d", file, line,
			     (long long)result, error, (long long)r->result, r->error);
}

int puppet_main(int argc, char **argv, int (*run_group)(const char *name))
{
	if (argc > 1 && strcmp(argv[1], "--real") == 0) {
		real_kvm = true;
		argc--;
		argv++;
	}
	if (argc != 3)
		return 2;
	puppet_library = argv[1];
	puppet_path = argv[2];
	return run_group(real_kvm ? "agent on the machine's KVM" : "agent");
}
