/* SPDX-License-Identifier: MIT */
#ifndef HOST_HOST_H
#define HOST_HOST_H

#include "base/env.h"
#include "jurat/host.h"

/*
 * jurat_snp_certs_new() over any environment, for tests and the software machine.
 *
 * env       borrowed until the certs are freed; NULL: the real world. It must stand as many threads as serve
 *           requests.
 */
JURAT_MUST_CHECK int host_snp_certs_new(struct base_env *env, const char *path,
					const struct jurat_snp_certs_options *options,
					struct jurat_snp_certs **ret, struct jurat_error *err);

/*
 * jurat_tdx_quotes_open() in a world of the caller's choosing. As above; the descriptor to poll is env's,
 * too.
 */
JURAT_MUST_CHECK int host_tdx_quotes_open(struct base_env *env,
					  const struct jurat_tdx_quotes_options *options,
					  const struct jurat_guest_memory *memory,
					  struct jurat_tdx_quotes **ret, struct jurat_error *err);

/* 4 KiB pages that `bytes` take. Spec: KVM API, KVM_EXIT_SNP_REQ_CERTS: npages on ENOSPC. */
enum { HOST_PAGE_BYTES = 4096 };
static inline uint64_t host_pages(uint64_t bytes)
{
	return bytes / HOST_PAGE_BYTES + (bytes % HOST_PAGE_BYTES != 0);
}

#endif
