/* SPDX-License-Identifier: MIT */
#include "explore/snp.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "uapi/kvm.h"
#include "wire/kvm_run.h"

/* A VMM: its VM, made anew for each order, and the thread of each vCPU with the loop of machine/vmm.h. */

static int host_write(void *vm, uint64_t gpa, const void *from, size_t n)
{
	return sim_kvm_host_write(vm, gpa, from, n);
}

static void say(void *ctx, const char *from, const char *to, const char *text)
{
	struct snp_vcpu *v = ctx;
	const char *name = v->machine->world.actors[v->actor].name;

	if (strcmp(to, "store") != 0) /* whose steps are shown as they are */
		sched_say(v->env, strcmp(from, "VMM") ? from : name, strcmp(to, "VMM") ? to : name, "%s",
			  text);
}

static const struct machine_vmm_hooks hooks = { .say = say };

static unsigned quirks_of(const struct explore_setup *setup)
{
	return SIM_QUIRKS_LINUX | (explore_has(setup, EXPLORE_OTHER_MESSAGE) ? SIM_QUIRK_RESEND_ANOTHER : 0) |
	       (explore_has(setup, EXPLORE_REUSE_SEQNO) ? SIM_QUIRK_REUSE_SEQNO : 0);
}

static int begin_vcpu(struct snp_vcpu *v)
{
	static const struct sim_kvm_guest_ops ops = { .enter = snp_guest_enter };
	const struct sim_guest_memory memory = machine_guest_memory(v->vmm->vm);
	const struct explore_setup *setup = &v->machine->world.setup;
	struct sim_sev_guest_layout layout = snp_guest_layout(v);
	int r;

	v->env = NULL;
	v->in_kernel = v->in_turn = v->has_mutex = v->kicked = false;
	v->fd = -1;
	v->requests = setup->requests;
	r = snp_task_begin(v);
	if (r == 0)
		r = sim_kvm_vcpu_new(v->vmm->vm, &ops, v, &v->kvm, NULL);
	if (r == 0)
		r = jurat_snp_request_new(v->vmm->certs, &v->certs, NULL);
	if (r == 0) /* request, response and GHCB; the driver shares the pages for certificates */
		r = sim_kvm_set_shared(v->vmm->vm, layout.request_gpa, 3, true);
	if (r == 0)
		r = sim_kvm_register_ghcb(v->kvm, layout.ghcb_gpa);
	if (r == 0)
		r = sim_sev_guest_new(&memory, &layout, v->index, quirks_of(setup), NULL, &v->driver, NULL);
	v->loop = (struct machine_vmm){ .sync = setup->sync,
					.vm = v->vmm->vm,
					.vcpu = v->kvm,
					.certs = v->certs,
					.hooks = &hooks,
					.ctx = v };
	return r;
}

int snp_vmm_begin(struct snp_vmm *vmm)
{
	const struct jurat_snp_certs_options certs = { .size = sizeof(certs),
						       .lock_wait_ms = SNP_LOCK_WAIT_MS };
	const struct sim_launch launch = { .policy = 0x30000 };
	struct explore_snp *m = vmm->vcpus[0].machine;
	uint8_t secrets[SNP_PAGE_BYTES];
	int r;

	snp_vmm_end(vmm);
	vmm->dead = false;
	vmm->n_running = vmm->n_vcpus;
	r = sim_kvm_vm_new(m->kvm, &launch, SNP_FIRST_PAGE + vmm->n_vcpus * (uint64_t)SNP_PAGES_PER_VCPU,
			   &vmm->vm, secrets, NULL);
	if (r == 0)
		r = sim_kvm_enable_req_certs(vmm->vm);
	if (r == 0)
		r = sim_kvm_guest_write(vmm->vm, SNP_SECRETS_GPA, secrets, sizeof(secrets));
	if (r == 0)
		r = host_snp_certs_new(&m->world.here.base, SNP_BLOB, &certs, &vmm->certs, NULL);
	for (unsigned i = 0; i < vmm->n_vcpus && r == 0; i++)
		r = begin_vcpu(&vmm->vcpus[i]);
	return r;
}

/* The process has closed its files, or they are lost with it. */
void snp_vmm_end(struct snp_vmm *vmm)
{
	for (unsigned i = 0; i < vmm->n_vcpus; i++) {
		struct snp_vcpu *v = &vmm->vcpus[i];

		jurat_snp_request_free(v->certs);
		sim_sev_guest_free(v->driver);
		sim_kvm_vcpu_free(v->kvm);
		v->certs = NULL;
		v->driver = NULL;
		v->kvm = NULL;
	}
	jurat_snp_certs_free(vmm->certs);
	sim_kvm_vm_free(vmm->vm);
	vmm->certs = NULL;
	vmm->vm = NULL;
}

static void mix_vcpu(const struct snp_vcpu *v, struct base_mix *to)
{
	unsigned without = v->machine->without;

	if (!(without & SNP_PART_VMM)) {
		base_mix_u64(to, (uint64_t)v->loop.owes_run << 4 | (uint64_t)v->has_mutex << 3 |
					 (uint64_t)v->in_kernel << 2 | (uint64_t)v->in_turn << 1 | v->kicked);
		base_mix_u64(to, (uint64_t)(uint32_t)v->loop.ran << 32 | (uint32_t)v->fd);
	}
	if (!(without & SNP_PART_VCPU))
		sim_kvm_vcpu_mix(v->kvm, to);
	if (!(without & SNP_PART_DRIVER))
		sim_sev_guest_mix(v->driver, to);
	if (!(without & SNP_PART_TASK))
		snp_task_mix(v, to);
	if (v->certs && !(without & SNP_PART_LIBRARY))
		host_snp_request_mix(v->certs, to);
}

void snp_vmm_mix(struct snp_vmm *vmm, struct base_mix *to)
{
	unsigned without = vmm->vcpus[0].machine->without;

	base_mix_u64(to, (uint64_t)vmm->n_running << 1 | vmm->dead);
	if (!vmm->vm)
		return;
	if (!(without & SNP_PART_MEMORY))
		sim_kvm_vm_mix(vmm->vm, to);
	if (vmm->certs && !(without & SNP_PART_LIBRARY))
		host_snp_certs_mix(vmm->certs, to);
	for (unsigned i = 0; i < vmm->n_vcpus; i++)
		mix_vcpu(&vmm->vcpus[i], to);
}

bool snp_vcpu_holds(const struct snp_vcpu *v)
{
	return v->fd >= 0 || (v->certs && host_snp_request_holds(v->certs));
}

/*
 * I5: a thread that has no request in flight holds no lock. Its process has the locks that its requests hold,
 * and at most one more for each other thread that is between taking its lock and having its answer.
 */
static void check_locks(struct snp_vcpu *v)
{
	const char *name = v->machine->world.actors[v->actor].name;
	unsigned held = 0, others = 0, locks = sched_locks(v->env);
	char text[96];

	for (unsigned i = 0; i < v->vmm->n_vcpus; i++) {
		const struct snp_vcpu *other = &v->vmm->vcpus[i];

		held += snp_vcpu_holds(other);
		others += other != v && other->in_turn;
	}
	if (v->in_guest)
		return;
	if (!snp_vcpu_holds(v) && locks <= held + others)
		return;
	(void)!snprintf(text, sizeof(text), "I5: %s holds a lock without a request", name);
	sched_violate(v->env, text);
}

/* What broken VMMs do before and after a KVM_RUN. */

static void before_run(struct snp_vcpu *v)
{
	if (explore_has(&v->machine->world.setup, EXPLORE_UNLOCK_EARLY) &&
	    jurat_snp_request_ran(v->certs, 0, 0) == 1)
		sched_note(v->env, "has dropped the lock before KVM_RUN");
}

void snp_vcpu_polls(struct snp_vcpu *v)
{
	if (explore_has(&v->machine->world.setup, EXPLORE_POLLED_FLAG) &&
	    jurat_snp_request_ran(v->certs, 0, 0) == 1)
		sched_note(
			v->env,
			"another thread has dropped the lock: a flag says that the firmware has the request");
}

/* Takes exit_reason for the exit that it is of, although KVM_RUN failed (B27). */
static void serve_stale(struct snp_vcpu *v)
{
	struct jurat_guest_memory memory = { .size = sizeof(memory),
					     .write = host_write,
					     .context = v->vmm->vm };
	uint8_t *run = sim_kvm_vcpu_run(v->kvm);
	uint64_t answer, npages;

	if (bytes_get_le(run + KVM_RUN_exit_reason, 4) != UAPI_KVM_EXIT_SNP_REQ_CERTS)
		return;
	sched_note(v->env, "serves the stale exit_reason");
	if (jurat_snp_request_serve(v->certs, bytes_get_le(run + KVM_RUN_SNP_REQ_CERTS_gpa, 8),
				    bytes_get_le(run + KVM_RUN_SNP_REQ_CERTS_npages, 8), &memory, &answer,
				    &npages, NULL) == 0)
		run[KVM_RUN_immediate_exit] = snp_vcpu_holds(v);
}

/* A VMM clears the byte that its signal handler has set. */
static void clear_kick(struct snp_vcpu *v)
{
	if (v->kicked)
		((uint8_t *)sim_kvm_vcpu_run(v->kvm))[KVM_RUN_immediate_exit] = 0;
	v->kicked = false;
}

static void after_run(struct snp_vcpu *v)
{
	const struct explore_setup *setup = &v->machine->world.setup;

	if (v->loop.ran != -EINTR)
		return;
	clear_kick(v);
	if (explore_has(setup, EXPLORE_STALE_EXIT))
		serve_stale(v);
	if (!explore_has(setup, EXPLORE_UNLOCK_OTHERS))
		return;
	for (unsigned i = 0; i < v->vmm->n_vcpus; i++)
		if (v->vmm->vcpus[i].certs && jurat_snp_request_ran(v->vmm->vcpus[i].certs, 0, 0) == 1)
			sched_note(v->env, "has dropped the lock of vCPU %u", i);
}

/* One turn of the loop. False: the thread has ended. */
static bool turn(struct snp_vcpu *v)
{
	uint8_t *run = sim_kvm_vcpu_run(v->kvm);
	int r;

	if (snp_task_sleeps(v)) {
		if (!sched_step(v->env, "sleep 2 s"))
			return false;
		snp_task_wake(v);
	}
	before_run(v);
	if (!sched_step(v->env, run[KVM_RUN_immediate_exit] ? "KVM_RUN immediate_exit" : "KVM_RUN"))
		return false;
	v->in_turn = true;
	r = v->vmm->reader == EXPLORE_JURAT ? machine_vmm_run(&v->loop) : snp_reader_run(v);
	if (r == 0 && !sched_is_dead(v->env))
		after_run(v);
	v->in_turn = false;
	if (sched_is_dead(v->env))
		return false;
	if (r < 0) {
		sched_violate(v->env, "I2: KVM_RUN fails, and the VM is lost");
		return false;
	}
	check_locks(v);
	return v->loop.owes_run || v->in_guest || v->requests > 0;
}

static void free_request(struct snp_vcpu *v)
{
	jurat_snp_request_free(v->certs);
	v->certs = NULL;
}

/* Where threads drop the locks of others, one may be in the middle of that: the last frees them. */
static void end_request(struct snp_vcpu *v)
{
	if (explore_has(&v->machine->world.setup, EXPLORE_UNLOCK_OTHERS))
		jurat_snp_request_reset(v->certs);
	else
		free_request(v);
}

void snp_vcpu_run(struct base_env *env, void *machine)
{
	struct snp_vcpu *v = snp_vcpu_of(machine, sched_self(env));
	struct snp_vmm *vmm = v->vmm;

	v->env = env;
	do
		sched_forget(env, NULL, 0);
	while (turn(v));
	if (v->fd >= 0)
		base_close(&v->machine->world.here.base, v->fd);
	v->fd = -1;
	end_request(v);
	if (--vmm->n_running == 0) {
		for (unsigned i = 0; i < vmm->n_vcpus; i++)
			free_request(&vmm->vcpus[i]);
		jurat_snp_certs_free(vmm->certs); /* closes what it kept open for the next request */
		vmm->certs = NULL;
	}
	clear_kick(v); /* which came too late */
	if (vmm->n_running > 0)
		return;
	if (sched_is_dead(env)) {
		vmm->dead = true;
		snp_vmm_end(vmm);
	}
}
