/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_ROLES_H
#define DAEMON_ROLES_H

#include "daemon/options.h"
#include "daemon/sandbox.h"

/* Roles of juratd. `run` gets argv from the role's name on and returns the exit status. */
enum daemon_exit { DAEMON_OK = 0, DAEMON_USAGE = 2, DAEMON_ENVIRONMENT = 3, DAEMON_INTERNAL = 4 };

struct daemon_role {
	const char *name, *summary;
	const struct option_table *options;
	int (*run)(int argc, char **argv);
};

/* What the filter allows each beneath: sockets to listen on are open by then. */
enum {
	QGS_SANDBOX_NEEDS = SANDBOX_NEEDS_VSOCK, /* quoting services */
	ENDORSEMENTS_SANDBOX_NEEDS = SANDBOX_NEEDS_NETWORK | SANDBOX_NEEDS_FILES,
};

int qgs_run(int argc, char **argv);
int endorsements_run(int argc, char **argv);

#endif
