/* SPDX-License-Identifier: MIT */
/*
 * hostile_vmm ATTACK [FD]: no VMM at all, but a program that speaks to the supervisor of `jurat run --vmm` as
 * the agent does, and does its worst.
 */
#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "run/vmm/protocol.h"

enum { RAM = 4 << 20, N_CONNECTIONS = 1200, N_RANGES = 5000 };
static const char *attack;
static uint8_t *const ram = (uint8_t *)0x200000000000; /* after execve(2), too */

static bool is(const char *name)
{
	return !strcmp(attack, name);
}

static int connect_here(void)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	const char *text = getenv("JURAT_VMM_CHECK");
	const size_t n = text ? strlen(text) : 0;
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (n == 0 || n >= sizeof(name.sun_path) || fd < 0)
		errx(1, "not started by jurat run --vmm");
	memcpy(name.sun_path + 1, text + 1, n - 1);
	if (connect(fd, (struct sockaddr *)&name, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)) !=
	    0)
		err(1, "connect");
	return fd;
}

/* Sends an event and waits for its order. Ends with the connection. */
static struct vmm_order ask(int fd, struct vmm_event event)
{
	struct vmm_order order = { 0 };

	event.vm = 1;
	if (send(fd, &event, sizeof(event), MSG_NOSIGNAL) < 0 ||
	    recv(fd, &order, sizeof(order), 0) != sizeof(order))
		exit(0);
	return order;
}
#define ASK(fd, ...) ask(fd, (struct vmm_event){ __VA_ARGS__ })

static void add_slots(int vm)
{
	const uint64_t at = (uint64_t)(uintptr_t)ram;

	if (is("slot-of-exabytes"))
		ASK(vm, .kind = VMM_EVENT_SLOT, .c = 0, .d = UINT64_C(1) << 62, .e = at);
	else if (is("slot-beyond-the-end"))
		ASK(vm, .kind = VMM_EVENT_SLOT, .c = UINT64_MAX - 4095, .d = UINT64_C(1) << 62, .e = at);
	else if (is("slot-without-memory")) /* as KVM allows it */
		ASK(vm, .kind = VMM_EVENT_SLOT, .c = 0, .d = UINT64_C(1) << 42, .e = 4096);
	else
		ASK(vm, .kind = VMM_EVENT_SLOT, .c = 0, .d = RAM, .e = at);
	for (unsigned i = 0; is("private-flood") && i < N_RANGES; i++)
		ASK(vm, .kind = VMM_EVENT_PRIVATE, .a = 8, .c = (uint64_t)RAM + i * UINT64_C(8192),
		    .d = 4096);
}

/* What is no message, in place of the first. */
static void send_nonsense(int fd)
{
	static const uint8_t bytes[4096];
	const struct vmm_event event = { .kind = VMM_EVENT_VM, .a = VMM_PROTOCOL_VERSION };
	uint8_t longer[sizeof(event) + 1] = { 0 };
	struct vmm_order order;

	memcpy(longer, &event, sizeof(event));
	if (is("too-long"))
		send(fd, longer, sizeof(longer), MSG_NOSIGNAL);
	else if (is("too-short"))
		send(fd, &event, sizeof(event) - 1, MSG_NOSIGNAL);
	else
		send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL);
	exit(recv(fd, &order, sizeof(order), 0) == 0 ? 0 : 1); /* closed, not answered */
}

static void connect_often(void)
{
	for (unsigned i = 0; i < N_CONNECTIONS; i++) {
		int fd = connect_here();

		if (fd > 500)
			close(fd);
	}
}

/* Leaves a chain of processes, each of which ends once there is the next. */
static void run_away(void)
{
	for (pid_t pid = fork(); pid == 0;) {
		setsid();
		pid = fork();
		if (pid > 0)
			_exit(0);
	}
}

static void make_blob_huge(void)
{
	const char *path = getenv("JURAT_CERTS");

	if (!path || truncate(path, (off_t)1 << 42) != 0)
		err(1, "%s", path);
}

static void wait_for_ever(void)
{
	for (;;)
		pause();
}

/* Another process goes on with the connections, while this one becomes another program. */
static void execute(const char *program)
{
	int ends[2];
	char byte;

	if (pipe2(ends, O_CLOEXEC) != 0)
		err(1, "pipe");
	if (fork() == 0) {
		close(ends[1]);
		(void)!read(ends[0], &byte, 1); /* until it is executed */
		return;
	}
	execl(program, program, "waits", NULL);
	err(1, "%s", program);
}

/* To a process that the supervisor does not know. */
static void publish_address(int fd)
{
	const char *address = getenv("JURAT_VMM_CHECK");

	if (!address || write(fd, address, strlen(address)) < 0)
		err(1, "publish");
	close(fd);
}

/* Every request is refused. */
static void run(int vm, int vcpu)
{
	unsigned n = 0;

	for (;;) {
		struct vmm_order order = ASK(vcpu, .kind = VMM_EVENT_RUN);

		if (is("completes-what-was-not-made") && ++n > 1) {
			poll(NULL, 0, 50); /* a check waits for it */
			ASK(vcpu, .kind = VMM_EVENT_COMPLETE, .a = 1, .c = 5);
			continue;
		}
		if (order.kind == VMM_ORDER_EXIT && is("never-completes"))
			wait_for_ever();
		if (order.kind == VMM_ORDER_EXIT)
			ASK(vcpu, .kind = VMM_EVENT_COMPLETE, .a = 1, .c = 5);
		if (order.kind == VMM_ORDER_EXIT && is("leaves-early")) {
			ASK(vcpu, .kind = VMM_EVENT_RUN);
			ASK(vcpu, .kind = VMM_EVENT_RUN);
			close(vcpu);
			close(vm);
			wait_for_ever();
		}
		if (order.kind != VMM_ORDER_EXIT)
			ASK(vcpu, .kind = VMM_EVENT_RAN, .a = (uint64_t)-4);
	}
}

int main(int argc, char **argv)
{
	int vm, vcpu;

	attack = argc > 1 ? argv[1] : "";
	if (is("never-completes"))
		signal(SIGTERM, SIG_IGN);
	if (mmap(ram, RAM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
		 0) != ram)
		err(1, "mmap");
	if (argc > 2)
		publish_address(atoi(argv[2]));
	if (is("waits"))
		wait_for_ever();
	if (is("many-connections"))
		connect_often();
	if (is("runs-away"))
		run_away();
	if (is("huge-blob"))
		make_blob_huge();
	if (is("junk-memory"))
		memset(ram, 0xcc, RAM);
	vm = connect_here();
	if (is("too-long") || is("too-short") || is("zeros"))
		send_nonsense(vm);
	ASK(vm, .kind = VMM_EVENT_VM, .a = VMM_PROTOCOL_VERSION);
	add_slots(vm);
	vcpu = connect_here();
	ASK(vcpu, .kind = VMM_EVENT_VCPU, .a = VMM_PROTOCOL_VERSION);
	if (is("executes"))
		execute(argv[0]);
	run(vm, vcpu);
}
