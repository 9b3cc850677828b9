/* SPDX-License-Identifier: MIT */
#ifndef RUN_VMM_SESSION_H
#define RUN_VMM_SESSION_H

#include <poll.h>
#include <signal.h>
#include <sys/types.h>

#include "base/env.h"
#include "run/temp.h"
#include "run/vmm/check.h"

/*
 * Structures that the files of a session of `jurat run --vmm` share. A session has one thread. It keeps the
 * VMM's objects until it ends, so that a check may refer to a vCPU that is gone.
 */
enum {
	SESSION_MAX_SLOTS = 512,
	SESSION_MAX_PEERS = 1024,    /* connections of a run, including ended ones */
	SESSION_MAX_RANGES = 4096,   /* of private memory */
	SESSION_SLICE_US = 1000,     /* how long a guest runs before the next exit may be made */
	SESSION_MAX_IMMEDIATE = 100, /* KVM_RUN with immediate_exit in a row: the vCPU never runs */
};

struct session_slot {
	uint32_t flags;
	uint64_t gpa, size, hva; /* size 0: no slot */
};

struct session_range { /* calls of KVM_SET_MEMORY_ATTRIBUTES, in order */
	uint64_t gpa, size, attributes;
};

/* A VM of the VMM. */
struct session_vm {
	struct session_vm *next;
	uint64_t serial, type;
	pid_t pid;
	int memory; /* /proc/PID/mem, opened when the VM was created; -1: none */
	bool gone, own_kvm;
	unsigned n_vcpus;                             /* vCPUs created */
	int traced_as;                                /* its number in the trace */
	struct session_slot slots[SESSION_MAX_SLOTS]; /* by number, of address space 0 */
	struct session_range *ranges;
	size_t n_ranges;
	uint64_t ram, ram_pages; /* found by check_ram() */
};

/* The kind of a vCPU's last KVM_RUN; a higher value explains the end of a VMM better. */
enum session_run { SESSION_NO_RUN, SESSION_ENTERED, SESSION_COMPLETED, SESSION_EXIT };

struct check_vcpu {
	struct check_vcpu *next;
	struct check_vmm *vmm;
	struct session_vm *vm;
	uint64_t id;
	int fd; /* -1: gone */
	uint32_t mp_state;
	bool ran;             /* has called KVM_RUN in a state in which exits can be made */
	unsigned n_immediate; /* consecutive calls of KVM_RUN with immediate_exit set */
	/*
	 * The vCPU missed the time limit for its next KVM_RUN, and has not called it since. It may have an
	 * exit to complete, or the VMM may have halted it.
	 */
	bool overdue;
	bool owes_run;           /* got an exit, and has not called KVM_RUN with nothing pending since */
	struct check_exit *exit; /* not returned to the VMM yet, or not completed yet; NULL: none */
	bool is_made;            /* the VMM has the exit, or had it when the check took it back */
	bool is_waiting;         /* in the KVM_RUN that completes the exit, which is held */
	uint64_t made_ns;
	uint32_t traced;      /* the step of the exit in the trace; 0: none */
	struct session_last { /* the last KVM_RUN, and the last exit */
		enum session_run run;
		uint32_t reason;
		uint64_t words[2]; /* of kvm_run, from offset 32 */
		uint64_t ret;      /* of its completion */
		bool immediate_exit;
	} last;
	unsigned slice_us; /* of the next entry */
	/* The number of calls of KVM_RUN with nothing pending; `on_run` is called during each. */
	uint64_t n_runs;
	bool run_immediate; /* immediate_exit of the last of these calls */
	void (*on_run)(struct check_vcpu *vcpu, void *ctx);
	void *on_run_ctx;
};

struct session_peer { /* a connection of the agent */
	int fd;
	pid_t pid;
	uid_t uid;
	struct session_vm *vm;   /* of a VM's connection */
	struct check_vcpu *vcpu; /* of a vCPU's */
};

struct check_vmm {
	const struct check_options *options;
	struct run_options run;
	struct run_platform platform;
	struct run_temp temp;
	struct qgs_faults *qgs; /* NULL: no TDX */
	struct base_env env;    /* of the certificates */
	struct session_table {  /* of the two TCBs that the updater changes between; NULL: not made yet */
		uint64_t tcb;
		uint8_t *bytes;
		size_t n;
	} tables[2];

	/* the VMM */
	pid_t pid; /* 0: not started yet, or reaped */
	int pidfd, signals, listener;
	char address[64]; /* for $JURAT_VMM_CHECK */
	sigset_t mask;
	int status; /* of waitpid(2), once the VMM has ended */
	bool ended, interrupted, started;
	struct session_peer *peers;
	size_t n_peers;
	struct pollfd *polls;
	struct session_vm *vms;
	struct check_vcpu *vcpus;
	bool memory_refused;
	bool no_ram;           /* check_ram() has found none */
	bool has_failed;       /* a check has failed */
	bool has_waited;       /* the session has waited for vCPUs that have never run */
	uint64_t first_ran_ms; /* when a vCPU was first found; 0: not yet */
	bool stopped;          /* no vCPU was running when a check waited for one */

	/* of the check that is running */
	void (*work)(struct check_vmm *vmm, void *ctx);
	void *work_ctx;
	check_msi_fn *msi;
	void *msi_ctx;
	uint64_t random, n_exits, n_completed;
	bool has_closed;         /* the VMM has closed a vCPU */
	bool lost;               /* a vCPU with an exit is gone, or */
	bool stuck;              /* never runs: immediate_exit stays set */
	struct snp_judge *judge; /* of checks_snp.c; NULL: not needed yet */
};

/* session_agent.c: messages. */
JURAT_MUST_CHECK int session_listen(struct check_vmm *vmm, struct jurat_error *err);
void session_accept(struct check_vmm *vmm);
/* One message of a peer. */
void session_serve(struct check_vmm *vmm, struct session_peer *peer);
/* Continues completions that are no longer held. */
void session_release(struct check_vmm *vmm);
void session_close(struct check_vmm *vmm);

/* session_trace.c: the steps of an exit and of its completion; vcpu->traced between them. */
void session_trace_exit(struct check_vcpu *vcpu, const struct check_exit *exit);
void session_trace_completion(struct check_vcpu *vcpu, const struct check_exit *exit);

/* session.c: serves what is pending, or what arrives within a few milliseconds. */
void session_turn(struct check_vmm *vmm);
/* Ends the VMM: SIGTERM, and after a while SIGKILL. */
void session_end(struct check_vmm *vmm);

/* session_process.c: the VMM's process. */
JURAT_MUST_CHECK int session_start(struct check_vmm *vmm, struct jurat_error *err);
void session_on_signal(struct check_vmm *vmm);
/* Call when the VMM's pidfd is readable. */
void session_reap(struct check_vmm *vmm);
/* Kills the VMM if it still runs, and the processes that it has started. */
void session_kill(struct check_vmm *vmm);
/* "exited with status 1", "was killed by signal 11 (Segmentation fault)". Returns `to`. */
const char *session_how_ended(const struct check_vmm *vmm, char to[128]);
/* "while it handled KVM_EXIT_SNP_REQ_CERTS with gpa 0x4000, npages 4"; "": no vCPU has run. Returns `to`. */
const char *session_last_run(const struct check_vmm *vmm, char to[200]);

/* The VM under test: the first existing VM with a vCPU that has called KVM_RUN. NULL: none. */
struct session_vm *session_vm(struct check_vmm *vmm);
/* As check_vcpu(), without waiting. */
struct check_vcpu *session_find_vcpu(struct check_vmm *vmm, unsigned n);
/* Whether the VMM has made this page private. */
bool session_is_private(const struct session_vm *vm, uint64_t gpa);
/* Reads n bytes within a page from the mapping of a slot, even if the page is private. 0; -EFAULT. */
JURAT_MUST_CHECK int session_read_host(struct check_vmm *vmm, uint64_t gpa, void *to, size_t n);
/* Waits until the vCPU has called KVM_RUN with nothing pending `n` times. Returns as check_wait(). */
JURAT_MUST_CHECK int session_wait_runs(struct check_vcpu *vcpu, uint64_t n, unsigned timeout_ms);

#endif
