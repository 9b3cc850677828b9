/* SPDX-License-Identifier: MIT */
#ifndef TESTS_HOST_VMM_H
#define TESTS_HOST_VMM_H

#include "host/qgs_world.h"

#include "host/host.h"
#include "uapi/tdx.h"
#include "wire/tdx_getquote.h"
#include "wire/kvm_run.h"

/*
 * A VMM with one GetQuote server over the scripted world: guest memory that can be taken away, every store to
 * it in a journal, and the ends of requests as they are told.
 */
enum {
	PAGE = HOST_PAGE_BYTES,
	RAM_GPA = 0x100000,
	RAM_PAGES = 1100,
	BUF_BYTES = 2 * PAGE,
	MAX_STORES = 1024,
	MAX_ENDS = 256,
	VECTOR = 0x51,
};

#define NONE   JURAT_TDX_QUOTES_NONE
#define QUEUED TDX_GETQUOTE_IN_FLIGHT

struct store {
	uint64_t gpa;
	size_t n;
	uint64_t value; /* of 4 and 8 bytes */
};

struct vmm {
	struct qgs_world *w;
	struct jurat_tdx_quotes_options options;
	struct jurat_guest_memory memory;
	struct jurat_tdx_quotes *quotes;
	uint8_t *ram;
	bool is_private[RAM_PAGES];
	unsigned fail_access; /* the k-th access to memory fails; 0: none */
	unsigned accesses;
	struct store stores[MAX_STORES];
	unsigned n_stores;
	struct jurat_tdx_quote_outcome ends[MAX_ENDS];
	char why[MAX_ENDS][128];
	unsigned n_ends, n_interrupts;
	uint32_t vcpu;
	uint8_t vector;
	struct jurat_error err;
};

struct vmm *vmm_new(void);
void vmm_open_in(struct vmm *v, struct base_env *env);
struct vmm *vmm_open(struct vmm *v);
void vmm_free(struct vmm *v);
uint64_t buf_gpa(unsigned i);
uint8_t *at(struct vmm *v, uint64_t gpa);
uint64_t status_of(struct vmm *v, uint64_t gpa);
uint32_t out_len_of(struct vmm *v, uint64_t gpa);
/* As Linux prepares its buffer. */
void prepare(struct vmm *v, uint64_t gpa, size_t size);
uint64_t get_quote(struct vmm *v, uint64_t gpa, uint64_t size);
uint64_t ask_quote(struct vmm *v, unsigned i);
void dispatch(struct vmm *v);
/* The VMM's event loop: nothing but the descriptor tells it when to dispatch. */
void run_until_idle(struct vmm *v);
void assert_quote_at(struct vmm *v, uint64_t gpa, size_t n);
void assert_failed_at(struct vmm *v, uint64_t gpa, uint64_t status);

#endif
