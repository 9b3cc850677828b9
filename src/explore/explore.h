/* SPDX-License-Identifier: MIT */
#ifndef EXPLORE_EXPLORE_H
#define EXPLORE_EXPLORE_H

#include <stdbool.h>

#include "explore/history.h"
#include "explore/search.h"
#include "sim/kvm/kvm.h"

/*
 * The explorer runs small machines of real parts (host library, store, updater, KVM's request machine, guest
 * drivers, firmware) in every order of their steps. doc/explore.md describes machines, steps and invariants:
 *
 *	I1  no guest receives a report together with certificates that do not verify it
 *	I2  while the host is honest, guest and firmware count the same messages, and no VMPCK is lost
 *	I3  every request and every update ends
 *	I4  after a crash at any step and a recovery, I1 holds and no temporary file is left
 *	I5  no lock outlives its request
 *	I6  no two messages are encrypted with the same key and nonce
 *	I7  the guest gets back every page that KVM passes to the firmware
 *
 * and those of the TDX machine (td.h):
 *
 *	I1  no task receives a quote for a TDREPORT other than its own
 *	I2  guest and VMM access the GetQuote buffer only while they own it
 *	I3  every request ends, and the VMM refuses none
 *	I5  no connection to the quoting service and no buffer in flight outlives its request
 */

/* How a second VMM, if there is one, reads the certificates. */
enum explore_reader {
	EXPLORE_NO_READER,
	EXPLORE_JURAT, /* with libjurat-host, as the first VMM does */
	EXPLORE_QEMU,  /* opens, locks, compares the inode, as the reader proposed for QEMU */
	EXPLORE_NAIVE, /* opens and locks, but does not compare the inode */
};

enum explore_tee { EXPLORE_SNP, EXPLORE_TDX };

/* What can be broken on purpose, by the party that is at fault. */
enum explore_flaw {
	/* the VMM */
	EXPLORE_UNLOCK_EARLY,  /* unlocks before KVM_RUN */
	EXPLORE_UNLOCK_OTHERS, /* unlocks the requests of all vCPUs when one KVM_RUN returns EINTR */
	EXPLORE_STALE_EXIT,    /* serves the stale exit_reason of a failed KVM_RUN */
	EXPLORE_NO_INODES,     /* the first VMM reads as EXPLORE_NAIVE does */
	EXPLORE_POLLED_FLAG,   /* unlocks when a flag says that the firmware has the request */
	/* KVM */
	EXPLORE_BUSY_LATE,      /* BUSY after the firmware has consumed the message */
	EXPLORE_CHECK_EARLY,    /* v14: the transaction is checked only before the exit */
	EXPLORE_CHECK_UNLOCKED, /* v14: the mutex is not held across the firmware call */
	EXPLORE_NO_EARLY_CHECK, /* v14: it is checked only before the firmware call */
	EXPLORE_PAUSE_ONLY,     /* v14: no transaction id, only whether attestation is paused */
	EXPLORE_EINTR_FIRST,    /* EINTR because of immediate_exit, before the request completes */
	EXPLORE_NO_MUTEX,       /* upstream: vCPUs use the VM's bounce pages without its mutex */
	/* the updater */
	EXPLORE_RENAME_UNLOCKED, /* renames without taking a lock */
	EXPLORE_FIRMWARE_FIRST,  /* issues the command before the empty table is in place */
	EXPLORE_NO_DIR_SYNC,     /* does not fsync the directory */
	EXPLORE_CURRENT_TCB,     /* fetches the VCEK of the current TCB, not of the reported one */
	EXPLORE_UNLOCK_BETWEEN,  /* unlocks between table and firmware command */
	EXPLORE_NO_DRAIN,        /* does not wait for readers of the old table */
	EXPLORE_NO_RECHECK,      /* does not read the status again when its turn has come */
	EXPLORE_NO_TURN,         /* does not wait for other updaters */
	EXPLORE_NO_EMPTY_OLD,    /* does not empty the old file */
	/* the guest */
	EXPLORE_OTHER_MESSAGE, /* retries with a different message, not with the identical one */
	EXPLORE_REUSE_SEQNO,   /* reuses a sequence number after INVALID_LEN */
	/* TDX */
	EXPLORE_TDX_NO_ANSWER,   /* the VMM never completes a GetQuote */
	EXPLORE_TDX_NO_FLAG,     /* the interrupt handler does not check whether a request is pending */
	EXPLORE_TDX_NO_RECHECK,  /* as posted: a woken task does not check the status again */
	EXPLORE_TDX_ODD_SIZE,    /* the guest passes a size that is not a multiple of 4 KiB */
	EXPLORE_TDX_TWO_BUFFERS, /* no mutex: two tasks use the one buffer at the same time */
	EXPLORE_N_FLAWS
};
#define EXPLORE_FLAW(flaw) (UINT64_C(1) << (flaw))

/* A machine: its parties, and what they do. */
struct explore_setup {
	enum explore_tee tee;
	enum sim_sync sync;
	unsigned vcpus;    /* of the first VMM's guest: 1 to 3; each requests reports with certificates */
	unsigned requests; /* of each vCPU, one after the other; at least 1 */
	enum explore_reader other;
	unsigned updaters, updates; /* number of updaters; updates that each of them makes */
	bool administrator;         /* v14: pauses and resumes attestation, but changes nothing */
	unsigned crashes;           /* at most so many updaters and VMMs die */
	bool power_loss;            /* a crash may also be a loss of power */
	bool timeouts;              /* a wait for a lock may time out at any time */
	unsigned small_buffer;   /* bit i: vCPU i offers too few certificate pages at first (INVALID_LEN) */
	unsigned firmware_error; /* the firmware fails the k-th guest request of the machine; 0: none */
	bool signals;            /* signals kick vCPUs: KVM_RUN may return EINTR at any time */
	uint64_t flaws;          /* EXPLORE_FLAW() of each, ORed */
	/*
	 * TDX: use the driver that was posted in 2023 (interrupt, no timeout) instead of the one in Linux
	 * (polls the status every second, for up to 30 s); number of interrupts on its vector that come from
	 * another device.
	 */
	bool posted_driver;
	unsigned spurious;
};

/* A named machine and what is expected of it. */
struct explore_case {
	const char *name;
	const char *what; /* one sentence: what is broken, or what the machine shows */
	struct explore_setup setup;
	const char *breaks; /* the invariant, such as "I1"; NULL: every invariant holds */
};
const struct explore_case *explore_breaks(size_t *ret_n);    /* --break */
const struct explore_case *explore_scenarios(size_t *ret_n); /* --scenario: claims from mailing lists */
const struct explore_case *explore_find(const struct explore_case *cases, size_t n, const char *name);
/* The machine of `jurat explore --sync SCHEME` without further options. */
const struct explore_case *explore_scheme(enum sim_sync sync);

/* The invariants of the lists above, in their order. */
struct explore_invariant {
	const char *name, *snp, *tdx; /* NULL: does not apply to this TEE */
};
const struct explore_invariant *explore_invariants(size_t *ret_n);
/* The invariant that a violation ("I1: ...") names; NULL: none. */
const struct explore_invariant *explore_invariant_of(const char *violation);

struct explore_options {
	struct explore_setup setup;
	struct search_bounds bounds;
	unsigned max_switches; /* times that an actor is preempted in one order; 0: no bound */
	bool random;           /* random orders, from bounds.seed, instead of every order */
};

enum explore_end {
	EXPLORE_HOLDS,    /* every order was tried, or is equivalent to one that was */
	EXPLORE_SAMPLED,  /* random orders: none that was tried breaks an invariant */
	EXPLORE_BOUNDED,  /* a bound was reached; nothing was broken so far */
	EXPLORE_STOPPED,  /* go_on() stopped the search; nothing was broken so far */
	EXPLORE_MEMORY,   /* out of memory for more states; nothing was broken so far */
	EXPLORE_VIOLATED, /* search.violation says what; search.history is the shortest found */
};
struct explore_result {
	enum explore_end end;
	/* Of the search that found the history; orders, steps and known states are sums over all searches. */
	struct search_result search;
	uint64_t search_ns; /* time of all searches, without construction of the machine */
	bool shortest;      /* it is certain that no shorter history breaks an invariant */
};

/*
 * ret       always set; explore_result_done() frees what it has
 * Returns   0, and `end` is the outcome; -EINVAL the setup is not possible: `err` says why; -ENOMEM
 */
JURAT_MUST_CHECK int explore_run(const struct explore_options *options, struct explore_result *ret,
				 struct jurat_error *err);
void explore_result_done(struct explore_result *result);

#endif
