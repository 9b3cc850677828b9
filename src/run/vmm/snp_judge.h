/* SPDX-License-Identifier: MIT */
#ifndef RUN_VMM_SNP_JUDGE_H
#define RUN_VMM_SNP_JUDGE_H

#include "run/vmm/check.h"

/*
 * Functions that the checks of KVM_EXIT_SNP_REQ_CERTS share: they make exits, let the firmware sign a report
 * at their completion, run the updater, and verify what the guest would get.
 */
enum {
	SNP_PAGE = 4096,
	SNP_AREA_PAGES = 24,  /* the guest's pages: more than any blob of the checks needs */
	SNP_ANSWER_MS = 5000, /* time limit for an answer; a guest gives up after 60 s */
	SNP_PATTERN = 0xa5,   /* the contents of the pages before an exit */
};

/* A KVM_EXIT_SNP_REQ_CERTS. */
struct snp_ask {
	struct check_exit exit;
	struct check_result *result;
	uint64_t gpa, npages;
	bool updates; /* an updater tries to change the TCB right before the firmware signs */
	bool cleans;  /* the pages get the pattern again after the evidence was verified */
	bool fails;   /* KVM_RUN fails with -EIO, as if the firmware had stopped working */
	/* set when KVM_RUN completes it */
	bool locked;  /* a process holds a lock on the blob */
	bool matches; /* ret 0, and the certificates in the pages verify the report */
	char why[sizeof(((struct jurat_error *)NULL)->text)]; /* why `matches` is false */
	uint8_t *page_bytes; /* SNP_AREA_PAGES from gpa, as far as they can be read; snp_ask_done() frees */
	size_t n_page_bytes;
};

void snp_ask_init(struct snp_ask *ask, struct check_result *result, uint64_t gpa, uint64_t npages);
void snp_ask_done(struct snp_ask *ask);
/* Makes the exit, and waits for its completion. false: the check has failed, as recorded in `result`. */
bool snp_ask_make(struct check_vmm *vmm, struct check_vcpu *vcpu, struct snp_ask *ask);
/* Whether KVM accepts `ret`; if not, the check fails. */
bool snp_ret_is_known(struct snp_ask *ask);
/* The check fails unless ret is 0 and the certificates verify the report. */
bool snp_expect_match(struct snp_ask *ask);
/* The check fails unless the VMM's ret is `ret`. `when`: for example "for a gpa in ROM" */
bool snp_expect_ret(struct snp_ask *ask, uint64_t ret, const char *when);

/* The address of the guest's pages, filled with the pattern; 0: the check is skipped. */
uint64_t snp_area(struct check_vmm *vmm, struct check_result *result);
bool snp_fill(struct check_vmm *vmm, uint64_t gpa, uint64_t pages);
/* Whether `n` bytes from gpa still have the pattern. */
bool snp_is_untouched(struct check_vmm *vmm, uint64_t gpa, size_t n);

/* The size of the blob, 0 if it cannot be read; the number of pages that it needs. */
uint64_t snp_blob_bytes(struct check_vmm *vmm);
uint64_t snp_blob_pages(struct check_vmm *vmm);
const char *snp_blob_path(struct check_vmm *vmm);

/*
 * Changes the reported TCB and the blob together, as an updater that does not wait for readers. Returns
 * whether it changed them; false also if a reader holds a lock.
 */
bool snp_update(struct check_vmm *vmm);
/* Changes the firmware only: the caller, who holds the lock, writes *ret_table (borrowed). 0; -errno. */
JURAT_MUST_CHECK int snp_update_firmware(struct check_vmm *vmm, const uint8_t **ret_table, size_t *ret_size);
/* A descriptor with an exclusive lock on the blob; the caller closes it. -1: readers hold it too long. */
int snp_lock_exclusive(struct check_vmm *vmm);

struct snp_judge;
void snp_judge_free(struct snp_judge *judge); /* accepts NULL */

#endif
