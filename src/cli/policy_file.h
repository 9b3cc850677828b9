/* SPDX-License-Identifier: MIT */
#ifndef CLI_POLICY_FILE_H
#define CLI_POLICY_FILE_H

#include "cli/cli.h"
#include "jurat/verify.h"

/* Policies as files, for the verbs that read or write them. */

/* Loads the policy that --policy names, if it was used, then every --require. Prints warnings on it. */
int cli_policy_load(struct cli *cli, struct jurat_policy *policy);

/*
 * Adds members to a policy from --policy, and warns of each that replaces another value.
 *
 * Returns   CLI_OK; CLI_INTERNAL after a message
 */
int cli_policy_add(struct cli *cli, struct jurat_policy *to, const struct jurat_policy *members);

/*
 * Writes a policy to the file that an option names; "-", or an option that was not used, is standard output.
 *
 * Returns   CLI_OK; another exit status after a message
 */
int cli_policy_write(struct cli *cli, const char *option, const struct jurat_policy *policy);

#endif
