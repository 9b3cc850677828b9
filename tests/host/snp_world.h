/* SPDX-License-Identifier: MIT */
#ifndef TESTS_HOST_SNP_WORLD_H
#define TESTS_HOST_SNP_WORLD_H

#include "support/test.h"

#include "host/host.h"
#include "wire/kvm_run.h"

/* A VMM with one vCPU's request, a few pages of guest memory, and a blob in a directory of its own. */
enum { PAGE = HOST_PAGE_BYTES, RAM_PAGES = 16, RAM_GPA = 0x100000, REQ_CERTS = 43 };

struct world {
	char dir[32], path[64];
	struct jurat_snp_certs *certs;
	struct jurat_snp_request *request;
	struct jurat_guest_memory memory;
	uint8_t ram[RAM_PAGES * PAGE];
	bool is_private[RAM_PAGES];
	unsigned writes;
	uint8_t run[PAGE];
	uint8_t blob[40000];
	size_t blob_size;
};

static inline struct kvm_run *kvm_run(struct world *w)
{
	return (struct kvm_run *)(void *)w->run;
}

/* A table with one certificate that makes the whole `size` bytes. */
void put_table(struct world *w, size_t size);
bool updater_could_lock(struct world *w);
uint64_t serve_at(struct world *w, uint64_t gpa, uint64_t npages, uint64_t *ret_npages);
uint64_t serve(struct world *w, uint64_t npages);
/* The guest has exactly the blob, then zeros to the end of its page, then what was there before. */
void assert_guest_has_blob(struct world *w);
void assert_guest_has_nothing(struct world *w);
void wipe(struct world *w);
void set_exit(struct world *w, uint32_t reason, uint64_t npages);
uint64_t run_u64(struct world *w, unsigned off);
int snp_world_set_up(void **state);
int snp_world_tear_down(void **state);

#endif
