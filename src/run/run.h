/* SPDX-License-Identifier: MIT */
#ifndef RUN_RUN_H
#define RUN_RUN_H

#include <stdbool.h>

#include "base/error.h"
#include "machine/launch.h"
#include "sim/kvm/kvm.h"

/*
 * `jurat run`: an unmodified program as a guest, or as the host, of a software machine.
 *
 * There are three processes. The *supervisor* (the caller) runs the machine and serves the FUSE filesystem
 * from outside the namespaces, with one event loop. The *monitor* (spawn.c) is the program's parent and
 * outlives both: it forwards signals and cleans up, whichever process dies first. The *program* creates its
 * namespaces (sandbox.c), sends the descriptor of the FUSE mount to the supervisor, and executes PROGRAM.
 */
enum run_tee { RUN_SEV_SNP = 1 << 0, RUN_TDX = 1 << 1 };

/* Users and groups in the user namespace that the program gets where the caller is not privileged. */
enum run_user_map {
	RUN_MAP_SELF, /* the caller's, with the same IDs, and no others */
	RUN_MAP_ROOT, /* the caller's, as root, and no others */
	RUN_MAP_AUTO, /* the caller's, as root, and its subordinate IDs, or all that it may map */
};

struct run_options {
	/* program and arguments, NULL-terminated; NULL: devices for the whole machine (system.h) */
	char **argv;
	unsigned tees;         /* enum run_tee: which there are */
	enum run_tee reported; /* TEE whose reports configfs-tsm provides */
	bool legacy_quote;     /* TDX: the driver that was posted in 2023, with TDX_CMD_GET_QUOTE */
	const char *qgs;       /* address of the TDX quoting service, see run_qgs_new(); NULL: none */
	bool endorsements;     /* with the vendors' services, see endorsements.h */
	bool host;             /* /dev/sev rather than the guests' devices */
	bool force;            /* hides a real TEE device */
	bool no_certs;
	enum snp_product product; /* SNP_PRODUCT_UNKNOWN: that of the state, or Milan */
	uint32_t report_version;  /* 0: the product's */
	uint64_t firmware_tcb;    /* firmware of this TCB is loaded and not committed; 0: none */
	enum { RUN_SIGN_ANY, RUN_SIGN_VCEK, RUN_SIGN_VLEK } sign_with;
	enum sim_sync sync;
	const struct sim_linux *kernel; /* NULL: the newest */
	/* What guests are launched from, borrowed. NULL: a fixed measurement or MRTD */
	const struct sim_launch *launch;
	const struct machine_td_boot *boot;
	unsigned vcpus;        /* of the SEV-SNP guest; 0: RUN_VCPUS */
	const char *seed;      /* NULL: SIM_PKI_DEFAULT_SEED */
	int64_t at;            /* date of certificates and collateral; 0: the clock */
	const char *state_dir; /* NULL: the platform is discarded when the run ends */
	const char *trace;     /* trace file; NULL: none */
	unsigned device_mode;  /* permission bits of the devices; 0: 0600 */
	enum run_user_map user_map;
	const char *control; /* path for run_control_new(); NULL: none */
	int ready_fd;        /* written to and closed when the program runs; below 0: none */
	const char *const *faults;
	size_t n_faults;
	const char *const *endorsement_faults; /* of the endorsement service, for juratd */
	size_t n_endorsement_faults;
	/* Evidence to order, of the one TEE in `tees`: borrowed. `items`: the same, for juratd. NULL: none */
	struct sim_order *order;
	const char *const *items;
	size_t n_items;
};

/* How the program ended. */
struct run_ended {
	/* false: `status` is 126 or 127, as a shell returns for a program that it cannot execute */
	bool started;
	int status; /* as from waitpid(2), or see above */
};

/*
 * Runs the program to its end. Signals to the supervisor are forwarded to the program.
 *
 * Returns   0 it ran, or could not be executed: see `ret`; -EBUSY a real TEE device would be hidden; -EINVAL
 *           an invalid fault or trace file; another -errno: `err` says what this machine lacks
 */
JURAT_MUST_CHECK int run_program(const struct run_options *options, struct run_ended *ret,
				 struct jurat_error *err);

#endif
