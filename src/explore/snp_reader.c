/* SPDX-License-Identifier: MIT */
#include "explore/snp.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "uapi/kvm.h"
#include "wire/kvm_run.h"

/*
 * A VMM that reads certificates itself, without libjurat-host: as the reader that was proposed for QEMU, or
 * one that does not compare the file that it has locked with the file at the path. Each request opens the
 * file, and closes it to unlock.
 */
enum { NS_PER_MS = 1000000 };

static struct base_env *env_of(const struct snp_vcpu *v)
{
	return &v->machine->world.here.base;
}

static void drop(struct snp_vcpu *v)
{
	if (v->fd >= 0)
		base_close(env_of(v), v->fd);
	v->fd = -1;
}

/* Opens and locks the file. 0; EAGAIN or EIO; ENOENT, -1: it was replaced, once more. */
static int lock_file(struct snp_vcpu *v)
{
	struct base_env *env = env_of(v);
	struct base_stat mine, there;
	int fd = base_open(env, SNP_BLOB, O_RDONLY, 0);

	if (fd < 0)
		return fd == -ENOENT ? ENOENT : EIO;
	v->fd = fd;
	if (v->machine->world.setup.sync == SIM_SYNC_NONE)
		return 0;
	switch (base_lock(env, v->fd, BASE_LOCK_SHARED, (uint64_t)SNP_LOCK_WAIT_MS * NS_PER_MS)) {
	case 0:
		break;
	case JURAT_BUSY:
		return EAGAIN;
	default:
		return EIO;
	}
	if (v->vmm->reader == EXPLORE_NAIVE)
		return 0;
	if (base_fstat(env, v->fd, &mine) < 0)
		return EIO;
	if (base_stat(env, SNP_BLOB, &there) < 0 || mine.ino != there.ino) {
		drop(v);
		return -1;
	}
	return 0;
}

/* 0 the certificates are in the guest's pages, and the file is locked; otherwise the errno for KVM. */
static int answer(struct snp_vcpu *v, uint64_t gpa, uint64_t *npages)
{
	uint8_t bytes[SNP_MAX_TABLE_BYTES];
	uint64_t pages;
	ssize_t n;
	int r;

	do
		r = lock_file(v);
	while (r < 0 && !sched_is_dead(v->env));
	if (r == ENOENT) /* no file, no certificates */
		return 0;
	if (r != 0)
		return r < 0 ? EIO : r;
	n = base_pread(env_of(v), v->fd, bytes, sizeof(bytes), 0);
	if (n < 0)
		return EIO;
	pages = host_pages((uint64_t)n);
	if (pages > *npages) {
		*npages = pages;
		return ENOSPC;
	}
	return n == 0 || sim_kvm_host_write(v->vmm->vm, gpa, bytes, (size_t)n) == 0 ? 0 : EIO;
}

static void serve(struct snp_vcpu *v, uint8_t *run)
{
	uint64_t npages = bytes_get_le(run + KVM_RUN_SNP_REQ_CERTS_npages, 8);
	int r = answer(v, bytes_get_le(run + KVM_RUN_SNP_REQ_CERTS_gpa, 8), &npages);

	bytes_put_le(run + KVM_RUN_SNP_REQ_CERTS_npages, npages, 8);
	bytes_put_le(run + KVM_RUN_SNP_REQ_CERTS_ret, (uint64_t)r, 8);
	if (r != 0 || v->machine->world.setup.sync == SIM_SYNC_NONE)
		drop(v);
	if (v->fd >= 0)
		run[KVM_RUN_immediate_exit] = 1;
}

int snp_reader_run(struct snp_vcpu *v)
{
	uint8_t *run = sim_kvm_vcpu_run(v->kvm);
	int rc = sim_kvm_run(v->kvm);

	v->loop.ran = rc;
	v->loop.owes_run = rc == -EINTR;
	if (v->fd >= 0) {
		drop(v);
		run[KVM_RUN_immediate_exit] = 0;
	}
	if (rc < 0)
		return rc == -EINTR ? 0 : rc;
	switch (bytes_get_le(run + KVM_RUN_exit_reason, 4)) {
	case UAPI_KVM_EXIT_HLT:
		return 0;
	case UAPI_KVM_EXIT_SNP_REQ_CERTS:
		serve(v, run);
		v->loop.owes_run = true;
		return 0;
	default:
		return -ENOTSUP;
	}
}
