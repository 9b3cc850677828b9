/* SPDX-License-Identifier: MIT */
#include <assert.h>

#include "sim/kvm/kvm_internal.h"

/* Where others may run in between: see sim_kvm_set_steps(). */

void sim_kvm_set_steps(struct sim_kvm_host *host, const struct sim_kvm_steps *steps)
{
	host->steps = steps ? *steps : (struct sim_kvm_steps){ 0 };
}

void sim_kvm_set_defects(struct sim_kvm_host *host, unsigned defects)
{
	host->defects = defects;
}

bool kvm_step(const struct sim_kvm_host *host, const char *what)
{
	return !host->steps.step || host->steps.step(host->steps.ctx, what);
}

static bool is_free(void *mutex)
{
	return !((const struct kvm_mutex *)mutex)->locked;
}

bool kvm_step_with(const struct sim_kvm_host *host, struct kvm_mutex *mutex, const char *what)
{
	if (host->steps.wait && !host->steps.wait(host->steps.ctx, what, is_free, mutex))
		return false;
	assert(!mutex->locked);
	return true;
}

bool kvm_lock(const struct sim_kvm_host *host, struct kvm_mutex *mutex)
{
	if (!kvm_step_with(host, mutex, "mutex_lock"))
		return false;
	mutex->locked = true;
	return true;
}

bool kvm_unlock(const struct sim_kvm_host *host, struct kvm_mutex *mutex)
{
	bool alive = kvm_step(host, "mutex_unlock");

	mutex->locked = false;
	return alive;
}
