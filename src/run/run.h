/* SPDX-License-Identifier: MIT */
#ifndef RUN_RUN_H
#define RUN_RUN_H

#include <stdbool.h>

#include "base/error.h"
#include "sim/kvm/kvm.h"

/*
 * `jurat run`: an unmodified program as a guest, or as the host, of a software machine.
 *
 * Three processes. The *supervisor* (the caller) has the machine and serves the FUSE filesystem from
 * outside the namespaces, from one event loop. The *keeper* (spawn.c) is the program's parent and outlives
 * both: it passes signals on and leaves nothing behind, whoever dies first. The *program* makes its own
 * namespaces (sandbox.c), sends the descriptor of the FUSE mount to the supervisor, and becomes PROGRAM.
 */
enum run_tee { RUN_SEV_SNP = 1 << 0, RUN_TDX = 1 << 1 };

struct run_options {
	char **argv; /* what to run, NULL at the end; NULL: nothing, it is for the whole machine (system.h) */
	unsigned tees;         /* enum run_tee: which there are */
	enum run_tee reported; /* whose reports configfs-tsm gives */
	bool legacy_quote;     /* TDX: the driver that was posted in 2023, with TDX_CMD_GET_QUOTE */
	const char *qgs;       /* TDX's quoting service is there, too: run_qgs_new(); NULL: nowhere */
	bool host;             /* /dev/sev rather than the guests' devices */
	bool force;            /* hides a real TEE device */
	bool no_certs;
	enum snp_product product; /* SNP_PRODUCT_UNKNOWN: the state's, or Milan */
	uint32_t report_version;  /* 0: the product's */
	uint64_t firmware_tcb;    /* firmware of this TCB runs, and is not committed yet; 0: none new */
	enum { RUN_SIGN_ANY, RUN_SIGN_VCEK, RUN_SIGN_VLEK } sign_with;
	enum sim_sync sync;
	const struct sim_linux *kernel; /* NULL: the newest */
	const char *seed;               /* NULL: SIM_PKI_DEFAULT_SEED */
	int64_t at;                     /* what certificates and collateral are dated by; 0: the clock */
	const char *state_dir;          /* NULL: the platform goes when the run ends */
	const char *trace;              /* where the trace goes; NULL: none */
	unsigned device_mode;           /* permission bits of the devices; 0: 0600 */
	const char *control;            /* run_control_new() at this path; NULL: nowhere */
	int ready_fd;                   /* told and closed when the program runs; below 0: nobody */
	const char *const *faults;
	size_t n_faults;
};

/* How the program ended. */
struct run_ended {
	bool started; /* false: `status` is what a shell says of a program that it cannot start, 126 or 127 */
	int status;   /* as waitpid(2) gives it, or the above */
};

/*
 * Runs the program to its end. Signals for the supervisor go to the program meanwhile.
 *
 * Returns   0 it ran, or could not be executed: see `ret`; -EBUSY a real TEE device would be hidden;
 *           -EINVAL a fault or trace file that cannot be; other -errno: what this machine lacks, in words
 */
JURAT_MUST_CHECK int run_program(const struct run_options *options, struct run_ended *ret,
				 struct jurat_error *err);

#endif
