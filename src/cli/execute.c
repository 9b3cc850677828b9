/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/installed.h"

int cli_execute(const struct cli *cli, const char *program, char **argv)
{
	auto_free char *own = base_own_directory();
	/* A build directory; a relocated prefix; the configured prefix, which needs no /proc. */
	const struct {
		const char *from, *to;
	} places[] = { { own, "" }, { own, "/../libexec/jurat" }, { JURAT_LIBEXEC, "" } };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		auto_free char *path = NULL;

		if (!places[i].from)
			continue;
		if (asprintf(&path, "%s%s/%s", places[i].from, places[i].to, program) < 0) {
			path = NULL;
			return cli_fail_memory(cli);
		}
		execv(path, argv);
		if (errno != ENOENT && errno != ENOTDIR)
			return cli_fail(cli, CLI_ENVIRONMENT, "cannot execute '%s': %s", path,
					strerror(errno));
	}
	return cli_fail(cli, CLI_ENVIRONMENT,
			"'%s', which has this verb, is not installed: expected in '%s' (reinstall jurat)",
			program, JURAT_LIBEXEC);
}
