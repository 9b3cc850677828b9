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
enum { RUN_VCPUS = 4, RUN_MAX_VCPUS = 256 }; /* the program's threads are distributed over them */
#define RUN_GUEST_POLICY UINT64_C(0x30000)   /* SMT allowed, no debugging */

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
	bool tdx_fixed; /* every GetQuote ends with tdx_status and without a quote */
	uint64_t tdx_status;
	uint32_t tdx_out_len;
};

/* Misc devices, also indices of their numbers in struct run_platform. */
enum run_misc { RUN_MISC_SEV_GUEST, RUN_MISC_TDX_GUEST, RUN_MISC_SEV, RUN_N_MISC };

struct run_platform {
	const struct run_options *options; /* borrowed */
	const char *temp;                  /* borrowed */
	struct run_state *state;           /* NULL: the platform ends with the run */
	struct machine *machine;
	struct machine_guest *guest;              /* NULL with --host, or without this TEE */
	struct machine_td *td;                    /* the same for TDX */
	const char *seed;                         /* borrowed from options or state; NULL: the default */
	struct sim_collateral_options collateral; /* of the TD's platform */
	char *certs_path;                         /* NULL with --no-certs */
	struct base_env *env;                     /* of the store, borrowed; NULL: the real one */
	struct run_faults faults;
	unsigned n_requests;       /* number of requests of the program */
	struct trace *trace;       /* NULL: none */
	bool memory_refused;       /* the kernel denies access to the program's memory */
	dev_t numbers[RUN_N_MISC]; /* device numbers as in sysfs; 0: no such device */
	struct sim_tsm *tsm;       /* configfs-tsm's; borrowed; NULL: there is none */
	struct run_fs *fs;         /* filesystem that the program sees; borrowed; NULL: not mounted yet */
};

/*
 * `platform` is zeros, or has faults, an env and a trace, which it then owns. Creates the machine described
 * by the options: firmware, published certificates, and a launched guest. Writes files below `temp` and in
 * the state directory only.
 * Returns   0; -EINVAL an invalid option; another -errno. Call run_platform_done() in every case.
 */
JURAT_MUST_CHECK int run_platform_init(struct run_platform *platform, const struct run_options *options,
				       const char *temp, struct jurat_error *err);
/*
 * Whether a request is in progress, and one step of it. Delays of a driver or quoting service are virtual
 * time and pass at once.
 */
bool run_platform_runnable(struct run_platform *platform);
void run_platform_step(struct run_platform *platform);
/* Number of vCPUs of the SEV-SNP guest. */
unsigned run_platform_vcpus(const struct run_platform *platform);
/* Permission bits of a device. */
mode_t run_platform_mode(const struct run_platform *platform);
/* Completes requests in progress. */
void run_platform_settle(struct run_platform *platform);
/*
 * Replaces the SEV-SNP guest with a new one; there must be no request in progress. 0; -EOPNOTSUPP; another
 * -errno.
 */
JURAT_MUST_CHECK int run_platform_restart(struct run_platform *platform, struct jurat_error *err);
/* Ends requests in progress; do not start others afterwards. */
void run_platform_stop(struct run_platform *platform);
void run_platform_done(struct run_platform *platform);

/*
 * update.c: operator actions, which change firmware and certificates together (machine_update_status()),
 * serialized between runs that share the platform.
 */
JURAT_MUST_CHECK int run_platform_update(struct run_platform *platform, const struct machine_change *change,
					 uint32_t *ret_status, struct jurat_error *err);

/* The same for a caller that holds the lock of the state, or whose platform is not shared. */
JURAT_MUST_CHECK int run_platform_update_locked(struct run_platform *platform,
						const struct machine_change *change, uint32_t *ret_status,
						struct jurat_error *err);
/*
 * Whether an updater, such as `jurat host`, holds the update lock of the blob: it changes the certificates
 * itself (doc/decisions/0032).
 */
bool run_platform_has_updater(const struct run_platform *platform);

#endif
