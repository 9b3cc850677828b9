/* SPDX-License-Identifier: MIT */
/* jurat-platform: the verbs that need the software platform. jurat executes it for them; see verbs.c. */
#include "cli/cli.h"

#include "base/cleanup.h"

int main(int argc, char **argv)
{
	static const struct cli_run runs[] = {
		{ "cases", cli_cases },     { "demo", cli_demo },   { "device", cli_device },
		{ "explore", cli_explore }, { "forge", cli_forge }, { "run", cli_run },
	};

	return cli_main(argc, argv, CLI_PLATFORM, runs, ARRAY_SIZE(runs));
}
