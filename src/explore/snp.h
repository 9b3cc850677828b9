/* SPDX-License-Identifier: MIT */
#ifndef EXPLORE_SNP_H
#define EXPLORE_SNP_H

#include "explore/disk.h"
#include "explore/world.h"
#include "machine/vmm.h"
#include "sim/guest/sev_guest.h"
#include "sim/psp/psp.h"
#include "update/update.h"

/*
 * The SEV-SNP machine of the explorer, in these files:
 *
 *	snp.c          the machine: made once, reset before each order; digest; checks at the end
 *	snp_local.c    which steps need no decision, and why
 *	snp_process.c  environment of each process: files in memory (disk.h) and sim/psp/sev_driver.h
 *	snp_vcpu.c     actor: a VMM thread with machine/vmm.h and libjurat-host, and the guest on its vCPU
 *	snp_guest.c    what that guest does: the Linux driver (sim/guest), requests, checks of their results
 *	snp_reader.c   the second VMM with a reader other than libjurat-host
 *	snp_updater.c  actors: updaters (update/), administrator, recovery
 *	snp_tables.c   endorsements and certificate table of every TCB, each made and verified once
 *
 * Each actor's function gets the machine as its ctx, and finds its role by the actor's number. Actors, in
 * this order (struct explore_snp has the first number and the count of each kind): vCPUs of the first VMM,
 * which are one process; the vCPU of the second VMM; updaters; the administrator; recoveries; signals.
 */
#define SNP_BLOB   "/certs"
#define SNP_DEVICE "/sev"

enum {
	SNP_MAX_VCPUS = 3,
	SNP_MAX_VMMS = 2,
	SNP_MAX_TABLES = 6,
	SNP_MAX_PROCESSES = SNP_MAX_VMMS + SCHED_MAX_ACTORS + 1,
	SNP_LOCK_WAIT_MS = 100,
	SNP_MAX_TABLE_BYTES = 4 * 4096,
	/* Guest memory: the secrets page, then those of each vCPU. */
	SNP_SECRETS_GPA = 4096,
	SNP_FIRST_PAGE = 2,
	SNP_PAGES_PER_VCPU = 8,
};

struct explore_snp;

/* One process: its files, /dev/sev among them. `base` is what sched_world.under() returns. */
struct snp_process {
	struct base_env base; /* first */
	struct base_env *files;
	struct explore_snp *machine;
};

/* A vCPU: the VMM's thread, the guest's driver, and the one task of the guest that runs on it. */
struct snp_vcpu {
	struct explore_snp *machine;
	struct snp_vmm *vmm;
	unsigned index, actor; /* in its VM: also its VMPCK and VMPL; of sched.h */
	struct base_env *env;  /* of the actor, while it runs */
	struct sim_kvm_vcpu *kvm;
	struct jurat_snp_request *certs;
	struct machine_vmm loop;
	struct sim_sev_guest *driver;
	struct snp_task *task; /* snp_guest.c: request and buffers */
	unsigned requests;     /* still to be made */
	bool in_guest;         /* a request is in progress */
	bool in_turn;          /* the thread is in machine_vmm_run() or snp_reader_run() */
	bool in_kernel;        /* it has stopped inside KVM_RUN */
	bool has_mutex;        /* of KVM */
	bool kicked;           /* a signal handler has set immediate_exit */
	int fd;                /* snp_reader.c: what it has locked; -1 */
};

struct snp_vmm {
	unsigned process;
	enum explore_reader reader;
	struct sim_kvm_vm *vm;
	struct jurat_snp_certs *certs;
	unsigned n_vcpus;
	struct snp_vcpu vcpus[SNP_MAX_VCPUS];
	unsigned n_running; /* threads that have not ended */
	bool dead;
};

/* A TCB with whose key the firmware can sign, and its table. */
struct snp_table {
	struct update_request request; /* the update that leads here; unused in the first */
	uint64_t tcb;                  /* reported TCB */
	uint8_t bytes[SNP_MAX_TABLE_BYTES];
	size_t n;
};

/* Parts of the digest of a state. */
enum snp_part {
	SNP_PART_DISK = 1 << 0,
	SNP_PART_FIRMWARE = 1 << 1,
	SNP_PART_KVM = 1 << 2,    /* of all VMs */
	SNP_PART_MEMORY = 1 << 3, /* of a VM, and KVM's state of it */
	SNP_PART_VCPU = 1 << 4,
	SNP_PART_DRIVER = 1 << 5,
	SNP_PART_TASK = 1 << 6,
	SNP_PART_LIBRARY = 1 << 7, /* libjurat-host */
	SNP_PART_VMM = 1 << 8,
	SNP_PART_RESULTS = 1 << 9,
};

struct explore_snp {
	struct explore_world world; /* first */
	struct disk *disk;
	struct snp_process processes[SNP_MAX_PROCESSES];
	unsigned n_processes; /* the last one is for set-up and checks only */
	struct sim_psp *psp;
	struct sim_pki *pki;
	struct sim_kvm_host *kvm;
	struct sim_psp_snapshot *beginning; /* of psp, without guests */
	struct snp_vmm vmms[SNP_MAX_VMMS];
	unsigned n_vmms;
	unsigned first_updater, n_updaters, administrator, first_recovery, n_recoveries; /* actors */
	struct snp_tables *tables; /* snp_tables.c: remembered results */
	struct snp_table states[SNP_MAX_TABLES];
	unsigned n_states;
	/* what happened in this order; all of it is in the digest */
	int updated[SCHED_MAX_ACTORS]; /* result of each updater and recovery; SNP_NOT_RUN */
	bool busy;                     /* a party got BUSY after a wait timed out */
	bool ended[SCHED_MAX_ACTORS];  /* or not started yet */
	unsigned n_died;               /* processes */
	bool left;                     /* an updater has died, so that a recovery must run */
	bool unprotected;              /* a file changed while another party held a lock on it */
	bool no_kernel;                /* out of memory for a kernel after a power loss */
	unsigned without;              /* parts that tests leave out of the digest */
	/* For tests, after each request: result; if 0, TCB of the report and state of the table. */
	void (*saw_result)(void *ctx, const struct snp_vcpu *vcpu, int result, uint64_t tcb, int state);
	void *saw_ctx;
};
enum { SNP_NOT_RUN = 1000 };

/* snp_local.c: for sched_world.is_local. */
bool snp_is_local(struct explore_snp *m, const struct sched_call *call);
/* And for sched_world.forgets. */
bool snp_forgets(struct explore_snp *m, const struct sched_call *call);

/* snp_process.c: the vCPU of an actor, or NULL if it has none; its index in m->processes. */
struct snp_vcpu *snp_vcpu_of(struct explore_snp *m, unsigned actor);
unsigned snp_process_of(struct explore_snp *m, unsigned actor);
/* Must no file change while another party holds a lock on it? */
bool snp_protects(const struct explore_snp *m);
void snp_process_init(struct snp_process *process, struct explore_snp *machine, unsigned number);

/*
 * snp_tables.c. Makes, once, the platform (psp and pki, which the machine frees), endorsements of every TCB,
 * and tables. -EINVAL more updates than SNP_MAX_TABLES allows: `err` says so; -ENOMEM
 */
JURAT_MUST_CHECK int snp_tables_new(struct explore_snp *m, struct jurat_error *err);
void snp_tables_free(struct snp_tables *tables);
/*
 * The k-th update of an updater; both count from 0. The first update of the first updater is SNP_COMMIT; that
 * of the others renews the certificates. Each later one sets a TCB of its own. Every order of them is
 * possible.
 */
const struct update_request *snp_tables_request(const struct explore_snp *m, unsigned updater, unsigned k);
/* A source for update_run() that makes each table and each check once. */
struct update_source snp_tables_source(struct explore_snp *m);
/*
 * Does this table verify this report? Runs the complete verifier with the platform's roots, once for each
 * pair. 0 yes; JURAT_REFUSED no: ret_why (owned by the tables) says why; -ENOMEM
 */
JURAT_MUST_CHECK int snp_tables_verify(struct explore_snp *m, const uint8_t report[SNP_REPORT_BYTES],
				       const uint8_t *table, size_t n, const char **ret_why);
/* The state whose table this is; -1: of none; SNP_EMPTY_TABLE: an empty table, or no bytes. */
enum { SNP_EMPTY_TABLE = -2 };
int snp_tables_state(const struct explore_snp *m, const uint8_t *table, size_t n);

/* snp_vcpu.c: makes a new VM before each order; frees it after the order, or when its VMM has died. */
JURAT_MUST_CHECK int snp_vmm_begin(struct snp_vmm *vmm);
void snp_vmm_end(struct snp_vmm *vmm);
void snp_vmm_mix(struct snp_vmm *vmm, struct base_mix *to);
/* Actor. */
void snp_vcpu_run(struct base_env *env, void *machine);
/* KVM is about to pass the request to the firmware, and has set the flag that a broken VMM polls. */
void snp_vcpu_polls(struct snp_vcpu *vcpu);
/* Does it hold a lock on the certificates? */
bool snp_vcpu_holds(const struct snp_vcpu *vcpu);

/* snp_guest.c. The task for an order; made once, and freed with free(). */
JURAT_MUST_CHECK int snp_task_begin(struct snp_vcpu *vcpu);
void snp_task_mix(const struct snp_vcpu *vcpu, struct base_mix *to);
/* Does the driver sleep for 2 s? Ends that sleep. */
bool snp_task_sleeps(const struct snp_vcpu *vcpu);
void snp_task_wake(struct snp_vcpu *vcpu);
struct sim_sev_guest_layout snp_guest_layout(const struct snp_vcpu *vcpu);
/* For struct sim_kvm_guest_ops: runs the guest until it wants something. */
enum sim_guest_wants snp_guest_enter(void *vcpu, uint64_t *ret_ghcb_gpa);

/* snp_reader.c: machine_vmm_run() for a VMM with another reader. */
JURAT_MUST_CHECK int snp_reader_run(struct snp_vcpu *vcpu);

/* snp_updater.c. Actors. */
void snp_updater_run(struct base_env *env, void *machine);
void snp_administrator_run(struct base_env *env, void *machine);
void snp_recovery_run(struct base_env *env, void *machine);
/* For sched_world.skips: calls that an updater leaves out because it is broken on purpose. */
bool snp_updater_skips(const struct explore_snp *m, const struct sched_call *call);
/* For sched_world.is_local, where several updaters may be at work. */
bool snp_updater_is_local(const struct explore_snp *m, const struct sched_call *call);
/*
 * Checks the files as a crash at this step would leave them. A guest that starts now must get certificates
 * that verify its report, or none, and an operator without a network must be able to recover. NULL, or what
 * is wrong
 */
const char *snp_updater_check_crash(struct explore_snp *m);
/* After all actors have ended: NULL, or what is wrong with table, firmware and files. */
const char *snp_updater_check(struct explore_snp *m);

#endif
