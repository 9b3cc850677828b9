/* SPDX-License-Identifier: MIT */
#ifndef SIM_SEV_DRIVER_H
#define SIM_SEV_DRIVER_H

#include "base/mix.h"
#include "sim/psp/psp.h"

/*
 * /dev/sev, as Linux has it on an SNP host: the commands of the operator, for programs in this process. The
 * firmware refuses those of SEV and SEV-ES with UNSUPPORTED. The order of checks is the driver's. Spec: Linux
 * include/uapi/linux/psp-sev.h, drivers/crypto/ccp/sev-dev.c.
 */

/*
 * An ioctl at a descriptor that was opened for writing, or not. 0; -EIO the firmware refused: its status is
 * in `arg`; -EINVAL, -EPERM the command was not sent.
 */
int sim_sev_ioctl(struct sim_psp *psp, bool writable, unsigned long request, void *arg);
/* Adds what that has written for its caller, in `arg` and where it points: for explorers. */
void sim_sev_saw_ioctl(const void *arg, struct base_mix *to);

#endif
