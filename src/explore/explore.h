/* SPDX-License-Identifier: MIT */
#ifndef EXPLORE_EXPLORE_H
#define EXPLORE_EXPLORE_H

#include <stdbool.h>

#include "explore/history.h"
#include "explore/search.h"
#include "sim/kvm/kvm.h"

/*
 * The explorer: small machines of real parts (host library, store, updater, KVM's request machine, guest
 * drivers, firmware) in every order of their steps. doc/explore.md describes machines, steps and invariants:
 *
 *	I1  no guest receives a report that the certificates of the same reply do not verify
 *	I2  the counters of guest and firmware never part while the host is honest; no key is lost
 *	I3  every request and every update ends
 *	I4  after a crash at any step and a recovery, I1 holds, and nothing is left over
 *	I5  no lock outlives its request
 *	I6  no nonce seals two messages under one key
 *	I7  a page that was passed to the firmware is given back
 *
 * and of the TDX machine (td.h):
 *
 *	I1  no task receives a quote of a TDREPORT that is not its own
 *	I2  guest and VMM access the GetQuote buffer only while they own it
 *	I3  every request ends, and the VMM refuses none
 *	I5  no connection to the quoting service and no buffer in flight outlives its request
 */

/* Who reads the certificates for a second VMM, beside the first. */
enum explore_reader {
	EXPLORE_NO_READER,
	EXPLORE_JURAT, /* libjurat-host, as the first VMM */
	EXPLORE_QEMU,  /* opens, locks, compares the inode, as QEMU's proposed reader */
	EXPLORE_NAIVE, /* opens and locks, compares nothing */
};

enum explore_tee { EXPLORE_SNP, EXPLORE_TDX };

/* Things that are broken on purpose, each where its comment says. */
enum explore_flaw {
	/* the VMM */
	EXPLORE_UNLOCK_EARLY,  /* unlocks before KVM_RUN */
	EXPLORE_UNLOCK_OTHERS, /* unlocks the requests of all vCPUs when one KVM_RUN returns EINTR */
	EXPLORE_STALE_EXIT,    /* serves exit_reason although KVM_RUN failed */
	EXPLORE_NO_INODES,     /* the reader does not compare inodes: uses EXPLORE_NAIVE in the first VMM */
	EXPLORE_POLLED_FLAG, /* unlocks when a flag says that the firmware has the request, not at its end */
	/* KVM */
	EXPLORE_BUSY_LATE,      /* BUSY after firmware has consumed the message */
	EXPLORE_CHECK_EARLY,    /* v14: the transaction is checked at the exit only */
	EXPLORE_CHECK_UNLOCKED, /* v14: it is checked without holding the lock over the firmware call */
	EXPLORE_NO_EARLY_CHECK, /* v14: it is not checked at the exit, only at the end */
	EXPLORE_PAUSE_ONLY,     /* v14: no transaction id, only whether attestation is paused now */
	EXPLORE_EINTR_FIRST,    /* immediate_exit returns EINTR before the request completes */
	EXPLORE_NO_MUTEX,       /* upstream: the bounce pages of a VM are shared without its mutex */
	/* the updater */
	EXPLORE_RENAME_UNLOCKED, /* renames without locking */
	EXPLORE_FIRMWARE_FIRST,  /* issues the command before the empty table is in place */
	EXPLORE_NO_DIR_SYNC,     /* leaves fsync of the directory out */
	EXPLORE_CURRENT_TCB,     /* the VCEK of the current TCB, not of the reported one */
	EXPLORE_UNLOCK_BETWEEN,  /* unlocks between table and firmware */
	EXPLORE_NO_DRAIN,        /* does not wait for readers */
	EXPLORE_NO_RECHECK,      /* does not read the status again when its turn has come */
	EXPLORE_NO_TURN,         /* does not wait for other updaters */
	EXPLORE_NO_EMPTY_OLD,    /* does not empty the old file */
	/* the guest */
	EXPLORE_OTHER_MESSAGE, /* resends another message in place of the identical one */
	EXPLORE_REUSE_SEQNO,   /* uses a sequence number again after INVALID_LEN */
	/* TDX */
	EXPLORE_TDX_NO_ANSWER,   /* the VMM never completes a GetQuote */
	EXPLORE_TDX_NO_FLAG,     /* the handler does not look whether a request is pending */
	EXPLORE_TDX_NO_RECHECK,  /* as posted: a task that is woken does not look at the status again */
	EXPLORE_TDX_ODD_SIZE,    /* the guest passes a size that is no multiple of 4 KiB */
	EXPLORE_TDX_TWO_BUFFERS, /* no mutex: two tasks use the one buffer at once */
	EXPLORE_N_FLAWS
};
#define EXPLORE_FLAW(flaw) (UINT64_C(1) << (flaw))

/* A machine, and what its parties do. */
struct explore_setup {
	enum explore_tee tee;
	enum sim_sync sync;
	unsigned vcpus;    /* of the first VMM's guest: 1 to 3; each requests reports with certificates */
	unsigned requests; /* of each vCPU, one after the other; at least 1 */
	enum explore_reader other;
	unsigned updaters, updates; /* each updater makes so many updates; 0 updaters: none */
	bool administrator;         /* v14: pauses and resumes attestation, and changes nothing */
	unsigned crashes;           /* processes that die; an updater or a VMM */
	bool power_loss;            /* a crash may also be a power loss */
	bool timeouts;              /* waits for locks may run out any time */
	unsigned small_buffer;   /* bit i: vCPU i offers too few certificate pages at first (INVALID_LEN) */
	unsigned firmware_error; /* the k-th guest request of the machine fails in the firmware; 0: none */
	bool signals;            /* signals kick vCPUs: KVM_RUN may return EINTR at any time */
	uint64_t flaws;          /* EXPLORE_FLAW() of each that is broken */
	/*
	 * TDX: the driver that was posted in 2023 (an interrupt, no time-out), in place of Linux's (a look at
	 * the status every second, for 30 s); and so many interrupts that use its vector and are not its own.
	 */
	bool posted_driver;
	unsigned spurious;
};

/* A named machine with the invariant that it must break, or that it must hold. */
struct explore_case {
	const char *name;
	const char *what; /* one sentence: what is broken, or what was claimed */
	struct explore_setup setup;
	const char *breaks; /* "I1"; NULL: every order holds */
};
const struct explore_case *explore_breaks(size_t *ret_n);    /* --break */
const struct explore_case *explore_scenarios(size_t *ret_n); /* --scenario: claims of the threads */
const struct explore_case *explore_find(const struct explore_case *cases, size_t n, const char *name);
/* The machine of `jurat explore --sync SCHEME` without further options; its `breaks` as the spec says. */
const struct explore_case *explore_scheme(enum sim_sync sync);

/* What "I1" and the others mean, in the words of the list above; in their order. */
struct explore_invariant {
	const char *name, *snp, *tdx; /* NULL: not of this TEE */
};
const struct explore_invariant *explore_invariants(size_t *ret_n);
/* The one that a text like "I1: why" is about; NULL: none. */
const struct explore_invariant *explore_invariant_of(const char *violation);

struct explore_options {
	struct explore_setup setup;
	struct search_bounds bounds;
	unsigned max_switches; /* times that an actor is left that could go on, in one order; 0: no bound */
	bool random;           /* random orders by bounds.seed, not every order */
};

enum explore_end {
	EXPLORE_HOLDS,    /* every order was tried, or had been tried in another way */
	EXPLORE_SAMPLED,  /* random orders: none of those breaks anything */
	EXPLORE_BOUNDED,  /* a bound was reached before the end; nothing was broken so far */
	EXPLORE_STOPPED,  /* go_on() said so; nothing was broken so far */
	EXPLORE_VIOLATED, /* search.violation; search.history is the shortest that was found */
};
struct explore_result {
	enum explore_end end;
	/* Of the search that found it; its orders, steps and known states are those of all searches. */
	struct search_result search;
	uint64_t search_ns; /* time of all searches, without making the machine */
	bool shortest;      /* no shorter history breaks an invariant */
};

/*
 * ret       always set; explore_result_done() frees what it has
 * Returns   0 whatever `end` says; -EINVAL the setup is not possible: `err` says why; -ENOMEM
 */
JURAT_MUST_CHECK int explore_run(const struct explore_options *options, struct explore_result *ret,
				 struct jurat_error *err);
void explore_result_done(struct explore_result *result);

#endif
