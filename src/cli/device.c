/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>

#include "cli/run.h"
#include "cli/run_launch.h"
#include "cli/run_order.h"
#include "run/system.h"

/* Output for a script that waits for it: each path, then files and roots, in one write. */
static void say(const struct run_system_ready *what)
{
	for (size_t i = 0; i < what->devices->n; i++)
		if (!what->devices->places[i].link)
			puts(what->devices->places[i].path);
	if (what->certs)
		printf("JURAT_CERTS=%s\n", what->certs);
	printf("JURAT_ROOTS=%s\n", what->roots);
	fflush(stdout);
}

int cli_device(struct cli *cli)
{
	struct run_options options = { .argv = NULL };
	const char *faults[CLI_MAX_VALUES];
	struct run_launch launch = { 0 };
	struct cli_order order = { .n = 0 };
	struct jurat_error err = { "" };
	int r;

	if (!cli_run_options(cli, faults, &options))
		return CLI_USAGE;
	r = cli_run_order(cli, &options, &order);
	if (r == CLI_OK)
		r = cli_run_launch(cli, &options, &launch);
	if (r != CLI_OK) {
		cli_run_launch_done(&launch);
		cli_order_done(&order);
		return r;
	}
	r = run_system(&options, say, &err);
	cli_run_launch_done(&launch);
	cli_order_done(&order);
	if (r < 0)
		return cli_fail(cli, r == -EINVAL ? CLI_USAGE : cli_status(r), "%s", err.text);
	return CLI_OK;
}
