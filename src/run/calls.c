/* SPDX-License-Identifier: MIT */
#include "run/calls.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"

struct run_calls {
	struct run_platform *platform;
	int fd; /* -1: not attached yet */
	unsigned wanted;
	struct {
		run_call_fn *handle;
		void *ctx;
	} handlers[RUN_MAX_CALL_HANDLERS];
	size_t n_handlers;
	struct seccomp_notif *call; /* both as large as the kernel's structures */
	struct seccomp_notif_resp *answer;
	size_t call_bytes, answer_bytes;
};

int run_calls_new(struct run_platform *platform, struct run_calls **ret, struct jurat_error *err)
{
	struct run_calls *c = calloc(1, sizeof(*c));
	struct seccomp_notif_sizes sizes = { 0 };

	if (!c)
		return jurat_fail_memory(err);
	/* If the kernel lacks it, the start of the program fails with a message. */
	(void)!syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes);
	c->call_bytes = sizes.seccomp_notif > sizeof(*c->call) ? sizes.seccomp_notif : sizeof(*c->call);
	c->answer_bytes =
		sizes.seccomp_notif_resp > sizeof(*c->answer) ? sizes.seccomp_notif_resp : sizeof(*c->answer);
	c->platform = platform;
	c->fd = -1;
	c->call = calloc(1, c->call_bytes);
	c->answer = calloc(1, c->answer_bytes);
	if (!c->call || !c->answer) {
		run_calls_free(c);
		return jurat_fail_memory(err);
	}
	*ret = c;
	return 0;
}

void run_calls_free(struct run_calls *c)
{
	if (!c)
		return;
	if (c->fd >= 0)
		close(c->fd);
	free(c->call);
	free(c->answer);
	free(c);
}

void run_calls_add(struct run_calls *c, unsigned intercept, run_call_fn *handler, void *ctx)
{
	assert(c->n_handlers < RUN_MAX_CALL_HANDLERS);
	c->wanted |= intercept;
	c->handlers[c->n_handlers].handle = handler;
	c->handlers[c->n_handlers++].ctx = ctx;
}

unsigned run_calls_wanted(const struct run_calls *c)
{
	return c ? c->wanted : RUN_INTERCEPT_NONE;
}

void run_calls_attach(struct run_calls *c, int fd)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = fd;
}

int run_calls_fd(const struct run_calls *c)
{
	return c->fd;
}

const struct seccomp_data *run_calls_now(const struct run_calls *c)
{
	return &c->call->data;
}

void run_calls_memory(const struct run_calls *c, struct run_user_memory *ret)
{
	run_user_memory_init(ret, (pid_t)c->call->pid, c->platform);
	ret->refused = NULL;
}

bool run_calls_waits(const struct run_calls *c)
{
	uint64_t id = c->call->id;

	return ioctl(c->fd, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

static pid_t group_of(pid_t thread)
{
	char path[64], line[256];
	int group = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)thread);
	f = fopen(path, "re");
	while (f && group < 0 && fgets(line, sizeof(line), f))
		if (!strncmp(line, "Tgid:", 5))
			group = (int)strtol(line + 5, NULL, 10);
	if (f)
		fclose(f);
	return group;
}

/*
 * A thread can have its own descriptor table; PIDFD_THREAD (Linux 6.9) selects it.
 */
int run_calls_copy_descriptor(const struct run_calls *c, int number)
{
	pid_t thread = (pid_t)c->call->pid;
	auto_close int pid = (int)syscall(SYS_pidfd_open, thread, O_EXCL /* PIDFD_THREAD */);
	long fd;

	if (pid < 0)
		pid = (int)syscall(SYS_pidfd_open, group_of(thread), 0);
	fd = pid < 0 ? -1 : syscall(SYS_pidfd_getfd, pid, number, 0);
	return fd < 0 ? -errno : (int)fd;
}

static void answer(struct run_calls *c, int r, uint32_t flags)
{
	memset(c->answer, 0, c->answer_bytes);
	c->answer->id = c->call->id;
	c->answer->error = r;
	c->answer->flags = flags;
	ioctl(c->fd, SECCOMP_IOCTL_NOTIF_SEND, c->answer);
}

void run_calls_answer(struct run_calls *c, int r)
{
	answer(c, r, 0);
}

void run_calls_continue(struct run_calls *c)
{
	answer(c, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
}

int run_calls_give(struct run_calls *c, int fd, bool close_on_exec)
{
	struct seccomp_notif_addfd add = {
		.id = c->call->id,
		.flags = SECCOMP_ADDFD_FLAG_SEND,
		.newfd_flags = close_on_exec ? O_CLOEXEC : 0,
		.srcfd = (unsigned)fd,
	};

	return ioctl(c->fd, SECCOMP_IOCTL_NOTIF_ADDFD, &add) < 0 ? -errno : 0;
}

int run_calls_give_name(const struct run_calls *c, const void *name, int full)
{
	const uint64_t to = c->call->data.args[1], to_size = c->call->data.args[2];
	struct run_user_memory user;
	int size, r;

	run_user_memory_init(&user, (pid_t)c->call->pid, c->platform);
	r = user.memory.read(user.memory.ctx, to_size, &size, sizeof(size));
	if (r < 0)
		return r;
	if (size < 0)
		return -EINVAL;
	if (size > full)
		size = full;
	if (size > 0)
		r = user.memory.write(user.memory.ctx, to, name, (size_t)size);
	return r < 0 ? r : user.memory.write(user.memory.ctx, to_size, &full, sizeof(full));
}

int run_calls_serve(struct run_calls *c)
{
	struct pollfd ready = { .fd = c->fd, .events = POLLIN };

	/* Older kernels block if no call is pending or the program has ended. */
	if (poll(&ready, 1, 0) <= 0)
		return 0;
	if (!(ready.revents & POLLIN))
		return -ENODEV;
	memset(c->call, 0, c->call_bytes);
	if (ioctl(c->fd, SECCOMP_IOCTL_NOTIF_RECV, c->call) < 0)
		return errno == ENOENT || errno == EINTR ? 0 : -errno; /* ENOENT: caller killed */
	for (size_t i = 0; i < c->n_handlers; i++)
		if (c->handlers[i].handle(c->handlers[i].ctx, c))
			return 0;
	run_calls_continue(c);
	return 0;
}
