/* SPDX-License-Identifier: MIT */
#include "run/platform.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int update(struct run_platform *p, enum machine_change_kind kind, struct jurat_error *err)
{
	struct machine_change change = { .kind = kind };
	int r = machine_update(p->machine, &change, err);

	return r > 0 ? jurat_fail(err, -EBUSY, "'%s' is locked by its readers", p->certs_path) : r;
}

static int make_machine(struct run_platform *p, struct jurat_error *err)
{
	const struct run_options *o = p->options;
	struct machine_options options = {
		.psp = { .product = o->product, .report_version = o->report_version, .seed = o->seed },
		.pki_seed = o->seed,
		.sync = o->sync,
	};

	if (!o->no_certs && asprintf(&p->certs_path, "%s/certs.blob", p->temp) < 0) {
		p->certs_path = NULL;
		return jurat_fail(err, -ENOMEM, "out of memory");
	}
	options.certs_path = p->certs_path;
	return machine_new(&options, &p->machine, err);
}

int run_platform_init(struct run_platform *p, const struct run_options *options, const char *temp,
		      struct jurat_error *err)
{
	struct sim_launch launch = { .policy = 0x30000 };
	int r;

	*p = (struct run_platform){ .options = options, .temp = temp };
	memset(launch.measurement, 0x6d, sizeof(launch.measurement));
	r = make_machine(p, err);
	if (r == 0 && p->certs_path)
		r = update(p, MACHINE_CERTS_ONLY, err);
	if (r == 0 && options->vlek)
		r = update(p, MACHINE_VLEK_LOAD, err);
	if (r == 0 && !options->host)
		r = machine_guest_new(p->machine, &launch, RUN_VCPUS, &p->guest, err);
	return r;
}

void run_platform_stop(struct run_platform *p)
{
	machine_guest_free(p->guest);
	p->guest = NULL;
}

void run_platform_done(struct run_platform *p)
{
	machine_free(p->machine);
	free(p->certs_path);
	*p = (struct run_platform){ 0 };
}
