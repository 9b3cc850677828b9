/* SPDX-License-Identifier: MIT */
#ifndef RUN_VMM_CHECK_H
#define RUN_VMM_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "run/platform.h"
#include "run/vmm/protocol.h"
#include "run/vmm/qgs_faults.h"

/*
 * Checks of a VMM's answers to KVM_EXIT_SNP_REQ_CERTS and KVM_EXIT_TDX. A check is a function that makes
 * exits on vCPUs and evaluates what the VMM does. While it waits, check_wait() serves all connections in one
 * thread, and calls the handlers below during the VMM's KVM_RUN.
 */
struct check_vmm;  /* the VMM under test: processes, VMs, vCPUs, slots, software platform (session.c) */
struct check_vcpu; /* one of its vCPUs that has called KVM_RUN */

enum check_verdict { CHECK_HELD, CHECK_FAILED, CHECK_SKIPPED /* with the reason */ };

struct check_result {
	enum check_verdict verdict;
	char text[512]; /* what was expected and what the VMM did; why it was skipped */
	uint64_t exits; /* that were made for it */
};

struct check {
	const char *name; /* "snp-ret-known" */
	unsigned tee;     /* RUN_SEV_SNP or RUN_TDX */
	const char *says; /* the requirement of the kernel's documentation or of GHCI, one sentence */
	const char *spec; /* public document and section */
	void (*run)(struct check_vmm *vmm, struct check_result *result);
	bool last; /* a VM need not survive it: runs after all others */
	bool slow; /* takes tens of seconds: skipped unless --only names it */
};
extern const struct check check_snp_list[], check_tdx_list[]; /* each ends with name NULL */

/* An exit, and the VMM's answer. */
struct check_exit {
	uint32_t reason;
	uint8_t body[96]; /* kvm_run from offset 32 */
	uint32_t kick_us;
	bool kick_flag;
	/* Called first when KVM_RUN completes the exit: signs a report, evaluates. May be NULL. */
	void (*completing)(struct check_vmm *vmm, struct check_vcpu *vcpu, struct check_exit *exit,
			   void *ctx);
	void *ctx;
	/* While *held, the VMM's KVM_RUN waits, and `completing` is not called. May be NULL. */
	const bool *held;
	/* set by the session; arrived: the VMM has called the completing KVM_RUN; completed: it continues */
	bool arrived, completed, immediate_exit;
	uint64_t ret, npages, took_ns; /* ret, npages: the VMM's; took_ns: from the exit to its completion */
	uint64_t info[4];              /* the VMM's r11 to r14 of KVM_EXIT_TDX, kvm_run from offset 64 */
	uint64_t complete_with; /* set by `completing`: errno of KVM_RUN, such as EINVAL; 0: no error */
};

/* The n-th vCPU that can run (0: first); waits for it. NULL: there is none, and the check is skipped. */
struct check_vcpu *check_vcpu(struct check_vmm *vmm, unsigned n);
uint64_t check_vcpu_id(const struct check_vcpu *vcpu); /* the argument of KVM_CREATE_VCPU */
/* The vCPU's next KVM_RUN returns `exit`, which is borrowed until it is completed. */
void check_give(struct check_vcpu *vcpu, struct check_exit *exit);
/*
 * check_wait() serves until *done, or for timeout_ms. Returns 0, also at the end of that time if `done` is
 * NULL; -ETIMEDOUT; -ECHILD the VMM has ended; -ENODEV the vCPU of a given exit is gone.
 * check_exit_and_wait() gives one exit and waits for it. check_take_back() ends the loan of an exit that a
 * vCPU may still have; check_exit_and_wait() does this itself. check_fail_wait() records the failure, with
 * how the VMM ended.
 */
enum {
	CHECK_RESET_MS = 60000
}; /* time limit for a VMM to reset a VM, which may clear its memory and devices */
JURAT_MUST_CHECK int check_wait(struct check_vmm *vmm, const bool *done, unsigned timeout_ms);
JURAT_MUST_CHECK int check_exit_and_wait(struct check_vmm *vmm, struct check_vcpu *vcpu,
					 struct check_exit *exit, unsigned timeout_ms);
void check_take_back(struct check_vcpu *vcpu, struct check_exit *exit);
void check_fail_wait(struct check_vmm *vmm, struct check_result *result, int r);
/* Sets how long the guest runs between exits. After that time the VMM gets EINTR. */
void check_run_guest(struct check_vcpu *vcpu, unsigned us);

/* Guest memory of the VM under test. -EFAULT where the guest has no shared memory. */
int check_read(struct check_vmm *vmm, uint64_t gpa, void *to, size_t n);
int check_write(struct check_vmm *vmm, uint64_t gpa, const void *from, size_t n);
/* `pages` unused pages of RAM, page-aligned; 0: there are fewer. Each call returns the same pages. */
uint64_t check_ram(struct check_vmm *vmm, uint64_t pages);
/* An address in no slot; an address in a read-only slot; the last page of the highest slot. 0: none. */
uint64_t check_hole(struct check_vmm *vmm), check_rom(struct check_vmm *vmm),
	check_last_page(struct check_vmm *vmm);

/*
 * The software platform: firmware, certificates, TD, quoting service. check_wait() calls `work` whenever it
 * is idle, at least every 1 ms, for example an updater that changes the TCB as fast as it can.
 */
struct run_platform *check_platform(struct check_vmm *vmm);
void check_set_work(struct check_vmm *vmm, void (*work)(struct check_vmm *vmm, void *ctx), void *ctx);
/* The quoting service whose address the VMM was started with. The session polls and serves it. */
struct qgs_faults *check_qgs(struct check_vmm *vmm);
/* Called for each KVM_SIGNAL_MSI of the VM under test, during the VMM's ioctl. true: not passed to KVM. */
typedef bool check_msi_fn(struct check_vmm *vmm, uint64_t address, uint32_t data, void *ctx);
void check_set_msi(struct check_vmm *vmm, check_msi_fn *msi, void *ctx);
/* Whether any process holds a lock on the certificate blob now. */
bool check_blob_locked(struct check_vmm *vmm);
uint64_t check_random(struct check_vmm *vmm); /* from --seed */

/* Verdicts. Only the first failure of a check is kept. */
__attribute__((format(printf, 2, 3))) void check_fail(struct check_result *result, const char *format, ...);
__attribute__((format(printf, 2, 3))) void check_skip(struct check_result *result, const char *format, ...);

/*
 * `jurat run --vmm`: options->run has the VMM's command. Prints nothing: it calls `report` for each check
 * before the check runs (result NULL) and after. Returns 0 no check failed; 1 a check failed, or the VMM
 * ended early; -errno the VMM could not be tested.
 */
struct check_options {
	const struct run_options *run;
	const char *const *only; /* names; NULL: all of run->tees */
	size_t n_only;
	uint64_t gpa;        /* of the memory that the checks use; 0: the session finds it */
	bool own_kvm;        /* use the simulated KVM even if there is a real one */
	const char *library; /* libjurat-vmm-check.so; NULL: from the build, or as installed */
	unsigned exits;      /* of the check under load; 0: 2000 */
	unsigned wait_ms;    /* for the VMM's first KVM_RUN; 0: 30000 */
	void (*report)(void *ctx, const struct check *check, const struct check_result *result);
	void *ctx;
};
JURAT_MUST_CHECK int check_vmm(const struct check_options *options, struct jurat_error *err);

#endif
