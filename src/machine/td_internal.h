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
	struct trace_place place; /* in its step, which ends when it is done */
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

	struct trace *trace; /* NULL: none */
	int traced_as;       /* the TD's number in it */
	/* open steps: TDVMCALL of the driver; its sleep, or wait for an interrupt */
	uint32_t traced_call, traced_pause;

	struct td_env {
		struct base_env base;
		struct machine_td *machine;
		struct td_env_file {
			struct sim_tsm_file *tsm;
			const char *name;        /* of the attribute */
			const char *measurement; /* a file of /sys/class/misc/tdx_guest/measurements */
			uint64_t off;
			struct trace_reads reads;
			bool open;
		} files[TD_ENV_FILES];
	} env;
};

void td_env_init(struct machine_td *m);
void td_env_done(struct machine_td *m);

/* td_event.c: steps of a request in the trace. */
void td_trace_start(struct machine_td *m, struct td_request *request);
void td_trace_end(struct machine_td *m, struct td_request *request, int result);
/* Goes to a new request of the program, unless there is one here. Returns the place so far. */
struct trace_place td_trace_program(struct machine_td *m);
/* TDX_CMD_GET_REPORT0 and what is no request: done at once, between the two. */
struct trace_place td_trace_ioctl(struct machine_td *m, unsigned long request);
void td_trace_ioctl_end(struct machine_td *m, struct trace_place step, const struct sim_user_memory *user,
			unsigned long request, uint64_t arg, int result);
void td_trace_getquote(struct machine_td *m, const struct uapi_tdvmcall *regs);
void td_trace_outcome(struct machine_td *m, const struct jurat_tdx_quote_outcome *outcome);
/* Goes to the request that has the driver. Returns the place so far. */
struct trace_place td_trace_enter(struct machine_td *m);

#endif
