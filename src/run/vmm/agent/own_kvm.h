/* SPDX-License-Identifier: MIT */
#ifndef RUN_VMM_AGENT_OWN_KVM_H
#define RUN_VMM_AGENT_OWN_KVM_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The agent's simulated KVM, for a machine whose /dev/kvm cannot be opened. It has the ioctls that a VMM
 * calls besides KVM_RUN, with the kernel's errors, and vCPUs that halt at once. It accepts the launch
 * commands of SEV-SNP and TDX VMs in the kernel's order, and measures nothing.
 *
 * Its descriptors are memfds, which hold all of its state. The VMM can map, duplicate, inherit, pass and
 * close them like any other descriptor.
 *
 * Threads   any; also in a signal handler
 */

/* As open(2) of /dev/kvm with `flags`. */
int own_kvm_open(int flags);
bool own_kvm_is(int fd);
/* As ioctl(2), except KVM_RUN. false: not a descriptor of own_kvm_open(), nor one created from it. */
bool own_kvm_ioctl(int fd, unsigned long request, void *arg, int *ret_result);
/* KVM_RUN of one of its vCPUs, as ioctl(2); `run` is its kvm_run. */
int own_kvm_run(int fd, uint8_t *run);
/* In the child of fork(2): from now on, ioctls of the parent's VMs fail with EIO. */
void own_kvm_forked(void);

#endif
