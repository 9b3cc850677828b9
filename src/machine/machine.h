/* SPDX-License-Identifier: MIT */
#ifndef MACHINE_MACHINE_H
#define MACHINE_MACHINE_H

#include "base/env.h"
#include "base/error.h"
#include "machine/trace.h"
#include "sim/forge/order.h"
#include "sim/kvm/kvm.h"
#include "sim/guest/sev_guest.h"

/*
 * A whole software machine: firmware, KVM and guest drivers (sim/), and a VMM loop that uses the real host
 * library (host/, store/) as a VMM would. Guest programs use it through machine_env(): the guest library and
 * its ioctls run unchanged.
 *
 * Time is virtual: it passes when a guest sleeps. One thread per machine; guests and vCPUs are stepped in
 * turn.
 */
struct machine;
struct machine_guest;

struct machine_options {
	struct sim_psp_options psp;
	const char *pki_seed; /* NULL: SIM_PKI_DEFAULT_SEED */
	enum sim_sync sync;
	const struct sim_linux *kernel; /* of host and guests; NULL: the newest */
	/* the blob that the VMM serves; NULL: KVM_EXIT_SNP_REQ_CERTS is not enabled */
	const char *certs_path;
	struct base_env *env;  /* environment of store and host library; NULL: base_env_real() */
	int64_t at;            /* date of certificates, seconds since 1970; 0: the clock */
	uint32_t lock_wait_ms; /* of the VMM, see struct jurat_snp_certs_options; 0: its default */
	/*
	 * What is different about reports, certificates, CRLs and launches. Borrowed for its life; NULL:
	 * nothing
	 */
	struct sim_order *order;
};

JURAT_MUST_CHECK int machine_new(const struct machine_options *options, struct machine **ret,
				 struct jurat_error *err);
void machine_free(struct machine *machine); /* with its guests */
/*
 * Traces everything from now on; borrowed until another call, or the machine is freed. NULL: nothing.
 * Requests that begin while the trace is at a place with a request (trace.h) are in that, and others are
 * requests of their own, of the thread of the place.
 */
void machine_set_trace(struct machine *machine, struct trace *trace);
/* The place of a new request of a program in this guest, whose calls the caller traces. */
struct trace_place machine_program(struct machine_guest *guest, unsigned vcpu, uint32_t thread);
struct sim_psp *machine_psp(struct machine *machine);
struct sim_pki *machine_pki(struct machine *machine);
struct sim_kvm_host *machine_kvm(struct machine *machine);
uint64_t machine_now_ns(const struct machine *machine); /* virtual time since the machine was made */

/*
 * Operator actions: fetch the certificates for the firmware's state after the change, then change firmware
 * and certificate blob together by the means of the synchronization scheme (store_replace and its lock; v14:
 * pause and resume; none: one after the other).
 */
enum machine_change_kind {
	MACHINE_CERTS_ONLY, /* publish or renew the blob */
	MACHINE_CONFIG, /* SNP_CONFIG: `tcb` to report (0 = the committed one), `flags` SNP_STATUS_MASK_* */
	MACHINE_COMMIT, /* SNP_COMMIT */
	MACHINE_VLEK_LOAD, /* SNP_VLEK_LOAD for the reported TCB */
	MACHINE_DOWNLOAD,  /* DOWNLOAD_FIRMWARE_EX without commit: runs firmware of `tcb` from now on */
};
struct machine_change {
	enum machine_change_kind kind;
	uint64_t tcb;
	uint32_t flags;
	/* VLEK_LOAD: 432 bytes, borrowed; NULL: made by the simulated KDS for SIM_CSP_ID */
	const uint8_t *hashstick;
	/*
	 * Only this firmware command: the caller changes the certificates itself, and holds the locks that
	 * this takes (doc/decisions/0032).
	 */
	bool command_only;
	/* the certificates to serve after the change, borrowed; NULL: what the simulated KDS has */
	const uint8_t *certs;
	size_t certs_size;
	bool no_wait; /* readers that hold the lock are not waited for: JURAT_BUSY at once */
};
/*
 * 0; JURAT_BUSY readers held the lock; -ECANCELED the firmware refused, and nothing was changed; another
 * -errno.
 */
JURAT_MUST_CHECK int machine_update(struct machine *machine, const struct machine_change *change,
				    struct jurat_error *err);
/* The same, and also returns the firmware's status, which is unchanged when no command was issued. */
JURAT_MUST_CHECK int machine_update_status(struct machine *machine, const struct machine_change *change,
					   uint32_t *ret_status, struct jurat_error *err);

/* A launched guest with 1 to 256 vCPUs. Its driver has the faults of Linux's (SIM_QUIRKS_LINUX). */
JURAT_MUST_CHECK int machine_guest_new(struct machine *machine, const struct sim_launch *launch,
				       unsigned n_vcpus, struct machine_guest **ret, struct jurat_error *err);
/* Pending requests fail with -ENODEV. */
void machine_guest_free(struct machine_guest *guest);
struct sim_kvm_vm *machine_guest_vm(struct machine_guest *guest);
struct sim_sev_guest *machine_guest_driver(struct machine_guest *guest);

/*
 * The environment of a program in this guest: /dev/sev-guest can be opened, and its ioctls go to the machine;
 * clock and sleep use virtual time; nothing else exists. Valid as long as the guest. NULL: no such vCPU.
 */
struct base_env *machine_env(struct machine_guest *guest, unsigned vcpu);

/*
 * Runs one ioctl of a guest program in this process (such as jurat's guest library) to completion: runs the
 * VMM loop of every guest, and advances virtual time over sleeps. Returns the result of ioctl(2): 0,
 * positive, or -errno.
 */
int machine_ioctl(struct machine_guest *guest, unsigned vcpu, unsigned long request, void *arg);

/*
 * The same in steps, for several guests at once: start requests, then step the machine
 * until none is left. Requests of one guest queue for its driver's mutex, in order. machine_step is one
 * KVM_RUN of one vCPU with what the VMM does about its exit; `which` chooses among the vCPUs that can move.
 *
 * user      borrowed until done
 * done      called once, from a step, with the result of ioctl(2); may start further requests
 * Returns   of machine_start: 0; -ENOMEM; -EINVAL no such vCPU; the error that stopped the VM
 */
JURAT_MUST_CHECK int machine_start(struct machine_guest *guest, unsigned vcpu,
				   const struct sim_user_memory *user, unsigned long request, uint64_t arg,
				   void (*done)(void *ctx, int result), void *ctx);
/*
 * The same for a caller inside the guest's kernel, such as configfs-tsm's provider (sim/tsm_sev.h): it queues
 * for the driver's mutex with the programs' ioctls.
 *
 * request   borrowed until done. As sim_sev_guest_start_request() has it, whose -EINVAL also comes through
 *           `done`.
 */
JURAT_MUST_CHECK int machine_start_request(struct machine_guest *guest, unsigned vcpu,
					   struct sim_sev_request *request,
					   void (*done)(void *ctx, int result), void *ctx);
/*
 * Number of vCPUs that can run now. When none can but some sleep, time advances to the first wake-up. 0: no
 * requests are left.
 */
unsigned machine_runnable(struct machine *machine);
void machine_step(struct machine *machine, unsigned which);

/*
 * Faults of the VMM, for tests of guest programs: the next `busy` and then the next `invalid_len` requests
 * for certificates are answered so, the latter with one page more than was offered; with `truncate` only the
 * first page of a table is copied.
 */
struct machine_faults {
	unsigned busy, invalid_len;
	bool truncate;
};
void machine_set_faults(struct machine *machine, const struct machine_faults *faults);
/* Wipes the guest's VMPCK, as after a failed message: its driver sends nothing more. 0; -EFAULT. */
JURAT_MUST_CHECK int machine_guest_wipe_key(struct machine_guest *guest);

#endif
