/* SPDX-License-Identifier: MIT */
#ifndef RUN_PLATFORM_H
#define RUN_PLATFORM_H

#include <sys/types.h>

#include "machine/machine.h"
#include "machine/td.h"
#include "run/run.h"
#include "run/state.h"
#include "run/trace.h"

/* The software machine of one run: the platform, and the guest that the program is. */
enum { RUN_VCPUS = 4 }; /* programs' threads are spread over them */

enum run_certs_fault {
	RUN_CERTS_GOOD,
	RUN_CERTS_TRUNCATED,
	RUN_CERTS_OVERSIZED,
	RUN_CERTS_NONE,
	RUN_CERTS_STALE,
};
/* What --fault asks for; zeros: nothing. See fault.h. */
struct run_faults {
	struct machine_faults vmm;
	uint32_t fw_status;
	unsigned fw_at;
	bool vmpck_wipe;
	enum run_certs_fault certs;
	unsigned tcb_flip_at, configfs_ebusy;
	bool qgs_down, qgs_half_close;
	bool tdx_fixed; /* every GetQuote ends with tdx_status, and no quote */
	uint64_t tdx_status;
	uint32_t tdx_out_len;
};

/* Misc devices, and where their numbers are in struct run_platform. */
enum run_misc { RUN_MISC_SEV_GUEST, RUN_MISC_TDX_GUEST, RUN_MISC_SEV, RUN_N_MISC };

struct run_platform {
	const struct run_options *options; /* borrowed */
	const char *temp;                  /* borrowed */
	struct run_state *state;           /* NULL: the platform ends with the run */
	struct machine *machine;
	struct machine_guest *guest;           /* NULL with --host, or without this TEE */
	struct machine_td *td;                 /* the same of TDX */
	const char *seed;                      /* borrowed from options or state; NULL: the default */
	struct sim_collateral_wish collateral; /* of the TD's platform; good for a month */
	char *certs_path;                      /* NULL with --no-certs */
	struct run_faults faults;
	unsigned n_requests;       /* that the program made */
	struct run_trace *trace;   /* NULL: none */
	bool memory_refused;       /* the kernel forbids reaching the program's memory */
	dev_t numbers[RUN_N_MISC]; /* of the devices that there are, as sysfs has them; 0: no such device */
	struct sim_tsm *tsm;       /* configfs-tsm's; borrowed; NULL: there is none */
	struct run_fs *fs;         /* whose files the program sees; borrowed; NULL: there are none yet */
};

/*
 * `platform` is zeros, or has faults and a trace, which it then owns.
 * Makes the machine that the options describe: firmware, published certificates, and a launched guest. What
 * it writes is below `temp`, and in the state directory.
 * Returns   0; -EINVAL an option that cannot be; other -errno. run_platform_done() in every case.
 */
JURAT_MUST_CHECK int run_platform_init(struct run_platform *platform, const struct run_options *options,
				       const char *temp, struct jurat_error *err);
/*
 * Whether a request is under way, and one step of it. Time that a driver or a quoting service takes is the
 * machines' own, and passes at once.
 */
bool run_platform_runnable(struct run_platform *platform);
void run_platform_step(struct run_platform *platform);
/* Permission bits of a device. */
mode_t run_platform_mode(const struct run_platform *platform);
/* What is under way is done. */
void run_platform_settle(struct run_platform *platform);
/* With nothing under way: a new SEV-SNP guest in place of the one that there is. -EOPNOTSUPP; -errno. */
JURAT_MUST_CHECK int run_platform_restart(struct run_platform *platform, struct jurat_error *err);
/* Requests that are under way end; none may be started any more. */
void run_platform_stop(struct run_platform *platform);
void run_platform_done(struct run_platform *platform);

/*
 * update.c: what the host's operator does, to firmware and certificates as one (machine_update_status()), and
 * by one run at a time where several share the platform.
 */
JURAT_MUST_CHECK int run_platform_update(struct run_platform *platform, const struct machine_change *change,
					 uint32_t *ret_status, struct jurat_error *err);

/* The same by a caller that has the lock of the state, or a platform that nobody shares. */
JURAT_MUST_CHECK int run_platform_update_locked(struct run_platform *platform,
						const struct machine_change *change, uint32_t *ret_status,
						struct jurat_error *err);

#endif
