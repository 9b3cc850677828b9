/* SPDX-License-Identifier: MIT */
#include "machine/internal.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/*
 * The environment of a program inside a guest of the machine: one device, the machine's clock, and this
 * process's memory as the program's memory.
 */
enum { DEVICE_FD = 1 << 20 }; /* no descriptor of this process */

static struct machine_vcpu *vcpu_of(struct base_env *env)
{
	return ((struct machine_env *)env)->vcpu;
}

static uint64_t m_now_ns(struct base_env *env)
{
	return vcpu_of(env)->guest->machine->now_ns;
}

static int64_t m_realtime_s(struct base_env *env)
{
	struct machine *m = vcpu_of(env)->guest->machine;

	return base_realtime_s(m->env) + (int64_t)(m->now_ns / 1000000000u);
}

static void m_sleep_ns(struct base_env *env, uint64_t ns)
{
	trace_advance(vcpu_of(env)->guest->machine->trace, ns);
	vcpu_of(env)->guest->machine->now_ns += ns;
}

static int m_random(struct base_env *env, void *buf, size_t n)
{
	return base_random(vcpu_of(env)->guest->machine->env, buf, n);
}

static int m_open(struct base_env *env, const char *path, int flags, unsigned mode)
{
	return strcmp(path, "/dev/sev-guest") == 0 ? DEVICE_FD : -ENOENT;
}

static int m_close(struct base_env *env, int fd)
{
	return fd == DEVICE_FD ? 0 : -EBADF;
}

static int m_fstat(struct base_env *env, int fd, struct base_stat *ret)
{
	if (fd != DEVICE_FD)
		return -EBADF;
	*ret = (struct base_stat){ .mode = S_IFCHR | 0600 };
	return 0;
}

static int m_stat(struct base_env *env, const char *path, struct base_stat *ret)
{
	return strcmp(path, "/dev/sev-guest") == 0 ? m_fstat(env, DEVICE_FD, ret) : -ENOENT;
}

static int m_ioctl(struct base_env *env, int fd, unsigned long request, void *arg)
{
	struct machine_vcpu *vcpu = vcpu_of(env);

	return fd == DEVICE_FD ? machine_ioctl(vcpu->guest, vcpu->index, request, arg) : -EBADF;
}

/* Nothing else exists. */
static ssize_t no_read(struct base_env *env, int fd, void *buf, size_t n)
{
	return -EINVAL;
}

static ssize_t no_write(struct base_env *env, int fd, const void *buf, size_t n)
{
	return -EINVAL;
}

static ssize_t no_pread(struct base_env *env, int fd, void *buf, size_t n, int64_t off)
{
	return -EINVAL;
}

static ssize_t no_pwrite(struct base_env *env, int fd, const void *buf, size_t n, int64_t off)
{
	return -EINVAL;
}

static int no_truncate(struct base_env *env, int fd, int64_t size)
{
	return -EINVAL;
}

static int no_fd(struct base_env *env, int fd)
{
	return -EINVAL;
}

static int no_rename(struct base_env *env, const char *from, const char *to)
{
	return -ENOENT;
}

static int no_mode(struct base_env *env, int fd, unsigned mode)
{
	return -EINVAL;
}

static int no_owner(struct base_env *env, int fd, uint32_t uid, uint32_t gid)
{
	return -EINVAL;
}

static int no_path(struct base_env *env, const char *path)
{
	return -ENOENT;
}

static int no_mkdir(struct base_env *env, const char *path, unsigned mode)
{
	return -ENOENT;
}

static int no_lock(struct base_env *env, int fd, enum base_lock_how how, uint64_t wait_ns)
{
	return -EINVAL;
}

static int no_connect(struct base_env *env, const char *address)
{
	return -ECONNREFUSED;
}

static ssize_t no_send(struct base_env *env, int fd, const void *buf, size_t n)
{
	return -ENOTSOCK;
}

static ssize_t no_recv(struct base_env *env, int fd, void *buf, size_t n)
{
	return -ENOTSOCK;
}

static int no_wait(struct base_env *env, int fd, unsigned events, uint64_t wait_ns)
{
	return -EINVAL;
}

static void no_lock_holders(struct base_env *env, int fd, char *text, size_t room)
{
	text[0] = '\0';
}

static int no_open(struct base_env *env)
{
	return -EMFILE;
}

static int no_poll_set(struct base_env *env, int poll_fd, int fd, unsigned events)
{
	return -EINVAL;
}

static int no_timer_set(struct base_env *env, int fd, uint64_t at_ns)
{
	return -EINVAL;
}

void machine_env_init(struct machine_vcpu *vcpu)
{
	static const struct base_env_ops ops = {
		.now_ns = m_now_ns,
		.realtime_s = m_realtime_s,
		.sleep_ns = m_sleep_ns,
		.random = m_random,
		.open = m_open,
		.close = m_close,
		.read = no_read,
		.write = no_write,
		.pread = no_pread,
		.pwrite = no_pwrite,
		.truncate = no_truncate,
		.fstat = m_fstat,
		.stat = m_stat,
		.fsync = no_fd,
		.fchmod = no_mode,
		.fchown = no_owner,
		.exchange = no_rename,
		.rename = no_rename,
		.unlink = no_path,
		.mkdir = no_mkdir,
		.rmdir = no_path,
		.lock = no_lock,
		.unlock = no_fd,
		.lock_holders = no_lock_holders,
		.ioctl = m_ioctl,
		.connect = no_connect,
		.connected = no_fd,
		.send = no_send,
		.recv = no_recv,
		.wait = no_wait,
		.poll_open = no_open,
		.poll_set = no_poll_set,
		.timer_open = no_open,
		.timer_set = no_timer_set,
	};

	vcpu->env.base.ops = &ops;
	vcpu->env.vcpu = vcpu;
}

struct base_env *machine_env(struct machine_guest *guest, unsigned vcpu)
{
	return vcpu < guest->n_vcpus ? &guest->vcpus[vcpu].env.base : NULL;
}

/* Addresses that the caller's own code put into its structures: this process's memory, never page zero. */
static int own_read(void *ctx, uint64_t addr, void *to, size_t n)
{
	if (addr < SNP_PAGE_BYTES || addr > UINTPTR_MAX - n)
		return -EFAULT;
	memcpy(to, (const void *)(uintptr_t)addr, n);
	return 0;
}

static int own_write(void *ctx, uint64_t addr, const void *from, size_t n)
{
	if (addr < SNP_PAGE_BYTES || addr > UINTPTR_MAX - n)
		return -EFAULT;
	memcpy((void *)(uintptr_t)addr, from, n);
	return 0;
}

const struct sim_user_memory machine_own_memory = { .read = own_read, .write = own_write };

struct outcome {
	bool done;
	int result;
};

static void note(void *ctx, int result)
{
	*(struct outcome *)ctx = (struct outcome){ .done = true, .result = result };
}

int machine_ioctl(struct machine_guest *guest, unsigned vcpu, unsigned long request, void *arg)
{
	struct outcome outcome = { 0 };
	int r = machine_start(guest, vcpu, &machine_own_memory, request, (uintptr_t)arg, note, &outcome);

	if (r < 0)
		return r;
	while (!outcome.done && machine_runnable(guest->machine) > 0)
		machine_step(guest->machine, 0);
	return outcome.done ? outcome.result : -EIO;
}
