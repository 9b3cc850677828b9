/* SPDX-License-Identifier: MIT */
#include "puppet.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "uapi/kvm.h"

enum { RUN_BYTES = 4096 };
static int files[PUPPET_FILES];
static volatile uint8_t *runs[PUPPET_FILES];
static volatile uint8_t *kicked;

static void kick(int signal)
{
	kicked[1] = 1;
}

static int64_t map(unsigned file)
{
	void *at = mmap(NULL, RUN_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, files[file], 0);

	runs[file] = at == MAP_FAILED ? NULL : at;
	return at == MAP_FAILED ? -1 : 0;
}

static int64_t unmap(unsigned file)
{
	void *at = (void *)(uintptr_t)runs[file];

	runs[file] = NULL;
	return munmap(at, RUN_BYTES);
}

static int64_t memory(uint64_t n)
{
	static const uint8_t halt[] = { 0xf4, 0xeb, 0xfd };
	uint8_t *at = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		return -1;
	memcpy(at + n - 16, halt, sizeof(halt));
	return (int64_t)(intptr_t)at;
}

static int64_t handler(unsigned file)
{
	struct sigaction action = { .sa_handler = kick };

	kicked = runs[file];
	return sigaction(SIGUSR1, &action, NULL);
}

static int64_t wait_for_nothing(void)
{
	int ends[2];
	char byte;
	ssize_t n;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return -2;
	n = read(ends[0], &byte, 1);
	return n;
}

static int64_t block(void)
{
	sigset_t all;

	sigfillset(&all);
	return pthread_sigmask(SIG_BLOCK, &all, NULL);
}

static int high_peer;

static int64_t close_high(unsigned from, unsigned n)
{
	int r = close_range(from, ~0u, 0), ends[2];

	if (r != 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		return -1;
	for (unsigned i = 0; i < n && r == 0; i++)
		r = fcntl(ends[0], F_DUPFD_CLOEXEC, (int)from) < 0;
	high_peer = ends[1];
	return r;
}

static int64_t count_high(unsigned from)
{
	int64_t n = 0;
	char byte;

	if (recv(high_peer, &byte, 1, MSG_DONTWAIT) != -1)
		return -1;
	for (unsigned fd = from; fd < from + 2000; fd++)
		n += fcntl((int)fd, F_GETFD) >= 0;
	return n;
}

static int64_t fork_here(void)
{
	int status;
	pid_t pid = fork();

	if (pid <= 0)
		return pid;
	while (waitpid(pid, &status, 0) != pid)
		;
	return status == 0 ? 1 : -1;
}

static int64_t kvm_run(const struct puppet_call *call)
{
	volatile uint8_t *run = runs[call->file];

	for (unsigned i = 0; i < call->size; i++)
		run[call->at + i] = call->data[i];
	run[1] = (uint8_t)call->immediate_exit;
	return ioctl(files[call->file], UAPI_KVM_RUN, 0);
}

static int64_t obey(const struct puppet_call *call, struct puppet_result *result)
{
	switch (call->op) {
	case PUPPET_OPEN:
		return open("/dev/kvm", O_RDWR | O_CLOEXEC);
	case PUPPET_IOCTL:
		return ioctl(files[call->file], call->request, call->arg);
	case PUPPET_IOCTL_AT:
		memcpy(result->data, call->data, sizeof(result->data));
		return ioctl(files[call->file], call->request, result->data);
	case PUPPET_IOCTL_BAD:
		return ioctl(files[call->file], call->request, 8ul);
	case PUPPET_MAP:
		return map(call->file);
	case PUPPET_UNMAP:
		return unmap(call->file);
	case PUPPET_RUN:
		return kvm_run(call);
	case PUPPET_CLOSE:
		return close(files[call->file]);
	case PUPPET_CLOSE_HIGH:
		return close_high((unsigned)call->arg, call->size);
	case PUPPET_COUNT_HIGH:
		return count_high((unsigned)call->arg);
	case PUPPET_MEMORY:
		return memory(call->arg);
	case PUPPET_HANDLER:
		return handler(call->file);
	case PUPPET_BLOCK:
		return block();
	case PUPPET_WAIT:
		return wait_for_nothing();
	case PUPPET_THREAD:
		return gettid();
	case PUPPET_FORK:
		return fork_here();
	case PUPPET_EXIT:
		_exit((int)call->arg);
	default:
		_exit(99);
	}
}

static void *serve(void *socket)
{
	int fd = *(int *)socket;
	struct puppet_call call;

	while (recv(fd, &call, sizeof(call), 0) == sizeof(call)) {
		struct puppet_result result = { 0 };
		const volatile uint8_t *run;

		errno = 0;
		result.result = obey(&call, &result);
		result.error = result.result < 0 ? errno : 0;
		if (call.new_file != 0 && result.result >= 0)
			files[call.new_file] = (int)result.result;
		run = runs[call.file];
		if (run) {
			result.immediate_exit = run[1];
			for (unsigned i = 0; i < sizeof(result.exit_reason); i++)
				result.exit_reason |= (uint32_t)run[8 + i] << 8 * i;
			for (unsigned i = 0; i < sizeof(result.body); i++)
				result.body[i] = run[32 + i];
		}
		if (send(fd, &result, sizeof(result), MSG_NOSIGNAL) != sizeof(result))
			break;
	}
	_exit(0);
}

int main(int argc, char **argv)
{
	int sockets[4];
	pthread_t thread;

	if (argc < 2 || argc > 5)
		return 98;
	for (int i = 0; i < argc - 1; i++)
		sockets[i] = atoi(argv[1 + i]);
	for (int i = 1; i < argc - 1; i++)
		if (pthread_create(&thread, NULL, serve, &sockets[i]) != 0)
			return 97;
	serve(&sockets[0]);
}
