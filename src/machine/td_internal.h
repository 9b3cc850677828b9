/* SPDX-License-Identifier: MIT */
#ifndef MACHINE_TD_INTERNAL_H
#define MACHINE_TD_INTERNAL_H

#include "host/host.h"
#include "machine/qgs_env.h"
#include "machine/td.h"
#include "sim/guest/tsm_tdx.h"

/* Shared by td.c and td_env.c. */

struct td_request {
	struct td_request *next;
	struct sim_tdx_quote_request *quote; /* NULL: an ioctl */
	const struct sim_user_memory *user;
	uint64_t arg;
	void (*done)(void *ctx, int result);
	void *ctx;
};

enum { TD_ENV_FILES = 32 };

struct machine_td {
	struct machine_td_options options;
	uint64_t now_ns;
	struct sim_tdx_platform *platform;
	struct sim_pki_intel *pki;
	struct sim_qe *qe;
	struct machine_qgs qgs;
	struct jurat_tdx_quotes *quotes;
	struct sim_td *td;
	struct sim_td_vcpu *vcpu;
	struct sim_tdx_guest *driver;
	struct sim_tsm *tsm;
	struct sim_tsm_tdx *provider;

	struct td_request *queue; /* the first has the driver */
	bool started, probing, waiting, owes_run, has_log;
	uint64_t until_ns; /* of a sleeping driver; 0: it does not sleep */
	int probed, dead;

	machine_trace_fn *trace;
	void *trace_ctx;

	struct td_env {
		struct base_env base;
		struct machine_td *machine;
		struct td_env_file {
			struct sim_tsm_file *tsm;
			const char *measurement; /* a file of /sys/class/misc/tdx_guest/measurements */
			uint64_t off;
			bool open;
		} files[TD_ENV_FILES];
	} env;
};

void td_env_init(struct machine_td *m);
void td_env_done(struct machine_td *m);
__attribute__((format(printf, 4, 5))) void td_event(struct machine_td *m, const char *from, const char *to,
						    const char *format, ...);

#endif
