/* SPDX-License-Identifier: MIT */
#ifndef SIM_KVM_MEMORY_H
#define SIM_KVM_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mix.h"

/*
 * The memory of one guest: sparse, each page private or shared, zero until written. Pages that were never
 * written need no memory, even if they are read or zeroed; 64 adjacent pages share one small block of
 * metadata.
 *
 * Every access is all or nothing. -EFAULT outside RAM (also when address + length wraps) or, for the VMM's
 * view, where one page is private; -ENOMEM.
 *
 * A private page has two memories: that of the guest, and that of the memory slot at the same address in the
 * VMM's address space. KVM accesses the latter, whatever the state of the page. A VMM could, too, but the
 * callbacks that libjurat-host requires fail for private pages.
 */
enum { KVM_PAGE_BYTES = 4096, KVM_CHUNK_PAGES = 64 };
#define KVM_MEMORY_MAX_PAGES (UINT64_C(1) << 40) /* 52 address bits */

enum kvm_view { KVM_VIEW_GUEST, KVM_VIEW_HOST, KVM_VIEW_SLOT };

struct kvm_chunk;
struct kvm_memory {
	uint64_t n_pages;
	struct kvm_chunk **chunks; /* by address, ascending */
	size_t n_chunks, room;
	size_t n_lost;       /* pages */
	bool is_mixed;       /* kvm_memory_mix() was called: chunks have digests */
	struct base_mix sum; /* of the digests of pages that did not change since kvm_memory_mix() */
};

void kvm_memory_init(struct kvm_memory *memory, uint64_t n_pages);
void kvm_memory_done(struct kvm_memory *memory);

/* A page that changes its state is zeroed: private and shared pages have different memory. */
int kvm_memory_set_shared(struct kvm_memory *memory, uint64_t gpa, uint64_t npages, bool shared);
/* A shared page that the firmware has and does not give back: from now on every access to it is -EFAULT. */
void kvm_memory_lose(struct kvm_memory *memory, uint64_t gpa);
/* 0 when `n` bytes at `gpa` can be accessed through this view. */
int kvm_memory_check(const struct kvm_memory *memory, enum kvm_view view, uint64_t gpa, size_t n);
int kvm_memory_read(const struct kvm_memory *memory, enum kvm_view view, uint64_t gpa, void *to, size_t n);
int kvm_memory_write(struct kvm_memory *memory, enum kvm_view view, uint64_t gpa, const void *from, size_t n);
/*
 * The slot's page, as mapped by the kernel; NULL: not RAM. Valid until it changes its state, and for writing
 * until the next kvm_memory_mix().
 */
uint8_t *kvm_memory_map(struct kvm_memory *memory, uint64_t gpa);
/*
 * Adds states and contents of all pages. Zeros are equal to what was never written. Only pages that have
 * changed are read.
 */
void kvm_memory_mix(struct kvm_memory *memory, struct base_mix *to);

#endif
