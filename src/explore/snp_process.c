/* SPDX-License-Identifier: MIT */
#include "explore/snp.h"

#include <errno.h>

#include "sim/psp/sev_driver.h"
#include "wire/sev_uapi.h"

struct snp_vcpu *snp_vcpu_of(struct explore_snp *m, unsigned actor)
{
	for (unsigned i = 0; i < m->n_vmms; i++)
		for (unsigned k = 0; k < m->vmms[i].n_vcpus; k++)
			if (m->vmms[i].vcpus[k].actor == actor)
				return &m->vmms[i].vcpus[k];
	return NULL;
}

unsigned snp_process_of(struct explore_snp *m, unsigned actor)
{
	const struct snp_vcpu *v = snp_vcpu_of(m, actor);

	return v ? v->vmm->process : SNP_MAX_VMMS + actor;
}

bool snp_protects(const struct explore_snp *m)
{
	return m->world.setup.flaws == 0 && m->world.setup.sync != SIM_SYNC_NONE &&
	       m->world.setup.sync != SIM_SYNC_V14;
}

/* Files and locks are those of the disk; a file of it stands for /dev/sev, and takes its commands. */

static struct base_env *files_of(struct base_env *env)
{
	return ((struct snp_process *)env)->files;
}

static int64_t p_realtime_s(struct base_env *env)
{
	return base_realtime_s(files_of(env));
}

static int p_open(struct base_env *env, const char *path, int flags, unsigned mode)
{
	return base_open(files_of(env), path, flags, mode);
}

static int p_dup(struct base_env *env, int fd)
{
	return base_dup(files_of(env), fd);
}

static int p_close(struct base_env *env, int fd)
{
	return base_close(files_of(env), fd);
}

static ssize_t p_read(struct base_env *env, int fd, void *buf, size_t n)
{
	return base_read(files_of(env), fd, buf, n);
}

/* See snp_local.c. */
static void change(struct base_env *env, int fd)
{
	struct explore_snp *m = ((struct snp_process *)env)->machine;

	if (snp_protects(m) && disk_is_shared(files_of(env), fd, true))
		m->unprotected = true;
}

static ssize_t p_write(struct base_env *env, int fd, const void *buf, size_t n)
{
	change(env, fd);
	return base_write(files_of(env), fd, buf, n);
}

static ssize_t p_pread(struct base_env *env, int fd, void *buf, size_t n, int64_t off)
{
	return base_pread(files_of(env), fd, buf, n, off);
}

static ssize_t p_pwrite(struct base_env *env, int fd, const void *buf, size_t n, int64_t off)
{
	change(env, fd);
	return base_pwrite(files_of(env), fd, buf, n, off);
}

static int p_truncate(struct base_env *env, int fd, int64_t size)
{
	change(env, fd);
	return base_truncate(files_of(env), fd, size);
}

static int p_fstat(struct base_env *env, int fd, struct base_stat *ret)
{
	return base_fstat(files_of(env), fd, ret);
}

static int p_stat(struct base_env *env, const char *path, struct base_stat *ret)
{
	return base_stat(files_of(env), path, ret);
}

static int p_stat_at(struct base_env *env, int dir, const char *name, struct base_stat *ret)
{
	return base_stat_at(files_of(env), dir, name, ret);
}

static int p_fsync(struct base_env *env, int fd)
{
	return base_fsync(files_of(env), fd);
}

static int p_fchmod(struct base_env *env, int fd, unsigned mode)
{
	change(env, fd);
	return base_fchmod(files_of(env), fd, mode);
}

static int p_fchown(struct base_env *env, int fd, uint32_t uid, uint32_t gid)
{
	change(env, fd);
	return base_fchown(files_of(env), fd, uid, gid);
}

static int p_rename(struct base_env *env, const char *from, const char *to)
{
	return base_rename(files_of(env), from, to);
}

static int p_exchange(struct base_env *env, const char *a, const char *b)
{
	return base_exchange(files_of(env), a, b);
}

static int p_unlink(struct base_env *env, const char *path)
{
	return base_unlink(files_of(env), path);
}

static int p_mkdir(struct base_env *env, const char *path, unsigned mode)
{
	return base_mkdir(files_of(env), path, mode);
}

static int p_rmdir(struct base_env *env, const char *path)
{
	return base_rmdir(files_of(env), path);
}

static int p_open_at(struct base_env *env, int dir, const char *name, int flags, unsigned mode)
{
	return base_open_at(files_of(env), dir, name, flags, mode);
}

static int p_rename_at(struct base_env *env, int dir, const char *from, const char *to)
{
	return base_rename_at(files_of(env), dir, from, to);
}

static int p_unlink_at(struct base_env *env, int dir, const char *name)
{
	return base_unlink_at(files_of(env), dir, name);
}

static int p_mkdir_at(struct base_env *env, int dir, const char *name, unsigned mode)
{
	return base_mkdir_at(files_of(env), dir, name, mode);
}

static int p_lock(struct base_env *env, int fd, enum base_lock_how how, uint64_t wait_ns)
{
	return base_lock(files_of(env), fd, how, wait_ns);
}

static int p_unlock(struct base_env *env, int fd)
{
	return base_unlock(files_of(env), fd);
}

static bool is_device(struct base_env *files, int fd)
{
	struct base_stat device, mine;

	return base_stat(files, SNP_DEVICE, &device) == 0 && base_fstat(files, fd, &mine) == 0 &&
	       mine.ino == device.ino;
}

/* For the history, in place of "ioctl". */
static void say_command(struct explore_snp *m, const void *arg, int r)
{
	static const char *const names[SEV_CMD_MAX] = {
		[SEV_CMD_GET_ID2] = "GET_ID",
		[SEV_CMD_SNP_PLATFORM_STATUS] = "SNP_PLATFORM_STATUS",
		[SEV_CMD_SNP_COMMIT] = "SNP_COMMIT",
		[SEV_CMD_SNP_SET_CONFIG] = "SNP_SET_CONFIG",
		[SEV_CMD_SNP_VLEK_LOAD] = "SNP_VLEK_LOAD",
	};
	struct base_env *actor = m->world.here.now;
	uint64_t command = bytes_get_le(arg, 4);

	if (actor)
		sched_say(actor, m->world.actors[sched_self(actor)].name, "firmware", "%s%s",
			  command < SEV_CMD_MAX && names[command] ? names[command] : "another command",
			  r < 0 ? ": refused" : "");
}

static int p_ioctl(struct base_env *env, int fd, unsigned long request, void *arg)
{
	struct explore_snp *m = ((struct snp_process *)env)->machine;
	struct base_env *files = files_of(env);
	int r;

	if (!is_device(files, fd))
		return -ENOTTY;
	r = sim_sev_ioctl(m->psp, base_pwrite(files, fd, "", 0, 0) == 0, request, arg);
	say_command(m, arg, r);
	return r;
}

static const struct base_env_ops process_ops = {
	.realtime_s = p_realtime_s,
	.open = p_open,
	.dup = p_dup,
	.close = p_close,
	.read = p_read,
	.write = p_write,
	.pread = p_pread,
	.pwrite = p_pwrite,
	.truncate = p_truncate,
	.fstat = p_fstat,
	.stat = p_stat,
	.fsync = p_fsync,
	.fchmod = p_fchmod,
	.fchown = p_fchown,
	.rename = p_rename,
	.exchange = p_exchange,
	.unlink = p_unlink,
	.mkdir = p_mkdir,
	.rmdir = p_rmdir,
	.open_at = p_open_at,
	.stat_at = p_stat_at,
	.rename_at = p_rename_at,
	.unlink_at = p_unlink_at,
	.mkdir_at = p_mkdir_at,
	.lock = p_lock,
	.unlock = p_unlock,
	.ioctl = p_ioctl,
};

void snp_process_init(struct snp_process *process, struct explore_snp *machine, unsigned number)
{
	*process = (struct snp_process){ .base = { &process_ops },
					 .files = disk_env(machine->disk, number),
					 .machine = machine };
}
