/* SPDX-License-Identifier: MIT */
#include "run/platform.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run/fault.h"
#include "run/fs.h"

static int make_machine(struct run_platform *p, struct jurat_error *err)
{
	const struct run_options *o = p->options;
	struct machine_options options = {
		.psp = { .product = o->product, .report_version = o->report_version, .seed = o->seed },
		.sync = o->sync,
		.at = o->at,
		.kernel = o->kernel,
		.env = p->env,
		.order = o->tees & RUN_SEV_SNP ? o->order : NULL,
	};
	bool is_new = false;
	int r = 0;

	if (p->state)
		r = run_state_options(p->state, &options.psp, &is_new, err);
	if (r < 0)
		return r;
	p->seed = options.pki_seed = options.psp.seed;
	if (!o->no_certs) {
		if (p->state)
			p->certs_path = strdup(run_state_certs_path(p->state));
		else if (asprintf(&p->certs_path, "%s/certs.blob", p->temp) < 0)
			p->certs_path = NULL;
		if (!p->certs_path)
			return jurat_fail_memory(err);
	}
	options.certs_path = p->certs_path;
	r = machine_new(&options, &p->machine, err);
	if (r == 0 && p->trace)
		machine_set_trace(p->machine, p->trace);
	if (r == 0 && p->state)
		r = run_state_attach(p->state, machine_psp(p->machine), is_new, err);
	return r;
}

/*
 * Publishes the certificates of a platform, which also repairs what a crash has left. An updater that is at
 * work publishes its own; it may wait for the lock of the state, which this caller holds.
 */
static int publish_certificates(struct run_platform *p, struct jurat_error *err)
{
	struct machine_change publish = { .kind = MACHINE_CERTS_ONLY };
	uint32_t status = SNP_SUCCESS;
	int r;

	if (!p->certs_path || (p->state && run_platform_has_updater(p)))
		return 0;
	r = run_platform_update_locked(p, &publish, &status, err);
	return r == -EBUSY && p->state && run_platform_has_updater(p) ? 0 : r;
}

/* Loads the firmware and publishes the certificates that the options select. */
static int prepare(struct run_platform *p, struct jurat_error *err)
{
	struct machine_change vlek = { .kind = MACHINE_VLEK_LOAD },
			      download = { .kind = MACHINE_DOWNLOAD, .tcb = p->options->firmware_tcb };
	struct snp_platform_status now;
	uint32_t status = SNP_SUCCESS;
	int r = publish_certificates(p, err);

	if (r == 0 && p->options->firmware_tcb)
		r = run_platform_update_locked(p, &download, &status, err);
	if (r < 0)
		return r;
	if (sim_psp_platform_status(machine_psp(p->machine), &now) != SNP_SUCCESS)
		return jurat_fail(err, -EIO, "the state of the platform is not available");
	if (p->options->sign_with == RUN_SIGN_VLEK && !(now.flags & SNP_STATUS_VLEK_EN))
		return run_platform_update_locked(p, &vlek, &status, err);
	if (p->options->sign_with == RUN_SIGN_VCEK && now.flags & SNP_STATUS_VLEK_EN)
		return jurat_fail(
			err, -EINVAL,
			"this platform has a VLEK loaded; it is removed only when the reported TCB changes");
	return 0;
}

static int launch_td(struct run_platform *p, struct jurat_error *err)
{
	struct machine_td_options options = {
		.platform.seed = p->seed,
		.pki_seed = p->seed,
		.at = p->options->at,
		.quirks = SIM_TDX_QUIRKS_LINUX,
		.flavour = p->options->legacy_quote ? SIM_TDX_SEED : SIM_TDX_UPSTREAM,
		.td.attributes = UINT64_C(1) << TDX_ATTR_SEPT_VE_DISABLE_BIT,
		.td.xfam = 0xe7,
		.no_service = p->faults.qgs_down,
		.half_close = p->faults.qgs_half_close,
		.fixed_status = p->faults.tdx_fixed,
		.status = p->faults.tdx_status,
		.out_len = p->faults.tdx_out_len,
		.kernel = p->options->kernel,
		.order = p->options->order,
	};
	int64_t now = p->options->at ? p->options->at : base_realtime_s(base_env_real());
	struct machine_td_boot *by_default = NULL;
	int r;

	p->collateral = sim_collateral_up_to_date(now);
	if (p->options->legacy_quote)
		options.quirks = 0;
	options.boot = p->options->boot;
	r = options.boot ? 0 : machine_td_boot_new(NULL, &by_default, err);
	if (r == 0 && by_default)
		options.boot = by_default;
	if (r == 0)
		r = machine_td_new(&options, &p->td, err);
	machine_td_boot_free(by_default);
	if (r == 0 && p->trace)
		machine_td_set_trace(p->td, p->trace);
	return r;
}

static int launch_guest(struct run_platform *p, struct jurat_error *err)
{
	struct sim_launch launch = { .policy = RUN_GUEST_POLICY };

	memset(launch.measurement, 0x6d, sizeof(launch.measurement));
	return machine_guest_new(p->machine, p->options->launch ? p->options->launch : &launch,
				 run_platform_vcpus(p), &p->guest, err);
}

static int launch(struct run_platform *p, struct jurat_error *err)
{
	int r = 0;

	if (p->options->tees & RUN_TDX)
		r = launch_td(p, err);
	if (r == 0 && p->options->tees & RUN_SEV_SNP)
		r = launch_guest(p, err);
	return r;
}

int run_platform_restart(struct run_platform *p, struct jurat_error *err)
{
	if (!p->guest)
		return jurat_fail(err, -EOPNOTSUPP, "there is no SEV-SNP guest to restart");
	machine_guest_free(p->guest);
	p->guest = NULL;
	return launch_guest(p, err);
}

unsigned run_platform_vcpus(const struct run_platform *p)
{
	return p->options->vcpus ? p->options->vcpus : RUN_VCPUS;
}

mode_t run_platform_mode(const struct run_platform *p)
{
	return p->options->device_mode ? (mode_t)p->options->device_mode : 0600;
}

void run_platform_settle(struct run_platform *p)
{
	enum { ENOUGH = 1000000 }; /* more steps than any request takes */

	for (unsigned i = 0; i < ENOUGH && run_platform_runnable(p); i++)
		run_platform_step(p);
}

int run_platform_init(struct run_platform *p, const struct run_options *options, const char *temp,
		      struct jurat_error *err)
{
	int r = 0;

	p->options = options;
	p->temp = temp;
	if (options->state_dir)
		r = run_state_open(options->state_dir, &p->state, err);
	if (r == 0 && p->state)
		r = run_state_lock(p->state, err);
	if (r == 0)
		r = make_machine(p, err);
	if (r == 0)
		r = prepare(p, err);
	if (r == 0 && !options->host)
		r = launch(p, err);
	if (r == 0)
		r = run_faults_apply(p, err);
	if (p->state)
		run_state_unlock(p->state);
	return r;
}

bool run_platform_runnable(struct run_platform *p)
{
	return machine_runnable(p->machine) > 0 || (p->td && machine_td_runnable(p->td)) ||
	       (p->fs && run_fs_has_kept(p->fs));
}

void run_platform_step(struct run_platform *p)
{
	if (machine_runnable(p->machine) > 0)
		machine_step(p->machine, 0);
	if (p->td && machine_td_runnable(p->td))
		machine_td_step(p->td);
	if (p->fs)
		run_fs_serve_kept(p->fs);
}

void run_platform_stop(struct run_platform *p)
{
	enum { ENOUGH = 100000 }; /* more steps than any quote takes: the driver gives up after 30 polls */

	for (unsigned i = 0; p->td && i < ENOUGH && machine_td_runnable(p->td); i++)
		machine_td_step(p->td);
	machine_guest_free(p->guest);
	p->guest = NULL;
}

void run_platform_done(struct run_platform *p)
{
	run_state_close(p->state); /* first: it refers to the firmware */
	machine_td_free(p->td);
	machine_free(p->machine);
	free(p->certs_path);
	*p = (struct run_platform){ .trace = p->trace };
}
