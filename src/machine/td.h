/* SPDX-License-Identifier: MIT */
#ifndef MACHINE_TD_H
#define MACHINE_TD_H

#include "base/env.h"
#include "machine/launch.h"
#include "machine/machine.h"
#include "sim/tdx/qe.h"
#include "sim/guest/tdx_guest.h"
#include "sim/guest/tsm.h"

/*
 * A software TDX machine with one TD of one vCPU: TDX module, KVM, guest driver, configfs-tsm and quoting
 * enclave (sim/), and a VMM loop that uses the real host library (host/), which connects to the quoting
 * service over the QGS protocol. Programs in the TD use it through machine_td_env().
 *
 * Time is virtual: it passes when the guest sleeps and while the quoting service works. One thread per
 * machine.
 */
struct machine_td;

struct machine_td_options {
	struct sim_tdx_options platform;
	struct sim_qe_options qe;
	const char *pki_seed; /* NULL: SIM_PKI_DEFAULT_SEED */
	int64_t at; /* what certificates are dated by, unless qe says it; seconds since 1970; 0: the clock */
	struct sim_td_params td;
	/*
	 * What the TD boots: td.mrtd is of it, its events extend RTMRs, and the TD has its log. Borrowed
	 * until machine_td_new() returns; NULL: RTMRs are zero, and there is no log.
	 */
	const struct machine_td_boot *boot;
	enum sim_tdx_flavour flavour;
	const struct sim_linux *kernel; /* of the guest; NULL: the newest */
	unsigned quirks;                /* of the guest driver: enum sim_tdx_quirk */
	uint32_t grace_ms;              /* of the host library: 0: its default; JURAT_TDX_QUOTES_NONE: none */
	uint64_t latency_ns;            /* latency of the quoting service; 0: 3 ms */
	bool no_service;                /* connections to the quoting service are refused */
	bool half_close;                /* the quoting service closes in the middle of each response */
	/*
	 * The VMM answers GetQuote without a quoting service: it accepts the buffer and writes this status
	 * and out_len, but no quote. TDX_GETQUOTE_IN_FLIGHT: the buffer stays in flight forever.
	 */
	bool fixed_status;
	uint64_t status;
	uint32_t out_len;
	/* What is different about the TD, quotes, certificates and collateral. Borrowed; NULL: nothing */
	struct sim_order *order;
};

/* options: borrowed; NULL: defaults. 0; -EINVAL; -ENOMEM; -EIO the guest driver could not be loaded. */
JURAT_MUST_CHECK int machine_td_new(const struct machine_td_options *options, struct machine_td **ret,
				    struct jurat_error *err);
void machine_td_free(struct machine_td *machine);
/* From the next GetQuote on: no_service, half_close, fixed_status and status of these options. */
void machine_td_set_faults(struct machine_td *machine, const struct machine_td_options *faults);
/* As machine_set_trace(). */
void machine_td_set_trace(struct machine_td *machine, struct trace *trace);
struct trace_place machine_td_program(struct machine_td *machine, uint32_t thread);
uint64_t machine_td_now_ns(const struct machine_td *machine);
struct sim_qe *machine_td_qe(struct machine_td *machine);
struct sim_pki_intel *machine_td_pki(struct machine_td *machine);
struct sim_td *machine_td_module(struct machine_td *machine);
struct sim_tdx_guest *machine_td_driver(struct machine_td *machine);
struct sim_tsm *machine_td_tsm(struct machine_td *machine);

/*
 * Files that the TD's kernel has of the ACPI table CCEL: the table, and the log in the memory that it names.
 * Returns   0; -ENOENT the TD has booted nothing; -EIO its memory is not private any more
 */
JURAT_MUST_CHECK int machine_td_ccel(const struct machine_td *machine, uint8_t ret[MEASURE_CCEL_BYTES]);
JURAT_MUST_CHECK int machine_td_read_log(const struct machine_td *machine, size_t off, void *to, size_t n);

/*
 * The environment of a program in the TD: /dev/tdx_guest, /sys/kernel/config/tsm/report and the measurements
 * below /sys/class/misc/tdx_guest; clock and sleep use virtual time. Valid as long as the machine.
 */
struct base_env *machine_td_env(struct machine_td *machine);

/* Runs one ioctl(2) on /dev/tdx_guest to completion. Returns 0 or -errno. */
int machine_td_ioctl(struct machine_td *machine, const struct sim_user_memory *user, unsigned long request,
		     uint64_t arg);

/*
 * Starts a quote request of the TD's kernel, as of configfs-tsm, which is completed in steps; requests queue
 * for the driver. `done` is called once, from a step. 0; -ENOMEM.
 */
JURAT_MUST_CHECK int machine_td_start_quote(struct machine_td *machine, struct sim_tdx_quote_request *request,
					    void (*done)(void *ctx, int result), void *ctx);
/*
 * The same, to completion.
 * Returns   0 and a quote in `request`; -errno as the driver returns it; -ENOMEM
 */
JURAT_MUST_CHECK int machine_td_quote(struct machine_td *machine, struct sim_tdx_quote_request *request);
/* Whether anything can run. When nothing can but something is due later, time advances to it. */
bool machine_td_runnable(struct machine_td *machine);
void machine_td_step(struct machine_td *machine);

/* What a TD provides to its guest driver: memory and TDCALLs. The TD must outlive the driver. */
struct sim_tdx_guest_platform machine_td_guest_platform(struct sim_td *td);

#endif
