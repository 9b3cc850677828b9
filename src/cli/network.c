/* SPDX-License-Identifier: MIT */
/* jurat-network: the verbs that ask services for endorsements. jurat executes it for them; see verbs.c. */
#include "cli/cli.h"

#include "base/cleanup.h"
#include "cli/tcb.h"
#include "cli/verify.h"

int main(int argc, char **argv)
{
	static const struct cli_run runs[] = {
		{ "doctor", cli_doctor }, { "fetch", cli_fetch },           { "host", cli_host },
		{ "tcb", cli_tcb },       { "verify", cli_verify_network },
	};

	return cli_main(argc, argv, CLI_NETWORK, runs, ARRAY_SIZE(runs));
}
