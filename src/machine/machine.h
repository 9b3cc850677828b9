/* SPDX-License-Identifier: MIT */
#ifndef MACHINE_MACHINE_H
#define MACHINE_MACHINE_H

#include "base/env.h"
#include "base/error.h"
#include "jurat/host.h"
#include "sim/kvm.h"
#include "sim/sev_guest.h"

/*
 * A whole software machine: firmware, KVM, guest drivers (sim/) under a VMM's loop that uses the real host
 * half (host/,
 * store/), as a VMM would compose them. Everything a guest program does on it goes through machine_env():
 * the guest half
 * and its ioctls run unchanged.
 *
 * Time is virtual: it passes when a guest sleeps. One thread per machine; several guests and vCPUs are
 * stepped in turn.
 */
struct machine;
struct machine_guest;

struct machine_options {
	struct sim_psp_options psp;
	const char *pki_seed;	 /* NULL: SIM_PKI_DEFAULT_SEED */
	enum sim_sync sync;
	const char *certs_path;	 /* the blob that the VMM serves; NULL: no certificates */
	bool no_certs;		 /* do not enable REQ_CERTS */
};

/* One step that passed, for traces: who, to whom, what, at which (virtual) time. Text lives during the call. */
struct machine_event {
	uint64_t at_ns;
	unsigned guest, vcpu;
	const char *from, *to; /* "guest program", "guest driver", "KVM", "VMM", "store", "firmware" */
	const char *text;
};
typedef void machine_trace_fn(void *ctx, const struct machine_event *event);

JURAT_MUST_CHECK int machine_new(const struct machine_options *options, struct machine **ret, struct jurat_error *err);
void machine_free(struct machine *machine);
void machine_set_trace(struct machine *machine, machine_trace_fn *trace, void *ctx);
struct sim_psp *machine_psp(struct machine *machine);
struct sim_pki *machine_pki(struct machine *machine);
struct sim_kvm_host *machine_kvm(struct machine *machine);

/*
 * Writes the certificate table that suits the firmware now to options.certs_path, and changes firmware and
 * table as one
 * (store_replace) when `change` is given: what an operator's tool does.
 */
struct machine_change {
	enum { MACHINE_CERTS_ONLY, MACHINE_CONFIG, MACHINE_COMMIT, MACHINE_VLEK_LOAD, MACHINE_DOWNLOAD } what;
	uint64_t tcb;	      /* MACHINE_CONFIG: reported TCB (0 = committed); MACHINE_DOWNLOAD: new current TCB */
	uint32_t config_flags; /* SNP_STATUS_MASK_* */
};
JURAT_MUST_CHECK int machine_update(struct machine *machine, const struct machine_change *change,
				    struct jurat_error *err);

JURAT_MUST_CHECK int machine_guest_new(struct machine *machine, const struct sim_launch *launch, unsigned n_vcpus,
				       struct machine_guest **ret, struct jurat_error *err);
void machine_guest_free(struct machine_guest *guest);

/*
 * The world as a program in this guest sees it: /dev/sev-guest opens and answers its three ioctls through
 * the machine; clock
 * and sleep are the machine's; everything else is not there (-ENOENT). Lives as long as the guest.
 */
struct base_env *machine_env(struct machine_guest *guest, unsigned vcpu);

/*
 * One ioctl of a guest program whose memory is this process's (jurat's own guest half), driven to its end:
 * runs the VMM loop,
 * passes virtual time over sleeps. Gives what ioctl(2) gives: 0, positive, or -errno.
 */
int machine_ioctl(struct machine_guest *guest, unsigned vcpu, unsigned long request, void *arg);

/*
 * The same in steps, for several guests at once and for the explorer: start requests, then step the machine
 * until none is left.
 * machine_step runs one KVM_RUN, or one driver step, of one guest; `which` chooses among those that can move
 * (modulo).
 */
struct machine_request; /* owned by the guest until done */
JURAT_MUST_CHECK int machine_start(struct machine_guest *guest, unsigned vcpu, const struct sim_user_memory *user,
				   unsigned long request, uint64_t arg, void (*done)(void *ctx, int result), void *ctx);
/* How many guests can move now; when none can but some sleep, virtual time passes to the first of them. 0: all is done. */
unsigned machine_runnable(struct machine *machine);
void machine_step(struct machine *machine, unsigned which);

#endif
