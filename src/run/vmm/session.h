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
 * The session of `jurat run --vmm`, one thread: its files' shared structures. Objects of the VMM are kept
 * until the session ends, so that a check may refer to a vCPU that is gone.
 */
enum {
	SESSION_MAX_SLOTS = 512,
	SESSION_MAX_PEERS = 1024,    /* connections of a run, ended ones too */
	SESSION_MAX_RANGES = 4096,   /* of private memory */
	SESSION_SLICE_US = 1000,     /* how long a guest runs until the next exit may be made */
	SESSION_MAX_IMMEDIATE = 100, /* calls of KVM_RUN in a row: the vCPU never runs */
};

struct session_slot {
	uint32_t flags;
	uint64_t gpa, size, hva; /* size 0: there is none */
};

struct session_range { /* what KVM_SET_MEMORY_ATTRIBUTES has said, in this order */
	uint64_t gpa, size, attributes;
};

/* A VM of the VMM. */
struct session_vm {
	struct session_vm *next;
	uint64_t serial, type;
	pid_t pid;
	int memory; /* /proc/PID/mem, opened when the VM was made; -1: none */
	bool gone, own_kvm;
	unsigned n_vcpus;                             /* that were created */
	struct session_slot slots[SESSION_MAX_SLOTS]; /* by number, of address space 0 */
	struct session_range *ranges;
	size_t n_ranges;
	uint64_t ram, ram_pages; /* what check_ram() has found */
};

/* What a vCPU's last KVM_RUN was, in the order in which it explains the end of a VMM. */
enum session_run { SESSION_NO_RUN, SESSION_ENTERED, SESSION_COMPLETED, SESSION_EXIT };

struct check_vcpu {
	struct check_vcpu *next;
	struct check_vmm *vmm;
	struct session_vm *vm;
	uint64_t id;
	int fd; /* -1: gone */
	uint32_t mp_state;
	bool ran;             /* has called KVM_RUN in a state in which exits can be made */
	unsigned n_immediate; /* the last calls of KVM_RUN that had immediate_exit set */
	/*
	 * Has not called KVM_RUN in time, and not since: to complete an exit, or at all, like a vCPU that the
	 * VMM itself halts.
	 */
	bool overdue;
	bool owes_run;           /* was given an exit, and has not called KVM_RUN for anything else since */
	struct check_exit *exit; /* given, or made and not completed; NULL: none */
	bool is_made;            /* the VMM has it, or had it when it was taken back */
	bool is_waiting;         /* in a KVM_RUN that completes it, held */
	uint64_t made_ns;
	struct session_last { /* the last KVM_RUN, and the last exit */
		enum session_run run;
		uint32_t reason;
		uint64_t words[2]; /* of kvm_run, from offset 32 */
		uint64_t ret;      /* with which it was completed */
		bool immediate_exit;
	} last;
	unsigned slice_us; /* of the next entry */
	/* Calls of KVM_RUN with nothing pending; `on_run` is called during each. */
	uint64_t n_runs;
	bool run_immediate; /* immediate_exit of the last of them */
	void (*on_run)(struct check_vcpu *vcpu, void *ctx);
	void *on_run_ctx;
};

struct session_peer { /* a connection */
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
	pid_t pid; /* 0: not started, or reaped */
	int pidfd, signals, listener;
	char address[64]; /* for $JURAT_VMM_CHECK */
	sigset_t mask;
	int status; /* as from waitpid(2), once it has ended */
	bool ended, interrupted, started;
	struct session_peer *peers;
	size_t n_peers;
	struct pollfd *polls;
	struct session_vm *vms;
	struct check_vcpu *vcpus;
	bool memory_refused;
	bool no_ram;           /* check_ram() has found none */
	bool has_failed;       /* a check */
	bool has_waited;       /* for vCPUs that have never run */
	uint64_t first_ran_ms; /* when a vCPU was first found; 0: none was */
	bool stopped;          /* no vCPU ran any more when a check waited for one */

	/* of the check that runs */
	void (*work)(struct check_vmm *vmm, void *ctx);
	void *work_ctx;
	check_msi_fn *msi;
	void *msi_ctx;
	uint64_t random, n_exits, n_completed;
	bool lost;               /* a vCPU with an exit is gone, or */
	bool stuck;              /* never runs: immediate_exit stays set */
	struct snp_judge *judge; /* of checks_snp.c; NULL: not needed yet */
};

/* session_agent.c: messages. */
JURAT_MUST_CHECK int session_listen(struct check_vmm *vmm, struct jurat_error *err);
void session_accept(struct check_vmm *vmm);
/* One message of a peer. */
void session_serve(struct check_vmm *vmm, struct session_peer *peer);
/* Goes on with completions that were held. */
void session_release(struct check_vmm *vmm);
void session_close(struct check_vmm *vmm);

/* session.c: serves what there is, or what comes within some milliseconds. */
void session_turn(struct check_vmm *vmm);
/* Ends the VMM: SIGTERM, and after a while SIGKILL. */
void session_end(struct check_vmm *vmm);

/* session_process.c: the VMM's process. */
JURAT_MUST_CHECK int session_start(struct check_vmm *vmm, struct jurat_error *err);
void session_on_signal(struct check_vmm *vmm);
/* Once its descriptor is readable. */
void session_reap(struct check_vmm *vmm);
/* Kills what is left of it, and of what it has started. */
void session_kill(struct check_vmm *vmm);
/* "exited with status 1", "was killed by signal 11 (Segmentation fault)". Returns `to`. */
const char *session_how_ended(const struct check_vmm *vmm, char to[128]);
/* "while it handled KVM_EXIT_SNP_REQ_CERTS with gpa 0x4000, npages 4"; "": no vCPU has run. Returns `to`. */
const char *session_last_run(const struct check_vmm *vmm, char to[200]);

/* The VM under test: the first that is there and has a vCPU that has called KVM_RUN. NULL: none. */
struct session_vm *session_vm(struct check_vmm *vmm);
/* As check_vcpu(), without waiting. */
struct check_vcpu *session_find_vcpu(struct check_vmm *vmm, unsigned n);
/* Whether the VMM has made this page private. */
bool session_is_private(const struct session_vm *vm, uint64_t gpa);
/* n bytes of one page, of the mapping behind a slot, whether or not the guest has it. 0; -EFAULT. */
JURAT_MUST_CHECK int session_read_host(struct check_vmm *vmm, uint64_t gpa, void *to, size_t n);
/* Waits until the vCPU calls KVM_RUN with nothing pending, `n` times. As check_wait(). */
JURAT_MUST_CHECK int session_wait_runs(struct check_vcpu *vcpu, uint64_t n, unsigned timeout_ms);

#endif
