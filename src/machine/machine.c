/* SPDX-License-Identifier: MIT */
#include "machine/internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "sim/forge/forge.h"

/* Where a guest's pages are: the driver's pages first, then one GHCB page for each vCPU. */
enum {
	PAGE = 4096,
	SECRETS_GPA = MACHINE_SECRETS_GPA,
	REQUEST_GPA = 2 * PAGE,
	RESPONSE_GPA = 3 * PAGE,
	CERTS_GPA = 4 * PAGE,
	CERTS_PAGES = 4,
	GHCB_GPA = 8 * PAGE,
};

/* The AMD-SP and its roots: what either makes from now on is as ordered. */
static int make_firmware(struct machine *m, struct jurat_error *err)
{
	const char *seed = m->options.pki_seed ? m->options.pki_seed : SIM_PKI_DEFAULT_SEED;
	struct sim_order *order = m->options.order;
	struct sim_launch unused = { 0 };
	int r = order ? sim_forge_snp_options(order, &m->options.psp, &unused, err) : 0;

	if (r == 0)
		r = sim_psp_new(&m->options.psp, &m->psp, err);
	if (r == 0)
		r = sim_pki_new(seed, &m->pki, err);
	if (r == 0)
		sim_pki_use_amd_terms(
			m->pki, sim_pki_leaf_begin(m->options.at ? m->options.at : base_realtime_s(m->env)));
	return r == 0 && order ? sim_forge_install_snp(order, m->psp, m->pki, err) : r;
}

int machine_new(const struct machine_options *options, struct machine **ret, struct jurat_error *err)
{
	struct machine *m = calloc(1, sizeof(*m));
	const struct jurat_snp_certs_options certs = { .size = sizeof(certs),
						       .lock_wait_ms = options->lock_wait_ms };
	int r;

	if (!m)
		return jurat_fail_memory(err);
	m->options = *options;
	lock_env_init(&m->locks, base_env_or_real(options->env));
	m->env = &m->locks.base;
	r = make_firmware(m, err);
	if (r == 0)
		r = sim_kvm_host_new(m->psp, options->sync, options->kernel, &m->kvm, err);
	if (r == 0 && options->certs_path) {
		m->certs_path = strdup(options->certs_path);
		r = m->certs_path ? 0 : jurat_fail_memory(err);
	}
	if (r == 0)
		r = host_snp_certs_new(m->env, m->certs_path, &certs, &m->certs, err);
	if (r != 0) {
		machine_free(m);
		return r;
	}
	*ret = m;
	return 0;
}

void machine_free(struct machine *m)
{
	if (!m)
		return;
	while (m->guests)
		machine_guest_free(m->guests);
	jurat_snp_certs_free(m->certs);
	sim_kvm_host_free(m->kvm);
	sim_pki_free(m->pki);
	sim_psp_free(m->psp);
	free(m->certs_path);
	free(m);
}

void machine_set_trace(struct machine *m, struct trace *trace)
{
	struct sim_kvm_trace kvm = { .event = machine_trace_kvm, .ctx = m };

	m->trace = trace;
	lock_env_trace(&m->locks, trace);
	sim_kvm_set_trace(m->kvm, trace ? &kvm : NULL);
	for (struct machine_guest *guest = m->guests; guest; guest = guest->next) {
		guest->traced_as = SEQUENCE_NONE;
		for (struct machine_request *request = guest->queue; request; request = request->next) {
			request->place = TRACE_NOWHERE;
			request->attempt = request->sleep = 0;
		}
		for (unsigned i = 0; i < guest->n_vcpus; i++) {
			guest->vcpus[i].place = TRACE_NOWHERE;
			guest->vcpus[i].vmm.trace = trace;
		}
	}
}

struct sim_psp *machine_psp(struct machine *m)
{
	return m->psp;
}

struct sim_pki *machine_pki(struct machine *m)
{
	return m->pki;
}

struct sim_kvm_host *machine_kvm(struct machine *m)
{
	return m->kvm;
}

uint64_t machine_now_ns(const struct machine *m)
{
	return m->now_ns;
}

/* Ends the request that holds the driver. Its `done` may queue another. */
static void finish(struct machine_guest *guest, int result)
{
	struct machine_request *request = guest->queue;

	guest->queue = request->next;
	guest->started = false;
	guest->sleeping = false;
	machine_trace_end(guest, request, result);
	request->done(request->ctx, result);
	free(request);
}

/* Runs the guest on this vCPU: its driver's request, if a program on this vCPU made it. */
static enum sim_guest_wants enter(void *ctx, uint64_t *ret_ghcb_gpa)
{
	struct machine_vcpu *vcpu = ctx;
	struct machine_guest *guest = vcpu->guest;
	struct machine *m = guest->machine;

	while (guest->queue && guest->queue->vcpu == vcpu->index) {
		struct machine_request *request = guest->queue;
		struct sim_step_result step;
		int r = 0;

		vcpu->place = request->place;
		(void)trace_go(m->trace, request->place);
		if (!guest->started) {
			sim_sev_guest_on_cpu(guest->driver, vcpu->ghcb_gpa);
			r = request->kernel ? sim_sev_guest_start_request(guest->driver, request->kernel)
					    : sim_sev_guest_start(guest->driver, request->user,
								  request->number, request->arg);
			guest->started = r == 0;
			guest->sent = false;
		}
		if (r < 0) {
			finish(guest, r);
			continue;
		}
		trace_end(m->trace, request->sleep, NULL);
		sim_sev_guest_step(guest->driver, m->now_ns, &step);
		switch (step.step) {
		case SIM_STEP_VMGEXIT:
			machine_trace_attempt(guest, request); /* encrypted once, then resent (B1, B2) */
			guest->sent = true;
			*ret_ghcb_gpa = vcpu->ghcb_gpa;
			return SIM_GUEST_VMGEXIT;
		case SIM_STEP_SLEEP:
			guest->sleeping = true;
			guest->until_ns = step.until_ns;
			request->sleep =
				trace_call(m->trace, "guest driver", "guest driver", "sleeps %.0f ms",
					   (double)(step.until_ns - m->now_ns) / 1e6);
			return SIM_GUEST_HALT;
		case SIM_STEP_DONE:
			finish(guest, step.result);
			break;
		}
	}
	return SIM_GUEST_HALT;
}

static bool vmm_answer(void *ctx, uint64_t *answer, uint64_t *npages)
{
	const struct machine_vcpu *vcpu = ctx;

	return machine_fault_answer(vcpu->guest->machine, answer, npages);
}

static void vmm_copied(void *ctx, uint64_t gpa, uint64_t npages)
{
	machine_fault_after_copy(ctx, gpa, npages);
}

static int vcpu_init(struct machine_guest *guest, unsigned index, struct jurat_error *err)
{
	static const struct sim_kvm_guest_ops ops = { .enter = enter };
	static const struct machine_vmm_hooks hooks = { .answer = vmm_answer, .copied = vmm_copied };
	struct machine_vcpu *vcpu = &guest->vcpus[index];
	int r;

	vcpu->guest = guest;
	vcpu->index = index;
	vcpu->ghcb_gpa = GHCB_GPA + (uint64_t)index * PAGE;
	vcpu->vmm = (struct machine_vmm){
		.sync = guest->machine->options.sync,
		.vm = guest->vm,
		.hooks = &hooks,
		.ctx = vcpu,
		.trace = guest->machine->trace,
	};
	machine_env_init(vcpu);
	r = sim_kvm_vcpu_new(guest->vm, &ops, vcpu, &vcpu->vmm.vcpu, err);
	if (r == 0)
		r = jurat_snp_request_new(guest->machine->certs, &vcpu->vmm.certs, err);
	if (r == 0)
		r = sim_kvm_register_ghcb(vcpu->vmm.vcpu, vcpu->ghcb_gpa);
	return r;
}

/* Shares the pages used by driver and hypervisor, except those that the driver shares itself. */
static int share_pages(struct machine_guest *guest)
{
	bool has_certs = !sim_linux_or_newest(guest->machine->options.kernel)->sev_shares_certs_per_request;
	int r = sim_kvm_set_shared(guest->vm, REQUEST_GPA, has_certs ? 2 + CERTS_PAGES : 2, true);

	return r == 0 ? sim_kvm_set_shared(guest->vm, GHCB_GPA, guest->n_vcpus, true) : r;
}

/* Launches the VM, gives the guest its secrets page, and loads its driver. */
static int guest_init(struct machine_guest *guest, const struct sim_launch *launch, struct jurat_error *err)
{
	struct sim_guest_memory memory;
	struct sim_sev_guest_layout layout = {
		.ghcb_gpa = GHCB_GPA,
		.request_gpa = REQUEST_GPA,
		.response_gpa = RESPONSE_GPA,
		.certs_gpa = CERTS_GPA,
		.secrets_gpa = SECRETS_GPA,
	};
	uint8_t secrets[SNP_PAGE_BYTES];
	int r = sim_kvm_vm_new(guest->machine->kvm, launch, GHCB_GPA / PAGE + guest->n_vcpus, &guest->vm,
			       secrets, err);

	if (r < 0)
		return r;
	memory = machine_guest_memory(guest->vm);
	if (guest->machine->certs_path)
		r = sim_kvm_enable_req_certs(guest->vm);
	if (r == 0)
		r = sim_kvm_guest_write(guest->vm, SECRETS_GPA, secrets, sizeof(secrets));
	bytes_wipe(secrets, sizeof(secrets));
	if (r == 0)
		r = share_pages(guest);
	if (r < 0)
		return jurat_fail(err, r, "guest memory: %s", strerror(-r));
	for (unsigned i = 0; i < guest->n_vcpus; i++) {
		r = vcpu_init(guest, i, err);
		if (r < 0)
			return r;
	}
	return sim_sev_guest_new(&memory, &layout, 0, SIM_QUIRKS_LINUX, guest->machine->options.kernel,
				 &guest->driver, err);
}

int machine_guest_new(struct machine *m, const struct sim_launch *launch, unsigned n_vcpus,
		      struct machine_guest **ret, struct jurat_error *err)
{
	struct machine_guest *guest = calloc(1, sizeof(*guest));
	struct sim_psp_options same = m->options.psp;
	struct sim_launch ordered = *launch;
	int r = 0;

	if (guest && n_vcpus > 0 && n_vcpus <= 256)
		guest->vcpus = calloc(n_vcpus, sizeof(*guest->vcpus));
	if (!guest || !guest->vcpus) {
		free(guest);
		return n_vcpus == 0 || n_vcpus > 256 ? jurat_fail(err, -EINVAL, "expected 1 to 256 vCPUs")
						     : jurat_fail_memory(err);
	}
	if (m->options.order)
		r = sim_forge_snp_options(m->options.order, &same, &ordered, err);
	if (r < 0) {
		free(guest->vcpus);
		free(guest);
		return r;
	}
	guest->machine = m;
	guest->n_vcpus = n_vcpus;
	guest->index = m->n_guests++;
	guest->traced_as = SEQUENCE_NONE;
	guest->next = m->guests;
	m->guests = guest;
	r = guest_init(guest, &ordered, err);
	if (r < 0) {
		machine_guest_free(guest);
		return r;
	}
	*ret = guest;
	return 0;
}

void machine_guest_free(struct machine_guest *guest)
{
	struct machine_guest **at;

	if (!guest)
		return;
	for (at = &guest->machine->guests; *at != guest; at = &(*at)->next)
		;
	*at = guest->next;
	while (guest->queue)
		finish(guest, -ENODEV);
	for (unsigned i = 0; i < guest->n_vcpus; i++) {
		jurat_snp_request_free(guest->vcpus[i].vmm.certs);
		sim_kvm_vcpu_free(guest->vcpus[i].vmm.vcpu);
	}
	sim_sev_guest_free(guest->driver);
	sim_kvm_vm_free(guest->vm);
	free(guest->vcpus);
	free(guest);
}

struct sim_kvm_vm *machine_guest_vm(struct machine_guest *guest)
{
	return guest->vm;
}

struct sim_sev_guest *machine_guest_driver(struct machine_guest *guest)
{
	return guest->driver;
}

/* Queues a copy of `from`. */
static int start(struct machine_guest *guest, const struct machine_request *from)
{
	struct machine_request *request, **tail = &guest->queue;

	if (from->vcpu >= guest->n_vcpus)
		return -EINVAL;
	if (guest->dead) {
		struct machine_request refused = *from;

		machine_trace_start(guest, &refused);
		machine_trace_end(guest, &refused, guest->dead);
		return guest->dead;
	}
	request = malloc(sizeof(*request));
	if (!request)
		return -ENOMEM;
	*request = *from;
	machine_trace_start(guest, request);
	while (*tail)
		tail = &(*tail)->next;
	*tail = request;
	return 0;
}

int machine_start(struct machine_guest *guest, unsigned vcpu, const struct sim_user_memory *user,
		  unsigned long number, uint64_t arg, void (*done)(void *ctx, int result), void *ctx)
{
	return start(
		guest,
		&(struct machine_request){
			.vcpu = vcpu, .user = user, .number = number, .arg = arg, .done = done, .ctx = ctx });
}

int machine_start_request(struct machine_guest *guest, unsigned vcpu, struct sim_sev_request *request,
			  void (*done)(void *ctx, int result), void *ctx)
{
	return start(guest,
		     &(struct machine_request){ .vcpu = vcpu, .kernel = request, .done = done, .ctx = ctx });
}

static bool can_move(const struct machine_vcpu *vcpu)
{
	const struct machine_guest *guest = vcpu->guest;

	if (guest->dead)
		return false;
	if (vcpu->vmm.owes_run)
		return true;
	if (!guest->queue || guest->queue->vcpu != vcpu->index)
		return false;
	return !guest->sleeping || guest->until_ns <= guest->machine->now_ns;
}

/* The `which`-th runnable vCPU; if there is none, *ret_n is the number of runnable vCPUs. */
static struct machine_vcpu *movable(struct machine *m, unsigned which, unsigned *ret_n)
{
	unsigned n = 0;

	for (struct machine_guest *guest = m->guests; guest; guest = guest->next)
		for (unsigned i = 0; i < guest->n_vcpus; i++)
			if (can_move(&guest->vcpus[i]) && n++ == which)
				return &guest->vcpus[i];
	*ret_n = n;
	return NULL;
}

unsigned machine_runnable(struct machine *m)
{
	uint64_t first = UINT64_MAX;
	unsigned n;

	movable(m, UINT32_MAX, &n);
	if (n > 0)
		return n;
	for (struct machine_guest *guest = m->guests; guest; guest = guest->next)
		if (!guest->dead && guest->queue && guest->sleeping && guest->until_ns < first)
			first = guest->until_ns;
	if (first == UINT64_MAX)
		return 0;
	trace_advance(m->trace, first - m->now_ns);
	m->now_ns = first;
	movable(m, UINT32_MAX, &n);
	return n;
}

void machine_step(struct machine *m, unsigned which)
{
	unsigned n = 0;
	struct machine_vcpu *vcpu = movable(m, which, &n);
	struct machine_guest *guest;
	struct trace_place before;
	int r;

	if (!vcpu)
		return;
	guest = vcpu->guest;
	guest->sleeping = false;
	before = trace_go(m->trace, vcpu->place);
	r = machine_vmm_run(&vcpu->vmm);
	(void)trace_go(m->trace, before);
	if (r < 0) {
		guest->dead = r;
		while (guest->queue)
			finish(guest, r);
	}
}
