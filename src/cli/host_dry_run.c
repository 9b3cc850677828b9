/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
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
static int check_access(const char *path, int mode, struct jurat_error *err)
{
	if (faccessat(AT_FDCWD, path, mode, AT_EACCESS) == 0 || errno == ENOENT)
		return 0;
	return jurat_fail(err, -EACCES, "cannot write to '%s': %s", path, strerror(errno));
}

/* What may be in the way of the command itself. */
struct dry_run {
	const struct host *host;
	json_t *warnings;
	bool failed; /* out of memory */
};

__attribute__((format(printf, 3, 4))) static void warn(struct dry_run *d, const char *code,
						       const char *format, ...)
{
	auto_free char *text = NULL;
	va_list ap;

	va_start(ap, format);
	text = cli_text(format, ap);
	va_end(ap);
	if (!text)
		d->failed = true;
	else if (!d->warnings)
		cli_warn(d->host->cli, "%s", text);
	else if (cli_add_finding(d->warnings, code, text) < 0)
		d->failed = true;
}

/* An update writes the new table, a copy of the old one, the empty one, and a lock file. */
static void warn_of_space(struct dry_run *d, const char *dir)
{
	enum { FULL_TABLES = 2, FILES = 4 };
	unsigned long long blocks;
	struct statvfs fs;

	if (statvfs(dir, &fs) < 0)
		return;
	blocks = FULL_TABLES * ((SNP_CERTS_LINUX_MAX_BYTES + fs.f_frsize - 1) / fs.f_frsize) + 1;
	if (fs.f_blocks != 0 && fs.f_bavail < blocks) /* 0: a tmpfs without a limit */
		warn(d, "space",
		     "the file system of '%s' has %llu bytes free, but an update can need up to %llu", dir,
		     (unsigned long long)fs.f_bavail * fs.f_frsize, blocks * fs.f_frsize);
	if (fs.f_files != 0 && fs.f_favail < FILES) /* 0: without a limit */
		warn(d, "inodes",
		     "the file system of '%s' has room for %llu more files, but an update needs %d", dir,
		     (unsigned long long)fs.f_favail, FILES);
}

static void warn_of_locks(struct dry_run *d)
{
	static const char *const left[] = { STORE_TABLE_SUFFIXES };
	char leftover[HOST_LEFTOVER_BYTES];
	bool updater = false;
	struct host_lock lock;

	if (host_lock_inspect(d->host, STORE_LOCK_SUFFIX, &lock)) {
		updater = lock.kind || lock.unreadable;
		if (lock.unreadable)
			warn(d, "updater", "an update may be running: cannot read '%s'", lock.name);
		else if (lock.kind)
			warn(d, "updater", "another update is running: %s", lock.who);
	}
	if (host_lock_inspect(d->host, "", &lock) && lock.kind)
		warn(d, "locked",
		     "'%s' has %s lock, and an update waits until it is released (see --wait): %s", lock.name,
		     !strcmp(lock.kind, "shared") ? "a shared" : "an exclusive", lock.who);
	for (size_t i = 0; i < ARRAY_SIZE(left) && !updater; i++)
		if (host_lock_inspect(d->host, left[i], &lock))
			warn(d, "interrupted", "%s",
			     strcmp(d->host->command, "recover") ? host_leftover_text(&lock, leftover)
								 : host_leftover_found(&lock, leftover));
}

int host_dry_run(const struct host *host, json_t *warnings, struct jurat_error *err)
{
	const char *slash = strrchr(host->update.blob, '/');
	size_t n = !slash ? 0 : slash == host->update.blob ? 1 : (size_t)(slash - host->update.blob);
	auto_free char *dir = n > 0 ? strndup(host->update.blob, n) : strdup(".");
	struct dry_run d = { .host = host, .warnings = warnings };
	int r;

	if (!dir)
		return jurat_fail_memory(err);
	r = check_access(host->update.device, R_OK | W_OK, err);
	if (r == 0)
		r = check_access(dir, W_OK | X_OK, err);
	if (r < 0)
		return r;
	warn_of_space(&d, dir);
	warn_of_locks(&d);
	return d.failed ? jurat_fail_memory(err) : 0;
}
