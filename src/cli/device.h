/* SPDX-License-Identifier: MIT */
#ifndef CLI_DEVICE_H
#define CLI_DEVICE_H

#include "cli/cli.h"
#include "jurat/guest.h"

/* The TEE this runs in, as --tee and --via say. CLI_OK, or an exit status after telling why. */
int cli_device_open(struct cli *cli, struct jurat_guest **ret);

#endif
