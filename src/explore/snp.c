/* SPDX-License-Identifier: MIT */
#include "explore/snp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "sim/psp/sev_driver.h"

/* The whole machine: made once, brought to its beginning before each order, its digest, and its end. */

static struct explore_snp *self(void *ctx)
{
	return ctx;
}

/* Steps of the kernel inside KVM_RUN. */

static bool kvm_step(void *ctx, const char *what)
{
	struct base_env *env = self(ctx)->world.here.now;
	struct snp_vcpu *v = snp_vcpu_of(ctx, sched_self(env));
	bool alive;

	if (!v) /* an updater or administrator */
		return sched_step(env, what);
	if (!strcmp(what, "SNP_GUEST_REQUEST"))
		snp_vcpu_polls(v);
	if (!strcmp(what, "mutex_unlock"))
		v->has_mutex = false;
	v->in_kernel = true;
	alive = sched_step(env, what);
	v->in_kernel = false;
	return alive;
}

static bool kvm_wait(void *ctx, const char *what, bool (*is_ready)(void *ready), void *ready)
{
	struct base_env *env = self(ctx)->world.here.now;
	struct snp_vcpu *v = snp_vcpu_of(ctx, sched_self(env));
	bool alive;

	if (!v)
		return sched_wait(env, what, is_ready, ready);
	v->in_kernel = true;
	alive = sched_wait(env, what, is_ready, ready);
	v->in_kernel = false;
	v->has_mutex = !strcmp(what, "mutex_lock");
	return alive;
}

static bool kvm_event_is_wanted(void *ctx)
{
	return self(ctx)->world.here.now && sched_has_history(self(ctx)->world.here.now);
}

/* With several vCPUs, what KVM does for one of them names it. */
static void kvm_event(void *ctx, const struct sim_kvm_event *event)
{
	const char *from = event->from, *to = event->to, *text = event->text;
	const struct explore_setup *setup = &self(ctx)->world.setup;
	struct base_env *env = self(ctx)->world.here.now;
	const char *name;

	name = self(ctx)->world.actors[sched_self(env)].name;
	if (!strcmp(from, "VMM") || !strcmp(from, "host tool"))
		from = name;
	if (!strcmp(to, "VMM"))
		to = name;
	if (strcmp(from, "KVM") != 0 || to == name ||
	    (setup->vcpus == 1 && setup->other == EXPLORE_NO_READER))
		sched_say(env, from, to, "%s", text);
	else
		sched_say(env, from, to, "%s, %s", text, name);
}

static unsigned defects_of(const struct explore_setup *setup)
{
	static const struct {
		enum explore_flaw flaw;
		unsigned defect;
	} rows[] = {
		{ EXPLORE_BUSY_LATE, SIM_KVM_BUSY_LATE },
		{ EXPLORE_CHECK_EARLY, SIM_KVM_CHECK_EARLY },
		{ EXPLORE_CHECK_UNLOCKED, SIM_KVM_CHECK_UNLOCKED },
		{ EXPLORE_NO_EARLY_CHECK, SIM_KVM_NO_EARLY_CHECK },
		{ EXPLORE_PAUSE_ONLY, SIM_KVM_PAUSE_ONLY },
		{ EXPLORE_EINTR_FIRST, SIM_KVM_EINTR_FIRST },
		{ EXPLORE_NO_MUTEX, SIM_KVM_NO_MUTEX },
	};
	unsigned defects = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (explore_has(setup, rows[i].flaw))
			defects |= rows[i].defect;
	return defects;
}

/* A kernel that has just started. */
static int new_kernel(struct explore_snp *m)
{
	const struct sim_kvm_steps steps = { .step = kvm_step, .wait = kvm_wait, .ctx = m };
	const struct sim_kvm_trace trace = { .event = kvm_event, .is_wanted = kvm_event_is_wanted, .ctx = m };
	struct sim_kvm_host *kvm;
	int r = sim_kvm_host_new(m->psp, m->world.setup.sync, NULL, &kvm, NULL);

	if (r < 0)
		return r;
	sim_kvm_host_free(m->kvm);
	m->kvm = kvm;
	sim_kvm_set_steps(kvm, &steps);
	sim_kvm_set_trace(kvm, &trace);
	sim_kvm_set_defects(kvm, defects_of(&m->world.setup));
	return 0;
}

/* The world. */

static struct base_env *under(void *ctx, unsigned actor)
{
	return &self(ctx)->processes[snp_process_of(ctx, actor)].base;
}

static struct base_env *nobody(struct explore_snp *m)
{
	return &m->processes[m->n_processes - 1].base;
}

static int put_file(struct explore_snp *m, const char *path, const void *from, size_t n)
{
	struct base_env *env = nobody(m);
	int fd = base_open(env, path, O_RDWR | O_CREAT | O_EXCL, 0600), r = 0;
	ssize_t written;

	if (fd < 0)
		return fd;
	written = base_pwrite(env, fd, from, n, 0);
	if (written < 0 || (size_t)written < n)
		r = written < 0 ? (int)written : -EIO;
	if (r == 0)
		r = base_fsync(env, fd);
	base_close(env, fd);
	return r;
}

static int put_files(struct explore_snp *m)
{
	int r = put_file(m, SNP_DEVICE, "", 0), dir;

	if (r == 0)
		r = put_file(m, SNP_BLOB, m->states[0].bytes, m->states[0].n);
	if (r < 0)
		return r;
	dir = base_open(nobody(m), "/", O_RDONLY | O_DIRECTORY, 0);
	if (dir < 0)
		return dir;
	r = base_fsync(nobody(m), dir);
	base_close(nobody(m), dir);
	return r;
}

static int begin(void *ctx)
{
	struct explore_snp *m = ctx;
	const struct explore_setup *setup = &m->world.setup;
	int r;

	for (unsigned i = 0; i < m->n_vmms; i++)
		snp_vmm_end(&m->vmms[i]);
	sim_psp_restore(m->psp, m->beginning);
	r = new_kernel(m);
	if (r < 0)
		return r;
	if (setup->firmware_error > 0)
		sim_kvm_inject(m->kvm, SIM_KVM_FAULT_FW_STATUS, setup->firmware_error, SNP_INVALID_PARAM);
	disk_reset(m->disk);
	r = put_files(m);
	for (unsigned i = 0; i < m->n_vmms && r == 0; i++)
		r = snp_vmm_begin(&m->vmms[i]);
	for (unsigned i = 0; i < SCHED_MAX_ACTORS; i++) {
		m->updated[i] = SNP_NOT_RUN;
		m->ended[i] = m->world.actors[i].recovers;
	}
	m->busy = m->left = m->unprotected = m->no_kernel = false;
	m->n_died = 0;
	return r;
}

static void hash(void *ctx, struct base_mix *to)
{
	struct explore_snp *m = ctx;

	if (!(m->without & SNP_PART_DISK))
		disk_hash(m->disk, m->world.setup.power_loss, to);
	if (!(m->without & SNP_PART_FIRMWARE))
		sim_psp_mix(m->psp, to);
	if (!(m->without & SNP_PART_KVM))
		sim_kvm_host_mix(m->kvm, to);
	for (unsigned i = 0; i < m->n_vmms; i++)
		snp_vmm_mix(&m->vmms[i], to);
	if (m->without & SNP_PART_RESULTS)
		return;
	base_mix_bytes(to, m->updated, sizeof(m->updated));
	base_mix_bytes(to, m->ended, sizeof(m->ended));
	base_mix_u64(to, (uint64_t)m->left << 2 | (uint64_t)m->unprotected << 1 | m->busy);
}

static const char *check(void *ctx)
{
	if (self(ctx)->unprotected)
		return "I5: a file changed while another party held a lock on it";
	return self(ctx)->no_kernel ? "no memory for a kernel" : snp_updater_check(ctx);
}

static bool is_local(void *ctx, const struct sched_call *call)
{
	return snp_is_local(ctx, call);
}

static bool forgets(void *ctx, const struct sched_call *call)
{
	return snp_forgets(ctx, call);
}

static bool skips(void *ctx, const struct sched_call *call)
{
	return snp_updater_skips(ctx, call);
}

static void saw_ioctl(void *ctx, unsigned long request, const void *arg, struct base_mix *to)
{
	sim_sev_saw_ioctl(arg, to);
}

/* What it would have returned has no meaning. */
static void died(void *ctx, unsigned actor)
{
	struct explore_snp *m = ctx;

	m->updated[actor] = SNP_NOT_RUN;
	m->n_died++;
	m->left = m->left || !snp_vcpu_of(m, actor);
}

/* A system call ends before its process does. */
static bool may_die(void *ctx, const struct sched_call *call)
{
	const struct snp_vcpu *v = snp_vcpu_of(ctx, call->actor);

	return !v || !v->in_kernel;
}

/* Some VMMs may have ended before, and left their VMs to the end of the order. */
static void lost_power(void *ctx, unsigned loss)
{
	struct explore_snp *m = ctx;

	for (unsigned i = 0; i < m->n_vmms; i++) {
		snp_vmm_end(&m->vmms[i]);
		m->vmms[i].dead = true;
	}
	disk_lose_power(m->disk, loss);
	m->n_died++;
	m->left = true;
	m->no_kernel = new_kernel(m) < 0;
}

/* Is there another line in the history that describes this step: from KVM, the VMM's loop, or a note? */
static bool is_described(const struct snp_vcpu *v, const struct sched_call *call, bool is_run)
{
	static const char *const ops[] = { "SNP_GUEST_REQUEST",  "SNP_PAUSE_ATTESTATION",
					   "pause attestation",  "SNP_RESUME_ATTESTATION",
					   "resume attestation", "sleep 2 s" };

	for (size_t i = 0; i < ARRAY_SIZE(ops); i++)
		if (!strcmp(call->op, ops[i]))
			return true;
	return v && v->loop.owes_run && is_run;
}

static const char *party(void *ctx, const struct sched_call *call)
{
	const char *path = call->path ? call->path : call->fd >= 0 ? call->fd_path : NULL;
	const struct snp_vcpu *v = snp_vcpu_of(ctx, call->actor);
	bool is_run = !strncmp(call->op, "KVM_RUN", strlen("KVM_RUN"));

	if (path && strstr(path, &SNP_DEVICE[1]))
		return strcmp(call->op, "ioctl") != 0 ? "/dev" SNP_DEVICE
						      : ""; /* snp_process.c adds its name */
	if (path)
		return "certificates";
	if (is_described(v, call, is_run))
		return "";
	return is_run || (v && v->in_kernel) ? "KVM" : NULL;
}

/* Made once. */

static void run_actor(struct base_env *env, void *ctx)
{
	struct explore_snp *m = ctx;
	unsigned actor = sched_self(env);

	if (m->world.actors[actor].recovers && !m->left)
		return; /* the updater, if there is one, is alive */
	m->ended[actor] = false;
	if (snp_vcpu_of(m, actor))
		snp_vcpu_run(env, m);
	else if (actor < m->first_updater + m->n_updaters)
		snp_updater_run(env, m);
	else if (actor == m->administrator)
		snp_administrator_run(env, m);
	else
		snp_recovery_run(env, m);
	m->ended[actor] = true;
}

/* A signal handler of the first VMM, in its thread: it kicks vCPU 0 once, at any time. */
static void run_signal(struct base_env *env, void *ctx)
{
	struct explore_snp *m = ctx;
	struct snp_vcpu *v = &m->vmms[0].vcpus[0];

	m->ended[sched_self(env)] = false;
	if (sched_step(env, "signal to vCPU 0") && v->kvm && !m->ended[v->actor]) {
		((uint8_t *)sim_kvm_vcpu_run(v->kvm))[KVM_RUN_immediate_exit] = 1;
		v->kicked = true;
	}
	m->ended[sched_self(env)] = true;
}

static unsigned add_actor(struct explore_snp *m, const char *name, bool mortal)
{
	unsigned n = m->world.sched.n_actors++;

	m->world.actors[n] = (struct sched_actor){ .name = name,
						   .run = run_actor,
						   .mortal = mortal && m->world.setup.crashes > 0 };
	return n;
}

static void add_vmm(struct explore_snp *m, enum explore_reader reader, unsigned n_vcpus)
{
	static const char *const names[SNP_MAX_VMMS][SNP_MAX_VCPUS] = { { "vCPU 0", "vCPU 1", "vCPU 2" },
									{ "other VMM" } };
	struct snp_vmm *vmm = &m->vmms[m->n_vmms];

	vmm->process = m->n_vmms;
	vmm->reader = reader;
	vmm->n_vcpus = n_vcpus;
	for (unsigned i = 0; i < n_vcpus; i++) {
		struct snp_vcpu *v = &vmm->vcpus[i];

		v->machine = m;
		v->vmm = vmm;
		v->index = i;
		v->actor = add_actor(m, names[m->n_vmms][i], true);
		m->world.actors[v->actor].process = m->n_vmms + 1;
	}
	m->n_vmms++;
}

static void add_actors(struct explore_snp *m)
{
	static const char *const updaters[] = { "updater", "updater 2", "updater 3" }, *const recoveries[] = {
		"recovery", "recovery 2", "recovery 3"
	};
	const struct explore_setup *setup = &m->world.setup;

	add_vmm(m, explore_has(setup, EXPLORE_NO_INODES) ? EXPLORE_NAIVE : EXPLORE_JURAT, setup->vcpus);
	if (setup->other != EXPLORE_NO_READER)
		add_vmm(m, setup->other, 1);
	m->first_updater = m->world.sched.n_actors;
	m->n_updaters = setup->updaters;
	for (unsigned i = 0; i < setup->updaters; i++)
		add_actor(m, updaters[i], true);
	m->administrator = SCHED_MAX_ACTORS;
	if (setup->administrator)
		m->administrator = add_actor(m, "administrator", false);
	m->first_recovery = m->world.sched.n_actors;
	m->n_recoveries = setup->updaters > 0 ? setup->crashes : 0;
	for (unsigned i = 0; i < m->n_recoveries; i++)
		m->world.actors[add_actor(m, recoveries[i], true)].recovers = true;
	if (setup->signals)
		m->world.actors[add_actor(m, "signal", false)].run = run_signal;
}

static int check_setup(const struct explore_setup *setup, struct jurat_error *err)
{
	unsigned n = setup->vcpus + (setup->other != EXPLORE_NO_READER) + setup->updaters +
		     setup->administrator + (setup->updaters > 0 ? setup->crashes : 0) + setup->signals;
	bool certs = setup->sync == SIM_SYNC_UPSTREAM || setup->sync == SIM_SYNC_NONE;

	if (setup->vcpus < 1 || setup->vcpus > SNP_MAX_VCPUS)
		return jurat_fail(err, -EINVAL, "%u vCPUs: expected 1 to %d", setup->vcpus, SNP_MAX_VCPUS);
	if (setup->requests < 1 || setup->requests > 5)
		return jurat_fail(err, -EINVAL, "%u requests: expected 1 to 5", setup->requests);
	if (setup->updaters > 3 || setup->crashes > 3)
		return jurat_fail(err, -EINVAL, "expected at most 3 updaters and 3 crashes");
	if (n > SCHED_MAX_ACTORS)
		return jurat_fail(err, -EINVAL, "%u actors: expected at most %d", n, SCHED_MAX_ACTORS);
	if (!certs && (setup->other == EXPLORE_QEMU || setup->other == EXPLORE_NAIVE ||
		       explore_has(setup, EXPLORE_NO_INODES)))
		return jurat_fail(err, -EINVAL, "readers qemu and naive: expected scheme upstream or none");
	return 0;
}

static void free_machine(struct explore_world *world)
{
	struct explore_snp *m = (struct explore_snp *)world;

	for (unsigned i = 0; i < m->n_vmms; i++) {
		snp_vmm_end(&m->vmms[i]);
		for (unsigned k = 0; k < m->vmms[i].n_vcpus; k++)
			free(m->vmms[i].vcpus[k].task);
	}
	sim_kvm_host_free(m->kvm);
	free(m->beginning);
	snp_tables_free(m->tables);
	sim_pki_free(m->pki);
	sim_psp_free(m->psp);
	disk_free(m->disk);
	free(m);
}

static void set_up_world(struct explore_snp *m)
{
	const struct explore_setup *setup = &m->world.setup;
	struct sched_world *w = &m->world.sched;

	sched_here_init(&m->world.here);
	w->actors = m->world.actors;
	w->ctx = m;
	w->under = under;
	w->begin = begin;
	w->check = check;
	w->hash = hash;
	w->is_local = is_local;
	w->forgets = forgets;
	w->skips = skips;
	w->saw_ioctl = saw_ioctl;
	w->died = died;
	w->may_die = may_die;
	w->lost_power = setup->power_loss ? lost_power : NULL;
	w->party = party;
	w->here = &m->world.here;
	w->timeouts = setup->timeouts;
	w->max_deaths = setup->crashes;
	m->world.free = free_machine;
	add_actors(m);
}

int explore_snp_new(const struct explore_setup *setup, struct explore_world **ret, struct jurat_error *err)
{
	struct explore_snp *m;
	int r = check_setup(setup, err);

	if (r < 0)
		return r;
	m = calloc(1, sizeof(*m));
	if (!m)
		return jurat_fail_memory(err);
	m->world.setup = *setup;
	set_up_world(m);
	m->n_processes = SNP_MAX_VMMS + m->world.sched.n_actors + 1;
	r = disk_new(m->n_processes, &m->disk);
	if (r == 0)
		disk_without_times(m->disk);
	for (unsigned i = 0; i < m->n_processes && r == 0; i++)
		snp_process_init(&m->processes[i], m, i);
	if (r == 0)
		r = snp_tables_new(m, err);
	if (r == 0)
		r = sim_psp_remember(m->psp);
	if (r == 0) {
		m->beginning = sim_psp_snapshot(m->psp);
		r = m->beginning ? 0 : -ENOMEM;
	}
	if (r < 0) {
		free_machine(&m->world);
		return r == -ENOMEM ? jurat_fail_memory(err) : r;
	}
	*ret = &m->world;
	return 0;
}
