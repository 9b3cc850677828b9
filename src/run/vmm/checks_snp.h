/* SPDX-License-Identifier: MIT */
#ifndef RUN_VMM_CHECKS_SNP_H
#define RUN_VMM_CHECKS_SNP_H

#include "run/vmm/session.h"
#include "run/vmm/snp_judge.h"

/* The checks of KVM_EXIT_SNP_REQ_CERTS. checks_snp.c has their list. */
typedef void snp_check_fn(struct check_vmm *vmm, struct check_result *result);

/* checks_snp_lock.c: updaters, signals, other vCPUs, resets */
snp_check_fn snp_check_lock_before_read, snp_check_busy, snp_check_kick, snp_check_two_vcpus, snp_check_reset,
	snp_check_run_fails, snp_check_blob_replaced;
/* checks_snp_memory.c: values of gpa and npages that a guest may choose */
snp_check_fn snp_check_size_query, snp_check_too_few, snp_check_page_count, snp_check_exact, snp_check_huge,
	snp_check_unaligned, snp_check_hole, snp_check_rom, snp_check_mmio, snp_check_end, snp_check_private,
	snp_check_ret;
/* checks_snp_blob.c: what may be at the blob's path */
snp_check_fn snp_check_blob_missing, snp_check_blob_empty, snp_check_blob_truncated, snp_check_blob_fifo,
	snp_check_blob_unreadable;

#endif
