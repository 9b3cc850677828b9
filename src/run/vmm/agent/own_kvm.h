/* SPDX-License-Identifier: MIT */
#ifndef RUN_VMM_AGENT_OWN_KVM_H
#define RUN_VMM_AGENT_OWN_KVM_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A KVM of the agent's own, for a machine whose /dev/kvm cannot be opened: what a VMM asks of the kernel
 * before and beside KVM_RUN, with the kernel's errors, and vCPUs that halt at once. It takes launch commands
 * of SEV-SNP and TDX VMs in the kernel's order, and measures nothing.
 *
 * Its descriptors are memfds, which hold all of its state: they are mapped, duplicated, inherited, passed on
 * and closed as any other.
 *
 * Threads   any; a handler of a signal
 */

/* As open(2) of /dev/kvm with `flags`. */
int own_kvm_open(int flags);
bool own_kvm_is(int fd);
/* As ioctl(2). false: the descriptor is no own_kvm_open()'s, nor one that was made of it. Not for KVM_RUN. */
bool own_kvm_ioctl(int fd, unsigned long request, void *arg, int *ret_result);
/* KVM_RUN of one of its vCPUs, as ioctl(2); `run` is its kvm_run. */
int own_kvm_run(int fd, uint8_t *run);
/* In the child of fork(2): VMs of the parent answer EIO from now on. */
void own_kvm_forked(void);

#endif
