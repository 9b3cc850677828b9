/* SPDX-License-Identifier: MIT */
#ifndef SIM_KVM_MEMORY_H
#define SIM_KVM_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The memory of one guest: sparse, each page private or shared, zero until written. Pages that were never
 * written take no room, whatever they are read or zeroed; 64 neighbours share one small block of
 * bookkeeping.
 *
 * Every access is all or nothing. -EFAULT outside RAM (also when address + length wraps) or, for the VMM's
 * view, where one page is private; -ENOMEM.
 *
 * Behind a private page there are two memories: what the guest has, and what the memory slot has at that
 * address in the VMM's address space. KVM reads and writes the latter, whatever the state of the page. A VMM
 * could, too, but one that writes as libjurat-host wants it finds out that the page is private.
 */
enum { KVM_PAGE_BYTES = 4096, KVM_CHUNK_PAGES = 64 };
#define KVM_MEMORY_MAX_PAGES (UINT64_C(1) << 40) /* 52 address bits */

enum kvm_view { KVM_VIEW_GUEST, KVM_VIEW_HOST, KVM_VIEW_SLOT };

struct kvm_chunk;
struct kvm_memory {
	uint64_t n_pages;
	struct kvm_chunk **chunks; /* by address, ascending */
	size_t n_chunks, room;
};

void kvm_memory_init(struct kvm_memory *memory, uint64_t n_pages);
void kvm_memory_done(struct kvm_memory *memory);

/* A page that changes state is zero afterwards: different memory is behind private and shared pages. */
int kvm_memory_set_shared(struct kvm_memory *memory, uint64_t gpa, uint64_t npages, bool shared);
/* 0 when `n` bytes at `gpa` can be accessed through this view. */
int kvm_memory_check(const struct kvm_memory *memory, enum kvm_view view, uint64_t gpa, size_t n);
int kvm_memory_read(const struct kvm_memory *memory, enum kvm_view view, uint64_t gpa, void *to, size_t n);
int kvm_memory_write(struct kvm_memory *memory, enum kvm_view view, uint64_t gpa, const void *from, size_t n);
/* The slot's page in place, as a kernel mapping of it; NULL: no page of RAM. Good until it changes state. */
uint8_t *kvm_memory_map(struct kvm_memory *memory, uint64_t gpa);

#endif
