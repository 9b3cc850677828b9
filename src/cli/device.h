/* SPDX-License-Identifier: MIT */
#ifndef CLI_DEVICE_H
#define CLI_DEVICE_H

#include "cli/cli.h"
#include "jurat/guest.h"

/* Opens the TEE according to --tee and --via. CLI_OK, or another exit status after an error message. */
int cli_device_open(struct cli *cli, struct jurat_guest **ret);

#endif
