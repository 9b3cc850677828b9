/* SPDX-License-Identifier: MIT */
#include "explore/snp.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "store/store.h"
#include "wire/sev_uapi.h"

/*
 * Which steps need no decision, because each order with them elsewhere is equal to one that is tried. What is
 * used of the machine here is how it is put together, not that its parts are right:
 *
 *	- a vCPU changes no file, and knows only the one at the path, and those that it has open;
 *	- firmware and files are changed by updaters and those who recover only;
 *	- a step that changes nothing for others need not be a place to die: the next one is as good. The
 *	  same holds for files that are in nobody's way, if nobody can die any more who leaves them behind.
 *
 * That a file does not change while somebody holds a lock on it is an assumption about parts, so that it is
 * checked: snp_process.c fails an order where it is wrong.
 */

static bool is_op(const struct sched_call *call, const char *op)
{
	return strcmp(call->op, op) == 0;
}

/* Upstream: over bounce pages and firmware call. */
static bool has_vm_mutex(const struct explore_setup *setup)
{
	return (setup->sync == SIM_SYNC_UPSTREAM || setup->sync == SIM_SYNC_NONE) &&
	       !explore_has(setup, EXPLORE_NO_MUTEX);
}

static bool is_local_of_vcpu(const struct explore_snp *m, const struct snp_vcpu *v,
			     const struct sched_call *call)
{
	const struct explore_setup *setup = &m->world.setup;
	bool nobody_waits = v->vmm->n_vcpus == 1 && has_vm_mutex(setup);

	if (is_op(call, "KVM_RUN") || is_op(call, "KVM_RUN immediate_exit"))
		return !setup->signals;
	if (is_op(call, "mutex_lock"))
		return nobody_waits;
	/* Whoever has a mutex may as well have taken it just now. */
	if (is_op(call, "SNP_GUEST_REQUEST"))
		return v->has_mutex && !nobody_waits && !explore_has(setup, EXPLORE_POLLED_FLAG);
	/* And may as well have released it at once. */
	if (is_op(call, "mutex_unlock"))
		return true;
	if (is_op(call, "fstat") || is_op(call, "pread"))
		return call->locked && snp_protects(m);
	return is_op(call, "close") && !call->locked;
}

/* Nobody else who changes files or firmware can do a step before this one has ended or died. */
static bool is_only_updater(const struct explore_snp *m, unsigned actor)
{
	for (unsigned i = 0; i < m->n_updaters; i++)
		if (m->first_updater + i != actor && !m->ended[m->first_updater + i])
			return false;
	for (unsigned i = 0; i < m->n_recoveries; i++)
		if (m->first_recovery + i != actor && !m->ended[m->first_recovery + i])
			return false;
	return true;
}

static bool only_reads_firmware(const struct sched_call *call)
{
	struct sev_issue_cmd command;

	return wire_read(&sev_issue_cmd_layout, call->arg, SEV_ISSUE_CMD_BYTES, &command, NULL) == 0 &&
	       (command.cmd == SEV_CMD_SNP_PLATFORM_STATUS || command.cmd == SEV_CMD_GET_ID2);
}

static bool is_blob(const char *path)
{
	const char *slash = strrchr(path, '/');

	return strcmp(slash ? slash + 1 : path, &SNP_BLOB[1]) == 0;
}

/* Neither at the path nor open elsewhere: only whoever does this step can make it known to others. */
static bool is_unknown_file(struct explore_snp *m, const struct sched_call *call)
{
	struct base_env *files = m->processes[snp_process_of(m, call->actor)].files;
	struct base_stat mine, there;

	return base_fstat(files, call->fd, &mine) == 0 && !disk_is_shared(files, call->fd, false) &&
	       (base_stat(files, SNP_BLOB, &there) != 0 || mine.ino != there.ino);
}

static bool may_die(const struct explore_snp *m)
{
	return m->n_died < m->world.sched.max_deaths;
}

/* What it does to files is in nobody's way. */
static bool is_aside(struct explore_snp *m, const struct sched_call *call)
{
	if (may_die(m))
		return false;
	if (is_op(call, "open") || is_op(call, "unlink"))
		return !is_blob(call->path);
	if (is_op(call, "pwrite") || is_op(call, "truncate") || is_op(call, "fchmod") ||
	    is_op(call, "fchown"))
		return is_unknown_file(m, call);
	return false;
}

static bool is_local_of_updater(struct explore_snp *m, const struct sched_call *call)
{
	bool is_turn = call->fd_path && strcmp(call->fd_path, &SNP_BLOB STORE_LOCK_SUFFIX[1]) == 0;

	if (!is_only_updater(m, call->actor))
		return snp_updater_is_local(m, call);
	if (is_op(call, "stat") || is_op(call, "fstat") || is_op(call, "read") || is_op(call, "pread"))
		return true;
	if (is_op(call, "open") && !(call->flags & (O_CREAT | O_TRUNC)))
		return true;
	if (is_op(call, "ioctl"))
		return only_reads_firmware(call);
	if (is_op(call, "lock exclusive") || is_op(call, "unlock"))
		return is_turn;
	if (is_op(call, "close") && strcmp(call->fd_path, &SNP_DEVICE[1]) == 0)
		return !may_die(m); /* its last step: the last place to die */
	if (is_op(call, "close"))
		return !call->locked || is_turn;
	if (is_op(call, "fsync"))
		return !m->world.setup.power_loss;
	return is_aside(m, call);
}

bool snp_is_local(struct explore_snp *m, const struct sched_call *call)
{
	const struct snp_vcpu *v = snp_vcpu_of(m, call->actor);

	if (v)
		return is_local_of_vcpu(m, v, call);
	if (call->actor == m->administrator || call->actor >= m->first_recovery + m->n_recoveries)
		return false;
	return is_local_of_updater(m, call);
}

/*
 * A reader that opens the certificates has no file open, and starts over: what it found before, in files that
 * were replaced, is no longer used. Nor is how often: no time passes while it does not wait for a lock.
 */
bool snp_forgets(struct explore_snp *m, const struct sched_call *call)
{
	return is_op(call, "open") && snp_vcpu_of(m, call->actor);
}
