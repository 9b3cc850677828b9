/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "run/platform.h"
#include "store/store.h"

/* Changes of firmware and certificates: commands of host tools, and --fault. */

/* The caller holds the lock of a shared platform. */
int run_platform_update_locked(struct run_platform *p, const struct machine_change *change,
			       uint32_t *ret_status, struct jurat_error *err)
{
	int r = machine_update_status(p->machine, change, ret_status, err);

	return r > 0 ? jurat_fail(err, -EBUSY, "'%s' is locked by its readers", p->certs_path) : r;
}

int run_platform_update(struct run_platform *p, const struct machine_change *change, uint32_t *ret_status,
			struct jurat_error *err)
{
	int r = p->state ? run_state_lock(p->state, err) : 0;

	if (r < 0)
		return r;
	r = run_platform_update_locked(p, change, ret_status, err);
	if (p->state)
		run_state_unlock(p->state);
	return r;
}

bool run_platform_has_updater(const struct run_platform *p)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	auto_free char *name = NULL;
	auto_close int fd = -1;

	if (!p->certs_path || asprintf(&name, "%s" STORE_LOCK_SUFFIX, p->certs_path) < 0) {
		name = NULL;
		return false;
	}
	fd = open(name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return fd >= 0 && fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}
