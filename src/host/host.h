/* SPDX-License-Identifier: MIT */
#ifndef HOST_HOST_H
#define HOST_HOST_H

#include <stdbool.h>

#include "base/env.h"
#include "base/mix.h"
#include "jurat/host.h"

/*
 * jurat_snp_certs_new() over any environment, for tests and the software machine.
 *
 * env       borrowed until the certs are freed; NULL: base_env_real(). It must support as many threads as
 *           serve requests.
 */
JURAT_MUST_CHECK int host_snp_certs_new(struct base_env *env, const char *path,
					const struct jurat_snp_certs_options *options,
					struct jurat_snp_certs **ret, struct jurat_error *err);

/*
 * For explorers. mix: adds what later calls can depend on and the caller cannot see, that is, which
 * descriptors are in use or kept for reuse, and in which order. holds: does this request hold its lock?
 */
void host_snp_certs_mix(const struct jurat_snp_certs *certs, struct base_mix *to);
void host_snp_request_mix(const struct jurat_snp_request *request, struct base_mix *to);
bool host_snp_request_holds(const struct jurat_snp_request *request);

/* jurat_tdx_quotes_open() over any environment, as above. The descriptor to poll belongs to `env`, too. */
JURAT_MUST_CHECK int host_tdx_quotes_open(struct base_env *env,
					  const struct jurat_tdx_quotes_options *options,
					  const struct jurat_guest_memory *memory,
					  struct jurat_tdx_quotes **ret, struct jurat_error *err);

/* The number of 4 KiB pages for `bytes`. Spec: KVM API, KVM_EXIT_SNP_REQ_CERTS: npages on ENOSPC. */
enum { HOST_PAGE_BYTES = 4096 };
static inline uint64_t host_pages(uint64_t bytes)
{
	return bytes / HOST_PAGE_BYTES + (bytes % HOST_PAGE_BYTES != 0);
}

#endif
