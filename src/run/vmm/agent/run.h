/* SPDX-License-Identifier: MIT */
#ifndef RUN_VMM_AGENT_RUN_H
#define RUN_VMM_AGENT_RUN_H

#include "vmm/vmm.h"

/* KVM_RUN of a vCPU whose `data` is its struct agent_object: the hook `run` of struct vmm_hooks. */
int agent_run(struct vmm_vcpu *vcpu, int fd);

#endif
