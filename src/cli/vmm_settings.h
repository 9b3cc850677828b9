/* SPDX-License-Identifier: MIT */
#ifndef CLI_VMM_SETTINGS_H
#define CLI_VMM_SETTINGS_H

#include "cli/cli.h"
#include "vmm/settings.h"

/*
 * Puts the options of `jurat vmm` into the environment, with paths made absolute, and reads the settings back
 * as libjurat-vmm.so will. CLI_OK; another exit status after an error message.
 */
JURAT_MUST_CHECK int cli_vmm_settings(struct cli *cli, struct vmm_settings *ret);
/*
 * Checks what the settings name, as the library will use it: opens the log, reads the certificates, connects
 * to the service. Prints a line for each thing that is enabled, on standard error. CLI_OK; another exit
 * status after an error message. What may come later, a missing blob or a service that does not listen, is a
 * warning.
 */
JURAT_MUST_CHECK int cli_vmm_check(struct cli *cli, const struct vmm_settings *settings);

#endif
