/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/host.h"
#include "update/left.h"
#include "wire/snp_certs.h"

/*
 * What a dry run finds without taking a lock or writing a file: permissions, which are the same when the
 * command runs, and what may have changed until then.
 */

/* A file that cannot be found is the update's to report. */
static int check_access(const struct host *host, const char *path, int mode)
{
	if (faccessat(AT_FDCWD, path, mode, AT_EACCESS) == 0 || errno == ENOENT)
		return CLI_OK;
	return cli_fail(host->cli, CLI_ENVIRONMENT, "%s: cannot write to '%s': %s", host->command, path,
			strerror(errno));
}

/* An update writes the new table, a copy of the old one, the empty one, and a lock file. */
static void warn_of_space(const struct host *host, const char *dir)
{
	enum { FULL_TABLES = 2, FILES = 4 };
	unsigned long long blocks;
	struct statvfs fs;

	if (statvfs(dir, &fs) < 0)
		return;
	blocks = FULL_TABLES * ((SNP_CERTS_LINUX_MAX_BYTES + fs.f_frsize - 1) / fs.f_frsize) + 1;
	if (fs.f_blocks != 0 && fs.f_bavail < blocks) /* 0: a tmpfs without a limit */
		cli_warn(host->cli,
			 "the file system of '%s' has %llu bytes free, but an update can need up to %llu",
			 dir, (unsigned long long)fs.f_bavail * fs.f_frsize, blocks * fs.f_frsize);
	if (fs.f_files != 0 && fs.f_favail < FILES) /* 0: without a limit */
		cli_warn(host->cli,
			 "the file system of '%s' has room for %llu more files, but an update needs %d", dir,
			 (unsigned long long)fs.f_favail, FILES);
}

static void warn_of_locks(const struct host *host)
{
	static const char *const left[] = { STORE_TABLE_SUFFIXES };
	char leftover[HOST_LEFTOVER_BYTES];
	bool updater = false;
	struct host_lock lock;

	if (host_lock_inspect(host, STORE_LOCK_SUFFIX, &lock)) {
		updater = lock.kind || lock.unreadable;
		if (lock.unreadable)
			cli_warn(host->cli, "an update may be running: cannot read '%s'", lock.name);
		else if (lock.kind)
			cli_warn(host->cli, "another update is running: %s", lock.who);
	}
	if (host_lock_inspect(host, "", &lock) && lock.kind)
		cli_warn(host->cli,
			 "'%s' has %s lock, and an update waits until it is released (see --wait): %s",
			 lock.name, !strcmp(lock.kind, "shared") ? "a shared" : "an exclusive", lock.who);
	for (size_t i = 0; i < ARRAY_SIZE(left) && !updater; i++)
		if (host_lock_inspect(host, left[i], &lock))
			cli_warn(host->cli, "%s", host_leftover_text(&lock, leftover));
}

int host_dry_run(const struct host *host)
{
	const char *slash = strrchr(host->update.blob, '/');
	size_t n = !slash ? 0 : slash == host->update.blob ? 1 : (size_t)(slash - host->update.blob);
	auto_free char *dir = n > 0 ? strndup(host->update.blob, n) : strdup(".");
	int status;

	if (!dir)
		return cli_fail_memory(host->cli);
	status = check_access(host, host->update.device, R_OK | W_OK);
	if (status == CLI_OK)
		status = check_access(host, dir, W_OK | X_OK);
	if (status != CLI_OK)
		return status;
	warn_of_space(host, dir);
	warn_of_locks(host);
	return CLI_OK;
}
