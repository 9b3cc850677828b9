/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "cli/host.h"
#include "store/access.h"
#include "update/left.h"

/* The kind of a lock that another open file description has on the file, or NULL. */
static const char *lock_kind(int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fcntl(fd, F_OFD_GETLK, &lock) < 0 || lock.l_type == F_UNLCK)
		return NULL;
	return lock.l_type == F_RDLCK ? "shared" : "exclusive";
}

bool host_lock_inspect(const struct host *host, const char *suffix, struct host_lock *ret)
{
	auto_close int fd = -1;
	int n = snprintf(ret->name, sizeof(ret->name), "%s%s", host->update.blob, suffix);

	ret->is_there = ret->unreadable = false;
	ret->kind = NULL;
	ret->who[0] = '\0';
	if (n < 0 || (size_t)n >= sizeof(ret->name))
		return false;
	fd = open(ret->name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);
	ret->unreadable = fd < 0 && (errno == EACCES || errno == EPERM);
	ret->is_there = fd >= 0 || ret->unreadable;
	ret->kind = fd >= 0 ? lock_kind(fd) : NULL;
	if (ret->kind)
		base_lock_holders(base_env_real(), fd, ret->who, sizeof(ret->who));
	return ret->is_there;
}

bool host_update_at_work(const struct host *host, struct host_lock *ret)
{
	return host_lock_inspect(host, STORE_LOCK_SUFFIX, ret) && (ret->kind || ret->unreadable);
}

char *host_leftover_found(const struct host_lock *lock, char to[HOST_LEFTOVER_BYTES])
{
	if (lock->kind)
		snprintf(
			to, HOST_LEFTOVER_BYTES,
			"an interrupted update left '%s', locked by %s: end that process, or use --undrained "
			"proceed",
			lock->name, lock->who);
	else
		snprintf(to, HOST_LEFTOVER_BYTES, "an interrupted update left '%s'", lock->name);
	return to;
}

char *host_leftover_text(const struct host_lock *lock, char to[HOST_LEFTOVER_BYTES])
{
	if (lock->kind)
		snprintf(to, HOST_LEFTOVER_BYTES,
			 "an interrupted update left '%s', locked by %s: run `jurat host recover`; if it "
			 "waits for that process in vain, end the process, or run `jurat host recover "
			 "--undrained proceed`",
			 lock->name, lock->who);
	else
		snprintf(to, HOST_LEFTOVER_BYTES, "an interrupted update left '%s': run `jurat host recover`",
			 lock->name);
	return to;
}
